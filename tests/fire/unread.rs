//! Whoever reads the log goes away, as when the end of a pipe is killed: the service goes on without a reader.

use super::{
    service::{Ask, send},
    *,
};

#[test]
fn a_log_that_nobody_reads_any_more_stops_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::new(&sqlite(&folder));
    let company = company::found(&program, 1);
    let serving = program.serve_unread();
    for round in 0..3 {
        // Each is said in the log.
        let refused = Ask { method: "GET", path: "/api/v1/me".to_owned(), token: "none".to_owned(), ..Ask::default() };
        let sound = Ask { token: company.admin.token.clone(), ..refused.clone() };
        for (ask, status) in [(refused, 401), (sound, 200)] {
            let answer = send(&serving.address, &ask).expect("it listens").map(|answer| answer.status);
            assert_eq!(answer, Some(status), "round {round}");
        }
    }
}
