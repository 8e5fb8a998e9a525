//! What there is to say about a corpus that has a name.

use crate::config::CorpusConfig;
use crate::reading::Parts;
use crate::strip::Strip;
use ninefold_core::error::Result;
use ninefold_core::folders::Folders;
use ninefold_core::progress::Progress;

/// A corpus that is known by a name.
#[derive(Clone, Copy)]
pub(crate) struct NamedCorpus {
    /// What users call it: `data = "sample"`.
    pub name: &'static str,
    /// What its own split is called: "given", "bydate".
    pub split: &'static str,
    /// What `strip = "auto"` removes from its texts.
    pub strip: Strip,
    /// Makes, finds or fetches it.
    pub read: fn(&CorpusConfig, &Folders, &dyn Progress) -> Result<Parts>,
}
