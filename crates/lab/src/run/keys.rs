//! The keys of rows: of the texts and all settings that a row depends on, and no others. Rows made apart have the same keys, and
//! can be put together.

use serde_json::{Value, json};

use crate::config::Pair;
use crate::config::embedding::EmbeddingSpec;
use crate::run::pretraining;
use crate::run::texts::Texts;
use crate::store::keys::{json, of};
use crate::{BaselineKind, Config, Embedding, ModelConfig, Refit};
use ninefold_core::error::Result;
use ninefold_nn::families::{ModelKind, SharedConfig};

/// Changes whenever the same settings give other rows.
const VERSION: u32 = 1;

/// The key of a row of one embedding, network and seed: of the texts and all settings that determine it, and no others.
///
/// # Errors
/// As [`json`].
pub(crate) fn pair(config: &Config, texts: &Texts, (embedding, model): &Pair, seed: u64) -> Result<String> {
    let is_refitted = config.refit == Refit::All && texts.whole.is_some();
    let pretraining = (pretraining::epochs(config, *model) > 0).then_some(&config.pretraining);
    of(&json!({
        "version": VERSION,
        "texts": of_texts(texts, is_refitted.into()),
        "vocab": config.vocab,
        "embedding": specs(config, embedding)?,
        "model": network(&config.model, *model)?,
        "pretraining": pretraining,
        "training": config.training,
        "seed": seed,
    }))
}

/// The key of a baseline's row: of the texts, its own settings, and the embedding, if it reads one.
///
/// # Errors
/// As [`json`].
pub(crate) fn baseline(
    config: &Config,
    texts: &Texts,
    kind: BaselineKind,
    embedding: Option<&Embedding>,
) -> Result<String> {
    let vectors = match embedding {
        Some(embedding) => json!({ "vocab": config.vocab, "specs": specs(config, embedding)? }),
        None => Value::Null,
    };
    let refit = match (config.refit, embedding) {
        (Refit::Baselines, Some(_)) if texts.whole.is_some() => "over the same vectors".into(),
        _ => Value::from(config.refit != Refit::None && texts.whole.is_some()),
    };
    let settings = only(json(&config.baseline)?, |key| kind.settings().contains(&key));
    of(&json!({
        "version": VERSION,
        "texts": of_texts(texts, refit),
        "embedding": vectors,
        "baseline": kind,
        "settings": settings,
        "seed": config.seed,
    }))
}

/// The texts, and what both networks and baselines make of them. `refit`: whether and how there is a second training.
fn of_texts(texts: &Texts, refit: Value) -> Value {
    json!({
        "texts": texts.fingerprint,
        "tokenizer": texts.tokenizer,
        "class_weights": texts.class_weights,
        "choose_by": texts.main_score,
        "refit": refit,
    })
}

/// The specs of an embedding without their names.
fn specs(config: &Config, embedding: &Embedding) -> Result<Vec<Value>> {
    let of = |spec: &EmbeddingSpec| -> Result<Value> {
        let kind = json(&spec.kind.clone().seeded(config.seed, 1))?;
        Ok(json!({ "kind": kind, "unknown": spec.unknown, "out_of_vocabulary": spec.out_of_vocabulary }))
    };
    config.specs(embedding).map(of).collect()
}

/// The settings that networks of that family have.
fn network(config: &ModelConfig, kind: ModelKind) -> Result<Value> {
    let encoder = config.encoder(kind);
    let family = encoder.family();
    let pooling = config.shared.pooling.unwrap_or_else(|| family.own_pooling());
    let shared = json(&SharedConfig { pooling: Some(pooling), ..config.shared.clone() })?;
    Ok(json!({ "encoder": encoder, "shared": only(shared, |key| !family.unused().contains(&key)) }))
}

/// An object with some of its keys.
fn only(value: Value, is_kept: impl Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(map) => map.into_iter().filter(|(key, _)| is_kept(key)).collect(),
        other => other,
    }
}
