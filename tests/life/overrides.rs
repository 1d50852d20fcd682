//! Overrides priced before and looked at afterwards: what they displace, who is matched again, who reviews and counts.

use super::{
    fixture::{World, id, manager, rep, rounds, who},
    races::{at_once, in_fresh_worlds, word},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, decide, overrides as orders,
        proposals::{PartyView, ProposalView},
        submit,
    },
    domain::{
        ids::{AccountId, ProposalId, RepId},
        override_review::ReviewOutcome,
        overrides::{OverrideAction, OverrideKind, OverrideState, ReasonCode},
        principal::{Principal, Role},
        proposal::{ProposalState, PublicStatus},
        submission::SubmissionState,
    },
    store::audit,
};
use std::sync::atomic::{AtomicBool, Ordering};

fn new(kind: OverrideKind, accounts: &[&str]) -> orders::NewOverride {
    orders::NewOverride {
        kind,
        proposal: None,
        accounts: accounts.iter().map(|account| id(account)).collect(),
        rep: None,
        hours: None,
        reason: ReasonCode::BusinessNeed,
        note: "agreed at the meeting".to_owned(),
    }
}

fn order(world: &World, by: &str, new: &orders::NewOverride) -> Result<orders::OverrideView, Refused> {
    let seen = new.proposal.map(|proposal| world.manager(&manager(by), proposal).version);
    world.store.write(|writer| orders::order(writer, &world.settings, &manager(by), new.clone(), seen))
}

fn price(world: &World, by: &Principal, new: &orders::NewOverride) -> Result<orders::OverridePrice, Refused> {
    let seen = new.proposal.map(|proposal| world.manager(by, proposal).version);
    world.store.rehearse(|writer| orders::price(writer, &world.settings, by, new.clone(), seen))
}

fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Conflict { code, .. } => code,
        Refused::NotFound(_) => "not_found",
        Refused::NotAllowed(_) => "not_allowed",
        Refused::Stale => "stale",
        other => panic!("{other:?}"),
    }
}

/// The last hash of the audit log: the same where nothing has gone on record.
fn head(world: &World) -> audit::Chain {
    world.store.read(audit::verify).unwrap()
}

/// What a party sees of all their proposals, by the account they give and its state, without ids.
fn seen(world: &World, name: &str) -> Vec<(AccountId, AccountId, PublicStatus)> {
    let party = |view: ProposalView| match view {
        ProposalView::Party(view) => {
            let PartyView { gives, receives, status, .. } = *view;
            (gives.id, receives.id, status)
        }
        other => panic!("{other:?} is no party's view"),
    };
    let mut seen: Vec<_> = world.proposals(&rep(name)).into_iter().map(party).collect();
    seen.sort_by_key(|(gives, receives, status)| (gives.clone(), receives.clone(), status.as_str()));
    seen
}

/// The proposal in which an account is given and which is not over, with the account received for it.
fn partner(world: &World, account: &str) -> Option<(ProposalId, String)> {
    let owner = account.split('-').next().unwrap();
    world.proposals(&rep(owner)).iter().find_map(|view| {
        let kept = world.kept(view.id());
        let given = kept.legs.iter().find(|leg| leg.account.as_str() == account).filter(|_| kept.state.is_live())?;
        let received = kept.legs.iter().find(|leg| leg.to == given.from)?;
        Some((kept.id, received.account.as_str().to_owned()))
    })
}

fn state_of(world: &World, name: &str, account: &str) -> SubmissionState {
    let all = world
        .store
        .read(|reader| submit::list(reader, &rep(name), account_swap::app::Page { after: None, limit: 100 }));
    let all = all.unwrap();
    let of = all.iter().find(|view| view.account.as_str() == account && view.state.is_live());
    of.unwrap_or_else(|| panic!("{account} is submitted")).state
}

/// Two swaps in the north, each of an account of Anna's and one of Ben's: the accounts given with `anna-0` and `anna-1`.
fn two_swaps(world: &World) -> (String, String) {
    for account in ["anna-0", "anna-1", "ben-0", "ben-1"] {
        world.submit(account);
    }
    assert_eq!(world.run("2026-03-02").report.unwrap().published, 2, "{}", world.name);
    (partner(world, "anna-0").unwrap().1, partner(world, "anna-1").unwrap().1)
}

#[test]
fn a_price_tells_what_will_happen_and_changes_nothing() {
    for database in databases() {
        let world = World::new(database, 3);
        let (with_0, with_1) = two_swaps(&world);
        let (first, second) = (partner(&world, "anna-0").unwrap().0, partner(&world, "anna-1").unwrap().0);
        let force = new(OverrideKind::Force, &["anna-0", &with_1]);
        let before = (head(&world), seen(&world, "anna"), seen(&world, "ben"));
        let priced = price(&world, &manager("mona"), &force).unwrap();
        assert_eq!((head(&world), seen(&world, "anna"), seen(&world, "ben")), before, "{}", world.name);

        assert_eq!(priced.state, OverrideState::Effective);
        let mut displaced: Vec<_> = priced.displaced.iter().filter_map(|one| one.proposal).collect();
        displaced.sort();
        let mut both = vec![first, second];
        both.sort();
        assert_eq!((displaced, priced.displaced_elsewhere), (both, 0));
        let gone = priced.displaced.iter().flat_map(|one| &one.parties).find(|party| party.gives.as_str() == "anna-0");
        let gone = gone.expect("Anna loses what she had");
        assert_eq!((gone.rep.as_str(), gone.receives.as_str()), ("anna", with_0.as_str()));
        assert!(gone.travel_minutes_saved.0 > 0, "an account next door is lost: {gone:?}");
        // The forced move, and the two accounts it left alone, matched again.
        let made: Vec<&str> =
            priced.made.iter().flat_map(|one| &one.parties).map(|party| party.gives.as_str()).collect();
        assert_eq!(made.len(), 4, "{made:?}");
        assert!(priced.left.is_empty() && priced.left_elsewhere == 0);
        // Two people: what one of them gains could be worked out from sums.
        assert_eq!(
            (priced.left_out, priced.before.points, priced.after.gini_thousandths),
            (Some("few_people"), None, None)
        );
        let told = serde_json::to_string(&priced).unwrap();
        assert!(!told.contains("\"gain\"") && !told.contains("stars"), "{told}");

        let ordered = order(&world, "mona", &force).unwrap();
        let forced = world.kept(ordered.proposal.unwrap());
        assert_eq!(forced.state, ProposalState::Approved);
        let (again, received) = partner(&world, "anna-1").expect("the displaced are matched again");
        assert_eq!((world.kept(again).state, received), (ProposalState::Proposed, with_0));
        for ended in [first, second] {
            assert_eq!(world.kept(ended).state, ProposalState::Superseded);
            assert_eq!(world.party(&rep("anna"), ended).status, PublicStatus::NotConcluded, "for them it was a batch");
        }
    }
}

#[test]
fn an_order_finds_its_way_while_others_submit_and_take_back() {
    for database in databases() {
        let mut world = World::new(database, 1);
        world.settings.submissions.taken_back_in_30_days = u32::MAX;
        world.submit("anna-0");
        world.submit("ben-0");
        // It ends a proposal, so the whole pool is read for those it displaces.
        world.run("2026-03-02");
        let is_over = AtomicBool::new(false);
        let restless = || {
            let mut outcomes = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let made = world.submit("dan-0");
                let dan = rep("dan");
                let withdrawn = world.store.write(|writer| submit::withdraw(writer, &dan, made.id, made.version));
                outcomes.push(withdrawn.map(drop));
            }
            outcomes
        };
        let force = new(OverrideKind::Force, &["anna-0", "ben-0"]);
        let pricing = || {
            let outcomes = (0..rounds(200)).map(|_| price(&world, &manager("mona"), &force).map(drop)).collect();
            is_over.store(true, Ordering::Relaxed);
            outcomes
        };
        for outcomes in at_once(restless, pricing) {
            assert!(outcomes.into_iter().all(|outcome| word(outcome) == "ok"), "{}", world.name);
        }
    }
}

#[test]
fn of_other_teams_a_price_tells_numbers_of_people_alone_and_a_second_manager_is_counted_in() {
    for database in databases() {
        let world = World::new(database, 3);
        for account in ["anna-0", "ben-0", "cora-0", "dan-0"] {
            world.submit(account);
        }
        assert_eq!(world.run("2026-03-02").report.unwrap().published, 2, "{}", world.name);
        let with_anna = partner(&world, "anna-0").unwrap().1;
        let other = if with_anna == "ben-0" { "dan-0" } else { "ben-0" };
        let force = new(OverrideKind::Force, &["anna-0", other]);
        let priced = price(&world, &manager("mona"), &force).unwrap();
        let told = serde_json::to_string(&priced).unwrap();
        for stranger in ["cora", "dan"] {
            assert!(!told.contains(&format!("\"rep\":\"{stranger}\"")), "{}: {told}", world.name);
        }
        assert_eq!(priced.displaced.len() + priced.displaced_elsewhere as usize, 2);
        assert_eq!(priced.made.len() + priced.made_elsewhere as usize, 2, "the move and a re-match: {priced:?}");
        if other == "dan-0" {
            assert_eq!(priced.state, OverrideState::AwaitingSecond, "{}", world.name);
            let order = order(&world, "mona", &force).unwrap();
            assert_eq!(partner(&world, "anna-0").unwrap().1, with_anna, "nothing happens before the second agrees");
            let sam = manager("sam");
            let second = OverrideAction::Second;
            world
                .store
                .write(|writer| orders::settle(writer, &world.settings, &sam, order.id, second, order.version))
                .unwrap();
            assert_eq!(partner(&world, "anna-0").unwrap().1, "dan-0");
            assert_eq!(partner(&world, "ben-0").unwrap().1, "cora-0", "the displaced are matched again");
        }
        let stranger = price(&world, &manager("vera"), &force);
        assert_eq!(code(stranger.unwrap_err()), "not_found", "of neither team");
    }
}

#[test]
fn whoever_a_freeze_or_a_ban_leaves_alone_is_matched_again_at_once() {
    for database in databases() {
        for kind in [OverrideKind::Freeze, OverrideKind::Forbid] {
            let world = World::new(crate::common::databases::like(&database), 3);
            world.submit("anna-0");
            world.submit("ben-0");
            assert_eq!(world.run("2026-03-02").report.unwrap().published, 1);
            world.submit("cora-0");
            let mut held = new(kind, &["anna-0"]);
            held.rep = (kind == OverrideKind::Forbid).then(|| id::<RepId>("ben"));
            let priced = price(&world, &manager("mona"), &held).unwrap();
            assert_eq!((priced.displaced.len(), priced.made.len()), (1, 1), "{} {kind}", world.name);
            assert_eq!(priced.left, [id::<AccountId>("anna-0")]);
            order(&world, "mona", &held).unwrap();
            assert_eq!(partner(&world, "ben-0").unwrap().1, "cora-0", "{} {kind}", world.name);
            assert_eq!(state_of(&world, "anna", "anna-0"), SubmissionState::Open);
        }
    }
}

#[test]
fn a_re_match_takes_nothing_from_anybody_else() {
    for database in databases() {
        let world = World::new(database, 3);
        let (with_0, _) = two_swaps(&world);
        let (other, _) = partner(&world, "anna-1").unwrap();
        // Frozen, the one swap leaves an account of Ben's or of Anna's alone; the other swap stays as it is.
        order(&world, "mona", &new(OverrideKind::Freeze, &["anna-0"])).unwrap();
        assert_eq!(world.kept(other).state, ProposalState::Proposed, "{}", world.name);
        assert_eq!(partner(&world, &with_0), None);
        assert_eq!(state_of(&world, "ben", &with_0), SubmissionState::Open, "it awaits the next run");
    }
}

#[test]
fn by_an_override_nobody_can_tell_what_a_colleague_answered() {
    for database in databases() {
        let mut views = Vec::new();
        for declined in [false, true] {
            let world = World::new(crate::common::databases::like(&database), 3);
            world.submit("anna-0");
            world.submit("ben-0");
            assert_eq!(world.run("2026-03-02").report.unwrap().published, 1);
            world.submit("dan-0");
            let (proposal, _) = partner(&world, "anna-0").unwrap();
            if declined {
                let version = world.party(&rep("ben"), proposal).version;
                let reason = decide::DeclineReason::TooFar;
                world
                    .store
                    .write(|writer| decide::decline(writer, &world.settings, &rep("ben"), proposal, version, reason))
                    .unwrap();
            }
            order(&world, "mona", &new(OverrideKind::Freeze, &["ben-0"])).unwrap();
            views.push((seen(&world, "anna"), state_of(&world, "anna", "anna-0")));
        }
        assert_eq!(views[0], views[1], "{}", database.name);
        assert_eq!(views[0].0.len(), 2, "the old one, not concluded, and a new one with Dan: {views:?}");
    }
}

#[test]
fn two_who_would_both_rather_swap_with_each_other_are_counted_and_named_in_the_own_team() {
    for database in databases() {
        let world = World::new(database, 10);
        world.submit("anna-0");
        world.submit("ben-0");
        assert_eq!(world.run("2026-03-02").report.unwrap().published, 1);
        // Farther from Anna than what was proposed to her.
        world.submit("ben-9");
        let priced = price(&world, &manager("mona"), &new(OverrideKind::Force, &["anna-0", "ben-9"])).unwrap();
        assert_eq!(priced.left, [id::<AccountId>("ben-0")], "{}", world.name);
        let pair = [id::<AccountId>("anna-0"), id("ben-0")];
        assert_eq!((priced.new_blocking_pairs.count, &priced.new_blocking_pairs.own[..]), (1, &[pair][..]));
    }
}

#[test]
fn every_kind_is_priced_with_the_refusals_of_the_order_and_nothing_is_kept() {
    for database in databases() {
        let world = World::new(database, 3);
        two_swaps(&world);
        let (proposal, _) = partner(&world, "anna-0").unwrap();
        let before = head(&world);
        for kind in OverrideKind::ALL {
            let mut one = new(*kind, &[]);
            match kind {
                OverrideKind::Approve | OverrideKind::Veto => one.proposal = Some(proposal),
                OverrideKind::AcceptForAbsent => (one.proposal, one.rep) = (Some(proposal), Some(id("ben"))),
                OverrideKind::Extend => (one.proposal, one.hours) = (Some(proposal), Some(1)),
                OverrideKind::Freeze | OverrideKind::Release => one.accounts = vec![id("anna-0")],
                OverrideKind::Forbid => (one.accounts, one.rep) = (vec![id("anna-0")], Some(id("ben"))),
                OverrideKind::Force => one.accounts = vec![id("anna-0"), id("ben-2")],
            }
            let priced = price(&world, &manager("mona"), &one).map(|price| price.displaced.len()).map_err(code);
            let seen = one.proposal.map(|proposal| world.manager(&manager("mona"), proposal).version);
            let ordered = world
                .store
                .rehearse(|writer| orders::order(writer, &world.settings, &manager("mona"), one.clone(), seen));
            assert_eq!(priced.err(), ordered.map_err(code).err(), "{} {kind}", world.name);
        }
        let root = who("root", Role::Admin);
        let frozen = price(&world, &root, &new(OverrideKind::Freeze, &["anna-0"])).unwrap();
        assert_eq!((frozen.displaced.len(), frozen.displaced_elsewhere), (0, 1), "an admin sees numbers of people");
        assert_eq!(
            code(price(&world, &rep("anna"), &new(OverrideKind::Freeze, &["anna-0"])).unwrap_err()),
            "not_allowed"
        );
        assert_eq!(head(&world), before, "{}", world.name);
    }
}

#[test]
fn an_override_is_reviewed_once_by_somebody_who_did_not_decide_it_and_counted_for_those_above() {
    for database in databases() {
        let world = World::new(database, 3);
        let frozen = order(&world, "mona", &new(OverrideKind::Freeze, &["anna-0"])).unwrap();
        let mut safe = new(OverrideKind::Freeze, &["cora-0"]);
        safe.reason = ReasonCode::Safety;
        order(&world, "sam", &safe).unwrap();
        let review = |by: &Principal, outcome| {
            let new = orders::NewReview { outcome, note: "looked at the file".to_owned() };
            let version = world
                .store
                .read(|reader| orders::one(reader, &world.settings, by, frozen.id))
                .map_or(frozen.version, |view| view.version);
            world.store.write(|writer| orders::review(writer, &world.settings, by, frozen.id, new.clone(), version))
        };
        let of = |by: Principal| review(&by, ReviewOutcome::Avoidable).map(|view| view.version).map_err(code);
        assert_eq!(of(manager("mona")).unwrap_err(), "not_allowed", "{}: nobody reviews their own", world.name);
        assert_eq!(of(manager("sam")).unwrap_err(), "not_found");
        assert_eq!(of(rep("anna")).unwrap_err(), "not_allowed");
        of(manager("vera")).expect("Vera manages Mona");
        assert_eq!(of(who("root", Role::Admin)).unwrap_err(), "already_reviewed");
        let seen =
            world.store.read(|reader| orders::one(reader, &world.settings, &manager("mona"), frozen.id)).unwrap();
        assert_eq!(seen.review.unwrap().outcome, ReviewOutcome::Avoidable, "the author sees it");

        let report = |by: Principal| {
            let report = world.store.read(|reader| orders::report(reader, &world.settings, &by, None, None));
            report.map(|report| report.managers.iter().map(|one| one.manager.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(report(manager("mona")).unwrap(), ["mona"], "{}", world.name);
        assert_eq!(report(manager("vera")).unwrap(), ["mona"]);
        assert_eq!(report(who("root", Role::Admin)).unwrap(), ["mona", "sam"]);
        assert_eq!(code(report(rep("anna")).unwrap_err()), "not_allowed");
        let root = who("root", Role::Admin);
        let whole = world.store.read(|reader| orders::report(reader, &world.settings, &root, None, None)).unwrap();
        let mona = &whole.managers[0];
        assert_eq!((mona.ordered, mona.reviewed, mona.by_outcome["avoidable"]), (1, 1, 1));
        assert_eq!((mona.by_code[0].kind, mona.by_code[0].reason), (OverrideKind::Freeze, ReasonCode::BusinessNeed));
        assert_eq!(whole.managers[1].by_code[0].reason, ReasonCode::Safety);
        let days = |from: &str, until: &str| {
            let (from, until) = (Some(id(from)), Some(id(until)));
            world.store.read(|reader| orders::report(reader, &world.settings, &root, from, until))
        };
        assert!(days("2020-01-01", "2020-12-31").unwrap().managers.is_empty());
        assert!(matches!(days("2026-02-01", "2026-01-01"), Err(Refused::Invalid { .. })));
    }
}

#[test]
fn a_forced_move_against_an_accept_leaves_the_forced_move_alone() {
    in_fresh_worlds(100, |world, count| {
        let proposals = world.propose(count);
        for (n, proposal) in proposals.iter().enumerate() {
            let (one, other) = (format!("anna-{n}"), format!("ben-{n}"));
            let force = new(OverrideKind::Force, &[&one, &other]);
            let seen = proposal.leg_of(&id("anna")).unwrap().version;
            let anna = rep("anna");
            let accept =
                || world.store.write(|writer| decide::accept(writer, &world.settings, &anna, proposal.id, seen));
            let [forced, accepted] =
                at_once(|| order(&world, "mona", &force).map(|made| made.proposal), || accept().map(|_| None));
            let made = forced.unwrap_or_else(|refused| panic!("{} round {n}: {refused}", world.name));
            let legal = accepted.map_or_else(code, |_| "ok");
            assert!(["ok", "stale", "already_ended"].contains(&legal), "{} round {n}: {legal}", world.name);
            assert_eq!(world.kept(proposal.id).state, ProposalState::Superseded, "{} round {n}", world.name);
            assert_eq!(world.kept(made.unwrap()).state, ProposalState::Approved, "{} round {n}", world.name);
        }
    });
}
