//! Who owns what: invariants 1, 2, 3, 8, 19 and 20.

use super::{
    Evidence,
    books::{Books, Row},
    has_moved, is_live,
};
use chrono::NaiveDateTime;
use std::collections::{BTreeMap, BTreeSet};

/// From legs: no account is in two that are live.
pub fn i1_one_live_leg(evidence: &Evidence<'_>) -> Vec<String> {
    let mut live: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for leg in evidence.now.legs.iter().filter(|leg| leg.flag("live")) {
        live.entry(leg.text("account_id")).or_default().push(leg.text("proposal_id"));
    }
    let several = live.into_iter().filter(|(_, proposals)| proposals.len() > 1);
    several.map(|(account, proposals)| format!("account {account} is in {proposals:?}")).collect()
}

/// From accounts, reps and the trail: the same accounts as at the beginning and those imported since, each once and with an
/// owner who exists; and its count of owners is what the trail says. With a CRM: it says the same owner, but while a change is on
/// its way.
pub fn i2_one_owner(evidence: &Evidence<'_>) -> Vec<String> {
    let (before, now) = (evidence.before, evidence.now);
    let mut found = Vec::new();
    let reps: BTreeSet<&str> = now.reps.iter().map(|rep| rep.text("id")).collect();
    let mut seen = BTreeSet::new();
    for account in now.accounts.iter() {
        let id = account.text("id");
        if !seen.insert(id) {
            found.push(format!("account {id} is there twice"));
        }
        if !reps.contains(account.text("owner_id")) {
            found.push(format!("account {id} belongs to {:?}, who does not exist", account.text("owner_id")));
        }
    }
    let imported = imported(now);
    for account in before.accounts.iter() {
        if !seen.remove(account.text("id")) {
            found.push(format!("account {} is lost", account.text("id")));
        }
    }
    found.extend(seen.into_iter().filter(|id| !imported.contains(id)).map(|id| format!("account {id} was born")));
    for account in now.accounts.iter().filter(|account| !imported.contains(account.text("id"))) {
        let id = account.text("id");
        let moves = |books: &Books| {
            let is_one = |entry: &&Row| {
                entry.text("subject_kind") == "account" && matches!(entry.text("action"), "transfer" | "return")
            };
            books.audit_log.iter().filter(is_one).filter(|entry| entry.text("subject_id") == id).count() as i64
        };
        if let Some(first) = Books::by_id(&before.accounts, id) {
            let expected = first.number("ownership") + moves(now) - moves(before);
            if account.number("ownership") != expected {
                let count = account.number("ownership");
                found.push(format!("account {id} counts {count} owners where its trail has {expected}"));
            }
        }
    }
    for carried in evidence.crm.unwrap_or_default() {
        let is_under_way = Books::by_id(&now.proposals, &carried.proposal)
            .is_some_and(|one| matches!(one.text("state"), "approved" | "executing" | "needs_attention"));
        let ours = Books::by_id(&now.accounts, &carried.account).map(|account| account.text("owner_id"));
        if !is_under_way && ours != Some(&carried.owner) {
            found.push(format!(
                "account {} belongs to {} by the CRM and to {ours:?} here",
                carried.account, carried.owner
            ));
        }
    }
    found
}

/// Accounts whose owner an import may have named.
fn imported(books: &Books) -> BTreeSet<&str> {
    let is_import = |entry: &&Row| {
        entry.text("subject_kind") == "account" && !matches!(entry.text("action"), "transfer" | "return")
    };
    books.audit_log.iter().filter(is_import).map(|entry| entry.text("subject_id")).collect()
}

/// From legs, accounts and the trail: the givers of a proposal are its receivers, each once; and a change of owner has moved all of
/// its accounts: as many of them stand behind it in the log as the proposal has legs.
pub fn i3_all_legs_or_none(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    for proposal in now.proposals.iter() {
        let (id, state) = (proposal.text("id"), proposal.text("state"));
        let legs = now.legs_of(id);
        let side = |column: &str| {
            let mut people: Vec<&str> = legs.iter().map(|leg| leg.text(column)).collect();
            people.sort_unstable();
            people
        };
        let (givers, receivers) = (side("from_rep_id"), side("to_rep_id"));
        let distinct: BTreeSet<&&str> = givers.iter().collect();
        if givers != receivers || distinct.len() != legs.len() || legs.len() < 2 {
            found.push(format!("proposal {id} takes from {givers:?} and gives to {receivers:?}"));
        }
        if legs.iter().any(|leg| leg.flag("live") != is_live(state)) && !matches!(state, "completed" | "on_trial") {
            found.push(format!("proposal {id} is {state}, and its legs do not all say so"));
        }
        // An account that has not changed hands since stands where the proposal left it.
        let stands = |leg: &&Row| {
            let account = Books::by_id(&now.accounts, leg.text("account_id"));
            account.map(|account| (account.number("ownership") - leg.number("ownership"), account.text("owner_id")))
        };
        for leg in &legs {
            let (account, from, to) = (leg.text("account_id"), leg.text("from_rep_id"), leg.text("to_rep_id"));
            match stands(leg) {
                Some((1, owner)) if has_moved(state) && owner != to => {
                    found.push(format!("proposal {id} is {state}, and {account} belongs to {owner}, not {to}"));
                }
                Some((0, owner)) if has_moved(state) => {
                    found.push(format!("proposal {id} is {state}, and {account} is still with {owner}"));
                }
                Some((0, owner)) if owner != from => {
                    found.push(format!("proposal {id} is {state}, and {account} belongs to {owner}, not {from}"));
                }
                Some((1, owner))
                    if matches!(state, "proposed" | "accepted" | "approved" | "executing") && owner == to =>
                {
                    found.push(format!("proposal {id} is {state}, and {account} is with {owner} already"));
                }
                _ => {}
            }
        }
    }
    let entries: BTreeMap<i64, &Row> = now.audit_log.iter().map(|entry| (entry.number("seq"), entry)).collect();
    for (seq, entry) in entries.iter().filter(|(_, entry)| is_transfer(entry)) {
        let legs: BTreeSet<&str> =
            now.legs_of(entry.text("subject_id")).iter().map(|leg| leg.text("account_id")).collect();
        let next = (seq + 1..).map_while(|seq| entries.get(&seq));
        let moved: BTreeSet<&str> = next
            .skip_while(|entry| entry.text("subject_kind") != "account")
            .take_while(|entry| entry.text("subject_kind") == "account")
            .map(|entry| entry.text("subject_id"))
            .collect();
        if legs != moved {
            found.push(format!("entry {seq} moves {moved:?} where proposal {} has {legs:?}", entry.text("subject_id")));
        }
    }
    found
}

fn is_transfer(entry: &Row) -> bool {
    entry.text("subject_kind") == "proposal"
        && entry.text("to_state") == "on_trial"
        && entry.text("from_state") != "on_trial"
}

/// From legs and accounts: a proposal that goes on has its accounts where it found them, owner and count; and no two changes of owner
/// were made from the same one.
pub fn i8_owner_as_proposed(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    let mut used: BTreeMap<(&str, i64), Vec<&str>> = BTreeMap::new();
    for proposal in now.proposals.iter() {
        let (id, state) = (proposal.text("id"), proposal.text("state"));
        for leg in now.legs_of(id) {
            let account = leg.text("account_id");
            if has_moved(state) {
                used.entry((account, leg.number("ownership"))).or_default().push(id);
            }
            // An import that finds it elsewhere ends what is not out yet, at once.
            if !matches!(state, "proposed" | "accepted" | "approved" | "executing") {
                continue;
            }
            let held = Books::by_id(&now.accounts, account);
            let is_there = held.is_some_and(|held| {
                held.text("owner_id") == leg.text("from_rep_id") && held.number("ownership") == leg.number("ownership")
            });
            if !is_there {
                found.push(format!("proposal {id} is {state}, and {account} is not as it was proposed: {held:?}"));
            }
        }
    }
    let twice = used.into_iter().filter(|(_, proposals)| proposals.len() > 1);
    found.extend(twice.map(|((account, _), proposals)| format!("{account} was moved by all of {proposals:?} at once")));
    found
}

/// From the trail and legs: nobody gets an account that they gave within the set time, but by an undo.
pub fn i19_no_return(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut given: BTreeMap<(&str, &str), (NaiveDateTime, &str)> = BTreeMap::new();
    let mut found = Vec::new();
    let mut entries: Vec<&Row> = now.audit_log.iter().filter(|entry| is_transfer(entry)).collect();
    entries.sort_by_key(|entry| entry.number("seq"));
    for entry in entries {
        let proposal = entry.text("subject_id");
        let is_undone = Books::by_id(&now.proposals, proposal).is_some_and(|one| one.text("state") == "undone");
        let at = entry.moment("at").expect("an entry has its time");
        for leg in now.legs_of(proposal) {
            let account = leg.text("account_id");
            let left = given.get(&(account, leg.text("to_rep_id")));
            if let Some((before, by)) = left
                && (at - *before).num_days() < evidence.terms.former_owner_days
            {
                found.push(format!("{account} came back to {} by {proposal} after {by}", leg.text("to_rep_id")));
            }
            if !is_undone {
                given.insert((account, leg.text("from_rep_id")), (at, proposal));
            }
        }
    }
    found
}

/// From the books at the beginning and the trail since: replayed change by change they give today's owners.
pub fn i20_the_log_replays(evidence: &Evidence<'_>) -> Vec<String> {
    let (before, now) = (evidence.before, evidence.now);
    let mut owners: BTreeMap<&str, &str> =
        before.accounts.iter().map(|account| (account.text("id"), account.text("owner_id"))).collect();
    let from = before.audit_log.iter().map(|entry| entry.number("seq")).max().unwrap_or(0);
    let mut entries: Vec<&Row> = now.audit_log.iter().filter(|entry| entry.number("seq") > from).collect();
    entries.sort_by_key(|entry| entry.number("seq"));
    for entry in entries.into_iter().filter(|entry| entry.text("subject_kind") == "proposal") {
        let is_undo = entry.text("to_state") == "undone";
        if !is_undo && !is_transfer(entry) {
            continue;
        }
        for leg in now.legs_of(entry.text("subject_id")) {
            let to = if is_undo { "from_rep_id" } else { "to_rep_id" };
            owners.insert(leg.text("account_id"), leg.text(to));
        }
    }
    let imported = imported(now);
    let differs = |account: &&Row| {
        !imported.contains(account.text("id"))
            && owners.get(account.text("id")).is_some_and(|owner| *owner != account.text("owner_id"))
    };
    let told = |account: &Row| {
        let (id, owner) = (account.text("id"), account.text("owner_id"));
        format!("{id} belongs to {owner}, and to {} by the log", owners[id])
    };
    now.accounts.iter().filter(differs).map(told).collect()
}
