//! Colours the edges of a bipartite graph so that no two of a colour meet, and every colour is used about equally often.
//!
//! König: as many colours as the greatest degree are enough. De Werra: they can be balanced to a difference of one.

/// A client and a server, as indices.
pub(super) type Edge = (usize, usize);

/// Gives each edge a colour below `colours`, which is at least the greatest degree; ends are below `vertices`.
pub(super) fn colour(edges: &[Edge], vertices: usize, colours: usize) -> Vec<usize> {
    let mut colouring = Colouring {
        edges,
        of: vec![None; edges.len()],
        at: [(); 2].map(|()| vec![vec![None; colours]; vertices]),
        sizes: vec![0; colours],
    };
    for edge in 0..edges.len() {
        colouring.add(edge);
    }
    while colouring.balance() {}
    let of = colouring.of.into_iter();
    of.map(Option::unwrap_or_default).collect()
}

struct Colouring<'a> {
    edges: &'a [Edge],
    /// Colour of each edge.
    of: Vec<Option<usize>>,
    /// Edge at each client, and at each server, of each colour.
    at: [Vec<Vec<Option<usize>>>; 2],
    sizes: Vec<usize>,
}

impl Colouring<'_> {
    fn add(&mut self, edge: usize) {
        let (client, server) = self.edges[edge];
        let is_free = |at: &Vec<Option<usize>>, colour: usize| at[colour].is_none();
        let (of_client, of_server) = (&self.at[CLIENT][client], &self.at[SERVER][server]);
        let colours = 0..self.sizes.len();
        let both = colours
            .clone()
            .filter(|colour| is_free(of_client, *colour) && is_free(of_server, *colour));
        if let Some(colour) = both.min_by_key(|colour| self.sizes[*colour]) {
            self.set(edge, colour);
            return;
        }
        let free = |at| colours.clone().find(|colour| is_free(at, *colour));
        let (Some(at_client), Some(at_server)) = (free(of_client), free(of_server)) else {
            unreachable!("a vertex has fewer edges than there are colours");
        };
        // The path leaves the server by what is free at the client, and cannot come back to the client.
        let path = self.path((SERVER, server), at_client, at_server);
        self.exchange(&path, at_client, at_server);
        self.set(edge, at_client);
    }

    /// Moves one edge's worth from the largest colour to the smallest; tells whether there was a need.
    fn balance(&mut self) -> bool {
        let colours = 0..self.sizes.len();
        let Some(most) = colours.clone().max_by_key(|colour| self.sizes[*colour]) else {
            return false;
        };
        let Some(least) = colours.min_by_key(|colour| self.sizes[*colour]) else {
            return false;
        };
        if self.sizes[most] <= self.sizes[least] + 1 {
            return false;
        }
        // A path with one more edge of a colour than of the other joins a client and a server.
        let path = (0..self.at[CLIENT].len()).find_map(|client| {
            let at = &self.at[CLIENT][client];
            if at[most].is_none() || at[least].is_some() {
                return None;
            }
            let path = self.path((CLIENT, client), most, least);
            (path.len() % 2 == 1).then_some(path)
        });
        let Some(path) = path else {
            return false;
        };
        self.exchange(&path, most, least);
        true
    }

    /// The edges that are reached from a vertex by two colours in turn.
    fn path(&self, from: (usize, usize), first: usize, second: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let ((mut side, mut vertex), mut colours) = (from, (first, second));
        while let Some(edge) = self.at[side][vertex][colours.0] {
            path.push(edge);
            let (client, server) = self.edges[edge];
            vertex = if side == CLIENT { server } else { client };
            side = 1 - side;
            colours = (colours.1, colours.0);
        }
        path
    }

    fn exchange(&mut self, path: &[usize], one: usize, other: usize) {
        let before: Vec<_> = path.iter().map(|edge| self.of[*edge]).collect();
        for edge in path {
            self.clear(*edge);
        }
        for (edge, before) in path.iter().zip(before) {
            self.set(*edge, if before == Some(one) { other } else { one });
        }
    }

    fn set(&mut self, edge: usize, colour: usize) {
        let (client, server) = self.edges[edge];
        self.at[CLIENT][client][colour] = Some(edge);
        self.at[SERVER][server][colour] = Some(edge);
        self.of[edge] = Some(colour);
        self.sizes[colour] += 1;
    }

    fn clear(&mut self, edge: usize) {
        let (client, server) = self.edges[edge];
        if let Some(colour) = self.of[edge].take() {
            self.at[CLIENT][client][colour] = None;
            self.at[SERVER][server][colour] = None;
            self.sizes[colour] -= 1;
        }
    }
}

const CLIENT: usize = 0;
const SERVER: usize = 1;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn colours_are_proper_and_equal(
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..60),
            more in 0_usize..4,
        ) {
            let degree = |side: fn(&Edge) -> usize| {
                (0..8).map(|v| edges.iter().filter(|edge| side(edge) == v).count()).max()
            };
            let colours = degree(|edge| edge.0).max(degree(|edge| edge.1)).unwrap() + more;
            let of = colour(&edges, 8, colours);
            let mut seen = BTreeSet::new();
            for ((client, server), colour) in edges.iter().zip(&of) {
                prop_assert!(*colour < colours);
                prop_assert!(seen.insert((CLIENT, *client, *colour)));
                prop_assert!(seen.insert((SERVER, *server, *colour)));
            }
            let sizes = (0..colours).map(|k| of.iter().filter(|colour| **colour == k).count());
            let (least, most) = (sizes.clone().min(), sizes.max());
            prop_assert!(most <= least.map(|least| least + 1));
        }
    }
}
