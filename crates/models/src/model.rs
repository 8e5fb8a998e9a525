//! Any saved model: a network, a baseline, or an ensemble of such.

use std::path::Path;

use crate::bundle::{
    Bundle, CONFIG, EnsembleConfig, EnsembleMember, Kind, LinearBundle, MemberPaths, TrainingSummary, kind,
    read_checked, read_ensemble, same_labels,
};
use ninefold_core::error::Result;
use ninefold_core::phrasing::{counted, listed};
use ninefold_data::InputFormat;
use ninefold_metrics::decision::Decision;
use ninefold_nn::model::Classifier;

/// A saved model, as its folder says which.
#[derive(Debug)]
pub enum Model {
    /// An embedding with a network.
    Network(Box<Bundle>),
    /// A classifier without a network.
    Linear(Box<LinearBundle>),
    /// Several models that answer together.
    Ensemble(Box<Ensemble>),
}

/// A saved ensemble with its members.
#[derive(Debug)]
pub struct Ensemble {
    /// What it is made of.
    pub config: EnsembleConfig,
    /// The members, in the config's order.
    pub members: Vec<Model>,
}

impl Ensemble {
    /// Reads a folder that [`EnsembleConfig::save`] wrote, and its members.
    ///
    /// # Errors
    /// Those of [`Model::load`]; [`Error::Checksum`](ninefold_core::Error::Checksum) when a member is another than it was,
    /// [`Error::Format`](ninefold_core::Error::Format) when the config was altered or a member lies outside of the ensemble's folder and
    /// its run ([`MemberPaths::Inside`]), [`Error::Data`](ninefold_core::Error::Data) when
    /// members have different labels.
    pub fn load(folder: &Path) -> Result<Ensemble> {
        Ensemble::load_with(folder, MemberPaths::Inside)
    }

    /// As [`Ensemble::load`], with members from where `member_paths` allows.
    ///
    /// # Errors
    /// As [`Ensemble::load`].
    pub fn load_with(folder: &Path, member_paths: MemberPaths) -> Result<Ensemble> {
        let config = read_ensemble(folder, member_paths)?;
        let mut members: Vec<Model> = Vec::new();
        for EnsembleMember { path, sha256, .. } in &config.members {
            let member_folder = folder.join(path);
            read_checked(&member_folder.join(CONFIG), Some(sha256))?;
            members.push(Model::load_with(&member_folder, member_paths)?);
            if let (Some(first), Some(last)) = (members.first(), members.last()) {
                let first_folder = folder.join(&config.members[0].path);
                same_labels((&first_folder, first.labels()), (&member_folder, last.labels()))?;
            }
        }
        Ok(Ensemble { config, members })
    }
}

impl Model {
    /// Reads the folder of any saved model.
    ///
    /// # Errors
    /// As [`Bundle::load`], [`LinearBundle::load`] and [`Ensemble::load`].
    pub fn load(folder: &Path) -> Result<Model> {
        Model::load_with(folder, MemberPaths::Inside)
    }

    /// As [`Model::load`]. An ensemble takes its members from where `member_paths` allows.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_with(folder: &Path, member_paths: MemberPaths) -> Result<Model> {
        Ok(match kind(folder) {
            Kind::Network => Model::Network(Box::new(Bundle::load(folder)?)),
            Kind::Linear => Model::Linear(Box::new(LinearBundle::load(folder)?)),
            Kind::Ensemble => Model::Ensemble(Box::new(Ensemble::load_with(folder, member_paths)?)),
        })
    }

    /// Class names by label id.
    pub fn labels(&self) -> &[String] {
        match self {
            Model::Network(bundle) => &bundle.labels,
            Model::Linear(bundle) => &bundle.labels,
            Model::Ensemble(ensemble) => ensemble.members.first().map_or(&[], Model::labels),
        }
    }

    /// Its name: "word2vec + gru", "tfidf_svm"; of an ensemble what its members are.
    pub fn name(&self) -> String {
        let leaves = self.leaves();
        let mut names: Vec<String> = Vec::new();
        for leaf in &leaves {
            let name = match leaf {
                Model::Network(bundle) => bundle.config.name(),
                Model::Linear(bundle) => bundle.config.name(),
                Model::Ensemble(_) => continue,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if leaves.len() == 1 {
            return names.concat();
        }
        let is_network = |leaf: &&Model| matches!(leaf, Model::Network(_));
        let what = if leaves.iter().all(is_network) { "network" } else { "model" };
        format!("ensemble of {} ({})", counted(leaves.len(), what), listed(&names))
    }

    /// Numbers in all of its networks and baselines.
    pub fn parameter_count(&self) -> usize {
        let count = |leaf: &&Model| match leaf {
            Model::Network(bundle) => bundle.model.parameter_count(),
            Model::Linear(bundle) => bundle.model.parameter_count(),
            Model::Ensemble(_) => 0,
        };
        self.leaves().iter().map(count).sum()
    }

    /// How each of its networks and baselines was trained.
    pub fn trainings(&self) -> Vec<&TrainingSummary> {
        match self {
            Model::Network(bundle) => vec![&bundle.config.training],
            Model::Linear(bundle) => vec![&bundle.config.training],
            Model::Ensemble(ensemble) => ensemble.members.iter().flat_map(Model::trainings).collect(),
        }
    }

    /// How the training files of a network or baseline were read; `None` for an ensemble, whose members have it.
    pub fn input(&self) -> Option<&InputFormat> {
        match self {
            Model::Network(bundle) => Some(&bundle.config.input),
            Model::Linear(bundle) => Some(&bundle.config.input),
            Model::Ensemble(_) => None,
        }
    }

    /// How it makes answers of probabilities; `None`: the most probable label is the answer. Those of an ensemble's members do not
    /// count.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Model::Network(bundle) => bundle.config.decision.as_ref(),
            Model::Linear(bundle) => bundle.config.decision.as_ref(),
            Model::Ensemble(ensemble) => ensemble.config.decision.as_ref(),
        }
    }

    /// The networks and baselines in it: itself, unless it is an ensemble.
    pub fn leaves(&self) -> Vec<&Model> {
        match self {
            Model::Ensemble(ensemble) => ensemble.members.iter().flat_map(Model::leaves).collect(),
            leaf => vec![leaf],
        }
    }
}
