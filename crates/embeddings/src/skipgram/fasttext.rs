//! FastText: Word2Vec in which a word is the mean of its own vector and those of its character n-grams.
//!
//! Sentences of vocabulary ids -> [`WordVectors`] with the n-grams' rows, from which words never seen get vectors.
//!
//! Source: Bojanowski, Grave, Joulin & Mikolov, "Enriching Word Vectors with Subword Information" (2017). As in their program
//! the update of the mean goes to each of its rows undivided. Every context predicts the middle word (their program lets the
//! middle word predict its contexts: the same pairs, seen from the other end).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::cbow::{Layout, Window, Windows};
use super::compose::{Compose, ComposedRows, Spread};
use super::output_layer::{OutputLayer, OutputWorker};
use super::queue::{self, LossSum, Worker};
use super::replica::Replica;
use super::sampler::{Subsampling, below};
use super::subword_rows::SubwordRows;
use super::word2vec::Word2VecConfig;
use crate::checkpoint::Checkpointer;
use crate::fetch::Fetch;
use crate::matrix::SharedMatrix;
use crate::resources::Resources;
use crate::stream::sentences::Sentences;
use crate::stream::text::{FIRST_WORD, Text};
use crate::{Architecture, check};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::rng::Rng;
use ninefold_kernels::simd::InstructionSet;
use ninefold_text::segment::has_syllables;
use ninefold_text::vocab::Vocab;
use ninefold_vectors::WordVectors;
use ninefold_vectors::subwords::{Subwords, ngram_buckets};

/// How FastText is trained: as Word2Vec is, with n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct FastTextConfig {
    /// What Word2Vec has, too.
    pub word2vec: Word2VecConfig,
    /// Fewest characters of an n-gram; "auto": 1 where a fifth of the letters of the vocabulary are Hangul, Han or kana, else 3.
    pub min_n: Auto<usize>,
    /// Most characters of an n-gram; "auto": 3 where a fifth of the letters of the vocabulary are Hangul, Han or kana, else 6.
    pub max_n: Auto<usize>,
    /// Number of buckets that n-grams are hashed into; memory is used only for buckets that the vocabulary needs.
    pub bucket: u32,
}

impl Default for FastTextConfig {
    fn default() -> FastTextConfig {
        Word2VecConfig::default().into()
    }
}

impl From<Word2VecConfig> for FastTextConfig {
    /// The same, with n-grams that fit the script of the words.
    fn from(word2vec: Word2VecConfig) -> FastTextConfig {
        FastTextConfig { word2vec, min_n: Auto::Auto, max_n: Auto::Auto, bucket: 2_000_000 }
    }
}

impl FastTextConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the setting's name.
    pub fn validate(&self) -> Result<()> {
        self.word2vec.validate()?;
        check::at_least_one("bucket", self.bucket as usize)?;
        let (min_n, max_n) = self.lengths();
        for (key, length) in [("min_n", min_n), ("max_n", max_n)] {
            if !(1..=MAX_N).contains(&length) {
                return Err(Error::invalid_value(key, format!("1 to {MAX_N}"), length));
            }
        }
        if max_n < min_n {
            return Err(Error::invalid_value("max_n", format!("at least min_n ({min_n})"), max_n));
        }
        Ok(())
    }

    /// The settings with n-gram lengths that fit the script of these words, where they are left to the program.
    #[must_use]
    pub fn fitted<T: AsRef<str>>(&self, words: &[T]) -> FastTextConfig {
        let is_auto = self.min_n.is_auto() || self.max_n.is_auto();
        let of_script = match is_auto && has_syllables(words.iter().map(AsRef::as_ref)) {
            true => LENGTHS_OF_SYLLABLES,
            false => LENGTHS,
        };
        let (min_n, max_n) = self.ngram_lengths(of_script);
        FastTextConfig { min_n: Auto::Value(min_n), max_n: Auto::Value(max_n), ..self.clone() }
    }

    /// The lengths of n-grams, from how many characters to how many; fastText's where they are left to the program.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        self.ngram_lengths(LENGTHS)
    }

    /// The lengths of n-grams; where one is left to the program, that of `of_script`, unless the given one rules it out.
    fn ngram_lengths(&self, of_script: (usize, usize)) -> (usize, usize) {
        match (self.min_n, self.max_n) {
            (Auto::Value(min_n), max_n) => (min_n, max_n.or(of_script.1.max(min_n))),
            (Auto::Auto, Auto::Value(max_n)) => (of_script.0.min(max_n), max_n),
            (Auto::Auto, Auto::Auto) => of_script,
        }
    }
}

/// N-grams of fastText, from how many characters to how many.
const LENGTHS: (usize, usize) = (3, 6);
/// N-grams where a character is a syllable or a morpheme.
const LENGTHS_OF_SYLLABLES: (usize, usize) = (1, 3);
/// Characters of an n-gram at most.
const MAX_N: usize = 64;

/// Trains vectors for the words of `vocab`, and for n-grams of them, on `sentences` of its ids.
///
/// `<pad>` and `<unk>` are taken out of the sentences before windows are laid. A word's vector is the mean of its row and its
/// n-grams'; a word that is not in the vocabulary gets the mean of those of its n-grams that some word of the vocabulary has.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_embeddings::fasttext::{self, FastTextConfig};
/// use ninefold_text::vocab::Vocab;
///
/// let vocab = Vocab::from_tokens(["sail", "anchor", "dough", "flour"].map(String::from).to_vec())?;
/// let sentences = vec![vec![2, 3, 2, 3], vec![4, 5, 4, 5]]; // ids 0 and 1 are <pad> and <unk>
/// let word2vec = ninefold_embeddings::Word2VecConfig { dim: 8, ..Default::default() };
/// let vectors = fasttext::train(&FastTextConfig::from(word2vec), &sentences, &vocab, &Silent)?;
/// assert!(vectors.vector("anchors").is_some(), "an unseen word, by its n-grams");
/// # Ok::<(), ninefold_core::Error>(())
/// ```
///
/// # Errors
/// As [`word2vec::train`](super::word2vec::train).
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train(
    config: &FastTextConfig,
    sentences: &[Vec<u32>],
    vocab: &Vocab,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    train_on(config, Sentences::Memory(sentences), vocab, &Resources::default(), progress)
}

/// [`train`] on sentences in memory or in a file, with a checkpoint to resume from.
///
/// # Errors
/// As [`word2vec::train_on`](super::word2vec::train_on).
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train_on(
    config: &FastTextConfig,
    sentences: Sentences,
    vocab: &Vocab,
    resources: &Resources,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    config.validate()?;
    let text = Text::new(sentences, vocab)?;
    let (words, counts) = (&vocab.tokens()[FIRST_WORD as usize..], text.counts());
    let config = &config.fitted(words);
    let lengths = config.lengths();
    let rows = SubwordRows::new(words, counts, |word| ngram_buckets(word, lengths.0, lengths.1, config.bucket));
    let mut input = random_rows(config, &rows)?;
    let mut output = OutputLayer::new(counts, config.word2vec.output_settings())?;
    let mut checkpointer = Checkpointer::new(resources.checkpoint.as_ref(), "fasttext", config, words, counts)?;
    let first_epoch = checkpointer.restore(&mut [&mut input, output.rows_mut()], progress)?;
    let subsampling = Subsampling::new(counts, config.word2vec.sample);
    let schedule = config.word2vec.schedule(text.words(), first_epoch);
    progress.begin("fasttext", "words", Some(text.words() * schedule.epochs as u64));
    let make_worker = || {
        let output = output.worker(config.word2vec.threads)?;
        let slots = ComposedRows::new(2 * config.word2vec.window + output.most_targets(), config.word2vec.dim)?;
        Ok(Trainer {
            config,
            rows: &rows,
            input: Replica::of_thread(&input, config.word2vec.threads)?,
            output,
            set: InstructionSet::current(),
            slots,
            coming: Vec::new(),
            contexts: Vec::new(),
            weights: Vec::new(),
            windows: Vec::new(),
        })
    };
    let save = |epochs_done| checkpointer.save(epochs_done, &[&input, output.rows()]);
    queue::run(&text, &subsampling, &schedule, progress, make_worker, save)?;
    progress.end();
    drop(output);
    vectors(config, words, &rows, &mut input)
}

/// Where training starts: a row of several parts is as much smaller as the mean of their own random numbers would be.
fn random_rows(config: &FastTextConfig, rows: &SubwordRows) -> Result<SharedMatrix> {
    let mut input = SharedMatrix::zeros(rows.stands_for().len(), config.word2vec.dim)?; // [num_rows, dim]
    input.randomize(
        1.0 / config.word2vec.dim as f32,
        &mut Rng::for_purpose(config.word2vec.seed, "word and n-gram vectors"),
    );
    for (row, &parts) in rows.stands_for().iter().enumerate() {
        input.values(row).iter_mut().for_each(|value| *value /= (parts as f32).sqrt());
    }
    Ok(input)
}

/// The trained rows as word vectors with subwords.
fn vectors(
    config: &FastTextConfig,
    words: &[String],
    rows: &SubwordRows,
    input: &mut SharedMatrix,
) -> Result<WordVectors> {
    let mut matrix = Vec::with_capacity(words.len() * config.word2vec.dim); // [num_words, dim]
    for word in 0..words.len() as u32 {
        let mean = rows.of(word);
        let mut sum = vec![0.0; config.word2vec.dim];
        for (&row, &share) in mean.rows.iter().zip(mean.shares) {
            sum.iter_mut().zip(input.values(row as usize)).for_each(|(sum, value)| *sum += share * *value);
        }
        matrix.extend(sum);
    }
    let ngrams = rows.of_buckets().iter().flat_map(|&row| input.values(row as usize).to_vec()).collect();
    let (lengths, buckets) = (config.lengths(), Some(rows.buckets()));
    let subwords = Subwords::new(lengths, config.bucket, config.word2vec.dim, buckets, ngrams)?;
    WordVectors::new(words.to_vec(), config.word2vec.dim, matrix)?.with_subwords(subwords)
}

/// One thread at work.
struct Trainer<'a> {
    config: &'a FastTextConfig,
    rows: &'a SubwordRows,
    input: Replica<'a>, // [num_rows, dim]
    output: OutputWorker<'a>,
    set: InstructionSet,
    slots: ComposedRows, // the words within reach of a step's windows
    /// Rows of a word that will be composed.
    coming: Vec<*mut f32>,
    contexts: Vec<u32>, // slots
    weights: Vec<f32>,
    windows: Vec<Window>,
}

impl Trainer<'_> {
    fn enter(&mut self, sentence: &[u32], position: usize) {
        let (mean, slot) = (self.rows.of(sentence[position]), self.slots.of(position));
        self.set.run(Compose { matrix: &self.input, mean, slots: &mut self.slots, slot });
    }

    /// While the word's rows are changed, those of the word that enters after the next step are fetched.
    fn leave(&mut self, sentence: &[u32], position: usize) {
        let (rows, slot) = (self.rows.of(sentence[position]).rows, self.slots.of(position));
        let coming = sentence.get(position + 2 * (self.config.word2vec.window + self.output.most_targets()));
        let coming = coming.map_or(&[][..], |&word| self.rows.of(word).rows);
        self.coming.clear();
        self.coming.extend(coming.iter().map(|&row| self.input.row(row)));
        let fetch = Fetch::new(&self.coming);
        self.set.run(Spread { matrix: &self.input, rows, fetch, slots: &mut self.slots, slot });
    }

    fn reach(&self, rng: &mut Rng) -> usize {
        let Word2VecConfig { window, shrink_windows, .. } = self.config.word2vec;
        if shrink_windows { 1 + below(rng, window) } else { window }
    }

    fn skip_gram(&mut self, sentence: &[u32], middle: usize, next: &[u32], learning_rate: f32, rng: &mut Rng) {
        let reach = self.reach(rng);
        let window = middle.saturating_sub(reach)..sentence.len().min(middle + reach + 1);
        let others = window.filter(|&position| position != middle);
        let mut contexts = std::mem::take(&mut self.contexts);
        contexts.clear();
        contexts.extend(others.map(|position| self.slots.of(position) as u32));
        self.output.skip_gram(&Replica::direct(&self.slots.vectors), &contexts, next, learning_rate, rng);
        self.contexts = contexts;
    }

    fn cbow(&mut self, sentence: &[u32], middles: Range<usize>, next: &[u32], learning_rate: f32, rng: &mut Rng) {
        let (rows, reach) = (self.rows, self.reach(rng));
        let layout = Layout { middles, reach, len: sentence.len(), mean: self.config.word2vec.cbow_mean };
        let near = layout.near();
        // The mean is over all parts of all context words, so a word counts as often as it has parts.
        let weight = |position: usize| rows.num_parts(sentence[position]) as f32;
        self.contexts.clear();
        self.contexts.extend(near.clone().map(|position| self.slots.of(position) as u32));
        self.weights.clear();
        self.weights.extend(near.clone().map(weight));
        layout.lay(&mut self.windows, weight);
        let windows = Windows { contexts: &self.contexts, weights: &self.weights, windows: &self.windows };
        self.output.cbow(&Replica::direct(&self.slots.vectors), windows, next, learning_rate, rng);
    }
}

impl Worker for Trainer<'_> {
    fn train(&mut self, sentence: &[u32], learning_rate: f32, rng: &mut Rng) {
        let len = sentence.len();
        if len < 2 {
            return;
        }
        let window = self.config.word2vec.window;
        let mut middles = 0..self.output.block(sentence);
        let (mut entered, mut left) = (0, 0);
        self.output.prepare_targets(&sentence[middles.clone()], rng);
        while middles.start < len {
            while entered < len.min(middles.end + window) {
                self.enter(sentence, entered);
                entered += 1;
            }
            let next = middles.end..middles.end + self.output.block(&sentence[middles.end..]);
            match self.config.word2vec.architecture {
                Architecture::SkipGram => {
                    self.skip_gram(sentence, middles.start, &sentence[next.clone()], learning_rate, rng);
                }
                Architecture::Cbow => self.cbow(sentence, middles, &sentence[next.clone()], learning_rate, rng),
            }
            while left + window < next.start {
                self.leave(sentence, left);
                left += 1;
            }
            middles = next;
        }
        while left < len {
            self.leave(sentence, left);
            left += 1;
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
