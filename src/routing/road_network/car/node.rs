//! What stands in a car's way at a node: barriers that close it, and what costs a moment.
//!
//! In go the tags of a node; out comes an [`Obstacle`], or nothing.
//! Source: OSRM's car profile and its list of obstacles.

use super::{
    access::{self, Access, access_of},
    measure,
    tags::Tags,
};

/// Which traffic an obstacle concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facing {
    /// All of it.
    Both,
    /// Traffic along the way's nodes.
    Forward,
    /// Traffic against them.
    Backward,
    /// All of it as far as anybody says.
    Unsaid,
}

/// A kind of obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody gets through.
    Closed,
    /// A gate that opens.
    Gate,
    /// Traffic lights.
    Signals,
    /// A stop sign.
    Stop,
    /// A stop sign for the lesser roads of the junction it stands on.
    StopMinor,
    /// A sign to give way.
    GiveWay,
}

/// What stands at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub kind: Kind,
    /// Whom it concerns.
    pub facing: Facing,
}

impl Obstacle {
    /// Reads what stands at a node: a barrier, and a sign or signals.
    pub fn read(tags: Tags<'_>) -> [Option<Self>; 2] {
        [barrier(tags).map(|kind| Self { kind, facing: Facing::Both }), sign(tags)]
    }

    /// Tenths of a second it costs.
    pub const fn deciseconds(self) -> u32 {
        match self.kind {
            Kind::Closed => 0,
            Kind::Gate => 600,
            Kind::Signals | Kind::Stop | Kind::StopMinor => 20,
            Kind::GiveWay => 10,
        }
    }

    /// Whether it concerns traffic that arrives along its way, or against it.
    pub const fn concerns(self, along: bool) -> bool {
        match self.facing {
            Facing::Both | Facing::Unsaid => true,
            Facing::Forward => along,
            Facing::Backward => !along,
        }
    }
}

fn barrier(tags: Tags<'_>) -> Option<Kind> {
    match access_of(access::value(tags)) {
        Access::Closed => return Some(Kind::Closed),
        Access::Open | Access::Restricted | Access::Unknown => return None,
        Access::Unsaid => {}
    }
    match tags.get("barrier")? {
        "gate" | "lift_gate" => Some(Kind::Gate),
        "height_restrictor" => {
            let low = tags.get("maxheight").and_then(measure::height_metres).is_some_and(|height| height < 2.0);
            low.then_some(Kind::Closed)
        }
        "cattle_grid" | "border_control" | "toll_booth" | "sally_port" | "no" | "entrance" | "arch" => None,
        barrier => {
            let lowered = matches!(tags.get("kerb"), Some("lowered" | "flush"))
                || (barrier == "kerb" && tags.is("highway", "crossing"))
                || tags.is("bollard", "rising")
                || (barrier == "fence" && matches!(tags.get("sensory"), Some("audible" | "audio")));
            (!lowered).then_some(Kind::Closed)
        }
    }
}

fn sign(tags: Tags<'_>) -> Option<Obstacle> {
    let kind = match tags.get("highway")? {
        "traffic_signals" => Kind::Signals,
        "stop" if tags.is("stop", "minor") => Kind::StopMinor,
        "stop" => Kind::Stop,
        "give_way" => Kind::GiveWay,
        _ => return None,
    };
    let own = if kind == Kind::Signals { tags.get("traffic_signals:direction") } else { None };
    let facing = match own.or(tags.get("direction")) {
        Some("forward") => Facing::Forward,
        Some("backward") => Facing::Backward,
        Some("both") => Facing::Both,
        _ => Facing::Unsaid,
    };
    Some(Obstacle { kind, facing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(tags: &[(&str, &str)]) -> Vec<Kind> {
        Obstacle::read(Tags(tags)).into_iter().flatten().map(|obstacle| obstacle.kind).collect()
    }

    #[test]
    fn a_barrier_closes_unless_it_opens_for_cars() {
        assert_eq!(kinds(&[("barrier", "bollard")]), [Kind::Closed]);
        assert_eq!(kinds(&[("barrier", "bollard"), ("bollard", "rising")]), []);
        assert_eq!(kinds(&[("barrier", "bollard"), ("motorcar", "yes")]), []);
        assert_eq!(kinds(&[("barrier", "gate")]), [Kind::Gate]);
        assert_eq!(kinds(&[("barrier", "gate"), ("access", "no")]), [Kind::Closed]);
        assert_eq!(kinds(&[("barrier", "gate"), ("access", "private")]), []);
        assert_eq!(kinds(&[("barrier", "toll_booth")]), []);
        assert_eq!(kinds(&[("barrier", "kerb"), ("kerb", "lowered")]), []);
        assert_eq!(kinds(&[("barrier", "height_restrictor"), ("maxheight", "1.9")]), [Kind::Closed]);
        assert_eq!(kinds(&[("barrier", "height_restrictor")]), []);
    }

    #[test]
    fn signals_concern_whom_they_face() {
        let [_, signals] =
            Obstacle::read(Tags(&[("highway", "traffic_signals"), ("traffic_signals:direction", "backward")]));
        let signals = signals.unwrap();
        assert_eq!(signals.deciseconds(), 20);
        assert!(signals.concerns(false) && !signals.concerns(true));
        assert_eq!(kinds(&[("highway", "stop"), ("stop", "minor")]), [Kind::StopMinor]);
        assert_eq!(kinds(&[("highway", "crossing")]), []);
    }
}
