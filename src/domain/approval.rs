//! Approval: from the facts of a proposal to whose approval it needs, and whether what was given suffices.
//!
//! In go the rules of a policy and a proposal's facts; out comes the first rule that fits, or that each giver's manager is
//! asked where none does. In go the seats that are to be filled and who has approved; out comes who is still missing.
//! Holds, whatever the policy: nobody who gets an account in it has a seat, and what goes without a manager has a limit of
//! money and of travel and holds no abusive account.
//! A forced move is approved by being forced; across teams it needs both managers whatever the policy says, and over a
//! decline the second person that [`ForcedMoves`] names.
//! Deliberately absent: who forced what (see `overrides`).

use super::{
    closed::closed_list,
    ids::RepId,
    units::{Cents, Minutes},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

closed_list! {
    /// Whose approval a proposal needs once all have accepted.
    Needs {
        /// Nobody's: it is approved at the next batch.
        Nobody = "nobody",
        /// That of one of the givers' managers.
        OneManager = "one_manager",
        /// That of each giver's manager: one within a team, both across two.
        EachManager = "each_manager",
        /// That of each giver's manager, and of two people at least: where all are one manager's, also of the next above.
        TwoPeople = "two_people",
    }
}

closed_list! {
    /// Who has to agree where a manager forces a move within the own team that one of its reps declined.
    SecondPerson {
        /// Any other manager of a team who gains nothing from it.
        AnyManager = "any_manager",
        /// The first above the manager who gains nothing from it; any other manager, where nobody is above.
        NextAbove = "next_above",
        /// Nobody.
        Nobody = "nobody",
    }
}

/// What is asked of a manager who forces a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForcedMoves {
    /// Who has to agree to a move that one of its reps declined.
    pub over_a_decline: SecondPerson,
    /// How long a decline counts for that, in days.
    pub decline_counts_for_days: u32,
}

impl ForcedMoves {
    /// The longest that a decline may count, in days.
    pub const LONGEST_DAYS: u32 = 3650;

    /// The key of a value that makes no sense, and why.
    pub fn first_senseless(&self) -> Option<(&'static str, String)> {
        let days = self.decline_counts_for_days;
        (!(1..=Self::LONGEST_DAYS).contains(&days)).then(|| {
            let what = format!("is {days} and must be from 1 to {}", Self::LONGEST_DAYS);
            ("approval.forced_moves.decline_counts_for_days", what)
        })
    }
}

/// A rule of the policy. A fact that it does not name does not matter to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// What managers are told: a word, its parts joined by `_`.
    pub name: String,
    /// Whether givers of two teams or more are in it.
    pub across_teams: Option<bool>,
    /// Whether an abusive account is in it.
    pub abusive: Option<bool>,
    /// The largest difference between two of its commissions a year.
    pub commission_gap_cents_at_most: Option<Cents>,
    /// The largest of its commissions a year.
    pub commission_cents_at_most: Option<Cents>,
    /// The longest one-way drive to an account for who gets it.
    pub one_way_minutes_at_most: Option<Minutes>,
    /// The most minutes a year by which anybody's driving grows.
    pub extra_travel_minutes_at_most: Option<Minutes>,
    /// How many accounts move in it at most.
    pub accounts_at_most: Option<u32>,
    /// Whose approval it needs then.
    pub needs: Needs,
}

/// Who approves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPolicy {
    /// The rules in their order; the first that fits counts.
    pub rules: Vec<ApprovalRule>,
    /// What is asked of a manager who forces a move.
    pub forced_moves: ForcedMoves,
}

/// What a policy looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether givers of two teams or more are in it.
    pub across_teams: bool,
    /// Whether an abusive account is in it.
    pub abusive: bool,
    /// The largest difference between two of its commissions a year.
    pub commission_gap: Cents,
    /// The largest of its commissions a year.
    pub commission: Cents,
    /// The longest one-way drive to an account for who gets it.
    pub one_way: Minutes,
    /// The most minutes a year by which anybody's driving grows; 0 where nobody's does.
    pub extra_travel: Minutes,
    /// How many accounts move in it.
    pub accounts: u32,
}

/// The rule that fitted a proposal when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its name; `otherwise` where none fitted.
    pub rule: String,
    /// Whose approval it asks for.
    pub needs: Needs,
}

impl Approval {
    /// What goes where no rule fits: each giver's manager is asked.
    pub fn otherwise() -> Self {
        Self { rule: "otherwise".to_owned(), needs: Needs::EachManager }
    }
}

impl ApprovalRule {
    fn fits(&self, facts: &Facts) -> bool {
        let is = |asked: Option<bool>, found: bool| asked.is_none_or(|asked| asked == found);
        is(self.across_teams, facts.across_teams)
            && is(self.abusive, facts.abusive)
            && self.commission_gap_cents_at_most.is_none_or(|most| facts.commission_gap <= most)
            && self.commission_cents_at_most.is_none_or(|most| facts.commission <= most)
            && self.one_way_minutes_at_most.is_none_or(|most| facts.one_way <= most)
            && self.extra_travel_minutes_at_most.is_none_or(|most| facts.extra_travel <= most)
            && self.accounts_at_most.is_none_or(|most| facts.accounts <= most)
    }

    fn senseless(&self) -> Option<&'static str> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_named = (1..=64).contains(&self.name.len()) && self.name.bytes().all(is_word);
        let limits_money = self.commission_gap_cents_at_most.is_some();
        let limits_travel = self.one_way_minutes_at_most.is_some() || self.extra_travel_minutes_at_most.is_some();
        let is_safe = self.abusive == Some(false) && limits_money && limits_travel;
        if !is_named {
            Some("needs a name of 1 to 64 small letters, digits and _")
        } else if self.needs == Needs::Nobody && !is_safe {
            Some(
                "needs nobody only with abusive = false, commission_gap_cents_at_most, and one_way_minutes_at_most or \
                 extra_travel_minutes_at_most",
            )
        } else {
            None
        }
    }
}

impl ApprovalPolicy {
    /// Whose approval a proposal of these facts needs, and by which rule.
    pub fn asked(&self, facts: &Facts) -> Approval {
        let rule = self.rules.iter().find(|rule| rule.fits(facts));
        rule.map_or_else(Approval::otherwise, |rule| Approval { rule: rule.name.clone(), needs: rule.needs })
    }

    /// The first rule that makes no sense, by its place from 1, and why.
    pub fn first_senseless(&self) -> Option<(usize, &'static str)> {
        let twice = |at: usize| self.rules[..at].iter().any(|before| before.name == self.rules[at].name);
        (0..self.rules.len()).find_map(|at| {
            let what = self.rules[at].senseless().or(twice(at).then_some("has the name of one before"));
            what.map(|what| (at + 1, what))
        })
    }
}

/// What one manager's approval is asked for, and who may give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The manager whose seat it is.
    pub of: RepId,
    /// Who may fill it: the manager, unless they are a party, and a deputy where the manager is away or a party.
    pub may: BTreeSet<RepId>,
}

/// Who may still approve, where what was given does not suffice; nobody, where it does.
///
/// `seats` are those of the givers' managers, each manager once, then, for [`Needs::TwoPeople`], that of the next above
/// where all are one manager's. Where a seat that is needed can be filled by nobody, it can never be approved: then the
/// answer is an empty set.
pub fn missing(needs: Needs, seats: &[Seat], given: &BTreeSet<RepId>) -> Option<BTreeSet<RepId>> {
    let is_filled = |seat: &Seat| !seat.may.is_disjoint(given);
    let open = || seats.iter().filter(|seat| !is_filled(seat));
    let all = |seats: &mut dyn Iterator<Item = &Seat>| seats.flat_map(|seat| seat.may.iter().cloned()).collect();
    match needs {
        Needs::Nobody => None,
        Needs::OneManager if seats.iter().any(is_filled) => None,
        Needs::OneManager => Some(all(&mut seats.iter())),
        Needs::EachManager | Needs::TwoPeople => {
            if seats.is_empty() || open().any(|seat| seat.may.is_empty()) {
                return Some(BTreeSet::new());
            }
            let approved: BTreeSet<&RepId> = seats.iter().flat_map(|seat| seat.may.intersection(given)).collect();
            let least = if needs == Needs::TwoPeople { 2 } else { 1 };
            if open().next().is_some() {
                Some(all(&mut open()))
            } else if approved.len() < least {
                Some(&all(&mut seats.iter()) - given)
            } else {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Facts = Facts {
        across_teams: false,
        abusive: false,
        commission_gap: Cents(0),
        commission: Cents(500_000),
        one_way: Minutes(30),
        extra_travel: Minutes(0),
        accounts: 2,
    };

    fn policy() -> ApprovalPolicy {
        toml::from_str(
            r#"
            [[rules]]
            name = "abusive_account"
            abusive = true
            needs = "two_people"
            [[rules]]
            name = "small_and_near"
            abusive = false
            across_teams = false
            commission_gap_cents_at_most = 50_000
            one_way_minutes_at_most = 60
            extra_travel_minutes_at_most = 600
            needs = "nobody"
            [[rules]]
            name = "small_rings_of_a_team"
            across_teams = false
            accounts_at_most = 3
            commission_cents_at_most = 1_000_000
            needs = "one_manager"
            [forced_moves]
            over_a_decline = "any_manager"
            decline_counts_for_days = 365
            "#,
        )
        .unwrap()
    }

    #[test]
    fn the_first_rule_that_fits_says_who_is_asked() {
        let table = [
            (PLAIN, "small_and_near", Needs::Nobody),
            (Facts { commission_gap: Cents(50_000), ..PLAIN }, "small_and_near", Needs::Nobody),
            (Facts { commission_gap: Cents(50_001), ..PLAIN }, "small_rings_of_a_team", Needs::OneManager),
            (Facts { one_way: Minutes(61), ..PLAIN }, "small_rings_of_a_team", Needs::OneManager),
            (Facts { extra_travel: Minutes(601), ..PLAIN }, "small_rings_of_a_team", Needs::OneManager),
            (Facts { extra_travel: Minutes(601), accounts: 4, ..PLAIN }, "otherwise", Needs::EachManager),
            (Facts { one_way: Minutes(61), commission: Cents(1_000_001), ..PLAIN }, "otherwise", Needs::EachManager),
            (Facts { across_teams: true, ..PLAIN }, "otherwise", Needs::EachManager),
            (Facts { abusive: true, ..PLAIN }, "abusive_account", Needs::TwoPeople),
            (Facts { abusive: true, across_teams: true, ..PLAIN }, "abusive_account", Needs::TwoPeople),
        ];
        for (facts, rule, needs) in table {
            assert_eq!(policy().asked(&facts), Approval { rule: rule.to_owned(), needs }, "{facts:?}");
        }
        let no_rules = ApprovalPolicy { rules: Vec::new(), ..policy() };
        assert_eq!(no_rules.asked(&PLAIN), Approval::otherwise());
    }

    #[test]
    fn nothing_goes_without_a_manager_but_within_limits_of_money_and_travel() {
        assert_eq!(policy().first_senseless(), None);
        let without = |change: fn(&mut ApprovalRule)| {
            let mut policy = policy();
            change(&mut policy.rules[1]);
            policy.first_senseless().map(|(at, _)| at)
        };
        assert_eq!(without(|rule| rule.abusive = None), Some(2));
        assert_eq!(without(|rule| rule.abusive = Some(true)), Some(2));
        assert_eq!(without(|rule| rule.commission_gap_cents_at_most = None), Some(2));
        assert_eq!(without(|rule| rule.one_way_minutes_at_most = None), None, "the other limit of travel is there");
        assert_eq!(
            without(|rule| {
                rule.one_way_minutes_at_most = None;
                rule.extra_travel_minutes_at_most = None;
            }),
            Some(2)
        );
        assert_eq!(without(|rule| rule.name = "abusive_account".to_owned()), Some(2));
        assert_eq!(without(|rule| rule.name = "Small and near".to_owned()), Some(2));
    }

    #[test]
    fn a_decline_counts_for_a_day_at_least_and_ten_years_at_most() {
        let days = |decline_counts_for_days| {
            let forced = ForcedMoves { decline_counts_for_days, ..policy().forced_moves };
            forced.first_senseless().is_none()
        };
        assert_eq!([0, 1, 3650, 3651].map(days), [false, true, true, false]);
    }

    /// Seats as `manager:who,may`, approvals as names; out comes `enough` or who is missing.
    fn still(needs: Needs, seats: &[&str], given: &[&str]) -> String {
        let names = |text: &str| -> BTreeSet<RepId> {
            text.split(',').filter(|name| !name.is_empty()).map(|name| name.parse().unwrap()).collect()
        };
        let seats: Vec<Seat> = seats
            .iter()
            .map(|seat| {
                let (of, may) = seat.split_once(':').unwrap();
                Seat { of: of.parse().unwrap(), may: names(may) }
            })
            .collect();
        match missing(needs, &seats, &names(&given.join(","))) {
            None => "enough".to_owned(),
            Some(who) => who.iter().map(RepId::as_str).collect::<Vec<_>>().join(" "),
        }
    }

    #[test]
    fn what_was_given_suffices_or_says_who_is_missing() {
        use Needs::{EachManager, Nobody, OneManager, TwoPeople};
        let table: &[(Needs, &[&str], &[&str], &str)] = &[
            (Nobody, &["mona:mona"], &[], "enough"),
            (OneManager, &["mona:mona", "sam:sam"], &[], "mona sam"),
            (OneManager, &["mona:mona", "sam:sam"], &["sam"], "enough"),
            (EachManager, &["mona:mona"], &[], "mona"),
            (EachManager, &["mona:mona"], &["mona"], "enough"),
            (EachManager, &["mona:mona", "sam:sam"], &["sam"], "mona"),
            (EachManager, &["mona:mona", "sam:sam"], &["mona", "sam"], "enough"),
            // Mona is away: Vera may stand in, and so may Mona herself.
            (EachManager, &["mona:mona,vera", "sam:sam"], &["sam"], "mona vera"),
            (EachManager, &["mona:mona,vera", "sam:sam"], &["sam", "vera"], "enough"),
            // Mona is a party: Vera alone.
            (EachManager, &["mona:vera"], &["mona"], "vera"),
            // Nobody is left who gains nothing.
            (EachManager, &["mona:"], &[], ""),
            (EachManager, &["mona:", "sam:sam"], &["sam"], ""),
            (EachManager, &[], &["sam"], ""),
            (TwoPeople, &["mona:mona", "vera:vera"], &["mona"], "vera"),
            (TwoPeople, &["mona:mona", "vera:vera"], &["mona", "vera"], "enough"),
            // Vera stands in for both and is one person all the same.
            (TwoPeople, &["mona:mona,vera", "sam:sam,vera"], &["vera"], "mona sam"),
            (TwoPeople, &["mona:mona,vera", "sam:sam,vera"], &["vera", "sam"], "enough"),
            (TwoPeople, &["mona:mona"], &["mona"], ""),
        ];
        for (needs, seats, given, expected) in table {
            assert_eq!(still(*needs, seats, given), *expected, "{needs} {seats:?} {given:?}");
        }
    }
}
