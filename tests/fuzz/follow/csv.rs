//! A file that is imported: all that is done with it before a database is asked, packed or not.
//!
//! In go bytes: the first says what the file holds, by which mapping it is read and in which pieces it comes; the rest is the
//! file. Holds: a refusal names lines in order, what was found and what was expected, each short, and never more of them than
//! the settings say; no content of a file makes the store fail; the pieces make no difference.
//! Deliberately absent: what rows say together with the store, which needs one.

use super::hash::hash;
use account_swap::{
    app::{
        Writer,
        import::{ImportError, ImportKind, ImportRefused, ImportReport, import, unpacked_or_plain},
    },
    domain::principal::{Principal, Role},
    settings,
};
use std::io::{self, Read};

/// The mappings of the default settings, and none.
const MAPPINGS: [Option<&str>; 3] = [None, Some("salesforce"), Some("hubspot")];

/// How many bytes come at a time. Fewer would try nothing else and take most of the time.
const PIECES: [usize; 2] = [usize::MAX, 61];

/// What is done in a transaction.
pub type Work<'a> = dyn FnMut(&mut Writer<'_>) -> Result<ImportReport, ImportError> + 'a;

/// The settings of imports, with bounds that a small file can reach.
pub fn settings() -> settings::Import {
    settings::Import {
        max_reported_errors: 5,
        max_row_bytes: 1000,
        max_unpacked_bytes: 64 * 1024,
        max_territories_bytes: 16 * 1024,
        ..settings::Settings::built_in().import
    }
}

/// Imports a file and takes it back; `within` does what it is given in a transaction of its own.
pub fn follow(
    settings: &settings::Import,
    bytes: &[u8],
    mut within: impl FnMut(&mut Work<'_>) -> Result<ImportReport, ImportError>,
) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let how = usize::from(how);
    let kind = ImportKind::ALL[how % 6];
    let mapping = MAPPINGS[how / 6 % 3];
    let pieces = PIECES[how / 18 % 2];
    let mut once = |pieces: usize| {
        let who = Principal { id: "crm".parse().expect("a sound id"), role: Role::Service };
        within(&mut |writer| {
            let plain = unpacked_or_plain(Pieces { left: file, most: pieces }, settings.max_unpacked_bytes)
                .expect("bytes in memory can be read");
            import(writer, settings, &who, kind, mapping, true, plain)
        })
    };
    let done = once(pieces);
    if hash(bytes).is_multiple_of(64) {
        let again = once(5);
        assert_eq!(format!("{done:?}"), format!("{again:?}"), "the pieces make no difference");
    }
    let most_bytes = file.len().max(settings.max_unpacked_bytes as usize) as u64;
    match done {
        Ok(ImportReport { rows, created, changed, unchanged, dry_run, .. }) => {
            assert!(dry_run && created + changed + unchanged == rows && rows <= most_bytes);
        }
        Err(ImportError::Refused(refused)) => told(settings, most_bytes, &refused),
        Err(ImportError::Mapping(_)) => assert!(mapping.is_some()),
        Err(other) => panic!("{other}"),
    }
}

/// Whether a refusal helps whoever sent the file.
fn told(settings: &settings::Import, most_bytes: u64, refused: &ImportRefused) {
    let ImportRefused { errors, more } = refused;
    assert!((1..=settings.max_reported_errors).contains(&errors.len()), "{refused:?}");
    assert!(*more == 0 || errors.len() == settings.max_reported_errors, "{refused:?}");
    assert!(errors.is_sorted_by_key(|error| error.line), "{refused:?}");
    for error in errors {
        assert!((1..=most_bytes + 1).contains(&error.line), "{error:?}");
        assert!(error.found.chars().count() <= 61 && !error.expected.is_empty(), "{error:?}");
        assert!(error.expected.len() <= 1000 && error.column.len() <= 2 * settings.max_row_bytes, "{error:?}");
        assert!(error.to_string().starts_with(&format!("line {}", error.line)));
    }
}

/// Bytes that come a few at a time.
struct Pieces<'a> {
    left: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.most);
        self.left.read(&mut buffer[..count])
    }
}
