//! One model from texts without a test part, as other languages train it.
#![allow(clippy::unwrap_used)]

use ninefold_core::error::Result;
use ninefold_core::progress::Silent;
use ninefold_data::{Corpus, CorpusConfig};
use ninefold_lab::{Config, FittedClassifier, TextClassifier};
use ninefold_models::Predictor;

fn corpus() -> Corpus {
    let texts: Vec<(String, &str)> = (0..60)
        .flat_map(|n| [(format!("a great and moving film {n}"), "pos"), (format!("a dull and empty film {n}"), "neg")])
        .collect();
    Corpus::for_training(&texts, None, &CorpusConfig::default()).unwrap()
}

fn fitted(models: &[&str]) -> FittedClassifier {
    let mut config = Config::default();
    config.select(models).unwrap();
    config.embeddings.truncate(1);
    for (key, value) in [("embedding.dim", "8"), ("model.hidden_size", "8"), ("training.epochs", "3")] {
        config.set(key, value).unwrap();
    }
    TextClassifier::from_config(config).threads(1).fit(&corpus()).unwrap()
}

#[test]
fn network_and_baseline_without_test_texts_have_validation_scores_only() {
    for (model, epochs) in [("gru", 3), ("complement_nb", 0)] {
        let fitted = fitted(&[model]);
        assert_eq!(fitted.row().test, None, "{model}");
        assert!(fitted.row().validation.is_some() && fitted.history().len() == epochs, "{model}");
        assert_eq!(fitted.predict_all(&["a dull and empty film"]).unwrap()[0].probabilities.len(), 2);
    }
}

#[test]
fn ensemble_is_saved_with_its_members() {
    let fitted = fitted(&["gru", "complement_nb", "vote_selected"]);
    assert_eq!(fitted.row().model, "vote_selected");
    let place = tempfile::tempdir().unwrap();
    fitted.save(place.path().join("model")).unwrap();
    let texts = ["a great film", "a dull film"];
    let before = fitted.predict_all(&texts).unwrap();
    drop(fitted);
    let loaded = Predictor::load(place.path().join("model")).unwrap();
    assert_eq!(loaded.predict(&texts, &Silent).unwrap(), before);
}

#[test]
fn ensemble_of_one_model_is_refused() {
    let mut config = Config::default();
    config.select(&["complement_nb", "stacked"]).unwrap();
    let refusal = TextClassifier::from_config(config).threads(1).fit(&corpus()).unwrap_err().to_string();
    assert!(refusal.starts_with("an ensemble needs two members or more"), "{refusal}");
}

const MODELS: [&str; 5] = ["swem", "multinomial_nb", "tfidf_logistic", "tfidf_svm", "fasttext_supervised"];
const TEXTS: [&str; 3] = ["a great film", "a dull film", "a film"];

/// Texts of which each third great film has the wrong label, with weights; the validation texts are apart.
fn weighted(weight: impl Fn(usize) -> f64) -> Result<Corpus> {
    let example = |n: usize| {
        let (word, label) = [("great", "pos"), ("dull", "neg")][n % 2];
        (format!("a {word} film"), if is_wrong(n) { "neg" } else { label }, weight(n))
    };
    let validation = TEXTS.map(|text| (text.to_owned(), if text == TEXTS[0] { "pos" } else { "neg" }, 1.0));
    let texts: Vec<(String, &str, f64)> = (0..90).map(example).collect();
    Corpus::for_training(&texts, Some(&validation), &CorpusConfig::default())
}

fn is_wrong(number: usize) -> bool {
    number.is_multiple_of(6)
}

fn trained(model: &str, corpus: &Corpus) -> FittedClassifier {
    let mut config = Config::default();
    config.select(&[model]).unwrap();
    config.embeddings.truncate(1);
    if model == "swem" {
        for (key, value) in [("embedding.dim", "8"), ("training.epochs", "12"), ("training.learning_rate", "0.02")] {
            config.set(key, value).unwrap();
        }
    }
    TextClassifier::from_config(config).threads(1).fit(corpus).unwrap()
}

/// The odds of "pos" for a great film.
fn odds(fitted: &FittedClassifier) -> f32 {
    let probabilities = &fitted.predict("a great film").unwrap().probabilities;
    probabilities[1] / probabilities[0]
}

#[test]
fn weights_of_1_change_no_bit_and_others_count() {
    let even = weighted(|_| 1.0).unwrap();
    let pairs = |part: &[ninefold_data::Document]| -> Vec<(String, String)> {
        part.iter().map(|text| (text.text.to_string(), even.labels[text.label as usize].clone())).collect()
    };
    let (train, validation) = (pairs(&even.train), pairs(&even.validation));
    let plain = Corpus::for_training(&train, Some(&validation), &CorpusConfig::default()).unwrap();
    assert_eq!(plain.protocol, even.protocol, "the texts have the same name");
    for model in MODELS {
        let [plain, even] = [&plain, &even].map(|corpus| trained(model, corpus));
        assert_eq!(plain.predict_all(&TEXTS).unwrap(), even.predict_all(&TEXTS).unwrap(), "{model}");
        let with_wrong = |wrong: f64| {
            let corpus = weighted(|number| if is_wrong(number) { wrong } else { 1.0 }).unwrap();
            assert_eq!(corpus.protocol.weights, format!("{} to {}", wrong.min(1.0), wrong.max(1.0)));
            odds(&trained(model, &corpus))
        };
        let found = [with_wrong(0.1), odds(&plain), with_wrong(3.0)];
        assert!(found.is_sorted_by(|a, b| a > b), "{model}: {found:?}");
    }
}

#[test]
fn weight_2_equals_the_text_twice() {
    let once = weighted(|number| 1.0 + f64::from(is_wrong(number))).unwrap();
    let mut twice = weighted(|_| 1.0).unwrap();
    let wrong: Vec<_> = (0..90).filter(|&number| is_wrong(number)).map(|number| twice.train[number].clone()).collect();
    twice.train.extend(wrong);
    for model in ["majority", "multinomial_nb"] {
        let [once, twice] = [&once, &twice].map(|corpus| trained(model, corpus).predict_all(&TEXTS).unwrap());
        for (once, twice) in once.iter().zip(&twice) {
            let pairs = once.probabilities.iter().zip(&twice.probabilities);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6), "{model}: {once:?} {twice:?}");
        }
    }
}

#[test]
fn ensembles_train_their_members_with_the_weights() {
    let mut config = Config::default();
    config.select(&["multinomial_nb", "tfidf_svm", "stacked"]).unwrap();
    let classifier = TextClassifier::from_config(config).threads(1);
    let corpus = |wrong: f64| weighted(|number| if is_wrong(number) { wrong } else { 1.0 }).unwrap();
    let found = [0.1, 6.0].map(|wrong| odds(&classifier.fit(&corpus(wrong)).unwrap()));
    assert!(found[0] > found[1], "{found:?}");
}

#[test]
fn weight_that_is_no_number_from_0_up_is_refused_with_its_text() {
    for (weight, found) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let refusal = weighted(|number| if number == 4 { weight } else { 1.0 }).unwrap_err().to_string();
        let expected = format!("training text 5: expected a weight that is a number from 0 up, found {found}");
        assert!(refusal.contains(&expected), "{refusal}");
    }
    let refusal = weighted(|number| f64::from(!is_wrong(number) && number.is_multiple_of(2))).unwrap_err().to_string();
    assert!(refusal.contains("the training texts of the class \"neg\" all have the weight zero"), "{refusal}");
}
