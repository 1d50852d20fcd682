//! Reads a file's rows, a few batches ahead of whoever takes them.
//!
//! In goes a stream of bytes; out come batches of rows as the temporary table takes them, then how many rows there were and
//! what is wrong with them. Reading and taking each have a thread, so that neither waits while the other works.
//! Cost: linear in the file; the memory of a few batches.
//! Deliberately absent: what is done with the rows, and what several of them say together.

use super::{
    columns::Row,
    header::{Header, Names},
    refused::{Errors, ImportError, RowError, stopped},
    source::{Records, Stop},
};
use crate::{
    settings,
    store::{ROWS_A_STATEMENT, StoreError},
};
use chrono::{DateTime, Utc};
use std::{
    io::Read,
    panic::resume_unwind,
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

/// Batches that may wait to be taken.
const BATCHES_AHEAD: usize = 2;

/// A file that was read to its end.
pub(super) struct Rows<R: 'static> {
    pub(super) header: Header<R>,
    /// How many there were.
    pub(super) count: u64,
    /// What is wrong with single rows.
    pub(super) errors: Errors,
}

/// Reads a file to its end, and has `take` take its sound rows.
pub(super) fn read<R: Row>(
    settings: &settings::Import,
    names: &Names<'_>,
    now: DateTime<Utc>,
    reader: impl Read + Send,
    mut take: impl FnMut(&[R::Staged]) -> Result<(), StoreError>,
) -> Result<Rows<R>, ImportError> {
    thread::scope(|scope| {
        let (give, batches) = sync_channel::<Vec<R::Staged>>(BATCHES_AHEAD);
        let reading = scope.spawn(move || to_its_end(settings, names, now, reader, &give));
        let taken = batches.iter().try_for_each(|batch| take(&batch));
        // Whoever still reads does so for nobody, and stops.
        drop(batches);
        let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        taken?;
        read
    })
}

fn to_its_end<R: Row>(
    settings: &settings::Import,
    names: &Names<'_>,
    now: DateTime<Utc>,
    reader: impl Read,
    give: &SyncSender<Vec<R::Staged>>,
) -> Result<Rows<R>, ImportError> {
    let mut errors = Errors::new(settings);
    let mut records = match Records::open(reader, settings.max_row_bytes) {
        Ok(records) => records,
        Err(stop) => return Err(stopped(stop, errors)),
    };
    let header = match records.next() {
        Ok(Some((line, record))) => Header::<R>::read(line, record, names, &mut errors),
        Ok(None) => {
            let nothing = RowError::new(1, "", "an empty file".to_owned(), "a line with the names of the columns");
            return Err(stopped(Stop::File(nothing), errors));
        }
        Err(stop) => return Err(stopped(stop, errors)),
    };
    if errors.total > 0 {
        return Err(errors.refusal());
    }
    let blank = R::blank();
    let mut batch = Vec::with_capacity(ROWS_A_STATEMENT);
    let mut count = 0;
    loop {
        let (line, record) = match records.next() {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(stop) => return Err(stopped(stop, errors)),
        };
        count += 1;
        if let Some(row) = header.row(&blank, line, record, &mut errors) {
            match row.finish(line, now) {
                Ok(staged) => batch.push(staged),
                Err((name, wrong)) => errors.add(header.error(line, name, wrong)),
            }
        }
        if batch.len() == ROWS_A_STATEMENT {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(ROWS_A_STATEMENT));
            if give.send(full).is_err() {
                break;
            }
        }
    }
    if !batch.is_empty() {
        // Where nobody takes it, why is said by whoever does not.
        let _ = give.send(batch);
    }
    Ok(Rows { header, count, errors })
}
