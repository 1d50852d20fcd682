//! What holds for every market, tried on random ones. Seeds of failures are kept beside this file and tried first.

use super::{
    random::{Limits, stories},
    story::{Story, word},
};
use account_swap::{
    domain::{
        ids::AccountId,
        money::net,
        policy::Policy,
        travel::straight_line,
        units::{Place, Points},
    },
    engine::{
        check::check,
        market::{BookEntry, Market, Trader},
        plan::{Move, Plan, Rule, plan},
        price::price,
    },
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};
use std::collections::BTreeMap;

pub fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::WithSource("seeds");
    ProptestConfig { cases: 300, failure_persistence: Some(Box::new(seeds)), ..ProptestConfig::default() }
}

/// Every pair of offers that has a price and points.
pub fn priced(market: &Market, policy: &Policy) -> Vec<(usize, usize, Points)> {
    let id = |at: usize| &market.offers[at].account.id;
    let pairs = (0..market.offers.len()).flat_map(|a| (a + 1..market.offers.len()).map(move |b| (a, b)));
    pairs
        .filter_map(|(a, b)| Some((a, b, price(market, policy, &[id(a), id(b)]).ok()?.points)))
        .filter(|&(_, _, points)| points > Points::ZERO)
        .collect()
}

/// The most points of any set of these moves that takes no offer twice and keeps the caps, by trying them all.
fn most_points(moves: &[(usize, usize, Points)], taken: &mut Vec<bool>, left: &mut [usize], owner: &[usize]) -> Points {
    let Some((&(a, b, points), others)) = moves.split_first() else { return Points::ZERO };
    let without = most_points(others, taken, left, owner);
    if taken[a] || taken[b] || left[owner[a]] == 0 || left[owner[b]] == 0 {
        return without;
    }
    for offer in [a, b] {
        taken[offer] = true;
        left[owner[offer]] -= 1;
    }
    let with = points + most_points(others, taken, left, owner);
    for offer in [a, b] {
        taken[offer] = false;
        left[owner[offer]] += 1;
    }
    with.max(without)
}

fn by_brute_force(market: &Market, policy: &Policy) -> Points {
    let owner: Vec<usize> = market.offers.iter().map(|offer| market.rep_index(&offer.account.owner).unwrap()).collect();
    let asked = |trader: &Trader| trader.rep.max_moves_per_run.or(policy.rules.max_moves_per_rep);
    let mut left: Vec<usize> =
        market.reps.iter().map(|trader| asked(trader).map_or(usize::MAX, |cap| cap as usize)).collect();
    most_points(&priced(market, policy), &mut vec![false; owner.len()], &mut left, &owner)
}

fn planned(story: &Story) -> (Market, Policy, Plan) {
    let (market, policy) = (story.market(), story.policy());
    let plan = plan(&market, &policy);
    (market, policy, plan)
}

pub fn json(plan: &Plan) -> String {
    serde_json::to_string(plan).unwrap()
}

/// What all moves together do to each rep: cents, minutes, abusive accounts.
fn together(market: &Market, moves: &[Move]) -> BTreeMap<String, [i64; 3]> {
    let account = |id: &AccountId| &market.offers[market.offer_index(id).unwrap()].account;
    let mut sums: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    for one in moves {
        for (at, leg) in one.legs.iter().enumerate() {
            let (out, into) = (account(&leg.account), account(&one.legs[(at + 1) % one.legs.len()].account));
            let minutes = |visits: u32, minutes: u32| i64::from(visits) * i64::from(minutes);
            let sum = sums.entry(leg.from.to_string()).or_default();
            sum[0] += (net(&one.legs[(at + 1) % one.legs.len()].money) - net(&leg.money)).0;
            sum[1] += minutes(into.visits_a_year, into.visit_minutes) + leg.side.received.travel_minutes.0
                - minutes(out.visits_a_year, out.visit_minutes)
                - leg.side.given.travel_minutes.0;
            sum[2] += i64::from(into.severity().is_some()) - i64::from(out.severity().is_some());
        }
    }
    sums
}

/// Minutes a year that a rep's book takes.
fn load(market: &Market, policy: &Policy, rep: usize) -> i64 {
    let (book, base) = (market.book(rep), market.reps[rep].rep.base);
    let rates = &policy.scores.travel;
    let told = |from: Place, to: Place| {
        let one = market.ways.iter().find(|one| (one.from, one.to) == (from, to))?;
        one.deciseconds.map(|deciseconds| f64::from(deciseconds) / 600.0)
    };
    let drive = |from: Place, to: Place| {
        let line = straight_line(from, to).minutes;
        told(from, to).zip(told(to, from)).unwrap_or((line, line))
    };
    let of_entry = |entry: &BookEntry| {
        let (out, home) = drive(base, entry.place);
        let metres = |other: &&BookEntry| entry.place.great_circle_metres(other.place);
        let others = book.iter().filter(|other| other.account != entry.account);
        let nearest = others.min_by(|a, b| metres(a).total_cmp(&metres(b)));
        let visit = nearest.map_or(out + home, |nearest| {
            let (over, back) = drive(nearest.place, entry.place);
            let next_door = (over + back) / 2.0;
            let left = rates.field_day_minutes.0 as f64 - out - home + next_door;
            let fit = left / (f64::from(entry.visit_minutes) + next_door).max(1.0);
            let c = fit.floor().clamp(1.0, f64::from(rates.visits_per_field_day));
            (out + home).min((out + home) / c + (1.0 - 1.0 / c) * next_door)
        });
        let night = if out > rates.overnight_beyond_one_way_minutes.0 as f64 { rates.overnight_minutes.0 } else { 0 };
        let visits = i64::from(entry.visits_a_year);
        visits * (i64::from(entry.visit_minutes) + night) + (visits as f64 * visit).round() as i64
    };
    book.iter().map(of_entry).sum()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plan_has_as_many_points_as_the_best_of_all_sets_of_moves(story in stories(7, Limits::CapsOnly)) {
        let (market, policy, plan) = planned(&story);
        prop_assert_eq!(plan.report.points, by_brute_force(&market, &policy));
    }

    #[test]
    fn the_report_counts_every_move_that_has_a_price_and_points(story in stories(9, Limits::Tight)) {
        let (market, policy, plan) = planned(&story);
        prop_assert_eq!(plan.report.possible_moves as usize, priced(&market, &policy).len());
    }

    #[test]
    fn every_plan_passes_the_check(story in stories(12, Limits::Tight)) {
        let (market, policy, plan) = planned(&story);
        let checked = check(plan.clone(), &market, &policy);
        prop_assert_eq!(checked.map(|checked| checked.into_plan()), Ok(plan));
    }

    #[test]
    fn no_rep_leaves_a_limit_by_several_moves_together(story in stories(12, Limits::Tight)) {
        let (market, policy, plan) = planned(&story);
        for (rep, [cents, minutes, abusive]) in together(&market, &plan.moves) {
            let at = market.rep_index(&word(&rep)).unwrap();
            let trader = &market.reps[at];
            if let Some(hours) = trader.rep.capacity_hours_a_year {
                let spare = 60 * i64::from(hours) - load(&market, &policy, at);
                prop_assert!(minutes <= spare.max(0));
            }
            let (most, least) = (trader.balance.highest().0 + cents, trader.balance.lowest().0 + cents);
            let limit = policy.rules.ledger_limit_cents.0;
            prop_assert!(most <= limit && least >= -limit);
            prop_assert!(i64::from(trader.abusive_accounts) + abusive <= i64::from(trader.rep.abusive_accounts_cap));
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_byte(story in stories(9, Limits::Tight), seed in any::<u64>()) {
        let (market, policy, plan_before) = planned(&story);
        let mut shuffled = story.clone();
        shuffle(&mut shuffled, seed);
        let mut again = shuffled.market();
        // Submission ids follow the order in which a story lists its offers; here they are the accounts' own.
        for offer in &mut again.offers {
            offer.submission = market.offers[market.offer_index(&offer.account.id).unwrap()].submission;
        }
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&market).unwrap());
        prop_assert_eq!(json(&plan(&again, &policy)), json(&plan_before));
    }

    #[test]
    fn a_market_and_a_plan_survive_json_to_the_byte(story in stories(9, Limits::Tight)) {
        let (market, _, plan) = planned(&story);
        let text = serde_json::to_string(&market).unwrap();
        let read: Market = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &market);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let read: Plan = serde_json::from_str(&json(&plan)).unwrap();
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(json(&read), json(&plan));
    }

    #[test]
    fn keeping_an_account_where_it_is_never_adds_points(story in stories(9, Limits::CapsOnly), which in any::<prop::sample::Index>()) {
        let (_, _, plan_before) = planned(&story);
        let mut frozen = story.clone();
        let at = which.index(frozen.offer.len());
        frozen.offer[at].frozen = true;
        let (_, _, plan_after) = planned(&frozen);
        prop_assert!(plan_after.report.points <= plan_before.report.points);
    }

    #[test]
    fn a_looser_cap_never_costs_points(story in stories(9, Limits::CapsOnly)) {
        let (_, _, plan_before) = planned(&story);
        let mut looser = story.clone();
        for rep in &mut looser.rep {
            rep.max_moves = rep.max_moves.map(|cap| cap + 1);
        }
        let (_, _, plan_after) = planned(&looser);
        prop_assert!(plan_after.report.points >= plan_before.report.points);
    }
}

/// How a story changes if one rule is a step looser for everybody.
fn looser(story: &Story, rule: Rule) -> Story {
    let mut looser = story.clone();
    let policy = story.policy();
    let (rules, steps) = (&policy.rules, &policy.steps);
    let mut set = |table: &str, key: &str, value: i64| {
        let entry = looser.policy.entry(table).or_insert_with(|| toml::Table::new().into());
        entry.as_table_mut().unwrap().insert(key.to_owned(), value.into());
    };
    match rule {
        Rule::GainTooSmall => {
            set("rules", "min_gain_minutes", (rules.min_gain_minutes - steps.min_gain_minutes).0);
        }
        Rule::CommissionGap => {
            set("rules", "commission_gap_cents", (rules.commission_gap_cents + steps.commission_gap_cents).0);
            set("rules", "commission_gap_percent", rules.commission_gap_percent + steps.commission_gap_percent);
        }
        Rule::LedgerLimit => {
            set("rules", "ledger_limit_cents", (rules.ledger_limit_cents + steps.ledger_limit_cents).0)
        }
        Rule::CoolDown => set("rules", "cool_down_days", rules.cool_down_days - steps.cool_down_days),
        Rule::FormerOwner => set("rules", "former_owner_days", rules.former_owner_days - steps.former_owner_days),
        Rule::TooFar => {
            let usual = policy.scores.travel.max_one_way_minutes.0;
            for rep in &mut looser.rep {
                let own = rep.max_one_way_minutes.unwrap_or(usual);
                rep.max_one_way_minutes = Some(own + steps.max_one_way_minutes.0);
            }
        }
        Rule::OverCapacity => {
            for rep in &mut looser.rep {
                rep.capacity_hours = rep.capacity_hours.map(|hours| hours + steps.capacity_hours as u32);
            }
        }
        other => unreachable!("{other} has no step"),
    }
    looser
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..config() })]

    #[test]
    fn a_step_of_a_rule_opens_as_many_partners_as_a_market_that_much_looser_has_more(story in stories(9, Limits::Tight)) {
        let (market, _, plan) = planned(&story);
        let partners = |story: &Story| {
            let mut partners: BTreeMap<usize, u32> = BTreeMap::new();
            for (a, b, _) in priced(&story.market(), &story.policy()) {
                *partners.entry(a).or_default() += 1;
                *partners.entry(b).or_default() += 1;
            }
            partners
        };
        let before = partners(&story);
        for at in 0..plan.why_not.first().map_or(0, |left| left.opened.len()) {
            let rule = plan.why_not[0].opened[at].0;
            let after = partners(&looser(&story, rule));
            for left in &plan.why_not {
                let offer = market.offer_index(&left.account).unwrap();
                let more = after.get(&offer).unwrap_or(&0) - before.get(&offer).unwrap_or(&0);
                prop_assert_eq!(left.opened[at], (rule, more), "{}", left.account);
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_byte(story in stories(12, Limits::Tight)) {
        let (market, policy) = (story.market(), story.policy());
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| json(&plan(&market, &policy)))
        };
        prop_assert_eq!(with(1), with(2));
    }
}

/// Puts the lines of a story in another order.
pub fn shuffle(story: &mut Story, seed: u64) {
    let key =
        |text: &str| text.bytes().fold(seed | 1, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    story.rep.sort_by_key(|line| key(&line.id));
    story.offer.sort_by_key(|line| key(&line.id));
    story.book.sort_by_key(|line| key(&line.id));
    story.history.sort_by_key(|line| key(&format!("{} {}", line.rep, line.account)));
    story.forbidden.sort_by_key(|(rep, account)| key(&format!("{rep} {account}")));
}
