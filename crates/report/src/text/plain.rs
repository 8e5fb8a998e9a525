//! A plain table of names and figures: lines around head and body, none between columns.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use ninefold_core::phrasing::printable;

/// A table with this head; the first `names` columns are aligned left; the others are figures, aligned right.
pub fn plain_table(head: &[&str], names: usize, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rule = |fill| LineStyle::none().fill(fill).junction(fill);
    let mut table = Table::new();
    table.load_style(TableStyle::new().top_border(rule('─')).header_separator(rule('═')).bottom_border(rule('─')));
    table.set_header(head);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((1, 0));
        if index >= names {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_string() + "\n").collect()
}
