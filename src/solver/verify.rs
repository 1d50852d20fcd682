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

mod caps;
mod family;
mod refused;

pub use self::caps::verify_capped;
use self::family::{Family, NONE};
pub use self::refused::CertificateError;
use super::certificate::Certificate;
use super::graph::{Edge, Graph};
use super::weight::Weight;

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

#[cfg(test)]
mod tests;
