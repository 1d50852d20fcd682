//! The fixed directed graph the solvers of rings work on.
//!
//! In: a number of vertices and a list of weighted arcs, in any order. An arc `from → to` says: whoever
//! gives `from` receives `to`. Out: a [`Digraph`] whose arcs lie side by side, those that leave a vertex and
//! those that enter it (compressed rows).
//! Holds: no arc leads to its own vertex, no pair occurs twice in the same direction, every row ascends by the
//! far end. Two lists of the same arcs in different orders give equal digraphs, so nothing computed from one
//! depends on the order of arrival. Weights may be negative or zero: such an arc can be part of a good ring.
//! Costs: sorting the arcs once; 32 bytes an arc and 16 bytes a vertex.
//! Absent: any change after construction, the cycles, names for vertices, and what a vertex stands for.

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use super::graph::{Arc, MAX_VERTICES};
use super::weight::Weight;

/// Returns the most the weights of a digraph may come to, if at each vertex the one of the largest size leaves it:
/// a quarter of [`Weight::LIMIT`].
///
/// No set of arcs that leave each vertex at most once weighs more, and neither does a path. The potentials of rings
/// are made of a few such paths, and so stay within an eighth of the type's range, and sums of a few within the range.
pub fn most_in_all<W: Weight>() -> W {
    W::LIMIT.halved().halved()
}

/// An arc from one vertex to another: whoever gives `from` receives `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectedArc<W = i64> {
    /// The vertex the arc leaves.
    pub from: u32,
    /// The vertex the arc enters.
    pub to: u32,
    /// What choosing the arc is worth; may be negative.
    pub weight: W,
}

/// A directed graph with integer weights that never changes.
#[derive(Clone, Debug)]
pub struct Digraph<W: Copy = i64> {
    leaving: Rows<W>,
    /// The same arcs by the other end, once somebody asked for them.
    entering: OnceLock<Rows<W>>,
}

impl<W: Weight> PartialEq for Digraph<W> {
    fn eq(&self, other: &Self) -> bool {
        self.leaving == other.leaving
    }
}

impl<W: Weight> Eq for Digraph<W> {}

impl<W: Weight> Digraph<W> {
    /// Builds the canonical digraph of a list of arcs.
    ///
    /// Of parallel arcs the heaviest stays. `arcs[i]` must join two different vertices below `vertices`.
    ///
    /// Errors: [`DigraphError`] names the first offending arc by its index in the list.
    ///
    /// Cost: `O(m log m + n)` time, `O(m + n)` memory.
    pub fn new(vertices: usize, mut arcs: Vec<DirectedArc<W>>) -> Result<Self, DigraphError<W>> {
        if vertices > MAX_VERTICES {
            return Err(DigraphError::TooManyVertices { vertices });
        }
        let mut ascend = true;
        let mut before = None;
        for (index, arc) in arcs.iter().enumerate() {
            check_arc(vertices, index, arc)?;
            ascend &= before < Some((arc.from, arc.to));
            before = Some((arc.from, arc.to));
        }
        if !ascend {
            arcs.sort_unstable_by_key(|arc| (arc.from, arc.to, std::cmp::Reverse(arc.weight)));
            arcs.dedup_by_key(|arc| (arc.from, arc.to));
        }
        let first = rows_within_total(vertices, &arcs)?;
        // Arcs ascend by `(from, to)`, so that they are their own rows; an arc takes the place of the longer one.
        let arcs = arcs.into_iter().map(|DirectedArc { to, weight, .. }| Arc { to, weight }).collect();
        Ok(Self { leaving: Rows { first, arcs }, entering: OnceLock::new() })
    }

    /// Returns the number of vertices.
    pub fn vertices(&self) -> usize {
        self.leaving.first.len() - 1
    }

    /// Returns the number of arcs.
    pub fn arc_count(&self) -> usize {
        self.leaving.arcs.len()
    }

    /// Returns all arcs, ascending by `(from, to)`.
    pub fn arcs(&self) -> impl Iterator<Item = DirectedArc<W>> {
        (0..self.vertices() as u32).flat_map(|from| {
            self.successors(from).iter().map(move |&Arc { to, weight }| DirectedArc { from, to, weight })
        })
    }

    /// Returns the arcs that leave a vertex, each with the vertex it enters as the far end, ascending by it.
    pub fn successors(&self, vertex: u32) -> &[Arc<W>] {
        self.leaving.of(vertex)
    }

    /// Returns the arcs that enter a vertex, each with the vertex it leaves as the far end, ascending by it.
    ///
    /// Cost: the first time anybody asks, `O(m + n)`.
    pub fn predecessors(&self, vertex: u32) -> &[Arc<W>] {
        self.entering.get_or_init(|| self.leaving.turned()).of(vertex)
    }

    /// Returns the weight of the arc from one vertex to another, if there is one.
    ///
    /// Cost: `O(log degree)`.
    pub fn weight_from(&self, from: u32, to: u32) -> Option<W> {
        let arcs = self.successors(from);
        let at = arcs.binary_search_by_key(&to, |arc| arc.to).ok()?;
        Some(arcs[at].weight)
    }
}

/// The arcs at every vertex, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rows<W: Copy> {
    /// The arcs at vertex `v` are `arcs[first[v]..first[v + 1]]`.
    first: Vec<usize>,
    arcs: Vec<Arc<W>>,
}

impl<W: Weight> Rows<W> {
    /// Lays out the same arcs by their far ends.
    fn turned(&self) -> Self {
        let vertices = self.first.len() - 1;
        let mut first = vec![0; vertices + 1];
        for arc in &self.arcs {
            first[arc.to as usize + 1] += 1;
        }
        for vertex in 0..vertices {
            first[vertex + 1] += first[vertex];
        }
        let mut next = first.clone();
        let mut arcs = vec![Arc { to: 0, weight: W::ZERO }; self.arcs.len()];
        for vertex in 0..vertices as u32 {
            for arc in self.of(vertex) {
                let at = &mut next[arc.to as usize];
                arcs[*at] = Arc { to: vertex, weight: arc.weight };
                *at += 1;
            }
        }
        Self { first, arcs }
    }

    fn of(&self, vertex: u32) -> &[Arc<W>] {
        let vertex = vertex as usize;
        &self.arcs[self.first[vertex]..self.first[vertex + 1]]
    }
}

fn check_arc<W: Weight>(vertices: usize, index: usize, arc: &DirectedArc<W>) -> Result<(), DigraphError<W>> {
    for vertex in [arc.from, arc.to] {
        if vertex as usize >= vertices {
            return Err(DigraphError::VertexOutOfRange { index, vertex, vertices });
        }
    }
    if arc.from == arc.to {
        return Err(DigraphError::SelfLoop { index, vertex: arc.from });
    }
    if arc.weight < -most_in_all::<W>() || arc.weight > most_in_all() {
        return Err(DigraphError::WeightOutOfRange { index, weight: arc.weight });
    }
    Ok(())
}

/// Returns where the arcs of each vertex begin, and in the end how many there are; refuses sorted arcs whose weights may
/// come to more than [`most_in_all`].
fn rows_within_total<W: Weight>(vertices: usize, arcs: &[DirectedArc<W>]) -> Result<Vec<usize>, DigraphError<W>> {
    let mut first = Vec::with_capacity(vertices + 1);
    let (mut at, mut total) = (0, W::ZERO);
    for vertex in 0..vertices as u32 {
        first.push(at);
        let mut heaviest = W::ZERO;
        while let Some(arc) = arcs.get(at).filter(|arc| arc.from == vertex) {
            heaviest = heaviest.max(arc.weight.max(-arc.weight));
            at += 1;
        }
        total += heaviest;
        if total > most_in_all() {
            return Err(DigraphError::TotalOutOfRange { vertex });
        }
    }
    first.push(at);
    Ok(first)
}

/// Why a list of arcs is not a digraph the solvers take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigraphError<W = i64> {
    /// There are more than [`MAX_VERTICES`] vertices.
    TooManyVertices {
        /// The number asked for.
        vertices: usize,
    },
    /// An arc names a vertex that does not exist.
    VertexOutOfRange {
        /// The arc's index in the list.
        index: usize,
        /// The vertex it names.
        vertex: u32,
        /// The number of vertices there are.
        vertices: usize,
    },
    /// An arc leads to the vertex it leaves.
    SelfLoop {
        /// The arc's index in the list.
        index: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A weight lies beyond [`most_in_all`] in either sign.
    WeightOutOfRange {
        /// The arc's index in the list.
        index: usize,
        /// Its weight.
        weight: W,
    },
    /// The weights may come to more than [`most_in_all`].
    TotalOutOfRange {
        /// The vertex at which they do, if the weights of vertices are added in order.
        vertex: u32,
    },
}

impl<W: Weight> fmt::Display for DigraphError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyVertices { vertices } => {
                write!(f, "{vertices} vertices are more than {MAX_VERTICES}")
            }
            Self::VertexOutOfRange { index, vertex, vertices } => {
                write!(f, "arc {index} names vertex {vertex}, but there are only {vertices} vertices")
            }
            Self::SelfLoop { index, vertex } => {
                write!(f, "arc {index} leads from vertex {vertex} to itself")
            }
            Self::WeightOutOfRange { index, weight } => {
                write!(f, "arc {index} has weight {weight:?}, beyond {:?} in size", most_in_all::<W>())
            }
            Self::TotalOutOfRange { vertex } => {
                let most = most_in_all::<W>();
                write!(f, "the weights of arcs that leave vertices up to {vertex} may come to more than {most:?}")
            }
        }
    }
}

impl<W: Weight> Error for DigraphError<W> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(from: u32, to: u32, weight: i64) -> DirectedArc {
        DirectedArc { from, to, weight }
    }

    #[test]
    fn the_order_of_arcs_does_not_matter() {
        let one = Digraph::new(4, vec![arc(0, 1, 5), arc(2, 1, -7), arc(3, 0, 2)]).unwrap();
        let two = Digraph::new(4, vec![arc(3, 0, 2), arc(0, 1, 5), arc(2, 1, -7)]).unwrap();
        assert_eq!(one, two);
    }

    #[test]
    fn the_heaviest_of_parallel_arcs_stays_and_directions_are_apart() {
        let arcs = vec![arc(0, 1, 5), arc(1, 0, 9), arc(0, 1, 7), arc(1, 2, 0), arc(0, 2, -3)];
        let digraph = Digraph::new(3, arcs).unwrap();
        let kept: Vec<DirectedArc> = digraph.arcs().collect();
        assert_eq!(kept, [arc(0, 1, 7), arc(0, 2, -3), arc(1, 0, 9), arc(1, 2, 0)]);
        assert_eq!(digraph.arc_count(), 4);
    }

    #[test]
    fn successors_and_predecessors_ascend_and_weights_are_found_along_the_arc_only() {
        let arcs = vec![arc(2, 4, 1), arc(2, 0, 2), arc(3, 2, -3), arc(1, 2, 4), arc(0, 2, 5)];
        let digraph = Digraph::new(5, arcs).unwrap();
        assert_eq!(digraph.successors(2), [Arc { to: 0, weight: 2 }, Arc { to: 4, weight: 1 }]);
        let before = [Arc { to: 0, weight: 5 }, Arc { to: 1, weight: 4 }, Arc { to: 3, weight: -3 }];
        assert_eq!(digraph.predecessors(2), before);
        assert_eq!(digraph.weight_from(3, 2), Some(-3));
        assert_eq!(digraph.weight_from(2, 3), None);
    }

    #[test]
    fn each_unusable_arc_is_refused_by_name() {
        let refused = |vertices, arcs: &[DirectedArc]| Digraph::new(vertices, arcs.to_vec()).unwrap_err();
        assert_eq!(refused(2, &[arc(0, 1, 1), arc(1, 1, 1)]), DigraphError::SelfLoop { index: 1, vertex: 1 });
        let out_of_range = DigraphError::VertexOutOfRange { index: 0, vertex: 2, vertices: 2 };
        assert_eq!(refused(2, &[arc(2, 0, 1)]), out_of_range);
        for weight in [most_in_all::<i64>() + 1, -most_in_all::<i64>() - 1, i64::MIN] {
            assert_eq!(refused(2, &[arc(0, 1, weight)]), DigraphError::WeightOutOfRange { index: 0, weight });
        }
        let vertices = MAX_VERTICES + 1;
        assert_eq!(refused(vertices, &[]), DigraphError::TooManyVertices { vertices });
    }

    #[test]
    fn weights_that_may_add_up_to_too_much_are_refused() {
        let quarter = most_in_all::<i64>() / 4;
        let heavy: Vec<DirectedArc> = (0..4).map(|from| arc(from, from + 1, -quarter)).collect();
        let lighter_beside = [arc(0, 3, quarter)];
        assert!(Digraph::new(6, [&heavy[..], &lighter_beside].concat()).is_ok());
        let one_more = [arc(4, 0, 1)];
        let refused = Digraph::new(6, [&heavy[..], &one_more].concat());
        assert_eq!(refused, Err(DigraphError::TotalOutOfRange { vertex: 4 }));
    }

    #[test]
    fn weights_may_be_of_any_width() {
        let wide = DirectedArc { from: 0, to: 1, weight: 1i128 << 100 };
        assert_eq!(Digraph::new(2, vec![wide]).unwrap().weight_from(0, 1), Some(1i128 << 100));
    }

    #[test]
    fn a_digraph_may_be_empty() {
        let digraph = Digraph::<i64>::new(0, Vec::new()).unwrap();
        assert_eq!(digraph.vertices(), 0);
        assert_eq!(digraph.arcs().count(), 0);
    }
}
