//! Sentences that interpret a leaderboard.
//!
//! Takes a leaderboard and the best network's confusion matrix -> gives sentences: the best model by validation, which models do
//! not differ significantly from it, the best baseline, what ensembles gain, the best embedding and network, the generalization
//! gap, evidence about the limit, the most frequent confusions.

use std::cmp::Reverse;

use super::{ensembles, limit, stated};
use crate::phrases::{self, distance, p_value, percent, side, versus};
use ninefold_core::phrasing::{all_listed, counted, thousands};
use ninefold_metrics::{Confused, Confusion, Interval, MainScore, wilson};
use ninefold_records::{Leaderboard, Row, RowKind};

/// How many pairs of classes are named.
const CONFUSIONS: usize = 3;
/// How many classes with a low recall are named.
const LOW_RECALLS: usize = 5;
/// Fewer test texts than this are warned of.
const FEW_TEXTS: usize = 100;

/// The insights of a leaderboard. `confusion` is that of the best pair (chosen by validation) on the test texts, with the names of
/// the classes.
pub fn insights(board: &Leaderboard, confusion: Option<(&Confusion, &[String])>) -> Vec<String> {
    insights_with(board, confusion, None)
}

/// The same with the verdict of a diagnosis in place of what the scores alone tell about the limit.
pub(crate) fn insights_with(
    board: &Leaderboard,
    confusion: Option<(&Confusion, &[String])>,
    verdict: Option<&str>,
) -> Vec<String> {
    let runs = &board.rows;
    let board = &stated::corrected(board.merged());
    let mut insights = Vec::new();
    if let Some(best) = board.best() {
        insights.extend(best_pair(board, best));
        insights.extend(highest_on_test(board, best));
        insights.extend(ties(board, best));
        insights.extend(best_baseline(board, best));
        insights.extend(seeds(board, best));
        insights.extend(ensembles::ensembles(board));
        insights.extend(best_family(board, "embedding", |row| &row.embedding, |row| &row.model));
        insights.extend(best_family(board, "network", |row| &row.model, |row| &row.embedding));
        insights.extend(gap(best));
        match verdict {
            Some(verdict) => insights.push(verdict.to_owned()),
            None => insights.extend(limit::limit(board, best)),
        }
    }
    if let Some((confusion, labels)) = confusion {
        insights.extend(worst_confusions(confusion, labels));
        insights.extend(majority_class(confusion, labels));
        insights.extend(recalls(confusion, labels, board.main_score));
    }
    for row in runs.iter().filter(|row| row.accuracy().is_none()) {
        let reason = row.error.as_deref().unwrap_or("it has no test scores");
        let seed = if runs.len() > board.rows.len() { format!(" (seed {})", row.seed) } else { String::new() };
        insights.push(format!("Failed: {}{seed}: {reason}.", row.pair()));
    }
    insights
}

/// The best network by validation; its test score is therefore unbiased by the choice.
fn best_pair(board: &Leaderboard, best: &Row) -> Option<String> {
    let (accuracy, texts, main) = (best.accuracy()?, board.protocol.texts.test, board.main_score);
    let level = board.confidence_level();
    let validation = percent(main.of(&best.validation?));
    let named = if texts == 0 { "the test texts".to_owned() } else { counted(texts, "test text") };
    let (pair, right) = (best.pair(), percent(accuracy));
    let kind = if best.kind == RowKind::Pair { "network" } else { "baseline" };
    let mut insight = match main {
        MainScore::Accuracy => {
            format!("Best {kind} by validation ({validation} %): {pair}, test accuracy {right} % on {named}")
        }
        MainScore::F1Macro => {
            let f1 = percent(best.score(main)?);
            format!(
                "Best {kind} by validation (macro F1 {validation} %): {pair}, macro F1 {f1} % (accuracy {right} %) on {named}"
            )
        }
    };
    insight += &match best.interval {
        Some(interval) => {
            let interval = interval.of_score(main);
            format!("; {level} interval {} to {} %", percent(interval.low), percent(interval.high))
        }
        None if texts == 0 || main != MainScore::Accuracy => String::new(),
        None => {
            let Interval { low, high } = wilson(accuracy, texts as f64, level);
            format!("; {level} interval {} to {} %", percent(low), percent(high))
        }
    };
    insight.push('.');
    if (1..FEW_TEXTS).contains(&texts) {
        insight += &format!(" With {} the interval is wide.", counted(texts, "test text"));
    }
    Some(insight)
}

/// The network with the highest test score, where that is not the chosen one.
fn highest_on_test(board: &Leaderboard, best: &Row) -> Option<String> {
    let pairs = board.rows.iter().filter(|row| row.kind == RowKind::Pair && row.accuracy().is_some());
    let score = |row: &Row| row.score(board.main_score);
    let highest = pairs.reduce(|a, b| if score(b) > score(a) { b } else { a })?;
    let is_other = highest.pair() != best.pair() && score(highest) > score(best);
    is_other.then(|| {
        let (name, score) = (highest.pair(), phrases::score(board.main_score, score(highest).unwrap_or_default()));
        format!("Highest on test: {name}, {score}{}.", versus(board, &name, &best.pair()))
    })
}

/// The networks that do not differ significantly from the best one.
fn ties(board: &Leaderboard, best: &Row) -> Option<String> {
    let others =
        board.standings.iter().filter(|standing| standing.kind == RowKind::Pair && standing.name() != best.pair());
    let compared: Vec<(String, f64)> = others
        .filter_map(|standing| {
            let comparison = board.comparison(&standing.name(), &best.pair())?;
            let is_tie = !comparison.is_significant(board.confidence_level());
            is_tie.then(|| (standing.name(), comparison.p_corrected))
        })
        .collect();
    match compared.as_slice() {
        [] => None,
        [(name, p)] => Some(format!("{name} and {} do not differ significantly ({}).", best.pair(), p_value(*p))),
        many => {
            let names: Vec<String> = many.iter().map(|(name, p)| format!("{name} ({})", p_value(*p))).collect();
            Some(format!("No significant difference from {}: {}.", best.pair(), all_listed(&names)))
        }
    }
}

/// How the best baseline compares with the best network.
fn best_baseline(board: &Leaderboard, best: &Row) -> Option<String> {
    let baseline = board.chosen(RowKind::Baseline).filter(|_| best.kind != RowKind::Baseline)?;
    let score = baseline.score(board.main_score)?;
    let difference = score - best.score(board.main_score)?;
    let (name, other) = (baseline.pair(), best.pair());
    Some(format!(
        "Best baseline by validation: {name}, {}, {} points {} {other}{}.",
        phrases::score(board.main_score, score),
        distance(difference),
        side(difference),
        versus(board, &name, &other)
    ))
}

fn seeds(board: &Leaderboard, best: &Row) -> Option<String> {
    let standing = board.standings.iter().find(|standing| standing.name() == best.pair())?;
    (standing.seeds.len() > 1).then(|| {
        format!(
            "Scores are means and standard deviations over {}; for {} validation selects seed {}.",
            counted(standing.seeds.len(), "seed"),
            best.pair(),
            standing.picked_seed
        )
    })
}

/// The family (all rows of one embedding, or of one network) with the best mean over the partners that every family has.
fn best_family(
    board: &Leaderboard,
    kind: &str,
    family: fn(&Row) -> &String,
    partner: fn(&Row) -> &String,
) -> Option<String> {
    let is_pair = |row: &&Row| row.accuracy().is_some() && row.kind == RowKind::Pair;
    let scored: Vec<&Row> = board.rows.iter().filter(is_pair).collect();
    let distinct = |of: fn(&Row) -> &String| {
        let mut names: Vec<String> = Vec::new();
        for row in &scored {
            if !names.contains(of(row)) {
                names.push(of(row).clone());
            }
        }
        names
    };
    let families = distinct(family);
    let has = |one: &String, other: &String| scored.iter().any(|row| family(row) == one && partner(row) == other);
    let partners: Vec<String> =
        distinct(partner).into_iter().filter(|other| families.iter().all(|one| has(one, other))).collect();
    if families.len() < 2 || partners.is_empty() {
        return None;
    }
    let mean = |one: &String| {
        let rows = scored.iter().filter(|row| family(row) == one && partners.contains(partner(row)));
        let scores: Vec<f64> = rows.filter_map(|row| row.score(board.main_score)).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    let mut means: Vec<(f64, &String)> = families.iter().map(|one| (mean(one), one)).collect();
    means.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let others: Vec<String> = means[1..].iter().map(|(mean, name)| format!("{name} {} %", percent(*mean))).collect();
    let how = if partners.len() > 1 { "on average over" } else { "with" };
    Some(format!(
        "Best {kind}: {}, {} {how} {} ({}).",
        means[0].1,
        phrases::score(board.main_score, means[0].0),
        all_listed(&partners),
        others.join(", ")
    ))
}

fn gap(best: &Row) -> Option<String> {
    let (train, test) = (best.train?.accuracy, best.accuracy()?);
    Some(format!(
        "Generalization gap: {} scores {} % on train, {} % on test.",
        best.pair(),
        percent(train),
        percent(test),
    ))
}

fn worst_confusions(confusion: &Confusion, labels: &[String]) -> Option<String> {
    let worst = confusion.worst_confusions(CONFUSIONS);
    let one = |pair: &Confused| {
        format!(
            "{} predicted as {} ({} of {}, {} %)",
            labels[pair.truth],
            labels[pair.predicted],
            thousands(pair.count as usize),
            thousands(pair.support as usize),
            percent(pair.count as f64 / pair.support as f64)
        )
    };
    let confused: Vec<String> = worst.iter().map(one).collect();
    (!confused.is_empty()).then(|| format!("Most frequent confusions: {}.", confused.join("; ")))
}

/// The score of always predicting the most frequent class.
fn majority_class(confusion: &Confusion, labels: &[String]) -> Option<String> {
    let (class, support) = (0..confusion.num_classes())
        .map(|class| (class, confusion.support(class)))
        .max_by_key(|&(class, support)| (support, Reverse(class)))?;
    let fraction = support as f64 / confusion.total() as f64;
    (support > 0).then(|| {
        format!("Majority-class baseline: always predicting `{}` scores {} %.", labels[class], percent(fraction))
    })
}

/// Where classes are uneven: the recall of the rarest class beside that of the most frequent one, and which classes have less than
/// half of the latter's.
fn recalls(confusion: &Confusion, labels: &[String], main: MainScore) -> Vec<String> {
    let classes = || (0..confusion.num_classes()).filter(|&class| confusion.support(class) > 0);
    let frequent = classes().max_by_key(|&class| (confusion.support(class), Reverse(class)));
    let rarest = classes().min_by_key(|&class| (confusion.support(class), class));
    let (Some(frequent), Some(rarest)) = (frequent, rarest) else { return Vec::new() };
    let recall = |class: usize| confusion.count(class, class) as f64 / confusion.support(class) as f64;
    let of = |class: usize| format!("`{}` {} %", labels[class], percent(recall(class)));
    let mut said = Vec::new();
    if main == MainScore::F1Macro && rarest != frequent {
        let texts = counted(confusion.support(rarest) as usize, "test text");
        said.push(format!(
            "Recall of the rarest class: {} ({texts}); of the most frequent: {}.",
            of(rarest),
            of(frequent)
        ));
    }
    let mut low: Vec<usize> = classes().filter(|&class| 2.0 * recall(class) < recall(frequent)).collect();
    if !low.is_empty() {
        low.sort_by(|&a, &b| recall(a).total_cmp(&recall(b))); // stable: equals stay in order of class
        let mut named: Vec<String> = low.iter().take(LOW_RECALLS).map(|&class| of(class)).collect();
        if low.len() > LOW_RECALLS {
            named.push(format!("{} more", low.len() - LOW_RECALLS));
        }
        said.push(format!(
            "Low recall: less than half of that of {} for {}. `training.class_weight = \"balanced\"` trades precision for recall.",
            of(frequent),
            all_listed(&named)
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn whole_board_is_described_in_sentences() {
        let mut truth = vec![0; 50];
        truth.extend([1; 30]);
        truth.extend([2; 20]);
        let mut predicted = truth.clone();
        predicted[..9].fill(1);
        predicted[50..54].fill(2);
        let labels = ["alt.atheism", "sci.space", "sci.med"].map(str::to_owned);
        let insights = insights(&sample::leaderboard(), Some((&Confusion::of(3, &truth, &predicted), &labels)));
        insta::assert_snapshot!(insights.join("\n"), @r"
        Best network by validation (79.0 %): word2vec + gru, test accuracy 71.9 % on 7,532 test texts; 95 % interval 70.9 to 72.9 %.
        Highest on test: fasttext + gru, 72.5 %.
        Best embedding: fasttext, 72.0 % on average over lstm and gru (word2vec 71.0 %, glove 68.5 %).
        Best network: gru, 72.2 % on average over word2vec and fasttext (lstm 70.7 %, rnn 56.6 %).
        Generalization gap: word2vec + gru scores 91.9 % on train, 71.9 % on test.
        Evidence: word2vec + gru scores 91.9 % on train and 79.0 % on validation, so it overfits.
        Distribution shift: every model scores lower on test than on validation (median 7.1 points, range 1.7 to 9.0). The test texts probably differ from the training texts; model choice did not compensate for it.
        Most frequent confusions: alt.atheism predicted as sci.space (9 of 50, 18.0 %); sci.space predicted as sci.med (4 of 30, 13.3 %).
        Majority-class baseline: always predicting `alt.atheism` scores 50.0 %.
        Failed: glove + rnn: the loss became NaN in epoch 3, batch 17: lower learning_rate or max_grad_norm.
        ");
    }

    #[test]
    fn ties_and_baselines_are_told_with_their_p() {
        let told = insights(&sample::judged(), None);
        insta::assert_snapshot!(told[..4].join("\n"), @r"
        Best network by validation (79.0 %): word2vec + gru, test accuracy 71.9 % on 7,532 test texts; 95 % interval 70.8 to 73.0 %.
        Highest on test: fasttext + gru, 72.5 % (not significant, p = 0.41).
        fasttext + gru and word2vec + gru do not differ significantly (p = 0.41).
        Best baseline by validation: tfidf_svm, 70.5 %, 1.4 points below word2vec + gru (significant, p = 0.003).
        ");
    }

    #[test]
    fn wide_interval_of_few_texts_is_reported() {
        let mut board = sample::leaderboard();
        board.protocol.texts.test = 10;
        assert!(insights(&board, None)[0].ends_with("With 10 test texts the interval is wide."));
    }

    #[test]
    fn families_are_compared_on_partners_that_all_have() {
        let mut board = sample::leaderboard();
        board.rows.retain(|row| !(row.embedding == "glove" && row.model == "gru"));
        let insights = insights(&board, None);
        // glove has lstm only: nobody's good or bad results elsewhere count
        assert!(
            insights
                .iter()
                .any(|insight| insight == "Best embedding: fasttext, 71.4 % with lstm (word2vec 70.0 %, glove 68.0 %).")
        );
        board.rows.retain(|row| row.embedding == "glove");
        assert!(!super::insights(&board, None).iter().any(|insight| insight.starts_with("Best embedding")));
    }

    #[test]
    fn low_recalls_are_reported_and_the_rarest_class_is_named() {
        let labels = ["ham", "spam", "scam"].map(str::to_owned);
        let truth = [[0; 10].as_slice(), &[1; 4], &[2; 2]].concat();
        let predicted = [[0; 10].as_slice(), &[1, 0, 0, 0], &[2; 2]].concat();
        let confusion = Confusion::of(3, &truth, &predicted);
        let said = recalls(&confusion, &labels, MainScore::F1Macro);
        insta::assert_snapshot!(said.join("\n"), @r#"
        Recall of the rarest class: `scam` 100.0 % (2 test texts); of the most frequent: `ham` 100.0 %.
        Low recall: less than half of that of `ham` 100.0 % for `spam` 25.0 %. `training.class_weight = "balanced"` trades precision for recall.
        "#);
        assert_eq!(recalls(&confusion, &labels, MainScore::Accuracy).len(), 1, "the low recall only");
        assert!(recalls(&Confusion::of(2, &[0, 1], &[0, 1]), &labels, MainScore::Accuracy).is_empty());
    }

    #[test]
    fn nothing_is_said_about_nothing() {
        assert!(insights(&Leaderboard::default(), None).is_empty());
        assert!(
            insights(&Leaderboard::default(), Some((&Confusion::new(2), &["a".to_owned(), "b".to_owned()]))).is_empty()
        );
    }
}
