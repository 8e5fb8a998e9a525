//! Subnormal numbers count as zero while ninefold computes.
//!
//! Numbers below 1.2e-38 (f32) or 2.2e-308 (f64) are subnormal. Many processors compute with them ten to a hundred times slower than with
//! others, and the gradients of a network run into them; to the result they add nothing. A thread that computes therefore holds a
//! [`FlushSubnormals`], as `torch.set_flush_denormal(True)` does for a process:
//!
//! * the threads of every [`pool`](crate::threads::pool), as long as they live, and the threads that trainers of word vectors start;
//! * the calling thread within every function of the library that computes on it. When the function returns, fails or panics, the thread
//!   has the floating-point state that it had before;
//! * every kernel, on whichever thread it runs, and parallel loops outside of kernels by [`FlushParallel::flushing`]: in rayon's own pool,
//!   or in a pool of the caller's, threads are left as they were, too.
//!
//! On x86-64 these are the bits FTZ and DAZ of MXCSR, on arm64 the bit FZ of FPCR; on other processors nothing happens. Rust and LLVM assume
//! that the bits are never set, so an expression of constants that the compiler evaluates may still give a subnormal number. No result
//! here depends on that.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use rayon::iter::{MapInit, ParallelIterator};

/// While it lives, subnormal operands and results count as zero on the thread that made it. Dropping it restores what was before.
#[derive(Debug)]
pub struct FlushSubnormals {
    /// The control register as it was, where it was changed.
    before: Option<control::Register>,
    /// The register belongs to a thread: the guard stays there.
    of_thread: PhantomData<*const ()>,
}

impl FlushSubnormals {
    /// Begins on this thread. Costs a few cycles where the thread is in this state already.
    ///
    /// # Examples
    /// ```
    /// use ninefold_core::subnormals::FlushSubnormals;
    /// use std::hint::black_box;
    ///
    /// let half = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
    /// assert!(half() > 0.0);
    /// let flushed = FlushSubnormals::enter();
    /// assert!(half() == 0.0 || !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")));
    /// drop(flushed);
    /// assert!(half() > 0.0);
    /// ```
    #[inline]
    #[must_use = "dropping it ends its effect"]
    pub fn enter() -> FlushSubnormals {
        let before = control::read();
        let is_set = before & control::FLUSH == control::FLUSH;
        if !is_set {
            control::write(before | control::FLUSH);
        }
        FlushSubnormals { before: (!is_set).then_some(before), of_thread: PhantomData }
    }

    /// Whether subnormal numbers count as zero on this thread at the moment. Never on a processor without such a state.
    #[inline]
    pub fn is_active() -> bool {
        control::FLUSH != 0 && control::read() & control::FLUSH == control::FLUSH
    }

    /// Begins on a thread that computes as long as it lives.
    pub fn enter_for_good() {
        std::mem::forget(FlushSubnormals::enter());
    }
}

impl Drop for FlushSubnormals {
    #[inline]
    fn drop(&mut self) {
        if let Some(before) = self.before {
            control::write(before);
        }
    }
}

/// A parallel iterator whose items are worked on with subnormal numbers counting as zero.
pub type Flushing<I> = MapInit<
    I,
    fn() -> FlushSubnormals,
    fn(&mut FlushSubnormals, <I as ParallelIterator>::Item) -> <I as ParallelIterator>::Item,
>;

/// Parallel loops over floats outside of kernels.
pub trait FlushParallel: ParallelIterator {
    /// The same items. In what follows in the chain subnormal numbers count as zero, whichever pool it runs in.
    fn flushing(self) -> Flushing<Self> {
        self.map_init(FlushSubnormals::enter, |_, item| item)
    }
}

impl<I: ParallelIterator> FlushParallel for I {}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    /// MXCSR.
    pub(super) type Register = u32;
    /// FTZ (bit 15): subnormal results become zero. DAZ (bit 6): subnormal operands count as zero.
    pub(super) const FLUSH: Register = 1 << 15 | 1 << 6;

    #[inline]
    pub(super) fn read() -> Register {
        let mut register = 0;
        // SAFETY: stores four bytes at the pointer, which is valid for that. SSE belongs to x86-64.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut register, options(nostack, preserves_flags)) };
        register
    }

    #[inline]
    pub(super) fn write(register: Register) {
        // SAFETY: loads four bytes from the pointer, which is valid for that. The value was read from MXCSR, with FTZ and DAZ added, which
        // every processor with 64 bits has: no reserved bit is set, and exceptions stay masked.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const register, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    use std::arch::asm;

    /// FPCR.
    pub(super) type Register = u64;
    /// FZ (bit 24): subnormal operands and results count as zero.
    pub(super) const FLUSH: Register = 1 << 24;

    #[inline]
    pub(super) fn read() -> Register {
        let register;
        // SAFETY: FPCR can be read in user mode.
        unsafe { asm!("mrs {}, fpcr", out(reg) register, options(nostack, preserves_flags)) };
        register
    }

    #[inline]
    pub(super) fn write(register: Register) {
        // SAFETY: FPCR can be written in user mode; the value was read from it, with FZ added.
        unsafe { asm!("msr fpcr, {}", in(reg) register, options(nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) type Register = u32;
    pub(super) const FLUSH: Register = 0;

    pub(super) fn read() -> Register {
        0
    }

    pub(super) fn write(_: Register) {}
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::hint::black_box;
    use std::panic::catch_unwind;

    use rayon::prelude::*;

    use super::*;
    use crate::error::Error;
    use crate::threads;

    fn flushes() -> bool {
        let result = black_box(f32::MIN_POSITIVE) * black_box(0.5) == 0.0;
        let operand = black_box(f64::MIN_POSITIVE / 4.0) * black_box(8.0) == 0.0;
        assert_eq!([result, operand], [FlushSubnormals::is_active(); 2]);
        result
    }

    #[test]
    fn state_is_restored_after_return_error_and_panic() {
        let fail = || -> Result<(), ()> {
            let _flushing = FlushSubnormals::enter();
            assert!(flushes());
            Err(())
        };
        assert!(fail().is_err() && !flushes());
        let panics = || {
            let _flushing = FlushSubnormals::enter();
            let _inner = FlushSubnormals::enter();
            panic!("on purpose")
        };
        assert!(catch_unwind(panics).is_err());
        assert!(!flushes());
    }

    #[test]
    fn guard_within_a_guard_changes_nothing() {
        let outer = FlushSubnormals::enter();
        drop(FlushSubnormals::enter());
        assert!(flushes());
        drop(outer);
        assert!(!flushes());
    }

    #[test]
    fn threads_of_a_pool_flush_and_the_caller_does_not() {
        for threads in [1, 3] {
            let pool = threads::pool(threads).unwrap();
            assert_eq!(pool.broadcast(|_| flushes()), vec![true; threads]);
            assert!(threads::within(threads, || Ok::<_, Error>(flushes())).unwrap());
            assert!(!flushes());
        }
    }

    #[test]
    fn parallel_loop_flushes_in_a_foreign_pool_and_leaves_its_threads_alone() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (before, after): (Vec<bool>, Vec<bool>) = pool.install(|| {
            let within: Vec<bool> = (0..1000).into_par_iter().flushing().map(|_| flushes()).collect();
            let chunks: Vec<bool> = [0; 100].par_chunks(7).flushing().enumerate().map(|_| flushes()).collect();
            (within, chunks)
        });
        assert!(before.into_iter().chain(after).all(|flushes| flushes));
        assert_eq!(pool.broadcast(|_| flushes()), [false; 2]);
    }
}
