//! Non-interference: what a rep can read depends on nothing a colleague said or answered, until a batch boundary.
//!
//! In go two databases that are copies of one another; from then on they differ in what colleagues say and answer, and in
//! nothing else. Out come two texts for each rep (see `twins`), which must be the same to the byte. Each test ends with
//! somebody who does read the difference, so that it can fail.
//! Deliberately absent: what becomes visible at a boundary, and what a manager decides, which is no colleague's answer.

use crate::{
    common::databases::databases,
    fixture::{World, id, manager, rep, service},
    twins::{Side, alone, compare, differ, numbered, same, twins},
};
use account_swap::{
    app::{
        decide,
        direct::{self, NewDirectSwap},
        handover::{self, NewUndoRequest},
        review::{self, NewCheckIn, NewReview},
        submit,
    },
    domain::{
        decline::DeclineReason,
        direct::SentStatus,
        ids::{DirectSwapId, ProposalId, SubmissionId},
        proposal::{ProposalState, PublicStatus},
        submission::Reason,
        triage::Path,
        undo::UndoReason,
        units::{Cents, Stars},
    },
    store::HandClock,
};
use chrono::{DateTime, Utc};
use serde_json::json;

/// A Monday, an hour before anybody works.
const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Who reads: Anna, who has to do with Ben, and Cora of another team. Both do the same in both worlds.
const READERS: [&str; 2] = ["anna", "cora"];

/// Moves a clock to a moment.
fn strike(clock: &HandClock, moment: &str) {
    clock.move_by(moment.parse::<DateTime<Utc>>().unwrap() - clock.now());
}

/// Proposals of `anna-n` for `ben-n`; accounts from there on are in none of them.
const PROPOSALS: usize = 10;

/// A world in which Anna and Ben have proposals in every state a party may see, and the ids there are to ask about.
fn beginning(mut world: World) -> (World, Vec<ProposalId>, Vec<String>) {
    world.settings.proposals.take_back_minutes = 60;
    let mut proposals: Vec<ProposalId> = world.propose(PROPOSALS).into_iter().map(|proposal| proposal.id).collect();
    // One that a run has found, with its reminders.
    world.submit(&format!("anna-{PROPOSALS}"));
    world.submit(&format!("ben-{PROPOSALS}"));
    world.run("2026-03-02");
    let found = world.proposals(&rep("anna")).into_iter().map(|view| view.id()).find(|id| !proposals.contains(id));
    proposals.push(found.expect("the run found one"));
    // And one that was approved, so that there is a handover.
    let approved = proposals[PROPOSALS - 1];
    let mut at_once = world.settings.clone();
    at_once.proposals.take_back_minutes = 0;
    for name in ["anna", "ben"] {
        let seen = world.party(&rep(name), approved).version;
        world.store.write(|writer| decide::accept(writer, &at_once, &rep(name), approved, seen)).unwrap();
    }
    let seen = world.manager(&manager("mona"), approved).version;
    world.store.write(|writer| decide::approve(writer, &world.settings, &manager("mona"), approved, seen)).unwrap();
    assert!(world.store.read(|reader| handover::one(reader, &rep("anna"), approved)).is_ok());

    let mut ids: Vec<String> = proposals.iter().map(ToString::to_string).collect();
    let legs = proposals.iter().flat_map(|proposal| world.kept(*proposal).legs);
    ids.extend(legs.map(|leg| leg.submission.to_string()));
    ids.extend(world.kept(proposals[PROPOSALS]).run.map(|run| run.to_string()));
    ids.extend(
        ["anna", "ben", "cora", "mona", "north", "anna-0", "ben-0", "ben-5", "ben-12", "nobody"].map(str::to_owned),
    );
    (world, proposals, ids)
}

#[actix_web::test]
async fn nobody_can_read_what_a_colleague_said_or_answered_before_the_next_batch() {
    for database in databases() {
        let (world, clock) = World::new(database, PROPOSALS + 4).by_hand(MONDAY);
        let (world, proposals, ids) = beginning(world);
        let mut sides = twins(world).await;
        compare(&sides, &READERS, &ids, "before anybody has answered").await;

        let [left, right] = &sides;
        // Ben answers first. In either world by itself nothing that Anna reads has changed, not even a version.
        let before = [left.everything("anna", &ids).await, right.everything("anna", &ids).await];
        left.ben_accepts(proposals[0]);
        right.ben_declines(proposals[0], DeclineReason::TooFar);
        left.ben_accepts(proposals[1]);
        left.ben_takes_back(proposals[1]);
        left.ben_declines(proposals[2], DeclineReason::KeepMine);
        right.ben_accepts(proposals[2]);
        right.ben_withdraws("ben-3");
        left.ben_declines(proposals[4], DeclineReason::NotThisAccount);
        right.ben_declines(proposals[4], DeclineReason::Other);
        right.ben_declines(proposals[PROPOSALS], DeclineReason::BadTime);
        // He submits other accounts, for other reasons; Dan does in one world only.
        left.submits("ben", "ben-12", 1.0, Reason::UnreasonableDemands, "They shout at me.");
        right.submits("ben", "ben-12", 2.5, Reason::LongJourney, "");
        right.submits("dan", "dan-1", 1.5, Reason::Chemistry, "");
        for (side, before) in sides.iter().zip(&before) {
            let when = format!("{}: Anna can tell that Ben has answered", side.world.name);
            same(before, &side.everything("anna", &ids).await, &when);
        }

        // Then Anna does, the same in both; and some of it before Ben.
        let of = |at: usize| format!("proposals/{}", proposals[at]);
        for side in &mut sides {
            for at in [0, 1, 3, 4, 5, 6] {
                side.anna(&of(at), "accept", json!({})).await;
            }
            side.anna(&of(2), "decline", json!({"reason": "bad_time"})).await;
            side.anna(&of(3), "take-back", json!({})).await;
            side.anna(&of(3), "decline", json!({"reason": "too_far"})).await;
            side.anna(&of(4), "take-back", json!({})).await;
        }
        let [left, right] = &sides;
        left.ben_accepts(proposals[5]);
        right.ben_accepts(proposals[5]);
        right.ben_takes_back(proposals[5]);
        left.ben_accepts(proposals[6]);
        right.ben_declines(proposals[6], DeclineReason::TooLittleGain);
        right.ben_declines(proposals[5], DeclineReason::TooLittleGain);
        compare(&sides, &READERS, &ids, "after both have answered").await;

        // Hours and days pass: what can be taken back, lapses or is reminded does so on either side, and shows on none.
        for moment in ["2026-03-02T10:00:00Z", "2026-03-04T16:00:00Z", "2026-03-05T12:00:00Z"] {
            strike(&clock, moment);
            for side in &mut sides {
                side.time_passes();
                side.anna(&of(0), "take-back", json!({})).await;
                side.anna(&of(7), "accept", json!({})).await;
                side.anna(&of(PROPOSALS), "accept", json!({})).await;
            }
            compare(&sides, &READERS, &ids, moment).await;
        }

        // The batch tells: without this the test could not fail.
        sides.iter().for_each(|side| drop(side.world.run("2026-03-06")));
        let told = sides.each_ref().map(|side| side.world.party(&rep("anna"), proposals[0]).status);
        assert_eq!(told, [PublicStatus::Accepted, PublicStatus::NotConcluded], "{}", sides[0].world.name);
        differ(&sides, "anna", &ids, "after the batch").await;
    }
}

#[actix_web::test]
async fn what_a_rep_is_told_of_a_proposal_follows_from_their_own_inputs_alone() {
    for (one, other) in databases().into_iter().zip(databases()) {
        let mut read = Vec::new();
        for (database, stars, reason, note) in
            [(one, 1.0, Reason::UnreasonableDemands, "They shout at me."), (other, 2.0, Reason::LongJourney, "")]
        {
            let (world, _clock) = World::new(database, 2).by_hand(MONDAY);
            let side = alone(world).await;
            side.submits("anna", "anna-0", 1.5, Reason::Chemistry, "my own");
            side.submits("ben", "ben-0", stars, reason, note);
            assert_eq!(side.world.run("2026-03-02").report.unwrap().published, 1, "{}", side.world.name);
            let [ref only] = side.world.proposals(&rep("anna"))[..] else { panic!("not one proposal") };
            let proposal = only.id();
            let own = side.world.kept(proposal).leg_of(&id("anna")).unwrap().submission;
            let ids = [proposal.to_string(), own.to_string(), "anna-0".to_owned(), "ben-0".to_owned()];
            read.push((side.world.name, numbered(&side.everything("anna", &ids).await)));
        }
        same(&read[0].1, &read[1].1, &format!("{}: what Ben said shows", read[0].0));
        assert!(read[0].1.contains("\"gain\":"), "the explanation is among what was read");
    }
}

#[actix_web::test]
async fn nobody_can_read_what_a_colleague_answered_on_the_ladder_or_to_a_question_before_the_next_batch() {
    for database in databases() {
        let (world, clock) = World::new(database, 6).by_hand(MONDAY);
        let own = world.submit("anna-0").id;
        for account in ["ben-0", "dan-0"] {
            world.submit(account);
        }
        let draft = |name: &str, account: &str| -> SubmissionId {
            let new = submit::NewSubmission {
                account: id(account),
                stars: Stars::from_decimal(1.5).unwrap(),
                reasons: [Reason::Other].into(),
                share_reasons: false,
                note: String::new(),
            };
            world.store.write(|writer| submit::draft(writer, &world.settings, &rep(name), new.clone())).unwrap().id
        };
        let mine = draft("anna", "anna-1");
        let theirs = ["ben-1", "ben-2", "ben-3"].map(|account| draft("ben", account));
        let questions = ["ben", "dan", "cora"].map(|colleague| -> DirectSwapId {
            let new = NewDirectSwap { submission: own, colleague: id(colleague) };
            world.store.write(|writer| direct::ask(writer, &world.settings, &rep("anna"), new.clone())).unwrap().id()
        });
        let mut ids: Vec<String> = theirs.iter().chain([&own, &mine]).map(ToString::to_string).collect();
        ids.extend(questions.iter().map(ToString::to_string));
        ids.extend(["anna-0", "anna-1", "ben-0", "ben-1", "ben-2", "dan-0", "ben", "dan"].map(str::to_owned));
        let mut sides = twins(world).await;
        compare(&sides, &READERS, &ids, "before anybody has answered").await;

        // On the ladder Ben says one thing and another of the same accounts, and takes other paths.
        let [left, right] = &sides;
        left.climbs("ben", theirs[0], &json!({"abuse": "abusive"}), Path::Swap);
        right.climbs("ben", theirs[0], &json!({"our_mistake": "not_put_right"}), Path::Reset);
        left.climbs("ben", theirs[1], &json!({"misfit": true}), Path::PartWays);
        right.climbs("ben", theirs[2], &json!({"wrong_information": "not_explained"}), Path::Educate);
        // To Anna's questions: a look and a no, a no and a look; and silence.
        let answer = |side: &Side, name: &str, question, looks: bool| {
            let who = rep(name);
            let one = side.world.store.read(|reader| direct::one(reader, &side.world.settings, &who, question));
            let seen = one.unwrap().version();
            let answer = if looks { direct::look } else { direct::decline };
            side.does(|writer, settings| answer(writer, settings, &who, question, seen));
        };
        answer(left, "ben", questions[0], true);
        answer(right, "ben", questions[0], false);
        answer(left, "dan", questions[1], false);
        compare(&sides, &READERS, &ids, "after the others have answered").await;

        // Anna goes on, the same in both.
        let answers = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": true,
            "unreasonable_demands": false, "unethical_acts": false, "misfit": false});
        for side in &mut sides {
            side.anna(&format!("submissions/{mine}"), "triage", answers.clone()).await;
            side.anna(&format!("submissions/{mine}"), "path", json!({"path": "swap"})).await;
            side.anna(&format!("direct-swaps/{}", questions[1]), "withdraw", json!({})).await;
            side.anna(&format!("direct-swaps/{}", questions[1]), "withdraw", json!({})).await;
        }
        for moment in ["2026-03-02T12:00:00Z", "2026-03-04T20:00:00Z", "2026-03-05T09:00:00Z"] {
            strike(&clock, moment);
            sides.iter().for_each(Side::time_passes);
            compare(&sides, &READERS, &ids, moment).await;
        }

        // The batch tells what came of the questions.
        sides.iter().for_each(|side| drop(side.world.run("2026-03-06")));
        let told = sides.each_ref().map(|side| {
            let settings = &side.world.settings;
            let one =
                side.world.store.read(|reader| direct::one(reader, settings, &rep("anna"), questions[0])).unwrap();
            match one {
                direct::DirectSwapView::Sent(view) => view.status,
                other => panic!("{other:?} is not the asker's view"),
            }
        });
        assert_eq!(told, [SentStatus::Found, SentStatus::NotConcluded], "{}", sides[0].world.name);
        differ(&sides, "anna", &ids, "after the batch").await;
    }
}

#[actix_web::test]
async fn nobody_can_read_that_a_colleague_has_taken_a_question_back() {
    for database in databases() {
        let (world, clock) = World::new(database, 3).by_hand(MONDAY);
        let own = world.submit("anna-0").id;
        world.submit("ben-0");
        let questions = ["ben", "cora"].map(|colleague| -> DirectSwapId {
            let new = NewDirectSwap { submission: own, colleague: id(colleague) };
            world.store.write(|writer| direct::ask(writer, &world.settings, &rep("anna"), new.clone())).unwrap().id()
        });
        let ids = [own.to_string(), questions[0].to_string(), questions[1].to_string(), "anna-0".to_owned()];
        let sides = twins(world).await;
        for question in questions {
            let left = &sides[0];
            let settings = &left.world.settings;
            let seen = left.world.store.read(|reader| direct::one(reader, settings, &rep("anna"), question)).unwrap();
            left.does(|writer, settings| direct::withdraw(writer, settings, &rep("anna"), question, seen.version()));
        }
        compare(&sides, &["ben", "cora"], &ids, "at once").await;
        // Ben says no and Cora nothing; a batch passes, and one after the time to answer.
        for side in &sides {
            let settings = &side.world.settings;
            let one = side.world.store.read(|reader| direct::one(reader, settings, &rep("ben"), questions[0])).unwrap();
            side.does(|writer, settings| direct::decline(writer, settings, &rep("ben"), questions[0], one.version()));
        }
        // Not to be matched otherwise, which would be no answer to the question.
        sides.iter().for_each(|side| side.ben_withdraws("ben-0"));
        for moment in ["2026-03-03T09:00:00Z", "2026-03-06T09:00:00Z"] {
            strike(&clock, moment);
            for side in &sides {
                side.time_passes();
                side.world.run(&moment[..10]);
            }
            compare(&sides, &["ben", "cora"], &ids, moment).await;
        }
        differ(&sides, "anna", &ids, "to the end").await;
    }
}

#[actix_web::test]
async fn nobody_can_read_what_a_colleague_says_of_a_trial_or_that_they_want_it_undone() {
    for database in databases() {
        let (world, clock) = World::new(database, 3).by_hand(MONDAY);
        let proposals: Vec<ProposalId> = world.propose(2).into_iter().map(|proposal| proposal.id).collect();
        // Both are on trial from today.
        world.execute("UPDATE proposals SET state = 'executing', effective_on = '2026-03-02', sent_at = created_at");
        for proposal in &proposals {
            let seen = world.kept(*proposal).version;
            let settings = &world.settings;
            world.store.write(|writer| handover::confirm(writer, settings, &service(), *proposal, seen)).unwrap();
            assert_eq!(world.kept(*proposal).state, ProposalState::OnTrial, "{}", world.name);
        }
        let mut ids: Vec<String> = proposals.iter().map(ToString::to_string).collect();
        ids.extend(["anna-0", "ben-0", "anna-1", "ben-1", "anna", "ben"].map(str::to_owned));
        let mut sides = twins(world).await;
        compare(&sides, &READERS, &ids, "on the first day").await;

        let check_in = |side: &Side, days, stars, note: &str| {
            let new = NewCheckIn { days, stars: Stars::from_decimal(stars).unwrap(), note: note.to_owned() };
            side.does(|writer, settings| review::check_in(writer, settings, &rep("ben"), proposals[0], &new));
        };
        let review = |side: &Side, stars, complaint| {
            let stars = Stars::from_decimal(stars).unwrap();
            let (planned, kept) = (4, if complaint { 1 } else { 4 });
            let new = NewReview {
                days: 30,
                stars,
                revenue_cents: Cents(100 * i64::from(kept)),
                visits_planned: planned,
                visits_kept: kept,
                complaint,
            };
            side.does(|writer, settings| review::review(writer, settings, &rep("ben"), proposals[0], &new));
        };
        let wants_undo = |side: &Side, at: usize| {
            let new = NewUndoRequest { reason: UndoReason::NoBetter, note: "It is worse than before.".to_owned() };
            let ben = rep("ben");
            let seen = side.world.store.read(|reader| handover::one(reader, &ben, proposals[at])).unwrap().version;
            side.does(|writer, settings| handover::ask_undo(writer, settings, &ben, proposals[at], &new, seen));
        };
        let handover = |at: usize| format!("handovers/{}", proposals[at]);
        // A week later: he says how it goes, or does not; he wants it undone, or does not.
        strike(&clock, "2026-03-10T09:00:00Z");
        sides.iter().for_each(Side::time_passes);
        check_in(&sides[0], 7, 1.0, "They shout at me.");
        wants_undo(&sides[0], 0);
        wants_undo(&sides[1], 1);
        compare(&sides, &READERS, &ids, "after Ben's first check-in and wish").await;
        // Mona says no to what only he has asked; nobody else learns of that either.
        let mona = manager("mona");
        let seen = sides[0].world.store.read(|reader| handover::one(reader, &mona, proposals[0])).unwrap().version;
        sides[0].does(|writer, settings| handover::refuse_undo(writer, settings, &mona, proposals[0], seen));
        compare(&sides, &READERS, &ids, "after a refusal").await;
        // Anna does the same in both: one check-in, and her own wish for each.
        for side in &mut sides {
            side.anna(&handover(0), "check-ins", json!({"days": 7, "stars": 3.5, "note": "my own"})).await;
            for at in [0, 1] {
                side.anna(&handover(at), "undo", json!({"reason": "workload"})).await;
                side.anna(&handover(at), "undo", json!({"reason": "other"})).await;
            }
        }
        compare(&sides, &READERS, &ids, "after both have said something").await;
        strike(&clock, "2026-03-24T09:00:00Z");
        sides.iter().for_each(Side::time_passes);
        check_in(&sides[0], 21, 2.0, "");
        check_in(&sides[1], 21, 5.0, "We get on.");
        compare(&sides, &READERS, &ids, "after Ben's second check-in").await;
        // Past the last day of the trials, and past the days in which a manager could still decide.
        for moment in ["2026-04-02T09:00:00Z", "2026-04-09T09:00:00Z"] {
            strike(&clock, moment);
            sides.iter().for_each(Side::time_passes);
            if moment < "2026-04-03" {
                review(&sides[0], 4.5, false);
                review(&sides[1], 1.5, true);
            }
            for side in &mut sides {
                let own = json!({"days": 30, "stars": 4.0, "revenue_cents": 5, "visits_planned": 1, "visits_kept": 1,
                    "complaint": false});
                side.anna(&handover(0), "reviews", own).await;
            }
            compare(&sides, &READERS, &ids, moment).await;
        }
        assert_eq!(sides[0].world.kept(proposals[0]).state, ProposalState::Completed, "{}", sides[0].world.name);
        differ(&sides, "ben", &ids, "to the end").await;
    }
}
