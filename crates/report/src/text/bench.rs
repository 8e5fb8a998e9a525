//! A bench's record for people.

use super::plain::plain_table;
use ninefold_records::{BenchRecord, BenchRow};

const HEAD: [&str; 11] =
    ["work", "size", "model", "numbers", "ms", "p99 ms", "texts/s", "tokens/s", "GFLOP/s", "peak", "share"];

/// A row per piece of work, and how many threads did it.
pub fn bench_table(record: &BenchRecord) -> String {
    format!("{}{} threads\n", plain_table(&HEAD, 4, record.rows.iter().map(cells)), record.threads)
}

fn cells(row: &BenchRow) -> Vec<String> {
    let milliseconds = |time: f64| if time < 10.0 { format!("{time:.2}") } else { format!("{time:.1}") };
    let whole = |value: f64| format!("{value:.0}");
    vec![
        row.work.name().to_string(),
        row.size.clone(),
        row.model.name().to_string(),
        row.precision.name().to_string(),
        milliseconds(row.median_ms),
        milliseconds(row.p99_ms),
        whole(row.texts_per_s),
        whole(row.tokens_per_s),
        whole(row.gflop_per_s),
        whole(row.peak_gflop_per_s),
        format!("{:.0} %", 100.0 * row.share_of_peak),
    ]
}
