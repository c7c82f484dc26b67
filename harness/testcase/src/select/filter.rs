//! Filters of the command line: path globs, names and ETS numbers.

use crate::model::TestCase;

/// One filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The number of an ETS case: `203`.
    Number(u32),
    /// A path with `*`, `**` and `?`: `registration/**`.
    Glob(String),
    /// A case's name, its file's name or the beginning of that: `int-203`.
    Name(String),
}

impl Filter {
    /// The filter that `text` is; a folder ends with `/`.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_suffix(".yaml").unwrap_or(text);
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        if text.contains(['*', '?']) {
            return Self::Glob(text.to_owned());
        }
        match text.strip_suffix('/') {
            Some(folder) => Self::Glob(format!("{folder}/**")),
            None => Self::Name(text.to_owned()),
        }
    }

    /// Whether a case passes.
    pub fn matches(&self, case: &TestCase) -> bool {
        match self {
            Self::Number(number) => {
                case.number() == Some(*number) || case.headings().contains(number)
            }
            Self::Glob(glob) => glob_matches(glob, &case.name),
            Self::Name(name) => {
                let folder = case.name.strip_prefix(name.as_str());
                case.is_called(name) || folder.is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// Whether a case passes one of `filters`; every case passes none.
    pub fn any(filters: &[Self], case: &TestCase) -> bool {
        filters.is_empty() || filters.iter().any(|filter| filter.matches(case))
    }
}

/// Whether `name` fits `glob`: `*` and `?` stop at a slash, `**` does not.
fn glob_matches(glob: &str, name: &str) -> bool {
    let mut pattern = String::from("^");
    let mut rest = glob;
    while let Some(first) = rest.chars().next() {
        let (part, length) = match first {
            '*' if rest.starts_with("**/") => ("(?:.*/)?".to_owned(), 3),
            '*' if rest.starts_with("**") => (".*".to_owned(), 2),
            '*' => ("[^/]*".to_owned(), 1),
            '?' => ("[^/]".to_owned(), 1),
            other => (regex::escape(&other.to_string()), other.len_utf8()),
        };
        pattern.push_str(&part);
        rest = rest.get(length..).unwrap_or("");
    }
    pattern.push('$');
    regex::Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_stop_at_slashes_or_do_not() {
        let name = "device-management/int-203-read-tlv";
        for (glob, matches) in [
            ("**", true),
            ("*", false),
            ("device-management/*", true),
            ("device-management/**", true),
            ("**/*tlv*", true),
            ("**/int-203-*", true),
            ("*/int-20?-read-tlv", true),
            ("registration/**", false),
            ("**tlv", true),
            ("**/device-management/*", true),
            ("*.(", false),
        ] {
            assert_eq!(glob_matches(glob, name), matches, "{glob}");
        }
    }

    #[test]
    fn filters_are_told_apart() {
        assert_eq!(Filter::parse("203"), Filter::Number(203));
        assert_eq!(
            Filter::parse("registration/"),
            Filter::Glob("registration/**".to_owned())
        );
        assert_eq!(Filter::parse("int-203"), Filter::Name("int-203".to_owned()));
    }
}
