//! Over which transport and in which security modes a case is played.
//!
//! A run has one of each. A case whose subject is another one, which stands in its `requires`, is played in that, if everybody
//! claims it.

use testcase::{ExpressionNode, TestCase};

/// Transport and security of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    /// `udp` or `tcp`.
    pub transport: String,
    /// Security modes of its accounts, that of the run or of the case first.
    pub security: Vec<String>,
}

impl Mode {
    /// The mode of `case` in a run of `transport` and `security`; `claimed` says what everybody claims.
    pub fn of(
        case: &TestCase,
        transport: &str,
        security: &str,
        claimed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut words = Vec::new();
        demanded(&case.requires.node, &claimed, &mut words);
        let among = |known: &[&str]| -> Vec<String> {
            let words = words.iter().filter(|word| known.contains(&word.as_str()));
            words.cloned().collect()
        };
        let mut modes = among(MODES);
        if modes.is_empty() {
            modes.push(security.to_owned());
        }
        Self {
            transport: among(TRANSPORTS)
                .into_iter()
                .next()
                .unwrap_or_else(|| transport.to_owned()),
            security: modes,
        }
    }

    /// The mode that accounts have which print none of those at play.
    pub fn main(&self) -> &str {
        self.security.first().map_or("nosec", String::as_str)
    }

    /// Whether messages go in DTLS or TLS.
    pub fn is_secured(&self) -> bool {
        self.security
            .iter()
            .any(|mode| matches!(mode.as_str(), "psk" | "rpk" | "certificate"))
    }

    /// Whether CoAP travels over TCP.
    pub fn is_stream(&self) -> bool {
        self.transport == "tcp"
    }

    /// Whether OSCORE protects the messages.
    pub fn has_oscore(&self) -> bool {
        self.security.iter().any(|mode| mode == "oscore")
    }

    /// The scheme of its URIs (RFC 7252, 6; RFC 8323, 8).
    pub fn scheme(&self) -> &'static str {
        match (self.is_stream(), self.is_secured()) {
            (false, false) => "coap",
            (false, true) => "coaps",
            (true, false) => "coap+tcp",
            (true, true) => "coaps+tcp",
        }
    }

    /// For the record: `DTLS, PSK`.
    pub fn describe(&self) -> String {
        let below = match (self.is_stream(), self.is_secured()) {
            (false, false) => "UDP",
            (false, true) => "DTLS",
            (true, false) => "TCP",
            (true, true) => "TLS",
        };
        let modes = self.security.iter().map(|mode| match mode.as_str() {
            "nosec" => "NoSec".to_owned(),
            "certificate" => "certificate".to_owned(),
            other => other.to_uppercase(),
        });
        let modes: Vec<String> = modes.collect();
        format!("{below}, {}", modes.join(" and "))
    }
}

/// The words that have to hold: all of a conjunction, the first that is claimed of an alternative.
fn demanded(node: &ExpressionNode, claimed: &impl Fn(&str) -> bool, words: &mut Vec<String>) {
    match node {
        ExpressionNode::Word(word) => words.push(word.clone()),
        ExpressionNode::And(parts) => parts.iter().for_each(|part| demanded(part, claimed, words)),
        ExpressionNode::Or(parts) => {
            let holds = |part: &&ExpressionNode| match part {
                ExpressionNode::Word(word) => claimed(word),
                _ => false,
            };
            if let Some(part) = parts.iter().find(holds) {
                demanded(part, claimed, words);
            }
        }
        _ => {}
    }
}

/// Security modes that this build speaks.
pub const MODES: &[&str] = &["nosec", "psk", "rpk", "certificate", "oscore"];
/// Security modes that every case of a run may be played in; those that name OSCORE are played in it by themselves.
pub const MODES_OF_A_RUN: &[&str] = &["nosec", "psk", "rpk", "certificate"];
/// Transports that this build speaks.
pub const TRANSPORTS: &[&str] = &["udp", "tcp"];

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(requires: &str) -> Mode {
        let text = format!(
            "id: con-one\ntitle: One\nsource: {{document: None}}\nseats: [client]\nrequires: {requires}\ndialogue:\n  \
             - step: It registers.\n    client: {{register: {{}}}}\n    server: {{created: {{}}}}\n    criterion: A\n"
        );
        let file = |name: &str, text: &str| {
            testcase::File::new(name, format!("testcases/{name}.yaml"), text.to_owned())
        };
        let files = [
            file("con-one", &text),
            file(
                "configurations/c01",
                "configuration: C.1\ntitle: One\nvalues:\n  /3/0: {16: U}\n",
            ),
            file(
                "states/registered",
                "state: registered\ntitle: One\ndialogue:\n  - step: It starts.\n    control: {client: start}\n",
            ),
        ];
        let (library, diagnostics) = testcase::Library::load(files);
        let case = library.cases.values().next();
        let case = case.unwrap_or_else(|| panic!("{diagnostics:?}"));
        Mode::of(case, "udp", "nosec", |word| word != "psk")
    }

    #[test]
    fn a_case_is_played_in_what_it_is_about() {
        for (requires, described) in [
            ("read", "UDP, NoSec"),
            ("psk and read", "DTLS, PSK"),
            ("certificate and psk", "DTLS, certificate and PSK"),
            ("tcp", "TCP, NoSec"),
            ("tcp and psk and read", "TLS, PSK"),
            ("(psk or rpk) and read", "DTLS, RPK"),
            ("oscore", "UDP, OSCORE"),
            ("not psk", "UDP, NoSec"),
        ] {
            assert_eq!(mode(requires).describe(), described, "{requires}");
        }
    }
}
