//! How often the test labels of a corpus were looked at: every model that is scored on them is one more look.
//!
//! A line per look, in a file per corpus in the cache folder. Who tries often enough finds a model that suits the test texts
//! by chance; the number of tries stands under the leaderboard.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use ninefold_core::folders::cache_dir;
use ninefold_data::Document;
use ninefold_models::bundle::sha256;

/// Of the test texts and their labels, whatever else the corpus holds.
pub fn test_fingerprint(documents: &[Document], labels: &[String]) -> String {
    let mut sums: Vec<String> = documents
        .iter()
        .map(|document| sha256(format!("{} {}", labels[document.label as usize], document.text).as_bytes()))
        .collect();
    sums.sort_unstable();
    sha256(sums.concat().as_bytes())[..24].to_string()
}

/// One more look, by the model of that name. A cache that cannot be written is no reason to stop.
pub fn count(fingerprint: &str, name: &str) {
    let path = path(fingerprint);
    let opened = path.parent().map(fs::create_dir_all).and_then(|made| made.ok());
    let file = opened.and_then(|()| OpenOptions::new().append(true).create(true).open(&path).ok());
    if let Some(mut file) = file {
        let _ = file.write_all(format!("{name}\n").as_bytes()); // one write: two programs' lines do not mix
    }
}

/// All looks at these test labels on this machine.
pub fn looks(fingerprint: &str) -> usize {
    fs::read_to_string(path(fingerprint)).map_or(0, |text| text.lines().count())
}

fn path(fingerprint: &str) -> PathBuf {
    cache_dir().join("looks").join(format!("{fingerprint}.txt"))
}
