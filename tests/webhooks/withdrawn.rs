//! Requests to the CRM that nobody waits for any more: they are not sent, not later and not again.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Reply},
    fakes::{admin, deliver, hook, pass, send_out, sent_to, settle, state, turn, view, world},
};
use account_swap::{
    app::webhooks::{self, Replay},
    domain::{ids::ProposalId, proposal::ProposalState},
};

#[actix_web::test]
async fn what_two_people_have_settled_is_asked_of_no_crm_that_comes_back() {
    for database in databases() {
        let (world, clock) = world(database, 2);
        let endpoint = Endpoint::new(|_| Reply::HangUp);
        let (made, _) = hook(&world, &endpoint, &["handover.execute"]);
        let began = clock.now();
        let proposals: Vec<ProposalId> = world.propose(2).iter().map(|proposal| proposal.id).collect();
        let (settled, awaited) = (proposals[0], proposals[1]);
        send_out(&world, settled);
        for _ in 0..24 * 4 {
            pass(&clock, 15);
            turn(&world);
            deliver(&world).await;
        }
        assert_eq!(state(&world, settled), "needs_attention", "{}", world.name);
        settle(&world, settled, ProposalState::Undone);
        send_out(&world, awaited);
        endpoint.take();
        endpoint.now(|_| Reply::Status(200));
        let asked = || -> Vec<String> {
            let got = endpoint.take();
            got.iter().map(|got| got.json()["data"]["proposal"].as_str().unwrap().to_owned()).collect()
        };
        for act in [webhooks::disable, webhooks::enable] {
            let seen = view(&world, made.id).version;
            world.store.write(|writer| act(writer, &admin(), made.id, seen)).unwrap();
        }
        deliver(&world).await;
        assert_eq!(asked(), [awaited.to_string()], "{}: only what is waited for", world.name);
        let outcomes = |id: ProposalId| -> Vec<&str> {
            let sent = sent_to(&world, made.id);
            let own = sent.iter().filter(|one| one.subject == id.to_string());
            own.map(|one| one.outcome.map_or("waits", |outcome| outcome.as_str())).collect()
        };
        assert_eq!(outcomes(awaited), ["delivered"], "{}", world.name);
        let outcomes = outcomes(settled);
        assert!(outcomes.len() > 4, "{}: {outcomes:?}", world.name);
        assert!(outcomes.iter().all(|outcome| *outcome == "withdrawn"), "{}: {outcomes:?}", world.name);
        let all = Replay { since: began, until: None };
        let seen = view(&world, made.id).version;
        pass(&clock, 1);
        let replayed = world.store.write(|writer| webhooks::replay(writer, &admin(), made.id, &all, seen)).unwrap();
        assert_eq!(replayed.events, 1, "{}: nor is it sent again", world.name);
        deliver(&world).await;
        assert_eq!(asked(), [awaited.to_string()], "{}", world.name);
    }
}

#[actix_web::test]
async fn an_older_schema_takes_a_silent_crm_for_one_that_refused() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let endpoint = Endpoint::new(|_| Reply::HangUp);
        hook(&world, &endpoint, &["handover.execute"]);
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        pass(&clock, 23 * 60);
        turn(&world);
        let cause = || world.kept(proposal).cause.unwrap().as_str();
        assert_eq!(cause(), "crm_silent", "{}", world.name);
        while !world.store.revert().unwrap().replace('-', "").contains("20261123110000") {}
        world.store.migrate().unwrap();
        assert_eq!(cause(), "crm_refused", "{}", world.name);
    }
}
