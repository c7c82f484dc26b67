//! Gives each configuration what its base has.

use std::collections::{BTreeMap, BTreeSet};

use crate::Diagnostic;
use crate::diagnostic::suggest;
use crate::model::{Configuration, Setting, SettingValue};

/// Every configuration with its bases resolved; one whose base is unknown or leads in a circle is reported.
pub(super) fn resolve(
    configurations: &BTreeMap<String, Configuration>,
    broken: &BTreeSet<String>,
) -> (BTreeMap<String, Configuration>, Vec<Diagnostic>) {
    let mut resolved = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (name, configuration) in configurations {
        match chain(configurations, configuration, broken) {
            Ok(chain) => {
                resolved.insert(name.clone(), merge(configuration, &chain));
            }
            Err(mistake) => mistakes.extend(mistake.map(|mistake| *mistake)),
        }
    }
    (resolved, mistakes)
}

/// The bases of a configuration, nearest first.
fn chain<'c>(
    configurations: &'c BTreeMap<String, Configuration>,
    start: &'c Configuration,
    broken: &BTreeSet<String>,
) -> Result<Vec<&'c Configuration>, Option<Box<Diagnostic>>> {
    let mut bases: Vec<&Configuration> = Vec::new();
    let mut current = start;
    while let Some(base) = &current.base {
        let Some(next) = configurations.get(&base.value) else {
            if broken.contains(&base.value) || current.name != start.name {
                return Err(None);
            }
            let message = format!("unknown configuration \"{}\"", base.value);
            let mut mistake = Diagnostic::error(&current.file, base.span, message);
            mistake.label = suggest(&base.value, configurations.keys().map(String::as_str))
                .map(|word| format!("did you mean \"{word}\"?"));
            return Err(Some(Box::new(mistake)));
        };
        let seen = bases.iter().any(|known| known.name == next.name);
        if seen || next.name == start.name {
            let message = format!("configuration \"{}\" leads back to itself", start.name);
            let mistake = Diagnostic::error(&current.file, base.span, message);
            return Err(Some(Box::new(mistake)));
        }
        bases.push(next);
        current = next;
    }
    Ok(bases)
}

/// The configuration over its bases: a value of a nearer one replaces all that lies at or below its path.
fn merge(configuration: &Configuration, bases: &[&Configuration]) -> Configuration {
    let mut merged = configuration.clone();
    merged.values = Vec::new();
    for layer in bases.iter().rev().copied().chain([configuration]) {
        let replaced = |path: &lwm2m::Path| {
            layer.values.iter().any(|new| {
                // A multiple Resource is replaced as a whole.
                let whole = new.path.prefix(3).unwrap_or(new.path);
                whole.contains(path)
            })
        };
        merged.values.retain(|old: &Setting| !replaced(&old.path));
        let kept = layer
            .values
            .iter()
            .filter(|new| new.value != SettingValue::Absent);
        merged.values.extend(kept.cloned());
        if !std::ptr::eq(layer, configuration) {
            merged.moves.extend(&layer.moves);
            merged.may_differ.extend(&layer.may_differ);
        }
    }
    merged.values.sort_by_key(|setting| setting.path);
    for paths in [&mut merged.moves, &mut merged.may_differ] {
        paths.sort();
        paths.dedup();
    }
    merged
}
