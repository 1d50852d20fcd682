//! The market with the indexes every stage needs.
//!
//! In go a market and a policy; out comes a [`View`] that answers who owns an offer, what lies nearest in a book, how long
//! the drive is, and what has been between a rep and an offer, each without a search through all rows.
//! Holds: everything is numbered as in the market, so that ascending numbers are ascending ids.
//! Costs: `O(n log n)` in the rows to build, and a pass over the book for each of its accounts, a few nanoseconds a pair;
//! about 50 bytes an account of a book to keep.
//! Deliberately absent: prices and rules.

use super::{
    fit::Fit,
    limits::Limits,
    market::{Market, Offer, PairHistory, Trader},
    travel::{Drive, Known, Spot, Visits, annual_minutes, way},
};
use crate::domain::{
    abuse::Severity,
    decline::Restraint,
    money,
    policy::Policy,
    roster::Rep,
    travel::{straight_line, straight_line_minutes},
    units::{Cents, Minutes, Place},
};
use chrono::{NaiveDate, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use rayon::prelude::*;
use std::ops::Range;

/// Stands for "no offer" where an index is kept small.
pub(crate) const NONE: u32 = u32::MAX;

/// Squared chords on the unit sphere closer than this, relatively and absolutely, are compared by exact distance.
const CHORD_DOUBT: f64 = 1e-9;

/// An account of a book, seen from some place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Neighbour {
    /// How far it is.
    pub metres: f64,
    /// Its row in the books.
    pub row: u32,
    /// Its offer, or [`NONE`] where it is not in the pool.
    pub offer: u32,
}

/// What every pair of offers is asked about, close together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// Commission a year.
    pub commission: Cents,
    /// Money that goes with it to whoever receives it.
    pub money: Cents,
    /// Minutes a year spent with the customer.
    pub visits: Minutes,
    /// The class of abuse on record: it goes only to those who opted in to that.
    pub severity: Option<Severity>,
    /// Whether its language is required.
    pub language_required: bool,
    /// Whether its industry is required.
    pub industry_required: bool,
}

impl Facts {
    /// How many abusive accounts it is: 0 or 1.
    pub fn exposure(&self) -> i64 {
        i64::from(self.severity.is_some())
    }
}

/// The market with the indexes every stage needs.
pub(crate) struct View<'m> {
    /// The snapshot.
    pub market: &'m Market,
    /// What the run goes by.
    pub policy: &'m Policy,
    /// Its limits.
    pub limits: Limits,
    /// The same, one step looser.
    pub a_step_looser: Limits,
    /// The owner of each offer, as an index into the reps.
    pub owner: Vec<u32>,
    /// The offers of each rep, ascending.
    pub offers_of: Vec<Vec<u32>>,
    /// The facts of each offer.
    pub facts: Vec<Facts>,
    /// What everybody has declared.
    pub fit: Fit,
    /// Whether each rep is here today and is not going to leave.
    pub takes_part: Vec<bool>,
    /// What each rep's own declines ask.
    pub restraints: Vec<Option<&'m Restraint>>,
    /// The row of each offer in its owner's book.
    row_of: Vec<usize>,
    /// The book of rep `r` is `books[first_entry[r]..first_entry[r + 1]]`.
    first_entry: Vec<usize>,
    /// Each account of a book on the unit sphere.
    vectors: Vec<[f64; 3]>,
    /// The offer of each account of a book, or [`NONE`].
    offer_of_entry: Vec<u32>,
    /// Where each rep's base stands among the places that ways were measured between; empty where none was.
    base_at: Vec<u32>,
    /// Where each account of a book stands among them; empty where none was.
    entry_at: Vec<u32>,
    /// The two rows of the same book nearest to each row, nearest first, or [`NONE`].
    beside: Vec<[u32; 2]>,
    /// For each offer, by how many minutes a year its owner's driving to other accounts grows when it goes.
    left_behind: Vec<Minutes>,
    /// For each offer, who has a past with it and which history that is, by rep.
    pasts: Vec<Vec<(u32, u32)>>,
    /// For each offer, the reps it may not go to, ascending.
    forbidden: Vec<Vec<u32>>,
    /// Seconds east of UTC on the business date, for each rep.
    rep_offsets: Vec<Option<i32>>,
    /// Seconds east of UTC on the business date, for each offer.
    offer_offsets: Vec<Option<i32>>,
}

impl<'m> View<'m> {
    /// Builds the indexes.
    pub fn new(market: &'m Market, policy: &'m Policy) -> Self {
        let owner: Vec<u32> = market
            .offers
            .iter()
            .map(|offer| index(market.rep_index(&offer.account.owner).expect("an offer's owner is in the market")))
            .collect();
        let mut offers_of = vec![Vec::new(); market.reps.len()];
        for (offer, &rep) in owner.iter().enumerate() {
            offers_of[rep as usize].push(index(offer));
        }
        let facts = market.offers.iter().map(|offer| facts(offer, market.business_date, policy)).collect();
        let first_entry: Vec<usize> = (0..=market.reps.len())
            .map(|rep| market.books.partition_point(|entry| (entry.rep as usize) < rep))
            .collect();
        let row_of: Vec<usize> = market
            .offers
            .iter()
            .zip(&owner)
            .map(|(offer, &rep)| {
                let first = first_entry[rep as usize];
                let book = &market.books[first..first_entry[rep as usize + 1]];
                let at = book.binary_search_by(|entry| entry.account.cmp(&offer.account.id));
                first + at.expect("an offer is in its owner's book")
            })
            .collect();
        let mut offer_of_entry = vec![NONE; market.books.len()];
        row_of.iter().enumerate().for_each(|(offer, &row)| offer_of_entry[row] = index(offer));
        let mut pasts = vec![Vec::new(); market.offers.len()];
        for (at, pair) in market.histories.iter().enumerate() {
            if let (Some(rep), Some(offer)) = (market.rep_index(&pair.rep), market.offer_index(&pair.account)) {
                pasts[offer].push((index(rep), index(at)));
            }
        }
        let mut forbidden = vec![Vec::new(); market.offers.len()];
        for (rep, account) in &market.forbidden {
            if let (Some(rep), Some(offer)) = (market.rep_index(rep), market.offer_index(account)) {
                forbidden[offer].push(index(rep));
            }
        }
        let date = market.business_date;
        let at = |place: Place| market.ways.place_index(place).unwrap_or(NONE);
        let is_measured = !market.ways.is_empty();
        let bases = market.reps.iter().filter(|_| is_measured).map(|trader| at(trader.rep.base)).collect();
        let entries = market.books.iter().filter(|_| is_measured).map(|entry| at(entry.place)).collect();
        let mut view = Self {
            market,
            policy,
            limits: Limits::of(policy),
            a_step_looser: Limits::a_step_looser(policy),
            owner,
            offers_of,
            facts,
            fit: Fit::new(&market.reps, &market.offers),
            restraints: market.reps.iter().map(|trader| market.restraints.get(&trader.rep.id)).collect(),
            takes_part: market.reps.iter().map(|trader| takes_part(&trader.rep, date)).collect(),
            row_of,
            first_entry,
            vectors: market.books.iter().map(|entry| entry.place.unit_vector()).collect(),
            offer_of_entry,
            pasts,
            forbidden,
            rep_offsets: market.reps.iter().map(|trader| offset_seconds(trader.rep.time_zone, date)).collect(),
            offer_offsets: market.offers.iter().map(|offer| offset_seconds(offer.account.time_zone, date)).collect(),
            base_at: bases,
            entry_at: entries,
            beside: Vec::new(),
            left_behind: Vec::new(),
        };
        view.beside = view.neighbours_of_every_row();
        view.left_behind = view.driving_left_behind();
        view
    }

    fn neighbours_of_every_row(&self) -> Vec<[u32; 2]> {
        let row_of = |neighbour: Option<Neighbour>| neighbour.map_or(NONE, |neighbour| neighbour.row);
        let reps = (0..index(self.market.reps.len())).into_par_iter();
        let beside = reps.flat_map_iter(|rep| {
            let nearest = move |row: usize| self.nearest_two(rep, self.market.books[row].place, Some(row)).map(row_of);
            self.book_rows(rep).map(nearest)
        });
        beside.collect()
    }

    fn driving_left_behind(&self) -> Vec<Minutes> {
        let mut left_behind = vec![Minutes::ZERO; self.owner.len()];
        for rep in 0..index(self.market.reps.len()) {
            for row in self.book_rows(rep) {
                let [nearest, second] = self.beside[row];
                let leaves = if nearest == NONE { NONE } else { self.offer_of_entry[nearest as usize] };
                if leaves != NONE {
                    left_behind[leaves as usize] +=
                        self.travel_of_row(rep, row, second) - self.travel_of_row(rep, row, nearest);
                }
            }
        }
        left_behind
    }

    /// Minutes a year of driving to an account of a book beside another row of it, or [`NONE`].
    fn travel_of_row(&self, rep: u32, row: usize, beside: u32) -> Minutes {
        let entry = &self.market.books[row];
        let drive = self.drive(rep, self.spot_of_row(row));
        let detour = (beside != NONE).then(|| {
            let metres = entry.place.great_circle_metres(self.market.books[beside as usize].place);
            self.detour(&Neighbour { metres, row: beside, offer: NONE }, self.spot_of_row(row))
        });
        let visits = Visits { a_year: entry.visits_a_year, minutes: entry.visit_minutes };
        annual_minutes(&self.policy.scores.travel, visits, &drive, detour.as_ref())
    }

    /// Minutes a year of driving to an account of a book, beside its nearest neighbour.
    pub fn travel_of_entry(&self, rep: u32, row: usize) -> Minutes {
        self.travel_of_row(rep, row, self.beside[row][0])
    }

    /// The two rows of the same book nearest to a row, nearest first, or [`NONE`].
    pub fn rows_beside(&self, row: usize) -> [u32; 2] {
        self.beside[row]
    }

    /// By how many minutes a year its owner's driving to other accounts grows when an offer goes.
    pub fn left_behind(&self, offer: u32) -> Minutes {
        self.left_behind[offer as usize]
    }

    /// The place of a row of the books.
    fn spot_of_row(&self, row: usize) -> Spot {
        Spot { place: self.market.books[row].place, at: self.entry_at.get(row).copied().unwrap_or(NONE) }
    }

    /// The place of an offer.
    pub fn spot(&self, offer: u32) -> Spot {
        self.spot_of_row(self.row_of(offer))
    }

    /// What is known of the drive from a rep's base.
    pub fn way(&self, rep: u32, to: Spot) -> Known {
        let at = self.base_at.get(rep as usize).copied().unwrap_or(NONE);
        way(&self.market.ways, Spot { place: self.trader(rep).rep.base, at }, to)
    }

    /// The drive from a rep's base: the straight line where no way was measured.
    pub fn drive(&self, rep: u32, to: Spot) -> Drive {
        match self.way(rep, to) {
            Known::Measured(drive) => drive,
            Known::Barred | Known::Unknown => {
                Drive::estimate(straight_line(self.trader(rep).rep.base, to.place).minutes)
            }
        }
    }

    /// The drive from a neighbour: the straight line where no way was measured.
    pub fn detour(&self, from: &Neighbour, to: Spot) -> Drive {
        match way(&self.market.ways, self.spot_of_row(from.row as usize), to) {
            Known::Measured(drive) => drive,
            Known::Barred | Known::Unknown => Drive::estimate(straight_line_minutes(from.metres / 1000.0)),
        }
    }

    /// The offer with this number.
    pub fn offer(&self, offer: u32) -> &'m Offer {
        &self.market.offers[offer as usize]
    }

    /// The rep with this number.
    pub fn trader(&self, rep: u32) -> &'m Trader {
        &self.market.reps[rep as usize]
    }

    /// The rows of a rep's book.
    pub fn book_rows(&self, rep: u32) -> Range<usize> {
        self.first_entry[rep as usize]..self.first_entry[rep as usize + 1]
    }

    /// What has been between a rep and an offer.
    pub fn past(&self, rep: u32, offer: u32) -> Option<&'m PairHistory> {
        let pasts = &self.pasts[offer as usize];
        let at = pasts.binary_search_by_key(&rep, |&(rep, _)| rep).ok()?;
        Some(&self.market.histories[pasts[at].1 as usize])
    }

    /// Whether a manager has forbidden the pair.
    pub fn is_forbidden(&self, rep: u32, offer: u32) -> bool {
        self.forbidden[offer as usize].binary_search(&rep).is_ok()
    }

    /// Whether any rep has a past with an offer.
    pub fn has_a_past(&self, offer: u32) -> bool {
        !self.pasts[offer as usize].is_empty()
    }

    /// Whether there is a rep to whom a manager has forbidden an offer.
    pub fn is_forbidden_to_somebody(&self, offer: u32) -> bool {
        !self.forbidden[offer as usize].is_empty()
    }

    /// Seconds between the clocks of a rep and an offer, where both are known.
    pub fn clock_difference_seconds(&self, rep: u32, offer: u32) -> Option<i64> {
        let (here, there) = (self.rep_offsets[rep as usize]?, self.offer_offsets[offer as usize]?);
        Some((i64::from(here) - i64::from(there)).abs())
    }

    /// The row of an offer in its owner's book.
    pub fn row_of(&self, offer: u32) -> usize {
        self.row_of[offer as usize]
    }

    /// The accounts of a rep's book nearest to a place, the one in row `aside` left out: at most two, nearest first; of
    /// two as near, the one with the smaller account id.
    ///
    /// Squared chords pick those in question, great circles decide among them, so that the answer is that of comparing
    /// great circles throughout.
    ///
    /// Cost: twice the length of the book, a few nanoseconds each.
    pub fn nearest_two(&self, rep: u32, place: Place, aside: Option<usize>) -> [Option<Neighbour>; 2] {
        let vector = place.unit_vector();
        let chords = || {
            let rows = self.book_rows(rep).filter(|&row| Some(row) != aside);
            rows.map(|row| (row, squared_chord(&self.vectors[row], &vector)))
        };
        let (mut first, mut second) = (f64::INFINITY, f64::INFINITY);
        for (_, chord) in chords() {
            if chord < second {
                (first, second) = if chord < first { (chord, first) } else { (first, chord) };
            }
        }
        let doubt = second * (1.0 + CHORD_DOUBT) + CHORD_DOUBT * CHORD_DOUBT;
        let mut nearest = [None, None];
        for (row, _) in chords().filter(|&(_, chord)| chord <= doubt) {
            keep_nearest(&mut nearest, self.neighbour(row, place));
        }
        nearest
    }

    /// Whether an account of a book is only known to be somewhere around its place.
    pub fn is_approximate(&self, neighbour: &Neighbour) -> bool {
        self.market.books[neighbour.row as usize].place_is_approximate
    }

    fn neighbour(&self, row: usize, place: Place) -> Neighbour {
        let metres = place.great_circle_metres(self.market.books[row].place);
        Neighbour { metres, row: index(row), offer: self.offer_of_entry[row] }
    }
}

/// A place in a list as a small number.
pub(crate) fn index(at: usize) -> u32 {
    u32::try_from(at).expect("a market has fewer than 2^32 rows")
}

/// `numerator / denominator`, rounded to the nearest whole number, halves up; `denominator` is positive.
pub(crate) fn rounded_quotient(numerator: i64, denominator: i64) -> i64 {
    (numerator + denominator / 2).div_euclid(denominator)
}

fn facts(offer: &Offer, today: NaiveDate, policy: &Policy) -> Facts {
    let account = &offer.account;
    Facts {
        commission: account.annual_commission_cents,
        money: money::net(&money::entries(account, &offer.open_deals, &policy.money, today)),
        visits: Minutes(i64::from(account.visits_a_year) * i64::from(account.visit_minutes)),
        severity: account.severity(),
        language_required: account.language_required,
        industry_required: account.industry_required,
    }
}

fn keep_nearest(nearest: &mut [Option<Neighbour>; 2], one: Neighbour) {
    let nearer = |than: Option<Neighbour>| than.is_none_or(|other| one.metres < other.metres);
    if nearer(nearest[0]) {
        *nearest = [Some(one), nearest[0]];
    } else if nearer(nearest[1]) {
        nearest[1] = Some(one);
    }
}

fn squared_chord(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

fn takes_part(rep: &Rep, today: NaiveDate) -> bool {
    rep.is_present(today) && rep.leaves_on.is_none()
}

/// Noon UTC stands for the whole date.
fn offset_seconds(zone: Option<Tz>, date: NaiveDate) -> Option<i32> {
    let noon = date.and_hms_opt(12, 0, 0).expect("noon exists");
    zone.map(|zone| zone.offset_from_utc_datetime(&noon).fix().local_minus_utc())
}
