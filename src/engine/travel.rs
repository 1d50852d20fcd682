//! Travel: the driving an account adds to a rep's year.
//!
//! In go a rep's base, an account and the nearest other account of the book; out come minutes a year.
//! Holds: more visits, a longer way or a farther neighbour never cost less; each sum is rounded to whole minutes once.
//! Costs: constant.
//! Deliberately absent: where times come from (see [`crate::domain::travel`]), and tours beyond one neighbour.
//!
//! A rep who makes `c` visits a day in the field makes one of them straight from the base and reaches the others from
//! the account next door. With `R` the round trip from the base and `s` the way from the nearest other account, both in
//! minutes, a visit costs `min(R, R/c + (1 − 1/c) · 2s)`: nobody makes a detour that is longer than going home.

use crate::domain::{
    policy::TravelRates,
    travel::{straight_line, straight_line_minutes},
    units::{Minutes, Place},
};

/// One visit's drive from the base, one way, in minutes.
pub(crate) fn one_way_minutes(base: Place, account: Place) -> f64 {
    straight_line(base, account).minutes
}

/// Minutes a year of visiting an account.
///
/// `one_way` is the drive from the base in minutes; `neighbour_metres` the distance of the nearest other account of the
/// book, absent where there is none, so that every visit is a journey of its own.
pub(crate) fn annual_minutes(
    rates: &TravelRates,
    visits_a_year: u32,
    one_way: f64,
    neighbour_metres: Option<f64>,
) -> Minutes {
    let visits = f64::from(visits_a_year);
    let round_trip = 2.0 * one_way;
    let a_visit = match neighbour_metres {
        Some(metres) => {
            let a_day = f64::from(rates.visits_per_field_day.max(1));
            let from_next_door = straight_line_minutes(metres / 1000.0);
            round_trip.min(round_trip / a_day + (1.0 - 1.0 / a_day) * 2.0 * from_next_door)
        }
        None => round_trip,
    };
    Minutes((visits * a_visit).round() as i64) + overnight_minutes(rates, visits_a_year, one_way)
}

fn overnight_minutes(rates: &TravelRates, visits_a_year: u32, one_way: f64) -> Minutes {
    if one_way > rates.overnight_beyond_one_way_minutes.0 as f64 {
        rates.overnight_minutes * i64::from(visits_a_year)
    } else {
        Minutes::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: TravelRates = TravelRates {
        visits_per_field_day: 5,
        max_one_way_minutes: Minutes(180),
        overnight_beyond_one_way_minutes: Minutes(150),
        overnight_minutes: Minutes(240),
    };

    fn metres_of(minutes: f64) -> f64 {
        1000.0 * crate::domain::travel::straight_line_reach_km(minutes)
    }

    #[test]
    fn a_neighbour_next_door_shares_the_way_from_the_base() {
        // Ten visits: 120 / 5 + 4/5 · 2 · 10 = 40 minutes each.
        assert_eq!(annual_minutes(&RATES, 10, 60.0, Some(metres_of(10.0))), Minutes(400));
    }

    #[test]
    fn a_detour_longer_than_going_home_is_not_made() {
        assert_eq!(annual_minutes(&RATES, 10, 60.0, Some(metres_of(500.0))), Minutes(1200));
    }

    #[test]
    fn an_only_account_is_a_journey_of_its_own() {
        assert_eq!(annual_minutes(&RATES, 10, 60.0, None), Minutes(1200));
    }

    #[test]
    fn a_visit_beyond_a_day_costs_a_night() {
        assert_eq!(annual_minutes(&RATES, 1, 150.0, None), Minutes(300));
        assert_eq!(annual_minutes(&RATES, 1, 151.0, None), Minutes(302 + 240));
    }

    #[test]
    fn no_visits_cost_nothing() {
        assert_eq!(annual_minutes(&RATES, 0, 151.0, None), Minutes(0));
    }
}
