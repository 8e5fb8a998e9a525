//! A corpus of texts that are in memory already.

use sha2::{Digest, Sha256};

use crate::config::CorpusConfig;
use crate::corpus::Corpus;
use crate::document::Labelled;
use crate::reading::{Parts, Reading};
use ninefold_core::error::{Error, Result};

/// A labelled text in memory: a pair of text and label, or, with the weight of the text in training, a triple.
///
/// # Examples
/// ```
/// use ninefold_data::{Corpus, CorpusConfig};
///
/// let texts: Vec<(String, &str, f64)> = (0..20)
///     .flat_map(|n| [(format!("a good film, number {n}"), "pos", 1.0), (format!("a bad film, number {n}"), "neg", 0.5)])
///     .collect();
/// let corpus = Corpus::for_training(&texts, None, &CorpusConfig::default())?;
/// assert_eq!(corpus.protocol.weights, "0.5 to 1");
/// # Ok::<(), ninefold_core::Error>(())
/// ```
pub trait Example {
    /// The text.
    fn text(&self) -> &str;

    /// The name of its class.
    fn label(&self) -> &str;

    /// How much it counts in training, beside its class.
    fn weight(&self) -> f64 {
        1.0
    }
}

impl<T: AsRef<str>, L: AsRef<str>> Example for (T, L) {
    fn text(&self) -> &str {
        self.0.as_ref()
    }

    fn label(&self) -> &str {
        self.1.as_ref()
    }
}

impl<T: AsRef<str>, L: AsRef<str>> Example for (T, L, f64) {
    fn text(&self) -> &str {
        self.0.as_ref()
    }

    fn label(&self) -> &str {
        self.1.as_ref()
    }

    fn weight(&self) -> f64 {
        self.2
    }
}

impl Corpus {
    /// A corpus of labelled texts, split and stripped as the config says; `test` is a given test part. What the config says about
    /// files does not matter here. Weights are honoured in training; scores do not depend on them. The protocol names the data by their checksum (`texts sha256:9f86d081884c`), a
    /// document's source is `train:17` or `test:3`, counted from 1.
    ///
    /// # Errors
    /// As [`load`](crate::load): [`Error::InvalidValue`] for settings without meaning,
    /// [`Error::Format`] when a given split is asked for and `test` is `None`, [`Error::Data`] for texts that cannot be learned from:
    /// also where a weight is not a number from 0 up, or the training texts of a class all have the weight 0.
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::{Corpus, CorpusConfig};
    ///
    /// let texts: Vec<(String, &str)> = (0..20)
    ///     .flat_map(|n| [(format!("a good film, number {n}"), "pos"), (format!("a bad film, number {n}"), "neg")])
    ///     .collect();
    /// let config = CorpusConfig { test_fraction: 0.25, ..CorpusConfig::default() };
    /// let corpus = Corpus::from_texts(&texts, None, &config)?;
    /// assert_eq!(corpus.labels, ["neg", "pos"]);
    /// assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (26, 4, 10));
    ///
    /// let unseen = [("the best film".to_string(), "pos"), ("the worst film".to_string(), "neg")];
    /// let corpus = Corpus::from_texts(&texts, Some(&unseen), &CorpusConfig::default())?;
    /// assert_eq!(corpus.test[0].text, "the best film");
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn from_texts<E: Example>(train: &[E], test: Option<&[E]>, config: &CorpusConfig) -> Result<Corpus> {
        let (corpus, parts, config) = begin(train, None, test, config)?;
        corpus.split(parts, &config)
    }

    /// As [`from_texts`](Corpus::from_texts), with a given validation part.
    ///
    /// # Errors
    /// As [`from_texts`](Corpus::from_texts).
    pub fn from_parts<E: Example>(
        train: &[E],
        validation: &[E],
        test: Option<&[E]>,
        config: &CorpusConfig,
    ) -> Result<Corpus> {
        let (corpus, parts, config) = begin(train, Some(validation), test, config)?;
        corpus.split(parts, &config)
    }

    /// A corpus without a test part: all texts are for training, save those of validation, which is given or cut from train as the
    /// config says. Models that are trained on it have no test scores.
    ///
    /// # Errors
    /// As [`from_texts`](Corpus::from_texts).
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::{Corpus, CorpusConfig};
    ///
    /// let texts: Vec<(String, &str)> = (0..20)
    ///     .flat_map(|n| [(format!("a good film, number {n}"), "pos"), (format!("a bad film, number {n}"), "neg")])
    ///     .collect();
    /// let corpus = Corpus::for_training(&texts, None, &CorpusConfig::default())?;
    /// assert_eq!((corpus.train.len(), corpus.validation.len(), corpus.test.len()), (36, 4, 0));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn for_training<E: Example>(train: &[E], validation: Option<&[E]>, config: &CorpusConfig) -> Result<Corpus> {
        let (corpus, parts, config) = begin(train, validation, None, config)?;
        corpus.train_only(parts, &config)
    }
}

/// A corpus without documents yet, the parts that it will have, and the config that names them by their checksum.
fn begin<E: Example>(
    train: &[E],
    validation: Option<&[E]>,
    test: Option<&[E]>,
    config: &CorpusConfig,
) -> Result<(Corpus, Parts, CorpusConfig)> {
    check_weights(train)?;
    let data = format!("texts sha256:{}", &checksum([Some(train), test, validation])[..12]);
    let config = CorpusConfig { data, test: String::new(), ..config.clone() };
    config.validate()?;
    let mut parts = Parts::given(reading(train, "train"), test.map(|test| reading(test, "test")));
    parts.validation = validation.map(|validation| reading(validation, "validation"));
    let corpus = Corpus::begin(&mut parts, config.data.clone(), config.strip()?, config.label_changes()?, &[]);
    Ok((corpus, parts, config))
}

fn reading<E: Example>(texts: &[E], part: &str) -> Reading {
    let labelled = |(index, example): (usize, &E)| Labelled {
        text: example.text().to_string(),
        label: example.label().to_string(),
        source: format!("{part}:{}", index + 1),
        group: String::new(),
        weight: example.weight(),
    };
    Reading { documents: texts.iter().enumerate().map(labelled).collect(), ..Reading::default() }
}

fn check_weights<E: Example>(texts: &[E]) -> Result<()> {
    let is_weight = |weight: f64| weight >= 0.0 && weight.is_finite();
    match texts.iter().position(|example| !is_weight(example.weight())) {
        Some(index) => {
            let (number, weight) = (index + 1, texts[index].weight());
            Err(Error::data(format!(
                "training text {number}: expected a weight that is a number from 0 up, found {weight}"
            )))
        }
        None => Ok(()),
    }
}

/// Of every text and label with its length, so that no two corpora have the same bytes, part by part; and of the weights, where one
/// is not 1.
fn checksum<E: Example>(parts: [Option<&[E]>; 3]) -> String {
    let mut hash = Sha256::new();
    for part in parts.into_iter().flatten() {
        hash.update((part.len() as u64).to_le_bytes());
        for field in part.iter().flat_map(|example| [example.text(), example.label()]) {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
    }
    let weights: Vec<f64> = parts.into_iter().flatten().flatten().map(Example::weight).collect();
    if weights.iter().any(|&weight| weight != 1.0) {
        weights.iter().for_each(|weight| hash.update(weight.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
