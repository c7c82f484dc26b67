//! Clients that break their definitions, one defect each, to prove the generated cases.

use lwm2m::{ObjectDefinition, ResourceDefinition, Type};

use super::object::{is_listed, is_read_only, is_readable, is_unreadable, mandatory, stem};
use super::yaml::quoted;
use crate::File;

/// One mutant for each letter that the case of an Object decides; they know instance 0.
pub fn object_mutants(object: &ObjectDefinition) -> Vec<File> {
    let id = object.id;
    let at = |one: &ResourceDefinition| format!("/{id}/0/{}", one.id);
    let first =
        |wanted: fn(&ResourceDefinition) -> bool| mandatory(object, wanted).first().copied();
    let mut mutants = Vec::new();
    let hidden = first(is_listed).map_or_else(|| format!("/{id}/0"), at);
    mutants.push(mutant(
        object,
        ("hides", "A", "DM-04e, OBJ-02d"),
        &format!("{{discover: {{path: /{id}}}}}"),
        &format!("{{change: {{links: {{excludes: [{hidden}]}}}}}}"),
    ));
    if let Some(one) = first(|one| is_readable(one) && !one.multiple) {
        mutants.push(mutant(
            object,
            ("omits", "B", "OBJ-02d"),
            &format!("{{read: {{path: /{id}/0}}}}"),
            &format!("{{change: {{node: {{{}: absent}}}}}}", at(one)),
        ));
    }
    if let Some(one) = first(is_readable) {
        let upon = format!("{{read: {{path: {}}}}}", at(one));
        mutants.push(mutant(
            object,
            ("mistypes", "C", "DT-01"),
            &upon,
            &wrong(one),
        ));
    }
    if let Some(one) = first(is_read_only) {
        let upon = format!("{{write: {{path: {}}}}}", at(one));
        mutants.push(mutant(object, ("writes", "D", "DM-06e"), &upon, DONE));
    }
    if let Some(one) = first(is_readable) {
        let upon = format!("{{execute: {{path: {}}}}}", at(one));
        mutants.push(mutant(object, ("executes", "E", "DM-08c"), &upon, DONE));
    }
    if let Some(one) = first(is_unreadable) {
        let upon = format!("{{read: {{path: {}}}}}", at(one));
        let told = "{answer: {content: {payload: \"1\", content-format: text}}}";
        mutants.push(mutant(object, ("tells", "F", "DM-16e"), &upon, told));
    }
    mutants
}

/// A value of another type where the format can tell, else none at all.
fn wrong(one: &ResourceDefinition) -> String {
    let told = matches!(
        one.value_type,
        Type::Integer | Type::UnsignedInteger | Type::Float | Type::Boolean | Type::Time
    );
    match told && !one.multiple {
        true => "{change: {payload: \"no such value\", content-format: text}}".to_owned(),
        false => "{answer: {not-found: {}}}".to_owned(),
    }
}

fn mutant(
    object: &ObjectDefinition,
    (verb, letter, broken): (&str, &str, &str),
    upon: &str,
    deed: &str,
) -> File {
    let name = format!("client-{verb}-object-{}", object.id);
    let title = quoted(&format!(
        "A client that breaks the definition of {}",
        object.name
    ));
    let text = format!(
        "mutant: {name}\n\
         title: {title}\n\
         seat: client\n\
         breaks: \"{broken}: Core TS 1.1.1, D\"\n\
         defect:\n\
         \x20 upon: {upon}\n\
         \x20 do: {deed}\n\
         caught-by: {{{}: {letter}}}\n",
        stem(object),
    );
    let path = format!("mutants/{name}.yaml");
    File::new(format!("mutants/{name}"), path, text)
}

/// A client that claims to have done it.
const DONE: &str = "{answer: {changed: {}}}";
