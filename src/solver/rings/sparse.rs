//! Vectors that are mostly zero, and an order in which to go through them.
//!
//! In: additions at places. Out: a [`Sparse`] that knows where it may differ from zero; an [`Agenda`] that gives back
//! the places it was given, the first or the last of them at any time.
//! Holds: a place is listed once. Costs: an addition is constant; taking from an agenda reads a word for every 4,096
//! places. Absent: what the places stand for.

/// What stands at a listed place whose terms cancelled: too small to count, and not zero.
pub(super) const CANCELLED: f64 = 1e-100;

/// A vector with the list of the places where it may differ from zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    values: Vec<f64>,
    listed: Vec<u32>,
}

impl Sparse {
    /// Makes a vector of zeros.
    pub(super) fn zeros(size: usize) -> Self {
        Self { values: vec![0.0; size], listed: Vec::new() }
    }

    /// Makes room for more places, or takes places away that are zero.
    pub(super) fn resize(&mut self, size: usize) {
        self.values.resize(size, 0.0);
    }

    /// Returns the listed places with their values.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.listed.iter().map(|&place| (place, self.values[place as usize]))
    }

    /// Returns the value at a place.
    pub(super) fn at(&self, place: u32) -> f64 {
        self.values[place as usize]
    }

    /// Adds to the value at a place.
    pub(super) fn add(&mut self, place: u32, by: f64) {
        let value = &mut self.values[place as usize];
        if *value == 0.0 {
            self.listed.push(place);
        }
        *value += by;
        if *value == 0.0 {
            *value = CANCELLED;
        }
    }

    /// Puts a value other than zero at a place that is zero.
    pub(super) fn put(&mut self, place: u32, value: f64) {
        debug_assert!(value != 0.0 && self.values[place as usize] == 0.0);
        self.values[place as usize] = value;
        self.listed.push(place);
    }

    /// Makes all values zero.
    pub(super) fn clear(&mut self) {
        for &place in &self.listed {
            self.values[place as usize] = 0.0;
        }
        self.listed.clear();
    }
}

/// Places to visit, in bits, with bits for the words that have any.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    words: Vec<u64>,
    summary: Vec<u64>,
}

impl Agenda {
    /// Makes an empty agenda of places below a size.
    pub(super) fn new(size: usize) -> Self {
        let words = size.div_ceil(64);
        Self { words: vec![0; words], summary: vec![0; words.div_ceil(64)] }
    }

    /// Puts a place on the agenda, if it is not on it.
    pub(super) fn insert(&mut self, place: u32) {
        let word = place as usize / 64;
        self.words[word] |= 1 << (place % 64);
        self.summary[word / 64] |= 1 << (word % 64);
    }

    /// Takes the first place off the agenda.
    pub(super) fn pop_first(&mut self) -> Option<u32> {
        let (high, &bits) = self.summary.iter().enumerate().find(|&(_, &bits)| bits != 0)?;
        let word = 64 * high + bits.trailing_zeros() as usize;
        let bit = self.words[word].trailing_zeros();
        self.remove(word, bit);
        Some(64 * word as u32 + bit)
    }

    /// Takes the last place off the agenda.
    pub(super) fn pop_last(&mut self) -> Option<u32> {
        let (high, &bits) = self.summary.iter().enumerate().rfind(|&(_, &bits)| bits != 0)?;
        let word = 64 * high + 63 - bits.leading_zeros() as usize;
        let bit = 63 - self.words[word].leading_zeros();
        self.remove(word, bit);
        Some(64 * word as u32 + bit)
    }

    fn remove(&mut self, word: usize, bit: u32) {
        self.words[word] &= !(1 << bit);
        if self.words[word] == 0 {
            self.summary[word / 64] &= !(1 << (word % 64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agenda_gives_back_each_place_once_from_either_end() {
        let mut agenda = Agenda::new(10_000);
        for place in [70, 9_999, 0, 4_096, 70, 63] {
            agenda.insert(place);
        }
        assert_eq!(agenda.pop_last(), Some(9_999));
        assert_eq!(agenda.pop_first(), Some(0));
        agenda.insert(5_000);
        let rest: Vec<u32> = std::iter::from_fn(|| agenda.pop_first()).collect();
        assert_eq!(rest, [63, 70, 4_096, 5_000]);
        assert_eq!(agenda.pop_last(), None);
    }

    #[test]
    fn what_cancels_stays_listed_once() {
        let mut vector = Sparse::zeros(3);
        vector.add(1, 2.0);
        vector.add(1, -2.0);
        vector.add(1, 1.0);
        assert_eq!(vector.entries().collect::<Vec<_>>(), [(1, 1.0)]);
        vector.clear();
        assert_eq!((vector.entries().count(), vector.at(1)), (0, 0.0));
    }
}
