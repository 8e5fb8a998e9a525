//! What a training may use beside processors: memory, a folder, a file to go on from after it was killed.

use std::path::PathBuf;

use crate::checkpoint::Checkpoint;

/// The means of a training; the vectors that come out do not depend on them.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Bytes that GloVe's counts may take; what is more goes to temporary files.
    pub memory: u64,
    /// Where temporary files are made.
    pub folder: PathBuf,
    /// Where a training is saved, to be resumed after a kill.
    pub checkpoint: Option<Checkpoint>,
}

impl Default for Resources {
    fn default() -> Resources {
        Resources { memory: 4 << 30, folder: std::env::temp_dir(), checkpoint: None }
    }
}
