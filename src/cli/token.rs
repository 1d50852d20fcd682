//! `token`: a token of the local key, for a portal in development or a program without an issuer.
//!
//! In go a person or program and a role; out comes a token on standard output. The key is made on first use.
//! Deliberately absent: whether the person exists, which every request asks anew.

use super::{Context, Failure};
use account_swap::{
    api::auth::LocalKey,
    domain::{
        ids::RepId,
        principal::{Principal, Role},
    },
};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// How long it counts.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=8760))]
    hours: u32,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// For this rep.
    #[arg(long, value_name = "ID")]
    rep: Option<RepId>,
    /// For this manager of a team.
    #[arg(long, value_name = "ID")]
    manager: Option<RepId>,
    /// For this administrator.
    #[arg(long, value_name = "ID")]
    admin: Option<RepId>,
    /// For this program, such as the CRM.
    #[arg(long, value_name = "ID")]
    service: Option<RepId>,
}

impl Who {
    fn principal(&self) -> Option<Principal> {
        [
            (&self.rep, Role::Rep),
            (&self.manager, Role::Manager),
            (&self.admin, Role::Admin),
            (&self.service, Role::Service),
        ]
        .into_iter()
        .find_map(|(id, role)| id.clone().map(|id| Principal { id, role }))
    }
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let who = arguments.who.principal().ok_or_else(|| Failure::Unusable("say for whom".to_owned()))?;
    let token = LocalKey::open(&context.settings.auth)?.issue(&who, arguments.hours)?;
    context.say(&json!({ "token": token, "id": who.id, "role": who.role, "hours": arguments.hours }), &token)
}
