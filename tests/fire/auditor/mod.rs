//! The auditor: computes every invariant of the service from what an outsider has.
//!
//! In go [`Evidence`]: the books at the beginning and now, what the clients sent and were answered, what `verify` said of
//! each run, and, where there is one, the CRM's own ledger; out comes one [`Finding`] for each violation, under the number of
//! its invariant. Each invariant is one function that says what it computes from what. Nothing of the service's code is used.
//! Holds, by `planted.rs`: for each of the twenty there is a planted bug that it finds.
//! Deliberately absent: moments in between. What broke and was mended before anybody looked is found by the log and the
//! audit trail alone.

pub mod books;
mod ownership;
mod people;
pub mod record;
mod time;
pub mod trail;

use books::Books;
use chrono::NaiveDate;
use serde_json::Value;

/// A violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The number of the invariant.
    pub invariant: u8,
    /// What was found and what was expected.
    pub what: String,
}

/// One request, and what became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Who asked: role and id, as in `rep:anna`.
    pub principal: String,
    /// The method and the path's template, as in `POST /api/v1/submissions`.
    pub operation: &'static str,
    /// What the audit log calls the deed, and what it was done to; nothing for a read.
    pub deed: Option<(&'static str, String)>,
    /// The `Idempotency-Key`.
    pub key: String,
    /// Whether an `If-Match` was sent.
    pub has_if_match: bool,
    /// When it was sent, in microseconds of the clients' clock.
    pub began: u64,
    /// The status and the body; nothing where none came.
    pub answer: Option<(u16, String)>,
    /// For reads that must not differ: equal for two of one principal and path between which only others acted.
    pub glance: Option<u64>,
}

impl Exchange {
    /// Whether it was acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self.answer, Some((200..=299, _)))
    }

    /// Whether it was refused, which promises that nothing happened.
    pub fn is_refused(&self) -> bool {
        matches!(self.answer, Some((400..=499, _)))
    }

    /// The id of the person.
    pub fn person(&self) -> &str {
        self.principal.split_once(':').map_or("", |(_, id)| id)
    }

    /// The body of the answer as JSON.
    pub fn json(&self) -> Value {
        self.answer.as_ref().and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or(Value::Null)
    }
}

/// What the CRM has carried out, by its own ledger.
#[derive(Debug, Clone)]
pub struct Carried {
    pub proposal: String,
    pub account: String,
    pub owner: String,
}

/// The terms of the service that an outsider knows.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Days in which no swap takes effect: from, until, both included; of a team or of everybody.
    pub freezes: Vec<(Option<String>, NaiveDate, NaiveDate)>,
    /// For so long no account returns to whom it left.
    pub former_owner_days: i64,
    /// So many microseconds after somebody was made powerless nothing they send is done.
    pub powerless_after: u64,
}

/// All that is known.
pub struct Evidence<'a> {
    /// The books when nobody had done anything yet.
    pub before: &'a Books,
    /// The books at an earlier audit.
    pub earlier: &'a Books,
    /// The books now.
    pub now: &'a Books,
    /// What the clients sent, in the order in which answers came.
    pub log: &'a [Exchange],
    /// Who was made powerless, by role and id, and when.
    pub left: &'a [(String, u64)],
    /// What `account-swap verify` said of runs: whether it was made again, to the byte.
    pub verified: &'a [(String, bool)],
    /// What the log was at moments, by what was signed and written outside the database.
    pub checkpoints: &'a [trail::Checkpoint],
    /// The CRM's ledger, where there is a CRM.
    pub crm: Option<&'a [Carried]>,
    pub terms: &'a Terms,
}

/// Every violation of every invariant, by number.
pub fn audit(evidence: &Evidence<'_>) -> Vec<Finding> {
    type Invariant = fn(&Evidence<'_>) -> Vec<String>;
    let all: [Invariant; 20] = [
        ownership::i1_one_live_leg,
        ownership::i2_one_owner,
        ownership::i3_all_legs_or_none,
        time::i4_nothing_half_done,
        record::i5_acknowledged_is_kept,
        record::i6_one_effect_a_key,
        time::i7_one_run_a_night,
        ownership::i8_owner_as_proposed,
        time::i9_runs_never_change,
        trail::i10_one_entry_a_change,
        record::i11_one_event_a_change,
        people::i12_who_left_is_powerless,
        people::i13_hard_rules_bind_overrides,
        people::i14_overrides_are_accounted_for,
        people::i15_nobody_approves_own_gain,
        record::i16_a_rep_sees_own_input_only,
        record::i17_an_error_changes_nothing,
        time::i18_no_effect_in_a_freeze,
        ownership::i19_no_return,
        ownership::i20_the_log_replays,
    ];
    let mut findings = Vec::new();
    for (number, invariant) in (1..).zip(all) {
        findings.extend(invariant(evidence).into_iter().map(|what| Finding { invariant: number, what }));
    }
    findings
}

/// Whether the accounts of a proposal have changed hands and have not come back.
fn has_moved(state: &str) -> bool {
    matches!(state, "on_trial" | "completed")
}

/// The states of a proposal that holds its accounts.
fn is_live(state: &str) -> bool {
    matches!(state, "proposed" | "accepted" | "approved" | "executing" | "on_trial" | "needs_attention")
}
