//! Contenders that answered the same labelled texts: where their scores lie, which differences are significant, which contenders
//! share a rank.
//!
//! *takes* the labels and the answers of each contender -> *gives* intervals, a paired test of every two, ranks. A contender
//! that was trained with several seeds counts as the mean of its runs.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Resampled, percentile_interval, resample};
use crate::paired::{discordant, holm, mcnemar, paired_bootstrap, shared_ranks};
use crate::{ConfidenceLevel, Interval, MainScore, StatisticsConfig};

/// Labelled texts, and how answers to them are compared.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The label of each text. `[texts]`
    pub truth: &'a [u32],
    /// Number of classes.
    pub num_classes: usize,
    /// The score that contenders are compared by.
    pub main_score: MainScore,
    /// Number of resamples and the confidence level.
    pub statistics: &'a StatisticsConfig,
    /// Seed of the resamples.
    pub seed: u64,
}

/// One of those who answered.
#[derive(Clone, Debug)]
pub struct Contender<'a> {
    /// The label that each of its runs gave each text. `[runs][texts]`
    pub runs: Vec<&'a [u32]>,
    /// Its main score, the mean over its runs.
    pub score: f64,
    /// True for a contender that is made of others, such as an ensemble. Its comparisons are corrected apart from those of the
    /// others: adding an ensemble must not make the difference of two models less significant.
    pub is_derived: bool,
}

/// The intervals of three scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Of the accuracy.
    pub accuracy: Interval,
    /// Of the weighted F1.
    pub f1_weighted: Interval,
    /// Of the macro F1.
    #[serde(default)]
    pub f1_macro: Interval,
}

impl Intervals {
    /// That of the main score.
    pub fn of_score(&self, main: MainScore) -> Interval {
        match main {
            MainScore::Accuracy => self.accuracy,
            MainScore::F1Macro => self.f1_macro,
        }
    }
}

/// What the comparison of some contenders says. Contenders are named by their index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The intervals of each contender. `[contenders]`
    pub intervals: Vec<Intervals>,
    /// The contenders by main score, best first; equals keep their order. `[contenders]`
    pub order: Vec<usize>,
    /// The rank of each position in `order`: 1 is the best; contenders that do not differ significantly from the first of a group
    /// share its rank. `[contenders]`
    pub ranks: Vec<usize>,
    /// Every two contenders, in the order of `order`.
    pub pairs: Vec<ComparedPair>,
}

/// Two contenders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparedPair {
    /// The one with the better score.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// The main score of `a` less that of `b`.
    pub difference: f64,
    /// The probability of so large a difference between equals.
    pub p: f64,
    /// The same, corrected for the number of comparisons (Holm).
    pub p_corrected: f64,
    /// The test that gave `p`.
    pub test: PairedTest,
}

/// How two contenders are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairedTest {
    /// McNemar's exact test: for the accuracies of one run each.
    McNemar,
    /// The paired bootstrap: for every other score, and for means over runs.
    Bootstrap,
}

impl PairedTest {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            PairedTest::McNemar => "mcnemar",
            PairedTest::Bootstrap => "paired_bootstrap",
        }
    }
}

impl Evaluation<'_> {
    /// The scores of each contender, which is its runs, in every resample of the texts.
    ///
    /// # Panics
    /// As [`resample`].
    pub fn resampled(&self, contenders: &[Vec<&[u32]>]) -> Vec<Resampled> {
        resample(self.truth, contenders, self.num_classes, self.statistics.n_resamples, self.seed)
    }

    /// The interval that holds as many of the values as the confidence level says.
    pub fn interval(&self, values: &[f64]) -> Interval {
        percentile_interval(values, self.level().fraction())
    }

    /// The intervals of one contender's scores.
    pub fn intervals(&self, resampled: &Resampled) -> Intervals {
        Intervals {
            accuracy: self.interval(&resampled.accuracy),
            f1_weighted: self.interval(&resampled.f1_weighted),
            f1_macro: self.interval(&resampled.f1_macro),
        }
    }

    /// The interval of the `difference` between the main scores of two contenders, and its p-value, by the paired bootstrap.
    pub fn difference(&self, difference: f64, a: &Resampled, b: &Resampled) -> (Interval, f64) {
        let (a, b) = (a.of(self.main_score), b.of(self.main_score));
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        (self.interval(&differences), paired_bootstrap(difference, a, b))
    }

    /// Compares every two contenders and ranks them. Nothing can be said where there is no text: then all lists are empty.
    ///
    /// # Panics
    /// When a contender has no run, an answer is missing, or a label is not below the number of classes.
    pub fn compare(&self, contenders: &[Contender]) -> Compared {
        if self.truth.is_empty() {
            return Compared::default();
        }
        let runs: Vec<Vec<&[u32]>> = contenders.iter().map(|contender| contender.runs.clone()).collect();
        let resampled = self.resampled(&runs);
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        order.sort_by(|&a, &b| contenders[b].score.total_cmp(&contenders[a].score)); // stable: equals keep their order
        let pairs = self.pairs(contenders, &resampled, &order);
        let ranks = ranks(&order, &pairs, self.level());
        Compared { intervals: resampled.iter().map(|of| self.intervals(of)).collect(), order, ranks, pairs }
    }

    fn level(&self) -> ConfidenceLevel {
        self.statistics.level()
    }

    /// A test of every two contenders, the better one first.
    fn pairs(&self, contenders: &[Contender], resampled: &[Resampled], order: &[usize]) -> Vec<ComparedPair> {
        let both =
            order.iter().enumerate().flat_map(|(position, &a)| order[position + 1..].iter().map(move |&b| (a, b)));
        let mut pairs: Vec<ComparedPair> = both
            .map(|(a, b)| {
                let difference = contenders[a].score - contenders[b].score;
                let (p, test) = self.test(difference, (&contenders[a], &resampled[a]), (&contenders[b], &resampled[b]));
                ComparedPair { a, b, difference, p, p_corrected: p, test }
            })
            .collect();
        for is_derived in [false, true] {
            let is_of_family = |pair: &&mut ComparedPair| {
                (contenders[pair.a].is_derived || contenders[pair.b].is_derived) == is_derived
            };
            let family: Vec<&mut ComparedPair> = pairs.iter_mut().filter(is_of_family).collect();
            let corrected = holm(&family.iter().map(|pair| pair.p).collect::<Vec<f64>>());
            family.into_iter().zip(corrected).for_each(|(pair, p)| pair.p_corrected = p);
        }
        pairs
    }

    /// The p-value of a difference, and the test that it comes from.
    fn test(
        &self,
        difference: f64,
        (a, of_a): (&Contender, &Resampled),
        (b, of_b): (&Contender, &Resampled),
    ) -> (f64, PairedTest) {
        match (a.runs.as_slice(), b.runs.as_slice()) {
            (&[a], &[b]) if self.main_score == MainScore::Accuracy => {
                let (only_a, only_b) = discordant(self.truth, a, b);
                (mcnemar(only_a, only_b), PairedTest::McNemar)
            }
            _ => {
                let p = paired_bootstrap(difference, of_a.of(self.main_score), of_b.of(self.main_score));
                (p, PairedTest::Bootstrap)
            }
        }
    }
}

/// The rank of each position in `order`.
fn ranks(order: &[usize], pairs: &[ComparedPair], level: ConfidenceLevel) -> Vec<usize> {
    let count = order.len();
    let mut differs = vec![false; count * count]; // [contenders, contenders]
    for pair in pairs {
        differs[pair.a * count + pair.b] = level.is_significant(pair.p_corrected);
    }
    shared_ranks(count, |first, position| differs[order[first] * count + order[position]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confusion;

    /// The answers of a run that gets `right` of 1,000 texts right: for each run other ones.
    fn answers(run: usize, right: usize) -> Vec<u32> {
        (0..1000).map(|text| u32::from((text * 7 + run * 13) % 1000 >= right)).collect()
    }

    fn compared(right: &[&[usize]], derived: &[usize], confidence_level: f64) -> Compared {
        let truth = vec![0; 1000];
        let runs: Vec<Vec<Vec<u32>>> = right
            .iter()
            .map(|runs| runs.iter().enumerate().map(|(run, &right)| answers(run, right)).collect())
            .collect();
        let contenders: Vec<Contender> = runs
            .iter()
            .zip(right)
            .enumerate()
            .map(|(index, (runs, right))| Contender {
                runs: runs.iter().map(Vec::as_slice).collect(),
                score: right.iter().sum::<usize>() as f64 / (1000 * right.len()) as f64,
                is_derived: derived.contains(&index),
            })
            .collect();
        let statistics = StatisticsConfig { n_resamples: 400, confidence_level, ..StatisticsConfig::default() };
        let main_score = MainScore::Accuracy;
        Evaluation { truth: &truth, num_classes: 2, main_score, statistics: &statistics, seed: 1 }.compare(&contenders)
    }

    #[test]
    fn equals_share_a_rank_and_five_points_do_not() {
        let found = compared(&[&[700], &[750], &[750]], &[], 0.95);
        assert_eq!((found.order.as_slice(), found.ranks.as_slice()), (&[1, 2, 0][..], &[1, 1, 3][..]));
        let [equal, apart, _] = found.pairs.as_slice() else { panic!("three pairs") };
        assert_eq!((equal.a, equal.b, equal.p, equal.test), (1, 2, 1.0, PairedTest::McNemar));
        assert!(apart.p_corrected < 1e-6 && (apart.difference - 0.05).abs() < 1e-12, "{apart:?}");
        let interval = found.intervals[0].accuracy;
        assert!(interval.low < 0.68 && 0.72 < interval.high && interval.high - interval.low < 0.08, "{interval:?}");
    }

    #[test]
    fn several_runs_are_compared_as_their_mean() {
        let found = compared(&[&[700, 720, 710], &[500, 520]], &[], 0.95);
        assert_eq!((found.ranks.as_slice(), found.pairs[0].test), (&[1, 2][..], PairedTest::Bootstrap));
    }

    #[test]
    fn ranks_obey_the_confidence_level() {
        // 12 texts against none: p = 0.0005; 7 against none: p = 0.016.
        let right = [&[712][..], &[707], &[700]];
        assert_eq!(compared(&right, &[], 0.95).ranks, [1, 1, 3], "{:?}", compared(&right, &[], 0.95).pairs);
        assert_eq!(compared(&right, &[], 0.9999).ranks, [1, 1, 1]);
    }

    #[test]
    fn ensembles_make_no_other_difference_less_significant() {
        let without = compared(&[&[712], &[700]], &[], 0.95);
        let with = compared(&[&[712], &[700], &[713], &[714]], &[2, 3], 0.95);
        let models = with.pairs.iter().find(|pair| (pair.a, pair.b) == (0, 1));
        assert_eq!(models.map(|pair| pair.p_corrected), Some(without.pairs[0].p_corrected));
        assert!(with.pairs.iter().any(|pair| pair.p_corrected > pair.p));
    }

    #[test]
    fn of_uneven_classes_the_one_that_finds_the_small_class_is_first() {
        // 190 texts of a large class, 10 of a small one: always the large class, or six of the small one for nine mistakes.
        let truth: Vec<u32> = (0..200).map(|text| u32::from(text >= 190)).collect();
        let lazy = vec![0; 200];
        let busy: Vec<u32> = (0..200).map(|text| u32::from(!(9..194).contains(&text))).collect();
        let statistics = StatisticsConfig { n_resamples: 400, ..StatisticsConfig::default() };
        let main_score = MainScore::F1Macro;
        let score = |answers: &[u32]| Confusion::of(2, &truth, answers).scores().f1_macro;
        let contenders = [&lazy, &busy].map(|answers| Contender {
            runs: vec![answers.as_slice()],
            score: score(answers),
            is_derived: false,
        });
        let found = Evaluation { truth: &truth, num_classes: 2, main_score, statistics: &statistics, seed: 1 }
            .compare(&contenders);
        assert_eq!((found.order.as_slice(), found.pairs[0].test), (&[1, 0][..], PairedTest::Bootstrap));
        let interval = found.intervals[1].of_score(MainScore::F1Macro);
        let score = contenders[1].score;
        assert!(interval.low < score && score < interval.high, "{interval:?}");
    }

    #[test]
    fn no_texts_say_nothing() {
        let statistics = StatisticsConfig::default();
        let main_score = MainScore::Accuracy;
        let nothing = Evaluation { truth: &[], num_classes: 2, main_score, statistics: &statistics, seed: 0 };
        let contender = Contender { runs: vec![&[]], score: 0.0, is_derived: false };
        assert_eq!(nothing.compare(&[contender]), Compared::default());
    }
}
