//! Events: all that other systems are told of what happened here.
//!
//! In goes a change as it goes on record; out comes the event that others are told of it, or nothing. An event says what
//! every party may know at that very moment and no more: answers, vetoes and ends before approval are told only when the
//! next batch reveals them, all by one word; submissions, reasons, ratings, notes, questions between colleagues, abuse,
//! partings and overrides are never told. Kinds that name a person, or ask another system to act, go only to endpoints
//! that name the kind ([`EventKind::is_open`]).
//! Deliberately absent: who listens, and how it gets there.

use super::closed::closed_list;

closed_list! {
    /// What an event is about.
    EventKind {
        /// A move was put to its reps.
        ProposalProposed = "proposal.proposed",
        /// Its reps were told that all of them have accepted.
        ProposalAccepted = "proposal.accepted",
        /// It is approved; the handover is being prepared.
        ProposalApproved = "proposal.approved",
        /// It came to nothing; why is nobody's business.
        ProposalNotConcluded = "proposal.not_concluded",
        /// The change of owner is on its way through the CRM.
        ProposalExecuting = "proposal.executing",
        /// The accounts have changed hands; the trial runs.
        ProposalOnTrial = "proposal.on_trial",
        /// The trial is over.
        ProposalCompleted = "proposal.completed",
        /// All accounts are with their former owners.
        ProposalUndone = "proposal.undone",
        /// The accounts of a trial are to go back.
        UndoGranted = "undo.granted",
        /// The CRM is asked to carry out changes of owner and to say so; again where it does not answer.
        HandoverExecute = "handover.execute",
        /// The CRM takes longer than it may.
        HandoverOverdue = "handover.overdue",
        /// The CRM and we disagree; two people must look.
        HandoverNeedsAttention = "handover.needs_attention",
        /// A run's proposals are there.
        RunPublished = "run.published",
        /// A run failed.
        RunFailed = "run.failed",
        /// A rep's time to answer runs out.
        AnswerDue = "reminder.answer_due",
        /// A manager's time to approve runs out.
        ApprovalDue = "reminder.approval_due",
        /// A rep is asked how a trial goes.
        CheckInDue = "reminder.check_in_due",
        /// A rep is asked what became of an account.
        ReviewDue = "reminder.review_due",
        /// Another endpoint gets nothing any more.
        WebhookDisabled = "webhook.disabled",
    }
}

impl EventKind {
    /// Whether it goes to whoever takes all events; the others name a person or ask for a deed, and are asked for by name.
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            Self::HandoverExecute | Self::AnswerDue | Self::ApprovalDue | Self::CheckInDue | Self::ReviewDue
        )
    }

    /// The kinds that go only to who names them.
    pub fn named_only() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| !kind.is_open())
    }

    /// What others are told of a change: the kind of thing, what was done to it, and its states before and after.
    pub fn of(subject_kind: &str, action: &str, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        let entered = (from != to).then_some(to).flatten();
        Some(match (subject_kind, action, entered) {
            ("proposal", "show", _) => Self::ProposalAccepted,
            ("proposal", "reveal", _) => Self::ProposalNotConcluded,
            ("proposal", "alarm", _) => Self::HandoverOverdue,
            ("proposal", _, Some("proposed")) if from.is_none() => Self::ProposalProposed,
            ("proposal", _, Some("approved")) => Self::ProposalApproved,
            // What has been approved ends in the open.
            ("proposal", _, Some("invalidated")) if from == Some("approved") => Self::ProposalNotConcluded,
            ("proposal", _, Some("executing")) => Self::ProposalExecuting,
            ("proposal", _, Some("on_trial")) => Self::ProposalOnTrial,
            ("proposal", _, Some("completed")) => Self::ProposalCompleted,
            ("proposal", _, Some("undone")) => Self::ProposalUndone,
            ("proposal", _, Some("needs_attention")) => Self::HandoverNeedsAttention,
            ("handover", "execute", _) => Self::HandoverExecute,
            // It is over, and the CRM says otherwise.
            ("handover", "contradict", _) => Self::HandoverNeedsAttention,
            ("undo", _, Some("granted")) => Self::UndoGranted,
            ("run", _, Some("published")) => Self::RunPublished,
            ("run", _, Some("failed")) => Self::RunFailed,
            ("reminder", "answer_due", _) => Self::AnswerDue,
            ("reminder", "approval_due", _) => Self::ApprovalDue,
            ("check_in", "remind", _) => Self::CheckInDue,
            ("review", "remind", _) => Self::ReviewDue,
            ("webhook", _, Some("disabled")) => Self::WebhookDisabled,
            _ => return None,
        })
    }
}

/// What an event's subject is ordered by: the first part of its id, which of all that concerns a proposal is the proposal's.
pub fn ordering_key(subject_id: &str) -> &str {
    subject_id.split('/').next().unwrap_or(subject_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::proposal::{ProposalAction, ProposalActor, ProposalState, next_state};

    #[test]
    fn what_a_colleague_answered_is_told_by_no_transition_before_approval() {
        for state in ProposalState::ALL.iter().filter(|state| state.is_undecided()) {
            for action in ProposalAction::ALL {
                for actor in ProposalActor::ALL {
                    let Ok(after) = next_state(*state, *action, *actor) else { continue };
                    let told = EventKind::of("proposal", action.deed(), Some(state.as_str()), Some(after.as_str()));
                    let expected = (after == ProposalState::Approved).then_some(EventKind::ProposalApproved);
                    assert_eq!(told, expected, "{state} {action} {actor} → {after}");
                }
            }
        }
    }

    #[test]
    fn every_step_after_approval_is_told_once_and_staying_is_not() {
        for state in ProposalState::ALL.iter().filter(|state| !state.is_undecided()) {
            for action in ProposalAction::ALL {
                for actor in ProposalActor::ALL {
                    let Ok(after) = next_state(*state, *action, *actor) else { continue };
                    let told = EventKind::of("proposal", action.deed(), Some(state.as_str()), Some(after.as_str()));
                    assert_eq!(told.is_some(), *state != after, "{state} {action} {actor} → {after}");
                }
            }
        }
    }

    #[test]
    fn opinions_have_no_event() {
        for subject in [
            "submission",
            "abuse_record",
            "parting",
            "direct_swap",
            "meeting",
            "override",
            "rep",
            "handover_step",
            "import",
        ] {
            for state in ["open", "declared", "requested", "sent", "effective", "done", "approved", "executing"] {
                assert_eq!(EventKind::of(subject, "accept", None, Some(state)), None, "{subject} {state}");
            }
        }
        assert_eq!(EventKind::of("check_in", "check_in", None, None), None);
        assert_eq!(EventKind::of("undo", "ask", Some("not_asked"), Some("asked")), None);
        assert_eq!(EventKind::of("undo", "refuse", Some("asked"), Some("refused")), None);
    }

    #[test]
    fn all_of_a_proposal_has_one_order() {
        assert_eq!(ordering_key("5b1f"), "5b1f");
        assert_eq!(ordering_key("5b1f/anna"), "5b1f");
        assert_eq!(ordering_key("5b1f/anna/7"), "5b1f");
    }
}
