//! Who may call what: every operation of the OpenAPI document, asked by eight kinds of people.
//!
//! In goes `authorisation.txt`, one line an operation; out comes nothing where every answer is as the table says, and
//! otherwise the table as it would have to be. An operation without a line fails, and so does a line without one.
//! Each cell is asked about an object of its own, in a state in which the entitled succeed, so that a refusal can only
//! be about who asks.

use crate::{
    common::databases::databases,
    fixture::{World, id, manager, rep, service, who},
    served::{Ask, Served},
};
use account_swap::{
    api::{
        openapi,
        scopes::{self, Demand},
    },
    app::{
        decide,
        handover::{self, NewUndoRequest},
        import::ImportKind,
    },
    domain::{
        ids::ProposalId,
        principal::{Principal, Role, Scope},
        proposal::Proposal,
        undo::UndoReason,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

const TABLE: &str = include_str!("authorisation.txt");

/// Who asks, with what a service's token may be used for.
type Asker = Option<(Principal, Vec<Scope>)>;

/// Who asks for an operation: the heading of a column, and the person. The objects are Anna's and Ben's, whose manager is
/// Mona. The one service's token may be used for everything, the other's for everything but what the operation demands.
fn columns(demanded: Demand) -> [(&'static str, Asker); 8] {
    let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| Demand::Scope(*scope) != demanded).collect();
    let person = |who: Principal| Some((who, Vec::new()));
    [
        ("none", None),
        ("party", person(rep("anna"))),
        ("other_rep", person(rep("cora"))),
        ("manager", person(manager("mona"))),
        ("other_manager", person(manager("sam"))),
        ("admin", person(who("root", Role::Admin))),
        ("service", Some((service(), Scope::ALL.to_vec()))),
        ("no_scope", Some((service(), others))),
    ]
}

/// What a service needs for an operation, as the table says it.
fn word(demanded: Demand) -> &'static str {
    match demanded {
        Demand::Nothing => "any",
        Demand::Scope(scope) => scope.as_str(),
        Demand::Person => "-",
    }
}

/// One operation of the document.
struct Operation {
    method: Method,
    path: String,
    demanded: Demand,
}

fn operations() -> BTreeMap<String, Operation> {
    let document: Value = serde_json::from_str(openapi::document_text()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let name = operation["operationId"].as_str().unwrap().to_owned();
            let demanded = scopes::demanded(method.as_str(), path);
            operations.insert(name, Operation { method, path: path.clone(), demanded });
        }
    }
    operations
}

/// What one call needs beside its operation: the object's id, the body, and where its entity tag is read.
#[derive(Default)]
struct Call {
    id: String,
    query: &'static str,
    body: Option<Body>,
    tag_of: Option<String>,
    /// Which step, where it is about one; else the notes.
    kind: &'static str,
}

enum Body {
    Json(Value),
    Csv(String),
}

/// A world in which every call finds an object of its own.
struct Stock<'a> {
    world: &'a World,
    proposals: Vec<Proposal>,
    next_account: usize,
}

/// Proposals in stock; accounts from there on are in nobody's proposal.
const PROPOSALS: usize = 220;

impl Stock<'_> {
    fn proposal(&mut self) -> Proposal {
        self.proposals.pop().expect("enough proposals in stock")
    }

    fn account(&mut self, owner: &str) -> String {
        self.next_account += 1;
        format!("{owner}-{}", self.next_account)
    }

    /// A proposal that Anna and Ben have accepted.
    fn accepted(&mut self) -> ProposalId {
        let proposal = self.proposal().id;
        for name in ["anna", "ben"] {
            let seen = self.world.party(&rep(name), proposal).version;
            let settings = &self.world.settings;
            self.world.store.write(|writer| decide::accept(writer, settings, &rep(name), proposal, seen)).unwrap();
        }
        proposal
    }

    /// One that Anna has accepted, which she may take back.
    fn accepted_by_anna(&mut self) -> ProposalId {
        let proposal = self.proposal().id;
        let seen = self.world.party(&rep("anna"), proposal).version;
        let mut settings = self.world.settings.clone();
        settings.proposals.take_back_minutes = 60;
        self.world.store.write(|writer| decide::accept(writer, &settings, &rep("anna"), proposal, seen)).unwrap();
        proposal
    }

    /// One that Mona has approved as well, so that there is a handover.
    fn approved(&mut self) -> ProposalId {
        let proposal = self.accepted();
        let seen = self.world.manager(&manager("mona"), proposal).version;
        self.world
            .store
            .write(|writer| decide::approve(writer, &self.world.settings, &manager("mona"), proposal, seen))
            .unwrap();
        proposal
    }

    /// One whose change of owner is on its way through the CRM.
    fn executing(&mut self) -> ProposalId {
        let proposal = self.approved();
        self.world.execute(&format!("UPDATE proposals SET state = 'executing' WHERE id = '{proposal}'"));
        proposal
    }

    /// One whose accounts have changed hands, with everything due that is asked of its parties.
    fn on_trial(&mut self) -> ProposalId {
        let proposal = self.executing();
        let (store, settings) = (&self.world.store, &self.world.settings);
        let seen = store.read(|reader| handover::one(reader, &service(), proposal)).unwrap().version;
        store.write(|writer| handover::confirm(writer, settings, &service(), proposal, seen)).unwrap();
        self.world.execute("UPDATE check_ins SET due_on = '2020-01-01'; UPDATE reviews SET due_on = '2020-01-01'");
        proposal
    }

    /// One on trial that Ben wants undone.
    fn asked(&mut self) -> ProposalId {
        let proposal = self.on_trial();
        let (store, settings) = (&self.world.store, &self.world.settings);
        let new = NewUndoRequest { reason: UndoReason::Other, note: String::new() };
        let seen = store.read(|reader| handover::one(reader, &rep("ben"), proposal)).unwrap().version;
        store.write(|writer| handover::ask_undo(writer, settings, &rep("ben"), proposal, &new, seen)).unwrap();
        proposal
    }

    /// One that two people must look at.
    fn in_need(&mut self) -> ProposalId {
        let proposal = self.executing();
        let store = &self.world.store;
        let seen = store.read(|reader| handover::one(reader, &service(), proposal)).unwrap().version;
        store.write(|writer| handover::fail(writer, &service(), proposal, seen)).unwrap();
        proposal
    }

    /// A move across teams that Mona has ordered and that awaits Sam.
    async fn awaiting(&mut self, served: &Served) -> String {
        let accounts = [self.account("anna"), self.account("dan")];
        for account in &accounts {
            self.world.submit(account);
        }
        let order = json!({"kind": "force", "accounts": accounts, "reason": "business_need", "note": "agreed"});
        let made = served.post("/api/v1/overrides", &manager("mona")).key(&accounts[0]).json(&order).send().await;
        let made = made.with(201).json();
        assert_eq!(made["state"], "awaiting_second");
        made["id"].as_str().unwrap().to_owned()
    }

    /// The same, as it would be had nobody to agree to it.
    async fn in_force(&mut self, served: &Served) -> String {
        let order = self.awaiting(served).await;
        self.world.execute(&format!("UPDATE overrides SET state = 'effective' WHERE id = '{order}'"));
        order
    }

    /// A question of `asker`'s to `colleague`, who has an account of their own to give; an earlier one gives way.
    async fn question(&mut self, served: &Served, [asker, colleague]: [&str; 2]) -> String {
        self.world.execute(
            "UPDATE direct_swaps SET revealed_at = asked_at, month = '2020-01-01', turn = 1000 + turn \
            + (SELECT COUNT(*) FROM direct_swaps)",
        );
        self.world.submit(&self.account(colleague));
        let submission = self.world.submit(&self.account(asker)).id;
        let ask = json!({"submission": submission, "colleague": colleague});
        let key = self.account("ask");
        let made = served.post("/api/v1/direct-swaps", &rep(asker)).key(&key).json(&ask).send().await;
        made.with(201).json()["id"].as_str().unwrap().to_owned()
    }

    /// An open meeting of Mona's team; an earlier one gives way.
    async fn meeting(&mut self, served: &Served) -> String {
        self.no_meeting();
        let key = self.account("meeting");
        let begin = json!({"team": "north"});
        let made = served.post("/api/v1/meetings", &manager("mona")).key(&key).json(&begin).send().await;
        made.with(201).json()["id"].as_str().unwrap().to_owned()
    }

    /// An endpoint; earlier ones give way.
    async fn webhook(&mut self, served: &Served) -> String {
        self.world.execute("UPDATE webhooks SET state = 'deleted'");
        let key = self.account("webhook");
        let new = json!({"url": "https://hooks.example.com/", "all": true});
        let made = served.post("/api/v1/webhooks", &who("root", Role::Admin)).key(&key).json(&new).send().await;
        made.with(201).json()["webhook"]["id"].as_str().unwrap().to_owned()
    }

    fn no_meeting(&self) {
        self.world.execute("UPDATE meetings SET state = 'closed'");
    }

    /// Everything denied, and an open talk tried.
    fn answers() -> Value {
        json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": true, "abuse": null,
            "unreasonable_demands": false, "unethical_acts": false, "misfit": false, "tried": ["open_talk"]})
    }

    /// A submission of Anna's who has answered the questions of the ladder.
    async fn triaged(&mut self, served: &Served) -> String {
        let account = self.account("anna");
        let submission = format!("/api/v1/submissions/{}", self.world.submit(&account).id);
        let seen = tag(served, &submission, Some(&rep("anna"))).await;
        let ask = served.post(&format!("{submission}/triage"), &rep("anna")).key(&account).if_match(&seen);
        ask.json(&Self::answers()).send().await.with(200);
        submission.rsplit('/').next().unwrap().to_owned()
    }

    /// A parting that Anna has asked for.
    async fn parting(&mut self, served: &Served) -> String {
        let submission = self.triaged(served).await;
        let path = format!("/api/v1/submissions/{submission}");
        let seen = tag(served, &path, Some(&rep("anna"))).await;
        let choose = served.post(&format!("{path}/path"), &rep("anna")).key(&submission).if_match(&seen);
        choose.json(&json!({"path": "part_ways"})).send().await.with(200);
        let all = served.get("/api/v1/partings?limit=200", &rep("anna")).send().await.with(200).json();
        let own = all["items"].as_array().unwrap().iter().find(|one| one["submission"] == submission.as_str());
        own.unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn on_record(&self, account: &str, state: &str) {
        self.world.execute(&format!(
            "INSERT INTO abuse_records (account_id, severity, source, state, declared_at, version) VALUES \
             ('{account}', 'harsh', 'rep', '{state}', '2026-01-01 00:00:00', '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47')"
        ));
    }

    /// A run of Mona's team; an earlier one gives way.
    async fn run(&mut self, served: &Served) -> String {
        self.no_run();
        let run = json!({"scope": "north"});
        let key = self.account("run");
        let made = served.post("/api/v1/runs", &manager("mona")).key(&key).json(&run).send().await;
        made.with(201).json()["id"].as_str().unwrap().to_owned()
    }

    fn no_run(&self) {
        self.world.execute("UPDATE runs SET state = 'failed'");
    }

    async fn call(&mut self, served: &Served, operation: &str) -> Call {
        let of = |id: String, tag_of: String| Call { id, tag_of: Some(tag_of), ..Call::default() };
        let proposal_call = |proposal: ProposalId| of(proposal.to_string(), format!("/api/v1/proposals/{proposal}"));
        let handover_call = |proposal: ProposalId| of(proposal.to_string(), format!("/api/v1/handovers/{proposal}"));
        match operation {
            "getMe" | "exportMe" | "getHint" | "getOptIn" | "listPartings" | "listAbuse" | "getPattern"
            | "listReps" | "listAccounts" | "listSubmissions" | "listProposals" | "listOverrides" | "listRuns"
            | "listHandovers" | "getSummary" | "getOutcomes" | "listAudit" | "verifyAudit" => Call::default(),
            "listDirectSwaps" | "listMeetings" | "getOverrideReport" | "listPeople" | "listWebhooks" => Call::default(),
            "createPerson" => {
                let body = json!({"id": self.account("person"), "roles": ["admin"]});
                Call { body: Some(Body::Json(body)), ..Call::default() }
            }
            "getPerson" | "assignRoles" | "deactivatePerson" | "reactivatePerson" | "erasePerson" => {
                let id = self.account("person");
                let state =
                    if matches!(operation, "reactivatePerson" | "erasePerson") { "deactivated" } else { "active" };
                self.world.execute(&format!(
                    "INSERT INTO people (id, state, since, changed_by, version) VALUES ('{id}', '{state}', \
                     '2026-01-01 00:00:00', 'root', '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b48')"
                ));
                let roles = (operation == "assignRoles").then(|| Body::Json(json!({"roles": ["admin"]})));
                Call { body: roles, ..of(id.clone(), format!("/api/v1/people/{id}")) }
            }
            "getFairness" => Call { query: "?quarter=2026-Q1&team=north", ..Call::default() },
            "exportHandovers" => Call { query: "?format=csv", ..Call::default() },
            "createWebhook" => {
                let body = json!({"url": "https://hooks.example.com/", "all": true});
                Call { body: Some(Body::Json(body)), ..Call::default() }
            }
            "receiveCallback" => {
                // Whoever asks: a token proves nothing here, only a signature.
                Call { id: self.webhook(served).await, body: Some(Body::Json(json!({}))), ..Call::default() }
            }
            "getWebhook" | "listDeliveries" | "changeWebhook" | "rotateWebhook" | "disableWebhook"
            | "enableWebhook" | "replayWebhook" | "deleteWebhook" => {
                let webhook = self.webhook(served).await;
                if operation == "enableWebhook" {
                    self.world.execute(&format!("UPDATE webhooks SET state = 'disabled' WHERE id = '{webhook}'"));
                }
                let body = match operation {
                    "changeWebhook" => Some(Body::Json(json!({"description": "the portal"}))),
                    "replayWebhook" => Some(Body::Json(json!({"since": "2020-01-01T00:00:00Z"}))),
                    _ => None,
                };
                Call { body, ..of(webhook.clone(), format!("/api/v1/webhooks/{webhook}")) }
            }
            "getRep" => Call { id: "anna".to_owned(), ..Call::default() },
            "getAccount" => Call { id: "anna-0".to_owned(), ..Call::default() },
            "createSubmission" => {
                let account = self.account("anna");
                let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
                Call { body: Some(Body::Json(body)), ..Call::default() }
            }
            "draftSubmission" => {
                let account = self.account("anna");
                let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
                Call { body: Some(Body::Json(body)), ..Call::default() }
            }
            "chooseOptIn" => {
                let body = json!({"class": "harsh", "cap": 0});
                let tag_of = Some("/api/v1/me/opt-in".to_owned());
                Call { body: Some(Body::Json(body)), tag_of, ..Call::default() }
            }
            "triageSubmission" => {
                let submission = self.world.submit(&self.account("anna")).id;
                let call = of(submission.to_string(), format!("/api/v1/submissions/{submission}"));
                Call { body: Some(Body::Json(Self::answers())), ..call }
            }
            "getTriage" => Call { id: self.triaged(served).await, ..Call::default() },
            "choosePath" => {
                let submission = self.triaged(served).await;
                let call = of(submission.clone(), format!("/api/v1/submissions/{submission}"));
                Call { body: Some(Body::Json(json!({"path": "swap"}))), ..call }
            }
            "getParting" | "refuseParting" | "signOffParting" | "reinstateParting" => {
                let parting = self.parting(served).await;
                if operation == "reinstateParting" {
                    let now = "letter = 'Farewell', review_on = '2099-01-01', state = 'parted'";
                    self.world.execute(&format!("UPDATE partings SET {now} WHERE id = '{parting}'"));
                }
                let names = json!({"alternatives": ["Rival"]});
                let body = (operation == "signOffParting").then_some(Body::Json(names));
                Call { body, ..of(parting.clone(), format!("/api/v1/partings/{parting}")) }
            }
            "getAbuse" | "acknowledgeAbuse" | "warnAbuse" | "dismissAbuse" => {
                let account = self.account("anna");
                self.on_record(&account, if operation == "warnAbuse" { "acknowledged" } else { "declared" });
                of(account.clone(), format!("/api/v1/abuse/{account}"))
            }
            "discloseProposal" => {
                let proposal = self.proposal();
                let received = proposal.leg_to(&id("anna")).unwrap().account.clone();
                self.on_record(received.as_str(), "acknowledged");
                Call { body: Some(Body::Json(json!({"severity": "harsh"}))), ..proposal_call(proposal.id) }
            }
            "getSubmission" | "withdrawSubmission" | "resolveSubmission" => {
                let submission = self.world.submit(&self.account("anna")).id;
                of(submission.to_string(), format!("/api/v1/submissions/{submission}"))
            }
            "getProposal" | "explainProposal" | "getProposalMoney" | "acceptProposal" | "vetoProposal" => {
                proposal_call(self.proposal().id)
            }
            "declineProposal" => {
                Call { body: Some(Body::Json(json!({"reason": "other"}))), ..proposal_call(self.proposal().id) }
            }
            "takeBackProposal" => proposal_call(self.accepted_by_anna()),
            "approveProposal" => proposal_call(self.accepted()),
            "createOverride" => {
                let proposal = self.proposal().id;
                let order = json!({"kind": "veto", "proposal": proposal, "reason": "safety", "note": "as agreed"});
                Call { body: Some(Body::Json(order)), ..proposal_call(proposal) }
            }
            "getOverride" | "secondOverride" | "refuseOverride" => {
                let order = self.awaiting(served).await;
                of(order.clone(), format!("/api/v1/overrides/{order}"))
            }
            "reviewOverride" => {
                let order = self.in_force(served).await;
                let review = json!({"outcome": "justified", "note": "as agreed"});
                Call { body: Some(Body::Json(review)), ..of(order.clone(), format!("/api/v1/overrides/{order}")) }
            }
            "createDirectSwap" => {
                let submission = self.world.submit(&self.account("anna")).id;
                let ask = json!({"submission": submission, "colleague": "dan"});
                Call { body: Some(Body::Json(ask)), ..Call::default() }
            }
            "getDirectSwap" | "lookAtDirectSwap" | "declineDirectSwap" => {
                let question = self.question(served, ["ben", "anna"]).await;
                of(question.clone(), format!("/api/v1/direct-swaps/{question}"))
            }
            "withdrawDirectSwap" => {
                let question = self.question(served, ["anna", "ben"]).await;
                of(question.clone(), format!("/api/v1/direct-swaps/{question}"))
            }
            "createMeeting" => {
                self.no_meeting();
                Call { body: Some(Body::Json(json!({"team": "north"}))), ..Call::default() }
            }
            "getMeeting" | "publishMeeting" | "closeMeeting" => {
                let meeting = self.meeting(served).await;
                of(meeting.clone(), format!("/api/v1/meetings/{meeting}"))
            }
            "changeMeeting" => {
                let account = self.account("anna");
                self.world.submit(&account);
                let meeting = self.meeting(served).await;
                let change = json!({"kind": "strike_account", "account": account});
                Call { body: Some(Body::Json(change)), ..of(meeting.clone(), format!("/api/v1/meetings/{meeting}")) }
            }
            "createRun" => {
                self.no_run();
                Call { body: Some(Body::Json(json!({"scope": "north"}))), ..Call::default() }
            }
            "getRun" => Call { id: self.run(served).await, ..Call::default() },
            "getHandover" => handover_call(self.approved()),
            "completeStep" => {
                Call { body: Some(Body::Json(json!({"note": "call before nine"}))), ..handover_call(self.approved()) }
            }
            "waiveStep" => {
                Call { body: Some(Body::Json(json!({"note": "the customer moved"}))), ..handover_call(self.approved()) }
            }
            "confirmHandover" | "failHandover" => handover_call(self.executing()),
            "skipStep" => {
                // The joint call, which the template lets be left out.
                Call { kind: "joint_call", ..handover_call(self.approved()) }
            }
            "settleHandover" => {
                let body = json!({"outcome": "on_trial", "note": "both are with their new owners"});
                Call { body: Some(Body::Json(body)), ..handover_call(self.in_need()) }
            }
            "askUndo" => {
                Call { body: Some(Body::Json(json!({"reason": "no_better"}))), ..handover_call(self.on_trial()) }
            }
            "grantUndo" | "refuseUndo" => handover_call(self.asked()),
            "listCheckIns" | "listReviews" => Call { id: self.on_trial().to_string(), ..Call::default() },
            "makeCheckIn" => {
                let body = json!({"days": 7, "stars": 4.5});
                Call { id: self.on_trial().to_string(), body: Some(Body::Json(body)), ..Call::default() }
            }
            "makeReview" => {
                let body = json!({"days": 30, "stars": 4.5, "revenue_cents": 0, "visits_planned": 3, "visits_kept": 2,
                    "complaint": false});
                Call { id: self.on_trial().to_string(), body: Some(Body::Json(body)), ..Call::default() }
            }
            "createImport" => {
                // A team of its own: a file that names another manager would take Mona's team from her.
                let file = ImportKind::Reps.template().replace("north", "west");
                Call { body: Some(Body::Csv(file)), ..Call::default() }
            }
            unknown => panic!("say in the test how {unknown} is called"),
        }
    }
}

/// The entity tag that somebody would have read, or one that nothing has.
async fn tag(served: &Served, path: &str, who: Option<&Principal>) -> String {
    let read = served.ask(Method::GET, path, who).send().await;
    match read.header("etag") {
        "" => "\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\"".to_owned(),
        tag => tag.to_owned(),
    }
}

async fn status(served: &Served, stock: &mut Stock<'_>, name: &str, how: &Operation, asker: &Asker) -> u16 {
    let who = asker.as_ref().map(|(who, _)| who);
    let call = stock.call(served, name).await;
    let kind = match call.kind {
        "" if name == "createImport" => "reps",
        "" => "notes",
        kind => kind,
    };
    let path = how.path.replace("{id}", &call.id).replace("{leg}", "0").replace("{kind}", kind) + call.query;
    let mut ask: Ask = match asker {
        Some((who, scopes)) => served.ask_with(how.method.clone(), &path, &served.token_for(who, scopes)),
        None => served.ask(how.method.clone(), &path, None),
    };
    if how.method == Method::POST {
        ask = ask.key(&stock.account("key"));
        if let Some(path) = &call.tag_of {
            ask = ask.if_match(&tag(served, path, who).await);
        }
    }
    ask = match call.body {
        Some(Body::Json(body)) => ask.json(&body),
        Some(Body::Csv(body)) => ask.body("text/csv", body),
        None => ask,
    };
    ask.send().await.status
}

/// The words of each line of the table, comments and blanks aside.
fn rows() -> Vec<Vec<&'static str>> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn every_operation_has_its_line_and_every_line_its_operation() {
    let rows = rows();
    let columns = columns(Demand::Nothing).map(|(name, _)| name);
    let heading: Vec<&str> = ["operation"].into_iter().chain(columns).chain(["scope"]).collect();
    assert_eq!(rows[0], heading);
    let mut listed: Vec<String> = rows[1..].iter().map(|row| row[0].to_owned()).collect();
    listed.sort();
    assert_eq!(listed, operations().into_keys().collect::<Vec<_>>());
}

#[actix_web::test]
async fn every_answer_is_as_the_table_says() {
    for database in databases() {
        let world = World::new(database, PROPOSALS + 1600);
        let proposals = world.propose(PROPOSALS);
        let served = Served::start(&world).await;
        let mut stock = Stock { world: &world, proposals, next_account: PROPOSALS };
        let operations = operations();
        let (mut expected, mut found) = (String::new(), String::new());
        for row in &rows()[1..] {
            let how = operations.get(row[0]).unwrap_or_else(|| panic!("{} is no operation", row[0]));
            write!(expected, "\n{:20}", row[0]).unwrap();
            write!(found, "\n{:20}", row[0]).unwrap();
            for (told, (_, asker)) in row[1..].iter().zip(columns(how.demanded)) {
                let answered = status(&served, &mut stock, row[0], how, &asker).await;
                write!(expected, " {told}").unwrap();
                write!(found, " {answered}").unwrap();
            }
            write!(expected, " {}", row.last().unwrap()).unwrap();
            write!(found, " {}", word(how.demanded)).unwrap();
        }
        assert!(expected == found, "{}: found{found}", world.name);
    }
}

#[actix_web::test]
async fn each_side_of_a_move_across_teams_needs_its_own_manager() {
    for database in databases() {
        let world = World::new(database, 3);
        let served = Served::start(&world).await;
        let mut stock = Stock { world: &world, proposals: Vec::new(), next_account: 0 };
        let order = stock.awaiting(&served).await;
        let path = format!("/api/v1/overrides/{order}");
        let second = |who: Principal| {
            let (served, path) = (&served, &path);
            async move {
                let tag = tag(served, path, Some(&who)).await;
                served.post(&format!("{path}/second"), &who).key("k").if_match(&tag).send().await
            }
        };
        assert_eq!(second(manager("mona")).await.with(403).code(), "not_allowed", "{}", world.name);
        let settled = second(manager("sam")).await.with(200).json();
        assert_eq!(settled["state"], "effective");
        let made: ProposalId = id(settled["proposal"].as_str().unwrap());
        assert_eq!(world.kept(made).state.as_str(), "approved");
    }
}
