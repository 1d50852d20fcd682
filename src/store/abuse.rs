//! Abuse on record, what was disclosed of it, and what reps have opted in to.
//!
//! In go domain values; out come domain values. One record an account; a record changes by compare-and-set on its
//! version. Deliberately absent: what a record means for an account, which is the domain's `standing`.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer, exactly_one, from_json,
    roster::own_choice,
    schema::{abuse_records, accounts, disclosures, legs, reps},
    whose::{Of, members},
};
use crate::domain::{
    abuse::{AbuseRecord, AbuseState, OptIn, Severity},
    ids::{AccountId, ProposalId, RepId, Version},
    roster::Trait,
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = abuse_records, treat_none_as_null = true)]
struct Row {
    account_id: String,
    severity: String,
    source: String,
    state: String,
    declared_at: NaiveDateTime,
    settled_by: Option<String>,
    settled_at: Option<NaiveDateTime>,
    warned_on: Option<NaiveDate>,
    letter: Option<String>,
    version: String,
}

impl From<&AbuseRecord> for Row {
    fn from(record: &AbuseRecord) -> Self {
        Self {
            account_id: record.account.as_str().to_owned(),
            severity: record.severity.as_str().to_owned(),
            source: record.source.as_str().to_owned(),
            state: record.state.as_str().to_owned(),
            declared_at: record.declared_at.naive_utc(),
            settled_by: record.settled_by.clone().map(String::from),
            settled_at: record.settled_at.map(|at| at.naive_utc()),
            warned_on: record.warned_on,
            letter: record.letter.clone(),
            version: record.version.into(),
        }
    }
}

impl TryFrom<Row> for AbuseRecord {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.account_id.parse()?,
            severity: row.severity.parse()?,
            source: row.source.parse()?,
            state: row.state.parse()?,
            declared_at: row.declared_at.and_utc(),
            settled_by: row.settled_by.map(|id| id.parse()).transpose()?,
            settled_at: row.settled_at.map(|at| at.and_utc()),
            warned_on: row.warned_on,
            letter: row.letter,
            version: row.version.parse()?,
        })
    }
}

/// Adds a record.
pub fn insert(writer: &mut Writer<'_>, record: &AbuseRecord) -> Result<(), StoreError> {
    diesel::insert_into(abuse_records::table).values(Row::from(record)).execute(&mut *writer.connection)?;
    Ok(())
}

/// The record of one account.
pub fn one(reader: &mut Reader<'_>, account: &AccountId) -> Result<Option<AbuseRecord>, StoreError> {
    let row = abuse_records::table
        .find(account.as_str().to_owned())
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(AbuseRecord::try_from).transpose()
}

/// Writes what `after` says in place of `before`, if the record is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &AbuseRecord, after: &AbuseRecord) -> Result<(), StoreError> {
    let target = abuse_records::table.filter(
        abuse_records::account_id
            .eq(before.account.as_str())
            .and(abuse_records::version.eq(String::from(before.version))),
    );
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)
}

/// Records of the accounts of some reps, after `after`, by account, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    of: Of<'_>,
    after: Option<&AccountId>,
    limit: i64,
) -> Result<Vec<AbuseRecord>, StoreError> {
    let mut query =
        abuse_records::table.select(Row::as_select()).order(abuse_records::account_id).limit(limit).into_boxed();
    query = match of {
        Of::Rep(rep) => {
            let own = accounts::table.filter(accounts::owner_id.eq(rep.as_str())).select(accounts::id);
            query.filter(abuse_records::account_id.eq_any(own))
        }
        Of::Teams(teams) => {
            let theirs = accounts::table.filter(accounts::owner_id.eq_any(members(teams))).select(accounts::id);
            query.filter(abuse_records::account_id.eq_any(theirs))
        }
        Of::Anybody => query,
    };
    if let Some(after) = after {
        query = query.filter(abuse_records::account_id.gt(after.as_str()));
    }
    query.load(&mut *reader.connection)?.into_iter().map(AbuseRecord::try_from).collect()
}

/// Accounts to which the CRM or a record gives a class, acknowledged or not: few among many.
macro_rules! may_be_abusive {
    () => {{
        let like = |class: Severity| format!("%\"{}\"%", class.hard_trait());
        accounts::id
            .eq_any(abuse_records::table.select(abuse_records::account_id))
            .or(accounts::traits.like(like(Severity::Harsh)))
            .or(accounts::traits.like(like(Severity::Abusive)))
            .or(accounts::traits.like(like(Severity::Threatening)))
    }};
}

/// The class and state of every record, by account: few among many accounts.
pub fn all(reader: &mut Reader<'_>) -> Result<BTreeMap<AccountId, (Severity, AbuseState)>, StoreError> {
    let rows: Vec<(String, String, String)> = abuse_records::table
        .select((abuse_records::account_id, abuse_records::severity, abuse_records::state))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, severity, state)| Ok((id.parse()?, (severity.parse()?, state.parse()?)))).collect()
}

/// The class and state of the records of some accounts, by account.
pub fn of_all(
    reader: &mut Reader<'_>,
    accounts: &[&AccountId],
) -> Result<BTreeMap<AccountId, (Severity, AbuseState)>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in accounts.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String, String)> = abuse_records::table
            .filter(abuse_records::account_id.eq_any(batch.iter().map(|id| id.as_str())))
            .select((abuse_records::account_id, abuse_records::severity, abuse_records::state))
            .load(&mut *reader.connection)?;
        for (id, severity, state) in rows {
            found.insert(id.parse()?, (severity.parse()?, state.parse()?));
        }
    }
    Ok(found)
}

/// Accounts with their traits that are on their way to somebody in a live move and may be abusive. By receiver.
pub fn on_their_way(reader: &mut Reader<'_>) -> Result<Vec<(RepId, AccountId, BTreeSet<Trait>)>, StoreError> {
    let rows: Vec<(String, String, String)> = legs::table
        .inner_join(accounts::table)
        .filter(legs::live.and(accounts::owner_id.ne(legs::to_rep_id)))
        .filter(may_be_abusive!())
        .select((legs::to_rep_id, accounts::id, accounts::traits))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(rep, id, traits)| Ok((rep.parse()?, id.parse()?, from_json(&traits)?))).collect()
}

/// Accounts of one rep's book, with their traits, that may be abusive.
pub fn of_book(reader: &mut Reader<'_>, rep: &RepId) -> Result<Vec<(AccountId, BTreeSet<Trait>)>, StoreError> {
    let rows: Vec<(String, String)> = accounts::table
        .filter(accounts::owner_id.eq(rep.as_str()).and(may_be_abusive!()))
        .select((accounts::id, accounts::traits))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, traits)| Ok((id.parse()?, from_json(&traits)?))).collect()
}

/// Those of some accounts, with their traits, that may be abusive.
pub fn among(reader: &mut Reader<'_>, of: &[AccountId]) -> Result<Vec<(AccountId, BTreeSet<Trait>)>, StoreError> {
    let mut found = Vec::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = accounts::table
            .filter(accounts::id.eq_any(batch.iter().map(AccountId::as_str)).and(may_be_abusive!()))
            .select((accounts::id, accounts::traits))
            .load(&mut *reader.connection)?;
        for (id, traits) in rows {
            found.push((id.parse()?, from_json(&traits)?));
        }
    }
    Ok(found)
}

/// Every account, with its traits, that may be abusive. Cost: a pass over all accounts.
pub fn everywhere(reader: &mut Reader<'_>) -> Result<Vec<(AccountId, BTreeSet<Trait>)>, StoreError> {
    let rows: Vec<(String, String)> = accounts::table
        .filter(may_be_abusive!())
        .order(accounts::id)
        .select((accounts::id, accounts::traits))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, traits)| Ok((id.parse()?, from_json(&traits)?))).collect()
}

/// Notes that a party has read of a class; a harsher one read later takes its place.
pub fn disclose(
    writer: &mut Writer<'_>,
    proposal: ProposalId,
    rep: &RepId,
    severity: Severity,
) -> Result<(), StoreError> {
    let at = writer.now().naive_utc();
    let key = (String::from(proposal), rep.as_str().to_owned());
    let changed = diesel::update(disclosures::table.find(key.clone()))
        .set((disclosures::severity.eq(severity.as_str()), disclosures::at.eq(at)))
        .execute(&mut *writer.connection)?;
    if changed == 0 {
        diesel::insert_into(disclosures::table)
            .values((
                disclosures::proposal_id.eq(key.0),
                disclosures::rep_id.eq(key.1),
                disclosures::severity.eq(severity.as_str()),
                disclosures::at.eq(at),
            ))
            .execute(&mut *writer.connection)?;
    }
    Ok(())
}

/// The class that a party has read of.
pub fn disclosed(reader: &mut Reader<'_>, proposal: ProposalId, rep: &RepId) -> Result<Option<Severity>, StoreError> {
    let word: Option<String> = disclosures::table
        .find((String::from(proposal), rep.as_str().to_owned()))
        .select(disclosures::severity)
        .get_result(&mut *reader.connection)
        .optional()?;
    word.map(|word| Ok(word.parse()?)).transpose()
}

/// What a rep has chosen for themself, with its version; absent where they have not.
pub fn own_opt_in(reader: &mut Reader<'_>, rep: &RepId) -> Result<Option<(OptIn, Version)>, StoreError> {
    let row: Option<(Option<String>, Option<i32>, Option<String>)> = reps::table
        .find(rep.as_str())
        .select((reps::own_abuse_class, reps::own_abuse_cap, reps::own_abuse_version))
        .get_result(&mut *reader.connection)
        .optional()?;
    let Some((class, cap, Some(version))) = row else { return Ok(None) };
    let Some(own) = own_choice(class.as_deref(), cap)? else { return Ok(None) };
    Ok(Some((own, version.parse()?)))
}

/// Keeps what a rep has chosen for themself, if the choice before is still the one read; else the race is lost.
pub fn opt_in(
    writer: &mut Writer<'_>,
    rep: &RepId,
    before: Option<Version>,
    own: OptIn,
    version: Version,
) -> Result<(), StoreError> {
    let is_first = before.is_none();
    let seen = before.map(String::from).unwrap_or_default();
    let target = reps::table.filter(reps::id.eq(rep.as_str())).filter(
        reps::own_abuse_version.eq(seen).or(reps::own_abuse_version.is_null().and(is_first.into_sql::<Bool>())),
    );
    exactly_one(
        diesel::update(target)
            .set((
                reps::own_abuse_class.eq(Some(own.class.map_or("none", |class| class.as_str()))),
                reps::own_abuse_cap.eq(Some(own.cap as i32)),
                reps::own_abuse_version.eq(Some(String::from(version))),
            ))
            .execute(&mut *writer.connection)?,
    )
}
