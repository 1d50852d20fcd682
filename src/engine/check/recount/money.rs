//! Money counted again: what changes hands with each account, and how far a rep's balance may go.
//!
//! In go an offer and the policy; out come its entries. Holds: written apart from the domain's own sums.
//! Costs: linear in the open deals of the offer.
//! Deliberately absent: judgement.

use super::Recount;
use crate::domain::{
    money::{DealEntry, Entry, EntryKind, OpenDeal, Treatment},
    units::Cents,
};

impl Recount<'_> {
    /// What changes hands with an offer.
    pub(in crate::engine::check) fn money(&self, offer: usize) -> Vec<Entry> {
        let (item, terms) = (self.offer(offer), &self.policy.money);
        let mut found = Vec::new();
        let mut add = |kind, cents: i64| {
            if cents != 0 {
                found.push(Entry { kind, cents: Cents(cents), deal: None });
            }
        };
        let year = item.account.annual_commission_cents.0;
        let mut kept_of_twelve_hundred = 0;
        for received in &terms.ramp_percents {
            kept_of_twelve_hundred += 100 - i64::from(*received);
        }
        add(EntryKind::Commission, year);
        add(EntryKind::Ramp, -(year * kept_of_twelve_hundred).div_euclid(1200));
        found.extend(item.open_deals.iter().map(|deal| self.deal(deal)));
        let quota = (item.account.annual_value_cents.0 * i64::from(terms.quota_percent)).div_euclid(100);
        if quota != 0 {
            found.push(Entry { kind: EntryKind::Quota, cents: Cents(quota), deal: None });
        }
        found
    }

    fn deal(&self, deal: &OpenDeal) -> Entry {
        let terms = &self.policy.money.open_deals;
        let commission = match deal.commission_cents {
            Some(Cents(told)) => told,
            None => (deal.amount_cents.0 * i64::from(terms.commission_percent)).div_euclid(100),
        };
        let treatment = deal.treatment.unwrap_or(terms.treatment);
        let days_to_go = deal.closes_on.map(|day| day.signed_duration_since(self.market.business_date).num_days());
        let stays = treatment != Treatment::Transferred;
        let in_time = days_to_go.is_none_or(|days| days <= i64::from(terms.kept_days));
        let givers = match (stays && in_time, treatment) {
            (true, Treatment::Exempt) => commission,
            (true, _) => (commission * i64::from(terms.giver_percent)).div_euclid(100),
            (false, _) => 0,
        };
        Entry {
            kind: EntryKind::OpenDeal,
            cents: Cents(commission - givers),
            deal: Some(DealEntry {
                id: deal.id.clone(),
                commission_cents: Cents(commission),
                treatment,
                closes_on: deal.closes_on,
                kept_days: stays.then_some(terms.kept_days),
            }),
        }
    }

    /// The money that goes with an offer, in cents; its target is none.
    pub(super) fn cents_with(&self, offer: usize) -> i64 {
        self.money(offer).iter().filter(|entry| entry.kind != EntryKind::Quota).map(|entry| entry.cents.0).sum()
    }

    /// The most and the least a rep may have for the year before another move, whichever proposals under way take effect.
    pub(super) fn balances(&self, rep: usize) -> [i64; 2] {
        let balance = self.trader(rep).balance;
        let (now, into, out) = (balance.ledger_cents.0, balance.pending_in_cents.0, balance.pending_out_cents.0);
        [now + into, now - out]
    }
}
