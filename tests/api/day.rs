//! A day over HTTP, from the CRM's files to the file that goes back, and the same day with an override of each kind.

use crate::{
    common::databases::databases,
    fixture::{World, manager, rep, service, who},
    served::{Read, Served},
};
use account_swap::domain::{
    handover::StepKind,
    principal::{Principal, Role},
};
use serde_json::{Value, json};
use std::cell::Cell;

const REPS: &str = "\
id,name,team,manager,lat,lon,country,languages,leave_from,leave_until
wanda,Wanda West,west,wim,39.9526,-75.1652,us,en,,
otto,Otto West,west,wim,40.4406,-79.9959,us,en,,
ed,Ed East,east,eve,40.4406,-79.9959,us,en,2020-01-01,2099-12-31
";

const ACCOUNTS: &str = "\
id,name,owner,lat,lon,country,annual_value,annual_commission,visits_a_year
W-1,Allegheny General,wanda,40.4569,-80.0035,us,100000,10000.00,12
W-2,=HYPERLINK(\"evil\"),wanda,40.4600,-79.9500,us,100000,10000.00,24
W-3,Mercy,wanda,40.4360,-79.9850,us,100000,10000.00,12
O-1,Pennsylvania Hospital,otto,39.9447,-75.1561,us,105000,10500.00,12
O-2,Jefferson,otto,39.9490,-75.1580,us,104000,10400.00,12
E-1,Temple,ed,40.0050,-75.1500,us,104000,10400.00,12
";

/// A day at one server: every change has a key of its own.
pub struct Day<'a> {
    world: &'a World,
    pub served: &'a Served,
    keys: Cell<u32>,
}

impl<'a> Day<'a> {
    pub fn new(world: &'a World, served: &'a Served) -> Self {
        Self { world, served, keys: Cell::new(0) }
    }

    pub fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("day-{}", self.keys.get())
    }

    pub async fn get(&self, path: &str, who: &Principal) -> Read {
        self.served.get(&format!("/api/v1{path}"), who).send().await
    }

    pub async fn post(&self, path: &str, who: &Principal, body: Value) -> Read {
        self.served.post(&format!("/api/v1{path}"), who).key(&self.key()).json(&body).send().await
    }

    /// A change of something that has a version: reads its tag first.
    pub async fn change(&self, thing: &str, verb: &str, who: &Principal, body: Value) -> Read {
        let tag = self.get(thing, who).await.with(200).header("etag").to_owned();
        let path = format!("/api/v1{thing}/{verb}");
        self.served.post(&path, who).key(&self.key()).if_match(&tag).json(&body).send().await
    }

    pub async fn import(&self, kind: &str, csv: &'static str) -> Value {
        let admin = who("root", Role::Admin);
        let path = format!("/api/v1/imports/{kind}");
        self.served.post(&path, &admin).key(&self.key()).body("text/csv", csv).send().await.with(200).json()
    }

    pub async fn submit(&self, name: &str, account: &str) {
        let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
        self.post("/submissions", &rep(name), body).await.with(201);
    }

    /// Today's run of a team or of everybody, after which `date` counts as the day it was run on; the number of proposals
    /// it published.
    pub async fn run(&self, who: &Principal, scope: &str, date: &str) -> u64 {
        let run = self.post("/runs", who, json!({"scope": scope})).await.with(201).json();
        let today = run["business_date"].as_str().unwrap();
        self.world.execute(&format!("UPDATE runs SET business_date = '{date}' WHERE business_date = '{today}'"));
        run["report"]["published"].as_u64().unwrap()
    }

    /// The path of the proposal in which somebody gives an account.
    pub async fn proposal_of(&self, name: &str, account: &str) -> String {
        let list = self.get("/proposals", &rep(name)).await.with(200).json();
        let own = |item: &&Value| item["gives"]["id"] == account && item["status"] == "proposed";
        let found = list["items"].as_array().unwrap().iter().find(own);
        format!("/proposals/{}", found.unwrap_or_else(|| panic!("{account}: {list}"))["id"].as_str().unwrap())
    }

    pub async fn order(&self, by: &str, body: Value) -> Read {
        let tag = match body["proposal"].as_str() {
            Some(id) => self.get(&format!("/proposals/{id}"), &manager(by)).await.with(200).header("etag").to_owned(),
            None => String::new(),
        };
        let mut order = self.served.post("/api/v1/overrides", &manager(by)).key(&self.key());
        if !tag.is_empty() {
            order = order.if_match(&tag);
        }
        let mut whole = json!({"reason": "business_need", "note": "agreed at the sales meeting"});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        order.json(&whole).send().await
    }

    pub async fn owner(&self, account: &str) -> String {
        let path = format!("/accounts/{account}");
        self.get(&path, &service()).await.with(200).json()["owner"].as_str().unwrap().to_owned()
    }

    /// Settles every step, sends the file to the CRM and confirms.
    pub async fn hand_over(&self, proposal: &str, givers: [&str; 2]) -> String {
        let handover = proposal.replace("/proposals/", "/handovers/");
        for (leg, giver) in givers.into_iter().enumerate() {
            for kind in StepKind::ALL {
                let verb = format!("steps/{leg}/{kind}/complete");
                self.change(&handover, &verb, &rep(giver), json!({"note": "as agreed"})).await.with(200);
            }
        }
        let file = self.get("/handovers/export?format=csv", &service()).await.with(200).text;
        self.change(&handover, "confirm", &service(), json!({})).await.with(200);
        file
    }
}

#[actix_web::test]
async fn a_day_from_the_crms_files_to_the_file_that_goes_back() {
    for database in databases() {
        let world = World::new(database, 0);
        let served = Served::start(&world).await;
        let day = Day::new(&world, &served);
        assert_eq!(day.import("reps", REPS).await["created"], 3, "{}", world.name);
        assert_eq!(day.import("accounts", ACCOUNTS).await["created"], 6);
        assert_eq!(day.import("accounts", ACCOUNTS).await["unchanged"], 6, "the same file again changes nothing");

        day.submit("wanda", "W-1").await;
        day.submit("otto", "O-1").await;
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-02").await, 1);
        let proposal = day.proposal_of("wanda", "W-1").await;
        let explained = day.get(&format!("{proposal}/explain"), &rep("wanda")).await.with(200).json();
        assert!(explained["side"]["gain"].as_i64().unwrap() > 0);

        let answered = day.change(&proposal, "accept", &rep("wanda"), json!({})).await.with(200).json();
        assert_eq!((&answered["status"], &answered["counterpart"]), (&json!("answered"), &Value::Null));
        day.change(&proposal, "accept", &rep("otto"), json!({})).await.with(200);
        let agreed = day.get(&proposal, &rep("wanda")).await.json();
        assert_eq!((&agreed["status"], &agreed["counterpart"]), (&json!("answered"), &Value::Null));
        day.change(&proposal, "approve", &manager("wim"), json!({})).await.with(200);
        let approved = day.get(&proposal, &rep("wanda")).await.json();
        assert_eq!((&approved["status"], &approved["counterpart"]), (&json!("approved"), &json!("Otto West")));

        let file = day.hand_over(&proposal, ["otto", "wanda"]).await;
        assert!(file.contains("O-1") && file.contains("W-1"), "{file}");
        assert_eq!((day.owner("W-1").await, day.owner("O-1").await), ("otto".to_owned(), "wanda".to_owned()));
        assert_eq!(day.get(&proposal, &rep("otto")).await.json()["status"], "on_trial");
        let nothing_left = day.get("/handovers/export?format=csv", &service()).await.with(200).text;
        assert!(!nothing_left.contains("W-1"), "what the CRM has confirmed goes out no more: {nothing_left}");
        let chain = day.get("/audit/verify", &who("root", Role::Admin)).await.with(200).json();
        assert_eq!(chain["unbroken"], true, "{}", world.name);
    }
}

#[actix_web::test]
async fn the_same_day_with_an_override_of_each_kind() {
    for database in databases() {
        let world = World::new(database, 0);
        let served = Served::start(&world).await;
        let day = Day::new(&world, &served);
        day.import("reps", REPS).await;
        day.import("accounts", ACCOUNTS).await;

        // Frozen, an account stays out of the run; released, it comes back.
        day.submit("wanda", "W-1").await;
        day.submit("otto", "O-1").await;
        day.order("wim", json!({"kind": "freeze", "accounts": ["W-1"]})).await.with(201);
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-02").await, 0, "{}", world.name);
        day.order("wim", json!({"kind": "release", "accounts": ["W-1"]})).await.with(201);
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-03").await, 1);

        // More time, then a veto.
        let first = day.proposal_of("wanda", "W-1").await;
        let first_id = first.rsplit('/').next().unwrap().to_owned();
        day.order("wim", json!({"kind": "extend", "proposal": first_id, "hours": 48})).await.with(201);
        day.order("wim", json!({"kind": "veto", "proposal": first_id})).await.with(201);
        assert_eq!(day.get(&first, &rep("wanda")).await.json()["status"], "proposed", "not before the next batch");

        // The pair forbidden; nothing left to propose.
        day.order("wim", json!({"kind": "forbid", "accounts": ["W-1"], "rep": "otto"})).await.with(201);
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-04").await, 0);
        assert_eq!(day.get(&first, &rep("wanda")).await.json()["status"], "not_concluded");

        // Otto takes his account back.
        let own = day.get("/submissions", &rep("otto")).await.with(200).json();
        let submission = format!("/submissions/{}", own["items"][0]["id"].as_str().unwrap());
        let withdrawn = day.change(&submission, "withdraw", &rep("otto"), json!({})).await.with(200).json();
        assert_eq!(withdrawn["state"], "withdrawn");

        // A manager accepts for a rep on leave, and both managers approve, one of them by override.
        day.submit("ed", "E-1").await;
        day.submit("wanda", "W-3").await;
        let absent = day.run(&service(), "all", "2026-03-05").await;
        assert_eq!(absent, 0, "who is away is not matched");
        let present = REPS.replace(",2020-01-01,2099-12-31", ",,");
        let admin = who("root", Role::Admin);
        let import = served.post("/api/v1/imports/reps", &admin).key("present").body("text/csv", present).send();
        import.await.with(200);
        assert_eq!(day.run(&service(), "all", "2026-03-06").await, 1);
        day.import("reps", REPS).await;
        let across = day.proposal_of("ed", "E-1").await;
        let across_id = across.rsplit('/').next().unwrap().to_owned();
        let accept = json!({"kind": "accept_for_absent", "proposal": across_id, "rep": "ed", "reason": "absence"});
        day.order("wim", accept.clone()).await.with(403);
        day.order("eve", accept).await.with(201);
        let theirs = day.get(&across, &manager("wim")).await.with(200).json();
        let partner =
            theirs["legs"].as_array().unwrap().iter().find(|leg| leg["from"] != "ed").unwrap()["from"].clone();
        day.change(&across, "accept", &rep(partner.as_str().unwrap()), json!({})).await.with(200);
        day.order("eve", json!({"kind": "approve", "proposal": across_id})).await.with(201);
        day.change(&across, "approve", &manager("wim"), json!({})).await.with(200);
        assert_eq!(day.get(&across, &manager("eve")).await.json()["state"], "approved");

        // A forced move over a decline needs a second manager.
        day.submit("wanda", "W-2").await;
        day.submit("otto", "O-2").await;
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-07").await, 1);
        let declined = day.proposal_of("wanda", "W-2").await;
        day.change(&declined, "decline", &rep("otto"), json!({"reason": "other"})).await.with(200);
        let kept = day.get(&declined, &manager("wim")).await.with(200).json();
        let accounts: Vec<&Value> = kept["legs"].as_array().unwrap().iter().map(|leg| &leg["account"]["id"]).collect();
        let forced = day.order("wim", json!({"kind": "force", "accounts": accounts})).await.with(201).json();
        assert_eq!(forced["state"], "awaiting_second");
        let order = format!("/overrides/{}", forced["id"].as_str().unwrap());
        day.change(&order, "second", &manager("wim"), json!({})).await.with(403);
        let agreed = day.change(&order, "second", &manager("eve"), json!({})).await.with(200).json();
        let made = format!("/proposals/{}", agreed["proposal"].as_str().unwrap());
        let legs = day.get(&made, &manager("wim")).await.with(200).json()["legs"].clone();
        let giver = |n: usize| legs[n]["from"].as_str().unwrap().to_owned();
        let (first_giver, second_giver) = (giver(0), giver(1));
        let file = day.hand_over(&made, [&first_giver, &second_giver]).await;
        assert!(!file.lines().any(|line| line.contains(",=")), "no formula leaves in a file: {file}");
        let moved = legs[0]["account"]["id"].as_str().unwrap();
        assert_eq!(day.owner(moved).await, second_giver, "{}", world.name);
    }
}
