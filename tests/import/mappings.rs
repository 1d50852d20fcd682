//! Exports as Salesforce and HubSpot write them, made up, with all the columns nobody asked for.

use super::rows::{bring_as, open};
use crate::common::databases::databases;
use account_swap::{
    app::import::{ImportError, ImportKind},
    store::roster,
};

/// A report of users and one of accounts: names where one would like ids, countries written out, a byte order mark,
/// CRLF, quotes around everything.
const SALESFORCE_REPS: &str = "\u{feff}\"User ID\",\"Full Name\",\"Role\",\"Manager ID\",\"Email\",\"Latitude\",\"Longitude\",\"Country\",\"Time Zone\",\"Active\"\r\n\
    \"0055g00000A1b2C\",\"Rosalind Achterberg\",\"Inside Sales, North\",\"0055g00000Mgr01\",\"r.a@example.com\",\"42.3601\",\"-71.0589\",\"United States\",\"America/New_York\",\"1\"\r\n\
    \"0055g00000A1b2D\",\"Tomasz Wilk\",\"Inside Sales, North\",\"0055g00000Mgr01\",\"t.w@example.com\",\"41.7658\",\"-72.6734\",\"United States\",\"America/New_York\",\"0\"\r\n";
const SALESFORCE_ACCOUNTS: &str = "\u{feff}\"Account ID\",\"Account Name\",\"Account Owner\",\"Type\",\"Billing Street\",\"Billing City\",\"Billing State/Province\",\"Billing Country\",\"Billing Latitude\",\"Billing Longitude\",\"Annual Revenue\",\"Industry\",\"Parent Account ID\",\"Last Activity\",\"Description\"\r\n\
    \"0015g00000XyZaB\",\"Harbor & Sons, Inc.\",\"Rosalind Achterberg\",\"Customer\",\"1 Long Wharf\r\nSuite 4\",\"Boston\",\"MA\",\"United States\",\"42.3603\",\"-71.0490\",\"1250000.50\",\"Transportation\",\"\",\"3/14/2026\",\"Said \"\"never again\"\", twice\"\r\n\
    \"0015g00000XyZaC\",\"Harbor West\",\"0055g00000A1b2D\",\"Customer\",\"\",\"Hartford\",\"CT\",\"USA\",\"41.7637\",\"-72.6851\",\"\",\"Transportation\",\"0015g00000XyZaB\",\"\",\"=HYPERLINK(\"\"http://example.com\"\")\"\r\n";

const HUBSPOT_REPS: &str = "Owner ID,Owner name,Owner email,Team,Manager ID,Latitude,Longitude,Country/Region\n\
    88301,Ines Carvalho,ines@example.com,Iberia,88001,38.7223,-9.1393,Portugal\n\
    88302,Jürgen Groß,jg@example.com,DACH,88002,48.2082,16.3738,Austria\n";
const HUBSPOT_ACCOUNTS: &str = "Record ID,Company name,Company owner,City,State/Region,Country/Region,Latitude,Longitude,Annual Revenue,Industry,Time Zone,Parent Company ID,Number of Deals,Create Date\n\
    9012345678,\"Azulejos Lda\",Ines Carvalho,Sintra,Lisboa,Portugal,38.8029,-9.3817,480000.0,CONSTRUCTION,europe_slash_lisbon,,3,2024-05-01 10:12\n\
    9012345679,Mehlspeisen GmbH,88302,Wien,,Austria,48.1986,16.3417,,FOOD_BEVERAGES,,9012345678,0,2024-05-02 08:00\n";

#[test]
fn exports_of_salesforce_and_hubspot_come_in_as_they_are() {
    let systems = [
        ("salesforce", SALESFORCE_REPS, SALESFORCE_ACCOUNTS, "0015g00000XyZaB", "0055g00000A1b2C", 125_000_050),
        ("hubspot", HUBSPOT_REPS, HUBSPOT_ACCOUNTS, "9012345678", "88301", 48_000_000),
    ];
    for database in databases() {
        let store = open(&database);
        for (mapping, reps, accounts, account, owner, cents) in systems {
            for (kind, text) in [(ImportKind::Reps, reps), (ImportKind::Accounts, accounts)] {
                for created in [2, 0] {
                    let report = bring_as(&store, kind, Some(mapping), false, text)
                        .unwrap_or_else(|error| panic!("{} {mapping} {kind}: {error}", database.name));
                    assert_eq!((report.rows, report.created, report.changed), (2, created, 0));
                }
            }
            let held = store.read(|reader| roster::account(reader, &account.parse().unwrap())).unwrap().unwrap();
            assert_eq!(held.account.owner.as_str(), owner);
            assert_eq!(held.account.annual_value_cents.0, cents);
            assert_eq!((held.account.visits_a_year, held.account.visit_minutes), (12, 60));
            assert!(held.account.region.is_some());
        }
        let away = store.read(|reader| roster::rep(reader, &"0055g00000A1b2D".parse().unwrap())).unwrap().unwrap();
        assert!(!away.active);
    }
}

#[test]
fn errors_speak_the_words_of_the_file_and_a_name_two_reps_have_is_no_owner() {
    for database in databases() {
        let store = open(&database);
        let twins = SALESFORCE_REPS.replace("Tomasz Wilk", "Rosalind Achterberg");
        bring_as(&store, ImportKind::Reps, Some("salesforce"), false, &twins).unwrap();
        let accounts = SALESFORCE_ACCOUNTS.replace("\"-72.6851\"", "\"far west\"");
        let refused = bring_as(&store, ImportKind::Accounts, Some("salesforce"), false, &accounts).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "line 2, Account Owner: found \"Rosalind Achterberg\", expected the id of a rep that exists, or a name \
             that exactly one rep has\n\
             line 4, Billing Longitude: found \"far west\", expected a longitude from -180 to 180 degrees, with a \
             decimal point"
        );
        let lacking = SALESFORCE_ACCOUNTS.replace("Billing Latitude", "Shipping Latitude");
        let refused = bring_as(&store, ImportKind::Accounts, Some("salesforce"), false, &lacking).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "line 1, Billing Latitude: found nothing, expected a column of this name: the latitude of the visits, in \
             degrees"
        );
    }
}

#[test]
fn a_mapping_that_is_not_there_is_told_by_name() {
    let database = crate::common::databases::sqlite();
    let store = open(&database);
    for (mapping, kind, expected) in [
        ("sugar", ImportKind::Reps, "one of the mappings in the settings: hubspot, salesforce"),
        ("salesforce", ImportKind::History, "a kind this mapping has: accounts, deals, reps"),
    ] {
        match bring_as(&store, kind, Some(mapping), false, "id\n") {
            Err(ImportError::Mapping(wrong)) => assert_eq!(wrong.expected, expected),
            other => panic!("expected a refusal, found {other:?}"),
        }
    }
}
