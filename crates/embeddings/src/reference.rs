//! The updates written plainly in f64, for the tests: what the fast paths must equal, itself held to finite differences.

#![allow(unsafe_code, clippy::unwrap_used)]

use crate::matrix::SharedMatrix;
use crate::skipgram::window::part_of;
use ninefold_core::rng::Rng;

/// Rows of a matrix.
pub(crate) type Rows = Vec<Vec<f64>>;

/// `rows` rows of numbers from [-bound, bound).
pub(crate) fn random_rows(rows: usize, dim: usize, bound: f64, rng: &mut Rng) -> Rows {
    (0..rows).map(|_| (0..dim).map(|_| rng.range(-bound, bound)).collect()).collect()
}

/// The rows as floats.
pub(crate) fn matrix(rows: &Rows) -> SharedMatrix {
    let mut matrix = SharedMatrix::zeros(rows.len(), rows[0].len()).unwrap();
    for (i, row) in rows.iter().enumerate() {
        matrix.values(i).iter_mut().zip(row).for_each(|(value, &x)| *value = x as f32);
    }
    matrix
}

/// The largest difference of a matrix from what it should hold; padding must have stayed 0.
pub(crate) fn distance(matrix: &mut SharedMatrix, expected: &Rows) -> f64 {
    let mut largest = 0f64;
    for (i, row) in expected.iter().enumerate() {
        let values = matrix.values(i);
        largest = values.iter().zip(row).map(|(&x, e)| (f64::from(x) - e).abs()).fold(largest, f64::max);
        let first = matrix.row(i);
        for at in row.len()..matrix.stride() {
            // SAFETY: within the row; no other thread is here.
            assert_eq!(unsafe { *first.add(at) }, 0.0, "padding of row {i}");
        }
    }
    largest
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// -Σ log σ(x·yⱼ) of the first `positives` outputs - Σ log σ(-x·yⱼ) of the others, summed over inputs x. With negative sampling the
/// target alone is positive.
pub(crate) fn loss(inputs: &[Vec<f64>], outputs: &Rows, positives: usize) -> f64 {
    let mut total = 0.0;
    for x in inputs {
        for (j, y) in outputs.iter().enumerate() {
            let score = dot(x, y);
            total -= sigmoid(if j < positives { score } else { -score }).ln();
        }
    }
    total
}

/// One step of skip-gram: every context row predicts the target among negative samples, all from the old values, or sequentially: each pair finds
/// the outputs as those before it have left them, and its errors are moved by that to the first order.
pub(crate) fn skip_gram(inputs: &mut [Vec<f64>], outputs: &mut Rows, positives: usize, sequential: bool, rate: f64) {
    let (old_outputs, mut found) = (outputs.clone(), outputs.clone());
    for (i, x) in inputs.iter_mut().enumerate() {
        if sequential && i % 2 == 0 {
            found.clone_from(outputs);
        }
        let old_x = x.clone();
        for (j, y) in outputs.iter_mut().enumerate() {
            let label = if j < positives { 1.0 } else { 0.0 };
            let score = dot(&old_x, &old_outputs[j]);
            let (probability, moved) = (sigmoid(score), dot(&old_x, &found[j]) - score);
            let g = rate * (label - probability - probability * (1.0 - probability) * moved);
            for d in 0..x.len() {
                x[d] += g * found[j][d];
                y[d] += g * old_x[d];
            }
        }
    }
}

/// A window of skip-gram: a step for each part of its contexts. Gives the losses before the steps.
pub(crate) fn skip_gram_window(
    inputs: &mut [Vec<f64>],
    outputs: &mut Rows,
    positives: usize,
    sequential: bool,
    rate: f64,
) -> f64 {
    let step = |inputs: &mut [Vec<f64>]| {
        let loss = loss(inputs, outputs, positives);
        skip_gram(inputs, outputs, positives, sequential, rate);
        loss
    };
    inputs.chunks_mut(part_of(inputs.len())).map(step).sum()
}

/// Σ shareᵢ contextᵢ
pub(crate) fn hidden(contexts: &Rows, shares: &[f64]) -> Vec<f64> {
    (0..contexts[0].len()).map(|d| contexts.iter().zip(shares).map(|(row, share)| share * row[d]).sum()).collect()
}

/// One step of CBOW: the weighted sum predicts; each context row gets the hidden row's update times `back`.
pub(crate) fn cbow(contexts: &mut Rows, shares: &[f64], back: f64, outputs: &mut Rows, positives: usize, rate: f64) {
    let old = hidden(contexts, shares);
    let mut new = vec![old.clone()];
    skip_gram(&mut new, outputs, positives, false, rate);
    for row in contexts {
        for d in 0..row.len() {
            row[d] += back * (new[0][d] - old[d]);
        }
    }
}

/// One step of CBOW for several windows, all from the old values: each predicts its own output, where it has one, and those that
/// all share, which count `negative_weight`. A window is its contexts, their shares of its sum, and the scale of their update.
pub(crate) fn cbow_together(
    contexts: &mut Rows,
    windows: &[(Vec<usize>, Vec<f64>, f64)],
    (own, shared): (&mut Rows, &mut Rows),
    positives: usize,
    negative_weight: f64,
    rate: f64,
) {
    let (old, old_shared) = (contexts.clone(), shared.clone());
    let add = |row: &mut Vec<f64>, new: &[f64], old: &[f64]| {
        row.iter_mut().zip(new.iter().zip(old)).for_each(|(value, (new, old))| *value += new - old);
    };
    for (b, (places, shares, back)) in windows.iter().enumerate() {
        let before: Rows = places.iter().map(|&place| old[place].clone()).collect();
        let mut learn = |outputs: &mut Rows, positives, rate| {
            let mut rows = before.clone();
            cbow(&mut rows, shares, *back, outputs, positives, rate);
            for (i, &place) in places.iter().enumerate() {
                add(&mut contexts[place], &rows[i], &before[i]);
            }
        };
        if let Some(target) = own.get_mut(b) {
            let mut alone = vec![target.clone()];
            learn(&mut alone, 1, rate);
            *target = alone.remove(0);
        }
        let mut outputs = old_shared.clone();
        learn(&mut outputs, positives, rate * negative_weight);
        for (j, output) in outputs.iter().enumerate() {
            add(&mut shared[j], output, &old_shared[j]);
        }
    }
}

/// A word of a GloVe matrix: vector, bias, and their sums of squared steps (AdaGrad's, counted from 0).
#[derive(Clone, Debug)]
pub(crate) struct GloveRow {
    pub(crate) vector: Vec<f64>,
    pub(crate) squares: Vec<f64>,
    pub(crate) bias: f64,
    pub(crate) bias_square: f64,
}

/// w (r·c + b + b' - log x)² / 2
pub(crate) fn glove_cost(row: &GloveRow, column: &GloveRow, log_count: f64, weight: f64) -> f64 {
    let difference = dot(&row.vector, &column.vector) + row.bias + column.bias - log_count;
    0.5 * weight * difference * difference
}

/// One step of GloVe on one cell; AdaGrad divides by the root of the squares *before* this step, plus 1.
pub(crate) fn glove(row: &mut GloveRow, column: &mut GloveRow, log_count: f64, weight: f64, rate: f64) {
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
    #![allow(clippy::unwrap_used)]
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
        for positives in [1, 0, 3] {
            let mut rng = Rng::new(1);
            let (inputs, outputs) = (random_rows(3, 7, 1.0, &mut rng), random_rows(4, 7, 1.0, &mut rng));
            let (mut new_inputs, mut new_outputs) = (inputs.clone(), outputs.clone());
            skip_gram(&mut new_inputs, &mut new_outputs, positives, false, 1.0);
            for d in 0..7 {
                for i in 0..3 {
                    let moved = |by: f64| {
                        let mut inputs = inputs.clone();
                        inputs[i][d] += by;
                        loss(&inputs, &outputs, positives)
                    };
                    check(inputs[i][d] - new_inputs[i][d], moved, &format!("input {i}, {d}"));
                }
                for j in 0..4 {
                    let moved = |by: f64| {
                        let mut outputs = outputs.clone();
                        outputs[j][d] += by;
                        loss(&inputs, &outputs, positives)
                    };
                    check(outputs[j][d] - new_outputs[j][d], moved, &format!("output {j}, {d}"));
                }
            }
        }
    }

    #[test]
    fn sequential_contexts_learn_as_if_each_pair_took_a_step_of_its_own() {
        let mut rng = Rng::new(5);
        let (inputs, outputs) = (random_rows(5, 7, 1.0, &mut rng), random_rows(4, 7, 1.0, &mut rng));
        let off = |sequential: bool, rate: f64| {
            let (mut at_once, mut outputs_at_once) = (inputs.clone(), outputs.clone());
            skip_gram(&mut at_once, &mut outputs_at_once, 1, sequential, rate);
            let (mut alone, mut outputs_alone) = (inputs.clone(), outputs.clone());
            alone.chunks_mut(2).for_each(|pair| skip_gram(pair, &mut outputs_alone, 1, false, rate));
            let differences = at_once.iter().chain(&outputs_at_once).zip(alone.iter().chain(&outputs_alone));
            differences.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        for rate in [0.1, 0.025, 0.00625] {
            let (first_order, none) =
                (off(true, rate) / off(true, rate / 2.0), off(false, rate) / off(false, rate / 2.0));
            assert!(first_order > 7.0, "half the rate leaves an eighth of the error, not 1 / {first_order}");
            assert!(none < 5.0, "of the old values alone it leaves a quarter, not 1 / {none}");
        }
        assert!(off(true, 0.025) < 1e-4 && off(true, 0.025) < 0.02 * off(false, 0.025), "{}", off(true, 0.025));
    }

    #[test]
    fn cbow_descends_its_loss_as_far_as_its_stated_scale_of_the_context_update() {
        let mut rng = Rng::new(2);
        let (contexts, outputs) = (random_rows(3, 5, 1.0, &mut rng), random_rows(4, 5, 1.0, &mut rng));
        let (shares, back) = ([0.2, 0.5, 0.3], 0.7);
        let (mut new_contexts, mut new_outputs) = (contexts.clone(), outputs.clone());
        cbow(&mut new_contexts, &shares, back, &mut new_outputs, 1, 1.0);
        for d in 0..5 {
            for i in 0..3 {
                let moved = |by: f64| {
                    let mut contexts = contexts.clone();
                    contexts[i][d] += by;
                    loss(&[hidden(&contexts, &shares)], &outputs, 1)
                };
                let gradient = (contexts[i][d] - new_contexts[i][d]) * shares[i] / back;
                check(gradient, moved, &format!("context {i}, {d}"));
            }
            for j in 0..4 {
                let moved = |by: f64| {
                    let mut outputs = outputs.clone();
                    outputs[j][d] += by;
                    loss(&[hidden(&contexts, &shares)], &outputs, 1)
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

    /// What PyTorch made of one step of gradient descent (tools/golden/trainers.py).
    #[derive(serde::Deserialize)]
    struct Step<T> {
        before: T,
        loss: f64,
        after: T,
        #[serde(default)]
        shares: Vec<f64>,
        #[serde(default)]
        log_count: f64,
        #[serde(default)]
        weight: f64,
    }

    #[derive(serde::Deserialize)]
    struct Matrices {
        #[serde(alias = "contexts")]
        inputs: Rows,
        outputs: Rows,
    }

    #[derive(serde::Deserialize)]
    struct Words {
        row: Vec<f64>,
        column: Vec<f64>,
        row_bias: f64,
        column_bias: f64,
    }

    fn golden<T: serde::de::DeserializeOwned>(step: &str) -> (f64, Step<T>) {
        let golden: serde_json::Value = serde_json::from_str(include_str!("../tests/golden/trainers.json")).unwrap();
        (golden["rate"].as_f64().unwrap(), serde_json::from_value(golden["steps"][step].clone()).unwrap())
    }

    fn assert_near<'a>(found: impl IntoIterator<Item = &'a f64>, expected: impl IntoIterator<Item = &'a f64>) {
        let pairs: Vec<_> = found.into_iter().zip(expected).collect();
        assert!(!pairs.is_empty() && pairs.iter().all(|(a, b)| (*a - *b).abs() < 1e-12), "{pairs:?}");
    }

    #[test]
    fn a_step_is_that_of_pytorch() {
        let (rate, Step::<Matrices> { before, loss: expected, after, .. }) = golden("skip_gram");
        let (mut inputs, mut outputs) = (before.inputs, before.outputs);
        assert_near([&loss(&inputs, &outputs, 1)], [&expected]);
        skip_gram(&mut inputs, &mut outputs, 1, false, rate);
        assert_near(inputs.iter().flatten(), after.inputs.iter().flatten());
        assert_near(outputs.iter().flatten(), after.outputs.iter().flatten());

        let (rate, Step::<Matrices> { before, loss: expected, after, shares, .. }) = golden("cbow");
        let (mut contexts, mut outputs) = (before.inputs.clone(), before.outputs);
        assert_near([&loss(&[hidden(&contexts, &shares)], &outputs, 1)], [&expected]);
        cbow(&mut contexts, &shares, 1.0, &mut outputs, 1, rate);
        assert_near(outputs.iter().flatten(), after.outputs.iter().flatten());
        for (i, share) in shares.iter().enumerate() {
            // Descent scales a context's step by its share of the mean; word2vec does not.
            let unscaled = |d: usize| before.inputs[i][d] + (after.inputs[i][d] - before.inputs[i][d]) / share;
            assert_near(&contexts[i], &(0..contexts[i].len()).map(unscaled).collect::<Vec<f64>>());
        }

        let (rate, Step::<Words> { before, loss: expected, after, log_count, weight, .. }) = golden("glove");
        let word =
            |vector: Vec<f64>, bias| GloveRow { squares: vec![0.0; vector.len()], vector, bias, bias_square: 0.0 };
        let (mut row, mut column) = (word(before.row, before.row_bias), word(before.column, before.column_bias));
        assert_near([&glove_cost(&row, &column, log_count, weight)], [&expected]);
        glove(&mut row, &mut column, log_count, weight, rate);
        assert_near(row.vector.iter().chain(&column.vector), after.row.iter().chain(&after.column));
        assert_near([&row.bias, &column.bias], [&after.row_bias, &after.column_bias]);
    }
}
