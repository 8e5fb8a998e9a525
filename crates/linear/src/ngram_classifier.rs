//! A linear classifier over n-grams: what naive Bayes, logistic regression and the support vector machine are when trained.

use std::sync::Arc;

use super::baseline::{Trained, TrainedBaseline};
use super::state::State;
use super::training::{Choice, TrainingData};
use super::{Csr, Linear, Ngrams, TfIdf};
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::slice_bytes;

/// Texts whose features are in memory at a time while they are scored.
const SCORED_TOGETHER: usize = 1 << 14;

/// Counts of n-grams, weighted or not, times the weights of a linear classifier.
#[derive(Clone, Debug)]
pub struct NgramClassifier {
    /// Which n-grams count.
    pub ngrams: Arc<Ngrams>,
    /// What their counts are weighted by; `None`: counts as they are.
    pub tfidf: Option<Arc<TfIdf>>,
    /// The classifier.
    pub linear: Linear,
}

impl NgramClassifier {
    /// The classifier that was chosen, over TF-IDF weights.
    pub(crate) fn weighted(data: &TrainingData, choice: Choice) -> Trained {
        let tfidf = Some(data.tfidf(choice.min_df));
        NgramClassifier::chosen(data, choice, tfidf)
    }

    /// The classifier that was chosen, over counts.
    pub(crate) fn unweighted(data: &TrainingData, choice: Choice) -> Trained {
        NgramClassifier::chosen(data, choice, None)
    }

    fn chosen(data: &TrainingData, choice: Choice, tfidf: Option<Arc<TfIdf>>) -> Trained {
        let Choice { linear, min_df, chosen } = choice;
        Trained { model: Box::new(NgramClassifier { ngrams: data.ngrams(min_df), tfidf, linear }), chosen }
    }

    /// The classifier that consists of `state`.
    ///
    /// # Errors
    /// [`Error::Format`] when a part is missing or does not fit the others.
    pub fn load(mut state: State, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        let ngrams = state.ngrams.take().ok_or_else(|| Error::format("the model", "n-grams", "none"))?;
        let columns = ngrams.len();
        let ngrams = Arc::new(Ngrams::of(&ngrams)?);
        let tfidf = match state.tensors.contains_key("idf") {
            false => None,
            true => Some(Arc::new(TfIdf::new(state.take_f64("idf", &[columns])?, state.setting("sublinear_tf")?))),
        };
        let linear = state.take_linear(columns, num_classes)?;
        Ok(Box::new(NgramClassifier { ngrams, tfidf, linear }))
    }

    fn features(&self, texts: &[Vec<u32>]) -> Csr {
        let counts = self.ngrams.count(texts);
        match &self.tfidf {
            Some(tfidf) => tfidf.transform(counts),
            None => counts,
        }
    }
}

impl TrainedBaseline for NgramClassifier {
    fn scores(&self, texts: &[Vec<u32>]) -> Vec<f64> {
        texts.chunks(SCORED_TOGETHER).flat_map(|texts| self.linear.scores(&self.features(texts))).collect()
    }

    fn parameter_count(&self) -> usize {
        self.linear.parameter_count()
    }

    fn memory_bytes(&self) -> usize {
        let idf = self.tfidf.as_ref().map_or(0, |tfidf| slice_bytes(tfidf.idf()));
        self.parameter_count() * size_of::<f64>() + self.ngrams.memory_bytes() + idf
    }

    fn state(&self) -> State {
        let state = State { ngrams: Some(self.ngrams.ids()), ..State::default() }.with_linear(self.linear.clone());
        match &self.tfidf {
            Some(tfidf) => {
                let idf = tfidf.idf().to_vec();
                state.with("idf", &[idf.len()], idf).with_setting("sublinear_tf", tfidf.is_sublinear())
            }
            None => state,
        }
    }
}
