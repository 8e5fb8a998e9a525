//! Pooling in plain f64 loops, forward directly above backward. `outputs` are a text's states `[tokens][directions * hidden]`.

use std::ops::Range;

use ninefold_nn::layers::Pooling;

use super::{Shape, Tensors, add_to};

/// One part of the pooled vector.
enum Part {
    Last,
    Mean,
    Max(usize, usize),
    Attention,
}

fn parts(shape: Shape) -> Vec<Part> {
    match shape.pooling {
        Pooling::Last => vec![Part::Last],
        Pooling::Mean => vec![Part::Mean],
        Pooling::Max => vec![Part::Max(0, 1)],
        Pooling::MeanMax => vec![Part::Mean, Part::Max(0, 1)],
        Pooling::MeanMaxLast => vec![Part::Mean, Part::Max(0, 1), Part::Last],
        Pooling::Segments => (0..shape.segments).map(|number| Part::Max(number, shape.segments)).collect(),
        Pooling::Attention => vec![Part::Attention],
    }
}

/// The token at which a unit's direction ends.
fn end(shape: Shape, tokens: usize, unit: usize) -> usize {
    if shape.directions() == 2 && unit >= shape.hidden_size { 0 } else { tokens - 1 }
}

/// The token with the largest value of a unit, the first of equals.
fn argmax(outputs: &[Vec<f64>], unit: usize, segment: Range<usize>) -> Option<usize> {
    let mut best = None;
    for token in segment {
        if best.is_none_or(|best: usize| outputs[token][unit] > outputs[best][unit]) {
            best = Some(token);
        }
    }
    best
}

fn segment(tokens: usize, number: usize, of: usize) -> Range<usize> {
    number * tokens / of..(number + 1) * tokens / of
}

fn attention(query: &[f64], outputs: &[Vec<f64>]) -> Vec<f64> {
    let scores: Vec<f64> = outputs.iter().map(|h| h.iter().zip(query).map(|(h, q)| h * q).sum::<f64>().exp()).collect();
    let sum: f64 = scores.iter().sum();
    scores.into_iter().map(|score| score / sum).collect()
}

pub fn forward(shape: Shape, tensors: &Tensors, outputs: &[Vec<f64>]) -> Vec<f64> {
    let (tokens, width) = (outputs.len(), shape.width());
    let mut pooled = Vec::new();
    for part in parts(shape) {
        let weights = match part {
            Part::Attention => attention(&tensors["attention.weight"], outputs),
            _ => vec![1.0 / tokens as f64; tokens],
        };
        for unit in 0..width {
            pooled.push(match part {
                _ if tokens == 0 => 0.0,
                Part::Last => outputs[end(shape, tokens, unit)][unit],
                Part::Max(number, of) => {
                    argmax(outputs, unit, segment(tokens, number, of)).map_or(0.0, |token| outputs[token][unit])
                }
                Part::Mean | Part::Attention => (0..tokens).map(|token| weights[token] * outputs[token][unit]).sum(),
            });
        }
    }
    pooled
}

pub fn backward(
    shape: Shape,
    tensors: &Tensors,
    gradients: &mut Tensors,
    outputs: &[Vec<f64>],
    d_pooled: &[f64],
) -> Vec<Vec<f64>> {
    let (tokens, width) = (outputs.len(), shape.width());
    let mut d_outputs = vec![vec![0.0; width]; tokens];
    for (part, d) in parts(shape).into_iter().zip(d_pooled.chunks(width)) {
        match part {
            Part::Last => (0..width).for_each(|unit| d_outputs[end(shape, tokens, unit)][unit] += d[unit]),
            Part::Mean => {
                d_outputs.iter_mut().for_each(|row| (0..width).for_each(|unit| row[unit] += d[unit] / tokens as f64));
            }
            Part::Max(number, of) => {
                for unit in 0..width {
                    if let Some(token) = argmax(outputs, unit, segment(tokens, number, of)) {
                        d_outputs[token][unit] += d[unit];
                    }
                }
            }
            Part::Attention => {
                let query = &tensors["attention.weight"];
                let weights = attention(query, outputs);
                let along = |token: usize| outputs[token].iter().zip(d).map(|(h, d)| h * d).sum::<f64>();
                let mean: f64 = (0..tokens).map(|token| weights[token] * along(token)).sum();
                for token in 0..tokens {
                    let d_score = weights[token] * (along(token) - mean);
                    for unit in 0..width {
                        d_outputs[token][unit] += weights[token] * d[unit] + d_score * query[unit];
                        add_to(gradients, "attention.weight", unit, d_score * outputs[token][unit]);
                    }
                }
            }
        }
    }
    d_outputs
}
