//! Duals that are nearly best, from passes over the columns alone.
//!
//! In: the columns of a packing, and the weight of some packing of them. Out: a dual for each row.
//! Holds: nothing is claimed; `exact` makes a bound of them. Costs: some hundred passes over the columns that may
//! matter, which soon are few. Absent: cuts, and duals that are best to the last digit: the simplex method's work.
//!
//! Minimises what duals bound by deflected subgradients with steps towards the best packing known (B. Polyak,
//! "Minimization of unsmooth functionals", 1969; P. Camerini, L. Fratta and F. Maffioli, "On improving relaxation
//! methods by modified gradient techniques", 1975). A column counts only where it weighs more than its price; one whose
//! price is above its weight by more than all prices can have moved since is passed over without looking.

use super::packing::Packing;

/// The most passes.
const PASSES: usize = 2_000;

/// How much of the direction before stays in a direction.
const DEFLECTED: f64 = 0.7;

/// The passes without a better bound after which steps shrink.
const PATIENCE: usize = 20;

/// What steps shrink by.
const SHRINK: f64 = 0.7;

/// The part of a full step below which more passes are worth little.
const LEAST_STEP: f64 = 1e-3;

/// Columns are looked at while they are this close to weighing more than their price, in parts of the mean weight.
const MARGIN: f64 = 0.1;

/// Columns side by side, with weights in parts of the mean weight.
struct Flat {
    first: Vec<u32>,
    entries: Vec<(u32, f32)>,
    weights: Vec<f64>,
}

impl Flat {
    fn of(&self, column: u32) -> &[(u32, f32)] {
        &self.entries[self.first[column as usize] as usize..self.first[column as usize + 1] as usize]
    }

    fn gain(&self, column: u32, dual: &[f64]) -> f64 {
        let price: f64 = self.of(column).iter().map(|&(row, entry)| dual[row as usize] * f64::from(entry)).sum();
        self.weights[column as usize] - price
    }
}

/// Returns duals of all rows, in points, under which the packings of some columns weigh little more than they can.
///
/// `weight` is that of some packing; `columns` are not empty and weigh something.
pub(super) fn duals(packing: &Packing, columns: &[u32], weight: i64, stop: &(dyn Fn() -> bool + Sync)) -> Vec<f64> {
    let rows = packing.capacity.len();
    let total: f64 = columns.iter().map(|&column| packing.columns.weight(column) as f64).sum();
    let unit = total / columns.len() as f64;
    let mut flat = Flat { first: vec![0], entries: Vec::new(), weights: Vec::with_capacity(columns.len()) };
    let (mut dual, mut widest) = (vec![0.0f64; rows], 0);
    for &column in columns {
        let entries = packing.columns.entries(column);
        flat.entries.extend(entries.iter().map(|&(row, entry)| (row, entry as f32)));
        flat.first.push(flat.entries.len() as u32);
        flat.weights.push(packing.columns.weight(column) as f64 / unit);
        let width: u32 = entries.iter().map(|&(_, entry)| entry).sum();
        widest = widest.max(width);
        for &(row, _) in entries {
            let share = packing.columns.weight(column) as f64 / unit / f64::from(width);
            dual[row as usize] = dual[row as usize].max(share);
        }
    }
    let capacity: Vec<f64> = packing.capacity.iter().map(|&capacity| f64::from(capacity)).collect();
    let target = weight as f64 / unit;
    start_low(&flat, &capacity, &mut dual);
    let mut best = (f64::INFINITY, dual.clone());
    let mut direction = vec![0.0; rows];
    let mut slope = vec![0.0; rows];
    // The columns looked at, and by how much a price can have fallen since they were chosen.
    let (mut near, mut drift): (Vec<u32>, f64) = (Vec::new(), f64::INFINITY);
    let (mut part, mut waited) = (1.0, 0);
    for pass in 0..PASSES {
        if drift > MARGIN {
            if stop() {
                break;
            }
            near.clear();
            near.extend((0..columns.len() as u32).filter(|&column| flat.gain(column, &dual) > -MARGIN));
            drift = 0.0;
        }
        slope.copy_from_slice(&capacity);
        let mut bound: f64 = dual.iter().zip(&capacity).map(|(dual, capacity)| dual * capacity).sum();
        for &column in &near {
            let gain = flat.gain(column, &dual);
            if gain > 0.0 {
                bound += gain;
                for &(row, entry) in flat.of(column) {
                    slope[row as usize] -= f64::from(entry);
                }
            }
        }
        if bound < best.0 {
            waited = if bound < best.0 * (1.0 - 1e-6) { 0 } else { waited + 1 };
            best.0 = bound;
            best.1.copy_from_slice(&dual);
        } else {
            waited += 1;
        }
        if waited > PATIENCE {
            (part, waited) = (part * SHRINK, 0);
            if part < LEAST_STEP {
                break;
            }
            drift += f64::from(widest) * largest_change(&dual, &best.1);
            dual.copy_from_slice(&best.1);
        }
        let kept = if pass == 0 { 0.0 } else { DEFLECTED };
        let mut length = 0.0;
        for ((direction, &slope), &dual) in direction.iter_mut().zip(&slope).zip(&dual) {
            *direction = kept * *direction + (1.0 - kept) * slope;
            if dual > 0.0 || *direction < 0.0 {
                length += *direction * *direction;
            }
        }
        if length == 0.0 {
            break;
        }
        let step = part * (bound - target) / length;
        let mut moved = 0.0f64;
        for (dual, &direction) in dual.iter_mut().zip(&direction) {
            let to = (*dual - step * direction).max(0.0);
            moved = moved.max(*dual - to);
            *dual = to;
        }
        drift += f64::from(widest) * moved;
    }
    best.1.iter().map(|dual| dual * unit).collect()
}

/// Lowers all duals, which no column exceeds, to the part of them that bounds best.
fn start_low(flat: &Flat, capacity: &[f64], dual: &mut [f64]) {
    let total: f64 = dual.iter().zip(capacity).map(|(dual, capacity)| dual * capacity).sum();
    let gains = |part: f64| {
        let columns = 0..flat.weights.len();
        let gain = columns.map(|column| {
            let weight = flat.weights[column];
            (weight - part * (weight - flat.gain(column as u32, dual))).max(0.0)
        });
        part * total + gain.sum::<f64>()
    };
    let parts = (1..=16).map(|part| f64::from(part) / 16.0);
    let best = parts.map(|part| (gains(part), part)).min_by(|one, other| one.0.total_cmp(&other.0));
    let (_, part) = best.expect("there are parts");
    dual.iter_mut().for_each(|dual| *dual *= part);
}

/// Returns by how much a value falls at most from one list to the other.
fn largest_change(from: &[f64], to: &[f64]) -> f64 {
    from.iter().zip(to).fold(0.0, |most: f64, (from, to)| most.max(from - to))
}
