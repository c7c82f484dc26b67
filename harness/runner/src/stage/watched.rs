//! What the tap has numbered, on its way through the watch to the play.

use std::net::SocketAddr;

use coap::Time;
use judge::watch::StreamPart;

use super::Stage;

impl Stage {
    /// Shows the case a datagram that the tap has just numbered.
    pub fn tapped(
        &mut self,
        time: Time,
        frame: u32,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        self.watch.datagram(time, frame, (from, to), bytes);
        self.show(time);
    }

    /// Shows the case a datagram that a relay sent once more.
    pub(crate) fn tapped_copy(
        &mut self,
        time: Time,
        frame: u32,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        self.watch.copy(time, frame, (from, to), bytes);
        self.show(time);
    }

    /// Shows the case what the tap has numbered of a TCP connection.
    pub fn tapped_stream(
        &mut self,
        time: Time,
        frame: u32,
        from: SocketAddr,
        to: SocketAddr,
        part: StreamPart<'_>,
    ) {
        self.watch.stream(time, frame, (from, to), part);
        self.show(time);
    }

    /// Shows the play what the watch has read.
    pub(super) fn show(&mut self, now: Time) {
        if self.is_relayed() {
            let unread = self.watch.unread();
            let why = unread.last().map(|session| session.why.to_string());
            let mut bridges = self.bridges.values();
            let why = why.or_else(|| bridges.find_map(|bridge| bridge.trouble(now)));
            self.play.handle_unread(why.as_deref());
        }
        while let Some(watched) = self.watch.poll() {
            let (from, to) = watched.ends;
            let seats = (self.seat_at(from), self.seat_at(to));
            self.play.handle_watched(&watched, seats);
        }
        while let Some(secret) = self.watch.poll_secret() {
            let line = transport::key_log(&secret.client_random, &secret.master);
            self.secrets.push(line);
        }
    }

    /// Takes the master secret of a session that implementations have with each other.
    pub(crate) fn tell_secret(&mut self, now: Time, client_random: [u8; 32], master: [u8; 48]) {
        self.watch.secret(client_random, master);
        let line = transport::key_log(&client_random, &master);
        self.secrets.push(line);
        self.show(now);
    }

    /// Key log lines that were not fetched before, for the capture.
    pub fn take_secrets(&mut self) -> Vec<String> {
        std::mem::take(&mut self.secrets)
    }
}
