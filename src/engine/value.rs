//! What holding an account is worth to a rep: rapport less travel less geography, in minutes a year.
//!
//! In go a rep and an offer; out comes a [`Valuation`] of named terms that add up.
//! Holds: both ends are pessimistic: what is given counts at the high end of its interval, what is received at the low
//! end. Each term is a whole number of minutes.
//! Costs: one pass over the rep's book; [`least_travel`] takes none.
//! Deliberately absent: gains, which take two valuations (see [`crate::domain::proposal::Side`]).

use super::{
    chord::{Way, island_minutes_over},
    crowd::Stall,
    geography::geography,
    rapport::{self, LowEnd},
    travel::{Drive, annual_minutes},
    view::{NONE, Neighbour, View, index},
};
use crate::domain::{
    proposal::Valuation,
    units::{Minutes, Stars},
};
use rayon::prelude::*;

/// What holding an account is worth, with its driving: all that moves are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Worth {
    /// Rapport less travel less geography.
    pub value: Minutes,
    /// Driving a year.
    pub travel: Minutes,
}

impl From<Valuation> for Worth {
    fn from(valuation: Valuation) -> Self {
        Self { value: valuation.value(), travel: valuation.travel_minutes }
    }
}

/// What every offer is worth to its owner.
pub(crate) struct Given {
    /// For each offer.
    pub worth: Vec<Worth>,
    /// For each rep, the value of the offer that is worth least to them; absent where they have none.
    pub least: Vec<Option<Minutes>>,
}

impl Given {
    /// Values every offer for its owner.
    pub fn new(view: &View<'_>) -> Self {
        let offers = (0..index(view.market.offers.len())).into_par_iter();
        let worth: Vec<Worth> = offers.map(|offer| of_given(view, offer).into()).collect();
        let least_of = |offers: &Vec<u32>| offers.iter().map(|&offer| worth[offer as usize].value).min();
        let least = view.offers_of.iter().map(least_of).collect();
        Self { worth, least }
    }
}

/// Values an offer for its owner, who gives it away.
pub(crate) fn of_given(view: &View<'_>, offer: u32) -> Valuation {
    let owner = view.owner[offer as usize];
    let stars = rapport::own_high_end(&view.policy.scores.rapport, view.offer(offer).stars);
    let [nearest, _] = view.nearest_two(owner, view.offer(offer).account.place, Some(view.row_of(offer)));
    let valuation = valuation(view, owner, offer, stars, nearest);
    // Fewer places to go to never take longer.
    let left_behind = view.left_behind(offer).min(valuation.travel_minutes);
    Valuation { travel_minutes: valuation.travel_minutes - left_behind, left_behind_minutes: left_behind, ..valuation }
}

/// Values an offer for a rep who receives it and gives `giving` away in the same move.
pub(crate) fn of_received(view: &View<'_>, rep: u32, offer: u32, giving: u32) -> Valuation {
    let nearest_two = view.nearest_two(rep, view.offer(offer).account.place, None);
    let nearest = nearest_two.into_iter().flatten().find(|neighbour| neighbour.offer != giving);
    valuation(view, rep, offer, predicted_low_end(view, rep, offer), nearest)
}

/// The pessimistic end of the predicted rapport.
pub(crate) fn predicted_low_end(view: &View<'_>, rep: u32, offer: u32) -> Stars {
    let past = view.past(rep, offer).map(|pair| (pair.rated_hundredths, pair.ratings));
    rapport::predict(&view.policy.scores.rapport, &view.fit.declared(rep, offer), past).low
}

/// A year's driving to an offer where the rep has another account at the very place: no less in any book.
pub(crate) fn least_travel(view: &View<'_>, rep: u32, offer: u32) -> Minutes {
    let drive = view.drive(rep, view.spot(offer));
    annual_minutes(&view.policy.scores.travel, view.facts[offer as usize].visits, &drive, Some(&Drive::NONE))
}

/// What an offer is worth to a rep who receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Welcome {
    /// The rep's offer that lies nearest of all their book, or [`NONE`] where the nearest account is not offered.
    pub nearest_offer: u32,
    /// What the account is worth with the whole book around it.
    pub worth: Worth,
    /// What it is worth once the nearest account has been given away; the same where that is not offered.
    pub worth_without_nearest: Worth,
}

/// How an offer comes to a rep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// What they may expect at least.
    pub low: LowEnd,
    /// What that is worth less the geography of an account that is no island.
    pub without_travel: Minutes,
    /// The squared chord from their base.
    pub squared_chord: f64,
}

/// Values an offer for a rep who receives it.
pub(crate) fn welcome(view: &View<'_>, rep: u32, stall: &Stall, arrival: &Arrival) -> Welcome {
    welcome_over_chords(view, rep, stall, arrival).unwrap_or_else(|| {
        let offer = stall.offer;
        let [nearest, second] = view.nearest_two(rep, view.offer(offer).account.place, None);
        let beside = |neighbour| Worth::from(valuation(view, rep, offer, arrival.low.stars, neighbour));
        let (nearest_offer, worth) = (nearest.map_or(NONE, |neighbour| neighbour.offer), beside(nearest));
        let worth_without_nearest = if nearest_offer == NONE { worth } else { beside(second) };
        Welcome { nearest_offer, worth, worth_without_nearest }
    })
}

/// The same without trigonometry; absent where that is not sure, and where ways were measured.
fn welcome_over_chords(view: &View<'_>, rep: u32, stall: &Stall, arrival: &Arrival) -> Option<Welcome> {
    let [nearest, second] = view.nearest_two_over_chords(rep, &stall.point, None)?;
    let out = Way::over(arrival.squared_chord)?;
    let beside = |neighbour: Option<(usize, f64)>| {
        let way = match neighbour {
            Some((_, squared_chord)) => Some(Way::over(squared_chord)?),
            None => None,
        };
        let travel = view.annual_minutes_over_chords(stall.visits, out, way)?;
        let island = island_minutes_over(&view.policy.scores.geography, way)?;
        Some(Worth { value: arrival.without_travel - travel - island, travel })
    };
    let nearest_offer = nearest.map_or(NONE, |(row, _)| view.offer_of_row(row));
    let worth = beside(nearest)?;
    let worth_without_nearest = if nearest_offer == NONE { worth } else { beside(second)? };
    Some(Welcome { nearest_offer, worth, worth_without_nearest })
}

/// What stars are worth.
pub(crate) fn rapport_minutes(view: &View<'_>, stars: Stars) -> Minutes {
    rapport::minutes_of(stars, view.policy.scores.star_minutes)
}

/// The named terms, with `nearest` the nearest other account of the book.
pub(crate) fn valuation(view: &View<'_>, rep: u32, offer: u32, stars: Stars, nearest: Option<Neighbour>) -> Valuation {
    let scores = &view.policy.scores;
    let account = &view.offer(offer).account;
    let spot = view.spot(offer);
    let drive = view.drive(rep, spot);
    let detour = nearest.map(|neighbour| view.detour(&neighbour, spot));
    let metres = nearest.map(|neighbour| neighbour.metres);
    Valuation {
        stars,
        rapport_minutes: rapport_minutes(view, stars),
        travel_minutes: annual_minutes(&scores.travel, view.facts[offer as usize].visits, &drive, detour.as_ref()),
        left_behind_minutes: Minutes::ZERO,
        geography: geography(&scores.geography, &view.fit, rep, offer, metres),
        one_way_minutes: Minutes(drive.out.round() as i64),
        travel_estimated: drive.estimated
            || detour.is_some_and(|detour| detour.estimated)
            || view.trader(rep).rep.base_is_approximate
            || account.place_is_approximate
            || nearest.is_some_and(|neighbour| view.is_approximate(&neighbour)),
    }
}
