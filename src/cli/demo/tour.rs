//! The tour: the demo's night behind its REST interface, with everything somebody needs to try it.
//!
//! In go the night and its database; out come tokens for both reps of a swap, their managers and an admin, a few
//! requests to paste, and then answers until the program is told to stop.
//! Holds: the tokens are signed by a key of the demo's own, so they count nowhere else.
//! Deliberately absent: a deadline; it serves until it is stopped.

use super::{
    Failure,
    findings::{Findings, Swap},
};
use crate::cli::{
    invented::{failed, world::World},
    serve, tell,
};
use account_swap::{
    api::{auth::LocalKey, etag},
    app::{Page, Store, proposals},
    domain::{
        ids::{ProposalId, RepId},
        principal::{Principal, Role},
    },
    settings::Settings,
};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    fmt::{self, Display},
    io,
    net::{SocketAddr, TcpListener},
};

/// How long the tokens count.
const TOKEN_HOURS: u32 = 12;

/// Somebody who may sign in.
#[derive(Debug, Serialize)]
struct Visitor {
    /// The shell variable that holds the token.
    variable: &'static str,
    id: RepId,
    role: Role,
    who: String,
    token: String,
}

/// A proposal as one of its reps has it.
#[derive(Debug, Serialize)]
struct Ticket {
    proposal: ProposalId,
    /// The `If-Match` of the rep's next decision.
    etag: String,
}

/// What is printed before the first answer.
#[derive(Debug, Serialize)]
struct Tour {
    url: String,
    visitors: Vec<Visitor>,
    /// The proposal of one swap, for each of its reps; empty where there is no swap.
    tickets: Vec<Ticket>,
}

/// Prints the tour and answers HTTP until it is told to stop.
pub fn serve(json: bool, settings: Settings, store: Store, world: &World, findings: &Findings) -> Result<(), Failure> {
    let listener = listener(settings.server.listen)?;
    let key = LocalKey::open(&settings.auth)?;
    let mut tour =
        Tour { url: format!("http://{}", listener.local_addr()?), visitors: Vec::new(), tickets: Vec::new() };
    let mut add = |variable, id: &str, role, who: String| -> Result<(), Failure> {
        let id: RepId = id.parse().map_err(failed)?;
        let token = key.issue(&Principal { id: id.clone(), role }, &BTreeSet::new(), TOKEN_HOURS)?;
        tour.visitors.push(Visitor { variable, id, role, who, token });
        Ok(())
    };
    // A swap across teams, where there is one, needs both managers.
    let across = findings.swaps.iter().find(|swap| managers(world, swap).len() > 1);
    let shown = across.or(findings.swaps.first());
    if let Some(swap) = shown {
        for (variable, side) in ["REP", "COLLEAGUE"].into_iter().zip(&swap.sides) {
            add(variable, &side.rep.id, Role::Rep, format!("{}, {}", side.rep.name, side.rep.town))?;
        }
        for (variable, manager) in ["MANAGER", "OTHER_MANAGER"].into_iter().zip(managers(world, swap)) {
            add(variable, &manager, Role::Manager, format!("manager {manager}"))?;
        }
    }
    add("ADMIN", "admin", Role::Admin, "administrator".to_owned())?;
    for visitor in tour.visitors.iter().take(2).filter(|visitor| visitor.role == Role::Rep) {
        let who = Principal { id: visitor.id.clone(), role: visitor.role };
        let page = Page { after: None, limit: 100 };
        let seen = store.read(|reader| proposals::list(reader, &who, page))?;
        let ours = |id| shown.is_some_and(|swap| is_of(&seen, id, swap));
        let view = seen.iter().find(|view| ours(view.id()));
        tour.tickets.extend(view.map(|view| Ticket { proposal: view.id(), etag: etag::of(view.version()) }));
    }
    let text = if json { serde_json::to_string(&tour).map_err(failed)? } else { tour.to_string() };
    tell(|out| writeln!(out, "{text}"))?;
    serve::answer(settings, store, listener)
}

/// The address that is set, or a free port beside it where another program has it.
fn listener(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).or_else(|error| match error.kind() {
        io::ErrorKind::AddrInUse => TcpListener::bind(SocketAddr::new(address.ip(), 0)),
        _ => Err(error),
    });
    bound.map_err(|error| Failure::Failed(format!("cannot listen on {address}: {error}")))
}

/// The managers of a swap's reps, each once.
fn managers(world: &World, swap: &Swap) -> Vec<String> {
    let manager = |rep: &str| world.people.iter().find(|person| person.rep.id.as_str() == rep);
    let mut managers: Vec<String> =
        swap.sides.iter().filter_map(|side| manager(&side.rep.id)).map(|person| person.manager.to_string()).collect();
    managers.dedup();
    managers
}

/// Whether a proposal is the one of a swap: the rep gives the account the swap says.
fn is_of(seen: &[proposals::ProposalView], id: ProposalId, swap: &Swap) -> bool {
    seen.iter().any(|view| match view {
        proposals::ProposalView::Party(party) => {
            party.id == id && swap.sides.iter().any(|side| side.gives.id == party.gives.id.as_str())
        }
        _ => false,
    })
}

impl Display for Tour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, visitors, tickets } = self;
        writeln!(f, "\nSERVING  {url} until Ctrl-C\n{}", "─".repeat(100))?;
        writeln!(
            f,
            "  The reference is at {url}/api/docs. Paste these, good for {TOKEN_HOURS} hours and only here:\n"
        )?;
        writeln!(f, "export API={url}/api/v1")?;
        for visitor in visitors {
            writeln!(f, "export {}={}   # {}", visitor.variable, visitor.token, visitor.who)?;
        }
        let [own, other] = tickets.as_slice() else { return Ok(()) };
        let names: Vec<&str> = visitors.iter().map(|visitor| visitor.who.as_str()).collect();
        let id = own.proposal;
        writeln!(f, "\n# {} looks at what is proposed, asks why, and accepts", names[0])?;
        writeln!(f, "curl -s $API/proposals -H \"Authorization: Bearer $REP\"")?;
        writeln!(f, "curl -s $API/proposals/{id}/explain -H \"Authorization: Bearer $REP\"")?;
        accept(f, "REP", own)?;
        writeln!(f, "\n# {} accepts too, unaware of the other's answer", names[1])?;
        accept(f, "COLLEAGUE", other)?;
        writeln!(f, "\n# a manager sees travel and money of both sides but nobody's rating, and approves")?;
        for manager in visitors.iter().filter(|visitor| visitor.role == Role::Manager) {
            let header = format!("-H \"Authorization: Bearer ${}\"", manager.variable);
            writeln!(f, "ETAG=$(curl -si $API/proposals/{id} {header} \\")?;
            writeln!(f, "  | tee /dev/stderr | tr -d '\\r' | sed -n 's/^etag: //p')")?;
            writeln!(f, "curl -s -X POST $API/proposals/{id}/approve {header} \\")?;
            writeln!(f, "  -H \"If-Match: $ETAG\" -H \"Idempotency-Key: $(date +%s)-{}\"", manager.variable)?;
        }
        Ok(())
    }
}

fn accept(f: &mut fmt::Formatter<'_>, variable: &str, ticket: &Ticket) -> fmt::Result {
    writeln!(
        f,
        "curl -s -X POST $API/proposals/{}/accept -H \"Authorization: Bearer ${variable}\" \\",
        ticket.proposal
    )?;
    writeln!(f, "  -H 'If-Match: {}' -H \"Idempotency-Key: $(date +%s)-{variable}\"", ticket.etag)
}
