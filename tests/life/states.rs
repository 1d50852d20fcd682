//! The whole state × action × actor table of each machine, as a snapshot, and what must hold of it whatever it says.

use account_swap::domain::{
    abuse, direct, handover, meeting, override_review, overrides, parting, proposal, submission, undo, webhook,
};
use std::fmt::{Display, Write as _};

/// One line for each state and action: what each actor gets.
fn table<S, A, B, N: Display, R: Display>(
    states: &[S],
    actions: &[A],
    actors: &[B],
    next: impl Fn(S, A, B) -> Result<N, R>,
) -> String
where
    S: Copy + Display,
    A: Copy + Display,
    B: Copy + Display,
{
    let mut text = String::new();
    for state in states {
        for action in actions {
            let answers: Vec<String> = actors
                .iter()
                .map(|actor| match next(*state, *action, *actor) {
                    Ok(after) => format!("{actor} → {after}"),
                    Err(refusal) => format!("{actor}: {refusal}"),
                })
                .collect();
            writeln!(text, "{state:<16} {action:<15} {}", answers.join(" | ")).unwrap();
        }
    }
    text
}

#[test]
fn every_transition_of_a_submission_is_as_agreed() {
    use submission::*;
    insta::assert_snapshot!(table(SubmissionState::ALL, SubmissionAction::ALL, SubmissionActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_proposal_is_as_agreed() {
    use proposal::*;
    insta::assert_snapshot!(table(ProposalState::ALL, ProposalAction::ALL, ProposalActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_handover_step_is_as_agreed() {
    use handover::*;
    insta::assert_snapshot!(table(StepState::ALL, StepAction::ALL, StepActor::ALL, next_state));
}

#[test]
fn every_transition_of_an_override_is_as_agreed() {
    use overrides::*;
    insta::assert_snapshot!(table(OverrideState::ALL, OverrideAction::ALL, OverrideActor::ALL, next_state));
}

#[test]
fn every_transition_of_an_undo_is_as_agreed() {
    use undo::*;
    insta::assert_snapshot!(table(UndoState::ALL, UndoAction::ALL, UndoActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_direct_swap_is_as_agreed() {
    use direct::*;
    insta::assert_snapshot!(table(DirectSwapState::ALL, DirectSwapAction::ALL, DirectSwapActor::ALL, next_state));
}

#[test]
fn what_the_two_see_of_each_state_of_a_direct_swap_is_as_agreed() {
    use direct::*;
    let mut text = String::new();
    for state in DirectSwapState::ALL {
        let [before, after] = [false, true].map(|revealed| {
            (
                sent_status(*state, false, revealed),
                sent_status(*state, true, revealed),
                received_status(*state, revealed),
            )
        });
        writeln!(text, "{state:<14} asker {:<5} or {:<9} colleague {:<8}", before.0, before.1, before.2).unwrap();
        writeln!(text, "{:<14} revealed: asker {:<13} or {:<9} colleague {}", "", after.0, after.1, after.2).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_transition_of_a_meeting_is_as_agreed() {
    use meeting::*;
    insta::assert_snapshot!(table(MeetingState::ALL, MeetingAction::ALL, MeetingActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_review_of_an_override_is_as_agreed() {
    use override_review::*;
    let of = overrides::OverrideState::ALL;
    insta::assert_snapshot!(table(of, ReviewState::ALL, Reviewer::ALL, next_state));
}

#[test]
fn every_transition_of_what_is_on_record_of_abuse_is_as_agreed() {
    use abuse::*;
    insta::assert_snapshot!(table(AbuseState::ALL, AbuseAction::ALL, AbuseActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_parting_is_as_agreed() {
    use parting::*;
    insta::assert_snapshot!(table(PartingState::ALL, PartingAction::ALL, PartingActor::ALL, next_state));
}

#[test]
fn every_transition_of_a_webhook_is_as_agreed() {
    use webhook::*;
    insta::assert_snapshot!(table(WebhookState::ALL, WebhookAction::ALL, WebhookActor::ALL, next_state));
}

#[test]
fn what_a_party_sees_of_each_state_is_as_agreed() {
    use proposal::*;
    let mut text = String::new();
    for state in ProposalState::ALL {
        for answers in Answers::ALL {
            let [before, after] = [false, true].map(|revealed| public_status(*state, *answers, revealed));
            writeln!(text, "{state:<16} {answers:<12} {before:<13} revealed: {after}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_leaves_a_final_state() {
    use proposal::*;
    let finals = ProposalState::ALL.iter().filter(|state| !state.is_live());
    for state in finals {
        for action in ProposalAction::ALL {
            for actor in ProposalActor::ALL {
                assert!(next_state(*state, *action, *actor).is_err(), "{state} {action} {actor}");
            }
        }
    }
}

#[test]
fn an_unrevealed_end_looks_like_no_end_whoever_ended_it() {
    use proposal::*;
    let open = |answers| public_status(ProposalState::Proposed, answers, false);
    for state in ProposalState::ALL.iter().filter(|state| state.is_not_concluded()) {
        for answers in [Answers::OwnPending, Answers::OwnAccepted] {
            assert_eq!(public_status(*state, answers, false), open(answers), "{state} {answers}");
        }
        for answers in Answers::ALL {
            assert_eq!(public_status(*state, *answers, true), PublicStatus::NotConcluded, "{state} {answers}");
        }
    }
}

#[test]
fn only_people_without_gain_or_the_policy_approve_and_no_batch_ends_what_a_person_accepted() {
    use proposal::*;
    for state in ProposalState::ALL {
        for action in [ProposalAction::Approve, ProposalAction::ApproveAsLast, ProposalAction::Veto] {
            for actor in [ProposalActor::Party, ProposalActor::Beneficiary, ProposalActor::Stranger] {
                assert!(next_state(*state, action, actor).is_err(), "{state} {action} {actor}");
            }
        }
        assert!(next_state(*state, ProposalAction::Supersede, ProposalActor::System).is_err(), "{state}");
    }
    for action in [ProposalAction::Decline, ProposalAction::Withdraw, ProposalAction::Veto, ProposalAction::Expire] {
        for actor in ProposalActor::ALL {
            assert!(next_state(ProposalState::Approved, action, *actor).is_err(), "declining after approval: {actor}");
        }
    }
}
