//! The states of a text's tokens -> one vector, and back: by the last state, the mean, the largest of each unit, or a mean
//! weighted by attention.
//!
//! Works on one slice of packed texts. A pooled row is made of parts, each as long as the states of all directions side by
//! side; the text of a row has its tokens at `starts[step] + row`. An empty text's vector is zero.

use std::ops::Range;

use super::simd::{Kernel, Simd};
use crate::batch::Slice;

/// One part of a pooled row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The state where the direction ends: at the last token forwards, at the first backwards.
    Last,
    /// The mean over all tokens.
    Mean,
    /// The largest value of each unit over a share of the tokens: segment `number` of `of`.
    Max {
        /// Counted from 0.
        number: usize,
        /// Segments that the text is cut into.
        of: usize,
    },
    /// The mean weighted by softmax(h · query).
    Attention,
}

/// A slice and the states that are pooled over.
#[derive(Clone, Copy)]
pub struct States<'a> {
    /// The rows.
    pub slice: &'a Slice,
    /// Each direction's states of the slice. `[tokens, hidden]`
    pub directions: &'a [&'a [f32]],
    /// Padded hidden_size.
    pub hidden: usize,
    /// The parts of a pooled row.
    pub parts: &'a [Part],
    /// What attention compares states with. `[directions * hidden]`, empty without attention
    pub query: &'a [f32],
}

impl States<'_> {
    /// Floats of all directions side by side.
    fn width(&self) -> usize {
        self.directions.len() * self.hidden
    }

    fn length(&self, row: usize) -> usize {
        self.slice.alive.partition_point(|&alive| row < alive)
    }

    fn token(&self, row: usize, step: usize) -> usize {
        self.slice.starts[step] + row
    }

    fn state(&self, direction: usize, token: usize) -> &[f32] {
        &self.directions[direction][token * self.hidden..][..self.hidden]
    }

    /// The token at which a direction ends.
    fn end(&self, row: usize, direction: usize) -> usize {
        if direction == 0 { self.token(row, self.length(row) - 1) } else { self.token(row, 0) }
    }

    /// The steps of a segment; empty where a text has fewer tokens than segments.
    fn steps(&self, row: usize, number: usize, of: usize) -> Range<usize> {
        let length = self.length(row);
        number * length / of..(number + 1) * length / of
    }
}

/// In place of a token: a segment without any.
const NONE: u32 = u32::MAX;

/// States -> pooled rows, and what [`Backward`] needs to remember.
pub struct Forward<'a> {
    /// The states.
    pub states: States<'a>,
    /// `[rows, parts * directions * hidden]`
    pub pooled: &'a mut [f32],
    /// The token that each unit's largest value came from; the other parts' places are not used. Like `pooled`
    pub chosen: &'a mut [u32],
    /// Attention's weight of each token. `[tokens]`, empty without attention
    pub weights: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let Forward { states, pooled, chosen, weights } = self;
        let (hidden, width) = (states.hidden, states.width());
        let size = states.parts.len() * width;
        for (row, (pooled, chosen)) in pooled.chunks_exact_mut(size).zip(chosen.chunks_exact_mut(size)).enumerate() {
            pooled.fill(0.0);
            let length = states.length(row);
            if length == 0 {
                continue;
            }
            for ((part, pooled), chosen) in
                states.parts.iter().zip(pooled.chunks_exact_mut(width)).zip(chosen.chunks_exact_mut(width))
            {
                if *part == Part::Attention {
                    attend(states, row, weights);
                }
                let units = pooled.chunks_exact_mut(hidden).zip(chosen.chunks_exact_mut(hidden));
                for (direction, (pooled, chosen)) in units.enumerate() {
                    match *part {
                        Part::Last => pooled.copy_from_slice(states.state(direction, states.end(row, direction))),
                        Part::Mean => {
                            let scale = 1.0 / length as f32;
                            for step in 0..length {
                                add_scaled(pooled, states.state(direction, states.token(row, step)), scale);
                            }
                        }
                        Part::Max { number, of } => {
                            chosen.fill(NONE);
                            for (place, step) in states.steps(row, number, of).enumerate() {
                                let token = states.token(row, step);
                                let state = states.state(direction, token);
                                if place == 0 {
                                    pooled.copy_from_slice(state);
                                    chosen.fill(token as u32);
                                } else {
                                    take_larger(pooled, chosen, state, token as u32);
                                }
                            }
                        }
                        Part::Attention => {
                            for step in 0..length {
                                let token = states.token(row, step);
                                add_scaled(pooled, states.state(direction, token), weights[token]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Gradients of pooled rows -> of the states, and of the query.
pub struct Backward<'a> {
    /// The states.
    pub states: States<'a>,
    /// `[rows, parts * directions * hidden]`
    pub d_pooled: &'a [f32],
    /// As [`Forward`] left it.
    pub chosen: &'a [u32],
    /// As [`Forward`] left it.
    pub weights: &'a [f32],
    /// Added to. `[tokens, directions * hidden]`
    pub d_output: &'a mut [f32],
    /// Added to. `[directions * hidden]`, empty without attention
    pub d_query: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let Backward { states, d_pooled, chosen, weights, d_output, d_query } = self;
        let (hidden, width) = (states.hidden, states.width());
        let size = states.parts.len() * width;
        for (row, (d_pooled, chosen)) in d_pooled.chunks_exact(size).zip(chosen.chunks_exact(size)).enumerate() {
            let length = states.length(row);
            if length == 0 {
                continue;
            }
            let parts = states.parts.iter().zip(d_pooled.chunks_exact(width)).zip(chosen.chunks_exact(width));
            for ((part, d_part), chosen) in parts {
                match *part {
                    Part::Last => {
                        for (direction, d) in d_part.chunks_exact(hidden).enumerate() {
                            let place = states.end(row, direction) * width + direction * hidden;
                            add_scaled(&mut d_output[place..][..hidden], d, 1.0);
                        }
                    }
                    Part::Mean => {
                        for step in 0..length {
                            let place = states.token(row, step) * width;
                            add_scaled(&mut d_output[place..][..width], d_part, 1.0 / length as f32);
                        }
                    }
                    Part::Max { .. } => {
                        for (unit, (d, &token)) in d_part.iter().zip(chosen).enumerate() {
                            if token != NONE {
                                d_output[token as usize * width + unit] += d;
                            }
                        }
                    }
                    Part::Attention => attention_backward(states, row, d_part, weights, d_output, d_query),
                }
            }
        }
    }
}

/// Writes the softmax over a text's tokens of h · query.
#[inline(always)]
fn attend(states: States, row: usize, weights: &mut [f32]) {
    let length = states.length(row);
    let mut largest = f32::NEG_INFINITY;
    for step in 0..length {
        let token = states.token(row, step);
        let queries = states.query.chunks_exact(states.hidden).enumerate();
        let score: f32 = queries.map(|(direction, query)| dot(states.state(direction, token), query)).sum();
        weights[token] = score;
        largest = largest.max(score);
    }
    let mut sum = 0.0;
    for step in 0..length {
        let weight = &mut weights[states.token(row, step)];
        *weight = (*weight - largest).exp();
        sum += *weight;
    }
    for step in 0..length {
        weights[states.token(row, step)] /= sum;
    }
}

/// With w = softmax(h · q) and y = Σ w h: d_h = w d_y + d_s q and d_q = Σ d_s h, where d_s = w (h · d_y - y · d_y).
#[inline(always)]
fn attention_backward(
    states: States,
    row: usize,
    d_y: &[f32],
    weights: &[f32],
    d_output: &mut [f32],
    d_query: &mut [f32],
) {
    let (hidden, width) = (states.hidden, states.width());
    let along = |token: usize| -> f32 {
        d_y.chunks_exact(hidden).enumerate().map(|(direction, d)| dot(states.state(direction, token), d)).sum()
    };
    let tokens = || (0..states.length(row)).map(|step| states.token(row, step));
    let mean: f32 = tokens().map(|token| weights[token] * along(token)).sum();
    for token in tokens() {
        let d_score = weights[token] * (along(token) - mean);
        let d_token = &mut d_output[token * width..][..width];
        add_scaled(d_token, d_y, weights[token]);
        add_scaled(d_token, states.query, d_score);
        for (direction, d_query) in d_query.chunks_exact_mut(hidden).enumerate() {
            add_scaled(d_query, states.state(direction, token), d_score);
        }
    }
}

#[inline(always)]
fn add_scaled(to: &mut [f32], from: &[f32], scale: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += scale * from;
    }
}

#[inline(always)]
fn take_larger(largest: &mut [f32], chosen: &mut [u32], state: &[f32], token: u32) {
    for ((largest, chosen), &value) in largest.iter_mut().zip(chosen).zip(state) {
        let is_larger = value > *largest;
        *largest = if is_larger { value } else { *largest };
        *chosen = if is_larger { token } else { *chosen };
    }
}

/// In sixteen sums, as the compiler cannot reorder one.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
        for k in 0..16 {
            sums[k] += a[k] * b[k];
        }
    }
    sums.iter().sum()
}
