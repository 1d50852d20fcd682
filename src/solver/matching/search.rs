//! One search of the primal-dual method: an alternating tree, grown from one exposed vertex until
//! that vertex needs no more attention.
//!
//! In: the graph, the family of blossoms, and an exposed vertex with a positive dual.
//! Out: the family, changed so that the vertex is matched, or unmatched with a dual of zero, or
//! matched at the price of another vertex being unmatched with a dual of zero.
//! Holds before and after: no edge has negative slack, matched edges and the cycles of blossoms have
//! none, no dual is negative, blossoms of dual zero are inside others only.
//! Costs: see [`Searcher::search`]; everything a search touched is reset by it, and nothing else.
//! Absent: other trees (vertices outside the tree never move) and the start from a fractional
//! solution.
//!
//! # Time
//!
//! A search has a clock that starts at zero. While it advances by one, twice the dual of every `S`
//! vertex falls by one and of every `T` vertex rises by one; twice the dual of every outermost `S`
//! blossom rises by two and of every outermost `T` blossom falls by two. Nothing is updated as time
//! passes. What is stored instead does not change while a label lasts:
//!
//! - `level(v)` of an `S` vertex is twice its dual plus the time: at time `t` twice the dual is
//!   `level(v) - t`.
//! - `offset(B)` is how long the outermost node `B`, or those it was inside, have been `T` before it
//!   got its present label. All vertices of a node that is not `S` have shared their labels, so at
//!   time `t` twice the dual of a free vertex is the stored one plus the offset.
//! - `reach(v)` of a vertex that is not `S` is the smallest `level(s) + y(v) - 2 w(s, v)` over edges
//!   from `S` vertices `s`; a free vertex is reached at time `reach(v) + offset`.
//!
//! All vertices of a tree are joined by edges without slack, so twice their duals are all odd or all
//! even, and the meeting of two `S` vertices, at half the sum of their levels less the weight, falls
//! on an integer.

mod cycles;
mod known;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem::take;

use self::known::{Label, Node, Reach};
use super::family::{Family, NONE};
use crate::solver::graph::Arc;
use crate::solver::rows::{Rows, list_side_by_side};
use crate::solver::weight::Weight;

/// A graph as a search sees it. It may change between two searches.
pub(in crate::solver) trait Neighbours<W: Copy> {
    /// Returns the edges of one vertex as arcs, each far end once.
    fn neighbours(&self, vertex: u32) -> &[Arc<W>];
}

impl<W: Weight> Neighbours<W> for Rows<W> {
    #[inline]
    fn neighbours(&self, vertex: u32) -> &[Arc<W>] {
        self.neighbours(vertex)
    }
}

/// Something that may happen to the tree, checked again when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A free vertex is reached.
    Grow { vertex: u32 },
    /// Two `S` vertices meet.
    Shrink { x: u32, y: u32 },
    /// The dual of a `T` blossom is used up.
    Open { blossom: u32 },
}

/// What ends a search.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The dual of an `S` vertex is used up: it takes the root's place as the unmatched one.
    Exhausted { vertex: u32 },
    /// An `S` vertex meets an exposed one outside the tree.
    Augmented { from: u32, to: u32 },
}

/// The state of searches over one graph.
#[derive(Clone, Debug)]
pub(in crate::solver) struct Searcher<W> {
    family: Family<W>,
    nodes: Vec<Node<W>>,
    reaches: Vec<Reach<W>>,
    /// What may happen, by time and then by the order of arrival: of what is equally far, a search looks at the
    /// nearest first rather than wander off in one direction.
    events: BinaryHeap<Reverse<(W, u32, Event)>>,
    /// How many events this search has kept.
    kept: u32,
    /// `S` vertices whose edges are still to be looked at.
    pending: Vec<u32>,
    now: W,
    /// When the search ends at the latest, and how. Events from then on need not be kept.
    end: (W, End),
    /// How many walks towards the root this search has made.
    walks: u32,
    touched_nodes: Vec<u32>,
    touched_vertices: Vec<u32>,
    opened: Vec<u32>,
}

impl<W: Weight> Searcher<W> {
    /// Starts from a family without blossoms.
    pub fn new(family: Family<W>) -> Self {
        let vertices = family.mates().len();
        Self {
            family,
            nodes: list_side_by_side(vertices, vertices, |node| Node::untouched(node as u32)),
            reaches: list_side_by_side(vertices, vertices, |_| Reach::NEVER),
            events: BinaryHeap::new(),
            kept: 0,
            pending: Vec::new(),
            now: W::ZERO,
            end: (W::NEVER, End::Exhausted { vertex: NONE }),
            walks: 0,
            touched_nodes: Vec::new(),
            touched_vertices: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// Returns the family as the searches left it.
    pub fn family(&self) -> &Family<W> {
        &self.family
    }

    /// Ends the searches and returns the family as they left it.
    pub fn into_family(self) -> Family<W> {
        self.family
    }

    /// Returns the family to be changed between two searches.
    ///
    /// The next search asks of it what the module says holds before.
    pub fn family_mut(&mut self) -> &mut Family<W> {
        &mut self.family
    }

    /// Makes room for more vertices, which are unmatched and have a dual of zero.
    ///
    /// Cost: linear in the number of nodes.
    pub fn make_room(&mut self, vertices: usize) {
        self.family.make_room(vertices);
        self.nodes = (0..self.family.nodes() as u32).map(Node::untouched).collect();
        self.reaches.resize(vertices, Reach::NEVER);
    }

    /// Settles one exposed vertex.
    ///
    /// After: `root` is matched, or its dual is zero; no other vertex has become unmatched with a
    /// positive dual.
    ///
    /// Cost: with `k` vertices and `l` edges at vertices of the tree and `d` the depth of the
    /// blossoms in it, `O(l log l + k d)`.
    pub fn search(&mut self, graph: &impl Neighbours<W>, root: u32) {
        self.search_within(graph, root, usize::MAX);
    }

    /// Settles one exposed vertex, or gives up when about to go on from more than so many vertices; returns whether
    /// it is settled.
    ///
    /// After giving up: `root` is exposed still, and its dual has fallen by as much as the tree has grown, which the
    /// next search to come near finds done.
    ///
    /// Cost: as [`Searcher::search`], with `k` not much larger than `most` unless blossoms are.
    pub fn search_within(&mut self, graph: &impl Neighbours<W>, root: u32, most: usize) -> bool {
        if self.family.mate(root) != NONE || self.family.dual_2x(root) == W::ZERO {
            return true;
        }
        self.now = W::ZERO;
        self.end = (W::NEVER, End::Exhausted { vertex: root });
        let node = self.outermost(root);
        self.make_s(node);
        self.scan_pending(graph);
        while let Some(Reverse((time, _, event))) = self.events.pop() {
            if time >= self.end.0 {
                break;
            }
            self.now = time;
            if self.touched_vertices.len() > most {
                self.settle();
                return false;
            }
            match event {
                Event::Grow { vertex } => self.grow(vertex),
                Event::Shrink { x, y } => self.shrink(x, y),
                Event::Open { blossom } => self.open(blossom),
            }
            self.scan_pending(graph);
        }
        self.now = self.end.0;
        match self.end.1 {
            End::Exhausted { vertex } => self.rematch_to_root(vertex, NONE),
            End::Augmented { from, to } => {
                let node = self.outermost(to);
                self.family.rebase(node, to);
                self.family.set_mate(to, from);
                self.rematch_to_root(from, to);
            }
        }
        self.settle();
        true
    }

    /// Returns the outermost node that holds a vertex.
    ///
    /// Cost: logarithmic, amortised over a search.
    fn outermost(&mut self, vertex: u32) -> u32 {
        let mut node = self.family.top(vertex);
        loop {
            let above = self.nodes[node as usize].shrunk_into;
            if above == node {
                return node;
            }
            let further = self.nodes[above as usize].shrunk_into;
            self.nodes[node as usize].shrunk_into = further;
            node = further;
        }
    }

    fn keep_event(&mut self, time: W, event: Event) {
        if time < self.end.0 {
            self.events.push(Reverse((time, self.kept, event)));
            self.kept = self.kept.wrapping_add(1);
        }
    }

    fn end_by(&mut self, time: W, end: End) {
        if time < self.end.0 {
            self.end = (time, end);
        }
    }

    fn touch_node(&mut self, node: u32) -> &mut Node<W> {
        let state = &mut self.nodes[node as usize];
        if !state.touched {
            state.touched = true;
            self.touched_nodes.push(node);
        }
        state
    }

    fn touch_vertex(&mut self, vertex: u32) -> &mut Reach<W> {
        let reach = &mut self.reaches[vertex as usize];
        if !reach.touched {
            reach.touched = true;
            self.touched_vertices.push(vertex);
        }
        reach
    }

    /// Labels a free outermost node `S` and queues its vertices for scanning.
    fn make_s(&mut self, node: u32) {
        let now = self.now;
        let state = self.touch_node(node);
        state.label = Label::S;
        state.since = now;
        let offset = state.offset;
        self.queue_s_vertices(node, offset);
    }

    /// Gives the vertices of a node that turns `S` their levels and queues them for scanning.
    fn queue_s_vertices(&mut self, node: u32, offset: W) {
        let now = self.now;
        let queued = self.pending.len();
        let mut pending = take(&mut self.pending);
        self.family.collect_vertices(node, &mut pending);
        for &vertex in &pending[queued..] {
            let level = self.family.dual_2x(vertex) + offset + now;
            self.touch_vertex(vertex).at = level;
            self.end_by(level, End::Exhausted { vertex });
        }
        self.pending = pending;
    }

    /// Labels a free outermost node `T`, hanging it below the tree by an edge.
    fn make_t(&mut self, node: u32, entry: (u32, u32)) {
        let now = self.now;
        let state = self.touch_node(node);
        state.label = Label::T;
        state.since = now;
        state.entry = entry;
        if self.family.is_blossom(node) {
            let time = now + self.family.blossom_dual_2x(node).halved();
            self.keep_event(time, Event::Open { blossom: node });
        }
    }

    fn scan_pending(&mut self, graph: &impl Neighbours<W>) {
        while let Some(vertex) = self.pending.pop() {
            self.scan(graph, vertex);
        }
    }

    /// Looks at every edge of an `S` vertex.
    fn scan(&mut self, graph: &impl Neighbours<W>, vertex: u32) {
        let level = self.reaches[vertex as usize].at;
        let own = self.outermost(vertex);
        self.reaches[vertex as usize].scanned = true;
        for arc in graph.neighbours(vertex) {
            let node = self.outermost(arc.to);
            if node == own {
                continue;
            }
            let Node { label, offset, .. } = self.nodes[node as usize];
            let reach = self.reaches[arc.to as usize];
            if label == Label::S {
                // An edge between two vertices that turned `S` is looked at from the later one.
                if reach.scanned {
                    let (x, y) = (vertex, arc.to);
                    let time = (level + reach.at).halved() - arc.weight;
                    self.keep_event(time, Event::Shrink { x, y });
                }
                continue;
            }
            let at = level + self.family.dual_2x(arc.to) - arc.weight.doubled();
            if at >= reach.at || at >= self.end.0 {
                continue;
            }
            let reach = self.touch_vertex(arc.to);
            reach.at = at;
            reach.from = vertex;
            if label == Label::Free {
                let time = at + offset;
                if self.family.mate(self.family.base(node)) == NONE {
                    let (from, to) = (vertex, arc.to);
                    self.end_by(time, End::Augmented { from, to });
                } else {
                    self.keep_event(time, Event::Grow { vertex: arc.to });
                }
            }
        }
    }

    /// Takes a reached free node into the tree as `T`, and the node it is matched to as `S`.
    fn grow(&mut self, vertex: u32) {
        let node = self.outermost(vertex);
        let state = self.nodes[node as usize];
        let reach = self.reaches[vertex as usize];
        if state.label != Label::Free || reach.at + state.offset != self.now {
            return;
        }
        self.make_t(node, (reach.from, vertex));
        let mate = self.family.mate(self.family.base(node));
        let below = self.outermost(mate);
        self.make_s(below);
    }

    /// Writes down the duals as they are now, dissolves outermost blossoms of dual zero, and forgets
    /// the tree.
    fn settle(&mut self) {
        let now = self.now;
        let mut outermost = Vec::new();
        let mut vertices = Vec::new();
        let touched_nodes = take(&mut self.touched_nodes);
        for &node in &touched_nodes {
            let state = self.nodes[node as usize];
            self.nodes[node as usize] = Node::untouched(node);
            if !self.family.is_outermost(node) {
                continue;
            }
            outermost.push((node, !state.is_new));
            let lasted = now - state.since;
            vertices.clear();
            self.family.collect_vertices(node, &mut vertices);
            match state.label {
                Label::S => self.family.raise_blossom(node, lasted.doubled()),
                Label::T => self.family.raise_blossom(node, -lasted.doubled()),
                Label::Free => {}
            }
            for &vertex in &vertices {
                let dual_2x = match state.label {
                    Label::S => self.reaches[vertex as usize].at - now,
                    Label::T => self.family.dual_2x(vertex) + state.offset + lasted,
                    Label::Free => self.family.dual_2x(vertex) + state.offset,
                };
                self.family.set_dual_2x(vertex, dual_2x);
            }
        }
        while let Some((node, top_is_known)) = outermost.pop() {
            if self.family.is_blossom(node) && self.family.blossom_dual_2x(node) == W::ZERO {
                let cycle = self.family.open_blossom(node);
                outermost.extend(cycle.iter().map(|link| (link.child, false)));
                self.opened.push(node);
            } else if !top_is_known {
                vertices.clear();
                self.family.collect_vertices(node, &mut vertices);
                for &vertex in &vertices {
                    self.family.set_top(vertex, node);
                }
            }
        }
        for node in self.opened.drain(..) {
            self.family.reuse(node);
        }
        for vertex in self.touched_vertices.drain(..) {
            self.reaches[vertex as usize] = Reach::NEVER;
        }
        self.touched_nodes = touched_nodes;
        self.touched_nodes.clear();
        self.events.clear();
        (self.kept, self.walks) = (0, 0);
    }
}
