//! What a run folder holds beside its records: the config and the lock, cached probabilities, checkpoints, logs.
//!
//! *Invariant:* every file is written beside and renamed, so that a killed run leaves no half file.

pub(crate) mod checkpoint;
pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod folder;
pub(crate) mod intact;
pub(crate) mod kept;
pub(crate) mod keys;
pub(crate) mod logs;
pub(crate) mod test_evaluations;
