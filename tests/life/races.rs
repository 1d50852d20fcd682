//! Races: two or more at once, a thousand rounds on each database, one legal outcome each and never a failed store.
//!
//! In goes a world with a proposal, a submission or a question a round; out come the outcomes of each round, of which every
//! one must be legal together with the state it left. `ACCOUNT_SWAP_ROUNDS` says how many rounds each race is run.
//!
//! What may never happen to a proposal, whatever the timing, and the test that holds it. Those with a module in front stand
//! beside this one.
//!
//! | never possible | raced | without a race |
//! | --- | --- | --- |
//! | an account in two live moves | `meetings::publishing_against_the_nightly_run_leaves_each_account_in_one_proposal`, `meetings::publishing_twice_at_once_proposes_once`, `direct::two_batches_at_once_make_one_proposal_of_a_question`, `overrides::a_forced_move_against_an_accept_leaves_the_forced_move_alone`, `two_submissions_of_one_account_leave_one` | `day::an_account_on_trial_is_not_matched_again_and_a_ban_stops_what_nobody_approved` |
//! | an account with no owner or two | `handover_races::a_confirmation_against_a_file_that_says_otherwise_moves_all_or_nothing` | the owner is one column of the account, which is never null |
//! | half a move | `handover_races::a_confirmation_against_word_that_it_failed_leaves_one_of_the_two`, `handover_races::a_confirmation_against_a_file_that_says_otherwise_moves_all_or_nothing` | `trial::an_undo_asked_for_shows_to_nobody_but_the_managers_until_it_is_granted_and_then_returns_both_together` |
//! | leaving a final state | `an_accept_against_a_veto_ends_vetoed_or_is_told_that_it_changed`, `a_withdrawal_against_the_approval_leaves_one_of_the_two`, `handover_races::a_last_accept_against_a_file_that_takes_the_account_away_never_leaves_the_proposal_live` | `states::nothing_leaves_a_final_state` |
//! | executing without every accept or an entitled override | `taking_an_accept_back_against_the_approval_leaves_one_of_the_two`, `taking_an_accept_back_while_the_colleague_accepts_leaves_it_open` | `states::every_transition_of_a_proposal_is_as_agreed` |
//! | accepting after expiry | `a_last_accept_against_expiry_is_taken_before_the_deadline_or_refused_after_it` | `store::by_a_clock_that_is_set_a_proposal_lapses_at_its_moment_and_not_before` |
//! | declining after approval | `a_decline_against_the_last_accept_and_the_approval_leaves_one_of_the_two` | `states::only_people_without_gain_or_the_policy_approve_and_no_batch_ends_what_a_person_accepted` |
//! | approving what one gains from | nothing to race: who gives and gets in a proposal never changes | `day::nobody_approves_what_they_gain_from_and_another_teams_manager_sees_nothing`, `trial::nobody_decides_on_an_undo_they_gain_from`, `meetings::nobody_pins_or_strikes_out_what_they_gain_from`, `ladder::whoever_manages_themselves_does_not_sign_off_their_own_parting` |
//! | a batch undoing anything a person accepted | `a_run_against_the_last_accept_takes_nothing_of_it_away`, `overrides::a_re_match_takes_nothing_from_anybody_else` | `states::only_people_without_gain_or_the_policy_approve_and_no_batch_ends_what_a_person_accepted` |

use super::fixture::{World, id, manager, rep, rounds, who};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused,
        decide::{self, DeclineReason},
        run, submit, sweep,
    },
    domain::{
        ids::Version,
        principal::Role,
        proposal::{Answer, Proposal, ProposalState},
        submission::Reason,
        units::Stars,
    },
};
use chrono::{Days, Duration, NaiveDate, Utc};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Barrier,
};

/// The rounds of a race whose rounds are cheap.
pub fn thousand() -> usize {
    rounds(1000)
}

/// Runs `race` on both databases for as many rounds as `usual`, or the variable, says, a score of them in each fresh world.
///
/// For races that plan in every round: each leaves a run and a proposal behind, which make the next round slower.
pub fn in_fresh_worlds(usual: usize, race: impl Fn(World, usize)) {
    const SCORE: usize = 20;
    let rounds = rounds(usual);
    for done in (0..rounds).step_by(SCORE) {
        let count = SCORE.min(rounds - done);
        for database in databases() {
            race(World::new(database, count), count);
        }
    }
}

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

/// Both at the same moment.
pub fn at_once<T: Send>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> T + Send) -> [T; 2] {
    let gate = Barrier::new(2);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            gate.wait();
            one()
        });
        gate.wait();
        let second = other();
        [first.join().expect("no panic"), second]
    })
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

fn approve(world: &World, proposal: &Proposal, seen: Version) -> &'static str {
    let mona = manager("mona");
    word(world.store.write(|writer| decide::approve(writer, &world.settings, &mona, proposal.id, seen)))
}

/// The versions at which `anna` and the managers last saw each proposal.
fn seen(world: &World, proposals: &[Proposal]) -> Vec<(Version, Version)> {
    let both = |one: &Proposal| (world.party(&rep("anna"), one.id).version, world.kept(one.id).version);
    proposals.iter().map(both).collect()
}

/// Where a proposal stands now.
fn state(world: &World, proposal: &Proposal) -> ProposalState {
    world.kept(proposal.id).state
}

#[test]
fn one_rep_accepting_twice_at_once_leaves_one_decision() {
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let anna = accepting(&world, &proposals, "anna");
        for (round, outcomes) in race(thousand(), &[&anna, &anna]).into_iter().enumerate() {
            let won = outcomes.iter().filter(|outcome| **outcome == "ok").count();
            assert_eq!(won, 1, "{} round {round}: {outcomes:?}", world.name);
            assert_eq!(state(&world, &proposals[round]), ProposalState::Proposed);
        }
    }
}

#[test]
fn two_reps_accepting_at_once_both_count() {
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let (anna, ben) = (accepting(&world, &proposals, "anna"), accepting(&world, &proposals, "ben"));
        for (round, outcomes) in race(thousand(), &[&anna, &ben]).into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            assert_eq!(state(&world, &proposals[round]), ProposalState::Accepted);
        }
    }
}

#[test]
fn taking_an_accept_back_while_the_colleague_accepts_leaves_it_open() {
    for database in databases() {
        let mut world = World::new(database, thousand());
        world.settings.proposals.take_back_minutes = 60;
        let proposals = world.propose(thousand());
        let accept = accepting(&world, &proposals, "anna");
        assert!((0..thousand()).all(|round| accept(round) == "ok"), "{}", world.name);
        let seen: Vec<_> = proposals.iter().map(|one| world.party(&rep("anna"), one.id).version).collect();
        let anna = |round: usize| {
            let proposal = proposals[round].id;
            word(world.store.write(|writer| decide::take_back(writer, &rep("anna"), proposal, seen[round])))
        };
        let ben = accepting(&world, &proposals, "ben");
        for (round, outcomes) in race(thousand(), &[&anna, &ben]).into_iter().enumerate() {
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
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let anna = accepting(&world, &proposals, "anna");
        let mona = |round: usize| {
            let proposal = &proposals[round];
            let manager = manager("mona");
            word(world.store.write(|writer| decide::veto(writer, &manager, proposal.id, proposal.version)))
        };
        for (round, outcomes) in race(thousand(), &[&anna, &mona]).into_iter().enumerate() {
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
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let ben = accepting(&world, &proposals, "ben");
        assert!((0..thousand()).all(|round| ben(round) == "ok"), "{}", world.name);
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
        for (round, outcomes) in race(thousand(), &[&anna, &clock]).into_iter().enumerate() {
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
fn taking_an_accept_back_against_the_approval_leaves_one_of_the_two() {
    for database in databases() {
        let (mut world, clock) = World::new(database, thousand()).by_hand("2026-03-02T08:00:00Z");
        world.settings.proposals.take_back_minutes = 60;
        let proposals = world.propose(thousand());
        for name in ["anna", "ben"] {
            let accept = accepting(&world, &proposals, name);
            assert!((0..thousand()).all(|round| accept(round) == "ok"), "{}", world.name);
        }
        // One accept after the other becomes firm; the clock passes that moment while both act.
        let first = clock.now() + Duration::seconds(1);
        let sql: Vec<String> = (proposals.iter().enumerate())
            .map(|(round, proposal)| {
                let firm_at = (first + Duration::seconds(round as i64)).format("%F %T");
                format!("UPDATE legs SET firm_at = '{firm_at}' WHERE proposal_id = '{}'", proposal.id)
            })
            .collect();
        world.execute(&sql.join(";"));
        let seen = seen(&world, &proposals);
        let anna = |round: usize| {
            let (id, seen) = (proposals[round].id, seen[round].0);
            word(world.store.write(|writer| decide::take_back(writer, &rep("anna"), id, seen)))
        };
        let mona = |round: usize| approve(&world, &proposals[round], seen[round].1);
        let time = |_: usize| {
            clock.move_by(Duration::seconds(1));
            "ok"
        };
        for (round, outcomes) in race(thousand(), &[&anna, &mona, &time]).into_iter().enumerate() {
            let state = state(&world, &proposals[round]);
            let legal = match outcomes[..2] {
                ["ok", "too_early" | "stale"] => state == ProposalState::Proposed,
                ["too_late" | "stale", "ok"] => state == ProposalState::Approved,
                // Each was a moment on the wrong side of it.
                ["too_late", "too_early"] => state == ProposalState::Accepted,
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state}", world.name);
        }
    }
}

#[test]
fn a_decline_against_the_last_accept_and_the_approval_leaves_one_of_the_two() {
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let anna = accepting(&world, &proposals, "anna");
        assert!((0..thousand()).all(|round| anna(round) == "ok"), "{}", world.name);
        let ben = accepting(&world, &proposals, "ben");
        // Ben says yes on one device and no on the other; his manager approves a yes at once.
        let agreeing = |round: usize| match ben(round) {
            "ok" => approve(&world, &proposals[round], world.kept(proposals[round].id).version),
            refused => refused,
        };
        let declining = |round: usize| {
            let proposal = &proposals[round];
            let (seen, reason) = (proposal.leg_of(&id("ben")).unwrap().version, DeclineReason::BadTime);
            let ben = rep("ben");
            word(world.store.write(|writer| decide::decline(writer, &world.settings, &ben, proposal.id, seen, reason)))
        };
        for (round, outcomes) in race(thousand(), &[&agreeing, &declining]).into_iter().enumerate() {
            let state = state(&world, &proposals[round]);
            let legal = match outcomes[..] {
                ["ok", "stale" | "already_decided"] => state == ProposalState::Approved,
                ["stale" | "already_decided", "ok"] => state == ProposalState::Declined,
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state}", world.name);
        }
    }
}

#[test]
fn a_withdrawal_against_the_approval_leaves_one_of_the_two() {
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        for name in ["anna", "ben"] {
            let accept = accepting(&world, &proposals, name);
            assert!((0..thousand()).all(|round| accept(round) == "ok"), "{}", world.name);
        }
        let seen = seen(&world, &proposals);
        let mona = |round: usize| approve(&world, &proposals[round], seen[round].1);
        let anna = |round: usize| {
            let own = proposals[round].leg_of(&id("anna")).unwrap().submission;
            let seen = world.store.read(|reader| submit::one(reader, &rep("anna"), own)).unwrap().version;
            word(world.store.write(|writer| submit::withdraw(writer, &rep("anna"), own, seen)))
        };
        for (round, outcomes) in race(thousand(), &[&anna, &mona]).into_iter().enumerate() {
            let state = state(&world, &proposals[round]);
            let legal = match outcomes[..] {
                ["ok", "stale"] => state == ProposalState::Withdrawn,
                ["already_decided", "ok"] => state == ProposalState::Approved,
                _ => false,
            };
            assert!(legal, "{} round {round}: {outcomes:?} {state}", world.name);
        }
    }
}

#[test]
fn a_run_against_the_last_accept_takes_nothing_of_it_away() {
    for database in databases() {
        let world = World::new(database, thousand());
        let proposals = world.propose(thousand());
        let anna = accepting(&world, &proposals, "anna");
        assert!((0..thousand()).all(|round| anna(round) == "ok"), "{}", world.name);
        let (first, admin) = (id::<NaiveDate>("2020-01-01"), who("root", Role::Admin));
        let running = |round: usize| {
            let date = first + Days::new(round as u64);
            word(run::run(&world.store, &world.settings, &admin, &run::Scope::Everybody, date, &|_| {}))
        };
        let ben = accepting(&world, &proposals, "ben");
        for (round, outcomes) in race(thousand(), &[&ben, &running]).into_iter().enumerate() {
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            let kept = world.kept(proposals[round].id);
            let all_accepted = kept.legs.iter().all(|leg| leg.answer == Answer::Accepted);
            assert!(kept.state == ProposalState::Accepted && all_accepted, "{} round {round}: {kept:?}", world.name);
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
        for (round, mut outcomes) in race(thousand(), &[&starting, &starting]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["ok", "run_exists"], "{} round {round}", world.name);
        }
    }
}

#[test]
fn two_submissions_of_one_account_leave_one() {
    for database in databases() {
        let world = World::new(database, thousand());
        let submitting = |round: usize| {
            let new = submit::NewSubmission {
                account: id(&format!("anna-{round}")),
                stars: Stars::from_decimal(2.0).unwrap(),
                reasons: [Reason::NoProgress].into(),
                share_reasons: true,
                note: String::new(),
            };
            word(world.store.write(|writer| submit::submit(writer, &world.settings, &rep("anna"), new.clone())))
        };
        for (round, mut outcomes) in race(thousand(), &[&submitting, &submitting]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["already_submitted", "ok"], "{} round {round}", world.name);
        }
    }
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let sources = [
        ("races", include_str!("races.rs")),
        ("handover_races", include_str!("handover_races.rs")),
        ("meetings", include_str!("meetings.rs")),
        ("direct", include_str!("direct.rs")),
        ("overrides", include_str!("overrides.rs")),
        ("day", include_str!("day.rs")),
        ("trial", include_str!("trial.rs")),
        ("states", include_str!("states.rs")),
        ("store", include_str!("store.rs")),
        ("ladder", include_str!("ladder.rs")),
    ];
    let rows = include_str!("races.rs").lines().filter_map(|line| line.strip_prefix("//! | ")).skip(2);
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        assert_eq!(cells.len(), 3, "{row}");
        for name in row.split('`').skip(1).step_by(2) {
            let (module, test) = name.split_once("::").unwrap_or(("races", name));
            let source = sources.iter().find(|(name, _)| *name == module).map(|(_, source)| *source);
            let is_there = source.is_some_and(|source| source.contains(&format!("#[test]\nfn {test}() {{")));
            assert!(is_there, "{name} is no test");
        }
        count += 1;
    }
    assert_eq!(count, 9, "what PRODUCT.md calls never possible");
}
