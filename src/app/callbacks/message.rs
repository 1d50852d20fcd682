//! What the CRM says, as it writes it.
//!
//! In goes JSON; out comes a [`Callback`], whose ids are sound. Deliberately absent: whether it is signed, and what follows.

use crate::domain::{
    closed::closed_list,
    ids::{AccountId, CrmRequestId, RepId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

closed_list! {
    /// What the CRM says.
    CallbackKind {
        /// The accounts it names are with their new owners.
        Applied = "handover.applied",
        /// The accounts it names stay where they were, for good.
        Refused = "handover.refused",
    }
}

/// A message from the CRM. More may stand in it, such as the attributes of CloudEvents.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Callback {
    /// What it says.
    pub r#type: CallbackKind,
    /// Of what.
    pub data: CallbackData,
}

/// What a message from the CRM is about.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CallbackData {
    /// The request it answers: `data.request` of the `handover.execute`.
    pub request: CrmRequestId,
    /// One account of it, some, or all.
    #[schema(min_items = 1, max_items = 100)]
    pub legs: Vec<CrmWord>,
}

/// Who has an account, as the CRM says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrmWord {
    /// An account of the request.
    pub account: AccountId,
    /// Who owns it in the CRM now.
    pub owner: RepId,
}
