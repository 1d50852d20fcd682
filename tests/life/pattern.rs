//! Patterns: a hint for nobody but its rep, and figures of crowds that tell nothing of anybody in them.

use super::{
    fixture::{World, manager, rep, who},
    ladder::code,
};
use crate::common::databases::databases;
use account_swap::{
    app::pattern::{self, HintView, PatternView},
    domain::principal::{Principal, Role},
};
use std::fmt::Write as _;

/// Twelve more reps of team west under Wim, each with forty accounts, the first of them submitting `submitted` of hers and
/// the others two each.
fn west(world: &World, submitted: usize) {
    let mut sql = String::from("INSERT INTO teams (id, manager_id) VALUES ('west', 'wim');");
    for n in 0..12 {
        let who = format!("w{n:02}");
        write!(
            sql,
            "INSERT INTO reps (id, name, team_id, base_lat_e6, base_lon_e6, territory, country, languages, industries, \
             licences, tolerances, abusive_accounts_cap, active) VALUES ('{who}', '{who}', 'west', 0, 0, '[]', 'us', '[]', \
             '[]', '[]', '[]', 0, TRUE);"
        )
        .unwrap();
        for account in 0..40 {
            write!(
                sql,
                "INSERT INTO accounts (id, name, owner_id, ownership, lat_e6, lon_e6, country, annual_value_cents, \
                 annual_commission_cents, visits_a_year, visit_minutes, language_required, industry_required, \
                 licences_required, traits, conflicts) VALUES ('{who}-{account}', 'A', '{who}', 1, 0, 0, 'us', 1, 1, 12, 60, \
                 FALSE, FALSE, '[]', '[]', '[]');"
            )
            .unwrap();
        }
    }
    world.execute(&sql);
    for n in 0..12 {
        for account in 0..if n == 0 { submitted } else { 2 } {
            world.submit(&format!("w{n:02}-{account}"));
        }
    }
}

fn hint(world: &World, who: &Principal) -> HintView {
    world.store.read(|reader| pattern::hint(reader, &world.settings, who)).unwrap()
}

fn report(world: &World, who: &Principal) -> PatternView {
    world.store.read(|reader| pattern::report(reader, &world.settings, who)).unwrap()
}

#[test]
fn a_rep_who_submits_an_unusual_share_of_the_book_is_told_so_and_nobody_else_is() {
    for database in databases() {
        let world = World::new(database, 2);
        west(&world, 20);
        assert_eq!(hint(&world, &rep("w00")).unusual, None, "{}: before the first batch nothing is known", world.name);
        world.run("2026-03-02");
        let told = hint(&world, &rep("w00"));
        assert_eq!((told.unusual, told.accounts, told.submitted), (Some(true), 40, 20), "{}", world.name);
        assert_eq!(hint(&world, &rep("w01")).unusual, Some(false));
        for other in [manager("wim"), who("root", Role::Admin), who("crm", Role::Service)] {
            let refused = world.store.read(|reader| pattern::hint(reader, &world.settings, &other));
            assert_eq!(code(refused.unwrap_err()), "not_allowed", "{other:?}");
        }
    }
}

#[test]
fn a_hint_does_not_move_with_what_colleagues_do_before_the_next_batch() {
    for database in databases() {
        let world = World::new(database, 2);
        west(&world, 6);
        world.run("2026-03-02");
        let before = serde_json::to_string(&hint(&world, &rep("w00"))).unwrap();
        for account in 10..40 {
            world.submit(&format!("w05-{account}"));
        }
        assert_eq!(serde_json::to_string(&hint(&world, &rep("w00"))).unwrap(), before, "{}", world.name);
        world.run("2026-03-03");
        assert_ne!(hint(&world, &rep("w00")).as_of, None);
    }
}

#[test]
fn a_manager_is_told_of_a_crowd_and_a_change_of_team_tells_nothing_of_whom_it_concerns() {
    for database in databases() {
        let world = World::new(database, 2);
        west(&world, 20);
        assert_eq!(report(&world, &manager("wim")).reps, None, "{}: not before a batch", world.name);
        world.run("2026-03-02");
        let first = report(&world, &manager("wim"));
        // 42 of 480 are 8.75 %.
        assert_eq!((first.reps, first.share_percent), (Some(12), Some(10)), "{}", world.name);
        assert_eq!(report(&world, &manager("mona")).reps, None, "{}: two reps are no crowd", world.name);

        world.execute("UPDATE reps SET team_id = 'north' WHERE id = 'w00'");
        world.run("2026-03-03");
        let second = report(&world, &manager("wim"));
        assert_eq!((second.reps, second.as_of), (Some(12), first.as_of), "the one who left would be known");
        assert_eq!(report(&world, &manager("mona")).reps, None);

        world.execute("UPDATE reps SET team_id = 'west' WHERE id = 'w00'");
        world.run("2026-03-04");
        let third = report(&world, &manager("wim"));
        assert!(third.reps == Some(12) && third.as_of > first.as_of, "{}: the same crowd again", world.name);
        for other in [rep("w00"), who("root", Role::Admin)] {
            let refused = world.store.read(|reader| pattern::report(reader, &world.settings, &other));
            assert_eq!(code(refused.unwrap_err()), "not_allowed", "{other:?}");
        }
    }
}
