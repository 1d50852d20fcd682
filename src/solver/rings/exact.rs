//! Duals in whole numbers: what floats suggest, made a bound that holds.
//!
//! In: duals of rows and cuts as floats, and the columns they are to bound. Out: a [`Bound`]: duals in units of
//! one `scale`-th, what they come to, and by how much each column's price exceeds its weight.
//! Holds: the bound is one whatever the duals are, for columns priced below their weight add what is missing.
//! Costs: a pass over the entries of the columns, or two. Absent: floats after the first rounding.

use super::packing::Packing;
use super::proof::{Cut, Duals};

/// The bits a scaled weight may have.
const SCALED_BITS: u32 = 56;

/// The bits of the scale where weights are small: enough that rounding up thousands of duals loses no unit.
const SCALE_BITS: u32 = 20;

/// The cuts found so far, also by the rows they add up.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts {
    pub(super) list: Vec<Cut>,
    /// For each row the cuts it is part of, with its multiplier.
    of_row: Vec<Vec<(u32, u32)>>,
}

impl Cuts {
    pub(super) fn new(rows: usize) -> Self {
        Self { list: Vec::new(), of_row: vec![Vec::new(); rows] }
    }

    /// Appends a cut and returns its number.
    pub(super) fn push(&mut self, cut: Cut) -> u32 {
        let number = self.list.len() as u32;
        for &(row, multiplier) in &cut.terms {
            self.of_row[row as usize].push((number, multiplier));
        }
        self.list.push(cut);
        number
    }

    /// Returns the capacity of a cut.
    pub(super) fn capacity(&self, cut: u32, packing: &Packing) -> i64 {
        let cut = &self.list[cut as usize];
        let sum: u64 = cut
            .terms
            .iter()
            .map(|&(row, multiplier)| u64::from(multiplier) * u64::from(packing.capacity[row as usize]))
            .sum();
        (sum / u64::from(cut.divisor)) as i64
    }

    /// Calls `take` with each cut a column with these entries is part of, and its entry there.
    pub(super) fn each_entry(
        &self,
        entries: &[(u32, u32)],
        sums: &mut Vec<(u32, u32)>,
        mut take: impl FnMut(u32, u32),
    ) {
        sums.clear();
        for &(row, entry) in entries {
            for &(cut, multiplier) in &self.of_row[row as usize] {
                match sums.iter_mut().find(|(other, _)| *other == cut) {
                    Some((_, sum)) => *sum += entry * multiplier,
                    None => sums.push((cut, entry * multiplier)),
                }
            }
        }
        for &(cut, sum) in sums.iter() {
            let entry = sum / self.list[cut as usize].divisor;
            if entry > 0 {
                take(cut, entry);
            }
        }
    }
}

/// A bound on the packings of some columns.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// The duals that are not zero.
    pub(super) duals: Duals,
    /// What they come to, in units of one `scale`-th.
    pub(super) total: i128,
    /// For each column what its price exceeds its weight by, in the same units; parallel to the columns priced.
    pub(super) slack: Vec<i64>,
}

impl Bound {
    /// Returns the bound in whole points.
    pub(super) fn points(&self, scale: i64) -> i64 {
        i64::try_from(self.total.div_euclid(i128::from(scale))).unwrap_or(i64::MAX)
    }
}

/// Prices columns with duals in whole numbers.
#[derive(Debug)]
pub(super) struct Pricer {
    pub(super) scale: i64,
    row_dual: Vec<i64>,
    cut_dual: Vec<i64>,
    sums: Vec<(u32, u32)>,
}

impl Pricer {
    /// Chooses the scale for the weights of a packing.
    pub(super) fn new(packing: &Packing) -> Self {
        let columns = 0..packing.columns.len() as u32;
        let heaviest = columns.map(|column| packing.columns.weight(column)).max().unwrap_or(0).max(1);
        let bits = SCALED_BITS.saturating_sub(64 - heaviest.leading_zeros()).min(SCALE_BITS);
        Self { scale: 1 << bits, row_dual: vec![0; packing.capacity.len()], cut_dual: Vec::new(), sums: Vec::new() }
    }

    /// Rounds duals, given in points as `(row or cut after the rows, dual)`, and bounds the packings of `columns`.
    ///
    /// All of these packings take `taken`, which are not among `columns`.
    /// Where a column is priced below its weight, a row of capacity 1 it fills is raised, if it has one: this
    /// costs no more than the column would, and may cover others.
    pub(super) fn bound(
        &mut self,
        packing: &Packing,
        cuts: &Cuts,
        duals: &[(u32, f64)],
        columns: &[u32],
        taken: &[u32],
    ) -> Bound {
        let rows = packing.capacity.len();
        self.cut_dual.resize(cuts.list.len().max(self.cut_dual.len()), 0);
        let mut used_rows = Vec::new();
        let mut used_cuts = Vec::new();
        for &(row, dual) in duals {
            let scaled = (dual * self.scale as f64).round().clamp(0.0, (1i64 << 57) as f64) as i64;
            if scaled == 0 {
                continue;
            }
            if (row as usize) < rows {
                self.row_dual[row as usize] = scaled;
                used_rows.push(row);
            } else {
                self.cut_dual[row as usize - rows] = scaled;
                used_cuts.push(row);
            }
        }
        let mut slack = Vec::with_capacity(columns.len());
        let mut raised = false;
        for &column in columns {
            let entries = packing.columns.entries(column);
            let below = self.slack(packing, cuts, column);
            if below < 0
                && let Some(&(row, _)) =
                    entries.iter().find(|&&(row, entry)| entry == 1 && packing.capacity[row as usize] == 1)
            {
                if self.row_dual[row as usize] == 0 {
                    used_rows.push(row);
                }
                self.row_dual[row as usize] -= below;
                raised = true;
            }
            slack.push(below);
        }
        if raised {
            for (slack, &column) in slack.iter_mut().zip(columns) {
                *slack = self.slack(packing, cuts, column);
            }
        }
        let mut total: i128 = slack.iter().filter(|&&slack| slack < 0).map(|&slack| -i128::from(slack)).sum();
        for &column in taken {
            total -= i128::from(self.slack(packing, cuts, column));
        }
        let mut found: Duals = Vec::with_capacity(used_rows.len() + used_cuts.len());
        for row in used_rows {
            let dual = std::mem::take(&mut self.row_dual[row as usize]);
            total += i128::from(dual) * i128::from(packing.capacity[row as usize]);
            found.push((row, dual));
        }
        for row in used_cuts {
            let cut = row - rows as u32;
            let dual = std::mem::take(&mut self.cut_dual[cut as usize]);
            total += i128::from(dual) * i128::from(cuts.capacity(cut, packing));
            found.push((row, dual));
        }
        found.sort_unstable();
        Bound { duals: found, total, slack }
    }

    fn slack(&mut self, packing: &Packing, cuts: &Cuts, column: u32) -> i64 {
        let entries = packing.columns.entries(column);
        let mut price: i64 = entries.iter().map(|&(row, entry)| self.row_dual[row as usize] * i64::from(entry)).sum();
        if !cuts.list.is_empty() {
            let cut_dual = &self.cut_dual;
            cuts.each_entry(entries, &mut self.sums, |cut, entry| price += cut_dual[cut as usize] * i64::from(entry));
        }
        price - packing.columns.weight(column) * self.scale
    }
}
