//! All that is kept of one person: for them to take away.
//!
//! In goes a person; out comes what they have said, what is on record of them and what their own dealings came to, as they may
//! read it themself. Holds: it is made of the views that the person may read anyway, so that nobody else's answer or
//! opinion can be in it; what others wrote in a handover, and a colleague's name, is taken out
//! of those; a colleague's id stands where an account went.
//! Cost: linear in what the person has done. Deliberately absent: what the company's CRM holds, and what a run's snapshot
//! holds, which nobody reads by person and which erasure takes away.

use super::{
    Page, Reader, Refused,
    direct::{self, DirectSwapView},
    enrol::PersonView,
    handover::{self, HandoverView},
    me::{self, Me},
    money::{self, Statement},
    opt_in::{self, OptInView},
    overrides::{self, OverrideView},
    parting::{self, PartingView},
    pattern::{self, HintView},
    proposals::{self, PartyView, ProposalView},
    report::AuditEntry,
    review::{self, CheckInView, ReviewView},
    roster::{self, RepView},
    submit::{self, SubmissionView},
    triage::{self, TriageView},
};
use crate::{
    domain::{
        ids::{AccountId, RepId},
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{audit, people, roster as kept},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// How much is read at a time.
const PAGE: i64 = 200;

/// All that is kept of one person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnData {
    /// Whose it is.
    pub id: RepId,
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// What an administrator has said of them.
    pub record: Option<PersonView>,
    /// The roles they act in here by the roster, and their teams.
    pub roles: Vec<Me>,
    /// What is kept of them as a rep, where they are one.
    pub rep: Option<OwnRepData>,
    /// The overrides they ordered.
    pub overrides: Vec<OverrideView>,
    /// What the audit log says they did.
    pub audit: Vec<AuditEntry>,
}

/// All that is kept of a rep.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnRepData {
    /// What the CRM says of them.
    pub profile: RepView,
    /// What they have opted in to.
    pub opt_in: OptInView,
    /// The hint about how much they submit.
    pub hint: HintView,
    /// Whose book each of these accounts is in: theirs.
    pub book: Vec<AccountId>,
    /// What they have submitted: ratings, reasons, notes.
    pub submissions: Vec<SubmissionView>,
    /// Their answers on the ladder.
    pub triages: Vec<TriageView>,
    /// Customers they have asked to part with.
    pub partings: Vec<PartingView>,
    /// What they asked of colleagues and were asked.
    pub direct_swaps: Vec<DirectSwapView>,
    /// The proposals they are a party of, with their own answers; nobody else's name.
    pub proposals: Vec<PartyView>,
    /// What each of those means to them in money.
    pub money: Vec<Statement>,
    /// The handovers of those, with their own notes.
    pub handovers: Vec<HandoverView>,
    /// Their check-ins.
    pub check_ins: Vec<CheckInView>,
    /// Their reviews.
    pub reviews: Vec<ReviewView>,
}

/// All that is kept of whoever asks.
pub fn own(reader: &mut Reader<'_>, settings: &Settings, who: &Principal) -> Result<OwnData, Refused> {
    match who.role {
        Role::Service => Err(Refused::NotAllowed("a program is no person")),
        Role::Rep | Role::Manager | Role::Admin => of(reader, settings, &who.id),
    }
}

/// All that is kept of a person, for an admin at the machine itself to hand to them.
pub fn of_person(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: &RepId,
) -> Result<OwnData, Refused> {
    if who.role != Role::Admin {
        return Err(Refused::NotAllowed("what is kept of a person is theirs"));
    }
    let found = of(reader, settings, id)?;
    let is_known = found.rep.is_some() || found.record.is_some() || !found.roles.is_empty() || !found.audit.is_empty();
    if is_known { Ok(found) } else { Err(Refused::NotFound("person")) }
}

fn of(reader: &mut Reader<'_>, settings: &Settings, id: &RepId) -> Result<OwnData, Refused> {
    let acting = |role| Principal { id: id.clone(), role };
    let is_rep = kept::rep(reader, id)?.is_some();
    let is_manager = !kept::teams_of(reader, id)?.is_empty();
    let mut roles = Vec::new();
    for (role, is_held) in [(Role::Rep, is_rep), (Role::Manager, is_manager)] {
        if is_held {
            roles.push(me::me(reader, &acting(role))?);
        }
    }
    let mut overrides =
        all(|page| overrides::list(reader, settings, &acting(Role::Manager), None, page), |one| one.id)?;
    overrides.retain(|order| order.author == *id);
    Ok(OwnData {
        id: id.clone(),
        read_at: reader.now(),
        record: people::one(reader, id)?.map(PersonView::from),
        roles,
        rep: if is_rep { Some(of_rep(reader, settings, &acting(Role::Rep))?) } else { None },
        overrides,
        audit: deeds(reader, id)?,
    })
}

fn of_rep(reader: &mut Reader<'_>, settings: &Settings, who: &Principal) -> Result<OwnRepData, Refused> {
    let submissions = all(|page| submit::list(reader, who, page), |one| one.id)?;
    let mut triages = Vec::new();
    for submission in &submissions {
        match triage::one(reader, settings, who, submission.id) {
            Err(Refused::NotFound(_)) => {}
            found => triages.push(found?),
        }
    }
    let (mut parties, mut money) = (Vec::new(), Vec::new());
    for view in all(|page| proposals::list(reader, who, page), ProposalView::id)? {
        if let ProposalView::Party(mut view) = view {
            view.counterpart = None;
            money.push(money::statement(reader, settings, who, view.id)?);
            parties.push(*view);
        }
    }
    let mut handovers = all(|page| handover::list(reader, who, page), |one| one.id)?;
    let (mut check_ins, mut reviews) = (Vec::new(), Vec::new());
    for handover in &mut handovers {
        for step in handover.steps.iter_mut().filter(|step| step.done_by.as_ref() != Some(&who.id)) {
            (step.note, step.done_by) = (None, None);
        }
        check_ins.extend(review::check_ins(reader, who, handover.id)?);
        reviews.extend(review::reviews(reader, who, handover.id)?);
    }
    Ok(OwnRepData {
        profile: roster::rep(reader, who, &who.id)?,
        opt_in: opt_in::opt_in(reader, who)?,
        hint: pattern::hint(reader, settings, who)?,
        book: all(|page| roster::accounts(reader, who, page), |one: &roster::AccountView| one.facts.id.clone())?
            .into_iter()
            .map(|account| account.facts.id)
            .collect(),
        submissions,
        triages,
        partings: all(|page| parting::list(reader, who, page), |one| one.id)?,
        direct_swaps: all(|page| direct::list(reader, settings, who, page), DirectSwapView::id)?,
        proposals: parties,
        money,
        handovers,
        check_ins,
        reviews,
    })
}

/// What somebody did, in whichever role, without the states their acts led to, which can tell what others answered.
fn deeds(reader: &mut Reader<'_>, id: &RepId) -> Result<Vec<AuditEntry>, Refused> {
    let mut all = Vec::new();
    for role in [Role::Rep, Role::Manager, Role::Admin] {
        let who = Principal { id: id.clone(), role };
        let mut skip = 0;
        loop {
            let some = audit::entries_by(reader, &who, skip, PAGE)?;
            if some.is_empty() {
                break;
            }
            skip += PAGE;
            all.extend(some);
        }
    }
    all.sort_by_key(|entry| entry.seq);
    let numbered = (1..).zip(all);
    Ok(numbered.map(|(place, entry)| AuditEntry::of_own(place, entry)).collect())
}

/// Every page of a list.
fn all<T, K: Clone>(
    mut page: impl FnMut(Page<K>) -> Result<Vec<T>, Refused>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, Refused> {
    let mut found: Vec<T> = Vec::new();
    loop {
        let some = page(Page { after: found.last().map(&key), limit: PAGE })?;
        if some.is_empty() {
            return Ok(found);
        }
        found.extend(some);
    }
}
