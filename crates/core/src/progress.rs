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
    /// Does one step of long work, once: on the threads of the moment, where whoever watches shares them among several works.
    fn compute(&self, step: &mut (dyn FnMut() + Send)) {
        step();
    }
}

/// Does one step of long work as [`Progress::compute`] has it, and hands on what it gives.
///
/// # Panics
/// When `progress` did not do the step.
///
/// # Examples
/// ```
/// use ninefold_core::progress::{Silent, computed};
///
/// assert_eq!(computed(&Silent, || 6 * 7), 42);
/// ```
pub fn computed<T: Send>(progress: &dyn Progress, step: impl FnOnce() -> T + Send) -> T {
    let (mut step, mut result) = (Some(step), None);
    progress.compute(&mut || result = step.take().map(|step| step()));
    result.expect("a watcher does every step that it is given")
}

/// Watches nothing.
pub struct Silent;

impl Progress for Silent {}
