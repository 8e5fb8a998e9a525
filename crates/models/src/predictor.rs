//! Texts -> labels with their probabilities, by a saved model of any kind.
//!
//! *takes* the folder of a [`Model`] and texts -> *gives* a [`Prediction`] per text. Weights are shared: any number of threads may
//! ask one predictor at the same time, and each works in buffers of its own, which are used again.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle::{Bundle, BundleConfig, LinearBundle, MemberPaths};
use crate::model::Model;
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::slice_bytes;
use ninefold_core::progress::Progress;
use ninefold_core::subnormals::FlushSubnormals;
use ninefold_data::{InputFormat, Strip, class_number};
use ninefold_kernels::simd::InstructionSet;
use ninefold_linear::baseline::{Input, TrainedBaseline};
use ninefold_metrics::decision::{Decision, Thresholds};
use ninefold_metrics::{Rule, Vote, calibration, most_probable, tempered};
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{Classifier, NeuralClassifier, Reading, predict_logits};
use ninefold_text::char_ngrams::CharNgrams;
use ninefold_text::tokenize::Tokenizer;
use ninefold_text::vocab::Vocab;
use ninefold_vectors::oov::OovVectors;

/// Texts that go through the network together.
const BATCH_SIZE: usize = 64;

/// A saved model at work.
#[derive(Debug)]
pub struct Predictor {
    decision: Option<Decision>,
    thresholds: Option<Thresholds>,
    labels: Vec<String>,
    name: String,
    parameter_count: usize,
    protocols: Vec<String>,
    inputs: Vec<InputFormat>,
    readers: Vec<Reader>,
    node: Node,
}

/// A model whose readers stand apart.
#[derive(Debug)]
enum Node {
    Network(Box<Network>),
    Linear { model: Box<dyn TrainedBaseline>, reader: Option<usize>, temperature: f64 },
    Vote { rule: Rule, members: Vec<(Node, f64)>, temperature: f64 },
}

/// A network whose weights several threads share.
#[derive(Debug)]
struct Network {
    config: BundleConfig,
    model: NeuralClassifier,
    reader: usize,
    /// Forks of `model` that nobody uses at the moment: as many as ever predicted at the same time.
    idle: Mutex<Vec<NeuralClassifier>>,
}

/// Makes ids of texts. Models that read alike share one.
#[derive(Debug)]
struct Reader {
    strip: Strip,
    division: Division,
    vocab: Vocab,
    outside: Option<OovVectors>,
}

/// How a text is divided into what has ids.
#[derive(Debug)]
enum Division {
    Tokens(Tokenizer),
    CharNgrams(CharNgrams),
}

impl Division {
    fn is_same(&self, other: &Division) -> bool {
        match (self, other) {
            (Division::Tokens(one), Division::Tokens(other)) => one.config() == other.config(),
            (Division::CharNgrams(one), Division::CharNgrams(other)) => one == other,
            _ => false,
        }
    }
}

/// Texts as a reader gives them.
#[derive(Debug)]
struct Read {
    ids: Vec<Vec<u32>>,
    outside: Arc<[f32]>, // [words, dim] vectors of words outside of the vocabulary
}

/// The texts of one call; each reader reads them once, when the first model asks.
struct Call<'a> {
    texts: &'a [&'a str],
    readers: &'a [Reader],
    /// Whether the texts were stripped already.
    are_stripped: bool,
    read: Vec<OnceCell<Read>>, // [readers]
    num_classes: usize,
    progress: &'a dyn Progress,
}

/// What a model says about one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The answer, as an index into [`Predictor::labels`]: the most probable label, unless the model weighs costs.
    pub label: u32,
    /// The probability of each label. `[num_classes]`
    pub probabilities: Vec<f32>,
}

impl Prediction {
    /// The probability of the answer.
    pub fn probability(&self) -> f32 {
        self.probabilities[self.label as usize]
    }

    /// The answer and the most probable other labels, `n` together, ties by label.
    pub fn top(&self, n: usize) -> Vec<(u32, f32)> {
        let mut order: Vec<(u32, f32)> = (0..).zip(self.probabilities.iter().copied()).collect();
        let is_other = |label: u32| label != self.label;
        order.sort_by(|a, b| is_other(a.0).cmp(&is_other(b.0)).then(b.1.total_cmp(&a.1)));
        order.truncate(n);
        order
    }
}

impl Predictor {
    /// Loads a saved model of any kind.
    ///
    /// # Errors
    /// As [`Model::load`].
    ///
    /// # Examples
    /// ```no_run
    /// use ninefold_core::progress::Silent;
    /// use ninefold_models::Predictor;
    ///
    /// let predictor = Predictor::load("RUN/best")?;
    /// for prediction in predictor.predict(&["a text"], &Silent)? {
    ///     println!("{} {:.3}", predictor.labels()[prediction.label as usize], prediction.probability());
    /// }
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn load(folder: impl AsRef<Path>) -> Result<Predictor> {
        Predictor::new(Model::load(folder.as_ref())?)
    }

    /// As [`Predictor::load`]. An ensemble takes its members from where `member_paths` allows.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_with(folder: impl AsRef<Path>, member_paths: MemberPaths) -> Result<Predictor> {
        Predictor::new(Model::load_with(folder.as_ref(), member_paths)?)
    }

    /// Builds a predictor from a loaded model.
    ///
    /// # Errors
    /// Those of the tokenizer; [`Error::InvalidValue`] when `NINEFOLD_SIMD` names no instruction set of this processor.
    pub fn new(model: Model) -> Result<Predictor> {
        InstructionSet::requested()?;
        let (labels, name, parameter_count) = (model.labels().to_vec(), model.name(), model.parameter_count());
        let protocols = model.trainings().into_iter().map(|training| training.protocol.clone()).collect();
        let mut inputs: Vec<InputFormat> = Vec::new();
        for leaf in model.leaves() {
            inputs.extend(leaf.input().filter(|input| !inputs.contains(input)).cloned());
        }
        let decision = model.decision().cloned();
        if decision.as_ref().is_some_and(|decision| !decision.is_about(labels.len())) {
            let expected = format!("costs and weights of {} classes, 0 or more", labels.len());
            return Err(Error::format("the model's decision", expected, "others"));
        }
        let mut readers = Vec::new();
        let node = Node::new(model, &mut readers)?;
        Ok(Predictor { decision, thresholds: None, labels, name, parameter_count, protocols, inputs, readers, node })
    }

    /// From now on a class is the answer where its probability is at least its threshold, and nowhere else ([`Thresholds`]); in place of
    /// what the model weighs. None change nothing.
    ///
    /// # Errors
    /// [`Error::Data`] for a class that the model lacks or that is there twice, and where no class is left without a threshold;
    /// [`Error::InvalidValue`] for one that is no probability above 0.
    pub fn with_thresholds(mut self, thresholds: &[(String, f64)]) -> Result<Predictor> {
        if thresholds.is_empty() {
            return Ok(self);
        }
        let mut at = vec![None; self.labels.len()];
        for (class, least) in thresholds {
            let place = class_number(&self.labels, class, "the model".into())?;
            if !(*least > 0.0 && *least <= 1.0) {
                return Err(Error::invalid_value(format!("the threshold of `{class}`"), "above 0, at most 1", least));
            }
            if at[place].replace(*least).is_some() {
                return Err(Error::data(format!("`{class}` has two thresholds: give it one")));
            }
        }
        let left_out = || {
            Error::data(
                "every class has a threshold: leave one without, which is the answer where no other reaches its own",
            )
        };
        self.thresholds = Some(Thresholds::new(at).ok_or_else(left_out)?);
        Ok(self)
    }

    /// How it makes answers of probabilities; `None`: the most probable label is the answer.
    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// Class names; a prediction's label points in here.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What each of its networks is made of.
    pub fn configs(&self) -> impl Iterator<Item = &BundleConfig> {
        let mut configs = Vec::new();
        self.node.configs(&mut configs);
        configs.into_iter()
    }

    /// On which data each of its networks and baselines was trained, as it is printed.
    pub fn protocols(&self) -> &[String] {
        &self.protocols
    }

    /// How the training files of its members were read, each way once: columns, encoding, what was stripped.
    pub fn inputs(&self) -> &[InputFormat] {
        &self.inputs
    }

    /// Its name: "word2vec + gru", "tfidf_svm"; of an ensemble what its members are.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Numbers in all of its networks and baselines.
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// Bytes of its parameters and vocabularies in memory, without the buffers of calls.
    pub fn memory_bytes(&self) -> usize {
        self.readers.iter().map(Reader::memory_bytes).sum::<usize>() + self.node.memory_bytes()
    }

    /// Sets of buffers that calls have left behind: at most one per network and thread that ever predicted at the same time.
    pub fn workspaces(&self) -> usize {
        self.node.workspaces()
    }

    /// What the model says about each text; the same whatever other texts go with it. What was stripped from the training texts is
    /// stripped from these.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `progress` says so.
    pub fn predict<T: AsRef<str>>(&self, texts: &[T], progress: &dyn Progress) -> Result<Vec<Prediction>> {
        self.predict_texts(texts, false, progress)
    }

    /// The same for the documents of a [`Corpus`](ninefold_data::Corpus), which are stripped already.
    ///
    /// # Errors
    /// As [`predict`](Predictor::predict).
    pub fn predict_documents<T: AsRef<str>>(&self, texts: &[T], progress: &dyn Progress) -> Result<Vec<Prediction>> {
        self.predict_texts(texts, true, progress)
    }

    fn predict_texts<T: AsRef<str>>(
        &self,
        texts: &[T],
        are_stripped: bool,
        progress: &dyn Progress,
    ) -> Result<Vec<Prediction>> {
        let _flushing = FlushSubnormals::enter();
        let num_classes = self.labels.len();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let read = self.readers.iter().map(|_| OnceCell::new()).collect();
        let call = Call { texts: &texts, readers: &self.readers, are_stripped, read, num_classes, progress };
        let probabilities = self.node.probabilities(&call)?;
        let labels = match (&self.thresholds, &self.decision) {
            (Some(thresholds), _) => thresholds.answers(&probabilities),
            (None, Some(decision)) => decision.answers(&probabilities),
            (None, None) => most_probable(&probabilities, num_classes),
        };
        let rows = labels.into_iter().zip(probabilities.chunks_exact(num_classes));
        Ok(rows.map(|(label, row)| Prediction { label, probabilities: row.to_vec() }).collect())
    }
}

impl Node {
    fn new(model: Model, readers: &mut Vec<Reader>) -> Result<Node> {
        Ok(match model {
            Model::Network(bundle) => {
                let Bundle { config, vocab, model, outside, .. } = *bundle;
                let division = Division::Tokens(Tokenizer::new(&config.tokenizer)?);
                let reader = Reader::shared(readers, Reader { strip: config.input.strip, division, vocab, outside });
                let model = model.without_gradients();
                Node::Network(Box::new(Network { config, model, reader, idle: Mutex::default() }))
            }
            Model::Linear(bundle) => {
                let LinearBundle { config, vocab, model, .. } = *bundle;
                let division = match (config.baseline.input(), config.char_ngrams()?) {
                    (Input::Nothing, _) => None,
                    (_, Some(ngrams)) => Some(Division::CharNgrams(ngrams)),
                    (_, None) => Some(Division::Tokens(Tokenizer::new(&config.tokenizer)?)),
                };
                let strip = config.input.strip;
                let reader =
                    division.map(|division| Reader::shared(readers, Reader { strip, division, vocab, outside: None }));
                Node::Linear { model, reader, temperature: config.temperature }
            }
            Model::Ensemble(ensemble) => {
                let config = ensemble.config;
                let mut members = Vec::new();
                for (model, member) in ensemble.members.into_iter().zip(config.members) {
                    members.push((Node::new(model, readers)?, member.weight));
                }
                Node::Vote { rule: config.rule, members, temperature: config.temperature }
            }
        })
    }

    /// -> `[texts, num_classes]`
    fn probabilities(&self, call: &Call) -> Result<Vec<f32>> {
        match self {
            Node::Network(network) => network.probabilities(call),
            Node::Linear { model, reader, temperature } => {
                if call.progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let nothing = vec![Vec::new(); if reader.is_none() { call.texts.len() } else { 0 }];
                let ids = reader.map_or(&nothing, |reader| &call.read(reader).ids);
                Ok(model.predict_proba(ids, call.num_classes, *temperature))
            }
            Node::Vote { rule, members, temperature } => {
                let mut vote = Vote::new(*rule, call.texts.len() * call.num_classes);
                for (member, weight) in members {
                    vote.add(&member.probabilities(call)?, *weight);
                }
                Ok(tempered(vote.probabilities(call.num_classes), call.num_classes, *temperature))
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Node::Network(network) => {
                let parameters = network.model.parameters().into_iter();
                parameters.map(|parameter| slice_bytes(&parameter.value) + slice_bytes(&parameter.gradient)).sum()
            }
            Node::Linear { model, .. } => model.memory_bytes(),
            Node::Vote { members, .. } => members.iter().map(|(member, _)| member.memory_bytes()).sum(),
        }
    }

    fn workspaces(&self) -> usize {
        match self {
            Node::Network(network) => network.idle.lock().unwrap_or_else(PoisonError::into_inner).len(),
            Node::Linear { .. } => 0,
            Node::Vote { members, .. } => members.iter().map(|(member, _)| member.workspaces()).sum(),
        }
    }

    fn configs<'a>(&'a self, configs: &mut Vec<&'a BundleConfig>) {
        match self {
            Node::Network(network) => configs.push(&network.config),
            Node::Linear { .. } => (),
            Node::Vote { members, .. } => members.iter().for_each(|(member, _)| member.configs(configs)),
        }
    }
}

impl Network {
    /// -> `[texts, num_classes]`
    fn probabilities(&self, call: &Call) -> Result<Vec<f32>> {
        let Read { ids, outside } = call.read(self.reader);
        let mut texts = Encoded::default();
        ids.iter().for_each(|ids| texts.push(ids, 0));
        let reading = self.config.reading;
        let reading = Reading { batch_size: BATCH_SIZE, max_len: reading.max_len, padding: reading.padding };
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut fork = waiting.unwrap_or_else(|| self.model.fork());
        fork.set_oov(Arc::clone(outside));
        let logits = predict_logits(&mut fork, &texts, reading, call.progress);
        fork.set_oov(Arc::default());
        idle().push(fork);
        let logits: Vec<f64> = logits?.into_iter().map(f64::from).collect();
        Ok(calibration::probabilities(&logits, self.model.num_classes(), self.config.temperature))
    }
}

impl Reader {
    /// The number of a reader that reads like this one: one that is there already, or this.
    fn shared(readers: &mut Vec<Reader>, reader: Reader) -> usize {
        let is_same = |other: &Reader| {
            other.strip == reader.strip
                && other.division.is_same(&reader.division)
                && other.vocab.tokens() == reader.vocab.tokens()
                && other.outside == reader.outside
        };
        readers.iter().position(is_same).unwrap_or_else(|| {
            readers.push(reader);
            readers.len() - 1
        })
    }

    fn memory_bytes(&self) -> usize {
        self.vocab.memory_bytes() + self.outside.as_ref().map_or(0, OovVectors::memory_bytes)
    }

    fn read(&self, texts: &[&str], are_stripped: bool) -> Read {
        if !are_stripped && self.strip != Strip::default() {
            let stripped: Vec<String> = texts.iter().map(|text| self.strip.apply(text)).collect();
            let stripped: Vec<&str> = stripped.iter().map(String::as_str).collect();
            return self.read(&stripped, true);
        }
        match (&self.division, &self.outside) {
            (Division::CharNgrams(ngrams), _) => {
                Read { ids: ngrams.encode(&self.vocab, texts), outside: Arc::default() }
            }
            (Division::Tokens(tokenizer), None) => {
                Read { ids: self.vocab.encode_texts(tokenizer, texts), outside: Arc::default() }
            }
            (Division::Tokens(tokenizer), Some(outside)) => {
                let read = outside.read(&self.vocab, tokenizer, texts);
                Read { ids: read.ids, outside: read.rows.into() }
            }
        }
    }
}

impl Call<'_> {
    fn read(&self, reader: usize) -> &Read {
        self.read[reader].get_or_init(|| self.readers[reader].read(self.texts, self.are_stripped))
    }
}
