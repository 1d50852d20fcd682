//! Why something ended that nobody here decided on.
//!
//! In goes nothing; out comes the one list of causes that submissions, proposals and handovers share. A cause concerns
//! facts of the CRM and never what a rep said or answered. Deliberately absent: who may read it.

use super::{closed::closed_list, roster::AccountStatus};

closed_list! {
    /// Why something ended, or needs attention, by no decision of anybody here.
    Cause {
        /// A rep leaves, or has left.
        RepLeft = "rep_left",
        /// An account went to somebody else's book.
        AccountReassigned = "account_reassigned",
        /// An account became part of another.
        AccountMerged = "account_merged",
        /// An account was sold to another company.
        AccountSold = "account_sold",
        /// An account is no customer any more.
        AccountClosed = "account_closed",
        /// The CRM could not carry a change of owner out.
        CrmRefused = "crm_refused",
        /// The CRM did not say in time whether it has carried a change of owner out.
        CrmSilent = "crm_silent",
    }
}

impl Cause {
    /// What an account's status ends; nothing where it is active.
    pub const fn of(status: AccountStatus) -> Option<Self> {
        match status {
            AccountStatus::Active => None,
            AccountStatus::Closed => Some(Self::AccountClosed),
            AccountStatus::Sold => Some(Self::AccountSold),
            AccountStatus::Merged => Some(Self::AccountMerged),
        }
    }
}
