//! What ensembles gain, in sentences.
//!
//! Takes a leaderboard -> gives a sentence for each ensemble: its members, its score, and the difference from its best member by
//! validation.

use crate::phrases::{self, distance, member_weights, percent, side, versus};
use ninefold_core::phrasing::{all_listed, counted};
use ninefold_records::{Leaderboard, NO_EMBEDDING, Row, RowKind, STACKED};

/// Members that are named.
const NAMED: usize = 5;

/// A sentence per ensemble; of those of seeds only the one of the pair that validation chose. `board`: a row per pair.
pub(crate) fn ensembles(board: &Leaderboard) -> Vec<String> {
    told(board).filter_map(|row| sentence(board, row)).collect()
}

/// The names of each ensemble and of the model that its sentence compares it with.
pub(crate) fn compared(board: &Leaderboard) -> impl Iterator<Item = (String, String)> + '_ {
    told(board).filter_map(|row| Some((row.pair(), best_member(board, row)?.pair())))
}

/// Those that have a sentence.
fn told(board: &Leaderboard) -> impl Iterator<Item = &Row> {
    let best = board.best().filter(|best| best.kind == RowKind::Pair).map(Row::pair);
    board.rows.iter().filter(move |row| {
        let is_of_best = || row.members.first().map(|member| &member.name) == best.as_ref();
        row.kind == RowKind::Ensemble && (!is_of_seeds(row) || is_of_best())
    })
}

/// The best of its members by validation.
fn best_member<'a>(board: &'a Leaderboard, row: &Row) -> Option<&'a Row> {
    board.best_of(|other| row.members.iter().any(|member| member.name == other.pair()))
}

/// True for the seeds of one pair.
fn is_of_seeds(row: &Row) -> bool {
    row.embedding != NO_EMBEDDING
}

fn sentence(board: &Leaderboard, row: &Row) -> Option<String> {
    let score = row.score(board.main_score)?;
    let shares = member_weights(&row.members);
    let alone = best_member(board, row)?;
    if let ([(name, _)], false) = (shares.as_slice(), is_of_seeds(row)) {
        return Some(format!("Ensemble {}: validation selects {name} alone; no other model improves it.", row.pair()));
    }
    let difference = score - alone.score(board.main_score)?;
    let than = match is_of_seeds(row) {
        true => "the mean of its seeds".to_string(),
        false => format!("{}, its best member by validation", alone.pair()),
    };
    Some(format!(
        "Ensemble of {}: {}, {} points {} {than}{}.",
        who(row, &shares),
        phrases::score(board.main_score, score),
        distance(difference),
        side(difference),
        versus(board, &row.pair(), &alone.pair()),
    ))
}

/// "5 models by vote (vote_selected: complement_nb 40.0 %, glove + gru 30.0 % and 3 more)"; equal weights are not listed.
fn who(row: &Row, shares: &[(String, f64)]) -> String {
    let (name, count) = (row.pair(), row.members.len());
    let is_even = row.members.windows(2).all(|pair| pair[0].weight == pair[1].weight);
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    if row.model == STACKED {
        return format!("{} by logistic regression ({name})", counted(count, "model"));
    }
    let noun = if is_of_seeds(row) { "seed" } else { "model" };
    let mut told = format!("{} by vote ({name}", counted(count, noun));
    if !is_even {
        let named = |(name, share): &(String, f64)| format!("{name} {} %", percent(share / total));
        let mut named: Vec<String> = shares.iter().take(NAMED).map(named).collect();
        if shares.len() > NAMED {
            named.push(format!("{} more", shares.len() - NAMED));
        }
        told += &format!(": {}", all_listed(&named));
    }
    told + ")"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::table::leaderboard_table;
    use crate::{Column, View, insights, leaderboard_csv, sample};
    use ninefold_records::Member;

    #[test]
    fn gain_of_an_ensemble_is_stated_beside_its_best_member() {
        insta::assert_snapshot!(ensembles(&sample::ensembles().merged()).join("\n"), @r"
        Ensemble of 2 seeds by vote (word2vec + gru_vote_seeds): 73.0 %, 1.6 points above the mean of its seeds (not significant, p = 0.20).
        Ensemble of 3 models by vote (vote_selected: word2vec + gru 70.0 % and tfidf_svm 30.0 %): 74.1 %, 2.7 points above word2vec + gru, its best member by validation (not significant, p = 0.20).
        Ensemble of 3 models by logistic regression (stacked): 75.2 %, 3.8 points above word2vec + gru, its best member by validation (significant, p = 0.003).
        ");
    }

    #[test]
    fn ensembles_are_rows_of_their_own_kind() {
        let board = sample::ensembles();
        assert!(board.best().is_some_and(|best| best.kind == RowKind::Pair), "no ensemble is the best pair");
        let view = View { ascii: true, ..View::default() };
        let table = leaderboard_table(&board, Column::Accuracy, &[], &view);
        assert!(table.lines().all(|line| line.len() <= 100), "{table}");
        insta::assert_snapshot!(table.split("\n\n").nth(1).unwrap_or_default(), @r"
        --------------------------------------------------------------------------------------------
         #  embedding  model             accuracy      interval    F1     train  seconds  parameters
                                                                       accuracy
        ============================================================================================
         1  ensemble   stacked               75.2             -  74.9         -      622     704,204
         1  ensemble   vote_selected         74.1             -  73.8         -      622   1,304,204
         1  word2vec   gru_vote_seeds        73.0             -  72.7         -      622   1,404,204
         1  fasttext   gru                   72.5  71.4 to 73.6  72.2      92.5    1,334     304,204
         3  fasttext   lstm                  71.4  70.3 to 72.5  71.1      91.4      423     404,204
         1  word2vec   gru             71.4 +-0.7  70.8 to 73.0  71.1      91.4      332     304,204
         4  -          tfidf_svm             70.5  69.4 to 71.6  70.2      90.5       26     904,204
         5  word2vec   lstm                  70.0  68.9 to 71.1  69.7      90.0      422     404,204
         6  glove      gru                   69.0  67.9 to 70.1  68.7      89.0      327     304,204
         7  glove      lstm                  68.0  66.9 to 69.1  67.7      88.0      421     404,204
         8  fasttext   rnn                   57.0  55.9 to 58.1  56.7      77.0      134     304,204
         9  word2vec   rnn                   56.2  55.1 to 57.3  56.0      76.2      132     304,204
         -  glove      rnn                 failed             -     -         -       23           -
        --------------------------------------------------------------------------------------------
        Scores in % on the test texts; precision, recall and F1 weighted by the size of the classes.
        Seconds: embedding, training and evaluation. #: rank by accuracy; rows that do not differ
        significantly share a rank (corrected for 39 comparisons of two). Ensembles combine the predictions
        of other rows; their seconds and parameters are sums. Columns not shown for lack of space: recall
        and precision.
        ");
        let coloured = leaderboard_table(&board, Column::Accuracy, &[], &View { color: true, ..view });
        assert!(coloured.contains("\x1b[36m 1  ensemble   stacked"), "{coloured}");
        let csv = leaderboard_csv(&board, Column::Accuracy);
        let lines: Vec<&str> = csv.lines().filter(|line| line.contains(",none,stacked,")).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("1,none,stacked,0,false,true,"), "{csv}");
        assert!(!insights(&board, None).iter().any(|insight| insight.starts_with("Best") && insight.contains("vote")));
    }

    #[test]
    fn selection_of_one_model_is_no_gain() {
        let mut board = sample::ensembles();
        for row in board.rows.iter_mut().filter(|row| row.model == "vote_selected") {
            row.members.truncate(1);
        }
        let told = ensembles(&board.merged());
        assert!(
            told.contains(
                &"Ensemble vote_selected: validation selects word2vec + gru alone; no other model improves it."
                    .to_string()
            ),
            "{told:?}"
        );
    }

    #[test]
    fn first_members_are_named_and_the_rest_counted() {
        let member = |n: usize| Member { name: format!("m{n}"), weight: 1.0 / (n + 1) as f64, ..Member::default() };
        let names = (NO_EMBEDDING.to_string(), "vote_selected".to_string());
        let row = Row { embedding: names.0, model: names.1, members: (0..8).map(member).collect(), ..Row::default() };
        let told = who(&row, &member_weights(&row.members));
        assert_eq!(
            told,
            "8 models by vote (vote_selected: m0 36.8 %, m1 18.4 %, m2 12.3 %, m3 9.2 %, m4 7.4 % and 3 more)"
        );
    }
}
