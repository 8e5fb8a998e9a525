//! A saved model's shape -> the lines of Python that load it in PyTorch and give a text's probabilities.

use std::fmt::Write;

use super::Shape;
use ninefold_nn::families::{Axis, PyTorch};
use ninefold_nn::layers::Pooling;

/// Python that reads `model.safetensors` and goes from `ids` to `probabilities`.
pub(super) fn code(shape: &Shape, temperature: f64) -> String {
    let network = &shape.network;
    let family = network.encoder.family();
    let (PyTorch { modules, forward }, output) =
        (family.pytorch(shape.embedding_dim), family.output(shape.embedding_dim));
    let (pooled, parts) = pooled(network.pooling(), network.shared.segments, output);
    let (inputs, classes, width) = (parts * output.len(), network.num_classes, output.len());
    let names: Vec<&str> = modules.iter().map(|(name, _)| *name).chain(["head"]).collect();
    let mut code = String::from(
        "import torch\nfrom safetensors.torch import load_file\n\n\
         weights = load_file(\"model.safetensors\")\n\
         embedding = torch.nn.Embedding.from_pretrained(weights[\"embedding.weight\"], padding_idx=0)\n",
    );
    for (name, module) in &modules {
        let _ = writeln!(code, "{name} = {module}");
    }
    let _ = writeln!(code, "head = torch.nn.Linear({inputs}, {classes})");
    for name in names {
        let _ = writeln!(
            code,
            "{name}.load_state_dict({{k.removeprefix(\"{name}.\"): v for k, v in weights.items() if k.startswith(\"{name}.\")}})"
        );
    }
    let _ = write!(
        code,
        "\nx = embedding(torch.tensor([ids]))  # [1, tokens, {}]\n\
         {forward}  # [1, tokens, {width}]\n\
         {pooled}  # [1, {inputs}]\n\
         probabilities = (head(pooled) / {temperature:?}).softmax(dim=1)  # the divisor was fitted on validation\n",
        shape.embedding_dim,
    );
    code
}

/// The line that pools `h` over a text's tokens, and how many vectors it concatenates.
fn pooled(pooling: Pooling, segments: usize, output: Axis) -> (String, usize) {
    let (mean, max) = ("h.mean(dim=1)", "h.amax(dim=1)");
    let hidden = output.size;
    let last = match output.parts {
        2 => format!("h[:, -1, :{hidden}], h[:, 0, {hidden}:]"),
        _ => "h[:, -1]".to_string(),
    };
    let pooled = match pooling {
        Pooling::Last => format!("torch.cat(({last},), dim=1)"),
        Pooling::Mean => mean.to_string(),
        Pooling::Max => max.to_string(),
        Pooling::MeanMax => format!("torch.cat(({mean}, {max}), dim=1)"),
        Pooling::MeanMaxLast => format!("torch.cat(({mean}, {max}, {last}), dim=1)"),
        Pooling::Segments => {
            let of = segments;
            format!(
                "torch.cat([h[:, i * len(ids) // {of}:(i + 1) * len(ids) // {of}].amax(dim=1) for i in range({of})], dim=1)"
            )
        }
        Pooling::Attention => {
            "((h @ weights[\"attention.weight\"]).softmax(dim=1)[..., None] * h).sum(dim=1)".to_string()
        }
    };
    (format!("pooled = {pooled}"), pooling.num_parts(segments))
}
