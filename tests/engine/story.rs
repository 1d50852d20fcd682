//! A story: a market somebody can write by hand, with defaults for all that does not matter to it.
//!
//! In goes TOML, out come a [`Market`] and a [`Policy`]. Unknown keys are an error, so that a misspelt one is not taken
//! for a default.

use account_swap::{
    domain::{
        decline::Restraint,
        money::{Balance, OpenDeal},
        policy::Policy,
        roster::{Account, Leave, Rep},
        travel::{TravelMap, TravelSource},
        units::{Cents, Minutes, Place, Stars},
    },
    engine::{
        market::{BookEntry, Market, Offer, PairHistory, Trader},
        ways::{Told, Ways},
    },
};
use chrono::NaiveDate;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Debug, str::FromStr};

/// A market as a person writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What the story shows.
    pub story: String,
    #[serde(default = "a_monday")]
    pub date: String,
    #[serde(default)]
    pub rep: Vec<RepLine>,
    #[serde(default)]
    pub offer: Vec<OfferLine>,
    #[serde(default)]
    pub book: Vec<BookLine>,
    #[serde(default)]
    pub history: Vec<HistoryLine>,
    #[serde(default)]
    pub forbidden: Vec<(String, String)>,
    /// What reps' declines ask, by rep.
    #[serde(default)]
    pub restraint: BTreeMap<String, Restraint>,
    #[serde(default)]
    pub way: Vec<WayLine>,
    /// What differs from `policy.toml`.
    #[serde(default)]
    pub policy: toml::Table,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepLine {
    pub id: String,
    pub at: (f64, f64),
    #[serde(default)]
    pub approximate: bool,
    #[serde(default)]
    pub territory: Vec<String>,
    /// Whether every word of the territory is a drawn one.
    #[serde(default)]
    pub territory_is_drawn: bool,
    #[serde(default = "the_country")]
    pub country: String,
    pub time_zone: Option<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub industries: Vec<String>,
    #[serde(default)]
    pub licences: Vec<String>,
    pub style: Option<String>,
    #[serde(default)]
    pub tolerances: Vec<String>,
    pub max_one_way_minutes: Option<i64>,
    pub max_moves: Option<u32>,
    pub capacity_hours: Option<u32>,
    #[serde(default)]
    pub abusive_cap: u32,
    #[serde(default)]
    pub abusive_held: u32,
    #[serde(default)]
    pub ledger_cents: i64,
    #[serde(default)]
    pub pending_in_cents: i64,
    #[serde(default)]
    pub pending_out_cents: i64,
    pub leave: Option<(String, String)>,
    pub leaves_on: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferLine {
    pub id: String,
    pub rep: String,
    pub at: (f64, f64),
    #[serde(default)]
    pub approximate: bool,
    pub stars: f64,
    #[serde(default)]
    pub nights: u32,
    #[serde(default = "a_commission")]
    pub commission_cents: i64,
    #[serde(default = "monthly")]
    pub visits: u32,
    #[serde(default = "an_hour")]
    pub visit_minutes: u32,
    pub region: Option<String>,
    /// The drawn territories it lies in.
    #[serde(default)]
    pub territories: Vec<String>,
    #[serde(default = "the_country")]
    pub country: String,
    pub time_zone: Option<String>,
    pub language: Option<String>,
    #[serde(default)]
    pub language_required: bool,
    pub industry: Option<String>,
    #[serde(default)]
    pub industry_required: bool,
    #[serde(default)]
    pub licences: Vec<String>,
    pub style: Option<String>,
    #[serde(default)]
    pub traits: Vec<String>,
    #[serde(default)]
    pub conflicts: Vec<String>,
    pub last_moved_on: Option<String>,
    #[serde(default)]
    pub swaps_in_a_year: u32,
    #[serde(default)]
    pub frozen: bool,
    #[serde(default)]
    pub family_in_book: bool,
    #[serde(default)]
    pub deal: Vec<DealLine>,
}

/// A deal under way with an account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DealLine {
    pub id: String,
    pub commission_cents: i64,
    pub treatment: Option<String>,
    pub closes_on: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookLine {
    pub id: String,
    pub rep: String,
    pub at: (f64, f64),
    #[serde(default)]
    pub approximate: bool,
    #[serde(default = "monthly")]
    pub visits: u32,
    #[serde(default = "an_hour")]
    pub visit_minutes: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryLine {
    pub rep: String,
    pub account: String,
    #[serde(default)]
    pub stars: Vec<f64>,
    pub owned_until: Option<String>,
}

/// A way that was measured there and back, between reps' bases and accounts by their ids.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WayLine {
    pub from: String,
    pub to: String,
    /// Absent where there is no way.
    pub minutes: Option<u32>,
    pub back_minutes: Option<u32>,
}

fn a_monday() -> String {
    "2026-03-02".to_owned()
}
fn the_country() -> String {
    "us".to_owned()
}
fn a_commission() -> i64 {
    1_000_000
}
fn monthly() -> u32 {
    12
}
fn an_hour() -> u32 {
    60
}

/// Reads a word of any of the domain's types.
pub fn word<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn words<T: FromStr<Err: Debug>, C: FromIterator<T>>(texts: &[String]) -> C {
    texts.iter().map(|text| word(text)).collect()
}

fn maybe<T: FromStr<Err: Debug>>(text: &Option<String>) -> Option<T> {
    text.as_deref().map(word)
}

fn place((lat, lon): (f64, f64)) -> Place {
    Place::from_degrees(lat, lon).unwrap()
}

impl Story {
    /// Reads a story.
    pub fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The policy of the stories with what this one changes.
    pub fn policy(&self) -> Policy {
        let mut table: toml::Table = toml::from_str(include_str!("policy.toml")).unwrap();
        merge(&mut table, &self.policy);
        table.try_into().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The market. Every offer is in its owner's book without being written there again.
    pub fn market(&self) -> Market {
        let own = self.offer.iter().map(|line| {
            let entry = BookEntry {
                account: word(&line.id),
                rep: 0,
                place: place(line.at),
                place_is_approximate: line.approximate,
                visits_a_year: line.visits,
                visit_minutes: line.visit_minutes,
            };
            (word(&line.rep), entry)
        });
        let others = self.book.iter().map(|line| {
            let entry = BookEntry {
                account: word(&line.id),
                rep: 0,
                place: place(line.at),
                place_is_approximate: line.approximate,
                visits_a_year: line.visits,
                visit_minutes: line.visit_minutes,
            };
            (word(&line.rep), entry)
        });
        let market = Market::new(
            word(&self.date),
            self.rep.iter().map(RepLine::trader).collect(),
            self.offer.iter().enumerate().map(|(at, line)| line.offer(at)).collect(),
            own.chain(others).collect(),
            self.history.iter().map(HistoryLine::pair).collect(),
            self.forbidden.iter().map(|(rep, account)| (word(rep), word(account))).collect(),
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let ways = Ways::new(self.way.iter().flat_map(|line| self.told(line)).collect());
        let restraints = self.restraint.iter().map(|(rep, restraint)| (word(rep), restraint.clone())).collect();
        Market { restraints, ways, ..market }
    }

    fn told(&self, line: &WayLine) -> [Told; 2] {
        let (from, to) = (self.place_of(&line.from), self.place_of(&line.to));
        let map = TravelMap { source: TravelSource::RoadNetwork, date: Some(word("2026-02-01")) };
        let told = |from, to, minutes: Option<u32>| Told { from, to, deciseconds: minutes.map(|m| m * 600), map };
        [told(from, to, line.minutes), told(to, from, line.back_minutes)]
    }

    fn place_of(&self, id: &str) -> Place {
        let reps = self.rep.iter().map(|line| (&line.id, line.at));
        let accounts = self.offer.iter().map(|line| (&line.id, line.at));
        let others = self.book.iter().map(|line| (&line.id, line.at));
        let found = reps.chain(accounts).chain(others).find(|(one, _)| *one == id);
        place(found.unwrap_or_else(|| panic!("no {id} in the story")).1)
    }
}

impl RepLine {
    fn trader(&self) -> Trader {
        let rep = Rep {
            id: word(&self.id),
            name: self.id.clone(),
            team: word("team"),
            base: place(self.at),
            base_is_approximate: self.approximate,
            territory: words(&self.territory),
            country: word(&self.country),
            time_zone: maybe(&self.time_zone),
            languages: words(&self.languages),
            industries: words(&self.industries),
            licences: words(&self.licences),
            style: maybe(&self.style),
            tolerances: words(&self.tolerances),
            max_one_way_minutes: self.max_one_way_minutes.map(Minutes),
            max_moves_per_run: self.max_moves,
            capacity_hours_a_year: self.capacity_hours,
            abusive_accounts_cap: self.abusive_cap,
            leave: self.leave.as_ref().map(|(from, until)| Leave { from: word(from), until: word(until) }),
            leaves_on: maybe(&self.leaves_on),
            active: true,
        };
        Trader {
            rep,
            balance: Balance {
                ledger_cents: Cents(self.ledger_cents),
                pending_in_cents: Cents(self.pending_in_cents),
                pending_out_cents: Cents(self.pending_out_cents),
            },
            abusive_accounts: self.abusive_held,
            territory_is_drawn: self.territory_is_drawn,
        }
    }
}

impl OfferLine {
    fn offer(&self, at: usize) -> Offer {
        let account = Account {
            id: word(&self.id),
            name: self.id.clone(),
            owner: word(&self.rep),
            place: place(self.at),
            place_is_approximate: self.approximate,
            region: maybe(&self.region),
            country: word(&self.country),
            time_zone: maybe(&self.time_zone),
            annual_value_cents: Cents(10 * self.commission_cents),
            annual_commission_cents: Cents(self.commission_cents),
            visits_a_year: self.visits,
            visit_minutes: self.visit_minutes,
            language: maybe(&self.language),
            language_required: self.language_required,
            industry: maybe(&self.industry),
            industry_required: self.industry_required,
            licences_required: words(&self.licences),
            style: maybe(&self.style),
            traits: words(&self.traits),
            parent: None,
            conflicts: words(&self.conflicts),
        };
        Offer {
            submission: word(&format!("00000000-0000-4000-8000-{:012}", at + 1)),
            account,
            stars: Stars::from_decimal(self.stars).unwrap(),
            nights_waited: self.nights,
            last_moved_on: self.last_moved_on.as_deref().map(word::<NaiveDate>),
            swaps_in_a_year: self.swaps_in_a_year,
            frozen: self.frozen,
            has_family_in_book: self.family_in_book,
            territories: words(&self.territories),
            open_deals: self.deal.iter().map(DealLine::deal).collect(),
        }
    }
}

impl DealLine {
    fn deal(&self) -> OpenDeal {
        OpenDeal {
            id: word(&self.id),
            amount_cents: Cents(10 * self.commission_cents),
            commission_cents: Some(Cents(self.commission_cents)),
            closes_on: maybe(&self.closes_on),
            treatment: maybe(&self.treatment),
        }
    }
}

impl HistoryLine {
    fn pair(&self) -> PairHistory {
        let hundredths = |stars: &f64| Stars::from_decimal(*stars).unwrap().hundredths();
        PairHistory {
            rep: word(&self.rep),
            account: word(&self.account),
            rated_hundredths: self.stars.iter().map(hundredths).sum(),
            ratings: u32::try_from(self.stars.len()).unwrap(),
            owned_until: maybe(&self.owned_until),
        }
    }
}

/// Puts each value of `changes` in its place.
fn merge(table: &mut toml::Table, changes: &toml::Table) {
    for (key, change) in changes {
        match (table.get_mut(key), change) {
            (Some(toml::Value::Table(below)), toml::Value::Table(changes)) => merge(below, changes),
            _ => drop(table.insert(key.clone(), change.clone())),
        }
    }
}
