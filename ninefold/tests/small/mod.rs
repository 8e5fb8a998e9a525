//! A comparison that is trained in a moment, for the tests of what is made of one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ninefold::experiment::{BaselineKind, Config, EmbeddingKind, EnsembleKind};
use ninefold::folders;
use ninefold::nn::CellKind;

/// A small comparison of two networks with two seeds, and two baselines, with vectors from a file.
pub fn config(place: &Path) -> Config {
    static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let cache = tempfile::tempdir().unwrap();
        assert!(folders::keep_cache_in(cache.path().to_path_buf()));
        cache
    });
    LazyLock::force(&CACHE);
    let words = ["sun", "rain", "snow", "goal", "ball", "team", "jam", "bread", "tea"];
    // A third of the words are another class's.
    let word = |n: usize, k: usize| {
        words[(3 * (n % 3) + (n / 3 + k * k) % 3 + if (n * 7 + k).is_multiple_of(3) { 4 } else { 0 }) % 9]
    };
    let text = |n: usize| (0..4 + n % 4).map(|k| word(n, k)).collect::<Vec<_>>().join(" ");
    let rows: String = (0..240).map(|n| format!("{},{}\n", text(n), ["weather", "sport", "food"][n % 3])).collect();
    fs::write(place.join("texts.csv"), format!("text,label\n{rows}")).unwrap();
    let vector =
        |n: usize| (0..4).map(|k| format!("{:.2}", ((n * 5 + k * 3) % 7) as f32 / 7.0)).collect::<Vec<_>>().join(" ");
    let vectors: String = words.iter().enumerate().map(|(n, word)| format!("{word} {}\n", vector(n))).collect();
    fs::write(place.join("vectors.txt"), vectors).unwrap();
    let mut config = Config { embeddings: vec![EmbeddingKind::Glove], seeds: 2, ..Config::default() };
    config.models = vec![CellKind::Rnn, CellKind::Gru];
    config.baselines = vec![BaselineKind::Majority, BaselineKind::MultinomialNb];
    config.ensembles = EnsembleKind::ALL.to_vec();
    config.corpus.data = place.join("texts.csv").display().to_string();
    config.corpus.validation_fraction = 0.25;
    config.embedding.glove = place.join("vectors.txt").display().to_string();
    config.embedding.dim = 4;
    config.model.hidden_size = 5;
    config.training.epochs = 5;
    config.training.batch_size = 8;
    config
}
