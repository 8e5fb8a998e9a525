//! The model card: what a saved model is, how good it is, and how to use it from here and from PyTorch.

use std::fmt;

use super::{BundleConfig, pytorch};
use ninefold_metrics::Scores;
use ninefold_nn::batch::Padding;

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
        let family = shape.network.encoder.family();
        writeln!(out, "# Text classifier: {} + {}\n", config.embedding, family.title())?;
        writeln!(
            out,
            "{} over {}-dimensional {} vectors of {} tokens, made by {}. It gives a text one of {} labels and their \
             probabilities.\n",
            family.summary(shape.network.pooling()),
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
                writeln!(
                    out,
                    "It is the student of this teacher: {teacher}, whose probabilities it learned beside the labels.\n"
                )
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
        let network = &self.config.model.network;
        if !self.config.out_of_vocabulary.is_unk() {
            writeln!(
                out,
                "A token that is not in `vocab.txt` is read as the mean of the vectors of its n-grams (`subwords.safetensors`: those of \
                 the words in `vocab.txt`), and as unknown only where it has none of them; the lines for PyTorch leave that out.\n"
            )?;
        }
        let buckets = network.shared.bigram_buckets;
        if buckets > 0 {
            writeln!(
                out,
                "To each token's vector is added one of the token before it and itself: row `mix(mix(before) ^ token) % {buckets}` of \
                 `bigrams.weight`, where `mix` is a step of SplitMix64 on their ids; the first token has none. The lines for PyTorch \
                 leave that out.\n"
            )?;
        }
        for note in network.encoder.family().left_out_of_pytorch() {
            writeln!(out, "{note}\n")?;
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
            let [accuracy, weighted, macro_] = [accuracy, f1_weighted, f1_macro].map(|fraction| 100.0 * fraction);
            text += &format!("| {part} | {accuracy:.2} % | {weighted:.2} % | {macro_:.2} % |\n");
        }
    }
    text
}
