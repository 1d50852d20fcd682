//! The best plan that people's wishes leave: what they pinned is in it, what they struck out is not.
//!
//! In go a market, a policy and wishes; out come the pinned swaps and the best moves of what is left, checked, or the
//! reason why a wish cannot be. Holds: a pin breaks no hard rule and no cap, for all its points; what is added to the pins
//! is the best plan of the market without their accounts, in which each rep may make as many moves fewer as they have
//! pins; the same wishes in any order give the same plan, to the byte.
//! Costs: one plan with its check, one scoring where anything is pinned, and one check of all moves together. Every wish is
//! planned afresh: a solver kept from one wish to the next would be faster where a market is large, but which of several
//! best plans it finds depends on the way it came, and taking a wish back would not lead to the plan before.
//! Deliberately absent: why the others stay, and any proof that a plan without the pins would be no better.

use super::{
    check::{Breach, CheckedMoves, check, check_moves},
    market::Market,
    plan::{Move, plan},
    possible::Possible,
    price::{PriceError, price},
    view::View,
};
use crate::domain::{
    ids::{AccountId, RepId},
    meeting::Wish,
    policy::Policy,
    units::Points,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why there is no plan by these wishes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// A wish is about an account that is not in the pool, or no more.
    #[error("account {0} is not in the pool")]
    NotOffered(AccountId),
    /// A wish is about a rep who has nothing in the pool.
    #[error("rep {0} is not in the pool")]
    NoSuchRep(RepId),
    /// A swap is pinned of which one account is pinned already.
    #[error("account {0} is pinned already")]
    PinnedTwice(AccountId),
    /// A pinned swap breaks a rule.
    #[error(transparent)]
    Price(PriceError),
    /// A pinned swap has no points.
    #[error("the swap is worth nothing")]
    WorthNothing,
    /// A rep would make more moves than their limits allow for certain.
    #[error("{rep} may make {cap} moves and has {pins} pinned")]
    CapReached {
        /// Who.
        rep: RepId,
        /// How many moves they may make.
        cap: u32,
        /// How many are pinned.
        pins: u32,
    },
    /// The plan found does not hold: a fault of this program.
    #[error("the plan breaks {} of its claims", .0.len())]
    Unsound(Vec<Breach>),
}

/// Finds the best plan that the wishes leave.
///
/// Errors: [`WishError`] with the first wish that cannot be.
pub fn guided(market: &Market, policy: &Policy, wishes: &[Wish]) -> Result<CheckedMoves, WishError> {
    let narrowed = narrowed(market, wishes)?;
    let pins = pins(&narrowed, policy, wishes)?;
    let rest = without(&narrowed, policy, &pins)?;
    let rest = check(plan(&rest, policy), &rest, policy).map_err(WishError::Unsound)?.into_plan();
    let mut moves: Vec<Move> = pins.into_iter().chain(rest.moves).collect();
    moves.sort_by(|a, b| a.legs[0].account.cmp(&b.legs[0].account));
    check_moves(moves, &narrowed, policy).map_err(WishError::Unsound)
}

/// The market without what is struck out.
pub fn narrowed(market: &Market, wishes: &[Wish]) -> Result<Market, WishError> {
    let mut narrowed = market.clone();
    let mut struck = BTreeSet::new();
    for wish in wishes {
        let accounts = match wish {
            Wish::Pin { accounts } => accounts.as_slice(),
            Wish::StrikeAccount { account } | Wish::StrikeCandidate { account, .. } => std::slice::from_ref(account),
        };
        if let Some(stranger) = accounts.iter().find(|account| market.offer_index(account).is_none()) {
            return Err(WishError::NotOffered(stranger.clone()));
        }
        match wish {
            Wish::Pin { .. } => {}
            Wish::StrikeAccount { account } => {
                struck.insert(account);
            }
            Wish::StrikeCandidate { account, rep } => {
                market.rep_index(rep).ok_or_else(|| WishError::NoSuchRep(rep.clone()))?;
                narrowed.forbidden.push((rep.clone(), account.clone()));
            }
        }
    }
    narrowed.offers.retain(|offer| !struck.contains(&offer.account.id));
    narrowed.forbidden.sort();
    narrowed.forbidden.dedup();
    Ok(narrowed)
}

/// The pinned swaps, priced: each keeps every rule by itself, and no account is in two.
fn pins(market: &Market, policy: &Policy, wishes: &[Wish]) -> Result<Vec<Move>, WishError> {
    let mut pinned = BTreeSet::new();
    let mut pins = Vec::new();
    for wish in wishes {
        let Wish::Pin { accounts: [one, other] } = wish else { continue };
        if let Some(twice) = [one, other].into_iter().find(|account| !pinned.insert(*account)) {
            return Err(WishError::PinnedTwice(twice.clone()));
        }
        let priced = price(market, policy, &[one, other]).map_err(|error| match error {
            PriceError::NotOffered(account) => WishError::NotOffered(account),
            other => WishError::Price(other),
        })?;
        if priced.points <= Points::ZERO {
            return Err(WishError::WorthNothing);
        }
        pins.push(priced);
    }
    Ok(pins)
}

/// The market without the pinned accounts, each rep with so many moves left as make them safe together with the pins.
fn without(market: &Market, policy: &Policy, pins: &[Move]) -> Result<Market, WishError> {
    let mut rest = market.clone();
    if pins.is_empty() {
        return Ok(rest);
    }
    let mut pins_of: BTreeMap<&RepId, u32> = BTreeMap::new();
    let mut pinned = BTreeSet::new();
    for leg in pins.iter().flat_map(|one| &one.legs) {
        *pins_of.entry(&leg.from).or_default() += 1;
        pinned.insert(&leg.account);
    }
    // Whoever makes at most so many moves, whichever they are, keeps every limit: so pins count like any others.
    let caps = Possible::of(&View::new(market, policy), |_| {}).caps;
    for (rep, pins) in pins_of {
        let at = market.rep_index(rep).expect("a priced move is of reps in the market");
        let left = caps[at].checked_sub(pins).ok_or(WishError::CapReached { rep: rep.clone(), cap: caps[at], pins })?;
        rest.reps[at].rep.max_moves_per_run = Some(left);
    }
    rest.offers.retain(|offer| !pinned.contains(&offer.account.id));
    Ok(rest)
}
