//! Two leaderboards side by side: what changed for each pair, and whether they may be compared at all.
//!
//! Takes leaderboards A and B -> gives a [`Diff`], for the terminal or as JSON. A pair with several seeds counts as the
//! mean of them.

use serde::Serialize;

use super::grid::{Align, Grid, Tone, View};
use crate::phrases::{percent, points, seconds, wrap};
use ninefold_core::phrasing::{all_listed, counted};
use ninefold_data::Protocol;
use ninefold_metrics::{ConfidenceLevel, Scores};
use ninefold_records::{Difference, Leaderboard, Row, differences};

/// What changed from one leaderboard to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// Where the protocols differ. If anywhere, the scores answer different questions.
    pub protocol: Vec<Difference>,
    /// One per pair of either, the best of B first.
    pub pairs: Vec<PairChange>,
    /// Test texts of B.
    pub test_texts: usize,
    /// The level at which a change is told from chance: that of B.
    #[serde(skip)]
    pub confidence_level: ConfidenceLevel,
}

/// One pair in both leaderboards.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairChange {
    /// The embedding.
    pub embedding: String,
    /// The network.
    pub model: String,
    /// What A has of it.
    pub a: Side,
    /// What B has of it.
    pub b: Side,
    /// Test accuracy of B less that of A, where both have one.
    pub accuracy_change: Option<f64>,
    /// Weighted test F1 of B less that of A, where both have one.
    pub f1_weighted_change: Option<f64>,
}

/// What one leaderboard has of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Its scores.
    Scores(SideScores),
    /// It was trained and failed.
    Failed,
    /// It was not trained.
    Absent,
}

/// Test scores and cost of a pair, means over its seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SideScores {
    /// Share of test texts whose class was found.
    pub accuracy: f64,
    /// Weighted F1 on the test texts.
    pub f1_weighted: f64,
    /// Seconds of all its work.
    pub seconds: f64,
    /// Number of seeds that the mean is of.
    pub seeds: usize,
}

/// Compares two leaderboards, pair by pair.
pub fn diff(a: &Leaderboard, b: &Leaderboard) -> Diff {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for row in b.rows.iter().chain(&a.rows) {
        if !names.contains(&(&row.embedding, &row.model)) {
            names.push((&row.embedding, &row.model));
        }
    }
    let mut pairs: Vec<PairChange> = names.into_iter().map(|name| pair_change(name, a, b)).collect();
    let place = |pair: &PairChange| [pair.b, pair.a].map(|side| side.scores().map_or(-1.0, |scores| scores.accuracy));
    pairs.sort_by(|x, y| {
        let both = |pair: &PairChange| pair.accuracy_change.is_some();
        let (px, py) = (place(x), place(y));
        both(y).cmp(&both(x)).then(py[0].total_cmp(&px[0])).then(py[1].total_cmp(&px[1]))
    });
    let json = |protocol: &Protocol| serde_json::to_value(protocol).unwrap_or_default();
    Diff {
        protocol: differences(&json(&a.protocol), &json(&b.protocol)),
        pairs,
        test_texts: b.protocol.texts.test,
        confidence_level: b.confidence_level(),
    }
}

fn pair_change((embedding, model): (&str, &str), a: &Leaderboard, b: &Leaderboard) -> PairChange {
    let side = |board: &Leaderboard| {
        let rows: Vec<&Row> =
            board.rows.iter().filter(|row| row.embedding == embedding && row.model == model).collect();
        let scored: Vec<(&Row, _)> =
            rows.iter().filter_map(|row| Some((*row, row.test.filter(|_| row.accuracy().is_some())?))).collect();
        let mean = |value: &dyn Fn(&(&Row, Scores)) -> f64| scored.iter().map(value).sum::<f64>() / scored.len() as f64;
        match (rows.is_empty(), scored.is_empty()) {
            (true, _) => Side::Absent,
            (false, true) => Side::Failed,
            (false, false) => Side::Scores(SideScores {
                accuracy: mean(&|(_, scores)| scores.accuracy),
                f1_weighted: mean(&|(_, scores)| scores.f1_weighted),
                seconds: mean(&|(row, _)| row.seconds.total()),
                seeds: scored.len(),
            }),
        }
    };
    let (a, b) = (side(a), side(b));
    let change = |of: fn(SideScores) -> f64| Some(of(b.scores()?) - of(a.scores()?));
    PairChange {
        embedding: embedding.to_owned(),
        model: model.to_owned(),
        a,
        b,
        accuracy_change: change(|scores| scores.accuracy),
        f1_weighted_change: change(|scores| scores.f1_weighted),
    }
}

impl Side {
    /// The scores, if there are any.
    pub fn scores(&self) -> Option<SideScores> {
        match self {
            Side::Scores(scores) => Some(*scores),
            Side::Failed | Side::Absent => None,
        }
    }

    fn share(&self, of: fn(SideScores) -> f64) -> String {
        match self {
            Side::Scores(scores) => percent(of(*scores)),
            Side::Failed => "failed".to_owned(),
            Side::Absent => "absent".to_owned(),
        }
    }
}

impl Diff {
    /// For the terminal. `a` and `b` name the two, as their folders do.
    pub fn to_table(&self, a: &str, b: &str, view: &View) -> String {
        let mut text = format!("A: {a}\nB: {b}\n");
        if !self.protocol.is_empty() {
            let warning =
                "THE PROTOCOLS DIFFER: the two runs answer different questions. Do not compare their figures.";
            text += &format!("\n{}\n", view.paint(Tone::Bad, &wrap(warning, view.width)));
            for Difference { key, a, b } in &self.protocol {
                let or_nothing = |value: &String| if value.is_empty() { "(nothing)".to_owned() } else { value.clone() };
                text += &format!("  {key}: A {}; B {}\n", or_nothing(a), or_nothing(b));
            }
        }
        text += &format!("\n{}\nTest scores in %, changes in points.\n", self.grid().draw(view));
        for sentence in self.sentences() {
            text += &format!("\n{}", view.item(&sentence));
        }
        text.trim_end().to_owned() + "\n"
    }

    fn grid(&self) -> Grid {
        let figures = ["accuracy A", "accuracy B", "change", "F1 A", "F1 B", "change", "seconds A", "seconds B"];
        let names = ["embedding", "model"].map(|name| (name.to_owned(), Align::Left));
        let headings = names.into_iter().chain(figures.map(|name| (name.to_owned(), Align::Right))).collect();
        let row = |pair: &PairChange| {
            let change = |change: Option<f64>| change.map_or("-".to_owned(), points);
            let cost = |side: &Side| side.scores().map_or("-".to_owned(), |scores| seconds(scores.seconds));
            let accuracy = |side: &Side| side.share(|scores| scores.accuracy);
            let f1 = |side: &Side| side.scores().map_or("-".to_owned(), |scores| percent(scores.f1_weighted));
            let tone = match pair.accuracy_change {
                Some(change) if points(change).starts_with('+') => Tone::Good,
                Some(change) if points(change).starts_with('-') => Tone::Bad,
                Some(_) => Tone::Plain,
                None => Tone::Quiet,
            };
            let cells = vec![
                pair.embedding.clone(),
                pair.model.clone(),
                accuracy(&pair.a),
                accuracy(&pair.b),
                change(pair.accuracy_change),
                f1(&pair.a),
                f1(&pair.b),
                change(pair.f1_weighted_change),
                cost(&pair.a),
                cost(&pair.b),
            ];
            (cells, tone)
        };
        Grid { headings, rows: self.pairs.iter().map(row).collect() }
    }

    fn sentences(&self) -> Vec<String> {
        let changed: Vec<(&PairChange, f64)> =
            self.pairs.iter().filter_map(|pair| Some((pair, pair.accuracy_change?))).collect();
        let only = |is_absent: fn(&PairChange) -> bool| {
            let pairs = self.pairs.iter().filter(|pair| is_absent(pair));
            pairs.map(|pair| format!("{} + {}", pair.embedding, pair.model)).collect::<Vec<_>>()
        };
        let mut sentences = Vec::new();
        for (name, pairs) in [("A", only(|pair| pair.b == Side::Absent)), ("B", only(|pair| pair.a == Side::Absent))] {
            if !pairs.is_empty() {
                sentences.push(format!("Only in {name}: {}.", all_listed(&pairs)));
            }
        }
        if let (Some(most), Some(least)) =
            (changed.iter().max_by(|x, y| x.1.total_cmp(&y.1)), changed.iter().min_by(|x, y| x.1.total_cmp(&y.1)))
        {
            let better = changed.iter().filter(|(_, change)| *change > 0.0).count();
            let worse = changed.iter().filter(|(_, change)| *change < 0.0).count();
            let mean = changed.iter().map(|(_, change)| change).sum::<f64>() / changed.len() as f64;
            sentences.push(format!(
                "Of {} in both, B is better in {better} and worse in {worse}: {} points on average.",
                counted(changed.len(), "pair"),
                points(mean)
            ));
            let extreme = |what: &str, (pair, change): &(&PairChange, f64)| {
                format!("Largest {what}: {} + {}, {} points.", pair.embedding, pair.model, points(*change))
            };
            sentences.extend((most.1 > 0.0).then(|| extreme("gain", most)));
            sentences.extend((least.1 < 0.0).then(|| extreme("loss", least)));
            sentences.extend(self.chance(&changed));
        }
        sentences
    }

    /// The largest change that two samples of as many texts would show by chance, at the confidence level.
    fn chance(&self, changed: &[(&PairChange, f64)]) -> Option<String> {
        let accuracies = changed.iter().filter_map(|(pair, _)| pair.b.scores()).map(|scores| scores.accuracy);
        let mean = accuracies.sum::<f64>() / changed.len() as f64;
        let limit = self.confidence_level.z() * (2.0 * mean * (1.0 - mean) / self.test_texts as f64).sqrt();
        (self.test_texts > 0 && self.protocol.is_empty()).then(|| {
            format!(
                "With {}, a change below about {} points may be chance.",
                counted(self.test_texts, "test text"),
                percent(limit)
            )
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample::{failed, leaderboard, row};

    fn later() -> Leaderboard {
        let mut board = leaderboard();
        for row in &mut board.rows {
            if let Some(test) = &mut row.test {
                test.accuracy += if row.model == "rnn" { 0.1 } else { -0.004 };
                test.f1_weighted = test.accuracy;
            }
        }
        board.rows[6] = row("glove", "rnn", 0.48, 0.5, 100.0);
        board.rows[8] = failed("glove", "gru", "interrupted");
        board.rows.remove(3);
        board.rows.push(row("elmo", "gru", 0.8, 0.8, 9.0));
        board
    }

    #[test]
    fn two_runs_stand_side_by_side() {
        let table = diff(&leaderboard(), &later()).to_table("runs/round1", "runs/round2", &View::default());
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        insta::assert_snapshot!(table, @r"
        A: runs/round1
        B: runs/round2

        ───────────────────────────────────────────────────────────────────────────────────
         embedding  model  accuracy  accuracy  change    F1    F1  change  seconds  seconds
                                  A         B             A     B                A        B
        ═══════════════════════════════════════════════════════════════════════════════════
         fasttext   gru        72.5      72.1    -0.4  72.2  72.1    -0.1    1,334    1,334
         word2vec   gru        71.9      71.5    -0.4  71.6  71.5    -0.1      332      332
         fasttext   lstm       71.4      71.0    -0.4  71.1  71.0    -0.1      423      423
         word2vec   lstm       70.0      69.6    -0.4  69.7  69.6    -0.1      422      422
         glove      lstm       68.0      67.6    -0.4  67.7  67.6    -0.1      421      421
         word2vec   rnn        56.2      66.2   +10.0  56.0  66.2   +10.3      132      132
         elmo       gru      absent      80.0       -     -  79.7       -        -       31
         glove      rnn      failed      48.0       -     -  47.7       -        -      122
         glove      gru        69.0    failed       -  68.7     -       -      327        -
         fasttext   rnn        57.0    absent       -  56.7     -       -      134        -
        ───────────────────────────────────────────────────────────────────────────────────
        Test scores in %, changes in points.

        Only in A: fasttext + rnn.
        Only in B: elmo + gru.
        Of 6 pairs in both, B is better in 1 and worse in 5: +1.3 points on average.
        Largest gain: word2vec + rnn, +10.0 points.
        Largest loss: fasttext + gru, -0.4 points.
        With 7,532 test texts, a change below about 1.5 points may be chance.
        ");
    }

    #[test]
    fn other_protocols_are_said_loudly() {
        let (a, mut b) = (leaderboard(), leaderboard());
        b.rows.truncate(1);
        b.protocol.split = "random 80/20, seed 0".into();
        b.protocol.strip.clear();
        b.protocol.texts.test = 3_770;
        let found = diff(&a, &b);
        let keys: Vec<&str> = found.protocol.iter().map(|difference| difference.key.as_str()).collect();
        assert_eq!(keys, ["split", "strip", "texts.test"]);
        let table = found.to_table("a", "b", &View::default());
        insta::assert_snapshot!(table.split_once("\n\n").unwrap().1.split_once("\n\n").unwrap().0, @r"
        THE PROTOCOLS DIFFER: the two runs answer different questions. Do not compare their figures.
          split: A bydate; B random 80/20, seed 0
          strip: A headers, footers, quotes; B (nothing)
          texts.test: A 7532; B 3770
        ");
        assert!(!table.contains("may be chance"), "{table}");
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        let board = leaderboard();
        let same = diff(&board, &board);
        assert!(same.protocol.is_empty());
        assert!(same.pairs.iter().all(|pair| pair.accuracy_change.unwrap_or(0.0) == 0.0));
    }

    #[test]
    fn seeds_of_a_pair_are_averaged() {
        let with = |accuracies: &[f64]| Leaderboard {
            rows: accuracies.iter().map(|&accuracy| row("glove", "gru", accuracy, 0.5, 9.0)).collect(),
            ..Leaderboard::default()
        };
        let found = diff(&with(&[0.5]), &with(&[0.625, 0.875]));
        assert_eq!(found.pairs.len(), 1);
        assert_eq!(found.pairs[0].accuracy_change, Some(0.25));
        assert_eq!(found.pairs[0].b.scores().unwrap().seeds, 2);
    }

    #[test]
    fn json_marks_what_is_missing() {
        let json = serde_json::to_value(diff(&leaderboard(), &later())).unwrap();
        let sides = |key: &str| json["pairs"].as_array().unwrap().iter().filter(|pair| pair[key] == "absent").count();
        assert_eq!((sides("a"), sides("b")), (1, 1));
        assert!(json["pairs"][0]["b"]["scores"]["accuracy"].is_f64());
    }
}
