//! Abuse: its classes, what is on record of an account, and who may be given such an account.
//!
//! In go a class somebody declared and a manager's word on it; out come the next state of the record and what it means
//! for the account. Holds: an account of any class is proposed only after a manager has acknowledged that class; who has
//! opted in to a class bears the milder ones too.
//! Deliberately absent: guessing. A class is declared by the owner's structured answer or by the CRM, never read from text.

use super::{
    closed::closed_list,
    ids::{AccountId, RepId, Version},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// How badly a customer treats people, from the mildest class to the harshest.
    Severity {
        /// Shouts, swears, belittles.
        Harsh = "harsh",
        /// Insults or harasses a person.
        Abusive = "abusive",
        /// Threatens people, or has become violent.
        Threatening = "threatening",
    }
}

closed_list! {
    /// Who declared it.
    AbuseSource {
        /// The owner, by a structured answer.
        Rep = "rep",
        /// The CRM, by an import.
        Crm = "crm",
    }
}

closed_list! {
    /// Where a record of abuse stands.
    AbuseState {
        /// Said by the owner or the CRM; the manager has not spoken.
        Declared = "declared",
        /// The manager has acknowledged it.
        Acknowledged = "acknowledged",
        /// Acknowledged, and the customer has had a warning letter.
        Warned = "warned",
        /// The manager does not see it so, or no longer.
        Dismissed = "dismissed",
    }
}

closed_list! {
    /// What can be asked of a record.
    AbuseAction {
        /// Say so, or say a harsher class than before.
        Declare = "declare",
        /// Acknowledge it.
        Acknowledge = "acknowledge",
        /// Send the customer a warning letter.
        Warn = "warn",
        /// Dismiss it.
        Dismiss = "dismiss",
    }
}

closed_list! {
    /// Who asks, in relation to the account.
    AbuseActor {
        /// Its owner.
        Owner = "owner",
        /// The owner's manager, who is not the owner.
        Manager = "manager",
        /// The CRM's import.
        Crm = "crm",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why a record stays as it is.
    AbuseRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It was settled before.
        AlreadySettled = "already_settled",
        /// It has to be acknowledged first.
        TooEarly = "too_early",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(state: AbuseState, action: AbuseAction, actor: AbuseActor) -> Result<AbuseState, AbuseRefusal> {
    use AbuseAction as Do;
    use AbuseActor as By;
    use AbuseState as S;
    let entitled = match action {
        Do::Declare => matches!(actor, By::Owner | By::Crm),
        Do::Acknowledge | Do::Warn | Do::Dismiss => matches!(actor, By::Manager),
    };
    if !entitled {
        return Err(AbuseRefusal::NotYours);
    }
    match (state, action) {
        (_, Do::Declare) => Ok(S::Declared),
        (S::Declared, Do::Acknowledge) => Ok(S::Acknowledged),
        (S::Acknowledged, Do::Warn) => Ok(S::Warned),
        (S::Declared, Do::Warn) => Err(AbuseRefusal::TooEarly),
        (S::Declared | S::Acknowledged | S::Warned, Do::Dismiss) => Ok(S::Dismissed),
        (S::Acknowledged | S::Warned | S::Dismissed, _) => Err(AbuseRefusal::AlreadySettled),
    }
}

/// What is on record of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbuseRecord {
    /// The account.
    pub account: AccountId,
    /// The class declared.
    pub severity: Severity,
    /// Who declared it.
    pub source: AbuseSource,
    /// Where it stands.
    pub state: AbuseState,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// The manager who spoke last.
    pub settled_by: Option<RepId>,
    /// When.
    pub settled_at: Option<DateTime<Utc>>,
    /// The day of the last warning letter.
    pub warned_on: Option<NaiveDate>,
    /// The text of that letter.
    pub letter: Option<String>,
    /// New at each change.
    pub version: Version,
}

/// What the CRM and the record together mean for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known against it.
    Clean,
    /// A class is declared that no manager has acknowledged: it is proposed to nobody.
    Awaiting(Severity),
    /// A manager has acknowledged the class: it goes only to those who bear it.
    Known(Severity),
}

impl Standing {
    /// The class, acknowledged or not.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Clean => None,
            Self::Awaiting(severity) | Self::Known(severity) => Some(severity),
        }
    }
}

/// What a class the CRM gives and a record together mean. Total: every pair has an answer.
///
/// A manager's word holds for the class it was about and milder ones; a dismissal cannot make the CRM's class go away.
pub fn standing(crm: Option<Severity>, record: Option<(Severity, AbuseState)>) -> Standing {
    match (crm, record) {
        (None, None | Some((_, AbuseState::Dismissed))) => Standing::Clean,
        (Some(class), None | Some((_, AbuseState::Dismissed))) => Standing::Awaiting(class),
        (crm, Some((declared, AbuseState::Declared))) => {
            Standing::Awaiting(crm.map_or(declared, |class| class.max(declared)))
        }
        (crm, Some((known, AbuseState::Acknowledged | AbuseState::Warned))) => match crm {
            Some(harsher) if harsher > known => Standing::Awaiting(harsher),
            _ => Standing::Known(known),
        },
    }
}

/// What a rep has chosen for themself; it wins over what the CRM's file says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptIn {
    /// The harshest class they would take; absent where none.
    pub class: Option<Severity>,
    /// How many such accounts they may hold.
    pub cap: u32,
}

impl OptIn {
    /// Whether who chose so bears a class.
    pub fn bears(self, severity: Severity) -> bool {
        self.class.is_some_and(|harshest| harshest >= severity)
    }
}
