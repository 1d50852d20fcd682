//! From an extract to a network.
//!
//! In goes an [`Osm`]; out comes a [`Network`], or that it has no road.
//! Holds: the same extract gives the same network, to the byte.
//! Costs: nearly all of it is [`super::hierarchy`]: cuts, then shortcuts.

use super::{
    component,
    extract::ExtractError,
    hierarchy::{contract::contract, cuts},
    nearest::{around, hilbert},
    network::{NO_STATE, Network, Origin, RoadColumns},
    osm::{Osm, Point},
    restrictions::{Junctions, paths},
    roads::{Roads, roads},
    turns::{TurnGraph, turn_graph},
};

/// What is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the extract: bytes of bytes.
    Reading,
    /// Joining ways to roads and turns.
    Joining,
    /// Cutting the map into parts.
    Cutting,
    /// Taking states out: states of states.
    Contracting,
}

/// Makes a network; `progress` hears the stage, how much of it is done, and of how much.
///
/// Errors: [`ExtractError::NoRoads`].
pub fn build(
    osm: &Osm,
    source: &str,
    keeps_left: bool,
    progress: &dyn Fn(Stage, u64, u64),
) -> Result<Network, ExtractError> {
    progress(Stage::Joining, 0, 1);
    let all = roads(osm);
    let junctions = Junctions::new(&all, osm.points.len());
    let paths = paths(osm, &all, &junctions);
    let graph = turn_graph(osm, &all, &junctions, &paths, keeps_left);
    let kept = component::largest(&graph);
    if kept.is_empty() {
        return Err(ExtractError::NoRoads);
    }
    let (columns, new_road) = columns(&all, kept.iter().map(|state| graph.drives[*state as usize] / 2));
    progress(Stage::Cutting, 0, 1);
    let old = by_importance(osm, &all, &graph, &kept);
    let mut graph = graph.picked(&old);
    let hierarchy = contract(&graph, &|done, of| progress(Stage::Contracting, done, of));
    for drive in &mut graph.drives {
        *drive = new_road[*drive as usize / 2] * 2 + *drive % 2;
    }
    // The first state of a drive in the unordered graph is the one outside any restriction.
    let mut starts = vec![(u32::MAX, NO_STATE); columns.first.len() * 2 - 2];
    for (state, (drive, old)) in graph.drives.iter().zip(&old).enumerate() {
        let start = &mut starts[*drive as usize];
        *start = (*start).min((*old, state as u32));
    }
    let starts = starts.into_iter().map(|(_, state)| state).collect();
    let origin = Origin { source: source.to_owned(), date: osm.date, restrictions: paths.len() as u32 };
    Ok(Network::new(origin, RoadColumns { starts, ..columns }, graph, hierarchy))
}

/// The states that are kept, the most important first.
fn by_importance(osm: &Osm, all: &Roads, graph: &TurnGraph, kept: &[u32]) -> Vec<u32> {
    let ends = |state: &u32| [all.tail(graph.drives[*state as usize]), all.head(graph.drives[*state as usize])];
    let mut nodes: Vec<u32> = kept.iter().flat_map(ends).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let junction = |node: u32| nodes.binary_search(&node).expect("every end is a junction") as u32;
    let ends: Vec<[u32; 2]> = kept.iter().map(|state| ends(state).map(junction)).collect();
    let points: Vec<Point> =
        nodes.iter().map(|node| osm.points[*node as usize].expect("a road passes points that are there")).collect();
    cuts::order(&ends, &points).into_iter().map(|state| kept[state as usize]).collect()
}

/// The roads that are driven, in order, and the new number of each.
fn columns(all: &Roads, driven: impl Iterator<Item = u32>) -> (RoadColumns, Vec<u32>) {
    let mut order: Vec<u32> = driven.collect();
    order.sort_unstable();
    order.dedup();
    let of = |road: u32| all.roads[road as usize].points.clone();
    let middle = |road: u32| all.points[of(road).start + of(road).len() / 2];
    let bounds = around(order.iter().map(|road| middle(*road))).unwrap_or_default();
    order.sort_by_cached_key(|road| (!all.roads[*road as usize].kind.may_begin, hilbert(bounds, middle(*road)), *road));
    let mut new = vec![u32::MAX; all.roads.len()];
    let mut columns = RoadColumns { first: vec![0], ..RoadColumns::default() };
    for (index, road) in order.iter().enumerate() {
        new[*road as usize] = index as u32;
        columns.open_to_begin += u32::from(all.roads[*road as usize].kind.may_begin);
        columns.points.extend(&all.points[of(*road)]);
        columns.along.extend(&all.along[of(*road)]);
        columns.against.extend(&all.against[of(*road)]);
        columns.first.push(columns.points.len() as u32);
    }
    (columns, new)
}
