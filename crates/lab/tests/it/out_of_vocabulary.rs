//! Words outside of the vocabulary that are read by their n-grams: in training, in saved models, in several that answer together;
//! and nothing of it where it is off.

#![allow(clippy::unwrap_used)]

use crate::small;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ninefold_core::Auto;
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::rng::Rng;
use ninefold_lab::Config;
use ninefold_models::bundle::{Bundle, bytes, renew_checksum};
use ninefold_models::combine_models;
use ninefold_models::predictor::Predictor;
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::EncoderConfig;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::layers::Optimizer;
use ninefold_nn::layers::optimizer::OptimizerStep;
use ninefold_nn::model::{Classifier, LossConfig, ModelKind, NeuralClassifier, NeuralConfig};
use ninefold_vectors::subwords::Subwords as Ngrams;
use ninefold_vectors::{WordVectors, formats};
use safetensors::SafeTensors;
use small::{distill, run};

/// Keeps notices, and cancels once it was asked so often.
struct Watcher {
    said: Mutex<Vec<String>>,
    left: AtomicUsize,
}

impl Watcher {
    fn new(left: usize) -> Watcher {
        Watcher { said: Mutex::default(), left: AtomicUsize::new(left) }
    }
}

impl Progress for Watcher {
    fn notice(&self, text: &str) {
        self.said.lock().unwrap().push(text.to_string());
    }

    fn is_cancelled(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

/// A text whose words have the letters of their class in front and endings of their own, so that most occur once.
fn text(number: usize, rng: &mut Rng) -> String {
    let stems = [["sunny", "rainy"], ["goals", "balls"], ["bread", "cakes"]][number % 3];
    let word = |rng: &mut Rng| {
        let ending: String = (0..3).map(|_| (b'a' + rng.below(26) as u8) as char).collect();
        if rng.uniform() < 0.5 { stems[rng.below(2)].to_string() } else { stems[rng.below(2)].to_string() + &ending }
    };
    (0..3 + rng.below(4)).map(|_| word(rng)).collect::<Vec<_>>().join(" ")
}

/// A comparison over such texts, with a test part of its own; FastText over them, and in a file.
fn config(place: &Path) -> (Config, Vec<String>) {
    let mut config = small::config(place);
    let mut rng = Rng::new(11);
    let mut table = |name: &str, count: usize| -> Vec<String> {
        let texts: Vec<String> = (0..count).map(|number| text(number, &mut rng)).collect();
        let rows =
            texts.iter().enumerate().map(|(n, text)| format!("{text},{}\n", ["weather", "sport", "food"][n % 3]));
        fs::write(place.join(name), "text,label\n".to_string() + &rows.collect::<String>()).unwrap();
        texts
    };
    table("train.csv", 240);
    let test = table("test.csv", 60);
    config.corpus.data = place.join("train.csv").display().to_string();
    config.corpus.test = place.join("test.csv").display().to_string();
    (config.seeds, config.baselines, config.ensembles) = (1, Vec::new(), Vec::new());
    config.embeddings = vec!["fasttext".parse().unwrap()];
    config.models = vec![ModelKind::Gru, ModelKind::Swem];
    config.vocab.min_count = 3;
    config.set("embedding.glove", "train").unwrap();
    config.set("embedding.epochs", "3").unwrap();
    config.set("embedding.out_of_vocabulary", "subwords").unwrap();
    config.training.epochs = Auto::Value(4);
    (config, test)
}

fn said(model: &Path, texts: &[String]) -> Vec<f32> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let predictions = Predictor::load(model).unwrap().predict(&texts, &Silent).unwrap();
    predictions.into_iter().flat_map(|prediction| prediction.probabilities).collect()
}

/// What the training said of the test texts.
fn kept(pair: &Path) -> Vec<f32> {
    let bytes = fs::read(pair.join("probabilities.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor("test").unwrap().data().to_vec();
    data.chunks_exact(4).map(|float| f32::from_le_bytes(float.try_into().unwrap())).collect()
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Words that no text has: two that begin like words of the vocabulary, one of letters that no n-gram has.
const NEW: [&str; 3] = ["sunnyside", "breadcrumb", "zqzqzq"];

#[test]
fn a_saved_model_reads_unseen_words_as_its_training_did() {
    let place = tempfile::tempdir().unwrap();
    let (config, test) = config(place.path());
    let watcher = Watcher::new(usize::MAX);
    run(&config, &place.path().join("run"), &watcher).unwrap();
    let notices = watcher.said.into_inner().unwrap();
    let read = notices.iter().find(|notice| notice.contains("read by their n-grams")).unwrap();
    assert!(
        read.starts_with("fasttext: ")
            && read.ends_with("outside of the vocabulary read by their n-grams, 0 words as <unk>"),
        "{read}"
    );
    for kind in ["gru", "swem"] {
        let pair = place.path().join(format!("run/pairs/fasttext-{kind}"));
        assert_eq!(said(&pair.join("model"), &test), kept(&pair), "{kind}");
        let alone: Vec<f32> =
            test.iter().flat_map(|text| said(&pair.join("model"), std::slice::from_ref(text))).collect();
        assert_eq!(alone, kept(&pair), "{kind}, a text alone");
        let [side, crumb, stranger] = NEW.map(|word| said(&pair.join("model"), &strings(&[word])));
        assert!(side != crumb && side != stranger && crumb != stranger, "{kind}: {side:?} {crumb:?} {stranger:?}");
        assert_eq!(stranger, said(&pair.join("model"), &strings(&["qqqjjj"])), "{kind}: what has no n-gram is <unk>");
        let card = fs::read_to_string(pair.join("model/README.md")).unwrap();
        assert!(card.contains("is read as the mean of the vectors of its n-grams (`subwords.safetensors`"), "{card}");
    }

    // The same without: other models, no n-grams beside them, and all unseen words look alike.
    let mut off = config.clone();
    off.set("embedding.out_of_vocabulary", "unk").unwrap();
    run(&off, &place.path().join("off"), &Silent).unwrap();
    let pair = place.path().join("off/pairs/fasttext-gru");
    assert!(!pair.join("model/subwords.safetensors").exists());
    assert!(!fs::read_to_string(pair.join("model/config.json")).unwrap().contains("out_of_vocabulary"));
    let [side, crumb, stranger] = NEW.map(|word| said(&pair.join("model"), &strings(&[word])));
    assert!(side == crumb && side == stranger);
    assert_ne!(kept(&pair), kept(&place.path().join("run/pairs/fasttext-gru")));
}

#[test]
fn a_cancelled_run_goes_on_to_the_same_bits() {
    let place = tempfile::tempdir().unwrap();
    let (mut config, _) = config(place.path());
    config.models.truncate(1);
    run(&config, &place.path().join("whole"), &Silent).unwrap();
    let cut = Watcher::new(75);
    assert!(run(&config, &place.path().join("cut"), &cut).is_err(), "it ended before it was cancelled");
    assert!(place.path().join("cut/pairs/fasttext-gru/checkpoint.safetensors").exists());
    run(&config, &place.path().join("cut"), &Silent).unwrap();
    for name in ["model.safetensors", "subwords.safetensors", "config.json"] {
        let read = |run: &str| fs::read(place.path().join(run).join("pairs/fasttext-gru/model").join(name)).unwrap();
        assert!(read("cut") == read("whole"), "{name}");
    }
}

#[test]
fn several_answer_together_whatever_each_makes_of_unseen_words() {
    let place = tempfile::tempdir().unwrap();
    let (config, test) = config(place.path());
    run(&config, &place.path().join("on"), &Silent).unwrap();
    let mut other = config.clone();
    other.set("embedding.out_of_vocabulary", "unk").unwrap();
    run(&other, &place.path().join("off"), &Silent).unwrap();
    other.set("embedding.out_of_vocabulary", "subwords").unwrap();
    other.set("embedding.bucket", "50").unwrap();
    other.models = vec![ModelKind::Gru];
    run(&other, &place.path().join("few"), &Silent).unwrap();
    let pair = |run: &str, kind: &str| place.path().join(run).join(format!("pairs/fasttext-{kind}"));
    let pairs = [pair("on", "gru"), pair("off", "gru"), pair("few", "gru"), pair("on", "swem")];
    let models: Vec<PathBuf> = pairs.iter().map(|pair| pair.join("model")).collect();
    let all = place.path().join("all");
    combine_models(&models, &[], &all, "ninefold test".to_string()).unwrap();
    let each = pairs.each_ref().map(|pair| kept(pair));
    let mean = |place: usize| (each.iter().map(|said| f64::from(said[place])).sum::<f64>() / 4.0) as f32;
    assert_eq!(said(&all, &test), (0..each[0].len()).map(mean).collect::<Vec<f32>>());
    let sum: u64 = models.iter().map(|model| bytes(model).unwrap()).sum();
    assert_eq!(bytes(&all).unwrap(), sum + fs::metadata(all.join("config.json")).unwrap().len());
    assert!(bytes(&models[0]).unwrap() > bytes(&models[1]).unwrap());

    // A student has its own, and is scored as it was trained.
    let (mut student, output) = (config.clone(), place.path().join("student"));
    (student.models, student.model.families.recurrent.hidden_size) = (vec![ModelKind::Gru], 3);
    let done = distill(&student, &all, &output, false, &Silent).unwrap();
    let saved = Bundle::load(&output).unwrap();
    assert_eq!(saved.config.training.test, Some(done.rows[1].test));
    assert_ne!(said(&output, &strings(&NEW[..1])), said(&output, &strings(&NEW[1..2])));
}

#[test]
fn vectors_of_a_file_and_vectors_side_by_side_have_them_too() {
    let place = tempfile::tempdir().unwrap();
    let (mut config, test) = config(place.path());
    let words = strings(&["sunny", "goals", "bread"]);
    let rows = (0..300 * 4).map(|n| (n as f32 * 0.37).sin()).collect();
    let vectors = WordVectors::new(words, 4, (0..12).map(|n| n as f32 / 12.0).collect()).unwrap();
    let vectors = vectors.with_subwords(Ngrams::new((3, 4), 300, 4, None, rows).unwrap()).unwrap();
    let file = place.path().join("file.bin");
    formats::save(&vectors, &file, formats::Format::for_path(&file, true).unwrap(), &Silent).unwrap();
    config.set("embedding.glove", &file.display().to_string()).unwrap();
    config.set("embedding.unknown", "random").unwrap();
    config.embeddings =
        ["glove", "fasttext+glove", "word2vec+glove", "word2vec"].map(|name| name.parse().unwrap()).to_vec();
    config.models = vec![ModelKind::Swem];
    let watcher = Watcher::new(usize::MAX);
    run(&config, &place.path().join("run"), &watcher).unwrap();
    let without = "word2vec: has no n-grams: out_of_vocabulary = \"subwords\" does nothing here";
    let notices = watcher.said.into_inner().unwrap();
    assert_eq!(notices.iter().filter(|notice| notice.starts_with(without)).count(), 1, "{notices:?}");
    for name in ["glove", "fasttext+glove", "word2vec+glove", "word2vec"] {
        let pair = place.path().join(format!("run/pairs/{name}-swem"));
        assert_eq!(said(&pair.join("model"), &test), kept(&pair), "{name}");
        let bundle = Bundle::load(&pair.join("model")).unwrap();
        assert_eq!(bundle.outside.is_some(), name != "word2vec", "{name}");
        let ngrams = |at: usize| {
            bundle.outside.as_ref().unwrap().parts()[at].ngrams.as_ref().map(|n| n.buckets().unwrap().len())
        };
        match name {
            "glove" => assert!(ngrams(0).unwrap() < 300, "of the file's n-grams those of the vocabulary"),
            "fasttext+glove" => assert!(ngrams(0).is_some() && ngrams(1).is_some()),
            "word2vec+glove" => assert!(ngrams(0).is_none() && ngrams(1).is_some()),
            _ => {}
        }
    }
}

#[test]
fn a_config_without_anything_that_could_have_ngrams_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (mut config, _) = config(place.path());
    config.embeddings = vec!["word2vec".parse().unwrap(), "glove".parse().unwrap()];
    let error = run(&config, &place.path().join("run"), &Silent).unwrap_err().to_string();
    assert_eq!(
        error,
        "embedding.out_of_vocabulary: expected \"unk\", as word2vec, glove has no n-grams (fasttext has, and a fastText model \
         given as embedding.glove), found \"subwords\""
    );
}

#[test]
fn damaged_ngrams_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (mut config, _) = config(place.path());
    config.models = vec![ModelKind::Swem];
    run(&config, &place.path().join("run"), &Silent).unwrap();
    let model = place.path().join("run/pairs/fasttext-swem/model");
    let path = model.join("subwords.safetensors");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    assert!(Bundle::load(&model).unwrap_err().to_string().contains("subwords.safetensors: checksum mismatch"));
    fs::remove_file(&path).unwrap();
    assert!(Bundle::load(&model).unwrap_err().to_string().contains("subwords.safetensors: cannot read"));

    // Whole in itself, and of another model.
    let refused = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(&whole[..500]).into_owned();
        assert!(text.contains(from) && from.len() == to.len(), "{text}");
        let at = text.find(from).unwrap();
        let mut other = whole.clone();
        other[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, &other).unwrap();
        let config = fs::read_to_string(model.join("config.json")).unwrap();
        let sum = ninefold_models::bundle::sha256;
        fs::write(model.join("config.json"), config.replace(&sum(&whole), &sum(&other))).unwrap();
        renew_checksum(&model).unwrap();
        let error = Bundle::load(&model).unwrap_err().to_string();
        fs::write(model.join("config.json"), config).unwrap();
        error
    };
    let error = refused("\\\"dim\\\":4", "\\\"dim\\\":5");
    assert!(error.contains("subwords.safetensors: expected n-grams that belong together"), "{error}");
    let error = refused("\\\"filler\\\":\\\"zero\\\"", "\\\"filler\\\":\\\"none\\\"");
    assert!(error.contains("the metadata `parts`, found unknown variant `none`"), "{error}");
    let error = refused("0.buckets", "9.buckets");
    assert!(error.contains("the tensor `0.buckets`, found no tensor of that name"), "{error}");
}

#[test]
fn no_gradient_reaches_the_rows_beyond_the_table() {
    let matrix: Vec<f32> = (0..10 * 4).map(|i| (i as f32 * 0.37).sin()).collect();
    let config = NeuralConfig {
        encoder: EncoderConfig::Gru(Recurrent { hidden_size: 6, ..Recurrent::default() }),
        ..NeuralConfig::default()
    };
    let mut texts = Encoded::default();
    texts.push(&[3, 11, 5, 10], 0);
    texts.push(&[10, 7], 1);
    let batch = Batch::pack(&texts, &[0, 1], 100, Padding::Exact);
    for is_sparse in [false, true] {
        let mut model = NeuralClassifier::new(config.clone(), matrix.clone(), 4, 1);
        model.set_embedding_steps(1.0, is_sparse);
        let rows: Arc<[f32]> = [0.5, -0.5, 1.0, 0.0, 0.25, 2.0, -1.0, 0.75].into();
        model.set_oov(Arc::clone(&rows));
        let before = model.logits(&batch);
        let mut optimizer = Optimizer::new(&model.parameters());
        model.train_batch(&batch, &[1], LossConfig::default());
        optimizer.step(model.parameters_mut(), OptimizerStep { learning_rate: 0.1, ..OptimizerStep::default() });
        let table = model.parameters()[0];
        assert_eq!((table.value.len(), table.gradient.len()), (40, 40));
        let moved: Vec<usize> = (0..10).filter(|row| table.value[row * 4..][..4] != matrix[row * 4..][..4]).collect();
        assert_eq!(moved, [3, 5, 7], "and not <unk>");
        assert_eq!(table.rows, is_sparse.then(|| vec![3, 5, 7]));
        assert_eq!(rows[..4], [0.5, -0.5, 1.0, 0.0]);
        // They are read: other rows, other logits.
        let mut other = NeuralClassifier::new(config.clone(), matrix.clone(), 4, 1);
        other.set_oov([1.0; 8].into());
        assert_ne!(other.logits(&batch), before);
    }
}
