//! What is optimal on a graph. Knows no rep and no account.
//!
//! In: graphs of numbered vertices with integer weights of any width. Out: matchings with a proof of optimality.
//! Holds: every function here is a function: no clock, no environment, no randomness, no input or
//! output, and the order of edges does not matter. `verify` shares no code with what it checks.
//! Costs: stated at each function. Absent: reps, accounts, points and their meaning.
//! Large graphs are worked on by all threads of the current pool; no result depends on how many there are.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `weight` | the numbers weights and duals are made of |
//! | `graph` | the fixed graph |
//! | `rows` | its layout: the arcs of every vertex side by side |
//! | `order` | numbers under which neighbours are near to each other in memory |
//! | `digraph` | the fixed directed graph |
//! | `assignment` | disjoint rings of any length of the largest weight, exactly, with proof and check |
//! | `matching` | the matching of the largest weight, exactly: `fractional` starts, `search` settles, `family` holds the blossoms |
//! | `caps` | the same with at most so many matched vertices in each group |
//! | `planner` | the same while one thing after another changes |
//! | `objective` | what is best when it is not the most points: the most moves, or the fairest gains |
//! | `rings` | the best vertex-disjoint rings of at most four, exactly; its `packing` is of use by itself |
//! | `certificate` | the proof, as data |
//! | `verify` | the check of the proof, written apart |

pub mod assignment;
pub mod caps;
pub mod certificate;
pub mod digraph;
pub mod graph;
pub mod matching;
pub mod objective;
mod order;
pub mod planner;
pub mod rings;
mod rows;
pub mod verify;
pub mod weight;

pub use assignment::{
    Assignment, AssignmentError, CapStep, CappedAssignment, CappedAssignmentError, Potentials, best_assignment,
    capped_assignment, verify_assignment, verify_capped_assignment,
};
pub use caps::{CapError, CappedMatching, capped_matching};
pub use certificate::{Blossom, Certificate};
pub use digraph::{Digraph, DigraphError, DirectedArc};
pub use graph::{Arc, Edge, Graph, GraphError, MAX_VERTICES, MAX_WEIGHT};
pub use matching::{Matching, maximum_weight_matching};
pub use objective::{BestSwaps, Objective, ObjectiveError, Swap, best_swaps, verify_best_swaps};
pub use planner::{Change, ChangeError, Margin, Planner, Proven, Updated};
pub use rings::{RingCertificate, RingProblem, Rings, best_rings};
pub use rows::Rows;
pub use verify::{CertificateError, verify, verify_capped};
pub use weight::Weight;
