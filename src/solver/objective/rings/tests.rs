//! Holds the fairest rings of any length to brute force, and their check to refusing what breaks a rule.

use std::cmp::Ordering;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::assignment::{AssignmentError, Potentials};
use crate::solver::objective::{Step, StepError, UnprovenPlan, Verified, leximin, verify_fairest_rings};

#[derive(Clone, Debug)]
struct Market {
    arcs: Vec<RingArc>,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
}

type Steps = Vec<Step<Potentials<i128>>>;

/// What the groups gain, and the points.
type Worth = (Vec<i64>, i64);

fn compare(one: &Worth, other: &Worth) -> Ordering {
    leximin(&one.0, &other.0).then(one.1.cmp(&other.1))
}

impl Market {
    /// Up to six vertices; of different groups without caps, or of few groups with caps.
    fn random(random: &mut ChaCha8Rng, several_moves: bool, gains: (i64, i64)) -> Self {
        let vertices = random.random_range(0..=6u32);
        let groups = if several_moves { random.random_range(1..=4) } else { vertices };
        let group_of = (0..vertices).map(|v| if several_moves { random.random_range(0..groups) } else { v }).collect();
        let caps = if several_moves { &[None, Some(0), Some(1), Some(2)][..] } else { &[None, Some(1), Some(0)] };
        let cap_of_group = (0..groups).map(|_| caps[random.random_range(0..if several_moves { 4 } else { 2 })]);
        let cap_of_group = cap_of_group.collect();
        let mut arcs = Vec::new();
        let density = random.random_range(0.2..0.9);
        for (from, to) in (0..vertices).flat_map(|u| (0..vertices).map(move |v| (u, v))) {
            // Now and then there are two arcs in the same direction.
            for _ in 0..2 {
                if from != to && random.random_bool(density * 0.7) {
                    let gain = random.random_range(gains.0..=gains.1);
                    arcs.push(RingArc { from, to, gain, points: gain + random.random_range(0..=2) });
                }
            }
        }
        Self { arcs, group_of, cap_of_group }
    }

    fn solve(&self, stop: bool) -> FairestRings {
        fairest_rings(self.group_of.len(), &self.arcs, &self.group_of, &self.cap_of_group, &|| stop).unwrap()
    }

    fn verify(&self, found: &FairestRings) -> Result<Verified, UnprovenPlan> {
        let Self { arcs, group_of, cap_of_group } = self;
        verify_fairest_rings(group_of.len(), arcs, group_of, cap_of_group, &found.next, &found.proof)
    }

    /// What rings are worth, along the best of parallel arcs; `None` if they are no rings within the caps.
    fn worth(&self, next: &[Option<u32>]) -> Option<Worth> {
        let mut gains = vec![0; self.cap_of_group.len()];
        let mut moves = vec![0; self.cap_of_group.len()];
        let mut points = 0;
        for (from, to) in (0u32..).zip(next).filter_map(|(from, to)| Some((from, (*to)?))) {
            let between = self.arcs.iter().filter(|arc| (arc.from, arc.to) == (from, to));
            let best =
                between.filter(|arc| arc.gain >= 0 && arc.points >= 0).max_by_key(|arc| (arc.gain, arc.points))?;
            let group = self.group_of[from as usize] as usize;
            gains[group] += best.gain;
            moves[group] += 1;
            points += best.points;
            if next[to as usize].is_none() || next.iter().filter(|&&other| other == Some(to)).count() > 1 {
                return None;
            }
        }
        let kept = moves.iter().zip(&self.cap_of_group).all(|(&moves, cap)| cap.is_none_or(|cap| moves <= cap));
        kept.then_some((gains, points))
    }

    /// Tries everything that may follow the vertices from one on.
    fn best(&self, next: &mut Vec<Option<u32>>) -> Worth {
        let from = next.len() as u32;
        if next.len() == self.group_of.len() {
            return self.worth(next).unwrap_or((vec![-1; self.cap_of_group.len()], -1));
        }
        let mut options: Vec<Option<u32>> = self.arcs.iter().filter(|a| a.from == from).map(|a| Some(a.to)).collect();
        options.push(None);
        options.retain(|to| to.is_none() || !next.contains(to));
        options.sort_unstable();
        options.dedup();
        let tried = options.into_iter().map(|to| {
            next.push(to);
            let worth = self.best(next);
            next.pop();
            worth
        });
        tried.max_by(compare).expect("none is always an option")
    }

    fn check(&self, several_moves: bool) {
        let found = self.solve(false);
        let worth = self.worth(&found.next).unwrap_or_else(|| panic!("{self:?} {found:?}"));
        let best = self.best(&mut Vec::new());
        assert_eq!(compare(&worth, &best), Ordering::Equal, "{self:?} {found:?} {best:?}");
        assert_eq!((worth.1, true), (found.points, found.optimal));
        let verified = self.verify(&found).unwrap_or_else(|error| panic!("{error} {self:?} {found:?}"));
        assert!(verified.points == found.points && (several_moves || verified.unproven.is_empty()));
        let mut turned = self.clone();
        turned.arcs.reverse();
        assert_eq!(turned.solve(false), found, "{self:?}");
    }
}

#[test]
fn the_fairest_rings_equal_brute_force_where_every_rep_makes_one_move() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for round in 0..5_000 {
        let gains = [(0, 1), (0, 3), (-1, 3), (-2, 30), ((1 << 40) - 5, 1 << 40)][round % 5];
        Market::random(&mut random, false, gains).check(false);
    }
}

#[test]
fn the_fairest_rings_equal_brute_force_where_reps_make_several_moves() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    for round in 0..3_000 {
        let gains = [(0, 1), (0, 3), (-1, 3), (-2, 30)][round % 4];
        Market::random(&mut random, true, gains).check(true);
    }
}

#[test]
fn the_fairest_rings_are_proven_where_a_rep_has_a_choice_of_one_move() {
    let mut random = ChaCha8Rng::seed_from_u64(15);
    for round in 0..3_000 {
        let gains = [(0, 1), (0, 3), (-1, 3), (-2, 30), (1_000, 1_009)][round % 5];
        let mut market = Market::random(&mut random, true, gains);
        market.cap_of_group.fill(Some(1));
        market.check(false);
    }
}

#[test]
fn a_stopped_search_for_rings_says_so() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let mut stopped = 0;
    for round in 0..500 {
        let market = Market::random(&mut random, round % 2 == 0, (-1, 9));
        let found = market.solve(true);
        let worth = market.worth(&found.next).expect("rings within the caps");
        let best = market.solve(false);
        assert_eq!(worth.1, found.points);
        assert!(!found.optimal || compare(&worth, &market.worth(&best.next).unwrap()) == Ordering::Equal);
        stopped += usize::from(!found.optimal);
    }
    assert!(stopped > 50, "{stopped}");
}

/// A market of a dozen reps in which it takes several steps to compare gains, the same at every call.
fn of_several_steps() -> (Market, FairestRings) {
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut arcs = Vec::new();
    for (from, to) in (0..24).flat_map(|u| (0..24).map(move |v| (u, v))) {
        if from != to && random.random_bool(0.2) {
            let gain = random.random_range(1..=40);
            arcs.push(RingArc { from, to, gain, points: gain });
        }
    }
    let market = Market { arcs, group_of: (0..24).collect(), cap_of_group: vec![None; 24] };
    let found = market.solve(false);
    assert!(market.verify(&found).is_ok() && found.proof.assignments.len() > 3, "{found:?}");
    (market, found)
}

#[test]
fn what_is_no_set_of_rings_within_the_caps_is_refused() {
    let arc = |from, to| RingArc { from, to, gain: 2, points: 2 };
    let arcs = vec![arc(0, 1), arc(1, 2), arc(2, 0), arc(2, 1), arc(3, 0)];
    let market = Market { arcs, group_of: (0..4).collect(), cap_of_group: vec![None; 4] };
    let found = market.solve(false);
    assert_eq!(found.next, [Some(1), Some(2), Some(0), None]);
    let refused = |change: &dyn Fn(&mut Market, &mut FairestRings)| {
        let (mut market, mut found) = (market.clone(), found.clone());
        change(&mut market, &mut found);
        market.verify(&found).expect_err("the rule is broken")
    };
    assert_eq!(refused(&|market, _| market.group_of[3] = 4), UnprovenPlan::Groups);
    assert_eq!(refused(&|market, _| market.arcs[1].to = 1), UnprovenPlan::NotASwap { index: 1 });
    assert_eq!(refused(&|market, _| market.arcs[1].to = 4), UnprovenPlan::NotASwap { index: 1 });
    assert_eq!(refused(&|_, found| found.next.truncate(3)), UnprovenPlan::MateCount { expected: 4, found: 3 });
    assert_eq!(refused(&|_, found| found.next[0] = Some(2)), UnprovenPlan::NoSwap { vertex: 0 });
    assert_eq!(refused(&|market, _| market.arcs[1].gain = -1), UnprovenPlan::NoSwap { vertex: 1 });
    assert_eq!(refused(&|market, _| market.arcs[1].points = -1), UnprovenPlan::NoSwap { vertex: 1 });
    assert_eq!(refused(&|market, _| market.cap_of_group[2] = Some(0)), UnprovenPlan::NoSwap { vertex: 1 });
    assert_eq!(refused(&|_, found| found.next[0] = None), UnprovenPlan::NotARing { vertex: 2 });
    assert_eq!(refused(&|_, found| found.next[2] = Some(1)), UnprovenPlan::NotARing { vertex: 2 });
    let one_rep = |market: &mut Market, _: &mut FairestRings| {
        (market.group_of, market.cap_of_group[0]) = (vec![0, 0, 1, 2], Some(1));
    };
    assert_eq!(refused(&one_rep), UnprovenPlan::CapExceeded { group: 0 });
}

#[test]
fn rings_that_are_not_the_fairest_are_refused() {
    let (market, found) = of_several_steps();
    let mut refused = 0;
    for vertex in 0..24u32 {
        // Take a vertex out of its ring where the ones beside it can close it.
        let mut worse = found.clone();
        let Some(then) = worse.next[vertex as usize].take() else { continue };
        let before = worse.next.iter_mut().find(|next| **next == Some(vertex)).expect("it follows one");
        *before = Some(then);
        refused += usize::from(market.worth(&worse.next).is_some());
        assert!(market.verify(&worse).is_err());
    }
    assert!(refused > 0, "some were rings");
    let nothing = FairestRings { next: vec![None; 24], ..found };
    assert!(matches!(market.verify(&nothing), Err(UnprovenPlan::Step { step: 0, error: StepError::Assignment(_) })));
}

#[test]
fn steps_that_prove_nothing_are_refused() {
    let (market, found) = of_several_steps();
    let refused = |change: &dyn Fn(&mut Steps)| {
        let mut found = found.clone();
        change(&mut found.proof.assignments);
        market.verify(&found).expect_err("the rule is broken")
    };
    let lowered = |step: &mut Step<Potentials<i128>>| match step {
        Step::Solve { duals, .. } => duals.from[3] -= 1,
        Step::Drop { until, .. } => *until = 1_000,
    };
    for step in 0..found.proof.assignments.len() {
        let UnprovenPlan::Step { step: at, error } = refused(&|steps| lowered(&mut steps[step])) else {
            panic!("a step is refused");
        };
        assert!(at == step && matches!(error, StepError::Assignment(_) | StepError::UsedGain { .. }), "{at} {error}");
    }
    let short = |steps: &mut Steps| match &mut steps[0] {
        Step::Solve { duals, .. } => duals.to.truncate(5),
        Step::Drop { .. } => panic!("first as many as can be are served"),
    };
    let UnprovenPlan::Step { error: StepError::Assignment(error), .. } = refused(&short) else { panic!("refused") };
    assert!(matches!(error, AssignmentError::PotentialCount { .. }));
    assert!(matches!(refused(&|steps| steps.truncate(1)), UnprovenPlan::Open { .. }));
    assert!(matches!(
        refused(&|steps| drop(steps.remove(0))),
        UnprovenPlan::Step { step: 0, error: StepError::OutOfTurn }
    ));
}
