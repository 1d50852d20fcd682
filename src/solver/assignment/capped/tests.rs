//! Holds rings with caps to brute force and to their proof, and corrupts proofs, once for every rule.

use std::sync::atomic::{AtomicU32, Ordering};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::assignment::tests::{arc, brute_force, random_arcs};
use crate::solver::assignment::{AssignmentError, CappedAssignmentError, verify_capped_assignment};

/// A digraph with groups.
#[derive(Debug)]
struct Market {
    vertices: usize,
    arcs: Vec<DirectedArc>,
    group_of: Vec<u32>,
    caps: Vec<Option<u32>>,
}

impl Market {
    fn random(random: &mut ChaCha8Rng, vertices: u32, weights: (i64, i64)) -> Self {
        let groups = random.random_range(1..=vertices);
        let density = random.random_range(0.2..1.0);
        Self {
            vertices: vertices as usize,
            arcs: random_arcs(random, vertices, density, weights),
            group_of: (0..vertices).map(|_| random.random_range(0..groups)).collect(),
            caps: (0..groups).map(|_| random.random_bool(0.8).then(|| random.random_range(0..3))).collect(),
        }
    }

    fn digraph(&self) -> Digraph {
        Digraph::new(self.vertices, self.arcs.clone()).unwrap()
    }

    /// Solves until `stop` says so, and checks the proof and the weight.
    fn solve(&self, stop: &(dyn Fn() -> bool + Sync)) -> CappedAssignment {
        let digraph = self.digraph();
        let plan = capped_assignment(&digraph, &self.group_of, &self.caps, stop).unwrap();
        let CappedAssignment { next, bound, certificate, .. } = &plan;
        if let Err(error) = verify_capped_assignment(&digraph, &self.group_of, &self.caps, next, *bound, certificate) {
            panic!("{error}\n{self:?}\n{plan:?}");
        }
        let chosen = (0..).zip(next).filter_map(|(from, to)| digraph.weight_from(from, (*to)?));
        assert_eq!(plan.weight, chosen.sum::<i64>());
        assert_eq!(plan.optimal, plan.weight == plan.bound);
        plan
    }

    /// Returns the largest weight by trying every set of vertices that may move.
    fn brute_force(&self) -> i64 {
        let sets = (0u32..1 << self.vertices).filter(|set| {
            (0..).zip(&self.caps).all(|(group, cap)| {
                let members = (0..self.vertices).filter(|&v| set & (1 << v) != 0 && self.group_of[v] == group);
                cap.is_none_or(|cap| members.count() <= cap as usize)
            })
        });
        let best_within = |set: u32| {
            let inside = |arc: &&DirectedArc| set & (1 << arc.from) != 0 && set & (1 << arc.to) != 0;
            brute_force(self.vertices, &self.arcs.iter().filter(inside).copied().collect::<Vec<_>>())
        };
        sets.map(best_within).max().unwrap()
    }
}

#[test]
fn small_markets_with_caps_match_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..1500 {
        let vertices = random.random_range(1..=6);
        let weights = [(1, 1), (-1, 2), (1, 10), (-300, 1000)][round % 4];
        let market = Market::random(&mut random, vertices, weights);
        let plan = market.solve(&|| false);
        assert!(plan.optimal, "{market:?}\n{plan:?}");
        assert_eq!(plan.weight, market.brute_force(), "{market:?}\n{plan:?}");
    }
}

#[test]
fn caps_that_do_not_matter_leave_the_best_assignment() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..100 {
        let vertices = random.random_range(1..=30);
        let mut market = Market::random(&mut random, vertices, (-10, 30));
        for cap in &mut market.caps {
            *cap = cap.map(|_| vertices);
        }
        let plan = market.solve(&|| false);
        assert!(plan.optimal);
        assert_eq!(plan.weight, best_assignment(&market.digraph()).weight);
    }
}

#[test]
fn whenever_it_is_stopped_the_bound_is_proven() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for calls in 0..150 {
        let vertices = random.random_range(10..=40);
        let market = Market::random(&mut random, vertices, (1, 1000));
        let left = AtomicU32::new(calls);
        let out_of_time =
            || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err();
        let plan = market.solve(&out_of_time);
        assert!(plan.weight <= plan.bound);
    }
}

#[test]
fn a_group_that_may_not_move_does_not() {
    let market = Market {
        vertices: 4,
        arcs: vec![arc(0, 1, 5), arc(1, 0, 5), arc(2, 3, 2), arc(3, 2, 2), arc(1, 2, 50)],
        group_of: vec![0, 1, 1, 1],
        caps: vec![Some(0), None],
    };
    let plan = market.solve(&|| false);
    assert_eq!(plan.next, [None, None, Some(3), Some(2)]);
    assert!(plan.optimal);
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let digraph: Digraph = Digraph::new(2, Vec::new()).unwrap();
    let never = || false;
    let too_few = CapError::GroupCount { expected: 2, found: 1 };
    assert_eq!(capped_assignment(&digraph, &[0], &[None], &never), Err(too_few));
    let beyond = CapError::GroupOutOfRange { vertex: 1, group: 1, groups: 1 };
    assert_eq!(capped_assignment(&digraph, &[0, 1], &[None], &never), Err(beyond));
}

/// A plan with its proof by two cases: two rings of two, of which the vertices 0 and 2 are of one group, and only one
/// may move.
#[derive(Clone)]
struct Proven {
    digraph: Digraph,
    group_of: Vec<u32>,
    caps: Vec<Option<u32>>,
    next: Vec<Option<u32>>,
    bound: i64,
    proof: Vec<CapStep>,
}

impl Proven {
    fn new() -> Self {
        let rings = vec![arc(0, 1, 5), arc(1, 0, 5), arc(2, 3, 4), arc(3, 2, 4)];
        let case = |from: [i64; 4], to: [i64; 4]| CapStep::Bound {
            prices: vec![0, 0],
            potentials: Potentials { from: from.to_vec(), to: to.to_vec() },
        };
        Self {
            digraph: Digraph::new(4, rings).unwrap(),
            group_of: vec![0, 1, 0, 1],
            caps: vec![Some(1), None],
            next: vec![Some(1), Some(0), None, None],
            bound: 10,
            proof: vec![
                CapStep::OneStays(vec![0, 2]),
                case([0, 0, 2, 2], [0, 0, 2, 2]),
                case([5, 5, 0, 0], [0, 0, 0, 0]),
            ],
        }
    }

    fn verify(&self) -> Result<(), CappedAssignmentError> {
        let Self { digraph, group_of, caps, next, bound, proof } = self;
        verify_capped_assignment(digraph, group_of, caps, next, *bound, proof)
    }

    /// The prices and potentials of a step that has them.
    fn step(&mut self, step: usize) -> (&mut Vec<i64>, &mut Potentials) {
        match &mut self.proof[step] {
            CapStep::Bound { prices, potentials } => (prices, potentials),
            CapStep::OneStays(_) => panic!("step {step} is a split"),
        }
    }
}

/// Corrupts the proven plan and expects one error.
fn check(corrupt: impl Fn(&mut Proven), expected: CappedAssignmentError) {
    let mut proven = Proven::new();
    corrupt(&mut proven);
    assert_eq!(proven.verify(), Err(expected));
}

#[test]
fn a_proven_plan_is_accepted_and_so_is_one_price_in_place_of_cases() {
    assert_eq!(Proven::new().verify(), Ok(()));
    let mut priced = Proven::new();
    let potentials = Potentials { from: vec![0, 1, -2, 2], to: vec![4, 0, 2, 1] };
    priced.proof = vec![CapStep::Bound { prices: vec![5, 0], potentials }];
    priced.bound = 13;
    assert_eq!(priced.verify(), Ok(()));
    priced.bound = 12;
    assert_eq!(priced.verify(), Err(CappedAssignmentError::BoundExceeded { step: 0, total: 13 }));
}

#[test]
fn broken_cycles_are_refused() {
    let expected = CappedAssignmentError::Cycles(AssignmentError::CycleBroken { from: 0, to: 1 });
    check(|proven| proven.next[1] = None, expected);
}

#[test]
fn groups_that_do_not_fit_the_digraph_are_refused() {
    check(|proven| proven.group_of.truncate(3), CappedAssignmentError::GroupCount { expected: 4, found: 3 });
    check(|proven| proven.group_of[3] = 2, CappedAssignmentError::GroupOutOfRange { vertex: 3, group: 2 });
}

#[test]
fn more_moves_than_the_cap_are_refused() {
    let corrupt = |proven: &mut Proven| proven.next = vec![Some(1), Some(0), Some(3), Some(2)];
    check(corrupt, CappedAssignmentError::CapExceeded { group: 0, cap: 1, found: 2 });
}

#[test]
fn a_surplus_step_is_refused() {
    let corrupt = |proven: &mut Proven| proven.proof.push(proven.proof[2].clone());
    check(corrupt, CappedAssignmentError::SurplusStep { step: 3 });
}

#[test]
fn a_missing_case_is_refused() {
    check(|proven| proven.proof.truncate(2), CappedAssignmentError::MissingStep { steps: 2 });
    check(|proven| proven.proof.clear(), CappedAssignmentError::MissingStep { steps: 0 });
}

#[test]
fn cases_that_do_not_cover_all_are_refused() {
    for vertices in [vec![], vec![0], vec![0, 0], vec![0, 1], vec![0, 4], vec![1, 3]] {
        let corrupt = |proven: &mut Proven| proven.proof[0] = CapStep::OneStays(vertices.clone());
        check(corrupt, CappedAssignmentError::NoneNeedStay { step: 0 });
    }
}

#[test]
fn a_missing_price_is_refused() {
    let expected = CappedAssignmentError::PriceCount { step: 1, expected: 2, found: 1 };
    check(|proven| proven.step(1).0.truncate(1), expected);
}

#[test]
fn a_negative_price_and_one_without_a_cap_are_refused() {
    let negative = CappedAssignmentError::UnfitPrice { step: 1, group: 0, price: -1 };
    check(|proven| proven.step(1).0[0] = -1, negative);
    let without_cap = CappedAssignmentError::UnfitPrice { step: 2, group: 1, price: 1 };
    check(|proven| proven.step(2).0[1] = 1, without_cap);
}

#[test]
fn a_missing_or_surplus_potential_is_refused() {
    let missing = CappedAssignmentError::PotentialCount { step: 1, expected: 4, found: 3 };
    check(|proven| proven.step(1).1.from.truncate(3), missing);
    let surplus = CappedAssignmentError::PotentialCount { step: 2, expected: 4, found: 5 };
    check(|proven| proven.step(2).1.to.push(0), surplus);
}

#[test]
fn potentials_short_of_an_arc_or_of_staying_are_refused() {
    let arc = CappedAssignmentError::NegativeSlack { step: 1, from: 2, to: 3, slack: -1 };
    check(|proven| proven.step(1).1.to[3] = 1, arc);
    let staying = CappedAssignmentError::NegativeSlack { step: 2, from: 3, to: 3, slack: -1 };
    check(|proven| proven.step(2).1.from[3] = -1, staying);
}

#[test]
fn a_bound_that_is_not_reached_is_refused() {
    check(|proven| proven.bound = 9, CappedAssignmentError::BoundExceeded { step: 2, total: 10 });
}

#[test]
fn sums_beyond_all_numbers_are_refused() {
    let corrupt = |proven: &mut Proven| proven.step(1).1.from[3] = i64::MAX;
    check(corrupt, CappedAssignmentError::SumOutOfRange { step: 1 });
}
