//! What a registry says beside its definitions: DDF.xml, the index, and Common.xml, the reusable Resources.
//!
//! Read leniently, to hold definitions against; their own mistakes are found by `registry`.

use std::collections::{BTreeMap, HashMap};

use lwm2m::ObjectVersion;

use crate::definition::{Element, id_of, text};
use crate::page::Page;

/// What a registry says beside its definitions.
#[derive(Debug, Default)]
pub struct Reference {
    entries: Option<Vec<Entry>>,
    by_file: HashMap<String, usize>,
    reusable: Option<BTreeMap<u16, Reusable>>,
}

/// An Object in one of its versions, in the index.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) urn: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) version: String,
}

/// A reusable Resource.
#[derive(Debug)]
pub(crate) struct Reusable {
    pub(crate) name: String,
    pub(crate) operations: String,
    pub(crate) value_type: String,
    pub(crate) range: String,
    pub(crate) units: String,
    pub(crate) description: String,
}

impl Reference {
    /// Reads DDF.xml and Common.xml, of which either may be missing.
    pub fn read(index: Option<&[u8]>, common: Option<&[u8]>) -> Self {
        let mut reference = Self::default();
        if let Some(bytes) = index {
            reference.read_index(bytes);
        }
        reference.reusable = common.and_then(reusable);
        reference
    }

    /// Whether there is an index to compare definitions with.
    pub fn has_index(&self) -> bool {
        self.entries.is_some()
    }

    /// Whether it is known which reusable Resources there are.
    pub fn has_reusable(&self) -> bool {
        self.reusable.is_some()
    }

    /// The entry of the file at `path`, else that of the Object in this version.
    pub(crate) fn entry(
        &self,
        path: &str,
        id: Option<u16>,
        version: Option<ObjectVersion>,
    ) -> Option<&Entry> {
        let entries = self.entries.as_ref()?;
        if let Some(place) = self.by_file.get(file_name(path)) {
            return entries.get(*place);
        }
        let (id, version) = (id?.to_string(), version?.to_string());
        entries
            .iter()
            .find(|entry| entry.id == id && entry.version == version)
    }

    /// The reusable Resource with this ID; `None` if there is none, or if nobody knows.
    pub(crate) fn reusable(&self, id: u16) -> Option<&Reusable> {
        self.reusable.as_ref()?.get(&id)
    }

    fn read_index(&mut self, bytes: &[u8]) {
        let page = Page::of(bytes);
        let Ok(document) = page.document() else {
            return;
        };
        let items = document.root_element().children();
        let mut entries = Vec::new();
        for item in items.filter(|item| item.tag_name().name() == "Item") {
            let of = |name| text(item, name).trim().to_owned();
            let link = of("DDF");
            if !link.is_empty() {
                let file = file_name(&link).to_owned();
                self.by_file.entry(file).or_insert(entries.len());
            }
            entries.push(Entry {
                id: of("ObjectID"),
                urn: of("URN"),
                name: of("Name"),
                description: of("Description"),
                version: of("Ver"),
            });
        }
        self.entries = Some(entries);
    }
}

fn reusable(bytes: &[u8]) -> Option<BTreeMap<u16, Reusable>> {
    let page = Page::of(bytes);
    let document = page.document().ok()?;
    let items = document
        .descendants()
        .filter(|item| item.tag_name().name() == "Item");
    let read = |item: Element<'_>| {
        let of = |name| text(item, name).trim().to_owned();
        Some((
            id_of(item)?,
            Reusable {
                name: of("Name"),
                operations: of("Operations"),
                value_type: of("Type"),
                range: of("RangeEnumeration"),
                units: of("Units"),
                description: of("Description"),
            },
        ))
    };
    Some(items.filter_map(read).collect())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
