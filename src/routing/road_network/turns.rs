//! The graph that a search runs on: a state for each drive, an arc for each allowed turn.
//!
//! In go roads and restrictions; out comes a [`TurnGraph`].
//! Holds: a state is at the beginning of its drive, and an arc costs the drive and the turn after it, so that a path
//! costs what the drives and the turns between them cost. A drive in the midst of a restriction over several roads has
//! a state of its own, so that forbidden is only who came that way. Turning round is allowed where a road ends, where
//! there is no other way on, and before a barrier.
//! Costs: the sum over all junctions of drives in times drives out.
//! Source: Winter, "Modeling Costs of Turns in Route Planning", 2002, for turns as arcs; OSRM for who may turn round.

use super::{
    car::{
        node::Kind,
        turn::{INTO_RESTRICTED_DECISECONDS, Turn},
    },
    cost::Cost,
    metres,
    osm::Osm,
    restrictions::{ForbiddenPath, Junctions},
    roads::{Drive, Roads},
};
use std::collections::BTreeMap;

/// How far from a junction a road's direction is taken, in metres.
const LOOK_METRES: f64 = 15.0;

/// Arcs by the state they leave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnGraph {
    /// The drive of each state.
    pub drives: Vec<Drive>,
    /// Where the arcs of each state begin, and one more.
    pub first: Vec<u32>,
    /// The states they lead to.
    pub heads: Vec<u32>,
    /// What they cost.
    pub costs: Vec<Cost>,
}

impl TurnGraph {
    /// The states a state leads to, with what it costs.
    pub fn arcs(&self, state: u32) -> impl ExactSizeIterator<Item = (u32, Cost)> + '_ {
        let range = self.first[state as usize] as usize..self.first[state as usize + 1] as usize;
        self.heads[range.clone()].iter().copied().zip(self.costs[range].iter().copied())
    }

    /// The graph of some of its states in a new order: `old[new]` is a state; arcs to others are dropped.
    pub fn picked(&self, old: &[u32]) -> Self {
        let mut new = vec![u32::MAX; self.drives.len()];
        for (index, state) in old.iter().enumerate() {
            new[*state as usize] = index as u32;
        }
        let mut picked = Self { first: vec![0], ..Self::default() };
        for state in old {
            picked.drives.push(self.drives[*state as usize]);
            for (head, cost) in self.arcs(*state).filter(|(head, _)| new[*head as usize] != u32::MAX) {
                picked.heads.push(new[head as usize]);
                picked.costs.push(cost);
            }
            picked.first.push(picked.heads.len() as u32);
        }
        picked
    }
}

/// Makes the graph of all drives that a car may do; the first states are the drives outside any restriction, ascending.
pub fn turn_graph(
    osm: &Osm,
    roads: &Roads,
    junctions: &Junctions,
    paths: &[ForbiddenPath],
    keeps_left: bool,
) -> TurnGraph {
    let mut begin: BTreeMap<Drive, Vec<Place>> = BTreeMap::new();
    for (path, ForbiddenPath { drives, .. }) in paths.iter().enumerate() {
        begin.entry(drives[0]).or_default().push(Place { path: path as u32, passed: 0 });
    }
    let drives = roads.roads.len() as u32 * 2;
    let bearings = (0..drives).map(|drive| leaving_bearing(roads, drive)).collect();
    let rules = Rules { osm, roads, junctions, paths, begin, bearings, keeps_left };
    // States by number; those with something carried are numbered as they are met.
    let mut states: Vec<(Drive, Vec<Place>)> =
        (0..drives).filter(|drive| roads.is_open(*drive)).map(|drive| (drive, Vec::new())).collect();
    let mut plain = vec![u32::MAX; drives as usize];
    for (state, (drive, _)) in states.iter().enumerate() {
        plain[*drive as usize] = state as u32;
    }
    let mut carrying: BTreeMap<(Drive, Vec<Place>), u32> = BTreeMap::new();
    let mut graph = TurnGraph { first: vec![0], ..TurnGraph::default() };
    let mut state = 0;
    while state < states.len() {
        let (drive, carried) = states[state].clone();
        for (next, carries, cost) in rules.turns(drive, &carried) {
            let head = if carries.is_empty() {
                plain[next as usize]
            } else {
                *carrying.entry((next, carries)).or_insert_with_key(|key| {
                    states.push(key.clone());
                    states.len() as u32 - 1
                })
            };
            graph.heads.push(head);
            graph.costs.push(cost);
        }
        graph.first.push(graph.heads.len() as u32);
        state += 1;
    }
    graph.drives = states.into_iter().map(|(drive, _)| drive).collect();
    graph
}

/// Where in a forbidden path somebody is: `passed` of its drives are behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: u32,
    passed: u32,
}

struct Rules<'a> {
    osm: &'a Osm,
    roads: &'a Roads,
    junctions: &'a Junctions,
    paths: &'a [ForbiddenPath],
    begin: BTreeMap<Drive, Vec<Place>>,
    bearings: Vec<f64>,
    keeps_left: bool,
}

impl Rules<'_> {
    /// The drives that may follow one, what each carries on of a restriction, and what drive and turn cost.
    fn turns(&self, drive: Drive, carried: &[Place]) -> Vec<(Drive, Vec<Place>, Cost)> {
        let places: Vec<Place> = carried.iter().chain(self.begin.get(&drive).into_iter().flatten()).copied().collect();
        let node = self.roads.head(drive);
        let leaving = self.junctions.leaving(node);
        let open = |next: &&Drive| self.roads.is_open(**next);
        let allowed = |next: Drive| places.is_empty() || self.carries(&places, next).is_some();
        let exits = leaving.iter().filter(open).filter(|next| allowed(**next)).count();
        let ways_in = leaving.iter().filter(|next| self.roads.is_open(**next ^ 1)).count();
        let closed = self.osm.has(Kind::Closed, node);
        let mut turns = Vec::new();
        for next in leaving.iter().filter(open) {
            let round = *next == drive ^ 1;
            let may = if round { closed || exits == 1 || ways_in <= 1 } else { !closed };
            let carries = if places.is_empty() { Some(Vec::new()) } else { self.carries(&places, *next) };
            if may && let Some(carries) = carries {
                turns.push((*next, carries, self.roads.cost(drive) + self.turn(drive, *next, leaving)));
            }
        }
        turns
    }

    /// What remains carried after going on by `next`; nothing where that is forbidden.
    fn carries(&self, places: &[Place], next: Drive) -> Option<Vec<Place>> {
        let mut carries = Vec::new();
        // Of several paths that are the only way on, the end of any may be taken.
        let (mut leaves_only, mut follows_only) = (false, false);
        for Place { path, passed } in places {
            let ForbiddenPath { drives, only } = &self.paths[*path as usize];
            let follows = drives[*passed as usize + 1] == next;
            let ends = *passed as usize + 2 == drives.len();
            if *only && (*passed > 0 || drives.len() == 2) {
                leaves_only |= !follows;
                follows_only |= follows;
            }
            match (follows, ends) {
                (true, true) if !only => return None,
                (true, false) => carries.push(Place { path: *path, passed: passed + 1 }),
                _ => {}
            }
        }
        carries.sort_unstable();
        (!leaves_only || follows_only).then_some(carries)
    }

    /// What the turn itself costs, with what stands at the junction.
    fn turn(&self, drive: Drive, next: Drive, leaving: &[Drive]) -> Cost {
        let road = |drive: Drive| &self.roads.roads[drive as usize / 2];
        let (before, after) = (&road(drive).kind, &road(next).kind);
        let right = self.bearings[next as usize] - (self.bearings[drive as usize ^ 1] + 180.0);
        let turn = Turn {
            right_degrees: (right + 180.0).rem_euclid(360.0) - 180.0,
            roads: leaving.len(),
            round: next == drive ^ 1,
            boards: before.carried != after.carried,
            roundabout: before.roundabout || after.roundabout,
            keeps_left: after.keeps_left.unwrap_or(self.keeps_left),
        };
        let time = (turn.seconds() * 10.0).round() as u32 + self.stands(drive, next, leaving);
        let side = |drive: Drive| drive as usize % 2;
        let enters = !before.restricted[side(drive)] && after.restricted[side(next)];
        Cost::new(time + if enters { INTO_RESTRICTED_DECISECONDS } else { 0 }, time)
    }

    fn stands(&self, drive: Drive, next: Drive, leaving: &[Drive]) -> u32 {
        let node = self.roads.head(drive);
        let Some(obstacles) = self.osm.obstacles.get(&node) else { return 0 };
        let last_way = self.roads.roads[drive as usize / 2].ways[1 - drive as usize % 2];
        let along = self.ends_along(drive, last_way);
        let minor = || {
            let speed_out = |drive: Drive| {
                let road = &self.roads.roads[drive as usize / 2];
                road.speeds_kmh[drive as usize % 2][drive as usize % 2]
            };
            let speed_in = self.roads.roads[drive as usize / 2].speeds_kmh[1 - drive as usize % 2][drive as usize % 2];
            leaving
                .iter()
                .filter(|other| **other != drive ^ 1 || **other == next)
                .any(|other| speed_out(*other) > speed_in)
        };
        let counts = |kind: Kind| kind != Kind::StopMinor || minor();
        obstacles.iter().filter(|it| it.concerns(along) && counts(it.kind)).map(|it| it.deciseconds()).sum()
    }

    /// Whether the last piece of a drive goes along its way's nodes.
    fn ends_along(&self, drive: Drive, way: u32) -> bool {
        let points = self.roads.roads[drive as usize / 2].points.clone();
        let (before, end) =
            if drive.is_multiple_of(2) { (points.end - 2, points.end - 1) } else { (points.start + 1, points.start) };
        let (before, end) = (self.roads.nodes[before], self.roads.nodes[end]);
        let refs = &self.osm.refs[self.osm.ways[way as usize].refs.clone()];
        refs.windows(2).any(|pair| pair == [before, end])
    }
}

/// The direction in which a drive leaves its first node.
fn leaving_bearing(roads: &Roads, drive: Drive) -> f64 {
    let points = &roads.points[roads.roads[drive as usize / 2].points.clone()];
    let from_start = |points: &mut dyn Iterator<Item = &super::osm::Point>| {
        let start = *points.next().expect("a road has two points");
        let (mut before, mut left, mut seen) = (start, LOOK_METRES, start);
        for point in points {
            let length = metres::between(before, *point);
            seen = *point;
            if length >= left {
                let part = |from: i32, by: i64| from + (by as f64 * left / length).round() as i32;
                let lat_by = i64::from(point.lat_e7) - i64::from(before.lat_e7);
                seen.lat_e7 = part(before.lat_e7, lat_by);
                seen.lon_e7 = part(before.lon_e7, metres::turn_e7(before.lon_e7, point.lon_e7));
                break;
            }
            left -= length;
            before = *point;
        }
        metres::bearing_degrees(start, seen)
    };
    if drive.is_multiple_of(2) { from_start(&mut points.iter()) } else { from_start(&mut points.iter().rev()) }
}
