//! Books: which invented rep has which real hospital, and what is invented about it.
//!
//! In go reps and hospitals; out come accounts with an owner.
//! Holds: most accounts are with a rep next door who has room; about a quarter were kept by a rep who worked there before
//! the territories were last redrawn and now drives an hour to them.
//! Costs: hospitals times reps.
//! Deliberately absent: anything bad about a real institution. Nobody is called abusive and nobody a slow payer.

use super::{
    chance::Chance,
    hospitals::Hospital,
    people::{ENGLISH, FEDERAL_LICENCE, Person, SPANISH, industry, tag},
};
use account_swap::domain::{
    ids::RepId,
    roster::{Account, Style, Trait},
    travel::straight_line,
    units::{Cents, Place},
};
use std::{collections::BTreeSet, ops::Range};

/// Accounts in a hundred that the rep who worked there before has kept.
const MISPLACED_PERCENT: u32 = 36;
/// How much more than an equal share a book holds at most, in percent.
const LARGEST_BOOK_PERCENT: usize = 135;
/// Beds where the source has none.
const UNKNOWN_BEDS: u32 = 60;

/// Gives each hospital an owner, and invents what a CRM knows of a customer. The area in which a rep worked before lies
/// `former_minutes` from the base.
pub fn accounts(
    chance: &mut Chance,
    people: &mut [Person],
    hospitals: &[Hospital],
    former_minutes: &Range<f64>,
) -> Vec<Account> {
    let owners = owners(chance, people, hospitals, former_minutes);
    let accounts: Vec<Account> = hospitals
        .iter()
        .zip(owners)
        .map(|(hospital, owner)| account(chance, people, hospital, people[owner].rep.id.clone()))
        .collect();
    limit_hours(chance, people, &accounts);
    accounts
}

fn owners(chance: &mut Chance, people: &[Person], hospitals: &[Hospital], former_minutes: &Range<f64>) -> Vec<usize> {
    let former_of = former_areas(chance, people, former_minutes);
    let most = (hospitals.len() * LARGEST_BOOK_PERCENT).div_ceil(people.len() * 100);
    let mut sizes = vec![0; people.len()];
    let mut owners = vec![0; hospitals.len()];
    let mut order: Vec<usize> = (0..hospitals.len()).collect();
    chance.shuffle(&mut order);
    for at in order {
        let has_room = |person: &usize| sizes[*person] < most;
        let near = nearest_first(people, hospitals[at].place);
        let kept_by: Vec<usize> = (0..people.len()).filter(|&one| former_of[one] == near[0]).filter(has_room).collect();
        let is_misplaced = chance.happens(MISPLACED_PERCENT) && !kept_by.is_empty();
        let next_door = near.iter().copied().find(has_room).expect("the largest books hold more than there is");
        let owner = if is_misplaced { *chance.one_of(&kept_by) } else { next_door };
        sizes[owner] += 1;
        owners[at] = owner;
    }
    owners
}

fn nearest_first(people: &[Person], place: Place) -> Vec<usize> {
    let mut near: Vec<(f64, usize)> =
        people.iter().map(|person| place.great_circle_metres(person.rep.base)).zip(0..).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    near.into_iter().map(|(_, person)| person).collect()
}

/// Around whose base each rep worked before the territories were last redrawn. Often two reps changed places.
fn former_areas(chance: &mut Chance, people: &[Person], minutes: &Range<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..people.len()).collect();
    chance.shuffle(&mut order);
    let mut former: Vec<Option<usize>> = vec![None; people.len()];
    for one in order {
        if former[one].is_some() {
            continue;
        }
        let base = people[one].rep.base;
        let is_apart = |other: &usize| minutes.contains(&straight_line(base, people[*other].rep.base).minutes);
        let apart: Vec<usize> = (0..people.len()).filter(is_apart).collect();
        let free: Vec<usize> = apart.iter().copied().filter(|&other| former[other].is_none()).collect();
        if !free.is_empty() {
            let other = *chance.one_of(&free);
            (former[one], former[other]) = (Some(other), Some(one));
        } else if !apart.is_empty() {
            former[one] = Some(*chance.one_of(&apart));
        }
    }
    former.into_iter().enumerate().map(|(one, other)| other.unwrap_or(one)).collect()
}

fn account(chance: &mut Chance, people: &[Person], hospital: &Hospital, owner: RepId) -> Account {
    let beds = f64::from(hospital.beds.unwrap_or(UNKNOWN_BEDS).clamp(10, 1200));
    let dollars = (80_000.0 + 120.0 * beds) * (1.0 + 0.1 * chance.around_zero());
    let value = Cents((dollars / 100.0).round() as i64 * 10_000);
    let permille = chance.between(66, 78);
    let speaks_spanish = chance.happens(9);
    let traits = [(Trait::Haggles, 8), (Trait::Demanding, 10), (Trait::Sceptical, 8)];
    let is_military = industry(&hospital.kind) == tag("veterans");
    Account {
        id: format!("H{}", hospital.id).parse().expect("a sound id"),
        name: hospital.name.clone(),
        place: hospital.place,
        place_is_approximate: false,
        region: Some(tag(&hospital.state)),
        country: tag("us"),
        time_zone: Some(chrono_tz::America::New_York),
        annual_value_cents: value,
        annual_commission_cents: Cents(value.0 * permille / 1000),
        visits_a_year: (8 + beds as u32 / 16).min(40),
        visit_minutes: *chance.one_of(&[30, 45, 60]),
        language: Some(tag(if speaks_spanish { SPANISH } else { ENGLISH })),
        language_required: speaks_spanish && chance.happens(40),
        industry: Some(industry(&hospital.kind)),
        industry_required: hospital.kind == "PSYCHIATRIC" && chance.happens(25),
        licences_required: (hospital.is_federal && is_military)
            .then(|| tag(FEDERAL_LICENCE))
            .into_iter()
            .collect::<BTreeSet<_>>(),
        style: chance.happens(90).then(|| *chance.one_of(Style::ALL)),
        traits: traits.into_iter().filter(|&(_, percent)| chance.happens(percent)).map(|one| one.0).collect(),
        parent: None,
        conflicts: people
            .iter()
            .filter(|person| person.rep.id != owner && chance.happens(1))
            .map(|person| person.rep.id.clone())
            .collect(),
        owner,
    }
}

/// Gives some reps a limit of hours, somewhat above what their book takes.
fn limit_hours(chance: &mut Chance, people: &mut [Person], accounts: &[Account]) {
    for person in people {
        if chance.happens(15) {
            let minutes: f64 = accounts
                .iter()
                .filter(|account| account.owner == person.rep.id)
                .map(|account| {
                    let there = straight_line(person.rep.base, account.place).minutes;
                    f64::from(account.visits_a_year) * (f64::from(account.visit_minutes) + there)
                })
                .sum();
            let percent = chance.between(102, 140) as f64;
            person.rep.capacity_hours_a_year = Some((minutes / 60.0 * percent / 100.0).ceil() as u32);
        }
    }
}
