//! The crowd: everybody as the search for candidates meets them, neighbours side by side.
//!
//! In go a market and what every offer is worth to its owner; out come the reps by *seat*, in the order of
//! [`View::by_place`], and their offers by *stall*, those of one rep together, each with what every pair is asked about it.
//! Holds: seats and stalls are numbers like those of reps and offers, and [`Crowd::fit`] takes them for these.
//! Costs: some 200 bytes for each rep and 100 for each offer; a pair of neighbours touches memory that is at hand.
//! Deliberately absent: any order that a plan could show.

use super::{
    fit::Fit,
    rules::Asked,
    travel::Visits,
    value::Given,
    view::{View, index},
};
use crate::domain::units::{Minutes, Points};
use std::ops::Range;

/// Everybody, neighbours side by side.
pub(crate) struct Crowd {
    /// The reps.
    pub seats: Vec<Seat>,
    /// Their offers.
    pub stalls: Vec<Stall>,
    /// Where each rep sits.
    pub seat_of: Vec<u32>,
    /// Where each offer stands.
    pub stall_of: Vec<u32>,
    /// What everybody has declared, by seat and stall.
    pub fit: Fit,
}

/// What every pair is asked about a rep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    /// What an account must be worth to them so that giving their least for it might gain them enough, or would with a step;
    /// absent where they have none to give.
    pub needed: Option<Minutes>,
    /// Who.
    pub rep: u32,
    /// Their first stall.
    first_stall: u32,
    /// How many offers they have.
    pub offers: u32,
    /// The most that the nights one of these has waited add to the points of a move.
    pub ageing: Points,
    /// Whether they are here today and are not going to leave.
    pub takes_part: bool,
}

impl Seat {
    /// Where their offers stand.
    pub fn stalls(&self) -> Range<u32> {
        self.first_stall..self.first_stall + self.offers
    }
}

/// What every pair is asked about an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stall {
    /// On the unit sphere.
    pub point: [f64; 3],
    /// Which.
    pub offer: u32,
    /// Where its owner sits.
    pub owner: u32,
    /// The visits it takes.
    pub visits: Visits,
    /// What the nights that it has waited add to the points of a move.
    pub ageing: Points,
    /// The rules that are asked about it.
    pub asked: Asked,
    /// Whether these are more than whether somebody takes part.
    pub asks_for_more: bool,
    /// Whether any rep has a past with it.
    pub has_a_past: bool,
}

impl Crowd {
    /// Seats everybody.
    pub fn new(view: &View<'_>, given: &Given) -> Self {
        let market = view.market;
        let beyond_least = view.policy.scores.handover_minutes + view.a_step_looser.min_gain;
        let (mut seats, mut stalls) = (Vec::with_capacity(market.reps.len()), Vec::with_capacity(market.offers.len()));
        let (mut seat_of, mut stall_of) = (vec![0; market.reps.len()], vec![0; market.offers.len()]);
        for &rep in &view.by_place {
            let (seat, first_stall) = (index(seats.len()), index(stalls.len()));
            seat_of[rep as usize] = seat;
            for &offer in &view.offers_of[rep as usize] {
                stall_of[offer as usize] = index(stalls.len());
                let (facts, asked) = (&view.facts[offer as usize], Asked::about(view, offer));
                stalls.push(Stall {
                    point: *view.unit_vector(offer),
                    offer,
                    owner: seat,
                    visits: facts.visits,
                    ageing: facts.ageing,
                    asked,
                    asks_for_more: !asked.is_presence_alone(),
                    has_a_past: view.has_a_past(offer),
                });
            }
            let own = &stalls[first_stall as usize..];
            seats.push(Seat {
                needed: given.least[rep as usize].map(|least| least + beyond_least),
                rep,
                first_stall,
                offers: index(own.len()),
                ageing: own.iter().map(|stall: &Stall| stall.ageing).max().unwrap_or_default(),
                takes_part: view.takes_part[rep as usize],
            });
        }
        let reps: Vec<_> = seats.iter().map(|seat| view.trader(seat.rep)).collect();
        let offers: Vec<_> = stalls.iter().map(|stall| view.offer(stall.offer)).collect();
        let fit = Fit::new(&reps, &offers, market.business_date);
        Self { seats, stalls, seat_of, stall_of, fit }
    }
}
