//! The three faces of one report, and what is withheld from whom.

use super::{csv::table, svg::picture, text::words, *};

fn report() -> FairnessReport {
    FairnessReport {
        run: None,
        quarter: Some("2026-Q3".to_owned()),
        team: Some("R&D <north>".parse().unwrap()),
        from: "2026-07-01".parse().unwrap(),
        until: "2026-09-30".parse().unwrap(),
        accounts: AccountCounts::new(
            9,
            [(true, true, false), (true, true, true), (true, false, false), (false, false, false)]
                .into_iter()
                .map(|(agreed, moved, undone)| Life { agreed, moved, undone }),
        ),
        gains: Some(GainsView {
            reps: 6,
            total_about_minutes: 12_000,
            smallest_at_least_minutes: 0,
            gini_thousandths: 281,
            band_minutes: 1200,
            bands: [(0, 3), (1200, 0), (2400, 3)].map(|(from_minutes, reps)| BandView { from_minutes, reps }).to_vec(),
        }),
        gains_withheld: None,
        price: Some(PriceView { runs: 2, price_thousandths: 43, is_proven: true }),
        money: MoneyView {
            reps: 6,
            moved_cents: Cents(123_456),
            net_cents: Cents(-5),
            net_quota_cents: Cents(0),
            largest_cents: Cents(100_000),
            by_rep: Some(vec![RepMoney {
                rep: "=anna".parse().unwrap(),
                net_cents: Cents(-100_000),
                net_quota_cents: Cents(7),
            }]),
        },
    }
}

#[test]
fn shares_are_rounded_thousandths() {
    let counts = report().accounts;
    assert_eq!((counts.offered, counts.proposed, counts.accepted, counts.moved, counts.undone), (9, 4, 3, 2, 1));
    assert_eq!((counts.proposed_thousandths, counts.accepted_thousandths), (444, 750));
    let empty = AccountCounts::new(0, std::iter::empty());
    assert_eq!((empty.proposed_thousandths, empty.accepted_thousandths), (0, 0));
}

#[test]
fn a_report_reads_in_words() {
    insta::assert_snapshot!(words(&report()), @r"
    Fairness in 2026-Q3, team R&D <north>
      accounts offered      9
      proposed              4, 44.4 % of these
      accepted by all       3, 75.0 % of those proposed
      changed hands         2, 1 went back
      reps who gain         6
      gain in all           about 200 h/year
      smallest gain         at least 0 h/year
      Gini of the gains     0.281
        0 to 20 h/year      ████████████████████████████████████████ 3
        20 to 40 h/year     0
        40 to 60 h/year     ████████████████████████████████████████ 3
      price of fairness     4.3 % of the largest total
      money moved           1234.56, between 6 reps
      net here              -0.05, quota 0.00
      largest sum of a rep  1000.00
        =anna               -1000.00, quota 0.07
    ");
}

#[test]
fn a_report_is_a_table() {
    insta::assert_snapshot!(table(&report()).replace("\r\n", "\n"), @r"
    section,figure,value,unit
    about,quarter,2026-Q3,quarter
    about,team,R&D <north>,id
    about,from,2026-07-01,day
    about,until,2026-09-30,day
    accounts,offered,9,accounts
    accounts,proposed,4,accounts
    accounts,accepted,3,accounts
    accounts,moved,2,accounts
    accounts,undone,1,accounts
    accounts,proposed_of_offered,444,thousandths
    accounts,accepted_of_proposed,750,thousandths
    gains,reps,6,reps
    gains,total_about,12000,minutes a year
    gains,smallest_at_least,0,minutes a year
    gains,gini,281,thousandths
    bands,from 0 to below 1200 minutes a year,3,reps
    bands,from 1200 to below 2400 minutes a year,0,reps
    bands,from 2400 to below 3600 minutes a year,3,reps
    price_of_fairness,runs,2,runs
    price_of_fairness,price,43,thousandths
    price_of_fairness,is_proven,true,
    money,reps,6,reps
    money,moved,123456,cents
    money,net,-5,cents
    money,net_quota,0,cents
    money,largest,100000,cents
    money_by_rep,'=anna,-100000,cents
    quota_by_rep,'=anna,7,cents
    ");
}

#[test]
fn a_picture_is_whole_and_takes_every_name_for_text() {
    let svg = picture(&report());
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("team R&amp;D &lt;north&gt;") && !svg.contains("<north>"));
    for part in ["How many reps gain how much", "hours a year", ">reps<", "How many accounts were helped", ">accounts<"]
    {
        assert!(svg.contains(part), "{part}");
    }
    assert_eq!(svg.matches("fill=\"#4a7\"").count(), 3 + 4, "a bar for each band and each step");
    for fetched in ["href", "url(", "<script", "<style", "<image"] {
        assert!(!svg.contains(fetched), "{fetched}");
    }
}

#[test]
fn what_is_withheld_stands_in_no_face() {
    let withheld =
        FairnessReport { gains: None, gains_withheld: Some(Withheld::FewerThanFive), price: None, ..report() };
    for face in [words(&withheld), table(&withheld), picture(&withheld)] {
        assert!(!face.contains("0.281") && !face.contains("281") && !face.contains("12000"), "{face}");
    }
    assert!(words(&withheld).contains("not told of fewer than five reps"));
    assert!(table(&withheld).contains("gains,withheld,,fewer_than_five"));
}

/// A leg of nobody's proposal.
fn leg(from: &str, to: &str) -> LegOutcome {
    LegOutcome {
        submission: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        gain: Minutes(600),
        money: Vec::new(),
        state: ProposalState::OnTrial,
        agreed: true,
        moved: true,
    }
}

#[test]
fn gains_stand_for_five_reps_or_more_whose_difference_to_all_is_five_or_none() {
    let legs = |north: usize, south: usize| -> Vec<LegOutcome> {
        let of = |team: &str, many: usize| (0..many).map(|at| format!("{team}-{at}")).collect::<Vec<_>>();
        of("n", north).iter().chain(&of("s", south)).map(|rep| leg(rep, "x")).collect()
    };
    let team_of = |legs: &[LegOutcome]| {
        let team = |rep: &RepId| if rep.as_str().starts_with('n') { "north" } else { "south" };
        legs.iter().map(|leg| (leg.from.clone(), team(&leg.from).parse().unwrap())).collect()
    };
    let north = |many: usize, others: usize, sees_all: bool| {
        let legs = legs(many, others);
        Book { team_of: team_of(&legs), team: Some("north".parse().unwrap()) }.withheld(&legs, sees_all)
    };
    assert_eq!(north(4, 9, false), Some(Withheld::FewerThanFive));
    assert_eq!(north(5, 4, true), Some(Withheld::OthersFewerThanFive));
    assert_eq!(north(5, 4, false), None, "a manager does not see the others");
    assert_eq!(north(5, 5, true), None);
    assert_eq!(north(5, 0, true), None);
    let legs = legs(5, 4);
    let everybody = Book { team_of: team_of(&legs), team: None };
    assert_eq!(everybody.withheld(&legs, true), None);
    let twice: Vec<LegOutcome> = legs[..2].iter().chain(&legs[..2]).chain(&legs[..2]).cloned().collect();
    assert_eq!(everybody.withheld(&twice, true), Some(Withheld::FewerThanFive), "two reps are two, however often");
}
