//! The five sources of the idea, each walked through over HTTP as its rep would.
//!
//! In go a company and its people; out comes what each of the sources says should happen. Read the test's name, then the
//! test: it is the story.
//! Deliberately absent: every refusal along the way; those have tests of their own.

use crate::{
    common::databases::databases,
    day::Day,
    fixture::{World, manager, rep, who},
    served::{Read, Served},
};
use account_swap::domain::principal::Role;
use serde_json::{Value, json};

const REPS: &str = "\
id,name,team,manager,lat,lon,country,languages
wanda,Wanda West,west,wim,39.9526,-75.1652,us,en
otto,Otto West,west,wim,40.4406,-79.9959,us,en
";

const ACCOUNTS: &str = "\
id,name,owner,lat,lon,country,annual_value,annual_commission,visits_a_year
W-1,Allegheny General,wanda,40.4569,-80.0035,us,350000,35000.00,12
W-2,Mercy,wanda,40.4360,-79.9850,us,40000,4000.00,12
W-3,Presbyterian,wanda,39.9540,-75.1950,us,900000,90000.00,12
O-1,Pennsylvania Hospital,otto,39.9447,-75.1561,us,345000,34500.00,12
O-2,Jefferson,otto,39.9490,-75.1580,us,41000,4100.00,12
";

/// The answers of somebody with nothing to say, but for `changes`.
fn answers(changes: Value) -> Value {
    let mut plain = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": false,
        "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": false, "tried": ["open_talk"]});
    plain.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    plain
}

impl Day<'_> {
    /// The company of the stories.
    pub async fn company(&self) {
        self.import("reps", REPS).await;
        self.import("accounts", ACCOUNTS).await;
    }

    /// A rep writes down that an account is a struggle, for now only for themself; its path.
    pub async fn draft(&self, name: &str, account: &str, reasons: &[&str]) -> String {
        let body = json!({"account": account, "stars": 1.5, "reasons": reasons});
        let made = self.post("/drafts", &rep(name), body).await.with(201);
        made.header("location").strip_prefix("/api/v1").unwrap().to_owned()
    }

    /// A rep answers the ladder's questions; the advice.
    pub async fn triage(&self, name: &str, submission: &str, changes: Value) -> Value {
        self.change(submission, "triage", &rep(name), answers(changes)).await.with(200).json()
    }

    pub async fn choose(&self, name: &str, submission: &str, path: &str) -> Value {
        self.change(submission, "path", &rep(name), json!({ "path": path })).await.with(200).json()
    }

    async fn state(&self, name: &str, thing: &str) -> Value {
        self.get(thing, &rep(name)).await.with(200).json()["state"].clone()
    }
}

/// Tells a story on each database.
async fn tell(story: impl AsyncFn(&Day<'_>)) {
    for database in databases() {
        let world = World::new(database, 0);
        let served = Served::start(&world).await;
        let day = Day::new(&world, &served);
        day.company().await;
        story(&day).await;
    }
}

/// Says that an answer is the word, naming the database where it is not.
#[track_caller]
fn is(found: &Value, expected: &str) {
    assert_eq!(found, expected);
}

#[actix_web::test]
async fn when_the_customer_does_not_like_you_two_swap_one_for_one_and_both_gain() {
    tell(async |day| {
        // Nobody gets on with everybody. Wanda asks Otto, who is free not to look; neither learns which accounts yet.
        day.submit("wanda", "W-1").await;
        day.submit("otto", "O-1").await;
        let own = day.get("/submissions", &rep("wanda")).await.with(200).json()["items"][0]["id"].clone();
        let asked = day.post("/direct-swaps", &rep("wanda"), json!({"submission": own, "colleague": "otto"})).await;
        let asked = asked.with(201).header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let told = day.get(&asked, &rep("otto")).await.with(200);
        assert!(!told.text.contains("W-1") && !told.text.contains("Wanda"), "{}", told.text);
        day.change(&asked, "look", &rep("otto"), json!({})).await.with(200);

        // The night proposes; each sees the own gain, and no journey that has grown.
        day.run(&who("root", Role::Admin), "all", "2026-03-02").await;
        let proposal = day.proposal_of("wanda", "W-1").await;
        for name in ["wanda", "otto"] {
            let side = &day.get(&format!("{proposal}/explain"), &rep(name)).await.with(200).json()["side"];
            assert!(side["gain"].as_i64().unwrap() > 0, "{side}");
            let minutes = |end: &str| side[end]["travel_minutes"].as_i64().unwrap();
            assert!(minutes("received") <= minutes("given"), "{side}");
            day.change(&proposal, "accept", &rep(name), json!({})).await.with(200);
        }
        day.change(&proposal, "approve", &manager("wim"), json!({})).await.with(200);

        // The customer is told clearly: that step cannot be left out.
        let handover = proposal.replace("/proposals/", "/handovers/");
        let skipped = day.change(&handover, "steps/0/tell_customer/skip", &rep("wanda"), json!({})).await;
        assert!((400..500).contains(&skipped.status), "{skipped:?}");
        let (first, _) = day.givers(&proposal).await;
        let givers = if first == "wanda" { ["wanda", "otto"] } else { ["otto", "wanda"] };
        day.hand_over(&proposal, givers).await;
        assert_eq!((day.owner("W-1").await, day.owner("O-1").await), ("otto".to_owned(), "wanda".to_owned()));

        // A rep with whom no customer gets on has another problem; that is between them and the program.
        day.get("/me/hint", &rep("wanda")).await.with(200);
        day.get("/me/hint", &manager("wim")).await.with(403);
    })
    .await;
}

#[actix_web::test]
async fn the_challenge_of_challenging_customers_is_to_know_what_they_are_worth() {
    tell(async |day| {
        // W-2 is 3 % of Wanda's book: the ladder says so, and lets her think of letting it go.
        let small = day.draft("wanda", "W-2", &["unreasonable_demands"]).await;
        let changes = json!({"unreasonable_demands": true, "misfit": true, "tried": ["open_talk", "limits_set"]});
        let advised = day.triage("wanda", &small, changes).await;
        assert_eq!(advised["facts"]["share_of_book_percent"], 3, "{advised}");
        assert!(advised["reasons"].to_string().contains("3 %"), "{advised}");
        assert!(advised["choices"].to_string().contains("part_ways"), "{advised}");

        // Without another path tried, parting is no choice.
        let untried = day.draft("wanda", "W-1", &["no_progress"]).await;
        let advised = day.triage("wanda", &untried, json!({"misfit": true, "tried": []})).await;
        assert!(!advised["choices"].to_string().contains("part_ways"), "{advised}");
    })
    .await;
}

#[actix_web::test]
async fn i_hate_my_customers_says_a_rep_whose_account_pays_35_000_and_does_not_lose_it() {
    tell(async |day| {
        // She dodges calls and puts visits off; there is a word for each. Her manager sees those words, not the stars.
        let body = json!({"account": "W-1", "stars": 1.0, "reasons": ["unanswered_calls", "postponed_visits"]});
        day.post("/submissions", &rep("wanda"), body).await.with(201);
        let seen = day.get("/submissions", &manager("wim")).await.with(200).json()["items"][0].clone();
        assert_eq!(
            (&seen["reasons"], &seen["stars"]),
            (&json!(["postponed_visits", "unanswered_calls"]), &Value::Null)
        );

        // For an account a tenth as large there is no swap, however near it lies.
        day.submit("otto", "O-2").await;
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-02").await, 0);

        // For one as large there is; what changes hands is netted before anybody accepts.
        day.submit("otto", "O-1").await;
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-03").await, 1);
        let proposal = day.proposal_of("wanda", "W-1").await;
        let money = day.get(&format!("{proposal}/money"), &rep("wanda")).await.with(200).json();
        let net = money["net_cents"].as_i64().unwrap_or_else(|| panic!("{money}"));
        assert!(net.abs() <= 100_000, "two accounts of nearly the same commission: {money}");
    })
    .await;
}

#[actix_web::test]
async fn when_you_should_fire_a_customer_comes_last_and_kindly() {
    tell(async |day| {
        // First: was it our mistake? Then own it.
        let submission = day.draft("wanda", "W-2", &["no_progress"]).await;
        let advised = day.triage("wanda", &submission, json!({"our_mistake": "not_put_right"})).await;
        is(&advised["advice"], "reset");
        // Is it bad information? Then educate.
        let advised = day.triage("wanda", &submission, json!({"wrong_information": "not_explained"})).await;
        is(&advised["advice"], "educate");
        // Abuse: somebody with a thicker skin may cope, if they have opted in; once the manager has acknowledged it.
        let abusive = day.draft("wanda", "W-1", &["abuse"]).await;
        let advised = day.triage("wanda", &abusive, json!({"abuse": "abusive", "tried": ["limits_set"]})).await;
        is(&advised["advice"], "swap");
        day.choose("wanda", &abusive, "swap").await;
        day.submit("otto", "O-1").await;
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-02").await, 0, "nobody has opted in");
        day.change("/abuse/W-1", "acknowledge", &manager("wim"), json!({})).await.with(200);
        let tag = day.get("/me/opt-in", &rep("otto")).await.with(200).header("etag").to_owned();
        day.post_at("/me/opt-in", &rep("otto"), &tag, json!({"class": "abusive", "cap": 1})).await.with(200);
        assert_eq!(day.run(&manager("wim"), "west", "2026-03-03").await, 1);
        let offered = day.proposal_of("otto", "O-1").await;
        let told = day.get(&offered, &rep("otto")).await.with(200).json();
        is(&told["disclosure"]["severity"], "abusive");

        // Last: part kindly, name others, and have it signed off.
        let advised = day.triage("wanda", &submission, json!({"misfit": true})).await;
        assert!(advised["choices"].to_string().contains("part_ways"), "{advised}");
        day.choose("wanda", &submission, "part_ways").await;
        let parting = day.get("/partings", &manager("wim")).await.with(200).json()["items"][0]["id"].clone();
        let parting = format!("/partings/{}", parting.as_str().unwrap());
        let rivals = json!({"alternatives": ["Rival & Sons, Pittsburgh"]});
        let signed = day.change(&parting, "sign-off", &manager("wim"), rivals).await.with(200).json();
        let letter = signed["letter"].as_str().unwrap();
        assert!(letter.contains("Thank you") && letter.contains("Rival & Sons, Pittsburgh"), "{letter}");
        is(&day.state("wanda", &submission).await, "parted");
    })
    .await;
}

#[actix_web::test]
async fn have_you_ever_considered_firing_your_client_then_ask_first_whether_it_is_just_you() {
    tell(async |day| {
        let submission = day.draft("wanda", "W-1", &["chemistry"]).await;
        // Is it just me, and can I fix it? Then do.
        let advised =
            day.triage("wanda", &submission, json!({"just_me": "yes_and_i_can_change_it", "chemistry": true})).await;
        is(&advised["advice"], "reset");
        // If not, move the relationship to somebody without the dislike.
        let lasting = json!({"just_me": "yes_and_i_cannot_change_it", "chemistry": true});
        let advised = day.triage("wanda", &submission, lasting).await;
        is(&advised["advice"], "swap");
        assert!(!advised["rule"].as_str().unwrap().is_empty() && !advised["reasons"].as_array().unwrap().is_empty());
        // The ladder never acts by itself: the account is where it was, in no pool, and nobody else has read a word.
        is(&day.state("wanda", &submission).await, "draft");
        assert_eq!(day.owner("W-1").await, "wanda");
        let triage = format!("{submission}/triage");
        assert_eq!(day.get(&triage, &manager("wim")).await.status / 100, 4);
        day.get(&triage, &rep("otto")).await.with(404);
        // She may disagree.
        let chosen = day.choose("wanda", &submission, "reset").await;
        assert_eq!(chosen["agreed"], false, "{chosen}");
        is(&chosen["path"], "reset");
    })
    .await;
}

/// Keeps the type of an answer in the signature of what reads it.
impl Day<'_> {
    async fn post_at(
        &self,
        path: &str,
        by: &account_swap::domain::principal::Principal,
        tag: &str,
        body: Value,
    ) -> Read {
        self.served.post(&format!("/api/v1{path}"), by).key(&self.key()).if_match(tag).json(&body).send().await
    }

    /// Who gives the first and the second account of a proposal.
    async fn givers(&self, proposal: &str) -> (String, String) {
        let legs = self.get(proposal, &manager("wim")).await.with(200).json()["legs"].clone();
        let from = |at: usize| legs[at]["from"].as_str().unwrap().to_owned();
        (from(0), from(1))
    }
}
