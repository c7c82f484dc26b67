//! Meetings on their way into periods: who finds no room displaces others, if each of them finds room elsewhere.

use super::periods::Periods;

/// Meetings in periods, and who may still be moved.
pub(super) struct Distribution<'a> {
    /// What there is to distribute.
    pub(super) periods: &'a Periods<'a>,
    /// Period of each meeting.
    pub(super) of: Vec<Option<usize>>,
    /// Meetings of each client, and of each server.
    pub(super) meetings: [Vec<Vec<usize>>; 2],
    /// Meetings of each client, and of each server, in each period.
    pub(super) load: [Vec<Vec<usize>>; 2],
    /// Meetings in each period.
    pub(super) total: Vec<usize>,
    /// Who was displaced in the present search.
    seen: Vec<bool>,
    /// What was changed, to be undone.
    journal: Vec<(usize, Option<usize>)>,
    /// How many may still be displaced in the present search.
    budget: usize,
}

impl<'a> Distribution<'a> {
    /// Nothing is placed yet.
    pub(super) fn new(periods: &'a Periods<'a>) -> Self {
        let (count, vertices) = (periods.slots.len(), periods.vertices);
        let mut meetings = [(); 2].map(|()| vec![Vec::new(); vertices]);
        for (edge, (client, server)) in periods.edges.iter().enumerate() {
            meetings[CLIENT][*client].push(edge);
            meetings[SERVER][*server].push(edge);
        }
        Self {
            periods,
            of: vec![None; periods.edges.len()],
            meetings,
            load: [(); 2].map(|()| vec![vec![0; count]; vertices]),
            total: vec![0; count],
            seen: vec![false; periods.edges.len()],
            journal: Vec::new(),
            budget: 0,
        }
    }

    /// Places a meeting; others may move, none is lost.
    pub(super) fn find_place(&mut self, edge: usize) -> bool {
        self.seen.fill(false);
        self.seen[edge] = true;
        self.journal.clear();
        self.budget = BUDGET;
        self.place(edge, None, DEPTH)
    }

    fn place(&mut self, edge: usize, from: Option<usize>, depth: usize) -> bool {
        let periods = self.periods;
        let allowed = || periods.allowed[edge].iter().copied();
        let mut elsewhere = allowed().filter(|period| Some(*period) != from);
        if let Some(period) = elsewhere
            .clone()
            .find(|period| self.has_room(edge, *period))
        {
            self.set(edge, Some(period));
            return true;
        }
        depth > 0
            && elsewhere.any(|period| {
                let mark = self.journal.len();
                self.set(edge, Some(period));
                let done = self.relieve(edge, period, depth);
                if !done {
                    self.undo(mark);
                }
                done
            })
    }

    /// Displaces meetings until a period that got one more holds no more than it can.
    fn relieve(&mut self, newcomer: usize, period: usize, depth: usize) -> bool {
        while let Some(crowd) = self.crowd(newcomer, period) {
            let is_found = crowd.into_iter().any(|edge| {
                if self.seen[edge] || self.budget == 0 {
                    return false;
                }
                self.seen[edge] = true;
                self.budget -= 1;
                let mark = self.journal.len();
                self.set(edge, None);
                let done = self.place(edge, Some(period), depth - 1);
                if !done {
                    self.undo(mark);
                }
                done
            });
            if !is_found {
                return false;
            }
        }
        true
    }

    /// The meetings one of which has to leave a period.
    fn crowd(&self, newcomer: usize, period: usize) -> Option<Vec<usize>> {
        let (client, server) = self.periods.edges[newcomer];
        let is_here = |edge: &usize| self.of[*edge] == Some(period);
        for (side, vertex) in [(CLIENT, client), (SERVER, server)] {
            if self.load[side][vertex][period] > self.periods.slots[period] {
                let all = self.meetings[side][vertex].iter().copied();
                return Some(all.filter(is_here).collect());
            }
        }
        (self.total[period] > self.periods.most[period])
            .then(|| (0..self.of.len()).filter(is_here).collect())
    }

    /// Whether a meeting can be added to a period.
    pub(super) fn has_room(&self, edge: usize, period: usize) -> bool {
        let (client, server) = self.periods.edges[edge];
        let slots = self.periods.slots[period];
        self.load[CLIENT][client][period] < slots
            && self.load[SERVER][server][period] < slots
            && self.total[period] < self.periods.most[period]
    }

    /// Moves a meeting.
    pub(super) fn set(&mut self, edge: usize, period: Option<usize>) {
        self.journal.push((edge, self.of[edge]));
        self.change(edge, period);
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            if let Some((edge, before)) = self.journal.pop() {
                self.change(edge, before);
            }
        }
    }

    fn change(&mut self, edge: usize, period: Option<usize>) {
        let (client, server) = self.periods.edges[edge];
        if let Some(before) = std::mem::replace(&mut self.of[edge], period) {
            self.load[CLIENT][client][before] -= 1;
            self.load[SERVER][server][before] -= 1;
            self.total[before] -= 1;
        }
        if let Some(period) = period {
            self.load[CLIENT][client][period] += 1;
            self.load[SERVER][server][period] += 1;
            self.total[period] += 1;
        }
    }
}

/// Index of clients.
pub(super) const CLIENT: usize = 0;
/// Index of servers.
pub(super) const SERVER: usize = 1;
/// How many may be displaced in turn.
const DEPTH: usize = 8;
/// How many may be displaced in one search.
const BUDGET: usize = 2_000;
