//! Adam and AdamW over a list of parameters, with the gradient clipped by its norm.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Parameter;
use ninefold_core::subnormals::FlushParallel;
use ninefold_kernels::adam::Adam;

/// Floats per chunk of parallel work.
const CHUNK: usize = 1 << 16;

/// The state of Adam for a model's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Optimizer {
    /// Running mean of each parameter's gradient; empty for those not trained.
    pub means: Vec<Vec<f32>>,
    /// Running mean of its square.
    pub squares: Vec<Vec<f32>>,
    /// Steps that each parameter has taken.
    pub steps: Vec<u64>,
}

/// How the optimiser steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OptimizerStep {
    /// Step size.
    pub learning_rate: f64,
    /// What pulls weights towards zero, and how: see [`Decay`].
    pub weight_decay: f64,
    /// Where the decay acts.
    pub decay: Decay,
    /// The gradient is scaled down to this norm; `None`: never.
    pub max_grad_norm: Option<f64>,
}

/// Where weight decay acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// On the gradient, as an L2 penalty: Adam.
    #[default]
    Gradient,
    /// On the weight itself, times the learning rate: AdamW (Loshchilov & Hutter 2019).
    Weight,
}

impl Optimizer {
    /// The state before the first step.
    pub fn new(parameters: &[&Parameter]) -> Optimizer {
        let zeros = || parameters.iter().map(|parameter| vec![0.0; parameter.gradient.len()]).collect();
        Optimizer { means: zeros(), squares: zeros(), steps: vec![0; parameters.len()] }
    }

    /// Changes every trained parameter by one step, with PyTorch's default betas (0.9, 0.999) and eps 1e-8; of a table of
    /// which only some rows take a step those rows, as PyTorch's `SparseAdam` does. Returns the norm of the gradient before
    /// clipping.
    ///
    /// # Panics
    /// When the parameters are not those that the optimiser was made for.
    pub fn step(&mut self, parameters: Vec<&mut Parameter>, step: OptimizerStep) -> f64 {
        assert_eq!(parameters.len(), self.means.len(), "another model's optimizer");
        let gradients = parameters
            .iter()
            .flat_map(|parameter| pieces_of_rows(&parameter.gradient, parameter.rows.as_deref(), parameter.row_len()));
        let squares: Vec<f64> = gradients
            .collect::<Vec<_>>()
            .into_par_iter()
            .flushing()
            .map(|gradient| gradient.iter().map(|&d| f64::from(d) * f64::from(d)).sum())
            .collect();
        let norm = squares.iter().sum::<f64>().sqrt();
        let scale = match step.max_grad_norm {
            Some(limit) if norm > limit => limit / (norm + 1e-6),
            _ => 1.0,
        };
        let mut chunks = Vec::new();
        let moments = self.means.iter_mut().zip(&mut self.squares).zip(&mut self.steps);
        for (parameter, ((mean, square), steps)) in parameters.into_iter().zip(moments) {
            if !parameter.is_trained() || parameter.rate == 0.0 {
                continue;
            }
            *steps += 1;
            let adam = Adam {
                learning_rate: step.learning_rate * parameter.rate,
                beta1: 0.9,
                beta2: 0.999,
                eps: 1e-8,
                weight_decay: step.weight_decay,
                is_decoupled: step.decay == Decay::Weight,
                step: *steps,
            };
            let Parameter { value, gradient, rows, shape, .. } = parameter;
            let width = shape.iter().skip(1).product();
            let cut = |floats| pieces_of_mut(floats, rows.as_deref(), width);
            let gradients = pieces_of_rows(gradient, rows.as_deref(), width);
            let (values, means, squares) = (cut(value), cut(mean), cut(square));
            let values = values.into_iter().zip(gradients);
            chunks.extend(values.zip(means.into_iter().zip(squares)).map(|chunk| (adam, chunk)));
        }
        chunks.into_par_iter().for_each(|(adam, ((value, gradient), (mean, square)))| {
            adam.apply(value, gradient, mean, square, scale as f32);
        });
        norm
    }
}

/// What parallel work is cut into: whole chunks, or the rows that take a step.
fn pieces_of_rows<'a>(floats: &'a [f32], rows: Option<&[u32]>, width: usize) -> Vec<&'a [f32]> {
    match rows {
        None => floats.chunks(CHUNK).collect(),
        Some(rows) => rows.iter().map(|&row| &floats[row as usize * width..][..width]).collect(),
    }
}

/// The same, to be changed. The rows rise.
fn pieces_of_mut<'a>(floats: &'a mut [f32], rows: Option<&[u32]>, width: usize) -> Vec<&'a mut [f32]> {
    let Some(rows) = rows else { return floats.chunks_mut(CHUNK).collect() };
    let (mut rest, mut first, mut chunks) = (floats, 0, Vec::with_capacity(rows.len()));
    for &row in rows {
        let (_, from_row) = std::mem::take(&mut rest).split_at_mut(row as usize * width - first);
        let (chunk, after) = from_row.split_at_mut(width);
        chunks.push(chunk);
        (rest, first) = (after, (row as usize + 1) * width);
    }
    chunks
}
