//! The `sessions:` block of the event file, from which `testfest consolidate` knows what has to be submitted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use event::agenda::Agenda;
use event::consolidate::Event;

use crate::visible;

/// Renders the block as YAML; a session in which several LwM2M versions are tested has one entry for each.
pub fn agenda_sessions(event: &Event, agenda: &Agenda) -> String {
    let name = visible(&event.name);
    let mut yaml = format!(
        "# Sessions of {name} by `testfest agenda`. In the event file they tell `testfest consolidate` what has to be submitted.\nsessions:\n"
    );
    let id = |who: usize| quoted(&event.implementations[who].id.value);
    let mut is_empty = true;
    for session in &agenda.sessions {
        let mut versions: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for meeting in &session.meetings {
            versions.entry(&meeting.lwm2m).or_default().push(meeting);
        }
        for (lwm2m, meetings) in versions {
            is_empty = false;
            let (number, lwm2m) = (session.number, quoted(lwm2m));
            let _ = write!(
                yaml,
                "  - session: \"{number}\"\n    lwm2m: {lwm2m}\n    pairs:\n"
            );
            for meeting in meetings {
                let (client, server) = (id(meeting.client), id(meeting.server));
                let _ = writeln!(yaml, "      - {{client: {client}, server: {server}}}");
            }
        }
    }
    if is_empty {
        yaml.insert_str(yaml.len() - 1, " []");
    }
    yaml
}

/// A double-quoted scalar (YAML 1.2.2, 7.3.1) that says exactly this text and shows what is hidden in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        let mut buffer = [0; 4];
        let same = &*character.encode_utf8(&mut buffer);
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
            quoted.push(character);
        } else if visible(same) == same {
            quoted.push(character);
        } else {
            let _ = write!(quoted, "\\U{:08x}", u32::from(character));
        }
    }
    quoted.push('"');
    quoted
}
