//! Imports packed by gzip, over HTTP: taken, bounded, and named where they are packed in another way.

use crate::{
    common::databases::databases,
    fixture::{World, rep, service},
    served::Served,
};
use account_swap::app::import::ImportKind;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[actix_web::test]
async fn a_packed_import_is_taken_where_it_says_so_and_no_further_than_its_bound() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start_with(&world, |settings| {
            settings.server.import_body_limit_bytes = 10_000;
            settings.import.max_unpacked_bytes = 100_000;
        })
        .await;
        let template = ImportKind::Reps.template();
        let again = format!("{}\n", template.lines().nth(1).unwrap());
        let (file, bomb) = (
            packed(template.as_bytes()),
            packed(format!("{template}{}", again.repeat(1_000_000 / again.len())).as_bytes()),
        );
        assert!(bomb.len() <= 10_000, "{}", bomb.len());
        let ask = |key: &str| served.post("/api/v1/imports/reps", &service()).key(key);
        let gzip = |key: &str, body: &[u8]| ask(key).header("content-encoding", "gzip").body("text/csv", body.to_vec());

        let first = gzip("a", &file).send().await.with(200);
        assert_eq!(first.json()["created"], 1, "{first:?}");
        let again = gzip("a", &file).send().await.with(200);
        assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, "true"));
        assert_eq!(
            ask("a").body("text/csv", file.clone()).send().await.with(422).code(),
            "idempotency_key_reused",
            "the same bytes said to be something else are another request"
        );
        let plain = ask("b").header("content-encoding", "identity").body("text/csv", template.clone());
        assert_eq!(plain.send().await.with(200).json()["unchanged"], 1);

        let told = |found: &str, expected: &str| format!("found {found:?}, expected {expected:?}");
        for (key, body, found, expected) in [
            (
                "c",
                &bomb[..],
                "a gzip file that unpacks to more than 100000 bytes",
                "at most 100000 bytes (import.max_unpacked_bytes)",
            ),
            ("d", &file[..file.len() - 4], "a gzip file that ends too early", "a whole gzip file"),
            ("e", template.as_bytes(), "a damaged gzip file", "a whole gzip file"),
        ] {
            let refused = gzip(key, body).send().await.with(422);
            assert_eq!(refused.code(), "import_refused");
            let error = &refused.json()["errors"][0];
            let word = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            assert_eq!(told(&word("found"), &word("expected")), told(found, expected), "{refused:?}");
        }
        let undeclared = ask("f").body("text/csv", file.clone()).send().await.with(422);
        assert_eq!(undeclared.json()["errors"][0]["expected"], "a CSV file, or one sent with Content-Encoding: gzip");
        for encoding in ["br", "deflate", "gzip, gzip", "gzip;q=1"] {
            let other = ask("g").header("content-encoding", encoding).body("text/csv", file.clone()).send().await;
            let other = other.with(415);
            assert_eq!(
                (other.code().as_str(), other.header("accept-encoding")),
                ("unsupported_content_encoding", "gzip")
            );
        }
        let theirs = served.post("/api/v1/imports/reps", &rep("anna")).key("h").header("content-encoding", "gzip");
        theirs.body("text/csv", file).send().await.with(403);
    }
}
