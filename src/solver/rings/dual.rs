//! The dual simplex method on a packing's relaxation, warm-started from the basis it stands at.
//!
//! In: a [`Simplex`]. Out: the same at an optimal basis, or as far as asked.
//! Holds: reduced costs stay on their side within tolerance, so the objective is a bound within rounding at any time.
//! Costs: an iteration takes four solves with the basis and the rows its inverse's row touches, each as sparse as they
//! come; a pass over all rows finds what leaves; every so many exchanges the basis is factored anew.
//! Absent: any claim; see `simplex`.
//!
//! The method is the dual simplex with steepest edges (J. Forrest and D. Goldfarb, "Steepest-edge simplex
//! algorithms for linear programming", 1992), the ratio test that flips bounded columns on the way (I. Maros, "A
//! generalized dual phase-2 simplex algorithm", 2003), and sparse vectors throughout (J. Hall and K. McKinnon,
//! "Hyper-sparsity in the revised simplex method and how to exploit it", 2005).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::eliminate::{self, Singular};
use super::simplex::{Place, Scratch, Simplex, Variable};

/// How far a value may leave its bounds; values are counts of columns, so near 1.
const PRIMAL_TOLERANCE: f64 = 1e-8;

/// How far a reduced cost may be on the wrong side; weights are scaled to at most 1.
const DUAL_TOLERANCE: f64 = 1e-10;

/// The smallest entry a pivot is made on.
const LEAST_PIVOT: f64 = 1e-7;

/// The exchanges after which the basis is factored anew.
const EXCHANGES: usize = 80;

/// The rows from which on an optimum after few exchanges is not confirmed with fresh factors, which take long there, and
/// how many exchanges are few.
const TRUSTING: usize = 2_000;
const TRUSTED: usize = 20;

/// The iterations between questions whether to stop.
const ASKED: usize = 100;

/// The least weight an edge may have.
const LEAST_EDGE: f64 = 1e-4;

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

/// Where a reduced cost reaches zero.
#[derive(Clone, Copy, Debug)]
struct Breakpoint {
    ratio: f64,
    /// The size of the entry in the row that leaves.
    entry: f64,
    variable: Variable,
}

impl Ord for Breakpoint {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ratio.total_cmp(&other.ratio).then(self.variable.cmp(&other.variable))
    }
}

impl PartialOrd for Breakpoint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Breakpoint {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Breakpoint {}

impl Simplex {
    /// Solves from the last basis, for at most so many iterations, or until the objective is at most the cutoff, or
    /// until `stop`, asked now and then, says so.
    pub(super) fn solve(&mut self, iterations: usize, cutoff: f64, stop: &dyn Fn() -> bool) -> Ended {
        self.prepare();
        let trusted = if self.rows.len() < TRUSTING { 0 } else { TRUSTED };
        let mut failures = 0;
        for count in 0..=iterations {
            let Some(position) = self.leaving() else {
                if self.factor.as_ref().is_some_and(|factor| factor.exchanges() <= trusted) {
                    return Ended::Optimal;
                }
                // Confirm with fresh factors.
                self.refactor();
                if self.leaving().is_none() {
                    return Ended::Optimal;
                }
                continue;
            };
            if count == iterations || (count % ASKED == ASKED - 1 && stop()) {
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
            let mut scratch = std::mem::take(&mut self.scratch);
            let exchanged = self.iterate(position, &mut scratch);
            for vector in [
                &mut scratch.inverse,
                &mut scratch.ratios,
                &mut scratch.direction,
                &mut scratch.edges,
                &mut scratch.flipped,
            ] {
                vector.clear();
            }
            self.scratch = scratch;
            if !exchanged {
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

    /// Factors the basis, replacing what would make it singular by slacks, and computes values and reduced costs.
    pub(super) fn refactor(&mut self) {
        loop {
            let made = eliminate::factor(self.basis.len(), |position| self.entries_of(self.basis[position as usize]));
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
        let dual = self.duals_of(|program, column| program.cost[column]);
        for row in 0..self.rows.len() {
            self.slack_reduced[row] = -dual.at(row as u32);
        }
        for column in 0..self.columns.len() {
            if let Place::Basic(_) = self.place[column] {
                continue;
            }
            let priced: f64 = self.columns[column].iter().map(|&(row, entry)| entry * dual.at(row)).sum();
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
        let rest = &mut self.scratch.direction;
        for (row, &capacity) in (0..).zip(&self.capacity) {
            if capacity != 0.0 {
                rest.add(row, capacity);
            }
        }
        for (column, entries) in self.columns.iter().enumerate() {
            if self.place[column] == Place::Upper && self.upper[column] > 0.0 {
                for &(row, entry) in entries {
                    rest.add(row, -entry);
                }
            }
        }
        self.factor.as_mut().expect("factored").solve(rest);
        self.value.fill(0.0);
        for (position, value) in self.scratch.direction.entries() {
            self.value[position as usize] = value;
        }
        self.scratch.direction.clear();
        for position in 0..self.basis.len() {
            self.limit[position] = self.upper_of(self.basis[position]);
            self.note_excess(position);
        }
    }

    /// Notes by how much the value at a position leaves its bounds.
    fn note_excess(&mut self, position: usize) {
        let value = self.value[position];
        let above = value - self.limit[position];
        self.excess[position] = if value < -PRIMAL_TOLERANCE {
            value
        } else if above > PRIMAL_TOLERANCE {
            above
        } else {
            0.0
        };
    }

    /// Returns the position that leaves the basis: the one furthest outside its bounds along its edge.
    fn leaving(&self) -> Option<u32> {
        let mut best = (0.0, None);
        for (position, &excess) in (0u32..).zip(&self.excess) {
            if excess == 0.0 {
                continue;
            }
            let merit = excess * excess;
            let edge = self.edge[position as usize];
            if merit > best.0 * edge {
                best = (merit / edge, Some(position));
            }
        }
        best.1
    }

    /// Makes one exchange; returns false if the floats do not allow it.
    fn iterate(&mut self, position: u32, scratch: &mut Scratch) -> bool {
        let Scratch { inverse, ratios, direction, edges, flipped, flips } = scratch;
        let at = position as usize;
        let excess = self.excess[at];
        let factor = self.factor.as_mut().expect("factored");
        factor.solve_leaving(position, inverse);
        for (row, multiplier) in inverse.entries() {
            for &(column, entry) in &self.rows[row as usize] {
                ratios.add(column, multiplier * entry);
            }
        }
        let points = self.breakpoints(inverse.entries(), ratios.entries(), excess.signum());
        let Some(entering) = enters(points, excess.abs(), flips) else {
            return false;
        };
        let pivot = if entering >= 0 { ratios.at(entering as u32) } else { inverse.at(!entering as u32) };
        for &(row, entry) in self.entries_of(entering) {
            direction.add(row, entry);
        }
        let factor = self.factor.as_mut().expect("factored");
        factor.solve_entering(direction);
        let solved = direction.at(position);
        if (solved - pivot).abs() > 1e-6 * (1.0 + pivot.abs()) && factor.exchanges() > 0 {
            return false;
        }
        // Duals.
        let step = match entering {
            column if column < 0 => self.slack_reduced[!column as usize].max(0.0),
            column if self.place[column as usize] == Place::Upper => self.reduced[column as usize].min(0.0),
            column => self.reduced[column as usize].max(0.0),
        } / pivot;
        for (column, entry) in ratios.entries() {
            self.reduced[column as usize] -= step * entry;
        }
        for (row, entry) in inverse.entries() {
            self.slack_reduced[row as usize] -= step * entry;
        }
        // Flips.
        if !flips.is_empty() {
            for &column in &*flips {
                let (place, by) = match self.place[column as usize] {
                    Place::Lower => (Place::Upper, 1.0),
                    _ => (Place::Lower, -1.0),
                };
                self.place[column as usize] = place;
                for &(row, entry) in &self.columns[column as usize] {
                    flipped.add(row, by * entry);
                }
            }
            self.factor.as_mut().expect("factored").solve(flipped);
            for (changed, by) in flipped.entries() {
                self.value[changed as usize] -= by;
                self.note_excess(changed as usize);
            }
        }
        // Values.
        let leaving = self.basis[at];
        let bound = if excess < 0.0 { 0.0 } else { self.limit[at] };
        let length = (self.value[at] - bound) / solved;
        let from = match entering {
            entering if entering >= 0 && self.place[entering as usize] == Place::Upper => self.upper[entering as usize],
            _ => 0.0,
        };
        for (changed, entry) in direction.entries() {
            self.value[changed as usize] -= length * entry;
            self.note_excess(changed as usize);
        }
        // Steepest edges.
        let exact: f64 = inverse.entries().map(|(_, entry)| entry * entry).sum();
        for (row, entry) in inverse.entries() {
            edges.add(row, entry);
        }
        let factor = self.factor.as_mut().expect("factored");
        factor.solve(edges);
        for (other, entry) in direction.entries() {
            let part = entry / solved;
            let edge = &mut self.edge[other as usize];
            *edge = (*edge - 2.0 * part * edges.at(other) + part * part * exact).max(LEAST_EDGE);
        }
        self.edge[at] = (exact / (solved * solved)).max(LEAST_EDGE);
        // The exchange itself.
        factor.exchange(position, solved);
        if leaving >= 0 {
            self.reduced[leaving as usize] = -step;
        } else {
            self.slack_reduced[!leaving as usize] = -step;
        }
        let at_upper = excess > 0.0 && self.limit[at] > 0.0;
        self.set_place(leaving, if at_upper { Place::Upper } else { Place::Lower });
        self.set_place(entering, Place::Basic(position));
        self.basis[at] = entering;
        self.value[at] = from + length;
        self.limit[at] = self.upper_of(entering);
        self.note_excess(at);
        true
    }

    /// Returns where the reduced costs reach zero as the dual step grows.
    fn breakpoints(
        &self,
        slacks: impl Iterator<Item = (u32, f64)>,
        columns: impl Iterator<Item = (u32, f64)>,
        sign: f64,
    ) -> Vec<Reverse<Breakpoint>> {
        let mut points = Vec::new();
        for (column, entry) in columns {
            let (index, entry) = (column as usize, sign * entry);
            let reduced = match self.place[index] {
                Place::Lower if entry > LEAST_PIVOT && self.upper[index] > 0.0 => self.reduced[index].max(0.0),
                Place::Upper if entry < -LEAST_PIVOT => self.reduced[index].min(0.0),
                _ => continue,
            };
            points.push(Reverse(Breakpoint { ratio: reduced / entry, entry: entry.abs(), variable: column as i32 }));
        }
        for (row, entry) in slacks {
            let entry = sign * entry;
            if entry > LEAST_PIVOT && self.slack_place[row as usize] == Place::Lower {
                let ratio = self.slack_reduced[row as usize].max(0.0) / entry;
                points.push(Reverse(Breakpoint { ratio, entry, variable: !(row as i32) }));
            }
        }
        points
    }
}

/// Returns what enters the basis, and the columns that move to their other bound on the way.
fn enters(points: Vec<Reverse<Breakpoint>>, infeasibility: f64, flips: &mut Vec<u32>) -> Option<Variable> {
    flips.clear();
    let mut points = BinaryHeap::from(points);
    let mut slope = infeasibility;
    loop {
        // The nearest points, those within tolerance of the nearest taken together.
        let first = flips.len();
        let (mut reach, mut falls) = (f64::INFINITY, 0.0);
        let mut best: Option<Breakpoint> = None;
        while let Some(&Reverse(point)) = points.peek() {
            if point.ratio > reach {
                break;
            }
            points.pop();
            reach = reach.min(point.ratio + DUAL_TOLERANCE / point.entry);
            falls += if point.variable >= 0 { point.entry } else { f64::INFINITY };
            flips.push(point.variable as u32);
            let better =
                |best: Breakpoint| point.entry.total_cmp(&best.entry).then(best.variable.cmp(&point.variable)).is_gt();
            if best.is_none_or(better) {
                best = Some(point);
            }
        }
        let best = best?;
        if slope - falls < 0.0 || points.is_empty() {
            flips.truncate(first);
            return Some(best.variable);
        }
        slope -= falls;
    }
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
        assert_eq!(lp.solve(100, f64::NEG_INFINITY, &|| false), Ended::Optimal);
        assert!((lp.objective() - 1.5).abs() < 1e-4);
        lp.add_row(&[(0, 1.0), (1, 1.0), (2, 1.0)], 1.0);
        assert_eq!(lp.solve(100, f64::NEG_INFINITY, &|| false), Ended::Optimal);
        assert!((lp.objective() - 1.0).abs() < 1e-4);
        lp.allow(0, false);
        lp.allow(1, false);
        assert_eq!(lp.solve(100, f64::NEG_INFINITY, &|| false), Ended::Optimal);
        assert!((lp.value(2) - 1.0).abs() < 1e-4);
    }
}
