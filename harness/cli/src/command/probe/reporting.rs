//! Asks a client for notifications, of one Resource and of several at once.

use judge::event::Sort;
use lwm2m::{Node, Path};
use runner::stage::Stage;
use testcase::Seat;

use super::ask::{Reply, ask};
use super::client::ClientProbe;
use super::found::{Found, List, Standing};
use super::management::{NOTIFIED, decide, is_number};
use crate::{Trouble, output};

impl ClientProbe<'_> {
    /// Observes a Resource, has it notify, and ends that again.
    pub(super) async fn observe(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        output::print("observe\n");
        let place = nodes.iter().find(|node| {
            node.path.object() == Some(3) && node.path.depth() == 3 && is_number(&node.value)
        });
        let place = place.or_else(|| nodes.iter().find(|node| node.path.depth() == 3));
        let Some(path) = place.map(|node| node.path) else {
            self.found.borrow_mut().open(
                List::Operations,
                "observe",
                "nothing was found to observe",
            );
            return Ok(());
        };
        let set = format!("write-attributes: {{path: {path}, pmin: 1, pmax: 2}}");
        let set = ask(self.talk, client, &set).await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Operations,
            "write-attributes",
            &set,
        );
        let reply = ask(self.talk, client, &format!("observe: {{path: {path}}}")).await?;
        let observes = reply
            .success()
            .is_some_and(|answer| answer.message.observe().is_some());
        match observes {
            true => self
                .found
                .borrow_mut()
                .claim(List::Operations, "observe", reply.evidence()),
            false => decide_but(&mut self.found.borrow_mut(), "observe", &reply),
        }
        if observes {
            let notified = move |stage: &mut Stage, _| {
                let mut events = stage.play.first().transfer().events().iter();
                let found = events.find(|event| {
                    event.from == client && matches!(event.sort, Sort::Notification(_))
                });
                found.map(judge::event::Event::frame)
            };
            let frame = self.talk.until(notified, NOTIFIED).await?;
            let standing = match frame {
                Some(frame) => Standing::Claimed(format!("frame {frame}")),
                None => Standing::Open(format!(
                    "{path} did not change, and none came within 5 s although pmax was 2 s"
                )),
            };
            self.found
                .borrow_mut()
                .note(List::Operations, "notify", standing);
            let reply = ask(
                self.talk,
                client,
                &format!("cancel-observation: {{path: {path}}}"),
            )
            .await?;
            decide(
                &mut self.found.borrow_mut(),
                List::Operations,
                "cancel-observation",
                &reply,
            );
        }
        if set.success().is_some() {
            let unset = format!("write-attributes: {{path: {path}, pmin: \"\", pmax: \"\"}}");
            ask(self.talk, client, &unset).await?;
        }
        Ok(())
    }

    /// Reads, observes and writes several Resources at once, each written as it was.
    pub(super) async fn composite(&self, client: Seat, nodes: &[Node]) -> Result<(), Trouble> {
        output::print("composite operations\n");
        let mut paths: Vec<Path> = nodes
            .iter()
            .filter_map(|node| node.path.prefix(3))
            .collect();
        paths.dedup();
        paths.truncate(2);
        let listed: Vec<String> = paths.iter().map(ToString::to_string).collect();
        let listed = listed.join(", ");
        let reply = ask(
            self.talk,
            client,
            &format!("read-composite: {{paths: [{listed}]}}"),
        )
        .await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Operations,
            "read-composite",
            &reply,
        );
        if matches!(reply, Reply::Silence) {
            let mut found = self.found.borrow_mut();
            for word in ["observe-composite", "write-composite"] {
                found.open(List::Operations, word, "read-composite was not answered");
            }
            return Ok(());
        }
        let text = format!("{{observe-composite: {{paths: [{listed}]}}, as: several}}");
        let reply = ask(self.talk, client, &text).await?;
        let observes = reply
            .success()
            .is_some_and(|answer| answer.message.observe().is_some());
        if observes {
            self.found
                .borrow_mut()
                .claim(List::Operations, "observe-composite", reply.evidence());
            let reply = ask(self.talk, client, "cancel-observation: {of: several}").await?;
            decide(
                &mut self.found.borrow_mut(),
                List::Features,
                "cancel-observation-composite",
                &reply,
            );
        } else {
            decide_but(&mut self.found.borrow_mut(), "observe-composite", &reply);
        }
        let Some((path, value)) = self.writable(nodes).await? else {
            let reason = "no writable Resource was found whose value could be written back";
            self.found
                .borrow_mut()
                .open(List::Operations, "write-composite", reason);
            return Ok(());
        };
        let text = format!("write-composite: {{node: {{{path}: {value}}}}}");
        let reply = ask(self.talk, client, &text).await?;
        decide(
            &mut self.found.borrow_mut(),
            List::Operations,
            "write-composite",
            &reply,
        );
        Ok(())
    }
}

/// The same of an operation whose plain answer is no success: an Observe that is answered like a Read.
fn decide_but(found: &mut Found, word: &str, reply: &Reply) {
    if reply.success().is_some() {
        let evidence = format!("answered without Observe: {}", reply.evidence());
        found.refused(List::Operations, word, evidence);
    } else {
        decide(found, List::Operations, word, reply);
    }
}
