//! People: invented reps in real towns.
//!
//! In go towns, a number and a date; out come reps with a team by geography, and everything a rep may declare.
//! Holds: names are drawn from two lists and stand for nobody; each is used once. Teams are of nearly equal size.
//! Deliberately absent: books and opinions.

use super::{chance::Chance, hospitals::Town};
use account_swap::domain::{
    ids::{RepId, TeamId},
    roster::{Leave, Rep, Style, Tag, Trait},
    units::{Minutes, Place},
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// Hospitals around a rep's town that decide which states are the rep's territory.
const TERRITORY_TOWNS: usize = 12;

const FIRST_NAMES: [&str; 48] = [
    "Ada", "Amir", "Anna", "Ben", "Bruno", "Carla", "Cem", "Chloe", "Dana", "David", "Dora", "Elena", "Eli", "Emma",
    "Farid", "Felix", "Grace", "Hana", "Hugo", "Ida", "Ivan", "Jana", "Jonas", "Kira", "Lena", "Leo", "Lucia", "Maja",
    "Marc", "Mila", "Nadia", "Nils", "Nora", "Olga", "Omar", "Paul", "Pia", "Rafael", "Rosa", "Ruth", "Sami", "Sara",
    "Sofia", "Tara", "Theo", "Vera", "Yara", "Zoe",
];
const LAST_NAMES: [&str; 48] = [
    "Abbot", "Adler", "Alvarez", "Bauer", "Becker", "Bell", "Brandt", "Cohen", "Costa", "Cruz", "Diaz", "Doyle",
    "Ellis", "Evans", "Fischer", "Flores", "Fox", "Garcia", "Gray", "Haddad", "Hayes", "Hill", "Ito", "Jensen", "Kaya",
    "Keller", "Kim", "Lang", "Lopez", "Marino", "Meyer", "Moreau", "Nolan", "Novak", "Ortiz", "Park", "Patel", "Quinn",
    "Reyes", "Rossi", "Roth", "Shah", "Silva", "Stein", "Tran", "Vogel", "Walsh", "Young",
];

/// The licence that federal hospitals ask for.
pub const FEDERAL_LICENCE: &str = "federal-supplier";
/// The language everybody speaks.
pub const ENGLISH: &str = "en";
/// The language some customers prefer.
pub const SPANISH: &str = "es";

/// An invented rep and the real town they are placed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the CRM knows of them.
    pub rep: Rep,
    /// The manager of their team.
    pub manager: RepId,
    /// Town and state of the base.
    pub town: String,
}

/// The word for a kind of hospital, as an industry.
pub fn industry(kind: &str) -> Tag {
    let word = match kind {
        "GENERAL ACUTE CARE" => "acute care",
        "PSYCHIATRIC" => "psychiatry",
        "REHABILITATION" => "rehabilitation",
        "LONG TERM CARE" | "CHRONIC DISEASE" => "long-term care",
        "CRITICAL ACCESS" => "rural care",
        "MILITARY" => "veterans",
        "CHILDREN" | "WOMEN" => "mother and child",
        _ => "special care",
    };
    tag(word)
}

/// A word the program itself writes, which is sound.
pub fn tag(word: &str) -> Tag {
    word.parse().expect("a sound word")
}

/// Invents `count` reps.
pub fn people(chance: &mut Chance, towns: &[Town], count: usize, today: NaiveDate) -> Vec<Person> {
    let bases = bases(chance, towns, count);
    let teams = teams(&bases, count);
    let names = names(chance, count);
    bases
        .iter()
        .zip(teams)
        .zip(names)
        .enumerate()
        .map(|(at, ((town, (team, manager)), name))| Person {
            rep: rep(chance, towns, town, &format!("R{:03}", at + 1), name, team, today),
            manager,
            town: town.name.clone(),
        })
        .collect()
}

/// Draws towns, larger ones more likely; each once while there are enough.
fn bases<'t>(chance: &mut Chance, towns: &'t [Town], count: usize) -> Vec<&'t Town> {
    let mut bases = Vec::with_capacity(count);
    let mut left: Vec<&Town> = Vec::new();
    while bases.len() < count {
        if left.is_empty() {
            left = towns.iter().collect();
        }
        let weight = |town: &Town| (town.hospitals as f64).sqrt();
        let mut mark = chance.share() * left.iter().map(|town| weight(town)).sum::<f64>();
        let drawn = left.iter().position(|town| {
            mark -= weight(town);
            mark < 0.0
        });
        bases.push(left.swap_remove(drawn.unwrap_or(0)));
    }
    bases
}

/// Cuts the bases along the longer side of the map into two to four teams.
fn teams(bases: &[&Town], count: usize) -> Vec<(TeamId, RepId)> {
    let spread = |degrees: fn(Place) -> f64| {
        let all = || bases.iter().map(|town| degrees(town.place));
        all().fold(f64::MIN, f64::max) - all().fold(f64::MAX, f64::min)
    };
    // A degree of longitude is about three quarters of one of latitude here.
    let is_wide = spread(Place::lon) * 0.75 >= spread(Place::lat);
    let names: &[&str] = match ((count / 10).clamp(2, 4), is_wide) {
        (2, true) => &["west", "east"],
        (2, false) => &["south", "north"],
        (3, true) => &["west", "centre", "east"],
        (3, false) => &["south", "centre", "north"],
        (_, true) => &["west", "centre-west", "centre-east", "east"],
        (_, false) => &["south", "centre-south", "centre-north", "north"],
    };
    let mut order: Vec<usize> = (0..bases.len()).collect();
    let along = |base: usize| if is_wide { bases[base].place.lon() } else { bases[base].place.lat() };
    order.sort_by(|&a, &b| along(a).total_cmp(&along(b)).then(a.cmp(&b)));
    let mut team_of = vec![0; bases.len()];
    for (rank, &base) in order.iter().enumerate() {
        team_of[base] = rank * names.len() / bases.len();
    }
    let id = |text: String| text.parse().expect("a sound id");
    team_of
        .into_iter()
        .map(|team| (names[team].parse().expect("a sound id"), id(format!("M-{}", names[team]))))
        .collect()
}

fn names(chance: &mut Chance, count: usize) -> Vec<String> {
    let mut all: Vec<(usize, usize)> =
        (0..FIRST_NAMES.len()).flat_map(|first| (0..LAST_NAMES.len()).map(move |last| (first, last))).collect();
    chance.shuffle(&mut all);
    all.iter().take(count).map(|&(first, last)| format!("{} {}", FIRST_NAMES[first], LAST_NAMES[last])).collect()
}

/// How many reps there are names for.
pub const MOST_REPS: usize = FIRST_NAMES.len() * LAST_NAMES.len();

fn rep(
    chance: &mut Chance,
    towns: &[Town],
    town: &Town,
    id: &str,
    name: String,
    team: TeamId,
    today: NaiveDate,
) -> Rep {
    let words = |several: &[&str]| several.iter().map(|word| tag(word)).collect::<BTreeSet<_>>();
    let mut industries = words(if chance.happens(92) { &["acute care"] } else { &[] });
    for _ in 0..chance.between(2, 4) {
        let kinds = ["psychiatry", "rehabilitation", "long-term care", "rural care", "veterans", "mother and child"];
        industries.insert(tag(kinds[chance.below(kinds.len())]));
    }
    let tolerances = [Trait::Haggles, Trait::Demanding, Trait::Sceptical];
    Rep {
        id: id.parse().expect("a sound id"),
        name,
        team,
        base: town.place,
        base_is_approximate: false,
        territory: territory(towns, town),
        country: tag("us"),
        time_zone: Some(chrono_tz::America::New_York),
        languages: words(if chance.happens(30) { &[ENGLISH, SPANISH] } else { &[ENGLISH] }),
        industries,
        licences: words(if chance.happens(40) { &[FEDERAL_LICENCE] } else { &[] }),
        style: chance.happens(92).then(|| *chance.one_of(Style::ALL)),
        tolerances: tolerances.into_iter().filter(|_| chance.happens(35)).collect(),
        max_one_way_minutes: chance.happens(50).then(|| Minutes(*chance.one_of(&[75, 90, 105, 120, 150]))),
        max_moves_per_run: chance.happens(10).then_some(1),
        capacity_hours_a_year: None,
        abusive_accounts_cap: 0,
        leave: chance
            .happens(4)
            .then(|| Leave { from: today - Days::new(3), until: today + Days::new(chance.between(4, 25) as u64) }),
        leaves_on: chance.happens(2).then(|| today + Days::new(40)),
        active: true,
    }
}

/// The states of the towns around a town.
fn territory(towns: &[Town], base: &Town) -> BTreeSet<Tag> {
    let mut near: Vec<&Town> = towns.iter().collect();
    near.sort_by(|a, b| {
        let metres = |town: &Town| base.place.great_circle_metres(town.place);
        metres(a).total_cmp(&metres(b)).then_with(|| a.name.cmp(&b.name))
    });
    near.iter().take(TERRITORY_TOWNS).map(|town| tag(&town.name[town.name.len() - 2..])).collect()
}
