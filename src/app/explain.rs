//! What a proposal means for one of its parties: whether to say yes or no, judged from own inputs alone.
//!
//! In goes a party; out come their gain by named terms, their driving before and after, what is known of the account they
//! would get, what happens next and who has to act, and what declining would lead to for each reason. Holds: everything
//! here follows from the party's own side, from facts of the two accounts, from the policy and from the public status, so
//! that nothing can be worked out that a colleague said of this proposal or answered to it.
//! Deliberately absent: the colleague's name, which the proposal itself shows once it may be known.

use super::{
    Reader, Refused,
    life::relation,
    proposals::{Awaiting, FOR_THE_CRM, facts, own_legs},
    roster::AccountFacts,
    waiting,
};
use crate::{
    domain::{
        decline::{Consequence, DeclineReason},
        ids::{ProposalId, Version},
        principal::Principal,
        proposal::{Geography, Leg, Proposal, ProposalActor, PublicStatus, Side},
        units::Minutes,
    },
    settings::Settings,
    store::{handovers, proposals},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The most notes that are shown.
const MOST_NOTES: i64 = 5;

/// What a proposal means for its reader.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Explanation {
    /// The proposal.
    pub id: ProposalId,
    /// All that the reader learns of its state.
    pub status: PublicStatus,
    /// What the reader gives, gets and gains, by named terms in minutes a year.
    pub side: Side,
    /// The same in words, one sentence a term.
    pub sentences: Vec<String>,
    /// The reader's driving for the account they have and for the one they would get.
    pub travel: Travel,
    /// The account the reader gives.
    pub gives: AccountFacts,
    /// The account the reader gets.
    pub receives: AccountFacts,
    /// What former owners wrote down for whoever comes after them when they handed that account over, the latest first.
    pub what_worked: Vec<WhatWorked>,
    /// What happens next.
    pub next: Next,
    /// What declining would lead to, for each reason; empty where there is nothing to decline any more.
    pub if_you_decline: Vec<IfDeclined>,
    /// The version explained.
    pub version: Version,
}

/// Driving before and after.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Travel {
    /// Minutes a year for the account the reader has.
    pub minutes_a_year_before: Minutes,
    /// Minutes a year for the account they would get.
    pub minutes_a_year_after: Minutes,
    /// Minutes from the reader's base to the account they have.
    pub one_way_minutes_before: Minutes,
    /// Minutes from the reader's base to the account they would get.
    pub one_way_minutes_after: Minutes,
    /// Whether any of it is an estimate.
    pub estimated: bool,
}

/// A note that travels with an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhatWorked {
    /// When it was written.
    pub written_on: NaiveDate,
    /// What it says.
    pub note: String,
}

/// What happens next.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Next {
    /// Who has to act.
    pub awaiting: Awaiting,
    /// By when at the latest, where there is a limit.
    pub by: Option<DateTime<Utc>>,
    /// The same in words.
    pub sentence: String,
}

/// What declining for a reason leads to, for the decliner alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IfDeclined {
    /// The reason.
    pub reason: DeclineReason,
    /// For how many days it holds; absent where it holds for good.
    pub days: Option<u32>,
    /// What it leads to, in words.
    pub sentence: String,
}

/// Explains to a party what they would gain, why, and what they can do.
pub fn explain(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
) -> Result<Explanation, Refused> {
    let proposal = proposals::one(reader, id)?.ok_or(Refused::NotFound("proposal"))?;
    match relation(reader, who, &proposal)? {
        ProposalActor::Party => {}
        ProposalActor::Stranger => return Err(Refused::NotFound("proposal")),
        ProposalActor::Service if !FOR_THE_CRM.contains(&proposal.state) => {
            return Err(Refused::NotFound("proposal"));
        }
        _ => return Err(Refused::NotAllowed("only a party sees what a proposal means for them")),
    }
    let (given, received) = own_legs(&proposal, &who.id)?;
    let side = given.side;
    let status = proposal.public_status(given);
    let mut sentences = sentences(&side);
    sentences.extend(waiting::sentence(reader, &proposal, given)?);
    Ok(Explanation {
        id,
        status,
        side,
        sentences,
        travel: Travel {
            minutes_a_year_before: side.given.travel_minutes,
            minutes_a_year_after: side.received.travel_minutes,
            one_way_minutes_before: side.given.one_way_minutes,
            one_way_minutes_after: side.received.one_way_minutes,
            estimated: side.given.travel_estimated || side.received.travel_estimated,
        },
        gives: facts(reader, &given.account)?,
        receives: facts(reader, &received.account)?,
        what_worked: handovers::what_worked(reader, &received.account, MOST_NOTES)?
            .into_iter()
            .map(|(written_at, note)| WhatWorked { written_on: written_at.date_naive(), note })
            .collect(),
        next: next(settings, &proposal, given, status),
        if_you_decline: match status {
            PublicStatus::Proposed => if_declined(settings, &side),
            _ => Vec::new(),
        },
        version: given.version,
    })
}

/// What happens next. The one limit told to who has accepted is the same whoever the colleague is: that of the longest time
/// anybody may have.
fn next(settings: &Settings, proposal: &Proposal, given: &Leg, status: PublicStatus) -> Next {
    let terms = &settings.proposals;
    let days = terms.answer_days_at_most + terms.approve_days_at_most;
    let settled_by = given.answer_by.max(proposal.created_at + Duration::days(days.into()));
    let (by, sentence) = match status {
        PublicStatus::Proposed => (
            Some(proposal.answer_by(given)),
            "Accept or decline. Your colleague does not learn what you answered; if either of you does not accept, both of \
             you read that it was not concluded, after one of the next matching runs.",
        ),
        PublicStatus::Answered => (
            Some(settled_by),
            "You have accepted. What came of it is shown after one of the next matching runs, once your colleague has \
             answered or the time for it is over.",
        ),
        PublicStatus::Accepted => {
            (Some(settled_by), "All have accepted. It goes to the managers, or lapses if they do not approve it.")
        }
        PublicStatus::Approved => {
            (None, "It is approved. Go through the checklist of the handover with your colleague.")
        }
        PublicStatus::Executing => (None, "The change of owner is on its way through the CRM."),
        PublicStatus::OnTrial => (None, "The accounts have changed hands, and the trial runs."),
        PublicStatus::Completed => (None, "The trial is over and the accounts stay where they are."),
        PublicStatus::Undone => (None, "Both accounts went back to where they came from."),
        PublicStatus::NotConcluded => (None, "It was not concluded. Nothing has changed."),
    };
    Next { awaiting: Awaiting::of(status), by, sentence: sentence.to_owned() }
}

/// What each reason for declining would lead to.
fn if_declined(settings: &Settings, side: &Side) -> Vec<IfDeclined> {
    let led = |reason: &DeclineReason| {
        let (days, what) = match settings.proposals.declines.lead_to(*reason) {
            Consequence::NotThatAccount { days } => (Some(days), "this account is not proposed to you".to_owned()),
            Consequence::OnlyNearer { days } => {
                let minutes = side.received.one_way_minutes;
                (Some(days), format!("nothing {minutes} minutes or more away, one way, is proposed to you"))
            }
            Consequence::OnlyMoreGain { days, more_minutes } => {
                let least = side.gain + Minutes(more_minutes);
                (Some(days), format!("nothing that gains you less than {least} minutes a year is proposed to you"))
            }
            Consequence::Rest { days } => (Some(days), "nothing is proposed to you".to_owned()),
            Consequence::Withdraw => (None, String::new()),
        };
        let sentence = match days {
            Some(days) => format!("For {days} days {what}."),
            None => "Your submission is withdrawn, and your account stays with you.".to_owned(),
        };
        IfDeclined { reason: *reason, days, sentence }
    };
    DeclineReason::ALL.iter().map(led).collect()
}

fn sentences(side: &Side) -> Vec<String> {
    let Side { given, received, handover_minutes, gain } = side;
    let drive = |estimated: bool| if estimated { " (estimated)" } else { "" };
    let mut told = vec![
        format!(
            "Rapport: {} stars with the new account at the cautious end, against {} now: {:+} minutes a year.",
            received.stars,
            given.stars,
            (received.rapport_minutes - given.rapport_minutes).0
        ),
        format!(
            "Driving{}: {} minutes a year for the new account, {} for the old one; one way {} and {} minutes.",
            drive(received.travel_estimated || given.travel_estimated),
            received.travel_minutes,
            given.travel_minutes,
            received.one_way_minutes,
            given.one_way_minutes
        ),
    ];
    told.extend(geography_sentences(&given.geography, &received.geography));
    told.push(format!("The handover itself costs you {handover_minutes} minutes, once."));
    told.push(format!("In all you gain {gain} minutes a year."));
    told
}

/// One sentence for each term of geography that costs something now or after.
fn geography_sentences(given: &Geography, received: &Geography) -> Vec<String> {
    let terms = |of: &Geography| {
        let Geography { outside_territory_minutes, other_country_minutes, time_zone_minutes, island_minutes } = *of;
        [
            ("Outside your territory", outside_territory_minutes),
            ("In another country", other_country_minutes),
            ("In another time zone", time_zone_minutes),
            ("Far from the rest of your book", island_minutes),
        ]
    };
    let both = terms(received).into_iter().zip(terms(given));
    both.filter(|((_, after), (_, before))| *after != Minutes::ZERO || *before != Minutes::ZERO)
        .map(|((what, after), (_, before))| {
            format!("{what}: {after} minutes a year for the new account, {before} for the old one.")
        })
        .collect()
}
