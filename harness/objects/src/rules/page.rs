//! The file as such: its schema, its line ends, its licence.

use roxmltree::Document;

use crate::definition::{Schema, tag};
use crate::finding::{Remark, Severity};
use crate::page::Page;
use crate::rule::{Broken, CODES, GUIDELINES, Rule, broken};
use crate::schema::INSTANCE;
use crate::text::quoted;

/// A file that holds definitions.
pub(crate) struct Sheet<'d> {
    pub(crate) page: &'d Page,
    pub(crate) document: &'d Document<'d>,
    /// Whether Git turns line ends into LF when the file is committed.
    pub(crate) git_ends_lines: bool,
}

/// Looks at a file.
pub(crate) type PageCheck = fn(&Sheet<'_>) -> Vec<Remark>;

/// The rules for files.
pub(crate) static PAGE: [Rule<PageCheck>; 6] = [
    Rule {
        code: "404",
        severity: Severity::Error,
        about: "the root names its schema",
        source: CODES,
        check: reference,
    },
    Rule {
        code: "405",
        severity: Severity::Error,
        about: "the schema is one that OMA has published",
        source: CODES,
        check: published,
    },
    Rule {
        code: "406",
        severity: Severity::Warning,
        about: "the file ends with a line feed",
        source: CODES,
        check: last_line,
    },
    Rule {
        code: "407",
        severity: Severity::Warning,
        about: "the file has no carriage returns, unless Git puts them there",
        source: CODES,
        check: carriage_returns,
    },
    Rule {
        code: "408",
        severity: Severity::Warning,
        about: "elements stand on lines of their own",
        source: CODES,
        check: lines,
    },
    Rule {
        code: "licence",
        severity: Severity::Warning,
        about: "a comment states the licence, BSD-3-Clause",
        source: GUIDELINES,
        check: licence,
    },
];

/// The schema that the root names, if OMA has published it.
pub(crate) fn schema_of(document: &Document<'_>) -> Option<Schema> {
    let location = location(document)?.trim();
    let (_, path) = location.split_once(PUBLISHER)?;
    let name = path.rsplit('/').next()?;
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    found.map(|(_, schema)| *schema)
}

/// What is wrong with the line ends of a list of the registry, by the same rules as for definitions.
pub(crate) fn line_ends(sheet: &Sheet<'_>) -> impl Iterator<Item = Broken> {
    broken(&PAGE[2..4], |check| check(sheet))
}

fn location<'d>(document: &'d Document<'_>) -> Option<&'d str> {
    let root = document.root_element();
    root.attribute((INSTANCE, "noNamespaceSchemaLocation"))
}

fn reference(sheet: &Sheet<'_>) -> Vec<Remark> {
    if location(sheet.document).is_some() {
        return Vec::new();
    }
    let at = tag(sheet.page, sheet.document.root_element());
    let message = "no xsi:noNamespaceSchemaLocation in the root";
    vec![Remark::new(at, message, schema_help())]
}

fn published(sheet: &Sheet<'_>) -> Vec<Remark> {
    let Some(found) = location(sheet.document) else {
        return Vec::new();
    };
    if schema_of(sheet.document).is_some() {
        return Vec::new();
    }
    let attribute = sheet
        .document
        .root_element()
        .attribute_node((INSTANCE, "noNamespaceSchemaLocation"));
    let at = attribute.map_or(0..0, |attribute| attribute.range_value());
    let name = found.rsplit('/').next().unwrap_or_default();
    let named = if found.contains(PUBLISHER) {
        name
    } else {
        found
    };
    let message = format!("schema is {}, which OMA has not published", quoted(named));
    vec![Remark::new(at, message, schema_help())]
}

fn schema_help() -> String {
    let base = "http://www.openmobilealliance.org/tech/profiles/";
    format!("{base}LWM2M.xsd for LwM2M 1.0, {base}LWM2M-v1_1.xsd for 1.1 and 1.2")
}

fn last_line(sheet: &Sheet<'_>) -> Vec<Remark> {
    let text = &sheet.page.text;
    if text.ends_with('\n') {
        return Vec::new();
    }
    let end = text.len();
    let help = "end the last line with a line feed";
    vec![Remark::new(
        end..end,
        "no line feed at the end of the file",
        help,
    )]
}

fn carriage_returns(sheet: &Sheet<'_>) -> Vec<Remark> {
    let text = &sheet.page.text;
    let is_ours = |at: usize| !(sheet.git_ends_lines && text[at + 1..].starts_with('\n'));
    let mut found = text.match_indices('\r').map(|(at, _)| at);
    let Some(first) = found.find(|at| is_ours(*at)) else {
        return Vec::new();
    };
    let count = found.filter(|at| is_ours(*at)).count() + 1;
    let message = match count {
        1 => "1 carriage return".to_owned(),
        _ => format!("{count} carriage returns, the first here"),
    };
    let help =
        "end lines with LF alone, or let Git do it: \"*.xml text eol=crlf\" in .gitattributes";
    vec![Remark::new(first..first + 1, message, help)]
}

fn lines(sheet: &Sheet<'_>) -> Vec<Remark> {
    let elements = sheet.document.descendants();
    let elements = elements.filter(|node| node.is_element()).count();
    let feeds = sheet.page.text.matches('\n').count();
    if feeds >= elements / 2 {
        return Vec::new();
    }
    let at = tag(sheet.page, sheet.document.root_element());
    let message = format!("{feeds} line feeds for {elements} elements");
    vec![Remark::new(
        at,
        message,
        "give each element a line of its own",
    )]
}

fn licence(sheet: &Sheet<'_>) -> Vec<Remark> {
    let document = sheet.document;
    let comments = document.descendants().filter(|node| node.is_comment());
    let comments: Vec<_> = comments
        .map(|comment| (comment, comment.text().unwrap_or_default().to_lowercase()))
        .collect();
    let among = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    if comments.iter().any(|(_, text)| among(text, &BSD)) {
        return Vec::new();
    }
    let other = comments.iter().find(|(_, text)| among(text, &OTHER));
    let (at, message) = match other {
        Some((comment, _)) => (
            sheet.page.trimmed(comment.range()),
            "a licence other than BSD-3-Clause",
        ),
        None => (
            tag(sheet.page, document.root_element()),
            "no licence in the file",
        ),
    };
    let help = "OMA registers under BSD-3-Clause and advises against others: put its text, or \"SPDX-License-Identifier: BSD-3-Clause\", into a comment";
    vec![Remark::new(at, message, help)]
}

/// Where the schemas are published, by any of its names.
const PUBLISHER: &str = "openmobilealliance.org/";

/// File names of the schemas.
const SCHEMAS: [(&str, Schema); 2] = [
    ("LWM2M.xsd", Schema::V1_0),
    ("LWM2M-v1_1.xsd", Schema::V1_1),
];

/// Words of the licence that OMA registers under, in lower case.
const BSD: [&str; 2] = [
    "redistribution and use in source and binary forms",
    "spdx-license-identifier: bsd-3-clause",
];

/// Words of any licence, in lower case.
const OTHER: [&str; 3] = ["license", "licence", "all rights reserved"];
