//! The cases of an ETS document, by the document's name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

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
        let name = names.get(&case.number).map(String::as_str);
        let group = Group::of(name.unwrap_or_else(|| place_of(case.number)));
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

/// Where a number without a case would stand, by the ranges of the ETS.
fn place_of(number: u32) -> &'static str {
    let found = RANGES.iter().find(|(range, _)| range.contains(&number));
    found.map_or("other", |(_, place)| place)
}

/// Ranges of the ETS that hold headings without a body.
const RANGES: [(RangeInclusive<u32>, &str); 9] = [
    (200..=299, "device-management/int"),
    (550..=599, "objects/1-server/int"),
    (650..=699, "objects/3-device/int"),
    (700..=749, "objects/4-connectivity-monitoring/int"),
    (750..=799, "objects/5-firmware-update/int"),
    (800..=849, "objects/6-location/int"),
    (900..=949, "objects/7-connectivity-statistics/int"),
    (1200..=1249, "objects/10-cellular-connectivity/int"),
    (1600..=1699, "objects/16-portfolio/int"),
];

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
        for release in Release::ALL {
            let name = format!("V{}", release.as_str().replace('.', "_"));
            let cases = document(&name).unwrap().cases;
            let stray: Vec<_> = cases
                .iter()
                .filter(|case| case.heading == "Other")
                .collect();
            assert!(stray.is_empty(), "{release}: {stray:?}");
        }
    }
}
