//! What a call works with: which folders it may use, how many threads, and who watches.

use ninefold_core::error::Result;
use ninefold_core::folders::Folders;
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::threads;

/// Passed to every call that trains. No score, prediction or weight depends on it, with one exception: with more than one thread
/// word2vec and fastText train without locks, and their vectors differ a little from run to run.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// Where corpora and vectors are loaded from by name, and what is cached where.
    pub folders: &'a Folders,
    /// Threads of the call's own pool; 0: as many as there are processors.
    pub threads: usize,
    /// Who watches, and may stop the work.
    pub progress: &'a dyn Progress,
}

impl<'a> Session<'a> {
    /// On all processors, and nobody watches.
    pub fn new(folders: &'a Folders) -> Session<'a> {
        Session { folders, threads: 0, progress: &Silent }
    }

    /// The same with another watcher.
    pub(crate) fn watched_by<'b>(&self, progress: &'b dyn Progress) -> Session<'b>
    where
        'a: 'b,
    {
        Session { progress, ..*self }
    }

    /// Does the work in the call's pool.
    ///
    /// # Errors
    /// [`Error::Threads`](ninefold_core::Error::Threads) when the system refuses a thread, and those of the work.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        threads::within(self.threads, work)
    }
}
