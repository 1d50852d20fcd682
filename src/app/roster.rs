//! Reps and accounts as the portal shows them.
//!
//! In goes who asks; out come own self and book for a rep, the teams' for a manager, all for admin and service.
//! Deliberately absent: anybody's opinion of an account.

use super::{Page, Reader, Refused, me::managed};
use crate::{
    domain::{
        ids::{AccountId, RepId, TeamId},
        principal::{Principal, Role},
        roster::{Account, AccountStatus, Rep, Style, Tag, Trait},
        units::{Cents, Minutes, Place},
    },
    store::{
        Of,
        roster::{self, HeldAccount},
    },
};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A rep.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RepView {
    /// The CRM's id.
    pub id: RepId,
    /// What colleagues call them.
    pub name: String,
    /// The team.
    pub team: TeamId,
    /// Where journeys start and end.
    pub base: Place,
    /// Whether the base is only known to be somewhere around there, as where a postal code is all there is.
    pub base_is_approximate: bool,
    /// Regions and drawn territories that are theirs; empty means anywhere.
    pub territory: BTreeSet<Tag>,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: Tag,
    /// Languages spoken with customers.
    pub languages: BTreeSet<Tag>,
    /// Industries known.
    pub industries: BTreeSet<Tag>,
    /// Licences held.
    pub licences: BTreeSet<Tag>,
    /// Declared way of working.
    pub style: Option<Style>,
    /// Traits of accounts the rep has opted in to.
    pub tolerances: BTreeSet<Trait>,
    /// The longest one-way drive they accept.
    pub max_one_way_minutes: Option<Minutes>,
    /// How many accounts they give away in one run at most.
    pub max_moves_per_run: Option<u32>,
    /// Whether they take part.
    pub active: bool,
}

impl From<Rep> for RepView {
    fn from(rep: Rep) -> Self {
        Self {
            id: rep.id,
            name: rep.name,
            team: rep.team,
            base: rep.base,
            base_is_approximate: rep.base_is_approximate,
            territory: rep.territory,
            country: rep.country,
            languages: rep.languages,
            industries: rep.industries,
            licences: rep.licences,
            style: rep.style,
            tolerances: rep.tolerances,
            max_one_way_minutes: rep.max_one_way_minutes,
            max_moves_per_run: rep.max_moves_per_run,
            active: rep.active,
        }
    }
}

/// The business facts of an account: what its owner, a future owner and their managers may all know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountFacts {
    /// The CRM's id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// Where the visits are.
    pub place: Place,
    /// Whether they are only known to be somewhere around there, as where a postal code is all there is.
    pub place_is_approximate: bool,
    /// Its region.
    pub region: Option<Tag>,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: Tag,
    /// Business a year.
    pub annual_value_cents: Cents,
    /// Commission a year.
    pub annual_commission_cents: Cents,
    /// Visits a year.
    pub visits_a_year: u32,
    /// Minutes of one visit.
    pub visit_minutes: u32,
    /// The language the customer prefers.
    pub language: Option<Tag>,
    /// The customer's industry.
    pub industry: Option<Tag>,
    /// Licences without which nobody may serve it.
    pub licences_required: BTreeSet<Tag>,
    /// What makes it hard, abuse on record included: disclosed to whoever may get it.
    pub traits: BTreeSet<Trait>,
}

impl From<Account> for AccountFacts {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            place: account.place,
            place_is_approximate: account.place_is_approximate,
            region: account.region,
            country: account.country,
            annual_value_cents: account.annual_value_cents,
            annual_commission_cents: account.annual_commission_cents,
            visits_a_year: account.visits_a_year,
            visit_minutes: account.visit_minutes,
            language: account.language,
            industry: account.industry,
            licences_required: account.licences_required,
            traits: account.traits,
        }
    }
}

/// An account in somebody's book.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountView {
    /// Its facts.
    #[serde(flatten)]
    pub facts: AccountFacts,
    /// Whose book it is in.
    pub owner: RepId,
    /// The account it belongs to.
    pub parent: Option<AccountId>,
    /// When it last changed hands here.
    pub last_moved_on: Option<NaiveDate>,
    /// Whether it is still a customer.
    pub status: AccountStatus,
    /// The account it became part of, where it did.
    pub merged_into: Option<AccountId>,
}

impl From<HeldAccount> for AccountView {
    fn from(held: HeldAccount) -> Self {
        Self {
            owner: held.account.owner.clone(),
            parent: held.account.parent.clone(),
            last_moved_on: held.last_moved_on,
            status: held.status,
            merged_into: held.merged_into,
            facts: held.account.into(),
        }
    }
}

/// Reps by id: oneself, the teams managed, or all.
pub fn reps(reader: &mut Reader<'_>, who: &Principal, page: Page<RepId>) -> Result<Vec<RepView>, Refused> {
    let found = match who.role {
        Role::Rep => {
            let is_next = page.after.is_none_or(|after| who.id > after);
            roster::rep(reader, &who.id)?.into_iter().filter(|_| is_next).collect()
        }
        Role::Manager => {
            let teams = managed(reader, who)?;
            roster::reps_of_teams(reader, Some(&teams), page.after.as_ref(), page.limit)?
        }
        Role::Admin | Role::Service => roster::reps_of_teams(reader, None, page.after.as_ref(), page.limit)?,
    };
    Ok(found.into_iter().map(RepView::from).collect())
}

/// One rep.
pub fn rep(reader: &mut Reader<'_>, who: &Principal, id: &RepId) -> Result<RepView, Refused> {
    let rep = roster::rep(reader, id)?.ok_or(Refused::NotFound("rep"))?;
    if may_see_book_of(reader, who, &rep.id, &rep.team)? { Ok(rep.into()) } else { Err(Refused::NotFound("rep")) }
}

/// Accounts by id: the own book, the teams' books, or all.
pub fn accounts(reader: &mut Reader<'_>, who: &Principal, page: Page<AccountId>) -> Result<Vec<AccountView>, Refused> {
    let teams = managed(reader, who)?;
    let owner = match who.role {
        Role::Rep => Of::Rep(&who.id),
        Role::Manager => Of::Teams(&teams),
        Role::Admin | Role::Service => Of::Anybody,
    };
    let found = roster::accounts_of(reader, owner, page.after.as_ref(), page.limit)?;
    Ok(found.into_iter().map(AccountView::from).collect())
}

/// One account.
pub fn account(reader: &mut Reader<'_>, who: &Principal, id: &AccountId) -> Result<AccountView, Refused> {
    let held = roster::account(reader, id)?.ok_or(Refused::NotFound("account"))?;
    let owner = roster::rep(reader, &held.account.owner)?.ok_or(Refused::NotFound("account"))?;
    if may_see_book_of(reader, who, &owner.id, &owner.team)? {
        Ok(held.into())
    } else {
        Err(Refused::NotFound("account"))
    }
}

fn may_see_book_of(reader: &mut Reader<'_>, who: &Principal, owner: &RepId, team: &TeamId) -> Result<bool, Refused> {
    Ok(match who.role {
        Role::Rep => *owner == who.id,
        Role::Manager => managed(reader, who)?.contains(team),
        Role::Admin | Role::Service => true,
    })
}
