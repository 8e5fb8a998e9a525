//! The GloVe releases by name: which archive holds them, under which name.
//!
//! Source: Stanford's page of the GloVe project; the vectors are in the public domain (PDDL 1.0).

use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::nearest;

/// Where the archives lie, the first that answers being used: Stanford, its file server, and the copies that Stanford's own
/// README links to.
pub const MIRRORS: [&str; 3] = [
    "https://nlp.stanford.edu/data",
    "https://downloads.cs.stanford.edu/nlp/data",
    "https://huggingface.co/stanfordnlp/glove/resolve/main",
];

/// One table of released vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// What users call it.
    pub name: &'static str,
    /// Its archive.
    pub archive: &'static str,
    /// Length of its vectors.
    pub dim: usize,
    /// What gensim's downloader calls it, or nothing.
    gensim: &'static str,
}

/// All releases.
pub const RELEASES: [Release; 10] = [
    Release { name: "6B.50d", archive: "glove.6B.zip", dim: 50, gensim: "glove-wiki-gigaword-50" },
    Release { name: "6B.100d", archive: "glove.6B.zip", dim: 100, gensim: "glove-wiki-gigaword-100" },
    Release { name: "6B.200d", archive: "glove.6B.zip", dim: 200, gensim: "glove-wiki-gigaword-200" },
    Release { name: "6B.300d", archive: "glove.6B.zip", dim: 300, gensim: "glove-wiki-gigaword-300" },
    Release { name: "twitter.27B.25d", archive: "glove.twitter.27B.zip", dim: 25, gensim: "glove-twitter-25" },
    Release { name: "twitter.27B.50d", archive: "glove.twitter.27B.zip", dim: 50, gensim: "glove-twitter-50" },
    Release { name: "twitter.27B.100d", archive: "glove.twitter.27B.zip", dim: 100, gensim: "glove-twitter-100" },
    Release { name: "twitter.27B.200d", archive: "glove.twitter.27B.zip", dim: 200, gensim: "glove-twitter-200" },
    Release { name: "42B.300d", archive: "glove.42B.300d.zip", dim: 300, gensim: "" },
    Release { name: "840B.300d", archive: "glove.840B.300d.zip", dim: 300, gensim: "" },
];

impl Release {
    /// The release that `name` means: `6B.100d`, `glove.6B.100d`, `glove.6B.100d.txt`, or gensim's name for it, in any case.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with what may have been meant.
    pub fn named(name: &str) -> Result<Release> {
        let lower = name.to_ascii_lowercase();
        let bare = lower.strip_prefix("glove.").unwrap_or(&lower);
        let bare = bare.strip_suffix(".txt").unwrap_or(bare);
        let means = |release: &&Release| release.name.eq_ignore_ascii_case(bare) || release.gensim == lower;
        RELEASES.iter().find(means).copied().ok_or_else(|| {
            let names: Vec<&str> = RELEASES.iter().map(|release| release.name).collect();
            let meant = nearest(bare, &names).map_or(String::new(), |name| format!(" (did you mean {name}?)"));
            let expected = format!("the path of a vectors file or one of {}{meant}", names.join(", "));
            Error::invalid_value("glove", expected, format!("{name:?}"))
        })
    }

    /// The name of its file in the archive.
    pub fn member(&self) -> String {
        format!("glove.{}.txt", self.name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_way_to_write_a_name_is_understood() {
        for name in ["6B.100d", "6b.100D", "glove.6B.100d", "glove.6B.100d.txt", "glove-wiki-gigaword-100"] {
            let release = Release::named(name).unwrap();
            assert_eq!((release.archive, release.dim), ("glove.6B.zip", 100), "{name}");
            assert_eq!(release.member(), "glove.6B.100d.txt");
        }
        for release in RELEASES {
            assert_eq!(Release::named(release.name).unwrap(), release);
            assert!(release.name.ends_with(&format!(".{}d", release.dim)), "{}", release.name);
        }
    }

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        for (name, meant) in
            [("6B.100", "6B.100d"), ("twiter.27B.25d", "twitter.27B.25d"), ("glove.840.300d", "840B.300d")]
        {
            let error = Release::named(name).unwrap_err().to_string();
            assert!(error.contains(&format!("(did you mean {meant}?)")), "{error}");
        }
        let error = Release::named("zzz").unwrap_err().to_string();
        assert!(error.contains("one of 6B.50d, 6B.100d") && !error.contains("did you mean"), "{error}");
    }
}
