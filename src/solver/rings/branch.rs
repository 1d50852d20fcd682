//! Branching: a tree of nodes, each closed by its duals or split in two.
//!
//! In: a root, which speaks of some columns, and a packing to beat. Out: the nodes' proofs, and the best packing.
//! Holds: the two sides of a split cover what they split. Costs: each node a warm-started relaxation, a pass over its
//! columns, and a few iterations on both sides of each split tried out.
//! Absent: cuts below the root.

use std::collections::BTreeMap;

use super::proof::{Duals, Node};
use super::relax::Relaxation;
use super::search::{Best, Search, WORTH_DROPPING};
use super::simplex::Basis;

/// How near to a whole number a value counts as one.
const WHOLE: f64 = 1e-6;

/// The pairs tried out before one is chosen to branch on.
const TRIED_PAIRS: usize = 4;

/// The iterations spent on each side of a pair tried out.
const TRIAL_ITERATIONS: usize = 30;

/// A node that may still hold a better packing.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) points: i64,
    pub(super) node: u32,
    pub(super) columns: Vec<u32>,
    /// What every packing here takes.
    pub(super) taken: Vec<u32>,
    pub(super) duals: Duals,
    pub(super) basis: Basis,
    pub(super) values: Vec<(u32, f64)>,
}

/// What a node is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Split {
    Pair(u32, u32),
    Column(u32),
}

/// One side of a split: the columns that stay, and those that every packing there takes.
#[derive(Debug)]
pub(super) struct Side {
    columns: Vec<u32>,
    taken: Vec<u32>,
}

impl Search<'_> {
    /// Branches until no node can hold a better packing: the node of the largest bound first, or, if only so many
    /// nodes may be made, the newest.
    pub(super) fn branch_and_bound(
        &mut self,
        relaxation: &mut Relaxation<'_>,
        root: Open,
        best: &mut Best,
        most: Option<usize>,
    ) {
        let first_node = root.node;
        let mut open = vec![root];
        // The largest bound of a node that is closed.
        let mut closed = i64::MIN;
        loop {
            let next = match most {
                Some(_) => open.len().checked_sub(1),
                None => (0..open.len()).max_by_key(|&at| (open[at].points, open[at].node)),
            };
            let Some(next) = next else {
                break;
            };
            let top = open.swap_remove(next);
            if top.points <= self.enough(best.weight) {
                closed = closed.max(top.points);
                self.close(top.node, Node::Bound(top.duals));
                continue;
            }
            let spent = most.is_some_and(|most| (self.nodes.len() - first_node as usize) > most);
            if spent || (self.stop)() {
                best.bound = top.points.max(closed);
                self.close(top.node, Node::Bound(top.duals));
                for rest in open {
                    best.bound = best.bound.max(rest.points);
                    self.close(rest.node, Node::Bound(rest.duals));
                }
                return;
            }
            let others = open.len();
            let split = self.choose(relaxation, &top, best.weight);
            let sides = self.sides(&top.columns, &top.taken, split);
            let nodes = [self.new_node(), self.new_node()];
            self.close(top.node, self.split_node(split, nodes));
            for (node, Side { columns, taken }) in nodes.into_iter().zip(sides) {
                relaxation.allow_only(&columns, &taken, &self.cuts);
                relaxation.set_basis(&top.basis);
                let enough = self.enough(best.weight);
                let bound = relaxation.solve(&columns, &self.cuts, &mut self.pricer, enough, self.stop);
                let points = bound.points(self.pricer.scale);
                let values = relaxation.values();
                self.improve(best, &columns, &taken, &values, &bound);
                if points <= self.enough(best.weight) {
                    closed = closed.max(points);
                    self.close(node, Node::Bound(bound.duals));
                    continue;
                }
                let kept = self.worth_keeping(&columns, &bound, best.weight);
                let (node, columns) = if (columns.len() - kept.len()) * WORTH_DROPPING >= columns.len() {
                    let then = self.new_node();
                    self.close(node, Node::Drop { duals: bound.duals.clone(), then });
                    (then, kept)
                } else {
                    (node, columns)
                };
                let (duals, basis) = (bound.duals, relaxation.basis());
                open.push(Open { points, node, columns, taken, duals, basis, values });
            }
            // The newest is the better side.
            if open.len() == others + 2 && open[others].points > open[others + 1].points {
                open.swap(others, others + 1);
            }
        }
        best.bound = best.weight.max(closed);
    }

    fn split_node(&self, split: Split, nodes: [u32; 2]) -> Node {
        match split {
            Split::Pair(one, other) => Node::Pair { rows: [one, other], together: nodes[0], apart: nodes[1] },
            Split::Column(column) => {
                Node::Column { entries: self.packing.columns.entries(column).to_vec(), taken: nodes[0], left: nodes[1] }
            }
        }
    }

    /// Returns the two sides of a split.
    fn sides(&mut self, columns: &[u32], taken: &[u32], split: Split) -> [Side; 2] {
        let unchanged = taken.to_vec();
        match split {
            Split::Pair(one, other) => {
                let has = |column: u32, row: u32| self.packing.columns.entries(column).iter().any(|&(r, _)| r == row);
                let together = columns.iter().copied().filter(|&column| has(column, one) == has(column, other));
                let apart = columns.iter().copied().filter(|&column| !(has(column, one) && has(column, other)));
                let together = Side { columns: together.collect(), taken: unchanged.clone() };
                [together, Side { columns: apart.collect(), taken: unchanged }]
            }
            Split::Column(column) => {
                let left: Vec<u32> = columns.iter().copied().filter(|&other| other != column).collect();
                let taken = [taken, &[column]].concat();
                let beside = Side { columns: self.beside(&left, &taken), taken };
                [beside, Side { columns: left, taken: unchanged }]
            }
        }
    }

    /// Chooses what to branch on: of the pairs of rows shared about half, the one whose worse side falls most.
    fn choose(&mut self, relaxation: &mut Relaxation<'_>, open: &Open, weight: i64) -> Split {
        let mut shared: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        let fractional = |value: f64| value > WHOLE && value < 1.0 - WHOLE;
        for &(column, value) in &open.values {
            if !fractional(value) {
                continue;
            }
            let entries = self.packing.columns.entries(column);
            for (at, &(one, _)) in entries.iter().enumerate() {
                for &(other, _) in &entries[at + 1..] {
                    if self.packing.capacity[one as usize] == 1 && self.packing.capacity[other as usize] == 1 {
                        *shared.entry((one, other)).or_default() += value;
                    }
                }
            }
        }
        let shrinks = |one: u32, other: u32| {
            let has = |column: u32, row: u32| self.packing.columns.entries(column).iter().any(|&(r, _)| r == row);
            open.columns.iter().any(|&column| has(column, one) != has(column, other))
        };
        let mut pairs: Vec<(f64, Split)> = shared
            .into_iter()
            .filter(|&((one, other), value)| fractional(value) && shrinks(one, other))
            .map(|((one, other), value)| ((value - 0.5).abs(), Split::Pair(one, other)))
            .collect();
        pairs.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        pairs.truncate(TRIED_PAIRS);
        if pairs.is_empty() {
            let least_whole = open
                .values
                .iter()
                .min_by(|one, other| (one.1 - 0.5).abs().total_cmp(&(other.1 - 0.5).abs()).then(one.0.cmp(&other.0)));
            return Split::Column(least_whole.map_or(open.columns[0], |&(column, _)| column));
        }
        if pairs.len() == 1 {
            return pairs[0].1;
        }
        relaxation.set_basis(&open.basis);
        let mark = relaxation.mark();
        let mut chosen = (f64::NEG_INFINITY, pairs[0].1);
        for &(_, split) in &pairs {
            let falls = self.sides(&open.columns, &open.taken, split).map(|side| {
                relaxation.restore(&mark);
                relaxation.allow_only(&side.columns, &side.taken, &self.cuts);
                let objective = relaxation.try_solve(TRIAL_ITERATIONS, weight as f64);
                (open.points as f64 - objective).clamp(0.0, (open.points - weight) as f64)
            });
            let merit = falls[0].min(falls[1]) + falls[0].max(falls[1]) / 16.0;
            if merit > chosen.0 {
                chosen = (merit, split);
            }
        }
        chosen.1
    }
}
