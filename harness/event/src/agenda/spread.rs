//! The order of sets of meetings in the slots: who has waited longest comes first.

use super::colouring::Edge;

/// Puts the classes of each period into its slots; `periods` names the period of each slot.
pub(super) fn spread(
    edges: &[Edge],
    vertices: usize,
    mut classes: Vec<Vec<Vec<usize>>>,
    periods: &[usize],
) -> Vec<Vec<usize>> {
    // How many slots each client, and each server, has waited.
    let mut waited = [(); 2].map(|()| vec![0_usize; vertices]);
    let mut slots = Vec::with_capacity(periods.len());
    for period in periods {
        let left = &mut classes[*period];
        let urgency = |class: &Vec<usize>| {
            let ends = class.iter().map(|edge| edges[*edge]);
            ends.map(|(client, server)| {
                (waited[CLIENT][client] + 1).pow(2) + (waited[SERVER][server] + 1).pow(2)
            })
            .sum::<usize>()
        };
        // Of equals the last is found, so the search goes from behind.
        let places = (0..left.len()).rev();
        let next = places.max_by_key(|place| urgency(&left[*place]));
        let class = next.map(|place| left.remove(place)).unwrap_or_default();
        waited.iter_mut().flatten().for_each(|slots| *slots += 1);
        for edge in &class {
            let (client, server) = edges[*edge];
            waited[CLIENT][client] = 0;
            waited[SERVER][server] = 0;
        }
        slots.push(class);
    }
    slots
}

const CLIENT: usize = 0;
const SERVER: usize = 1;
