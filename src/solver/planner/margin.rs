//! By how much the weight of a pair may change before another matching is as good.
//!
//! In: two vertices. Out: a [`Margin`]. Holds: the planner is afterwards what it was, to the last match
//! and dual. Costs: as of the change that takes the pair's edge or both its vertices away, twice, for
//! it is made and undone. Absent: margins of several pairs together, and of vertices.
//!
//! A matched pair may lose what the best matching weighs more than the best one without its edge. For
//! another pair, the best matching with it is its weight and the best matching of the other vertices
//! within what it leaves of the caps.

use super::{ChangeError, Planner};
use crate::solver::weight::Weight;

/// By how much the weight of a pair may change before another matching is as good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin<W = i64> {
    /// The pair is matched; lighter by this, some matching without it is as good.
    MayFall(W),
    /// The pair is not matched; heavier by this, some matching with it is as good.
    MustRise(W),
    /// The pair is not matched, and its groups' caps would not let it be at any weight.
    Never,
}

impl<W: Weight> Planner<W> {
    /// Returns the margin of a pair of vertices, counting an edge that is not there as weighing nothing.
    ///
    /// Errors: [`ChangeError`] if they are not two vertices.
    ///
    /// Cost: as of an update with the two vertices touched.
    pub fn margin(&mut self, u: u32, v: u32) -> Result<Margin<W>, ChangeError<W>> {
        self.check_pair(u, v)?;
        if !self.leaves_room(u, v) {
            return Ok(Margin::Never);
        }
        let best = self.weight;
        self.begin();
        let margin = if self.mate(u) == Some(v) {
            self.match_without_edge(u, v);
            Margin::MayFall(best - self.weight)
        } else {
            self.match_with_pair(u, v);
            Margin::MustRise(best - self.weight)
        };
        self.searcher.family_mut().undo_changes();
        self.weight = best;
        Ok(margin)
    }

    /// Says whether the caps allow a matching with both vertices in it.
    fn leaves_room(&self, u: u32, v: u32) -> bool {
        let (g, h) = (self.group_of(u), self.group_of(v));
        let most = |group: u32| self.groups[group as usize].cap.unwrap_or(u32::MAX);
        if g == h { most(g) >= 2 } else { most(g) >= 1 && most(h) >= 1 }
    }

    /// Makes the matching best that leaves an edge out. The edge is there again afterwards.
    fn match_without_edge(&mut self, u: u32, v: u32) {
        let weight = self.rows.weight_between(u, v);
        self.release(u);
        self.rows.set(u, v, W::ZERO);
        // Extras may weigh more than they must.
        self.finish(&[u]);
        self.rows.set(u, v, weight);
    }

    /// Makes the matching best that has a pair.
    fn match_with_pair(&mut self, u: u32, v: u32) {
        self.release(u);
        self.release(v);
        let family = self.searcher.family_mut();
        family.set_mate(u, v);
        family.set_mate(v, u);
        // Out of the reach of every search: from no level is an edge so far without slack.
        let out_of_reach = W::LIMIT.doubled().doubled();
        family.set_dual_2x(u, out_of_reach);
        family.set_dual_2x(v, out_of_reach);
        self.finish(&[]);
    }
}
