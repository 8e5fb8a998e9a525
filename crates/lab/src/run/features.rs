//! What the baselines see of a corpus: every word of every text, the character n-grams in them, or the words that have vectors.

use rayon::prelude::*;

use crate::Config;
use crate::run::parts::Parts;
use crate::run::texts::{Texts, texts_of};
use crate::run::vectors::Vectors;
use ninefold_core::error::Result;
use ninefold_data::Document;
use ninefold_linear::training::{LabelledIds, Shared, TrainingData, VectorTable};
use ninefold_nn::batch::Encoded;
use ninefold_text::tokenize::Tokenizer;
use ninefold_text::vocab::{TokenCounts, Vocab, VocabConfig};

/// Texts as ids, and the vocabulary that they are ids of.
pub(crate) struct Words<'a> {
    pub(crate) vocab: Vocab,
    pub(crate) data: TrainingData<'a>,
    test: Vec<Vec<u32>>,
}

impl<'a> Words<'a> {
    /// By a vocabulary that leaves no training word out, whatever `vocab.min_count` says.
    ///
    /// # Errors
    /// Those of the tokenizer and the vocabulary.
    pub(crate) fn of(texts: &'a Texts, config: &'a Config) -> Result<Words<'a>> {
        let tokenizer = Tokenizer::new(&texts.tokenizer)?;
        let corpus = &texts.corpus;
        let train: Vec<&str> = corpus.train.iter().map(|document| document.text.as_str()).collect();
        let vocab =
            Vocab::build(&TokenCounts::of(&tokenizer, &train), &VocabConfig { min_count: 1, max_vocab_size: None })?;
        let documents = Parts { train: &corpus.train, validation: &corpus.validation, test: &corpus.test };
        let ids = documents.map(|documents| {
            documents.par_iter().map(|document| vocab.encode_text(&tokenizer, &document.text)).collect()
        });
        Ok(Words::with(texts, config, vocab, ids, None))
    }

    /// The character n-grams of every word, an id each. Which of them are frequent enough is settled here, so that all ids count.
    ///
    /// # Errors
    /// Those of the settings.
    pub(crate) fn of_characters(texts: &'a Texts, config: &'a Config) -> Result<Words<'a>> {
        let ngrams = texts.tokenizer.char_ngrams(config.baseline.char_ngram_range)?;
        let corpus = &texts.corpus;
        let vocab = ngrams.vocab(&texts_of(&corpus.train), config.baseline.char_min_df)?;
        let parts = Parts { train: &corpus.train, validation: &corpus.validation, test: &corpus.test };
        let ids = parts.map(|documents| ngrams.encode(&vocab, &texts_of(documents)));
        let mut words = Words::with(texts, config, vocab, ids, None);
        (words.data.ngram_range, words.data.min_df) = ([1, 1], vec![1]);
        Ok(words)
    }

    /// By the vocabulary of the networks, whose words have these vectors.
    pub(crate) fn of_vectors(texts: &'a Texts, config: &'a Config, vectors: &'a Vectors) -> Words<'a> {
        let parts = Parts { train: &texts.train, validation: &texts.validation, test: &texts.test };
        let ids = parts.map(|part: &&Encoded| (0..part.len()).map(|text| part.text(text).to_vec()).collect());
        let table = VectorTable { data: &vectors.matrix.data, dim: vectors.matrix.dim };
        Words::with(texts, config, texts.vocab.clone(), ids, Some(table))
    }

    /// The same with the validation texts among the training texts, and nothing left to choose by.
    pub(crate) fn with_validation_joined(mut self) -> Words<'a> {
        let validation = std::mem::take(&mut self.data.validation);
        self.data.train.ids.extend(validation.ids);
        self.data.train.labels.extend(validation.labels);
        self.data.train.weights.extend(validation.weights);
        self
    }

    fn with(
        texts: &'a Texts,
        config: &'a Config,
        vocab: Vocab,
        ids: Parts<Vec<Vec<u32>>>,
        vectors: Option<VectorTable<'a>>,
    ) -> Words<'a> {
        let labelled = |ids, documents: &[Document]| LabelledIds {
            ids,
            labels: documents.iter().map(|document| document.label).collect(),
            weights: documents.iter().map(|document| document.weight).collect(),
        };
        let data = TrainingData {
            train: labelled(ids.train, &texts.corpus.train),
            validation: labelled(ids.validation, &texts.corpus.validation),
            vocab_size: vocab.len(),
            ngram_range: config.baseline.ngram_range,
            min_df: config.baseline.min_df.clone(),
            class_weights: &texts.class_weights,
            main_score: texts.main_score,
            settings: &config.baseline,
            seed: config.seed,
            vectors,
            shared: Shared::default(),
        };
        Words { vocab, data, test: ids.test }
    }

    /// The ids of every part.
    pub(crate) fn ids(&self) -> Parts<&[Vec<u32>]> {
        Parts { train: &self.data.train.ids, validation: &self.data.validation.ids, test: &self.test }
    }
}
