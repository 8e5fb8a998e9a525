//! A convolution with ReLU in plain f64 loops, forward directly above backward. `x` are a text's vectors `[tokens][dim]`.

use super::{Rows, Shape, Tensors, add_to};

/// The filters in order: the number of the width, the width, the filter.
fn filters(shape: Shape) -> Vec<(usize, usize, usize)> {
    let widths = shape.filter_widths.iter().enumerate();
    widths.flat_map(|(number, &width)| (0..shape.filters).map(move |filter| (number, width, filter))).collect()
}

/// The token at a place of a token's window; `None` beyond the text.
fn seen(tokens: usize, token: usize, width: usize, place: usize) -> Option<usize> {
    (token + place).checked_sub((width - 1) / 2).filter(|&seen| seen < tokens)
}

pub fn forward(shape: Shape, tensors: &Tensors, x: &Rows) -> Rows {
    let mut y = vec![Vec::new(); x.len()];
    for token in 0..x.len() {
        for (number, width, filter) in filters(shape) {
            let weight = &tensors[&format!("convolution.{number}.weight")];
            let mut sum = tensors[&format!("convolution.{number}.bias")][filter];
            for place in 0..width {
                if let Some(seen) = seen(x.len(), token, width, place) {
                    for k in 0..shape.dim {
                        sum += weight[(filter * shape.dim + k) * width + place] * x[seen][k];
                    }
                }
            }
            y[token].push(sum.max(0.0));
        }
    }
    y
}

pub fn backward(shape: Shape, tensors: &Tensors, gradients: &mut Tensors, x: &Rows, d_y: &Rows) -> Rows {
    let y = forward(shape, tensors, x);
    let mut d_x = vec![vec![0.0; shape.dim]; x.len()];
    for token in 0..x.len() {
        for (column, (number, width, filter)) in filters(shape).into_iter().enumerate() {
            if y[token][column] <= 0.0 {
                continue; // the ReLU lets nothing through
            }
            let d = d_y[token][column];
            let [weight, bias] = ["weight", "bias"].map(|name| format!("convolution.{number}.{name}"));
            add_to(gradients, &bias, filter, d);
            for place in 0..width {
                if let Some(seen) = seen(x.len(), token, width, place) {
                    for k in 0..shape.dim {
                        let at = (filter * shape.dim + k) * width + place;
                        add_to(gradients, &weight, at, d * x[seen][k]);
                        d_x[seen][k] += d * tensors[&weight][at];
                    }
                }
            }
        }
    }
    d_x
}
