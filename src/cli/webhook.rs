//! `webhook`: looks after the endpoints of other systems, on the machine of the database.
//!
//! In goes what the administrator wants; out comes the endpoint as it now stands, and new secrets once, on standard output.
//! Holds: the same rules as over REST. Deliberately absent: the entity tag; whoever types a command has just looked.

use super::{Context, Failure};
use account_swap::{
    app::{
        Page, Refused, Store, Writer,
        deliver::{Deliverer, Sent},
        webhooks::{self, NewWebhook, Replay, Rotation, WebhookChange, WebhookMade, WebhookView},
    },
    domain::{
        event::EventKind,
        ids::{Version, WebhookId},
        principal::{Principal, Role},
        webhook::Scheme,
    },
    settings::Settings,
};
use chrono::{DateTime, Utc};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Shows all endpoints.
    List,
    /// Makes one, and prints its secrets: the only time.
    Create(Create),
    /// Shows one.
    Show {
        /// Which.
        id: WebhookId,
    },
    /// Shows what was sent to one and what waits, the newest first.
    Deliveries {
        /// Of which.
        id: WebhookId,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Changes where it is or what it takes; what is not named stays.
    Change(Change),
    /// Makes new secrets and prints them: the only time. The present ones count beside them for a while.
    Rotate {
        /// Which.
        id: WebhookId,
        /// The present ones count no more: somebody has them who must not.
        #[arg(long)]
        at_once: bool,
    },
    /// Sends it nothing for now; what it takes waits.
    Disable {
        /// Which.
        id: WebhookId,
    },
    /// Sends again, first what has waited.
    Enable {
        /// Which.
        id: WebhookId,
    },
    /// Sends again what happened in a time, with the ids of then.
    Replay {
        /// To which.
        id: WebhookId,
        /// From this moment on, such as 2026-11-01T00:00:00Z.
        #[arg(long)]
        since: DateTime<Utc>,
        /// Until just before this one; else until now.
        #[arg(long)]
        until: Option<DateTime<Utc>>,
    },
    /// Ends it, and forgets its secrets.
    Delete {
        /// Which.
        id: WebhookId,
    },
    /// Attempts once what is due, where no service runs.
    Deliver,
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Where it is.
    url: String,
    /// What you call it.
    #[arg(long, default_value = "")]
    description: String,
    /// Every event that is open to all.
    #[arg(long)]
    all: bool,
    /// A kind of event, such as handover.execute; may stand several times.
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<EventKind>,
    /// How what it gets is signed: v1 (HMAC) or v1a (Ed25519).
    #[arg(long, default_value_t = Scheme::Hmac)]
    scheme: Scheme,
}

#[derive(Debug, clap::Args)]
struct Change {
    /// Which.
    id: WebhookId,
    /// Where it is.
    #[arg(long)]
    url: Option<String>,
    /// What you call it.
    #[arg(long)]
    description: Option<String>,
    /// Whether it takes every event that is open to all: true or false.
    #[arg(long)]
    all: Option<bool>,
    /// The kinds it takes beside those, in place of those it took; may stand several times.
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Option<Vec<EventKind>>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let (store, settings) = (context.store()?, &context.settings);
    match arguments.what {
        What::List => {
            let page = Page { after: None, limit: i64::MAX };
            let all = store.read(|reader| webhooks::list(reader, &who, page))?;
            let lines: Vec<String> = all.iter().map(line).collect();
            context.say(&all, if lines.is_empty() { "no endpoints".to_owned() } else { lines.join("\n") })
        }
        What::Show { id } => {
            let view = store.read(|reader| webhooks::one(reader, &who, id))?;
            context.say(&view, line(&view))
        }
        What::Deliveries { id, limit } => deliveries(context, &store, &who, id, limit),
        What::Create(new) => {
            let new = NewWebhook {
                url: new.url,
                description: new.description,
                all: new.all,
                kinds: new.kinds.into_iter().collect(),
                scheme: Some(new.scheme),
            };
            let (webhook, secrets) = store.write(|writer| webhooks::create(writer, settings, &who, &new))?;
            tell(context, WebhookMade { webhook, secrets: Some(secrets) })
        }
        What::Rotate { id, at_once } => {
            let (webhook, secrets) = store.write(|writer| {
                let seen = seen(writer, &who, id)?;
                webhooks::rotate(writer, settings, &who, id, &Rotation { at_once }, seen)
            })?;
            tell(context, WebhookMade { webhook, secrets: Some(secrets) })
        }
        What::Change(change) => {
            let kinds = change.kinds.map(|kinds| kinds.into_iter().collect());
            let new = WebhookChange { url: change.url, description: change.description, all: change.all, kinds };
            settled(context, &store, &who, change.id, |writer, seen| {
                webhooks::change(writer, settings, &who, change.id, &new, seen)
            })
        }
        What::Disable { id } => {
            settled(context, &store, &who, id, |writer, seen| webhooks::disable(writer, &who, id, seen))
        }
        What::Enable { id } => {
            settled(context, &store, &who, id, |writer, seen| webhooks::enable(writer, &who, id, seen))
        }
        What::Delete { id } => {
            settled(context, &store, &who, id, |writer, seen| webhooks::delete(writer, &who, id, seen))
        }
        What::Replay { id, since, until } => {
            let asked = Replay { since, until };
            let replayed = store.write(|writer| {
                let seen = seen(writer, &who, id)?;
                webhooks::replay(writer, &who, id, &asked, seen)
            })?;
            context.say(&replayed, format!("{} events are on their way again", replayed.events))
        }
        What::Deliver => deliver(context, store, settings),
    }
}

fn seen(writer: &mut Writer<'_>, who: &Principal, id: WebhookId) -> Result<Version, Refused> {
    Ok(webhooks::one(writer, who, id)?.version)
}

fn settled(
    context: &Context,
    store: &Store,
    who: &Principal,
    id: WebhookId,
    work: impl Fn(&mut Writer<'_>, Version) -> Result<WebhookView, Refused>,
) -> Result<(), Failure> {
    let view = store.write(|writer| {
        let seen = seen(writer, who, id)?;
        work(writer, seen)
    })?;
    context.say(&view, line(&view))
}

fn line(webhook: &WebhookView) -> String {
    let mut line = format!("{}  {:8}  {}", webhook.id, webhook.state.as_str(), webhook.url);
    let kinds = webhook.kinds.iter().map(|kind| kind.as_str());
    let takes: Vec<&str> = webhook.all.then_some("all").into_iter().chain(kinds).collect();
    write!(line, "  [{}]", takes.join(" ")).expect("a string takes all");
    if let Some(because) = webhook.disabled_because.filter(|_| webhook.state.as_str() == "disabled") {
        write!(line, "  because {because}").expect("a string takes all");
    }
    if let Some(since) = webhook.failing_since {
        write!(line, "  failing since {since:.0}").expect("a string takes all");
    }
    if !webhook.description.is_empty() {
        write!(line, "  {}", webhook.description).expect("a string takes all");
    }
    line
}

fn tell(context: &Context, made: WebhookMade) -> Result<(), Failure> {
    let mut words = line(&made.webhook);
    if let Some(secrets) = &made.secrets {
        write!(words, "\nsecret           {}\ncallback secret  {}", secrets.secret, secrets.callback_secret)
            .expect("a string takes all");
    }
    context.say(&made, words)
}

fn deliveries(context: &Context, store: &Store, who: &Principal, id: WebhookId, limit: i64) -> Result<(), Failure> {
    let found = store.read(|reader| webhooks::list_deliveries(reader, who, id, Page { after: None, limit }))?;
    let lines = found.iter().map(|one| {
        let outcome = one.outcome.map_or("waits", |outcome| outcome.as_str());
        let error = one.last_error.as_deref().unwrap_or_default();
        format!("{}  {:24}  {:9}  {} attempts  {error}", one.event, one.kind.as_str(), outcome, one.attempts)
    });
    let lines: Vec<String> = lines.collect();
    context.say(&found, if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") })
}

fn deliver(context: &Context, store: Store, settings: &Settings) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sent = runtime.block_on(Deliverer::new(store, settings).round())?;
    let Sent { delivered, failed, given_up, withdrawn } = sent;
    let words = format!("{delivered} delivered, {failed} to be sent again, {given_up} given up, {withdrawn} withdrawn");
    context.say(&sent, words)
}
