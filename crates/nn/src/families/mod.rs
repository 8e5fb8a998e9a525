//! The families of networks: each is a folder here and a line in [`families!`](self), and nothing else.
//!
//! A folder holds the family's settings (their documentation, defaults and checks), builds its [`Encoder`] and knows what saved
//! models, searches, model cards and schedules ask about it: the methods of [`Family`]. The registry at the end of this file
//! derives everything that names families from one list:
//!
//! ```text
//! ModelKind       their names                      what `models = [...]` holds
//! EncoderConfig   one network's settings           what a network is built from and a saved model keeps, `kind = "gru"`
//! Families        the settings of all families     the sections [model.recurrent], [model.cnn], ... of a comparison
//! SECTIONS        names and documentation          what `ninefold config` prints
//! ```

pub mod cnn;
pub mod recurrent;
mod shared;
pub mod swem;

use documented::{Documented, DocumentedFields};
use serde::de::MapAccess;
use serde::{Deserialize, Serialize};

pub use ninefold_kernels::recurrent::Axis;
pub use recurrent::CellKind;
pub use shared::SharedConfig;

use crate::layers::{Encoder, Pooling};
use ninefold_core::error::{Error, Result};
use ninefold_core::rng::Rng;
use recurrent::RecurrentFamily;

/// Names and shapes of tensors, one after the other: an altered file may ask for any number of them.
pub type Weights = Box<dyn Iterator<Item = (String, Vec<usize>)>>;

/// How PyTorch does what an encoder does.
#[derive(Clone, Debug, PartialEq)]
pub struct PyTorch {
    /// Names under which weights are saved, and the expressions that build their modules.
    pub modules: Vec<(&'static str, String)>,
    /// The line of Python from `x`, embedded tokens `[1, tokens, dim]`, to `h`, encoded ones.
    pub forward: String,
}

/// What there is to know about the networks of a family with these settings.
pub trait Family {
    /// Its name for people: "GRU".
    fn title(&self) -> &'static str;

    /// How it pools where nothing else is said.
    fn own_pooling(&self) -> Pooling;

    /// Whether the state of a text's last token has read all of it.
    fn has_last_state(&self) -> bool {
        false
    }

    /// Settings of [`SharedConfig`] without effect on it.
    fn unused(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a search tries where nothing else is said: lines of TOML for the family's section.
    fn search_space(&self) -> &'static str {
        ""
    }

    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Refuses settings that have no meaning for texts of at most `max_len` tokens.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    fn check_length(&self, _max_len: usize) -> Result<()> {
        Ok(())
    }

    /// The longest chunk into which texts are cut for it; 0: they stay whole.
    fn chunk_len(&self) -> usize {
        0
    }

    /// The recurrent network that it is: what a language model can begin for it.
    fn recurrent(&self) -> Option<RecurrentFamily> {
        None
    }

    /// The encoder over vectors of length `dim`, with random weights.
    fn encoder(&self, dim: usize, shared: &SharedConfig, rng: &mut Rng) -> Box<dyn Encoder>;

    /// The axis of the encoder's output, for vectors of length `dim`.
    fn output(&self, dim: usize) -> Axis;

    /// Names and shapes of the encoder's weights in saved models, in the order of its parameters.
    fn weights(&self, dim: usize) -> Weights;

    /// Operations of its matrix products per token, a multiply-add counted as two: forward, and in training with the gradients
    /// of weights, states and every layer's input but the first's.
    fn operations(&self, dim: usize, in_training: bool) -> f64;

    /// What it is, for the model card: "A bidirectional GRU of 1 layer(s) with 64 units per direction".
    fn summary(&self, pooling: Pooling) -> String;

    /// The same network in PyTorch.
    fn pytorch(&self, dim: usize) -> PyTorch;

    /// What [`pytorch`](Family::pytorch) leaves out, a paragraph each.
    fn left_out_of_pytorch(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A section of a config: its settings and their documentation.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name: "recurrent".
    pub name: &'static str,
    /// What it is about.
    pub docs: &'static str,
    /// Its settings.
    pub keys: &'static [&'static str],
    /// What they do, in the same order.
    pub key_docs: &'static [&'static str],
}

/// Refuses a size of 0, and one above `max`: a size beyond it is a slip of the pen, whose training would run out of memory.
pub(crate) fn size_within(key: &str, value: usize, max: usize) -> Result<()> {
    let refused = |expected: String| Err(Error::invalid_value(key, expected, value));
    match value {
        0 => refused("at least 1".to_string()),
        value if value > max => refused(format!("at most {max}")),
        _ => Ok(()),
    }
}

/// Checks a dropout rate.
fn fraction(key: &str, value: f64) -> Result<()> {
    if (0.0..1.0).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid_value(key, "a fraction from 0 to below 1", value))
    }
}

/// Derives from a list of families all that names them. A line is the section of the settings, their type, and the names of the
/// networks, each with the way from the settings to its [`Family`].
macro_rules! families {
    ($($section:ident: $settings:ty { $($(#[$docs:meta])* $kind:ident = $name:literal => $family:expr),+ })+) => {
        /// Which network.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ModelKind {
            $($($(#[$docs])* #[serde(rename = $name)] $kind),+),+
        }

        impl ModelKind {
            /// All of them.
            pub const ALL: [ModelKind; [$($($name),+),+].len()] = [$($(ModelKind::$kind),+),+];

            /// Its name in settings, folders and leaderboards.
            pub fn name(self) -> &'static str {
                match self {
                    $($(ModelKind::$kind => $name),+),+
                }
            }

            /// The section of its family's settings: "recurrent".
            pub fn section(self) -> &'static str {
                match self {
                    $($(ModelKind::$kind => stringify!($section)),+),+
                }
            }
        }

        /// One network with the settings of its family: TOML and JSON write them in one table, with the network's name as `kind`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum EncoderConfig {
            $($($(#[$docs])* #[serde(rename = $name)] $kind($settings)),+),+
        }

        impl EncoderConfig {
            /// Which network.
            pub fn kind(&self) -> ModelKind {
                match self {
                    $($(EncoderConfig::$kind(_) => ModelKind::$kind),+),+
                }
            }

            /// What there is to know about it.
            pub fn family(&self) -> Box<dyn Family> {
                match self {
                    $($(EncoderConfig::$kind(settings) => {
                        let family: fn(&$settings) -> _ = $family;
                        Box::new(family(settings))
                    }),+),+
                }
            }
        }

        /// The settings of all families.
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        pub struct Families {
            $(#[doc = concat!("The settings of `[model.", stringify!($section), "]`.")] pub $section: $settings),+
        }

        impl Families {
            /// One network with the settings of its family.
            pub fn encoder(&self, kind: ModelKind) -> EncoderConfig {
                match kind {
                    $($(ModelKind::$kind => EncoderConfig::$kind(self.$section.clone())),+),+
                }
            }

            /// Reads the value that comes next in a map as the settings of a section; false where no family has such a section.
            ///
            /// # Errors
            /// Those of the map.
            pub fn read<'de, A: MapAccess<'de>>(&mut self, section: &str, map: &mut A) -> std::result::Result<bool, A::Error> {
                match section {
                    $(stringify!($section) => self.$section = map.next_value()?,)+
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        /// The sections of all families, in their order.
        pub const SECTIONS: &[Section] = &[$(Section {
            name: stringify!($section),
            docs: <$settings as Documented>::DOCS,
            keys: <$settings as DocumentedFields>::FIELD_NAMES,
            key_docs: <$settings as DocumentedFields>::FIELD_DOCS,
        }),+];
    };
}

families! {
    recurrent: recurrent::Recurrent {
        /// The vanilla recurrent network.
        Rnn = "rnn" => |settings| settings.of(CellKind::Rnn),
        /// Long short-term memory.
        Lstm = "lstm" => |settings| settings.of(CellKind::Lstm),
        /// Gated recurrent unit.
        Gru = "gru" => |settings| settings.of(CellKind::Gru)
    }
    cnn: cnn::Cnn { /** A convolution over words (Kim 2014). */ Cnn = "cnn" => Clone::clone }
    swem: swem::Swem { /** No network at all: word vectors, pooled (Shen et al. 2018). */ Swem = "swem" => Clone::clone }
}

impl ModelKind {
    /// Those that read a text word by word: what is compared where nothing else is said.
    pub const RECURRENT: [ModelKind; 3] = [ModelKind::Rnn, ModelKind::Lstm, ModelKind::Gru];

    /// What there is to know about it with the defaults of its family.
    pub fn family(self) -> Box<dyn Family> {
        EncoderConfig::from(self).family()
    }
}

/// The network with the defaults of its family.
impl From<ModelKind> for EncoderConfig {
    fn from(kind: ModelKind) -> EncoderConfig {
        Families::default().encoder(kind)
    }
}

impl Families {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with section and key.
    pub fn check(&self) -> Result<()> {
        ModelKind::ALL.into_iter().try_for_each(|kind| within(kind.section(), self.encoder(kind).family().check()))
    }
}

/// Puts a section's name before the key of a config error.
///
/// # Errors
/// That of the result.
pub fn within(section: &str, result: Result<()>) -> Result<()> {
    result.map_err(|error| error.about(|key| format!("{section}.{key}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn all() -> Vec<EncoderConfig> {
        let defaults = ModelKind::ALL.into_iter().map(EncoderConfig::from);
        let mut wide = Families::default();
        (wide.recurrent.num_layers, wide.recurrent.layer_norm, wide.recurrent.hidden_size) = (3, true, 7);
        wide.cnn = cnn::Cnn { filter_widths: vec![1, 4], filters: 3 };
        let narrow = recurrent::Recurrent { bidirectional: false, ..wide.recurrent };
        defaults
            .chain(ModelKind::ALL.into_iter().map(|kind| wide.encoder(kind)))
            .chain([EncoderConfig::Lstm(narrow)])
            .collect()
    }

    #[test]
    fn declared_weights_and_output_are_those_of_the_encoder() {
        for config in all() {
            let family = config.family();
            let encoder = family.encoder(5, &SharedConfig::default(), &mut Rng::new(1));
            let parameters: Vec<_> = encoder
                .parameters()
                .iter()
                .map(|parameter| (parameter.name.clone(), parameter.shape.clone()))
                .collect();
            assert_eq!(family.weights(5).collect::<Vec<_>>(), parameters, "{config:?}");
            assert_eq!(family.output(5), encoder.output(), "{config:?}");
        }
    }

    #[test]
    fn sizes_beyond_their_bounds_are_refused() {
        let refused = |section: &str, key: &str, value: serde_json::Value| {
            let mut all = serde_json::to_value(Families::default()).unwrap();
            all[section][key] = value;
            let recurrent = serde_json::from_value(all["recurrent"].clone()).unwrap();
            let cnn = serde_json::from_value(all["cnn"].clone()).unwrap();
            Families { recurrent, cnn, ..Families::default() }.check().unwrap_err().to_string()
        };
        let error = refused("recurrent", "hidden_size", 10_000_000.into());
        assert_eq!(error, "recurrent.hidden_size: expected at most 8192, found 10000000");
        let error = refused("recurrent", "num_layers", 65.into());
        assert_eq!(error, "recurrent.num_layers: expected at most 64, found 65");
        let error = refused("cnn", "filters", u32::MAX.into());
        assert_eq!(error, "cnn.filters: expected at most 65536, found 4294967295");
        assert!(
            refused("cnn", "filter_widths", vec![3, 2000].into()).contains("at most 64 widths of at most 1024 words")
        );
        let shared = SharedConfig { segments: 1 << 20, ..SharedConfig::default() };
        assert_eq!(shared.check().unwrap_err().to_string(), "segments: expected at most 1024, found 1048576");
    }

    #[test]
    fn an_encoder_config_comes_back_from_json_with_its_kind() {
        for config in all() {
            let json = serde_json::to_value(&config).unwrap();
            assert_eq!(json["kind"], config.kind().name());
            assert_eq!(serde_json::from_value::<EncoderConfig>(json).unwrap(), config);
        }
        let unknown = serde_json::json!({ "kind": "gru", "filters": 3 });
        assert!(serde_json::from_value::<EncoderConfig>(unknown).unwrap_err().to_string().contains("`filters`"));
    }

    #[test]
    fn every_family_has_a_section_whose_settings_are_documented_and_checked() {
        Families::default().check().unwrap();
        for kind in ModelKind::ALL {
            let section = SECTIONS.iter().find(|section| section.name == kind.section()).unwrap();
            assert!(!section.docs.is_empty() && section.key_docs.iter().all(|docs| !docs.is_empty()), "{section:?}");
            let mut saved = serde_json::to_value(EncoderConfig::from(kind)).unwrap();
            saved.as_object_mut().unwrap().remove("kind");
            assert!(saved.as_object().unwrap().keys().all(|key| section.keys.contains(&key.as_str())), "{saved}");
            assert!(kind.family().unused().iter().all(|key| SharedConfig::FIELD_NAMES.contains(key)));
        }
        let mut wrong = Families::default();
        wrong.cnn.filters = 0;
        assert_eq!(wrong.check().unwrap_err().to_string(), "cnn.filters: expected at least 1, found 0");
    }
}
