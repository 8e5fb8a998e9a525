//! Ensembles of a comparison: made of what its models said, honest about validation, read back, and saved as they were scored.

#![allow(clippy::unwrap_used)]

use crate::small;

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use ninefold_core::folders::Folders;
use ninefold_core::progress::{Progress, Silent};
use ninefold_lab::{Config, RunFolder};
use ninefold_linear::logistic::Stop;
use ninefold_linear::{Targets, stacking};
use ninefold_metrics::{Confusion, Rule, Vote, log_scores, most_probable, select, stratified_folds};
use ninefold_models::predictor::Predictor;
use ninefold_records::{Leaderboard, Row, RowKind};
use safetensors::SafeTensors;
use small::{config, run};

/// Takes down what is said.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Progress for Listener {
    fn notice(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }
}

const CLASSES: usize = 3;

fn ensembles(board: &Leaderboard) -> Vec<&Row> {
    board.rows.iter().filter(|row| row.kind == RowKind::Ensemble).collect()
}

fn named<'b>(board: &'b Leaderboard, model: &str) -> &'b Row {
    board.rows.iter().find(|row| row.model == model).unwrap()
}

/// What a model said of one part. `[texts, CLASSES]`
fn said(run: &Path, row: &str, part: &str) -> Vec<f32> {
    let bytes = fs::read(run.join(row).join("probabilities.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (numbers, _) = tensors.tensor(part).unwrap().data().as_chunks::<4>();
    numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

fn validation_labels(run: &Path, row: &str) -> Vec<u32> {
    let bytes = fs::read(run.join(row).join("probabilities.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (numbers, _) = tensors.tensor("validation_labels").unwrap().data().as_chunks::<4>();
    numbers.iter().map(|&number| u32::from_le_bytes(number)).collect()
}

/// Label and certainty of each test text.
fn predictions(run: &Path, row: &Row) -> Vec<(String, f64)> {
    let text = fs::read_to_string(run.join(&row.folder).join("predictions.csv")).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[2].to_string(), cells[3].parse().unwrap())
    };
    text.lines().skip(1).map(line).collect()
}

fn vote(members: &[(Vec<f32>, f64)], rule: Rule) -> Vec<f32> {
    let mut vote = Vote::new(rule, members[0].0.len());
    members.iter().for_each(|(said, weight)| vote.add(said, *weight));
    vote.probabilities(CLASSES)
}

#[test]
fn rows_are_what_their_members_say_together() {
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (config(place.path()), place.path().join("run"));
    let board = run(&config, &folder, &Silent).unwrap();
    let rows = ensembles(&board);
    let names: Vec<String> = rows.iter().map(|row| row.pair()).collect();
    let expected = ["glove + rnn_vote_seeds", "glove + gru_vote_seeds", "vote_networks", "vote_selected", "stacked"];
    assert_eq!(names, expected);
    assert_eq!(board.rows.len(), 4 + 2 + 5);
    assert_eq!(board.statistics.as_ref().unwrap().test_evaluations, 11, "every ensemble is one more look");
    let labels = ["food", "sport", "weather"];
    for row in rows {
        assert!(row.train.is_none() && row.rank.is_some() && row.interval.is_some(), "{row:?}");
        assert_eq!(row.seed, config.seed);
        let rule = if row.model == "stacked" { Rule::Product } else { Rule::Mean };
        if rule == Rule::Mean {
            let sum: f64 = row.members.iter().map(|member| member.weight).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{row:?}");
        }
        let members: Vec<(Vec<f32>, f64)> =
            row.members.iter().map(|member| (said(&folder, &member.folder, "test"), member.weight)).collect();
        let answers = most_probable(&vote(&members, rule), CLASSES);
        let found: Vec<String> = predictions(&folder, row).into_iter().map(|(label, _)| label).collect();
        assert_eq!(found, answers.iter().map(|&answer| labels[answer as usize]).collect::<Vec<_>>(), "{}", row.pair());
        let seconds: f64 = row
            .members
            .iter()
            .map(|member| board.rows.iter().find(|other| other.folder == member.folder).unwrap().seconds.train)
            .sum();
        assert!(row.seconds.train >= seconds, "{row:?}");
        let record = RunFolder::open(&folder).unwrap().record(row).unwrap().unwrap();
        assert!(record.calibration_error.is_some() && record.chosen["temperature"] > 0.0);
    }
    let seeds: Vec<(&str, u64)> =
        named(&board, "gru_vote_seeds").members.iter().map(|m| (m.name.as_str(), m.seed)).collect();
    assert_eq!(seeds, [("glove + gru", 0), ("glove + gru", 1)]);
    assert_eq!(named(&board, "vote_networks").members.len(), 4);
    assert_eq!(named(&board, "stacked").members.len(), 6);
}

#[test]
fn the_validation_score_of_what_was_chosen_is_that_of_the_folds_left_out() {
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (config(place.path()), place.path().join("run"));
    let board = run(&config, &folder, &Silent).unwrap();
    let models: Vec<&Row> = board.rows.iter().filter(|row| row.kind != RowKind::Ensemble).collect();
    let truth = validation_labels(&folder, &models[0].folder);
    let all: Vec<Vec<f32>> = models.iter().map(|row| said(&folder, &row.folder, "validation")).collect();
    let of_truth: Vec<Vec<f32>> = all
        .iter()
        .map(|said| truth.iter().enumerate().map(|(text, &label)| said[text * CLASSES + label as usize]).collect())
        .collect();
    let folds = stratified_folds(&truth, CLASSES, 5, config.seed);
    let others =
        |text: usize| -> Vec<usize> { (0..truth.len()).filter(|&other| folds[other] != folds[text]).collect() };
    // All texts, each answered with the weights that are meant for it.
    let scores = |rule: Rule, weights_for: &dyn Fn(usize) -> Vec<f64>| {
        let answer = |text: usize| {
            let row = |said: &Vec<f32>| said[text * CLASSES..][..CLASSES].to_vec();
            most_probable(&vote(&all.iter().map(row).zip(weights_for(text)).collect::<Vec<_>>(), rule), CLASSES)[0]
        };
        let answers: Vec<u32> = (0..truth.len()).map(answer).collect();
        Confusion::of(CLASSES, &truth, &answers).scores()
    };
    let everything: Vec<usize> = (0..truth.len()).collect();
    let selected =
        |texts: &[usize]| select(&of_truth, texts).into_iter().map(|count| count as f64).collect::<Vec<f64>>();
    let logs: Vec<Vec<f64>> = all.iter().map(|said| log_scores(said)).collect();
    let stacked = named(&board, "stacked");
    let c = RunFolder::open(&folder).unwrap().record(stacked).unwrap().unwrap().chosen["c"];
    let regression = |texts: &[usize]| {
        let stop = Stop { tolerance: 1e-9, max_iterations: 500 };
        let targets = Targets { labels: &truth, text_weights: None, class_weights: &[1.0; CLASSES] };
        stacking::train(&logs, targets, texts, c, stop, &vec![0.0; logs.len()])
    };
    let (honest, flattering) = (
        [scores(Rule::Mean, &|text| selected(&others(text))), scores(Rule::Product, &|text| regression(&others(text)))],
        [scores(Rule::Mean, &|_| selected(&everything)), scores(Rule::Product, &|_| regression(&everything))],
    );
    for (place, row) in [named(&board, "vote_selected"), stacked].into_iter().enumerate() {
        assert_eq!(row.validation, Some(honest[place]), "{}", row.model);
    }
    assert!(honest != flattering, "texts on which nothing can be told: {honest:?}");
}

#[test]
fn saved_ensemble_with_baselines_says_what_its_row_says() {
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (config(place.path()), place.path().join("run"));
    let board = run(&config, &folder, &Silent).unwrap();
    let corpus = ninefold_data::load(&config.corpus, &Folders::default(), &Silent).unwrap();
    let test: Vec<&str> = corpus.test.iter().map(|document| document.text.as_str()).collect();
    for row in ensembles(&board) {
        let model = folder.join(&row.folder).join("model");
        let predictor = Predictor::load(&model).unwrap();
        assert_eq!(predictor.protocols().len(), row.members.len());
        let labels = predictor.labels().to_vec();
        let found = predictor.predict(&test, &Silent).unwrap();
        for (prediction, (label, sure)) in found.iter().zip(predictions(&folder, row)) {
            assert_eq!(labels[prediction.label as usize], label);
            assert_eq!(format!("{:.6}", prediction.probability()), format!("{sure:.6}"), "{}", row.model);
        }
        let alone = predictor.predict(&test[..1], &Silent).unwrap();
        assert_eq!(alone[0], found[0], "whatever other texts go with it");
        let card = fs::read_to_string(model.join("README.md")).unwrap();
        assert!(card.contains("| test |") && card.contains(&format!("| {} | ", row.members[0].name)), "{card}");
    }
    for model in ["vote_selected", "stacked"] {
        let members = &named(&board, model).members;
        let has_baselines = members.iter().any(|member| member.folder.starts_with("baselines/"));
        assert!(has_baselines, "or this says nothing about baselines: {members:?}");
    }
}

#[test]
fn a_finished_run_gets_ensembles_without_any_training_and_keeps_them() {
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (config(place.path()), place.path().join("run"));
    let plain = Config { ensembles: Vec::new(), ..config.clone() };
    let before = run(&plain, &folder, &Silent).unwrap();
    assert!(ensembles(&before).is_empty());
    fs::remove_file(place.path().join("vectors.txt")).unwrap(); // would be missed if anything were trained
    let after = run(&config, &folder, &Silent).unwrap();
    assert_eq!(ensembles(&after).len(), 5);
    assert_eq!(RunFolder::open(&folder).unwrap().config().unwrap(), config, "the folder knows its new settings");
    // Nothing about the others has changed but their ranks: neither intervals nor the chance that they are equals.
    for (old, new) in before.rows.iter().zip(&after.rows) {
        assert_eq!((old.test, old.interval, &old.folder), (new.test, new.interval, &new.folder));
    }
    for old in &before.comparisons {
        assert_eq!(after.comparison(&old.a, &old.b).unwrap().p_corrected, old.p_corrected);
    }
    let listener = Listener::default();
    assert_eq!(run(&config, &folder, &listener).unwrap().rows, after.rows);
    let said = listener.0.into_inner().unwrap();
    assert!(!said.iter().any(|line| line.contains("test accuracy")), "nothing was scored once more: {said:?}");
}

#[test]
fn a_model_whose_answers_are_not_there_is_left_out_and_said() {
    let place = tempfile::tempdir().unwrap();
    let (config, folder) = (config(place.path()), place.path().join("run"));
    run(&config, &folder, &Silent).unwrap();
    let file = folder.join("pairs/glove-gru-seed1/probabilities.safetensors");
    fs::remove_file(&file).unwrap();
    let listener = Listener::default();
    let board = run(&config, &folder, &listener).unwrap();
    let said = listener.0.into_inner().unwrap();
    assert!(
        said.iter().any(|line| line == "glove + gru: probabilities.safetensors is missing: in no ensemble"),
        "{said:?}"
    );
    let names: Vec<&str> = ensembles(&board).iter().map(|row| row.model.as_str()).collect();
    assert_eq!(names, ["rnn_vote_seeds", "vote_networks", "vote_selected", "stacked"], "one seed alone is no vote");
    assert_eq!(named(&board, "vote_networks").members.len(), 3);
    fs::write(&file, "no such thing").unwrap();
    let board = run(&config, &folder, &Silent).unwrap();
    assert_eq!(named(&board, "vote_networks").members.len(), 4, "the row of damaged answers was trained anew");
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let place = tempfile::tempdir().unwrap();
    let config = config(place.path());
    let on = |threads: usize| {
        let folder = place.path().join(format!("run{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&config, &folder, &Silent)).unwrap();
        let names = ["vote_networks/predictions.csv", "vote_selected/predictions.csv", "stacked/predictions.csv"];
        let mut files: Vec<Vec<u8>> = names.map(|name| fs::read(folder.join("ensembles").join(name)).unwrap()).into();
        files.push(fs::read(folder.join("ensembles/vote_selected/model/config.json")).unwrap());
        let record: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("ensembles/stacked/metrics.json")).unwrap()).unwrap();
        (files, record["row"]["members"].clone())
    };
    assert!(on(1) == on(3));
}
