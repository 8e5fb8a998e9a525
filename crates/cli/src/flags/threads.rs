//! `--threads`.

use anyhow::Result;
use clap::Args;
use ninefold::threads;

use crate::usage::Usage;

/// How many threads work.
#[derive(Clone, Debug, Default, Args)]
pub struct ThreadsArgs {
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl ThreadsArgs {
    /// How many threads were asked for, else as many as there are processors.
    pub fn count(&self) -> Result<usize> {
        match self.threads {
            Some(0) => Err(Usage("--threads: expected at least 1, found 0".to_string()).into()),
            wanted => Ok(wanted.unwrap_or_else(threads::available)),
        }
    }

    /// Does the work in a pool of so many threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        threads::within(self.count()?, work)
    }
}
