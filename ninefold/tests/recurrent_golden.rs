//! The recurrent networks against PyTorch: three cells, one and two layers, one and two directions, ragged and padded texts
//! (made by tools/golden/recurrent.py).

mod pytorch;

use ninefold::batch::Padding;
use ninefold::model::NeuralConfig;
use ninefold::nn::CellKind;
use pytorch::Golden;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    cell: CellKind,
    num_layers: usize,
    bidirectional: bool,
    hidden_size: usize,
    packed: bool,
}

#[test]
fn every_cell_depth_and_direction_equals_pytorch() {
    let golden = Golden::<Case>::read("recurrent.safetensors");
    assert_eq!(golden.about.cases.len(), 18);
    for (name, case) in &golden.about.cases {
        let config = NeuralConfig {
            kind: case.cell.into(),
            hidden_size: case.hidden_size,
            num_layers: case.num_layers,
            bidirectional: case.bidirectional,
            num_classes: golden.about.num_classes,
            ..NeuralConfig::default()
        };
        golden.check(name, config, if case.packed { Padding::Exact } else { Padding::Trailing });
    }
}
