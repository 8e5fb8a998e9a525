//! [`Simd`] on x86-64: AVX2 with FMA, and AVX-512.
//!
//! The intrinsics are compiled into the `#[target_feature]` functions of [`outlined`](Simd::outlined), through which
//! [`InstructionSet::run`](super::InstructionSet::run) goes too, because every other method here is `#[inline(always)]`.

use std::arch::x86_64::*;
use std::sync::LazyLock;

use super::{Kernel, Simd};

/// Proof that the processor has AVX2 and FMA; made by [`InstructionSet::run`](super::InstructionSet::run) alone.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

/// Proof that the processor has AVX-512 F and DQ, and for `BF16` its products of bf16; made by
/// [`InstructionSet::run`](super::InstructionSet::run) alone.
#[derive(Clone, Copy, Debug)]
pub struct Avx512<const BF16: bool>(());

/// Whether AMD made this processor. Asked once: every step of a network wants to know, and virtual machines answer slowly.
pub(super) static IS_AMD: LazyLock<bool> = LazyLock::new(|| {
    let vendor = __cpuid(0);
    [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).concat() == *b"AuthenticAMD"
});

impl Avx2 {
    pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
        assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"), "this processor lacks AVX2");
        Avx2(()).outlined(kernel)
    }
}

impl Avx512<false> {
    pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
        let present = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
        assert!(present, "this processor lacks AVX-512");
        Avx512::<false>(()).outlined(kernel)
    }
}

impl Avx512<true> {
    pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bf16");
        assert!(present, "this processor lacks AVX-512 with bf16");
        Avx512::<true>(()).outlined(kernel)
    }
}

/// Forwards each method to one intrinsic; the value of the type proves that the processor has it.
macro_rules! lane_operations {
    ($($method:ident($($argument:ident),*) = $intrinsic:ident;)*) => {$(
        #[inline(always)]
        fn $method(self, $($argument: Self::V),*) -> Self::V {
            // SAFETY: `self` exists only where the processor has the instruction.
            unsafe { $intrinsic($($argument),*) }
        }
    )*};
}

/// 2 / sqrt(a), from a guess y at 1 / sqrt(a) with half as many right bits: y (3 - a y²).
#[inline(always)]
fn newton_step<S: Simd>(simd: S, a: S::V, guess: S::V) -> S::V {
    simd.mul(guess, simd.neg_mul_add(simd.mul(a, guess), guess, simd.splat(3.0)))
}

impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 2;

    lane_operations! {
        add(a, b) = _mm256_add_ps;
        sub(a, b) = _mm256_sub_ps;
        mul(a, b) = _mm256_mul_ps;
        div(a, b) = _mm256_div_ps;
        mul_add(a, b, c) = _mm256_fmadd_ps;
        neg_mul_add(a, b, c) = _mm256_fnmadd_ps;
        min(a, b) = _mm256_min_ps;
        max(a, b) = _mm256_max_ps;
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        // SAFETY: `self` exists only where the processor has the instruction.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    fn sum(self, a: Self::V) -> f32 {
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    fn sum_four(self, [a, b, c, d]: [Self::V; 4]) -> [f32; 4] {
        // SAFETY: `self` exists only where the processor has the instructions; f32x4 and [f32; 4] have one layout.
        unsafe {
            let abcd = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d)); // in each half: sums of a, b, c, d
            let sums = _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps::<1>(abcd));
            std::mem::transmute(sums)
        }
    }
    #[inline(always)]
    fn twice_inverse_sqrt(self, a: Self::V) -> Self::V {
        // SAFETY: `self` exists only where the processor has the instruction.
        let guess = unsafe { _mm256_rsqrt_ps(a) }; // 12 bits
        newton_step(self, a, guess)
    }
    #[inline(always)]
    fn outlined<K: Kernel>(self, kernel: K) -> K::Output {
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        fn body<K: Kernel>(kernel: K) -> K::Output {
            kernel.body(Avx2(()))
        }
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe { body(kernel) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: the caller gives LANES readable floats.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: Self::V) {
        // SAFETY: the caller gives LANES writable floats.
        unsafe { _mm256_storeu_ps(to, a) }
    }
}

impl<const BF16: bool> Simd for Avx512<BF16> {
    type V = __m512;
    const LANES: usize = 16;
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 4;
    const PAIRED: bool = BF16;

    lane_operations! {
        add(a, b) = _mm512_add_ps;
        sub(a, b) = _mm512_sub_ps;
        mul(a, b) = _mm512_mul_ps;
        div(a, b) = _mm512_div_ps;
        mul_add(a, b, c) = _mm512_fmadd_ps;
        neg_mul_add(a, b, c) = _mm512_fnmadd_ps;
        min(a, b) = _mm512_min_ps;
        max(a, b) = _mm512_max_ps;
    }
    #[inline(always)]
    fn clamp(self, a: Self::V, limit: Self::V) -> Self::V {
        // SAFETY: `self` exists only where the processor has the instruction: the lesser of |a| and |limit|, with a's sign.
        unsafe { _mm512_range_ps::<0b0010>(a, limit) }
    }
    #[inline(always)]
    fn product_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        if !BF16 {
            return self.mul_add(a, b, c);
        }
        // SAFETY: `self` exists only where the processor has the instruction; the types are 512 plain bits each.
        unsafe {
            let [a, b] = [a, b].map(|words| std::mem::transmute::<__m512, __m512bh>(words));
            _mm512_dpbf16_ps(c, a, b)
        }
    }
    #[inline(always)]
    fn pair(self, first: Self::V, second: Self::V) -> Self::V {
        assert!(BF16, "operands are not paired");
        // SAFETY: `self` exists only where the processor has the instructions; 256 bits are 16 numbers of bf16.
        unsafe {
            let [low, high] = [first, second].map(|floats| {
                _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(floats)))
            });
            _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32::<16>(high)))
        }
    }
    #[inline(always)]
    fn pair_neighbours(self, first: Self::V, second: Self::V) -> Self::V {
        assert!(BF16, "operands are not paired");
        // SAFETY: `self` exists only where the processor has the instruction; the types are 512 plain bits each.
        unsafe { std::mem::transmute::<__m512bh, __m512>(_mm512_cvtne2ps_pbh(second, first)) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        // SAFETY: `self` exists only where the processor has the instruction.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn sum(self, a: Self::V) -> f32 {
        // SAFETY: `self` exists only where the processor has the instruction.
        unsafe { _mm512_reduce_add_ps(a) }
    }
    #[inline(always)]
    fn sum_four(self, [a, b, c, d]: [Self::V; 4]) -> [f32; 4] {
        // SAFETY: `self` exists only where the processor has the instructions; f32x4 and [f32; 4] have one layout.
        unsafe {
            let ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            let cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
            let low = _mm512_shuffle_ps::<0b01_00_01_00>(ab, cd);
            let high = _mm512_shuffle_ps::<0b11_10_11_10>(ab, cd);
            let abcd = _mm512_add_ps(low, high); // in each quarter: sums of a, b, c, d
            let half = _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps::<1>(abcd));
            let sums = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half));
            std::mem::transmute(sums)
        }
    }
    #[inline(always)]
    fn twice_inverse_sqrt(self, a: Self::V) -> Self::V {
        // SAFETY: `self` exists only where the processor has the instruction.
        let guess = unsafe { _mm512_rsqrt14_ps(a) }; // 14 bits
        newton_step(self, a, guess)
    }
    #[inline(always)]
    fn outlined<K: Kernel>(self, kernel: K) -> K::Output {
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
        fn body<K: Kernel>(kernel: K) -> K::Output {
            kernel.body(Avx512::<false>(()))
        }
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512dq,avx512bf16,avx2,fma")]
        fn body_of_bf16<K: Kernel>(kernel: K) -> K::Output {
            kernel.body(Avx512::<true>(()))
        }
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe { if BF16 { body_of_bf16(kernel) } else { body(kernel) } }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: the caller gives LANES readable floats.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: Self::V) {
        // SAFETY: the caller gives LANES writable floats.
        unsafe { _mm512_storeu_ps(to, a) }
    }
}
