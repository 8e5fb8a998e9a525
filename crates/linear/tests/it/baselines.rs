//! Features, naive Bayes, logistic regression and support vector machine against scikit-learn's figures
//! (`tools/golden/baselines.py`), and on 20 Newsgroups where the corpus is at hand.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;

use ninefold_core::Folders;
use ninefold_core::progress::Silent;
use ninefold_data::{CorpusConfig, Document};
use ninefold_linear::logistic::{self, Stop};
use ninefold_linear::{Linear, Ngrams, Targets, TfIdf, naive_bayes, svm};
use ninefold_metrics::Confusion;
use ninefold_text::tokenize::StopWords;
use ninefold_text::vocab::{UNK, Vocab};
use rustc_hash::FxHashMap;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    num_classes: usize,
    class_weights: Vec<f64>,
    text_weights: Vec<f64>,
    ngram_range: [usize; 2],
    min_df: usize,
    sublinear_tf: bool,
    train: Vec<String>,
    labels: Vec<u32>,
    test: Vec<String>,
    num_features: usize,
    features: Vec<BTreeMap<String, f64>>,
    scores: BTreeMap<String, Vec<Vec<f64>>>,
}

const STOP: Stop = Stop { tolerance: 1e-9, max_iterations: 200_000 };

fn golden() -> Vec<Case> {
    serde_json::from_str::<Golden>(include_str!("../golden/baselines.json")).unwrap().cases
}

/// Ids by first occurrence in train; what is not there is unknown.
fn encode(train: &[Vec<String>], texts: &[Vec<String>]) -> (Vocab, Vec<Vec<u32>>) {
    let mut tokens: Vec<String> = train.iter().flatten().cloned().collect();
    tokens.sort();
    tokens.dedup();
    let vocab = Vocab::from_tokens(tokens).unwrap();
    let ids = texts.iter().map(|text| vocab.encode(text)).collect();
    (vocab, ids)
}

fn split(texts: &[String]) -> Vec<Vec<String>> {
    texts.iter().map(|text| text.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn features_and_scores_are_those_of_scikit_learn() {
    for case in golden() {
        let (train_tokens, test_tokens) = (split(&case.train), split(&case.test));
        let (vocab, train) = encode(&train_tokens, &train_tokens);
        let (_, test) = encode(&train_tokens, &test_tokens);
        let ngrams = Ngrams::fit(&train, case.ngram_range, case.min_df);
        assert_eq!(ngrams.len(), case.num_features, "{}", case.name);
        let (train_counts, test_counts) = (ngrams.count(&train), ngrams.count(&test));
        let tfidf = TfIdf::fit(&ngrams, case.sublinear_tf);
        let (train, test) = (tfidf.transform(train_counts.clone()), tfidf.transform(test_counts.clone()));

        let names = ngrams.names(&vocab);
        for (row, expected) in case.features.iter().enumerate() {
            let (columns, values) = test.row(row);
            assert_eq!(columns.len(), expected.len(), "{}, text {row}", case.name);
            for (&column, value) in columns.iter().zip(values) {
                let expected = expected[&names[column as usize]];
                assert!((value - expected).abs() < 1e-12, "{}, text {row}: {value}, not {expected}", case.name);
            }
        }

        let (labels, class_weights, classes) = (&case.labels, &case.class_weights, case.num_classes);
        let targets = Targets { labels, text_weights: Some(&case.text_weights), class_weights };
        for (method, expected) in &case.scores {
            let (name, c) = method.split_once(' ').unwrap_or((method, "1"));
            let c: f64 = c.parse().unwrap();
            let (model, features) = match name {
                "multinomial_nb" => (naive_bayes::multinomial(&train_counts, targets, 1.0), &test_counts),
                "complement_nb" => (naive_bayes::complement(&train, targets, 1.0), &test),
                "logistic" => (logistic::train(&train, targets, c, STOP, None), &test),
                "svm" => (svm::train(&train, targets, c, STOP, 1), &test),
                other => panic!("{other}"),
            };
            let found = model.scores(features);
            for (found, expected) in found.chunks_exact(classes).zip(expected) {
                // Of two classes scikit-learn tells the difference of scores only; a support vector machine's is its margin.
                let found = match (name, classes) {
                    ("logistic", 2) => vec![0.0, found[1] - found[0]],
                    ("svm", 2) => vec![0.0, found[1]],
                    _ => found.to_vec(),
                };
                for (found, expected) in found.iter().zip(expected) {
                    let error = (found - expected).abs();
                    assert!(error < 1e-5, "{}, {method}: {found}, scikit-learn has {expected}", case.name);
                }
            }
        }
    }
}

/// scikit-learn's tokens: letters, digits and underscores in lower case; at least two, or all but stop words.
fn sklearn_tokens(text: &str, min_length: usize, stop_words: &[String]) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_wanted = |word: &&str| {
        word.chars().count() >= min_length && stop_words.binary_search_by(|stop| stop.as_str().cmp(word)).is_err()
    };
    words.filter(is_wanted).map(str::to_owned).collect()
}

/// 20 Newsgroups split by date, train and validation together again; `None` when the corpus is not here.
struct Newsgroups {
    train: Vec<Vec<u32>>,
    train_labels: Vec<u32>,
    test: Vec<Vec<u32>>,
    test_labels: Vec<u32>,
}

impl Newsgroups {
    fn load(strip: &[&str], min_length: usize, stop_words: &StopWords) -> Option<Newsgroups> {
        let folders = Folders::from_env();
        if !folders.data.as_ref().is_some_and(|data| data.join("20news-bydate.tar.gz").is_file()) {
            return None;
        }
        let config = CorpusConfig {
            data: "20newsgroups".into(),
            strip: strip.iter().map(ToString::to_string).collect(),
            ..CorpusConfig::default()
        };
        let mut stop_words = stop_words.words().unwrap();
        stop_words.sort();
        let tokens = |document: &Document| sklearn_tokens(&document.text, min_length, &stop_words);
        let corpus = ninefold_data::load(&config, &folders, &Silent).unwrap();
        let mut ids: FxHashMap<String, u32> = FxHashMap::default();
        let mut train = Vec::new();
        for document in corpus.train.iter().chain(&corpus.validation) {
            let learn = |token| {
                let fresh = ids.len() as u32 + 2;
                *ids.entry(token).or_insert(fresh)
            };
            train.push(tokens(document).into_iter().map(learn).collect());
        }
        let look_up =
            |document: &Document| tokens(document).iter().map(|token| *ids.get(token).unwrap_or(&UNK)).collect();
        let labels = |documents: &[Document]| documents.iter().map(|document| document.label).collect::<Vec<u32>>();
        Some(Newsgroups {
            train,
            train_labels: [labels(&corpus.train), labels(&corpus.validation)].concat(),
            test: corpus.test.iter().map(look_up).collect(),
            test_labels: labels(&corpus.test),
        })
    }

    /// Percent of the test texts that a model gets right, trained on features of these n-grams.
    fn accuracy(
        &self,
        (ngram_range, min_df): ([usize; 2], usize),
        train: impl FnOnce(&ninefold_linear::Csr, Targets) -> Linear,
    ) -> f64 {
        let ngrams = Ngrams::fit(&self.train, ngram_range, min_df);
        let tfidf = TfIdf::fit(&ngrams, true);
        let targets = Targets { labels: &self.train_labels, text_weights: None, class_weights: &[1.0; 20] };
        let model = train(&tfidf.transform(ngrams.count(&self.train)), targets);
        let scores = model.scores(&tfidf.transform(ngrams.count(&self.test)));
        let best = |row: &[f64]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u32;
        let predicted: Vec<u32> = scores.chunks_exact(20).map(best).collect();
        100.0 * Confusion::of(20, &self.test_labels, &predicted).scores().accuracy
    }
}

#[test]
fn complement_naive_bayes_scores_on_20_newsgroups_what_it_does_in_scikit_learn() {
    let Some(groups) = Newsgroups::load(&["headers", "footers", "quotes"], 1, &StopWords::English) else {
        eprintln!("skipped: 20news-bydate.tar.gz is not in NINEFOLD_DATA_DIR");
        return;
    };
    // scikit-learn 1.9.1: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b",
    // stop_words=<the same list>), ComplementNB(alpha=0.2): 73.407 %
    let accuracy = groups.accuracy(([1, 2], 1), |features, targets| naive_bayes::complement(features, targets, 0.2));
    assert!((accuracy - 73.407).abs() < 0.1, "{accuracy:.3} %");
}

#[test]
fn the_support_vector_machine_scores_on_20_newsgroups_what_it_does_in_scikit_learn() {
    let Some(groups) = Newsgroups::load(&[], 2, &StopWords::None) else {
        eprintln!("skipped: 20news-bydate.tar.gz is not in NINEFOLD_DATA_DIR");
        return;
    };
    // scikit-learn 1.9.1: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), LinearSVC(): 86.29 %
    let stop = Stop { tolerance: 1e-2, max_iterations: 200 };
    let accuracy = groups.accuracy(([1, 2], 2), |features, targets| svm::train(features, targets, 1.0, stop, 0));
    assert!((accuracy - 86.29).abs() < 0.1, "{accuracy:.3} %");
}
