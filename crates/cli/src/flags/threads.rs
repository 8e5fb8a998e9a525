//! `--threads`.

use anyhow::Result;
use clap::Args;
use ninefold::threads;

use super::values::count;

/// The number of threads.
#[derive(Clone, Debug, Default, Args)]
pub struct ThreadsArgs {
    /// Number of threads [default: number of processors]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Run")]
    pub threads: Option<usize>,
}

impl ThreadsArgs {
    /// The number that was asked for, else the number of processors.
    pub fn count(&self) -> usize {
        self.threads.unwrap_or_else(threads::available)
    }

    /// Does the work in a pool of so many threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        threads::within(self.count(), work)
    }
}
