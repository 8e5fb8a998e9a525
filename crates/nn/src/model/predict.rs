//! A classifier over many texts: batches of similar length in, one row of logits or probabilities per text out, in the texts'
//! order.

use super::Classifier;
use crate::batch::{Batch, Encoded, Padding};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::subnormals::FlushSubnormals;
use ninefold_kernels::softmax;

/// How texts are cut and grouped; no setting here but `max_len` and `padding` changes a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Texts per batch.
    pub batch_size: usize,
    /// Tokens of a text at most.
    pub max_len: usize,
    /// What is done with shorter texts.
    pub padding: Padding,
}

/// The probability of each class for each text. `[texts, num_classes]`
///
/// # Errors
/// [`Error::Interrupted`] when `progress` says so.
pub fn predict_proba(
    model: &mut dyn Classifier,
    texts: &Encoded,
    reading: Reading,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    let _flushing = FlushSubnormals::enter();
    let mut rows = predict_logits(model, texts, reading, progress)?;
    rows.chunks_exact_mut(model.num_classes()).for_each(softmax::probabilities);
    Ok(rows)
}

/// The logit of each class for each text. `[texts, num_classes]`
///
/// # Errors
/// [`Error::Interrupted`] when `progress` says so.
pub fn predict_logits(
    model: &mut dyn Classifier,
    texts: &Encoded,
    reading: Reading,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    let classes = model.num_classes();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&index| texts.text(index).len());
    let mut rows = vec![0.0; texts.len() * classes];
    for indices in order.chunks(reading.batch_size) {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let batch = Batch::pack_chunks(texts, indices, reading.max_len, reading.padding, model.chunk_len());
        let logits = model.logits(&batch);
        for (&text, row) in batch.texts.iter().zip(logits.chunks_exact(classes)) {
            rows[text * classes..][..classes].copy_from_slice(row);
        }
    }
    Ok(rows)
}
