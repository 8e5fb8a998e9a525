//! Texts without end -> answers in their order: one thread reads, all others divide texts into tokens and predict.

use crate::predictor::{Prediction, Predictor};
use ninefold_core::error::{Error, Result};
use ninefold_core::pipeline::{self, Feed};
use ninefold_core::progress::Progress;
use ninefold_data::texts::{TakeTexts, Text};

/// Texts that are predicted together at most.
const BATCH: usize = 512;
/// Bytes of texts after which no more are added to a batch.
const BATCH_BYTES: usize = 1 << 20;

/// Takes the texts that are to be predicted.
#[derive(Debug)]
pub struct Batches<'a, T> {
    feed: &'a Feed<Vec<T>>,
    batch: Vec<T>,
    bytes: usize,
}

impl<T: AsRef<str>> Batches<'_, T> {
    /// Adds a text; waits while enough of them are on the way.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when nobody wants answers any more: pass it on.
    pub fn push(&mut self, text: T) -> Result<()> {
        self.bytes += text.as_ref().len();
        self.batch.push(text);
        if self.batch.len() < BATCH && self.bytes < BATCH_BYTES { Ok(()) } else { self.flush() }
    }

    /// Has the texts so far predicted without waiting for more.
    ///
    /// # Errors
    /// As [`push`](Batches::push).
    pub fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        if self.batch.is_empty() { Ok(()) } else { self.feed.put(std::mem::take(&mut self.batch)) }
    }
}

impl TakeTexts for Batches<'_, Text> {
    fn take(&mut self, text: Text) -> Result<()> {
        self.push(text)
    }

    fn pause(&mut self) -> Result<()> {
        self.flush()
    }
}

impl Predictor {
    /// Predicts any number of texts in little memory. `read` hands them over on a thread of its own; `threads` threads (0: as many as there
    /// are processors) predict batches of them and make something of the answers by `answer`; `write` gets what they made on the calling
    /// thread, in the order of the texts. A text has the same answer as from [`predict`](Predictor::predict).
    ///
    /// # Errors
    /// The first error in the order of the texts, of `read`, `answer` or `write`; what came before it was written.
    /// [`Error::Interrupted`] when `progress` says so, also while `read` waits for input; its thread is then left behind.
    ///
    /// # Examples
    /// ```no_run
    /// use ninefold_core::Error;
    /// use ninefold_core::progress::Silent;
    /// use ninefold_data::texts::TextReader;
    /// use ninefold_models::Predictor;
    ///
    /// let predictor = Predictor::load("RUN/best")?;
    /// let reader = TextReader::default();
    /// predictor.predict_stream(
    ///     0,
    ///     &Silent,
    ///     move |batches| reader.each("mail.csv".as_ref(), batches),
    ///     |_texts, predictions| Ok::<_, Error>(predictions),
    ///     |predictions| {
    ///         predictions.iter().for_each(|prediction| println!("{}", predictor.labels()[prediction.label as usize]));
    ///         Ok(())
    ///     },
    /// )?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn predict_stream<T, O, E>(
        &self,
        threads: usize,
        progress: &dyn Progress,
        read: impl FnOnce(&mut Batches<T>) -> Result<()> + Send + 'static,
        answer: impl Fn(Vec<T>, Vec<Prediction>) -> std::result::Result<O, E> + Sync,
        write: impl FnMut(O) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E>
    where
        T: AsRef<str> + Send + 'static,
        O: Send,
        E: From<Error> + Send,
    {
        let read = |feed: &Feed<Vec<T>>| {
            let mut batches = Batches { feed, batch: Vec::new(), bytes: 0 };
            let outcome = read(&mut batches);
            batches.flush()?; // also what was read before an error
            outcome
        };
        let work = |texts: Vec<T>| {
            let predictions = self.predict(&texts, progress)?;
            answer(texts, predictions)
        };
        pipeline::run(threads, progress, read, work, write)
    }
}
