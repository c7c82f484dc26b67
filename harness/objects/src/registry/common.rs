//! The rules for Common.xml, the list of reusable Resources.

use std::collections::HashMap;

use super::entry::parent;
use crate::definition::{Element, Field, field, id_of, tag};
use crate::finding::{Remark, Severity};
use crate::page::Page;
use crate::rule::{GUIDELINES, Rule, coded};
use crate::rules::{OPERATIONS, TYPES, range, unit, word};
use crate::schema::{self, ParentCheck};
use crate::text::quoted;

use Severity::{Error, Warning};

/// The list of reusable Resources.
pub(crate) struct Common<'d> {
    pub(crate) page: &'d Page,
    pub(crate) items: Vec<Element<'d>>,
    first: HashMap<u16, usize>,
}

/// A reusable Resource in the list.
pub(crate) struct Item<'c, 'd> {
    pub(crate) common: &'c Common<'d>,
    pub(crate) element: Element<'d>,
    pub(crate) place: usize,
}

/// Looks at a reusable Resource.
pub(crate) type ItemCheck = fn(&Item<'_, '_>) -> Vec<Remark>;

/// The rules for reusable Resources.
pub(crate) static COMMON: [Rule<ItemCheck>; 17] = [
    coded(
        "500",
        Error,
        "Common.xml: a reusable Resource has an ID of its own",
        unique,
    ),
    coded(
        "501",
        Error,
        "Common.xml: the ID of a reusable Resource lies between 2048 and 26240",
        in_range,
    ),
    coded("510", Error, "Common.xml: Name is not empty", |item| {
        filled(item, "Name")
    }),
    coded(
        "520",
        Error,
        "Common.xml: Operations are R, W, RW, E or nothing",
        |item| among(item, "Operations", &OPERATIONS),
    ),
    coded(
        "530",
        Error,
        "Common.xml: Type is one of the schema's",
        |item| among(item, "Type", &TYPES),
    ),
    coded(
        "531",
        Error,
        "Common.xml: an executable Resource has no Type",
        executable,
    ),
    coded(
        "541",
        Warning,
        "Common.xml: a range is written with \"..\"",
        range,
    ),
    coded(
        "551",
        Warning,
        "Common.xml: a unit is SenML's, \"TBD\" or left out",
        unit,
    ),
    coded(
        "570",
        Error,
        "Common.xml: Description is not empty",
        |item| filled(item, "Description"),
    ),
    coded("590", Error, "Common.xml: TSLink is not empty", |item| {
        filled(item, "TSLink")
    }),
    coded("591", Error, "Common.xml: TSLink is 0 or 1", link),
    coded(
        "601",
        Warning,
        "Common.xml: Name has plain characters",
        |item| prose(item, "Name"),
    ),
    coded(
        "602",
        Warning,
        "Common.xml: Description has plain characters",
        |item| prose(item, "Description"),
    ),
    coded(
        "603",
        Warning,
        "Common.xml: TSLink has plain characters",
        |item| prose(item, "TSLink"),
    ),
    coded(
        "604",
        Warning,
        "Common.xml: Operations have plain characters",
        |item| prose(item, "Operations"),
    ),
    coded(
        "605",
        Warning,
        "Common.xml: TS has plain characters",
        |item| prose(item, "TS"),
    ),
    Rule {
        code: "scaled-unit",
        severity: Warning,
        about: "Common.xml: a unit is unscaled where SenML has such a one",
        source: GUIDELINES,
        check: unscaled,
    },
];

/// The rules for the elements of Common.xml.
pub(crate) static COMMON_PARENT: [Rule<ParentCheck>; 3] = [
    parent(
        "022",
        "Common.xml: a reusable Resource holds every element, if need be an empty one",
        schema::missing,
    ),
    parent(
        "022",
        "Common.xml: a reusable Resource holds each element once",
        schema::repeated,
    ),
    parent(
        "022",
        "Common.xml: a reusable Resource holds no other element",
        schema::unknown,
    ),
];

/// The rules for the list in Common.xml.
pub(crate) static COMMON_LIST: [Rule<ParentCheck>; 2] = [
    parent(
        "032",
        "Common.xml: there is at least one reusable Resource",
        schema::missing,
    ),
    parent(
        "022",
        "Common.xml: the list holds Resources only",
        schema::unknown,
    ),
];

impl<'d> Common<'d> {
    pub(crate) fn of(page: &'d Page, root: Element<'d>) -> Self {
        let items: Vec<_> = root
            .descendants()
            .filter(|item| item.tag_name().name() == "Item")
            .collect();
        let mut first = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = id_of(*item) {
                first.entry(id).or_insert(place);
            }
        }
        Self { page, items, first }
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_, 'd>> {
        let numbered = self.items.iter().enumerate();
        numbered.map(|(place, element)| Item {
            common: self,
            element: *element,
            place,
        })
    }
}

impl Item<'_, '_> {
    fn field(&self, name: &str) -> Option<Field> {
        field(self.common.page, self.element, name)
    }

    fn remark_on_id(&self, message: String, help: &str) -> Vec<Remark> {
        let id = self.element.attribute_node("ID");
        let at = id.map_or_else(
            || tag(self.common.page, self.element),
            |id| id.range_value(),
        );
        vec![Remark::new(at, message, help)]
    }
}

fn unique(item: &Item<'_, '_>) -> Vec<Remark> {
    let first = id_of(item.element).and_then(|id| Some((id, item.common.first.get(&id)?)));
    match first.filter(|(_, first)| **first < item.place) {
        Some((id, _)) => {
            let message = format!("a second reusable Resource {id}");
            item.remark_on_id(message, "the maintainers give out each ID once")
        }
        None => Vec::new(),
    }
}

fn in_range(item: &Item<'_, '_>) -> Vec<Remark> {
    let id = item.element.attribute("ID").unwrap_or_default();
    if id_of(item.element).is_some_and(|id| (2048..=26240).contains(&id)) {
        return Vec::new();
    }
    let message = format!("ID of a reusable Resource is {}", quoted(id));
    item.remark_on_id(message, "a number from 2048 to 26240")
}

fn filled(item: &Item<'_, '_>, name: &str) -> Vec<Remark> {
    let help = match name {
        "TSLink" => "1 to show the link, 0 to hide it",
        _ => "the registry's page shows it",
    };
    word::empty(item.field(name), name, help)
}

fn among(item: &Item<'_, '_>, name: &str, words: &[&str]) -> Vec<Remark> {
    word::one_of(item.field(name), name, words)
}

fn prose(item: &Item<'_, '_>, name: &str) -> Vec<Remark> {
    word::prose(item.field(name), name)
}

fn link(item: &Item<'_, '_>) -> Vec<Remark> {
    let field = item.field("TSLink");
    let field = field.filter(|field| !field.text.trim().is_empty());
    word::one_of(field, "TSLink", &["0", "1"])
}

fn executable(item: &Item<'_, '_>) -> Vec<Remark> {
    let operations = item.field("Operations");
    let field = item.field("Type");
    if operations.is_none_or(|operations| operations.text.trim() != "E") {
        return Vec::new();
    }
    word::no_type(field)
}

fn range(item: &Item<'_, '_>) -> Vec<Remark> {
    range::dots(item.field("RangeEnumeration"))
}

fn unit(item: &Item<'_, '_>) -> Vec<Remark> {
    unit::known(item.field("Units"))
}

fn unscaled(item: &Item<'_, '_>) -> Vec<Remark> {
    unit::unscaled(item.field("Units"))
}
