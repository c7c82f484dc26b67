//! Variables of a case: constants, what profiles tell, and what messages carried (notation, 5).
//!
//! A name that starts with a captured message's name is read from that message when it is needed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use lwm2m::Value;
use testcase::{Expression, Facts, Part, Text};

use crate::actual::Actual;
use crate::event::Sort;
use crate::fields::Fields;
use crate::pattern::{Scope, Unknown, plain};

/// Everything that has a name in a case.
#[derive(Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Actual>,
    captures: BTreeMap<String, Vec<usize>>,
    bound: RefCell<BTreeMap<String, Actual>>,
    taken: RefCell<BTreeSet<String>>,
}

impl Variables {
    /// Sets a value; what was there goes.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: Actual) {
        self.values.insert(name.into(), value);
    }

    /// The value set under this name.
    pub(crate) fn value(&self, name: &str) -> Option<Actual> {
        let bound = || self.bound.borrow().get(name).cloned();
        self.values.get(name).cloned().or_else(bound)
    }

    /// Names the event with this index; earlier events keep the name as `.all`.
    pub(crate) fn capture(&mut self, name: &str, event: usize) {
        self.captures
            .entry(name.to_owned())
            .or_default()
            .push(event);
    }

    /// The last event of this name.
    pub(crate) fn captured(&self, name: &str) -> Option<usize> {
        self.captures.get(name)?.last().copied()
    }

    /// Names whose value was taken as seen since the last call.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.taken.borrow_mut())
            .into_iter()
            .collect()
    }

    /// What was bound at run time, for the record.
    pub(crate) fn bindings(&self) -> Vec<(String, String)> {
        let bound = self.bound.borrow();
        bound
            .iter()
            .map(|(name, value)| (name.clone(), value.describe()))
            .collect()
    }

    /// Every name that a profile's placeholders may use.
    pub(crate) fn told(&self) -> impl Iterator<Item = (&String, &Actual)> {
        self.values.iter()
    }
}

/// A scope for matchers: variables, a step's own names before them, and the messages.
pub(crate) struct View<'a> {
    /// The variables.
    pub(crate) variables: &'a Variables,
    /// Names of the step's `each`.
    pub(crate) own: &'a [(String, Actual)],
    /// The messages.
    pub(crate) fields: Fields<'a>,
    /// What is known of implementations and version.
    pub(crate) facts: &'a dyn Facts,
    /// Whether an unknown value of an account or device may be taken as seen.
    pub(crate) binds: bool,
}

impl View<'_> {
    /// The content of the variable `name`.
    pub(crate) fn lookup(&self, name: &str) -> Option<Actual> {
        if let Some((_, value)) = self.own.iter().find(|(known, _)| known == name) {
            return Some(value.clone());
        }
        if let Some(value) = self.variables.value(name) {
            return Some(value);
        }
        let (base, rest) = name.split_once('.').unwrap_or((name, ""));
        let event = self.variables.captured(base)?;
        match rest
            .strip_prefix("last")
            .map(|rest| rest.trim_start_matches('.'))
        {
            Some(field) => self
                .last_notification(event)
                .map(|last| self.field(last, field)),
            None if rest.split('.').next() == Some("all") => {
                let field = rest.strip_prefix("all").unwrap_or_default();
                Some(self.all(base, event, field.trim_start_matches('.')))
            }
            None if base == "registration" => Some(self.registration(rest)),
            None => Some(self.field(event, rest)),
        }
    }

    fn field(&self, event: usize, name: &str) -> Actual {
        self.fields
            .field(event, if name.is_empty() { "value" } else { name })
    }

    /// A field of every message of a name, or of every notification of an observation.
    fn all(&self, name: &str, event: usize, field: &str) -> Actual {
        let events = self.fields.transfer.events();
        let notified: Vec<usize> = (0..events.len())
            .filter(|index| matches!(events[*index].sort, Sort::Notification(of) if of == event))
            .collect();
        let captured = self.variables.captures.get(name);
        let meant = if notified.is_empty() {
            captured.map_or(&[][..], Vec::as_slice)
        } else {
            &notified
        };
        let all = meant
            .iter()
            .map(|index| self.field(*index, field))
            .collect();
        Actual::Several(all)
    }

    fn last_notification(&self, observation: usize) -> Option<usize> {
        let events = self.fields.transfer.events();
        events
            .iter()
            .rposition(|event| matches!(event.sort, Sort::Notification(of) if of == observation))
    }

    /// A field of the registration in force: what the last Update changed goes before what the Register said.
    fn registration(&self, name: &str) -> Actual {
        let all = self
            .variables
            .captures
            .get("registration")
            .map_or(&[][..], Vec::as_slice);
        let is_register = |event: usize| {
            let found = self.fields.transfer.event(event);
            let operation = found.and_then(crate::event::Event::operation);
            matches!(operation, Some(lwm2m::Operation::Register(_)))
        };
        for event in all.iter().rev() {
            let found = self.fields.field(*event, name);
            // what an older registration said is over
            if found != Actual::Absent || is_register(*event) {
                return found;
            }
        }
        Actual::Absent
    }

    /// The message that a variable is read from.
    pub(crate) fn source(&self, name: &str) -> Option<usize> {
        let (base, rest) = name.split_once('.').unwrap_or((name, ""));
        let event = self.variables.captured(base)?;
        if rest == "last" || rest.starts_with("last.") {
            return self.last_notification(event);
        }
        Some(event)
    }
}

impl Scope for View<'_> {
    fn resolve(&self, text: &Text) -> Result<Actual, Unknown> {
        if let [Part::Variable(name, _)] = text.parts.as_slice() {
            return self.lookup(name).ok_or_else(|| Unknown(name.clone()));
        }
        let mut filled = String::new();
        for part in &text.parts {
            match part {
                Part::Literal(literal) => filled.push_str(literal),
                Part::Variable(name, _) => {
                    match self.lookup(name).ok_or_else(|| Unknown(name.clone()))? {
                        Actual::Value(value) => filled.push_str(&plain(&value)),
                        Actual::Absent => return Err(Unknown(name.clone())),
                        other => filled.push_str(&other.describe()),
                    }
                }
            }
        }
        Ok(Actual::Value(Value::String(filled)))
    }

    fn holds(&self, expression: &Expression) -> bool {
        expression.evaluate(&Asking { view: self }).value
    }

    fn bind(&self, variable: &str, seen: &Actual) -> bool {
        let bindable = variable.starts_with("account.")
            || variable.starts_with("device.")
            || variable.contains(".account.");
        if !self.binds || !bindable || *seen == Actual::Absent {
            return false;
        }
        self.variables
            .bound
            .borrow_mut()
            .insert(variable.to_owned(), seen.clone());
        self.variables
            .taken
            .borrow_mut()
            .insert(variable.to_owned());
        true
    }
}

/// The facts of the run, with variables read from the view.
struct Asking<'a, 'b> {
    view: &'a View<'b>,
}

impl Facts for Asking<'_, '_> {
    fn version(&self) -> lwm2m::Version {
        self.view.facts.version()
    }

    fn claims(&self, word: &str) -> bool {
        self.view.facts.claims(word)
    }

    fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
        self.view.facts.object(id, resources)
    }

    fn ixit(&self, name: &str) -> bool {
        self.view.facts.ixit(name)
    }

    fn iut(&self, seat: testcase::Seat) -> bool {
        self.view.facts.iut(seat)
    }

    fn variable(&self, name: &str) -> Option<String> {
        match self.view.lookup(name)? {
            Actual::Value(value) => Some(plain(&value)),
            other => Some(other.describe()),
        }
    }
}
