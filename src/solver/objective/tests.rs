//! Holds every objective to brute force.

use std::cmp::Ordering;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// What a plan is worth: the swaps served, the gains of all groups with a vertex, the points.
#[derive(Clone, Debug)]
struct Worth {
    served: usize,
    gains: Vec<i64>,
    points: i64,
}

impl Worth {
    fn compare(&self, other: &Self, objective: Objective) -> Ordering {
        match objective {
            Objective::Points => self.points.cmp(&other.points),
            Objective::MovesThenPoints => (self.served, self.points).cmp(&(other.served, other.points)),
            Objective::WorstGainFirst => leximin(&self.gains, &other.gains).then(self.points.cmp(&other.points)),
        }
    }
}

struct Market {
    vertices: usize,
    swaps: Vec<Swap>,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
}

impl Market {
    fn random(random: &mut ChaCha8Rng, several_moves: bool, largest: i64, smallest: i64) -> Self {
        let vertices = random.random_range(0..=8);
        let groups = if several_moves { random.random_range(1..=4) } else { 8 };
        let shared = random.random_bool(0.3);
        let group_of = (0..vertices as u32)
            .map(|vertex| if several_moves || shared { random.random_range(0..groups) } else { vertex })
            .collect();
        let cap_of_group = (0..groups)
            .map(|_| {
                if several_moves {
                    [None, Some(0), Some(1), Some(2), Some(3)][random.random_range(0..5)]
                } else {
                    Some(1)
                }
            })
            .collect();
        let mut swaps = Vec::new();
        for _ in 0..if vertices < 2 { 0 } else { random.random_range(0..=14) } {
            // Where a group makes several moves, which of parallel swaps is better depends on the others.
            let u = random.random_range(0..vertices as u32);
            let v = (u + random.random_range(1..vertices as u32)) % vertices as u32;
            let gains = [random.random_range(smallest..=largest), random.random_range(smallest..=largest)];
            let unfairness = random.random_range(0..=1);
            let points = gains[0] + gains[1] - unfairness * (gains[0] - gains[1]).abs();
            let is_new =
                swaps.iter().all(|other: &Swap| [(u, v), (v, u)].iter().all(|&ends| ends != (other.u, other.v)));
            if is_new || !several_moves {
                swaps.push(Swap { u, v, points, gains });
            }
        }
        Self { vertices, swaps, group_of, cap_of_group }
    }

    fn nothing(&self) -> Worth {
        Worth { served: 0, gains: vec![0; self.cap_of_group.len()], points: 0 }
    }

    /// Tries every plan of swaps from one on.
    fn brute_force(&self, from: usize, taken: &mut Vec<usize>, objective: Objective, best: &mut Worth) {
        if from == self.swaps.len() {
            let worth = self.worth(taken);
            if worth.compare(best, objective) == Ordering::Greater {
                *best = worth;
            }
            return;
        }
        self.brute_force(from + 1, taken, objective, best);
        let swap = &self.swaps[from];
        let usable = swap.points >= 0 && (objective != Objective::WorstGainFirst || swap.gains.iter().all(|&g| g >= 0));
        taken.push(from);
        if usable && self.is_allowed(taken) {
            self.brute_force(from + 1, taken, objective, best);
        }
        taken.pop();
    }

    fn is_allowed(&self, taken: &[usize]) -> bool {
        let mut used = vec![false; self.vertices];
        let mut left: Vec<u32> = self.cap_of_group.iter().map(|cap| cap.unwrap_or(u32::MAX)).collect();
        taken.iter().flat_map(|&swap| [self.swaps[swap].u, self.swaps[swap].v]).all(|vertex| {
            let left = &mut left[self.group_of[vertex as usize] as usize];
            let free = !used[vertex as usize] && *left > 0;
            used[vertex as usize] = true;
            *left = left.saturating_sub(1);
            free
        })
    }

    fn worth(&self, taken: &[usize]) -> Worth {
        let mut worth = self.nothing();
        for swap in taken.iter().map(|&swap| &self.swaps[swap]) {
            worth.served += 2;
            worth.points += swap.points;
            for (vertex, gain) in [swap.u, swap.v].into_iter().zip(swap.gains) {
                worth.gains[self.group_of[vertex as usize] as usize] += gain;
            }
        }
        worth
    }

    fn solve(&self, objective: Objective) -> BestSwaps {
        best_swaps(self.vertices, &self.swaps, &self.group_of, &self.cap_of_group, objective, &|| false).unwrap()
    }

    /// Returns the best worth that swaps between the mates can have.
    fn worth_of_mates(&self, mate: &[Option<u32>], objective: Objective) -> Worth {
        let between_mates =
            |swap: &&Swap| mate[swap.u as usize] == Some(swap.v) && mate[swap.v as usize] == Some(swap.u);
        let swaps = self.swaps.iter().filter(between_mates).copied().collect();
        let own = Self { swaps, group_of: self.group_of.clone(), cap_of_group: self.cap_of_group.clone(), ..*self };
        let mut best = own.nothing();
        own.brute_force(0, &mut Vec::new(), objective, &mut best);
        best
    }

    fn verify(&self, objective: Objective, mate: &[Option<u32>], proof: &Proof) -> Result<Verified, UnprovenPlan> {
        let Self { vertices, swaps, group_of, cap_of_group } = self;
        verify_best_swaps(*vertices, swaps, group_of, cap_of_group, objective, mate, proof)
    }

    fn check(&self, objective: Objective) {
        let found = self.solve(objective);
        let mut best = self.nothing();
        self.brute_force(0, &mut Vec::new(), objective, &mut best);
        let worth = self.worth_of_mates(&found.mate, objective);
        let story = || format!("{:?} {:?} {:?} {objective:?}", self.swaps, self.group_of, self.cap_of_group);
        assert_eq!(worth.compare(&best, objective), Ordering::Equal, "{worth:?} {best:?} {}", story());
        assert_eq!((worth.points, true), (found.points, found.optimal), "{}", story());
        let verified = self.verify(objective, &found.mate, &found.proof).unwrap_or_else(|e| panic!("{e} {}", story()));
        assert_eq!(verified.points, found.points);
    }
}

const OBJECTIVES: [Objective; 3] = [Objective::Points, Objective::MovesThenPoints, Objective::WorstGainFirst];

#[test]
fn each_objective_equals_brute_force_where_every_rep_makes_one_move() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..6_000 {
        let (largest, smallest) = [(1, 0), (3, 0), (3, -1), (9, -2)][round % 4];
        let market = Market::random(&mut random, false, largest, smallest);
        for objective in OBJECTIVES {
            market.check(objective);
        }
    }
}

#[test]
fn each_objective_equals_brute_force_where_reps_make_several_moves() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for round in 0..4_000 {
        let (largest, smallest) = [(1, 0), (3, 0), (9, -2)][round % 3];
        let market = Market::random(&mut random, true, largest, smallest);
        for objective in OBJECTIVES {
            market.check(objective);
        }
    }
}

#[test]
fn gains_of_forty_bits_are_told_apart_to_the_last_point() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..1_500 {
        let market = Market::random(&mut random, false, 1 << 40, (1 << 40) - 3);
        for objective in OBJECTIVES {
            market.check(objective);
        }
    }
}

/// A market of rings, small enough for trying every plan.
struct RingMarket {
    columns: Vec<Column>,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
}

impl RingMarket {
    fn random(random: &mut ChaCha8Rng, largest: i64, smallest: i64) -> Self {
        let vertices = random.random_range(2..=8);
        let groups = random.random_range(1..=6);
        let group_of = (0..vertices as u32).map(|_| random.random_range(0..groups as u32)).collect();
        let cap_of_group = (0..groups).map(|_| [None, Some(0), Some(1), Some(2)][random.random_range(0..4)]).collect();
        let columns = (0..random.random_range(0..=11)).map(|_| {
            let length = random.random_range(2..=vertices.min(4));
            let vertices = rand::seq::index::sample(random, vertices, length).iter().map(|v| v as u32).collect();
            let gains: Vec<i64> = (0..length).map(|_| random.random_range(smallest..=largest)).collect();
            let points = gains.iter().sum::<i64>() - random.random_range(0..=1);
            Column { vertices, gains, points }
        });
        Self { columns: columns.collect(), group_of, cap_of_group }
    }

    fn worth(&self, chosen: &[u32]) -> Option<Worth> {
        let mut worth = Worth { served: 0, gains: vec![0; self.cap_of_group.len()], points: 0 };
        let mut used = vec![false; self.group_of.len()];
        let mut left: Vec<u32> = self.cap_of_group.iter().map(|cap| cap.unwrap_or(u32::MAX)).collect();
        for Column { vertices, gains, points } in chosen.iter().map(|&column| &self.columns[column as usize]) {
            worth.served += vertices.len();
            worth.points += points;
            for (&vertex, gain) in vertices.iter().zip(gains) {
                let group = self.group_of[vertex as usize] as usize;
                if std::mem::replace(&mut used[vertex as usize], true) || left[group] == 0 {
                    return None;
                }
                left[group] -= 1;
                worth.gains[group] += gain;
            }
        }
        Some(worth)
    }

    fn solve(&self) -> FairestColumns {
        fairest_columns(&self.columns, &self.group_of, &self.cap_of_group, &|| false).unwrap()
    }

    fn check(&self) -> Verified {
        let Self { columns, group_of, cap_of_group } = self;
        let found = self.solve();
        let is_usable = |&column: &u32| {
            let Column { gains, points, .. } = &columns[column as usize];
            *points >= 0 && gains.iter().all(|&gain| gain >= 0)
        };
        let usable: Vec<u32> = (0..columns.len() as u32).filter(is_usable).collect();
        let worth = self.worth(&found.chosen).expect("the plan is possible");
        assert!(found.chosen.iter().all(is_usable));
        assert_eq!((worth.points, true), (found.points, found.optimal));
        for subset in 0u32..1 << usable.len() {
            let chosen = usable.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1).map(|(_, &column)| column);
            if let Some(other) = self.worth(&chosen.collect::<Vec<_>>()) {
                let better = worth.compare(&other, Objective::WorstGainFirst) == Ordering::Less;
                assert!(!better, "{worth:?} {other:?} {:?}", self.columns);
            }
        }
        let verified = verify_fairest_columns(columns, group_of, cap_of_group, &found.chosen, &found.proof);
        let verified = verified.unwrap_or_else(|error| panic!("{error} {columns:?} {found:?}"));
        assert_eq!(verified.points, found.points);
        verified
    }
}

#[test]
fn the_fairest_rings_of_a_few_equal_brute_force() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for round in 0..2_000 {
        let (largest, smallest) = [(1, 0), (3, -1), (9, 0)][round % 3];
        RingMarket::random(&mut random, largest, smallest).check();
    }
}

#[test]
fn the_fairest_rings_of_a_few_are_proven_where_every_rep_makes_one_move() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    for round in 0..3_000 {
        let (largest, smallest) = [(1, 0), (3, -1), (9, 0), (1 << 40, (1 << 40) - 4)][round % 4];
        let mut market = RingMarket::random(&mut random, largest, smallest);
        market.cap_of_group = market.cap_of_group.iter().map(|cap| cap.map(|cap| cap.min(1)).or(Some(1))).collect();
        assert_eq!(market.check().unproven, Vec::<u32>::new());
    }
}

#[test]
fn the_fairest_columns_of_two_are_as_fair_as_the_fairest_matching() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for round in 0..32 {
        let vertices = random.random_range(8..=18u32);
        let largest = [2i64, 12, 1_000, 1 << 30][round % 4];
        let mut swaps = Vec::new();
        for u in 0..vertices {
            for v in u + 1..vertices {
                if random.random_bool(0.25) {
                    let gains: [i64; 2] = [random.random_range(1..=largest), random.random_range(1..=largest)];
                    swaps.push(Swap { u, v, points: gains[0] + gains[1] - (gains[0] - gains[1]).abs() / 2, gains });
                }
            }
        }
        let column =
            |swap: &Swap| Column { vertices: vec![swap.u, swap.v], gains: swap.gains.to_vec(), points: swap.points };
        let columns = swaps.iter().map(column).collect();
        let (group_of, cap_of_group): (Vec<u32>, _) = ((0..vertices).collect(), vec![Some(1); vertices as usize]);
        let rings = RingMarket { columns, group_of: group_of.clone(), cap_of_group: cap_of_group.clone() };
        let found = rings.solve();
        let verified = verify_fairest_columns(&rings.columns, &group_of, &cap_of_group, &found.chosen, &found.proof);
        assert_eq!(verified.unwrap().unproven, Vec::<u32>::new());
        let market = Market { vertices: vertices as usize, swaps, group_of, cap_of_group };
        let matching = market.solve(Objective::WorstGainFirst);
        let other = market.worth_of_mates(&matching.mate, Objective::WorstGainFirst);
        let own = rings.worth(&found.chosen).expect("the plan is possible");
        assert_eq!(own.compare(&other, Objective::WorstGainFirst), Ordering::Equal, "{own:?} {other:?}");
    }
}

#[test]
fn larger_markets_are_proven_and_the_order_of_swaps_does_not_matter() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for round in 0..200 {
        let vertices = random.random_range(20..=60u32);
        let largest = [2i64, 12, 1_000, 1 << 40][round % 4];
        let mut swaps = Vec::new();
        for u in 0..vertices {
            for v in u + 1..vertices {
                if random.random_bool(0.12) {
                    let gains: [i64; 2] = [random.random_range(0..=largest), random.random_range(0..=largest)];
                    swaps.push(Swap { u, v, points: gains[0] + gains[1] - (gains[0] - gains[1]).abs() / 2, gains });
                }
            }
        }
        let (group_of, cap_of_group) = ((0..vertices).collect(), vec![None; vertices as usize]);
        let market = Market { vertices: vertices as usize, swaps, group_of, cap_of_group };
        let found = market.solve(Objective::WorstGainFirst);
        let verified = market.verify(Objective::WorstGainFirst, &found.mate, &found.proof).unwrap();
        assert_eq!((verified.points, verified.unproven), (found.points, Vec::new()));
        let turned =
            |swap: &Swap| Swap { u: swap.v, v: swap.u, points: swap.points, gains: [swap.gains[1], swap.gains[0]] };
        let swaps = market.swaps.iter().rev().map(turned).collect();
        assert_eq!(Market { swaps, ..market }.solve(Objective::WorstGainFirst), found);
    }
}

#[test]
fn a_search_that_is_stopped_says_so_and_keeps_to_the_caps() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..300 {
        let market = Market::random(&mut random, true, 9, 0);
        let Market { vertices, swaps, group_of, cap_of_group } = &market;
        let stopped =
            best_swaps(*vertices, swaps, group_of, cap_of_group, Objective::WorstGainFirst, &|| true).unwrap();
        let best = market.solve(Objective::WorstGainFirst);
        let own = market.worth_of_mates(&stopped.mate, Objective::WorstGainFirst);
        assert_eq!(own.points, stopped.points);
        assert!(
            !stopped.optimal
                || leximin(&own.gains, &market.worth_of_mates(&best.mate, Objective::WorstGainFirst).gains)
                    == Ordering::Equal
        );
    }
}
