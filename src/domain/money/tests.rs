//! What changes hands, by known answers and by properties.

use super::*;
use crate::domain::freeze::Freezes;
use proptest::prelude::*;

fn terms() -> MoneyTerms {
    MoneyTerms {
        ramp_percents: vec![25, 50, 75],
        quota_percent: 100,
        open_deals: DealTerms {
            treatment: Treatment::Shared,
            giver_percent: 50,
            kept_days: 90,
            commission_percent: 10,
        },
        freezes: Freezes::default(),
    }
}

fn account(commission: i64) -> Account {
    serde_json::from_value(serde_json::json!({
        "id": "A-1", "name": "A-1", "owner": "anna", "place": {"lat": 40.0, "lon": -75.0}, "region": null,
        "country": "us", "time_zone": null, "annual_value_cents": 10 * commission,
        "annual_commission_cents": commission, "visits_a_year": 12, "visit_minutes": 60, "language": null,
        "language_required": false, "industry": null, "industry_required": false, "licences_required": [],
        "style": null, "traits": [], "parent": null, "conflicts": []
    }))
    .unwrap()
}

fn deal(id: &str, commission: i64, closes_on: Option<&str>, treatment: Option<Treatment>) -> OpenDeal {
    OpenDeal {
        id: id.parse().unwrap(),
        amount_cents: Cents(10 * commission),
        commission_cents: Some(Cents(commission)),
        closes_on: closes_on.map(|day| day.parse().unwrap()),
        treatment,
    }
}

fn monday() -> NaiveDate {
    "2026-03-02".parse().unwrap()
}

fn of(kind: EntryKind, entries: &[Entry]) -> Vec<i64> {
    entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.cents.0).collect()
}

#[test]
fn the_giver_keeps_of_the_first_months_what_the_receiver_does_not_have_yet() {
    // 75 + 50 + 25 of 1200 hundredths of a year: an eighth.
    let entries = entries(&account(1_200_000), &[], &terms(), monday());
    assert_eq!(of(EntryKind::Commission, &entries), [1_200_000]);
    assert_eq!(of(EntryKind::Ramp, &entries), [-150_000]);
    assert_eq!(net(&entries), Cents(1_050_000));
}

#[test]
fn quota_changes_hands_and_is_no_money() {
    let entries = entries(&account(1_000_000), &[], &terms(), monday());
    assert_eq!(of(EntryKind::Quota, &entries), [10_000_000]);
    assert_eq!(net_quota(&entries), Cents(10_000_000));
    assert_eq!(net(&entries), Cents(1_000_000 - 125_000));
}

#[test]
fn a_deal_is_exempt_shared_or_transferred_and_the_odd_cent_is_the_receivers() {
    use Treatment::{Exempt, Shared, Transferred};
    let deals = [
        deal("D-1", 101, None, Some(Exempt)),
        deal("D-2", 101, None, Some(Shared)),
        deal("D-3", 101, None, Some(Transferred)),
        deal("D-4", 101, None, None),
    ];
    let entries = entries(&account(0), &deals, &terms(), monday());
    assert_eq!(of(EntryKind::OpenDeal, &entries), [0, 51, 101, 51], "each deal has its line, the exempt one as well");
}

#[test]
fn a_deal_that_closes_after_its_expiry_is_all_the_receivers() {
    let on = |day| entries(&account(0), &[deal("D-1", 500, Some(day), Some(Treatment::Exempt))], &terms(), monday());
    assert_eq!(net(&on("2026-05-31")), Cents(0), "90 days after the second of March is the thirty-first of May");
    assert_eq!(net(&on("2026-06-01")), Cents(500));
    assert_eq!(net(&on("2026-01-01")), Cents(0), "a deal that is late is the giver's still");
}

#[test]
fn a_deal_without_a_commission_has_the_policys_part_of_its_amount() {
    let mut deal = deal("D-1", 0, None, Some(Treatment::Transferred));
    (deal.amount_cents, deal.commission_cents) = (Cents(35_000_000), None);
    assert_eq!(net(&entries(&account(0), &[deal], &terms(), monday())), Cents(3_500_000));
}

#[test]
fn terms_that_cannot_be_meant_are_told() {
    let wrong = |change: fn(&mut MoneyTerms)| {
        let mut terms = terms();
        change(&mut terms);
        terms.first_senseless().map(|(name, _)| name)
    };
    assert_eq!(wrong(|_| {}), None);
    assert_eq!(wrong(|terms| terms.ramp_percents = vec![0; 13]), Some("policy.money.ramp_percents"));
    assert_eq!(wrong(|terms| terms.ramp_percents[1] = 101), Some("policy.money.ramp_percents"));
    assert_eq!(wrong(|terms| terms.open_deals.giver_percent = 101), Some("policy.money.open_deals.giver_percent"));
    assert_eq!(wrong(|terms| terms.open_deals.kept_days = 400), Some("policy.money.open_deals.kept_days"));
}

#[test]
fn a_balance_counts_the_proposals_under_way_both_ways() {
    let balance = Balance { ledger_cents: Cents(10), ..Balance::default() };
    let balance = balance.expecting(Cents(7)).expecting(Cents(-4)).expecting(Cents(2));
    assert_eq!((balance.highest(), balance.lowest()), (Cents(19), Cents(6)));
    assert!(balance.is_within(Cents(19)) && !balance.is_within(Cents(18)));
    let low = Balance { ledger_cents: Cents(-18), ..Balance::default() };
    assert!(low.is_within(Cents(18)) && !low.is_within(Cents(17)));
}

fn deals() -> impl Strategy<Value = Vec<OpenDeal>> {
    let treatment = prop::option::of(prop::sample::select(Treatment::ALL));
    let one = (0_i64..1_000_000_000_000, prop::option::of(0_i64..1_000_000_000_000), treatment, 0_u64..400);
    prop::collection::vec(one, 0..4).prop_map(|deals| {
        let read = |(at, (amount, commission, treatment, days)): (usize, _)| OpenDeal {
            id: format!("D-{at}").parse().unwrap(),
            amount_cents: Cents(amount),
            commission_cents: Option::map(commission, Cents),
            closes_on: Some(monday() + Days::new(days)),
            treatment,
        };
        deals.into_iter().enumerate().map(read).collect()
    })
}

proptest! {
    /// Whatever is swapped in a ring, under whatever terms, all reps together have nothing more or less, to the cent; and no
    /// entry takes more than there is.
    #[test]
    fn a_ring_nets_to_zero_over_its_reps(
        ring in prop::collection::vec((0_i64..1_000_000_000_000, deals()), 2..6),
        ramp_percents in prop::collection::vec(0_u32..=100, 0..=12),
        giver_percent in 0_u32..=100,
    ) {
        let open_deals = DealTerms { giver_percent, ..terms().open_deals };
        let terms = MoneyTerms { ramp_percents, open_deals, ..terms() };
        let reps: Vec<RepId> = (0..ring.len()).map(|at| format!("rep-{at}").parse().unwrap()).collect();
        let mut flows = Vec::new();
        for (at, (commission, deals)) in ring.iter().enumerate() {
            let entries = entries(&account(*commission), deals, &terms, monday());
            prop_assert!(net(&entries) >= Cents::ZERO, "an account takes money with it, never away from its receiver");
            for entry in entries {
                let most = entry.deal.map_or(Cents(*commission), |deal| deal.commission_cents);
                prop_assert!(!entry.kind.is_money() || entry.cents.abs() <= most);
                flows.push((&reps[at], &reps[(at + ring.len() - 1) % ring.len()], entry.cents));
            }
        }
        prop_assert_eq!(by_rep(flows).into_values().sum::<Cents>(), Cents::ZERO);
    }
}
