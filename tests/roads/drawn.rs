//! Maps drawn by hand: nodes by letter on a plane in metres, ways by the letters they pass.

use account_swap::routing::road_network::{
    build::build,
    car::tags::Tags,
    network::{Network, Snapped},
    osm::{Member, Osm, Point, WaysAndRelations},
};

pub type TagList = &'static [(&'static str, &'static str)];

/// A street in town.
pub const STREET: TagList = &[("highway", "residential")];
pub const ONE_WAY: TagList = &[("highway", "residential"), ("oneway", "yes")];

/// A map before it is built.
#[derive(Default)]
pub struct Drawn {
    nodes: Vec<(char, Point, TagList)>,
    ways: Vec<(&'static str, TagList)>,
    relations: Vec<(TagList, &'static [(&'static str, &'static str)])>,
}

/// Metres east and north of the middle of the map, where the equator meets the prime meridian.
fn point(east: f64, north: f64) -> Point {
    const E7_PER_METRE: f64 = 89.932_16;
    Point { lat_e7: (north * E7_PER_METRE).round() as i32, lon_e7: (east * E7_PER_METRE).round() as i32 }
}

impl Drawn {
    /// Places nodes as they are drawn: a line of text is 100 metres north of the next, a sign 50 metres east of the one
    /// before.
    pub fn new(picture: &str) -> Self {
        let mut drawn = Self::default();
        let lines: Vec<&str> = picture.lines().collect();
        for (row, line) in lines.iter().enumerate() {
            for (column, name) in line.chars().enumerate().filter(|(_, sign)| sign.is_alphabetic()) {
                let at = point(column as f64 * 50.0, (lines.len() - row) as f64 * 100.0);
                drawn.nodes.push((name, at, &[]));
            }
        }
        drawn
    }

    pub fn way(mut self, nodes: &'static str, tags: TagList) -> Self {
        self.ways.push((nodes, tags));
        self
    }

    pub fn streets(self, all: &[&'static str]) -> Self {
        all.iter().fold(self, |drawn, nodes| drawn.way(nodes, STREET))
    }

    pub fn node(mut self, name: char, tags: TagList) -> Self {
        self.nodes.iter_mut().filter(|(found, ..)| *found == name).for_each(|(.., found)| *found = tags);
        self
    }

    /// A relation; its members are roles with a node's letter or a way's letters.
    pub fn relation(mut self, tags: TagList, members: &'static [(&'static str, &'static str)]) -> Self {
        self.relations.push((tags, members));
        self
    }

    pub fn osm(&self) -> Osm {
        let mut ways = WaysAndRelations::default();
        for ((nodes, tags), id) in self.ways.iter().zip(1..) {
            let nodes: Vec<i64> = nodes.chars().map(|name| name as i64).collect();
            ways.way(id, &nodes, Tags(tags));
        }
        for (tags, members) in &self.relations {
            let member = |(role, name): &(&'static str, &'static str)| match self.ways.iter().position(|w| w.0 == *name)
            {
                Some(way) => Member::Way(way as i64 + 1, role),
                None => Member::Node(name.chars().next().expect("a member has a name") as i64, role),
            };
            ways.relation(Tags(tags), &members.iter().map(member).collect::<Vec<_>>());
        }
        let mut nodes = ways.then_nodes();
        for (name, point, tags) in &self.nodes {
            nodes.node(*name as i64, *point, Tags(tags));
        }
        nodes.done(None)
    }

    pub fn build(self) -> Town {
        let network = build(&self.osm(), "drawn", false, &|_, _, _| ()).expect("the map has roads");
        Town { network, drawn: self }
    }
}

/// A map that can be asked.
pub struct Town {
    pub network: Network,
    drawn: Drawn,
}

impl Town {
    fn node(&self, name: char) -> Point {
        self.drawn.nodes.iter().find(|(found, ..)| *found == name).expect("the node is drawn").1
    }

    /// The point on the way from one node to another that is a share of it away from the first.
    pub fn along(&self, street: &str, share: f64) -> Snapped {
        let mut ends = street.chars().map(|name| self.node(name));
        let (a, b) = (ends.next().expect("a street has a start"), ends.next().expect("a street has an end"));
        let part = |from: i32, to: i32| from + (f64::from(to - from) * share).round() as i32;
        let at = Point { lat_e7: part(a.lat_e7, b.lat_e7), lon_e7: part(a.lon_e7, b.lon_e7) };
        self.network.snap(at, 10.0).expect("a street is there")
    }

    /// The nodes that the best way passes from the middle of one street to the middle of another.
    #[track_caller]
    pub fn passes(&self, from: &str, to: &str) -> String {
        let (from, to) = (self.along(from, 0.5), self.along(to, 0.5));
        let route = self.network.route(&from, &to).expect("there is a way");
        let table = self.network.table(&[from], &[to]);
        assert_eq!(table, [Some(route.cost)], "a table and a route cost the same");
        let name = |point: &Point| self.drawn.nodes.iter().find(|(_, at, _)| at == point).map(|(name, ..)| *name);
        route.points.iter().filter_map(name).collect()
    }

    /// The seconds from the middle of one street to the middle of another.
    #[track_caller]
    pub fn seconds(&self, from: &str, to: &str) -> f64 {
        let (from, to) = (self.along(from, 0.5), self.along(to, 0.5));
        let cost = self.network.table(&[from], &[to])[0].expect("there is a way");
        f64::from(cost.deciseconds()) / 10.0
    }
}
