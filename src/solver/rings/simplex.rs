//! The linear relaxation of a packing as the simplex method sees it: rows, columns, and the basis it stands at.
//!
//! In: rows with capacities and columns with entries, weights and an upper bound of 1 or 0, all of which may be
//! added or changed between solves. Out: the `x` of the last solve, the duals of the rows, and the objective, as floats.
//! Holds: after any change the last basis stays usable: a column on the wrong side is moved to its other bound,
//! so the dual method can always go on, and `x = 0` always satisfies the rows, so there is always an optimum.
//! Costs: a change costs what it touches, but thinning out goes over all. Absent: the method itself (`dual`), and any
//! claim: what these floats suggest is made exact in integers elsewhere (`exact`).

use super::factor::Factor;
use super::sparse::Sparse;

/// By how much at most costs are shifted, so that ties, which can make the method run in circles, are broken.
const SHIFT: f64 = 1e-6;

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Lower,
    Upper,
    Basic(u32),
}

/// A variable: a column (from 0 on), or the slack of row `r`, written `!r`.
pub(super) type Variable = i32;

/// A basis to take up again later, with the weights of its steepest edges.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis {
    variables: Vec<Variable>,
    edge: Vec<f64>,
}

/// A state of the method to come back to.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    basis: Vec<Variable>,
    place: Vec<Place>,
    slack_place: Vec<Place>,
    edge: Vec<f64>,
    factor: Option<Factor>,
}

/// A linear program `max w x, A x <= b, 0 <= x <= u` with its basis.
#[derive(Debug, Default)]
pub(super) struct Simplex {
    pub(super) columns: Vec<Vec<(u32, f64)>>,
    pub(super) rows: Vec<Vec<(u32, f64)>>,
    pub(super) capacity: Vec<f64>,
    /// The negated weights, each shifted a little: the method minimises.
    pub(super) cost: Vec<f64>,
    /// The negated weights as they are.
    unshifted: Vec<f64>,
    pub(super) upper: Vec<f64>,
    /// The variable at each position.
    pub(super) basis: Vec<Variable>,
    pub(super) place: Vec<Place>,
    pub(super) slack_place: Vec<Place>,
    /// By position: the value, the upper bound, and by how much the value leaves its bounds, with sign.
    pub(super) value: Vec<f64>,
    pub(super) limit: Vec<f64>,
    pub(super) excess: Vec<f64>,
    /// The weight of the steepest edge at each position.
    pub(super) edge: Vec<f64>,
    /// The reduced costs of columns and of slacks; of those in the basis they say nothing.
    pub(super) reduced: Vec<f64>,
    pub(super) slack_reduced: Vec<f64>,
    pub(super) factor: Option<Factor>,
    pub(super) scratch: Scratch,
    unit: Vec<[(u32, f64); 1]>,
}

/// Vectors that are zero between iterations.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// By row: the row of the inverse at the position that leaves.
    pub(super) inverse: Sparse,
    /// By column: the row of the position that leaves.
    pub(super) ratios: Sparse,
    /// By position, once solved: the column that enters.
    pub(super) direction: Sparse,
    /// By position, once solved: what steepest edges change by, and what flipped columns change.
    pub(super) edges: Sparse,
    pub(super) flipped: Sparse,
    /// The columns that move to their other bound.
    pub(super) flips: Vec<u32>,
}

impl Scratch {
    fn resize(&mut self, rows: usize) {
        for vector in [&mut self.inverse, &mut self.direction, &mut self.edges, &mut self.flipped] {
            vector.resize(rows);
        }
    }
}

impl Simplex {
    /// Makes a program without columns.
    pub(super) fn new(capacity: Vec<f64>) -> Self {
        let mut program = Self::default();
        for capacity in capacity {
            program.add_row(&[], capacity);
        }
        program
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
        self.scratch.ratios.resize(self.columns.len());
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
        self.limit.push(f64::INFINITY);
        self.excess.push(0.0);
        self.edge.push(1.0);
        self.slack_reduced.push(0.0);
        self.unit.push([(row, 1.0)]);
        self.scratch.resize(self.rows.len());
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
        self.scratch.ratios.resize(self.columns.len());
        stays
    }

    /// Adds to the capacity of a row.
    pub(super) fn widen(&mut self, row: usize, by: f64) {
        self.capacity[row] += by;
    }

    /// Returns the basis, to be taken up again later.
    pub(super) fn basis(&self) -> Basis {
        Basis { variables: self.basis.clone(), edge: self.edge.clone() }
    }

    /// Takes up an earlier basis; rows added since keep their slacks in it.
    pub(super) fn set_basis(&mut self, basis: &Basis) {
        self.place.fill(Place::Lower);
        self.slack_place.fill(Place::Lower);
        let known = basis.variables.len();
        self.basis[..known].copy_from_slice(&basis.variables);
        self.edge[..known].copy_from_slice(&basis.edge);
        for row in known..self.rows.len() {
            self.basis[row] = !(row as i32);
            self.edge[row] = 1.0;
        }
        for position in 0..self.basis.len() {
            self.set_place(self.basis[position], Place::Basic(position as u32));
        }
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
        let duals = self.duals_of(|program, column| program.unshifted[column]);
        (0..self.rows.len() as u32).map(|row| (-duals.at(row)).max(0.0)).collect()
    }

    /// Returns the duals of the rows at the current basis, by row, for some costs of the columns.
    pub(super) fn duals_of(&mut self, cost: impl Fn(&Self, usize) -> f64) -> Sparse {
        let mut duals = Sparse::zeros(self.basis.len());
        for (position, &variable) in (0..).zip(&self.basis) {
            if variable >= 0 {
                duals.add(position, cost(self, variable as usize));
            }
        }
        self.factor.as_mut().expect("factored").solve_transposed(&mut duals);
        duals
    }

    /// Returns the objective at the current basis; an upper bound as long as the basis is dual feasible.
    pub(super) fn objective(&self) -> f64 {
        -(0..self.columns.len()).map(|column| self.cost[column] * self.value(column)).sum::<f64>()
    }

    pub(super) fn set_place(&mut self, variable: Variable, place: Place) {
        if variable >= 0 {
            self.place[variable as usize] = place;
        } else {
            self.slack_place[!variable as usize] = place;
        }
    }

    pub(super) fn upper_of(&self, variable: Variable) -> f64 {
        if variable >= 0 { self.upper[variable as usize] } else { f64::INFINITY }
    }

    /// Returns the entries of a variable.
    pub(super) fn entries_of(&self, variable: Variable) -> &[(u32, f64)] {
        if variable >= 0 { &self.columns[variable as usize] } else { &self.unit[!variable as usize] }
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
