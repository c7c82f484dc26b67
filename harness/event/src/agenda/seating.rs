//! Which pair sits at which table: servers stay where they are, clients walk.

use super::colouring::Edge;

/// The table of each meeting of each slot. If there are fewer tables than servers the clients stay, and if there are fewer than
/// either, servers keep their table while nobody else needs it.
pub(super) fn seat(
    edges: &[Edge],
    vertices: usize,
    slots: &[Vec<usize>],
    tables: usize,
) -> Vec<Vec<usize>> {
    let server = |edge: usize| edges[edge].1;
    let client = |edge: usize| edges[edge].0;
    let own = |whose: &dyn Fn(usize) -> usize| {
        let mut used = vec![false; vertices];
        slots
            .iter()
            .flatten()
            .for_each(|edge| used[whose(*edge)] = true);
        (used.iter().filter(|used| **used).count() <= tables).then(|| {
            let mut next = 0;
            let number = |used| {
                let table = next;
                next += usize::from(used);
                table
            };
            used.into_iter().map(number).collect::<Vec<_>>()
        })
    };
    let sit = |whose: &dyn Fn(usize) -> usize, tables: &[usize]| {
        let slot = |edges: &Vec<usize>| edges.iter().map(|edge| tables[whose(*edge)]).collect();
        slots.iter().map(slot).collect()
    };
    if let Some(tables) = own(&server) {
        return sit(&server, &tables);
    }
    if let Some(tables) = own(&client) {
        return sit(&client, &tables);
    }
    let mut last: Vec<Option<usize>> = vec![None; vertices];
    let slot = |meetings: &Vec<usize>| {
        let mut taken = vec![false; tables];
        let keep = |edge: &usize| {
            let table = last[server(*edge)].filter(|table| !taken[*table])?;
            taken[table] = true;
            Some(table)
        };
        let kept: Vec<Option<usize>> = meetings.iter().map(keep).collect();
        let mut free = (0..tables).filter(|table| !taken[*table]);
        let seated = kept.into_iter().map(|table| table.or_else(|| free.next()));
        let seated: Vec<_> = seated.map(Option::unwrap_or_default).collect();
        for (edge, table) in meetings.iter().zip(&seated) {
            last[server(*edge)] = Some(*table);
        }
        seated
    };
    slots.iter().map(slot).collect()
}
