//! The money ledger: what changed hands by swaps, and what those under way would bring.
//!
//! In go the entries of a proposal's legs; out come balances. Holds: a row is one amount between two reps, so that the
//! ledger nets to zero whatever it holds; a proposal is booked once, by primary key, and reversed by marking its rows.
//! Cost: linear in the swaps of a year, of everybody or of the reps asked for.
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

/// Whose money is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Everybody's.
    Everybodys,
    /// That of some reps.
    Reps(&'a [&'a RepId]),
}

impl Whose<'_> {
    fn has(&self, rep: &RepId) -> bool {
        match self {
            Self::Everybodys => true,
            Self::Reps(reps) => reps.contains(&rep),
        }
    }

    fn ids(&self) -> Option<Vec<&str>> {
        match self {
            Self::Everybodys => None,
            Self::Reps(reps) => Some(reps.iter().map(|rep| rep.as_str()).collect()),
        }
    }
}

/// What each rep has got by swaps that took effect in a year, and what those under way would bring; reps without either
/// are absent.
///
/// A proposal is under way until its parties know that it was not concluded, so that a balance does not tell them before.
pub fn balances(reader: &mut Reader<'_>, whose: Whose<'_>, year: i32) -> Result<BTreeMap<RepId, Balance>, StoreError> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).expect("every year has these days");
    let mut balances: BTreeMap<RepId, Balance> = BTreeMap::new();
    for (rep, cents) in booked(reader, whose, day(1, 1), day(12, 31))? {
        balances.entry(rep).or_default().ledger_cents = cents;
    }
    for (rep, cents) in pending(reader, whose)? {
        let balance = balances.entry(rep).or_default();
        *balance = balance.expecting(cents);
    }
    Ok(balances)
}

/// What each rep has got in money by swaps that took effect from `from` to `until` and were not undone.
fn booked(
    reader: &mut Reader<'_>,
    whose: Whose<'_>,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<BTreeMap<RepId, Cents>, StoreError> {
    let money: Vec<&str> = EntryKind::ALL.iter().filter(|kind| kind.is_money()).map(|kind| kind.as_str()).collect();
    let mut query = money_entries::table
        .filter(money_entries::effective_on.between(from, until).and(money_entries::reversed_at.is_null()))
        .filter(money_entries::kind.eq_any(money))
        .select((money_entries::giver_id, money_entries::receiver_id, money_entries::cents))
        .into_boxed();
    if let Some(ids) = whose.ids() {
        query = query.filter(money_entries::giver_id.eq_any(ids.clone()).or(money_entries::receiver_id.eq_any(ids)));
    }
    let rows: Vec<(String, String, i64)> = query.load(&mut *reader.connection)?;
    let flows = rows.into_iter().map(|(giver, receiver, cents)| Ok((giver.parse()?, receiver.parse()?, Cents(cents))));
    let flows = flows.collect::<Result<Vec<(RepId, RepId, Cents)>, StoreError>>()?;
    let mut sums = by_rep(flows.iter().map(|(giver, receiver, cents)| (giver, receiver, *cents)));
    sums.retain(|rep, _| whose.has(rep));
    Ok(sums)
}

/// What each proposal under way would bring each of its reps, one item a proposal and rep.
fn pending(reader: &mut Reader<'_>, whose: Whose<'_>) -> Result<Vec<(RepId, Cents)>, StoreError> {
    let ended: Vec<&str> =
        ProposalState::ALL.iter().filter(|state| state.is_not_concluded()).map(|state| state.as_str()).collect();
    let mut query = legs::table
        .inner_join(proposals::table)
        .filter(legs::live.or(proposals::state.eq_any(ended).and(proposals::revealed_at.is_null())))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            money_entries::table.filter(money_entries::proposal_id.eq(legs::proposal_id)),
        )))
        .order((legs::proposal_id, legs::position))
        .select((legs::proposal_id, legs::from_rep_id, legs::to_rep_id, legs::money))
        .into_boxed();
    if let Some(ids) = whose.ids() {
        query = query.filter(legs::from_rep_id.eq_any(ids.clone()).or(legs::to_rep_id.eq_any(ids)));
    }
    let rows: Vec<(String, String, String, String)> = query.load(&mut *reader.connection)?;
    let mut pending = Vec::new();
    for rows in rows.chunk_by(|one, next| one.0 == next.0) {
        let mut flows = Vec::with_capacity(rows.len());
        for (_, giver, receiver, money) in rows {
            let entries: Vec<Entry> = from_json(money)?;
            flows.push((giver.parse::<RepId>()?, receiver.parse::<RepId>()?, net(&entries)));
        }
        // A rep who is asked for has both of their legs here: the one they give and the one they get.
        let sums = by_rep(flows.iter().map(|(giver, receiver, cents)| (giver, receiver, *cents)));
        pending.extend(sums.into_iter().filter(|(rep, _)| whose.has(rep)));
    }
    Ok(pending)
}
