//! The set of possible swaps with the most points, or with the most swaps and then the most points: hands each part of
//! the market to the solver and puts its answers together.
//!
//! In go the partners of each offer and the cap of each rep; out come the mate of each offer, the number of parts the
//! market falls into, and one proof for the whole.
//! Holds: the proof is what `solver::verify_capped` takes for the graph whose vertices are all offers, whose edges are
//! all possible swaps, and whose groups are the reps; offers without a partner are in a last group that has no cap. Where
//! the number of swaps comes first, each edge weighs one more than all swaps of any plan have points.
//! A *margin* is how many points a swap may lose before another plan is as good; it is known for parts of at most
//! [`MARGINS_UP_TO`] offers.
//! Costs: one capped matching for each part, and one change made and undone for each margin; parts in parallel.
//! Deliberately absent: meaning. Here an account is a number.

use crate::{
    domain::{policy::Objective, units::Points},
    engine::{
        plan::Proof,
        score::Chances,
        view::{View, index},
    },
    solver::{
        Blossom, CappedMatching, Certificate, Edge, Graph, capped_matching,
        planner::{Margin, Planner},
    },
};
use pathfinding::undirected::connected_components::connected_components;
use rayon::prelude::*;

/// The best set of swaps.
pub(super) struct Swaps {
    /// The offer each one is swapped for.
    pub mate: Vec<Option<u32>>,
    /// How many parts with a possible swap the market falls into.
    pub components: usize,
    /// Why nothing is better.
    pub proof: Proof,
    /// The margin of each offer's swap, where it is known.
    pub margins: Vec<Option<Points>>,
}

/// The most offers of a part whose swaps have margins: there is one change to make and undo for each swap, some 20 to 50
/// microseconds in a market of this size.
pub(crate) const MARGINS_UP_TO: usize = 100_000;

/// Solves each part of the market by itself.
pub(super) fn best_swaps(view: &View<'_>, chances: &[Chances], caps: &[u32]) -> Swaps {
    let components = components(view, chances);
    let of_swap = match view.policy.plan.objective {
        Objective::SwapsThenPoints => worth_of_a_swap(chances),
        Objective::Points | Objective::WorstGainFirst => 0,
    };
    let parts: Vec<Part> = components.par_iter().map(|reps| Part::solve(view, chances, caps, reps, of_swap)).collect();
    assemble(chances.len(), &parts)
}

/// More than all swaps of any plan have points, so that one swap more outweighs them.
fn worth_of_a_swap(chances: &[Chances]) -> i64 {
    let most = chances.iter().flat_map(|one| &one.partners).map(|&(_, points)| points.0).max();
    1 + chances.len() as i64 / 2 * most.unwrap_or(0)
}

/// The reps of each part, ascending, the parts by their first rep. Reps are joined by a possible move, and hold their
/// own offers together.
pub(super) fn components(view: &View<'_>, chances: &[Chances]) -> Vec<Vec<u32>> {
    let partners = |rep: &u32| {
        let offers = view.offers_of[*rep as usize].iter();
        let mut reps: Vec<u32> = offers
            .flat_map(|&offer| &chances[offer as usize].partners)
            .map(|&(partner, _)| view.owner[partner as usize])
            .collect();
        reps.sort_unstable();
        reps.dedup();
        reps
    };
    let movable: Vec<u32> = (0..index(view.offers_of.len())).filter(|rep| !partners(rep).is_empty()).collect();
    let mut parts: Vec<Vec<u32>> =
        connected_components(&movable, partners).into_iter().map(|part| part.into_iter().collect()).collect();
    for part in &mut parts {
        part.sort_unstable();
    }
    parts.sort_unstable();
    parts
}

/// A part of the market with its solution.
struct Part {
    /// The offers with a partner, ascending: the part's vertices.
    offers: Vec<u32>,
    /// For each rep in turn, how many extra vertices the cap makes.
    extras: Vec<(u32, usize)>,
    matching: CappedMatching,
    /// The margin of each offer's swap, where it is known.
    margins: Vec<Option<Points>>,
}

impl Part {
    /// Solves a part; each swap weighs its points and `of_swap`.
    fn solve(view: &View<'_>, chances: &[Chances], caps: &[u32], reps: &[u32], of_swap: i64) -> Self {
        let offers_of = |rep: u32| {
            view.offers_of[rep as usize].iter().copied().filter(|&offer| !chances[offer as usize].partners.is_empty())
        };
        let mut offers: Vec<u32> = reps.iter().flat_map(|&rep| offers_of(rep)).collect();
        offers.sort_unstable();
        let vertex = |offer: u32| index(offers.binary_search(&offer).expect("partners share a part"));
        let edges = offers.iter().flat_map(|&offer| {
            let later = chances[offer as usize].partners.iter().filter(move |&&(partner, _)| offer < partner);
            later.map(move |&(partner, points)| Edge {
                u: vertex(offer),
                v: vertex(partner),
                weight: points.0 + of_swap,
            })
        });
        let graph = Graph::new(offers.len(), edges.collect()).expect("points are bounded by the policy");
        let group =
            |&offer: &u32| index(reps.binary_search(&view.owner[offer as usize]).expect("owners are in the part"));
        let groups: Vec<u32> = offers.iter().map(group).collect();
        let caps_here: Vec<Option<u32>> = reps.iter().map(|&rep| Some(caps[rep as usize])).collect();
        let extras =
            reps.iter().map(|&rep| (rep, offers_of(rep).count().saturating_sub(caps[rep as usize] as usize))).collect();
        let matching = capped_matching(&graph, &groups, &caps_here).expect("every offer has its owner's group");
        let margins = match of_swap {
            0 => margins(&graph, &groups, &caps_here, &matching.mate),
            _ => vec![None; offers.len()],
        };
        Self { offers, extras, matching, margins }
    }
}

/// The margin of each vertex's swap.
fn margins(graph: &Graph, groups: &[u32], caps: &[Option<u32>], mate: &[Option<u32>]) -> Vec<Option<Points>> {
    let mut margins = vec![None; mate.len()];
    if mate.len() > MARGINS_UP_TO {
        return margins;
    }
    let mut planner = Planner::capped(graph, groups, caps).expect("every offer has its owner's group");
    for (vertex, &partner) in (0_u32..).zip(mate) {
        let Some(partner) = partner.filter(|&partner| vertex < partner) else { continue };
        let margin = match planner.margin(vertex, partner).expect("mates are two vertices") {
            Margin::MayFall(points) => points,
            // The planner has another plan that is as good.
            Margin::MustRise(_) | Margin::Never => 0,
        };
        margins[vertex as usize] = Some(Points(margin));
        margins[partner as usize] = Some(Points(margin));
    }
    margins
}

/// Puts the parts' solutions together, as if the whole market had been solved at once.
fn assemble(offers: usize, parts: &[Part]) -> Swaps {
    let first_extra = first_extras(offers, parts);
    let extras = parts.iter().flat_map(|part| &part.extras).map(|&(_, count)| count).sum::<usize>();
    let mut mate = vec![None; offers];
    let mut margins = vec![None; offers];
    let mut extra_mates = vec![0; extras];
    let mut duals = Certificate { vertex_duals_2x: vec![0; offers + extras], blossoms: Vec::new() };
    for part in parts {
        let names = names_of_vertices(part, &first_extra);
        for (vertex, partner) in part.matching.mate.iter().enumerate() {
            mate[names[vertex] as usize] = partner.map(|partner| names[partner as usize]);
            margins[names[vertex] as usize] = part.margins[vertex];
        }
        for (extra, &vertex) in part.matching.extra_mates.iter().enumerate() {
            extra_mates[names[part.offers.len() + extra] as usize - offers] = names[vertex as usize];
        }
        let certificate = &part.matching.certificate;
        for (vertex, &dual) in certificate.vertex_duals_2x.iter().enumerate() {
            duals.vertex_duals_2x[names[vertex] as usize] = dual;
        }
        let earlier = index(duals.blossoms.len());
        duals.blossoms.extend(certificate.blossoms.iter().map(|blossom| renamed(blossom, &names, earlier)));
    }
    Swaps { mate, components: parts.len(), proof: Proof::Swaps { extra_mates, duals }, margins }
}

/// The first extra vertex of each rep that has any, by rep.
fn first_extras(offers: usize, parts: &[Part]) -> Vec<(u32, usize)> {
    let mut counts: Vec<(u32, usize)> = parts.iter().flat_map(|part| part.extras.iter().copied()).collect();
    counts.sort_unstable();
    let mut next = offers;
    for (_, count) in &mut counts {
        (next, *count) = (next + *count, next);
    }
    counts
}

/// What each vertex of a part is called in the whole market: its offers, then its extras.
fn names_of_vertices(part: &Part, first_extra: &[(u32, usize)]) -> Vec<u32> {
    let mut names = part.offers.clone();
    for &(rep, count) in &part.extras {
        let at = first_extra.binary_search_by_key(&rep, |&(rep, _)| rep).expect("every rep of a part is counted");
        let first = first_extra[at].1;
        names.extend((first..first + count).map(index));
    }
    names
}

fn renamed(blossom: &Blossom, names: &[u32], earlier: u32) -> Blossom {
    let mut vertices: Vec<u32> = blossom.vertices.iter().map(|&vertex| names[vertex as usize]).collect();
    vertices.sort_unstable();
    Blossom {
        vertices,
        children: blossom.children.iter().map(|child| child + earlier).collect(),
        dual_2x: blossom.dual_2x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blossom(vertices: &[u32], children: &[u32]) -> Blossom {
        Blossom { vertices: vertices.to_vec(), children: children.to_vec(), dual_2x: 2 }
    }

    fn part(offers: &[u32], extras: &[(u32, usize)], mate: &[Option<u32>], extra_mates: &[u32], first: i64) -> Part {
        let vertices = mate.len() + extra_mates.len();
        Part {
            offers: offers.to_vec(),
            extras: extras.to_vec(),
            matching: CappedMatching {
                mate: mate.to_vec(),
                weight: 0,
                extra_mates: extra_mates.to_vec(),
                certificate: Certificate {
                    vertex_duals_2x: (first..).take(vertices).collect(),
                    blossoms: vec![blossom(&[0, 1, 2], &[]), blossom(&[], &[0])],
                },
            },
            margins: mate.iter().map(|mate| mate.map(|_| Points(first))).collect(),
        }
    }

    #[test]
    fn parts_keep_their_places_in_the_whole() {
        // Offers 0, 3, 4 of reps 0 and 5 and offers 1, 2, 6 of rep 2; offer 5 has no partner. Rep 5 has one extra vertex,
        // rep 2 has two, and those of the smaller rep come first.
        let one = part(&[0, 3, 4], &[(0, 0), (5, 1)], &[Some(1), Some(0), None], &[2], 10);
        let two = part(&[1, 2, 6], &[(2, 2)], &[None, None, None], &[0, 2], 20);
        let Swaps { mate, components, proof, margins } = assemble(7, &[one, two]);
        let Proof::Swaps { extra_mates, duals } = proof else { panic!("swaps have another proof: {proof:?}") };
        assert_eq!(mate, [Some(3), None, None, Some(0), None, None, None]);
        assert_eq!(components, 2);
        assert_eq!(margins, [Some(Points(10)), None, None, Some(Points(10)), None, None, None]);
        assert_eq!(extra_mates, [1, 6, 4]);
        assert_eq!(duals.vertex_duals_2x, [10, 20, 21, 11, 12, 0, 22, 23, 24, 13]);
        let blossoms = [blossom(&[0, 3, 4], &[]), blossom(&[], &[0]), blossom(&[1, 2, 6], &[]), blossom(&[], &[2])];
        assert_eq!(duals.blossoms, blossoms);
    }
}
