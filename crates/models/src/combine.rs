//! Several saved models -> one ensemble that holds copies of them: what `ninefold ensemble` makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bundle::{
    EnsembleConfig, EnsembleMember, EnsembleSummary, FORMAT_VERSION, MemberPaths, Placing, is_ensemble, read_ensemble,
    same_labels,
};
use crate::model::Model;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::UnfinishedFolder;
use ninefold_metrics::Rule;

/// Makes an ensemble of saved models in `output`, their folders copied. `weights`: one per model, or none: all count the same.
///
/// A vote among them gives its members, which share its weight; a stacked ensemble stays whole. An ensemble given alone keeps its
/// rule, temperature and facts.
///
/// # Errors
/// [`Error::InvalidValue`] for weights that do not fit, [`Error::Data`] for a model that is given twice, for different labels, and
/// for an `output` that holds something already; otherwise as [`Model::load`].
pub fn combine_models(models: &[PathBuf], weights: &[f64], output: &Path, made_by: String) -> Result<EnsembleConfig> {
    let weights = checked(weights, models.len())?;
    let unfinished = UnfinishedFolder::begin(output, &key(models, &weights))?;
    let alone = match models {
        [only] if is_ensemble(only) => Some(read_ensemble(only, MemberPaths::Inside)?),
        _ => None,
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for (model, weight) in models.iter().zip(weights) {
        candidates.extend(candidates_of(model, weight, alone.is_some())?);
    }
    for (index, candidate) in candidates.iter().enumerate() {
        if let Some(first) = candidates[..index].iter().find(|first| first.member.sha256 == candidate.member.sha256) {
            let (one, other) = (first.folder.display(), candidate.folder.display());
            return Err(Error::data(format!(
                "{one} and {other} are the same model: give it once, with a larger weight"
            )));
        }
        same_labels((&candidates[0].folder, &candidates[0].labels), (&candidate.folder, &candidate.labels))?;
    }
    let labels = candidates.first().map(|candidate| candidate.labels.clone()).unwrap_or_default();
    let (folders, members) = candidates
        .into_iter()
        .map(|candidate| (candidate.folder, candidate.member))
        .unzip::<_, _, Vec<PathBuf>, Vec<_>>();
    let (rule, temperature, training) = match alone {
        Some(config) => (config.rule, config.temperature, config.training),
        None => (Rule::Mean, 1.0, EnsembleSummary::default()),
    };
    let sha256 = BTreeMap::new();
    let mut config = EnsembleConfig {
        format_version: FORMAT_VERSION,
        made_by,
        members,
        rule,
        temperature,
        training,
        decision: None,
        sha256,
    };
    let folder = unfinished.part(ENSEMBLE);
    config.place_members(&folders, &folder, Placing::Copy)?;
    config.save(&folder, &labels)?;
    unfinished.finish(ENSEMBLE)?;
    Ok(config)
}

/// The name under which an ensemble is made.
const ENSEMBLE: &str = "ensemble";

/// What the content of an ensemble depends on.
fn key(models: &[PathBuf], weights: &[f64]) -> String {
    format!("{models:?} {weights:?}")
}

/// A model on its way into an ensemble.
struct Candidate {
    folder: PathBuf,
    labels: Vec<String>,
    member: EnsembleMember,
}

/// The members of a saved model, sharing its weight; given `alone` they keep their own. A stacked ensemble beside others stays
/// whole.
fn candidates_of(model: &Path, weight: f64, alone: bool) -> Result<Vec<Candidate>> {
    let candidate = |folder: PathBuf, weight: f64| -> Result<Candidate> {
        let model = Model::load(&folder)?; // whole, or refused
        let member = EnsembleMember::of(&folder, ".".to_string(), model.name(), weight)?;
        Ok(Candidate { labels: model.labels().to_vec(), folder, member })
    };
    let config = is_ensemble(model).then(|| read_ensemble(model, MemberPaths::Inside)).transpose()?;
    let Some(config) = config.filter(|config| alone || config.rule.is_mean()) else {
        return Ok(vec![candidate(model.to_path_buf(), weight)?]);
    };
    let total: f64 = config.members.iter().map(|member| member.weight).sum();
    let weight_of = |own: f64| if alone { own } else { weight * own / total };
    config.members.iter().map(|member| candidate(model.join(&member.path), weight_of(member.weight))).collect()
}

/// One weight per model.
fn checked(weights: &[f64], models: usize) -> Result<Vec<f64>> {
    if models == 0 {
        return Err(Error::invalid_value("models", "at least one", 0));
    }
    if weights.is_empty() {
        return Ok(vec![1.0; models]);
    }
    if let Some(weight) = weights.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
        return Err(Error::invalid_value("weights", "numbers above 0", weight));
    }
    if weights.len() != models {
        return Err(Error::invalid_value("weights", format!("one per model, {models}"), weights.len()));
    }
    Ok(weights.to_vec())
}
