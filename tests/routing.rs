//! Travel times from servers: every way a server can answer, and real servers where there are some.
//!
//! `tests/run` installs OSRM and Valhalla and names their folder in `ROUTING_SERVERS`; without it a stand-in repeats what
//! they once said. Which of the two it was is printed.

mod common;

#[path = "routing/failures.rs"]
mod failures;
#[path = "routing/fake.rs"]
mod fake;
#[path = "routing/real.rs"]
mod real;
#[path = "routing/runs.rs"]
mod runs;
#[path = "routing/servers.rs"]
mod servers;
#[path = "routing/tables.rs"]
mod tables;
