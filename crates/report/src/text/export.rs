//! The leaderboard for other programs: CSV with every figure of every row. (JSON is the record itself.)

use super::column::Column;
use ninefold_metrics::Scores;
use ninefold_records::{Leaderboard, Row, RowKind};

const HEAD: [&str; 12] = [
    "rank",
    "embedding",
    "model",
    "seed",
    "baseline",
    "ensemble",
    "accuracy_deviation",
    "accuracy_low",
    "accuracy_high",
    "f1_macro_deviation",
    "f1_macro_low",
    "f1_macro_high",
];
const PARTS: [&str; 3] = ["test", "validation", "train"];
const TAIL: [&str; 10] = [
    "seconds_embedding",
    "seconds_train",
    "seconds_evaluate",
    "parameters",
    "epochs",
    "best_epoch",
    "error",
    "ms_per_text",
    "disk_bytes",
    "memory_bytes",
];

/// One line per pair, baseline and ensemble, by `sort`, means where there are several seeds; shares in \[0, 1\]; a figure that a
/// row does not have is empty.
pub fn leaderboard_csv(board: &Leaderboard, sort: Column) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut write = |record: Vec<String>| {
        let cells = record.iter().map(|cell| board.csv_cells.cell(cell).into_owned());
        out.write_record(cells).expect("records of one length, kept in memory");
    };
    let scores = PARTS.iter().flat_map(|part| named(&Scores::default()).map(|(name, _)| format!("{part}_{name}")));
    write(HEAD.map(str::to_owned).into_iter().chain(scores).chain(TAIL.map(str::to_owned)).collect());
    for (index, row) in sort.ranked(&board.merged()).into_iter().enumerate() {
        write(record(row.rank.unwrap_or(index + 1), row));
    }
    let bytes = out.into_inner().expect("memory does not fail to flush");
    String::from_utf8(bytes).expect("made of strings")
}

fn record(rank: usize, row: &Row) -> Vec<String> {
    let rank = if row.accuracy().is_some() { rank.to_string() } else { String::new() };
    let or_empty = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let (accuracy, f1_macro) = (row.interval.map(|of| of.accuracy), row.interval.map(|of| of.f1_macro));
    let mut cells = vec![
        rank,
        row.embedding.clone(),
        row.model.clone(),
        row.seed.to_string(),
        (row.kind == RowKind::Baseline).to_string(),
        (row.kind == RowKind::Ensemble).to_string(),
        or_empty(row.deviation.map(|scores| scores.accuracy)),
        or_empty(accuracy.map(|interval| interval.low)),
        or_empty(accuracy.map(|interval| interval.high)),
        or_empty(row.deviation.map(|scores| scores.f1_macro)),
        or_empty(f1_macro.map(|interval| interval.low)),
        or_empty(f1_macro.map(|interval| interval.high)),
    ];
    for scores in [&row.test, &row.validation, &row.train] {
        let values = named(&scores.unwrap_or_default()).map(|(_, value)| value.to_string());
        cells.extend(if scores.is_some() { values } else { Default::default() });
    }
    cells.extend([row.seconds.embedding, row.seconds.train, row.seconds.evaluate].map(|seconds| seconds.to_string()));
    cells.extend([row.parameters, row.epochs, row.best_epoch].map(|count| count.to_string()));
    cells.push(row.error.clone().unwrap_or_default());
    let bytes = row.cost.map(|cost| [cost.disk_bytes, cost.memory_bytes].map(|bytes| bytes.to_string()));
    cells.push(or_empty(row.cost.map(|cost| cost.ms_per_text)));
    cells.extend(bytes.unwrap_or_default());
    cells
}

/// All scores under their names in JSON.
fn named(scores: &Scores) -> [(&'static str, f64); 7] {
    let Scores { accuracy, precision_weighted, recall_weighted, f1_weighted, precision_macro, recall_macro, f1_macro } =
        *scores;
    [
        ("accuracy", accuracy),
        ("precision_weighted", precision_weighted),
        ("recall_weighted", recall_weighted),
        ("f1_weighted", f1_weighted),
        ("precision_macro", precision_macro),
        ("recall_macro", recall_macro),
        ("f1_macro", f1_macro),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;
    use ninefold_core::phrasing::CsvCells;

    #[test]
    fn every_figure_comes_back_from_csv() {
        let board = sample::leaderboard();
        let text = leaderboard_csv(&board, Column::Accuracy);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let column = |name: &str| head.iter().position(|heading| heading == name).unwrap();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), board.rows.len());
        for (record, row) in records.iter().zip(Column::Accuracy.ranked(&board)) {
            assert_eq!((&record[1], &record[2]), (row.embedding.as_str(), row.model.as_str()));
            assert_eq!(&record[column("error")], row.error.as_deref().unwrap_or_default());
            assert_eq!(record[column("seconds_train")].parse::<f64>().unwrap(), row.seconds.train);
            for (part, scores) in [("test", row.test), ("validation", row.validation), ("train", row.train)] {
                let found = record[column(&format!("{part}_f1_macro"))].parse::<f64>().ok();
                assert_eq!(found, scores.map(|scores| scores.f1_macro));
            }
        }
        assert_eq!((&records[0][0], &records[8][0]), ("1", ""), "a failed pair has no rank");
    }

    #[test]
    fn cells_are_guarded_unless_the_run_wants_them_plain() {
        let mut board = sample::leaderboard();
        board.rows[0].embedding = "=cmd()".to_string();
        assert!(leaderboard_csv(&board, Column::Accuracy).contains(",'=cmd(),"));
        board.csv_cells = CsvCells::Plain;
        assert!(leaderboard_csv(&board, Column::Accuracy).contains(",=cmd(),"));
    }

    #[test]
    fn the_names_in_csv_are_those_in_json() {
        let json = serde_json::to_value(Scores::default()).unwrap();
        let names: std::collections::BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, named(&Scores::default()).map(|(name, _)| name).into());
    }
}
