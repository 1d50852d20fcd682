//! What the targets `exchange` and `dimacs` try: the reader of a market in a file, the solver and the check.
//!
//! The two rooms are built here by their paths, as they are, so that the database and the server need not be. What is done
//! with a file stands in `follow/market.rs`.

#[path = "../../src/exchange/mod.rs"]
pub mod exchange;
#[path = "../../src/solver/mod.rs"]
pub mod solver;
