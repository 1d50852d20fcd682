//! The nearest point on a road.
//!
//! In go a point and a limit in metres; out comes the nearest piece of a road within it, and where on it.
//! Holds: exact on the plane that touches the Earth at the point asked for; right across the antimeridian. Of pieces as
//! near as each other, the first counts.
//! Costs: making it is linear, since the pieces come in the order of a Hilbert curve; a query reads some ten boxes and
//! pieces, a few microseconds.
//! Source: Kamel, Faloutsos, "Hilbert R-tree: An Improved R-tree Using Fractals", 1994.

use super::{
    metres::{PER_E7, turn_e7},
    osm::Point,
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// How many pieces or boxes a box holds.
const FAN: usize = 8;

/// Around some pieces: south, west, north, east in ten-millionths of a degree.
type Box4 = [i32; 4];

const NOTHING: Box4 = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];

/// Where on a road a place is nearest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// The piece, by the index of the point it begins at.
    pub piece: u32,
    /// How far along the piece, 0 to 1.
    pub share: f64,
    /// How far away, in metres.
    pub metres: f64,
}

/// Boxes around pieces, boxes around those, and so on up to one.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    levels: Vec<Vec<Box4>>,
}

impl Tree {
    /// Takes points; a piece runs from each to the next one, but for those of which `is_last` says that a road ends.
    pub fn new(points: &[Point], is_last: impl Fn(usize) -> bool) -> Self {
        let piece = |index: usize| {
            let mut around = NOTHING;
            if !is_last(index) {
                points[index..index + 2]
                    .iter()
                    .for_each(|p| add(&mut around, [p.lat_e7, p.lon_e7, p.lat_e7, p.lon_e7]));
            }
            around
        };
        let mut level: Vec<Box4> = (0..points.len())
            .step_by(FAN)
            .map(|first| {
                let mut around = NOTHING;
                (first..points.len().min(first + FAN)).for_each(|index| add(&mut around, piece(index)));
                around
            })
            .collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let next = level.chunks(FAN).map(|boxes| {
                let mut around = NOTHING;
                boxes.iter().for_each(|inner| add(&mut around, *inner));
                around
            });
            let next = next.collect();
            levels.push(std::mem::replace(&mut level, next));
        }
        levels.push(level);
        Self { levels }
    }

    /// Finds the nearest piece that is no farther than `limit_metres`.
    pub fn nearest(
        &self,
        points: &[Point],
        is_last: impl Fn(usize) -> bool,
        from: Point,
        limit_metres: f64,
    ) -> Option<Nearest> {
        let east_per_e7 = PER_E7 * (f64::from(from.lat_e7) * 1e-7).to_radians().cos();
        let plane = |point: Point| {
            let north = (i64::from(point.lat_e7) - i64::from(from.lat_e7)) as f64 * PER_E7;
            [turn_e7(from.lon_e7, point.lon_e7) as f64 * east_per_e7, north]
        };
        let to_box = |[south, west, north, east]: Box4| {
            let up = (i64::from(south) - i64::from(from.lat_e7)).max(i64::from(from.lat_e7) - i64::from(north)).max(0);
            let inside = (west..=east).contains(&from.lon_e7);
            let aside = if inside { 0 } else { turn_e7(from.lon_e7, west).abs().min(turn_e7(from.lon_e7, east).abs()) };
            square([aside as f64 * east_per_e7, up as f64 * PER_E7])
        };
        let mut best = (limit_metres * limit_metres, u32::MAX, 0.0);
        let mut queue: BinaryHeap<Reverse<(Squared, usize, usize)>> = BinaryHeap::new();
        let top = self.levels.len() - 1;
        for (index, around) in self.levels[top].iter().enumerate().filter(|(_, around)| **around != NOTHING) {
            queue.push(Reverse((Squared(to_box(*around)), top, index)));
        }
        while let Some(Reverse((Squared(nearest), level, index))) = queue.pop() {
            if nearest > best.0 {
                break;
            }
            let inner = index * FAN..index * FAN + FAN;
            if level > 0 {
                let boxes = &self.levels[level - 1];
                for (index, around) in boxes.iter().enumerate().take(inner.end).skip(inner.start) {
                    let distance = if *around == NOTHING { f64::INFINITY } else { to_box(*around) };
                    if distance <= best.0 {
                        queue.push(Reverse((Squared(distance), level - 1, index)));
                    }
                }
                continue;
            }
            for piece in (inner.start..inner.end.min(points.len())).filter(|piece| !is_last(*piece)) {
                let (share, distance) = foot(plane(points[piece]), plane(points[piece + 1]));
                if distance < best.0 || (distance == best.0 && (piece as u32) < best.1) {
                    best = (distance, piece as u32, share);
                }
            }
        }
        let (squared, piece, share) = best;
        (piece != u32::MAX).then(|| Nearest { piece, share, metres: squared.sqrt() })
    }
}

fn add(around: &mut Box4, inner: Box4) {
    for side in 0..2 {
        around[side] = around[side].min(inner[side]);
        around[side + 2] = around[side + 2].max(inner[side + 2]);
    }
}

fn square([x, y]: [f64; 2]) -> f64 {
    x * x + y * y
}

/// Where on the line from `a` to `b` the origin is nearest: its share, and the squared distance.
fn foot(a: [f64; 2], b: [f64; 2]) -> (f64, f64) {
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = square(along);
    let share = if length > 0.0 { (-(a[0] * along[0] + a[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    (share, square([a[0] + share * along[0], a[1] + share * along[1]]))
}

/// A squared distance in order; none is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Squared(f64);

impl Eq for Squared {}

impl PartialOrd for Squared {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Squared {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How far along a Hilbert curve over `[south, west, north, east]` a point lies.
///
/// Source: the bit-by-bit rotation of Hamilton, "Compact Hilbert Indices", 2006, in two dimensions.
pub fn hilbert([south, west, north, east]: Box4, point: Point) -> u32 {
    const SIDE: u32 = 1 << 16;
    let scale = |value: i32, low: i32, high: i32| {
        let span = (i64::from(high) - i64::from(low)).max(1);
        ((i64::from(value) - i64::from(low)) * i64::from(SIDE - 1) / span) as u32
    };
    let (mut x, mut y) = (scale(point.lon_e7, west, east), scale(point.lat_e7, south, north));
    let (mut index, mut side) = (0, SIDE / 2);
    while side > 0 {
        let (right, above) = (u32::from(x & side > 0), u32::from(y & side > 0));
        index += side * side * ((3 * right) ^ above);
        if above == 0 {
            if right == 1 {
                (x, y) = ((SIDE - 1).wrapping_sub(x), (SIDE - 1).wrapping_sub(y));
            }
            (x, y) = (y, x);
        }
        side /= 2;
    }
    index
}

/// The box around points.
pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Box4> {
    let mut around = NOTHING;
    points.into_iter().for_each(|p| add(&mut around, [p.lat_e7, p.lon_e7, p.lat_e7, p.lon_e7]));
    (around != NOTHING).then_some(around)
}
