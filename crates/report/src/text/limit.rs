//! Evidence about what limits the scores.
//!
//! Takes a leaderboard -> gives sentences that state what was measured and no more: whether another kind of model scores
//! significantly more on the same texts, whether the best network overfits, and whether every model loses between validation,
//! which is cut from train, and test.

use crate::phrases::{self, distance, percent};
use ninefold_records::{Leaderboard, Row, RowKind};

/// A network overfits where its score on train exceeds that on validation by more than this.
const OVERFITTED: f64 = 0.05;
/// A loss of all models between validation and test that the choice of their best epochs does not explain.
const SHIFT: f64 = 0.03;
/// Smaller differences between the best network and the best baseline are not reported.
const AHEAD: f64 = 0.02;

/// What the scores show about the best network, and about the test texts.
pub(crate) fn limit(board: &Leaderboard, best: &Row) -> Vec<String> {
    let evidence = if best.kind == RowKind::Baseline { None } else { evidence(board, best) };
    evidence.into_iter().chain(shift(board)).collect()
}

fn evidence(board: &Leaderboard, best: &Row) -> Option<String> {
    let main = board.main_score;
    let score = |row: &Row| row.score(main);
    let (Learned { train, held_out, .. }, test) = (Learned::of(board, best)?, score(best)?);
    let baseline = board.chosen(RowKind::Baseline).filter(|row| !row.is_blind());
    let ahead = baseline.and_then(|baseline| {
        let comparison = board.comparison(&baseline.pair(), &best.pair())?;
        let difference = score(baseline)? - test;
        (comparison.is_significant(board.confidence_level()) && difference > AHEAD)
            .then(|| (baseline.pair(), difference))
    });
    let name = best.pair();
    let scores = format!(
        "{name} scores {} on train and {} on validation",
        phrases::score(main, train),
        phrases::score(main, held_out)
    );
    let is_overfitted = train - held_out > OVERFITTED;
    let advice = match is_overfitted {
        true => "The network overfits. Try more dropout, a smaller hidden_size, or more training texts.",
        false => "The network does not overfit. Try more epochs or a larger hidden_size.",
    };
    Some(match (ahead, is_overfitted) {
        (Some((other, difference)), _) => {
            format!(
                "Evidence: {other} scores {} points more than {name} on the same texts; {scores}. {advice}",
                distance(difference)
            )
        }
        (None, true) => match baseline {
            Some(_) => {
                format!("Evidence: no baseline scores significantly more than {name}; {scores}, so it overfits.")
            }
            None => format!("Evidence: {scores}, so it overfits."),
        },
        (None, false) => match overfitted(board, train, held_out) {
            Some(other) => format!(
                "Evidence: {scores}; {} fits the training texts better ({}) without scoring more on validation ({}).",
                other.name,
                phrases::score(main, other.train),
                phrases::score(main, other.held_out)
            ),
            None => format!("Evidence: {scores}. {advice}"),
        },
    })
}

/// The scores of a model on train and validation.
struct Learned {
    name: String,
    train: f64,
    held_out: f64,
}

impl Learned {
    fn of(board: &Leaderboard, row: &Row) -> Option<Learned> {
        let [train, held_out] = [row.train, row.validation].map(|scores| Some(board.main_score.of(&scores?)));
        Some(Learned { name: row.pair(), train: train?, held_out: held_out? })
    }
}

/// The best model that scores more than `train` on the training texts, overfits, and scores about `held_out` on validation.
fn overfitted(board: &Leaderboard, train: f64, held_out: f64) -> Option<Learned> {
    let models = board.rows.iter().filter(|row| row.kind != RowKind::Ensemble);
    let overfitted = models.filter_map(|row| Learned::of(board, row)).filter(|other| {
        other.train > train && other.train - other.held_out > OVERFITTED && other.held_out > held_out - AHEAD
    });
    overfitted.max_by(|a, b| a.held_out.total_cmp(&b.held_out))
}

/// What every model loses between validation and test.
fn shift(board: &Leaderboard) -> Option<String> {
    let main = board.main_score;
    let loss = |row: &Row| Some(main.of(&row.validation?) - row.score(main)?);
    let models = board.rows.iter().filter(|row| row.kind != RowKind::Ensemble && !row.is_blind());
    let mut losses: Vec<f64> = models.filter_map(loss).collect();
    losses.sort_by(f64::total_cmp);
    let (least, most) = (*losses.first()?, *losses.last()?);
    let middle = losses[losses.len() / 2];
    (losses.len() > 2 && least > 0.0 && middle > SHIFT).then(|| {
        format!(
            "Distribution shift: every model scores lower on test than on validation (median {} points, range {} to {}). The test \
             texts probably differ from the training texts; model choice did not compensate for it.",
            percent(middle),
            percent(least),
            percent(most)
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample;
    use ninefold_metrics::Scores;

    /// The judged sample, with these scores of its best network on train and validation; no other model overfits.
    fn board(train: f64, held_out: f64) -> Leaderboard {
        let mut board = sample::judged().merged();
        board.rows.iter_mut().for_each(|row| row.train = row.validation);
        let best = board.best().unwrap().pair();
        let scores = |accuracy: f64| Some(Scores { accuracy, ..Scores::default() });
        let row = board.rows.iter_mut().find(|row| row.pair() == best).unwrap();
        (row.train, row.validation) = (scores(train), scores(held_out));
        board
    }

    fn said(board: &Leaderboard) -> Vec<String> {
        limit(board, board.best().unwrap())
    }

    #[test]
    fn overfitted_network_that_no_baseline_beats_is_reported_with_its_scores() {
        let board = board(0.99, 0.80);
        let limit = &said(&board)[0];
        assert!(limit.starts_with("Evidence: no baseline scores significantly more than word2vec + gru;"), "{limit}");
        assert!(limit.contains("99.0 % on train and 80.0 % on validation, so it overfits."), "{limit}");
    }

    #[test]
    fn baseline_that_scores_significantly_more_is_named() {
        let mut board = board(0.99, 0.80);
        let best = board.best().unwrap().pair();
        let baseline = board.chosen(RowKind::Baseline).unwrap().pair();
        let ahead = board.best().unwrap().accuracy().unwrap() + 0.07;
        let row = board.rows.iter_mut().find(|row| row.pair() == baseline).unwrap();
        row.test = Some(Scores { accuracy: ahead, ..Scores::default() });
        for comparison in &mut board.comparisons {
            let both = [&comparison.a, &comparison.b];
            if both.contains(&&best) && both.contains(&&baseline) {
                (comparison.p, comparison.p_corrected) = (0.0, 0.0);
            }
        }
        let limit = &said(&board)[0];
        assert!(limit.starts_with("Evidence: tfidf_svm scores 7.0 points more than word2vec + gru"), "{limit}");
        assert!(limit.contains("The network overfits."), "{limit}");
    }

    #[test]
    fn network_that_does_not_overfit_may_train_longer() {
        let limit = &said(&board(0.81, 0.80))[0];
        assert!(limit.contains("The network does not overfit. Try more epochs"), "{limit}");
    }

    #[test]
    fn model_that_fits_better_without_a_better_validation_score_is_named() {
        let mut board = board(0.84, 0.80);
        let baseline = board.chosen(RowKind::Baseline).unwrap().pair();
        let row = board.rows.iter_mut().find(|row| row.pair() == baseline).unwrap();
        let scores = |accuracy: f64| Some(Scores { accuracy, ..Scores::default() });
        (row.train, row.validation) = (scores(0.99), scores(0.79));
        let limit = &said(&board)[0];
        assert!(limit.contains("tfidf_svm fits the training texts better (99.0 %)"), "{limit}");
        assert!(limit.contains("without scoring more on validation (79.0 %)"), "{limit}");
        let row = board.rows.iter_mut().find(|row| row.pair() == baseline).unwrap();
        row.validation = scores(0.70);
        assert!(said(&board)[0].ends_with("Try more epochs or a larger hidden_size."), "{:?}", said(&board));
    }

    #[test]
    fn loss_of_every_model_is_a_shift_and_loss_of_some_is_not() {
        let mut board = board(0.99, 0.80);
        for row in &mut board.rows {
            let test = row.accuracy().unwrap_or_default();
            row.validation = Some(Scores { accuracy: test + 0.06, ..Scores::default() });
        }
        let shift = said(&board).pop().unwrap();
        assert!(shift.contains("median 6.0 points, range 6.0 to 6.0"), "{shift}");
        let first = board.rows.iter_mut().find(|row| row.accuracy().is_some() && !row.is_blind()).unwrap();
        first.validation = Some(Scores { accuracy: 0.0, ..Scores::default() });
        assert!(!said(&board).iter().any(|insight| insight.starts_with("Distribution shift")), "{:?}", said(&board));
    }
}
