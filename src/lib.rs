//! account-swap: sales reps hand over the accounts they struggle with, one for one. This is the map; read it first.
//!
//! # The flow: one direction
//!
//! ```text
//! import → store → snapshot → travel times → candidates → scores → matching → check → proposals → decisions → …
//!  app      store    app       app+routing     engine      engine   solver    engine  app+store   app+store
//!                                                                                     … handover → events, export
//!                                                                                       app+store   app+delivery
//! ```
//!
//! A run proposes, people decide, the handover executes; nothing after the run re-optimises, but for those whom an override
//! displaces: they are matched again. A manager's meeting and two colleagues' direct swap propose as a run does. What
//! happened reaches the next night through the store and the next snapshot, never an earlier stage directly. Travel times
//! are asked for once, of the sources the policy lists, and become part of the snapshot: what plans and checks a market
//! asks nobody.
//!
//! # The rooms
//!
//! | folder | what it holds | may import |
//! | --- | --- | --- |
//! | `main.rs`, `cli/` | one file a command; wires settings → store → app → api | everything below |
//! | `lib.rs` | this map | – |
//! | `settings.rs` | typed settings; fills in the domain's policy, so that a run stores the very struct it was given | `domain` (and std, serde) |
//! | `domain/` | what exists; values that cannot be wrong; each state machine one total `next_state` | nothing of ours (std, serde, chrono) |
//! | `solver/` | what is optimal on a graph; knows no rep and no account | nothing of ours |
//! | `engine/` | what is best for reps; pure: same market, same plan, to the byte | `domain`, `solver` |
//! | `exchange/` | a market in a file: read, solved, written, checked | `solver` |
//! | `routing/` | travel times, behind one trait | `domain`, `settings` |
//! | `delivery/` | messages to and from other systems: signed, guarded, sent once | `domain`, `settings` |
//! | `store/` | what is kept; the only folder that knows diesel | `domain`, `settings` |
//! | `app/` | what happens; one file a verb | `domain`, `engine`, `routing`, `delivery`, `store`, `settings` |
//! | `api/` | what is asked; thin; one file a URL noun; `problem.rs` alone knows status codes | `app`, `domain`, `settings` |
//! | `board/` | the built-in page | `api`, `app`, `domain` |
//!
//! `tests/layers.rs` holds the same table and fails on anything else.
//!
//! # Invariants, each held by a test
//!
//! - **Solver and engine are functions.** No IO, clock, environment or randomness. Ties are broken by id.
//! - **Nothing unchecked is saved.** [`engine::check`] is written apart from the solver; only what it passes becomes
//!   proposals.
//! - **A plan changes nothing.** Only a decision changes a book.
//! - **Points are integers**, minutes a year. No float compares two moves.
//! - **A state changes in one place.** `next_state` says whether, one compare-and-set does it, with its audit entry and
//!   outbox event in the same transaction (`app::life`).
//! - **"At most one" is a unique index or a compare-and-set**, never a read followed by a write.
//! - **A function that writes takes a [`store::Writer`]**, which exists only inside a transaction.
//! - **A party sees nothing a colleague said or answered**: what can change in their view is one function
//!   (`domain::proposal::public_status`), and an end shows only at the next batch boundary.
//! - **Whoever may not ask any more is out with the next request**: each asks in its own transaction (`app::me`).
//! - **The audit log holds no person's id**: commitments stand in their place, so that erasure and the chain can both be
//!   true.
//! - **The store owns no rule, the api owns no query, the clock is an argument.**

pub mod api;
pub mod app;
pub mod delivery;
pub mod domain;
pub mod engine;
pub mod exchange;
pub mod routing;
pub mod settings;
pub mod solver;
pub mod store;
