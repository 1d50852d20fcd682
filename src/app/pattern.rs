//! Patterns: a private hint for a rep, and a figure about a crowd for a manager.
//!
//! In goes who asks; out comes what they may know. Holds: a hint changes only at the batch boundaries of its rep and with
//! their own book, so that it tells nothing of a colleague's day; a manager's figure is made at a batch boundary, about all
//! reps of their teams, and never one from which, beside all the others, something about fewer than five could be
//! worked out. Deliberately absent: who had a hint; nobody can ask, an admin included.

use super::{Reader, Refused, Writer};
use crate::{
    domain::{
        ids::RepId,
        pattern::{Band, Base, CROWD, Tally, keeps_the_crowd},
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{
        patterns::{self, Counted, Told},
        roster,
    },
};
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A figure about a crowd is told in steps of so many percent.
const STEP_PERCENT: u32 = 5;

/// What a rep learns of their own pattern.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HintView {
    /// Whether you submit an unusual share of your book; nothing where too little is known of others to say.
    pub unusual: Option<bool>,
    /// Accounts you hold.
    pub accounts: u32,
    /// Of how many you made submissions within the window, as of the last batch.
    pub submitted: u32,
    /// How far back submissions count, in days.
    pub window_days: u32,
    /// The batch the numbers are as of.
    pub as_of: Option<DateTime<Utc>>,
    /// The same in words; seen by nobody else.
    pub sentences: Vec<String>,
}

/// What the asking rep may take from how much they submit.
///
/// Cost: counts of all books and of the submissions within the window.
pub fn hint(reader: &mut Reader<'_>, settings: &Settings, who: &Principal) -> Result<HintView, Refused> {
    if who.role != Role::Rep {
        return Err(Refused::NotAllowed("a hint is its rep's own"));
    }
    let terms = &settings.pattern;
    let window = Duration::days(terms.window_days.into());
    let team = roster::rep(reader, &who.id)?.ok_or(Refused::NotFound("rep"))?.team;
    let as_of = patterns::last_batch(reader, &[super::run::EVERYBODY, team.as_str()])?;
    let until = as_of.unwrap_or_else(|| reader.now());
    let mut all = patterns::tallies(reader, until - window, until)?;
    let own = all.remove(&who.id).map_or_else(Tally::default, |counted| counted.tally);
    let base = as_of.and_then(|_| Base::of(all.values().map(|counted| counted.tally)));
    let unusual = base.map(|base| base.band(own, terms) == Band::MuchHigher);
    Ok(HintView {
        unusual,
        accounts: own.accounts(),
        submitted: own.submitted(),
        window_days: terms.window_days,
        as_of,
        sentences: sentences(own, unusual),
    })
}

fn sentences(own: Tally, unusual: Option<bool>) -> Vec<String> {
    let counts = format!("You have submitted {} of your {} accounts.", own.submitted(), own.accounts());
    let more: &[&str] = match unusual {
        Some(true) => &[
            "That is more than is usual, even allowing for chance and for the size of your book.",
            "Sometimes that is the book: think of how it was put together. Sometimes it is the way of working: a look at \
             two of these accounts with somebody you trust costs an hour.",
            "Only you see this.",
        ],
        Some(false) => &["That is not unusual."],
        None => &["Too little is known yet to say whether that is unusual."],
    };
    [counts].into_iter().chain(more.iter().map(|&line| line.to_owned())).collect()
}

/// A figure about the reps of a manager's teams.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PatternView {
    /// How many reps it is about: five or more; nothing where nothing may be told.
    pub reps: Option<u32>,
    /// Accounts submitted in percent of those held, in steps of five.
    pub share_percent: Option<u32>,
    /// How that stands against all other reps; nothing where they are fewer than five.
    pub band: Option<Band>,
    /// The batch it is as of.
    pub as_of: Option<DateTime<Utc>>,
}

/// The last figure that could be told to the asking manager.
pub fn report(reader: &mut Reader<'_>, settings: &Settings, who: &Principal) -> Result<PatternView, Refused> {
    if who.role != Role::Manager {
        return Err(Refused::NotAllowed("a manager sees the figure of the own teams, and nobody else does"));
    }
    let since = reader.now() - Duration::days(settings.pattern.window_days.into());
    let told = patterns::told_since(reader, since)?.into_iter().find(|told| told.manager == who.id);
    Ok(match told {
        Some(told) => PatternView {
            reps: Some(u32::try_from(told.members.len()).unwrap_or(u32::MAX)),
            share_percent: Some(told.share_percent),
            band: told.band,
            as_of: Some(told.at),
        },
        None => PatternView { reps: None, share_percent: None, band: None, as_of: None },
    })
}

/// Makes the figures of a batch boundary: one for each manager of whose reps one may be told.
pub(super) fn tell(writer: &mut Writer<'_>, settings: &Settings) -> Result<(), Refused> {
    let terms = &settings.pattern;
    let now = writer.now();
    let since = now - Duration::days(terms.window_days.into());
    let mut groups: BTreeMap<RepId, BTreeSet<RepId>> = BTreeMap::new();
    let managers: BTreeMap<_, _> = roster::teams(writer)?.into_iter().map(|team| (team.id, team.manager)).collect();
    let tallies = patterns::tallies(writer, since, now)?;
    for (rep, Counted { team, tally }) in &tallies {
        if let Some(manager) = managers.get(team).filter(|_| tally.accounts() > 0) {
            groups.entry(manager.clone()).or_default().insert(rep.clone());
        }
    }
    groups.retain(|_, members| members.len() >= CROWD);
    let mut told: Vec<BTreeSet<RepId>> =
        patterns::told_since(writer, since)?.into_iter().map(|one| one.members).collect();
    for (manager, members) in groups {
        if !keeps_the_crowd(&told, &members) {
            continue;
        }
        let (inside, outside): (Vec<_>, Vec<_>) = tallies.iter().partition(|(rep, _)| members.contains(*rep));
        let total = inside.iter().fold(Tally::default(), |sum, (_, counted)| sum.plus(counted.tally));
        let band = Base::of(outside.iter().map(|(_, counted)| counted.tally)).map(|base| base.band(total, terms));
        patterns::tell(
            writer,
            &Told { manager, members: members.clone(), at: now, share_percent: share(total), band },
        )?;
        told.push(members);
    }
    Ok(())
}

/// The share of a tally to the nearest [`STEP_PERCENT`].
fn share(total: Tally) -> u32 {
    let steps = u64::from(100 / STEP_PERCENT);
    let (held, submitted) = (u64::from(total.accounts()).max(1), u64::from(total.submitted()));
    let nearest = (2 * submitted * steps + held) / (2 * held);
    u32::try_from(nearest).unwrap_or(0) * STEP_PERCENT
}
