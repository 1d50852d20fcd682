//! Checks a best matching with caps: builds the caps in, as its proof does, and checks that.
//!
//! In: a graph, groups with caps, the mates of vertices and of extra ones, and a certificate. Out: nothing, or the first
//! rule that does not hold and where.
//! Holds: if [`verify_capped`] accepts, the caps are kept, and no matching that keeps them weighs more.
//! Costs: as [`verify`], on the graph with the caps built in. Absent: how a solver keeps caps.

use super::refused::CertificateError;
use super::{check_mates, verify};
use crate::solver::certificate::Certificate;
use crate::solver::graph::{Edge, Graph};
use crate::solver::weight::Weight;

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
