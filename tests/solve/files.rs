//! Where plans and certificates go, and how the program ends.

use super::program::{solve, without_seconds};
use std::fs;

const MARKET: &str = "p edge 4 3\ne 1 2 6\ne 2 3 9\ne 3 4 6\n";

/// A folder, and the path of a file in it.
fn place(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name).into_os_string().into_string().expect("a plain path");
    (folder, path)
}

#[test]
fn the_same_plan_goes_to_a_file_to_a_pipe_and_to_a_program() {
    let (folder, path) = place("plan.json");
    let told = solve(&["--input", "-", "--output", &path], MARKET.as_bytes());
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    assert!(told.out.starts_with("2 moves, 12 points, proven best\n"), "{}", told.out);
    let file = without_seconds(&fs::read_to_string(&path).unwrap());
    for arguments in [&["--input", "-", "--output", "-"][..], &["--input", "-", "--json"]] {
        let told = solve(arguments, MARKET.as_bytes());
        assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
        assert_eq!(without_seconds(&told.out), file);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
}

#[test]
fn a_failure_leaves_the_output_as_it_was() {
    let (folder, path) = place("plan.json");
    fs::write(&path, "what was there").unwrap();
    for broken in ["p edge 4 4\ne 1 2 6\n", "", "{"] {
        let told = solve(&["--input", "-", "--output", &path, "--certificate", &path], broken.as_bytes());
        assert_eq!(told.code, Some(2));
        assert_eq!(fs::read_to_string(&path).unwrap(), "what was there");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    let told = solve(&["--input", "-", "--output", &path], MARKET.as_bytes());
    assert_eq!(told.code, Some(0));
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"status\":\"optimal\""));
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;
    let told = solve(&["--input", "-", "--output", "/dev/null"], MARKET.as_bytes());
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_written_and_the_link_stays() {
    let (folder, path) = place("plan.json");
    let link = folder.path().join("link.json");
    fs::write(&path, "old").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let told = solve(&["--input", "-", "--output", link.to_str().unwrap()], MARKET.as_bytes());
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"status\""));
}

#[test]
fn help_has_examples_that_hold() {
    let told = solve(&["--help"], b"");
    assert_eq!(told.code, Some(0));
    for part in ["--max-ring 3 --time-limit 60", "\"exchange/1\"", "p edge 2 1", "Exit codes: 0"] {
        assert!(told.out.contains(part), "{part}");
    }
    let json = &told.out[told.out.find("{\"format\"").unwrap()..told.out.find("The same as a graph").unwrap()];
    let graph = &told.out[told.out.find("p edge 2 1").unwrap()..told.out.find("Exit codes").unwrap()];
    for market in [json, &graph.replace("\n  ", "\n")] {
        let told = solve(&["--input", "-", "--json"], market.as_bytes());
        assert!(told.code == Some(0) && told.out.contains("\"points\":6600"), "{told:?}");
    }
}
