//! Holds that every rule of the check refuses what breaks it.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::solver::Certificate;
use crate::solver::objective::{BestSwaps, Column, FairestColumns, PackingStep, Step, best_swaps, fairest_columns};

#[derive(Clone)]
struct Case {
    vertices: usize,
    swaps: Vec<Swap>,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
    objective: Objective,
    mate: Vec<Option<u32>>,
    proof: Proof,
}

impl Case {
    fn new(swaps: Vec<Swap>, group_of: Vec<u32>, cap_of_group: Vec<Option<u32>>, objective: Objective) -> Self {
        let vertices = group_of.len();
        let BestSwaps { mate, proof, .. } =
            best_swaps(vertices, &swaps, &group_of, &cap_of_group, objective, &|| false).unwrap();
        let case = Self { vertices, swaps, group_of, cap_of_group, objective, mate, proof };
        assert!(case.verify().is_ok());
        case
    }

    /// A market of twenty reps whose gains take several steps to compare, the same at every call.
    fn of_several_steps() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        loop {
            let mut swaps = Vec::new();
            for u in 0..20 {
                for v in u + 1..20 {
                    if random.random_bool(0.3) {
                        let gains = [random.random_range(1..=60), random.random_range(1..=60)];
                        swaps.push(Swap { u, v, points: gains[0] + gains[1], gains });
                    }
                }
            }
            let case = Self::new(swaps, (0..20).collect(), vec![None; 20], Objective::WorstGainFirst);
            let dropped = case.steps().iter().position(|step| matches!(step, Step::Drop { .. }));
            let solved =
                case.steps().iter().skip(1).any(|step| matches!(step, Step::Solve { ranks, .. } if ranks.len() > 4));
            if dropped.is_some() && solved {
                return case;
            }
        }
    }

    fn verify(&self) -> Result<Verified, UnprovenPlan> {
        let Self { vertices, swaps, group_of, cap_of_group, objective, mate, proof } = self;
        verify_best_swaps(*vertices, swaps, group_of, cap_of_group, *objective, mate, proof)
    }

    fn steps(&self) -> &[Step<Certificate<i128>>] {
        match &self.proof {
            Proof::Fairest(steps) => steps,
            _ => panic!("a proof of fairness"),
        }
    }

    fn refused(&self, change: impl FnOnce(&mut Self)) -> UnprovenPlan {
        let mut case = self.clone();
        change(&mut case);
        case.verify().expect_err("the rule is broken")
    }

    /// Changes the first step that a function accepts, and returns what is said of that step.
    fn step_refused(&self, mut change: impl FnMut(&mut Step<Certificate<i128>>) -> bool) -> StepError {
        let refused = self.refused(|case| match &mut case.proof {
            Proof::Fairest(steps) => assert!(steps.iter_mut().any(&mut change), "a step to change"),
            _ => panic!("a proof of fairness"),
        });
        match refused {
            UnprovenPlan::Step { error, .. } => error,
            other => panic!("{other}"),
        }
    }
}

fn swap(u: u32, v: u32, gains: [i64; 2]) -> Swap {
    Swap { u, v, points: gains[0] + gains[1], gains }
}

#[test]
fn what_is_no_plan_within_the_caps_is_refused() {
    let swaps = vec![swap(0, 1, [3, 4]), swap(1, 2, [1, 1]), swap(2, 3, [5, 5])];
    let case = Case::new(swaps, vec![0, 1, 2, 3], vec![None; 4], Objective::WorstGainFirst);
    assert_eq!(case.refused(|case| case.group_of = vec![0, 1, 2]), UnprovenPlan::Groups);
    assert_eq!(case.refused(|case| case.group_of[3] = 4), UnprovenPlan::Groups);
    assert_eq!(case.refused(|case| case.swaps[1].v = 1), UnprovenPlan::NotASwap { index: 1 });
    assert_eq!(case.refused(|case| case.mate.truncate(3)), UnprovenPlan::MateCount { expected: 4, found: 3 });
    assert_eq!(case.refused(|case| case.mate[1] = None), UnprovenPlan::NotMutual { vertex: 0 });
    assert_eq!(case.refused(|case| case.mate[1] = Some(9)), UnprovenPlan::NotMutual { vertex: 0 });
    let crossed = vec![Some(2), Some(3), Some(0), Some(1)];
    assert_eq!(case.refused(|case| case.mate = crossed), UnprovenPlan::NoSwap { vertex: 0 });
    assert_eq!(case.refused(|case| case.swaps[2].points = -1), UnprovenPlan::NoSwap { vertex: 2 });
    assert_eq!(case.refused(|case| case.swaps[2].gains[0] = -1), UnprovenPlan::NoSwap { vertex: 2 });
    assert_eq!(case.refused(|case| case.cap_of_group[1] = Some(0)), UnprovenPlan::CapExceeded { group: 1 });
    assert_eq!(case.refused(|case| case.objective = Objective::Points), UnprovenPlan::OtherObjective);
}

#[test]
fn a_worse_swap_between_the_same_reps_is_refused() {
    let swaps = vec![swap(0, 2, [3, 4]), swap(1, 3, [4, 4])];
    let case = Case::new(swaps, vec![0, 0, 1, 1], vec![Some(1); 2], Objective::WorstGainFirst);
    let worse = vec![Some(2), None, Some(0), None];
    assert_eq!(case.refused(|case| case.mate = worse), UnprovenPlan::BetterSwap { groups: (0, 1) });
}

#[test]
fn a_plan_of_fewer_swaps_or_points_is_refused() {
    let swaps = vec![swap(0, 1, [3, 4]), swap(1, 2, [90, 90]), swap(2, 3, [5, 5])];
    let case = Case::new(swaps, vec![0, 1, 2, 3], vec![None; 4], Objective::MovesThenPoints);
    let fewer = vec![None, Some(2), Some(1), None];
    assert!(matches!(case.refused(|case| case.mate = fewer.clone()), UnprovenPlan::Counted(_)));
    assert!(matches!(case.refused(|case| case.objective = Objective::Points), UnprovenPlan::Counted(_)));
    let Proof::Counted(CountedProof { extra_mates, certificate }) = &case.proof else { panic!("64 bits are enough") };
    let wide = Proof::CountedWide(CountedProof {
        extra_mates: extra_mates.clone(),
        certificate: crate::solver::Certificate {
            vertex_duals_2x: certificate.vertex_duals_2x.iter().map(|&dual_2x| i128::from(dual_2x)).collect(),
            blossoms: Vec::new(),
        },
    });
    let wide = Case { proof: wide, ..case.clone() };
    assert!(wide.verify().is_ok());
    assert!(matches!(wide.refused(|case| case.mate = fewer), UnprovenPlan::CountedWide(_)));
    assert_eq!(case.refused(|case| case.swaps[1].points = i64::MAX), UnprovenPlan::TooLarge);
}

#[test]
fn the_steps_must_decide_everything() {
    let case = Case::of_several_steps();
    let cut_short = case.refused(|case| match &mut case.proof {
        Proof::Fairest(steps) => steps.truncate(1),
        _ => panic!("a proof of fairness"),
    });
    assert!(matches!(cut_short, UnprovenPlan::Open { .. }));
}

#[test]
fn a_step_must_name_a_vertex_of_its_part() {
    let case = Case::of_several_steps();
    let beyond = case.step_refused(|step| match step {
        Step::Solve { of, .. } | Step::Drop { of, .. } => {
            *of = 20;
            true
        }
    });
    assert_eq!(beyond, StepError::Vertex);
    // Two markets apart from each other, of six vertices and of three.
    let mut swaps: Vec<Swap> = (0..5).map(|v| swap(v, v + 1, [3 + i64::from(v), 4])).collect();
    swaps.extend([swap(6, 7, [5, 6]), swap(7, 8, [6, 5])]);
    let apart = Case::new(swaps, (0..9).collect(), vec![None; 9], Objective::WorstGainFirst);
    let other = apart.step_refused(|step| match step {
        Step::Solve { of, .. } | Step::Drop { of, .. } => {
            *of = if *of < 6 { 6 } else { 0 };
            true
        }
    });
    assert!(matches!(other, StepError::Certificate(CertificateError::DualCount { .. })), "{other}");
}

#[test]
fn a_step_must_come_in_its_turn() {
    let case = Case::of_several_steps();
    let unserved = case.step_refused(|step| match step {
        Step::Solve { served, .. } => std::mem::replace(served, false),
        Step::Drop { .. } => false,
    });
    assert_eq!(unserved, StepError::OutOfTurn);
    let nothing_new = case.step_refused(|step| match step {
        Step::Drop { until, .. } => {
            *until = 0;
            true
        }
        Step::Solve { .. } => false,
    });
    assert_eq!(nothing_new, StepError::OutOfTurn);
    let too_early = case.step_refused(|step| match step {
        Step::Solve { served: false, points, ranks, .. } => {
            *points = true;
            ranks.truncate(1);
            true
        }
        _ => false,
    });
    assert!(matches!(too_early, StepError::PointsTooEarly { .. }));
}

#[test]
fn gains_of_the_plan_are_neither_dropped_nor_mixed() {
    let case = Case::of_several_steps();
    let used = case.step_refused(|step| match step {
        Step::Drop { until, .. } => {
            *until = 1_000;
            true
        }
        Step::Solve { .. } => false,
    });
    assert!(matches!(used, StepError::UsedGain { .. }));
    let descending = case.step_refused(|step| match step {
        Step::Solve { served: false, ranks, .. } if ranks.len() > 1 => {
            ranks.reverse();
            true
        }
        _ => false,
    });
    assert_eq!(descending, StepError::Ranks);
    let mixed = case.step_refused(|step| match step {
        Step::Solve { served: false, ranks, .. } if ranks.len() > 4 => {
            *ranks = vec![ranks[ranks.len() - 1]];
            true
        }
        _ => false,
    });
    assert!(matches!(mixed, StepError::MixedRank { .. }));
}

#[test]
fn a_step_must_be_proven_in_numbers_that_fit() {
    let case = Case::of_several_steps();
    let mut seen = 0;
    let lighter = case.step_refused(|step| match step {
        Step::Solve { duals, .. } => {
            seen += 1;
            duals.vertex_duals_2x.iter_mut().for_each(|dual_2x| *dual_2x = (*dual_2x - 1).max(0));
            seen == 2
        }
        Step::Drop { .. } => false,
    });
    assert!(matches!(lighter, StepError::Certificate(_)));
    let swaps = (0..159).map(|v| swap(v, v + 1, [1 + i64::from(v); 2]));
    let many = Case::new(swaps.collect(), (0..160).collect(), vec![None; 160], Objective::WorstGainFirst);
    let too_many = many.step_refused(|step| match step {
        Step::Solve { ranks, .. } => {
            *ranks = (1..=160).collect();
            true
        }
        Step::Drop { .. } => false,
    });
    assert_eq!(too_many, StepError::TooLarge);
}

/// Rings of a few among a dozen reps, two of which have a choice of offers, with a proof of several steps.
struct Rings {
    columns: Vec<Column>,
    group_of: Vec<u32>,
    cap_of_group: Vec<Option<u32>>,
    found: FairestColumns,
}

impl Rings {
    fn of_several_steps() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let group_of: Vec<u32> = (0..14).map(|vertex| vertex % 12).collect();
        let cap_of_group = vec![Some(1); 12];
        let columns = (0..160).map(|_| {
            let length = random.random_range(2..=4);
            let vertices = rand::seq::index::sample(&mut random, 14, length).iter().map(|v| v as u32).collect();
            let gains: Vec<i64> = (0..length).map(|_| random.random_range(1..=40)).collect();
            let points = gains.iter().sum::<i64>() - random.random_range(0..=1);
            Column { vertices, gains, points }
        });
        let columns: Vec<Column> = columns.collect();
        let found = fairest_columns(&columns, &group_of, &cap_of_group, &|| false).unwrap();
        let rings = Self { columns, group_of, cap_of_group, found };
        assert!(rings.verify().is_ok_and(|verified| verified.unproven.is_empty()));
        assert!(rings.found.proof.len() > 3 && rings.found.chosen.len() > 2, "{:?}", rings.found);
        rings
    }

    fn verify(&self) -> Result<Verified, UnprovenPlan> {
        let Self { columns, group_of, cap_of_group, found } = self;
        verify_fairest_columns(columns, group_of, cap_of_group, &found.chosen, &found.proof)
    }

    fn refused(change: impl FnOnce(&mut Self)) -> UnprovenPlan {
        let mut rings = Self::of_several_steps();
        change(&mut rings);
        rings.verify().expect_err("the rule is broken")
    }
}

#[test]
fn columns_that_are_no_plan_within_the_caps_are_refused() {
    let first = |rings: &Rings| rings.found.chosen[0] as usize;
    assert_eq!(Rings::refused(|rings| rings.group_of[3] = 12), UnprovenPlan::Groups);
    let twice = |rings: &mut Rings| rings.columns[0].vertices[1] = rings.columns[0].vertices[0];
    assert_eq!(Rings::refused(twice), UnprovenPlan::NotASwap { index: 0 });
    assert_eq!(Rings::refused(|rings| rings.columns[1].vertices[0] = 14), UnprovenPlan::NotASwap { index: 1 });
    assert_eq!(Rings::refused(|rings| rings.columns[2].gains.truncate(1)), UnprovenPlan::NotASwap { index: 2 });
    assert!(matches!(Rings::refused(|rings| rings.found.chosen.reverse()), UnprovenPlan::NotAColumn { .. }));
    assert_eq!(Rings::refused(|rings| rings.found.chosen.push(160)), UnprovenPlan::NotAColumn { column: 160 });
    let loss = |rings: &mut Rings| {
        let chosen = first(rings);
        rings.columns[chosen].gains[0] = -1;
    };
    assert!(matches!(Rings::refused(loss), UnprovenPlan::NotAColumn { .. }));
    let worthless = |rings: &mut Rings| {
        let chosen = first(rings);
        rings.columns[chosen].points = -1;
    };
    assert!(matches!(Rings::refused(worthless), UnprovenPlan::NotAColumn { .. }));
    let same = |rings: &mut Rings| {
        rings.columns.push(rings.columns[first(rings)].clone());
        rings.found.chosen.push(160);
    };
    assert!(matches!(Rings::refused(same), UnprovenPlan::TakenTwice { .. }));
    let capped = |rings: &mut Rings| {
        let chosen: Vec<u32> = rings.found.chosen.clone();
        let group = |column: u32| rings.group_of[rings.columns[column as usize].vertices[0] as usize];
        let (one, other) = (group(chosen[0]), group(chosen[1]));
        rings.group_of.iter_mut().filter(|group| **group == other).for_each(|group| *group = one);
    };
    assert!(matches!(Rings::refused(capped), UnprovenPlan::CapExceeded { .. } | UnprovenPlan::NotAColumn { .. }));
}

#[test]
fn packings_that_are_not_the_fairest_are_refused() {
    let fewer = Rings::refused(|rings| rings.found.chosen.truncate(2));
    assert!(matches!(fewer, UnprovenPlan::Packing { .. }), "{fewer}");
    let better = |rings: &mut Rings| {
        let chosen = rings.found.chosen[0] as usize;
        let mut column = rings.columns[chosen].clone();
        column.points += 1;
        rings.columns.push(column);
    };
    let last = Rings::of_several_steps().found.proof.len() - 1;
    assert!(matches!(Rings::refused(better), UnprovenPlan::Packing { step, .. } if step == last));
}

#[test]
fn a_step_of_a_packing_must_fit_its_numbers() {
    let heavy = |rings: &mut Rings| {
        for &column in &rings.found.chosen {
            rings.columns[column as usize].points = 1 << 60;
        }
    };
    assert!(matches!(Rings::refused(heavy), UnprovenPlan::Packing { error: StepError::TooLarge, .. }));
}

#[test]
fn steps_of_a_packing_that_prove_nothing_are_refused() {
    let refused = |change: &dyn Fn(&mut Vec<PackingStep>)| Rings::refused(|rings| change(&mut rings.found.proof));
    let error = |change: &dyn Fn(&mut Vec<PackingStep>)| match refused(change) {
        UnprovenPlan::Packing { error, .. } => error,
        other => panic!("{other}"),
    };
    assert_eq!(error(&|steps| steps[1].ranks.reverse()), StepError::Ranks);
    assert_eq!(error(&|steps| steps[1].ranks[0] = 0), StepError::Ranks);
    assert_eq!(error(&|steps| steps[2].ranks.clear()), StepError::OutOfTurn);
    assert_eq!(error(&|steps| drop(steps.remove(0))), StepError::OutOfTurn);
    assert_eq!(error(&|steps| steps.push(steps[1].clone())), StepError::OutOfTurn);
    assert!(matches!(error(&|steps| steps[1].points = true), StepError::PointsTooEarly { .. }));
    assert!(matches!(error(&|steps| drop(steps[1].ranks.drain(..1))), StepError::MixedRank { .. }));
    assert!(matches!(error(&|steps| steps[2].proof.nodes.clear()), StepError::Packing(_)));
    assert!(matches!(error(&|steps| steps[0].proof.nodes.clear()), StepError::Packing(_)));
    assert!(matches!(refused(&|steps| steps.clear()), UnprovenPlan::OpenServed));
    assert!(matches!(refused(&|steps| drop(steps.pop())), UnprovenPlan::OpenPoints));
    assert!(matches!(refused(&|steps| steps.truncate(1)), UnprovenPlan::OpenGain { .. }));
}

#[test]
fn a_plan_of_larger_gains_that_serves_fewer_is_refused() {
    let column =
        |vertices: [u32; 2], gain: i64| Column { vertices: vertices.to_vec(), gains: vec![gain; 2], points: 2 * gain };
    let few = [column([1, 2], 10)];
    let many = [column([1, 2], 10), column([0, 1], 1), column([2, 3], 1)];
    let (group_of, caps): (Vec<u32>, _) = ((0..4).collect(), vec![Some(1); 4]);
    let FairestColumns { chosen, proof, .. } = fairest_columns(&few, &group_of, &caps, &|| false).unwrap();
    assert!(verify_fairest_columns(&few, &group_of, &caps, &chosen, &proof).is_ok());
    let refused = verify_fairest_columns(&many, &group_of, &caps, &chosen, &proof).unwrap_err();
    assert!(matches!(refused, UnprovenPlan::Packing { step: 0, error: StepError::Packing(_) }), "{refused}");
    let fairest = fairest_columns(&many, &group_of, &caps, &|| false).unwrap();
    assert_eq!(fairest.chosen, [1, 2]);
}
