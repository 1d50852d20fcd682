//! The market: the immutable snapshot a run works on.
//!
//! In go the rows of one reading of the store; out comes a value that holds all a plan depends on and nothing else, in
//! the order of ids, so that its bytes are the same whatever order the rows came in. [`Market::new`] establishes what
//! is written on the fields and refuses what breaks it.
//! Deliberately absent: opinions of anybody but the submitter, notes, and accounts of reps outside the pool.

use super::ways::Ways;
use crate::domain::{
    decline::Restraint,
    ids::{AccountId, RepId, SubmissionId},
    money::{Balance, OpenDeal},
    roster::{Account, Rep, Tag},
    units::{Place, Stars},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An account in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The statement that put it there.
    pub submission: SubmissionId,
    /// The account; its owner is the submitter and one of [`Market::reps`].
    pub account: Account,
    /// The submitter's own stars.
    pub stars: Stars,
    /// Nights since it was submitted.
    pub nights_waited: u32,
    /// When the account last changed hands here.
    pub last_moved_on: Option<NaiveDate>,
    /// How often it changed hands here in the 365 days up to the business date.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub swaps_in_a_year: u32,
    /// Whether a manager keeps it where it is.
    pub frozen: bool,
    /// Whether a parent or child of it is in the same book.
    pub has_family_in_book: bool,
    /// The drawn territories it lies in, of those that somebody in the market names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub territories: BTreeSet<Tag>,
    /// Deals under way with it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_deals: Vec<OpenDeal>,
}

const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A rep with at least one offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trader {
    /// The rep.
    pub rep: Rep,
    /// What the rep has got by this year's swaps, and what those under way would bring.
    pub balance: Balance,
    /// Abusive accounts held now.
    pub abusive_accounts: u32,
    /// Whether every word of the rep's territory is a drawn one, so that an account without a region is known to be
    /// inside or outside.
    #[serde(default)]
    pub territory_is_drawn: bool,
}

/// One account of a trader's book, offered or not: what travel and capacity need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookEntry {
    /// The account.
    pub account: AccountId,
    /// Whose book: an index into [`Market::reps`].
    pub rep: u32,
    /// Where it is.
    pub place: Place,
    /// Whether it is only known to be somewhere around there.
    #[serde(default)]
    pub place_is_approximate: bool,
    /// Visits a year.
    pub visits_a_year: u32,
    /// Minutes of one visit.
    pub visit_minutes: u32,
}

/// What has been between a trader and an offered account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairHistory {
    /// Who.
    pub rep: RepId,
    /// With whom.
    pub account: AccountId,
    /// Sum of past ratings, in hundredths of a star.
    pub rated_hundredths: i64,
    /// How many ratings that sum has.
    pub ratings: u32,
    /// When the rep last gave the account up, where they once had it.
    pub owned_until: Option<NaiveDate>,
}

/// The immutable snapshot a run works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Rows")]
pub struct Market {
    /// The business date every deadline is counted from.
    pub business_date: NaiveDate,
    /// Everybody with an offer, by id, each once.
    pub reps: Vec<Trader>,
    /// The pool, by account id, each account once.
    pub offers: Vec<Offer>,
    /// The books of [`Self::reps`], by rep and account id, offers included, each account in one book.
    pub books: Vec<BookEntry>,
    /// What has been, by rep and account id, each pair once.
    pub histories: Vec<PairHistory>,
    /// Pairs a manager has forbidden, by rep and account id, each once.
    pub forbidden: Vec<(RepId, AccountId)>,
    /// What reps' own declines ask of this run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub restraints: BTreeMap<RepId, Restraint>,
    /// Driving times that were measured; the straight line goes for all others.
    #[serde(default, skip_serializing_if = "Ways::is_empty")]
    pub ways: Ways,
}

/// A market as it is written down, before anything is known to hold of it.
#[derive(Deserialize)]
struct Rows {
    business_date: NaiveDate,
    reps: Vec<Trader>,
    offers: Vec<Offer>,
    books: Vec<BookEntry>,
    histories: Vec<PairHistory>,
    forbidden: Vec<(RepId, AccountId)>,
    #[serde(default)]
    restraints: BTreeMap<RepId, Restraint>,
    #[serde(default)]
    ways: Ways,
}

impl TryFrom<Rows> for Market {
    type Error = MarketError;
    fn try_from(rows: Rows) -> Result<Self, MarketError> {
        let owned = |entry: BookEntry| match rows.reps.get(entry.rep as usize) {
            Some(trader) => Ok((trader.rep.id.clone(), entry)),
            None => Err(MarketError::Stranger {
                what: format!("book entry {}", entry.account),
                rep: format!("rep number {}", entry.rep),
            }),
        };
        let books = rows.books.into_iter().map(owned).collect::<Result<_, _>>()?;
        let market = Self::new(rows.business_date, rows.reps, rows.offers, books, rows.histories, rows.forbidden)?;
        Ok(Self { restraints: rows.restraints, ways: rows.ways, ..market })
    }
}

/// A set of rows that is no market.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarketError {
    /// Something stands twice.
    #[error("{what} {id} stands twice in the market")]
    Twice {
        /// The kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// Something speaks of a rep who is not in the market.
    #[error("{what} speaks of {rep}, who is not in the market")]
    Stranger {
        /// The kind of thing and which.
        what: String,
        /// The rep.
        rep: String,
    },
    /// An offer is missing from its owner's book.
    #[error("account {0} is offered but is not in its owner's book")]
    NotInBook(AccountId),
}

impl Market {
    /// Sorts the parts and checks what is written on the fields. `books` name their rep by id here; no way is measured and
    /// nobody has declined anything.
    ///
    /// Cost: O(n log n) in the rows.
    pub fn new(
        business_date: NaiveDate,
        mut reps: Vec<Trader>,
        mut offers: Vec<Offer>,
        books: Vec<(RepId, BookEntry)>,
        mut histories: Vec<PairHistory>,
        mut forbidden: Vec<(RepId, AccountId)>,
    ) -> Result<Self, MarketError> {
        reps.sort_by(|a, b| a.rep.id.cmp(&b.rep.id));
        offers.sort_by(|a, b| a.account.id.cmp(&b.account.id));
        histories.sort_by(|a, b| (&a.rep, &a.account).cmp(&(&b.rep, &b.account)));
        forbidden.sort();
        forbidden.dedup();
        let index = |id: &RepId| reps.binary_search_by(|trader| trader.rep.id.cmp(id)).ok();
        let mut placed = Vec::with_capacity(books.len());
        for (owner, mut entry) in books {
            let Some(rep) = index(&owner) else {
                return Err(MarketError::Stranger { what: format!("book entry {}", entry.account), rep: owner.into() });
            };
            entry.rep = u32::try_from(rep).expect("fewer than 2^32 reps");
            placed.push(entry);
        }
        placed.sort_by(|a, b| (a.rep, &a.account).cmp(&(b.rep, &b.account)));
        for offer in &offers {
            let account = &offer.account;
            let Some(rep) = index(&account.owner) else {
                return Err(MarketError::Stranger {
                    what: format!("offer {}", account.id),
                    rep: account.owner.as_str().to_owned(),
                });
            };
            let rep = u32::try_from(rep).expect("fewer than 2^32 reps");
            if placed.binary_search_by(|entry| (entry.rep, &entry.account).cmp(&(rep, &account.id))).is_err() {
                return Err(MarketError::NotInBook(account.id.clone()));
            }
        }
        first_twin(&reps, "rep", |a, b| a.rep.id == b.rep.id, |trader| trader.rep.id.to_string())?;
        first_twin(&offers, "offer", |a, b| a.account.id == b.account.id, |offer| offer.account.id.to_string())?;
        let mut accounts: Vec<&AccountId> = placed.iter().map(|entry| &entry.account).collect();
        accounts.sort_unstable();
        first_twin(&accounts, "book entry", |a, b| a == b, |account| account.to_string())?;
        first_twin(
            &histories,
            "history",
            |a, b| (&a.rep, &a.account) == (&b.rep, &b.account),
            |pair| format!("{} / {}", pair.rep, pair.account),
        )?;
        let (restraints, ways) = (BTreeMap::new(), Ways::default());
        Ok(Self { business_date, reps, offers, books: placed, histories, forbidden, restraints, ways })
    }

    /// The market of some of its offers: these, their owners with their books, histories and restraints, and nobody else.
    pub fn of_offers(&self, keep: impl Fn(&Account) -> bool) -> Self {
        let offers: Vec<Offer> = self.offers.iter().filter(|offer| keep(&offer.account)).cloned().collect();
        let owners: BTreeSet<&RepId> = offers.iter().map(|offer| &offer.account.owner).collect();
        let kept: BTreeSet<&AccountId> = offers.iter().map(|offer| &offer.account.id).collect();
        let concerns = |rep: &RepId, account: &AccountId| owners.contains(rep) && kept.contains(account);
        let reps: Vec<Trader> = self.reps.iter().filter(|trader| owners.contains(&trader.rep.id)).cloned().collect();
        let books = self.books.iter().filter_map(|entry| {
            let owner = &self.reps[entry.rep as usize].rep.id;
            owners.contains(owner).then(|| (owner.clone(), entry.clone()))
        });
        let market = Self::new(
            self.business_date,
            reps,
            offers.clone(),
            books.collect(),
            self.histories.iter().filter(|pair| concerns(&pair.rep, &pair.account)).cloned().collect(),
            self.forbidden.iter().filter(|(rep, account)| concerns(rep, account)).cloned().collect(),
        );
        let restraints = self.restraints.iter().filter(|(rep, _)| owners.contains(rep));
        let restraints = restraints.map(|(rep, one)| (rep.clone(), one.clone())).collect();
        Self { restraints, ways: self.ways.clone(), ..market.expect("a part of a market is one") }
    }

    /// The index of a rep in [`Self::reps`].
    pub fn rep_index(&self, id: &RepId) -> Option<usize> {
        self.reps.binary_search_by(|trader| trader.rep.id.cmp(id)).ok()
    }

    /// The index of an account in [`Self::offers`].
    pub fn offer_index(&self, id: &AccountId) -> Option<usize> {
        self.offers.binary_search_by(|offer| offer.account.id.cmp(id)).ok()
    }

    /// The book of the rep at `index`, by account id.
    pub fn book(&self, index: usize) -> &[BookEntry] {
        let start = self.books.partition_point(|entry| (entry.rep as usize) < index);
        let end = self.books.partition_point(|entry| (entry.rep as usize) <= index);
        &self.books[start..end]
    }

    /// What has been between a rep and an account.
    pub fn history(&self, rep: &RepId, account: &AccountId) -> Option<&PairHistory> {
        self.histories
            .binary_search_by(|pair| (&pair.rep, &pair.account).cmp(&(rep, account)))
            .ok()
            .map(|at| &self.histories[at])
    }

    /// Whether a manager has forbidden the pair.
    pub fn is_forbidden(&self, rep: &RepId, account: &AccountId) -> bool {
        self.forbidden.binary_search_by(|(r, a)| (r, a).cmp(&(rep, account))).is_ok()
    }
}

/// Refuses two neighbours that are the same, by the name that `write` gives them.
fn first_twin<T>(
    sorted: &[T],
    what: &'static str,
    same: impl Fn(&T, &T) -> bool,
    write: impl Fn(&T) -> String,
) -> Result<(), MarketError> {
    match sorted.windows(2).find(|pair| same(&pair[0], &pair[1])) {
        Some(pair) => Err(MarketError::Twice { what, id: write(&pair[0]) }),
        None => Ok(()),
    }
}
