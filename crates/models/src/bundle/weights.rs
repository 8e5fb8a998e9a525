//! Parameters <-> the bytes of a safetensors file, under PyTorch's names and in its shapes.

use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};

use super::Shape;
use ninefold_core::error::{Error, Result};
use ninefold_nn::layers::{Parameter, Pooling};
use ninefold_nn::model::{Classifier, ModelKind, NeuralClassifier};

/// A safetensors file of these parameters; the same parameters give the same bytes.
pub(super) fn to_bytes(parameters: &[&Parameter]) -> Result<Vec<u8>> {
    let failed = |error: safetensors::SafeTensorError| Error::data(format!("the model cannot be saved: {error}"));
    let view = |parameter: &&'_ Parameter| -> Result<(String, Vec<usize>, Vec<u8>)> {
        let bytes = parameter.value.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok((parameter.name.clone(), parameter.shape.clone(), bytes))
    };
    let tensors = parameters.iter().map(view).collect::<Result<Vec<_>>>()?;
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(failed)?;
    serialize(views, None).map_err(failed)
}

/// The classifier of this shape with the parameters of the file. `path` is named in errors.
pub(super) fn from_bytes(bytes: &[u8], shape: &Shape, path: &Path) -> Result<NeuralClassifier> {
    let broken = |error| Error::format(path.display(), "an intact safetensors file", format!("{error}"));
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    check_sizes(&tensors, shape, path)?;
    let matrix = floats(&tensors, "embedding.weight", &[shape.vocab_size, shape.embedding_dim], path)?;
    let mut model = NeuralClassifier::new(shape.classifier(), matrix, shape.embedding_dim, 0);
    for parameter in model.parameters_mut().into_iter().skip(1) {
        parameter.value = floats(&tensors, &parameter.name, &parameter.shape, path)?.into();
    }
    Ok(model)
}

/// Sizes that the file bears out, before memory is asked for by what config.json says.
fn check_sizes(tensors: &SafeTensors, shape: &Shape, path: &Path) -> Result<()> {
    let has_bigrams = shape.bigram_buckets > 0;
    let others = 3 + usize::from(shape.pooling == Pooling::Attention) + usize::from(has_bigrams);
    let (count, encoded, what) = match shape.kind {
        ModelKind::Rnn | ModelKind::Lstm | ModelKind::Gru => {
            let directions = 1 + usize::from(shape.bidirectional);
            let per_layer = 4 * directions + if shape.layer_norm { 2 } else { 0 };
            let count = shape.num_layers.saturating_mul(per_layer);
            (count, shape.hidden_size.saturating_mul(directions), format!("{} layers", shape.num_layers))
        }
        ModelKind::Cnn => {
            let widths = &shape.filter_widths;
            for (number, &width) in widths.iter().enumerate() {
                let weight = format!("convolution.{number}.weight");
                check_shape(tensors, &weight, &[shape.filters, shape.embedding_dim, width], path)?;
            }
            let filters = shape.filters.saturating_mul(widths.len());
            (2 * widths.len(), filters, format!("filters of {} widths", widths.len()))
        }
        ModelKind::Swem => (0, shape.embedding_dim, "pooled vectors".to_string()),
    };
    let count = count.saturating_add(others);
    if count != tensors.len() {
        return Err(Error::format(path.display(), format!("the {count} tensors of {what}"), tensors.len().to_string()));
    }
    if has_bigrams {
        check_shape(tensors, "bigrams.weight", &[shape.bigram_buckets, shape.embedding_dim], path)?;
    }
    let width = encoded.saturating_mul(shape.pooling.num_parts(shape.segments));
    check_shape(tensors, "head.weight", &[shape.num_classes, width], path)
}

fn check_shape(tensors: &SafeTensors, name: &str, shape: &[usize], path: &Path) -> Result<()> {
    let expected = || format!("the tensor `{name}` as F32 {shape:?}");
    match tensors.tensor(name) {
        Ok(tensor) if tensor.dtype() == Dtype::F32 && tensor.shape() == shape => Ok(()),
        Ok(tensor) => {
            Err(Error::format(path.display(), expected(), format!("{:?} {:?}", tensor.dtype(), tensor.shape())))
        }
        Err(_) => Err(Error::format(path.display(), expected(), "no tensor of that name")),
    }
}

fn floats(tensors: &SafeTensors, name: &str, shape: &[usize], path: &Path) -> Result<Vec<f32>> {
    check_shape(tensors, name, shape, path)?;
    let missing = |error| Error::format(path.display(), format!("the tensor `{name}`"), format!("{error}"));
    let tensor = tensors.tensor(name).map_err(missing)?;
    let (numbers, _) = tensor.data().as_chunks::<4>();
    Ok(numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}
