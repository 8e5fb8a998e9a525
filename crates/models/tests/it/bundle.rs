//! A saved model gives the same bits as the model that was saved, and one that was tampered with is refused.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ninefold_core::progress::Silent;
use ninefold_core::rng::Rng;
use ninefold_data::InputFormat;
use ninefold_metrics::calibration;
use ninefold_models::bundle::{
    Bundle, BundleConfig, BundleReading, FORMAT_VERSION, Shape, TrainingSummary, renew_checksum, sha256,
};
use ninefold_models::predictor::Predictor;
use ninefold_nn::batch::{Encoded, Padding};
use ninefold_nn::families::cnn::Cnn;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{Families, ModelKind, SharedConfig};
use ninefold_nn::layers::Pooling;
use ninefold_nn::model::{Classifier, NeuralClassifier, NeuralConfig, Reading, predict_logits};
use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
use ninefold_text::vocab::Vocab;
use ninefold_vectors::oov::OutOfVocabulary;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::Value;

const TEXTS: [&str; 4] =
    ["rook takes pawn", "", "Unknown words; then a rook!", "pawn pawn pawn pawn pawn pawn pawn pawn"];

pub fn bundle(kind: ModelKind, padding: Padding) -> Bundle {
    let vocab = Vocab::from_tokens(["rook", "pawn", "takes", "tab\there"].map(String::from).to_vec()).unwrap();
    let is_lstm = kind == ModelKind::Lstm;
    let families = Families {
        recurrent: Recurrent {
            hidden_size: 7,
            num_layers: 2,
            layer_norm: is_lstm,
            chunk_len: if is_lstm { 3 } else { 0 },
            ..Recurrent::default()
        },
        cnn: Cnn { filter_widths: vec![2, 5], filters: 3 },
        ..Families::default()
    };
    let has_bigrams = matches!(kind, ModelKind::Rnn | ModelKind::Cnn | ModelKind::Swem);
    let shared = SharedConfig {
        dropout: 0.25,
        pooling: Some(if is_lstm { Pooling::Attention } else { kind.family().own_pooling() }),
        segments: 1,
        freeze_embeddings: true,
        bigram_buckets: if has_bigrams { 9 } else { 0 },
        ..SharedConfig::default()
    };
    let network = NeuralConfig { encoder: families.encoder(kind), shared, num_classes: 3 };
    let shape = Shape { vocab_size: vocab.len(), embedding_dim: 5, network: network.clone() };
    let mut rng = Rng::new(4);
    let matrix = (0..vocab.len() * 5).map(|_| rng.normal() as f32).collect();
    let config = BundleConfig {
        format_version: FORMAT_VERSION,
        made_by: "ninefold test".to_string(),
        input: InputFormat::default(),
        tokenizer: TokenizerConfig::default(),
        embedding: "glove".to_string(),
        model: shape,
        reading: BundleReading { max_len: 6, padding },
        out_of_vocabulary: OutOfVocabulary::Unk,
        temperature: 2.5,
        training: TrainingSummary::default(),
        decision: None,
        sha256: BTreeMap::new(),
    };
    let labels = ["a", "b \"quoted\"", "c, d"].map(String::from).to_vec();
    let mut model = NeuralClassifier::new(network, matrix, 5, 9);
    let bigrams = model.parameters_mut().into_iter().filter(|parameter| parameter.name == "bigrams.weight");
    bigrams.flat_map(|weight| &mut weight.value).for_each(|value| *value = rng.normal() as f32);
    Bundle { config, vocab, labels, model, outside: None }
}

#[test]
fn a_model_comes_back_with_the_same_bits() {
    for (kind, padding) in [
        (ModelKind::Rnn, Padding::Exact),
        (ModelKind::Lstm, Padding::Exact),
        (ModelKind::Gru, Padding::Exact),
        (ModelKind::Gru, Padding::Trailing),
        (ModelKind::Cnn, Padding::Exact),
        (ModelKind::Cnn, Padding::Trailing),
        (ModelKind::Swem, Padding::Exact),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut saved = bundle(kind, padding);
        saved.save(dir.path()).unwrap();
        let tokenizer = Tokenizer::new(&saved.config.tokenizer).unwrap();
        let mut encoded = Encoded::default();
        saved.vocab.encode_texts(&tokenizer, &TEXTS).iter().for_each(|ids| encoded.push(ids, 0));
        let reading = Reading { batch_size: 2, max_len: 6, padding };
        let logits = predict_logits(&mut saved.model, &encoded, reading, &Silent).unwrap();
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        let expected = calibration::probabilities(&logits, 3, 2.5);

        let predictor = Predictor::load(dir.path()).unwrap();
        assert_eq!(predictor.configs().collect::<Vec<_>>(), [&saved.config]);
        assert_eq!(predictor.labels(), saved.labels);
        let found = predictor.predict(&TEXTS, &Silent).unwrap();
        let found: Vec<f32> = found.into_iter().flat_map(|prediction| prediction.probabilities).collect();
        assert_eq!(found, expected, "{kind:?} {padding:?}");
        let alone: Vec<f32> = TEXTS
            .iter()
            .flat_map(|text| predictor.predict(&[text], &Silent).unwrap()[0].probabilities.clone())
            .collect();
        assert_eq!(alone, expected, "a text alone, {kind:?} {padding:?}");
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    bundle(ModelKind::Lstm, Padding::Exact).save(a.path()).unwrap();
    bundle(ModelKind::Lstm, Padding::Exact).save(b.path()).unwrap();
    for name in ["config.json", "vocab.txt", "labels.json", "model.safetensors", "README.md"] {
        assert_eq!(fs::read(a.path().join(name)).unwrap(), fs::read(b.path().join(name)).unwrap(), "{name}");
    }
    let card = fs::read_to_string(a.path().join("README.md")).unwrap();
    assert!(card.contains("torch.nn.LSTM(5, 7, num_layers=2, bidirectional=True"), "{card}");
}

type Tensor = (String, Vec<usize>, Vec<u8>);

/// Changes the tensors of a saved model and puts its checksum right, so that only the content can tell.
fn tamper(folder: &Path, change: impl FnOnce(&mut Vec<Tensor>)) {
    let path = folder.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut list: Vec<Tensor> =
        tensors.iter().map(|(name, view)| (name.to_string(), view.shape().to_vec(), view.data().to_vec())).collect();
    change(&mut list);
    let views =
        list.iter().map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    let changed = serialize(views, None).unwrap();
    let config = fs::read_to_string(folder.join("config.json")).unwrap();
    fs::write(folder.join("config.json"), config.replace(&sha256(&bytes), &sha256(&changed))).unwrap();
    renew_checksum(folder).unwrap();
    fs::write(path, changed).unwrap();
}

fn refusal_after(change: impl FnOnce(&mut Vec<Tensor>)) -> String {
    let dir = tempfile::tempdir().unwrap();
    bundle(ModelKind::Gru, Padding::Exact).save(dir.path()).unwrap();
    tamper(dir.path(), change);
    Bundle::load(dir.path()).unwrap_err().to_string()
}

#[test]
fn a_missing_or_misshapen_tensor_is_named() {
    let error = refusal_after(|tensors| tensors.retain(|(name, ..)| name != "head.bias"));
    assert!(error.contains("model.safetensors: expected the 19 tensors of config.json's network (A bidirectional GRU of 2 layer(s) with 7"), "{error}");
    let error = refusal_after(|tensors| {
        tensors.iter_mut().filter(|(name, ..)| name == "recurrent.weight_hh_l1").for_each(|tensor| tensor.0 += "x");
    });
    assert!(error.contains("the tensor `recurrent.weight_hh_l1` as F32 [21, 7], found no tensor"), "{error}");
    let error = refusal_after(|tensors| {
        let bias = tensors.iter_mut().find(|(name, ..)| name == "head.bias").unwrap();
        (bias.1, bias.2) = (vec![4], vec![0; 16]);
    });
    assert!(error.contains("the tensor `head.bias` as F32 [3], found F32 [4]"), "{error}");
    assert_eq!(tampered_config("\"hidden_size\": 7", "\"hidden_size\": 700000000000000"), "config.json");
    assert_eq!(tampered_config("\"hidden_size\": 7", "\"hidden_size\": 8"), "head.weight");
    assert_eq!(tampered_config("\"vocab_size\": 6", "\"vocab_size\": 5"), "vocab.txt");
    assert_eq!(tampered_config("\"temperature\": 2.5", "\"temperature\": 0.0"), "config.json");
    assert_eq!(tampered_config("\"num_layers\": 2", "\"num_layers\": 0"), "config.json");
    assert_eq!(tampered_config("\"kind\": \"gru\"", "\"kind\": \"lstm\""), "recurrent.weight_ih_l0");
}

/// What an altered config is refused for, by the name in the message.
fn tampered_config(from: &str, to: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    bundle(ModelKind::Gru, Padding::Exact).save(dir.path()).unwrap();
    let path = dir.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replace(from, to)).unwrap();
    renew_checksum(dir.path()).unwrap();
    let error = Bundle::load(dir.path()).unwrap_err().to_string();
    let names = ["head.weight", "recurrent.weight_ih_l0", "vocab.txt", "config.json"];
    names.into_iter().find(|name| error.contains(name)).unwrap_or(&error).to_string()
}

/// A model's folder with its config as version 1 had it, without the keys that came later.
fn as_version_1(folder: &Path) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["format_version"] = 1.into();
    config["sha256"].as_object_mut().unwrap().remove("config.json");
    let mut network = config["model"].as_object_mut().unwrap().remove("network").unwrap();
    let mut encoder = network["encoder"].take();
    let model = config["model"].as_object_mut().unwrap();
    model.insert("cell".to_string(), encoder.as_object_mut().unwrap().remove("kind").unwrap());
    model.insert("num_classes".to_string(), network["num_classes"].take());
    for key in ["hidden_size", "num_layers", "bidirectional"] {
        model.insert(key.to_string(), encoder[key].take());
    }
    for key in ["dropout", "freeze_embeddings"] {
        model.insert(key.to_string(), network["shared"][key].take());
    }
    fs::write(&path, config.to_string()).unwrap();
}

#[test]
fn a_model_of_before_there_were_other_families_still_loads() {
    let dir = tempfile::tempdir().unwrap();
    bundle(ModelKind::Gru, Padding::Exact).save(dir.path()).unwrap();
    let now = Bundle::load(dir.path()).unwrap();
    as_version_1(dir.path());
    let mut old = Bundle::load(dir.path()).unwrap();
    old.config.sha256.insert("config.json".to_string(), now.config.sha256["config.json"].clone());
    assert_eq!(old.config, now.config);
    assert!(old.model.parameters() == now.model.parameters());
}

#[test]
fn an_altered_config_of_version_1_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    bundle(ModelKind::Gru, Padding::Exact).save(dir.path()).unwrap();
    as_version_1(dir.path());
    let path = dir.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    for (from, to) in
        [("\"hidden_size\"", "\"hiden_size\""), ("\"gru\"", "\"gruu\""), ("\"num_layers\":2", "\"num_layers\":[]")]
    {
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let error = Bundle::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("config.json: expected a config.json of format_version 1, found "), "{error}");
    }
}
