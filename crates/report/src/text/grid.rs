//! A grid of cells for the terminal or for Markdown: the one place that knows how a table is drawn.
//!
//! Takes headings and rows -> gives text. Widths and wide characters are comfy-table's business.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle};

use crate::phrases::wrap;
use ninefold_core::phrasing::{printable, printable_lines};

/// How to show things on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Colours and bold type by ANSI escapes.
    pub color: bool,
    /// Nothing but ASCII in what is drawn (names stay as they are).
    pub ascii: bool,
    /// Characters per line.
    pub width: usize,
}

impl Default for View {
    /// 100 characters of plain UTF-8.
    fn default() -> Self {
        View { color: false, ascii: false, width: 100 }
    }
}

/// ANSI codes of what may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Quiet,
    Ensemble,
    Good,
    Bad,
}

impl View {
    /// `line` in this tone, if colours are wanted.
    pub(crate) fn paint(&self, tone: Tone, line: &str) -> String {
        let line = printable_lines(line);
        let code = match tone {
            Tone::Plain => return line.into_owned(),
            _ if !self.color => return line.into_owned(),
            Tone::Strong => 1,
            Tone::Quiet => 2,
            Tone::Good => 32,
            Tone::Bad => 31,
            Tone::Ensemble => 36,
        };
        format!("\x1b[{code}m{line}\x1b[0m")
    }

    /// The lines above a table, broken between words.
    pub(crate) fn head(&self, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(|line| wrap(line, self.width)).collect();
        self.paint(Tone::Quiet, &lines.join("\n"))
    }

    /// What explains a table: a paragraph that is broken between words.
    pub(crate) fn legend(&self, text: &str) -> String {
        self.paint(Tone::Quiet, &wrap(text, self.width))
    }

    /// A sentence on a line of its own; what does not fit is indented below it.
    pub(crate) fn item(&self, sentence: &str) -> String {
        wrap(&printable_lines(sentence), self.width.saturating_sub(2)).replace('\n', "\n  ")
    }
}

/// The alignment of a cell in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Blanks before a column: one is the column's padding, one the place of the vertical line that is not drawn.
const GAP: usize = 2;

/// A table before it is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// Per column; a blank is where a heading may break.
    pub headings: Vec<(String, Align)>,
    pub rows: Vec<(Vec<String>, Tone)>,
}

impl Grid {
    /// For a terminal: lines around head and body, none between columns. Every row is one line; where there is no room,
    /// names are cut.
    pub(crate) fn draw(&self, view: &View) -> String {
        let mut table = self.table();
        let rule = |fill| LineStyle::none().fill(fill).junction(fill);
        let (thin, thick) = if view.ascii { (rule('-'), rule('=')) } else { (rule('─'), rule('═')) };
        table.load_style(TableStyle::new().top_border(thin).header_separator(thick).bottom_border(thin));
        table.set_truncation_indicator(if view.ascii { "..." } else { "…" });
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(view.width.min(u16::MAX.into()) as u16);
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        let body = lines.len() - 1 - self.rows.len()..lines.len() - 1; // the rows end before the bottom line
        let tone_of = |index: usize| match index {
            _ if body.contains(&index) => self.rows[index - body.start].1,
            _ if index > 0 && index + 1 < body.start => Tone::Strong,
            _ => Tone::Plain,
        };
        let painted: Vec<String> =
            lines.iter().enumerate().map(|(index, line)| view.paint(tone_of(index), line)).collect();
        let drawn = painted.join("\n");
        if view.ascii { drawn.replace(" ± ", " +-") } else { drawn } // as wide as before
    }

    /// Characters per line where nothing is cut.
    pub(crate) fn natural_width(&self) -> usize {
        let widths = self.table().column_max_content_widths();
        widths.iter().map(|&width| usize::from(width) + GAP).sum()
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        let cell = |text: &str, align: Align| {
            let side = if align == Align::Left { CellAlignment::Left } else { CellAlignment::Right };
            Cell::new(printable_lines(text)).set_alignment(side)
        };
        // A heading of two words over narrow figures is set on two lines.
        table.set_header(self.headings.iter().map(|(text, align)| cell(&text.replace(' ', "\n"), *align)));
        for (cells, _) in &self.rows {
            let cells = cells.iter().zip(&self.headings).map(|(text, (_, align))| cell(&printable(text), *align));
            table.add_row(Row::from(cells).max_height(1).clone());
        }
        for (column, (_, align)) in table.column_iter_mut().zip(&self.headings) {
            column.set_padding((1, 0));
            if *align == Align::Right {
                column.set_constraint(ColumnConstraint::ContentWidth); // a figure that is cut is a wrong figure
            }
        }
        table
    }

    /// For LaTeX, without any package; what LaTeX takes for a command is escaped.
    pub(crate) fn latex(&self) -> String {
        let escape = |text: String, c: char| text.replace(c, &format!("\\{c}"));
        let escaped =
            |text: &String| ['%', '_', '&', '#'].into_iter().fold(text.clone(), escape).replace('±', "$\\pm$");
        let line =
            |cells: &mut dyn Iterator<Item = String>| format!("{} \\\\\n", cells.collect::<Vec<_>>().join(" & "));
        let sides: String =
            self.headings.iter().map(|(_, align)| if *align == Align::Left { 'l' } else { 'r' }).collect();
        let mut written = format!("\\begin{{tabular}}{{{sides}}}\n\\hline\n");
        written += &line(&mut self.headings.iter().map(|(text, _)| escaped(text)));
        written += "\\hline\n";
        for (cells, _) in &self.rows {
            written += &line(&mut cells.iter().map(escaped));
        }
        written + "\\hline\n\\end{tabular}\n"
    }

    /// For Markdown; a bar in a cell is escaped.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        let escaped = |text: &String| text.replace('|', "\\|").replace('\n', " ");
        let side = |align: &Align| if *align == Align::Left { ":---" } else { "---:" }.to_owned();
        let mut written = line(&mut self.headings.iter().map(|(text, _)| escaped(text)));
        written += &line(&mut self.headings.iter().map(|(_, align)| side(align)));
        for (cells, _) in &self.rows {
            written += &line(&mut cells.iter().map(escaped));
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            headings: vec![("name".into(), Align::Left), ("train accuracy".into(), Align::Right)],
            rows: vec![
                (vec!["a|b".into(), "7.0".into()], Tone::Good),
                (vec!["한국어".into(), "13.5".into()], Tone::Plain),
                (vec!["c".into(), "-".into()], Tone::Bad),
            ],
        }
    }

    #[test]
    fn wide_characters_keep_their_columns() {
        insta::assert_snapshot!(grid().draw(&View::default()), @r"
        ─────────────────
         name       train
                 accuracy
        ═════════════════
         a|b          7.0
         한국어      13.5
         c              -
        ─────────────────
        ");
    }

    #[test]
    fn ascii_is_ascii() {
        let mut grid = grid();
        grid.rows.remove(1);
        insta::assert_snapshot!(grid.draw(&View { ascii: true, ..View::default() }), @r"
        ---------------
         name     train
               accuracy
        ===============
         a|b        7.0
         c            -
        ---------------
        ");
    }

    #[test]
    fn a_narrow_terminal_cuts_names_and_keeps_rows_on_one_line() {
        let mut grid = grid();
        grid.rows[0].0[0] = "a-very-long-name-of-a-file-of-vectors.txt".into();
        let drawn = grid.draw(&View { width: 30, ..View::default() });
        assert_eq!(drawn.lines().count(), 8, "{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() <= 30), "{drawn}");
        assert!(drawn.contains('…'), "{drawn}");
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let view = View { color: true, ..View::default() };
        let coloured = grid().draw(&view);
        assert!(coloured.lines().nth(4).is_some_and(|line| line.starts_with("\x1b[32m a|b")), "{coloured}");
        let mut plain = coloured.clone();
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m"] {
            assert!(plain.contains(code));
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, grid().draw(&View::default()));
    }

    #[test]
    fn latex_escapes_what_it_takes_for_commands() {
        let grid = Grid {
            headings: vec![("#".into(), Align::Right), ("95 % of a_b".into(), Align::Left)],
            rows: vec![(vec!["1".into(), "72.5 ± 0.4".into()], Tone::Plain)],
        };
        let expected = "\\begin{tabular}{rl}\n\\hline\n\\# & 95 \\% of a\\_b \\\\\n\\hline\n1 & 72.5 $\\pm$ 0.4 \\\\\n";
        assert!(grid.latex().starts_with(expected), "{}", grid.latex());
    }

    #[test]
    fn markdown_escapes_bars() {
        assert!(grid().markdown().starts_with("| name | train accuracy |\n| :--- | ---: |\n| a\\|b | 7.0 |\n"));
    }
}
