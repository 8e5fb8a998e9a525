//! One step of Adam (Kingma & Ba 2015) in PyTorch's arithmetic: eps outside the root, weight decay added to the gradient, or
//! (AdamW, Loshchilov & Hutter 2019) taken off the weight.

use super::simd::{InstructionSet, Kernel, Simd};

/// What one step needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Keeps the denominator from zero.
    pub eps: f64,
    /// The fraction of a weight that is added to its gradient or, decoupled, taken off it times the learning rate.
    pub weight_decay: f64,
    /// AdamW's way.
    pub is_decoupled: bool,
    /// Which step this is, counted from 1.
    pub step: u64,
}

impl Adam {
    /// Changes `value` by one step. `gradient_scale` multiplies the gradient first (clipping).
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn apply(self, value: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32], gradient_scale: f32) {
        let n = value.len();
        assert!(gradient.len() == n && mean.len() == n && square.len() == n, "slices of unequal length");
        InstructionSet::current().run(Apply { adam: self, value, gradient, mean, square, gradient_scale });
    }
}

struct Apply<'a> {
    adam: Adam,
    value: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    gradient_scale: f32,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        let adam = self.adam;
        let correction1 = 1.0 - adam.beta1.powf(adam.step as f64);
        let correction2 = 1.0 - adam.beta2.powf(adam.step as f64);
        let step_size = (adam.learning_rate / correction1) as f32;
        let root2 = (1.0 / correction2.sqrt()) as f32;
        let (rise1, rise2) = ((1.0 - adam.beta1) as f32, (1.0 - adam.beta2) as f32);
        let (beta2, eps) = (adam.beta2 as f32, adam.eps as f32);
        let (decay, kept) = match adam.is_decoupled {
            false => (adam.weight_decay as f32, 1.0),
            true => (0.0, (1.0 - adam.learning_rate * adam.weight_decay) as f32),
        };
        let moments = self.mean.iter_mut().zip(self.square);
        for ((value, gradient), (mean, square)) in self.value.iter_mut().zip(self.gradient).zip(moments) {
            let gradient = gradient * self.gradient_scale + decay * *value;
            *mean += rise1 * (gradient - *mean);
            *square = beta2 * *square + rise2 * gradient * gradient;
            *value = *value * kept - step_size * *mean / (square.sqrt() * root2 + eps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_step_is_the_learning_rate_long_and_decay_acts_where_it_should() {
        let adam = Adam {
            learning_rate: 0.1,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.5,
            is_decoupled: true,
            step: 1,
        };
        let step = |adam: Adam| {
            let (mut value, mut mean, mut square) = ([2.0, -2.0], [0.0; 2], [0.0; 2]);
            adam.apply(&mut value, &[0.3, 0.3], &mut mean, &mut square, 1.0);
            (value, mean)
        };
        // AdamW: 2 (1 - 0.1 · 0.5) - 0.1. Adam: gradients 0.3 + 0.5 · 2 and 0.3 - 0.5 · 2, whose signs alone count at first.
        let (value, mean) = step(adam);
        assert!((value[0] - 1.8).abs() < 1e-6 && (value[1] + 2.0).abs() < 1e-6, "{value:?}");
        assert!((mean[0] - 0.03).abs() < 1e-7);
        let (value, mean) = step(Adam { is_decoupled: false, ..adam });
        assert!((value[0] - 1.9).abs() < 1e-6 && (value[1] + 1.9).abs() < 1e-6, "{value:?}");
        assert!((mean[0] - 0.13).abs() < 1e-7);
    }
}
