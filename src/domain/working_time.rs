//! Working time: when somebody is at work, and the moment at which they will have worked for so long.
//!
//! In go a working week with its holidays, a time zone and a leave; out come moments in UTC. Holds: an hour is an hour that
//! passes, so that a working day on which clocks change is shorter or longer than others; a local time that the clocks skip
//! stands for the first that follows, one that comes twice for the earlier at the beginning of a day's work and for the
//! later at its end. Costs: constant for each day until the moment.
//! Deliberately absent: part-time and shifts; a rep's own hours are not in the CRM's data.

use super::roster::{Leave, Tag};
use chrono::Datelike as _;
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// When people work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingWeek {
    /// The days of the week that are worked; at least one.
    pub days: Vec<Weekday>,
    /// When a day's work begins, by the local clock.
    pub opens: NaiveTime,
    /// When it ends; after `opens`.
    pub closes: NaiveTime,
    /// Days nobody works, by country as ISO 3166-1 alpha-2 in lower case; under `all` those of every country.
    pub holidays: BTreeMap<String, BTreeSet<NaiveDate>>,
}

/// The key of the holidays of every country.
const EVERYWHERE: &str = "all";

impl WorkingWeek {
    /// What makes no sense, by the setting's name within the week.
    pub fn first_senseless(&self) -> Option<(&'static str, &'static str)> {
        if self.days.is_empty() {
            return Some(("days", "must name at least one day"));
        }
        (self.opens >= self.closes).then_some(("opens", "must be before closes"))
    }

    /// The calendar of somebody in a country and a time zone who is away on leave.
    pub fn of<'w>(&'w self, country: Option<&Tag>, zone: Tz, leave: Option<Leave>) -> Calendar<'w> {
        let of_country = |key: &str| self.holidays.get(key);
        let holidays = [of_country(EVERYWHERE), country.and_then(|country| of_country(country.as_str()))];
        Calendar { week: self, zone, leave, holidays }
    }
}

/// When one person works.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'w> {
    week: &'w WorkingWeek,
    zone: Tz,
    leave: Option<Leave>,
    holidays: [Option<&'w BTreeSet<NaiveDate>>; 2],
}

impl Calendar<'_> {
    /// The moment at which this person will have worked for `worked` since `from`; `at_most` where that is earlier.
    ///
    /// Cost: constant for each day between the two.
    pub fn after(&self, from: DateTime<Utc>, worked: Duration, at_most: DateTime<Utc>) -> DateTime<Utc> {
        let mut left = worked;
        // A day's work may have begun before midnight of the date that `from` has in UTC; the local date decides.
        let first = from.with_timezone(&self.zone).date_naive();
        for day in first.iter_days() {
            if self.moment(day.and_time(NaiveTime::MIN), false) >= at_most {
                break;
            }
            let Some((opens, closes)) = self.hours(day) else { continue };
            let begins = opens.max(from);
            let spans = (closes - begins).max(Duration::zero());
            if left <= spans {
                return (begins + left).min(at_most);
            }
            left -= spans;
        }
        at_most
    }

    /// The beginning and end of the work of a local day; absent where there is none.
    fn hours(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let is_away = self.leave.is_some_and(|leave| leave.from <= day && day <= leave.until);
        let is_free = self.holidays.iter().flatten().any(|days| days.contains(&day));
        if is_away || is_free || !self.week.days.contains(&day.weekday()) {
            return None;
        }
        Some((self.moment(day.and_time(self.week.opens), false), self.moment(day.and_time(self.week.closes), true)))
    }

    /// The moment of a local time: where it comes twice, the later if `late`; where the clocks skip it, the first that follows.
    fn moment(&self, local: NaiveDateTime, late: bool) -> DateTime<Utc> {
        // No clock has ever skipped more than a day.
        let found = (0..=24 * 60).find_map(|minutes| {
            let there = self.zone.from_local_datetime(&(local + Duration::minutes(minutes)));
            if late { there.latest() } else { there.earliest() }
        });
        found.map_or_else(|| local.and_utc(), |moment| moment.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week() -> WorkingWeek {
        WorkingWeek {
            days: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            opens: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
            closes: NaiveTime::from_hms_opt(17, 0, 0).unwrap(),
            holidays: BTreeMap::from([
                ("all".to_owned(), BTreeSet::from(["2026-01-01".parse().unwrap()])),
                ("us".to_owned(), BTreeSet::from(["2026-11-26".parse().unwrap()])),
            ]),
        }
    }

    /// The local time of somebody in `zone` at which they will have worked for so many minutes.
    #[track_caller]
    fn due(week: &WorkingWeek, zone: &str, leave: Option<(&str, &str)>, from: &str, minutes: i64) -> String {
        let zone: Tz = zone.parse().unwrap();
        let leave = leave.map(|(from, until)| Leave { from: from.parse().unwrap(), until: until.parse().unwrap() });
        let from: DateTime<Utc> = from.parse().unwrap();
        let us: Tag = "us".parse().unwrap();
        let at_most = from + Duration::days(60);
        let due = week.of(Some(&us), zone, leave).after(from, Duration::minutes(minutes), at_most);
        due.with_timezone(&zone).format("%a %F %T").to_string()
    }

    #[test]
    fn hours_run_only_while_somebody_works() {
        let (week, york) = (week(), "America/New_York");
        // Published on a Monday at one at night.
        assert_eq!(due(&week, york, None, "2026-03-02T06:00:00Z", 0), "Mon 2026-03-02 09:00:00");
        assert_eq!(due(&week, york, None, "2026-03-02T06:00:00Z", 480), "Mon 2026-03-02 17:00:00");
        assert_eq!(due(&week, york, None, "2026-03-02T06:00:00Z", 481), "Tue 2026-03-03 09:01:00");
        assert_eq!(due(&week, york, None, "2026-03-02T16:30:00Z", 60), "Mon 2026-03-02 12:30:00");
        assert_eq!(due(&week, york, None, "2026-03-06T21:30:00Z", 60), "Mon 2026-03-09 09:30:00");
    }

    #[test]
    fn holidays_of_the_country_and_days_of_leave_are_counted_out() {
        let (week, york) = (week(), "America/New_York");
        assert_eq!(due(&week, york, None, "2026-11-25T21:00:00Z", 120), "Fri 2026-11-27 10:00:00");
        let leave = Some(("2026-03-03", "2026-03-05"));
        assert_eq!(due(&week, york, leave, "2026-03-02T21:00:00Z", 120), "Fri 2026-03-06 10:00:00");
    }

    #[test]
    fn the_same_hours_end_at_another_moment_in_another_zone() {
        let week = week();
        assert_eq!(due(&week, "Asia/Tokyo", None, "2026-03-02T06:00:00Z", 120), "Mon 2026-03-02 17:00:00");
        assert_eq!(due(&week, "Asia/Tokyo", None, "2026-03-02T06:00:00Z", 121), "Tue 2026-03-03 09:01:00");
        assert_eq!(due(&week, "America/Los_Angeles", None, "2026-03-02T06:00:00Z", 120), "Mon 2026-03-02 11:00:00");
    }

    #[test]
    fn a_night_shift_is_an_hour_shorter_when_clocks_go_forward_and_longer_when_they_go_back() {
        let night = WorkingWeek {
            days: vec![Weekday::Sat, Weekday::Sun, Weekday::Mon],
            opens: NaiveTime::from_hms_opt(0, 0, 0).unwrap(),
            closes: NaiveTime::from_hms_opt(8, 0, 0).unwrap(),
            holidays: BTreeMap::new(),
        };
        let york = "America/New_York";
        // Clocks go from 02:00 to 03:00 on 8 March: seven hours pass until 08:00, and the eighth is Monday's.
        assert_eq!(due(&night, york, None, "2026-03-08T05:00:00Z", 480), "Mon 2026-03-09 01:00:00");
        // And back on 1 November: nine hours pass.
        assert_eq!(due(&night, york, None, "2026-11-01T04:00:00Z", 540), "Sun 2026-11-01 08:00:00");
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_first_that_follows_and_one_that_comes_twice_counts_in_full() {
        let early = |opens: (u32, u32), closes: (u32, u32)| WorkingWeek {
            days: vec![Weekday::Sun],
            opens: NaiveTime::from_hms_opt(opens.0, opens.1, 0).unwrap(),
            closes: NaiveTime::from_hms_opt(closes.0, closes.1, 0).unwrap(),
            holidays: BTreeMap::new(),
        };
        let york = "America/New_York";
        // 02:30 does not exist on 8 March; work begins at 03:00.
        assert_eq!(due(&early((2, 30), (4, 0)), york, None, "2026-03-08T05:00:00Z", 60), "Sun 2026-03-08 04:00:00");
        // From 02:15 to 02:45 there is no time to work on that day: the next is a week later.
        assert_eq!(due(&early((2, 15), (2, 45)), york, None, "2026-03-08T05:00:00Z", 30), "Sun 2026-03-15 02:45:00");
        // 01:15 to 01:45 comes twice on 1 November: an hour and a half pass.
        assert_eq!(due(&early((1, 15), (1, 45)), york, None, "2026-11-01T04:00:00Z", 90), "Sun 2026-11-01 01:45:00");
        // Samoa had no 30 December 2011.
        let every = WorkingWeek { days: vec![Weekday::Thu, Weekday::Fri, Weekday::Sat], ..early((9, 0), (17, 0)) };
        assert_eq!(due(&every, "Pacific/Apia", None, "2011-12-29T19:00:00Z", 540), "Sat 2011-12-31 10:00:00");
    }

    #[test]
    fn somebody_who_is_away_for_long_is_not_waited_for_longer_than_at_most() {
        let week = week();
        let from: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
        let at_most = from + Duration::days(14);
        let leave = Leave { from: "2026-03-01".parse().unwrap(), until: "2027-03-01".parse().unwrap() };
        let away = week.of(None, chrono_tz::UTC, Some(leave));
        assert_eq!(away.after(from, Duration::hours(1), at_most), at_most);
        assert_eq!(week.of(None, chrono_tz::UTC, None).after(from, Duration::hours(100_000), at_most), at_most);
        assert_eq!(away.after(from, Duration::hours(1), from - Duration::days(1)), from - Duration::days(1));
    }
}
