//! How many components of a market have a possible ring.
//!
//! In: arcs. Out: a number. Holds: as `Plan::components` says of rings of more than two.
//! Costs: `O(n log m + m)`. Absent: the components themselves.

use crate::exchange::market::Arc;

/// Counts the strongly connected components of two offers or more.
///
/// Each offer is visited once, depth first, and its component is closed when nothing leads above it (R. Tarjan,
/// "Depth-first search and linear graph algorithms", 1972), with a list in place of recursion.
pub(super) fn on_rings(offers: usize, arcs: &[Arc]) -> usize {
    const UNSEEN: u32 = u32::MAX;
    let first = |offer: u32| arcs.partition_point(|arc| arc.give < offer);
    let mut lowest = vec![UNSEEN; offers];
    let mut closed = vec![false; offers];
    let (mut open, mut path): (Vec<u32>, Vec<(u32, u32, usize)>) = (Vec::new(), Vec::new());
    let (mut visited, mut found) = (0, 0);
    for start in 0..offers as u32 {
        if lowest[start as usize] != UNSEEN {
            continue;
        }
        let mut enter = Some(start);
        loop {
            if let Some(offer) = enter.take() {
                lowest[offer as usize] = visited;
                open.push(offer);
                path.push((offer, visited, first(offer)));
                visited += 1;
            }
            let Some((offer, number, arc)) = path.last_mut() else { break };
            match arcs.get(*arc).filter(|arc| arc.give == *offer) {
                Some(&Arc { receive, .. }) => {
                    *arc += 1;
                    if lowest[receive as usize] == UNSEEN {
                        enter = Some(receive);
                    } else if !closed[receive as usize] {
                        lowest[*offer as usize] = lowest[*offer as usize].min(lowest[receive as usize]);
                    }
                }
                None => {
                    let (offer, number) = (*offer, *number);
                    path.pop();
                    let low = lowest[offer as usize];
                    if low == number {
                        let size = open.iter().rev().take_while(|&&above| above != offer).count() + 1;
                        for member in open.drain(open.len() - size..) {
                            closed[member as usize] = true;
                        }
                        found += usize::from(size > 1);
                    } else if let Some(&(above, ..)) = path.last() {
                        lowest[above as usize] = lowest[above as usize].min(low);
                    }
                }
            }
        }
    }
    found
}
