//! The progress of a comparison within another one, whose notices would only repeat those of the outer one.

use ninefold_core::progress::Progress;

/// Shows the work under that name, and leaves out its notices.
pub(crate) struct Quiet<'a> {
    pub(crate) inner: &'a dyn Progress,
    pub(crate) name: String,
}

impl Progress for Quiet<'_> {
    fn begin(&self, task: &str, unit: &'static str, total: Option<u64>) {
        self.inner.begin(&format!("{}: {task}", self.name), unit, total);
    }

    fn advance(&self, amount: u64) {
        self.inner.advance(amount);
    }

    fn status(&self, text: &str) {
        self.inner.status(text);
    }

    fn end(&self) {
        self.inner.end();
    }

    fn is_cancelled(&self) -> bool {
        self.inner.is_cancelled()
    }
}
