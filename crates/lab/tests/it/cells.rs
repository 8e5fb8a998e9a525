//! A comparison whose cells are made apart and put together.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::small;
use ninefold_core::progress::Silent;
use ninefold_core::{Folders, Result};
use ninefold_data::Corpus;
use ninefold_lab::{
    Cell, CellPlaces, CellResult, Config, KeepModels, Session, finish_cells, list_cells, run, run_cell,
};

fn config(place: &Path) -> Config {
    let mut config = small::config(place);
    config.select(&["gru", "swem", "complement_nb", "mean_logistic", "vote_selected", "stacked"]).unwrap();
    config.seeds = 2;
    config.embeddings = ["word2vec", "word2vec+fasttext"].map(|name| name.parse().unwrap()).to_vec();
    for (key, value) in [("embedding.epochs", "1"), ("training.epochs", "2"), ("embedding.bucket", "200")] {
        config.set(key, value).unwrap();
    }
    config
}

/// A machine with folders of its own.
fn session(folders: &Folders) -> Session<'_> {
    Session { folders, threads: 1, progress: &Silent }
}

fn load(config: &Config) -> Corpus {
    ninefold_data::load(&config.corpus, &Folders::default(), &Silent).unwrap()
}

fn list(config: &Config) -> Vec<Cell> {
    list_cells(config, &load(config), 1).unwrap()
}

/// Runs a cell on another machine, where it comes as JSON.
fn work(cell: &Cell, corpus: Corpus, vectors: &[PathBuf], folder: &Path) -> Result<CellResult> {
    let sent: Cell = serde_json::from_str(&serde_json::to_string(cell).unwrap()).unwrap();
    let folders = Folders::default();
    run_cell(&sent, corpus, vectors, folder, &session(&folders))
}

fn finish(cells: &[Cell], corpus: Corpus, folders: &[PathBuf], run_dir: &Path) -> Result<()> {
    let cache = Folders::default();
    finish_cells(cells, corpus, folders, run_dir, &session(&cache), &mut |_| Ok(())).map(drop)
}

/// Every file of a run folder; JSON and tables without times, which differ from run to run.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, root, found);
                continue;
            }
            let name = entry.strip_prefix(root).unwrap().display().to_string();
            let bytes = fs::read(&entry).unwrap();
            if name.starts_with("best") {
                continue; // of equal rows the faster one
            }
            let bytes = match name.rsplit('/').next().unwrap() {
                "environment.json" | ".lock" | "cell.json" => continue,
                file if file.ends_with(".json") => without_times(&bytes),
                "history.csv" => {
                    let text = String::from_utf8(bytes).unwrap();
                    let column = text.lines().next().unwrap().split(',').position(|name| name == "seconds").unwrap();
                    let cut = |line: &str| {
                        let kept = line.split(',').enumerate().filter(|(number, _)| *number != column);
                        kept.map(|(_, cell)| cell).collect::<Vec<_>>().join(",")
                    };
                    text.lines().map(cut).collect::<Vec<_>>().join("\n").into_bytes()
                }
                _ => bytes,
            };
            found.insert(name, bytes);
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// JSON without what is measured in seconds, and what is chosen by it.
fn without_times(bytes: &[u8]) -> Vec<u8> {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !["second", "ms_per", "cost", "deploy"].iter().any(|part| key.contains(part)));
                map.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    clean(&mut value);
    value.to_string().into_bytes()
}

fn same_content(a: &Path, b: &Path) {
    let (a, b) = (content(a), content(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        let [left, right] = [bytes, &b[name]].map(|bytes| String::from_utf8_lossy(bytes));
        assert!(left == right, "{name} differs:\n{left:.2000}\n{right:.2000}");
    }
}

/// Makes every cell in a folder of its own, vectors first and the others in any order, and finishes them.
fn cells_give_the_comparison(config: &Config, place: &Path) {
    let cells = list(config);
    let (vectors, rows): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(|cell| cell.is_vectors());
    let home = place.join("cells");
    for cell in vectors.iter().chain(rows.iter().rev()) {
        let given: &[PathBuf] = if cell.is_vectors() { &[] } else { std::slice::from_ref(&home) };
        let folder = home.join(cell.part().replace('/', "-"));
        let result = work(cell, load(config), given, &folder).unwrap();
        assert_eq!(result.error, None);
        assert_eq!(result.vectors.is_empty(), !cell.is_vectors() && cell.vectors().is_empty(), "{}", cell.part());
        let trained =
            ["pairs", "baselines"].map(|kind| fs::read_dir(folder.join("run").join(kind)).map_or(0, Iterator::count));
        assert_eq!(trained.iter().sum::<usize>(), usize::from(!cell.is_vectors()), "a cell trains one row alone");
    }
    let whole = place.join("whole");
    let folders = Folders::default();
    run(config, &whole, &session(&folders)).unwrap();
    let joined = place.join("joined");
    finish(&cells, load(config), std::slice::from_ref(&home), &joined).unwrap();
    same_content(&joined, &whole);
    let stamp = || fs::metadata(joined.join(rows[0].part()).join("metrics.json")).unwrap().modified().unwrap();
    let before = stamp();
    finish(&cells, load(config), std::slice::from_ref(&home), &joined).unwrap();
    assert_eq!(stamp(), before, "nothing is copied again");
}

#[test]
fn cells_run_apart_give_the_bits_of_the_comparison() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let parts: Vec<String> = list(&config).iter().map(|cell| cell.part().to_string()).collect();
    assert_eq!(parts[..2], ["vectors/word2vec", "vectors/fasttext"]);
    assert_eq!(parts.len(), 2 + 2 * 2 * 2 + 3, "{parts:?}");
    cells_give_the_comparison(&config, place.path());
}

#[test]
fn cells_of_a_cross_validation_bring_their_folds() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.set("folds", "2").unwrap();
    config.set("corpus.split", "random").unwrap();
    config.embeddings.truncate(1);
    cells_give_the_comparison(&config, place.path());
}

#[test]
fn cells_honour_refit_and_kept_models() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.set("refit", "all").unwrap();
    config.keep_models = KeepModels::Best;
    config.embeddings.truncate(1);
    config.seeds = 1;
    cells_give_the_comparison(&config, place.path());
}

/// A comparison of two baselines and their cells.
fn quick(place: &Path) -> (Config, Vec<Cell>) {
    let mut config = config(place);
    config.select(&["complement_nb", "mean_logistic"]).unwrap();
    config.embeddings.truncate(1);
    let cells = list(&config);
    assert_eq!(
        cells.iter().map(Cell::part).collect::<Vec<_>>(),
        ["vectors/word2vec", "baselines/complement_nb", "baselines/word2vec-mean_logistic"]
    );
    (config, cells)
}

#[test]
fn cell_that_makes_its_own_vectors_gives_the_same_row() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let folders: Vec<PathBuf> = ["vectors", "given", "own"].map(|name| place.path().join(name)).to_vec();
    work(&cells[0], load(&config), &[], &folders[0]).unwrap();
    let given = work(&cells[2], load(&config), &folders[..1], &folders[1]).unwrap();
    let own = work(&cells[2], load(&config), &[], &folders[2]).unwrap();
    assert_eq!(given.vectors, own.vectors);
    same_content(&folders[1].join("run").join(cells[2].part()), &folders[2].join("run").join(cells[2].part()));
}

#[test]
fn missing_cells_are_named_when_they_are_put_together() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let folder = place.path().join("one");
    work(&cells[1], load(&config), &[], &folder).unwrap();
    let error = finish(&cells, load(&config), &[folder], &place.path().join("run")).unwrap_err().to_string();
    assert_eq!(
        error,
        "not finished: cell 3 (baselines/word2vec-mean_logistic): run each, such as `ninefold cell run CELLS --number 3 -o cells/3`, \
         and finish again"
    );
    assert!(!place.path().join("run").exists(), "nothing is written");
}

#[test]
fn folders_that_do_not_belong_together_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let other = list(&Config { seed: 7, ..config.clone() });
    let (one, two, notes) = (place.path().join("one"), place.path().join("two"), place.path().join("notes"));
    work(&cells[1], load(&config), &[], &one).unwrap();
    work(&other[1], load(&config), &[], &two).unwrap();
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("thesis.txt"), "").unwrap();
    let finished = |folders: &[&PathBuf]| {
        let folders: Vec<PathBuf> = folders.iter().map(|folder| (*folder).clone()).collect();
        finish(&cells, load(&config), &folders, &place.path().join("run")).unwrap_err().to_string()
    };
    assert!(finished(&[&one, &two]).contains("two: holds baselines/complement_nb of another comparison"));
    assert!(finished(&[&notes]).contains("notes: expected the folder of a cell, or a folder with such folders"));
    let work = |cell: &Cell, vectors: &[PathBuf], folder: &Path| {
        work(cell, load(&config), vectors, folder).unwrap_err().to_string()
    };
    assert!(work(&cells[1], &[], &two).contains("two: holds baselines/complement_nb of another comparison"));
    assert!(work(&cells[2], &[], &one).contains("one: holds baselines/complement_nb of this comparison"));
    assert!(work(&cells[1], &[], &notes).contains("notes: holds files but no cell"));
    let third = place.path().join("three");
    let error = work(&cells[2], std::slice::from_ref(&one), &third);
    assert!(
        error.contains("no finished vectors/word2vec of this comparison, which baselines/word2vec-mean_logistic reads"),
        "{error}"
    );
}

#[test]
fn changed_texts_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let texts = place.path().join("texts.csv");
    let before = fs::read_to_string(&texts).unwrap();
    fs::write(&texts, before.replacen("sport", "food", 1)).unwrap();
    let error = work(&cells[1], load(&config), &[], &place.path().join("one")).unwrap_err().to_string();
    assert!(error.contains("the texts have changed since the cells were listed"), "{error}");
}

#[test]
fn moved_texts_give_the_same_row() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let (here, there) = (place.path().join("here"), place.path().join("there"));
    work(&cells[1], load(&config), &[], &here).unwrap();
    let moved = place.path().join("elsewhere/texts.csv");
    fs::create_dir(place.path().join("elsewhere")).unwrap();
    fs::rename(&config.corpus.data, &moved).unwrap();
    let places = CellPlaces { data: vec![moved.display().to_string()], ..CellPlaces::default() };
    let folders = Folders::default();
    let corpus = cells[1].load(&places, &session(&folders)).unwrap();
    work(&cells[1], corpus, &[], &there).unwrap();
    same_content(&here.join("run").join(cells[1].part()), &there.join("run").join(cells[1].part()));
}

#[test]
fn cell_of_another_version_or_machine_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (config, cells) = quick(place.path());
    let changed = |from: &str, to: &str| -> String {
        let text = serde_json::to_string(&cells[1]).unwrap();
        assert!(text.contains(from), "{text}");
        let cell: Cell = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        work(&cell, load(&config), &[], &place.path().join("one")).unwrap_err().to_string()
    };
    let simd = ninefold_kernels::simd::InstructionSet::current().name();
    assert_eq!(changed("\"format\":1", "\"format\":9"), "format: expected 1 (list the cells again), found 9");
    assert!(changed("\"program\":\"ninefold ", "\"program\":\"ninefold 9.").starts_with("program: expected ninefold "));
    assert!(
        changed(&format!("\"instruction_set\":\"{simd}\""), "\"instruction_set\":\"neon\"")
            .starts_with("instruction_set: expected neon")
    );
    assert!(
        changed("\"part\":\"baselines/complement_nb\"", "\"part\":\"pairs/gru\"").starts_with("part: expected a part")
    );
    let vectors: Cell = {
        let text = serde_json::to_string(&cells[2]).unwrap();
        serde_json::from_str(&text.replacen("\"threads\":1", "\"threads\":2", 1)).unwrap()
    };
    let error = work(&vectors, load(&config), &[], &place.path().join("two")).unwrap_err().to_string();
    assert!(error.contains("needs the folder of vectors/word2vec (--vectors)"), "{error}");
}

#[test]
fn vectors_that_cannot_be_trained_fail_their_rows_only() {
    let place = tempfile::tempdir().unwrap();
    let (mut config, _) = quick(place.path());
    config.embeddings = vec!["glove".parse().unwrap()];
    config.set("embedding.glove", "train").unwrap();
    // Without two words in a text there is nothing that GloVe could count.
    let words = ["sun,weather", "goal,sport", "tea,food", "rain,weather", "ball,sport", "jam,food"];
    fs::write(&config.corpus.data, format!("text,label\n{}", format!("{}\n", words.join("\n")).repeat(30))).unwrap();
    let cells = list(&config);
    let home = place.path().join("cells");
    let errors: Vec<bool> = (1..)
        .zip(&cells)
        .map(|(number, cell)| work(cell, load(&config), &[], &home.join(number.to_string())).unwrap().error.is_some())
        .collect();
    assert_eq!(errors, [true, false, true]);
    let folders = Folders::default();
    run(&config, &place.path().join("whole"), &session(&folders)).unwrap();
    finish(&cells, load(&config), &[home], &place.path().join("joined")).unwrap();
    same_content(&place.path().join("joined"), &place.path().join("whole"));
}

#[test]
fn limit_of_time_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let config = Config { minutes: 1.0, ..config(place.path()) };
    let error = list_cells(&config, &load(&config), 1).unwrap_err().to_string();
    assert!(error.starts_with("minutes conflicts with cells: nobody knows when"), "{error}");
}
