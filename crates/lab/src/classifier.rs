//! One model, trained and used from Rust in a few lines: the comparison of a single row.
//!
//! *takes* what to train and a [`Corpus`] -> *gives* a [`FittedClassifier`], which predicts, is evaluated and saved.

use std::fmt;
use std::path::{Path, PathBuf};

use ninefold_core::error::{Error, Result};
use ninefold_core::folders::Folders;
use ninefold_core::progress::Silent;
use ninefold_data::{Corpus, Document};
use ninefold_metrics::{Confusion, Scores};
use ninefold_models::bundle::{self, Placing};
use ninefold_models::predictor::{Prediction, Predictor};
use ninefold_nn::families::ModelKind;
use ninefold_nn::train::Epoch;
use ninefold_records::{Row, RowKind, RunRecords};
use ninefold_vectors::{WordVectors, formats};
use tempfile::TempDir;

use crate::run::run_corpus;
use crate::{Config, Diagnose, EmbeddingKind, EmbeddingSpec, KeepModels, PretrainedConfig, Session};

/// The name of the embedding that holds [`TextClassifier::vectors`].
const GIVEN: &str = "vectors";

/// A model that is to be trained: a network over word vectors, a baseline, or an ensemble of several.
///
/// Its settings are those of the config file, with the same defaults; [`set`](TextClassifier::set) takes any of them. A wrong
/// setting is reported by [`fit`](TextClassifier::fit).
///
/// # Examples
/// ```
/// use ninefold_data::{Corpus, CorpusConfig};
/// use ninefold_lab::TextClassifier;
///
/// let texts: Vec<(String, &str)> = (0..60)
///     .flat_map(|n| [(format!("a great and moving film {n}"), "pos"), (format!("a dull and empty film {n}"), "neg")])
///     .collect();
/// let corpus = Corpus::from_texts(&texts, None, &CorpusConfig::default())?;
///
/// let network = TextClassifier::gru().hidden_size(8).epochs(12).set("embedding.dim", 8).set("training.learning_rate", 0.02);
/// let model = network.fit(&corpus)?;
/// assert_eq!(model.predict("a dull film")?.label, 0);
/// assert_eq!(model.labels(), ["neg", "pos"]);
///
/// let baseline = TextClassifier::baseline("complement_nb").fit(&corpus)?;
/// assert_eq!(baseline.evaluate(&corpus.test)?.accuracy, 1.0);
/// # Ok::<(), ninefold_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextClassifier {
    config: Config,
    settings: Vec<(String, String)>,
    vectors: Option<WordVectors>,
    threads: usize,
}

impl TextClassifier {
    /// A network of that kind over Word2Vec vectors of the training texts.
    pub fn network(kind: ModelKind) -> TextClassifier {
        TextClassifier::of(Config { models: vec![kind], baselines: Vec::new(), ..Config::default() })
    }

    /// A vanilla recurrent network.
    pub fn rnn() -> TextClassifier {
        TextClassifier::network(ModelKind::Rnn)
    }

    /// A long short-term memory.
    pub fn lstm() -> TextClassifier {
        TextClassifier::network(ModelKind::Lstm)
    }

    /// A gated recurrent unit.
    pub fn gru() -> TextClassifier {
        TextClassifier::network(ModelKind::Gru)
    }

    /// A convolution over word vectors.
    pub fn cnn() -> TextClassifier {
        TextClassifier::network(ModelKind::Cnn)
    }

    /// Pooled word vectors with a linear layer.
    pub fn swem() -> TextClassifier {
        TextClassifier::network(ModelKind::Swem)
    }

    /// A baseline by its name: `complement_nb`, `tfidf_svm`, `tfidf_logistic`, `fasttext_supervised`, ...
    /// ([`BaselineKind::names`](crate::BaselineKind::names)).
    pub fn baseline(name: &str) -> TextClassifier {
        let none = Config { models: Vec::new(), baselines: Vec::new(), ..Config::default() };
        TextClassifier::of(none).set("baselines", format!("[{name:?}]"))
    }

    fn of(config: Config) -> TextClassifier {
        let embeddings = config.embeddings.into_iter().take(1).collect();
        TextClassifier::from_config(Config { embeddings, ensembles: Vec::new(), ..config })
    }

    /// What a config trains: one network or baseline, or the one ensemble of several, whose members are kept with it.
    pub fn from_config(config: Config) -> TextClassifier {
        let config = Config { keep_models: KeepModels::All, diagnose: Diagnose::None, ..config };
        TextClassifier { config, settings: Vec::new(), vectors: None, threads: 0 }
    }

    /// The embedding by its name: `word2vec`, `fasttext`, `glove`, or several side by side (`word2vec+glove`). It is trained on the
    /// training texts.
    #[must_use]
    pub fn embedding(self, name: &str) -> TextClassifier {
        TextClassifier { vectors: None, ..self.set("embeddings", format!("[{name:?}]")) }
    }

    /// Word vectors that were trained or loaded before.
    #[must_use]
    pub fn vectors(self, vectors: &WordVectors) -> TextClassifier {
        TextClassifier { vectors: Some(vectors.clone()), ..self }
    }

    /// Size of the hidden state of a recurrent network, per direction.
    #[must_use]
    pub fn hidden_size(self, hidden_size: usize) -> TextClassifier {
        self.set("model.hidden_size", hidden_size)
    }

    /// The most epochs of training; validation chooses the best of them.
    #[must_use]
    pub fn epochs(self, epochs: usize) -> TextClassifier {
        self.set("training.epochs", epochs)
    }

    /// Seed of word vectors, weights, dropout and shuffling.
    #[must_use]
    pub fn seed(self, seed: u64) -> TextClassifier {
        self.set("seed", seed)
    }

    /// Number of threads; 0, the default: as many as there are processors.
    #[must_use]
    pub fn threads(self, threads: usize) -> TextClassifier {
        TextClassifier { threads, ..self }
    }

    /// Any setting of the config file by its name: `set("training.learning_rate", 0.002)`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl ToString) -> TextClassifier {
        self.settings.push((key.to_owned(), value.to_string()));
        self
    }

    /// Trains on the corpus' training part; validation chooses epochs and other settings. Nothing is cached or downloaded.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a setting, otherwise as [`run`](crate::run).
    pub fn fit(&self, corpus: &Corpus) -> Result<FittedClassifier> {
        let folders = Folders::default();
        self.fit_in(corpus, &Session { threads: self.threads, progress: &Silent, folders: &folders })
    }

    /// The same in a [`Session`]: with its folders, its threads and its progress.
    ///
    /// # Errors
    /// As [`fit`](TextClassifier::fit); [`Error::Interrupted`] when the session's progress says so.
    pub fn fit_in(&self, corpus: &Corpus, session: &Session) -> Result<FittedClassifier> {
        let folder = tempfile::tempdir().map_err(Error::io("create a folder in", std::env::temp_dir()))?;
        let config = self.config_in(folder.path())?;
        let run = RunRecords::at(folder.path().join("run"));
        let leaderboard = run_corpus(corpus.clone(), &config, run.path(), session)?;
        let row = the_one(leaderboard.rows, !config.ensembles.is_empty())?;
        let history = if row.kind == RowKind::Pair { run.history(&row)? } else { Vec::new() };
        let model = run.folder(&row).join("model");
        let predictor = Predictor::load(&model)?;
        Ok(FittedClassifier { predictor, row, history, model, _folder: folder })
    }

    /// The settings; given vectors are written into `folder`, where the run reads them.
    fn config_in(&self, folder: &Path) -> Result<Config> {
        let mut config = self.config.clone();
        if let Some(vectors) = &self.vectors {
            let path = folder.join("vectors.safetensors");
            formats::save_cache(vectors, GIVEN, &path)?;
            let path = path.display().to_string();
            let kind = EmbeddingKind::Pretrained(PretrainedConfig { path, ..PretrainedConfig::default() });
            config.embedding.push(EmbeddingSpec::new(GIVEN, kind));
            config.embeddings = vec![GIVEN.parse().map_err(|_| Error::internal("the name of an embedding"))?];
        }
        for (key, value) in &self.settings {
            config.set(key, value)?;
        }
        Ok(config)
    }
}

/// The row of the classifier: the ensemble where one is wanted, else the only row.
fn the_one(rows: Vec<Row>, is_ensemble: bool) -> Result<Row> {
    if let Some(reason) = rows.iter().find_map(|row| row.error.clone()) {
        return Err(Error::data(reason));
    }
    let trained = rows.len();
    let mut rows = rows.into_iter().filter(|row| (row.kind == RowKind::Ensemble) == is_ensemble);
    match (rows.next(), rows.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err(Error::data("an ensemble needs two members or more: name several networks or baselines")),
        _ => Err(Error::invalid_value("seeds", "1: a classifier is one model", trained)),
    }
}

/// A trained model.
///
/// Its files are in a temporary folder until it is dropped; [`save`](FittedClassifier::save) keeps them.
#[derive(Debug)]
pub struct FittedClassifier {
    predictor: Predictor,
    row: Row,
    history: Vec<Epoch>,
    model: PathBuf,
    _folder: TempDir,
}

impl FittedClassifier {
    /// Class names; a prediction's label is an index into them.
    pub fn labels(&self) -> &[String] {
        self.predictor.labels()
    }

    /// The label of one text, with the probability of each.
    ///
    /// # Errors
    /// Those of the system ([`Error::Threads`]).
    pub fn predict(&self, text: &str) -> Result<Prediction> {
        self.predict_all(&[text])?.pop().ok_or_else(|| Error::internal("a text without a prediction"))
    }

    /// The label of each text, with the probability of each label. `[texts]`
    ///
    /// # Errors
    /// As [`predict`](FittedClassifier::predict).
    pub fn predict_all<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Prediction>> {
        self.predictor.predict(texts, &Silent)
    }

    /// The scores on labelled documents of the same corpus, such as its test part.
    ///
    /// # Errors
    /// As [`predict`](FittedClassifier::predict).
    pub fn evaluate(&self, documents: &[Document]) -> Result<Scores> {
        let predictions = self.predictor.predict_documents(documents, &Silent)?;
        let predicted: Vec<u32> = predictions.iter().map(|prediction| prediction.label).collect();
        let truth: Vec<u32> = documents.iter().map(|document| document.label).collect();
        let seen = truth.iter().map(|&label| label as usize + 1).max().unwrap_or(0);
        Ok(Confusion::of(seen.max(self.labels().len()), &truth, &predicted).scores())
    }

    /// What training found out: scores on train, validation and test, epochs, seconds, parameters.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// Losses and scores after each epoch of a network; none of a baseline or an ensemble.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// Writes the model into a folder, from where [`Predictor::load`] and `ninefold predict` read it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        bundle::copy(&self.model, folder.as_ref(), Placing::Copy)
    }

    /// The model alone, which can be shared between threads.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }
}

impl fmt::Display for FittedClassifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.row.pair())
    }
}
