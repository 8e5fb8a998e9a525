//! One step of each cell in plain f64 loops, forward directly above backward.

use ninefold_nn::families::CellKind;

use super::recurrent::Weights;
use super::{Tensors, add_to};

/// A state with what its step has to remember.
#[derive(Clone, Debug, Default)]
pub struct CellState {
    pub h: Vec<f64>,
    pub c: Vec<f64>,
    gates: Vec<f64>, // activated gates in PyTorch's order; for the GRU followed by q = h·W_hn + b_hn
}

impl CellState {
    pub fn zero(hidden: usize) -> CellState {
        CellState { h: vec![0.0; hidden], c: vec![0.0; hidden], gates: Vec::new() }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// row `row` of weight · x + bias
fn affine(weight: &[f64], bias: &[f64], x: &[f64], row: usize) -> f64 {
    bias[row] + x.iter().enumerate().map(|(k, x)| weight[row * x_len(weight, bias) + k] * x).sum::<f64>()
}

fn x_len(weight: &[f64], bias: &[f64]) -> usize {
    weight.len() / bias.len()
}

pub fn forward_step(cell: CellKind, w: &Weights, x: &[f64], previous: &CellState) -> CellState {
    let hidden = previous.h.len();
    let from_input = |row: usize| affine(w.input, w.bias_input, x, row);
    let from_hidden = |row: usize| affine(w.hidden, w.bias_hidden, &previous.h, row);
    let sum = |row: usize| from_input(row) + from_hidden(row);
    let mut next = CellState::zero(hidden);
    match cell {
        CellKind::Rnn => {
            for unit in 0..hidden {
                next.h[unit] = sum(unit).tanh();
            }
        }
        CellKind::Lstm => {
            next.gates = vec![0.0; 4 * hidden];
            for unit in 0..hidden {
                let (i, f) = (sigmoid(sum(unit)), sigmoid(sum(hidden + unit)));
                let (g, o) = (sum(2 * hidden + unit).tanh(), sigmoid(sum(3 * hidden + unit)));
                next.c[unit] = f * previous.c[unit] + i * g;
                next.h[unit] = o * next.c[unit].tanh();
                for (gate, value) in [i, f, g, o].into_iter().enumerate() {
                    next.gates[gate * hidden + unit] = value;
                }
            }
        }
        CellKind::Gru => {
            next.gates = vec![0.0; 4 * hidden];
            for unit in 0..hidden {
                let (r, z) = (sigmoid(sum(unit)), sigmoid(sum(hidden + unit)));
                let q = from_hidden(2 * hidden + unit);
                let n = (from_input(2 * hidden + unit) + r * q).tanh();
                next.h[unit] = (1.0 - z) * n + z * previous.h[unit];
                for (gate, value) in [r, z, n, q].into_iter().enumerate() {
                    next.gates[gate * hidden + unit] = value;
                }
            }
        }
    }
    next
}

/// Gradients of the step's state -> of the previous state; adds those of the weights and of x.
#[allow(clippy::too_many_arguments)]
pub fn backward_step(
    cell: CellKind,
    w: &Weights,
    x: &[f64],
    previous: &CellState,
    d_state: &CellState,
    gradients: &mut Tensors,
    d_x: &mut [f64],
) -> CellState {
    let hidden = previous.h.len();
    let next = forward_step(cell, w, x, previous);
    let mut d_previous = CellState::zero(hidden);
    let (mut d_input, mut d_hidden) = (vec![0.0; w.bias_input.len()], vec![0.0; w.bias_input.len()]);
    for unit in 0..hidden {
        let d_h = d_state.h[unit];
        let gate = |number: usize| next.gates[number * hidden + unit];
        match cell {
            CellKind::Rnn => d_input[unit] = d_h * (1.0 - next.h[unit] * next.h[unit]),
            CellKind::Lstm => {
                let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3));
                let t = next.c[unit].tanh();
                let d_c = d_state.c[unit] + d_h * o * (1.0 - t * t);
                d_previous.c[unit] = d_c * f;
                d_input[unit] = d_c * g * i * (1.0 - i);
                d_input[hidden + unit] = d_c * previous.c[unit] * f * (1.0 - f);
                d_input[2 * hidden + unit] = d_c * i * (1.0 - g * g);
                d_input[3 * hidden + unit] = d_h * t * o * (1.0 - o);
            }
            CellKind::Gru => {
                let (r, z, n, q) = (gate(0), gate(1), gate(2), gate(3));
                let d_n = d_h * (1.0 - z) * (1.0 - n * n);
                d_previous.h[unit] += d_h * z;
                d_input[unit] = d_n * q * r * (1.0 - r);
                d_input[hidden + unit] = d_h * (previous.h[unit] - n) * z * (1.0 - z);
                d_input[2 * hidden + unit] = d_n;
                d_hidden[2 * hidden + unit] = d_n * r;
            }
        }
    }
    let shared = if cell == CellKind::Gru { 2 * hidden } else { d_input.len() };
    d_hidden[..shared].copy_from_slice(&d_input[..shared]);
    for row in 0..d_input.len() {
        add_to(gradients, &w.names[2], row, d_input[row]);
        add_to(gradients, &w.names[3], row, d_hidden[row]);
        for k in 0..x.len() {
            add_to(gradients, &w.names[0], row * x.len() + k, d_input[row] * x[k]);
            d_x[k] += d_input[row] * w.input[row * x.len() + k];
        }
        for k in 0..hidden {
            add_to(gradients, &w.names[1], row * hidden + k, d_hidden[row] * previous.h[k]);
            d_previous.h[k] += d_hidden[row] * w.hidden[row * hidden + k];
        }
    }
    d_previous
}
