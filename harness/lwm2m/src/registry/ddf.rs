//! Reads documents of object definitions in OMA's XML (DDF; LWM2M.xsd and LWM2M-v1_1.xsd).
//!
//! Takes what real files hold: any order of elements, a byte order mark, CR line ends, elements nobody knows, missing ones.
//! Each such thing is a diagnostic beside what could be read. Document type declarations, and with them entities, are refused.

use roxmltree::{Document, Error, ParsingOptions};

use super::definition::ObjectDefinition;
use super::diagnostic::{DdfDiagnostic, Severity};
use super::element::{Elements, name, quoted};
use super::fields::object;

/// What a text of object definitions held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ddf {
    /// The Objects that could be read, in the order of the text.
    pub definitions: Vec<ObjectDefinition>,
    /// What was wrong with the text, the first hundred problems of it.
    pub diagnostics: Vec<DdfDiagnostic>,
}

impl Ddf {
    /// Reads a document in UTF-8.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        if bytes.len() > LONGEST {
            let message = format!("{} bytes, more than {LONGEST}", bytes.len());
            return Self::refused("", message);
        }
        let text = String::from_utf8_lossy(bytes);
        let options = ParsingOptions {
            nodes_limit: (bytes.len() / BYTES_PER_NODE) as u32 + FIRST_NODES,
            ..ParsingOptions::default()
        };
        // the parser makes room for all tags and attributes before it reads any
        let marks = bytes.iter().filter(|byte| matches!(byte, b'<' | b'='));
        let document = match bytes.len() > SMALL && marks.count() > bytes.len() / BYTES_PER_NODE {
            true => Err(Error::NodesLimitReached),
            false => Document::parse_with_options(&text, options),
        };
        let mut ddf = match document {
            Ok(document) => Self::read(&document),
            Err(error) => Self::refused(before(&text, &error), reason(&error)),
        };
        if let Err(error) = std::str::from_utf8(bytes) {
            let before = text.get(..error.valid_up_to()).unwrap_or_default();
            let message = "bytes that are not UTF-8, read as U+FFFD".to_owned();
            let diagnostic = diagnostic(before, Severity::Warning, message);
            ddf.diagnostics.insert(0, diagnostic);
        }
        ddf
    }

    fn read<'d>(document: &'d Document<'d>) -> Self {
        let mut elements = Elements::of(document);
        let root = document.root_element();
        let objects = match name(root) {
            "Object" => vec![root],
            _ => elements.list(root, "Object"),
        };
        if name(root) != "LWM2M" {
            let found = quoted(name(root));
            elements.warn(root, format!("root is {found}, wanted \"LWM2M\""));
        }
        if objects.is_empty() {
            elements.fail(root, "no \"Object\"");
        }
        let definitions = objects
            .into_iter()
            .filter_map(|element| object(&mut elements, element))
            .collect();
        Self {
            definitions,
            diagnostics: elements.into_diagnostics(),
        }
    }

    fn refused(before: &str, message: String) -> Self {
        Self {
            definitions: Vec::new(),
            diagnostics: vec![diagnostic(before, Severity::Error, message)],
        }
    }
}

/// The text before the place where a document stopped being XML.
fn before<'t>(text: &'t str, error: &Error) -> &'t str {
    let end = match error {
        Error::DtdDetected => text.find("<!DOCTYPE").unwrap_or_default(),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => text.len(),
        _ => offset(text, error.pos().row, error.pos().col),
    };
    text.get(..end).unwrap_or_default()
}

fn offset(text: &str, line: u32, column: u32) -> usize {
    let before = |number: u32| number.saturating_sub(1) as usize;
    let lines = text.split_inclusive('\n');
    let start: usize = lines.clone().take(before(line)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    let column = line.char_indices().nth(before(column));
    column.map_or(text.len(), |(at, _)| start + at)
}

/// Why a document is not read, without the place, which the diagnostic has.
fn reason(error: &Error) -> String {
    match error {
        Error::DtdDetected => "a document type declaration, which is not read".to_owned(),
        Error::NodesLimitReached => "more elements than a definition has".to_owned(),
        _ => {
            let text = error.to_string();
            let place = format!(" at {}", error.pos());
            text.strip_suffix(&place).unwrap_or(&text).to_owned()
        }
    }
}

/// A diagnostic at the end of the text before it.
fn diagnostic(before: &str, severity: Severity, message: String) -> DdfDiagnostic {
    let last = before.rsplit('\n').next().unwrap_or_default();
    DdfDiagnostic {
        line: before.matches('\n').count() as u32 + 1,
        column: last.chars().count() as u32 + 1,
        severity,
        message,
    }
}

/// Bytes of a definition that are read; the longest of the registry has 32,793.
const LONGEST: usize = 1 << 20;

/// A node takes about ten times as many bytes in memory; a shorter average is no definition.
const BYTES_PER_NODE: usize = 8;

/// Bytes up to which a document may be crowded.
const SMALL: usize = 16 << 10;

/// Nodes that even the shortest document may have.
const FIRST_NODES: u32 = 16;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{ObjectVersion, Range};
    use crate::{Type, Version};
    use proptest::prelude::*;

    const ITEM: &str = "<Item ID=\"7\"><Name>N</Name><Operations>RW</Operations>\
        <MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Type>Integer</Type>\
        <RangeEnumeration>0..9</RangeEnumeration><Units>s</Units><Description>D</Description></Item>";

    const HEAD: &str = "<Name>O</Name><Description1>D</Description1><ObjectID>9</ObjectID>\
        <ObjectURN>urn:oma:lwm2m:oma:9</ObjectURN><MultipleInstances>Single</MultipleInstances>\
        <Mandatory>Optional</Mandatory>";

    fn file(head: &str, items: &str) -> String {
        format!("<LWM2M><Object>{head}<Resources>{items}</Resources></Object></LWM2M>")
    }

    fn read(text: &str) -> (Option<ObjectDefinition>, Vec<String>) {
        let Ddf {
            mut definitions,
            diagnostics,
        } = Ddf::parse(text.as_bytes());
        let messages = diagnostics.iter().map(ToString::to_string).collect();
        (definitions.pop(), messages)
    }

    #[test]
    fn a_plain_definition() {
        let (object, messages) = read(&file(HEAD, ITEM));
        assert_eq!(messages, [""; 0]);
        let object = object.unwrap();
        assert_eq!((object.id, object.name.as_str()), (9, "O"));
        assert_eq!(object.object_version, ObjectVersion::INITIAL);
        assert_eq!(object.lwm2m_version, Version::V1_0);
        let resource = &object.resources[&7];
        assert_eq!(resource.operations.to_string(), "RW");
        assert_eq!(resource.value_type, Type::Integer);
        assert_eq!(resource.range.to_string(), "0..9");
        assert_eq!((resource.units.as_str(), resource.mandatory), ("s", false));
    }

    /// Texts that say the same as the plain one, in ways the schema or the registry's guideline does not have.
    #[test]
    fn oddities_that_cost_nothing() {
        let plain = read(&file(HEAD, ITEM)).0;
        let reversed = HEAD.replace("<Name>O</Name>", "") + "<Name>O</Name>";
        let lines = file(HEAD, ITEM).replace("><", ">\r\n<");
        for (text, warnings) in [
            (format!("\u{feff}{}", file(HEAD, ITEM)), 0),
            (lines.clone(), 0),
            (lines.replace("\r\n", "\r"), 0),
            (file(&reversed, ITEM), 0),
            (file(HEAD, &ITEM.replace(">N<", "><![CDATA[N]]><")), 0),
            (file(HEAD, &ITEM.replace(">s<", "> <!-- s --> s <")), 0),
            (file(&format!("{HEAD}<Owner>X</Owner>"), ITEM), 1),
            (file(&format!("{HEAD}<Name>P</Name>"), ITEM), 1),
            (file(HEAD, &format!("<Note/>{ITEM}")), 1),
            (file(HEAD, &ITEM.replace("Optional", "optional")), 1),
            (file(HEAD, &ITEM.replace(">RW<", ">R/W<")), 1),
            (file(HEAD, ITEM).replace("LWM2M>", "Lwm2m>"), 1),
            (
                file(HEAD, ITEM)
                    .replace("<LWM2M>", "")
                    .replace("</LWM2M>", ""),
                1,
            ),
        ] {
            let ddf = Ddf::parse(text.as_bytes());
            assert_eq!(ddf.definitions.first(), plain.as_ref(), "{text}");
            assert_eq!(ddf.diagnostics.len(), warnings, "{text}");
            let severities = ddf.diagnostics.iter().map(|found| found.severity);
            assert!(severities.eq([Severity::Warning].into_iter().cycle().take(warnings)));
        }
    }

    #[test]
    fn fields_that_are_missing_or_mean_nothing() {
        for (from, to, message) in [
            (
                "<Type>Integer</Type>",
                "",
                "warning: no \"Type\" in \"Item\"",
            ),
            (">Integer<", "><", "warning: no Type, but not executable"),
            (
                ">RW<",
                ">E<",
                "warning: an executable Resource with a Type, not read",
            ),
            ("<Units>s</Units>", "", "warning: no \"Units\" in \"Item\""),
            (
                ">Integer<",
                ">Number<",
                "error: Type is \"Number\", wanted one of \"String\", \"Integer\", \"Unsigned Integer\", \
                 \"Float\", \"Boolean\", \"Opaque\", \"Time\", \"Objlnk\", \"Corelnk\", \"\"",
            ),
            (
                ">Single<",
                ">Many<",
                "error: MultipleInstances is \"Many\", wanted one of \"Multiple\", \"Single\"",
            ),
        ] {
            let (object, messages) = read(&file(HEAD, &ITEM.replace(from, to)));
            let column = file(HEAD, "").find("</Resources>").unwrap() + 1;
            assert_eq!(messages, [format!("1:{column}: {message}")]);
            assert!(object.unwrap().resources.contains_key(&7));
        }
    }

    #[test]
    fn identifiers_out_of_range_leave_out_what_they_identify() {
        let huge = "9".repeat(60);
        for (item, message) in [
            (
                ITEM.replace("\"7\"", "\"70000\""),
                "ID is \"70000\", wanted 0 to 65535: Item left out",
            ),
            (
                ITEM.replace("\"7\"", "\"-1\""),
                "ID is \"-1\", wanted 0 to 65535: Item left out",
            ),
            (
                ITEM.replace("\"7\"", &format!("\"{huge}\"")),
                "ID is \"9999999999999999999999999999999999999999\".., wanted 0 to 65535: Item left out",
            ),
            (
                ITEM.replace(" ID=\"7\"", ""),
                "ID is missing, wanted 0 to 65535: Item left out",
            ),
            (format!("{ITEM}{ITEM}"), "a second Resource 7, left out"),
        ] {
            let (object, messages) = read(&file(HEAD, &item));
            assert_eq!(messages.len(), 1, "{messages:?}");
            assert!(messages[0].ends_with(message), "{messages:?}");
            assert!(object.unwrap().resources.len() <= 1);
        }
        let (object, messages) = read(&file(&HEAD.replace(">9<", ">65536<"), ITEM));
        assert_eq!(
            messages,
            ["1:8: error: ObjectID is \"65536\", wanted 0 to 65535: Object left out"]
        );
        assert_eq!(object, None);
    }

    #[test]
    fn versions() {
        let urn = HEAD.replace("oma:9<", "oma:9:2.1<");
        for (head, version, enabler, problems) in [
            (urn.clone(), "2.1", Version::V1_0, 0),
            (
                format!("{urn}<ObjectVersion>1.4</ObjectVersion>"),
                "1.4",
                Version::V1_0,
                0,
            ),
            (
                format!("{urn}<ObjectVersion>new</ObjectVersion>"),
                "2.1",
                Version::V1_0,
                1,
            ),
            (
                format!("{HEAD}<LWM2MVersion>1.1</LWM2MVersion>"),
                "1.0",
                Version::V1_1,
                0,
            ),
            (
                format!("{HEAD}<LWM2MVersion>1.2.1</LWM2MVersion>"),
                "1.0",
                Version::V1_2,
                0,
            ),
            (
                format!("{HEAD}<LWM2MVersion>1.10</LWM2MVersion>"),
                "1.0",
                Version::V1_0,
                1,
            ),
        ] {
            let (object, messages) = read(&file(&head, ITEM));
            let object = object.unwrap();
            assert_eq!(object.object_version.to_string(), version, "{head}");
            assert_eq!(
                (object.lwm2m_version, messages.len()),
                (enabler, problems),
                "{head}"
            );
        }
    }

    #[test]
    fn a_free_form_range_is_kept() {
        let item = ITEM.replace("0..9", "&lt;7 to &gt;12.5");
        let (object, messages) = read(&file(HEAD, &item));
        assert_eq!(messages, [""; 0]);
        let range = &object.unwrap().resources[&7].range;
        assert_eq!(*range, Range::Unparsed("<7 to >12.5".to_owned()));
    }

    #[test]
    fn texts_that_are_no_document() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]>\n<LWM2M>&c;</LWM2M>";
        for (text, problem) in [
            ("", "1:1: error: the document does not have a root node"),
            (
                "<LWM2M>\n<Object>",
                "2:9: error: the root node was opened but never closed",
            ),
            (
                "<LWM2M>\n</Object>",
                "2:1: error: expected 'LWM2M' tag, not 'Object'",
            ),
            ("<LWM2M/>", "1:1: error: no \"Object\""),
            (
                "<LWM2M><Object/></LWM2M>",
                "1:8: error: ObjectID is missing, wanted 0 to 65535: Object left out",
            ),
            (
                "<LWM2M>&c;</LWM2M>",
                "1:8: error: unknown entity reference 'c'",
            ),
            (
                bomb,
                "1:1: error: a document type declaration, which is not read",
            ),
        ] {
            let (object, messages) = read(text);
            assert_eq!(
                (object, messages),
                (None, vec![problem.to_owned()]),
                "{text}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8() {
        let mut bytes = file(HEAD, ITEM).into_bytes();
        let at = file(HEAD, ITEM).find(">N<").unwrap();
        bytes[at + 1] = 0xe9;
        let ddf = Ddf::parse(&bytes);
        assert_eq!(ddf.definitions[0].resources[&7].name, "\u{fffd}");
        let message = "warning: bytes that are not UTF-8, read as U+FFFD";
        assert_eq!(
            ddf.diagnostics[0].to_string(),
            format!("1:{}: {message}", at + 2)
        );
        assert_eq!(ddf.diagnostics.len(), 1);
    }

    #[test]
    fn limits() {
        let deep = "<LWM2M>".repeat(100_000);
        let wide = format!("<LWM2M>{}</LWM2M>", "<a/>".repeat(100_000));
        let unknown = file(HEAD, &"<UnknownElement/>".repeat(1000));
        let long = " ".repeat(LONGEST + 1);
        for (text, problems) in [(deep, 1), (wide, 1), (unknown, 100), (long, 1)] {
            assert_eq!(Ddf::parse(text.as_bytes()).diagnostics.len(), problems);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let ddf = Ddf::parse(&bytes);
            prop_assert!(!ddf.diagnostics.is_empty());
        }

        #[test]
        fn a_definition_cut_or_altered_is_read(at in 0usize..600, byte: u8, cut: bool) {
            let mut bytes = file(HEAD, ITEM).into_bytes();
            let at = at % bytes.len();
            if cut {
                bytes.truncate(at);
                prop_assert!(!Ddf::parse(&bytes).diagnostics.is_empty());
            } else {
                bytes[at] = byte;
                Ddf::parse(&bytes);
            }
        }
    }
}
