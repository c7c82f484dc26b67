//! Meetings in slots: nobody twice in one, no more than there are tables, in as few slots from the first as possible.

use super::colouring::{Edge, colour};
use super::periods::Periods;
use super::spread::spread;

/// What a timetable is made of.
pub(super) struct Timetable<'a> {
    /// The meetings.
    pub edges: &'a [Edge],
    /// How dispensable each is.
    pub ranks: &'a [usize],
    /// Number of implementations.
    pub vertices: usize,
    /// Number of tables, at least one.
    pub tables: usize,
    /// Day of each slot.
    pub days: &'a [usize],
    /// Whether each implementation is there on each day.
    pub is_there: &'a [Vec<bool>],
}

impl Timetable<'_> {
    /// The meetings of each slot; those that find no room are left out.
    pub(super) fn fill(&self) -> Vec<Vec<usize>> {
        let all = self.days.len();
        let (periods, of_slot) = self.periods(all);
        let found = periods.distribute();
        let is_complete =
            (0..found.len()).all(|edge| found[edge].is_some() || periods.allowed[edge].is_empty());
        if is_complete {
            for count in bound(self.edges, self.vertices, self.tables)..all {
                let (periods, of_slot) = self.periods(count);
                // A meeting that has to wait for a later day is lacking here.
                let lost =
                    |edge: &usize| found[*edge].is_some() && periods.allowed[*edge].is_empty();
                if (0..found.len()).any(|edge| lost(&edge)) {
                    continue;
                }
                if let Some(found) = periods.distribute_all() {
                    return self.order(&periods, &found, &of_slot);
                }
            }
        }
        self.order(&periods, &found, &of_slot)
    }

    /// The first slots as periods, and the period of each slot.
    fn periods(&self, count: usize) -> (Periods<'_>, Vec<usize>) {
        let days = &self.days[..count];
        // Days on which the same implementations are there are one period.
        let attendance =
            |day: usize| -> Vec<bool> { self.is_there.iter().map(|days| days[day]).collect() };
        let mut known: Vec<(usize, Vec<bool>)> = Vec::new();
        let mut slots = Vec::new();
        let of_slot: Vec<usize> = days
            .iter()
            .map(|day| {
                let found = known.iter().position(|(same, _)| same == day);
                let period = found.unwrap_or_else(|| {
                    let there = attendance(*day);
                    let found = known.iter().position(|(_, other)| *other == there);
                    found.unwrap_or_else(|| {
                        known.push((*day, there));
                        slots.push(0);
                        known.len() - 1
                    })
                });
                slots[period] += 1;
                period
            })
            .collect();
        let allowed = self.edges.iter().map(|(client, server)| {
            let both = |(_, there): &(usize, Vec<bool>)| there[*client] && there[*server];
            (0..known.len())
                .filter(|period| both(&known[*period]))
                .collect()
        });
        let periods = Periods {
            edges: self.edges,
            ranks: self.ranks,
            vertices: self.vertices,
            most: slots.iter().map(|slots| slots * self.tables).collect(),
            allowed: allowed.collect(),
            slots,
        };
        (periods, of_slot)
    }

    /// Colours the meetings of each period, and orders the colours.
    fn order(
        &self,
        periods: &Periods<'_>,
        found: &[Option<usize>],
        of_slot: &[usize],
    ) -> Vec<Vec<usize>> {
        let classes = periods.slots.iter().enumerate().map(|(period, slots)| {
            let here: Vec<_> = (0..found.len())
                .filter(|edge| found[*edge] == Some(period))
                .collect();
            let edges: Vec<_> = here.iter().map(|edge| self.edges[*edge]).collect();
            let mut classes = vec![Vec::new(); *slots];
            for (edge, colour) in here.iter().zip(colour(&edges, self.vertices, *slots)) {
                classes[colour].push(*edge);
            }
            classes
        });
        spread(self.edges, self.vertices, classes.collect(), of_slot)
    }
}

/// The fewest slots in which all can meet if all are there: nobody meets two at a time, and there are only so many tables.
pub(super) fn bound(edges: &[Edge], vertices: usize, tables: usize) -> usize {
    let mut degrees = [(); 2].map(|()| vec![0; vertices]);
    for (client, server) in edges {
        degrees[0][*client] += 1;
        degrees[1][*server] += 1;
    }
    let degree = degrees.into_iter().flatten().max().unwrap_or_default();
    degree.max(edges.len().div_ceil(tables))
}
