//! Runs by measured times, on both databases: what a source tells, what it does not, and what the report says of either.
//!
//! Anna lives at one end of Harrisburg, Ben at the other, and each has three accounts next door to the other, two of them
//! submitted.

use crate::{
    common::databases::{TestDatabase, databases},
    fake::{Fake, Reply, Request, settings},
    servers::Server,
    tables::osrm_question,
};
use account_swap::{
    app::{
        Refused, Store,
        import::{ImportKind, import},
        run::{self, ReportView, Scope, SourceView, verify},
    },
    domain::{
        principal::{Principal, Role},
        travel::{
            TravelSource::{self, GreatCircle, Osrm, RoadNetwork, Valhalla},
            straight_line,
        },
        units::Place,
    },
    engine::wanted::wanted,
    settings::Settings,
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

const REPS: &str = "id,name,team,manager,lat,lon,country\nmona,Mona,heads,vera,40.26,-76.88,us\n\
    anna,Anna,north,mona,40.24,-76.96,us\nben,Ben,north,mona,40.30,-76.80,us\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country,annual_value,annual_commission,visits_a_year,visit_minutes\n\
    a-1,A1,anna,40.2991,-76.8011,us,100000,10000,50,60\na-2,A2,anna,40.2983,-76.8032,us,100000,10000,50,60\n\
    a-3,A3,anna,40.2972,-76.8003,us,100000,10000,50,60\nb-3,B3,ben,40.2402,-76.9551,us,100000,10000,50,60\n\
    b-1,B1,ben,40.2412,-76.9583,us,100000,10000,50,60\nb-2,B2,ben,40.2431,-76.9544,us,100000,10000,50,60\n";
const SUBMISSIONS: &str =
    "account,stars,reasons\na-1,1.5,chemistry\na-2,1.5,chemistry\nb-1,1.5,chemistry\nb-2,1.5,chemistry\n";

struct Company {
    store: Store,
    settings: Settings,
    name: &'static str,
    _database: TestDatabase,
}

impl Company {
    fn new(database: TestDatabase, sources: &[TravelSource], osrm: &str) -> Self {
        let mut all = database.settings();
        all.routing = settings();
        all.routing.retries = 0;
        osrm.clone_into(&mut all.routing.osrm.url);
        all.policy.scores.travel.sources = sources.to_vec();
        all.policy.rules.min_gain_minutes.0 = 0;
        all.policy.scores.handover_minutes.0 = 0;
        let store = Store::open(&all.database).expect(database.name);
        let admin = operator();
        for (kind, text) in
            [(ImportKind::Reps, REPS), (ImportKind::Accounts, ACCOUNTS), (ImportKind::Submissions, SUBMISSIONS)]
        {
            store
                .write(|writer| import(writer, &all.import, &admin, kind, None, false, text.as_bytes()))
                .unwrap_or_else(|error| panic!("{}: {error}", database.name));
        }
        Self { store, settings: all, name: database.name, _database: database }
    }

    /// Runs everybody on a date of one month.
    fn run(&self, day: u32) -> Result<run::RunView, Refused> {
        let date = format!("2026-03-{day:02}").parse().unwrap();
        run::run(&self.store, &self.settings, &operator(), &Scope::Everybody, date, &|_| {})
    }

    /// How many ways a plan goes by.
    fn all_ways(&self) -> u64 {
        let mut settings = self.settings.clone();
        settings.policy.scores.travel.sources = vec![GreatCircle];
        let date = "2026-03-01".parse().unwrap();
        let (snapshot, _) = run::rehearse(&self.store, &settings, &Scope::Everybody, date, &|_| {}).unwrap();
        wanted(&snapshot.market, &settings.policy).len() as u64
    }

    fn rehearse(&self) -> Result<ReportView, Refused> {
        let date = "2026-03-01".parse().unwrap();
        let rehearsed = run::rehearse(&self.store, &self.settings, &Scope::Everybody, date, &|_| {});
        rehearsed.map(|(_, plan)| run::preview(&plan, &operator()))
    }
}

fn operator() -> Principal {
    Principal { id: "root".parse().unwrap(), role: Role::Admin }
}

fn companies(sources: &[TravelSource], osrm: &str) -> Vec<Company> {
    databases().into_iter().map(|database| Company::new(database, sources, osrm)).collect()
}

fn by(source: TravelSource, ways: u64) -> SourceView {
    SourceView { source, map_date: None, ways, without_way: 0, unanswered: 0 }
}

fn by_osrm(ways: u64) -> SourceView {
    SourceView { map_date: Some("2026-11-01".parse().unwrap()), ..by(Osrm, ways) }
}

/// What an OSRM server says: the straight line and a tenth of it, with each place so many metres from a road.
fn answer(request: &Request, snapped: impl Fn(Place) -> f64) -> Reply {
    if !request.path.starts_with("/table/") {
        return Reply::Json(200, json!({"code": "Ok", "data_version": "2026-11-01"}).to_string());
    }
    let (from, to) = osrm_question(request);
    let waypoints = |places: &[Place]| -> Vec<Value> {
        let waypoint = |place: &Place| json!({"distance": snapped(*place), "location": [place.lon(), place.lat()]});
        places.iter().map(waypoint).collect()
    };
    let seconds = |from: &Place, to: &Place| (straight_line(*from, *to).minutes * 660.0).round() / 10.0;
    let durations: Vec<Vec<f64>> = from.iter().map(|from| to.iter().map(|to| seconds(from, to)).collect()).collect();
    let body = json!({
        "code": "Ok", "durations": durations, "data_version": "2026-11-01",
        "sources": waypoints(&from), "destinations": waypoints(&to),
    });
    Reply::Json(200, body.to_string())
}

/// An OSRM server that answers so often.
fn answering(answers: usize) -> Fake {
    let left = AtomicUsize::new(answers);
    Fake::new(move |request| {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Reply::Json(500, String::new());
        }
        answer(request, |_| 5.0)
    })
}

#[test]
fn a_run_goes_by_what_a_server_tells_and_asks_for_each_way_once() {
    let server = answering(usize::MAX);
    for company in companies(&[Osrm, GreatCircle], &server.url()) {
        let all = company.all_ways();
        let asked_before = server.asked().len();
        let planned = company.rehearse().unwrap();
        assert_eq!(planned.travel_times, [by_osrm(all)], "{}", company.name);
        let asked = server.asked().len();
        assert!(asked > asked_before, "{}", company.name);
        let published = company.run(2).unwrap();
        let report = published.report.unwrap();
        assert_eq!((report.published, report.travel_times), (2, vec![by_osrm(all)]), "{}", company.name);
        assert!(server.asked().len() <= asked + 1, "{}: only the date of the map is asked again", company.name);
        let (_, plan) = company.store.read(|reader| run::evidence(reader, &operator(), published.id)).unwrap();
        let sides = plan.moves.iter().flat_map(|one| one.legs.iter().map(|leg| leg.side));
        assert!(sides.flat_map(|side| [side.given, side.received]).all(|of| !of.travel_estimated));
        let kept = company.store.read(|reader| verify::kept(reader, &operator(), published.id)).unwrap();
        assert!(verify::verify(&kept).unwrap().holds(), "{}", company.name);
    }
}

#[test]
fn where_a_server_does_not_answer_the_straight_line_goes_and_the_report_tells() {
    for company in companies(&[Osrm, GreatCircle], "http://127.0.0.1:1") {
        let all = company.all_ways();
        let report = company.run(2).unwrap().report.unwrap();
        let silent = SourceView { unanswered: all, ..by(Osrm, 0) };
        assert_eq!((report.published, report.travel_times), (2, vec![by(GreatCircle, all), silent]));
    }
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_a_run_whose_report_counts_every_way() {
    for company in companies(&[Osrm, GreatCircle], "") {
        let all = company.all_ways();
        let server = answering(3);
        let mut settings = company.settings.clone();
        settings.routing.osrm.url = server.url();
        settings.routing.osrm.places_a_request = 4;
        let company = Company { settings, ..company };
        let report = company.run(2).unwrap().report.unwrap();
        let sum = |count: fn(&SourceView) -> u64| report.travel_times.iter().map(count).sum::<u64>();
        assert_eq!((sum(|source| source.ways), report.published), (all, 2), "{}", company.name);
        assert!(sum(|source| source.unanswered) > 0 && server.asked().len() > 3, "{}", company.name);
    }
}

#[test]
fn without_the_straight_line_in_the_policy_a_silent_server_ends_the_run_and_the_next_try_finds_what_was_told() {
    let is_up = Arc::new(AtomicBool::new(false));
    let up = Arc::clone(&is_up);
    let server = Fake::new(move |request| {
        if !up.load(Ordering::SeqCst) {
            return Reply::Json(500, String::new());
        }
        answer(request, |_| 5.0)
    });
    for company in companies(&[Osrm], &server.url()) {
        let all = company.all_ways();
        is_up.store(false, Ordering::SeqCst);
        let refused = company.run(2).unwrap_err();
        let what = format!("osrm did not answer about {all} ways, and the policy has nobody else to ask");
        assert!(matches!(&refused, Refused::NoTravelTimes(found) if *found == what), "{refused}");
        is_up.store(true, Ordering::SeqCst);
        let report = company.run(2).unwrap().report.unwrap();
        assert_eq!((report.published, report.travel_times), (2, vec![by_osrm(all)]), "{}", company.name);
    }
}

#[test]
fn a_place_off_the_road_goes_to_the_next_source_and_to_nobody_where_there_is_none() {
    // One account lies too far from any road for this server.
    let is_off = |place: Place| place.lat() > 40.2985 && place.lon() < -76.801;
    let server = Fake::new(move |request| answer(request, |place| if is_off(place) { 90_000.0 } else { 5.0 }));
    for company in companies(&[Osrm, GreatCircle], &server.url()) {
        let all = company.all_ways();
        let report = company.rehearse().unwrap();
        let [line, osrm] = &report.travel_times[..] else { panic!("{:?}", report.travel_times) };
        assert_eq!((line.source, line.ways + osrm.ways), (GreatCircle, all), "{}", company.name);
        assert!(line.ways > 0 && osrm.ways > 0 && report.moves == 2, "{}", company.name);
    }
    for company in companies(&[Osrm], &server.url()) {
        let all = company.all_ways();
        let report = company.rehearse().unwrap();
        let [osrm] = &report.travel_times[..] else { panic!("{:?}", report.travel_times) };
        assert_eq!(osrm.ways + osrm.without_way, all, "{}", company.name);
        assert_eq!((report.moves, report.unmatched_by_rule.get("too_far")), (1, Some(&1)), "{}", company.name);
    }
}

#[test]
fn each_source_is_asked_only_for_what_the_one_before_did_not_know() {
    let server = answering(usize::MAX);
    for mut company in companies(&[Valhalla, Osrm, GreatCircle], &server.url()) {
        let all = company.all_ways();
        company.settings.routing.valhalla.url = "http://127.0.0.1:1".to_owned();
        let report = company.rehearse().unwrap();
        let silent = SourceView { unanswered: all, ..by(Valhalla, 0) };
        assert_eq!(report.travel_times, [by_osrm(all), silent], "{}", company.name);
    }
}

#[test]
fn a_source_the_policy_names_and_the_settings_do_not_is_refused_by_its_setting() {
    for company in companies(&[RoadNetwork, GreatCircle], "") {
        let refused = company.rehearse().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "travel times are to come from road_network, but routing.road_network.file is not set"
        );
    }
}

#[test]
fn a_real_server_killed_between_two_runs_leaves_what_it_told_and_the_report_tells_the_rest() {
    let Some(server) = Server::osrm(100) else { return };
    for mut company in companies(&[Osrm, GreatCircle], &server.url()) {
        // Anna lives eight kilometres beyond the edge of the map.
        company.settings.routing.snap_limit_metres = 10_000;
        let all = company.all_ways();
        let first = company.rehearse().unwrap();
        assert_eq!(first.travel_times, [by_osrm(all)], "{}", company.name);
    }
    server.signal("KILL");
    for company in companies(&[Osrm, GreatCircle], &server.url()) {
        let all = company.all_ways();
        let report = company.run(2).unwrap().report.unwrap();
        let unanswered: u64 = report.travel_times.iter().map(|source| source.unanswered).sum();
        assert_eq!(unanswered, all, "{}", company.name);
        assert_eq!(report.published, 2, "{}", company.name);
    }
}

#[test]
fn a_real_server_killed_in_the_middle_of_a_run_is_told_of_and_the_run_ends_by_the_next_source() {
    let starts: [fn() -> Option<Server>; 2] = [|| Server::osrm(100), Server::valhalla];
    for start in starts {
        for database in databases() {
            let Some(server) = start() else { return };
            let source = server.source();
            let server = server.killed_after(2);
            let mut company = Company::new(database, &[source, GreatCircle], "");
            let routing = &mut company.settings.routing;
            (routing.osrm.url, routing.valhalla.url) = (server.url(), server.url());
            (routing.osrm.requests_at_once, routing.valhalla.requests_at_once) = (1, 1);
            (routing.osrm.places_a_request, routing.valhalla.places_a_side) = (4, 2);
            // Anna lives eight kilometres beyond the edge of the map.
            routing.snap_limit_metres = 10_000;
            let all = company.all_ways();
            let report = company.run(2).unwrap().report.unwrap();
            let what = format!("{}, {:?}", company.name, report.travel_times);
            let by = |source| report.travel_times.iter().find(|one| one.source == source);
            let (Some(told), Some(line)) = (by(source), by(GreatCircle)) else { panic!("{what}") };
            assert!(told.unanswered > 0, "{what}");
            assert_eq!((told.ways + line.ways, told.unanswered, line.unanswered), (all, line.ways, 0), "{what}");
            assert_eq!((report.published, report.travel_times.len()), (2, 2), "{what}");
        }
    }
}
