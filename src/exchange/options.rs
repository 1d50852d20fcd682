//! What is asked of a market.
//!
//! In: words and numbers as a person writes them. Out: [`Options`].
//! Holds: unfairness is an exact decimal, so points are integers when counted in its parts.
//! Costs: nothing. Absent: what only the command line needs, such as a time limit.

use super::market::{Chances, Market};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a plan is the best for, by what, and within what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the best plan is.
    pub objective: Objective,
    /// The longest move.
    pub max_ring: MaxRing,
    /// How many moves a rep may take part in who has no cap of its own.
    pub max_moves_per_rep: MaxMoves,
    /// What a difference of gains in a move costs.
    pub unfairness: Unfairness,
}

impl Options {
    /// Checks that a market can be asked this.
    ///
    /// Errors: a sentence that names the option and says why not.
    pub fn fit(&self, market: &Market) -> Result<(), String> {
        if let Chances::Moves(_) = market.chances() {
            if self.max_ring != MaxRing::AtMost(2) {
                return Err(format!(
                    "--max-ring {}: ready-made moves are swaps of two, so only --max-ring 2 can be asked of them",
                    self.max_ring
                ));
            }
            if self.objective == Objective::WorstGainFirst {
                return Err("--objective worst-gain-first: ready-made moves have points and no gains".to_owned());
            }
            if self.unfairness != Unfairness::NONE {
                return Err("--unfairness: ready-made moves have points and no gains, so only 0 can be asked of them"
                    .to_owned());
            }
        }
        if self.max_ring == MaxRing::Unlimited {
            self.fit_any_length(market)?;
        }
        Ok(())
    }

    /// Checks what rings of any length can be asked: they are found arc by arc, so only what is a sum over arcs.
    fn fit_any_length(&self, market: &Market) -> Result<(), String> {
        if self.unfairness != Unfairness::NONE {
            return Err(
                "--unfairness: with --max-ring unlimited only 0 can be taken, for the best rings of any length \
                        are found arc by arc, and the difference of a ring's gains is no sum over its arcs"
                    .to_owned(),
            );
        }
        let a_loss = || match market.chances() {
            Chances::Arcs(arcs) => arcs.iter().find(|arc| arc.gain < 0),
            Chances::Moves(_) => None,
        };
        if self.objective == Objective::SwapsThenPoints
            && let Some(arc) = a_loss()
        {
            return Err(format!(
                "--objective swaps-then-points: with --max-ring unlimited no gain may be negative, and that of giving \
                 {:?} for {:?} is {}: rings of any length are found arc by arc, so one of negative points could not \
                 be left out",
                market.offer_id(arc.give),
                market.offer_id(arc.receive),
                arc.gain
            ));
        }
        Ok(())
    }
}

/// What makes one plan better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// More points.
    Points,
    /// More reps served, and then more points.
    SwapsThenPoints,
    /// A larger smallest gain, then a larger next one, and so on; then more points.
    WorstGainFirst,
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "points" => Ok(Self::Points),
            "swaps-then-points" => Ok(Self::SwapsThenPoints),
            "worst-gain-first" => Ok(Self::WorstGainFirst),
            _ => Err("expected points, swaps-then-points or worst-gain-first".to_owned()),
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Points => "points",
            Self::SwapsThenPoints => "swaps-then-points",
            Self::WorstGainFirst => "worst-gain-first",
        })
    }
}

/// How many offers a move may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxRing {
    /// At most this many, from 2 to 4.
    AtMost(usize),
    /// Any number.
    Unlimited,
}

impl MaxRing {
    /// Tells whether a move may have so many offers.
    pub fn allows(self, offers: usize) -> bool {
        offers >= 2
            && match self {
                Self::AtMost(most) => offers <= most,
                Self::Unlimited => true,
            }
    }
}

impl FromStr for MaxRing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "2" => Ok(Self::AtMost(2)),
            "3" => Ok(Self::AtMost(3)),
            "4" => Ok(Self::AtMost(4)),
            "unlimited" => Ok(Self::Unlimited),
            _ => Err("expected 2, 3, 4 or unlimited".to_owned()),
        }
    }
}

impl fmt::Display for MaxRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => most.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

/// A number of moves, or none that binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxMoves(pub Option<u32>);

impl FromStr for MaxMoves {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => text.parse().map(|most| Self(Some(most))).map_err(|_| "expected a number from 0, or none".to_owned()),
        }
    }
}

/// The price of a point of difference between the largest and the smallest gain of a move, from 0 to 1, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfairness {
    parts: i64,
    parts_in_one: i64,
}

impl Unfairness {
    /// Differences cost nothing.
    pub const NONE: Self = Self { parts: 0, parts_in_one: 1 };

    /// The most digits after the point: with them the points of a ring of four largest gains, counted in parts, are
    /// within the 2^52 that the solver takes.
    pub const MOST_DECIMALS: usize = 3;

    /// Returns how many parts make one point; a power of ten.
    pub fn parts_in_one(self) -> i64 {
        self.parts_in_one
    }

    /// Returns what a point of difference costs, in parts.
    pub fn parts(self) -> i64 {
        self.parts
    }

    /// Returns the points of a move with some gains, in parts.
    ///
    /// Up to four gains, each within the largest there may be, stay within the numbers; so do the sums of more whose
    /// sizes come to as much.
    pub(super) fn points(self, gains: &[i64]) -> i64 {
        let (smallest, largest) = (gains.iter().min().copied().unwrap_or(0), gains.iter().max().copied().unwrap_or(0));
        self.parts_in_one * gains.iter().sum::<i64>() - self.parts * (largest - smallest)
    }
}

impl FromStr for Unfairness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a decimal from 0 to 1 with at most {} places", Self::MOST_DECIMALS);
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(part) || whole.len() > 1 {
            return Err(wrong());
        }
        let part = part.trim_end_matches('0');
        if part.len() > Self::MOST_DECIMALS {
            return Err(wrong());
        }
        let parts_in_one = 10_i64.pow(part.len() as u32);
        let parts: i64 = format!("{whole}{part}").parse().map_err(|_| wrong())?;
        if parts > parts_in_one {
            return Err(wrong());
        }
        Ok(Self { parts, parts_in_one })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfairness_is_taken_as_it_is_written() {
        for (text, parts, parts_in_one) in [
            ("0", 0, 1),
            ("1", 1, 1),
            ("0.0", 0, 1),
            ("1.000", 1, 1),
            ("0.5", 5, 10),
            ("0.25", 25, 100),
            ("0.050", 5, 100),
            ("0.999", 999, 1_000),
        ] {
            assert_eq!(text.parse(), Ok(Unfairness { parts, parts_in_one }), "{text}");
        }
        for text in ["", ".", "1.", ".5", "1.001", "2", "-0", "+1", "0,5", "1e0", "0.1234", "00", "NaN"] {
            assert!(text.parse::<Unfairness>().is_err(), "{text}");
        }
    }
}
