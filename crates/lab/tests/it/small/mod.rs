//! A comparison that is trained in a moment, for the tests of what is made of one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ninefold_core::folders;
use ninefold_core::rng::Rng;
use ninefold_lab::{BaselineKind, Config, EmbeddingKind, EnsembleKind, ModelConfig};
use ninefold_nn::model::ModelKind;
use ninefold_nn::train::TrainConfig;

/// Has this test binary count and cache in a temporary folder.
pub fn use_temporary_cache() {
    static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let cache = tempfile::tempdir().unwrap();
        assert!(folders::keep_cache_in(cache.path().to_path_buf()));
        cache
    });
    LazyLock::force(&CACHE);
}

/// A small comparison of two networks with two seeds, and two baselines, with vectors from a file.
pub fn config(place: &Path) -> Config {
    use_temporary_cache();
    let words = ["sun", "rain", "snow", "goal", "ball", "team", "jam", "bread", "tea"];
    // Less than half of the words tell the class, and one label of ten is wrong: nobody gets them all right.
    let mut rng = Rng::new(5);
    let mut row = |n: usize| {
        let class = n % 3;
        let word = |rng: &mut Rng| words[if rng.uniform() < 0.4 { 3 * class + rng.below(3) } else { rng.below(9) }];
        let text: Vec<&str> = (0..3 + rng.below(4)).map(|_| word(&mut rng)).collect();
        let label = if rng.uniform() < 0.1 { rng.below(3) } else { class };
        format!("{},{}\n", text.join(" "), ["weather", "sport", "food"][label])
    };
    let rows: String = (0..240).map(&mut row).collect();
    fs::write(place.join("texts.csv"), format!("text,label\n{rows}")).unwrap();
    let vector =
        |n: usize| (0..4).map(|k| format!("{:.2}", ((n * 5 + k * 3) % 7) as f32 / 7.0)).collect::<Vec<_>>().join(" ");
    let vectors: String = words.iter().enumerate().map(|(n, word)| format!("{word} {}\n", vector(n))).collect();
    fs::write(place.join("vectors.txt"), vectors).unwrap();
    let mut config = Config { embeddings: vec![EmbeddingKind::Glove.into()], seeds: 2, ..Config::default() };
    config.models = vec![ModelKind::Rnn, ModelKind::Gru];
    config.baselines = ["majority", "multinomial_nb"].map(|name| BaselineKind::named(name).unwrap()).to_vec();
    config.ensembles = EnsembleKind::ALL.to_vec();
    config.corpus.data = place.join("texts.csv").display().to_string();
    config.corpus.validation_fraction = 0.25;
    config.embedding.glove = place.join("vectors.txt").display().to_string();
    config.embedding.dim = 4;
    (config.model, config.training) = (ModelConfig::default(), TrainConfig::default()); // too little text for the recipe
    config.model.hidden_size = 5;
    config.training.epochs = 12;
    config.training.learning_rate = 1e-2;
    config.training.batch_size = 8;
    config
}
