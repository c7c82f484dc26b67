//! Reusable Resources: they are those of Common.xml, and there once.

use crate::definition::Resource;
use crate::finding::{Remark, Severity};
use crate::reference::Reusable;
use crate::rule::{Rule, coded};
use crate::text::Difference;

use super::resource::ResourceCheck;

/// The ID is that of a reusable Resource that exists.
pub(super) fn exists(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let reference = resource.object.reference;
    match resource.id().filter(|id| REUSABLE.contains(id)) {
        Some(id) if reference.has_reusable() && reference.reusable(id).is_none() => {
            let message = format!("no reusable Resource {id} in Common.xml");
            let help = "take a Resource of Common.xml, register one, or number it below 2048";
            vec![Remark::new(resource.place_of_id(), message, help)]
        }
        _ => Vec::new(),
    }
}

/// A reusable Resource is there once.
pub(super) fn once(resource: &Resource<'_, '_>) -> Vec<Remark> {
    let repeated = resource.id().filter(|id| REUSABLE.contains(id));
    match repeated.filter(|_| resource.is_repeated()) {
        Some(id) => {
            let message = format!("a second reusable Resource {id}");
            let help = "an Object has each Resource once; one with several values is Multiple";
            vec![Remark::new(resource.place_of_id(), message, help)]
        }
        None => Vec::new(),
    }
}

/// The rule that a field is as in Common.xml.
pub(super) const fn equal(
    code: &'static str,
    about: &'static str,
    check: ResourceCheck,
) -> Rule<ResourceCheck> {
    coded(code, Severity::Error, about, check)
}

pub(super) fn name(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "Name", |common| &common.name)
}

pub(super) fn operations(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "Operations", |common| &common.operations)
}

pub(super) fn value_type(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "Type", |common| &common.value_type)
}

pub(super) fn range(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "RangeEnumeration", |common| &common.range)
}

pub(super) fn units(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "Units", |common| &common.units)
}

pub(super) fn description(resource: &Resource<'_, '_>) -> Vec<Remark> {
    differs(resource, "Description", |common| &common.description)
}

fn differs(resource: &Resource<'_, '_>, name: &str, of: fn(&Reusable) -> &String) -> Vec<Remark> {
    let (Some(id), Some(field)) = (resource.id(), resource.field(name)) else {
        return Vec::new();
    };
    let Some(wanted) = resource.object.reference.reusable(id).map(of) else {
        return Vec::new();
    };
    let Some(difference) = Difference::of(&field.text, wanted) else {
        return Vec::new();
    };
    let Difference { at, found, wanted } = difference;
    let message = format!("{name} of reusable Resource {id} is {found}");
    let help = format!("in Common.xml it is {wanted}");
    vec![Remark::new(field.from(at), message, help)]
}

/// Resource IDs that OMA gives out for all Objects.
const REUSABLE: std::ops::RangeInclusive<u16> = 2048..=26240;
