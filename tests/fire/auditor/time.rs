//! Nights and days: invariants 4, 7, 9 and 18.

use super::{
    Evidence,
    books::{Books, Row},
    has_moved,
};
use chrono::Duration;
use std::collections::BTreeMap;

/// From proposals and the database's clock: what has gone out is confirmed within 24 hours, and after 15 minutes somebody was told.
pub fn i4_nothing_half_done(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now.now;
    let out = evidence.now.proposals.iter().filter(|proposal| proposal.text("state") == "executing");
    out.filter_map(|proposal| {
        let id = proposal.text("id");
        let Some(sent) = proposal.moment("sent_at") else {
            return Some(format!("{id} is out, and nobody knows since when"));
        };
        if now - sent > Duration::hours(24) {
            return Some(format!("{id} has been out since {sent}"));
        }
        // Two minutes for the next wake-up to notice.
        let is_late = now - sent > Duration::minutes(17);
        (is_late && proposal.maybe("alarmed_at").is_none())
            .then(|| format!("{id} has been out since {sent}, and nobody was told"))
    })
    .collect()
}

/// From runs, proposals and the trail: one live run a scope and date that has not failed; each published once, by its last holder;
/// its fence counts its holders; and proposals name none but published live runs.
pub fn i7_one_run_a_night(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    let mut nights: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for run in now.runs.iter().filter(|run| run.text("state") != "failed" && run.text("mode") == "live") {
        nights.entry((run.text("scope"), run.text("business_date"))).or_default().push(run.text("id"));
    }
    let several = nights.into_iter().filter(|(_, runs)| runs.len() > 1);
    found.extend(several.map(|(night, runs)| format!("{night:?} has the runs {runs:?}")));
    for run in now.runs.iter() {
        let (id, state) = (run.text("id"), run.text("state"));
        let mut trail: Vec<&Row> = now.audit_log.iter().filter(|entry| entry.text("subject_id") == id).collect();
        trail.sort_by_key(|entry| entry.number("seq"));
        let deeds: Vec<&str> = trail.iter().map(|entry| entry.text("action")).collect();
        let held = deeds.iter().filter(|deed| matches!(**deed, "start" | "take_over")).count();
        if held as i64 != run.number("fence") {
            found.push(format!("run {id} has the fence {} and was held {held} times", run.number("fence")));
        }
        let ends: Vec<usize> =
            (0..deeds.len()).filter(|&at| matches!(deeds[at], "publish" | "report" | "fail")).collect();
        let expected = usize::from(state != "running");
        if ends.len() != expected || ends.first().is_some_and(|&at| at + 1 != deeds.len()) {
            found.push(format!("run {id} is {state}, and its trail is {deeds:?}"));
        }
    }
    for proposal in now.proposals.iter().filter(|proposal| proposal.maybe("run_id").is_some()) {
        let run = Books::by_id(&now.runs, proposal.text("run_id"));
        let is_published = run.is_some_and(|run| run.text("state") == "published" && run.text("mode") == "live");
        if !is_published {
            found.push(format!("proposal {} is of a run that published nothing: {run:?}", proposal.text("id")));
        }
    }
    found
}

/// From two readings of the books and from `verify`: what a published run was made from and came to is what it was, and comes out
/// again.
pub fn i9_runs_never_change(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for earlier in evidence.earlier.runs.iter().filter(|run| run.text("state") == "published") {
        let id = earlier.text("id");
        if Books::by_id(&evidence.now.runs, id) != Some(earlier) {
            found.push(format!("run {id} has changed since it was published"));
        }
    }
    for run in evidence.now.runs.iter().filter(|run| run.text("state") == "published") {
        if ["snapshot", "plan", "report", "policy"].iter().any(|part| run.text(part).is_empty()) {
            found.push(format!("run {} does not say what it was made from and came to", run.text("id")));
        }
    }
    let not_again = evidence.verified.iter().filter(|(_, is_made_again)| !is_made_again);
    found.extend(not_again.map(|(run, _)| format!("run {run} does not come out again")));
    found
}

/// From proposals, reps, money and the trail: what changed hands did so on a day that is on record, in no freeze of a giver's team or
/// of everybody, not before that day; and its money counts from that day.
pub fn i18_no_effect_in_a_freeze(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    for proposal in now.proposals.iter().filter(|proposal| has_moved(proposal.text("state"))) {
        let id = proposal.text("id");
        let Some(day) = proposal.day("effective_on") else {
            found.push(format!("{id} took effect on no day"));
            continue;
        };
        let team_of = |rep: &str| Books::by_id(&now.reps, rep).map_or("", |rep| rep.text("team_id"));
        for leg in now.legs_of(id) {
            let team = team_of(leg.text("from_rep_id"));
            let froze = evidence.terms.freezes.iter().find(|(whose, from, until)| {
                whose.as_deref().is_none_or(|whose| whose == team) && (*from..=*until).contains(&day)
            });
            if let Some(froze) = froze {
                found.push(format!("{id} took effect on {day}, within {froze:?}"));
            }
        }
        let moved = now.audit_log.iter().find(|entry| {
            entry.text("subject_id") == id && entry.text("action") == "confirm" && entry.text("to_state") == "on_trial"
        });
        if let Some(at) = moved.and_then(|entry| entry.moment("at"))
            && at.date() < day
        {
            found.push(format!("{id} was to take effect on {day} and did on {at}"));
        }
        let money = now.money_entries.iter().filter(|entry| entry.text("proposal_id") == id);
        found.extend(
            money
                .filter(|entry| entry.day("effective_on") != Some(day))
                .map(|entry| format!("{id} took effect on {day} and its money on {}", entry.text("effective_on"))),
        );
    }
    found
}
