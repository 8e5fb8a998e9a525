//! The sections of a config file, once: their settings and what is said about them.

use documented::DocumentedFields;

use crate::config::embedding_list::{self, SECTION};
use crate::{BaselineConfig, Config, DistillConfig, SearchConfig};
use ninefold_data::CorpusConfig;
use ninefold_data::sample::SampleConfig;
use ninefold_diagnose::DiagnosisConfig;
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::families::{SECTIONS, SharedConfig};
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::PretrainConfig;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::VocabConfig;

/// A section and its settings.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Its heading: "model.recurrent".
    pub(crate) path: String,
    /// What it is about.
    pub(crate) docs: &'static str,
    /// Its settings.
    pub(crate) keys: &'static [&'static str],
    /// What they do, in the same order.
    pub(crate) key_docs: &'static [&'static str],
}

/// All of them, in the order in which they are printed.
pub(crate) fn all() -> Vec<Section> {
    let before = [
        section::<CorpusConfig, Config>("", "corpus"),
        section::<SampleConfig, CorpusConfig>("corpus.", "sample"),
        section::<TokenizerConfig, Config>("", "tokenizer"),
        section::<VocabConfig, Config>("", "vocab"),
        embeddings(),
        section::<SharedConfig, Config>("", "model"),
    ];
    let families = SECTIONS.iter().map(|family| Section {
        path: format!("model.{}", family.name),
        docs: family.docs,
        keys: family.keys,
        key_docs: family.key_docs,
    });
    let after = [
        section::<PretrainConfig, Config>("", "pretraining"),
        section::<TrainConfig, Config>("", "training"),
        section::<BaselineConfig, Config>("", "baseline"),
        section::<StatisticsConfig, Config>("", "statistics"),
        section::<DiagnosisConfig, Config>("", "diagnosis"),
        section::<DistillConfig, Config>("", "distill"),
        section::<SearchConfig, Config>("", "search"),
    ];
    before.into_iter().chain(families).chain(after).collect()
}

/// The settings that can be set for all embeddings that have them. What is printed is a table for each instead.
fn embeddings() -> Section {
    let (keys, key_docs) = embedding_list::names_for_all();
    Section { path: SECTION.to_string(), docs: Config::get_field_docs(SECTION).unwrap_or_default(), keys, key_docs }
}

/// Whether a path such as "model.recurrent" is that of a section.
pub(crate) fn exists(path: &str) -> bool {
    all().iter().any(|section| section.path == path)
}

/// The section of the settings `T`, documented at a field of `P`.
fn section<T: DocumentedFields, P: DocumentedFields>(parent: &str, name: &str) -> Section {
    Section {
        path: format!("{parent}{name}"),
        docs: P::get_field_docs(name).unwrap_or_default(),
        keys: T::FIELD_NAMES,
        key_docs: T::FIELD_DOCS,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::resolve;
    use toml::{Table, Value};

    /// Paths of the tables of a config, `search.space` aside.
    fn tables(table: &Table, parent: &str, paths: &mut Vec<String>) {
        for (key, value) in table {
            if let Value::Table(inner) = value {
                paths.push(format!("{parent}{key}"));
                tables(inner, &format!("{parent}{key}."), paths);
            }
        }
    }

    #[test]
    fn every_table_of_a_config_is_a_section_with_its_settings() {
        let table = resolve::to_table(&Config::default()).unwrap();
        let mut expected = Vec::new();
        tables(&table, "", &mut expected);
        let of_tables = || all().into_iter().filter(|section| section.path != SECTION); // which is a list of tables
        let mut found: Vec<String> = of_tables().map(|section| section.path).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        for Section { path, docs, keys, key_docs } in of_tables() {
            assert!(!docs.is_empty() && key_docs.iter().all(|docs| !docs.is_empty()), "{path}");
            let of_section = path.split('.').try_fold(&table, |table, name| table[name].as_table()).unwrap();
            assert!(of_section.iter().all(|(key, value)| value.is_table() || keys.contains(&key.as_str())), "{path}");
        }
    }
}
