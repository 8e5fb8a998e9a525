//! A stack of recurrent layers in plain f64 loops, forward directly above backward.

use super::cells::{CellState, backward_step, forward_step};
use super::dropout::{self, Masks};
use super::{Rows, Shape, Tensors, norm};
use ninefold_nn::families::CellKind;

/// What the layers leave behind.
struct Passed {
    inputs: Vec<Rows>,                // per layer [tokens][input]; the last are the outputs
    states: Vec<Vec<Vec<CellState>>>, // per layer, direction, token
    joined: Vec<Rows>,                // per layer: the states, directions side by side
}

fn pass(shape: Shape, cell: CellKind, tensors: &Tensors, masks: &Masks, embedded: &Rows) -> Passed {
    let tokens = embedded.len();
    let mut passed = Passed { inputs: vec![embedded.clone()], states: Vec::new(), joined: Vec::new() };
    for layer in 0..shape.num_layers {
        let x = &passed.inputs[layer];
        let mut layer_states = Vec::new();
        for direction in 0..shape.directions() {
            let weights = Weights::of(tensors, layer, direction);
            let mut along: Vec<CellState> = vec![CellState::default(); tokens];
            let mut previous = CellState::default();
            for token in order(tokens, direction) {
                if begins(shape, tokens, token, direction) {
                    previous = CellState::zero(shape.hidden_size);
                }
                previous = forward_step(cell, &weights, &x[token], &previous);
                along[token] = previous.clone();
            }
            layer_states.push(along);
        }
        let join =
            |token: usize| layer_states.iter().flat_map(|along: &Vec<CellState>| along[token].h.clone()).collect();
        let mut output: Rows = (0..tokens).map(join).collect();
        passed.joined.push(output.clone());
        if shape.layer_norm {
            output = output.iter().map(|row| norm::forward(tensors, layer, row)).collect();
        }
        if let Some(mask) = masks.layers.get(layer) {
            output.iter_mut().for_each(|row| dropout::apply(row, mask));
        }
        passed.inputs.push(output);
        passed.states.push(layer_states);
    }
    passed
}

pub fn forward(shape: Shape, cell: CellKind, tensors: &Tensors, masks: &Masks, embedded: &Rows) -> Rows {
    pass(shape, cell, tensors, masks, embedded).inputs.swap_remove(shape.num_layers)
}

pub fn backward(
    shape: Shape,
    cell: CellKind,
    tensors: &Tensors,
    gradients: &mut Tensors,
    masks: &Masks,
    embedded: &Rows,
    d_outputs: Rows,
) -> Rows {
    let Passed { inputs, states, joined } = pass(shape, cell, tensors, masks, embedded);
    let hidden = shape.hidden_size;
    let mut d_output = d_outputs;
    for layer in (0..shape.num_layers).rev() {
        let x = &inputs[layer];
        if shape.layer_norm {
            let rows = joined[layer].iter().zip(&d_output);
            d_output = rows.map(|(row, d_row)| norm::backward(tensors, gradients, layer, row, d_row)).collect();
        }
        let mut d_x: Rows = x.iter().map(|row| vec![0.0; row.len()]).collect();
        for direction in 0..shape.directions() {
            let weights = Weights::of(tensors, layer, direction);
            let along = &states[layer][direction];
            let mut d_state = CellState::zero(hidden);
            let tokens: Vec<usize> = order(x.len(), direction).collect();
            for (step, &token) in tokens.iter().enumerate().rev() {
                let begins = begins(shape, x.len(), token, direction);
                let previous = if begins { CellState::zero(hidden) } else { along[tokens[step - 1]].clone() };
                for unit in 0..hidden {
                    d_state.h[unit] += d_output[token][direction * hidden + unit];
                }
                d_state = backward_step(cell, &weights, &x[token], &previous, &d_state, gradients, &mut d_x[token]);
                if begins {
                    d_state = CellState::zero(hidden);
                }
            }
        }
        if let Some(mask) = layer.checked_sub(1).map(|below| &masks.layers[below]) {
            d_x.iter_mut().for_each(|row| dropout::apply(row, mask));
        }
        d_output = d_x;
    }
    d_output
}

/// Whether a direction starts from a zero state at a token: the first, or the last, of a chunk.
fn begins(shape: Shape, tokens: usize, token: usize, direction: usize) -> bool {
    let chunks = if shape.chunk_len == 0 { 1 } else { tokens.div_ceil(shape.chunk_len) };
    (0..chunks).any(|chunk| {
        let (first, end) = (chunk * tokens / chunks, (chunk + 1) * tokens / chunks);
        token == if direction == 0 { first } else { end - 1 }
    })
}

fn order(tokens: usize, direction: usize) -> Box<dyn DoubleEndedIterator<Item = usize>> {
    if direction == 0 { Box::new(0..tokens) } else { Box::new((0..tokens).rev()) }
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
