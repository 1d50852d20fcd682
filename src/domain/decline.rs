//! Declining: the reasons, and what each asks of later runs.
//!
//! In go a reason, the policy and what was declined; out comes an [`Ask`] with the days it holds, and from all that a rep
//! has asked and that still holds, one [`Restraint`] for a run. What a decline leads to is known before it is given and
//! binds only the one who declines; nobody else ever sees it.
//! Deliberately absent: doubt about the reason given. A rep who gives a wrong one keeps good proposals from themself alone.

use super::{closed::closed_list, ids::AccountId, proposal::Side, units::Minutes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

closed_list! {
    /// Why a rep declines; a closed list, seen by nobody but the engine.
    DeclineReason {
        /// The journey.
        TooFar = "too_far",
        /// Too little to gain.
        TooLittleGain = "too_little_gain",
        /// Does not want that account.
        NotThisAccount = "not_this_account",
        /// Wants to keep the own account after all.
        KeepMine = "keep_mine",
        /// Not now.
        BadTime = "bad_time",
        /// Another reason.
        Other = "other",
    }
}

/// What declining for a reason leads to, as the policy has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "leads_to", rename_all = "snake_case", deny_unknown_fields)]
pub enum Consequence {
    /// That account is not proposed to the rep.
    NotThatAccount {
        /// For so many days.
        days: u32,
    },
    /// Nothing is proposed to the rep whose one-way drive is as long as that one's or longer.
    OnlyNearer {
        /// For so many days.
        days: u32,
    },
    /// Nothing is proposed to the rep that gains them less than that did and so many minutes a year more.
    OnlyMoreGain {
        /// For so many days.
        days: u32,
        /// Minutes a year; not negative.
        more_minutes: i64,
    },
    /// Nothing is proposed to the rep.
    Rest {
        /// For so many days.
        days: u32,
    },
    /// The rep's own submission is withdrawn.
    Withdraw,
}

/// What each reason leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declines {
    /// The journey.
    pub too_far: Consequence,
    /// Too little to gain.
    pub too_little_gain: Consequence,
    /// Does not want that account.
    pub not_this_account: Consequence,
    /// Wants to keep the own account after all.
    pub keep_mine: Consequence,
    /// Not now.
    pub bad_time: Consequence,
    /// Another reason.
    pub other: Consequence,
}

impl Declines {
    /// The longest that a decline may keep anything from anybody, in days.
    pub const LONGEST_DAYS: u32 = 3650;

    /// What a reason leads to.
    pub const fn lead_to(&self, reason: DeclineReason) -> Consequence {
        match reason {
            DeclineReason::TooFar => self.too_far,
            DeclineReason::TooLittleGain => self.too_little_gain,
            DeclineReason::NotThisAccount => self.not_this_account,
            DeclineReason::KeepMine => self.keep_mine,
            DeclineReason::BadTime => self.bad_time,
            DeclineReason::Other => self.other,
        }
    }

    /// The first reason whose consequence makes no sense, and why.
    pub fn first_senseless(&self) -> Option<(DeclineReason, &'static str)> {
        let wrong = |reason: &DeclineReason| match self.lead_to(*reason) {
            Consequence::NotThatAccount { days }
            | Consequence::OnlyNearer { days }
            | Consequence::OnlyMoreGain { days, .. }
            | Consequence::Rest { days }
                if !(1..=Self::LONGEST_DAYS).contains(&days) =>
            {
                Some((*reason, "must hold for 1 to 3650 days"))
            }
            Consequence::OnlyMoreGain { more_minutes, .. } if !(0..=1_000_000).contains(&more_minutes) => {
                Some((*reason, "must ask for 0 to 1000000 minutes more"))
            }
            _ => None,
        };
        DeclineReason::ALL.iter().find_map(wrong)
    }
}

/// What a decline asks of later runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Not this account.
    Account(AccountId),
    /// Nothing as many minutes away or farther, one way.
    Nearer(Minutes),
    /// Nothing that gains less, in minutes a year.
    MoreGain(Minutes),
    /// Nothing.
    Rest,
}

impl Consequence {
    /// What a rep asks of the nights to come who declines `received`, out of which they would have had `side`, and for how
    /// many days; nothing where only their submission is withdrawn.
    pub fn ask(self, received: &AccountId, side: &Side) -> Option<(Ask, u32)> {
        match self {
            Self::NotThatAccount { days } => Some((Ask::Account(received.clone()), days)),
            Self::OnlyNearer { days } => Some((Ask::Nearer(side.received.one_way_minutes), days)),
            Self::OnlyMoreGain { days, more_minutes } => Some((Ask::MoreGain(side.gain + Minutes(more_minutes)), days)),
            Self::Rest { days } => Some((Ask::Rest, days)),
            Self::Withdraw => None,
        }
    }
}

/// What a rep's own declines ask of one run, all together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restraint {
    /// Accounts that are not proposed to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<AccountId>,
    /// One-way drives of so many whole minutes or more are not proposed to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_way_below: Option<Minutes>,
    /// The least they are to gain, in minutes a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_gain: Option<Minutes>,
    /// Whether nothing at all is proposed to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rests: bool,
}

impl Restraint {
    /// Adds one more; of two of a kind the stricter holds.
    pub fn take_in(&mut self, ask: Ask) {
        match ask {
            Ask::Account(account) => drop(self.accounts.insert(account)),
            Ask::Nearer(minutes) => {
                self.one_way_below = Some(self.one_way_below.map_or(minutes, |below| below.min(minutes)));
            }
            Ask::MoreGain(minutes) => self.least_gain = self.least_gain.max(Some(minutes)),
            Ask::Rest => self.rests = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        proposal::{Geography, Valuation},
        units::Stars,
    };

    fn declined() -> Side {
        let worth = |stars, one_way| Valuation {
            stars: Stars::from_hundredths(stars).unwrap(),
            rapport_minutes: Minutes(12 * stars),
            travel_minutes: Minutes::ZERO,
            left_behind_minutes: Minutes::ZERO,
            geography: Geography::default(),
            one_way_minutes: Minutes(one_way),
            travel_estimated: false,
        };
        Side::new(worth(150, 10), worth(300, 92), Minutes(480))
    }

    #[test]
    fn each_consequence_asks_for_no_more_than_what_was_declined() {
        let account: AccountId = "A-1".parse().unwrap();
        let ask = |consequence: Consequence| consequence.ask(&account, &declined());
        assert_eq!(declined().gain, Minutes(1320));
        assert_eq!(ask(Consequence::NotThatAccount { days: 3 }), Some((Ask::Account(account.clone()), 3)));
        assert_eq!(ask(Consequence::OnlyNearer { days: 4 }), Some((Ask::Nearer(Minutes(92)), 4)));
        let more = Consequence::OnlyMoreGain { days: 5, more_minutes: 60 };
        assert_eq!(ask(more), Some((Ask::MoreGain(Minutes(1380)), 5)));
        assert_eq!(ask(Consequence::Rest { days: 6 }), Some((Ask::Rest, 6)));
        assert_eq!(ask(Consequence::Withdraw), None);
    }

    #[test]
    fn of_two_asks_of_a_kind_the_stricter_holds_in_whatever_order() {
        let asks = [
            Ask::Nearer(Minutes(90)),
            Ask::MoreGain(Minutes(10)),
            Ask::Nearer(Minutes(60)),
            Ask::MoreGain(Minutes(-5)),
        ];
        let taken = |asks: &mut dyn Iterator<Item = Ask>| {
            let mut restraint = Restraint::default();
            asks.for_each(|ask| restraint.take_in(ask));
            restraint
        };
        let there = taken(&mut asks.clone().into_iter());
        assert_eq!(there, taken(&mut asks.into_iter().rev()));
        assert_eq!((there.one_way_below, there.least_gain), (Some(Minutes(60)), Some(Minutes(10))));
        assert!(!there.rests && taken(&mut [Ask::Rest].into_iter()).rests);
    }
}
