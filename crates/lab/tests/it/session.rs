//! What a call writes and how many threads it takes is the caller's to say.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use crate::small;
use ninefold_core::Auto;
use ninefold_core::Folders;
use ninefold_core::progress::Silent;
use ninefold_lab::{Config, Session, run};
use ninefold_nn::model::ModelKind;
use ninefold_records::Environment;

/// One network over vectors that are trained, in a moment.
fn config(place: &Path) -> Config {
    let mut config = small::config(place);
    (config.embeddings, config.models) = (vec!["word2vec".parse().unwrap()], vec![ModelKind::Gru]);
    (config.baselines, config.ensembles, config.seeds) = (Vec::new(), Vec::new(), 1);
    config.set("embedding.epochs", "1").unwrap();
    config.training.epochs = Auto::Value(1);
    config
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| entries.count())
}

#[test]
fn caches_lie_in_the_folder_of_the_call_and_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let evaluations = |name: &str, folders: &Folders| {
        let session = Session { threads: 1, ..Session::new(folders) };
        let statistics = run(&config, &place.path().join(name), &session).unwrap().statistics.unwrap();
        assert_eq!(statistics.test_evaluations, 1);
        statistics.test_evaluations_total
    };
    let [a, b] = ["a", "b"].map(|name| place.path().join(name));
    assert_eq!(evaluations("first", &Folders::at(&a)), 1);
    assert_eq!(evaluations("second", &Folders::at(&a)), 1, "the same model again is no other evaluation");
    assert_eq!(evaluations("third", &Folders::at(&b)), 1);
    assert_eq!(evaluations("fourth", &Folders::default()), 1, "without a cache this run is all that is known");
    for cache in [&a, &b] {
        assert_eq!([files(&cache.join("looks")), files(&cache.join("vectors"))], [1, 1]);
    }
    let weights =
        |run: &str| fs::read(place.path().join(run).join("pairs/word2vec-gru/model/model.safetensors")).unwrap();
    assert!(["second", "third", "fourth"].iter().all(|run| weights(run) == weights("first")));
}

#[test]
fn a_call_takes_the_threads_of_its_session() {
    let place = tempfile::tempdir().unwrap();
    let (config, folders) = (config(place.path()), Folders::default());
    for threads in [1, 3] {
        let folder = place.path().join(threads.to_string());
        run(&config, &folder, &Session { folders: &folders, threads, progress: &Silent }).unwrap();
        let environment: Environment =
            serde_json::from_slice(&fs::read(folder.join("environment.json")).unwrap()).unwrap();
        assert_eq!(environment.threads, threads);
    }
}
