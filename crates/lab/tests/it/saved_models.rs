//! Every row of a comparison leaves a model that says what the row says; the best are copied; what is not wanted is removed.

#![allow(clippy::unwrap_used)]

use crate::small;

use std::fs;
use std::path::Path;

use ninefold_core::Auto;
use ninefold_core::folders::Folders;
use ninefold_core::progress::Silent;
use ninefold_lab::{BaselineKind, Config, KeepModels, Refit, RunFolder};
use ninefold_models::bundle::{LinearBundle, is_ensemble, renew_checksum};
use ninefold_models::predictor::Predictor;
use ninefold_mutate::CountingAllocator;
use ninefold_nn::model::ModelKind;
use ninefold_records::{Leaderboard, Row, RowKind};
use safetensors::SafeTensors;
use small::{config, run};

/// A comparison with every baseline, every kind of network and every ensemble.
fn everything(place: &Path) -> Config {
    let mut config = config(place);
    config.embeddings = ["glove", "fasttext"].map(|name| name.parse().unwrap()).to_vec();
    config.models = vec![ModelKind::Gru, ModelKind::Cnn, ModelKind::Swem];
    config.baselines = BaselineKind::all().collect();
    config.baseline.bucket = 500;
    config.training.epochs = Auto::Value(2);
    config.set("embedding.epochs", "2").unwrap();
    config.vocab.min_count = 2;
    config
}

fn texts(config: &Config) -> Vec<String> {
    let corpus = ninefold_data::load(&config.corpus, &Folders::default(), &Silent).unwrap();
    corpus.test.into_iter().map(|document| document.text.into()).collect()
}

/// The probabilities that a model gives. `[texts, num_classes]`
fn said(model: &Path, texts: &[String]) -> Vec<f32> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let predictions = Predictor::load(model).unwrap().predict(&texts, &Silent).unwrap();
    predictions.into_iter().flat_map(|prediction| prediction.probabilities).collect()
}

/// The lines of predictions.csv: label and probability.
fn lines(run: &Path, row: &Row) -> Vec<String> {
    let text = fs::read_to_string(run.join(&row.folder).join("predictions.csv")).unwrap();
    text.lines().skip(1).map(|line| line.splitn(3, ',').nth(2).unwrap().to_string()).collect()
}

fn kept(run: &Path, row: &Row) -> Option<Vec<f32>> {
    let bytes = fs::read(run.join(&row.folder).join("probabilities.safetensors")).ok()?;
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (numbers, _) = tensors.tensor("test").unwrap().data().as_chunks::<4>();
    Some(numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
}

fn every_model_says_what_its_row_says(config: &Config, run_folder: &Path) -> Leaderboard {
    let board = run(config, run_folder, &Silent).unwrap();
    let texts = texts(config);
    for row in &board.rows {
        let model = run_folder.join(&row.folder).join("model");
        let probabilities = said(&model, &texts);
        if let Some(kept) = kept(run_folder, row) {
            assert!(probabilities == kept, "{}", row.folder);
        }
        let labels = Predictor::load(&model).unwrap().labels().to_vec();
        let line = |row: &[f32]| {
            let best = (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            format!("{},{:.6}", labels[best], row[best])
        };
        let found: Vec<String> = probabilities.chunks_exact(labels.len()).map(line).collect();
        assert_eq!(found, lines(run_folder, row), "{}", row.folder);
        assert!(fs::read_to_string(model.join("README.md")).unwrap().contains("| test |"), "{}", row.folder);
    }
    board
}

#[test]
fn every_model_of_a_run_says_what_its_row_says() {
    let place = tempfile::tempdir().unwrap();
    let config = everything(place.path());
    let folder = place.path().join("run");
    let board = every_model_says_what_its_row_says(&config, &folder);
    for kind in [RowKind::Pair, RowKind::Baseline, RowKind::Ensemble] {
        assert!(board.rows.iter().filter(|row| row.kind == kind).count() >= 8, "{kind:?}");
    }
    let refit = Config { refit: Refit::All, seeds: 1, ..config };
    every_model_says_what_its_row_says(&refit, &place.path().join("refit"));
}

/// Texts of many words, so that tables and not their headers decide.
fn wordy(place: &Path) -> Config {
    let word = |number: usize| format!("{}{number}", ["sail", "dough"][number % 2]);
    let text = |number: usize| {
        (0..40).map(|at| word(2 * (number * 37 + at * at * 11) % 6_000 + number % 2)).collect::<Vec<_>>().join(" ")
    };
    let lines = (0..600).map(|number| format!("{},{}\n", text(number), ["boats", "bread"][number % 2]));
    fs::write(place.join("wordy.csv"), format!("text,label\n{}", lines.collect::<String>())).unwrap();
    let mut config = everything(place);
    config.corpus.data = place.join("wordy.csv").display().to_string();
    config.vocab.min_count = 1;
    config
}

#[test]
fn models_say_how_much_memory_the_allocator_gives_them() {
    let place = tempfile::tempdir().unwrap();
    let config = wordy(place.path());
    let folder = place.path().join("run");
    for row in &run(&config, &folder, &Silent).unwrap().rows {
        let before = CountingAllocator::held();
        let predictor = Predictor::load(folder.join(&row.folder).join("model")).unwrap();
        let held = (CountingAllocator::held() - before) as f64;
        let said = predictor.memory_bytes() as f64;
        assert!((said - held).abs() < 0.1 * held + 10e3, "{}: says {said} bytes, has {held}", row.folder);
    }
}

#[test]
fn every_model_says_what_its_row_says_beside_others_that_read_characters() {
    let place = tempfile::tempdir().unwrap();
    let mut config = everything(place.path());
    config.set("embedding.fasttext.unit", "characters").unwrap();
    config.embeddings = vec!["word2vec".parse().unwrap(), "fasttext".parse().unwrap()];
    every_model_says_what_its_row_says(&config, &place.path().join("run"));
    config.folds = ninefold_core::Auto::Value(2);
    let board = run(&config, &place.path().join("folds"), &Silent).unwrap();
    assert!(board.rows.iter().all(|row| row.is_scored() && row.error.is_none()), "{:?}", board.rows);
}

#[test]
fn best_is_what_validation_chooses_and_can_be_moved() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let folder = place.path().join("run");
    let board = run(&config, &folder, &Silent).unwrap();
    let texts = texts(&config);
    let record: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("best.json")).unwrap()).unwrap();
    let validation = |row: &Row| row.validation.unwrap().accuracy;
    for (name, is_candidate) in [("best", None), ("best-network", Some(RowKind::Pair))] {
        let candidates: Vec<&Row> =
            board.rows.iter().filter(|row| is_candidate.is_none_or(|kind| row.kind == kind)).collect();
        let chosen = candidates.iter().find(|row| row.folder == record[name]["folder"].as_str().unwrap()).unwrap();
        assert!(candidates.iter().all(|row| validation(row) <= validation(chosen)), "{name}: {}", chosen.folder);
        let expected = said(&folder.join(&chosen.folder).join("model"), &texts);
        let moved = place.path().join(format!("elsewhere-{name}"));
        fs::rename(folder.join(name), &moved).unwrap();
        assert!(said(&moved, &texts) == expected, "{name}");
    }
    // An ensemble's copy holds its members.
    let stacked = folder.join("ensembles/stacked/model");
    let (copy, expected) = (place.path().join("copy"), said(&stacked, &texts));
    ninefold_models::bundle::copy(&stacked, &copy, ninefold_models::bundle::Placing::Link).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(is_ensemble(&copy) && said(&copy, &texts) == expected);
}

#[test]
fn models_that_are_not_kept_are_not_trained_again() {
    let place = tempfile::tempdir().unwrap();
    let base = config(place.path());
    let folder = place.path().join("run");
    let config = Config { keep_models: KeepModels::Best, ..base.clone() };
    let first = run(&config, &folder, &Silent).unwrap();
    let texts = texts(&config);
    let has_models = || first.rows.iter().any(|row| folder.join(&row.folder).join("model").exists());
    assert!(!has_models());
    let best = said(&folder.join("best"), &texts);
    fs::remove_file(place.path().join("vectors.txt")).unwrap(); // would be missed if anything were trained
    let again = run(&config, &folder, &Silent).unwrap();
    assert_eq!(again.rows, first.rows);
    assert!(said(&folder.join("best"), &texts) == best && folder.join("best-network/config.json").is_file());
    let none = Config { keep_models: KeepModels::None, ..base };
    assert_eq!(run(&none, &folder, &Silent).unwrap().rows, first.rows);
    let names = ["best", "best-network", "best.json"];
    assert!(!has_models() && names.iter().all(|name| !folder.join(name).exists()));
    assert_eq!(RunFolder::open(&folder).unwrap().config().unwrap(), none);
}

#[test]
fn altered_baseline_is_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let mut config = everything(place.path());
    (config.models, config.seeds) = (vec![ModelKind::Swem], 1);
    config.embeddings.truncate(1);
    config.ensembles.clear();
    run(&config, &place.path().join("run"), &Silent).unwrap();
    for (baseline, from, to, expected) in [
        ("tfidf_svm", "\"sublinear_tf\": true", "\"sublinear_tf\": 3", "the setting `sublinear_tf`: expected a value"),
        ("tfidf_svm", "\"baseline\": \"tfidf_svm\"", "\"baseline\": \"tfidf_tree\"", "unknown variant `tfidf_tree`"),
        (
            "tfidf_svm",
            "\"baseline\": \"tfidf_svm\"",
            "\"baseline\": \"majority\"",
            "the tensor `log_counts`: expected F64 [3]",
        ),
        (
            "fasttext_supervised",
            "\"bucket\": 500",
            "\"bucket\": 1",
            "the tensor `row_numbers`: expected rising numbers",
        ),
        ("fasttext_supervised", "\"bucket\": 500", "\"bucket\": 4000000000000000", "at most 2^32 rows"),
        ("fasttext_supervised", "\"word_ngrams\": 2", "\"word_ngrams\": 0", "sizes from 1 up"),
        ("glove-mean_logistic", "\"temperature\": ", "\"temperature\": -", "a temperature above 0, found -"),
        ("majority", "\"kind\": \"linear\"", "\"kind\": \"network\"", "unknown field"),
    ] {
        let model = place.path().join("run/baselines").join(baseline).join("model");
        let path = model.join("config.json");
        let whole = fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{whole}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        renew_checksum(&model).unwrap();
        let error = Predictor::load(&model).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(baseline), "{error}");
        fs::write(&path, &whole).unwrap();
        LinearBundle::load(&model).unwrap();
    }
    let ngrams = place.path().join("run/baselines/tfidf_svm/model/ngrams.txt");
    fs::write(&ngrams, fs::read_to_string(&ngrams).unwrap() + "more\n").unwrap();
    let error = Predictor::load(ngrams.parent().unwrap()).unwrap_err().to_string();
    assert!(error.contains("ngrams.txt: checksum mismatch"), "{error}");
}

#[test]
fn threads_share_one_predictor_and_get_the_same_bits() {
    fn is_shared<T: Send + Sync>(_: &T) {}
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let folder = place.path().join("run");
    run(&config, &folder, &Silent).unwrap();
    let texts = texts(&config);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let predictor = Predictor::load(folder.join("ensembles/stacked/model")).unwrap();
    is_shared(&predictor);
    let expected = predictor.predict(&texts, &Silent).unwrap();
    std::thread::scope(|scope| {
        for offset in 0..4 {
            let (predictor, texts, expected) = (&predictor, &texts, &expected);
            scope.spawn(move || {
                for _ in 0..5 {
                    assert!(predictor.predict(texts, &Silent).unwrap() == *expected);
                    assert!(
                        predictor.predict(&texts[offset..offset + 2], &Silent).unwrap() == expected[offset..offset + 2]
                    );
                }
            });
        }
    });
    assert!(predictor.workspaces() <= 4 * 4, "four networks, four threads: {}", predictor.workspaces());
    let before = predictor.workspaces();
    (0..20).for_each(|_| drop(predictor.predict(&texts, &Silent).unwrap()));
    assert_eq!(predictor.workspaces(), before, "buffers are used again");
}
