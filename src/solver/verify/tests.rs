//! Corrupts proven matchings, once for every rule, and expects the check to say which and where.

use super::*;
use crate::solver::certificate::Blossom;
use crate::solver::graph::GraphError;
use crate::solver::graph::MAX_WEIGHT;

fn edge(u: u32, v: u32, weight: i64) -> Edge {
    Edge { u, v, weight }
}

/// A best matching with its proof: five vertices all joined, worth 3 inside the triangle 0, 1, 2 and
/// 2 elsewhere; beside them an edge 5-6, loosely joined to 4, and a vertex 7 on its own.
#[derive(Clone)]
struct Proven {
    graph: Graph,
    mate: Vec<Option<u32>>,
    certificate: Certificate,
}

impl Proven {
    fn new() -> Self {
        let mut edges = vec![edge(5, 6, 7), edge(4, 5, 3)];
        for v in 1..5 {
            edges.extend((0..v).map(|u| edge(u, v, if v < 3 { 3 } else { 2 })));
        }
        let triangle = Blossom { vertices: vec![0, 1, 2], children: vec![], dual_2x: 2 };
        let all_five = Blossom { vertices: vec![3, 4], children: vec![0], dual_2x: 4 };
        Self {
            graph: Graph::new(8, edges).unwrap(),
            mate: vec![Some(1), Some(0), None, Some(4), Some(3), Some(6), Some(5), None],
            certificate: Certificate {
                vertex_duals_2x: vec![0, 0, 0, 0, 0, 7, 7, 0],
                blossoms: vec![triangle, all_five],
            },
        }
    }

    fn verify(&self) -> Result<(), CertificateError> {
        verify(&self.graph, &self.mate, &self.certificate)
    }
}

/// Corrupts the proven matching and expects one error.
fn check(corrupt: impl Fn(&mut Proven), expected: CertificateError) {
    let mut proven = Proven::new();
    corrupt(&mut proven);
    assert_eq!(proven.verify(), Err(expected));
}

#[test]
fn a_best_matching_with_its_proof_is_accepted() {
    assert_eq!(Proven::new().verify(), Ok(()));
}

#[test]
fn a_missing_mate_entry_is_refused() {
    check(|proven| proven.mate.truncate(7), CertificateError::MateCount { expected: 8, found: 7 });
}

#[test]
fn a_mate_that_does_not_exist_is_refused() {
    check(|proven| proven.mate[7] = Some(8), CertificateError::MateOutOfRange { vertex: 7, partner: 8 });
}

#[test]
fn a_mate_that_is_not_mutual_is_refused() {
    check(|proven| proven.mate[7] = Some(5), CertificateError::MateNotMutual { vertex: 7, partner: 5 });
}

#[test]
fn a_vertex_matched_to_itself_is_refused() {
    check(|proven| proven.mate[7] = Some(7), CertificateError::MateWithoutEdge { vertex: 7, partner: 7 });
}

#[test]
fn mates_without_an_edge_are_refused() {
    let corrupt = |proven: &mut Proven| {
        proven.mate[7] = Some(2);
        proven.mate[2] = Some(7);
    };
    check(corrupt, CertificateError::MateWithoutEdge { vertex: 2, partner: 7 });
}

#[test]
fn a_surplus_vertex_dual_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.vertex_duals_2x.push(0);
    check(corrupt, CertificateError::DualCount { expected: 8, found: 9 });
}

#[test]
fn a_negative_vertex_dual_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.vertex_duals_2x[7] = -1;
    check(corrupt, CertificateError::NegativeVertexDual { vertex: 7, dual_2x: -1 });
}

#[test]
fn an_unmatched_vertex_with_a_dual_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.vertex_duals_2x[7] = 1;
    check(corrupt, CertificateError::UnmatchedVertexWithDual { vertex: 7, dual_2x: 1 });
}

#[test]
fn a_blossom_vertex_that_does_not_exist_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[1].vertices.push(8);
    check(corrupt, CertificateError::BlossomVertexOutOfRange { blossom: 1, vertex: 8 });
}

#[test]
fn blossoms_that_cross_in_a_vertex_are_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[1].vertices.push(2);
    check(corrupt, CertificateError::VertexInTwoBlossoms { blossoms: [0, 1], vertex: 2 });
}

#[test]
fn a_vertex_twice_in_one_blossom_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[1].vertices.push(3);
    check(corrupt, CertificateError::VertexInTwoBlossoms { blossoms: [1, 1], vertex: 3 });
}

#[test]
fn a_blossom_inside_itself_or_a_later_one_is_refused() {
    for child in [1, 2, u32::MAX] {
        let corrupt = |proven: &mut Proven| proven.certificate.blossoms[1].children[0] = child;
        check(corrupt, CertificateError::ChildNotBefore { blossom: 1, child });
    }
}

#[test]
fn blossoms_that_cross_in_a_child_are_refused() {
    let corrupt = |proven: &mut Proven| {
        let crossing = Blossom { vertices: vec![5, 6], children: vec![0], dual_2x: 0 };
        proven.certificate.blossoms.push(crossing);
    };
    check(corrupt, CertificateError::ChildOfTwoBlossoms { blossoms: [1, 2], child: 0 });
}

#[test]
fn a_blossom_of_even_size_or_a_single_vertex_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[1].vertices.truncate(1);
    check(corrupt, CertificateError::BlossomSize { blossom: 1, size: 4 });
    let corrupt = |proven: &mut Proven| {
        let single = Blossom { vertices: vec![7], children: vec![], dual_2x: 0 };
        proven.certificate.blossoms.push(single);
    };
    check(corrupt, CertificateError::BlossomSize { blossom: 2, size: 1 });
}

#[test]
fn a_negative_blossom_dual_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[0].dual_2x = -2;
    check(corrupt, CertificateError::NegativeBlossomDual { blossom: 0, dual_2x: -2 });
}

#[test]
fn an_edge_worth_more_than_its_duals_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.vertex_duals_2x[6] = 6;
    check(corrupt, CertificateError::NegativeSlack { u: 5, v: 6, slack_2x: -1 });
    let corrupt = |proven: &mut Proven| proven.certificate.blossoms[0].dual_2x = 1;
    check(corrupt, CertificateError::NegativeSlack { u: 0, v: 1, slack_2x: -1 });
}

#[test]
fn a_matched_edge_worth_less_than_its_duals_is_refused() {
    let corrupt = |proven: &mut Proven| proven.certificate.vertex_duals_2x[6] = 8;
    check(corrupt, CertificateError::LooseMatchedEdge { u: 5, v: 6, slack_2x: 1 });
}

#[test]
fn a_blossom_that_is_not_full_is_refused() {
    let corrupt = |proven: &mut Proven| {
        proven.mate[3] = None;
        proven.mate[4] = None;
    };
    check(corrupt, CertificateError::BlossomNotFull { blossom: 1, expected: 2, found: 1 });
}

#[test]
fn a_blossom_that_is_not_full_may_have_a_dual_of_zero() {
    let mut proven = Proven::new();
    let vertices = vec![4, 5, 7];
    proven.certificate.blossoms = vec![Blossom { vertices, children: vec![], dual_2x: 0 }];
    proven.certificate.vertex_duals_2x = vec![0, 0, 0, 0, 0, 7, 7, 0];
    proven.graph = Graph::new(8, vec![edge(5, 6, 7), edge(4, 5, 3)]).unwrap();
    proven.mate = vec![None, None, None, None, None, Some(6), Some(5), None];
    assert_eq!(proven.verify(), Ok(()));
}

#[test]
fn duals_that_do_not_add_up_within_the_number_type_are_refused() {
    let graph = Graph::new(3, vec![edge(0, 1, 1)]).unwrap();
    let certificate = Certificate {
        vertex_duals_2x: vec![i64::MAX, i64::MAX, 0],
        blossoms: vec![Blossom { vertices: vec![0, 1, 2], children: vec![], dual_2x: i64::MAX }],
    };
    let mate = [Some(1), Some(0), None];
    assert_eq!(verify(&graph, &mate, &certificate), Err(CertificateError::DualsOutOfRange { u: 0, v: 1 }));
}

#[test]
fn nested_blossoms_whose_duals_do_not_add_up_within_the_number_type_are_refused() {
    let graph = Graph::<i64>::new(5, Vec::new()).unwrap();
    let inner = Blossom { vertices: vec![0, 1, 2], children: vec![], dual_2x: 1 };
    let outer = Blossom { vertices: vec![3, 4], children: vec![0], dual_2x: i64::MAX };
    let certificate = Certificate { vertex_duals_2x: vec![0; 5], blossoms: vec![inner, outer] };
    let expected = CertificateError::BlossomDualsOutOfRange { blossom: 0 };
    assert_eq!(verify(&graph, &[None; 5], &certificate), Err(expected));
}

#[test]
fn the_smallest_common_blossom_is_found_at_every_depth() {
    // A chain of nested blossoms with a triangle hanging off every third.
    let mut blossoms: Vec<Blossom> = Vec::new();
    let mut spine: Option<u32> = None;
    let mut next = 0;
    for level in 0..60 {
        let mut children: Vec<u32> = spine.into_iter().collect();
        if level % 3 == 1 {
            let vertices = vec![next, next + 1, next + 2];
            children.push(blossoms.len() as u32);
            blossoms.push(Blossom { vertices, children: vec![], dual_2x: 2 });
            next += 3;
        }
        let fill = if children.len() % 2 == 1 { 2 } else { 3 };
        let vertices = (next..next + fill).collect();
        next += fill;
        spine = Some(blossoms.len() as u32);
        blossoms.push(Blossom { vertices, children, dual_2x: 2 });
    }
    let certificate = Certificate { vertex_duals_2x: vec![], blossoms };
    let family = Family::read(next as usize + 1, &certificate).unwrap();
    let around = |vertex: u32| {
        let mut blossom = family.of_vertex[vertex as usize];
        let mut around = Vec::new();
        while blossom != NONE {
            around.push(blossom);
            blossom = family.parent[blossom as usize];
        }
        around
    };
    for u in 0..=next {
        let around_u = around(u);
        for v in 0..=next {
            let common = around(v).into_iter().find(|blossom| around_u.contains(blossom));
            assert_eq!(family.smallest_holding(u, v), common.unwrap_or(NONE));
        }
    }
}

/// A path 0-1-2-3 worth 4, 1, 4 whose vertices 1 and 2 share a group with a cap of one.
#[derive(Clone)]
struct ProvenCapped {
    graph: Graph,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
    mate: Vec<Option<u32>>,
    extra_mates: Vec<u32>,
    certificate: Certificate,
}

impl ProvenCapped {
    fn new() -> Self {
        Self {
            graph: Graph::new(4, vec![edge(0, 1, 4), edge(1, 2, 1), edge(2, 3, 4)]).unwrap(),
            group_of: vec![0, 1, 1, 0],
            cap_of_group: vec![None, Some(1)],
            mate: vec![Some(1), Some(0), None, None],
            extra_mates: vec![2],
            certificate: Certificate { vertex_duals_2x: vec![0, 8, 8, 0, 2], blossoms: vec![] },
        }
    }

    fn verify(&self) -> Result<(), CertificateError> {
        let Self { graph, group_of, cap_of_group, mate, extra_mates, certificate } = self;
        verify_capped(graph, group_of, cap_of_group, mate, extra_mates, certificate)
    }
}

/// Corrupts the proven matching with a cap and expects one error.
fn check_capped(corrupt: impl Fn(&mut ProvenCapped), expected: CertificateError) {
    let mut proven = ProvenCapped::new();
    corrupt(&mut proven);
    assert_eq!(proven.verify(), Err(expected));
}

#[test]
fn a_best_matching_with_caps_and_its_proof_are_accepted() {
    assert_eq!(ProvenCapped::new().verify(), Ok(()));
}

#[test]
fn a_missing_group_is_refused() {
    let corrupt = |proven: &mut ProvenCapped| proven.group_of.truncate(3);
    check_capped(corrupt, CertificateError::GroupCount { expected: 4, found: 3 });
}

#[test]
fn a_group_without_an_entry_is_refused() {
    let corrupt = |proven: &mut ProvenCapped| proven.group_of[3] = 2;
    check_capped(corrupt, CertificateError::GroupOutOfRange { vertex: 3, group: 2 });
}

#[test]
fn more_matched_vertices_than_the_cap_are_refused() {
    let corrupt = |proven: &mut ProvenCapped| {
        proven.mate[2] = Some(3);
        proven.mate[3] = Some(2);
    };
    check_capped(corrupt, CertificateError::CapExceeded { group: 1, cap: 1, found: 2 });
}

#[test]
fn both_ends_of_an_edge_inside_a_group_count() {
    let corrupt = |proven: &mut ProvenCapped| proven.mate = vec![None, Some(2), Some(1), None];
    check_capped(corrupt, CertificateError::CapExceeded { group: 1, cap: 1, found: 2 });
}

#[test]
fn caps_that_cannot_be_built_in_are_refused() {
    let corrupt = |proven: &mut ProvenCapped| {
        proven.graph = Graph::new(4, vec![edge(0, 1, MAX_WEIGHT)]).unwrap();
    };
    let index = 1;
    let weight = MAX_WEIGHT + 1;
    check_capped(corrupt, CertificateError::CapsTooLarge(GraphError::WeightOutOfRange { index, weight }));
}

#[test]
fn a_missing_extra_mate_is_refused() {
    let corrupt = |proven: &mut ProvenCapped| proven.extra_mates.clear();
    check_capped(corrupt, CertificateError::ExtraMateCount { expected: 1, found: 0 });
}

#[test]
fn an_extra_matched_to_a_taken_vertex_is_refused() {
    for vertex in [1, 4, 9] {
        let corrupt = |proven: &mut ProvenCapped| proven.extra_mates[0] = vertex;
        check_capped(corrupt, CertificateError::ExtraMateTaken { extra: 4, vertex });
    }
}

#[test]
fn an_extra_matched_outside_its_group_is_refused() {
    let corrupt = |proven: &mut ProvenCapped| proven.extra_mates[0] = 3;
    check_capped(corrupt, CertificateError::MateWithoutEdge { vertex: 3, partner: 4 });
}

#[test]
fn a_worse_matching_that_keeps_the_caps_is_refused() {
    let corrupt = |proven: &mut ProvenCapped| proven.mate = vec![None; 4];
    check_capped(corrupt, CertificateError::UnmatchedVertexWithDual { vertex: 1, dual_2x: 8 });
}
