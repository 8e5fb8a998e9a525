//! `--threads`.

use anyhow::{Context, Result};
use clap::Args;

use crate::usage::Usage;

/// How many threads work.
#[derive(Clone, Debug, Default, Args)]
pub struct ThreadsArgs {
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl ThreadsArgs {
    /// Makes the pool that all work runs in.
    pub fn start(&self) -> Result<()> {
        if self.threads == Some(0) {
            return Err(Usage("--threads: expected at least 1, found 0".to_string()).into());
        }
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")
    }
}
