//! No hand-derived gradient without proof: the plain f64 reference by central differences over every parameter, the fast
//! kernels against the reference at every instruction set, dropout by directional derivatives; and what must not change a
//! bit: padding, company in the batch, threads.

#![allow(clippy::unwrap_used)]
#![allow(clippy::needless_range_loop)] // the reference is plain loops on purpose

use crate::reference;

use ninefold_core::rng::Rng;
use ninefold_kernels::simd::InstructionSet;
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::cnn::Cnn as CnnSettings;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{Families, SharedConfig};
use ninefold_nn::layers::{Parameter, Pooling, Precision};
use ninefold_nn::model::ModelKind::{self, Cnn, Gru, Lstm, Rnn, Swem};
use ninefold_nn::model::{Classifier, LossConfig, NeuralClassifier, NeuralConfig};
use proptest::prelude::*;
use reference::dropout::KEY;
use reference::{PLAIN, Shape, TWINS, Tensors, loss_and_gradients};

const VOCAB: usize = 11;

fn texts_of(lengths: &[usize], rng: &mut Rng) -> Vec<Vec<u32>> {
    lengths.iter().map(|&length| (0..length).map(|_| 1 + rng.below(VOCAB - 1) as u32).collect()).collect()
}

fn encode(texts: &[Vec<u32>], labels: &[u32]) -> Encoded {
    let mut encoded = Encoded::default();
    for (text, &label) in texts.iter().zip(labels) {
        encoded.push(text, label);
    }
    encoded
}

fn pack(texts: &Encoded) -> Batch {
    Batch::pack(texts, &(0..texts.len()).collect::<Vec<_>>(), 1000, Padding::Exact)
}

fn pack_for(model: &NeuralClassifier, texts: &Encoded) -> Batch {
    let all: Vec<usize> = (0..texts.len()).collect();
    Batch::pack_chunks(texts, &all, 1000, Padding::Exact, model.chunk_len())
}

fn classifier(shape: Shape, dropout: f64, precision: Precision, rng: &mut Rng) -> NeuralClassifier {
    let matrix = (0..VOCAB * shape.dim).map(|_| rng.range(-1.0, 1.0) as f32).collect();
    let families = Families {
        recurrent: Recurrent {
            hidden_size: shape.hidden_size,
            num_layers: shape.num_layers,
            bidirectional: shape.bidirectional,
            recurrent_dropout: shape.recurrent_dropout,
            layer_norm: shape.layer_norm,
            chunk_len: shape.chunk_len,
            ..Recurrent::default()
        },
        cnn: CnnSettings { filter_widths: shape.filter_widths.to_vec(), filters: shape.filters },
        ..Families::default()
    };
    let shared = SharedConfig {
        dropout: if shape.locked_dropout > 0.0 { shape.locked_dropout } else { dropout },
        locked_dropout: shape.locked_dropout > 0.0,
        word_dropout: dropout / 2.0,
        bigram_buckets: shape.bigram_buckets,
        pooling: Some(shape.pooling),
        segments: shape.segments,
        freeze_embeddings: false,
        precision,
    };
    let config = NeuralConfig { encoder: families.encoder(shape.kind), shared, num_classes: shape.num_classes };
    let mut model = NeuralClassifier::new(config, matrix, shape.dim, rng.next_u64());
    // What training makes of them, not all 1 or 0.
    let is_even = |parameter: &&mut Parameter| ["norm", "bigrams"].iter().any(|name| parameter.name.starts_with(name));
    let even = model.parameters_mut().into_iter().filter(is_even);
    even.flat_map(|parameter| &mut parameter.value).for_each(|value| *value += rng.range(-0.5, 0.5) as f32);
    model
}

fn tensors(model: &NeuralClassifier) -> Tensors {
    let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    model.parameters().into_iter().map(|parameter| (parameter.name.clone(), wide(&parameter.value))).collect()
}

/// Where a convolution's sums are all positive its ReLU has no bend, across which rounding or a step of differences could carry.
fn beyond_the_bend(model: &mut NeuralClassifier) {
    let biases = |parameter: &&mut Parameter| parameter.name.starts_with("convolution") && parameter.shape.len() == 1;
    for bias in model.parameters_mut().into_iter().filter(biases) {
        bias.value.iter_mut().for_each(|value| *value += 4.0);
    }
}

/// Pairs of words, and the options of a recurrent stack, each alone and then together.
fn with_options(shape: Shape) -> Vec<Shape> {
    let bigrams = Shape { bigram_buckets: 7, ..shape };
    if shape.kind.cell().is_none() {
        return vec![bigrams];
    }
    let recurrent = Shape { recurrent_dropout: 0.3, ..shape };
    // Of two values a norm leaves nothing but which is larger: their gradients cancel, and rounding remains. So it is, less
    // often, with a few.
    let layer_norm = shape.hidden_size > 4;
    let normed = Shape { layer_norm, ..shape };
    let all = Shape { locked_dropout: 0.2, layer_norm, chunk_len: 3, bigram_buckets: 30, ..recurrent };
    vec![bigrams, recurrent, Shape { locked_dropout: 0.4, ..shape }, normed, Shape { chunk_len: 2, ..shape }, all]
}

fn kinds_and_precisions() -> impl Iterator<Item = (ModelKind, Precision)> {
    TWINS.into_iter().flat_map(|kind| [(kind, Precision::F32), (kind, Precision::Bf16)])
}

#[test]
fn the_references_gradients_are_the_slopes_of_its_loss() {
    for kind in TWINS {
        let depths = [(1, false), (1, true), (2, true)].map(|(layers, both)| (layers, both, Pooling::Last));
        let poolings = Pooling::ALL.map(|pooling| (1, true, pooling));
        // A convolution and the words themselves know no chunks.
        let chunks = Pooling::ALL.map(|pooling| Shape { kind, bidirectional: true, pooling, chunk_len: 2, ..PLAIN });
        let chunks = chunks.into_iter().filter(|_| kind.cell().is_some());
        let plain = depths.into_iter().chain(poolings).map(|(num_layers, bidirectional, pooling)| {
            // Layers and directions are a recurrent network's, widths a convolution's.
            let filter_widths = [&[1][..], &[2], &[2, 3, 5]][num_layers - usize::from(!bidirectional)];
            Shape { kind, num_layers, bidirectional, filter_widths, pooling, ..PLAIN }
        });
        let deep = Shape { kind, hidden_size: 5, num_layers: 2, bidirectional: true, ..PLAIN };
        for shape in plain.chain(with_options(deep)).chain(chunks) {
            let mut rng = Rng::new(shape.num_layers as u64);
            let (texts, labels) = (texts_of(&[5, 2, 1, 0], &mut rng), [0, 2, 1, 1]);
            let before = tensors(&classifier(shape, 0.0, Precision::F32, &mut rng));
            let (_, gradients) = loss_and_gradients(shape, &before, &texts, &labels);
            for (name, gradient) in &gradients {
                for place in 0..gradient.len() {
                    if name == "embedding.weight" && place < shape.dim {
                        continue; // <pad> is never trained
                    }
                    let at = |step: f64| {
                        let mut moved = before.clone();
                        moved.get_mut(name).unwrap()[place] += step;
                        loss_and_gradients(shape, &moved, &texts, &labels).0
                    };
                    let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                    let error = (slope - gradient[place]).abs() / (1e-3 + slope.abs());
                    assert!(error < 1e-6, "{kind:?} {name}[{place}]: {} for a slope of {slope}", gradient[place]);
                }
            }
        }
    }
}

/// Holds the fast kernels against the reference on one random shape, in both precisions.
fn check_against_reference(shape: Shape, lengths: &[usize], seed: u64) {
    check_precision(shape, lengths, seed, Precision::F32, 2e-5);
    // Where the largest of nearly equal states counts, rounding may choose another, and the gradient goes elsewhere.
    if matches!(shape.pooling, Pooling::Last | Pooling::Mean | Pooling::Attention) {
        // Eight significant bits, through two layers and back: a few hundredths of the largest gradient.
        // A norm scales small states up, and their rounding.
        check_precision(shape, lengths, seed, Precision::Bf16, if shape.layer_norm { 1e-1 } else { 5e-2 });
    }
}

/// `tolerance` is relative to the largest gradient of a parameter, or to a fiftieth of the largest of all: where a sum nearly
/// cancels, the rounding of its parts remains.
fn check_precision(shape: Shape, lengths: &[usize], seed: u64, precision: Precision, tolerance: f64) {
    let mut rng = Rng::new(seed);
    let mut model = classifier(shape, 0.0, precision, &mut rng);
    if precision == Precision::Bf16 {
        beyond_the_bend(&mut model);
    }
    let texts = texts_of(lengths, &mut rng);
    let labels: Vec<u32> = texts.iter().map(|_| rng.below(shape.num_classes) as u32).collect();
    let plain = tensors(&model);
    let (loss, gradients) = loss_and_gradients(shape, &plain, &texts, &labels);
    let batch = pack_for(&model, &encode(&texts, &labels));
    let result = model.train_batch(&batch, &KEY, LossConfig::default());
    let found = result.loss / texts.len() as f64;
    assert!((found - loss).abs() < 0.5 * tolerance * (1.0 + loss), "{shape:?} {precision:?}: loss {found} for {loss}");
    let largest = |values: &[f64]| values.iter().fold(0.0f64, |size, d| size.max(d.abs()));
    let overall = gradients.values().map(|values| largest(values)).fold(0.0, f64::max);
    for parameter in model.parameters() {
        let (name, expected) = (&parameter.name, &gradients[&parameter.name]);
        let size = largest(expected).max(overall / 50.0);
        for (place, (&found, &expected)) in parameter.gradient.iter().zip(expected).enumerate() {
            let error = (f64::from(found) - expected).abs();
            if error < tolerance * size + 1e-7 {
                continue;
            }
            let is_on_an_edge = (0..16).any(|number| {
                let moved = loss_and_gradients(shape, &rounded(&plain, number), &texts, &labels).1[name][place];
                (moved - expected).abs() > 0.5 * error
            });
            assert!(is_on_an_edge, "{shape:?} {precision:?} {name} [{place}]: {found} for {expected}");
            return;
        }
    }
}

/// The same numbers, a few bits of rounding off. Where that alone moves a gradient as far as it is off, the largest of some states is
/// hardly larger than another, or a sum lies at the bend of a ReLU: such a case tells nothing.
fn rounded(tensors: &Tensors, number: u64) -> Tensors {
    let mut rng = Rng::new(number);
    let mut off = |value: &f64| value * (1.0 + 1e-6 * (rng.uniform() - 0.5));
    tensors.iter().map(|(name, values)| (name.clone(), values.iter().map(&mut off).collect())).collect()
}

#[test]
fn the_kernels_equal_the_reference_at_odd_sizes() {
    for kind in TWINS {
        for (hidden_size, lengths) in [(1, &[1][..]), (7, &[3, 0, 9, 1]), (33, &[6, 2]), (80, &[4, 4, 7])] {
            let shape = Shape { kind, dim: 5, hidden_size, num_layers: 2, bidirectional: true, ..PLAIN };
            check_against_reference(shape, lengths, hidden_size as u64);
            for shape in with_options(shape) {
                check_against_reference(shape, lengths, hidden_size as u64);
            }
        }
        for pooling in Pooling::ALL {
            let shape = Shape { kind, dim: 5, hidden_size: 20, bidirectional: true, pooling, ..PLAIN };
            let lengths: Vec<usize> = (0..70).map(|i| i % 9).collect();
            check_against_reference(shape, &lengths, 8);
            if kind.cell().is_some() {
                check_against_reference(Shape { chunk_len: 4, ..shape }, &lengths, 8); // one text's chunks in several slices
            }
        }
        let shape = Shape { kind, dim: 19, hidden_size: 6, num_classes: 17, ..PLAIN };
        check_against_reference(shape, &(0..70).map(|i| i % 13).collect::<Vec<_>>(), 3);
        check_against_reference(shape, &[0, 0], 4);
        check_against_reference(shape, &[300], 5);
    }
}

const WIDTHS: [&[usize]; 7] = [&[1], &[2], &[3], &[4], &[5], &[3, 4, 5], &[1, 2, 7, 20]];

#[test]
fn the_kernels_equal_the_reference_for_windows_wider_than_the_text() {
    for (filters, filter_widths) in [1, 7, 33].into_iter().flat_map(|filters| WIDTHS.map(|widths| (filters, widths))) {
        for pooling in [Pooling::Max, Pooling::Mean] {
            let shape = Shape { kind: Cnn, dim: 5, filters, filter_widths, pooling, ..PLAIN };
            for lengths in [&[0][..], &[1], &[2], &[3, 0, 1, 2]] {
                check_against_reference(shape, lengths, filters as u64);
            }
            check_against_reference(shape, &(0..70).map(|i| i % 11).collect::<Vec<_>>(), 6);
        }
        // So long that few tokens have a gradient, which are then gone to one by one.
        for pooling in [Pooling::Max, Pooling::Segments] {
            let shape = Shape { kind: Cnn, dim: 19, filters, filter_widths, pooling, ..PLAIN };
            check_against_reference(shape, &(0..40).map(|i| 30 + i).collect::<Vec<_>>(), 9);
        }
    }
}

#[test]
fn a_tie_of_the_largest_is_no_mistake() {
    let shape = Shape {
        kind: ModelKind::Cnn,
        dim: 18,
        filter_widths: WIDTHS[27 % WIDTHS.len()],
        filters: 27,
        num_classes: 4,
        ..PLAIN
    };
    let shape = Shape { hidden_size: 27, pooling: Pooling::Max, segments: 1, ..shape };
    check_precision(shape, &[11], 9_840_534_769_329_256_212, Precision::F32, 2e-5);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernels_equal_the_reference_at_random_shapes(
        kind in 0..TWINS.len(), dim in 1..40usize, hidden_size in 1..50usize, num_layers in 1..3usize, bidirectional: bool,
        pooling in 0..Pooling::ALL.len(), segments in 1..6usize, option in 0..8usize, lengths in prop::collection::vec(0..12usize, 1..40), seed: u64,
    ) {
        let (kind, pooling) = (TWINS[kind], Pooling::ALL[pooling]);
        let filter_widths = WIDTHS[hidden_size % WIDTHS.len()];
        let convolution = Shape { filter_widths, filters: hidden_size, ..PLAIN };
        let shape =
            Shape { kind, dim, hidden_size, num_layers, bidirectional, num_classes: 4, pooling, segments, ..convolution };
        let shape = with_options(shape).get(option).copied().unwrap_or(shape);
        check_against_reference(shape, &lengths, seed);
    }
}

/// Runs tests of this file again in a process of its own, at another instruction set: a process chooses its set once.
#[test]
fn every_instruction_set_passes_the_same_checks() {
    if std::env::var_os("NINEFOLD_SIMD").is_some() {
        return; // this is such a process
    }
    for set in InstructionSet::available() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["the_kernels_equal_the_reference", "bits"])
            .env("NINEFOLD_SIMD", set.name())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}", set.name(), String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn dropout_drops_the_same_forwards_and_backwards() {
    let poolings = [Pooling::Last, Pooling::Attention, Pooling::Mean, Pooling::Mean, Pooling::MeanMax];
    for (kind, pooling) in [Rnn, Lstm, Gru, Cnn, Swem].into_iter().zip(poolings) {
        let shape = Shape { kind, dim: 6, hidden_size: 10, num_layers: 2, bidirectional: true, pooling, ..PLAIN };
        let shape = Shape { bigram_buckets: 9, ..shape };
        let mut rng = Rng::new(9);
        let mut model = classifier(shape, 0.4, Precision::F32, &mut rng);
        beyond_the_bend(&mut model);
        let texts = texts_of(&[7, 3, 12, 1, 5], &mut rng);
        let batch = pack(&encode(&texts, &[0, 1, 2, 0, 1]));
        let loss = |model: &mut NeuralClassifier| {
            model.train_batch(&batch, &[5], LossConfig::default()).loss / batch.rows() as f64
        };
        loss(&mut model);
        let gradients: Vec<Vec<f32>> = model.parameters().iter().map(|parameter| parameter.gradient.clone()).collect();
        for number in 0..gradients.len() {
            let name = model.parameters()[number].name.clone();
            let direction: Vec<f32> = gradients[number].iter().map(|_| rng.range(-1.0, 1.0) as f32).collect();
            let pairs = gradients[number].iter().zip(&direction).skip(if number == 0 { shape.dim } else { 0 });
            let expected: f64 = pairs.map(|(d, v)| f64::from(*d) * f64::from(*v)).sum();
            let step = |model: &mut NeuralClassifier, size: f32| {
                let pairs = model.parameters_mut().swap_remove(number).value.iter_mut().zip(&direction);
                pairs.for_each(|(value, v)| *value += size * v);
            };
            let start = model.parameters()[number].value.clone();
            step(&mut model, 2e-3);
            let above = loss(&mut model);
            model.parameters_mut().swap_remove(number).value.copy_from_slice(&start);
            step(&mut model, -2e-3);
            let below = loss(&mut model);
            model.parameters_mut().swap_remove(number).value.copy_from_slice(&start);
            let slope = (above - below) / 4e-3;
            assert!(
                (slope - expected).abs() < 2e-3 * (0.05 + slope.abs()),
                "{kind:?} {name}: {expected} for a slope of {slope}"
            );
        }
    }
}

#[test]
fn bits_of_a_text_do_not_depend_on_its_company() {
    for (kind, precision) in kinds_and_precisions() {
        let pooling = if kind == Gru { Pooling::Attention } else { Pooling::MeanMaxLast };
        let shape = Shape {
            kind,
            dim: 20,
            hidden_size: 40,
            num_layers: 2,
            bidirectional: true,
            filter_widths: &[2, 3, 5],
            filters: 37,
            num_classes: 5,
            pooling,
            ..PLAIN
        };
        for shape in [shape, Shape { layer_norm: true, chunk_len: 7, bigram_buckets: 40, ..shape }] {
            let mut rng = Rng::new(2);
            let mut model = classifier(shape, 0.0, precision, &mut rng);
            let lengths: Vec<usize> = (0..75).map(|i| (i * 31) % 40).collect();
            let texts = encode(&texts_of(&lengths, &mut rng), &[0; 75]);
            let all = pack_for(&model, &texts);
            let together = model.logits(&all);
            for (row, &text) in all.texts.iter().enumerate() {
                let alone = Batch::pack_chunks(&texts, &[text], 1000, Padding::Exact, model.chunk_len());
                assert_eq!(model.logits(&alone), together[row * 5..(row + 1) * 5], "{shape:?} text {text}");
            }
        }
    }
}

/// The bits of all gradients of one training batch.
fn gradient_bits(shape: Shape, dropout: f64, precision: Precision, lengths: &[usize]) -> Vec<u32> {
    let mut rng = Rng::new(2);
    let mut model = classifier(shape, dropout, precision, &mut rng);
    let texts = texts_of(lengths, &mut rng);
    let batch = pack_for(&model, &encode(&texts, &vec![1; texts.len()]));
    model.train_batch(&batch, &[1], LossConfig::default());
    model.parameters().iter().flat_map(|parameter| parameter.gradient.iter().map(|d| d.to_bits())).collect()
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let lengths: Vec<usize> = (0..150).map(|i| (i * 31) % 50).collect();
    for (kind, precision) in kinds_and_precisions() {
        let pooling = match kind {
            Gru => Pooling::Attention,
            Cnn if precision == Precision::F32 => Pooling::Max, // few gradients, gone to one by one
            Cnn => Pooling::Mean,
            _ => Pooling::Segments,
        };
        let shape = Shape {
            kind,
            dim: 30,
            hidden_size: 70,
            num_layers: 2,
            bidirectional: true,
            filter_widths: &[2, 3, 5],
            filters: 37,
            num_classes: 5,
            pooling,
            ..PLAIN
        };
        let bigram_buckets = 50;
        let options = Shape { recurrent_dropout: 0.2, layer_norm: true, chunk_len: 9, bigram_buckets, ..shape };
        let all = Shape { locked_dropout: 0.3, ..options };
        for shape in [shape, all] {
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| gradient_bits(shape, 0.3, precision, &lengths))
            };
            let one = run(1);
            for threads in [2, 3, 8, 16] {
                assert!(run(threads) == one, "{shape:?} {precision:?}: {threads} threads");
            }
        }
    }
}

#[test]
fn chunks_as_long_as_the_longest_text_change_no_bits() {
    let lengths: Vec<usize> = (0..70).map(|i| (i * 31) % 41).collect();
    for pooling in Pooling::ALL {
        let shape = Shape { kind: Gru, num_layers: 2, bidirectional: true, pooling, ..PLAIN };
        let of = |chunk_len| gradient_bits(Shape { chunk_len, ..shape }, 0.3, Precision::F32, &lengths);
        assert!(of(0) == of(40), "{pooling:?}");
        assert!(of(0) != of(39), "{pooling:?}: chunks of 39 cut the longest text");
    }
}

#[test]
fn prediction_takes_weights_whole_after_training_dropped_some() {
    let mut rng = Rng::new(3);
    let shape = Shape { recurrent_dropout: 0.5, kind: Lstm, ..PLAIN };
    let mut model = classifier(shape, 0.0, Precision::F32, &mut rng);
    let batch = pack(&encode(&texts_of(&[5, 3], &mut rng), &[0, 1]));
    let before = model.logits(&batch);
    let loss = |model: &mut NeuralClassifier, key| model.train_batch(&batch, &[key], LossConfig::default()).loss;
    let (first, second) = (loss(&mut model, 1), loss(&mut model, 2));
    assert_ne!(first, second, "each batch drops others");
    assert_eq!(model.logits(&batch), before);
    assert_eq!(loss(&mut model, 1), first, "the same key, the same mask");
}
