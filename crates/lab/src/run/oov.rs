//! The texts of a run as ids that go beyond the vocabulary, for networks whose embedding has n-grams for its words.
//!
//! *takes* [`OovVectors`] and texts -> *gives* every part anew, and a vector for each word outside of the vocabulary that some text
//! holds. Baselines and language models go on reading `<unk>`.

use std::sync::Arc;

use crate::run::parts::Parts;
use crate::run::texts::{Texts, encoded, texts_of};
use ninefold_core::error::Result;
use ninefold_core::phrasing::counted;
use ninefold_data::Corpus;
use ninefold_nn::batch::Encoded;
use ninefold_text::tokenize::Tokenizer;
use ninefold_vectors::oov::OovVectors;

/// Words outside of the vocabulary, and the texts with them.
pub(crate) struct Outside {
    /// What a saved model needs to do the same.
    pub(crate) words: OovVectors,
    /// Their vectors. `[found, dim]`
    pub(crate) rows: Arc<[f32]>,
    pub(crate) parts: Parts<Encoded>,
    found: usize,
    unknown: usize,
}

impl Outside {
    /// # Errors
    /// Those of the tokenizer.
    pub(crate) fn read(words: OovVectors, texts: &Texts) -> Result<Outside> {
        let tokenizer = Tokenizer::new(&texts.tokenizer)?;
        let Corpus { train, validation, test, .. } = &texts.corpus;
        let read = words.read(&texts.vocab, &tokenizer, &[train, validation, test].map(|part| texts_of(part)).concat());
        let (of_train, others) = read.ids.split_at(train.len());
        let (of_validation, of_test) = others.split_at(validation.len());
        let parts = Parts {
            train: encoded(train, of_train),
            validation: encoded(validation, of_validation),
            test: encoded(test, of_test),
        };
        Ok(Outside { words, rows: read.rows.into(), parts, found: read.words, unknown: read.unknown })
    }

    /// What is said of it before networks are trained.
    pub(crate) fn described(outside: Option<&Outside>) -> String {
        match outside {
            None => {
                "has no n-grams: out_of_vocabulary = \"subwords\" does nothing here, and a token that is not in the \
                     vocabulary is <unk>"
                    .to_string()
            }
            Some(Outside { found, unknown, .. }) => format!(
                "{} outside of the vocabulary read by their n-grams, {} as <unk>",
                counted(*found, "word"),
                counted(*unknown, "word")
            ),
        }
    }
}
