//! The recurrent networks against PyTorch: three cells, one and two layers, one and two directions, ragged and padded texts
//! (made by tools/golden/recurrent.py), and the
//! stack's options (made by tools/golden/stack_options.py).

use crate::pytorch;

use ninefold_nn::batch::Padding;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{CellKind, Families, SharedConfig};
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::NeuralConfig;
use pytorch::Golden;
use serde::Deserialize;

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

#[test]
fn every_cell_depth_and_direction_equals_pytorch() {
    check("recurrent.safetensors", 18);
}

#[test]
fn every_option_of_the_stack_equals_pytorch() {
    check("stack_options.safetensors", 21);
}

fn check(file: &str, cases: usize) {
    let golden = Golden::<Case>::read(file);
    assert_eq!(golden.about.cases.len(), cases);
    for (name, case) in &golden.about.cases {
        let recurrent = Recurrent {
            hidden_size: case.hidden_size,
            num_layers: case.num_layers,
            bidirectional: case.bidirectional,
            recurrent_dropout: case.recurrent_dropout,
            layer_norm: case.layer_norm,
            chunk_len: case.chunk_len,
            ..Recurrent::default()
        };
        let config = NeuralConfig {
            encoder: Families { recurrent, ..Families::default() }.encoder(case.cell.into()),
            shared: SharedConfig {
                dropout: case.locked_dropout,
                locked_dropout: case.locked_dropout > 0.0,
                pooling: Some(case.pooling),
                segments: case.segments,
                ..SharedConfig::without_dropout()
            },
            num_classes: golden.about.num_classes,
        };
        golden.check(name, config, if case.packed { Padding::Exact } else { Padding::Trailing });
    }
}
