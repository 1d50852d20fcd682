//! Checks that a matching is the best possible, without knowing how it was found.
//!
//! In: a graph, the mate of each vertex, and a certificate; for a matching with caps also the groups.
//! Out: nothing, or the first rule that does not hold and where.
//! Holds: if `verify` accepts, no matching of the graph has a larger weight. Only the types of the
//! graph and of the certificate are shared with the solver; no code is.
//! Costs: `O((n + m) log d)` time, `d` the depth of the blossoms, and `O(n)` memory.
//! Absent: any repair, and any trust in the solver.
//!
//! Sums that do not fit the number type are refused, and no proof is lost by it: of a certificate
//! that keeps the rules, a vertex with a dual is matched, and a blossom with a dual holds a matched
//! edge, and on a matched edge all duals together are twice its weight.
//!
//! The rules are those of complementary slackness. Write `y` for twice a vertex dual, `z` for twice
//! a blossom dual, `w` for a weight. For every matching `N` and a certificate that keeps the rules,
//! `2 w(N) <= sum over edges (u, v) of N of (y_u + y_v + sum of the z of the blossoms holding both)
//! <= sum of y + sum of z (|B| - 1) / 2`, and for the matching at hand both are equalities.
//! (J. Edmonds, "Maximum matching and a polyhedron with 0,1-vertices", 1965; Z. Galil, "Efficient
//! algorithms for finding maximum matching in graphs", 1986.)

use std::error::Error;
use std::fmt;

use super::certificate::Certificate;
use super::graph::{Edge, Graph, GraphError};
use super::weight::Weight;

/// Stands for "no blossom".
const NONE: u32 = u32::MAX;

/// Checks that a matching has the largest weight of all matchings of a graph.
///
/// `mate[v]` is the partner of vertex `v`; the certificate has one dual for each vertex.
///
/// Errors: [`CertificateError`] names the first broken rule and where.
///
/// Cost: `O((n + m) log d)`, `d` the depth of the blossoms.
pub fn verify<W: Weight>(
    graph: &Graph<W>,
    mate: &[Option<u32>],
    certificate: &Certificate<W>,
) -> Result<(), CertificateError<W>> {
    check_mates(graph, mate)?;
    check_vertex_duals(graph, mate, certificate)?;
    let family = Family::read(graph.vertices(), certificate)?;
    check_edges(graph, mate, certificate, &family)?;
    check_blossoms_are_full(mate, certificate, &family)
}

/// Returns, for each pair of vertices, twice the sum of the duals of both and of all blossoms that hold
/// both.
///
/// The vertices of `pairs` are below the number of vertex duals, and no dual is negative.
///
/// Errors: [`CertificateError`] if the blossoms are not a nested family of odd sets, or a sum is too large.
///
/// Cost: `O(n + p log d)` for `p` pairs.
pub(super) fn paid_2x<W: Weight>(
    certificate: &Certificate<W>,
    pairs: impl Iterator<Item = (u32, u32)>,
) -> Result<Vec<W>, CertificateError<W>> {
    let family = Family::read(certificate.vertex_duals_2x.len(), certificate)?;
    pairs.map(|(u, v)| family.paid_2x(certificate, u, v)).collect()
}

/// Checks that a matching has the largest weight of all matchings that keep the caps of groups.
///
/// `group_of[v]` is the group of vertex `v`; at most `cap_of_group[g]` vertices of group `g` may be
/// matched, where `None` is no cap. `mate` speaks of the vertices of the graph. `extra_mates` and the
/// certificate speak of the graph with the caps built in, which this function rebuilds: a group with
/// vertices `v_0 < … < v_{p-1}` and cap `b < p` has the extra vertices `x_0 … x_{p-b-1}`, and `x_j`
/// is joined to `v_j … v_{j+b}`, by edges heavier by one than any edge at the group.
///
/// This suffices: every matching that keeps the caps extends to all extras (the `j`-th smallest of
/// any `p - b` vertices is joined to `x_j`), and the edges of all extras weigh the same in each such
/// extension; so the best matching of the graph with extras, if it matches them all, is without them
/// the best that keeps the caps. That it keeps them follows, and is checked all the same.
///
/// Errors: [`CertificateError`] names the first broken rule and where.
///
/// Cost: as [`verify`], on the graph with the caps built in.
pub fn verify_capped<W: Weight>(
    graph: &Graph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    mate: &[Option<u32>],
    extra_mates: &[u32],
    certificate: &Certificate<W>,
) -> Result<(), CertificateError<W>> {
    check_mates(graph, mate)?;
    let members = members_of_groups(graph, group_of, cap_of_group.len())?;
    for (group, (members, cap)) in members.iter().zip(cap_of_group).enumerate() {
        let used = members.iter().filter(|&&vertex| mate[vertex as usize].is_some());
        let found = used.count();
        if let Some(cap) = *cap
            && found > cap as usize
        {
            return Err(CertificateError::CapExceeded { group, cap, found });
        }
    }
    let with_caps = build_in_caps(graph, &members, cap_of_group)?;
    let all_mates = add_extra_mates(mate, extra_mates, with_caps.vertices())?;
    verify(&with_caps, &all_mates, certificate)
}

/// Returns the vertices of each group, ascending.
fn members_of_groups<W: Weight>(
    graph: &Graph<W>,
    group_of: &[u32],
    groups: usize,
) -> Result<Vec<Vec<u32>>, CertificateError<W>> {
    if group_of.len() != graph.vertices() {
        return Err(CertificateError::GroupCount { expected: graph.vertices(), found: group_of.len() });
    }
    let mut members = vec![Vec::new(); groups];
    for (vertex, &group) in (0u32..).zip(group_of) {
        match members.get_mut(group as usize) {
            Some(members) => members.push(vertex),
            None => return Err(CertificateError::GroupOutOfRange { vertex, group }),
        }
    }
    Ok(members)
}

/// Builds the graph in which extra vertices keep the caps.
fn build_in_caps<W: Weight>(
    graph: &Graph<W>,
    members: &[Vec<u32>],
    cap_of_group: &[Option<u32>],
) -> Result<Graph<W>, CertificateError<W>> {
    let mut edges = graph.edges().collect::<Vec<_>>();
    let mut vertices = graph.vertices();
    for (members, cap) in members.iter().zip(cap_of_group) {
        let Some(cap) = cap.map(|cap| cap as usize) else {
            continue;
        };
        let heaviest =
            members.iter().filter_map(|&vertex| graph.neighbours(vertex).iter().map(|arc| arc.weight).max()).max();
        let weight = heaviest.unwrap_or(W::ZERO) + W::ONE;
        for from in 0..members.len().saturating_sub(cap) {
            for &u in &members[from..=from + cap] {
                let v = vertices as u32;
                edges.push(Edge { u, v, weight });
            }
            vertices += 1;
        }
    }
    Graph::new(vertices, edges).map_err(CertificateError::CapsTooLarge)
}

/// Appends the extras to the mates, each joined to the vertex it is matched to.
fn add_extra_mates<W>(
    mate: &[Option<u32>],
    extra_mates: &[u32],
    vertices: usize,
) -> Result<Vec<Option<u32>>, CertificateError<W>> {
    if mate.len() + extra_mates.len() != vertices {
        return Err(CertificateError::ExtraMateCount { expected: vertices - mate.len(), found: extra_mates.len() });
    }
    let mut all = mate.to_vec();
    for (extra, &vertex) in (mate.len() as u32..).zip(extra_mates) {
        match all.get_mut(vertex as usize) {
            Some(free) if free.is_none() => *free = Some(extra),
            _ => return Err(CertificateError::ExtraMateTaken { extra, vertex }),
        }
        all.push(Some(vertex));
    }
    Ok(all)
}

/// Checks that every mate is mutual and joined by an edge.
fn check_mates<W: Weight>(graph: &Graph<W>, mate: &[Option<u32>]) -> Result<(), CertificateError<W>> {
    if mate.len() != graph.vertices() {
        return Err(CertificateError::MateCount { expected: graph.vertices(), found: mate.len() });
    }
    for (vertex, partner) in matched(mate) {
        if partner as usize >= mate.len() {
            return Err(CertificateError::MateOutOfRange { vertex, partner });
        }
        if mate[partner as usize] != Some(vertex) {
            return Err(CertificateError::MateNotMutual { vertex, partner });
        }
        if graph.weight_between(vertex, partner).is_none() {
            return Err(CertificateError::MateWithoutEdge { vertex, partner });
        }
    }
    Ok(())
}

/// Checks that vertex duals are not negative, and zero at unmatched vertices.
fn check_vertex_duals<W: Weight>(
    graph: &Graph<W>,
    mate: &[Option<u32>],
    certificate: &Certificate<W>,
) -> Result<(), CertificateError<W>> {
    let duals = &certificate.vertex_duals_2x;
    if duals.len() != graph.vertices() {
        return Err(CertificateError::DualCount { expected: graph.vertices(), found: duals.len() });
    }
    for (vertex, &dual_2x) in (0u32..).zip(duals) {
        if dual_2x < W::ZERO {
            return Err(CertificateError::NegativeVertexDual { vertex, dual_2x });
        }
        if dual_2x > W::ZERO && mate[vertex as usize].is_none() {
            return Err(CertificateError::UnmatchedVertexWithDual { vertex, dual_2x });
        }
    }
    Ok(())
}

/// Checks that no edge has negative slack and no matched edge has any.
fn check_edges<W: Weight>(
    graph: &Graph<W>,
    mate: &[Option<u32>],
    certificate: &Certificate<W>,
    family: &Family<W>,
) -> Result<(), CertificateError<W>> {
    for Edge { u, v, weight } in graph.edges() {
        let duals_2x = family.paid_2x(certificate, u, v)?;
        let slack_2x = duals_2x - weight.doubled();
        if slack_2x < W::ZERO {
            return Err(CertificateError::NegativeSlack { u, v, slack_2x });
        }
        if slack_2x > W::ZERO && mate[u as usize] == Some(v) {
            return Err(CertificateError::LooseMatchedEdge { u, v, slack_2x });
        }
    }
    Ok(())
}

/// Checks that a blossom with a positive dual holds as many matched edges as fit.
fn check_blossoms_are_full<W: Weight>(
    mate: &[Option<u32>],
    certificate: &Certificate<W>,
    family: &Family<W>,
) -> Result<(), CertificateError<W>> {
    let mut matched_edges = vec![0u64; certificate.blossoms.len()];
    for (vertex, partner) in matched(mate) {
        if vertex < partner {
            let blossom = family.smallest_holding(vertex, partner);
            if blossom != NONE {
                matched_edges[blossom as usize] += 1;
            }
        }
    }
    for (index, blossom) in certificate.blossoms.iter().enumerate() {
        // Children come first, so this count is complete.
        let (found, size) = (matched_edges[index], family.size[index]);
        if blossom.dual_2x > W::ZERO && found != (size - 1) / 2 {
            return Err(CertificateError::BlossomNotFull { blossom: index, expected: (size - 1) / 2, found });
        }
        let parent = family.parent[index];
        if parent != NONE {
            matched_edges[parent as usize] += found;
        }
    }
    Ok(())
}

fn matched(mate: &[Option<u32>]) -> impl Iterator<Item = (u32, u32)> {
    (0u32..).zip(mate).filter_map(|(vertex, partner)| Some((vertex, (*partner)?)))
}

/// The blossoms of a certificate as a forest in which common ancestors are found quickly.
struct Family<W> {
    /// The smallest blossom that holds a vertex, or [`NONE`].
    of_vertex: Vec<u32>,
    /// The blossom directly around a blossom, or [`NONE`].
    parent: Vec<u32>,
    /// The number of blossoms around a blossom.
    depth: Vec<u32>,
    /// Some blossom around a blossom, chosen so that following `jump` and `parent` takes
    /// logarithmically many steps (E. Myers, "An applicative random-access stack", 1983).
    jump: Vec<u32>,
    /// The sum of twice the duals of a blossom and of all around it.
    total_2x: Vec<W>,
    /// The number of vertices in a blossom.
    size: Vec<u64>,
}

impl<W: Weight> Family<W> {
    /// Reads the blossoms, checking that they are a nested family of odd sets with no negative dual.
    fn read(vertices: usize, certificate: &Certificate<W>) -> Result<Self, CertificateError<W>> {
        let count = certificate.blossoms.len();
        let mut family = Self {
            of_vertex: vec![NONE; vertices],
            parent: vec![NONE; count],
            depth: vec![0; count],
            jump: vec![NONE; count],
            total_2x: vec![W::ZERO; count],
            size: vec![0; count],
        };
        for index in 0..count {
            family.read_blossom(index, certificate)?;
        }
        for index in (0..count).rev() {
            family.hang_below_parent(index, certificate.blossoms[index].dual_2x)?;
        }
        Ok(family)
    }

    fn read_blossom(&mut self, index: usize, certificate: &Certificate<W>) -> Result<(), CertificateError<W>> {
        let blossom = &certificate.blossoms[index];
        // A certificate has fewer blossoms than vertices, or a vertex occurs twice before the end.
        let own = index as u32;
        let mut size = blossom.vertices.len() as u64;
        for &vertex in &blossom.vertices {
            let Some(of_vertex) = self.of_vertex.get_mut(vertex as usize) else {
                return Err(CertificateError::BlossomVertexOutOfRange { blossom: index, vertex });
            };
            if *of_vertex != NONE {
                return Err(CertificateError::VertexInTwoBlossoms { blossoms: [*of_vertex as usize, index], vertex });
            }
            *of_vertex = own;
        }
        for &child in &blossom.children {
            if child >= own {
                return Err(CertificateError::ChildNotBefore { blossom: index, child });
            }
            let parent = &mut self.parent[child as usize];
            if *parent != NONE {
                return Err(CertificateError::ChildOfTwoBlossoms { blossoms: [*parent as usize, index], child });
            }
            *parent = own;
            size += self.size[child as usize];
        }
        if size < 3 || size.is_multiple_of(2) {
            return Err(CertificateError::BlossomSize { blossom: index, size });
        }
        if blossom.dual_2x < W::ZERO {
            return Err(CertificateError::NegativeBlossomDual { blossom: index, dual_2x: blossom.dual_2x });
        }
        self.size[index] = size;
        Ok(())
    }

    /// Completes a blossom whose parent, having a larger index, is complete.
    fn hang_below_parent(&mut self, index: usize, dual_2x: W) -> Result<(), CertificateError<W>> {
        self.total_2x[index] = dual_2x;
        let parent = self.parent[index];
        if parent == NONE {
            return Ok(());
        }
        let above = parent as usize;
        let total_2x = dual_2x.checked_add(self.total_2x[above]);
        self.total_2x[index] = total_2x.ok_or(CertificateError::BlossomDualsOutOfRange { blossom: index })?;
        self.depth[index] = self.depth[above] + 1;
        let jump = self.jump[above];
        self.jump[index] = if jump == NONE {
            parent
        } else {
            let far = self.jump[jump as usize];
            let first_leap = self.depth[above] - self.depth[jump as usize];
            let equal_leaps = far != NONE && self.depth[jump as usize] - self.depth[far as usize] == first_leap;
            if equal_leaps { far } else { parent }
        };
        Ok(())
    }

    /// Returns twice the sum of the duals of two vertices and of all blossoms that hold both.
    fn paid_2x(&self, certificate: &Certificate<W>, u: u32, v: u32) -> Result<W, CertificateError<W>> {
        let dual_2x = |vertex: u32| certificate.vertex_duals_2x[vertex as usize];
        let inside_2x = match self.smallest_holding(u, v) {
            NONE => W::ZERO,
            blossom => self.total_2x[blossom as usize],
        };
        // No dual is negative, so that this is the only sum that may not fit.
        let sum = dual_2x(u).checked_add(dual_2x(v)).and_then(|sum| sum.checked_add(inside_2x));
        sum.ok_or(CertificateError::DualsOutOfRange { u, v })
    }

    /// Returns the smallest blossom that holds both vertices, or [`NONE`].
    fn smallest_holding(&self, u: u32, v: u32) -> u32 {
        let (mut a, mut b) = (self.of_vertex[u as usize], self.of_vertex[v as usize]);
        if a == NONE || b == NONE {
            return NONE;
        }
        if self.depth[a as usize] < self.depth[b as usize] {
            std::mem::swap(&mut a, &mut b);
        }
        let depth = self.depth[b as usize];
        while self.depth[a as usize] > depth {
            let jump = self.jump[a as usize];
            let overshoots = jump == NONE || self.depth[jump as usize] < depth;
            a = if overshoots { self.parent[a as usize] } else { jump };
        }
        // At equal depth the jumps of both lead to equal depths.
        while a != b {
            let (jump_a, jump_b) = (self.jump[a as usize], self.jump[b as usize]);
            (a, b) =
                if jump_a == jump_b { (self.parent[a as usize], self.parent[b as usize]) } else { (jump_a, jump_b) };
            if a == NONE || b == NONE {
                return NONE;
            }
        }
        a
    }
}

/// The first rule a certificate breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError<W = i64> {
    /// There is not one mate entry for each vertex.
    MateCount {
        /// The number of vertices.
        expected: usize,
        /// The number of entries.
        found: usize,
    },
    /// A vertex is matched to one that does not exist.
    MateOutOfRange {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// A vertex is matched to one that is not matched to it.
    MateNotMutual {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// Two vertices are matched that no edge joins.
    MateWithoutEdge {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// There is not one dual for each vertex.
    DualCount {
        /// The number of vertices.
        expected: usize,
        /// The number of duals.
        found: usize,
    },
    /// A vertex dual is negative.
    NegativeVertexDual {
        /// The vertex.
        vertex: u32,
        /// Twice its dual.
        dual_2x: W,
    },
    /// An unmatched vertex has a positive dual.
    UnmatchedVertexWithDual {
        /// The vertex.
        vertex: u32,
        /// Twice its dual.
        dual_2x: W,
    },
    /// A blossom names a vertex that does not exist.
    BlossomVertexOutOfRange {
        /// The blossom's index.
        blossom: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A vertex lies directly in two blossoms, so that the blossoms are not nested.
    VertexInTwoBlossoms {
        /// The indices of the blossoms.
        blossoms: [usize; 2],
        /// The vertex.
        vertex: u32,
    },
    /// A child of a blossom does not come before it, or does not exist.
    ChildNotBefore {
        /// The blossom's index.
        blossom: usize,
        /// The child's index.
        child: u32,
    },
    /// A blossom lies directly in two blossoms, so that the blossoms are not nested.
    ChildOfTwoBlossoms {
        /// The indices of the outer blossoms.
        blossoms: [usize; 2],
        /// The child's index.
        child: u32,
    },
    /// A blossom has an even number of vertices, or fewer than three.
    BlossomSize {
        /// The blossom's index.
        blossom: usize,
        /// The number of its vertices.
        size: u64,
    },
    /// A blossom dual is negative.
    NegativeBlossomDual {
        /// The blossom's index.
        blossom: usize,
        /// Twice its dual.
        dual_2x: W,
    },
    /// A blossom with a positive dual holds fewer matched edges than fit in it.
    BlossomNotFull {
        /// The blossom's index.
        blossom: usize,
        /// The number of edges that fit.
        expected: u64,
        /// The number of matched edges in it.
        found: u64,
    },
    /// The duals of a blossom and of those around it add up to more than a number can hold.
    BlossomDualsOutOfRange {
        /// The blossom's index.
        blossom: usize,
    },
    /// The duals at the ends of an edge and around it add up to more than a number can hold.
    DualsOutOfRange {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
    },
    /// An edge is worth more than the duals at its ends and around it.
    NegativeSlack {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
        /// Twice the slack.
        slack_2x: W,
    },
    /// A matched edge is worth less than the duals at its ends and around it.
    LooseMatchedEdge {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
        /// Twice the slack.
        slack_2x: W,
    },
    /// There is not one group for each vertex.
    GroupCount {
        /// The number of vertices.
        expected: usize,
        /// The number of groups given.
        found: usize,
    },
    /// A vertex is in a group that has no entry in the caps.
    GroupOutOfRange {
        /// The vertex.
        vertex: u32,
        /// Its group.
        group: u32,
    },
    /// A group has more matched vertices than its cap.
    CapExceeded {
        /// The group.
        group: usize,
        /// Its cap.
        cap: u32,
        /// The number of its matched vertices.
        found: usize,
    },
    /// The graph with the caps built in is more than a solver takes.
    CapsTooLarge(GraphError<W>),
    /// There is not one mate for each extra vertex.
    ExtraMateCount {
        /// The number of extra vertices.
        expected: usize,
        /// The number of mates.
        found: usize,
    },
    /// An extra vertex is matched to one that has another mate or does not exist.
    ExtraMateTaken {
        /// The extra vertex.
        extra: u32,
        /// The vertex it is matched to.
        vertex: u32,
    },
}

impl<W: Weight> fmt::Display for CertificateError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MateCount { expected, found } => {
                write!(f, "{found} mates are given for {expected} vertices")
            }
            Self::MateOutOfRange { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, which does not exist")
            }
            Self::MateNotMutual { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, which is not matched to it")
            }
            Self::MateWithoutEdge { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, but no edge of positive weight joins them")
            }
            Self::DualCount { expected, found } => {
                write!(f, "{found} vertex duals are given for {expected} vertices")
            }
            Self::NegativeVertexDual { vertex, dual_2x } => {
                write!(f, "vertex {vertex} has the negative dual {dual_2x:?}/2")
            }
            Self::UnmatchedVertexWithDual { vertex, dual_2x } => {
                write!(f, "vertex {vertex} is unmatched and has the positive dual {dual_2x:?}/2")
            }
            Self::BlossomVertexOutOfRange { blossom, vertex } => {
                write!(f, "blossom {blossom} holds vertex {vertex}, which does not exist")
            }
            Self::VertexInTwoBlossoms { blossoms, vertex } => {
                write!(f, "vertex {vertex} lies directly in blossom {} and in blossom {}", blossoms[0], blossoms[1])
            }
            Self::ChildNotBefore { blossom, child } => {
                write!(f, "blossom {blossom} has the child {child}, which does not come before it")
            }
            Self::ChildOfTwoBlossoms { blossoms, child } => {
                write!(f, "blossom {child} lies directly in blossom {} and in blossom {}", blossoms[0], blossoms[1])
            }
            Self::BlossomSize { blossom, size } => {
                write!(f, "blossom {blossom} has {size} vertices, not an odd number of three or more")
            }
            Self::NegativeBlossomDual { blossom, dual_2x } => {
                write!(f, "blossom {blossom} has the negative dual {dual_2x:?}/2")
            }
            Self::BlossomNotFull { blossom, expected, found } => {
                write!(f, "blossom {blossom} has a positive dual and holds {found} matched edges instead of {expected}")
            }
            Self::BlossomDualsOutOfRange { blossom } => {
                write!(f, "the duals of blossom {blossom} and of those around it add up to more than a number can hold")
            }
            Self::DualsOutOfRange { u, v } => {
                write!(f, "the duals of edge {u}-{v} add up to more than a number can hold")
            }
            Self::NegativeSlack { u, v, slack_2x } => {
                write!(f, "edge {u}-{v} has the negative slack {slack_2x:?}/2")
            }
            Self::LooseMatchedEdge { u, v, slack_2x } => {
                write!(f, "matched edge {u}-{v} has the slack {slack_2x:?}/2")
            }
            Self::GroupCount { expected, found } => {
                write!(f, "{found} groups are given for {expected} vertices")
            }
            Self::GroupOutOfRange { vertex, group } => {
                write!(f, "vertex {vertex} is in group {group}, which does not exist")
            }
            Self::CapExceeded { group, cap, found } => {
                write!(f, "group {group} has {found} matched vertices, but a cap of {cap}")
            }
            Self::CapsTooLarge(error) => write!(f, "with the caps built in: {error}"),
            Self::ExtraMateCount { expected, found } => {
                write!(f, "{found} mates are given for {expected} extra vertices")
            }
            Self::ExtraMateTaken { extra, vertex } => {
                write!(f, "extra vertex {extra} is matched to {vertex}, which has another mate or does not exist")
            }
        }
    }
}

impl<W: Weight> Error for CertificateError<W> {}

#[cfg(test)]
mod tests;
