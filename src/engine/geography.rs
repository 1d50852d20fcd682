//! Geography: what driving does not show, in minutes a year.
//!
//! In go what a rep and an offer have declared and the distance to the rest of the book; out come the named terms.
//! Holds: what is not known is not charged for: an account without a region where regions are all a rep has, either side
//! without a time zone, a book without another account. More hours between the clocks or more metres to the rest of the book never cost less.
//! Costs: constant.
//! Deliberately absent: driving, which is [`super::travel`]'s.

use super::{fit::Fit, view::rounded_quotient};
use crate::domain::{policy::GeographyRates, proposal::Geography, units::Minutes};

/// Prices an offer in a rep's book; `neighbour_metres` is the distance to the nearest other account of it.
pub(crate) fn geography(
    rates: &GeographyRates,
    fit: &Fit,
    rep: u32,
    offer: u32,
    neighbour_metres: Option<f64>,
) -> Geography {
    let when = |so: bool, rate: Minutes| if so { rate } else { Minutes::ZERO };
    let seconds = fit.clock_difference_seconds(rep, offer).unwrap_or(0);
    Geography {
        outside_territory_minutes: when(fit.is_outside(rep, offer), rates.outside_territory_minutes),
        other_country_minutes: when(fit.is_abroad(rep, offer), rates.other_country_minutes),
        time_zone_minutes: Minutes(rounded_quotient(seconds * rates.time_zone_hour_minutes.0, 3600)),
        island_minutes: island_minutes(rates, neighbour_metres),
    }
}

/// The rate of 100 km times the way beyond what a book may well be apart.
pub(crate) fn island_minutes(rates: &GeographyRates, neighbour_metres: Option<f64>) -> Minutes {
    let beyond = neighbour_metres.map_or(0.0, |metres| (metres - rates.island_beyond_metres.0 as f64).max(0.0));
    Minutes((beyond * rates.island_100_km_minutes.0 as f64 / 100_000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::Metres;

    const RATES: GeographyRates = GeographyRates {
        outside_territory_minutes: Minutes(600),
        other_country_minutes: Minutes(1200),
        time_zone_hour_minutes: Minutes(120),
        island_beyond_metres: Metres(80_000),
        island_100_km_minutes: Minutes(300),
    };

    #[test]
    fn an_island_costs_more_the_farther_it_is_and_nothing_nearby() {
        let minutes = |metres| island_minutes(&RATES, metres).0;
        assert_eq!(minutes(None), 0);
        assert_eq!([0.0, 80_000.0, 80_100.0].map(|metres| minutes(Some(metres))), [0; 3]);
        assert_eq!([81_000.0, 180_000.0, 480_000.0].map(|metres| minutes(Some(metres))), [3, 300, 1200]);
    }
}
