//! What a car may do: the rules that turn OpenStreetMap tags into lanes, obstacles and the cost of turns.
//!
//! In go the tags of a way or a node, or the shape of a turn; out come speeds, obstacles and costs.
//! Holds: what OSRM's car profile (version 26.10) does, so that times agree with a server of it. Where the two differ,
//! the module says so.
//! Costs: a few dozen look-ups in a list of some ten tags a way.
//! Deliberately absent: limits at some hours only (`…:conditional`), tolls, trucks.

pub mod access;
pub mod measure;
pub mod node;
pub mod speeds;
pub mod tags;
pub mod turn;
pub mod way;
