//! Recurrent networks that have read the training texts before they see a label.
//!
//! *takes* a network before its first epoch -> *gives* it the word vectors and the first layer of a language model that was
//! trained on the same texts. Anything else than a recurrent network stays as it is.

use crate::Config;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_nn::families::{ModelKind, SharedConfig};
use ninefold_nn::model::NeuralClassifier;
use ninefold_nn::model::language::{LanguageConfig, LanguageModel};
use ninefold_nn::train::pretrain::{PretrainEpoch, hand_over, pretrain};

/// Pretrains the network, where the settings want it and it is recurrent.
///
/// # Errors
/// As [`pretrain`].
pub(crate) fn prepare(
    model: &mut NeuralClassifier,
    kind: ModelKind,
    config: &Config,
    texts: &Texts,
    vectors: &Vectors,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<PretrainEpoch>> {
    let (Some(network), 1..) = (config.model.encoder(kind).family().recurrent(), epochs(config, kind)) else {
        return Ok(Vec::new());
    };
    let SharedConfig { dropout, freeze_embeddings, precision, .. } = config.model.shared;
    let shape = LanguageConfig { network, dropout, noise: config.pretraining.noise, freeze_embeddings, precision };
    let matrix = &vectors.matrix;
    let mut language = LanguageModel::new(shape, matrix.data.clone(), matrix.dim, texts.vocab.counts(), seed);
    let parts = [&texts.train, &texts.validation];
    let history = pretrain(&mut language, parts, &config.pretraining, &config.training, seed, progress)?;
    hand_over(&language, model);
    Ok(history)
}

/// Epochs of pretraining before those of training.
pub(crate) fn epochs(config: &Config, kind: ModelKind) -> usize {
    if kind.cell().is_some() { config.pretraining.epochs } else { 0 }
}
