//! One row per pair: what a table shows where pairs were trained with several seeds.

use crate::{Leaderboard, Row, Seconds, picked};
use ninefold_metrics::Scores;
use ninefold_metrics::bootstrap::mean_and_deviation;

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
        let (Some(picked), true) = (picked(&scored, self.main_score), rows.len() > 1) else {
            return rows[0].clone();
        };
        let mean = |of: &dyn Fn(&Row) -> f64| scored.iter().map(|row| of(row)).sum::<f64>() / scored.len() as f64;
        let standing = self.standings.iter().find(|standing| standing.name() == picked.pair());
        Row {
            train: over_seeds(&scored, |row| row.train, |values| mean_and_deviation(values).0),
            validation: over_seeds(&scored, |row| row.validation, |values| mean_and_deviation(values).0),
            test: over_seeds(&scored, |row| row.test, |values| mean_and_deviation(values).0),
            seconds: Seconds {
                embedding: mean(&|row| row.seconds.embedding),
                train: mean(&|row| row.seconds.train),
                evaluate: mean(&|row| row.seconds.evaluate),
            },
            interval: standing.map(|standing| standing.interval),
            deviation: over_seeds(&scored, |row| row.test, |values| mean_and_deviation(values).1),
            ..picked.clone()
        }
    }
}

/// Every score of one part, summed up over the rows.
fn over_seeds(rows: &[&Row], part: fn(&Row) -> Option<Scores>, sum_up: fn(&[f64]) -> f64) -> Option<Scores> {
    let scores: Option<Vec<Scores>> = rows.iter().map(|row| part(row)).collect();
    Some(Scores::over(&scores?, sum_up))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(seed: u64, accuracy: f64, validation: f64, seconds: f64) -> Row {
        let scores = |accuracy: f64| Some(Scores { accuracy, ..Scores::default() });
        Row {
            embedding: "elmo".into(),
            model: "gru".into(),
            seed,
            validation: scores(validation),
            test: scores(accuracy),
            seconds: Seconds { train: seconds, ..Seconds::default() },
            ..Row::default()
        }
    }

    #[test]
    fn seeds_become_their_mean_and_failures_do_not_count() {
        let single = Row { model: "lstm".into(), ..row(0, 0.7, 0.7, 1.0) };
        let failed = Row { error: Some("broken".into()), test: None, ..row(2, 0.0, 0.0, 1.0) };
        let rows = vec![single.clone(), row(0, 0.5, 0.6, 10.0), row(1, 0.75, 0.7, 30.0), failed];
        let merged = Leaderboard { rows, ..Leaderboard::default() }.merged();
        assert_eq!((merged.rows.len(), &merged.rows[0]), (2, &single), "single rows stay as they are");
        let row = &merged.rows[1];
        assert_eq!((row.accuracy(), row.seed, row.seconds.train), (Some(0.625), 1, 20.0));
        assert!((row.deviation.unwrap().accuracy - 0.125 * 2f64.sqrt()).abs() < 1e-12);
    }
}
