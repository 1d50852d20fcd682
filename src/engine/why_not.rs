//! Why not: for every offer left, what stopped it.
//!
//! In go the chances of all offers and which of them move; out comes one [`WhyNot`] for each offer left, by
//! account. It speaks of swaps alone, also where rings are allowed.
//! Holds: an offer without partners names the rule that stopped most of its chances, of two that stopped as many the one
//! declared first. One with partners lost them to better moves: to a cap, its owner's or a free partner's, or to
//! partners who do better elsewhere. Every rule with a step stands with the partners that step would add, even where
//! that is none, so that a rule that is missing is one that nobody relaxes.
//! Costs: a look at each partner of each offer left.
//! Deliberately absent: whether an offer would be matched if a rule were relaxed, which takes another run to say.

use super::{
    limits::BY_DEGREES,
    plan::{Rule, WhyNot},
    score::Chances,
    view::{View, index},
};

/// Explains every offer left.
///
/// `is_moved` says which offers move, `is_full` whether each rep's moves of this run are used up.
pub(crate) fn why_not(view: &View<'_>, chances: &[Chances], is_moved: &[bool], is_full: &[bool]) -> Vec<WhyNot> {
    let left = (0..index(is_moved.len())).filter(|&offer| !is_moved[offer as usize]);
    left.map(|offer| {
        let chances = &chances[offer as usize];
        let mut stopped: Vec<(Rule, u32)> =
            Rule::ALL.iter().copied().zip(chances.stopped).filter(|&(_, count)| count > 0).collect();
        stopped.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let account = &view.offer(offer).account;
        WhyNot {
            account: account.id.clone(),
            rep: account.owner.clone(),
            rule: rule(view, chances, is_moved, is_full, offer, &stopped),
            stopped,
            opened: BY_DEGREES.map(|rule| (rule, chances.opened[rule as usize])).to_vec(),
            partners: index(chances.partners.len()),
        }
    })
    .collect()
}

fn rule(
    view: &View<'_>,
    chances: &Chances,
    is_moved: &[bool],
    is_full: &[bool],
    offer: u32,
    stopped: &[(Rule, u32)],
) -> Rule {
    if chances.partners.is_empty() {
        // With no colleague in the pool there is nobody within reach either.
        return stopped.first().map_or(Rule::TooFar, |&(rule, _)| rule);
    }
    let own_cap = is_full[view.owner[offer as usize] as usize];
    let free_partner = chances.partners.iter().any(|&(partner, _)| !is_moved[partner as usize]);
    if own_cap || free_partner { Rule::CapReached } else { Rule::BetterElsewhere }
}
