//! The neural classifier: embedding (and pairs of words, where wanted) -> dropout -> encoder -> pooling over time -> dropout -> linear.
//!
//! *takes* a [`Batch`] of ids -> *gives* logits. The encoder makes the family: a recurrent stack with its last states pooled
//! is the network of the notebook that the presets come from, in PyTorch: `nn.Embedding`, `nn.Dropout`, `nn.LSTM`,
//! `torch.cat((h[-2], h[-1]), 1)`, `nn.Dropout`, `nn.Linear`. A convolution is Kim's network (2014); no encoder at all leaves
//! SWEM (Shen et al. 2018).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bigrams::Bigrams;
use super::{BatchResult, Classifier, LossConfig, ModelKind};
use crate::batch::Batch;
use crate::families::{EncoderConfig, SharedConfig};
use crate::layers::init::uniform_by_fan;
use crate::layers::{Encoder, Parameter, Pool, Pooling, Values};
use ninefold_core::error::Result;
use ninefold_core::rng::Rng;
use ninefold_core::subnormals::FlushSubnormals;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::dropout::Dropout;
use ninefold_kernels::simd::{InstructionSet, padded};
use ninefold_kernels::{embedding, linear};
use ninefold_text::vocab::PAD;

/// A neural classifier: its encoder, and what goes around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeuralConfig {
    /// The network between embedding and pooling.
    pub encoder: EncoderConfig,
    /// The settings that all networks have.
    pub shared: SharedConfig,
    /// Number of classes.
    pub num_classes: usize,
}

/// One GRU reading from both ends, its last states pooled, without dropout; two classes.
impl Default for NeuralConfig {
    fn default() -> NeuralConfig {
        NeuralConfig { encoder: ModelKind::Gru.into(), shared: SharedConfig::without_dropout(), num_classes: 2 }
    }
}

impl NeuralConfig {
    /// Which network.
    pub fn kind(&self) -> ModelKind {
        self.encoder.kind()
    }

    /// How it pools: as the settings say, or else as its family does.
    pub fn pooling(&self) -> Pooling {
        self.shared.pooling.unwrap_or_else(|| self.encoder.family().own_pooling())
    }

    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) with the key.
    pub fn check(&self) -> Result<()> {
        self.shared.check()?;
        self.encoder.family().check()
    }
}

/// Places of dropout, folded into its key. The encoder adds its layers' numbers itself.
const ON_EMBEDDINGS: u64 = 1;
const IN_ENCODER: u64 = 2;
const BEFORE_HEAD: u64 = 3;
const ON_WORDS: u64 = 4;

/// An embedding table, an encoder and a linear head.
#[derive(Debug)]
pub struct NeuralClassifier {
    config: NeuralConfig,
    embedding: Parameter, // embedding.weight [vocab_size, dim]
    outside: Arc<[f32]>,  // [words, dim] rows of ids from vocab_size up: no parameter, nothing learns them
    bigrams: Option<Bigrams>,
    encoder: Box<dyn Encoder>,
    pool: Pool,
    head: [Parameter; 2], // head.weight [num_classes, pool.output], head.bias [num_classes]
    pooled: Buffer,       // [rows, pool.output] after dropout
    logits: Buffer,       // [rows, padded(num_classes)]
    d_pooled: Buffer,     // [rows, pool.output]
    scratch: linear::Scratch,
}

impl NeuralClassifier {
    /// A classifier over an embedding matrix `[vocab_size, dim]`, with PyTorch's initial distributions.
    ///
    /// # Panics
    /// When the matrix does not hold whole rows of `dim` floats.
    pub fn new(config: NeuralConfig, matrix: Vec<f32>, dim: usize, seed: u64) -> NeuralClassifier {
        NeuralClassifier::over(config, matrix.into(), dim, seed)
    }

    /// The same over a matrix that may be shared.
    fn over(config: NeuralConfig, matrix: Values, dim: usize, seed: u64) -> NeuralClassifier {
        assert!(dim > 0 && matrix.len().is_multiple_of(dim), "{} floats in rows of {dim}", matrix.len());
        let mut rng = Rng::for_purpose(seed, "weights");
        let shape = [matrix.len() / dim, dim];
        let embedding = if config.shared.freeze_embeddings {
            Parameter::frozen("embedding.weight", &shape, matrix)
        } else {
            Parameter::new("embedding.weight", &shape, matrix)
        };
        let bigrams = (config.shared.bigram_buckets > 0).then(|| Bigrams::new(config.shared.bigram_buckets, dim));
        let encoder = config.encoder.family().encoder(dim, &config.shared, &mut rng);
        let pool = Pool::new(config.pooling(), config.shared.segments, encoder.output(), &mut rng);
        let (inputs, outputs) = (pool.output().len(), config.num_classes);
        let weight = uniform_by_fan(&mut rng, outputs * inputs, inputs);
        let bias = uniform_by_fan(&mut rng, outputs, inputs);
        NeuralClassifier {
            config,
            embedding,
            outside: Arc::default(),
            bigrams,
            encoder,
            pool,
            head: [
                Parameter::new("head.weight", &[outputs, inputs], weight),
                Parameter::new("head.bias", &[outputs], bias),
            ],
            pooled: Buffer::default(),
            logits: Buffer::default(),
            d_pooled: Buffer::default(),
            scratch: linear::Scratch::default(),
        }
    }

    /// A classifier that shares this one's weights and has buffers of its own, so that both can predict at the same time. It has
    /// no gradients: it cannot be trained.
    pub fn fork(&self) -> NeuralClassifier {
        let mut fork = NeuralClassifier::over(self.config.clone(), self.embedding.value.clone(), self.dim(), 0);
        for (own, shared) in fork.parameters_mut().into_iter().zip(self.parameters()) {
            (own.value, own.gradient) = (shared.value.clone(), Vec::new());
        }
        fork.outside = Arc::clone(&self.outside);
        fork
    }

    /// The same without gradients, which take as much memory as the weights: it cannot be trained any more.
    #[must_use]
    pub fn without_gradients(mut self) -> NeuralClassifier {
        self.parameters_mut().into_iter().for_each(|parameter| parameter.gradient = Vec::new());
        self
    }

    /// From now on texts may hold ids from vocab_size up: words outside of the vocabulary, whose vectors these are. They stay as
    /// they come. `[words, dim]`
    ///
    /// # Panics
    /// When these are no whole rows.
    pub fn set_oov(&mut self, rows: Arc<[f32]>) {
        assert!(rows.len().is_multiple_of(self.dim()), "{} floats in rows of {}", rows.len(), self.dim());
        self.outside = rows;
    }

    /// The settings that it was built with.
    pub fn config(&self) -> &NeuralConfig {
        &self.config
    }

    /// Rows of its table of word vectors.
    pub fn vocab_size(&self) -> usize {
        self.embedding.shape[0]
    }

    /// Length of a word vector.
    pub fn dim(&self) -> usize {
        self.embedding.shape[1]
    }

    fn shape(&self, rows: usize) -> linear::Shape {
        linear::Shape { rows, input: self.pool.output(), output: self.config.num_classes }
    }

    /// Embedding to logits; with a key as in training, without one as in prediction.
    fn forward(&mut self, batch: &Batch, key: Option<&[u64]>) {
        let shape = self.shape(batch.rows());
        let reads_words_alone = self.encoder.is_identity() && self.outside.is_empty() && self.bigrams.is_none();
        if key.is_none() && reads_words_alone && self.pool.parameter().is_none() {
            self.pool_words(batch, shape);
        } else {
            self.pool_encoded(batch, shape, key);
        }
        let [weight, bias] = &self.head;
        let forward = linear::LinearForward {
            shape,
            x: &self.pooled,
            weight: &weight.value,
            bias: &bias.value,
            y: self.logits.resize(shape.rows * padded(shape.output)),
            scratch: &mut self.scratch,
        };
        forward.run(InstructionSet::current());
    }

    /// Embedding, encoder and pooling.
    fn pool_encoded(&mut self, batch: &Batch, shape: linear::Shape, key: Option<&[u64]>) {
        let (dim, dropout) = (self.dim(), self.config.shared.dropout);
        let x = self.encoder.input_mut(batch.tokens());
        embedding::forward(&self.embedding.value, &self.outside, dim, &batch.ids, x);
        if let Some(bigrams) = &mut self.bigrams {
            bigrams.forward(batch, self.embedding.shape[0], x);
        }
        if let Some(key) = key {
            let on_embeddings = Dropout::new(dropout, &fold_in(key, ON_EMBEDDINGS));
            on_embeddings.apply_to_tokens(x, self.config.shared.locked_dropout, &batch.text_of);
            Dropout::new(self.config.shared.word_dropout, &fold_in(key, ON_WORDS)).apply_to_rows(x, padded(dim));
        }
        self.encoder.forward(batch, key.map(|key| fold_in(key, IN_ENCODER)).as_deref());
        let pooled = self.pooled.resize(shape.rows * shape.input.padded());
        self.pool.forward(batch, &*self.encoder, key.is_some(), pooled);
        if let Some(key) = key {
            Dropout::new(dropout, &fold_in(key, BEFORE_HEAD)).apply(pooled);
        }
    }

    /// The same as [`pool_encoded`](Self::pool_encoded) in a prediction without encoder: the words' vectors are pooled where they lie in
    /// their table, which saves copying one per token.
    fn pool_words(&mut self, batch: &Batch, shape: linear::Shape) {
        let ids = batch.ids_by_row();
        let texts: Vec<&[u32]> = (0..batch.rows()).map(|row| &ids[batch.place_of(row)]).collect();
        let pooled = self.pooled.resize(shape.rows * shape.input.padded());
        self.pool.forward_table(&texts, &self.embedding.value, pooled);
    }

    /// The gradients in `logits` -> those of every parameter.
    fn backward(&mut self, batch: &Batch, key: &[u64]) {
        let (vocab_size, dim, shape) = (self.vocab_size(), self.dim(), self.shape(batch.rows()));
        let [weight, bias] = &mut self.head;
        let d_pooled = self.d_pooled.resize(batch.rows() * shape.input.padded());
        let backward = linear::LinearBackward {
            shape,
            x: &self.pooled,
            weight: &weight.value,
            d_y: &self.logits,
            d_x: d_pooled,
            d_weight: &mut weight.gradient,
            d_bias: &mut bias.gradient,
            scratch: &mut self.scratch,
        };
        backward.run(InstructionSet::current());
        Dropout::new(self.config.shared.dropout, &fold_in(key, BEFORE_HEAD)).apply(d_pooled);
        self.pool.backward(batch, &mut *self.encoder, d_pooled);
        let learns = |parameter: &Parameter| parameter.is_trained() && parameter.rate > 0.0;
        let words_learn = learns(&self.embedding);
        let bigrams = self.bigrams.as_mut().filter(|bigrams| learns(&bigrams.weight));
        let wants_input = words_learn || bigrams.is_some();
        if let Some(d_x) = self.encoder.backward(batch, &fold_in(key, IN_ENCODER), wants_input) {
            Dropout::new(self.config.shared.word_dropout, &fold_in(key, ON_WORDS)).apply_to_rows(d_x, padded(dim));
            let on_embeddings = Dropout::new(self.config.shared.dropout, &fold_in(key, ON_EMBEDDINGS));
            on_embeddings.apply_to_tokens(d_x, self.config.shared.locked_dropout, &batch.text_of);
            if words_learn {
                self.embedding.note_rows(batch.ids.iter().copied().filter(|&id| (id as usize) < vocab_size));
                embedding::backward(d_x, dim, &batch.ids, PAD, &mut self.embedding.gradient);
            }
            if let Some(bigrams) = bigrams {
                bigrams.backward(d_x);
            }
        }
    }
}

pub(super) fn fold_in(key: &[u64], site: u64) -> Vec<u64> {
    [key, &[site]].concat()
}

impl Classifier for NeuralClassifier {
    fn num_classes(&self) -> usize {
        self.config.num_classes
    }

    fn chunk_len(&self) -> usize {
        self.config.encoder.family().chunk_len()
    }

    fn train_batch(&mut self, batch: &Batch, key: &[u64], objective: LossConfig) -> BatchResult {
        within_pool(|| self.train_within_pool(batch, key, objective))
    }

    fn logits(&mut self, batch: &Batch) -> Vec<f32> {
        within_pool(|| self.forward(batch, None));
        let classes = self.config.num_classes;
        self.logits.chunks_exact(padded(classes)).flat_map(|row| row[..classes].iter().copied()).collect()
    }

    fn set_embedding_steps(&mut self, rate: f64, is_sparse: bool) {
        self.embedding.rate = rate;
        self.embedding.set_sparse(is_sparse);
        if let Some(bigrams) = &mut self.bigrams {
            bigrams.weight.rate = rate;
        }
    }

    fn parameters(&self) -> Vec<&Parameter> {
        let inner = self.encoder.parameters().iter().chain(self.pool.parameter());
        let bigrams = self.bigrams.iter().map(|bigrams| &bigrams.weight);
        std::iter::once(&self.embedding).chain(bigrams).chain(inner).chain(&self.head).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let inner = self.encoder.parameters_mut().iter_mut().chain(self.pool.parameter_mut());
        let bigrams = self.bigrams.iter_mut().map(|bigrams| &mut bigrams.weight);
        std::iter::once(&mut self.embedding).chain(bigrams).chain(inner).chain(&mut self.head).collect()
    }
}

/// Runs work on a thread of the pool, so that each of the many parallel loops in it begins without waking one. Subnormal numbers count as
/// zero there.
pub(super) fn within_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| {
        let _flushing = FlushSubnormals::enter();
        work()
    })
}

impl NeuralClassifier {
    fn train_within_pool(&mut self, batch: &Batch, key: &[u64], objective: LossConfig) -> BatchResult {
        for parameter in self.parameters_mut() {
            parameter.clear_gradient();
        }
        self.forward(batch, Some(key));
        let classes = self.config.num_classes;
        let mut result = BatchResult::default();
        for (number, row) in self.logits.chunks_exact_mut(padded(classes)).enumerate() {
            let row = &mut row[..classes];
            result.correct += usize::from(argmax(row) == batch.labels[number] as usize);
            result.loss += objective.row(batch, number, row);
        }
        self.backward(batch, key);
        result
    }
}

/// The index of the largest value, the first of equals.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}
