//! The terminal and the shell around this program: how wide a line is, how a command is typed.

use std::ffi::OsStr;
use std::path::Path;

/// The columns of the terminal, if there is one.
pub fn width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// A path as it is typed in a shell, quoted if it needs quotes.
pub fn shell(path: &Path) -> String {
    quoted(path.as_os_str())
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    shlex::try_quote(&word).map_or_else(|_| word.to_string(), |quoted| quoted.into_owned())
}

/// The command that started this process.
pub fn this_command() -> String {
    format!("ninefold {}", words().join(" "))
}

fn words() -> Vec<String> {
    std::env::args_os().skip(1).map(|word| quoted(&word)).collect()
}

/// The command that started this process, with its run folder.
pub fn command_for(run_dir: &Path) -> String {
    let mut words = words();
    if !words.iter().any(|word| word.starts_with("--run-dir")) {
        words.push(format!("--run-dir {}", shell(run_dir)));
    }
    format!("ninefold {}", words.join(" "))
}
