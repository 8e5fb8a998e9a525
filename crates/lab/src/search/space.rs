//! What a search tries: for each setting a list of values or a range, and random settings drawn from them.
//!
//! Takes `[search.space]` and the settings that it stands above -> gives a [`Space`], or says which key is no setting, which
//! bound is the wrong way round, which value has no meaning.

use serde::Serialize;
use toml::{Table, Value};

use crate::config::model::move_to_sections;
use crate::config::resolve;
use crate::config::sections::{self, Section};
use crate::{Config, ModelConfig};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{all_listed, did_you_mean, nearest};
use ninefold_core::rng::Rng;
use ninefold_nn::families::ModelKind;

/// The sections whose settings can be searched: they change neither the texts nor how models are judged.
const SECTIONS: [&str; 4] = ["embedding", "model", "pretraining", "training"];
const BOUNDS: [&str; 3] = ["low", "high", "log"];

/// One setting, and what it may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Dimension {
    key: String, // model.hidden_size
    values: Values,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Values {
    Choices(Vec<Value>),
    Whole { low: i64, high: i64, log: bool },
    Real { low: f64, high: f64, log: bool },
}

/// Everything that a search tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Space {
    dimensions: Vec<Dimension>,
}

/// A value for every setting of a space: ("model.hidden_size", 64).
pub(crate) type Settings = Vec<(String, Value)>;

impl Space {
    /// The space of the config, or the one for configs without.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub(crate) fn of(config: &Config) -> Result<Space> {
        let mut table = config.search.space.clone().unwrap_or_else(|| default_space(config));
        if let Some(Value::Table(model)) = table.get_mut("model") {
            move_to_sections(model);
        }
        let mut dimensions = Vec::new();
        for (section, keys) in &table {
            if !SECTIONS.contains(&section.as_str()) {
                return Err(stranger(section, keys));
            }
            let Value::Table(keys) = keys else {
                let found = format!("{section} = {keys}");
                return Err(Error::invalid_value(
                    "search.space",
                    format!("settings such as {section}.KEY = [...]"),
                    found,
                ));
            };
            for (key, values) in settings_of(section, keys) {
                let parsed = Values::parse(&key, values)?;
                if !config.models.iter().any(|&kind| applies_to(&key, kind)) {
                    let names: Vec<&str> = config.models.iter().map(|kind| kind.name()).collect();
                    let expected = format!("nothing: the setting has no effect on {}", all_listed(&names));
                    return Err(Error::invalid_value(format!("search.space.{key}"), expected, values));
                }
                dimensions.push(Dimension { key, values: parsed });
            }
        }
        if dimensions.is_empty() {
            return Err(Error::invalid_value(
                "search.space",
                "at least one setting, such as model.hidden_size = [32, 64] (or no [search.space], for the usual one)",
                "none",
            ));
        }
        let space = Space { dimensions };
        space.try_ends(config)?;
        Ok(space)
    }

    /// The settings that are searched.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.dimensions.iter().map(|dimension| dimension.key.as_str())
    }

    /// True where some setting is drawn on a logarithmic scale.
    pub(crate) fn is_log(&self, key: &str) -> bool {
        let values = self.dimensions.iter().find(|dimension| dimension.key == key).map(|dimension| &dimension.values);
        matches!(values, Some(Values::Whole { log: true, .. } | Values::Real { log: true, .. }))
    }

    /// A random place in the space, without the settings that such a network does not have.
    pub(crate) fn draw(&self, rng: &mut Rng, kind: ModelKind) -> Settings {
        let drawn = self.dimensions.iter().map(|dimension| (dimension.key.clone(), dimension.values.draw(rng)));
        drawn.filter(|(key, _)| applies_to(key, kind)).collect()
    }

    /// Every value of a list and both ends of a range must be ones that the setting can have.
    fn try_ends(&self, config: &Config) -> Result<()> {
        for Dimension { key, values } in &self.dimensions {
            for value in values.ends() {
                let applied = apply(config, &vec![(key.clone(), value)]);
                applied.map_err(|error| error.about(|key| format!("search.space.{key}")))?;
            }
        }
        Ok(())
    }
}

/// The settings of a section and of the sections in it, with their whole keys, in the order of their own names: that of the random
/// numbers by which they are drawn.
fn settings_of<'a>(section: &str, keys: &'a Table) -> Vec<(String, &'a Value)> {
    let mut settings = Vec::new();
    for (key, values) in keys {
        let path = format!("{section}.{key}");
        match values {
            Value::Table(inner) if sections::exists(&path) => {
                settings.extend(settings_of(&path, inner));
            }
            _ => settings.push((path, values)),
        }
    }
    let name = |key: &str| key.rsplit('.').next().map(str::to_string);
    settings.sort_by_key(|(key, _)| name(key));
    settings
}

/// Whether a setting applies to a network of that family.
fn applies_to(key: &str, kind: ModelKind) -> bool {
    key.strip_prefix("model.").is_none_or(|key| ModelConfig::applies_to(key, kind))
}

/// The config with these settings.
///
/// # Errors
/// [`Error::UnknownKey`] for one that does not exist, [`Error::InvalidValue`] for one without meaning.
pub(crate) fn apply(config: &Config, settings: &Settings) -> Result<Config> {
    let mut table = resolve::to_table(config)?;
    for (key, value) in settings {
        resolve::put(&mut table, key, Some(value.clone()))?;
    }
    let config: Config = resolve::from_table(table)?;
    config.validate()?;
    Ok(config)
}

/// What is said about a key that is no section.
fn stranger(name: &str, value: &Value) -> Error {
    let searched = |section: &Section| SECTIONS.contains(&section.path.split('.').next().unwrap_or_default());
    let all: Vec<Section> = sections::all().into_iter().filter(searched).collect();
    let owners = all.iter().filter(|section| section.keys.contains(&name));
    let owners: Vec<String> = owners.map(|section| format!("{}.{name}", section.path)).collect();
    let near = |section: &Section| nearest(name, section.keys).map(|key| format!("{}.{key}", section.path));
    let hint = match nearest(name, &SECTIONS) {
        _ if !owners.is_empty() => format!(" (`{name}` is written as {})", owners.join(" or ")),
        section if section.is_some() && value.is_table() => did_you_mean(section),
        _ => did_you_mean(all.iter().find_map(near).as_deref()),
    };
    Error::invalid_value(
        "search.space",
        format!("settings of [embedding], [model] or [training]{hint}"),
        format!("`{name}`"),
    )
}

impl Values {
    fn parse(key: &str, value: &Value) -> Result<Values> {
        let place = || format!("search.space.{key}");
        if key == "training.epochs" {
            return Err(Error::invalid_value(
                place(),
                "another setting: how long each trial lasts is the search's own affair",
                value,
            ));
        }
        if key.starts_with("embedding.") && key.ends_with(".unit") {
            let expected = "another setting: all trials read the texts in one unit";
            return Err(Error::invalid_value(place(), expected, value));
        }
        match value {
            Value::Array(choices) if choices.is_empty() => {
                Err(Error::invalid_value(place(), "one or more values, or { low = ..., high = ... }", "[]"))
            }
            Value::Array(choices) => Ok(Values::Choices(choices.clone())),
            Value::Table(bounds) => Values::range(&place(), bounds),
            single => Ok(Values::Choices(vec![single.clone()])),
        }
    }

    fn range(place: &str, bounds: &Table) -> Result<Values> {
        if let Some(other) = bounds.keys().find(|key| !BOUNDS.contains(&key.as_str())) {
            let hint = did_you_mean(nearest(other, &BOUNDS));
            return Err(Error::invalid_value(place, format!("low, high and log{hint}"), format!("`{other}`")));
        }
        let log = match bounds.get("log") {
            None => false,
            Some(Value::Boolean(log)) => *log,
            Some(other) => return Err(Error::invalid_value(format!("{place}.log"), "true or false", other)),
        };
        let found = Value::Table(bounds.clone());
        let (Some(low), Some(high)) = (bounds.get("low"), bounds.get("high")) else {
            return Err(Error::invalid_value(place, "both low and high", found));
        };
        let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        let (Some(from), Some(to)) = (number(low), number(high)) else {
            return Err(Error::invalid_value(place, "numbers for low and high", found));
        };
        if from >= to || from.is_nan() || to.is_nan() {
            return Err(Error::invalid_value(place, "low below high", format!("low = {low}, high = {high}")));
        }
        if log && from <= 0.0 {
            return Err(Error::invalid_value(place, "low above 0, where log = true", found));
        }
        Ok(match (low.as_integer(), high.as_integer()) {
            (Some(low), Some(high)) => Values::Whole { low, high, log },
            _ => Values::Real { low: from, high: to, log },
        })
    }

    fn ends(&self) -> Vec<Value> {
        match self {
            Values::Choices(choices) => choices.clone(),
            Values::Whole { low, high, .. } => vec![Value::Integer(*low), Value::Integer(*high)],
            Values::Real { low, high, .. } => vec![Value::Float(*low), Value::Float(*high)],
        }
    }

    fn draw(&self, rng: &mut Rng) -> Value {
        match self {
            Values::Choices(choices) => choices[rng.below(choices.len())].clone(),
            &Values::Whole { low, high, log: false } => {
                Value::Integer(low + rng.below((high - low + 1) as usize) as i64)
            }
            &Values::Whole { low, high, log: true } => {
                // From half below the lowest to half above the highest, so that the ends are as likely as the others.
                let drawn = rng.range((low as f64 - 0.5).ln(), (high as f64 + 0.5).ln()).exp().round() as i64;
                Value::Integer(drawn.clamp(low, high))
            }
            &Values::Real { low, high, log } => {
                let drawn = if log { rng.range(low.ln(), high.ln()).exp() } else { rng.range(low, high) };
                Value::Float(rounded(drawn).clamp(low, high))
            }
        }
    }
}

/// Three digits are enough to distinguish settings, and can be read.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// What suits most texts. Vectors that are loaded have the length that they have.
fn default_space(config: &Config) -> Table {
    let mut space = Table::new();
    let parsed = |keys: &str| -> Table { toml::from_str(keys).expect("written in the source") };
    let mut model = parsed("dropout = { low = 0.0, high = 0.6 }\nword_dropout = { low = 0.0, high = 0.4 }");
    for kind in &config.models {
        let own = parsed(kind.family().search_space());
        if !own.is_empty() {
            model.insert(kind.section().to_string(), Value::Table(own));
        }
    }
    space.insert("model".to_string(), Value::Table(model));
    let training = parsed("learning_rate = { low = 3e-4, high = 1e-2, log = true }\nbatch_size = [16, 32, 64]");
    space.insert("training".to_string(), Value::Table(training));
    if !config.embeddings.iter().any(|embedding| config.loads(embedding)) {
        // Lists: trials that draw the same share one training of the vectors.
        let embedding = parsed("dim = [50, 100, 200]\nwindow = [3, 5, 10, 15]");
        space.insert("embedding".to_string(), Value::Table(embedding));
    }
    space
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn space(text: &str) -> Result<Space> {
        let mut config = Config::default();
        config.search.space = Some(toml::from_str(text).unwrap());
        Space::of(&config)
    }

    fn refusal(text: &str) -> String {
        space(text).unwrap_err().to_string()
    }

    #[test]
    fn values_are_drawn_from_within_their_bounds() {
        let text = "model.hidden_size = [3, 5]\nmodel.num_layers = { low = 1, high = 3, log = true }\n\
                    model.dropout = { low = 0.1, high = 0.3 }\ntraining.learning_rate = { low = 1e-4, high = 1e-2, log = true }";
        let space = space(text).unwrap();
        let mut rng = Rng::new(1);
        let (mut layers, mut small_rates) = ([0; 4], 0);
        for _ in 0..600 {
            let config = apply(&Config::default(), &space.draw(&mut rng, ModelKind::Gru)).unwrap();
            assert!([3, 5].contains(&config.model.families.recurrent.hidden_size));
            assert!((0.1..=0.3).contains(&config.model.shared.dropout));
            assert!((1e-4..=1e-2).contains(&config.training.learning_rate));
            layers[config.model.families.recurrent.num_layers] += 1;
            small_rates += usize::from(config.training.learning_rate < 1e-3);
        }
        assert!(layers[1] > layers[2] && layers[2] > layers[3] && layers[3] > 60, "{layers:?}");
        assert!((240..360).contains(&small_rates), "half of a logarithmic range: {small_rates}");
    }

    #[test]
    fn the_default_space_is_one_for_every_preset() {
        for name in crate::PRESETS {
            let config = crate::preset(name).unwrap();
            let space = Space::of(&config).unwrap();
            assert!(space.keys().any(|key| key == "embedding.dim") && space.is_log("training.learning_rate"));
            let mut loads = config.clone();
            loads.set("embedding.glove", "6B.100d").unwrap();
            assert!(!Space::of(&loads).unwrap().keys().any(|key| key == "embedding.dim"));
        }
    }

    #[test]
    fn a_network_is_given_the_settings_that_it_has() {
        let drawn = |kinds: &[ModelKind], kind: ModelKind| -> Vec<String> {
            let config = Config { models: kinds.to_vec(), ..Config::default() };
            let settings = Space::of(&config).unwrap().draw(&mut Rng::new(2), kind);
            settings.into_iter().filter_map(|(key, _)| Some(key.strip_prefix("model.")?.to_string())).collect()
        };
        let both = [ModelKind::Gru, ModelKind::Cnn];
        assert_eq!(
            drawn(&both, ModelKind::Gru),
            ["dropout", "recurrent.hidden_size", "recurrent.num_layers", "word_dropout"]
        );
        assert_eq!(drawn(&both, ModelKind::Cnn), ["dropout", "cnn.filter_widths", "cnn.filters", "word_dropout"]);
        assert_eq!(drawn(&[ModelKind::Swem], ModelKind::Swem), ["dropout", "word_dropout"]);
        let error = refusal("model.filters = [3]");
        assert!(
            error.starts_with("search.space.model.cnn.filters: expected nothing: the setting has no effect on rnn"),
            "{error}"
        );
    }

    #[test]
    fn a_space_without_meaning_is_refused_by_its_key() {
        assert!(refusal("").starts_with("search.space: expected at least one setting"), "{}", refusal(""));
        assert_eq!(
            refusal("model.hiden_size = [3]"),
            "search.space.model.hiden_size: no such setting (did you mean `model.recurrent.hidden_size`?)"
        );
        assert_eq!(
            refusal("hidden_size = [3]"),
            "search.space: expected settings of [embedding], [model] or [training] (`hidden_size` is written as \
             model.recurrent.hidden_size), found `hidden_size`"
        );
        assert!(refusal("modle.hidden_size = [3]").contains("(did you mean `model`?), found `modle`"));
        assert!(refusal("hiden_size = [3]").contains("(did you mean `model.recurrent.hidden_size`?)"));
        assert!(refusal("corpus.split_seed = [1, 2]").contains("found `corpus`"));
        assert_eq!(
            refusal("model.dropout = { low = 0.5, high = 0.1 }"),
            "search.space.model.dropout: expected low below high, found low = 0.5, high = 0.1"
        );
        assert!(refusal("model.dropout = { low = 0.0, high = 0.1, log = true }").contains("low above 0"));
        assert!(refusal("model.dropout = { low = 0.1 }").contains("both low and high"));
        assert!(refusal("model.dropout = { low = 0.1, hgih = 0.2 }").contains("(did you mean `high`?), found `hgih`"));
        assert!(refusal("model.dropout = []").contains("one or more values"));
        assert_eq!(
            refusal("model.dropout = { low = 0.1, high = 1.5 }"),
            "search.space.model.dropout: expected a fraction from 0 to below 1, found 1.5"
        );
        assert!(refusal("training.epochs = [5]").contains("another setting"));
        assert!(refusal("model.hidden_size = [\"many\"]").starts_with("search.space.model.recurrent.hidden_size: "));
    }
}
