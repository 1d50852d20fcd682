//! Struggles: how each invented rep truly gets on with each account, what of it the CRM has on record, and what reps say.
//!
//! In go reps and accounts; out come the history of pairs and the submissions.
//! Holds: the true rapport is hidden from the engine; it sees only what was declared, recorded or submitted. Those who
//! submit are those for whom an account really is a burden, with the reasons that make it one.
//! Deliberately absent: abuse and unethical acts, since the customers are real institutions.

use super::{chance::Chance, people::Person};
use account_swap::domain::{
    ids::{AccountId, HistoryId, RepId},
    roster::{Account, HistoryEntry, Rep},
    submission::Reason,
    travel::straight_line,
    units::Stars,
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// The least and the most accounts in a hundred that are submitted.
const SUBMITTED_PERCENT: (i64, i64) = (26, 30);
/// Accounts in a hundred that a colleague has served before or stood in for.
const PAST_PERCENT: u32 = 40;
/// A drive that is a burden by itself, in minutes one way.
const LONG_JOURNEY_MINUTES: f64 = 50.0;
/// What one star is worth to these reps, in hours a year.
const STAR_HOURS: f64 = 20.0;

/// A rep's statement about an account, as the CRM would export it.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The account.
    pub account: AccountId,
    /// Its owner.
    pub rep: RepId,
    /// The owner's own stars.
    pub stars: Stars,
    /// Why.
    pub reasons: BTreeSet<Reason>,
    /// Whether the manager may see the reasons.
    pub share_reasons: bool,
    /// The rep's own note.
    pub note: &'static str,
}

/// How a rep and an account truly get on, in stars; what no file says.
pub fn true_rapport(chance: &mut Chance, rep: &Rep, account: &Account) -> f64 {
    let style = match (rep.style, account.style) {
        (Some(own), Some(theirs)) if own == theirs => 0.9,
        (Some(_), Some(_)) => -0.35,
        _ => 0.0,
    };
    let language = account.language.as_ref().map_or(0.0, |one| if rep.languages.contains(one) { 0.0 } else { -0.8 });
    let industry = account.industry.as_ref().map_or(0.0, |one| if rep.industries.contains(one) { 0.35 } else { -0.3 });
    let traits: f64 = account.traits.iter().map(|one| if rep.tolerances.contains(one) { 0.1 } else { -0.5 }).sum();
    // Whoever is far away comes less often, and the customer notices.
    let distance = ((straight_line(rep.base, account.place).minutes - 30.0) / 50.0).clamp(0.0, 1.0);
    (3.2 + style + language + industry + traits - distance + 0.8 * chance.around_zero()).clamp(1.0, 5.0)
}

/// What has been between reps and accounts, and which accounts are put up now.
pub fn struggles(
    chance: &mut Chance,
    people: &[Person],
    accounts: &[Account],
    today: NaiveDate,
) -> (Vec<HistoryEntry>, Vec<Statement>) {
    let mut history = Vec::new();
    let mut burdens = Vec::new();
    for account in accounts {
        let owner = &people.iter().find(|person| person.rep.id == account.owner).expect("an owner is a rep").rep;
        let rapport = true_rapport(chance, owner, account);
        past(chance, people, account, today, &mut history);
        let minutes = straight_line(owner.base, account.place).minutes;
        let travel = f64::from(account.visits_a_year) * (minutes - 25.0).max(0.0) / 60.0;
        let burden = (3.4 - rapport) * STAR_HOURS + travel + 8.0 * chance.around_zero();
        burdens.push((burden, account, owner, rapport, minutes));
    }
    burdens.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let percent = chance.between(SUBMITTED_PERCENT.0, SUBMITTED_PERCENT.1) as usize;
    burdens.truncate((accounts.len() * percent).div_ceil(100));
    burdens.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let statements = burdens
        .into_iter()
        .map(|(_, account, owner, rapport, minutes)| statement(chance, owner, account, rapport, minutes))
        .collect();
    (history, statements)
}

/// Invents what a colleague who once had or covered the account has on record with it.
fn past(chance: &mut Chance, people: &[Person], account: &Account, today: NaiveDate, history: &mut Vec<HistoryEntry>) {
    if !chance.happens(PAST_PERCENT) {
        return;
    }
    let near: Vec<&Person> = people
        .iter()
        .filter(|person| person.rep.id != account.owner)
        .filter(|person| straight_line(person.rep.base, account.place).minutes < 100.0)
        .collect();
    if near.is_empty() {
        return;
    }
    let colleague = &chance.one_of(&near).rep;
    // Four in five are long enough ago that the account may come back.
    let ended = if chance.happens(80) { chance.between(760, 1800) } else { chance.between(60, 700) };
    let ended_on = today - Days::new(ended as u64);
    let rapport = true_rapport(chance, colleague, account);
    let planned = chance.between(6, 24) as u32;
    history.push(HistoryEntry {
        id: format!("P{}", account.id).parse::<HistoryId>().expect("a sound id"),
        rep: colleague.id.clone(),
        account: account.id.clone(),
        started_on: ended_on - Days::new(chance.between(90, 900) as u64),
        ended_on: Some(ended_on),
        stars: chance.happens(80).then(|| half_stars(rapport)),
        visits_planned: planned,
        visits_kept: (f64::from(planned) * (0.5 + rapport / 10.0)).round() as u32,
    });
}

pub fn half_stars(stars: f64) -> Stars {
    Stars::clamped((stars * 2.0).round() as i64 * 50)
}

fn statement(chance: &mut Chance, rep: &Rep, account: &Account, rapport: f64, minutes: f64) -> Statement {
    Statement {
        account: account.id.clone(),
        rep: rep.id.clone(),
        reasons: reasons(chance, rep, account, rapport, minutes),
        stars: half_stars(rapport + 0.15 * chance.around_zero()),
        share_reasons: chance.happens(85),
        note: "Invented.",
    }
}

/// Why a rep is unhappy with an account that gets on with them like that and lies so many minutes away; one at least.
pub fn reasons(chance: &mut Chance, rep: &Rep, account: &Account, rapport: f64, minutes: f64) -> BTreeSet<Reason> {
    let differs = matches!((rep.style, account.style), (Some(own), Some(theirs)) if own != theirs);
    let foreign = account.language.as_ref().is_some_and(|one| !rep.languages.contains(one));
    let unknown = account.industry.as_ref().is_some_and(|one| !rep.industries.contains(one));
    let demands = account.traits.difference(&rep.tolerances).next().is_some();
    let because = [
        (minutes > LONG_JOURNEY_MINUTES, Reason::LongJourney),
        (rapport < 2.6 && differs, Reason::Chemistry),
        (foreign, Reason::Language),
        (rapport < 3.0 && unknown, Reason::UnknownIndustry),
        (demands, Reason::UnreasonableDemands),
        (rapport < 2.2 && chance.happens(50), Reason::PostponedVisits),
        (rapport < 1.9 && chance.happens(40), Reason::UnansweredCalls),
    ];
    let mut reasons: BTreeSet<Reason> = because.into_iter().filter(|one| one.0).map(|one| one.1).collect();
    if reasons.is_empty() {
        reasons.insert(Reason::NoProgress);
    }
    reasons
}
