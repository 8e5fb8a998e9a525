//! The suite that every classifier passes: it memorises 40 texts, every parameter gets a gradient, training goes on
//! from a checkpoint to the same bits, stops early, and reports a loss that is not a number.

#![allow(clippy::unwrap_used)]

use ninefold_core::progress::{Progress, Silent};
use ninefold_core::rng::Rng;
use ninefold_core::{Auto, Error};
use ninefold_metrics::MainScore;
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::cnn::Cnn as CnnSettings;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{Families, SharedConfig};
use ninefold_nn::layers::Pooling::{self, Attention, Last, Max, Mean, MeanMax, MeanMaxLast, Segments};
use ninefold_nn::layers::Precision;
use ninefold_nn::model::ModelKind::{self, Cnn, Gru, Lstm, Rnn, Swem};
use ninefold_nn::model::{
    Classifier, LossConfig, NeuralClassifier, NeuralConfig, Reading, predict_logits, predict_proba,
};
use ninefold_nn::train::{Checkpoint, OptimizerKind, Schedule, TrainConfig, TrainData, fit};

const VOCAB: usize = 60;
const CLASSES: usize = 4;

/// Random texts with random labels: nothing to learn but the texts themselves.
fn overfitted(count: usize, seed: u64) -> Encoded {
    let mut rng = Rng::new(seed);
    let mut texts = Encoded::default();
    for number in 0..count {
        let ids: Vec<u32> = (0..3 + rng.below(12)).map(|_| 2 + rng.below(VOCAB - 2) as u32).collect();
        texts.push(&ids, (number % CLASSES) as u32);
    }
    texts
}

fn classifiers(freeze_embeddings: bool) -> Vec<(String, Box<dyn Classifier>)> {
    let mut rng = Rng::new(4);
    let matrix: Vec<f32> = (0..VOCAB * 16).map(|place| if place < 16 { 0.0 } else { rng.normal() as f32 }).collect();
    let neural = |(kind, precision, pooling): (ModelKind, Precision, Pooling)| {
        let families = Families {
            recurrent: Recurrent { hidden_size: 24, num_layers: 2, ..Recurrent::default() },
            cnn: CnnSettings { filter_widths: vec![2, 3], filters: 20 },
            ..Families::default()
        };
        let pooled = SharedConfig { pooling: Some(pooling), segments: 3, ..SharedConfig::default() };
        let shared = SharedConfig { dropout: 0.1, freeze_embeddings, precision, ..pooled };
        let config = NeuralConfig { encoder: families.encoder(kind), shared, num_classes: CLASSES };
        let model: Box<dyn Classifier> = Box::new(NeuralClassifier::new(config, matrix.clone(), 16, 1));
        (format!("{kind:?} {} {pooling:?}", precision.name()), model)
    };
    let last = [Precision::F32, Precision::Bf16].map(|numbers| [Rnn, Lstm, Gru].map(|kind| (kind, numbers, Last)));
    let poolings = [Mean, Max, MeanMaxLast, Segments, Attention].map(|pooling| (Gru, Precision::F32, pooling));
    let others = [(Cnn, Max), (Cnn, Mean), (Cnn, Attention), (Swem, MeanMax)];
    let others = others.map(|(kind, pooling)| (kind, Precision::F32, pooling));
    let all = last.into_iter().flatten().chain(poolings).chain(others).map(neural);
    let recurrent =
        Recurrent { hidden_size: 24, recurrent_dropout: 0.1, layer_norm: true, chunk_len: 5, ..Recurrent::default() };
    let families = Families { recurrent, ..Families::default() };
    let shared = SharedConfig {
        dropout: 0.1,
        locked_dropout: true,
        pooling: Some(MeanMaxLast),
        freeze_embeddings,
        ..SharedConfig::default()
    };
    let options = NeuralConfig { encoder: families.encoder(Gru), shared: shared.clone(), num_classes: CLASSES };
    let bigrams = |kind: ModelKind| {
        let shared = SharedConfig { pooling: Some(MeanMax), bigram_buckets: 60, ..shared.clone() };
        let config = NeuralConfig { encoder: families.encoder(kind), shared, num_classes: CLASSES };
        let model: Box<dyn Classifier> = Box::new(NeuralClassifier::new(config, matrix.clone(), 16, 1));
        (format!("bigrams {kind:?}"), model)
    };
    let bigrams: Vec<_> = [Gru, Cnn, Swem].map(bigrams).into();
    let options: Box<dyn Classifier> = Box::new(NeuralClassifier::new(options, matrix.clone(), 16, 1));
    all.chain([("options".to_string(), options)]).chain(bigrams).collect()
}

fn config(epochs: usize) -> TrainConfig {
    TrainConfig {
        epochs: Auto::Value(epochs),
        batch_size: 8,
        learning_rate: 1e-2,
        patience: 0,
        max_len: Auto::Value(20),
        ..TrainConfig::default()
    }
}

fn data<'a>(train: &'a Encoded, validation: &'a Encoded) -> TrainData<'a> {
    TrainData { train, validation, choose_by: MainScore::Accuracy, text_weights: &[], teacher: None, seed: 3 }
}

fn bits(model: &dyn Classifier) -> Vec<u32> {
    model.parameters().iter().flat_map(|parameter| parameter.value.iter().map(|value| value.to_bits())).collect()
}

#[test]
fn every_classifier_memorises_40_texts() {
    for freeze in [true, false] {
        // A linear layer over 32 numbers that it cannot change is too little for 40 random labels.
        let able = |(name, _): &(String, _)| !(freeze && name.starts_with("Swem"));
        for (name, mut model) in classifiers(freeze).into_iter().filter(able) {
            let texts = overfitted(40, 1);
            let done = fit(&mut *model, data(&texts, &texts), &config(60), None, &Silent, &mut |_| Ok(())).unwrap();
            let best = &done.history[done.best_epoch - 1];
            assert_eq!(best.validation_accuracy, 1.0, "{name}, embeddings frozen: {freeze}");
            let reading = Reading { batch_size: 7, max_len: 20, padding: Padding::Exact };
            let probabilities = predict_proba(&mut *model, &texts, reading, &Silent).unwrap();
            for (row, &label) in probabilities.chunks_exact(CLASSES).zip(texts.labels()) {
                assert!(row[label as usize] > 0.5 && (row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{name}: {row:?}");
            }
        }
    }
}

#[test]
fn every_parameter_gets_a_gradient_and_frozen_ones_none() {
    for freeze in [true, false] {
        for (name, mut model) in classifiers(freeze) {
            let texts = overfitted(40, 1);
            model.train_batch(
                &Batch::pack(&texts, &(0..40).collect::<Vec<_>>(), 20, Padding::Exact),
                &[1],
                LossConfig::default(),
            );
            for parameter in model.parameters() {
                let reached = parameter.gradient.iter().filter(|d| **d != 0.0).count();
                let frozen = freeze && parameter.name == "embedding.weight";
                assert_eq!(parameter.is_trained(), !frozen, "{name} {}", parameter.name);
                assert!(frozen || reached * 2 > parameter.gradient.len(), "{name} {}: {reached}", parameter.name);
            }
        }
    }
}

#[test]
fn every_classifier_lets_classes_count_by_their_weights() {
    let texts = overfitted(8, 1);
    let mut batch = Batch::pack(&texts, &(0..8).collect::<Vec<_>>(), 20, Padding::Exact);
    for (name, mut model) in classifiers(false) {
        // A gradient is the sum of those of its texts, each counting by its weight.
        let mut gradient = |loss_weights: &[f32]| -> Vec<f32> {
            batch.loss_weights = loss_weights.to_vec();
            model.train_batch(&batch, &[1], LossConfig::default());
            model.parameters().iter().flat_map(|parameter| parameter.gradient.clone()).collect()
        };
        let plain = gradient(&[0.125; 8]);
        let weights = [0.3, 0.05, 0.05, 0.2, 0.1, 0.05, 0.05, 0.2];
        let mut sum = vec![0.0; plain.len()];
        for (row, weight) in weights.iter().enumerate() {
            let mut only = [0.0; 8];
            only[row] = 1.0;
            sum.iter_mut().zip(gradient(&only)).for_each(|(sum, d)| *sum += weight * d);
        }
        let apart = |a: &[f32]| a.iter().zip(&sum).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        let (weighted, length) = (gradient(&weights), apart(&vec![0.0; sum.len()]));
        assert!(apart(&weighted) < 0.02 * length, "{name}: {} of {length}", apart(&weighted));
        assert!(apart(&plain) > 0.1 * length, "{name} would pass without weights");
    }
}

#[test]
fn training_goes_on_from_any_epoch_to_the_same_bits() {
    let (texts, validation) = (overfitted(40, 1), overfitted(20, 2));
    let config = TrainConfig {
        schedule: Schedule::Cosine,
        warmup: 0.2,
        optimizer: OptimizerKind::AdamW,
        weight_decay: 0.01,
        label_smoothing: 0.1,
        average_decay: 0.9,
        frozen_epochs: 2,
        ..config(6)
    };
    for ((name, mut whole), (_, mut halves)) in classifiers(false).into_iter().zip(classifiers(false)) {
        let mut third = None;
        let done = fit(&mut *whole, data(&texts, &validation), &config, None, &Silent, &mut |state: &Checkpoint| {
            if state.history.len() == 3 {
                third = Some(state.clone());
            }
            Ok(())
        });
        let again = fit(&mut *halves, data(&texts, &validation), &config, third, &Silent, &mut |_| Ok(())).unwrap();
        let done = done.unwrap();
        let figures = |state: &Checkpoint| -> Vec<_> {
            state.history.iter().map(|epoch| (epoch.train_loss, epoch.validation_loss)).collect()
        };
        assert_eq!(figures(&done), figures(&again), "{name}");
        assert!(bits(&*whole) == bits(&*halves), "{name}");
    }
}

#[test]
fn the_best_epoch_is_kept_and_patience_ends_the_training() {
    let (texts, validation) = (overfitted(40, 1), overfitted(30, 2));
    let (_, mut model) = classifiers(true).swap_remove(2);
    let config = TrainConfig { patience: 2, ..config(50) };
    let done = fit(&mut *model, data(&texts, &validation), &config, None, &Silent, &mut |_| Ok(())).unwrap();
    assert!(done.history.len() < 50 && done.history.len() == done.best_epoch + 2);
    let best = done.history.iter().map(|epoch| epoch.validation_accuracy).fold(0.0, f64::max);
    assert_eq!(done.history[done.best_epoch - 1].validation_accuracy, best);
    let probabilities = predict_proba(&mut *model, &validation, config.reading(), &Silent).unwrap();
    let rows = probabilities.chunks_exact(CLASSES).zip(validation.labels());
    let right = rows.filter(|(row, label)| ninefold_nn::model::argmax(row) == **label as usize).count();
    assert_eq!(right as f64 / 30.0, best, "the model holds its best epoch's parameters");
}

#[test]
fn word_vectors_rest_while_they_are_frozen_and_learn_at_their_own_rate() {
    let texts = overfitted(40, 1);
    let moved = |config: TrainConfig| -> f32 {
        let (_, mut model) = classifiers(false).swap_remove(2);
        let before = model.parameters()[0].value.clone();
        fit(&mut *model, data(&texts, &texts), &config, None, &Silent, &mut |_| Ok(())).unwrap();
        model.parameters()[0].value.iter().zip(&before).map(|(a, b)| (a - b).abs()).sum()
    };
    assert_eq!(moved(TrainConfig { frozen_epochs: 3, ..config(3) }), 0.0);
    assert_eq!(moved(TrainConfig { embedding_rate: 0.0, ..config(3) }), 0.0);
    let (slow, whole) = (moved(TrainConfig { embedding_rate: 0.1, ..config(1) }), moved(config(1)));
    assert!(slow > 0.0 && slow < 0.5 * whole, "{slow} {whole}");
}

#[test]
fn a_model_that_answers_with_its_mean_weights_is_scored_and_kept_with_them() {
    let (texts, validation) = (overfitted(40, 1), overfitted(30, 2));
    let (_, mut model) = classifiers(true).swap_remove(2);
    let config = TrainConfig { average_decay: 0.95, ..config(4) };
    let done = fit(&mut *model, data(&texts, &validation), &config, None, &Silent, &mut |_| Ok(())).unwrap();
    assert_eq!(done.averages.len(), done.parameters.len());
    assert_ne!(done.averages, done.parameters);
    let probabilities = predict_proba(&mut *model, &validation, config.reading(), &Silent).unwrap();
    let rows = probabilities.chunks_exact(CLASSES).zip(validation.labels());
    let loss: f64 = rows.map(|(row, label)| -f64::from(row[*label as usize]).ln()).sum::<f64>() / 30.0;
    assert!((loss - done.history[done.best_epoch - 1].validation_loss).abs() < 1e-6);
}

#[test]
fn a_loss_that_is_not_finite_is_named() {
    let texts = overfitted(40, 1);
    for (name, mut model) in classifiers(true) {
        let last = model.parameters_mut().pop().unwrap();
        last.value.fill(f32::NAN);
        let error = fit(&mut *model, data(&texts, &texts), &config(2), None, &Silent, &mut |_| Ok(())).unwrap_err();
        assert!(matches!(error, Error::Diverged { epoch: 1, batch: 1, .. }), "{name}: {error}");
    }
}

#[test]
fn a_cancelled_training_stops() {
    struct Impatient;
    impl Progress for Impatient {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let texts = overfitted(40, 1);
    let (_, mut model) = classifiers(true).swap_remove(0);
    let error = fit(&mut *model, data(&texts, &texts), &config(2), None, &Impatient, &mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, Error::Interrupted));
}

#[test]
fn settings_without_meaning_are_refused_by_name() {
    let fine = TrainConfig::default;
    for (key, wrong) in [
        ("training.epochs", TrainConfig { epochs: Auto::Value(0), ..fine() }),
        ("training.batch_size", TrainConfig { batch_size: 0, ..fine() }),
        ("training.max_len", TrainConfig { max_len: Auto::Value(0), ..fine() }),
        ("training.learning_rate", TrainConfig { learning_rate: f64::NAN, ..fine() }),
        ("training.warmup", TrainConfig { warmup: 1.0, ..fine() }),
        ("training.label_smoothing", TrainConfig { label_smoothing: -0.1, ..fine() }),
        ("training.average_decay", TrainConfig { average_decay: 1.5, ..fine() }),
        ("training.embedding_rate", TrainConfig { embedding_rate: f64::INFINITY, ..fine() }),
        ("training.max_grad_norm", TrainConfig { max_grad_norm: -1.0, ..fine() }),
    ] {
        assert!(wrong.validate().unwrap_err().to_string().starts_with(key));
    }
}

/// Vectors for words outside of the vocabulary, even if no text has one, let the vectors of all tokens be copied before they are pooled.
#[test]
fn a_prediction_without_encoder_pools_words_where_they_lie_to_the_same_bits() {
    let (texts, order) = (overfitted(70, 9), Vec::from_iter(0..70));
    let mut rng = Rng::new(4);
    for (pooling, dim) in [(MeanMax, 5), (MeanMaxLast, 16), (Segments, 21), (Mean, 40)] {
        let matrix: Vec<f32> = (0..VOCAB * dim).map(|_| rng.normal() as f32).collect();
        let shared = SharedConfig { pooling: Some(pooling), segments: 3, ..SharedConfig::default() };
        let config = NeuralConfig { encoder: Families::default().encoder(Swem), shared, num_classes: CLASSES };
        let mut model = NeuralClassifier::new(config, matrix, dim, 1);
        for padding in [Padding::Exact, Padding::Trailing] {
            let batch = Batch::pack(&texts, &order, 11, padding);
            let in_place = model.logits(&batch);
            model.set_oov(vec![0.5; dim].into());
            assert_eq!(model.logits(&batch), in_place, "{pooling:?}, {dim}, {padding:?}");
            model.set_oov([].into());
        }
    }
}

#[test]
fn fork_shares_weights_until_one_of_the_two_is_changed() {
    let matrix: Vec<f32> = (0..40).map(|n| n as f32 / 40.0).collect();
    let shared = SharedConfig { bigram_buckets: 8, ..SharedConfig::without_dropout() };
    let config = NeuralConfig { shared, ..NeuralConfig::default() };
    let mut model = NeuralClassifier::new(config, matrix, 4, 3);
    let mut fork = model.fork();
    for (own, shared) in fork.parameters().into_iter().zip(model.parameters()) {
        assert!(std::ptr::eq(own.value.as_ptr(), shared.value.as_ptr()) && !own.is_trained(), "{}", own.name);
    }
    let mut texts = Encoded::default();
    [vec![2, 3, 4], vec![], vec![5, 5, 9, 2, 7]].iter().for_each(|ids: &Vec<u32>| texts.push(ids, 0));
    let reading = Reading { batch_size: 2, max_len: 9, padding: Padding::Exact };
    let of_model = predict_logits(&mut model, &texts, reading, &Silent).unwrap();
    assert_eq!(predict_logits(&mut fork, &texts, reading, &Silent).unwrap(), of_model);
    model.parameters_mut().into_iter().for_each(|parameter| parameter.value.fill(0.5));
    assert_eq!(predict_logits(&mut fork, &texts, reading, &Silent).unwrap(), of_model, "the fork kept its weights");
    assert_ne!(predict_logits(&mut model, &texts, reading, &Silent).unwrap(), of_model);
}
