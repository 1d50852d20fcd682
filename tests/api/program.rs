//! The program itself: its commands, its exit codes, and how it starts and stops.

use crate::common::databases::databases;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

/// The program with a key in a directory of its own, undisturbed by the settings of whoever runs the tests.
struct Program {
    directory: tempfile::TempDir,
    url: String,
}

impl Program {
    fn new(url: &str) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
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
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// How a command ends, and what it says about it.
    fn end(&self, arguments: &[&str]) -> (Option<i32>, String) {
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
