//! The proofs that plans are best under their objectives, as data.
//!
//! In: nothing; a solver fills them. Out: what a verifier reads, and what may be kept as JSON.
//! Holds: nothing by itself. Costs: a proof of fairness has, for each step, a dual for each vertex still open; see
//! `written` for the room they take.
//! Absent: the plan, the swaps, and every computation.

use serde::{Deserialize, Serialize};

use super::packed::PackingStep;
use super::written::{self, Written};
use crate::solver::assignment::Potentials;
use crate::solver::certificate::Certificate;

/// What proves that swaps are best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// One certificate, over weights within 64 bits.
    Counted(CountedProof<i64>),
    /// One certificate, over weights within 128 bits.
    CountedWide(CountedProof<i128>),
    /// Steps that narrow the plans down to the fairest, for the groups that can make one move at most and
    /// are joined only to such; the vertices of the steps are the groups. What is fairest among the
    /// others was searched for exhaustively, which leaves no proof behind.
    Fairest(Vec<Step<Certificate<i128>>>),
}

/// The proof of a matching that keeps caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedProof<W> {
    /// The vertex each extra vertex of the caps is matched to.
    pub extra_mates: Vec<u32>,
    /// The dual solution, of the vertices and of the extra ones.
    pub certificate: Certificate<W>,
}

/// What proves that rings of any length are the fairest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingsProof {
    /// Steps over the vertices of groups of which one vertex can move, joined only to such.
    pub assignments: Vec<Step<Potentials<i128>>>,
    /// Steps over the arcs of other groups that can make one move at most, joined only to such. Of groups that can
    /// make several, nothing is proven.
    pub packings: Vec<PackingStep>,
}

/// One step towards the fairest plans: what it speaks of is no longer joined to anything else.
///
/// A step names one vertex and speaks of all that open edges join to it, over however many others, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "D: Written")]
pub enum Step<D> {
    /// The plan leaves some gains out.
    Drop {
        /// A vertex of those this speaks of.
        of: u32,
        /// The largest of these gains.
        until: i64,
    },
    /// The plan is the best in some digits.
    Solve {
        /// A vertex of those this speaks of.
        of: u32,
        /// Whether the number of served vertices is the first digit.
        served: bool,
        /// The largest gain of each of the next digits, ascending.
        ranks: Vec<i64>,
        /// Whether the points are the last digit.
        points: bool,
        /// The dual solution for the weights of these digits.
        #[serde(with = "written")]
        duals: D,
    },
}
