//! Texts that say nothing about a limit: an honest "not enough evidence", never a panic.

#![allow(clippy::unwrap_used)]

use ninefold_data::sample::{SampleConfig, generate};
use ninefold_diagnose::{Answered, Cause, Diagnosis, Limit, ModelAnswers, Status};

use crate::common::{Corpus, document};

fn assert_no_evidence(diagnosis: &Diagnosis) {
    assert_eq!(diagnosis.verdict.limit, Limit::NotEnoughEvidence, "{}", diagnosis.verdict.sentence);
    assert!(diagnosis.verdict.sentence.starts_with("Not enough evidence"), "{}", diagnosis.verdict.sentence);
    assert!(diagnosis.verdict.sentence.chars().any(|letter| letter.is_ascii_digit()));
    assert!(!diagnosis.verdict.needs.is_empty());
}

/// Words that say nothing about the label.
fn noise(number: usize) -> String {
    let word = |place: usize| format!("w{}", (number * 7919 + place * 104_729 + number * number * place) % 500);
    (0..15).map(word).collect::<Vec<_>>().join(" ")
}

fn sample(documents: usize) -> Corpus {
    let sample = generate(&SampleConfig { documents, ..SampleConfig::default() }).unwrap();
    let (classes, learned, test) = (sample.labels, sample.train, sample.test);
    Corpus { classes, learned, test, is_test_labelled: true, ..Corpus::default() }
}

#[test]
fn two_texts_per_class_are_not_enough() {
    let texts = (0..10).map(|number| document(format!("word{number} and another"), number % 5)).collect();
    assert_no_evidence(&Corpus::of(5, texts).diagnosis());
    let texts = (0..80).map(|number| document(noise(number as usize), number % 40)).collect();
    assert_no_evidence(&Corpus::of(40, texts).diagnosis());
}

#[test]
fn one_class_is_not_enough() {
    let texts = (0..100).map(|number| document(noise(number), 0)).collect();
    assert_no_evidence(&Corpus::of(1, texts).diagnosis());
    assert_no_evidence(&Corpus::default().diagnosis());
}

#[test]
fn texts_without_test_part_or_test_labels_are_diagnosed_on_held_out_texts() {
    let corpus = sample(1200);
    for corpus in [Corpus { test: Vec::new(), ..corpus.clone() }, Corpus { is_test_labelled: false, ..corpus.clone() }]
    {
        let diagnosis = corpus.diagnosis();
        let budget = diagnosis.budget.as_ref().unwrap();
        assert!(budget.shares.iter().map(|share| share.error).sum::<f64>() - budget.error < 1e-9);
        let shift = diagnosis.findings.iter().find(|finding| finding.check == "shift").unwrap();
        assert_eq!(shift.status, Status::NotEnoughEvidence);
        assert_ne!(diagnosis.verdict.limit, Limit::Model);
    }
}

#[test]
fn equal_texts_are_not_enough() {
    let texts =
        (0..200).map(|number| document("the same text in every place of all the two hundred", number % 2)).collect();
    assert_no_evidence(&Corpus::of(2, texts).diagnosis());
}

#[test]
fn texts_without_words_are_not_enough() {
    for text in ["", " \n", "?!"] {
        let texts = (0..200).map(|number| document(text, number % 3)).collect();
        assert_no_evidence(&Corpus::of(3, texts).diagnosis());
    }
}

#[test]
fn labels_that_are_all_wrong_are_not_enough() {
    let mut corpus = sample(1200);
    let classes = corpus.classes.len() as u32;
    let texts = corpus.learned.iter_mut().chain(&mut corpus.test).enumerate();
    for (number, document) in texts {
        document.label =
            (document.label + 1 + ((number as u32).wrapping_mul(2_654_435_761) >> 16) % (classes - 1)) % classes;
    }
    assert_no_evidence(&corpus.diagnosis());
}

#[test]
fn thousand_classes_are_diagnosed() {
    let text = |number: usize| format!("topic{} {}", number % 1000, noise(number));
    let texts = (0..2400).map(|number| document(text(number), (number % 1000) as u32)).collect();
    let diagnosis = Corpus::of(1000, texts).diagnosis();
    assert_eq!(diagnosis.texts.classes, 1000);
    assert!(diagnosis.budget.is_some());
}

#[test]
fn cross_validated_answers_are_explained_without_a_test_part() {
    let corpus = sample(1200);
    // Right on all texts but every fifth.
    let answer = |(number, label): (usize, u32)| if number.is_multiple_of(5) { (label + 1) % 20 } else { label };
    let predicted: Vec<u32> = corpus.learned.iter().map(|document| document.label).enumerate().map(answer).collect();
    let error = corpus.learned.len().div_ceil(5) as f64 / corpus.learned.len() as f64;
    let model = ModelAnswers { name: "word2vec + gru".into(), predicted, max_len: Some(3), is_chosen: true };
    let models = vec![model];
    let diagnosis = Corpus { test: Vec::new(), models, answered: Answered::Learned, ..corpus }.diagnosis();
    let budget = diagnosis.budget.as_ref().unwrap();
    assert!((budget.error - error).abs() < 1e-9 && !budget.is_of_test(), "{budget:?}");
    assert!((budget.shares.iter().map(|share| share.error).sum::<f64>() - error).abs() < 1e-9);
    assert!(budget.shares.iter().any(|share| share.cause == Cause::ChosenModel));
    let finding = |check: &str| diagnosis.findings.iter().find(|finding| finding.check == check).unwrap();
    assert_eq!(finding("shift").status, Status::NotFound);
    assert!(finding("models").sentence.contains("than word2vec + gru"), "{}", finding("models").sentence);
    assert!(finding("unread").sentence.contains("of the texts are longer than the 3 tokens"));
}
