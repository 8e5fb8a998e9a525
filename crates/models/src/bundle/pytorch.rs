//! A saved model's shape -> the lines of Python that load it in PyTorch and give a text's probabilities.

use std::fmt::Write;

use super::Shape;
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::ModelKind;

/// Python that reads `model.safetensors` and goes from `ids` to `probabilities`.
pub(super) fn code(shape: &Shape, temperature: f64) -> String {
    let (layers, encoder, width) = encoder(shape);
    let (pooled, parts) = pooled(shape);
    let (inputs, classes) = (parts * width, shape.num_classes);
    let names: Vec<&str> = layers.iter().map(|(name, _)| *name).chain(["head"]).collect();
    let mut code = String::from(
        "import torch\nfrom safetensors.torch import load_file\n\n\
         weights = load_file(\"model.safetensors\")\n\
         embedding = torch.nn.Embedding.from_pretrained(weights[\"embedding.weight\"], padding_idx=0)\n",
    );
    for (name, module) in &layers {
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
         {encoder}  # [1, tokens, {width}]\n\
         {pooled}  # [1, {inputs}]\n\
         probabilities = (head(pooled) / {temperature:?}).softmax(dim=1)  # the divisor was fitted on validation\n",
        shape.embedding_dim,
    );
    code
}

/// The layers between embedding and head, the line that runs them, and the length of what it gives for a token.
fn encoder(shape: &Shape) -> (Vec<(&'static str, String)>, String, usize) {
    let (dim, hidden, layers) = (shape.embedding_dim, shape.hidden_size, shape.num_layers);
    let recurrent = |module: &str| {
        let both = if shape.bidirectional { "True" } else { "False" };
        let module =
            format!("torch.nn.{module}({dim}, {hidden}, num_layers={layers}, bidirectional={both}, batch_first=True)");
        let width = hidden * (1 + usize::from(shape.bidirectional));
        (vec![("recurrent", module)], "h, _ = recurrent(x)".to_string(), width)
    };
    match shape.kind {
        ModelKind::Rnn => recurrent("RNN"),
        ModelKind::Lstm => recurrent("LSTM"),
        ModelKind::Gru => recurrent("GRU"),
        ModelKind::Cnn => {
            let (filters, widths) = (shape.filters, &shape.filter_widths);
            let windows = format!("torch.nn.Conv1d({dim}, {filters}, width, padding=\"same\") for width in {widths:?}");
            let module = format!("torch.nn.ModuleList([{windows}])");
            let encoder = "h = torch.cat([c(x.mT).relu() for c in convolution], dim=1).mT".to_string();
            (vec![("convolution", module)], encoder, filters * widths.len())
        }
        ModelKind::Swem => (Vec::new(), "h = x".to_string(), dim),
    }
}

/// The line that pools `h` over a text's tokens, and how many vectors it puts side by side.
fn pooled(shape: &Shape) -> (String, usize) {
    let hidden = shape.hidden_size;
    let (mean, max) = ("h.mean(dim=1)", "h.amax(dim=1)");
    let last = match shape.bidirectional && shape.kind.cell().is_some() {
        true => format!("h[:, -1, :{hidden}], h[:, 0, {hidden}:]"),
        false => "h[:, -1]".to_string(),
    };
    let pooled = match shape.pooling {
        Pooling::Last => format!("torch.cat(({last},), dim=1)"),
        Pooling::Mean => mean.to_string(),
        Pooling::Max => max.to_string(),
        Pooling::MeanMax => format!("torch.cat(({mean}, {max}), dim=1)"),
        Pooling::MeanMaxLast => format!("torch.cat(({mean}, {max}, {last}), dim=1)"),
        Pooling::Segments => {
            let of = shape.segments;
            format!(
                "torch.cat([h[:, i * len(ids) // {of}:(i + 1) * len(ids) // {of}].amax(dim=1) for i in range({of})], dim=1)"
            )
        }
        Pooling::Attention => {
            "((h @ weights[\"attention.weight\"]).softmax(dim=1)[..., None] * h).sum(dim=1)".to_string()
        }
    };
    (format!("pooled = {pooled}"), shape.pooling.num_parts(shape.segments))
}
