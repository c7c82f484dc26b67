//! Configurations: the values that a client holds (ETS, Appendix C).

use std::sync::Arc;

use lwm2m::Path;

use super::{Scalar, Span, Spanned};

/// A configuration. In a library its `base` is resolved: `values` and the lists hold the base's too.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// Its name: `C.4`.
    pub name: String,
    /// The file's path.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: Arc<str>,
    /// One line.
    pub title: String,
    /// The configuration that this one extends.
    pub base: Option<Spanned<String>>,
    /// The values, in the order of their paths; a path stands once.
    pub values: Vec<Setting>,
    /// Paths whose values an emulated client varies.
    pub moves: Vec<Path>,
    /// Paths whose values a client may choose itself.
    pub may_differ: Vec<Path>,
}

/// A value set of the ETS (Appendix C): `${set.0-SetOfValues./0}` is what it has below /0.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueSet {
    /// Its name in the ETS.
    pub name: String,
    /// The file's path.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: Arc<str>,
    /// One line.
    pub title: String,
    /// The values, in the order of their paths.
    pub values: Vec<Setting>,
}

/// What a client holds at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// A Resource or Resource Instance; an Object, Object Instance or multiple Resource if that is empty.
    pub path: Path,
    /// The value.
    pub value: SettingValue,
    /// Where it stands.
    pub span: Span,
}

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// This value.
    Scalar(Scalar),
    /// `{}`: there, without a value or instances.
    Empty,
    /// `absent`: not there; removes what the base has.
    Absent,
}
