//! Who may: invariants 12 to 15.

use super::{
    Evidence,
    books::{Books, Row},
};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// From reps, people and legs: no proposal that nobody has sent out waits for somebody who has left or may not act as a rep any more.
/// From the log: who was made powerless is acknowledged nothing they sent after the time there is for that.
pub fn i12_who_left_is_powerless(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let today: NaiveDate = now.now.date();
    let mut found = Vec::new();
    let gone = now.reps.iter().filter(|rep| !rep.flag("active") || rep.day("leaves_on").is_some_and(|day| day < today));
    let barred = now.people.iter().filter(|one| {
        let roles = one.words("roles");
        one.text("state") != "active" || !(roles.is_empty() || roles.iter().any(|role| role == "rep"))
    });
    let gone: BTreeSet<&str> = gone.chain(barred).map(|one| one.text("id")).collect();
    for id in gone {
        let of = |leg: &&Row| leg.text("from_rep_id") == id || leg.text("to_rep_id") == id;
        for leg in now.legs.iter().filter(|leg| leg.flag("live")).filter(of) {
            let proposal = Books::by_id(&now.proposals, leg.text("proposal_id"));
            let state = proposal.map_or("", |proposal| proposal.text("state"));
            if matches!(state, "proposed" | "accepted" | "approved") {
                found.push(format!("{id} has left, and {} is {state}", leg.text("proposal_id")));
            }
        }
    }
    for (principal, at) in evidence.left {
        let until = at + evidence.terms.powerless_after;
        let late = |one: &&super::Exchange| one.principal == *principal && one.is_acknowledged() && one.began > until;
        let late = evidence.log.iter().filter(late);
        found.extend(late.map(|one| format!("{principal} was answered {} after leaving", one.operation)));
    }
    found
}

/// The classes of abuse, mildest first.
const CLASSES: [&str; 3] = ["harsh", "abusive", "threatening"];

/// From overrides in force, legs, accounts and reps: what was forced keeps the rules of law and safety: licences, conflicts of
/// interest, bans, and abuse only for who opted in.
pub fn i13_hard_rules_bind_overrides(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    let forced = now.overrides.iter().filter(|one| one.text("kind") == "force" && one.text("state") == "effective");
    for order in forced {
        for leg in now.legs_of(order.text("proposal_id")) {
            let (account, rep) = (leg.text("account_id"), leg.text("to_rep_id"));
            let (Some(held), Some(receiver)) = (Books::by_id(&now.accounts, account), Books::by_id(&now.reps, rep))
            else {
                continue;
            };
            let mut broken = |what: &str| found.push(format!("{account} was forced on {rep} {what}"));
            let licences = receiver.words("licences");
            if held.words("licences_required").iter().any(|licence| !licences.contains(licence)) {
                broken("without the licence");
            }
            if held.words("conflicts").iter().any(|other| other == rep) {
                broken("against a conflict of interest");
            }
            if now.forbidden_pairs.iter().any(|pair| pair.text("rep_id") == rep && pair.text("account_id") == account) {
                broken("against a ban");
            }
            let class = |word: &str| CLASSES.iter().position(|class| *class == word);
            let abuse = held.words("traits").iter().filter_map(|word| class(word)).max();
            let tolerated = match receiver.maybe("own_abuse_class") {
                Some(own) => class(own),
                None => receiver.words("tolerances").iter().filter_map(|word| class(word)).max(),
            };
            if abuse > tolerated {
                broken("without an opt-in to such abuse");
            }
        }
    }
    found
}

/// Reasons there are codes for.
const REASONS: [&str; 7] =
    ["absence", "customer_request", "safety", "conflict_of_interest", "workload", "data_error", "business_need"];

/// From overrides and the trail: each has a reason code, a note and an entry of its author. From the log: each that was acknowledged
/// had a key, and what it changed was seen first.
pub fn i14_overrides_are_accounted_for(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    for order in now.overrides.iter() {
        let id = order.text("id");
        if !REASONS.contains(&order.text("reason")) || order.text("note").trim().is_empty() {
            found.push(format!("override {id} gives no reason: {:?}, {:?}", order.text("reason"), order.text("note")));
        }
        let entry = now
            .audit_log
            .iter()
            .find(|entry| entry.text("subject_kind") == "override" && entry.text("subject_id") == id);
        if entry.is_none_or(|entry| now.person(entry.text("actor_id")) != order.text("author_id")) {
            found.push(format!("override {id} of {} is not on record", order.text("author_id")));
        }
        let changes = matches!(order.text("kind"), "approve" | "veto" | "extend" | "accept_for_absent");
        let made = evidence
            .log
            .iter()
            .find(|one| one.operation == "POST /api/v1/overrides" && one.is_acknowledged() && one.json()["id"] == id);
        if let Some(made) = made
            && (made.key.is_empty() || (changes && !made.has_if_match))
        {
            found.push(format!("override {id} was made without a key or without having seen what it changes"));
        }
    }
    found
}

/// From decisions, overrides and legs: who approves, orders or agrees is no party.
pub fn i15_nobody_approves_own_gain(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let is_party = |proposal: &str, who: &str| {
        let legs = now.legs_of(proposal);
        !who.is_empty() && legs.iter().any(|leg| leg.text("from_rep_id") == who || leg.text("to_rep_id") == who)
    };
    let mut found = Vec::new();
    for decision in now.decisions.iter().filter(|decision| matches!(decision.text("action"), "approve" | "veto")) {
        let (proposal, actor) = (decision.text("proposal_id"), decision.text("actor_id"));
        if is_party(proposal, actor) {
            found.push(format!("{actor} decided over {proposal}, and is a party"));
        }
    }
    for order in now.overrides.iter() {
        for column in ["author_id", "second_id"] {
            if is_party(order.text("proposal_id"), order.text(column)) {
                let (who, id) = (order.text(column), order.text("id"));
                found.push(format!("{who} is behind override {id}, and is a party of its proposal"));
            }
        }
    }
    found
}
