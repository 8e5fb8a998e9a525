//! The neural classifier again, in f64 and plain loops, one text at a time: slow, and short enough to be checked by eye.
//! No padding, no packing, no panels. tests/gradients.rs proves its gradients by central differences, then holds the fast
//! kernels against it.

#![allow(clippy::unwrap_used)]
#![allow(clippy::needless_range_loop)] // plain loops on purpose

pub mod cells;
pub mod convolution;
pub mod dropout;
pub mod norm;
pub mod pool;
pub mod recurrent;
pub mod soft;

use std::collections::BTreeMap;

use dropout::Masks;
use ninefold_core::rng::mix;
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::ModelKind;

/// Parameters, or gradients, by PyTorch's names.
pub type Tensors = BTreeMap<String, Vec<f64>>;

/// The networks that are written here again.
pub const TWINS: [ModelKind; 5] = [ModelKind::Rnn, ModelKind::Lstm, ModelKind::Gru, ModelKind::Cnn, ModelKind::Swem];

/// The shape of a classifier.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub kind: ModelKind,
    pub dim: usize,
    pub hidden_size: usize,
    pub num_layers: usize,
    pub bidirectional: bool,
    pub filter_widths: &'static [usize],
    pub filters: usize,
    pub num_classes: usize,
    pub pooling: Pooling,
    pub segments: usize,
    pub locked_dropout: f64,
    pub recurrent_dropout: f64,
    pub layer_norm: bool,
    pub chunk_len: usize,
    pub bigram_buckets: usize,
}

impl Shape {
    fn directions(self) -> usize {
        1 + usize::from(self.kind.cell().is_some() && self.bidirectional)
    }

    /// Floats per encoded token.
    fn width(self) -> usize {
        match self.kind {
            ModelKind::Rnn | ModelKind::Lstm | ModelKind::Gru => self.directions() * self.hidden_size,
            ModelKind::Cnn => self.filter_widths.len() * self.filters,
            ModelKind::Swem => self.dim,
            #[allow(unreachable_patterns)] // until there is a family without a twin
            other => unreachable!("{} has no twin", other.name()),
        }
    }
}

/// One layer of four rows, read from the left, its states read at the end, nothing dropped.
pub const PLAIN: Shape = Shape {
    kind: ModelKind::Rnn,
    dim: 3,
    hidden_size: 4,
    num_layers: 1,
    bidirectional: false,
    filter_widths: &[1, 3],
    filters: 3,
    num_classes: 3,
    pooling: Pooling::Last,
    segments: 3,
    locked_dropout: 0.0,
    recurrent_dropout: 0.0,
    layer_norm: false,
    chunk_len: 0,
    bigram_buckets: 0,
};

/// Something per token of a text.
type Rows = Vec<Vec<f64>>;

/// Mean cross-entropy of the texts, and the gradient of every parameter.
pub fn loss_and_gradients(shape: Shape, tensors: &Tensors, texts: &[Vec<u32>], labels: &[u32]) -> (f64, Tensors) {
    let mut gradients: Tensors = tensors.iter().map(|(name, value)| (name.clone(), vec![0.0; value.len()])).collect();
    let mut loss = 0.0;
    let mut kept = tensors.clone();
    dropout::drop_weights(shape, &mut kept);
    let mut order: Vec<usize> = (0..texts.len()).collect(); // of the rows in the batch
    order.sort_by_key(|&number| std::cmp::Reverse(texts[number].len()));
    for (row, &number) in order.iter().enumerate() {
        let masks = Masks::of(shape, number, row, tensors["head.weight"].len() / shape.num_classes);
        let text = Text { ids: &texts[number], label: labels[number] as usize, scale: 1.0 / texts.len() as f64, masks };
        loss += one_text(shape, &kept, &mut gradients, text);
    }
    dropout::drop_weights(shape, &mut gradients);
    (loss / texts.len() as f64, gradients)
}

struct Text<'a> {
    ids: &'a [u32],
    label: usize,
    scale: f64, // of its loss
    masks: Masks,
}

fn one_text(shape: Shape, tensors: &Tensors, gradients: &mut Tensors, text: Text) -> f64 {
    let Text { ids: text, label, scale, masks } = text;
    let dim = shape.dim;
    let table = &tensors["embedding.weight"];
    let mut embedded: Rows = text.iter().map(|&id| table[id as usize * dim..][..dim].to_vec()).collect();
    let pairs: Vec<(usize, usize)> = (1..text.len()).filter_map(|at| Some((at, pair(shape, text, at)?))).collect();
    for &(at, row) in &pairs {
        (0..dim).for_each(|k| embedded[at][k] += tensors["bigrams.weight"][row * dim + k]);
    }
    embedded.iter_mut().for_each(|row| dropout::apply(row, &masks.embedding));

    // forward
    let outputs = match shape.kind.cell() {
        Some(cell) => recurrent::forward(shape, cell, tensors, &masks, &embedded),
        None if shape.kind == ModelKind::Cnn => convolution::forward(shape, tensors, &embedded),
        None => embedded.clone(),
    };
    let mut features = pool::forward(shape, tensors, &outputs);
    dropout::apply(&mut features, &masks.pooled);
    let (weight, bias) = (&tensors["head.weight"], &tensors["head.bias"]);
    let logits: Vec<f64> = (0..shape.num_classes)
        .map(|class| {
            bias[class] + (0..features.len()).map(|k| weight[class * features.len() + k] * features[k]).sum::<f64>()
        })
        .collect();
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    let loss = sum.ln() - logits[label];

    // backward
    let mut d_features = vec![0.0; features.len()];
    for class in 0..shape.num_classes {
        let d = scale * (logits[class].exp() / sum - if class == label { 1.0 } else { 0.0 });
        add_to(gradients, "head.bias", class, d);
        for k in 0..features.len() {
            add_to(gradients, "head.weight", class * features.len() + k, d * features[k]);
            d_features[k] += d * weight[class * features.len() + k];
        }
    }
    dropout::apply(&mut d_features, &masks.pooled);
    if text.is_empty() {
        return loss;
    }
    let d_outputs = pool::backward(shape, tensors, gradients, &outputs, &d_features);
    let mut d_embedded = match shape.kind.cell() {
        Some(cell) => recurrent::backward(shape, cell, tensors, gradients, &masks, &embedded, d_outputs),
        None if shape.kind == ModelKind::Cnn => convolution::backward(shape, tensors, gradients, &embedded, &d_outputs),
        None => d_outputs,
    };
    d_embedded.iter_mut().for_each(|row| dropout::apply(row, &masks.embedding));
    for (token, &id) in text.iter().enumerate().filter(|(_, id)| **id != 0) {
        for k in 0..dim {
            add_to(gradients, "embedding.weight", id as usize * dim + k, d_embedded[token][k]);
        }
    }
    for (at, row) in pairs {
        (0..dim).for_each(|k| add_to(gradients, "bigrams.weight", row * dim + k, d_embedded[at][k]));
    }
    loss
}

/// The row of a token and the one before it.
fn pair(shape: Shape, text: &[u32], at: usize) -> Option<usize> {
    let hash = mix(mix(u64::from(text[at - 1])) ^ u64::from(text[at]));
    (shape.bigram_buckets > 0).then(|| (hash % shape.bigram_buckets as u64) as usize)
}

pub fn add_to(gradients: &mut Tensors, name: &str, place: usize, d: f64) {
    gradients.get_mut(name).unwrap()[place] += d;
}
