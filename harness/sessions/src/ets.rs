//! The cases of an ETS document, by the document's name.

use std::collections::BTreeMap;

use event::consolidate::{Case, Ets};
use report::{Group, visible};
use testcase::{Body, File, Release};

use crate::SessionError;

/// The release that a document's name names: `V1_0_2`; the longest that fits.
pub fn named_in(document: &str) -> Option<Release> {
    let fits =
        |release: &Release| document.contains(&format!("V{}", release.as_str().replace('.', "_")));
    Release::ALL
        .into_iter()
        .filter(fits)
        .max_by_key(|release| release.as_str().len())
}

/// The cases of a document, in the order of OMA's headings.
///
/// # Errors
///
/// A name that names no release of the ETS.
pub fn document(document: &str) -> Result<Ets, SessionError> {
    let Some(release) = named_in(document) else {
        let known = Release::ALL.map(|release| format!("V{}", release.as_str().replace('.', "_")));
        return Err(SessionError::wrong(
            format!(
                "no release of the ETS is named by \"{}\"",
                visible(document)
            ),
            format!("names contain one of {}", known.join(", ")),
        ));
    };
    let names = names();
    let listed = testcase::ets::all().iter().filter_map(|case| {
        let group = Group::of(names.get(&case.number).map_or("other", String::as_str));
        let case = Case {
            number: case.number,
            id: case.id_in(release)?.to_owned(),
            title: case.title.clone(),
            heading: group.title().to_owned(),
        };
        Some((group, case))
    });
    let mut listed: Vec<_> = listed.collect();
    listed.sort_by(|(a, one), (b, other)| (a, one.number).cmp(&(b, other.number)));
    Ok(Ets {
        document: document.to_owned(),
        cases: listed.into_iter().map(|(_, case)| case).collect(),
    })
}

/// Numbers of the ETS that have nothing to play below their heading.
pub fn headings() -> Vec<u32> {
    let cases = testcase::ets::all().iter();
    let headings = cases.filter(|case| case.body != Body::Full);
    headings.map(|case| case.number).collect()
}

/// Names of the cases that the program carries, by number.
fn names() -> BTreeMap<u32, String> {
    let of = |file: &File| {
        let name = file.name.as_str();
        let last = name.rsplit('/').next()?;
        let number = last.strip_prefix("int-")?.split('-').next()?;
        Some((number.parse().ok()?, name.to_owned()))
    };
    File::embedded().iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_its_release() {
        for (document, found) in [
            (
                "OMA-ETS-LightweightM2M-V1_0_2-20180608-D.zip",
                Some(Release::V1_0_2),
            ),
            (
                "OMA-ETS-LightweightM2M-V1_1-20190912-D.zip",
                Some(Release::V1_1),
            ),
            ("OMA-ETS-LightweightM2M-V1_2_1.pdf", Some(Release::V1_2_1)),
            ("ETS", None),
        ] {
            assert_eq!(named_in(document), found);
        }
    }

    #[test]
    fn a_document_has_its_cases_once() {
        let ets = document("OMA-ETS-LightweightM2M-V1_1").unwrap();
        let mut numbers: Vec<_> = ets.cases.iter().map(|case| case.number).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
        assert!(numbers.contains(&101) && document("ETS").is_err());
    }
}
