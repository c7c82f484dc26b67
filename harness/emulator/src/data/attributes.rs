//! NOTIFICATION attributes as a client keeps them: per server, per path, inherited downwards (Core TS, 7.3.2).
//!
//! Reads them from query parameters; what they do to notifications stands in `observation`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use lwm2m::{Path, Type, Version};

/// The NOTIFICATION attributes of one level; an absent one is inherited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// Minimum period in seconds.
    pub pmin: Option<u32>,
    /// Maximum period in seconds; 0 counts as absent.
    pub pmax: Option<u32>,
    /// Minimum evaluation period in seconds (since 1.1).
    pub epmin: Option<u32>,
    /// Maximum evaluation period in seconds (since 1.1).
    pub epmax: Option<u32>,
    /// Greater than.
    pub gt: Option<f64>,
    /// Less than.
    pub lt: Option<f64>,
    /// Step.
    pub st: Option<f64>,
    /// Which edge of a Boolean counts (since 1.2).
    pub edge: Option<bool>,
    /// Whether notifications are Confirmable (since 1.2).
    pub con: Option<bool>,
    /// How many notifications are kept while offline (since 1.2).
    pub hqmax: Option<u32>,
}

/// Why a set of attributes is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// A name that the version does not have.
    #[error("attribute \"{0}\" is unknown")]
    Unknown(String),
    /// A value that is not what the attribute takes.
    #[error("value \"{value}\" of attribute \"{name}\" is not {wanted}")]
    Value {
        /// The attribute.
        name: String,
        /// What was given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// An attribute at a level or on a type that cannot carry it.
    #[error("attribute \"{0}\" has no meaning at this path")]
    Place(String),
    /// `lt` and `gt` too close (Core TS, 7.3.2).
    #[error("\"lt\" plus twice \"st\" is not below \"gt\"")]
    Thresholds,
}

/// The attributes that one server attached, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeTable {
    levels: BTreeMap<Path, Attributes>,
}

impl Attributes {
    /// Changes these attributes by query parameters (`pmin=10`; `pmin` alone removes it); all or none.
    pub fn change<S: AsRef<str>>(
        &mut self,
        queries: &[S],
        version: Version,
    ) -> Result<(), AttributeError> {
        let mut changed = self.clone();
        for query in queries {
            let (name, value) = match query.as_ref().split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (query.as_ref(), None),
            };
            changed.change_one(name, value, version)?;
        }
        *self = changed;
        Ok(())
    }

    /// Checks the relation of `lt`, `gt` and `st` (Core TS, 7.3.2).
    pub fn check_thresholds(&self) -> Result<(), AttributeError> {
        let (Some(lt), Some(gt)) = (self.lt, self.gt) else {
            return Ok(());
        };
        let apart = lt < gt && self.st.is_none_or(|step| lt + 2.0 * step < gt);
        apart.then_some(()).ok_or(AttributeError::Thresholds)
    }

    /// Checks that every attribute may stand at a path of `depth` whose Resource has type `kind`, if it is known.
    pub fn check_place(&self, depth: usize, kind: Option<Type>) -> Result<(), AttributeError> {
        let numeric = matches!(
            kind,
            None | Some(Type::Integer | Type::UnsignedInteger | Type::Float | Type::Time)
        );
        let place = |name: &str| AttributeError::Place(name.to_owned());
        let thresholds = [("gt", self.gt), ("lt", self.lt), ("st", self.st)];
        if let Some((name, _)) = thresholds.iter().find(|(_, value)| value.is_some())
            && (depth < 3 || !numeric)
        {
            return Err(place(name));
        }
        let boolean = matches!(kind, None | Some(Type::Boolean));
        if self.edge.is_some() && (depth < 3 || !boolean) {
            return Err(place("edge"));
        }
        Ok(())
    }

    /// These attributes, with those of `above` where they say nothing.
    pub fn or(&self, above: &Self) -> Self {
        Self {
            pmin: self.pmin.or(above.pmin),
            pmax: self.pmax.or(above.pmax),
            epmin: self.epmin.or(above.epmin),
            epmax: self.epmax.or(above.epmax),
            gt: self.gt.or(above.gt),
            lt: self.lt.or(above.lt),
            st: self.st.or(above.st),
            edge: self.edge.or(above.edge),
            con: self.con.or(above.con),
            hqmax: self.hqmax.or(above.hqmax),
        }
    }

    /// The periods of a composite observation: the longest of what is the least, the shortest of what is the most.
    pub fn combined(targets: impl Iterator<Item = Self>) -> Self {
        let least = |one: Option<u32>, other: Option<u32>| one.max(other);
        let most = |one: Option<u32>, other: Option<u32>| one.into_iter().chain(other).min();
        targets.fold(Self::default(), |all, one| Self {
            pmin: least(all.pmin, one.pmin),
            pmax: most(all.pmax, one.pmax.filter(|pmax| *pmax > 0)),
            epmin: least(all.epmin, one.epmin),
            epmax: most(all.epmax, one.epmax),
            con: all.con.max(one.con),
            ..Self::default()
        })
    }

    /// The minimum period; zero if there is none.
    pub fn minimum_period(&self) -> Duration {
        Duration::from_secs(self.pmin.unwrap_or(0).into())
    }

    /// The maximum period, unless it is absent, zero or below the minimum period (then it is ignored).
    pub fn maximum_period(&self) -> Option<Duration> {
        let pmax = self.pmax.filter(|pmax| *pmax > 0)?;
        (pmax >= self.pmin.unwrap_or(0)).then(|| Duration::from_secs(pmax.into()))
    }

    /// Whether a change of value has to meet a condition to count.
    pub const fn has_condition(&self) -> bool {
        self.gt.is_some() || self.lt.is_some() || self.st.is_some() || self.edge.is_some()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As link parameters: `;pmin=10;gt=0.5`.
    pub fn to_link_parameters(&self) -> String {
        let mut text = String::new();
        self.pairs().for_each(|(name, value)| {
            let _ = write!(text, ";{name}={value}");
        });
        text
    }

    /// Names and values of what is set.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let bit = |truth: Option<bool>| truth.map(|truth| u8::from(truth).to_string());
        let whole = |number: Option<u32>| number.map(|number| number.to_string());
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        [
            ("pmin", whole(self.pmin)),
            ("pmax", whole(self.pmax)),
            ("gt", number(self.gt)),
            ("lt", number(self.lt)),
            ("st", number(self.st)),
            ("epmin", whole(self.epmin)),
            ("epmax", whole(self.epmax)),
            ("edge", bit(self.edge)),
            ("con", bit(self.con)),
            ("hqmax", whole(self.hqmax)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    fn change_one(
        &mut self,
        name: &str,
        value: Option<&str>,
        version: Version,
    ) -> Result<(), AttributeError> {
        match name {
            "pmin" => self.pmin = whole(name, value)?,
            "pmax" => self.pmax = whole(name, value)?,
            "gt" => self.gt = number(name, value)?,
            "lt" => self.lt = number(name, value)?,
            "st" => self.st = number(name, value)?.map(f64::abs),
            "epmin" if version >= Version::V1_1 => self.epmin = whole(name, value)?,
            "epmax" if version >= Version::V1_1 => self.epmax = whole(name, value)?,
            "edge" if version >= Version::V1_2 => self.edge = bit(name, value)?,
            "con" if version >= Version::V1_2 => self.con = bit(name, value)?,
            "hqmax" if version >= Version::V1_2 => self.hqmax = whole(name, value)?,
            _ => return Err(AttributeError::Unknown(name.to_owned())),
        }
        Ok(())
    }
}

impl AttributeTable {
    /// Changes what is attached at `path` by query parameters; all or none.
    pub fn change<S: AsRef<str>>(
        &mut self,
        path: Path,
        queries: &[S],
        kind: Option<Type>,
        version: Version,
    ) -> Result<(), AttributeError> {
        let mut changed = self.attached(path);
        changed.change(queries, version)?;
        changed.check_place(path.depth(), kind)?;
        changed.or(&self.inherited(path)).check_thresholds()?;
        if changed.is_empty() {
            self.levels.remove(&path);
        } else {
            self.levels.insert(path, changed);
        }
        Ok(())
    }

    /// What is attached at `path` itself.
    pub fn attached(&self, path: Path) -> Attributes {
        self.levels.get(&path).cloned().unwrap_or_default()
    }

    /// What holds at `path`: attached there or inherited from above; the lower level wins.
    pub fn in_force(&self, path: Path) -> Attributes {
        (1..=path.depth())
            .filter_map(|depth| self.levels.get(&path.prefix(depth)?))
            .fold(Attributes::default(), |above, level| level.or(&above))
    }

    /// Forgets what is attached at `path` and below.
    pub fn forget(&mut self, path: Path) {
        self.levels.retain(|level, _| !path.contains(level));
    }

    /// Number of paths that carry attributes.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// Whether no path carries attributes.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    fn inherited(&self, path: Path) -> Attributes {
        path.parent()
            .map(|above| self.in_force(above))
            .unwrap_or_default()
    }
}

fn refused(name: &str, value: &str, wanted: &'static str) -> AttributeError {
    AttributeError::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        wanted,
    }
}

/// Reads an unsigned decimal integer; no value removes the attribute.
fn whole(name: &str, value: Option<&str>) -> Result<Option<u32>, AttributeError> {
    let Some(value) = value else { return Ok(None) };
    let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| plain);
    number
        .map(Some)
        .ok_or_else(|| refused(name, value, "a whole number of seconds"))
}

/// Reads a decimal with an optional sign and fraction, without exponent; no value removes the attribute.
fn number(name: &str, value: Option<&str>) -> Result<Option<f64>, AttributeError> {
    let Some(value) = value else { return Ok(None) };
    let digits = value.strip_prefix('-').unwrap_or(value);
    let plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && !digits.ends_with('.')
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = value.parse().ok().filter(|_| plain);
    number
        .map(Some)
        .ok_or_else(|| refused(name, value, "a decimal number"))
}

/// Reads 0 or 1; no value removes the attribute.
fn bit(name: &str, value: Option<&str>) -> Result<Option<bool>, AttributeError> {
    match value {
        None => Ok(None),
        Some("0") => Ok(Some(false)),
        Some("1") => Ok(Some(true)),
        Some(other) => Err(refused(name, other, "0 or 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn takes_and_refuses_values() {
        let cases = [
            ("pmin=10", Version::V1_0, true),
            ("pmin", Version::V1_0, true),
            ("pmin=", Version::V1_0, false),
            ("pmin=-1", Version::V1_0, false),
            ("pmin=1.5", Version::V1_0, false),
            ("pmin=99999999999", Version::V1_0, false),
            ("gt=-20.5", Version::V1_0, true),
            ("gt=1e3", Version::V1_0, false),
            ("gt=inf", Version::V1_0, false),
            ("gt=5.", Version::V1_0, false),
            ("epmin=1", Version::V1_0, false),
            ("epmin=1", Version::V1_1, true),
            ("con=1", Version::V1_1, false),
            ("con=1", Version::V1_2, true),
            ("con=2", Version::V1_2, false),
            ("colour=red", Version::V1_2, false),
        ];
        for (query, version, taken) in cases {
            let outcome = Attributes::default().change(&[query], version);
            assert_eq!(outcome.is_ok(), taken, "{query} in {version}: {outcome:?}");
        }
    }

    #[test]
    fn changes_all_or_none() {
        let mut table = AttributeTable::default();
        let three = path("/3/0/9");
        table
            .change(three, &["pmin=5"], Some(Type::Integer), Version::V1_1)
            .unwrap();
        let mixed = table.change(
            three,
            &["pmin=6", "gt=x"],
            Some(Type::Integer),
            Version::V1_1,
        );
        assert!(mixed.is_err());
        assert_eq!(table.in_force(three).pmin, Some(5));
        table
            .change(three, &["pmin"], Some(Type::Integer), Version::V1_1)
            .unwrap();
        assert!(table.is_empty());
    }

    #[test]
    fn combines_the_periods_of_several_targets() {
        let of = |queries: &[&str]| {
            let mut attributes = Attributes::default();
            attributes.change(queries, Version::V1_2).unwrap();
            attributes
        };
        let targets = [
            of(&["pmin=5", "pmax=0", "gt=3"]),
            of(&["pmax=60", "con=1"]),
            of(&["pmin=2", "pmax=45"]),
        ];
        let wanted = of(&["pmin=5", "pmax=45", "con=1"]);
        assert_eq!(Attributes::combined(targets.into_iter()), wanted);
    }

    #[test]
    fn refuses_thresholds_too_close() {
        let cases = [
            (["lt=5", "gt=10", "st=2"], true),
            (["lt=5", "gt=10", "st=2.5"], false),
            (["lt=10", "gt=10", "st=0"], false),
            (["lt=11", "gt=10", "st=0"], false),
        ];
        for (queries, taken) in cases {
            let mut table = AttributeTable::default();
            let outcome =
                table.change(path("/3/0/9"), &queries, Some(Type::Integer), Version::V1_0);
            assert_eq!(outcome.is_ok(), taken, "{queries:?}");
        }
    }

    #[test]
    fn keeps_thresholds_to_numbers() {
        let cases = [
            ("/3/0/9", "gt=1", Some(Type::Integer), true),
            ("/3/0/0", "gt=1", Some(Type::String), false),
            ("/3/0", "gt=1", None, false),
            ("/3/0", "pmin=1", None, true),
            ("/3/0/9", "edge=1", Some(Type::Integer), false),
            ("/3311/0/5850", "edge=1", Some(Type::Boolean), true),
        ];
        for (at, query, kind, taken) in cases {
            let mut table = AttributeTable::default();
            let outcome = table.change(path(at), &[query], kind, Version::V1_2);
            assert_eq!(outcome.is_ok(), taken, "{at} {query}");
        }
    }

    #[test]
    fn lower_level_wins() {
        let mut table = AttributeTable::default();
        for (at, query) in [("/3", "pmin=1"), ("/3/0", "pmax=60"), ("/3/0/7", "pmin=5")] {
            table
                .change(path(at), &[query], None, Version::V1_0)
                .unwrap();
        }
        let force = table.in_force(path("/3/0/7/0"));
        assert_eq!((force.pmin, force.pmax), (Some(5), Some(60)));
        assert_eq!(table.in_force(path("/3/0/9")).pmin, Some(1));
        assert_eq!(
            table.attached(path("/3/0/7")).to_link_parameters(),
            ";pmin=5"
        );
    }

    #[test]
    fn ignores_a_maximum_below_the_minimum() {
        let cases = [
            ((5, 15), Some(15)),
            ((5, 5), Some(5)),
            ((5, 4), None),
            ((0, 0), None),
        ];
        for ((pmin, pmax), wanted) in cases {
            let attributes = Attributes {
                pmin: Some(pmin),
                pmax: Some(pmax),
                ..Attributes::default()
            };
            assert_eq!(attributes.maximum_period(), wanted.map(Duration::from_secs));
        }
    }
}
