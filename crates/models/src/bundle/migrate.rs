//! `config.json` of format version 1 -> of today.
//!
//! Version 1 kept the settings of all families flat beside each other, and did not keep those that matter in training alone.

use serde_json::{Map, Value, json};

use super::FORMAT_VERSION;

/// The config of a network.
pub(super) fn network(mut config: Value) -> Value {
    let Some(model) = config.get_mut("model").and_then(Value::as_object_mut) else { return config };
    // Models of before there were others than recurrent networks say `cell`.
    let kind = model.remove("kind").or_else(|| model.remove("cell")).unwrap_or_default();
    let null = || Value::Null;
    let shared = moved(
        model,
        &[
            ("dropout", null()),
            ("freeze_embeddings", null()),
            ("pooling", "last".into()),
            ("segments", 1.into()),
            ("bigram_buckets", 0.into()),
            ("precision", "f32".into()),
        ],
    );
    let recurrent = moved(
        model,
        &[
            ("hidden_size", null()),
            ("num_layers", null()),
            ("bidirectional", null()),
            ("layer_norm", false.into()),
            ("chunk_len", 0.into()),
        ],
    );
    let cnn = moved(model, &[("filter_widths", null()), ("filters", null())]);
    let mut encoder = match kind.as_str() {
        Some("rnn" | "lstm" | "gru") => recurrent,
        Some("cnn") => cnn,
        _ => Map::new(),
    };
    encoder.insert("kind".to_string(), kind);
    let num_classes = model.remove("num_classes");
    model.insert("network".to_string(), json!({ "encoder": encoder, "shared": shared, "num_classes": num_classes }));
    of_today(config)
}

/// The config of an ensemble: only its version differs.
pub(super) fn ensemble(config: Value) -> Value {
    of_today(config)
}

fn of_today(mut config: Value) -> Value {
    config["format_version"] = FORMAT_VERSION.into();
    config
}

/// Takes settings out of an object, each with what it is in a model that is older than the setting; `null` where no model is.
fn moved(from: &mut Map<String, Value>, settings: &[(&str, Value)]) -> Map<String, Value> {
    let taken = |(key, before): &(&str, Value)| (key.to_string(), from.remove(*key).unwrap_or_else(|| before.clone()));
    settings.iter().map(taken).collect()
}
