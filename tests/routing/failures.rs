//! Servers that fail: the client ends with an error that names the server and what happened, and soon asks no more.

use crate::{
    fake::{Fake, Reply, place, places, settings, source},
    tables::{osrm_answer, osrm_question},
};
use account_swap::{
    domain::travel::TravelSource,
    routing::{RoutingError, Way, sources},
    settings::Routing,
};
use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
};

/// What OSRM says of one origin and one destination.
const ONE_WAY: &str = r#"{"code":"Ok","durations":[[60]],
    "sources":[{"distance":1,"location":[-76.9,40.2]}],"destinations":[{"distance":1,"location":[-76.9,40.2]}]}"#;

/// Asks OSRM for one way.
fn ask(server: &Fake, settings: Routing) -> Result<Way, String> {
    let table = source(TravelSource::Osrm, &server.url(), settings).one_ways(&places(1), &places(1));
    table.map(|table| table.way(0, 0)).map_err(|error| error.to_string())
}

/// A server that fails so many times before it answers.
fn recovering(failures: usize, fail: impl Fn() -> Reply + Send + Sync + 'static) -> Fake {
    let asked = AtomicUsize::new(0);
    Fake::new(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        before if before < failures => fail(),
        _ => Reply::Json(200, ONE_WAY.to_owned()),
    })
}

fn minute() -> Way {
    Way::Takes { deciseconds: 600 }
}

/// Checks that the error names the server and says what happened.
fn assert_says(error: Result<Way, String>, server: &Fake, what: &str) {
    let error = error.unwrap_err();
    assert!(error.contains(&format!("OSRM at {}", server.url())) && error.contains(what), "{error}");
}

#[test]
fn what_may_pass_is_asked_again_a_few_times() {
    let busy = recovering(2, || Reply::Json(503, String::new()));
    assert_eq!(ask(&busy, settings()), Ok(minute()));
    assert_eq!(busy.asked().len(), 3);
    let down = recovering(3, || Reply::Json(502, String::new()));
    assert_says(ask(&down, settings()), &down, "status 502");
    assert_eq!(down.asked().len(), 3, "once and two retries");
}

#[test]
fn a_connection_that_ends_in_the_middle_is_asked_again_and_told() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"code\":\"Ok\",\"dur";
    let once = recovering(1, move || Reply::Raw(half.to_vec()));
    assert_eq!(ask(&once, settings()), Ok(minute()));
    let always = Fake::new(move |_| Reply::Raw(half.to_vec()));
    assert_says(ask(&always, settings()), &always, "broke off");
    let mute = Fake::new(|_| Reply::Raw(Vec::new()));
    assert_says(ask(&mute, settings()), &mute, "broke off");
}

#[test]
fn a_server_that_says_nothing_or_stops_in_the_middle_is_not_waited_for() {
    let mut hasty = settings();
    hasty.request_timeout_milliseconds = 100;
    hasty.retries = 1;
    for beginning in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"code\":"] {
        let server = Fake::new(move |_| Reply::Stall(beginning.to_vec()));
        assert_says(ask(&server, hasty.clone()), &server, "no answer within 100 ms");
        assert_eq!(server.asked().len(), 2);
    }
}

#[test]
fn nobody_at_the_address_is_said_so() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let valhalla = source(TravelSource::Valhalla, &format!("http://{free}"), settings());
    let error = valhalla.one_ways(&places(1), &places(1)).unwrap_err().to_string();
    assert!(error.contains(&format!("Valhalla at http://{free}: no connection: ")), "{error}");
    assert_eq!(valhalla.map().date, None);
}

#[test]
fn a_server_that_asks_to_wait_is_given_the_time_if_it_is_short() {
    let later = |seconds: &'static str| move || Reply::With(429, format!("Retry-After: {seconds}\r\n"), String::new());
    let soon = recovering(2, later("0"));
    assert_eq!(ask(&soon, settings()), Ok(minute()));
    let tomorrow = recovering(1, later("86400"));
    assert_says(ask(&tomorrow, settings()), &tomorrow, "status 429 and asks to wait 86400 s");
    assert_eq!(tomorrow.asked().len(), 1);
    let reset = || Reply::With(429, "X-RateLimit-Reset: 7200\r\n".to_owned(), String::new());
    let spent = recovering(1, reset);
    assert_says(ask(&spent, settings()), &spent, "asks to wait 7200 s");
}

#[test]
fn nonsense_is_told_with_its_beginning_and_not_asked_for_again() {
    let wrong_shape = ONE_WAY.replace("[[60]]", "[[60, 61]]");
    let wrong_time = ONE_WAY.replace("60", "-60");
    let nonsense = [
        ("<html>Welcome to nginx</html>", "Welcome to nginx"),
        ("\u{0}\u{1}binary", "binary"),
        ("", "EOF"),
        ("[]", "invalid"),
        (wrong_shape.as_str(), "asked for"),
        (wrong_time.as_str(), "a time of -60 s"),
        (r#"{"code":"Ok"}"#, "no durations"),
        (r#"{"code":"NoSegment","message":"coordinate 7"}"#, "was not asked for"),
    ];
    for (body, what) in nonsense {
        let server = Fake::saying(200, body);
        let said = ask(&server, settings());
        assert_says(said.clone(), &server, "cannot be used");
        assert_says(said, &server, what);
        assert_eq!(server.asked().len(), 1);
    }
    let not_http = Fake::new(|_| Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()));
    assert!(ask(&not_http, settings()).is_err());
}

#[test]
fn an_answer_without_end_is_read_up_to_the_limit() {
    let mut small = settings();
    small.answer_limit_bytes = 100_000;
    let endless = Fake::new(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{".to_vec()));
    assert_says(ask(&endless, small), &endless, "larger than 100000 bytes");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Fake::saying(200, ONE_WAY);
    let location = format!("Location: {}/table\r\n", elsewhere.url());
    let server = Fake::new(move |_| Reply::With(307, location.clone(), String::new()));
    assert_says(ask(&server, settings()), &server, "status 307");
    assert_eq!((server.asked().len(), elsewhere.asked().len()), (1, 0));
}

#[test]
fn after_some_failures_in_a_row_a_server_is_left_alone() {
    let server = Fake::saying(200, "garbage");
    let mut patient = settings();
    patient.failures_until_pause = 3;
    let osrm = source(TravelSource::Osrm, &server.url(), patient);
    let ask = || osrm.one_ways(&places(1), &places(1)).unwrap_err().to_string();
    for _ in 0..3 {
        assert!(ask().contains("cannot be used"));
    }
    assert!(ask().contains("left alone for another 60 s"), "{}", ask());
    assert_eq!(server.asked().len(), 3, "nothing more is asked");
    assert_eq!(osrm.map().date, None);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn retries_count_as_failures_and_end_with_the_pause() {
    let server = Fake::saying(500, "");
    let mut patient = settings();
    (patient.failures_until_pause, patient.retries) = (4, 20);
    assert_says(ask(&server, patient), &server, "left alone");
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn when_the_pause_is_over_one_answer_makes_up_for_the_failures() {
    let server = recovering(2, || Reply::Json(500, String::new()));
    let mut short = settings();
    (short.failures_until_pause, short.pause_seconds, short.retries) = (2, 0, 0);
    let osrm = source(TravelSource::Osrm, &server.url(), short);
    let ask = || osrm.one_ways(&places(1), &places(1));
    assert!(ask().is_err() && ask().is_err());
    assert_eq!(ask().unwrap().way(0, 0), minute());
}

#[test]
fn places_that_a_server_says_too_little_of_are_no_answer() {
    let server = Fake::new(|request| {
        Reply::Json(200, if request.path == "/locate" { "[{\"edges\":[]}]" } else { "" }.to_owned())
    });
    let error = source(TravelSource::Valhalla, &server.url(), settings()).one_ways(&places(2), &places(3)).unwrap_err();
    assert!(error.to_string().contains("1 places where 3 were asked for"), "{error}");
}

#[test]
fn one_block_without_an_answer_is_a_table_without_an_answer() {
    let asked = AtomicUsize::new(0);
    let server = Fake::new(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Json(400, r#"{"code":"InvalidOptions","message":"No"}"#.to_owned()),
        _ => {
            let (from, to) = osrm_question(request);
            osrm_answer(&from, &to, |_| 5.0)
        }
    });
    let error = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&places(90), &places(90)).unwrap_err();
    assert!(error.to_string().contains("InvalidOptions: No"), "{error}");
}

#[test]
fn a_caller_inside_another_runtime_may_ask_build_and_drop() {
    let server = Fake::saying(200, ONE_WAY);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let way = runtime.block_on(async { ask(&server, settings()) });
    assert_eq!(way, Ok(minute()));
}

#[test]
fn callers_on_many_threads_share_a_source_and_its_limit() {
    let server = Fake::saying(200, ONE_WAY);
    let mut narrow = settings();
    narrow.osrm.requests_at_once = 2;
    let osrm = source(TravelSource::Osrm, &server.url(), narrow);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(osrm.one_ways(&places(1), &places(1)).unwrap().way(0, 0), minute()));
        }
    });
    assert_eq!(server.asked().len(), 8);
    assert!(server.most_under_way() <= 2, "{}", server.most_under_way());
}

#[test]
fn a_source_without_a_server_is_refused_by_the_setting_it_needs() {
    let order = [TravelSource::GreatCircle, TravelSource::Osrm];
    let error = sources(&settings(), &order).err().expect("it has no server");
    assert_eq!(error, RoutingError::NotSet { source_name: TravelSource::Osrm, key: "routing.osrm.url" });
    assert!(error.to_string().contains("routing.osrm.url is not set"), "{error}");
    let line = sources(&settings(), &order[..1]).unwrap().remove(0);
    assert!(line.one_ways(&[place(40.0, -76.0)], &[place(41.0, -76.0)]).is_ok());
}
