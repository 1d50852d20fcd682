//! Holds planners to fresh solves and to their proof, over long sequences of changes.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::caps::{CappedMatching, capped_matching};
use crate::solver::graph::{Edge, MAX_WEIGHT};
use crate::solver::verify::verify_capped;

fn edge(u: u32, v: u32, weight: i64) -> Edge {
    Edge { u, v, weight }
}

/// What a planner's graph should be, kept in the simplest way.
#[derive(Clone, Default)]
struct Model {
    edges: BTreeMap<(u32, u32), i64>,
    group_of: BTreeMap<u32, u32>,
    caps: Vec<Option<u32>>,
}

impl Model {
    fn random(random: &mut ChaCha8Rng, vertices: u32, density: f64, heaviest: i64, caps: Vec<Option<u32>>) -> Self {
        let groups = caps.len() as u32;
        let group_of = (0..vertices).map(|vertex| (vertex, random.random_range(0..groups))).collect();
        let mut edges = BTreeMap::new();
        for v in 0..vertices {
            for u in 0..v {
                if random.random_bool(density) {
                    edges.insert((u, v), random.random_range(1..=heaviest));
                }
            }
        }
        Self { edges, group_of, caps }
    }

    fn vertices(&self) -> Vec<u32> {
        self.group_of.keys().copied().collect()
    }

    fn set(&mut self, u: u32, v: u32, weight: i64) {
        self.edges.remove(&(u.min(v), u.max(v)));
        if weight > 0 {
            self.edges.insert((u.min(v), u.max(v)), weight);
        }
    }

    fn apply(&mut self, change: &Change, came: Option<u32>) {
        match change {
            Change::VertexComes { group, edges } => {
                let came = came.unwrap();
                assert!(self.group_of.insert(came, *group).is_none());
                for arc in edges {
                    let before = self.edges.get(&(came.min(arc.to), came.max(arc.to))).copied().unwrap_or(0);
                    self.set(came, arc.to, arc.weight.max(before));
                }
            }
            Change::VertexGoes { vertex } => {
                self.group_of.remove(vertex);
                self.edges.retain(|&(u, v), _| u != *vertex && v != *vertex);
            }
            Change::EdgeWeighs { u, v, weight } => self.set(*u, *v, *weight),
            Change::CapBecomes { group, cap } => {
                if *group as usize == self.caps.len() {
                    self.caps.push(None);
                }
                self.caps[*group as usize] = *cap;
            }
        }
    }

    /// Returns the graph with its groups and caps; numbers not in use are in a last group.
    fn graph(&self, numbers: usize) -> (Graph, Vec<u32>, Vec<Option<u32>>) {
        let edges = self.edges.iter().map(|(&(u, v), &weight)| edge(u, v, weight)).collect();
        let none = self.caps.len() as u32;
        let group_of = (0..numbers as u32).map(|vertex| self.group_of.get(&vertex).copied().unwrap_or(none));
        let caps = self.caps.iter().copied().chain([None]);
        (Graph::new(numbers, edges).unwrap(), group_of.collect(), caps.collect())
    }

    fn planner(&self) -> Planner {
        let vertices = self.group_of.len();
        let (graph, group_of, caps) = self.graph(vertices);
        Planner::capped(&graph, &group_of, &caps[..self.caps.len()]).unwrap()
    }

    fn optimum(&self, numbers: usize) -> i64 {
        let (graph, group_of, caps) = self.graph(numbers);
        capped_matching(&graph, &group_of, &caps).unwrap().weight
    }

    /// Returns the margin of a pair by fresh solves.
    fn margin(&self, numbers: usize, u: u32, v: u32, matched: bool) -> Margin {
        let mut other = self.clone();
        if matched {
            other.set(u, v, 0);
            return Margin::MayFall(self.optimum(numbers) - other.optimum(numbers));
        }
        for vertex in [u, v] {
            let group = self.group_of[&vertex] as usize;
            other.apply(&Change::VertexGoes { vertex }, None);
            match &mut other.caps[group] {
                Some(0) => return Margin::Never,
                Some(cap) => *cap -= 1,
                None => {}
            }
        }
        let weight = self.edges.get(&(u.min(v), u.max(v))).copied().unwrap_or(0);
        Margin::MustRise(self.optimum(numbers) - other.optimum(numbers) - weight)
    }

    fn random_change(&self, random: &mut ChaCha8Rng, most_vertices: usize, heaviest: i64) -> Change {
        let vertices = self.vertices();
        let any = |random: &mut ChaCha8Rng| vertices[random.random_range(0..vertices.len())];
        let kind = random.random_range(0..100);
        if vertices.len() < 2 || kind < 15 && vertices.len() < most_vertices {
            let degree = random.random_range(0..=vertices.len().min(6));
            let arcs = (0..degree).map(|_| Arc { to: any(random), weight: random.random_range(-1..=heaviest) });
            let edges = arcs.collect();
            return Change::VertexComes { group: random.random_range(0..self.caps.len() as u32), edges };
        }
        if kind < 30 {
            return Change::VertexGoes { vertex: any(random) };
        }
        if kind < 35 && self.caps.len() > 1 {
            let group = random.random_range(0..self.caps.len() as u32);
            return Change::CapBecomes { group, cap: random.random_bool(0.8).then(|| random.random_range(0..4)) };
        }
        if kind < 60 && !self.edges.is_empty() {
            let (&(u, v), &before) = self.edges.iter().nth(random.random_range(0..self.edges.len())).unwrap();
            let weight = match random.random_range(0..3) {
                0 => 0,
                1 => before + random.random_range(1..=heaviest),
                _ => random.random_range(0..=before),
            };
            return Change::EdgeWeighs { u, v, weight };
        }
        let u = any(random);
        let v = vertices.iter().copied().filter(|&v| v != u).nth(random.random_range(0..vertices.len() - 1)).unwrap();
        Change::EdgeWeighs { u, v, weight: random.random_range(-1..=heaviest) }
    }
}

/// Compares a planner with the model and its proof with the rules.
fn check(planner: &Planner, model: &Model) {
    let Proven { graph, group_of, cap_of_group, matching } = planner.proof().unwrap();
    assert_eq!(
        (&graph, &group_of, &cap_of_group),
        (&model.graph(planner.numbers()).0, &model.graph(planner.numbers()).1, &model.graph(planner.numbers()).2)
    );
    let CappedMatching { mate, weight, extra_mates, certificate } = &matching;
    if let Err(error) = verify_capped(&graph, &group_of, &cap_of_group, mate, extra_mates, certificate) {
        panic!("{error}\n{planner:?}");
    }
    assert_eq!(*weight, graph.weight_of(mate));
    assert_eq!(*weight, model.optimum(planner.numbers()));
    assert_eq!(*weight, planner.weight());
}

fn mates(planner: &Planner, numbers: usize) -> Vec<Option<u32>> {
    (0..numbers as u32).map(|vertex| planner.mate(vertex)).collect()
}

/// Makes a change to both, and checks the outcome.
fn change(planner: &mut Planner, model: &mut Model, change: Change) {
    let before = mates(planner, planner.numbers() + 1);
    let Updated { came, rematched } = planner.update(change.clone()).unwrap();
    let mut expected: Vec<u32> =
        (0..before.len() as u32).filter(|&vertex| before[vertex as usize] != planner.mate(vertex)).collect();
    expected.sort_unstable();
    assert_eq!(rematched, expected, "{change:?}");
    model.apply(&change, came);
    check(planner, model);
}

/// Makes a long series of random changes, asking for a margin before each.
fn check_changes(random: &mut ChaCha8Rng, mut model: Model, changes: usize, most_vertices: usize, heaviest: i64) {
    let mut planner = model.planner();
    check(&planner, &model);
    for _ in 0..changes {
        let mut asked_nothing = planner.clone();
        let vertices = model.vertices();
        if vertices.len() > 1 {
            let u = vertices[random.random_range(0..vertices.len())];
            let other = vertices[random.random_range(0..vertices.len())];
            let v = planner.mate(u).filter(|_| random.random_bool(0.5)).unwrap_or(other);
            if u != v {
                let expected = model.margin(planner.numbers(), u, v, planner.mate(u) == Some(v));
                assert_eq!(planner.margin(u, v), Ok(expected), "{u}-{v} {planner:?}");
                assert_eq!(planner.proof(), asked_nothing.proof());
            }
        }
        let next = model.random_change(random, most_vertices, heaviest);
        asked_nothing.update(next.clone()).unwrap();
        change(&mut planner, &mut model, next);
        assert_eq!(planner.proof(), asked_nothing.proof(), "a question changed the course of the planner");
    }
}

#[test]
fn long_sequences_of_changes_without_caps_equal_fresh_solves() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..600 {
        let vertices = random.random_range(0..=10);
        let density = random.random_range(0.1..0.9);
        let heaviest = [1, 2, 4, 20, 1000][random.random_range(0..5)];
        let model = Model::random(&mut random, vertices, density, heaviest, vec![None]);
        check_changes(&mut random, model, 80, 12, heaviest);
    }
}

#[test]
fn long_sequences_of_changes_with_caps_equal_fresh_solves() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..600 {
        let vertices = random.random_range(0..=10);
        let density = random.random_range(0.1..0.9);
        let heaviest = [1, 2, 4, 20, 1000][random.random_range(0..5)];
        let groups = random.random_range(1..=5);
        let caps = (0..groups).map(|_| random.random_bool(0.8).then(|| random.random_range(0..4))).collect();
        let model = Model::random(&mut random, vertices, density, heaviest, caps);
        check_changes(&mut random, model, 80, 12, heaviest);
    }
}

#[test]
fn long_sequences_of_changes_in_larger_graphs_equal_fresh_solves() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for round in 0..12 {
        let heaviest = [3, 30, 100_000][round % 3];
        let caps = vec![None, Some(3), Some(8), Some(1)];
        let model = Model::random(&mut random, 80, 0.06, heaviest, caps);
        check_changes(&mut random, model, 250, 100, heaviest);
    }
}

/// Odd cycles strung together, the food of blossoms, with weights that fall slowly.
fn odd_cycles(random: &mut ChaCha8Rng, vertices: u32) -> Model {
    let mut model = Model { caps: vec![None, Some(3)], ..Model::default() };
    model.group_of = (0..vertices).map(|vertex| (vertex, u32::from(vertex % 5 == 4))).collect();
    let mut first = 0;
    while first + 2 < vertices {
        let length = [3, 3, 5, 7][random.random_range(0..4)].min(vertices - first);
        for step in 0..length {
            let (u, v) = (first + step, first + (step + 1) % length);
            if u != v {
                model.set(u, v, random.random_range(8..12));
            }
        }
        first += random.random_range(1..length.max(2));
    }
    model
}

#[test]
fn long_sequences_of_changes_among_nested_blossoms_equal_fresh_solves() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut blossoms = 0;
    for _ in 0..120 {
        let vertices = random.random_range(5..=40);
        let model = odd_cycles(&mut random, vertices);
        blossoms += model.planner().proof().unwrap().matching.certificate.blossoms.len();
        check_changes(&mut random, model, 80, 44, 12);
    }
    assert!(blossoms > 300, "{blossoms}");
}

#[test]
fn an_edge_that_appears_is_chosen_when_it_is_worth_it() {
    let mut planner = Planner::new(&Graph::new(4, vec![edge(0, 1, 5), edge(2, 3, 5)]).unwrap());
    assert_eq!(planner.margin(1, 2), Ok(Margin::MustRise(10)));
    assert_eq!(planner.margin(0, 1), Ok(Margin::MayFall(5)));
    let appears = |weight| Change::EdgeWeighs { u: 1, v: 2, weight };
    assert_eq!(planner.update(appears(9)).unwrap(), Updated::default());
    assert_eq!(planner.update(appears(11)).unwrap().rematched, [0, 1, 2, 3]);
    assert_eq!((planner.weight(), planner.mate(1), planner.mate(0)), (11, Some(2), None));
    assert_eq!(planner.margin(1, 2), Ok(Margin::MayFall(1)));
}

#[test]
fn a_vertex_that_comes_takes_a_number_that_was_given_back() {
    let mut planner = Planner::new(&Graph::new(3, vec![edge(0, 1, 5)]).unwrap());
    assert_eq!(planner.update(Change::VertexGoes { vertex: 1 }).unwrap().rematched, [0, 1]);
    assert!(!planner.is_vertex(1));
    let edges = vec![Arc { to: 2, weight: 3 }, Arc { to: 2, weight: 4 }];
    let Updated { came, rematched } = planner.update(Change::VertexComes { group: 0, edges }).unwrap();
    assert_eq!((came, rematched), (Some(1), vec![1, 2]));
    assert_eq!(planner.update(Change::VertexComes { group: 0, edges: Vec::new() }).unwrap().came, Some(3));
    assert_eq!(planner.weight(), 4);
}

#[test]
fn a_cap_holds_for_vertices_that_come_later() {
    let graph = Graph::new(4, vec![edge(0, 1, 5), edge(2, 3, 5)]).unwrap();
    let mut planner = Planner::capped(&graph, &[0, 1, 0, 1], &[Some(2), None]).unwrap();
    let edges = vec![Arc { to: 1, weight: 6 }];
    let Updated { came, .. } = planner.update(Change::VertexComes { group: 0, edges }).unwrap();
    assert_eq!((planner.weight(), planner.mate(0)), (11, None));
    planner.update(Change::CapBecomes { group: 0, cap: Some(1) }).unwrap();
    assert_eq!((planner.weight(), planner.mate(came.unwrap())), (6, Some(1)));
    planner.update(Change::CapBecomes { group: 0, cap: Some(0) }).unwrap();
    assert_eq!((planner.weight(), planner.margin(0, 1)), (0, Ok(Margin::Never)));
    planner.update(Change::CapBecomes { group: 0, cap: None }).unwrap();
    assert_eq!(planner.weight(), 11);
}

/// Expects a change to be refused and to leave no trace.
fn check_refused(planner: &mut Planner, change: Change, expected: ChangeError) {
    let before = planner.clone();
    assert_eq!(planner.update(change.clone()), Err(expected), "{change:?}");
    assert_eq!(format!("{planner:?}"), format!("{before:?}"));
}

#[test]
fn changes_that_do_not_fit_are_refused_by_name_and_leave_no_trace() {
    let graph = Graph::new(4, vec![edge(0, 1, 5), edge(2, 3, 5)]).unwrap();
    let mut planner = Planner::capped(&graph, &[0; 4], &[Some(3)]).unwrap();
    // Number 4 keeps the cap and stands for no vertex of the graph.
    for vertex in [4, 5, u32::MAX] {
        let refused = ChangeError::NoSuchVertex { vertex };
        check_refused(&mut planner, Change::VertexGoes { vertex }, refused.clone());
        check_refused(&mut planner, Change::EdgeWeighs { u: 1, v: vertex, weight: 1 }, refused.clone());
        let edges = vec![Arc { to: 1, weight: 1 }, Arc { to: vertex, weight: 1 }];
        check_refused(&mut planner, Change::VertexComes { group: 0, edges }, refused.clone());
        assert_eq!(planner.margin(1, vertex), Err(refused));
    }
    let change = Change::VertexComes { group: 1, edges: Vec::new() };
    check_refused(&mut planner, change, ChangeError::NoSuchGroup { group: 1 });
    let change = Change::CapBecomes { group: 2, cap: None };
    check_refused(&mut planner, change, ChangeError::NoSuchGroup { group: 2 });
    let change = Change::EdgeWeighs { u: 1, v: 1, weight: 1 };
    check_refused(&mut planner, change, ChangeError::SelfLoop { vertex: 1 });
    for weight in [MAX_WEIGHT, -MAX_WEIGHT - 1, i64::MAX, i64::MIN] {
        let change = Change::EdgeWeighs { u: 0, v: 2, weight };
        check_refused(&mut planner, change, ChangeError::WeightOutOfRange { weight });
    }
}

#[test]
fn a_matching_that_might_leave_the_number_type_is_refused() {
    let edges = (0..31).map(|pair| edge(2 * pair, 2 * pair + 1, MAX_WEIGHT)).collect();
    let mut planner = Planner::new(&Graph::new(64, edges).unwrap());
    let change = Change::EdgeWeighs { u: 62, v: 63, weight: MAX_WEIGHT - 1 };
    assert_eq!(planner.update(change), Ok(Updated { came: None, rematched: vec![62, 63] }));
    let change = Change::VertexComes { group: 0, edges: vec![Arc { to: 0, weight: 2 }] };
    check_refused(&mut planner, change, ChangeError::TotalOutOfRange);
    let change = Change::CapBecomes { group: 0, cap: Some(3) };
    check_refused(&mut planner, change, ChangeError::WeightOutOfRange { weight: MAX_WEIGHT });
}

#[test]
fn the_heaviest_weights_do_not_overflow_when_they_change() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..100 {
        let mut model = Model::random(&mut random, 10, 0.5, 3, vec![None, Some(2), Some(1)]);
        for weight in model.edges.values_mut() {
            *weight *= MAX_WEIGHT / 8;
        }
        check_changes(&mut random, model, 40, 12, MAX_WEIGHT / 4);
    }
}

#[test]
fn a_planner_computes_in_numbers_of_any_width() {
    let graph = Graph::<i128>::new(3, vec![Edge { u: 0, v: 1, weight: 1 << 100 }]).unwrap();
    let mut planner = Planner::new(&graph);
    planner.update(Change::EdgeWeighs { u: 1, v: 2, weight: 1 << 101 }).unwrap();
    assert_eq!((planner.weight(), planner.margin(1, 2)), (1 << 101, Ok(Margin::MayFall(1 << 100))));
}
