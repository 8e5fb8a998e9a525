//! Embeddings by name in one comparison; rows that are recognised by their keys wherever they were made.

#![allow(clippy::unwrap_used)]

use crate::small;

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use crate::small::run;
use ninefold_core::Auto;
use ninefold_core::progress::{Progress, Silent};
use ninefold_lab::{BaselineKind, Config, RunFolder, Sources, resolve};
use ninefold_nn::model::ModelKind;
use ninefold_records::{Leaderboard, Row, RowKind};

/// Keeps notices.
#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Progress for Notices {
    fn notice(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }
}

impl Notices {
    fn count(self, of: &str) -> usize {
        self.0.into_inner().unwrap().iter().filter(|notice| notice.contains(of)).count()
    }
}

/// A comparison of one small network over vectors that are trained in a moment.
fn config(place: &Path) -> Config {
    let mut config = small::config(place);
    (config.seeds, config.baselines, config.ensembles) = (1, Vec::new(), Vec::new());
    config.embeddings = vec!["word2vec".parse().unwrap()];
    config.models = vec![ModelKind::Gru];
    config.training.epochs = Auto::Value(2);
    config.set("embedding.epochs", "2").unwrap();
    config
}

fn key(run: &Path, row: &str) -> String {
    let text = fs::read_to_string(run.join(row).join("metrics.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["key"].as_str().unwrap().to_string()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn two_settings_of_a_kind_and_two_files_stand_in_one_comparison() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    let own = "own 1 0 0\nsun 0 1 0\ngoal 0 0 1\nbread 1 1 0\n";
    fs::write(place.path().join("own.txt"), own).unwrap();
    let specs = format!(
        "[[embedding]]\nname = \"w2v-wide\"\nkind = \"word2vec\"\nwindow = 1\n\n\
         [[embedding]]\nname = \"own\"\nkind = \"pretrained\"\npath = '{}'\n",
        place.path().join("own.txt").display()
    );
    let file = place.path().join("c.toml");
    fs::write(&file, config.to_commented_toml().unwrap() + &specs).unwrap();
    let names = ["word2vec", "w2v-wide", "own", "glove", "w2v-wide+own"];
    config = resolve(&Sources { file: Some(file), ..Sources::default() }).unwrap();
    config.embeddings = names.map(|name| name.parse().unwrap()).to_vec();
    config.baselines = vec![BaselineKind::named("mean_logistic").unwrap()];
    let path = place.path().join("run");
    let board = run(&config, &path, &Silent).unwrap();
    let of = |baseline: bool| -> Vec<&str> {
        let rows = board.rows.iter().filter(|row| (row.kind == RowKind::Baseline) == baseline);
        rows.inspect(|row| assert_eq!(row.error, None)).map(|row| row.embedding.as_str()).collect()
    };
    assert_eq!((of(false), of(true)), (names.to_vec(), names.to_vec()));
    let dim = |name: &str| {
        let text = fs::read_to_string(path.join(format!("pairs/{name}-gru/model/config.json"))).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["model"]["embedding_dim"].as_u64().unwrap()
    };
    assert_eq!(names.map(dim), [4, 4, 3, 4, 7]);
    let said = |name: &str| fs::read(path.join(format!("pairs/{name}-gru/probabilities.safetensors"))).unwrap();
    assert!(said("word2vec") != said("w2v-wide"), "another window, other vectors");
    assert_eq!(RunFolder::open(&path).unwrap().config().unwrap(), config);
}

#[test]
fn a_row_has_the_same_key_whatever_stands_beside_it() {
    let place = tempfile::tempdir().unwrap();
    let one = config(place.path());
    let mut more = one.clone();
    more.models = vec![ModelKind::Swem, ModelKind::Gru];
    more.embeddings.push("w2v-wide".parse().unwrap());
    more.embedding.push(ninefold_lab::EmbeddingSpec { name: "w2v-wide".to_string(), ..more.embedding[0].clone() });
    more.baselines = vec![BaselineKind::named("majority").unwrap()];
    more.set("model.cnn.filters", "3").unwrap(); // no convolution takes part
    more.set("baseline.epochs", "3").unwrap();
    let [a, b] = ["a", "b"].map(|name| place.path().join(name));
    run(&one, &a, &Silent).unwrap();
    run(&more, &b, &Silent).unwrap();
    let gru = "pairs/word2vec-gru";
    assert_eq!(key(&a, gru), key(&b, gru));
    assert_eq!(key(&b, gru), key(&b, "pairs/w2v-wide-gru"), "the same settings by another name");
    assert_ne!(key(&b, gru), key(&b, "pairs/word2vec-swem"));
    let other = Config { seed: 1, ..one };
    run(&other, &place.path().join("c"), &Silent).unwrap();
    assert_ne!(key(&a, gru), key(&place.path().join("c"), gru));
}

#[test]
fn a_row_that_is_copied_between_run_folders_is_finished() {
    let place = tempfile::tempdir().unwrap();
    let gru = config(place.path());
    let swem = Config { models: vec![ModelKind::Swem], ..gru.clone() };
    let both = Config { models: vec![ModelKind::Gru, ModelKind::Swem], ..gru.clone() };
    let [a, b] = ["a", "b"].map(|name| place.path().join(name));
    let first = run(&gru, &a, &Silent).unwrap();
    run(&swem, &b, &Silent).unwrap();
    copy(&a.join("pairs/word2vec-gru"), &b.join("pairs/word2vec-gru"));
    let notices = Notices::default();
    let board = run(&both, &b, &notices).unwrap();
    assert_eq!(notices.count(": finished earlier"), 2);
    assert_eq!(
        board.rows[0],
        Row { rank: board.rows[0].rank, interval: board.rows[0].interval, ..first.rows[0].clone() }
    );
    assert_eq!(board.rows.len(), 2);
}

#[test]
fn a_folder_grows_with_what_is_compared_and_refuses_other_settings() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let path = place.path().join("run");
    run(&config, &path, &Silent).unwrap();
    let mut more = config.clone();
    more.embeddings = ["glove", "word2vec"].map(|name| name.parse().unwrap()).to_vec();
    more.baselines = vec![BaselineKind::named("majority").unwrap()];
    let notices = Notices::default();
    assert_eq!(run(&more, &path, &notices).unwrap().rows.len(), 3);
    assert_eq!(notices.count(": finished earlier"), 1);
    let refused = |config: &Config| run(config, &path, &Silent).unwrap_err().to_string();
    let error = refused(&config);
    assert!(error.contains("embeddings is \"glove, word2vec\" there and \"word2vec\" here"), "{error}");
    let error = refused(&Config { seed: 1, ..more.clone() });
    assert!(error.contains("seed is \"0\" there and \"1\" here"), "{error}");
    let mut other = more.clone();
    other.set("embedding.window", "3").unwrap();
    let error = refused(&other);
    assert!(error.contains("embedding.window is \"10\" there and \"3\" here; choose another --run-dir"), "{error}");
    // What no row depends on may differ.
    more.set("embedding.fasttext.window", "3").unwrap();
    run(&more, &path, &Silent).unwrap();
}

#[test]
fn an_evaluation_on_the_test_texts_counts_once_however_often_a_run_is_resumed() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let texts = fs::read_to_string(&config.corpus.data).unwrap().replace("sun", "moon"); // those of no other test
    fs::write(&config.corpus.data, texts).unwrap();
    let path = place.path().join("run");
    let ever = |board: &Leaderboard| board.statistics.as_ref().unwrap().test_evaluations_total;
    let first = run(&config, &path, &Silent).unwrap();
    assert_eq!(ever(&run(&config, &path, &Silent).unwrap()), ever(&first), "a run that is read back");
    // Killed after the row was written and before it was counted.
    let mut counted =
        fs::read_dir(small::folders().cache.as_ref().unwrap().join("looks")).unwrap().map(|file| file.unwrap().path());
    let key = key(&path, "pairs/word2vec-gru");
    let counted = counted.find(|file| fs::read_to_string(file).unwrap().contains(&key)).unwrap();
    let text = fs::read_to_string(&counted).unwrap();
    let without: String = text.lines().filter(|line| !line.starts_with(&key)).map(|line| format!("{line}\n")).collect();
    fs::write(&counted, without).unwrap();
    assert_eq!(ever(&run(&config, &path, &Silent).unwrap()), ever(&first), "a run that is resumed");
}

#[test]
fn characters_stand_beside_words_and_rows_have_the_keys_of_their_own_unit() {
    let place = tempfile::tempdir().unwrap();
    let mut both = config(place.path());
    both.models = vec![ModelKind::Cnn, ModelKind::Swem];
    both.baselines = vec![BaselineKind::named("mean_logistic").unwrap()];
    both.ensembles = ninefold_lab::EnsembleKind::ALL.to_vec();
    let words = both.embedding[0].clone();
    let unit = "characters".to_string();
    both.embedding.push(ninefold_lab::EmbeddingSpec { name: "chars".to_string(), unit: unit.clone(), ..words });
    both.embeddings.push("chars".parse().unwrap());
    let [a, b] = ["a", "b"].map(|name| place.path().join(name));
    let board = run(&both, &a, &Silent).unwrap();
    assert!(board.rows.iter().all(|row| row.is_scored()), "{:?}", board.rows);
    let pairs: Vec<String> = board.rows.iter().take(4).map(Row::pair).collect();
    assert_eq!(pairs, ["word2vec + cnn", "word2vec + swem", "chars + cnn", "chars + swem"]);
    // The rows are those of comparisons in one unit.
    let mut characters = Config { embeddings: vec!["chars".parse().unwrap()], ..both.clone() };
    characters.tokenizer.unit = unit;
    run(&characters, &b, &Silent).unwrap();
    for row in ["pairs/chars-cnn", "pairs/chars-swem", "baselines/chars-mean_logistic"] {
        assert_eq!(key(&a, row), key(&b, row));
        let answers = |run: &Path| fs::read(run.join(row).join("predictions.csv")).unwrap();
        assert_eq!(answers(&a), answers(&b), "{row}");
    }
    let again = Notices::default();
    run(&both, &a, &again).unwrap();
    let said = again.0.into_inner().unwrap();
    let is_row = |said: &&String| said.contains(" + ") && said.ends_with("finished earlier");
    assert_eq!(said.iter().filter(is_row).count(), 6, "{said:#?}");
}

#[test]
fn units_that_do_not_go_together_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    let chars = ninefold_lab::EmbeddingSpec { name: "chars".to_string(), ..config.embedding[0].clone() };
    config.embedding.push(chars);
    config.set("embedding.chars.unit", "characters").unwrap();
    config.embeddings = vec!["word2vec".parse().unwrap(), "chars".parse().unwrap()];
    let error = ninefold_lab::distill(
        &config,
        place.path(),
        &place.path().join("student"),
        false,
        &ninefold_lab::Session { folders: small::folders(), threads: 1, progress: &Silent },
    );
    assert!(error.unwrap_err().to_string().contains("only `ninefold compare` reads texts in several units"));
    config.embeddings = vec!["word2vec+chars".parse().unwrap()];
    let error = config.validate().unwrap_err().to_string();
    assert!(error.starts_with("embedding.chars.unit: expected the unit of the other embeddings"), "{error}");
    config.set("embedding.chars.unit", "letters").unwrap();
    let error = config.validate().unwrap_err().to_string();
    assert!(error.starts_with("embedding.chars.unit: expected "), "{error}");
}
