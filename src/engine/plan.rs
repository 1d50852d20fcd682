//! The plan: the moves a run chose, with its report, its certificate and a why-not for everyone left.
//!
//! In go a market and a policy; out comes the best plan there is, the same every time.
//! Deliberately absent: any change. A plan changes nothing; only a decision changes a book.

use super::{
    longer_rings::rings_bound,
    market::Market,
    possible::Possible,
    report::{Pool, report},
    score::{ageing, points},
    solve::solve,
    value,
    view::View,
    ways::SourceCount,
    why_not::why_not,
};
use crate::domain::{
    closed::closed_list,
    ids::{AccountId, RepId, SubmissionId},
    money,
    policy::Policy,
    proposal::Side,
    units::{Cents, Minutes, Points, Stars},
};
use crate::solver::{CapStep, Certificate, Potentials, objective, rings::RingCertificate};
use serde::{Deserialize, Serialize};

closed_list! {
    /// A hard rule, named for the reason a candidate or move does not exist.
    Rule {
        /// A rep would gain less than the policy's smallest gain.
        GainTooSmall = "gain_too_small",
        /// The two commissions differ too much.
        CommissionGap = "commission_gap",
        /// A rep's money balance of the year might go too far.
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
        /// The account changed hands as often in a year as it may.
        SwappedOften = "swapped_often",
        /// The rep had the account too recently.
        FormerOwner = "former_owner",
        /// A manager has forbidden the pair.
        ForbiddenPair = "forbidden_pair",
        /// The rep has a conflict of interest.
        ConflictOfInterest = "conflict_of_interest",
        /// The account is abusive and the rep has not opted in to that class or a harsher one.
        AbuseNotOptedIn = "abuse_not_opted_in",
        /// The rep would hold more abusive accounts than their cap.
        ExposureCap = "exposure_cap",
        /// A parent or child would stay behind.
        FamilyParted = "family_parted",
        /// A rep is away or leaving.
        NotPresent = "not_present",
        /// The rep is not open to it at present.
        NotOpen = "not_open",
        /// An account has more candidates than the policy looks at, and others are more promising.
        LessPromising = "less_promising",
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
    /// What changes hands with it, as both reps are shown before they accept.
    pub money: Vec<money::Entry>,
    /// What the giver gets out of the move.
    pub side: Side,
}

/// A move: each rep gives one account and gets one. The giver of leg `i` receives the account of leg `i + 1`, the giver
/// of the last that of leg 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Its accounts; the smallest account id first.
    pub legs: Vec<PlannedLeg>,
    /// What the move is worth.
    pub points: Points,
    /// How many of these are for the nights its submissions have waited.
    pub ageing: Points,
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
    /// `policy.steps` looser for everybody. Of an account with candidates dropped, only those kept are looked at.
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
    /// Those of them that were not looked at for more promising ones, by `policy.plan.max_candidates_per_offer`.
    #[serde(default)]
    pub candidates_dropped: u32,
    /// How many accounts they were candidates of.
    #[serde(default)]
    pub offers_with_dropped: u32,
    /// No swap with one of them has more points; absent where there is none. It speaks of swaps alone, also where rings are
    /// allowed.
    #[serde(default)]
    pub points_of_dropped_at_most: Option<Points>,
    /// Swaps that break no rule.
    pub possible_moves: u32,
    /// Parts of the market that fall apart.
    pub components: u32,
    /// Moves chosen.
    pub moves: u32,
    /// Their points in all.
    pub points: Points,
    /// How many of these are for the nights that submissions have waited.
    pub ageing: Points,
    /// What no plan that keeps the policy exceeds, where this one may not be the best: its search was ended by
    /// `policy.plan.questions_limit`. Absent where it is the best. Where more accounts that move come first, it speaks of
    /// plans that move as many.
    pub bound: Option<Points>,
    /// No plan has more points, however long its rings; neither caps nor the price of unfairness are counted, so that
    /// the best may have fewer. The difference to [`Self::points`] is what longer rings could add at most.
    pub points_in_any_rings_at_most: Points,
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
    /// Who has told how many driving times, by the source; empty where all are on the straight line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<SourceCount>,
}

/// Why there is no better plan. Vertices are the offers by their index in the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// What `solver::verify_capped` needs beside the possible swaps and the caps.
    Swaps {
        /// The offer each extra vertex of the caps is matched to, by rep and then by index.
        extra_mates: Vec<u32>,
        /// The dual values of offers, extra vertices and blossoms.
        duals: Certificate,
    },
    /// What the verifier of `solver::objective` needs beside the possible swaps and the caps.
    Fairest(objective::Proof),
    /// The same for rings of at most three or four.
    FairestShortRings(Vec<objective::PackingStep>),
    /// The same for rings of any length.
    FairestRings(objective::RingsProof),
    /// The search for the fairest rings was ended: there may be fairer ones, but none have more points than
    /// [`Report::points_in_any_rings_at_most`].
    Stopped,
    /// What `solver::rings::verify_rings` needs beside the arcs, the caps and what a ring is worth.
    Rings(RingCertificate),
    /// What `solver::verify_capped_assignment` needs beside the arcs and the caps.
    AnyLength {
        /// Cases that together are all, each with what proves its bound.
        cases: Vec<CapStep>,
    },
    /// The same where more accounts that move come before more points.
    AnyLengthServed {
        /// What no plan weighs more than.
        bound: i128,
        /// Cases that together are all, each with what proves its bound.
        cases: Vec<CapStep<i128>>,
    },
}

/// The moves a run chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The moves, by their first account.
    pub moves: Vec<Move>,
    /// How many points each move may lose before another plan is as good. Absent for rings, where without one of them
    /// all is to be solved again within the caps; for plans by another objective than points; and in parts of a market
    /// with more than a hundred thousand offers.
    pub margins: Vec<Option<Points>>,
    /// What they amount to.
    pub report: Report,
    /// Why there is no better plan.
    pub certificate: Proof,
    /// Why [`Report::points_in_any_rings_at_most`] is no more.
    pub rings_bound: Potentials,
    /// Everyone left, by account.
    pub why_not: Vec<WhyNot>,
}

closed_list! {
    /// What a run of [`plan_telling`] has just finished.
    Stage {
        /// The market has its indexes.
        View = "view",
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
    let Possible { chances, arcs, caps, candidates, dropped } = Possible::of(&view, &mut tell);
    let bound = rings_bound(&view, &arcs);
    let solution = solve(&view, &chances, &arcs, &caps, bound.points);
    tell(Stage::Solution);
    let moves: Vec<Move> = solution.rings.iter().map(|ring| chosen_move(&view, ring)).collect();
    let pool = Pool {
        reps: market.reps.len(),
        offers: market.offers.len(),
        candidates,
        dropped,
        possible_moves: chances.iter().map(|offer| offer.partners.len()).sum::<usize>() / 2,
        components: solution.components,
        bound: solution.bound,
        points_in_any_rings_at_most: bound.points,
        ways: market.ways.counts(),
    };
    let mut is_moved = vec![false; market.offers.len()];
    solution.rings.iter().flatten().for_each(|&offer| is_moved[offer as usize] = true);
    let is_full = full_reps(&view, &is_moved, &caps);
    let plan = Plan {
        report: report(&pool, &moves),
        rings_bound: bound.potentials,
        moves,
        margins: solution.margins,
        certificate: solution.proof,
        why_not: why_not(&view, &chances, &is_moved, &is_full),
    };
    tell(Stage::Report);
    plan
}

/// The move of offers along their arcs, the smallest first.
fn chosen_move(view: &View<'_>, ring: &[u32]) -> Move {
    let legs = legs(view, ring);
    let gains: Vec<Minutes> = legs.iter().map(|leg| leg.side.gain).collect();
    let ageing = ageing(view, ring);
    Move { points: points(&view.policy.points, &gains, ageing), ageing, legs }
}

/// The legs of a move: the owner of each offer receives the next one, the owner of the last the first.
pub(super) fn legs(view: &View<'_>, ring: &[u32]) -> Vec<PlannedLeg> {
    let next = ring.iter().cycle().skip(1);
    let before = ring.iter().cycle().skip(ring.len() - 1);
    ring.iter()
        .zip(next.zip(before))
        .map(|(&given, (&received, &receiver))| leg(view, given, received, receiver))
        .collect()
}

/// The leg of an offer whose owner receives `received` for it, on its way to the owner of `receiver`.
fn leg(view: &View<'_>, given: u32, received: u32, receiver: u32) -> PlannedLeg {
    let offer = view.offer(given);
    let from = view.owner[given as usize];
    PlannedLeg {
        account: offer.account.id.clone(),
        submission: offer.submission,
        from: offer.account.owner.clone(),
        to: view.offer(receiver).account.owner.clone(),
        annual_commission_cents: offer.account.annual_commission_cents,
        money: money::entries(&offer.account, &offer.open_deals, &view.policy.money, view.market.business_date),
        side: Side::new(
            value::of_given(view, given),
            value::of_received(view, from, received, given),
            view.policy.scores.handover_minutes,
        ),
    }
}

fn full_reps(view: &View<'_>, moves: &[bool], caps: &[u32]) -> Vec<bool> {
    let count = |offers: &[u32]| offers.iter().filter(|&&offer| moves[offer as usize]).count();
    view.offers_of.iter().zip(caps).map(|(offers, &cap)| count(offers) >= cap as usize).collect()
}
