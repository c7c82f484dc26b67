//! The tests of matchers.

/// A test and where it may stand.
pub(crate) struct TestRow {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) meaning: &'static str,
}

/// What a test holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A value of the field.
    Scalar,
    /// A list of values of the field.
    Scalars,
    /// A matcher of the field.
    Matcher,
    /// A regular expression.
    Pattern,
    /// A data type.
    Type,
    /// A matcher of a number.
    Number,
    /// A list of values or paths.
    Set,
    /// A path, or a variable that holds a set.
    Path,
    /// A condition.
    Expression,
    /// Fields, and matchers.
    Fields,
    /// A kind of TLV entry.
    TlvKind,
}

/// Every test, in the order of the notation.
pub(crate) const TESTS: &[TestRow] = &[
    row("is", Holds::Scalar, "Equal; a template takes this value."),
    row("not", Holds::Matcher, "Does not fit this."),
    row("one-of", Holds::Scalars, "Equal to one of these."),
    row("matches", Holds::Pattern, "Fits this regular expression."),
    row("at-least", Holds::Scalar, "Not less."),
    row("at-most", Holds::Scalar, "Not more."),
    row("type", Holds::Type, "Of this LwM2M data type."),
    row("length", Holds::Number, "Number of elements or bytes."),
    row(
        "includes",
        Holds::Set,
        "Each of these is there; `*` stands for one segment, `a..b` for a range.",
    ),
    row("excludes", Holds::Set, "None of these is there."),
    row("covered-by", Holds::Path, "Everything lies in this set."),
    row("under", Holds::Path, "The path begins with this one."),
    row(
        "optional",
        Holds::Expression,
        "May be absent if the expression holds, but present must fit.",
    ),
    row("each", Holds::Matcher, "Every element fits."),
    row(
        "where",
        Holds::Fields,
        "Only the elements that fit this; the other tests then hold for those.",
    ),
    row("kind", Holds::TlvKind, "Kind of a TLV entry; under `tlv`."),
];

/// Parameters and attributes of links; under `links` and `objects` (Core TS, 5.1.2, 6.2.1, 6.3.1).
pub(crate) const PARAMETERS: &[(&str, &str)] = &[
    ("lwm2m", "Enabler version."),
    ("ver", "Object version."),
    ("ssid", "Short Server ID."),
    ("uri", "Server URI."),
    ("rt", "Resource type."),
    ("ct", "Content formats."),
    ("dim", "Number of Resource Instances."),
    ("pmin", "Minimum Period."),
    ("pmax", "Maximum Period."),
    ("gt", "Greater Than."),
    ("lt", "Less Than."),
    ("st", "Step."),
    ("epmin", "Minimum Evaluation Period."),
    ("epmax", "Maximum Evaluation Period."),
    ("edge", "Edge (1.2)."),
    ("con", "Confirmable Notification (1.2)."),
    ("hqmax", "Maximum Historical Queue (1.2)."),
];

const fn row(name: &'static str, holds: Holds, meaning: &'static str) -> TestRow {
    TestRow {
        name,
        holds,
        meaning,
    }
}
