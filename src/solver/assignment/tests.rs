//! Holds the assignment to brute force, to a reference and to its proof: on every small digraph, on random ones, and on
//! hard cases.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::digraph::{DirectedArc, most_in_all};

pub(super) fn arc(from: u32, to: u32, weight: i64) -> DirectedArc {
    DirectedArc { from, to, weight }
}

/// Solves, and checks the proof and the weight.
fn solve(vertices: usize, arcs: &[DirectedArc]) -> Assignment {
    let digraph = Digraph::new(vertices, arcs.to_vec()).unwrap();
    let assignment = best_assignment(&digraph);
    if let Err(error) = verify_assignment(&digraph, &assignment.next, &assignment.certificate) {
        panic!("{error}\n{arcs:?}\n{assignment:?}");
    }
    let chosen = (0..).zip(&assignment.next).filter_map(|(from, to)| digraph.weight_from(from, (*to)?));
    assert_eq!(assignment.weight, chosen.sum::<i64>());
    assignment
}

/// Returns the largest weight by trying all permutations: vertex by vertex, what the rest may still follow.
pub(super) fn brute_force(vertices: usize, arcs: &[DirectedArc]) -> i64 {
    let digraph = Digraph::new(vertices, arcs.to_vec()).unwrap();
    let mut best = vec![None; 1 << vertices];
    best[0] = Some(0);
    for set in 0usize..(1 << vertices) - 1 {
        let Some(so_far) = best[set] else { continue };
        let vertex = set.count_ones();
        let choices = digraph.successors(vertex).iter().map(|arc| (arc.to, arc.weight));
        for (to, weight) in choices.chain([(vertex, 0)]) {
            if set & (1 << to) == 0 {
                let then = &mut best[set | (1 << to)];
                *then = (*then).max(Some(so_far + weight));
            }
        }
    }
    best[(1 << vertices) - 1].expect("all may stay")
}

/// Returns the largest weight by the reference, to which a missing arc is one that is never worth it.
fn reference(vertices: usize, arcs: &[DirectedArc]) -> i64 {
    if vertices == 0 {
        return 0;
    }
    let mut matrix = Matrix::new(vertices, vertices, -1_000_000_000_000);
    for vertex in 0..vertices {
        matrix[(vertex, vertex)] = 0;
    }
    for arc in arcs {
        let entry = &mut matrix[(arc.from as usize, arc.to as usize)];
        *entry = arc.weight.max(*entry);
    }
    kuhn_munkres(&matrix).0
}

pub(super) fn random_arcs(
    random: &mut ChaCha8Rng,
    vertices: u32,
    density: f64,
    weights: (i64, i64),
) -> Vec<DirectedArc> {
    let pairs = (0..vertices).flat_map(|from| (0..vertices).map(move |to| (from, to)));
    let mut arcs = Vec::new();
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        if random.random_bool(density) {
            arcs.push(arc(from, to, random.random_range(weights.0..=weights.1)));
        }
    }
    arcs
}

/// Calls `check` with every `stride`-th digraph of so many vertices whose weights are among the given ones.
fn for_every_digraph(vertices: u32, weights: &[i64], stride: usize, check: impl Fn(&[DirectedArc])) {
    let pairs: Vec<(u32, u32)> = (0..vertices)
        .flat_map(|from| (0..vertices).map(move |to| (from, to)))
        .filter(|(from, to)| from != to)
        .collect();
    let mut arcs = Vec::new();
    let choices = weights.len() + 1;
    for code in (0..choices.pow(pairs.len() as u32)).step_by(stride) {
        arcs.clear();
        let mut digits = code;
        for &(from, to) in &pairs {
            if let Some(&weight) = weights.get(digits % choices) {
                arcs.push(arc(from, to, weight));
            }
            digits /= choices;
        }
        check(&arcs);
    }
}

#[test]
fn without_arcs_everything_stays() {
    assert_eq!(solve(0, &[]).next, []);
    assert_eq!(solve(3, &[]).next, [None; 3]);
}

#[test]
fn what_is_on_no_cycle_stays_however_much_its_arcs_weigh() {
    let assignment = solve(5, &[arc(0, 1, 100), arc(1, 2, 3), arc(2, 1, -1), arc(2, 3, 100), arc(4, 3, 9)]);
    assert_eq!(assignment.next, [None, Some(2), Some(1), None, None]);
    assert_eq!(assignment.weight, 2);
}

#[test]
fn a_ring_worth_nothing_is_not_chosen() {
    assert_eq!(solve(3, &[arc(0, 1, 5), arc(1, 2, -9), arc(2, 0, 4)]).next, [None; 3]);
    assert_eq!(solve(2, &[arc(0, 1, 0), arc(1, 0, 0)]).next, [None; 2]);
}

#[test]
fn one_long_ring_wins_when_it_weighs_more_than_many_short_ones() {
    let around = (0..50).map(|vertex| arc(vertex, (vertex + 1) % 50, 3));
    let back = (0..50).map(|vertex| arc((vertex + 1) % 50, vertex, 2));
    let assignment = solve(50, &around.chain(back).collect::<Vec<_>>());
    assert_eq!(assignment.weight, 150);
    assert_eq!(assignment.next[49], Some(0));
}

#[test]
fn every_digraph_of_up_to_three_vertices_matches_brute_force() {
    for vertices in 0..=3 {
        for_every_digraph(vertices, &[-1, 1, 2], 1, |arcs| {
            assert_eq!(solve(vertices as usize, arcs).weight, brute_force(vertices as usize, arcs), "{arcs:?}");
        });
    }
}

#[test]
fn digraphs_of_four_vertices_match_brute_force() {
    // A prime stride, so that every choice for every arc is met; `tests/bench/every_graph.rs` tries them all.
    for_every_digraph(4, &[-1, 1, 2], 1009, |arcs| {
        assert_eq!(solve(4, arcs).weight, brute_force(4, arcs), "{arcs:?}");
    });
}

#[test]
fn random_digraphs_match_brute_force_and_the_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..3000 {
        let vertices = random.random_range(1..=7);
        let density = random.random_range(0.1..1.0);
        let weights = [(1, 1), (-1, 2), (-5, 5), (1, 10), (-300, 1000), (-1_000_000, 1_000_000)];
        let arcs = random_arcs(&mut random, vertices, density, weights[vertices as usize % 6]);
        let weight = solve(vertices as usize, &arcs).weight;
        assert_eq!(weight, brute_force(vertices as usize, &arcs), "{arcs:?}");
        assert_eq!(weight, reference(vertices as usize, &arcs), "{arcs:?}");
    }
}

#[test]
fn larger_random_digraphs_match_the_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for round in 0..60 {
        let vertices = random.random_range(8..=60);
        let density = random.random_range(0.05..1.0);
        let weights = [(1, 1), (-1, 3), (1, 10), (-300, 1000), (-1_000_000, 1_000_000)][round % 5];
        let arcs = random_arcs(&mut random, vertices, density, weights);
        assert_eq!(solve(vertices as usize, &arcs).weight, reference(vertices as usize, &arcs), "{arcs:?}");
    }
}

#[test]
fn renumbering_leaves_the_optimum_and_the_order_of_arcs_leaves_the_answer() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..300 {
        let vertices = random.random_range(2..=40);
        let density = random.random_range(0.05..0.5);
        let arcs = random_arcs(&mut random, vertices, density, (-10, 30));
        let assignment = solve(vertices as usize, &arcs);
        let mut shuffled = arcs.clone();
        shuffled.shuffle(&mut random);
        assert_eq!(solve(vertices as usize, &shuffled), assignment);
        let mut number: Vec<u32> = (0..vertices).collect();
        number.shuffle(&mut random);
        for arc in &mut shuffled {
            (arc.from, arc.to) = (number[arc.from as usize], number[arc.to as usize]);
        }
        assert_eq!(solve(vertices as usize, &shuffled).weight, assignment.weight);
    }
}

#[test]
fn another_arc_never_lowers_the_optimum() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..50 {
        let vertices = random.random_range(2..=12);
        let mut arcs = random_arcs(&mut random, vertices, 0.7, (-10, 30));
        arcs.shuffle(&mut random);
        let mut before = 0;
        for count in 0..=arcs.len() {
            let weight = solve(vertices as usize, &arcs[..count]).weight;
            assert!(weight >= before, "{:?}", &arcs[..count]);
            before = weight;
        }
    }
}

#[test]
fn chains_of_components_are_covered_up_to_the_largest_weights() {
    // Pairs, each joined to the next and the one after it by arcs that lie on no cycle.
    let vertices = 40;
    let most = most_in_all::<i64>() / i64::from(vertices);
    let mut arcs = Vec::new();
    for first in (0..vertices).step_by(2) {
        arcs.extend([arc(first, first + 1, most), arc(first + 1, first, -most + 1)]);
        let later = [first + 2, first + 5].into_iter().filter(|&to| to < vertices);
        arcs.extend(later.flat_map(|to| [arc(first, to, most), arc(first + 1, to, most)]));
    }
    assert_eq!(solve(vertices as usize, &arcs).weight, i64::from(vertices / 2));
}

#[test]
fn weights_of_very_different_sizes_match_the_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..300 {
        let vertices = random.random_range(3..=30);
        let mut arcs = random_arcs(&mut random, vertices, 0.4, (1, 3));
        for arc in &mut arcs {
            arc.weight <<= random.random_range(0..30);
        }
        assert_eq!(solve(vertices as usize, &arcs).weight, reference(vertices as usize, &arcs), "{arcs:?}");
    }
}

#[test]
fn a_war_of_bids_over_what_three_want_and_two_can_have_ends() {
    let dear = 1 << 50;
    let arcs: Vec<DirectedArc> = (0..3).flat_map(|from| [arc(from, 3, dear), arc(from, 4, dear)]).collect();
    let back = (0..3).flat_map(|to| [arc(3, to, 1), arc(4, to, 1)]);
    let small = (5..400).map(|vertex| arc(vertex, if vertex == 399 { 5 } else { vertex + 1 }, 1));
    let arcs: Vec<DirectedArc> = arcs.into_iter().chain(back).chain(small).collect();
    assert_eq!(solve(400, &arcs).weight, 2 * dear + 2 + 395);
}

#[test]
fn weights_wider_than_64_bits_give_the_same_rings() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..100 {
        let vertices = random.random_range(2..=20);
        let arcs = random_arcs(&mut random, vertices, 0.3, (-10, 30));
        let wide =
            arcs.iter().map(|arc| DirectedArc { from: arc.from, to: arc.to, weight: i128::from(arc.weight) << 80 });
        let digraph = Digraph::new(vertices as usize, wide.collect()).unwrap();
        let assignment = best_assignment(&digraph);
        assert_eq!(verify_assignment(&digraph, &assignment.next, &assignment.certificate), Ok(()));
        assert_eq!(assignment.weight, i128::from(solve(vertices as usize, &arcs).weight) << 80);
    }
}

/// A best set of cycles with its proof: a ring of three beside a worse pair, an arc away from it, and one that stays.
#[derive(Clone)]
struct Proven {
    digraph: Digraph,
    next: Vec<Option<u32>>,
    potentials: Potentials,
}

/// Corrupts proven cycles and expects one error.
fn check(corrupt: impl Fn(&mut Proven), expected: AssignmentError) {
    let arcs = vec![arc(0, 1, 5), arc(1, 2, 5), arc(2, 0, 5), arc(1, 0, 6), arc(2, 3, 50)];
    let mut proven = Proven {
        digraph: Digraph::new(4, arcs).unwrap(),
        next: vec![Some(1), Some(2), Some(0), None],
        potentials: Potentials { from: vec![5, 7, 6, -44], to: vec![-1, 0, -2, 44] },
    };
    assert_eq!(verify_assignment(&proven.digraph, &proven.next, &proven.potentials), Ok(()));
    corrupt(&mut proven);
    assert_eq!(verify_assignment(&proven.digraph, &proven.next, &proven.potentials), Err(expected));
}

#[test]
fn a_missing_entry_is_refused() {
    check(|proven| proven.next.truncate(3), AssignmentError::NextCount { expected: 4, found: 3 });
}

#[test]
fn a_follower_without_an_arc_is_refused() {
    check(|proven| proven.next[3] = Some(0), AssignmentError::NextWithoutArc { from: 3, to: 0 });
    check(|proven| proven.next[3] = Some(4), AssignmentError::NextWithoutArc { from: 3, to: 4 });
    check(|proven| proven.next[3] = Some(3), AssignmentError::NextWithoutArc { from: 3, to: 3 });
}

#[test]
fn a_cycle_that_does_not_close_is_refused() {
    check(|proven| proven.next[2] = Some(3), AssignmentError::CycleBroken { from: 2, to: 3 });
}

#[test]
fn a_vertex_that_follows_two_is_refused() {
    check(|proven| proven.next[1] = Some(0), AssignmentError::EnteredTwice { from: 2, to: 0 });
}

#[test]
fn a_missing_or_surplus_potential_is_refused() {
    check(|proven| proven.potentials.from.truncate(3), AssignmentError::PotentialCount { expected: 4, found: 3 });
    check(|proven| proven.potentials.to.push(0), AssignmentError::PotentialCount { expected: 4, found: 5 });
}

#[test]
fn potentials_short_of_an_arc_are_refused() {
    check(|proven| proven.potentials.to[3] = 43, AssignmentError::NegativeSlack { from: 2, to: 3, slack: -1 });
}

#[test]
fn potentials_short_of_staying_are_refused() {
    check(|proven| proven.potentials.from[3] = -45, AssignmentError::NegativeSlack { from: 3, to: 3, slack: -1 });
}

#[test]
fn a_chosen_arc_with_slack_is_refused() {
    check(|proven| proven.potentials.from[0] = 6, AssignmentError::LooseChoice { from: 0, to: 1, slack: 1 });
}

#[test]
fn staying_with_slack_is_refused() {
    check(|proven| proven.potentials.from[3] = -43, AssignmentError::LooseChoice { from: 3, to: 3, slack: 1 });
}

#[test]
fn cycles_that_are_not_the_best_are_refused() {
    let corrupt = |proven: &mut Proven| proven.next = vec![Some(1), Some(0), None, None];
    check(corrupt, AssignmentError::LooseChoice { from: 2, to: 2, slack: 4 });
}

#[test]
fn potentials_beyond_all_numbers_are_refused() {
    let corrupt = |proven: &mut Proven| proven.potentials.to[2] = i64::MAX;
    check(corrupt, AssignmentError::SlackOutOfRange { from: 1, to: 2 });
}
