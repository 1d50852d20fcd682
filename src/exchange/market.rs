//! What a file says: offers, reps, and the arcs or the ready-made moves among them.
//!
//! In: a [`Draft`] as a reader fills it, in the file's order, or the edges of a numbered graph. Out: a [`Market`] in
//! canonical order.
//! Holds: offers and reps are numbered in the order of their ids; arcs ascend by what is given and then by what is
//! received; no arc joins an offer to itself or to one of the same rep, and none occurs twice. So two files that say
//! the same in different orders are equal markets.
//! Costs: 16 bytes an arc, its ids not repeated, and 8 more while it is read; `O(m log m)` time.
//! Absent: what a gain is worth under unfairness, and caps that hold for everybody: both are options.

use super::ids::{IdError, Ids};
use super::read::ReadError;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The largest gain, in either sign.
pub const MAX_GAIN: i64 = 1 << 40;

/// The largest number of points of a ready-made move, in either sign: that of two gains.
pub const MAX_POINTS: i64 = 2 * MAX_GAIN;

/// Whoever gives one offer would receive another, and gain by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arc {
    /// The offer given away.
    pub give: u32,
    /// The offer received for it.
    pub receive: u32,
    /// What the rep of `give` gains, within [`MAX_GAIN`].
    pub gain: i64,
}

/// A swap whose points are given, not made of gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadyMove {
    /// The two offers, the smaller number first.
    pub offers: [u32; 2],
    /// What the swap is worth, within [`MAX_POINTS`].
    pub points: i64,
}

impl ReadyMove {
    /// The two offers, the smaller number first, however they stand.
    fn ascending(&self) -> [u32; 2] {
        let [u, v] = self.offers;
        [u.min(v), u.max(v)]
    }
}

/// What may happen in a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chances {
    /// Moves are the cycles of these arcs.
    Arcs(Vec<Arc>),
    /// Moves are these.
    Moves(Vec<ReadyMove>),
}

/// What offers or reps are called, in order: byte by byte, or that of the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    /// By ids, one after the other in one text.
    Listed { text: String, ends: Vec<usize> },
    /// By numbers, ascending.
    Numbered(Vec<u32>),
}

impl Names {
    /// The ids of a set, in their order.
    fn listed(ids: &Ids, order: &[u32]) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(order.len());
        for &number in order {
            text.push_str(ids.text(number));
            ends.push(text.len());
        }
        Self::Listed { text, ends }
    }

    fn len(&self) -> usize {
        match self {
            Self::Listed { ends, .. } => ends.len(),
            Self::Numbered(numbers) => numbers.len(),
        }
    }

    fn get(&self, index: u32) -> Cow<'_, str> {
        let index = index as usize;
        match self {
            Self::Listed { text, ends } => {
                let begin = if index == 0 { 0 } else { ends[index - 1] };
                Cow::Borrowed(&text[begin..ends[index]])
            }
            Self::Numbered(numbers) => Cow::Owned(numbers[index].to_string()),
        }
    }

    fn find(&self, id: &str) -> Option<u32> {
        let Self::Numbered(numbers) = self else {
            return self.find_listed(id);
        };
        let number: u32 = id.parse().ok()?;
        // `+7` and `07` are no names of 7.
        let place = numbers.binary_search(&number).ok().filter(|_| number.to_string() == id)?;
        Some(place as u32)
    }

    fn find_listed(&self, id: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).as_ref().cmp(id) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// A market, sound and in canonical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    offers: Names,
    reps: Names,
    rep_of: Vec<u32>,
    own_caps: Vec<Option<u32>>,
    offers_in_all: u64,
    reps_in_all: u64,
    chances: Chances,
}

impl Market {
    /// Makes the market of a graph whose vertices are the numbers from 1 to `offers`, each its own rep.
    ///
    /// Vertices without an edge are counted and not kept, so a large number costs nothing. `edges` join two different
    /// vertices and are not repeated.
    pub(super) fn of_graph(offers: u32, mut edges: Vec<ReadyMove>) -> Self {
        let mut numbers: Vec<u32> = edges.iter().flat_map(|edge| edge.offers).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let index = |number: u32| numbers.binary_search(&number).expect("it was collected") as u32;
        for edge in &mut edges {
            edge.offers = edge.offers.map(index);
        }
        edges.sort_unstable();
        Self {
            rep_of: (0..numbers.len() as u32).collect(),
            own_caps: vec![None; numbers.len()],
            offers: Names::Numbered(numbers.clone()),
            reps: Names::Numbered(numbers),
            offers_in_all: offers.into(),
            reps_in_all: offers.into(),
            chances: Chances::Moves(edges),
        }
    }

    /// Returns the number of offers that have a number here; all that a move may name do.
    pub fn offers(&self) -> usize {
        self.rep_of.len()
    }

    /// Returns the number of offers in the file, those included that nothing is said of.
    pub fn offers_in_all(&self) -> u64 {
        self.offers_in_all
    }

    /// Returns the number of reps with an offer.
    pub fn reps_in_all(&self) -> u64 {
        self.reps_in_all
    }

    /// Returns what may happen.
    pub fn chances(&self) -> &Chances {
        &self.chances
    }

    /// Returns the rep of each offer.
    pub fn rep_of(&self) -> &[u32] {
        &self.rep_of
    }

    /// Returns how many moves each rep may take part in: its own cap, or else the one for everybody.
    pub fn caps(&self, for_everybody: Option<u32>) -> Vec<Option<u32>> {
        self.own_caps.iter().map(|own| own.or(for_everybody)).collect()
    }

    /// Returns the id of an offer.
    pub fn offer_id(&self, offer: u32) -> Cow<'_, str> {
        self.offers.get(offer)
    }

    /// Returns the id of a rep.
    pub fn rep_id(&self, rep: u32) -> Cow<'_, str> {
        self.reps.get(rep)
    }

    /// Returns the offer with an id, if there is one that has a number here.
    ///
    /// Cost: `O(log n)`.
    pub fn find(&self, id: &str) -> Option<u32> {
        self.offers.find(id)
    }
}

/// The rep of an offer that was spoken of and not declared yet.
const UNDECLARED: u32 = u32::MAX;

/// A market as far as it has been read: offers and reps are numbered in the order of sight.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub offers: Ids,
    rep_of: Vec<u32>,
    pub reps: Ids,
    own_caps: Vec<Option<u32>>,
    /// The reps listed with a cap, in the order of the list.
    capped: Vec<u32>,
    pub arcs: Option<Vec<Arc>>,
    /// The offers in the order of the file.
    pub moves: Option<Vec<ReadyMove>>,
}

impl Draft {
    /// Declares an offer; its own id names its rep if none is given.
    pub fn declare(&mut self, offer: u32, rep: Option<u32>) -> Result<(), DraftError> {
        let rep = match rep {
            Some(rep) => rep,
            None => self.reps.number(self.offers.text(offer))?,
        };
        grow_to(&mut self.rep_of, offer, UNDECLARED);
        if self.rep_of[offer as usize] != UNDECLARED {
            return Err(DraftError::OfferTwice(self.offers.text(offer).to_owned()));
        }
        self.rep_of[offer as usize] = rep;
        Ok(())
    }

    /// Gives a rep its own cap.
    pub fn cap(&mut self, rep: u32, max_moves: u32) -> Result<(), DraftError> {
        grow_to(&mut self.own_caps, rep, None);
        if self.own_caps[rep as usize].is_some() {
            return Err(DraftError::RepTwice(self.reps.text(rep).to_owned()));
        }
        self.own_caps[rep as usize] = Some(max_moves);
        self.capped.push(rep);
        Ok(())
    }

    /// Checks what could not be checked line by line and puts everything in order.
    ///
    /// Errors: [`ReadError::Field`] names the first arc, move or rep that is not sound, by its place in its list.
    pub fn finish(mut self) -> Result<Market, ReadError> {
        // What was spoken of last may not have been declared.
        self.rep_of.resize(self.offers.len(), UNDECLARED);
        self.own_caps.resize(self.reps.len(), None);
        self.check_reps()?;
        let mut chances = match (self.arcs.take(), self.moves.take()) {
            (Some(_), Some(_)) => {
                return Err(ReadError::field("moves", "found both arcs and moves, expected one of them"));
            }
            (arcs, None) => Chances::Arcs(arcs.unwrap_or_default()),
            (None, Some(moves)) => Chances::Moves(moves),
        };
        self.check_chances(&chances)?;
        let (offer_order, rep_order) = (self.offers.sorted(), self.reps.sorted());
        let (offer_rank, rep_rank) = (inverse(&offer_order), inverse(&rep_order));
        match &mut chances {
            Chances::Arcs(arcs) => {
                for arc in arcs.iter_mut() {
                    arc.give = offer_rank[arc.give as usize];
                    arc.receive = offer_rank[arc.receive as usize];
                }
                arcs.sort_unstable();
            }
            Chances::Moves(moves) => {
                for ready in moves.iter_mut() {
                    ready.offers = ready.offers.map(|offer| offer_rank[offer as usize]);
                    ready.offers = ready.ascending();
                }
                moves.sort_unstable();
            }
        }
        Ok(Market {
            rep_of: offer_order.iter().map(|&offer| rep_rank[self.rep_of[offer as usize] as usize]).collect(),
            own_caps: rep_order.iter().map(|&rep| self.own_caps[rep as usize]).collect(),
            offers: Names::listed(&self.offers, &offer_order),
            reps: Names::listed(&self.reps, &rep_order),
            offers_in_all: self.offers.len() as u64,
            reps_in_all: self.reps.len() as u64,
            chances,
        })
    }

    fn check_reps(&self) -> Result<(), ReadError> {
        let mut has_offer = vec![false; self.reps.len()];
        for &rep in self.rep_of.iter().filter(|&&rep| rep != UNDECLARED) {
            has_offer[rep as usize] = true;
        }
        match self.capped.iter().position(|&rep| !has_offer[rep as usize]) {
            None => Ok(()),
            Some(index) => {
                let id = self.reps.text(self.capped[index]);
                Err(ReadError::field(
                    format!("reps[{index}].id"),
                    format!("found {id:?}, expected the rep of an offer"),
                ))
            }
        }
    }

    fn check_chances(&self, chances: &Chances) -> Result<(), ReadError> {
        let mut pairs: Vec<u64> = Vec::new();
        match chances {
            Chances::Arcs(arcs) => {
                pairs.reserve_exact(arcs.len());
                for (index, arc) in arcs.iter().enumerate() {
                    let field = |side: usize| format!("arcs[{index}].{}", ["give", "receive"][side]);
                    self.check_ends([arc.give, arc.receive], field)?;
                    pairs.push(u64::from(arc.give) << 32 | u64::from(arc.receive));
                }
            }
            Chances::Moves(moves) => {
                pairs.reserve_exact(moves.len());
                for (index, ready) in moves.iter().enumerate() {
                    self.check_ends(ready.offers, |side| format!("moves[{index}].offers[{side}]"))?;
                    let [u, v] = ready.ascending();
                    pairs.push(u64::from(u) << 32 | u64::from(v));
                }
            }
        }
        let Some(pair) = repeated(&mut pairs) else {
            return Ok(());
        };
        let ends = [(pair >> 32) as u32, pair as u32];
        let (list, places) = match chances {
            Chances::Arcs(arcs) => ("arcs", places(arcs, |arc| [arc.give, arc.receive] == ends)),
            Chances::Moves(moves) => ("moves", places(moves, |ready| ready.ascending() == ends)),
        };
        let [one, other] = ends.map(|offer| self.offers.text(offer));
        Err(ReadError::field(
            format!("{list}[{}]", places[1]),
            format!("found {one:?} and {other:?} a second time, expected them in {list}[{}] only", places[0]),
        ))
    }

    /// Checks that the two ends of an arc or a move are declared, different, and of different reps.
    fn check_ends(&self, ends: [u32; 2], field: impl Fn(usize) -> String) -> Result<(), ReadError> {
        let reps = ends.map(|offer| self.rep_of[offer as usize]);
        let texts = ends.map(|offer| self.offers.text(offer));
        for side in 0..2 {
            if reps[side] == UNDECLARED {
                let what = format!("found {:?}, expected the id of an offer", texts[side]);
                return Err(ReadError::field(field(side), what));
            }
        }
        if ends[0] == ends[1] {
            let what = format!("found {:?} on both sides, expected two different offers", texts[0]);
            return Err(ReadError::field(field(1), what));
        }
        if reps[0] == reps[1] {
            let rep = self.reps.text(reps[0]);
            let what = format!("found {:?}, which is of rep {rep:?} as {:?} is, expected two reps", texts[1], texts[0]);
            return Err(ReadError::field(field(1), what));
        }
        Ok(())
    }
}

/// Why an offer or a rep cannot be added.
#[derive(Debug, thiserror::Error)]
pub(super) enum DraftError {
    #[error(transparent)]
    Id(#[from] IdError),
    #[error("found offer {0:?} a second time, expected each id once")]
    OfferTwice(String),
    #[error("found rep {0:?} a second time, expected each id once")]
    RepTwice(String),
}

/// Makes a list long enough for an index. Growth doubles, as that of any `Vec`.
fn grow_to<T: Clone>(list: &mut Vec<T>, index: u32, filler: T) {
    if list.len() <= index as usize {
        list.resize(index as usize + 1, filler);
    }
}

/// Sorts and returns the smallest key that occurs twice.
pub(super) fn repeated(keys: &mut [u64]) -> Option<u64> {
    keys.sort_unstable();
    keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// Where in a list something is so.
fn places<T>(list: &[T], is: impl Fn(&T) -> bool) -> Vec<usize> {
    list.iter().enumerate().filter(|(_, item)| is(item)).map(|(index, _)| index).collect()
}

/// The place of each number in an order.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut rank = vec![0; order.len()];
    for (place, &number) in (0u32..).zip(order) {
        rank[number as usize] = place;
    }
    rank
}
