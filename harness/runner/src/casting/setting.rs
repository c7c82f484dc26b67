//! What a play knows before it begins: of the run, of the case, and of who sits at the table.

use std::sync::Arc;
use std::time::Duration;

use coap::ContentFormat;
use judge::{Holder, Relay, Setting, Standing};
use testcase::{Facts, Seat, TestCase};

use super::{ANSWER_TIME, LATENCY, Run, Seating};
use crate::claims::Claims;
use crate::mode::Mode;

impl Run {
    /// What a play of `case` knows before it begins.
    pub fn setting(
        &self,
        case: &Arc<TestCase>,
        seating: &Seating,
        standing: Option<Standing>,
    ) -> Setting {
        self.setting_with(case, seating, standing, Arc::new(self.facts(case)))
    }

    /// The same, where `facts` tell what is known of implementations.
    pub(crate) fn setting_with(
        &self,
        case: &Arc<TestCase>,
        seating: &Seating,
        standing: Option<Standing>,
        facts: Arc<dyn Facts>,
    ) -> Setting {
        let told = self.told(case, seating);
        let values = self.values(case, &told);
        let holders = self
            .implementations
            .keys()
            .map(|seat| (*seat, Holder::Implementation))
            .collect();
        let relay = (!seating.relays.is_empty()).then(|| Relay {
            secured: self.mode(case).is_secured() && !self.ends_sessions(case),
            stream: self.mode(case).is_stream(),
            configured: self.is_configured(),
        });
        Setting {
            case: Arc::clone(case),
            states: self.states_to(&case.given.value),
            judged: seating.judged,
            holders,
            version: self.version,
            types: Arc::clone(&self.types),
            facts,
            formats: self.formats(),
            configuration: values,
            may_differ: self
                .library
                .configurations
                .get(&case.configuration.value)
                .map(|found| found.may_differ.clone())
                .unwrap_or_default(),
            latency: self.limit("latency", LATENCY) + self.lateness() * ROUNDS,
            delay: self.lateness(),
            answer_time: self.limit("answer-time", ANSWER_TIME) + self.repetitions(),
            as_printed: self.as_printed,
            standing,
            relay,
            told,
            hindsight: false,
        }
    }

    /// How much later an answer is because of the network.
    fn lateness(&self) -> Duration {
        let delay = self.weather.as_ref().map(|weather| weather.delay);
        delay.unwrap_or_default() * 2
    }

    /// How long a message may have to be sent again until it comes through.
    fn repetitions(&self) -> Duration {
        let loses = self
            .weather
            .as_ref()
            .is_some_and(|weather| weather.loss > 0);
        if loses {
            MAX_TRANSMIT_SPAN
        } else {
            Duration::ZERO
        }
    }

    /// Whether two implementations are at the table, so that a relay stands between them.
    pub fn is_pair(&self) -> bool {
        self.implementations.len() > 1
    }

    /// Whether the client of a pair is started with the certificate of the harness, in which a name stands.
    pub(crate) fn hands_out_certificate(&self, mode: &Mode) -> bool {
        self.is_pair() && mode.main() == "certificate" && self.hands_out("keys.client.certificate")
    }

    /// Whether a client is started under a name that it is told.
    pub(crate) fn hands_out_name(&self) -> bool {
        self.hands_out("client.endpoint")
    }

    fn hands_out(&self, name: &str) -> bool {
        let client = self.implementations.get(&Seat::CLIENT);
        client.is_some_and(|client| client.given.contains(name))
    }

    /// Whether the client holds the values of the configuration from the start.
    fn is_configured(&self) -> bool {
        let client = self.implementations.get(&Seat::CLIENT);
        client.is_none_or(|client| client.emulated)
    }

    /// Content-Formats of the client; with a pair those that every implementation claims.
    fn formats(&self) -> Vec<ContentFormat> {
        let client = self.implementations.get(&Seat::CLIENT);
        let mut formats = client.map_or_else(
            || Claims::of_emulators(self.version).formats(),
            |client| client.claims.formats(),
        );
        if client.is_some() {
            for other in self.implementations.values() {
                let known = other.claims.formats();
                formats.retain(|format| known.contains(format));
            }
        }
        formats
    }
}

/// From the first time that a message is sent to the last (RFC 7252, 4.8.2).
const MAX_TRANSMIT_SPAN: Duration = Duration::from_secs(45);
/// What one step may take of the network's delays: there and back for a block, a flight of a handshake, and a message of its own.
const ROUNDS: u32 = 4;
