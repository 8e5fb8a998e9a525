//! The updates written plainly in f64, for the tests: what the fast paths must equal, itself held to finite differences.

use crate::rng::Rng;

/// Rows of a matrix.
pub(super) type Rows = Vec<Vec<f64>>;

/// `rows` rows of numbers from [-bound, bound).
pub(super) fn random_rows(rows: usize, dim: usize, bound: f64, rng: &mut Rng) -> Rows {
    (0..rows).map(|_| (0..dim).map(|_| rng.range(-bound, bound)).collect()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// -log σ(x·y₀) - Σ log σ(-x·yⱼ), summed over inputs x; output 0 is the target.
pub(super) fn loss(inputs: &Rows, outputs: &Rows) -> f64 {
    let mut total = 0.0;
    for x in inputs {
        for (j, y) in outputs.iter().enumerate() {
            let score = dot(x, y);
            total -= sigmoid(if j == 0 { score } else { -score }).ln();
        }
    }
    total
}

/// One step of skip-gram: every context row predicts the target among the noise, all from the old values.
pub(super) fn skip_gram(inputs: &mut Rows, outputs: &mut Rows, rate: f64) {
    let (old_inputs, old_outputs) = (inputs.clone(), outputs.clone());
    for (i, x) in old_inputs.iter().enumerate() {
        for (j, y) in old_outputs.iter().enumerate() {
            let label = if j == 0 { 1.0 } else { 0.0 };
            let g = rate * (label - sigmoid(dot(x, y)));
            for d in 0..x.len() {
                inputs[i][d] += g * y[d];
                outputs[j][d] += g * x[d];
            }
        }
    }
}

/// Σ shareᵢ contextᵢ
pub(super) fn hidden(contexts: &Rows, shares: &[f64]) -> Vec<f64> {
    (0..contexts[0].len()).map(|d| contexts.iter().zip(shares).map(|(row, share)| share * row[d]).sum()).collect()
}

/// One step of CBOW: the weighted sum predicts; each context row gets the hidden row's update times `back`.
pub(super) fn cbow(contexts: &mut Rows, shares: &[f64], back: f64, outputs: &mut Rows, rate: f64) {
    let old = hidden(contexts, shares);
    let mut new = vec![old.clone()];
    skip_gram(&mut new, outputs, rate);
    for row in contexts {
        for d in 0..row.len() {
            row[d] += back * (new[0][d] - old[d]);
        }
    }
}

/// A word of a GloVe matrix: vector, bias, and their sums of squared steps (AdaGrad's, counted from 0).
#[derive(Clone, Debug)]
pub(super) struct GloveRow {
    pub(super) vector: Vec<f64>,
    pub(super) squares: Vec<f64>,
    pub(super) bias: f64,
    pub(super) bias_square: f64,
}

/// w (r·c + b + b' - log x)² / 2
pub(super) fn glove_cost(row: &GloveRow, column: &GloveRow, log_count: f64, weight: f64) -> f64 {
    let difference = dot(&row.vector, &column.vector) + row.bias + column.bias - log_count;
    0.5 * weight * difference * difference
}

/// One step of GloVe on one cell; AdaGrad divides by the root of the squares *before* this step, plus 1.
pub(super) fn glove(row: &mut GloveRow, column: &mut GloveRow, log_count: f64, weight: f64, rate: f64) {
    let difference = dot(&row.vector, &column.vector) + row.bias + column.bias - log_count;
    let slope = weight * difference;
    let descend = |value: &mut f64, square: &mut f64, slope: f64| {
        let step = rate * slope;
        *value -= step / (1.0 + *square).sqrt();
        *square += step * step;
    };
    for d in 0..row.vector.len() {
        let (to_row, to_column) = (slope * column.vector[d], slope * row.vector[d]);
        descend(&mut row.vector[d], &mut row.squares[d], to_row);
        descend(&mut column.vector[d], &mut column.squares[d], to_column);
    }
    descend(&mut row.bias, &mut row.bias_square, slope);
    descend(&mut column.bias, &mut column.bias_square, slope);
}

mod tests {
    use super::*;

    /// Holds `analytic` to the central difference of `f` over one number.
    fn check(analytic: f64, mut f: impl FnMut(f64) -> f64, place: &str) {
        const STEP: f64 = 1e-5;
        let numeric = (f(STEP) - f(-STEP)) / (2.0 * STEP);
        let error = (analytic - numeric).abs() / analytic.abs().max(numeric.abs()).max(1e-3);
        assert!(error < 1e-6, "{place}: {analytic} by hand, {numeric} by difference");
    }

    #[test]
    fn skip_gram_descends_its_loss() {
        let mut rng = Rng::new(1);
        let (inputs, outputs) = (random_rows(3, 7, 1.0, &mut rng), random_rows(4, 7, 1.0, &mut rng));
        let (mut new_inputs, mut new_outputs) = (inputs.clone(), outputs.clone());
        skip_gram(&mut new_inputs, &mut new_outputs, 1.0);
        for d in 0..7 {
            for i in 0..3 {
                let moved = |by: f64| {
                    let mut inputs = inputs.clone();
                    inputs[i][d] += by;
                    loss(&inputs, &outputs)
                };
                check(inputs[i][d] - new_inputs[i][d], moved, &format!("input {i}, {d}"));
            }
            for j in 0..4 {
                let moved = |by: f64| {
                    let mut outputs = outputs.clone();
                    outputs[j][d] += by;
                    loss(&inputs, &outputs)
                };
                check(outputs[j][d] - new_outputs[j][d], moved, &format!("output {j}, {d}"));
            }
        }
    }

    #[test]
    fn cbow_descends_its_loss_as_far_as_its_stated_scale_of_the_context_update() {
        let mut rng = Rng::new(2);
        let (contexts, outputs) = (random_rows(3, 5, 1.0, &mut rng), random_rows(4, 5, 1.0, &mut rng));
        let (shares, back) = ([0.2, 0.5, 0.3], 0.7);
        let (mut new_contexts, mut new_outputs) = (contexts.clone(), outputs.clone());
        cbow(&mut new_contexts, &shares, back, &mut new_outputs, 1.0);
        for d in 0..5 {
            for i in 0..3 {
                let moved = |by: f64| {
                    let mut contexts = contexts.clone();
                    contexts[i][d] += by;
                    loss(&vec![hidden(&contexts, &shares)], &outputs)
                };
                let gradient = (contexts[i][d] - new_contexts[i][d]) * shares[i] / back;
                check(gradient, moved, &format!("context {i}, {d}"));
            }
            for j in 0..4 {
                let moved = |by: f64| {
                    let mut outputs = outputs.clone();
                    outputs[j][d] += by;
                    loss(&vec![hidden(&contexts, &shares)], &outputs)
                };
                check(outputs[j][d] - new_outputs[j][d], moved, &format!("output {j}, {d}"));
            }
        }
    }

    #[test]
    fn glove_descends_its_cost() {
        let mut rng = Rng::new(3);
        let mut word = || GloveRow {
            vector: random_rows(1, 5, 1.0, &mut rng).remove(0),
            squares: vec![0.0; 5],
            bias: 0.3,
            bias_square: 0.0,
        };
        let (row, column, log_count, weight) = (word(), word(), 2.1, 0.6);
        let (mut new_row, mut new_column) = (row.clone(), column.clone());
        glove(&mut new_row, &mut new_column, log_count, weight, 1.0);
        for d in 0..5 {
            let moved = |by: f64| {
                let mut row = row.clone();
                row.vector[d] += by;
                glove_cost(&row, &column, log_count, weight)
            };
            check(row.vector[d] - new_row.vector[d], moved, &format!("row {d}"));
            let moved = |by: f64| {
                let mut column = column.clone();
                column.vector[d] += by;
                glove_cost(&row, &column, log_count, weight)
            };
            check(column.vector[d] - new_column.vector[d], moved, &format!("column {d}"));
        }
        let moved = |by: f64| glove_cost(&GloveRow { bias: row.bias + by, ..row.clone() }, &column, log_count, weight);
        check(row.bias - new_row.bias, moved, "row bias");
        let moved =
            |by: f64| glove_cost(&row, &GloveRow { bias: column.bias + by, ..column.clone() }, log_count, weight);
        check(column.bias - new_column.bias, moved, "column bias");
    }

    #[test]
    fn adagrad_takes_smaller_steps_where_it_has_gone_far() {
        let fresh = GloveRow { vector: vec![0.5], squares: vec![0.0], bias: 0.0, bias_square: 0.0 };
        let worn = GloveRow { squares: vec![3.0], bias_square: 8.0, ..fresh.clone() };
        let (mut a, mut b, mut c, mut d) = (fresh.clone(), fresh.clone(), worn.clone(), worn.clone());
        glove(&mut a, &mut b, 1.0, 1.0, 0.1);
        glove(&mut c, &mut d, 1.0, 1.0, 0.1);
        assert!(((a.vector[0] - 0.5) / (c.vector[0] - 0.5) - 2.0).abs() < 1e-12, "1 / sqrt(1 + 3) is a half");
        assert!((a.bias / c.bias - 3.0).abs() < 1e-12, "1 / sqrt(1 + 8) is a third");
        assert!(
            (c.bias_square - 8.0 - (a.bias * a.bias)).abs() < 1e-12,
            "the squared step before the division is added"
        );
    }
}
