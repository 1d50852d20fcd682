//! Habits: what a rep submits, and how a rep answers.
//!
//! In go the truth and what the service shows the rep; out comes what the rep does about it. Honest reps submit what they
//! struggle with and say how they get on. Gaming ones also put up accounts that are merely worth little and call them
//! unbearable. All of them accept what they believe to gain by.
//! Deliberately absent: knowledge of others. A rep knows the own accounts, what is proposed, and no more.

use super::truth::{STRUGGLE_BELOW, Truth};
use crate::cli::invented::{chance::Chance, struggles::reasons};
use account_swap::{
    app::{decide::DeclineReason, explain::Explanation, submit::NewSubmission},
    domain::{
        ids::AccountId,
        proposal::Side,
        roster::{Account, Rep},
        travel::straight_line,
        units::{Minutes, Stars},
    },
};

/// Struggles in a hundred that a rep gets round to submitting in a week.
const SUBMITS_PERCENT: u32 = 40;
/// Poor accounts in a hundred that a gaming rep puts up in a week.
const GAMES_PERCENT: u32 = 4;
/// Proposals in a hundred that are answered at all.
const ANSWERS_PERCENT: u32 = 94;

/// What everybody's habits hang on.
pub struct Habits {
    /// What decides everything.
    pub seed: u64,
    /// Reps in a hundred who game.
    pub gaming_percent: u32,
    /// What a star is worth, in minutes a year.
    pub star_minutes: Minutes,
}

/// What a rep does about a proposal.
pub enum Reaction {
    Accept,
    Decline(DeclineReason),
    Nothing,
}

impl Habits {
    /// Whether a rep games.
    pub fn games(&self, rep: &Rep) -> bool {
        Chance::of(self.seed, &["games", rep.id.as_str()]).happens(self.gaming_percent)
    }

    /// What a rep says about an account of their own this week; nothing most often.
    ///
    /// `poor_below` is the commission below which a gaming rep would rather be rid of an account.
    pub fn statement(
        &self,
        truth: &Truth,
        week: u32,
        rep: &Rep,
        account: &Account,
        poor_below: i64,
    ) -> Option<NewSubmission> {
        let mut chance = Chance::of(self.seed, &["submits", &week.to_string(), account.id.as_str()]);
        let rapport = truth.rapport(rep, account);
        let stars = if rapport < STRUGGLE_BELOW && chance.happens(SUBMITS_PERCENT) {
            if self.games(rep) { Stars::WORST } else { truth.honest_stars(rep, account) }
        } else if self.games(rep) && account.annual_commission_cents.0 < poor_below && chance.happens(GAMES_PERCENT) {
            Stars::WORST
        } else {
            return None;
        };
        let minutes = straight_line(rep.base, account.place).minutes;
        Some(NewSubmission {
            account: account.id.clone(),
            stars,
            reasons: reasons(&mut chance, rep, account, rapport, minutes),
            share_reasons: true,
            note: String::new(),
        })
    }

    /// How a rep answers, and why where they decline.
    pub fn reaction(
        &self,
        truth: &Truth,
        rep: &Rep,
        gives: &Account,
        receives: &Account,
        told: &Explanation,
    ) -> Reaction {
        let mut chance = Chance::of(self.seed, &["answers", rep.id.as_str(), gives.id.as_str(), receives.id.as_str()]);
        if !chance.happens(ANSWERS_PERCENT) {
            return Reaction::Nothing;
        }
        let stars = [truth.rapport(rep, gives), truth.first_impression(rep, receives)];
        let side = &told.side;
        let gain = self.gain(stars, side);
        let drive = side.received.travel_minutes - side.given.travel_minutes;
        match gain {
            1.. => Reaction::Accept,
            _ if drive > Minutes::ZERO && drive.0 >= -gain => Reaction::Decline(DeclineReason::TooFar),
            _ if stars[1] < STRUGGLE_BELOW => Reaction::Decline(DeclineReason::NotThisAccount),
            _ => Reaction::Decline(DeclineReason::TooLittleGain),
        }
    }

    /// What a side comes to with `stars` for what is given and received in place of those the engine went by, in minutes
    /// a year.
    pub fn gain(&self, [given, received]: [f64; 2], side: &Side) -> i64 {
        let guessed = side.received.rapport_minutes - side.given.rapport_minutes;
        let true_one = (self.star_minutes.0 as f64 * (received - given)).round() as i64;
        side.gain.0 - guessed.0 + true_one
    }
}

/// The commission below which a quarter of the accounts lie.
pub fn poor_commission<'a>(accounts: impl Iterator<Item = &'a Account>) -> i64 {
    let mut all: Vec<(i64, &AccountId)> = accounts.map(|one| (one.annual_commission_cents.0, &one.id)).collect();
    all.sort_unstable();
    all.get(all.len() / 4).map_or(0, |one| one.0)
}
