//! The calibrated straight line as a source of travel times: always there, always an estimate.
//!
//! In go places; out come the times of [`crate::domain::travel::straight_line`].
//! Holds: the same places give the same times; there is a way between any two.
//! Costs: `O(origins × destinations)`, about a tenth of a microsecond each.
//! Deliberately absent: roads, water and traffic.

use super::{RoutingError, TravelMap, TravelTable, TravelTimes, Way};
use crate::domain::{
    travel::{TravelSource, straight_line},
    units::Place,
};

/// The calibrated straight line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GreatCircle;

impl TravelTimes for GreatCircle {
    fn map(&self) -> TravelMap {
        TravelMap { source: TravelSource::GreatCircle, date: None }
    }

    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError> {
        let way = |from: &Place, to: &Place| {
            let deciseconds = (straight_line(*from, *to).minutes * 600.0).round() as u32;
            Way::Takes { deciseconds }
        };
        let ways = origins.iter().flat_map(|from| destinations.iter().map(move |to| way(from, to))).collect();
        TravelTable::new(origins.len(), destinations.len(), ways)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lon: f64) -> Place {
        Place::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn every_origin_meets_every_destination_in_their_order() {
        let (origins, destinations) =
            ([place(40.0, -75.0), place(41.0, -74.0)], [place(40.0, -75.0), place(40.5, -75.5), place(0.0, 0.0)]);
        let table = GreatCircle.one_ways(&origins, &destinations).unwrap();
        for (row, from) in origins.iter().enumerate() {
            for (column, to) in destinations.iter().enumerate() {
                let Way::Takes { deciseconds } = table.way(row, column) else { panic!("there is always a way") };
                assert!((f64::from(deciseconds) / 600.0 - straight_line(*from, *to).minutes).abs() < 0.001);
            }
        }
    }

    #[test]
    fn nowhere_to_go_is_an_empty_table() {
        assert_eq!(GreatCircle.one_ways(&[], &[]).unwrap(), TravelTable::new(0, 0, Vec::new()).unwrap());
    }

    #[test]
    fn a_table_of_the_wrong_shape_is_refused() {
        let one = Way::Takes { deciseconds: 1 };
        assert_eq!(TravelTable::new(2, 2, vec![one]), Err(RoutingError::WrongShape { expected: 4, found: 1 }));
    }
}
