//! PyTorch's weights -> the panels that the products read.

use super::Axis;
use crate::buffer::Buffer;
use crate::cell::Side;
use crate::matmul::Panels;
use crate::simd::{BLOCK, Kernel, Simd, entry_points, padded};

/// One direction's parameters, as PyTorch keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// `weight_ih`: `[GATES * hidden_size, input]`
    pub input: &'a [f32],
    /// `weight_hh`: `[GATES * hidden_size, hidden_size]`
    pub hidden: &'a [f32],
    /// `bias_ih`: `[GATES * hidden_size]`
    pub bias_input: &'a [f32],
    /// `bias_hh`: `[GATES * hidden_size]`
    pub bias_hidden: &'a [f32],
}

/// The same, cut into panels for both passes.
#[derive(Clone, Debug, Default)]
pub struct PackedWeights {
    pub(super) input: Panels,           // [input depth, INPUT blocks]   x·W_ihᵀ
    pub(super) hidden: Panels,          // [hidden_size, HIDDEN blocks]  h·W_hhᵀ
    pub(super) input_backward: Panels,  // [INPUT blocks, input]         d·W_ih
    pub(super) hidden_backward: Panels, // [HIDDEN blocks, hidden]       d·W_hh
    pub(super) bias: Buffer,            // [BLOCKS * hidden] the sum of the biases that reach each block
}

/// Cuts the weights into panels; run once after each change of the weights.
pub struct PackWeights<'a> {
    /// The parameters.
    pub weights: Weights<'a>,
    /// The input's axis.
    pub input: Axis,
    /// Real hidden_size.
    pub hidden_size: usize,
    /// Blocks per token of the cell.
    pub blocks: usize,
    /// The blocks that x·W and h·W go to.
    pub sides: [Side; 2],
    /// Whether the backward pass will run too.
    pub backward: bool,
    /// Where the panels go.
    pub packed: &'a mut PackedWeights,
}

entry_points!(PackWeights<'_>);

impl Kernel for PackWeights<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let PackWeights { weights, input, hidden_size, blocks, sides: [of_input, of_hidden], backward, packed } = self;
        let state = Axis { parts: 1, size: hidden_size };
        pack_forward(simd, &mut packed.input, weights.input, of_input, input, hidden_size);
        pack_forward(simd, &mut packed.hidden, weights.hidden, of_hidden, state, hidden_size);
        if backward {
            pack_backward(simd, &mut packed.input_backward, weights.input, of_input, input, hidden_size);
            pack_backward(simd, &mut packed.hidden_backward, weights.hidden, of_hidden, state, hidden_size);
        }
        let width = padded(hidden_size);
        let bias = packed.bias.resize_zeroed(blocks * width);
        for (side, values) in [(of_input, weights.bias_input), (of_hidden, weights.bias_hidden)] {
            for (block, &gate) in (side.first..).zip(side.gates) {
                for (sum, value) in bias[block * width..].iter_mut().zip(&values[gate * hidden_size..][..hidden_size]) {
                    *sum += value;
                }
            }
        }
    }
}

/// B[k, column] = weights[row of the column, k]: the transpose, gates put in the order of the cell's blocks.
#[inline(always)]
fn pack_forward<S: Simd>(simd: S, panels: &mut Panels, weights: &[f32], side: Side, input: Axis, hidden_size: usize) {
    let width = padded(hidden_size);
    panels.pack(simd, input.depth(), side.gates.len() * width, |k, first, row| {
        row.fill(0.0);
        let Some(k) = input.real(k) else { return };
        for (column, block) in (first..).step_by(BLOCK).zip(row.chunks_exact_mut(BLOCK)) {
            let (gate, unit) = (side.gates[column / width], column % width);
            let real = hidden_size.saturating_sub(unit).min(BLOCK);
            let rows = gate * hidden_size + unit..;
            for (value, row) in block[..real].iter_mut().zip(rows) {
                *value = weights[row * input.len() + k];
            }
        }
    });
}

/// B[k, column] = weights[row of block index k, column].
#[inline(always)]
fn pack_backward<S: Simd>(simd: S, panels: &mut Panels, weights: &[f32], side: Side, input: Axis, hidden_size: usize) {
    let (width, part) = (padded(hidden_size), padded(input.size));
    panels.pack(simd, side.gates.len() * width, input.padded(), |k, first, row| {
        row.fill(0.0);
        let (gate, unit) = (side.gates[k / width], k % width);
        if unit >= hidden_size {
            return;
        }
        let source = &weights[(gate * hidden_size + unit) * input.len()..][..input.len()];
        for (column, block) in (first..).step_by(BLOCK).zip(row.chunks_exact_mut(BLOCK)) {
            let (number, offset) = (column / part, column % part);
            let real = input.size.saturating_sub(offset).min(BLOCK);
            block[..real].copy_from_slice(&source[number * input.size + offset..][..real]);
        }
    });
}
