//! What a rep opts in to: the harshest class of abusive accounts they would take, and how many.
//!
//! In goes the rep's own choice; out comes the choice as it now stands. Holds: it is the rep's own; from the first choice
//! on no import changes it. Deliberately absent: choosing for somebody else.

use super::{Reader, Refused, Writer, fresh_version};
use crate::{
    domain::{
        abuse::{OptIn, Severity},
        ids::Version,
        principal::{Principal, Role},
    },
    store::{abuse as kept, audit::Change, roster},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The most abusive accounts a rep may say they would hold.
pub const LARGEST_CAP: u32 = 1000;

/// What a rep has opted in to, for themself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OptInView {
    /// The harshest class of abusive accounts you would take; absent where none.
    pub class: Option<Severity>,
    /// How many such accounts you would hold at most.
    pub cap: u32,
    /// Whether this is your own choice; else it is what the CRM says of you.
    pub is_own_choice: bool,
    /// New at each change.
    pub version: Version,
}

/// A rep's own choice, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOptIn {
    /// The harshest class of abusive accounts you would take; nothing for none.
    pub class: Option<Severity>,
    /// How many such accounts you would hold at most; 0 to 1000.
    #[schema(maximum = 1000)]
    pub cap: u32,
}

/// What the asking rep has opted in to.
pub fn opt_in(reader: &mut Reader<'_>, who: &Principal) -> Result<OptInView, Refused> {
    if who.role != Role::Rep {
        return Err(Refused::NotAllowed("what a rep opts in to is the rep's own"));
    }
    let rep = roster::rep(reader, &who.id)?.ok_or(Refused::NotFound("rep"))?;
    let own = kept::own_opt_in(reader, &who.id)?;
    let OptIn { class, cap } = rep.opt_in();
    Ok(OptInView {
        class,
        cap,
        is_own_choice: own.is_some(),
        version: own.map_or_else(|| first_version(class, cap), |(_, version)| version),
    })
}

/// The version of what the CRM says, where the rep has not chosen: the same as long as that is the same.
fn first_version(class: Option<Severity>, cap: u32) -> Version {
    let class = class.map_or(0, |class| 1 + class as u128);
    Version(Uuid::from_u128(class << 32 | u128::from(cap)))
}

/// Keeps what the asking rep opts in to; no import changes it any more.
///
/// Proposals that are out stay out: who no longer bears an account declines it, and their opting out stops what nobody has
/// approved.
pub fn choose(
    writer: &mut Writer<'_>,
    who: &Principal,
    new: &NewOptIn,
    if_match: Version,
) -> Result<OptInView, Refused> {
    let present = opt_in(writer, who)?;
    if present.version != if_match {
        return Err(Refused::Stale);
    }
    if new.cap > LARGEST_CAP {
        return Err(Refused::invalid("/cap", new.cap.to_string(), format!("0 to {LARGEST_CAP}")));
    }
    let before = kept::own_opt_in(writer, &who.id)?.map(|(_, version)| version);
    let own = OptIn { class: new.class, cap: new.cap };
    kept::opt_in(writer, &who.id, before, own, fresh_version())?;
    writer.record(Change {
        actor: who.clone(),
        action: "opt_in",
        subject_kind: "rep",
        subject_id: who.id.as_str().to_owned(),
        from_state: None,
        to_state: None,
    });
    opt_in(writer, who)
}
