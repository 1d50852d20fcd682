//! When a business date is due, and the runs of the night.
//!
//! In go the settings of the night and the database's clock; out come the runs that are due and have not been. A date is
//! that of a moment in the organisation's time zone, so neither the process's clock nor its zone matters, and clocks that
//! are changed neither skip a date nor run one twice: a unique row decides. Holds: one scope that fails stands in no other's
//! way; after a failure the same scope and date waits, each time twice as long, whichever process tries.
//! Deliberately absent: what a run does, and dates whose window has closed: those are run by hand.

use super::{Order, Refused, RunMode, Scope, Store, carry_out};
use crate::{
    app::{StoreError, system},
    settings::{Night, Settings},
    store::runs::{self, RunState},
};
use chrono::{DateTime, Duration, NaiveDate, Offset, TimeZone, Utc};

/// The business date whose window is open at `now`, in the organisation's time zone.
///
/// The local clock may skip or repeat hours; the date of a moment is one all the same, so a night can be due for hours
/// or minutes, but never for two dates. Where the hour in which the window opens is skipped, the window is where it would be
/// had the clock not been changed, so that it opens on every date and is as long as on any other.
pub fn due_date(night: &Night, now: DateTime<Utc>) -> Option<NaiveDate> {
    let local = now.with_timezone(&night.time_zone);
    let date = local.date_naive();
    let opens = date.and_time(night.opens);
    let time = if night.time_zone.from_local_datetime(&opens).latest().is_some() {
        local.time()
    } else {
        let unchanged = night.time_zone.offset_from_utc_datetime(&(opens - Duration::hours(24))).fix();
        now.with_timezone(&unchanged).time()
    };
    (night.opens <= time && time < night.closes).then_some(date)
}

/// Today in the organisation's time zone.
pub fn business_date(night: &Night, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&night.time_zone).date_naive()
}

/// Runs every scope that is due and has no run; what `serve` calls at every wake-up. Says how many runs have ended well.
///
/// Errors: the first of those that failed; the others were tried all the same.
pub fn nightly(store: &Store, settings: &Settings) -> Result<usize, Refused> {
    let now = store.read(|reader| Ok::<_, StoreError>(reader.now()))?;
    let Some(date) = due_date(&settings.night, now) else { return Ok(0) };
    let mode = if settings.night.shadow { RunMode::Shadow } else { RunMode::Live };
    let (mut done, mut failed) = (0, None);
    for scope in &settings.night.scopes {
        let order = Scope::parse(scope).map(|scope| Order { scope, date, mode });
        match order.and_then(|order| run_if_due(store, settings, &order)) {
            Ok(is_done) => done += usize::from(is_done),
            Err(error) => {
                tracing::error!(scope, %date, %error, "the night could not be run");
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

/// Runs one scope unless it has its run, a process works on it, or a failure is too recent.
fn run_if_due(store: &Store, settings: &Settings, order: &Order) -> Result<bool, Refused> {
    let scope = order.scope.as_str();
    let is_due = store.read(|reader| {
        let now = reader.now();
        let present = runs::of_night(reader, scope, order.date, order.mode)?;
        let is_taken = present.is_some_and(|run| run.state == RunState::Published || run.lease_until > now);
        let failures = runs::failures(reader, scope, order.date, order.mode)?;
        let waits = failures.is_some_and(|(count, last)| now < last + pause(&settings.night, count));
        Ok::<_, StoreError>(!is_taken && !waits)
    })?;
    if !is_due {
        return Ok(false);
    }
    match carry_out(store, settings, &system(), order, &|_| {}, &|_, _| Ok(())) {
        Ok(run) => {
            tracing::info!(run = %run.id, scope = run.scope, date = %order.date, state = run.state, "the night was run");
            Ok(true)
        }
        Err(Refused::Conflict { code: "run_exists" | "taken_over", .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How long to wait after so many failures.
fn pause(night: &Night, failures: u32) -> Duration {
    let first = i64::from(night.retry_seconds_at_first);
    // Thirty doublings are longer than any night.
    let doubled = first << failures.saturating_sub(1).min(30);
    Duration::seconds(doubled.min(night.retry_seconds_at_most.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(zone: &str, opens: &str, closes: &str) -> Night {
        Night {
            time_zone: zone.parse().unwrap(),
            opens: opens.parse().unwrap(),
            closes: closes.parse().unwrap(),
            ..Settings::built_in().night
        }
    }

    fn due(night: &Night, moment: &str) -> Option<String> {
        due_date(night, moment.parse().unwrap()).map(|date| date.to_string())
    }

    #[test]
    fn a_night_is_due_only_in_its_window_of_the_local_day() {
        let berlin = night("Europe/Berlin", "01:00:00", "05:00:00");
        assert_eq!(due(&berlin, "2026-01-09T23:59:59Z"), None);
        assert_eq!(due(&berlin, "2026-01-10T00:00:00Z"), Some("2026-01-10".to_owned()));
        assert_eq!(due(&berlin, "2026-01-10T03:59:59Z"), Some("2026-01-10".to_owned()));
        assert_eq!(due(&berlin, "2026-01-10T04:00:00Z"), None);
    }

    #[test]
    fn the_date_is_that_of_the_organisations_day_on_either_side_of_the_date_line() {
        let moment = "2026-01-10T11:30:00Z";
        for (zone, opens, closes, date) in [
            ("Pacific/Auckland", "00:00:00", "01:00:00", "2026-01-11"),
            ("Pacific/Pago_Pago", "00:00:00", "01:00:00", "2026-01-10"),
            ("Asia/Kathmandu", "17:00:00", "17:30:00", "2026-01-10"),
        ] {
            assert_eq!(due(&night(zone, opens, closes), moment), Some(date.to_owned()), "{zone}");
        }
    }

    #[test]
    fn an_hour_that_does_not_exist_skips_no_date_that_has_other_hours() {
        // Clocks go from 02:00 to 03:00 on 29 March 2026.
        let berlin = night("Europe/Berlin", "01:30:00", "03:30:00");
        assert_eq!(due(&berlin, "2026-03-29T00:45:00Z"), Some("2026-03-29".to_owned()));
        assert_eq!(due(&berlin, "2026-03-29T01:15:00Z"), Some("2026-03-29".to_owned()));
    }

    #[test]
    fn a_window_within_an_hour_that_does_not_exist_opens_all_the_same_and_for_as_long() {
        let berlin = night("Europe/Berlin", "02:15:00", "02:45:00");
        let minutes = |zone: &Night, from: &str| {
            let from: DateTime<Utc> = from.parse().unwrap();
            let due = (0..24 * 60).filter_map(|minute| due_date(zone, from + Duration::minutes(minute)));
            due.fold(std::collections::BTreeMap::new(), |mut dates, date| {
                *dates.entry(date.to_string()).or_insert(0) += 1;
                dates
            })
        };
        let once = |date: &str| [(date.to_owned(), 30)].into();
        assert_eq!(minutes(&berlin, "2026-03-27T12:00:00Z"), once("2026-03-28"));
        assert_eq!(minutes(&berlin, "2026-03-28T12:00:00Z"), once("2026-03-29"), "02:30 does not exist");
        assert_eq!(minutes(&berlin, "2026-03-29T12:00:00Z"), once("2026-03-30"));
        // In Beirut the clocks went from 00:00 to 01:00.
        let beirut = night("Asia/Beirut", "00:15:00", "00:45:00");
        assert_eq!(minutes(&beirut, "2026-03-28T12:00:00Z"), once("2026-03-29"), "there is no such midnight");
    }

    #[test]
    fn an_hour_that_exists_twice_is_due_for_one_date() {
        // Clocks go from 03:00 back to 02:00 on 25 October 2026.
        let berlin = night("Europe/Berlin", "02:15:00", "02:45:00");
        for moment in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(due(&berlin, moment), Some("2026-10-25".to_owned()));
        }
    }

    #[test]
    fn after_each_failure_the_wait_doubles_up_to_its_most() {
        let night = Night { retry_seconds_at_first: 60, retry_seconds_at_most: 600, ..Settings::built_in().night };
        let waits: Vec<i64> = [1, 2, 3, 4, 5, 60].map(|count| pause(&night, count).num_seconds()).to_vec();
        assert_eq!(waits, [60, 120, 240, 480, 600, 600]);
    }
}
