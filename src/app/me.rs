//! Who is asking: whether they may still ask, and what concerns them.
//!
//! In goes the principal of a verified token; out comes a refusal where the person has left, was deactivated or has lost the
//! role since the token was signed. Asked on every request, in its own transaction, so that what an administrator or the
//! CRM says counts from the next request on, whichever replica it comes to. Deliberately absent: tokens.

use super::{Reader, Refused};
use crate::{
    domain::{
        ids::{RepId, TeamId},
        principal::{Principal, Role},
    },
    settings,
    store::{people, roster},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Refuses whoever may not act in the role of their token, and one who needs a record and has none.
///
/// Cost: one query by key, three for a manager.
pub fn admit(reader: &mut Reader<'_>, settings: &settings::People, who: &Principal) -> Result<(), Refused> {
    let lacks_record = settings.record_required_for.contains(&who.role) && people::one(reader, &who.id)?.is_none();
    if !lacks_record && stands(reader, &who.id, who.role)? {
        return Ok(());
    }
    Err(Refused::NotAllowed("this person does not hold this role any more"))
}

/// Whether somebody may act in a role: the record of people does not deny it; a rep is in the roster and works; a manager
/// manages a team and is not a rep who has left.
pub(super) fn stands(reader: &mut Reader<'_>, id: &RepId, role: Role) -> Result<bool, Refused> {
    Ok(match role {
        // What the record says of a rep, the roster does.
        Role::Rep => roster::rep(reader, id)?.is_some_and(|rep| rep.works_at(reader.now())),
        // A manager may or may not be a rep as well; one whom the record lets be no rep may manage on.
        Role::Manager => {
            is_undenied(reader, id, role)?
                && !roster::teams_of(reader, id)?.is_empty()
                && roster::rep_in_the_crm(reader, id)?.is_none_or(|rep| rep.works_at(reader.now()))
        }
        Role::Admin | Role::Service => is_undenied(reader, id, role)?,
    })
}

/// Whether the record of people, if it knows somebody, lets them be what they say.
fn is_undenied(reader: &mut Reader<'_>, id: &RepId, role: Role) -> Result<bool, Refused> {
    Ok(people::one(reader, id)?.is_none_or(|person| person.may_ask_as(role)))
}

/// Who is asking.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// The token's subject.
    pub id: RepId,
    /// The capacity they ask in.
    pub role: Role,
    /// What colleagues call them, where they are a rep.
    pub name: Option<String>,
    /// The team they are in, or the teams they manage.
    pub teams: Vec<TeamId>,
}

/// Describes the principal to themself.
pub fn me(reader: &mut Reader<'_>, who: &Principal) -> Result<Me, Refused> {
    let rep = roster::rep(reader, &who.id)?;
    let teams = match who.role {
        Role::Manager => roster::teams_of(reader, &who.id)?,
        Role::Rep => rep.iter().map(|rep| rep.team.clone()).collect(),
        Role::Admin | Role::Service => Vec::new(),
    };
    Ok(Me { id: who.id.clone(), role: who.role, name: rep.map(|rep| rep.name), teams })
}

/// The teams whose affairs a manager sees.
pub(super) fn managed(reader: &mut Reader<'_>, who: &Principal) -> Result<Vec<TeamId>, Refused> {
    match who.role {
        Role::Manager => Ok(roster::teams_of(reader, &who.id)?),
        _ => Ok(Vec::new()),
    }
}
