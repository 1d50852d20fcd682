//! A packing made better one neighbourhood at a time.
//!
//! In: a packing taken, duals, and by how much the price of each column exceeds its weight under them. Out: a packing
//! that weighs as much or more.
//! Holds: the packing fits at any time. Costs: sweeps over all rows; a neighbourhood is a small packing of its own.
//! Absent: any proof.
//!
//! The columns taken on some rows that lie together are given back, and what fits in their place is searched for the
//! best (P. Shaw, "Using constraint programming and local search methods to solve vehicle routing problems", 1998).
//! What a row lacks to its dual says where something is to be gained: under any duals a packing falls short of their
//! bound by what its columns are priced above their weights, and by the duals of the room it leaves.

use super::heuristics;
use super::packing::Packing;

/// How many columns each row looks at, those of least slack.
const NEAR: usize = 32;

/// How many of these lead from a row to its neighbours, in one sweep and the next.
const TIGHT: [usize; 2] = [4, 8];

/// The columns given back at a time, sweep after sweep, as long as a size brings something.
const SIZES: [usize; 4] = [16, 30, 50, 80];

/// A sweep that closes no more than one such part of the gap ends its size.
const SLOW: i128 = 50;

/// The sweeps in a row that may close little.
const SLOW_SWEEPS: u32 = 2;

/// A packing with what surrounds it.
pub(super) struct Polish<'a> {
    packing: &'a Packing,
    /// The columns of least slack on each row, those first.
    near: Vec<Vec<u32>>,
    slack_of: Vec<i64>,
    dual: &'a [i64],
    taken: Vec<bool>,
    /// The column taken on a row of capacity 1.
    holder: Vec<Option<u32>>,
    used: Vec<u32>,
    weight: i64,
}

impl<'a> Polish<'a> {
    /// Begins with a packing; `slack` is parallel to `columns`, and `dual` has all rows; both in the same units.
    pub(super) fn new(packing: &'a Packing, columns: &[u32], slack: &[i64], dual: &'a [i64], start: &[u32]) -> Self {
        let rows = packing.capacity.len();
        let mut slack_of = vec![i64::MAX; packing.columns.len()];
        let mut near: Vec<Vec<u32>> = vec![Vec::new(); rows];
        for (&column, &slack) in columns.iter().zip(slack) {
            slack_of[column as usize] = slack;
            for &(row, _) in packing.columns.entries(column) {
                if packing.capacity[row as usize] == 1 {
                    near[row as usize].push(column);
                }
            }
        }
        for list in &mut near {
            let by_slack = |&column: &u32| (slack_of[column as usize], column);
            if list.len() > NEAR {
                list.select_nth_unstable_by_key(NEAR, by_slack);
                list.truncate(NEAR);
            }
            list.sort_unstable_by_key(by_slack);
        }
        let mut polish = Self {
            packing,
            near,
            slack_of,
            dual,
            taken: vec![false; packing.columns.len()],
            holder: vec![None; rows],
            used: vec![0; rows],
            weight: 0,
        };
        for &column in start {
            polish.take(column);
        }
        polish
    }

    /// Returns the columns taken, ascending.
    pub(super) fn columns(&self) -> Vec<u32> {
        (0..self.taken.len() as u32).filter(|&column| self.taken[column as usize]).collect()
    }

    fn take(&mut self, column: u32) {
        self.taken[column as usize] = true;
        self.weight += self.packing.columns.weight(column);
        for &(row, entry) in self.packing.columns.entries(column) {
            self.used[row as usize] += entry;
            self.holder[row as usize] = Some(column);
        }
    }

    fn give_back(&mut self, column: u32) {
        self.taken[column as usize] = false;
        self.weight -= self.packing.columns.weight(column);
        for &(row, entry) in self.packing.columns.entries(column) {
            self.used[row as usize] -= entry;
            self.holder[row as usize] = None;
        }
    }

    /// Goes over all rows until sweeps bring little, with ever larger neighbourhoods; `bound` is in whole points.
    pub(super) fn run(&mut self, bound: i64, stop: &(dyn Fn() -> bool + Sync)) {
        let mut sweep = 0;
        for size in SIZES {
            let mut slow = 0;
            while slow < SLOW_SWEEPS {
                let before = self.weight;
                self.sweep(size, sweep, stop);
                sweep += 1;
                if self.weight >= bound || stop() {
                    return;
                }
                let closed = i128::from(self.weight - before) * SLOW > i128::from(bound - before);
                slow = if closed { 0 } else { slow + 1 };
            }
        }
    }

    /// Visits each row once, in an order of the sweep's own.
    fn sweep(&mut self, size: usize, sweep: u32, stop: &(dyn Fn() -> bool + Sync)) {
        let rows = 0..self.packing.capacity.len() as u32;
        let rows = rows.filter(|&row| self.loss(row) > 0);
        let mut seeds: Vec<(u32, u32)> = rows.map(|row| (scattered(row, sweep), row)).collect();
        seeds.sort_unstable();
        let mut visited = vec![false; self.packing.capacity.len()];
        for (_, seed) in seeds {
            if stop() {
                return;
            }
            if !visited[seed as usize] {
                self.visit(seed, size, TIGHT[sweep as usize % TIGHT.len()], &mut visited);
            }
        }
    }

    /// Returns what a row of capacity 1 falls short of its dual by.
    fn loss(&self, row: u32) -> i64 {
        if self.packing.capacity[row as usize] != 1 {
            return 0;
        }
        match self.holder[row as usize] {
            Some(column) => self.slack_of[column as usize],
            None if self.near[row as usize].is_empty() => 0,
            None => self.dual[row as usize],
        }
    }

    /// Gives back what lies around a row, and takes the best that fits instead.
    fn visit(&mut self, seed: u32, size: usize, tight: usize, visited: &mut [bool]) {
        let (given_back, rows) = self.around(seed, size, tight);
        for &row in &rows {
            visited[row as usize] = true;
        }
        for &column in &given_back {
            self.give_back(column);
        }
        let mut found: Vec<u32> = rows.iter().flat_map(|&row| self.near[row as usize].iter().copied()).collect();
        found.extend(&given_back);
        found.sort_unstable();
        found.dedup();
        found.retain(|&column| {
            let mut entries = self.packing.columns.entries(column).iter();
            entries.all(|&(row, entry)| self.used[row as usize] + entry <= self.packing.capacity[row as usize])
        });
        let best = heuristics::best_in_room(self.packing, &self.used, &found, &given_back);
        for column in best {
            self.take(column);
        }
    }

    /// Returns so many columns taken around a row, and the rows of capacity 1 they and the gaps between them cover.
    fn around(&self, seed: u32, size: usize, tight: usize) -> (Vec<u32>, Vec<u32>) {
        let mut rows = vec![seed];
        let mut columns: Vec<u32> = Vec::new();
        let mut known = std::collections::BTreeSet::from([seed]);
        let mut next = 0;
        while next < rows.len() && columns.len() < size {
            let row = rows[next];
            next += 1;
            let held = self.holder[row as usize];
            if let Some(column) = held.filter(|column| !columns.contains(column)) {
                columns.push(column);
            }
            for &column in held.iter().chain(self.near[row as usize].iter().take(tight)) {
                for &(other, _) in self.packing.columns.entries(column) {
                    if self.packing.capacity[other as usize] == 1 && known.insert(other) {
                        rows.push(other);
                    }
                }
            }
        }
        rows.truncate(next);
        for &column in &columns {
            for &(row, _) in self.packing.columns.entries(column) {
                if self.packing.capacity[row as usize] == 1 && !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
        (columns, rows)
    }
}

/// Returns a number for a row that has no pattern and is another in each sweep (after A. Appleby's `MurmurHash3`).
fn scattered(row: u32, sweep: u32) -> u32 {
    let mixed = (row ^ sweep.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    mixed.rotate_left(13).wrapping_mul(0xC2B2_AE35)
}
