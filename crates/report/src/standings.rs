//! Which differences between rows chance cannot explain: intervals, comparisons, shared ranks.
//!
//! Takes the rows of a leaderboard and their answers to the test texts -> puts a rank and an interval into every row, and
//! beside the rows a [`Standing`] per pair and a [`Comparison`] of every two. A pair with several seeds counts as the mean
//! of them.

use serde::{Deserialize, Serialize};

use super::{Leaderboard, Row};
use ninefold_metrics::bootstrap::{Resampled, mean_and_deviation, percentile_interval, resample};
use ninefold_metrics::paired::{discordant, holm, mcnemar, paired_bootstrap, shared_ranks};
use ninefold_metrics::{Interval, MainScore, StatisticsConfig};

/// The intervals of one row's test scores.
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

/// A pair over all its seeds, or a baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The embedding: "word2vec"; "none" where a baseline has none.
    pub embedding: String,
    /// The network or baseline: "gru".
    pub model: String,
    /// True for what is there for comparison only.
    pub baseline: bool,
    /// True for several of the others that answer together.
    #[serde(default)]
    pub ensemble: bool,
    /// 1 is the best; those that cannot be told apart from the first of a group share its rank.
    pub rank: usize,
    /// The seeds that have scores.
    pub seeds: Vec<u64>,
    /// The seed with the best validation score.
    pub picked_seed: u64,
    /// Mean test accuracy of the seeds.
    pub accuracy: f64,
    /// Standard deviation of the test accuracy between the seeds; 0 of a single one.
    pub accuracy_deviation: f64,
    /// Mean weighted test F1 of the seeds.
    pub f1_weighted: f64,
    /// Mean macro test F1 of the seeds.
    #[serde(default)]
    pub f1_macro: f64,
    /// Mean validation accuracy of the seeds.
    pub validation_accuracy: f64,
    /// Where the means lie.
    pub interval: Intervals,
}

/// Two standings, compared on the same test texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The name of the better one: "word2vec + gru".
    pub a: String,
    /// The name of the other.
    pub b: String,
    /// The main score of `a` less that of `b`.
    pub difference: f64,
    /// How probable such a difference is between equals.
    pub p: f64,
    /// The same, corrected for the number of comparisons (Holm), those with an ensemble in them apart from the others.
    pub p_corrected: f64,
    /// "mcnemar" for the accuracies of one run each, else "paired_bootstrap".
    pub test: String,
}

/// Below this probability a difference is not put down to chance.
pub(super) const SIGNIFICANT: f64 = 0.05;

impl Comparison {
    /// Whether chance would hardly bring the difference about.
    pub fn is_told(&self) -> bool {
        self.p_corrected < SIGNIFICANT
    }
}

/// How the figures came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// How often the test texts were drawn again.
    pub n_resamples: usize,
    /// Share of such intervals that hold the true score.
    pub confidence_level: f64,
    /// Models of this run that were scored on the test labels.
    pub looks: usize,
    /// Models of all runs on this machine that were scored on these test labels.
    pub looks_ever: usize,
}

/// The labels that the test texts have, and those that the rows gave them.
#[derive(Clone, Copy, Debug)]
pub struct TestAnswers<'a> {
    /// `[texts]`
    pub truth: &'a [u32],
    /// Per row; `None` for one without scores. `[rows][texts]`
    pub predicted: &'a [Option<Vec<u32>>],
    /// Number of classes.
    pub num_classes: usize,
}

impl Leaderboard {
    /// Compares all rows.
    ///
    /// # Panics
    /// When there is not one list of answers per row, or one of them has another length than the truth.
    pub fn judge(&mut self, answers: TestAnswers, config: &StatisticsConfig, seed: u64) {
        assert_eq!(answers.predicted.len(), self.rows.len(), "answers of every row");
        let groups = self.groups(answers.predicted);
        let scored: Vec<usize> = (0..self.rows.len()).filter(|&row| answers.predicted[row].is_some()).collect();
        if scored.is_empty() || answers.truth.is_empty() {
            return;
        }
        let run = |row: usize| answers.predicted[row].as_deref().unwrap_or_default();
        let singles = scored.iter().map(|&row| vec![run(row)]);
        let means = groups.iter().map(|rows| rows.iter().map(|&row| run(row)).collect());
        let contenders: Vec<Vec<&[u32]>> = singles.chain(means).collect();
        let resampled = resample(answers.truth, &contenders, answers.num_classes, config.n_resamples, seed);
        let (singles, means) = resampled.split_at(scored.len());
        let (level, main) = (config.confidence_level, self.main_score);
        for (&row, resampled) in scored.iter().zip(singles) {
            self.rows[row].interval = Some(Intervals::of(resampled, level));
        }
        let mut standings: Vec<(Standing, &Vec<usize>, &Resampled)> = groups
            .iter()
            .zip(means)
            .map(|(rows, resampled)| (self.standing(rows, Intervals::of(resampled, level)), rows, resampled))
            .collect();
        standings.sort_by(|a, b| b.0.score(main).total_cmp(&a.0.score(main))); // stable: equals stay in the rows' order

        let count = standings.len();
        let pairs: Vec<(usize, usize)> = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect();
        let compare = |&(a, b): &(usize, usize)| {
            let ((one, rows_a, draws_a), (other, rows_b, draws_b)) = (&standings[a], &standings[b]);
            let difference = one.score(main) - other.score(main);
            match (rows_a.as_slice(), rows_b.as_slice()) {
                (&[a], &[b]) if main == MainScore::Accuracy => {
                    let (only_a, only_b) = discordant(answers.truth, run(a), run(b));
                    (difference, mcnemar(only_a, only_b), "mcnemar")
                }
                _ => {
                    let p = paired_bootstrap(difference, draws_a.of(main), draws_b.of(main));
                    (difference, p, "paired_bootstrap")
                }
            }
        };
        let compared: Vec<(f64, f64, &str)> = pairs.iter().map(compare).collect();
        let is_together = |&(a, b): &(usize, usize)| standings[a].0.ensemble || standings[b].0.ensemble;
        let with_ensembles: Vec<bool> = pairs.iter().map(is_together).collect();
        let corrected = corrected(&compared.iter().map(|(_, p, _)| *p).collect::<Vec<f64>>(), &with_ensembles);
        let name = |place: usize| standings[place].0.name();
        self.comparisons = pairs
            .iter()
            .zip(&compared)
            .zip(&corrected)
            .map(|((&(a, b), &(difference, p, test)), &p_corrected)| Comparison {
                a: name(a),
                b: name(b),
                difference,
                p,
                p_corrected,
                test: test.to_string(),
            })
            .collect();
        let place = |a: usize, b: usize| pairs.binary_search(&(a, b)).unwrap_or_default();
        let ranks = shared_ranks(count, |a, b| corrected[place(a, b)] < 1.0 - level);
        for ((standing, rows, _), rank) in standings.iter_mut().zip(ranks) {
            standing.rank = rank;
            rows.iter().for_each(|&row| self.rows[row].rank = Some(rank));
        }
        self.standings = standings.into_iter().map(|(standing, ..)| standing).collect();
    }

    /// Rows with answers that have the same names, in the order of their first.
    fn groups(&self, predicted: &[Option<Vec<u32>>]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (row, _) in predicted.iter().enumerate().filter(|(_, answers)| answers.is_some()) {
            let is_same = |group: &&mut Vec<usize>| self.rows[group[0]].pair() == self.rows[row].pair();
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
        groups
    }

    fn standing(&self, rows: &[usize], interval: Intervals) -> Standing {
        let rows: Vec<&Row> = rows.iter().map(|&row| &self.rows[row]).collect();
        let over = |of: fn(&Row) -> f64| mean_and_deviation(&rows.iter().map(|row| of(row)).collect::<Vec<f64>>());
        let (accuracy, accuracy_deviation) = over(|row| row.test.unwrap_or_default().accuracy);
        Standing {
            embedding: rows[0].embedding.clone(),
            model: rows[0].model.clone(),
            baseline: rows[0].baseline,
            ensemble: rows[0].ensemble,
            rank: 0,
            seeds: rows.iter().map(|row| row.seed).collect(),
            picked_seed: picked(&rows, self.main_score).seed,
            accuracy,
            accuracy_deviation,
            f1_weighted: over(|row| row.test.unwrap_or_default().f1_weighted).0,
            f1_macro: over(|row| row.test.unwrap_or_default().f1_macro).0,
            validation_accuracy: over(|row| row.validation.unwrap_or_default().accuracy).0,
            interval,
        }
    }

    /// The comparison of two rows by their names, whichever is the better.
    pub fn comparison(&self, one: &str, other: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|both| (both.a == one && both.b == other) || (both.a == other && both.b == one))
    }
}

/// Holm's correction, apart for the comparisons that an ensemble takes part in: that ensembles stand beside them makes no
/// difference between two models harder to tell.
fn corrected(p: &[f64], with_ensembles: &[bool]) -> Vec<f64> {
    let mut corrected = vec![0.0; p.len()];
    for family in [false, true] {
        let places: Vec<usize> = (0..p.len()).filter(|&place| with_ensembles[place] == family).collect();
        let of_family = holm(&places.iter().map(|&place| p[place]).collect::<Vec<f64>>());
        places.iter().zip(of_family).for_each(|(&place, p)| corrected[place] = p);
    }
    corrected
}

/// The one with the best validation score, of equals the first.
pub(super) fn picked<'a>(rows: &[&'a Row], main: MainScore) -> &'a Row {
    let score = |row: &Row| main.of(&row.validation.unwrap_or_default());
    rows.iter().fold(rows[0], |best, row| if score(row) > score(best) { row } else { best })
}

impl Standing {
    /// Its main score.
    pub fn score(&self, main: MainScore) -> f64 {
        match main {
            MainScore::Accuracy => self.accuracy,
            MainScore::F1Macro => self.f1_macro,
        }
    }

    /// True for an embedding with a network.
    pub fn is_pair(&self) -> bool {
        !self.baseline && !self.ensemble
    }

    /// The name that its rows have: "word2vec + gru".
    pub fn name(&self) -> String {
        super::leaderboard::name(&self.embedding, &self.model)
    }
}

impl Intervals {
    fn of(resampled: &Resampled, level: f64) -> Intervals {
        Intervals {
            accuracy: percentile_interval(&resampled.accuracy, level),
            f1_weighted: percentile_interval(&resampled.f1_weighted, level),
            f1_macro: percentile_interval(&resampled.f1_macro, level),
        }
    }

    /// That of the main score.
    pub fn of_score(&self, main: MainScore) -> Interval {
        match main {
            MainScore::Accuracy => self.accuracy,
            MainScore::F1Macro => self.f1_macro,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_metrics::Confusion;

    /// Rows that get the first `right` of 1,000 texts right, but for a stride of them.
    fn board(models: &[(&str, u64, usize)]) -> Leaderboard {
        let truth = vec![0u32; 1000];
        let answers: Vec<Option<Vec<u32>>> = models
            .iter()
            .map(|&(_, seed, right)| {
                let is_right = |text: usize| (text * 7 + seed as usize * 13) % 1000 < right;
                Some((0..1000).map(|text| u32::from(!is_right(text))).collect())
            })
            .collect();
        let scores = |answers: &Option<Vec<u32>>| Confusion::of(2, &truth, answers.as_ref().unwrap()).scores();
        let row = |(&(model, seed, right), answers): (&(&str, u64, usize), &Option<Vec<u32>>)| Row {
            embedding: "word2vec".into(),
            model: model.into(),
            seed,
            test: Some(scores(answers)),
            validation: Some(ninefold_metrics::Scores { accuracy: right as f64 / 1000.0, ..Default::default() }),
            ..Row::default()
        };
        let rows = models.iter().zip(&answers).map(row).collect();
        let mut board = Leaderboard { rows, ..Leaderboard::default() };
        let answers = TestAnswers { truth: &truth, predicted: &answers, num_classes: 2 };
        board.judge(answers, &StatisticsConfig { n_resamples: 400, ..Default::default() }, 1);
        board
    }

    #[test]
    fn equals_tie_and_five_points_do_not() {
        let board = board(&[("rnn", 0, 700), ("gru", 0, 750), ("lstm", 0, 750)]);
        let ranks: Vec<(&str, usize)> =
            board.standings.iter().map(|standing| (standing.model.as_str(), standing.rank)).collect();
        assert_eq!(ranks, [("gru", 1), ("lstm", 1), ("rnn", 3)]);
        assert_eq!(board.comparison("word2vec + lstm", "word2vec + gru").unwrap().p, 1.0);
        assert!(board.comparison("word2vec + rnn", "word2vec + gru").unwrap().p_corrected < 1e-6);
        assert_eq!(board.rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [Some(3), Some(1), Some(1)]);
        let interval = board.rows[0].interval.unwrap().accuracy;
        assert!(interval.low < 0.68 && 0.72 < interval.high && interval.high - interval.low < 0.08, "{interval:?}");
    }

    #[test]
    fn seeds_are_one_standing_and_validation_picks_one() {
        let board = board(&[("gru", 0, 700), ("gru", 1, 720), ("gru", 2, 710), ("rnn", 0, 500), ("rnn", 1, 520)]);
        let gru = &board.standings[0];
        assert_eq!((gru.seeds.as_slice(), gru.picked_seed, gru.rank), (&[0, 1, 2][..], 1, 1));
        assert!((gru.accuracy - 0.71).abs() < 1e-12 && (gru.accuracy_deviation - 0.01).abs() < 1e-12);
        assert_eq!(board.standings[1].rank, 2);
        assert_eq!(board.comparisons[0].test, "paired_bootstrap");
    }

    #[test]
    fn of_uneven_classes_the_one_that_finds_the_small_class_is_first() {
        // 190 texts of a large class and 10 of a small one: always the large class, or six of the small at the price of 9 others.
        let truth: Vec<u32> = (0..200).map(|text| u32::from(text >= 190)).collect();
        let finds: Vec<u32> = (0..200).map(|text| u32::from(!(9..194).contains(&text))).collect();
        let answers = vec![Some(vec![0; 200]), Some(finds)];
        let row = |model: &str, answers: &Option<Vec<u32>>| Row {
            model: model.into(),
            test: Some(Confusion::of(2, &truth, answers.as_ref().unwrap()).scores()),
            ..Row::default()
        };
        let rows = vec![row("lazy", &answers[0]), row("busy", &answers[1])];
        let mut board = Leaderboard { rows, main_score: MainScore::F1Macro, ..Leaderboard::default() };
        board.judge(
            TestAnswers { truth: &truth, predicted: &answers, num_classes: 2 },
            &StatisticsConfig { n_resamples: 400, ..Default::default() },
            1,
        );
        let first = &board.standings[0];
        assert!(first.model == "busy" && first.accuracy < board.standings[1].accuracy, "{:?}", board.standings);
        assert_eq!(board.comparisons[0].test, "paired_bootstrap");
        let interval = first.interval.of_score(MainScore::F1Macro);
        assert!(interval.low < first.f1_macro && first.f1_macro < interval.high, "{interval:?}");
    }

    #[test]
    fn nothing_is_judged_without_scores() {
        let mut board = Leaderboard { rows: vec![Row::default()], ..Leaderboard::default() };
        let answers = TestAnswers { truth: &[0], predicted: &[None], num_classes: 2 };
        board.judge(answers, &StatisticsConfig::default(), 0);
        assert!(board.standings.is_empty() && board.rows[0].rank.is_none());
    }
}
