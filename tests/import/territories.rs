//! Drawn territories: in, over again, and what a snapshot makes of them.

use super::rows::{bring, open};
use crate::common::databases::databases;
use account_swap::{
    app::{import::ImportKind, snapshot::snapshot},
    store::{market::Pool, territories},
};

const REPS: &str = "id,name,team,manager,lat,lon,country,territory\n\
    anna,Anna,north,mia,34.5,-117.5,us,high desert\nbob,Bob,north,mia,34.5,-117.5,us,High Desert;nv\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country,region\n\
    inside,Inside,anna,35,-117,us,\nedge,On the edge,anna,34,-117,us,\noutside,Outside,bob,33,-117,us,nv\n";

#[test]
fn territories_are_created_changed_and_left_by_name() {
    for database in databases() {
        let store = open(&database);
        let template = ImportKind::Territories.template();
        let two = template.replace(
            "  \"features\": [",
            "  \"features\": [\n    {\"type\": \"Feature\", \"properties\": \
            {\"name\": \"Fiji\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": \
            [[[177, -19], [-178, -19], [-178, -16], [177, -16], [177, -19]]]}},",
        );
        let counts = |text: &str| {
            let report = bring(&store, ImportKind::Territories, text).unwrap();
            (report.rows, report.created, report.changed, report.unchanged)
        };
        assert_eq!(counts(&template), (1, 1, 0, 0), "{}", database.name);
        assert_eq!(counts(&two), (2, 1, 0, 1));
        assert_eq!(counts(&two.replace("-118.0", "-119.0")), (2, 0, 1, 1));
        assert_eq!(counts(&format!("\u{feff}{two}")), (2, 0, 1, 1));
        let names = ["fiji", "high desert", "unknown"].map(|name| name.parse().unwrap());
        let found = store.read(|reader| territories::named(reader, &names.each_ref())).unwrap();
        let found: Vec<&str> = found.iter().map(|territory| territory.name.as_str()).collect();
        assert_eq!(found, ["fiji", "high desert"]);
    }
}

#[test]
fn a_snapshot_says_in_which_named_territories_an_offer_lies() {
    for database in databases() {
        let store = open(&database);
        for (kind, text) in [
            (ImportKind::Territories, ImportKind::Territories.template().as_str()),
            (ImportKind::Reps, REPS),
            (ImportKind::Accounts, ACCOUNTS),
            (ImportKind::Submissions, "account,stars,reasons\ninside,2,other\nedge,2,other\noutside,2,other\n"),
        ] {
            bring(&store, kind, text).unwrap_or_else(|error| panic!("{} {kind}: {error}", database.name));
        }
        let date = "2026-11-23".parse().unwrap();
        let market = store.read(|reader| snapshot(reader, Pool::Everybody, date)).unwrap().market;
        let drawn: Vec<bool> = market.reps.iter().map(|trader| trader.territory_is_drawn).collect();
        assert_eq!(drawn, [true, false], "{}: bob's names a region as well", database.name);
        let lies_in: Vec<(&str, usize)> =
            market.offers.iter().map(|offer| (offer.account.id.as_str(), offer.territories.len())).collect();
        assert_eq!(lies_in, [("edge", 1), ("inside", 1), ("outside", 0)]);
    }
}
