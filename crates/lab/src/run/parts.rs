//! One of a thing for each part of the corpus.

/// One thing per part of the corpus.
pub(crate) struct Parts<T> {
    pub(crate) train: T,
    pub(crate) validation: T,
    pub(crate) test: T,
}

impl<T> Parts<T> {
    pub(crate) fn map<U>(&self, make: impl Fn(&T) -> U) -> Parts<U> {
        Parts { train: make(&self.train), validation: make(&self.validation), test: make(&self.test) }
    }
}
