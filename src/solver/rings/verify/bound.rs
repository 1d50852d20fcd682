//! Checks a packing and the proof that none weighs more.
//!
//! In: a packing, its columns and a proof. Out: nothing, or the first rule that does not hold and where.
//! Holds: what a node need not speak of is derived from the columns that reach it here, never read.
//! Costs: for each node of the tree a pass over the columns it speaks of. Absent: where columns come from.

use std::collections::BTreeMap;

use super::super::packing::Packing;
use super::super::proof::{Duals, Node, Part, Proof};
use super::super::refused::ProofError;

/// Checks that columns are a packing of a weight, and that no packing weighs more than a bound.
///
/// Errors: [`ProofError`] names the first broken rule and where.
///
/// Cost: for each node of the proof a pass over the columns it speaks of.
pub fn verify_packing(
    packing: &Packing,
    columns: &[u32],
    weight: i64,
    bound: i64,
    proof: &Proof,
) -> Result<(), ProofError> {
    let mut used = vec![0u64; packing.capacity.len()];
    let mut found = 0i128;
    for (index, &column) in columns.iter().enumerate() {
        if column as usize >= packing.columns.len() || columns[..index].last().is_some_and(|&last| last >= column) {
            return Err(ProofError::ColumnOrder { column });
        }
        found += i128::from(packing.columns.weight(column));
        for &(row, entry) in packing.columns.entries(column) {
            used[row as usize] += u64::from(entry);
        }
    }
    for (row, (&used, &capacity)) in (0u32..).zip(used.iter().zip(&packing.capacity)) {
        if used > u64::from(capacity) {
            return Err(ProofError::RowOverfull { row, capacity, used });
        }
    }
    if found != i128::from(weight) || weight > bound {
        return Err(ProofError::Weight { found, weight, bound });
    }
    verify_bound(packing, bound, proof)
}

/// Checks that a proof bounds every packing.
///
/// Errors: [`ProofError`] names the first broken rule and where.
///
/// Cost: for each node of the proof a pass over the columns it speaks of.
pub fn verify_bound(packing: &Packing, bound: i64, proof: &Proof) -> Result<(), ProofError> {
    check_shape(packing, proof)?;
    let mut checker = Checker::new(packing, proof);
    let mut visited = vec![false; proof.nodes.len()];
    let mut pending = vec![Claim { node: 0, columns: checker.worth_having(), taken: Vec::new(), target: bound }];
    while let Some(claim) = pending.pop() {
        visited[claim.node as usize] = true;
        for next in checker.check(claim)? {
            if visited[next.node as usize] {
                return Err(ProofError::NodeTwice { node: next.node });
            }
            visited[next.node as usize] = true;
            pending.push(next);
        }
    }
    match visited.iter().position(|&visited| !visited) {
        Some(node) => Err(ProofError::NodeUnused { node: node as u32 }),
        None => Ok(()),
    }
}

/// Checks what can be checked without columns: that all numbers are in range and in order.
fn check_shape(packing: &Packing, proof: &Proof) -> Result<(), ProofError> {
    let rows = packing.capacity.len();
    if proof.scale < 1 {
        return Err(ProofError::Scale { scale: proof.scale });
    }
    for (cut, parts) in proof.cuts.iter().enumerate() {
        let ordered = parts.terms.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let in_range = parts.terms.last().is_none_or(|&(row, _)| (row as usize) < rows);
        if parts.divisor == 0 || !ordered || !in_range {
            return Err(ProofError::Cut { cut });
        }
    }
    if proof.nodes.is_empty() {
        return Err(ProofError::NoNodes);
    }
    for (node, how) in (0u32..).zip(&proof.nodes) {
        if let Node::Bound(duals) | Node::Drop { duals, .. } = how {
            let ordered = duals.windows(2).all(|pair| pair[0].0 < pair[1].0);
            let in_range = duals.last().is_none_or(|&(row, _)| (row as usize) < rows + proof.cuts.len());
            if !ordered || !in_range {
                return Err(ProofError::DualOrder { node });
            }
            if let Some(&(row, dual)) = duals.iter().find(|&&(_, dual)| dual < 0) {
                return Err(ProofError::NegativeDual { node, row, dual });
            }
        }
        let children: Vec<u32> = match how {
            Node::Bound(_) => Vec::new(),
            Node::Drop { then, .. } => vec![*then],
            Node::Pair { together, apart, .. } => vec![*together, *apart],
            Node::Column { taken, left, .. } => vec![*taken, *left],
            Node::Parts(parts) => parts.iter().map(|part| part.node).collect(),
        };
        if let Some(&child) = children.iter().find(|&&child| child <= node || child as usize >= proof.nodes.len()) {
            return Err(ProofError::ChildOutOfRange { node, child });
        }
    }
    Ok(())
}

/// What a node is to show: that no packing of some columns weighs more than a target.
struct Claim {
    node: u32,
    columns: Vec<u32>,
    /// What these packings take besides.
    taken: Vec<u32>,
    target: i64,
}

/// The columns with their entries in rows and cuts, side by side.
struct Checker<'a> {
    packing: &'a Packing,
    proof: &'a Proof,
    /// The capacities of rows and cuts.
    capacity: Vec<i128>,
    first: Vec<usize>,
    entries: Vec<(u32, u32)>,
    dual: Vec<i64>,
    /// A mark for each row: the part it is in.
    part: Vec<u32>,
}

impl<'a> Checker<'a> {
    fn new(packing: &'a Packing, proof: &'a Proof) -> Self {
        let rows = packing.capacity.len();
        let mut terms_of_row: Vec<Vec<(u32, u32)>> = vec![Vec::new(); rows];
        let mut capacity: Vec<i128> = packing.capacity.iter().map(|&capacity| i128::from(capacity)).collect();
        for (number, cut) in (0u32..).zip(&proof.cuts) {
            let mut sum = 0u128;
            for &(row, multiplier) in &cut.terms {
                terms_of_row[row as usize].push((number, multiplier));
                sum += u128::from(multiplier) * u128::from(packing.capacity[row as usize]);
            }
            capacity.push((sum / u128::from(cut.divisor)) as i128);
        }
        let mut checker = Self {
            packing,
            proof,
            dual: vec![0; capacity.len()],
            capacity,
            first: vec![0],
            entries: Vec::new(),
            part: vec![u32::MAX; rows],
        };
        let mut sums: BTreeMap<u32, u128> = BTreeMap::new();
        for column in 0..packing.columns.len() as u32 {
            for &(row, entry) in packing.columns.entries(column) {
                checker.entries.push((row, entry));
                for &(cut, multiplier) in &terms_of_row[row as usize] {
                    *sums.entry(cut).or_default() += u128::from(entry) * u128::from(multiplier);
                }
            }
            while let Some((cut, sum)) = sums.pop_first() {
                let entry = sum / u128::from(proof.cuts[cut as usize].divisor);
                if entry > 0 {
                    // Too large an entry is taken as smaller, which only weakens the cut.
                    checker.entries.push((rows as u32 + cut, u32::try_from(entry).unwrap_or(u32::MAX)));
                }
            }
            checker.first.push(checker.entries.len());
        }
        checker
    }

    /// Returns the columns that weigh something and fit, of those with the same entries the heaviest.
    fn worth_having(&self) -> Vec<u32> {
        let columns = &self.packing.columns;
        let mut heaviest: BTreeMap<&[(u32, u32)], u32> = BTreeMap::new();
        for column in 0..columns.len() as u32 {
            let entries = columns.entries(column);
            let fits = entries.iter().all(|&(row, entry)| entry <= self.packing.capacity[row as usize]);
            if columns.weight(column) <= 0 || !fits {
                continue;
            }
            let known = heaviest.entry(entries).or_insert(column);
            if columns.weight(column) > columns.weight(*known) {
                *known = column;
            }
        }
        heaviest.into_values().collect()
    }

    /// Checks one node; returns what is left for its children to show.
    fn check(&mut self, claim: Claim) -> Result<Vec<Claim>, ProofError> {
        let Claim { node, columns, taken: fixed, target } = claim;
        match &self.proof.nodes[node as usize] {
            Node::Bound(duals) => {
                let (total, _) = self.bound(node, duals, &columns, &fixed)?;
                if self.within(total, target) { Ok(Vec::new()) } else { Err(ProofError::BoundBeyondTarget { node }) }
            }
            Node::Drop { duals, then } => {
                let (total, slack) = self.bound(node, duals, &columns, &fixed)?;
                let stays =
                    |&(_, &slack): &(u32, &i128)| slack <= 0 || !self.within(total.saturating_sub(slack), target);
                let columns = columns.into_iter().zip(&slack).filter(stays).map(|(column, _)| column).collect();
                Ok(vec![Claim { node: *then, columns, taken: fixed, target }])
            }
            &Node::Pair { rows: [one, other], together, apart } => {
                let unit = |row: u32| self.packing.capacity.get(row as usize) == Some(&1);
                if one == other || !unit(one) || !unit(other) {
                    return Err(ProofError::Pair { node });
                }
                let holds = |column: u32, row: u32| self.entry(column, row) > 0;
                let both = columns.iter().copied().filter(|&column| holds(column, one) == holds(column, other));
                let both = Claim { node: together, columns: both.collect(), taken: fixed.clone(), target };
                let not_both = columns.iter().copied().filter(|&column| !holds(column, one) || !holds(column, other));
                let not_both = Claim { node: apart, columns: not_both.collect(), taken: fixed, target };
                Ok(vec![both, not_both])
            }
            Node::Column { entries, taken, left } => {
                let same = |&column: &u32| self.packing.columns.entries(column) == entries.as_slice();
                let chosen: Vec<u32> = columns.iter().copied().filter(same).collect();
                let others: Vec<u32> = columns.into_iter().filter(|column| !same(column)).collect();
                let with: Vec<u32> = [&fixed[..], &chosen].concat();
                // No packing takes a column that is gone: then there is nothing to show.
                let (beside, reach) =
                    if chosen.is_empty() { (Vec::new(), i64::MAX) } else { (self.beside(&others, &with), target) };
                let beside = Claim { node: *taken, columns: beside, taken: with, target: reach };
                Ok(vec![beside, Claim { node: *left, columns: others, taken: fixed, target }])
            }
            Node::Parts(parts) => self.split(node, parts, &columns, &fixed, target),
        }
    }

    /// Sorts columns into parts that share no row.
    fn split(
        &mut self,
        node: u32,
        parts: &[Part],
        columns: &[u32],
        taken: &[u32],
        target: i64,
    ) -> Result<Vec<Claim>, ProofError> {
        let taken = taken.iter().map(|&column| i128::from(self.packing.columns.weight(column)));
        let sum = taken.chain(parts.iter().map(|part| i128::from(part.target))).sum::<i128>();
        if sum > i128::from(target) {
            return Err(ProofError::PartsBeyondTarget { node });
        }
        self.part.fill(u32::MAX);
        let mut claims: Vec<Claim> = Vec::with_capacity(parts.len());
        for (number, part) in (0u32..).zip(parts) {
            for &row in &part.rows {
                match self.part.get_mut(row as usize) {
                    Some(mark) if *mark == u32::MAX => *mark = number,
                    _ => return Err(ProofError::PartRow { node, row }),
                }
            }
            claims.push(Claim { node: part.node, columns: Vec::new(), taken: Vec::new(), target: part.target });
        }
        for &column in columns {
            let mut marks = self.packing.columns.entries(column).iter().map(|&(row, _)| self.part[row as usize]);
            let mark = marks.next().unwrap_or(u32::MAX);
            if mark == u32::MAX || marks.any(|other| other != mark) {
                return Err(ProofError::ColumnAcrossParts { node, column });
            }
            claims[mark as usize].columns.push(column);
        }
        Ok(claims)
    }

    /// Returns what duals come to, in units of one `scale`-th, and each column's price less its weight.
    fn bound(
        &mut self,
        node: u32,
        duals: &Duals,
        columns: &[u32],
        taken: &[u32],
    ) -> Result<(i128, Vec<i128>), ProofError> {
        for &(row, dual) in duals {
            self.dual[row as usize] = dual;
        }
        let slacks: Vec<i128> = columns.iter().map(|&column| self.slack(column)).collect();
        let room = duals.iter().map(|&(row, dual)| i128::from(dual).checked_mul(self.capacity[row as usize]));
        // What is taken weighs its weight and leaves less room: the difference is its slack.
        let less = taken.iter().map(|&column| Some(-self.slack(column)));
        let more = slacks.iter().map(|&slack| Some((-slack).max(0)));
        let total = room.chain(less).chain(more).try_fold(0i128, |total, part| total.checked_add(part?));
        for &(row, _) in duals {
            self.dual[row as usize] = 0;
        }
        Ok((total.ok_or(ProofError::SumOutOfRange { node })?, slacks))
    }

    /// Returns the price of a column at the current duals less its weight.
    fn slack(&self, column: u32) -> i128 {
        let entries = &self.entries[self.first[column as usize]..self.first[column as usize + 1]];
        let prices = entries.iter().map(|&(row, entry)| i128::from(self.dual[row as usize]) * i128::from(entry));
        prices.sum::<i128>() - i128::from(self.packing.columns.weight(column)) * i128::from(self.proof.scale)
    }

    /// Returns the columns that fit beside some that are taken.
    fn beside(&self, columns: &[u32], taken: &[u32]) -> Vec<u32> {
        let mut used: BTreeMap<u32, u64> = BTreeMap::new();
        for &column in taken {
            for &(row, entry) in self.packing.columns.entries(column) {
                *used.entry(row).or_default() += u64::from(entry);
            }
        }
        let room = |row: u32| u64::from(self.packing.capacity[row as usize]);
        let fits = |&(row, entry): &(u32, u32)| used.get(&row).unwrap_or(&0) + u64::from(entry) <= room(row);
        columns.iter().copied().filter(|&column| self.packing.columns.entries(column).iter().all(fits)).collect()
    }

    /// Returns whether weights, being whole, that come to no more than a total are within a target.
    fn within(&self, total: i128, target: i64) -> bool {
        total < (i128::from(target) + 1) * i128::from(self.proof.scale)
    }

    /// Returns the entry of a column in a row.
    fn entry(&self, column: u32, row: u32) -> u32 {
        self.packing.columns.entries(column).iter().find(|&&(other, _)| other == row).map_or(0, |&(_, entry)| entry)
    }
}
