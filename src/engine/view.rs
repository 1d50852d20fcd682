//! The market with the indexes every stage needs.
//!
//! In go a market and a policy; out comes a [`View`] that answers who owns an offer, what lies nearest in a book, how long
//! the drive is, and what has been between a rep and an offer, each without a search through all rows.
//! Holds: everything is numbered as in the market, so that ascending numbers are ascending ids.
//! Costs: `O(n log n)` in the rows to build, and a pass over the book for each of its accounts, a few nanoseconds a pair;
//! about 50 bytes an account of a book to keep.
//! Deliberately absent: prices and rules.

use super::{
    chord::{Way, annual_minutes_over, squared_chord},
    fit::Fit,
    limits::Limits,
    market::{Market, Offer, PairHistory, Trader},
    reach::by_place,
    travel::{Drive, Known, Spot, Visits, annual_minutes, way},
};
use crate::domain::{
    abuse::Severity,
    decline::Restraint,
    money,
    policy::Policy,
    roster::Rep,
    travel::{straight_line, straight_line_minutes},
    units::{Cents, Minutes, Place, Points},
};
use chrono::NaiveDate;
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
    /// The visits it takes.
    pub visits: Visits,
    /// What the nights that it has waited add to the points of a move.
    pub ageing: Points,
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
    /// Everybody, those who live near one another close together.
    pub by_place: Vec<u32>,
    /// Whether each rep is here today and is not going to leave.
    pub takes_part: Vec<bool>,
    /// What each rep's own declines ask.
    pub restraints: Vec<Option<&'m Restraint>>,
    /// The row of each offer in its owner's book.
    row_of: Vec<usize>,
    /// The book of rep `r` is `books[first_entry[r]..first_entry[r + 1]]`.
    first_entry: Vec<usize>,
    /// Each rep's base on the unit sphere.
    pub bases: Vec<[f64; 3]>,
    /// Each account of a book on the unit sphere, the books in the order of [`Self::by_place`].
    vectors: Vec<[f64; 3]>,
    /// Where the vectors of each rep's book begin.
    first_vector: Vec<usize>,
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
        let bases_at = market.reps.iter().filter(|_| is_measured).map(|trader| at(trader.rep.base)).collect();
        let entries = market.books.iter().filter(|_| is_measured).map(|entry| at(entry.place)).collect();
        let bases: Vec<[f64; 3]> = market.reps.iter().map(|trader| trader.rep.base.unit_vector()).collect();
        let by_place = by_place(&bases);
        let (mut vectors, mut first_vector) = (Vec::with_capacity(market.books.len()), vec![0; market.reps.len()]);
        for &rep in &by_place {
            first_vector[rep as usize] = vectors.len();
            let book = &market.books[first_entry[rep as usize]..first_entry[rep as usize + 1]];
            vectors.extend(book.iter().map(|entry| entry.place.unit_vector()));
        }
        let mut view = Self {
            market,
            policy,
            limits: Limits::of(policy),
            a_step_looser: Limits::a_step_looser(policy),
            owner,
            offers_of,
            facts,
            fit: Fit::new(
                &market.reps.iter().collect::<Vec<_>>(),
                &market.offers.iter().collect::<Vec<_>>(),
                market.business_date,
            ),
            by_place,
            bases,
            restraints: market.reps.iter().map(|trader| market.restraints.get(&trader.rep.id)).collect(),
            takes_part: market.reps.iter().map(|trader| takes_part(&trader.rep, date)).collect(),
            row_of,
            first_entry,
            vectors,
            first_vector,
            offer_of_entry,
            pasts,
            forbidden,
            base_at: bases_at,
            entry_at: entries,
            beside: Vec::new(),
            left_behind: Vec::new(),
        };
        view.beside = view.neighbours_of_every_row();
        view.left_behind = view.driving_left_behind();
        view
    }

    fn neighbours_of_every_row(&self) -> Vec<[u32; 2]> {
        let by_chord = |found: Option<(usize, f64)>| found.map_or(NONE, |(row, _)| index(row));
        let by_metres = |found: Option<Neighbour>| found.map_or(NONE, |neighbour| neighbour.row);
        let reps = (0..index(self.market.reps.len())).into_par_iter();
        let beside = reps.flat_map_iter(|rep| {
            self.book_rows(rep).map(move |row| {
                match self.nearest_two_over_chords(rep, self.vector(rep, row), Some(row)) {
                    Some(nearest) => nearest.map(by_chord),
                    None => self.nearest_two(rep, self.market.books[row].place, Some(row)).map(by_metres),
                }
            })
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
        let visits = Visits { a_year: entry.visits_a_year, minutes: entry.visit_minutes };
        if let Some(sure) = self.travel_of_row_over_chords(rep, row, beside, visits) {
            return sure;
        }
        let drive = self.drive(rep, self.spot_of_row(row));
        let detour = (beside != NONE).then(|| {
            let metres = entry.place.great_circle_metres(self.market.books[beside as usize].place);
            self.detour(&Neighbour { metres, row: beside, offer: NONE }, self.spot_of_row(row))
        });
        annual_minutes(&self.policy.scores.travel, visits, &drive, detour.as_ref())
    }

    /// The same without trigonometry; absent where that is not sure.
    fn travel_of_row_over_chords(&self, rep: u32, row: usize, beside: u32, visits: Visits) -> Option<Minutes> {
        let over = |from: &[f64; 3]| Way::over(squared_chord(from, self.vector(rep, row)));
        let out = over(&self.bases[rep as usize])?;
        let beside = if beside == NONE { None } else { Some(over(self.vector(rep, beside as usize))?) };
        self.annual_minutes_over_chords(visits, out, beside)
    }

    /// Minutes a year of driving to visits over these ways; absent where that is not sure, and where ways were measured.
    pub fn annual_minutes_over_chords(&self, visits: Visits, out: Way, beside: Option<Way>) -> Option<Minutes> {
        let is_straight = self.market.ways.is_empty();
        is_straight.then(|| annual_minutes_over(&self.policy.scores.travel, visits, out, beside)).flatten()
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
            rows.map(|row| (row, squared_chord(self.vector(rep, row), &vector)))
        };
        let (mut first, mut second) = (f64::INFINITY, f64::INFINITY);
        for (_, chord) in chords() {
            if chord < second {
                (first, second) = if chord < first { (chord, first) } else { (first, chord) };
            }
        }
        let doubt = in_doubt(second);
        let mut nearest = [None, None];
        for (row, _) in chords().filter(|&(_, chord)| chord <= doubt) {
            keep_nearest(&mut nearest, self.neighbour(row, place));
        }
        nearest
    }

    /// The rows of a rep's book nearest to a point of the unit sphere, with their squared chords: at most two, nearest first,
    /// row `aside` left out; absent where chords do not decide which they are.
    ///
    /// Cost: the length of the book, a few nanoseconds each.
    pub fn nearest_two_over_chords(
        &self,
        rep: u32,
        point: &[f64; 3],
        aside: Option<usize>,
    ) -> Option<[Option<(usize, f64)>; 2]> {
        let rows = self.book_rows(rep);
        let mut nearest = [(usize::MAX, f64::INFINITY); 3];
        for (row, vector) in rows.zip(&self.vectors[self.first_vector[rep as usize]..]) {
            let chord = squared_chord(vector, point);
            if chord < nearest[2].1 && Some(row) != aside {
                nearest[2] = (row, chord);
                if chord < nearest[1].1 {
                    nearest.swap(1, 2);
                }
                if chord < nearest[0].1 {
                    nearest.swap(0, 1);
                }
            }
        }
        let [first, second, third] = nearest;
        let is_clear = |(_, nearer): (usize, f64), (_, farther): (usize, f64)| farther > in_doubt(nearer);
        let found = |one: (usize, f64)| (one.0 != usize::MAX).then_some(one);
        let decides =
            (second.0 == usize::MAX || is_clear(first, second)) && (third.0 == usize::MAX || is_clear(second, third));
        decides.then(|| [found(first), found(second)])
    }

    /// An account of a rep's book on the unit sphere.
    fn vector(&self, rep: u32, row: usize) -> &[f64; 3] {
        &self.vectors[self.first_vector[rep as usize] + row - self.first_entry[rep as usize]]
    }

    /// The offer of a row of the books, or [`NONE`].
    pub fn offer_of_row(&self, row: usize) -> u32 {
        self.offer_of_entry[row]
    }

    /// An offer on the unit sphere.
    pub fn unit_vector(&self, offer: u32) -> &[f64; 3] {
        self.vector(self.owner[offer as usize], self.row_of(offer))
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
        visits: Visits { a_year: account.visits_a_year, minutes: account.visit_minutes },
        ageing: policy.points.ageing(offer.nights_waited),
        severity: account.severity(),
        language_required: account.language_required,
        industry_required: account.industry_required,
    }
}

/// The largest squared chord that may be no longer than another.
fn in_doubt(squared_chord: f64) -> f64 {
    squared_chord * (1.0 + CHORD_DOUBT) + CHORD_DOUBT * CHORD_DOUBT
}

fn keep_nearest(nearest: &mut [Option<Neighbour>; 2], one: Neighbour) {
    let nearer = |than: Option<Neighbour>| than.is_none_or(|other| one.metres < other.metres);
    if nearer(nearest[0]) {
        *nearest = [Some(one), nearest[0]];
    } else if nearer(nearest[1]) {
        nearest[1] = Some(one);
    }
}

fn takes_part(rep: &Rep, today: NaiveDate) -> bool {
    rep.is_present(today) && rep.leaves_on.is_none()
}
