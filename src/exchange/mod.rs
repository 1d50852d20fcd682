//! A market in a file: read, solved, written, checked. What `account-swap solve` does, without the command line.
//!
//! In: bytes that say a market (`read`), and what is asked of it (`options`). Out: a [`Plan`](result::Plan) with its
//! certificate (`solve`), and a judgement on any plan and certificate there is (`check`).
//! Holds: everything is a function of its arguments; the plan is the same, to the byte, whatever the order of the
//! offers and arcs in the file and the number of threads.
//! Costs: a market in memory is smaller than its file; the rest is the solver's.
//! Absent: files, clocks and terminals, which are the command line's; rules, which the market's builder has applied.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `ids` | the ids of a market, each once |
//! | `market` | what a file says, in a canonical order |
//! | `read` | bytes to a market: `read::exchange` and `read::dimacs` |
//! | `options` | what is asked |
//! | `points` | exact decimals |
//! | `solve` | a market and options to a plan, by the solver |
//! | `result` | the plan as a file |
//! | `certificate` | the proof as a file |
//! | `check` | which claims of a plan hold; shares no code with `solve` |

pub mod certificate;
pub mod check;
pub mod ids;
pub mod market;
pub mod options;
pub mod points;
pub mod read;
pub mod result;
pub mod solve;
