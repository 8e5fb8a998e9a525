//! One vocabulary of vector instructions, three speakers: AVX-512, AVX2 with FMA, and plain Rust for every other machine.
//!
//! A kernel is written once, generic over [`Simd`], and run through [`InstructionSet::run`], which compiles its body once for each
//! instruction set and picks one at run time. A value of a `Simd` type is the proof that the processor has the instructions, so that
//! its methods are safe to call; only the loads and stores through pointers are not.
//!
//! `InstructionSet::run` is generic, so it and the kernel's body are compiled where it is called. The kernels of this crate therefore
//! have entry points that are not generic (`entry_points!`): no crate above compiles their bodies again.
//!
//! Source of the pattern: the `pulp` crate (`WithSimd`); own code, because none of the SIMD crates reaches the tile of 24
//! AVX-512 accumulators.

#![allow(unsafe_code)]

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

use std::sync::OnceLock;

use ninefold_core::error::{Error, Result};
use ninefold_core::subnormals::FlushSubnormals;

/// Floats per padded block: every padded axis is a multiple of this, so no kernel over a padded axis has a tail.
pub const BLOCK: usize = 16;

/// `size` rounded up to whole blocks.
pub const fn padded(size: usize) -> usize {
    size.next_multiple_of(BLOCK)
}

/// Arithmetic on vectors of [`LANES`](Simd::LANES) floats.
pub trait Simd: Copy + Send + Sync {
    /// One register of floats.
    type V: Copy;
    /// Floats in a register; divides [`BLOCK`].
    const LANES: usize;
    /// Rows of a tile of the matrix product: as many as leave registers for B and one element of A; at most 6.
    const TILE_ROWS: usize;
    /// Registers across a tile: `TILE_VECTORS * LANES` columns, a multiple of [`BLOCK`].
    const TILE_VECTORS: usize;
    /// Whether a lane of a matrix product's operands holds two neighbours along the depth, rounded to bf16.
    const PAIRED: bool = false;

    /// Every lane `x`.
    fn splat(self, x: f32) -> Self::V;
    /// a + b
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a - b
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b + c
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// c - a * b
    fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// c + a * b as a matrix product adds it up; where operands are paired, c + both products of a lane.
    #[inline(always)]
    fn product_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.mul_add(a, b, c)
    }
    /// Rounds to bf16 and pairs: lane i holds `first[i]` and `second[i]`.
    ///
    /// # Panics
    /// Where operands are not [`PAIRED`](Simd::PAIRED).
    fn pair(self, _first: Self::V, _second: Self::V) -> Self::V {
        unreachable!("operands are not paired")
    }
    /// Rounds to bf16 and pairs neighbours: the lanes hold `first[0], first[1]`, `first[2], first[3]`, ... and so on with
    /// `second`.
    ///
    /// # Panics
    /// Where operands are not [`PAIRED`](Simd::PAIRED).
    fn pair_neighbours(self, _first: Self::V, _second: Self::V) -> Self::V {
        unreachable!("operands are not paired")
    }
    /// The smaller of each lane.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The larger of each lane.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The nearest number within ±`limit`.
    #[inline(always)]
    fn clamp(self, a: Self::V, limit: Self::V) -> Self::V {
        self.max(self.min(a, limit), self.sub(self.zero(), limit))
    }
    /// The sum of all lanes.
    fn sum(self, a: Self::V) -> f32;
    /// The sum of all lanes of each of four registers, cheaper than four times [`sum`](Simd::sum).
    fn sum_four(self, a: [Self::V; 4]) -> [f32; 4];
    /// 2 / sqrt(a) to about 22 bits, for normal positive numbers; halving it would be one operation more.
    fn twice_inverse_sqrt(self, a: Self::V) -> Self::V;

    /// Reads a register from memory, aligned or not.
    ///
    /// # Safety
    /// `from` must be valid for reading `LANES` floats.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Writes a register to memory, aligned or not.
    ///
    /// # Safety
    /// `to` must be valid for writing `LANES` floats.
    unsafe fn store(self, to: *mut f32, a: Self::V);

    /// Runs a kernel as a function of its own. For a loop that needs every register: within a large function the compiler may
    /// spend as many instructions on moving registers about as on arithmetic. Also for what several kernels do: it is compiled once.
    fn outlined<K: Kernel>(self, kernel: K) -> K::Output;

    /// Every lane 0.
    #[inline(always)]
    fn zero(self) -> Self::V {
        self.splat(0.0)
    }

    /// Reads the first `LANES` floats of a slice.
    ///
    /// # Panics
    /// When the slice is shorter than a register.
    #[inline(always)]
    fn read(self, from: &[f32]) -> Self::V {
        let from = &from[..Self::LANES];
        // SAFETY: the slice has LANES floats.
        unsafe { self.load(from.as_ptr()) }
    }

    /// Writes a register to the first `LANES` floats of a slice.
    ///
    /// # Panics
    /// When the slice is shorter than a register.
    #[inline(always)]
    fn write(self, to: &mut [f32], a: Self::V) {
        let to = &mut to[..Self::LANES];
        // SAFETY: the slice has LANES floats.
        unsafe { self.store(to.as_mut_ptr(), a) }
    }
}

/// A piece of arithmetic that can be compiled for any [`Simd`]. Mark `body` and all that it calls `#[inline(always)]`.
pub trait Kernel {
    /// What the kernel returns.
    type Output;
    /// True for what multiplies matrices or packs their operands: it alone is compiled for pairs of bf16, too.
    const PAIRS: bool = false;
    /// The arithmetic.
    fn body<S: Simd>(self, simd: S) -> Self::Output;
}

/// Gives each kernel its entry point, `run`, which is compiled here together with the kernel's body.
macro_rules! entry_points {
    ($($kernel:ty),+) => {$(
        impl $kernel {
            /// Runs the kernel with an instruction set.
            ///
            /// # Panics
            /// When the processor lacks the instructions, or an operand is too short.
            #[inline(never)]
            pub fn run(self, set: $crate::simd::InstructionSet) -> <Self as $crate::simd::Kernel>::Output {
                set.run(self)
            }
        }
    )+};
}
pub(crate) use entry_points;

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Whatever the compiler makes of plain Rust (SSE2 on x86-64, NEON on arm64).
    Portable,
    /// 8 floats and fused multiply-add (x86-64 since 2013).
    Avx2,
    /// 16 floats.
    Avx512,
    /// The same, with matrix products of numbers rounded to bf16, two a lane, summed as floats. Never chosen by itself.
    Avx512Bf16,
}

impl InstructionSet {
    /// Every instruction set of full precision that this processor has, slowest first.
    pub fn available() -> Vec<InstructionSet> {
        let mut sets = vec![InstructionSet::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(InstructionSet::Avx2);
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
                    sets.push(InstructionSet::Avx512);
                }
            }
        }
        sets
    }

    /// The instruction set that kernels run with: the one that [`requested`](InstructionSet::requested) gives, or the best one where
    /// the environment variable is not valid. Programs call `requested` first and report the error.
    pub fn current() -> InstructionSet {
        static CURRENT: OnceLock<InstructionSet> = OnceLock::new();
        *CURRENT.get_or_init(|| InstructionSet::requested().unwrap_or_else(|_| InstructionSet::best()))
    }

    /// The instruction set that the environment variable `NINEFOLD_SIMD` names (`portable`, `avx2`, `avx512`), or the best one where
    /// it is not set or empty.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when it names no instruction set, or one that this processor lacks.
    pub fn requested() -> Result<InstructionSet> {
        match std::env::var_os("NINEFOLD_SIMD") {
            Some(name) if !name.is_empty() => InstructionSet::named(&name.to_string_lossy()),
            _ => Ok(InstructionSet::best()),
        }
    }

    /// The instruction set of that name, where this processor has it.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the names that are valid on this processor.
    ///
    /// # Examples
    /// ```
    /// use ninefold_kernels::simd::InstructionSet;
    ///
    /// assert_eq!(InstructionSet::named("portable")?, InstructionSet::Portable);
    /// assert!(InstructionSet::named("nonsense").is_err());
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<InstructionSet> {
        let sets = InstructionSet::available();
        sets.iter().copied().find(|set| set.name() == name).ok_or_else(|| {
            let names: Vec<&str> = sets.iter().map(|set| set.name()).collect();
            let expected = format!("one of {} (what this processor has), or not set", names.join(", "));
            Error::invalid_value("NINEFOLD_SIMD", expected, format!("{name:?}"))
        })
    }

    fn best() -> InstructionSet {
        InstructionSet::available().last().copied().unwrap_or(InstructionSet::Portable)
    }

    /// This instruction set with products of bf16, where the processor has them.
    pub fn with_bf16(self) -> Option<InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        if self == InstructionSet::Avx512 && is_x86_feature_detected!("avx512bf16") {
            return Some(InstructionSet::Avx512Bf16);
        }
        None
    }

    /// The same where those products are faster than products of floats: on processors of AMD (1.6 to 1.9 times, Zen 4). On a Xeon with
    /// the same instruction, training an LSTM or a GRU takes longer with it.
    pub fn with_faster_bf16(self) -> Option<InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        if *x86::IS_AMD {
            return self.with_bf16();
        }
        None
    }

    /// Its name in `NINEFOLD_SIMD` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512Bf16 => "avx512_bf16",
            InstructionSet::Portable => "portable",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Avx512 => "avx512",
        }
    }

    /// Runs a kernel with this instruction set; subnormal numbers count as zero in it on whichever thread it runs. Generic: the kernel's
    /// body is compiled where this is called.
    ///
    /// # Panics
    /// When the processor lacks the instructions.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        let _flushing = FlushSubnormals::enter();
        match self {
            InstructionSet::Portable => kernel.body(Portable),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Avx2::run(kernel),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512Bf16 if K::PAIRS => Avx512::<true>::run(kernel),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 | InstructionSet::Avx512Bf16 => Avx512::<false>::run(kernel),
            #[cfg(not(target_arch = "x86_64"))]
            _ => panic!("{} on another processor", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_instruction_set_is_refused() {
        for set in InstructionSet::available() {
            assert_eq!(InstructionSet::named(set.name()).ok(), Some(set));
        }
        for wrong in ["nonsense", "AVX2", "", " portable", "avx512_bf16"] {
            let error = InstructionSet::named(wrong).map_err(|error| error.to_string());
            let begin = "NINEFOLD_SIMD: expected one of portable";
            assert!(error.as_ref().is_err_and(|error| error.starts_with(begin)), "{error:?}");
        }
    }

    struct Everything<'a>(&'a [f32], &'a mut [f32]);

    impl Kernel for Everything<'_> {
        type Output = f32;
        #[inline(always)]
        fn body<S: Simd>(self, simd: S) -> f32 {
            let Everything(x, y) = self;
            let mut total = 0.0;
            for (x, y) in x.chunks_exact(S::LANES).zip(y.chunks_exact_mut(S::LANES)) {
                let v = simd.read(x);
                let w = simd.mul_add(v, simd.splat(2.0), simd.splat(1.0));
                let w = simd.div(simd.sub(w, v), simd.add(simd.splat(4.0), simd.mul(v, v)));
                let w = simd.max(simd.min(w, simd.splat(0.3)), simd.splat(0.05));
                simd.write(y, w);
                total += simd.sum(w);
            }
            total
        }
    }

    #[test]
    fn every_instruction_set_computes_the_same() {
        let x: Vec<f32> = (0..64).map(|i| i as f32 * 0.37 - 9.0).collect();
        let expected: Vec<f32> = x.iter().map(|x| ((x + 1.0) / (4.0 + x * x)).clamp(0.05, 0.3)).collect();
        for set in InstructionSet::available() {
            let mut y = vec![0.0; 64];
            let total = set.run(Everything(&x, &mut y));
            for (y, e) in y.iter().zip(&expected) {
                assert!((y - e).abs() < 1e-6, "{}: {y} for {e}", set.name());
            }
            assert!((total - expected.iter().sum::<f32>()).abs() < 1e-4, "{}", set.name());
        }
    }

    struct Clamped<'a>(&'a mut [f32], f32);

    impl Kernel for Clamped<'_> {
        type Output = ();
        #[inline(always)]
        fn body<S: Simd>(self, simd: S) {
            for x in self.0.chunks_exact_mut(S::LANES) {
                simd.write(x, simd.clamp(simd.read(x), simd.splat(self.1)));
            }
        }
    }

    #[test]
    fn every_instruction_set_clamps_to_both_sides() {
        let mut x: [f32; 16] = std::array::from_fn(|i| 0.5 * i as f32 - 4.0);
        (x[0], x[15]) = (f32::NEG_INFINITY, f32::INFINITY);
        for set in InstructionSet::available() {
            let mut clamped = x;
            set.run(Clamped(&mut clamped, 2.0));
            assert_eq!(clamped, x.map(|x| x.clamp(-2.0, 2.0)), "{}", set.name());
        }
    }

    struct SumsAndRoots<'a>(&'a [f32], &'a mut [f32]);

    impl Kernel for SumsAndRoots<'_> {
        type Output = [f32; 4];
        #[inline(always)]
        fn body<S: Simd>(self, simd: S) -> [f32; 4] {
            let SumsAndRoots(x, roots) = self;
            let mut sums = [simd.zero(); 4];
            for (i, (x, root)) in x.chunks_exact(S::LANES).zip(roots.chunks_exact_mut(S::LANES)).enumerate() {
                let v = simd.read(x);
                simd.write(root, simd.twice_inverse_sqrt(v));
                let quarter = i * S::LANES / 16;
                sums[quarter] = simd.add(sums[quarter], v);
            }
            simd.sum_four(sums)
        }
    }

    #[test]
    fn every_instruction_set_sums_four_registers_and_takes_inverse_roots() {
        let x: Vec<f32> = (0..64).map(|i| 1.5f32.powi(i - 20)).collect();
        let expected: Vec<f64> = x.chunks(16).map(|x| x.iter().map(|&x| f64::from(x)).sum()).collect();
        for set in InstructionSet::available() {
            let mut roots = vec![0.0; 64];
            let sums = set.run(SumsAndRoots(&x, &mut roots));
            for (sum, e) in sums.iter().zip(&expected) {
                assert!((f64::from(*sum) / e - 1.0).abs() < 1e-6, "{}: {sum} for {e}", set.name());
            }
            for (root, x) in roots.iter().zip(&x) {
                let error = (0.5 * f64::from(*root) * f64::from(*x).sqrt() - 1.0).abs();
                assert!(error < 5e-7, "{}: 2 / sqrt({x}) is off by {error:e}", set.name());
            }
        }
    }
}
