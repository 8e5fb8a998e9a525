//! Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), gates in PyTorch's
//! order i f g o:
//!
//! ```text
//! i = σ(a_i)   f = σ(a_f)   g = tanh(a_g)   o = σ(a_o)        a = x·W + h·W + b
//! c' = f c + i g            h' = o tanh(c')
//! ```

use super::{Cell, Side, State, StateMut};
use crate::activation::{sigmoid, sigmoid_slope, tanh, tanh_slope};
use crate::simd::Simd;

/// Four gates, four blocks.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Cell for Lstm {
    const GATES: usize = 4;
    const BLOCKS: usize = 4;
    const INPUT: Side = Side { first: 0, gates: &[0, 1, 2, 3] };
    const HIDDEN: Side = Side { first: 0, gates: &[0, 1, 2, 3] };
    const HAS_CELL_STATE: bool = true;

    #[inline(always)]
    fn forward<S: Simd>(simd: S, gates: &mut [f32], previous: State, next: StateMut) {
        let hidden = next.h.len();
        let [i, f, g, o] = blocks(gates, hidden);
        for at in (0..hidden).step_by(S::LANES) {
            let input = sigmoid(simd, simd.read(&i[at..]));
            let forget = sigmoid(simd, simd.read(&f[at..]));
            let candidate = tanh(simd, simd.read(&g[at..]));
            let output = sigmoid(simd, simd.read(&o[at..]));
            let kept = simd.mul(forget, simd.read(&previous.c[at..]));
            let memory = simd.mul_add(input, candidate, kept);
            simd.write(&mut i[at..], input);
            simd.write(&mut f[at..], forget);
            simd.write(&mut g[at..], candidate);
            simd.write(&mut o[at..], output);
            simd.write(&mut next.c[at..], memory);
            simd.write(&mut next.h[at..], simd.mul(output, tanh(simd, memory)));
        }
    }

    /// With t = tanh(c') and m = d_c' + d_h' o (1 - t²):
    /// d_a_o = d_h' t o (1 - o), d_a_i = m g i (1 - i), d_a_f = m c f (1 - f), d_a_g = m i (1 - g²), d_c = m f.
    #[inline(always)]
    fn backward<S: Simd>(simd: S, gates: &mut [f32], previous: State, next: State, d_state: StateMut) {
        let hidden = next.c.len();
        let [i, f, g, o] = blocks(gates, hidden);
        for at in (0..hidden).step_by(S::LANES) {
            let (input, forget) = (simd.read(&i[at..]), simd.read(&f[at..]));
            let (candidate, output) = (simd.read(&g[at..]), simd.read(&o[at..]));
            let squashed = tanh(simd, simd.read(&next.c[at..]));
            let d_h = simd.read(&d_state.h[at..]);
            let through_output = simd.mul(simd.mul(d_h, output), tanh_slope(simd, squashed));
            let d_memory = simd.add(simd.read(&d_state.c[at..]), through_output);
            let d_output = simd.mul(simd.mul(d_h, squashed), sigmoid_slope(simd, output));
            let d_input = simd.mul(simd.mul(d_memory, candidate), sigmoid_slope(simd, input));
            let d_forget = simd.mul(simd.mul(d_memory, simd.read(&previous.c[at..])), sigmoid_slope(simd, forget));
            let d_candidate = simd.mul(simd.mul(d_memory, input), tanh_slope(simd, candidate));
            simd.write(&mut i[at..], d_input);
            simd.write(&mut f[at..], d_forget);
            simd.write(&mut g[at..], d_candidate);
            simd.write(&mut o[at..], d_output);
            simd.write(&mut d_state.c[at..], simd.mul(d_memory, forget));
            simd.write(&mut d_state.h[at..], simd.zero());
        }
    }
}

#[inline(always)]
fn blocks(gates: &mut [f32], hidden: usize) -> [&mut [f32]; 4] {
    let (i, rest) = gates.split_at_mut(hidden);
    let (f, rest) = rest.split_at_mut(hidden);
    let (g, o) = rest.split_at_mut(hidden);
    [i, f, g, o]
}
