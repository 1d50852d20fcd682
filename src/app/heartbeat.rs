//! Signs of life of work that takes long, shown on a thread of its own.
//!
//! In goes what shows one, and how long the work may go without; out comes a guard that shows one three times in that time
//! until it is dropped. Holds: it stops at the first sign that finds the hold lost, and never takes it back; a process that
//! stood still finds that out before it shows another. Which of two processes may write is for the fence to say, not for
//! this. The waits are by the monotonic clock. Deliberately absent: what is held.

use super::StoreError;
use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Signs of life until it is dropped.
pub(super) struct Heartbeat {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Shows signs of life by `beat`, which says whether the hold still stands; one that could not be shown is tried again.
    pub(super) fn start(
        of: &'static str,
        lease_seconds: u32,
        mut beat: impl FnMut() -> Result<bool, StoreError> + Send + 'static,
    ) -> Self {
        let (end, ended) = channel();
        let pause = Duration::from_secs(lease_seconds.into()) / 3;
        let thread = thread::spawn(move || {
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                match beat() {
                    Ok(true) => {}
                    Ok(false) => {
                        tracing::info!(of, "what was held is held no more");
                        return;
                    }
                    Err(error) => tracing::warn!(of, %error, "a sign of life could not be shown"),
                }
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is in the log; whoever drops this may be panicking as well.
            let _ = thread.join();
        }
    }
}
