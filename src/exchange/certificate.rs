//! The proof of a plan's bound, as a file.
//!
//! In: a proof, or its JSON. Out: the other. Holds: vertices are the market's offers in the order of their ids, and
//! numbers are counted in the parts of a point that the unfairness makes necessary (`--unfairness 0.25`: hundredths).
//! Costs: linear. Absent: the plan and the market, which whoever checks must have.

use crate::solver::objective::{PackingStep, RingsProof};
use crate::solver::{self, CapStep, RingCertificate};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

/// A proof and what kind it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What this file is.
    pub format: CertificateFormat,
    /// The proof.
    pub proof: Proof,
}

/// The only format there is so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateFormat {
    /// The first.
    #[serde(rename = "certificate/1")]
    One,
}

/// What proves a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// Swaps of the most points: what [`solver::verify_capped`] takes, the reps being the groups.
    Swaps {
        /// The offer each extra vertex is matched to, by rep.
        extra_mates: Vec<u32>,
        /// The dual solution.
        duals: solver::Certificate,
    },
    /// The most swaps, or the fairest: what [`solver::objective::verify_best_swaps`] takes.
    BestSwaps(solver::objective::Proof),
    /// Rings of any length, the fairest: what [`solver::objective::verify_fairest_rings`] takes, an arc having its gain
    /// for points.
    FairestRings(RingsProof),
    /// Rings of three or four offers at most, the fairest: what [`solver::objective::verify_fairest_columns`] takes of all
    /// rings by which nobody loses.
    FairestShortRings(Vec<PackingStep>),
    /// A bound on the points of any plan, where a search for the fairest was stopped: what
    /// [`solver::verify_capped_assignment`] takes of all arcs of no negative gain, with `--max-ring 2` of those in swaps
    /// by which neither rep loses.
    Stopped {
        /// What no plan exceeds.
        bound: i64,
        /// Why.
        steps: Vec<CapStep>,
    },
    /// Rings of three or four offers at most: what [`solver::rings::verify::verify_rings`] takes; where more reps served
    /// come first, every arc weighs one point more than the sum, over the offers, of the largest gain from giving each.
    Rings(RingCertificate),
    /// Rings of any length of the most points: what [`solver::verify_capped_assignment`] takes.
    Unlimited {
        /// What no plan exceeds.
        bound: i64,
        /// Why, case by case.
        steps: Vec<CapStep>,
    },
    /// The same where more reps served come first: every arc weighs one more than the sum, over the offers, of the
    /// largest gain from giving each, and its own gain.
    UnlimitedServed {
        /// What no plan exceeds.
        bound: i128,
        /// Why, case by case.
        steps: Vec<CapStep<i128>>,
    },
}

impl Certificate {
    /// Makes the file of a proof.
    pub fn new(proof: Proof) -> Self {
        Self { format: CertificateFormat::One, proof }
    }

    /// Writes the certificate as JSON.
    ///
    /// Errors: those of `out`.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")
    }

    /// Reads a certificate.
    ///
    /// Errors: a sentence with line and column.
    pub fn read(input: impl BufRead) -> Result<Self, String> {
        serde_json::from_reader(input).map_err(|error| error.to_string())
    }
}
