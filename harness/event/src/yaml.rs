//! The YAML of our files: one document without anchors, aliases and merge keys.

use serde::de::DeserializeOwned;
use serde_yaml::{Error, MergeKeyPolicy};

/// Reads a file.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_aliases: 0, max_anchors: 0, max_documents: 1 },
        merge_keys: MergeKeyPolicy::Error,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options)
}
