//! What ends because a rep leaves, or because an account is sold, closed, merged or in somebody else's book.
//!
//! In goes an import that has just been brought in, or a rep who may not act any more; out comes nothing but what it struck, in the import's own transaction,
//! each thing with its cause. Before a change of owner has gone out its proposal ends; while it is out two people must look,
//! or, where a rep leaves, its manager finishes it or says that it failed; a trial whose accounts are not where it put them
//! is over. Holds: to a party an end before approval shows no sooner than any other, and never with its cause.
//! Deliberately absent: what to do with the book of who leaves.

use super::{
    Refused, Writer,
    life::{advance, advance_submission, touch},
};
use crate::{
    domain::{
        ids::RepId,
        invalidation::Cause,
        principal::Principal,
        proposal::{Proposal, ProposalAction, ProposalActor, ProposalState},
        submission::{Submission, SubmissionAction, SubmissionActor},
    },
    store::{
        audit::Change,
        people, proposals, roster,
        staging::dependents::{self, Dependents},
        submissions, undos,
    },
};

/// Strikes what depended on the accounts of a file as they were.
pub(super) fn of_accounts(writer: &mut Writer<'_>, who: &Principal) -> Result<(), Refused> {
    let Dependents { submissions, proposals } = dependents::of_accounts(writer)?;
    // Submissions first: a proposal that ends gives free what is bound to it and nothing else.
    for submission in submissions {
        let held = roster::account(writer, &submission.account)?;
        let cause = held.and_then(|held| Cause::of(held.status)).unwrap_or(Cause::AccountReassigned);
        strike(writer, who, &submission, cause)?;
    }
    for proposal in proposals {
        let mut cause = None;
        for leg in &proposal.legs {
            cause = cause.or(roster::account(writer, &leg.account)?.and_then(|held| Cause::of(held.status)));
        }
        end(writer, who, &proposal, cause.unwrap_or(Cause::AccountReassigned))?;
    }
    Ok(())
}

/// Strikes what depended on the reps of a file who leave or have left.
pub(super) fn of_leavers(writer: &mut Writer<'_>, who: &Principal) -> Result<(), Refused> {
    let Dependents { submissions, proposals } = dependents::of_reps(writer)?;
    for submission in submissions {
        strike(writer, who, &submission, Cause::RepLeft)?;
    }
    for proposal in proposals {
        end(writer, who, &proposal, Cause::RepLeft)?;
    }
    Ok(())
}

/// Strikes what depended on one rep, who may not act as one any more.
pub(super) fn of_rep(writer: &mut Writer<'_>, who: &Principal, rep: &RepId) -> Result<(), Refused> {
    let (stated, given) = people::dependents(writer, rep)?;
    for id in stated {
        if let Some(submission) = submissions::one(writer, id)? {
            strike(writer, who, &submission, Cause::RepLeft)?;
        }
    }
    for id in given {
        proposals::hold(writer, id)?;
        if let Some(proposal) = proposals::one(writer, id)? {
            end(writer, who, &proposal, Cause::RepLeft)?;
        }
    }
    Ok(())
}

/// Strikes a submission and says why.
pub(super) fn strike(
    writer: &mut Writer<'_>,
    who: &Principal,
    submission: &Submission,
    cause: Cause,
) -> Result<(), Refused> {
    advance_submission(writer, who, submission, SubmissionAction::Invalidate, SubmissionActor::System)?;
    Ok(submissions::explain(writer, submission.id, cause)?)
}

/// Ends a proposal as far as it has come, and says why.
pub(super) fn end(writer: &mut Writer<'_>, who: &Principal, proposal: &Proposal, cause: Cause) -> Result<(), Refused> {
    let is_about_an_account = cause != Cause::RepLeft;
    let goes_back = undos::of(writer, proposal.id)?.state.is_under_way();
    let action = match proposal.state {
        ProposalState::Proposed | ProposalState::Accepted | ProposalState::Approved => ProposalAction::Invalidate,
        ProposalState::Executing if is_about_an_account => ProposalAction::Fail,
        ProposalState::OnTrial if is_about_an_account && goes_back => ProposalAction::Fail,
        ProposalState::OnTrial if is_about_an_account => ProposalAction::Complete,
        ProposalState::Executing | ProposalState::OnTrial if proposal.cause != Some(cause) => {
            touch(writer, proposal, |proposal| proposal.cause = Some(cause))?;
            writer.record(Change {
                actor: who.clone(),
                action: "tell_managers",
                subject_kind: "proposal",
                subject_id: proposal.id.to_string(),
                from_state: Some(proposal.state.as_str()),
                to_state: Some(proposal.state.as_str()),
            });
            return Ok(());
        }
        _ => return Ok(()),
    };
    advance(writer, who, proposal, action, ProposalActor::System, |proposal| proposal.cause = Some(cause))?;
    Ok(())
}
