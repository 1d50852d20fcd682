//! What became of accounts that changed hands: sums over reviews, without names.
//!
//! In goes who asks; out comes, for each day on which new owners are asked, how many reviews there are and, where five
//! people or more have said something, what they say together: of the own teams for a manager, of all for an admin or
//! service. Cost: linear in the reviews. Deliberately absent: anything by person, account or swap.

use super::{Reader, Refused, me::managed};
use crate::{
    domain::{
        ids::RepId,
        principal::{Principal, Role},
        units::{Cents, Stars},
    },
    store::reviews::{self, Reviewed},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many people a sum speaks of at least.
const LEAST_PEOPLE: usize = 5;

/// What the reviews of one day after the change of owner say together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OutcomesView {
    /// Days from the change of owner.
    pub days: u32,
    /// Reviews made.
    pub reviews: u32,
    /// The sums; where five people or more have made them.
    pub together: Option<TogetherView>,
}

/// Sums over the reviews of five people or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TogetherView {
    /// How new owners and accounts get on, on average, to the tenth of a star.
    pub mean_stars: Stars,
    /// Business since the changes of owner.
    pub revenue_cents: Cents,
    /// Visits that took place of a hundred planned; absent where none was planned.
    pub visits_kept_percent: Option<u32>,
    /// How many customers have complained.
    pub complaints: u32,
}

/// Adds reviews up by day.
pub fn outcomes(reader: &mut Reader<'_>, who: &Principal) -> Result<Vec<OutcomesView>, Refused> {
    let teams = match who.role {
        Role::Rep => return Err(Refused::NotAllowed("reports are for managers and admins")),
        Role::Manager => Some(managed(reader, who)?),
        Role::Admin | Role::Service => None,
    };
    let mut by_day: BTreeMap<u32, Vec<Reviewed>> = BTreeMap::new();
    for one in reviews::made(reader, teams.as_deref())? {
        by_day.entry(one.days).or_default().push(one);
    }
    Ok(by_day
        .into_iter()
        .map(|(days, all)| OutcomesView { days, reviews: count(all.len()), together: together(&all) })
        .collect())
}

fn together(all: &[Reviewed]) -> Option<TogetherView> {
    let people: BTreeSet<&RepId> = all.iter().map(|one| &one.rep).collect();
    if people.len() < LEAST_PEOPLE {
        return None;
    }
    let sum = |of: fn(&Reviewed) -> i64| all.iter().map(of).sum::<i64>();
    let (planned, kept) = (sum(|one| one.outcome.visits_planned.into()), sum(|one| one.outcome.visits_kept.into()));
    let tens = 10 * i64::from(count(all.len()));
    let tenths = (sum(|one| one.outcome.stars.hundredths()) + tens / 2) / tens;
    Some(TogetherView {
        mean_stars: Stars::clamped(10 * tenths),
        revenue_cents: Cents(sum(|one| one.outcome.revenue_cents.0)),
        visits_kept_percent: (planned > 0).then(|| u32::try_from(100 * kept / planned).unwrap_or(100)),
        complaints: count(all.iter().filter(|one| one.outcome.complaint).count()),
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::review::Outcome;

    fn said(rep: &str, stars: i64, kept: u32, complaint: bool) -> Reviewed {
        let stars = Stars::from_hundredths(stars).unwrap();
        let outcome = Outcome { stars, revenue_cents: Cents(100), visits_planned: 4, visits_kept: kept, complaint };
        Reviewed { days: 30, rep: rep.parse().unwrap(), outcome }
    }

    #[test]
    fn four_people_are_too_few_however_much_they_say() {
        let mut all: Vec<Reviewed> = ["a", "b", "c", "d", "d"].map(|rep| said(rep, 400, 4, false)).into();
        assert_eq!(together(&all), None);
        all.push(said("e", 150, 1, true));
        let sums = together(&all).expect("five people");
        // (5 · 400 + 150) / 6 = 358.3, and 21 of 24 visits.
        let expected = TogetherView {
            mean_stars: Stars::from_hundredths(360).unwrap(),
            revenue_cents: Cents(600),
            visits_kept_percent: Some(87),
            complaints: 1,
        };
        assert_eq!(sums, expected);
    }
}
