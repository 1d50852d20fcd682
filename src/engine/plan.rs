//! The plan: the moves a run chose, with its report, its certificate and a why-not for everyone left.
//!
//! In go a market and a policy; out comes the best plan there is, the same every time.
//! Deliberately absent: any change. A plan changes nothing; only a decision changes a book.

use super::{
    candidates::{Reached, candidates},
    caps::caps,
    market::Market,
    report::{Pool, report},
    rules::Loads,
    score::{Chances, score},
    solve::solve,
    value::{self, Given},
    view::View,
    why_not::why_not,
};
use crate::domain::{
    closed::closed_list,
    ids::{AccountId, RepId, SubmissionId},
    policy::Policy,
    proposal::Side,
    units::{Cents, Minutes, Points, Stars},
};
use crate::solver::Certificate;
use serde::{Deserialize, Serialize};

closed_list! {
    /// A hard rule, named for the reason a candidate or move does not exist.
    Rule {
        /// A rep would gain less than the policy's smallest gain.
        GainTooSmall = "gain_too_small",
        /// The two commissions differ too much.
        CommissionGap = "commission_gap",
        /// A rep's commission balance of the year would go too far.
        LedgerLimit = "ledger_limit",
        /// The one-way drive is longer than the rep's limit.
        TooFar = "too_far",
        /// The rep lacks the required language.
        LanguageMissing = "language_missing",
        /// The rep lacks a required licence.
        LicenceMissing = "licence_missing",
        /// The rep lacks the required industry.
        IndustryMissing = "industry_missing",
        /// The rep's hours would not suffice.
        OverCapacity = "over_capacity",
        /// A manager keeps the account where it is.
        Frozen = "frozen",
        /// The account changed hands too recently.
        CoolDown = "cool_down",
        /// The rep had the account too recently.
        FormerOwner = "former_owner",
        /// A manager has forbidden the pair.
        ForbiddenPair = "forbidden_pair",
        /// The rep has a conflict of interest.
        ConflictOfInterest = "conflict_of_interest",
        /// The account is abusive and the rep has not opted in.
        AbuseNotOptedIn = "abuse_not_opted_in",
        /// The rep would hold more abusive accounts than their cap.
        ExposureCap = "exposure_cap",
        /// A parent or child would stay behind.
        FamilyParted = "family_parted",
        /// A rep is away or leaving.
        NotPresent = "not_present",
        /// A rep's moves of this run are used up by better ones.
        CapReached = "cap_reached",
        /// Partners exist, but every one of them does better elsewhere.
        BetterElsewhere = "better_elsewhere",
    }
}

/// One account of a move, with what its giver gets out of the move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedLeg {
    /// The account.
    pub account: AccountId,
    /// The statement that put it in the pool.
    pub submission: SubmissionId,
    /// Who gives it.
    pub from: RepId,
    /// Who receives it.
    pub to: RepId,
    /// Its commission a year.
    pub annual_commission_cents: Cents,
    /// What the giver gets out of the move.
    pub side: Side,
}

/// A move: each rep gives one account and gets one. The giver of leg `i` receives the account of leg `i − 1`, the giver
/// of leg 0 that of the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Its accounts; the smallest account id first.
    pub legs: Vec<PlannedLeg>,
    /// What the move is worth.
    pub points: Points,
}

/// Why an offer stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNot {
    /// The account.
    pub account: AccountId,
    /// Its owner.
    pub rep: RepId,
    /// The rule that stopped most of its chances; of two that stopped as many, the one declared first.
    pub rule: Rule,
    /// How many chances each rule stopped, most first.
    pub stopped: Vec<(Rule, u32)>,
    /// For each rule that is a matter of degree, how many more partners there would be if it alone were one step of
    /// `policy.steps` looser for everybody.
    pub opened: Vec<(Rule, u32)>,
    /// How many partners were possible.
    pub partners: u32,
}

/// What the plan amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Reps in the pool.
    pub reps: u32,
    /// Accounts in the pool.
    pub offers: u32,
    /// Candidates: an account and a rep it may go to.
    pub candidates: u32,
    /// Swaps that break no rule.
    pub possible_moves: u32,
    /// Parts of the market that fall apart.
    pub components: u32,
    /// Moves chosen.
    pub moves: u32,
    /// Their points in all.
    pub points: Points,
    /// Their gains in all, in minutes a year.
    pub gain: Minutes,
    /// The smallest gain of anybody who moves; absent where nobody does.
    pub smallest_gain: Option<Minutes>,
    /// Gini coefficient of the gains of those who move, in thousandths: 0 when all gain the same.
    pub gini_thousandths: i64,
    /// Driving a year of the moved accounts before.
    pub travel_before: Minutes,
    /// Driving a year of the moved accounts after.
    pub travel_after: Minutes,
    /// Sum over moves of the difference in commission.
    pub commission_moved_cents: Cents,
    /// Mean of the owners' stars before, over moved accounts, at the end that counted.
    pub mean_stars_before: Option<Stars>,
    /// Mean of the receivers' stars after, over moved accounts, at the end that counted.
    pub mean_stars_after: Option<Stars>,
}

/// Why there is no better plan: what `solver::verify_capped` needs beside the possible moves, whose vertices are the
/// offers by their index in the market, and the caps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The offer each extra vertex of the caps is matched to, by rep and then by index.
    pub extra_mates: Vec<u32>,
    /// The dual values of offers, extra vertices and blossoms.
    pub duals: Certificate,
}

/// The moves a run chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The moves, by their first account.
    pub moves: Vec<Move>,
    /// What they amount to.
    pub report: Report,
    /// Why there is no better plan.
    pub certificate: Proof,
    /// Everyone left, by account.
    pub why_not: Vec<WhyNot>,
}

closed_list! {
    /// What a run of [`plan_telling`] has just finished.
    Stage {
        /// Everybody within whose reach each offer lies has been found.
        Candidates = "candidates",
        /// The possible moves have their points.
        Scores = "scores",
        /// The best set of moves has been found.
        Solution = "solution",
        /// The moves, the report and the why-nots have been written.
        Report = "report",
    }
}

/// Finds the best plan: of all sets of possible moves that take no account twice and keep every cap, one with the most
/// points.
///
/// Two plans of as many points may exist; which is chosen depends on ids alone.
///
/// Cost: `candidates` and `score` say what finding the possible moves takes; then one capped matching for each part of
/// the market that falls apart, in parallel.
pub fn plan(market: &Market, policy: &Policy) -> Plan {
    plan_telling(market, policy, |_| {})
}

/// Does what [`plan`] does and says at the end of each stage which one it was, for whoever shows progress.
pub fn plan_telling(market: &Market, policy: &Policy, mut tell: impl FnMut(Stage)) -> Plan {
    let view = View::new(market, policy);
    let loads = Loads::new(&view);
    let given = Given::new(&view);
    let reached = candidates(&view, &given);
    tell(Stage::Candidates);
    let chances = score(&view, &loads, &given, &reached);
    let candidates = reached.iter().map(Reached::count).sum();
    drop(reached);
    let caps = caps(&view, &loads, &chances);
    tell(Stage::Scores);
    let solution = solve(&view, &chances, &caps);
    tell(Stage::Solution);
    let moves = chosen_moves(&view, &chances, &solution.mate);
    let pool = Pool {
        reps: market.reps.len(),
        offers: market.offers.len(),
        candidates,
        possible_moves: chances.iter().map(|offer| offer.partners.len()).sum::<usize>() / 2,
        components: solution.components,
    };
    let is_full = full_reps(&view, &solution.mate, &caps);
    let plan = Plan {
        report: report(&pool, &moves),
        moves,
        certificate: solution.proof,
        why_not: why_not(&view, &chances, &solution.mate, &is_full),
    };
    tell(Stage::Report);
    plan
}

/// The swaps of matched offers, by their smaller account.
fn chosen_moves(view: &View<'_>, chances: &[Chances], mate: &[Option<u32>]) -> Vec<Move> {
    let pairs = (0..).zip(mate).filter_map(|(offer, mate)| mate.filter(|&mate| offer < mate).map(|mate| (offer, mate)));
    pairs
        .map(|(first, second)| {
            let partners = &chances[first as usize].partners;
            let at = partners.binary_search_by_key(&second, |&(partner, _)| partner).expect("mates are partners");
            Move { legs: legs(view, first, second).into(), points: partners[at].1 }
        })
        .collect()
}

/// The two legs of a swap, `first` being the smaller offer.
pub(super) fn legs(view: &View<'_>, first: u32, second: u32) -> [PlannedLeg; 2] {
    [leg(view, first, second), leg(view, second, first)]
}

fn leg(view: &View<'_>, given: u32, received: u32) -> PlannedLeg {
    let offer = view.offer(given);
    let from = view.owner[given as usize];
    PlannedLeg {
        account: offer.account.id.clone(),
        submission: offer.submission,
        from: offer.account.owner.clone(),
        to: view.offer(received).account.owner.clone(),
        annual_commission_cents: offer.account.annual_commission_cents,
        side: Side::new(
            value::of_given(view, given),
            value::of_received(view, from, received, given),
            view.policy.scores.handover_minutes,
        ),
    }
}

fn full_reps(view: &View<'_>, mate: &[Option<u32>], caps: &[u32]) -> Vec<bool> {
    let moves = |offers: &[u32]| offers.iter().filter(|&&offer| mate[offer as usize].is_some()).count();
    view.offers_of.iter().zip(caps).map(|(offers, &cap)| moves(offers) >= cap as usize).collect()
}
