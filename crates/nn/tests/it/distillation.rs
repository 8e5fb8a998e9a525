//! What a teacher adds to the loss: the f64 twin by central differences, the kernel against the twin and against PyTorch, and
//! a whole network by directional derivatives.

#![allow(clippy::unwrap_used)]

use crate::reference::soft;

use ninefold_core::Auto;
use ninefold_core::progress::Silent;
use ninefold_core::rng::Rng;
use ninefold_kernels::softmax::{self, SoftTargets};
use ninefold_metrics::MainScore;
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::EncoderConfig;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::model::{Classifier, Distillation, LossConfig, NeuralClassifier, NeuralConfig};
use ninefold_nn::train::{Teacher, TrainConfig, TrainData, fit};
use serde::Deserialize;
use soft::{Lesson, distillation, weighted_mean};

fn lesson(classes: usize, share: f64, temperature: f64, smoothing: f64, rng: &mut Rng) -> (Vec<f64>, Lesson) {
    // Rounded to f32, so that the kernel and its twin see the same numbers.
    let rounded = |value: f64| f64::from(value as f32);
    let logits = (0..classes).map(|_| rounded(3.0 * rng.normal())).collect();
    let raw: Vec<f64> = (0..classes).map(|_| rng.uniform() + 0.01).collect();
    let sum: f64 = raw.iter().sum();
    let targets = raw.iter().map(|share| rounded(share / sum)).collect();
    (logits, Lesson { label: rng.below(classes), smoothing, targets, share, temperature })
}

fn lessons() -> Vec<(Vec<f64>, Lesson)> {
    let mut rng = Rng::new(5);
    let settings = [(0.5, 2.0, 0.0), (0.9, 1.0, 0.1), (0.1, 7.0, 0.0), (1.0, 0.5, 0.0)];
    let all = [2, 3, 17, 64].into_iter().flat_map(|classes| settings.map(|setting| (classes, setting)));
    all.map(|(classes, (share, t, smoothing))| lesson(classes, share, t, smoothing, &mut rng)).collect()
}

/// The kernel's loss and gradient.
fn kernel(logits: &[f64], lesson: &Lesson, scale: f32) -> (f64, Vec<f32>) {
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let (mut row, targets) = (narrow(logits), narrow(&lesson.targets));
    let soft = SoftTargets { targets: &targets, weight: lesson.share as f32, temperature: lesson.temperature as f32 };
    let loss = softmax::distillation(&mut row, lesson.label, lesson.smoothing as f32, soft, scale);
    (loss, row)
}

#[test]
fn the_twins_gradient_is_the_slope_of_its_loss() {
    for (logits, lesson) in lessons() {
        let (_, gradient) = distillation(&logits, &lesson);
        for class in 0..logits.len() {
            let at = |step: f64| {
                let mut moved = logits.clone();
                moved[class] += step;
                distillation(&moved, &lesson).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            let error = (slope - gradient[class]).abs() / (1e-3 + slope.abs());
            assert!(error < 1e-6, "{lesson:?} [{class}]: {} for a slope of {slope}", gradient[class]);
        }
    }
}

#[test]
fn the_kernel_equals_its_twin() {
    for (logits, lesson) in lessons() {
        let (loss, gradient) = distillation(&logits, &lesson);
        let (found, row) = kernel(&logits, &lesson, 0.25);
        assert!((found - loss).abs() < 1e-6 * (1.0 + loss.abs()), "{lesson:?}: {found} for {loss}");
        for (found, expected) in row.iter().zip(gradient) {
            assert!((f64::from(*found) - 0.25 * expected).abs() < 1e-6, "{lesson:?}: {found} for {expected} / 4");
        }
    }
}

#[test]
fn loss_and_gradient_are_pytorchs() {
    #[derive(Deserialize)]
    struct Case {
        share: f64,
        temperature: f64,
        smoothing: f64,
        label: usize,
        logits: Vec<f64>,
        targets: Vec<f64>,
        loss: f64,
        gradient: Vec<f64>,
    }
    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }
    let golden: Golden = serde_json::from_str(include_str!("../golden/distillation.json")).unwrap();
    assert_eq!(golden.cases.len(), 12);
    for Case { share, temperature, smoothing, label, logits, targets, loss, gradient } in golden.cases {
        let lesson = Lesson { label, smoothing, targets, share, temperature };
        let (found, row) = kernel(&logits, &lesson, 1.0);
        assert!((found - loss).abs() < 1e-6 * (1.0 + loss), "{lesson:?}: {found} for {loss}");
        for (found, expected) in row.iter().zip(gradient) {
            assert!((f64::from(*found) - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{found} for {expected}");
        }
    }
}

#[test]
fn however_large_the_logits_the_loss_is_a_number() {
    let lesson = Lesson { label: 0, smoothing: 0.0, targets: vec![1.0, 0.0], share: 0.5, temperature: 2.0 };
    let (loss, row) = kernel(&[-3000.0, 3000.0], &lesson, 1.0);
    assert!(loss.is_finite() && loss > 1000.0 && row.iter().all(|d| d.is_finite()), "{loss} {row:?}");
}

const CLASSES: usize = 5;

fn network(seed: u64) -> NeuralClassifier {
    let mut rng = Rng::new(seed);
    let matrix = (0..12 * 6).map(|_| rng.range(-1.0, 1.0) as f32).collect();
    let config = NeuralConfig {
        encoder: EncoderConfig::Gru(Recurrent { hidden_size: 9, ..Recurrent::default() }),
        num_classes: CLASSES,
        ..NeuralConfig::default()
    };
    NeuralClassifier::new(config, matrix, 6, seed)
}

fn texts(count: usize) -> Encoded {
    let mut rng = Rng::new(8);
    let mut texts = Encoded::default();
    for number in 0..count {
        let ids: Vec<u32> = (0..1 + rng.below(7)).map(|_| 2 + rng.below(10) as u32).collect();
        texts.push(&ids, (number % CLASSES) as u32);
    }
    texts
}

/// A teacher's probabilities, drawn. `[texts, CLASSES]`
fn targets(count: usize) -> Vec<f32> {
    let mut rng = Rng::new(21);
    let row = |_| {
        let raw: Vec<f64> = (0..CLASSES).map(|_| rng.uniform() + 0.01).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|share| (share / sum) as f32).collect::<Vec<f32>>()
    };
    (0..count).flat_map(row).collect()
}

#[test]
fn weighted_loss_of_a_batch_has_the_gradient_of_its_f64_twin() {
    const ROWS: usize = 5;
    let mut rng = Rng::new(9);
    let logits: Vec<Vec<f64>> =
        (0..ROWS).map(|_| (0..CLASSES).map(|_| f64::from(rng.normal() as f32)).collect()).collect();
    let (labels, weights) = ([0, 3, 1, 4, 0], [2.0, 0.25, 0.0, 1.0, 3.5]);
    let (_, gradients) = weighted_mean(&logits, &labels, &weights);
    for row in 0..ROWS {
        for class in 0..CLASSES {
            let at = |step: f64| {
                let mut moved = logits.clone();
                moved[row][class] += step;
                weighted_mean(&moved, &labels, &weights).0
            };
            let (slope, found) = ((at(1e-5) - at(-1e-5)) / 2e-5, gradients[row][class]);
            assert!((slope - found).abs() < 1e-9, "row {row}, class {class}: {found} for a slope of {slope}");
        }
    }
    let mut texts = Encoded::default();
    labels.iter().enumerate().for_each(|(text, &label)| texts.push(&vec![2; text + 1], label as u32));
    let mut batch = Batch::pack(&texts, &[0, 1, 2, 3, 4], 9, Padding::Exact);
    batch.set_text_weights(&weights);
    for (row, &text) in batch.texts.iter().enumerate() {
        let mut found: Vec<f32> = logits[text].iter().map(|&logit| logit as f32).collect();
        LossConfig::default().row(&batch, row, &mut found);
        let pairs = found.iter().zip(&gradients[text]);
        assert!(pairs.into_iter().all(|(a, b)| (f64::from(*a) - b).abs() < 1e-7), "text {text}: {found:?}");
    }
}

#[test]
fn a_whole_networks_gradients_are_the_slopes_of_what_it_makes_small() {
    let texts = texts(40); // two slices
    let mut batch = Batch::pack(&texts, &(0..40).collect::<Vec<_>>(), 100, Padding::Exact);
    let text_weights: Vec<f64> = (0..40).map(|text| [1.0, 2.0, 0.5, 0.0, 3.0][text % 5]).collect();
    batch.set_text_weights(&text_weights);
    batch.set_soft_targets(&targets(40), CLASSES);
    let distillation = Distillation { share: 0.7, temperature: 3.0 };
    let objective = LossConfig { label_smoothing: 0.1, distillation };
    let mut model = network(2);
    let weighted = |model: &mut NeuralClassifier| {
        let logits = model.logits(&batch);
        let mut rows = logits.clone();
        let losses = rows.chunks_exact_mut(CLASSES).enumerate();
        losses.map(|(row, logits)| f64::from(batch.loss_weights[row]) * objective.row(&batch, row, logits)).sum::<f64>()
    };
    let sum = model.train_batch(&batch, &[1], objective).loss;
    let mut rows = model.logits(&batch);
    let expected: f64 = rows.chunks_exact_mut(CLASSES).enumerate().map(|(row, l)| objective.row(&batch, row, l)).sum();
    assert!((sum - expected).abs() < 1e-6 * expected, "{sum} {expected}");

    model.train_batch(&batch, &[1], objective);
    let gradients: Vec<Vec<f32>> = model.parameters().iter().map(|parameter| parameter.gradient.clone()).collect();
    let mut rng = Rng::new(4);
    for (number, gradient) in gradients.iter().enumerate() {
        let name = model.parameters()[number].name.clone();
        let direction: Vec<f32> = gradient.iter().map(|_| rng.range(-1.0, 1.0) as f32).collect();
        let pairs = gradient.iter().zip(&direction).skip(if number == 0 { 6 } else { 0 }); // <pad> is never trained
        let expected: f64 = pairs.map(|(d, v)| f64::from(*d) * f64::from(*v)).sum();
        let start = model.parameters()[number].value.clone();
        let mut at = |size: f32| {
            let value = &mut model.parameters_mut().swap_remove(number).value;
            value.iter_mut().zip(&start).zip(&direction).for_each(|((value, start), v)| *value = start + size * v);
            weighted(&mut model)
        };
        let slope = (at(2e-3) - at(-2e-3)) / 4e-3;
        at(0.0);
        assert!((slope - expected).abs() < 2e-3 * (0.05 + slope.abs()), "{name}: {expected} for a slope of {slope}");
    }
}

/// The network's parameters after a training with or without a teacher.
fn trained(teacher: Option<Teacher>, threads: usize) -> Vec<u32> {
    let texts = texts(90);
    let config = TrainConfig { epochs: Auto::Value(3), batch_size: 40, patience: 0, ..TrainConfig::default() };
    let data = TrainData {
        train: &texts,
        validation: &texts,
        choose_by: MainScore::Accuracy,
        text_weights: &[],
        teacher,
        seed: 3,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut model = network(7);
        fit(&mut model, data, &config, None, &Silent, &mut |_| Ok(())).unwrap();
        model.parameters().iter().flat_map(|parameter| parameter.value.iter().map(|value| value.to_bits())).collect()
    })
}

#[test]
fn a_teacher_is_heard_and_the_bits_do_not_depend_on_threads() {
    let targets = targets(90);
    let teacher = |share| Teacher { targets: &targets, distillation: Distillation { share, temperature: 2.0 } };
    let alone = trained(None, 1);
    assert_ne!(trained(Some(teacher(0.5)), 1), alone);
    assert_eq!(trained(Some(teacher(0.0)), 1), alone, "a teacher without a share is no teacher");
    assert_eq!(trained(Some(teacher(0.5)), 1), trained(Some(teacher(0.5)), 3));
}

#[test]
fn a_pupil_comes_to_say_what_its_teacher_says() {
    let (texts, targets) = (texts(30), targets(30));
    let config = TrainConfig {
        epochs: Auto::Value(150),
        batch_size: 10,
        learning_rate: 1e-2,
        patience: 0,
        ..TrainConfig::default()
    };
    let teacher = Teacher { targets: &targets, distillation: Distillation { share: 1.0, temperature: 1.0 } };
    let mut model = network(7);
    let data = TrainData {
        train: &texts,
        validation: &Encoded::default(),
        choose_by: MainScore::Accuracy,
        text_weights: &[],
        teacher: Some(teacher),
        seed: 3,
    };
    fit(&mut model, data, &config, None, &Silent, &mut |_| Ok(())).unwrap();
    let reading = config.reading();
    let found = ninefold_nn::model::predict_proba(&mut model, &texts, reading, &Silent).unwrap();
    let apart: f32 = found.iter().zip(&targets).map(|(a, b)| (a - b).abs()).sum::<f32>() / found.len() as f32;
    assert!(apart < 0.03, "{apart} apart on average");
}
