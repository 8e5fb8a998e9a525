//! The model card: what a saved model is, how good it is, and how to use it from here and from PyTorch.

use std::fmt;

use super::{BundleConfig, Shape, pytorch};
use ninefold_core::phrasing::all_listed;
use ninefold_metrics::Scores;
use ninefold_nn::batch::Padding;
use ninefold_nn::model::ModelKind;

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
        writeln!(out, "# Text classifier: {} + {}\n", config.embedding, title(shape.kind))?;
        writeln!(
            out,
            "{} over {}-dimensional {} vectors of {} tokens, made by {}. It gives a text one of {} labels and their \
             probabilities.\n",
            network(shape),
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
        writeln!(
            out,
            "## Use\n\n```sh\necho 'a text' | ninefold predict THIS_FOLDER\n```\n\n\
             In PyTorch (`ids` are the rows of `vocab.txt` after its first line, counted from 0, 1 where a token is unknown; at \
             most {} of a text):\n\n```python\n{}```\n",
            self.config.reading.max_len,
            pytorch::code(&self.config.model, self.config.temperature),
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
        let shape = &self.config.model;
        if !self.config.out_of_vocabulary.is_unk() {
            writeln!(
                out,
                "A token that is not in `vocab.txt` is read as the mean of the vectors of its n-grams (`subwords.safetensors`: those of \
                 the words in `vocab.txt`), and as unknown only where it has none of them; the lines for PyTorch leave that out.\n"
            )?;
        }
        if shape.bigram_buckets > 0 {
            let buckets = shape.bigram_buckets;
            writeln!(
                out,
                "To each token's vector is added one of the token before it and itself: row `mix(mix(before) ^ token) % {buckets}` of \
                 `bigrams.weight`, where `mix` is a step of SplitMix64 on their ids; the first token has none. The lines for PyTorch \
                 leave that out.\n"
            )?;
        }
        if shape.layer_norm {
            writeln!(
                out,
                "The states of each layer are normalised before they go on (`norm_l0` and so on, as `torch.nn.LayerNorm` over both \
                 directions of a token); the lines for PyTorch leave that out.\n"
            )?;
        }
        if shape.chunk_len > 0 {
            writeln!(
                out,
                "A text goes through the layers in even chunks of at most {} tokens, each from a state of zeros, and all its states \
                 are pooled together; the lines for PyTorch leave that out.\n",
                shape.chunk_len
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

/// "A bidirectional GRU of 2 layer(s) with 64 units per direction"
fn network(shape: &Shape) -> String {
    match shape.kind {
        ModelKind::Rnn | ModelKind::Lstm | ModelKind::Gru => {
            let directions = if shape.bidirectional { "bidirectional " } else { "" };
            let (cell, layers, hidden) = (title(shape.kind), shape.num_layers, shape.hidden_size);
            format!("A {directions}{cell} of {layers} layer(s) with {hidden} units per direction")
        }
        ModelKind::Cnn => {
            let widths: Vec<String> = shape.filter_widths.iter().map(usize::to_string).collect();
            let (filters, widths) = (shape.filters, all_listed(&widths));
            format!(
                "A convolution with {filters} filters for each window of {widths} words (`{}`)",
                shape.pooling.name()
            )
        }
        ModelKind::Swem => format!("A linear layer over pooled vectors (SWEM, `{}`)", shape.pooling.name()),
    }
}

fn title(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Rnn => "RNN",
        ModelKind::Lstm => "LSTM",
        ModelKind::Gru => "GRU",
        ModelKind::Cnn => "CNN",
        ModelKind::Swem => "SWEM",
    }
}
