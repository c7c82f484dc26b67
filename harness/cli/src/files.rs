//! Files of an event: written together, each under a name that is safe and its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use event::consolidate::{Party, Role};
use runner::{Folder, HarnessError};
use sessions::file_name;

use crate::Trouble;

/// Writes files into a folder, which is made; they are all in memory, so that a trouble before leaves none half written.
pub(crate) fn write_all(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Trouble> {
    std::fs::create_dir_all(out).map_err(|source| HarnessError::Write {
        path: out.to_owned(),
        source,
    })?;
    let folder = Folder::open(out);
    for (name, bytes) in files {
        folder.write(name, bytes)?;
    }
    Ok(())
}

/// Names of implementations: `Acme-Client` as long as nobody else has it, else with product and version, else numbered.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// A name that nobody has, though upper and lower case were the same, as in some file systems.
    pub(crate) fn of(&mut self, party: &Party, role: Role) -> String {
        let company = file_name(&party.company);
        let short = match party.product.as_str() {
            "" => company.clone(),
            _ => format!("{company}-{}", role.title()),
        };
        let full = format!(
            "{short}-{}-{}",
            file_name(&party.product),
            file_name(&party.version)
        );
        let numbered = (2..).map(|n| format!("{full}-{n}"));
        let mut names = [short, full.clone()].into_iter().chain(numbered);
        let free = names.find(|name| self.0.insert(name.to_lowercase()));
        free.unwrap_or(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_the_name_of_another() {
        let mut names = Names::default();
        for (company, product, name) in [
            ("Acme", "A", "Acme-Client"),
            ("ACME", "A", "ACME-Client-A-1"),
            ("acme", "A", "acme-Client-A-1-2"),
            ("Hidden", "", "Hidden"),
            ("../x", "A", "x-Client"),
        ] {
            let party = Party {
                company: company.to_owned(),
                product: product.to_owned(),
                version: "1".to_owned(),
            };
            assert_eq!(names.of(&party, Role::Client), name);
        }
    }
}
