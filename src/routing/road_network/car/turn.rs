//! What a turn costs.
//!
//! In goes the shape of a turn; out come seconds.
//! Holds: straight on at a junction costs next to nothing, a sharp turn up to 7.5 seconds, one across oncoming traffic
//! up to 2 more, turning round 20 more.
//! Source: OSRM's car profile, which fitted the curve to samples of real driving.

/// The most that bending costs.
const TURN: f64 = 7.5;
/// How much more a turn across the other lane weighs in the curve.
const BIAS: f64 = 1.075;
/// The most that waiting for a gap in oncoming traffic costs.
const ONCOMING: f64 = 2.0;
/// What turning round costs besides.
const ROUND: f64 = 20.0;

/// Tenths of a second that weigh on turning from a road open to all into one that only leads to places on it, so that
/// nobody drives through there who can help it.
pub const INTO_RESTRICTED_DECISECONDS: u32 = 32_767;

/// A turn at a junction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// Degrees from straight on, to the right; -180 to 180.
    pub right_degrees: f64,
    /// How many ends of roads meet.
    pub roads: usize,
    /// Whether it goes back on the road it came by.
    pub round: bool,
    /// Whether it boards or leaves a ferry.
    pub boards: bool,
    /// Whether either road goes round a roundabout.
    pub roundabout: bool,
    /// Whether traffic keeps left.
    pub keeps_left: bool,
}

impl Turn {
    /// The seconds it takes, signs and signals aside.
    pub fn seconds(self) -> f64 {
        if self.roads <= 2 && !self.boards && !self.round {
            return 0.0;
        }
        // Mirrored where traffic keeps left.
        let away = if self.keeps_left { -self.right_degrees } else { self.right_degrees };
        let bend = if away >= 0.0 {
            TURN / (1.0 + (6.5 * BIAS - 13.0 / BIAS * away / 180.0).exp())
        } else {
            TURN / (1.0 + (6.5 / BIAS - 13.0 * BIAS * -away / 180.0).exp())
        };
        let crosses = away < 0.0 && !self.round && self.roads > 2 && !self.roundabout;
        let oncoming = if crosses { ONCOMING / (1.0 + (3.25 - 13.0 * -away / 180.0).exp()) } else { 0.0 };
        bend + oncoming + if self.round { ROUND } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRAIGHT: Turn =
        Turn { right_degrees: 0.0, roads: 4, round: false, boards: false, roundabout: false, keeps_left: false };

    #[test]
    fn a_bend_between_junctions_costs_nothing() {
        assert_eq!(Turn { right_degrees: 90.0, roads: 2, ..STRAIGHT }.seconds(), 0.0);
    }

    #[test]
    fn the_sharper_the_dearer_and_across_traffic_dearest() {
        assert!(STRAIGHT.seconds() < 0.02);
        let right = Turn { right_degrees: 90.0, ..STRAIGHT }.seconds();
        let left = Turn { right_degrees: -90.0, ..STRAIGHT }.seconds();
        assert!((right - 2.11).abs() < 0.01, "{right}");
        assert!((left - 7.32).abs() < 0.01, "{left}");
        let round = Turn { right_degrees: -90.0, roundabout: true, ..STRAIGHT }.seconds();
        assert!((round - 5.39).abs() < 0.01, "nothing comes towards a car on a roundabout: {round}");
    }

    #[test]
    fn keeping_left_mirrors_it() {
        let (right, left) =
            (Turn { right_degrees: 90.0, ..STRAIGHT }, Turn { right_degrees: -90.0, keeps_left: true, ..STRAIGHT });
        assert_eq!(right.seconds(), left.seconds());
    }

    #[test]
    fn turning_round_costs_half_a_minute() {
        let round = Turn { right_degrees: 180.0, roads: 1, round: true, ..STRAIGHT }.seconds();
        assert!((27.0..28.0).contains(&round), "{round}");
    }
}
