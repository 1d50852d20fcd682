//! Fit: what reps and offers have declared, as bits, so that a pair is compared without looking at a word.
//!
//! In go reps and offers; out come, for any pair, the [`Declared`] comparisons of [`super::rapport`], and what hard rules
//! and geography ask of words and clocks.
//! Holds: the answers are those of comparing the words themselves.
//! Costs: one bit for each rep and each word that some offer names; a few nanoseconds a pair.
//! Deliberately absent: what a comparison is worth.

use super::{
    market::{Offer, Trader},
    rapport::Declared,
    view::{NONE, index},
};
use crate::domain::{
    abuse::Severity,
    roster::{Rep, Style, Tag, Trait},
};
use chrono::{NaiveDate, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
};

/// What everybody in a market has declared.
pub(crate) struct Fit {
    /// The language each offer prefers, and who speaks it.
    pub languages: Words,
    /// The industry of each offer, and who knows it.
    pub industries: Words,
    /// The licences each offer requires, and who holds them.
    pub licences: Words,
    /// The region and the drawn territories of each offer, and whose they are.
    territories: Words,
    /// The country of each offer, and who lives there.
    countries: Words,
    reps: Vec<Person>,
    offers: Vec<Wish>,
}

/// What a rep declares, close together.
#[derive(Debug, Clone, Copy)]
struct Person {
    manner: Manner,
    territory: Territory,
    /// Seconds east of UTC.
    clock: Option<i32>,
}

/// What a rep's territory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Territory {
    /// None in particular.
    Anywhere,
    /// Regions, with drawn territories or without: only an account whose region is known may be outside.
    Regions,
    /// Drawn territories alone: every account is known to be inside or outside.
    Drawn,
}

/// How a rep works, or the customer of an offer likes to be worked with.
#[derive(Debug, Clone, Copy)]
struct Manner {
    style: Option<Style>,
    /// Tolerances of a rep, hard traits of an offer.
    traits: u8,
}

/// What an offer declares, close together.
#[derive(Debug, Clone, Copy)]
struct Wish {
    manner: Manner,
    /// The number of its language, or [`NONE`].
    language: u32,
    /// The number of its industry, or [`NONE`].
    industry: u32,
    /// Whether the region it lies in is known.
    has_region: bool,
    /// Seconds east of UTC.
    clock: Option<i32>,
}

impl Fit {
    /// Reads everybody's words once; clocks are those of `date`. Numbers are places in these lists.
    pub fn new(reps: &[&Trader], offers: &[&Offer], date: NaiveDate) -> Self {
        let manner = |style: Option<Style>, traits: &BTreeSet<Trait>| Manner { style, traits: bits(traits) };
        let person = |trader: &&Trader| Person {
            manner: manner(trader.rep.style, &trader.rep.tolerances),
            territory: territory(trader),
            clock: seconds_east(trader.rep.time_zone, date),
        };
        let languages = Words::new(reps, offers, |offer| offer.account.language.iter(), |rep| rep.languages.iter());
        let industries = Words::new(reps, offers, |offer| offer.account.industry.iter(), |rep| rep.industries.iter());
        let wish = |(number, offer): (u32, &&Offer)| Wish {
            manner: manner(offer.account.style, &offer.account.traits),
            language: languages.first_of(number),
            industry: industries.first_of(number),
            has_region: offer.account.region.is_some(),
            clock: seconds_east(offer.account.time_zone, date),
        };
        Self {
            licences: Words::new(
                reps,
                offers,
                |offer| offer.account.licences_required.iter(),
                |rep| rep.licences.iter(),
            ),
            territories: Words::new(
                reps,
                offers,
                |offer| offer.account.region.iter().chain(&offer.territories),
                |rep| rep.territory.iter(),
            ),
            countries: Words::new(
                reps,
                offers,
                |offer| slice::from_ref(&offer.account.country).iter(),
                |rep| slice::from_ref(&rep.country).iter(),
            ),
            reps: reps.iter().map(person).collect(),
            offers: (0..).zip(offers).map(wish).collect(),
            languages,
            industries,
        }
    }

    /// Whether a rep has opted in to a class of abuse, or to a harsher one.
    pub fn bears(&self, rep: u32, severity: Severity) -> bool {
        self.reps[rep as usize].manner.traits & bits_from(severity) != 0
    }

    /// What a rep and an offer have declared about each other.
    pub fn declared(&self, rep: u32, offer: u32) -> Declared {
        let Wish { manner, language, industry, .. } = self.offers[offer as usize];
        let own = self.reps[rep as usize].manner;
        Declared {
            style_matches: own.style.zip(manner.style).map(|(own, theirs)| own == theirs),
            language_shared: self.languages.shared_number(rep, language),
            industry_known: self.industries.shared_number(rep, industry),
            traits_tolerated: (manner.traits & own.traits).count_ones(),
            traits_not_tolerated: (manner.traits & !own.traits).count_ones(),
        }
    }

    /// Whether an offer is known to be in none of the regions and drawn territories that are the rep's.
    pub fn is_outside(&self, rep: u32, offer: u32) -> bool {
        let is_known = match self.reps[rep as usize].territory {
            Territory::Anywhere => return false,
            Territory::Drawn => true,
            Territory::Regions => self.offers[offer as usize].has_region,
        };
        is_known && !self.territories.any_shared(rep, offer)
    }

    /// Whether an offer is in another country than the rep.
    pub fn is_abroad(&self, rep: u32, offer: u32) -> bool {
        self.countries.shared(rep, offer) == Some(false)
    }

    /// Seconds between the clocks of a rep and an offer, where both are known.
    pub fn clock_difference_seconds(&self, rep: u32, offer: u32) -> Option<i64> {
        let (here, there) = (self.reps[rep as usize].clock?, self.offers[offer as usize].clock?);
        Some((i64::from(here) - i64::from(there)).abs())
    }
}

fn territory(trader: &Trader) -> Territory {
    match (trader.rep.territory.is_empty(), trader.territory_is_drawn) {
        (true, _) => Territory::Anywhere,
        (false, true) => Territory::Drawn,
        (false, false) => Territory::Regions,
    }
}

/// Noon UTC stands for the whole date.
fn seconds_east(zone: Option<Tz>, date: NaiveDate) -> Option<i32> {
    let noon = date.and_hms_opt(12, 0, 0).expect("noon exists");
    zone.map(|zone| zone.offset_from_utc_datetime(&noon).fix().local_minus_utc())
}

fn bits(traits: &BTreeSet<Trait>) -> u8 {
    const { assert!(Trait::ALL.len() <= 8, "a byte has a bit for each trait") };
    traits.iter().fold(0, |bits, &one| bits | 1 << one as u8)
}

/// The bits of a class of abuse and of every harsher one.
fn bits_from(severity: Severity) -> u8 {
    Severity::ALL.iter().filter(|&&class| class >= severity).fold(0, |bits, class| bits | 1 << class.hard_trait() as u8)
}

/// Words of one kind that offers name, and the reps who have them.
pub(crate) struct Words {
    /// The numbers of the words of offer `o` are `of_offer[first[o]..first[o + 1]]`.
    of_offer: Vec<u32>,
    first: Vec<u32>,
    /// How many blocks of 64 words there are.
    blocks: usize,
    /// For each rep, one bit a word.
    of_rep: Vec<u64>,
}

impl Words {
    fn new<'m, N: Iterator<Item = &'m Tag>, H: Iterator<Item = &'m Tag>>(
        reps: &[&'m Trader],
        offers: &[&'m Offer],
        named: impl Fn(&'m Offer) -> N,
        had: impl Fn(&'m Rep) -> H,
    ) -> Self {
        let words: BTreeSet<&Tag> = offers.iter().flat_map(|&offer| named(offer)).collect();
        let numbers: BTreeMap<&Tag, u32> = words.into_iter().zip(0..).collect();
        let (mut of_offer, mut first) = (Vec::with_capacity(offers.len()), vec![0]);
        for &offer in offers {
            of_offer.extend(named(offer).map(|word| numbers[word]));
            first.push(index(of_offer.len()));
        }
        let blocks = numbers.len().div_ceil(64);
        let mut of_rep = vec![0_u64; reps.len() * blocks];
        for (rep, trader) in reps.iter().enumerate() {
            for number in had(&trader.rep).filter_map(|word| numbers.get(word)) {
                of_rep[rep * blocks + *number as usize / 64] |= 1 << (number % 64);
            }
        }
        Self { of_offer, first, blocks, of_rep }
    }

    /// The numbers of an offer's words.
    fn of(&self, offer: u32) -> &[u32] {
        &self.of_offer[self.first[offer as usize] as usize..self.first[offer as usize + 1] as usize]
    }

    /// The number of an offer's first word, or [`NONE`].
    fn first_of(&self, offer: u32) -> u32 {
        self.of(offer).first().copied().unwrap_or(NONE)
    }

    fn has(&self, rep: u32, number: u32) -> bool {
        let block = self.of_rep[rep as usize * self.blocks + number as usize / 64];
        block & (1 << (number % 64)) != 0
    }

    /// Whether the rep has the word with this number; absent for [`NONE`].
    fn shared_number(&self, rep: u32, number: u32) -> Option<bool> {
        (number != NONE).then(|| self.has(rep, number))
    }

    /// Whether the rep has the offer's one word, where the offer names one.
    pub fn shared(&self, rep: u32, offer: u32) -> Option<bool> {
        self.shared_number(rep, self.first_of(offer))
    }

    /// Whether the rep has one of the offer's words.
    pub fn any_shared(&self, rep: u32, offer: u32) -> bool {
        self.of(offer).iter().any(|&number| self.has(rep, number))
    }

    /// Whether the rep has all of the offer's words.
    pub fn all_shared(&self, rep: u32, offer: u32) -> bool {
        self.of(offer).iter().all(|&number| self.has(rep, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Nine reps and nine offers with every mixture of two words out of 70, styles and traits.
    fn everybody() -> (Vec<Trader>, Vec<Offer>) {
        let words = |seed: usize| vec![format!("word-{:02}", seed * 7 % 70), format!("word-{:02}", seed * 31 % 70)];
        let styles = [json!(null), json!("direct"), json!("analytical")];
        let traits = [json!([]), json!(["haggles", "threatening"]), json!(["abusive", "slow_payer"])];
        let place = json!({"lat": 40.0, "lon": -75.0});
        let reps = (0..9).map(|at| {
            json!({"rep": {"id": format!("rep-{at}"), "name": "", "team": "east", "base": place, "territory": [],
                "country": "us", "languages": words(at), "industries": words(at + 1), "licences": [],
                "style": styles[at % 3], "tolerances": traits[at / 3], "abusive_accounts_cap": 0, "active": true},
                "balance": {"ledger_cents": 0, "pending_in_cents": 0, "pending_out_cents": 0}, "abusive_accounts": 0})
        });
        let offers = (0..70).map(|at| {
            let word = (at % 4 != 0).then(|| format!("word-{at:02}"));
            json!({"submission": "00000000-0000-4000-8000-000000000000", "account": {"id": format!("A-{at}"), "name": "",
                "owner": "rep-0", "place": place, "country": "us", "annual_value_cents": 0,
                "annual_commission_cents": 0, "visits_a_year": 0, "visit_minutes": 0, "language": word,
                "language_required": false, "industry": word, "industry_required": false, "licences_required": [],
                "style": styles[at / 3 % 3], "traits": traits[at % 3], "conflicts": []},
                "stars": 1.0, "nights_waited": 0, "frozen": false, "has_family_in_book": false})
        });
        let reps = reps.map(|rep| serde_json::from_value(rep).unwrap()).collect();
        (reps, offers.map(|offer| serde_json::from_value(offer).unwrap()).collect())
    }

    #[test]
    fn bits_say_what_the_words_say() {
        let (reps, offers) = everybody();
        let date = "2026-03-02".parse().unwrap();
        let fit = Fit::new(&reps.iter().collect::<Vec<_>>(), &offers.iter().collect::<Vec<_>>(), date);
        let mut shared = 0;
        for (rep, trader) in (0..).zip(&reps) {
            for (offer, item) in (0..).zip(&offers) {
                let declared = fit.declared(rep, offer);
                assert_eq!(declared, Declared::of(&trader.rep, &item.account));
                shared += u32::from(declared.language_shared == Some(true));
            }
            for &severity in Severity::ALL {
                assert_eq!(fit.bears(rep, severity), trader.rep.bears(severity), "{} {severity}", trader.rep.id);
            }
        }
        assert!(shared > 5, "the words of the test never meet");
    }
}
