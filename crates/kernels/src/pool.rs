//! The states of a text's tokens -> one vector, and back: by the last state, the mean, the largest of each unit, or a mean
//! weighted by attention.
//!
//! Works on some texts of a batch, each given as the indices of its tokens in the order of reading: into how many sequences it
//! was cut and where those lie is of no concern here. A pooled row is made of parts, each as long as the states of all
//! directions side by side. An empty text's vector is zero, and so is that of a segment without tokens.

use super::dot::dot;
use super::simd::{Kernel, Simd, entry_points};
use ninefold_core::partition::partition;

/// One part of a pooled row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolPart {
    /// The state where the direction ends: at the last token forwards, at the first backwards.
    Last,
    /// The mean over all tokens.
    Mean,
    /// The largest value of each unit over a segment of the tokens: segment `number` of `of`.
    Max {
        /// Counted from 0.
        number: usize,
        /// Segments that the text is cut into.
        of: usize,
    },
    /// The mean weighted by softmax(h · query).
    Attention,
}

/// The states that are pooled over, and how.
#[derive(Clone, Copy)]
pub struct States<'a> {
    /// Each direction's states. `[the batch's tokens, stride]`
    pub directions: &'a [&'a [f32]],
    /// Padded hidden_size.
    pub hidden: usize,
    /// Floats from one state to the next: `hidden`, or hidden_size where the states lie without padding, as words' vectors do in
    /// their table.
    pub stride: usize,
    /// The parts of a pooled row.
    pub parts: &'a [PoolPart],
    /// What attention compares states with. `[directions * hidden]`, empty without attention
    pub query: &'a [f32],
}

impl States<'_> {
    /// Floats of all directions side by side.
    fn width(&self) -> usize {
        self.directions.len() * self.hidden
    }

    fn state(&self, direction: usize, token: u32) -> &[f32] {
        &self.directions[direction][token as usize * self.stride..][..self.stride]
    }

    /// How many of attention's weights belong to a text.
    fn weights_of(&self, tokens: usize) -> usize {
        if self.query.is_empty() { 0 } else { tokens }
    }
}

/// The index of the token at which a direction ends.
fn end(direction: usize, length: usize) -> usize {
    if direction == 0 { length - 1 } else { 0 }
}

/// In place of a token: a segment without any.
const NONE: u32 = u32::MAX;

/// States -> pooled rows, and what [`PoolBackward`] needs to remember.
pub struct PoolForward<'a> {
    /// The states.
    pub states: States<'a>,
    /// Which states are each text's, in the order of reading. `[rows]`
    pub texts: &'a [&'a [u32]],
    /// `[rows, parts * directions * hidden]`
    pub pooled: &'a mut [f32],
    /// The index of the token that each unit's largest value came from; the other parts' indices are not used. Like `pooled`, or empty
    /// where no backward pass follows.
    pub chosen: &'a mut [u32],
    /// Attention's weights, text after text. `[the texts' tokens]`, empty without attention
    pub weights: &'a mut [f32],
}

entry_points!(PoolForward<'_>, PoolBackward<'_, '_>);

impl Kernel for PoolForward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        let PoolForward { states, texts, pooled, chosen, mut weights } = self;
        let (hidden, width) = (states.hidden, states.width());
        let size = states.parts.len() * width;
        let mut rows_of_chosen = chosen.chunks_exact_mut(size);
        for (&tokens, pooled) in texts.iter().zip(pooled.chunks_exact_mut(size)) {
            let chosen = rows_of_chosen.next().unwrap_or_default();
            let (own, rest) = std::mem::take(&mut weights).split_at_mut(states.weights_of(tokens.len()));
            weights = rest;
            pooled.fill(0.0);
            if tokens.is_empty() {
                continue;
            }
            let mut units_of_chosen = chosen.chunks_exact_mut(hidden);
            for (part, pooled) in states.parts.iter().zip(pooled.chunks_exact_mut(width)) {
                if *part == PoolPart::Attention {
                    attend(states, tokens, own);
                }
                for (direction, pooled) in pooled.chunks_exact_mut(hidden).enumerate() {
                    let chosen = units_of_chosen.next().unwrap_or_default();
                    match *part {
                        PoolPart::Last => {
                            copy(pooled, states.state(direction, tokens[end(direction, tokens.len())]));
                        }
                        PoolPart::Mean => {
                            let scale = 1.0 / tokens.len() as f32;
                            fold(states, direction, tokens, pooled, |sum, value| sum + scale * value);
                        }
                        PoolPart::Max { number, of } => {
                            chosen.fill(NONE);
                            let indices = partition(number, of, tokens.len());
                            if let [first, rest @ ..] = &tokens[indices.clone()] {
                                copy(pooled, states.state(direction, *first));
                                if chosen.is_empty() {
                                    fold(states, direction, rest, pooled, larger);
                                } else {
                                    chosen.fill(indices.start as u32);
                                    for (index, &token) in (indices.start as u32 + 1..).zip(rest) {
                                        take_larger_noting(pooled, chosen, states.state(direction, token), index);
                                    }
                                }
                            }
                        }
                        PoolPart::Attention => {
                            for (&token, &weight) in tokens.iter().zip(&*own) {
                                add_scaled(pooled, states.state(direction, token), weight);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Gradients of pooled rows -> of the states, and of the query.
pub struct PoolBackward<'a, 'b> {
    /// The states.
    pub states: States<'a>,
    /// Each text's tokens. `[rows]`
    pub texts: &'a [&'a [u32]],
    /// `[rows, parts * directions * hidden]`
    pub d_pooled: &'a [f32],
    /// As [`PoolForward`] left it.
    pub chosen: &'a [u32],
    /// As [`PoolForward`] left it.
    pub weights: &'a [f32],
    /// The gradients of the texts' tokens, text after text. Added to. `[the texts' tokens][directions * hidden]`
    pub d_output: &'a mut [&'b mut [f32]],
    /// Added to. `[directions * hidden]`, empty without attention
    pub d_query: &'a mut [f32],
}

impl Kernel for PoolBackward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        let PoolBackward { states, texts, d_pooled, chosen, mut weights, mut d_output, d_query } = self;
        let (hidden, width) = (states.hidden, states.width());
        let size = states.parts.len() * width;
        let rows = d_pooled.chunks_exact(size).zip(chosen.chunks_exact(size));
        for (&tokens, (d_pooled, chosen)) in texts.iter().zip(rows) {
            let (own_weights, rest) = weights.split_at(states.weights_of(tokens.len()));
            weights = rest;
            let (d_tokens, rest) = std::mem::take(&mut d_output).split_at_mut(tokens.len());
            d_output = rest;
            if tokens.is_empty() {
                continue;
            }
            let parts = states.parts.iter().zip(d_pooled.chunks_exact(width)).zip(chosen.chunks_exact(width));
            for ((part, d_part), chosen) in parts {
                match *part {
                    PoolPart::Last => {
                        for (direction, d) in d_part.chunks_exact(hidden).enumerate() {
                            let d_token = &mut d_tokens[end(direction, tokens.len())];
                            add_scaled(&mut d_token[direction * hidden..][..hidden], d, 1.0);
                        }
                    }
                    PoolPart::Mean => {
                        for d_token in &mut *d_tokens {
                            add_scaled(d_token, d_part, 1.0 / tokens.len() as f32);
                        }
                    }
                    PoolPart::Max { .. } => {
                        for (unit, (d, &index)) in d_part.iter().zip(chosen).enumerate() {
                            if index != NONE {
                                d_tokens[index as usize][unit] += d;
                            }
                        }
                    }
                    PoolPart::Attention => attention_backward(states, tokens, d_part, own_weights, d_tokens, d_query),
                }
            }
        }
    }
}

/// Writes the softmax over a text's tokens of h · query.
#[inline(always)]
fn attend(states: States, tokens: &[u32], weights: &mut [f32]) {
    let mut largest = f32::NEG_INFINITY;
    for (&token, weight) in tokens.iter().zip(&mut *weights) {
        let queries = states.query.chunks_exact(states.hidden).enumerate();
        *weight = queries.map(|(direction, query)| dot::<16>(states.state(direction, token), query)).sum();
        largest = largest.max(*weight);
    }
    let mut sum = 0.0;
    for weight in &mut *weights {
        *weight = (*weight - largest).exp();
        sum += *weight;
    }
    for weight in weights {
        *weight /= sum;
    }
}

/// With w = softmax(h · q) and y = Σ w h: d_h = w d_y + d_s q and d_q = Σ d_s h, where d_s = w (h · d_y - y · d_y).
#[inline(always)]
fn attention_backward(
    states: States,
    tokens: &[u32],
    d_y: &[f32],
    weights: &[f32],
    d_tokens: &mut [&mut [f32]],
    d_query: &mut [f32],
) {
    let hidden = states.hidden;
    let along = |token: u32| -> f32 {
        d_y.chunks_exact(hidden).enumerate().map(|(direction, d)| dot::<16>(states.state(direction, token), d)).sum()
    };
    let mean: f32 = tokens.iter().zip(weights).map(|(&token, weight)| weight * along(token)).sum();
    for ((&token, &weight), d_token) in tokens.iter().zip(weights).zip(d_tokens) {
        let d_score = weight * (along(token) - mean);
        add_scaled(d_token, d_y, weight);
        add_scaled(d_token, states.query, d_score);
        for (direction, d_query) in d_query.chunks_exact_mut(hidden).enumerate() {
            add_scaled(d_query, states.state(direction, token), d_score);
        }
    }
}

/// Copies a state that may be without its padding.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    to[..from.len()].copy_from_slice(from);
}

#[inline(always)]
fn add_scaled(to: &mut [f32], from: &[f32], scale: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += scale * from;
    }
}

#[inline(always)]
fn larger(largest: f32, value: f32) -> f32 {
    if value > largest { value } else { largest }
}

/// Takes each of the tokens' states into `pooled` by `step`, token after token.
#[inline(always)]
fn fold(states: States, direction: usize, tokens: &[u32], pooled: &mut [f32], step: impl Fn(f32, f32) -> f32) {
    let units = states.stride.min(pooled.len());
    let rest = fold_blocks::<32>(states, direction, tokens, &mut pooled[..units], 0, &step);
    let rest = fold_blocks::<4>(states, direction, tokens, &mut pooled[..units], rest, &step);
    fold_blocks::<1>(states, direction, tokens, &mut pooled[..units], rest, &step);
}

/// The same for whole blocks of the units from `start` on; gives the first unit behind them. A block stays in registers over all tokens.
#[inline(always)]
fn fold_blocks<const UNITS: usize>(
    states: States,
    direction: usize,
    tokens: &[u32],
    pooled: &mut [f32],
    start: usize,
    step: &impl Fn(f32, f32) -> f32,
) -> usize {
    let (blocks, _) = pooled[start..].as_chunks_mut::<UNITS>();
    let end = start + blocks.len() * UNITS;
    for (block, first) in blocks.iter_mut().zip((start..).step_by(UNITS)) {
        let mut sums = *block;
        for &token in tokens {
            let values = &states.state(direction, token)[first..][..UNITS];
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum = step(*sum, value);
            }
        }
        *block = sums;
    }
    end
}

#[inline(always)]
fn take_larger_noting(largest: &mut [f32], chosen: &mut [u32], state: &[f32], index: u32) {
    for ((largest, chosen), &value) in largest.iter_mut().zip(chosen).zip(state) {
        let is_larger = value > *largest;
        *largest = if is_larger { value } else { *largest };
        *chosen = if is_larger { index } else { *chosen };
    }
}
