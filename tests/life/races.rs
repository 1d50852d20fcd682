//! Races: two or more at once, a thousand rounds on each database, one legal outcome each and never a failed store.

use super::fixture::{World, id, manager, rep, who};
use crate::common::databases::databases;
use account_swap::{
    app::{Refused, decide, run, submit, sweep},
    domain::{
        principal::Role,
        proposal::{Proposal, ProposalState},
        submission::Reason,
        units::Stars,
    },
};
use chrono::{Days, Duration, NaiveDate, Utc};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Barrier,
};

pub const ROUNDS: usize = 1000;

/// Runs every racer once a round, all at the same moment, and gives the outcomes by round and racer.
pub fn race<T: Send>(rounds: usize, racers: &[&(dyn Fn(usize) -> T + Sync)]) -> Vec<Vec<T>> {
    let gate = Barrier::new(racers.len());
    let mut by_racer: Vec<std::vec::IntoIter<T>> = std::thread::scope(|scope| {
        let running: Vec<_> = racers
            .iter()
            .map(|racer| {
                let gate = &gate;
                scope.spawn(move || {
                    (0..rounds)
                        .map(|round| {
                            gate.wait();
                            // A panic is kept for later, so that nobody waits at the gate for ever.
                            catch_unwind(AssertUnwindSafe(|| racer(round)))
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| {
                let outcomes = thread.join().expect("panics are caught").into_iter();
                outcomes.map(|outcome| outcome.unwrap_or_else(|panic| resume_unwind(panic))).collect::<Vec<_>>()
            })
            .map(Vec::into_iter)
            .collect()
    });
    (0..rounds).map(|_| by_racer.iter_mut().filter_map(Iterator::next).collect()).collect()
}

/// The word for an outcome; a failed store is no outcome.
pub fn word<T>(outcome: Result<T, Refused>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(Refused::Conflict { code, .. }) => code,
        Err(Refused::Stale) => "stale",
        Err(other) => panic!("{other:?}"),
    }
}

fn accepting<'a>(
    world: &'a World,
    proposals: &'a [Proposal],
    name: &'static str,
) -> impl Fn(usize) -> &'static str + Sync + 'a {
    move |round| {
        let proposal = &proposals[round];
        let seen = proposal.leg_of(&id(name)).unwrap().version;
        word(world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal.id, seen)))
    }
}

/// Where a proposal stands now.
fn state(world: &World, proposal: &Proposal) -> ProposalState {
    world.kept(proposal.id).state
}

#[test]
fn one_rep_accepting_twice_at_once_leaves_one_decision() {
    for database in databases() {
        let world = World::new(database, ROUNDS);
        let proposals = world.propose(ROUNDS);
        let anna = accepting(&world, &proposals, "anna");
        for (round, outcomes) in race(ROUNDS, &[&anna, &anna]).into_iter().enumerate() {
            let won = outcomes.iter().filter(|outcome| **outcome == "ok").count();
            assert_eq!(won, 1, "{} round {round}: {outcomes:?}", world.name);
            assert_eq!(state(&world, &proposals[round]), ProposalState::Proposed);
        }
    }
}

#[test]
fn two_reps_accepting_at_once_both_count() {
    for database in databases() {
        let world = World::new(database, ROUNDS);
        let proposals = world.propose(ROUNDS);
        let (anna, ben) = (accepting(&world, &proposals, "anna"), accepting(&world, &proposals, "ben"));
        for (round, outcomes) in race(ROUNDS, &[&anna, &ben]).into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            assert_eq!(state(&world, &proposals[round]), ProposalState::Accepted);
        }
    }
}

#[test]
fn taking_an_accept_back_while_the_colleague_accepts_leaves_it_open() {
    for database in databases() {
        let mut world = World::new(database, ROUNDS);
        world.settings.proposals.take_back_minutes = 60;
        let proposals = world.propose(ROUNDS);
        let accept = accepting(&world, &proposals, "anna");
        assert!((0..ROUNDS).all(|round| accept(round) == "ok"), "{}", world.name);
        let seen: Vec<_> = proposals.iter().map(|one| world.party(&rep("anna"), one.id).version).collect();
        let anna = |round: usize| {
            let proposal = proposals[round].id;
            word(world.store.write(|writer| decide::take_back(writer, &rep("anna"), proposal, seen[round])))
        };
        let ben = accepting(&world, &proposals, "ben");
        for (round, outcomes) in race(ROUNDS, &[&anna, &ben]).into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            let kept = world.kept(proposals[round].id);
            let answers = kept.legs.iter().map(|leg| leg.answer.as_str()).collect::<Vec<_>>();
            assert_eq!((kept.state, answers), (ProposalState::Proposed, vec!["pending", "accepted"]), "{}", world.name);
            assert_eq!(kept.agreed_at, None, "{} round {round}", world.name);
        }
    }
}

#[test]
fn an_accept_against_a_veto_ends_vetoed_or_is_told_that_it_changed() {
    for database in databases() {
        let world = World::new(database, ROUNDS);
        let proposals = world.propose(ROUNDS);
        let anna = accepting(&world, &proposals, "anna");
        let mona = |round: usize| {
            let proposal = &proposals[round];
            let manager = manager("mona");
            word(world.store.write(|writer| decide::veto(writer, &manager, proposal.id, proposal.version)))
        };
        for (round, outcomes) in race(ROUNDS, &[&anna, &mona]).into_iter().enumerate() {
            let state = state(&world, &proposals[round]);
            let legal = match outcomes[..] {
                // The accept came after an end it cannot see, or before the veto.
                ["ok", "ok"] => state == ProposalState::Vetoed,
                // The accept came first and the manager's version is stale.
                ["ok", "stale"] => state == ProposalState::Proposed,
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state}", world.name);
        }
    }
}

#[test]
fn a_last_accept_against_expiry_is_taken_before_the_deadline_or_refused_after_it() {
    for database in databases() {
        let world = World::new(database, ROUNDS);
        let proposals = world.propose(ROUNDS);
        let ben = accepting(&world, &proposals, "ben");
        assert!((0..ROUNDS).all(|round| ben(round) == "ok"), "{}", world.name);
        // Each proposal lapses a little after the one before; both racers meet at its last millisecond.
        let start = Utc::now() + Duration::seconds(1);
        let deadline = |round: usize| start + Duration::milliseconds(15 * round as i64);
        let sql: Vec<String> = (proposals.iter().enumerate())
            .map(|(round, proposal)| {
                let deadline = deadline(round).format("%F %T%.3f");
                format!("UPDATE proposals SET expires_at = '{deadline}' WHERE id = '{}'", proposal.id)
            })
            .collect();
        world.execute(&sql.join(";"));
        let meet = |round: usize| {
            while Utc::now() < deadline(round) - Duration::milliseconds(1) {
                std::hint::spin_loop();
            }
        };
        let accept = accepting(&world, &proposals, "anna");
        let anna = |round: usize| {
            meet(round);
            accept(round)
        };
        let clock = |round: usize| {
            meet(round);
            while matches!(state(&world, &proposals[round]), ProposalState::Proposed | ProposalState::Accepted) {
                sweep::sweep(&world.store).unwrap();
            }
            "ok"
        };
        for (round, outcomes) in race(ROUNDS, &[&anna, &clock]).into_iter().enumerate() {
            let kept = world.kept(proposals[round].id);
            assert_eq!(kept.state, ProposalState::Expired, "{} round {round}", world.name);
            let legal = match outcomes[0] {
                "ok" => kept.agreed_at.is_some_and(|at| at < kept.expires_at),
                "expired" => kept.agreed_at.is_none(),
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {:?}", world.name, kept.agreed_at);
        }
    }
}

#[test]
fn two_runs_for_one_date_leave_one() {
    for database in databases() {
        let world = World::new(database, 1);
        let first: NaiveDate = id("2020-01-01");
        let admin = who("root", Role::Admin);
        let starting = |round: usize| {
            let date = first + Days::new(round as u64);
            word(run::run(&world.store, &world.settings, &admin, &run::Scope::Everybody, date, &|_| {}))
        };
        for (round, mut outcomes) in race(ROUNDS, &[&starting, &starting]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["ok", "run_exists"], "{} round {round}", world.name);
        }
    }
}

#[test]
fn two_submissions_of_one_account_leave_one() {
    for database in databases() {
        let world = World::new(database, ROUNDS);
        let submitting = |round: usize| {
            let new = submit::NewSubmission {
                account: id(&format!("anna-{round}")),
                stars: Stars::from_decimal(2.0).unwrap(),
                reasons: [Reason::NoProgress].into(),
                share_reasons: true,
                note: String::new(),
            };
            word(world.store.write(|writer| submit::submit(writer, &rep("anna"), new.clone())))
        };
        for (round, mut outcomes) in race(ROUNDS, &[&submitting, &submitting]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["already_submitted", "ok"], "{} round {round}", world.name);
        }
    }
}
