//! `token`: a token of the local key, for a portal in development or a program without an issuer.
//!
//! In go a person or program and a role, and what a program may do; out comes a token on standard output. The key is made on
//! first use. Deliberately absent: whether the person exists, which every request asks anew.

use super::{Context, Failure};
use account_swap::{
    api::auth::LocalKey,
    domain::{
        ids::RepId,
        principal::{Principal, Role, Scope},
    },
};
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// What a program may use it for; again for each: crm.sync, crm.ack, batch.run.
    #[arg(long = "scope", value_name = "SCOPE", requires = "service")]
    scopes: Vec<Scope>,
    /// How long it counts; at most auth.longest_token_hours.
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
    /// For this program, such as the CRM; says with --scope what it may do.
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
    let scopes: BTreeSet<Scope> = arguments.scopes.iter().copied().collect();
    if who.role == Role::Service && scopes.is_empty() {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        return Err(Failure::Unusable(format!("say with --scope what the program may do: {}", known.join(", "))));
    }
    let hours = arguments.hours;
    let token = LocalKey::open(&context.settings.auth)?.issue(&who, &scopes, hours)?;
    context.say(&json!({ "token": token, "id": who.id, "role": who.role, "scopes": scopes, "hours": hours }), &token)
}
