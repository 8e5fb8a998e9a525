//! A comparison that is trained in a moment, for the tests of what is made of one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ninefold_core::Auto;
use ninefold_core::progress::Progress;
use ninefold_core::rng::Rng;
use ninefold_core::{Folders, Result};
use ninefold_lab::{BaselineKind, Config, EnsembleKind, ModelConfig, Session};
use ninefold_nn::model::ModelKind;
use ninefold_nn::train::TrainConfig;
use ninefold_records::{Distilled, Leaderboard};

/// One cache for this test binary.
pub fn folders() -> &'static Folders {
    static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    static FOLDERS: LazyLock<Folders> = LazyLock::new(|| Folders::at(CACHE.path()));
    &FOLDERS
}

/// In that cache, on as many threads as the caller has.
fn session(progress: &dyn Progress) -> Session<'_> {
    Session { folders: folders(), threads: rayon::current_num_threads(), progress }
}

/// A comparison in the folders of this test binary.
pub fn run(config: &Config, folder: &Path, progress: &dyn Progress) -> Result<Leaderboard> {
    ninefold_lab::run(config, folder, &session(progress))
}

/// A distillation in the folders of this test binary.
pub fn distill(
    config: &Config,
    teacher: &Path,
    output: &Path,
    beside: bool,
    progress: &dyn Progress,
) -> Result<Distilled> {
    ninefold_lab::distill(config, teacher, output, beside, &session(progress))
}

/// A small comparison of two networks with two seeds, and two baselines, with vectors from a file.
pub fn config(place: &Path) -> Config {
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
    let mut config = Config { embeddings: vec!["glove".parse().unwrap()], seeds: 2, ..Config::default() };
    config.models = vec![ModelKind::Rnn, ModelKind::Gru];
    config.folds = Auto::Value(0);
    config.baselines = ["majority", "multinomial_nb"].map(|name| BaselineKind::named(name).unwrap()).to_vec();
    config.ensembles = EnsembleKind::ALL.to_vec();
    config.corpus.data = place.join("texts.csv").display().to_string();
    config.corpus.validation_fraction = 0.25;
    config.set("embedding.glove", &place.join("vectors.txt").display().to_string()).unwrap();
    config.set("embedding.dim", "4").unwrap();
    (config.model, config.training) = (ModelConfig::default(), TrainConfig::default()); // too little text for the recipe
    config.model.families.recurrent.hidden_size = 5;
    config.training.epochs = Auto::Value(12);
    config.training.learning_rate = 1e-2;
    config.training.batch_size = 8;
    config
}
