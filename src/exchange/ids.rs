//! The ids of a market, each kept once.
//!
//! In: texts, in any order, any number of times. Out: a number for each, and the text of each number.
//! Holds: equal texts have equal numbers. The order of all that is written is that of the ids, byte by byte.
//! Costs: the text itself and about 14 bytes an id; a look-up is one hash. The hash has no seed, so a run can be
//! repeated; the order of the table is never seen.
//! Absent: removal.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

/// The longest id, in bytes.
pub const LONGEST_ID: usize = 200;

/// Stands for a free slot.
const FREE: u32 = u32::MAX;

/// The most ids there may be: the numbers of the solver's vertices.
const MOST_IDS: usize = crate::solver::MAX_VERTICES;

/// A growing set of ids, numbered in order of sight.
#[derive(Debug)]
pub struct Ids {
    text: String,
    /// Where the text of each id ends; it begins where that of the one before ends.
    ends: Vec<usize>,
    /// Numbers by hash, open addressing with linear steps; a power of two long, at most half full.
    slots: Vec<u32>,
}

impl Default for Ids {
    fn default() -> Self {
        Self { text: String::new(), ends: Vec::new(), slots: vec![FREE; 16] }
    }
}

impl Ids {
    /// Returns the number of ids.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the text of a number.
    pub fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let begin = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.text[begin..self.ends[number]]
    }

    /// Returns the number of an id, if it has one.
    pub fn find(&self, id: &str) -> Option<u32> {
        let number = self.slots[self.slot(id)];
        (number != FREE).then_some(number)
    }

    /// Returns the number of an id, a new one if it has none.
    ///
    /// Errors: [`IdError`] if it is empty or too long, or if there are more ids than the solver takes.
    pub fn number(&mut self, id: &str) -> Result<u32, IdError> {
        let slot = self.slot(id);
        if self.slots[slot] != FREE {
            return Ok(self.slots[slot]);
        }
        match id.len() {
            0 => return Err(IdError::Empty),
            1..=LONGEST_ID => {}
            bytes => return Err(IdError::TooLong { bytes }),
        }
        if self.ends.len() >= MOST_IDS {
            return Err(IdError::TooMany);
        }
        let number = self.ends.len() as u32;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.slots[slot] = number;
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        Ok(number)
    }

    /// Returns the numbers in the order of their ids.
    pub fn sorted(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        numbers.sort_unstable_by_key(|&number| self.text(number));
        numbers
    }

    /// The slot an id is in, or the free one it would be put in.
    fn slot(&self, id: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut hasher = DefaultHasher::new();
        hasher.write(id.as_bytes());
        let mut slot = hasher.finish() as usize & mask;
        while self.slots[slot] != FREE && self.text(self.slots[slot]) != id {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 2];
        for number in 0..self.ends.len() as u32 {
            let slot = self.slot(self.text(number));
            self.slots[slot] = number;
        }
    }
}

/// Why a text cannot be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It has no character.
    #[error("found an empty id, expected 1 to {LONGEST_ID} bytes")]
    Empty,
    /// It is too long.
    #[error("found an id of {bytes} bytes, expected 1 to {LONGEST_ID}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// There are as many as the solver takes.
    #[error("found more than {MOST_IDS} ids")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_number_however_many_there_are() {
        let mut ids = Ids::default();
        for round in 0..2 {
            for number in 0..1_000u32 {
                assert_eq!(ids.number(&format!("offer {number}")), Ok(number), "round {round}");
            }
        }
        assert_eq!((ids.len(), ids.text(0), ids.text(999)), (1_000, "offer 0", "offer 999"));
        assert_eq!((ids.find("offer 500"), ids.find("offer 1000")), (Some(500), None));
    }

    #[test]
    fn ids_are_sorted_by_their_bytes() {
        let mut ids = Ids::default();
        for id in ["10", "b", "9", "ä", "a", "100"] {
            ids.number(id).unwrap();
        }
        let sorted: Vec<&str> = ids.sorted().into_iter().map(|number| ids.text(number)).collect();
        assert_eq!(sorted, ["10", "100", "9", "a", "b", "ä"]);
    }

    #[test]
    fn an_id_has_a_length() {
        let mut ids = Ids::default();
        assert_eq!(ids.number(""), Err(IdError::Empty));
        assert_eq!(ids.number(&"x".repeat(LONGEST_ID)), Ok(0));
        assert_eq!(ids.number(&"x".repeat(LONGEST_ID + 1)), Err(IdError::TooLong { bytes: 201 }));
    }
}
