use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::graph::Edge;
use crate::solver::verify::verify;

/// Returns the largest weight of a matching by trying every set of vertices.
fn brute_force(vertices: usize, edges: &[Edge]) -> i64 {
    let mut best = vec![0i64; 1 << vertices];
    for set in 1usize..1 << vertices {
        let first = set.trailing_zeros();
        let rest = set & (set - 1);
        best[set] = edges
            .iter()
            .filter(|edge| edge.u == first || edge.v == first)
            .map(|edge| (rest & !(1 << edge.u | 1 << edge.v), edge))
            .filter(|(_, edge)| set >> edge.u & set >> edge.v & 1 == 1)
            .map(|(without, edge)| best[without] + edge.weight)
            .fold(best[rest], i64::max);
    }
    best[(1 << vertices) - 1]
}

fn check(vertices: usize, edges: &[Edge]) {
    let graph = Graph::new(vertices, edges.to_vec()).unwrap();
    let matching = maximum_weight_matching(&graph);
    if let Err(error) = verify(&graph, &matching.mate, &matching.certificate) {
        panic!("{error}\n{edges:?}\n{matching:?}");
    }
    assert_eq!(matching.weight, brute_force(vertices, edges), "{edges:?}");
}

#[test]
fn random_graphs_match_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..30_000 {
        let vertices = random.random_range(1..=12);
        let density = random.random_range(0.1..1.0);
        let heaviest = [1, 2, 3, 10, 1000][random.random_range(0..5)];
        let mut edges = Vec::new();
        for u in 0..vertices as u32 {
            for v in 0..u {
                if random.random_bool(density) {
                    let weight = random.random_range(1..=heaviest);
                    edges.push(Edge { u, v, weight });
                }
            }
        }
        check(vertices, &edges);
    }
}
