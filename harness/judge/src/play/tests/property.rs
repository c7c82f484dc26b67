//! Anything may happen: a play never panics, comes to rest at every moment, and ends.

use std::time::Duration;

use coap::Time;
use proptest::prelude::*;
use testcase::Seat;

use super::OBSERVE;
use super::trial::Trial;
use crate::actual::Actual;
use crate::command::{Command, Outcome};

fn happenings() -> impl Strategy<Value = Vec<(u16, u8, u8, Vec<u8>)>> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..24),
        (0..4u8, 0..9usize).prop_map(|(id, which)| sample(id, which)),
    ];
    proptest::collection::vec((0..20_000u16, 0..8u8, 0..6u8, bytes), 0..40)
}

fn sample(id: u8, which: usize) -> Vec<u8> {
    let line = [
        "0 server con {} a{} GET /3/0/9 obs=0",
        "0 server con {} a{} GET /3/0/9",
        "0 client ack {} a{} 2.05 obs=1 ct=0 =5",
        "0 client non 9{} a{} 2.05 obs=2 ct=0 =5",
        "0 client con {} b{} POST /rd/1 ?lt=20",
        "0 server ack {} b{} 2.04",
        "0 client rst {} - 0.00",
        "0 client ack {} a{} 2.05 ct=0 b2=0/1/16 =aaaaaaaaaaaaaaaa",
        "0 client con {} b{} POST /rd ?ep=a b1=0/1/16 =aaaaaaaaaaaaaaaa",
    ][which];
    crate::script::sent(&line.replace("{}", &id.to_string())).bytes
}

proptest! {
    #[test]
    fn whatever_happens_a_play_comes_to_rest_and_to_an_end(all in happenings(), server in any::<bool>()) {
        let dialogue = format!("{OBSERVE}
  - step: It notifies.
    any-order:
      - client: {{notify: {{of: level}}, count: 3, gap: {{at-least: 1s, at-most: 9s}}}}
      - client: {{update: {{lifetime: 20}}, within: 9s}}
        server: {{changed: {{}}}}
    criterion: B
  - step: It shows it after a while.
    after: 2s
    server: {{show: {{values: {{/3/0/9: \"${{level.last.value}}\"}}}}}}
    criterion: C
  - step: It is so at last.
    server: {{read: {{path: /3/0/9}}}}
    client: {{content: {{}}, as: end}}
    until: {{/3/0/9: 6}}
    criterion: D
  - step: It is silent.
    client: {{silence: {{of: [any]}}, within: 5s}}
    criterion: E");
        let trial = match server {
            true => Trial::of_server(&dialogue, ""),
            false => Trial::of_client(&dialogue, ""),
        };
        let mut play = trial.begin();
        let (mut now, mut open, mut frame) = (Time::ZERO, Vec::new(), 0);
        play.handle_timeout(now);
        for (after, what, kind, bytes) in all {
            now += Duration::from_millis(u64::from(after));
            while let Some(command) = play.poll_command() {
                match command {
                    Command::Control { id, .. } | Command::Trigger { id, .. }
                    | Command::Show { id, .. } | Command::Ask { id, .. } => open.push(id),
                    _ => {}
                }
            }
            match what {
                0 => play.handle_timeout(now),
                1 | 2 if !open.is_empty() => {
                    let outcome = [
                        Outcome::Done(None),
                        Outcome::Done(Some(Actual::Absent)),
                        Outcome::Failed("x".to_owned()),
                        Outcome::NobodyToAsk,
                        Outcome::No(String::new()),
                        Outcome::Unsupported,
                    ][usize::from(kind)].clone();
                    play.handle_outcome(now, open.remove(0), outcome);
                }
                _ => {
                    frame += 1;
                    let ways = [(Seat::CLIENT, Seat::SERVER), (Seat::SERVER, Seat::CLIENT)];
                    let (from, to) = ways[usize::from(kind % 2)];
                    let source = crate::script::socket(from);
                    let bytes = &bytes;
                    play.handle_datagram(now, crate::Seen { frame, from, to, source, bytes, via: crate::Via::default() });
                }
            }
            // at rest: what is due has been done
            prop_assert!(play.is_over() || play.poll_timeout().is_none_or(|due| due > now), "{:?} at {now:?}", play.poll_timeout());
        }
        for _ in 0..1_000 {
            if play.is_over() {
                break;
            }
            while let Some(command) = play.poll_command() {
                match command {
                    Command::Control { id, .. } | Command::Trigger { id, .. }
                    | Command::Show { id, .. } | Command::Ask { id, .. } => open.push(id),
                    _ => {}
                }
            }
            for id in std::mem::take(&mut open) {
                play.handle_outcome(now, id, Outcome::Done(None));
            }
            if let Some(due) = play.poll_timeout() {
                now = now.max(due);
                play.handle_timeout(now);
            }
        }
        prop_assert!(play.is_over(), "waits for {}", play.waiting());
        prop_assert!(play.verdict() != record::Verdict::Pass);
    }
}
