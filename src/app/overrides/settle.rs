//! The second manager: agrees to an override that awaits one, or disagrees.
//!
//! In go an override and what the second says; out comes the override as it now stands. Deliberately absent: who needs a
//! second, which is decided when the override is ordered.

use super::{
    OverrideView, Refused, Writer,
    force::{force, may_second},
    fresh_version, me,
    read::visible,
};
use crate::{
    domain::{
        ids::{OverrideId, RepId, Version},
        overrides::{self, Override, OverrideAction, OverrideActor, OverrideState},
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{audit::Change, overrides as kept, roster},
};

/// Settles an override that awaits its second manager: agrees, and it takes effect, or disagrees.
///
/// Across teams the second is the other side's manager; over a decline, whom the approval policy names.
pub fn settle(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
    action: OverrideAction,
    if_match: Version,
) -> Result<OverrideView, Refused> {
    let order = visible(writer, settings, who, id)?;
    let mut managers = Vec::new();
    let mut owners = Vec::new();
    for account in &order.accounts {
        let held = roster::account(writer, account)?.ok_or(Refused::NotFound("account"))?;
        managers.extend(roster::manager_of(writer, &held.account.owner)?);
        owners.push(held.account.owner);
    }
    let others: Vec<&RepId> = managers.iter().filter(|manager| **manager != order.author).collect();
    let is_asked = match others.as_slice() {
        [] => may_second(writer, settings, &who.id, &order.author, &owners)?,
        others => others.contains(&&who.id),
    };
    let actor = match who.role {
        _ if who.id == order.author => OverrideActor::Author,
        Role::Manager if owners.contains(&who.id) => OverrideActor::Beneficiary,
        Role::Manager if is_asked => OverrideActor::OtherManager,
        _ => OverrideActor::Stranger,
    };
    let state = overrides::next_state(order.state, action, actor)?;
    // What somebody asked for who has been let go since is nobody's order any more.
    if action == OverrideAction::Second && !me::stands(writer, &order.author, Role::Manager)? {
        return Err(Refused::conflict("author_gone", "who ordered this manages no team any more"));
    }
    if order.version != if_match {
        return Err(Refused::Stale);
    }
    let made = match (state, order.accounts.as_slice()) {
        (OverrideState::Effective, [one, other]) => Some(force(writer, settings, who, [one, other])?),
        _ => None,
    };
    let version = fresh_version();
    kept::settle(writer, &order, state, &who.id, made, version)?;
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "override",
        subject_id: id.to_string(),
        from_state: Some(order.state.as_str()),
        to_state: Some(state.as_str()),
    });
    OverrideView::of(writer, Override { state, second: Some(who.id.clone()), proposal: made, version, ..order })
}
