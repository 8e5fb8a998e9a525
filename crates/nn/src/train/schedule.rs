//! How the learning rate goes over a training.
//!
//! *takes* a step and the number of all steps -> *gives* the fraction of `training.learning_rate` that it is taken at.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// After its warm-up it stays.
    #[default]
    Constant,
    /// After its warm-up it falls to nothing along half a cosine wave (Loshchilov & Hutter 2017, without restarts).
    Cosine,
    /// It rises along half a wave and falls along another (Smith & Topin 2018), as PyTorch's `OneCycleLR` does it with its
    /// default settings; the momentum is left alone.
    OneCycle,
}

/// The fraction of the height that one cycle begins at.
const ONE_CYCLE_START: f64 = 1.0 / 25.0;
/// The fraction that it ends at.
const ONE_CYCLE_END: f64 = ONE_CYCLE_START / 10_000.0;
/// The fraction of steps in which one cycle rises, unless the settings say another.
const ONE_CYCLE_RISE: f64 = 0.3;

impl Schedule {
    /// The fraction of the learning rate at a step, counted from 0. `warmup` is the fraction of the steps in which it rises.
    pub(super) fn factor(self, step: usize, steps: usize, warmup: f64) -> f64 {
        let (step, steps) = (step as f64, steps as f64);
        if self == Schedule::OneCycle {
            let warmup = if warmup > 0.0 { warmup } else { ONE_CYCLE_RISE };
            return one_cycle(step, steps, (warmup * steps - 1.0).max(0.0));
        }
        let rising = warmup * steps;
        if step + 1.0 < rising {
            return (step + 1.0) / rising;
        }
        match self {
            Schedule::Cosine => half_wave(1.0, 0.0, (step - rising).max(0.0) / (steps - rising).max(1.0)),
            _ => 1.0,
        }
    }
}

/// `top` is the step at which the height is reached.
fn one_cycle(step: f64, steps: f64, top: f64) -> f64 {
    if step <= top && top > 0.0 {
        half_wave(ONE_CYCLE_START, 1.0, step / top)
    } else {
        half_wave(1.0, ONE_CYCLE_END, (step - top) / (steps - 1.0 - top).max(1.0))
    }
}

/// From one value to another along half a cosine wave, of which a fraction of `way` is gone.
fn half_wave(from: f64, to: f64, way: f64) -> f64 {
    to + (from - to) * (0.5 + 0.5 * (PI * way).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<const N: usize>(schedule: Schedule, warmup: f64, steps: [usize; N]) -> [f64; N] {
        steps.map(|step| schedule.factor(step, 100, warmup))
    }

    #[test]
    fn the_learning_rate_rises_stays_or_falls_along_half_a_wave() {
        let steps = [0, 4, 9, 55, 99];
        assert_eq!(at(Schedule::Constant, 0.0, steps), [1.0; 5]);
        assert_eq!(at(Schedule::Constant, 0.1, steps), [0.1, 0.5, 1.0, 1.0, 1.0]);
        let [first, fifth, top, middle, last] = at(Schedule::Cosine, 0.1, steps);
        assert_eq!([first, fifth, top], [0.1, 0.5, 1.0]);
        assert!((middle - 0.5).abs() < 1e-9 && last > 0.0 && last < 1e-3, "{middle} {last}");
    }

    /// Against PyTorch 2.15: `OneCycleLR(optimizer, max_lr=1.0, total_steps=100, cycle_momentum=False)`, and `pct_start=0.1`.
    #[test]
    fn one_cycle_is_pytorchs() {
        let as_set = at(Schedule::OneCycle, 0.0, [0, 14, 29, 30, 64, 99]);
        let in_a_tenth = at(Schedule::OneCycle, 0.1, [0, 5, 9, 50, 99]);
        let expected = [0.04, 0.49401332387899954, 1.0, 0.9994965352845243, 0.500002, 4e-6];
        let quicker = [0.04, 0.6033511252801266, 1.0, 0.5695882721338308, 4e-6];
        for (found, expected) in as_set.into_iter().zip(expected).chain(in_a_tenth.into_iter().zip(quicker)) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_training_of_a_few_steps_has_a_cycle_too() {
        for steps in 1..6 {
            for step in 0..steps {
                let factor = Schedule::OneCycle.factor(step, steps, 0.0);
                assert!((0.0..=1.0).contains(&factor), "step {step} of {steps}: {factor}");
            }
        }
    }
}
