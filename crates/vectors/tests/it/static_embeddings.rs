//! Folders of model2vec: words are their pieces' mean, whatever the tokenizer, the number type or the layout of the rows.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use ninefold_core::Folders;
use ninefold_core::progress::Silent;
use ninefold_vectors::WordVectors;
use ninefold_vectors::formats;
use ninefold_vectors::pretrained::{PretrainedSources, load};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

pub fn word_piece() -> Value {
    let vocab = ["[PAD]", "[UNK]", "play", "##ing", "##s", "naive", "cat"];
    let vocab: serde_json::Map<String, Value> =
        vocab.into_iter().zip(0..).map(|(it, id)| (it.into(), id.into())).collect();
    json!({
        "version": "1.0", "truncation": null,
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
    })
}

pub fn unigram() -> Value {
    let vocab = json!([["<unk>", 0.0], ["▁cat", -1.0], ["cat", -2.0], ["▁", -3.0], ["s", -1.5]]);
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": null, "decoder": null,
        "model": {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": false},
    })
}

fn tensors(path: &Path, all: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) {
    let views: Vec<(String, TensorView)> = all
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.to_string(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()))
        .collect();
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A folder with a tokenizer and tensors, loaded.
fn folder(tokenizer: &Value, all: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) -> ninefold_core::Result<WordVectors> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    tensors(&folder.path().join("model.safetensors"), all);
    formats::load(folder.path(), &Silent)
}

#[test]
fn a_word_is_the_mean_of_its_wordpieces() {
    let rows: Vec<f32> = (0..7).flat_map(|id| [id as f32, 1.0]).collect();
    let vectors = folder(&word_piece(), &[("embeddings", Dtype::F32, vec![7, 2], floats(&rows))]).unwrap();
    assert_eq!(vectors.words(), ["play", "naive", "cat"], "what is a piece by itself; no special sign, no ending");
    assert_eq!(vectors.get("cat").unwrap(), [6.0, 1.0]);
    let made = |word: &str| vectors.vector(word).map(|it| it.to_vec());
    assert_eq!(made("playing"), Some(vec![2.5, 1.0]));
    assert_eq!(made("Plays"), Some(vec![3.0, 1.0]), "the tokenizer's own lower case");
    assert_eq!(made("naïve"), Some(vec![5.0, 1.0]));
    assert_eq!(made("xyz"), None, "an unknown piece says nothing");
}

#[test]
fn spaces_may_be_part_of_a_wordpiece() {
    let rows: Vec<f32> = (0..5).map(|id| id as f32).collect();
    let vectors = folder(&unigram(), &[("embeddings", Dtype::F32, vec![5, 1], floats(&rows))]).unwrap();
    assert_eq!(vectors.get("cat").unwrap(), [1.0], "not the piece in the middle of a word");
    assert_eq!(vectors.vector("cats").unwrap().as_ref(), [2.5]);
    assert_eq!(vectors.vector("猫").map(|it| it.to_vec()), Some(vec![3.0]), "only the space before it is known");
}

#[test]
fn weights_and_mapping_and_half_precision_are_understood() {
    let half: Vec<u8> = [0x3c00u16, 0x4000].iter().flat_map(|bits| bits.to_le_bytes()).collect(); // 1, 2
    let mapping: Vec<u8> = [0i64, 0, 0, 1, 1, 0, 1].iter().flat_map(|row| row.to_le_bytes()).collect();
    let weights = floats(&[1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 3.0]);
    let all = [
        ("embeddings", Dtype::F16, vec![2, 1], half),
        ("mapping", Dtype::I64, vec![7], mapping),
        ("weights", Dtype::F32, vec![7], weights),
    ];
    let vectors = folder(&word_piece(), &all).unwrap();
    assert_eq!(vectors.get("cat").unwrap(), [6.0]);
    assert_eq!(vectors.vector("playing").unwrap().as_ref(), [1.25]);
}

#[test]
#[allow(clippy::needless_update)] // with the feature net there is one field more
fn it_is_loaded_wherever_vectors_are_and_written_without_its_pieces() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("tokenizer.json"), word_piece().to_string()).unwrap();
    let rows: Vec<f32> = (0..7).map(|id| id as f32 - 1.0).collect();
    tensors(&place.path().join("model.safetensors"), &[("embeddings", Dtype::F32, vec![7, 1], floats(&rows))]);
    let places = PretrainedSources { mirrors: Vec::new(), ..PretrainedSources::new(&Folders::at(place.path())) };
    let vectors = load(place.path().to_str().unwrap(), &places, &Silent).unwrap();
    assert!(vectors.wordpieces().is_some());
    assert!(formats::load(&place.path().join("model.safetensors"), &Silent).unwrap().wordpieces().is_some());
    let path = place.path().join("words.safetensors");
    formats::save_cache(&vectors, "", &path).unwrap();
    let back = formats::load(&path, &Silent).unwrap();
    assert_eq!((back.words(), back.matrix()), (vectors.words(), vectors.matrix()));
    assert_eq!(back.vector("playing"), None);
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let refusal =
        |tokenizer: &Value, all: &[(&str, Dtype, Vec<usize>, Vec<u8>)]| folder(tokenizer, all).unwrap_err().to_string();
    let rows = |count: usize| ("embeddings", Dtype::F32, vec![count, 1], floats(&vec![1.0; count]));
    let error = refusal(&word_piece(), &[rows(6)]);
    assert!(error.contains("6 rows of 1 numbers for a tokenizer of 7 wordpieces"), "{error}");
    assert!(refusal(&json!({"model": {}}), &[rows(7)]).contains("tokenizer.json: expected a tokenizer"));
    let other = ("embedding", Dtype::F32, vec![7, 1], floats(&[1.0; 7]));
    assert!(refusal(&word_piece(), &[other]).contains("expected a tensor `embeddings`"));
    let bytes = ("embeddings", Dtype::U8, vec![7, 1], vec![1; 7]);
    assert!(refusal(&word_piece(), &[bytes]).contains("expected numbers as F32, F16 or F64, found U8"));
    let nan = ("embeddings", Dtype::F32, vec![7, 1], floats(&[f32::NAN; 7]));
    assert!(refusal(&word_piece(), &[nan]).contains("the vector of wordpiece 0 holds NaN"));
}
