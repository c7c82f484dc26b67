//! Two runs compared from outside.

use crate::program::{Folder, json, run};

#[test]
fn a_regression_ends_with_1() {
    let folder = Folder::new("diff");
    let [old, new] = ["old", "new"].map(|name| {
        let out = folder.path().join(name);
        let ended = run(&["run", "--out", out.to_str().unwrap(), "101", "203"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        std::fs::read_dir(&out)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
    });
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let ended = run(&["diff", old, new]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.out.ends_with("\nnothing changed; 4 as before\n"),
        "{ended:?}"
    );

    let path = format!("{new}/session.json");
    let mut record = json(std::path::Path::new(&path));
    record["cases"][0]["verdict"] = "fail".into();
    std::fs::write(&path, record.to_string()).unwrap();
    let page = folder.path().join("pages/diff.html");
    let ended = run(&[
        "diff",
        old,
        &path,
        "--markdown",
        "--html",
        page.to_str().unwrap(),
    ]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended
            .out
            .starts_with("## testfest: 1 regression; 3 as before\n"),
        "{ended:?}"
    );
    assert!(
        std::fs::read_to_string(&page)
            .unwrap()
            .contains("1 regression; 3 as before")
    );
    // the other way round it is a fix
    assert_eq!(run(&["diff", &path, old]).code, Some(0));

    let ended = run(&["diff", old, folder.text()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("a run is a folder with a session.json"),
        "{ended:?}"
    );
}
