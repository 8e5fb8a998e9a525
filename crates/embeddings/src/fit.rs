//! Texts -> word vectors in one call: tokens are counted, a vocabulary is chosen, the vectors are trained.

use ninefold_core::error::Result;
use ninefold_core::progress::{Progress, Silent};
use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
use ninefold_text::vocab::{TokenCounts, Vocab, VocabConfig};
use ninefold_vectors::WordVectors;

use crate::{FastTextConfig, GloveConfig, Word2VecConfig, fasttext, glove, word2vec};

/// A method that trains word vectors on texts.
///
/// # Examples
/// ```
/// use ninefold_embeddings::{TrainVectors, Word2VecConfig};
///
/// let texts: Vec<String> = (0..200).map(|n| format!("the cat chased mouse {} and the dog slept", n % 7)).collect();
/// let vectors = Word2VecConfig { dim: 16, epochs: 2.into(), ..Word2VecConfig::default() }.fit(&texts)?;
/// assert_eq!((vectors.dim(), vectors.get("cat").map(<[f32]>::len)), (16, Some(16)));
/// assert!(vectors.get("parrot").is_none());
/// # Ok::<(), ninefold_core::Error>(())
/// ```
pub trait TrainVectors {
    /// Trains on sentences of vocabulary ids.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for a setting, [`Error::Data`](ninefold_core::Error::Data) for
    /// texts without a pair of words.
    ///
    /// # Panics
    /// When an id is not of this vocabulary.
    fn fit_ids(&self, sentences: &[Vec<u32>], vocab: &Vocab, progress: &dyn Progress) -> Result<WordVectors>;

    /// Trains on texts, with the tokenizer's and the vocabulary's defaults.
    ///
    /// # Errors
    /// As [`fit_ids`](TrainVectors::fit_ids) and [`Vocab::build`].
    fn fit<T: AsRef<str>>(&self, texts: &[T]) -> Result<WordVectors> {
        self.fit_with(texts, &TokenizerConfig::default(), &VocabConfig::default(), &Silent)
    }

    /// Trains on texts, with settings for tokenizer and vocabulary.
    ///
    /// # Errors
    /// As [`fit`](TrainVectors::fit) and [`Tokenizer::new`].
    fn fit_with<T: AsRef<str>>(
        &self,
        texts: &[T],
        tokenizer: &TokenizerConfig,
        vocab: &VocabConfig,
        progress: &dyn Progress,
    ) -> Result<WordVectors> {
        let tokenizer = Tokenizer::new(tokenizer)?;
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let vocab = Vocab::build(&TokenCounts::of(&tokenizer, &texts), vocab)?;
        self.fit_ids(&vocab.encode_texts(&tokenizer, &texts), &vocab, progress)
    }
}

impl TrainVectors for Word2VecConfig {
    fn fit_ids(&self, sentences: &[Vec<u32>], vocab: &Vocab, progress: &dyn Progress) -> Result<WordVectors> {
        word2vec::train(self, sentences, vocab, progress)
    }
}

impl TrainVectors for FastTextConfig {
    fn fit_ids(&self, sentences: &[Vec<u32>], vocab: &Vocab, progress: &dyn Progress) -> Result<WordVectors> {
        fasttext::train(self, sentences, vocab, progress)
    }
}

impl TrainVectors for GloveConfig {
    fn fit_ids(&self, sentences: &[Vec<u32>], vocab: &Vocab, progress: &dyn Progress) -> Result<WordVectors> {
        glove::train(self, sentences, vocab, progress)
    }
}
