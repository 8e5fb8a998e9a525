//! Threads of a call: a pool that lives as long as the call, never the process's own. Subnormal numbers count as zero in its threads
//! ([`subnormals`](crate::subnormals)).

use std::cell::Cell;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};
use crate::subnormals::FlushSubnormals;

/// As many as there are processors that this process may use.
pub fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A pool of so many threads; 0 stands for [`available`].
///
/// # Errors
/// [`Error::Threads`] when the system refuses one of them.
pub fn pool(threads: usize) -> Result<ThreadPool> {
    let threads = count(threads);
    let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("ninefold-{number}"));
    let begin = |_| {
        FlushSubnormals::enter_for_good();
        IS_OF_A_CALL.set(true);
    };
    let pool = builder.start_handler(begin).build();
    pool.map_err(|error| Error::Threads { threads, reason: error.to_string() })
}

fn count(threads: usize) -> usize {
    if threads == 0 { available() } else { threads }
}

thread_local! {
    /// Whether the thread is one of a [`pool`].
    static IS_OF_A_CALL: Cell<bool> = const { Cell::new(false) };
}

/// Does the work in a pool of so many threads: all that it parallelises runs there. A call within a call that has as many threads
/// starts no others.
///
/// # Errors
/// As [`pool`], and those of the work.
pub fn within<T: Send, E: From<Error> + Send>(
    threads: usize,
    work: impl FnOnce() -> std::result::Result<T, E> + Send,
) -> std::result::Result<T, E> {
    if IS_OF_A_CALL.get() && rayon::current_num_threads() == count(threads) {
        return work();
    }
    pool(threads)?.install(work)
}

/// Does `work(0)` in the first pool, `work(1)` in the second, and so on, all at the same time. Starts no thread.
pub fn in_each(pools: &[ThreadPool], work: &(impl Fn(usize) + Sync)) {
    in_each_beside(pools, work, || ());
}

/// As [`in_each`], while the calling thread does `own`.
pub fn in_each_beside<T>(pools: &[ThreadPool], work: &(impl Fn(usize) + Sync), own: impl FnOnce() -> T) -> T {
    fn from<T>(first: usize, pools: &[ThreadPool], work: &(impl Fn(usize) + Sync), own: impl FnOnce() -> T) -> T {
        let [pool, others @ ..] = pools else { return own() };
        pool.in_place_scope(|scope| {
            scope.spawn(move |_| work(first));
            from(first + 1, others, work, own)
        })
    }
    from(0, pools, work, own)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn work_runs_in_the_pool_of_its_call() -> Result<()> {
        for threads in [1, 3] {
            assert_eq!(within(threads, || Ok::<_, Error>(rayon::current_num_threads()))?, threads);
        }
        assert_eq!(pool(0)?.current_num_threads(), available());
        Ok(())
    }

    #[test]
    fn call_within_a_call_takes_its_threads() -> Result<()> {
        let name = || Ok::<_, Error>(std::thread::current().id());
        within(1, || {
            assert_eq!(within(1, name)?, name()?);
            assert_ne!(within(2, name)?, name()?);
            Ok(())
        })?;
        // Pools of others are not taken.
        let other = ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| Error::data(error.to_string()))?;
        other.install(|| {
            assert_ne!(within(1, name)?, name()?);
            Ok(())
        })
    }

    #[test]
    fn every_pool_works_at_the_same_time() -> Result<()> {
        let pools = [pool(1)?, pool(2)?, pool(1)?];
        let all_there = Barrier::new(pools.len()); // passed by nobody unless all are there
        in_each(&pools, &|number| {
            assert_eq!(rayon::current_num_threads(), pools[number].current_num_threads());
            all_there.wait();
        });
        within(2, || {
            in_each(&pools, &|_| _ = all_there.wait());
            Ok(())
        })
    }
}
