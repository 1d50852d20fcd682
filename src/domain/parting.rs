//! Parting ways: the last rung of the ladder, and what must hold before the company takes it.
//!
//! In go a state, an action and an actor, or what is known of an account and of a colleague; out comes the next state, or
//! whether that colleague would take the account. Holds: only a manager who does not own the account signs off; a request
//! leads nowhere while anybody who opted in to such accounts could take it.
//! Deliberately absent: the letter's words (a template) and finding the colleagues (the store's).

use super::{
    abuse::Severity,
    closed::closed_list,
    ids::{AccountId, PartingId, RepId, SubmissionId, Version},
    roster::{Account, Rep, Trait},
    travel::straight_line,
    units::Minutes,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

closed_list! {
    /// Where a parting stands.
    PartingState {
        /// Asked for by the rep; the manager has not spoken.
        Requested = "requested",
        /// Signed off: the letter is made and the account is offered no more.
        Parted = "parted",
        /// The manager said no.
        Refused = "refused",
        /// The rep took another path, or the account is theirs no more.
        Withdrawn = "withdrawn",
        /// Looked at again, and the customer is welcome back.
        Reinstated = "reinstated",
    }
}

impl PartingState {
    /// Whether it still occupies its account.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Requested | Self::Parted)
    }
}

closed_list! {
    /// What can be asked of a parting.
    PartingAction {
        /// Sign it off.
        SignOff = "sign_off",
        /// Say no.
        Refuse = "refuse",
        /// Take the request back.
        Withdraw = "withdraw",
        /// Welcome the customer back.
        Reinstate = "reinstate",
    }
}

closed_list! {
    /// Who asks, in relation to the parting.
    PartingActor {
        /// The rep who asked for it.
        Submitter = "submitter",
        /// The owner's manager, who is not the owner.
        Manager = "manager",
        /// A manager who owns the account.
        Beneficiary = "beneficiary",
        /// Anybody else.
        Stranger = "stranger",
        /// The program itself, where the account's submission ends otherwise.
        System = "system",
    }
}

closed_list! {
    /// Why a parting stays as it is.
    PartingRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// Nobody decides over what they gain from.
        OwnBenefit = "own_benefit",
        /// It was settled before.
        AlreadySettled = "already_settled",
        /// It is not that far yet.
        TooEarly = "too_early",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: PartingState,
    action: PartingAction,
    actor: PartingActor,
) -> Result<PartingState, PartingRefusal> {
    use PartingAction as Do;
    use PartingActor as By;
    use PartingState as S;
    let entitled = match action {
        Do::SignOff | Do::Refuse | Do::Reinstate => matches!(actor, By::Manager),
        Do::Withdraw => matches!(actor, By::Submitter | By::System),
    };
    if !entitled {
        return Err(match actor {
            By::Beneficiary => PartingRefusal::OwnBenefit,
            _ => PartingRefusal::NotYours,
        });
    }
    match (state, action) {
        (S::Requested, Do::SignOff) => Ok(S::Parted),
        (S::Requested, Do::Refuse) => Ok(S::Refused),
        (S::Requested, Do::Withdraw) => Ok(S::Withdrawn),
        (S::Requested, Do::Reinstate) => Err(PartingRefusal::TooEarly),
        (S::Parted, Do::Reinstate) => Ok(S::Reinstated),
        (S::Parted | S::Refused | S::Withdrawn | S::Reinstated, _) => Err(PartingRefusal::AlreadySettled),
    }
}

/// A request to part with a customer, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// Its id.
    pub id: PartingId,
    /// The account.
    pub account: AccountId,
    /// The statement it came from.
    pub submission: SubmissionId,
    /// Who asked.
    pub rep: RepId,
    /// Where it stands.
    pub state: PartingState,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Which traits a colleague would have to have opted in to.
    pub hard: BTreeSet<Trait>,
    /// The manager who spoke last.
    pub settled_by: Option<RepId>,
    /// When.
    pub settled_at: Option<DateTime<Utc>>,
    /// Whom the customer may turn to, as the manager named them.
    pub alternatives: Vec<String>,
    /// The letter, once signed off.
    pub letter: Option<String>,
    /// When the decision is looked at again, once signed off.
    pub review_on: Option<NaiveDate>,
    /// New at each change.
    pub version: Version,
}

/// What makes an account one that a colleague has to have opted in to.
pub fn hard_traits(account: &Account, abuse: Option<Severity>, unreasonable_demands: bool) -> BTreeSet<Trait> {
    let mut hard = account.traits.clone();
    hard.extend(abuse.map(Severity::hard_trait));
    if unreasonable_demands {
        hard.insert(Trait::Demanding);
    }
    hard
}

/// A colleague, as far as taking over an account is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Colleague<'a> {
    /// Who.
    pub rep: &'a Rep,
    /// How many abusive accounts they hold or are about to hold.
    pub abusive_accounts: u32,
    /// Whether they have had the account, declined it, or were forbidden it.
    pub is_out: bool,
}

/// Whether a colleague who opted in to what makes an account hard could take it over on `today`.
///
/// Nobody is taken to be willing to have what they were never asked about: of an account without hard traits the answer
/// is no. The drive is the straight line's, `max_one_way` that of a rep without a limit of their own.
pub fn is_willing(
    colleague: Colleague<'_>,
    account: &Account,
    hard: &BTreeSet<Trait>,
    max_one_way: Minutes,
    today: NaiveDate,
) -> bool {
    let Colleague { rep, abusive_accounts, is_out } = colleague;
    let lacks = |required: bool, word: &Option<_>, known: &BTreeSet<_>| {
        required && word.as_ref().is_some_and(|word| !known.contains(word))
    };
    let bears = |one: &Trait| match one.severity() {
        Some(class) => rep.bears(class) && abusive_accounts < rep.abusive_accounts_cap,
        None => rep.tolerances.contains(one),
    };
    let limit = rep.max_one_way_minutes.unwrap_or(max_one_way);
    !is_out
        && rep.id != account.owner
        && rep.is_present(today)
        && rep.leaves_on.is_none()
        && !hard.is_empty()
        && hard.iter().all(bears)
        && !account.conflicts.contains(&rep.id)
        && account.licences_required.is_subset(&rep.licences)
        && !lacks(account.language_required, &account.language, &rep.languages)
        && !lacks(account.industry_required, &account.industry, &rep.industries)
        && straight_line(rep.base, account.place).minutes <= limit.0 as f64
}
