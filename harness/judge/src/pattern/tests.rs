use coap::{Attribute, Link};
use lwm2m::codec::tlv;
use lwm2m::{Node, Value};
use testcase::{Expression, File, FileKind, Library, Line};

use super::*;
use crate::actual::Entry as TlvEntry;

/// What a comparison must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Fits,
    Contradicts,
    Unknown,
}
use Says::{Contradicts, Fits, Unknown as Open};

/// A scope in which a few things are known.
struct Known;

impl Scope for Known {
    fn resolve(&self, text: &Text) -> Result<Actual, Unknown> {
        if let Some(name) = text.as_variable() {
            return match name {
                "device.serial" => Ok(Actual::text("345000123")),
                "registration.objects" => Ok(links(&["/1/0", "/3/0"])),
                "registration.sms" => Ok(Actual::Absent),
                _ => Err(Unknown(name.to_owned())),
            };
        }
        text.resolve(|_| None)
            .map(Actual::text)
            .map_err(|name| Unknown(name.to_owned()))
    }

    fn holds(&self, expression: &Expression) -> bool {
        expression.text == "true"
    }

    fn bind(&self, _: &str, _: &Actual) -> bool {
        false
    }
}

/// Reads `line` as what the client answers, or what the server shows.
fn line_of(seat: &str, text: &str) -> Line {
    let case = format!(
        "id: con-table\ntitle: Table\nsource: {{document: RFC 7252}}\nseats: [client, server]\ndialogue:\n  - step: It reads.\n    server: {{read: {{path: /3/0}}}}\n    client: {{content: {{}}}}\n    criterion: A\n  - step: It is so.\n    {seat}: {text}\n    criterion: A\n"
    );
    let file = File::new("con-table", "con-table.yaml", case);
    let kinds = [FileKind::State, FileKind::Configuration];
    let mut files = File::embedded();
    files.retain(|file| kinds.contains(&file.kind()));
    files.push(file);
    let (library, diagnostics) = Library::load(files);
    let case = library.cases.get("con-table");
    let case = case.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"));
    case.dialogue[1].lines.last().unwrap().clone()
}

fn says(seat: &str, word: &str, field: &str, matcher: &str, actual: &Actual) -> Says {
    let other = if word == "content" {
        "\n    server: {read: {path: /3/0}}"
    } else {
        ""
    };
    let line = line_of(seat, &format!("{{{word}: {{{field}: {matcher}}}}}{other}"));
    match compare(field, &line.fields[0].matcher, actual, &Known) {
        Ok(()) => Fits,
        Err(discord) if discord.unknown => Open,
        Err(_) => Contradicts,
    }
}

fn node(path: &str, value: Value) -> Node {
    Node::new(path.parse().unwrap(), value)
}

fn nodes(all: &[(&str, i64)]) -> Actual {
    let nodes = all
        .iter()
        .map(|(path, value)| node(path, Value::Integer(*value)));
    Actual::Nodes(nodes.collect())
}

fn link(target: &str, attributes: &[(&str, &str)]) -> Link {
    let attributes = attributes.iter().map(|(name, value)| Attribute {
        name: (*name).to_owned(),
        value: Some((*value).to_owned()),
        quoted: false,
        offset: 0,
    });
    Link {
        target: target.to_owned(),
        attributes: attributes.collect(),
        offset: 0,
    }
}

fn links(targets: &[&str]) -> Actual {
    Actual::Links(targets.iter().map(|target| link(target, &[])).collect())
}

fn tlv_of(all: &[(&str, tlv::Kind)]) -> Actual {
    let entries = all.iter().map(|(path, kind)| TlvEntry {
        path: path.parse().unwrap(),
        kind: *kind,
        offset: 0,
    });
    Actual::Tlv(entries.collect())
}

fn integer(number: i64) -> Actual {
    Actual::integer(number)
}

#[test]
fn paths_of_a_composite_have_no_order() {
    let list = |paths: &[&str]| {
        let values = paths.iter().map(|path| Value::String((*path).to_owned()));
        Actual::List(values.collect())
    };
    let rows = [
        ("[/3/0/9, /1]", list(&["/3/0/9", "/1"]), Fits),
        ("[/3/0/9, /1]", list(&["/1", "/3/0/9"]), Fits),
        ("[/3/0/9, /1]", list(&["/1", "/1"]), Contradicts),
        ("[/3/0/9, /1]", list(&["/1"]), Contradicts),
        ("[/3/0/9]", list(&["/3/0/9", "/1"]), Contradicts),
        ("[/3/0/9]", list(&[]), Contradicts),
    ];
    for (matcher, actual, wanted) in rows {
        let found = says("server", "read-composite", "paths", matcher, &actual);
        assert_eq!(found, wanted, "{matcher} against {actual:?}");
    }
}

#[test]
fn a_value_fits_or_not() {
    let unreadable = Actual::Unreadable("cut".to_owned());
    let rows = [
        ("{}", integer(5), Fits),
        ("{}", Actual::Absent, Contradicts),
        ("{}", unreadable.clone(), Contradicts),
        ("absent", Actual::Absent, Fits),
        ("absent", integer(5), Contradicts),
        ("absent", unreadable.clone(), Contradicts),
        ("5", integer(5), Fits),
        ("5", Actual::Value(Value::Float(5.0)), Fits),
        ("5", integer(6), Contradicts),
        ("5", Actual::Absent, Contradicts),
        ("5", Actual::text("5"), Contradicts),
        ("\"5\"", Actual::text("5"), Fits),
        ("\"5\"", integer(5), Contradicts),
        (
            "9007199254740993",
            integer(9_007_199_254_740_992),
            Contradicts,
        ),
        ("true", Actual::Value(Value::Boolean(true)), Fits),
        ("true", integer(1), Contradicts),
        ("hex:0102", Actual::Value(Value::Opaque(vec![1, 2])), Fits),
        (
            "hex:0102",
            Actual::Value(Value::Opaque(vec![1])),
            Contradicts,
        ),
        ("{is: 5}", integer(5), Fits),
        ("{is: 5}", integer(6), Contradicts),
        ("{is: 5, optional: true}", Actual::Absent, Fits),
        ("{is: 5, optional: true}", integer(6), Contradicts),
        ("{is: 5, optional: true}", unreadable, Contradicts),
        ("{is: 5, optional: false}", Actual::Absent, Contradicts),
        ("{not: 5}", integer(6), Fits),
        ("{not: 5}", integer(5), Contradicts),
        ("{not: 5}", Actual::Absent, Contradicts),
        ("{not: 5, optional: true}", Actual::Absent, Fits),
        ("{not: absent}", Actual::Absent, Contradicts),
        ("{not: absent}", integer(5), Fits),
        ("{one-of: [4, 5]}", integer(5), Fits),
        ("{one-of: [4, 6]}", integer(5), Contradicts),
        ("{one-of: [4, 6]}", Actual::Absent, Contradicts),
        ("{matches: \"^a+$\"}", Actual::text("aa"), Fits),
        ("{matches: \"^a+$\"}", Actual::text("b"), Contradicts),
        ("{matches: \"^a+$\"}", links(&["/3"]), Contradicts),
        ("{at-least: 5}", integer(5), Fits),
        ("{at-least: 5}", integer(4), Contradicts),
        ("{at-least: 5}", Actual::text("6"), Contradicts),
        ("{at-least: 5s}", integer(5), Fits),
        ("{at-least: 5s}", integer(4), Contradicts),
        (
            "{at-most: 5}",
            Actual::Value(Value::Float(5.5)),
            Contradicts,
        ),
        ("{at-most: 5.5}", integer(5), Fits),
        ("{at-least: 1, at-most: 3}", integer(4), Contradicts),
        ("{type: integer}", integer(4), Fits),
        ("{type: string}", integer(4), Contradicts),
        ("{type: string}", Actual::Absent, Contradicts),
        ("{length: 3}", Actual::text("abc"), Fits),
        ("{length: 3}", Actual::text("aé"), Fits),
        ("{length: {at-most: 2}}", Actual::text("abc"), Contradicts),
        (
            "{length: 2}",
            Actual::Value(Value::Opaque(vec![1, 2])),
            Fits,
        ),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says("client", "content", "value", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}

#[test]
fn what_nobody_told_decides_nothing() {
    let rows = [
        ("\"${device.serial}\"", Actual::text("345000123"), Fits),
        ("\"${device.serial}\"", Actual::text("1"), Contradicts),
        ("\"${device.model}\"", Actual::text("1"), Open),
        ("{is: \"${device.model}\"}", Actual::text("1"), Open),
        ("{not: \"${device.model}\"}", Actual::text("1"), Open),
        (
            "{one-of: [a, \"${device.model}\"]}",
            Actual::text("a"),
            Fits,
        ),
        (
            "{one-of: [a, \"${device.model}\"]}",
            Actual::text("b"),
            Open,
        ),
        ("{at-least: \"${account.pmin}\"}", integer(5), Open),
        ("{at-most: \"${account.pmin}\"}", integer(5), Open),
        // a variable of a message that lacks the field
        ("\"${registration.sms}\"", Actual::text("1"), Open),
        ("\"${registration.sms}\"", Actual::Absent, Fits),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says("client", "content", "value", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}

#[test]
fn values_at_paths_fit_or_not() {
    let text =
        |path: &str, text: &str| Actual::Nodes(vec![node(path, Value::String(text.to_owned()))]);
    let two = || nodes(&[("/3/0/7/0", 5), ("/3/0/7/1", 6)]);
    let rows = [
        ("{/3/0/9: 5}", nodes(&[("/3/0/9", 5)]), Fits),
        ("{/3/0/9: 5}", nodes(&[("/3/0/9", 6)]), Contradicts),
        ("{/3/0/9: 5}", nodes(&[("/3/0/8", 5)]), Contradicts),
        ("{/3/0/9: 5}", Actual::Absent, Contradicts),
        ("{/3/0/9: absent}", nodes(&[("/3/0/8", 5)]), Fits),
        ("{/3/0/9: absent}", nodes(&[("/3/0/9", 5)]), Contradicts),
        // a multiple Resource holds for each of its instances
        ("{/3/0/7: {at-least: 5}}", two(), Fits),
        ("{/3/0/7: {at-least: 6}}", two(), Contradicts),
        ("{/3/0/7: {type: integer}}", two(), Fits),
        ("{/3/0/7: [5, 6]}", two(), Fits),
        ("{/3/0/7: [6, 5]}", two(), Contradicts),
        ("{/3/0/7: {length: 2}}", two(), Fits),
        ("{/3/0/7: {length: 1}}", two(), Contradicts),
        ("{/3/0/7: {includes: [5]}}", two(), Fits),
        ("{/3/0/7: {includes: [7]}}", two(), Contradicts),
        // of a single one it is the length of the value
        ("{/3/0/0: {length: 4}}", text("/3/0/0", "abcd"), Fits),
        ("{/3/0/0: {length: 1}}", text("/3/0/0", "abcd"), Contradicts),
        ("{includes: [/3/0/7]}", two(), Fits),
        ("{includes: [/3/0/7/0..1]}", two(), Fits),
        ("{includes: [/3/0/7/0..2]}", two(), Contradicts),
        ("{includes: [/3/*]}", two(), Fits),
        ("{includes: [/4/*]}", two(), Contradicts),
        ("{includes: [/3/0/8]}", two(), Contradicts),
        ("{excludes: [/3/0/7]}", two(), Contradicts),
        ("{excludes: [/3/0/8]}", two(), Fits),
        ("{excludes: [/3/0/8]}", Actual::Absent, Contradicts),
        ("{under: /3/0}", two(), Fits),
        ("{under: /3/1}", two(), Contradicts),
        ("{covered-by: \"${registration.objects}\"}", two(), Fits),
        (
            "{covered-by: \"${registration.objects}\"}",
            nodes(&[("/5/0/3", 0)]),
            Contradicts,
        ),
        // a value that looks like a path is none
        (
            "{covered-by: \"${registration.objects}\"}",
            text("/3/0/0", "/5/0"),
            Fits,
        ),
        ("{covered-by: \"${registration.sms}\"}", two(), Open),
        ("{each: {at-least: 5}}", two(), Fits),
        ("{each: {at-least: 6}}", two(), Contradicts),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says("client", "content", "node", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}

#[test]
fn links_fit_or_not() {
    let all = || {
        Actual::Links(vec![
            link("/", &[("rt", "oma.lwm2m"), ("lwm2m", "1.1")]),
            link("/1/0", &[("ver", "1.10"), ("ssid", "101")]),
            link("/3/0/7", &[("dim", "2"), ("pmin", "10")]),
        ])
    };
    let rows = [
        ("{includes: [/1/*, /3/0/7]}", all(), Fits),
        ("{includes: [/3/0]}", all(), Contradicts),
        ("{excludes: [/3/0]}", all(), Fits),
        ("{excludes: [/1/*]}", all(), Contradicts),
        ("{excludes: [/1/1..5]}", all(), Fits),
        ("{excludes: [/1/0..5]}", all(), Contradicts),
        ("{excludes: [/0]}", Actual::Absent, Contradicts),
        ("{length: 3}", all(), Fits),
        ("{covered-by: \"${registration.objects}\"}", all(), Fits),
        (
            "{covered-by: \"${registration.objects}\"}",
            links(&["/5/0"]),
            Contradicts,
        ),
        (
            "{covered-by: \"${registration.objects}\"}",
            links(&["/foo"]),
            Contradicts,
        ),
        ("{under: /3}", links(&["/3/0", "/3/0/1"]), Fits),
        ("{under: /3}", links(&["/3/0", "/30/1"]), Contradicts),
        ("{/: {lwm2m: \"1.1\"}}", all(), Fits),
        ("{/1/0: {ssid: 101, ver: \"1.10\"}}", all(), Fits),
        ("{/1/0: {ver: \"1.1\"}}", all(), Contradicts),
        ("{/3/0/7: {dim: 2, pmin: 10s}}", all(), Fits),
        ("{/3/0/7: {dim: 3}}", all(), Contradicts),
        ("{/3/0/7: {pmax: absent}}", all(), Fits),
        ("{/3/0/7: {pmax: 5}}", all(), Contradicts),
        ("{/3/0/8: {}}", all(), Contradicts),
        ("{/3/0/8: absent}", all(), Fits),
        // each link, not the first
        ("{each: {dim: absent}}", all(), Contradicts),
        ("{each: {pmax: absent}}", all(), Fits),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says("client", "content", "links", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}

#[test]
fn kinds_of_tlv_fit_or_not() {
    use tlv::Kind::{MultipleResource, ObjectInstance, Resource, ResourceInstance};
    let tree = || {
        tlv_of(&[
            ("/3/0", ObjectInstance),
            ("/3/0/0", Resource),
            ("/3/0/11", MultipleResource),
            ("/3/0/11/0", ResourceInstance),
        ])
    };
    let rows = [
        ("{/3/0: {kind: object-instance}}", tree(), Fits),
        ("{/3/0/0: {kind: resource}}", tree(), Fits),
        ("{/3/0/0: {kind: multiple-resource}}", tree(), Contradicts),
        (
            "{/3/0/11: {kind: multiple-resource, each: {kind: resource-instance}}}",
            tree(),
            Fits,
        ),
        ("{/3/0/11: {each: {kind: resource}}}", tree(), Contradicts),
        ("{/3/0/1: {kind: resource}}", tree(), Contradicts),
        ("{/3/0/0: {kind: resource}}", Actual::Absent, Contradicts),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says("client", "content", "tlv", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}

#[test]
fn formats_are_compared_by_word_or_number() {
    let rows = [
        ("tlv", "tlv", Fits),
        ("11542", "tlv", Fits),
        ("0", "text", Fits),
        ("0", "tlv", Contradicts),
        ("{one-of: [tlv, 110]}", "senml-json", Fits),
    ];
    for (matcher, actual, wanted) in rows {
        let said = says(
            "client",
            "content",
            "content-format",
            matcher,
            &Actual::text(actual),
        );
        assert_eq!(said, wanted, "{matcher} against {actual}");
    }
}

#[test]
fn what_is_shown_fits_or_not() {
    let one = |endpoint: &str| {
        Actual::Map(vec![
            ("endpoint".to_owned(), Actual::text(endpoint)),
            ("lifetime".to_owned(), integer(60)),
        ])
    };
    let rows = [
        (
            "{where: {endpoint: a}, length: 1}",
            Actual::Several(vec![one("a"), one("b")]),
            Fits,
        ),
        (
            "{where: {endpoint: a}, length: 0}",
            Actual::Several(vec![one("a")]),
            Contradicts,
        ),
        (
            "{where: {endpoint: a}, length: 0}",
            Actual::Several(vec![]),
            Fits,
        ),
        (
            "{where: {endpoint: a}, length: 0}",
            Actual::List(vec![]),
            Fits,
        ),
        ("{where: {endpoint: a}, length: 1}", one("a"), Fits),
        (
            "{where: {endpoint: a}, length: 0}",
            Actual::text("none"),
            Contradicts,
        ),
        (
            "{where: {endpoint: a}, length: 0}",
            Actual::Absent,
            Contradicts,
        ),
        // nobody knows which registrations are meant
        (
            "{where: {endpoint: \"${device.model}\"}, length: 0}",
            Actual::Several(vec![one("a")]),
            Open,
        ),
    ];
    let columns = |endpoints: &[&str], lifetimes: i64| {
        let text = |text: &&str| Value::String((*text).to_owned());
        Actual::Map(vec![
            (
                "endpoint".to_owned(),
                Actual::List(endpoints.iter().map(text).collect()),
            ),
            (
                "lifetime".to_owned(),
                Actual::List((0..lifetimes).map(Value::Integer).collect()),
            ),
        ])
    };
    let by_columns = [
        (
            "{where: {endpoint: a}, length: 1}",
            columns(&["a", "b"], 2),
            Fits,
        ),
        (
            "{where: {endpoint: a}, length: 0}",
            columns(&["a", "b"], 2),
            Contradicts,
        ),
        ("{where: {endpoint: a}, length: 0}", columns(&[], 0), Fits),
        (
            "{where: {endpoint: a}, length: 0}",
            columns(&["a", "b"], 1),
            Open,
        ),
    ];
    for (matcher, actual, wanted) in rows.into_iter().chain(by_columns) {
        let said = says("server", "show", "registrations", matcher, &actual);
        assert_eq!(said, wanted, "{matcher} against {}", actual.describe());
    }
}
