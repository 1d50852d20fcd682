//! Forbidden turns as sequences of drives.
//!
//! In go the restrictions of an extract, by way and node; out come [`ForbiddenPath`]s over the roads.
//! Holds: each path has at least two drives, each begins where the one before ends. A restriction whose parts do not
//! meet, or whose via node is not an end of its ways, forbids nothing.
//! Costs: the roads at the nodes concerned.

use super::{
    osm::{Osm, OsmWay, Via},
    roads::{Drive, Roads},
};
use std::collections::BTreeMap;

/// Drives that may not follow one another, or of which the last must follow the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForbiddenPath {
    /// The drives, in order.
    pub drives: Vec<Drive>,
    /// Whether it is the only way to go on.
    pub only: bool,
}

/// The drives that leave each node: a row a node.
#[derive(Debug, Clone, Default)]
pub struct Junctions {
    first: Vec<u32>,
    leaving: Vec<Drive>,
}

impl Junctions {
    /// Sorts the drives of all roads, closed ones included, by where they begin.
    pub fn new(roads: &Roads, nodes: usize) -> Self {
        let drives = 0..roads.roads.len() as u32 * 2;
        let mut first = vec![0_u32; nodes + 1];
        for drive in drives.clone() {
            first[roads.tail(drive) as usize + 1] += 1;
        }
        for node in 1..first.len() {
            first[node] += first[node - 1];
        }
        let (mut next, mut leaving) = (first.clone(), vec![0; drives.len()]);
        for drive in drives {
            let at = &mut next[roads.tail(drive) as usize];
            leaving[*at as usize] = drive;
            *at += 1;
        }
        Self { first, leaving }
    }

    /// The drives that leave a node, whether a car may or not.
    pub fn leaving(&self, node: u32) -> &[Drive] {
        &self.leaving[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }
}

/// Follows each restriction over the roads.
pub fn paths(osm: &Osm, roads: &Roads, junctions: &Junctions) -> Vec<ForbiddenPath> {
    let mut by_id: BTreeMap<i64, usize> = BTreeMap::new();
    for (index, way) in osm.ways.iter().enumerate() {
        by_id.insert(way.id, index);
    }
    let finder = Finder { osm, roads, junctions };
    let mut found = Vec::new();
    for restriction in &osm.restrictions {
        let known = |ids: &[i64]| -> Vec<usize> { ids.iter().filter_map(|id| by_id.get(id).copied()).collect() };
        let (from, to) = (known(&restriction.from), known(&restriction.to));
        let middles = match &restriction.via {
            Via::Node(node) => osm.node(*node).map(|node| (node, Vec::new(), node)).into_iter().collect(),
            Via::Ways(ids) => {
                let ways = known(ids);
                if ways.len() == ids.len() { finder.over(&ways) } else { Vec::new() }
            }
        };
        for (start, middle, end) in &middles {
            for before in from.iter().flat_map(|way| finder.of_way(*way, *start)) {
                for after in to.iter().flat_map(|way| finder.of_way(*way, *end)) {
                    let drives: Vec<Drive> =
                        [before ^ 1].into_iter().chain(middle.iter().copied()).chain([after]).collect();
                    if drives.iter().all(|drive| roads.is_open(*drive)) {
                        found.push(ForbiddenPath { drives, only: restriction.only });
                    }
                }
            }
        }
    }
    found
}

struct Finder<'a> {
    osm: &'a Osm,
    roads: &'a Roads,
    junctions: &'a Junctions,
}

impl Finder<'_> {
    fn refs(&self, way: usize) -> &[u32] {
        let OsmWay { refs, .. } = &self.osm.ways[way];
        &self.osm.refs[refs.clone()]
    }

    /// The drives that leave a node on a way that ends there.
    fn of_way(&self, way: usize, node: u32) -> Vec<Drive> {
        let refs = self.refs(way);
        if refs.first() != Some(&node) && refs.last() != Some(&node) {
            return Vec::new();
        }
        let on_way = |drive: &&Drive| self.roads.roads[**drive as usize / 2].ways[**drive as usize % 2] == way as u32;
        self.junctions.leaving(node).iter().filter(on_way).copied().collect()
    }

    /// The drives over ways that follow one another, in either direction: start, drives, end.
    fn over(&self, ways: &[usize]) -> Vec<(u32, Vec<Drive>, u32)> {
        let mut found = Vec::new();
        let Some(ends) = ways.first().map(|way| self.refs(*way)) else { return found };
        for start in ends.first().into_iter().chain(ends.last()) {
            let (mut node, mut drives) = (*start, Vec::new());
            let whole = ways.iter().all(|way| match self.along(*way, node) {
                Some((over, end)) => {
                    drives.extend(over);
                    node = end;
                    true
                }
                None => false,
            });
            if whole && !drives.is_empty() {
                found.push((*start, drives, node));
            }
        }
        found
    }

    /// The drives along a whole way from one of its ends, and its other end.
    fn along(&self, way: usize, start: u32) -> Option<(Vec<Drive>, u32)> {
        let mut refs = self.refs(way).to_vec();
        if refs.last() == Some(&start) {
            refs.reverse();
        }
        let (mut at, mut drives) = (0, Vec::new());
        while at + 1 < refs.len() {
            let next = refs[at + 1];
            let drive = *self.junctions.leaving(refs[at]).iter().find(|drive| {
                let points = self.roads.roads[**drive as usize / 2].points.clone();
                let second = if drive.is_multiple_of(2) { points.start + 1 } else { points.end - 2 };
                self.roads.nodes[second] == next
            })?;
            at += self.roads.roads[drive as usize / 2].points.len() - 1;
            if refs.get(at) != Some(&self.roads.head(drive)) {
                return None;
            }
            drives.push(drive);
        }
        (refs.first() == Some(&start)).then_some((drives, *refs.last()?))
    }
}
