//! Is the limit that the models hit theirs, or the data's?
//!
//! Takes a leaderboard -> gives sentences. The evidence: whether linear models get more out of the same texts than networks do,
//! how much of the training texts the best network, or another as good, has learned beside those held back, and whether all
//! models lose alike between validation, which is cut from train, and test.

use crate::phrases::{self, distance, percent};
use ninefold_records::{Leaderboard, Row, RowKind};

/// So much better on training texts than on held-back ones, a network has learned them by heart.
const OVERFITTED: f64 = 0.05;
/// A loss of all models between validation and test that the choice of their best epochs does not explain.
const SHIFT: f64 = 0.03;
/// Fewer points than these between the best network and the best linear model are no limit of either.
const AHEAD: f64 = 0.02;

/// Where the limit lies, as far as these models tell; and whether the test texts are like those of train.
pub(crate) fn limit(board: &Leaderboard, best: &Row) -> Vec<String> {
    let whose = if best.kind == RowKind::Baseline { None } else { whose(board, best) };
    whose.into_iter().chain(shift(board)).collect()
}

fn whose(board: &Leaderboard, best: &Row) -> Option<String> {
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
    let learned = format!(
        "{} has {} of the training texts and {} of those held back",
        best.pair(),
        phrases::score(main, train),
        phrases::score(main, held_out)
    );
    let is_overfitted = train - held_out > OVERFITTED;
    Some(match (ahead, is_overfitted) {
        (Some((name, difference)), true) => format!(
            "Limit: the network's. {name} gets {} points more out of the same texts; {learned}: it learns by heart what it \
             should see through, and wants more dropout, a smaller size or more texts.",
            distance(difference)
        ),
        (Some((name, difference)), false) => format!(
            "Limit: the network's. {name} gets {} points more out of the same texts; {learned}: it has not learned them yet, \
             and wants more epochs, a larger size or word vectors that learn.",
            distance(difference)
        ),
        (None, true) => format!(
            "Limit: the data's, as far as these models tell. {}{learned}: clearer labels or more texts would help, a larger \
             network would not.",
            if baseline.is_some() { "No linear model gets much more out of these texts, and " } else { "" }
        ),
        (None, false) => match overfitted(board, train, held_out) {
            Some(other) => format!(
                "Limit: the data's, as far as these models tell. {learned}; {} has {} and {}, so that to learn more of them by \
                 heart would not help; clearer labels or more texts would.",
                other.name,
                phrases::score(main, other.train),
                phrases::score(main, other.held_out)
            ),
            None => format!(
                "Limit: the network's, perhaps. {learned}: it could still learn from them, with more epochs, a larger size or \
                 word vectors that learn."
            ),
        },
    })
}

/// What a model got right.
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

/// The model that has learned more of the training texts than `train`, by heart, and is as good as `held_out` on others: the best
/// of those.
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
            "Shift: every model loses between validation, which is cut from train, and test: {} points in the middle ({} to {}). \
             The test texts are not like those of train, and no model makes up for that.",
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

    /// The judged sample, with these shares of training and held-back texts right in its best pair; no other model learns by heart.
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
    fn a_network_that_knows_its_texts_by_heart_and_is_not_beaten_points_to_the_data() {
        let board = board(0.99, 0.80);
        let limit = &said(&board)[0];
        assert!(limit.starts_with("Limit: the data's, as far as these models tell."), "{limit}");
        assert!(limit.contains("99.0 % of the training texts"), "{limit}");
    }

    #[test]
    fn a_linear_model_far_ahead_points_to_the_network() {
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
        assert!(limit.starts_with("Limit: the network's.") && limit.contains("7.0 points more"), "{limit}");
        assert!(limit.contains("learns by heart"), "{limit}");
    }

    #[test]
    fn a_network_that_has_not_learned_its_texts_points_to_itself() {
        let limit = &said(&board(0.81, 0.80))[0];
        assert!(limit.starts_with("Limit: the network's") && limit.contains("more epochs"), "{limit}");
    }

    #[test]
    fn a_network_that_could_learn_more_is_told_where_another_has_and_got_nothing_by_it() {
        let mut board = board(0.84, 0.80);
        let baseline = board.chosen(RowKind::Baseline).unwrap().pair();
        let row = board.rows.iter_mut().find(|row| row.pair() == baseline).unwrap();
        let scores = |accuracy: f64| Some(Scores { accuracy, ..Scores::default() });
        (row.train, row.validation) = (scores(0.99), scores(0.79));
        let limit = &said(&board)[0];
        assert!(limit.starts_with("Limit: the data's") && limit.contains("99.0 % and 79.0 %"), "{limit}");
        let row = board.rows.iter_mut().find(|row| row.pair() == baseline).unwrap();
        row.validation = scores(0.70);
        assert!(said(&board)[0].starts_with("Limit: the network's, perhaps."), "{:?}", said(&board));
    }

    #[test]
    fn a_loss_of_all_models_is_a_shift_and_one_of_some_is_not() {
        let mut board = board(0.99, 0.80);
        for row in &mut board.rows {
            let test = row.accuracy().unwrap_or_default();
            row.validation = Some(Scores { accuracy: test + 0.06, ..Scores::default() });
        }
        let shift = said(&board).pop().unwrap();
        assert!(shift.contains("6.0 points in the middle (6.0 to 6.0)"), "{shift}");
        let first = board.rows.iter_mut().find(|row| row.accuracy().is_some() && !row.is_blind()).unwrap();
        first.validation = Some(Scores { accuracy: 0.0, ..Scores::default() });
        assert!(!said(&board).iter().any(|insight| insight.starts_with("Shift")), "{:?}", said(&board));
    }
}
