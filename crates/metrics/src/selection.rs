//! Which models are worth asking together: greedy forward selection with replacement.
//!
//! Takes the probability that each candidate gave the true label of each text -> gives how often each candidate votes. In
//! every round the candidate joins, perhaps once more, whose vote makes the log loss of all of them smallest; the round with
//! the smallest one is where it ends.
//!
//! The log loss and not the number of right answers is made small: on some hundred texts two candidates often have the same
//! number right, and their difference then is chance.
//!
//! # Source
//! Caruana, Niculescu-Mizil, Crew & Ksikes, "Ensemble selection from libraries of models" (2004).

use super::LEAST;

/// Rounds at most: a vote counts no less than 1 in 50.
const ROUNDS: usize = 50;

/// How often each candidate votes, judged on the texts at `texts`; of equals the first is taken. Without texts, the first
/// candidate alone.
///
/// # Shapes
/// `of_truth` `[candidates][texts]` -> `[candidates]`
///
/// # Panics
/// When there is no candidate.
pub fn select(of_truth: &[Vec<f32>], texts: &[usize]) -> Vec<usize> {
    assert!(!of_truth.is_empty(), "nobody to choose from");
    let mut sums = vec![0.0; texts.len()];
    let mut counts = vec![0; of_truth.len()];
    let mut best: Option<(f64, Vec<usize>)> = None;
    for round in 1..=ROUNDS {
        let loss = |candidate: &[f32]| -> f64 {
            let probability = |(sum, &text): (&f64, &usize)| (sum + f64::from(candidate[text])) / round as f64;
            -sums.iter().zip(texts).map(|pair| probability(pair).max(LEAST).ln()).sum::<f64>()
        };
        let losses = of_truth.iter().map(|candidate| loss(candidate)).enumerate();
        let (chosen, loss) = losses.reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap_or_default();
        sums.iter_mut().zip(texts).for_each(|(sum, &text)| *sum += f64::from(of_truth[chosen][text]));
        counts[chosen] += 1;
        if best.as_ref().is_none_or(|(smallest, _)| loss < *smallest) {
            best = Some((loss, counts.clone()));
        }
    }
    best.map(|(_, counts)| counts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_right_where_the_best_is_wrong_joins_and_a_copy_of_the_best_does_not() {
        // 80 of 100 right; the same again, a little worse; 60 right, but those on which the first is wrong.
        let sure = |right: bool| if right { 0.9 } else { 0.1 };
        let best: Vec<f32> = (0..100).map(|text| sure(text < 80)).collect();
        let copy: Vec<f32> = best.iter().map(|probability| probability - 0.01).collect();
        let other: Vec<f32> = (0..100).map(|text| sure(text >= 40)).collect();
        let all: Vec<usize> = (0..100).collect();
        let counts = select(&[copy, best.clone(), other.clone()], &all);
        assert!(counts[0] == 0 && counts[1] > counts[2] && counts[2] > 0, "{counts:?}");
        // On the first 40 texts alone the other is no help.
        assert_eq!(select(&[best, other], &all[..40]), [1, 0]);
    }

    #[test]
    fn of_equals_the_first_is_enough() {
        let half = vec![0.5; 10];
        assert_eq!(select(&[half.clone(), half], &[0, 1, 2]), [1, 0]);
        assert_eq!(select(&[vec![], vec![]], &[]), [1, 0]);
        assert_eq!(select(&[vec![0.0], vec![0.0]], &[0]), [1, 0], "impossible is no number that spreads");
    }
}
