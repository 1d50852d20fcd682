//! The money ledger: what changed hands by swaps, and what those under way would bring.
//!
//! In go the entries of a proposal's legs; out come balances. Holds: a row is one amount between two reps, so that the
//! ledger nets to zero whatever it holds; a proposal is booked once, by primary key, and reversed by marking its rows.
//! Cost: linear in the swaps of a year.
//! Deliberately absent: what changes hands, and when a swap is booked or reversed.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    from_json,
    schema::{legs, money_entries, proposals},
};
use crate::domain::{
    ids::{ProposalId, RepId},
    money::{Balance, Entry, EntryKind, by_rep, net},
    proposal::{Proposal, ProposalState},
    units::Cents,
};
use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Insertable)]
#[diesel(table_name = money_entries, treat_none_as_default_value = false)]
struct Row {
    proposal_id: String,
    leg: i32,
    number: i32,
    kind: &'static str,
    giver_id: String,
    receiver_id: String,
    cents: i64,
    deal_id: Option<String>,
    kept_until: Option<NaiveDate>,
    effective_on: NaiveDate,
    reversed_at: Option<NaiveDateTime>,
}

/// Books what changes hands by a proposal that takes effect on `day`; a second time is [`StoreError::Twice`].
pub fn book(writer: &mut Writer<'_>, proposal: &Proposal, day: NaiveDate) -> Result<(), StoreError> {
    let rows: Vec<Row> = proposal
        .legs
        .iter()
        .flat_map(|leg| leg.money.iter().zip(0..).map(move |(entry, number)| (leg, entry, number)))
        .map(|(leg, entry, number)| Row {
            proposal_id: proposal.id.into(),
            leg: leg.position as i32,
            number,
            kind: entry.kind.as_str(),
            giver_id: leg.from.as_str().to_owned(),
            receiver_id: leg.to.as_str().to_owned(),
            cents: entry.cents.0,
            deal_id: entry.deal.as_ref().map(|deal| deal.id.as_str().to_owned()),
            kept_until: entry.deal.as_ref().and_then(|deal| Some(day + Days::new(deal.kept_days?.into()))),
            effective_on: day,
            reversed_at: None,
        })
        .collect();
    on_either!(&mut *writer.connection, inner => {
        for rows in rows.chunks(ROWS_A_STATEMENT) {
            diesel::insert_into(money_entries::table).values(rows).execute(inner)?;
        }
    });
    Ok(())
}

/// Takes back what a proposal has booked; nothing where it has booked nothing.
pub fn reverse(writer: &mut Writer<'_>, proposal: ProposalId) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let target = money_entries::table.filter(money_entries::proposal_id.eq(String::from(proposal)));
    diesel::update(target.filter(money_entries::reversed_at.is_null()))
        .set(money_entries::reversed_at.eq(Some(now)))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// What each rep has got by swaps that took effect in a year, and what those under way would bring; reps without either
/// are absent.
///
/// A proposal is under way until its parties know that it was not concluded, so that a balance does not tell them before.
pub fn balances(reader: &mut Reader<'_>, year: i32) -> Result<BTreeMap<RepId, Balance>, StoreError> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).expect("every year has these days");
    let mut balances: BTreeMap<RepId, Balance> = BTreeMap::new();
    for (rep, sums) in booked(reader, day(1, 1), day(12, 31))? {
        balances.entry(rep).or_default().ledger_cents = sums.money;
    }
    for (rep, cents) in pending(reader)? {
        let balance = balances.entry(rep).or_default();
        *balance = balance.expecting(cents);
    }
    Ok(balances)
}

/// Sums over what a rep received less what they gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Money.
    pub money: Cents,
    /// Targets.
    pub quota: Cents,
}

/// What each rep has got by swaps that took effect from `from` to `until` and were not undone.
pub fn booked(reader: &mut Reader<'_>, from: NaiveDate, until: NaiveDate) -> Result<BTreeMap<RepId, Sums>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = money_entries::table
        .filter(money_entries::effective_on.between(from, until).and(money_entries::reversed_at.is_null()))
        .select((money_entries::kind, money_entries::giver_id, money_entries::receiver_id, money_entries::cents))
        .load(&mut *reader.connection)?;
    let mut sums: BTreeMap<RepId, Sums> = BTreeMap::new();
    for (kind, giver, receiver, cents) in rows {
        let is_money = kind.parse::<EntryKind>()?.is_money();
        for (rep, cents) in [(giver, -cents), (receiver, cents)] {
            let sums = sums.entry(rep.parse()?).or_default();
            *if is_money { &mut sums.money } else { &mut sums.quota } += Cents(cents);
        }
    }
    Ok(sums)
}

/// What each proposal under way would bring each of its reps, one item a proposal and rep.
fn pending(reader: &mut Reader<'_>) -> Result<Vec<(RepId, Cents)>, StoreError> {
    let ended: Vec<&str> =
        ProposalState::ALL.iter().filter(|state| state.is_not_concluded()).map(|state| state.as_str()).collect();
    let rows: Vec<(String, String, String, String)> = legs::table
        .inner_join(proposals::table)
        .filter(legs::live.or(proposals::state.eq_any(ended).and(proposals::revealed_at.is_null())))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            money_entries::table.filter(money_entries::proposal_id.eq(legs::proposal_id)),
        )))
        .order((legs::proposal_id, legs::position))
        .select((legs::proposal_id, legs::from_rep_id, legs::to_rep_id, legs::money))
        .load(&mut *reader.connection)?;
    let mut pending = Vec::new();
    for rows in rows.chunk_by(|one, next| one.0 == next.0) {
        let mut flows = Vec::with_capacity(rows.len());
        for (_, giver, receiver, money) in rows {
            let entries: Vec<Entry> = from_json(money)?;
            flows.push((giver.parse::<RepId>()?, receiver.parse::<RepId>()?, net(&entries)));
        }
        pending.extend(by_rep(flows.iter().map(|(giver, receiver, cents)| (giver, receiver, *cents))));
    }
    Ok(pending)
}
