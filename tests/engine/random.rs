//! Random small markets: few reps in one corner of the country, few words, so that every rule meets somebody.

use super::story::{BookLine, DealLine, HistoryLine, OfferLine, RepLine, Story, WayLine};
use account_swap::domain::{decline::Restraint, units::Minutes};
use proptest::{collection::vec, option, prelude::*, sample::select};

const STYLES: [&str; 2] = ["direct", "analytical"];
const WORDS: [&str; 2] = ["red", "blue"];
const TRAITS: [&str; 5] = ["haggles", "demanding", "harsh", "abusive", "threatening"];
const CLASSES: [Option<&str>; 4] = [None, Some("harsh"), Some("abusive"), Some("threatening")];
/// Within the cool-down, by less than its step and by more.
const MOVED_ON: [&str; 2] = ["2025-09-15", "2026-02-01"];
/// Too recent to return, by less than the step and by more.
const GAVE_UP_ON: [&str; 2] = ["2024-05-01", "2025-06-01"];

/// How often and how tightly the limits of a rep that several moves share are drawn.
#[derive(Debug, Clone, Copy)]
pub enum Limits {
    /// Only caps on the number of moves.
    CapsOnly,
    /// Ledgers, hours and exposure near their limits as well.
    Tight,
}

/// A market of at most four reps and `offers` offers.
pub fn stories(offers: usize, limits: Limits) -> impl Strategy<Value = Story> {
    (2_usize..=4).prop_flat_map(move |reps| {
        (
            (0..reps).map(|at| rep(at, limits)).collect::<Vec<_>>(),
            vec(offer(reps), 1..=offers),
            vec((0..reps, place()), 0..6),
            vec(
                (0..reps, 0..offers, vec(select(&[1.0, 2.5, 4.0, 5.0][..]), 0..3), option::of(select(&GAVE_UP_ON[..]))),
                0..4,
            ),
            vec((0..reps, 0..offers), 0..2),
            vec((spot(), spot(), option::weighted(0.9, 0_u32..150), option::weighted(0.9, 0_u32..150)), 0..12),
            (policy(), vec((0..reps, restraint(offers)), 0..2)),
        )
            .prop_map(|(rep, mut offer, book, history, forbidden, ways, (policy, restraints))| {
                for (at, offer) in offer.iter_mut().enumerate() {
                    offer.id = format!("offer-{at}");
                }
                let name = |at: usize| format!("rep-{at}");
                let mut history: Vec<HistoryLine> = history
                    .into_iter()
                    .map(|(rep, account, stars, gave_up)| HistoryLine {
                        rep: name(rep),
                        account: format!("offer-{account}"),
                        stars,
                        owned_until: gave_up.map(str::to_owned),
                    })
                    .collect();
                history.sort_by(|a, b| (&a.rep, &a.account).cmp(&(&b.rep, &b.account)));
                history.dedup_by(|a, b| (&a.rep, &a.account) == (&b.rep, &b.account));
                let ids = [rep.len(), offer.len(), book.len()];
                let id = |(kind, at): (usize, usize)| {
                    let kind = if ids[kind] == 0 { 1 } else { kind };
                    format!("{}-{}", ["rep", "offer", "book"][kind], at % ids[kind])
                };
                let way = ways
                    .into_iter()
                    .map(|(from, to, minutes, back_minutes)| WayLine {
                        from: id(from),
                        to: id(to),
                        minutes,
                        back_minutes,
                    })
                    .collect();
                Story {
                    story: "A random market.".to_owned(),
                    date: "2026-03-02".to_owned(),
                    rep,
                    offer,
                    book: book
                        .into_iter()
                        .enumerate()
                        .map(|(at, (rep, place))| BookLine {
                            id: format!("book-{at}"),
                            rep: name(rep),
                            at: place,
                            approximate: false,
                            visits: 12,
                            visit_minutes: 60,
                        })
                        .collect(),
                    history,
                    forbidden: forbidden
                        .into_iter()
                        .map(|(rep, offer)| (name(rep), format!("offer-{offer}")))
                        .collect(),
                    restraint: restraints.into_iter().map(|(rep, restraint)| (name(rep), restraint)).collect(),
                    way,
                    policy: policy.parse().unwrap(),
                }
            })
    })
}

/// What declines ask, near what a market of this size holds.
fn restraint(offers: usize) -> impl Strategy<Value = Restraint> {
    (
        vec(0..offers, 0..2),
        option::weighted(0.3, select(&[20, 60, 120][..])),
        option::weighted(0.3, select(&[-1000, 500, 3000][..])),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(accounts, below, least, rests)| Restraint {
            accounts: accounts.into_iter().map(|at| format!("offer-{at}").parse().unwrap()).collect(),
            one_way_below: below.map(Minutes),
            least_gain: least.map(Minutes),
            rests,
        })
}

/// A place on a coarse grid, so that equal distances and equal places are common.
fn place() -> impl Strategy<Value = (f64, f64)> {
    (0..5, 0..5).prop_map(|(x, y)| (40.0 + 0.25 * f64::from(y), -75.0 + 0.25 * f64::from(x)))
}

/// A rep's base, an offer or another account.
fn spot() -> impl Strategy<Value = (usize, usize)> {
    (0_usize..3, 0_usize..12)
}

fn words() -> impl Strategy<Value = Vec<String>> {
    vec(select(&WORDS[..]).prop_map(str::to_owned), 0..=2)
}

fn style() -> impl Strategy<Value = Option<String>> {
    option::of(select(&STYLES[..]).prop_map(str::to_owned))
}

fn policy() -> impl Strategy<Value = String> {
    (
        select(&[-5000, 0, 300][..]),
        select(&[0, 50, 100][..]),
        select(&["1", "2", "5"][..]),
        select(&[60, 180][..]),
        select(&[400, 1200][..]),
        select(&["", "[money]\nramp_percents = [25, 50]\nquota_percent = 100\n"][..]),
    )
        .prop_map(|(gain, unfairness, moves, reach, star, money)| {
            format!(
                "[scores]\nstar_minutes = {star}\n[scores.travel]\nmax_one_way_minutes = {reach}\n\
                 [rules]\nmin_gain_minutes = {gain}\nmax_moves_per_rep = {moves}\n\
                 [points]\nunfairness_percent = {unfairness}\nageing_nights_at_most = 1\n{money}"
            )
        })
}

fn rep(at: usize, limits: Limits) -> impl Strategy<Value = RepLine> {
    let tight = matches!(limits, Limits::Tight);
    let limited = (
        option::weighted(0.5, if tight { 20_u32..90 } else { 8_000..8_760 }),
        if tight { select(&[0_i64, 1_850_000, -1_900_000][..]) } else { select(&[0_i64, 1, -1][..]) },
        if tight { 0_u32..3 } else { 9..10 },
        if tight { select(&[0_i64, 0, 100_000, -100_000][..]) } else { select(&[0_i64, 1, -1][..]) },
    );
    (
        place(),
        style(),
        words(),
        words(),
        option::of(1_u32..3),
        option::weighted(0.2, 30_i64..200),
        limited,
        (select(&CLASSES[..]), whereabouts(), words(), any::<bool>()),
    )
        .prop_map(move |(at_place, style, languages, licences, max_moves, one_way, limited, rest)| {
            let (class, (country, zone), territory, is_drawn) = rest;
            let (capacity_hours, ledger_cents, abusive_cap, pending) = limited;
            RepLine {
                id: format!("rep-{at}"),
                at: at_place,
                approximate: false,
                territory,
                territory_is_drawn: is_drawn,
                country: country.to_owned(),
                time_zone: zone.map(str::to_owned),
                languages,
                industries: vec!["red".to_owned()],
                licences,
                style,
                tolerances: class.map(str::to_owned).into_iter().collect(),
                max_one_way_minutes: one_way,
                max_moves,
                capacity_hours,
                abusive_cap,
                abusive_held: 0,
                ledger_cents,
                pending_in_cents: pending.max(0),
                pending_out_cents: (-pending).max(0),
                leave: None,
                leaves_on: None,
            }
        })
}

/// A country and a time zone.
fn whereabouts() -> impl Strategy<Value = (&'static str, Option<&'static str>)> {
    let countries = select(&["us", "us", "us", "ca"][..]);
    (countries, option::weighted(0.3, select(&["America/New_York", "America/Chicago", "America/St_Johns"][..])))
}

/// A deal under way, that closes within the time the giver keeps it or after.
fn deal() -> impl Strategy<Value = DealLine> {
    let treatment = option::of(select(&["exempt", "shared", "transferred"][..]));
    let closes_on = option::of(select(&["2026-04-01", "2026-12-01"][..]));
    (select(&[30_001_i64, 120_000][..]), treatment, closes_on).prop_map(|(commission_cents, treatment, closes_on)| {
        DealLine {
            id: "D-1".to_owned(),
            commission_cents,
            treatment: treatment.map(str::to_owned),
            closes_on: closes_on.map(str::to_owned),
        }
    })
}

fn offer(reps: usize) -> impl Strategy<Value = OfferLine> {
    (
        (0..reps, place(), select(&[1.0, 1.5, 2.0][..]), 0_u32..3, select(&[900_000_i64, 1_000_000, 1_100_000][..])),
        (0_u32..24, style(), option::of(select(&WORDS[..])), option::of(select(&WORDS[..]))),
        (whereabouts(), option::of(select(&WORDS[..])), words()),
        (option::weighted(0.3, select(&TRAITS[..])), option::weighted(0.1, 0..reps), prop::bool::weighted(0.1)),
        (prop::bool::weighted(0.2), prop::bool::weighted(0.1)),
        option::weighted(0.2, select(&MOVED_ON[..])),
        option::weighted(0.3, deal()),
    )
        .prop_map(|(first, (visits, style, language, industry), place, rest, required, moved, deal)| {
            let (rep, at, stars, nights, commission) = first;
            let ((country, zone), region, territories) = place;
            let (hard, conflict, frozen) = rest;
            OfferLine {
                id: String::new(),
                rep: format!("rep-{rep}"),
                at,
                stars,
                nights,
                commission_cents: commission,
                visits,
                visit_minutes: 45,
                approximate: false,
                region: region.map(str::to_owned),
                territories,
                country: country.to_owned(),
                time_zone: zone.map(str::to_owned),
                language: language.map(str::to_owned),
                language_required: required.0,
                industry: industry.map(str::to_owned),
                industry_required: required.1,
                licences: Vec::new(),
                style,
                traits: hard.into_iter().map(str::to_owned).collect(),
                conflicts: conflict.into_iter().map(|rep| format!("rep-{rep}")).collect(),
                last_moved_on: moved.map(str::to_owned),
                swaps_in_a_year: 0,
                frozen,
                family_in_book: false,
                deal: deal.into_iter().collect(),
            }
        })
}
