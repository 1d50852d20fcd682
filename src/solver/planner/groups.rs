//! The groups of a planner and the extra vertices that keep their caps.
//!
//! In: vertices that join or leave a group, and heavier or lighter edges at it. Out: as many extras as
//! the cap asks for, joined to all members by edges of the weight it asks for. Holds between changes: a
//! group of `p` vertices with a cap `b` has `p - b` extras, or none if the cap is no smaller, and all are
//! matched. Costs: linear in the edges of the group's extras, and, when the heaviest edge at a group
//! with a cap disappears, in the edges at the group. Absent: why this keeps the caps; see `planner`.

use std::collections::BTreeSet;

use super::{Planner, Slot};
use crate::solver::graph::{Arc, Edge};
use crate::solver::matching::family::NONE;
use crate::solver::weight::Weight;

/// The vertices of a group and what keeps its cap.
#[derive(Clone, Debug)]
pub(super) struct Group<W> {
    pub cap: Option<u32>,
    pub members: BTreeSet<u32>,
    pub extras: Vec<u32>,
    /// The largest weight of an edge of the graph at a member; known only while there is a cap.
    pub heaviest: W,
    /// What the edges of the extras weigh.
    pub extras_weigh: W,
}

impl<W: Weight> Group<W> {
    /// Starts without vertices.
    pub fn new(cap: Option<u32>) -> Self {
        Self { cap, members: BTreeSet::new(), extras: Vec::new(), heaviest: W::ZERO, extras_weigh: W::ONE }
    }

    /// Takes in a vertex with its edges.
    pub fn take_in(&mut self, vertex: u32, arcs: &[Arc<W>]) {
        self.members.insert(vertex);
        self.heaviest = arcs.iter().map(|arc| arc.weight).fold(self.heaviest, W::max);
        self.extras_weigh = self.heaviest + W::ONE;
    }

    /// Returns how many extras keep the cap.
    pub fn extras_wanted(&self) -> usize {
        self.cap.map_or(0, |cap| self.members.len().saturating_sub(cap as usize))
    }

    /// Returns the edges an extra has.
    pub fn edges_of_extra(&self, extra: u32) -> impl Iterator<Item = Edge<W>> + '_ {
        self.members.iter().map(move |&member| Edge { u: member, v: extra, weight: self.extras_weigh })
    }
}

impl<W: Weight> Planner<W> {
    /// Returns the group of a vertex.
    pub(super) fn group_of(&self, vertex: u32) -> u32 {
        match self.slots[vertex as usize] {
            Slot::Vertex { group } | Slot::Extra { group } => group,
            Slot::Gone => unreachable!("a number that stands for nothing has no group"),
        }
    }

    /// Keeps the heaviest edge at a group known when one at it has got another weight.
    ///
    /// Cost: constant, unless it was the heaviest and has become lighter.
    pub(super) fn weight_changed(&mut self, group: u32, before: W, after: W) {
        let Group { cap, heaviest, .. } = &mut self.groups[group as usize];
        if cap.is_some() && after >= *heaviest {
            *heaviest = after;
        } else if cap.is_some() && before == *heaviest {
            self.groups[group as usize].heaviest = self.heaviest_at(group);
        }
    }

    /// Returns the largest weight of an edge of the graph at a group.
    ///
    /// Cost: linear in the edges at the group.
    pub(super) fn heaviest_at(&self, group: u32) -> W {
        let members = &self.groups[group as usize].members;
        let arcs = members.iter().flat_map(|&member| self.neighbours(member));
        arcs.map(|arc| arc.weight).max().unwrap_or(W::ZERO)
    }

    /// Fits the extras of a group to its members, its cap and the edges at it.
    ///
    /// New and released extras are appended to `touched`: they want a dual.
    pub(super) fn fit_extras(&mut self, group: u32, touched: &mut Vec<u32>) {
        let wanted = self.groups[group as usize].extras_wanted();
        while self.groups[group as usize].extras.len() > wanted {
            let family = self.searcher.family();
            let extras = &mut self.groups[group as usize].extras;
            let idle = extras.iter().rposition(|&extra| family.mate(extra) == NONE);
            let extra = extras.remove(idle.unwrap_or(extras.len() - 1));
            self.remove(extra);
        }
        self.reweigh_extras(group, touched);
        while self.groups[group as usize].extras.len() < wanted {
            let extra = self.give_out(Slot::Extra { group });
            let group = &mut self.groups[group as usize];
            for Edge { u, v, weight } in group.edges_of_extra(extra) {
                self.rows.set(u, v, weight);
            }
            group.extras.push(extra);
            self.loose.push(extra);
            touched.push(extra);
        }
    }

    /// Lets the edges of a group's extras weigh one more than the heaviest edge at the group.
    fn reweigh_extras(&mut self, group: u32, touched: &mut Vec<u32>) {
        let group = &mut self.groups[group as usize];
        let weight = group.heaviest + W::ONE;
        let by_2x = (weight - group.extras_weigh).doubled();
        group.extras_weigh = weight;
        if by_2x == W::ZERO {
            return;
        }
        for &extra in &group.extras {
            for Edge { u, v, weight } in group.edges_of_extra(extra) {
                self.rows.set(u, v, weight);
            }
            let family = self.searcher.family_mut();
            let dual_2x = family.dual_2x(extra) + by_2x;
            if dual_2x >= W::ZERO {
                family.set_dual_2x(extra, dual_2x);
            } else {
                family.release(extra, &mut self.loose);
                touched.push(extra);
            }
        }
    }

    /// Takes a vertex or an extra out of the graph; its number is given back when the change is done.
    pub(super) fn remove(&mut self, vertex: u32) -> Vec<Arc<W>> {
        let family = self.searcher.family_mut();
        family.release(vertex, &mut self.loose);
        family.set_dual_2x(vertex, W::ZERO);
        self.removed.push(vertex);
        self.rows.clear(vertex)
    }

    /// Gives a number to a vertex or an extra without edges; see [`Planner::make_room`].
    pub(super) fn give_out(&mut self, slot: Slot) -> u32 {
        if let Some(number) = self.gone.pop() {
            self.slots[number as usize] = slot;
            return number;
        }
        self.slots.push(slot);
        self.rows.push();
        self.slots.len() as u32 - 1
    }

    /// Makes room for more numbers than are given out, with some to spare, so that a long series of
    /// changes pays for it in proportion to its length.
    pub(super) fn make_room(&mut self, more: usize) {
        let wanted = (self.slots.len() + more).saturating_sub(self.gone.len());
        if wanted > self.searcher.family().mates().len() {
            self.searcher.make_room(wanted + wanted / 8);
        }
    }
}
