//! The calibrated straight line as a source of travel times: always there, always an estimate.
//!
//! In go places; out come the times of [`crate::domain::travel::straight_line`].
//! Holds: the same places give the same times; every time is labelled as an estimate.
//! Costs: `O(origins × destinations)`, about a tenth of a microsecond each.
//! Deliberately absent: roads, water and traffic.

use super::{RoutingError, TravelTable, TravelTimes};
use crate::domain::{travel::straight_line, units::Place};

/// The calibrated straight line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GreatCircle;

impl TravelTimes for GreatCircle {
    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError> {
        let times = origins.iter().flat_map(|from| destinations.iter().map(|to| straight_line(*from, *to))).collect();
        TravelTable::new(origins.len(), destinations.len(), times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::travel::TravelSource;

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
                assert_eq!(table.one_way(row, column), straight_line(*from, *to));
            }
        }
    }

    #[test]
    fn a_straight_line_is_labelled_an_estimate() {
        let table = GreatCircle.one_ways(&[place(40.0, -75.0)], &[place(40.1, -75.0)]).unwrap();
        assert_eq!(table.one_way(0, 0).source, TravelSource::GreatCircle);
        assert!(table.one_way(0, 0).source.is_estimated());
    }

    #[test]
    fn nowhere_to_go_is_an_empty_table() {
        assert_eq!(GreatCircle.one_ways(&[], &[]).unwrap(), TravelTable::new(0, 0, Vec::new()).unwrap());
    }

    #[test]
    fn a_table_of_the_wrong_shape_is_refused() {
        let one = straight_line(place(0.0, 0.0), place(1.0, 1.0));
        assert_eq!(TravelTable::new(2, 2, vec![one]), Err(RoutingError::WrongShape { expected: 4, found: 1 }));
    }
}
