//! One model from texts without a test part, as other languages train it.
#![allow(clippy::unwrap_used)]

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
