//! `[model]`: what networks of all families share, and a section for each family.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use toml::{Table, Value};

use ninefold_core::error::{Error, Result};
use ninefold_nn::families::{EncoderConfig, Families, ModelKind, SECTIONS, SharedConfig, within};
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::NeuralConfig;

/// The networks of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelConfig {
    /// The settings that all networks share.
    #[serde(flatten)]
    pub shared: SharedConfig,
    /// The settings of each family, a section each.
    #[serde(flatten)]
    pub families: Families,
}

impl ModelConfig {
    /// One network with the settings of its family.
    pub fn encoder(&self, kind: ModelKind) -> EncoderConfig {
        self.families.encoder(kind)
    }

    /// The classifier of one network for so many classes.
    pub fn classifier(&self, kind: ModelKind, num_classes: usize) -> NeuralConfig {
        let encoder = self.encoder(kind);
        let pooling = self.shared.pooling.unwrap_or_else(|| encoder.family().own_pooling());
        let shared = SharedConfig { pooling: Some(pooling), ..self.shared.clone() };
        NeuralConfig { encoder, shared, num_classes }
    }

    /// Refuses settings that have no meaning, or none for these networks over texts of at most `max_len` tokens.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self, kinds: &[ModelKind], max_len: usize) -> Result<()> {
        self.shared.check()?;
        self.families.check()?;
        let SharedConfig { pooling, segments, .. } = self.shared;
        if pooling == Some(Pooling::Segments) && segments > max_len {
            return Err(Error::invalid_value("segments", format!("at most training.max_len, {max_len}"), segments));
        }
        for &kind in kinds {
            let family = self.encoder(kind).family();
            if let Some(pooling) = pooling.filter(|pooling| pooling.needs_last() && !family.has_last_state()) {
                let expected = format!("a pooling without the last state, which {} does not have", kind.name());
                return Err(Error::invalid_value("pooling", expected, format!("\"{}\"", pooling.name())));
            }
            if family.chunk_len() > 0 && pooling.unwrap_or(family.own_pooling()) == Pooling::Last {
                let expected = format!(
                    "a pooling over all tokens, such as \"mean_max_last\", as model.{}.chunk_len is set (\"last\" would read the \
                     first and the last chunk of a text alone)",
                    kind.section()
                );
                return Err(Error::invalid_value("pooling", expected, "last"));
            }
            within(kind.section(), family.check_length(max_len))?;
        }
        Ok(())
    }

    /// Whether a setting of `[model]` has an effect on a network: `dropout`, `recurrent.hidden_size`.
    pub(crate) fn applies_to(key: &str, kind: ModelKind) -> bool {
        match key.split_once('.') {
            Some((section, _)) => section == kind.section(),
            None => !kind.family().unused().contains(&key),
        }
    }
}

/// The families whose settings stood in `[model]` itself before each family had its section.
const ONCE_FLAT: [&str; 2] = ["recurrent", "cnn"];

/// Moves settings that are written as `model.hidden_size` to where they belong, `model.recurrent.hidden_size`.
pub(crate) fn move_to_sections(model: &mut Table) {
    for section in SECTIONS.iter().filter(|section| ONCE_FLAT.contains(&section.name)) {
        for &key in section.keys.iter().filter(|key| **key != section.name) {
            let Some(value) = model.remove(key) else { continue };
            let own = model.entry(section.name).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(own) = own {
                own.entry(key).or_insert(value);
            }
        }
    }
}

/// Shared settings and sections of families in one map, each read as what it is, so that an unknown one is refused by name.
impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<ModelConfig, D::Error> {
        deserializer.deserialize_map(Sections)
    }
}

struct Sections;

impl<'de> Visitor<'de> for Sections {
    type Value = ModelConfig;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("the settings of networks")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<ModelConfig, A::Error> {
        let mut families = Families::default();
        let rest = WithoutSections { map, families: &mut families };
        let shared = SharedConfig::deserialize(MapAccessDeserializer::new(rest))?;
        Ok(ModelConfig { shared, families })
    }
}

/// A map whose sections of families are read on the way.
struct WithoutSections<'a, A> {
    map: A,
    families: &'a mut Families,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutSections<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> std::result::Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if !self.families.read(&key, &mut self.map)? {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> std::result::Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
