//! Writes the list of files that the program carries: the cases and what they refer to, and the mutants.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let mut files = Vec::new();
    collect(&root.join("testcases"), "", &mut files)?;
    collect(&root.join("fixtures/mutants"), "mutants/", &mut files)?;
    files.sort();
    let mut list = String::from("const EMBEDDED: &[(&str, &str, &str)] = &[\n");
    for (name, path) in files {
        let shown = match name.strip_prefix("mutants/") {
            Some(stem) => format!("fixtures/mutants/{stem}.yaml"),
            None => format!("testcases/{name}.yaml"),
        };
        let path = fs::canonicalize(path)?;
        writeln!(list, "    ({name:?}, {shown:?}, include_str!({path:?})),")?;
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "schema" {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if let Some(stem) = name.strip_suffix(".yaml") {
            // the indexes of the TS and the ETS are no cases
            if prefix.is_empty() && ["ets", "requirements"].contains(&stem) {
                continue;
            }
            files.push((format!("{prefix}{stem}"), path));
        }
    }
    Ok(())
}
