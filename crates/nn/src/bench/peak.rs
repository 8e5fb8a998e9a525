//! The most multiply-adds per second that the processor does: independent sums that never leave the registers.

use std::hint::black_box;
use std::time::Instant;

use ninefold_kernels::simd::{InstructionSet, Kernel, Simd};

/// Multiply-adds per sum in one burst: some milliseconds of work.
const REPEATS: usize = 400_000;

/// Sums in flight: as many as AVX2's tile has, enough to hide the latency everywhere.
const SUMS: usize = 12;

struct Burst;

impl Kernel for Burst {
    /// Operations done.
    type Output = f64;
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) -> f64 {
        let factor = simd.splat(black_box(1e-30));
        let mut sums = [simd.zero(); SUMS];
        for _ in 0..REPEATS {
            for sum in &mut sums {
                *sum = simd.product_add(factor, factor, *sum);
            }
        }
        black_box(sums.map(|sum| simd.sum(sum)));
        let per_lane = if S::PAIRED { 4 } else { 2 };
        (REPEATS * SUMS * S::LANES * per_lane) as f64
    }
}

/// The peak of all threads together, in 10^9 operations per second (a multiply-add is two).
pub fn peak(set: InstructionSet) -> f64 {
    let start = Instant::now();
    let operations: f64 = rayon::broadcast(|_| set.run(Burst)).into_iter().sum();
    1e-9 * operations / start.elapsed().as_secs_f64()
}
