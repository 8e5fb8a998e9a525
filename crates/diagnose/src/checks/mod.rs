//! The checks, a file each. A new one is a file here and a line in [`CHECKS`].

mod classes;
mod copies;
pub(crate) mod curve;
mod labels;
mod leak;
mod models;
mod shift;
mod unread;
mod words;

use std::fmt::Debug;

use crate::evidence::{Evidence, Trained};
use crate::finding::Finding;
use ninefold_core::error::Result;

/// Something that may limit a score, or make it unbelievable.
pub(crate) trait Check: Debug + Sync {
    /// Its name in records: "copies".
    fn name(&self) -> &'static str;

    /// What it looks for, as a sentence begins: "Texts that are copies of others".
    fn about(&self) -> &'static str;

    /// Looks for it.
    ///
    /// # Errors
    /// [`Error::Interrupted`](ninefold_core::Error::Interrupted) when the evidence's progress says so.
    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding>;
}

/// All checks, in the order of a diagnosis.
pub(crate) const CHECKS: [&dyn Check; 9] = [
    &leak::Leak,
    &copies::Copied,
    &shift::Shift,
    &labels::WrongLabels,
    &classes::SameClass,
    &words::KnownWords,
    &curve::MoreTexts,
    &models::OtherModels,
    &unread::Unread,
];
