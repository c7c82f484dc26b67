//! The values that a client holds in a case: its configuration, the run's account, and what the case insists on.

use std::collections::BTreeSet;

use judge::actual::Actual;
use judge::{PathPattern, typed};
use lwm2m::{Node, Path, Registry, Value};
use testcase::{
    Configuration, Form, Part, Scalar, ScalarKind, Setting, SettingValue, Test, TestCase, Text,
    ValueSet,
};

use crate::mode::Mode;

/// Values of `configuration` as `case` needs them in this security mode.
pub(crate) fn configured(
    configuration: &Configuration,
    case: &TestCase,
    told: &[(String, Actual)],
    types: &Registry,
    mode: &Mode,
    account: &[(&str, u16, u16)],
) -> Vec<(Path, Value)> {
    let mut values = settled(&configuration.values, told, types, mode);
    follow_vendor(&mut values, told, account);
    insist(&mut values, case, told, types);
    values
}

/// Values of a value set in this security mode.
pub(crate) fn of_set(
    set: &ValueSet,
    told: &[(String, Actual)],
    types: &Registry,
    mode: &Mode,
) -> Vec<(Path, Value)> {
    let mut values = settled(&set.values, told, types, mode);
    let accounts: BTreeSet<Path> = values
        .iter()
        .filter(|(path, _)| path.object() == Some(0))
        .filter_map(|(path, _)| path.prefix(2))
        .collect();
    // what the mode has no use for is written empty, since clients may miss a mandatory Resource (Core TS, E.1)
    for path in accounts.iter().flat_map(credentials) {
        if !values.iter().any(|(known, _)| *known == path) {
            values.push((path, Value::Opaque(Vec::new())));
        }
    }
    values
}

/// Resources 3 to 5 of an instance of the Security Object: identity and keys.
fn credentials(account: &Path) -> impl Iterator<Item = Path> {
    let account = *account;
    (3..=5).filter_map(move |resource| account.child(resource))
}

/// The variables of a value set: `set.NAME./PATH` is what it has below that Object, Object Instance or Resource.
pub(crate) fn named(set: &ValueSet, values: &[(Path, Value)]) -> Vec<(String, Actual)> {
    let prefixes: BTreeSet<Path> = values
        .iter()
        .flat_map(|(path, _)| (0..=3).filter_map(|depth| path.prefix(depth)))
        .collect();
    let below = |prefix: &Path| {
        let inside = values.iter().filter(|(path, _)| prefix.contains(path));
        inside
            .map(|(path, value)| Node::new(*path, value.clone()))
            .collect()
    };
    prefixes
        .iter()
        .map(|prefix| {
            let name = format!("set.{}.{prefix}", set.name);
            (name, Actual::Nodes(below(prefix)))
        })
        .collect()
}

/// Puts what the vendor told of the account and of the Device in the place of what the configuration has.
fn follow_vendor(
    values: &mut [(Path, Value)],
    told: &[(String, Actual)],
    account: &[(&str, u16, u16)],
) {
    let device = testcase::DEVICE
        .iter()
        .map(|(name, resource)| (format!("device.{name}"), [3, 0, *resource]));
    let account = account
        .iter()
        .map(|(name, object, resource)| ((*name).to_owned(), [*object, 0, *resource]));
    for (name, ids) in account.chain(device) {
        let value = told.iter().rev().find(|(known, _)| *known == name);
        let place = values.iter_mut().find(|(path, _)| path.ids() == ids);
        if let (Some((_, Actual::Value(value))), Some((_, place))) = (value, place) {
            *place = value.clone();
        }
    }
}

/// What settings come to in a run.
fn settled(
    settings: &[Setting],
    told: &[(String, Actual)],
    types: &Registry,
    mode: &Mode,
) -> Vec<(Path, Value)> {
    let mut values: Vec<(Path, Value)> = Vec::new();
    for setting in settings {
        let value = match &setting.value {
            SettingValue::Scalar(one) => scalar(one, told),
            SettingValue::Empty => Some(Value::Nothing),
            SettingValue::Absent => None,
        };
        if let Some(value) = value.filter(|_| is_defined(&setting.path, types)) {
            put(&mut values, setting.path, value, types);
        }
    }
    follow_mode(&mut values, told, mode);
    values
}

/// Whether the Object, in its version of this run, has the Resource; an Object that nobody knows has any.
fn is_defined(path: &Path, types: &Registry) -> bool {
    let known = path.object().and_then(|object| types.object(object));
    match (known, path.resource()) {
        (Some(object), Some(resource)) => object.resources.contains_key(&resource),
        _ => true,
    }
}

/// A scalar as a value; `None` if a variable of it is not known.
pub(crate) fn scalar(scalar: &Scalar, told: &[(String, Actual)]) -> Option<Value> {
    Some(match &scalar.kind {
        ScalarKind::Integer(number) => Value::Integer(*number),
        ScalarKind::Float(number) => Value::Float(*number),
        ScalarKind::Boolean(truth) => Value::Boolean(*truth),
        ScalarKind::Bytes(bytes) => Value::Opaque(bytes.clone()),
        ScalarKind::Text(text) => return text_value(text, told),
    })
}

fn text_value(text: &Text, told: &[(String, Actual)]) -> Option<Value> {
    let known = |name: &str| match told.iter().rev().find(|(known, _)| known == name) {
        Some((_, Actual::Value(value))) => Some(value.clone()),
        _ => None,
    };
    if let [Part::Variable(name, _)] = text.parts.as_slice() {
        return known(name);
    }
    let mut filled = String::new();
    for part in &text.parts {
        match part {
            Part::Literal(literal) => filled.push_str(literal),
            Part::Variable(name, _) => match known(name)? {
                Value::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            },
        }
    }
    Some(Value::String(filled))
}

fn put(values: &mut Vec<(Path, Value)>, path: Path, value: Value, types: &Registry) {
    let value = types.resource_at(&path).map_or_else(
        || value.clone(),
        |definition| typed(&value, definition.value_type),
    );
    match values.iter_mut().find(|(known, _)| *known == path) {
        Some((_, known)) => *known = value,
        None => values.push((path, value)),
    }
}

/// The account rows follow the mode (design, 6; Core TS, E.1); one that prints a mode at play keeps it.
fn follow_mode(values: &mut Vec<(Path, Value)>, told: &[(String, Actual)], mode: &Mode) {
    let accounts: BTreeSet<u16> = values
        .iter()
        .filter_map(|(path, _)| match *path.ids() {
            [0, instance, 2] => Some(instance),
            _ => None,
        })
        .collect();
    for instance in accounts {
        follow_in(values, told, mode, instance);
    }
    if mode.is_stream() {
        // over TCP the binding is T (Core TS, 6.2.1.2), and so the device says
        for (path, value) in values.iter_mut() {
            let binding = matches!(*path.ids(), [1, _, 7] | [3, 0, 16]);
            if binding && *value == Value::String("U".to_owned()) {
                *value = Value::String("T".to_owned());
            }
        }
    }
}

/// The rows of one account: its mode, and the credentials that the mode has a use for.
fn follow_in(
    values: &mut Vec<(Path, Value)>,
    told: &[(String, Actual)],
    mode: &Mode,
    instance: u16,
) {
    let at = |resource: u16| Path::new(&[0, instance, resource]);
    let held = |values: &[(Path, Value)], resource: u16| {
        let path = at(resource)?;
        let found = values.iter().find(|(known, _)| *known == path);
        found.map(|(_, value)| value.clone())
    };
    let printed = match held(values, 2) {
        Some(Value::Integer(number)) => security_word(number),
        // configurations write the mode as a word
        Some(Value::String(word)) => SECURITY_MODES
            .iter()
            .map(|(known, _)| *known)
            .find(|known| *known == word),
        _ => None,
    };
    let linked = held(values, 17).is_some();
    let own = printed.filter(|word| mode.security.iter().any(|one| one == word));
    let word = own.unwrap_or_else(|| mode.main());
    let protected_above = word == "oscore" || linked;
    let number = SECURITY_MODES
        .iter()
        .find(|(name, _)| *name == word)
        .map_or(NOSEC, |(_, number)| *number);
    let put_at = |values: &mut Vec<(Path, Value)>, resource: u16, value: Option<Value>| {
        let (Some(path), Some(value)) = (at(resource), value) else {
            return;
        };
        match values.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => *known = value,
            None => values.push((path, value)),
        }
    };
    put_at(values, 2, Some(Value::Integer(number)));
    let kept = |resource: u16| own.is_some() && held(values, resource).is_some();
    let bootstraps = held(values, 1) == Some(Value::Boolean(true));
    let server = if bootstraps {
        "bootstrap-server"
    } else {
        "server"
    };
    let names: [(u16, Option<String>); 3] = match word {
        "psk" => [
            (3, Some("psk.identity".to_owned())),
            (4, None),
            (5, Some("psk.key".to_owned())),
        ],
        "rpk" => [
            (3, Some("rpk.client".to_owned())),
            (4, Some(format!("rpk.{server}"))),
            (5, Some("rpk.client-key".to_owned())),
        ],
        "certificate" => [
            (3, Some("certificate.client".to_owned())),
            (4, Some(format!("certificate.{server}"))),
            (5, Some("certificate.client-key".to_owned())),
        ],
        _ => [(3, None), (4, None), (5, None)],
    };
    let to_fill: Vec<(u16, Option<String>)> = names
        .into_iter()
        .filter(|(resource, name)| name.is_none() || !kept(*resource))
        .collect();
    for (resource, name) in to_fill {
        match name {
            Some(name) => put_at(values, resource, known(told, &name).map(opaque)),
            None => values.retain(|(path, _)| Some(*path) != at(resource)),
        }
    }
    if protected_above && !linked {
        // a security context for an account that prints none (Core TS, E.1 and E.9)
        let link = format!("21:{instance}");
        put_at(values, 17, Some(Value::String(link)));
        let secret = known(told, "psk.key");
        let context = [
            (0, secret),
            (1, Some(Value::Opaque(CLIENT_ID.to_vec()))),
            (2, Some(Value::Opaque(SERVER_ID.to_vec()))),
        ];
        for (resource, value) in context {
            let path = Path::new(&[21, instance, resource]);
            if let (Some(path), Some(value)) = (path, value) {
                values.push((path, opaque(value)));
            }
        }
    }
}

/// The value that was told under a name.
fn known(told: &[(String, Actual)], name: &str) -> Option<Value> {
    match told.iter().rev().find(|(known, _)| known == name) {
        Some((_, Actual::Value(value))) => Some(value.clone()),
        _ => None,
    }
}

/// A credential as the bytes that the Security Object holds.
fn opaque(value: Value) -> Value {
    match value {
        Value::String(text) => Value::Opaque(text.into_bytes()),
        other => other,
    }
}

/// The word for a Security Mode (Core TS, E.1, Resource 2).
fn security_word(number: i64) -> Option<&'static str> {
    let mut modes = SECURITY_MODES.iter();
    modes
        .find(|(_, known)| *known == number)
        .map(|(word, _)| *word)
}

/// Security Modes with their words (Core TS, E.1, Resource 2).
const SECURITY_MODES: &[(&str, i64)] =
    &[("psk", 0), ("rpk", 1), ("certificate", 2), ("nosec", NOSEC)];
/// The Security Mode without DTLS.
const NOSEC: i64 = 3;
/// OSCORE Sender ID of a client whose configuration has none, as C.22 prints it.
const CLIENT_ID: &[u8] = &[1];
/// OSCORE Recipient ID, likewise.
const SERVER_ID: &[u8] = &[2];

/// What the case insists on (`with`).
fn insist(
    values: &mut Vec<(Path, Value)>,
    case: &TestCase,
    told: &[(String, Actual)],
    types: &Registry,
) {
    let named: Vec<(String, Actual)> = case
        .parameters
        .iter()
        .filter_map(|(name, one)| Some((name.clone(), Actual::Value(scalar(one, told)?))))
        .chain(told.iter().cloned())
        .collect();
    for entry in &case.with.values {
        let Some(pattern) = pattern(&entry.key, &named) else {
            continue;
        };
        for path in meant(&pattern, values) {
            let current = values
                .iter()
                .find(|(known, _)| *known == path)
                .map(|(_, value)| value.clone());
            if let Some(value) = demanded(&entry.matcher.form, current.as_ref(), &named) {
                put(values, path, value, types);
            }
        }
    }
    for text in &case.with.objects {
        for path in pattern(text, &named).iter().flat_map(PathPattern::expand) {
            values.push((path, Value::Nothing));
        }
    }
}

fn pattern(text: &Text, named: &[(String, Actual)]) -> Option<PathPattern> {
    match text_value(text, named)? {
        Value::String(text) => PathPattern::parse(&text),
        _ => None,
    }
}

/// Paths that a pattern means: `*` stands for the instances that are there.
fn meant(pattern: &PathPattern, values: &[(Path, Value)]) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    let instances = values.iter().filter_map(|(path, _)| path.prefix(2));
    for path in
        instances.flat_map(|base| (2..=4).filter_map(move |depth| pattern.within(&base, depth)))
    {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The value that a demand leads to; `None` if the present one will do.
fn demanded(form: &Form, current: Option<&Value>, named: &[(String, Actual)]) -> Option<Value> {
    let number = |value: &Value| match value {
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::UnsignedInteger(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    };
    match form {
        Form::Scalar(one) => scalar(one, named),
        Form::Tests(tests) => tests.iter().find_map(|test| match test {
            Test::Is(one) => scalar(one, named),
            Test::AtLeast(one) => {
                let limit = scalar(one, named)?;
                let enough = current.and_then(number) >= number(&limit);
                (!enough).then_some(limit)
            }
            Test::AtMost(one) => {
                let limit = scalar(one, named)?;
                let little = current
                    .and_then(number)
                    .is_some_and(|current| Some(current) <= number(&limit));
                (!little).then_some(limit)
            }
            _ => None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lwm2m::Version;

    use super::*;

    #[test]
    fn a_resource_of_another_version_of_its_object_is_left_out() {
        let serving_rate = Path::new(&[10, 0, 6]).unwrap();
        for (version, defined) in [(Version::V1_0, true), (Version::V1_1, false)] {
            let types = Registry::builtin(version);
            assert_eq!(is_defined(&serving_rate, &types), defined, "{version}");
        }
        let unknown = Path::new(&[33_000, 0, 6]).unwrap();
        assert!(is_defined(&unknown, &Registry::builtin(Version::V1_1)));
    }

    #[test]
    fn what_the_vendor_told_stands_for_the_configuration() {
        let path = |ids: &[u16]| Path::new(ids).unwrap();
        let mut values = vec![
            (path(&[1, 0, 0]), Value::Integer(1)),
            (path(&[3, 0, 16]), Value::String("U".to_owned())),
        ];
        let told = [
            (
                "account.short-server-id".to_owned(),
                Actual::Value(Value::Integer(123)),
            ),
            ("account.pmin".to_owned(), Actual::Value(Value::Integer(5))),
            ("device.binding".to_owned(), Actual::text("UQ")),
        ];
        let account = [("account.short-server-id", 1, 0), ("account.pmin", 1, 2)];
        follow_vendor(&mut values, &told, &account);
        let wanted = [
            (path(&[1, 0, 0]), Value::Integer(123)),
            (path(&[3, 0, 16]), Value::String("UQ".to_owned())),
        ];
        assert_eq!(values, wanted);
    }

    #[test]
    fn a_set_writes_empty_what_its_account_has_no_use_for() {
        let text = "set: one\ntitle: One\nvalues:\n  /0/2: {1: false, 2: psk, 3: identity, 5: \"hex:01\", 10: 1}\n";
        let file = testcase::File::new("sets/one", "one.yaml", text.to_owned());
        let (library, diagnostics) = testcase::Library::load([file]);
        let set = library.sets.get("one");
        let set = set.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let types = Registry::builtin(lwm2m::Version::V1_1);
        let told = |name: &str| {
            let value = Actual::Value(Value::Opaque(vec![7]));
            (format!("certificate.{name}"), value)
        };
        let told = ["client", "client-key", "server"].map(told);
        let empty = |security: &str| -> Vec<u16> {
            let mode = Mode {
                transport: "udp".to_owned(),
                security: vec![security.to_owned()],
            };
            let values = of_set(set, &told, &types, &mode);
            let empty = values
                .iter()
                .filter(|(_, value)| *value == Value::Opaque(Vec::new()));
            let mut resources: Vec<u16> = empty.filter_map(|(path, _)| path.resource()).collect();
            resources.sort_unstable();
            resources
        };
        assert_eq!(empty("nosec"), [3, 4, 5]);
        assert_eq!(empty("psk"), [4]);
        assert_eq!(empty("certificate"), [] as [u16; 0]);
    }
}
