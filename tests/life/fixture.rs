//! A small company in a fresh database: two teams, four reps, and accounts that lie at the wrong end of Pennsylvania.
//!
//! In goes a database; out comes a world in which Anna (base Philadelphia) and Ben (base Pittsburgh) of team north each
//! hold accounts next door to the other, and so do Cora and Dan of team south.

use crate::common::databases::TestDatabase;
use account_swap::{
    app::{Page, Refused, Store, proposals as views, run, submit},
    domain::{
        approval::{Approval, ApprovalRule},
        ids::{AccountId, ProposalId, RepId, SubmissionId, Version},
        money,
        principal::{Principal, Role},
        proposal::{Answer, Geography, Leg, Proposal, ProposalState, Side, Valuation},
        submission::{Reason, Submission, SubmissionState},
        units::{Cents, Minutes, Points, Stars},
    },
    settings::Settings,
    store::{HandClock, proposals, submissions},
};
use chrono::{Duration, NaiveDate};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use std::{collections::BTreeMap, fmt::Write as _};
use uuid::Uuid;

/// The company.
pub struct World {
    pub store: Store,
    pub settings: Settings,
    pub name: &'static str,
    /// The clock that counts, where it is not the database's.
    pub clock: Option<HandClock>,
    database: TestDatabase,
}

/// Somebody in a role.
pub fn who(id: &str, role: Role) -> Principal {
    Principal { id: id.parse().unwrap(), role }
}

pub fn rep(id: &str) -> Principal {
    who(id, Role::Rep)
}

pub fn manager(id: &str) -> Principal {
    who(id, Role::Manager)
}

pub fn service() -> Principal {
    who("crm", Role::Service)
}

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// Has the approval policy go by these rules, as they stand in a file of settings.
pub fn approve_by(settings: &mut Settings, rules: &str) {
    let mut rules: BTreeMap<String, Vec<ApprovalRule>> = toml::from_str(rules).expect("rules");
    settings.approval.rules = rules.remove("rules").expect("rules");
}

/// How many rounds a race is run: as many as the variable `ACCOUNT_SWAP_ROUNDS` asks for, else `usual`.
///
/// A race whose rounds are cheap is usually run its full thousand; one whose rounds each take a plan, fewer.
pub fn rounds(usual: usize) -> usize {
    std::env::var("ACCOUNT_SWAP_ROUNDS").map_or(usual, |asked| {
        let rounds = asked.parse().ok().filter(|rounds| *rounds > 0);
        rounds.unwrap_or_else(|| panic!("ACCOUNT_SWAP_ROUNDS is {asked:?} and must be a number from 1"))
    })
}

const PHILADELPHIA: (i32, i32) = (39_952_600, -75_165_200);
const PITTSBURGH: (i32, i32) = (40_440_600, -79_995_900);

impl World {
    /// Two teams, four reps, and `pairs` pairs of accounts of each couple: `anna-0`, `ben-0`, `cora-0`, `dan-0`, ….
    pub fn new(database: TestDatabase, pairs: usize) -> Self {
        let settings = database.settings();
        let store = Store::open(&settings.database).expect(database.name);
        let mut sql = String::from(
            "INSERT INTO teams (id, manager_id) VALUES ('north', 'mona'), ('south', 'sam'), ('heads', 'vera');",
        );
        let people = [
            ("anna", "north", PHILADELPHIA),
            ("ben", "north", PITTSBURGH),
            ("cora", "south", PHILADELPHIA),
            ("dan", "south", PITTSBURGH),
            ("mona", "heads", PHILADELPHIA),
        ];
        for (rep, team, (lat, lon)) in people {
            write!(
                sql,
                "INSERT INTO reps (id, name, team_id, base_lat_e6, base_lon_e6, territory, country, languages, \
                 industries, licences, tolerances, abusive_accounts_cap, active) VALUES ('{rep}', 'The real {rep}', \
                 '{team}', {lat}, {lon}, '[]', 'us', '[\"en\"]', '[]', '[]', '[]', 0, TRUE);"
            )
            .unwrap();
        }
        for (rep, _, base) in people {
            let far = if base == PHILADELPHIA { PITTSBURGH } else { PHILADELPHIA };
            for n in 0..pairs {
                let (lat, lon) = (far.0 + 1000 * (n % 20) as i32, far.1);
                write!(
                    sql,
                    "INSERT INTO accounts (id, name, owner_id, ownership, lat_e6, lon_e6, country, annual_value_cents, \
                     annual_commission_cents, visits_a_year, visit_minutes, language_required, industry_required, \
                     licences_required, traits, conflicts) VALUES ('{rep}-{n}', 'Account {n} of {rep}', '{rep}', 1, \
                     {lat}, {lon}, 'us', 10000000, 1000000, 12, 60, FALSE, FALSE, '[]', '[]', '[]');"
                )
                .unwrap();
            }
        }
        execute(&database.url, &sql);
        Self { store, settings, name: database.name, clock: None, database }
    }

    /// The same world by a clock that a test moves, which shows `time` for now.
    pub fn by_hand(self, time: &str) -> (Self, HandClock) {
        let clock = HandClock::showing(time.parse().unwrap());
        (Self { store: self.store.by_clock(clock.clone()), clock: Some(clock.clone()), ..self }, clock)
    }

    /// Two worlds that are this one up to now, and go by its clock.
    pub fn twins(self) -> [Self; 2] {
        let Self { store, settings, name, clock, database } = self;
        drop(store);
        let copy = database.copy();
        [database, copy].map(|database| {
            let mut settings = settings.clone();
            settings.database.url.clone_from(&database.url);
            Self { store: open(&settings, clock.as_ref()), settings, name, clock: clock.clone(), database }
        })
    }

    /// Changes the database behind the program's back.
    pub fn execute(&self, sql: &str) {
        execute(&self.database.url, sql);
    }

    /// Submits an account for its owner, who is called what its id begins with.
    pub fn submit(&self, account: &str) -> submit::SubmissionView {
        self.try_submit(account).unwrap()
    }

    /// The same, or why not.
    pub fn try_submit(&self, account: &str) -> Result<submit::SubmissionView, Refused> {
        let owner = rep(account.split('-').next().unwrap());
        let new = submit::NewSubmission {
            account: id(account),
            stars: Stars::from_decimal(1.5).unwrap(),
            reasons: [Reason::Chemistry].into(),
            share_reasons: true,
            note: String::new(),
        };
        self.store.write(|writer| submit::submit(writer, &self.settings, &owner, new.clone()))
    }

    /// Runs everybody on a date.
    pub fn run(&self, date: &str) -> run::RunView {
        let who = who("root", Role::Admin);
        run::run(&self.store, &self.settings, &who, &run::Scope::Everybody, id::<NaiveDate>(date), &|_| {}).unwrap()
    }

    /// A party's view of their newest proposals.
    pub fn proposals(&self, who: &Principal) -> Vec<views::ProposalView> {
        self.store.read(|reader| views::list(reader, who, Page { after: None, limit: 200 })).expect("a list")
    }

    /// What a party sees of one proposal.
    pub fn party(&self, who: &Principal, proposal: ProposalId) -> views::PartyView {
        match self.store.read(|reader| views::one(reader, who, proposal)).unwrap() {
            views::ProposalView::Party(view) => *view,
            other => panic!("{other:?} is no party's view"),
        }
    }

    /// What a manager sees of one proposal.
    pub fn manager(&self, who: &Principal, proposal: ProposalId) -> views::ManagerView {
        match self.store.read(|reader| views::one(reader, who, proposal)).unwrap() {
            views::ProposalView::Manager(view) => view,
            other => panic!("{other:?} is no manager's view"),
        }
    }

    /// Who owns an account.
    pub fn owner(&self, account: &str) -> String {
        use account_swap::store::roster;
        let held = self.store.read(|reader| roster::account(reader, &id(account))).unwrap().unwrap();
        held.account.owner.into()
    }

    /// Puts proposals of `anna-n` for `ben-n` into the database as a run would, for `n` in `0..count`.
    pub fn propose(&self, count: usize) -> Vec<Proposal> {
        let made: Vec<Proposal> = self
            .store
            .write(|writer| {
                let now = writer.now();
                let mut made = Vec::with_capacity(count);
                for n in 0..count {
                    let mut legs = Vec::new();
                    for (position, from, to) in [(0, "anna", "ben"), (1, "ben", "anna")] {
                        let submission = Submission {
                            id: SubmissionId(Uuid::new_v4()),
                            account: id::<AccountId>(&format!("{from}-{n}")),
                            rep: id(from),
                            stars: Stars::from_decimal(1.5).unwrap(),
                            reasons: [Reason::Chemistry].into(),
                            reasons_shared: true,
                            note: String::new(),
                            state: SubmissionState::Reserved,
                            cause: None,
                            created_at: now,
                            version: Version(Uuid::new_v4()),
                        };
                        submissions::insert(writer, &submission)?;
                        legs.push(Leg {
                            position,
                            account: submission.account,
                            submission: submission.id,
                            from: id::<RepId>(from),
                            to: id(to),
                            ownership: 1,
                            annual_commission_cents: Cents(1_000_000),
                            money: vec![money::Entry {
                                kind: money::EntryKind::Commission,
                                cents: Cents(1_000_000),
                                deal: None,
                            }],
                            side: Side::new(worth(150), worth(300), Minutes(480)),
                            answer_by: now + Duration::hours(100),
                            answer: Answer::Pending,
                            firm_at: None,
                            version: Version(Uuid::new_v4()),
                        });
                    }
                    made.push(Proposal {
                        id: ProposalId(Uuid::new_v4()),
                        run: None,
                        state: ProposalState::Proposed,
                        points: Points(1000),
                        created_at: now,
                        expires_at: now + Duration::hours(100),
                        agreed_at: None,
                        shown_at: None,
                        approval: Approval::otherwise(),
                        revealed_at: None,
                        effective_on: None,
                        trial_ends_on: None,
                        cause: None,
                        sent_at: None,
                        alarmed_at: None,
                        bounces_until: None,
                        version: Version(Uuid::new_v4()),
                        legs,
                    });
                }
                proposals::insert(writer, &made)?;
                Ok::<_, Refused>(made)
            })
            .unwrap();
        made
    }

    /// A proposal as it is kept.
    pub fn kept(&self, proposal: ProposalId) -> Proposal {
        self.store.read(|reader| proposals::one(reader, proposal)).unwrap().unwrap()
    }
}

/// Opens a database by a clock, or by its own.
pub fn open(settings: &Settings, clock: Option<&HandClock>) -> Store {
    let store = Store::open(&settings.database).expect("the database");
    match clock {
        Some(clock) => store.by_clock(clock.clone()),
        None => store,
    }
}

fn worth(stars_hundredths: i64) -> Valuation {
    Valuation {
        stars: Stars::from_hundredths(stars_hundredths).unwrap(),
        rapport_minutes: Minutes(12 * stars_hundredths),
        travel_minutes: Minutes(0),
        left_behind_minutes: Minutes(0),
        geography: Geography::default(),
        one_way_minutes: Minutes(0),
        travel_estimated: true,
    }
}

fn execute(url: &str, sql: &str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = SqliteConnection::establish(path).unwrap();
            connection.batch_execute(&format!("PRAGMA busy_timeout = 10000; BEGIN; {sql}; COMMIT;")).unwrap();
        }
        None => PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
    }
}
