//! From bytes to records: encoding, line ends, and rows that are no rows.
//!
//! In goes any stream of bytes; out come records of UTF-8 text with the line each begins on, or an error that says what
//! the file is and what to do. What holds: memory stays flat, since no record longer than the limit is ever gathered;
//! a quote that is never closed is found, since a record made of a NUL byte is put at the end and must come back whole.
//! Cost: linear in the bytes.
//! Deliberately absent: guessing. A file that is not UTF-8 is refused by the name of what it seems to be.

use super::{
    refused::RowError,
    unpack::{self, Damage},
};
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

/// What ends the stream: no file can hold it, since a NUL byte is refused in a record.
const SENTINEL: &[u8] = b"\n\0\n";

/// How much the CSV reader takes at once.
const BUFFER_BYTES: u64 = 64 * 1024;

/// Bytes looked at before the first record.
const HEAD_BYTES: u64 = 8 * 1024;

/// Why there is no next record.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file is not what it should be; nothing after this point can be understood.
    File(RowError),
    /// The bytes could not be read.
    Unreadable(io::Error),
}

impl Stop {
    fn file(line: u64, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::File(RowError::new(line, "", found.into(), expected.into()))
    }

    /// What an error of the stream means: the file's own fault, told at `line`, or that it cannot be read.
    pub(super) fn unreadable(line: u64, error: io::Error) -> Self {
        match Damage::of(&error) {
            Some(Damage { found, expected }) => Self::file(line, found, expected),
            None => Self::Unreadable(error),
        }
    }
}

/// What the stream and the records know of each other.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes handed to the CSV reader.
    delivered: Cell<u64>,
    /// Where the record being read begins.
    record_begins: Cell<u64>,
    /// Where the sentinel begins, once the end is reached.
    sentinel_at: Cell<Option<u64>>,
    too_long: Cell<bool>,
}

/// Gives the bytes on with LF as the only line end, stops a record that has no end, and adds the sentinel.
struct Lines<R> {
    inner: R,
    shared: Rc<Shared>,
    most_bytes: u64,
    returned: bool,
    left_of_sentinel: &'static [u8],
    ended: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waiting = self.shared.delivered.get() - self.shared.record_begins.get();
        if waiting > self.most_bytes + BUFFER_BYTES {
            self.shared.too_long.set(true);
            return Err(io::Error::other("the row is too long"));
        }
        // A return seen last time may have to be put before what comes now, so one byte stays free.
        let room = buffer.len();
        assert!(room > 1, "the CSV reader's buffer has room");
        loop {
            if self.ended {
                let count = self.left_of_sentinel.len().min(room);
                buffer[..count].copy_from_slice(&self.left_of_sentinel[..count]);
                self.left_of_sentinel = &self.left_of_sentinel[count..];
                self.shared.delivered.set(self.shared.delivered.get() + count as u64);
                return Ok(count);
            }
            let count = self.inner.read(&mut buffer[1..])?;
            if count == 0 {
                self.ended = true;
                self.shared.sentinel_at.set(Some(self.shared.delivered.get()));
                continue;
            }
            // Each CR LF becomes LF; any other CR stays, but for one at the very end.
            let mut kept = 0;
            for at in 1..=count {
                let byte = buffer[at];
                if self.returned && byte != b'\n' {
                    buffer[kept] = b'\r';
                    kept += 1;
                }
                self.returned = byte == b'\r';
                if !self.returned {
                    buffer[kept] = byte;
                    kept += 1;
                }
            }
            if kept > 0 {
                self.shared.delivered.set(self.shared.delivered.get() + kept as u64);
                return Ok(kept);
            }
        }
    }
}

/// The records of one file.
pub(super) struct Records<R: Read> {
    reader: Reader<Lines<io::Chain<io::Cursor<Vec<u8>>, R>>>,
    shared: Rc<Shared>,
    most_bytes: u64,
    head: Vec<u8>,
    record: ByteRecord,
    line: u64,
}

impl<R: Read> Records<R> {
    /// Looks at the first bytes and refuses what is not UTF-8 by its mark, and what is empty.
    pub(super) fn open(mut inner: R, most_bytes: usize) -> Result<Self, Stop> {
        let mut head = Vec::new();
        inner.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| Stop::unreadable(1, error))?;
        if let Some(name) = marked_encoding(&head) {
            return Err(not_utf8(1, name));
        }
        if head.starts_with(b"\xEF\xBB\xBF") {
            head.drain(..3);
        }
        if head.starts_with(b"PK\x03\x04") {
            return Err(Stop::file(1, "a spreadsheet or zip file", "a CSV file; save it as \"CSV UTF-8\""));
        }
        if head.starts_with(&unpack::MARK) {
            let expected = "a CSV file, or one sent with Content-Encoding: gzip";
            return Err(Stop::file(1, "a gzip file", expected));
        }
        let text = head.iter().any(|byte| !byte.is_ascii_whitespace());
        if !text && (head.len() as u64) < HEAD_BYTES {
            return Err(Stop::file(1, "an empty file", "a line with the names of the columns"));
        }
        let shared = Rc::new(Shared::default());
        let most_bytes = most_bytes as u64;
        let lines = Lines {
            inner: io::Cursor::new(head.clone()).chain(inner),
            shared: Rc::clone(&shared),
            most_bytes,
            returned: false,
            left_of_sentinel: SENTINEL,
            ended: false,
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER_BYTES as usize)
            .from_reader(lines);
        Ok(Self { reader, shared, most_bytes, head, record: ByteRecord::new(), line: 0 })
    }

    /// The next record and the line it begins on; `None` at the end.
    ///
    /// Errors: [`Stop::File`] where what follows cannot be understood either.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Record<'_>)>, Stop> {
        let begins = self.reader.position().byte();
        self.shared.record_begins.set(begins);
        let first_line = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Err(Stop::file(first_line, "the end of the file inside a row", "a whole file")),
            Err(_) if self.shared.too_long.get() => return Err(self.too_long(first_line)),
            Err(error) => {
                return Err(match error.into_kind() {
                    csv::ErrorKind::Io(error) => Stop::unreadable(first_line, error),
                    other => Stop::Unreadable(io::Error::other(format!("{other:?}"))),
                });
            }
        }
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        // Empty lines before the record were skipped, so its line is counted from its end.
        self.line = self.reader.position().line() - inside - 1;
        if let Some(sentinel_at) = self.shared.sentinel_at.get()
            && self.reader.position().byte() > sentinel_at + 1
        {
            // Only the sentinel ends behind the end of the file, unless a quote has swallowed it.
            if self.record.as_slice() == b"\0" {
                return Ok(None);
            }
            return Err(Stop::file(
                // No line end after it was taken for one.
                self.line + 1,
                "a quotation mark that opens a field and is never closed",
                "a closing quotation mark; one inside a quoted field is written twice",
            ));
        }
        if self.reader.position().byte() - begins > self.most_bytes {
            return Err(self.too_long(self.line));
        }
        if self.record.as_slice().contains(&0) {
            let name = if looks_like_utf16(&self.head) { "UTF-16 without a mark" } else { "a NUL byte" };
            return Err(match name {
                "a NUL byte" => Stop::file(self.line, name, "text; the file is damaged or not a CSV file"),
                name => not_utf8(self.line, name),
            });
        }
        if self.record.iter().any(|field| std::str::from_utf8(field).is_err()) {
            return Err(not_utf8(self.line, guessed_encoding(&self.head, self.record.as_slice())));
        }
        if self.record.as_slice().contains(&b'\r') {
            return Err(Stop::file(
                self.line,
                "a carriage return without a line feed",
                "lines that end with LF or CR LF; save the file as \"CSV UTF-8\"",
            ));
        }
        Ok(Some((self.line, Record(&self.record))))
    }

    fn too_long(&self, line: u64) -> Stop {
        Stop::file(
            line,
            format!("a row of more than {} bytes", self.most_bytes),
            "a shorter row; a quotation mark may be missing",
        )
    }
}

/// One record, all of it UTF-8.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a>(&'a ByteRecord);

impl<'a> Record<'a> {
    /// How many fields there are.
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    /// A field; empty where there is none.
    pub(super) fn field(self, index: usize) -> &'a str {
        std::str::from_utf8(self.0.get(index).unwrap_or_default()).expect("records are checked when they are read")
    }

    /// All fields in order.
    pub(super) fn fields(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).map(move |index| self.field(index))
    }
}

fn not_utf8(line: u64, name: &str) -> Stop {
    Stop::file(line, format!("text in {name}"), "UTF-8; save the file as \"CSV UTF-8\" or convert it first")
}

/// The encoding a byte order mark declares, where it is not UTF-8.
fn marked_encoding(head: &[u8]) -> Option<&'static str> {
    // UTF-32 in little endian begins like UTF-16.
    let marks: [(&[u8], &str); 4] = [
        (b"\xFF\xFE\0\0", "UTF-32LE"),
        (b"\0\0\xFE\xFF", "UTF-32BE"),
        (b"\xFF\xFE", "UTF-16LE"),
        (b"\xFE\xFF", "UTF-16BE"),
    ];
    marks.iter().find(|(mark, _)| head.starts_with(mark)).map(|(_, name)| *name)
}

/// Whether every other byte at the beginning is NUL, as in Latin text in UTF-16.
fn looks_like_utf16(head: &[u8]) -> bool {
    let first = &head[..head.len().min(64)];
    let nuls = |odd: usize| first.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    first.len() >= 4 && nuls(0).max(nuls(1)) * 2 + 1 >= first.len()
}

/// What text that is not UTF-8 most likely is.
fn guessed_encoding(head: &[u8], record: &[u8]) -> &'static str {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(head, false);
    detector.feed(record, true);
    detector.guess(None, chardetng::Utf8Detection::Deny).name()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every record with its line, or what stopped the reading.
    fn records(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, String> {
        let told = |stop: Stop| match stop {
            Stop::File(error) => error.to_string(),
            Stop::Unreadable(error) => error.to_string(),
        };
        // One byte at a time, so that every border between two reads is met.
        let mut records = Records::open(OneByOne(bytes), 1000).map_err(told)?;
        let mut all = Vec::new();
        while let Some((line, record)) = records.next().map_err(told)? {
            all.push((line, record.fields().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    struct OneByOne<'a>(&'a [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn line_ends_and_marks_make_no_difference_and_lines_are_counted_as_an_editor_does() {
        let text = "a,b\n\n1,\"two\nlines\"\n\n3,\"say \"\"4\"\"\"";
        let expected = vec![row(1, &["a", "b"]), row(3, &["1", "two\nlines"]), row(6, &["3", "say \"4\""])];
        for (mark, end, last) in
            [("", "\n", ""), ("\u{feff}", "\r\n", ""), ("", "\r\n", "\r\n"), ("\u{feff}", "\n", "\n\n")]
        {
            let text = format!("{mark}{}{last}", text.replace('\n', end));
            assert_eq!(records(text.as_bytes()).as_ref(), Ok(&expected), "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_wherever_it_stands() {
        for text in ["a\n\n\"1", "a\n\n\"1\n", "a\n\n1,\"", "a\n\n\"1\n2\n3\n"] {
            let told = records(text.as_bytes()).unwrap_err();
            assert!(told.starts_with("line 3: found a quotation mark that opens"), "{text:?}: {told}");
        }
        assert_eq!(records(b"\"a\"\n\"\"\n"), Ok(vec![row(1, &["a"]), row(2, &[""])]));
    }

    #[test]
    fn a_row_without_end_is_stopped_before_it_is_gathered() {
        struct Endless;
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b'x');
                Ok(buffer.len())
            }
        }
        let mut records = Records::open(Endless, 1000).map_err(|_| "refused").unwrap();
        let Err(Stop::File(error)) = records.next() else { panic!("it has no end") };
        assert_eq!(error.found, "a row of more than 1000 bytes");
    }
}
