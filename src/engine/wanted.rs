//! The ways a plan goes by: what to ask of travel sources before it is made.
//!
//! In go a market and a policy; out come the ordered pairs of places whose times a plan of that market looks up: from the
//! bases of reps to every account of theirs and to every offer they might receive, from the nearest accounts of a book to
//! those, and all of them back.
//! Holds: a plan of the market with these ways looks up no other but where it has the straight line anyway: where a hard
//! rule keeps an account from a rep whatever the drive. The list ascends and does not depend on threads.
//! Costs: for each offer a search in a spatial index and a pass over the book of everybody found.
//! Deliberately absent: who is asked, and what is done where nobody answers.

use super::{
    limits::Obstacle,
    market::Market,
    rules::{Asked, Receipt},
    view::{NONE, View, index},
};
use crate::domain::{
    policy::Policy,
    travel::{fastest_reach_km, straight_line_reach_km},
    units::Place,
};
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

/// Lists the ways a plan of a market goes by, each once, from one place to another.
pub fn wanted(market: &Market, policy: &Policy) -> Vec<(Place, Place)> {
    let view = View::new(market, policy);
    let mut pairs = own_ways(&view);
    pairs.extend(ways_to_offers(&view));
    pairs.par_sort_unstable();
    pairs.dedup();
    let back: Vec<(Place, Place)> = pairs.iter().map(|&(from, to)| (to, from)).collect();
    pairs.extend(back);
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// From each base, and from the two nearest accounts of the same book, to each account of a book.
fn own_ways(view: &View<'_>) -> Vec<(Place, Place)> {
    let place = |row: usize| view.market.books[row].place;
    let mut pairs = Vec::with_capacity(3 * view.market.books.len());
    for rep in 0..index(view.market.reps.len()) {
        for row in view.book_rows(rep) {
            pairs.push((view.trader(rep).rep.base, place(row)));
            let beside = view.rows_beside(row).into_iter().filter(|&other| other != NONE);
            pairs.extend(beside.map(|other| (place(other as usize), place(row))));
        }
    }
    pairs
}

/// From each base, and from the two nearest accounts of the book, to each offer that might come within reach.
fn ways_to_offers(view: &View<'_>) -> Vec<(Place, Place)> {
    let reps = 0..index(view.market.reps.len());
    let reach: Vec<f64> = reps.clone().map(|rep| reach_metres(view, rep)).collect();
    let bases: Vec<[f64; 3]> = reps.map(|rep| view.trader(rep).rep.base.unit_vector()).collect();
    if bases.is_empty() {
        return Vec::new();
    }
    let tree = ImmutableKdTree::<f64, 3>::new_from_slice(&bases).expect("a market has fewer than 2^32 reps");
    let farthest = reach.iter().copied().fold(0.0, f64::max);
    let half_angle = (farthest / (2.0 * Place::EARTH_RADIUS_METRES)).min(std::f64::consts::FRAC_PI_2);
    let squared_chord = (2.0 * half_angle.sin()).powi(2) * (1.0 + 1e-9) + 1e-15;
    let offers = (0..index(view.market.offers.len())).into_par_iter();
    let pairs = offers.flat_map_iter(|offer| {
        let place = view.offer(offer).account.place;
        let near = tree.query(&place.unit_vector()).within::<SquaredEuclidean<f64>>(squared_chord).unsorted().execute();
        let asked = Asked::about(view, offer).whatever_the_drive();
        let mut pairs = Vec::new();
        for found in near {
            let rep = found.item;
            let base = view.trader(rep).rep.base;
            let receipt = Receipt { view, offer, rep };
            if rep == view.owner[offer as usize]
                || base.great_circle_metres(place) > reach[rep as usize]
                || matches!(receipt.obstacle_but_the_drive(asked), Obstacle::Wall(_))
            {
                continue;
            }
            let beside = view.nearest_two(rep, place, None).into_iter().flatten();
            pairs.push((base, place));
            pairs.extend(beside.map(|other| (view.market.books[other.row as usize].place, place)));
        }
        pairs
    });
    pairs.collect()
}

/// How far an offer may be from a rep's base, on the great circle, for the drive to be within the limit and its step.
fn reach_metres(view: &View<'_>, rep: u32) -> f64 {
    let own = view.trader(rep).rep.max_one_way_minutes;
    let limit = own.unwrap_or(view.policy.scores.travel.max_one_way_minutes) + view.a_step_looser.beyond_one_way;
    let minutes = limit.0 as f64;
    1000.0 * straight_line_reach_km(minutes).max(fastest_reach_km(minutes))
}
