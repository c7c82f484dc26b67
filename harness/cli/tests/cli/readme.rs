//! The root's README: what it shows is what the program takes.

use std::path::Path;

use crate::program::{Folder, run};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn its_profiles_have_no_mistake() {
    let readme = readme();
    let profiles: Vec<&str> = readme
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(profiles.len(), 2);
    for text in profiles {
        let folder = Folder::new("readme");
        let profile = folder.write("profiles/mine.yaml", text);
        let ended = run(&["check", &profile]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{text}");
        let ended = run(&["list", "--profile", &profile]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(" applies "), "{}", ended.out);
    }
}

#[test]
fn its_links_lead_somewhere() {
    let readme = readme();
    let links: Vec<&str> = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() > 5);
    for link in links {
        assert!(root().join(link).exists(), "{link} is not there");
    }
}

#[test]
fn its_exit_codes_are_those_of_the_program() {
    let readme = readme();
    let table = readme.split("## Exit codes").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let codes = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok());
    let order: Vec<i32> = testfest::ExitCode::ORDER
        .iter()
        .map(|code| *code as i32)
        .collect();
    assert_eq!(codes.collect::<Vec<i32>>(), order);
}
