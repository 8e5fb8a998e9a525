//! How long a training step takes on texts as long as posts are (lognormal, median 90 tokens, at most 400), whole and in
//! chunks, and how long the answer for a text of 400 tokens alone:
//!
//! `cargo run --release --example chunks -- gru 0 200 100 50 25`
//!
//! The lengths of chunks take turns, so that a machine that slows down slows all of them; the shortest time of each counts.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::time::Instant;

use ninefold::nn::batch::{Batch, Encoded, Padding};
use ninefold::nn::families::recurrent::Recurrent;
use ninefold::nn::families::{CellKind, Families, SharedConfig};
use ninefold::nn::layers::optimizer::OptimizerStep;
use ninefold::nn::layers::{Optimizer, Pooling};
use ninefold::nn::model::{Classifier, LossConfig, NeuralClassifier, NeuralConfig};
use ninefold::rng::Rng;

const VOCAB: usize = 20_000;
const DIM: usize = 100;
const CLASSES: usize = 20;
const TEXTS: usize = 64;
const LONGEST: usize = 400;
const STEPS: u64 = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let cell = arguments.first().and_then(|name| CellKind::ALL.into_iter().find(|cell| cell.name() == name));
    let lengths: Option<Vec<usize>> = arguments.iter().skip(1).map(|length| length.parse().ok()).collect();
    let (Some(cell), Some(lengths)) = (cell, lengths) else {
        eprintln!("usage: chunks rnn|lstm|gru CHUNK_LEN ...");
        std::process::exit(2);
    };
    let mut rng = Rng::new(1);
    let mut texts = Encoded::default();
    for _ in 0..TEXTS {
        let length = ((90.0 * (0.8 * rng.normal()).exp()) as usize).clamp(1, LONGEST);
        let ids: Vec<u32> = (0..length).map(|_| 2 + rng.below(VOCAB - 2) as u32).collect();
        texts.push(&ids, rng.below(CLASSES) as u32);
    }
    let matrix: Vec<f32> = (0..VOCAB * DIM).map(|_| 0.3 * rng.normal() as f32).collect();
    let mut runs: Vec<Run> = lengths.into_iter().map(|chunk_len| Run::new(cell, chunk_len, &texts, &matrix)).collect();
    for step in 0..=STEPS {
        runs.iter_mut().for_each(|run| run.train(step));
    }
    println!("{}: {TEXTS} texts, {} tokens", cell.name(), texts.tokens());
    for mut run in runs {
        run.times_ms.remove(0); // the first makes the buffers
        run.times_ms.sort_by(f64::total_cmp);
        let steps = run.batch.slices.iter().map(|slice| slice.alive.len()).sum::<usize>();
        let (shortest, median) = (run.times_ms[0], run.times_ms[run.times_ms.len() / 2]);
        let (chunk_len, one_text) = (run.model.chunk_len(), run.one_text_ms(&texts));
        println!(
            "chunk_len {chunk_len:>3}: {shortest:.1} ms (median {median:.1}), {steps} steps of slices; one text {one_text:.2} ms"
        );
    }
}

/// A network and a batch that is packed for it.
struct Run {
    model: NeuralClassifier,
    batch: Batch,
    optimizer: Optimizer,
    times_ms: Vec<f64>,
}

impl Run {
    fn new(cell: CellKind, chunk_len: usize, texts: &Encoded, matrix: &[f32]) -> Run {
        let recurrent = Recurrent { hidden_size: 128, num_layers: 2, chunk_len, ..Recurrent::default() };
        let config = NeuralConfig {
            encoder: Families { recurrent, ..Families::default() }.encoder(cell.into()),
            shared: SharedConfig {
                dropout: 0.5,
                pooling: Some(Pooling::MeanMaxLast),
                freeze_embeddings: true,
                ..SharedConfig::default()
            },
            num_classes: CLASSES,
        };
        let model = NeuralClassifier::new(config, matrix.to_vec(), DIM, 1);
        let all: Vec<usize> = (0..texts.len()).collect();
        let batch = Batch::pack_chunks(texts, &all, LONGEST, Padding::Exact, chunk_len);
        let optimizer = Optimizer::new(&model.parameters());
        Run { model, batch, optimizer, times_ms: Vec::new() }
    }

    fn train(&mut self, step: u64) {
        let start = Instant::now();
        self.model.train_batch(&self.batch, &[step], LossConfig::default());
        let settings = OptimizerStep { learning_rate: 1e-3, ..OptimizerStep::default() };
        self.optimizer.step(self.model.parameters_mut(), settings);
        self.times_ms.push(1e3 * start.elapsed().as_secs_f64());
    }

    /// The shortest time for the answer to the longest text alone.
    fn one_text_ms(&mut self, texts: &Encoded) -> f64 {
        let longest = (0..texts.len()).max_by_key(|&text| texts.text(text).len()).unwrap_or(0);
        let batch = Batch::pack_chunks(texts, &[longest], LONGEST, Padding::Exact, self.model.chunk_len());
        let mut shortest = f64::INFINITY;
        for _ in 0..50 {
            let start = Instant::now();
            self.model.logits(&batch);
            shortest = shortest.min(1e3 * start.elapsed().as_secs_f64());
        }
        shortest
    }
}
