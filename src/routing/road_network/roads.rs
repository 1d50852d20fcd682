//! Roads: what lies between two junctions, as one piece.
//!
//! In goes an [`Osm`]; out come [`Roads`]: chains of points with what it costs to drive along each, both ways.
//! Holds: a road begins and ends where more or less than two pieces of road meet, where the rules change, at a barrier
//! or gate, and where a restriction needs it; between its ends nobody can turn off or back. What stands within a road, such as a
//! crossing's signals, is part of its cost. A piece between two neighbouring nodes costs its length over its speed, as
//! OSRM rounds it: to tenths of a second and never 0.
//! Costs: linear in the nodes of the ways.

use super::{
    car::{
        node::{Facing, Kind},
        way::{CarWay, Lane},
    },
    cost::Cost,
    osm::{Osm, OsmWay, Point, Via},
};
use std::ops::Range;

/// A road with a direction: twice the road's number, and one more against its points.
pub type Drive = u32;

/// A road, from one junction to the next.
#[derive(Debug, Clone)]
pub struct Road {
    /// Its points, a range of the columns of [`Roads`].
    pub points: Range<usize>,
    /// What is true of all of it.
    pub kind: RoadKind,
    /// The ways of its first and its last piece, as indices into [`Osm::ways`].
    pub ways: [u32; 2],
    /// How fast a car goes at its first and its last piece, along and against its points.
    pub speeds_kmh: [[f64; 2]; 2],
}

/// What is true of a whole road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoadKind {
    /// Whether it may be driven along its points, and against them.
    pub open: [bool; 2],
    /// Whether each only leads to places on it.
    pub restricted: [bool; 2],
    /// Whether a ferry or a train carries the car.
    pub carried: bool,
    /// Whether it goes round a roundabout.
    pub roundabout: bool,
    /// Whether a journey may begin or end on it.
    pub may_begin: bool,
    /// Whether traffic keeps left, where the map says.
    pub keeps_left: Option<bool>,
}

/// All roads, with their points in columns.
#[derive(Debug, Clone, Default)]
pub struct Roads {
    /// The roads.
    pub roads: Vec<Road>,
    /// The node of each point, as an index into [`Osm::points`].
    pub nodes: Vec<u32>,
    /// Where each point is.
    pub points: Vec<Point>,
    /// What it costs to get from the road's first point to each point.
    pub along: Vec<Cost>,
    /// What it costs to get from each point to the road's first point.
    pub against: Vec<Cost>,
}

impl Roads {
    /// The node a drive begins at.
    pub fn tail(&self, drive: Drive) -> u32 {
        let points = &self.roads[drive as usize / 2].points;
        self.nodes[if drive.is_multiple_of(2) { points.start } else { points.end - 1 }]
    }

    /// The node a drive ends at.
    pub fn head(&self, drive: Drive) -> u32 {
        self.tail(drive ^ 1)
    }

    /// What the whole drive costs.
    pub fn cost(&self, drive: Drive) -> Cost {
        let last = self.roads[drive as usize / 2].points.end - 1;
        if drive.is_multiple_of(2) { self.along[last] } else { self.against[last] }
    }

    /// Whether a car may drive so.
    pub fn is_open(&self, drive: Drive) -> bool {
        self.roads[drive as usize / 2].kind.open[drive as usize % 2]
    }
}

/// A piece of a way between two neighbouring nodes.
#[derive(Debug, Clone, Copy)]
struct Piece {
    nodes: [u32; 2],
    way: u32,
}

/// The pieces at every node.
struct Pieces {
    pieces: Vec<Piece>,
    first: Vec<u32>,
    at: Vec<u32>,
}

impl Pieces {
    fn new(osm: &Osm) -> Self {
        let mut pieces = Vec::with_capacity(osm.refs.len());
        for (way, OsmWay { refs, .. }) in osm.ways.iter().enumerate() {
            for pair in osm.refs[refs.clone()].windows(2) {
                let there = |node: u32| osm.points[node as usize].is_some();
                if pair[0] != pair[1] && there(pair[0]) && there(pair[1]) {
                    pieces.push(Piece { nodes: [pair[0], pair[1]], way: way as u32 });
                }
            }
        }
        let mut first = vec![0_u32; osm.points.len() + 1];
        for node in pieces.iter().flat_map(|piece| piece.nodes) {
            first[node as usize + 1] += 1;
        }
        for node in 1..first.len() {
            first[node] += first[node - 1];
        }
        let (mut next, mut at) = (first.clone(), vec![0; pieces.len() * 2]);
        for (index, piece) in pieces.iter().enumerate() {
            for node in piece.nodes {
                at[next[node as usize] as usize] = index as u32;
                next[node as usize] += 1;
            }
        }
        Self { pieces, first, at }
    }

    fn at(&self, node: u32) -> &[u32] {
        &self.at[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }

    /// Of the two pieces at a node, the other one.
    fn other(&self, node: u32, piece: u32) -> u32 {
        let at = self.at(node);
        at[usize::from(at[0] == piece)]
    }
}

/// Whether a piece is walked along its way.
fn is_along(piece: Piece, from: u32) -> bool {
    piece.nodes[0] == from
}

fn kind(car: &CarWay, along: bool) -> RoadKind {
    let [first, second] = if along { [0, 1] } else { [1, 0] };
    let lane = |index: usize| car.lanes[index];
    RoadKind {
        open: [lane(first).is_some(), lane(second).is_some()],
        restricted: [first, second].map(|index| lane(index).is_some_and(|lane| lane.restricted)),
        carried: car.carried,
        roundabout: car.roundabout,
        may_begin: car.may_begin,
        keeps_left: car.keeps_left,
    }
}

/// Cuts the ways into roads.
///
/// Cost: linear in the nodes of the ways.
pub fn roads(osm: &Osm) -> Roads {
    let pieces = Pieces::new(osm);
    let mut ends = vec![false; osm.points.len()];
    for node in 0..ends.len() as u32 {
        ends[node as usize] = is_end(osm, &pieces, node);
    }
    for via in vias(osm) {
        ends[via as usize] = true;
    }
    let mut walker = Walker { osm, pieces: &pieces, walked: vec![false; pieces.pieces.len()], roads: Roads::default() };
    for node in (0..ends.len() as u32).filter(|node| ends[*node as usize]) {
        for piece in pieces.at(node) {
            walker.walk(node, *piece, &ends);
        }
    }
    // What is left are rings that no other road touches.
    for piece in 0..pieces.pieces.len() as u32 {
        let node = pieces.pieces[piece as usize].nodes[0];
        ends[node as usize] |= !walker.walked[piece as usize];
        walker.walk(node, piece, &ends);
    }
    walker.roads
}

/// The nodes at which ways that a restriction passes over begin and end.
fn vias(osm: &Osm) -> Vec<u32> {
    let mut ways: Vec<i64> = Vec::new();
    let mut nodes = Vec::new();
    for restriction in &osm.restrictions {
        match &restriction.via {
            Via::Node(node) => nodes.extend(osm.node(*node)),
            Via::Ways(via) => ways.extend(via),
        }
    }
    ways.sort_unstable();
    for way in osm.ways.iter().filter(|way| ways.binary_search(&way.id).is_ok()) {
        let refs = &osm.refs[way.refs.clone()];
        nodes.extend(refs.first().into_iter().chain(refs.last()));
    }
    nodes
}

fn is_end(osm: &Osm, pieces: &Pieces, node: u32) -> bool {
    let &[first, second] = pieces.at(node) else { return true };
    // A gate takes a minute at once: within a road it would be spread over a piece of it.
    if first == second || osm.has(Kind::Closed, node) || osm.has(Kind::Gate, node) {
        return true;
    }
    let [first, second] = [first, second].map(|piece| pieces.pieces[piece as usize]);
    let car = |piece: Piece| &osm.ways[piece.way as usize].car;
    // Arriving on the one and going on by the other.
    kind(car(first), !is_along(first, node)) != kind(car(second), is_along(second, node))
}

struct Walker<'a> {
    osm: &'a Osm,
    pieces: &'a Pieces,
    walked: Vec<bool>,
    roads: Roads,
}

impl Walker<'_> {
    /// Walks from an end to the next one and keeps the road, unless it was walked before.
    fn walk(&mut self, start: u32, piece: u32, ends: &[bool]) {
        if self.walked[piece as usize] {
            return;
        }
        let mut chain = Vec::new();
        let (mut node, mut piece) = (start, piece);
        loop {
            self.walked[piece as usize] = true;
            let here = self.pieces.pieces[piece as usize];
            chain.push((node, here));
            node = here.nodes[usize::from(is_along(here, node))];
            if ends[node as usize] {
                break;
            }
            piece = self.pieces.other(node, piece);
        }
        self.keep(&chain, node);
    }

    fn keep(&mut self, chain: &[(u32, Piece)], end: u32) {
        let car = |piece: Piece| &self.osm.ways[piece.way as usize].car;
        let point = |node: u32| self.osm.points[node as usize].expect("a piece joins nodes that are there");
        let nodes: Vec<u32> = chain.iter().map(|(node, _)| *node).chain([end]).collect();
        let lengths: Vec<f64> =
            nodes.windows(2).map(|pair| super::metres::between(point(pair[0]), point(pair[1]))).collect();
        let whole: f64 = lengths.iter().sum();
        let from = self.roads.points.len();
        let (mut costs, mut walked) = ([Cost::ZERO; 2], 0.0);
        self.roads.nodes.extend(&nodes);
        self.roads.points.extend(nodes.iter().map(|node| point(*node)));
        self.roads.along.push(Cost::ZERO);
        self.roads.against.push(Cost::ZERO);
        for (index, (node, piece)) in chain.iter().enumerate() {
            let along = is_along(*piece, *node);
            if index > 0 {
                // Going along, the obstacle is met on the piece before it; against, on this one.
                let (before, arrived) = (chain[index - 1].1, chain[index - 1].0);
                costs[0] = costs[0] + self.stands(*node, is_along(before, arrived), walked, whole - walked);
                costs[1] = costs[1] + self.stands(*node, !along, whole - walked, walked);
            }
            for (direction, cost) in costs.iter_mut().enumerate() {
                let lane = car(*piece).lanes[if along { direction } else { 1 - direction }];
                *cost = *cost + self.drives(piece.way, lane, lengths[index]);
            }
            walked += lengths[index];
            self.roads.along.push(costs[0]);
            self.roads.against.push(costs[1]);
        }
        let speeds = |(node, piece): (u32, Piece)| {
            let lanes = car(piece).lanes.map(|lane| lane.map_or(0.0, |lane| lane.speed_kmh));
            if is_along(piece, node) { lanes } else { [lanes[1], lanes[0]] }
        };
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        self.roads.roads.push(Road {
            points: from..self.roads.points.len(),
            kind: kind(car(first.1), is_along(first.1, first.0)),
            ways: [first.1.way, last.1.way],
            speeds_kmh: [speeds(first), speeds(last)],
        });
    }

    /// What it costs to pass what stands at a node within a road, with so many metres to the junctions on either side.
    fn stands(&self, node: u32, along: bool, metres_since: f64, metres_to: f64) -> Cost {
        let mut sum = 0;
        for obstacle in self.osm.obstacles.get(&node).into_iter().flatten().filter(|it| it.concerns(along)) {
            // A stop sign that says no direction and stands just behind a junction is for traffic towards it.
            let behind = obstacle.kind == Kind::Stop
                && obstacle.facing == Facing::Unsaid
                && metres_since < 20.0
                && metres_to > 20.0;
            // Nobody has to stop for a lesser road that is not there.
            if !behind && obstacle.kind != Kind::StopMinor {
                sum += obstacle.deciseconds();
            }
        }
        Cost::new(sum, sum)
    }

    fn drives(&self, way: u32, lane: Option<Lane>, metres: f64) -> Cost {
        let Some(lane) = lane else { return Cost::ZERO };
        let OsmWay { refs, car, .. } = &self.osm.ways[way as usize];
        let (seconds, weight) = match car.seconds {
            // The whole way's time in equal parts.
            Some(seconds) => {
                let part = seconds / (refs.len() - 1) as f64;
                (part, part * if lane.rate_kmh > 0.0 { lane.speed_kmh / lane.rate_kmh } else { 1.0 })
            }
            None => (metres / lane.speed_kmh * 3.6, metres / lane.rate_kmh * 3.6),
        };
        let deciseconds = |seconds: f64| (seconds * 10.0).round().max(1.0) as u32;
        Cost::new(deciseconds(weight), deciseconds(seconds))
    }
}
