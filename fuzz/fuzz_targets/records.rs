//! The records of a run folder; the first byte chooses the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ninefold::records::{Row, RunRecords};

const NAMES: [&str; 5] = ["leaderboard.json", "search.json", "ladder.json", "diagnosis.json", "row/metrics.json"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let row = Row { folder: "row".to_string(), ..Row::default() };
    std::fs::create_dir(folder.path().join(&row.folder)).expect("a folder for the row");
    let name = NAMES[usize::from(*first) % NAMES.len()];
    std::fs::write(folder.path().join(name), bytes).expect("room for the input");
    let records = RunRecords::at(folder.path());
    let _ = records.leaderboard().map(|board| board.merged());
    let _ = (records.search(), records.ladder(), records.diagnosis(), records.record(&row));
});
