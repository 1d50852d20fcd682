//! A CRM that lies in every way, and the end that each lie comes to: carried out, undone, or two people who look.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Reply},
    fakes::{deliver, hook, pass, send_out, settle, state, turn, world},
    fixture::{World, manager, rep, service},
    served::{Read, Served},
};
use account_swap::{
    app::{
        handover::{self, HandoverView, SettleStep},
        webhooks::WebhookSecrets,
    },
    domain::{
        handover::StepAction,
        ids::{ProposalId, WebhookId},
        principal::Principal,
        proposal::ProposalState,
    },
    store::HandClock,
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

/// A CRM with its endpoint, its word and one change of owner on its way.
pub struct Crm {
    pub world: World,
    pub clock: HandClock,
    pub served: Served,
    pub endpoint: Endpoint,
    pub hook: WebhookId,
    pub secrets: WebhookSecrets,
    pub proposal: ProposalId,
    said: std::cell::Cell<u32>,
}

/// What goes with a message.
pub struct Signed {
    pub id: String,
    pub at: i64,
    pub signature: String,
    pub body: String,
}

impl Crm {
    /// One CRM a database, which has been asked to swap `anna-0` and `ben-0`.
    pub async fn asked() -> Vec<Self> {
        let mut all = Vec::new();
        for database in databases() {
            let (world, clock) = world(database, 1);
            let endpoint = Endpoint::saying(200);
            let (made, secrets) = hook(&world, &endpoint, &["handover.execute"]);
            let proposal = world.propose(1)[0].id;
            send_out(&world, proposal);
            deliver(&world).await;
            let served = Served::start(&world).await;
            let said = std::cell::Cell::new(0);
            all.push(Self { world, clock, served, endpoint, hook: made.id, secrets, proposal, said });
        }
        all
    }

    /// The requests it got since the last time.
    pub fn requests(&self) -> Vec<Value> {
        self.endpoint.take().iter().map(|got| got.json()["data"].clone()).collect()
    }

    /// A message as somebody else's library signs it.
    pub fn sign(&self, body: &Value) -> Signed {
        self.said.set(self.said.get() + 1);
        self.sign_as(&format!("msg_{}", self.said.get()), self.clock.now().timestamp(), body)
    }

    pub fn sign_as(&self, id: &str, at: i64, body: &Value) -> Signed {
        let body = body.to_string();
        let signature = Webhook::new(&self.secrets.callback_secret).unwrap().sign(id, at, body.as_bytes()).unwrap();
        Signed { id: id.to_owned(), at, signature, body }
    }

    pub async fn send(&self, signed: &Signed) -> Read {
        self.send_to(self.hook, signed).await
    }

    pub async fn send_to(&self, hook: WebhookId, signed: &Signed) -> Read {
        self.served
            .ask(reqwest::Method::POST, &format!("/api/v1/callbacks/{hook}"), None)
            .header("webhook-id", &signed.id)
            .header("webhook-timestamp", &signed.at.to_string())
            .header("webhook-signature", &signed.signature)
            .body("application/json", signed.body.clone())
            .send()
            .await
    }

    /// Says something of accounts of a request; answers what it led to.
    pub async fn say(&self, kind: &str, request: &Value, legs: &[(&str, &str)]) -> String {
        let legs: Vec<Value> =
            legs.iter().map(|(account, owner)| json!({"account": account, "owner": owner})).collect();
        let body = json!({"type": kind, "data": {"request": request["request"], "legs": legs}});
        let taken = self.send(&self.sign(&body)).await.with(200).json();
        taken["outcome"].as_str().unwrap().to_owned()
    }

    pub fn state(&self) -> &'static str {
        state(&self.world, self.proposal)
    }

    pub fn owners(&self) -> [String; 2] {
        ["anna-0", "ben-0"].map(|account| self.world.owner(account))
    }

    pub fn seen(&self, by: &Principal) -> HandoverView {
        self.world.store.read(|reader| handover::one(reader, by, self.proposal)).unwrap()
    }

    /// What two people say, who have looked.
    pub fn settle(&self, outcome: ProposalState) {
        settle(&self.world, self.proposal, outcome);
    }

    /// The trial is over, and everything with it.
    fn live_on(&self) {
        pass(&self.clock, 60 * 24 * 200);
        turn(&self.world);
    }
}

const APPLIED: &str = "handover.applied";
const REFUSED: &str = "handover.refused";

#[actix_web::test]
async fn an_honest_crm_says_it_all_at_once_and_the_accounts_change_hands() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        assert_eq!(crm.say(APPLIED, &request, &[("anna-0", "ben"), ("ben-0", "anna")]).await, "carried_out");
        assert_eq!((crm.state(), crm.owners()), ("on_trial", ["ben", "anna"].map(str::to_owned)), "{}", crm.world.name);
        crm.live_on();
        assert_eq!(crm.state(), "completed", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn it_may_say_it_account_by_account_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        for crm in Crm::asked().await {
            let request = crm.requests().remove(0);
            let legs = [("anna-0", "ben"), ("ben-0", "anna")];
            assert_eq!(crm.say(APPLIED, &request, &[legs[order[0]]]).await, "noted");
            assert_eq!(crm.state(), "executing", "{}: half is nothing yet", crm.world.name);
            assert_eq!(crm.owners(), ["anna", "ben"].map(str::to_owned), "{}: and moves nothing here", crm.world.name);
            let seen = crm.seen(&manager("mona")).crm.unwrap();
            assert_eq!(seen.legs.iter().filter(|leg| leg.answer.is_some()).count(), 1);
            assert!(crm.seen(&rep("anna")).crm.is_none(), "a party sees nothing of it");
            assert_eq!(crm.say(APPLIED, &request, &[legs[order[1]]]).await, "carried_out");
            assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
        }
    }
}

#[actix_web::test]
async fn one_that_carries_out_and_says_nothing_is_asked_again_with_the_same_id() {
    for crm in Crm::asked().await {
        let first = crm.requests().remove(0);
        pass(&crm.clock, 14);
        assert_eq!(turn(&crm.world).asked_again, 0);
        pass(&crm.clock, 1);
        let turned = turn(&crm.world);
        assert_eq!((turned.asked_again, turned.alarmed), (1, 1), "{}", crm.world.name);
        assert_eq!(turn(&crm.world).asked_again, 0, "once");
        deliver(&crm.world).await;
        let again = crm.requests();
        assert_eq!(again, std::slice::from_ref(&first), "{}: the very same question", crm.world.name);
        assert!(crm.seen(&service()).is_overdue);
        assert_eq!(crm.say(APPLIED, &again[0], &[("anna-0", "ben"), ("ben-0", "anna")]).await, "carried_out");
        assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_never_answers_ends_with_two_people_within_a_day() {
    for crm in Crm::asked().await {
        let mut asked = crm.requests().len();
        for minute in 1..24 * 60 {
            pass(&crm.clock, 1);
            if minute % 15 == 0 {
                turn(&crm.world);
                deliver(&crm.world).await;
                asked += crm.requests().len();
            }
            if crm.state() == "needs_attention" {
                break;
            }
        }
        assert_eq!(crm.state(), "needs_attention", "{}", crm.world.name);
        assert!((5..=8).contains(&asked), "{}: asked {asked} times", crm.world.name);
        pass(&crm.clock, 60 * 24);
        assert_eq!(turn(&crm.world).asked_again, 0, "{}: and is left alone then", crm.world.name);
        crm.settle(ProposalState::Undone);
        assert_eq!((crm.state(), crm.owners()), ("undone", ["anna", "ben"].map(str::to_owned)), "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_is_dead_ends_with_two_people_and_keeps_nothing_from_them() {
    for crm in Crm::asked().await {
        crm.endpoint.now(|_| Reply::HangUp);
        for _ in 0..24 * 4 {
            pass(&crm.clock, 15);
            turn(&crm.world);
            deliver(&crm.world).await;
        }
        assert_eq!(crm.state(), "needs_attention", "{}", crm.world.name);
        crm.settle(ProposalState::OnTrial);
        assert_eq!((crm.state(), crm.owners()), ("on_trial", ["ben", "anna"].map(str::to_owned)), "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_is_slow_is_believed_when_it_comes_before_somebody_looks() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        for _ in 0..20 {
            pass(&crm.clock, 60);
            turn(&crm.world);
        }
        assert_eq!(crm.say(APPLIED, &request, &[("anna-0", "ben"), ("ben-0", "anna")]).await, "carried_out");
        assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_comes_when_somebody_looks_is_noted_and_decides_nothing() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        pass(&crm.clock, 23 * 60);
        assert_eq!(turn(&crm.world).given_up, 1, "{}", crm.world.name);
        let cause = crm.seen(&manager("mona")).cause.map(|cause| cause.as_str());
        assert_eq!(cause, Some("crm_silent"), "{}: it has refused nothing", crm.world.name);
        assert_eq!(crm.say(APPLIED, &request, &[("anna-0", "ben"), ("ben-0", "anna")]).await, "noted");
        assert_eq!(crm.state(), "needs_attention", "{}", crm.world.name);
        let seen = crm.seen(&manager("mona")).crm.unwrap();
        assert!(seen.legs.iter().all(|leg| leg.answer.is_some()), "{}: they read what it said", crm.world.name);
        crm.settle(ProposalState::OnTrial);
        assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_answers_twice_changes_nothing_the_second_time() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let all = [("anna-0", "ben"), ("ben-0", "anna")];
        assert_eq!(crm.say(APPLIED, &request, &all[..1]).await, "noted");
        let before = crm.seen(&service()).version;
        assert_eq!(crm.say(APPLIED, &request, &all[..1]).await, "known");
        assert_eq!(crm.seen(&service()).version, before, "{}", crm.world.name);
        assert_eq!(crm.say(APPLIED, &request, &all).await, "carried_out");
        for legs in [&all[..], &all[1..]] {
            assert_eq!(crm.say(APPLIED, &request, legs).await, "known");
        }
        assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_refuses_one_account_for_ever_is_asked_to_put_the_other_back() {
    for refused_first in [true, false] {
        for crm in Crm::asked().await {
            let request = crm.requests().remove(0);
            let mut words = [(REFUSED, ("ben-0", "ben")), (APPLIED, ("anna-0", "ben"))];
            if !refused_first {
                words.reverse();
            }
            assert_eq!(crm.say(words[0].0, &request, &[words[0].1]).await, "noted");
            assert_eq!(crm.say(words[1].0, &request, &[words[1].1]).await, "restoring", "{}", crm.world.name);
            assert_eq!(crm.say(REFUSED, &request, &[("ben-0", "ben")]).await, "known");
            deliver(&crm.world).await;
            let back = crm.requests().remove(0);
            assert_ne!(back["request"], request["request"]);
            assert_eq!(back["way"], "restore");
            assert_eq!(back["legs"], json!([{"account": "anna-0", "expected_owner": "ben", "new_owner": "anna"}]));
            assert_eq!(crm.say(APPLIED, &back, &[("anna-0", "anna")]).await, "returned", "{}", crm.world.name);
            assert_eq!(
                (crm.state(), crm.owners()),
                ("undone", ["anna", "ben"].map(str::to_owned)),
                "{}",
                crm.world.name
            );
            turn(&crm.world);
            crm.live_on();
            assert_eq!(crm.state(), "undone");
        }
    }
}

#[actix_web::test]
async fn one_that_cannot_even_put_it_back_ends_with_two_people() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        crm.say(REFUSED, &request, &[("ben-0", "ben")]).await;
        crm.say(APPLIED, &request, &[("anna-0", "ben")]).await;
        deliver(&crm.world).await;
        let back = crm.requests().remove(0);
        assert_eq!(crm.say(REFUSED, &back, &[("anna-0", "ben")]).await, "needs_attention", "{}", crm.world.name);
        assert_eq!(crm.state(), "needs_attention");
        crm.settle(ProposalState::Undone);
        assert_eq!(crm.owners(), ["anna", "ben"].map(str::to_owned), "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_falls_silent_while_it_puts_back_ends_with_two_people_within_the_same_day() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        pass(&crm.clock, 12 * 60);
        turn(&crm.world);
        crm.say(REFUSED, &request, &[("ben-0", "ben")]).await;
        crm.say(APPLIED, &request, &[("anna-0", "ben")]).await;
        pass(&crm.clock, 11 * 60);
        turn(&crm.world);
        assert_eq!(crm.state(), "needs_attention", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn one_that_refuses_all_leaves_everything_where_it_was() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let outcome = crm.say(REFUSED, &request, &[("anna-0", "anna"), ("ben-0", "ben")]).await;
        assert_eq!((outcome.as_str(), crm.state()), ("returned", "undone"), "{}", crm.world.name);
        assert_eq!(crm.owners(), ["anna", "ben"].map(str::to_owned));
        let submitted = crm.world.store.read(|reader| {
            let submission = crm.world.kept(crm.proposal).legs[0].submission;
            account_swap::store::submissions::one(reader, submission)
        });
        assert_eq!(
            submitted.unwrap().unwrap().state.as_str(),
            "open",
            "{}: and free for the next night",
            crm.world.name
        );
    }
}

#[actix_web::test]
async fn one_that_names_other_owners_than_expected_ends_with_two_people() {
    for (kind, word) in [
        (APPLIED, ("anna-0", "cora")),
        (APPLIED, ("anna-0", "anna")),
        (APPLIED, ("anna-0", "somebody nobody knows")),
        (REFUSED, ("anna-0", "ben")),
        (REFUSED, ("anna-0", "cora")),
    ] {
        for crm in Crm::asked().await {
            let request = crm.requests().remove(0);
            assert_eq!(crm.say(kind, &request, &[word]).await, "needs_attention", "{}: {word:?}", crm.world.name);
            assert_eq!(crm.say(APPLIED, &request, &[("ben-0", "anna")]).await, "noted");
            assert_eq!(crm.state(), "needs_attention", "{}", crm.world.name);
            crm.settle(ProposalState::OnTrial);
            assert_eq!(crm.owners(), ["ben", "anna"].map(str::to_owned), "{}", crm.world.name);
        }
    }
}

#[actix_web::test]
async fn one_that_takes_its_word_back_ends_with_two_people_whenever_it_does() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        crm.say(APPLIED, &request, &[("anna-0", "ben")]).await;
        assert_eq!(crm.say(REFUSED, &request, &[("anna-0", "anna")]).await, "needs_attention", "{}", crm.world.name);
        assert_eq!(crm.state(), "needs_attention");
    }
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        crm.say(APPLIED, &request, &[("anna-0", "ben"), ("ben-0", "anna")]).await;
        assert_eq!(crm.state(), "on_trial");
        assert_eq!(crm.say(REFUSED, &request, &[("anna-0", "anna")]).await, "needs_attention", "{}", crm.world.name);
        crm.settle(ProposalState::OnTrial);
        assert_eq!(crm.state(), "on_trial", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn a_word_over_rest_that_differs_from_the_message_is_not_believed() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        crm.say(REFUSED, &request, &[("anna-0", "anna")]).await;
        let seen = crm.seen(&service()).version;
        let settings = &crm.world.settings;
        let confirmed = crm
            .world
            .store
            .write(|writer| handover::confirm(writer, settings, &service(), crm.proposal, seen))
            .unwrap();
        assert_eq!(confirmed.state.as_str(), "needs_attention", "{}", crm.world.name);
        assert_eq!(crm.owners(), ["anna", "ben"].map(str::to_owned));
    }
}

#[actix_web::test]
async fn the_way_back_is_asked_for_and_answered_like_the_way_there() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        crm.say(APPLIED, &request, &[("anna-0", "ben"), ("ben-0", "anna")]).await;
        let mona = manager("mona");
        let seen = crm.seen(&mona).version;
        let settings = &crm.world.settings;
        crm.world.store.write(|writer| handover::grant_undo(writer, settings, &mona, crm.proposal, seen)).unwrap();
        for (leg, giver) in [(0, "ben"), (1, "anna")] {
            for rule in &settings.handover.undo_checklist {
                let seen = crm.seen(&rep(giver)).version;
                let (kind, note) = (rule.step, "as agreed".to_owned());
                let asked = SettleStep { leg, kind, action: StepAction::Complete, note, effective_on: None };
                let (store, giver) = (&crm.world.store, rep(giver));
                store.write(|writer| handover::settle(writer, settings, &giver, crm.proposal, &asked, seen)).unwrap();
            }
        }
        deliver(&crm.world).await;
        let back = crm.requests().pop().unwrap();
        assert_eq!(back["way"], "back", "{}", crm.world.name);
        assert_eq!(crm.say(APPLIED, &request, &[("anna-0", "ben")]).await, "known", "an old word changes nothing");
        assert_eq!(crm.say(APPLIED, &back, &[("ben-0", "ben")]).await, "noted");
        assert_eq!(crm.owners(), ["ben", "anna"].map(str::to_owned));
        assert_eq!(crm.say(APPLIED, &back, &[("anna-0", "anna")]).await, "carried_out");
        assert_eq!((crm.state(), crm.owners()), ("undone", ["anna", "ben"].map(str::to_owned)), "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn two_answers_at_once_see_each_other() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let message = |account: &str, owner: &str| {
            let legs = json!([{"account": account, "owner": owner}]);
            crm.sign(&json!({"type": APPLIED, "data": {"request": request["request"], "legs": legs}}))
        };
        let (one, other) = (message("anna-0", "ben"), message("ben-0", "anna"));
        let (one, other) = futures_util::future::join(crm.send(&one), crm.send(&other)).await;
        let mut outcomes = [one, other].map(|read| read.with(200).json()["outcome"].as_str().unwrap().to_owned());
        outcomes.sort();
        assert_eq!(outcomes, ["carried_out", "noted"], "{}", crm.world.name);
        assert_eq!(crm.state(), "on_trial");
    }
}

#[actix_web::test]
async fn one_that_takes_its_word_back_after_the_end_changes_nothing_and_people_are_told() {
    let both = |one, other| [("anna-0", one), ("ben-0", other)];
    for ended in ["refused", "completed", "settled"] {
        for crm in Crm::asked().await {
            let request = crm.requests().remove(0);
            match ended {
                "refused" => drop(crm.say(REFUSED, &request, &both("anna", "ben")).await),
                "completed" => {
                    crm.say(APPLIED, &request, &both("ben", "anna")).await;
                    crm.live_on();
                }
                _ => {
                    pass(&crm.clock, 23 * 60);
                    turn(&crm.world);
                    crm.settle(ProposalState::Undone);
                }
            }
            let (state, owners) = (crm.state(), crm.owners());
            // Who comes later is not told of what was before.
            deliver(&crm.world).await;
            let listener = Endpoint::saying(200);
            hook(&crm.world, &listener, &["handover.needs_attention"]);
            let (kind, lie) = match ended {
                "completed" => (REFUSED, both("anna", "ben")),
                _ => (APPLIED, both("ben", "anna")),
            };
            let name = crm.world.name;
            assert_eq!(crm.say(kind, &request, &lie).await, "needs_attention", "{name}: {ended}");
            assert_eq!((crm.state(), crm.owners()), (state, owners), "{name}: {ended}: nothing changes");
            deliver(&crm.world).await;
            let told: Vec<String> = listener.take().iter().map(|got| got.subject()).collect();
            assert_eq!(told, [format!("proposals/{}", crm.proposal)], "{name}: {ended}: once for what is said at once");
            assert_eq!(crm.say(kind, &request, &lie).await, "known", "{name}: {ended}");
            deliver(&crm.world).await;
            assert!(listener.got().is_empty(), "{name}: {ended}: and once for what is said twice");
        }
    }
}

#[actix_web::test]
async fn a_late_word_that_fits_how_it_ended_is_noted_and_told_to_nobody() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        pass(&crm.clock, 23 * 60);
        turn(&crm.world);
        crm.settle(ProposalState::Undone);
        deliver(&crm.world).await;
        let listener = Endpoint::saying(200);
        hook(&crm.world, &listener, &["handover.needs_attention"]);
        assert_eq!(crm.say(REFUSED, &request, &[("anna-0", "anna")]).await, "noted", "{}", crm.world.name);
        deliver(&crm.world).await;
        assert!(listener.got().is_empty(), "{}", crm.world.name);
    }
}
