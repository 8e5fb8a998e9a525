//! Who answers together in each ensemble, and how much each counts.

use serde::Serialize;

use crate::phrases::member_weights;
use crate::text::column::Column;
use ninefold_records::{Leaderboard, RowKind, STACKED};

/// Width of the longest bar, in the drawing's own units.
const WIDTH: f64 = 160.0;

/// One ensemble.
#[derive(Serialize)]
pub(crate) struct Ensemble {
    name: String,
    /// What the figures beside the members are.
    of: &'static str,
    members: Vec<MemberView>,
}

#[derive(Serialize)]
struct MemberView {
    name: String,
    counts: String,
    /// Below nothing: what it says counts against it.
    negative: bool,
    width: f64,
}

/// Every ensemble with more than one model in it, the best on test first.
pub(crate) fn view(board: &Leaderboard) -> Vec<Ensemble> {
    let ensembles =
        Column::of_score(board.main_score).ranked(board).into_iter().filter(|row| row.kind == RowKind::Ensemble);
    let all = ensembles.map(|row| {
        let shares = member_weights(&row.members);
        let largest = shares.iter().map(|(_, share)| share.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let is_stacked = row.model == STACKED;
        let member = |(name, share): (String, f64)| MemberView {
            name,
            counts: if is_stacked { power(share) } else { format!("{:.1} %", 100.0 * share) },
            negative: share < 0.0,
            width: WIDTH * share.abs() / largest,
        };
        let of = if is_stacked { "the power of its probabilities" } else { "its share of the vote" };
        Ensemble { name: row.pair(), of, members: shares.into_iter().map(member).collect() }
    });
    all.filter(|ensemble| ensemble.members.len() > 1).collect()
}

/// Two decimals, and no sign before nothing.
fn power(share: f64) -> String {
    format!("{share:.2}").replace("-0.00", "0.00")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn members_stand_by_what_they_count_seeds_together() {
        let mut board = sample::ensembles();
        for row in board.rows.iter_mut().filter(|row| row.model == STACKED) {
            row.members[2].weight = -0.5;
        }
        let views = view(&board.merged());
        let told: Vec<String> = views
            .iter()
            .flat_map(|view| {
                view.members.iter().map(|member| format!("{} {} {}", view.name, member.name, member.counts))
            })
            .collect();
        let expected = [
            "stacked word2vec + gru 1.00",
            "stacked tfidf_svm -0.50",
            "vote_selected word2vec + gru 70.0 %",
            "vote_selected tfidf_svm 30.0 %",
        ];
        assert_eq!(told, expected, "two seeds of one pair are told by their row");
        let svm = &views[0].members[1];
        assert_eq!([power(-0.001), power(-0.5)], ["0.00", "-0.50"]);
        assert!(svm.negative && (svm.width - 0.5 * WIDTH).abs() < 1e-9);
    }
}
