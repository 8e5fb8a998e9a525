//! The answers of all models of a run, read back from its folder -> intervals, ranks and comparisons in its leaderboard.
//!
//! The statistics are [`ninefold_metrics::compare`]'s; here rows become contenders, and what was found becomes records.

use rustc_hash::FxHashMap;

use crate::run::texts::Texts;
use crate::{Config, RunFolder};
use ninefold_core::error::{Error, Result};
use ninefold_metrics::bootstrap::mean_and_deviation;
use ninefold_metrics::compare::{Compared, ComparedPair, Contender, Evaluation};
use ninefold_metrics::{MainScore, Scores};
use ninefold_records::{Comparison, Leaderboard, Row, RowKind, Standing, Statistics, picked};

/// Judges all rows that have scores.
///
/// # Errors
/// [`Error::Format`] when the predictions of a row are missing or altered.
pub(crate) fn judge(board: &mut Leaderboard, config: &Config, texts: &Texts, folder: &RunFolder) -> Result<()> {
    let truth = texts.test.labels();
    let answers = |row: &Row| -> Result<Option<Vec<u32>>> {
        if row.accuracy().is_none() {
            return Ok(None);
        }
        predicted(row, &texts.corpus.labels, truth.len(), folder).map(Some)
    };
    let predicted = board.rows.iter().map(answers).collect::<Result<Vec<_>>>()?;
    let evaluation = Evaluation {
        truth,
        num_classes: texts.corpus.labels.len() + texts.corpus.unseen_labels.len(),
        main_score: board.main_score,
        statistics: &config.statistics,
        seed: config.seed,
    };
    rank(board, &predicted, &evaluation);
    let evaluations = predicted.iter().flatten().count();
    board.statistics = Some(Statistics {
        n_resamples: config.statistics.n_resamples,
        confidence_level: config.statistics.level(),
        test_evaluations: evaluations,
        test_evaluations_total: texts.test_evaluations.total().unwrap_or(evaluations),
    });
    Ok(())
}

/// The class that a row gives each of so many test texts, read from its predictions.
///
/// # Errors
/// [`Error::Format`] when the predictions are missing or altered.
pub(crate) fn predicted(row: &Row, labels: &[String], texts: usize, folder: &RunFolder) -> Result<Vec<u32>> {
    let ids: FxHashMap<&str, u32> = (0..).zip(labels).map(|(id, label)| (label.as_str(), id)).collect();
    let predictions = folder.records().predictions(row)?;
    let classes: Option<Vec<u32>> =
        predictions.iter().map(|prediction| ids.get(prediction.predicted.as_str()).copied()).collect();
    let path = folder.records().predictions_path(row);
    let expected = format!("predictions of {texts} test texts, each one of the classes");
    classes.filter(|classes| classes.len() == texts).ok_or_else(|| Error::format(path, expected, "others"))
}

/// Puts an interval and a rank into every row with answers, and beside the rows a standing per pair and a comparison of every two.
///
/// # Shapes
/// `predicted` `[rows][texts]`, `None` for a row without scores
fn rank(board: &mut Leaderboard, predicted: &[Option<Vec<u32>>], evaluation: &Evaluation) {
    let answered: Vec<(usize, &[u32])> =
        predicted.iter().enumerate().filter_map(|(row, answers)| Some((row, answers.as_deref()?))).collect();
    if answered.is_empty() || evaluation.truth.is_empty() {
        return;
    }
    let runs: Vec<Vec<&[u32]>> = answered.iter().map(|&(_, answers)| vec![answers]).collect();
    for (&(row, _), resampled) in answered.iter().zip(evaluation.resampled(&runs)) {
        board.rows[row].interval = Some(evaluation.intervals(&resampled));
    }
    let groups = groups(&board.rows, &answered);
    let standings: Vec<Standing> = groups.iter().map(|group| standing(&board.rows, group, board.main_score)).collect();
    let contenders: Vec<Contender> = groups
        .iter()
        .zip(&standings)
        .map(|(group, standing)| Contender {
            runs: group.iter().map(|&(_, answers)| answers).collect(),
            score: standing.score(board.main_score),
            is_derived: standing.kind == RowKind::Ensemble,
        })
        .collect();
    let compared = evaluation.compare(&contenders);
    board.comparisons = comparisons(&compared, &standings);
    for (&contender, &rank) in compared.order.iter().zip(&compared.ranks) {
        groups[contender].iter().for_each(|&(row, _)| board.rows[row].rank = Some(rank));
        let interval = compared.intervals[contender];
        board.standings.push(Standing { rank, interval, ..standings[contender].clone() });
    }
}

/// A row, by its index, and its answers to the test texts.
type Answered<'a> = (usize, &'a [u32]);

/// Rows with the same name, in the order of their first.
fn groups<'a>(rows: &[Row], answered: &[Answered<'a>]) -> Vec<Vec<Answered<'a>>> {
    let mut groups: Vec<Vec<Answered>> = Vec::new();
    for &(row, answers) in answered {
        match groups.iter_mut().find(|group| rows[group[0].0].pair() == rows[row].pair()) {
            Some(group) => group.push((row, answers)),
            None => groups.push(vec![(row, answers)]),
        }
    }
    groups
}

/// The mean of some rows, without rank and interval.
fn standing(rows: &[Row], group: &[Answered], main: MainScore) -> Standing {
    let rows: Vec<&Row> = group.iter().map(|&(row, _)| &rows[row]).collect();
    let over = |part: fn(&Row) -> Option<Scores>, score: fn(Scores) -> f64| {
        mean_and_deviation(&rows.iter().map(|row| score(part(row).unwrap_or_default())).collect::<Vec<f64>>())
    };
    let (accuracy, accuracy_deviation) = over(|row| row.test, |scores| scores.accuracy);
    Standing {
        embedding: rows[0].embedding.clone(),
        model: rows[0].model.clone(),
        kind: rows[0].kind,
        seeds: rows.iter().map(|row| row.seed).collect(),
        picked_seed: picked(&rows, main).map_or(0, |row| row.seed),
        accuracy,
        accuracy_deviation,
        f1_weighted: over(|row| row.test, |scores| scores.f1_weighted).0,
        f1_macro: over(|row| row.test, |scores| scores.f1_macro).0,
        validation_accuracy: over(|row| row.validation, |scores| scores.accuracy).0,
        ..Standing::default()
    }
}

fn comparisons(compared: &Compared, standings: &[Standing]) -> Vec<Comparison> {
    let comparison = |pair: &ComparedPair| Comparison {
        a: standings[pair.a].name(),
        b: standings[pair.b].name(),
        difference: pair.difference,
        p: pair.p,
        p_corrected: pair.p_corrected,
        test: pair.test.name().to_string(),
    };
    compared.pairs.iter().map(comparison).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_metrics::{Confusion, StatisticsConfig};

    /// Rows that get `right` of 1,000 texts right, each seed other ones.
    fn board(models: &[(&str, u64, usize)]) -> Leaderboard {
        let truth = vec![0u32; 1000];
        let answers: Vec<Option<Vec<u32>>> = models
            .iter()
            .map(|&(_, seed, right)| {
                let is_right = |text: usize| (text * 7 + seed as usize * 13) % 1000 < right;
                Some((0..1000).map(|text| u32::from(!is_right(text))).collect())
            })
            .collect();
        let row = |(&(model, seed, right), answers): (&(&str, u64, usize), &Option<Vec<u32>>)| Row {
            embedding: "word2vec".into(),
            model: model.into(),
            seed,
            test: Some(Confusion::of(2, &truth, answers.as_ref().unwrap()).scores()),
            validation: Some(Scores { accuracy: right as f64 / 1000.0, ..Default::default() }),
            ..Row::default()
        };
        let rows = models.iter().zip(&answers).map(row).collect();
        let mut board = Leaderboard { rows, ..Leaderboard::default() };
        let statistics = StatisticsConfig { n_resamples: 400, ..StatisticsConfig::default() };
        let main_score = MainScore::Accuracy;
        let evaluation = Evaluation { truth: &truth, num_classes: 2, main_score, statistics: &statistics, seed: 1 };
        rank(&mut board, &answers, &evaluation);
        board
    }

    #[test]
    fn ranks_stand_in_rows_and_standings() {
        let board = board(&[("rnn", 0, 700), ("gru", 0, 750), ("lstm", 0, 750)]);
        let ranks: Vec<(&str, usize)> =
            board.standings.iter().map(|standing| (standing.model.as_str(), standing.rank)).collect();
        assert_eq!(ranks, [("gru", 1), ("lstm", 1), ("rnn", 3)]);
        assert_eq!(board.comparison("word2vec + lstm", "word2vec + gru").unwrap().p, 1.0);
        assert!(board.comparison("word2vec + rnn", "word2vec + gru").unwrap().p_corrected < 1e-6);
        assert_eq!(board.rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [Some(3), Some(1), Some(1)]);
        assert_eq!(board.rows[0].interval, Some(board.standings[2].interval));
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
    fn nothing_is_judged_without_scores() {
        let mut board = Leaderboard { rows: vec![Row::default()], ..Leaderboard::default() };
        let statistics = StatisticsConfig::default();
        let main_score = MainScore::Accuracy;
        let evaluation = Evaluation { truth: &[0], num_classes: 2, main_score, statistics: &statistics, seed: 0 };
        rank(&mut board, &[None], &evaluation);
        assert!(board.standings.is_empty() && board.rows[0].rank.is_none());
    }
}
