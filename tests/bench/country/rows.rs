//! The reps, accounts and submissions of a country, each made from its number alone, so that they are the same every time.

use super::places::Hospitals;
use account_swap::{
    domain::{
        ids::RepId,
        money::Balance,
        roster::{Account, Rep, Style, Trait},
        units::{Cents, Place, Stars},
    },
    engine::market::{BookEntry, Market, Offer, Trader},
};
use std::{collections::BTreeSet, fmt::Debug, str::FromStr};

/// How large a country is, and where its hospitals are.
pub struct Country {
    hospitals: Hospitals,
    /// How many reps there are.
    pub reps: u64,
    /// How many accounts each of them has.
    pub accounts_of_each: u64,
    /// How many of these are submitted: the first ones.
    pub submissions_of_each: u64,
}

/// What a market is made of.
pub struct Rows {
    traders: Vec<Trader>,
    offers: Vec<Offer>,
    books: Vec<(RepId, BookEntry)>,
}

impl Rows {
    /// The market on some day.
    pub fn into_market(self) -> Market {
        Market::new(word("2026-03-02"), self.traders, self.offers, self.books, Vec::new(), Vec::new())
            .expect("the rows are a market")
    }
}

const INDUSTRIES: [&str; 5] = ["acute", "children", "psychiatric", "rehabilitation", "long-term"];

impl Country {
    /// A country of this size.
    pub fn new(reps: u64, accounts_of_each: u64, submissions_of_each: u64) -> Self {
        Self { hospitals: Hospitals::read(), reps, accounts_of_each, submissions_of_each }
    }

    /// All of it, in memory.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows { traders: Vec::new(), offers: Vec::new(), books: Vec::new() };
        for rep in 0..self.reps {
            let trader = Trader {
                rep: self.rep(rep),
                balance: Balance::default(),
                abusive_accounts: 0,
                territory_is_drawn: false,
            };
            for nth in 0..self.accounts_of_each {
                let number = rep * self.accounts_of_each + nth;
                let account = self.account(number);
                let entry = BookEntry {
                    account: account.id.clone(),
                    rep: 0,
                    place: account.place,
                    place_is_approximate: false,
                    visits_a_year: account.visits_a_year,
                    visit_minutes: account.visit_minutes,
                };
                rows.books.push((trader.rep.id.clone(), entry));
                if nth < self.submissions_of_each {
                    rows.offers.push(Offer {
                        submission: word(&format!("{number:08x}-0000-4000-8000-000000000000")),
                        account,
                        stars: self.stars(number),
                        nights_waited: 0,
                        last_moved_on: None,
                        swaps_in_a_year: 0,
                        frozen: false,
                        has_family_in_book: false,
                        territories: BTreeSet::new(),
                        open_deals: Vec::new(),
                    });
                }
            }
            rows.traders.push(trader);
        }
        rows
    }

    /// The rep with this number.
    pub fn rep(&self, rep: u64) -> Rep {
        let random = Random(4 * rep);
        let home = &self.hospitals.all[self.home(rep)];
        Rep {
            id: word(&format!("R{rep:05}")),
            name: format!("Rep {rep}"),
            team: word(&format!("T{:04}", rep / 10)),
            base: random.near(1, home.place, 0.15),
            base_is_approximate: false,
            territory: BTreeSet::new(),
            country: word("us"),
            time_zone: None,
            languages: BTreeSet::from([word("english"), word(random.language(3))]),
            industries: (4..6).map(|what| word(random.industry(what))).collect(),
            licences: BTreeSet::new(),
            style: Some(*random.pick(6, Style::ALL)),
            tolerances: Trait::ALL.iter().copied().filter(|&one| random.below(7 + one as u64, 10) < 3).collect(),
            max_one_way_minutes: None,
            max_moves_per_run: None,
            capacity_hours_a_year: Some(1_700),
            abusive_accounts_cap: 1,
            leave: None,
            leaves_on: None,
            active: true,
        }
    }

    /// The account with this number; its owner is the rep whose accounts have the numbers around it.
    pub fn account(&self, number: u64) -> Account {
        let random = Random(4 * number + 1);
        let (rep, nth) = (number / self.accounts_of_each, number % self.accounts_of_each);
        let home = self.home(rep);
        let is_inherited = nth < self.accounts_of_each.div_ceil(10);
        let around = if is_inherited { &self.hospitals.far[home] } else { &self.hospitals.near[home] };
        let hospital = &self.hospitals.all[*random.pick(1, around) as usize];
        let commission = 100_000 * (8 + random.below(2, 12) as i64);
        Account {
            // Ids of a CRM come in no order.
            id: word(&format!("001{:016x}", mixed(number))),
            name: format!("Account {number}"),
            owner: word(&format!("R{rep:05}")),
            place: random.near(3, hospital.place, 0.03),
            place_is_approximate: false,
            region: Some(word(&hospital.state)),
            country: word("us"),
            time_zone: None,
            annual_value_cents: Cents(10 * commission),
            annual_commission_cents: Cents(commission),
            visits_a_year: 4 + random.below(5, 20) as u32,
            visit_minutes: 60,
            language: Some(word(random.language(6))),
            language_required: false,
            industry: Some(word(random.industry(7))),
            industry_required: random.below(8, 10) == 0,
            licences_required: BTreeSet::new(),
            style: Some(*random.pick(9, Style::ALL)),
            traits: Trait::ALL.iter().copied().filter(|&one| random.below(10 + one as u64, 10) == 0).collect(),
            parent: None,
            conflicts: BTreeSet::new(),
        }
    }

    /// How its owner gets on with an account that they submit: 1 to 3 stars.
    pub fn stars(&self, number: u64) -> Stars {
        Stars::clamped(100 + Random(4 * number + 2).below(0, 201) as i64)
    }

    /// The hospital that a rep lives near.
    fn home(&self, rep: u64) -> usize {
        Random(4 * rep + 3).below(0, self.hospitals.all.len() as u64) as usize
    }
}

fn word<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("the bench writes sound words")
}

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&self, what: u64, limit: u64) -> u64 {
        mixed(self.0 * 32 + what) % limit
    }

    fn pick<'a, T>(&self, what: u64, from: &'a [T]) -> &'a T {
        &from[self.below(what, from.len() as u64) as usize]
    }

    fn industry(&self, what: u64) -> &'static str {
        INDUSTRIES[self.below(what, INDUSTRIES.len() as u64) as usize]
    }

    fn language(&self, what: u64) -> &'static str {
        if self.below(what, 100) < 85 { "english" } else { "spanish" }
    }

    /// A place at most `degrees` away in latitude and longitude.
    fn near(&self, what: u64, place: Place, degrees: f64) -> Place {
        let strewn = |what| degrees * (self.below(what, 2_000_001) as f64 / 1e6 - 1.0);
        let (lat, lon) = (place.lat() + strewn(what), place.lon() + strewn(what + 16));
        Place::from_degrees(lat.clamp(-90.0, 90.0), lon.clamp(-180.0, 180.0)).expect("clamped")
    }
}

/// Mixes the bits of a number (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
