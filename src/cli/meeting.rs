//! `meeting`: a team's meeting at a terminal, as its manager: begun, shaped change by change, published or closed.
//!
//! In go a manager and one step; out comes the meeting as it then stands, in words or as JSON, after a change with what
//! the change did. Holds: it does and tells what the manager could do and read over HTTP, no more, and goes on record in
//! the manager's name. Exit codes: 0 done, 1 refused, 2 no such team, meeting or account.
//! Deliberately absent: seeing who it is; whoever has the database and the local key has every manager's word anyway.

use super::{Context, Failure};
use account_swap::{
    app::{
        Page, Store,
        meetings::{self, ChangedMeeting, Difference, MeetingChange, MeetingMove, MeetingSummary, MeetingView},
    },
    domain::{
        ids::{AccountId, MeetingId, RepId, TeamId, Version},
        principal::{Principal, Role},
        units::{Cents, Minutes},
    },
};
use std::fmt::{self, Write as _};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The manager whose meeting it is.
    #[arg(long, value_name = "ID")]
    manager: RepId,
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// The meetings of the manager's teams.
    List,
    /// Begins a meeting of a team with the best plan of this moment.
    Begin {
        /// The team.
        team: TeamId,
    },
    /// A meeting with its moves as they stand.
    Show {
        /// The meeting.
        meeting: MeetingId,
    },
    /// Has two accounts swapped, and plans the rest around them.
    Pin {
        /// The meeting.
        meeting: MeetingId,
        /// One account.
        account: AccountId,
        /// The other.
        other: AccountId,
    },
    /// Keeps an account where it is, or with --to from one rep.
    Strike {
        /// The meeting.
        meeting: MeetingId,
        /// The account.
        account: AccountId,
        /// The rep it does not go to.
        #[arg(long, value_name = "ID")]
        to: Option<RepId>,
    },
    /// Takes the last change back.
    Undo {
        /// The meeting.
        meeting: MeetingId,
    },
    /// Proposes the moves to their reps and ends the meeting.
    Publish {
        /// The meeting.
        meeting: MeetingId,
    },
    /// Ends the meeting without proposals.
    Close {
        /// The meeting.
        meeting: MeetingId,
    },
}

pub fn run(context: &Context, Arguments { manager, step }: &Arguments) -> Result<(), Failure> {
    let who = Principal { id: manager.clone(), role: Role::Manager };
    let (store, settings) = (context.store()?, &context.settings);
    let change = |meeting: MeetingId, change: MeetingChange| {
        let seen = version(&store, &who, meeting)?;
        let changed = store.write(|writer| meetings::change(writer, &who, meeting, &change, seen))?;
        context.say(&changed, Changed(&changed))
    };
    let shown = match step {
        Step::List => {
            let all = list(&store, &who)?;
            return context.say(&all, List(&all));
        }
        Step::Pin { meeting, account, other } => {
            let accounts = [account.clone(), other.clone()];
            return change(*meeting, MeetingChange::Pin { accounts });
        }
        Step::Strike { meeting, account, to: None } => {
            return change(*meeting, MeetingChange::StrikeAccount { account: account.clone() });
        }
        Step::Strike { meeting, account, to: Some(rep) } => {
            let (account, rep) = (account.clone(), rep.clone());
            return change(*meeting, MeetingChange::StrikeCandidate { account, rep });
        }
        Step::Undo { meeting } => return change(*meeting, MeetingChange::Undo {}),
        Step::Begin { team } => meetings::begin(&store, settings, &who, team)?,
        Step::Show { meeting } => store.read(|reader| meetings::one(reader, &who, *meeting))?,
        Step::Publish { meeting } => {
            let seen = version(&store, &who, *meeting)?;
            store.write(|writer| meetings::publish(writer, settings, &who, *meeting, seen))?
        }
        Step::Close { meeting } => {
            let seen = version(&store, &who, *meeting)?;
            store.write(|writer| meetings::close(writer, &who, *meeting, seen))?
        }
    };
    context.say(&shown, Whole(&shown))
}

fn version(store: &Store, who: &Principal, meeting: MeetingId) -> Result<Version, Failure> {
    Ok(store.read(|reader| meetings::one(reader, who, meeting))?.meeting.version)
}

fn list(store: &Store, who: &Principal) -> Result<Vec<MeetingSummary>, Failure> {
    const PAGE: i64 = 200;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.read(|reader| meetings::list(reader, who, Page { after, limit: PAGE }))?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.id);
        all.extend(page);
    }
}

/// Meetings, one a line.
struct List<'a>(&'a [MeetingSummary]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no meetings");
        }
        for (line, MeetingSummary { id, team, state, started_by, started_at, .. }) in self.0.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let begun = started_at.format("%F %R");
            write!(f, "{separator}{id}  {state:<9}  team {team}, begun {begun} UTC by {started_by}")?;
        }
        Ok(())
    }
}

/// A meeting and all its moves.
struct Whole<'a>(&'a MeetingView);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MeetingView { meeting, changes, moves, pool, proposals, .. } = self.0;
        writeln!(f, "{}", List(std::slice::from_ref(meeting)))?;
        let (before, after) = (hours(self.0.travel_minutes_before), hours(self.0.travel_minutes_after));
        let money = money(self.0.commission_moved_cents);
        write!(f, "{}; driving {before} → {after} h/year, commission moved {money}", counted(moves.len(), "move"))?;
        for one in moves {
            write!(f, "\n  {}", Move(one))?;
        }
        let staying: Vec<&str> = pool.iter().filter(|one| !one.moves).map(|one| one.account.as_str()).collect();
        if !staying.is_empty() {
            write!(f, "\n  stay: {}", staying.join(", "))?;
        }
        for change in changes {
            write!(f, "\n  {}", word(change))?;
        }
        if !proposals.is_empty() {
            write!(f, "\n  proposed: {}", counted(proposals.len(), "proposal"))?;
        }
        Ok(())
    }
}

/// What a change did, and what stands now.
struct Changed<'a>(&'a ChangedMeeting);

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { gone, new, travel_minutes_saved, commission_moved_cents, points_change } = &self.0.difference;
        for (sign, moves) in [('-', gone), ('+', new)] {
            for one in moves {
                writeln!(f, "{sign} {}", Move(one))?;
            }
        }
        let (saved, money) = (hours(*travel_minutes_saved), money(*commission_moved_cents));
        writeln!(f, "points {points_change}, driving saved {saved} h/year, commission moved {money}\n")?;
        Whole(&self.0.meeting).fmt(f)
    }
}

/// One move on one line: each account with who gives and gets it, and how much better the two fit.
struct Move<'a>(&'a MeetingMove);

impl fmt::Display for Move<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.pinned {
            f.write_str("pinned: ")?;
        }
        for (place, leg) in self.0.legs.iter().enumerate() {
            let separator = if place == 0 { "" } else { " | " };
            let (name, estimate) = (&leg.account.name, if leg.travel_estimated { "about " } else { "" });
            let (before, after) = (hours(leg.travel_minutes_before), hours(leg.travel_minutes_after));
            write!(
                f,
                "{separator}{} {name}: {} → {}, fit {}, driving {estimate}{before} → {after} h/year",
                leg.account.id, leg.from, leg.to, leg.fit
            )?;
        }
        Ok(())
    }
}

fn word(change: &MeetingChange) -> String {
    match change {
        MeetingChange::Pin { accounts: [one, other] } => format!("pinned {one} and {other}"),
        MeetingChange::StrikeAccount { account } => format!("struck out {account}"),
        MeetingChange::StrikeCandidate { account, rep } => format!("struck out {account} for {rep}"),
        MeetingChange::Undo {} => "taken back".to_owned(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn hours(minutes: Minutes) -> String {
    format!("{:.1}", minutes.0 as f64 / 60.0)
}

fn money(cents: Cents) -> String {
    let mut text = String::new();
    let (sign, cents) = (if cents.0 < 0 { "-" } else { "" }, cents.0.unsigned_abs());
    write!(text, "{sign}{}.{:02}", cents / 100, cents % 100).expect("a String takes every text");
    text
}
