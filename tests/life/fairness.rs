//! Fairness reports: their numbers, and who may see which of them, on both databases.

use super::fixture::{World, id, manager, rep, who};
use crate::common::databases::{databases, sqlite};
use account_swap::{
    app::{
        Refused,
        fairness::{About, FairnessReport, Of, Withheld, report},
    },
    domain::{
        ids::ProposalId,
        principal::{Principal, Role},
        proposal::{Proposal, ProposalState},
        units::{Cents, Minutes},
    },
    store::proposals,
};
use std::fmt::Write as _;
use uuid::Uuid;

fn ask(world: &World, who: &Principal, of: Of, team: Option<&str>) -> Result<FairnessReport, Refused> {
    let about = About { of, team: team.map(id) };
    world.store.read(|reader| report(reader, &world.settings, who, &about))
}

fn quarter(text: &str) -> Of {
    Of::Quarter(text.parse().unwrap())
}

/// Adds reps to a team.
fn hire(world: &World, team: &str, names: &[&str]) {
    let mut sql = String::new();
    for name in names {
        write!(
            sql,
            "INSERT INTO reps (id, name, team_id, base_lat_e6, base_lon_e6, territory, country, languages, industries, \
             licences, tolerances, abusive_accounts_cap, active) VALUES ('{name}', '{name}', '{team}', 0, 0, '[]', \
             'us', '[]', '[]', '[]', '[]', 0, TRUE);"
        )
        .unwrap();
    }
    world.execute(&sql);
}

/// Swaps that took effect on a day, each of two reps with what they gain, made from one that is kept already.
fn swapped(world: &World, like: &Proposal, day: &str, swaps: &[[(&str, i64); 2]]) {
    let made: Vec<Proposal> = swaps
        .iter()
        .map(|[one, other]| {
            let mut swap = like.clone();
            swap.id = ProposalId(Uuid::new_v4());
            swap.state = ProposalState::Completed;
            swap.agreed_at = Some(swap.created_at);
            (swap.effective_on, swap.trial_ends_on) = (Some(day.parse().unwrap()), Some(day.parse().unwrap()));
            for (leg, (from, to)) in swap.legs.iter_mut().zip([(one, other), (other, one)]) {
                (leg.from, leg.to) = (id(from.0), id(to.0));
                leg.side.gain = Minutes(from.1);
            }
            swap.legs[0].money[0].cents = Cents(1_000_500);
            swap
        })
        .collect();
    world.store.write(|writer| Ok::<_, Refused>(proposals::insert(writer, &made)?)).unwrap();
}

/// The mean difference of two gains over twice their mean, in thousandths: the definition, without a sort.
fn gini(gains: &[i64]) -> i64 {
    let (count, sum) = (gains.len() as f64, gains.iter().sum::<i64>() as f64);
    let differences: i64 = gains.iter().flat_map(|a| gains.iter().map(move |b| (a - b).abs())).sum();
    (1000.0 * differences as f64 / (2.0 * count * sum)).round() as i64
}

#[test]
fn a_quarter_of_a_team_has_these_numbers() {
    for database in databases() {
        let (world, _clock) = World::new(database, 1).by_hand("2026-05-04T08:00:00Z");
        hire(&world, "north", &["n1", "n2", "n3", "n4", "n5", "n6"]);
        let like = world.propose(1).remove(0);
        let gains = [600, 1320, 1320, 3000, 4000, 5000];
        let swaps = [[("n1", 600), ("n2", 1320)], [("n3", 1320), ("n4", 3000)], [("n5", 4000), ("n6", 5000)]];
        swapped(&world, &like, "2026-03-31", &swaps);
        let found = ask(&world, &manager("mona"), quarter("2026-Q1"), Some("north")).unwrap();
        let of = found.gains.as_ref().unwrap_or_else(|| panic!("{}: {found:?}", world.name));
        assert_eq!((of.reps, of.smallest_at_least_minutes, of.total_about_minutes), (6, 0, 15_600));
        assert_eq!(of.gini_thousandths, gini(&gains));
        let bands: Vec<(i64, u32)> = of.bands.iter().map(|band| (band.from_minutes, band.reps)).collect();
        assert_eq!(bands, [(0, 1), (1200, 2), (2400, 1), (3600, 1), (4800, 1)]);
        assert_eq!((found.from.to_string(), found.until.to_string()), ("2026-01-01".into(), "2026-03-31".into()));
        // Each first rep gives an account that takes 500 cents more with it than the one that comes back.
        let money = &found.money;
        assert_eq!((money.reps, money.moved_cents, money.net_cents), (6, Cents(1500), Cents(0)), "{}", world.name);
        let named: Vec<(String, i64)> =
            money.by_rep.iter().flatten().map(|one| (one.rep.to_string(), one.net_cents.0)).collect();
        assert_eq!(named[0], ("n1".to_owned(), -500));
        assert_eq!(found.price, None, "nobody has counted a price");
        let admin = ask(&world, &who("root", Role::Admin), quarter("2026-Q1"), Some("north")).unwrap();
        assert_eq!((admin.gains, admin.money.by_rep), (found.gains, None), "an admin sees no money by name");
    }
}

#[test]
fn gains_are_withheld_of_few_of_a_quarter_that_runs_and_of_swaps_on_their_way() {
    for database in databases() {
        let (world, _clock) = World::new(database, 2).by_hand("2026-05-04T08:00:00Z");
        hire(&world, "north", &["n1", "n2", "n3", "n4", "n5", "n6"]);
        let mut kept = world.propose(2);
        let like = kept.remove(0);
        let why = |who: &Principal, of: &str, team: Option<&str>| {
            let found = ask(&world, who, quarter(of), team).unwrap();
            assert_eq!(found.gains.is_none(), found.gains_withheld.is_some(), "{}", world.name);
            found.gains_withheld
        };
        let (mona, root) = (manager("mona"), who("root", Role::Admin));
        assert_eq!(why(&mona, "2026-Q1", Some("north")), Some(Withheld::FewerThanFive), "nobody swapped");
        let four = [[("n1", 600), ("n2", 900)], [("n3", 600), ("n4", 900)]];
        swapped(&world, &like, "2026-02-02", &four);
        assert_eq!(why(&mona, "2026-Q1", Some("north")), Some(Withheld::FewerThanFive));
        assert_eq!(why(&root, "2026-Q1", None), Some(Withheld::FewerThanFive), "an admin sees no more");
        swapped(&world, &like, "2026-02-02", &[[("n5", 600), ("cora", 900)]]);
        assert_eq!(why(&mona, "2026-Q1", Some("north")), None);
        assert_eq!(why(&root, "2026-Q1", None), None);
        assert_eq!(why(&root, "2026-Q1", Some("north")), Some(Withheld::OthersFewerThanFive), "the rest is Cora alone");
        swapped(&world, &like, "2026-04-02", &[four[0], four[1], [("n5", 600), ("n6", 900)]]);
        assert_eq!(why(&mona, "2026-Q2", Some("north")), Some(Withheld::QuarterNotOver));
        world.execute(&format!(
            "UPDATE proposals SET state = 'executing', effective_on = '2026-03-30' WHERE id = '{}'",
            kept[0].id
        ));
        assert_eq!(why(&mona, "2026-Q1", Some("north")), Some(Withheld::SwapsUnderWay));
    }
}

#[test]
fn a_report_is_for_managers_of_the_team_and_for_admins() {
    for database in databases() {
        let world = World::new(database, 1);
        let refused = |who: &Principal, of: Of, team: Option<&str>| ask(&world, who, of, team).unwrap_err();
        let q1 = quarter("2026-Q1");
        assert!(matches!(refused(&rep("anna"), q1, Some("north")), Refused::NotAllowed(_)));
        assert!(matches!(refused(&manager("sam"), q1, Some("north")), Refused::NotFound("team")));
        assert!(matches!(refused(&who("root", Role::Admin), q1, Some("nowhere")), Refused::NotFound("team")));
        assert!(matches!(refused(&manager("mona"), q1, None), Refused::NotAllowed(_)), "everybody is not hers to see");
        world.submit("anna-0");
        world.submit("ben-0");
        let run = Of::Run(world.run("2026-03-02").id);
        assert!(matches!(refused(&manager("mona"), run, None), Refused::NotAllowed(_)));
        assert!(matches!(refused(&manager("mona"), run, Some("south")), Refused::NotFound("team")));
        let own = ask(&world, &manager("mona"), run, Some("north")).unwrap();
        assert_eq!((own.accounts.offered, own.accounts.proposed, own.accounts.proposed_thousandths), (2, 2, 1000));
        assert_eq!(own.gains_withheld, Some(Withheld::FewerThanFive), "{}", world.name);
        assert_eq!(own.price, None, "a price is made of gains");
        assert_eq!(own.money.by_rep.map(|reps| reps.len()), Some(2));
    }
}

#[test]
fn a_run_counts_what_fairness_costs() {
    let mut world = World::new(sqlite(), 1);
    hire(&world, "north", &["n1", "n2", "n3", "n4", "n5", "n6"]);
    world.submit("anna-0");
    world.submit("ben-0");
    world.settings.policy.points.unfairness_percent = 100;
    let run = world.run("2026-03-02");
    // More reps are made to swap in it, so that its price may be told.
    let like = world.kept(world.proposals(&rep("anna"))[0].id());
    let mut swaps = Vec::new();
    for pair in [["n1", "n2"], ["n3", "n4"], ["n5", "n6"]] {
        let mut swap = like.clone();
        (swap.id, swap.run, swap.state) = (ProposalId(Uuid::new_v4()), Some(run.id), ProposalState::Completed);
        for (leg, (from, to)) in swap.legs.iter_mut().zip([(pair[0], pair[1]), (pair[1], pair[0])]) {
            (leg.from, leg.to) = (id(from), id(to));
        }
        swaps.push(swap);
    }
    world.store.write(|writer| Ok::<_, Refused>(proposals::insert(writer, &swaps)?)).unwrap();
    let found = ask(&world, &who("root", Role::Admin), Of::Run(run.id), None).unwrap();
    let price = found.price.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!((price.runs, price.price_thousandths, price.is_proven), (1, 0, true));
}
