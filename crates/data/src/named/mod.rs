//! Corpora that are known by a name in place of a path.
//!
//! A name -> its [`NamedCorpus`]. One file or folder of this folder per corpus, and one line in [`NAMED`]: that is all a
//! further corpus needs.

mod named_corpus;
mod newsgroups;
pub mod sample;

pub(crate) use named_corpus::NamedCorpus;

/// Every corpus that has a name.
pub(crate) const NAMED: &[NamedCorpus] = &[sample::CORPUS, newsgroups::CORPUS];

/// The corpus of that name; a folder of the same name is reached as `./sample`.
pub(crate) fn find(name: &str) -> Option<NamedCorpus> {
    NAMED.iter().copied().find(|corpus| corpus.name == name)
}

/// `"sample", "20newsgroups"`, for messages.
pub(crate) fn quoted_names(separator: &str) -> String {
    NAMED.iter().map(|corpus| format!("{:?}", corpus.name)).collect::<Vec<_>>().join(separator)
}
