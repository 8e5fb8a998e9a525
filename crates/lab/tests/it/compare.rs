//! A comparison that is cancelled anywhere goes on to the results of one that never was.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::small::run;
use ninefold_core::Auto;
use ninefold_core::Error;
use ninefold_core::progress::{Progress, Silent};
use ninefold_lab as lab;
use ninefold_lab::{Config, EmbeddingKind, Refit, RunFolder, preset};
use ninefold_nn::model::ModelKind;
use ninefold_records::{Leaderboard, Row, RowKind};
use safetensors::SafeTensors;

/// Cancels once it was asked so often.
struct CancelAfter {
    asked: AtomicUsize,
    limit: usize,
}

impl Progress for CancelAfter {
    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.limit
    }
}

/// A small comparison with vectors from a file; the looks at its test labels are counted in a temporary folder.
fn config(place: &Path) -> Config {
    let words = ["sun", "rain", "snow", "goal", "ball", "team"];
    let text =
        |n: usize| (0..5 + n % 4).map(|k| words[3 * (n % 2) + (n / 2 + k * k) % 3]).collect::<Vec<_>>().join(" ");
    let rows: String = (0..60).map(|n| format!("{},{}\n", text(n), ["weather", "sport"][n % 2])).collect();
    fs::write(place.join("texts.csv"), format!("text,label\n{rows}")).unwrap();
    let vector =
        |n: usize| (0..4).map(|k| format!("{:.2}", ((n * 5 + k * 3) % 7) as f32 / 7.0)).collect::<Vec<_>>().join(" ");
    let vectors: String = words.iter().enumerate().map(|(n, word)| format!("{word} {}\n", vector(n))).collect();
    fs::write(place.join("vectors.txt"), vectors).unwrap();
    let mut config = Config { embeddings: vec!["glove".parse().unwrap()], ..Config::default() };
    config.models = vec![ModelKind::Rnn, ModelKind::Gru];
    config.folds = Auto::Value(0);
    config.corpus.data = place.join("texts.csv").display().to_string();
    config.set("embedding.glove", &place.join("vectors.txt").display().to_string()).unwrap();
    config.set("embedding.dim", "4").unwrap();
    config.model.families.recurrent.hidden_size = 6;
    config.training.epochs = Auto::Value(4);
    config.training.batch_size = 8;
    config
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let names = ["predictions.csv", "confusion.csv", "model/model.safetensors", "model/config.json", "model/vocab.txt"];
    let pairs = ["glove-rnn", "glove-gru"];
    let read = |pair: &str, name: &str| fs::read(folder.join("pairs").join(pair).join(name)).unwrap();
    pairs.iter().flat_map(|pair| names.iter().map(move |name| read(pair, name))).collect()
}

#[test]
fn cancelled_anywhere_it_goes_on_to_the_same_bits() {
    let place = tempfile::tempdir().unwrap();
    goes_on_to_the_same_bits(&config(place.path()), place.path(), &[3, 9, 13, 30, 45, 60]);
}

#[test]
fn and_so_does_one_that_trains_everything_once_more() {
    let place = tempfile::tempdir().unwrap();
    let config = Config { refit: Refit::All, ..config(place.path()) };
    goes_on_to_the_same_bits(&config, place.path(), &[9, 30, 60, 75, 90, 110]);
}

fn goes_on_to_the_same_bits(config: &Config, place: &Path, limits: &[usize]) {
    let whole = run(config, &place.join("whole"), &Silent).unwrap();
    let mut interruptions = 0;
    for &limit in limits {
        let folder = place.join(format!("cut-{limit}"));
        let cancel = CancelAfter { asked: AtomicUsize::new(0), limit };
        match run(config, &folder, &cancel) {
            Err(Error::Interrupted) => interruptions += 1,
            other => assert!(other.is_ok(), "{other:?}"),
        }
        let resumed = run(config, &folder, &Silent).unwrap();
        assert_eq!(files(&folder), files(&place.join("whole")), "cancelled after {limit}");
        for (a, b) in resumed.rows.iter().zip(&whole.rows) {
            assert_eq!((a.train, a.validation, a.test, a.best_epoch), (b.train, b.validation, b.test, b.best_epoch));
        }
    }
    assert!(interruptions >= 4, "only {interruptions} of 6 were cancelled in time to show anything");
}

#[test]
fn baselines_alone_are_refitted_by_default_with_what_validation_chose() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let plain = Config { refit: Refit::None, ..config.clone() };
    let without = run(&plain, &place.path().join("without"), &Silent).unwrap();
    let with = run(&config, &place.path().join("with"), &Silent).unwrap();
    assert!(with.protocol.validation.ends_with("joined to train for the baselines when every choice is made (refit)"));
    let chosen = |run: &str, row: &Row| {
        let text = fs::read_to_string(place.path().join(run).join(&row.folder).join("metrics.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["chosen"].clone()
    };
    for (a, b) in without.rows.iter().zip(&with.rows).filter(|(row, _)| row.kind != RowKind::Ensemble) {
        assert_eq!((&a.folder, a.train, a.validation), (&b.folder, b.train, b.validation));
        assert_eq!(chosen("without", a), chosen("with", b), "{}", a.folder);
        assert!(!a.is_refitted && b.is_refitted == (b.kind == RowKind::Baseline), "{}", b.folder);
        assert!(b.kind == RowKind::Baseline || a.test == b.test, "{}", a.folder);
    }
}

#[test]
fn what_validation_chose_is_trained_once_more_on_all_texts() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    // Every text has a word of its own, which a vocabulary knows if the text was learned from.
    let data = place.path().join("texts.csv");
    let texts = fs::read_to_string(&data).unwrap();
    let marked = texts.lines().enumerate().map(|(n, line)| if n == 0 { line.into() } else { format!("own{n} {line}") });
    fs::write(&data, marked.collect::<Vec<String>>().join("\n")).unwrap();
    config.vocab.min_count = 1;
    config.refit = Refit::None;
    let once = run(&config, &place.path().join("once"), &Silent).unwrap();
    let refit = Config { refit: Refit::All, ..config };
    let twice = run(&refit, &place.path().join("twice"), &Silent).unwrap();

    assert_eq!(once.protocol.validation, "8.33 % of train (10 % requested), stratified, seed 0");
    let said =
        "8.33 % of train (10 % requested), stratified, seed 0, joined to train when every choice is made (refit)";
    assert_eq!((twice.protocol.validation.as_str(), twice.protocol.texts), (said, once.protocol.texts));
    let own = |run: &str| {
        let vocab = fs::read_to_string(place.path().join(run).join("pairs/glove-gru/model/vocab.txt")).unwrap();
        vocab.lines().filter(|word| word.starts_with("own")).count()
    };
    let sizes = once.protocol.texts;
    assert_eq!((own("once"), own("twice")), (sizes.train, sizes.train + sizes.validation));
    let trained = |row: &&Row| row.kind != RowKind::Ensemble;
    for (a, b) in once.rows.iter().zip(&twice.rows).filter(|(row, _)| trained(row)) {
        assert_eq!((&a.folder, a.train, a.validation, a.best_epoch), (&b.folder, b.train, b.validation, b.best_epoch));
        assert!(
            a.kind == RowKind::Baseline || a.parameters < b.parameters,
            "{}: {} and {}",
            a.folder,
            a.parameters,
            b.parameters
        );
        let said = |run: &str, part: &str| {
            let bytes = fs::read(place.path().join(run).join(&a.folder).join("probabilities.safetensors")).unwrap();
            SafeTensors::deserialize(&bytes).unwrap().tensor(part).unwrap().data().to_vec()
        };
        assert!(said("once", "validation") == said("twice", "validation"), "{}", a.folder);
        let is_same = said("once", "test") == said("twice", "test");
        assert_eq!(is_same, a.model == "majority", "{}", a.folder);
    }
    let model =
        |run: &str, file: &str| fs::read(place.path().join(run).join("pairs/glove-gru/model").join(file)).unwrap();
    assert!(String::from_utf8(model("twice", "README.md")).unwrap().contains(said));
    assert_ne!(model("once", "model.safetensors"), model("twice", "model.safetensors"));
    for leftover in ["checkpoint.safetensors", "refit-checkpoint.safetensors"] {
        assert!(!place.path().join("twice/pairs/glove-gru").join(leftover).exists(), "{leftover}");
    }
}

#[test]
fn runs_side_by_side_share_their_vectors() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.embeddings = vec!["word2vec".parse().unwrap()];
    config.models = vec![ModelKind::Swem];
    config.set("embedding.epochs", "2000").unwrap();
    config.baselines = Vec::new();
    let folders = ["a", "b"].map(|name| place.path().join(name));
    std::thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| run(&config, folder, &Silent).unwrap());
        }
    });
    let [a, b] = folders.map(|run| fs::read(run.join("pairs/word2vec-swem/model/model.safetensors")).unwrap());
    assert!(a == b, "each trained its own, without locks");
}

#[test]
fn a_finished_run_is_read_back_and_not_done_again() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let path = place.path().join("run");
    let first = run(&config, &path, &Silent).unwrap();
    fs::remove_file(place.path().join("vectors.txt")).unwrap(); // would be missed if anything were trained
    // How often others have looked at the same test labels meanwhile is not this run's affair.
    let own = |mut board: Leaderboard| {
        board.statistics.as_mut().unwrap().test_evaluations_total = 0;
        board
    };
    let again = run(&config, &path, &Silent).unwrap();
    assert_eq!(own(again.clone()), own(first.clone()));
    let folder = RunFolder::open(&path).unwrap();
    assert_eq!(folder.leaderboard().unwrap(), again);
    assert_eq!(folder.config().unwrap(), config);
    assert!(folder.record(first.best().unwrap()).unwrap().is_some());
    let other = Config { seed: 1, ..config };
    assert!(matches!(run(&other, &path, &Silent), Err(Error::Data { what }) if what.contains("seed")));
}

#[test]
fn presets_are_the_notebooks_rounds() {
    let figures = |name: &str| {
        let Config { embedding, model, training, vocab, .. } = preset(name).unwrap();
        let EmbeddingKind::Word2vec(word2vec) = &embedding[0].kind else { panic!("{embedding:?}") };
        let sizes =
            [word2vec.dim, word2vec.window, word2vec.epochs_for(2_000_000), training.max_len(), training.batch_size];
        assert_eq!(
            (
                vocab.min_count,
                model.families.recurrent.num_layers,
                model.families.recurrent.bidirectional,
                model.shared.freeze_embeddings
            ),
            (5, 2, true, true)
        );
        (sizes, model.families.recurrent.hidden_size, model.shared.dropout, training.learning_rate, training.epochs)
    };
    assert_eq!(figures("round1"), ([100, 5, 10, 150, 64], 128, 0.5, 1e-3, Auto::Value(20)));
    assert_eq!(figures("round2"), ([200, 10, 20, 400, 32], 256, 0.3, 1e-4, Auto::Value(20)));
    assert!(preset("round3").is_err() && lab::PRESETS.contains(&"round1"));
}

/// Remembers what was said.
#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Progress for Notices {
    fn notice(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }
}

#[test]
fn damaged_files_of_finished_work_are_reported_and_made_again() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.models = vec![ModelKind::Rnn];
    config.baselines = vec![lab::BaselineKind::named("multinomial_nb").unwrap()];
    let folder = place.path().join("run");
    run(&config, &folder, &Silent).unwrap();
    let files = [
        ("pairs/glove-rnn/metrics.json", "is computed again"),
        ("pairs/glove-rnn/predictions.csv", "is computed again"),
        ("pairs/glove-rnn/probabilities.safetensors", "is computed again"),
        ("pairs/glove-rnn/history.csv", "is computed again"),
        ("baselines/multinomial_nb/mistakes.json", "is computed again"),
        ("baselines/multinomial_nb/examples.json", "is computed again"),
        ("ensembles/vote_selected/predictions.csv", "is computed again"),
        ("pairs/glove-rnn/model/model.safetensors", "is computed again"),
        ("baselines/multinomial_nb/model/config.json", "is computed again"),
        ("ensembles/vote_selected/model/config.json", "is computed again"),
        ("diagnosis.json", "is diagnosed again"),
    ];
    for (name, again) in files {
        let path = folder.join(name);
        let intact = fs::read(&path).unwrap();
        fs::write(&path, "{\n\"a\",\"b\"\n").unwrap();
        let notices = Notices::default();
        run(&config, &folder, &notices).unwrap();
        let said = notices.0.into_inner().unwrap();
        assert!(said.iter().any(|line| line.contains(name) && line.contains(again)), "{name}: {said:#?}");
        let has_seconds = name.ends_with("metrics.json") || name.ends_with("history.csv") || name == "diagnosis.json";
        assert!(has_seconds || fs::read(&path).unwrap() == intact, "{name}");
        assert!(!run(&config, &folder, &Silent).unwrap().rows.is_empty());
    }
}
