//! A corpus of texts that are in memory already.

use sha2::{Digest, Sha256};

use crate::config::CorpusConfig;
use crate::corpus::Corpus;
use crate::document::Labelled;
use crate::reading::{Parts, Reading};
use ninefold_core::error::Result;

impl Corpus {
    /// A corpus of pairs of text and label, split and stripped as the config says; `test` is a given test part. What the config
    /// says about files does not matter here. The protocol names the data by their checksum (`texts sha256:9f86d081884c`), a
    /// document's source is `train:17` or `test:3`, counted from 1.
    ///
    /// # Errors
    /// As [`load`](crate::load): [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for settings without meaning,
    /// [`Error::Format`](ninefold_core::Error::Format) when a given split is asked for and `test` is `None`,
    /// [`Error::Data`](ninefold_core::Error::Data) for texts that cannot be learned from.
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
    pub fn from_texts<T: AsRef<str>, L: AsRef<str>>(
        train: &[(T, L)],
        test: Option<&[(T, L)]>,
        config: &CorpusConfig,
    ) -> Result<Corpus> {
        let (corpus, parts, config) = begin(train, None, test, config)?;
        corpus.split(parts, &config)
    }

    /// As [`from_texts`](Corpus::from_texts), with a given validation part.
    ///
    /// # Errors
    /// As [`from_texts`](Corpus::from_texts).
    pub fn from_parts<T: AsRef<str>, L: AsRef<str>>(
        train: &[(T, L)],
        validation: &[(T, L)],
        test: Option<&[(T, L)]>,
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
    pub fn for_training<T: AsRef<str>, L: AsRef<str>>(
        train: &[(T, L)],
        validation: Option<&[(T, L)]>,
        config: &CorpusConfig,
    ) -> Result<Corpus> {
        let (corpus, parts, config) = begin(train, validation, None, config)?;
        corpus.train_only(parts, &config)
    }
}

/// A corpus without documents yet, the parts that it will have, and the config that names them by their checksum.
fn begin<T: AsRef<str>, L: AsRef<str>>(
    train: &[(T, L)],
    validation: Option<&[(T, L)]>,
    test: Option<&[(T, L)]>,
    config: &CorpusConfig,
) -> Result<(Corpus, Parts, CorpusConfig)> {
    let data = format!("texts sha256:{}", &checksum([Some(train), test, validation])[..12]);
    let config = CorpusConfig { data, test: String::new(), ..config.clone() };
    config.validate()?;
    let mut parts = Parts::given(reading(train, "train"), test.map(|test| reading(test, "test")));
    parts.validation = validation.map(|validation| reading(validation, "validation"));
    let corpus = Corpus::begin(&mut parts, config.data.clone(), config.strip()?, config.label_changes()?, &[]);
    Ok((corpus, parts, config))
}

fn reading<T: AsRef<str>, L: AsRef<str>>(texts: &[(T, L)], part: &str) -> Reading {
    let labelled = |(index, (text, label)): (usize, &(T, L))| Labelled {
        text: text.as_ref().to_string(),
        label: label.as_ref().to_string(),
        source: format!("{part}:{}", index + 1),
        group: String::new(),
    };
    Reading { documents: texts.iter().enumerate().map(labelled).collect(), ..Reading::default() }
}

/// Of every text and label with its length, so that no two corpora have the same bytes, part by part.
fn checksum<T: AsRef<str>, L: AsRef<str>>(parts: [Option<&[(T, L)]>; 3]) -> String {
    let mut hash = Sha256::new();
    for part in parts.into_iter().flatten() {
        hash.update((part.len() as u64).to_le_bytes());
        for field in part.iter().flat_map(|(text, label)| [text.as_ref(), label.as_ref()]) {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
