//! The assignment problem in which breaking a cap has a price, kept solved while prices and vertices change.
//!
//! In: a digraph, groups and their caps. Out: [`Relaxed`], a solved state, with the bound it proves.
//! Holds: between calls, what `search` says, of all vertices that are not held.
//! Costs: a change costs a search for each vertex it makes free.
//! Absent: which prices to try, and which vertices to hold.
//!
//! A price `p` on a group's moves is the same as `p` for each of its vertices that stays, less a constant. So only the
//! worth of staying changes, which touches one arc a vertex. Whatever the prices, the best weight under them bounds that
//! of every plan that keeps the caps (M. Held and R. Karp, "The traveling-salesman problem and minimum spanning trees",
//! 1970; the method is Lagrange's).

use super::super::digraph::Digraph;
use super::super::weight::Weight;
use super::rows::Rows;
use super::search::State;
use super::{Potentials, auction, potentials};

/// A cap that matters: fewer than the group has vertices.
pub(super) struct CappedGroup {
    /// The vertices of the group, as new numbers.
    pub members: Vec<u32>,
    /// The most of them that may move.
    pub cap: u32,
    /// The number of the group in the caller's list.
    pub group: usize,
}

/// A solved state with prices.
pub(super) struct Relaxed<'a, W: Copy> {
    pub digraph: &'a Digraph<W>,
    pub groups: &'a [CappedGroup],
    pub state: State<'a, W>,
    /// The price of each capped group.
    pub prices: Vec<W>,
    /// The vertices that must stay.
    held: Vec<bool>,
}

impl<'a, W: Weight> Relaxed<'a, W> {
    /// Solves with all prices zero.
    pub(super) fn new(digraph: &'a Digraph<W>, rows: &'a Rows<'a, W>, groups: &'a [CappedGroup]) -> Self {
        let mut state = State::new(rows);
        for root in auction::start(&mut state) {
            state.assign(root);
        }
        let prices = vec![W::ZERO; groups.len()];
        Self { digraph, groups, state, prices, held: vec![false; digraph.vertices()] }
    }

    /// Returns the members of a group that move.
    pub(super) fn movers(&self, group: usize) -> impl Iterator<Item = u32> {
        self.groups[group].members.iter().copied().filter(|&member| self.state.next[member as usize] != member)
    }

    /// Returns how many more members of a group move than may.
    pub(super) fn excess(&self, group: usize) -> i64 {
        self.movers(group).count() as i64 - i64::from(self.groups[group].cap)
    }

    /// Returns what it costs at least, if a vertex stays.
    pub(super) fn loss_by_staying(&self, vertex: u32) -> W {
        let at = vertex as usize;
        if self.held[at] { W::ZERO } else { self.state.from[at] + self.state.to[at] - self.state.stay[at] }
    }

    /// Changes the price of a group.
    pub(super) fn set_price(&mut self, group: usize, price: W) {
        self.prices[group] = price;
        for &member in &self.groups[group].members {
            let at = member as usize;
            let raised_by = price - self.state.stay[at];
            self.state.stay[at] = price;
            if self.held[at] || raised_by == W::ZERO {
                continue;
            }
            if self.state.next[at] == member {
                if raised_by > W::ZERO {
                    // It stays all the more.
                    self.state.from[at] += raised_by;
                } else {
                    self.state.part(member);
                    self.state.assign(member);
                }
            } else if self.loss_by_staying(member) < W::ZERO {
                self.state.from[at] = price - self.state.to[at];
                self.state.part(member);
                self.state.assign(member);
            }
        }
    }

    /// Lets a vertex stay, whatever it costs.
    pub(super) fn hold(&mut self, vertex: u32) {
        let at = vertex as usize;
        self.held[at] = true;
        // Nothing comes near it, so that it is never left either.
        self.state.to[at] = W::LIMIT.doubled().doubled();
        if self.state.next[at] != vertex {
            let before = self.state.previous[at];
            self.state.part(before);
            self.state.part(vertex);
            self.state.join(vertex, vertex);
            self.state.assign(before);
        }
    }

    /// Undoes [`Relaxed::hold`].
    pub(super) fn release(&mut self, vertex: u32) {
        let at = vertex as usize;
        self.held[at] = false;
        let rows = self.state.rows;
        let entering = self.digraph.predecessors(rows.vertex(vertex) as u32).iter();
        let entering: Vec<(u32, W)> = entering.map(|arc| (rows.number(arc.to), arc.weight)).collect();
        for &(from, _) in &entering {
            self.state.near.forget(from);
        }
        let entering = entering.into_iter().filter(|&(from, _)| !self.held[from as usize]);
        let dearest = entering.map(|(from, weight)| weight - self.state.from[from as usize]).max();
        self.state.to[at] = dearest.unwrap_or(W::ZERO);
        let best = self.state.choices(vertex).map(|arc| arc.weight - self.state.to[arc.to as usize]).max();
        self.state.from[at] = best.unwrap_or(W::ZERO);
        self.state.part(vertex);
        self.state.assign(vertex);
    }

    /// Returns what no plan that keeps the caps, and in which the held vertices stay, can exceed.
    pub(super) fn bound(&self) -> W {
        let free = (0..self.state.from.len()).filter(|&at| !self.held[at]);
        let mut bound =
            free.map(|at| self.state.from[at] + self.state.to[at] - self.state.stay[at]).fold(W::ZERO, W::add);
        for (group, &price) in self.groups.iter().zip(&self.prices) {
            for _ in 0..group.cap {
                bound += price;
            }
        }
        bound
    }

    /// Returns the prices by the caller's groups, and the potentials that prove the bound with them.
    pub(super) fn proof(&self, groups: usize) -> (Vec<W>, Potentials<W>) {
        let mut multipliers = vec![W::ZERO; groups];
        for (group, &price) in self.groups.iter().zip(&self.prices) {
            multipliers[group.group] = price;
        }
        let rows = self.state.rows;
        let mut potentials = potentials(self.digraph, rows, &self.state, |number| self.held[number as usize]);
        for number in 0..rows.vertices() {
            let vertex = rows.vertex(number);
            if self.held[number as usize] {
                (potentials.from[vertex], potentials.to[vertex]) = (W::ZERO, W::ZERO);
            } else {
                potentials.from[vertex] -= self.state.stay[number as usize];
            }
        }
        (multipliers, potentials)
    }
}
