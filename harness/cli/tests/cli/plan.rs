//! The plan on paper, from outside.

use std::process::Command;

use crate::program::{Folder, run};

#[test]
fn the_plan_tells_how_each_case_goes_and_what_it_decides() {
    let folder = Folder::new("plan");
    let words = [
        "list",
        "--plan",
        "--out",
        folder.text(),
        "--profile",
        "leshan-demo-client",
        "102",
        "301",
        "1204",
    ];
    let ended = run(&words);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with("2 cases, "), "{ended:?}");
    let html = std::fs::read_to_string(folder.path().join("plan.html")).unwrap();
    for text in [
        "<h2 id=\"Registration-Interface@heading\">Registration Interface</h2>",
        "<dt>Configuration</dt><dd>C.1: ",
        "<dt>Preconditions</dt><dd>",
        "<span class=\"small\">server: write &#x2f;1&#x2f;${x}&#x2f;1</span>",
        "<dt>B</dt><dd>The client tells the new lifetime in an Update, and the server accepts. The Update went to the location of the registration.</dd>",
        "<li>REG-14a: ",
        "for each of: path &#x2f;3&#x2f;0&#x2f;7, pmin",
        "<h2 id=\"left-out\">Not played</h2>",
    ] {
        let plain = text.replace("&#x2f;", "/");
        assert!(html.contains(text) || html.contains(&plain), "{text}");
    }
    let pdf = folder.path().join("plan.pdf");
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-"));
    if let Ok(output) = Command::new("pdftotext").arg(&pdf).arg("-").output() {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains("LightweightM2M-1.1-int-301") && text.contains("REG-14a"),
            "{text}"
        );
    }
    let nothing = run(&[
        "list",
        "--plan",
        "--out",
        folder.text(),
        "--profile",
        "leshan-demo-client",
        "1204",
    ]);
    assert_eq!(nothing.code, Some(4), "{nothing:?}");
}
