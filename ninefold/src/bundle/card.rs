//! The model card: what a saved model is, how good it is, and how to use it from here and from PyTorch.

use std::fmt;

use super::BundleConfig;
use crate::batch::Padding;
use crate::eval::Scores;
use crate::nn::CellKind;

/// The README.md of a saved model, written by `Display`.
pub struct Card<'a> {
    /// What it is made of.
    pub config: &'a BundleConfig,
    /// Class names by label id.
    pub labels: &'a [String],
}

impl fmt::Display for Card<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (config, shape) = (self.config, &self.config.model);
        let cell = cell_name(shape.cell);
        let directions = if shape.bidirectional { "bidirectional " } else { "" };
        writeln!(out, "# Text classifier: {} + {cell}\n", config.embedding)?;
        writeln!(
            out,
            "A {directions}{cell} of {} layer(s) with {} units per direction over {}-dimensional {} vectors of {} tokens, \
             made by {}. It gives a text one of {} labels and their probabilities.\n",
            shape.num_layers,
            shape.hidden_size,
            shape.embedding_dim,
            config.embedding,
            shape.vocab_size,
            config.made_by,
            self.labels.len(),
        )?;
        writeln!(out, "## Data\n\n```text\n{}\n```\n", config.training.protocol)?;
        writeln!(out, "Labels: {}\n", self.labels.join(", "))?;
        self.scores(out)?;
        self.use_it(out)?;
        self.limits(out)
    }
}

impl Card<'_> {
    fn scores(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.config.training;
        out.write_str(&scores([("validation", &facts.validation), ("test", &facts.test)]))?;
        let (best, epochs, seed) = (facts.best_epoch, facts.epochs, facts.seed);
        writeln!(out, "\nEpoch {best} of {epochs}, the best on validation; seed {seed}.\n")?;
        match &facts.teacher {
            Some(teacher) => {
                writeln!(out, "It is the pupil of {teacher}, whose probabilities it learned beside the labels.\n")
            }
            None => Ok(()),
        }
    }

    fn use_it(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = &self.config.model;
        let (dim, hidden, layers, classes) =
            (shape.embedding_dim, shape.hidden_size, shape.num_layers, shape.num_classes);
        let python_bool = if shape.bidirectional { "True" } else { "False" };
        let module = cell_name(shape.cell);
        let temperature = self.config.temperature;
        let outputs = hidden * (1 + usize::from(shape.bidirectional));
        let final_state = match (shape.cell, shape.bidirectional) {
            (CellKind::Lstm, true) => "_, (h, _) = recurrent(x)\nlast = torch.cat((h[-2], h[-1]), dim=1)",
            (CellKind::Lstm, false) => "_, (h, _) = recurrent(x)\nlast = h[-1]",
            (_, true) => "_, h = recurrent(x)\nlast = torch.cat((h[-2], h[-1]), dim=1)",
            (_, false) => "_, h = recurrent(x)\nlast = h[-1]",
        };
        writeln!(
            out,
            "## Use\n\n```sh\necho 'a text' | ninefold predict THIS_FOLDER\n```\n\n\
             In PyTorch (`ids` are the rows of `vocab.txt` after its first line, counted from 0, 1 where a token is unknown; at \
             most {} of a text):\n\n\
             ```python\nimport torch\nfrom safetensors.torch import load_file\n\n\
             weights = load_file(\"model.safetensors\")\n\
             embedding = torch.nn.Embedding.from_pretrained(weights[\"embedding.weight\"], padding_idx=0)\n\
             recurrent = torch.nn.{module}({dim}, {hidden}, num_layers={layers}, bidirectional={python_bool}, batch_first=True)\n\
             head = torch.nn.Linear({outputs}, {classes})\n\
             recurrent.load_state_dict({{k[10:]: v for k, v in weights.items() if k.startswith(\"recurrent.\")}})\n\
             head.load_state_dict({{k[5:]: v for k, v in weights.items() if k.startswith(\"head.\")}})\n\n\
             x = embedding(torch.tensor([ids]))\n{final_state}\nprobabilities = (head(last) / {temperature:?}).softmax(dim=1)  # fitted on validation\n```\n",
            self.config.reading.max_len,
        )
    }

    fn limits(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.config.reading.padding == Padding::Trailing {
            let max_len = self.config.reading.max_len;
            writeln!(
                out,
                "It was trained with `padding = \"trailing\"`: fill `ids` with 0 up to {max_len} before use.\n"
            )?;
        }
        writeln!(out, "Every text gets one of the labels above, also one that is about none of them.")
    }
}

/// A heading, and a line for each part that has scores.
pub(super) fn scores(parts: [(&str, &Option<Scores>); 2]) -> String {
    let mut text =
        "## Scores\n\n| part | accuracy | F1 weighted | F1 macro |\n| --- | ---: | ---: | ---: |\n".to_string();
    for (part, scores) in parts {
        if let Some(Scores { accuracy, f1_weighted, f1_macro, .. }) = scores {
            let [accuracy, weighted, macro_] = [accuracy, f1_weighted, f1_macro].map(|share| 100.0 * share);
            text += &format!("| {part} | {accuracy:.2} % | {weighted:.2} % | {macro_:.2} % |\n");
        }
    }
    text
}

fn cell_name(cell: CellKind) -> &'static str {
    match cell {
        CellKind::Rnn => "RNN",
        CellKind::Lstm => "LSTM",
        CellKind::Gru => "GRU",
    }
}
