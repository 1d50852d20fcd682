//! Good packings, from what a relaxation or duals suggest.
//!
//! In: columns, and what duals or values say of them. Out: packings that fit, offered as the best.
//! Holds: an offer never makes the best worse. Costs: sorting the columns; or some small packings, searched quickly.
//! Absent: any proof; nodes made on the way are forgotten.

use super::branch::Open;
use super::exact::Bound;
use super::packing::{Columns, Packing};
use super::polish::Polish;
use super::relax::Relaxation;
use super::search::{Best, Search, worth_having};

/// The value from which on a column is sure to be taken.
const SURE: f64 = 0.99;

/// The columns of least slack that what is sure is completed from: so many a row, and so many in all.
const COMPLETED_A_ROW: usize = 2;
const COMPLETED: usize = 4_000;

/// The nodes spent on the columns of least slack alone, in the hope of a better packing.
const CORE_NODES: usize = 100;

/// Which part of the gap a better packing is to leave, one try after the other.
const CORE_PARTS: [i64; 4] = [16, 8, 4, 2];

/// Returns a packing at least as good as the one given, of columns that weigh something and fit, within a few nodes.
fn improved(packing: &Packing, start: Vec<u32>) -> Vec<u32> {
    let mut search = Search::new(packing, &|| false);
    search.quick = true;
    search.solve_columns(0, worth_having(packing, &start), start).columns
}

/// Returns the best packing found quickly of some columns in the room that others leave, from one of them.
///
/// `used` is what is taken of each row; `columns` ascend, each fits, and they contain `start`, which fits as a whole.
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

impl Search<'_> {
    /// Takes columns by weight.
    pub(super) fn greedy(&mut self, mut columns: Vec<u32>) -> Vec<u32> {
        columns.sort_unstable_by_key(|&column| (-self.packing.columns.weight(column), column));
        self.take_in_order(columns)
    }

    /// Takes columns in the order given as long as they fit.
    pub(super) fn take_in_order(&mut self, columns: impl IntoIterator<Item = u32>) -> Vec<u32> {
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

    /// Makes the best packing better one neighbourhood at a time.
    pub(super) fn polish(&mut self, columns: &[u32], bound: &Bound, best: &mut Best) {
        self.improve(best, columns, &[], &[], bound);
        let mut dual = vec![0; self.packing.capacity.len()];
        for &(row, of_row) in &bound.duals {
            dual[row as usize] = of_row;
        }
        let mut polish = Polish::new(self.packing, columns, &bound.slack, &dual, &best.columns);
        polish.run(bound.points(self.pricer.scale), self.stop);
        self.offer(best, polish.columns());
    }

    /// Takes the columns of value 1, and the best that fits beside them among those of little slack.
    pub(super) fn complete(&mut self, columns: &[u32], values: &[(u32, f64)], bound: &Bound, best: &mut Best) {
        let sure = values.iter().filter(|&&(_, value)| value > SURE).map(|&(column, _)| column);
        let sure = self.take_in_order(sure);
        // Each column of the best may fit beside what is sure where not all of them do.
        let start = self.take_in_order([&sure[..], &best.columns].concat()).split_off(sure.len());
        let mut by_slack: Vec<(i64, u32)> = bound.slack.iter().copied().zip(columns.iter().copied()).collect();
        let most = COMPLETED.min(COMPLETED_A_ROW * self.packing.capacity.len());
        if by_slack.len() > most {
            by_slack.select_nth_unstable(most);
            by_slack.truncate(most);
        }
        let near: Vec<u32> = by_slack.into_iter().map(|(_, column)| column).collect();
        let mut near = self.beside(&near, &sure);
        near.extend(&start);
        near.sort_unstable();
        near.dedup();
        self.room(&sure, 1);
        let found = best_in_room(self.packing, &self.used, &near, &start);
        self.room(&sure, -1);
        self.offer(best, [sure, found].concat());
    }

    /// Rounds values to a packing: columns of large value first, then those of small slack.
    pub(super) fn improve(
        &mut self,
        best: &mut Best,
        columns: &[u32],
        fixed: &[u32],
        values: &[(u32, f64)],
        bound: &Bound,
    ) {
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

    /// Searches for packings that leave ever larger parts of the gap, until one of the parts is closed about as wanted.
    pub(super) fn try_cores(
        &mut self,
        relaxation: &mut Relaxation<'_>,
        columns: &[u32],
        bound: &Bound,
        values: &[(u32, f64)],
        best: &mut Best,
    ) {
        let points = bound.points(self.pricer.scale);
        self.aside.clear();
        for part in CORE_PARTS {
            let before = best.weight;
            self.try_core(relaxation, columns, bound, values, part, best);
            if (points - best.weight) * part <= 2 * (points - before) {
                break;
            }
        }
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

    pub(super) fn offer(&mut self, best: &mut Best, columns: Vec<u32>) {
        let weight = self.weight_of(&columns);
        if weight > self.weight_of(&self.aside) {
            self.aside.clone_from(&columns);
        }
        if weight > best.weight {
            best.weight = weight;
            best.columns = columns;
        }
    }

    /// Notes that columns take room, or no longer do.
    fn room(&mut self, columns: &[u32], sign: i32) {
        for &column in columns {
            for &(row, entry) in self.packing.columns.entries(column) {
                self.used[row as usize] = self.used[row as usize].wrapping_add_signed(sign * entry as i32);
            }
        }
    }

    /// Returns the columns that fit beside those taken, each by itself.
    pub(super) fn beside(&mut self, columns: &[u32], taken: &[u32]) -> Vec<u32> {
        self.room(taken, 1);
        let fits = |&(row, entry): &(u32, u32)| self.used[row as usize] + entry <= self.packing.capacity[row as usize];
        let kept = columns.iter().copied().filter(|&column| self.packing.columns.entries(column).iter().all(fits));
        let kept = kept.collect();
        self.room(taken, -1);
        kept
    }
}
