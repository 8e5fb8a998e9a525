//! The differences of two configs, as steps that can be taken one at a time.
//!
//! Takes the config at the foot and the one at the top -> gives the [`Step`]s between them, in the order in which they are
//! taken, and the config after any choice of them. Settings that only make sense together are one step.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::Config;
use crate::config::{embedding_list, resolve, sections};
use ninefold_core::error::{Error, Result};
use ninefold_records::{Change, LadderStep};

/// The sections in which foot and top may differ beside `embedding`: everything but the texts and how models are judged.
const SECTIONS: [&str; 5] = ["tokenizer", "vocab", "model", "pretraining", "training"];

/// Settings that are one step together, in the order of the ladder: what is read, how it is read, how it is learned. A name
/// that ends with a dot stands for its whole section. Any other setting is a step of its own, after these.
const TOGETHER: [(&str, &[&str]); 17] = [
    ("tokens", &["tokenizer."]),
    ("vocabulary", &["vocab."]),
    ("length", &["training.max_len", "model.recurrent.chunk_len", "training.padding"]),
    ("vectors", &["embedding."]),
    ("pooling", &["model.pooling", "model.segments"]),
    ("learned vectors", &["model.freeze_embeddings", "training.frozen_epochs", "training.embedding_rate"]),
    ("sparse steps", &["training.sparse_embeddings"]),
    ("word dropout", &["model.word_dropout"]),
    (
        "size",
        &[
            "model.recurrent.hidden_size",
            "model.recurrent.num_layers",
            "model.recurrent.bidirectional",
            "model.cnn.filters",
            "model.cnn.filter_widths",
        ],
    ),
    ("dropout", &["model.dropout", "model.locked_dropout", "model.recurrent.recurrent_dropout"]),
    ("beginning", &["model.recurrent.recurrent_init", "model.recurrent.layer_norm"]),
    ("pretraining", &["pretraining."]),
    ("steps", &["training.batch_size", "training.max_grad_norm", "training.bucket_by_length"]),
    (
        "learning rate",
        &[
            "training.optimizer",
            "training.learning_rate",
            "training.schedule",
            "training.warmup",
            "training.weight_decay",
            "training.epochs",
            "training.patience",
        ],
    ),
    ("class weights", &["training.class_weight"]),
    ("label smoothing", &["training.label_smoothing"]),
    ("mean weights", &["training.average_decay"]),
];

/// One step: its name and what it sets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    name: String,
    changes: Vec<(String, Option<Value>, Option<Value>)>, // key, at the foot, at the top
}

/// The way from a foot to a top.
#[derive(Debug)]
pub(crate) struct Steps {
    foot: Table,
    steps: Vec<Step>,
}

impl Steps {
    /// The steps from `foot` to `top`; the texts, the pairs, the seeds and the statistics are those of the top.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when nothing differs.
    pub(crate) fn between(foot: &Config, top: &Config) -> Result<Steps> {
        let specs = embedding_list::changes(&foot.embedding, &top.embedding)?;
        let (below, above) = (resolve::to_table(foot)?, resolve::to_table(top)?);
        let mut foot = above.clone();
        let mut changes = Vec::new();
        for section in SECTIONS {
            let (Some(below), Some(above)) = (below.get(section), above.get(section)) else { continue };
            foot.insert(section.to_string(), below.clone());
            let [below, above] = [below, above].map(|value| {
                let mut settings = BTreeMap::new();
                collect(section, value, &mut settings);
                settings
            });
            let keys = above.keys().chain(below.keys().filter(|key| !above.contains_key(*key)));
            let differing = keys.filter(|key| below.get(*key) != above.get(*key));
            changes.extend(differing.map(|key| (key.clone(), below.get(key).cloned(), above.get(key).cloned())));
        }
        for embedding_list::Change { key, values: [below, above] } in specs {
            resolve::put(&mut foot, &key, below.clone())?;
            changes.push((key, below, above));
        }
        let mut steps = Vec::new();
        for (name, keys) in TOGETHER {
            let is_of =
                |key: &str| keys.iter().any(|of| if of.ends_with('.') { key.starts_with(of) } else { key == *of });
            let (own, rest) = changes.into_iter().partition(|(key, ..)| is_of(key));
            changes = rest;
            let changes: Vec<_> = own;
            if !changes.is_empty() {
                steps.push(Step { name: name.to_string(), changes });
            }
        }
        steps.extend(changes.into_iter().map(|change| Step {
            name: change.0.rsplit('.').next().unwrap_or(&change.0).replace('_', " "),
            changes: vec![change],
        }));
        if steps.is_empty() {
            let expected = "settings that differ from those at the foot (--from), for a step each";
            return Err(Error::invalid_value("ladder", expected, "the same settings at foot and top"));
        }
        Ok(Steps { foot, steps })
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The config in which the steps are taken that `is_taken` says.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when those do not go together without the others.
    pub(crate) fn config(&self, is_taken: impl Fn(usize) -> bool) -> Result<Config> {
        let mut table = self.foot.clone();
        for (_, step) in self.steps.iter().enumerate().filter(|(place, _)| is_taken(*place)) {
            for (key, _, value) in &step.changes {
                resolve::put(&mut table, key, value.clone())?;
            }
        }
        let config: Config = resolve::from_table(table)?;
        config.validate()?;
        Ok(config)
    }

    /// The steps as a record.
    pub(crate) fn described(&self) -> Vec<LadderStep> {
        let written = |value: &Option<Value>| match value {
            None => "none".to_string(),
            some => embedding_list::described(some.as_ref()),
        };
        let change = |(key, below, above): &(String, Option<Value>, Option<Value>)| Change {
            key: key.clone(),
            from: written(below),
            to: written(above),
        };
        let step = |step: &Step| LadderStep {
            name: step.name.clone(),
            changes: step.changes.iter().map(change).collect(),
            ..LadderStep::default()
        };
        self.steps.iter().map(step).collect()
    }
}

/// The settings of a section and of the sections in it, by their whole keys.
fn collect(path: &str, value: &Value, settings: &mut BTreeMap<String, Value>) {
    match value {
        Value::Table(keys) if sections::exists(path) => {
            keys.iter().for_each(|(key, value)| collect(&format!("{path}.{key}"), value, settings));
        }
        _ => drop(settings.insert(path.to_string(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_nn::layers::Pooling;

    fn ends() -> (Config, Config) {
        let foot = Config::default();
        let mut top = foot.clone();
        (top.model.shared.pooling, top.model.shared.segments, top.vocab.min_count) = (Some(Pooling::Segments), 3, 7);
        (top.model.shared.precision, top.seeds) = (ninefold_nn::layers::Precision::Bf16, 3);
        (foot, top)
    }

    #[test]
    fn settings_that_belong_together_are_one_step_and_any_other_is_one_of_its_own() {
        let (foot, top) = ends();
        let steps = Steps::between(&foot, &top).unwrap();
        let names: Vec<String> = steps.described().into_iter().map(|step| step.name).collect();
        assert_eq!(names, ["vocabulary", "pooling", "precision"]);
        let pooling = &steps.described()[1].changes;
        let said: Vec<[&str; 3]> = pooling.iter().map(|change| [&*change.key, &change.from, &change.to]).collect();
        assert_eq!(said, [["model.pooling", "mean_max", "segments"], ["model.segments", "4", "3"]]);
    }

    #[test]
    fn all_steps_lead_to_the_top_and_none_to_the_foot() {
        let (foot, top) = ends();
        let steps = Steps::between(&foot, &top).unwrap();
        assert_eq!(steps.config(|_| true).unwrap(), top);
        assert_eq!(steps.config(|_| false).unwrap(), Config { seeds: 3, ..foot.clone() });
        let one = steps.config(|place| place == 1).unwrap();
        assert_eq!((one.model.shared.pooling, one.vocab.min_count), (Some(Pooling::Segments), foot.vocab.min_count));
    }

    #[test]
    fn a_ladder_without_steps_is_refused() {
        let error = Steps::between(&Config::default(), &Config::default()).unwrap_err().to_string();
        assert!(error.ends_with("found the same settings at foot and top"), "{error}");
    }

    #[test]
    fn settings_that_stand_together_exist() {
        for key in TOGETHER.iter().flat_map(|(_, keys)| *keys) {
            let (section, name) = key.rsplit_once('.').unwrap();
            let known = sections::all().into_iter().find(|known| known.path == section);
            assert!(known.is_some_and(|known| name.is_empty() || known.keys.contains(&name)), "{key}");
        }
    }
}
