//! Rows made of rows: the models of a run that is otherwise complete answer together, without any training.
//!
//! ```text
//! probabilities.safetensors of each model --> validation: who counts how much --> test: once --> a row, a saved model
//! ```
//!
//! *takes* finished rows -> *gives* records like theirs. What is chosen or fitted is so on validation; its validation score is
//! that of texts which had no say in it (five folds), for the score on the others would flatter it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use crate::run::finished;
use crate::run::parts::Parts;
use crate::run::scoring::{Answers, Scoring};
use crate::run::texts::Texts;
use crate::store::environment;
use crate::store::kept::{self, Part};
use crate::store::keys;
use crate::{Config, EnsembleKind, RunFolder};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_linear::logistic::Stop;
use ninefold_linear::{Targets, stacking};
use ninefold_metrics::{Rule, Vote, calibration, log_loss, log_scores, select, stratified_folds, tempered};
use ninefold_models::bundle::{EnsembleConfig, EnsembleMember, EnsembleSummary, FORMAT_VERSION, sha256};
use ninefold_records::{Member, PairRecord, Row, RowKind, Seconds, VectorCoverage};

/// Parts that validation is cut into: what is fitted on all but one is judged on that one.
const FOLDS: usize = 5;
/// What the regression's `c` is chosen from.
const C: [f64; 7] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0];
/// What its members say is calibrated already: more than this no ensemble can be off, and models that know nothing are not to
/// be made so unsure that rounding decides among their answers.
const TEMPER: f64 = 10.0;
const STOP: Stop = Stop { tolerance: 1e-6, max_iterations: 200 };

/// All that the ensembles of a run share.
pub(crate) struct Ensembles<'a> {
    pub(crate) config: &'a Config,
    pub(crate) texts: &'a Texts,
    pub(crate) folder: &'a RunFolder,
    /// The models to choose from, in the leaderboard's order.
    candidates: Vec<Candidate>,
}

/// A model that may answer together with others.
struct Candidate {
    row: Row,
    /// Of its record.
    key: String,
    validation: Vec<f32>, // [texts, num_classes]
}

/// Who answers together, and how.
struct Chosen<'c> {
    rule: Rule,
    members: Vec<&'c Candidate>,
    weights: Vec<f64>,    // [members]
    validation: Vec<f32>, // [texts, num_classes] as texts without a say in the weights would be answered
    temperature: f64,
    c: Option<f64>,
}

/// How much each candidate counts; those of the choice that count nothing included.
struct Fit {
    weights: Vec<f64>,    // [candidates]
    validation: Vec<f32>, // as in [`Chosen`]
    c: Option<f64>,
}

impl<'a> Ensembles<'a> {
    /// Reads what each finished model of the run said of the validation texts; says which one's answers were not kept.
    ///
    /// # Errors
    /// [`Error::Format`] for a damaged file.
    pub(crate) fn new(
        config: &'a Config,
        texts: &'a Texts,
        folder: &'a RunFolder,
        rows: &[Row],
        progress: &dyn Progress,
    ) -> Result<Ensembles<'a>> {
        let mut candidates = Vec::new();
        let (size, classes) = (texts.validation.len(), texts.corpus.labels.len());
        for row in rows.iter().filter(|row| row.kind != RowKind::Ensemble && row.is_scored()) {
            match kept::load(&folder.folder(row), Part::Validation, size, classes)? {
                Some(validation) => {
                    let key = folder.record(row)?.map_or_else(String::new, |record| record.key);
                    candidates.push(Candidate { row: row.clone(), key, validation });
                }
                None => progress.notice(&format!("{}: {} is missing: in no ensemble", row.pair(), kept::FILE)),
            }
        }
        Ok(Ensembles { config, texts, folder, candidates })
    }

    /// Makes an ensemble, or reads back the one that an earlier run made of the same models; `None` where there are not
    /// two models to make it of.
    ///
    /// # Errors
    /// Those of the disk; [`Error::Interrupted`] when `progress` says so.
    pub(crate) fn run(&self, kind: EnsembleKind, row: Row, progress: &dyn Progress) -> Result<Option<Row>> {
        let start = Instant::now();
        let members = self.members(kind, &row);
        if members.len() < 2 {
            return Ok(None);
        }
        let key = self.key(kind, &members)?;
        if let Some(row) = finished::finished(&row, &key, self.texts, self.folder, progress)? {
            return Ok(Some(row));
        }
        progress.begin(&row.pair(), "models", None);
        let made = self.make(kind, row, &members, &key, start, progress);
        progress.end();
        let record = made?;
        progress.notice(&record.row.summary());
        Ok(Some(record.row))
    }

    /// Who may take part.
    fn members(&self, kind: EnsembleKind, row: &Row) -> Vec<&Candidate> {
        let is_of_pair =
            |other: &Row| other.embedding == row.embedding && row.model == format!("{}_{}", other.model, kind.name());
        let takes_part = |candidate: &&Candidate| match kind {
            EnsembleKind::VoteSeeds => candidate.row.kind == RowKind::Pair && is_of_pair(&candidate.row),
            EnsembleKind::VoteNetworks => candidate.row.kind == RowKind::Pair,
            EnsembleKind::VoteSelected | EnsembleKind::Stacked => true,
        };
        self.candidates.iter().filter(takes_part).collect()
    }

    /// Of the texts, the kind, and the members with what they said.
    fn key(&self, kind: EnsembleKind, members: &[&Candidate]) -> Result<String> {
        let member = |candidate: &&Candidate| {
            let Candidate { row, key, validation } = candidate;
            json!({ "folder": row.folder, "key": key, "validation": sha256(bytemuck::cast_slice(validation)) })
        };
        keys::of(&json!({
            "texts": self.texts.fingerprint,
            "class_weights": self.texts.class_weights,
            "kind": kind,
            "members": members.iter().map(member).collect::<Vec<Value>>(),
            "seed": self.config.seed,
        }))
    }

    fn make(
        &self,
        kind: EnsembleKind,
        row: Row,
        members: &[&Candidate],
        key: &str,
        start: Instant,
        progress: &dyn Progress,
    ) -> Result<PairRecord> {
        let (labels, classes) = (&self.texts.corpus.labels, self.texts.corpus.labels.len());
        let chosen = self.choose(kind, members, progress)?;
        let choosing = start.elapsed().as_secs_f64();
        let row = cost(Row { members: chosen.named(), ..row }, &chosen.members);
        let mut record = PairRecord::unscored(key, row, VectorCoverage::default(), labels);
        record.chosen.extend(chosen.c.map(|c| ("c".to_string(), c)));
        let uncalibrated = self.answers(&chosen)?;
        let calibrated = |shares: &[f32]| tempered(shares.to_vec(), classes, chosen.temperature);
        let probabilities =
            Parts { train: Vec::new(), validation: calibrated(&chosen.validation), test: calibrated(&uncalibrated) };
        let scoring = Scoring { folder: self.folder, texts: self.texts, keeps_texts: self.config.keep_texts };
        let mut answers = Answers { probabilities, uncalibrated, temperature: chosen.temperature };
        scoring.take_out_of_fold(&record, &mut answers)?;
        scoring.keep(&record, &answers)?;
        let mut record = scoring.score_answers(record, &answers)?;
        record.row.seconds.train += choosing;
        record.row.seconds.evaluate += start.elapsed().as_secs_f64() - choosing;
        self.save(&record.row, &chosen, progress)?;
        scoring.finish(&record)?;
        Ok(record)
    }

    /// Who of the candidates answers, and how much each counts.
    fn choose<'c>(
        &self,
        kind: EnsembleKind,
        candidates: &[&'c Candidate],
        progress: &dyn Progress,
    ) -> Result<Chosen<'c>> {
        let (labels, classes) = (self.texts.validation.labels(), self.texts.corpus.labels.len());
        let Fit { weights, validation, c } = match kind {
            EnsembleKind::VoteSeeds | EnsembleKind::VoteNetworks => {
                let weights = even(candidates.len());
                let validation = self.validation(Rule::Mean, candidates, |_| &weights);
                Fit { weights, validation, c: None }
            }
            EnsembleKind::VoteSelected => self.select(candidates),
            EnsembleKind::Stacked => self.stack(candidates, progress)?,
        };
        let rule = if kind == EnsembleKind::Stacked { Rule::Product } else { Rule::Mean };
        let (members, weights): (Vec<&Candidate>, Vec<f64>) =
            candidates.iter().zip(weights).filter(|(_, weight)| *weight != 0.0).unzip();
        let temperature = match (rule, members.len()) {
            (Rule::Mean, 1) => 1.0, // it is calibrated already
            _ => calibration::temperature(&log_scores(&validation), classes, labels).clamp(1.0 / TEMPER, TEMPER),
        };
        Ok(Chosen { rule, members, weights, validation, temperature, c })
    }

    /// The vote that makes the log loss smallest; a validation text is answered by those who were chosen without its fold.
    fn select(&self, candidates: &[&Candidate]) -> Fit {
        let (labels, classes) = (self.texts.validation.labels(), self.texts.corpus.labels.len());
        let of_truth = |candidate: &&Candidate| -> Vec<f32> {
            let rows = candidate.validation.chunks_exact(classes).zip(labels);
            rows.map(|(row, &label)| row[label as usize]).collect()
        };
        let of_truth: Vec<Vec<f32>> = candidates.iter().map(of_truth).collect();
        let weights = |texts: &[usize]| -> Vec<f64> {
            let counts = select(&of_truth, texts);
            let total = counts.iter().sum::<usize>() as f64;
            counts.into_iter().map(|count| count as f64 / total).collect()
        };
        let (folds, all) = self.folds();
        let without: Vec<Vec<f64>> = (0..FOLDS).map(|fold| weights(&others(&folds, fold))).collect();
        let validation = self.validation(Rule::Mean, candidates, |text| &without[folds[text]]);
        Fit { weights: weights(&all), validation, c: None }
    }

    /// How far the regression trusts each, by the `c` that has the smallest log loss where every validation text is answered
    /// with weights that were fitted without its fold.
    fn stack(&self, candidates: &[&Candidate], progress: &dyn Progress) -> Result<Fit> {
        let (labels, class_weights) = (self.texts.validation.labels(), &self.texts.class_weights);
        let text_weights: Vec<f64> = self.texts.corpus.validation.iter().map(|document| document.weight).collect();
        let targets = Targets { labels, text_weights: Some(&text_weights), class_weights };
        let logs: Vec<Vec<f64>> = candidates.iter().map(|candidate| log_scores(&candidate.validation)).collect();
        let (folds, all) = self.folds();
        let texts: Vec<Vec<usize>> = (0..FOLDS).map(|fold| others(&folds, fold)).chain([all]).collect();
        let mut weights = vec![even(candidates.len()); FOLDS + 1]; // the last: of all texts
        let mut best: Option<(f64, Fit)> = None;
        for c in C {
            for (weights, texts) in weights.iter_mut().zip(&texts) {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                // From where the training with the last c ended.
                *weights = stacking::train(&logs, targets, texts, c, STOP, weights);
            }
            let validation = self.validation(Rule::Product, candidates, |text| &weights[folds[text]]);
            let loss = log_loss(&validation, class_weights.len(), labels);
            if best.as_ref().is_none_or(|(smallest, _)| loss < *smallest) {
                best = Some((loss, Fit { weights: weights[FOLDS].clone(), validation, c: Some(c) }));
            }
        }
        best.map(|(_, fit)| fit).ok_or_else(|| Error::data("nothing to stack"))
    }

    /// The fold of each validation text, and the numbers of all of them.
    fn folds(&self) -> (Vec<usize>, Vec<usize>) {
        let (labels, classes) = (self.texts.validation.labels(), self.texts.corpus.labels.len());
        (stratified_folds(labels, classes, FOLDS, self.config.seed), (0..labels.len()).collect())
    }

    /// What the candidates say of each validation text together, with the weights that are meant for it.
    fn validation<'w>(
        &self,
        rule: Rule,
        candidates: &[&Candidate],
        weights_of: impl Fn(usize) -> &'w Vec<f64>,
    ) -> Vec<f32> {
        let classes = self.texts.corpus.labels.len();
        let answer = |text: usize| {
            let mut vote = Vote::new(rule, classes);
            for (candidate, &weight) in candidates.iter().zip(weights_of(text)) {
                vote.add(&candidate.validation[text * classes..][..classes], weight);
            }
            vote.probabilities(classes)
        };
        (0..self.texts.validation.len()).flat_map(answer).collect()
    }

    /// What they say of the test texts together; read one after another.
    fn answers(&self, chosen: &Chosen) -> Result<Vec<f32>> {
        let (size, classes) = (self.texts.test.len(), self.texts.corpus.labels.len());
        let mut vote = Vote::new(chosen.rule, size * classes);
        for (candidate, &weight) in chosen.members.iter().zip(&chosen.weights) {
            let folder = self.folder.folder(&candidate.row);
            let kept = kept::load(&folder, Part::Test, size, classes)?;
            let missing = || Error::format(folder.join(kept::FILE).display(), "probabilities", "no such file");
            vote.add(&kept.ok_or_else(missing)?, weight);
        }
        Ok(vote.probabilities(classes))
    }

    /// Saves it as a model. The members stay where they are: the folder points to them. Nothing is saved where the model of a
    /// member is gone, which is said.
    fn save(&self, row: &Row, chosen: &Chosen, progress: &dyn Progress) -> Result<()> {
        let folder = self.folder.model(row);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?; // of other members, perhaps
        }
        let is_gone = |candidate: &&&Candidate| !self.folder.model(&candidate.row).is_dir();
        if let Some(gone) = chosen.members.iter().find(is_gone) {
            let (name, gone) = (row.pair(), gone.row.pair());
            progress.notice(&format!("{name}: its scores are kept, but no model of it, as that of {gone} is gone"));
            return Ok(());
        }
        fs::create_dir_all(&folder).map_err(Error::io("create the folder", &folder))?;
        let member = |(candidate, &weight): (&&Candidate, &f64)| {
            let path = format!("../../../{}/model", candidate.row.folder);
            EnsembleMember::of(&folder, path, candidate.row.pair(), weight)
        };
        let members = chosen.members.iter().zip(&chosen.weights).map(member).collect::<Result<_>>()?;
        let training = EnsembleSummary {
            protocol: self.texts.corpus.protocol.to_string(),
            validation: row.validation,
            test: row.test,
            note: String::new(),
        };
        let config = EnsembleConfig {
            format_version: FORMAT_VERSION,
            made_by: environment::program(),
            members,
            rule: chosen.rule,
            temperature: chosen.temperature,
            training,
            decision: None,
            sha256: BTreeMap::new(),
        };
        config.save(&folder, &self.texts.corpus.labels)
    }
}

impl Chosen<'_> {
    /// The members as the leaderboard has them.
    fn named(&self) -> Vec<Member> {
        let member = |(candidate, &weight): (&&Candidate, &f64)| {
            let Row { seed, ref folder, .. } = candidate.row;
            Member { name: candidate.row.pair(), seed, folder: folder.clone(), weight }
        };
        self.members.iter().zip(&self.weights).map(member).collect()
    }
}

/// All that its members took: word vectors once, however many read them.
fn cost(row: Row, members: &[&Candidate]) -> Row {
    let mut vectors: BTreeMap<&str, f64> = BTreeMap::new();
    let mut seconds = Seconds::default();
    for Candidate { row, .. } in members {
        vectors.insert(&row.embedding, row.seconds.embedding);
        seconds.train += row.seconds.train;
        seconds.evaluate += row.seconds.evaluate;
    }
    seconds.embedding = vectors.values().sum();
    Row { seconds, parameters: members.iter().map(|candidate| candidate.row.parameters).sum(), ..row }
}

fn even(count: usize) -> Vec<f64> {
    vec![1.0 / count as f64; count]
}

/// The texts of all folds but one.
fn others(folds: &[usize], fold: usize) -> Vec<usize> {
    (0..folds.len()).filter(|&text| folds[text] != fold).collect()
}
