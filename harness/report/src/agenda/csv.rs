//! The agenda as CSV (RFC 4180), one line for each meeting, safe to open in a spreadsheet.

use event::agenda::Agenda;
use event::consolidate::Event;

use crate::consolidated::csv_field;

/// Renders the meetings; date and times are empty if slots are only numbered.
pub fn agenda_csv(event: &Event, agenda: &Agenda) -> String {
    let mut csv =
        String::from("Session,Date,Start,End,Table,LwM2M,Client,Client Id,Server,Server Id\r\n");
    for session in &agenda.sessions {
        let [date, start, end] = session.time.as_ref().map_or_else(Default::default, |time| {
            let [start, end] = [&time.start, &time.end].map(|at| at.strftime("%H:%M").to_string());
            [time.start.date().to_string(), start, end]
        });
        for meeting in &session.meetings {
            let [client, server] = [meeting.client, meeting.server]
                .map(|who| &event.implementations[who])
                .map(|one| (one.party().to_string(), one.id.value.as_str()));
            let texts = [
                agenda.tables[meeting.table].as_str(),
                &meeting.lwm2m,
                &client.0,
                client.1,
                &server.0,
                server.1,
            ];
            let texts = texts.map(csv_field).join(",");
            csv += &format!("{},{date},{start},{end},{texts}\r\n", session.number);
        }
    }
    csv
}
