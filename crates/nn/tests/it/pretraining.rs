//! Pretraining: the language model's gradients against a plain f64 twin, which finite differences prove; the sampled softmax
//! against the whole one; what must not change a bit; that it learns, and what it hands over.

#![allow(clippy::unwrap_used)]
#![allow(clippy::needless_range_loop)] // the reference is plain loops on purpose

use crate::reference;

use ninefold_core::progress::Silent;
use ninefold_core::rng::{Rng, fold};
use ninefold_nn::batch::{Batch, Encoded, Padding};
use ninefold_nn::families::recurrent::{Recurrent, RecurrentFamily};
use ninefold_nn::families::{CellKind, EncoderConfig, SharedConfig};
use ninefold_nn::layers::Precision;
use ninefold_nn::model::language::{LanguageConfig, LanguageModel};
use ninefold_nn::model::{Classifier, ModelKind, NeuralClassifier, NeuralConfig};
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::{PretrainConfig, hand_over, pretrain};
use reference::dropout::Masks;
use reference::{PLAIN, Shape, Tensors, add_to, recurrent};

const VOCAB: usize = 13;
const DIM: usize = 5;
const KEY: [u64; 2] = [7, 8];
const NOISE_PLACE: u64 = 3;

/// `<pad>` and `<unk>` are no words; one word never occurs.
const COUNTS: [u64; VOCAB] = [0, 9, 30, 20, 11, 8, 7, 0, 5, 3, 2, 1, 1];

fn config(cell: CellKind, hidden_size: usize, bidirectional: bool, noise: usize) -> LanguageConfig {
    LanguageConfig {
        network: Recurrent { hidden_size, bidirectional, ..Recurrent::default() }.of(cell),
        dropout: 0.0,
        noise,
        freeze_embeddings: false,
        precision: Precision::F32,
    }
}

fn language_model(config: LanguageConfig) -> LanguageModel {
    let mut rng = Rng::new(11);
    let matrix = (0..VOCAB * DIM).map(|_| rng.range(-1.0, 1.0) as f32).collect();
    let mut model = LanguageModel::new(config, matrix, DIM, &COUNTS, 5);
    let biases = model.parameters_mut().into_iter().filter(|parameter| parameter.name == "softmax.bias");
    biases.flat_map(|bias| &mut bias.value).for_each(|value| *value = rng.range(-0.5, 0.5) as f32);
    model
}

fn texts(lengths: &[usize], seed: u64) -> Encoded {
    let mut rng = Rng::new(seed);
    let mut encoded = Encoded::default();
    for &length in lengths {
        let ids: Vec<u32> = (0..length).map(|_| 1 + rng.below(VOCAB - 1) as u32).collect();
        encoded.push(&ids, 0);
    }
    encoded
}

fn pack(texts: &Encoded) -> Batch {
    Batch::pack(texts, &(0..texts.len()).collect::<Vec<_>>(), 1000, Padding::Exact)
}

fn tensors(model: &LanguageModel) -> Tensors {
    let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    model.parameters().into_iter().map(|parameter| (parameter.name.clone(), wide(&parameter.value))).collect()
}

/// Shares of the words among the noise.
fn shares() -> Vec<f64> {
    let weights: Vec<f64> = (0..).zip(COUNTS).map(|(id, n)| if id < 2 { 0.0 } else { (n as f64).powf(0.75) }).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// The negative samples of one direction's predictions, drawn as the model draws them: fewer than 512 predictions are one unit.
fn negative_samples(direction: u64, noise: usize) -> Vec<usize> {
    let mut rng = Rng::new(fold(&[&KEY[..], &[NOISE_PLACE, direction]].concat()));
    let (shares, mut drawn) = (shares(), Vec::new());
    for _ in 0..noise {
        let (place, mut sum, mut word) = (rng.uniform(), 0.0, 0);
        while sum + shares[word] <= place {
            sum += shares[word];
            word += 1;
        }
        drawn.push(word);
    }
    drawn
}

/// Mean loss of a word, and the gradient of every parameter, text by text and word by word.
fn plain(shape: Shape, tensors: &Tensors, texts: &Encoded, noise: usize) -> (f64, Tensors) {
    let mut gradients: Tensors = tensors.iter().map(|(name, value)| (name.clone(), vec![0.0; value.len()])).collect();
    let (directions, hidden) = (if shape.bidirectional { 2 } else { 1 }, shape.hidden_size);
    let shares = shares();
    let expected = |word: usize| (noise as f64 * shares[word]).ln();
    let all: Vec<&[u32]> = (0..texts.len()).map(|text| texts.text(text)).collect();
    let predicted = |ids: &&[u32]| {
        let forwards = ids.iter().skip(1).filter(|&&id| id > 1).count();
        let backwards = ids.iter().rev().skip(1).filter(|&&id| id > 1).count();
        forwards + if directions == 2 { backwards } else { 0 }
    };
    let words: usize = all.iter().map(predicted).sum();
    let (mut loss, scale) = (0.0, 1.0 / words as f64);
    let cell = shape.kind.cell().unwrap();
    let masks = Masks { embedding: vec![1.0; DIM], layers: Vec::new(), pooled: Vec::new() };
    for ids in all {
        let table = &tensors["embedding.weight"];
        let embedded = ids.iter().map(|&id| table[id as usize * DIM..][..DIM].to_vec()).collect();
        let states = recurrent::forward(shape, cell, tensors, &masks, &embedded);
        let mut d_states = vec![vec![0.0; directions * hidden]; ids.len()];
        for direction in 0..directions {
            let noise = negative_samples(direction as u64, noise);
            for token in 0..ids.len() {
                let before =
                    if direction == 0 { token.checked_sub(1) } else { Some(token + 1).filter(|&t| t < ids.len()) };
                let (Some(before), word) = (before, ids[token] as usize) else { continue };
                if word < 2 {
                    continue;
                }
                let unit = |k: usize| direction * hidden + k;
                let logit = |word: usize| {
                    let row = &tensors["softmax.weight"][word * hidden..][..hidden];
                    let product: f64 = (0..hidden).map(|k| row[k] * states[before][unit(k)]).sum();
                    product + tensors["softmax.bias"][word]
                };
                let others = noise.iter().copied().filter(|&other| other != word);
                let corrected = others.map(|other| (other, (logit(other) - expected(other)).exp()));
                let (choices, exponentials): (Vec<usize>, Vec<f64>) =
                    std::iter::once((word, logit(word).exp())).chain(corrected).unzip();
                let sum: f64 = exponentials.iter().sum();
                loss += sum.ln() - exponentials[0].ln();
                for (place, (&choice, exponential)) in choices.iter().zip(&exponentials).enumerate() {
                    let d = scale * (exponential / sum - if place == 0 { 1.0 } else { 0.0 });
                    add_to(&mut gradients, "softmax.bias", choice, d);
                    for k in 0..hidden {
                        add_to(&mut gradients, "softmax.weight", choice * hidden + k, d * states[before][unit(k)]);
                        d_states[before][unit(k)] += d * tensors["softmax.weight"][choice * hidden + k];
                    }
                }
            }
        }
        let d_embedded = recurrent::backward(shape, cell, tensors, &mut gradients, &masks, &embedded, d_states);
        for (&id, d_row) in ids.iter().zip(d_embedded) {
            (0..DIM).for_each(|k| add_to(&mut gradients, "embedding.weight", id as usize * DIM + k, d_row[k]));
        }
    }
    (loss * scale, gradients)
}

fn shape(config: LanguageConfig) -> Shape {
    let RecurrentFamily { cell, settings: Recurrent { hidden_size, bidirectional, .. } } = config.network;
    Shape { kind: ModelKind::from(cell), dim: DIM, hidden_size, bidirectional, ..PLAIN }
}

#[test]
fn the_twins_gradients_are_the_slopes_of_its_loss() {
    for (cell, bidirectional) in [(CellKind::Gru, true), (CellKind::Lstm, false), (CellKind::Rnn, true)] {
        let config = config(cell, 4, bidirectional, 6);
        let (before, texts) = (tensors(&language_model(config)), texts(&[6, 3, 1, 0, 2], 3));
        let (_, gradients) = plain(shape(config), &before, &texts, 6);
        for (name, gradient) in &gradients {
            for place in 0..gradient.len() {
                let loss = |step: f64| {
                    let mut moved = before.clone();
                    moved.get_mut(name).unwrap()[place] += step;
                    plain(shape(config), &moved, &texts, 6).0
                };
                let slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
                let error = (slope - gradient[place]).abs() / slope.abs().max(gradient[place].abs()).max(1e-3);
                assert!(error < 1e-6, "{cell:?} {name}[{place}]: {slope} for {}", gradient[place]);
            }
        }
    }
}

#[test]
fn the_model_equals_its_twin() {
    let lengths: Vec<usize> = (0..40).map(|i| i % 9).collect();
    for cell in CellKind::ALL {
        for (hidden_size, bidirectional, noise) in [(1, false, 1), (7, true, 5), (33, true, 40), (20, false, 17)] {
            let config = config(cell, hidden_size, bidirectional, noise);
            let mut model = language_model(config);
            let texts = texts(&lengths, 2);
            let (loss, gradients) = plain(shape(config), &tensors(&model), &texts, noise);
            let found = model.train_batch(&pack(&texts), &KEY);
            assert!((found.loss / found.words as f64 - loss).abs() < 1e-5, "{cell:?} {hidden_size}: {found:?} {loss}");
            for parameter in model.parameters() {
                let expected = &gradients[&parameter.name];
                let largest = expected.iter().fold(1e-3f64, |largest, d| largest.max(d.abs()));
                for (place, (&found, expected)) in parameter.gradient.iter().zip(expected).enumerate() {
                    let name = &parameter.name;
                    let error = (f64::from(found) - expected).abs() / largest;
                    assert!(error < 2e-5, "{cell:?} {hidden_size} {name}[{place}]: {found} for {expected}");
                }
            }
        }
    }
}

#[test]
fn much_noise_gives_the_loss_of_the_whole_softmax() {
    let config = config(CellKind::Gru, 9, false, 20_000);
    let mut model = language_model(config);
    let (weights, shape) = (tensors(&model), shape(config));
    let masks = Masks { embedding: vec![1.0; DIM], layers: Vec::new(), pooled: Vec::new() };
    let mut texts = Encoded::default();
    texts.push(&[2, 3, 5, 4, 12, 2, 6, 11, 8], 0);
    let ids = texts.text(0);
    let embedded = ids.iter().map(|&id| weights["embedding.weight"][id as usize * DIM..][..DIM].to_vec()).collect();
    let states = recurrent::forward(shape, CellKind::Gru, &weights, &masks, &embedded);
    let mut whole = 0.0;
    for (state, &word) in states.iter().zip(&ids[1..]) {
        let logit = |word: usize| -> f64 {
            let row = &weights["softmax.weight"][word * 9..][..9];
            row.iter().zip(state).map(|(w, h)| w * h).sum::<f64>() + weights["softmax.bias"][word]
        };
        let sum: f64 = (2..VOCAB).filter(|&word| COUNTS[word] > 0).map(|word| logit(word).exp()).sum();
        whole += sum.ln() - logit(word as usize);
    }
    let found = model.score(&pack(&texts), &KEY);
    assert_eq!(found.words, 8);
    assert!((found.loss / whole - 1.0).abs() < 0.01, "{found:?} for {whole}");
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let lengths: Vec<usize> = (0..90).map(|i| (i * 31) % 50).collect();
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let mut model = language_model(LanguageConfig { dropout: 0.3, ..config(CellKind::Lstm, 20, true, 30) });
            let predicted = model.train_batch(&pack(&texts(&lengths, 9)), &KEY);
            let gradients = model.parameters().into_iter().flat_map(|parameter| parameter.gradient.clone());
            (predicted, gradients.map(f32::to_bits).collect::<Vec<_>>())
        })
    };
    let one = run(1);
    assert!(one.0.words > 3 * 512, "several units of each direction");
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

/// The words of a ring, of which each is followed by the next one, or, one time in four, by the one after that.
const RING: [u32; 8] = [2, 3, 4, 5, 6, 8, 9, 10];

fn rings(number: usize) -> Encoded {
    let mut rng = Rng::new(number as u64);
    let mut encoded = Encoded::default();
    for text in 0..number {
        let mut place = text;
        let mut follow = |_| {
            place += 1 + usize::from(rng.chance(0.25));
            RING[place % RING.len()]
        };
        encoded.push(&(0..10).map(&mut follow).collect::<Vec<u32>>(), 0);
    }
    encoded
}

fn pretrained(epochs: usize, freeze_embeddings: bool) -> (LanguageModel, Vec<f64>) {
    let mut model = language_model(LanguageConfig { freeze_embeddings, ..config(CellKind::Gru, 12, true, 20) });
    let config = PretrainConfig { epochs, learning_rate: 1e-2, noise: 20 };
    let history =
        pretrain(&mut model, [&rings(300), &rings(50)], &config, &TrainConfig::default(), 1, &Silent).unwrap();
    (model, history.iter().map(|epoch| epoch.validation_loss).collect())
}

/// By the whole softmax, though trained with a few negative samples whose frequencies are others: the logits are corrected for those.
#[test]
fn the_probabilities_of_the_next_word_are_learned() {
    let (model, losses) = pretrained(30, false);
    assert!(losses[29] < losses[0], "{losses:?}");
    let (shape, weights) = (shape(config(CellKind::Gru, 12, true, 20)), tensors(&model));
    let masks = Masks { embedding: vec![1.0; DIM], layers: Vec::new(), pooled: Vec::new() };
    let (mut next, mut after, mut predictions) = (0.0, 0.0, 0.0);
    for text in 0..20 {
        let texts = rings(20);
        let ids = texts.text(text);
        let embedded = ids.iter().map(|&id| weights["embedding.weight"][id as usize * DIM..][..DIM].to_vec()).collect();
        let states = recurrent::forward(shape, CellKind::Gru, &weights, &masks, &embedded);
        for (token, &id) in ids.iter().enumerate().skip(2) {
            let exponential = |word: u32| -> f64 {
                let row = &weights["softmax.weight"][word as usize * 12..][..12];
                let product: f64 = row.iter().zip(&states[token]).map(|(w, h)| w * h).sum();
                (product + weights["softmax.bias"][word as usize]).exp()
            };
            let sum: f64 = RING.into_iter().map(exponential).sum();
            let place = RING.iter().position(|&word| word == id).unwrap();
            next += exponential(RING[(place + 1) % RING.len()]) / sum;
            after += exponential(RING[(place + 2) % RING.len()]) / sum;
            predictions += 1.0;
        }
    }
    let (next, after) = (next / predictions, after / predictions);
    assert!((0.68..0.82).contains(&next) && (0.18..0.32).contains(&after), "{next:.3} {after:.3}");
}

#[test]
fn a_classifier_begins_with_what_was_learned() {
    for (freeze_embeddings, num_layers) in [(false, 1), (true, 2)] {
        let (language, _) = pretrained(1, freeze_embeddings);
        let network = NeuralConfig {
            encoder: EncoderConfig::Gru(Recurrent { hidden_size: 12, num_layers, ..Recurrent::default() }),
            shared: SharedConfig { freeze_embeddings, ..SharedConfig::without_dropout() },
            num_classes: 2,
        };
        let mut model = NeuralClassifier::new(network, vec![0.5; VOCAB * DIM], DIM, 1);
        let handed = hand_over(&language, &mut model);
        assert_eq!(handed, 8 + usize::from(!freeze_embeddings), "four tensors of each direction, and the embedding");
        let learned = language.parameters();
        for parameter in model.parameters() {
            let twin = learned.iter().find(|twin| twin.name == parameter.name);
            let is_handed = parameter.is_trained() && twin.is_some();
            assert_eq!(is_handed, twin.is_some_and(|twin| twin.value == parameter.value), "{}", parameter.name);
        }
    }
}

#[test]
fn few_texts_are_refused() {
    let mut model = language_model(config(CellKind::Gru, 4, true, 4));
    let (config, training) = (PretrainConfig { epochs: 1, ..Default::default() }, TrainConfig::default());
    let error = pretrain(&mut model, [&rings(10), &rings(2)], &config, &training, 1, &Silent).unwrap_err().to_string();
    assert_eq!(error, "pretraining needs at least 100 training texts, found 10: set pretraining.epochs = 0");
}
