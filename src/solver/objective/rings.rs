//! The fairest rings of any length.
//!
//! In: arcs, each with a gain for the group that gives and with points; groups and caps. Out: the rings and what proves
//! them the fairest. Holds: an arc of negative gain or points is never chosen, nor a ring of none at all.
//! Costs: where all groups that arcs join have one vertex that can move, the chain of `leximin`, which is polynomial;
//! where a cap of one chooses among several, the chain of `packed`; where a group can make several moves, so that its
//! gains add up, the rings are listed and searched. The last two are exponential in the worst case.
//! Absent: the price of unfairness, which is no sum over arcs.

use std::cmp::Reverse;

use super::columns::Column;
use super::leximin::{Choice, Fairest, TooManyVertices, fairest};
use super::packed::{FairestPacking, Piece, fairest_packing};
use super::proof::RingsProof;
use super::reps::joined_to_several;
use super::search::{self, Found};
use super::{ObjectiveError, check_groups, check_totals};

/// The most arcs walked in listing the rings of groups that can make several moves.
const LONGEST_LISTING: usize = 1 << 20;

/// What a group gains by giving one vertex for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingArc {
    /// The vertex given.
    pub from: u32,
    /// The vertex received.
    pub to: u32,
    /// What the group of `from` gains.
    pub gain: i64,
    /// What the arc adds to the points of a plan.
    pub points: i64,
}

/// The fairest rings of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairestRings {
    /// The vertex that follows each vertex on its ring, along an arc; `None` if it is on no ring.
    pub next: Vec<Option<u32>>,
    /// The points of the rings.
    pub points: i64,
    /// Whether the rings are known to be the fairest.
    pub optimal: bool,
    /// What proves it, for the groups that can make one move at most and are joined only to such.
    pub proof: RingsProof,
}

/// Returns the fairest disjoint rings of any length, at most `cap_of_group[g]` vertices of group `g` in them; of
/// those equally fair, the ones of the most points.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap. Of parallel arcs the
/// one of the largest gain is taken, then of the most points. `stop` is asked now and then, and once it says so, the
/// best plan so far is returned, with `optimal` false.
///
/// Errors: [`ObjectiveError`] if the input does not fit together or its numbers are too large.
///
/// Cost: see the module.
pub fn fairest_rings(
    vertices: usize,
    arcs: &[RingArc],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<FairestRings, ObjectiveError> {
    check_groups(vertices, group_of, cap_of_group)?;
    if let Some((index, arc)) = arcs.iter().enumerate().find(|(_, arc)| !joins_two(arc, vertices)) {
        return Err(ObjectiveError::NotASwap { index, ends: [arc.from, arc.to] });
    }
    check_totals(vertices, arcs.iter().map(|arc| (arc.from, arc.points.unsigned_abs().max(arc.gain.unsigned_abs()))))?;
    let arcs = usable(arcs, |vertex| cap_of_group[group_of[vertex as usize] as usize] != Some(0));
    let group = |vertex: u32| group_of[vertex as usize];
    let groups_joined = || arcs.iter().map(|arc| (group(arc.from), group(arc.to)));
    let movers = movers_of_groups(&arcs, group_of, cap_of_group.len());
    let moves: Vec<u32> =
        movers.iter().zip(cap_of_group).map(|(&own, cap)| cap.map_or(own, |cap| own.min(cap))).collect();
    let has_choice = joined_to_several(groups_joined(), &movers);
    let adds_up = joined_to_several(groups_joined(), &moves);
    let (involved, simple): (Vec<RingArc>, Vec<RingArc>) =
        arcs.iter().partition(|arc| has_choice[group(arc.from) as usize]);
    let (searched, packed): (Vec<RingArc>, Vec<RingArc>) =
        involved.iter().partition(|arc| adds_up[group(arc.from) as usize]);

    let choices: Vec<Choice> = simple.iter().map(choice).collect();
    let Fairest { joined_to: mut next, complete, steps } =
        fairest(vertices, &choices, stop).map_err(|TooManyVertices| ObjectiveError::TooManyVertices { vertices })?;
    let (pieces, stays) = pieces(&packed, group_of);
    let FairestPacking { chosen, complete: all_packed, steps: packings } =
        fairest_packing(&vec![1; 2 * vertices + cap_of_group.len()], &pieces, stays, stop)?;
    // The pieces of arcs come first, in their order.
    for arc in chosen.into_iter().filter_map(|piece| packed.get(piece as usize)) {
        next[arc.from as usize] = Some(arc.to);
    }
    let (columns, all_listed) = rings_of(vertices, &searched, group_of, cap_of_group, stop);
    let Found { chosen, complete: all_searched } = search::fairest_columns(&columns, group_of, cap_of_group, stop);
    for column in chosen {
        let ring = &columns[column as usize].vertices;
        for (&vertex, &then) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            next[vertex as usize] = Some(then);
        }
    }
    let optimal = complete && all_packed && all_listed && all_searched;
    drop_worthless(&arcs, &mut next);
    let chosen = arcs.iter().filter(|arc| next[arc.from as usize] == Some(arc.to));
    let points = chosen.map(|arc| arc.points).sum();
    Ok(FairestRings { next, points, optimal, proof: RingsProof { assignments: steps, packings } })
}

fn joins_two(arc: &RingArc, vertices: usize) -> bool {
    arc.from != arc.to && (arc.from.max(arc.to) as usize) < vertices
}

/// Returns the arcs that a plan may hold, the best of parallel ones, ascending by their ends.
fn usable(arcs: &[RingArc], may_move: impl Fn(u32) -> bool) -> Vec<RingArc> {
    let is_usable = |arc: &&RingArc| arc.gain >= 0 && arc.points >= 0 && may_move(arc.from) && may_move(arc.to);
    let mut kept: Vec<RingArc> = arcs.iter().filter(is_usable).copied().collect();
    kept.sort_unstable_by_key(|arc| (arc.from, arc.to, Reverse((arc.gain, arc.points))));
    kept.dedup_by_key(|arc| (arc.from, arc.to));
    kept
}

/// Returns how many vertices of each group can move: arcs lead there and away.
fn movers_of_groups(arcs: &[RingArc], group_of: &[u32], groups: usize) -> Vec<u32> {
    let (mut left, mut entered) = (vec![false; group_of.len()], vec![false; group_of.len()]);
    for arc in arcs {
        left[arc.from as usize] = true;
        entered[arc.to as usize] = true;
    }
    let mut movers = vec![0; groups];
    for (vertex, &group) in group_of.iter().enumerate() {
        movers[group as usize] += u32::from(left[vertex] && entered[vertex]);
    }
    movers
}

/// Drops the rings by which nobody gains anything and no points are had.
fn drop_worthless(arcs: &[RingArc], next: &mut [Option<u32>]) {
    let mut is_worth = vec![false; next.len()];
    for arc in arcs.iter().filter(|arc| next[arc.from as usize] == Some(arc.to) && (arc.gain > 0 || arc.points > 0)) {
        // What is on a ring with this arc is worth it too, unless that is known already.
        let mut at = arc.from;
        while !std::mem::replace(&mut is_worth[at as usize], true) {
            at = next[at as usize].expect("a ring closes");
        }
    }
    for (next, _) in next.iter_mut().zip(is_worth).filter(|&(_, is_worth)| !is_worth) {
        *next = None;
    }
}

fn choice(arc: &RingArc) -> Choice {
    Choice { u: arc.from, v: arc.to, gains: [arc.gain, 0], points: arc.points }
}

/// Returns the arcs as pieces, and then the staying of each of their vertices, with the numbers of these.
///
/// Rings are what is left where a piece leaves and one enters every vertex: a row for leaving each, then one for
/// entering each, then one for each group, for it makes one move.
fn pieces(arcs: &[RingArc], group_of: &[u32]) -> (Vec<Piece>, Vec<u32>) {
    let rows = group_of.len() as u32;
    let mut vertices: Vec<u32> = arcs.iter().flat_map(|arc| [arc.from, arc.to]).collect();
    vertices.sort_unstable();
    vertices.dedup();
    let arc = |&RingArc { from, to, gain, points }: &RingArc| {
        let group = group_of[from as usize];
        let entries = vec![(from, 1), (rows + to, 1), (2 * rows + group, 1)];
        Piece { entries, ends: vec![(group, gain)], points, fills: true }
    };
    let stay = |&vertex: &u32| {
        let entries = vec![(vertex, 1), (rows + vertex, 1)];
        Piece { entries, ends: Vec::new(), points: 0, fills: true }
    };
    let stays = arcs.len() as u32..(arcs.len() + vertices.len()) as u32;
    (arcs.iter().map(arc).chain(vertices.iter().map(stay)).collect(), stays.collect())
}

/// Lists the rings of arcs, each from its smallest vertex, that keep the caps by themselves; says whether these are all.
///
/// `arcs` ascend by their ends. Cost: exponential, so it ends after [`LONGEST_LISTING`] arcs walked.
fn rings_of(
    vertices: usize,
    arcs: &[RingArc],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> (Vec<Column>, bool) {
    let first_of = |vertex: u32| arcs.partition_point(|arc| arc.from < vertex);
    let mut rings = Vec::new();
    let mut room: Vec<u32> = cap_of_group.iter().map(|cap| cap.unwrap_or(u32::MAX)).collect();
    let mut is_on_walk = vec![false; vertices];
    let mut walked = 0;
    for smallest in 0..vertices as u32 {
        // Where each vertex of the walk goes on: the index of the arc to try next.
        let mut walk: Vec<usize> = vec![first_of(smallest)];
        if arcs.get(walk[0]).is_none_or(|arc| arc.from != smallest) {
            continue;
        }
        let mut at = smallest;
        is_on_walk[at as usize] = true;
        room[group_of[at as usize] as usize] -= 1;
        while let Some(next) = walk.last_mut() {
            let Some(arc) = arcs.get(*next).filter(|arc| arc.from == at) else {
                is_on_walk[at as usize] = false;
                room[group_of[at as usize] as usize] += 1;
                walk.pop();
                at = walk.last().map_or(at, |&next| arcs[next - 1].from);
                continue;
            };
            *next += 1;
            walked += 1;
            if walked > LONGEST_LISTING || (walked.is_multiple_of(1 << 10) && stop()) {
                return (rings, false);
            }
            if arc.to == smallest {
                let ring = || walk.iter().map(|&next| &arcs[next - 1]);
                rings.push(Column {
                    vertices: ring().map(|arc| arc.from).collect(),
                    gains: ring().map(|arc| arc.gain).collect(),
                    points: ring().map(|arc| arc.points).sum(),
                });
            } else if arc.to > smallest && !is_on_walk[arc.to as usize] && room[group_of[arc.to as usize] as usize] > 0
            {
                at = arc.to;
                is_on_walk[at as usize] = true;
                room[group_of[at as usize] as usize] -= 1;
                walk.push(first_of(at));
            }
        }
    }
    (rings, true)
}

#[cfg(test)]
mod tests;
