//! A number that depends on every byte of an input, to choose by.
//!
//! In go bytes; out comes a number, always the same. Deliberately absent: any secret.

/// FNV-1a (G. Fowler, L. C. Noll and P. Vo, 1991), with its high bits mixed into the low.
pub fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, step);
    hash ^ hash >> 32
}
