//! Counts of what there is, for those who may count.
//!
//! In goes who asks; out come numbers without names: of all for an admin or service, of the own teams for a manager.
//! Deliberately absent: anything by person, and opinions.

use super::{Page, Reader, Refused, me::managed};
use crate::{
    domain::{
        direct::SentStatus,
        ids::RepId,
        principal::{Principal, Role},
    },
    store::{
        audit::{self, Chain},
        direct, proposals, roster, submissions,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many submissions and proposals there are, by state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Summary {
    /// Submissions by state.
    pub submissions: BTreeMap<String, i64>,
    /// Proposals by state.
    pub proposals: BTreeMap<String, i64>,
}

/// Counts submissions and proposals by state.
pub fn summary(reader: &mut Reader<'_>, who: &Principal) -> Result<Summary, Refused> {
    let teams = match who.role {
        Role::Rep => return Err(Refused::NotAllowed("reports are for managers and admins")),
        Role::Manager => Some(managed(reader, who)?),
        Role::Admin | Role::Service => None,
    };
    let named = |(state, count): (&str, i64)| (state.to_owned(), count);
    Ok(Summary {
        submissions: submissions::counts(reader, teams.as_deref())?
            .into_iter()
            .map(|(state, count)| named((state.as_str(), count)))
            .collect(),
        proposals: proposals::counts(reader, teams.as_deref())?
            .into_iter()
            .map(|(state, count)| named((state.as_str(), count)))
            .collect(),
    })
}

/// What came of the questions reps asked colleagues in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionsOfMonth {
    /// The first day of the month.
    pub month: NaiveDate,
    /// How many were asked.
    pub asked: u32,
    /// How many became a proposal.
    pub found: u32,
    /// How many came to nothing, as far as their askers know.
    pub not_concluded: u32,
    /// How many were taken back.
    pub withdrawn: u32,
    /// How many are under way, as far as their askers know.
    pub open: u32,
}

/// Counts the questions of each month by what their askers know of them; for an admin or a service at the machine itself.
pub fn questions(reader: &mut Reader<'_>, who: &Principal) -> Result<Vec<QuestionsOfMonth>, Refused> {
    if !matches!(who.role, Role::Admin | Role::Service) {
        return Err(Refused::NotAllowed("direct swaps are counted for the operator"));
    }
    let mut months: BTreeMap<NaiveDate, QuestionsOfMonth> = BTreeMap::new();
    for ((month, sent), count) in direct::counts(reader)? {
        let blank = QuestionsOfMonth { month, asked: 0, found: 0, not_concluded: 0, withdrawn: 0, open: 0 };
        let one = months.entry(month).or_insert(blank);
        one.asked += count;
        *match sent {
            SentStatus::Found => &mut one.found,
            SentStatus::NotConcluded => &mut one.not_concluded,
            SentStatus::Withdrawn => &mut one.withdrawn,
            SentStatus::Sent => &mut one.open,
        } += count;
    }
    Ok(months.into_values().collect())
}

/// One entry of the audit log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the chain; for a rep, among their own entries.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// In what capacity.
    pub role: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which one.
    pub subject: String,
    /// Its state before; not to a rep.
    pub from_state: Option<String>,
    /// Its state after; not to a rep.
    pub to_state: Option<String>,
    /// The entry's hash; to an admin, who verifies the chain.
    pub hash: Option<String>,
}

impl AuditEntry {
    /// An entry by its place in the whole chain.
    fn of_all(entry: audit::Entry, tells_hashes: bool) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.and_utc(),
            actor: entry.actor_id,
            role: entry.actor_role,
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject: entry.subject_id,
            from_state: entry.from_state,
            to_state: entry.to_state,
            hash: Some(entry.hash).filter(|_| tells_hashes),
        }
    }

    /// What somebody did themself, by its place among all they did; without the states it led to, which can tell what others
    /// answered.
    pub(super) fn of_own(own_place: i64, entry: audit::Entry) -> Self {
        Self { seq: own_place, from_state: None, to_state: None, ..Self::of_all(entry, false) }
    }
}

/// Entries of the audit log, oldest first: one's own, those of the teams managed, or all.
///
/// A rep's entries are numbered among themselves: the place in the whole chain would count what others did meanwhile.
pub fn audit(reader: &mut Reader<'_>, who: &Principal, page: Page<i64>) -> Result<Vec<AuditEntry>, Refused> {
    let after = page.after.unwrap_or(0);
    let found = match who.role {
        Role::Rep => audit::entries_by(reader, who, after, page.limit)?,
        Role::Manager => {
            let teams = managed(reader, who)?;
            let members = roster::reps_of_teams(reader, Some(&teams), None, i64::MAX)?;
            let actors: Vec<RepId> = members.into_iter().map(|rep| rep.id).chain([who.id.clone()]).collect();
            audit::entries(reader, Some(&actors), after, page.limit)?
        }
        Role::Admin => audit::entries(reader, None, after, page.limit)?,
        Role::Service => return Err(Refused::NotAllowed("the audit log is for people")),
    };
    let tells_hashes = who.role == Role::Admin;
    let entry = |(own_place, entry)| match who.role {
        Role::Rep => AuditEntry::of_own(own_place, entry),
        _ => AuditEntry::of_all(entry, tells_hashes),
    };
    Ok((after + 1..).zip(found).map(entry).collect())
}

/// What a walk along the audit log's chain found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainView {
    /// Whether every hash fits and no entry is missing.
    pub unbroken: bool,
    /// Entries in all, where unbroken.
    pub entries: Option<i64>,
    /// The last hash, where unbroken.
    pub head: Option<String>,
    /// The first place that does not fit, where broken.
    pub broken_at: Option<i64>,
}

/// Walks the audit log's chain; for an admin.
pub fn verify(reader: &mut Reader<'_>, who: &Principal) -> Result<ChainView, Refused> {
    if who.role != Role::Admin {
        return Err(Refused::NotAllowed("an admin verifies the audit log"));
    }
    Ok(match audit::verify(reader)? {
        Chain::Unbroken { entries, head } => {
            ChainView { unbroken: true, entries: Some(entries), head: Some(head), broken_at: None }
        }
        Chain::BrokenAt { seq } => ChainView { unbroken: false, entries: None, head: None, broken_at: Some(seq) },
    })
}
