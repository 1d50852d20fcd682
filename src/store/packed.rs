//! Large results and shapes, gzipped.
//!
//! In go bytes; out come fewer, and back. Deliberately absent: what the bytes mean.

use super::StoreError;
use crate::domain::Wrong;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::io::{Read, Write};

/// Gzips.
pub(super) fn pack(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(plain).expect("a Vec takes every byte");
    packer.finish().expect("a Vec takes every byte")
}

/// Takes it back.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut plain = Vec::new();
    GzDecoder::new(packed)
        .read_to_end(&mut plain)
        .map_err(|error| StoreError::from(Wrong::new(error.to_string(), "a gzipped value")))?;
    Ok(plain)
}
