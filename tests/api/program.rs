//! The program itself: its commands, its exit codes, and how it starts and stops.

use crate::{
    common::databases::databases,
    fixture::{World, id, rep},
};
use account_swap::app::direct::{self, DirectSwapView, NewDirectSwap};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

/// The program with a key in a directory of its own, undisturbed by the settings of whoever runs the tests.
pub struct Program {
    directory: tempfile::TempDir,
    url: String,
}

impl Program {
    pub fn new(url: &str) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_account-swap"));
        command
            .current_dir(self.directory.path())
            .args(["--database", &self.url])
            .args(arguments)
            .env_remove("ACCOUNT_SWAP_PROFILE")
            .env("ACCOUNT_SWAP__NIGHT__ENABLED", "false");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command says on standard output; it must end well.
    pub fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// How a command ends, and what it says about it.
    pub fn end(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

#[actix_web::test]
async fn the_program_serves_until_it_is_told_to_stop() {
    for database in databases() {
        let program = Program::new(&database.url);
        let mut serving = program
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .env("ACCOUNT_SWAP__LOG__FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).expect("every line is an object");
            line["address"].as_str().map(str::to_owned)
        });
        let address = address.expect("it says where it serves");
        let token = program.say(&["token", "--admin", "root"]);
        let client = reqwest::Client::new();
        let me = client.get(format!("http://{address}/api/v1/me")).bearer_auth(token.trim()).send().await.unwrap();
        assert_eq!(me.status(), 200);
        let me: Value = me.json().await.unwrap();
        assert_eq!((&me["id"], &me["role"]), (&"root".into(), &"admin".into()), "{}", database.name);
        let told = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().unwrap();
        assert!(told.success());
        let said: Vec<String> = lines.map(Result::unwrap).collect();
        assert!(serving.wait().unwrap().success(), "{said:?}");
        assert!(said.last().unwrap().contains("stopped"), "{said:?}");
        assert!(said.iter().any(|line| line.contains("request_id")), "{said:?}");
    }
}

#[actix_web::test]
async fn the_audit_log_is_vouched_for_while_it_serves_and_whoever_changes_it_is_found() {
    for database in databases() {
        let program = Program::new(&database.url);
        assert!(program.say(&["verify", "audit"]).contains("no checkpoints"), "{}", database.name);
        assert!(!program.directory.path().join("account-swap.checkpoints.key").exists(), "verifying makes no key");
        program.say(&["people", "assign", "mona", "--role", "manager", "--role", "rep"]);
        assert!(program.say(&["people", "deactivate", "mona"]).contains("mona: deactivated"), "{}", database.name);
        assert_eq!(program.end(&["people", "deactivate", "mona"]).0, Some(1), "twice");
        assert_eq!(program.end(&["people", "reactivate", "nobody"]).0, Some(2));
        let mut serving = program
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .env("ACCOUNT_SWAP__LOG__FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
        let vouched = lines.find(|line| line.as_ref().unwrap().contains("vouched"));
        assert!(vouched.unwrap().unwrap().contains("\"entries\":2"), "{}", database.name);
        let told = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().unwrap();
        assert!(told.success());
        lines.for_each(drop);
        assert!(serving.wait().unwrap().success());
        let said: Value = serde_json::from_str(&program.say(&["--json", "verify", "audit"])).unwrap();
        assert_eq!((&said["entries"], &said["checkpoints"], &said["breaches"]), (&3.into(), &1.into(), &json!([])));
        let own: Value = serde_json::from_str(&program.say(&["--json", "export", "person", "--id", "mona"])).unwrap();
        assert_eq!(own["record"]["state"], "deactivated", "{}", database.name);
        assert_eq!(program.end(&["export", "person", "--id", "nobody"]).0, Some(2));
        assert!(program.say(&["erase", "--rep", "mona"]).contains("erased"), "{}", database.name);
        assert_eq!(program.end(&["erase", "--rep", "mona"]).0, Some(2), "nobody knows her any more");
        program.say(&["verify", "audit", "--checkpoints", "account-swap.checkpoints"]);
        let other = ["verify", "audit", "--key", &"ab".repeat(32)];
        let (code, said) = program.end(&other);
        assert_eq!((code, said.contains("forged: line 1")), (Some(1), true), "{said}");
        assert_eq!(program.end(&["verify", "audit", "--checkpoints", "nowhere"]).0, Some(2));
        assert_eq!(program.end(&["verify"]).0, Some(2));
        assert_eq!(program.end(&["verify", "5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47"]).0, Some(2), "no such run");
    }
}

#[test]
fn a_sqlite_file_has_one_server_and_commands_work_beside_it() {
    for database in databases() {
        let program = Program::new(&database.url);
        let serve = || {
            let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
            command.env("ACCOUNT_SWAP__LOG__FORMAT", "json").stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut first = serve();
        let mut lines = BufReader::new(first.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("\"address\"")), "it serves");
        let mut second = serve();
        let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
        if database.name == "sqlite" {
            let refusal = said.last().unwrap().unwrap();
            let expected = format!("process {} serves {} already", first.id(), database.url);
            assert!(refusal.contains(&expected), "{refusal}");
            assert_eq!(second.wait().unwrap().code(), Some(2));
        } else {
            assert!(said.any(|line| line.unwrap().contains("\"address\"")), "PostgreSQL takes any number");
            second.kill().unwrap();
            second.wait().unwrap();
        }
        let run = program.say(&["run", "--date", "2026-03-02", "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&run).unwrap()["state"], "published", "{}", database.name);
        // Whatever way a server ends, the next one is let in.
        first.kill().unwrap();
        first.wait().unwrap();
        let mut third = serve();
        let mut lines = BufReader::new(third.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("\"address\"")), "{}", database.name);
        third.kill().unwrap();
        third.wait().unwrap();
    }
}

#[test]
fn migrations_go_up_and_down_by_hand() {
    for database in databases() {
        let program = Program::new(&database.url);
        let json = |arguments: &[&str]| serde_json::from_str::<Value>(&program.say(arguments)).unwrap();
        let run = json(&["--json", "migrate"]);
        let newest = run["run"].as_array().unwrap().last().expect("an empty database has none of them").clone();
        assert_eq!(program.say(&["migrate"]).trim(), "the schema was up to date");
        assert_eq!(json(&["--json", "migrate", "--revert"])["reverted"], newest, "{}", database.name);
        program.say(&["migrate"]);
    }
}

#[test]
fn what_cannot_be_used_ends_with_two_and_what_fails_with_one() {
    let program = Program::new("sqlite:account-swap.db");
    for unusable in
        [&["token"] as &[&str], &["token", "--rep", "a", "--admin", "b"], &["token", "--rep", ""], &["brew"]]
    {
        assert_eq!(program.end(unusable).0, Some(2), "{unusable:?}");
    }
    assert_eq!(program.end(&["--profile", "nowhere", "openapi"]).0, Some(2));
    let unknown = program.command(&["openapi"]).env("ACCOUNT_SWAP__SERVER__LISTNE", "x").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("listne"));
    let (code, said) = Program::new("postgres:mistyped").end(&["migrate"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("expected sqlite:PATH or postgres://"), "{said}");
}

#[test]
fn the_document_is_printed_without_a_database() {
    let program = Program::new("sqlite:/no/such/folder/file.db");
    let document: Value = serde_json::from_str(&program.say(&["openapi"])).unwrap();
    assert_eq!(document["info"]["title"], "account-swap");
}

#[test]
fn whoever_closes_the_pipe_has_read_enough() {
    use std::io::Read;
    let program = Program::new("sqlite:unused.db");
    // Each says more than a pipe holds, or says it after the pipe is closed.
    let long = program.directory.path().join("market.json");
    let offers: Vec<String> = (0..4000).map(|n| format!(r#"{{"id":"a-{n}","rep":"r-{n}"}}"#)).collect();
    let arcs: Vec<String> =
        (0..4000).map(|n| format!(r#"{{"give":"a-{n}","receive":"a-{}","gain":9}}"#, n ^ 1)).collect();
    let market = format!(r#"{{"format":"exchange/1","offers":[{}],"arcs":[{}]}}"#, offers.join(","), arcs.join(","));
    std::fs::write(&long, market).unwrap();
    for arguments in [
        &["openapi"] as &[&str],
        &["triage"],
        &["triage", "--json"],
        &["import", "--template", "accounts"],
        &["solve", "--input", "market.json", "--output", "-"],
    ] {
        let mut telling = program.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = telling.stdout.take().unwrap();
        if arguments == ["openapi"] {
            pipe.read_exact(&mut [0; 10]).unwrap();
        }
        drop(pipe);
        let ended = telling.wait_with_output().unwrap();
        assert_eq!(
            (ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_manager_leads_a_meeting_at_a_terminal() {
    for database in databases() {
        let world = World::new(database, 3);
        for account in ["anna-0", "anna-1", "ben-0", "ben-1"] {
            world.submit(account);
        }
        let program = Program::new(&world.settings.database.url);
        fn lead<'a>(step: &[&'a str]) -> Vec<&'a str> {
            [&["meeting", "--manager", "mona"], step].concat()
        }
        assert_eq!(program.say(&lead(&["list"])).trim(), "no meetings");
        let json =
            |step: &[&str]| serde_json::from_str::<Value>(&program.say(&[&["--json"], &*lead(step)].concat())).unwrap();
        let begun = json(&["begin", "north"]);
        let id = begun["id"].as_str().unwrap();
        assert_eq!(begun["moves"].as_array().unwrap().len(), 2, "{}", world.name);
        let pinned = program.say(&lead(&["pin", id, "anna-0", "ben-1"]));
        assert!(pinned.contains("pinned: ") && pinned.contains("pinned anna-0 and ben-1"), "{pinned}");
        let struck = program.say(&lead(&["strike", id, "anna-1"]));
        assert!(struck.contains("- anna-1 Account 1 of anna: anna → ben") || struck.contains("- ben-0"), "{struck}");
        assert!(struck.contains("stay: anna-1, ben-0") && struck.contains("points"), "{struck}");
        program.say(&lead(&["undo", id]));
        // No opinion is told: neither points nor gains nor stars in numbers.
        let shown = json(&["show", id]).to_string();
        assert!(!shown.contains("gain") && !shown.contains("stars") && !shown.contains("points\""), "{shown}");
        let published = program.say(&lead(&["publish", id]));
        assert!(published.contains("proposed: 2 proposals"), "{published}");
        assert!(program.say(&lead(&["list"])).contains("published  team north"), "{}", world.name);
        let (code, said) = program.end(&lead(&["close", id]));
        assert_eq!((code, said.contains("this meeting is over")), (Some(1), true), "{said}");
        let (code, said) = program.end(&["meeting", "--manager", "sam", "show", id]);
        assert_eq!((code, said.contains("meeting")), (Some(2), true), "{said}");
        assert_eq!(program.end(&["meeting", "list"]).0, Some(2), "whose?");
    }
}

#[test]
fn questions_between_reps_are_counted_by_what_their_askers_know() {
    for database in databases() {
        let world = World::new(database, 2);
        let own = world.submit("anna-0");
        world.submit("ben-0");
        let settings = &world.settings;
        let ask = |colleague: &str| {
            let new = NewDirectSwap { submission: own.id, colleague: id(colleague) };
            world.store.write(|writer| direct::ask(writer, settings, &rep("anna"), new.clone())).unwrap()
        };
        let [to_ben, to_cora] = ["ben", "cora"].map(ask);
        let seen = |swap: &DirectSwapView, name: &str| {
            world.store.read(|reader| direct::one(reader, settings, &rep(name), swap.id())).unwrap().version()
        };
        let program = Program::new(&settings.database.url);
        let told = || program.say(&["report", "direct-swaps"]);
        let before = told();
        assert!(before.contains("2 asked; 0 found a swap, 0 not concluded, 0 taken back, 2 open"), "{before}");
        let version = seen(&to_cora, "cora");
        world.store.write(|writer| direct::decline(writer, settings, &rep("cora"), to_cora.id(), version)).unwrap();
        assert_eq!(told(), before, "{}: an answer is between the two", world.name);
        let version = seen(&to_ben, "anna");
        world.store.write(|writer| direct::withdraw(writer, settings, &rep("anna"), to_ben.id(), version)).unwrap();
        assert!(told().contains("0 not concluded, 1 taken back, 1 open"), "{}", told());
    }
}

#[test]
fn the_rules_of_the_ladder_are_printed_and_tried() {
    let program = Program::new("sqlite:unused.db");
    let table = program.say(&["triage"]);
    assert!(table.contains("reset      own_mistake ") && table.contains("our_mistake not_put_right"), "{table}");
    assert!(table.trim_end().ends_with("otherwise"), "the last rule asks for nothing: {table}");
    let story = program.directory.path().join("story.json");
    let facts = r#"{"share_of_book_percent": 4, "margin_percent": 10, "trend": "steady", "visits_kept_percent": null,
        "tried_before": [], "abuse_on_record": null}"#;
    let answers = r#"{"just_me": "no", "our_mistake": "no", "wrong_information": "explained", "chemistry": true,
        "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": false, "tried": ["open_talk"]}"#;
    std::fs::write(&story, format!(r#"{{"answers": {answers}, "facts": {facts}}}"#)).unwrap();
    let told: Value = serde_json::from_str(&program.say(&["triage", "--answers", "story.json", "--json"])).unwrap();
    assert_eq!((&told["advice"], &told["rule"]), (&"swap".into(), &"chemistry".into()));
    std::fs::write(&story, format!(r#"{{"answers": {answers}, "fact": {facts}}}"#)).unwrap();
    let (code, message) = program.end(&["triage", "--answers", "story.json"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("story.json") && message.contains("fact"), "{message}");
    assert!(!program.directory.path().join("unused.db").exists(), "it needs no database");
}
