//! The comparisons that sentences state, corrected for how many they are.
//!
//! Takes a leaderboard -> gives the same with corrected p-values of these comparisons: of the best network with every other network
//! and with the best baseline, and of each ensemble with its best member. Ranks compare every two rows, and their p-values are
//! corrected for all of these; a sentence that compares three models need not pay for the table.

use super::ensembles;
use ninefold_metrics::paired::holm;
use ninefold_records::{Leaderboard, Row, RowKind};

/// `board`: a row per pair.
pub(crate) fn corrected(mut board: Leaderboard) -> Leaderboard {
    let stated: Vec<usize> = {
        let pairs = pairs(&board);
        let is_stated =
            |a: &str, b: &str| pairs.iter().any(|(one, other)| (one == a && other == b) || (one == b && other == a));
        let comparisons = board.comparisons.iter().enumerate();
        comparisons.filter(|(_, comparison)| is_stated(&comparison.a, &comparison.b)).map(|(index, _)| index).collect()
    };
    let p: Vec<f64> = stated.iter().map(|&index| board.comparisons[index].p).collect();
    for (index, p) in stated.into_iter().zip(holm(&p)) {
        board.comparisons[index].p_corrected = p;
    }
    board
}

/// The names of the rows of each comparison.
fn pairs(board: &Leaderboard) -> Vec<(String, String)> {
    let Some(best) = board.best() else { return Vec::new() };
    let networks = board.rows.iter().filter(|row| row.kind == RowKind::Pair && row.pair() != best.pair());
    let baseline = board.chosen(RowKind::Baseline).filter(|_| best.kind != RowKind::Baseline);
    let with_best = networks.chain(baseline).map(|row: &Row| (row.pair(), best.pair()));
    with_best.chain(ensembles::compared(board)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;
    use ninefold_records::Comparison;

    #[test]
    fn stated_comparisons_are_corrected_among_themselves() {
        let mut board = sample::judged().merged();
        board.comparisons.iter_mut().for_each(|comparison| (comparison.p, comparison.p_corrected) = (0.01, 0.9));
        let corrected = corrected(board.clone());
        let best = board.best().unwrap().pair();
        let is_with_best = |comparison: &&Comparison| comparison.a == best || comparison.b == best;
        let (stated, others): (Vec<_>, Vec<_>) = corrected.comparisons.iter().partition(is_with_best);
        assert_eq!(stated.len(), 8, "seven other networks with scores, and the baseline");
        assert!(stated.iter().all(|comparison| (comparison.p_corrected - 0.08).abs() < 1e-12), "{stated:?}");
        assert!(!others.is_empty() && others.iter().all(|comparison| comparison.p_corrected == 0.9), "{others:?}");
    }

    #[test]
    fn nothing_is_stated_of_an_empty_board() {
        assert!(corrected(Leaderboard::default()).comparisons.is_empty());
    }
}
