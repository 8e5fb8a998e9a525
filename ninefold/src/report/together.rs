//! What several models gain by answering together, in sentences.
//!
//! Takes a leaderboard -> gives a sentence for each ensemble: who is in it, what it scores, and how far that is above the best
//! of them alone, which is the one that validation would have chosen.

use super::facts::{share, verdict};
use super::phrases::{percent, points};
use super::{Leaderboard, Member, NO_EMBEDDING, Row, RowKind, STACKED};
use crate::phrasing::{all_listed, counted};

/// Members that are named.
const NAMED: usize = 5;

/// A sentence per ensemble; of those of seeds only the one of the pair that validation chose. `board`: a row per pair.
pub(super) fn ensembles(board: &Leaderboard) -> Vec<String> {
    let best = board.best().filter(|best| best.kind() == RowKind::Pair).map(Row::pair);
    let is_told = |row: &&Row| {
        let is_of_best = || row.members.first().map(|member| &member.name) == best.as_ref();
        row.kind() == RowKind::Ensemble && (!is_of_seeds(row) || is_of_best())
    };
    board.rows.iter().filter(is_told).filter_map(|row| sentence(board, row)).collect()
}

/// True for the seeds of one pair.
fn is_of_seeds(row: &Row) -> bool {
    row.embedding != NO_EMBEDDING
}

fn sentence(board: &Leaderboard, row: &Row) -> Option<String> {
    let score = row.score(board.main_score)?;
    let shares = shares(&row.members);
    let alone = board.best_of(|other| shares.iter().any(|(name, _)| *name == other.pair()))?;
    if let ([(name, _)], false) = (shares.as_slice(), is_of_seeds(row)) {
        return Some(format!("{}: validation chooses {name} alone: no other adds to it.", row.pair()));
    }
    let difference = score - alone.score(board.main_score)?;
    let versus = board.comparison(&row.pair(), &alone.pair());
    let versus = versus.map_or(String::new(), |comparison| format!(" ({})", verdict(comparison)));
    let side = if difference < 0.0 { "below" } else { "above" };
    let apart = points(difference.abs());
    let than = match is_of_seeds(row) {
        true => "the mean of them".to_string(),
        false => format!("{}, the best of them by validation", alone.pair()),
    };
    Some(format!(
        "Together, {}: {} {}, {} points {side} {than}{versus}.",
        row.pair(),
        who(row, &shares),
        share(board, score),
        apart.trim_start_matches('+'),
    ))
}

/// "5 models vote (complement_nb 40 %, glove + gru 30 % and 3 more):", or how many there are where all count the same.
fn who(row: &Row, shares: &[(String, f64)]) -> String {
    let models = counted(row.members.len(), "model");
    let is_even = row.members.windows(2).all(|pair| pair[0].weight == pair[1].weight);
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    match (row.model == STACKED, is_even) {
        (true, _) => format!("logistic regression over {models}:"),
        (false, true) => format!("{models} vote:"),
        (false, false) => {
            let named = |(name, share): &(String, f64)| format!("{name} {} %", percent(share / total));
            let mut named: Vec<String> = shares.iter().take(NAMED).map(named).collect();
            if shares.len() > NAMED {
                named.push(format!("{} more", shares.len() - NAMED));
            }
            format!("{models} vote ({}):", all_listed(&named))
        }
    }
}

/// How much each row of the table counts, all its seeds together, the most important first.
pub(super) fn shares(members: &[Member]) -> Vec<(String, f64)> {
    let mut shares: Vec<(String, f64)> = Vec::new();
    for member in members {
        match shares.iter_mut().find(|(name, _)| *name == member.name) {
            Some((_, share)) => *share += member.weight,
            None => shares.push((member.name.clone(), member.weight)),
        }
    }
    shares.sort_by(|a, b| b.1.total_cmp(&a.1)); // stable: equals stay in the leaderboard's order
    shares
}
