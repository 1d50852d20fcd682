//! The best set of rings of any length in which each group has at most so many vertices.
//!
//! In: a digraph, the group of each vertex, the cap of each group, and when to stop. Out: a [`CappedAssignment`]: a plan,
//! a bound, and the proof of the bound. Holds: `verify_capped_assignment` accepts the proof.
//! Costs: see [`capped_assignment`]. Absent: a clock; and a promise, for with caps a vertex that stays is part of two
//! rules at once, and the problem is no longer one of flows.
//!
//! 1. *Prices.* A price on the moves of each group makes groups keep their caps, as far as it can: a group with too many
//!    moves raises its price by a step until it has not, a group with too few lowers it, and then the step is halved.
//!    Every set of prices proves a bound; the best one is kept.
//! 2. *Plans.* In each group so many vertices as may move, those that would lose most by staying, are let into a market
//!    of their own, which keeps all caps. Its best assignment is a plan.
//! 3. *Branches.* Where more than `b` vertices of a group move and `b` may, one of any `b + 1` of them must stay: this
//!    makes `b + 1` cases, in each of which one vertex is held. A case is closed when its bound is no better than the
//!    best plan. Where no group has too many, prices that are paid for nothing are dropped.

use super::super::caps::CapError;
use super::super::digraph::{Digraph, DirectedArc, most_in_all};
use super::super::weight::Weight;
use super::relaxed::{CappedGroup, Relaxed};
use super::rows::Rows;
use super::{Potentials, best_assignment, cycles};
use serde::{Deserialize, Serialize};

/// The most numbers a proof may hold. A search that would need more ends with the bound of its root.
const LARGEST_PROOF: usize = 1 << 21;

/// The halvings of the heaviest weight that give the first step of prices.
const FIRST_STEP: u32 = 4;

/// The halvings of the first step from one time that steps shrink to the next.
const NEXT_STEP: u32 = 2;

/// Disjoint cycles that keep the caps of groups, and how good they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CappedAssignment<W = i64> {
    /// The vertex that follows each vertex on its cycle, along an arc; `None` if it is on no cycle.
    pub next: Vec<Option<u32>>,
    /// The sum of the weights of the cycles' arcs.
    pub weight: W,
    /// What no set of cycles that keeps the caps can exceed; the weight, if that is the best one.
    pub bound: W,
    /// Whether nothing is better: the weight equals the bound.
    pub optimal: bool,
    /// The proof of the bound: cases that together are all, each with its own proof.
    pub certificate: Vec<CapStep<W>>,
}

/// One step of a proof by cases. After a split, the steps of each of its cases follow, one case after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapStep<W = i64> {
    /// One of these vertices stays: all are in one group and they are one more than its cap. In each case it is another.
    OneStays(Vec<u32>),
    /// Prices for moving from vertices of each group, by group, and potentials which cover each arc together with the
    /// price at the vertex it leaves. They and as many prices as moves are allowed add up to at most the bound.
    Bound {
        /// The price of a move of each group; zero for groups without a cap.
        prices: Vec<W>,
        /// The potentials; those of vertices that stay in this case count nothing.
        potentials: Potentials<W>,
    },
}

/// Returns disjoint cycles of the largest weight among those in which at most `cap_of_group[g]` vertices of group `g`
/// are on cycles, or the best found until `stop` says so, with a proven bound.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap. `stop` is asked between
/// the steps of the search; as long as it answers alike, the result is a function of the rest.
///
/// Errors: [`CapError`] if the groups do not fit the digraph.
///
/// Cost: one [`best_assignment`] without caps that matter. With them some hundred searches a vertex of a capped group
/// for prices, then exponential in the worst case; the gap after prices is small, but only in small markets is it
/// closed.
pub fn capped_assignment<W: Weight>(
    digraph: &Digraph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<CappedAssignment<W>, CapError<W>> {
    check_groups(digraph, group_of, cap_of_group)?;
    let rows = Rows::new(digraph);
    let groups = capped_groups(&rows, group_of, cap_of_group);
    let relaxed = Relaxed::new(digraph, &rows, &groups);
    let mut search = Search::new(relaxed, cap_of_group.len(), stop);
    search.find_prices();
    Ok(search.branch())
}

fn check_groups<W: Weight>(
    digraph: &Digraph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Result<(), CapError<W>> {
    if group_of.len() != digraph.vertices() {
        return Err(CapError::GroupCount { expected: digraph.vertices(), found: group_of.len() });
    }
    for (vertex, &group) in (0u32..).zip(group_of) {
        if group as usize >= cap_of_group.len() {
            return Err(CapError::GroupOutOfRange { vertex, group, groups: cap_of_group.len() });
        }
    }
    Ok(())
}

/// Returns the groups with more vertices on cycles of the digraph than their cap.
fn capped_groups<W: Weight>(rows: &Rows<'_, W>, group_of: &[u32], cap_of_group: &[Option<u32>]) -> Vec<CappedGroup> {
    let mut members = vec![Vec::new(); cap_of_group.len()];
    for number in (0..rows.vertices()).filter(|&number| !rows.of(number).is_empty()) {
        members[group_of[rows.vertex(number)] as usize].push(number);
    }
    let groups = members.into_iter().zip(cap_of_group).enumerate();
    let capped = groups.filter_map(|(group, (members, cap))| Some(CappedGroup { members, cap: (*cap)?, group }));
    capped.filter(|group| group.members.len() > group.cap as usize).collect()
}

/// What is to be done next in the tree of cases.
enum Task<W> {
    Visit,
    Hold(u32),
    Release(u32),
    Restore(Vec<W>),
}

/// The search, with the best plan and the best proof so far.
struct Search<'a, W: Copy> {
    relaxed: Relaxed<'a, W>,
    /// How many groups the caller has.
    groups: usize,
    stop: &'a (dyn Fn() -> bool + Sync),
    next: Vec<Option<u32>>,
    weight: W,
    /// The least bound of all prices tried with nothing held, and what proves it.
    bound: W,
    prices: Vec<W>,
    /// No price is raised beyond this: prices on all vertices together weigh no more than a digraph may.
    highest: W,
    proof: CapStep<W>,
}

impl<'a, W: Weight> Search<'a, W> {
    /// Starts from a state without prices.
    fn new(relaxed: Relaxed<'a, W>, groups: usize, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        let mut search = Self {
            groups,
            stop,
            next: vec![None; relaxed.digraph.vertices()],
            weight: W::ZERO,
            bound: relaxed.bound(),
            prices: relaxed.prices.clone(),
            highest: halved(most_in_all(), relaxed.digraph.vertices().checked_ilog2().unwrap_or(0) + 1),
            proof: bound_step(&relaxed, groups),
            relaxed,
        };
        search.try_plan();
        search
    }

    /// Moves the prices towards those of the least bound, and returns to the best.
    fn find_prices(&mut self) {
        let digraph = self.relaxed.digraph;
        let heaviest = digraph.arcs().map(|arc| arc.weight).max().unwrap_or(W::ZERO);
        let mut first = halved(heaviest, FIRST_STEP);
        while self.shrink_steps(first) {
            first = halved(first, NEXT_STEP);
        }
    }

    /// Lets all groups settle their prices with one step, then with half of it, and so on down to one point, and returns
    /// to the best prices. Says whether it is worth to go on: something got better, and may still.
    fn shrink_steps(&mut self, first: W) -> bool {
        let before = (self.bound, self.weight);
        let mut stopped = false;
        let mut step = first;
        while step > W::ZERO && self.bound > self.weight && !stopped {
            for group in 0..self.prices.len() {
                stopped = stopped || (self.stop)();
                if !stopped {
                    self.settle_group(group, step);
                }
            }
            let bound = self.relaxed.bound();
            if bound < self.bound {
                self.bound = bound;
                self.prices.clone_from(&self.relaxed.prices);
                self.proof = bound_step(&self.relaxed, self.groups);
            }
            self.try_plan();
            step = step.halved();
        }
        let prices = self.prices.clone();
        self.restore(&prices);
        !stopped && self.bound > self.weight && (self.bound, self.weight) != before
    }

    /// Raises the price of a group while it has too many moves, or else lowers it while it has too few.
    fn settle_group(&mut self, group: usize, step: W) {
        let mut excess = self.relaxed.excess(group);
        let raise = excess > 0;
        loop {
            let price = self.relaxed.prices[group];
            let settled = if raise { excess <= 0 || price > self.highest } else { excess >= 0 || price == W::ZERO };
            if settled {
                return;
            }
            self.relaxed.set_price(group, if raise { price + step } else { (price - step).max(W::ZERO) });
            excess = self.relaxed.excess(group);
        }
    }

    fn restore(&mut self, prices: &[W]) {
        for (group, &price) in prices.iter().enumerate() {
            if price != self.relaxed.prices[group] {
                self.relaxed.set_price(group, price);
            }
        }
    }

    /// Solves the market of those vertices that would lose most by staying, as many of each group as may move.
    fn try_plan(&mut self) {
        let digraph = self.relaxed.digraph;
        let rows = self.relaxed.state.rows;
        let mut stays = vec![false; digraph.vertices()];
        for group in self.relaxed.groups {
            for &member in self.by_loss(group.members.clone()).iter().skip(group.cap as usize) {
                stays[rows.vertex(member)] = true;
            }
        }
        let moves = |arc: &DirectedArc<W>| !stays[arc.from as usize] && !stays[arc.to as usize];
        let arcs = digraph.arcs().filter(moves).collect();
        let market = Digraph::new(digraph.vertices(), arcs).expect("it is part of a digraph");
        let plan = best_assignment(&market);
        if plan.weight > self.weight {
            (self.next, self.weight) = (plan.next, plan.weight);
        }
    }

    /// Orders vertices: those first that move, and of these those that would lose most by staying.
    fn by_loss(&self, mut members: Vec<u32>) -> Vec<u32> {
        let state = &self.relaxed.state;
        let loss = |member: u32| self.relaxed.loss_by_staying(member);
        members.sort_by_key(|&member| (state.next[member as usize] == member, -loss(member), member));
        members
    }

    /// Closes cases until none is left, the proof is too large, or it is time to stop.
    fn branch(mut self) -> CappedAssignment<W> {
        let mut steps = Vec::new();
        let mut size = 0;
        let mut tasks = if self.bound > self.weight { vec![Task::Visit] } else { Vec::new() };
        let mut ended = self.bound == self.weight;
        while let Some(task) = tasks.pop() {
            match task {
                Task::Hold(vertex) => self.relaxed.hold(vertex),
                Task::Release(vertex) => self.relaxed.release(vertex),
                Task::Restore(prices) => self.restore(&prices),
                Task::Visit if (self.stop)() || size > LARGEST_PROOF => break,
                Task::Visit => {
                    size += 2 * self.next.len() + self.groups;
                    let step = self.visit(&mut tasks);
                    steps.push(step);
                }
            }
            ended = tasks.is_empty();
        }
        if !ended || steps.is_empty() {
            steps = vec![self.proof];
        } else {
            self.bound = self.weight;
        }
        let optimal = self.bound == self.weight;
        CappedAssignment { next: self.next, weight: self.weight, bound: self.bound, optimal, certificate: steps }
    }

    /// Closes a case, or splits it and adds what is to be done then.
    fn visit(&mut self, tasks: &mut Vec<Task<W>>) -> CapStep<W> {
        let before = self.relaxed.prices.clone();
        loop {
            let bound = self.relaxed.bound();
            let groups = 0..self.prices.len();
            let too_many = groups.clone().find(|&group| self.relaxed.excess(group) > 0);
            if too_many.is_none() {
                self.take_plan();
            }
            if bound <= self.weight {
                tasks.push(Task::Restore(before));
                return bound_step(&self.relaxed, self.groups);
            }
            if let Some(group) = too_many {
                tasks.push(Task::Restore(before));
                return self.split(group, tasks);
            }
            for group in groups {
                if self.relaxed.excess(group) < 0 && self.relaxed.prices[group] > W::ZERO {
                    self.relaxed.set_price(group, W::ZERO);
                }
            }
        }
    }

    /// Takes the relaxed plan, which keeps the caps, if it is the best so far.
    fn take_plan(&mut self) {
        let (next, weight) = cycles(self.relaxed.state.rows, &self.relaxed.state);
        if weight > self.weight {
            (self.next, self.weight) = (next, weight);
        }
    }

    fn split(&mut self, group: usize, tasks: &mut Vec<Task<W>>) -> CapStep<W> {
        let mut cases = self.by_loss(self.relaxed.movers(group).collect());
        // The cases that lose least are the likeliest to hold the best plan.
        cases.reverse();
        cases.truncate(self.relaxed.groups[group].cap as usize + 1);
        for &vertex in cases.iter().rev() {
            tasks.extend([Task::Release(vertex), Task::Visit, Task::Hold(vertex)]);
        }
        let rows = self.relaxed.state.rows;
        CapStep::OneStays(cases.into_iter().map(|vertex| rows.vertex(vertex) as u32).collect())
    }
}

fn halved<W: Weight>(weight: W, times: u32) -> W {
    (0..times).fold(weight, |weight, _| weight.halved())
}

fn bound_step<W: Weight>(relaxed: &Relaxed<'_, W>, groups: usize) -> CapStep<W> {
    let (prices, potentials) = relaxed.proof(groups);
    CapStep::Bound { prices, potentials }
}

#[cfg(test)]
mod tests;
