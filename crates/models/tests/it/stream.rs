//! Streams of texts have the answers of the texts, in their order, whatever they are read from.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::channel;

use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Silent;
use ninefold_data::texts::TextReader;
use ninefold_models::{Model, Prediction, Predictor};
use ninefold_nn::batch::Padding;
use ninefold_nn::families::ModelKind;

use crate::bundle::bundle;

fn predictor(kind: ModelKind) -> Predictor {
    Predictor::new(Model::Network(Box::new(bundle(kind, Padding::Exact)))).unwrap()
}

fn texts(count: usize) -> Vec<String> {
    let words = ["rook", "takes", "pawn", "unknown", "then"];
    (0..count).map(|n| (0..n % 11).map(|at| words[(n * at + n) % 5]).collect::<Vec<_>>().join(" ")).collect()
}

fn streamed(predictor: &Predictor, texts: Vec<String>, threads: usize) -> Vec<(String, Prediction)> {
    let mut all = Vec::new();
    let read =
        |batches: &mut ninefold_models::Batches<String>| texts.into_iter().try_for_each(|text| batches.push(text));
    let pair = |texts: Vec<String>, predictions: Vec<Prediction>| Ok::<_, Error>(texts.into_iter().zip(predictions));
    predictor
        .predict_stream(threads, &Silent, read, pair, |pairs| {
            all.extend(pairs);
            Ok(())
        })
        .unwrap();
    all
}

#[test]
fn stream_gives_the_answers_of_predict_on_any_number_of_threads() {
    for kind in [ModelKind::Gru, ModelKind::Swem] {
        let (predictor, texts) = (predictor(kind), texts(3000));
        let predictions = predictor.predict(&texts, &Silent).unwrap();
        let expected: Vec<_> = texts.iter().cloned().zip(predictions).collect();
        for threads in [1, 3] {
            assert!(streamed(&predictor, texts.clone(), threads) == expected, "{kind:?}, {threads} threads");
        }
        assert!(predictor.workspaces() <= 4, "{}", predictor.workspaces());
    }
    assert!(streamed(&predictor(ModelKind::Gru), Vec::new(), 2).is_empty());
}

#[test]
fn texts_before_an_error_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let lines = "{\"text\": \"rook takes pawn\"}\n".repeat(700);
    std::fs::write(&path, format!("{lines}{{\"text\": 7}}\n{lines}")).unwrap();
    let mut answered = 0;
    let error = predictor(ModelKind::Gru)
        .predict_stream(
            2,
            &Silent,
            move |batches| TextReader::default().each(&path, batches),
            |texts, _| Ok::<_, Error>(texts.len()),
            |count| {
                answered += count;
                Ok(())
            },
        )
        .unwrap_err();
    assert!(error.to_string().contains("a.jsonl:701: expected a string"), "{error}");
    assert_eq!(answered, 700);
}

#[test]
fn typed_line_is_answered_before_the_next_one_comes() {
    let (typed, lines) = channel::<String>();
    let (answers, seen) = channel::<usize>();
    typed.send("rook takes pawn\n".to_owned()).unwrap();
    let read = move |batches: &mut ninefold_models::Batches<_>| {
        lines.iter().try_for_each(|line| TextReader::default().each_line(line.as_bytes(), "stdin", batches))
    };
    std::thread::scope(|scope| {
        scope.spawn(move || -> Result<()> {
            let write = |count| answers.send(count).map_err(|_| Error::Interrupted);
            predictor(ModelKind::Gru).predict_stream(2, &Silent, read, |texts, _| Ok(texts.len()), write)
        });
        for _ in 0..3 {
            assert_eq!(seen.recv().unwrap(), 1);
            typed.send("pawn\n".to_owned()).unwrap();
        }
        drop(typed);
    });
}
