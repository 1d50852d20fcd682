//! What an order is about.
//!
//! In go the fields of an order; out comes its [`Target`]: the fields its kind needs, and no others. Deliberately absent:
//! whether what it names exists.

use super::{MAX_EXTENSION_HOURS, Refused};
use crate::domain::{
    ids::{AccountId, ProposalId, RepId, Version},
    overrides::{Override, OverrideKind},
};

/// What an order is about: the fields its kind needs, and no others.
pub(super) enum Target {
    Proposal { id: ProposalId, if_match: Version },
    Absent { id: ProposalId, rep: RepId, if_match: Version },
    Expiry { id: ProposalId, hours: u32, if_match: Version },
    Account(AccountId),
    Pair { rep: RepId, account: AccountId },
    Force { one: AccountId, other: AccountId },
}

impl Target {
    pub fn of(order: &Override, hours: Option<u32>, if_match: Option<Version>) -> Result<Self, Refused> {
        let proposal = || {
            let id = order.proposal.ok_or_else(|| missing("/proposal", "the proposal's id"))?;
            Ok::<_, Refused>((id, if_match.ok_or(Refused::NoPrecondition)?))
        };
        let rep = || order.rep.clone().ok_or_else(|| missing("/rep", "the rep's id"));
        let account = || match order.accounts.as_slice() {
            [account] => Ok(account.clone()),
            other => Err(Refused::invalid("/accounts", format!("{} accounts", other.len()), "exactly one account")),
        };
        let (uses_proposal, uses_rep, uses_accounts, uses_hours) = match order.kind {
            OverrideKind::Approve | OverrideKind::Veto => (true, false, false, false),
            OverrideKind::AcceptForAbsent => (true, true, false, false),
            OverrideKind::Extend => (true, false, false, true),
            OverrideKind::Freeze | OverrideKind::Release | OverrideKind::Force => (false, false, true, false),
            OverrideKind::Forbid => (false, true, true, false),
        };
        let idle = [
            ("/proposal", order.proposal.is_some() && !uses_proposal),
            ("/rep", order.rep.is_some() && !uses_rep),
            ("/accounts", !order.accounts.is_empty() && !uses_accounts),
            ("/hours", hours.is_some() && !uses_hours),
        ];
        if let Some((field, _)) = idle.iter().find(|(_, idle)| *idle) {
            return Err(Refused::invalid(*field, "a value", format!("nothing: {} does not need it", order.kind)));
        }
        Ok(match order.kind {
            OverrideKind::Approve | OverrideKind::Veto => {
                let (id, if_match) = proposal()?;
                Self::Proposal { id, if_match }
            }
            OverrideKind::AcceptForAbsent => {
                let (id, if_match) = proposal()?;
                Self::Absent { id, rep: rep()?, if_match }
            }
            OverrideKind::Extend => {
                let (id, if_match) = proposal()?;
                let hours = hours.filter(|hours| (1..=MAX_EXTENSION_HOURS).contains(hours));
                Self::Expiry { id, hours: hours.ok_or_else(|| missing("/hours", "1 to 240 hours"))?, if_match }
            }
            OverrideKind::Freeze | OverrideKind::Release => Self::Account(account()?),
            OverrideKind::Forbid => Self::Pair { rep: rep()?, account: account()? },
            OverrideKind::Force => match order.accounts.as_slice() {
                [one, other] if one != other => Self::Force { one: one.clone(), other: other.clone() },
                other => {
                    let found = format!("{} accounts", other.len());
                    return Err(Refused::invalid("/accounts", found, "two different accounts"));
                }
            },
        })
    }
}

fn missing(field: &str, expected: &str) -> Refused {
    Refused::invalid(field, "nothing", expected)
}
