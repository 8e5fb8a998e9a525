//! tanh and the logistic sigmoid of a register of floats, and their derivatives from their values.
//!
//! tanh is a rational function, x P(x²) / Q(x²) on [-8.5, 8.5], both of degree 4, fitted for the smallest largest error
//! (Lawson's reweighted least squares); beyond that range tanh is 1 to within a float's last bit. The fit is off by 1e-8,
//! the arithmetic in f32 by at most 4e-7.

use super::simd::Simd;

const TANH_RANGE: f32 = 8.5;
const TANH_P: [f32; 5] = [0.999_999_95, 0.134_062_04, 0.003_525_817_4, 2.112_154_5e-5, 1.409_921_8e-8];
const TANH_Q: [f32; 5] = [1.0, 0.467_395_16, 0.025_991_128, 0.000_333_568_75, 8.073_606e-7];

/// c[0] + c[1] u + ... + c[4] u⁴ by Horner's rule.
#[inline(always)]
fn polynomial<S: Simd>(simd: S, coefficients: &[f32; 5], u: S::V) -> S::V {
    let [c0, c1, c2, c3, c4] = coefficients.map(|c| simd.splat(c));
    let high = simd.mul_add(simd.mul_add(c4, u, c3), u, c2);
    simd.mul_add(simd.mul_add(high, u, c1), u, c0)
}

/// tanh(x), in [-1, 1].
#[inline(always)]
pub fn tanh<S: Simd>(simd: S, x: S::V) -> S::V {
    let x = simd.clamp(x, simd.splat(TANH_RANGE));
    let square = simd.mul(x, x);
    let above = simd.mul(x, polynomial(simd, &TANH_P, square));
    let ratio = simd.div(above, polynomial(simd, &TANH_Q, square));
    simd.clamp(ratio, simd.splat(1.0))
}

/// 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, in [0, 1].
#[inline(always)]
pub fn sigmoid<S: Simd>(simd: S, x: S::V) -> S::V {
    let half = simd.splat(0.5);
    simd.mul_add(tanh(simd, simd.mul(x, half)), half, half)
}

/// The derivative of tanh where its value is `y`: 1 - y².
#[inline(always)]
pub fn tanh_slope<S: Simd>(simd: S, y: S::V) -> S::V {
    simd.sub(simd.splat(1.0), simd.mul(y, y))
}

/// The derivative of the sigmoid where its value is `y`: y (1 - y).
#[inline(always)]
pub fn sigmoid_slope<S: Simd>(simd: S, y: S::V) -> S::V {
    simd.mul(y, simd.sub(simd.splat(1.0), y))
}

#[cfg(test)]
mod tests {
    use super::super::simd::{InstructionSet, Kernel};
    use super::*;

    struct Both<'a>(&'a mut [f32], &'a mut [f32]);

    impl Kernel for Both<'_> {
        type Output = ();
        #[inline(always)]
        fn body<S: Simd>(self, simd: S) {
            let Both(x, y) = self;
            for (x, y) in x.chunks_exact_mut(S::LANES).zip(y.chunks_exact_mut(S::LANES)) {
                let v = simd.read(x);
                simd.write(x, tanh(simd, v));
                simd.write(y, sigmoid(simd, v));
            }
        }
    }

    #[test]
    fn both_are_within_4e_7_everywhere_and_never_leave_their_range() {
        let points: Vec<f32> =
            (-480_000..480_000).map(|i| i as f32 * 2.5e-5).chain([f32::MAX, f32::MIN, 1e-20, -0.0].repeat(4)).collect();
        for set in InstructionSet::available() {
            let (mut t, mut s) = (points.clone(), vec![0.0; points.len()]);
            set.run(Both(&mut t, &mut s));
            for ((&x, &t), &s) in points.iter().zip(&t).zip(&s) {
                let x = f64::from(x);
                assert!((f64::from(t) - x.tanh()).abs() < 4e-7 && t.abs() <= 1.0, "{} tanh({x}) = {t}", set.name());
                let exact = 1.0 / (1.0 + (-x).exp());
                assert!((f64::from(s) - exact).abs() < 3e-7 && (0.0..=1.0).contains(&s), "sigmoid({x}) = {s}");
            }
        }
    }
}
