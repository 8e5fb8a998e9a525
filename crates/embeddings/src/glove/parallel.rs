//! A loop shared among threads: pieces numbered 0..n, each done by whichever thread is free.
//!
//! A thread begins with its own share of the numbers, the same in every loop of as many pieces: what a piece worked on in the loop
//! before is then still in this thread's cache.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use ninefold_core::partition::partition;
use ninefold_core::subnormals::FlushSubnormals;

/// Does `piece(state, 0..pieces)` on `threads` threads, each with a `state` of its own; gives the results in order.
///
/// A result must depend on its number alone, not on what `state` did before: then it is the same for any number of threads.
pub(crate) fn map<S, T: Send>(
    threads: usize,
    pieces: usize,
    state: impl Fn() -> S + Sync,
    piece: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let threads = threads.clamp(1, pieces.max(1));
    let shares: Vec<Range<usize>> = (0..threads).map(|thread| partition(thread, threads, pieces)).collect();
    let next: Vec<AtomicUsize> = shares.iter().map(|share| AtomicUsize::new(share.start)).collect();
    let work = |thread: usize| {
        let _flushing = FlushSubnormals::enter();
        let mut state = state();
        let mut done = Vec::new();
        for owner in (thread..threads).chain(0..thread) {
            let take = || next[owner].fetch_add(1, Ordering::Relaxed);
            let numbers = std::iter::repeat_with(take).take_while(|&number| number < shares[owner].end);
            done.extend(numbers.map(|number| (number, piece(&mut state, number))));
        }
        done
    };
    let mut all = std::thread::scope(|scope| {
        let work = &work;
        // Threads that the system refuses leave their share to the others.
        let start = |thread| Builder::new().spawn_scoped(scope, move || work(thread)).ok();
        let others: Vec<_> = (1..threads).filter_map(start).collect();
        let mut all = work(0);
        all.extend(others.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
        all
    });
    all.sort_unstable_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_for_any_number_of_threads() {
        for threads in [0, 1, 2, 5] {
            let squares = map(
                threads,
                100,
                || 0,
                |count, number| {
                    *count += 1;
                    assert!(FlushSubnormals::is_active() || !cfg!(target_arch = "x86_64"));
                    number * number
                },
            );
            assert!(!FlushSubnormals::is_active(), "the caller's state is restored");
            assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<_>>());
        }
        assert!(map(3, 0, || (), |(), number| number).is_empty());
    }
}
