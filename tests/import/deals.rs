//! Deals under way: what a file does, what it leaves alone, and that an export of them says nothing new.

use super::rows::{admin, bring, bring_as, open};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{Store, export, import::ImportKind},
    domain::money::Treatment,
    store::deals::{self, KeptDeal},
};

const REPS: &str = "id,name,team,manager,lat,lon,country\nanna,Anna,north,mia,42.36,-71.06,us\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country\na1,Alpha,anna,42.4,-71.1,us\na2,Beta,anna,42.5,-71.2,us\n";
const DEALS: &str = "id,account,amount,commission,closes_on,treatment,closed\n\
    D-1,a1,48000,4800.50,2026-12-15,exempt,false\nD-2,a2,,,,,\n";

fn filled(database: &TestDatabase) -> Store {
    let store = open(database);
    bring(&store, ImportKind::Reps, REPS).unwrap();
    bring(&store, ImportKind::Accounts, ACCOUNTS).unwrap();
    store
}

fn kept(store: &Store) -> Vec<KeptDeal> {
    store.read(|reader| deals::list(reader, None, 100)).unwrap()
}

#[test]
fn a_deal_is_created_changed_and_closed_by_its_id() {
    for database in databases() {
        let store = filled(&database);
        let report = bring(&store, ImportKind::Deals, DEALS).unwrap();
        assert_eq!((report.rows, report.created, report.changed), (2, 2, 0), "{}", database.name);
        assert_eq!(bring(&store, ImportKind::Deals, DEALS).unwrap().unchanged, 2);
        let [one, other] = &kept(&store)[..] else { panic!("{}: not two deals", database.name) };
        assert_eq!((one.deal.amount_cents.0, one.deal.commission_cents.unwrap().0), (4_800_000, 480_050));
        assert_eq!((one.deal.treatment, one.closed), (Some(Treatment::Exempt), false));
        assert_eq!((other.deal.commission_cents, other.deal.treatment, other.deal.closes_on), (None, None, None));

        let closed = bring(&store, ImportKind::Deals, "id,account,closed\nD-1,a1,true\n").unwrap();
        assert_eq!((closed.created, closed.changed), (0, 1), "{}", database.name);
        let now = &kept(&store)[0];
        assert_eq!((now.closed, now.deal.amount_cents.0), (true, 4_800_000), "what a file does not say stays");
    }
}

#[test]
fn an_export_of_deals_says_nothing_new() {
    for database in databases() {
        let store = filled(&database);
        bring(&store, ImportKind::Deals, DEALS).unwrap();
        let file = store.read(|reader| export::deals(reader, &admin())).unwrap();
        assert_eq!(file.lines().next(), Some("id,account,amount,commission,closes_on,treatment,closed"));
        let before = kept(&store);
        assert_eq!(bring(&store, ImportKind::Deals, &file).unwrap().unchanged, 2, "{}: {file}", database.name);
        assert_eq!(kept(&store), before);
    }
}

#[test]
fn deals_come_in_as_salesforce_and_hubspot_write_them() {
    let salesforce = "\"Opportunity ID\",\"Opportunity Name\",\"Account ID\",\"Amount\",\"Close Date\",\"Closed\",\"Stage\"\r\n\
        \"0065g00000Q1w2E\",\"Renewal, 40 beds\",\"a1\",\"48000.00\",\"2026-12-15\",\"0\",\"Negotiation\"\r\n";
    let hubspot = "Record ID,Deal Name,Pipeline,Deal Stage,Associated Company IDs (Primary),Associated Company (Primary),Amount,Close Date,Is Deal Closed?\n\
        77001,Beds,Sales Pipeline,Closed won,a2,Beta,1200.5,2026-11-30 14:00,true\n";
    for database in databases() {
        let store = filled(&database);
        for (mapping, file) in [("salesforce", salesforce), ("hubspot", hubspot)] {
            let report = bring_as(&store, ImportKind::Deals, Some(mapping), false, file);
            assert_eq!(report.unwrap_or_else(|error| panic!("{mapping}: {error}")).created, 1);
        }
        let told: Vec<(String, i64, String, bool)> = kept(&store)
            .into_iter()
            .map(|kept| {
                (kept.deal.id.into(), kept.deal.amount_cents.0, kept.deal.closes_on.unwrap().to_string(), kept.closed)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("0065g00000Q1w2E".to_owned(), 4_800_000, "2026-12-15".to_owned(), false),
                ("77001".to_owned(), 120_050, "2026-11-30".to_owned(), true)
            ],
            "{}",
            database.name
        );
    }
}
