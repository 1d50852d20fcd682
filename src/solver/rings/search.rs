//! Branch and bound over the columns of a packing.
//!
//! In: a packing. Out: the heaviest packing found, and the tree that proves how heavy any can be.
//! Holds: every node of the tree is closed by exact duals, or split so that its children cover it.
//! Costs: each node a warm-started relaxation and a pass over its columns.
//! Absent: floats in anything a node claims; they choose where to branch, and what to try.

use std::collections::BTreeMap;

use super::ascent;
use super::branch::Open;
use super::exact::{Bound, Cuts, Pricer};
use super::packing::{Packed, Packing};
use super::proof::{Node, Part, Proof};
use super::relax::{Places, Relaxation};
use super::separate;

/// Columns are dropped at a node when at least one in so many goes.
pub(super) const WORTH_DROPPING: usize = 20;

/// The rounds of cuts before branching.
const CUT_ROUNDS: usize = 40;

/// The rounds of cuts in a row that may gain little.
const SLOW_ROUNDS: usize = 3;

/// The columns from which on duals are sought by passes over them, before any program is built.
const MANY: usize = 20_000;

/// The nodes made at most to improve a small packing.
const QUICK_NODES: usize = 20;

/// The rounds of cuts at most to improve a small packing.
const QUICK_ROUNDS: usize = 3;

/// Finds the heaviest packing in multiples of a grain, beginning with one that is known.
pub(super) fn solve(packing: &Packing, known: &[u32], grain: i64, stop: &(dyn Fn() -> bool + Sync)) -> Packed {
    let mut search = Search::new(packing, stop);
    search.grain = grain;
    let columns = worth_having(packing, known);
    let mut start = search.greedy(columns.clone());
    let known: Vec<u32> = known.iter().copied().filter(|column| columns.binary_search(column).is_ok()).collect();
    if search.weight_of(&known) > search.weight_of(&start) {
        start = known;
    }
    let mut best = search.solve_columns(0, columns, start);
    best.columns.sort_unstable();
    let nodes = search.nodes.into_iter().map(|node| node.unwrap_or(Node::Bound(Vec::new()))).collect();
    // In units of the grain, prices are as high as before and weights no higher: what bounded still does.
    let proof = Proof { scale: search.pricer.scale * grain, cuts: search.cuts.list, nodes };
    let weight = best.columns.iter().map(|&column| packing.columns.weight(column).div_euclid(grain)).sum();
    Packed { columns: best.columns, weight, bound: best.bound.div_euclid(grain).max(weight), proof }
}

/// Returns the columns that weigh something, fit, and are the heaviest of those with their entries; of several, one that
/// is known, and else the first.
pub(super) fn worth_having(packing: &Packing, known: &[u32]) -> Vec<u32> {
    let columns = &packing.columns;
    let mut unknown = vec![true; columns.len()];
    known.iter().for_each(|&column| unknown[column as usize] = false);
    let fits =
        |column: u32| columns.entries(column).iter().all(|&(row, entry)| entry <= packing.capacity[row as usize]);
    let mut kept: Vec<u32> =
        (0..columns.len() as u32).filter(|&column| columns.weight(column) > 0 && fits(column)).collect();
    kept.sort_unstable_by_key(|&column| {
        (columns.entries(column), -columns.weight(column), unknown[column as usize], column)
    });
    kept.dedup_by_key(|column| columns.entries(*column));
    kept.sort_unstable();
    kept
}

/// The best packing of some columns, and a bound on all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Best {
    pub(super) columns: Vec<u32>,
    pub(super) weight: i64,
    pub(super) bound: i64,
}

/// A search under way.
pub(super) struct Search<'a> {
    pub(super) packing: &'a Packing,
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
    pub(super) pricer: Pricer,
    pub(super) cuts: Cuts,
    pub(super) nodes: Vec<Option<Node>>,
    pub(super) places: Places,
    /// The room taken in each row while a packing is put together.
    pub(super) used: Vec<u32>,
    /// The heaviest packing offered since this was last emptied.
    pub(super) aside: Vec<u32>,
    /// Whether a better packing is all that is wanted, and soon.
    pub(super) quick: bool,
    /// What weights are told apart by: packings as heavy in whole multiples of it are equally good.
    pub(super) grain: i64,
}

impl<'a> Search<'a> {
    pub(super) fn new(packing: &'a Packing, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self {
            packing,
            stop,
            pricer: Pricer::new(packing),
            cuts: Cuts::new(packing.capacity.len()),
            nodes: vec![None],
            places: Places::new(packing),
            used: vec![0; packing.capacity.len()],
            aside: Vec::new(),
            quick: false,
            grain: 1,
        }
    }

    /// Makes a node to be filled in later.
    pub(super) fn new_node(&mut self) -> u32 {
        self.nodes.push(None);
        self.nodes.len() as u32 - 1
    }

    pub(super) fn close(&mut self, node: u32, how: Node) {
        self.nodes[node as usize] = Some(how);
    }

    pub(super) fn weight_of(&self, columns: &[u32]) -> i64 {
        columns.iter().map(|&column| self.packing.columns.weight(column)).sum()
    }

    /// Solves for some columns, from a packing of them; the node speaks of these columns.
    pub(super) fn solve_columns(&mut self, node: u32, columns: Vec<u32>, start: Vec<u32>) -> Best {
        let parts = self.parts(&columns);
        if parts.len() > 1 { self.solve_parts(node, parts, &start) } else { self.solve_connected(node, columns, start) }
    }

    /// Returns the largest weight that is no better than another: where a bound is no larger, nothing is to be found.
    pub(super) fn enough(&self, weight: i64) -> i64 {
        weight.div_euclid(self.grain) * self.grain + self.grain - 1
    }

    /// Returns the columns by connected part, each in order.
    fn parts(&self, columns: &[u32]) -> Vec<Vec<u32>> {
        let mut leader: BTreeMap<u32, u32> = BTreeMap::new();
        let mut parent: Vec<u32> = vec![u32::MAX; self.packing.capacity.len()];
        fn find(parent: &mut [u32], mut row: u32) -> u32 {
            while parent[row as usize] != u32::MAX {
                let up = parent[row as usize];
                if parent[up as usize] != u32::MAX {
                    parent[row as usize] = parent[up as usize];
                }
                row = up;
            }
            row
        }
        for &column in columns {
            let entries = self.packing.columns.entries(column);
            for pair in entries.windows(2) {
                let (one, other) = (find(&mut parent, pair[0].0), find(&mut parent, pair[1].0));
                if one != other {
                    parent[one.max(other) as usize] = one.min(other);
                }
            }
        }
        let mut parts: Vec<Vec<u32>> = Vec::new();
        for &column in columns {
            let entries = self.packing.columns.entries(column);
            let row = entries.first().map_or(u32::MAX, |&(row, _)| find(&mut parent, row));
            let part = *leader.entry(row).or_insert_with(|| {
                parts.push(Vec::new());
                parts.len() as u32 - 1
            });
            parts[part as usize].push(column);
        }
        parts
    }

    /// Solves connected parts one after the other.
    fn solve_parts(&mut self, node: u32, parts: Vec<Vec<u32>>, start: &[u32]) -> Best {
        let mut best = Best::default();
        let mut listed = Vec::new();
        for columns in parts {
            let part_start: Vec<u32> =
                start.iter().copied().filter(|column| columns.binary_search(column).is_ok()).collect();
            let mut rows: Vec<u32> = columns
                .iter()
                .flat_map(|&column| self.packing.columns.entries(column).iter().map(|&(row, _)| row))
                .collect();
            rows.sort_unstable();
            rows.dedup();
            let part_node = self.new_node();
            let part = self.solve_connected(part_node, columns, part_start);
            best.columns.extend(&part.columns);
            best.weight += part.weight;
            let target = part.bound.div_euclid(self.grain);
            best.bound += target * self.grain;
            listed.push(Part { rows, target, node: part_node });
        }
        self.close(node, Node::Parts(listed));
        best
    }

    /// Solves for columns that hang together.
    fn solve_connected(&mut self, node: u32, columns: Vec<u32>, start: Vec<u32>) -> Best {
        let weight = self.weight_of(&start);
        let mut best = Best { columns: start, weight, bound: i64::MAX };
        if best.columns.len() == columns.len() {
            self.close(node, Node::Bound(Vec::new()));
            best.bound = best.weight;
            return best;
        }
        let (mut node, mut columns) = (node, columns);
        // The best bound there is on what is left, however it was found.
        let mut known: Option<Bound> = None;
        let mut order = columns.clone();
        if columns.len() > MANY && !self.quick {
            let bound;
            (bound, order) = self.before_any_program(&mut node, &mut columns, &mut best);
            let points = bound.points(self.pricer.scale);
            if points <= self.enough(best.weight) || (self.stop)() {
                best.bound = points.max(best.weight);
                self.close(node, Node::Bound(bound.duals));
                return best;
            }
            known = Some(bound);
        } else {
            order.sort_unstable_by_key(|&column| (-self.packing.columns.weight(column), column));
        }
        let places = std::mem::take(&mut self.places);
        let mut relaxation = Relaxation::new(self.packing, places, &order, &best.columns);
        let mut last_points = i64::MAX;
        let mut slow_rounds = 0;
        // Whether it pays to complete what is sure after the next cuts too.
        let mut completing = true;
        let rounds = if self.quick { QUICK_ROUNDS } else { CUT_ROUNDS };
        for round in 0.. {
            let enough = self.enough(best.weight);
            let bound = relaxation.solve(&columns, &self.cuts, &mut self.pricer, enough, self.stop);
            let points = bound.points(self.pricer.scale);
            if (self.stop)()
                && let Some(known) = known.take_if(|known| known.points(self.pricer.scale) < points)
            {
                best.bound = known.points(self.pricer.scale).max(best.weight);
                self.close(node, Node::Bound(known.duals));
                self.places = relaxation.into_places();
                return best;
            }
            let values = relaxation.values();
            self.improve(&mut best, &columns, &[], &values, &bound);
            let gained = last_points.saturating_sub(points);
            last_points = points;
            slow_rounds = if gained < (points - best.weight) / 100 { slow_rounds + 1 } else { 0 };
            let mut found = Vec::new();
            if points > self.enough(best.weight) && round < rounds && slow_rounds < SLOW_ROUNDS {
                found = separate::cuts(self.packing, &values);
            }
            if !self.quick
                && known.is_none()
                && (completing || found.is_empty())
                && points > self.enough(best.weight)
                && !(self.stop)()
            {
                let before = best.weight;
                self.complete(&columns, &values, &bound, &mut best);
                completing = best.weight > before;
                if found.is_empty() {
                    let before = best.weight;
                    self.try_cores(&mut relaxation, &columns, &bound, &values, &mut best);
                    if points > self.enough(best.weight)
                        && 2 * (points - best.weight) <= points - before
                        && round < CUT_ROUNDS
                    {
                        // The gap is another now: what gained little may gain enough.
                        slow_rounds = 0;
                        found = separate::cuts(self.packing, &values);
                    }
                    relaxation.allow_only(&columns, &[], &self.cuts);
                }
            }
            if points <= self.enough(best.weight) || (self.stop)() {
                best.bound = points.max(best.weight);
                self.close(node, Node::Bound(bound.duals));
                self.places = relaxation.into_places();
                return best;
            }
            let kept = self.worth_keeping(&columns, &bound, best.weight);
            let dropped = columns.len() - kept.len();
            if dropped * if found.is_empty() { WORTH_DROPPING } else { 3 } >= columns.len() {
                let then = self.new_node();
                self.close(node, Node::Drop { duals: bound.duals.clone(), then });
                node = then;
                columns = kept;
                let parts = self.parts(&columns);
                let largest = parts.iter().map(Vec::len).max().unwrap_or(0);
                if 2 * largest <= columns.len() {
                    self.places = relaxation.into_places();
                    let start = best.columns.clone();
                    let inner = self.solve_parts(node, parts, &start);
                    if inner.weight > best.weight {
                        best.columns = inner.columns;
                        best.weight = inner.weight;
                    }
                    best.bound = inner.bound.max(best.weight);
                    return best;
                }
                relaxation.allow_only(&columns, &[], &self.cuts);
            }
            if found.is_empty() {
                let (duals, basis) = (bound.duals, relaxation.basis());
                let open = Open { points, node, columns, taken: Vec::new(), duals, basis, values };
                let most = self.quick.then_some(QUICK_NODES);
                self.branch_and_bound(&mut relaxation, open, &mut best, most);
                self.places = relaxation.into_places();
                return best;
            }
            relaxation.thin_out();
            for cut in found {
                let number = self.cuts.push(cut);
                relaxation.add_cut(number, &self.cuts);
            }
        }
        unreachable!("the rounds of cuts end")
    }

    /// Bounds the packings of some columns by passes over them, makes the best one better, and drops what is too far
    /// from it; returns the bound, and the columns that stay by slack.
    fn before_any_program(&mut self, node: &mut u32, columns: &mut Vec<u32>, best: &mut Best) -> (Bound, Vec<u32>) {
        let duals = ascent::duals(self.packing, columns, best.weight, self.stop);
        let duals: Vec<(u32, f64)> = (0..).zip(duals).filter(|&(_, dual)| dual > 0.0).collect();
        let bound = self.pricer.bound(self.packing, &Cuts::default(), &duals, columns, &[]);
        self.polish(columns, &bound, best);
        let mut by_slack: Vec<(i64, u32)> = bound.slack.iter().copied().zip(columns.iter().copied()).collect();
        let kept = self.worth_keeping(columns, &bound, best.weight);
        if (columns.len() - kept.len()) * WORTH_DROPPING >= columns.len() {
            let then = self.new_node();
            self.close(*node, Node::Drop { duals: bound.duals.clone(), then });
            *node = then;
            *columns = kept;
        }
        by_slack.retain(|(_, column)| columns.binary_search(column).is_ok());
        by_slack.sort_unstable();
        (bound, by_slack.into_iter().map(|(_, column)| column).collect())
    }

    /// Returns the columns that a better packing than one of this weight may have.
    pub(super) fn worth_keeping(&self, columns: &[u32], bound: &Bound, weight: i64) -> Vec<u32> {
        let least = bound.total - i128::from(weight) * i128::from(self.pricer.scale);
        columns
            .iter()
            .zip(&bound.slack)
            .filter(|&(_, &slack)| i128::from(slack) <= least)
            .map(|(&column, _)| column)
            .collect()
    }
}
