//! The hierarchy against a plain search, on random graphs with arcs that cost nothing and arcs side by side.

use account_swap::routing::road_network::{
    cost::Cost,
    hierarchy::{Seed, contract::contract, path::path, table::table},
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
        let (order, hierarchy) = contract(&graph, &|_| ());
        let ranks: Vec<Vec<Seed>> =
            (0..states).map(|rank| vec![Seed { state: rank, cost: Cost::ZERO }]).collect();
        let costs = table(&hierarchy, &ranks, &ranks);
        for (row, from) in order.iter().enumerate() {
            let arcs = |state: &u32| graph.arcs(*state).map(|(head, cost)| (head, cost.packed())).collect::<Vec<_>>();
            let plain = dijkstra_all(from, arcs);
            for (column, to) in order.iter().enumerate() {
                let expected = if from == to { Some(0) } else { plain.get(to).map(|(_, cost)| *cost) };
                let found = costs[row * states as usize + column];
                let found = found.is_finite().then(|| Cost::from_f64(found).packed());
                prop_assert_eq!(found, expected);
                let single = path(&hierarchy, &ranks[row], &ranks[column]);
                prop_assert_eq!(single.as_ref().map(|(cost, _)| cost.packed()), expected);
                // The path is one of the graph, and costs what it says.
                if let Some((cost, states)) = single {
                    let arc = |pair: &[u32]| {
                        let [tail, head] = [pair[0], pair[1]].map(|rank| order[rank as usize]);
                        graph.arcs(tail).filter(|(end, _)| *end == head).map(|(_, cost)| cost).min()
                    };
                    let sum = states.windows(2).map(|pair| arc(pair).expect("an arc of the graph"));
                    prop_assert_eq!(sum.fold(Cost::ZERO, |sum, cost| sum + cost), cost);
                }
            }
        }
    }
}
