//! Direct swaps: what each of the two learns, when, and what they never do.

use super::{
    fixture::{World, id, manager, rep, who},
    races::{at_once, in_fresh_worlds, race, thousand},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Page, Refused,
        direct::{self, DirectSwapView, NewDirectSwap},
        run,
        submit::SubmissionView,
    },
    domain::{
        direct::{DirectSwap, DirectSwapState, ReceivedStatus, SentStatus},
        ids::{DirectSwapId, Version},
        principal::Role,
        proposal::{ProposalState, PublicStatus},
    },
};
use chrono::{Days, NaiveDate};

fn ask(world: &World, name: &str, submission: &SubmissionView, colleague: &str) -> Result<DirectSwapView, Refused> {
    let new = NewDirectSwap { submission: submission.id, colleague: id(colleague) };
    world.store.write(|writer| direct::ask(writer, &world.settings, &rep(name), new.clone()))
}

fn view(world: &World, name: &str, swap: DirectSwapId) -> DirectSwapView {
    world.store.read(|reader| direct::one(reader, &world.settings, &rep(name), swap)).unwrap()
}

fn look(world: &World, name: &str, swap: DirectSwapId, version: Version) -> Result<DirectSwapView, Refused> {
    world.store.write(|writer| direct::look(writer, &world.settings, &rep(name), swap, version))
}

fn decline(world: &World, name: &str, swap: DirectSwapId, version: Version) -> Result<DirectSwapView, Refused> {
    world.store.write(|writer| direct::decline(writer, &world.settings, &rep(name), swap, version))
}

fn take_back(world: &World, swap: DirectSwapId) -> Result<DirectSwapView, Refused> {
    let version = view(world, "anna", swap).version();
    world.store.write(|writer| direct::withdraw(writer, &world.settings, &rep("anna"), swap, version))
}

/// Out of the way of the next round.
fn clear(world: &World) {
    world.execute(
        "UPDATE legs SET live = FALSE WHERE live; \
         UPDATE proposals SET state = 'vetoed', revealed_at = created_at WHERE state <> 'vetoed'; \
         UPDATE submissions SET state = 'withdrawn' WHERE state <> 'withdrawn'",
    );
}

fn sent(view: &DirectSwapView) -> SentStatus {
    match view {
        DirectSwapView::Sent(view) => view.status,
        other => panic!("{other:?} is not the asker's view"),
    }
}

fn received(view: &DirectSwapView) -> ReceivedStatus {
    match view {
        DirectSwapView::Received(view) => view.status,
        other => panic!("{other:?} is not the colleague's view"),
    }
}

fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Conflict { code, .. } => code,
        Refused::NotFound(_) => "not_found",
        Refused::NotAllowed(_) => "not_allowed",
        Refused::Invalid { .. } => "invalid",
        Refused::Stale => "stale",
        other => panic!("{other:?}"),
    }
}

/// Lets the time to answer run out.
fn lapse(world: &World) {
    world.execute("UPDATE direct_swaps SET answer_by = '2020-01-01 00:00:00'");
}

#[test]
fn of_a_colleague_who_looks_the_next_batch_proposes_the_best_swap_to_both() {
    for database in databases() {
        let world = World::new(database, 10);
        let own = world.submit("anna-0");
        world.submit("anna-1");
        // Farther away from Anna than the other.
        world.submit("ben-9");
        world.submit("ben-0");
        let asked = ask(&world, "anna", &own, "ben").unwrap();
        let told = serde_json::to_string(&view(&world, "ben", asked.id())).unwrap();
        assert!(!told.contains("anna") && !told.contains(&own.id.to_string()), "{}: {told}", world.name);
        let looked = look(&world, "ben", asked.id(), view(&world, "ben", asked.id()).version()).unwrap();
        assert_eq!(received(&looked), ReceivedStatus::Looked, "{}", world.name);
        assert_eq!(sent(&view(&world, "anna", asked.id())), SentStatus::Sent, "not before the next batch");
        assert!(world.proposals(&rep("anna")).is_empty());
        assert_eq!(code(look(&world, "ben", asked.id(), looked.version()).unwrap_err()), "already_decided");
        // What the two agreed to look at comes before what the run would find.
        world.run("2026-03-02");
        assert_eq!(received(&view(&world, "ben", asked.id())), ReceivedStatus::Found);
        let DirectSwapView::Sent(mine) = view(&world, "anna", asked.id()) else { panic!("not the asker's view") };
        assert_eq!(mine.status, SentStatus::Found);
        let proposal = mine.proposal.expect("a proposal");
        let kept = world.kept(proposal);
        let accounts: Vec<&str> = kept.legs.iter().map(|leg| leg.account.as_str()).collect();
        assert_eq!((kept.state, accounts), (ProposalState::Proposed, vec!["anna-0", "ben-0"]));
        let party = world.party(&rep("anna"), proposal);
        assert_eq!((party.status, party.counterpart), (PublicStatus::Proposed, None), "an ordinary proposal");
        assert_eq!(code(ask(&world, "anna", &own, "ben").unwrap_err()), "wrong_state", "the account is in a proposal");
    }
}

#[test]
fn silence_a_no_and_a_vain_look_are_the_same_to_the_asker_until_a_batch_and_after_it() {
    for database in databases() {
        let mut world = World::new(database, 3);
        world.settings.direct_swaps.questions_a_month = 9;
        let own = world.submit("anna-0");
        // Cora's account lies where Anna's does, so that neither would gain by a swap.
        world.submit("cora-0");
        world.submit("ben-0");
        let colleagues = ["mona", "ben", "cora"];
        let asked = colleagues.map(|colleague| ask(&world, "anna", &own, colleague).unwrap().id());
        let seen = |name: &str| asked.map(|swap| serde_json::to_string(&view(&world, name, swap)).unwrap());
        let before = seen("anna");
        let version = view(&world, "ben", asked[1]).version();
        assert_eq!(received(&decline(&world, "ben", asked[1], version).unwrap()), ReceivedStatus::Declined);
        let version = view(&world, "cora", asked[2]).version();
        assert_eq!(received(&look(&world, "cora", asked[2], version).unwrap()), ReceivedStatus::Looked);
        assert_eq!(seen("anna"), before, "{}: to the byte, entity tags included", world.name);
        for colleague in colleagues {
            assert_eq!(code(ask(&world, "anna", &own, colleague).unwrap_err()), "already_asked", "{}", world.name);
        }
        let list = world
            .store
            .read(|reader| direct::list(reader, &world.settings, &rep("anna"), Page { after: None, limit: 10 }));
        assert!(list.unwrap().iter().all(|one| sent(one) == SentStatus::Sent));

        // A batch within the time to answer tells nothing either, where it finds no swap.
        world.execute("UPDATE submissions SET state = 'withdrawn' WHERE rep_id = 'ben'");
        world.run("2026-03-02");
        assert_eq!(seen("anna"), before, "{}", world.name);
        lapse(&world);
        world.run("2026-03-03");
        for swap in asked {
            assert_eq!(sent(&view(&world, "anna", swap)), SentStatus::NotConcluded, "{}", world.name);
        }
        assert_eq!(received(&view(&world, "cora", asked[2])), ReceivedStatus::NotConcluded);
    }
}

#[test]
fn a_question_taken_back_ends_for_the_colleague_like_one_of_which_nothing_came() {
    for database in databases() {
        let world = World::new(database, 3);
        let own = world.submit("anna-0");
        // A swap that would be found.
        world.submit("ben-0");
        world.submit("dan-0");
        let [ben, dan, cora] =
            ["ben", "dan", "cora"].map(|colleague| ask(&world, "anna", &own, colleague).unwrap().id());
        look(&world, "ben", ben, view(&world, "ben", ben).version()).unwrap();
        decline(&world, "dan", dan, view(&world, "dan", dan).version()).unwrap();
        let seen = || {
            [("ben", ben), ("dan", dan), ("cora", cora)]
                .map(|(name, swap)| serde_json::to_string(&view(&world, name, swap)).unwrap())
        };
        let before = seen();
        for swap in [ben, dan, cora] {
            let stale = Version(uuid::Uuid::nil());
            let asked =
                world.store.write(|writer| direct::withdraw(writer, &world.settings, &rep("anna"), swap, stale));
            assert_eq!(code(asked.unwrap_err()), "stale");
            let mine = take_back(&world, swap).unwrap();
            assert_eq!(sent(&mine), SentStatus::Withdrawn, "{}: whatever was answered", world.name);
            assert_eq!(code(take_back(&world, swap).unwrap_err()), "already_ended");
        }
        let by_ben = view(&world, "ben", ben).version();
        let by_ben = world.store.write(|writer| direct::withdraw(writer, &world.settings, &rep("ben"), ben, by_ben));
        assert_eq!(code(by_ben.unwrap_err()), "not_allowed", "it is not the colleague's to take back");
        assert_eq!(seen(), before, "{}: to the byte, entity tags included", world.name);
        assert_eq!(code(ask(&world, "anna", &own, "ben").unwrap_err()), "already_asked", "Ben would see two");

        // The batch finds nothing for Ben, who has looked, and says so when the time to answer is over.
        world.run("2026-03-02");
        assert_eq!(seen(), before, "{}", world.name);
        assert_eq!(received(&view(&world, "ben", ben)), ReceivedStatus::Looked);
        lapse(&world);
        world.run("2026-03-03");
        let told = [("ben", ben), ("dan", dan), ("cora", cora)].map(|(name, swap)| received(&view(&world, name, swap)));
        let as_ever = [ReceivedStatus::NotConcluded, ReceivedStatus::Declined, ReceivedStatus::NotConcluded];
        assert_eq!(told, as_ever, "{}", world.name);
        assert_eq!(sent(&view(&world, "anna", ben)), SentStatus::Withdrawn, "{}", world.name);
    }
}

/// A question of Anna's that Ben has agreed to look at, and a date of its own to run on.
fn looked_at(world: &World, round: usize) -> (DirectSwapId, NaiveDate) {
    let own = world.submit(&format!("anna-{round}"));
    world.submit(&format!("ben-{round}"));
    let asked = ask(world, "anna", &own, "ben").unwrap().id();
    look(world, "ben", asked, view(world, "ben", asked).version()).unwrap();
    (asked, NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(round as u64))
}

#[test]
fn a_question_taken_back_against_the_batch_is_withdrawn_or_found() {
    in_fresh_worlds(100, |mut world, count| {
        world.settings.direct_swaps.questions_a_month = 10_000;
        let root = who("root", Role::Admin);
        for round in 0..count {
            let (asked, date) = looked_at(&world, round);
            let batch = || run::run(&world.store, &world.settings, &root, &run::Scope::Everybody, date, &|_| {});
            let [taken_back, run] = at_once(
                || take_back(&world, asked).map_or_else(code, |_| "ok"),
                || batch().map_or_else(code, |_| "ok"),
            );
            let legal = match (taken_back, sent(&view(&world, "anna", asked))) {
                ("ok", SentStatus::Withdrawn) => received(&view(&world, "ben", asked)) == ReceivedStatus::Looked,
                ("stale" | "already_ended", SentStatus::Found) => true,
                _ => false,
            };
            assert!(legal && run == "ok", "{} round {round}: {taken_back}, {run}", world.name);
            clear(&world);
            world.execute("UPDATE direct_swaps SET revealed_at = asked_at WHERE revealed_at IS NULL");
        }
    });
}

#[test]
fn what_a_question_needs_and_whom_it_is_for() {
    for database in databases() {
        let mut world = World::new(database, 6);
        world.settings.direct_swaps.questions_a_month = 3;
        let own = world.submit("anna-0");
        assert_eq!(
            code(ask(&world, "ben", &own, "dan").unwrap_err()),
            "not_found",
            "{}: another's account",
            world.name
        );
        assert_eq!(code(ask(&world, "anna", &own, "nobody").unwrap_err()), "not_found");
        assert_eq!(code(ask(&world, "anna", &own, "anna").unwrap_err()), "invalid");
        let new = NewDirectSwap { submission: own.id, colleague: id("ben") };
        let by_manager =
            world.store.write(|writer| direct::ask(writer, &world.settings, &manager("mona"), new.clone()));
        assert_eq!(code(by_manager.unwrap_err()), "not_allowed");
        let asked = ask(&world, "anna", &own, "ben").unwrap().id();
        let stranger = world.store.read(|reader| direct::one(reader, &world.settings, &rep("cora"), asked));
        assert_eq!(code(stranger.unwrap_err()), "not_found");
        let version = view(&world, "ben", asked).version();
        assert_eq!(
            code(look(&world, "anna", asked, version).unwrap_err()),
            "not_allowed",
            "the answer is the colleague's"
        );
        assert_eq!(code(look(&world, "ben", asked, version).unwrap_err()), "nothing_submitted");
        world.submit("ben-0");
        assert_eq!(code(look(&world, "ben", asked, Version(uuid::Uuid::nil())).unwrap_err()), "stale");
        lapse(&world);
        assert_eq!(code(look(&world, "ben", asked, version).unwrap_err()), "expired");
        for colleague in ["cora", "dan"] {
            ask(&world, "anna", &own, colleague).unwrap();
        }
        assert_eq!(code(ask(&world, "anna", &own, "mona").unwrap_err()), "quota_reached", "{}", world.name);
        world.settings.direct_swaps.asker_is_named = true;
        let DirectSwapView::Received(named) = view(&world, "ben", asked) else { panic!("not the colleague's view") };
        assert_eq!(named.asker.as_deref(), Some("The real anna"), "where the policy has it so");
    }
}

#[test]
fn answering_twice_at_once_leaves_one_answer() {
    for database in databases() {
        let world = World::new(database, 1);
        let own = world.submit("anna-0");
        world.submit("ben-0");
        let questions: Vec<DirectSwap> = (1..=thousand() as u32).map(|turn| question(&own, turn)).collect();
        world
            .store
            .write(|writer| questions.iter().try_for_each(|one| account_swap::store::direct::insert(writer, one)))
            .unwrap();
        let yes = |round: usize| {
            let DirectSwap { id, colleague_version, .. } = questions[round];
            look(&world, "ben", id, colleague_version).map_or_else(code, |_| "ok")
        };
        let no = |round: usize| {
            let DirectSwap { id, colleague_version, .. } = questions[round];
            let answer = if round.is_multiple_of(2) { decline } else { look };
            answer(&world, "ben", id, colleague_version).map_or_else(code, |_| "ok")
        };
        for (round, mut outcomes) in race(thousand(), &[&yes, &no]).into_iter().enumerate() {
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["already_decided", "ok"], "{} round {round}", world.name);
        }
    }
}

/// A question of Anna's to Ben, one of many at a time.
fn question(own: &SubmissionView, turn: u32) -> DirectSwap {
    let now = chrono::Utc::now();
    DirectSwap {
        id: DirectSwapId(uuid::Uuid::new_v4()),
        asker: id("anna"),
        submission: own.id,
        colleague: id("ben"),
        state: DirectSwapState::Asked,
        month: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        turn,
        asked_at: now,
        answer_by: now + chrono::Duration::hours(1),
        withdrawn_at: None,
        revealed_at: Some(now),
        proposal: None,
        asker_version: Version(uuid::Uuid::new_v4()),
        colleague_version: Version(uuid::Uuid::new_v4()),
    }
}

#[test]
fn two_batches_at_once_make_one_proposal_of_a_question() {
    in_fresh_worlds(100, |mut world, count| {
        world.settings.direct_swaps.questions_a_month = 10_000;
        let root = who("root", Role::Admin);
        for round in 0..count {
            let (asked, date) = looked_at(&world, round);
            let everybody = || run::run(&world.store, &world.settings, &root, &run::Scope::Everybody, date, &|_| {});
            let north = run::Scope::Team(id("north"));
            let team = || run::run(&world.store, &world.settings, &root, &north, date, &|_| {});
            let outcomes = at_once(|| everybody().map_or_else(code, |_| "ok"), || team().map_or_else(code, |_| "ok"));
            assert_eq!(outcomes, ["ok", "ok"], "{} round {round}", world.name);
            let live = world.proposals(&rep("anna")).iter().filter(|one| world.kept(one.id()).state.is_live()).count();
            assert_eq!(
                (live, sent(&view(&world, "anna", asked))),
                (1, SentStatus::Found),
                "{} round {round}",
                world.name
            );
            clear(&world);
        }
    });
}

#[test]
fn two_questions_at_once_never_pass_the_months_quota() {
    for database in databases() {
        let mut world = World::new(database, 1);
        let own = world.submit("anna-0");
        world.settings.direct_swaps.questions_a_month = 1;
        for round in 0..thousand() {
            let one = || ask(&world, "anna", &own, "ben").map_or_else(code, |_| "ok");
            let other = || ask(&world, "anna", &own, "dan").map_or_else(code, |_| "ok");
            let mut outcomes = at_once(one, other);
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["ok", "quota_reached"], "{} round {round}", world.name);
            world.execute("DELETE FROM direct_swaps");
        }
    }
}
