//! The proof by exhaustion: the solvers on every small graph, and on many random ones.
//!
//! In goes nothing; out comes a line for each family of graphs that holds, or the first difference, and then the program
//! ends with 1. Run with `cargo bench --bench every_graph`; arguments after `--` are the most vertices of the exhausted
//! graphs, the most vertices of the exhausted digraphs, and how many random graphs to try.
//! Holds, if it ends with 0, for every graph tried: the optimum is that of brute force, the certificate is accepted,
//! the optimum is unchanged under renumbering, and one more edge never lowers it. On exhausted families it is shown for
//! all renumberings, by two that generate them, and for all edges, by every step that adds or raises one.
//! Costs: all graphs of six vertices with weights 1 and 2 are 14.3 million, all digraphs of four with weights -1, 1 and
//! 2 are 16.8 million; with a million random ones some minutes on all processors.
//! Deliberately absent: blame; the difference is printed with the graph.

use account_swap::solver::{
    Digraph, DirectedArc, Edge, Graph, best_assignment, maximum_weight_matching, verify, verify_assignment,
};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::{fmt::Debug, process::ExitCode};

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let at = |index: usize, default: u64| numbers.get(index).copied().unwrap_or(default);
    let (graphs, digraphs, random) = (at(0, 6) as u32, at(1, 4) as u32, at(2, 1_000_000));
    let proven = (0..=graphs)
        .try_for_each(exhaust_graphs)
        .and_then(|()| (0..=digraphs).try_for_each(exhaust_digraphs))
        .and_then(|()| try_random_graphs(random));
    match proven {
        Ok(()) => ExitCode::SUCCESS,
        Err(difference) => {
            eprintln!("{difference}");
            ExitCode::FAILURE
        }
    }
}

/// All graphs on some vertices, each pair of which takes one of some choices; the choices ascend, from no edge on. A
/// graph's code is the number whose digits are the choices of the pairs.
struct Exhausted {
    vertices: u32,
    pairs: Vec<(u32, u32)>,
    /// The weight of each choice but the first.
    weights: &'static [i64],
}

impl Exhausted {
    fn choices(&self) -> usize {
        self.weights.len() + 1
    }

    fn codes(&self) -> usize {
        self.choices().pow(self.pairs.len() as u32)
    }

    fn digits(&self, mut code: usize) -> impl Iterator<Item = usize> {
        let choices = self.choices();
        self.pairs.iter().map(move |_| {
            let digit = code % choices;
            code /= choices;
            digit
        })
    }

    /// Returns the pairs that are joined, with their weights.
    fn joined(&self, code: usize) -> impl Iterator<Item = (u32, u32, i64)> {
        let pairs = self.pairs.iter().zip(self.digits(code));
        pairs.filter_map(|(&(one, other), digit)| Some((one, other, self.weights[digit.checked_sub(1)?])))
    }

    /// Solves all and compares each with those that come from it by a step.
    fn exhaust(&self, name: &str, solve: impl Fn(usize) -> Result<i64, String> + Sync) -> Result<(), String> {
        let optima: Vec<i8> =
            (0..self.codes()).into_par_iter().map(|code| Ok(solve(code)? as i8)).collect::<Result<_, String>>()?;
        let place: Vec<usize> = (0..self.pairs.len()).map(|pair| self.choices().pow(pair as u32)).collect();
        let renumberings = self.generators().map(|rename| self.places_after(&rename, &place));
        (0..self.codes()).into_par_iter().try_for_each(|code| {
            for (digit, &place) in self.digits(code).zip(&place) {
                if digit + 1 < self.choices() && optima[code + place] < optima[code] {
                    return Err(format!("{name} {code}: adding {place} lowers the optimum"));
                }
            }
            for places in &renumberings {
                let renamed: usize = self.digits(code).zip(places).map(|(digit, place)| digit * place).sum();
                if optima[renamed] != optima[code] {
                    return Err(format!("{name} {code}: renumbered to {renamed}, the optimum is another"));
                }
            }
            Ok(())
        })?;
        println!("{} {name} of {} vertices: all hold", self.codes(), self.vertices);
        Ok(())
    }

    /// Returns two renumberings that generate all: one exchanges the first two vertices, one moves all round.
    fn generators(&self) -> [Vec<u32>; 2] {
        let mut exchanged: Vec<u32> = (0..self.vertices).collect();
        if self.vertices > 1 {
            exchanged.swap(0, 1);
        }
        [exchanged, (0..self.vertices).map(|vertex| (vertex + 1) % self.vertices).collect()]
    }

    /// Returns the place of each pair's digit when vertices are renamed.
    fn places_after(&self, rename: &[u32], place: &[usize]) -> Vec<usize> {
        let position = |pair: (u32, u32)| self.pairs.iter().position(|&other| other == pair);
        let renamed = self.pairs.iter().map(|&(one, other)| (rename[one as usize], rename[other as usize]));
        // A pair without a direction is listed one way only.
        let listed = |(one, other)| position((one, other)).or_else(|| position((other, one)));
        renamed.map(|pair| place[listed(pair).expect("all pairs are listed")]).collect()
    }
}

fn exhaust_graphs(vertices: u32) -> Result<(), String> {
    let pairs = (0..vertices).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
    let family = Exhausted { vertices, pairs, weights: &[1, 2] };
    family.exhaust("graphs", |code| {
        let edges: Vec<Edge> = family.joined(code).map(|(u, v, weight)| Edge { u, v, weight }).collect();
        best_matching(vertices, &edges)
    })
}

fn exhaust_digraphs(vertices: u32) -> Result<(), String> {
    let pairs = (0..vertices).flat_map(|from| (0..vertices).map(move |to| (from, to)));
    let pairs = pairs.filter(|(from, to)| from != to).collect();
    let family = Exhausted { vertices, pairs, weights: &[-1, 1, 2] };
    family.exhaust("digraphs", |code| {
        let arcs: Vec<DirectedArc> =
            family.joined(code).map(|(from, to, weight)| DirectedArc { from, to, weight }).collect();
        let digraph = Digraph::new(vertices as usize, arcs).map_err(|error| error.to_string())?;
        let found = best_assignment(&digraph);
        let proof = verify_assignment(&digraph, &found.next, &found.certificate);
        agree(found.weight, best_rings_by_force(&digraph), proof, &digraph)
    })
}

/// Tries random graphs of up to twelve vertices, of each kind in turn.
fn try_random_graphs(count: u64) -> Result<(), String> {
    (0..count).into_par_iter().try_for_each(|seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let vertices = random.random_range(2..=12);
        let edges = match seed % 5 {
            0 => sparse_or_dense(&mut random, vertices),
            1 => chained_odd_cycles(&mut random, vertices),
            2 => nearly_complete(&mut random, vertices, 1),
            3 => nearly_complete(&mut random, vertices, 3),
            _ => nested_triangles(&mut random, vertices),
        };
        let optimum = best_matching(vertices, &edges)?;
        let mut number: Vec<u32> = (0..vertices).collect();
        number.shuffle(&mut random);
        let mut renumbered: Vec<Edge> =
            edges.iter().map(|e| Edge { u: number[e.u as usize], v: number[e.v as usize], ..*e }).collect();
        renumbered.shuffle(&mut random);
        let again = best_matching(vertices, &renumbered)?;
        if again != optimum {
            return Err(format!("seed {seed}: the optimum {optimum} becomes {again} by renumbering: {edges:?}"));
        }
        let (u, v) = two_vertices(&mut random, vertices);
        let more = [&edges[..], &[Edge { u, v, weight: random.random_range(1..=20) }]].concat();
        let then = best_matching(vertices, &more)?;
        if then < optimum {
            return Err(format!("seed {seed}: the optimum {optimum} falls to {then} by the last edge: {more:?}"));
        }
        Ok(())
    })?;
    println!("{count} random graphs of 2 to 12 vertices, renumbered, and with one more edge: all hold");
    Ok(())
}

/// Solves a graph and returns the optimum, if brute force and the verifier agree.
fn best_matching(vertices: u32, edges: &[Edge]) -> Result<i64, String> {
    let graph = Graph::new(vertices as usize, edges.to_vec()).map_err(|error| error.to_string())?;
    let found = maximum_weight_matching(&graph);
    let proof = verify(&graph, &found.mate, &found.certificate);
    agree(found.weight, best_pairs_by_force(&graph), proof, &graph)
}

fn agree<E: Debug>(found: i64, by_force: i64, proof: Result<(), E>, what: &impl Debug) -> Result<i64, String> {
    match proof {
        Err(error) => Err(format!("the proof is refused, {error:?}: {what:?}")),
        Ok(()) if found != by_force => Err(format!("the optimum is {by_force}, not {found}: {what:?}")),
        Ok(()) => Ok(found),
    }
}

/// Returns the largest weight of a matching by dynamic programming over sets of vertices.
fn best_pairs_by_force(graph: &Graph) -> i64 {
    let vertices = graph.vertices();
    let mut best = vec![0; 1 << vertices];
    for set in 1usize..1 << vertices {
        let last = set.ilog2();
        let rest = set & !(1 << last);
        let smaller = graph.neighbours(last).iter().filter(|arc| rest & (1 << arc.to) != 0);
        let paired = smaller.map(|arc| arc.weight + best[rest & !(1 << arc.to)]).max();
        best[set] = paired.unwrap_or(0).max(best[rest]);
    }
    best[(1 << vertices) - 1]
}

/// Returns the largest weight of disjoint cycles by dynamic programming over the sets of vertices entered so far.
fn best_rings_by_force(digraph: &Digraph) -> i64 {
    const NEVER: i64 = i64::MIN / 2;
    let vertices = digraph.vertices();
    let mut best = vec![NEVER; 1 << vertices];
    best[0] = 0;
    for set in 0usize..(1 << vertices) - 1 {
        let vertex = set.count_ones();
        let choices = digraph.successors(vertex).iter().map(|arc| (arc.to, arc.weight));
        for (to, weight) in choices.chain([(vertex, 0)]).filter(|(to, _)| set & (1 << to) == 0) {
            let then = set | (1 << to);
            best[then] = best[then].max(best[set] + weight);
        }
    }
    best[(1 << vertices) - 1]
}

fn two_vertices(random: &mut ChaCha8Rng, vertices: u32) -> (u32, u32) {
    let u = random.random_range(0..vertices);
    let v = random.random_range(0..vertices - 1);
    (u, v + u32::from(v >= u))
}

/// Any density, and weights from all alike to all different.
fn sparse_or_dense(random: &mut ChaCha8Rng, vertices: u32) -> Vec<Edge> {
    let density = random.random_range(0.1..1.0);
    let heaviest = [1, 2, 5, 100, 1_000_000][random.random_range(0..5)];
    let mut edges = Vec::new();
    for v in 0..vertices {
        for u in 0..v {
            if random.random_bool(density) {
                edges.push(Edge { u, v, weight: random.random_range(1..=heaviest) });
            }
        }
    }
    edges
}

/// Odd cycles strung together, the food of blossoms, with weights that differ little, and some chords.
fn chained_odd_cycles(random: &mut ChaCha8Rng, vertices: u32) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut first = 0;
    while first + 1 < vertices {
        let length = [3, 3, 5, 7][random.random_range(0..4)].min(vertices - first);
        let base = random.random_range(8..14);
        for step in 0..length {
            let (u, v) = (first + step, first + (step + 1) % length);
            if u != v {
                edges.push(Edge { u, v, weight: base + random.random_range(0..3) });
            }
        }
        first += random.random_range(1..length.max(2));
    }
    for _ in 0..random.random_range(0..4) {
        let (u, v) = two_vertices(random, vertices);
        edges.push(Edge { u, v, weight: random.random_range(1..12) });
    }
    edges
}

/// All pairs but a few, with weights that are equal or nearly so.
fn nearly_complete(random: &mut ChaCha8Rng, vertices: u32, spread: i64) -> Vec<Edge> {
    let base = random.random_range(1..10);
    let mut edges = Vec::new();
    for v in 0..vertices {
        for u in 0..v {
            if random.random_bool(0.9) {
                edges.push(Edge { u, v, weight: base + random.random_range(0..spread) });
            }
        }
    }
    edges
}

/// A triangle, around it one more pair of vertices joined to all inside by lighter edges, and so on: blossoms within
/// blossoms.
fn nested_triangles(random: &mut ChaCha8Rng, vertices: u32) -> Vec<Edge> {
    let mut edges = Vec::new();
    for v in 0..vertices {
        let weight = 40 - 6 * i64::from(v.saturating_sub(1) / 2);
        for u in 0..v {
            if random.random_bool(0.8) {
                edges.push(Edge { u, v, weight: weight.max(1) + random.random_range(0..2) });
            }
        }
    }
    edges
}
