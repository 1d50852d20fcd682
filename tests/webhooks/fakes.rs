//! A world whose events go to loopback, and the steps of a proposal through it.

use crate::{
    common::databases::TestDatabase,
    endpoint::Endpoint,
    fixture::{World, manager, rep, who},
};
use account_swap::{
    app::{
        calendar, decide,
        deliver::{Deliverer, Sent},
        handover::{self, NewSettlement},
        webhooks::{self, DeliveryView, NewWebhook, WebhookSecrets, WebhookView},
    },
    domain::{
        ids::{ProposalId, WebhookId},
        principal::{Principal, Role},
        proposal::ProposalState,
        webhook::Scheme,
    },
    store::HandClock,
};
use chrono::{DateTime, Duration, SubsecRound, Utc};

/// A world by a clock of its own, which shows the present second at first: other people's libraries look at their own.
pub fn world(database: TestDatabase, pairs: usize) -> (World, HandClock) {
    let mut world = World::new(database, pairs);
    world.settings.webhooks.allowed_hosts = vec!["127.0.0.1".to_owned()];
    world.settings.webhooks.request_timeout_milliseconds = 2000;
    world.settings.webhooks.connect_timeout_milliseconds = 1000;
    let now: DateTime<Utc> = Utc::now().trunc_subsecs(0);
    world.by_hand(&now.to_rfc3339())
}

pub fn admin() -> Principal {
    who("root", Role::Admin)
}

/// An endpoint that takes all, or what is named.
pub fn hook(world: &World, at: &Endpoint, kinds: &[&str]) -> (WebhookView, WebhookSecrets) {
    hook_at(world, &at.url(), kinds)
}

pub fn hook_at(world: &World, url: &str, kinds: &[&str]) -> (WebhookView, WebhookSecrets) {
    let new = NewWebhook {
        url: url.to_owned(),
        description: String::new(),
        all: kinds.is_empty(),
        kinds: kinds.iter().map(|kind| kind.parse().unwrap()).collect(),
        scheme: Some(Scheme::Hmac),
    };
    world.store.write(|writer| webhooks::create(writer, &world.settings, &admin(), &new)).unwrap()
}

pub fn view(world: &World, id: WebhookId) -> WebhookView {
    world.store.read(|reader| webhooks::one(reader, &admin(), id)).unwrap()
}

/// What was and will be sent to an endpoint, the newest first.
pub fn sent_to(world: &World, id: WebhookId) -> Vec<DeliveryView> {
    let page = account_swap::app::Page { after: None, limit: 1000 };
    world.store.read(|reader| webhooks::list_deliveries(reader, &admin(), id, page)).unwrap()
}

pub fn deliverer(world: &World) -> Deliverer {
    Deliverer::new(world.store.clone(), &world.settings)
}

/// Hands out and attempts once what is due.
pub async fn round(world: &World) -> Sent {
    deliverer(world).round().await.unwrap()
}

/// Attempts until nothing is due.
pub async fn deliver(world: &World) -> Sent {
    let (deliverer, mut all) = (deliverer(world), Sent::default());
    loop {
        let sent = deliverer.round().await.unwrap();
        if sent == Sent::default() {
            return all;
        }
        all.delivered += sent.delivered;
        all.failed += sent.failed;
        all.given_up += sent.given_up;
        all.withdrawn += sent.withdrawn;
    }
}

/// Accepts as a rep.
pub fn accept(world: &World, name: &str, proposal: ProposalId) {
    let seen = world.party(&rep(name), proposal).version;
    world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal, seen)).unwrap();
}

/// Approves as Mona.
pub fn approve(world: &World, proposal: ProposalId) {
    let seen = world.manager(&manager("mona"), proposal).version;
    world.store.write(|writer| decide::approve(writer, &world.settings, &manager("mona"), proposal, seen)).unwrap();
}

/// Accepts, approves, does all that is to be done, and sends the change of owner out.
pub fn send_out(world: &World, proposal: ProposalId) {
    for name in ["anna", "ben"] {
        accept(world, name, proposal);
    }
    approve(world, proposal);
    let today = world.clock.as_ref().expect("a clock").now().date_naive();
    world.execute(&format!(
        "UPDATE handover_steps SET state = 'done' WHERE proposal_id = '{proposal}'; \
         UPDATE proposals SET effective_on = '{today}' WHERE id = '{proposal}'"
    ));
    turn(world);
    assert_eq!(world.kept(proposal).state.as_str(), "executing", "{}", world.name);
}

/// What two people say of a handover that needs attention, who have looked.
pub fn settle(world: &World, proposal: ProposalId, outcome: ProposalState) {
    for by in [manager("mona"), admin()] {
        let seen = world.store.read(|reader| handover::one(reader, &by, proposal)).unwrap().version;
        let new = NewSettlement { outcome, note: "looked it up".to_owned() };
        let done =
            world.store.write(|writer| handover::settle_attention(writer, &world.settings, &by, proposal, &new, seen));
        done.unwrap();
    }
}

/// Lets the calendar do what is due.
pub fn turn(world: &World) -> calendar::Turned {
    calendar::turn(&world.store, &world.settings).unwrap()
}

/// Moves the clock on.
pub fn pass(clock: &HandClock, minutes: i64) {
    clock.move_by(Duration::minutes(minutes));
}

/// The state of a proposal.
pub fn state(world: &World, proposal: ProposalId) -> &'static str {
    world.kept(proposal).state.as_str()
}
