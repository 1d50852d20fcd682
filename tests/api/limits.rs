//! Too often, too slowly, too long, and stopping in the middle.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, rep, service},
    served::Served,
};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use reqwest::Method;
use serde_json::json;
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const SUBMISSIONS: &str = "/api/v1/submissions";

#[actix_web::test]
async fn who_asks_too_often_is_told_when_to_come_back_and_nobody_else_is() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| {
        settings.rate_limit.requests_a_second = 1;
        settings.rate_limit.burst = 3;
    })
    .await;
    let mut refused = None;
    for _ in 0..5 {
        let answer = served.get("/api/v1/me", &rep("anna")).send().await;
        if answer.status == 429 {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("five at once are more than three");
    assert_eq!(refused.code(), "too_many_requests");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    served.get("/api/v1/me", &rep("ben")).send().await.with(200);
    let mut strangers = Vec::new();
    for _ in 0..5 {
        strangers.push(served.ask(Method::GET, "/api/v1/me", None).send().await.status);
    }
    assert_eq!((strangers[0], strangers.contains(&429)), (401, true), "{strangers:?}");
    served.ask(Method::GET, "/healthz", None).send().await.with(200);
}

#[actix_web::test]
async fn strangers_behind_a_trusted_proxy_are_counted_apart_and_before_it_their_word_counts_for_nothing() {
    let world = World::new(sqlite(), 1);
    for (trusted, expected) in [("127.0.0.1/32", 401), ("10.0.0.0/8", 429)] {
        let served = Served::start_with(&world, |settings| {
            settings.rate_limit.requests_a_second = 1;
            settings.rate_limit.burst = 3;
            settings.server.trusted_proxies = vec![trusted.parse().unwrap()];
        })
        .await;
        let mut last = 0;
        for stranger in 1..10 {
            let ask = served.ask(Method::GET, "/api/v1/me", None);
            last = ask.header("x-forwarded-for", &format!("203.0.113.{stranger}")).send().await.status;
        }
        assert_eq!(last, expected, "{trusted}");
    }
}

#[actix_web::test]
async fn who_takes_back_too_many_submissions_makes_no_more_for_a_while_and_keeps_the_rest() {
    for database in databases() {
        let world = World::new(database, 4);
        let served = Served::start_with(&world, |settings| settings.submissions.taken_back_in_30_days = 2).await;
        let anna = rep("anna");
        let submit = async |who: &_, account: &str, key: &str| {
            let new = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
            served.post(SUBMISSIONS, who).key(key).json(&new).send().await
        };
        submit(&anna, "anna-3", "kept").await.with(201);
        for key in ["one", "two"] {
            let made = submit(&anna, "anna-0", key).await.with(201);
            let withdraw = format!("{SUBMISSIONS}/{}/withdraw", made.json()["id"].as_str().unwrap());
            served.post(&withdraw, &anna).key(key).if_match(made.header("etag")).send().await.with(200);
        }
        let refused = submit(&anna, "anna-0", "three").await.with(409);
        assert_eq!(refused.code(), "quota_reached", "{}", world.name);
        let draft = json!({"account": "anna-1", "stars": 1.5, "reasons": ["chemistry"]});
        let refused = served.post("/api/v1/drafts", &anna).key("four").json(&draft).send().await.with(409);
        assert_eq!(refused.code(), "quota_reached", "{}", world.name);
        submit(&rep("ben"), "ben-0", "ben").await.with(201);
        let open = served.get(SUBMISSIONS, &anna).send().await.with(200).json();
        let states: Vec<_> = open["items"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states.iter().filter(|state| *state == "open").count(), 1, "{}", world.name);
        world.execute("UPDATE submissions SET created_at = '2020-01-01 00:00:00'");
        submit(&anna, "anna-0", "five").await.with(201);
    }
}

/// Opens a connection, sends the head of a request with a body of `length` bytes, and waits to be told to go on, so
/// that the server is known to have begun with it.
fn begin(address: SocketAddr, token: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {SUBMISSIONS} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n"
    )
    .unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    // Until the end of the JSON body; the server may keep the connection.
    while !answer.ends_with(b"}") {
        match stream.read(&mut piece) {
            Ok(read @ 1..) => answer.extend_from_slice(&piece[..read]),
            _ => break,
        }
    }
    String::from_utf8(answer).unwrap()
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| settings.server.body_timeout_seconds = 1).await;
    let (address, token) = (served.address, served.token(&rep("anna")));
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = begin(address, &token, 100);
        stream.write_all(b"{").unwrap();
        rest(stream)
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"), "{answer}");
}

#[actix_web::test]
async fn changes_and_what_is_costly_have_limits_of_their_own() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| {
        (settings.rate_limit.changes_a_second, settings.rate_limit.changes_burst) = (1, 2);
        (settings.rate_limit.costly_a_minute, settings.rate_limit.costly_burst) = (1, 1);
    })
    .await;
    let anna = rep("anna");
    let mut changes = Vec::new();
    for key in 0..4 {
        let body = json!({"class": null, "cap": 0});
        let ask = served.post("/api/v1/me/opt-in", &anna).key(&key.to_string()).if_match("\"x\"").json(&body);
        changes.push(ask.send().await.status);
    }
    assert!(changes[..2].iter().all(|status| *status != 429) && changes.contains(&429), "{changes:?}");
    served.get("/api/v1/me/export", &anna).send().await.with(200);
    let refused = served.get("/api/v1/me/export", &anna).send().await.with(429);
    assert!((50..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()), "{refused:?}");
    served.get("/api/v1/me", &anna).send().await.with(200);
    served.get("/api/v1/me/export", &rep("ben")).send().await.with(200);
}

#[actix_web::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| settings.server.header_timeout_seconds = 1).await;
    let address = served.address;
    let ended = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /api/v1/me HTTP/1.1\r\nhost: he").unwrap();
        let mut answer = Vec::new();
        // Until the server hangs up, which a reader without end would wait for.
        stream.read_to_end(&mut answer).map(|_| String::from_utf8_lossy(&answer).into_owned())
    });
    let ended = ended.await.unwrap().unwrap_or_default();
    assert!(ended.is_empty() || ended.starts_with("HTTP/1.1 408 "), "{ended}");
    served.get("/api/v1/me", &rep("anna")).send().await.with(200);
}

#[actix_web::test]
async fn an_answer_that_nobody_takes_is_not_kept_for_ever() {
    const QUESTION: &[u8] = b"GET /api/openapi.json HTTP/1.1\r\nhost: here\r\n\r\n";
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| settings.server.write_timeout_seconds = 1).await;
    let address = served.address;
    let hung_up = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // Answers far larger than what all buffers between the two hold; not one of them is taken.
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        std::iter::repeat_with(|| stream.write_all(QUESTION)).find_map(Result::err)
    });
    let error = hung_up.await.unwrap().expect("the server ends it");
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    served.get("/api/v1/me", &rep("anna")).send().await.with(200);
}

#[actix_web::test]
async fn who_comes_while_too_many_are_at_work_is_turned_away_at_once_and_those_at_work_are_not() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start_with(&world, |settings| {
            settings.server.requests_at_once = 2;
            settings.database.lock_timeout_milliseconds = 20_000;
        })
        .await;
        let hold = Hold::take(&world.settings.database.url);
        let (anna, new) = (rep("anna"), json!({"account": "anna-0", "stars": 1.5, "reasons": ["chemistry"]}));
        let submit = async |key: &str| loop {
            // Who asks while both places are taken, here by a look, asks again.
            let answer = served.post(SUBMISSIONS, &anna).key(key).json(&new).send().await;
            if answer.status != 503 {
                break answer;
            }
        };
        let two = futures_util::future::join(submit("a"), submit("b"));
        // A read needs no lock, and so it is turned away exactly while both places are taken.
        let others = async {
            loop {
                let answer = served.get("/api/v1/me", &rep("ben")).send().await;
                if answer.status == 503 {
                    break answer;
                }
            }
        };
        let (two, turned_away) = futures_util::future::join(two, async {
            let answer = others.await;
            hold.let_go();
            answer
        })
        .await;
        assert_eq!(turned_away.code(), "overloaded", "{}", world.name);
        assert_eq!(turned_away.header("retry-after"), "2");
        let mut statuses = [two.0.status, two.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{}: those at work come to their end", world.name);
        served.get("/api/v1/me", &rep("ben")).send().await.with(200);
    }
}

#[actix_web::test]
async fn a_stop_lets_what_has_begun_come_to_its_end() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let (address, token) = (served.address, served.token(&rep("anna")));
    let body = json!({"account": "anna-0", "stars": 1.5, "reasons": ["chemistry"]}).to_string();
    let length = body.len();
    let begun = tokio::task::spawn_blocking(move || begin(address, &token, length)).await.unwrap();
    let stopped = served.handle.stop(true);
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = begun;
        stream.write_all(body.as_bytes()).unwrap();
        rest(stream)
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    stopped.await;
    assert!(TcpStream::connect(address).is_err(), "nobody is let in any more");
}

/// Holds what every change needs until it is dropped.
enum Hold {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hold {
    fn take(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut connection = SqliteConnection::establish(path).unwrap();
                connection.batch_execute("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            None => {
                let mut connection = PgConnection::establish(url).unwrap();
                connection.batch_execute("BEGIN; LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE").unwrap();
                Self::Postgres(connection)
            }
        }
    }

    fn let_go(self) {
        match self {
            Self::Sqlite(mut connection) => connection.batch_execute("ROLLBACK").unwrap(),
            Self::Postgres(mut connection) => connection.batch_execute("ROLLBACK").unwrap(),
        }
    }
}

#[actix_web::test]
async fn a_database_that_is_held_up_is_busy_for_changes_and_open_for_reads_and_recovers() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start_with(&world, |settings| settings.database.lock_timeout_milliseconds = 50).await;
        let new = json!({"account": "anna-0", "stars": 1.5, "reasons": ["chemistry"]});
        let submit = || served.post(SUBMISSIONS, &rep("anna")).key("k").json(&new).send();
        let hold = Hold::take(&world.settings.database.url);
        let busy = submit().await.with(503);
        assert_eq!((busy.code().as_str(), busy.header("retry-after")), ("busy", "2"), "{}", world.name);
        served.get(SUBMISSIONS, &rep("anna")).send().await.with(200);
        hold.let_go();
        submit().await.with(201);
    }
}

#[actix_web::test]
async fn an_empty_pool_is_busy_and_recovers() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| {
        settings.database.pool_connections = 1;
        settings.database.connection_timeout_milliseconds = 50;
        settings.database.lock_timeout_milliseconds = 2000;
    })
    .await;
    let hold = Hold::take(&world.settings.database.url);
    let new = json!({"account": "anna-0", "stars": 1.5, "reasons": ["chemistry"]});
    let anna = rep("anna");
    let submit = |key: &str| served.post(SUBMISSIONS, &anna).key(key).json(&new).send();
    // One holds the only connection while it waits for the lock; the other finds the pool empty.
    let (one, other) = futures_util::future::join(submit("a"), submit("b")).await;
    assert_eq!((one.status, other.status), (503, 503));
    hold.let_go();
    submit("a").await.with(201);
}

#[actix_web::test]
async fn an_import_has_a_limit_of_its_own_and_takes_csv_only() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start_with(&world, |settings| {
            settings.server.request_body_limit_bytes = 10;
            settings.server.import_body_limit_bytes = 2000;
        })
        .await;
        let ask = |key: &str| served.post("/api/v1/imports/reps", &service()).key(key);
        let template = account_swap::app::import::ImportKind::Reps.template();
        let first = ask("a").body("text/csv", template.clone()).send().await.with(200);
        assert_eq!(first.json()["created"], 1, "{first:?}");
        let again = ask("a").body("text/csv", template.clone()).send().await.with(200);
        assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, "true"));
        let same = ask("b").body("text/csv", template.clone()).send().await.with(200);
        assert_eq!(same.json()["unchanged"], 1);
        assert_eq!(
            ask("a").body("text/csv", format!("{template}\n")).send().await.with(422).code(),
            "idempotency_key_reused"
        );

        let wrong = ask("c").body("text/csv", template.replace(template.lines().nth(1).unwrap(), "x")).send().await;
        let wrong = wrong.with(422);
        assert_eq!((wrong.code().as_str(), &wrong.json()["errors"][0]["line"]), ("import_refused", &json!(2)));
        assert_eq!(ask("d").body("application/json", "{}").send().await.with(415).code(), "unsupported_media_type");
        assert_eq!(ask("e").body("text/csv", "x".repeat(2001)).send().await.with(413).code(), "too_large");
        let mapped = served.post("/api/v1/imports/reps?mapping=nobody", &service()).key("f");
        assert_eq!(
            mapped.body("text/csv", template.clone()).send().await.with(422).json()["errors"][0]["field"],
            "mapping"
        );
        served.post("/api/v1/imports/reps", &rep("anna")).key("g").body("text/csv", template).send().await.with(403);
    }
}

#[actix_web::test]
async fn territories_come_as_geojson_and_nothing_else_does() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let template = account_swap::app::import::ImportKind::Territories.template();
    let ask = |kind: &str, key: &str| served.post(&format!("/api/v1/imports/{kind}"), &service()).key(key);
    let first = ask("territories", "a").body("application/geo+json", template.clone()).send().await.with(200);
    assert_eq!(first.json()["created"], 1, "{first:?}");
    for (kind, key, media_type) in [("territories", "b", "text/csv"), ("reps", "c", "application/geo+json")] {
        let refused = ask(kind, key).body(media_type, template.clone()).send().await.with(415);
        assert_eq!(refused.code(), "unsupported_media_type");
    }
    let open = template.replace("[-118.0, 34.0]]]", "[-118.0, 35.0]]]");
    let refused = ask("territories", "d").body("application/geo+json", open).send().await.with(422);
    assert_eq!(refused.json()["errors"][0]["field"], "feature 1 (high desert), ring 1");
}
