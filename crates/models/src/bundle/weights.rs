//! Parameters <-> the bytes of a safetensors file, under PyTorch's names and in its shapes.

use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};

use super::{CONFIG, Shape, check_finite};
use ninefold_core::error::{Error, Result};
use ninefold_nn::families::Axis;
use ninefold_nn::layers::{Parameter, Pooling};
use ninefold_nn::model::{Classifier, NeuralClassifier};

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
    let broken = |error| Error::format(path, "an intact safetensors file", format!("{error}"));
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    check_sizes(&tensors, shape, path)?;
    let matrix = floats(&tensors, "embedding.weight", &[shape.vocab_size, shape.embedding_dim], path)?;
    let mut model = NeuralClassifier::new(shape.network.clone(), matrix, shape.embedding_dim, 0);
    for parameter in model.parameters_mut().into_iter().skip(1) {
        parameter.value = floats(&tensors, &parameter.name, &parameter.shape, path)?.into();
    }
    Ok(model)
}

/// More tensors than any network has: where an altered config.json asks for more, they are not counted any further.
const MOST_TENSORS: usize = 100_000;

/// Sizes that the file bears out, before memory is asked for by what config.json says.
fn check_sizes(tensors: &SafeTensors, shape: &Shape, path: &Path) -> Result<()> {
    let (network, dim) = (&shape.network, shape.embedding_dim);
    let (family, pooling, buckets) = (network.encoder.family(), network.pooling(), network.shared.bigram_buckets);
    let others = 3 + usize::from(pooling == Pooling::Attention) + usize::from(buckets > 0);
    let count = others + family.weights(dim).take(MOST_TENSORS).count();
    if count != tensors.len() {
        let expected = format!("the {count} tensors of {CONFIG}'s network ({})", family.summary(pooling));
        return Err(Error::format(path, expected, tensors.len().to_string()));
    }
    if buckets > 0 {
        check_shape(tensors, "bigrams.weight", &[buckets, dim], path)?;
    }
    let Axis { parts, size } = family.output(dim);
    let width = parts.saturating_mul(size).saturating_mul(pooling.num_parts(network.shared.segments));
    check_shape(tensors, "head.weight", &[network.num_classes, width], path)?;
    family.weights(dim).try_for_each(|(name, shape)| check_shape(tensors, &name, &shape, path))
}

fn check_shape(tensors: &SafeTensors, name: &str, shape: &[usize], path: &Path) -> Result<()> {
    let expected = || format!("the tensor `{name}` as F32 {shape:?}");
    match tensors.tensor(name) {
        Ok(tensor) if tensor.dtype() == Dtype::F32 && tensor.shape() == shape => Ok(()),
        Ok(tensor) => Err(Error::format(path, expected(), format!("{:?} {:?}", tensor.dtype(), tensor.shape()))),
        Err(_) => Err(Error::format(path, expected(), "no tensor of that name")),
    }
}

fn floats(tensors: &SafeTensors, name: &str, shape: &[usize], path: &Path) -> Result<Vec<f32>> {
    check_shape(tensors, name, shape, path)?;
    let missing = |error| Error::format(path, format!("the tensor `{name}`"), format!("{error}"));
    let tensor = tensors.tensor(name).map_err(missing)?;
    let (numbers, _) = tensor.data().as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    check_finite(numbers.iter().all(|number| number.is_finite()), name, path)?;
    Ok(numbers)
}
