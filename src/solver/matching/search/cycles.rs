//! What a search does along the ways of its tree: shrinks cycles into blossoms, opens blossoms into ways, and swaps
//! matched and unmatched edges.
//!
//! In: an edge between two `S` vertices, a `T` blossom whose dual is used up, or the `S` vertex at which the search
//! ends. Out: a tree over the changed outermost nodes, or a new matching. Holds: the way from an `S` node to the root
//! leads from its base over a matched edge to a `T` node, and from there over its entry to an `S` node.
//! Costs: stated at each function; nothing recurses. Absent: time, which does not pass here.

use super::{Event, Label, Node, Searcher};
use crate::solver::matching::family::{Link, NONE, position};
use crate::solver::weight::Weight;

impl<W: Weight> Searcher<W> {
    /// Returns the `T` node above an `S` node and the `S` node above that, or none at the root.
    fn step_up(&mut self, node: u32) -> Option<(u32, u32)> {
        let mate = self.family.mate(self.family.base(node));
        if mate == NONE {
            return None;
        }
        let odd = self.outermost(mate);
        let (above, _) = self.nodes[odd as usize].entry;
        Some((odd, self.outermost(above)))
    }

    /// Returns the lowest node above or at both of two `S` nodes.
    ///
    /// Cost: linear in the longer of the two ways to it.
    fn meeting_node(&mut self, a: u32, b: u32) -> u32 {
        self.walks += 1;
        let walk = self.walks;
        let (mut here, mut other) = (Some(a), Some(b));
        loop {
            if let Some(node) = here {
                if self.nodes[node as usize].walk == walk {
                    return node;
                }
                self.nodes[node as usize].walk = walk;
                here = self.step_up(node).map(|(_, above)| above);
            }
            std::mem::swap(&mut here, &mut other);
        }
    }

    /// Returns the links from an `S` node up to, not including, a node above it: child, then the
    /// edge towards the root.
    fn links_up(&mut self, from: u32, until: u32) -> Vec<Link> {
        let mut links = Vec::new();
        let mut node = from;
        while node != until {
            let base = self.family.base(node);
            let (odd, above) = self.step_up(node).expect("the node above is on the way");
            links.push(Link { child: node, from: base, to: self.family.mate(base) });
            let (upper, lower) = self.nodes[odd as usize].entry;
            links.push(Link { child: odd, from: lower, to: upper });
            node = above;
        }
        links
    }

    /// Shrinks the odd cycle that an edge between two `S` nodes closes into an `S` blossom.
    pub(super) fn shrink(&mut self, x: u32, y: u32) {
        let (a, b) = (self.outermost(x), self.outermost(y));
        if a == b {
            return;
        }
        let meeting = self.meeting_node(a, b);
        // From the meeting node down to `x`, over the edge, and from `y` up again.
        let mut cycle = Vec::new();
        let mut child = meeting;
        for link in self.links_up(a, meeting).into_iter().rev() {
            let (from, to) = (link.to, link.from);
            cycle.push(Link { child, from, to });
            child = link.child;
        }
        let (from, to) = (x, y);
        cycle.push(Link { child, from, to });
        cycle.extend(self.links_up(b, meeting));

        let now = self.now;
        let children: Vec<u32> = cycle.iter().map(|link| link.child).collect();
        let blossom = self.family.make_blossom(cycle);
        while self.nodes.len() < self.family.nodes() {
            self.nodes.push(Node::untouched(self.nodes.len() as u32));
        }
        let state = self.touch_node(blossom);
        state.is_new = true;
        state.label = Label::S;
        state.since = now;
        for child in children {
            let Node { label, since, offset, .. } = self.nodes[child as usize];
            let lasted = now - since;
            if label == Label::S {
                self.family.raise_blossom(child, lasted.doubled());
            } else {
                self.family.raise_blossom(child, -lasted.doubled());
                self.queue_s_vertices(child, offset + lasted);
            }
            self.nodes[child as usize].shrunk_into = blossom;
        }
    }

    /// Opens a `T` blossom whose dual is used up: the children on the even way from its entry to its
    /// base stay in the tree, the others become free.
    pub(super) fn open(&mut self, blossom: u32) {
        let Node { label, since, offset, entry, .. } = self.nodes[blossom as usize];
        if label != Label::T || !self.family.is_outermost(blossom) {
            return;
        }
        let lasted = self.now - since;
        self.family.raise_blossom(blossom, -lasted.doubled());
        debug_assert_eq!(self.family.blossom_dual_2x(blossom), W::ZERO);
        let entered = self.family.child_holding(blossom, entry.1);
        let cycle = self.family.open_blossom(blossom);
        self.opened.push(blossom);
        let mut vertices = Vec::new();
        for link in &cycle {
            self.touch_node(link.child).offset = offset + lasted;
            vertices.clear();
            self.family.collect_vertices(link.child, &mut vertices);
            for &vertex in &vertices {
                self.family.set_top(vertex, link.child);
            }
        }

        // Links at odd indices are matched, so the even way starts with a matched link.
        let length = cycle.len();
        let at = position(&cycle, entered);
        let forward = !at.is_multiple_of(2);
        let mut index = at;
        let mut entry = entry;
        loop {
            self.make_t(cycle[index].child, entry);
            if index == 0 {
                break;
            }
            let (even, odd, link) = if forward {
                let odd = (index + 2) % length;
                (index + 1, odd, cycle[index + 1])
            } else {
                let link = cycle[index - 2];
                let (from, to) = (link.to, link.from);
                (index - 1, index - 2, Link { from, to, ..link })
            };
            self.make_s(cycle[even].child);
            entry = (link.from, link.to);
            index = odd;
        }
        for link in &cycle {
            if self.nodes[link.child as usize].label == Label::Free {
                self.keep_first_reach(link.child);
            }
        }
    }

    /// Keeps the event at which a node that has become free is reached first.
    fn keep_first_reach(&mut self, node: u32) {
        let mut vertices = Vec::new();
        self.family.collect_vertices(node, &mut vertices);
        let first = vertices
            .into_iter()
            .filter(|&vertex| self.reaches[vertex as usize].from != NONE)
            .min_by_key(|&vertex| (self.reaches[vertex as usize].at, vertex));
        if let Some(vertex) = first {
            let time = self.reaches[vertex as usize].at + self.nodes[node as usize].offset;
            self.keep_event(time, Event::Grow { vertex });
        }
    }

    /// Matches an `S` vertex to a given mate, or to none, and swaps matched and unmatched edges on
    /// the way from it to the root.
    ///
    /// Cost: linear in the length of the way, inside blossoms too.
    pub(super) fn rematch_to_root(&mut self, vertex: u32, mate: u32) {
        let (mut vertex, mut mate) = (vertex, mate);
        loop {
            let node = self.outermost(vertex);
            let freed = self.family.mate(self.family.base(node));
            self.family.rebase(node, vertex);
            self.family.set_mate(vertex, mate);
            if freed == NONE {
                return;
            }
            let odd = self.outermost(freed);
            let (upper, lower) = self.nodes[odd as usize].entry;
            self.family.rebase(odd, lower);
            self.family.set_mate(lower, upper);
            (vertex, mate) = (upper, lower);
        }
    }
}
