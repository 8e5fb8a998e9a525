//! The part that one job has in the work of a bar: *takes* what a job says of its texts -> *gives* milliseconds of foreseen work to
//! whoever watches all jobs.
//!
//! A text of a large network is more work than one of a small one, so that a bar which counted texts would foresee too little or too
//! much.

use std::sync::atomic::{AtomicU64, Ordering};

use ninefold_core::progress::Progress;

/// A watcher of one job.
pub(crate) struct Share<'a> {
    all: &'a dyn Progress,
    work: u64,       // milliseconds of the job
    texts: u64,      // that it reads, at most; 0: unknown
    done: AtomicU64, // of them
}

impl<'a> Share<'a> {
    pub(crate) fn new(all: &'a dyn Progress, work: u64, texts: u64) -> Share<'a> {
        Share { all, work, texts, done: AtomicU64::new(0) }
    }

    /// The job is done, whatever was left of it.
    pub(crate) fn finish(&self) {
        self.all.advance(self.work - self.work_of(self.done.load(Ordering::Relaxed)));
    }

    fn work_of(&self, texts: u64) -> u64 {
        if self.texts == 0 { 0 } else { (self.work as f64 * texts.min(self.texts) as f64 / self.texts as f64) as u64 }
    }
}

impl Progress for Share<'_> {
    fn begin(&self, task: &str, unit: &'static str, total: Option<u64>) {
        self.all.begin(task, unit, total);
    }
    fn advance(&self, amount: u64) {
        let before = self.done.fetch_add(amount, Ordering::Relaxed);
        self.all.advance(self.work_of(before + amount) - self.work_of(before));
    }
    fn status(&self, text: &str) {
        self.all.status(text);
    }
    fn end(&self) {
        self.all.end();
    }
    fn notice(&self, text: &str) {
        self.all.notice(text);
    }
    fn is_cancelled(&self) -> bool {
        self.all.is_cancelled()
    }
    fn compute(&self, step: &mut (dyn FnMut() + Send)) {
        self.all.compute(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Sum(AtomicU64);

    impl Progress for Sum {
        fn advance(&self, amount: u64) {
            self.0.fetch_add(amount, Ordering::Relaxed);
        }
    }

    #[test]
    fn finished_job_has_done_all_of_its_work() {
        for (texts, read) in [(100, 30), (100, 300), (0, 7), (3, 3)] {
            let sum = Sum::default();
            let share = Share::new(&sum, 1_000, texts);
            (0..read).for_each(|_| share.advance(1));
            share.finish();
            assert_eq!(sum.0.into_inner(), 1_000);
        }
    }
}
