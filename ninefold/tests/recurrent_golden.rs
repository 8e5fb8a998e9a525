//! The recurrent classifier against PyTorch: logits, loss, every gradient, and every parameter after ten steps of Adam, for
//! three cells, one and two layers, one and two directions, ragged and padded texts (made by tools/golden/recurrent.py), and
//! the stack's options (made by tools/golden/stack_options.py).

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use ninefold::batch::{Batch, Encoded, Padding};
use ninefold::model::{Classifier, Objective, RecurrentClassifier, RecurrentClassifierConfig};
use ninefold::nn::optimizer::Step;
use ninefold::nn::{CellKind, Optimizer, Pooling, Precision};
use safetensors::SafeTensors;
use serde::Deserialize;

#[derive(Deserialize)]
struct About {
    dim: usize,
    vocab_size: usize,
    num_classes: usize,
    steps: usize,
    learning_rate: f64,
    texts: Vec<Vec<u32>>,
    labels: Vec<u32>,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    cell: CellKind,
    num_layers: usize,
    bidirectional: bool,
    hidden_size: usize,
    packed: bool,
    #[serde(default)]
    pooling: Pooling,
    #[serde(default)]
    segments: usize,
    #[serde(default)]
    locked_dropout: f64,
    #[serde(default)]
    recurrent_dropout: f64,
    #[serde(default)]
    layer_norm: bool,
    #[serde(default)]
    chunk_len: usize,
}

struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    fn read(name: &str) -> Golden {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        Golden { bytes: std::fs::read(path).unwrap() }
    }

    fn about(&self) -> About {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).unwrap();
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["about"]).unwrap()
    }

    fn tensor(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let data = tensors.tensor(name).unwrap_or_else(|_| panic!("no tensor {name}")).data().to_vec();
        data.chunks_exact(4).map(|float| f32::from_le_bytes(float.try_into().unwrap())).collect()
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

#[test]
fn every_cell_depth_and_direction_equals_pytorch() {
    check("recurrent.safetensors", 18);
}

#[test]
fn every_option_of_the_stack_equals_pytorch() {
    check("stack_options.safetensors", 21);
}

fn check(file: &str, cases: usize) {
    let golden = Golden::read(file);
    let about = golden.about();
    let mut texts = Encoded::default();
    for (text, &label) in about.texts.iter().zip(&about.labels) {
        texts.push(text, label);
    }
    let all: Vec<usize> = (0..texts.len()).collect();
    let longest = about.texts.iter().map(Vec::len).max().unwrap();
    assert_eq!(about.cases.len(), cases);
    for (name, case) in &about.cases {
        let config = RecurrentClassifierConfig {
            cell: case.cell,
            hidden_size: case.hidden_size,
            num_layers: case.num_layers,
            bidirectional: case.bidirectional,
            dropout: case.locked_dropout,
            locked_dropout: case.locked_dropout > 0.0,
            recurrent_dropout: case.recurrent_dropout,
            layer_norm: case.layer_norm,
            pooling: case.pooling,
            segments: case.segments,
            chunk_len: case.chunk_len,
            freeze_embeddings: false,
            num_classes: about.num_classes,
            precision: Precision::F32,
            ..RecurrentClassifierConfig::default()
        };
        let mut model = RecurrentClassifier::new(config, vec![0.0; about.vocab_size * about.dim], about.dim, 0);
        for parameter in model.parameters_mut() {
            parameter.value = golden.tensor(&format!("{name}/before/{}", parameter.name));
        }
        let padding = if case.packed { Padding::Exact } else { Padding::Trailing };
        let batch = Batch::pack_chunks(&texts, &all, longest, padding, case.chunk_len);

        let expected = golden.tensor(&format!("{name}/logits"));
        let logits = model.logits(&batch);
        for (row, &text) in batch.texts.iter().enumerate() {
            let range = |row: usize| row * about.num_classes..(row + 1) * about.num_classes;
            assert_close(&logits[range(row)], &expected[range(text)], 2e-6, &format!("{name} logits of text {text}"));
        }

        let result = model.train_batch(&batch, &[0], Objective::default());
        let loss = (result.loss / batch.rows() as f64) as f32;
        assert_close(&[loss], &golden.tensor(&format!("{name}/loss")), 1e-6, &format!("{name} loss"));
        for parameter in model.parameters() {
            let expected = golden.tensor(&format!("{name}/gradient/{}", parameter.name));
            assert_close(&parameter.gradient, &expected, 2e-6, &format!("{name} gradient of {}", parameter.name));
        }

        let mut optimizer = Optimizer::new(&model.parameters());
        let step = Step { learning_rate: about.learning_rate, ..Step::default() };
        optimizer.step(model.parameters_mut(), step);
        for _ in 1..about.steps {
            model.train_batch(&batch, &[0], Objective::default());
            optimizer.step(model.parameters_mut(), step);
        }
        for parameter in model.parameters() {
            let expected = golden.tensor(&format!("{name}/after/{}", parameter.name));
            // Adam divides by the gradient's size: where a gradient is nearly zero its rounding decides the step.
            assert_close(&parameter.value, &expected, 2e-4, &format!("{name} {} after ten steps", parameter.name));
        }
    }
}
