//! The arguments as typed.

mod objects;
mod session;
mod talk;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};
use lwm2m::Version;
use runner::retrospect::{PreSharedKey, PskMistake};
use runner::weather::Weather;
use testcase::Release;

pub(crate) use objects::{Lint, Objects};
pub(crate) use session::{
    Issues, Key, New, Open, Review, Seal, Serve, Session, Sign, Submit, Verify,
};
pub(crate) use talk::{Channel, Emulate, Emulated, Probe, ProbeClient, ProbeServer};

/// Tests whether an implementation of OMA LwM2M does what the specification says.
#[derive(Debug, Parser)]
#[command(name = "testfest", version, after_help = AFTER_HELP)]
pub struct Args {
    /// What to do; `run` if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play cases, and write a report; without a profile the embedded emulators play against each other
    Run(Box<Run>),
    /// Play cases between two implementations, with the harness in between as a relay, and judge both
    Pair(Box<Pair>),
    /// Play the entry tests and the conformance set, and write the certificate of readiness for a TestFest, or what is missing
    Entry(Box<Run>),
    /// List cases, and why they apply or not
    List(List),
    /// Find the mistakes of cases and profiles, and play the cases between emulators
    Check(Check),
    /// Show what the cases cover of the ETS or of the TS, what they do not, and why
    Coverage(Coverage),
    /// Judge captures after the fact
    Judge(Judge),
    /// Render a session again from its record
    Report(Report),
    /// Make the agenda of an event from its registrations: who meets whom in which slot, in as few slots as possible
    Agenda(Agenda),
    /// Check and add up the submissions of an event, and write OMA's summary and result pages
    Consolidate(Consolidate),
    /// Compare two runs: regressions, fixes, what is new and what is gone; ends with 1 if something is worse
    Diff(Diff),
    /// A session of a TestFest: open, review, sign, verify, seal
    #[command(subcommand)]
    Session(Session),
    /// Show a session of a TestFest in browsers: what is played, what the operator is asked, the verdicts of both teams
    Serve(Serve),
    /// Keys of teams, to sign and to seal with
    #[command(subcommand)]
    Key(Key),
    /// A virtual client or server to develop against, driven by what you type or by a file of lines
    Emulate(Box<Emulate>),
    /// Look at a running implementation, and write a draft of its profile
    #[command(subcommand)]
    Probe(Probe),
    /// Object definitions: find what is wrong with them
    #[command(subcommand)]
    Objects(Objects),
    /// Print the JSON Schema of a file, for editors and other programs
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
}

/// Which cases are looked at, and for whom.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Selected {
    /// Profile of an implementation under test: a path, or a name under profiles/; once for each
    #[arg(short, long = "profile", value_name = "P")]
    pub profiles: Vec<String>,
    /// Whether the profiles sit at one table, with a relay between them.
    #[arg(skip)]
    pub together: bool,
    /// What the network does by chance.
    #[arg(skip)]
    pub weather: Option<Weather>,
    /// Whether the harness ends the DTLS sessions of a pair.
    #[arg(skip)]
    pub terminates: bool,
    /// LwM2M version [default: the highest that the implementation claims]
    #[arg(long, value_name = "V", value_parser = parse_version)]
    pub lwm2m: Option<Version>,
    /// Transport
    #[arg(long, value_name = "T", default_value = "udp", value_parser = words(testcase::TRANSPORTS), hide_possible_values = true)]
    pub transport: String,
    /// Security mode
    #[arg(long, value_name = "S", default_value = "nosec", value_parser = words(testcase::SECURITY), hide_possible_values = true)]
    pub security: String,
    /// Take the cases from this folder instead of those that the program carries
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Take object definitions (OMA XML) from this folder, beside those that the program carries
    #[arg(long, value_name = "DIR")]
    pub objects: Option<PathBuf>,
    /// Only the cases of this release of the ETS, under the ids that they have there: 1.0.2
    #[arg(long, value_name = "RELEASE")]
    pub ets: Option<Release>,
    /// Judge by the ETS as it is printed, without errata
    #[arg(long)]
    pub as_printed: bool,
    /// Wait as short as the meaning of a case allows
    #[arg(long)]
    pub quick: bool,
    /// Cases: a path glob (registration/**), the name of a case or an ETS number (203)
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Run {
    /// Cases and implementations.
    #[command(flatten)]
    pub selected: Selected,
    /// Folder of sessions
    #[arg(long, value_name = "DIR", default_value = "reports/sessions")]
    pub out: PathBuf,
    /// Play for this session of a TestFest, in its version, by its ETS, in the time that is left
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub session: Option<PathBuf>,
    /// End each session after this time: 45m, 2h
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub budget: Option<Duration>,
    /// Cases that are played at a time: of several profiles, and of one that says how many copies of its program may run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Play only the k-th of n parts of the cases: 1/3, or count:1/3 as cargo nextest writes it
    #[arg(long, value_name = "K/N", value_parser = parse_partition)]
    pub partition: Option<Partition>,
    /// For GitHub Actions: annotate what is not green, and add to the job's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long)]
    pub github: bool,
    /// Address at which the harness listens: 192.0.2.1, 192.0.2.1:5683, [::1]:5683 [default: loopback, a port of the system's choice]
    #[arg(long, value_name = "ADDR", value_parser = parse_listen)]
    pub listen: Option<SocketAddr>,
    /// Do this to datagrams by chance: loss=5%, dup=1%, reorder=2%, delay=200ms, in a pair rebind=30s, and seed=7 to repeat a run
    #[arg(long, value_name = "LIST")]
    pub impair: Option<Weather>,
    /// Key logs of implementations that sit at one table.
    #[arg(skip)]
    pub key_logs: Vec<PathBuf>,
}

/// Arguments of `judge`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Of a capture the cases are judged that occurred in it, and by the rules that always hold everything else. It does not tell how its client was \
configured: a case that is not named by --case fails nobody, what contradicts it is said.\n\
Ends with 3 if the capture cannot be read, 4 if there is no LwM2M in it, 5 if only a part of it could be judged."
)]
pub struct Judge {
    /// The capture: pcap or pcapng
    #[arg(
        value_name = "CAPTURE",
        required_unless_present = "session",
        conflicts_with = "session"
    )]
    pub capture: Option<PathBuf>,
    /// Judge the captures of this session once more, and compare with what the run said
    #[arg(long, value_name = "DIR")]
    pub session: Option<PathBuf>,
    /// Judge this case in full, whether it occurred or not: a path glob, the name of a case or an ETS number
    #[arg(long = "case", value_name = "FILTER", conflicts_with = "session")]
    pub filters: Vec<String>,
    /// Profile of an implementation in the capture: what it claims and tells is judged by, its pre-shared key reads; once for each
    #[arg(short, long = "profile", value_name = "P", conflicts_with = "session")]
    pub profiles: Vec<String>,
    /// A pre-shared key, as identity and hexadecimal key: testfest=0123abcd
    #[arg(long = "psk", value_name = "ID=HEX", conflicts_with = "session", value_parser = parse_psk)]
    pub keys: Vec<PreSharedKey>,
    /// A TLS key log (SSLKEYLOGFILE)
    #[arg(long = "keylog", value_name = "FILE", conflicts_with = "session")]
    pub key_logs: Vec<PathBuf>,
    /// Who is a client, if the capture begins after its Register: 192.0.2.1:49152
    #[arg(long = "client", value_name = "ADDR", conflicts_with = "session")]
    pub clients: Vec<SocketAddr>,
    /// Who is a server
    #[arg(long = "server", value_name = "ADDR", conflicts_with = "session")]
    pub servers: Vec<SocketAddr>,
    /// LwM2M version [default: that of the Register]
    #[arg(long, value_name = "V", value_parser = parse_version, conflicts_with = "session")]
    pub lwm2m: Option<Version>,
    /// Judge by the ETS as it is printed, without errata
    #[arg(long, conflicts_with = "session")]
    pub as_printed: bool,
    /// Judge by the short waits of a run with --quick
    #[arg(long, conflicts_with = "session")]
    pub quick: bool,
    /// Folder of the record and its reports [default: of a capture one under reports/sessions, of a session none]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Take the cases from this folder [default: those of the session]
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Take object definitions (OMA XML) from this folder [default: that of the session]
    #[arg(long, value_name = "DIR")]
    pub objects: Option<PathBuf>,
}

/// Arguments of `pair`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("profiles", |arg| arg.hide(true)))]
pub struct Pair {
    /// Profile of the client: a path, or a name under profiles/
    #[arg(long, value_name = "P")]
    pub client: String,
    /// Profile of the server
    #[arg(long, value_name = "P")]
    pub server: String,
    /// Profile of the Bootstrap-Server [default: the harness's own]
    #[arg(long, value_name = "P")]
    pub bootstrap_server: Option<String>,
    /// TLS key log that one of them writes (SSLKEYLOGFILE), for sessions that a pre-shared key alone does not open; once for each
    #[arg(long = "keylog", value_name = "FILE")]
    pub key_logs: Vec<PathBuf>,
    /// End DTLS on both sides: be the server of the client's sessions and the client of the server's, with the keys that testfest hands out
    #[arg(long, conflicts_with = "key_logs")]
    pub terminate: bool,
    /// Everything that a run takes.
    #[command(flatten)]
    pub run: Run,
}

/// Arguments of `agenda`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Ends with 5 if a pair that could meet found no slot; what was found is written all the same."
)]
pub struct Agenda {
    /// The event file (YAML); agenda: says days, slots, time zone and tables
    #[arg(long, value_name = "FILE")]
    pub event: PathBuf,
    /// Let implementations of one company meet, too
    #[arg(long)]
    pub own_company: bool,
    /// Let a pair meet once for each LwM2M version that it has in common, instead of once in the highest
    #[arg(long)]
    pub each_version: bool,
    /// Folder of pages and calendars
    #[arg(long, value_name = "DIR", default_value = "reports/agenda")]
    pub out: PathBuf,
}

/// Arguments of `consolidate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Consolidate {
    /// Submissions: *.submission.json, session folders, or folders of them; with --merge the sessions of a run's parts
    #[arg(value_name = "DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// The event file (YAML)
    #[arg(long, value_name = "FILE", required_unless_present = "merge")]
    pub event: Option<PathBuf>,
    /// Hide companies and products
    #[arg(long)]
    pub anonymous: bool,
    /// Put the parts of one run together (`run --partition`, cargo nextest), into one session with its reports
    #[arg(long, conflicts_with_all = ["event", "anonymous"])]
    pub merge: bool,
    /// Folder of the pages [default: reports/consolidated], or of sessions [default: reports/sessions]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `list`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct List {
    /// Cases and implementations.
    #[command(flatten)]
    pub selected: Selected,
    /// Show what each case requires, and the values that decided it
    #[arg(long)]
    pub explain: bool,
    /// Write the conformance test plan, plan.html and plan.pdf: of each case objective, preconditions, procedure, pass criteria, requirements, time
    #[arg(long, conflicts_with = "explain")]
    pub plan: bool,
    /// Folder of the plan
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports/plan",
        requires = "plan"
    )]
    pub out: PathBuf,
}

/// Arguments of `check`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Check {
    /// Cases, states, configurations, sets, errata, mutants or profiles [default: all of them]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Folder of the cases [default: testcases, else what the program carries]
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Show each play
    #[arg(long, short)]
    pub verbose: bool,
}

/// Arguments of `coverage`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Coverage {
    /// The requirements of the TS instead of the numbers of the ETS
    #[arg(long)]
    pub requirements: bool,
    /// Only the cases of this release of the ETS: 1.0.2
    #[arg(long, value_name = "RELEASE")]
    pub ets: Option<Release>,
    /// Folder of the cases [default: testcases, else what the program carries]
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Play the mutants, and show which letters of the cases they fail
    #[arg(long, conflicts_with_all = ["requirements", "json"])]
    pub matrix: bool,
    /// With --matrix: each mutant against every case of its seat, in every version
    #[arg(long, requires = "matrix")]
    pub full: bool,
    /// With --matrix: write it as a page
    #[arg(long, value_name = "FILE", requires = "matrix")]
    pub html: Option<PathBuf>,
    /// With --matrix: cases, as for `run`
    #[arg(value_name = "FILTER", requires = "matrix")]
    pub filters: Vec<String>,
}

/// Arguments of `diff`.
#[derive(Clone, Debug, clap::Args)]
pub struct Diff {
    /// The run before: its folder or its session.json
    pub old: PathBuf,
    /// The run now
    pub new: PathBuf,
    /// Print Markdown, for a comment or the summary of a job
    #[arg(long)]
    pub markdown: bool,
    /// Write it as a page, too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Arguments of `report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Report {
    /// Folder of the session, or its session.json
    pub session: PathBuf,
    /// Write the reports into this folder [default: the session's]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// For GitHub Actions: annotate what is not green, and add to the job's summary ($GITHUB_STEP_SUMMARY)
    #[arg(long)]
    pub github: bool,
    /// End as the run did: 1 with some Fail, 5 with something open
    #[arg(long)]
    pub exit_code: bool,
}

/// Arguments of `schema`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Schema {
    /// What the schema describes
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// Files that have a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A test case
    Case,
    /// A state
    State,
    /// A configuration
    Configuration,
    /// A value set
    Set,
    /// An erratum
    Erratum,
    /// A mutant
    Mutant,
    /// The profile of an implementation
    Profile,
    /// The agreed deviations of an implementation, NAME.expected.yaml
    Expected,
    /// The record of a session, session.json
    Session,
    /// The record of a case, case.json
    CaseRecord,
    /// What two teams agreed on and signed, *.submission.json
    Submission,
}

/// Arguments of `completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// The k-th of n parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which part, from 1.
    pub part: u32,
    /// How many parts.
    pub of: u32,
}

impl Args {
    /// What `words` select, written as for `list`.
    pub fn selected<'a>(words: impl IntoIterator<Item = &'a str>) -> Selected {
        let words = ["testfest", "list"].into_iter().chain(words);
        match Self::parse_from(words).command {
            Some(Command::List(list)) => list.selected,
            _ => Selected::default(),
        }
    }
}

impl Default for Command {
    fn default() -> Self {
        Args::parse_from(["testfest", "run"])
            .command
            .unwrap_or_else(|| Self::Run(Box::default()))
    }
}

impl Partition {
    /// Whether the item at `index`, from 0, belongs to this part.
    pub const fn holds(self, index: usize) -> bool {
        index % self.of as usize == self.part as usize - 1
    }
}

fn words(named: &[(&'static str, &str)]) -> PossibleValuesParser {
    PossibleValuesParser::new(named.iter().map(|(name, _)| *name))
}

fn parse_psk(text: &str) -> Result<PreSharedKey, String> {
    text.parse().map_err(|error: PskMistake| error.to_string())
}

fn parse_version(text: &str) -> Result<Version, String> {
    let known = Version::ALL.map(Version::as_str).join(", ");
    Version::parse(text).ok_or_else(|| format!("versions: {known}"))
}

fn parse_time(text: &str) -> Result<Duration, String> {
    testcase::duration::parse(text).ok_or_else(|| "a time carries a unit: 90s, 45m, 2h".to_owned())
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    runner::parse_listen(text).map_err(|error| match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    })
}

fn parse_partition(text: &str) -> Result<Partition, String> {
    let wrong = || "a part is written 1/3: the first of three".to_owned();
    let counted = text.strip_prefix("count:").unwrap_or(text);
    let (part, of) = counted.split_once('/').ok_or_else(wrong)?;
    let (part, of) = (
        part.parse().map_err(|_| wrong())?,
        of.parse().map_err(|_| wrong())?,
    );
    if part == 0 || part > of {
        return Err(wrong());
    }
    Ok(Partition { part, of })
}

/// What `--help` ends with.
const AFTER_HELP: &str = "\
Exit codes, the first that applies:
  130  interrupted; the record is valid
    2  mistake on the command line, in a case, in a profile or in an object definition
    3  trouble of the harness
    1  some Fail, or an agreed deviation that no longer happens
    5  Inconclusive or Out of Time remain
    4  nothing selected
    0  all selected cases passed";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_means_run() {
        let Command::Run(run) = Command::default() else {
            panic!("not run");
        };
        assert_eq!(run.out, PathBuf::from("reports/sessions"));
        assert_eq!((run.jobs, run.selected.transport.as_str()), (1, "udp"));
    }

    #[test]
    fn parts_hold_each_item_once() {
        for text in ["2/3", "count:2/3"] {
            assert_eq!(parse_partition(text), Ok(Partition { part: 2, of: 3 }));
        }
        for text in [
            "", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2", "hash:1/2",
        ] {
            assert!(parse_partition(text).is_err(), "{text}");
        }
        for index in 0..10 {
            let held = (1..=3).filter(|part| Partition { part: *part, of: 3 }.holds(index));
            assert_eq!(held.count(), 1);
        }
    }
}
