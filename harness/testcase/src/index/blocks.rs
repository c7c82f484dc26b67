//! An index as its entries' texts, by the name that each begins with.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

/// The entries of an index: `- KEY: NAME` begins one.
pub(super) struct Blocks {
    names: Vec<&'static str>,
    texts: HashMap<&'static str, &'static str>,
}

impl Blocks {
    /// Cuts `text` at the lines that begin with `mark`, such as `- id: `.
    pub(super) fn of(text: &'static str, mark: &str) -> Self {
        let mut begins: Vec<usize> = Vec::new();
        let mut place = 0;
        for line in text.split_inclusive('\n') {
            if line.starts_with(mark) {
                begins.push(place);
            }
            place += line.len();
        }
        let ends = begins.iter().skip(1).copied().chain([text.len()]);
        let mut blocks = Self {
            names: Vec::with_capacity(begins.len()),
            texts: HashMap::with_capacity(begins.len()),
        };
        for (begin, end) in begins.iter().zip(ends) {
            let block = text.get(*begin..end).unwrap_or_default();
            let first = block.lines().next().unwrap_or_default();
            let name = first.strip_prefix(mark).unwrap_or_default().trim();
            blocks.names.push(name);
            blocks.texts.insert(name, block);
        }
        blocks
    }

    /// The names in the order of the text.
    pub(super) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Whether there is an entry of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    /// The entry of this name.
    pub(super) fn entry<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut list: Vec<T> = serde_yaml::from_str(self.texts.get(name)?).ok()?;
        list.pop()
    }

    /// Every entry, in the order of the text.
    pub(super) fn entries<T: DeserializeOwned>(&self) -> Vec<T> {
        let names = self.names.iter();
        names.filter_map(|name| self.entry(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_their_first_line() {
        let text = "# head\n- id: A\n  says: 'one: two'\n- id: B\n  says: three\n";
        let blocks = Blocks::of(text, "- id: ");
        assert_eq!(blocks.names(), ["A", "B"]);
        assert!(blocks.has("B") && !blocks.has("C") && !blocks.has("says"));
        let entry: Option<HashMap<String, String>> = blocks.entry("A");
        assert_eq!(entry.unwrap()["says"], "one: two");
        assert_eq!(blocks.entries::<HashMap<String, String>>().len(), 2);
        assert!(blocks.entry::<HashMap<String, u8>>("A").is_none());
        assert!(Blocks::of("", "- id: ").names().is_empty());
    }
}
