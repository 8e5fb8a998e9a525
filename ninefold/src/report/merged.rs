//! One row per pair: what a table shows where pairs were trained with several seeds.

use super::standings::picked;
use super::{Leaderboard, Row, Seconds};
use crate::eval::Scores;
use crate::eval::bootstrap::mean_and_deviation;

impl Leaderboard {
    /// The same board with one row per pair: means over its seeds, the seed that validation picked, and its folder. A pair
    /// is a failure only where all seeds failed.
    pub fn merged(&self) -> Leaderboard {
        let mut rows: Vec<Row> = Vec::new();
        for row in &self.rows {
            if rows.iter().any(|merged| merged.pair() == row.pair()) {
                continue;
            }
            let same: Vec<&Row> = self.rows.iter().filter(|other| other.pair() == row.pair()).collect();
            rows.push(self.merge(&same));
        }
        Leaderboard { rows, ..self.clone() }
    }

    fn merge(&self, rows: &[&Row]) -> Row {
        let scored: Vec<&Row> = rows.iter().copied().filter(|row| row.accuracy().is_some()).collect();
        let (Some(_), true) = (scored.first(), rows.len() > 1) else {
            return rows[0].clone();
        };
        let mean = |of: &dyn Fn(&Row) -> f64| scored.iter().map(|row| of(row)).sum::<f64>() / scored.len() as f64;
        let standing = self.standings.iter().find(|standing| standing.name() == scored[0].pair());
        let accuracies: Vec<f64> = scored.iter().filter_map(|row| row.accuracy()).collect();
        Row {
            train: mean_scores(&scored, |row| row.train),
            validation: mean_scores(&scored, |row| row.validation),
            test: mean_scores(&scored, |row| row.test),
            seconds: Seconds {
                embedding: mean(&|row| row.seconds.embedding),
                train: mean(&|row| row.seconds.train),
                evaluate: mean(&|row| row.seconds.evaluate),
            },
            interval: standing.map(|standing| standing.interval),
            deviation: Some(mean_and_deviation(&accuracies).1),
            ..picked(&scored).clone()
        }
    }
}

fn mean_scores(rows: &[&Row], part: fn(&Row) -> Option<Scores>) -> Option<Scores> {
    let scores: Option<Vec<Scores>> = rows.iter().map(|row| part(row)).collect();
    let scores = scores?;
    let mean = |of: fn(&Scores) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    Some(Scores {
        accuracy: mean(|scores| scores.accuracy),
        precision_weighted: mean(|scores| scores.precision_weighted),
        recall_weighted: mean(|scores| scores.recall_weighted),
        f1_weighted: mean(|scores| scores.f1_weighted),
        precision_macro: mean(|scores| scores.precision_macro),
        recall_macro: mean(|scores| scores.recall_macro),
        f1_macro: mean(|scores| scores.f1_macro),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::leaderboard::sample;
    use super::*;

    #[test]
    fn seeds_become_their_mean_and_failures_do_not_count() {
        let mut board = sample::leaderboard();
        let first = sample::row("elmo", "gru", 0.5, 0.6, 10.0);
        board.rows.push(first.clone());
        board.rows.push(Row { seed: 1, ..sample::row("elmo", "gru", 0.75, 0.7, 30.0) });
        board.rows.push(Row { seed: 2, ..sample::failed("elmo", "gru", "broken") });
        let merged = board.merged();
        assert_eq!(merged.rows.len(), 10);
        let row = &merged.rows[9];
        assert_eq!((row.accuracy(), row.seed, row.seconds.train), (Some(0.625), 1, 20.0));
        assert!((row.deviation.unwrap() - 0.125 * 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(merged.rows[..9], board.rows[..9], "single rows stay as they are");
    }
}
