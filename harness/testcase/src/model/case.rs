//! A test case, and the state it begins in.

use std::sync::Arc;

use super::{
    Conduct, ControlVerb, Entry, Expression, NetworkVerb, Scalar, Seat, SeatConduct, Spanned, Step,
    Text,
};

/// A test case.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Its path below `testcases/` without `.yaml`: filter, trial, report anchor and folder.
    pub name: String,
    /// The file's path, as diagnostics show it.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: Arc<str>,
    /// ETS identifier, or the file's name.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where the demand comes from.
    pub source: Source,
    /// Whose behaviour is judged.
    pub seats: Vec<Seat>,
    /// Whom only the harness can play.
    pub emulated: Vec<Seat>,
    /// Else Not Applicable.
    pub requires: Expression,
    /// Values the client holds.
    pub configuration: Spanned<String>,
    /// Values the case insists on.
    pub with: With,
    /// The state it begins in.
    pub given: Spanned<String>,
    /// Named constants.
    pub parameters: Vec<(String, Scalar)>,
    /// What they are where waits are to be as short as the meaning of the case allows.
    pub quick: Vec<(Spanned<String>, Scalar)>,
    /// Instance numbers found at run time.
    pub bind: Vec<Bind>,
    /// How seats of the harness keep their end of the channel.
    pub conduct: Vec<SeatConduct>,
    /// For selection and reports.
    pub behaviour: Behaviour,
    /// Requirement ids that the whole case decides.
    pub judges: Vec<Spanned<String>>,
    /// Exchanges that may come at any time.
    pub meanwhile: Vec<Step>,
    /// The case.
    pub dialogue: Vec<Step>,
}

/// Where a demand comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Source {
    /// `OMA ETS 1.2`, `RFC 7252`.
    pub document: String,
    /// `int-203`.
    pub case: Option<String>,
    /// `4.5`.
    pub clause: Option<String>,
    /// `Register`.
    pub operation: Option<String>,
}

/// Values that a case insists on.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct With {
    /// Paths, in which `*` stands for any identifier, and what they hold.
    pub values: Vec<Entry>,
    /// Object Instances that must be there; `a..b` is a range.
    pub objects: Vec<Text>,
    /// Alternate path of an emulated client (Transport TS, 6.4.1).
    pub alternate_path: Option<Text>,
}

/// An instance number found at run time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// The variable.
    pub name: Spanned<String>,
    /// Object ID.
    pub object: u16,
    /// Resource IDs and what they must hold in the instance.
    pub conditions: Vec<Entry>,
}

/// Kinds of behaviour (ISO/IEC 9646-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// As the standard says.
    #[default]
    Valid,
    /// Malformed.
    Invalid,
    /// Well-formed, at the wrong moment.
    Inopportune,
}

/// A named state, with the dialogue that reaches it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub state: String,
    /// The file's path.
    pub file: String,
    /// The file's text, for excerpts.
    pub text: Arc<str>,
    /// One line.
    pub title: String,
    /// The state it begins in.
    pub from: Option<Spanned<String>>,
    /// How it is reached.
    pub dialogue: Vec<Step>,
}

impl TestCase {
    /// The case with waits as short as its meaning allows.
    #[must_use]
    pub fn quickened(&self) -> Self {
        let mut case = self.clone();
        for (name, value) in &mut case.parameters {
            let mut shorter = self.quick.iter();
            if let Some((_, shorter)) = shorter.find(|(quick, _)| quick.value == *name) {
                value.clone_from(shorter);
            }
        }
        case
    }

    /// Every seat of the dialogue: those that send, are addressed, controlled or told, in their order.
    pub fn participants(&self) -> Vec<Seat> {
        let mut seats = self.seats.clone();
        seats.extend(&self.emulated);
        for step in self.dialogue.iter().chain(&self.meanwhile) {
            step.collect_seats(&mut seats);
        }
        seats.sort();
        seats.dedup();
        seats
    }

    /// How the harness keeps the end of `seat`.
    pub fn conduct_of(&self, seat: Seat) -> Conduct {
        let mut all = self.conduct.iter();
        all.find(|one| one.seat == seat)
            .map(|one| one.conduct.clone())
            .unwrap_or_default()
    }

    /// Seats whose address the network changes.
    pub fn rebound(&self) -> Vec<Seat> {
        let steps = self
            .dialogue
            .iter()
            .flat_map(|step| step.group.iter().chain([step]));
        let moves = steps
            .filter_map(|step| step.network.as_ref())
            .filter(|network| network.verb.value == NetworkVerb::Rebind);
        let steps = self.dialogue.iter();
        let controls = steps.flat_map(|step| &step.control);
        let moved = controls.filter(|(_, verb)| verb.value == ControlVerb::ChangeAddress);
        moves
            .map(|network| network.from.unwrap_or(Seat::CLIENT))
            .chain(moved.map(|(seat, _)| *seat))
            .collect()
    }
}

impl Step {
    /// Adds the seats that its lines, its verbs and its network name to `seats`.
    pub fn collect_seats(&self, seats: &mut Vec<Seat>) {
        for line in self.lines.iter().chain(&self.triggers) {
            seats.push(line.seat);
            seats.extend(line.to);
        }
        seats.extend(self.control.iter().map(|(seat, _)| *seat));
        if let Some(network) = &self.network {
            seats.extend(network.from);
            seats.extend(network.to);
            if let Some((one, other)) = network.between {
                seats.extend([one, other]);
            }
        }
        for step in self.group.iter().chain(self.printed.as_deref()) {
            step.collect_seats(seats);
        }
    }
}

impl Behaviour {
    /// Every kind with its word.
    pub const NAMED: &[(Self, &str)] = &[
        (Self::Valid, "valid"),
        (Self::Invalid, "invalid"),
        (Self::Inopportune, "inopportune"),
    ];

    /// The kind that `word` names.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(behaviour, _)| *behaviour)
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(behaviour, _)| *behaviour == self)
            .map_or("valid", |(_, name)| name)
    }
}
