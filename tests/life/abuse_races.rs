//! Races on the abuse lane: the manager's word on a class against the reps, a thousand rounds on each database, one legal
//! outcome each.

use super::{
    fixture::{World, id, manager, rep},
    races::{race, thousand, word},
};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{abuse, decide, opt_in, submit},
    domain::{
        abuse::{AbuseAction, AbuseState, Severity},
        ids::Version,
        proposal::{Proposal, ProposalState},
    },
    store::audit,
};
use std::{collections::BTreeMap, fmt::Write as _};

const DECLARED: &str = "00000009-0000-4000-8000-000000000000";

/// A company with a proposal a round that Anna has accepted, of whose account a class was declared afterwards; Ben, who
/// would get it, bears that class and has read of it.
fn declared(database: TestDatabase) -> (World, Vec<Proposal>) {
    let world = World::new(database, thousand());
    let proposals = world.propose(thousand());
    let seen = world.store.read(|reader| opt_in::opt_in(reader, &rep("ben"))).unwrap().version;
    let new = opt_in::NewOptIn { class: Some(Severity::Abusive), cap: 1000 };
    world.store.write(|writer| opt_in::choose(writer, &rep("ben"), &new, seen)).unwrap();
    for proposal in &proposals {
        accept(&world, proposal, "anna").unwrap();
    }
    let (at, mut sql) = ("2026-01-01 00:00:00", String::new());
    for (round, Proposal { id, .. }) in proposals.iter().enumerate() {
        write!(
            sql,
            "INSERT INTO abuse_records (account_id, severity, source, state, declared_at, version) VALUES \
                 ('anna-{round}', 'abusive', 'crm', 'declared', '{at}', '{DECLARED}'); \
             INSERT INTO disclosures (proposal_id, rep_id, severity, at) VALUES ('{id}', 'ben', 'abusive', '{at}');"
        )
        .unwrap();
    }
    world.execute(&sql);
    (world, proposals)
}

fn accept(world: &World, proposal: &Proposal, name: &str) -> Result<(), account_swap::app::Refused> {
    let seen = proposal.leg_of(&id(name)).unwrap().version;
    world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal.id, seen)).map(|_| ())
}

fn acknowledge(world: &World, round: usize) -> &'static str {
    let (mona, account, seen) = (manager("mona"), id(&format!("anna-{round}")), id::<Version>(DECLARED));
    word(
        world
            .store
            .write(|writer| abuse::settle(writer, &world.settings, &mona, &account, AbuseAction::Acknowledge, seen)),
    )
}

fn on_record(world: &World, round: usize) -> AbuseState {
    let account = id(&format!("anna-{round}"));
    world.store.read(|reader| abuse::one(reader, &manager("mona"), &account)).unwrap().state
}

#[test]
fn an_acknowledgement_against_the_last_accept_agrees_the_swap_after_it_or_ends_it() {
    for database in databases() {
        let (world, proposals) = declared(database);
        let ben = |round: usize| word(accept(&world, &proposals[round], "ben"));
        let mona = |round: usize| acknowledge(&world, round);
        let outcomes = race(thousand(), &[&ben, &mona]);
        // The place in the log of each deed.
        let entries = world.store.read(|reader| audit::entries(reader, None, 0, 100_000)).unwrap();
        let at: BTreeMap<(&str, &str, &str), i64> = (entries.iter())
            .map(|entry| ((entry.actor_id.as_str(), entry.action.as_str(), entry.subject_id.as_str()), entry.seq))
            .collect();
        for (round, outcomes) in outcomes.into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            let (proposal, account) = (proposals[round].id.to_string(), format!("anna-{round}"));
            let accepted = at[&("ben", "accept", proposal.as_str())];
            let acknowledged = at[&("mona", "acknowledge", account.as_str())];
            let legal = match world.kept(proposals[round].id).state {
                // Nobody has agreed to an account whose class no manager had acknowledged.
                ProposalState::Accepted => acknowledged < accepted,
                ProposalState::Invalidated => true,
                _ => false,
            };
            let state = world.kept(proposals[round].id).state;
            assert!(legal, "{} round {round}: {state}, {acknowledged}, {accepted}", world.name);
            assert_eq!(on_record(&world, round), AbuseState::Acknowledged, "{} round {round}", world.name);
        }
    }
}

#[test]
fn an_acknowledgement_against_a_withdrawal_keeps_both() {
    for database in databases() {
        let (world, proposals) = declared(database);
        let anna = |round: usize| {
            let own = proposals[round].leg_of(&id("anna")).unwrap().submission;
            let seen = world.store.read(|reader| submit::one(reader, &rep("anna"), own)).unwrap().version;
            word(world.store.write(|writer| submit::withdraw(writer, &rep("anna"), own, seen)))
        };
        let mona = |round: usize| acknowledge(&world, round);
        for (round, outcomes) in race(thousand(), &[&anna, &mona]).into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            let state = world.kept(proposals[round].id).state;
            let both = (state, on_record(&world, round));
            assert_eq!(both, (ProposalState::Withdrawn, AbuseState::Acknowledged), "{} round {round}", world.name);
        }
    }
}
