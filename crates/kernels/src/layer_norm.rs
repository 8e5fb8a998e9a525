//! Layer normalisation (Ba et al. 2016) of each token's values: y = gain ∘ (x - mean) / √(variance + ε) + bias.
//!
//! x and y lie part by part, as the directions of a recurrent layer do; mean and variance are those of all parts together. The
//! padding of a part does not count and stays zero.

use super::recurrent::Axis;
use super::simd::{Kernel, Simd, entry_points, padded};

/// ε, as PyTorch has it.
pub const EPSILON: f32 = 1e-5;

/// The parameters, on the padded axis.
#[derive(Clone, Copy)]
pub struct Parameters<'a> {
    /// The axis of a token.
    pub axis: Axis,
    /// Zeros in the padding. `[axis.padded()]`
    pub gain: &'a [f32],
    /// Zeros in the padding. `[axis.padded()]`
    pub bias: &'a [f32],
    /// 1 where the axis has a value, 0 in the padding. `[axis.padded()]`
    pub is_real: &'a [f32],
}

impl Parameters<'_> {
    /// The indices of the axis a register at a time: (part, index within the part, index on the axis).
    #[inline(always)]
    fn registers<S: Simd>(self) -> impl Iterator<Item = (usize, usize, usize)> {
        let part = padded(self.axis.size);
        (0..self.axis.parts)
            .flat_map(move |number| (0..part).step_by(S::LANES).map(move |at| (number, at, number * part + at)))
    }
}

/// Values -> normalised values, for some tokens.
pub struct LayerNormForward<'a> {
    /// Gain and bias.
    pub parameters: Parameters<'a>,
    /// Part by part. `[tokens, padded(axis.size)]`
    pub x: Vec<&'a [f32]>,
    /// Part by part. `[tokens, padded(axis.size)]`
    pub y: Vec<&'a mut [f32]>,
    /// Each token's mean and 1 / √(variance + ε). `[tokens, 2]`
    pub statistics: &'a mut [f32],
}

entry_points!(LayerNormForward<'_>, LayerNormBackward<'_>);

impl Kernel for LayerNormForward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let LayerNormForward { parameters, x, mut y, statistics } = self;
        let (part, len) = (padded(parameters.axis.size), parameters.axis.len() as f32);
        for (token, statistics) in statistics.chunks_exact_mut(2).enumerate() {
            let first = token * part;
            let mut sum = simd.zero();
            for (number, at, _) in parameters.registers::<S>() {
                sum = simd.add(sum, simd.read(&x[number][first + at..]));
            }
            let mean = simd.sum(sum) / len;
            let mut squares = simd.zero();
            for (number, at, index) in parameters.registers::<S>() {
                let apart = simd.sub(simd.read(&x[number][first + at..]), simd.splat(mean));
                let apart = simd.mul(apart, simd.read(&parameters.is_real[index..]));
                squares = simd.mul_add(apart, apart, squares);
            }
            let scale = 1.0 / (simd.sum(squares) / len + EPSILON).sqrt();
            for (number, at, index) in parameters.registers::<S>() {
                let normal = normalised(simd, &x[number][first + at..], mean, scale);
                let gain = simd.read(&parameters.gain[index..]);
                let value = simd.mul_add(normal, gain, simd.read(&parameters.bias[index..]));
                simd.write(&mut y[number][first + at..], value);
            }
            statistics.copy_from_slice(&[mean, scale]);
        }
    }
}

/// With n = (x - mean) · scale and g = gain ∘ d_y: d_x = scale · (g - mean(g) - n · mean(g ∘ n)), d_gain = Σ d_y ∘ n,
/// d_bias = Σ d_y.
pub struct LayerNormBackward<'a> {
    /// Gain and bias.
    pub parameters: Parameters<'a>,
    /// Part by part. `[tokens, padded(axis.size)]`
    pub x: Vec<&'a [f32]>,
    /// As [`LayerNormForward`] left them. `[tokens, 2]`
    pub statistics: &'a [f32],
    /// d_y on entry, d_x on exit; all parts side by side. `[tokens, axis.padded()]`
    pub d: &'a mut [f32],
    /// Added to. `[axis.padded()]`
    pub d_gain: &'a mut [f32],
    /// Added to. `[axis.padded()]`
    pub d_bias: &'a mut [f32],
}

impl Kernel for LayerNormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let LayerNormBackward { parameters, x, statistics, d, d_gain, d_bias } = self;
        let Parameters { axis, gain, is_real, .. } = parameters;
        let (part, len) = (padded(axis.size), axis.len() as f32);
        let rows = d.chunks_exact_mut(axis.padded()).zip(statistics.chunks_exact(2)).enumerate();
        for (token, (d, statistics)) in rows {
            let (first, mean, scale) = (token * part, statistics[0], statistics[1]);
            let (mut sum, mut along) = (simd.zero(), simd.zero());
            for (number, at, index) in parameters.registers::<S>() {
                let normal = normalised(simd, &x[number][first + at..], mean, scale);
                let d_y = simd.read(&d[index..]);
                let d_gain = &mut d_gain[index..];
                simd.write(d_gain, simd.mul_add(d_y, normal, simd.read(d_gain)));
                let d_bias = &mut d_bias[index..];
                simd.write(d_bias, simd.add(d_y, simd.read(d_bias)));
                let g = simd.mul(d_y, simd.read(&gain[index..]));
                sum = simd.add(sum, g);
                along = simd.mul_add(g, normal, along);
            }
            let (sum, along) = (simd.splat(simd.sum(sum) / len), simd.splat(simd.sum(along) / len));
            for (number, at, index) in parameters.registers::<S>() {
                let normal = normalised(simd, &x[number][first + at..], mean, scale);
                let g = simd.mul(simd.read(&d[index..]), simd.read(&gain[index..]));
                let apart = simd.sub(simd.sub(g, sum), simd.mul(normal, along));
                let scale = simd.mul(simd.splat(scale), simd.read(&is_real[index..]));
                simd.write(&mut d[index..], simd.mul(apart, scale));
            }
        }
    }
}

#[inline(always)]
fn normalised<S: Simd>(simd: S, x: &[f32], mean: f32, scale: f32) -> S::V {
    simd.mul(simd.sub(simd.read(x), simd.splat(mean)), simd.splat(scale))
}
