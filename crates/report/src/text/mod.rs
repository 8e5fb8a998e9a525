//! Records as plain text.

pub(crate) mod bench;
pub(crate) mod column;
pub(crate) mod deploy;
pub(crate) mod diagnosis;
pub(crate) mod diff;
pub(crate) mod distilled;
mod ensembles;
pub(crate) mod export;
pub(crate) mod grid;
pub(crate) mod insights;
pub(crate) mod ladder;
mod limit;
pub(crate) mod plain;
pub(crate) mod search;
mod stated;
pub(crate) mod table;
