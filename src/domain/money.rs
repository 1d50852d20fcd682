//! Money: what goes with an account from the rep who gives it to the rep who receives it, and what stays behind.
//!
//! In go an account, its open deals and the policy's terms; out come [`Entry`]s, one for each reason for which money or
//! quota changes hands. Holds: an entry is one amount between two reps, so that whatever a set of entries says, one side
//! has exactly what the other lacks and all reps together have nothing more or less. Amounts are whole cents of the year
//! that begins when the accounts change hands; a share of a cent stays with the receiver.
//! Costs: linear in the open deals.
//! Deliberately absent: payroll. The entries say what the swap is worth to whom; who pays it out is the company's.
//!
//! | kind | from the giver to the receiver |
//! | --- | --- |
//! | `commission` | a year of the account's commission |
//! | `ramp` | back to the giver: what they keep of it while the receiver's share grows month by month |
//! | `open_deal` | the commission of a deal under way, beside the yearly one: nothing of it where it is exempt, a part where it is shared, all where it is transferred |
//! | `quota` | the account's part of a year's target; no money, and never added to any |

use super::{
    closed::closed_list,
    freeze::Freezes,
    ids::{DealId, RepId},
    roster::Account,
    units::Cents,
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

closed_list! {
    /// Whose the commission of a deal is that was under way when its account changed hands.
    Treatment {
        /// The giver's.
        Exempt = "exempt",
        /// Part the giver's, part the receiver's.
        Shared = "shared",
        /// The receiver's.
        Transferred = "transferred",
    }
}

closed_list! {
    /// Why something changes hands with an account.
    EntryKind {
        /// A year of its commission.
        Commission = "commission",
        /// What the giver keeps of that in the first months.
        Ramp = "ramp",
        /// The commission of a deal under way.
        OpenDeal = "open_deal",
        /// The account's part of a year's target.
        Quota = "quota",
    }
}

impl EntryKind {
    /// Whether it is money; a target is not.
    pub const fn is_money(self) -> bool {
        !matches!(self, Self::Quota)
    }
}

/// What changes hands with an account; part of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyTerms {
    /// The receiver's share of the commission in the first months, in percent, one number a month, at most twelve; the
    /// giver keeps the rest. After them it is all the receiver's.
    pub ramp_percents: Vec<u32>,
    /// How much of the account's yearly business moves from the giver's quota to the receiver's, in percent.
    pub quota_percent: u32,
    /// Deals under way.
    pub open_deals: DealTerms,
    /// When no change of owner takes effect.
    pub freezes: Freezes,
}

/// What becomes of deals under way where the deal itself does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DealTerms {
    /// Whose the commission is.
    pub treatment: Treatment,
    /// The giver's part of a shared deal, in percent.
    pub giver_percent: u32,
    /// Days after the change of owner for which the giver keeps an exempt or shared deal; one that closes later is all
    /// the receiver's.
    pub kept_days: u32,
    /// The commission of a deal that names none, in percent of its amount.
    pub commission_percent: u32,
}

impl MoneyTerms {
    /// The first setting that makes no sense, with the reason.
    pub fn first_senseless(&self) -> Option<(&'static str, String)> {
        let Self { ramp_percents, quota_percent, open_deals, freezes } = self;
        if ramp_percents.len() > 12 {
            let what = format!("has {} months and may have 12, one for each of the first year", ramp_percents.len());
            return Some(("policy.money.ramp_percents", what));
        }
        let ramp = ramp_percents.iter().map(|&percent| ("policy.money.ramp_percents", percent));
        let others = [
            ("policy.money.quota_percent", *quota_percent),
            ("policy.money.open_deals.giver_percent", open_deals.giver_percent),
            ("policy.money.open_deals.commission_percent", open_deals.commission_percent),
        ];
        if let Some((name, percent)) = ramp.chain(others).find(|&(_, percent)| percent > 100) {
            return Some((name, format!("is {percent} and must be from 0 to 100 percent")));
        }
        if open_deals.kept_days > 366 {
            let what = format!("is {} and must be from 0 to 366 days", open_deals.kept_days);
            return Some(("policy.money.open_deals.kept_days", what));
        }
        freezes.first_senseless()
    }
}

/// A deal under way with an account, as the CRM has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDeal {
    /// The CRM's id.
    pub id: DealId,
    /// Business it would bring; never negative.
    pub amount_cents: Cents,
    /// Commission it would bring, where the CRM says; never negative.
    pub commission_cents: Option<Cents>,
    /// The day it is expected to close, where somebody said.
    pub closes_on: Option<NaiveDate>,
    /// Whose its commission is, where it says so itself.
    pub treatment: Option<Treatment>,
}

/// What an entry says of the deal it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealEntry {
    /// The deal.
    pub id: DealId,
    /// All of its commission.
    pub commission_cents: Cents,
    /// Whose that is.
    pub treatment: Treatment,
    /// The day it is expected to close, where somebody said.
    pub closes_on: Option<NaiveDate>,
    /// Days after the change of owner after which it is all the receiver's; absent where it is from the first.
    pub kept_days: Option<u32>,
}

/// One amount that changes hands between the giver and the receiver of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Why.
    pub kind: EntryKind,
    /// How much goes from the giver to the receiver; negative where it goes back.
    pub cents: Cents,
    /// The deal it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal: Option<DealEntry>,
}

/// All that changes hands with an account on or after `day`, by kind and deal. Every open deal has its entry; of the other
/// kinds those that come to nothing have none.
pub fn entries(account: &Account, deals: &[OpenDeal], terms: &MoneyTerms, day: NaiveDate) -> Vec<Entry> {
    let Cents(commission) = account.annual_commission_cents;
    let kept_percents: i64 = terms.ramp_percents.iter().map(|&percent| 100 - i64::from(percent)).sum();
    let plain = |kind, cents| (cents != 0).then_some(Entry { kind, cents: Cents(cents), deal: None });
    let before =
        [plain(EntryKind::Commission, commission), plain(EntryKind::Ramp, -(commission * kept_percents / 1200))];
    let quota = account.annual_value_cents.0 * i64::from(terms.quota_percent) / 100;
    let deals = deals.iter().map(|deal| deal_entry(deal, &terms.open_deals, day));
    before.into_iter().flatten().chain(deals).chain(plain(EntryKind::Quota, quota)).collect()
}

fn deal_entry(deal: &OpenDeal, terms: &DealTerms, day: NaiveDate) -> Entry {
    let by_amount = Cents(deal.amount_cents.0 * i64::from(terms.commission_percent) / 100);
    let commission = deal.commission_cents.unwrap_or(by_amount);
    let treatment = deal.treatment.unwrap_or(terms.treatment);
    let falls_on = day + Days::new(terms.kept_days.into());
    let closes_too_late = deal.closes_on.is_some_and(|closes_on| closes_on > falls_on);
    let giver_percent = match treatment {
        Treatment::Exempt if !closes_too_late => 100,
        Treatment::Shared if !closes_too_late => i64::from(terms.giver_percent),
        Treatment::Exempt | Treatment::Shared | Treatment::Transferred => 0,
    };
    Entry {
        kind: EntryKind::OpenDeal,
        cents: commission - Cents(commission.0 * giver_percent / 100),
        deal: Some(DealEntry {
            id: deal.id.clone(),
            commission_cents: commission,
            treatment,
            closes_on: deal.closes_on,
            kept_days: (treatment != Treatment::Transferred).then_some(terms.kept_days),
        }),
    }
}

/// What goes from giver to receiver in all, in money.
pub fn net(entries: &[Entry]) -> Cents {
    entries.iter().filter(|entry| entry.kind.is_money()).map(|entry| entry.cents).sum()
}

/// What goes from giver to receiver in all, in targets.
pub fn net_quota(entries: &[Entry]) -> Cents {
    entries.iter().filter(|entry| !entry.kind.is_money()).map(|entry| entry.cents).sum()
}

/// What a rep has got by swaps, and what more they would get or lose if every swap that is under way took effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Money received less money given by swaps that took effect this year, in cents.
    pub ledger_cents: Cents,
    /// Money that proposals under way would bring, those that bring some; never negative.
    pub pending_in_cents: Cents,
    /// Money that proposals under way would take, those that take some; never negative.
    pub pending_out_cents: Cents,
}

impl Balance {
    /// The most it may come to, whichever proposals under way take effect.
    pub fn highest(&self) -> Cents {
        self.ledger_cents + self.pending_in_cents
    }

    /// The least it may come to, whichever proposals under way take effect.
    pub fn lowest(&self) -> Cents {
        self.ledger_cents - self.pending_out_cents
    }

    /// The balance with one more proposal under way, which would bring `cents`.
    #[must_use]
    pub fn expecting(self, cents: Cents) -> Self {
        Self {
            pending_in_cents: self.pending_in_cents + cents.max(Cents::ZERO),
            pending_out_cents: self.pending_out_cents + (-cents).max(Cents::ZERO),
            ..self
        }
    }

    /// Whether it stays within `limit` either way, whichever proposals under way take effect.
    pub fn is_within(&self, limit: Cents) -> bool {
        self.highest() <= limit && self.lowest() >= -limit
    }
}

/// What each rep has in the end of what goes from one to the other; the sum over all is zero.
pub fn by_rep<'a>(flows: impl IntoIterator<Item = (&'a RepId, &'a RepId, Cents)>) -> BTreeMap<RepId, Cents> {
    let mut sums: BTreeMap<RepId, Cents> = BTreeMap::new();
    for (giver, receiver, cents) in flows {
        *sums.entry(giver.clone()).or_default() -= cents;
        *sums.entry(receiver.clone()).or_default() += cents;
    }
    sums
}

#[cfg(test)]
mod tests;
