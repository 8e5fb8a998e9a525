//! Where words go: results to stdout, messages and errors to stderr, coloured where that is wanted.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use anyhow::Result;
use ninefold::report::View;

use crate::flags::output::{ColorChoice, Global};
use crate::terminal;

/// How this process talks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    quiet: bool,
    color_stdout: bool,
    color_stderr: bool,
}

impl Output {
    /// As the flags and the environment want it.
    pub fn new(global: &Global) -> Output {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let wants = |is_terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color,
        };
        Output {
            quiet: global.quiet,
            color_stdout: wants(io::stdout().is_terminal()),
            color_stderr: wants(io::stderr().is_terminal()),
        }
    }

    /// Prints a result.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut out = self.stdout();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Prints a result as indented JSON.
    pub fn print_json(&self, value: &impl serde::Serialize) -> Result<()> {
        self.print(&(serde_json::to_string_pretty(value)? + "\n"))
    }

    /// Stdout for many lines.
    pub fn stdout(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::new(io::stdout().lock())
    }

    /// Says something on stderr, unless quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Says that something is amiss.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.paint("33", "warning:")));
    }

    /// Prints an error, with all that led to it.
    pub fn error(&self, error: &anyhow::Error) {
        // The library's errors already tell their causes.
        let is_significant = error.chain().position(|cause| cause.is::<ninefold::Error>()).unwrap_or(usize::MAX);
        let causes: Vec<String> =
            error.chain().take(is_significant.saturating_add(1)).map(ToString::to_string).collect();
        let _ = writeln!(io::stderr(), "{} {}", self.paint("31;1", "error:"), causes.join(": "));
    }

    /// True when progress bars can be drawn.
    pub fn shows_bars(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// True when what goes to stderr may be coloured.
    pub fn colors_messages(&self) -> bool {
        self.color_stderr
    }

    /// How tables are drawn.
    pub fn view(&self) -> View {
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = terminal::width().or_else(columns).unwrap_or(100).max(60);
        View { color: self.color_stdout, ascii: false, width }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color_stderr { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
