//! The rows a market is made of.
//!
//! In goes a [`Pool`]; out come its submissions with all that scores and rules need, and nothing
//! of anybody outside the pool. Cost: linear in the books of the pool's reps, eleven queries.
//! A reader's rows are of one moment. A writer's are so on SQLite alone: on PostgreSQL each query sees what was committed before
//! it, so a submission or a book may have come or gone in between.
//! Deliberately absent: notes, reasons, and what the rows mean.

use super::{
    Reader, StoreError,
    deals::DealRow,
    roster::{AccountRow, HeldAccount, RepRow, count},
    schema::{
        accounts, check_ins, forbidden_pairs, frozen_accounts, history, legs, open_deals, proposals, reps, reviews,
        submissions,
    },
};
use crate::domain::{
    abuse::Severity,
    ids::{AccountId, RepId, SubmissionId, TeamId},
    money::OpenDeal,
    proposal::ProposalState,
    roster::{AccountStatus, Rep},
    submission::SubmissionState,
    units::{Place, Stars},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::BTreeMap;

/// An open submission and its account.
#[derive(Debug, Clone)]
pub struct Open {
    /// The submission.
    pub submission: SubmissionId,
    /// The submitter's stars.
    pub stars: Stars,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The account, whose owner may no longer be the submitter.
    pub held: HeldAccount,
    /// Who submitted it.
    pub rep: RepId,
}

/// One account of a book, in short.
#[derive(Debug, Clone)]
pub struct Held {
    /// The account.
    pub id: AccountId,
    /// Its owner.
    pub owner: RepId,
    /// Where it is.
    pub place: Place,
    /// Whether it is only known to be somewhere around there.
    pub place_is_approximate: bool,
    /// Visits a year.
    pub visits_a_year: u32,
    /// Minutes of one visit.
    pub visit_minutes: u32,
    /// Its parent.
    pub parent: Option<AccountId>,
    /// The class of abuse that the CRM gives.
    pub severity: Option<Severity>,
}

/// One line of history, one check-in or one review that concerns an offered account.
#[derive(Debug, Clone)]
pub struct Past {
    /// Who.
    pub rep: RepId,
    /// With whom.
    pub account: AccountId,
    /// The last day, where it ended.
    pub ended_on: Option<NaiveDate>,
    /// How they got on, where somebody said.
    pub stars: Option<Stars>,
}

/// All rows of a market.
#[derive(Debug, Default)]
pub struct Rows {
    /// The pool.
    pub open: Vec<Open>,
    /// Everybody with an open submission.
    pub reps: Vec<Rep>,
    /// Their books.
    pub books: Vec<Held>,
    /// What has been between them and the offered accounts.
    pub past: Vec<Past>,
    /// Accounts a manager keeps where they are.
    pub frozen: Vec<AccountId>,
    /// Accounts of a live move: one whose trial still runs, where it was submitted again.
    pub bound: Vec<AccountId>,
    /// Pairs a manager has forbidden.
    pub forbidden: Vec<(RepId, AccountId)>,
    /// Deals under way with the offered accounts, by id.
    pub open_deals: BTreeMap<AccountId, Vec<OpenDeal>>,
}

/// Which submissions are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Pool<'a> {
    /// Every open one.
    Everybody,
    /// The open ones of one team.
    Team(&'a TeamId),
    /// The open and reserved ones of these accounts.
    Accounts(&'a [AccountId]),
    /// Every open one, and every one bound by a proposal that nobody has approved yet: what might still go otherwise.
    Undecided,
}

/// Reads the rows of a market.
pub fn rows(reader: &mut Reader<'_>, pool: Pool<'_>) -> Result<Rows, StoreError> {
    let everybody = matches!(pool, Pool::Everybody | Pool::Undecided);
    let team = if let Pool::Team(team) = pool { team.as_str() } else { "" };
    let (only, states): (Vec<&str>, &[SubmissionState]) = match pool {
        Pool::Accounts(only) => {
            (only.iter().map(AccountId::as_str).collect(), &[SubmissionState::Open, SubmissionState::Reserved])
        }
        Pool::Undecided => (Vec::new(), &[SubmissionState::Open, SubmissionState::Reserved]),
        Pool::Everybody | Pool::Team(_) => (Vec::new(), &[SubmissionState::Open]),
    };
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    // An alias, because the pool stands inside a query of the reps themselves.
    let members = diesel::alias!(reps as members);
    // The pool as a subquery, written once; diesel's boxed queries cannot stand in another on both databases.
    macro_rules! pool {
        ($column:expr) => {
            submissions::table
                .inner_join(members.on(members.field(reps::id).eq(submissions::rep_id)))
                .filter(submissions::state.eq_any(&states))
                .filter(
                    everybody
                        .into_sql::<Bool>()
                        .or(members.field(reps::team_id).eq(team))
                        .or(submissions::account_id.eq_any(&only)),
                )
                .select($column)
        };
    }
    let connection = &mut *reader.connection;

    let open: Vec<(String, i32, NaiveDateTime, String, String)> = pool!((
        submissions::id,
        submissions::stars_hundredths,
        submissions::created_at,
        submissions::rep_id,
        submissions::account_id,
    ))
    .order(submissions::account_id)
    .load(connection)?;
    let held: Vec<AccountRow> = accounts::table
        .filter(accounts::id.eq_any(pool!(submissions::account_id)))
        .order(accounts::id)
        .select(AccountRow::as_select())
        .load(connection)?;
    let mut held = held.into_iter().map(HeldAccount::try_from).collect::<Result<Vec<_>, _>>()?;
    held.sort_by(|a, b| a.account.id.cmp(&b.account.id));
    let open = open
        .into_iter()
        .filter_map(|(submission, stars, created_at, rep, account)| {
            // Every submission has an account; one that is not among them has left the pool since.
            let at = held.binary_search_by(|held| held.account.id.as_str().cmp(&account)).ok()?;
            let read = || {
                Ok(Open {
                    submission: submission.parse()?,
                    stars: Stars::from_hundredths(stars.into())?,
                    created_at: created_at.and_utc(),
                    held: held[at].clone(),
                    rep: rep.parse()?,
                })
            };
            Some(read())
        })
        .collect::<Result<Vec<_>, StoreError>>()?;

    let rep_rows: Vec<RepRow> =
        reps::table.filter(reps::id.eq_any(pool!(submissions::rep_id))).select(RepRow::as_select()).load(connection)?;

    type BookRow = (String, String, i32, i32, bool, i32, i32, Option<String>, String);
    let book_rows: Vec<BookRow> = accounts::table
        .filter(accounts::owner_id.eq_any(pool!(submissions::rep_id)))
        .filter(accounts::status.eq(AccountStatus::Active.as_str()))
        .select((
            accounts::id,
            accounts::owner_id,
            accounts::lat_e6,
            accounts::lon_e6,
            accounts::place_is_approximate,
            accounts::visits_a_year,
            accounts::visit_minutes,
            accounts::parent_id,
            accounts::traits,
        ))
        .load(connection)?;
    let classes = Severity::ALL.iter().rev().map(|class| (*class, format!("\"{}\"", class.hard_trait())));
    let classes: Vec<(Severity, String)> = classes.collect();
    let books = book_rows
        .into_iter()
        .map(|(id, owner, lat_e6, lon_e6, is_approximate, visits, minutes, parent, traits)| {
            Ok(Held {
                id: id.parse()?,
                owner: owner.parse()?,
                place: Place::from_e6(lat_e6, lon_e6)?,
                place_is_approximate: is_approximate,
                visits_a_year: count(visits)?,
                visit_minutes: count(minutes)?,
                parent: parent.map(|parent| parent.parse()).transpose()?,
                severity: classes.iter().find(|(_, word)| traits.contains(word)).map(|(class, _)| *class),
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;

    type PastRow = (String, String, Option<NaiveDate>, Option<i32>);
    let past_rows: Vec<PastRow> = history::table
        .filter(history::account_id.eq_any(pool!(submissions::account_id)))
        .filter(history::rep_id.eq_any(pool!(submissions::rep_id)))
        .select((history::rep_id, history::account_id, history::ended_on, history::stars_hundredths))
        .load(connection)?;
    // What was said of a pair after a swap counts as its past ratings do.
    let said: Vec<(String, String, Option<i32>)> = check_ins::table
        .filter(check_ins::account_id.eq_any(pool!(submissions::account_id)))
        .filter(check_ins::rep_id.eq_any(pool!(submissions::rep_id)))
        .filter(check_ins::made_at.is_not_null())
        .select((check_ins::rep_id, check_ins::account_id, check_ins::stars_hundredths))
        .load(connection)?;
    let reviewed: Vec<(String, String, Option<i32>)> = reviews::table
        .filter(reviews::account_id.eq_any(pool!(submissions::account_id)))
        .filter(reviews::rep_id.eq_any(pool!(submissions::rep_id)))
        .filter(reviews::made_at.is_not_null())
        .select((reviews::rep_id, reviews::account_id, reviews::stars_hundredths))
        .load(connection)?;
    let said = said.into_iter().chain(reviewed).map(|(rep, account, stars)| (rep, account, None, stars));
    let past = past_rows
        .into_iter()
        .chain(said)
        .map(|(rep, account, ended_on, stars)| {
            Ok(Past {
                rep: rep.parse()?,
                account: account.parse()?,
                ended_on,
                stars: stars.map(|stars| Stars::from_hundredths(stars.into())).transpose()?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;

    let deal_rows: Vec<DealRow> = open_deals::table
        .filter(open_deals::closed.eq(false).and(open_deals::account_id.eq_any(pool!(submissions::account_id))))
        .order(open_deals::id)
        .select(DealRow::as_select())
        .load(connection)?;
    let mut open_deals: BTreeMap<AccountId, Vec<OpenDeal>> = BTreeMap::new();
    for row in deal_rows {
        let (account, deal) = row.read()?;
        open_deals.entry(account).or_default().push(deal);
    }

    let frozen: Vec<String> = frozen_accounts::table.select(frozen_accounts::account_id).load(connection)?;
    let binding = ProposalState::ALL.iter().filter(|state| match pool {
        Pool::Undecided => state.is_live() && !state.is_undecided(),
        _ => state.is_live(),
    });
    let bound: Vec<String> = legs::table
        .inner_join(proposals::table)
        .filter(legs::live.and(legs::account_id.eq_any(pool!(submissions::account_id))))
        .filter(proposals::state.eq_any(binding.map(|state| state.as_str()).collect::<Vec<_>>()))
        .select(legs::account_id)
        .load(connection)?;
    let forbidden: Vec<(String, String)> = forbidden_pairs::table
        .filter(forbidden_pairs::account_id.eq_any(pool!(submissions::account_id)))
        .select((forbidden_pairs::rep_id, forbidden_pairs::account_id))
        .load(connection)?;

    Ok(Rows {
        open,
        reps: rep_rows.into_iter().map(Rep::try_from).collect::<Result<_, _>>()?,
        books,
        past,
        frozen: frozen.into_iter().map(|id| Ok(id.parse()?)).collect::<Result<_, StoreError>>()?,
        bound: bound.into_iter().map(|id| Ok(id.parse()?)).collect::<Result<_, StoreError>>()?,
        forbidden: forbidden
            .into_iter()
            .map(|(rep, account)| Ok((rep.parse()?, account.parse()?)))
            .collect::<Result<_, StoreError>>()?,
        open_deals,
    })
}
