//! The money of a swap: shown before anybody accepts, booked when the accounts change hands, bounded over the year.

use super::{
    fixture::{World, manager, rep, service, who},
    trial::{on_trial, take_back},
};
use crate::common::databases::{databases, sqlite};
use account_swap::{
    app::{
        Refused, decide, handover,
        import::{ImportKind, import},
        money::{ManagerStatement, PartyStatement, Statement, first_free_day, statement},
    },
    domain::{
        freeze::Window,
        ids::ProposalId,
        money::EntryKind,
        principal::{Principal, Role},
        proposal::ProposalState,
        units::Cents,
    },
    store::money as ledger,
};
use chrono::Duration;

/// Ben's account pays more than Anna's, and a deal is under way with it.
fn company(database: crate::common::databases::TestDatabase) -> World {
    let world = World::new(database, 3);
    world.execute("UPDATE accounts SET annual_commission_cents = 1100000 WHERE id LIKE 'ben-%'");
    deals(&world, "id,account,commission,treatment\nD-1,ben-0,400.00,shared\nD-2,anna-0,90.00,exempt\n");
    world
}

fn deals(world: &World, file: &str) {
    let settings = &world.settings.import;
    let admin = who("root", Role::Admin);
    world
        .store
        .write(|writer| import(writer, settings, &admin, ImportKind::Deals, None, false, file.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", world.name));
}

fn proposed(world: &World) -> ProposalId {
    world.submit("anna-0");
    world.submit("ben-0");
    assert_eq!(world.run("2026-03-02").report.unwrap().published, 1, "{}", world.name);
    let [ref only] = world.proposals(&rep("anna"))[..] else { panic!("{}: not one proposal", world.name) };
    only.id()
}

fn shown(world: &World, who: &Principal, id: ProposalId) -> Result<Statement, Refused> {
    world.store.read(|reader| statement(reader, &world.settings, who, id))
}

fn side(world: &World, name: &str, id: ProposalId) -> PartyStatement {
    match shown(world, &rep(name), id) {
        Ok(Statement::Party(side)) => side,
        other => panic!("{}: {other:?} is no party's side", world.name),
    }
}

fn both(world: &World, id: ProposalId) -> ManagerStatement {
    match shown(world, &manager("mona"), id) {
        Ok(Statement::Manager(both)) => both,
        other => panic!("{}: {other:?} is no manager's view", world.name),
    }
}

/// Lets the accounts of an undecided proposal change hands.
fn transfer(world: &World, id: ProposalId) {
    world.execute(&format!("UPDATE proposals SET state = 'executing', effective_on = '2026-03-09' WHERE id = '{id}'"));
    let version = world.kept(id).version;
    world.store.write(|writer| handover::confirm(writer, &world.settings, &service(), id, version)).unwrap();
    assert_eq!(world.kept(id).state, ProposalState::OnTrial, "{}", world.name);
}

fn booked(world: &World, name: &str, year: i32) -> Cents {
    let balances = world.store.read(|reader| ledger::balances(reader, ledger::Whose::Everybodys, year)).unwrap();
    balances.get(&name.parse().unwrap()).map_or(Cents::ZERO, |balance| balance.ledger_cents)
}

#[test]
fn what_is_shown_before_anybody_accepts_is_what_is_booked_and_nets_to_nothing() {
    for database in databases() {
        let (world, _clock) = company(database).by_hand("2026-03-02T08:00:00Z");
        let id = proposed(&world);
        let (anna, ben) = (side(&world, "anna", id), side(&world, "ben", id));
        // A year of commission less an eighth while it ramps up, and half of the shared deal.
        assert_eq!(anna.net_cents, Cents((1_100_000 - 137_500) - (1_000_000 - 125_000) + 20_000), "{}", world.name);
        assert_eq!(anna.net_cents + ben.net_cents, Cents::ZERO);
        assert_eq!((anna.net_quota_cents, ben.net_quota_cents), (Cents::ZERO, Cents::ZERO));
        let kinds: Vec<(EntryKind, i64)> = anna.lines.iter().map(|line| (line.kind, line.cents.0)).collect();
        assert_eq!(
            kinds,
            [
                (EntryKind::Commission, 1_100_000),
                (EntryKind::Ramp, -137_500),
                (EntryKind::OpenDeal, 20_000),
                (EntryKind::Quota, 10_000_000),
                (EntryKind::Commission, -1_000_000),
                (EntryKind::Ramp, 125_000),
                (EntryKind::OpenDeal, 0),
                (EntryKind::Quota, -10_000_000),
            ]
        );
        assert!(anna.sentences.contains(&"In all you get 1075.00 in the first year.".to_owned()), "{anna:?}");
        assert!(ben.sentences.contains(&"In all you give 1075.00 in the first year.".to_owned()), "{ben:?}");
        assert_eq!((anna.balance.ledger_cents, anna.balance.pending_in_cents), (Cents::ZERO, Cents(107_500)));
        assert_eq!((ben.balance.pending_in_cents, ben.balance.pending_out_cents), (Cents::ZERO, Cents(107_500)));
        let sums: Vec<(String, i64)> =
            both(&world, id).sides.iter().map(|side| (side.rep.to_string(), side.net_cents.0)).collect();
        assert_eq!(sums, [("anna".to_owned(), 107_500), ("ben".to_owned(), -107_500)]);

        // What the CRM says later changes nothing of what was shown.
        deals(&world, "id,account,commission,treatment\nD-1,ben-0,9000.00,transferred\n");
        assert_eq!(side(&world, "anna", id).net_cents, Cents(107_500));
        assert_eq!(booked(&world, "anna", 2026), Cents::ZERO, "nothing is booked before it takes effect");
        transfer(&world, id);
        assert_eq!((booked(&world, "anna", 2026), booked(&world, "ben", 2026)), (Cents(107_500), Cents(-107_500)));
        assert_eq!(booked(&world, "anna", 2025), Cents::ZERO, "{}: each year has its own balance", world.name);
        let after = side(&world, "anna", id);
        assert_eq!((after.balance.ledger_cents, after.balance.pending_in_cents), (Cents(107_500), Cents::ZERO));
        assert_eq!((after.effective_on.to_string(), after.is_settled), ("2026-03-09".to_owned(), true));
    }
}

#[test]
fn a_swap_that_is_taken_back_counts_for_nothing() {
    for database in databases() {
        let (world, _clock) = company(database).by_hand("2026-03-02T08:00:00Z");
        let (id, year) = (on_trial(&world), 2026);
        assert_eq!((booked(&world, "anna", year), booked(&world, "ben", year)), (Cents(107_500), Cents(-107_500)));
        take_back(&world, id);
        assert_eq!((booked(&world, "anna", year), booked(&world, "ben", year)), (Cents::ZERO, Cents::ZERO));
        let balance = side(&world, "anna", id).balance;
        assert_eq!((balance.pending_in_cents, balance.pending_out_cents), (Cents::ZERO, Cents::ZERO), "{}", world.name);
    }
}

#[test]
fn the_money_of_a_proposal_is_for_its_parties_and_their_managers() {
    for database in databases() {
        let world = company(database);
        let id = proposed(&world);
        for (who, code) in [
            (rep("cora"), "not_found"),
            (manager("sam"), "not_found"),
            (service(), "not_found"),
            (who("root", Role::Admin), "not_allowed"),
        ] {
            match (shown(&world, &who, id), code) {
                (Err(Refused::NotFound(_)), "not_found") | (Err(Refused::NotAllowed(_)), "not_allowed") => {}
                (other, code) => panic!("{}: {} was to get {code}, not {other:?}", world.name, who.id),
            }
        }
        assert_eq!(both(&world, id).sides.iter().filter(|side| side.balance.is_some()).count(), 2);
    }
}

#[test]
fn a_statement_does_not_tell_what_a_colleague_answered() {
    for database in databases() {
        let world = company(database);
        let id = proposed(&world);
        let before = serde_json::to_string(&side(&world, "anna", id)).unwrap();
        let version = world.party(&rep("ben"), id).version;
        let reason = decide::DeclineReason::Other;
        world.store.write(|writer| decide::decline(writer, &world.settings, &rep("ben"), id, version, reason)).unwrap();
        assert_eq!(serde_json::to_string(&side(&world, "anna", id)).unwrap(), before, "{}", world.name);
        world.run("2026-03-03");
        let after = side(&world, "anna", id);
        assert_eq!(
            after.balance.pending_in_cents,
            Cents::ZERO,
            "{}: what was not concluded counts no more",
            world.name
        );
    }
}

#[test]
fn the_balance_of_the_year_and_what_is_under_way_bound_what_is_proposed() {
    for database in databases() {
        let mut world = company(database);
        world.settings.policy.rules.ledger_limit_cents = Cents(150_000);
        proposed(&world);
        // Anna and Ben again: 87,500 more, which together with the proposal under way are too much.
        world.submit("anna-1");
        world.submit("ben-1");
        let report = world.run("2026-03-03").report.unwrap();
        assert_eq!(report.published, 0, "{}", world.name);
        assert_eq!(report.unmatched_by_rule.get("ledger_limit"), Some(&2), "{}: {report:?}", world.name);
        world.settings.policy.rules.ledger_limit_cents = Cents(195_000);
        assert_eq!(world.run("2026-03-04").report.unwrap().published, 1, "{}", world.name);
    }
}

#[test]
fn a_balance_of_the_year_keeps_a_swap_away_until_the_year_is_over() {
    let (mut world, clock) = company(sqlite()).by_hand("2026-03-02T08:00:00Z");
    world.settings.policy.rules.ledger_limit_cents = Cents(150_000);
    let id = proposed(&world);
    transfer(&world, id);
    world.submit("anna-1");
    world.submit("ben-1");
    clock.move_by(Duration::days(304));
    assert_eq!(world.run("2026-12-31").report.unwrap().published, 0);
    clock.move_by(Duration::days(1));
    assert_eq!(world.run("2027-01-01").report.unwrap().published, 1);
}

#[test]
fn a_freeze_moves_the_day_a_swap_takes_effect_and_a_colleagues_team_is_not_told() {
    for database in databases() {
        let (mut world, _clock) = World::new(database, 1).by_hand("2026-03-02T08:00:00Z");
        let window = |until: &str, team: Option<&str>| Window {
            from: "2026-02-20".parse().unwrap(),
            until: until.parse().unwrap(),
            team: team.map(|team| team.parse().unwrap()),
        };
        world.settings.policy.money.freezes.windows =
            vec![window("2026-03-05", None), window("2026-03-20", Some("south"))];
        let id = world.propose(1)[0].id;
        let anna = side(&world, "anna", id);
        assert_eq!(
            (anna.effective_on.to_string(), anna.is_settled),
            ("2026-03-06".to_owned(), false),
            "{}",
            world.name
        );
        world.execute("UPDATE reps SET team_id = 'south' WHERE id = 'ben'");
        assert_eq!(
            side(&world, "anna", id).effective_on.to_string(),
            "2026-03-06",
            "Ben's team is not for Anna to know"
        );
        assert_eq!(both(&world, id).effective_on.to_string(), "2026-03-21");
        let kept = world.kept(id);
        let day = "2026-03-10".parse().unwrap();
        let free = world.store.read(|reader| first_free_day(reader, &world.settings, &kept, day)).unwrap();
        assert_eq!(free.to_string(), "2026-03-21", "{}", world.name);
    }
}
