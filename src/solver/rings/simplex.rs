//! The linear relaxation of a packing: a bounded dual simplex method that can be warm-started.
//!
//! In: rows with capacities and columns with entries, weights and an upper bound of 1 or 0, all of which may be
//! added or changed between solves. Out: the optimal `x`, the duals of the rows, and the objective, as floats.
//! Holds: after any change the last basis stays usable: a column on the wrong side is moved to its other bound,
//! so the dual method can always go on, and `x = 0` always satisfies the rows, so there is always an optimum.
//! Costs: an iteration takes a few solves with the basis and a pass over the rows it touches.
//! Absent: any claim. What these floats suggest is made exact in integers elsewhere (`duals`).
//!
//! The method is the dual simplex with steepest edges (J. Forrest and D. Goldfarb, "Steepest-edge simplex
//! algorithms for linear programming", 1992) and the ratio test that flips bounded columns on the way
//! (I. Maros, "A generalized dual phase-2 simplex algorithm", 2003).

use super::factor::{Factor, Singular};

/// How far a value may leave its bounds; values are counts of columns, so near 1.
const PRIMAL_TOLERANCE: f64 = 1e-8;

/// How far a reduced cost may be on the wrong side; weights are scaled to at most 1.
const DUAL_TOLERANCE: f64 = 1e-10;

/// The smallest entry a pivot is made on.
const LEAST_PIVOT: f64 = 1e-7;

/// The exchanges after which the basis is factored anew.
const EXCHANGES: usize = 80;

/// By how much at most costs are shifted, so that ties, which can make the method run in circles, are broken.
const SHIFT: f64 = 1e-6;

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Lower,
    Upper,
    Basic(u32),
}

/// A variable: a column (from 0 on), or the slack of row `r`, written `!r`.
type Variable = i32;

/// A state of the method to come back to.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    basis: Vec<Variable>,
    place: Vec<Place>,
    slack_place: Vec<Place>,
    edge: Vec<f64>,
    factor: Option<Factor>,
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The values are optimal within tolerance.
    Optimal,
    /// The objective fell to the cutoff: the optimum is no larger.
    CutOff,
    /// The iterations allowed are used up, or the floats failed; the duals are still duals.
    Unfinished,
}

/// A linear program `max w x, A x <= b, 0 <= x <= u` with its basis.
#[derive(Debug)]
pub(super) struct Simplex {
    columns: Vec<Vec<(u32, f64)>>,
    rows: Vec<Vec<(u32, f64)>>,
    capacity: Vec<f64>,
    /// The negated weights, each shifted a little: the method minimises.
    cost: Vec<f64>,
    /// The negated weights as they are.
    unshifted: Vec<f64>,
    upper: Vec<f64>,
    basis: Vec<Variable>,
    place: Vec<Place>,
    slack_place: Vec<Place>,
    value: Vec<f64>,
    /// The reduced costs of columns and of slacks.
    reduced: Vec<f64>,
    slack_reduced: Vec<f64>,
    edge: Vec<f64>,
    factor: Option<Factor>,
    ratio_row: Vec<f64>,
    touched: Vec<u32>,
    unit: Vec<[(u32, f64); 1]>,
}

impl Simplex {
    /// Makes a program without columns.
    pub(super) fn new(capacity: Vec<f64>) -> Self {
        let size = capacity.len();
        Self {
            columns: Vec::new(),
            rows: vec![Vec::new(); size],
            cost: Vec::new(),
            unshifted: Vec::new(),
            upper: Vec::new(),
            basis: (0..size as i32).map(|row| !row).collect(),
            place: Vec::new(),
            slack_place: (0..size as u32).map(Place::Basic).collect(),
            value: vec![0.0; size],
            reduced: Vec::new(),
            slack_reduced: vec![0.0; size],
            edge: vec![1.0; size],
            factor: None,
            ratio_row: Vec::new(),
            touched: Vec::new(),
            unit: (0..size as u32).map(|row| [(row, 1.0)]).collect(),
            capacity,
        }
    }

    /// Adds a column with its entries; it starts outside the basis.
    pub(super) fn add_column(&mut self, entries: &[(u32, f64)], weight: f64) {
        let column = self.columns.len() as u32;
        for &(row, entry) in entries {
            self.rows[row as usize].push((column, entry));
        }
        self.columns.push(entries.to_vec());
        // The shift is spread evenly and has no pattern (D. Knuth's multiplicative hashing).
        let spread = f64::from(column.wrapping_add(1).wrapping_mul(2_654_435_769)) / f64::from(u32::MAX);
        self.cost.push(-weight - SHIFT * (0.5 + spread));
        self.unshifted.push(-weight);
        self.upper.push(1.0);
        self.place.push(Place::Lower);
        self.reduced.push(0.0);
        self.ratio_row.push(0.0);
    }

    /// Adds a row with its entries; its slack enters the basis.
    pub(super) fn add_row(&mut self, entries: &[(u32, f64)], capacity: f64) {
        let row = self.rows.len() as u32;
        for &(column, entry) in entries {
            self.columns[column as usize].push((row, entry));
        }
        self.rows.push(entries.to_vec());
        self.capacity.push(capacity);
        self.slack_place.push(Place::Basic(self.basis.len() as u32));
        self.basis.push(!(row as i32));
        self.value.push(0.0);
        self.slack_reduced.push(0.0);
        self.edge.push(1.0);
        self.unit.push([(row, 1.0)]);
        self.factor = None;
    }

    /// Allows a column or bans it.
    pub(super) fn allow(&mut self, column: usize, allowed: bool) {
        self.upper[column] = if allowed { 1.0 } else { 0.0 };
    }

    /// Removes columns that stand at zero outside the basis, those of the largest reduced costs first, until at
    /// most so many stay; returns for each column whether it stays.
    pub(super) fn thin_out(&mut self, most: usize) -> Vec<bool> {
        let at_zero = |column: &usize| self.place[*column] == Place::Lower;
        let mut order: Vec<usize> = (0..self.columns.len()).filter(at_zero).collect();
        order.sort_unstable_by(|&one, &other| self.reduced[other].total_cmp(&self.reduced[one]).then(one.cmp(&other)));
        order.truncate(self.columns.len().saturating_sub(most));
        let mut stays = vec![true; self.columns.len()];
        for column in order {
            stays[column] = false;
        }
        let mut next = 0;
        let renamed: Vec<u32> = stays
            .iter()
            .map(|&stays| {
                next += u32::from(stays);
                if stays { next - 1 } else { u32::MAX }
            })
            .collect();
        let staying = |column: usize| stays[column];
        for row in &mut self.rows {
            row.retain_mut(|(column, _)| {
                *column = renamed[*column as usize];
                *column != u32::MAX
            });
        }
        for variable in self.basis.iter_mut().filter(|variable| **variable >= 0) {
            *variable = renamed[*variable as usize] as Variable;
        }
        keep(&mut self.columns, staying);
        keep(&mut self.cost, staying);
        keep(&mut self.unshifted, staying);
        keep(&mut self.upper, staying);
        keep(&mut self.place, staying);
        keep(&mut self.reduced, staying);
        self.ratio_row.truncate(self.columns.len());
        stays
    }

    /// Adds to the capacity of a row.
    pub(super) fn widen(&mut self, row: usize, by: f64) {
        self.capacity[row] += by;
    }

    /// Returns the basis, to be taken up again later.
    pub(super) fn basis(&self) -> Vec<i32> {
        self.basis.clone()
    }

    /// Takes up an earlier basis; rows added since keep their slacks in it.
    pub(super) fn set_basis(&mut self, basis: &[i32]) {
        for column in &mut self.place {
            *column = Place::Lower;
        }
        for slack in &mut self.slack_place {
            *slack = Place::Lower;
        }
        for row in basis.len()..self.rows.len() {
            self.basis[row] = !(row as i32);
        }
        self.basis[..basis.len()].copy_from_slice(basis);
        for position in 0..self.basis.len() {
            self.set_place(self.basis[position], Place::Basic(position as u32));
        }
        self.edge.fill(1.0);
        self.factor = None;
    }

    /// Factors the basis, if it is not, and returns the state.
    pub(super) fn mark(&mut self) -> Mark {
        if self.factor.is_none() {
            self.refactor();
        }
        Mark {
            basis: self.basis.clone(),
            place: self.place.clone(),
            slack_place: self.slack_place.clone(),
            edge: self.edge.clone(),
            factor: self.factor.clone(),
        }
    }

    /// Comes back to a state of the same rows and columns.
    pub(super) fn restore(&mut self, mark: &Mark) {
        self.basis.clone_from(&mark.basis);
        self.place.clone_from(&mark.place);
        self.slack_place.clone_from(&mark.slack_place);
        self.edge.clone_from(&mark.edge);
        self.factor.clone_from(&mark.factor);
    }

    /// Returns the value of a column.
    pub(super) fn value(&self, column: usize) -> f64 {
        match self.place[column] {
            Place::Lower => 0.0,
            Place::Upper => self.upper[column],
            Place::Basic(position) => self.value[position as usize],
        }
    }

    /// Returns the duals of the rows at the current basis and the weights as they are, each at least zero.
    pub(super) fn duals(&mut self) -> Vec<f64> {
        let basis = self.basis.iter();
        let mut dual: Vec<f64> = basis.map(|&variable| self.cost_of(variable, &self.unshifted)).collect();
        self.factor.as_mut().expect("factored").solve_transposed(&mut dual);
        dual.iter().map(|dual| (-dual).max(0.0)).collect()
    }

    fn cost_of(&self, variable: Variable, cost: &[f64]) -> f64 {
        if variable >= 0 { cost[variable as usize] } else { 0.0 }
    }

    /// Returns the objective at the current basis; an upper bound as long as the basis is dual feasible.
    pub(super) fn objective(&self) -> f64 {
        -(0..self.columns.len()).map(|column| self.cost[column] * self.value(column)).sum::<f64>()
    }

    /// Solves from the last basis, for at most so many iterations, or until the objective is at most the cutoff.
    pub(super) fn solve(&mut self, iterations: usize, cutoff: f64) -> Ended {
        self.prepare();
        let mut failures = 0;
        for count in 0..=iterations {
            let Some((position, infeasibility)) = self.leaving() else {
                if self.factor.as_ref().is_some_and(|factor| factor.exchanges() == 0) {
                    return Ended::Optimal;
                }
                // Confirm with fresh factors.
                self.refactor();
                if self.leaving().is_none() {
                    return Ended::Optimal;
                }
                continue;
            };
            if count == iterations {
                break;
            }
            if count % 16 == 15 && cutoff > f64::NEG_INFINITY && self.objective() <= cutoff {
                return Ended::CutOff;
            }
            let stale = self.factor.as_ref().is_none_or(|factor| {
                let (fixed, exchanged) = factor.entries();
                factor.exchanges() >= EXCHANGES || exchanged > 3 * fixed + 1000
            });
            if stale {
                self.refactor();
                continue;
            }
            if !self.iterate(position, infeasibility) {
                failures += 1;
                if failures > 20 {
                    return Ended::Unfinished;
                }
                self.refactor();
            }
        }
        Ended::Unfinished
    }

    /// Makes values and reduced costs those of the basis, whatever was changed since.
    fn prepare(&mut self) {
        if self.factor.is_none() {
            self.refactor();
        } else {
            self.compute_reduced();
            self.compute_values();
        }
    }

    fn set_place(&mut self, variable: Variable, place: Place) {
        if variable >= 0 {
            self.place[variable as usize] = place;
        } else {
            self.slack_place[!variable as usize] = place;
        }
    }

    fn upper_of(&self, variable: Variable) -> f64 {
        if variable >= 0 { self.upper[variable as usize] } else { f64::INFINITY }
    }

    /// Factors the basis, replacing what would make it singular by slacks.
    fn refactor(&mut self) {
        loop {
            let (columns, unit, basis) = (&self.columns, &self.unit, &self.basis);
            let made = Factor::new(basis.len(), |position| {
                let variable = basis[position];
                if variable >= 0 { &columns[variable as usize][..] } else { &unit[!variable as usize][..] }
            });
            match made {
                Ok(factor) => {
                    self.factor = Some(factor);
                    break;
                }
                Err(Singular { position, row }) => {
                    self.set_place(self.basis[position as usize], Place::Lower);
                    self.basis[position as usize] = !(row as i32);
                    self.set_place(!(row as i32), Place::Basic(position));
                    self.edge[position as usize] = 1.0;
                }
            }
        }
        self.compute_reduced();
        self.compute_values();
    }

    /// Computes the reduced costs of the basis and moves columns outside it to the bound these ask for.
    fn compute_reduced(&mut self) {
        let mut dual: Vec<f64> = self.basis.iter().map(|&variable| self.cost_of(variable, &self.cost)).collect();
        self.factor.as_mut().expect("factored").solve_transposed(&mut dual);
        for (row, &dual) in dual.iter().enumerate() {
            let basic = matches!(self.slack_place[row], Place::Basic(_));
            self.slack_reduced[row] = if basic { 0.0 } else { -dual };
        }
        for column in 0..self.columns.len() {
            if let Place::Basic(_) = self.place[column] {
                self.reduced[column] = 0.0;
                continue;
            }
            let priced: f64 = self.columns[column].iter().map(|&(row, entry)| entry * dual[row as usize]).sum();
            let reduced = self.cost[column] - priced;
            self.reduced[column] = reduced;
            self.place[column] = match self.place[column] {
                _ if self.upper[column] == 0.0 => Place::Lower,
                Place::Upper if reduced > DUAL_TOLERANCE => Place::Lower,
                Place::Lower if reduced < -DUAL_TOLERANCE => Place::Upper,
                stays => stays,
            };
        }
    }

    /// Computes the values of the basic variables.
    fn compute_values(&mut self) {
        let mut rest = self.capacity.clone();
        for column in 0..self.columns.len() {
            if self.place[column] == Place::Upper && self.upper[column] > 0.0 {
                for &(row, entry) in &self.columns[column] {
                    rest[row as usize] -= entry;
                }
            }
        }
        self.factor.as_mut().expect("factored").solve(&mut rest);
        self.value = rest;
    }

    /// Returns the position that leaves the basis and how far its value is from its bounds, with sign.
    fn leaving(&self) -> Option<(usize, f64)> {
        let mut best = (0.0, None);
        for position in 0..self.basis.len() {
            let value = self.value[position];
            let infeasibility = if value < -PRIMAL_TOLERANCE {
                value
            } else {
                let above = value - self.upper_of(self.basis[position]);
                if above <= PRIMAL_TOLERANCE {
                    continue;
                }
                above
            };
            let merit = infeasibility * infeasibility / self.edge[position];
            if merit > best.0 {
                best = (merit, Some((position, infeasibility)));
            }
        }
        best.1
    }

    /// Makes one exchange; returns false if the floats do not allow it.
    fn iterate(&mut self, position: usize, infeasibility: f64) -> bool {
        let size = self.basis.len();
        let mut unit_row = vec![0.0; size];
        unit_row[position] = 1.0;
        let mut factor = self.factor.take().expect("factored");
        factor.solve_transposed(&mut unit_row);
        self.price(&unit_row);
        let sign = infeasibility.signum();
        let Some((entering, flips)) = self.ratio_test(&unit_row, sign, infeasibility.abs()) else {
            self.clear_ratio_row();
            self.factor = Some(factor);
            return false;
        };
        let pivot = self.ratio(entering, &unit_row);
        let mut direction = vec![0.0; size];
        if entering >= 0 {
            for &(row, entry) in &self.columns[entering as usize] {
                direction[row as usize] += entry;
            }
        } else {
            direction[!entering as usize] = 1.0;
        }
        factor.solve(&mut direction);
        if (direction[position] - pivot).abs() > 1e-6 * (1.0 + pivot.abs()) && factor.exchanges() > 0 {
            self.clear_ratio_row();
            self.factor = Some(factor);
            return false;
        }
        // Duals.
        let step = match entering {
            column if column < 0 => self.slack_reduced[!column as usize].max(0.0),
            column if self.place[column as usize] == Place::Upper => self.reduced[column as usize].min(0.0),
            column => self.reduced[column as usize].max(0.0),
        } / pivot;
        for &column in &self.touched {
            let column = column as usize;
            self.reduced[column] -= step * self.ratio_row[column];
            self.ratio_row[column] = 0.0;
        }
        self.touched.clear();
        for (row, &entry) in unit_row.iter().enumerate() {
            if entry != 0.0 && !matches!(self.slack_place[row], Place::Basic(_)) {
                self.slack_reduced[row] -= step * entry;
            }
        }
        // Flips.
        let leaving = self.basis[position];
        if !flips.is_empty() {
            let mut change = vec![0.0; size];
            for &column in &flips {
                let (place, by) = match self.place[column as usize] {
                    Place::Lower => (Place::Upper, 1.0),
                    _ => (Place::Lower, -1.0),
                };
                self.place[column as usize] = place;
                for &(row, entry) in &self.columns[column as usize] {
                    change[row as usize] += by * entry;
                }
            }
            factor.solve(&mut change);
            for (value, change) in self.value.iter_mut().zip(&change) {
                *value -= change;
            }
        }
        // Values.
        let bound = if sign < 0.0 { 0.0 } else { self.upper_of(leaving) };
        let length = (self.value[position] - bound) / direction[position];
        let from = match entering {
            entering if entering >= 0 && self.place[entering as usize] == Place::Upper => self.upper[entering as usize],
            _ => 0.0,
        };
        for (value, entry) in self.value.iter_mut().zip(&direction) {
            if *entry != 0.0 {
                *value -= length * entry;
            }
        }
        self.value[position] = from + length;
        self.update_edges(position, &mut unit_row, &direction, &mut factor);
        // The exchange itself.
        factor.exchange(position, &direction);
        self.factor = Some(factor);
        if leaving >= 0 {
            self.reduced[leaving as usize] = -step;
        } else {
            self.slack_reduced[!leaving as usize] = -step;
        }
        let at_upper = sign > 0.0 && self.upper_of(leaving) > 0.0;
        self.set_place(leaving, if at_upper { Place::Upper } else { Place::Lower });
        if entering >= 0 {
            self.reduced[entering as usize] = 0.0;
        } else {
            self.slack_reduced[!entering as usize] = 0.0;
        }
        self.set_place(entering, Place::Basic(position as u32));
        self.basis[position] = entering;
        true
    }

    /// Computes the row of the leaving position over the columns outside the basis.
    fn price(&mut self, unit_row: &[f64]) {
        for (row, &factor) in unit_row.iter().enumerate() {
            if factor == 0.0 {
                continue;
            }
            for &(column, entry) in &self.rows[row] {
                let at = &mut self.ratio_row[column as usize];
                if *at == 0.0 {
                    self.touched.push(column);
                    // Kept apart from "untouched" even where terms cancel.
                    *at = f64::MIN_POSITIVE;
                }
                *at += factor * entry;
            }
        }
        let (place, ratio_row) = (&self.place, &mut self.ratio_row);
        self.touched.retain(|&column| {
            let outside = !matches!(place[column as usize], Place::Basic(_));
            if !outside {
                ratio_row[column as usize] = 0.0;
            }
            outside
        });
    }

    fn clear_ratio_row(&mut self) {
        for &column in &self.touched {
            self.ratio_row[column as usize] = 0.0;
        }
        self.touched.clear();
    }

    fn ratio(&self, variable: Variable, unit_row: &[f64]) -> f64 {
        if variable >= 0 { self.ratio_row[variable as usize] } else { unit_row[!variable as usize] }
    }

    /// Returns what enters the basis, and the columns that move to their other bound on the way.
    fn ratio_test(&self, unit_row: &[f64], sign: f64, infeasibility: f64) -> Option<(Variable, Vec<u32>)> {
        // Breakpoints: where a reduced cost reaches zero.
        let mut points: Vec<(f64, f64, Variable)> = Vec::new();
        for &column in &self.touched {
            let index = column as usize;
            if self.upper[index] == 0.0 {
                continue;
            }
            let entry = sign * self.ratio_row[index];
            match self.place[index] {
                Place::Lower if entry > LEAST_PIVOT => {
                    points.push((self.reduced[index].max(0.0) / entry, entry, column as i32));
                }
                Place::Upper if entry < -LEAST_PIVOT => {
                    points.push((self.reduced[index].min(0.0) / entry, -entry, column as i32));
                }
                _ => {}
            }
        }
        for (row, &entry) in unit_row.iter().enumerate() {
            let entry = sign * entry;
            if entry > LEAST_PIVOT && self.slack_place[row] == Place::Lower {
                points.push((self.slack_reduced[row].max(0.0) / entry, entry, !(row as i32)));
            }
        }
        if points.is_empty() {
            return None;
        }
        let mut slope = infeasibility;
        let mut flips = Vec::new();
        loop {
            // The nearest points, those within tolerance of the nearest taken together.
            let reach =
                points.iter().map(|&(ratio, entry, _)| ratio + DUAL_TOLERANCE / entry).fold(f64::INFINITY, f64::min);
            let (near, far): (Vec<_>, Vec<_>) = points.into_iter().partition(|&(ratio, ..)| ratio <= reach);
            let falls: f64 =
                near.iter().map(|&(_, entry, variable)| if variable >= 0 { entry } else { f64::INFINITY }).sum();
            if slope - falls < 0.0 || far.is_empty() {
                let &(_, _, entering) = near
                    .iter()
                    .max_by(|one, other| one.1.total_cmp(&other.1).then(other.2.cmp(&one.2)))
                    .expect("the nearest point is near");
                return Some((entering, flips));
            }
            slope -= falls;
            flips.extend(near.iter().map(|&(_, _, variable)| variable as u32));
            points = far;
        }
    }

    /// Updates the weights of steepest edges.
    fn update_edges(&mut self, position: usize, unit_row: &mut [f64], direction: &[f64], factor: &mut Factor) {
        let pivot = direction[position];
        let exact: f64 = unit_row.iter().map(|entry| entry * entry).sum();
        factor.solve(unit_row);
        for (other, &entry) in direction.iter().enumerate() {
            if other == position || entry == 0.0 {
                continue;
            }
            let part = entry / pivot;
            let updated = self.edge[other] - 2.0 * part * unit_row[other] + part * part * exact;
            self.edge[other] = updated.max(1e-4);
        }
        self.edge[position] = (exact / (pivot * pivot)).max(1e-4);
    }
}

/// Keeps the items at some indices.
fn keep<T>(items: &mut Vec<T>, stays: impl Fn(usize) -> bool) {
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        stays(index - 1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Solves the relaxation of packing the edges of an odd cycle: every edge counts half.
    #[test]
    fn the_edges_of_a_triangle_count_half_each() {
        let mut lp = Simplex::new(vec![1.0; 3]);
        for edge in [[0, 1], [1, 2], [0, 2]] {
            lp.add_column(&edge.map(|row| (row, 1.0)), 1.0);
        }
        assert_eq!(lp.solve(100, f64::NEG_INFINITY), Ended::Optimal);
        assert!((lp.objective() - 1.5).abs() < 1e-4);
        lp.add_row(&[(0, 1.0), (1, 1.0), (2, 1.0)], 1.0);
        assert_eq!(lp.solve(100, f64::NEG_INFINITY), Ended::Optimal);
        assert!((lp.objective() - 1.0).abs() < 1e-4);
        lp.allow(0, false);
        lp.allow(1, false);
        assert_eq!(lp.solve(100, f64::NEG_INFINITY), Ended::Optimal);
        assert!((lp.value(2) - 1.0).abs() < 1e-4);
    }
}
