//! What a config trains, by names of any kind; and whether a setting has an effect on it.

use toml::{Table, Value};

use crate::config::model::{ModelConfig, move_to_sections};
use crate::{BaselineKind, Config, EnsembleKind};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::listed;
use ninefold_linear::baseline::Input;
use ninefold_nn::families::ModelKind;

/// The sections that only networks read.
const OF_NETWORKS: [&str; 3] = ["model", "training", "pretraining"];
/// The one setting of those that baselines read, too.
const CLASS_WEIGHT: &str = "training.class_weight";

impl Config {
    /// Every name that [`select`](Config::select) takes: networks, baselines, ensembles.
    pub fn model_names() -> Vec<&'static str> {
        let networks = ModelKind::ALL.iter().map(|kind| kind.name());
        let ensembles = EnsembleKind::ALL.iter().map(|kind| kind.name());
        networks.chain(BaselineKind::names().iter().copied()).chain(ensembles).collect()
    }

    /// Trains exactly these networks, baselines and ensembles.
    ///
    /// ```
    /// use ninefold_lab::Config;
    ///
    /// let mut config = Config::default();
    /// config.select(&["gru", "complement_nb", "stacked"])?;
    /// assert_eq!((config.models.len(), config.baselines.len(), config.ensembles.len()), (1, 1, 1));
    /// assert!(config.select(&["gruu"]).unwrap_err().to_string().contains("did you mean `gru`?"));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for another name, with the one that is most like it.
    pub fn select<T: AsRef<str>>(&mut self, names: &[T]) -> Result<()> {
        let (mut models, mut baselines, mut ensembles) = (Vec::new(), Vec::new(), Vec::new());
        for name in names.iter().map(AsRef::as_ref) {
            let network = ModelKind::ALL.into_iter().find(|kind| kind.name() == name);
            let ensemble = EnsembleKind::ALL.into_iter().find(|kind| kind.name() == name);
            match (network, BaselineKind::named(name), ensemble) {
                (Some(kind), ..) => models.push(kind),
                (_, Some(kind), _) => baselines.push(kind),
                (.., Some(kind)) => ensembles.push(kind),
                _ => return Err(Error::unknown_key(name, "model", &Config::model_names())),
            }
        }
        (self.models, self.baselines, self.ensembles) = (models, baselines, ensembles);
        Ok(())
    }

    /// Whether anything that is trained reads word vectors.
    pub fn reads_vectors(&self) -> bool {
        !self.models.is_empty() || self.baselines.iter().any(|kind| kind.input() == Input::Vectors)
    }

    /// Refuses a setting that no network and no baseline of this config depends on.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] with what it applies to.
    pub fn expect_effect(&self, key: &str) -> Result<()> {
        let (section, rest) = key.split_once('.').unwrap_or((key, ""));
        match section {
            "baseline" => self.expect_baseline_with(key, rest),
            "embedding" if !self.reads_vectors() => Err(Error::not_applicable(key, "models that read word vectors")),
            "model" if !self.models.is_empty() => self.expect_network_with(key, rest),
            _ if key.starts_with(CLASS_WEIGHT) => Ok(()),
            _ if OF_NETWORKS.contains(&section) && self.models.is_empty() => {
                Err(Error::not_applicable(key, format!("networks: {}", names(&ModelKind::ALL))))
            }
            _ => Ok(()),
        }
    }

    fn expect_network_with(&self, key: &str, rest: &str) -> Result<()> {
        let setting = in_its_section(rest);
        let applies = |kind: &ModelKind| ModelConfig::applies_to(&setting, *kind);
        if self.models.iter().any(applies) {
            return Ok(());
        }
        let others: Vec<ModelKind> = ModelKind::ALL.into_iter().filter(applies).collect();
        Err(Error::not_applicable(key, names(&others)))
    }

    fn expect_baseline_with(&self, key: &str, rest: &str) -> Result<()> {
        let applies = |kind: &BaselineKind| kind.settings().contains(&rest);
        let others: Vec<&str> = BaselineKind::all().filter(applies).map(|kind| kind.name()).collect();
        if others.is_empty() || self.baselines.iter().any(applies) {
            return Ok(()); // an unknown setting is refused by its name
        }
        Err(Error::not_applicable(key, listed(&others)))
    }
}

fn names(kinds: &[ModelKind]) -> String {
    listed(&kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>())
}

/// `hidden_size` -> `recurrent.hidden_size`.
fn in_its_section(setting: &str) -> String {
    let mut table = Table::from_iter([(setting.to_string(), Value::Integer(0))]);
    move_to_sections(&mut table);
    match table.iter().next() {
        Some((section, Value::Table(inner))) => {
            let key = inner.keys().next().map_or("", String::as_str);
            format!("{section}.{key}")
        }
        _ => setting.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refusal(models: &[&str], key: &str) -> Option<String> {
        let mut config = Config::default();
        config.select(models).unwrap();
        config.expect_effect(key).err().map(|error| error.to_string())
    }

    #[test]
    fn setting_without_effect_is_refused_with_what_it_applies_to() {
        let hidden = refusal(&["swem"], "model.hidden_size").unwrap();
        assert!(hidden.starts_with("model.hidden_size has no effect here: it applies only to rnn, lstm"), "{hidden}");
        assert!(refusal(&["complement_nb"], "training.epochs").unwrap().contains("it applies only to networks: rnn"));
        assert!(refusal(&["tfidf_svm"], "embedding.dim").unwrap().contains("models that read word vectors"));
        assert!(refusal(&["tfidf_svm"], "baseline.learning_rate").unwrap().contains("fasttext_supervised"));
    }

    #[test]
    fn setting_with_effect_is_accepted() {
        for (models, key) in [
            (&["gru"][..], "model.hidden_size"),
            (&["gru"], "model.recurrent.hidden_size"),
            (&["swem", "gru"], "model.hidden_size"),
            (&["swem"], "model.dropout"),
            (&["complement_nb"], "training.class_weight"),
            (&["complement_nb"], "tokenizer.lowercase"),
            (&["mean_logistic"], "embedding.dim"),
            (&["fasttext_supervised"], "baseline.learning_rate"),
        ] {
            assert_eq!(refusal(models, key), None, "{models:?} {key}");
        }
    }
}
