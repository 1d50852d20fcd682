//! Cuts that a fractional packing breaks.
//!
//! In: the columns with a value above zero. Out: [`Cut`]s that these values break, the most broken first.
//! Holds: every cut is one whatever the values are. Costs: the triangles of the graph of rows that share a
//! fractional column; an elimination over the fractional columns and their rows, in bits.
//! Absent: any claim that all broken cuts are found.
//!
//! All cuts add up rows once each and halve. Over three rows of capacity 1 this says: of the columns with two of
//! them at most one is taken (M. Jepsen, B. Petersen, S. Spoorendonk and D. Pisinger, "Subset-row inequalities
//! applied to the vehicle-routing problem with time windows", 2008). Over more, it generalises the odd sets of
//! matchings; sets of rows that meet the fractional columns in even numbers are found by elimination modulo 2
//! (A. Caprara, M. Fischetti and A. Letchford, "On the separation of maximally violated mod-k cuts", 2000).

use std::collections::BTreeMap;

use super::packing::Packing;
use super::proof::Cut;

/// How far a cut must be broken.
const BROKEN: f64 = 1e-3;

/// The most cuts through one row that are found at a time.
const THROUGH_ROW: u32 = 3;

/// The most rows a cut may add up.
const WIDEST: u32 = 61;

/// The most cuts found at a time.
const AT_A_TIME: usize = 150;

/// Returns cuts that values break.
pub(super) fn cuts(packing: &Packing, values: &[(u32, f64)]) -> Vec<Cut> {
    let mut found = triples(packing, values);
    for cut in halves(packing, values) {
        if found.len() < AT_A_TIME && !found.contains(&cut) {
            found.push(cut);
        }
    }
    found
}

/// A sum of rows under elimination.
struct Sum {
    /// Which fractional columns have an odd entry in it.
    odd: Vec<u64>,
    /// Which rows it adds up.
    of: Vec<u64>,
    /// What the rows lack to their capacity.
    lack: f64,
    /// Whether its capacity is odd.
    odd_capacity: bool,
}

/// Finds sums of rows that halve well: odd in capacity, even in the columns that count.
fn halves(packing: &Packing, values: &[(u32, f64)]) -> Vec<Cut> {
    let mut columns: Vec<(u32, f64)> = values.iter().copied().filter(|&(_, value)| value < 1.0 - BROKEN).collect();
    columns.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut used: BTreeMap<u32, f64> = BTreeMap::new();
    for &(column, value) in values {
        for &(row, entry) in packing.columns.entries(column) {
            *used.entry(row).or_default() += value * f64::from(entry);
        }
    }
    let mut rows: Vec<u32> = columns
        .iter()
        .flat_map(|&(column, _)| packing.columns.entries(column).iter().map(|&(row, _)| row))
        .filter(|&row| f64::from(packing.capacity[row as usize]) - used[&row] < 0.5)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let words = |bits: usize| vec![0u64; bits.div_ceil(64)];
    let mut sums: Vec<Sum> = (0..rows.len())
        .map(|index| {
            let mut of = words(rows.len());
            of[index / 64] |= 1 << (index % 64);
            let capacity = packing.capacity[rows[index] as usize];
            let lack = (f64::from(capacity) - used[&rows[index]]).max(0.0);
            Sum { odd: words(columns.len()), of, lack, odd_capacity: capacity % 2 == 1 }
        })
        .collect();
    for (at, &(column, _)) in columns.iter().enumerate() {
        for &(row, entry) in packing.columns.entries(column) {
            if let Ok(index) = rows.binary_search(&row)
                && entry % 2 == 1
            {
                sums[index].odd[at / 64] |= 1 << (at % 64);
            }
        }
    }
    let mut broken: Vec<(f64, u32, Vec<u64>)> = Vec::new();
    for at in 0..columns.len() {
        let has = |sum: &Sum| sum.odd[at / 64] >> (at % 64) & 1 == 1;
        let least = |one: &&usize, other: &&usize| sums[**one].lack.total_cmp(&sums[**other].lack);
        let with: Vec<usize> = (0..sums.len()).filter(|&index| has(&sums[index])).collect();
        let Some(&pivot) = with.iter().min_by(least) else {
            continue;
        };
        let pivot_sum = sums.swap_remove(pivot);
        for sum in &mut sums {
            if !has(sum) {
                continue;
            }
            sum.odd.iter_mut().zip(&pivot_sum.odd).for_each(|(word, other)| *word ^= other);
            sum.of.iter_mut().zip(&pivot_sum.of).for_each(|(word, other)| *word ^= other);
            // Rows in both cancel out; counting what they lack twice only makes the sum look worse.
            sum.lack += pivot_sum.lack;
            sum.odd_capacity ^= pivot_sum.odd_capacity;
            let width: u32 = sum.of.iter().map(|word| word.count_ones()).sum();
            if !sum.odd_capacity || sum.lack >= 1.0 || !(3..=WIDEST).contains(&width) {
                continue;
            }
            let mut loss = sum.lack;
            for (word, &bits) in sum.odd.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 && loss < 1.0 {
                    loss += columns[64 * word + bits.trailing_zeros() as usize].1;
                    bits &= bits - 1;
                }
            }
            if loss < 1.0 - 10.0 * BROKEN {
                broken.push((loss, width, sum.of.clone()));
            }
        }
    }
    broken.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
    broken.dedup_by(|one, other| one.2 == other.2);
    let mut through = vec![0; rows.len()];
    let mut found = Vec::new();
    for (_, _, of) in broken {
        let members: Vec<usize> = (0..rows.len()).filter(|&index| of[index / 64] >> (index % 64) & 1 == 1).collect();
        let crowded = members.iter().filter(|&&index| through[index] >= THROUGH_ROW).count();
        if 2 * crowded > members.len() {
            continue;
        }
        for &index in &members {
            through[index] += 1;
        }
        found.push(Cut { terms: members.into_iter().map(|index| (rows[index], 1)).collect(), divisor: 2 });
    }
    found
}

/// Finds three rows of which the columns with two are taken more than once.
fn triples(packing: &Packing, values: &[(u32, f64)]) -> Vec<Cut> {
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
