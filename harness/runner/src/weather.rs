//! What the network does to datagrams by chance: `--impair loss=5%,delay=200ms,dup=1%,reorder=2%,rebind=30s,seed=7`.
//!
//! The fate of a datagram follows from the seed, the case, the two seats, and its number between them: a repeated run meets the
//! same. Sans-IO. Streams are left alone: TCP makes good what a network does.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use coap::Time;
use testcase::Seat;

/// What a run asks of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Datagrams that are lost, of 10,000.
    pub loss: u32,
    /// Datagrams that come twice, of 10,000.
    pub dup: u32,
    /// Datagrams that later ones overtake, of 10,000.
    pub reorder: u32,
    /// How late each datagram is.
    pub delay: Duration,
    /// After which time clients come from another address, again and again; only a relay can do it.
    pub rebind: Option<Duration>,
    /// What chance follows from; `None` as long as nobody has chosen.
    pub seed: Option<u64>,
}

/// Why a text asks for nothing that the network could do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WeatherMistake(String);

impl FromStr for Weather {
    type Err = WeatherMistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut weather = Self::default();
        let mut known: Vec<&str> = Vec::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim(), value.trim());
            if known.contains(&name) {
                return Err(WeatherMistake(format!("\"{name}\" stands there twice")));
            }
            known.push(name);
            match name {
                "loss" => weather.loss = share(name, value)?,
                "dup" => weather.dup = share(name, value)?,
                "reorder" => weather.reorder = share(name, value)?,
                "delay" => weather.delay = time(name, value, LATEST)?,
                "rebind" => weather.rebind = Some(time(name, value, Duration::from_secs(86_400))?),
                "seed" => {
                    let seed = value.parse().map_err(|_| {
                        WeatherMistake(format!("seed={value}: a whole number below 2^64 is wanted"))
                    })?;
                    weather.seed = Some(seed);
                }
                _ => {
                    let names = "loss, delay, dup, reorder, rebind, seed";
                    return Err(WeatherMistake(format!("\"{name}\" is none of {names}")));
                }
            }
        }
        if weather.loss + weather.dup + weather.reorder > WHOLE {
            let text = "loss, dup and reorder are more than 100% together";
            return Err(WeatherMistake(text.to_owned()));
        }
        Ok(weather)
    }
}

fn share(name: &str, value: &str) -> Result<u32, WeatherMistake> {
    let mistake = || {
        WeatherMistake(format!(
            "{name}={value}: a share from 0% to 100% is wanted, with at most two decimals: 5%, 0.25%"
        ))
    };
    let number = value.strip_suffix('%').ok_or_else(mistake)?;
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || rest.len() > 2 || !digits(whole) || !digits(rest) {
        return Err(mistake());
    }
    let parts: u32 = format!("{whole}{rest:0<2}")
        .parse()
        .map_err(|_| mistake())?;
    (parts <= WHOLE).then_some(parts).ok_or_else(mistake)
}

fn time(name: &str, value: &str, most: Duration) -> Result<Duration, WeatherMistake> {
    let mistake = || {
        let most = shown_time(most);
        WeatherMistake(format!(
            "{name}={value}: a time above 0 and up to {most} is wanted: 200ms, 30s, 2m"
        ))
    };
    let at = value
        .find(|c: char| !c.is_ascii_digit())
        .ok_or_else(mistake)?;
    let (number, unit) = value.split_at(at);
    let number: u64 = number.parse().map_err(|_| mistake())?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(mistake()),
    };
    let time = number.checked_mul(unit).map(Duration::from_millis);
    time.filter(|time| !time.is_zero() && *time <= most)
        .ok_or_else(mistake)
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (name, share) in [
            ("loss", self.loss),
            ("dup", self.dup),
            ("reorder", self.reorder),
        ] {
            if share > 0 {
                let (whole, rest) = (share / 100, share % 100);
                let rest = format!(".{rest:02}");
                parts.push(format!(
                    "{name}={whole}{}%",
                    rest.trim_end_matches(['0', '.'])
                ));
            }
        }
        if !self.delay.is_zero() {
            parts.push(format!("delay={}", shown_time(self.delay)));
        }
        if let Some(rebind) = self.rebind {
            parts.push(format!("rebind={}", shown_time(rebind)));
        }
        if let Some(seed) = self.seed {
            parts.push(format!("seed={seed}"));
        }
        f.write_str(&parts.join(","))
    }
}

fn shown_time(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}

/// The network of one case.
#[derive(Debug)]
pub(crate) struct Gusts {
    weather: Weather,
    seed: u64,
    /// How many datagrams have gone from a seat to another.
    gone: BTreeMap<(Seat, Seat), u64>,
    /// What the tap has not seen yet.
    late: Parcels,
    held: Parcels,
    counter: u64,
    rebinds: Option<Time>,
}

/// By the time at which they go on.
type Parcels = BTreeMap<(Time, u64), Parcel>;

/// A datagram that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) way: Way,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
    /// Whether it has gone on once already.
    pub(crate) again: bool,
}

/// What is done with a parcel when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One of ours is sent.
    Send,
    /// One that came is given to the emulator that it is for.
    Deliver,
    /// One that a relay holds goes on.
    Forward,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It comes as it should.
    Comes,
    /// It does not come.
    Lost,
    /// It comes twice.
    Twice,
    /// Others may come before it.
    Overtaken,
}

impl Fate {
    /// What is said of it, in the capture and in the ladder.
    pub(crate) const fn said(self) -> Option<&'static str> {
        match self {
            Self::Comes => None,
            Self::Lost => Some("lost"),
            Self::Twice => Some("doubled"),
            Self::Overtaken => Some("held back"),
        }
    }
}

impl Parcel {
    /// A datagram that has not gone on yet.
    pub(crate) fn first(way: Way, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) -> Self {
        Self {
            way,
            from,
            to,
            bytes,
            again: false,
        }
    }
}

impl Gusts {
    /// The network of this case, with everything before it.
    pub(crate) fn of(weather: &Weather, case: &str) -> Self {
        let chosen = weather.seed.unwrap_or(0);
        let seed = case
            .bytes()
            .fold(mixed(chosen), |hash, byte| mixed(hash ^ u64::from(byte)));
        Self {
            weather: weather.clone(),
            seed,
            gone: BTreeMap::new(),
            late: Parcels::new(),
            held: Parcels::new(),
            counter: 0,
            rebinds: None,
        }
    }

    /// Makes a datagram late, before the tap sees it; gives it back if it need not be.
    pub(crate) fn defer(&mut self, now: Time, parcel: Parcel) -> Option<Parcel> {
        if self.weather.delay.is_zero() {
            return Some(parcel);
        }
        self.counter += 1;
        let due = now + self.weather.delay;
        self.late.insert((due, self.counter), parcel);
        None
    }

    /// What was late and passes the tap now.
    pub(crate) fn poll_late(&mut self, now: Time) -> Option<Parcel> {
        due(&mut self.late, now)
    }

    /// How the next datagram between two seats fares; what is to come of it is held until its time.
    pub(crate) fn take(&mut self, now: Time, (from, to): (Seat, Seat), parcel: Parcel) -> Fate {
        let number = self.gone.entry((from, to)).or_default();
        *number += 1;
        let seats = format!("{from} {to} {number}");
        let chance = seats
            .bytes()
            .fold(self.seed, |hash, byte| mixed(hash ^ u64::from(byte)));
        let drawn = u32::try_from(chance % u64::from(WHOLE)).unwrap_or(0);
        let Weather {
            loss, dup, reorder, ..
        } = self.weather;
        if drawn < loss {
            return Fate::Lost;
        }
        if drawn < loss + dup {
            let copy = Parcel {
                again: true,
                ..parcel.clone()
            };
            self.hold(now, parcel);
            self.hold(now + GAP, copy);
            return Fate::Twice;
        }
        if drawn < loss + dup + reorder {
            self.hold(now + GAP, parcel);
            return Fate::Overtaken;
        }
        self.hold(now, parcel);
        Fate::Comes
    }

    /// What goes on now.
    pub(crate) fn poll(&mut self, now: Time) -> Option<Parcel> {
        due(&mut self.held, now)
    }

    /// When the next goes on, or clients come from elsewhere.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let next = |parcels: &Parcels| parcels.keys().next().map(|(due, _)| *due);
        [next(&self.held), next(&self.late), self.rebinds]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether clients come from another address from now on.
    pub(crate) fn rebinds(&mut self, now: Time) -> bool {
        let Some(period) = self.weather.rebind else {
            return false;
        };
        let due = *self.rebinds.get_or_insert(now + period);
        if due > now {
            return false;
        }
        self.rebinds = Some(now + period);
        true
    }

    /// Said of what it has done: `(--impair, seed 7)`.
    pub(crate) fn source(&self) -> String {
        format!("--impair, seed {}", self.weather.seed.unwrap_or(0))
    }

    fn hold(&mut self, due: Time, parcel: Parcel) {
        self.counter += 1;
        self.held.insert((due, self.counter), parcel);
    }
}

/// The first of these whose time has come.
fn due(parcels: &mut Parcels, now: Time) -> Option<Parcel> {
    let first = parcels.first_entry()?;
    (first.key().0 <= now).then(|| first.remove())
}

/// One step of SplitMix64: numbers that look like chance, the same everywhere.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// All of them.
const WHOLE: u32 = 10_000;
/// How much later a copy comes, and what is to be overtaken.
const GAP: Duration = Duration::from_millis(100);
/// The latest that a datagram may be: a handshake and the exchange that waits for it, four times there and back, take less than
/// a message takes to be sent again (RFC 7252, 4.8: 2 s).
const LATEST: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(mark: u8) -> Parcel {
        let address = SocketAddr::from(([127, 0, 0, 1], 5683));
        Parcel {
            way: Way::Send,
            from: address,
            to: address,
            bytes: vec![mark],
            again: false,
        }
    }

    #[test]
    fn texts_are_read_and_shown() {
        for text in [
            "loss=5%,dup=1%,reorder=2%,delay=200ms,rebind=30s,seed=7",
            "loss=0.25%",
            "dup=100%",
            "loss=12.5%,seed=18446744073709551615",
        ] {
            let weather: Weather = text.parse().expect(text);
            assert_eq!(weather.to_string(), text);
        }
        assert_eq!(
            "delay=1m".parse::<Weather>().unwrap_err().to_string(),
            "delay=1m: a time above 0 and up to 250ms is wanted: 200ms, 30s, 2m"
        );
        for (text, part) in [
            ("", "\"\" is none of loss, delay"),
            ("los=5%", "\"los\" is none of loss, delay"),
            ("loss=5", "a share from 0% to 100%"),
            ("loss=101%", "a share from 0% to 100%"),
            ("loss=-1%", "a share from 0% to 100%"),
            ("loss=1.234%", "at most two decimals"),
            ("loss=%", "a share from 0% to 100%"),
            ("loss=60%,dup=50%", "more than 100% together"),
            ("loss=1%,loss=2%", "\"loss\" stands there twice"),
            ("delay=0s", "a time above 0"),
            ("delay=99999999999999999999s", "a time above 0"),
            ("rebind=x", "a time above 0"),
            ("seed=-1", "a whole number"),
        ] {
            let error = text.parse::<Weather>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    /// How a thousand datagrams fare.
    fn fates(text: &str, case: &str) -> Vec<Fate> {
        let weather: Weather = text.parse().expect(text);
        let mut gusts = Gusts::of(&weather, case);
        (0..1_000)
            .map(|_| gusts.take(Time::ZERO, (Seat::CLIENT, Seat::SERVER), parcel(0)))
            .collect()
    }

    #[test]
    fn chance_follows_from_the_seed_and_the_case() {
        let text = "loss=20%,dup=10%,reorder=10%,seed=3";
        let some = fates(text, "a");
        assert_eq!(some, fates(text, "a"));
        assert_ne!(some, fates(text, "b"));
        assert_ne!(some, fates("loss=20%,dup=10%,reorder=10%,seed=4", "a"));
        let count = |fate| some.iter().filter(|one| **one == fate).count();
        assert!((150..250).contains(&count(Fate::Lost)));
        assert!((60..140).contains(&count(Fate::Twice)));
        assert!((60..140).contains(&count(Fate::Overtaken)));
    }

    #[test]
    fn what_is_held_comes_in_time() {
        let comes = |text: &str| {
            let weather: Weather = text.parse().expect(text);
            let mut gusts = Gusts::of(&weather, "case");
            let mut came = Vec::new();
            let on_time = gusts.defer(Time::ZERO, parcel(1));
            if let Some(parcel) = on_time {
                gusts.take(Time::ZERO, (Seat::CLIENT, Seat::SERVER), parcel);
            }
            for millis in [0, 99, 100, 200, 300] {
                let now = Time::ZERO + Duration::from_millis(millis);
                while let Some(late) = gusts.poll_late(now) {
                    gusts.take(now, (Seat::CLIENT, Seat::SERVER), late);
                }
                while let Some(one) = gusts.poll(Time::ZERO + Duration::from_millis(millis)) {
                    came.push((millis, one.again));
                }
            }
            came
        };
        assert_eq!(comes("delay=200ms"), [(200, false)]);
        assert_eq!(comes("loss=100%"), []);
        assert_eq!(comes("dup=100%"), [(0, false), (100, true)]);
        assert_eq!(comes("reorder=100%,delay=200ms"), [(300, false)]);
    }

    #[test]
    fn clients_move_again_and_again() {
        let weather: Weather = "rebind=30s".parse().expect("it is one");
        let mut gusts = Gusts::of(&weather, "case");
        let mut moves = |seconds| gusts.rebinds(Time::ZERO + Duration::from_secs(seconds));
        assert_eq!(
            [0, 29, 30, 31, 59, 60].map(&mut moves),
            [false, false, true, false, false, true]
        );
    }
}
