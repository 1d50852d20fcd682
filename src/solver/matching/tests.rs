//! Holds the matching to brute force and to its proof, on every small graph, on random ones, on
//! hard cases and on long ones.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::graph::{Edge, MAX_WEIGHT};
use crate::solver::verify::verify;

fn edge(u: u32, v: u32, weight: i64) -> Edge {
    Edge { u, v, weight }
}

/// Returns the largest weight of a matching by trying every set of vertices.
fn brute_force(vertices: usize, edges: &[Edge]) -> i64 {
    let mut down = vec![Vec::new(); vertices];
    for edge in edges {
        down[edge.u.max(edge.v) as usize].push((1usize << edge.u.min(edge.v), edge.weight));
    }
    let mut best = vec![0i64; 1 << vertices];
    for set in 1usize..1 << vertices {
        let last = set.ilog2();
        let rest = set & !(1 << last);
        let mut most = best[rest];
        for &(partner, weight) in &down[last as usize] {
            if rest & partner != 0 {
                most = most.max(weight + best[rest & !partner]);
            }
        }
        best[set] = most;
    }
    best[(1 << vertices) - 1]
}

/// Solves and verifies the proof, in several ways: the fractional start leaves little to the searches with
/// blossoms, so these must also find the optimum on their own, and so must starts from regions so small that
/// most searches leave them, and searches that give way to others again and again.
fn solve(vertices: usize, edges: &[Edge]) -> Matching {
    let graph = Graph::new(vertices, edges.to_vec()).unwrap();
    let matching = maximum_weight_matching(&graph);
    let others = [
        finish(&graph, start_from_nothing(&graph), usize::MAX),
        finish(&graph, start_from_nothing(&graph), 1),
        finish(&graph, fractional::start_in_regions(graph.rows(), 4), 1),
    ];
    for other in others.iter().chain([&matching]) {
        if let Err(error) = verify(&graph, &other.mate, &other.certificate) {
            panic!("{error}\n{edges:?}\n{other:?}");
        }
        assert_eq!(other.weight, matching.weight, "{edges:?}");
    }
    matching
}

/// Finishes a start without renumbering, with searches that give way after so many vertices in the first round.
fn finish(graph: &Graph, start: Start<i64>, first_round: usize) -> Matching {
    let family = settle_in_rounds(graph.rows(), start, first_round).into_family();
    let order: Vec<u32> = (0..graph.vertices() as u32).collect();
    read_off(graph, &family, &order, &order, |weight| weight)
}

/// Leaves every vertex unsettled.
fn start_from_nothing(graph: &Graph) -> Start<i64> {
    let vertices = 0..graph.vertices() as u32;
    let heaviest = |vertex| graph.neighbours(vertex).iter().map(|arc| arc.weight).max().unwrap_or(0);
    Start {
        mate: vec![NONE; graph.vertices()],
        dual_2x: vertices.clone().map(heaviest).collect(),
        unsettled: vertices.collect(),
    }
}

/// Solves, verifies the proof, and compares with brute force.
fn check(vertices: usize, edges: &[Edge]) {
    let matching = solve(vertices, edges);
    assert_eq!(matching.weight, brute_force(vertices, edges), "{edges:?}");
}

fn random_edges(random: &mut ChaCha8Rng, vertices: u32, density: f64, heaviest: i64) -> Vec<Edge> {
    let mut edges = Vec::new();
    for v in 0..vertices {
        for u in 0..v {
            if random.random_bool(density) {
                edges.push(edge(u, v, random.random_range(1..=heaviest)));
            }
        }
    }
    edges
}

fn renumbered(random: &mut ChaCha8Rng, vertices: u32, edges: &[Edge]) -> Vec<Edge> {
    let mut number: Vec<u32> = (0..vertices).collect();
    number.shuffle(random);
    let rename = |vertex: u32| number[vertex as usize];
    let mut edges: Vec<Edge> = edges.iter().map(|e| edge(rename(e.u), rename(e.v), e.weight)).collect();
    edges.shuffle(random);
    edges
}

#[test]
fn an_empty_graph_has_an_empty_matching() {
    check(0, &[]);
    check(3, &[]);
}

#[test]
fn fewer_edges_win_when_they_weigh_more() {
    let matching = solve(4, &[edge(0, 1, 5), edge(1, 2, 11), edge(2, 3, 5)]);
    assert_eq!(matching.mate, [None, Some(2), Some(1), None]);
    assert_eq!(matching.weight, 11);
}

#[test]
fn worthless_edges_are_never_chosen() {
    let matching = solve(4, &[edge(0, 1, 0), edge(2, 3, -7)]);
    assert_eq!(matching.mate, [None; 4]);
}

#[test]
fn every_small_graph_matches_brute_force() {
    for vertices in 0..=5u32 {
        let pairs: Vec<(u32, u32)> = (0..vertices).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        for code in 0..3u32.pow(pairs.len() as u32) {
            let mut digits = code;
            let mut edges = Vec::new();
            for &(u, v) in &pairs {
                edges.push(edge(u, v, i64::from(digits % 3)));
                digits /= 3;
            }
            edges.retain(|edge| edge.weight > 0);
            check(vertices as usize, &edges);
        }
    }
}

#[test]
fn random_graphs_match_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..20_000 {
        let vertices = if round % 10 == 0 { 12 } else { random.random_range(6..=10) };
        let density = random.random_range(0.1..1.0);
        let heaviest = [1, 2, 3, 10, 1000][random.random_range(0..5)];
        let edges = random_edges(&mut random, vertices, density, heaviest);
        check(vertices as usize, &edges);
    }
}

/// Odd cycles strung together, the food of blossoms, with weights that fall slowly.
fn random_odd_cycles(random: &mut ChaCha8Rng, vertices: u32) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut first = 0;
    while first + 1 < vertices {
        let length = [3, 3, 5][random.random_range(0..3)].min(vertices - first);
        let base = random.random_range(8..14);
        for step in 0..length {
            let (u, v) = (first + step, first + (step + 1) % length);
            if u != v {
                edges.push(edge(u, v, base + random.random_range(0..3)));
            }
        }
        first += random.random_range(1..length.max(2));
    }
    for _ in 0..random.random_range(0..4) {
        let (u, v) = (random.random_range(0..vertices), random.random_range(0..vertices));
        if u != v {
            edges.push(edge(u, v, random.random_range(1..12)));
        }
    }
    edges
}

#[test]
fn strings_of_odd_cycles_match_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..10_000 {
        let vertices = random.random_range(3..=11);
        let edges = random_odd_cycles(&mut random, vertices);
        let edges = renumbered(&mut random, vertices, &edges);
        check(vertices as usize, &edges);
    }
}

/// A name, and edges `(u, v, weight)`.
type Story = (&'static str, &'static [(u32, u32, i64)]);

/// Situations known to break matching codes.
const STORIES: &[Story] = &[
    ("an S blossom lies on an augmenting path", &[(0, 1, 8), (0, 2, 9), (1, 2, 10), (2, 3, 7), (0, 5, 5), (3, 4, 6)]),
    ("an S blossom is a T blossom later", &[(0, 1, 9), (0, 2, 8), (1, 2, 10), (0, 3, 5), (3, 4, 4), (0, 5, 3)]),
    ("a T blossom is left at its base", &[(0, 1, 9), (0, 2, 8), (1, 2, 10), (0, 3, 5), (3, 4, 3), (2, 5, 4)]),
    ("two blossoms are nested", &[(0, 1, 9), (0, 2, 9), (1, 2, 10), (1, 3, 8), (2, 4, 8), (3, 4, 10), (4, 5, 6)]),
    (
        "a blossom is kept and shrunk into another later",
        &[(0, 1, 10), (0, 6, 10), (1, 2, 12), (2, 3, 20), (2, 4, 20), (3, 4, 25), (4, 5, 10), (5, 6, 10), (6, 7, 8)],
    ),
    (
        "nested blossoms open one after the other",
        &[
            (0, 1, 8),
            (0, 2, 8),
            (1, 2, 10),
            (1, 3, 12),
            (2, 4, 12),
            (3, 4, 14),
            (3, 5, 12),
            (4, 6, 12),
            (5, 6, 14),
            (6, 7, 12),
        ],
    ),
    (
        "a T blossom opens",
        &[(0, 1, 23), (0, 4, 22), (0, 5, 15), (1, 2, 25), (2, 3, 22), (3, 4, 25), (3, 7, 14), (4, 6, 13)],
    ),
    (
        "a T blossom with a blossom inside opens",
        &[(0, 1, 19), (0, 2, 20), (0, 7, 8), (1, 2, 25), (1, 3, 18), (2, 4, 18), (3, 4, 13), (3, 6, 7), (4, 5, 7)],
    ),
    (
        "a child of an opened blossom was reached before",
        &[
            (0, 1, 45),
            (0, 4, 45),
            (1, 2, 50),
            (2, 3, 45),
            (3, 4, 50),
            (0, 5, 30),
            (2, 8, 35),
            (3, 7, 35),
            (4, 6, 26),
            (8, 9, 5),
        ],
    ),
    (
        "a child of an opened blossom is reached again, more tightly",
        &[
            (0, 1, 45),
            (0, 4, 45),
            (1, 2, 50),
            (2, 3, 45),
            (3, 4, 50),
            (0, 5, 30),
            (2, 8, 35),
            (3, 7, 28),
            (4, 6, 26),
            (8, 9, 5),
        ],
    ),
    (
        "two levels open and their children were reached before",
        &[
            (0, 1, 45),
            (0, 6, 45),
            (1, 2, 50),
            (2, 3, 45),
            (3, 4, 95),
            (3, 5, 94),
            (4, 5, 94),
            (5, 6, 50),
            (0, 7, 30),
            (2, 10, 35),
            (4, 8, 36),
            (6, 9, 26),
            (10, 11, 5),
        ],
    ),
    (
        "two heavy triangles share a light bridge",
        &[(0, 1, 7), (1, 2, 7), (0, 2, 7), (2, 3, 1), (3, 4, 7), (4, 5, 7), (3, 5, 7)],
    ),
    (
        "every vertex of a cycle has a tail",
        &[(0, 1, 6), (1, 2, 6), (2, 3, 6), (3, 4, 6), (4, 0, 6), (0, 5, 3), (1, 6, 3), (2, 7, 3), (3, 8, 3), (4, 9, 3)],
    ),
];

#[test]
fn known_hard_situations_match_brute_force_under_every_numbering_tried() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for (story, edges) in STORIES {
        let edges: Vec<Edge> = edges.iter().map(|&(u, v, weight)| edge(u, v, weight)).collect();
        let vertices = 1 + edges.iter().map(|edge| edge.u.max(edge.v)).max().unwrap();
        let best = brute_force(vertices as usize, &edges);
        assert_eq!(solve(vertices as usize, &edges).weight, best, "{story}");
        for _ in 0..300 {
            let renumbered = renumbered(&mut random, vertices, &edges);
            assert_eq!(solve(vertices as usize, &renumbered).weight, best, "{story}: {renumbered:?}");
        }
    }
}

#[test]
fn the_optimum_is_unchanged_under_renumbering() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..300 {
        let vertices = random.random_range(20..=60);
        let heaviest = [2, 10, 1_000_000][random.random_range(0..3)];
        let density = random.random_range(0.03..0.4);
        let edges = random_edges(&mut random, vertices, density, heaviest);
        let weight = solve(vertices as usize, &edges).weight;
        for _ in 0..3 {
            let edges = renumbered(&mut random, vertices, &edges);
            assert_eq!(solve(vertices as usize, &edges).weight, weight, "{edges:?}");
        }
    }
}

#[test]
fn the_matching_is_the_same_whatever_the_order_of_edges() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..300 {
        let mut edges = random_edges(&mut random, 24, 0.3, 4);
        let matching = solve(24, &edges);
        edges.shuffle(&mut random);
        for edge in &mut edges {
            std::mem::swap(&mut edge.u, &mut edge.v);
        }
        assert_eq!(solve(24, &edges), matching);
    }
}

/// Points in a square, each joined to some near ones, in an arbitrary numbering.
fn random_neighbourhoods(random: &mut ChaCha8Rng, side: u32) -> Vec<Edge> {
    let mut edges = Vec::new();
    for place in 0..side * side {
        for _ in 0..7 {
            let (x, y) = (place % side + random.random_range(0..4), place / side + random.random_range(0..4));
            if x < side && y < side && y * side + x != place {
                edges.push(edge(place, y * side + x, random.random_range(1..=1000)));
            }
        }
    }
    renumbered(random, side * side, &edges)
}

#[test]
fn the_matching_is_the_same_whatever_the_number_of_threads() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let side = 400;
    let edges = random_neighbourhoods(&mut random, side);
    let solve_with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let graph = Graph::new((side * side) as usize, edges.clone()).unwrap();
            let matching = maximum_weight_matching(&graph);
            (graph, matching)
        })
    };
    let (graph, matching) = solve_with(1);
    assert_eq!(verify(&graph, &matching.mate, &matching.certificate), Ok(()));
    for threads in [2, 3, 7] {
        assert_eq!(solve_with(threads), (graph.clone(), matching.clone()));
    }
    assert_eq!(finish(&graph, fractional::start_in_regions(graph.rows(), 1000), 1).weight, matching.weight);
}

#[test]
fn one_more_edge_never_lowers_the_optimum() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    for _ in 0..60 {
        let mut edges = random_edges(&mut random, 16, 0.5, 20);
        edges.shuffle(&mut random);
        let weights: Vec<i64> = (0..=edges.len()).map(|count| solve(16, &edges[..count]).weight).collect();
        assert!(weights.is_sorted(), "{edges:?}");
    }
}

#[test]
fn proofs_of_larger_blossom_rich_graphs_are_accepted() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for _ in 0..400 {
        let vertices = random.random_range(30..=150);
        let edges = random_odd_cycles(&mut random, vertices);
        let edges = renumbered(&mut random, vertices, &edges);
        solve(vertices as usize, &edges);
    }
}

#[test]
fn every_width_of_numbers_gives_the_same_matching_and_certificate() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    for round in 0..600 {
        let vertices = random.random_range(3..=60);
        let edges = match round % 2 {
            0 => random_odd_cycles(&mut random, vertices),
            _ => random_edges(&mut random, vertices, 0.2, 1_000_000),
        };
        let wide = edges.iter().map(|&Edge { u, v, weight }| Edge { u, v, weight: i128::from(weight) });
        let wide = Graph::new(vertices as usize, wide.collect()).unwrap();
        let by_wide = maximum_weight_matching(&wide);
        verify(&wide, &by_wide.mate, &by_wide.certificate).unwrap();
        let Matching { mate, weight, certificate } = solve(vertices as usize, &edges);
        let vertex_duals_2x = certificate.vertex_duals_2x.into_iter().map(i128::from).collect();
        let blossoms = certificate.blossoms.into_iter().map(|Blossom { vertices, children, dual_2x }| Blossom {
            vertices,
            children,
            dual_2x: i128::from(dual_2x),
        });
        let certificate = Certificate { vertex_duals_2x, blossoms: blossoms.collect() };
        assert_eq!(by_wide, Matching { mate, weight: i128::from(weight), certificate }, "{edges:?}");
    }
}

#[test]
fn the_heaviest_weights_do_not_overflow() {
    let mut random = ChaCha8Rng::seed_from_u64(10);
    for _ in 0..300 {
        let mut edges = random_edges(&mut random, 12, 0.6, 3);
        for edge in &mut edges {
            edge.weight = MAX_WEIGHT - edge.weight * random.random_range(0..2) * (MAX_WEIGHT / 4);
        }
        check(12, &edges);
    }
}

#[test]
fn a_matching_without_one_of_its_edges_is_not_accepted() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..200 {
        let edges = random_edges(&mut random, 14, 0.4, 9);
        let graph = Graph::new(14, edges.clone()).unwrap();
        let Matching { mut mate, certificate, .. } = solve(14, &edges);
        let Some(u) = mate.iter().position(Option::is_some) else { continue };
        let v = mate[u].take().unwrap();
        mate[v as usize] = None;
        assert!(verify(&graph, &mate, &certificate).is_err(), "{edges:?}");
    }
}

#[test]
fn a_path_of_a_hundred_thousand_vertices_is_solved() {
    let vertices = 100_000;
    for weight_at in [|_| 1, |index: u32| i64::from(index) + 1, |index: u32| 1 + i64::from(index * 7919 % 1009)] {
        let edges: Vec<Edge> = (0..vertices - 1).map(|u| edge(u, u + 1, weight_at(u))).collect();
        // The best matching of a path by the best of its beginnings.
        let (mut before, mut best) = (0, 0);
        for edge in &edges {
            (before, best) = (best, best.max(before + edge.weight));
        }
        assert_eq!(solve(vertices as usize, &edges).weight, best);
    }
}

#[test]
fn a_chain_of_triangles_of_a_hundred_thousand_vertices_is_solved() {
    let triangles = 33_333;
    let mut edges = Vec::new();
    for a in (0..3 * triangles).step_by(3) {
        edges.extend([edge(a, a + 1, 1), edge(a, a + 2, 1), edge(a + 1, a + 2, 1)]);
        if a > 0 {
            edges.push(edge(a - 1, a, 1));
        }
    }
    assert_eq!(solve(3 * triangles as usize, &edges).weight, i64::from(3 * triangles / 2));
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let edges = renumbered(&mut random, 3 * triangles, &edges);
    assert_eq!(solve(3 * triangles as usize, &edges).weight, i64::from(3 * triangles / 2));
}
