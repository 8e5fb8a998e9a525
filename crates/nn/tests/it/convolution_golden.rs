//! The convolution and pooled word vectors against PyTorch: several widths, numbers of filters and poolings (made by
//! tools/golden/convolution.py).

use crate::pytorch;

use ninefold_nn::batch::Padding;
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::{ModelKind, NeuralConfig};
use pytorch::Golden;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    kind: ModelKind,
    filter_widths: Vec<usize>,
    filters: usize,
    pooling: Pooling,
}

#[test]
fn every_width_and_pooling_equals_pytorch() {
    let golden = Golden::<Case>::read("convolution.safetensors");
    assert_eq!(golden.about.cases.len(), 13);
    for (name, case) in &golden.about.cases {
        let config = NeuralConfig {
            kind: case.kind,
            filter_widths: case.filter_widths.clone(),
            filters: case.filters,
            pooling: case.pooling,
            num_classes: golden.about.num_classes,
            ..NeuralConfig::default()
        };
        golden.check(name, config, Padding::Exact);
    }
}
