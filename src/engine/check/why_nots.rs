//! What is said of everyone left.
//!
//! In go a plan and the market counted again; out come breaches.
//! Costs: a look at each possible swap.
//! Deliberately absent: the split of the stopped chances among rules.

use super::{
    Breaches, Claim,
    recount::{Possible, Recount},
};
use crate::{
    domain::ids::{AccountId, RepId},
    engine::{
        market::Market,
        plan::{Plan, Rule, WhyNot},
    },
};

/// Checks that everyone left, and nobody else, has a why-not that fits.
pub(super) fn check_why_nots(
    recount: &Recount<'_>,
    market: &Market,
    plan: &Plan,
    possible: &Possible,
    next: &[Option<usize>],
    is_full: &[bool],
    breaches: &mut Breaches,
) {
    let left: Vec<usize> = (0..next.len()).filter(|&offer| next[offer].is_none()).collect();
    let accounts = left.iter().map(|&offer| &market.offers[offer].account.id);
    let explained: Vec<&AccountId> = plan.why_not.iter().map(|why_not| &why_not.account).collect();
    if !accounts.eq(explained.iter().copied()) {
        breaches.add(Claim::WhyNot, "why-nots", "they are not the accounts left, by account");
        return;
    }
    let mut partners = vec![0_u32; next.len()];
    let mut has_free_partner = vec![false; next.len()];
    for one in &possible.moves {
        for (offer, other) in [(one.offers[0], one.offers[1]), (one.offers[1], one.offers[0])] {
            partners[offer] += 1;
            has_free_partner[offer] |= next[other].is_none();
        }
    }
    for (why_not, &offer) in plan.why_not.iter().zip(&left) {
        let rule = match (partners[offer], is_full[recount.owner[offer]] || has_free_partner[offer]) {
            (0, _) => None,
            (_, true) => Some(Rule::CapReached),
            (_, false) => Some(Rule::BetterElsewhere),
        };
        let chances = recount.chances(possible, offer);
        let opened = HAVE_STEPS.map(|rule| (rule, possible.opened[offer].get(&rule).copied().unwrap_or(0)));
        if why_not.opened != opened {
            let what = format!("a step of each rule opens {}, counted again {}", list(&why_not.opened), list(&opened));
            breaches.add(Claim::WhyNot, format!("why-not of {}", why_not.account), what);
        }
        if let Some(what) = wrong_why_not(why_not, &market.offers[offer].account.owner, partners[offer], rule, chances)
        {
            breaches.add(Claim::WhyNot, format!("why-not of {}", why_not.account), what);
        }
    }
}

/// The rules of which one step is looked at.
const HAVE_STEPS: [Rule; 7] = [
    Rule::GainTooSmall,
    Rule::CommissionGap,
    Rule::LedgerLimit,
    Rule::TooFar,
    Rule::OverCapacity,
    Rule::CoolDown,
    Rule::FormerOwner,
];

fn list(counts: &[(Rule, u32)]) -> String {
    counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect::<Vec<_>>().join(", ")
}

/// What is wrong with a why-not; `rule` is the right one where there are partners.
fn wrong_why_not(why_not: &WhyNot, owner: &RepId, partners: u32, rule: Option<Rule>, chances: usize) -> Option<String> {
    let order = |&(rule, count): &(Rule, u32)| (std::cmp::Reverse(count), rule);
    let stopped = &why_not.stopped;
    let sum: usize = stopped.iter().map(|&(_, count)| count as usize).sum();
    let rule = rule.or(stopped.first().map(|&(rule, _)| rule)).unwrap_or(Rule::TooFar);
    if why_not.rep != *owner {
        Some(format!("the account is {owner}'s"))
    } else if why_not.partners != partners {
        Some(format!("{} partners, counted again {partners}", why_not.partners))
    } else if !stopped.windows(2).all(|two| order(&two[0]) < order(&two[1])) || stopped.iter().any(|one| one.1 == 0) {
        Some("the rules are not in their order".to_owned())
    } else if sum + partners as usize != chances {
        Some(format!("{sum} chances stopped and {partners} partners, counted again {chances} chances"))
    } else if why_not.rule != rule {
        Some(format!("{} is named, {rule} it was", why_not.rule))
    } else {
        None
    }
}
