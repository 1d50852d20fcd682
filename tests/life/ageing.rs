//! Those who waited come first: nights are counted from the submission, through proposals that were not concluded.

use super::fixture::{World, rep};
use crate::common::databases::databases;
use account_swap::{
    app::{explain, snapshot::snapshot},
    domain::proposal::PublicStatus,
    store::market::Pool,
};
use chrono::Duration;

fn nights(world: &World, account: &str, date: &str) -> u32 {
    let read = |reader: &mut account_swap::app::Reader<'_>| snapshot(reader, Pool::Everybody, date.parse().unwrap());
    let market = world.store.read(read).unwrap().market;
    let offer = market.offers.iter().find(|offer| offer.account.id.as_str() == account);
    offer.unwrap_or_else(|| panic!("{}: {account} is not in the pool of {date}", world.name)).nights_waited
}

#[test]
fn an_account_keeps_its_nights_when_its_proposal_is_not_concluded_and_is_told_what_they_count() {
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand("2026-03-01T20:00:00Z");
        world.submit("anna-0");
        world.submit("ben-0");
        assert_eq!(nights(&world, "anna-0", "2026-03-02"), 1, "{}", world.name);
        world.run("2026-03-02");
        let id = world.proposals(&rep("anna"))[0].id();
        // Nobody answers, and it lapses.
        clock.move_by(Duration::days(10));
        world.run("2026-03-12");
        assert_eq!(world.party(&rep("anna"), id).status, PublicStatus::NotConcluded, "{}", world.name);
        let again = world.proposals(&rep("anna")).iter().map(|view| view.id()).find(|one| *one != id);
        let again = again.unwrap_or_else(|| panic!("{}: not proposed again", world.name));
        let told = world.store.read(|reader| explain::explain(reader, &world.settings, &rep("anna"), again)).unwrap();
        let sentence = "anna-0 had waited 11 nights: 220 points for this move, at 20 a night and for 120 nights at most; \
                        those who waited come first.";
        assert!(told.sentences.iter().any(|said| said == sentence), "{}: {:?}", world.name, told.sentences);
    }
}
