//! The YAML of our files: one document without anchors, aliases and merge keys.

use serde::de::DeserializeOwned;
use serde_yaml::{Error, MergeKeyPolicy};

/// Reads a file with a line for each of some facts, such as the header of a session or a key.
pub(crate) fn read_small<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    read_within(text, MOST_OF_A_SMALL_FILE)
}

/// Reads a file with as many lists as somebody needs.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    read_within(text, MOST_OF_A_SMALL_FILE + text.len() / BYTES_OF_A_VALUE)
}

fn read_within<T: DeserializeOwned>(text: &str, most: usize) -> Result<T, Error> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_aliases: 0,
            max_anchors: 0,
            max_documents: 1,
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_nodes: most,
        },
        merge_keys: MergeKeyPolicy::Error,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options)
}

/// Values of a small file: the header of a session has some thirty.
const MOST_OF_A_SMALL_FILE: usize = 1024;
/// Fewer bytes for each value than any list of names has.
const BYTES_OF_A_VALUE: usize = 4;
/// Nesting of an event's file is five.
const DEEPEST: usize = 16;
