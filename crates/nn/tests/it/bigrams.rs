//! Pairs of words as features: against PyTorch (made by tools/golden/bigrams.py), which rows are read, what a network without a step
//! makes of them, and who learns.

#![allow(clippy::unwrap_used)]

use crate::pytorch;

use ninefold_core::rng::mix;
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::cnn::Cnn;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{Families, SharedConfig};
use ninefold_nn::layers::optimizer::OptimizerStep;
use ninefold_nn::layers::{Optimizer, Parameter, Pooling};
use ninefold_nn::model::{Classifier, LossConfig, ModelKind, NeuralClassifier, NeuralConfig};
use ninefold_text::vocab::UNK;
use pytorch::Golden;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    kind: ModelKind,
    bigram_buckets: usize,
    chunk_len: usize,
    filter_widths: Vec<usize>,
    filters: usize,
    hidden_size: usize,
    pooling: Pooling,
}

#[test]
fn every_family_equals_pytorch() {
    let golden = Golden::<Case>::read("bigrams.safetensors");
    assert_eq!(golden.about.cases.len(), 5);
    for (name, case) in &golden.about.cases {
        let families = Families {
            recurrent: Recurrent { hidden_size: case.hidden_size, chunk_len: case.chunk_len, ..Recurrent::default() },
            cnn: Cnn { filter_widths: case.filter_widths.clone(), filters: case.filters },
            ..Families::default()
        };
        let config = NeuralConfig {
            encoder: families.encoder(case.kind),
            shared: SharedConfig {
                pooling: Some(case.pooling),
                bigram_buckets: case.bigram_buckets,
                ..SharedConfig::without_dropout()
            },
            num_classes: golden.about.num_classes,
        };
        golden.check(name, config, Padding::Exact);
    }
}

const VOCAB: usize = 50;
const BUCKETS: usize = 1000;

fn network(kind: ModelKind, chunk_len: usize, shared: SharedConfig) -> NeuralClassifier {
    let matrix = (0..VOCAB * 4).map(|i| (i as f32 * 0.37).sin()).collect();
    let recurrent = Recurrent { hidden_size: 6, chunk_len, ..Recurrent::default() };
    let encoder = Families { recurrent, ..Families::default() }.encoder(kind);
    let shared = SharedConfig { pooling: Some(Pooling::MeanMax), ..shared };
    NeuralClassifier::new(NeuralConfig { encoder, shared, num_classes: 2 }, matrix, 4, 1)
}

fn texts(list: &[&[u32]]) -> Encoded {
    let mut texts = Encoded::default();
    list.iter().for_each(|ids| texts.push(ids, 0));
    texts
}

fn pairs(model: &mut NeuralClassifier) -> &mut Parameter {
    model.parameters_mut().into_iter().find(|parameter| parameter.name == "bigrams.weight").unwrap()
}

fn rows_of(mut all: Vec<[u32; 2]>) -> Vec<u32> {
    all.sort_unstable();
    let bucket = |[a, b]: [u32; 2]| (mix(mix(u64::from(a)) ^ u64::from(b)) % BUCKETS as u64) as u32;
    let mut rows: Vec<u32> = all.into_iter().map(bucket).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

#[test]
fn a_pair_is_a_token_and_the_one_read_before_it_however_a_text_is_cut() {
    let texts = texts(&[&[3, 4, 5, 6, 7, 3, 4], &[9], &[], &[8, 60, 61, 2]]);
    // Words outside of the vocabulary, 60 and 61, count as <unk>.
    let expected = rows_of(vec![[3, 4], [4, 5], [5, 6], [6, 7], [7, 3], [8, UNK], [UNK, UNK], [UNK, 2]]);
    for (chunk_len, padding) in [(0, Padding::Exact), (2, Padding::Exact), (3, Padding::Exact), (0, Padding::Trailing)]
    {
        let shared = SharedConfig { bigram_buckets: BUCKETS, ..SharedConfig::without_dropout() };
        let mut model = network(ModelKind::Gru, chunk_len, shared);
        model.set_oov(vec![0.5; 12 * 4].into());
        let batch = Batch::pack_chunks(&texts, &[0, 1, 2, 3], 10, padding, chunk_len);
        model.train_batch(&batch, &[1], LossConfig::default());
        let weight = pairs(&mut model);
        assert_eq!(weight.rows.as_ref().unwrap(), &expected, "{chunk_len} {padding:?}");
        let reached: Vec<u32> =
            (0..BUCKETS).filter(|row| weight.gradient[row * 4..][..4] != [0.0; 4]).map(|row| row as u32).collect();
        assert_eq!(reached, expected, "{chunk_len} {padding:?}");
    }
}

#[test]
fn a_network_starts_as_without_them() {
    let texts = texts(&[&[3, 4, 5, 6], &[7, 8], &[9]]);
    for kind in ModelKind::ALL {
        let of = |bigram_buckets| {
            let shared = SharedConfig { bigram_buckets, dropout: 0.2, ..SharedConfig::default() };
            let mut model = network(kind, 0, shared);
            let batch = Batch::pack(&texts, &[0, 1, 2], 10, Padding::Exact);
            let logits = model.logits(&batch);
            let loss = model.train_batch(&batch, &[1], LossConfig::default()).loss;
            let mut rest = model.parameters();
            rest.retain(|parameter| parameter.name != "bigrams.weight");
            let gradients: Vec<(String, Vec<f32>)> =
                rest.iter().map(|parameter| (parameter.name.clone(), parameter.gradient.clone())).collect();
            (logits, loss, gradients, model.trained_parameter_count())
        };
        let (without, with) = (of(0), of(BUCKETS));
        assert!((&without.0, without.1, &without.2) == (&with.0, with.1, &with.2), "{kind:?}");
        assert_eq!(with.3, without.3 + BUCKETS * 4, "{kind:?}");
    }
}

#[test]
fn they_step_where_they_are_read_with_frozen_words_too_and_at_their_rate() {
    let texts = texts(&[&[3, 4], &[5, 6]]);
    for kind in ModelKind::ALL {
        for freeze_embeddings in [false, true] {
            let moved = |rate: f64| -> [Vec<u32>; 2] {
                let shared =
                    SharedConfig { freeze_embeddings, bigram_buckets: BUCKETS, ..SharedConfig::without_dropout() };
                let mut model = network(kind, 0, shared);
                let words = model.parameters()[0].value.clone();
                model.set_embedding_steps(rate, false);
                let mut optimizer = Optimizer::new(&model.parameters());
                let mut before = pairs(&mut model).value.clone();
                let moved = [0, 1].map(|text| {
                    let batch = Batch::pack(&texts, &[text], 10, Padding::Exact);
                    model.train_batch(&batch, &[1], LossConfig::default());
                    optimizer
                        .step(model.parameters_mut(), OptimizerStep { learning_rate: 0.1, ..OptimizerStep::default() });
                    let now = pairs(&mut model).value.clone();
                    let rows = (0..BUCKETS).filter(|row| now[row * 4..][..4] != before[row * 4..][..4]);
                    let rows: Vec<u32> = rows.map(|row| row as u32).collect();
                    before = now;
                    rows
                });
                let words_rest = model.parameters()[0].value == words;
                assert_eq!(words_rest, freeze_embeddings || rate == 0.0, "{kind:?}");
                moved
            };
            // A row that no later batch reads does not go on with its momentum.
            assert_eq!(moved(1.0), [rows_of(vec![[3, 4]]), rows_of(vec![[5, 6]])], "{kind:?} {freeze_embeddings}");
            assert_eq!(moved(0.0), [const { Vec::<u32>::new() }; 2], "{kind:?} {freeze_embeddings}");
        }
    }
}
