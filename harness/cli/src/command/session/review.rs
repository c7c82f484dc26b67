//! `session review`: walks the teams through the results, case after case; every answer is on the disk before the next question.

use std::io::{BufRead, IsTerminal as _};

use event::consolidate::{Outcome, Role};
use event::session::{Entry, Row, Say, Sheet};
use report::visible;
use sessions::SessionFolder;

use super::show;
use crate::args::Review;
use crate::{ExitCode, Trouble, output};

/// Takes what the teams say.
pub(crate) fn review(args: &Review) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let entered = given(args, &folder)?;
    let is_given = !entered.is_empty() || args.accept || args.rest.is_some();
    folder.say(&entered)?;
    if !is_given && std::io::stdin().is_terminal() {
        walk(args, &folder, &mut std::io::stdin().lock())?;
    }
    folder.write_reports(env!("CARGO_PKG_VERSION"))?;
    show::show(&folder)
}

/// What the arguments say.
fn given(args: &Review, folder: &SessionFolder) -> Result<Vec<Entry>, Trouble> {
    let Some(team) = args.team.map(Role::from) else {
        return Ok(Vec::new());
    };
    let sheet = folder.sheet()?;
    let mut entries = Vec::new();
    for (case, verdict) in &args.verdict {
        let proposed = sheet.row(*case).and_then(|row| row.proposal);
        entries.push(entry(team, *case, verdict_of(*verdict, proposed)));
    }
    for (case, text) in &args.comment {
        entries.push(entry(team, *case, Say::Comment(text.clone())));
    }
    for (case, text) in &args.specification {
        entries.push(entry(team, *case, Say::Specification(text.clone())));
    }
    let is_said = |row: &Row| {
        let now = args
            .verdict
            .iter()
            .any(|(case, _)| *case == row.case.number);
        now || row.team(team).verdict.is_some()
    };
    for row in sheet.rows.iter().filter(|row| !is_said(row)) {
        let verdict = match row.proposal {
            Some(proposed) => args.accept.then_some(proposed),
            None => args.rest,
        };
        if let Some(verdict) = verdict {
            let say = verdict_of(verdict, row.proposal);
            entries.push(entry(team, row.case.number, say));
        }
    }
    Ok(entries)
}

/// Asks about one case after the other.
fn walk(args: &Review, folder: &SessionFolder, lines: &mut dyn BufRead) -> Result<(), Trouble> {
    let teams = match args.team {
        Some(team) => vec![Role::from(team)],
        None => vec![Role::Client, Role::Server],
    };
    output::print(HELP);
    let numbers: Vec<u32> = rows_to_ask(&folder.sheet()?, &teams, args.all);
    let mut place = 0;
    while let Some(number) = numbers.get(place) {
        let mut next = Next::Forward;
        for team in &teams {
            next = ask(folder, *number, *team, (place + 1, numbers.len()), lines)?;
            if next != Next::Forward {
                break;
            }
        }
        match next {
            Next::Forward => place += 1,
            Next::Back => place = place.saturating_sub(1),
            Next::End => break,
        }
    }
    Ok(())
}

fn rows_to_ask(sheet: &Sheet, teams: &[Role], all: bool) -> Vec<u32> {
    let lacks = |row: &Row| teams.iter().any(|team| row.team(*team).verdict.is_none());
    let rows = sheet.rows.iter().filter(|row| all || lacks(row));
    rows.map(|row| row.case.number).collect()
}

/// Where the walk goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Forward,
    Back,
    End,
}

/// Asks one team about one case until it is done with it.
fn ask(
    folder: &SessionFolder,
    number: u32,
    team: Role,
    (place, of): (usize, usize),
    lines: &mut dyn BufRead,
) -> Result<Next, Trouble> {
    loop {
        let sheet = folder.sheet()?;
        let Some(row) = sheet.row(number) else {
            return Ok(Next::Forward);
        };
        output::print(&question(folder, row, team, place, of));
        let mut line = String::new();
        if !matches!(lines.read_line(&mut line), Ok(1..)) {
            return Ok(Next::End);
        }
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let say = match (word, row.proposal) {
            ("b", _) => return Ok(Next::Back),
            ("q", _) => return Ok(Next::End),
            ("s", _) => return Ok(Next::Forward),
            ("", None) => return Ok(Next::Forward),
            // Enter keeps what the team said before, else it takes what is proposed
            ("", Some(_)) if row.team(team).verdict.is_some() => return Ok(Next::Forward),
            ("", Some(proposed)) => verdict_of(proposed, row.proposal),
            ("c", _) => Say::Comment(rest.trim().to_owned()),
            ("spec", _) => Say::Specification(rest.trim().to_owned()),
            (word, proposed) => match WORDS.iter().find(|(known, _)| *known == word) {
                Some((_, verdict)) => verdict_of(*verdict, proposed),
                None => {
                    output::print(HELP);
                    continue;
                }
            },
        };
        let ends = matches!(say, Say::Verdict { .. });
        folder.say(&[entry(team, number, say)])?;
        if ends {
            return Ok(Next::Forward);
        }
    }
}

fn question(folder: &SessionFolder, row: &Row, team: Role, place: usize, of: usize) -> String {
    let mut text = format!("\n({place}/{of}) {}  {}\n", row.case.id, row.case.title);
    text += &format!("    {}", show::said(row));
    if !row.reason.is_empty() {
        text += &format!("    why: {}\n", row.reason);
    }
    for attempt in row.attempts.iter().filter(|one| !one.folder.is_empty()) {
        let gone = if attempt.superseded {
            ", played again since"
        } else {
            ""
        };
        let path = folder.runs_path().join(&attempt.run).join(&attempt.folder);
        text += &format!(
            "    {} judged: {}{gone}  {}\n",
            attempt.seat,
            attempt.verdict,
            path.display()
        );
    }
    let take = match (row.team(team).verdict, row.proposal) {
        (Some(said), _) => format!("[Enter] stays {said}"),
        (None, Some(proposed)) => format!("[Enter] {proposed}"),
        (None, None) => "[Enter] later".to_owned(),
    };
    let text: String = text
        .lines()
        .map(|line| visible(line).into_owned() + "\n")
        .collect();
    format!("{text}the {team}'s team: {take} > ")
}

fn verdict_of(verdict: Outcome, proposed: Option<Outcome>) -> Say {
    Say::Verdict { verdict, proposed }
}

fn entry(team: Role, case: u32, say: Say) -> Entry {
    Entry {
        at: sessions::now(),
        team,
        case,
        say,
    }
}

/// Verdicts as they are typed.
const WORDS: [(&str, Outcome); 5] = [
    ("p", Outcome::Pass),
    ("f", Outcome::Fail),
    ("i", Outcome::Inconclusive),
    ("n", Outcome::NotApplicable),
    ("o", Outcome::OutOfTime),
];

const HELP: &str = "\
[Enter] take what is proposed   p Pass   f Fail   i Inconclusive   n Not Applicable   o Out of Time
c TEXT comment   spec SECTION the specification is at fault   s later   b back   q end
";

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use event::session::{Header, Side};

    use super::*;

    fn folder(name: &str) -> SessionFolder {
        let path = std::env::temp_dir().join(format!("testfest-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        let header = Header {
            event: "SVE".to_owned(),
            place: String::new(),
            session: "1".to_owned(),
            date: String::new(),
            lwm2m: "1.1".to_owned(),
            ets: "OMA-ETS-LightweightM2M-V1_1".to_owned(),
            budget_minutes: None,
            client: Side::default(),
            server: Side::default(),
        };
        SessionFolder::create(&path, header).unwrap()
    }

    #[test]
    fn a_walk_goes_forth_and_back_and_keeps_every_answer() {
        let folder = folder("walk");
        let args = Review {
            dir: folder.path().to_owned(),
            team: None,
            accept: false,
            rest: None,
            verdict: Vec::new(),
            comment: Vec::new(),
            specification: Vec::new(),
            all: false,
        };
        let first = folder.sheet().unwrap().rows[0].case.number;
        // client: a comment, a word that is none, Pass; server: Fail; next case, back, and on; end
        let answers = "c it was slow\nwhat\np\nf\ns\nb\n\n\nq\n";
        walk(&args, &folder, &mut Cursor::new(answers)).unwrap();
        let sheet = folder.sheet().unwrap();
        let row = sheet.row(first).unwrap();
        assert_eq!(row.client.verdict, Some(Outcome::Pass));
        assert_eq!(row.client.comment, "it was slow");
        assert_eq!(row.server.verdict, Some(Outcome::Fail));
        let spoken = sheet.rows.iter().filter(|row| row.client.verdict.is_some());
        assert_eq!(spoken.count(), 1);
        std::fs::remove_dir_all(folder.path()).unwrap();
    }
}
