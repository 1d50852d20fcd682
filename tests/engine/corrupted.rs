//! Plans that must be refused: one for each claim, and one for each hard rule.

use super::story::{RepLine, Story};
use account_swap::{
    domain::{
        decline::Ask,
        units::{Cents, Minutes, Points, Stars},
    },
    engine::{
        check::{Breach, Claim, check},
        plan::{Move, Plan, Proof, Rule, plan},
    },
    solver::Certificate,
};

/// Two swaps in two places far from each other, and one account left in each.
fn two_places() -> Story {
    let mut story = Story::read(include_str!("markets/two_reps_swap_and_both_gain.toml"));
    let mut there = story.clone();
    let rename = |name: &str| format!("{name}-west");
    for rep in &mut there.rep {
        rep.id = rename(&rep.id);
        rep.at.1 -= 20.0;
    }
    for offer in &mut there.offer {
        offer.id = rename(&offer.id);
        offer.rep = rename(&offer.rep);
        offer.at.1 -= 20.0;
    }
    story.rep.extend(there.rep);
    story.offer.extend(there.offer);
    story
}

fn planned(story: &Story) -> Plan {
    plan(&story.market(), &story.policy())
}

fn breaches(story: &Story, plan: Plan) -> Vec<Breach> {
    check(plan, &story.market(), &story.policy()).err().unwrap_or_default()
}

/// Corrupts a good plan and expects a breach of `claim` whose place and words contain `words`.
#[track_caller]
fn refuses(claim: Claim, words: &str, corrupt: impl FnOnce(&mut Plan)) {
    let story = two_places();
    let mut plan = planned(&story);
    assert_eq!(breaches(&story, plan.clone()), [], "the plan was wrong before it was corrupted");
    assert_eq!((plan.moves.len(), plan.why_not.len()), (2, 2));
    corrupt(&mut plan);
    let found = breaches(&story, plan);
    let hit = found.iter().any(|breach| breach.claim == claim && breach.to_string().contains(words));
    assert!(hit, "no {claim} with {words:?} in {found:#?}");
}

#[test]
fn a_move_that_is_no_swap_of_the_pool_is_refused() {
    refuses(Claim::Permutation, "1 legs", |plan| drop(plan.moves[0].legs.pop()));
    refuses(Claim::Permutation, "3 legs", |plan| {
        let leg = plan.moves[1].legs[0].clone();
        plan.moves[0].legs.push(leg);
    });
    refuses(Claim::Permutation, "A-2 is not in the pool", |plan| {
        plan.moves[0].legs[0].account = "A-2".parse().unwrap()
    });
    refuses(Claim::Permutation, "B-1 is ben's, not anna's", |plan| {
        plan.moves[0].legs[0].account = "B-1".parse().unwrap();
    });
    refuses(Claim::Permutation, "A-1 must go to ben", |plan| {
        plan.moves[0].legs[0].to = "cora".parse().unwrap();
    });
    refuses(Claim::Permutation, "anna would give twice", |plan| {
        plan.moves[0].legs[1] = plan.moves[0].legs[0].clone();
    });
}

#[test]
fn an_account_that_moves_twice_is_refused() {
    refuses(Claim::OnceEach, "A-1 moves twice", |plan| {
        let one = plan.moves[0].clone();
        plan.moves.insert(1, one);
    });
}

#[test]
fn another_order_is_refused() {
    refuses(Claim::Order, "moves", |plan| plan.moves.reverse());
    refuses(Claim::Order, "move 0", |plan| plan.moves[0].legs.reverse());
    refuses(Claim::WhyNot, "by account", |plan| plan.why_not.reverse());
}

#[test]
fn facts_that_are_not_the_markets_are_refused() {
    refuses(Claim::Facts, "commission", |plan| plan.moves[0].legs[1].annual_commission_cents += Cents(1));
    refuses(Claim::Facts, "submission", |plan| {
        plan.moves[0].legs[1].submission = plan.moves[0].legs[0].submission;
    });
}

#[test]
fn each_term_of_a_side_is_counted_again() {
    let one = Minutes(1);
    refuses(Claim::Side, "rapport minutes given", |plan| plan.moves[0].legs[0].side.given.rapport_minutes += one);
    refuses(Claim::Side, "travel minutes given", |plan| plan.moves[0].legs[0].side.given.travel_minutes += one);
    refuses(Claim::Side, "driving left behind minutes given", |plan| {
        plan.moves[0].legs[0].side.given.left_behind_minutes += one;
    });
    refuses(Claim::Side, "outside territory minutes received", |plan| {
        plan.moves[0].legs[1].side.received.geography.outside_territory_minutes += one;
    });
    refuses(Claim::Side, "other country minutes given", |plan| {
        plan.moves[0].legs[0].side.given.geography.other_country_minutes += one;
    });
    refuses(Claim::Side, "time zone minutes received", |plan| {
        plan.moves[0].legs[0].side.received.geography.time_zone_minutes += one;
    });
    refuses(Claim::Side, "island minutes given", |plan| {
        plan.moves[0].legs[1].side.given.geography.island_minutes += one;
    });
    refuses(Claim::Side, "one way minutes received", |plan| {
        plan.moves[0].legs[1].side.received.one_way_minutes += one;
    });
    refuses(Claim::Side, "stars", |plan| plan.moves[0].legs[1].side.received.stars = Stars::BEST);
    refuses(Claim::Side, "source of travel", |plan| plan.moves[0].legs[1].side.given.travel_estimated = false);
    refuses(Claim::Side, "handover", |plan| plan.moves[0].legs[1].side.handover_minutes += one);
    refuses(Claim::Side, "gain", |plan| plan.moves[0].legs[1].side.gain += one);
}

#[test]
fn wrong_points_are_refused() {
    refuses(Claim::Points, "points", |plan| plan.moves[1].points += Points(1));
    refuses(Claim::Points, "points of ageing", |plan| plan.moves[1].ageing += Points(1));
}

#[test]
fn money_that_does_not_change_hands_is_refused() {
    let words = "what changes hands with it";
    refuses(Claim::Money, words, |plan| plan.moves[0].legs[1].money[0].cents += Cents(1));
    refuses(Claim::Money, words, |plan| plan.moves[0].legs[0].money.clear());
    refuses(Claim::Money, words, |plan| {
        let twice = plan.moves[0].legs[0].money[0].clone();
        plan.moves[0].legs[0].money.push(twice);
    });
    let story = include_str!("markets/a_deal_under_way_takes_the_ledger_too_far.toml");
    refuses_of(story, Claim::Money, words, |plan| {
        let deal = plan.moves[0].legs[1].money.iter_mut().find_map(|entry| entry.deal.as_mut());
        deal.expect("a deal goes with Dora's account").kept_days = None;
    });
}

#[test]
fn a_move_without_points_is_refused() {
    let mut story = two_places();
    let plan = planned(&story);
    story.offer[0].nights = 1;
    story.policy = "points.ageing_points_a_night = -5000".parse().unwrap();
    let found = breaches(&story, plan);
    let named = |breach: &Breach| breach.claim == Claim::Points && breach.what == "a move without points is no move";
    assert!(found.iter().any(named), "{found:#?}");
}

#[test]
fn each_sum_of_the_report_is_counted_again() {
    fn field(name: &str, corrupt: impl FnOnce(&mut Plan)) {
        refuses(Claim::Report, name, corrupt);
    }
    field("reps", |plan| plan.report.reps += 1);
    field("offers", |plan| plan.report.offers += 1);
    field("candidates", |plan| plan.report.candidates += 1);
    field("candidates_dropped", |plan| plan.report.candidates_dropped += 1);
    field("offers_with_dropped", |plan| plan.report.offers_with_dropped += 1);
    field("points_of_dropped_at_most", |plan| plan.report.points_of_dropped_at_most = Some(Points(1)));
    field("possible_moves", |plan| plan.report.possible_moves += 1);
    field("components", |plan| plan.report.components += 1);
    field("moves", |plan| plan.report.moves += 1);
    field("points", |plan| plan.report.points += Points(1));
    field("ageing", |plan| plan.report.ageing += Points(1));
    field("gain", |plan| plan.report.gain += Minutes(1));
    field("smallest_gain", |plan| plan.report.smallest_gain = None);
    field("gini_thousandths", |plan| plan.report.gini_thousandths += 1);
    field("travel_before", |plan| plan.report.travel_before += Minutes(1));
    field("travel_after", |plan| plan.report.travel_after += Minutes(1));
    field("commission_moved_cents", |plan| plan.report.commission_moved_cents += Cents(1));
    field("mean_stars_before", |plan| plan.report.mean_stars_before = Some(Stars::BEST));
    field("mean_stars_after", |plan| plan.report.mean_stars_after = None);
}

#[test]
fn a_wrong_why_not_is_refused() {
    refuses(Claim::WhyNot, "accounts left", |plan| drop(plan.why_not.pop()));
    refuses(Claim::WhyNot, "the account is cora's", |plan| plan.why_not[0].rep = "anna".parse().unwrap());
    refuses(Claim::WhyNot, "partners", |plan| plan.why_not[0].partners = 1);
    refuses(Claim::WhyNot, "chances", |plan| plan.why_not[0].stopped[0].1 += 1);
    refuses(Claim::WhyNot, "order", |plan| plan.why_not[0].stopped.push((Rule::TooFar, 0)));
    refuses(Claim::WhyNot, "a step of each rule opens", |plan| plan.why_not[0].opened[0].1 += 1);
    refuses(Claim::WhyNot, "a step of each rule opens", |plan| plan.why_not[0].opened.truncate(3));
    refuses(Claim::WhyNot, "is named", |plan| plan.why_not[0].rule = Rule::BetterElsewhere);
}

fn swaps_proof(plan: &mut Plan) -> (&mut Vec<u32>, &mut Certificate) {
    match &mut plan.certificate {
        Proof::Swaps { extra_mates, duals } => (extra_mates, duals),
        other => panic!("no proof of swaps: {other:?}"),
    }
}

#[test]
fn a_plan_that_is_not_the_best_is_refused() {
    refuses(Claim::Optimality, "certificate", |plan| drop(plan.moves.pop()));
    refuses(Claim::Optimality, "certificate", |plan| swaps_proof(plan).1.vertex_duals_2x[0] += 2);
    refuses(Claim::Optimality, "certificate", |plan| swaps_proof(plan).0.push(0));
}

#[test]
fn a_margin_that_is_none_is_refused() {
    refuses(Claim::Margin, "counted again", |plan| plan.margins[0] = plan.margins[0].map(|points| points + Points(1)));
    refuses(Claim::Margin, "counted again", |plan| plan.margins[1] = None);
    refuses(Claim::Margin, "1 for 2 moves", |plan| plan.margins.truncate(1));
}

#[test]
fn a_bound_on_rings_that_is_not_proven_is_refused() {
    refuses(Claim::RingsBound, "add up to", |plan| plan.report.points_in_any_rings_at_most += Points(1));
    refuses(Claim::RingsBound, "is worth more", |plan| {
        plan.rings_bound.from[0] -= 1;
        plan.rings_bound.to[0] += 1;
    });
    refuses(Claim::RingsBound, "costs to stay", |plan| plan.rings_bound.from[0] = -1_000_000);
    refuses(Claim::RingsBound, "for 6 offers", |plan| plan.rings_bound.to.truncate(5));
}

#[test]
fn a_second_move_of_one_who_may_make_one_is_refused() {
    let text = include_str!("markets/a_cap_of_one_lets_one_account_go.toml");
    let mut story = Story::read(text);
    story.rep[0].max_moves = None;
    let plan = planned(&story);
    assert_eq!(plan.moves.len(), 2);
    story.rep[0].max_moves = Some(1);
    let found = breaches(&story, plan);
    assert!(found.iter().any(|breach| breach.claim == Claim::Cap && breach.place == "rep anna"), "{found:#?}");
}

#[test]
fn two_moves_that_together_leave_the_ledger_are_refused() {
    let text = include_str!("markets/two_moves_within_the_ledger_alone_but_not_together.toml");
    let mut story = Story::read(text);
    story.rep[0].ledger_cents = 0;
    let plan = planned(&story);
    assert_eq!(plan.moves.len(), 2);
    story.rep[0].ledger_cents = 1_850_000;
    let found = breaches(&story, plan);
    assert!(found.iter().all(|breach| breach.claim != Claim::HardRule), "each move alone keeps the ledger: {found:#?}");
    assert!(found.iter().any(|breach| breach.claim == Claim::Cap && breach.place == "rep anna"), "{found:#?}");
}

/// Rules that no single move breaks.
const ABOUT_NO_MOVE: [Rule; 3] = [Rule::LessPromising, Rule::CapReached, Rule::BetterElsewhere];

/// How a market comes to break a rule after its plan was made.
fn broken(rule: Rule) -> Story {
    let mut story = two_places();
    let policy = |text: &str| text.parse::<toml::Table>().unwrap();
    let ben = |story: &mut Story, change: fn(&mut RepLine)| change(&mut story.rep[1]);
    match rule {
        Rule::GainTooSmall => story.policy = policy("rules.min_gain_minutes = 5000"),
        Rule::CommissionGap => story.offer[0].commission_cents = 1_500_000,
        Rule::LedgerLimit => ben(&mut story, |ben| ben.ledger_cents = 1_999_999),
        Rule::TooFar => ben(&mut story, |ben| ben.max_one_way_minutes = Some(5)),
        Rule::LanguageMissing => {
            story.offer[0].language = Some("spanish".to_owned());
            story.offer[0].language_required = true;
        }
        Rule::LicenceMissing => story.offer[0].licences = vec!["devices".to_owned()],
        Rule::IndustryMissing => {
            story.offer[0].industry = Some("hospitals".to_owned());
            story.offer[0].industry_required = true;
        }
        Rule::OverCapacity => {
            story.offer[0].visits = 24;
            ben(&mut story, |ben| ben.capacity_hours = Some(1));
        }
        Rule::Frozen => story.offer[0].frozen = true,
        Rule::CoolDown => story.offer[0].last_moved_on = Some("2026-03-01".to_owned()),
        Rule::SwappedOften => {
            story.policy = policy("rules.max_swaps_per_account_a_year = 2");
            story.offer[0].swaps_in_a_year = 2;
        }
        Rule::FormerOwner => story.history.push(super::story::HistoryLine {
            rep: "ben".to_owned(),
            account: "A-1".to_owned(),
            stars: Vec::new(),
            owned_until: Some("2026-03-01".to_owned()),
        }),
        Rule::ForbiddenPair => story.forbidden.push(("ben".to_owned(), "A-1".to_owned())),
        Rule::ConflictOfInterest => story.offer[0].conflicts = vec!["ben".to_owned()],
        Rule::AbuseNotOptedIn => {
            story.offer[0].traits = vec!["threatening".to_owned()];
            ben(&mut story, |ben| ben.tolerances = vec!["abusive".to_owned()]);
        }
        Rule::ExposureCap => {
            story.offer[0].traits = vec!["abusive".to_owned()];
            ben(&mut story, |ben| ben.tolerances = vec!["abusive".to_owned()]);
        }
        Rule::FamilyParted => story.offer[0].family_in_book = true,
        Rule::NotOpen => ben_asks(&mut story, Ask::Account("A-1".parse().unwrap())),
        Rule::NotPresent => ben(&mut story, |ben| ben.leaves_on = Some("2026-03-31".to_owned())),
        Rule::LessPromising | Rule::CapReached | Rule::BetterElsewhere => unreachable!("no rule about a move"),
    }
    story
}

/// Has Ben ask something of the run, as by a decline.
fn ben_asks(story: &mut Story, ask: Ask) {
    story.restraint.entry("ben".to_owned()).or_default().take_in(ask);
}

#[test]
fn a_move_that_a_decline_asks_not_to_propose_is_refused_and_never_planned() {
    let plan = planned(&two_places());
    let side = plan.moves[0].legs[1].side;
    assert_eq!(plan.moves[0].legs[1].from.as_str(), "ben");
    let asks = [
        (Ask::Nearer(side.received.one_way_minutes), true),
        (Ask::Nearer(side.received.one_way_minutes + Minutes(1)), false),
        (Ask::MoreGain(side.gain + Minutes(1)), true),
        (Ask::MoreGain(side.gain), false),
        (Ask::Rest, true),
    ];
    for (ask, binds) in asks {
        let mut story = two_places();
        ben_asks(&mut story, ask.clone());
        let found = breaches(&story, plan.clone());
        let named = found.iter().any(|breach| breach.rule == Some(Rule::NotOpen));
        assert_eq!(named, binds, "{ask:?}: {found:#?}");
        let again = planned(&story);
        assert_eq!(breaches(&story, again.clone()), [], "{ask:?}");
        assert_eq!(again.moves.len(), if binds { 1 } else { 2 }, "{ask:?}");
    }
}

#[test]
fn a_move_that_breaks_a_hard_rule_is_refused_by_its_name() {
    let plan = planned(&two_places());
    for &rule in Rule::ALL.iter().filter(|rule| !ABOUT_NO_MOVE.contains(rule)) {
        let found = breaches(&broken(rule), plan.clone());
        let named = |breach: &Breach| breach.claim == Claim::HardRule && breach.rule == Some(rule);
        assert!(found.iter().any(named), "no {rule} in {found:#?}");
    }
}

#[test]
fn a_plan_never_holds_what_the_check_would_refuse() {
    for &rule in Rule::ALL.iter().filter(|rule| !ABOUT_NO_MOVE.contains(rule)) {
        let story = broken(rule);
        let plan = planned(&story);
        assert_eq!(breaches(&story, plan.clone()), [], "{rule}");
        let moved = |one: &Move| one.legs[0].account.as_str() == "A-1";
        assert!(!plan.moves.iter().any(moved), "{rule} did not keep A-1 where it is");
    }
}

/// Corrupts the plan of a story of another kind and expects a breach of `claim` with `words`.
#[track_caller]
fn refuses_of(story: &str, claim: Claim, words: &str, corrupt: impl FnOnce(&mut Plan)) {
    let story = Story::read(story);
    let mut plan = planned(&story);
    assert_eq!(breaches(&story, plan.clone()), [], "the plan was wrong before it was corrupted");
    corrupt(&mut plan);
    let found = breaches(&story, plan);
    let hit = found.iter().any(|breach| breach.claim == claim && breach.to_string().contains(words));
    assert!(hit, "no {claim} with {words:?} in {found:#?}");
}

const RING_OF_THREE: &str = include_str!("markets/a_ring_of_three_beats_every_set_of_swaps.toml");
const RING_OF_FIVE: &str = include_str!("markets/five_in_one_ring_of_any_length.toml");
const WORST_FIRST: &str = include_str!("markets/the_worst_gain_comes_first.toml");
const SWAPS_FIRST: &str = include_str!("markets/more_swaps_come_before_more_points.toml");

#[test]
fn a_ring_is_refused_that_goes_the_other_way_round_or_is_too_long() {
    refuses_of(RING_OF_THREE, Claim::Permutation, "must go to", |plan| plan.moves[0].legs.swap(1, 2));
    refuses_of(RING_OF_THREE, Claim::Order, "smallest account", |plan| plan.moves[0].legs.rotate_left(1));
    refuses_of(RING_OF_FIVE, Claim::Permutation, "must go to", |plan| drop(plan.moves[0].legs.pop()));
    let plan = planned(&Story::read(RING_OF_THREE));
    let swaps_only = Story::read(&RING_OF_THREE.replace("max_ring = 3", "max_ring = 2"));
    let found = breaches(&swaps_only, plan);
    assert!(found.iter().any(|breach| breach.to_string().contains("3 legs are no move")), "{found:#?}");
}

#[test]
fn a_plan_of_each_kind_that_is_not_the_best_is_refused() {
    for story in [RING_OF_THREE, RING_OF_FIVE, WORST_FIRST, SWAPS_FIRST] {
        refuses_of(story, Claim::Optimality, "certificate", |plan| drop(plan.moves.pop()));
    }
}

#[test]
fn a_proof_of_another_kind_of_plan_is_refused() {
    for story in [RING_OF_THREE, RING_OF_FIVE, WORST_FIRST] {
        refuses_of(story, Claim::Optimality, "another kind", |plan| {
            plan.certificate = Proof::Swaps { extra_mates: Vec::new(), duals: Certificate::default() };
        });
    }
    refuses_of(SWAPS_FIRST, Claim::Optimality, "another kind", |plan| {
        plan.certificate = Proof::AnyLength { cases: Vec::new() };
    });
}

#[test]
fn a_bound_that_is_not_proven_or_not_needed_is_refused() {
    for story in [RING_OF_THREE, RING_OF_FIVE] {
        refuses_of(story, Claim::Optimality, "bound", |plan| plan.report.bound = Some(plan.report.points));
        refuses_of(story, Claim::Optimality, "certificate", |plan| {
            plan.report.bound = Some(plan.report.points - Points(1));
        });
    }
}

/// The stories of rings, asked for the most accounts that move or for the worst gain first.
fn of_rings(objective: &str) -> [String; 2] {
    [("3", RING_OF_THREE), ("\"unlimited\"", RING_OF_FIVE)].map(|(longest, story)| {
        let asked = format!("max_ring = {longest}");
        assert!(story.contains(&asked), "the story asks for {asked}");
        story.replace(&asked, &format!("{asked}\nobjective = \"{objective}\""))
    })
}

#[test]
fn a_plan_of_rings_by_another_objective_is_refused_that_is_not_the_best_or_not_proven() {
    for story in of_rings("swaps_then_points").iter().chain(&of_rings("worst_gain_first")) {
        refuses_of(story, Claim::Optimality, "certificate", |plan| drop(plan.moves.pop()));
        refuses_of(story, Claim::Optimality, "another kind", |plan| {
            plan.certificate = Proof::AnyLength { cases: Vec::new() };
        });
        refuses_of(story, Claim::Optimality, "certificate", |plan| {
            plan.report.bound = Some(plan.report.points + Points(1));
        });
    }
    for story in of_rings("worst_gain_first") {
        refuses_of(&story, Claim::Optimality, "nothing but what no rings exceed", |plan| {
            plan.certificate = Proof::Stopped;
        });
        refuses_of(&story, Claim::Optimality, "nothing but what no rings exceed", |plan| {
            plan.certificate = Proof::Stopped;
            plan.report.bound = Some(plan.report.points_in_any_rings_at_most + Points(1));
        });
        refuses_of(&story, Claim::Optimality, "certificate", |plan| match &mut plan.certificate {
            Proof::FairestShortRings(steps) => steps.clear(),
            Proof::FairestRings(proof) => proof.packings.clear(),
            other => panic!("{other:?}"),
        });
    }
    let [_, of_any_length] = of_rings("swaps_then_points");
    refuses_of(&of_any_length, Claim::Optimality, "bound", |plan| match &mut plan.certificate {
        Proof::AnyLengthServed { bound, .. } => *bound += 1,
        other => panic!("{other:?}"),
    });
}
