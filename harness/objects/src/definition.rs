//! An Object and its Resources as they stand in a page: texts with their places, nothing judged.

use std::collections::HashMap;
use std::ops::Range;

use lwm2m::ObjectVersion;
use roxmltree::Node;

use crate::page::Page;
use crate::reference::{Entry, Reference};

/// An element of a page.
pub(crate) type Element<'d> = Node<'d, 'd>;

/// The text of an element, and where it stands.
pub(crate) struct Field {
    /// As written, white space and all.
    pub(crate) text: String,
    /// The text without the space around it, or the tag if there is none.
    pub(crate) at: Range<usize>,
    /// Where the text begins in the page, if it is written without references and sections.
    plain: Option<usize>,
}

/// A definition of an Object.
pub(crate) struct Object<'d> {
    pub(crate) page: &'d Page,
    pub(crate) element: Element<'d>,
    pub(crate) schema: Option<Schema>,
    pub(crate) reference: &'d Reference,
    /// What the registry's index says of it.
    pub(crate) entry: Option<&'d Entry>,
    pub(crate) items: Vec<Element<'d>>,
    /// Where each Resource ID is defined first.
    first: HashMap<u16, usize>,
}

/// A definition of a Resource.
pub(crate) struct Resource<'o, 'd> {
    pub(crate) object: &'o Object<'d>,
    pub(crate) element: Element<'d>,
    pub(crate) place: usize,
}

/// The schemas that OMA has published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// LWM2M.xsd.
    V1_0,
    /// LWM2M-v1_1.xsd, which 1.2 uses too.
    V1_1,
}

impl<'d> Object<'d> {
    pub(crate) fn of(
        page: &'d Page,
        element: Element<'d>,
        schema: Option<Schema>,
        reference: &'d Reference,
        path: &str,
    ) -> Self {
        let lists = element
            .children()
            .filter(|child| child.tag_name().name() == "Resources");
        let items: Vec<_> = lists
            .flat_map(|list| list.children())
            .filter(|child| child.tag_name().name() == "Item")
            .collect();
        let mut first = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = id_of(*item) {
                first.entry(id).or_insert(place);
            }
        }
        let mut object = Self {
            page,
            element,
            schema,
            reference,
            entry: None,
            items,
            first,
        };
        object.entry = reference.entry(path, object.id(), object.version());
        object
    }

    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        field(self.page, self.element, name)
    }

    /// The text of a field, trimmed; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        text(self.element, name).trim().to_owned()
    }

    pub(crate) fn id(&self) -> Option<u16> {
        self.text("ObjectID").parse().ok()
    }

    /// ObjectVersion, `1.0` if the definition names none (Core TS, 7.2.2); `None` if it is no version.
    pub(crate) fn version(&self) -> Option<ObjectVersion> {
        match self.text("ObjectVersion").as_str() {
            "" => Some(ObjectVersion::INITIAL),
            text => text.parse().ok(),
        }
    }

    /// Where the definition's tag stands.
    pub(crate) fn tag(&self) -> Range<usize> {
        tag(self.page, self.element)
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_, 'd>> {
        let numbered = self.items.iter().enumerate();
        numbered.map(|(place, element)| Resource {
            object: self,
            element: *element,
            place,
        })
    }
}

impl Resource<'_, '_> {
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        field(self.object.page, self.element, name)
    }

    /// The text of a field, trimmed; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        text(self.element, name).trim().to_owned()
    }

    pub(crate) fn id(&self) -> Option<u16> {
        id_of(self.element)
    }

    /// Where the Resource's ID stands, or its tag.
    pub(crate) fn place_of_id(&self) -> Range<usize> {
        let id = self.element.attribute_node("ID");
        id.map_or_else(
            || tag(self.object.page, self.element),
            |id| id.range_value(),
        )
    }

    /// Whether an earlier Resource has this ID.
    pub(crate) fn is_repeated(&self) -> bool {
        let first = self.id().and_then(|id| self.object.first.get(&id));
        first.is_some_and(|first| *first < self.place)
    }
}

impl Field {
    /// Bytes `range` of the text, in the page.
    pub(crate) fn part(&self, range: Range<usize>) -> Range<usize> {
        self.plain.map_or(self.at.clone(), |start| {
            start + range.start..start + range.end
        })
    }

    /// The text from byte `at` on, in the page.
    pub(crate) fn from(&self, at: usize) -> Range<usize> {
        let end = self.text.trim_end().len();
        match self.plain {
            Some(start) if at < end => {
                let line = self.text[at..end].lines().next().unwrap_or_default();
                start + at..start + at + line.len()
            }
            _ => self.at.clone(),
        }
    }
}

/// The first child of `parent` with this name.
pub(crate) fn field(page: &Page, parent: Element<'_>, name: &str) -> Option<Field> {
    let element = child(parent, name)?;
    let raw = inner(page, element);
    let text = content(element);
    let at = page.trimmed(raw.clone());
    let is_plain = page.text.get(raw.clone()) == Some(text.as_str());
    Some(Field {
        at: if at.is_empty() {
            tag(page, element)
        } else {
            at
        },
        plain: is_plain.then_some(raw.start),
        text,
    })
}

/// The text of the first child of `parent` with this name; empty if there is none.
pub(crate) fn text(parent: Element<'_>, name: &str) -> String {
    child(parent, name).map(content).unwrap_or_default()
}

/// Where the first tag of an element stands, on its first line; of a long one, its beginning.
pub(crate) fn tag(page: &Page, element: Element<'_>) -> Range<usize> {
    let whole = element.range();
    let end = element
        .first_child()
        .map_or(whole.end, |child| child.range().start);
    let tag = page.trimmed(whole.start..end);
    if tag.len() > LONGEST_TAG {
        return tag.start..tag.start + "<".len() + element.tag_name().name().len();
    }
    tag
}

/// The ID of an Item.
pub(crate) fn id_of(item: Element<'_>) -> Option<u16> {
    item.attribute("ID")?.trim().parse().ok()
}

fn child<'d>(parent: Element<'d>, name: &str) -> Option<Element<'d>> {
    parent
        .children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

fn content(element: Element<'_>) -> String {
    let texts = element.children().filter(Node::is_text);
    texts.filter_map(|part| part.text()).collect()
}

/// What stands between the tags of an element.
fn inner(page: &Page, element: Element<'_>) -> Range<usize> {
    let whole = element.range();
    match (element.first_child(), element.last_child()) {
        (Some(first), Some(last)) => {
            let raw = first.range().start..last.range().end;
            // a text that is one CDATA section begins behind its opening
            match page.text.get(raw.clone()).and_then(section) {
                Some(inside) => raw.start + inside.start..raw.start + inside.end,
                None => raw,
            }
        }
        _ => whole.end..whole.end,
    }
}

/// The inside of a text that is a CDATA section and nothing else.
fn section(raw: &str) -> Option<Range<usize>> {
    let start = raw.len() - raw.trim_start().len();
    let inside = raw.trim().strip_prefix(OPENING)?.strip_suffix("]]>")?;
    let start = start + OPENING.len();
    (!inside.contains("]]>")).then_some(start..start + inside.len())
}

/// How a CDATA section begins.
const OPENING: &str = "<![CDATA[";

/// Bytes of a tag that are marked.
const LONGEST_TAG: usize = 60;
