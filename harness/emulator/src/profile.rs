//! Profile IDs: a short name for a list of Objects and Object Instances (Core TS 1.2, 6.2.1).

use lwm2m::Path;

/// A Profile ID and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The Profile ID: `6:27354b9a`, `oma:name`, `v:name`.
    pub id: String,
    /// The Objects and Object Instances.
    pub objects: Vec<Path>,
}

/// The Profile IDs in a `pid` parameter: one, or several in quotes with commas between them.
pub(crate) fn ids(parameter: &str) -> impl Iterator<Item = &str> {
    let quoted = parameter.strip_prefix('"');
    let bare = quoted.and_then(|rest| rest.strip_suffix('"'));
    bare.unwrap_or(parameter).split(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several_profiles_are_named() {
        for (parameter, wanted) in [
            ("6:27354b9a", vec!["6:27354b9a"]),
            ("\"6:27354b9a,oma:one\"", vec!["6:27354b9a", "oma:one"]),
            ("", vec![""]),
        ] {
            assert_eq!(ids(parameter).collect::<Vec<_>>(), wanted, "{parameter}");
        }
    }
}
