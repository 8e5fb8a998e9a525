//! The progress of the library as bars on a terminal, as plain lines elsewhere.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ninefold::progress::Progress;

use crate::output::Output;
use crate::stop;
use crate::terminal;

/// Draws the progress of the library.
pub struct Bars<'a> {
    output: &'a Output,
    current: Mutex<Option<ProgressBar>>,
}

impl<'a> Bars<'a> {
    /// Without a bar so far.
    pub fn new(output: &'a Output) -> Bars<'a> {
        Bars { output, current: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        if let Ok(current) = self.current.lock()
            && let Some(bar) = current.as_ref()
        {
            act(bar);
        }
    }
}

/// ```text
/// 9 networks  ━━━━━━━╸            32,000/1,832,940 texts  812/s  37m left
///   word2vec + gru  epoch 2/12  loss 1.834  train 61.0 %  validation 58.2 %
///   word2vec + rnn  epoch 1/12  loss 2.561  train 21.3 %
/// ```
fn style(unit: &str, has_total: bool, has_color: bool) -> ProgressStyle {
    let amount = match (unit, has_total) {
        ("bytes", true) => "{decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left".to_string(),
        ("bytes", false) => "{decimal_bytes}  {decimal_bytes_per_sec}".to_string(),
        (_, true) => format!("{{human_pos}}/{{human_len}} {unit}  {{per_sec:1}}  {{eta}} left"),
        (_, false) => format!("{{human_pos}} {unit}  {{per_sec:1}}"),
    };
    let bar = match (has_total, has_color) {
        (true, true) => "{bar:18.cyan}",
        (true, false) => "{bar:18}",
        (false, _) => "{spinner}",
    };
    let template = format!("{{prefix}}  {bar}  {amount}\n{{msg}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}

/// The lines of a text as they are shown below a bar, cut at the width of the terminal.
fn indented(text: &str) -> String {
    let width = terminal::width().unwrap_or(80);
    let lines = text.lines().map(|line| format!("  {line}").chars().take(width.saturating_sub(1)).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}

impl Progress for Bars<'_> {
    fn begin(&self, task: &str, unit: &'static str, total: Option<u64>) {
        if !self.output.shows_bars() {
            return;
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_style(style(unit, total.is_some(), self.output.colors_messages()));
        bar.set_prefix(task.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        if let Ok(mut current) = self.current.lock()
            && let Some(previous) = current.replace(bar)
        {
            previous.finish_and_clear();
        }
    }

    fn advance(&self, amount: u64) {
        self.with(|bar| bar.inc(amount));
    }

    fn status(&self, text: &str) {
        self.with(|bar| bar.set_message(indented(text)));
    }

    fn end(&self) {
        if let Ok(mut current) = self.current.lock()
            && let Some(bar) = current.take()
        {
            bar.finish_and_clear();
        }
    }

    fn notice(&self, text: &str) {
        match self.current.lock() {
            Ok(current) => match current.as_ref() {
                Some(bar) => bar.suspend(|| self.output.say(text)),
                None => self.output.say(text),
            },
            Err(_) => self.output.say(text),
        }
    }

    fn is_cancelled(&self) -> bool {
        stop::is_stopped()
    }
}
