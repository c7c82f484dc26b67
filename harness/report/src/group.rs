//! The headings under which cases stand, in the order of OMA's result sheets; our own conformance cases come last.

/// Where a case belongs: an interface, an object, or our own conformance cases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    rank: u32,
    title: String,
}

impl Group {
    /// Finds the group of a case by its name, `objects/5-firmware-update/int-775-connection-lost`.
    pub fn of(case: &str) -> Self {
        let mut segments = case.split('/');
        let folder = segments.next().unwrap_or_default();
        let file = case.rsplit('/').next().unwrap_or_default();
        if file.starts_with("con-") {
            return Self::new(CONFORMANCE, "Conformance (own cases)");
        }
        if folder == "objects" {
            return Self::object(segments.next().unwrap_or_default());
        }
        match INTERFACES.iter().find(|(name, ..)| *name == folder) {
            Some((_, rank, title)) => Self::new(*rank, title),
            None => Self::new(OTHER, &title_case(folder)),
        }
    }

    /// The heading.
    pub fn title(&self) -> &str {
        &self.title
    }

    fn object(folder: &str) -> Self {
        if folder == "generated" {
            return Self::new(GENERATED, "Objects, by their definitions");
        }
        let (id, words) = folder.split_once('-').unwrap_or(("", folder));
        match id.parse::<u16>() {
            Ok(id) => {
                let official = OFFICIAL.iter().find(|(known, _)| *known == id);
                let name =
                    official.map_or_else(|| title_case(words), |(_, name)| (*name).to_owned());
                Self::new(OBJECTS + u32::from(id), &format!("{name} (ID {id})"))
            }
            Err(_) => Self::new(OTHER, &title_case(folder)),
        }
    }

    fn new(rank: u32, title: &str) -> Self {
        Self {
            rank,
            title: title.to_owned(),
        }
    }
}

fn title_case(words: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(char::to_uppercase);
        first
            .into_iter()
            .flatten()
            .chain(characters)
            .collect::<String>()
    };
    words.split('-').map(word).collect::<Vec<_>>().join(" ")
}

/// Folder, rank and heading; headings and order as in OMA's published result sheets. Multi-server stands after Connectivity
/// Statistics (ID 7) there.
const INTERFACES: [(&str, u32, &str); 6] = [
    ("bootstrap", 0, "Bootstrap Interface"),
    ("registration", 1, "Registration Interface"),
    (
        "device-management",
        2,
        "Device Management & Service Enablement Interface",
    ),
    (
        "information-reporting",
        3,
        "Information Reporting Interface",
    ),
    ("security", 4, "Security"),
    ("multi-server", OBJECTS + 8, "Multi-Servers Context"),
];
/// Headings of Objects in those sheets, where they are not the words of the folder.
const OFFICIAL: [(u16, &str); 3] = [
    (10, "Cellular Network Connectivity"),
    (11, "APN Connection Profile"),
    (19, "BinaryAppDataContainer"),
];
const OBJECTS: u32 = 1_000;
const GENERATED: u32 = 90_000;
const OTHER: u32 = 100_000;
const CONFORMANCE: u32 = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_follow_the_result_sheets() {
        let cases = [
            ("bootstrap/int-000-client-initiated", "Bootstrap Interface"),
            (
                "registration/int-101-initial-registration",
                "Registration Interface",
            ),
            (
                "device-management/int-203-read-tlv",
                "Device Management & Service Enablement Interface",
            ),
            ("security/int-401-psk", "Security"),
            ("objects/3-device/int-1", "Device (ID 3)"),
            (
                "objects/7-connectivity-statistics/int-1",
                "Connectivity Statistics (ID 7)",
            ),
            ("multi-server/int-950-registration", "Multi-Servers Context"),
            (
                "objects/10-cellular-connectivity/int-1200",
                "Cellular Network Connectivity (ID 10)",
            ),
            (
                "objects/11-apn-profile/int-1250",
                "APN Connection Profile (ID 11)",
            ),
            (
                "objects/13-bearer-selection/int-1350",
                "Bearer Selection (ID 13)",
            ),
            (
                "objects/19-binary-app-data/int-1900",
                "BinaryAppDataContainer (ID 19)",
            ),
            (
                "objects/generated/object-1-lwm2m-server",
                "Objects, by their definitions",
            ),
            ("gateway/int-1", "Gateway"),
            ("registration/con-reregister", "Conformance (own cases)"),
        ];
        let groups: Vec<_> = cases.iter().map(|(case, _)| Group::of(case)).collect();
        assert!(groups.is_sorted());
        for ((_, title), group) in cases.iter().zip(&groups) {
            assert_eq!(group.title(), *title);
        }
    }

    #[test]
    fn strange_names_have_a_group() {
        for case in [
            "",
            "/",
            "objects",
            "objects/x",
            "objects/99999999-y/z",
            "é/ü",
        ] {
            let _ = Group::of(case);
        }
    }
}
