//! Rapport: how a rep and an account may be expected to get on, with its interval and its named terms.
//!
//! In go what both have declared and their past ratings; out comes a [`Rapport`] that can be read aloud.
//! Holds: the same evidence in a better state never predicts less: a match instead of a mismatch, a language spoken
//! instead of a foreign one, a higher past rating. More evidence never widens the interval.
//! Costs: a constant number of look-ups.
//! Deliberately absent: protected characteristics, anything inferred from text, and anybody's opinion of the day.
//!
//! Three sources are averaged by weight, all in hundredths of a star:
//!
//! - the *average* of unknown pairs, weighing `prior_observations`;
//! - what is *declared*: the average plus the sum of the terms below, weighing one for each comparison that could be
//!   made (both styles declared, a preferred language, an industry, each hard trait of the account);
//! - the mean of the *past ratings* of the very pair, each weighing `rating_observations`.
//!
//! Thin evidence is therefore shrunk towards the average, and what people said about the very pair outweighs what can
//! be guessed. Half the interval is `widest × prior / (prior + comparisons + ratings)` in the same weights. This is the
//! shrinkage of an estimate towards a prior mean (B. Efron and C. Morris, "Stein's Paradox in Statistics", 1977) with
//! weights set by policy instead of estimated variances.

use super::view::{index, rounded_quotient};
use crate::domain::{
    policy::RapportRates,
    roster::{Account, Rep, Trait},
    units::{Minutes, Stars},
};
use serde::Serialize;

/// A prediction with the terms that make it; all but the stars in hundredths of a star.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rapport {
    /// What an unknown pair is expected to be.
    pub average_hundredths: i64,
    /// For matching or differing styles, 0 where one is not declared.
    pub style_hundredths: i64,
    /// For the preferred language, 0 where there is none.
    pub language_hundredths: i64,
    /// For a known industry.
    pub industry_hundredths: i64,
    /// For the hard traits the rep has or has not opted in to.
    pub traits_hundredths: i64,
    /// How many comparisons the declared terms rest on.
    pub comparisons: i64,
    /// How many past ratings of the pair there are.
    pub ratings: i64,
    /// Their sum.
    pub rated_hundredths: i64,
    /// The pessimistic end: what counts for an account received.
    pub low: Stars,
    /// The weighted mean.
    pub expected: Stars,
    /// The optimistic end.
    pub high: Stars,
}

/// What a rep and an account have declared about each other; a comparison is absent where either side says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// Whether their styles match.
    pub style_matches: Option<bool>,
    /// Whether the rep speaks the preferred language.
    pub language_shared: Option<bool>,
    /// Whether the rep knows the industry.
    pub industry_known: Option<bool>,
    /// How many of the account's hard traits the rep has opted in to.
    pub traits_tolerated: u32,
    /// How many the rep has not.
    pub traits_not_tolerated: u32,
}

impl Declared {
    /// What a rep and an account have declared about each other.
    pub fn of(rep: &Rep, account: &Account) -> Self {
        let tolerated = account.traits.intersection(&rep.tolerances).count();
        Self {
            style_matches: rep.style.zip(account.style).map(|(own, theirs)| own == theirs),
            language_shared: account.language.as_ref().map(|language| rep.languages.contains(language)),
            industry_known: account.industry.as_ref().map(|industry| rep.industries.contains(industry)),
            traits_tolerated: index(tolerated),
            traits_not_tolerated: index(account.traits.len() - tolerated),
        }
    }
}

/// Predicts how a rep and an account get on from what is `declared` and `past`, the sum and number of their ratings.
pub fn predict(rates: &RapportRates, declared: &Declared, past: Option<(i64, u32)>) -> Rapport {
    let either = |compared: Option<bool>, yes: i64, no: i64| compared.map_or(0, |so| if so { yes } else { no });
    let style = either(declared.style_matches, rates.style_match_hundredths, -rates.style_mismatch_hundredths);
    let language =
        either(declared.language_shared, rates.language_shared_hundredths, -rates.language_foreign_hundredths);
    let industry = either(declared.industry_known, rates.industry_known_hundredths, 0);
    let (tolerated, not_tolerated) = (i64::from(declared.traits_tolerated), i64::from(declared.traits_not_tolerated));
    let traits = tolerated * rates.tolerance_hundredths - not_tolerated * rates.intolerance_hundredths;
    let compared = [declared.style_matches, declared.language_shared, declared.industry_known];
    let comparisons = compared.iter().flatten().count() as i64 + tolerated + not_tolerated;
    let (rated, ratings) = past.map_or((0, 0), |(sum, count)| (sum, i64::from(count)));
    let average = rates.average_hundredths;
    let sum_declared = average + style + language + industry + traits;
    let prior = rates.prior_observations;
    let weight = prior + comparisons + rates.rating_observations * ratings;
    let (expected, half) = if weight > 0 {
        let sum = prior * average + comparisons * sum_declared + rates.rating_observations * rated;
        (rounded_quotient(sum, weight), rounded_quotient(rates.widest_half_interval_hundredths * prior, weight))
    } else {
        (average, rates.widest_half_interval_hundredths)
    };
    Rapport {
        average_hundredths: average,
        style_hundredths: style,
        language_hundredths: language,
        industry_hundredths: industry,
        traits_hundredths: traits,
        comparisons,
        ratings,
        rated_hundredths: rated,
        low: Stars::clamped(expected - half),
        expected: Stars::clamped(expected),
        high: Stars::clamped(expected + half),
    }
}

/// The pessimistic end of a prediction, and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LowEnd {
    /// The stars.
    pub stars: Stars,
    /// What they are worth a year.
    pub minutes: Minutes,
}

impl LowEnd {
    /// Values stars at so many minutes each.
    pub fn of(stars: Stars, star_minutes: Minutes) -> Self {
        Self { stars, minutes: minutes_of(stars, star_minutes) }
    }
}

/// What stars are worth at so many minutes each.
pub(crate) fn minutes_of(stars: Stars, star_minutes: Minutes) -> Minutes {
    Minutes(rounded_quotient(star_minutes.0 * stars.hundredths(), 100))
}

/// The pessimistic end of every prediction without past ratings, worked out once: of how many there can be, most pairs
/// of a market share a few.
pub(crate) struct LowEnds {
    /// By [`Self::place`].
    all: Vec<LowEnd>,
}

/// How many hard traits there are, and none.
const TRAIT_COUNTS: usize = Trait::ALL.len() + 1;

impl LowEnds {
    /// Works out all of them.
    pub fn new(rates: &RapportRates, star_minutes: Minutes) -> Self {
        let either = [None, Some(false), Some(true)];
        let counts = || (0..TRAIT_COUNTS).map(index);
        let mut all = Vec::new();
        for style_matches in either {
            for language_shared in either {
                for industry_known in either {
                    for traits_tolerated in counts() {
                        for traits_not_tolerated in counts() {
                            let declared = Declared {
                                style_matches,
                                language_shared,
                                industry_known,
                                traits_tolerated,
                                traits_not_tolerated,
                            };
                            all.push(LowEnd::of(predict(rates, &declared, None).low, star_minutes));
                        }
                    }
                }
            }
        }
        Self { all }
    }

    /// The pessimistic end of what is predicted from this.
    pub fn of(&self, declared: &Declared) -> LowEnd {
        self.all[Self::place(declared)]
    }

    fn place(declared: &Declared) -> usize {
        let either = |compared: Option<bool>| compared.map_or(0, |so| 1 + usize::from(so));
        let compared = [declared.style_matches, declared.language_shared, declared.industry_known];
        let place = compared.into_iter().fold(0, |place, one| 3 * place + either(one));
        (place * TRAIT_COUNTS + declared.traits_tolerated as usize) * TRAIT_COUNTS
            + declared.traits_not_tolerated as usize
    }
}

/// The owner's own stars at the end that counts for an account given away: the optimistic one.
pub fn own_high_end(rates: &RapportRates, stars: Stars) -> Stars {
    Stars::clamped(stars.hundredths() + rates.own_half_interval_hundredths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: RapportRates = RapportRates {
        average_hundredths: 300,
        style_match_hundredths: 80,
        style_mismatch_hundredths: 60,
        language_shared_hundredths: 40,
        language_foreign_hundredths: 80,
        industry_known_hundredths: 60,
        tolerance_hundredths: 40,
        intolerance_hundredths: 40,
        prior_observations: 2,
        rating_observations: 2,
        widest_half_interval_hundredths: 100,
        own_half_interval_hundredths: 25,
    };

    /// Anna, who is direct, speaks English, knows steel, and has opted in to `traits`.
    fn rep(traits: &str) -> Rep {
        let text = format!(
            r#"{{"id": "anna", "name": "Anna", "team": "east", "base": {{"lat": 40, "lon": -75}}, "territory": [],
                "country": "us", "languages": ["english"], "industries": ["steel"], "licences": [], "style": "direct",
                "tolerances": [{traits}], "abusive_accounts_cap": 0, "active": true}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    /// An account about which nothing is declared but `words`, each beginning with a comma.
    fn account(words: &str) -> Account {
        let traits = if words.contains("traits") { "" } else { r#", "traits": []"# };
        let text = format!(
            r#"{{"id": "A-1", "name": "A", "owner": "ben", "place": {{"lat": 40, "lon": -75}}, "country": "us",
                "annual_value_cents": 0, "annual_commission_cents": 0, "visits_a_year": 0, "visit_minutes": 0,
                "language_required": false, "industry_required": false, "licences_required": [], "conflicts": []
                {traits} {words}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn between(traits: &str, words: &str, past: Option<(i64, u32)>) -> Rapport {
        predict(&RATES, &Declared::of(&rep(traits), &account(words)), past)
    }

    fn low_and_expected(words: &str, past: Option<(i64, u32)>) -> (i64, i64) {
        let rapport = between("", words, past);
        (rapport.low.hundredths(), rapport.expected.hundredths())
    }

    #[test]
    fn without_evidence_the_average_and_the_widest_interval_stand() {
        assert_eq!(low_and_expected("", None), (200, 300));
    }

    #[test]
    fn declared_terms_are_shrunk_towards_the_average() {
        // (2 · 300 + 3 · (300 + 80 + 40 + 60)) / 5 = 408, and half of the interval is 100 · 2 / 5 = 40.
        let words = r#", "style": "direct", "language": "english", "industry": "steel""#;
        assert_eq!(low_and_expected(words, None), (368, 408));
    }

    #[test]
    fn past_ratings_outweigh_what_is_declared() {
        // (2 · 300 + 1 · (300 − 60) + 2 · 900) / (2 + 1 + 4) = 377.1, and half of the interval is 28.6.
        assert_eq!(low_and_expected(r#", "style": "analytical""#, Some((900, 2))), (348, 377));
    }

    #[test]
    fn the_same_evidence_in_a_better_state_never_predicts_less() {
        let (match_, differ) = (r#", "style": "direct""#, r#", "style": "relational""#);
        assert!(low_and_expected(match_, None) > low_and_expected(differ, None));
        let (shared, foreign) = (r#", "language": "english""#, r#", "language": "welsh""#);
        assert!(low_and_expected(shared, None) > low_and_expected(foreign, None));
        assert!(low_and_expected("", Some((450, 1))) > low_and_expected("", Some((440, 1))));
        let hard = r#", "traits": ["haggles"]"#;
        assert!(between("\"haggles\"", hard, None).low > between("", hard, None).low, "opting in to a trait");
    }

    #[test]
    fn the_ends_worked_out_once_are_those_of_the_predictions() {
        let ends = LowEnds::new(&RATES, Minutes(1200));
        let either = [None, Some(false), Some(true)];
        for (at, style_matches) in either.into_iter().enumerate() {
            for traits_tolerated in 0..3 {
                let declared = Declared {
                    style_matches,
                    language_shared: either[(at + 1) % 3],
                    industry_known: either[(at + 2) % 3],
                    traits_tolerated,
                    traits_not_tolerated: 3 - traits_tolerated,
                };
                let end = ends.of(&declared);
                assert_eq!(end.stars, predict(&RATES, &declared, None).low, "{declared:?}");
                assert_eq!(end.minutes, Minutes(12 * end.stars.hundredths()));
            }
        }
    }

    #[test]
    fn more_ratings_never_widen_the_interval() {
        let width = |ratings: u32| {
            let rapport = between("", "", Some((300 * i64::from(ratings), ratings)));
            rapport.high.hundredths() - rapport.low.hundredths()
        };
        assert!((0..20).map(width).is_sorted_by(|wider, narrower| wider >= narrower));
    }

    #[test]
    fn no_weights_at_all_leave_the_average_as_wide_as_can_be() {
        let rates = RapportRates { prior_observations: 0, ..RATES };
        let rapport = predict(&rates, &Declared::default(), None);
        assert_eq!((rapport.low.hundredths(), rapport.high.hundredths()), (200, 400));
    }

    #[test]
    fn stars_stay_between_one_and_five() {
        assert_eq!(between("", "", Some((500_000, 1000))).high, Stars::BEST);
        assert_eq!(own_high_end(&RATES, Stars::BEST), Stars::BEST);
    }
}
