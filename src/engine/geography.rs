//! Geography: what driving does not show, in minutes a year.
//!
//! In go a rep, an offer and the distance to the rest of the book; out comes one sum of declared rates.
//! Holds: what is not known is not charged for: an account without a region, either side without a time zone, a book
//! without another account.
//! Costs: constant.
//! Deliberately absent: driving, which is [`super::travel`]'s.

use super::view::{View, rounded_quotient};
use crate::domain::units::Minutes;

/// The terms of geography; their sum is what counts.
pub(crate) struct Geography {
    /// For an account outside the rep's territory.
    pub outside_territory: Minutes,
    /// For an account in another country.
    pub other_country: Minutes,
    /// For the difference between the clocks.
    pub time_zone: Minutes,
    /// For an account far from the rest of the book.
    pub island: Minutes,
}

impl Geography {
    /// What the rep's year loses by it.
    pub fn sum(&self) -> Minutes {
        self.outside_territory + self.other_country + self.time_zone + self.island
    }
}

/// Prices an offer in a rep's book; `neighbour_metres` is the distance to the nearest other account of it.
pub(crate) fn geography(view: &View<'_>, rep: u32, offer: u32, neighbour_metres: Option<f64>) -> Geography {
    let rates = &view.policy.scores.geography;
    let (who, account) = (&view.trader(rep).rep, &view.offer(offer).account);
    let when = |so: bool, rate: Minutes| if so { rate } else { Minutes::ZERO };
    let outside =
        account.region.as_ref().is_some_and(|region| !who.territory.is_empty() && !who.territory.contains(region));
    let seconds = view.clock_difference_seconds(rep, offer).unwrap_or(0);
    Geography {
        outside_territory: when(outside, rates.outside_territory_minutes),
        other_country: when(who.country != account.country, rates.other_country_minutes),
        time_zone: Minutes(rounded_quotient(seconds * rates.time_zone_hour_minutes.0, 3600)),
        island: when(
            neighbour_metres.is_some_and(|metres| metres > rates.island_beyond_metres.0 as f64),
            rates.island_minutes,
        ),
    }
}
