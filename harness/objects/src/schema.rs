//! What stands where in a document: the order, number and names of elements and attributes.
//!
//! The words that an element may hold are rules of `rules`, since OMA has codes for them.

use std::collections::HashMap;

use roxmltree::Node;

use crate::definition::{Element, tag};
use crate::finding::{Remark, Severity};
use crate::page::Page;
use crate::rule::{Rule, SCHEMA};
use crate::text::{listed, quoted};

/// An element that holds others.
pub(crate) struct Parent<'d> {
    pub(crate) page: &'d Page,
    pub(crate) element: Element<'d>,
    pub(crate) shape: &'static Shape,
}

/// What an element holds.
pub(crate) struct Shape {
    /// Children in their order.
    pub(crate) children: &'static [Child],
    /// Attributes that have to be there; others must not.
    pub(crate) attributes: &'static [&'static str],
}

/// A child, and how often there is one.
pub(crate) struct Child {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) many: bool,
}

/// Looks at an element that holds others.
pub(crate) type ParentCheck = fn(&Parent<'_>) -> Vec<Remark>;

/// The rules for elements of definitions.
pub(crate) static PARENT: [Rule<ParentCheck>; 7] = [
    rule("schema-root", "the root is LWM2M, in no namespace", root),
    rule(
        "schema-unknown",
        "an element holds what the schema names",
        unknown,
    ),
    rule(
        "schema-missing",
        "an element holds all that the schema requires",
        missing,
    ),
    rule("schema-repeated", "an element is there once", repeated),
    rule(
        "schema-order",
        "elements have the order of the schema",
        order,
    ),
    rule(
        "schema-attribute",
        "ObjectType and ID are there, and no other attribute",
        attributes,
    ),
    rule("schema-text", "no text stands between elements", loose_text),
];

const fn rule(code: &'static str, about: &'static str, check: ParentCheck) -> Rule<ParentCheck> {
    crate::rule::rule(code, Severity::Error, about, SCHEMA, check)
}

fn root(parent: &Parent<'_>) -> Vec<Remark> {
    let Parent { page, element, .. } = parent;
    if element.parent_element().is_some() {
        return Vec::new();
    }
    let name = element.tag_name().name();
    let at = || tag(page, *element);
    let mut remarks = Vec::new();
    if name != "LWM2M" {
        let message = format!("root is {}, wanted \"LWM2M\"", quoted(name));
        remarks.push(Remark::new(
            at(),
            message,
            "the root of a definition is <LWM2M>",
        ));
    }
    if let Some(namespace) = element.tag_name().namespace() {
        let message = format!("root in the namespace {}", quoted(namespace));
        remarks.push(Remark::new(
            at(),
            message,
            "the schema has no namespace: leave out xmlns",
        ));
    }
    remarks
}

/// Children that the shape does not name.
pub(crate) fn unknown(parent: &Parent<'_>) -> Vec<Remark> {
    let names = parent.names();
    let unknown = parent
        .children()
        .filter(|child| !names.contains(&child.tag_name().name()));
    let remark = |child: Element<'_>| {
        let (name, of) = (quoted(child.tag_name().name()), parent.name());
        let message = format!("unknown element {name} in {of}");
        let help = format!("{of} holds {}", listed(&names));
        Remark::new(tag(parent.page, child), message, help)
    };
    unknown.map(remark).collect()
}

/// Children that the shape requires.
pub(crate) fn missing(parent: &Parent<'_>) -> Vec<Remark> {
    let has = |name: &str| {
        parent
            .children()
            .any(|child| child.tag_name().name() == name)
    };
    let wanted = parent.shape.children.iter().filter(|child| child.required);
    let remark = |child: &Child| {
        let (name, of) = (child.name, parent.name());
        let message = format!("no \"{name}\" in {of}");
        let help = match name {
            "Object" | "Item" | "Resources" => format!("{of} holds at least one \"{name}\""),
            _ => format!("{of} holds a \"{name}\", if need be an empty one"),
        };
        Remark::new(tag(parent.page, parent.element), message, help)
    };
    wanted
        .filter(|child| !has(child.name))
        .map(remark)
        .collect()
}

/// Children that are there more than once.
pub(crate) fn repeated(parent: &Parent<'_>) -> Vec<Remark> {
    let mut seen = HashMap::new();
    let mut remarks = Vec::new();
    for child in parent.children() {
        let name = child.tag_name().name();
        let Some(place) = parent.place(name) else {
            continue;
        };
        let count = seen.entry(place).or_insert(0);
        *count += 1;
        if *count > 1
            && parent
                .shape
                .children
                .get(place)
                .is_some_and(|one| !one.many)
        {
            let message = format!("a second \"{name}\" in {}", parent.name());
            let help = format!("leave one \"{name}\"; readers take the first");
            remarks.push(Remark::new(tag(parent.page, child), message, help));
        }
    }
    remarks
}

/// The first child that stands behind one that it should precede.
fn order(parent: &Parent<'_>) -> Vec<Remark> {
    let known = parent
        .children()
        .filter_map(|child| Some((parent.place(child.tag_name().name())?, child)));
    let mut last: Option<(usize, &str)> = None;
    for (place, child) in known {
        let name = child.tag_name().name();
        if let Some((_, before)) = last.filter(|(highest, _)| place < *highest) {
            let message = format!("\"{name}\" after \"{before}\", wanted before it");
            let help = format!("the order is {}", listed(&parent.names()));
            return vec![Remark::new(tag(parent.page, child), message, help)];
        }
        last = Some((place, name));
    }
    Vec::new()
}

fn attributes(parent: &Parent<'_>) -> Vec<Remark> {
    let Parent {
        page,
        element,
        shape,
    } = parent;
    let mut remarks = Vec::new();
    for name in shape.attributes {
        if element.attribute(*name).is_none() {
            let message = format!("no attribute \"{name}\" in {}", parent.name());
            let help = match *name {
                "ID" => "the Resource ID stands in the tag: <Item ID=\"0\">",
                _ => "the tag is <Object ObjectType=\"MODefinition\">",
            };
            remarks.push(Remark::new(tag(page, *element), message, help));
        }
    }
    let of_instance = |namespace: Option<&str>| namespace == Some(INSTANCE);
    for attribute in element.attributes() {
        let known = shape.attributes.contains(&attribute.name()) && attribute.namespace().is_none();
        if !known && !of_instance(attribute.namespace()) {
            let name = quoted(attribute.name());
            let message = format!("unknown attribute {name} in {}", parent.name());
            let help = match shape.attributes {
                [] => format!("{} has no attributes", parent.name()),
                names => format!("{} has {} only", parent.name(), listed(names)),
            };
            remarks.push(Remark::new(attribute.range(), message, help));
        }
    }
    remarks
}

fn loose_text(parent: &Parent<'_>) -> Vec<Remark> {
    let texts = parent.element.children().filter(Node::is_text);
    let loose = texts.filter(|text| text.text().is_some_and(|text| !text.trim().is_empty()));
    let remark = |text: Element<'_>| {
        let found = quoted(text.text().unwrap_or_default().trim());
        let message = format!("text {found} between the elements of {}", parent.name());
        let at = parent.page.trimmed(text.range());
        Remark::new(
            at,
            message,
            "put it into an element or a comment, or leave it out",
        )
    };
    loose.map(remark).collect()
}

impl<'d> Parent<'d> {
    fn children(&self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        self.element.children().filter(Node::is_element)
    }

    fn names(&self) -> Vec<&'static str> {
        self.shape.children.iter().map(|child| child.name).collect()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.shape
            .children
            .iter()
            .position(|child| child.name == name)
    }

    fn name(&self) -> String {
        quoted(self.element.tag_name().name())
    }
}

const fn child(name: &'static str) -> Child {
    let (required, many) = (true, false);
    Child {
        name,
        required,
        many,
    }
}

const fn optional(name: &'static str) -> Child {
    Child {
        required: false,
        ..child(name)
    }
}

const fn many(name: &'static str) -> Child {
    Child {
        many: true,
        ..child(name)
    }
}

/// The namespace of `xsi:noNamespaceSchemaLocation`, which any element may have.
pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The root.
pub(crate) static LWM2M: Shape = Shape {
    children: &[many("Object")],
    attributes: &[],
};

/// An Object.
pub(crate) static OBJECT: Shape = Shape {
    children: &[
        child("Name"),
        child("Description1"),
        child("ObjectID"),
        child("ObjectURN"),
        optional("LWM2MVersion"),
        optional("ObjectVersion"),
        child("MultipleInstances"),
        child("Mandatory"),
        child("Resources"),
        child("Description2"),
    ],
    attributes: &["ObjectType"],
};

/// A list of Resources, or of the entries of DDF.xml.
pub(crate) static RESOURCES: Shape = Shape {
    children: &[many("Item")],
    attributes: &[],
};

/// A Resource.
pub(crate) static ITEM: Shape = Shape {
    children: &[
        child("Name"),
        child("Operations"),
        child("MultipleInstances"),
        child("Mandatory"),
        child("Type"),
        child("RangeEnumeration"),
        child("Units"),
        child("Description"),
    ],
    attributes: &["ID"],
};

/// An entry of DDF.xml, as the registry's README shows it.
pub(crate) static ENTRY: Shape = Shape {
    children: &[
        child("ObjectID"),
        child("URN"),
        child("Name"),
        child("Description"),
        child("Owner"),
        child("Source"),
        child("Ver"),
        child("DDF"),
        child("Vorto"),
        child("DDFLink"),
        child("TS"),
        child("TSLink"),
    ],
    attributes: &[],
};

/// A reusable Resource of Common.xml, as the registry's README shows it.
pub(crate) static REUSABLE: Shape = Shape {
    children: &[
        child("Name"),
        child("Operations"),
        child("Type"),
        child("RangeEnumeration"),
        child("Units"),
        child("Submitter"),
        child("Description"),
        child("TS"),
        child("TSLink"),
    ],
    attributes: &["ID"],
};
