//! One change to the graph of a planner, and its matching made best again.
//!
//! In: a [`Change`]. Out: an [`Updated`], or a [`ChangeError`] and nothing changed. Holds: all that may
//! be refused is refused before anything is touched. Costs: see [`Planner::update`]. Absent: why this
//! is exact; see `planner`.

use std::error::Error;
use std::fmt;

use super::{Group, Planner, Slot};
use crate::solver::graph::{Arc, MAX_VERTICES};
use crate::solver::matching::family::NONE;
use crate::solver::weight::Weight;

/// One thing that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<W: Copy = i64> {
    /// A vertex comes, with its edges; [`Updated::came`] is its number.
    VertexComes {
        /// Its group, which exists.
        group: u32,
        /// Its edges to vertices there are. Of several to one vertex the heaviest counts; those of
        /// weight zero or less do not count.
        edges: Vec<Arc<W>>,
    },
    /// A vertex goes, with its edges.
    VertexGoes {
        /// The vertex.
        vertex: u32,
    },
    /// An edge gets a weight: it appears, disappears if the weight is zero or less, or changes.
    EdgeWeighs {
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// What choosing the edge is worth.
        weight: W,
    },
    /// A group gets a cap or loses it; the number after the last group begins a new one.
    CapBecomes {
        /// The group.
        group: u32,
        /// How many of its vertices may be matched; `None` is no cap.
        cap: Option<u32>,
    },
}

/// What a change has led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// The number given to the vertex that came, if one did.
    pub came: Option<u32>,
    /// The vertices whose partner is another one now, or none, ascending; with a vertex that went.
    pub rematched: Vec<u32>,
}

impl<W: Weight> Planner<W> {
    /// Makes one change and the matching best again.
    ///
    /// Errors: [`ChangeError`]; the planner then stays as it was.
    ///
    /// Cost: the blossoms around the vertices touched, which are the vertex that comes or goes, one
    /// end of the edge, or the extras the group wins or loses; and for each vertex they leave
    /// unmatched a search, which ends at the nearest reason to end. Numbers beyond those kept in
    /// reserve cost `O(n)` now and then.
    pub fn update(&mut self, change: Change<W>) -> Result<Updated, ChangeError<W>> {
        self.check(&change)?;
        self.make_room(self.numbers_wanted(&change));
        self.begin();
        let mut touched = Vec::new();
        let came = match change {
            Change::VertexComes { group, edges } => Some(self.let_come(group, edges, &mut touched)),
            Change::VertexGoes { vertex } => {
                self.let_go(vertex, &mut touched);
                None
            }
            Change::EdgeWeighs { u, v, weight } => {
                self.let_weigh(u, v, weight, &mut touched);
                None
            }
            Change::CapBecomes { group, cap } => {
                self.let_cap_become(group, cap, &mut touched);
                None
            }
        };
        self.finish(&touched);
        let rematched = self.rematched();
        self.searcher.family_mut().keep_changes();
        for number in self.removed.drain(..) {
            self.slots[number as usize] = Slot::Gone;
            self.gone.push(number);
        }
        Ok(Updated { came, rematched })
    }

    fn let_come(&mut self, group: u32, edges: Vec<Arc<W>>, touched: &mut Vec<u32>) -> u32 {
        let came = self.give_out(Slot::Vertex { group });
        self.loose.push(came);
        touched.push(came);
        for Arc { to, weight } in edges {
            self.rows.set(came, to, weight.max(self.rows.weight_between(came, to)));
        }
        let arcs = self.rows.row(came).to_vec();
        self.groups[group as usize].members.insert(came);
        for &extra in &self.groups[group as usize].extras {
            self.rows.set(came, extra, self.groups[group as usize].extras_weigh);
        }
        let mut groups = vec![group];
        for Arc { to, weight } in arcs {
            for group in [group, self.group_of(to)] {
                self.weight_changed(group, W::ZERO, weight);
                groups.push(group);
            }
        }
        self.fit_all_extras(groups, touched);
        came
    }

    fn let_go(&mut self, vertex: u32, touched: &mut Vec<u32>) {
        let group = self.group_of(vertex);
        self.release(vertex);
        self.groups[group as usize].members.remove(&vertex);
        let mut groups = vec![group];
        for Arc { to, weight } in self.remove(vertex) {
            if self.is_vertex(to) {
                for group in [group, self.group_of(to)] {
                    self.weight_changed(group, weight, W::ZERO);
                    groups.push(group);
                }
            }
        }
        self.fit_all_extras(groups, touched);
    }

    fn let_weigh(&mut self, u: u32, v: u32, weight: W, touched: &mut Vec<u32>) {
        let before = self.rows.weight_between(u, v);
        let weight = weight.max(W::ZERO);
        if weight == before {
            return;
        }
        let family = self.searcher.family();
        let apart = family.top(u) != family.top(v) && family.mate(u) != v;
        if !apart || family.dual_2x(u) + family.dual_2x(v) < weight.doubled() {
            // The end that lies in no blossom, or the first, costs least to release.
            let end = if family.top(u) != u && family.top(v) == v { v } else { u };
            self.release(end);
            touched.push(end);
        }
        self.rows.set(u, v, weight);
        let groups = vec![self.group_of(u), self.group_of(v)];
        for &group in &groups {
            self.weight_changed(group, before, weight);
        }
        self.fit_all_extras(groups, touched);
    }

    fn let_cap_become(&mut self, group: u32, cap: Option<u32>, touched: &mut Vec<u32>) {
        if group as usize == self.groups.len() {
            self.groups.push(Group::new(None));
        }
        let before = std::mem::replace(&mut self.groups[group as usize].cap, cap);
        if before.is_none() && cap.is_some() {
            self.groups[group as usize].heaviest = self.heaviest_at(group);
        }
        self.fit_extras(group, touched);
    }

    fn fit_all_extras(&mut self, mut groups: Vec<u32>, touched: &mut Vec<u32>) {
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            self.fit_extras(group, touched);
        }
    }

    /// Returns the vertices whose partner has changed since the journal was begun.
    fn rematched(&self) -> Vec<u32> {
        let family = self.searcher.family();
        let partner = |mate: u32| if mate != NONE && self.is_vertex(mate) { mate } else { NONE };
        let mut changed = family.changed_mates(0);
        changed.retain(|&(vertex, before)| self.is_vertex(vertex) && partner(before) != partner(family.mate(vertex)));
        changed.into_iter().map(|(vertex, _)| vertex).collect()
    }

    /// Returns how many numbers a change may give out.
    fn numbers_wanted(&self, change: &Change<W>) -> usize {
        match *change {
            Change::VertexComes { .. } => 2,
            Change::CapBecomes { group, .. } => self.groups.get(group as usize).map_or(0, |group| group.members.len()),
            Change::VertexGoes { .. } | Change::EdgeWeighs { .. } => 0,
        }
    }

    /// Refuses a change that does not fit the graph or may leave the number type.
    fn check(&self, change: &Change<W>) -> Result<(), ChangeError<W>> {
        let vertices = self.slots.len() + self.numbers_wanted(change);
        if vertices > MAX_VERTICES {
            return Err(ChangeError::TooManyVertices { vertices });
        }
        match change {
            Change::VertexComes { group, edges } => {
                self.check_group(*group, self.groups.len())?;
                for arc in edges {
                    self.check_vertex(arc.to)?;
                    self.check_weight(arc.weight)?;
                }
            }
            Change::VertexGoes { vertex } => self.check_vertex(*vertex)?,
            Change::EdgeWeighs { u, v, weight } => {
                self.check_pair(*u, *v)?;
                self.check_weight(*weight)?;
            }
            Change::CapBecomes { group, cap } => {
                self.check_group(*group, self.groups.len() + 1)?;
                if (*group as usize) < self.groups.len() {
                    self.check_cap(*group, *cap)?;
                }
            }
        }
        Ok(())
    }

    fn check_group(&self, group: u32, groups: usize) -> Result<(), ChangeError<W>> {
        if group as usize >= groups { Err(ChangeError::NoSuchGroup { group }) } else { Ok(()) }
    }

    fn check_vertex(&self, vertex: u32) -> Result<(), ChangeError<W>> {
        if self.is_vertex(vertex) { Ok(()) } else { Err(ChangeError::NoSuchVertex { vertex }) }
    }

    pub(super) fn check_pair(&self, u: u32, v: u32) -> Result<(), ChangeError<W>> {
        self.check_vertex(u)?;
        self.check_vertex(v)?;
        if u == v { Err(ChangeError::SelfLoop { vertex: u }) } else { Ok(()) }
    }

    /// Refuses a cap that would make extras too heavy, and one that could make the matching heavier than
    /// fits: with one more vertex to match it is heavier by one edge at most.
    fn check_cap(&self, group: u32, cap: Option<u32>) -> Result<(), ChangeError<W>> {
        let Group { members, extras, .. } = &self.groups[group as usize];
        let weight = self.heaviest_at(group);
        if cap.is_some() {
            self.check_weight(weight)?;
        }
        let wanted = cap.map_or(0, |cap| members.len().saturating_sub(cap as usize));
        let mut won = wanted..extras.len();
        let most = won.try_fold(self.weight, |total, _| total.checked_add(weight));
        most.map(drop).ok_or(ChangeError::TotalOutOfRange)
    }

    /// Refuses a weight beyond the limit, and one that could make the matching heavier than fits: no
    /// change of one vertex or edge makes it heavier by more than one edge.
    fn check_weight(&self, weight: W) -> Result<(), ChangeError<W>> {
        if weight < -W::LIMIT || weight >= W::LIMIT {
            return Err(ChangeError::WeightOutOfRange { weight });
        }
        self.weight.checked_add(weight.max(W::ZERO)).map(drop).ok_or(ChangeError::TotalOutOfRange)
    }
}

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError<W = i64> {
    /// There would be more numbers than `MAX_VERTICES`, those of vertices that keep caps included.
    TooManyVertices {
        /// How many.
        vertices: usize,
    },
    /// A number stands for no vertex.
    NoSuchVertex {
        /// The number.
        vertex: u32,
    },
    /// A group does not exist.
    NoSuchGroup {
        /// The group.
        group: u32,
    },
    /// An edge joins a vertex to itself.
    SelfLoop {
        /// The vertex.
        vertex: u32,
    },
    /// A weight is not within [`Weight::LIMIT`], and below it, so that extras can weigh one more.
    WeightOutOfRange {
        /// The weight.
        weight: W,
    },
    /// The matching may come to weigh more than the number type holds.
    TotalOutOfRange,
}

impl<W: Weight> fmt::Display for ChangeError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyVertices { vertices } => write!(f, "{vertices} vertices are more than {MAX_VERTICES}"),
            Self::NoSuchVertex { vertex } => write!(f, "there is no vertex {vertex}"),
            Self::NoSuchGroup { group } => write!(f, "there is no group {group}"),
            Self::SelfLoop { vertex } => write!(f, "an edge joins vertex {vertex} to itself"),
            Self::WeightOutOfRange { weight } => {
                write!(f, "the weight {weight:?} is not below {:?} in size", W::LIMIT)
            }
            Self::TotalOutOfRange => write!(f, "the matching may come to weigh more than a number can hold"),
        }
    }
}

impl<W: Weight> Error for ChangeError<W> {}
