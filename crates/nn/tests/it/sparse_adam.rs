//! Steps of some rows of a table against PyTorch's `SparseAdam` (made by tools/golden/sparse_adam.py), and what they mean for a
//! whole training.

#![allow(clippy::unwrap_used)]

use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::EncoderConfig;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::layers::optimizer::OptimizerStep;
use ninefold_nn::layers::{Optimizer, Parameter};
use ninefold_nn::model::{Classifier, LossConfig, NeuralClassifier, NeuralConfig};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    dim: usize,
    learning_rate: f64,
    before: Vec<f64>,
    steps: Vec<GoldenStep>,
}

#[derive(Deserialize)]
struct GoldenStep {
    rows: Vec<u32>,
    gradient: Vec<f64>,
    after: Vec<f64>,
}

#[test]
fn rows_step_as_pytorchs_do() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/sparse_adam.json")).unwrap();
    let before: Vec<f32> = golden.before.iter().map(|&x| x as f32).collect();
    let mut table = Parameter::new("embedding.weight", &[before.len() / golden.dim, golden.dim], before);
    table.set_sparse(true);
    let mut optimizer = Optimizer::new(&[&table]);
    for (number, step) in golden.steps.iter().enumerate() {
        table.clear_gradient();
        // In any order, and more than once.
        table.note_rows(step.rows.iter().rev().chain(&step.rows).copied());
        for (&row, gradient) in step.rows.iter().zip(step.gradient.chunks_exact(golden.dim)) {
            let own = &mut table.gradient[row as usize * golden.dim..][..golden.dim];
            own.iter_mut().zip(gradient).for_each(|(d, &x)| *d = x as f32);
        }
        let norm = optimizer
            .step(vec![&mut table], OptimizerStep { learning_rate: golden.learning_rate, ..OptimizerStep::default() });
        let expected = step.gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((norm - expected).abs() < 1e-6, "step {number}: {norm} for {expected}");
        for (place, (&found, expected)) in table.value.iter().zip(&step.after).enumerate() {
            // PyTorch adds eps before it corrects the root in SparseAdam, after it in Adam, as is done here.
            assert!((f64::from(found) - expected).abs() < 1e-5, "step {number} [{place}]: {found} for {expected}");
        }
    }
}

fn network() -> (NeuralClassifier, Batch, Batch) {
    let matrix = (0..50 * 4).map(|i| (i as f32 * 0.37).sin()).collect();
    let config = NeuralConfig {
        encoder: EncoderConfig::Gru(Recurrent { hidden_size: 6, ..Recurrent::default() }),
        ..NeuralConfig::default()
    };
    let mut texts = Encoded::default();
    texts.push(&[3, 4, 5, 3], 0);
    texts.push(&[7, 8], 1);
    let pack = |text: usize| Batch::pack(&texts, &[text], 100, Padding::Exact);
    (NeuralClassifier::new(config, matrix, 4, 1), pack(0), pack(1))
}

#[test]
fn only_the_words_of_a_batch_step_and_their_first_step_is_adams() {
    let run = |is_sparse: bool| {
        let (mut model, first, second) = network();
        model.set_embedding_steps(1.0, is_sparse);
        let mut optimizer = Optimizer::new(&model.parameters());
        let mut step = |model: &mut NeuralClassifier, batch: &Batch| {
            model.train_batch(batch, &[1], LossConfig::default());
            optimizer.step(model.parameters_mut(), OptimizerStep { learning_rate: 0.1, ..OptimizerStep::default() });
            model.parameters()[0].value.clone()
        };
        [step(&mut model, &first), step(&mut model, &second)]
    };
    let (dense, sparse) = (run(false), run(true));
    assert_eq!(dense[0], sparse[0], "one step is the same in both");
    let row = |table: &[f32], word: usize| table[word * 4..][..4].to_vec();
    assert_ne!(row(&dense[1], 3), row(&dense[0], 3), "momentum carries on");
    assert_eq!(row(&sparse[1], 3), row(&sparse[0], 3), "a word that is not read rests");
    assert_ne!(row(&sparse[1], 7), row(&sparse[0], 7));
    assert_eq!(row(&sparse[1], 20), row(&network().0.parameters()[0].value, 20), "and one that never was");
}
