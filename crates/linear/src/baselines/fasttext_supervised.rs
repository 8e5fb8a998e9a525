//! fastText's classifier: word and n-gram vectors learned with the labels.

use crate::BaselineConfig;
use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::state::State;
use crate::supervised::Supervised;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct FasttextSupervised;

impl Baseline for FasttextSupervised {
    fn name(&self) -> &'static str {
        "fasttext_supervised"
    }

    fn about(&self) -> &'static str {
        "fastText's classifier: a linear layer over the mean of vectors of words and word n-grams, learned with the labels"
    }

    fn pace(&self) -> [f64; 2] {
        [9e-6, 0.0]
    }

    fn settings(&self) -> &'static [&'static str] {
        &["dim", "epochs", "learning_rate", "word_ngrams", "bucket"]
    }

    fn epochs(&self, settings: &BaselineConfig) -> Option<usize> {
        Some(settings.epochs)
    }

    fn train(&self, data: &TrainingData, _chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained> {
        let (texts, settings) = (&data.train.ids, data.settings.supervised());
        let model = Supervised::train(texts, data.targets(), data.vocab_size, &settings, data.seed, progress)?;
        Ok(Trained { model: Box::new(model), chosen: Chosen::new() })
    }

    fn load(&self, state: State, vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        Ok(Box::new(Supervised::load(state, vocab_size, num_classes)?))
    }
}
