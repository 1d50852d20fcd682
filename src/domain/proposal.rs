//! Proposals: a move put to its reps, its life, and what a rep may see of it.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none. [`public_status`] is
//! the only thing a rep ever learns of the state: all that was not concluded reads the same, and not before the next
//! batch boundary, so that neither the word nor its moment tells what a colleague answered.
//! Deliberately absent: who is entitled to act for whom (the `app` finds the relation), and deadlines (the database's
//! clock decides them).

use super::{
    approval::Approval,
    closed::closed_list,
    ids::{AccountId, ProposalId, RepId, RunId, SubmissionId, Version},
    invalidation::Cause,
    money,
    units::{Cents, Minutes, Points, Stars},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

closed_list! {
    /// Where a proposal stands.
    ProposalState {
        /// Waiting for its reps.
        Proposed = "proposed",
        /// Every rep has accepted; waiting for approval.
        Accepted = "accepted",
        /// Approved; the handover is being prepared.
        Approved = "approved",
        /// The ownership change is out and not yet confirmed.
        Executing = "executing",
        /// The accounts have moved; the trial runs.
        OnTrial = "on_trial",
        /// The trial is over.
        Completed = "completed",
        /// A rep declined.
        Declined = "declined",
        /// Nobody concluded it in time.
        Expired = "expired",
        /// A rep withdrew the account.
        Withdrawn = "withdrawn",
        /// A manager stopped it.
        Vetoed = "vetoed",
        /// A manager's forced move took its place.
        Superseded = "superseded",
        /// An account no longer belongs to whom it says.
        Invalidated = "invalidated",
        /// Both accounts went back together.
        Undone = "undone",
        /// The CRM and we disagree; two people must look.
        NeedsAttention = "needs_attention",
    }
}

impl ProposalState {
    /// Whether its legs are bound: no other proposal may hold their accounts.
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Proposed | Self::Accepted | Self::Approved | Self::Executing | Self::OnTrial | Self::NeedsAttention
        )
    }

    /// Whether nobody has approved it yet, so that its accounts might still go otherwise.
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Proposed | Self::Accepted)
    }

    /// Whether its accounts have moved, or the CRM may have moved them, and it is not over.
    pub const fn has_moved(self) -> bool {
        matches!(self, Self::OnTrial | Self::NeedsAttention)
    }

    /// Whether its change of owner has gone out to the CRM, whatever became of it.
    pub const fn has_gone_out(self) -> bool {
        matches!(self, Self::Executing | Self::OnTrial | Self::Completed | Self::Undone | Self::NeedsAttention)
    }

    /// Whether it ended before anything moved.
    pub const fn is_not_concluded(self) -> bool {
        matches!(
            self,
            Self::Declined | Self::Expired | Self::Withdrawn | Self::Vetoed | Self::Superseded | Self::Invalidated
        )
    }
}

closed_list! {
    /// What can be asked of a proposal.
    ProposalAction {
        /// Accept while another rep has yet to.
        Accept = "accept",
        /// Accept as the last rep.
        AcceptAsLast = "accept_as_last",
        /// Take an accept back while that is still possible.
        TakeBack = "take_back",
        /// Decline.
        Decline = "decline",
        /// Approve while another manager has yet to.
        Approve = "approve",
        /// Approve as the last manager, or automatically.
        ApproveAsLast = "approve_as_last",
        /// Stop it.
        Veto = "veto",
        /// End it because a rep withdrew the account.
        Withdraw = "withdraw",
        /// Let it lapse.
        Expire = "expire",
        /// Give the reps more time.
        Extend = "extend",
        /// End it because a forced move took its place.
        Supersede = "supersede",
        /// End it because an account changed hands elsewhere.
        Invalidate = "invalidate",
        /// Send the ownership change out.
        Execute = "execute",
        /// Confirm that the CRM carried it out.
        Confirm = "confirm",
        /// Say that the CRM could not, there or back.
        Fail = "fail",
        /// Record that the CRM moved nothing, or has put back what it had moved.
        Return = "return",
        /// Say how it is to be settled while a second person has yet to.
        Settle = "settle",
        /// End the trial.
        Complete = "complete",
        /// Record that all accounts went back together.
        Undo = "undo",
    }
}

impl ProposalAction {
    /// What whoever acted did, for the record: that theirs was the last answer is in the state it led to, which a party never
    /// reads, and not in the word, which they do.
    pub const fn deed(self) -> &'static str {
        match self {
            Self::AcceptAsLast => Self::Accept.as_str(),
            Self::ApproveAsLast => Self::Approve.as_str(),
            other => other.as_str(),
        }
    }
}

closed_list! {
    /// Who asks, in relation to the proposal.
    ProposalActor {
        /// A rep who gives and gets an account in it.
        Party = "party",
        /// A manager of one of its reps who gains nothing from it.
        Manager = "manager",
        /// A manager of one of its reps who is a party.
        Beneficiary = "beneficiary",
        /// Any other rep or manager.
        Stranger = "stranger",
        /// An administrator.
        Admin = "admin",
        /// Another program.
        Service = "service",
        /// The program itself.
        System = "system",
    }
}

closed_list! {
    /// Why a proposal stays as it is.
    ProposalRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// Nobody decides over what they gain from.
        OwnBenefit = "own_benefit",
        /// It was decided before.
        AlreadyDecided = "already_decided",
        /// It has ended.
        AlreadyEnded = "already_ended",
        /// It is not that far yet.
        TooEarly = "too_early",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: ProposalState,
    action: ProposalAction,
    actor: ProposalActor,
) -> Result<ProposalState, ProposalRefusal> {
    use ProposalAction as Do;
    use ProposalActor as By;
    use ProposalRefusal as No;
    use ProposalState as S;
    let entitled = match action {
        Do::Accept | Do::AcceptAsLast => matches!(actor, By::Party | By::Manager),
        Do::TakeBack | Do::Decline | Do::Withdraw => matches!(actor, By::Party),
        Do::ApproveAsLast => matches!(actor, By::Manager | By::System),
        Do::Approve | Do::Veto | Do::Extend | Do::Supersede => matches!(actor, By::Manager),
        Do::Confirm | Do::Undo => matches!(actor, By::Manager | By::Admin | By::Service),
        Do::Fail => matches!(actor, By::Manager | By::Service | By::System),
        Do::Return => matches!(actor, By::Service),
        Do::Settle => matches!(actor, By::Manager | By::Admin),
        Do::Expire | Do::Invalidate | Do::Execute | Do::Complete => matches!(actor, By::System),
    };
    if !entitled {
        return Err(match actor {
            By::Beneficiary => No::OwnBenefit,
            _ => No::NotYours,
        });
    }
    match state {
        S::Proposed => match action {
            Do::Accept | Do::TakeBack | Do::Extend => Ok(S::Proposed),
            Do::AcceptAsLast => Ok(S::Accepted),
            Do::Decline => Ok(S::Declined),
            Do::Veto => Ok(S::Vetoed),
            Do::Withdraw => Ok(S::Withdrawn),
            Do::Expire => Ok(S::Expired),
            Do::Supersede => Ok(S::Superseded),
            Do::Invalidate => Ok(S::Invalidated),
            _ => Err(No::TooEarly),
        },
        S::Accepted => match action {
            Do::TakeBack => Ok(S::Proposed),
            Do::Approve | Do::Extend => Ok(S::Accepted),
            Do::ApproveAsLast => Ok(S::Approved),
            Do::Veto => Ok(S::Vetoed),
            Do::Withdraw => Ok(S::Withdrawn),
            Do::Expire => Ok(S::Expired),
            Do::Supersede => Ok(S::Superseded),
            Do::Invalidate => Ok(S::Invalidated),
            Do::Accept | Do::AcceptAsLast | Do::Decline => Err(No::AlreadyDecided),
            _ => Err(No::TooEarly),
        },
        S::Approved => match action {
            Do::Execute => Ok(S::Executing),
            Do::Invalidate => Ok(S::Invalidated),
            Do::Confirm | Do::Fail | Do::Return | Do::Settle | Do::Complete | Do::Undo => Err(No::TooEarly),
            _ => Err(No::AlreadyDecided),
        },
        S::Executing => match action {
            Do::Confirm => Ok(S::OnTrial),
            Do::Fail => Ok(S::NeedsAttention),
            Do::Return => Ok(S::Undone),
            Do::Settle | Do::Complete | Do::Undo => Err(No::TooEarly),
            _ => Err(No::AlreadyDecided),
        },
        S::OnTrial => match action {
            Do::Complete => Ok(S::Completed),
            Do::Undo => Ok(S::Undone),
            Do::Fail => Ok(S::NeedsAttention),
            Do::Settle => Err(No::TooEarly),
            _ => Err(No::AlreadyDecided),
        },
        S::NeedsAttention => match action {
            Do::Settle => Ok(S::NeedsAttention),
            Do::Confirm if matches!(actor, By::Manager | By::Admin) => Ok(S::OnTrial),
            Do::Undo if matches!(actor, By::Manager | By::Admin) => Ok(S::Undone),
            _ => Err(No::AlreadyDecided),
        },
        S::Completed
        | S::Declined
        | S::Expired
        | S::Withdrawn
        | S::Vetoed
        | S::Superseded
        | S::Invalidated
        | S::Undone => Err(No::AlreadyEnded),
    }
}

closed_list! {
    /// A rep's answer to a proposal.
    Answer {
        /// None yet.
        Pending = "pending",
        /// Yes.
        Accepted = "accepted",
        /// No.
        Declined = "declined",
    }
}

closed_list! {
    /// All that a rep learns of a proposal's state.
    PublicStatus {
        /// Waiting for your answer.
        Proposed = "proposed",
        /// You have answered; the rest is not for you to know yet.
        Answered = "answered",
        /// Everybody has accepted.
        Accepted = "accepted",
        /// Approved; prepare the handover.
        Approved = "approved",
        /// The ownership change is on its way.
        Executing = "executing",
        /// The accounts have moved; the trial runs.
        OnTrial = "on_trial",
        /// Done.
        Completed = "completed",
        /// Both accounts went back.
        Undone = "undone",
        /// It ended before anything moved.
        NotConcluded = "not_concluded",
    }
}

/// What a party sees, from the state, how far the answers have come, and whether a batch boundary has passed since the
/// end.
///
/// Until `revealed`, a proposal that ended looks to each party as it did before it ended, whoever ended it. One that all
/// have accepted looks as if that were not known, until a batch boundary tells all of them or a manager approves it: else
/// whoever accepts first could read the colleague's answer off the very moment at which the word changes, and off the word
/// that stays.
pub const fn public_status(state: ProposalState, answers: Answers, revealed: bool) -> PublicStatus {
    use ProposalState as S;
    match state {
        S::Proposed | S::Accepted => undecided(answers),
        S::Declined | S::Expired | S::Withdrawn | S::Vetoed | S::Superseded | S::Invalidated => {
            if revealed {
                PublicStatus::NotConcluded
            } else {
                undecided(answers)
            }
        }
        S::Approved => PublicStatus::Approved,
        S::Executing | S::NeedsAttention => PublicStatus::Executing,
        S::OnTrial => PublicStatus::OnTrial,
        S::Completed => PublicStatus::Completed,
        S::Undone => PublicStatus::Undone,
    }
}

const fn undecided(answers: Answers) -> PublicStatus {
    match answers {
        Answers::OwnPending => PublicStatus::Proposed,
        Answers::OwnAccepted => PublicStatus::Answered,
        Answers::AllAccepted => PublicStatus::Accepted,
        Answers::OwnDeclined => PublicStatus::NotConcluded,
    }
}

closed_list! {
    /// How far the answers have come, as one party may know it.
    Answers {
        /// The party has not answered.
        OwnPending = "own_pending",
        /// The party has accepted; whether everybody has is not for them to know yet.
        OwnAccepted = "own_accepted",
        /// Everybody has accepted while it was open, and the parties were told.
        AllAccepted = "all_accepted",
        /// The party has declined.
        OwnDeclined = "own_declined",
    }
}

/// What holding an account is worth to a rep, by named terms; all in minutes a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valuation {
    /// The end of the rapport interval that counted: the low end for what is received, the high end for what is given.
    pub stars: Stars,
    /// `star_minutes × stars`.
    pub rapport_minutes: Minutes,
    /// Marginal driving: of an account given away, what ends less [`Self::left_behind_minutes`].
    pub travel_minutes: Minutes,
    /// Of an account given away, by how much driving to the accounts it was the nearest to grows, at most its own driving;
    /// 0 of one received.
    #[serde(default)]
    pub left_behind_minutes: Minutes,
    /// What driving does not show.
    pub geography: Geography,
    /// One visit's drive from the base, one way.
    pub one_way_minutes: Minutes,
    /// Whether the driving is an estimate: a time that is no route, or a place that is only approximately known.
    pub travel_estimated: bool,
}

impl Valuation {
    /// `rapport − travel − geography`, in minutes a year.
    pub fn value(&self) -> Minutes {
        self.rapport_minutes - self.travel_minutes - self.geography.minutes()
    }
}

/// What driving does not show, by named terms; all in minutes a year, each 0 where it does not apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geography {
    /// For an account outside the rep's territory.
    pub outside_territory_minutes: Minutes,
    /// For an account in another country than the rep's base.
    pub other_country_minutes: Minutes,
    /// For the difference between the two clocks.
    pub time_zone_minutes: Minutes,
    /// For the distance to the rest of the book.
    pub island_minutes: Minutes,
}

impl Geography {
    /// What the rep's year loses by all of them.
    pub fn minutes(&self) -> Minutes {
        self.outside_territory_minutes + self.other_country_minutes + self.time_zone_minutes + self.island_minutes
    }
}

/// What one rep gets out of a move: the account given, the account received, and the gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The worth of what the rep gives.
    pub given: Valuation,
    /// The worth of what the rep receives.
    pub received: Valuation,
    /// What the handover itself costs the rep.
    pub handover_minutes: Minutes,
    /// `received − given − handover`, in minutes a year.
    pub gain: Minutes,
}

impl Side {
    /// Adds up the terms.
    pub fn new(given: Valuation, received: Valuation, handover_minutes: Minutes) -> Self {
        Self { given, received, handover_minutes, gain: received.value() - given.value() - handover_minutes }
    }
}

/// One account of a proposal on its way from one rep to another, with the giver's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Its place in the proposal, from 0. The giver of leg `i` receives the account of leg `i + 1`, the giver of the last
    /// that of leg 0.
    pub position: u32,
    /// The account.
    pub account: AccountId,
    /// The statement that put it in the pool.
    pub submission: SubmissionId,
    /// Who gives it.
    pub from: RepId,
    /// Who receives it.
    pub to: RepId,
    /// The account's count of owner changes when proposed: what acceptance and execution compare with today's.
    pub ownership: i64,
    /// Its commission a year when proposed.
    pub annual_commission_cents: Cents,
    /// What changes hands with it, as it was when proposed.
    pub money: Vec<money::Entry>,
    /// What the giver gets out of the whole move.
    pub side: Side,
    /// The giver's last moment to answer, counted in their own working hours; it tells nothing of anybody else's.
    pub answer_by: DateTime<Utc>,
    /// The giver's answer.
    pub answer: Answer,
    /// The first moment at which the giver cannot take an accept back any more; absent without one.
    pub firm_at: Option<DateTime<Utc>>,
    /// New whenever what the giver sees changes: the giver's `ETag`.
    pub version: Version,
}

/// A move put to its reps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// The run that found it; absent where no run did: a forced move, a re-match, a direct swap, a meeting.
    pub run: Option<RunId>,
    /// Where it stands.
    pub state: ProposalState,
    /// What the engine says it is worth.
    pub points: Points,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it lapses if not approved: later than everybody's last moment to answer.
    pub expires_at: DateTime<Utc>,
    /// When the last rep accepted, while it was open.
    pub agreed_at: Option<DateTime<Utc>>,
    /// When its reps were told that all have accepted: a batch boundary at which no accept could be taken back any more.
    pub shown_at: Option<DateTime<Utc>>,
    /// Whose approval it needs, and by which rule.
    pub approval: Approval,
    /// When its end became visible to its reps.
    pub revealed_at: Option<DateTime<Utc>>,
    /// The day the accounts change hands, once somebody has named one.
    pub effective_on: Option<NaiveDate>,
    /// The day the trial ends, once transferred.
    pub trial_ends_on: Option<NaiveDate>,
    /// Why it ended or needs attention, where nobody here decided so. Never shown to a party: it may concern the other's
    /// account.
    pub cause: Option<Cause>,
    /// When the change of owner, or the one back, last went out.
    pub sent_at: Option<DateTime<Utc>>,
    /// When somebody was told that it takes too long.
    pub alarmed_at: Option<DateTime<Utc>>,
    /// The last day on which a submission of one of its accounts says that the account bounces, once transferred.
    pub bounces_until: Option<NaiveDate>,
    /// New at each change.
    pub version: Version,
    /// Its accounts, in order of position; two or more.
    pub legs: Vec<Leg>,
}

impl Proposal {
    /// The leg that `rep` gives, where they are a party.
    pub fn leg_of(&self, rep: &RepId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.from == *rep)
    }

    /// What the giver of `leg` may know of the state.
    pub fn public_status(&self, leg: &Leg) -> PublicStatus {
        let answers = match leg.answer {
            Answer::Pending => Answers::OwnPending,
            Answer::Declined => Answers::OwnDeclined,
            Answer::Accepted if self.shown_at.is_some() => Answers::AllAccepted,
            Answer::Accepted => Answers::OwnAccepted,
        };
        public_status(self.state, answers, self.revealed_at.is_some())
    }

    /// What each of its reps gets in money, in cents; the sum over all is zero.
    pub fn money_by_rep(&self) -> BTreeMap<RepId, Cents> {
        money::by_rep(self.legs.iter().map(|leg| (&leg.from, &leg.to, money::net(&leg.money))))
    }

    /// The first moment at which nobody can take an accept back any more; absent where nobody has accepted.
    pub fn firm_at(&self) -> Option<DateTime<Utc>> {
        self.legs.iter().filter_map(|leg| leg.firm_at).max()
    }

    /// The giver's last moment to answer `leg`.
    pub fn answer_by(&self, leg: &Leg) -> DateTime<Utc> {
        leg.answer_by.min(self.expires_at)
    }

    /// Gives everybody more time: those who have not answered, and the managers.
    pub fn extend(&mut self, by: Duration) {
        self.expires_at += by;
        for leg in self.legs.iter_mut().filter(|leg| leg.answer == Answer::Pending) {
            leg.answer_by += by;
        }
    }

    /// The leg that `rep` receives, where they are a party.
    pub fn leg_to(&self, rep: &RepId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.to == *rep)
    }
}
