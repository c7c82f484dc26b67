//! Distributes meetings over periods, the days on which the same implementations are there.
//!
//! Exact for one period. For several it is a heuristic: who finds no room displaces others as long as each of them finds room elsewhere
//! (ejection chains); augmenting paths add what a period can still hold; what is lost in the end is shared.

use super::colouring::Edge;
use super::distribution::Distribution;

/// What there is to distribute.
pub(super) struct Periods<'a> {
    /// The meetings.
    pub edges: &'a [Edge],
    /// How dispensable each is: those with less come first.
    pub ranks: &'a [usize],
    /// Number of clients and of servers, at most.
    pub vertices: usize,
    /// Slots of each period.
    pub slots: Vec<usize>,
    /// Meetings of each period, at most.
    pub most: Vec<usize>,
    /// Periods in which each meeting can be.
    pub allowed: Vec<Vec<usize>>,
}

impl Periods<'_> {
    /// Gives every meeting a period, unless there is no room.
    pub(super) fn distribute(&self) -> Vec<Option<usize>> {
        let mut all = Distribution::new(self);
        for edge in self.in_order() {
            all.find_place(edge);
        }
        all.improve();
        all.of
    }

    /// Gives every meeting that has one a period, or nothing if that is not found.
    pub(super) fn distribute_all(&self) -> Option<Vec<Option<usize>>> {
        let mut all = Distribution::new(self);
        let has_place = |edge: &usize| !self.allowed[*edge].is_empty();
        let mut edges = self.in_order().into_iter().filter(has_place);
        edges.all(|edge| all.find_place(edge)).then_some(all.of)
    }

    /// Those of the least rank first, and of these those with the least choice.
    fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.edges.len()).collect();
        order.sort_by_key(|edge| {
            let allowed = self.allowed[*edge].iter();
            let choice = allowed.map(|period| self.slots[*period]).sum::<usize>();
            (self.ranks[*edge], choice)
        });
        order
    }
}
