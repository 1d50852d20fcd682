//! Races after approval: a thousand rounds on each database, one legal outcome each, and never half a move.

use super::{
    fixture::{World, id, manager, rep, service, who},
    races::{race, thousand, word},
};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{
        Refused, StoreError,
        handover::{self, NewUndoRequest},
        import::{ImportError, ImportKind, import},
        review,
    },
    domain::{
        principal::Role,
        proposal::{Proposal, ProposalState},
        undo::{UndoReason, UndoState},
        units::Stars,
    },
    store::undos,
};

/// A company with a thousand proposals of `anna-n` for `ben-n` whose change of owner is out.
fn executing(database: TestDatabase) -> (World, Vec<Proposal>) {
    let world = World::new(database, thousand());
    let proposals = world.propose(thousand());
    world.execute("UPDATE proposals SET state = 'executing', effective_on = '2026-03-02', sent_at = created_at");
    (world, proposals)
}

/// The same, with the accounts in their new owners' books and the trial begun.
fn on_trial(database: TestDatabase) -> (World, Vec<Proposal>) {
    let (world, proposals) = executing(database);
    world.execute(
        "UPDATE proposals SET state = 'on_trial', trial_ends_on = '2099-01-01'; \
         UPDATE accounts SET ownership = 2, owner_id = CASE WHEN owner_id = 'anna' THEN 'ben' ELSE 'anna' END \
         WHERE owner_id IN ('anna', 'ben'); \
         INSERT INTO check_ins (proposal_id, rep_id, days, account_id, due_on, note) \
         SELECT proposal_id, to_rep_id, 7, account_id, '2026-03-09', '' FROM legs",
    );
    (world, proposals)
}

fn confirm(world: &World, proposal: &Proposal) -> Result<handover::HandoverView, Refused> {
    world.store.write(|writer| handover::confirm(writer, &world.settings, &service(), proposal.id, proposal.version))
}

/// Says through the CRM's file that an account is somebody's; again where another transaction was faster.
fn reassign(world: &World, account: &str, owner: &str) {
    let text = format!("id,name,owner,lat,lon,country\n{account},Acme,{owner},40.4406,-79.9959,us\n");
    let (root, settings) = (who("root", Role::Admin), &world.settings.import);
    let bring = || {
        world.store.write(|writer| import(writer, settings, &root, ImportKind::Accounts, None, false, text.as_bytes()))
    };
    loop {
        match bring() {
            Err(ImportError::Store(StoreError::Busy(_))) => {}
            done => {
                done.unwrap();
                return;
            }
        }
    }
}

#[test]
fn a_confirmation_against_word_that_it_failed_leaves_one_of_the_two() {
    for database in databases() {
        let (world, proposals) = executing(database);
        let done = |round: usize| word(confirm(&world, &proposals[round]));
        let failed = |round: usize| {
            let Proposal { id, version, .. } = proposals[round];
            let mona = manager("mona");
            word(world.store.write(|writer| handover::fail(writer, &mona, id, version)))
        };
        for (round, outcomes) in race(thousand(), &[&done, &failed]).into_iter().enumerate() {
            let owners = ["anna", "ben"].map(|name| world.owner(&format!("{name}-{round}")));
            let state = world.kept(proposals[round].id).state;
            let legal = match outcomes[..] {
                ["ok", "stale"] => state == ProposalState::OnTrial && owners == ["ben", "anna"],
                ["stale", "ok"] => state == ProposalState::NeedsAttention && owners == ["anna", "ben"],
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state} {owners:?}", world.name);
        }
    }
}

#[test]
fn a_confirmation_against_a_file_that_says_otherwise_moves_all_or_nothing() {
    for database in databases() {
        let (world, proposals) = executing(database);
        let done = |round: usize| word(confirm(&world, &proposals[round]));
        let sold = |round: usize| {
            reassign(&world, &format!("anna-{round}"), "cora");
            "ok"
        };
        for (round, outcomes) in race(thousand(), &[&done, &sold]).into_iter().enumerate() {
            let owners = ["anna", "ben"].map(|name| world.owner(&format!("{name}-{round}")));
            let state = world.kept(proposals[round].id).state;
            let legal = match outcomes[0] {
                // Confirmed first: the trial is over with the file.
                "ok" if state == ProposalState::Completed => owners == ["cora", "anna"],
                // The confirmation saw the file, or came after it.
                "ok" | "stale" => state == ProposalState::NeedsAttention && owners == ["cora", "ben"],
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state} {owners:?}", world.name);
        }
    }
}

#[test]
fn two_parties_who_ask_for_an_undo_at_once_are_both_heard() {
    for database in databases() {
        let (mut world, kept) = on_trial(database);
        world.settings.handover.undo_needs_a_manager = false;
        let asking = |name: &'static str| {
            let (world, kept) = (&world, &kept);
            move |round: usize| {
                let new = NewUndoRequest { reason: UndoReason::NoBetter, note: String::new() };
                let Proposal { id, version, .. } = kept[round];
                word(
                    world
                        .store
                        .write(|writer| handover::ask_undo(writer, &world.settings, &rep(name), id, &new, version)),
                )
            }
        };
        let (anna, ben) = (asking("anna"), asking("ben"));
        for (round, outcomes) in race(thousand(), &[&anna, &ben]).into_iter().enumerate() {
            let undo = world.store.read(|reader| undos::of(reader, kept[round].id)).unwrap();
            assert_eq!((&outcomes[..], undo.state), (&["ok", "ok"][..], UndoState::Granted), "{}", world.name);
            assert_eq!(undo.requests.len(), 2, "{} round {round}", world.name);
        }
    }
}

#[test]
fn one_check_in_made_twice_at_once_is_kept_once() {
    for database in databases() {
        let (world, proposals) = on_trial(database);
        let saying = |round: usize| {
            let new = review::NewCheckIn { days: 7, stars: Stars::BEST, note: String::new() };
            let id = proposals[round].id;
            word(world.store.write(|writer| review::check_in(writer, &world.settings, &rep("anna"), id, &new)))
        };
        for (round, mut outcomes) in race(thousand(), &[&saying, &saying]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["already_made", "ok"], "{} round {round}", world.name);
        }
    }
}

#[test]
fn a_last_accept_against_a_file_that_takes_the_account_away_never_leaves_the_proposal_live() {
    use account_swap::app::decide;
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let accept = |name: &'static str| {
            let (world, proposals) = (&world, &proposals);
            move |round: usize| {
                let proposal = &proposals[round];
                let seen = proposal.leg_of(&id(name)).unwrap().version;
                word(world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal.id, seen)))
            }
        };
        let ben = accept("ben");
        assert!((0..thousand()).all(|round| ben(round) == "ok"), "{}", world.name);
        let anna = accept("anna");
        let sold = |round: usize| {
            reassign(&world, &format!("anna-{round}"), "cora");
            "ok"
        };
        for (round, outcomes) in race(thousand(), &[&anna, &sold]).into_iter().enumerate() {
            let kept = world.kept(proposals[round].id);
            let is_told = kept.cause == Some(account_swap::domain::invalidation::Cause::AccountReassigned);
            assert!(
                outcomes[0] == "ok" && kept.state == ProposalState::Invalidated && is_told,
                "{} round {round}: {outcomes:?} {}",
                world.name,
                kept.state
            );
        }
    }
}
