//! Layer normalisation of a layer's output over a batch: *takes* values part by part -> *gives* normalised ones, and the
//! gradients back.

use rayon::prelude::*;

use super::Parameter;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::layer_norm::{LayerNormBackward, LayerNormForward, Parameters};
use ninefold_kernels::recurrent::Axis;
use ninefold_kernels::simd::{InstructionSet, padded};

/// Tokens per chunk of parallel work, whatever the number of threads.
const TOKENS: usize = 128;

/// One layer's normalisation: its buffers. The parameters are its owner's.
#[derive(Debug)]
pub struct LayerNorm {
    axis: Axis,
    gain: Buffer,         // [axis.padded()]
    bias: Buffer,         // [axis.padded()]
    is_real: Buffer,      // [axis.padded()]
    outputs: Vec<Buffer>, // per part: [tokens, padded(axis.size)]
    statistics: Buffer,   // [tokens, 2]
    d_sums: Buffer,       // [chunks, 2, axis.padded()]
}

impl LayerNorm {
    /// For values with that axis.
    pub fn new(axis: Axis) -> LayerNorm {
        let mut is_real = Buffer::zeros(axis.padded());
        is_real.iter_mut().enumerate().for_each(|(at, one)| *one = f32::from(u8::from(axis.real(at).is_some())));
        LayerNorm {
            axis,
            gain: Buffer::default(),
            bias: Buffer::default(),
            is_real,
            outputs: vec![Buffer::default(); axis.parts],
            statistics: Buffer::default(),
            d_sums: Buffer::default(),
        }
    }

    /// Gain and bias under PyTorch's names, as `torch.nn.LayerNorm` begins: all 1, all 0.
    pub fn parameters(name: &str, axis: Axis) -> [Parameter; 2] {
        let parameter = |part: &str, value| Parameter::new(format!("{name}.{part}"), &[axis.len()], value);
        [parameter("weight", vec![1.0; axis.len()]), parameter("bias", vec![0.0; axis.len()])]
    }

    /// Normalises `x`, which lies part by part, up to [`outputs`](Self::outputs).
    ///
    /// # Shapes
    /// `x` parts of `[tokens, padded(axis.size)]`
    pub fn forward(&mut self, parameters: &[Parameter], x: &[&[f32]]) {
        let (axis, part) = (self.axis, padded(self.axis.size));
        for (parameter, padded) in parameters.iter().zip([&mut self.gain, &mut self.bias]) {
            let padded = padded.resize_zeroed(axis.padded());
            for (at, value) in padded.iter_mut().enumerate() {
                *value = axis.real(at).map_or(0.0, |index| parameter.value[index]);
            }
        }
        let tokens = x.first().map_or(0, |x| x.len()) / part;
        let statistics = self.statistics.resize(2 * tokens);
        let mut outputs: Vec<_> =
            self.outputs.iter_mut().map(|y| y.resize(tokens * part).chunks_mut(TOKENS * part)).collect();
        let parameters = Parameters { axis, gain: &self.gain, bias: &self.bias, is_real: &self.is_real };
        let mut chunks = Vec::new();
        for (chunk, statistics) in statistics.chunks_mut(2 * TOKENS).enumerate() {
            let y = outputs.iter_mut().filter_map(Iterator::next).collect();
            chunks.push(LayerNormForward { parameters, x: chunk_of(x, chunk, part), y, statistics });
        }
        chunks.into_par_iter().for_each(|chunk| chunk.run(InstructionSet::current()));
    }

    /// What the forward pass gave, part by part. `[tokens, padded(axis.size)]`
    pub fn outputs(&self) -> Vec<&[f32]> {
        self.outputs.iter().map(|y| &**y).collect()
    }

    /// The gradient of the outputs -> that of `x`, in its place, and those of gain and bias (added to theirs).
    ///
    /// # Shapes
    /// `x` as in [`forward`](Self::forward), `d` `[tokens, axis.padded()]`
    pub fn backward(&mut self, parameters: &mut [Parameter], x: &[&[f32]], d: &mut [f32]) {
        let (axis, part, width) = (self.axis, padded(self.axis.size), self.axis.padded());
        let d_sums = self.d_sums.resize_zeroed(d.len().div_ceil(TOKENS * width) * 2 * width);
        let shared = Parameters { axis, gain: &self.gain, bias: &self.bias, is_real: &self.is_real };
        let chunks = d.par_chunks_mut(TOKENS * width).zip(self.statistics.par_chunks(2 * TOKENS));
        let chunks = chunks.zip(d_sums.par_chunks_exact_mut(2 * width)).enumerate();
        chunks.for_each(|(chunk, ((d, statistics), d_sums))| {
            let (d_gain, d_bias) = d_sums.split_at_mut(width);
            let x = chunk_of(x, chunk, part);
            LayerNormBackward { parameters: shared, x, statistics, d, d_gain, d_bias }.run(InstructionSet::current());
        });
        for sums in self.d_sums.chunks_exact(2 * width) {
            for (parameter, sums) in parameters.iter_mut().zip(sums.chunks_exact(width)) {
                for (at, sum) in sums.iter().enumerate() {
                    if let Some(index) = axis.real(at) {
                        parameter.gradient[index] += sum;
                    }
                }
            }
        }
    }
}

/// The tokens of a chunk, part by part.
fn chunk_of<'a>(x: &[&'a [f32]], chunk: usize, part: usize) -> Vec<&'a [f32]> {
    x.iter().map(|x| &x[chunk * TOKENS * part..x.len().min((chunk + 1) * TOKENS * part)]).collect()
}
