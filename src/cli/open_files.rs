//! How many files the process may hold open, and for how many connections that is enough.
//!
//! In go the settings; out come the same, with as many connections as there is room for. Holds: who comes later waits for a
//! connection and takes none of the files that the database and the log need. Cost: two calls of the system, at start.
//! Deliberately absent: other processes, and what other threads of tests hold open.

use super::Failure;
use account_swap::settings::Settings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{num::NonZeroUsize, thread::available_parallelism};

/// Files that are no connection: the log, the listener, what a thread that talks HTTP waits on, a checkpoint, a request for
/// keys or travel times.
const OTHERS: u64 = 16;
const OTHERS_A_WORKER: u64 = 4;
/// SQLite holds a file, its log and now and then another one open.
const FILES_A_DATABASE_CONNECTION: u64 = 3;

/// Takes as many open files as the process may have, and no more connections than that is enough for.
///
/// Errors: [`Failure::Unusable`] where it is enough for none.
pub fn fit(settings: &mut Settings) -> Result<(), Failure> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // More than a process may have by itself is asked for; where even that is refused, what it has must do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let workers = match settings.server.workers {
        0 => available_parallelism().map_or(1, NonZeroUsize::get),
        workers => workers,
    };
    let connections = &mut settings.server.connections_a_worker;
    let room = room(files, workers, settings.database.pool_connections).map_err(Failure::Unusable)?;
    if room < *connections {
        tracing::warn!(files, room, wanted = *connections, "`ulimit -n` leaves room for fewer connections a worker");
        *connections = room;
    }
    Ok(())
}

/// For how many connections of each worker some open files are enough.
fn room(files: u64, workers: usize, database_connections: u32) -> Result<usize, String> {
    let workers = workers as u64;
    let others = OTHERS + OTHERS_A_WORKER * workers + FILES_A_DATABASE_CONNECTION * u64::from(database_connections);
    match files.saturating_sub(others) / workers {
        0 => Err(format!("`ulimit -n` is {files}, and server and database need {} at least", others + workers)),
        room => Ok(usize::try_from(room).unwrap_or(usize::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_shared_among_the_workers_and_too_little_is_refused_by_number() {
        assert_eq!(room(1024, 2, 8), Ok(488));
        assert_eq!(room(64, 2, 8), Ok(8));
        assert_eq!(room(50, 2, 8), Ok(1));
        assert_eq!(room(49, 2, 8), Err("`ulimit -n` is 49, and server and database need 50 at least".to_owned()));
        assert_eq!(room(u64::MAX, 1, 8), Ok(usize::MAX - 44));
    }
}
