//! The terminal and the shell around this program: how wide a line is, how a command is typed.

use std::path::Path;

/// The columns of the terminal, where there is one.
pub fn width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// A path as it is typed in a shell: quoted where it needs quotes.
pub fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The command that started this process, with the run folder named.
pub fn again(run_dir: &Path) -> String {
    let mut words: Vec<String> = std::env::args().skip(1).map(|word| shell(Path::new(&word))).collect();
    if !words.iter().any(|word| word.starts_with("--run-dir")) {
        words.push(format!("--run-dir {}", shell(run_dir)));
    }
    format!("ninefold {}", words.join(" "))
}
