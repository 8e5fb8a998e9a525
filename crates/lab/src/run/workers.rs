//! Several jobs at a time, each on threads of its own: *takes* a list of jobs -> *gives* each result as it comes.
//!
//! A network on one core is quicker than half a network on each of two: it has no one to wait for. Where fewer jobs are left than
//! there are workers, those that are idle lend their threads: from its next step on, a job runs on its share of all threads. The
//! results do not depend on it, for a network's bits are the same on any number of threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::ThreadPool;

use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_core::threads::{in_each, pool};

/// Does every job, as many at a time as there are threads, and hands each result to `done`, which no two enter at once. All
/// jobs are shown as one piece of work, to be begun and ended by the caller.
///
/// # Errors
/// The first error of a job or of `done`; the jobs that are under way are then told to stop.
pub(crate) fn run<J: Sync, T>(
    jobs: &[J],
    progress: &dyn Progress,
    work: impl Fn(&J, &dyn Progress) -> Result<T> + Sync,
    done: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let workers = rayon::current_num_threads().min(jobs.len());
    let next = AtomicUsize::new(0);
    let pool = WorkerPool {
        progress,
        is_stopped: AtomicBool::new(false),
        lines: Mutex::new(vec![String::new(); workers]),
        threads: rayon::current_num_threads(),
        is_busy: Mutex::new(vec![true; workers]),
    };
    let outcome = Mutex::new((done, Ok(())));
    let work_off = |place: usize| {
        let worker = Worker { pool: &pool, place, task: Mutex::default(), lent: Mutex::default() };
        while !pool.is_stopped.load(Ordering::Relaxed)
            && let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let result = work(job, &worker);
            let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            let (done, first_error) = &mut *outcome;
            if let Err(error) = result.and_then(done) {
                pool.is_stopped.store(true, Ordering::Relaxed);
                if first_error.is_ok() {
                    *first_error = Err(error);
                }
            }
        }
        pool.lend(place);
    };
    if workers <= 1 {
        work_off(0);
    } else {
        in_each(&pools(workers)?, &work_off);
    }
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

/// The threads, shared out among so many workers.
///
/// # Errors
/// [`Error::Threads`](ninefold_core::Error::Threads) when the system refuses one of them.
pub(crate) fn pools(workers: usize) -> Result<Vec<ThreadPool>> {
    let threads = rayon::current_num_threads();
    (0..workers).map(|place| pool(threads / workers + usize::from(place < threads % workers))).collect()
}

/// What the workers share.
struct WorkerPool<'a> {
    progress: &'a dyn Progress,
    is_stopped: AtomicBool,
    lines: Mutex<Vec<String>>, // the task of each worker
    threads: usize,
    is_busy: Mutex<Vec<bool>>, // whether a worker needs its threads itself
}

impl WorkerPool<'_> {
    /// From now on the others share this worker's threads.
    fn lend(&self, place: usize) {
        self.is_busy.lock().unwrap_or_else(PoisonError::into_inner)[place] = false;
    }

    /// How many of all threads a busy worker may use.
    fn share(&self, place: usize) -> usize {
        let is_busy = self.is_busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |workers: &[bool]| workers.iter().filter(|&&is_busy| is_busy).count();
        let (all, before) = (count(&is_busy).max(1), count(&is_busy[..place]));
        self.threads / all + usize::from(before < self.threads % all)
    }
}

/// The progress of one worker: a line beside those of the others.
struct Worker<'a> {
    pool: &'a WorkerPool<'a>,
    place: usize,
    task: Mutex<String>,
    lent: Mutex<Option<ThreadPool>>, // its own threads and those of idle workers
}

impl Worker<'_> {
    fn show(&self, line: String) {
        let mut lines = self.pool.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines[self.place] = line;
        let shown: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
        self.pool.progress.status(&shown.join("\n"));
    }
}

impl Progress for Worker<'_> {
    fn begin(&self, task: &str, _unit: &'static str, _total: Option<u64>) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = task.to_string();
    }
    fn advance(&self, amount: u64) {
        self.pool.progress.advance(amount);
    }
    fn status(&self, text: &str) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.show(format!("{task}  {text}"));
    }
    fn end(&self) {
        self.show(String::new());
    }
    fn notice(&self, text: &str) {
        self.pool.progress.notice(text);
    }
    fn compute(&self, step: &mut (dyn FnMut() + Send)) {
        let share = self.pool.share(self.place);
        if share <= rayon::current_num_threads() {
            return step();
        }
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        if lent.as_ref().is_none_or(|lent| lent.current_num_threads() != share) {
            *lent = pool(share).ok(); // refused by the system: the worker's own threads do
        }
        match &*lent {
            Some(lent) => lent.install(step),
            None => step(),
        }
    }
    fn is_cancelled(&self) -> bool {
        self.pool.is_stopped.load(Ordering::Relaxed) || self.pool.progress.is_cancelled()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_core::error::Error;
    use ninefold_core::progress::Silent;
    use ninefold_core::threads::within;

    #[test]
    fn every_job_is_done_once_and_the_threads_are_shared_out() {
        let jobs: Vec<usize> = (0..5).collect();
        for (threads, most) in [(1, 1), (3, 1), (5, 1), (8, 2)] {
            let mut found = Vec::new();
            let work = |&job: &usize, _: &dyn Progress| Ok((job, rayon::current_num_threads()));
            let done = |result| {
                found.push(result);
                Ok(())
            };
            within(threads, || run(&jobs, &Silent, work, done)).unwrap();
            found.sort_unstable();
            assert_eq!(found.iter().map(|&(job, _)| job).collect::<Vec<_>>(), jobs);
            assert!(found.iter().all(|&(_, threads)| threads >= 1 && threads <= most), "{found:?}");
        }
    }

    #[test]
    fn last_job_gets_the_threads_of_idle_workers() {
        let jobs = [0, 1, 2];
        let (is_alone, threads) = (AtomicBool::new(false), AtomicUsize::new(0));
        let work = |&job: &i32, progress: &dyn Progress| {
            while job == 2 && threads.load(Ordering::Relaxed) < 4 {
                progress.compute(&mut || threads.store(rayon::current_num_threads(), Ordering::Relaxed));
                is_alone.store(true, Ordering::Relaxed);
            }
            Ok(job)
        };
        within(4, || run(&jobs, &Silent, work, |_| Ok(()))).unwrap();
        assert!(is_alone.into_inner());
    }

    #[test]
    fn the_first_error_ends_the_others() {
        let jobs: Vec<usize> = (0..100).collect();
        let work = |&job: &usize, progress: &dyn Progress| match job {
            3 => Err(Error::data("the third")),
            _ if progress.is_cancelled() => Err(Error::Interrupted),
            _ => Ok(job),
        };
        let mut finished = 0;
        let done = |_| {
            finished += 1;
            Ok(())
        };
        let error = within(2, || run(&jobs, &Silent, work, done)).unwrap_err();
        assert_eq!(error.to_string(), "the third");
        assert!(finished < 99, "{finished}");
    }
}
