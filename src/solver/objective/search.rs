//! The fairest moves where groups make several, or moves are rings, by exhaustive search.
//!
//! In: columns, each a move of some vertices with a gain for each, groups and caps. Out: the fairest set of
//! columns in which every vertex occurs once at most. Holds: exact if the search was not stopped. Costs:
//! exponential in the worst case, for the problem is NP-hard; components are searched apart, and each
//! search tries the best move of the worst-off first and leaves what cannot be fairer than the best plan
//! found. Absent: proofs; the search is its own.

use std::cmp::{Ordering, Reverse};

use super::columns::Column;
use super::order::leximin;

/// The columns found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The chosen columns, ascending.
    pub chosen: Vec<u32>,
    /// Whether nothing fairer exists. If not, it is the fairest found.
    pub complete: bool,
}

/// Returns the fairest columns: the sums of the gains of each group are the largest in the leximin order,
/// then the points. Columns with negative gains or points are not chosen.
///
/// Cost: exponential; `stop` is asked once for each move tried.
pub(super) fn fairest_columns(
    columns: &[Column],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Found {
    let mut found = Found { chosen: Vec::new(), complete: true };
    for component in components(columns, group_of, cap_of_group.len()) {
        let mut search = Search::new(columns, &component, group_of, cap_of_group);
        found.complete &= search.run(stop);
        found.chosen.extend(search.best.map(|best| best.chosen).unwrap_or_default());
    }
    found.chosen.sort_unstable();
    found
}

/// Parts the usable columns by the groups they join, in the order of their first columns.
fn components(columns: &[Column], group_of: &[u32], groups: usize) -> Vec<Vec<u32>> {
    let usable = |column: &Column| column.points >= 0 && column.gains.iter().all(|&gain| gain >= 0);
    let mut above: Vec<u32> = (0..groups as u32).collect();
    let top = |above: &[u32], mut group: u32| {
        while above[group as usize] != group {
            group = above[group as usize];
        }
        group
    };
    for column in columns.iter().filter(|column| usable(column)) {
        let first = top(&above, group_of[column.vertices[0] as usize]);
        for &vertex in &column.vertices[1..] {
            let (a, b) = (top(&above, first), top(&above, group_of[vertex as usize]));
            above[a.max(b) as usize] = a.min(b);
        }
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); groups];
    for (index, column) in (0u32..).zip(columns).filter(|(_, column)| usable(column)) {
        members[top(&above, group_of[column.vertices[0] as usize]) as usize].push(index);
    }
    members.retain(|members| !members.is_empty());
    members
}

/// A plan, with what plans are compared by.
#[derive(Clone, Debug)]
struct Candidate {
    gains: Vec<i64>,
    points: i64,
    chosen: Vec<u32>,
}

/// A vertex whose columns are tried one after the other, and then none.
#[derive(Debug)]
struct Frame {
    vertex: u32,
    /// The columns still to be tried, the next one last.
    options: Vec<u32>,
    /// The column being tried, if any.
    taken: Option<u32>,
    /// Whether the vertex is being left out.
    left_out: bool,
}

/// The search of one component. Vertices and groups are numbered within it.
#[derive(Debug)]
struct Search {
    /// The name of each column in the list given.
    names: Vec<u32>,
    /// The columns, over the component's vertices.
    columns: Vec<Column>,
    columns_of_vertex: Vec<Vec<u32>>,
    group_of: Vec<u32>,
    members: Vec<Vec<u32>>,
    left: Vec<u32>,
    gains: Vec<i64>,
    points: i64,
    /// Whether a vertex is in a taken column, or left out.
    settled: Vec<bool>,
    best: Option<Candidate>,
    frames: Vec<Frame>,
}

impl Search {
    fn new(columns: &[Column], component: &[u32], group_of: &[u32], cap_of_group: &[Option<u32>]) -> Self {
        let mut vertices: Vec<u32> =
            component.iter().flat_map(|&column| columns[column as usize].vertices.iter().copied()).collect();
        vertices.sort_unstable();
        vertices.dedup();
        let number = |vertex: u32| vertices.binary_search(&vertex).expect("a vertex of the component") as u32;
        let own: Vec<Column> = component
            .iter()
            .map(|&column| {
                let column = &columns[column as usize];
                Column { vertices: column.vertices.iter().map(|&vertex| number(vertex)).collect(), ..column.clone() }
            })
            .collect();
        let mut groups: Vec<u32> = vertices.iter().map(|&vertex| group_of[vertex as usize]).collect();
        groups.sort_unstable();
        groups.dedup();
        let own_group =
            |vertex: u32| groups.binary_search(&group_of[vertex as usize]).expect("a group of the component") as u32;
        let group_of: Vec<u32> = vertices.iter().map(|&vertex| own_group(vertex)).collect();
        let mut members = vec![Vec::new(); groups.len()];
        let mut columns_of_vertex = vec![Vec::new(); vertices.len()];
        for (vertex, &group) in (0u32..).zip(&group_of) {
            members[group as usize].push(vertex);
        }
        for (index, column) in (0u32..).zip(&own) {
            for &vertex in &column.vertices {
                columns_of_vertex[vertex as usize].push(index);
            }
        }
        Self {
            names: component.to_vec(),
            columns: own,
            columns_of_vertex,
            group_of,
            left: groups.iter().map(|&group| cap_of_group[group as usize].unwrap_or(u32::MAX)).collect(),
            gains: vec![0; groups.len()],
            members,
            points: 0,
            settled: vec![false; vertices.len()],
            best: None,
            frames: Vec::new(),
        }
    }

    /// Searches to the end, or until stopped; says whether it came to the end.
    fn run(&mut self, stop: &(dyn Fn() -> bool + Sync)) -> bool {
        self.descend();
        loop {
            if stop() {
                return false;
            }
            let Some(mut frame) = self.frames.pop() else {
                return true;
            };
            if let Some(column) = frame.taken.take() {
                self.put_back(column);
            }
            if let Some(column) = frame.options.pop() {
                self.take(column);
                frame.taken = Some(column);
            } else if frame.left_out {
                self.settled[frame.vertex as usize] = false;
                continue;
            } else {
                frame.left_out = true;
                self.settled[frame.vertex as usize] = true;
            }
            self.frames.push(frame);
            self.descend();
        }
    }

    /// Keeps the present plan if it is the best so far, and goes on to the next vertex unless nothing
    /// better can come of it.
    fn descend(&mut self) {
        let (reachable, most_points) = self.reachable();
        if !self.beats_best(&reachable, most_points) {
            return;
        }
        if self.beats_best(&self.gains, self.points) {
            let mut chosen: Vec<u32> =
                self.frames.iter().filter_map(|frame| frame.taken).map(|column| self.names[column as usize]).collect();
            chosen.sort_unstable();
            self.best = Some(Candidate { gains: self.gains.clone(), points: self.points, chosen });
        }
        if let Some(vertex) = self.next_vertex(&reachable) {
            let mut options: Vec<u32> =
                self.columns_of_vertex[vertex as usize].iter().copied().filter(|&column| self.fits(column)).collect();
            options.sort_by_key(|&column| (self.gain_at(column, vertex), self.columns[column as usize].points));
            self.frames.push(Frame { vertex, options, taken: None, left_out: false });
        }
    }

    /// Says whether gains and points are better than those of the best plan so far.
    fn beats_best(&self, gains: &[i64], points: i64) -> bool {
        self.best.as_ref().is_none_or(|best| match leximin(gains, &best.gains) {
            Ordering::Less => false,
            Ordering::Equal => points > best.points,
            Ordering::Greater => true,
        })
    }

    /// Returns what each group could gain at most, and the most points, were its moves its own to choose.
    fn reachable(&self) -> (Vec<i64>, i64) {
        let mut most_points = 0i128;
        let mut reachable = self.gains.clone();
        for (group, members) in self.members.iter().enumerate() {
            let mut best = Vec::new();
            let mut shares = Vec::new();
            for &vertex in members.iter().filter(|&&vertex| !self.settled[vertex as usize]) {
                let fitting = || self.columns_of_vertex[vertex as usize].iter().filter(|&&column| self.fits(column));
                best.extend(fitting().map(|&column| self.gain_at(column, vertex)).max());
                shares.extend(fitting().map(|&column| self.share_of_points(column)).max());
            }
            let left = self.left[group] as usize;
            best.sort_unstable_by_key(|&gain: &i64| Reverse(gain));
            best.truncate(left);
            shares.sort_unstable_by_key(|&share: &i128| Reverse(share));
            shares.truncate(left);
            reachable[group] += best.iter().sum::<i64>();
            most_points += shares.iter().sum::<i128>();
        }
        (reachable, self.points + (most_points / PARTS) as i64)
    }

    /// Returns the part of a column's points that falls to each of its vertices, in twelfths, rounded up.
    fn share_of_points(&self, column: u32) -> i128 {
        let column = &self.columns[column as usize];
        let vertices = column.vertices.len() as i128;
        (PARTS * i128::from(column.points) + vertices - 1) / vertices
    }

    fn gain_at(&self, column: u32, vertex: u32) -> i64 {
        let column = &self.columns[column as usize];
        let at = column.vertices.iter().position(|&other| other == vertex);
        column.gains[at.expect("a vertex of the column")]
    }

    /// Says whether a column can be taken beside those that are.
    fn fits(&self, column: u32) -> bool {
        let vertices = &self.columns[column as usize].vertices;
        let group = |vertex: &u32| self.group_of[*vertex as usize];
        vertices.iter().all(|vertex| !self.settled[*vertex as usize])
            && vertices.iter().all(|vertex| {
                let needed = vertices.iter().filter(|other| group(other) == group(vertex)).count();
                self.left[group(vertex) as usize] as usize >= needed
            })
    }

    /// Returns a vertex with a column to try, of the group that can gain least.
    fn next_vertex(&self, reachable: &[i64]) -> Option<u32> {
        let open = |&vertex: &u32| {
            !self.settled[vertex as usize] && self.columns_of_vertex[vertex as usize].iter().any(|&c| self.fits(c))
        };
        let vertices = (0..self.settled.len() as u32).filter(open);
        vertices.min_by_key(|&vertex| (reachable[self.group_of[vertex as usize] as usize], vertex))
    }

    fn take(&mut self, column: u32) {
        self.change(column, true);
    }

    fn put_back(&mut self, column: u32) {
        self.change(column, false);
    }

    fn change(&mut self, column: u32, taken: bool) {
        let Column { vertices, gains, points } = &self.columns[column as usize];
        let sign = if taken { 1 } else { -1 };
        self.points += sign * points;
        for (&vertex, gain) in vertices.iter().zip(gains) {
            let group = self.group_of[vertex as usize] as usize;
            self.settled[vertex as usize] = taken;
            self.gains[group] += sign * gain;
            self.left[group] = if taken { self.left[group] - 1 } else { self.left[group] + 1 };
        }
    }
}

/// Points are shared among the vertices of a column, two to four of them without fractions.
const PARTS: i128 = 12;
