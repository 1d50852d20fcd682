//! Places: from coordinates, or from postal codes of the United States and Canada where that is all there is.

use super::rows::{admin, bring, bring_as, open};
use crate::common::databases::databases;
use account_swap::{
    app::{Store, export, import::ImportKind},
    domain::roster::{Account, Rep},
    store::roster,
};

const REPS: &str = "id,name,team,manager,postal_code,country\n\
    anna,Anna,north,mia,02155,us\nbob,Bob,north,mia,K1P 1J1,Canada\n";

fn account(store: &Store, id: &str) -> Account {
    store.read(|reader| roster::account(reader, &id.parse().unwrap())).unwrap().unwrap().account
}

fn rep(store: &Store, id: &str) -> Rep {
    store.read(|reader| roster::rep(reader, &id.parse().unwrap())).unwrap().unwrap()
}

fn at(account: &Account) -> (i32, i32, bool) {
    let (lat, lon) = account.place.e6();
    (lat, lon, account.place_is_approximate)
}

#[test]
fn a_postal_code_alone_gives_the_middle_of_its_area_and_is_marked() {
    for database in databases() {
        let store = open(&database);
        bring(&store, ImportKind::Reps, REPS).unwrap();
        let [anna, bob] = ["anna", "bob"].map(|id| rep(&store, id));
        assert!(anna.base_is_approximate && bob.base_is_approximate, "{}", database.name);
        assert_eq!((anna.base.lat().round(), bob.base.lat().round()), (42.0, 45.0));
        let accounts = "id,name,owner,lat,lon,postal_code,country\n\
            code,Code only,anna,,,02155-1234,us\nboth,Both,anna,42.5,-71.5,02155,us\n\
            other,Coordinates count,anna,52.5,13.4,10115,de\nisland,In Puerto Rico,anna,,,00601,pr\n";
        bring(&store, ImportKind::Accounts, accounts).unwrap();
        let code = account(&store, "code");
        assert!(code.place_is_approximate && code.place == anna.base);
        assert_eq!(at(&account(&store, "both")), (42_500_000, -71_500_000, false));
        assert_eq!(at(&account(&store, "other")), (52_500_000, 13_400_000, false));
        assert!(account(&store, "island").place_is_approximate);
        assert_eq!(bring(&store, ImportKind::Accounts, accounts).unwrap().unchanged, 4);
    }
}

#[test]
fn a_file_without_coordinates_takes_none_away_and_moves_what_was_approximate() {
    for database in databases() {
        let store = open(&database);
        bring(&store, ImportKind::Reps, REPS).unwrap();
        let exact = "id,name,owner,lat,lon,country\na1,Alpha,anna,42.5,-71.5,us\n";
        bring(&store, ImportKind::Accounts, exact).unwrap();
        let codes = "id,name,owner,postal_code,country\na1,Alpha,anna,10001,us\na2,Beta,anna,02155,us\n";
        let report = bring(&store, ImportKind::Accounts, codes).unwrap();
        assert_eq!((report.created, report.unchanged), (1, 1), "{}", database.name);
        assert_eq!(at(&account(&store, "a1")), (42_500_000, -71_500_000, false));
        let before = account(&store, "a2");
        let report = bring(&store, ImportKind::Accounts, &codes.replace("02155", "10001")).unwrap();
        assert_eq!((report.changed, report.unchanged), (1, 1));
        let after = account(&store, "a2");
        assert!(after.place_is_approximate && after.place != before.place);
        // Coordinates end what was approximate; an empty cell is what the column takes for nothing.
        let found = "id,name,owner,lat,lon,postal_code,country\na2,Beta,anna,42.41,-71.12,02155,us\n";
        assert_eq!(bring(&store, ImportKind::Accounts, found).unwrap().changed, 1);
        assert_eq!(at(&account(&store, "a2")), (42_410_000, -71_120_000, false));
        let emptied = found.replace("42.41,-71.12", ",");
        assert_eq!(bring(&store, ImportKind::Accounts, &emptied).unwrap().changed, 1);
        assert_eq!(at(&account(&store, "a2")), at(&before));
    }
}

#[test]
fn coordinates_may_come_with_their_mark() {
    for database in databases() {
        let store = open(&database);
        bring(&store, ImportKind::Reps, REPS).unwrap();
        let marked = "id,name,owner,lat,lon,approximate,country\na1,Alpha,anna,42.5,-71.5,true,us\n";
        bring(&store, ImportKind::Accounts, marked).unwrap();
        assert_eq!(at(&account(&store, "a1")), (42_500_000, -71_500_000, true), "{}", database.name);
        let unmarked = "id,name,owner,lat,lon,country\na1,Alpha,anna,42.5,-71.5,us\n";
        assert_eq!(bring(&store, ImportKind::Accounts, unmarked).unwrap().changed, 1);
        assert!(!account(&store, "a1").place_is_approximate);
    }
}

#[test]
fn an_export_keeps_the_mark_and_comes_in_again_as_it_was() {
    for database in databases() {
        let store = open(&database);
        bring(&store, ImportKind::Reps, REPS).unwrap();
        let accounts = "id,name,owner,lat,lon,postal_code,country,region\n\
            a1,=Alpha,anna,,,02155,us,-x\na2,Beta,anna,42.5,-71.5,,us,\n";
        bring(&store, ImportKind::Accounts, accounts).unwrap();
        let before = ["a1", "a2"].map(|id| account(&store, id));
        assert_eq!(before.each_ref().map(|account| account.place_is_approximate), [true, false], "{}", database.name);
        let file = store.read(|reader| export::accounts(reader, &admin())).unwrap();
        assert!(file.contains("a1,'=Alpha,anna,42.4") && file.contains(",true,us,'-x,"), "{file}");
        assert_eq!(bring(&store, ImportKind::Accounts, &file).unwrap().unchanged, 2);
        let blurred = file.replace("42.5,-71.5,false", "42.5,-71.5,true");
        assert_eq!(bring(&store, ImportKind::Accounts, &blurred).unwrap().changed, 1);
        assert_eq!(bring(&store, ImportKind::Accounts, &file).unwrap().changed, 1);
        assert_eq!(["a1", "a2"].map(|id| account(&store, id)), before);
        let file = store.read(|reader| export::reps(reader, &admin())).unwrap();
        assert_eq!(bring(&store, ImportKind::Reps, &file).unwrap().unchanged, 2);
    }
}

#[test]
fn what_other_systems_call_a_postal_code_is_known() {
    let salesforce = "Account ID,Account Name,Account Owner,Billing Zip/Postal Code,Billing Country\n\
        s1,Alpha,anna,02155,United States\n";
    let hubspot = "Record ID,Company name,Company owner,Latitude,Longitude,Postal Code,Country/Region\n\
        h1,Beta,anna,,,K1P 1J1,Canada\n";
    for database in databases() {
        let store = open(&database);
        bring(&store, ImportKind::Reps, REPS).unwrap();
        for (mapping, text, id) in [("salesforce", salesforce, "s1"), ("hubspot", hubspot, "h1")] {
            bring_as(&store, ImportKind::Accounts, Some(mapping), false, text).unwrap();
            assert!(account(&store, id).place_is_approximate, "{}", database.name);
            let unknown = text.replace("02155", "00000").replace("K1P", "K0Z");
            let told = bring_as(&store, ImportKind::Accounts, Some(mapping), false, &unknown).unwrap_err().to_string();
            assert!(told.contains("Postal Code: found") && told.contains("a postal code that has an area"), "{told}");
        }
    }
}
