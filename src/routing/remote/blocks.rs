//! A table cut into blocks a server takes, and blocks cut in two.
//!
//! In go a table's sides and a server's limit; out come blocks that cover each cell once. Costs: nothing to speak of.

use std::ops::Range;

/// The most places of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::routing) enum BlockLimit {
    /// Origins and destinations together; at least 2.
    Together(usize),
    /// Origins, and as many destinations; at least 1.
    ASide(usize),
}

/// A part of a table: some neighbouring origins and destinations, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) origins: Range<usize>,
    pub(super) destinations: Range<usize>,
}

/// Cuts a table into blocks within the limit, as few as such a grid can have where the sides are long.
pub(super) fn cut(origins: usize, destinations: usize, limit: BlockLimit) -> Vec<Block> {
    let (high, wide) = match limit {
        BlockLimit::ASide(places) => (places, places),
        // A side shorter than half leaves the rest to the other.
        BlockLimit::Together(places) => {
            let high = origins.min((places / 2).max(places.saturating_sub(destinations)));
            (high, places - high)
        }
    };
    let pieces = |length: usize, step: usize| {
        (0..length).step_by(step.max(1)).map(move |start| start..(start + step).min(length))
    };
    pieces(origins, high)
        .flat_map(|rows| {
            pieces(destinations, wide).map(move |columns| Block { origins: rows.clone(), destinations: columns })
        })
        .collect()
}

impl Block {
    /// The two halves along the longer side, or nothing where it is a single pair.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let middle = |side: &Range<usize>| side.start + side.len() / 2;
        if self.origins.len() <= 1 && self.destinations.len() <= 1 {
            None
        } else if self.origins.len() >= self.destinations.len() {
            let middle = middle(&self.origins);
            let part = |origins| Self { origins, destinations: self.destinations.clone() };
            Some([part(self.origins.start..middle), part(middle..self.origins.end)])
        } else {
            let middle = middle(&self.destinations);
            let part = |destinations| Self { origins: self.origins.clone(), destinations };
            Some([part(self.destinations.start..middle), part(middle..self.destinations.end)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn covered(blocks: &[Block], origins: usize, destinations: usize) -> Vec<u32> {
        let mut cells = vec![0; origins * destinations];
        for block in blocks {
            for row in block.origins.clone() {
                block.destinations.clone().for_each(|column| cells[row * destinations + column] += 1);
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn blocks_cover_each_cell_once_and_keep_the_limit(
            (origins, destinations, limit) in (0..40_usize, 0..40_usize, 2..30_usize)
        ) {
            for limit in [BlockLimit::Together(limit), BlockLimit::ASide(limit - 1)] {
                let blocks = cut(origins, destinations, limit);
                prop_assert!(covered(&blocks, origins, destinations).iter().all(|times| *times == 1));
                let fits = |block: &Block| match limit {
                    BlockLimit::Together(most) => block.origins.len() + block.destinations.len() <= most,
                    BlockLimit::ASide(most) => block.origins.len() <= most && block.destinations.len() <= most,
                };
                prop_assert!(blocks.iter().all(fits));
            }
        }

        #[test]
        fn halves_cover_what_was_halved(origins in 1..9_usize, destinations in 1..9_usize) {
            let whole = Block { origins: 0..origins, destinations: 0..destinations };
            match whole.halves() {
                Some(halves) => prop_assert!(covered(&halves, origins, destinations).iter().all(|times| *times == 1)),
                None => prop_assert_eq!((origins, destinations), (1, 1)),
            }
        }
    }

    #[test]
    fn one_base_and_many_accounts_take_no_more_blocks_than_needed() {
        assert_eq!(cut(1, 198, BlockLimit::Together(100)).len(), 2);
        assert_eq!(cut(100, 100, BlockLimit::ASide(50)).len(), 4);
        assert!(cut(0, 5, BlockLimit::Together(100)).is_empty());
    }
}
