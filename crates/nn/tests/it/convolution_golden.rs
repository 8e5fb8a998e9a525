//! The convolution and pooled word vectors against PyTorch: several widths, numbers of filters and poolings (made by
//! tools/golden/convolution.py).

use crate::pytorch;

use ninefold_nn::batch::Padding;
use ninefold_nn::families::cnn::Cnn;
use ninefold_nn::families::{Families, ModelKind, SharedConfig};
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::NeuralConfig;
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
        let cnn = Cnn { filter_widths: case.filter_widths.clone(), filters: case.filters };
        let config = NeuralConfig {
            encoder: Families { cnn, ..Families::default() }.encoder(case.kind),
            shared: SharedConfig { pooling: Some(case.pooling), ..SharedConfig::without_dropout() },
            num_classes: golden.about.num_classes,
        };
        golden.check(name, config, Padding::Exact);
    }
}
