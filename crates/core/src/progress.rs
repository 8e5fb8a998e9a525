//! How long work tells whoever watches where it is, and hears that it should stop.
//!
//! The library calls a [`Progress`]; the cli draws bars with it, tests pass [`Silent`].

/// A watcher of long work. Every method has an empty default: implement what you want to see.
pub trait Progress: Sync {
    /// A piece of work begins. `total` counts `unit`s ("bytes", "words", "texts"); `None` when unknown.
    fn begin(&self, task: &str, unit: &'static str, total: Option<u64>) {
        let _ = (task, unit, total);
    }
    /// `amount` more units of the current piece are done.
    fn advance(&self, amount: u64) {
        let _ = amount;
    }
    /// Figures to show beside the bar: "epoch 3/20  loss 1.234".
    fn status(&self, text: &str) {
        let _ = text;
    }
    /// The current piece is done.
    fn end(&self) {}
    /// A sentence that should outlive the bar (a notice, a warning).
    fn notice(&self, text: &str) {
        let _ = text;
    }
    /// True when the user wants to stop; long loops look every fraction of a second and return
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
pub struct Silent;

impl Progress for Silent {}
