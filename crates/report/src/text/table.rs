//! The leaderboard for people: the protocol, the table, and what to read out of it.

use super::column::{Column, REFITTED};
use super::deploy;
use super::grid::{Align, Grid, Tone, View};
use crate::phrases::percent;
use ninefold_core::phrasing::{all_listed, counted, thousands};
use ninefold_metrics::MainScore;
use ninefold_records::{Leaderboard, RowKind, Unread};
use ninefold_text::vocab::PartCoverage;

const LEGEND: &str = "Scores in % on the test texts; precision, recall and F1 weighted by the size of the classes. \
                      Seconds: embedding, training and evaluation.";
const MACRO_LEGEND: &str = "Scores in % on the test texts; F1 macro is the unweighted mean F1 of the classes; F1 \
                            weights them by size. Seconds: embedding, training and evaluation.";

/// What a narrow terminal does without, first the recall: weighted, it equals the accuracy.
const EXPENDABLE: [Column; 6] = [
    Column::Recall,
    Column::Precision,
    Column::Parameters,
    Column::TrainAccuracy,
    Column::Interval,
    Column::F1MacroInterval,
];

/// For the terminal: rows by `sort`, the best network by validation highlighted, with `insights` below.
pub fn leaderboard_table(board: &Leaderboard, sort: Column, insights: &[String], view: &View) -> String {
    let mut text = deploy::lines(board).iter().map(|line| view.item(line) + "\n").collect::<String>();
    text += &(view.head(&head(board)) + "\n\n");
    let (grid, left_out) = grid_within(&board.merged(), sort, view.width);
    text += &grid.draw(view);
    text.push('\n');
    let mut legend = legend(board);
    if !left_out.is_empty() {
        legend += &format!(" Columns not shown for lack of space: {}.", all_listed(&left_out));
    }
    text += &view.legend(&legend);
    text.push('\n');
    for insight in insights {
        text += &format!("\n{}", view.item(insight));
    }
    text.trim_end().to_owned() + "\n"
}

/// For a README: the same in Markdown.
pub fn leaderboard_markdown(board: &Leaderboard, sort: Column, insights: &[String]) -> String {
    let item = |line: &str| format!("- {line}\n");
    let merged = board.merged();
    let mut text = format!(
        "{}{}\n{}\n{}\n",
        deploy::lines(board).iter().map(|line| format!("{line}\n\n")).collect::<String>(),
        head(board).lines().map(item).collect::<String>(),
        grid(&merged, sort, &columns(&merged, sort)).markdown(),
        legend(board)
    );
    if !insights.is_empty() {
        text.push('\n');
        text.extend(insights.iter().map(|insight| item(insight)));
    }
    text
}

/// For a paper: a LaTeX table with the protocol above it as a comment.
pub fn leaderboard_latex(board: &Leaderboard, sort: Column) -> String {
    let merged = board.merged();
    let head: String = head(board).lines().map(|line| format!("% {line}\n")).collect();
    head + &grid(&merged, sort, &columns(&merged, sort)).latex()
}

/// The lines above every table: the protocol, the fraction of unknown tokens, and the number of test evaluations.
pub(crate) fn head(board: &Leaderboard) -> String {
    let mut head = board.protocol.to_string();
    if board.coverage != PartCoverage::default() {
        head += &format!("\n{}", board.coverage.unknown());
    }
    for line in unread(board) {
        head += &format!("\n{line}");
    }
    if let Some(epochs) = board.auto_epochs {
        head += &format!("\nepochs: at most {epochs} (training.epochs = \"auto\")");
    }
    for line in &board.shortened {
        head += &format!("\n{line}");
    }
    if let Some(statistics) = &board.statistics {
        head += &format!(
            "\ntest evaluations: {} in this run, {} in all runs on this machine; {} bootstrap resamples",
            counted(statistics.test_evaluations, "model"),
            thousands(statistics.test_evaluations_total),
            thousands(statistics.n_resamples)
        );
    }
    head
}

/// What networks do not read of the test texts: a line for each length at which texts are cut.
fn unread(board: &Leaderboard) -> Vec<String> {
    let mut all: Vec<Unread> = board.rows.iter().filter_map(|row| row.unread).collect();
    all.sort_by_key(|unread| unread.max_len);
    all.dedup_by_key(|unread| unread.max_len);
    let line = |Unread { max_len, texts, tokens }: Unread| {
        let max_len = thousands(max_len);
        format!(
            "networks read the first {max_len} tokens of a text: {} % of the test texts are longer, {} % of their tokens are not read",
            percent(texts),
            percent(tokens)
        )
    };
    all.into_iter().map(line).collect()
}

fn legend(board: &Leaderboard) -> String {
    let mut legend = match board.main_score {
        MainScore::Accuracy => LEGEND.to_owned(),
        MainScore::F1Macro => format!("{MACRO_LEGEND}{}", why_macro(board)),
    };
    if !board.standings.is_empty() {
        let score = board.main_score.name();
        legend += &format!(" #: rank by {score}; rows that do not differ significantly share a rank");
        legend += &match board.comparisons.len() {
            0 | 1 => ".".to_string(),
            count => format!(" (corrected for {} comparisons of two).", thousands(count)),
        };
    }
    if board.rows.iter().any(|row| row.cost.is_some()) {
        legend += " ms: a text on one core, many texts at once; MB: the saved model.";
    }
    if board.rows.iter().any(|row| row.is_refitted) {
        legend += &format!(" {REFITTED}: trained again on train and validation when every choice was made (refit).");
    }
    if board.rows.iter().any(|row| row.kind == RowKind::Ensemble) {
        legend += " Ensembles combine the predictions of other rows; their seconds and parameters are sums.";
    }
    legend
}

/// Why rows are not ranked by accuracy.
pub(crate) fn why_macro(board: &Leaderboard) -> String {
    let [smallest, largest] = board.class_sizes.map(thousands);
    match board.class_sizes {
        [_, 0] => String::new(),
        _ => format!(
            " Rows are ranked by it because the classes are uneven (largest {largest}, smallest {smallest} training \
             texts): accuracy hardly depends on small classes."
        ),
    }
}

/// Without the columns that can be missed most easily, as far as the width makes that necessary.
fn grid_within(board: &Leaderboard, sort: Column, width: usize) -> (Grid, Vec<String>) {
    let mut columns = columns(board, sort);
    let mut left_out = Vec::new();
    for expendable in EXPENDABLE.into_iter().filter(|&column| column != sort) {
        let grid = grid(board, sort, &columns);
        if grid.natural_width() <= width {
            return (grid, left_out);
        }
        columns.retain(|&column| column != expendable);
        left_out.push(expendable.heading());
    }
    (grid(board, sort, &columns), left_out)
}

fn grid(board: &Leaderboard, sort: Column, columns: &[Column]) -> Grid {
    let best = board.best();
    let headings = columns.iter().map(|column| (column.heading(), column.align()));
    let mut grid =
        Grid { headings: [("#".to_owned(), Align::Right)].into_iter().chain(headings).collect(), rows: vec![] };
    for (index, row) in sort.ranked(board).into_iter().enumerate() {
        let is_scored = row.accuracy().is_some();
        let rank = match row.rank {
            Some(rank) => rank.to_string(),
            None if is_scored => (index + 1).to_string(),
            None => "-".to_owned(),
        };
        let cell = |&column: &Column| match column {
            column if !is_scored && column == Column::of_score(board.main_score) => "failed".to_owned(),
            Column::Interval | Column::F1MacroInterval | Column::Parameters | Column::Epochs if !is_scored => {
                "-".to_owned()
            }
            other => other.text(row),
        };
        let tone = match is_scored {
            false => Tone::Bad,
            true if best.is_some_and(|best| std::ptr::eq(best, row)) => Tone::Good,
            true if row.kind == RowKind::Ensemble => Tone::Ensemble,
            true if row.kind == RowKind::Baseline => Tone::Quiet,
            true => Tone::Plain,
        };
        grid.rows.push((std::iter::once(rank).chain(columns.iter().map(cell)).collect(), tone));
    }
    grid
}

/// What is shown: the usual columns, and the one that is sorted by.
fn columns(board: &Leaderboard, sort: Column) -> Vec<Column> {
    let mut shown = vec![Column::Embedding, Column::Model, Column::of_score(board.main_score)];
    let scores = match board.main_score {
        MainScore::Accuracy => [Column::Interval, Column::Precision, Column::Recall, Column::F1],
        MainScore::F1Macro => [Column::F1MacroInterval, Column::Accuracy, Column::Recall, Column::F1],
    };
    shown.extend(scores);
    // Without intervals there is nothing to show; the weighted recall is the accuracy again.
    shown.retain(|&column| column != scores[0] || !board.standings.is_empty());
    shown.retain(|&column| column != Column::Recall || board.main_score == MainScore::Accuracy);
    shown.extend([Column::TrainAccuracy, Column::Seconds]);
    if board.rows.iter().any(|row| row.cost.is_some()) {
        shown.extend([Column::MsPerText, Column::Megabytes]);
    }
    shown.push(Column::Parameters);
    if !shown.contains(&sort) {
        let after_scores = shown.iter().position(|&column| column == Column::TrainAccuracy).unwrap_or_default();
        shown.insert(after_scores, sort);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{insights, sample};
    use ninefold_metrics::ConfidenceLevel;
    use ninefold_records::Row;

    #[test]
    fn the_whole_table() {
        let board = sample::leaderboard();
        let table = leaderboard_table(&board, Column::Accuracy, &insights(&board, None), &View::default());
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        insta::assert_snapshot!(table, @r"
        data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532
        split: bydate; validation: 10 % of train, stratified, seed 0
        stripped: headers, footers, quotes; empty texts (kept): train 218, validation 20, test 165

        ──────────────────────────────────────────────────────────────────────────────────────
         #  embedding  model  accuracy  precision  recall    F1     train  seconds  parameters
                                                                 accuracy
        ══════════════════════════════════════════════════════════════════════════════════════
         1  fasttext   gru        72.5       73.7    72.5  72.2      92.5    1,334     304,204
         2  word2vec   gru        71.9       73.1    71.9  71.6      91.9      332     304,204
         3  fasttext   lstm       71.4       72.6    71.4  71.1      91.4      423     404,204
         4  word2vec   lstm       70.0       71.2    70.0  69.7      90.0      422     404,204
         5  glove      gru        69.0       70.2    69.0  68.7      89.0      327     304,204
         6  glove      lstm       68.0       69.2    68.0  67.7      88.0      421     404,204
         7  fasttext   rnn        57.0       58.2    57.0  56.7      77.0      134     304,204
         8  word2vec   rnn        56.2       57.5    56.2  56.0      76.2      132     304,204
         -  glove      rnn      failed          -       -     -         -       23           -
        ──────────────────────────────────────────────────────────────────────────────────────
        Scores in % on the test texts; precision, recall and F1 weighted by the size of the classes.
        Seconds: embedding, training and evaluation.

        Best network by validation (79.0 %): word2vec + gru, test accuracy 71.9 % on 7,532 test texts; 95
          % interval 70.9 to 72.9 %.
        Highest on test: fasttext + gru, 72.5 %.
        Best embedding: fasttext, 72.0 % on average over lstm and gru (word2vec 71.0 %, glove 68.5 %).
        Best network: gru, 72.2 % on average over word2vec and fasttext (lstm 70.7 %, rnn 56.6 %).
        Generalization gap: word2vec + gru scores 91.9 % on train, 71.9 % on test.
        Evidence: word2vec + gru scores 91.9 % on train and 79.0 % on validation, so it overfits.
        Distribution shift: every model scores lower on test than on validation (median 7.1 points, range
          1.7 to 9.0). The test texts probably differ from the training texts; model choice did not
          compensate for it.
        Failed: glove + rnn: the loss became NaN in epoch 3, batch 17: lower learning_rate or
          max_grad_norm.
        ");
    }

    #[test]
    fn seeds_intervals_and_a_column_sorted_by_find_room() {
        let mut board = sample::judged();
        board.rows.push(Row { seed: 1, ..sample::row("word2vec", "lstm", 0.706, 0.766, 400.0) });
        let table =
            leaderboard_table(&board, Column::ValidationAccuracy, &[], &View { ascii: true, ..View::default() });
        assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 100), "{table}");
        insta::assert_snapshot!(table, @r"
        data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532
        split: bydate; validation: 10 % of train, stratified, seed 0
        stripped: headers, footers, quotes; empty texts (kept): train 218, validation 20, test 165
        test evaluations: 9 models in this run, 1,234 in all runs on this machine; 2,000 bootstrap resamples

        ---------------------------------------------------------------------------------------------------
         #  embedding  model        accuracy      interval    F1  validation     train  seconds  parameters
                                                                    accuracy  accuracy
        ===================================================================================================
         1  word2vec   gru              71.9  70.8 to 73.0  71.6        79.0      91.9      332     304,204
         3  fasttext   lstm             71.4  70.3 to 72.5  71.1        78.5      91.4      423     404,204
         1  fasttext   gru              72.5  71.4 to 73.6  72.2        78.1      92.5    1,334     304,204
         6  glove      gru              69.0  67.9 to 70.1  68.7        77.5      89.0      327     304,204
         5  word2vec   lstm       70.3 +-0.4  68.9 to 71.1  70.0        77.3      90.3      422     404,204
         7  glove      lstm             68.0  66.9 to 69.1  67.7        77.0      88.0      421     404,204
         4  -          tfidf_svm        70.5  69.4 to 71.6  70.2        76.0      90.5       26     904,204
         8  fasttext   rnn              57.0  55.9 to 58.1  56.7        60.0      77.0      134     304,204
         9  word2vec   rnn              56.2  55.1 to 57.3  56.0        58.0      76.2      132     304,204
         -  glove      rnn            failed             -     -           -         -       23           -
        ---------------------------------------------------------------------------------------------------
        Scores in % on the test texts; precision, recall and F1 weighted by the size of the classes.
        Seconds: embedding, training and evaluation. #: rank by accuracy; rows that do not differ
        significantly share a rank (corrected for 36 comparisons of two). Columns not shown for lack of
        space: recall and precision.
        ");
    }

    #[test]
    fn of_uneven_classes_macro_f1_stands_in_front_and_it_is_said_why() {
        let mut board = sample::judged();
        (board.main_score, board.class_sizes) = (MainScore::F1Macro, [40, 4_800]);
        let table = leaderboard_table(
            &board,
            Column::of_score(board.main_score),
            &insights(&board, None),
            &View { ascii: true, ..View::default() },
        );
        assert!(table.lines().all(|line| line.len() <= 100), "{table}");
        let said = table.replace("\n  ", " ").replace('\n', " ");
        for expected in [
            "classes are uneven (largest 4,800, smallest 40 training texts)",
            "#: rank by macro F1",
            "Best network by validation (macro F1 77.8 %): word2vec + gru, macro F1 70.6 % (accuracy 71.9 %)",
        ] {
            assert!(said.contains(expected), "{expected:?} is not in {table}");
        }
        let heading = table.lines().find(|line| line.contains("embedding ")).unwrap_or_default();
        assert!(heading.contains("F1") && heading.find("F1") < heading.find("accuracy"), "{table}");
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns() {
        let board = sample::leaderboard();
        for width in [60, 72, 80] {
            let table = leaderboard_table(
                &board,
                Column::Accuracy,
                &insights(&board, None),
                &View { width, ..View::default() },
            );
            assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
            assert!(table.replace('\n', " ").contains("Columns not shown for lack of space: recall"), "{table}");
            assert!(table.contains(" 1  fasttext   gru        72.5"), "{table}");
        }
    }

    #[test]
    fn the_whole_markdown() {
        let mut board = sample::leaderboard();
        board.rows.truncate(2);
        insta::assert_snapshot!(leaderboard_markdown(&board, Column::Accuracy, &["Best pair: a + b.".to_owned()]), @r"
        - data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532
        - split: bydate; validation: 10 % of train, stratified, seed 0
        - stripped: headers, footers, quotes; empty texts (kept): train 218, validation 20, test 165

        | # | embedding | model | accuracy | precision | recall | F1 | train accuracy | seconds | parameters |
        | ---: | :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        | 1 | word2vec | lstm | 70.0 | 71.2 | 70.0 | 69.7 | 90.0 | 422 | 404,204 |
        | 2 | word2vec | rnn | 56.2 | 57.5 | 56.2 | 56.0 | 76.2 | 132 | 304,204 |

        Scores in % on the test texts; precision, recall and F1 weighted by the size of the classes. Seconds: embedding, training and evaluation.

        - Best pair: a + b.
        ");
    }

    #[test]
    fn a_board_without_rows_is_a_table_without_rows() {
        let board = Leaderboard { protocol: sample::protocol(), ..Leaderboard::default() };
        let table = leaderboard_table(
            &board,
            Column::Accuracy,
            &insights(&board, None),
            &View { color: true, ..View::default() },
        );
        assert!(table.contains("embedding"), "{table}");
    }

    #[test]
    fn table_and_sentences_agree_at_any_level() {
        let mut board = sample::judged();
        let (best, baseline) = ("word2vec + gru", "tfidf_svm");
        for comparison in &mut board.comparisons {
            let both = [comparison.a.as_str(), comparison.b.as_str()];
            if both.contains(&best) && both.contains(&baseline) {
                (comparison.p, comparison.p_corrected) = (0.02, 0.02);
            }
        }
        let verdict = |board: &Leaderboard| {
            let insights = insights(board, None);
            let line =
                insights.iter().find(|insight| insight.starts_with("Best baseline")).cloned().unwrap_or_default();
            (insights[0].clone(), line)
        };
        let (interval, told) = verdict(&board);
        assert!(interval.contains("; 95 % interval 70.8 to 73.0 %"), "{interval}");
        assert!(told.ends_with("(significant, p = 0.040)."), "{told}");
        if let Some(statistics) = &mut board.statistics {
            statistics.confidence_level = ConfidenceLevel::new(0.99);
        }
        let (interval, told) = verdict(&board);
        assert!(interval.contains("; 99 % interval 70.8 to 73.0 %"), "{interval}");
        assert!(told.ends_with("(not significant, p = 0.040)."), "{told}");
    }
}
