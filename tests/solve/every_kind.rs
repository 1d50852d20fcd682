//! Every objective, with rings of every length, under every cap, against all sets of moves there are.
//!
//! In go thousands of markets of at most six offers; what is asserted is that no set of moves is better, and that the
//! check accepts the plan with its certificate and leaves nothing open that is said to be proven.

use account_swap::exchange::{
    certificate::Certificate,
    check::{Evidence, check},
    market::Market,
    options::{MaxMoves, MaxRing, Objective, Options},
    points::Points,
    read::read,
    result::Status,
    solve::{Solved, solve},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;

const RINGS: [MaxRing; 4] = [MaxRing::AtMost(2), MaxRing::AtMost(3), MaxRing::AtMost(4), MaxRing::Unlimited];
const OBJECTIVES: [Objective; 3] = [Objective::Points, Objective::SwapsThenPoints, Objective::WorstGainFirst];

/// A market as numbers: the rep of each offer, and what each arc gains.
struct Numbers {
    rep_of: Vec<usize>,
    gains: Vec<Vec<Option<i64>>>,
}

impl Numbers {
    fn random(random: &mut ChaCha8Rng, smallest: i64) -> Self {
        let offers = random.random_range(2..=6);
        let reps = random.random_range(2..=offers);
        let rep_of: Vec<usize> =
            (0..offers).map(|offer| if offer < reps { offer } else { random.random_range(0..reps) }).collect();
        let largest = random.random_range(1..=8);
        let arc = |random: &mut ChaCha8Rng, one: usize, other: usize| {
            (rep_of[one] != rep_of[other] && random.random_bool(0.6)).then(|| random.random_range(smallest..=largest))
        };
        let gains = (0..offers).map(|one| (0..offers).map(|other| arc(random, one, other)).collect()).collect();
        Self { rep_of, gains }
    }

    fn market(&self) -> Market {
        let mut text = "{\"format\": \"exchange/1\", \"offers\": [".to_owned();
        for (offer, rep) in self.rep_of.iter().enumerate() {
            write!(text, "{}{{\"id\": \"o{offer}\", \"rep\": \"r{rep}\"}}", if offer > 0 { ", " } else { "" }).unwrap();
        }
        text += "], \"arcs\": [";
        let mut between = "";
        for (one, row) in self.gains.iter().enumerate() {
            for (other, gain) in row.iter().enumerate().filter_map(|(other, gain)| Some((other, (*gain)?))) {
                write!(text, "{between}{{\"give\": \"o{one}\", \"receive\": \"o{other}\", \"gain\": {gain}}}").unwrap();
                between = ", ";
            }
        }
        text += "]}";
        read(text.as_bytes(), None).expect("a market")
    }

    /// Every ring that may be chosen: its offers, what they gain, and its points in parts.
    fn rings(&self, options: &Options) -> Vec<(Vec<usize>, Vec<i64>, i64)> {
        let mut rings = Vec::new();
        let mut walks: Vec<Vec<usize>> = (0..self.rep_of.len()).map(|first| vec![first]).collect();
        while let Some(walk) = walks.pop() {
            let last = walk[walk.len() - 1];
            if walk.len() > 1 && self.gains[last][walk[0]].is_some() && options.max_ring.allows(walk.len()) {
                let next = walk.iter().cycle().skip(1);
                let gains: Vec<i64> =
                    walk.iter().zip(next).map(|(&one, &other)| self.gains[one][other].unwrap()).collect();
                let spread = gains.iter().max().unwrap() - gains.iter().min().unwrap();
                let points =
                    options.unfairness.parts_in_one() * gains.iter().sum::<i64>() - options.unfairness.parts() * spread;
                let loses = options.objective == Objective::WorstGainFirst && gains.iter().any(|&gain| gain < 0);
                if points >= 0 && !loses {
                    rings.push((walk.clone(), gains, points));
                }
            }
            let onward = (walk[0] + 1..self.rep_of.len())
                .filter(|next| !walk.contains(next) && self.gains[last][*next].is_some());
            walks.extend(onward.map(|next| [&walk[..], &[next]].concat()));
        }
        rings
    }

    /// What a set of rings is compared by, worst-off rep first.
    fn worth(&self, objective: Objective, chosen: &[(Vec<usize>, Vec<i64>, i64)]) -> (Vec<i64>, i64) {
        let points = chosen.iter().map(|ring| ring.2).sum();
        let before = match objective {
            Objective::Points => Vec::new(),
            Objective::SwapsThenPoints => vec![chosen.iter().map(|ring| ring.0.len() as i64).sum()],
            Objective::WorstGainFirst => {
                let mut gains = vec![0; self.rep_of.iter().max().unwrap() + 1];
                for (offers, of_offers, _) in chosen {
                    offers.iter().zip(of_offers).for_each(|(&offer, gain)| gains[self.rep_of[offer]] += gain);
                }
                gains.sort_unstable();
                gains
            }
        };
        (before, points)
    }

    /// The best worth of all sets of rings that take no offer twice and keep the cap.
    fn best(&self, options: &Options) -> (Vec<i64>, i64) {
        let rings = self.rings(options);
        let mut best = self.worth(options.objective, &[]);
        let mut open: Vec<Vec<usize>> = vec![Vec::new()];
        while let Some(chosen) = open.pop() {
            let set: Vec<_> = chosen.iter().map(|&ring| rings[ring].clone()).collect();
            best = best.max(self.worth(options.objective, &set));
            for (next, ring) in rings.iter().enumerate().skip(chosen.last().map_or(0, |last| last + 1)) {
                let offers: Vec<usize> = set.iter().flat_map(|taken| &taken.0).chain(&ring.0).copied().collect();
                let once = (1..offers.len()).all(|at| !offers[..at].contains(&offers[at]));
                let moves = |rep: usize| offers.iter().filter(|&&offer| self.rep_of[offer] == rep).count() as u32;
                if once
                    && options.max_moves_per_rep.0.is_none_or(|cap| self.rep_of.iter().all(|&rep| moves(rep) <= cap))
                {
                    open.push([&chosen[..], &[next]].concat());
                }
            }
        }
        best
    }

    /// Solves the market and holds the plan to brute force and to the check.
    fn hold(&self, options: &Options) {
        let market = self.market();
        let Solved { plan, certificate } = solve(&market, options, &|| false).unwrap();
        let story = || format!("{:?} {:?} {options:?} {plan:?}", self.rep_of, self.gains);
        assert_eq!(plan.status, Status::Optimal, "{}", story());
        let number = |id: &String| id[1..].parse::<usize>().unwrap();
        let parts = |points: Points| points.parts(options.unfairness.parts_in_one()).unwrap() as i64;
        let chosen = plan
            .moves
            .iter()
            .map(|one| (one.give.iter().map(number).collect(), one.gains.clone().unwrap(), parts(one.points)));
        let worth = self.worth(options.objective, &chosen.collect::<Vec<_>>());
        assert_eq!(worth, self.best(options), "{}", story());
        let mut written = Vec::new();
        certificate.write(&mut written).unwrap();
        let certificate = Certificate::read(&written[..]).unwrap();
        let judgement = check(&market, options, &plan, Evidence::Certificate(&certificate));
        assert_eq!(judgement.failed, Vec::<String>::new(), "{}", story());
        let one_move = options.max_moves_per_rep.0.is_some_and(|cap| cap <= 1);
        assert!(
            judgement.open.is_empty() || (options.objective == Objective::WorstGainFirst && !one_move),
            "{}",
            story()
        );
    }
}

#[test]
fn every_kind_of_plan_equals_brute_force_and_is_proven() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    for round in 0..250 {
        let numbers = Numbers::random(&mut random, [0, -2][round % 2]);
        for objective in OBJECTIVES {
            for max_ring in RINGS {
                for cap in [None, Some(1), Some(2)] {
                    let unfairness = ["0", "0.5"][usize::from(round % 3 == 0 && max_ring != MaxRing::Unlimited)];
                    let (max_moves_per_rep, unfairness) = (MaxMoves(cap), unfairness.parse().unwrap());
                    let options = Options { objective, max_ring, max_moves_per_rep, unfairness };
                    if options.fit(&numbers.market()).is_ok() {
                        numbers.hold(&options);
                    }
                }
            }
        }
    }
}
