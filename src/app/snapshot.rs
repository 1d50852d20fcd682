//! The snapshot: from the rows of one reading to the market of one run.
//!
//! In goes a pool and a business date; out comes the immutable [`Market`], and beside it how often each account has
//! changed hands, which publishing compares with the day's. Holds: a submission whose account has left its submitter, is no
//! customer any more, is still in a live move, waits for its manager's word on abuse or belongs to a customer let go is not
//! in the market; a class of abuse that a manager has acknowledged is among the account's traits there. Rows that a writer
//! read at different moments still make a market: whoever came or went in between is not in it, and publishing asks again
//! whether those who are still want it. Cost: linear in the rows. Deliberately absent: any judgement; rules are the engine's.

use super::{Reader, Refused, StoreError, abuse::Records, waiting::nights};
use crate::{
    domain::{
        abuse::Standing,
        ids::{AccountId, RepId},
        roster::{AccountStatus, Tag},
        territory::Atlas,
    },
    engine::market::{BookEntry, Market, Offer, PairHistory, Trader},
    store::{
        bounces,
        market::{self, Pool},
        money, partings, restraints, territories,
    },
};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// A market, and how often each offered account had changed hands when it was read.
pub struct Snapshot {
    /// What the run works on.
    pub market: Market,
    /// Count of owner changes by account.
    pub ownerships: BTreeMap<AccountId, i64>,
}

/// Reads the market of a pool on a business date.
pub fn snapshot(reader: &mut Reader<'_>, pool: Pool<'_>, date: NaiveDate) -> Result<Snapshot, Refused> {
    let rows = market::rows(reader, pool)?;
    let balances = money::balances(reader, money::Whose::Everybodys, date.year())?;
    let mut open_deals = rows.open_deals;
    let mut restraints = match pool {
        Pool::Everybody => restraints::holding_on(reader, date, None)?,
        Pool::Team(team) => restraints::holding_on(reader, date, Some(team))?,
        // Who names the accounts, or asks what an override would do, is not to find out what their reps declined before.
        Pool::Accounts(_) | Pool::Undecided => BTreeMap::new(),
    };

    let frozen: BTreeSet<AccountId> = rows.frozen.into_iter().collect();
    let bound: BTreeSet<AccountId> = rows.bound.into_iter().collect();
    let parted = partings::parted(reader)?;
    let records = Records::read(reader)?;
    let mut abusive: BTreeMap<RepId, u32> = records.on_their_way(reader)?;
    let mut families: BTreeSet<(&RepId, &AccountId)> = BTreeSet::new();
    for held in &rows.books {
        if records.standing_of(&held.id, held.severity).severity().is_some() {
            *abusive.entry(held.owner.clone()).or_default() += 1;
        }
        if let Some(parent) = &held.parent {
            families.insert((&held.owner, parent));
        }
    }
    let in_book: BTreeSet<(&RepId, &AccountId)> = rows.books.iter().map(|held| (&held.owner, &held.id)).collect();
    let known: BTreeSet<RepId> = rows.reps.iter().map(|rep| rep.id.clone()).collect();

    let territories: BTreeSet<&Tag> = rows.reps.iter().flat_map(|rep| &rep.territory).collect();
    let drawn = territories::named(reader, &territories.into_iter().collect::<Vec<_>>())?;
    let atlas = Atlas::new(&drawn);

    let offered: Vec<AccountId> = rows.open.iter().map(|open| open.held.account.id.clone()).collect();
    let swaps = bounces::swaps(reader, &offered, date - Days::new(365), date)?;

    let mut offers = Vec::with_capacity(rows.open.len());
    let mut ownerships = BTreeMap::new();
    for open in rows.open {
        let mut account = open.held.account;
        let is_customer = open.held.status == AccountStatus::Active && !parted.contains(&account.id);
        if account.owner != open.rep || bound.contains(&account.id) || !is_customer {
            continue;
        }
        if !known.contains(&account.owner) || !in_book.contains(&(&account.owner, &account.id)) {
            continue;
        }
        match records.standing(&account.id, &account.traits) {
            Standing::Clean => {}
            Standing::Awaiting(_) => continue,
            Standing::Known(severity) => {
                account.traits.insert(severity.hard_trait());
            }
        }
        let has_family_in_book = families.contains(&(&account.owner, &account.id))
            || account.parent.as_ref().is_some_and(|parent| in_book.contains(&(&account.owner, parent)));
        ownerships.insert(account.id.clone(), open.held.ownership);
        offers.push(Offer {
            territories: atlas.names_at(account.place),
            submission: open.submission,
            stars: open.stars,
            nights_waited: nights(open.created_at, date),
            last_moved_on: open.held.last_moved_on,
            swaps_in_a_year: swaps.get(&account.id).copied().unwrap_or(0),
            frozen: frozen.contains(&account.id),
            has_family_in_book,
            open_deals: open_deals.remove(&account.id).unwrap_or_default(),
            account,
        });
    }
    let traders = rows
        .reps
        .into_iter()
        .map(|rep| Trader {
            balance: balances.get(&rep.id).copied().unwrap_or_default(),
            abusive_accounts: abusive.get(&rep.id).copied().unwrap_or(0),
            territory_is_drawn: !rep.territory.is_empty() && rep.territory.iter().all(|name| atlas.knows(name)),
            rep,
        })
        .collect();
    let mut histories: BTreeMap<(RepId, AccountId), PairHistory> = BTreeMap::new();
    for past in rows.past {
        let pair = histories.entry((past.rep.clone(), past.account.clone())).or_insert_with(|| PairHistory {
            rep: past.rep,
            account: past.account,
            rated_hundredths: 0,
            ratings: 0,
            owned_until: None,
        });
        if let Some(stars) = past.stars {
            pair.rated_hundredths += stars.hundredths();
            pair.ratings += 1;
        }
        pair.owned_until = pair.owned_until.max(past.ended_on);
    }
    let books = rows
        .books
        .iter()
        .filter(|held| known.contains(&held.owner))
        .map(|held| {
            let entry = BookEntry {
                account: held.id.clone(),
                rep: 0,
                place: held.place,
                place_is_approximate: held.place_is_approximate,
                visits_a_year: held.visits_a_year,
                visit_minutes: held.visit_minutes,
            };
            (held.owner.clone(), entry)
        })
        .collect();
    let market = Market::new(date, traders, offers, books, histories.into_values().collect(), rows.forbidden)
        .map_err(|error| Refused::Store(StoreError::Corrupt(error.to_string())))?;
    restraints.retain(|rep, _| market.rep_index(rep).is_some());
    Ok(Snapshot { market: Market { restraints, ..market }, ownerships })
}
