//! The reference page of the notation, written from the tables.

use std::fmt::Write as _;

use super::key::{Key, Kind, Table};
use super::{
    ACCOUNT, ACTION, BIND, BLOCKS, CASE, CLAIMED_OBJECT, COAP_FIELDS, CONDUCT, CONFIGURATION,
    CONTROL, DEED, DEFECT, DEVIATION, DEVICE, ERRATUM, FAULT, FEATURES, GAP, HTTP, ICS, ICS_LISTS,
    IXIT, LINE, MUTANT, NETWORK, PARAMETERS, PROFILE, SECURITY, SET, SOURCE, STATE, STEP, STOP,
    TESTS, TRANSPORTS,
};
use crate::model::{
    Behaviour, ControlVerb, FieldName, Handling, Kept, Misdeed, NetworkVerb, Seat, TlvKind, Word,
    WordKind,
};

/// The reference page as Markdown.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    for table in [
        CASE, SOURCE, BIND, STEP, LINE, GAP, BLOCKS, NETWORK, CONDUCT, FAULT,
    ] {
        keys(&mut page, table.name, table.keys);
    }
    keys(&mut page, "coap", COAP_FIELDS);
    let options = crate::read::option_names().join("` `");
    let _ = writeln!(page, "\nOptions: `{options}`.");
    words(&mut page);
    fields(&mut page);
    matchers(&mut page);
    choices(&mut page);
    variables(&mut page);
    for table in [STATE, CONFIGURATION, SET, ERRATUM, MUTANT, DEFECT, DEED] {
        keys(&mut page, table.name, table.keys);
    }
    page.push_str("\n# Profiles\n");
    for table in [
        PROFILE,
        ICS,
        CLAIMED_OBJECT,
        CONTROL,
        STOP,
        ACTION,
        HTTP,
        DEVIATION,
    ] {
        keys(&mut page, table.name, table.keys);
    }
    keys(&mut page, "ixit", IXIT);
    ics(&mut page);
    page
}

fn keys(page: &mut String, name: &str, keys: &[Key]) {
    let _ = writeln!(
        page,
        "\n## {name}\n\n| key | holds | meaning | default |\n|---|---|---|---|"
    );
    for key in keys {
        let default = match (key.required, key.default) {
            (true, _) => "required",
            (_, default) => default,
        };
        let holds = match key.kind {
            Kind::Choice(words) => format!("`{}`", words.join("` `")),
            Kind::Map(Table { name, .. }) => format!("a map, see {name}"),
            Kind::Maps(Table { name, .. }) => format!("names and maps, see {name}"),
            other => other.describe().to_owned(),
        };
        let _ = writeln!(
            page,
            "| `{}` | {holds} | {} | {default} |",
            key.name, key.meaning
        );
    }
}

fn words(page: &mut String) {
    page.push_str("\n## words\n\n| word | sent by | fields | meaning |\n|---|---|---|---|\n");
    for word in Word::all() {
        let sender = match (word.sender(), word.kind()) {
            (Some(role), _) => role.name(),
            (None, WordKind::Answer) => "who was asked",
            (None, _) => "any seat",
        };
        let fields: Vec<_> = word
            .fields()
            .iter()
            .map(|field| format!("`{field}`"))
            .collect();
        let _ = writeln!(
            page,
            "| `{word}` | {sender} | {} | {} |",
            fields.join(" "),
            word.meaning()
        );
    }
}

fn fields(page: &mut String) {
    page.push_str("\n## fields\n\n| field | meaning |\n|---|---|\n");
    for field in FieldName::ALL {
        let _ = writeln!(page, "| `{field}` | {} |", field.meaning());
    }
}

fn matchers(page: &mut String) {
    page.push_str(MATCHERS);
    for row in TESTS {
        let _ = writeln!(page, "| `{}` | {} |", row.name, row.meaning);
    }
    page.push_str("\nUnder `links` and `objects`:\n\n| parameter | meaning |\n|---|---|\n");
    for (name, meaning) in PARAMETERS {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
}

fn choices(page: &mut String) {
    page.push_str("\n## closed lists\n\n| list | words |\n|---|---|\n");
    let mut row = |name: &str, words: Vec<&str>| {
        let _ = writeln!(page, "| {name} | `{}` |", words.join("` `"));
    };
    let seats: Vec<String> = Seat::ALL.iter().map(Seat::to_string).collect();
    row("seats", seats.iter().map(String::as_str).collect());
    row("content formats", second(coap::ContentFormat::NAMED));
    row("data types", second(lwm2m::Type::NAMED));
    row("kinds of a TLV entry", second(TlvKind::NAMED));
    row("behaviour", second(Behaviour::NAMED));
    row("verbs of `control`", second(ControlVerb::NAMED));
    row("verbs of `network`", second(NetworkVerb::NAMED));
    row("ways to cancel (`by`)", crate::read::CANCELLING.to_vec());
    row("modes of a Write", crate::read::WRITE_MODES.to_vec());
    row("`handle` of a mutant", second(Handling::NAMED));
    row("`keep` of a mutant", second(Kept::NAMED));
    row("cipher suites", super::SUITES.to_vec());
    page.push_str("\n## misdeeds\n\n| misdeed | what it is |\n|---|---|\n");
    for (misdeed, name) in Misdeed::NAMED {
        let _ = writeln!(page, "| `{name}` | {} |", misdeed.meaning());
    }
}

fn variables(page: &mut String) {
    page.push_str(VARIABLES);
    for (name, object, resource) in ACCOUNT {
        let _ = writeln!(
            page,
            "| `account.{name}` | Resource {resource} of Object {object} in the server's account |"
        );
    }
    for (name, resource) in DEVICE {
        let _ = writeln!(page, "| `device.{name}` | /3/0/{resource} |");
    }
    for (name, meaning) in ICS_LISTS {
        let _ = writeln!(
            page,
            "| `ics.claimed.{name}` `ics.missing.{name}` | {meaning} |"
        );
    }
}

fn ics(page: &mut String) {
    page.push_str(
        "\n## words of the ICS\n\nOperations and content formats by their words, and these:\n",
    );
    for (name, words) in [
        ("features", FEATURES),
        ("transports", TRANSPORTS),
        ("security", SECURITY),
    ] {
        let _ = writeln!(page, "\n| {name} | meaning |\n|---|---|");
        for (word, meaning) in words {
            let _ = writeln!(page, "| `{word}` | {meaning} |");
        }
    }
}

fn second<T>(named: &[(T, &'static str)]) -> Vec<&'static str> {
    named.iter().map(|(_, name)| *name).collect()
}

const HEAD: &str = "\
# Reference of the case notation

Written by the loader from its own tables (`UPDATE_GOLDEN=1 cargo test -p testcase`); [README.md](README.md) teaches it.
What no table lists is refused, by name.

# Cases
";

const MATCHERS: &str = "
## matchers

A value alone: equal. `{}`: there, with any value. `absent`: not there. A list: these, in this order. A map of paths (`node`,
`tlv`, `values`, `links`, `objects`): each of them. Otherwise a map of tests, all of which must hold:

| test | meaning |
|---|---|
";

const VARIABLES: &str = "
## variables

`${NAME.FIELD}` of a message captured with `as`, `.last` and `.all` of a repeated one or of an observation, `${NAME.node./3/0/7}` for
one value; names of `parameters`, `each` and `bind`; and these:

| variable | value |
|---|---|
| `registration` | the last Register or Update of the client |
| `version` | LwM2M version of the run |
| `client.*` `server.*` ... | what the profile tells under `ixit`; `server.uri` `server.host` `server.port` |
| `server-2.account.*` | the account of another server |
| `psk.identity` `psk.key` | the run's pre-shared key |
| `set.NAME./PATH` | a value set of the ETS, below a path |
| `file-server.uri` `file-server.http-uri` | where the harness serves an image over CoAP, and over HTTP; with `/damaged`, `/foreign`, `/uninstallable` behind it those that must not be installed |
";
