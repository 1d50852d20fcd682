//! What holding an account is worth to a rep: rapport less travel less geography, in minutes a year.
//!
//! In go a rep and an offer; out comes a [`Valuation`] of named terms that add up.
//! Holds: both ends are pessimistic: what is given counts at the high end of its interval, what is received at the low
//! end. Each term is a whole number of minutes.
//! Costs: one pass over the rep's book.
//! Deliberately absent: gains, which take two valuations (see [`crate::domain::proposal::Side`]).

use super::{
    geography::geography,
    rapport,
    travel::{annual_minutes, one_way_minutes},
    view::{Neighbour, View, rounded_quotient},
};
use crate::domain::{
    proposal::Valuation,
    units::{Minutes, Stars},
};

/// Values an offer for its owner, who gives it away.
pub(crate) fn of_given(view: &View<'_>, offer: u32) -> Valuation {
    let owner = view.owner[offer as usize];
    let stars = rapport::own_high_end(&view.policy.scores.rapport, view.offer(offer).stars);
    let [nearest, _] = view.nearest_two(owner, view.offer(offer).account.place, Some(view.row_of(offer)));
    valuation(view, owner, offer, stars, nearest)
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
    rapport::predict(&view.policy.scores.rapport, &view.trader(rep).rep, &view.offer(offer).account, past).low
}

/// The named terms, with `nearest` the nearest other account of the book.
pub(crate) fn valuation(view: &View<'_>, rep: u32, offer: u32, stars: Stars, nearest: Option<Neighbour>) -> Valuation {
    let scores = &view.policy.scores;
    let account = &view.offer(offer).account;
    let one_way = one_way_minutes(view.trader(rep).rep.base, account.place);
    let metres = nearest.map(|neighbour| neighbour.metres);
    Valuation {
        stars,
        rapport_minutes: Minutes(rounded_quotient(scores.star_minutes.0 * stars.hundredths(), 100)),
        travel_minutes: annual_minutes(&scores.travel, account.visits_a_year, one_way, metres),
        geography_minutes: geography(view, rep, offer, metres).sum(),
        one_way_minutes: Minutes(one_way.round() as i64),
        travel_estimated: true,
    }
}
