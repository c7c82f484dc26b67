//! What reads along: its secrets, and plays from captures.

use std::sync::Arc;

use coap::Time;
use judge::actual::Actual;
use judge::watch::Watch;
use judge::{Play, Standing};
use testcase::{Role, TestCase};

use super::{Run, Seating};
use crate::keyring::{self, Values};
use crate::keys;

impl Run {
    /// A watch that knows what is protected, and with what.
    pub(super) fn watch(
        &self,
        case: &TestCase,
        seating: &Seating,
        accounts: &[Values],
        told: &[(String, Actual)],
    ) -> Watch {
        let mut watch = Watch::default();
        let mode = self.mode(case);
        if mode.is_secured() {
            for (seat, address) in &seating.addresses {
                if matches!(seat.role, Role::Server | Role::BootstrapServer) {
                    watch.guard(*address);
                }
            }
        }
        for (own, other) in &seating.ends {
            watch.stand_in(*own, *other);
        }
        if !seating.relays.is_empty() {
            let held = accounts.iter().flat_map(|values| keyring::psks(values));
            for (identity, key) in keys::pre_shared(told).into_iter().chain(held) {
                watch.psk(&identity, &key);
            }
        }
        if mode.has_oscore() {
            for (_, context) in accounts.iter().flat_map(|values| keyring::contexts(values)) {
                // what OSCORE does not take protects nothing, and nothing of it can be read
                let _ = watch.context(&context);
            }
        }
        watch
    }

    /// A play of `case` in hindsight, with a watch that knows its secrets but those of sessions.
    pub fn in_hindsight(
        &self,
        case: &Arc<TestCase>,
        seating: &Seating,
        standing: Option<Standing>,
    ) -> (Play, Watch) {
        let mut setting = self.setting(case, seating, standing);
        setting.hindsight = true;
        let accounts = self.accounts(case, &setting.told, &setting.configuration);
        let watch = self.watch(case, seating, &accounts, &setting.told);
        let mut play = Play::new(setting);
        if let Some(weather) = &self.weather {
            // a capture does not tell what came of what passed
            play.handle_weather(
                Time::ZERO,
                "some of it may be lost",
                &format!("--impair {weather}"),
            );
        }
        (play, watch)
    }
}
