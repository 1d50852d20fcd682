//! Handovers: the checklist before a change of owner, and the one before it is undone.
//!
//! In go a step's state, an action and an actor; out comes the next state or the reason there is none. What a checklist
//! holds is data: a list of [`StepRule`]s, copied into every step when it is made, so that a change of settings changes no
//! checklist that has begun. Where the whole handover stands is the proposal's state; it is not kept twice.
//! Deliberately absent: the change of owner itself, which is one transaction of the `app`, and an order in which steps must
//! be done; the template's order is the one they are shown in.

use super::{
    closed::closed_list,
    ids::{ProposalId, RepId, Version},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// What has to be done for one account before it changes hands.
    StepKind {
        /// Tell the customer clearly. Cannot be skipped, only waived by the manager.
        TellCustomer = "tell_customer",
        /// Call on the customer together.
        JointCall = "joint_call",
        /// List open deals and tasks and agree who closes them.
        OpenDeals = "open_deals",
        /// Write down what works with this customer.
        Notes = "notes",
        /// Agree on the day the accounts change hands; each giver for their own account.
        EffectiveDate = "effective_date",
    }
}

closed_list! {
    /// Which way the accounts go.
    Phase {
        /// To their new owners.
        Handover = "handover",
        /// Back to their former owners.
        Undo = "undo",
    }
}

closed_list! {
    /// Who does a step. In an undo the giver is who gives the account back.
    Doer {
        /// Who gives the account.
        Giver = "giver",
        /// Who receives it.
        Receiver = "receiver",
        /// Either of the two.
        Either = "either",
    }
}

closed_list! {
    /// Where a step stands.
    StepState {
        /// To do.
        Open = "open",
        /// Done.
        Done = "done",
        /// Left out by who would have done it, where the template allows.
        Skipped = "skipped",
        /// Waived by a manager, with a reason.
        Waived = "waived",
    }
}

closed_list! {
    /// What can be asked of a step.
    StepAction {
        /// Say that it is done.
        Complete = "complete",
        /// Leave it out.
        Skip = "skip",
        /// Let it go, with a reason.
        Waive = "waive",
        /// Take it up again, because what was agreed is agreed no more.
        Reopen = "reopen",
    }
}

closed_list! {
    /// Who asks, in relation to the step's account.
    StepActor {
        /// Who gives the account.
        Giver = "giver",
        /// Who receives it.
        Receiver = "receiver",
        /// A manager of one of the two who gains nothing from it.
        Manager = "manager",
        /// Anybody else.
        Stranger = "stranger",
        /// The program itself.
        System = "system",
    }
}

closed_list! {
    /// Why a step stays as it is.
    StepRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// The template does not let it be skipped.
        NotSkippable = "not_skippable",
        /// It is done, skipped or waived.
        AlreadyDone = "already_done",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(state: StepState, action: StepAction, actor: StepActor) -> Result<StepState, StepRefusal> {
    let next = match (action, actor) {
        (StepAction::Complete, StepActor::Giver | StepActor::Receiver) => StepState::Done,
        (StepAction::Skip, StepActor::Giver | StepActor::Receiver) => StepState::Skipped,
        (StepAction::Waive, StepActor::Manager) => StepState::Waived,
        // What a manager has waived stays waived.
        (StepAction::Reopen, StepActor::System) => match state {
            StepState::Done => return Ok(StepState::Open),
            StepState::Open | StepState::Skipped | StepState::Waived => return Err(StepRefusal::AlreadyDone),
        },
        _ => return Err(StepRefusal::NotYours),
    };
    match state {
        StepState::Open => Ok(next),
        StepState::Done | StepState::Skipped | StepState::Waived => Err(StepRefusal::AlreadyDone),
    }
}

/// One line of a checklist's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// What has to be done, once for each account.
    pub step: StepKind,
    /// Who does it.
    pub by: Doer,
    /// Whether who does it may leave it out. A manager may waive any step, with a reason.
    #[serde(default)]
    pub may_skip: bool,
    /// Whether it is done only by saying something.
    #[serde(default)]
    pub needs_note: bool,
}

/// The first thing that is wrong with a template of a phase.
pub fn first_senseless(template: &[StepRule], phase: Phase) -> Option<String> {
    let stands = |kind: StepKind| template.iter().filter(|rule| rule.step == kind).count();
    if let Some(twice) = StepKind::ALL.iter().find(|kind| stands(**kind) > 1) {
        return Some(format!("has {twice} twice"));
    }
    let Some(telling) = template.iter().find(|rule| rule.step == StepKind::TellCustomer) else {
        return Some("lacks tell_customer: a customer is told".to_owned());
    };
    if telling.may_skip {
        return Some("lets tell_customer be skipped; a manager may waive it".to_owned());
    }
    let agreeing = template.iter().find(|rule| rule.step == StepKind::EffectiveDate)?;
    match phase {
        Phase::Undo => Some("has effective_date; an undo takes effect on the first day that is free".to_owned()),
        Phase::Handover if agreeing.by != Doer::Giver || agreeing.may_skip => {
            Some("must have effective_date by giver, not to be skipped: everybody agrees on the day".to_owned())
        }
        Phase::Handover => None,
    }
}

/// One step of a handover's checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The proposal being handed over or undone.
    pub proposal: ProposalId,
    /// Which of the two.
    pub phase: Phase,
    /// Which account, as the leg's position.
    pub leg: u32,
    /// Its place in the list of its account.
    pub position: u32,
    /// What the template said when the checklist was made.
    pub rule: StepRule,
    /// Where it stands.
    pub state: StepState,
    /// Who settled it.
    pub done_by: Option<RepId>,
    /// When.
    pub done_at: Option<DateTime<Utc>>,
    /// What was said about it: the reason of a waiver, or the notes that travel with the account.
    pub note: String,
    /// New at each change.
    pub version: Version,
}

impl Step {
    /// The state after `action` by `actor`, where the step's own rule allows it.
    pub fn after(&self, action: StepAction, actor: StepActor) -> Result<StepState, StepRefusal> {
        let is_doers = matches!(
            (self.rule.by, actor),
            (Doer::Giver | Doer::Either, StepActor::Giver) | (Doer::Receiver | Doer::Either, StepActor::Receiver)
        );
        let next = next_state(self.state, action, actor);
        match action {
            StepAction::Complete | StepAction::Skip if !is_doers => Err(StepRefusal::NotYours),
            StepAction::Skip if !self.rule.may_skip => Err(StepRefusal::NotSkippable),
            _ => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(step: StepKind, by: Doer, may_skip: bool) -> StepRule {
        StepRule { step, by, may_skip, needs_note: false }
    }

    #[test]
    fn a_template_always_tells_the_customer_and_never_lets_that_be_skipped() {
        let tell = rule(StepKind::TellCustomer, Doer::Giver, false);
        let date = rule(StepKind::EffectiveDate, Doer::Giver, false);
        assert_eq!(first_senseless(&[tell, date], Phase::Handover), None);
        assert_eq!(first_senseless(&[tell], Phase::Undo), None);
        let wrong = |template: &[StepRule], phase| first_senseless(template, phase).expect("senseless");
        assert!(wrong(&[date], Phase::Handover).contains("lacks tell_customer"));
        assert!(wrong(&[StepRule { may_skip: true, ..tell }], Phase::Handover).contains("waive"));
        assert!(wrong(&[tell, tell], Phase::Handover).contains("twice"));
        assert!(wrong(&[tell, StepRule { by: Doer::Either, ..date }], Phase::Handover).contains("everybody agrees"));
        assert!(wrong(&[tell, date], Phase::Undo).contains("first day that is free"));
    }
}
