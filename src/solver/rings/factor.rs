//! The factors of a sparse basis: solving with a square matrix and with its transpose.
//!
//! In: pivots in the order of elimination, from `eliminate`. Out: [`Factor`], which solves `B x = a` and `Bᵀ z = c`
//! and takes the exchange of one column (J. Hall and Q. Huangfu, "Novel update techniques for the revised simplex
//! method", 2015: the middle product form, whose updates are sparse where solutions are not).
//! Holds: a solve leaves exactly the entries it listed. Costs: what is reached from the entries given, in the order of
//! elimination, so a vector of few entries whose solution has few takes few steps whatever the size of the basis
//! (J. Gilbert and T. Peierls, "Sparse partial pivoting in time proportional to arithmetic operations", 1988); and a
//! word for every 4,096 rows at each step.
//! Absent: any claim. These are floats; what is concluded from them is checked in integers elsewhere.

use super::sparse::{Agenda, CANCELLED, Sparse};

/// What is dropped as rounding noise.
pub(super) const TINY: f64 = 1e-13;

/// One step of elimination: a pivot with what it does to others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pivot {
    /// The row of the pivot.
    pub(super) row: u32,
    /// The position of the column of the pivot.
    pub(super) position: u32,
    /// The entry there.
    pub(super) value: f64,
}

/// The pivots in the order of elimination, and the entries of both triangles by the step of their column.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    /// The pivots.
    pub(super) pivots: Vec<Pivot>,
    /// The multipliers of each step, with the rows they are for: rows of later pivots.
    pub(super) lower: Lists,
    /// The entries of each pivot's column in the rows of earlier pivots.
    pub(super) upper: Lists,
}

/// Lists of entries side by side.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    first: Vec<u32>,
    entries: Vec<(u32, f64)>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { first: vec![0], entries: Vec::new() }
    }
}

impl Lists {
    /// Appends an entry to the list under way.
    pub(super) fn push(&mut self, at: u32, entry: f64) {
        self.entries.push((at, entry));
    }

    /// Ends the list under way.
    pub(super) fn end(&mut self) {
        self.first.push(self.entries.len() as u32);
    }

    /// Returns a list.
    pub(super) fn of(&self, index: u32) -> &[(u32, f64)] {
        &self.entries[self.first[index as usize] as usize..self.first[index as usize + 1] as usize]
    }

    /// Returns the entries that each item has in the lists, with the number of the list.
    fn turned(&self) -> Self {
        let size = self.first.len() - 1;
        let mut first = vec![0u32; size + 2];
        for &(at, _) in &self.entries {
            first[at as usize + 2] += 1;
        }
        for at in 2..first.len() {
            first[at] += first[at - 1];
        }
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for index in 0..size as u32 {
            for &(at, entry) in self.of(index) {
                let place = &mut first[at as usize + 1];
                entries[*place as usize] = (index, entry);
                *place += 1;
            }
        }
        first.pop();
        Self { first, entries }
    }
}

/// A column that took the place of another since the matrix was factored: between the triangles stands the identity
/// plus `column × row`, whose inverse is the identity less `column × row / pivot`. Both go by step.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    pivot: f64,
    /// Parts of `Factor::exchanged`.
    column: (u32, u32),
    row: (u32, u32),
}

/// A factored basis with the exchanges since. Inside, rows and positions go by the step of their pivot.
#[derive(Clone, Debug, Default)]
pub(super) struct Factor {
    pivots: Vec<Pivot>,
    step_of_row: Vec<u32>,
    step_of_position: Vec<u32>,
    /// By step, the later steps its multipliers are for; and turned.
    lower: Lists,
    lower_turned: Lists,
    /// By step, the earlier steps its column has entries in; and turned.
    upper: Lists,
    upper_turned: Lists,
    exchanges: Vec<Exchange>,
    exchanged: Vec<(u32, f64)>,
    /// What the last column to enter and the last position to leave were between the triangles, by step.
    entering: Vec<(u32, f64)>,
    leaving: Vec<(u32, f64)>,
    /// By step.
    work: Vec<f64>,
    agenda: Agenda,
    reached: Vec<u32>,
}

impl Factor {
    /// Takes the steps of an elimination, whose lists speak of rows.
    pub(super) fn new(Steps { pivots, mut lower, mut upper }: Steps) -> Self {
        let size = pivots.len();
        let (mut step_of_row, mut step_of_position) = (vec![0; size], vec![0; size]);
        for (step, pivot) in (0u32..).zip(&pivots) {
            step_of_row[pivot.row as usize] = step;
            step_of_position[pivot.position as usize] = step;
        }
        for (row, _) in lower.entries.iter_mut().chain(&mut upper.entries) {
            *row = step_of_row[*row as usize];
        }
        Self {
            lower_turned: lower.turned(),
            upper_turned: upper.turned(),
            pivots,
            step_of_row,
            step_of_position,
            lower,
            upper,
            exchanges: Vec::new(),
            exchanged: Vec::new(),
            entering: Vec::new(),
            leaving: Vec::new(),
            work: vec![0.0; size],
            agenda: Agenda::new(size),
            reached: Vec::new(),
        }
    }

    /// Returns the number of exchanges since the matrix was factored.
    pub(super) fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// Returns the number of stored entries, of the factors and of the exchanges.
    pub(super) fn entries(&self) -> (usize, usize) {
        (self.lower.entries.len() + self.upper.entries.len() + self.pivots.len(), self.exchanged.len())
    }

    /// Solves `B x = a`: takes `a` by row and leaves `x` by position.
    pub(super) fn solve(&mut self, vector: &mut Sparse) {
        self.through_lower(vector);
        self.through_upper(vector);
    }

    /// Solves as [`Factor::solve`] does for the column that is to enter.
    pub(super) fn solve_entering(&mut self, vector: &mut Sparse) {
        self.through_lower(vector);
        self.entering.clear();
        self.entering.extend(self.reached.iter().map(|&step| (step, self.work[step as usize])));
        self.through_upper(vector);
    }

    /// Solves `Bᵀ z = c`: takes `c` by position and leaves `z` by row.
    pub(super) fn solve_transposed(&mut self, vector: &mut Sparse) {
        self.through_upper_transposed(vector);
        self.through_lower_transposed(vector);
    }

    /// Solves as [`Factor::solve_transposed`] does for a position that is to leave.
    pub(super) fn solve_leaving(&mut self, position: u32, vector: &mut Sparse) {
        vector.add(position, 1.0);
        self.through_upper_transposed(vector);
        self.leaving.clear();
        self.leaving.extend(self.reached.iter().map(|&step| (step, self.work[step as usize])));
        self.through_lower_transposed(vector);
    }

    /// Puts the column last solved to enter at the position last solved to leave; `pivot` is its entry there.
    pub(super) fn exchange(&mut self, position: u32, pivot: f64) {
        let step = self.step_of_position[position as usize];
        let start = self.exchanged.len() as u32;
        self.exchanged.append(&mut self.entering);
        self.exchanged.push((step, -self.pivots[step as usize].value));
        self.exchanged.extend(self.upper.of(step).iter().map(|&(earlier, entry)| (earlier, -entry)));
        let middle = self.exchanged.len() as u32;
        self.exchanged.append(&mut self.leaving);
        self.exchanges.push(Exchange { pivot, column: (start, middle), row: (middle, self.exchanged.len() as u32) });
    }

    /// Solves with the lower triangle and the exchanges; leaves the result in `work`, at the steps in `reached`.
    fn through_lower(&mut self, vector: &mut Sparse) {
        let Self { work, agenda, reached, .. } = self;
        reached.clear();
        for (row, value) in vector.entries() {
            let step = self.step_of_row[row as usize];
            work[step as usize] = value;
            agenda.insert(step);
        }
        vector.clear();
        while let Some(step) = agenda.pop_first() {
            let value = work[step as usize];
            if value.abs() < TINY {
                work[step as usize] = 0.0;
                continue;
            }
            reached.push(step);
            for &(later, multiplier) in self.lower.of(step) {
                work[later as usize] -= multiplier * value;
                agenda.insert(later);
            }
        }
        let list = |(from, to): (u32, u32)| &self.exchanged[from as usize..to as usize];
        for exchange in &self.exchanges {
            let sum: f64 = list(exchange.row).iter().map(|&(step, entry)| entry * work[step as usize]).sum();
            if sum != 0.0 {
                subtract(work, reached, list(exchange.column), sum / exchange.pivot);
            }
        }
    }

    /// Solves with the upper triangle for what stands in `work` at the steps in `reached`.
    fn through_upper(&mut self, vector: &mut Sparse) {
        let Self { pivots, work, agenda, reached, .. } = self;
        for &step in &*reached {
            agenda.insert(step);
        }
        while let Some(step) = agenda.pop_last() {
            let pivot = &pivots[step as usize];
            let value = std::mem::take(&mut work[step as usize]) / pivot.value;
            if value.abs() < TINY {
                continue;
            }
            vector.put(pivot.position, value);
            for &(earlier, entry) in self.upper.of(step) {
                work[earlier as usize] -= entry * value;
                agenda.insert(earlier);
            }
        }
    }

    /// Solves with the transposed upper triangle; leaves the result in `work`, at the steps in `reached`.
    fn through_upper_transposed(&mut self, vector: &mut Sparse) {
        let Self { pivots, work, agenda, reached, .. } = self;
        reached.clear();
        for (position, value) in vector.entries() {
            let step = self.step_of_position[position as usize];
            work[step as usize] = value;
            agenda.insert(step);
        }
        vector.clear();
        while let Some(step) = agenda.pop_first() {
            let value = work[step as usize] / pivots[step as usize].value;
            if value.abs() < TINY {
                work[step as usize] = 0.0;
                continue;
            }
            work[step as usize] = value;
            reached.push(step);
            for &(later, entry) in self.upper_turned.of(step) {
                work[later as usize] -= entry * value;
                agenda.insert(later);
            }
        }
    }

    /// Solves with the transposed exchanges and lower triangle for what stands in `work` at the steps in `reached`.
    fn through_lower_transposed(&mut self, vector: &mut Sparse) {
        let Self { pivots, work, agenda, reached, .. } = self;
        let list = |(from, to): (u32, u32)| &self.exchanged[from as usize..to as usize];
        for exchange in self.exchanges.iter().rev() {
            let sum: f64 = list(exchange.column).iter().map(|&(step, entry)| entry * work[step as usize]).sum();
            if sum != 0.0 {
                subtract(work, reached, list(exchange.row), sum / exchange.pivot);
            }
        }
        for &step in &*reached {
            agenda.insert(step);
        }
        while let Some(step) = agenda.pop_last() {
            let value = std::mem::take(&mut work[step as usize]);
            if value.abs() < TINY {
                continue;
            }
            vector.put(pivots[step as usize].row, value);
            for &(earlier, multiplier) in self.lower_turned.of(step) {
                work[earlier as usize] -= multiplier * value;
                agenda.insert(earlier);
            }
        }
    }
}

/// Subtracts a multiple of a list, and notes the steps that were zero, each once.
fn subtract(work: &mut [f64], reached: &mut Vec<u32>, list: &[(u32, f64)], times: f64) {
    for &(step, entry) in list {
        let value = &mut work[step as usize];
        if *value == 0.0 {
            reached.push(step);
        }
        *value -= times * entry;
        if *value == 0.0 {
            *value = CANCELLED;
        }
    }
}
