//! What the two README files show loads as it stands there.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use testcase::{Diagnostic, File, Library, Profile};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of YAML in a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    text.split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_case_of_the_page_loads() {
    let blocks = blocks("testcases/README.md");
    let mut files = File::below(&root().join("fixtures/testcases/examples")).unwrap();
    files.retain(|file| file.stem() != "int-203-read-tlv");
    files.push(File::new(
        "device-management/int-203-read-tlv",
        "README.md",
        blocks[0].as_str(),
    ));
    let (library, mut mistakes) = Library::load(files);
    mistakes.retain(Diagnostic::is_error);
    assert_eq!(mistakes, []);
    assert!(library.find("203").is_none() && library.find("int-203").is_some());
}

#[test]
fn the_profiles_of_the_page_load() {
    let blocks = blocks("profiles/README.md");
    let [whole, ixit, control, expected] = blocks.as_slice() else {
        panic!("{} blocks", blocks.len())
    };
    let claims = "ics: {lwm2m: [\"1.1\"], transports: [udp], security: [nosec], content-formats: [tlv], operations: [read]}\n";
    let client = format!("name: a\nrole: client\n{claims}{ixit}");
    let server = format!("name: a\nrole: server\n{claims}{control}");
    for text in [whole, &client, &server] {
        let (profile, mistakes) = Profile::load("README.md", text, Some(("expected", expected)));
        assert_eq!(mistakes, []);
        assert_eq!(profile.unwrap().expected.len(), 1);
    }
}

#[test]
fn a_profile_writes_the_shell_s_own_braces() {
    let claims = "ics: {lwm2m: [\"1.1\"], transports: [udp], security: [nosec], content-formats: [tlv], operations: [read]}";
    let start = "[sh, -c, \"u=${server.uri}; exec a $${u#coap://} ${server.port}\"]";
    let text = format!("name: a\nrole: client\n{claims}\ncontrol: {{start: {start}}}\n");
    let (profile, mistakes) = Profile::load("a.yaml", &text, None);
    assert_eq!(mistakes, []);
    assert!(profile.is_some());
}
