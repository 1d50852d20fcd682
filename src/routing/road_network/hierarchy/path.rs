//! One path: from one place to another, with all states on the way.
//!
//! In go the seeds of an origin and a destination; out come the states of the best path, or nothing.
//! Holds: the path costs what [`super::table`] says.
//! Costs: the states above both ends, and the length of the path.

use super::{super::cost::Cost, Hierarchy, NO_MIDDLE, Rows, Seed};
use std::collections::BTreeMap;

/// What a climb knows of a state: the cost, and the state it came from.
type Reached = BTreeMap<u32, (Cost, Option<u32>)>;

/// The best path: what it costs and its states in order, the seeds' included.
pub fn path(hierarchy: &Hierarchy, origin: &[Seed], destination: &[Seed]) -> Option<(Cost, Vec<u32>)> {
    let (up, down) = (climb(&hierarchy.up, origin), climb(&hierarchy.down, destination));
    let meet = |(state, (cost, _)): (&u32, &(Cost, Option<u32>))| Some((*cost + down.get(state)?.0, *state));
    let (cost, top) = up.iter().filter_map(meet).min()?;
    let chain = |reached: &Reached| {
        let mut chain = vec![top];
        while let Some(from) = reached[&chain[chain.len() - 1]].1 {
            chain.push(from);
        }
        chain
    };
    let mut before = chain(&up);
    before.reverse();
    let mut states = vec![before[0]];
    for pair in before.windows(2).chain(chain(&down).windows(2)) {
        unpack(hierarchy, pair[0], pair[1], &mut states);
    }
    Some((cost, states))
}

/// Climbs from seeds, the least important state first.
fn climb(rows: &Rows, seeds: &[Seed]) -> Reached {
    let mut reached = Reached::new();
    let mut lower = |state: u32, cost: Cost, from: Option<u32>, open: &mut BTreeMap<u32, ()>| {
        let known = reached.entry(state).or_insert((cost, from));
        if cost < known.0 {
            *known = (cost, from);
        }
        open.insert(state, ());
        known.0
    };
    let mut open = BTreeMap::new();
    let mut costs = BTreeMap::new();
    for seed in seeds {
        costs.insert(seed.state, lower(seed.state, seed.cost, None, &mut open));
    }
    while let Some((state, ())) = open.pop_last() {
        let here = costs[&state];
        for (end, cost) in rows.row(state) {
            costs.insert(end, lower(end, here + cost, Some(state), &mut open));
        }
    }
    reached
}

/// Writes the states of an arc after its first.
fn unpack(hierarchy: &Hierarchy, tail: u32, head: u32, states: &mut Vec<u32>) {
    let mut open = vec![(tail, head)];
    while let Some((tail, head)) = open.pop() {
        let arc = if tail > head { hierarchy.up.best(tail, head) } else { hierarchy.down.best(head, tail) };
        match arc {
            // A middle is less important than both ends, so this ends.
            Some((_, middle)) if middle != NO_MIDDLE => open.extend([(middle, head), (tail, middle)]),
            _ => states.push(head),
        }
    }
}
