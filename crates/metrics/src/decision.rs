//! What wrong answers cost, and which answer costs least.
//!
//! *takes* probabilities and [`Costs`] -> *gives* answers. With probabilities that can be believed, the answer with the least expected
//! cost is the best one (Elkan, "The Foundations of Cost-Sensitive Learning", 2001). How far they can be believed is seen on
//! validation texts: there each class gets a weight by which its probability is multiplied first.

use serde::{Deserialize, Serialize};

use crate::folds::stratified_folds;
use crate::most_probable;

/// What a wrong answer costs; a right one costs nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Costs {
    /// By the class of the text, whatever the answer. `[num_classes]`
    PerClass(Vec<f64>),
    /// By the class of the text (rows) and the answer (columns). `[num_classes, num_classes]`
    Matrix(Vec<f64>),
}

impl Costs {
    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        match self {
            Costs::PerClass(costs) => costs.len(),
            Costs::Matrix(costs) => costs.len().isqrt(),
        }
    }

    /// What one answer costs.
    pub fn of(&self, truth: u32, answer: u32) -> f64 {
        match self {
            _ if truth == answer => 0.0,
            Costs::PerClass(costs) => costs[truth as usize],
            Costs::Matrix(costs) => costs[truth as usize * self.num_classes() + answer as usize],
        }
    }

    /// What the answers to some texts cost on average; a class that no model knows costs nothing. 0 without texts.
    pub fn mean(&self, labels: &[u32], answers: &[u32]) -> f64 {
        let known = labels.iter().zip(answers).filter(|(label, _)| (**label as usize) < self.num_classes());
        let sum: f64 = known.map(|(&label, &answer)| self.of(label, answer)).sum();
        sum / labels.len().max(1) as f64
    }
}

/// How probabilities become an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What wrong answers cost.
    pub costs: Costs,
    /// What the probability of each class is multiplied by before costs are weighed. `[num_classes]`
    pub weights: Vec<f64>,
}

/// The factors that are tried for a class.
const FACTORS: [f64; 12] = [0.125, 0.25, 0.4, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0, 2.5, 4.0, 8.0];
/// How often all classes are gone through.
const PASSES: usize = 2;
/// Folds in which fitted weights have to prove themselves.
const FOLDS: usize = 5;
/// Of more classes the weights are not fitted.
const MOST_CLASSES: usize = 50;

impl Decision {
    /// The answer with the least expected cost, probabilities taken as they are.
    pub fn unweighted(costs: Costs) -> Decision {
        let weights = vec![1.0; costs.num_classes()];
        Decision { costs, weights }
    }

    /// Fits the weights to validation texts. They stay 1 where, fitted on four fifths of the texts, they do not lower the cost of the
    /// other fifth.
    ///
    /// # Shapes
    /// `probabilities` `[texts, num_classes]`, `labels` `[texts]`
    ///
    /// # Examples
    /// ```
    /// use ninefold_metrics::decision::{Costs, Decision};
    ///
    /// let decision = Decision::fit(Costs::PerClass(vec![1.0, 10.0]), &[], &[], 0);
    /// assert_eq!(decision.answers(&[0.8, 0.2, 0.95, 0.05]), [1, 0]);
    /// assert!((decision.threshold().unwrap() - 1.0 / 11.0).abs() < 1e-12);
    /// ```
    pub fn fit(costs: Costs, probabilities: &[f32], labels: &[u32], seed: u64) -> Decision {
        let classes = costs.num_classes();
        let unweighted = Decision::unweighted(costs);
        if classes > MOST_CLASSES || labels.len() < FOLDS {
            return unweighted;
        }
        let folds = stratified_folds(labels, classes, FOLDS, seed);
        let part = |is_in: &dyn Fn(usize) -> bool| -> (Vec<f32>, Vec<u32>) {
            let texts: Vec<usize> = (0..labels.len()).filter(|&text| is_in(folds[text])).collect();
            let rows = texts.iter().flat_map(|text| &probabilities[text * classes..][..classes]);
            (rows.copied().collect(), texts.iter().map(|&text| labels[text]).collect())
        };
        let (mut fitted_cost, mut plain_cost) = (0.0, 0.0);
        for fold in 0..FOLDS {
            let (rows, of) = part(&|other| other != fold);
            let (held_out, truth) = part(&|other| other == fold);
            let fitted = unweighted.fitted(&rows, &of);
            fitted_cost += fitted.mean_cost(&held_out, &truth) * truth.len() as f64;
            plain_cost += unweighted.mean_cost(&held_out, &truth) * truth.len() as f64;
        }
        if fitted_cost < plain_cost { unweighted.fitted(probabilities, labels) } else { unweighted }
    }

    /// The weights that cost least, class after class.
    fn fitted(&self, probabilities: &[f32], labels: &[u32]) -> Decision {
        let mut best = self.clone();
        let mut least = best.mean_cost(probabilities, labels);
        for _ in 0..PASSES {
            for class in 0..best.weights.len() {
                let before = best.weights[class];
                let mut chosen = before;
                for factor in FACTORS {
                    best.weights[class] = before * factor;
                    let cost = best.mean_cost(probabilities, labels);
                    if cost < least {
                        (least, chosen) = (cost, before * factor);
                    }
                }
                best.weights[class] = chosen;
            }
        }
        best
    }

    fn mean_cost(&self, probabilities: &[f32], labels: &[u32]) -> f64 {
        self.costs.mean(labels, &self.answers(probabilities))
    }

    /// The answer to each text, of equally cheap ones the first.
    ///
    /// # Shapes
    /// `probabilities` `[texts, num_classes]` -> `[texts]`
    pub fn answers(&self, probabilities: &[f32]) -> Vec<u32> {
        let classes = self.weights.len();
        let saved: Vec<f32> = probabilities.chunks_exact(classes.max(1)).flat_map(|row| self.saved(row)).collect();
        most_probable(&saved, classes)
    }

    /// What each answer saves of the expected cost, beside a constant. `[num_classes]` each
    fn saved(&self, row: &[f32]) -> Vec<f32> {
        let weighted: Vec<f64> =
            row.iter().zip(&self.weights).map(|(&share, weight)| f64::from(share) * weight).collect();
        match &self.costs {
            Costs::PerClass(costs) => weighted.iter().zip(costs).map(|(share, cost)| (share * cost) as f32).collect(),
            Costs::Matrix(costs) => {
                let mut expected = vec![0.0; row.len()];
                for (truth, (share, costs)) in weighted.iter().zip(costs.chunks_exact(row.len())).enumerate() {
                    let wrong = expected.iter_mut().zip(costs).enumerate().filter(|(answer, _)| *answer != truth);
                    wrong.for_each(|(_, (sum, cost))| *sum += share * cost);
                }
                expected.into_iter().map(|cost| -cost as f32).collect()
            }
        }
    }

    /// Whether it has a cost and a weight, 0 or more, for each of so many classes.
    pub fn is_about(&self, num_classes: usize) -> bool {
        let costs = match &self.costs {
            Costs::PerClass(costs) if costs.len() == num_classes => costs,
            Costs::Matrix(costs) if costs.len() == num_classes * num_classes => costs,
            _ => return false,
        };
        self.weights.len() == num_classes
            && costs.iter().chain(&self.weights).all(|number| (0.0..f64::MAX).contains(number))
    }

    /// Of two classes: the probability of the second from which on it is the answer. `None` of more classes.
    pub fn threshold(&self) -> Option<f64> {
        let [first, second] = self.weights[..] else { return None };
        let (first, second) = (first * self.costs.of(0, 1), second * self.costs.of(1, 0));
        Some(if first + second > 0.0 { first / (first + second) } else { 0.5 })
    }
}

/// From which probability on a class is the answer, whatever the others have: for somebody who knows how many misses or false alarms
/// of a class can be borne.
///
/// # Examples
/// ```
/// use ninefold_metrics::decision::Thresholds;
///
/// let second = Thresholds::new(vec![None, Some(0.2)]).unwrap();
/// assert_eq!(second.answers(&[0.7, 0.3, 0.9, 0.1]), [1, 0]);
/// assert_eq!(Thresholds::new(vec![Some(0.9), Some(0.9)]), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds(Vec<Option<f64>>); // [num_classes]

impl Thresholds {
    /// `None` where every class has a threshold: nothing would be the answer where none is reached. `[num_classes]`
    pub fn new(thresholds: Vec<Option<f64>>) -> Option<Thresholds> {
        thresholds.contains(&None).then_some(Thresholds(thresholds))
    }

    /// The answer to each text: of the classes that reach their thresholds the one that exceeds its own by the largest factor; where
    /// there is none, the most probable class without a threshold.
    ///
    /// # Shapes
    /// `probabilities` `[texts, num_classes]` -> `[texts]`
    pub fn answers(&self, probabilities: &[f32]) -> Vec<u32> {
        let weighed = |row: &[f32]| -> Vec<f32> {
            let reaches =
                |(share, threshold): (&f32, &Option<f64>)| threshold.is_some_and(|least| f64::from(*share) >= least);
            let is_reached = row.iter().zip(&self.0).any(reaches);
            let weight = |(share, threshold): (&f32, &Option<f64>)| match threshold {
                Some(least) if is_reached && reaches((share, threshold)) => (f64::from(*share) / least) as f32,
                None if !is_reached => *share,
                _ => f32::NEG_INFINITY,
            };
            row.iter().zip(&self.0).map(weight).collect()
        };
        let weighed: Vec<f32> = probabilities.chunks_exact(self.0.len()).flat_map(weighed).collect();
        most_probable(&weighed, self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_with_a_threshold_is_the_answer_from_there_on_and_nowhere_else() {
        let two = Thresholds::new(vec![None, Some(0.2), Some(0.5), None]);
        let rows = [
            [0.7, 0.2, 0.1, 0.0],   // reached exactly
            [0.1, 0.3, 0.6, 0.0],   // both; 0.3 is 1.5 times its threshold
            [0.1, 0.15, 0.45, 0.3], // none: the most probable of the others
            [0.4, 0.0, 0.6, 0.0],
        ];
        assert_eq!(two.map(|two| two.answers(&rows.concat())), Some(vec![1, 1, 3, 2]));
    }

    #[test]
    fn matrix_and_equal_columns_are_the_same_as_costs_per_class() {
        let rows = [0.5, 0.3, 0.2, 0.1, 0.1, 0.8, 0.3, 0.4, 0.3];
        let per_class = Costs::PerClass(vec![1.0, 4.0, 2.0]);
        let matrix = Costs::Matrix(vec![0.0, 1.0, 1.0, 4.0, 0.0, 4.0, 2.0, 2.0, 0.0]);
        let [a, b] = [per_class, matrix].map(|costs| Decision { costs, weights: vec![1.0; 3] });
        assert_eq!(a.answers(&rows), [1, 2, 1]);
        assert_eq!(b.answers(&rows), [1, 2, 1]);
        assert_eq!(a.costs.mean(&[0, 1, 2], &[1, 1, 0]), b.costs.mean(&[0, 1, 2], &[1, 1, 0]));
    }

    #[test]
    fn weights_correct_probabilities_that_are_too_small() {
        // Every fourth text of the second class says so by a probability of 0.3, which the first class never has.
        let labels: Vec<u32> = (0..400).map(|text| u32::from(text % 4 == 0)).collect();
        let rows: Vec<f32> =
            labels.iter().flat_map(|&label| if label == 1 { [0.7, 0.3] } else { [0.9, 0.1] }).collect();
        let decision = Decision::fit(Costs::PerClass(vec![1.0, 1.0]), &rows, &labels, 0);
        assert_eq!(decision.costs.mean(&labels, &decision.answers(&rows)), 0.0);
        assert!(decision.threshold().is_some_and(|threshold| (0.1..0.3).contains(&threshold)), "{decision:?}");
    }

    #[test]
    fn weights_that_fit_chance_are_not_taken() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 65_536.0
        };
        let rows: Vec<f32> = (0..200)
            .flat_map(|_| {
                let p = random();
                [p, 1.0 - p]
            })
            .collect();
        let labels: Vec<u32> = rows.chunks(2).map(|row| u32::from(random() > row[0])).collect();
        let decision = Decision::fit(Costs::PerClass(vec![1.0, 1.0]), &rows, &labels, 3);
        assert!(decision.weights.iter().all(|weight| (0.4..=2.5).contains(weight)), "{decision:?}");
    }
}
