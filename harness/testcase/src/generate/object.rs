//! One case for each Object: that a client answers as the definition says (Core TS, Appendix D).
//!
//! Only what a definition demands of every client is a criterion: mandatory Resources, their types, and which operations they
//! refuse. Ranges are left to the referee, who remarks them.

use std::fmt::Write as _;

use lwm2m::registry::{Number, Range};
use lwm2m::{ObjectDefinition, Registry, ResourceDefinition, Type, Version};

use super::yaml::{list, quoted, slug};
use crate::File;

/// Cases and configurations for every Object that a client may register, in the versions that are in force.
pub fn object_files(types: &Registry, version: Version) -> Vec<File> {
    let listed = types
        .objects()
        .filter(|object| !UNLISTED.contains(&object.id));
    listed
        .flat_map(|object| [object_case(object, version), configuration(object)])
        .collect()
}

/// The case of an Object: its name is `objects/generated/object-3-device`.
pub fn object_case(object: &ObjectDefinition, version: Version) -> File {
    let name = format!("{FOLDER}/{}", stem(object));
    let path = format!("{name}.yaml");
    let mut text = head(object, version);
    let steps = Steps { object };
    steps.discover(&mut text);
    steps.read_instance(&mut text);
    steps.read_resources(&mut text);
    steps.write_read_only(&mut text);
    steps.execute_values(&mut text);
    steps.read_unreadable(&mut text);
    File::new(name, path, text)
}

/// `object-3-device`.
pub(super) fn stem(object: &ObjectDefinition) -> String {
    format!("object-{}-{}", object.id, slug(&object.name))
        .trim_end_matches('-')
        .to_owned()
}

/// Mandatory Resources that `wanted` lets through, in the order of their IDs.
pub(super) fn mandatory(
    object: &ObjectDefinition,
    wanted: impl Fn(&ResourceDefinition) -> bool,
) -> Vec<&ResourceDefinition> {
    let all = object.resources.values();
    all.filter(|one| one.mandatory && wanted(one)).collect()
}

/// Whether every instance has to show a Resource: what is only written, or may have no instance, need not be there.
pub(super) fn is_listed(resource: &ResourceDefinition) -> bool {
    is_readable(resource) && !resource.multiple || resource.operations.execute
}

/// Whether a Resource can be read and has values of one type.
pub(super) fn is_readable(resource: &ResourceDefinition) -> bool {
    resource.operations.read && resource.value_type != Type::None
}

/// Whether a value that was read can be written back, to be refused.
pub(super) fn is_read_only(resource: &ResourceDefinition) -> bool {
    is_readable(resource) && !resource.operations.write && !resource.multiple
}

/// Whether a Resource is there and cannot be read; one that is only written may count as not there.
pub(super) fn is_unreadable(resource: &ResourceDefinition) -> bool {
    resource.operations.execute && !resource.operations.read
}

fn head(object: &ObjectDefinition, version: Version) -> String {
    let (id, name) = (object.id, &object.name);
    let when = match version {
        Version::V1_0 => "version < 1.1",
        Version::V1_1 => "version >= 1.1 and version < 1.2",
        Version::V1_2 => "version >= 1.2",
    };
    let title = quoted(&format!("{name} (/{id}) answers as its definition says"));
    let urn = quoted(&object.urn);
    format!(
        "# generated from the definition of Object {id} in version {}\n\
         id: {}\n\
         title: {title}\n\
         source: {{document: {urn}, clause: \"Core TS, Appendix D\"}}\n\
         seats: [client]\n\
         requires: {when} and object({id}) and discover and read\n\
         configuration: object-{id}\n\
         given: registered\n\
         bind: {{instance: {{object: {id}}}}}\n\
         \n\
         dialogue:\n",
        object.object_version,
        stem(object),
    )
}

/// Writes the steps of one Object.
struct Steps<'o> {
    object: &'o ObjectDefinition,
}

impl Steps<'_> {
    /// Discover lists the instance and what it must have; what the definition lacks is a remark (Core TS, 6.3.2).
    fn discover(&self, text: &mut String) {
        let id = self.object.id;
        let needed = mandatory(self.object, is_listed);
        let needed = needed
            .iter()
            .map(|one| format!("/{id}/${{instance}}/{}", one.id));
        let first = [format!("/{id}"), format!("/{id}/${{instance}}")];
        let includes = list(first.into_iter().chain(needed));
        let excludes = list(self.undefined());
        // writing to a String cannot fail
        let _ = write!(
            text,
            "  - step: Discover lists the Object, its instance and the mandatory Resources, and nothing that is not defined.\n\
             \x20   when: {INSTANCE}\n\
             \x20   server: {{discover: {{path: /{id}}}}}\n\
             \x20   client:\n\
             \x20     one-of:\n\
             \x20       - {{content: {{links: {{includes: {includes}, excludes: {excludes}}}}}}}\n\
             \x20       - {{content: {{links: {{includes: {includes}}}}}, remark: \"lists what the definition lacks\"}}\n\
             \x20   criterion: A\n\
             \x20   judges: [DM-04e, OBJ-02d]\n\
             \n\
             \x20 - step: Discover lists the Object, of which there is no instance.\n\
             \x20   when: not ({INSTANCE})\n\
             \x20   server: {{discover: {{path: /{id}}}}}\n\
             \x20   client:\n\
             \x20     one-of:\n\
             \x20       - {{content: {{links: {{includes: [/{id}]}}}}}}\n\
             \x20       - {{not-found: {{}}, remark: \"claims an Object that is not there\"}}\n\
             \x20   criterion: A\n"
        );
    }

    /// Resources that the definition lacks, as ranges of their IDs.
    fn undefined(&self) -> Vec<String> {
        let id = self.object.id;
        let mut ranges = Vec::new();
        let mut next = 0;
        let beyond = u32::from(lwm2m::MAX_ID) + 1;
        let defined = self.object.resources.keys().map(|known| u32::from(*known));
        for known in defined.chain([beyond]) {
            if next < known {
                ranges.push(format!("/{id}/*/{next}..{}", known - 1));
            }
            next = known + 1;
        }
        ranges
    }

    /// A Read of the instance has every mandatory single value; a multiple Resource may have no instance.
    fn read_instance(&self, text: &mut String) {
        let id = self.object.id;
        let needed = mandatory(self.object, |one| is_readable(one) && !one.multiple);
        if needed.is_empty() {
            return;
        }
        let nodes: Vec<String> = needed
            .iter()
            .map(|one| format!("\"/{id}/${{instance}}/{}\": {{}}", one.id))
            .collect();
        let nodes = nodes.join(", ");
        let _ = write!(
            text,
            "\n\
             \x20 - step: A Read of the instance brings the mandatory Resources.\n\
             \x20   when: {INSTANCE}\n\
             \x20   server: {{read: {{path: \"/{id}/${{instance}}\"}}}}\n\
             \x20   client: {{content: {{node: {{{nodes}}}}}}}\n\
             \x20   criterion: B\n\
             \x20   judges: [OBJ-02d]\n"
        );
    }

    fn read_resources(&self, text: &mut String) {
        let object = self.object.id;
        for one in mandatory(self.object, is_readable) {
            let (id, word) = (one.id, one.value_type.name());
            let matcher = match one.multiple {
                true => format!(
                    "node: {{\"/{object}/${{instance}}/{id}\": {{type: {word}, optional: true}}}}"
                ),
                false => format!("value: {{type: {word}}}"),
            };
            let sentence = quoted(&format!("Resource {id} ({}) has its type.", one.name));
            let _ = write!(
                text,
                "\n\
                 \x20 - step: {sentence}\n\
                 \x20   when: {INSTANCE}\n\
                 \x20   server: {{read: {{path: \"/{object}/${{instance}}/{id}\"}}}}\n\
                 \x20   client: {{content: {{{matcher}}}, as: r{id}}}\n\
                 \x20   criterion: C\n\
                 \x20   judges: [DT-01, OBJ-02a]\n"
            );
        }
    }

    /// The value that was read is written back, so that a client which errs does no harm.
    fn write_read_only(&self, text: &mut String) {
        let object = self.object.id;
        for one in mandatory(self.object, is_read_only) {
            let id = one.id;
            let sentence = quoted(&format!("Resource {id} ({}) is not written.", one.name));
            let _ = write!(
                text,
                "\n\
                 \x20 - step: {sentence}\n\
                 \x20   when: write and {INSTANCE}\n\
                 \x20   server: {{write: {{path: \"/{object}/${{instance}}/{id}\", value: \"${{r{id}.value}}\"}}}}\n\
                 \x20   client: {{method-not-allowed: {{}}}}\n\
                 \x20   criterion: D\n\
                 \x20   judges: [DM-06e]\n"
            );
        }
    }

    fn execute_values(&self, text: &mut String) {
        self.refused(
            text,
            mandatory(self.object, is_readable),
            "Values are not executed.",
            ("execute and ", "execute", "E", "DM-08c"),
        );
    }

    fn read_unreadable(&self, text: &mut String) {
        self.refused(
            text,
            mandatory(self.object, is_unreadable),
            "What cannot be read is not read.",
            ("", "read", "F", "DM-16e"),
        );
    }

    /// One step for all Resources that refuse an operation alike.
    fn refused(
        &self,
        text: &mut String,
        resources: Vec<&ResourceDefinition>,
        sentence: &str,
        (when, word, letter, judges): (&str, &str, &str, &str),
    ) {
        if resources.is_empty() {
            return;
        }
        let object = self.object.id;
        let ids: Vec<String> = resources
            .iter()
            .map(|one| format!("{{id: {}}}", one.id))
            .collect();
        let ids = ids.join(", ");
        let _ = write!(
            text,
            "\n\
             \x20 - step: {sentence}\n\
             \x20   when: {when}{INSTANCE}\n\
             \x20   each: [{ids}]\n\
             \x20   server: {{{word}: {{path: \"/{object}/${{instance}}/${{id}}\"}}}}\n\
             \x20   client: {{method-not-allowed: {{}}}}\n\
             \x20   criterion: {letter}\n\
             \x20   judges: [{judges}]\n"
        );
    }
}

/// What an emulated client holds, and any other client may hold otherwise.
fn configuration(object: &ObjectDefinition) -> File {
    let id = object.id;
    let mut held = mandatory(object, is_readable);
    if held.is_empty() {
        // without a value there would be no instance
        held.extend(object.resources.values().find(|one| is_readable(one)));
    }
    let values: Vec<(u16, String)> = held
        .into_iter()
        .filter(|_| !IN_BASE.contains(&id))
        .map(|one| (one.id, value_of(id, one)))
        .collect();
    let entries: Vec<String> = values
        .iter()
        .map(|(resource, value)| format!("{resource}: {value}"))
        .collect();
    let may_differ = list(values.iter().map(|(one, _)| format!("/{id}/0/{one}")));
    let values = match entries.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{/{id}/0: {{{}}}}}", entries.join(", ")),
    };
    let text = format!(
        "configuration: object-{id}\n\
         title: {}\n\
         base: C.1\n\
         values: {values}\n\
         may-differ: {may_differ}\n",
        quoted(&format!("C.1 and an instance of {}", object.name)),
    );
    let name = format!("configurations/object-{id}");
    let path = format!("{name}.yaml");
    File::new(name, path, text)
}

/// Some value of the type and range of a Resource.
fn value_of(object: u16, one: &ResourceDefinition) -> String {
    let special = VALUES
        .iter()
        .find(|(at, id, _)| (*at, *id) == (object, one.id));
    if let Some((.., value)) = special {
        return (*value).to_owned();
    }
    let least = match &one.range {
        Range::Numbers(intervals) => intervals.first().map(|interval| interval.first),
        _ => None,
    };
    let value = match (one.value_type, least) {
        (Type::Integer | Type::UnsignedInteger | Type::Time, Some(Number::Integer(least))) => {
            least.to_string()
        }
        (Type::Float, Some(Number::Integer(least))) => format!("{least}.0"),
        (Type::Float, Some(Number::Decimal(least))) => format!("{least:?}"),
        (Type::Float, None) => "0.5".to_owned(),
        (Type::Boolean, _) => "false".to_owned(),
        (Type::Opaque, _) => "\"hex:00\"".to_owned(),
        (Type::ObjectLink, _) => "\"3:0\"".to_owned(),
        (Type::CoreLink, _) => "\"</3>\"".to_owned(),
        (Type::String, _) => "\"some text\"".to_owned(),
        _ => "0".to_owned(),
    };
    match one.multiple {
        true => format!("{{0: {value}}}"),
        false => value,
    }
}

/// An instance of the Object is known; a variable without value equals nothing.
const INSTANCE: &str = "${instance} = ${instance}";
/// Where the cases stand.
const FOLDER: &str = "objects/generated";
/// Objects that no server sees (Core TS, 6.2.1).
const UNLISTED: &[u16] = &[0, 21, 23];
/// Objects that C.1 has instances of.
const IN_BASE: &[u16] = &[1, 3];
/// Values that no definition tells: an access right of the Device Object, of which server 1 is the owner.
const VALUES: &[(u16, u16, &str)] = &[(2, 0, "3"), (2, 1, "0"), (2, 3, "1")];
