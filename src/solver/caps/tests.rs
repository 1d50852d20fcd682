//! Holds capped matchings to brute force and to their proof.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::graph::MAX_WEIGHT;
use crate::solver::verify::verify_capped;

fn edge(u: u32, v: u32, weight: i64) -> Edge {
    Edge { u, v, weight }
}

/// Returns the largest weight of a matching that keeps the caps by trying every matching.
fn brute_force(edges: &[Edge], matched: &mut [bool], group_of: &[u32], left: &mut [u32]) -> i64 {
    let Some((&Edge { u, v, weight }, rest)) = edges.split_first() else {
        return 0;
    };
    let without = brute_force(rest, matched, group_of, left);
    let (u, v) = (u as usize, v as usize);
    let (g, h) = (group_of[u] as usize, group_of[v] as usize);
    let room = if g == h { left[g] >= 2 } else { left[g] >= 1 && left[h] >= 1 };
    if matched[u] || matched[v] || !room {
        return without;
    }
    (matched[u], matched[v]) = (true, true);
    left[g] -= 1;
    left[h] -= 1;
    let with = weight + brute_force(rest, matched, group_of, left);
    left[g] += 1;
    left[h] += 1;
    (matched[u], matched[v]) = (false, false);
    with.max(without)
}

/// Solves with caps, verifies the proof, and compares with brute force.
fn check(vertices: usize, edges: &[Edge], group_of: &[u32], cap_of_group: &[Option<u32>]) -> CappedMatching {
    let graph = Graph::new(vertices, edges.to_vec()).unwrap();
    let capped = capped_matching(&graph, group_of, cap_of_group).unwrap();
    let CappedMatching { mate, extra_mates, certificate, .. } = &capped;
    verify_capped(&graph, group_of, cap_of_group, mate, extra_mates, certificate).unwrap();
    let mut left: Vec<u32> = cap_of_group.iter().map(|cap| cap.unwrap_or(u32::MAX)).collect();
    let best = brute_force(&graph.edges().collect::<Vec<_>>(), &mut vec![false; vertices], group_of, &mut left);
    assert_eq!(capped.weight, best, "{edges:?} {group_of:?} {cap_of_group:?}");
    capped
}

#[test]
fn a_cap_of_one_keeps_the_better_of_two_swaps() {
    let edges = [edge(0, 1, 4), edge(2, 3, 5)];
    let capped = check(4, &edges, &[0, 1, 0, 2], &[Some(1), None, None]);
    assert_eq!(capped.mate, [None, None, Some(3), Some(2)]);
}

#[test]
fn a_cap_of_zero_leaves_a_group_unmatched() {
    let edges = [edge(0, 1, 4), edge(1, 2, 5), edge(0, 3, 1)];
    let capped = check(4, &edges, &[0, 0, 1, 1], &[Some(0), None]);
    assert_eq!(capped.mate, [None; 4]);
}

#[test]
fn an_edge_inside_a_group_uses_two_of_its_cap() {
    let edges = [edge(0, 1, 9)];
    assert_eq!(check(2, &edges, &[0, 0], &[Some(1)]).weight, 0);
    assert_eq!(check(2, &edges, &[0, 0], &[Some(2)]).weight, 9);
}

#[test]
fn without_a_binding_cap_nothing_is_added() {
    let edges = [edge(0, 1, 4), edge(1, 2, 5)];
    let capped = check(3, &edges, &[0, 0, 1], &[Some(2), None]);
    assert!(capped.extra_mates.is_empty());
    assert_eq!(capped.certificate.vertex_duals_2x.len(), 3);
}

#[test]
fn random_markets_with_caps_match_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..6_000 {
        let vertices = random.random_range(1..=9usize);
        let density = random.random_range(0.1..0.7);
        let heaviest = [1, 2, 5, 100][random.random_range(0..4)];
        let mut edges = Vec::new();
        for v in 0..vertices as u32 {
            for u in 0..v {
                if random.random_bool(density) {
                    edges.push(edge(u, v, random.random_range(1..=heaviest)));
                }
            }
        }
        let groups = random.random_range(1..=vertices as u32);
        let group_of: Vec<u32> = (0..vertices).map(|_| random.random_range(0..groups)).collect();
        let cap_of_group: Vec<Option<u32>> =
            (0..groups).map(|_| random.random_bool(0.8).then(|| random.random_range(0..4))).collect();
        check(vertices, &edges, &group_of, &cap_of_group);
    }
}

#[test]
fn every_width_of_numbers_gives_the_same_capped_matching() {
    let mut random = ChaCha8Rng::seed_from_u64(14);
    for _ in 0..300 {
        let edges: Vec<Edge> = (0..60)
            .map(|_| (random.random_range(0..24), random.random_range(0..24), random.random_range(1..50)))
            .filter(|(u, v, _)| u != v)
            .map(|(u, v, weight)| edge(u, v, weight))
            .collect();
        let wide = edges.iter().map(|&Edge { u, v, weight }| Edge { u, v, weight: i128::from(weight) }).collect();
        let (narrow, wide) = (Graph::new(24, edges).unwrap(), Graph::new(24, wide).unwrap());
        let group_of: Vec<u32> = (0..24).map(|vertex| vertex / 6).collect();
        let caps = [Some(1), Some(2), None, Some(4)];
        let by_narrow = capped_matching(&narrow, &group_of, &caps).unwrap();
        let by_wide = capped_matching(&wide, &group_of, &caps).unwrap();
        verify_capped(&wide, &group_of, &caps, &by_wide.mate, &by_wide.extra_mates, &by_wide.certificate).unwrap();
        assert_eq!(by_wide.mate, by_narrow.mate);
        assert_eq!(by_wide.extra_mates, by_narrow.extra_mates);
        assert_eq!(by_wide.weight, i128::from(by_narrow.weight));
    }
}

#[test]
fn a_larger_cap_never_lowers_the_optimum() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..200 {
        let edges: Vec<Edge> = (0..120)
            .map(|_| (random.random_range(0..40), random.random_range(0..40), random.random_range(1..50)))
            .filter(|(u, v, _)| u != v)
            .map(|(u, v, weight)| edge(u, v, weight))
            .collect();
        let graph = Graph::new(40, edges).unwrap();
        let group_of: Vec<u32> = (0..40).map(|vertex| vertex / 8).collect();
        let weights: Vec<i64> =
            (0..=9).map(|cap| capped_matching(&graph, &group_of, &[Some(cap); 5]).unwrap().weight).collect();
        assert!(weights.is_sorted(), "{weights:?}");
        assert_eq!(weights[0], 0);
        assert_eq!(weights[8], maximum_weight_matching(&graph).weight);
    }
}

#[test]
fn the_heaviest_weights_do_not_overflow() {
    let edges: Vec<Edge> = (0..62).step_by(2).map(|u| edge(u, u + 1, MAX_WEIGHT)).collect();
    let graph = Graph::new(62, edges).unwrap();
    let capped = capped_matching(&graph, &[0; 62], &[None]).unwrap();
    assert_eq!(capped.weight, 31 * MAX_WEIGHT);
}

#[test]
fn groups_that_do_not_fit_the_graph_are_refused_by_name() {
    let graph = Graph::new(2, vec![edge(0, 1, MAX_WEIGHT)]).unwrap();
    assert_eq!(capped_matching(&graph, &[0], &[None]), Err(CapError::GroupCount { expected: 2, found: 1 }));
    assert_eq!(
        capped_matching(&graph, &[0, 3], &[None]),
        Err(CapError::GroupOutOfRange { vertex: 1, group: 3, groups: 1 })
    );
    let weight = MAX_WEIGHT + 1;
    assert_eq!(
        capped_matching(&graph, &[0, 0], &[Some(1)]),
        Err(CapError::Gadget(GraphError::WeightOutOfRange { index: 1, weight }))
    );
}
