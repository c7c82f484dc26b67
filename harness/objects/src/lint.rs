//! Looks at a file: finds out what it is, and holds it against the rules for that.

use std::collections::BTreeMap;

use roxmltree::Document;

use crate::definition::{Element, Object};
use crate::finding::{Finding, Remark, Severity};
use crate::page::{FILE, LONGEST, Page};
use crate::reference::Reference;
use crate::registry::{
    COMMON, COMMON_LIST, COMMON_PARENT, Common, ENTRY, HISTORY, INDEX_PARENT, INDEX_ROOT, Index,
};
use crate::rule::{Broken, broken};
use crate::rules::{OBJECT, PAGE, RESOURCE, Sheet, line_ends, schema_of};
use crate::schema::{self, PARENT, Parent, Shape};

/// What stands around a file.
pub struct Around<'a> {
    /// Its registry.
    pub reference: &'a Reference,
    /// The files beside it.
    pub files: &'a dyn Files,
    /// Whether Git turns line ends into LF when the file is committed.
    pub git_ends_lines: bool,
}

/// Files that an index names.
pub trait Files {
    /// The bytes of a file by its path from the index, such as `version_history/3-1_0.xml`.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// Nothing beside a file.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its text, in whose lines and columns the findings stand.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// What is wrong, in the order of the text; the first thousand.
    pub findings: Vec<Finding>,
    /// Errors and warnings that were left out.
    pub left_out: (usize, usize),
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Definitions of Objects, so many.
    Definitions(usize),
    /// DDF.xml, the index of a registry.
    Index,
    /// Common.xml, the list of reusable Resources.
    Common,
    /// LWM2M_senml_units.xml, a registry's own units, at which nobody looks.
    Units,
    /// Nothing that could be read.
    Unread,
}

/// Looks at the file at `path`; the path only tells which entry of the index is its own.
pub fn lint(path: &str, bytes: &[u8], around: &Around<'_>) -> Checked {
    if bytes.len() > LONGEST {
        let message = format!("{} bytes, more than {LONGEST}", bytes.len());
        return Checked::unreadable(message, "a definition is some ten thousand bytes long");
    }
    let page = Page::of(bytes);
    let mut found = Found::default();
    found.extend(page.odd.clone().map(|odd| fault("encoding", odd)));
    let kind = match page.document() {
        Ok(document) => {
            let sheet = Sheet {
                page: &page,
                document: &document,
                git_ends_lines: around.git_ends_lines,
            };
            look(path, &sheet, around, &mut found)
        }
        Err(remark) => {
            found.push(fault("xml", remark));
            Kind::Unread
        }
    };
    Checked::of(page, kind, found)
}

/// What is wrong with the form of a definition, whatever it says.
pub(crate) fn faults_of_form(path: &str, bytes: &[u8], files: &dyn Files) -> Vec<Finding> {
    let around = Around {
        reference: &Reference::default(),
        files,
        git_ends_lines: true,
    };
    let page = Page::of(bytes);
    let is_other = |document: &Document<'_>| kind_of(document) != Kind::Definitions(0);
    if page.document().is_ok_and(|document| is_other(&document)) {
        let remark = Remark::new(0..0, "no definition", "");
        return vec![page.finding(fault("schema-root", remark))];
    }
    let of_form = |code: &str| {
        code.starts_with("schema-")
            || WORDS.contains(&code)
            || FILE.iter().any(|rule| rule.code == code)
    };
    let findings = lint(path, bytes, &around).findings.into_iter();
    findings.filter(|one| of_form(one.code)).collect()
}

impl Checked {
    /// A file that could not be read, and why.
    pub fn unreadable(message: impl Into<String>, help: impl Into<String>) -> Self {
        let remark = Remark::new(0..0, message, help);
        let mut found = Found::default();
        found.push(fault("file", remark));
        Self::of(Page::of(b""), Kind::Unread, found)
    }

    /// Errors and warnings, those that were left out among them.
    pub fn counts(&self) -> (usize, usize) {
        let is_error = |one: &&Finding| one.severity == Severity::Error;
        let errors = self.findings.iter().filter(is_error).count();
        let warnings = self.findings.len() - errors;
        (errors + self.left_out.0, warnings + self.left_out.1)
    }

    fn of(page: Page, kind: Kind, mut found: Found) -> Self {
        found.cut();
        let Found { kept, left_out } = found;
        Self {
            findings: kept.into_iter().map(|one| page.finding(one)).collect(),
            text: page.text,
            kind,
            left_out,
        }
    }
}

/// What is found, of which the first in the order of the text are kept.
#[derive(Default)]
struct Found {
    kept: Vec<Broken>,
    /// Errors and warnings that were left out.
    left_out: (usize, usize),
}

impl Found {
    fn push(&mut self, one: Broken) {
        self.kept.push(one);
        if self.kept.len() >= MOST_FINDINGS + MOST_FINDINGS / 4 {
            self.cut();
        }
    }

    fn extend(&mut self, more: impl IntoIterator<Item = Broken>) {
        more.into_iter().for_each(|one| self.push(one));
    }

    fn cut(&mut self) {
        self.kept.sort_by_key(|one| one.remark.at.start);
        let rest = self.kept.split_off(self.kept.len().min(MOST_FINDINGS));
        let is_error = |one: &&Broken| one.severity == Severity::Error;
        let errors = rest.iter().filter(is_error).count();
        self.left_out.0 += errors;
        self.left_out.1 += rest.len() - errors;
    }
}

impl Files for NoFiles {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.get(path).cloned()
    }
}

/// What a document is by its root.
fn kind_of(document: &Document<'_>) -> Kind {
    let root = document.root_element();
    let is_common = |child: Element<'_>| child.attribute("ObjectType") == Some("CommonResources");
    match root.tag_name().name() {
        "DDFList" => Kind::Index,
        "LWM2M" if root.children().any(is_common) => Kind::Common,
        "units" => Kind::Units,
        _ => Kind::Definitions(0),
    }
}

fn look(path: &str, sheet: &Sheet<'_>, around: &Around<'_>, found: &mut Found) -> Kind {
    let kind = kind_of(sheet.document);
    match kind {
        Kind::Index => index(sheet, around, found),
        Kind::Common => common(sheet, found),
        Kind::Units | Kind::Unread => {}
        Kind::Definitions(_) => {
            return Kind::Definitions(definitions(path, sheet, around, found));
        }
    }
    if kind != Kind::Units {
        found.extend(line_ends(sheet));
    }
    kind
}

fn definitions(path: &str, sheet: &Sheet<'_>, around: &Around<'_>, found: &mut Found) -> usize {
    let page = sheet.page;
    let root = sheet.document.root_element();
    let is_object = |element: &Element<'_>| element.tag_name().name() == "Object";
    let alone = is_object(&root).then_some(root);
    let inside = root.children().filter(move |_| alone.is_none());
    let objects = || alone.into_iter().chain(inside.clone().filter(is_object));
    let count = objects().count();
    let shape = if is_object(&root) {
        &schema::OBJECT
    } else {
        &schema::LWM2M
    };
    if count == 0 && root.tag_name().name() != "LWM2M" {
        // something else altogether: of all rules only that of the root has a meaning
        parent(page, root, shape, &PARENT[..1], found);
        return 0;
    }
    found.extend(broken(&PAGE, |check| check(sheet)));
    parent(page, root, shape, &PARENT, found);
    let schema = schema_of(sheet.document);
    for element in objects() {
        if element != root {
            parent(page, element, &schema::OBJECT, &PARENT, found);
        }
        let lists = element
            .children()
            .filter(|child| child.tag_name().name() == "Resources");
        for list in lists {
            parent(page, list, &schema::RESOURCES, &PARENT, found);
        }
        let object = Object::of(page, element, schema, around.reference, path);
        found.extend(broken(&OBJECT, |check| check(&object)));
        for resource in object.resources() {
            parent(page, resource.element, &schema::ITEM, &PARENT, found);
            found.extend(broken(&RESOURCE, |check| check(&resource)));
        }
    }
    count
}

fn index(sheet: &Sheet<'_>, around: &Around<'_>, found: &mut Found) {
    let index = Index::of(sheet.page, sheet.document, around.files);
    let root = sheet.document.root_element();
    parent(sheet.page, root, &schema::RESOURCES, &INDEX_ROOT, found);
    for listing in &index.listings {
        parent(
            sheet.page,
            listing.element,
            &schema::ENTRY,
            &INDEX_PARENT,
            found,
        );
        found.extend(broken(&ENTRY, |check| check(&index, listing)));
        found.extend(broken(&HISTORY, |check| check(&index, listing)));
    }
}

fn common(sheet: &Sheet<'_>, found: &mut Found) {
    let common = Common::of(sheet.page, sheet.document.root_element());
    let lists = sheet.document.descendants();
    for list in lists.filter(|list| list.tag_name().name() == "Resources") {
        parent(sheet.page, list, &schema::RESOURCES, &COMMON_LIST, found);
    }
    for item in common.items() {
        parent(
            sheet.page,
            item.element,
            &schema::REUSABLE,
            &COMMON_PARENT,
            found,
        );
        found.extend(broken(&COMMON, |check| check(&item)));
    }
}

fn parent<'d>(
    page: &'d Page,
    element: Element<'d>,
    shape: &'static Shape,
    rules: &'static [crate::rule::Rule<schema::ParentCheck>],
    found: &mut Found,
) {
    let parent = Parent {
        page,
        element,
        shape,
    };
    found.extend(broken(rules, |check| check(&parent)));
}

/// A fault that keeps a file from being read.
fn fault(code: &'static str, remark: Remark) -> Broken {
    let severity = Severity::Error;
    Broken {
        code,
        severity,
        remark,
    }
}

/// Codes of the words that the schema lets stand in an element.
const WORDS: [&str; 4] = ["411", "412", "414", "415"];

/// Findings of one file that are kept.
const MOST_FINDINGS: usize = 1000;
