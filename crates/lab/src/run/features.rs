//! What the baselines see of a corpus: every word of every text, and n-grams of the training texts.

use std::cell::OnceCell;

use rayon::prelude::*;

use crate::run::texts::Texts;
use ninefold_core::error::Result;
use ninefold_linear::{Csr, Ngrams, TfIdf, TfIdfConfig};
use ninefold_text::tokenize::Tokenizer;
use ninefold_text::vocab::{TokenCounts, Vocab, VocabConfig};

/// One thing per part of the corpus.
pub(crate) struct Parts<T> {
    pub(crate) train: T,
    pub(crate) validation: T,
    pub(crate) test: T,
}

impl<T> Parts<T> {
    pub(crate) fn map<U>(&self, make: impl Fn(&T) -> U) -> Parts<U> {
        Parts { train: make(&self.train), validation: make(&self.validation), test: make(&self.test) }
    }
}

/// Texts as ids of a vocabulary that leaves no training word out, whatever `vocab.min_count` says.
pub(crate) struct Words {
    pub(crate) vocab_size: usize,
    pub(crate) ids: Parts<Vec<Vec<u32>>>,
    ngrams: OnceCell<Ngrams>,
    tfidf: OnceCell<Parts<Csr>>,
}

impl Words {
    /// # Errors
    /// Those of the tokenizer and the vocabulary.
    pub(crate) fn of(texts: &Texts) -> Result<Words> {
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
    pub(crate) fn counts(&self, config: &TfIdfConfig) -> Parts<Csr> {
        let ngrams = self.ngrams(config);
        self.ids.map(|ids| ngrams.count(ids))
    }

    /// The same, weighted: made once, for three baselines read it.
    pub(crate) fn tfidf(&self, config: &TfIdfConfig) -> &Parts<Csr> {
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
