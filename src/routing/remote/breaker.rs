//! A circuit breaker: a server that keeps failing is left alone for a while.
//!
//! In go what happened and when; out comes whether the next question may be asked. Holds: after `failures` failures in a
//! row nothing is asked for `pause`; after that the first failure begins another pause, and one answer ends the count.
//! Costs: nothing. Deliberately absent: the clock, which is an argument, and what counts as a failure.

use std::time::{Duration, Instant};

/// When to stop asking, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Failures in a row; at least 1.
    pub(super) failures: u32,
    /// How long nothing is asked.
    pub(super) pause: Duration,
}

/// What is known of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaker {
    /// Questions pass; its last answers were so many failures.
    Closed {
        /// In a row.
        failures: u32,
    },
    /// No question passes until then.
    Open {
        /// The end of the pause.
        until: Instant,
    },
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server answered, be it with a refusal.
    Answered,
    /// It did not, or with nonsense.
    Failed,
}

impl Breaker {
    /// A server nothing is known of.
    pub(super) const NEW: Self = Self::Closed { failures: 0 };

    /// The state in which a question passes at `now`, or how long none does.
    pub(super) fn pass(self, limits: Limits, now: Instant) -> Result<Self, Duration> {
        match self {
            Self::Closed { .. } => Ok(self),
            // On probation: one more failure is enough.
            Self::Open { until } if until <= now => Ok(Self::Closed { failures: limits.failures - 1 }),
            Self::Open { until } => Err(until - now),
        }
    }

    /// The state after a question that passed.
    pub(super) fn next_state(self, outcome: Outcome, limits: Limits, now: Instant) -> Self {
        match (self, outcome) {
            (_, Outcome::Answered) => Self::NEW,
            (Self::Closed { failures }, Outcome::Failed) if failures + 1 < limits.failures => {
                Self::Closed { failures: failures + 1 }
            }
            (Self::Closed { .. }, Outcome::Failed) => Self::Open { until: now + limits.pause },
            // Asked before the pause began.
            (Self::Open { .. }, Outcome::Failed) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { failures: 3, pause: Duration::from_secs(60) };

    fn after(outcomes: &[Outcome], now: Instant) -> Breaker {
        outcomes.iter().fold(Breaker::NEW, |state, outcome| state.next_state(*outcome, LIMITS, now))
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        use Outcome::{Answered, Failed};
        let now = Instant::now();
        assert_eq!(after(&[Failed, Failed, Answered, Failed, Failed], now), Breaker::Closed { failures: 2 });
        assert_eq!(after(&[Failed; 3], now), Breaker::Open { until: now + LIMITS.pause });
    }

    #[test]
    fn nothing_passes_until_the_pause_is_over() {
        let now = Instant::now();
        let open = after(&[Outcome::Failed; 3], now);
        let second = Duration::from_secs(1);
        assert_eq!(open.pass(LIMITS, now + second), Err(LIMITS.pause - second));
        assert_eq!(open.pass(LIMITS, now + LIMITS.pause), Ok(Breaker::Closed { failures: 2 }));
    }

    #[test]
    fn after_a_pause_one_failure_begins_the_next_and_one_answer_ends_the_count() {
        let now = Instant::now();
        let later = now + LIMITS.pause;
        let probation = after(&[Outcome::Failed; 3], now).pass(LIMITS, later).unwrap();
        let again = probation.next_state(Outcome::Failed, LIMITS, later);
        assert_eq!(again, Breaker::Open { until: later + LIMITS.pause });
        assert_eq!(probation.next_state(Outcome::Answered, LIMITS, later), Breaker::NEW);
    }

    #[test]
    fn a_late_failure_does_not_lengthen_the_pause_and_a_late_answer_ends_it() {
        let now = Instant::now();
        let open = after(&[Outcome::Failed; 3], now);
        assert_eq!(open.next_state(Outcome::Failed, LIMITS, now + Duration::from_secs(30)), open);
        assert_eq!(open.next_state(Outcome::Answered, LIMITS, now), Breaker::NEW);
    }
}
