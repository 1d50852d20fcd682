//! A day in the company, verb by verb, on both databases.

use super::{
    fixture::{World, approve_by, id, manager, rep, service, who},
    ladder::resubmit,
};
use crate::common::databases::databases;
use account_swap::{
    app::{Refused, calendar, decide, handover, overrides as orders, report, run, submit},
    domain::{
        handover::{StepAction, StepKind},
        ids::{ProposalId, Version},
        overrides::{OverrideKind, OverrideState, ReasonCode},
        principal::Role,
        proposal::{ProposalState, PublicStatus},
        submission::SubmissionState,
    },
};

/// Submits one account of each of north's reps, runs the night, and gives the one proposal.
pub fn proposed(world: &World) -> ProposalId {
    world.submit("anna-0");
    world.submit("ben-0");
    let run = world.run("2026-03-02");
    assert_eq!(run.report.as_ref().unwrap().published, 1, "{}: {run:?}", world.name);
    let [ref only] = world.proposals(&rep("anna"))[..] else { panic!("{}: not one proposal", world.name) };
    only.id()
}

pub fn accept(world: &World, name: &str, proposal: ProposalId) -> PublicStatus {
    let seen = world.party(&rep(name), proposal).version;
    world
        .store
        .write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal, seen))
        .unwrap_or_else(|refused| panic!("{name}: {refused}"));
    world.party(&rep(name), proposal).status
}

fn decline(world: &World, name: &str, proposal: ProposalId, version: Version, reason: decide::DeclineReason) {
    let settings = &world.settings;
    world.store.write(|writer| decide::decline(writer, settings, &rep(name), proposal, version, reason)).unwrap();
}

fn order(world: &World, by: &str, change: impl Fn(&mut orders::NewOverride)) -> Result<orders::OverrideView, Refused> {
    let mut new = orders::NewOverride {
        kind: OverrideKind::Veto,
        proposal: None,
        accounts: Vec::new(),
        rep: None,
        hours: None,
        reason: ReasonCode::BusinessNeed,
        note: "agreed at the meeting".to_owned(),
    };
    change(&mut new);
    let seen = new.proposal.map(|proposal| world.manager(&manager(by), proposal).version);
    world.store.write(|writer| orders::order(writer, &world.settings, &manager(by), new.clone(), seen))
}

pub fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Conflict { code, .. } => code,
        Refused::NotFound(_) => "not_found",
        Refused::NotAllowed(_) => "not_allowed",
        Refused::Stale => "stale",
        other => panic!("{other:?}"),
    }
}

/// Does every step of a handover, which sends the change of owner out.
pub fn hand_over(world: &World, proposal: ProposalId) -> Version {
    let giver = |leg: u32| if leg == 0 { rep("anna") } else { rep("ben") };
    let mut version = world.store.read(|reader| handover::one(reader, &rep("anna"), proposal)).unwrap().version;
    for leg in [0, 1] {
        for kind in StepKind::ALL {
            let settle = |by, action, note: &str, version| {
                let asked =
                    handover::SettleStep { leg, kind: *kind, action, note: note.to_owned(), effective_on: None };
                world.store.write(|writer| handover::settle(writer, &world.settings, &by, proposal, &asked, version))
            };
            let view = if *kind == StepKind::TellCustomer && leg == 1 {
                assert_eq!(code(settle(rep("ben"), StepAction::Waive, "no time", version).unwrap_err()), "not_allowed");
                settle(manager("mona"), StepAction::Waive, "the customer moved abroad", version).unwrap()
            } else {
                settle(giver(leg), StepAction::Complete, "as agreed", version).unwrap()
            };
            version = view.version;
        }
    }
    version
}

#[test]
fn a_submitted_account_ends_in_its_new_owners_book() {
    for database in databases() {
        let world = World::new(database, 3);
        let proposal = proposed(&world);
        let seen = world.party(&rep("anna"), proposal);
        assert_eq!((seen.status, seen.counterpart), (PublicStatus::Proposed, None));
        assert!(seen.gain.0 > 0);

        assert_eq!(accept(&world, "anna", proposal), PublicStatus::Answered);
        assert_eq!(accept(&world, "ben", proposal), PublicStatus::Answered, "not before the next batch");
        assert_eq!(world.party(&rep("anna"), proposal).counterpart, None);
        world.run("2026-03-03");
        let told = world.party(&rep("anna"), proposal);
        assert_eq!((told.status, told.counterpart.as_deref()), (PublicStatus::Accepted, Some("The real ben")));

        let version = world.manager(&manager("mona"), proposal).version;
        world
            .store
            .write(|writer| decide::approve(writer, &world.settings, &manager("mona"), proposal, version))
            .unwrap();
        let version = hand_over(&world, proposal);
        assert_eq!(world.kept(proposal).state, ProposalState::Executing);
        assert_eq!((world.owner("anna-0"), world.owner("ben-0")), ("anna".to_owned(), "ben".to_owned()));

        let confirm = |version| {
            world.store.write(|writer| handover::confirm(writer, &world.settings, &service(), proposal, version))
        };
        let confirmed = confirm(version).unwrap();
        assert_eq!(confirmed.state, ProposalState::OnTrial);
        assert_eq!((world.owner("anna-0"), world.owner("ben-0")), ("ben".to_owned(), "anna".to_owned()));
        assert_eq!(code(confirm(confirmed.version).unwrap_err()), "already_decided", "a CRM that answers twice");

        world.execute("UPDATE proposals SET trial_ends_on = '2020-01-01'");
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().ended, 1);
        assert_eq!(world.kept(proposal).state, ProposalState::Completed);
        let admin = who("root", Role::Admin);
        assert!(world.store.read(|reader| report::verify(reader, &admin)).unwrap().unbroken, "{}", world.name);
    }
}

#[test]
fn a_decline_shows_to_nobody_before_the_next_batch() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        let before = serde_json::to_string(&world.party(&rep("anna"), proposal)).unwrap();
        let version = world.party(&rep("ben"), proposal).version;
        world
            .store
            .write(|writer| {
                decide::decline(
                    writer,
                    &world.settings,
                    &rep("ben"),
                    proposal,
                    version,
                    decide::DeclineReason::TooLittleGain,
                )
            })
            .unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Declined);
        assert_eq!(before, serde_json::to_string(&world.party(&rep("anna"), proposal)).unwrap(), "{}", world.name);
        assert_eq!(accept(&world, "anna", proposal), PublicStatus::Answered, "an answer too late looks like any other");

        world.run("2026-03-03");
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::NotConcluded);
        let open: i64 = count(&world, SubmissionState::Open) + count(&world, SubmissionState::Reserved);
        assert_eq!(open, 2, "both accounts went back into the pool");
    }
}

fn count(world: &World, state: SubmissionState) -> i64 {
    let summary = world.store.read(|reader| report::summary(reader, &who("root", Role::Admin))).unwrap();
    summary.submissions.get(state.as_str()).copied().unwrap_or(0)
}

#[test]
fn an_account_that_changed_hands_elsewhere_ends_its_proposal_at_acceptance_and_needs_two_people_once_it_is_out() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        world.execute("UPDATE accounts SET owner_id = 'cora', ownership = 2 WHERE id = 'ben-0'");
        accept(&world, "anna", proposal);
        assert_eq!(world.kept(proposal).state, ProposalState::Invalidated, "{}", world.name);
    }
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        accept(&world, "anna", proposal);
        accept(&world, "ben", proposal);
        let version = world.manager(&manager("mona"), proposal).version;
        world
            .store
            .write(|writer| decide::approve(writer, &world.settings, &manager("mona"), proposal, version))
            .unwrap();
        let version = hand_over(&world, proposal);
        // There and back again: the same owner, but no longer the same ownership.
        world.execute("UPDATE accounts SET ownership = 3 WHERE id = 'ben-0'");
        let view = world
            .store
            .write(|writer| handover::confirm(writer, &world.settings, &service(), proposal, version))
            .unwrap();
        assert_eq!(view.state, ProposalState::NeedsAttention);
        assert_eq!((world.owner("anna-0"), world.owner("ben-0")), ("anna".to_owned(), "ben".to_owned()));
    }
}

#[test]
fn every_kind_of_override_does_what_it_says_and_nothing_for_whom_it_is_not() {
    for database in databases() {
        let world = World::new(database, 6);
        let proposal = proposed(&world);
        let about = |kind: OverrideKind| {
            move |new: &mut orders::NewOverride| {
                new.kind = kind;
                new.proposal = Some(proposal);
            }
        };

        let expiry = world.kept(proposal).expires_at;
        order(&world, "mona", |new| {
            about(OverrideKind::Extend)(new);
            new.hours = Some(24);
        })
        .unwrap();
        assert_eq!(world.kept(proposal).expires_at - expiry, chrono::Duration::hours(24));

        let absent = |new: &mut orders::NewOverride| {
            about(OverrideKind::AcceptForAbsent)(new);
            new.rep = Some(id("ben"));
        };
        assert_eq!(code(order(&world, "mona", absent).unwrap_err()), "not_absent");
        world.execute("UPDATE reps SET leave_from = '2020-01-01', leave_until = '2099-01-01' WHERE id = 'ben'");
        order(&world, "mona", absent).unwrap();
        assert_eq!(accept(&world, "anna", proposal), PublicStatus::Answered);
        order(&world, "mona", about(OverrideKind::Approve)).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}", world.name);
        world.execute("UPDATE reps SET leave_from = NULL, leave_until = NULL WHERE id = 'ben'");

        // A second proposal, stopped.
        world.submit("anna-1");
        world.submit("ben-1");
        world.run("2026-03-04");
        let second = world.proposals(&rep("anna")).iter().map(|view| view.id()).find(|id| *id != proposal).unwrap();
        order(&world, "mona", |new| {
            new.kind = OverrideKind::Veto;
            new.proposal = Some(second);
        })
        .unwrap();
        assert_eq!(world.kept(second).state, ProposalState::Vetoed);

        // The same two accounts, forced: nobody declined, both are of the own team.
        let forced = order(&world, "mona", |new| {
            new.kind = OverrideKind::Force;
            new.accounts = vec![id("anna-1"), id("ben-1")];
        })
        .unwrap();
        assert_eq!(forced.state, OverrideState::Effective);
        assert_eq!(world.kept(forced.proposal.unwrap()).state, ProposalState::Approved);

        let hold = |kind, account: &'static str| {
            move |new: &mut orders::NewOverride| {
                new.kind = kind;
                new.accounts = vec![id(account)];
            }
        };
        order(&world, "mona", hold(OverrideKind::Freeze, "anna-2")).unwrap();
        let twice = order(&world, "mona", hold(OverrideKind::Freeze, "anna-2"));
        assert_eq!(code(twice.unwrap_err()), "already_frozen");
        let foreign = order(&world, "sam", hold(OverrideKind::Freeze, "anna-3"));
        assert_eq!(code(foreign.unwrap_err()), "not_found", "another team's account");
        world.submit("anna-2");
        world.submit("ben-2");
        assert_eq!(world.run("2026-03-05").report.unwrap().published, 0, "a frozen account stays");
        order(&world, "mona", hold(OverrideKind::Release, "anna-2")).unwrap();
        order(&world, "mona", |new| {
            hold(OverrideKind::Forbid, "anna-2")(new);
            new.rep = Some(id("ben"));
        })
        .unwrap();
        assert_eq!(world.run("2026-03-06").report.unwrap().published, 0, "a forbidden pair stays apart");
    }
}

#[test]
fn forcing_over_a_decline_or_across_teams_needs_a_second_manager() {
    for database in databases() {
        let world = World::new(database, 3);
        let proposal = proposed(&world);
        let version = world.party(&rep("ben"), proposal).version;
        let reason = decide::DeclineReason::Other;
        decline(&world, "ben", proposal, version, reason);
        let force = |one: &'static str, other: &'static str| {
            move |new: &mut orders::NewOverride| {
                new.kind = OverrideKind::Force;
                new.accounts = vec![id(one), id(other)];
            }
        };
        let order_1 = order(&world, "mona", force("anna-0", "ben-0")).unwrap();
        assert_eq!((order_1.state, order_1.proposal), (OverrideState::AwaitingSecond, None), "{}", world.name);
        let settle = |by: &str, order: &orders::OverrideView, action| {
            let (by, order) = (manager(by), order.clone());
            world.store.write(|writer| orders::settle(writer, &world.settings, &by, order.id, action, order.version))
        };
        use account_swap::domain::overrides::OverrideAction::{Refuse, Second};
        assert_eq!(code(settle("mona", &order_1, Second).unwrap_err()), "not_allowed", "the author is no second");
        let seconded = settle("sam", &order_1, Second).unwrap();
        assert_eq!(world.kept(seconded.proposal.unwrap()).state, ProposalState::Approved);

        world.submit("anna-1");
        world.submit("dan-1");
        let order_2 = order(&world, "mona", force("anna-1", "dan-1")).unwrap();
        assert_eq!(order_2.state, OverrideState::AwaitingSecond, "across teams");
        assert_eq!(code(settle("vera", &order_2, Second).unwrap_err()), "not_allowed", "above, and of neither team");
        assert_eq!(settle("sam", &order_2, Refuse).unwrap().state, OverrideState::Refused);
        assert_eq!(world.owner("anna-1"), "anna");

        let unsubmitted = order(&world, "mona", force("anna-2", "ben-2"));
        assert_eq!(code(unsubmitted.unwrap_err()), "not_submitted");
    }
}

#[test]
fn the_policy_says_who_agrees_to_a_move_forced_over_a_decline() {
    use account_swap::domain::{approval::SecondPerson, overrides::OverrideAction};
    for database in databases() {
        let mut world = World::new(database, 5);
        let declined = |world: &World, n: usize| {
            let accounts = [format!("anna-{n}"), format!("ben-{n}")];
            accounts.iter().for_each(|account| drop(world.submit(account)));
            world.run(&format!("2026-03-0{}", n + 1));
            let gives = |view: &&account_swap::app::proposals::ProposalView| {
                world.kept(view.id()).legs.iter().any(|leg| leg.account.as_str() == accounts[0])
            };
            let list = world.proposals(&rep("ben"));
            let proposal = list.iter().find(gives).unwrap().id();
            let version = world.party(&rep("ben"), proposal).version;
            decline(world, "ben", proposal, version, decide::DeclineReason::NotThisAccount);
            accounts
        };
        let force = |world: &World, accounts: &[String; 2]| {
            let accounts = accounts.iter().map(|account| id(account)).collect::<Vec<_>>();
            order(world, "mona", |new| {
                new.kind = OverrideKind::Force;
                new.accounts = accounts.clone();
            })
            .unwrap()
        };
        let second = |world: &World, by: &str, order: &orders::OverrideView| {
            let (by, id, version) = (manager(by), order.id, order.version);
            world
                .store
                .write(|writer| orders::settle(writer, &world.settings, &by, id, OverrideAction::Second, version))
        };
        // Above Mona stands Vera; to everybody else there is no such override.
        world.settings.approval.forced_moves.over_a_decline = SecondPerson::NextAbove;
        let accounts = declined(&world, 0);
        let awaiting = force(&world, &accounts);
        assert_eq!(awaiting.state, OverrideState::AwaitingSecond, "{}", world.name);
        assert_eq!(code(second(&world, "sam", &awaiting).unwrap_err()), "not_found", "{}", world.name);
        let agreed = second(&world, "vera", &awaiting).unwrap();
        assert_eq!(world.kept(agreed.proposal.unwrap()).state, ProposalState::Approved);

        // A decline that is too long ago counts no more.
        world.settings.approval.forced_moves.over_a_decline = SecondPerson::AnyManager;
        let accounts = declined(&world, 1);
        world.execute("UPDATE proposals SET created_at = '2020-01-01 00:00:00' WHERE state = 'declined'");
        assert_eq!(force(&world, &accounts).state, OverrideState::Effective, "{}", world.name);
        let accounts = declined(&world, 2);
        assert_eq!(force(&world, &accounts).state, OverrideState::AwaitingSecond, "{}", world.name);

        // Nobody is asked: within the team the reason on record is enough, across teams it is not.
        world.settings.approval.forced_moves.over_a_decline = SecondPerson::Nobody;
        let accounts = declined(&world, 3);
        assert_eq!(force(&world, &accounts).state, OverrideState::Effective, "{}", world.name);
        world.submit("anna-4");
        world.submit("dan-4");
        let across = force(&world, &["anna-4", "dan-4"].map(str::to_owned));
        assert_eq!(across.state, OverrideState::AwaitingSecond, "{}", world.name);
    }
}

#[test]
fn nobody_approves_what_they_gain_from_and_another_teams_manager_sees_nothing() {
    for database in databases() {
        let world = World::new(database, 2);
        // Mona manages Ben and swaps with him; Vera manages Mona.
        world.submit("mona-0");
        world.submit("ben-0");
        world.run("2026-03-02");
        let proposal = world.proposals(&rep("mona"))[0].id();
        accept(&world, "mona", proposal);
        accept(&world, "ben", proposal);
        let version = world.manager(&manager("mona"), proposal).version;
        let approve = |by: &str| {
            let by = manager(by);
            world.store.write(|writer| decide::approve(writer, &world.settings, &by, proposal, version))
        };
        assert_eq!(code(approve("mona").unwrap_err()), "not_allowed", "{}", world.name);
        assert_eq!(code(approve("sam").unwrap_err()), "not_found");
        approve("vera").unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved);
    }
}

#[test]
fn across_teams_both_managers_approve() {
    for database in databases() {
        let world = World::new(database, 2);
        world.submit("anna-0");
        world.submit("dan-0");
        world.run("2026-03-02");
        let proposal = world.proposals(&rep("anna"))[0].id();
        accept(&world, "anna", proposal);
        accept(&world, "dan", proposal);
        let approve = |by: &str| {
            let version = world.manager(&manager(by), proposal).version;
            let by = manager(by);
            world.store.write(|writer| decide::approve(writer, &world.settings, &by, proposal, version))
        };
        approve("mona").unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Accepted);
        assert_eq!(code(approve("mona").unwrap_err()), "already_decided");
        approve("sam").unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}", world.name);
    }
}

#[test]
fn withdrawing_reads_the_same_whether_the_colleague_has_declined_or_not() {
    for database in databases() {
        let mut seen = Vec::new();
        let world = World::new(database, 2);
        for (date, declines) in [("2026-03-02", false), ("2026-03-03", true)] {
            let submission = world.submit("anna-0");
            if !declines {
                world.submit("ben-0");
            }
            world.run(date);
            let proposal = world
                .proposals(&rep("anna"))
                .iter()
                .map(|view| view.id())
                .find(|id| world.kept(*id).state == ProposalState::Proposed);
            let proposal = proposal.expect("a live proposal");
            if declines {
                let version = world.party(&rep("ben"), proposal).version;
                let reason = decide::DeclineReason::BadTime;
                decline(&world, "ben", proposal, version, reason);
            }
            let version = world.store.read(|reader| submit::one(reader, &rep("anna"), submission.id)).unwrap().version;
            let withdrawn =
                world.store.write(|writer| submit::withdraw(writer, &rep("anna"), submission.id, version)).unwrap();
            let party = world.party(&rep("anna"), proposal);
            seen.push((withdrawn.state, party.status, party.answer));
        }
        assert_eq!(seen[0], seen[1], "{}", world.name);
    }
}

#[test]
fn a_business_date_has_one_run_and_a_failed_one_makes_room() {
    for database in databases() {
        let world = World::new(database, 2);
        world.submit("anna-0");
        world.submit("ben-0");
        world.run("2026-03-02");
        let again = run::run(
            &world.store,
            &world.settings,
            &who("root", Role::Admin),
            &run::Scope::Everybody,
            id("2026-03-02"),
            &|_| {},
        );
        assert_eq!(code(again.unwrap_err()), "run_exists", "{}", world.name);
        world.execute("UPDATE runs SET state = 'failed'");
        world.run("2026-03-02");
    }
}

#[test]
fn an_account_on_trial_is_not_matched_again_and_a_ban_stops_what_nobody_approved() {
    for database in databases() {
        let mut world = World::new(database, 3);
        world.settings.policy.rules.cool_down_days = 0;
        world.settings.policy.rules.former_owner_days = 0;
        let proposal = proposed(&world);
        accept(&world, "anna", proposal);
        accept(&world, "ben", proposal);
        let version = world.manager(&manager("mona"), proposal).version;
        world
            .store
            .write(|writer| decide::approve(writer, &world.settings, &manager("mona"), proposal, version))
            .unwrap();
        let version = hand_over(&world, proposal);
        world.store.write(|writer| handover::confirm(writer, &world.settings, &service(), proposal, version)).unwrap();
        resubmit(&world, "anna-0", "ben");
        resubmit(&world, "ben-0", "anna");
        let run = world.run("2026-03-03").report.unwrap();
        assert_eq!((run.offers, run.published), (0, 0), "{}", world.name);
        order(&world, "mona", |new| {
            new.kind = OverrideKind::Freeze;
            new.accounts = vec![id("anna-0")];
        })
        .expect("what has moved can be kept where it is");

        world.submit("anna-1");
        world.submit("ben-1");
        assert_eq!(world.run("2026-03-04").report.unwrap().published, 1);
        let live = world.proposals(&rep("anna")).iter().map(|view| view.id()).find(|id| *id != proposal).unwrap();
        order(&world, "mona", |new| {
            new.kind = OverrideKind::Forbid;
            new.accounts = vec![id("anna-1")];
            new.rep = Some(id("ben"));
        })
        .unwrap();
        assert_eq!(world.kept(live).state, ProposalState::Vetoed, "{}", world.name);
    }
}

#[test]
fn a_night_is_run_once_for_each_scope_while_its_window_is_open_and_never_outside() {
    for database in databases() {
        let mut world = World::new(database, 2);
        world.submit("anna-0");
        world.submit("ben-0");
        let now = chrono::Utc::now().time();
        let shut = now.overflowing_add_signed(chrono::Duration::hours(12)).0;
        world.settings.night.opens = shut;
        world.settings.night.closes = shut.overflowing_add_signed(chrono::Duration::seconds(1)).0;
        assert_eq!(run::nightly(&world.store, &world.settings).unwrap(), 0, "{}: the window is shut", world.name);
        world.settings.night.opens = "00:00:00".parse().unwrap();
        world.settings.night.closes = "23:59:59.999999999".parse().unwrap();
        world.settings.night.scopes = vec!["all".to_owned(), "south".to_owned()];
        assert_eq!(run::nightly(&world.store, &world.settings).unwrap(), 2, "{}: one run a scope", world.name);
        assert_eq!(run::nightly(&world.store, &world.settings).unwrap(), 0, "{}: the date has its runs", world.name);
        assert_eq!(world.proposals(&rep("anna")).len(), 1);
    }
}

#[test]
fn a_manager_sees_of_everybodys_run_the_own_teams_part_and_no_sum_over_fewer_than_five() {
    for database in databases() {
        let world = World::new(database, 2);
        for account in ["anna-0", "ben-0", "cora-0", "dan-0", "dan-1"] {
            world.submit(account);
        }
        let run = world.run("2026-03-02");
        assert_eq!(run.report.unwrap().published, 2, "{}", world.name);
        let seen = world.store.read(|reader| run::one(reader, &manager("mona"), run.id)).unwrap();
        assert!(seen.report.is_none(), "the whole is not for one team's manager");
        let north = seen.own_teams.expect("Anna and Ben are hers");
        assert_eq!((north.reps, north.offers, north.moving_reps, north.gain_minutes), (2, 2, 2, None));
        assert!(north.travel_minutes_after < north.travel_minutes_before);
        let south = world.store.read(|reader| run::one(reader, &manager("sam"), run.id)).unwrap().own_teams.unwrap();
        assert_eq!((south.offers, south.unmatched_by_rule.values().sum::<u32>()), (3, 1));
        let listed = world
            .store
            .read(|reader| run::list(reader, &manager("mona"), account_swap::app::Page { after: None, limit: 10 }));
        assert_eq!(listed.unwrap().len(), 1);
    }
}

#[test]
fn what_is_small_and_near_needs_no_manager_where_the_policy_says_so_and_is_approved_at_the_next_batch() {
    for database in databases() {
        let mut world = World::new(database, 2);
        let rules = r#"rules = [{ name = "small_and_near", abusive = false, commission_gap_cents_at_most = 1, one_way_minutes_at_most = 60, needs = "nobody" }]"#;
        approve_by(&mut world.settings, rules);
        let proposal = proposed(&world);
        assert_eq!(world.manager(&manager("mona"), proposal).approval_rule, "small_and_near");
        accept(&world, "anna", proposal);
        assert_eq!(accept(&world, "ben", proposal), PublicStatus::Answered, "{}", world.name);
        world.execute("UPDATE proposals SET expires_at = '2020-01-01 00:00:00'");
        assert_eq!(
            account_swap::app::sweep::sweep(&world.store).unwrap(),
            0,
            "it waits for the batch and for no person"
        );
        world.run("2026-03-03");
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::Approved, "{}", world.name);
        let steps = world.store.read(|reader| handover::one(reader, &rep("ben"), proposal)).unwrap().steps;
        assert_eq!(steps.len(), 2 * StepKind::ALL.len());
    }
}

#[test]
fn a_plan_that_was_published_can_be_derived_again_to_the_byte() {
    use account_swap::{
        engine::{
            check::check,
            market::Market,
            plan::{Plan, plan},
        },
        store::runs,
    };
    for database in databases() {
        let world = World::new(database, 3);
        ["anna-0", "ben-0", "cora-1", "dan-1"].into_iter().for_each(|account| drop(world.submit(account)));
        let run = world.run("2026-03-02");
        let kept = world.store.read(|reader| runs::evidence(reader, run.id)).unwrap().expect("a published run");
        let market: Market = serde_json::from_slice(&kept.snapshot).unwrap();
        let again: Plan =
            check(plan(&market, &world.settings.policy), &market, &world.settings.policy).unwrap().into_plan();
        assert_eq!(serde_json::to_vec(&again).unwrap(), kept.plan, "{}", world.name);
        assert_eq!(serde_json::to_vec(&market).unwrap(), kept.snapshot, "{}", world.name);
    }
}
