//! The hierarchy against a plain search, on random graphs with arcs that cost nothing and arcs side by side.

use account_swap::routing::road_network::{
    cost::Cost,
    hierarchy::{Seed, contract::contract, cuts, path::path, table::table},
    osm::Point,
    turns::TurnGraph,
};
use pathfinding::directed::dijkstra::dijkstra_all;
use proptest::prelude::*;

fn graph(states: u32, mut arcs: Vec<(u32, u32, u32, u32)>) -> TurnGraph {
    arcs.iter_mut().for_each(|(tail, head, ..)| (*tail, *head) = (*tail % states, *head % states));
    arcs.sort_by_key(|arc| arc.0);
    let first = (0..=states).map(|state| arcs.partition_point(|arc| arc.0 < state) as u32).collect();
    TurnGraph {
        drives: (0..states).collect(),
        first,
        heads: arcs.iter().map(|arc| arc.1).collect(),
        costs: arcs.iter().map(|arc| Cost::new(arc.2, arc.3)).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_cost_is_that_of_a_plain_search(
        states in 1_u32..40,
        arcs in prop::collection::vec((0_u32..40, 0_u32..40, 0_u32..6, 0_u32..6), 0..160),
    ) {
        let graph = graph(states, arcs);
        // Any numbering will do.
        let hierarchy = contract(&graph, &|_, _| ());
        let ranks: Vec<Vec<Seed>> =
            (0..states).map(|rank| vec![Seed { state: rank, cost: Cost::ZERO }]).collect();
        let costs = table(&hierarchy, &ranks, &ranks);
        for from in 0..states {
            let arcs = |state: &u32| graph.arcs(*state).map(|(head, cost)| (head, cost.packed())).collect::<Vec<_>>();
            let plain = dijkstra_all(&from, arcs);
            for to in 0..states {
                let expected = if from == to { Some(0) } else { plain.get(&to).map(|(_, cost)| *cost) };
                let found = costs[(from * states + to) as usize];
                let found = found.is_finite().then(|| Cost::from_f64(found).packed());
                prop_assert_eq!(found, expected);
                let single = path(&hierarchy, &ranks[from as usize], &ranks[to as usize]);
                prop_assert_eq!(single.as_ref().map(|(cost, _)| cost.packed()), expected);
                // The path is one of the graph, and costs what it says.
                if let Some((cost, states)) = single {
                    let arc = |pair: &[u32]| {
                        graph.arcs(pair[0]).filter(|(end, _)| *end == pair[1]).map(|(_, cost)| cost).min()
                    };
                    let sum = states.windows(2).map(|pair| arc(pair).expect("an arc of the graph"));
                    prop_assert_eq!(sum.fold(Cost::ZERO, |sum, cost| sum + cost), cost);
                }
            }
        }
    }

    #[test]
    fn a_map_is_ordered_by_what_parts_it(
        places in prop::collection::vec((-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000), 1..60),
        ends in prop::collection::vec((0_u32..60, 0_u32..60), 0..150),
    ) {
        let points: Vec<Point> = places.iter().map(|(lat_e7, lon_e7)| Point { lat_e7: *lat_e7, lon_e7: *lon_e7 }).collect();
        let junctions = points.len() as u32;
        let ends: Vec<[u32; 2]> = ends.iter().map(|(a, b)| [a % junctions, b % junctions]).collect();
        let order = cuts::order(&ends, &points);
        let mut states = order.clone();
        states.sort_unstable();
        prop_assert_eq!(states, (0..ends.len() as u32).collect::<Vec<_>>());
    }
}

#[test]
fn a_long_street_is_parted_in_its_inner_half_and_needs_few_shortcuts() {
    let junctions = 1000_u32;
    let points: Vec<Point> = (0..junctions as i32).map(|at| Point { lat_e7: 0, lon_e7: at * 10_000 }).collect();
    // State 2i leads on from junction i, state 2i + 1 back to it.
    let ends: Vec<[u32; 2]> = (0..junctions - 1).flat_map(|at| [[at, at + 1], [at + 1, at]]).collect();
    let order = cuts::order(&ends, &points);
    assert!((249..750).contains(&(order[0] / 2)), "{}", order[0]);
    let mut number = vec![0; order.len()];
    (0..).zip(&order).for_each(|(new, old)| number[*old as usize] = new);
    let onward = |state: u32| if state.is_multiple_of(2) { state + 2 } else { state.wrapping_sub(2) };
    let arcs = (0..ends.len() as u32).filter(|state| (onward(*state) as usize) < ends.len());
    let arcs = arcs.map(|state| (number[state as usize], number[onward(state) as usize], 1, 1)).collect();
    let hierarchy = contract(&graph(ends.len() as u32, arcs), &|_, _| ());
    let arcs = hierarchy.up.ends.len() + hierarchy.down.ends.len();
    assert!(arcs < 3 * ends.len(), "{arcs} arcs for {} states", ends.len());
}
