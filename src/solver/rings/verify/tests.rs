//! One corrupted answer a rule, each of which must be refused.

use super::super::super::digraph::{Digraph, DirectedArc};
use super::super::best_rings;
use super::super::proof::{Cut, Duals, Node, Part, Proof};
use super::super::refused::ProofError;
use super::*;

/// A market of 30 vertices with caps, and its best rings with their proof.
struct Proven {
    digraph: Digraph,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
    /// What a ring is worth less than its gains.
    toll: i64,
    rings: Vec<Vec<u32>>,
    weight: i64,
    certificate: RingCertificate,
}

impl Proven {
    fn new() -> Self {
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
        let nothing = RingCertificate { bound: 0, proof: Proof::default() };
        let mut proven = Self {
            digraph: Digraph::new(30, arcs).unwrap(),
            group_of: (0..30).map(|vertex| vertex / 10).collect(),
            cap_of_group: vec![Some(7), None, Some(8)],
            toll: 0,
            rings: Vec::new(),
            weight: 0,
            certificate: nothing,
        };
        let solved = proven.problem(|problem| best_rings(problem, &|| false));
        (proven.rings, proven.weight, proven.certificate) = (solved.rings, solved.weight, solved.certificate);
        proven
    }

    fn problem<T>(&self, then: impl FnOnce(&RingProblem<'_>) -> T) -> T {
        then(&RingProblem {
            digraph: &self.digraph,
            longest: 3,
            points: &|_, gains| gains.iter().sum::<i64>() - self.toll,
            group_of: &self.group_of,
            cap_of_group: &self.cap_of_group,
        })
    }

    fn verify(&self) -> Result<(), RingError> {
        self.problem(|problem| verify_rings(problem, &self.rings, self.weight, &self.certificate))
    }
}

/// Corrupts the market, its rings or their proof, and returns what is refused.
fn refused_of(corrupt: impl FnOnce(&mut Proven)) -> RingError {
    let mut proven = Proven::new();
    proven.verify().unwrap();
    corrupt(&mut proven);
    proven.verify().unwrap_err()
}

/// Corrupts rings, weight or certificate, and returns what is refused.
fn refused(corrupt: impl FnOnce(&mut Vec<Vec<u32>>, &mut i64, &mut RingCertificate)) -> RingError {
    refused_of(|proven| corrupt(&mut proven.rings, &mut proven.weight, &mut proven.certificate))
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
fn groups_that_do_not_fit_the_vertices_are_refused() {
    let missing = refused_of(|proven| proven.group_of.truncate(29));
    assert_eq!(missing, RingError::GroupCount { expected: 30, found: 29 });
    let surplus = refused_of(|proven| proven.group_of.push(0));
    assert_eq!(surplus, RingError::GroupCount { expected: 30, found: 31 });
    let unknown = refused_of(|proven| proven.group_of[29] = 3);
    assert_eq!(unknown, RingError::GroupOutOfRange { vertex: 29, group: 3 });
}

#[test]
fn more_vertices_in_rings_than_the_cap_are_refused() {
    let lower = refused_of(|proven| proven.cap_of_group[0] = Some(6));
    assert_eq!(lower, RingError::CapExceeded { group: 0, cap: 6, found: 7 });
}

#[test]
fn a_ring_worth_nothing_is_refused() {
    let worth = |proven: &Proven, ring: &[u32]| -> i64 {
        let arcs = ring.iter().zip(ring[1..].iter().chain(&ring[..1]));
        arcs.map(|(&from, &to)| proven.digraph.weight_from(from, to).unwrap()).sum()
    };
    let untaxed = Proven::new();
    let (ring, least) = (0..)
        .zip(&untaxed.rings)
        .map(|(at, ring)| (at, worth(&untaxed, ring)))
        .min_by_key(|&(_, worth)| worth)
        .unwrap();
    assert_eq!(refused_of(|proven| proven.toll = least), RingError::Worthless { ring, points: 0 });
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
        let error = refused_proof(|proof| proof.cuts.push(Cut { terms, divisor }));
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

/// Two columns in a row of three: the first takes two of it, the second, heavier by itself, all.
fn wide() -> Packing {
    let mut columns = Columns::new();
    columns.push(&[(0, 1), (2, 2)], 5);
    columns.push(&[(1, 1), (2, 3)], 6);
    Packing::new(vec![1, 1, 3], columns).unwrap()
}

#[test]
fn columns_out_of_range_or_order_are_refused() {
    let check = |columns: &[u32]| verify_packing(&wide(), columns, 6, 6, &Proof::default());
    assert_eq!(check(&[2]), Err(ProofError::ColumnOrder { column: 2 }));
    assert_eq!(check(&[1, 0]), Err(ProofError::ColumnOrder { column: 0 }));
    assert_eq!(check(&[1, 1]), Err(ProofError::ColumnOrder { column: 1 }));
}

#[test]
fn columns_that_do_not_fit_together_are_refused() {
    let together = verify_packing(&wide(), &[0, 1], 11, 11, &Proof::default());
    assert_eq!(together, Err(ProofError::RowOverfull { row: 2, capacity: 3, used: 5 }));
}

#[test]
fn columns_of_another_weight_or_beyond_the_bound_are_refused() {
    let check = |weight, bound| verify_packing(&wide(), &[1], weight, bound, &Proof::default());
    assert_eq!(check(7, 7), Err(ProofError::Weight { found: 6, weight: 7, bound: 7 }));
    assert_eq!(check(6, 5), Err(ProofError::Weight { found: 6, weight: 6, bound: 5 }));
}

#[test]
fn duals_whose_sum_no_number_holds_are_refused() {
    let cut = Cut { terms: vec![(0, u32::MAX)], divisor: 1 };
    let proof = Proof { scale: 1, cuts: vec![cut], nodes: vec![Node::Bound(vec![(0, 0), (1, i64::MAX)])] };
    let packing = Packing::new(vec![u32::MAX], Columns::new()).unwrap();
    assert_eq!(verify_bound(&packing, i64::MAX, &proof), Err(ProofError::BoundBeyondTarget { node: 0 }));
    let cuts = vec![proof.cuts[0].clone(); 2];
    let proof = Proof { scale: 1, cuts, nodes: vec![Node::Bound(vec![(1, i64::MAX), (2, i64::MAX)])] };
    assert_eq!(verify_bound(&packing, 0, &proof), Err(ProofError::SumOutOfRange { node: 0 }));
}
