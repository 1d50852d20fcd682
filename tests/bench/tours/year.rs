//! A rep's year with full tours.
//!
//! In go a base, the accounts of a book and the driving times between all of them; out come the minutes at the wheel of
//! each of some simulated years.
//! A year is planned four weeks at a time: each account has its visits spread evenly over the year, from a phase that the
//! simulated year gives it, so that the same year with and without an account differs in nothing else. The visits due are
//! joined to days by savings (Clarke and Wright, Operations Research 12, 1964), as long as a day has room, and no account
//! is visited twice a day; each day is then improved by 2-opt (Croes, Operations Research 6, 1958).
//! Deliberately absent: nights away, appointments, and the best days there are.

use account_swap::domain::policy::TravelRates;

/// How often a year is planned.
const PERIODS: usize = 13;

/// What a book's days are made of; a place is an index into `minutes`.
pub struct World<'a> {
    /// Minutes at the wheel from each place to each.
    pub minutes: &'a [Vec<f64>],
    /// Visits a year, minutes of one, and the phase in each simulated year, for each place.
    pub visits: &'a [(u32, u32, Vec<f64>)],
    /// How long a day is, and how many visits it has.
    pub rates: &'a TravelRates,
}

/// A day in the field: the places in turn, and the minutes their visits take.
struct Day {
    places: Vec<usize>,
    visiting: f64,
}

impl World<'_> {
    /// Minutes at the wheel in each simulated year of a rep who has these accounts.
    pub fn driving(&self, base: usize, book: &[usize]) -> Vec<f64> {
        let pairs = self.pairs(base, book);
        let years = book.first().map_or(0, |&place| self.visits[place].2.len());
        let period = |year, period| {
            let mut days = self.days(base, book, &pairs, |place| self.due(place, year, period));
            days.iter_mut().map(|day| self.improved(base, &mut day.places)).sum::<f64>()
        };
        (0..years).map(|year| (0..PERIODS).map(|at| period(year, at)).sum()).collect()
    }

    /// How many visits of an account fall into a period of a year.
    fn due(&self, place: usize, year: usize, period: usize) -> usize {
        let (a_year, _, phases) = &self.visits[place];
        let until =
            |period: usize| (f64::from(*a_year) * period as f64 / PERIODS as f64 + phases[year]).floor() as usize;
        until(period + 1) - until(period)
    }

    /// The pairs of accounts that save driving on one day, the most first.
    fn pairs(&self, base: usize, book: &[usize]) -> Vec<(usize, usize)> {
        let round_trip = |place: usize| self.minutes[base][place] + self.minutes[place][base];
        let between = |a: usize, b: usize| self.minutes[a][b] + self.minutes[b][a];
        let mut pairs = Vec::new();
        for (at, &a) in book.iter().enumerate() {
            pairs.extend(book[..at].iter().map(|&b| (round_trip(a) + round_trip(b) - between(a, b), a, b)));
        }
        pairs.retain(|&(saving, ..)| saving > 0.0);
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        pairs.into_iter().map(|(_, a, b)| (a, b)).collect()
    }

    /// Joins the visits due to days.
    fn days(&self, base: usize, book: &[usize], pairs: &[(usize, usize)], due: impl Fn(usize) -> usize) -> Vec<Day> {
        let mut days = Vec::new();
        let mut days_of = vec![Vec::new(); self.minutes.len()];
        for &place in book {
            for _ in 0..due(place) {
                days_of[place].push(days.len());
                days.push(Day { places: vec![place], visiting: f64::from(self.visits[place].1) });
            }
        }
        for &(a, b) in pairs {
            while let Some((first, second)) = self.joinable(base, &mut days, &days_of, a, b) {
                let Day { places, visiting } =
                    std::mem::replace(&mut days[second], Day { places: vec![], visiting: 0.0 });
                for &place in &places {
                    let of = &mut days_of[place];
                    let at = of.iter().position(|&day| day == second).expect("each place knows its days");
                    of[at] = first;
                }
                days[first].visiting += visiting;
                days[first].places.extend(places);
            }
        }
        days
    }

    /// A day that ends with `a`, and one that begins with `b` and has room together with it; both are turned as needed.
    fn joinable(
        &self,
        base: usize,
        days: &mut [Day],
        days_of: &[Vec<usize>],
        a: usize,
        b: usize,
    ) -> Option<(usize, usize)> {
        let is_end = |day: &Day, place| day.places.first() == Some(&place) || day.places.last() == Some(&place);
        for &first in days_of[a].iter().filter(|&&day| is_end(&days[day], a)) {
            for &second in days_of[b].iter().filter(|&&day| day != first && is_end(&days[day], b)) {
                let (one, other) = (&days[first], &days[second]);
                if one.places.len() + other.places.len() > self.rates.visits_per_field_day as usize
                    || one.places.iter().any(|place| other.places.contains(place))
                {
                    continue;
                }
                let forth = one.places.last() == Some(&a);
                let mut tour = one.places.clone();
                if !forth {
                    tour.reverse();
                }
                let turned = other.places.first() != Some(&b);
                if turned {
                    tour.extend(other.places.iter().rev());
                } else {
                    tour.extend(&other.places);
                }
                let takes = one.visiting + other.visiting + self.tour(base, &tour);
                if takes <= self.rates.field_day_minutes.0 as f64 {
                    if !forth {
                        days[first].places.reverse();
                    }
                    if turned {
                        days[second].places.reverse();
                    }
                    return Some((first, second));
                }
            }
        }
        None
    }

    /// Minutes from the base through the places in turn and back.
    fn tour(&self, base: usize, places: &[usize]) -> f64 {
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return 0.0 };
        let within: f64 = places.windows(2).map(|leg| self.minutes[leg[0]][leg[1]]).sum();
        self.minutes[base][first] + within + self.minutes[last][base]
    }

    /// Turns pieces of a tour round as long as that shortens it; the minutes it takes then.
    fn improved(&self, base: usize, places: &mut [usize]) -> f64 {
        let mut shortest = self.tour(base, places);
        loop {
            let before = shortest;
            for from in 0..places.len() {
                for to in from + 1..places.len() {
                    places[from..=to].reverse();
                    let takes = self.tour(base, places);
                    if takes < shortest - 1e-9 {
                        shortest = takes;
                    } else {
                        places[from..=to].reverse();
                    }
                }
            }
            if shortest >= before {
                return shortest;
            }
        }
    }
}
