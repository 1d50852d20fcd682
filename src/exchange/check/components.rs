//! How many components of a market have a possible move, counted apart from the solver.
//!
//! In: a market and what was asked. Out: the number of components. Holds: as `Plan::components` says.
//! Costs: `O(n + m log m)`. Absent: the components themselves.

use super::swaps::swaps;
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{MaxRing, Options};

/// Counts the components of a market.
pub(super) fn count(market: &Market, options: &Options) -> u64 {
    let offers = market.offers();
    match (market.chances(), options.max_ring) {
        (Chances::Arcs(arcs), MaxRing::AtMost(3..) | MaxRing::Unlimited) => count_on_rings(offers, arcs),
        _ => count_linked(offers, &links(market, options)),
    }
}

/// Counts the sets of two offers or more of which each leads to each other along arcs.
///
/// A walk along the arcs lists offers as it leaves them; a walk against the arcs, from those left last, stays in one
/// set at a time (S. Kosaraju, unpublished, 1978; M. Sharir, "A strong-connectivity algorithm", 1981).
fn count_on_rings(offers: usize, arcs: &[Arc]) -> u64 {
    let forth: Vec<[u32; 2]> = arcs.iter().map(|arc| [arc.give, arc.receive]).collect();
    let mut back: Vec<[u32; 2]> = arcs.iter().map(|arc| [arc.receive, arc.give]).collect();
    back.sort_unstable();
    let mut left = Vec::with_capacity(offers);
    let mut seen = vec![false; offers];
    for start in 0..offers as u32 {
        walk(&forth, start, &mut seen, |offer| left.push(offer));
    }
    seen.fill(false);
    let mut sets = 0;
    for start in left.into_iter().rev() {
        let mut size = 0;
        walk(&back, start, &mut seen, |_| size += 1);
        sets += u64::from(size > 1);
    }
    sets
}

/// Walks depth first from an offer to all not seen yet, telling each as it is left.
fn walk(links: &[[u32; 2]], start: u32, seen: &mut [bool], mut leave: impl FnMut(u32)) {
    if std::mem::replace(&mut seen[start as usize], true) {
        return;
    }
    let first = |offer: u32| links.partition_point(|&[from, _]| from < offer);
    let mut path = vec![(start, first(start))];
    while let Some((offer, link)) = path.last_mut() {
        match links.get(*link).filter(|[from, _]| from == offer) {
            Some(&[_, to]) => {
                *link += 1;
                if !std::mem::replace(&mut seen[to as usize], true) {
                    path.push((to, first(to)));
                }
            }
            None => {
                leave(*offer);
                path.pop();
            }
        }
    }
}

/// Both directions of every swap of no negative points, ascending.
fn links(market: &Market, options: &Options) -> Vec<[u32; 2]> {
    let swaps = swaps(market, options);
    let mut links: Vec<[u32; 2]> = swaps.iter().map(|swap| swap.offers).flat_map(|[u, v]| [[u, v], [v, u]]).collect();
    links.sort_unstable();
    links
}

/// Counts what walks along the links reach, each offer once.
fn count_linked(offers: usize, links: &[[u32; 2]]) -> u64 {
    let mut seen = vec![false; offers];
    let mut parts = 0;
    for &[start, _] in links {
        parts += u64::from(!seen[start as usize]);
        walk(links, start, &mut seen, |_| ());
    }
    parts
}
