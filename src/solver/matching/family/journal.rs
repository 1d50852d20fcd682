//! The journal of a family: what changes overwrote, so that they can be undone.
//!
//! In: every change of a family, before it is made. Out: who is matched otherwise than before, or the family as it was.
//! Holds: entries are undone from the last to the first. Costs: a copy of what is overwritten, and nothing while no
//! journal is kept. Absent: more than one journal at a time.

use super::{Blossom, Family, Link};
use crate::solver::weight::Weight;

/// What a change overwrote.
#[derive(Clone, Debug)]
pub(super) enum Old<W> {
    Mate {
        vertex: u32,
        mate: u32,
    },
    Dual {
        vertex: u32,
        dual_2x: W,
    },
    Top {
        vertex: u32,
        top: u32,
    },
    Parent {
        node: u32,
        parent: u32,
    },
    Cycle {
        blossom: u32,
        cycle: Vec<Link>,
        base: u32,
        ends: (u32, u32),
    },
    Next {
        vertex: u32,
        next: u32,
    },
    BlossomDual {
        blossom: u32,
        dual_2x: W,
    },
    /// A new number was given out.
    Fresh,
    /// An unused number was given out again.
    Taken {
        blossom: u32,
    },
    /// A number was given back.
    Returned,
}

impl<W: Weight> Family<W> {
    /// Begins a journal of what is overwritten.
    pub fn begin_journal(&mut self) {
        self.journal = Some(Vec::new());
    }

    pub(super) fn note(&mut self, old: impl FnOnce(&Self) -> Old<W>) {
        if let Some(mut journal) = self.journal.take() {
            journal.push(old(self));
            self.journal = Some(journal);
        }
    }

    pub(super) fn note_cycle(&mut self, blossom: u32) {
        self.note(|family| {
            let Blossom { cycle, base, ends, .. } = family.blossom(blossom);
            Old::Cycle { blossom, cycle: cycle.clone(), base: *base, ends: *ends }
        });
    }

    /// Returns how much has been overwritten since the journal was begun.
    pub fn journal_length(&self) -> usize {
        self.journal.as_ref().map_or(0, Vec::len)
    }

    /// Returns each vertex whose mate is another than when the journal had some length, ascending,
    /// with the mate it had then.
    ///
    /// Cost: `O(k log k)` for `k` entries.
    pub fn changed_mates(&self, since: usize) -> Vec<(u32, u32)> {
        let entries = self.journal.iter().flat_map(|journal| &journal[since..]);
        let mut changed: Vec<(u32, u32)> = entries
            .filter_map(|old| match *old {
                Old::Mate { vertex, mate } => Some((vertex, mate)),
                _ => None,
            })
            .collect();
        changed.sort_by_key(|&(vertex, _)| vertex);
        changed.dedup_by_key(|&mut (vertex, _)| vertex);
        changed.retain(|&(vertex, mate)| self.mate[vertex as usize] != mate);
        changed
    }

    /// Ends the journal and keeps what has changed.
    pub fn keep_changes(&mut self) {
        self.journal = None;
    }

    /// Ends the journal and takes back what has changed.
    ///
    /// Cost: linear in the journal.
    pub fn undo_changes(&mut self) {
        for old in self.journal.take().into_iter().flatten().rev() {
            match old {
                Old::Mate { vertex, mate } => self.mate[vertex as usize] = mate,
                Old::Dual { vertex, dual_2x } => self.dual_2x[vertex as usize] = dual_2x,
                Old::Top { vertex, top } => self.top[vertex as usize] = top,
                Old::Parent { node, parent } => self.parent[node as usize] = parent,
                Old::Next { vertex, next } => self.next[vertex as usize] = next,
                Old::Cycle { blossom, cycle, base, ends } => {
                    let blossom = self.blossom_mut(blossom);
                    (blossom.cycle, blossom.base, blossom.ends) = (cycle, base, ends);
                }
                Old::BlossomDual { blossom, dual_2x } => self.blossom_mut(blossom).dual_2x = dual_2x,
                Old::Fresh => {
                    self.parent.pop();
                    self.blossoms.pop();
                }
                Old::Taken { blossom } => {
                    self.blossom_mut(blossom).cycle.clear();
                    self.unused.push(blossom);
                }
                Old::Returned => {
                    self.unused.pop();
                }
            }
        }
    }
}
