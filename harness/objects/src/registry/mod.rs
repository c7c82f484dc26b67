//! The rules for the two lists of a registry: DDF.xml, the index of Objects, and Common.xml, the reusable Resources.

mod common;
mod entry;
mod history;
mod index;

pub(crate) use common::{COMMON, COMMON_LIST, COMMON_PARENT, Common};
pub(crate) use entry::{ENTRY, INDEX_PARENT, INDEX_ROOT};
pub(crate) use history::HISTORY;
pub(crate) use index::Index;
