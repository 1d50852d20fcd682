//! Fairness reports: of a run, of a team's part in one, and of a quarter.
//!
//! In goes who asks and what about; out comes how many accounts were helped, how the gains are spread, what fairness cost,
//! and what money moved. As JSON, as a table (`csv`), as a picture (`svg`) and in words (`text`), all from one value.
//!
//! What holds, so that no figure gives a rating away:
//!
//! - **Gains are opinions**: whoever knows the journeys of a swap could work a rating out of one rep's gain. So nothing
//!   that is made of gains stands for fewer than five reps, to nobody; nor for five where the others of the same run
//!   or quarter are one to four and the reader sees all of them, for the difference would be theirs.
//! - **No gain is told exactly**, not without a name either: how many reps gain how much is told in bands as wide as a star
//!   of rapport, no finer than the fit that a manager sees of each proposal. The smallest gain is the beginning of its
//!   band, and the total is rounded to bands, so that what one report has more than another is no one's gain either.
//! - **A quarter's gains stand once it is over** and nothing of it is on its way any more: a figure that grew with each
//!   swap would tell each swap's gain. They count a swap that was undone as well, so that they never change again.
//! - **Money is no opinion**: sums and counts stand always, and a manager sees the own team's by rep.
//!
//! Costs: linear in the legs of the run, or of the quarter.
//! Deliberately absent: reps as readers; their own side stands at each proposal.

pub mod csv;
pub mod svg;
pub mod text;

use super::{
    Reader, Refused,
    me::managed,
    run::{self, EVERYBODY, KeptReport, RunMode, business_date},
};
use crate::{
    domain::{
        closed::closed_list,
        ids::{RepId, RunId, SubmissionId, TeamId},
        money,
        principal::{Principal, Role},
        proposal::ProposalState,
        quarter::Quarter,
        units::{Cents, Minutes},
    },
    engine::fairness::{Gains, LargestTotal, price_thousandths},
    settings::Settings,
    store::{
        fairness::{self, LegOutcome},
        roster, runs,
    },
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The least number of reps that a figure made of gains must cover.
pub const LEAST_REPS: usize = 5;

/// What a manager is told who asks about everybody.
const NAME_A_TEAM: &str = "everybody's report is for admins; name a team you manage";

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// A run or a quarter.
    pub of: Of,
    /// Whose part of it; everybody's where absent.
    pub team: Option<TeamId>,
}

/// What a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// What one run proposed.
    Run(RunId),
    /// What took effect in a quarter.
    Quarter(Quarter),
}

closed_list! {
    /// Why what is made of gains does not stand in a report.
    Withheld {
        /// Fewer than five reps swap.
        FewerThanFive = "fewer_than_five",
        /// The others would be fewer than five, and could be told from the difference.
        OthersFewerThanFive = "others_fewer_than_five",
        /// The quarter is not over.
        QuarterNotOver = "quarter_not_over",
        /// The quarter is over, but a swap of it is still on its way.
        SwapsUnderWay = "swaps_under_way",
    }
}

/// A fairness report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FairnessReport {
    /// The run it is about; null for a quarter.
    pub run: Option<RunId>,
    /// The quarter it is about, such as 2026-Q4; null for a run.
    pub quarter: Option<String>,
    /// Whose part; null for everybody's.
    pub team: Option<TeamId>,
    /// The first day: of the quarter, or the business date of the run.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// How many accounts were helped.
    pub accounts: AccountCounts,
    /// How the gains are spread; null where that would tell too much.
    pub gains: Option<GainsView>,
    /// Why it would.
    pub gains_withheld: Option<Withheld>,
    /// What fairness cost; null where that would tell too much, or nobody has counted it.
    pub price: Option<PriceView>,
    /// What money moved.
    pub money: MoneyView,
}

/// How many accounts were helped: of those in the pool of a run, or of those submitted in a quarter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountCounts {
    /// Accounts in the pool, or submitted.
    pub offered: u32,
    /// Those of them that were proposed for a swap, so far.
    pub proposed: u32,
    /// Those of them of whose proposal everybody accepted, so far.
    pub accepted: u32,
    /// Those of them that changed hands, so far.
    pub moved: u32,
    /// Those of them that changed hands and went back.
    pub undone: u32,
    /// Proposed of offered, in thousandths.
    pub proposed_thousandths: u32,
    /// Accepted of proposed, in thousandths.
    pub accepted_thousandths: u32,
}

/// How the gains of at least five reps are spread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GainsView {
    /// Reps who swap, each once.
    pub reps: u32,
    /// About what they gain in all, in minutes a year; rounded to a multiple of a band.
    pub total_about_minutes: i64,
    /// Nobody gains less, in minutes a year; the beginning of a band.
    pub smallest_at_least_minutes: i64,
    /// Gini coefficient of their gains, in thousandths: 0 when all gain the same.
    pub gini_thousandths: i64,
    /// How wide a band is, in minutes a year: what one star of rapport is worth.
    pub band_minutes: i64,
    /// How many gain how much, from the first band that has a rep to the last.
    pub bands: Vec<BandView>,
}

/// How many reps gain from so much to less than a band more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BandView {
    /// The least such a rep gains, in minutes a year.
    pub from_minutes: i64,
    /// How many they are.
    pub reps: u32,
}

/// What fairness cost all reps together: of the runs that counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceView {
    /// Runs counted.
    pub runs: u32,
    /// The part that their plans forgo of what the plans with the largest total would gain, in thousandths.
    pub price_thousandths: i64,
    /// Whether each of the largest totals is proven to be the most there is.
    pub is_proven: bool,
}

/// What money moved: by what a run proposed, or by what took effect in a quarter and was not undone. Money is whole cents
/// of the year that begins with the change of owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyView {
    /// Reps who gave and got money.
    pub reps: u32,
    /// What the reps who got more than they gave got, in all.
    pub moved_cents: Cents,
    /// What the reps here got less what they gave; 0 for everybody.
    pub net_cents: Cents,
    /// The same in targets.
    pub net_quota_cents: Cents,
    /// The largest sum of one rep, either way.
    pub largest_cents: Cents,
    /// Each rep's sum; to a manager, of the own team.
    pub by_rep: Option<Vec<RepMoney>>,
}

/// One rep's sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RepMoney {
    /// The rep.
    pub rep: RepId,
    /// What they got less what they gave.
    pub net_cents: Cents,
    /// The same in targets.
    pub net_quota_cents: Cents,
}

/// The fairness report of a run or quarter, everybody's or one team's, as `who` may see it.
///
/// Errors: a rep may see none; a manager sees those of the teams they manage, and of a run of one such team.
pub fn report(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    about: &About,
) -> Result<FairnessReport, Refused> {
    let own = match who.role {
        Role::Rep => return Err(Refused::NotAllowed("fairness reports are for managers and admins")),
        Role::Manager | Role::Admin | Role::Service => managed(reader, who)?,
    };
    if let Some(team) = &about.team {
        let is_theirs = who.role != Role::Manager || own.contains(team);
        roster::team(reader, team)?.filter(|_| is_theirs).ok_or(Refused::NotFound("team"))?;
    }
    let book = Book { team_of: fairness::teams_of_reps(reader)?, team: about.team.clone() };
    let sees_all = who.role != Role::Manager;
    let is_manager_of = |team: &TeamId| who.role == Role::Manager && own.contains(team);
    match about.of {
        Of::Run(id) => of_run(reader, settings, who, id, &book, is_manager_of, sees_all),
        Of::Quarter(_) if who.role == Role::Manager && about.team.is_none() => Err(Refused::NotAllowed(NAME_A_TEAM)),
        Of::Quarter(quarter) => of_quarter(reader, settings, quarter, &book, is_manager_of, sees_all),
    }
}

fn of_run(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: RunId,
    book: &Book,
    is_manager_of: impl Fn(&TeamId) -> bool,
    sees_all: bool,
) -> Result<FairnessReport, Refused> {
    // Whoever may not see the run learns nothing of its report.
    run::one(reader, who, id)?;
    let run = runs::one(reader, id)?.ok_or(Refused::NotFound("run"))?;
    // Of a shadow there are no proposals to report on.
    let report =
        run.report.as_deref().filter(|_| run.mode == RunMode::Live).ok_or(Refused::NotFound("published run"))?;
    let kept = KeptReport::read(report)?;
    let scope: Option<TeamId> = (run.scope != EVERYBODY).then(|| run.scope.parse().ok()).flatten();
    if who.role == Role::Manager && book.team.is_none() && scope.is_none() {
        return Err(Refused::NotAllowed(NAME_A_TEAM));
    }
    let legs = fairness::proposed_by(reader, id)?;
    let own: Vec<&LegOutcome> = legs.iter().filter(|leg| book.has(&leg.from)).collect();
    let withheld = book.withheld(&legs, sees_all);
    let accounts = AccountCounts::new(kept.offers(book.team.as_ref()), own.iter().map(|leg| Life::of(leg)));
    let is_whole = book.team.is_none() || book.team == scope;
    let price = kept.price().filter(|_| withheld.is_none() && is_whole);
    let named = book.team.as_ref().or(scope.as_ref()).is_some_and(is_manager_of);
    Ok(FairnessReport {
        run: Some(id),
        quarter: None,
        team: book.team.clone(),
        from: run.business_date,
        until: run.business_date,
        accounts,
        gains: withheld.is_none().then(|| spread(settings, &own)),
        gains_withheld: withheld,
        price: price.map(|price| PriceView::new(&[price])),
        money: book.money(legs.iter(), named),
    })
}

fn of_quarter(
    reader: &mut Reader<'_>,
    settings: &Settings,
    quarter: Quarter,
    book: &Book,
    is_manager_of: impl Fn(&TeamId) -> bool,
    sees_all: bool,
) -> Result<FairnessReport, Refused> {
    let (from, until) = (quarter.first_day(), quarter.last_day());
    let legs = fairness::effective_within(reader, from, until)?;
    let moved: Vec<LegOutcome> = legs.iter().filter(|leg| leg.moved).cloned().collect();
    let own: Vec<&LegOutcome> = moved.iter().filter(|leg| book.has(&leg.from)).collect();
    let today = business_date(&settings.night, reader.now());
    let on_its_way = |leg: &LegOutcome| {
        !leg.moved
            && matches!(leg.state, ProposalState::Approved | ProposalState::Executing | ProposalState::NeedsAttention)
    };
    let withheld = if today <= until {
        Some(Withheld::QuarterNotOver)
    } else if legs.iter().any(on_its_way) {
        Some(Withheld::SwapsUnderWay)
    } else {
        book.withheld(&moved, sees_all)
    };
    let scope = book.team.as_ref().map_or(EVERYBODY, TeamId::as_str);
    let mut prices = Vec::new();
    if withheld.is_none() {
        for report in fairness::run_reports(reader, scope, from, until)? {
            prices.extend(KeptReport::read(&report)?.price());
        }
    }
    let staying = moved.iter().filter(|leg| leg.state != ProposalState::Undone);
    Ok(FairnessReport {
        run: None,
        quarter: Some(quarter.to_string()),
        team: book.team.clone(),
        from,
        until,
        accounts: submitted(reader, settings, quarter, book)?,
        gains: withheld.is_none().then(|| spread(settings, &own)),
        gains_withheld: withheld,
        price: (!prices.is_empty()).then(|| PriceView::new(&prices)),
        money: book.money(staying, book.team.as_ref().is_some_and(is_manager_of)),
    })
}

/// What became of the accounts submitted in a quarter of the organisation's time zone.
fn submitted(
    reader: &mut Reader<'_>,
    settings: &Settings,
    quarter: Quarter,
    book: &Book,
) -> Result<AccountCounts, Refused> {
    let zone = settings.night.time_zone;
    let midnight = |day: NaiveDate| -> DateTime<Utc> {
        let local = day.and_time(NaiveTime::MIN);
        // A midnight that the clocks leap over is the moment they leap.
        let moment = zone.from_local_datetime(&local).earliest();
        moment.map_or_else(|| local.and_utc(), |moment| moment.with_timezone(&Utc))
    };
    let (from, until) = (midnight(quarter.first_day()), midnight(quarter.last_day() + Days::new(1)));
    let made = fairness::submitted_within(reader, from, until)?;
    let own: Vec<SubmissionId> = made.into_iter().filter(|(_, rep)| book.has(rep)).map(|(id, _)| id).collect();
    let mut lives: BTreeMap<SubmissionId, Life> = BTreeMap::new();
    for leg in fairness::legs_of(reader, &own)? {
        lives.entry(leg.submission).or_default().take_in(Life::of(&leg));
    }
    Ok(AccountCounts::new(own.len(), lives.into_values()))
}

/// How far an account came by its proposals.
#[derive(Debug, Clone, Copy, Default)]
struct Life {
    agreed: bool,
    moved: bool,
    undone: bool,
}

impl Life {
    fn of(leg: &LegOutcome) -> Self {
        Self { agreed: leg.agreed, moved: leg.moved, undone: leg.moved && leg.state == ProposalState::Undone }
    }

    fn take_in(&mut self, other: Self) {
        self.agreed |= other.agreed;
        self.moved |= other.moved;
        self.undone |= other.undone;
    }
}

impl AccountCounts {
    fn new(offered: usize, proposed: impl Iterator<Item = Life>) -> Self {
        let mut counts = Self { offered: count(offered), ..Self::default() };
        for life in proposed {
            counts.proposed += 1;
            counts.accepted += u32::from(life.agreed);
            counts.moved += u32::from(life.moved);
            counts.undone += u32::from(life.undone);
        }
        counts.proposed_thousandths = thousandths(counts.proposed, counts.offered);
        counts.accepted_thousandths = thousandths(counts.accepted, counts.proposed);
        counts
    }
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

fn thousandths(part: u32, whole: u32) -> u32 {
    let (part, whole) = (u64::from(part), u64::from(whole));
    (1000 * part + whole / 2).checked_div(whole).unwrap_or(0) as u32
}

/// Who counts: everybody, or those who are in one team now.
struct Book {
    team_of: BTreeMap<RepId, TeamId>,
    team: Option<TeamId>,
}

impl Book {
    fn has(&self, rep: &RepId) -> bool {
        self.team.as_ref().is_none_or(|team| self.team_of.get(rep) == Some(team))
    }

    /// Why the gains of those of `legs` who count are not for a reader, who may see everybody's as well.
    fn withheld(&self, legs: &[LegOutcome], sees_all: bool) -> Option<Withheld> {
        let (own, others): (BTreeSet<&RepId>, BTreeSet<&RepId>) =
            legs.iter().map(|leg| &leg.from).partition(|rep| self.has(rep));
        if own.len() < LEAST_REPS {
            Some(Withheld::FewerThanFive)
        } else if sees_all && (1..LEAST_REPS).contains(&others.len()) {
            Some(Withheld::OthersFewerThanFive)
        } else {
            None
        }
    }

    /// The money of some legs, for those who count.
    fn money<'a>(&self, legs: impl Iterator<Item = &'a LegOutcome> + Clone, named: bool) -> MoneyView {
        let sums = |net: fn(&[money::Entry]) -> Cents| {
            money::by_rep(legs.clone().map(move |leg| (&leg.from, &leg.to, net(&leg.money))))
        };
        let mut quota = sums(money::net_quota);
        let by_rep: Vec<RepMoney> = sums(money::net)
            .into_iter()
            .filter(|(rep, _)| self.has(rep))
            .map(|(rep, net_cents)| {
                let net_quota_cents = quota.remove(&rep).unwrap_or_default();
                RepMoney { rep, net_cents, net_quota_cents }
            })
            .collect();
        MoneyView {
            reps: count(by_rep.len()),
            moved_cents: by_rep.iter().map(|one| one.net_cents.max(Cents::ZERO)).sum(),
            net_cents: by_rep.iter().map(|one| one.net_cents).sum(),
            net_quota_cents: by_rep.iter().map(|one| one.net_quota_cents).sum(),
            largest_cents: by_rep.iter().map(|one| one.net_cents.abs()).max().unwrap_or_default(),
            by_rep: named.then_some(by_rep),
        }
    }
}

/// How the gains of legs are spread over their givers, each of whom gains by all of their legs together.
fn spread(settings: &Settings, legs: &[&LegOutcome]) -> GainsView {
    let mut of: BTreeMap<&RepId, Minutes> = BTreeMap::new();
    for leg in legs {
        *of.entry(&leg.from).or_default() += leg.gain;
    }
    let gains = Gains::new(of.into_values().collect());
    let band = Minutes(settings.policy.scores.star_minutes.0.max(60));
    let bands = gains.bands(band);
    GainsView {
        reps: count(gains.reps()),
        total_about_minutes: (gains.total().0 + band.0 / 2).div_euclid(band.0) * band.0,
        smallest_at_least_minutes: bands.first().map_or(0, |band| band.from.0),
        gini_thousandths: gains.gini_thousandths(),
        band_minutes: band.0,
        bands: bands.iter().map(|band| BandView { from_minutes: band.from.0, reps: band.reps }).collect(),
    }
}

impl PriceView {
    fn new(runs: &[(Minutes, LargestTotal)]) -> Self {
        let gain: Minutes = runs.iter().map(|(gain, _)| *gain).sum();
        // A search that was ended may know of less than the plan has.
        let largest: Minutes = runs.iter().map(|(gain, largest)| largest.gain.max(*gain)).sum();
        Self {
            runs: count(runs.len()),
            price_thousandths: price_thousandths(gain, largest),
            is_proven: runs.iter().all(|(_, largest)| largest.is_proven),
        }
    }
}

#[cfg(test)]
mod tests;
