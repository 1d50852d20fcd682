//! Arcs: what each rep may receive for each account they give.
//!
//! In go the candidates; out come all arcs, with their gains, and the largest effects that giving each account may have on
//! its owner. A swap is two arcs, back and forth; a ring is a circle of more.
//! Holds: an arc from one offer to another says that the owner of the first may receive the second for it, with every
//! rule about the account received and about both kept. Arcs ascend by the account given, then by the one received.
//! Costs: a look at each offer of each candidate; 24 bytes an arc.
//! Deliberately absent: what a circle of arcs is worth, which is [`super::score`]'s.

use super::{
    candidates::{Reached, Received},
    limits::Obstacle,
    rules::{Effect, Loads, obstacle_of_side},
    score::WorstEffects,
    value::Given,
    view::{View, index},
};
use crate::domain::units::Minutes;
use rayon::prelude::*;

/// That the owner of one account may receive another for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    /// The account given.
    pub given: u32,
    /// The account received.
    pub received: u32,
    /// What it gains the owner.
    pub gain: Minutes,
    /// Minutes of visits and driving received less those given.
    load_change: Minutes,
}

/// Every arc of the market.
#[derive(Debug)]
pub(crate) struct Arcs {
    /// By the account given, then by the one received.
    all: Vec<Arc>,
    /// The arcs of offer `o` are `all[first[o]..first[o + 1]]`.
    first: Vec<usize>,
}

impl Arcs {
    /// Finds every arc.
    pub fn new(view: &View<'_>, loads: &Loads, given: &Given, reached: &[Reached], received: &Received) -> Self {
        let offers = (0..index(reached.len())).into_par_iter();
        let all: Vec<Arc> =
            offers.flat_map_iter(|offer| arcs_from(view, loads, given, reached, received, offer)).collect();
        let first = (0..=index(reached.len())).map(|offer| all.partition_point(|arc| arc.given < offer)).collect();
        Self { all, first }
    }

    /// Every arc, by the account given, then by the one received.
    pub fn all(&self) -> &[Arc] {
        &self.all
    }

    /// The arcs from an offer, by the account received.
    pub fn from(&self, offer: u32) -> &[Arc] {
        &self.all[self.first[offer as usize]..self.first[offer as usize + 1]]
    }

    /// What the owner of `given` gains by receiving `received` for it, where there is that arc.
    pub fn gain(&self, given: u32, received: u32) -> Option<Minutes> {
        let arcs = self.from(given);
        let at = arcs.binary_search_by_key(&received, |arc| arc.received).ok()?;
        Some(arcs[at].gain)
    }

    /// The largest effects that giving an offer may have on its owner; absent where nothing may be received for it.
    pub fn worst(&self, view: &View<'_>, offer: u32) -> Option<WorstEffects> {
        let mut worst = None;
        for arc in self.from(offer) {
            let (out, into) = (view.facts[arc.given as usize], view.facts[arc.received as usize]);
            let exposure = into.exposure() - out.exposure();
            worst.get_or_insert_with(WorstEffects::default).take_in(into.money - out.money, arc.load_change, exposure);
        }
        worst
    }
}

/// The arcs from an offer, by what its owner receives.
fn arcs_from(
    view: &View<'_>,
    loads: &Loads,
    given: &Given,
    reached: &[Reached],
    received: &Received,
    offer: u32,
) -> impl Iterator<Item = Arc> {
    let owner = view.owner[offer as usize];
    let own = (offer, given.worth[offer as usize]);
    received.by(owner).iter().filter_map(move |&(other, at)| {
        let candidate = &reached[other as usize].candidates[at as usize];
        let effect = Effect::new(view, owner, own, (other, candidate.worth_when_giving(offer)));
        let is_open =
            candidate.obstacle == Obstacle::Nothing && obstacle_of_side(view, loads, &effect) == Obstacle::Nothing;
        is_open.then(|| Arc { given: offer, received: other, gain: effect.gain, load_change: effect.load_change(view) })
    })
}
