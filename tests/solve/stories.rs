//! Stories: `markets/<story>.market`, its options in `.args`, and the plan in `.plan.json`, byte by byte.
//!
//! Each plan must come with a certificate that `--check` accepts. `ACCOUNT_SWAP_WRITE_STORIES` writes the plans anew.

use super::program::{markets, solve, without_seconds};
use std::fs;
use std::path::Path;

#[test]
fn every_market_has_the_plan_its_story_tells() {
    let mut stories: Vec<_> = fs::read_dir(markets())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "market"))
        .collect();
    stories.sort();
    assert!(stories.len() >= 12, "the stories are found");
    for story in stories {
        tell(&story);
    }
}

fn tell(market: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).into_os_string().into_string().expect("a plain path");
    let (plan, certificate) = (at("plan.json"), at("certificate.json"));
    let arguments = fs::read_to_string(market.with_extension("args")).unwrap_or_default();
    let market_path = market.to_str().expect("a plain path");
    let asked: Vec<&str> = ["--input", market_path].into_iter().chain(arguments.split_whitespace()).collect();

    let told = solve(&[&asked[..], &["--output", &plan, "--certificate", &certificate]].concat(), b"");
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{}", market.display());
    let found = without_seconds(&fs::read_to_string(&plan).expect("a plan is written"));
    let expected = market.with_extension("plan.json");
    if std::env::var_os("ACCOUNT_SWAP_WRITE_STORIES").is_some() {
        fs::write(&expected, &found).expect("the plan can be written");
    }
    let expected = fs::read_to_string(expected).unwrap_or_default();
    assert_eq!(found, expected, "{}", market.display());

    for proof in [&["--certificate", &certificate][..], &[]] {
        let told = solve(&[&asked[..], &["--check", &plan], proof].concat(), b"");
        assert_eq!(told.code, Some(0), "{}: {told:?}", market.display());
        assert!(told.out.starts_with("every claim holds"), "{}: {told:?}", market.display());
    }
}
