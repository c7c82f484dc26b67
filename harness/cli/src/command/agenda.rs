//! `agenda`: who meets whom at an event, from its registrations.

use std::collections::BTreeMap;

use event::agenda::{Agenda, Options, Reason, arrange};
use event::consolidate::Event;
use report::AgendaPage;
use sessions::file_name;

use crate::args;
use crate::files::{Names, write_all};
use crate::submissions::read_event;
use crate::{ExitCode, Trouble, output};

/// Makes the agenda of an event; ends with 5 if a pair found no slot.
pub(crate) fn agenda(args: &args::Agenda) -> Result<ExitCode, Trouble> {
    let event = read_event(&args.event)?;
    let options = Options {
        own_company: args.own_company,
        each_version: args.each_version,
    };
    let agenda = arrange(&event, options);
    let page = AgendaPage::new(&event, &agenda, env!("CARGO_PKG_VERSION"));
    for (pair, reason) in &page.left_out {
        let line = format!("warning: no meeting: {pair}: {reason}");
        output::say_aside(&report::visible(&line));
    }
    if agenda.meetings() == 0 {
        return Err(Trouble::NothingSelected {
            message: "nobody meets anybody".to_owned(),
            help: "a client and a server of two companies have to be registered, with a version in common".to_owned(),
        });
    }
    let files = render(&event, &agenda, &page)?;
    write_all(&args.out, &files)?;
    if agenda.calendar.times.is_empty() {
        output::say_aside(
            "note: no calendars: the event file says no days, agenda: {days: [{date: 2026-11-02, slots: [\"09:00-10:30\"]}]}",
        );
    }
    let (sessions, meetings) = (agenda.used_sessions(), agenda.meetings());
    let (n, out) = (files.len(), args.out.display());
    output::print(&format!(
        "{}, {}, {}, {n} files: {out}\n",
        counted(sessions, "session"),
        counted(meetings, "meeting"),
        counted(agenda.tables.len(), "table"),
    ));
    let is_lost = |reason: &Reason| matches!(reason, Reason::NoSlot { .. } | Reason::NoCommonDay);
    if agenda.left_out.iter().any(|one| is_lost(&one.reason)) {
        return Ok(ExitCode::Undecided);
    }
    Ok(ExitCode::Passed)
}

/// All files in memory, so that a trouble leaves none half written.
fn render(
    event: &Event,
    agenda: &Agenda,
    page: &AgendaPage,
) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let harness = env!("CARGO_PKG_VERSION");
    let base = file_name(&event.name);
    let mut files = BTreeMap::from([
        (
            format!("{base}_Agenda.html"),
            report::agenda_html(page)?.into_bytes(),
        ),
        (format!("{base}_Agenda.pdf"), report::agenda_pdf(page)?),
        (
            format!("{base}_Agenda.csv"),
            report::agenda_csv(event, agenda).into_bytes(),
        ),
        (
            format!("{base}_sessions.yaml"),
            report::agenda_sessions(event, agenda).into_bytes(),
        ),
    ]);
    if let Some(calendar) = report::agenda_calendar(event, agenda, harness) {
        files.insert(format!("{base}_Agenda.ics"), calendar.into_bytes());
    }
    let mut names = Names::default();
    for (who, one) in event.implementations.iter().enumerate() {
        if let Some(calendar) = report::team_calendar(event, agenda, who, harness) {
            let name = names.of(&one.party(), one.role);
            files.insert(format!("{base}_Agenda_{name}.ics"), calendar.into_bytes());
        }
    }
    Ok(files)
}

fn counted(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}
