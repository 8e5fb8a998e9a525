//! How often the test labels of a corpus were used: every model that is scored on them is one more evaluation.
//!
//! A line per evaluation, in a file per corpus in the cache folder. Who evaluates often enough finds a model that suits the test
//! texts by chance; the number of evaluations is printed with the leaderboard.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

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

    /// One more, by the model of that name. A cache that cannot be written is no reason to stop.
    pub fn count(&self, name: &str) {
        let Some(path) = &self.file else { return };
        let opened = path.parent().map(fs::create_dir_all).and_then(|made| made.ok());
        let file = opened.and_then(|()| OpenOptions::new().append(true).create(true).open(path).ok());
        if let Some(mut file) = file {
            let _ = file.write_all(format!("{name}\n").as_bytes()); // one write: two programs' lines do not mix
        }
    }

    /// All that were counted in this cache folder; `None` without one.
    pub fn total(&self) -> Option<usize> {
        let path = self.file.as_ref()?;
        Some(fs::read_to_string(path).map_or(0, |text| text.lines().count()))
    }
}

fn fingerprint(documents: &[Document], labels: &[String]) -> String {
    let mut sums: Vec<String> = documents
        .iter()
        .map(|document| sha256(format!("{} {}", labels[document.label as usize], document.text).as_bytes()))
        .collect();
    sums.sort_unstable();
    sha256(sums.concat().as_bytes())[..24].to_string()
}
