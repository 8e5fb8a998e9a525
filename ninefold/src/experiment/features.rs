//! What the baselines see of a corpus: every word of every text, and n-grams of the training texts.

use std::cell::OnceCell;

use rayon::prelude::*;

use super::texts::Texts;
use crate::baseline::{Csr, Ngrams, TfIdf, TfIdfConfig};
use crate::error::Result;
use crate::tokenize::Tokenizer;
use crate::vocab::{TokenCounts, Vocab, VocabConfig};

/// One thing per part of the corpus.
pub(super) struct Parts<T> {
    pub(super) train: T,
    pub(super) validation: T,
    pub(super) test: T,
}

impl<T> Parts<T> {
    pub(super) fn map<U>(&self, make: impl Fn(&T) -> U) -> Parts<U> {
        Parts { train: make(&self.train), validation: make(&self.validation), test: make(&self.test) }
    }
}

/// Texts as ids of a vocabulary that leaves no training word out, whatever `vocab.min_count` says.
pub(super) struct Words {
    pub(super) vocab_size: usize,
    pub(super) ids: Parts<Vec<Vec<u32>>>,
    ngrams: OnceCell<Ngrams>,
    tfidf: OnceCell<Parts<Csr>>,
}

impl Words {
    /// # Errors
    /// Those of the tokenizer and the vocabulary.
    pub(super) fn of(texts: &Texts) -> Result<Words> {
        let tokenizer = Tokenizer::new(&texts.tokenizer)?;
        let corpus = &texts.corpus;
        let train: Vec<&str> = corpus.train.iter().map(|document| document.text.as_str()).collect();
        let vocab =
            Vocab::build(&TokenCounts::of(&tokenizer, &train), &VocabConfig { min_count: 1, max_vocab_size: None })?;
        let documents = Parts { train: &corpus.train, validation: &corpus.validation, test: &corpus.test };
        let ids = documents.map(|documents| {
            documents.par_iter().map(|document| vocab.encode_text(&tokenizer, &document.text)).collect()
        });
        Ok(Words { vocab_size: vocab.len(), ids, ngrams: OnceCell::new(), tfidf: OnceCell::new() })
    }

    /// How often each text has each n-gram.
    pub(super) fn counts(&self, config: &TfIdfConfig) -> Parts<Csr> {
        let ngrams = self.ngrams(config);
        self.ids.map(|ids| ngrams.count(ids))
    }

    /// The same, weighted: made once, for three baselines read it.
    pub(super) fn tfidf(&self, config: &TfIdfConfig) -> &Parts<Csr> {
        self.tfidf.get_or_init(|| {
            let tfidf = TfIdf::fit(self.ngrams(config), config.sublinear_tf);
            let Parts { train, validation, test } = self.counts(config);
            Parts {
                train: tfidf.transform(train),
                validation: tfidf.transform(validation),
                test: tfidf.transform(test),
            }
        })
    }

    fn ngrams(&self, config: &TfIdfConfig) -> &Ngrams {
        self.ngrams.get_or_init(|| Ngrams::fit(&self.ids.train, config.ngram_range, config.min_df))
    }
}
