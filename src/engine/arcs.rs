//! Arcs: what each rep may receive for each account they give.
//!
//! In go the candidates; out come all arcs, with their gains, and the largest effects that giving each account may have on
//! its owner. A swap is two arcs, back and forth; a ring is a circle of more.
//! Holds: an arc from one offer to another says that the owner of the first may receive the second for it, with every
//! rule about the account received and about both kept. Arcs ascend by the account given, then by the one received.
//! Costs: a look at each offer of each candidate; 16 bytes an arc.
//! Deliberately absent: what a circle of arcs is worth, which is [`super::score`]'s.

use super::{
    candidates::{Incoming, Received},
    limits::Obstacle,
    rules::{Effect, Loads, obstacle_of_side},
    score::WorstEffects,
    value::Given,
    view::View,
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
}

/// Every arc of the market.
#[derive(Debug)]
pub(crate) struct Arcs {
    /// By the account given, then by the one received.
    from: Vec<Vec<Arc>>,
    /// The largest effects that giving each account may have on its owner; absent where nothing may be received for it.
    worst: Vec<Option<WorstEffects>>,
}

impl Arcs {
    /// Finds every arc.
    pub fn new(view: &View<'_>, loads: &Loads, given: &Given, received: &Received<'_>) -> Self {
        let of_owner = |&owner: &u32| -> Vec<(Vec<Arc>, Option<WorstEffects>)> {
            let (incoming, offers) = (received.by(owner), &view.offers_of[owner as usize]);
            offers.iter().map(|&offer| arcs_from(view, loads, given, &incoming, offer)).collect()
        };
        let found: Vec<_> = view.by_place.par_iter().map(of_owner).collect();
        let (mut from, mut worst) = (vec![Vec::new(); view.owner.len()], vec![None; view.owner.len()]);
        for (&owner, found) in view.by_place.iter().zip(found) {
            for (&offer, found) in view.offers_of[owner as usize].iter().zip(found) {
                (from[offer as usize], worst[offer as usize]) = found;
            }
        }
        Self { from, worst }
    }

    /// Every arc, by the account given, then by the one received.
    pub fn all(&self) -> impl Iterator<Item = &Arc> {
        self.from.iter().flatten()
    }

    /// The arcs from an offer, by the account received.
    pub fn from(&self, offer: u32) -> &[Arc] {
        &self.from[offer as usize]
    }

    /// What the owner of `given` gains by receiving `received` for it, where there is that arc.
    pub fn gain(&self, given: u32, received: u32) -> Option<Minutes> {
        let arcs = self.from(given);
        let at = arcs.binary_search_by_key(&received, |arc| arc.received).ok()?;
        Some(arcs[at].gain)
    }

    /// The largest effects that giving each offer may have on its owner; absent where nothing may be received for it.
    pub fn worst(&self) -> &[Option<WorstEffects>] {
        &self.worst
    }
}

/// The arcs from an offer to what is `incoming` to its owner, and the largest effects of any.
fn arcs_from(
    view: &View<'_>,
    loads: &Loads,
    given: &Given,
    incoming: &[Incoming],
    offer: u32,
) -> (Vec<Arc>, Option<WorstEffects>) {
    let own = (offer, given.worth[offer as usize]);
    let (mut arcs, mut worst) = (Vec::new(), None);
    for one in incoming.iter().filter(|one| one.obstacle == Obstacle::Nothing) {
        let effect = Effect::new(view, view.owner[offer as usize], own, (one.offer, one.worth_when_giving(offer)));
        if obstacle_of_side(view, loads, &effect) == Obstacle::Nothing {
            worst.get_or_insert_with(WorstEffects::default).take_in(view, &effect);
            arcs.push(Arc { given: offer, received: one.offer, gain: effect.gain });
        }
    }
    arcs.shrink_to_fit();
    (arcs, worst)
}
