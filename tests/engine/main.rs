//! The engine from outside: stories, properties, and plans that must be refused.
//!
//! In go markets, written by hand in `markets/` or drawn at random; what is asserted is what the engine promises in its
//! module docs. Deliberately absent: the engine's inner functions, which have their tests beside them.

mod capped;
mod corrupted;
mod crowds;
mod fairness;
mod guided;
mod kinds;
mod prices;
mod properties;
mod random;
mod stories;
mod story;
