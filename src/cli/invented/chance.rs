//! Chance: numbers that look random and are the same for the same seed, on every machine and in every version.
//!
//! In goes a seed; out comes an endless stream. Holds: nothing but the seed decides it, so a demo can be repeated and
//! talked about. Costs a few nanoseconds a number.
//! Deliberately absent: any use beyond invention; it is no source of secrets.

/// The stream: SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins the stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Begins the stream of a seed for one thing, by its words: whatever else is drawn, it has the same luck.
    ///
    /// The words are mixed by FNV-1a (G. Fowler, L. C. Noll and K.-P. Vo, 1991).
    pub fn of(seed: u64, words: &[&str]) -> Self {
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
        Self(
            bytes.fold(seed ^ 0xCBF2_9CE4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
            }),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not including 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something that happens `percent` times in a hundred happens now.
    pub fn happens(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// A whole number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A whole number from `first` to `last`, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first) as usize + 1) as i64
    }

    /// One of several; there is at least one.
    pub fn one_of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// A number around 0 with deviation 1, never beyond 3.5: the sum of four uniform ones.
    pub fn around_zero(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.share()).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    /// Puts a list into another order (R. Fisher and F. Yates, "Statistical Tables", 1938).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_numbers() {
        // The reference implementation's first numbers for 1234567.
        let mut chance = Chance::new(1_234_567);
        let first = [chance.next(), chance.next(), chance.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn each_thing_has_luck_of_its_own_and_always_the_same() {
        let share = |seed, words: &[&str]| Chance::of(seed, words).share();
        assert_eq!(share(1, &["rep", "account"]), share(1, &["rep", "account"]));
        let others = [share(2, &["rep", "account"]), share(1, &["repa", "ccount"]), share(1, &["account", "rep"])];
        assert!(others.iter().all(|other| *other != share(1, &["rep", "account"])));
    }

    #[test]
    fn every_number_keeps_its_bounds() {
        let mut chance = Chance::new(1);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&chance.share()));
            assert!((-3..=4).contains(&chance.between(-3, 4)));
            assert!(chance.around_zero().abs() < 3.5);
        }
    }
}
