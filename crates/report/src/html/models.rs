//! The rows that the page shows in detail, one at a time: the row to deploy first, the others by their validation score.

use std::cmp::Ordering;

use serde::Serialize;

use super::run::{ModelReport, RunReport};
use super::{calibration, classes, decisions, lengths, matrix};
use ninefold_core::phrasing::all_listed;
use ninefold_records::{Leaderboard, Mistake, Row, RowKind};

/// Rows that are shown in any case. Of more, the best of each kind are shown, too.
const SHOWN: usize = 10;

#[derive(Serialize)]
pub(crate) struct Models<'a> {
    models: Vec<ModelView<'a>>,
    /// The names of rows that are not shown, listed.
    left_out: Option<String>,
}

#[derive(Serialize)]
struct ModelView<'a> {
    name: &'a str,
    folder: &'a str,
    is_deployed: bool,
    matrix: matrix::Matrix,
    classes: Option<classes::Classes>,
    lengths: Option<lengths::Lengths>,
    calibration: Option<calibration::Calibration>,
    decisions: Option<decisions::Decisions>,
    mistakes: &'a [Mistake],
}

/// `None` where no row has answered the test texts. `first` is the name of the row that is shown at first.
pub(crate) fn view<'a>(run: &'a RunReport, board: &Leaderboard, first: Option<&str>) -> Option<Models<'a>> {
    let ordered = by_validation(board, first);
    let is_shown = |index: usize, row: &Row| index < SHOWN || is_best_of_its_kind(board, row);
    let (mut shown, mut left_out) = (Vec::new(), Vec::new());
    for (index, row) in ordered.into_iter().enumerate() {
        let Some(model) = run.model(&row.pair()) else { continue };
        if is_shown(index, row) { shown.push(model) } else { left_out.push(row.pair()) }
    }
    let deployed = board.deploy.as_ref().map(|deploy| deploy.choice.name.as_str());
    let models: Vec<ModelView> =
        shown.into_iter().map(|model| model_view(model, run, board, deployed == Some(&model.name))).collect();
    let left_out = (!left_out.is_empty()).then(|| all_listed(&left_out));
    (!models.is_empty()).then_some(Models { models, left_out })
}

/// The rows with test scores: `first`, then by their validation score.
fn by_validation<'a>(board: &'a Leaderboard, first: Option<&str>) -> Vec<&'a Row> {
    let score = |row: &Row| row.validation.map_or(f64::NEG_INFINITY, |scores| board.main_score.of(&scores));
    let is_first = |row: &Row| first == Some(row.pair().as_str());
    let mut rows: Vec<&Row> = board.rows.iter().filter(|row| row.accuracy().is_some()).collect();
    rows.sort_by(|a, b| match (is_first(a), is_first(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => score(b).total_cmp(&score(a)),
    });
    rows
}

fn is_best_of_its_kind(board: &Leaderboard, row: &Row) -> bool {
    board.chosen(row.kind).is_some_and(|best| best.pair() == row.pair())
}

fn model_view<'a>(model: &'a ModelReport, run: &'a RunReport, board: &Leaderboard, is_deployed: bool) -> ModelView<'a> {
    let both: Vec<&ModelReport> = std::iter::once(model).chain(beside(model, run, board)).collect();
    ModelView {
        name: &model.name,
        folder: &model.folder,
        is_deployed,
        matrix: matrix::view(model),
        classes: classes::view(&both),
        lengths: lengths::view(&both, &run.lengths),
        calibration: calibration::view(model),
        decisions: decisions::view(&both),
        mistakes: &model.mistakes,
    }
}

/// What a model is drawn beside: the best baseline, and beside that the best network.
fn beside<'a>(model: &ModelReport, run: &'a RunReport, board: &Leaderboard) -> Option<&'a ModelReport> {
    let best = |kind| board.chosen(kind).map(Row::pair).filter(|name| *name != model.name);
    let other = run.model(&best(RowKind::Baseline).or_else(|| best(RowKind::Pair))?)?;
    (other.labels == model.labels).then_some(other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    fn names(models: &Models) -> Vec<String> {
        models.models.iter().map(|model| model.name.to_owned()).collect()
    }

    #[test]
    fn row_to_deploy_comes_first_and_others_by_validation() {
        let run = sample::run(sample::measured());
        let models = view(&run, &run.leaderboard.merged(), Some("tfidf_svm")).unwrap();
        assert_eq!(names(&models)[..3], ["tfidf_svm", "word2vec + gru", "fasttext + lstm"]);
        assert_eq!((models.models.len(), &models.left_out), (9, &None));
    }

    #[test]
    fn of_many_rows_the_best_of_each_kind_are_shown_and_the_others_named() {
        let mut board = sample::measured();
        board.rows.extend((0..12).map(|n| sample::row("glove", &format!("net{n}"), 0.7, 0.9, 1.0)));
        let run = sample::run(board);
        let models = view(&run, &run.leaderboard.merged(), None).unwrap();
        assert_eq!(models.models.len(), SHOWN + 1, "{:?}", names(&models));
        assert!(names(&models).contains(&"tfidf_svm".to_owned()), "the best baseline");
        assert!(models.left_out.unwrap().contains("glove + net11"));
    }
}
