//! Truth: how reps and accounts really get on, which no file says and no engine knows.
//!
//! In go a seed, reps and accounts; out comes the true rapport of any pair in any week.
//! Holds: what a pair is like from the start, and in which week an account falls out with whoever serves it, hang on the
//! seed alone, so that two policies meet the same luck. What has soured between two stays sour; a colleague begins anew.
//! Deliberately absent: what reps say; they may guess, round or lie.

use crate::cli::invented::{
    chance::Chance,
    struggles::{half_stars, true_rapport},
};
use account_swap::domain::{
    ids::{AccountId, RepId},
    roster::{Account, Rep},
    units::Stars,
};
use std::collections::BTreeMap;

/// Accounts in ten thousand that fall out with their rep in any week.
const QUARRELS_PER_TEN_THOUSAND: usize = 80;
/// What a quarrel costs, in stars.
const QUARREL_STARS: f64 = 1.2;
/// Below this a customer is a struggle.
pub const STRUGGLE_BELOW: f64 = 2.4;
/// How far a first impression of a customer is off, in stars.
const FIRST_IMPRESSION: f64 = 0.6;

/// How everybody really gets on.
pub struct Truth {
    seed: u64,
    /// Quarrels so far.
    quarrels: BTreeMap<(RepId, AccountId), u32>,
}

impl Truth {
    /// As it is before the first week.
    pub fn new(seed: u64) -> Self {
        Self { seed, quarrels: BTreeMap::new() }
    }

    /// True stars, 1 to 5.
    pub fn rapport(&self, rep: &Rep, account: &Account) -> f64 {
        let mut chance = Chance::of(self.seed, &["rapport", rep.id.as_str(), account.id.as_str()]);
        let quarrels = self.quarrels.get(&(rep.id.clone(), account.id.clone())).copied().unwrap_or(0);
        (true_rapport(&mut chance, rep, account) - QUARREL_STARS * f64::from(quarrels)).clamp(1.0, 5.0)
    }

    /// Lets a week pass in which an account is served by `rep`.
    pub fn pass_week(&mut self, week: u32, rep: &RepId, account: &AccountId) {
        let mut chance = Chance::of(self.seed, &["quarrel", &week.to_string(), account.as_str()]);
        if chance.below(10_000) < QUARRELS_PER_TEN_THOUSAND {
            *self.quarrels.entry((rep.clone(), account.clone())).or_default() += 1;
        }
    }

    /// What a rep says of an account of their own, if honest.
    pub fn honest_stars(&self, rep: &Rep, account: &Account) -> Stars {
        let mut chance = Chance::of(self.seed, &["says", rep.id.as_str(), account.id.as_str()]);
        half_stars(self.rapport(rep, account) + 0.15 * chance.around_zero())
    }

    /// What a rep who has yet to serve an account takes it for: the truth, more or less.
    pub fn first_impression(&self, rep: &Rep, account: &Account) -> f64 {
        let mut chance = Chance::of(self.seed, &["impression", rep.id.as_str(), account.id.as_str()]);
        (self.rapport(rep, account) + FIRST_IMPRESSION * chance.around_zero()).clamp(1.0, 5.0)
    }
}
