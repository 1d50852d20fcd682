//! A road network ready to be asked: places snapped to roads, times many to many, single routes.
//!
//! In go places; out come costs, routes and how far each place is from its road.
//! Holds: times are those of the best way from the nearest point on a road to the nearest point on a road; getting
//! there from the place itself is not counted. A journey may begin in either direction of a street. Within one road, a
//! destination ahead is reached directly.
//! Costs: see [`super::hierarchy::table`]; snapping a few microseconds a place.

use super::{
    cost::Cost,
    hierarchy::{Hierarchy, Seed, path, table},
    metres,
    nearest::{Nearest, Tree, around},
    osm::Point,
    roads::Drive,
    turns::TurnGraph,
};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::ops::Range;

/// Where no state is.
pub const NO_STATE: u32 = u32::MAX;

/// Roads, in the order of a Hilbert curve, those that no journey may begin on last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoadColumns {
    /// Where the points of each road begin, and one more.
    pub first: Vec<u32>,
    /// How many roads a journey may begin or end on.
    pub open_to_begin: u32,
    /// Where each point is.
    pub points: Vec<Point>,
    /// What it costs to get from the road's first point to each.
    pub along: Vec<Cost>,
    /// What it costs to get from each point to the road's first.
    pub against: Vec<Cost>,
    /// The state in which a journey begins on each drive, or [`NO_STATE`].
    pub starts: Vec<u32>,
}

impl RoadColumns {
    /// The points of a road.
    pub fn points_of(&self, road: u32) -> Range<usize> {
        self.first[road as usize] as usize..self.first[road as usize + 1] as usize
    }

    /// The road a point belongs to.
    fn road_of(&self, point: u32) -> u32 {
        self.first.partition_point(|first| *first <= point) as u32 - 1
    }
}

/// Where a map comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// The name of the extract's file.
    pub source: String,
    /// The day of the map.
    pub date: Option<NaiveDate>,
    /// How many restrictions on turns were found.
    pub restrictions: u32,
}

/// A road network.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Where it comes from.
    pub origin: Origin,
    /// The roads.
    pub roads: RoadColumns,
    /// The graph of drives and turns.
    pub graph: TurnGraph,
    /// The hierarchy over it.
    pub hierarchy: Hierarchy,
    /// The states of each drive, in rows.
    states: (Vec<u32>, Vec<u32>),
    last: Vec<bool>,
    tree: Tree,
}

/// A place on a road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapped {
    /// The road.
    pub road: u32,
    /// The piece of it, and how far along the piece.
    pub nearest: Nearest,
    /// The point on the road.
    pub point: Point,
}

/// The best way from one place to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// What it costs.
    pub cost: Cost,
    /// How long the roads are, in metres.
    pub metres: f64,
    /// The points it passes.
    pub points: Vec<Point>,
}

impl Network {
    /// Makes what is derived from the parts; they must be sound.
    pub fn new(origin: Origin, roads: RoadColumns, graph: TurnGraph, hierarchy: Hierarchy) -> Self {
        let mut first = vec![0_u32; roads.starts.len() + 1];
        for drive in &graph.drives {
            first[*drive as usize + 1] += 1;
        }
        for drive in 1..first.len() {
            first[drive] += first[drive - 1];
        }
        let (mut next, mut of_drive) = (first.clone(), vec![0; graph.drives.len()]);
        for (state, drive) in graph.drives.iter().enumerate() {
            of_drive[next[*drive as usize] as usize] = state as u32;
            next[*drive as usize] += 1;
        }
        let mut last = vec![false; roads.points.len()];
        roads.first[1..].iter().for_each(|first| last[*first as usize - 1] = true);
        let begin = roads.first[roads.open_to_begin as usize] as usize;
        let tree = Tree::new(&roads.points[..begin], |point| last[point]);
        Self { origin, roads, graph, hierarchy, states: (first, of_drive), last, tree }
    }

    /// South, west, north and east of all points, in degrees.
    pub fn bounds_degrees(&self) -> [f64; 4] {
        around(self.roads.points.iter().copied()).unwrap_or_default().map(|e7| f64::from(e7) * 1e-7)
    }

    /// The nearest point on a road that a journey may begin on, within a limit.
    pub fn snap(&self, place: Point, limit_metres: f64) -> Option<Snapped> {
        let begin = self.roads.first[self.roads.open_to_begin as usize] as usize;
        let points = &self.roads.points[..begin];
        let nearest = self.tree.nearest(points, |point| self.last[point], place, limit_metres)?;
        let (a, b) = (points[nearest.piece as usize], points[nearest.piece as usize + 1]);
        let part = |from: i32, by: i64| from.wrapping_add((by as f64 * nearest.share).round() as i32);
        let point = Point {
            lat_e7: part(a.lat_e7, i64::from(b.lat_e7) - i64::from(a.lat_e7)),
            lon_e7: part(a.lon_e7, metres::turn_e7(a.lon_e7, b.lon_e7)),
        };
        Some(Snapped { road: self.roads.road_of(nearest.piece), nearest, point })
    }

    /// What it costs from the beginning of a drive over a road to a place on it.
    fn passed(&self, at: &Snapped, side: usize) -> Cost {
        let column = if side == 0 { &self.roads.along } else { &self.roads.against };
        let piece = at.nearest.piece as usize;
        let here = column[piece] + (column[piece + 1] - column[piece]).part(at.nearest.share);
        if side == 0 { here } else { column[self.roads.points_of(at.road).end - 1] - here }
    }

    /// The states of the two drives over a road, a journey's first.
    fn drives(road: u32) -> [(usize, Drive); 2] {
        [(0, road * 2), (1, road * 2 + 1)]
    }

    /// Where a journey from a place on a road goes first: the drives after this one.
    pub fn departures(&self, at: &Snapped) -> Vec<Seed> {
        let mut seeds = Vec::new();
        for (side, drive) in Self::drives(at.road) {
            let state = self.roads.starts[drive as usize];
            if state != NO_STATE {
                let passed = self.passed(at, side);
                seeds.extend(self.graph.arcs(state).map(|(state, cost)| Seed { state, cost: cost - passed }));
            }
        }
        seeds
    }

    /// Where a journey to a place on a road comes by: the drives over the road.
    pub fn arrivals(&self, at: &Snapped) -> Vec<Seed> {
        let (first, states) = &self.states;
        let mut seeds = Vec::new();
        for (side, drive) in Self::drives(at.road) {
            let cost = self.passed(at, side);
            let of_drive = &states[first[drive as usize] as usize..first[drive as usize + 1] as usize];
            seeds.extend(of_drive.iter().map(|state| Seed { state: *state, cost }));
        }
        seeds
    }

    /// What it costs to stay on one road, where the destination is ahead.
    pub fn direct(&self, from: &Snapped, to: &Snapped) -> Option<Cost> {
        let position = |at: &Snapped| (at.nearest.piece, at.nearest.share);
        let ahead =
            |side: usize| if side == 0 { position(from) <= position(to) } else { position(to) <= position(from) };
        let drives = Self::drives(from.road).into_iter();
        let open = drives.filter(|(side, drive)| self.roads.starts[*drive as usize] != NO_STATE && ahead(*side));
        let costs = open.map(|(side, _)| self.passed(to, side) - self.passed(from, side));
        if from.road == to.road { costs.min() } else { None }
    }

    /// The costs from all origins to all destinations, row by row; none where no way leads.
    ///
    /// Cost: see [`super::hierarchy::table`].
    pub fn table(&self, origins: &[Snapped], destinations: &[Snapped]) -> Vec<Option<Cost>> {
        let departures: Vec<Vec<Seed>> = origins.iter().map(|at| self.departures(at)).collect();
        let arrivals: Vec<Vec<Seed>> = destinations.iter().map(|at| self.arrivals(at)).collect();
        let costs = table::table(&self.hierarchy, &departures, &arrivals);
        let mut by_road: Vec<(u32, u32)> = (0_u32..).zip(destinations).map(|(index, at)| (at.road, index)).collect();
        by_road.sort_unstable();
        let mut found: Vec<Option<Cost>> =
            costs.into_par_iter().map(|cost| cost.is_finite().then(|| Cost::from_f64(cost))).collect();
        for (row, from) in found.chunks_exact_mut(destinations.len().max(1)).zip(origins) {
            let same = by_road.partition_point(|(road, _)| *road < from.road);
            for (_, column) in by_road[same..].iter().take_while(|(road, _)| *road == from.road) {
                if let Some(direct) = self.direct(from, &destinations[*column as usize]) {
                    let cell = &mut row[*column as usize];
                    *cell = Some(cell.map_or(direct, |cost| cost.min(direct)));
                }
            }
        }
        found
    }

    /// The best way between two places on roads.
    pub fn route(&self, from: &Snapped, to: &Snapped) -> Option<Route> {
        let found = path::path(&self.hierarchy, &self.departures(from), &self.arrivals(to));
        let direct = self.direct(from, to);
        let (cost, states) = match (found, direct) {
            (Some((cost, states)), direct) if direct.is_none_or(|direct| cost < direct) => (cost, Some(states)),
            (_, direct) => (direct?, None),
        };
        let points = match states {
            None => self.stretch(from, to),
            Some(states) => self.points_of_path(from, to, &states)?,
        };
        let metres = points.windows(2).map(|pair| metres::between(pair[0], pair[1])).sum();
        Some(Route { cost, metres, points })
    }

    /// The points between two places on one road.
    fn stretch(&self, from: &Snapped, to: &Snapped) -> Vec<Point> {
        let (a, b) = (from.nearest.piece as usize, to.nearest.piece as usize);
        let mut points = vec![from.point];
        if a <= b {
            points.extend(&self.roads.points[a + 1..=b]);
        } else {
            points.extend(self.roads.points[b + 1..=a].iter().rev());
        }
        points.push(to.point);
        points
    }

    fn points_of_path(&self, from: &Snapped, to: &Snapped, states: &[u32]) -> Option<Vec<Point>> {
        let points_of = |drive: Drive| -> Vec<Point> {
            let points = &self.roads.points[self.roads.points_of(drive / 2)];
            if drive.is_multiple_of(2) { points.to_vec() } else { points.iter().rev().copied().collect() }
        };
        let first = *states.first()?;
        // The drive on which the journey begins is the one that leads to the first state at the least cost.
        let costs = Self::drives(from.road).into_iter().filter_map(|(side, drive)| {
            let state = self.roads.starts[drive as usize];
            if state == NO_STATE {
                return None;
            }
            let passed = self.passed(from, side);
            let arc = self.graph.arcs(state).filter(|(head, _)| *head == first).map(|(_, cost)| cost - passed).min()?;
            Some((arc, side))
        });
        let (_, side) = costs.min()?;
        let piece = from.nearest.piece as usize;
        let range = self.roads.points_of(from.road);
        let mut points = vec![from.point];
        if side == 0 {
            points.extend(&self.roads.points[piece + 1..range.end]);
        } else {
            points.extend(self.roads.points[range.start..=piece].iter().rev());
        }
        let (last, between) = states.split_last()?;
        for state in between {
            points.extend(points_of(self.graph.drives[*state as usize]).into_iter().skip(1));
        }
        let drive = self.graph.drives[*last as usize];
        let (piece, range) = (to.nearest.piece as usize, self.roads.points_of(to.road));
        if drive.is_multiple_of(2) {
            points.extend(&self.roads.points[range.start + 1..=piece.max(range.start)]);
        } else {
            points.extend(self.roads.points[piece + 1..range.end - 1].iter().rev());
        }
        points.push(to.point);
        Some(points)
    }
}
