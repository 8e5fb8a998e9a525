//! Which row to deploy, in one line, and what is best at a tenth of its time in another.

use crate::phrases::{megabytes, milliseconds, percent};
use ninefold_records::{Choice, Leaderboard, MeanCost, Threshold};

/// The lines; none where no model was chosen.
pub(crate) fn lines(board: &Leaderboard) -> Vec<String> {
    let Some(deploy) = &board.deploy else { return Vec::new() };
    let first = format!("Deploy: {} (RUN/{}), {}.", deploy.choice.name, deploy.model, described(board, &deploy.choice));
    let second = deploy
        .cheaper
        .as_ref()
        .map(|cheaper| format!("Best at a tenth of its time: {}, {}.", cheaper.name, described(board, cheaper)));
    std::iter::once(first).chain(costs(board)).chain(second).collect()
}

/// What wrong answers of the row to deploy cost, and of two classes from which probability on the second is answered.
fn costs(board: &Leaderboard) -> Option<String> {
    let deploy = board.deploy.as_ref()?;
    let MeanCost { test, test_most_probable, .. } = deploy.choice.mean_cost?;
    let threshold = deploy.threshold.as_ref().map_or(String::new(), |Threshold { class, probability }| {
        format!(" It answers `{class}` from a probability of {probability:.2} on.")
    });
    Some(format!(
        "Its wrong answers cost {test:.4} a test text; {test_most_probable:.4} if it always gave the most probable answer.{threshold}"
    ))
}

/// "accuracy 93.7 % on test (92.5 to 94.9); 1.4 ms a text on one core, 31 MB on disk, 40 MB in memory"
fn described(board: &Leaderboard, choice: &Choice) -> String {
    let Choice { score, interval, cost, .. } = choice;
    let interval = interval.map_or(String::new(), |of| format!(" ({} to {})", percent(of.low), percent(of.high)));
    format!(
        "{} {} % on test{interval}; {} ms a text on one core, {} MB on disk, {} MB in memory",
        board.main_score.name(),
        percent(*score),
        milliseconds(cost.ms_per_text),
        megabytes(cost.disk_bytes),
        megabytes(cost.memory_bytes),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn chosen_row_and_cheaper_row_are_told_with_what_they_cost() {
        insta::assert_snapshot!(lines(&sample::measured()).join("\n"), @r"
        Deploy: word2vec + gru (RUN/best), accuracy 71.9 % on test (70.8 to 73.0); 2.2 ms a text on one core, 94.2 MB on disk, 126 MB in memory.
        Best at a tenth of its time: tfidf_svm, accuracy 70.5 % on test (69.4 to 71.6); 0.036 ms a text on one core, 1.6 MB on disk, 2.1 MB in memory.
        ");
        assert!(lines(&sample::judged()).is_empty());
    }
}
