//! Word2Vec: words in similar contexts get similar vectors.
//!
//! Sentences of vocabulary ids -> [`WordVectors`]. In skip-gram every word of the window predicts the word in its middle; in
//! CBOW their mean does.
//!
//! Sources: Mikolov, Chen, Corrado & Dean, "Efficient estimation of word representations in vector space" (2013); Mikolov,
//! Sutskever, Chen, Corrado & Dean, "Distributed representations of words and phrases and their compositionality" (2013).
//! The settings mean what gensim means by them.

use serde::{Deserialize, Serialize};

use super::cbow::{Layout, Window, Windows};
use super::output_layer::{OutputLayer, OutputSettings, OutputWorker};
use super::queue::{self, LossSum, Schedule, Worker};
use super::replica::Replica;
use super::sampler::{Subsampling, below};
use crate::checkpoint::Checkpointer;
use crate::matrix::SharedMatrix;
use crate::resources::Resources;
use crate::stream::sentences::Sentences;
use crate::stream::text::{FIRST_WORD, Text};
use crate::{Architecture, Loss, check};
use ninefold_core::Auto;
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_core::rng::Rng;
use ninefold_text::vocab::Vocab;
use ninefold_vectors::WordVectors;

/// How Word2Vec is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Word2VecConfig {
    /// Length of the vectors.
    pub dim: usize,
    /// "skip_gram": each context word predicts the middle word; "cbow": their mean does (faster, weaker on rare words).
    pub architecture: Architecture,
    /// Most words on either side that count as context.
    pub window: usize,
    /// Draw each window's reach from 1 to window, so that near words count more; false: always the whole window.
    pub shrink_windows: bool,
    /// "ns": negative sampling; "hs": hierarchical softmax, a tree over the vocabulary (no negative samples; slower).
    pub loss: Loss,
    /// Number of negative samples per positive pair.
    pub negative: usize,
    /// One set of negative samples for all predictions of a window, in CBOW one set and one reach for four windows (several times
    /// faster; as good); false: one for each.
    pub shared_negatives: bool,
    /// Negative samples are drawn by count to this power.
    pub ns_exponent: f64,
    /// Words more frequent than about this fraction of the text are subsampled; 0: none is.
    pub sample: f64,
    /// CBOW: the mean of the context rather than its sum.
    pub cbow_mean: bool,
    /// Passes over the text; "auto": 20, or as many as read 150 million words where those are fewer, at least 1.
    pub epochs: Auto<usize>,
    /// Learning rate at the start; it falls linearly ...
    pub learning_rate: f64,
    /// ... to this at the end.
    pub min_learning_rate: f64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Threads; with 1 the same seed gives the same bytes, with more they race for rows and it does not.
    pub threads: usize,
}

impl Default for Word2VecConfig {
    fn default() -> Word2VecConfig {
        Word2VecConfig {
            dim: 100,
            architecture: Architecture::SkipGram,
            window: 5,
            shrink_windows: true,
            loss: Loss::Ns,
            negative: 5,
            shared_negatives: true,
            ns_exponent: 0.75,
            sample: 1e-3,
            cbow_mean: true,
            epochs: Auto::Value(5),
            learning_rate: 0.025,
            min_learning_rate: 1e-4,
            seed: 1,
            threads: 1,
        }
    }
}

/// Passes over a small text where they are left to the program: chosen on validation texts of 20 Newsgroups (docs/internals/recipe.md).
pub const MOST_EPOCHS: usize = 20;
/// Words that all epochs read of a large text: three times those of twenty epochs of 20 Newsgroups.
const ENOUGH_WORDS: u64 = 150_000_000;

impl Word2VecConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) with the setting's name.
    pub fn validate(&self) -> Result<()> {
        check::size_within("dim", self.dim, check::MAX_DIM)?;
        check::size_within("window", self.window, check::MAX_WINDOW)?;
        check::size_within("negative", self.negative, check::MAX_NEGATIVE)?;
        check::size_within("epochs", self.epochs.or(1), check::MAX_EPOCHS)?;
        check::at_least_one("threads", self.threads)?;
        check::within("ns_exponent", self.ns_exponent, -4.0, 4.0)?;
        check::partition("sample", self.sample)?;
        check::positive("learning_rate", self.learning_rate)?;
        check::within("min_learning_rate", self.min_learning_rate, 0.0, self.learning_rate)
    }

    pub(super) fn output_settings(&self) -> OutputSettings {
        let Word2VecConfig { dim, architecture, loss, window, negative, ns_exponent, shared_negatives, .. } = *self;
        OutputSettings { dim, architecture, loss, window, negative, ns_exponent, shared_negatives }
    }

    /// The settings with a number of passes for a text of so many words, where that is left to the program.
    #[must_use]
    pub fn fitted(&self, words: u64) -> Word2VecConfig {
        Word2VecConfig { epochs: Auto::Value(self.epochs_for(words)), ..self.clone() }
    }

    /// Passes over a text of so many words.
    pub fn epochs_for(&self, words: u64) -> usize {
        self.epochs.or((ENOUGH_WORDS / words.max(1)).clamp(1, MOST_EPOCHS as u64) as usize)
    }

    pub(crate) fn schedule(&self, words: u64, first_epoch: usize) -> Schedule {
        let Word2VecConfig { learning_rate, min_learning_rate, seed, threads, .. } = *self;
        let epochs = self.epochs_for(words);
        Schedule { epochs, first_epoch, learning_rate, min_learning_rate, seed, threads }
    }
}

/// Trains vectors for the words of `vocab` on `sentences` of its ids.
///
/// `<pad>` and `<unk>` are taken out of the sentences before windows are laid. A word that is in the vocabulary but not in
/// the sentences keeps its small random initial vector.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_embeddings::word2vec::{self, Word2VecConfig};
/// use ninefold_text::vocab::Vocab;
///
/// let vocab = Vocab::from_tokens(["sail", "anchor", "dough", "flour"].map(String::from).to_vec())?;
/// let sentences = vec![vec![2, 3, 2, 3], vec![4, 5, 4, 5]]; // ids 0 and 1 are <pad> and <unk>
/// let config = Word2VecConfig { dim: 8, ..Word2VecConfig::default() };
/// let vectors = word2vec::train(&config, &sentences, &vocab, &Silent)?;
/// assert_eq!((vectors.len(), vectors.dim()), (4, 8));
/// # Ok::<(), ninefold_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for a senseless setting, [`Error::Data`](ninefold_core::Error::Data) when the sentences hold no word of the vocabulary or the vectors
/// stopped being numbers (too high a learning rate), [`Error::Interrupted`](ninefold_core::Error::Interrupted) when the user cancels.
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train(
    config: &Word2VecConfig,
    sentences: &[Vec<u32>],
    vocab: &Vocab,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    train_on(config, Sentences::Memory(sentences), vocab, &Resources::default(), progress)
}

/// [`train`] on sentences in memory or in a file, with a checkpoint to resume from.
///
/// # Errors
/// As [`train`]; [`Error::Io`](ninefold_core::Error::Io) when a file cannot be read or written, those of a checkpoint that does not fit.
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train_on(
    config: &Word2VecConfig,
    sentences: Sentences,
    vocab: &Vocab,
    resources: &Resources,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    config.validate()?;
    let text = Text::new(sentences, vocab)?;
    let (words, counts) = (&vocab.tokens()[FIRST_WORD as usize..], text.counts());
    let mut input = SharedMatrix::zeros(counts.len(), config.dim)?;
    input.randomize(1.0 / config.dim as f32, &mut Rng::for_purpose(config.seed, "word vectors"));
    let mut output = OutputLayer::new(counts, config.output_settings())?;
    let mut checkpointer = Checkpointer::new(resources.checkpoint.as_ref(), "word2vec", config, words, counts)?;
    let first_epoch = checkpointer.restore(&mut [&mut input, output.rows_mut()], progress)?;
    let schedule = config.schedule(text.words(), first_epoch);
    progress.begin("word2vec", "words", Some(text.words() * schedule.epochs as u64));
    let subsampling = Subsampling::new(counts, config.sample);
    let make_worker = || {
        let output = output.worker(config.threads)?;
        let input = Replica::of_thread(&input, config.threads)?;
        Ok(Trainer { config, input, output, contexts: Vec::new(), weights: Vec::new(), windows: Vec::new() })
    };
    let save = |epochs_done| checkpointer.save(epochs_done, &[&input, output.rows()]);
    queue::run(&text, &subsampling, &schedule, progress, make_worker, save)?;
    progress.end();
    drop(output);
    WordVectors::new(words.to_vec(), config.dim, input.all_values())
}

/// One thread at work.
struct Trainer<'a> {
    config: &'a Word2VecConfig,
    input: Replica<'a>, // [num_words, dim]
    output: OutputWorker<'a>,
    contexts: Vec<u32>,
    weights: Vec<f32>,
    windows: Vec<Window>,
}

impl Trainer<'_> {
    fn reach(&self, rng: &mut Rng) -> usize {
        let Word2VecConfig { window, shrink_windows, .. } = *self.config;
        if shrink_windows { 1 + below(rng, window) } else { window }
    }

    fn skip_gram(&mut self, sentence: &[u32], learning_rate: f32, rng: &mut Rng) {
        self.output.prepare_targets(&sentence[..1], rng);
        for middle in 0..sentence.len() {
            let reach = self.reach(rng);
            let end = sentence.len().min(middle + reach + 1);
            self.contexts.clear();
            self.contexts.extend_from_slice(&sentence[middle.saturating_sub(reach)..middle]);
            self.contexts.extend_from_slice(&sentence[middle + 1..end]);
            if let Some(&coming) = sentence.get(middle + self.config.window + 1) {
                self.output.fetch(self.input.row(coming));
            }
            let next = &sentence[middle + 1..sentence.len().min(middle + 2)];
            self.output.skip_gram(&self.input, &self.contexts, next, learning_rate, rng);
        }
    }

    fn cbow(&mut self, sentence: &[u32], learning_rate: f32, rng: &mut Rng) {
        let (window, len) = (self.config.window, sentence.len());
        let (mut first, mut block) = (0, self.output.block(sentence));
        self.output.prepare_targets(&sentence[..block], rng);
        while first < len {
            let end = first + block;
            let reach = self.reach(rng);
            let layout = Layout { middles: first..end, reach, len, mean: self.config.cbow_mean };
            layout.lay(&mut self.windows, |_| 1.0);
            let near = layout.near();
            block = self.output.block(&sentence[end..]);
            for &coming in &sentence[len.min(end + window)..len.min(end + block + window)] {
                self.output.fetch(self.input.row(coming));
            }
            self.weights.resize(near.len(), 1.0);
            let windows = Windows { contexts: &sentence[near], weights: &self.weights, windows: &self.windows };
            self.output.cbow(&self.input, windows, &sentence[end..end + block], learning_rate, rng);
            first = end;
        }
    }
}

impl Worker for Trainer<'_> {
    fn train(&mut self, sentence: &[u32], learning_rate: f32, rng: &mut Rng) {
        if sentence.len() < 2 {
            return;
        }
        match self.config.architecture {
            Architecture::SkipGram => self.skip_gram(sentence, learning_rate, rng),
            Architecture::Cbow => self.cbow(sentence, learning_rate, rng),
        }
    }

    fn synchronize(&mut self) {
        self.input.synchronize();
        self.output.synchronize();
    }

    fn take_loss(&mut self) -> LossSum {
        self.output.take_loss()
    }
}
