//! Writes the public test credentials: `cargo run -p credentials --example make-keys -- fixtures/keys`.
//!
//! The crate embeds the files of that folder, so one of a new name has to be there, empty, before this compiles.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("no folder, wanted one")?;
    let folder = PathBuf::from(folder);
    for file in credentials::fixtures::make()? {
        fs::write(folder.join(file.name), file.bytes)?;
    }
    Ok(())
}
