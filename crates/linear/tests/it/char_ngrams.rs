//! Character n-grams, their weights and the classifiers over them against scikit-learn's figures (`tools/golden/char_ngrams.py`).

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use ninefold_linear::logistic::Stop;
use ninefold_linear::{Ngrams, Targets, TfIdf, naive_bayes, svm};
use ninefold_text::char_ngrams::CharNgrams;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    num_classes: usize,
    ngram_range: [usize; 2],
    min_df: usize,
    sublinear_tf: bool,
    lowercase: bool,
    train: Vec<String>,
    labels: Vec<u32>,
    test: Vec<String>,
    num_features: usize,
    features: Vec<BTreeMap<String, f64>>,
    scores: BTreeMap<String, Vec<Vec<f64>>>,
}

#[test]
fn char_ngrams_weigh_and_score_as_in_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/char_ngrams.json")).unwrap();
    for case in golden.cases {
        let char_ngrams = CharNgrams::new(case.ngram_range, case.lowercase).unwrap();
        let vocab = char_ngrams.vocab(&case.train, case.min_df).unwrap();
        let [train, test] = [&case.train, &case.test].map(|texts| char_ngrams.encode(&vocab, texts));
        let ngrams = Ngrams::fit(&train, [1, 1], 1);
        assert_eq!(ngrams.len(), case.num_features, "{}", case.name);
        let tfidf = TfIdf::fit(&ngrams, case.sublinear_tf);
        let [train, test] = [train, test].map(|ids| tfidf.transform(ngrams.count(&ids)));

        let names = ngrams.names(&vocab);
        for (row, expected) in case.features.iter().enumerate() {
            let (columns, values) = test.row(row);
            assert_eq!(columns.len(), expected.len(), "{}, text {row}", case.name);
            for (&column, value) in columns.iter().zip(values) {
                let expected = expected[&names[column as usize]];
                assert!((value - expected).abs() < 1e-12, "{}, text {row}: {value}, not {expected}", case.name);
            }
        }

        let classes = case.num_classes;
        let stop = Stop { tolerance: 1e-9, max_iterations: 200_000 };
        let class_weights = vec![1.0; classes];
        let targets = Targets { labels: &case.labels, text_weights: None, class_weights: &class_weights };
        for (method, expected) in &case.scores {
            let model = match method.as_str() {
                "complement_nb" => naive_bayes::complement(&train, targets, 0.3),
                _ => svm::train(&train, targets, 1.0, stop, 1),
            };
            for (found, expected) in model.scores(&test).chunks_exact(classes).zip(expected) {
                // Of two classes scikit-learn gives the margin of the second only.
                let skipped = usize::from(method == "svm" && classes == 2);
                for (found, expected) in found.iter().zip(expected).skip(skipped) {
                    let error = (found - expected).abs();
                    assert!(error < 1e-5, "{}, {method}: {found}, scikit-learn has {expected}", case.name);
                }
            }
        }
    }
}
