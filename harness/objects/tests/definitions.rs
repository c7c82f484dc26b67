//! The definitions that the program carries, and what no definition may do to the linter.

#![allow(clippy::unwrap_used, reason = "a test")]

mod folder;

use folder::Folder;
use objects::{Around, Checked, Kind, LONGEST, NoFiles, Reference, Severity, lint};
use proptest::prelude::*;

#[test]
fn the_definitions_that_the_program_carries_have_no_errors() {
    let folder = Folder::open("");
    let mut count = 0;
    for (name, _) in folder.all() {
        let checked = folder.lint(name);
        assert_eq!(checked.kind, Kind::Definitions(1), "{name}");
        let errors = checked
            .findings
            .iter()
            .filter(|one| one.severity == Severity::Error);
        assert_eq!(
            errors.collect::<Vec<_>>(),
            Vec::<&objects::Finding>::new(),
            "{name}"
        );
        count += 1;
    }
    assert_eq!(count, 38);
}

#[test]
fn hostile_files_end_in_findings() {
    let nested = format!("{}{}", "<LWM2M>".repeat(50_000), "</LWM2M>".repeat(50_000));
    let unknown = format!(
        "<LWM2M><Object>{}</Object></LWM2M>",
        "<Junk>text</Junk>".repeat(20_000)
    );
    let items = format!(
        "<LWM2M><Object><Resources>{}</Resources></Object></LWM2M>",
        "<Item ID=\"1\"></Item>".repeat(9_000)
    );
    let bomb = "<!DOCTYPE LWM2M [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><LWM2M>&b;</LWM2M>";
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    let attributes = format!("<LWM2M{attributes}/>");
    let references = format!("<LWM2M>{}</LWM2M>", "&lt;".repeat(10_000));
    let ends = "<LWM2M>\r<Object>\r</Object>\r</LWM2M>\r";
    for text in [
        "",
        " ",
        "<",
        "<LWM2M",
        "<LWM2M/>",
        "\u{feff}",
        "\u{feff}<LWM2M/>",
        "\0",
        "<LWM2M>\0</LWM2M>",
        "<a b='\u{202e}'/>",
        "<LWM2M><Object/></LWM2M>",
        "<Object/>",
        "<DDFList/>",
        "<DDFList><Item/></DDFList>",
        "<units/>",
        "<LWM2M><Object ObjectType=\"CommonResources\"><Item ID=\"-1\"/></Object></LWM2M>",
        ends,
        bomb,
        &nested,
        &unknown,
        &items,
        &references,
        &attributes,
    ] {
        let checked = check(text.as_bytes());
        let is_sound = text == "<units/>";
        let start: String = text.chars().take(40).collect();
        assert_eq!(checked.counts() == (0, 0), is_sound, "{start}");
        assert!(checked.findings.len() <= 1000);
    }
    let odd = check(&[b'a', 0xff, 0xfe]).findings;
    assert!(odd.iter().any(|one| one.code == "encoding"), "{odd:?}");
    assert_eq!(check(&vec![b'<'; LONGEST + 1]).findings[0].code, "file");
}

#[test]
fn findings_that_are_left_out_are_counted() {
    let items = "<Item ID=\"1\"></Item>\n".repeat(400);
    let checked =
        check(format!("<LWM2M><Object><Resources>{items}</Resources></Object></LWM2M>").as_bytes());
    let (errors, warnings) = checked.counts();
    assert_eq!(checked.findings.len(), 1000);
    assert_eq!(
        errors + warnings,
        1000 + checked.left_out.0 + checked.left_out.1
    );
    assert!(checked.left_out.0 > 2000, "{:?}", checked.left_out);
}

/// The first thousand in the order of the text, whatever the order of the rules.
#[test]
fn findings_are_kept_in_the_order_of_the_text() {
    let objects = "<Object></Object>   \n".repeat(1500);
    let text = format!("<LWM2M>\n{objects}</LWM2M>");
    let checked = check(text.as_bytes());
    assert_eq!(checked.kind, Kind::Definitions(1500));
    let lines: Vec<u32> = checked.findings.iter().map(|one| one.line).collect();
    assert!(lines.is_sorted());
    let each = lines.iter().filter(|line| **line == 2).count() as u32;
    assert!(each > 5);
    // no line is left out before the last that is told
    assert!(
        lines.last().is_some_and(|last| last - 1 <= 1000 / each + 2),
        "{:?}",
        lines.last()
    );
}

#[test]
fn tags_without_end_are_refused_before_room_is_made_for_them() {
    for part in ["<a>", "<Item ID=\"1\"/>", "="] {
        let text = format!("<LWM2M>{}</LWM2M>", part.repeat(20_000));
        let found = check(text.as_bytes()).findings;
        assert_eq!(found.len(), 1, "{part}");
        assert_eq!(found[0].message, "more elements than a definition has");
    }
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let text = "<LWM2M><Object/></LWM2M>\n";
    let marked = format!("\u{feff}{text}");
    assert_eq!(check(marked.as_bytes()), check(text.as_bytes()));
}

#[test]
fn carriage_returns_that_git_puts_there_are_no_fault() {
    let reference = Reference::default();
    let around = Around {
        reference: &reference,
        files: &NoFiles,
        git_ends_lines: true,
    };
    let has = |text: &str, around: &Around<'_>| {
        let found = lint("a.xml", text.as_bytes(), around).findings;
        found.iter().any(|one| one.code == "407")
    };
    assert!(!has("<LWM2M>\r\n</LWM2M>\r\n", &around));
    assert!(has("<LWM2M>\r</LWM2M>\r\n", &around));
    let around = Around {
        git_ends_lines: false,
        ..around
    };
    assert!(has("<LWM2M>\r\n</LWM2M>\r\n", &around));
}

proptest! {
    #[test]
    fn no_file_makes_the_linter_panic(file in 0..38usize, at in 0..20_000usize, cut in 0..60usize, put in proptest::collection::vec(any::<u8>(), 0..12)) {
        let folder = Folder::open("");
        let (name, bytes) = folder.all().nth(file).unwrap();
        let at = at.min(bytes.len());
        let mut bytes = bytes.to_vec();
        bytes.splice(at..(at + cut).min(bytes.len()), put);
        let checked = lint(name, &bytes, &Around { reference: &Reference::default(), files: &NoFiles, git_ends_lines: false });
        let lines = checked.text.split('\n').count() as u32;
        for one in checked.findings {
            prop_assert!(one.line >= 1 && one.line <= lines && one.column >= 1 && one.width >= 1, "{one:?}");
        }
    }
}

fn check(bytes: &[u8]) -> Checked {
    let around = Around {
        reference: &Reference::default(),
        files: &NoFiles,
        git_ends_lines: false,
    };
    lint("a.xml", bytes, &around)
}
