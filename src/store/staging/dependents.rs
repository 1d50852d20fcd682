//! What hung on the rows of a file: submissions and live proposals of reps who leave and of accounts that went elsewhere.
//!
//! In go the temporary tables of an import that has just been brought in; out come the submissions and proposals to look
//! at. Cost: a few joins over the staged rows, and one read for each thing found, of which there are few.
//! Deliberately absent: what becomes of them.

use super::words;
use crate::{
    domain::{
        ids::ProposalId,
        proposal::{Proposal, ProposalState},
        submission::Submission,
    },
    store::{StoreError, Writer, proposals, submissions},
};

/// What was found, each once, by id.
#[derive(Debug, Default)]
pub struct Dependents {
    /// Live submissions.
    pub submissions: Vec<Submission>,
    /// Live proposals.
    pub proposals: Vec<Proposal>,
}

fn load(writer: &mut Writer<'_>, submission_sql: &str, proposal_sql: &str) -> Result<Dependents, StoreError> {
    let mut found = Dependents::default();
    for id in words(&mut *writer.connection, submission_sql)? {
        found.submissions.extend(submissions::one(writer, id.parse()?)?);
    }
    for id in words(&mut *writer.connection, proposal_sql)? {
        let id: ProposalId = id.parse()?;
        proposals::hold(writer, id)?;
        found.proposals.extend(proposals::one(writer, id)?);
    }
    Ok(found)
}

/// The live submissions and proposals of accounts staged that are not active, or not with whom the submission or the
/// proposal says: before they move with who gives them, by the same ownership; on their way with either side; after it
/// with who got them.
pub fn of_accounts(writer: &mut Writer<'_>) -> Result<Dependents, StoreError> {
    let in_states = |fits: fn(ProposalState) -> bool| {
        let states: Vec<String> =
            ProposalState::ALL.iter().filter(|state| fits(**state)).map(|state| format!("'{state}'")).collect();
        format!("p.state IN ({})", states.join(", "))
    };
    let waits = in_states(|state| state.is_live() && !state.has_gone_out());
    let is_out = in_states(|state| state == ProposalState::Executing);
    let has_moved = in_states(|state| state == ProposalState::OnTrial);
    let with_giver = "(a.owner_id = l.from_rep_id AND a.ownership = l.ownership)";
    let with_receiver = "a.owner_id = l.to_rep_id";
    load(
        writer,
        &format!(
            "SELECT s.id AS word FROM submissions AS s JOIN accounts AS a ON a.id = s.account_id \
             WHERE s.state IN {} AND (a.status <> 'active' OR a.owner_id <> s.rep_id) \
               AND EXISTS (SELECT 1 FROM staged_accounts AS f WHERE f.id = a.id) ORDER BY s.id",
            super::LIVE
        ),
        &format!(
            "SELECT DISTINCT p.id AS word FROM proposals AS p JOIN legs AS l ON l.proposal_id = p.id \
             JOIN accounts AS a ON a.id = l.account_id \
             WHERE l.live AND EXISTS (SELECT 1 FROM staged_accounts AS f WHERE f.id = a.id) \
               AND (a.status <> 'active' OR ({waits} AND NOT {with_giver}) \
                    OR ({is_out} AND NOT ({with_giver} OR {with_receiver})) \
                    OR ({has_moved} AND NOT ({with_receiver} OR EXISTS ( \
                        SELECT 1 FROM undos AS u WHERE u.proposal_id = p.id AND u.state = 'executing' \
                            AND a.owner_id = l.from_rep_id)))) \
             ORDER BY word"
        ),
    )
}

/// The live submissions and proposals of reps staged who are going to leave or have left.
pub fn of_reps(writer: &mut Writer<'_>) -> Result<Dependents, StoreError> {
    let leaving = "(SELECT r.id FROM reps AS r JOIN staged_reps AS f ON f.id = r.id \
                    WHERE NOT r.active OR r.barred OR r.leaves_on IS NOT NULL)";
    load(
        writer,
        &format!(
            "SELECT s.id AS word FROM submissions AS s WHERE s.state IN {} AND s.rep_id IN {leaving} ORDER BY s.id",
            super::LIVE
        ),
        &format!(
            "SELECT DISTINCT l.proposal_id AS word FROM legs AS l WHERE l.live AND l.from_rep_id IN {leaving} \
             ORDER BY word"
        ),
    )
}
