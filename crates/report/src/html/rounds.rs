//! Several runs side by side: the main test score of each pair in each.

use serde::Serialize;

use super::run::RunReport;
use crate::text::column::Column;
use ninefold_records::Leaderboard;

#[derive(Serialize)]
pub(crate) struct Rounds {
    runs: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    /// Said where the protocols differ.
    warning: Option<String>,
}

pub(crate) fn view(runs: &[RunReport]) -> Rounds {
    let boards: Vec<Leaderboard> = runs.iter().map(|run| run.leaderboard.merged()).collect();
    let mut names: Vec<String> = Vec::new();
    for row in boards.iter().rev().flat_map(|board| Column::of_score(board.main_score).ranked(board)) {
        if !names.contains(&row.pair()) {
            names.push(row.pair());
        }
    }
    let cell = |board: &Leaderboard, name: &str| {
        let row = board.rows.iter().find(|row| row.pair() == name);
        row.map_or("–".to_string(), |row| Column::of_score(board.main_score).text(row))
    };
    let rows = names
        .into_iter()
        .map(|name| {
            let cells = boards.iter().map(|board| cell(board, &name)).collect();
            (name, cells)
        })
        .collect();
    let is_same = boards.windows(2).all(|two| two[0].protocol == two[1].protocol);
    let warning = "The protocols differ: these runs answer different questions. Do not compare their figures.";
    Rounds {
        runs: runs.iter().map(|run| run.name.clone()).collect(),
        rows,
        warning: (!is_same).then(|| warning.to_string()),
    }
}
