//! A corpus made ready for training: tokens counted, a vocabulary chosen on train, every part as ids.
//!
//! *takes* the settings -> *gives* [`Texts`], with how much of each part the vocabulary covers and a fingerprint that changes
//! with anything that training can see.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::run::folds::OutOfFold;
use crate::run::memory;
use crate::store::test_evaluations::TestEvaluations;
use crate::{Config, EmbeddingSpec, Refit, Session};
use ninefold_core::Auto;
use ninefold_core::error::Result;
use ninefold_core::phrasing::{counted, thousands};
use ninefold_core::progress::Progress;
use ninefold_data::{Corpus, Document};
use ninefold_embeddings::word2vec::MOST_EPOCHS;
use ninefold_metrics::MainScore;
use ninefold_models::bundle::sha256;
use ninefold_nn::batch::Encoded;
use ninefold_nn::train::{TrainConfig, TrainData};
use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
use ninefold_text::vocab::{Coverage, PartCoverage, TokenCounts, Vocab};

/// Texts as ids, with all that is needed to make the same ids of other texts.
pub(crate) struct Texts {
    pub(crate) corpus: Corpus,
    /// With the stop words written out, so that a saved model needs no other file.
    pub(crate) tokenizer: TokenizerConfig,
    pub(crate) vocab: Vocab,
    /// Also what word vectors are trained on.
    pub(crate) train: Encoded,
    pub(crate) validation: Encoded,
    pub(crate) test: Encoded,
    pub(crate) coverage: PartCoverage,
    /// Training texts of each class. `[num_classes]`
    pub(crate) class_sizes: Vec<usize>,
    /// How much they count. `[num_classes]`
    pub(crate) class_weights: Vec<f64>,
    /// How much each training text counts, its class included. `[texts]`
    pub(crate) text_weights: Vec<f64>,
    /// By which score epochs, settings and models are chosen.
    pub(crate) main_score: MainScore,
    /// Of what word vectors see: the vocabulary and the training texts.
    pub(crate) train_fingerprint: String,
    /// Of all parts with their labels: their texts as they were read, and as ids.
    pub(crate) fingerprint: String,
    /// Of the test part as it was read, whatever the settings make of it.
    pub(crate) test_evaluations: TestEvaluations,
    /// The answers of a cross-validation to the test texts, where there was one.
    pub(crate) out_of_fold: Option<Arc<OutOfFold>>,
    /// Whether the test part is a fold: then the answers of ensembles are kept, too.
    pub(crate) is_fold: bool,
    /// The same with nothing held out, where models are trained once more on all of it ([`Texts::prepare_refit`]).
    pub(crate) whole: Option<Box<Texts>>,
}

/// The fraction of unknown tokens from which on n-grams are worth reading.
const MANY_UNKNOWN: f64 = 0.2;

/// What the protocol says of validation texts that come to train in the end.
const REFIT: &str = "joined to train when every choice is made (refit)";
/// What it says where that is so for baselines only.
const REFIT_BASELINES: &str = "joined to train for the baselines when every choice is made (refit)";

impl Texts {
    /// Loads, splits, tokenises and encodes.
    ///
    /// # Errors
    /// As [`corpus::load`], [`Tokenizer::new`], [`Vocab::build`] and [`ClassWeight::weights`](ninefold_nn::class_weight::ClassWeight).
    pub(crate) fn load(config: &Config, session: &Session) -> Result<Texts> {
        let corpus = ninefold_data::load(&config.corpus, session.folders, session.progress)?;
        corpus.notices.iter().for_each(|notice| session.progress.notice(notice));
        Texts::of(corpus, config, session)
    }

    /// Makes ready what models are trained on once more, as `config.refit` wants it: train and validation together, with a
    /// vocabulary of their own. The protocol then says so.
    ///
    /// # Errors
    /// As [`Texts::load`].
    pub(crate) fn prepare_refit(&mut self, config: &Config, session: &Session) -> Result<()> {
        let said = match config.refit {
            Refit::Baselines if !config.baselines.is_empty() => REFIT_BASELINES,
            Refit::All => REFIT,
            Refit::None | Refit::Baselines => return Ok(()),
        };
        if self.validation.is_empty() {
            return Ok(());
        }
        let validation = &mut self.corpus.protocol.validation;
        *validation = format!("{validation}, {said}");
        let mut corpus = self.corpus.clone();
        corpus.train.append(&mut corpus.validation);
        session.progress.notice(&format!("train and validation together: {}", counted(corpus.train.len(), "text")));
        let mut whole = Texts::of(corpus, config, session)?;
        if config.refit == Refit::Baselines {
            // Baselines read the texts by a vocabulary of their own; the ids of networks would lie there for nothing.
            (whole.train, whole.validation, whole.test) = Default::default();
        }
        self.whole = Some(Box::new(whole));
        Ok(())
    }

    /// A corpus that was loaded already; as [`Texts::load`]. One with too many classes for the memory is refused.
    pub(crate) fn of(corpus: Corpus, config: &Config, session: &Session) -> Result<Texts> {
        memory::check_answers(&corpus)?;
        let class_sizes = class_sizes(&corpus);
        let class_weights = config.training.class_weight.weights(&corpus.labels, &class_totals(&corpus))?;
        let weight = |document: &Document| class_weights[document.label as usize] * document.weight;
        let text_weights = corpus.train.iter().map(weight).collect();
        let main_score = config.statistics.rank_by.main_score(&class_sizes);
        let (settings, notice) = config.tokenizer.fitted(&texts_of(&corpus.train))?;
        notice.iter().for_each(|notice| session.progress.notice(notice));
        let tokenizer = Tokenizer::new(&settings)?;
        let [train, validation, test] = [&corpus.train, &corpus.validation, &corpus.test].map(|part| texts_of(part));
        let vocab = Vocab::build(&TokenCounts::of(&tokenizer, &train), &config.vocab)?;
        let coverage = |texts: &[&str]| Coverage::measure(&tokenizer, texts, |token| vocab.contains(token));
        let coverage =
            PartCoverage { train: coverage(&train), validation: coverage(&validation), test: coverage(&test) };
        session.progress.notice(&format!("vocabulary: {} tokens; {}", vocab.len(), coverage.unknown()));
        let train = encoded(&corpus.train, &vocab.encode_texts(&tokenizer, &train));
        let validation = encoded(&corpus.validation, &vocab.encode_texts(&tokenizer, &validation));
        let test = encoded(&corpus.test, &vocab.encode_texts(&tokenizer, &test));
        let train_fingerprint = fingerprint(vocab.tokens(), &[&train]);
        let as_ids = fingerprint(&corpus.all_labels(), &[&train, &validation, &test]);
        let fingerprint = sha256([as_read(&corpus), as_ids, train_fingerprint.clone()].concat().as_bytes());
        let test_evaluations = TestEvaluations::of(&corpus.test, &corpus.all_labels(), session.folders);
        let tokenizer = settings.self_contained()?;
        Ok(Texts {
            corpus,
            tokenizer,
            vocab,
            train,
            validation,
            test,
            coverage,
            class_sizes,
            class_weights,
            text_weights,
            main_score,
            train_fingerprint,
            fingerprint,
            test_evaluations,
            out_of_fold: None,
            is_fold: false,
            whole: None,
        })
    }

    /// The settings with what is chosen from these texts, where they say "auto".
    pub(crate) fn fit(&self, config: &Config, progress: &dyn Progress) -> Config {
        let training = config.training.fitted(&self.train, self.corpus.labels.len());
        if config.training.max_len.is_auto() && training.max_len() != config.training.max_len() {
            progress.notice(&format!(
                "networks read the first {} tokens of a text: 95 % of the training texts are no longer",
                training.max_len()
            ));
        }
        let unknown = self.coverage.validation.out_of_vocabulary();
        let embedding: Vec<EmbeddingSpec> =
            config.embedding.iter().map(|spec| spec.fitted(unknown > MANY_UNKNOWN, &self.vocab)).collect();
        let fitted = Config { training, embedding, ..config.clone() };
        let by_ngrams = |config: &Config| config.compared_specs().filter(|spec| spec.reads_subwords()).count();
        if by_ngrams(&fitted) > by_ngrams(config) {
            progress.notice(&format!(
                "{:.1} % of the validation tokens are unknown: fasttext reads them by their n-grams, other embeddings as <unk>",
                100.0 * unknown
            ));
        }
        if let Some(notice) = self.fewer_epochs(config, &fitted) {
            progress.notice(&notice);
        }
        fitted
    }

    /// What is said where word vectors are trained in fewer epochs than on a small text.
    fn fewer_epochs(&self, config: &Config, fitted: &Config) -> Option<String> {
        let mut both = config.compared_specs().zip(fitted.compared_specs());
        let (_, spec) = both.find(|(spec, _)| spec.kind.epochs() == Some(Auto::Auto))?;
        let epochs = spec.kind.epochs()?.or(MOST_EPOCHS);
        let tokens = thousands(self.train.tokens());
        (epochs < MOST_EPOCHS)
            .then(|| format!("train has {tokens} tokens: word vectors are trained in {}", counted(epochs, "epoch")))
    }

    /// The most epochs of a network on the training texts.
    pub(crate) fn epochs(&self, training: &TrainConfig) -> usize {
        training.epochs_for(self.train.len(), self.corpus.labels.len())
    }

    /// What a network is trained on.
    pub(crate) fn train_data(&self, seed: u64) -> TrainData<'_> {
        TrainData {
            train: &self.train,
            validation: &self.validation,
            choose_by: self.main_score,
            text_weights: &self.text_weights,
            teacher: None,
            seed,
        }
    }
}

/// Training texts of each class. `[num_classes]`
pub(crate) fn class_sizes(corpus: &Corpus) -> Vec<usize> {
    let mut sizes = vec![0; corpus.labels.len()];
    corpus.train.iter().for_each(|document| sizes[document.label as usize] += 1);
    sizes
}

/// The weights of each class's training texts together. `[num_classes]`
fn class_totals(corpus: &Corpus) -> Vec<f64> {
    let mut totals = vec![0.0; corpus.labels.len()];
    corpus.train.iter().for_each(|document| totals[document.label as usize] += document.weight);
    totals
}

/// Documents as their tokens' ids, with their labels.
pub(crate) fn encoded(documents: &[Document], ids: &[Vec<u32>]) -> Encoded {
    let mut encoded = Encoded::default();
    documents.iter().zip(ids).for_each(|(document, ids)| encoded.push(ids, document.label));
    encoded
}

pub(crate) fn texts_of(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.text.as_str()).collect()
}

/// Of what the parts hold, whatever the settings make of it. Weights are part of it where one is not 1.
pub(crate) fn as_read(corpus: &Corpus) -> String {
    let mut hash = Sha256::new();
    for part in [&corpus.train, &corpus.validation, &corpus.test] {
        hash.update((part.len() as u64).to_le_bytes());
        for Document { text, label, .. } in part {
            hash.update([u64::from(*label), text.len() as u64].map(u64::to_le_bytes).concat());
            hash.update(text);
        }
    }
    let weights = [&corpus.train, &corpus.validation].into_iter().flatten().map(|document| document.weight);
    if weights.clone().any(|weight| weight != 1.0) {
        weights.for_each(|weight| hash.update(weight.to_le_bytes()));
    }
    hex(hash)
}

fn fingerprint(names: &[String], parts: &[&Encoded]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
    }
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        for (index, label) in part.labels().iter().enumerate() {
            let ids = part.text(index);
            hash.update([*label, ids.len() as u32].map(u32::to_le_bytes).concat());
            hash.update(bytemuck::cast_slice(ids));
        }
    }
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
