//! Commission freezes: days on which no change of owner takes effect, so that no commission statement is cut in two.
//!
//! In go a day and the teams of everybody concerned; out comes whether that day is frozen, or the first day that is not.
//! Holds: [`Freezes::first_free_day`] is never before the day asked about, is free for every team asked about, and every
//! day between the two is frozen for one of them.
//! Costs: a look at each window for each freeze that follows directly on another.
//! Deliberately absent: today, and a calendar of working days.

use super::{ids::TeamId, quarter::Quarter};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// When no change of owner takes effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freezes {
    /// How many days at the end of every quarter are frozen for everybody; 0 for none, at most [`Self::MOST_DAYS`].
    pub quarter_end_days: u32,
    /// The other freezes.
    pub windows: Vec<Window>,
}

/// Days in a row, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; not before `from`.
    pub until: NaiveDate,
    /// Whom it concerns; everybody where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

impl Freezes {
    /// The longest freeze at the end of a quarter, so that most of each quarter is free.
    pub const MOST_DAYS: u32 = 31;

    /// The last day of a freeze that `day` lies in for somebody of `teams`; absent where the day is free.
    pub fn frozen_until(&self, day: NaiveDate, teams: &BTreeSet<TeamId>) -> Option<NaiveDate> {
        let concerns = |window: &&Window| window.team.as_ref().is_none_or(|team| teams.contains(team));
        let windows = self.windows.iter().filter(concerns).filter(|one| one.from <= day && day <= one.until);
        let last = Quarter::of(day).last_day();
        let is_quarter_end = (last - day).num_days() < i64::from(self.quarter_end_days);
        windows.map(|window| window.until).chain(is_quarter_end.then_some(last)).max()
    }

    /// The first day from `day` on that is frozen for nobody of `teams`.
    pub fn first_free_day(&self, day: NaiveDate, teams: &BTreeSet<TeamId>) -> NaiveDate {
        let mut free = day;
        while let Some(next) = self.frozen_until(free, teams).and_then(|until| until.succ_opt()) {
            free = next;
        }
        free
    }

    /// The first setting that makes no sense, with the reason.
    pub fn first_senseless(&self) -> Option<(&'static str, String)> {
        if self.quarter_end_days > Self::MOST_DAYS {
            let what = format!("is {} and must be from 0 to {}", self.quarter_end_days, Self::MOST_DAYS);
            return Some(("policy.money.freezes.quarter_end_days", what));
        }
        let upside_down = self.windows.iter().find(|window| window.until < window.from)?;
        let what =
            format!("has one from {} until {}, which ends before it begins", upside_down.from, upside_down.until);
        Some(("policy.money.freezes.windows", what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn window(from: &str, until: &str, team: Option<&str>) -> Window {
        Window { from: day(from), until: day(until), team: team.map(|team| team.parse().unwrap()) }
    }

    fn teams(names: &[&str]) -> BTreeSet<TeamId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_day_outside_every_freeze_is_free_at_once() {
        let freezes = Freezes { quarter_end_days: 5, windows: vec![window("2026-12-20", "2027-01-04", None)] };
        assert_eq!(freezes.first_free_day(day("2026-11-22"), &teams(&["north"])), day("2026-11-22"));
        assert_eq!(Freezes::default().first_free_day(day("2026-12-31"), &teams(&[])), day("2026-12-31"));
    }

    #[test]
    fn a_freeze_holds_on_both_of_its_ends_and_not_beside_them() {
        let freezes = Freezes { quarter_end_days: 0, windows: vec![window("2026-03-10", "2026-03-12", None)] };
        let free = |text| freezes.first_free_day(day(text), &teams(&[]));
        assert_eq!(free("2026-03-09"), day("2026-03-09"));
        assert_eq!(free("2026-03-10"), day("2026-03-13"));
        assert_eq!(free("2026-03-12"), day("2026-03-13"));
        assert_eq!(free("2026-03-13"), day("2026-03-13"));
    }

    #[test]
    fn the_end_of_a_quarter_is_so_many_days_and_the_next_quarter_begins_free() {
        let freezes = Freezes { quarter_end_days: 3, windows: Vec::new() };
        let free = |text| freezes.first_free_day(day(text), &teams(&[]));
        for (asked, first) in [
            ("2026-03-28", "2026-03-28"),
            ("2026-03-29", "2026-04-01"),
            ("2026-03-31", "2026-04-01"),
            ("2024-02-29", "2024-02-29"),
            ("2026-12-31", "2027-01-01"),
        ] {
            assert_eq!(free(asked), day(first), "{asked}");
        }
    }

    #[test]
    fn freezes_that_follow_one_another_are_one() {
        let windows = vec![window("2027-01-01", "2027-01-04", None), window("2027-01-03", "2027-01-08", None)];
        let freezes = Freezes { quarter_end_days: 5, windows };
        assert_eq!(freezes.first_free_day(day("2026-12-29"), &teams(&[])), day("2027-01-09"));
    }

    #[test]
    fn a_teams_freeze_stops_a_swap_with_somebody_of_that_team_only() {
        let freezes = Freezes { quarter_end_days: 0, windows: vec![window("2026-03-10", "2026-03-12", Some("north"))] };
        let free = |of: &[&str]| freezes.first_free_day(day("2026-03-11"), &teams(of));
        assert_eq!(free(&["south", "west"]), day("2026-03-11"));
        assert_eq!(free(&["south", "north"]), day("2026-03-13"));
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let upside_down = Freezes { quarter_end_days: 0, windows: vec![window("2026-03-12", "2026-03-10", None)] };
        assert!(upside_down.first_senseless().unwrap().1.contains("ends before it begins"));
        let too_long = Freezes { quarter_end_days: 32, windows: Vec::new() };
        assert_eq!(too_long.first_senseless().unwrap().0, "policy.money.freezes.quarter_end_days");
        assert_eq!(Freezes { quarter_end_days: 31, windows: Vec::new() }.first_senseless(), None);
    }
}
