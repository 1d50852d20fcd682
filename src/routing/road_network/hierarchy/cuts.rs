//! The order of importance: what parts a map into halves comes before what lies within the halves.
//!
//! In go junctions with their places and states, each from one junction to another; out come the states, the most
//! important first.
//! Holds: a state whose junctions lie in one part and a state whose junctions lie in the other have no junction in common,
//! so that no arc joins them, and taking the parts out leaves no shortcut from one into the other. The same map gives the
//! same order, whatever the number of threads.
//! Costs: each part is cut by a few flows of as many units as the cut is wide; about as much for all parts of one depth.
//! The depth is the logarithm of the junctions. Parts go over the threads of the pool.
//! Source: Schild, Sommer, "On Balanced Separators in Road Networks", 2015 (inertial flow), with Dinic's flows, 1970; for
//! cuts of roads as separators of turns Buchhold, Wagner, Zeitz, Zündorf, "Customizable Contraction Hierarchies with Turn
//! Costs", 2020.

use super::super::{metres, osm::Point};

/// The lines that a part is cut across, in turn.
const DIRECTIONS: [[i64; 2]; 4] = [[1, 0], [0, 1], [1, 1], [1, -1]];
/// One in so many of the junctions at either end of such a line stays on its side.
const KEPT: usize = 4;
/// Parts of fewer junctions are not worth a thread.
const SMALL: usize = 2000;

/// All roads between two junctions.
#[derive(Debug, Clone, Copy)]
struct Edge {
    ends: [u32; 2],
    /// Its states, as a range of a list of all.
    first: u32,
    states: u32,
}

/// A part of the map, its junctions numbered from 0.
struct Part {
    places: Vec<[i64; 2]>,
    edges: Vec<Edge>,
}

/// The states by importance; `ends` are the junctions of each, and `points` the junctions' places.
pub fn order(ends: &[[u32; 2]], points: &[Point]) -> Vec<u32> {
    let edge = |state: &u32| {
        let [a, b] = ends[*state as usize];
        [a.min(b), a.max(b)]
    };
    let mut states: Vec<u32> = (0..ends.len() as u32).collect();
    states.sort_by_key(|state| (edge(state), *state));
    let mut edges: Vec<Edge> = Vec::new();
    for (at, state) in states.iter().enumerate() {
        match edges.last_mut() {
            Some(last) if last.ends == edge(state) => last.states += 1,
            _ => edges.push(Edge { ends: edge(state), first: at as u32, states: 1 }),
        }
    }
    let mut order = Vec::with_capacity(edges.len());
    dissect(Part { places: places(points), edges }, &mut order);
    order.iter().flat_map(|edge| &states[edge.first as usize..(edge.first + edge.states) as usize]).copied().collect()
}

/// The junctions on a flat map, in some ten centimetres.
fn places(points: &[Point]) -> Vec<[i64; 2]> {
    let Some(origin) = points.first() else { return Vec::new() };
    let shrink = (f64::from(origin.lat_e7) * 1e-7).to_radians().cos();
    let shrink = (shrink * 1024.0).round() as i64;
    let place = |point: &Point| {
        [
            metres::turn_e7(origin.lon_e7, point.lon_e7) * shrink / 1024,
            i64::from(point.lat_e7) - i64::from(origin.lat_e7),
        ]
    };
    points.iter().map(place).collect()
}

/// Writes the edges of a part by importance.
fn dissect(part: Part, order: &mut Vec<Edge>) {
    if part.places.len() < 2 {
        order.extend(part.edges);
        return;
    }
    let is_beyond = cut(&part);
    let large = part.places.len() >= SMALL;
    let [here, beyond] = part.split(&is_beyond, order);
    if large {
        let later = rayon::join(
            || {
                let mut order = Vec::new();
                dissect(here, &mut order);
                order
            },
            || {
                let mut order = Vec::new();
                dissect(beyond, &mut order);
                order
            },
        );
        order.extend(later.0);
        order.extend(later.1);
    } else {
        dissect(here, order);
        dissect(beyond, order);
    }
}

impl Part {
    /// Parts it in two and writes the edges between them.
    fn split(self, is_beyond: &[bool], between: &mut Vec<Edge>) -> [Self; 2] {
        let mut parts = [(); 2].map(|()| Self { places: Vec::new(), edges: Vec::new() });
        let mut number = Vec::with_capacity(self.places.len());
        for (place, beyond) in self.places.into_iter().zip(is_beyond) {
            let places = &mut parts[usize::from(*beyond)].places;
            number.push(places.len() as u32);
            places.push(place);
        }
        for edge in self.edges {
            let [a, b] = edge.ends.map(|end| is_beyond[end as usize]);
            if a == b {
                let ends = edge.ends.map(|end| number[end as usize]);
                parts[usize::from(a)].edges.push(Edge { ends, ..edge });
            } else {
                between.push(edge);
            }
        }
        parts
    }
}

/// The narrowest cut across any of the lines: which junctions lie beyond it.
fn cut(part: &Part) -> Vec<bool> {
    let mut flow = Flow::new(part);
    let mut best: Option<(u32, Vec<bool>)> = None;
    let mut junctions: Vec<u32> = (0..part.places.len() as u32).collect();
    let kept = (junctions.len() / KEPT).max(1);
    for [east, north] in DIRECTIONS {
        let along = |junction: &u32| {
            let [x, y] = part.places[*junction as usize];
            (x * east + y * north, *junction)
        };
        junctions.select_nth_unstable_by_key(kept - 1, along);
        let rest = junctions.len() - kept;
        junctions[kept..].select_nth_unstable_by_key(rest - kept, along);
        let most = best.as_ref().map_or(u32::MAX, |(width, _)| *width);
        let (ends, beginnings) = (&junctions[rest..], &junctions[..kept]);
        if let Some(width) = flow.narrowest(beginnings, ends, most) {
            best = Some((width, flow.is_beyond()));
        }
    }
    best.expect("the first flow has no bound").1
}

/// A flow through a part, over undirected edges.
struct Flow {
    first: Vec<u32>,
    /// Of the arcs out of each junction: where to, and twice its edge and one more against it.
    arcs: Vec<(u32, u32)>,
    widths: Vec<i32>,
    /// What flows along each edge; less than 0 against it.
    flows: Vec<i32>,
    /// How many arcs from the beginnings, or [`UNREACHED`].
    level: Vec<u32>,
    is_end: Vec<bool>,
    next: Vec<u32>,
    queue: Vec<u32>,
}

const UNREACHED: u32 = u32::MAX;

impl Flow {
    fn new(part: &Part) -> Self {
        let junctions = part.places.len();
        let mut first = vec![0_u32; junctions + 1];
        let joins = || part.edges.iter().enumerate().filter(|(_, edge)| edge.ends[0] != edge.ends[1]);
        for end in joins().flat_map(|(_, edge)| edge.ends) {
            first[end as usize + 1] += 1;
        }
        for junction in 0..junctions {
            first[junction + 1] += first[junction];
        }
        let mut next = first.clone();
        let mut arcs = vec![(0, 0); first[junctions] as usize];
        for (index, edge) in joins() {
            for side in 0..2 {
                let slot = &mut next[edge.ends[side] as usize];
                arcs[*slot as usize] = (edge.ends[1 - side], 2 * index as u32 + side as u32);
                *slot += 1;
            }
        }
        Self {
            first,
            arcs,
            widths: part.edges.iter().map(|edge| edge.states as i32).collect(),
            flows: vec![0; part.edges.len()],
            level: vec![UNREACHED; junctions],
            is_end: vec![false; junctions],
            next,
            queue: Vec::with_capacity(junctions),
        }
    }

    /// How wide the narrowest cut between the two is; nothing where it is not below `most`.
    fn narrowest(&mut self, beginnings: &[u32], ends: &[u32], most: u32) -> Option<u32> {
        self.flows.fill(0);
        self.is_end.fill(false);
        ends.iter().for_each(|end| self.is_end[*end as usize] = true);
        let mut width = 0;
        while self.reach(beginnings) {
            self.next.copy_from_slice(&self.first);
            for beginning in beginnings {
                width += self.push(*beginning);
                if width >= most {
                    return None;
                }
            }
        }
        (width < most).then_some(width)
    }

    /// What the last flow did not reach.
    fn is_beyond(&self) -> Vec<bool> {
        self.level.iter().map(|level| *level == UNREACHED).collect()
    }

    fn room(&self, arc: u32) -> i32 {
        let (edge, back) = (arc as usize / 2, arc % 2 == 1);
        self.widths[edge] - if back { -self.flows[edge] } else { self.flows[edge] }
    }

    /// Numbers the levels from the beginnings up to that of the first end; whether there is one.
    fn reach(&mut self, beginnings: &[u32]) -> bool {
        self.level.fill(UNREACHED);
        self.queue.clear();
        self.queue.extend(beginnings);
        beginnings.iter().for_each(|beginning| self.level[*beginning as usize] = 0);
        let (mut at, mut last) = (0, UNREACHED);
        while at < self.queue.len() {
            let junction = self.queue[at] as usize;
            at += 1;
            let level = self.level[junction] + 1;
            if level > last {
                break;
            }
            for slot in self.first[junction]..self.first[junction + 1] {
                let (head, arc) = self.arcs[slot as usize];
                if self.level[head as usize] == UNREACHED && self.room(arc) > 0 {
                    self.level[head as usize] = level;
                    if self.is_end[head as usize] {
                        last = level;
                    }
                    self.queue.push(head);
                }
            }
        }
        last != UNREACHED
    }

    /// Pushes all that goes from a beginning to ends, one level an arc; tells how much.
    fn push(&mut self, beginning: u32) -> u32 {
        let mut pushed = 0;
        let mut path: Vec<(u32, u32)> = Vec::new();
        let mut at = beginning;
        loop {
            if self.is_end[at as usize] {
                let unit = path.iter().map(|(_, arc)| self.room(*arc)).min().expect("no beginning is an end");
                for (_, arc) in &path {
                    self.flows[*arc as usize / 2] += if arc % 2 == 1 { -unit } else { unit };
                }
                pushed += unit as u32;
                let full = path.iter().position(|(_, arc)| self.room(*arc) == 0).expect("one is full");
                at = path[full].0;
                path.truncate(full);
            }
            let onward = (self.next[at as usize]..self.first[at as usize + 1]).find(|slot| {
                let (head, arc) = self.arcs[*slot as usize];
                self.level[head as usize] == self.level[at as usize] + 1 && self.room(arc) > 0
            });
            match onward {
                Some(slot) => {
                    self.next[at as usize] = slot;
                    let (head, arc) = self.arcs[slot as usize];
                    path.push((at, arc));
                    at = head;
                }
                None => {
                    self.next[at as usize] = self.first[at as usize + 1];
                    let Some((tail, _)) = path.pop() else { return pushed };
                    at = tail;
                    self.next[at as usize] += 1;
                }
            }
        }
    }
}
