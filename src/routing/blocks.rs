//! Blocks: from ways somebody wants to tables a source can be asked for.
//!
//! In go ordered pairs of places; out come rectangles of origins and destinations that cover them, with the wanted cells.
//! Holds: each pair is wanted in exactly one block; no block has more origins or destinations than its side; places of a
//! block lie near each other, so that most of its cells are wanted. The order of the pairs changes nothing.
//! Costs: `O(n log n)` in the pairs.
//! Deliberately absent: asking.

use crate::domain::units::Place;

/// A table to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where the ways begin.
    pub origins: Vec<Place>,
    /// Where they end.
    pub destinations: Vec<Place>,
    /// The cells that are wanted, by the index of their origin and destination.
    pub wanted: Vec<(u32, u32)>,
}

/// Covers pairs with blocks of at most `side` origins and `side` destinations.
///
/// # Panics
///
/// Where `side` is 0.
pub fn blocks(pairs: &[(Place, Place)], side: usize) -> Vec<Block> {
    let mut ordered: Vec<[(u64, Place); 2]> =
        pairs.iter().map(|&(from, to)| [from, to].map(|place| (along_a_curve(place), place))).collect();
    ordered.sort_unstable();
    ordered.dedup();
    let mut blocks = Vec::new();
    for band in runs(ordered, side, |[from, _]| from.1) {
        let mut turned: Vec<[(u64, Place); 2]> = band.into_iter().map(|[from, to]| [to, from]).collect();
        turned.sort_unstable();
        blocks.extend(runs(turned, side, |[to, _]| to.1).into_iter().map(|cells| block(&cells)));
    }
    blocks
}

/// Cuts a list into runs of at most `side` different keys each; equal keys stand together.
fn runs<T: Copy>(list: Vec<T>, side: usize, key: impl Fn(&T) -> Place) -> Vec<Vec<T>> {
    assert!(side > 0, "a block has at least one row");
    let mut runs: Vec<Vec<T>> = Vec::new();
    let (mut keys, mut last) = (side, None);
    for one in list {
        if last != Some(key(&one)) {
            last = Some(key(&one));
            if keys == side {
                runs.push(Vec::new());
                keys = 0;
            }
            keys += 1;
        }
        runs.last_mut().expect("the first key begins a run").push(one);
    }
    runs
}

fn block(cells: &[[(u64, Place); 2]]) -> Block {
    let distinct = |end: usize| {
        let mut places: Vec<Place> = cells.iter().map(|cell| cell[end].1).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    let (destinations, origins) = (distinct(0), distinct(1));
    let at = |places: &[Place], place| places.binary_search(&place).expect("each end is in the block") as u32;
    let wanted = cells.iter().map(|[to, from]| (at(&origins, from.1), at(&destinations, to.1))).collect();
    Block { origins, destinations, wanted }
}

/// A place's rank along a curve that keeps near places near each other.
///
/// Source: G. M. Morton, "A Computer Oriented Geodetic Data Base", 1966.
fn along_a_curve(place: Place) -> u64 {
    let spread = |value: i32| {
        let shifted = u64::from((i64::from(value) + 0x4000_0000) as u32);
        (0..32).fold(0, |bits, bit| bits | (shifted >> bit & 1) << (2 * bit))
    };
    let (lat, lon) = place.e6();
    spread(lat) << 1 | spread(lon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn place((lat, lon): (i32, i32)) -> Place {
        Place::from_e6(lat * 1_000_000, lon * 1_000_000).unwrap()
    }

    proptest! {
        #[test]
        fn every_pair_is_wanted_once_and_no_block_is_too_large(
            pairs in prop::collection::vec(((-2..3, -2..3), (-2..3, -2..3)), 0..60),
            side in 1_usize..6,
        ) {
            let pairs: Vec<_> = pairs.into_iter().map(|(from, to)| (place(from), place(to))).collect();
            let mut wanted = Vec::new();
            for block in blocks(&pairs, side) {
                prop_assert!(block.origins.len() <= side && block.destinations.len() <= side);
                let cell = |&(from, to): &(u32, u32)| (block.origins[from as usize], block.destinations[to as usize]);
                wanted.extend(block.wanted.iter().map(cell));
            }
            let count = wanted.len();
            let wanted: BTreeSet<_> = wanted.into_iter().collect();
            prop_assert_eq!(count, wanted.len());
            prop_assert_eq!(wanted, pairs.iter().copied().collect::<BTreeSet<_>>());
            let turned: Vec<_> = pairs.iter().rev().copied().collect();
            prop_assert_eq!(blocks(&turned, side), blocks(&pairs, side));
        }
    }
}
