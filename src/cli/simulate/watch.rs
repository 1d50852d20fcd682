//! Watch: what may never happen, looked for after each week.
//!
//! In go the database and who owns what; out comes nothing, or a failure that names the first thing that is wrong.
//! Holds: accounts are neither lost nor born; no account is in two live moves; the reps' balances net to zero; the log is
//! unbroken. Counted here from what is kept, by none of the code that keeps it.
//! Deliberately absent: mending.

use crate::cli::Failure;
use account_swap::{
    app::{Refused, Store, report},
    domain::{
        ids::{AccountId, RepId},
        principal::{Principal, Role},
        proposal::{Proposal, ProposalState},
        units::Cents,
    },
    store::{Of, StoreError, money, proposals},
};
use chrono::Datelike;
use std::collections::{BTreeMap, BTreeSet};

/// How many proposals are read at once.
const PAGE: i64 = 500;

/// Who looks.
pub struct Watch {
    accounts: BTreeSet<AccountId>,
    largest_balance: Cents,
}

impl Watch {
    /// Looks after these accounts.
    pub fn new(accounts: BTreeSet<AccountId>) -> Self {
        Self { accounts, largest_balance: Cents::ZERO }
    }

    /// The largest balance of anybody so far, either way.
    pub fn largest_balance(&self) -> Cents {
        self.largest_balance
    }

    /// Looks once.
    pub fn look(&mut self, store: &Store, owners: &BTreeMap<AccountId, RepId>) -> Result<(), Failure> {
        if let Some(lost) = self.accounts.iter().find(|account| !owners.contains_key(*account)) {
            return Err(wrong(format!("account {lost} has no owner")));
        }
        if owners.len() != self.accounts.len() {
            return Err(wrong(format!("{} accounts where there were {}", owners.len(), self.accounts.len())));
        }
        let (live, balances) = store.read(|reader| {
            let today = reader.now().date_naive();
            let states: Vec<ProposalState> =
                ProposalState::ALL.iter().copied().filter(|state| state.is_live()).collect();
            let mut live = Vec::new();
            loop {
                let after = live.last().map(|last: &Proposal| last.id);
                let page = proposals::list(reader, Of::Anybody, &states, after, PAGE)?;
                if page.is_empty() {
                    break;
                }
                live.extend(page);
            }
            Ok::<_, StoreError>((live, money::balances(reader, money::Whose::Everybodys, today.year())?))
        })?;
        let mut bound = BTreeSet::new();
        for leg in live.iter().flat_map(|proposal| &proposal.legs) {
            if !bound.insert(&leg.account) {
                return Err(wrong(format!("account {} is in two live moves", leg.account)));
            }
        }
        let net: Cents = balances.values().map(|balance| balance.ledger_cents).sum();
        let pending: Cents = balances.values().map(|one| one.pending_in_cents - one.pending_out_cents).sum();
        if (net, pending) != (Cents::ZERO, Cents::ZERO) {
            let what = format!("the reps' balances add up to {net} cents, and what is under way to {pending}");
            return Err(wrong(what));
        }
        let largest = balances.values().map(|balance| balance.ledger_cents.abs());
        self.largest_balance = largest.fold(self.largest_balance, Ord::max);
        let admin = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
        if !store.read(|reader| report::verify(reader, &admin)).map_err(|refused: Refused| refused)?.unbroken {
            return Err(wrong("the log's chain is broken".to_owned()));
        }
        Ok(())
    }
}

fn wrong(what: String) -> Failure {
    Failure::Failed(format!("what may never happen has happened: {what}"))
}
