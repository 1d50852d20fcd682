//! Fit: what reps and offers have declared, as bits, so that a pair is compared without looking at a word.
//!
//! In go the market's reps and offers; out comes, for any pair, the [`Declared`] comparisons of [`super::rapport`].
//! Holds: the answers are those of comparing the words themselves.
//! Costs: one bit for each rep and each word that some offer names; a few nanoseconds a pair.
//! Deliberately absent: what a comparison is worth.

use super::{
    market::{Offer, Trader},
    rapport::Declared,
    view::NONE,
};
use crate::domain::{
    abuse::Severity,
    roster::{Account, Rep, Style, Tag, Trait},
};
use std::collections::{BTreeMap, BTreeSet};

/// The declared traits of everybody in a market.
pub(crate) struct Fit {
    /// The language each offer prefers, and who speaks it.
    pub languages: Words,
    /// The industry of each offer, and who knows it.
    pub industries: Words,
    rep_styles: Vec<Option<Style>>,
    offer_styles: Vec<Option<Style>>,
    rep_tolerances: Vec<u8>,
    offer_traits: Vec<u8>,
}

impl Fit {
    /// Reads everybody's words once.
    pub fn new(reps: &[Trader], offers: &[Offer]) -> Self {
        Self {
            languages: Words::new(reps, offers, |account| account.language.as_ref(), |rep| &rep.languages),
            industries: Words::new(reps, offers, |account| account.industry.as_ref(), |rep| &rep.industries),
            rep_styles: reps.iter().map(|trader| trader.rep.style).collect(),
            offer_styles: offers.iter().map(|offer| offer.account.style).collect(),
            rep_tolerances: reps.iter().map(|trader| bits(&trader.rep.tolerances)).collect(),
            offer_traits: offers.iter().map(|offer| bits(&offer.account.traits)).collect(),
        }
    }

    /// Whether a rep has opted in to a class of abuse, or to a harsher one.
    pub fn bears(&self, rep: u32, severity: Severity) -> bool {
        self.rep_tolerances[rep as usize] & bits_from(severity) != 0
    }

    /// What a rep and an offer have declared about each other.
    pub fn declared(&self, rep: u32, offer: u32) -> Declared {
        let (hard, tolerances) = (self.offer_traits[offer as usize], self.rep_tolerances[rep as usize]);
        let styles = self.rep_styles[rep as usize].zip(self.offer_styles[offer as usize]);
        Declared {
            style_matches: styles.map(|(own, theirs)| own == theirs),
            language_shared: self.languages.shared(rep, offer),
            industry_known: self.industries.shared(rep, offer),
            traits_tolerated: (hard & tolerances).count_ones(),
            traits_not_tolerated: (hard & !tolerances).count_ones(),
        }
    }
}

fn bits(traits: &BTreeSet<Trait>) -> u8 {
    const { assert!(Trait::ALL.len() <= 8, "a byte has a bit for each trait") };
    traits.iter().fold(0, |bits, &one| bits | 1 << one as u8)
}

/// The bits of a class of abuse and of every harsher one.
fn bits_from(severity: Severity) -> u8 {
    Severity::ALL.iter().filter(|&&class| class >= severity).fold(0, |bits, class| bits | 1 << class.hard_trait() as u8)
}

/// One word an offer may name, and the reps who have it.
pub(crate) struct Words {
    /// The number of each offer's word, or [`NONE`].
    of_offer: Vec<u32>,
    /// How many blocks of 64 words there are.
    blocks: usize,
    /// For each rep, one bit a word.
    of_rep: Vec<u64>,
}

impl Words {
    fn new<'m>(
        reps: &'m [Trader],
        offers: &'m [Offer],
        named: impl Fn(&'m Account) -> Option<&'m Tag>,
        had: impl Fn(&'m Rep) -> &'m BTreeSet<Tag>,
    ) -> Self {
        let words: BTreeSet<&Tag> = offers.iter().filter_map(|offer| named(&offer.account)).collect();
        let numbers: BTreeMap<&Tag, u32> = words.into_iter().zip(0..).collect();
        let of_offer = offers.iter().map(|offer| named(&offer.account).map_or(NONE, |word| numbers[word])).collect();
        let blocks = numbers.len().div_ceil(64);
        let mut of_rep = vec![0_u64; reps.len() * blocks];
        for (rep, trader) in reps.iter().enumerate() {
            for number in had(&trader.rep).iter().filter_map(|word| numbers.get(word)) {
                of_rep[rep * blocks + *number as usize / 64] |= 1 << (number % 64);
            }
        }
        Self { of_offer, blocks, of_rep }
    }

    /// Whether the rep has the offer's word, where the offer names one.
    pub fn shared(&self, rep: u32, offer: u32) -> Option<bool> {
        let number = self.of_offer[offer as usize];
        (number != NONE).then(|| {
            let block = self.of_rep[rep as usize * self.blocks + number as usize / 64];
            block & (1 << (number % 64)) != 0
        })
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
        let fit = Fit::new(&reps, &offers);
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
