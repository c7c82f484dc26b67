//! The set-up of a client under test: what its configuration names is read, and set where it differs (notation, 6).
//!
//! Nothing here is judged. What cannot be reached is said, and stops the case only where the case leans on it.

use std::collections::VecDeque;

use coap::{Code, ContentFormat, Time};
use lwm2m::operation::{Read, Write, WriteMode};
use lwm2m::{Operation, Path, Value};
use record::{Remark, Verdict};
use testcase::{Form, Matcher, ScalarKind, Seat, Step, Test, Word};

use super::Play;
use super::sequence::Stage;
use crate::actual::Actual;
use crate::command::{Command, CommandId, Request};
use crate::event::{Event, Sort};
use crate::fields::Fields;
use crate::pattern::{Scope, plain};

/// The set-up under way.
pub(super) struct Setup {
    tasks: VecDeque<Task>,
    current: Option<(Task, Time, usize)>,
    compared: bool,
    /// Whether anything was asked of the client.
    asked: bool,
    /// What differs and could not be set: path, value of the configuration, value of the client.
    unmet: Vec<(Path, Value, Option<Value>)>,
    /// The trigger of the current task, if the server is an implementation too.
    told: Option<CommandId>,
    /// Object Instances that the client did not create.
    refused: Vec<Path>,
}

#[derive(Clone, Debug, PartialEq)]
enum Task {
    Read(Path),
    Write(Path, Value),
    /// An Object Instance that the client has the Object for, but not yet.
    Create(Path),
    /// After the Write whose request is the event before this one.
    AwaitUpdate(usize),
}

/// How one task stands.
enum State {
    Waits(Time),
    Ended,
}

impl Setup {
    /// The set-up that a case needs; `None` if the harness plays the client, or the client is not registered.
    pub(super) fn of(play: &Play) -> Option<Self> {
        let setting = &play.setting;
        let by_server = setting.relay.is_some_and(|relay| !relay.configured);
        if !setting.tested(Seat::CLIENT) || setting.tested(Seat::SERVER) && !by_server {
            return None;
        }
        let registered = play.registered_instances();
        if registered.is_empty() || setting.case.given.value != "registered" {
            return None;
        }
        let mut tasks: VecDeque<Task> = play
            .missing_instances(&registered)
            .into_iter()
            .map(Task::Create)
            .collect();
        for (path, _) in &setting.configuration {
            let Some(instance) = play.real_path(path).and_then(|path| path.prefix(2)) else {
                continue;
            };
            let task = Task::Read(instance);
            if registered.contains(&instance) && !tasks.contains(&task) {
                tasks.push_back(task);
            }
        }
        Some(Self {
            tasks,
            current: None,
            compared: false,
            asked: false,
            told: None,
            unmet: Vec::new(),
            refused: Vec::new(),
        })
    }
}

impl Play {
    /// Goes on with the set-up; `false` while it waits.
    pub(super) fn advance_setup(&mut self, mut setup: Box<Setup>, now: Time) -> bool {
        loop {
            if let Some((task, since, first)) = setup.current.clone() {
                match self.task_state(&mut setup, &task, since, first, now) {
                    State::Waits(until) => {
                        self.wake = Some(until);
                        self.stage = Stage::Setup(setup);
                        return false;
                    }
                    State::Ended => setup.current = None,
                }
            }
            match setup.tasks.pop_front() {
                Some(task) => {
                    let first = self.transfer.events().len();
                    setup.told = self.begin_task(&task, now);
                    setup.asked = true;
                    setup.current = Some((task, now, first));
                }
                None if !setup.compared => self.compare_setup(&mut setup),
                None => break,
            }
        }
        self.end_setup(&setup, now);
        true
    }

    /// Has the server send what the task needs; the trigger, if the server is an implementation.
    fn begin_task(&mut self, task: &Task, now: Time) -> Option<CommandId> {
        let operation: Operation = match task {
            Task::Read(path) => Read::new(*path, Some(self.setup_format())).into(),
            Task::Write(path, value) => self.setup_write(*path, value)?.into(),
            Task::Create(path) => self.setup_create(*path)?.into(),
            Task::AwaitUpdate(_) => return None,
        };
        let request = Request {
            operation,
            kind: None,
            token: None,
            options: Vec::new(),
            datagram: None,
            block_size: None,
            forgets: false,
        };
        if self.setting.tested(Seat::SERVER) {
            return Some(self.trigger_set_up(request, now));
        }
        self.tell(Command::Perform {
            seat: Seat::SERVER,
            to: Seat::CLIENT,
            request: Box::new(request),
        });
        None
    }

    fn setup_write(&self, path: Path, value: &Value) -> Option<Write> {
        let typed = self
            .setting
            .types
            .resource_at(&path)
            .map(|definition| crate::template::typed(value, definition.value_type));
        let nodes = [lwm2m::Node::new(
            path,
            typed.unwrap_or_else(|| value.clone()),
        )];
        let formats = [
            ContentFormat::TEXT,
            ContentFormat::TLV,
            ContentFormat::SENML_CBOR,
            ContentFormat::SENML_JSON,
        ];
        let format = formats
            .into_iter()
            .find(|format| self.setting.formats.contains(format))?;
        Write::of_nodes(
            path,
            WriteMode::Replace,
            format,
            &nodes,
            &*self.setting.types,
        )
        .ok()
    }

    pub(super) fn setup_format(&self) -> ContentFormat {
        let wanted = [
            ContentFormat::TLV,
            ContentFormat::SENML_CBOR,
            ContentFormat::SENML_JSON,
            ContentFormat::LWM2M_JSON,
        ];
        wanted
            .into_iter()
            .find(|format| self.setting.formats.contains(format))
            .unwrap_or(ContentFormat::TLV)
    }

    fn task_state(
        &mut self,
        setup: &mut Setup,
        task: &Task,
        since: Time,
        first: usize,
        now: Time,
    ) -> State {
        let limit = since + self.setting.answer_time + self.setting.latency;
        let first = match task {
            // it may overtake the answer to the Write
            Task::AwaitUpdate(first) => *first,
            _ => first,
        };
        let request = (first..self.transfer.events().len()).find(|index| {
            self.transfer
                .event(*index)
                .is_some_and(|event| is_of_task(event.operation(), task))
        });
        let done = match task {
            Task::AwaitUpdate(_) => request,
            _ => request.and_then(|request| self.transfer.answer_to(request)),
        };
        if let Some(request) = request {
            self.transfer.claim(request);
            self.ledger.window = self.ledger.window.max(request + 1);
        }
        if let Some(done) = done {
            self.transfer.claim(done);
            self.take_result(setup, task, done);
            return State::Ended;
        }
        let (over, limit) = match self.has_no_stimulus(setup.told, now) {
            Ok(none) if request.is_none() => (none || now >= limit, limit),
            Err(later) if request.is_none() => (false, later),
            _ => (now >= limit, limit),
        };
        if over {
            if let Task::Write(path, value) = task {
                setup
                    .unmet
                    .push((*path, value.clone(), self.ledger.values.get(path).cloned()));
            }
            if let Task::Create(path) = task {
                setup.refused.push(*path);
            }
            self.setup_remark(format!("set-up: no answer to {}", task_text(task)));
            return State::Ended;
        }
        State::Waits(limit)
    }

    fn take_result(&mut self, setup: &mut Setup, task: &Task, index: usize) {
        let Some(event) = self.transfer.event(index).cloned() else {
            return;
        };
        let Some(message) = &event.message else {
            return;
        };
        match task {
            Task::Read(path) => {
                let fields = Fields {
                    transfer: &self.transfer,
                    types: &self.setting.types,
                };
                match fields.nodes(&event, message) {
                    Ok(nodes) if message.code == Code::CONTENT => {
                        self.ledger
                            .values
                            .extend(nodes.into_iter().map(|node| (node.path, node.value)));
                    }
                    Ok(_) => self
                        .setup_remark(format!("set-up: Read {path} was answered {}", message.code)),
                    Err(reason) => self.setup_remark(format!("set-up: Read {path}: {reason}")),
                }
            }
            Task::Write(path, value) => {
                if message.code == Code::CHANGED && self.was_written(&event, path, value) {
                    self.ledger.values.insert(*path, value.clone());
                    if path.object() == Some(1) && matches!(path.resource(), Some(1 | 7)) {
                        setup
                            .tasks
                            .push_front(Task::AwaitUpdate(after(&event, index)));
                    }
                } else {
                    setup
                        .unmet
                        .push((*path, value.clone(), self.ledger.values.get(path).cloned()));
                    self.setup_remark(format!(
                        "set-up: Write {path} was answered {}",
                        message.code
                    ));
                }
            }
            Task::Create(path) if message.code == Code::CREATED => {
                // whether an Update follows is nobody's business here
                setup.tasks.push_front(Task::Read(*path));
            }
            Task::Create(path) => {
                setup.refused.push(*path);
                self.setup_remark(format!(
                    "set-up: Create {path} was answered {}",
                    message.code
                ));
            }
            Task::AwaitUpdate(_) => {}
        }
    }

    /// Finds what differs from the configuration; what can be written is written.
    fn compare_setup(&mut self, setup: &mut Setup) {
        setup.compared = true;
        self.bind_instances();
        for (path, wanted) in self.setting.configuration.clone() {
            let Some(real) = self.real_path(&path).filter(|_| wanted != Value::Nothing) else {
                // what has no value, such as an executable Resource, no Read can show
                continue;
            };
            let instance = real.prefix(2).unwrap_or(real);
            let was_read = self
                .ledger
                .values
                .keys()
                .any(|known| instance.contains(known));
            let actual = self.ledger.values.get(&real).cloned();
            let same = actual.as_ref().is_some_and(|actual| equal(actual, &wanted));
            if same || real.object() == Some(0) {
                continue;
            }
            if !was_read {
                // only what the case insists on is missed
                let leans = || self.setting.relay.is_some() && self.leans_on(&real, &wanted);
                if self.insists_on(&real) || leans() {
                    setup.unmet.push((real, wanted, None));
                }
                continue;
            }
            let definition = self.setting.types.resource_at(&real);
            let writable = definition.is_some_and(|definition| definition.operations.write)
                && real.depth() == 3;
            let may_differ = self.may_differ(&path);
            if writable && !may_differ {
                setup.tasks.push_back(Task::Write(real, wanted));
            } else {
                setup.unmet.push((real, wanted, actual));
            }
        }
    }

    /// Whether the configuration leaves the value at `path` to the client.
    fn may_differ(&self, path: &Path) -> bool {
        let mut left = self.setting.may_differ.iter();
        left.any(|known| known.contains(path))
    }

    fn end_setup(&mut self, setup: &Setup, now: Time) {
        self.bind_account_and_device();
        if setup.compared && setup.asked {
            // what came while the client was set up belongs to no step
            self.ledger.window = self.transfer.events().len();
        }
        self.ledger.dialogue_window = self.ledger.window.max(self.ledger.dialogue_window);
        self.ledger.window = self.ledger.dialogue_window;
        self.stage = Stage::Dialogue(0);
        if let Some((path, has, needs)) = self.miscounted().filter(|_| setup.compared) {
            let reason =
                format!("the client has {has} instances of {path}, the case needs {needs}");
            return self.give_up(&reason, now);
        }
        let lacking = setup.refused.iter().find(|path| self.concerns(path));
        if let Some(path) = lacking {
            let reason = format!("the client does not create {path}, which the case needs");
            return self.give_up(&reason, now);
        }
        for (path, wanted, actual) in &setup.unmet {
            let actual = actual
                .as_ref()
                .map_or_else(|| NOTHING.to_owned(), ToString::to_string);
            if self.leans_on(path, wanted) {
                let reason = format!("the client has {path} = {actual}, the case needs {wanted}");
                let reason = match self.setting.relay {
                    Some(_) if actual == NOTHING => format!(
                        "the case needs {path} = {wanted}, and nothing shows what the client has"
                    ),
                    _ => reason,
                };
                return self.give_up(&reason, now);
            }
            if !self.may_differ(path) {
                self.setup_remark(format!(
                    "{path} is {actual}, not {wanted} as configuration {} has it",
                    self.setting.case.configuration.value
                ));
            }
        }
    }

    /// Why the client, which is only started within the case, cannot have what the case insists on.
    pub(super) fn told_otherwise(&self) -> Option<String> {
        let bootstraps = self
            .setting
            .case
            .participants()
            .contains(&Seat::BOOTSTRAP_SERVER);
        if !self.setting.tested(Seat::CLIENT) || bootstraps || self.registers() {
            return None;
        }
        VALUES.iter().find_map(|(name, instance, resource)| {
            let path = instance.child(*resource)?;
            let wanted = self.setting.configuration.iter().find(|(known, _)| *known == path);
            let (_, wanted) = wanted.filter(|_| self.insists_on_one(&path))?;
            let told = self.setting.told.iter().find(|(known, _)| known == name);
            let Actual::Value(told) = &told?.1 else {
                return None;
            };
            let differs = !equal(told, wanted);
            differs.then(|| format!("the client has {name} = {told}, the case needs {wanted}, and its profile hands no {name} over"))
        })
    }

    /// Whether the client registers on the way to the case, so that its values can be read and written first.
    fn registers(&self) -> bool {
        let steps = self.setting.states.iter().flat_map(|state| &state.dialogue);
        let mut lines = steps.flat_map(|step| &step.lines);
        lines.any(|line| line.word.value == Word::Register)
    }

    /// Ends a case whose configuration the client does not have.
    pub(super) fn give_up(&mut self, reason: &str, now: Time) {
        self.ledger.force(Verdict::Inconclusive, reason);
        self.list_rest(now, false);
        self.finish(now);
    }

    /// Whether the case names this value itself, in `with` or as a literal of its dialogue.
    fn leans_on(&self, path: &Path, wanted: &Value) -> bool {
        self.insists_on(path)
            || self.setting.case.dialogue.iter().any(|step| {
                literals(step)
                    .into_iter()
                    .any(|(key, matcher)| self.names(key, path) && is_literal(matcher, wanted))
            })
    }

    /// A Resource whose `dim` the case asks for, which has another number of instances here: how many, and how many it should.
    fn miscounted(&self) -> Option<(Path, usize, usize)> {
        let values = &self.setting.configuration;
        let steps = self.setting.case.dialogue.iter().flat_map(literals);
        let counted = steps.filter(|(_, matcher)| asks_for_dim(matcher));
        let mut resources = counted.flat_map(|(key, _)| {
            let paths = values.iter().filter(|(path, _)| path.depth() == 4);
            let resources = paths.filter_map(|(path, _)| path.prefix(3));
            resources.filter(move |resource| self.names(key, resource))
        });
        resources.find_map(|resource| {
            let needs = values.iter().filter(|(path, _)| resource.contains(path));
            let has = self.ledger.values.keys();
            let has = has.filter(|path| path.depth() == 4 && resource.contains(path));
            let (has, needs) = (has.count(), needs.count());
            (has > 0 && has != needs).then_some((resource, has, needs))
        })
    }

    /// Whether `with` names this value.
    fn insists_on(&self, path: &Path) -> bool {
        let values = &self.setting.case.with.values;
        values.iter().any(|entry| self.names(&entry.key, path))
    }

    /// Whether `with` names this value and allows no other.
    fn insists_on_one(&self, path: &Path) -> bool {
        let entries = self.setting.case.with.values.iter();
        let mut named = entries.filter(|entry| self.names(&entry.key, path));
        named.any(|entry| match &entry.matcher.form {
            Form::Scalar(_) => true,
            Form::Tests(tests) => tests.iter().any(|test| matches!(test, Test::Is(_))),
            _ => false,
        })
    }

    fn names(&self, key: &testcase::Text, path: &Path) -> bool {
        let text = match self.view(&[], false).resolve(key) {
            Ok(Actual::Value(value)) => plain(&value),
            _ => return false,
        };
        crate::path_pattern::PathPattern::parse(&text).is_some_and(|pattern| pattern.fits(path))
    }

    /// `account.*` and `device.*` from what was read (notation, 5).
    fn bind_account_and_device(&mut self) {
        let account = self.real_path(&ACCOUNT).unwrap_or(ACCOUNT);
        for (name, base, resource) in VALUES {
            let instance = if base.object() == Some(1) {
                account
            } else {
                **base
            };
            let Some(path) = instance.child(*resource) else {
                continue;
            };
            if let Some(value) = self.ledger.values.get(&path) {
                self.variables.set(*name, Actual::Value(value.clone()));
            }
        }
    }

    fn registered_instances(&self) -> Vec<Path> {
        match self.view(&[], false).lookup("registration.objects") {
            Some(Actual::Links(links)) => crate::links::paths(&links),
            _ => Vec::new(),
        }
    }

    /// A path of the configuration on this client: the account's instance is the one that is registered.
    fn real_path(&self, path: &Path) -> Option<Path> {
        if path.object() != Some(1) || path.instance() != Some(0) {
            return Some(*path);
        }
        let accounts: Vec<Path> = self
            .registered_instances()
            .into_iter()
            .filter(|found| found.object() == Some(1) && found.depth() == 2)
            .collect();
        let instance = match accounts.as_slice() {
            [only] => only.instance()?,
            _ => 0,
        };
        let mut ids = path.ids().to_vec();
        *ids.get_mut(1)? = instance;
        Path::new(&ids)
    }

    fn setup_remark(&mut self, text: String) {
        self.ledger.remarks.push(Remark {
            text,
            seat: Some(Seat::CLIENT.to_string()),
            frame: None,
            rule: None,
            clause: None,
        });
    }
}

/// The first event that may follow from the request that `event` answers.
fn after(event: &Event, index: usize) -> usize {
    match event.sort {
        Sort::Response(of) => of + 1,
        _ => index,
    }
}

fn is_of_task(operation: Option<&Operation>, task: &Task) -> bool {
    match (operation, task) {
        (Some(Operation::Read(read)), Task::Read(path)) => read.path == *path,
        (Some(Operation::Write(write)), Task::Write(path, _)) => write.path == *path,
        (Some(Operation::Create(create)), Task::Create(path)) => {
            path.prefix(1) == Some(create.path)
        }
        (Some(Operation::Update(_)), Task::AwaitUpdate(_)) => true,
        _ => false,
    }
}

fn task_text(task: &Task) -> String {
    match task {
        Task::Read(path) => format!("Read {path}"),
        Task::Write(path, value) => format!("Write {path} = {value}"),
        Task::Create(path) => format!("Create {path}"),
        Task::AwaitUpdate(_) => "the Write with an Update".to_owned(),
    }
}

/// Paths with matchers that a step's answers and checks judge.
fn literals(step: &Step) -> Vec<(&testcase::Text, &Matcher)> {
    let mut found = Vec::new();
    let answers = step.lines.iter().filter(|line| line.seat == Seat::CLIENT);
    let maps = answers
        .flat_map(|line| line.fields.iter().map(|one| &one.matcher))
        .chain(step.checks.iter().map(|check| &check.matcher));
    for matcher in maps {
        if let Form::Map(entries) = &matcher.form {
            found.extend(entries.iter().map(|entry| (&entry.key, &entry.matcher)));
        }
    }
    found.extend(read_value(step));
    found.extend(step.group.iter().flat_map(literals));
    found
}

/// The path that a step reads, with the demand on its `value`.
fn read_value(step: &Step) -> Option<(&testcase::Text, &Matcher)> {
    let request = super::advance::request_line(step)?;
    let path = crate::template::own_value(crate::template::field(request, "path")?)?;
    let answer = super::advance::answer_line(step)?;
    match &path.kind {
        ScalarKind::Text(text) => Some((text, crate::template::field(answer, "value")?)),
        _ => None,
    }
}

/// Whether a matcher of a link demands how many instances there are (Core TS 1.2.2, 7.3.1).
fn asks_for_dim(matcher: &Matcher) -> bool {
    let Form::Tests(tests) = &matcher.form else {
        return false;
    };
    tests
        .iter()
        .any(|test| matches!(test, Test::Parameter(name, _) if name == "dim"))
}

/// Whether a matcher demands just the configuration's value.
fn is_literal(matcher: &Matcher, wanted: &Value) -> bool {
    let scalar = match &matcher.form {
        Form::Scalar(scalar) => scalar,
        Form::Tests(tests) => match tests.iter().find_map(|test| match test {
            Test::Is(scalar) => Some(scalar),
            _ => None,
        }) {
            Some(scalar) => scalar,
            None => return false,
        },
        _ => return false,
    };
    match &scalar.kind {
        ScalarKind::Integer(number) => equal(&Value::Integer(*number), wanted),
        ScalarKind::Float(number) => equal(&Value::Float(*number), wanted),
        ScalarKind::Boolean(truth) => equal(&Value::Boolean(*truth), wanted),
        ScalarKind::Bytes(bytes) => equal(&Value::Opaque(bytes.clone()), wanted),
        ScalarKind::Text(text) => text
            .as_literal()
            .is_some_and(|text| equal(&Value::String(text.to_owned()), wanted)),
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    crate::equality::same_value(left, right)
}

/// What is said of a value that was not read.
const NOTHING: &str = "nothing";
/// The account of the first server in a configuration.
const ACCOUNT: Path = Path::object_instance(1, 0);
/// The Device Object Instance.
const DEVICE: Path = Path::object_instance(3, 0);

/// Variables that are values of the client: name, Object Instance, Resource.
const VALUES: &[(&str, &Path, u16)] = &[
    ("account.short-server-id", &ACCOUNT, 0),
    ("account.lifetime", &ACCOUNT, 1),
    ("account.binding", &ACCOUNT, 7),
    ("device.manufacturer", &DEVICE, 0),
    ("device.model", &DEVICE, 1),
    ("device.serial", &DEVICE, 2),
    ("device.firmware-version", &DEVICE, 3),
    ("device.binding", &DEVICE, 16),
];
