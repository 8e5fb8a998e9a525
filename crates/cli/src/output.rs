//! Where output goes: results to stdout, messages and errors to stderr, coloured if the terminal and the flags say so.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use anyhow::{Context, Result};
use ninefold::phrasing::printable_lines;
use ninefold::report::View;

use crate::flags::output::{ColorChoice, Global};
use crate::terminal;

/// How this process prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    quiet: bool,
    color_stdout: bool,
    color_stderr: bool,
}

/// The reader of stdout has closed it, as `head` does when it has seen enough.
#[derive(Debug)]
struct ClosedPipe;

impl fmt::Display for ClosedPipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("stdout was closed by its reader")
    }
}

impl std::error::Error for ClosedPipe {}

/// True if the command failed only because the reader of stdout has closed it.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.is::<ClosedPipe>()
}

impl Output {
    /// As the flags and the environment say.
    pub fn new(global: &Global) -> Output {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let no_color = is_set("NO_COLOR") || is_dumb;
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
        self.write(|out| out.write_all(text.as_bytes()))
    }

    /// Prints a result as indented JSON.
    pub fn print_json(&self, value: &impl serde::Serialize) -> Result<()> {
        self.print(&(serde_json::to_string_pretty(value)? + "\n"))
    }

    /// Writes results to stdout through `write`.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ClosedPipe.into()),
            done => done.context("cannot write to stdout"),
        }
    }

    /// Prints a message on stderr, unless `--quiet` is given.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", printable_lines(text));
        }
    }

    /// Prints a warning on stderr, unless `--quiet` is given.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{} {}", self.paint("33", "warning:"), printable_lines(text));
        }
    }

    /// Prints an error with its causes on stderr.
    pub fn error(&self, error: &anyhow::Error) {
        // The library's errors contain their causes.
        let last = error.chain().position(|cause| cause.is::<ninefold::Error>()).unwrap_or(usize::MAX);
        let causes: Vec<String> = error.chain().take(last.saturating_add(1)).map(ToString::to_string).collect();
        let _ = writeln!(io::stderr(), "{} {}", self.paint("31;1", "error:"), printable_lines(&causes.join(": ")));
    }

    /// True if progress bars can be drawn.
    pub fn shows_bars(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// True if stderr may be coloured.
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
