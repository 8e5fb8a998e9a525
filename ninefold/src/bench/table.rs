//! What was measured, for people.

use std::fmt;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::{Record, Row};

const HEAD: [&str; 11] =
    ["work", "size", "model", "numbers", "ms", "p99 ms", "texts/s", "tokens/s", "GFLOP/s", "peak", "share"];

/// Columns of names; the others are figures.
const NAMES: usize = 4;

/// A table with a line below that says how many threads worked.
impl fmt::Display for Record {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = |fill| LineStyle::none().fill(fill).junction(fill);
        let mut table = Table::new();
        table.load_style(TableStyle::new().top_border(rule('─')).header_separator(rule('═')).bottom_border(rule('─')));
        table.set_header(HEAD).add_rows(self.rows.iter().map(cells));
        for (place, column) in table.column_iter_mut().enumerate() {
            column.set_padding((1, 0));
            if place >= NAMES {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
        write!(out, "{} threads; ", self.threads)
    }
}

fn cells(row: &Row) -> [String; 11] {
    let milliseconds = |time: f64| if time < 10.0 { format!("{time:.2}") } else { format!("{time:.1}") };
    let whole = |value: f64| format!("{value:.0}");
    [
        row.work.name().to_string(),
        row.size.clone(),
        row.cell.name().to_string(),
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
