//! What a distribution over periods can still gain: more meetings, then equal shares of what is lost.

use std::collections::VecDeque;

use super::distribution::{CLIENT, Distribution, SERVER};

impl Distribution<'_> {
    /// Adds meetings, and shares what is lost, until neither is possible.
    pub(super) fn improve(&mut self) {
        let periods = 0..self.periods.slots.len();
        loop {
            while periods.clone().any(|period| self.augment(period)) {}
            if !self.share() {
                return;
            }
            for edge in 0..self.of.len() {
                if self.of[edge].is_none() {
                    self.find_place(edge);
                }
            }
        }
    }

    /// Adds one meeting to a period, by a path of meetings that come and go; tells whether one was found.
    fn augment(&mut self, period: usize) -> bool {
        if self.total[period] >= self.periods.most[period] {
            return false;
        }
        let slots = self.periods.slots[period];
        let mut came_by = [(); 2].map(|()| vec![None; self.periods.vertices]);
        let clients = 0..self.periods.vertices;
        let mut queue: VecDeque<_> = clients
            .filter(|client| self.load[CLIENT][*client][period] < slots)
            .collect();
        let mut is_reached = vec![false; self.periods.vertices];
        queue.iter().for_each(|client| is_reached[*client] = true);
        while let Some(client) = queue.pop_front() {
            for edge in &self.meetings[CLIENT][client] {
                let server = self.periods.edges[*edge].1;
                let can_come =
                    self.of[*edge].is_none() && self.periods.allowed[*edge].contains(&period);
                if !can_come || came_by[SERVER][server].is_some() {
                    continue;
                }
                came_by[SERVER][server] = Some(*edge);
                if self.load[SERVER][server][period] < slots {
                    self.follow(server, period, &came_by);
                    return true;
                }
                for other in &self.meetings[SERVER][server] {
                    let client = self.periods.edges[*other].0;
                    if self.of[*other] == Some(period) && !is_reached[client] {
                        is_reached[client] = true;
                        came_by[CLIENT][client] = Some(*other);
                        queue.push_back(client);
                    }
                }
            }
        }
        false
    }

    /// Walks a path back to where it began.
    fn follow(&mut self, server: usize, period: usize, came_by: &[Vec<Option<usize>>; 2]) {
        let (mut next, mut displaced) = (came_by[SERVER][server], Vec::new());
        while let Some(edge) = next {
            self.set(edge, Some(period));
            let goes = came_by[CLIENT][self.periods.edges[edge].0];
            if let Some(edge) = goes {
                self.set(edge, None);
                displaced.push(edge);
            }
            next = goes.and_then(|edge| came_by[SERVER][self.periods.edges[edge].1]);
        }
        for edge in displaced {
            self.find_place(edge);
        }
    }

    /// Lets a meeting have the place of another that is more dispensable, or whose ends meet more often; tells whether there was one.
    fn share(&mut self) -> bool {
        let mut met = [(); 2].map(|()| vec![0_usize; self.periods.vertices]);
        for (side, loads) in self.load.iter().enumerate() {
            for (vertex, load) in loads.iter().enumerate() {
                met[side][vertex] = load.iter().sum();
            }
        }
        let mut has_shared = false;
        for edge in 0..self.of.len() {
            if self.of[edge].is_some() {
                continue;
            }
            let (client, server) = self.periods.edges[edge];
            let found = self.periods.allowed[edge].iter().find_map(|period| {
                let leaves = |other: &usize| self.of[*other] == Some(*period);
                let others = (0..self.of.len()).filter(leaves);
                others
                    .filter(|other| self.makes_room(*other, edge, *period))
                    .filter_map(|other| {
                        let ranks = self.periods.ranks;
                        let more = ranks[other].checked_sub(ranks[edge])?;
                        let gain = (
                            more,
                            gain(&met, self.periods.edges[other], (client, server)),
                        );
                        (gain > (0, 0)).then_some((gain, other, *period))
                    })
                    .max_by_key(|(gain, other, _)| (*gain, std::cmp::Reverse(*other)))
            });
            let Some((_, other, period)) = found else {
                continue;
            };
            self.set(other, None);
            self.set(edge, Some(period));
            let (before, after) = (self.periods.edges[other], (client, server));
            for (side, (loses, wins)) in [(before.0, after.0), (before.1, after.1)]
                .into_iter()
                .enumerate()
            {
                met[side][loses] -= 1;
                met[side][wins] += 1;
            }
            has_shared = true;
        }
        has_shared
    }

    /// Whether a meeting fits a period as soon as another leaves it.
    fn makes_room(&self, other: usize, edge: usize, period: usize) -> bool {
        let (one, two) = (self.periods.edges[edge], self.periods.edges[other]);
        let slots = self.periods.slots[period];
        let fits = |side: usize, vertex: usize, is_same: bool| {
            is_same || self.load[side][vertex][period] < slots
        };
        fits(CLIENT, one.0, one.0 == two.0) && fits(SERVER, one.1, one.1 == two.1)
    }
}

/// How much the sum of squares of meetings falls when one pair meets instead of another.
fn gain(met: &[Vec<usize>; 2], loses: (usize, usize), wins: (usize, usize)) -> usize {
    let of = |side: usize, loses: usize, wins: usize| {
        let falls = 2 * met[side][loses];
        let rises = 2 * met[side][wins] + 2;
        if loses == wins {
            (0, 0)
        } else {
            (falls, rises)
        }
    };
    let (clients, servers) = (of(CLIENT, loses.0, wins.0), of(SERVER, loses.1, wins.1));
    (clients.0 + servers.0).saturating_sub(clients.1 + servers.1)
}
