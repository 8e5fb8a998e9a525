//! The recurrent classifier again, in f64 and plain loops, one text at a time: slow, and short enough to be checked by eye.
//! No padding, no packing, no panels. tests/gradients.rs proves its gradients by central differences, then holds the fast
//! kernels against it.

pub mod cells;
pub mod dropout;
pub mod norm;
pub mod pool;

use std::collections::BTreeMap;

use cells::{CellState, backward_step, forward_step};
use dropout::Masks;
use ninefold::nn::{CellKind, Pooling};

/// Parameters, or gradients, by PyTorch's names.
pub type Tensors = BTreeMap<String, Vec<f64>>;

/// The shape of a classifier.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub cell: CellKind,
    pub dim: usize,
    pub hidden_size: usize,
    pub num_layers: usize,
    pub bidirectional: bool,
    pub num_classes: usize,
    pub pooling: Pooling,
    pub segments: usize,
    pub locked_dropout: f64,
    pub recurrent_dropout: f64,
    pub layer_norm: bool,
    pub chunk_len: usize,
}

/// One layer of four rows, read from the left, its states read at the end, nothing dropped.
pub const PLAIN: Shape = Shape {
    cell: CellKind::Rnn,
    dim: 3,
    hidden_size: 4,
    num_layers: 1,
    bidirectional: false,
    num_classes: 3,
    pooling: Pooling::Last,
    segments: 3,
    locked_dropout: 0.0,
    recurrent_dropout: 0.0,
    layer_norm: false,
    chunk_len: 0,
};

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
    let (dim, hidden) = (shape.dim, shape.hidden_size);
    let directions = if shape.bidirectional { 2 } else { 1 };
    let table = &tensors["embedding.weight"];
    let mut embedded: Rows = text.iter().map(|&id| table[id as usize * dim..][..dim].to_vec()).collect();
    embedded.iter_mut().for_each(|row| dropout::apply(row, &masks.embedding));

    // forward
    let mut inputs = vec![embedded]; // per layer [tokens][input]
    let mut states: Vec<Vec<Vec<CellState>>> = Vec::new(); // per layer, direction, token
    let mut joined: Vec<Rows> = Vec::new(); // per layer: the states, directions side by side
    for layer in 0..shape.num_layers {
        let x = &inputs[layer];
        let mut layer_states = Vec::new();
        for direction in 0..directions {
            let weights = Weights::of(tensors, layer, direction);
            let mut along: Vec<CellState> = vec![CellState::default(); text.len()];
            let mut previous = CellState::default();
            for token in order(text.len(), direction) {
                if begins(shape, text.len(), token, direction) {
                    previous = CellState::zero(hidden);
                }
                previous = forward_step(shape.cell, &weights, &x[token], &previous);
                along[token] = previous.clone();
            }
            layer_states.push(along);
        }
        let join =
            |token: usize| layer_states.iter().flat_map(|along: &Vec<CellState>| along[token].h.clone()).collect();
        let mut output: Rows = (0..text.len()).map(join).collect();
        joined.push(output.clone());
        if shape.layer_norm {
            output = output.iter().map(|row| norm::forward(tensors, layer, row)).collect();
        }
        if let Some(mask) = masks.layers.get(layer) {
            output.iter_mut().for_each(|row| dropout::apply(row, mask));
        }
        inputs.push(output);
        states.push(layer_states);
    }
    let outputs = &inputs[shape.num_layers]; // [tokens][directions * hidden]
    let mut features = pool::forward(shape, tensors, outputs);
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
    let mut d_output = pool::backward(shape, tensors, gradients, outputs, &d_features);
    for layer in (0..shape.num_layers).rev() {
        let x = &inputs[layer];
        if shape.layer_norm {
            let rows = joined[layer].iter().zip(&d_output);
            d_output = rows.map(|(row, d_row)| norm::backward(tensors, gradients, layer, row, d_row)).collect();
        }
        let mut d_x: Rows = x.iter().map(|row| vec![0.0; row.len()]).collect();
        for direction in 0..directions {
            let weights = Weights::of(tensors, layer, direction);
            let along = &states[layer][direction];
            let mut d_state = CellState::zero(hidden);
            let tokens: Vec<usize> = order(text.len(), direction).collect();
            for (step, &token) in tokens.iter().enumerate().rev() {
                let begins = begins(shape, text.len(), token, direction);
                let previous = if begins { CellState::zero(hidden) } else { along[tokens[step - 1]].clone() };
                for unit in 0..hidden {
                    d_state.h[unit] += d_output[token][direction * hidden + unit];
                }
                d_state =
                    backward_step(shape.cell, &weights, &x[token], &previous, &d_state, gradients, &mut d_x[token]);
                if begins {
                    d_state = CellState::zero(hidden);
                }
            }
        }
        let mask = if layer > 0 { &masks.layers[layer - 1] } else { &masks.embedding };
        d_x.iter_mut().for_each(|row| dropout::apply(row, mask));
        d_output = d_x;
    }
    for (token, &id) in text.iter().enumerate().filter(|(_, id)| **id != 0) {
        for k in 0..dim {
            add_to(gradients, "embedding.weight", id as usize * dim + k, d_output[token][k]);
        }
    }
    loss
}

fn order(tokens: usize, direction: usize) -> Box<dyn DoubleEndedIterator<Item = usize>> {
    if direction == 0 { Box::new(0..tokens) } else { Box::new((0..tokens).rev()) }
}

/// Whether a direction starts from a zero state at a token: the first, or the last, of a chunk.
fn begins(shape: Shape, tokens: usize, token: usize, direction: usize) -> bool {
    let chunks = if shape.chunk_len == 0 { 1 } else { tokens.div_ceil(shape.chunk_len) };
    (0..chunks).any(|chunk| {
        let (first, end) = (chunk * tokens / chunks, (chunk + 1) * tokens / chunks);
        token == if direction == 0 { first } else { end - 1 }
    })
}

pub fn add_to(gradients: &mut Tensors, name: &str, place: usize, d: f64) {
    gradients.get_mut(name).unwrap()[place] += d;
}

/// One direction's weights with their names.
pub struct Weights<'a> {
    pub names: [String; 4],
    pub input: &'a [f64],
    pub hidden: &'a [f64],
    pub bias_input: &'a [f64],
    pub bias_hidden: &'a [f64],
}

impl<'a> Weights<'a> {
    fn of(tensors: &'a Tensors, layer: usize, direction: usize) -> Weights<'a> {
        let suffix = if direction == 1 { "_reverse" } else { "" };
        let names =
            ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(|name| format!("recurrent.{name}_l{layer}{suffix}"));
        let [input, hidden, bias_input, bias_hidden] = std::array::from_fn(|k| tensors[&names[k]].as_slice());
        Weights { names, input, hidden, bias_input, bias_hidden }
    }
}
