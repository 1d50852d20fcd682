//! A packed file on its way in: gzip, unpacked while it is read, and no further than a bound.
//!
//! In goes any stream of bytes; out come the bytes that were packed in it, or an error that an import tells as it tells a
//! wrong row. What holds: no more than the bound is ever unpacked, and never more than a buffer of it at a time, so that a
//! small file that stands for an endless one is refused as soon as it shows.
//! Deliberately absent: other ways of packing, and keeping what was unpacked.

use flate2::read::MultiGzDecoder;
use std::io::{self, Cursor, Read};

/// What every gzip file begins with; no text in UTF-8 does.
pub(super) const MARK: [u8; 2] = [0x1F, 0x8B];

/// What is wrong with a packed file.
#[derive(Debug, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub(super) struct Damage {
    pub(super) found: String,
    pub(super) expected: String,
}

impl Damage {
    /// The damage that an error of a stream tells of, where it is one.
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// The unpacked bytes of a gzip file of one or several members, as `gzip` and `cat` make them.
pub struct Unpacked<R> {
    packed: MultiGzDecoder<R>,
    most_bytes: u64,
    left_bytes: u64,
}

impl<R: Read> Unpacked<R> {
    /// Unpacks at most `most_bytes` of `packed`; what holds more cannot be read to its end.
    pub fn new(packed: R, most_bytes: u64) -> Self {
        Self { packed: MultiGzDecoder::new(packed), most_bytes, left_bytes: most_bytes }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte beyond what is left tells the end from an end that never comes.
        let room = buffer.len().min(usize::try_from(self.left_bytes).unwrap_or(usize::MAX).saturating_add(1));
        let count = self.packed.read(&mut buffer[..room]).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => damage("a damaged gzip file".to_owned()),
            io::ErrorKind::UnexpectedEof => damage("a gzip file that ends too early".to_owned()),
            _ => error,
        })?;
        match self.left_bytes.checked_sub(count as u64) {
            Some(left) => self.left_bytes = left,
            None => {
                let most = self.most_bytes;
                return Err(io::Error::other(Damage {
                    found: format!("a gzip file that unpacks to more than {most} bytes"),
                    expected: format!("at most {most} bytes (import.max_unpacked_bytes)"),
                }));
            }
        }
        Ok(count)
    }
}

fn damage(found: String) -> io::Error {
    io::Error::other(Damage { found, expected: "a whole gzip file".to_owned() })
}

/// The bytes of a file whether it is packed or not, by how it begins. Unpacks at most `most_bytes`.
///
/// Errors: those of reading the first two bytes.
pub fn unpacked_or_plain<'a>(
    mut reader: impl Read + Send + 'a,
    most_bytes: u64,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = Vec::with_capacity(MARK.len());
    reader.by_ref().take(MARK.len() as u64).read_to_end(&mut head)?;
    let is_packed = head == MARK;
    let whole = Cursor::new(head).chain(reader);
    Ok(if is_packed { Box::new(Unpacked::new(whole, most_bytes)) } else { Box::new(whole) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(packed: &[u8], most_bytes: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let done = unpacked_or_plain(packed, most_bytes).unwrap().read_to_end(&mut bytes);
        done.map(|_| bytes).map_err(|error| Damage::of(&error).expect("it is the file's fault").to_string())
    }

    #[test]
    fn what_was_packed_in_one_piece_or_several_comes_out_and_what_was_not_stays() {
        let several = [packed(b"id,name\n"), packed(b"a,b\n")].concat();
        assert_eq!(read(&several, 1000), Ok(b"id,name\na,b\n".to_vec()));
        for plain in [&b""[..], b"\x1F", b"id,name\n"] {
            assert_eq!(read(plain, 0), Ok(plain.to_vec()));
        }
    }

    #[test]
    fn a_bound_is_kept_to_the_byte() {
        let file = packed(&[b'x'; 1000]);
        assert_eq!(read(&file, 1000).map(|bytes| bytes.len()), Ok(1000));
        assert_eq!(
            read(&file, 999),
            Err("found a gzip file that unpacks to more than 999 bytes, expected at most 999 bytes \
                 (import.max_unpacked_bytes)"
                .to_owned())
        );
    }

    #[test]
    fn a_file_cut_anywhere_or_changed_is_never_taken_for_a_whole_one() {
        let file = packed(b"id,name\na,Alpha\n");
        for end in 2..file.len() {
            assert!(read(&file[..end], 1000).is_err(), "cut after {end} bytes");
        }
        for at in [2, 12, file.len() - 8, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 0x55;
            assert!(read(&changed, 1000).is_err(), "changed at {at}");
        }
        assert!(read(&[&file[..], b"more"].concat(), 1000).is_err());
    }
}
