//! Branch and bound over the columns of a packing.
//!
//! In: a packing. Out: the heaviest packing found, and the tree that proves how heavy any can be.
//! Holds: every node of the tree is closed by exact duals, or split so that its children cover it.
//! Costs: each node a warm-started relaxation and a pass over its columns.
//! Absent: floats in anything a node claims; they choose where to branch, and what to try.

use std::collections::BTreeMap;

use super::ascent;
use super::exact::{Bound, Cuts, Pricer};
use super::packing::{Columns, Packed, Packing};
use super::polish::Polish;
use super::proof::{Duals, Node, Part, Proof};
use super::relax::{Places, Relaxation};
use super::separate;
use super::simplex::Basis;

/// How near to a whole number a value counts as one.
const WHOLE: f64 = 1e-6;

/// Columns are dropped at a node when at least one in so many goes.
const WORTH_DROPPING: usize = 20;

/// The pairs tried out before one is chosen to branch on.
const TRIED_PAIRS: usize = 4;

/// The iterations spent on each side of a pair tried out.
const TRIAL_ITERATIONS: usize = 30;

/// The rounds of cuts before branching.
const CUT_ROUNDS: usize = 40;

/// The rounds of cuts in a row that may gain little.
const SLOW_ROUNDS: usize = 3;

/// The rounds of cuts after each of which what is sure is completed.
const COMPLETIONS: usize = 3;

/// The value from which on a column is sure to be taken.
const SURE: f64 = 0.99;

/// The columns of least slack that what is sure is completed from: so many a row, and so many in all.
const COMPLETED_A_ROW: usize = 8;
const COMPLETED: usize = 4_000;

/// The nodes spent on the columns of least slack alone, in the hope of a better packing.
const CORE_NODES: usize = 100;

/// Which part of the gap a better packing is to leave, one try after the other.
const CORE_PARTS: [i64; 4] = [16, 8, 4, 2];

/// The columns from which on duals are sought by passes over them, before any program is built.
const MANY: usize = 20_000;

/// The nodes made at most to improve a small packing.
const QUICK_NODES: usize = 20;

/// The rounds of cuts at most to improve a small packing.
const QUICK_ROUNDS: usize = 3;

/// Returns a packing at least as good as the one given, of columns that weigh something and fit, within a few nodes.
fn improved(packing: &Packing, start: Vec<u32>) -> Vec<u32> {
    let mut search = Search::new(packing, &|| false);
    search.quick = true;
    search.solve_columns(0, worth_having(packing), start).columns
}

/// Returns the best packing found quickly of some columns in the room that others leave, from one of them.
///
/// `used` is what is taken of each row; `columns` ascend, fit, and contain `start`.
pub(super) fn best_in_room(packing: &Packing, used: &[u32], columns: &[u32], start: &[u32]) -> Vec<u32> {
    let entries = columns.iter().flat_map(|&column| packing.columns.entries(column));
    let mut rows: Vec<u32> = entries.map(|&(row, _)| row).collect();
    rows.sort_unstable();
    rows.dedup();
    let local = |row: u32| rows.binary_search(&row).expect("all rows are listed") as u32;
    let capacity = rows.iter().map(|&row| packing.capacity[row as usize] - used[row as usize]).collect();
    let mut small = Packing { capacity, columns: Columns::new() };
    for &column in columns {
        let entries = packing.columns.entries(column).iter();
        let entries: Vec<(u32, u32)> = entries.map(|&(row, entry)| (local(row), entry)).collect();
        small.columns.push(&entries, packing.columns.weight(column));
    }
    let start = start.iter().map(|column| columns.binary_search(column).expect("the start is among them") as u32);
    improved(&small, start.collect()).into_iter().map(|column| columns[column as usize]).collect()
}

/// Finds the heaviest packing.
pub(super) fn solve(packing: &Packing, stop: &(dyn Fn() -> bool + Sync)) -> Packed {
    let mut search = Search::new(packing, stop);
    let columns = worth_having(packing);
    let start = search.greedy(columns.clone());
    let mut best = search.solve_columns(0, columns, start);
    best.columns.sort_unstable();
    let nodes = search.nodes.into_iter().map(|node| node.unwrap_or(Node::Bound(Vec::new()))).collect();
    let proof = Proof { scale: search.pricer.scale, cuts: search.cuts.list, nodes };
    Packed { columns: best.columns, weight: best.weight, bound: best.bound, proof }
}

/// Returns the columns that weigh something, fit, and are the heaviest of those with their entries.
fn worth_having(packing: &Packing) -> Vec<u32> {
    let columns = &packing.columns;
    let fits =
        |column: u32| columns.entries(column).iter().all(|&(row, entry)| entry <= packing.capacity[row as usize]);
    let mut kept: Vec<u32> =
        (0..columns.len() as u32).filter(|&column| columns.weight(column) > 0 && fits(column)).collect();
    kept.sort_unstable_by_key(|&column| (columns.entries(column), -columns.weight(column), column));
    kept.dedup_by_key(|column| columns.entries(*column));
    kept.sort_unstable();
    kept
}

/// The best packing of some columns, and a bound on all of them.
#[derive(Clone, Debug, Default)]
struct Best {
    columns: Vec<u32>,
    weight: i64,
    bound: i64,
}

/// A node that may still hold a better packing.
#[derive(Debug)]
struct Open {
    points: i64,
    node: u32,
    columns: Vec<u32>,
    /// What every packing here takes.
    taken: Vec<u32>,
    duals: Duals,
    basis: Basis,
    values: Vec<(u32, f64)>,
}

/// What a node is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Split {
    Pair(u32, u32),
    Column(u32),
}

/// One side of a split: the columns that stay, and those that every packing there takes.
#[derive(Debug)]
struct Side {
    columns: Vec<u32>,
    taken: Vec<u32>,
}

/// A search under way.
struct Search<'a> {
    packing: &'a Packing,
    stop: &'a (dyn Fn() -> bool + Sync),
    pricer: Pricer,
    cuts: Cuts,
    nodes: Vec<Option<Node>>,
    places: Places,
    /// The room taken in each row while a packing is put together.
    used: Vec<u32>,
    /// The heaviest packing offered since this was last emptied.
    aside: Vec<u32>,
    /// Whether a better packing is all that is wanted, and soon.
    quick: bool,
}

impl<'a> Search<'a> {
    fn new(packing: &'a Packing, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
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
        }
    }

    /// Makes a node to be filled in later.
    fn new_node(&mut self) -> u32 {
        self.nodes.push(None);
        self.nodes.len() as u32 - 1
    }

    fn close(&mut self, node: u32, how: Node) {
        self.nodes[node as usize] = Some(how);
    }

    fn weight_of(&self, columns: &[u32]) -> i64 {
        columns.iter().map(|&column| self.packing.columns.weight(column)).sum()
    }

    /// Takes columns in the order given as long as they fit.
    fn take_in_order(&mut self, columns: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let mut taken = Vec::new();
        for column in columns {
            let entries = self.packing.columns.entries(column);
            let fits =
                |&(row, entry): &(u32, u32)| self.used[row as usize] + entry <= self.packing.capacity[row as usize];
            if entries.iter().all(fits) {
                for &(row, entry) in entries {
                    self.used[row as usize] += entry;
                }
                taken.push(column);
            }
        }
        for &column in &taken {
            for &(row, _) in self.packing.columns.entries(column) {
                self.used[row as usize] = 0;
            }
        }
        taken
    }

    /// Takes columns by weight.
    fn greedy(&mut self, mut columns: Vec<u32>) -> Vec<u32> {
        columns.sort_unstable_by_key(|&column| (-self.packing.columns.weight(column), column));
        self.take_in_order(columns)
    }

    /// Solves for some columns, from a packing of them; the node speaks of these columns.
    fn solve_columns(&mut self, node: u32, columns: Vec<u32>, start: Vec<u32>) -> Best {
        let parts = self.parts(&columns);
        if parts.len() > 1 { self.solve_parts(node, parts, &start) } else { self.solve_connected(node, columns, start) }
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
            best.bound += part.bound;
            listed.push(Part { rows, target: part.bound, node: part_node });
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
            let bound = self.ascend(&columns, best.weight);
            self.polish(&columns, &bound, &mut best);
            let points = bound.points(self.pricer.scale);
            if points <= best.weight || (self.stop)() {
                best.bound = points.max(best.weight);
                self.close(node, Node::Bound(bound.duals));
                return best;
            }
            let mut by_slack: Vec<(i64, u32)> = bound.slack.iter().copied().zip(columns.iter().copied()).collect();
            let kept = self.worth_keeping(&columns, &bound, best.weight);
            if (columns.len() - kept.len()) * WORTH_DROPPING >= columns.len() {
                let then = self.new_node();
                self.close(node, Node::Drop { duals: bound.duals.clone(), then });
                node = then;
                columns = kept;
            }
            by_slack.retain(|(_, column)| columns.binary_search(column).is_ok());
            by_slack.sort_unstable();
            order = by_slack.into_iter().map(|(_, column)| column).collect();
            known = Some(bound);
        } else {
            order.sort_unstable_by_key(|&column| (-self.packing.columns.weight(column), column));
        }
        let places = std::mem::take(&mut self.places);
        let mut relaxation = Relaxation::new(self.packing, places, &order, &best.columns);
        let mut last_points = i64::MAX;
        let mut slow_rounds = 0;
        let rounds = if self.quick { QUICK_ROUNDS } else { CUT_ROUNDS };
        for round in 0.. {
            let bound = relaxation.solve(&columns, &self.cuts, &mut self.pricer, best.weight, self.stop);
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
            if points > best.weight && round < rounds && slow_rounds < SLOW_ROUNDS {
                found = separate::cuts(self.packing, &values);
            }
            if !self.quick
                && known.is_none()
                && (round < COMPLETIONS || found.is_empty())
                && points > best.weight
                && !(self.stop)()
            {
                self.complete(&columns, &values, &bound, &mut best);
                if found.is_empty() {
                    let before = best.weight;
                    self.aside.clear();
                    for part in CORE_PARTS {
                        let before = best.weight;
                        self.try_core(&mut relaxation, &columns, &bound, &values, part, &mut best);
                        if (points - best.weight) * part <= 2 * (points - before) {
                            break;
                        }
                    }
                    if points > best.weight && 2 * (points - best.weight) <= points - before && round < CUT_ROUNDS {
                        // The gap is another now: what gained little may gain enough.
                        slow_rounds = 0;
                        found = separate::cuts(self.packing, &values);
                    }
                }
                relaxation.allow_only(&columns, &[], &self.cuts);
            }
            if points <= best.weight || (self.stop)() {
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

    /// Bounds the packings of some columns without a program.
    fn ascend(&mut self, columns: &[u32], weight: i64) -> Bound {
        let duals = ascent::duals(self.packing, columns, weight, self.stop);
        let duals: Vec<(u32, f64)> = (0..).zip(duals).filter(|&(_, dual)| dual > 0.0).collect();
        self.pricer.bound(self.packing, &Cuts::default(), &duals, columns, &[])
    }

    /// Makes the best packing better one neighbourhood at a time.
    fn polish(&mut self, columns: &[u32], bound: &Bound, best: &mut Best) {
        self.improve(best, columns, &[], &[], bound);
        let mut dual = vec![0; self.packing.capacity.len()];
        for &(row, of_row) in &bound.duals {
            dual[row as usize] = of_row;
        }
        let mut polish = Polish::new(self.packing, columns, &bound.slack, &dual, &best.columns);
        polish.run(bound.points(self.pricer.scale), self.stop);
        self.offer(best, polish.columns());
    }

    /// Searches, for a few nodes, for a packing that leaves at most a part of the gap, and forgets the nodes.
    ///
    /// Such a packing has only columns of little slack, and only nodes of large bounds can hold one: both make the
    /// search small. What else comes up on the way is kept too.
    fn try_core(
        &mut self,
        relaxation: &mut Relaxation<'_>,
        columns: &[u32],
        bound: &Bound,
        values: &[(u32, f64)],
        part: i64,
        best: &mut Best,
    ) {
        let points = bound.points(self.pricer.scale);
        let wanted = points - 1 - (points - best.weight) / part;
        let columns = self.worth_keeping(columns, bound, wanted);
        let (basis, nodes) = (relaxation.basis(), self.nodes.len());
        let node = self.new_node();
        let (taken, duals, values) = (Vec::new(), Vec::new(), values.to_vec());
        let open = Open { points, node, columns, taken, duals, basis: basis.clone(), values };
        let mut wanted = Best { columns: Vec::new(), weight: wanted.max(best.weight), bound: points };
        self.branch_and_bound(relaxation, open, &mut wanted, Some(CORE_NODES));
        self.nodes.truncate(nodes);
        relaxation.set_basis(&basis);
        let aside = std::mem::take(&mut self.aside);
        self.offer(best, aside);
    }

    /// Returns the columns that a better packing than one of this weight may have.
    fn worth_keeping(&self, columns: &[u32], bound: &Bound, weight: i64) -> Vec<u32> {
        let least = bound.total - i128::from(weight) * i128::from(self.pricer.scale);
        columns
            .iter()
            .zip(&bound.slack)
            .filter(|&(_, &slack)| i128::from(slack) <= least)
            .map(|(&column, _)| column)
            .collect()
    }

    /// Rounds values to a packing: columns of large value first, then those of small slack.
    fn improve(&mut self, best: &mut Best, columns: &[u32], fixed: &[u32], values: &[(u32, f64)], bound: &Bound) {
        let mut order: Vec<(u32, f64)> = values.to_vec();
        order.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let least = (bound.total - i128::from(best.weight) * i128::from(self.pricer.scale)) / 8;
        let mut rest: Vec<(i64, u32)> = bound.slack.iter().copied().zip(columns.iter().copied()).collect();
        rest.retain(|&(slack, _)| i128::from(slack) <= least);
        rest.sort_unstable();
        let by_value = order.into_iter().map(|(column, _)| column);
        let by_slack = rest.into_iter().map(|(_, column)| column);
        let order: Vec<u32> = fixed.iter().copied().chain(by_value).chain(by_slack).collect();
        let taken = self.take_in_order(order);
        self.offer(best, taken);
    }

    fn offer(&mut self, best: &mut Best, columns: Vec<u32>) {
        let weight = self.weight_of(&columns);
        if weight > self.weight_of(&self.aside) {
            self.aside.clone_from(&columns);
        }
        if weight > best.weight {
            best.weight = weight;
            best.columns = columns;
        }
    }

    /// Takes the columns of value 1, and the best that fits beside them among those of little slack.
    fn complete(&mut self, columns: &[u32], values: &[(u32, f64)], bound: &Bound, best: &mut Best) {
        let sure = values.iter().filter(|&&(_, value)| value > SURE).map(|&(column, _)| column);
        let sure = self.take_in_order(sure);
        let mut by_slack: Vec<(i64, u32)> = bound.slack.iter().copied().zip(columns.iter().copied()).collect();
        let most = COMPLETED.min(COMPLETED_A_ROW * self.packing.capacity.len());
        if by_slack.len() > most {
            by_slack.select_nth_unstable(most);
            by_slack.truncate(most);
        }
        let near: Vec<u32> = by_slack.into_iter().map(|(_, column)| column).collect();
        let mut near = self.beside(&near, &sure);
        near.sort_unstable();
        let start = self.beside(&best.columns, &sure);
        near.extend(start.iter().filter(|column| near.binary_search(column).is_err()).copied().collect::<Vec<_>>());
        near.sort_unstable();
        self.room(&sure, 1);
        let found = best_in_room(self.packing, &self.used, &near, &start);
        self.room(&sure, -1);
        self.offer(best, [sure, found].concat());
    }

    /// Notes that columns take room, or no longer do.
    fn room(&mut self, columns: &[u32], sign: i32) {
        for &column in columns {
            for &(row, entry) in self.packing.columns.entries(column) {
                self.used[row as usize] = self.used[row as usize].wrapping_add_signed(sign * entry as i32);
            }
        }
    }

    /// Returns the columns that fit beside those taken.
    fn beside(&mut self, columns: &[u32], taken: &[u32]) -> Vec<u32> {
        for &column in taken {
            for &(row, entry) in self.packing.columns.entries(column) {
                self.used[row as usize] += entry;
            }
        }
        let fits = |&(row, entry): &(u32, u32)| self.used[row as usize] + entry <= self.packing.capacity[row as usize];
        let kept = columns.iter().copied().filter(|&column| self.packing.columns.entries(column).iter().all(fits));
        let kept = kept.collect();
        for &column in taken {
            for &(row, _) in self.packing.columns.entries(column) {
                self.used[row as usize] = 0;
            }
        }
        kept
    }

    /// Branches until no node can hold a better packing: the node of the largest bound first, or, if only so many
    /// nodes may be made, the newest.
    fn branch_and_bound(&mut self, relaxation: &mut Relaxation<'_>, root: Open, best: &mut Best, most: Option<usize>) {
        let first_node = root.node;
        let mut open = vec![root];
        loop {
            let next = match most {
                Some(_) => open.len().checked_sub(1),
                None => (0..open.len()).max_by_key(|&at| (open[at].points, open[at].node)),
            };
            let Some(next) = next else {
                break;
            };
            let top = open.swap_remove(next);
            if top.points <= best.weight {
                self.close(top.node, Node::Bound(top.duals));
                continue;
            }
            let spent = most.is_some_and(|most| (self.nodes.len() - first_node as usize) > most);
            if spent || (self.stop)() {
                best.bound = top.points;
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
                let bound = relaxation.solve(&columns, &self.cuts, &mut self.pricer, best.weight, self.stop);
                let points = bound.points(self.pricer.scale);
                let values = relaxation.values();
                self.improve(best, &columns, &taken, &values, &bound);
                if points <= best.weight {
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
        best.bound = best.weight;
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
