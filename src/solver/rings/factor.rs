//! The factors of a sparse basis: solving with a square matrix and with its transpose.
//!
//! In: the columns of a nonsingular matrix, by position, each a list of `(row, value)`. Out: [`Factor`], which
//! solves `B x = a` and `Bᵀ z = c` and takes the exchange of one column (product form).
//! Holds: a column that would make the matrix singular is reported with a row that lacks a pivot, never used.
//! Costs: linear for the part that is triangular up to order, which in packing is nearly all; beyond it, that of
//! elimination by fewest fill-ins (H. Markowitz, "The elimination form of the inverse", 1957).
//! Absent: any claim. These are floats; what is concluded from them is checked in integers elsewhere.

/// What is dropped as rounding noise.
const TINY: f64 = 1e-13;

/// The smallest pivot taken, against columns whose entries are small whole numbers.
const LEAST_PIVOT: f64 = 1e-9;

/// One step of elimination: a pivot, what it does below, and what stands to its right.
#[derive(Clone, Copy, Debug)]
struct Pivot {
    row: u32,
    position: u32,
    value: f64,
    /// The multipliers of this step are `lower[lower_from..lower_to]`.
    lower: (u32, u32),
    /// The entries of the pivot's column in earlier pivot rows are `upper[upper.0..upper.1]`.
    upper: (u32, u32),
}

/// A column that took the place of another since the matrix was factored.
#[derive(Clone, Debug)]
struct Exchange {
    position: u32,
    pivot: f64,
    others: (u32, u32),
}

/// A factored basis with the exchanges since.
#[derive(Clone, Debug, Default)]
pub(super) struct Factor {
    size: usize,
    pivots: Vec<Pivot>,
    lower: Vec<(u32, f64)>,
    upper: Vec<(u32, f64)>,
    exchanges: Vec<Exchange>,
    exchanged: Vec<(u32, f64)>,
    scratch: Vec<f64>,
}

/// A basis that has no inverse: the column at `position` depends on others, and `row` is left without pivot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Singular {
    pub(super) position: u32,
    pub(super) row: u32,
}

impl Factor {
    /// Factors the matrix whose column at each position `column` writes.
    pub(super) fn new<'a>(size: usize, column: impl Fn(usize) -> &'a [(u32, f64)]) -> Result<Self, Singular> {
        let mut work = Elimination::new(size, column);
        work.peel_columns();
        work.peel_rows();
        work.eliminate_rest()?;
        Ok(work.factor)
    }

    /// Returns the number of exchanges since the matrix was factored.
    pub(super) fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// Returns the number of stored entries, of the factors and of the exchanges.
    pub(super) fn entries(&self) -> (usize, usize) {
        (self.lower.len() + self.upper.len() + self.size, self.exchanged.len())
    }

    /// Solves `B x = a`: takes `a` by row and leaves `x` by position.
    pub(super) fn solve(&mut self, vector: &mut [f64]) {
        for pivot in &self.pivots {
            if pivot.lower.0 == pivot.lower.1 {
                continue;
            }
            let value = vector[pivot.row as usize];
            if value != 0.0 {
                for &(row, multiplier) in &self.lower[pivot.lower.0 as usize..pivot.lower.1 as usize] {
                    vector[row as usize] -= multiplier * value;
                }
            }
        }
        self.scratch.resize(self.size, 0.0);
        for pivot in self.pivots.iter().rev() {
            let value = vector[pivot.row as usize];
            if value == 0.0 {
                self.scratch[pivot.position as usize] = 0.0;
                continue;
            }
            let value = value / pivot.value;
            self.scratch[pivot.position as usize] = if value.abs() < TINY { 0.0 } else { value };
            for &(row, entry) in &self.upper[pivot.upper.0 as usize..pivot.upper.1 as usize] {
                vector[row as usize] -= entry * value;
            }
        }
        vector.copy_from_slice(&self.scratch);
        for exchange in &self.exchanges {
            let value = vector[exchange.position as usize];
            if value == 0.0 {
                continue;
            }
            let value = value / exchange.pivot;
            vector[exchange.position as usize] = value;
            for &(position, entry) in &self.exchanged[exchange.others.0 as usize..exchange.others.1 as usize] {
                vector[position as usize] -= entry * value;
            }
        }
    }

    /// Solves `Bᵀ z = c`: takes `c` by position and leaves `z` by row.
    pub(super) fn solve_transposed(&mut self, vector: &mut [f64]) {
        for exchange in self.exchanges.iter().rev() {
            let others = &self.exchanged[exchange.others.0 as usize..exchange.others.1 as usize];
            let sum: f64 = others.iter().map(|&(position, entry)| entry * vector[position as usize]).sum();
            let at = &mut vector[exchange.position as usize];
            *at = (*at - sum) / exchange.pivot;
        }
        self.scratch.resize(self.size, 0.0);
        for pivot in &self.pivots {
            let mut value = vector[pivot.position as usize];
            for &(row, entry) in &self.upper[pivot.upper.0 as usize..pivot.upper.1 as usize] {
                value -= entry * self.scratch[row as usize];
            }
            self.scratch[pivot.row as usize] = if value.abs() < TINY { 0.0 } else { value / pivot.value };
        }
        for pivot in self.pivots.iter().rev() {
            let multipliers = &self.lower[pivot.lower.0 as usize..pivot.lower.1 as usize];
            if !multipliers.is_empty() {
                let sum: f64 =
                    multipliers.iter().map(|&(row, multiplier)| multiplier * self.scratch[row as usize]).sum();
                self.scratch[pivot.row as usize] -= sum;
            }
        }
        vector.copy_from_slice(&self.scratch);
    }

    /// Puts another column at a position; `solved` is that column after [`Factor::solve`].
    pub(super) fn exchange(&mut self, position: usize, solved: &[f64]) {
        let from = self.exchanged.len() as u32;
        for (other, &entry) in solved.iter().enumerate() {
            if other != position && entry.abs() > TINY {
                self.exchanged.push((other as u32, entry));
            }
        }
        let others = (from, self.exchanged.len() as u32);
        self.exchanges.push(Exchange { position: position as u32, pivot: solved[position], others });
    }
}

/// A factorisation under way.
struct Elimination {
    factor: Factor,
    /// The columns by position, as they were given.
    columns: Vec<Vec<(u32, f64)>>,
    /// The positions of the columns that have an entry in a row, among those not yet pivoted.
    row_positions: Vec<Vec<u32>>,
    row_done: Vec<bool>,
    column_done: Vec<bool>,
    row_count: Vec<u32>,
    column_count: Vec<u32>,
}

impl Elimination {
    fn new<'a>(size: usize, column: impl Fn(usize) -> &'a [(u32, f64)]) -> Self {
        let columns: Vec<Vec<(u32, f64)>> = (0..size).map(|position| column(position).to_vec()).collect();
        let mut row_positions = vec![Vec::new(); size];
        let mut row_count = vec![0; size];
        for (position, entries) in (0u32..).zip(&columns) {
            for &(row, _) in entries {
                row_positions[row as usize].push(position);
                row_count[row as usize] += 1;
            }
        }
        let column_count = columns.iter().map(|entries| entries.len() as u32).collect();
        Self {
            factor: Factor { size, pivots: Vec::with_capacity(size), ..Factor::default() },
            columns,
            row_positions,
            row_done: vec![false; size],
            column_done: vec![false; size],
            row_count,
            column_count,
        }
    }

    /// Takes the pivot at a row and position, whose column's remaining entries are in `columns`.
    fn take(&mut self, row: u32, position: u32, value: f64) {
        let (lower_from, upper_from) = (self.factor.lower.len() as u32, self.factor.upper.len() as u32);
        for &(other, entry) in &self.columns[position as usize] {
            if other == row {
                continue;
            }
            if self.row_done[other as usize] {
                self.factor.upper.push((other, entry));
            } else {
                self.factor.lower.push((other, entry / value));
            }
        }
        let (lower_to, upper_to) = (self.factor.lower.len() as u32, self.factor.upper.len() as u32);
        let (lower, upper) = ((lower_from, lower_to), (upper_from, upper_to));
        self.factor.pivots.push(Pivot { row, position, value, lower, upper });
        self.row_done[row as usize] = true;
        self.column_done[position as usize] = true;
    }

    /// Pivots on columns that have one row left, as long as there are any.
    fn peel_columns(&mut self) {
        let mut pending: Vec<u32> =
            (0..self.factor.size as u32).filter(|&position| self.column_count[position as usize] == 1).collect();
        while let Some(position) = pending.pop() {
            if self.column_done[position as usize] || self.column_count[position as usize] != 1 {
                continue;
            }
            let entries = &self.columns[position as usize];
            let found = entries.iter().find(|&&(row, _)| !self.row_done[row as usize]);
            let Some(&(row, value)) = found.filter(|(_, value)| value.abs() >= LEAST_PIVOT) else {
                continue;
            };
            self.take(row, position, value);
            for index in 0..self.row_positions[row as usize].len() {
                let other = self.row_positions[row as usize][index];
                self.column_count[other as usize] -= 1;
                if self.column_count[other as usize] == 1 {
                    pending.push(other);
                }
            }
        }
        // What is left of the counts of rows: only columns that still wait.
        for row in 0..self.factor.size {
            if !self.row_done[row] {
                let column_done = &self.column_done;
                self.row_positions[row].retain(|&position| !column_done[position as usize]);
                self.row_count[row] = self.row_positions[row].len() as u32;
            }
        }
    }

    /// Pivots on rows that have one column left, as long as there are any.
    fn peel_rows(&mut self) {
        let mut pending: Vec<u32> = (0..self.factor.size as u32)
            .filter(|&row| !self.row_done[row as usize] && self.row_count[row as usize] == 1)
            .collect();
        while let Some(row) = pending.pop() {
            if self.row_done[row as usize] || self.row_count[row as usize] != 1 {
                continue;
            }
            let waiting = self.row_positions[row as usize].iter();
            let Some(&position) = waiting.copied().find(|&position| !self.column_done[position as usize]).as_ref()
            else {
                continue;
            };
            let entries = &self.columns[position as usize];
            let value = entries.iter().find(|&&(other, _)| other == row).map_or(0.0, |&(_, value)| value);
            let largest = entries
                .iter()
                .filter(|&&(other, _)| !self.row_done[other as usize])
                .fold(0.0f64, |largest, &(_, value)| largest.max(value.abs()));
            if value.abs() < LEAST_PIVOT || value.abs() < 0.01 * largest {
                continue;
            }
            self.take(row, position, value);
            for index in 0..self.columns[position as usize].len() {
                let (other, _) = self.columns[position as usize][index];
                if !self.row_done[other as usize] {
                    self.row_count[other as usize] -= 1;
                    if self.row_count[other as usize] == 1 {
                        pending.push(other);
                    }
                }
            }
        }
    }

    /// Eliminates what no peeling reaches, column of fewest entries first, in it the row of fewest.
    fn eliminate_rest(&mut self) -> Result<(), Singular> {
        let mut waiting: Vec<u32> =
            (0..self.factor.size as u32).filter(|&position| !self.column_done[position as usize]).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        // Active parts only: entries in rows already pivoted are set aside as part of the upper factor.
        let mut set_aside: Vec<Vec<(u32, f64)>> = vec![Vec::new(); self.factor.size];
        let mut active_in_row: Vec<Vec<u32>> = vec![Vec::new(); self.factor.size];
        for &position in &waiting {
            let (row_done, entries) = (&self.row_done, &mut self.columns[position as usize]);
            set_aside[position as usize] = entries.iter().copied().filter(|&(row, _)| row_done[row as usize]).collect();
            entries.retain(|&(row, _)| !row_done[row as usize]);
            for &(row, _) in entries.iter() {
                active_in_row[row as usize].push(position);
            }
        }
        let mut value_at = vec![0.0f64; self.factor.size];
        while !waiting.is_empty() {
            let (at, position) = self.fewest(&waiting);
            waiting.swap_remove(at);
            let entries = &self.columns[position as usize];
            let largest = entries.iter().fold(0.0f64, |largest, &(_, value)| largest.max(value.abs()));
            if largest < LEAST_PIVOT {
                let row = (0..self.factor.size as u32).find(|&row| !self.row_done[row as usize]);
                return Err(Singular { position, row: row.unwrap_or(0) });
            }
            let eligible = entries.iter().filter(|&&(_, value)| value.abs() >= 0.1 * largest);
            let &(row, value) = eligible
                .min_by_key(|&&(row, _)| (active_in_row[row as usize].len(), row))
                .expect("the largest entry is eligible");
            let pivot_column = std::mem::take(&mut self.columns[position as usize]);
            let lower_from = self.factor.lower.len() as u32;
            for &(other, entry) in &pivot_column {
                if other != row {
                    self.factor.lower.push((other, entry / value));
                }
            }
            let lower_to = self.factor.lower.len() as u32;
            for &(other, _) in &pivot_column {
                remove(&mut active_in_row[other as usize], position);
            }
            // Every other column with an entry in the pivot row takes the step.
            for other in std::mem::take(&mut active_in_row[row as usize]) {
                let column = &mut self.columns[other as usize];
                let index = column.iter().position(|&(r, _)| r == row).expect("rows know their columns");
                let (_, head) = column.swap_remove(index);
                set_aside[other as usize].push((row, head));
                for &(r, entry) in column.iter() {
                    value_at[r as usize] = entry;
                }
                for &(r, multiplier) in &self.factor.lower[lower_from as usize..lower_to as usize] {
                    if value_at[r as usize] == 0.0 {
                        column.push((r, 0.0));
                        active_in_row[r as usize].push(other);
                    }
                    value_at[r as usize] -= multiplier * head;
                    if value_at[r as usize] == 0.0 {
                        // Exactly cancelled: kept apart from "absent" until the column is rebuilt.
                        value_at[r as usize] = f64::MIN_POSITIVE;
                    }
                }
                for entry in column.iter_mut() {
                    entry.1 = value_at[entry.0 as usize];
                    value_at[entry.0 as usize] = 0.0;
                }
                column.retain(|&(r, entry)| {
                    let stays = entry.abs() > TINY;
                    if !stays {
                        remove(&mut active_in_row[r as usize], other);
                    }
                    stays
                });
            }
            let upper_from = self.factor.upper.len() as u32;
            self.factor.upper.append(&mut set_aside[position as usize]);
            let upper = (upper_from, self.factor.upper.len() as u32);
            self.factor.pivots.push(Pivot { row, position, value, lower: (lower_from, lower_to), upper });
            self.row_done[row as usize] = true;
            self.column_done[position as usize] = true;
        }
        Ok(())
    }

    /// Returns a waiting column with the fewest entries and its index among those that wait.
    fn fewest(&self, waiting: &[u32]) -> (usize, u32) {
        let mut best = (usize::MAX, 0, 0);
        for (at, &position) in waiting.iter().enumerate() {
            let count = self.columns[position as usize].len();
            if count < best.0 {
                best = (count, at, position);
                if count <= 1 {
                    break;
                }
            }
        }
        (best.1, best.2)
    }
}

fn remove(list: &mut Vec<u32>, item: u32) {
    if let Some(at) = list.iter().position(|&other| other == item) {
        list.swap_remove(at);
    }
}
