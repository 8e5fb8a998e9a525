//! How often the test labels of a corpus were used: every model that is scored on them is one more evaluation.
//!
//! A line per evaluation, in a file per corpus in the cache folder: the key of what was evaluated, and its name. A finished row is
//! registered by its key, once, however often its run is killed and resumed. Who evaluates often enough finds a model that suits
//! the test texts by chance; the number of evaluations is printed with the leaderboard.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use rustc_hash::FxHashSet;

use ninefold_core::Folders;
use ninefold_data::Document;
use ninefold_models::bundle::sha256;

/// The evaluations on one set of test texts; without a cache folder none is counted.
pub struct TestEvaluations {
    file: Option<PathBuf>,
}

impl TestEvaluations {
    /// Those of these test texts and their labels, whatever else the corpus holds.
    pub fn of(documents: &[Document], labels: &[String], folders: &Folders) -> TestEvaluations {
        let file = |cache: &PathBuf| cache.join("looks").join(format!("{}.txt", fingerprint(documents, labels)));
        TestEvaluations { file: folders.cache.as_ref().map(file) }
    }

    /// Registers an evaluation by the key of what was evaluated, unless it is there. A cache that cannot be written is no reason to
    /// stop.
    pub fn register(&self, key: &str, name: &str) {
        let Some(path) = &self.file else { return };
        if fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| key_of(line) == Some(key))) {
            return;
        }
        let opened = path.parent().map(fs::create_dir_all).and_then(|made| made.ok());
        let file = opened.and_then(|()| OpenOptions::new().append(true).create(true).open(path).ok());
        if let Some(mut file) = file {
            let _ = file.write_all(format!("{key} {name}\n").as_bytes()); // one write: two programs' lines do not mix
        }
    }

    /// Registers an evaluation by its answers, a class for each test text: a model that gives the same ones again is no other try.
    pub fn register_answers(&self, answers: &[u32], name: &str) {
        self.register(&sha256(bytemuck::cast_slice(answers)), name);
    }

    /// All that are registered in this cache folder; `None` without one.
    pub fn total(&self) -> Option<usize> {
        let text = fs::read_to_string(self.file.as_ref()?).unwrap_or_default();
        let (keyed, others): (Vec<_>, Vec<_>) = text.lines().map(key_of).partition(Option::is_some);
        // Two programs may have registered the same at once; a line without a key is of an older version.
        Some(keyed.into_iter().collect::<FxHashSet<_>>().len() + others.len())
    }
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once(' ').map(|(key, _)| key)
}

fn fingerprint(documents: &[Document], labels: &[String]) -> String {
    let mut sums: Vec<String> = documents
        .iter()
        .map(|document| sha256(format!("{} {}", labels[document.label as usize], document.text).as_bytes()))
        .collect();
    sums.sort_unstable();
    sha256(sums.concat().as_bytes())[..24].to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_evaluation_counts_once_and_lines_of_older_versions_count_each() {
        let place = tempfile::tempdir().unwrap();
        let evaluations = TestEvaluations::of(&[], &[], &Folders::at(place.path()));
        let other = TestEvaluations::of(&[], &[], &Folders::default());
        assert_eq!((evaluations.total(), other.total()), (Some(0), None));
        for (key, name) in [("a", "pairs/glove-gru"), ("b", "pairs/glove-gru"), ("a", "pairs/glove-gru")] {
            evaluations.register(key, name);
        }
        assert_eq!(evaluations.total(), Some(2));
        let path = evaluations.file.clone().unwrap();
        let known = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("pairs/glove-gru\npairs/glove-gru\n{known}b pairs/glove-gru\n")).unwrap();
        assert_eq!(evaluations.total(), Some(4));
    }
}
