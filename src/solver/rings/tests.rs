//! Rings against brute force, and what must hold whatever the market.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::digraph::DirectedArc;
use super::packing::PackingError;
use super::verify::{verify_packing, verify_rings};
use super::*;

/// A market with all a problem needs, so that a problem can borrow from it.
#[derive(Clone, Debug)]
struct Market {
    digraph: Digraph,
    longest: usize,
    /// What a ring loses of its largest difference of gains, in quarters.
    unfairness: i64,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
}

impl Market {
    fn points(&self, gains: &[i64]) -> i64 {
        let spread = gains.iter().max().unwrap() - gains.iter().min().unwrap();
        gains.iter().sum::<i64>() - (spread * self.unfairness).div_euclid(4)
    }

    /// Calls `with` with the problem of the market.
    fn problem<T>(&self, with: impl FnOnce(&RingProblem<'_>) -> T) -> T {
        with(&RingProblem {
            digraph: &self.digraph,
            longest: self.longest,
            points: &|_, gains| self.points(gains),
            group_of: &self.group_of,
            cap_of_group: &self.cap_of_group,
        })
    }

    /// Solves to the end and checks the certificate.
    fn solve(&self) -> Rings {
        self.problem(|problem| {
            let rings = best_rings(problem, &|| false);
            assert!(rings.optimal);
            verify_rings(problem, &rings.rings, rings.weight, &rings.certificate).unwrap();
            rings
        })
    }

    /// Returns the most points of any choice, by trying all.
    fn best_by_trying_all(&self) -> i64 {
        let mut cycles: Vec<(Vec<u32>, i64)> = Vec::new();
        let vertices = self.digraph.vertices() as u32;
        let mut walks: Vec<Vec<u32>> = (0..vertices).map(|first| vec![first]).collect();
        while let Some(walk) = walks.pop() {
            let steps = walk.iter().zip(walk.iter().cycle().skip(1));
            let gains: Option<Vec<i64>> = steps.map(|(&from, &to)| self.digraph.weight_from(from, to)).collect();
            if let Some(gains) = gains.filter(|_| walk.len() > 1) {
                cycles.push((walk.clone(), self.points(&gains)));
            }
            if walk.len() < self.longest {
                let next = (walk[0] + 1..vertices).filter(|vertex| !walk.contains(vertex));
                walks.extend(next.map(|vertex| [&walk[..], &[vertex]].concat()));
            }
        }
        cycles.retain(|(_, points)| *points > 0);
        self.best_among(&cycles, &mut vec![false; vertices as usize], &mut vec![0; self.cap_of_group.len()])
    }

    fn best_among(&self, cycles: &[(Vec<u32>, i64)], taken: &mut Vec<bool>, in_group: &mut Vec<u32>) -> i64 {
        let Some(((cycle, points), rest)) = cycles.split_first() else {
            return 0;
        };
        let without = self.best_among(rest, taken, in_group);
        if cycle.iter().any(|&vertex| taken[vertex as usize]) {
            return without;
        }
        for &vertex in cycle {
            taken[vertex as usize] = true;
            in_group[self.group_of[vertex as usize] as usize] += 1;
        }
        let fits = in_group.iter().zip(&self.cap_of_group).all(|(&found, cap)| cap.is_none_or(|cap| found <= cap));
        let with = if fits { points + self.best_among(rest, taken, in_group) } else { 0 };
        for &vertex in cycle {
            taken[vertex as usize] = false;
            in_group[self.group_of[vertex as usize] as usize] -= 1;
        }
        without.max(with)
    }
}

/// Makes a market of few vertices: sparse or dense, with ties or without, some with caps and losses.
fn random_market(rng: &mut ChaCha8Rng, most_vertices: u32) -> Market {
    let vertices = rng.random_range(0..=most_vertices);
    let density = rng.random_range(0.1..0.9);
    let range = [-2..4, 1..2, -50..1000, 1..1_000_000][rng.random_range(0..4)].clone();
    let mut arcs = Vec::new();
    for from in 0..vertices {
        for to in 0..vertices {
            if from != to && rng.random_bool(density) {
                arcs.push(DirectedArc { from, to, weight: rng.random_range(range.clone()) });
            }
        }
    }
    let groups = rng.random_range(1..=3);
    Market {
        digraph: Digraph::new(vertices as usize, arcs).unwrap(),
        longest: rng.random_range(2..=4),
        unfairness: rng.random_range(0..4),
        group_of: (0..vertices).map(|_| rng.random_range(0..groups)).collect(),
        cap_of_group: (0..groups).map(|_| rng.random_bool(0.5).then(|| rng.random_range(0..5))).collect(),
    }
}

/// A market in which any three offers could make two rings, with gains by chance, without caps.
fn all_joined(vertices: u32) -> Market {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let pairs = (0..vertices).flat_map(|from| (0..vertices).map(move |to| (from, to)));
    let arcs = pairs.filter(|(from, to)| from != to);
    let arcs = arcs.map(|(from, to)| DirectedArc { from, to, weight: rng.random_range(1..10_000) }).collect();
    Market { digraph: Digraph::new(vertices as usize, arcs).unwrap(), ..large_market(0, vertices, 0, 3) }
}

/// A market of some size with gains by chance, without caps.
fn large_market(seed: u64, vertices: u32, degree: u32, longest: usize) -> Market {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut arcs = Vec::new();
    for from in 0..vertices {
        for _ in 0..degree {
            let to = (from + rng.random_range(1..vertices)) % vertices;
            arcs.push(DirectedArc { from, to, weight: rng.random_range(1..10_000) });
        }
    }
    Market {
        digraph: Digraph::new(vertices as usize, arcs).unwrap(),
        longest,
        unfairness: 0,
        group_of: vec![0; vertices as usize],
        cap_of_group: vec![None],
    }
}

#[test]
fn small_markets_get_the_best_of_all_choices() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..3_000 {
        let market = random_market(&mut rng, 6);
        assert_eq!(market.solve().weight, market.best_by_trying_all(), "{market:?}");
    }
}

#[test]
fn caps_hold_where_a_choice_is_completed_from_another() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for seed in 0..300 {
        let market = large_market(seed, 24, 6, 3);
        let groups = rng.random_range(3..6);
        let capped = Market {
            group_of: (0..24).map(|_| rng.random_range(0..groups)).collect(),
            cap_of_group: (0..groups).map(|_| Some(rng.random_range(2..5))).collect(),
            ..market
        };
        capped.solve();
    }
}

#[test]
fn the_order_of_arcs_does_not_change_the_answer() {
    let market = large_market(2, 40, 5, 3);
    let arcs: Vec<DirectedArc> = market.digraph.arcs().collect();
    let backward = arcs.iter().rev().copied().collect();
    let other = Market { digraph: Digraph::new(40, backward).unwrap(), ..market.clone() };
    assert_eq!(market.solve(), other.solve());
}

#[test]
fn longer_rings_never_make_the_choice_worse() {
    for seed in 0..5 {
        let weights = [2, 3, 4].map(|longest| large_market(seed, 60, 5, longest).solve().weight);
        assert!(weights[0] <= weights[1] && weights[1] <= weights[2], "{weights:?}");
    }
}

#[test]
fn rings_of_two_are_a_matching() {
    for seed in 0..20 {
        let market = large_market(seed, 60, 20, 2);
        let mut edges = Vec::new();
        for arc in market.digraph.arcs().filter(|arc| arc.from < arc.to) {
            if let Some(back) = market.digraph.weight_from(arc.to, arc.from) {
                edges.push(crate::solver::Edge { u: arc.from, v: arc.to, weight: arc.weight + back });
            }
        }
        let graph = crate::solver::Graph::new(60, edges).unwrap();
        assert_eq!(market.solve().weight, crate::solver::maximum_weight_matching(&graph).weight);
    }
}

#[test]
fn a_market_without_rings_has_an_empty_plan() {
    let arcs = vec![DirectedArc { from: 0, to: 1, weight: 5 }];
    let one_way = Market {
        digraph: Digraph::new(2, arcs).unwrap(),
        longest: 3,
        unfairness: 0,
        group_of: vec![0; 2],
        cap_of_group: vec![None],
    };
    let rings = one_way.solve();
    assert_eq!((rings.rings.len(), rings.weight, rings.bound), (0, 0, 0));
}

#[test]
fn stopped_at_any_point_a_choice_and_a_valid_bound_remain() {
    // The second has so many rings that duals and neighbourhoods come before any program.
    for market in [large_market(3, 60, 7, 3), all_joined(52)] {
        let best = market.solve().weight;
        for questions in [0, 1, 2, 3, 5, 8, 13, 21, 34, 90] {
            let left = std::sync::atomic::AtomicI64::new(questions);
            let stop = || left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) <= 0;
            market.problem(|problem| {
                let rings = best_rings(problem, &stop);
                assert!(rings.weight <= best && best <= rings.bound, "{} {best} {}", rings.weight, rings.bound);
                verify_rings(problem, &rings.rings, rings.weight, &rings.certificate).unwrap();
            });
        }
    }
}

#[test]
fn a_packing_with_wide_rows_gets_the_best_of_all_choices() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..500 {
        let (units, wide) = (rng.random_range(1..6u32), rng.random_range(1..4u32));
        let mut capacity = vec![1; units as usize];
        capacity.extend((0..wide).map(|_| rng.random_range(1..9u32)));
        let mut columns = Columns::new();
        for _ in 0..rng.random_range(1..12) {
            let mut entries = vec![(rng.random_range(0..units), 1)];
            for row in units..units + wide {
                if rng.random_bool(0.6) {
                    entries.push((row, rng.random_range(1..5)));
                }
            }
            columns.push(&entries, rng.random_range(-2..40));
        }
        let packing = Packing::new(capacity, columns).unwrap();
        let packed = best_packing(&packing, &|| false);
        assert!(packed.optimal());
        verify_packing(&packing, &packed.columns, packed.weight, packed.bound, &packed.proof).unwrap();
        let best = (0u32..1 << packing.columns.len())
            .filter_map(|chosen| {
                let chosen: Vec<u32> =
                    (0..packing.columns.len() as u32).filter(|column| chosen >> column & 1 == 1).collect();
                let mut used = vec![0; packing.capacity.len()];
                for &column in &chosen {
                    for &(row, entry) in packing.columns.entries(column) {
                        used[row as usize] += entry;
                    }
                }
                let fits = used.iter().zip(&packing.capacity).all(|(used, capacity)| used <= capacity);
                fits.then(|| chosen.iter().map(|&column| packing.columns.weight(column)).sum::<i64>())
            })
            .max();
        assert_eq!(Some(packed.weight), best);
    }
}

#[test]
fn columns_that_break_a_rule_of_packings_are_refused() {
    let refused = |entries: &[(u32, u32)]| {
        let mut columns = Columns::new();
        columns.push(&[(0, 1), (1, 4)], 5);
        columns.push(entries, 5);
        Packing::new(vec![1, 4], columns).unwrap_err()
    };
    assert_eq!(refused(&[(2, 1)]), PackingError::Rows { column: 1 });
    assert_eq!(refused(&[(1, 1), (0, 1)]), PackingError::Rows { column: 1 });
    assert_eq!(refused(&[(0, 1), (0, 1)]), PackingError::Rows { column: 1 });
    assert_eq!(refused(&[(0, 1), (1, 0)]), PackingError::NoEntry { column: 1 });
    assert_eq!(refused(&[(1, 2)]), PackingError::FitsTwice { column: 1 });
    assert_eq!(refused(&[]), PackingError::FitsTwice { column: 1 });
}

/// Five vertices, each left and entered by an arc or by staying; a third kind of rows is for groups. What is dropped on
/// the way to the best packing is less than what the bound lets its check drop, so that the proof branches on a column
/// which is gone by then.
#[test]
fn a_proof_may_branch_on_a_column_that_is_gone() {
    let arcs: [(u32, u32, &[u32], i64); 12] = [
        (0, 1, &[11, 12], 31),
        (0, 2, &[11, 12], 30),
        (0, 3, &[11], 23),
        (0, 4, &[11, 12], 29),
        (1, 0, &[10], 22),
        (1, 2, &[10, 12], 31),
        (2, 0, &[10], 21),
        (2, 1, &[10], 21),
        (2, 3, &[10, 12], 31),
        (2, 4, &[10, 12], 30),
        (3, 0, &[11, 12], 30),
        (3, 2, &[11], 23),
    ];
    let stays = (0..5).map(|vertex| (vertex, vertex, &[][..], 21));
    let mut columns = Columns::new();
    for (from, to, rows, weight) in arcs.into_iter().chain(stays) {
        let rows = [from, 5 + to].into_iter().chain(rows.iter().copied());
        columns.push(&rows.map(|row| (row, 1)).collect::<Vec<_>>(), weight);
    }
    let packing = Packing::new(vec![1; 13], columns).unwrap();
    let Packed { columns, weight, bound, proof } = best_packing(&packing, &|| false);
    assert_eq!((weight, bound), (117, 117));
    verify_packing(&packing, &columns, weight, bound, &proof).unwrap();
}
