//! Made-up results for the tests of all views.

use std::collections::BTreeMap;

use crate::Column;
use crate::html::{ModelReport, RunReport};
use ninefold_data::{PartCounts, Protocol};
use ninefold_diagnose::{
    Backtest, Basis, Budget, Cause, Curve, CurvePoint, Detail, Diagnosis, Finding, Forecast, Limit, Remedy, Share,
    Side, Status, Suspect, Verdict,
};
use ninefold_metrics::calibration::{expected_calibration_error, reliability};
use ninefold_metrics::{ConfidenceLevel, Confusion, Interval, Scores};
use ninefold_records::*;

pub fn protocol() -> Protocol {
    Protocol {
        data: "20newsgroups".into(),
        split: "bydate".into(),
        validation: "10 % of train, stratified, seed 0".into(),
        strip: vec!["headers".into(), "footers".into(), "quotes".into()],
        num_classes: 20,
        texts: PartCounts { train: 10_183, validation: 1_131, test: 7_532 },
        empty_texts: PartCounts { train: 218, validation: 20, test: 165 },
        ..Protocol::default()
    }
}

/// A row whose other scores lie about its test accuracy.
pub fn row(embedding: &str, model: &str, accuracy: f64, validation: f64, seconds: f64) -> Row {
    let scores = |accuracy: f64| Scores {
        accuracy,
        precision_weighted: accuracy + 0.012,
        recall_weighted: accuracy,
        f1_weighted: accuracy - 0.003,
        precision_macro: accuracy + 0.002,
        recall_macro: accuracy - 0.01,
        f1_macro: accuracy - 0.0125,
    };
    Row {
        embedding: embedding.into(),
        model: model.into(),
        seed: 0,
        train: Some(scores(accuracy + 0.2)),
        validation: Some(scores(validation)),
        test: Some(scores(accuracy)),
        seconds: Seconds { embedding: 20.0, train: seconds, evaluate: 1.5 },
        parameters: 100_000 * model.len() + 4_204,
        epochs: 20,
        best_epoch: 17,
        ..Row::default()
    }
}

pub fn failed(embedding: &str, model: &str, error: &str) -> Row {
    let seconds = Seconds { embedding: 20.0, train: 3.25, evaluate: 0.0 };
    let names = (embedding.into(), model.into());
    Row { embedding: names.0, model: names.1, seconds, error: Some(error.into()), ..Row::default() }
}

/// The same with ranks and intervals, as if the scores had been judged: the two best pairs tie.
pub fn judged() -> Leaderboard {
    let mut board = leaderboard();
    let mut svm = row(NO_EMBEDDING, "tfidf_svm", 0.7051, 0.76, 4.0);
    (svm.kind, svm.epochs, svm.best_epoch) = (RowKind::Baseline, 0, 0);
    board.rows.push(svm);
    let ranked: Vec<(String, f64)> =
        Column::Accuracy.ranked(&board).iter().filter_map(|row| Some((row.pair(), row.accuracy()?))).collect();
    for (place, (name, accuracy)) in ranked.iter().enumerate() {
        let rank = if place == 1 { 1 } else { place + 1 };
        let ends = Interval { low: accuracy - 0.0113, high: accuracy + 0.0107 };
        let interval = Intervals { accuracy: ends, f1_weighted: ends, f1_macro: ends };
        for row in board.rows.iter_mut().filter(|row| row.pair() == *name) {
            (row.rank, row.interval) = (Some(rank), Some(interval));
        }
        let (embedding, model) = name.split_once(" + ").unwrap_or((NO_EMBEDDING, name));
        board.standings.push(Standing {
            embedding: embedding.into(),
            model: model.into(),
            kind: if embedding == NO_EMBEDDING { RowKind::Baseline } else { RowKind::Pair },
            rank,
            accuracy: *accuracy,
            interval,
            ..Standing::default()
        });
        for (other, less) in &ranked[place + 1..] {
            let difference = accuracy - less;
            let p = if rank == 1 && other == "word2vec + gru" { 0.41 } else { 0.0004 };
            let (a, b, test) = (name.clone(), other.clone(), "mcnemar".to_string());
            board.comparisons.push(Comparison { a, b, difference, p, p_corrected: p, test });
        }
    }
    board.statistics = Some(Statistics {
        n_resamples: 2000,
        confidence_level: ConfidenceLevel::default(),
        test_evaluations: 9,
        test_evaluations_total: 1_234,
    });
    board
}

/// The same with what each model takes to answer, and the one to deploy.
pub fn measured() -> Leaderboard {
    let mut board = judged();
    let scored = board.rows.iter_mut().filter(|row| row.test.is_some());
    for (place, row) in scored.enumerate() {
        let scale = if row.kind == RowKind::Baseline { 0.05 } else { 1.0 + place as f64 };
        let bytes = (31_415_926.0 * scale) as u64;
        row.cost = Some(Cost { ms_per_text: 0.73 * scale, disk_bytes: bytes, memory_bytes: bytes + bytes / 3 });
    }
    board.deploy = board.best_of(|_| true).and_then(|row| board.deploy(row, "best"));
    board
}

/// A report with the answers of every row of a leaderboard to 600 texts of three classes.
pub fn run(board: Leaderboard) -> RunReport {
    let labels = ["comp.graphics", "rec.autos", "sci.space"].map(str::to_owned);
    let scored = |row: &&Row| row.accuracy().is_some();
    let models = board.merged().rows.iter().filter(scored).map(|row| model(row, &labels, 600)).collect();
    let lengths = (0..600).map(|text| 5 + text % 97).collect();
    let unfinished = Some("Unfinished: 9 of 10 pairs trained so far.".to_owned());
    let insights = vec!["Best network by validation (79.0 %): word2vec + gru.".to_owned()];
    RunReport { name: "run".into(), insights, models, lengths, unfinished, leaderboard: board, ..RunReport::default() }
}

/// The answers of a row with its accuracy; wrong ones are spread over all other classes.
pub fn model(row: &Row, labels: &[String], texts: usize) -> ModelReport {
    let classes = labels.len();
    let accuracy = row.accuracy().unwrap_or_default();
    let answer = |text: usize| {
        let (truth, draw) = (text % classes, (text * 7919 % 1000) as f64 / 1000.0);
        let away = if draw < accuracy { 0 } else { 1 + text / classes * 31 % (classes - 1) };
        (truth as u32, ((truth + away) % classes) as u32)
    };
    let answers: Vec<(u32, u32)> = (0..texts).map(answer).collect();
    let (truth, predicted): (Vec<u32>, Vec<u32>) = answers.iter().copied().unzip();
    let probabilities: Vec<f64> = (0..texts).map(|text| 0.5 + (text * 31 % 499) as f64 / 1000.0).collect();
    let certain: Vec<(f64, bool)> = probabilities
        .iter()
        .zip(&answers)
        .map(|(&probability, (truth, answer))| (probability, truth == answer))
        .collect();
    let wrong = answers.iter().enumerate().filter(|(_, (truth, answer))| truth != answer);
    let mistakes: Vec<Mistake> = wrong
        .map(|(text, &(truth, answer))| Mistake {
            source: format!("posts.csv:{}", text + 2),
            truth: labels[truth as usize].clone(),
            predicted: labels[answer as usize].clone(),
            probability: probabilities[text],
            text: format!("Text {text} of {}. ", row.pair()).repeat(30).chars().take(500).collect(),
        })
        .take(400)
        .collect();
    let confusion = Confusion::of(classes, &truth, &predicted);
    ModelReport {
        name: row.pair(),
        folder: row.folder.clone(),
        history: (1..=row.epochs).map(|epoch| [0.9, 0.8].map(|most| most - 0.5 / epoch as f64)).collect(),
        best_epoch: row.best_epoch,
        labels: labels.to_vec(),
        classes: confusion.class_scores(),
        calibration_error: Some(expected_calibration_error(&certain)),
        calibration_error_uncalibrated: Some(0.1),
        temperature: Some(1.25),
        reliability: reliability(&certain),
        sources: (0..texts).map(|text| format!("posts.csv:{}", text + 2)).collect(),
        examples: mistakes.iter().map(|mistake| mistake.shortened(140)).collect(),
        mistakes: mistakes.into_iter().take(24).collect(),
        confusion,
        answers,
        probabilities,
    }
}

/// The same with a pair's two seeds, a selection and all of them stacked.
pub fn ensembles() -> Leaderboard {
    let mut board = judged();
    board.rows.push(Row { seed: 1, ..row("word2vec", "gru", 0.7089, 0.786, 310.5) });
    let member = |embedding: &str, model: &str, seed: u64, weight: f64| Member {
        name: pair_name(embedding, model),
        seed,
        folder: format!("{embedding}-{model}-{seed}"),
        weight,
    };
    let (gru, other) = (member("word2vec", "gru", 0, 0.5), member("word2vec", "gru", 1, 0.5));
    let svm = member(NO_EMBEDDING, "tfidf_svm", 0, 0.3);
    let selected = vec![Member { weight: 0.6, ..gru.clone() }, Member { weight: 0.1, ..other.clone() }, svm.clone()];
    let ensembles = [
        ("word2vec", "gru_vote_seeds", 0.7301, vec![gru.clone(), other.clone()]),
        (NO_EMBEDDING, "vote_selected", 0.741, selected),
        (NO_EMBEDDING, STACKED, 0.7523, vec![gru, other, svm]),
    ];
    for (embedding, model, accuracy, members) in ensembles {
        let row = row(embedding, model, accuracy, 0.80, 600.0);
        let (a, b) = (row.pair(), "word2vec + gru".to_string());
        let p = if model == STACKED { 0.003 } else { 0.2 };
        let test = "paired_bootstrap".to_string();
        board.comparisons.push(Comparison { a, b, difference: accuracy - 0.7139, p, p_corrected: p, test });
        board.rows.push(Row {
            kind: RowKind::Ensemble,
            members,
            train: None,
            rank: Some(1),
            epochs: 0,
            best_epoch: 0,
            ..row
        });
    }
    board
}

pub fn leaderboard() -> Leaderboard {
    let rows = vec![
        row("word2vec", "rnn", 0.5625, 0.58, 110.0),
        row("word2vec", "lstm", 0.7001, 0.78, 400.25),
        row("word2vec", "gru", 0.7189, 0.79, 310.5),
        row("fasttext", "rnn", 0.5701, 0.60, 112.0),
        row("fasttext", "lstm", 0.7142, 0.785, 401.0),
        row("fasttext", "gru", 0.7253, 0.781, 1312.0),
        failed("glove", "rnn", "the loss became NaN in epoch 3, batch 17: lower learning_rate or max_grad_norm"),
        row("glove", "lstm", 0.68, 0.77, 399.0),
        row("glove", "gru", 0.69, 0.775, 305.0),
    ];
    Leaderboard { protocol: protocol(), rows, ..Leaderboard::default() }
}

/// A search of four trials, of which one failed.
pub fn search() -> SearchResults {
    let trial = |number: usize, model: &str, hidden: usize, rate: f64, validation: &[f64], rungs: usize| Trial {
        trial: number,
        embedding: "word2vec".into(),
        model: model.into(),
        settings: BTreeMap::from([
            ("model.hidden_size".into(), hidden.into()),
            ("training.learning_rate".into(), rate.into()),
        ]),
        validation: validation.to_vec(),
        rungs: validation[..rungs].to_vec(),
        seconds: 2.5 * validation.len() as f64,
        ..Trial::default()
    };
    let failed = Trial { error: Some("broken".into()), ..trial(3, "rnn", 256, 0.01, &[], 0) };
    let trials = vec![
        trial(0, "gru", 64, 0.0021, &[0.5], 1),
        trial(1, "lstm", 128, 0.0007, &[0.61, 0.7], 2),
        trial(2, "gru", 32, 0.004, &[0.61], 1),
        failed,
    ];
    SearchResults {
        protocol: protocol(),
        rungs: vec![1, 2],
        keys: vec![("model.hidden_size".into(), false), ("training.learning_rate".into(), true)],
        best: Some(1),
        trials,
        seconds: 83.0,
        finished: true,
        ..SearchResults::default()
    }
}

/// An ablation of two steps, of which the first helps: the foot has 50 %, the top 70.5 %.
pub fn ladder() -> LadderResults {
    let interval = |middle: f64| Interval { low: middle - 0.06, high: middle + 0.06 };
    let rung = |right: usize| {
        let run = |seed: u64, right: usize| LadderRun {
            embedding: "word2vec".into(),
            model: "gru".into(),
            seed,
            score: Some(right as f64 / 200.0),
            epochs: 3,
            seconds: 0.1 * right as f64,
            ..LadderRun::default()
        };
        let score = right as f64 / 200.0;
        let runs = vec![run(0, right - 2), run(1, right + 2)];
        LadderVariant { score: Some(score), interval: Some(interval(score)), seconds: 0.1 * right as f64, runs }
    };
    let gain = |from: usize, to: usize, p: f64| {
        let difference = (to as f64 - from as f64) / 200.0;
        Some(Gain { difference, interval: interval(difference), p })
    };
    let step = |name: &str, [key, from, to]: [&str; 3], added: Option<Gain>, left_out: Option<Gain>| LadderStep {
        name: name.into(),
        changes: vec![Change { key: key.into(), from: from.into(), to: to.into() }],
        added,
        left_out,
    };
    let (pooling, mean) = (["model.pooling", "last", "max"], ["training.average_decay", "0.0", "0.999"]);
    LadderResults {
        protocol: protocol(),
        steps: vec![
            step("pooling", pooling, gain(100, 140, 1e-9), gain(104, 141, 2e-8)),
            step("mean weights", mean, gain(140, 141, 0.9), gain(140, 141, 0.9)),
        ],
        rungs: vec![rung(100), rung(140), rung(141)],
        without: vec![rung(104), rung(140)],
        whole: gain(100, 141, 1e-9),
        n_resamples: 2000,
        ..LadderResults::default()
    }
}

/// A diagnosis with a shift, a share that is negative, a curve and a suspicious label.
pub(crate) fn diagnosis() -> DiagnosisRecord {
    let interval = |low: f64, high: f64| Interval { low, high };
    let share =
        |cause, error: f64, texts| Share { cause, error, interval: interval(error - 0.01, error + 0.01), texts };
    let budget = Budget {
        model: "word2vec + gru".into(),
        reference: "tfidf_svm".into(),
        error: 0.28,
        interval: interval(0.27, 0.29),
        shares: vec![
            share(Cause::Shift, 0.056, None),
            share(Cause::NoWords, 0.003, Some(0.01)),
            share(Cause::FewWords, -0.002, Some(0.03)),
            share(Cause::OtherModelRight, 0.123, None),
            share(Cause::NoModelRight, 0.1, None),
        ],
    };
    let points = [(100, 0.6), (200, 0.65), (400, 0.69), (800, 0.72)].map(|(texts, accuracy)| CurvePoint {
        texts,
        accuracy,
        error: 0.004,
    });
    let twice = Forecast { times: 2, texts: 1600, accuracy: 0.745, interval: interval(0.73, 0.77) };
    let backtest = Backtest { forecast: 0.715, interval: interval(0.70, 0.74), measured: 0.72 };
    let curve = Curve {
        model: "tfidf_svm".into(),
        points: points.to_vec(),
        forecasts: vec![twice],
        backtest: Some(backtest),
        ..Curve::default()
    };
    let remedy = Remedy {
        check: "more_texts".into(),
        action: "twice the training texts".into(),
        side: Side::Data,
        gain: 0.025,
        interval: interval(0.01, 0.05),
        basis: Basis::Forecast,
        cost: "label about 800 more texts".into(),
        is_reported: true,
    };
    let finding = |check: &str, status, sentence: &str, detail| Finding {
        check: check.into(),
        status,
        sentence: sentence.into(),
        figures: Vec::new(),
        remedies: Vec::new(),
        examples: Vec::new(),
        needs: None,
        detail,
    };
    let suspect = Suspect {
        index: 0,
        source: "a/1".into(),
        label: "sci.space".into(),
        suggested: "sci.med".into(),
        probability: 0.01,
        suggested_probability: 0.97,
        is_sure: true,
        why: "all 3 probes give sci.med, and are sure".into(),
        text: "a text about medicine".into(),
    };
    let verdict = Verdict {
        limit: Limit::Data,
        sentence: "The limit at 72.0 % is the data's, as far as the models tried here tell.".into(),
        checks: vec!["shift".into()],
        needs: Vec::new(),
    };
    let diagnosis = Diagnosis {
        verdict,
        budget: Some(budget),
        remedies: vec![remedy],
        findings: vec![
            finding("more_texts", Status::Found, "Twice the texts help.", Some(Detail::Curve(curve))),
            finding("labels", Status::NotEnoughEvidence, "With 40 texts per class nothing is told.", None),
            finding("leak", Status::NotFound, "No part of the texts gives the class away.", None),
        ],
        suspects: vec![suspect],
        ..Diagnosis::default()
    };
    DiagnosisRecord { diagnosis, ..DiagnosisRecord::default() }
}
