//! A year: the company week by week, through the same verbs a portal would call.
//!
//! In go a company, its truth and habits and a policy; out comes what became of everything, counted.
//! Holds: each verb is a transaction of its own by a clock that is moved from day to day; nothing is done behind the
//! program's back. After each week [`Watch`] looks at what may never happen.
//! Costs: some ten milliseconds a proposal, nearly all of it the database's.
//! Deliberately absent: what happens in the world beyond quarrels: nobody leaves, nobody is hired, no account is lost.

use super::{
    habits::{Habits, Reaction, poor_commission},
    outcome::{Outcome, Tally},
    truth::Truth,
    watch::Watch,
};
use crate::cli::{Failure, invented::world::World};
use account_swap::{
    app::{
        Page, Refused, Store, calendar, decide, explain,
        handover::{self, SettleStep},
        proposals::{self as views, PartyView, ProposalView},
        run::{self, Scope},
        submit::{self, NewSubmission, SubmissionView},
        system,
        triage::{self, NewPath},
    },
    domain::{
        handover::{Doer, Phase, StepAction, StepState},
        ids::{AccountId, ProposalId, RepId, Version},
        principal::{Principal, Role},
        proposal::{Leg, Proposal, ProposalState, PublicStatus},
        roster::{Account, Rep},
        triage::{Answers, JustMe, OurMistake, Path, WrongInformation},
    },
    settings::Settings,
    store::{HandClock, Of, proposals, roster},
};
use chrono::{Duration, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// How many of a list are read at once.
const PAGE: i64 = 200;

/// A company that lives through a year.
pub struct Year<'w> {
    pub(super) store: Store,
    pub(super) settings: Settings,
    clock: HandClock,
    pub(super) reps: BTreeMap<&'w RepId, &'w Rep>,
    pub(super) accounts: BTreeMap<&'w AccountId, &'w Account>,
    pub(super) habits: Habits,
    pub(super) truth: Truth,
    watch: Watch,
    pub(super) tally: Tally,
    poor_below: i64,
    /// Swaps whose accounts have moved, with the day.
    pub(super) trials: BTreeMap<ProposalId, NaiveDate>,
}

impl<'w> Year<'w> {
    /// The company on the Sunday before its first week, with everything imported.
    pub fn new(store: Store, settings: Settings, clock: HandClock, world: &'w World, habits: Habits) -> Self {
        Self {
            truth: Truth::new(habits.seed),
            watch: Watch::new(world.accounts.iter().map(|account| account.id.clone()).collect()),
            tally: Tally::default(),
            trials: BTreeMap::new(),
            poor_below: poor_commission(world.accounts.iter()),
            reps: world.people.iter().map(|person| (&person.rep.id, &person.rep)).collect(),
            accounts: world.accounts.iter().map(|account| (&account.id, account)).collect(),
            store,
            settings,
            clock,
            habits,
        }
    }

    /// Lives through `weeks`, telling `passed` after each.
    pub fn live(mut self, weeks: u32, passed: &dyn Fn()) -> Result<Outcome, Failure> {
        for week in 0..weeks {
            self.submit(week)?;
            self.clock.move_by(Duration::days(1));
            self.run_the_night()?;
            self.clock.move_by(Duration::days(1));
            self.answer()?;
            self.clock.move_by(Duration::days(1));
            self.approve()?;
            self.clock.move_by(Duration::days(1));
            self.hand_over()?;
            self.confirm()?;
            self.clock.move_by(Duration::days(1));
            self.confirm()?;
            self.clock.move_by(Duration::days(1));
            self.follow()?;
            self.clock.move_by(Duration::days(1));
            let owners = self.owners()?;
            self.watch.look(&self.store, &owners)?;
            for (account, owner) in &owners {
                self.truth.pass_week(week, owner, account);
            }
            self.tally.pass_week(&self.store, week)?;
            passed();
        }
        let struggling = self.struggling(&self.owners()?);
        Ok(self.tally.outcome(weeks, struggling, self.watch.largest_balance()))
    }

    fn owners(&self) -> Result<BTreeMap<AccountId, RepId>, Failure> {
        let all: Vec<AccountId> = self.accounts.keys().map(|id| (*id).clone()).collect();
        let found = self.store.read(|reader| roster::ownerships(reader, &all))?;
        Ok(found.into_iter().map(|(account, (owner, _))| (account, owner)).collect())
    }

    /// How many accounts are a struggle for their owner.
    fn struggling(&self, owners: &BTreeMap<AccountId, RepId>) -> usize {
        let is_struggle = |(account, owner): &(&AccountId, &RepId)| {
            self.truth.rapport(self.reps[*owner], self.accounts[*account]) < super::truth::STRUGGLE_BELOW
        };
        owners.iter().filter(is_struggle).count()
    }

    /// Everybody looks at the own book.
    fn submit(&mut self, week: u32) -> Result<(), Failure> {
        let owners = self.owners()?;
        if week == 0 {
            self.tally.struggling_at_first = self.struggling(&owners);
        }
        for (account, owner) in &owners {
            let (rep, account) = (self.reps[owner], self.accounts[account]);
            let Some(new) = self.habits.statement(&self.truth, week, rep, account, self.poor_below) else { continue };
            let honest = !self.habits.games(rep);
            let made = self.store.write(|writer| submit::submit(writer, &self.settings, &as_rep(owner), new.clone()));
            let made = match made {
                Err(Refused::Conflict { code: "triage_due", .. }) => self.by_the_ladder(&as_rep(owner), &new),
                made => made,
            };
            match made {
                Ok(view) => self.tally.submitted(view.id, week, honest),
                Err(Refused::Conflict { code: "already_submitted", .. }) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(())
    }

    /// Takes an account that came back from a swap through the ladder: it is nobody's fault, says its rep, and swaps again.
    fn by_the_ladder(&self, who: &Principal, new: &NewSubmission) -> Result<SubmissionView, Refused> {
        let answers = Answers {
            just_me: JustMe::NotKnown,
            our_mistake: OurMistake::No,
            wrong_information: WrongInformation::No,
            chemistry: true,
            abuse: None,
            unreasonable_demands: false,
            unethical_acts: false,
            misfit: false,
            tried: BTreeSet::new(),
        };
        self.store.write(|writer| {
            let draft = submit::draft(writer, &self.settings, who, new.clone())?;
            let asked = triage::ask(writer, &self.settings, who, draft.id, answers.clone(), draft.version)?;
            let swap = NewPath { path: Path::Swap };
            triage::choose(writer, &self.settings, who, draft.id, swap, asked.version)?;
            Ok(draft)
        })
    }

    fn run_the_night(&mut self) -> Result<(), Failure> {
        let date = self.today();
        let night = run::run(&self.store, &self.settings, &system(), &Scope::Everybody, date, &|_| {})?;
        self.tally.proposed += night.report.map_or(0, |report| report.published as usize);
        Ok(())
    }

    /// What a rep has been proposed and has not answered.
    fn proposed_to(&self, who: &Principal) -> Result<Vec<PartyView>, Failure> {
        let mut open = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.read(|reader| views::list(reader, who, Page { after, limit: PAGE }))?;
            let Some(last) = page.last() else { return Ok(open) };
            after = Some(last.id());
            open.extend(page.into_iter().filter_map(|view| match view {
                ProposalView::Party(view) if view.status == PublicStatus::Proposed => Some(*view),
                _ => None,
            }));
        }
    }

    fn answer(&mut self) -> Result<(), Failure> {
        for rep in self.reps.values() {
            let who = as_rep(&rep.id);
            for view in self.proposed_to(&who)? {
                let told = self.store.read(|reader| explain::explain(reader, &self.settings, &who, view.id))?;
                let [gives, receives] = [&view.gives.id, &view.receives.id].map(|id| self.accounts[id]);
                let (id, seen) = (view.id, view.version);
                let done = match self.habits.reaction(&self.truth, rep, gives, receives, &told) {
                    Reaction::Accept => {
                        self.store.write(|writer| decide::accept(writer, &self.settings, &who, id, seen))
                    }
                    Reaction::Decline(why) => {
                        self.store.write(|writer| decide::decline(writer, &self.settings, &who, id, seen, why))
                    }
                    Reaction::Nothing => continue,
                };
                done?;
            }
        }
        Ok(())
    }

    /// The proposals in some states.
    pub(super) fn in_states(&self, states: &[ProposalState]) -> Result<Vec<Proposal>, Failure> {
        let mut all: Vec<Proposal> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id);
            let page = self.store.read(|reader| proposals::list(reader, Of::Anybody, states, after, PAGE))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Every manager who is asked agrees.
    fn approve(&mut self) -> Result<(), Failure> {
        for proposal in self.in_states(&[ProposalState::Accepted])? {
            let mut managers = self.managers(proposal.id)?;
            while let Some((manager, seen)) = managers.pop() {
                self.store.write(|writer| decide::approve(writer, &self.settings, &manager, proposal.id, seen))?;
                managers = self.managers(proposal.id)?;
            }
        }
        Ok(())
    }

    /// Everybody who manages a team.
    pub(super) fn all_managers(&self) -> Result<Vec<RepId>, Failure> {
        Ok(self.store.read(roster::teams)?.into_iter().map(|team| team.manager).collect())
    }

    /// The managers whose approval a proposal still needs, each with the version they see.
    fn managers(&self, proposal: ProposalId) -> Result<Vec<(Principal, Version)>, Failure> {
        let mut asked = Vec::new();
        for manager in self.all_managers()? {
            let who = Principal { id: manager, role: Role::Manager };
            match self.store.read(|reader| views::one(reader, &who, proposal)) {
                Ok(ProposalView::Manager(view)) => {
                    let is_asked = view.state == ProposalState::Accepted
                        && view.approvers.contains(&who.id)
                        && !view.approved_by.contains(&who.id);
                    if is_asked {
                        asked.push((who, view.version));
                    }
                }
                Ok(_) | Err(Refused::NotFound(_)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(asked)
    }

    /// Who has to does what is to be done.
    fn hand_over(&mut self) -> Result<(), Failure> {
        for proposal in self.in_states(&[ProposalState::Approved])? {
            self.settle_steps(&proposal)?;
        }
        Ok(())
    }

    /// Settles every open step of a handover, there or back.
    pub(super) fn settle_steps(&self, proposal: &Proposal) -> Result<(), Failure> {
        let seen_by = |who: &Principal| self.store.read(|reader| handover::one(reader, who, proposal.id));
        let steps = seen_by(&as_rep(&proposal.legs[0].from))?.steps;
        for step in steps.iter().filter(|step| step.state == StepState::Open) {
            let leg = proposal.legs.iter().find(|leg| leg.position == step.leg).expect("a step is of a leg");
            let gives_it = step.by != Doer::Receiver;
            let doer = match step.phase {
                Phase::Handover if gives_it => &leg.from,
                Phase::Handover => &leg.to,
                Phase::Undo if gives_it => &leg.to,
                Phase::Undo => &leg.from,
            };
            let done = SettleStep {
                leg: step.leg,
                kind: step.kind,
                action: StepAction::Complete,
                note: "as agreed".to_owned(),
                effective_on: None,
            };
            let doer = as_rep(doer);
            let seen = seen_by(&doer)?.version;
            self.store.write(|writer| handover::settle(writer, &self.settings, &doer, proposal.id, &done, seen))?;
        }
        Ok(())
    }

    /// What is due goes out, and the CRM does as it is told.
    fn confirm(&mut self) -> Result<(), Failure> {
        self.confirm_all()?;
        calendar::turn(&self.store, &self.settings)?;
        self.confirm_all()
    }

    fn confirm_all(&mut self) -> Result<(), Failure> {
        for proposal in self.in_states(&[ProposalState::Executing])? {
            if self.confirm_one(&proposal)? == ProposalState::OnTrial {
                for leg in &proposal.legs {
                    self.tally.gained(&leg.from, proposal.id, self.true_gain(&proposal, leg));
                }
                self.trials.insert(proposal.id, self.today());
            }
        }
        Ok(())
    }

    /// The CRM confirms a change of owner, there or back; where the proposal stands then.
    pub(super) fn confirm_one(&self, proposal: &Proposal) -> Result<ProposalState, Failure> {
        let crm = Principal { id: "crm".parse().expect("a sound id"), role: Role::Service };
        let seen = self.store.read(|reader| handover::one(reader, &crm, proposal.id))?.version;
        let confirmed =
            self.store.write(|writer| handover::confirm(writer, &self.settings, &crm, proposal.id, seen))?;
        Ok(confirmed.state)
    }

    /// What the giver of a leg truly gets out of the move, in minutes a year.
    pub(super) fn true_gain(&self, proposal: &Proposal, leg: &Leg) -> i64 {
        let received = proposal.leg_to(&leg.from).expect("whoever gives receives");
        let rep = self.reps[&leg.from];
        let stars = [&leg.account, &received.account].map(|account| self.truth.rapport(rep, self.accounts[account]));
        self.habits.gain(stars, &leg.side)
    }

    /// The business date.
    pub(super) fn today(&self) -> NaiveDate {
        run::business_date(&self.settings.night, self.clock.now())
    }
}

/// A rep who asks.
pub(super) fn as_rep(id: &RepId) -> Principal {
    Principal { id: id.clone(), role: Role::Rep }
}
