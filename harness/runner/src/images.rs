//! Firmware images of a run: those of a profile's vendor, or the emulated device's own, and what is made of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use emulator::firmware::{self, Image};
use lwm2m::Value;

/// Files of the file server by their paths.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// What the emulated device's vendor would tell, by names under `ixit`.
pub(crate) fn of_emulator() -> &'static BTreeMap<String, Value> {
    static TOLD: LazyLock<BTreeMap<String, Value>> = LazyLock::new(made);
    &TOLD
}

fn made() -> BTreeMap<String, Value> {
    let image = |installs| {
        let version = VERSION.to_owned();
        Value::Opaque(Image { version, installs }.encode(SIZE))
    };
    BTreeMap::from([
        (IMAGE.to_owned(), image(true)),
        (UNINSTALLABLE.to_owned(), image(false)),
        (
            FOREIGN.to_owned(),
            Value::Opaque(FOREIGN_TEXT.repeat(FOREIGN_LINES)),
        ),
        (
            "firmware.version".to_owned(),
            Value::String(VERSION.to_owned()),
        ),
    ])
}

/// Puts the files that `ixit` names in the place of their names; files are looked for beside the profile.
pub(crate) fn read(ixit: &mut BTreeMap<String, Value>, profile: &Path) -> Result<(), String> {
    let folder = profile.parent().unwrap_or(Path::new(""));
    for name in FILES {
        let Some(Value::String(file)) = ixit.get(*name) else {
            continue;
        };
        let path = folder.join(file);
        let bytes = std::fs::read(&path)
            .map_err(|error| format!("cannot read \"{}\" ({name}): {error}", path.display()))?;
        ixit.insert((*name).to_owned(), Value::Opaque(bytes));
    }
    Ok(())
}

/// What nobody told and can be made of the image: a damaged one.
pub(crate) fn derived(ixit: &BTreeMap<String, Value>) -> Vec<(String, Value)> {
    let Some(Value::Opaque(image)) = ixit.get(IMAGE) else {
        return Vec::new();
    };
    match ixit.contains_key(DAMAGED) {
        true => Vec::new(),
        false => vec![(DAMAGED.to_owned(), Value::Opaque(firmware::damaged(image)))],
    }
}

/// The files of the file server: `/image`, and beside it those that must not be installed.
pub(crate) fn files(ixit: &BTreeMap<String, Value>) -> Files {
    let all = ixit.clone().into_iter().chain(derived(ixit));
    let file = |(name, value): (String, Value)| {
        let (_, path) = PATHS.iter().find(|(known, _)| *known == name)?;
        match value {
            Value::Opaque(bytes) => Some(((*path).to_owned(), bytes)),
            _ => None,
        }
    };
    all.filter_map(file).collect()
}

/// Path of the image at the file server.
pub(crate) const IMAGE_PATH: &str = "/image";

const IMAGE: &str = "firmware.image";
const DAMAGED: &str = "firmware.damaged-image";
const FOREIGN: &str = "firmware.foreign-image";
const UNINSTALLABLE: &str = "firmware.uninstallable-image";
/// Names under `ixit` that hold files.
const FILES: &[&str] = &[IMAGE, DAMAGED, FOREIGN, UNINSTALLABLE];
/// Where each stands at the file server.
const PATHS: &[(&str, &str)] = &[
    (IMAGE, IMAGE_PATH),
    (DAMAGED, "/image/damaged"),
    (FOREIGN, "/image/foreign"),
    (UNINSTALLABLE, "/image/uninstallable"),
];
/// Version of the emulated device's next firmware.
const VERSION: &str = "2.0";
/// Length of its image: eight blocks of 1024 bytes and a part of one.
const SIZE: usize = 8500;
/// What no device takes for its firmware.
const FOREIGN_TEXT: &[u8] = b"This is no firmware image of any device.\n";
const FOREIGN_LINES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulated_device_has_an_image_of_each_kind() {
        let names: Vec<String> = files(of_emulator())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for (_, path) in PATHS {
            assert!(names.iter().any(|name| name == path), "{path}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let mut ixit = BTreeMap::from([(IMAGE.to_owned(), Value::String("none.bin".to_owned()))]);
        let error = read(&mut ixit, Path::new("/nowhere/p.yaml")).unwrap_err();
        assert!(
            error.starts_with("cannot read \"/nowhere/none.bin\""),
            "{error}"
        );
        assert!(files(&ixit).is_empty());
    }
}
