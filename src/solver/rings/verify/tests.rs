//! One corrupted answer a rule, each of which must be refused.

use super::super::super::digraph::{Digraph, DirectedArc};
use super::super::best_rings;
use super::*;

/// Solves a market of 30 vertices with a cap, corrupts rings, weight or certificate, and returns what is refused.
fn refused(corrupt: impl FnOnce(&mut Vec<Vec<u32>>, &mut i64, &mut RingCertificate)) -> RingError {
    let mut arcs = Vec::new();
    let mut state = 12_345u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for from in 0..30 {
        for _ in 0..7 {
            let to = (from + 1 + next(29)) % 30;
            arcs.push(DirectedArc { from, to, weight: i64::from(next(900)) - 50 });
        }
    }
    let digraph = Digraph::new(30, arcs).unwrap();
    let group_of: Vec<u32> = (0..30).map(|vertex| vertex / 10).collect();
    let problem = RingProblem {
        digraph: &digraph,
        longest: 3,
        points: &|_, gains| gains.iter().sum(),
        group_of: &group_of,
        cap_of_group: &[Some(7), None, Some(8)],
    };
    let solved = best_rings(&problem, &|| false);
    let (mut rings, mut weight, mut certificate) = (solved.rings, solved.weight, solved.certificate);
    verify_rings(&problem, &rings, weight, &certificate).unwrap();
    corrupt(&mut rings, &mut weight, &mut certificate);
    verify_rings(&problem, &rings, weight, &certificate).unwrap_err()
}

/// Corrupts the proof and returns what is refused.
fn refused_proof(corrupt: impl FnOnce(&mut Proof)) -> ProofError {
    match refused(|_, _, certificate| corrupt(&mut certificate.proof)) {
        RingError::Proof(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn rings_that_are_none_are_refused() {
    assert!(matches!(refused(|rings, _, _| rings[0].truncate(1)), RingError::Length { ring: 0, length: 1 }));
    assert!(matches!(refused(|rings, _, _| rings[0] = vec![0, 1, 2, 3]), RingError::Length { length: 4, .. }));
    assert!(matches!(refused(|rings, _, _| rings[0][1] = 99), RingError::VertexOutOfRange { vertex: 99, .. }));
    assert!(matches!(refused(|rings, _, _| rings[0].rotate_left(1)), RingError::SmallestNotFirst { ring: 0 }));
    let no_arc = refused(|rings, _, _| {
        let ring = rings.iter_mut().find(|ring| ring.len() == 3).unwrap();
        ring.swap(1, 2);
    });
    assert!(matches!(no_arc, RingError::NoArc { .. }));
}

#[test]
fn a_vertex_in_two_rings_is_refused() {
    let twice = refused(|rings, _, _| {
        let ring = rings[0].clone();
        rings.push(ring);
    });
    assert!(matches!(twice, RingError::VertexTwice { .. }));
}

#[test]
fn a_wrong_weight_is_refused() {
    assert!(matches!(refused(|_, weight, _| *weight -= 1), RingError::Weight { .. }));
    assert!(matches!(refused(|rings, _, _| drop(rings.pop())), RingError::Weight { .. }));
    assert!(matches!(refused(|_, _, certificate| certificate.bound -= 1), RingError::WeightBeyondBound { .. }));
}

#[test]
fn a_bound_that_the_duals_do_not_reach_is_refused() {
    let weaker = refused_proof(|proof| {
        for node in &mut proof.nodes {
            if let Node::Bound(duals) = node {
                duals.clear();
            }
        }
    });
    assert!(matches!(weaker, ProofError::BoundBeyondTarget { .. }));
}

#[test]
fn duals_out_of_range_order_or_sign_are_refused() {
    let corrupt = |change: fn(&mut Duals)| {
        refused_proof(|proof| {
            let duals = proof.nodes.iter_mut().find_map(|node| match node {
                Node::Bound(duals) | Node::Drop { duals, .. } if duals.len() > 1 => Some(duals),
                _ => None,
            });
            change(duals.unwrap());
        })
    };
    assert!(matches!(corrupt(|duals| duals.swap(0, 1)), ProofError::DualOrder { .. }));
    assert!(matches!(corrupt(|duals| duals.push((u32::MAX, 1))), ProofError::DualOrder { .. }));
    assert!(matches!(corrupt(|duals| duals[0].1 = -1), ProofError::NegativeDual { .. }));
}

#[test]
fn a_scale_or_a_cut_that_means_nothing_is_refused() {
    assert!(matches!(refused_proof(|proof| proof.scale = 0), ProofError::Scale { scale: 0 }));
    for (terms, divisor) in [(vec![(0, 1)], 0), (vec![(1, 1), (0, 1)], 2), (vec![(99, 1)], 2)] {
        let error = refused_proof(|proof| proof.cuts.push(super::super::proof::Cut { terms, divisor }));
        assert!(matches!(error, ProofError::Cut { .. }));
    }
}

#[test]
fn a_tree_that_is_none_is_refused() {
    assert!(matches!(refused_proof(|proof| proof.nodes.clear()), ProofError::NoNodes));
    let unused = refused_proof(|proof| proof.nodes.push(Node::Bound(Vec::new())));
    assert!(matches!(unused, ProofError::NodeUnused { .. }));
    for rows in [[0, 0], [0, 99], [0, 30]] {
        let pair = refused_proof(|proof| proof.nodes[0] = Node::Pair { rows, together: 1, apart: 2 });
        assert!(matches!(pair, ProofError::Pair { .. } | ProofError::ChildOutOfRange { .. }));
    }
    let circle = refused_proof(|proof| proof.nodes[0] = Node::Drop { duals: Vec::new(), then: 0 });
    assert!(matches!(circle, ProofError::ChildOutOfRange { node: 0, child: 0 }));
    let twice = refused_proof(|proof| {
        proof.nodes = vec![Node::Column { entries: vec![(0, 1)], taken: 1, left: 1 }, Node::Bound(Vec::new())];
    });
    assert!(matches!(twice, ProofError::NodeTwice { node: 1 }));
}

#[test]
fn parts_that_share_rows_or_reach_too_far_are_refused() {
    let parts = |parts: Vec<Part>| {
        refused_proof(|proof| proof.nodes = vec![Node::Parts(parts), Node::Bound(Vec::new()), Node::Bound(Vec::new())])
    };
    let part = |rows: Vec<u32>, target, node| Part { rows, target, node };
    let far = parts(vec![part(vec![0], i64::MAX, 1), part(vec![1], 0, 2)]);
    assert!(matches!(far, ProofError::PartsBeyondTarget { node: 0 }));
    let shared = parts(vec![part(vec![0], 0, 1), part(vec![0], 0, 2)]);
    assert!(matches!(shared, ProofError::PartRow { node: 0, row: 0 }));
    let across = parts(vec![part((0..15).collect(), 0, 1), part((15..33).collect(), 0, 2)]);
    assert!(matches!(across, ProofError::ColumnAcrossParts { .. }));
}

#[test]
fn a_branch_left_out_is_refused() {
    // A split whose one side claims what only the other can show.
    let error = refused_proof(|proof| {
        proof.nodes = vec![
            Node::Column { entries: vec![(0, 1), (1, 1)], taken: 1, left: 2 },
            Node::Bound(Vec::new()),
            Node::Bound(Vec::new()),
        ];
    });
    assert!(matches!(error, ProofError::BoundBeyondTarget { .. }));
}
