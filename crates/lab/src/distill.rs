//! A small network learns what a large model, or several together, would say.
//!
//! ```text
//! teacher --> its probabilities of each training text --> at temperature T --> a network trained on them and on the labels
//! ```
//!
//! *takes* a saved model and a config with one embedding and one network -> *gives* a saved model like any other, and a
//! [`Distilled`] that sets teacher, student and, if wanted, the same network without a teacher side by side.
//!
//! # Source
//! Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network" (2015).

use std::path::Path;
use std::time::{Duration, Instant};

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::run::parts::Parts;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::run::{pair, pretraining};
use crate::store::keys;
use crate::{Config, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::UnfinishedFolder;
use ninefold_core::progress::Progress;
use ninefold_data::Document;
use ninefold_metrics::paired::{discordant, holm, mcnemar};
use ninefold_metrics::{Confusion, calibration, log_scores, most_probable};
use ninefold_models::bundle::{self, TrainingSummary, same_labels};
use ninefold_models::predictor::Predictor;
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{Distillation, predict_logits};
use ninefold_nn::train::{Teacher, TrainData, fit};
use ninefold_records::{Comparison, Distilled, DistilledRow};

/// Weight of the teacher in the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct DistillConfig {
    /// Weight of the teacher's probabilities in the loss; the labels have the rest.
    pub share: f64,
    /// Temperature: the logits of teacher and student are divided by it before they are compared. A higher value gives more
    /// weight to the classes that the teacher did not choose.
    pub temperature: f64,
}

impl Default for DistillConfig {
    fn default() -> DistillConfig {
        DistillConfig { share: 0.5, temperature: 2.0 }
    }
}

impl DistillConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        if !(self.share > 0.0 && self.share <= 1.0) {
            return Err(Error::invalid_value("share", "a share above 0, at most 1", self.share));
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err(Error::invalid_value("temperature", "a number above 0", self.temperature));
        }
        Ok(())
    }
}

/// Trains one network on the labels and on what the model in `teacher` says, and saves it to `output`. `beside`: trains the
/// same network without the teacher, too.
///
/// # Errors
/// Those of the corpus, the vectors, the training and the disk; [`Error::InvalidValue`] unless the config has one embedding and one
/// network; [`Error::Threads`]; [`Error::Data`] when the teacher's labels are not the corpus's, or `output` holds something already.
pub fn distill(config: &Config, teacher: &Path, output: &Path, beside: bool, session: &Session) -> Result<Distilled> {
    session.install(|| distill_in(config, teacher, output, beside, session))
}

fn distill_in(config: &Config, teacher: &Path, output: &Path, beside: bool, session: &Session) -> Result<Distilled> {
    let progress = session.progress;
    config.validate()?;
    let config = &config.in_one_unit()?;
    let ([embedding], &[cell]) = (config.embeddings.as_slice(), config.models.as_slice()) else {
        return Err(Error::invalid_value("embeddings, models", "one of each", "more"));
    };
    let predictor = Predictor::load(teacher)?;
    let texts = Texts::load(config, session)?;
    same_labels((teacher, predictor.labels()), (Path::new(&config.corpus.data), &texts.corpus.labels))?;
    let unfinished = UnfinishedFolder::begin(output, &key(config, teacher, &texts)?)?;
    let protocol = texts.corpus.protocol.to_string();
    if predictor.protocols().iter().any(|other| *other != protocol) {
        progress
            .notice("the teacher was trained on other texts or another split: it may have learned these validation or test texts");
    }
    let config = &texts.fit(config, progress);
    let vectors = Vectors::make(embedding, config, &texts, session)?;
    let work = Work { config, texts: &texts, vectors: &vectors, pair: (embedding.clone(), cell), progress };
    let name = predictor.name().to_string();
    let said = work.said(&predictor, &texts.corpus.train, "teacher, training texts")?;
    let targets = at_temperature(&said, texts.corpus.labels.len(), config.distill.temperature);
    let mut measured = vec![work.measured("teacher", teacher, predictor)?];
    measured.push(work.trained_and_measured("student", Some((&targets, name)), &unfinished)?);
    if beside {
        measured.push(work.trained_and_measured("without a teacher", None, &unfinished)?);
    }
    unfinished.finish("student")?;
    let comparisons = compared(texts.test.labels(), &measured);
    let rows = measured.into_iter().map(|(row, _)| row).collect();
    let confidence_level = config.statistics.level();
    Ok(Distilled { protocol: texts.corpus.protocol.clone(), rows, comparisons, confidence_level })
}

/// The key of what `distill` trains: its settings, its teacher and its texts.
fn key(config: &Config, teacher: &Path, texts: &Texts) -> Result<String> {
    let teacher = teacher.join("config.json"); // holds the checksums of the other files
    let teacher = std::fs::read(&teacher).map_err(Error::io("read", &teacher))?;
    keys::of(&(config.settled(), &config.distill, teacher, &texts.fingerprint))
}

/// A model and its answers to the test texts.
type Measured = (DistilledRow, Vec<u32>);

/// The second, which is the student, with each of the others.
fn compared(truth: &[u32], measured: &[Measured]) -> Vec<Comparison> {
    let (student, answers) = &measured[1];
    let others: Vec<&Measured> = measured.iter().filter(|(row, _)| row.role != student.role).collect();
    let p = |(_, other): &&Measured| {
        let (only_pupil, only_other) = discordant(truth, answers, other);
        mcnemar(only_pupil, only_other)
    };
    let p: Vec<f64> = others.iter().map(p).collect();
    let comparison = |(((other, _), &p), p_corrected): ((&&Measured, &f64), f64)| Comparison {
        a: student.role.clone(),
        b: other.role.clone(),
        difference: student.test.accuracy - other.test.accuracy,
        p,
        p_corrected,
        test: "mcnemar".to_string(),
    };
    others.iter().zip(&p).zip(holm(&p)).map(comparison).collect()
}

/// Probabilities as their logits would give them at a temperature: q ∝ p^(1/T).
///
/// # Shapes
/// `probabilities` `[texts, num_classes]` -> the same
fn at_temperature(probabilities: &[f32], num_classes: usize, temperature: f64) -> Vec<f32> {
    calibration::probabilities(&log_scores(probabilities), num_classes, temperature)
}

/// Number of labels of a part: the outputs of a model, and those that only test texts have.
fn num_labels(part: &Encoded, num_outputs: usize) -> usize {
    part.labels().iter().map(|&label| label as usize + 1).max().unwrap_or(0).max(num_outputs)
}

/// All that the trainings share.
struct Work<'a> {
    config: &'a Config,
    texts: &'a Texts,
    vectors: &'a Vectors,
    pair: crate::config::Pair,
    progress: &'a dyn Progress,
}

/// Texts that are labelled between two looks at Ctrl-C.
const BATCH: usize = 512;
/// How long a model labels texts, at least, before its speed is known.
const TIMED: Duration = Duration::from_millis(500);

impl Work<'_> {
    /// The probabilities that a model gives some texts. `[texts, num_classes]`
    fn said(&self, predictor: &Predictor, documents: &[Document], task: &str) -> Result<Vec<f32>> {
        self.progress.begin(task, "texts", Some(documents.len() as u64));
        let mut said = Vec::with_capacity(documents.len() * predictor.labels().len());
        for documents in documents.chunks(BATCH) {
            for prediction in predictor.predict_documents(documents, self.progress)? {
                said.extend(prediction.probabilities);
            }
            self.progress.advance(documents.len() as u64);
        }
        self.progress.end();
        Ok(said)
    }

    /// The network with or without a teacher: trained now, or by an earlier process that was interrupted later.
    fn trained_and_measured(
        &self,
        role: &str,
        teacher: Option<(&[f32], String)>,
        unfinished: &UnfinishedFolder,
    ) -> Result<Measured> {
        let folder = unfinished.part(role);
        let predictor = match Predictor::load(&folder) {
            Ok(trained) => {
                self.progress.notice(&format!("{role}: trained earlier"));
                trained
            }
            Err(_) => {
                self.train(role, teacher, &folder)?;
                Predictor::load(&folder)?
            }
        };
        self.measured(role, &folder, predictor)
    }

    /// Trains the network, with or without a teacher, and saves it.
    fn train(&self, role: &str, teacher: Option<(&[f32], String)>, folder: &Path) -> Result<()> {
        let (config, texts, classes) = (self.config, self.texts, self.texts.corpus.labels.len());
        let mut model = pair::untrained(config, texts, self.vectors, self.pair.1, config.seed);
        let distillation =
            Distillation { share: config.distill.share as f32, temperature: config.distill.temperature as f32 };
        let listened_to = teacher.as_ref().map(|&(targets, _)| Teacher { targets, distillation });
        let data = TrainData { teacher: listened_to, ..self.vectors.train_data(texts, config.seed) };
        let (kind, vectors) = (self.pair.1, self.vectors);
        let epochs = texts.epochs(&config.training) + pretraining::epochs(config, kind);
        self.progress.begin(role, "texts", Some((epochs * texts.train.len()) as u64));
        pretraining::prepare(&mut model, kind, config, texts, vectors, config.seed, self.progress)?;
        let trained = fit(&mut model, data, &config.training, None, self.progress, &mut |_| Ok(()));
        self.progress.end();
        let trained = trained?;
        let mut logits = |part: &Encoded| -> Result<Vec<f64>> {
            let logits = predict_logits(&mut model, part, config.training.reading(), self.progress)?;
            Ok(logits.into_iter().map(f64::from).collect())
        };
        let Parts { validation, test, .. } = vectors.parts(texts);
        let (validation, test) = (logits(validation)?, logits(test)?);
        let scores = |scores: &[f64], part: &Encoded| {
            Confusion::of(num_labels(part, classes), part.labels(), &most_probable(scores, classes)).scores()
        };
        let training = TrainingSummary {
            protocol: texts.corpus.protocol.to_string(),
            seed: config.seed,
            epochs: trained.history.len(),
            best_epoch: trained.best_epoch,
            validation: Some(scores(&validation, &texts.validation)),
            test: Some(scores(&test, &texts.test)),
            teacher: teacher.map(|(_, name)| name),
        };
        let temperature = calibration::temperature(&validation, classes, texts.validation.labels());
        pair::bundle(config, texts, self.vectors, &self.pair.0, temperature, training, model).save(folder)
    }

    /// Scores and speed of a saved model.
    fn measured(&self, role: &str, folder: &Path, predictor: Predictor) -> Result<Measured> {
        let (corpus, classes) = (&self.texts.corpus, self.texts.corpus.labels.len());
        let scores =
            |answers: &[u32], part: &Encoded| Confusion::of(num_labels(part, classes), part.labels(), answers).scores();
        let validation = self.said(&predictor, &corpus.validation, &format!("{role}, validation texts"))?;
        let begin = Instant::now();
        let (mut test, mut fastest) = (Vec::new(), f64::INFINITY);
        // A few hundred texts are labelled in a blink: again until it can be timed, and the fastest pass counts.
        while test.is_empty() || begin.elapsed() < TIMED {
            let start = Instant::now();
            test = self.said(&predictor, &corpus.test, &format!("{role}, test texts"))?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        let [validation, test] = [validation, test].map(|said| most_probable(&said, classes));
        self.texts.test_evaluations.register_answers(&test, role);
        let row = DistilledRow {
            role: role.to_string(),
            name: predictor.name().to_string(),
            parameters: predictor.parameter_count(),
            bytes: bundle::bytes(folder)?,
            texts_per_s: corpus.test.len() as f64 / fastest.max(1e-9),
            validation: scores(&validation, &self.texts.validation),
            test: scores(&test, &self.texts.test),
        };
        Ok((row, test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_teacher_at_a_temperature_is_the_power_of_its_probabilities() {
        let q = at_temperature(&[0.9, 0.1, 1.0, 0.0], 2, 2.0);
        let odds = 3.0; // (0.9 / 0.1) to the power of a half
        assert!((f64::from(q[0]) - odds / (1.0 + odds)).abs() < 1e-6, "{q:?}");
        assert!(q[3] > 0.0 && q[3] < 1e-4 && (q[2] + q[3] - 1.0).abs() < 1e-6, "{q:?}");
    }

    #[test]
    fn settings_without_meaning_are_named() {
        let refused = |share, temperature| DistillConfig { share, temperature }.validate().is_err();
        assert!(refused(0.0, 2.0) && refused(1.1, 2.0) && refused(f64::NAN, 2.0) && refused(0.5, 0.0));
        assert!(refused(0.5, f64::INFINITY) && !refused(1.0, 0.5) && DistillConfig::default().validate().is_ok());
    }
}
