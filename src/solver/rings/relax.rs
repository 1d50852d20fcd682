//! The relaxation of the columns on some rows, with only the columns built that matter.
//!
//! In: columns, those among them that are allowed, and cuts. Out: the optimum of the linear relaxation over all
//! allowed columns, and its duals as an exact [`Bound`].
//! Holds: after [`Relaxation::solve`] no allowed column outside the program prices below its weight, unless it
//! was stopped; the bound holds even then.
//! Costs: rounds of the simplex method, each followed by a pass over the allowed columns.
//! Absent: branching and the search for cuts.

use super::dual::Ended;
use super::exact::{Bound, Cuts, Pricer};
use super::packing::Packing;
use super::simplex::{Basis, Mark, Simplex};

/// Stands for "not in the program".
const NONE: u32 = u32::MAX;

/// How many columns each row starts with, the heaviest first.
const FIRST_COLUMNS: usize = 4;

/// How many columns a row has on average after thinning out.
const COLUMNS_A_ROW: usize = 2;

/// The iterations between questions whether to stop.
const ITERATIONS: usize = 2_000;

/// The rows from which on so many iterations take long, and it is asked in between too.
const MANY_ROWS: usize = 2_000;

/// Where rows and columns of a packing are in a relaxation; made once and used by one after the other.
#[derive(Debug, Default)]
pub(super) struct Places {
    row: Vec<u32>,
    column: Vec<u32>,
}

impl Places {
    /// Makes the places of a packing, all empty.
    pub(super) fn new(packing: &Packing) -> Self {
        Self { row: vec![NONE; packing.capacity.len()], column: vec![NONE; packing.columns.len()] }
    }
}

/// The most rounds of solving and pricing; floats that do not settle by then are left as they are.
const ROUNDS: usize = 1_000;

/// The linear relaxation on some rows.
#[derive(Debug)]
pub(super) struct Relaxation<'a> {
    packing: &'a Packing,
    lp: Simplex,
    /// The rows of the packing that are rows here, ascending.
    rows: Vec<u32>,
    /// The cuts that are rows here, after the rows.
    cuts: Vec<u32>,
    /// The columns that every packing takes for now; the rows have less room by them.
    taken: Vec<u32>,
    /// The columns built.
    columns: Vec<u32>,
    /// Where a cut is here.
    local_cut: Vec<u32>,
    places: Places,
    /// What one unit of the program's objective is in points.
    unit: f64,
    sums: Vec<(u32, u32)>,
}

impl<'a> Relaxation<'a> {
    /// Starts the relaxation of some columns with those taken and the first of each row.
    pub(super) fn new(packing: &'a Packing, mut places: Places, columns: &[u32], keep: &[u32]) -> Self {
        let mut rows: Vec<u32> =
            columns.iter().flat_map(|&column| packing.columns.entries(column).iter().map(|&(row, _)| row)).collect();
        rows.sort_unstable();
        rows.dedup();
        for (local, &row) in (0u32..).zip(&rows) {
            places.row[row as usize] = local;
        }
        let capacity = rows.iter().map(|&row| f64::from(packing.capacity[row as usize])).collect();
        let heaviest = columns.iter().map(|&column| packing.columns.weight(column)).max().unwrap_or(1).max(1);
        let mut relaxation = Self {
            packing,
            lp: Simplex::new(capacity),
            rows,
            cuts: Vec::new(),
            taken: Vec::new(),
            columns: Vec::new(),
            local_cut: Vec::new(),
            places,
            unit: heaviest as f64,
            sums: Vec::new(),
        };
        for &column in keep {
            relaxation.build(column, &Cuts::default());
        }
        let mut count = vec![0; relaxation.rows.len()];
        for &column in columns {
            let entries = packing.columns.entries(column);
            let local = |row: u32| relaxation.places.row[row as usize] as usize;
            if entries.iter().any(|&(row, _)| count[local(row)] < FIRST_COLUMNS) {
                for &(row, _) in entries {
                    count[local(row)] += 1;
                }
                relaxation.build(column, &Cuts::default());
            }
        }
        relaxation
    }

    /// Gives the places back, empty.
    pub(super) fn into_places(mut self) -> Places {
        for &row in &self.rows {
            self.places.row[row as usize] = NONE;
        }
        for &column in &self.columns {
            self.places.column[column as usize] = NONE;
        }
        self.places
    }

    /// Puts a column into the program, if it is not there.
    fn build(&mut self, column: u32, cuts: &Cuts) {
        if self.places.column[column as usize] != NONE {
            return;
        }
        let local = self.local_entries(column, cuts);
        self.places.column[column as usize] = self.columns.len() as u32;
        self.columns.push(column);
        self.lp.add_column(&local, self.packing.columns.weight(column) as f64 / self.unit);
    }

    /// Returns the rows and cuts of the program that a column is in, with its entries.
    fn local_entries(&mut self, column: u32, cuts: &Cuts) -> Vec<(u32, f64)> {
        let entries = self.packing.columns.entries(column);
        let mut local: Vec<(u32, f64)> =
            entries.iter().map(|&(row, entry)| (self.places.row[row as usize], f64::from(entry))).collect();
        if !self.cuts.is_empty() {
            let (local_cut, rows) = (&self.local_cut, self.rows.len() as u32);
            cuts.each_entry(entries, &mut self.sums, |cut, entry| {
                let at = local_cut.get(cut as usize).copied().unwrap_or(NONE);
                if at != NONE {
                    local.push((rows + at, f64::from(entry)));
                }
            });
        }
        local
    }

    /// Adds a cut to the program.
    pub(super) fn add_cut(&mut self, cut: u32, cuts: &Cuts) {
        let terms = &cuts.list[cut as usize];
        let mut row: Vec<(u32, f64)> = Vec::new();
        for (local, &column) in (0u32..).zip(&self.columns) {
            let sum: u32 = self
                .packing
                .columns
                .entries(column)
                .iter()
                .filter_map(|&(row, entry)| {
                    let at = terms.terms.binary_search_by_key(&row, |&(row, _)| row).ok()?;
                    Some(terms.terms[at].1 * entry)
                })
                .sum();
            if sum >= terms.divisor {
                row.push((local, f64::from(sum / terms.divisor)));
            }
        }
        self.local_cut.resize(cuts.list.len(), NONE);
        self.local_cut[cut as usize] = self.cuts.len() as u32;
        self.cuts.push(cut);
        self.lp.add_row(&row, cuts.capacity(cut, self.packing) as f64);
    }

    /// Allows these columns and no others, with room for them beside those taken.
    pub(super) fn allow_only(&mut self, columns: &[u32], taken: &[u32], cuts: &Cuts) {
        for local in 0..self.columns.len() {
            self.lp.allow(local, false);
        }
        let taken_before = std::mem::replace(&mut self.taken, taken.to_vec());
        for (taken, by) in [(taken_before, 1.0), (taken.to_vec(), -1.0)] {
            for column in taken {
                for (local, entry) in self.local_entries(column, cuts) {
                    self.lp.widen(local as usize, by * entry);
                }
            }
        }
        for &column in columns {
            let local = self.places.column[column as usize];
            if local != NONE {
                self.lp.allow(local as usize, true);
            }
        }
    }

    /// Solves the program as it is, for so many iterations at most; returns its objective in points.
    pub(super) fn try_solve(&mut self, iterations: usize, cutoff: f64) -> f64 {
        let taken = self.taken_weight();
        self.lp.solve(iterations, (cutoff - taken) / self.unit, &|| false);
        self.lp.objective() * self.unit + taken
    }

    fn taken_weight(&self) -> f64 {
        self.taken.iter().map(|&column| self.packing.columns.weight(column) as f64).sum()
    }

    /// Solves over all of `columns`, which must be those allowed, down to the cutoff in points.
    pub(super) fn solve(
        &mut self,
        columns: &[u32],
        cuts: &Cuts,
        pricer: &mut Pricer,
        cutoff: i64,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Bound {
        let mut cutoff_here = (cutoff as f64 - self.taken_weight()) / self.unit;
        let many_rows = self.rows.len() >= MANY_ROWS;
        for round in 0.. {
            let ended = self.lp.solve(ITERATIONS, cutoff_here, &|| many_rows && stop());
            let duals = self.duals();
            let bound = pricer.bound(self.packing, cuts, &duals, columns, &self.taken);
            if bound.points(pricer.scale) <= cutoff {
                return bound;
            }
            // The cutoff was reached only within rounding, or not for the columns outside: go on without it.
            if ended == Ended::CutOff {
                cutoff_here = f64::NEG_INFINITY;
            }
            let priced_in = self.price_in(columns, cuts, &duals);
            if (ended == Ended::Optimal && !priced_in) || round == ROUNDS || stop() {
                return bound;
            }
        }
        unreachable!("the rounds end")
    }

    /// Builds the columns that are priced below their weight; returns whether there were any.
    fn price_in(&mut self, columns: &[u32], cuts: &Cuts, duals: &[(u32, f64)]) -> bool {
        let rows = self.packing.capacity.len();
        let mut row_dual = vec![0.0; rows];
        let mut cut_dual = vec![0.0; cuts.list.len()];
        for &(row, dual) in duals {
            if (row as usize) < rows {
                row_dual[row as usize] = dual;
            } else {
                cut_dual[row as usize - rows] = dual;
            }
        }
        let mut below: Vec<(f64, u32)> = Vec::new();
        for &column in columns {
            if self.places.column[column as usize] != NONE {
                continue;
            }
            let entries = self.packing.columns.entries(column);
            let weight = self.packing.columns.weight(column) as f64;
            let mut price: f64 = entries.iter().map(|&(row, entry)| row_dual[row as usize] * f64::from(entry)).sum();
            if price < weight && !cut_dual.is_empty() {
                cuts.each_entry(entries, &mut self.sums, |cut, entry| {
                    price += cut_dual[cut as usize] * f64::from(entry)
                });
            }
            if price < weight - 1e-9 * self.unit {
                below.push((price - weight, column));
            }
        }
        below.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        below.truncate((2 * self.rows.len()).max(200));
        for &(_, column) in &below {
            self.build(column, cuts);
        }
        !below.is_empty()
    }

    /// Returns the duals in points: `(row, or cut after the rows, dual)`.
    fn duals(&mut self) -> Vec<(u32, f64)> {
        let duals = self.lp.duals();
        let cuts = self.cuts.iter().map(|&cut| cut + self.packing.capacity.len() as u32);
        let rows = self.rows.iter().copied().chain(cuts);
        rows.zip(duals).map(|(row, dual)| (row, dual * self.unit)).filter(|&(_, dual)| dual > 0.0).collect()
    }

    /// Takes columns out of the program that are far from being of use, if it has many; they can come back.
    pub(super) fn thin_out(&mut self) {
        let most = COLUMNS_A_ROW * self.rows.len();
        if self.columns.len() <= most + most / 2 {
            return;
        }
        let stays = self.lp.thin_out(most);
        let columns = std::mem::take(&mut self.columns);
        for (column, stays) in columns.into_iter().zip(stays) {
            self.places.column[column as usize] = if stays { self.columns.len() as u32 } else { NONE };
            if stays {
                self.columns.push(column);
            }
        }
    }

    /// Returns the columns with a value above zero, with it.
    pub(super) fn values(&self) -> Vec<(u32, f64)> {
        let values = self.columns.iter().enumerate().map(|(local, &column)| (column, self.lp.value(local)));
        values.filter(|&(_, value)| value > 1e-7).collect()
    }

    /// Returns the basis, to be taken up again later.
    pub(super) fn basis(&self) -> Basis {
        self.lp.basis()
    }

    /// Takes up an earlier basis.
    pub(super) fn set_basis(&mut self, basis: &Basis) {
        self.lp.set_basis(basis);
    }

    /// Returns the state of the program, to come back to as long as nothing is added to it.
    pub(super) fn mark(&mut self) -> Mark {
        self.lp.mark()
    }

    /// Comes back to a state.
    pub(super) fn restore(&mut self, mark: &Mark) {
        self.lp.restore(mark);
    }
}
