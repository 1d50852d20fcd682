//! Runs the program and tells what it said.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `solve` with some input, away from any settings of the machine.
pub fn solve(arguments: &[&str], input: &[u8]) -> Told {
    let mut child = Command::new(env!("CARGO_BIN_EXE_account-swap"))
        .args(["--config-dir", "/nonexistent", "solve"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses before it reads closes the pipe; that is its right.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Solves a market given as text and returns the plan.
pub fn plan_of(market: &str, arguments: &[&str]) -> String {
    let told = solve(&[&["--input", "-", "--json"], arguments].concat(), market.as_bytes());
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{market}");
    without_seconds(&told.out)
}

/// Leaves the one thing out that differs from run to run.
pub fn without_seconds(plan: &str) -> String {
    let (rest, _) = plan.split_once(",\"seconds\":").expect("a plan tells its seconds");
    rest.to_owned() + "}\n"
}

/// The folder of the stories' files.
pub fn markets() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "solve", "markets"].iter().collect()
}
