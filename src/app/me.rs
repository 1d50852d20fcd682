//! Who is asking: whether they may still ask, and what concerns them.
//!
//! In goes the principal of a verified token; out comes a refusal where the person has left or lost the role since the
//! token was signed. Asked on every request. Deliberately absent: tokens.

use super::{Reader, Refused};
use crate::{
    domain::{
        ids::{RepId, TeamId},
        principal::{Principal, Role},
    },
    store::roster,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Refuses a rep who is gone or inactive, a manager who is such a rep, and one who manages no team.
///
/// Cost: one query by key, two for a manager.
pub fn admit(reader: &mut Reader<'_>, who: &Principal) -> Result<(), Refused> {
    let stands = match who.role {
        Role::Rep => roster::rep(reader, &who.id)?.is_some_and(|rep| rep.works_at(reader.now())),
        // A manager may or may not be a rep as well.
        Role::Manager => {
            !roster::teams_of(reader, &who.id)?.is_empty()
                && roster::rep(reader, &who.id)?.is_none_or(|rep| rep.works_at(reader.now()))
        }
        Role::Admin | Role::Service => true,
    };
    if stands { Ok(()) } else { Err(Refused::NotAllowed("this person does not hold this role any more")) }
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
