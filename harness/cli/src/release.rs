//! The cases of one release of the ETS, under the identifiers that they have there.

use testcase::{Release, TestCase, ets};

/// The case as `release` lists it; every case if no release is asked for, else none of our own.
pub(crate) fn listed(case: &TestCase, release: Option<Release>) -> Option<TestCase> {
    let Some(release) = release else {
        return Some(case.clone());
    };
    let id = id(case, release)?;
    Some(TestCase { id, ..case.clone() })
}

/// The identifier of a case in a release that lists it.
pub(crate) fn id(case: &TestCase, release: Release) -> Option<String> {
    let entry = ets::find(case.number()?)?;
    entry.id_in(release).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use testcase::Library;

    use super::*;

    #[test]
    fn a_release_has_its_own_cases_and_identifiers() {
        let (library, _) = Library::embedded();
        for (name, release, id) in [
            (
                "int-101",
                Some(Release::V1_0_2),
                Some("LightweightM2M-1.0-int-101"),
            ),
            (
                "int-101",
                Some(Release::V1_2_1),
                Some("LightweightM2M-1.1-int-101"),
            ),
            ("int-101", None, Some("LightweightM2M-1.1-int-101")),
            ("int-105", Some(Release::V1_0_2), None),
            ("con-coap-version-2", Some(Release::V1_2), None),
            ("con-coap-version-2", None, Some("con-coap-version-2")),
        ] {
            let case = library.find(name).unwrap();
            let found = listed(case, release).map(|case| case.id);
            assert_eq!(found.as_deref(), id, "{name} {release:?}");
        }
    }
}
