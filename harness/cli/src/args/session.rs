//! The arguments of `session`, `serve` and `key`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use event::consolidate::{Outcome, Role};

/// What is done with a session of a TestFest.
#[derive(Clone, Debug, Subcommand)]
pub enum Session {
    /// Open a session's folder
    New(Box<New>),
    /// Take runs that were made without --session into the session
    Add(Add),
    /// Show how far the teams are
    Show(Show),
    /// Walk the teams through the results, or enter what they say
    Review(Review),
    /// Write the Test Session Report again: report.html and report.pdf
    Report(Show),
    /// Draft an issue for OMA for each Fail or Inconclusive that a team holds the specification to be at fault for
    Issues(Issues),
    /// Sign what the teams agreed on
    Sign(Sign),
    /// Check signatures, evidence and reports; ends with 1 if something was altered, with 5 if a signature is missing
    Verify(Verify),
    /// Copy what was agreed, signed by both, for the organizer: EVENT_SESSION_CLIENT_SERVER.submission.json
    Submit(Submit),
    /// Encrypt the folder to those who may read it (age)
    Seal(Seal),
    /// Open a sealed session with one's key
    Open(Open),
}

/// Arguments of `session new`.
#[derive(Clone, Debug, clap::Args)]
pub struct New {
    /// Folder of the session, which is made
    pub dir: PathBuf,
    /// The event file (YAML): gives name, place, ETS, and the implementations by their id
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Name of the event [default: the event file's]
    #[arg(long, value_name = "NAME", required_unless_present = "event")]
    pub name: Option<String>,
    /// Number of the session
    #[arg(long, value_name = "N")]
    pub session: String,
    /// LwM2M version
    #[arg(long, value_name = "V")]
    pub lwm2m: String,
    /// The ETS document [default: the event file's for this version]
    #[arg(long, value_name = "DOCUMENT", required_unless_present = "event")]
    pub ets: Option<String>,
    /// The client: an id of the event file, a profile, COMPANY/PRODUCT/VERSION, or `emulator`
    #[arg(long, value_name = "WHO")]
    pub client: String,
    /// The server, likewise
    #[arg(long, value_name = "WHO")]
    pub server: String,
    /// A member of the client's team; once for each
    #[arg(long, value_name = "NAME")]
    pub client_team: Vec<String>,
    /// A member of the server's team; once for each
    #[arg(long, value_name = "NAME")]
    pub server_team: Vec<String>,
    /// Day of the session [default: today]
    #[arg(long, value_name = "DAY")]
    pub date: Option<String>,
    /// How many minutes the teams have, from the first run on; what is not played until then is Out of Time
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
}

/// Arguments of `session add`.
#[derive(Clone, Debug, clap::Args)]
pub struct Add {
    /// Folder of the session
    pub dir: PathBuf,
    /// Folders of runs
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
}

/// Arguments of `session show` and `session report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Show {
    /// Folder of the session
    pub dir: PathBuf,
}

/// Arguments of `session review`.
#[derive(Clone, Debug, clap::Args)]
pub struct Review {
    /// Folder of the session
    pub dir: PathBuf,
    /// Only this team speaks [default: both, at one terminal]
    #[arg(long, value_enum)]
    pub team: Option<Team>,
    /// Take for this team whatever is proposed and it has not spoken of
    #[arg(long, requires = "team")]
    pub accept: bool,
    /// Enter this verdict for this team wherever nothing was played and nothing is proposed: out-of-time
    #[arg(long, value_name = "VERDICT", value_parser = parse_outcome, requires = "team")]
    pub rest: Option<Outcome>,
    /// Enter a verdict: 203=fail; pass, fail, inconclusive, not-applicable, out-of-time
    #[arg(long, value_name = "CASE=VERDICT", value_parser = parse_verdict, requires = "team")]
    pub verdict: Vec<(u32, Outcome)>,
    /// Enter a comment: 203='the battery was empty'
    #[arg(long, value_name = "CASE=TEXT", value_parser = parse_text, requires = "team")]
    pub comment: Vec<(u32, String)>,
    /// Hold the specification to be at fault: 203='Core TS 1.1, 6.3.1'
    #[arg(long, value_name = "CASE=SECTION", value_parser = parse_text, requires = "team")]
    pub specification: Vec<(u32, String)>,
    /// Walk through all cases, also those that both teams have spoken of
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `session issues`.
#[derive(Clone, Debug, clap::Args)]
pub struct Issues {
    /// Folder of the session
    pub dir: PathBuf,
    /// Folder of the drafts [default: DIR/issues]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `session sign`.
#[derive(Clone, Debug, clap::Args)]
pub struct Sign {
    /// Folder of the session
    pub dir: PathBuf,
    /// Which team signs
    #[arg(long, value_enum)]
    pub team: Team,
    /// Its secret key, made by `testfest key new`
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Throw away signatures that hold no more, since something changed
    #[arg(long)]
    pub anew: bool,
}

/// Arguments of `session verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// Folder of the session
    pub dir: PathBuf,
    /// The event file: its `key` of an implementation is the only one that may sign for it
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// The client team's public key, if it has to be this one
    #[arg(long, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// The server team's public key, if it has to be this one
    #[arg(long, value_name = "FILE")]
    pub server_key: Option<PathBuf>,
}

/// Arguments of `session submit`.
#[derive(Clone, Debug, clap::Args)]
pub struct Submit {
    /// Folder of the session
    pub dir: PathBuf,
    /// Folder of the submissions
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Arguments of `session seal`.
#[derive(Clone, Debug, clap::Args)]
pub struct Seal {
    /// Folder of the session
    pub dir: PathBuf,
    /// Public key of someone who may open it; once for each
    #[arg(long, value_name = "FILE", required = true)]
    pub to: Vec<PathBuf>,
    /// The sealed file [default: DIR.age]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `session open`.
#[derive(Clone, Debug, clap::Args)]
pub struct Open {
    /// The sealed file
    pub file: PathBuf,
    /// One's secret key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Folder of the session, which is made
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Arguments of `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    /// Folder of the session
    pub dir: PathBuf,
    /// Where the page is; beyond loopback whoever opens it needs the token that is printed: 0.0.0.0:8252
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8252", value_parser = super::parse_listen)]
    pub listen: SocketAddr,
}

/// What is done with keys.
#[derive(Clone, Debug, Subcommand)]
pub enum Key {
    /// Make a team's key: NAME.key to sign and to open with, NAME.pub to hand out
    New(NewKey),
    /// Show whose key it is, and its fingerprint
    Show(ShowKey),
}

/// Arguments of `key new`.
#[derive(Clone, Debug, clap::Args)]
pub struct NewKey {
    /// Name of the team or company
    pub name: String,
    /// Folder of the two files
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

/// Arguments of `key show`.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowKey {
    /// A .pub file
    pub file: PathBuf,
}

/// A team at the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Team {
    /// The client's
    Client,
    /// The server's
    Server,
}

impl From<Team> for Role {
    fn from(team: Team) -> Self {
        match team {
            Team::Client => Self::Client,
            Team::Server => Self::Server,
        }
    }
}

fn parse_verdict(text: &str) -> Result<(u32, Outcome), String> {
    let (case, word) = split(text)?;
    Ok((case, parse_outcome(word)?))
}

fn parse_outcome(word: &str) -> Result<Outcome, String> {
    let known = Outcome::ALL.into_iter().find(|outcome| {
        let name = outcome.name().to_lowercase().replace(' ', "-");
        name == word.to_lowercase()
    });
    let words = "pass, fail, inconclusive, not-applicable, out-of-time";
    known.ok_or_else(|| format!("verdicts: {words}"))
}

fn parse_text(text: &str) -> Result<(u32, String), String> {
    let (case, text) = split(text)?;
    Ok((case, text.to_owned()))
}

fn split(text: &str) -> Result<(u32, &str), String> {
    let wrong = || "a case is named by its number in the ETS: 203=...".to_owned();
    let (case, rest) = text.split_once('=').ok_or_else(wrong)?;
    Ok((case.trim().parse().map_err(|_| wrong())?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_case_is_read() {
        for (text, said) in [
            ("203=fail", Some((203, Outcome::Fail))),
            ("203=Not-Applicable", Some((203, Outcome::NotApplicable))),
            ("203=error", None),
            ("203", None),
            ("x=pass", None),
        ] {
            assert_eq!(parse_verdict(text).ok(), said, "{text}");
        }
        assert_eq!(parse_text("203=a=b"), Ok((203, "a=b".to_owned())));
    }
}
