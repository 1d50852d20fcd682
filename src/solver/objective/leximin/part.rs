//! A part of the market whose fairest plans are still being told apart.
//!
//! In: the edges of a market, then the duals of each solve. Out: the edges that still matter, and the
//! parts they fall into. Holds: the admissible plans of a part are those with the largest sum of
//! shares; the part's own plan is one of them. Costs: linear in the part. Absent: which gains count next,
//! which is `levels`; and the solving.

use super::Choice;

/// Stands for "none" among edges and vertices.
pub(super) const NONE: u32 = u32::MAX;

/// Stands for "all" as the largest gain decided upon; with that, the points are decided upon too.
pub(super) const ALL: i64 = i64::MAX;

/// An edge that an admissible plan may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartEdge {
    /// The ends, what they gain, and the points.
    pub choice: Choice,
    /// How many of the bounds that every admissible plan meets this edge has a part in.
    pub share: u32,
}

/// What is left to decide between.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// The vertex of the market that each vertex is, ascending.
    pub names: Vec<u32>,
    /// The edges that an admissible plan may use.
    pub edges: Vec<PartEdge>,
    /// The ends of the edges, `2 × edge + side`, by ascending gain; only those not yet decided upon.
    pub ends: Vec<u32>,
    /// The edge of the part's plan whose first end each vertex is, or [`NONE`].
    pub used_from: Vec<u32>,
    /// The largest gain decided upon, or [`ALL`].
    pub decided: i64,
}

impl Part {
    /// Builds the part of a whole market, with an empty plan and only a gain of nothing decided upon.
    ///
    /// `edges[i]` joins two vertices below `vertices`, and its gains are not negative.
    ///
    /// Cost: sorting the ends.
    pub fn whole(vertices: usize, edges: Vec<PartEdge>) -> Self {
        let gain = |end: u32| edges[end as usize / 2].choice.gains[end as usize % 2];
        let mut ends: Vec<u32> = (0..2 * edges.len() as u32).filter(|&end| gain(end) > 0).collect();
        ends.sort_by_key(|&end| gain(end));
        Self { names: (0..vertices as u32).collect(), edges, ends, used_from: vec![NONE; vertices], decided: 0 }
    }

    /// Returns the number of vertices.
    pub fn vertices(&self) -> usize {
        self.names.len()
    }

    /// Returns the gain at an end.
    pub fn gain(&self, end: u32) -> i64 {
        self.edges[end as usize / 2].choice.gains[end as usize % 2]
    }

    /// Returns the vertex at an end.
    pub fn vertex(&self, end: u32) -> u32 {
        let Choice { u, v, .. } = self.edges[end as usize / 2].choice;
        if end.is_multiple_of(2) { u } else { v }
    }

    /// Says whether the part's plan uses an edge.
    pub fn uses(&self, edge: u32) -> bool {
        self.used_from[self.edges[edge as usize].choice.u as usize] == edge
    }

    /// Says whether nothing is left to prefer: all digits are decided upon, or the part's plan uses every
    /// edge.
    pub fn is_settled(&self) -> bool {
        self.decided == ALL || (0..self.edges.len() as u32).all(|edge| self.uses(edge))
    }

    /// Returns what the part's plan joins the first end of each of its edges to.
    pub fn joined_to(&self) -> Vec<Option<u32>> {
        let end = |&edge: &u32| (edge != NONE).then(|| self.edges[edge as usize].choice.v);
        self.used_from.iter().map(end).collect()
    }

    /// Returns the pairs of vertices of the market that the part's plan joins.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        let used = (0u32..).zip(&self.edges).filter(|&(index, _)| self.uses(index));
        used.map(|(_, edge)| (self.names[edge.choice.u as usize], self.names[edge.choice.v as usize]))
    }

    /// Takes a plan, what each vertex is joined to, for the part's own.
    pub fn adopt(&mut self, joined_to: &[Option<u32>]) {
        self.used_from.fill(NONE);
        for (index, PartEdge { choice, .. }) in (0u32..).zip(&self.edges) {
            if joined_to[choice.u as usize] == Some(choice.v) {
                self.used_from[choice.u as usize] = index;
            }
        }
    }

    /// Drops the edges that are not to be kept, none of which the part's plan uses, and the ends of
    /// gains up to `decided`, which are decided upon with that.
    ///
    /// Cost: linear in the part.
    pub fn narrow(&mut self, keep: &[bool], decided: i64) {
        let mut number_of = vec![NONE; self.edges.len()];
        let kept = keep.iter().enumerate().filter(|&(_, &keep)| keep);
        for (number, (edge, _)) in (0u32..).zip(kept) {
            number_of[edge] = number;
        }
        for edge in self.used_from.iter_mut().filter(|edge| **edge != NONE) {
            *edge = number_of[*edge as usize];
        }
        let mut kept = keep.iter();
        self.ends.retain_mut(|end| {
            let edge = &self.edges[*end as usize / 2];
            let number = number_of[*end as usize / 2];
            let stays = number != NONE && edge.choice.gains[*end as usize % 2] > decided;
            if stays {
                *end = 2 * number + *end % 2;
            }
            stays
        });
        self.edges.retain(|_| kept.next() == Some(&true));
        self.decided = decided;
    }

    /// Parts what no edge joins, leaving out vertices without edges.
    ///
    /// What is fairest for the whole is fairest for each part: plans are compared by the counts of equal
    /// gains, smallest gain first, and these add up over the parts.
    ///
    /// Cost: linear in the part.
    pub fn split(self) -> Vec<Self> {
        let component_of = self.components();
        let count = component_of.iter().map(|&component| component as usize + 1).max().unwrap_or(0);
        if count == 1 {
            return vec![self];
        }
        let mut parts = vec![Self { decided: self.decided, ..Self::default() }; count];
        let mut local = vec![0; self.vertices()];
        for (vertex, &component) in component_of.iter().enumerate() {
            let part = &mut parts[component as usize];
            local[vertex] = part.names.len() as u32;
            part.names.push(self.names[vertex]);
            part.used_from.push(NONE);
        }
        let mut number_of = vec![NONE; self.edges.len()];
        for (index, edge) in (0u32..).zip(&self.edges) {
            let part = &mut parts[component_of[edge.choice.u as usize] as usize];
            let number = part.edges.len() as u32;
            number_of[index as usize] = number;
            let (u, v) = (local[edge.choice.u as usize], local[edge.choice.v as usize]);
            if self.uses(index) {
                part.used_from[u as usize] = number;
            }
            part.edges.push(PartEdge { choice: Choice { u, v, ..edge.choice }, share: edge.share });
        }
        for &end in &self.ends {
            let component = component_of[self.vertex(end) as usize];
            parts[component as usize].ends.push(2 * number_of[end as usize / 2] + end % 2);
        }
        parts.retain(|part| !part.edges.is_empty());
        parts
    }

    /// Returns the number of the component of each vertex, by their smallest vertices.
    fn components(&self) -> Vec<u32> {
        let mut above: Vec<u32> = (0..self.vertices() as u32).collect();
        for PartEdge { choice, .. } in &self.edges {
            let (a, b) = (top(&mut above, choice.u), top(&mut above, choice.v));
            above[a.max(b) as usize] = a.min(b);
        }
        let mut number_of = vec![NONE; self.vertices()];
        let mut count = 0;
        for vertex in 0..self.vertices() as u32 {
            let first = top(&mut above, vertex) as usize;
            if number_of[first] == NONE {
                number_of[first] = count;
                count += 1;
            }
            number_of[vertex as usize] = number_of[first];
        }
        number_of
    }
}

/// Returns the first vertex of the tree a vertex is in, halving the way to it.
fn top(above: &mut [u32], mut vertex: u32) -> u32 {
    while above[vertex as usize] != vertex {
        above[vertex as usize] = above[above[vertex as usize] as usize];
        vertex = above[vertex as usize];
    }
    vertex
}
