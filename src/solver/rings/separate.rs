//! Cuts that a fractional packing breaks: three rows of which any column worth the name takes two.
//!
//! In: the columns with a value above zero. Out: [`Cut`]s that these values break, the most broken first.
//! Holds: every cut is one whatever the values are. Costs: the triangles of the graph of rows that share a
//! fractional column. Absent: any claim that all broken cuts are found.
//!
//! A cut over three rows of capacity 1, each once, divided by 2, says: of the columns with two of these rows at
//! most one is taken (M. Jepsen, B. Petersen, S. Spoorendonk and D. Pisinger, "Subset-row inequalities applied
//! to the vehicle-routing problem with time windows", 2008).

use std::collections::BTreeMap;

use super::packing::Packing;
use super::proof::Cut;

/// How far a cut must be broken.
const BROKEN: f64 = 1e-3;

/// The most cuts through one row that are found at a time.
const THROUGH_ROW: u32 = 3;

/// Returns cuts that values break.
pub(super) fn cuts(packing: &Packing, values: &[(u32, f64)]) -> Vec<Cut> {
    let mut shared: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    let mut near: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut triples: BTreeMap<[u32; 3], f64> = BTreeMap::new();
    for &(column, value) in values.iter().filter(|&&(_, value)| value < 1.0 - BROKEN) {
        let unit = |&&(row, _): &&(u32, u32)| packing.capacity[row as usize] == 1;
        let rows: Vec<u32> = packing.columns.entries(column).iter().filter(unit).map(|&(row, _)| row).collect();
        for (at, &one) in rows.iter().enumerate() {
            for (next, &other) in rows.iter().enumerate().skip(at + 1) {
                *shared.entry((one, other)).or_default() += value;
                near.entry(one).or_default().push(other);
                for &third in &rows[next + 1..] {
                    *triples.entry([one, other, third]).or_default() += value;
                }
            }
        }
    }
    let mut broken: Vec<(f64, [u32; 3])> = Vec::new();
    for (&one, others) in &mut near {
        others.sort_unstable();
        others.dedup();
        for (at, &other) in others.iter().enumerate() {
            for &third in &others[at + 1..] {
                let Some(far) = shared.get(&(other, third)) else {
                    continue;
                };
                // A column with all three is counted three times and should be once.
                let all = triples.get(&[one, other, third]).unwrap_or(&0.0);
                let sum = shared[&(one, other)] + shared[&(one, third)] + far - 2.0 * all;
                if sum > 1.0 + BROKEN {
                    broken.push((sum, [one, other, third]));
                }
            }
        }
    }
    broken.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut through: BTreeMap<u32, u32> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, rows) in broken {
        if rows.iter().all(|row| through.get(row).is_none_or(|&count| count < THROUGH_ROW)) {
            for row in rows {
                *through.entry(row).or_default() += 1;
            }
            found.push(Cut { terms: rows.map(|row| (row, 1)).to_vec(), divisor: 2 });
        }
    }
    found
}
