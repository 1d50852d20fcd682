//! Files packed by gzip, as the command takes them: from a pipe and by name, whole, damaged, and larger than they look.

use super::{
    command_line::{REPS, run, told},
    poisoned::rows,
};
use crate::common::databases::{databases, settings, sqlite};
use account_swap::app::import::{ImportError, ImportKind, Unpacked, import};
use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::{self, Read, Write},
};

fn packed(mut bytes: impl Read) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    io::copy(&mut bytes, &mut encoder).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_file_comes_in_from_a_pipe_and_by_name_like_the_file_in_it() {
    for database in databases() {
        let file = packed(REPS.as_bytes());
        let (code, out, _) = told(&run(&database, &["import", "reps", "-"], &file));
        assert_eq!(code, Some(0), "{}", database.name);
        assert!(out.contains("2 created, 0 changed, 0 unchanged"), "{out}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reps.csv.gz");
        fs::File::create(&path).unwrap().write_all(&file).unwrap();
        let (code, out, _) = told(&run(&database, &["import", "reps", path.to_str().unwrap()], ""));
        assert_eq!(code, Some(0), "{}", database.name);
        assert!(out.contains("0 created, 0 changed, 2 unchanged"), "{out}");
    }
}

#[test]
fn a_packed_file_that_is_cut_or_damaged_is_told_as_that_and_leaves_nothing() {
    let database = sqlite();
    let file = packed(REPS.as_bytes());
    let mut changed = file.clone();
    let checksum_at = file.len() - 8;
    changed[checksum_at] ^= 1;
    for (file, found) in
        [(&file[..file.len() - 1], "a gzip file that ends too early"), (&changed, "a damaged gzip file")]
    {
        let (code, out, err) = told(&run(&database, &["import", "reps", "-"], file));
        assert_eq!((code, out), (Some(2), format!("line 1: found {found}, expected a whole gzip file\n")));
        assert_eq!(err, "account-swap: -: 1 error; nothing was imported\n");
    }
    assert!(rows(&database).iter().all(|(_, count)| *count == 0));
}

#[test]
fn a_small_file_that_stands_for_an_endless_one_is_refused_at_the_bound_for_every_kind() {
    const BOUND: u64 = 1_000_000;
    for database in databases() {
        let store = super::rows::open(&database);
        // Rows without end, and white space without a feature.
        for (kind, header, again) in [
            (ImportKind::Accounts, "id,name,owner,lat,lon,country\n", "a,Alpha,anna,42.4,-71.1,us\n"),
            (ImportKind::Territories, "", " "),
        ] {
            let bomb = packed(header.as_bytes().chain(again.repeat(50_000_000 / again.len()).as_bytes()));
            assert!(bomb.len() < 300_000, "{}", bomb.len());
            let mut settings = settings("").import;
            settings.max_unpacked_bytes = BOUND;
            let done = store.write(|writer| {
                let file = Unpacked::new(&bomb[..], settings.max_unpacked_bytes);
                import(writer, &settings, &super::rows::admin(), kind, None, false, file)
            });
            let Err(ImportError::Refused(refused)) = done else { panic!("{kind}: {done:?}") };
            let error = refused.errors.last().unwrap();
            assert_eq!(error.found, "a gzip file that unpacks to more than 1000000 bytes");
            assert_eq!(error.expected, "at most 1000000 bytes (import.max_unpacked_bytes)");
            assert!(rows(&database).iter().all(|(_, count)| *count == 0), "{}", database.name);
        }
    }
}

#[test]
fn a_file_of_territories_is_not_gathered_beyond_its_bound() {
    let store = super::rows::open(&sqlite());
    let mut settings = settings("").import;
    settings.max_territories_bytes = 1000;
    let done = store.write(|writer| {
        import(writer, &settings, &super::rows::admin(), ImportKind::Territories, None, false, io::repeat(b' '))
    });
    let Err(ImportError::Refused(refused)) = done else { panic!("{done:?}") };
    assert_eq!(
        refused.to_string(),
        "line 1: found a file of more than 1000 bytes, expected at most 1000 bytes (import.max_territories_bytes)"
    );
}
