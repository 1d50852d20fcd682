//! An account walked through its whole life over HTTP: accepted, approved, handed over, tried, taken back; and another one
//! that stays, is reviewed, and is seen with other eyes by the next run.
//!
//! In go a company and a clock that is moved by hand, from a Monday to the summer; out come the answers along the way.
//! Deliberately absent: every refusal; those have tests of their own.

use crate::{
    common::databases::databases,
    day::Day,
    fixture::{World, id, manager, rep, service, who},
    served::Served,
};
use account_swap::{
    app::{calendar, run, sweep},
    domain::{ids::RunId, principal::Role},
    store::HandClock,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A day at a server whose clock is moved by hand.
struct Year<'a> {
    day: Day<'a>,
    world: &'a World,
    clock: &'a HandClock,
}

impl Year<'_> {
    /// Lets time pass until nine o'clock of a day, with what the service does by itself.
    fn until(&self, date: &str) {
        let moment: DateTime<Utc> = format!("{date}T09:00:00Z").parse().unwrap();
        self.clock.move_by(moment - self.clock.now());
        sweep::sweep(&self.world.store).unwrap();
        calendar::turn(&self.world.store, &self.world.settings).unwrap();
    }

    /// Today's date.
    fn today(&self) -> String {
        self.clock.now().date_naive().to_string()
    }

    /// Finds a swap for Wanda's account by a run, has both accept it and Wim approve it; the path of its handover.
    async fn agree(&self, account: &str, other: &str) -> String {
        let day = &self.day;
        day.submit("wanda", account).await;
        day.submit("otto", other).await;
        assert_eq!(day.run(&manager("wim"), "west", &self.today()).await, 1, "{}", self.world.name);
        let proposal = day.proposal_of("wanda", account).await;
        for name in ["wanda", "otto"] {
            day.change(&proposal, "accept", &rep(name), json!({})).await.with(200);
        }
        let approved = day.change(&proposal, "approve", &manager("wim"), json!({})).await.with(200).json();
        assert_eq!(approved["state"], "approved");
        proposal.replace("/proposals/", "/handovers/")
    }

    /// Does the open steps of one way, each by whom it is for, and gives their kinds.
    async fn prepare(&self, handover: &str, phase: &str) -> Vec<String> {
        let read = self.day.get(handover, &manager("wim")).await.with(200).json();
        let of_phase = |step: &&Value| step["phase"] == phase;
        let steps: Vec<Value> = read["steps"].as_array().unwrap().iter().filter(of_phase).cloned().collect();
        for step in &steps {
            assert_eq!(step["state"], "open", "{step}");
            let leg = step["leg"].as_u64().unwrap();
            let one = &read["legs"][usize::try_from(leg).unwrap()];
            let doer = if step["by"] == "receiver" { &one["to"] } else { &one["from"] };
            let verb = format!("steps/{leg}/{}/complete", step["kind"].as_str().unwrap());
            let note = json!({"note": "as agreed"});
            self.day.change(handover, &verb, &rep(doer.as_str().unwrap()), note).await.with(200);
        }
        steps.iter().map(|step| step["kind"].as_str().unwrap().to_owned()).collect()
    }

    async fn owners(&self, accounts: [&str; 2]) -> [String; 2] {
        [self.day.owner(accounts[0]).await, self.day.owner(accounts[1]).await]
    }

    /// Prepares the handover, sends it to the CRM and has it confirmed: the trial begins.
    async fn hand_over(&self, handover: &str, accounts: [&str; 2]) {
        let done = self.prepare(handover, "handover").await;
        let of_each = |kind: &str| done.iter().filter(|one| *one == kind).count();
        for kind in ["tell_customer", "joint_call", "open_deals", "notes", "effective_date"] {
            assert_eq!(of_each(kind), 2, "{}: {kind} for each account", self.world.name);
        }
        let sent = self.day.get(handover, &service()).await.with(200).json();
        assert_eq!((&sent["state"], self.owners(accounts).await), (&json!("executing"), own(["wanda", "otto"])));
        let file = self.day.get("/handovers/export?format=csv", &service()).await.with(200).text;
        assert!(accounts.iter().all(|account| file.contains(account)), "{file}");
        let confirmed = self.day.change(handover, "confirm", &service(), json!({})).await.with(200).json();
        assert_eq!((&confirmed["state"], self.owners(accounts).await), (&json!("on_trial"), own(["otto", "wanda"])));
    }

    /// Both say after so many days how it goes; what the one says reaches nobody else.
    async fn check_in(&self, handover: &str, days: u32) {
        let path = format!("{handover}/check-ins");
        for (name, stars, other) in [("wanda", 4.0, "otto"), ("otto", 2.5, "wanda")] {
            let before = self.day.get(&path, &rep(other)).await.with(200).text;
            let said = json!({"days": days, "stars": stars, "note": format!("{name}'s own")});
            let made = self.day.post(&path, &rep(name), said).await.with(200).json();
            assert_eq!(made["stars"], stars);
            assert_eq!(self.day.get(&path, &rep(other)).await.with(200).text, before, "{}", self.world.name);
        }
        let told = self.day.get(&path, &manager("wim")).await.with(200);
        let made = |one: &&Value| one["days"] == days && one["made_at"].is_string();
        assert_eq!(told.json().as_array().unwrap().iter().filter(made).count(), 2, "a manager sees that both spoke");
        assert!(!told.text.contains("own") && !told.text.contains("2.5"), "and not what: {}", told.text);
    }

    /// The ledger of a rep's year, as they read it in a statement.
    async fn ledger(&self, handover: &str, name: &str) -> i64 {
        let path = format!("{}/money", handover.replace("/handovers/", "/proposals/"));
        let read = self.day.get(&path, &rep(name)).await.with(200).json();
        read["balance"]["ledger_cents"].as_i64().unwrap_or_else(|| panic!("{read}"))
    }
}

fn own(names: [&str; 2]) -> [String; 2] {
    names.map(str::to_owned)
}

#[actix_web::test]
async fn an_account_is_swapped_tried_and_taken_back_and_another_stays_and_is_reviewed() {
    for database in databases() {
        let (world, clock) = World::new(database, 0).by_hand("2026-03-02T09:00:00Z");
        let served = Served::start(&world).await;
        let year = Year { day: Day::new(&world, &served), world: &world, clock: &clock };
        let day = &year.day;
        day.company().await;
        let wim = manager("wim");

        // The first swap: agreed, prepared, confirmed, tried for a week.
        let first = ["W-1", "O-1"];
        let handover = year.agree(first[0], first[1]).await;
        assert_eq!(year.owners(first).await, own(["wanda", "otto"]), "{}: nothing moves before its day", world.name);
        year.hand_over(&handover, first).await;
        let early = day.post(&format!("{handover}/check-ins"), &rep("wanda"), json!({"days": 7, "stars": 4.0})).await;
        assert_eq!(early.with(409).code(), "too_early");
        let booked = year.ledger(&handover, "wanda").await;
        assert!(booked != 0 && booked == -year.ledger(&handover, "otto").await, "{}: {booked}", world.name);
        year.until("2026-03-09");
        year.check_in(&handover, 7).await;

        // Otto wants it undone; Wanda learns of it when Wim grants it, and both accounts go back together.
        let before = day.get(&handover, &rep("wanda")).await.with(200);
        let wish = json!({"reason": "no_better", "note": "it is worse than before"});
        let asked = day.change(&handover, "undo", &rep("otto"), wish).await.with(200).json();
        assert_eq!(asked["undo"]["state"], "asked");
        let after = day.get(&handover, &rep("wanda")).await.with(200);
        assert_eq!((after.header("etag"), &after.text), (before.header("etag"), &before.text), "{}", world.name);
        let granted = day.change(&handover, "undo/grant", &wim, json!({})).await.with(200).json();
        assert_eq!((&granted["undo"]["state"], &granted["state"]), (&json!("granted"), &json!("on_trial")));
        let told = day.get(&handover, &rep("wanda")).await.with(200).json();
        assert_eq!(told["undo"]["state"], "granted");
        assert_eq!(year.owners(first).await, own(["otto", "wanda"]), "{}: the way back is prepared first", world.name);
        let back = year.prepare(&handover, "undo").await;
        assert_eq!(back.iter().filter(|kind| *kind == "tell_customer").count(), 2, "{back:?}");
        let file = day.get("/handovers/export?format=csv", &service()).await.with(200).text;
        assert!(file.contains("W-1,") && file.contains(",otto,wanda,"), "the way back goes out: {file}");
        let undone = day.change(&handover, "confirm", &service(), json!({})).await.with(200).json();
        assert_eq!((&undone["state"], year.owners(first).await), (&json!("undone"), own(["wanda", "otto"])));
        assert_eq!(year.ledger(&handover, "wanda").await, 0, "{}: the money goes back as well", world.name);
        let again = json!({"account": "W-1", "stars": 1.5, "reasons": ["chemistry"]});
        let again = day.post("/submissions", &rep("wanda"), again).await.with(409);
        assert_eq!(again.code(), "triage_due", "an account that came back goes by the ladder");

        // The second swap stays.
        year.until("2026-03-10");
        let second = ["W-2", "O-2"];
        let handover = year.agree(second[0], second[1]).await;
        year.hand_over(&handover, second).await;
        year.until("2026-03-17");
        year.check_in(&handover, 7).await;
        year.until("2026-03-31");
        year.check_in(&handover, 21).await;
        let review = async |name: &str, days: u32, stars: f64| {
            let said = json!({"days": days, "stars": stars, "revenue_cents": 250_000, "visits_planned": 3,
                "visits_kept": 3, "complaint": false});
            day.post(&format!("{handover}/reviews"), &rep(name), said).await
        };
        assert_eq!(review("otto", 30, 4.0).await.with(409).code(), "too_early");
        year.until("2026-04-09");
        for name in ["wanda", "otto"] {
            review(name, 30, 4.0).await.with(200);
        }
        year.until("2026-04-15");
        let over = day.get(&handover, &rep("otto")).await.with(200).json();
        assert_eq!((&over["state"], year.owners(second).await), (&json!("completed"), own(["otto", "wanda"])));
        let late = day.change(&handover, "undo", &rep("otto"), json!({"reason": "no_better"})).await;
        assert_eq!(late.with(409).code(), "already_ended", "{}", world.name);
        year.until("2026-06-08");
        for name in ["wanda", "otto"] {
            review(name, 90, 4.5).await.with(200);
        }
        let all = day.get(&format!("{handover}/reviews"), &wim).await.with(200).json();
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), 4, "{}: two accounts, two days", world.name);
        assert!(all.iter().all(|one| one["stars"].is_null() && one["visits_kept"] == 3), "{all:?}");

        // Otto now has W-2 in his book and puts it into the pool: the run sees what he has said of it, and of nothing else.
        let draft = day.draft("otto", "W-2", &["long_journey"]).await;
        day.triage("otto", &draft, json!({"chemistry": true})).await;
        day.choose("otto", &draft, "swap").await;
        let made = day.post("/runs", &wim, json!({"scope": "west"})).await.with(201).json();
        let made: RunId = id(made["id"].as_str().unwrap());
        let root = who("root", Role::Admin);
        let (market, _) = world.store.read(|reader| run::evidence(reader, &root, made)).unwrap();
        let said = market.history(&id("otto"), &id("W-2")).map(|pair| (pair.rated_hundredths, pair.ratings));
        // Two check-ins of 2.5, reviews of 4.0 and 4.5.
        assert_eq!(said, Some((250 + 250 + 400 + 450, 4)), "{}", world.name);
        let chain = day.get("/audit/verify", &root).await.with(200).json();
        assert_eq!(chain["unbroken"], true, "{}", world.name);
    }
}
