//! What is kept of an OpenStreetMap extract: the ways a car can drive on, their nodes, and the turns forbidden there.
//!
//! In go ways and relations first, nodes after them; out comes an [`Osm`].
//! Holds: only nodes that lie on a kept way are kept; a way whose node is missing, as at the edge of an extract, falls
//! into its parts there.
//! Costs: 8 bytes a node reference while reading, 8 a node after.
//! Deliberately absent: names, shapes of anything but roads.

use super::car::{
    node::{Kind, Obstacle},
    tags::Tags,
    way::CarWay,
};
use chrono::NaiveDate;
use std::{collections::BTreeMap, ops::Range};

/// A point in ten-millionths of a degree, as OpenStreetMap keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Latitude.
    pub lat_e7: i32,
    /// Longitude.
    pub lon_e7: i32,
}

/// A way of the extract.
#[derive(Debug, Clone)]
pub struct OsmWay {
    /// Its number in OpenStreetMap.
    pub id: i64,
    /// Its nodes, a range of [`Osm::refs`].
    pub refs: Range<usize>,
    /// What a car may do there.
    pub car: CarWay,
}

/// What a restriction passes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// One node, by its number in OpenStreetMap.
    Node(i64),
    /// Ways, by theirs, in the order of driving.
    Ways(Vec<i64>),
}

/// A turn that is forbidden, or the only one allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The ways it begins on.
    pub from: Vec<i64>,
    /// What it passes over.
    pub via: Via,
    /// The ways it ends on.
    pub to: Vec<i64>,
    /// Whether it is the only way to go on.
    pub only: bool,
}

/// What is kept of an extract.
#[derive(Debug, Clone, Default)]
pub struct Osm {
    /// The numbers of the nodes, ascending.
    pub ids: Vec<i64>,
    /// Where they are; none where the extract lacks one.
    pub points: Vec<Option<Point>>,
    /// What stands at them.
    pub obstacles: BTreeMap<u32, Vec<Obstacle>>,
    /// The ways, in the order of the extract.
    pub ways: Vec<OsmWay>,
    /// The nodes of all ways, as indices into `points`.
    pub refs: Vec<u32>,
    /// The forbidden turns.
    pub restrictions: Vec<Restriction>,
    /// The day of the map.
    pub date: Option<NaiveDate>,
}

impl Osm {
    /// The index of a node by its number in OpenStreetMap.
    pub fn node(&self, id: i64) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|index| index as u32)
    }

    /// Whether something of a kind stands at a node.
    pub fn has(&self, kind: Kind, node: u32) -> bool {
        self.obstacles.get(&node).is_some_and(|all| all.iter().any(|obstacle| obstacle.kind == kind))
    }
}

/// A member of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'a> {
    /// A node with its role.
    Node(i64, &'a str),
    /// A way with its role.
    Way(i64, &'a str),
}

/// Takes the ways and the relations.
#[derive(Debug, Default)]
pub struct WaysAndRelations {
    ways: Vec<OsmWay>,
    refs: Vec<i64>,
    restrictions: Vec<Restriction>,
}

impl WaysAndRelations {
    /// Takes a way, if a car can drive on it.
    pub fn way(&mut self, id: i64, nodes: &[i64], tags: Tags<'_>) {
        let Some(car) = CarWay::read(tags) else { return };
        let from = self.refs.len();
        self.refs.extend_from_slice(nodes);
        self.ways.push(OsmWay { id, refs: from..self.refs.len(), car });
    }

    /// Takes a relation, if it forbids cars a turn.
    pub fn relation(&mut self, tags: Tags<'_>, members: &[Member<'_>]) {
        let Some(only) = restricts(tags) else { return };
        let ways = |role: &str| -> Vec<i64> {
            let of_role = |member: &Member<'_>| match member {
                Member::Way(id, found) if *found == role => Some(*id),
                _ => None,
            };
            members.iter().filter_map(of_role).collect()
        };
        let node = members.iter().find_map(|member| match member {
            Member::Node(id, "via") => Some(*id),
            _ => None,
        });
        let via = node.map_or_else(|| Via::Ways(ways("via")), Via::Node);
        let (from, to) = (ways("from"), ways("to"));
        if !from.is_empty() && !to.is_empty() && via != Via::Ways(Vec::new()) {
            self.restrictions.push(Restriction { from, via, to, only });
        }
    }

    /// Goes over to the nodes.
    pub fn then_nodes(self) -> Nodes {
        let Self { ways, refs, restrictions } = self;
        let mut ids = refs.clone();
        ids.sort_unstable();
        ids.dedup();
        let points = vec![None; ids.len()];
        let refs = refs.iter().map(|id| ids.binary_search(id).expect("every reference is among them") as u32).collect();
        Nodes { osm: Osm { ids, points, ways, refs, restrictions, ..Osm::default() } }
    }
}

/// Whether a relation forbids cars a turn (`false`) or every other one (`true`).
fn restricts(tags: Tags<'_>) -> Option<bool> {
    let kind = match tags.get("type")? {
        "restriction" => ["restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"]
            .iter()
            .find_map(|key| tags.get(key))?,
        // An older way to write it.
        typed @ ("restriction:motorcar" | "restriction:motor_vehicle" | "restriction:vehicle") => {
            tags.get(typed).or(tags.get("restriction"))?
        }
        _ => return None,
    };
    let excepted = tags.get("except").is_some_and(|except| {
        except.split(';').any(|who| matches!(who.trim(), "motorcar" | "motor_vehicle" | "vehicle"))
    });
    match kind {
        _ if excepted => None,
        kind if kind.starts_with("only_") => Some(true),
        kind if kind.starts_with("no_") => Some(false),
        _ => None,
    }
}

/// Takes the nodes.
#[derive(Debug)]
pub struct Nodes {
    osm: Osm,
}

impl Nodes {
    /// Takes a node, if a kept way runs over it.
    pub fn node(&mut self, id: i64, point: Point, tags: Tags<'_>) {
        let Some(index) = self.osm.node(id) else { return };
        self.osm.points[index as usize] = Some(point);
        let found: Vec<Obstacle> = Obstacle::read(tags).into_iter().flatten().collect();
        if !found.is_empty() {
            self.osm.obstacles.insert(index, found);
        }
    }

    /// The whole of it, with the day of the map.
    pub fn done(mut self, date: Option<NaiveDate>) -> Osm {
        self.osm.date = date;
        self.osm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restriction_counts_where_it_concerns_cars() {
        let kind = |tags: &[(&str, &str)]| restricts(Tags(tags));
        assert_eq!(kind(&[("type", "restriction"), ("restriction", "no_left_turn")]), Some(false));
        assert_eq!(kind(&[("type", "restriction"), ("restriction", "only_straight_on")]), Some(true));
        assert_eq!(kind(&[("type", "restriction"), ("restriction:hgv", "no_left_turn")]), None);
        assert_eq!(kind(&[("type", "restriction"), ("restriction:motorcar", "no_u_turn")]), Some(false));
        assert_eq!(
            kind(&[("type", "restriction"), ("restriction", "no_u_turn"), ("except", "bus;motorcar")]),
            None,
            "cars are excepted"
        );
        assert_eq!(kind(&[("type", "route"), ("route", "bus")]), None);
        assert_eq!(kind(&[("type", "restriction"), ("restriction:conditional", "no_left_turn @ (Mo-Fr)")]), None);
    }
}
