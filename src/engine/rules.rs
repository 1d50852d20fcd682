//! The hard rules: what breaks one does not exist.
//!
//! In go an account and a rep who might receive it, or what a move does to one of its reps; out come the rules broken, in
//! a fixed order, each with what was found and what is allowed, or the one obstacle they come to.
//! Holds: the first rule that refuses is the first of the full list that explains, so that the two never disagree; no
//! detail tells anybody's stars.
//! Costs: constant for an account and a rep.
//! Deliberately absent: caps on the number of moves, which are [`super::caps`]'s.

use super::{
    limits::{BY_DEGREES, Limits, Obstacle},
    plan::Rule,
    travel::Known,
    value::Worth,
    view::{View, index},
};
use crate::domain::{
    roster::{Account, Rep},
    units::{Cents, Minutes},
};
use chrono::NaiveDate;
use rayon::prelude::*;

/// An account on its way to a rep.
pub(crate) struct Receipt<'v, 'm> {
    /// The market.
    pub view: &'v View<'m>,
    /// The account.
    pub offer: u32,
    /// Who would receive it.
    pub rep: u32,
}

impl<'m> Receipt<'_, 'm> {
    fn who(&self) -> &'m Rep {
        &self.view.trader(self.rep).rep
    }

    fn account(&self) -> &'m Account {
        &self.view.offer(self.offer).account
    }

    /// Whether the rep has declined something by which this is not to be proposed to them.
    fn is_declined(&self) -> bool {
        self.view.restraints[self.rep as usize].is_some_and(|restraint| {
            let is_far = |below: Minutes| self.one_way().is_none_or(|minutes| minutes.round() as i64 >= below.0);
            restraint.rests
                || restraint.accounts.contains(&self.account().id)
                || restraint.one_way_below.is_some_and(is_far)
        })
    }

    fn limit(&self) -> Minutes {
        self.who().max_one_way_minutes.unwrap_or(self.view.policy.scores.travel.max_one_way_minutes)
    }

    /// The drive from the rep's base, in minutes; absent where no way leads there and back.
    fn one_way(&self) -> Option<f64> {
        let spot = self.view.spot(self.offer);
        (self.view.way(self.rep, spot) != Known::Barred).then(|| self.view.drive(self.rep, spot).out)
    }

    /// Whether the drive is longer than the rep's limit and what `limits` allow beyond it.
    pub fn is_too_far(&self, limits: &Limits) -> bool {
        self.one_way().is_none_or(|minutes| minutes > (self.limit() + limits.beyond_one_way).0 as f64)
    }

    fn breaks(&self, rule: Rule, limits: &Limits) -> bool {
        let (rep, account) = (self.who(), self.account());
        let offer = self.view.offer(self.offer);
        let today = self.view.market.business_date;
        let is_within = |day: NaiveDate, days| (today - day).num_days() < days;
        let facts = &self.view.facts[self.offer as usize];
        let fit = &self.view.fit;
        let lacks = |required: bool, shared: Option<bool>| required && shared == Some(false);
        match rule {
            Rule::Frozen => offer.frozen,
            Rule::CoolDown => offer.last_moved_on.is_some_and(|day| is_within(day, limits.cool_down_days)),
            Rule::SwappedOften => {
                self.view.policy.rules.max_swaps_per_account_a_year.is_some_and(|most| offer.swaps_in_a_year >= most)
            }
            Rule::FamilyParted => offer.has_family_in_book && !self.view.policy.rules.families_may_part,
            Rule::NotPresent => !self.view.takes_part[self.rep as usize],
            Rule::NotOpen => self.is_declined(),
            Rule::TooFar => self.is_too_far(limits),
            Rule::ForbiddenPair => self.view.is_forbidden(self.rep, self.offer),
            Rule::ConflictOfInterest => account.conflicts.contains(&rep.id),
            Rule::FormerOwner => self
                .view
                .past(self.rep, self.offer)
                .and_then(|pair| pair.owned_until)
                .is_some_and(|day| is_within(day, limits.former_owner_days)),
            Rule::LanguageMissing => lacks(facts.language_required, fit.languages.shared(self.rep, self.offer)),
            Rule::LicenceMissing => !fit.licences.all_shared(self.rep, self.offer),
            Rule::IndustryMissing => lacks(facts.industry_required, fit.industries.shared(self.rep, self.offer)),
            Rule::AbuseNotOptedIn => facts.severity.is_some_and(|severity| !fit.bears(self.rep, severity)),
            _ => false,
        }
    }

    /// Every rule broken, in the order of [`OF_A_RECEIPT`].
    pub fn broken(&self) -> impl Iterator<Item = Rule> + '_ {
        OF_A_RECEIPT.iter().copied().filter(|&rule| self.breaks(rule, &self.view.limits))
    }

    /// What but the drive keeps the account from the rep; `asked` are the rules that are [`Asked`] about it.
    pub fn obstacle_but_the_drive(&self, asked: Asked) -> Obstacle {
        obstacle(self.view, asked, |rule, limits| self.breaks(rule, limits))
    }

    /// What was found and what `rule` allows.
    pub fn detail(&self, rule: Rule) -> String {
        let (rep, account) = (self.who(), self.account());
        let offer = self.view.offer(self.offer);
        let rules = &self.view.policy.rules;
        match rule {
            Rule::Frozen => "a manager keeps the account where it is".to_owned(),
            Rule::CoolDown => format!(
                "changed hands on {}, stays {} days",
                offer.last_moved_on.map_or_else(String::new, |day| day.to_string()),
                rules.cool_down_days
            ),
            Rule::SwappedOften => format!(
                "changed hands {} times in 365 days, at most {}",
                offer.swaps_in_a_year,
                rules.max_swaps_per_account_a_year.unwrap_or_default()
            ),
            Rule::FamilyParted => "a parent or child of it is in the same book".to_owned(),
            Rule::NotPresent => format!("{} is away or leaving", rep.id),
            Rule::NotOpen => format!("{} is not open to it at present", rep.id),
            Rule::TooFar => match self.one_way() {
                Some(minutes) => format!("{minutes:.0} minutes one way, at most {}", self.limit()),
                None => "no way leads there and back".to_owned(),
            },
            Rule::ForbiddenPair => format!("a manager has forbidden that it goes to {}", rep.id),
            Rule::ConflictOfInterest => format!("{} has a conflict of interest", rep.id),
            Rule::FormerOwner => format!("{} had it less than {} days ago", rep.id, rules.former_owner_days),
            Rule::LanguageMissing => {
                format!("{} does not speak {}", rep.id, account.language.as_ref().map_or("", |word| word.as_str()))
            }
            Rule::LicenceMissing => {
                let missing: Vec<&str> =
                    account.licences_required.difference(&rep.licences).map(|l| l.as_str()).collect();
                format!("{} lacks {}", rep.id, missing.join(", "))
            }
            Rule::IndustryMissing => {
                format!("{} does not know {}", rep.id, account.industry.as_ref().map_or("", |word| word.as_str()))
            }
            Rule::AbuseNotOptedIn => {
                let class = account.severity().map_or("abusive", |severity| severity.as_str());
                format!("{} has not opted in to {class} accounts", rep.id)
            }
            other => other.as_str().to_owned(),
        }
    }
}

/// The rules but the drive that somebody may break who receives an account: most accounts ask for little, and what they do
/// not ask for need not be looked up for every rep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// One bit for each of [`OF_A_RECEIPT`].
    bits: u16,
}

impl Asked {
    /// What is asked about an offer.
    pub fn about(view: &View<'_>, offer: u32) -> Self {
        const { assert!(OF_A_RECEIPT.len() <= 16, "a number has a bit for each rule") };
        let item = view.offer(offer);
        let facts = &view.facts[offer as usize];
        let is_asked = |rule| match rule {
            Rule::Frozen => item.frozen,
            Rule::CoolDown => item.last_moved_on.is_some(),
            Rule::SwappedOften => item.swaps_in_a_year > 0 || view.policy.rules.max_swaps_per_account_a_year == Some(0),
            Rule::FamilyParted => item.has_family_in_book,
            Rule::ForbiddenPair => view.is_forbidden_to_somebody(offer),
            Rule::ConflictOfInterest => !item.account.conflicts.is_empty(),
            Rule::FormerOwner => view.has_a_past(offer),
            Rule::LanguageMissing => facts.language_required,
            Rule::LicenceMissing => !item.account.licences_required.is_empty(),
            Rule::IndustryMissing => facts.industry_required,
            Rule::AbuseNotOptedIn => facts.severity.is_some(),
            Rule::NotOpen => !view.market.restraints.is_empty(),
            rule => rule == Rule::NotPresent,
        };
        let asked = OF_A_RECEIPT.into_iter().zip(0..).filter(|&(rule, _)| is_asked(rule));
        Self { bits: asked.fold(0, |bits, (_, at)| bits | 1 << at) }
    }

    /// The same without what a longer or shorter drive may change.
    pub fn whatever_the_drive(self) -> Self {
        let at = OF_A_RECEIPT.iter().position(|&rule| rule == Rule::NotOpen).expect("it is one of them");
        Self { bits: self.bits & !(1 << at) }
    }
}

impl Asked {
    /// Whether nothing is asked but that the rep takes part.
    pub fn is_presence_alone(self) -> bool {
        Iterator::eq(self, [Rule::NotPresent])
    }
}

/// The rules in the order of [`OF_A_RECEIPT`].
impl Iterator for Asked {
    type Item = Rule;
    fn next(&mut self) -> Option<Rule> {
        let rule = *OF_A_RECEIPT.get(self.bits.trailing_zeros() as usize)?;
        self.bits &= self.bits - 1;
        Some(rule)
    }
}

/// The one obstacle that rules come to, asked in their order until no step can help.
fn obstacle(
    view: &View<'_>,
    rules: impl IntoIterator<Item = Rule>,
    breaks: impl Fn(Rule, &Limits) -> bool,
) -> Obstacle {
    let mut met = Obstacle::Nothing;
    for rule in rules {
        if breaks(rule, &view.limits) {
            let helps = BY_DEGREES.contains(&rule) && !breaks(rule, &view.a_step_looser);
            met = met.then(if helps { Obstacle::Step(rule) } else { Obstacle::Wall(rule) });
            if matches!(met, Obstacle::Wall(_)) {
                break;
            }
        }
    }
    met
}

/// The rules about one account and who receives it: first what keeps the account, then what keeps the rep, then what
/// keeps the two apart.
pub(crate) const OF_A_RECEIPT: [Rule; 14] = [
    Rule::Frozen,
    Rule::CoolDown,
    Rule::SwappedOften,
    Rule::FamilyParted,
    Rule::NotPresent,
    Rule::NotOpen,
    Rule::TooFar,
    Rule::ForbiddenPair,
    Rule::ConflictOfInterest,
    Rule::FormerOwner,
    Rule::LanguageMissing,
    Rule::LicenceMissing,
    Rule::IndustryMissing,
    Rule::AbuseNotOptedIn,
];

/// The rules about what a rep gives and receives at once, in the order they are asked.
pub(crate) const OF_A_SIDE: [Rule; 6] =
    [Rule::GainTooSmall, Rule::CommissionGap, Rule::LedgerLimit, Rule::OverCapacity, Rule::ExposureCap, Rule::NotOpen];

/// What a move does to one of its reps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effect {
    /// Who.
    pub rep: u32,
    /// The account given.
    pub given: u32,
    /// The account received.
    pub received: u32,
    /// What it gains the rep.
    pub gain: Minutes,
    /// Driving a year for the account given.
    pub travel_given: Minutes,
    /// Driving a year for the account received.
    pub travel_received: Minutes,
}

impl Effect {
    /// What a move does to the rep who gives one account and receives another, from the worth of both.
    pub fn new(view: &View<'_>, rep: u32, given: (u32, Worth), received: (u32, Worth)) -> Self {
        Self {
            rep,
            given: given.0,
            received: received.0,
            gain: received.1.value - given.1.value - view.policy.scores.handover_minutes,
            travel_given: given.1.travel,
            travel_received: received.1.travel,
        }
    }

    /// Commission of the one account less that of the other; either way round.
    fn commission_gap(&self, view: &View<'_>) -> Cents {
        (view.facts[self.received as usize].commission - view.facts[self.given as usize].commission).abs()
    }

    /// Money received less money given.
    pub fn ledger_change(&self, view: &View<'_>) -> Cents {
        view.facts[self.received as usize].money - view.facts[self.given as usize].money
    }

    /// What the rep would have at the most and at the least, whichever proposals under way take effect.
    fn balance_after(&self, view: &View<'_>) -> (Cents, Cents) {
        let (balance, change) = (view.trader(self.rep).balance, self.ledger_change(view));
        (balance.highest() + change, balance.lowest() + change)
    }

    /// Minutes of visits and driving received less those given.
    pub fn load_change(&self, view: &View<'_>) -> Minutes {
        let (received, given) = (view.facts[self.received as usize], view.facts[self.given as usize]);
        received.visits.minutes_a_year() + self.travel_received - given.visits.minutes_a_year() - self.travel_given
    }

    /// Abusive accounts received less those given: -1, 0 or 1.
    pub fn exposure_change(&self, view: &View<'_>) -> i64 {
        let (received, given) = (view.facts[self.received as usize], view.facts[self.given as usize]);
        received.exposure() - given.exposure()
    }

    fn breaks(&self, view: &View<'_>, loads: &Loads, rule: Rule, limits: &Limits) -> bool {
        let trader = view.trader(self.rep);
        match rule {
            Rule::GainTooSmall => self.gain < limits.min_gain,
            Rule::NotOpen => {
                let least = view.restraints[self.rep as usize].and_then(|restraint| restraint.least_gain);
                least.is_some_and(|least| self.gain < least)
            }
            Rule::CommissionGap => {
                let gap = self.commission_gap(view);
                let larger =
                    view.facts[self.given as usize].commission.max(view.facts[self.received as usize].commission);
                gap > limits.commission_gap || gap * 100 > larger * limits.commission_gap_percent
            }
            Rule::LedgerLimit => {
                let (highest, lowest) = self.balance_after(view);
                highest > limits.ledger || lowest < -limits.ledger
            }
            Rule::OverCapacity => loads.spare[self.rep as usize].is_some_and(|spare| {
                let change = self.load_change(view);
                change > Minutes::ZERO && change > spare + limits.beyond_capacity
            }),
            Rule::ExposureCap => {
                view.facts[self.received as usize].severity.is_some()
                    && i64::from(trader.abusive_accounts) + self.exposure_change(view)
                        > i64::from(trader.rep.abusive_accounts_cap)
            }
            _ => false,
        }
    }

    /// Every rule of [`OF_A_SIDE`] that this side breaks.
    pub fn broken<'v>(&'v self, view: &'v View<'_>, loads: &'v Loads) -> impl Iterator<Item = Rule> + 'v {
        OF_A_SIDE.iter().copied().filter(move |&rule| self.breaks(view, loads, rule, &view.limits))
    }

    /// What was found and what `rule` allows.
    pub fn detail(&self, view: &View<'_>, rule: Rule) -> String {
        let rules = &view.policy.rules;
        let trader = view.trader(self.rep);
        let id = &trader.rep.id;
        match rule {
            Rule::GainTooSmall => format!("{id} would gain less than {} minutes a year", rules.min_gain_minutes),
            Rule::NotOpen => format!("{id} is not open to it at present"),
            Rule::CommissionGap => format!(
                "the commissions differ by {} cents, at most {} and {} %",
                self.commission_gap(view),
                rules.commission_gap_cents,
                rules.commission_gap_percent
            ),
            Rule::LedgerLimit => {
                let (highest, lowest) = self.balance_after(view);
                let furthest = if highest.abs() >= lowest.abs() { highest } else { lowest };
                let limit = rules.ledger_limit_cents;
                format!("{id} might stand at {furthest} cents for the year, at most {limit} either way")
            }
            Rule::OverCapacity => format!(
                "{id} would need {} more minutes a year within {} hours",
                self.load_change(view),
                trader.rep.capacity_hours_a_year.unwrap_or_default()
            ),
            Rule::ExposureCap => {
                format!("{id} would hold more than {} abusive accounts", trader.rep.abusive_accounts_cap)
            }
            other => other.as_str().to_owned(),
        }
    }
}

/// What stands in the way of one side of a move.
pub(crate) fn obstacle_of_side(view: &View<'_>, loads: &Loads, side: &Effect) -> Obstacle {
    obstacle(view, OF_A_SIDE, |rule, limits| side.breaks(view, loads, rule, limits))
}

/// What stands in the way of a swap: rule by rule, either side.
pub(crate) fn obstacle_of_swap(view: &View<'_>, loads: &Loads, sides: &[Effect; 2]) -> Obstacle {
    obstacle(view, OF_A_SIDE, |rule, limits| sides.iter().any(|side| side.breaks(view, loads, rule, limits)))
}

/// How many minutes a year each rep has left.
pub(crate) struct Loads {
    /// Capacity less what the book takes, absent where a rep has no limit. Below zero where the book takes more.
    pub spare: Vec<Option<Minutes>>,
}

impl Loads {
    /// Adds up the books: the minutes of all visits, and the driving to each account beside its nearest neighbour.
    ///
    /// Cost: linear in the books of the reps who have a limit.
    pub fn new(view: &View<'_>) -> Self {
        let spare = (0..index(view.market.reps.len())).into_par_iter().map(|rep| {
            let hours = view.trader(rep).rep.capacity_hours_a_year?;
            let taken: Minutes = view.book_rows(rep).map(|row| load_of_entry(view, rep, row)).sum();
            Some(Minutes(i64::from(hours) * 60) - taken)
        });
        Self { spare: spare.collect() }
    }
}

fn load_of_entry(view: &View<'_>, rep: u32, row: usize) -> Minutes {
    let entry = &view.market.books[row];
    Minutes(i64::from(entry.visits_a_year) * i64::from(entry.visit_minutes)) + view.travel_of_entry(rep, row)
}
