//! The errata of a case, and the reading by which it was judged.

use record::Reading;
use testcase::{Erratum, Library, Step, TestCase};

/// Every erratum that names `case`.
pub(super) fn readings(case: &TestCase, library: &Library, as_printed: bool) -> Vec<Reading> {
    let errata = library.errata.values();
    let named = errata.filter(|one| one.cases.iter().any(|name| case.is_called(&name.value)));
    named
        .map(|erratum| Reading {
            erratum: erratum.name.clone(),
            ticket: erratum.ticket.clone(),
            printed: erratum.says.clone(),
            sensible: erratum.sensible.clone(),
            as_printed: as_printed && case.dialogue.iter().any(|step| has_both(step, erratum)),
        })
        .collect()
}

/// Whether a step keeps what the ETS prints; an erratum of words alone has one reading.
fn has_both(step: &Step, erratum: &Erratum) -> bool {
    let named = step
        .erratum
        .as_ref()
        .is_some_and(|name| name.value == erratum.name);
    named && step.printed.is_some() || step.group.iter().any(|inner| has_both(inner, erratum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_shows_its_errata_and_how_it_took_them() {
        let (library, _) = Library::embedded();
        let read = |name: &str, as_printed| {
            let case = library.find(name).unwrap();
            readings(case, &library, as_printed)
        };
        assert!(read("int-101", true).is_empty());
        let sensible = read("int-260", false);
        assert!(!sensible.is_empty() && sensible.iter().all(|one| !one.as_printed));
        assert!(read("int-260", true).iter().any(|one| one.as_printed));
    }
}
