//! DDF.xml as it stands in a page, its entries by their Object, and the files that it names.

use std::collections::BTreeMap;

use lwm2m::ObjectVersion;
use roxmltree::Document;

use crate::definition::{Element, Field, field, tag, text};
use crate::lint::{Files, NoFiles, faults_of_form};
use crate::page::Page;

/// The index of a registry.
pub(crate) struct Index<'d> {
    pub(crate) page: &'d Page,
    pub(crate) files: &'d dyn Files,
    pub(crate) listings: Vec<Listing<'d>>,
    /// Places of the entries of an Object.
    by_id: BTreeMap<u16, Vec<usize>>,
    /// The first entry that names a file.
    by_link: BTreeMap<String, usize>,
}

/// An entry of the index.
pub(crate) struct Listing<'d> {
    pub(crate) element: Element<'d>,
    pub(crate) place: usize,
    pub(crate) id: Option<u16>,
    pub(crate) version: Option<ObjectVersion>,
    /// The file that it names.
    pub(crate) link: String,
    /// What that file holds; `None` if it is not there, or not one of the registry's.
    pub(crate) linked: Option<Linked>,
}

/// A file that an entry names.
pub(crate) struct Linked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) items: usize,
    /// The first fault of its form, and how many there are.
    pub(crate) faults: Option<(String, usize)>,
}

impl<'d> Index<'d> {
    pub(crate) fn of(page: &'d Page, document: &'d Document<'d>, files: &'d dyn Files) -> Self {
        let items = document.root_element().children();
        let items = items.filter(|item| item.tag_name().name() == "Item");
        let mut index = Self {
            page,
            files,
            listings: Vec::new(),
            by_id: BTreeMap::new(),
            by_link: BTreeMap::new(),
        };
        for (place, element) in items.enumerate() {
            let of = |name| text(element, name).trim().to_owned();
            let listing = Listing {
                element,
                place,
                id: of("ObjectID").parse().ok(),
                version: of("Ver").parse().ok(),
                linked: linked(files, &of("DDF")),
                link: of("DDF"),
            };
            if let Some(id) = listing.id {
                index.by_id.entry(id).or_default().push(place);
            }
            index.by_link.entry(listing.link.clone()).or_insert(place);
            index.listings.push(listing);
        }
        index
    }

    /// Entries of the same Object, this one among them.
    pub(crate) fn versions(&self, listing: &Listing<'_>) -> impl Iterator<Item = &Listing<'d>> {
        let places = listing.id.and_then(|id| self.by_id.get(&id));
        let places = places.map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.listings.get(*place))
    }

    /// Whether no entry of the Object has a later version.
    pub(crate) fn is_latest(&self, listing: &Listing<'_>) -> bool {
        let latest = self.versions(listing).filter_map(|one| one.version).max();
        listing.version.is_some() && listing.version == latest
    }

    /// Whether an earlier entry names the same file.
    pub(crate) fn is_named_before(&self, listing: &Listing<'_>) -> bool {
        let first = self.by_link.get(&listing.link);
        !listing.link.is_empty() && first.is_some_and(|first| *first < listing.place)
    }

    pub(crate) fn field(&self, listing: &Listing<'_>, name: &str) -> Option<Field> {
        field(self.page, listing.element, name)
    }

    /// Where a field of an entry stands, or the entry.
    pub(crate) fn at(&self, listing: &Listing<'_>, name: &str) -> std::ops::Range<usize> {
        let field = self.field(listing, name);
        field.map_or_else(|| tag(self.page, listing.element), |field| field.at)
    }
}

impl Listing<'_> {
    pub(crate) fn text(&self, name: &str) -> String {
        text(self.element, name).trim().to_owned()
    }

    /// Whether the entry names a file of the registry.
    pub(crate) fn is_local(&self) -> bool {
        !self.link.is_empty() && !self.link.contains("://")
    }
}

fn linked(files: &dyn Files, link: &str) -> Option<Linked> {
    if link.is_empty() || link.contains("://") {
        return None;
    }
    let bytes = files.read(link)?;
    let page = Page::of(&bytes);
    let items = page.document().map_or(0, |document| {
        let all = document.descendants();
        all.filter(|node| node.tag_name().name() == "Item").count()
    });
    let faults = faults_of_form(link, &bytes, &NoFiles);
    let first = faults.first().map(|one| {
        let place = format!("line {}: {}", one.line, one.message);
        (place, faults.len())
    });
    Some(Linked {
        bytes,
        items,
        faults: first,
    })
}
