//! The lines above the first verdict.

use std::collections::BTreeSet;

use record::{Implementation, RunParameters, SessionRecord};

use super::Style;
use crate::escape::visible;

/// Says which session this is, who is tested, how, and how many cases apply.
pub(super) fn header(session: &SessionRecord, style: Style) -> String {
    let mut lines = vec![format!(
        "testfest {}   session {}",
        visible(&session.harness),
        style.strong(&visible(&session.name))
    )];
    let how = how(&session.parameters);
    match session.implementations.as_slice() {
        [] => lines.push(format!(
            "no implementation under test: the emulators play every seat, {how}"
        )),
        [one] => lines.push(format!("{}, {how}", under_test(one))),
        several => {
            lines.extend(several.iter().map(under_test));
            lines.push(how);
        }
    }
    lines.extend(modes(&session.parameters));
    lines.push(selection(session));
    lines.into_iter().map(|line| line + "\n").collect()
}

/// `LwM2M 1.1, UDP, PSK`.
fn how(parameters: &RunParameters) -> String {
    let channel = channel(parameters);
    format!("LwM2M {}, {channel}", visible(&parameters.lwm2m))
}

/// Transport and security: `UDP, PSK`.
pub(crate) fn channel(parameters: &RunParameters) -> String {
    let RunParameters {
        transport,
        security,
        ..
    } = parameters;
    let text = format!("{}, {}", transport.to_uppercase(), security_name(security));
    visible(&text).into_owned()
}

/// The name of a security mode in prose.
fn security_name(mode: &str) -> String {
    match mode {
        "nosec" => "NoSec".to_owned(),
        "psk" | "rpk" | "oscore" => mode.to_uppercase(),
        other => other.to_owned(),
    }
}

fn under_test(implementation: &Implementation) -> String {
    let Implementation {
        seat,
        name,
        version,
        profile,
        ..
    } = implementation;
    let role = if profile.is_empty() {
        ""
    } else {
        " under test"
    };
    visible(&format!("{seat}{role}: {name} {version}"))
        .trim_end()
        .to_owned()
}

fn modes(parameters: &RunParameters) -> Vec<String> {
    let modes = [
        (
            parameters.jumping_clock,
            "both ends are emulators: the clock jumps over waits",
        ),
        (
            parameters.quick,
            "quick: waits are as short as the meaning of a case allows",
        ),
        (
            parameters.as_printed,
            "as printed: errata of the ETS are left out",
        ),
        (
            parameters.terminate,
            "terminate: the harness ends DTLS sessions on both sides",
        ),
    ];
    let modes = modes.iter().filter(|(is_on, _)| *is_on);
    let impaired = parameters
        .impair
        .iter()
        .map(|weather| visible(&format!("the network is impaired: {weather}")).into_owned());
    modes
        .map(|(_, text)| (*text).to_owned())
        .chain(impaired)
        .collect()
}

fn selection(session: &SessionRecord) -> String {
    let played: BTreeSet<_> = session.cases.iter().map(|c| &c.case).collect();
    let others: BTreeSet<_> = session.not_selected.iter().map(|c| &c.case).collect();
    let (apply, do_not) = (
        u64::from(session.planned),
        others.difference(&played).count() as u64,
    );
    match do_not {
        0 if apply == 1 => "1 case applies".to_owned(),
        0 => format!("{apply} cases apply"),
        _ => format!(
            "{apply} of {} cases {}; {do_not} {} not (testfest list --explain)",
            apply + do_not,
            if apply == 1 { "applies" } else { "apply" },
            if do_not == 1 { "does" } else { "do" }
        ),
    }
}
