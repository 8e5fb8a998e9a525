//! What PyTorch computed, and a classifier held to it: logits, loss, every gradient, and every parameter after ten steps of
//! Adam.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::layers::Optimizer;
use ninefold_nn::layers::optimizer::OptimizerStep;
use ninefold_nn::model::{Classifier, LossConfig, NeuralClassifier, NeuralConfig};
use safetensors::SafeTensors;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What stands in a file of golden values beside its tensors.
#[derive(Deserialize)]
pub struct About<C> {
    dim: usize,
    vocab_size: usize,
    pub num_classes: usize,
    steps: usize,
    learning_rate: f64,
    texts: Vec<Vec<u32>>,
    labels: Vec<u32>,
    pub cases: BTreeMap<String, C>,
}

/// A file of golden values, with the shapes of its cases.
pub struct Golden<C> {
    bytes: Vec<u8>,
    pub about: About<C>,
}

impl<C: DeserializeOwned> Golden<C> {
    pub fn read(name: &str) -> Golden<C> {
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let about = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["about"]).unwrap();
        Golden { bytes, about }
    }

    fn tensor(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let data = tensors.tensor(name).unwrap_or_else(|_| panic!("no tensor {name}")).data().to_vec();
        data.chunks_exact(4).map(|float| f32::from_le_bytes(float.try_into().unwrap())).collect()
    }

    /// Holds the classifier of a case to PyTorch's.
    pub fn check(&self, name: &str, config: NeuralConfig, padding: Padding) {
        let about = &self.about;
        let mut texts = Encoded::default();
        for (text, &label) in about.texts.iter().zip(&about.labels) {
            texts.push(text, label);
        }
        let all: Vec<usize> = (0..texts.len()).collect();
        let longest = about.texts.iter().map(Vec::len).max().unwrap();
        let mut model = NeuralClassifier::new(config, vec![0.0; about.vocab_size * about.dim], about.dim, 0);
        for parameter in model.parameters_mut() {
            parameter.value = self.tensor(&format!("{name}/before/{}", parameter.name)).into();
        }
        let batch = Batch::pack_chunks(&texts, &all, longest, padding, model.chunk_len());

        let expected = self.tensor(&format!("{name}/logits"));
        let logits = model.logits(&batch);
        for (row, &text) in batch.texts.iter().enumerate() {
            let range = |row: usize| row * about.num_classes..(row + 1) * about.num_classes;
            assert_close(&logits[range(row)], &expected[range(text)], 2e-6, &format!("{name} logits of text {text}"));
        }

        let result = model.train_batch(&batch, &[0], LossConfig::default());
        let loss = (result.loss / batch.rows() as f64) as f32;
        assert_close(&[loss], &self.tensor(&format!("{name}/loss")), 1e-6, &format!("{name} loss"));
        for parameter in model.parameters() {
            let expected = self.tensor(&format!("{name}/gradient/{}", parameter.name));
            assert_close(&parameter.gradient, &expected, 2e-6, &format!("{name} gradient of {}", parameter.name));
        }

        let mut optimizer = Optimizer::new(&model.parameters());
        let step = OptimizerStep { learning_rate: about.learning_rate, ..OptimizerStep::default() };
        optimizer.step(model.parameters_mut(), step);
        for _ in 1..about.steps {
            model.train_batch(&batch, &[0], LossConfig::default());
            optimizer.step(model.parameters_mut(), step);
        }
        for parameter in model.parameters() {
            let expected = self.tensor(&format!("{name}/after/{}", parameter.name));
            // Adam divides by the gradient's size: where a gradient is nearly zero its rounding decides the step.
            assert_close(&parameter.value, &expected, 2e-4, &format!("{name} {} after ten steps", parameter.name));
        }
    }
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= tolerance * (1.0 + expected.abs()),
            "{what} [{place}]: {found}, PyTorch {expected}"
        );
    }
}
