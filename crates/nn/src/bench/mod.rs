//! How fast this machine trains and predicts: *takes* networks, sizes and precisions -> *gives* a [`Record`] with times, tokens
//! and multiply-adds per second, and their fraction of what the processor can do at most, measured in the same run.
//!
//! ```text
//! workload.rs   a network and a batch of made-up texts, and the multiply-adds that a step over it takes
//! peak.rs       the most multiply-adds per second, from registers alone
//! ```

mod peak;
mod workload;

use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use peak::peak;
pub use workload::{Size, Workload};

use crate::layers::Precision;
use crate::model::{Classifier, ModelKind};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchConfig {
    /// Which networks.
    pub models: Vec<ModelKind>,
    /// Which networks and lengths.
    pub sizes: Vec<Size>,
    /// Which precisions.
    pub precisions: Vec<Precision>,
    /// What is done.
    pub work: Vec<Work>,
    /// Repetitions of each, of which the median counts.
    pub steps: usize,
}

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A training step: forward, backward, Adam.
    Train,
    /// Class scores of a batch.
    Predict,
    /// Class scores of one text after the other.
    Single,
}

impl Work {
    /// All of them.
    pub const ALL: [Work; 3] = [Work::Train, Work::Predict, Work::Single];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Work::Train => "train",
            Work::Predict => "predict",
            Work::Single => "single",
        }
    }
}

/// All that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Threads that worked.
    pub threads: usize,
    /// One row per work, size, network and precision.
    pub rows: Vec<Row>,
}

/// One piece of work of one network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was done.
    pub work: Work,
    /// The size's name: "round1".
    pub size: String,
    /// Which network.
    pub model: ModelKind,
    /// The numbers that were multiplied.
    pub precision: Precision,
    /// The instructions that did it: "avx512".
    pub simd: String,
    /// Milliseconds of each repetition, in order.
    pub times_ms: Vec<f64>,
    /// Their median.
    pub median_ms: f64,
    /// 99 of 100 were at most so long.
    pub p99_ms: f64,
    /// Texts per second, by the median.
    pub texts_per_s: f64,
    /// Tokens per second, by the median.
    pub tokens_per_s: f64,
    /// Multiply-adds of the matrix products per second, by the median, in 10^9 operations (a multiply-add is two).
    pub gflop_per_s: f64,
    /// The most that the processor did in the same run, between the repetitions.
    pub peak_gflop_per_s: f64,
    /// The fraction of it that the work reached, in \[0, 1\].
    pub share_of_peak: f64,
}

/// Does and times the work.
///
/// # Errors
/// [`Error::InvalidValue`] for no steps, [`Error::Interrupted`] when `progress` says so.
pub fn run(config: &BenchConfig, progress: &dyn Progress) -> Result<Record> {
    if config.steps == 0 {
        return Err(Error::invalid_value("steps", "at least 1", 0));
    }
    let mut rows = Vec::new();
    for &work in &config.work {
        for &size in config.sizes.iter().filter(|size| work == Work::Train || size.real_lengths) {
            for &precision in &config.precisions {
                for &kind in &config.models {
                    if progress.is_cancelled() {
                        return Err(Error::Interrupted);
                    }
                    progress.status(&format!("{} {} {} {}", work.name(), size.name(), kind.name(), precision.name()));
                    rows.push(measure(work, Workload::new(size, kind, precision), config.steps));
                    progress.advance(1);
                }
            }
        }
    }
    Ok(Record { threads: rayon::current_num_threads(), rows })
}

impl BenchConfig {
    /// Rows that [`run`] will make.
    pub fn rows(&self) -> usize {
        let real = self.sizes.iter().filter(|size| size.real_lengths).count();
        let sizes = |work: &Work| if *work == Work::Train { self.sizes.len() } else { real };
        self.work.iter().map(sizes).sum::<usize>() * self.models.len() * self.precisions.len()
    }
}

fn measure(work: Work, mut workload: Workload, steps: usize) -> Row {
    let set = workload.precision.instruction_set();
    let single = workload.singles();
    // One text takes so little time that a hundred are no burden.
    let repetitions = if work == Work::Single { 100 * steps } else { steps };
    let peak_every = repetitions.div_ceil(5);
    let (mut times_ms, mut peaks) = (Vec::new(), Vec::new());
    for step in 0..=repetitions {
        if step % peak_every == 0 {
            peaks.push(peak(set));
        }
        let start = Instant::now();
        match work {
            Work::Train => workload.train(step as u64),
            Work::Predict => drop(workload.model.logits(&workload.batch)),
            Work::Single => drop(workload.model.logits(&single[step % single.len()])),
        }
        times_ms.push(1e3 * start.elapsed().as_secs_f64());
    }
    times_ms.remove(0); // the first makes the buffers
    let of_one = |all: usize| if work == Work::Single { all as f64 / single.len() as f64 } else { all as f64 };
    let (texts, tokens) = (of_one(workload.batch.rows()), of_one(workload.batch.tokens()));
    let (median_ms, p99_ms) = (quantile(&times_ms, 0.5), quantile(&times_ms, 0.99));
    let gflop_per_s = 1e-6 * tokens * workload.flop_per_token(work == Work::Train) / median_ms;
    let peak_gflop_per_s = quantile(&peaks, 0.5);
    Row {
        work,
        size: workload.size.name().to_string(),
        model: workload.kind,
        precision: workload.precision,
        simd: set.name().to_string(),
        median_ms,
        p99_ms,
        texts_per_s: 1e3 * texts / median_ms,
        tokens_per_s: 1e3 * tokens / median_ms,
        gflop_per_s,
        peak_gflop_per_s,
        share_of_peak: gflop_per_s / peak_gflop_per_s,
        times_ms,
    }
}

/// The value below which a fraction of the values lies.
fn quantile(values: &[f64], fraction: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * fraction).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_core::progress::Silent;

    #[test]
    fn every_work_is_timed_beside_the_peak() {
        let config = BenchConfig {
            models: vec![ModelKind::Rnn],
            sizes: vec![Size { batch_size: 8, ..Size::ALL[2] }],
            precisions: vec![Precision::F32],
            work: Work::ALL.to_vec(),
            steps: 2,
        };
        let record = run(&config, &Silent).expect("a bench");
        assert_eq!(record.rows.len(), config.rows());
        for row in &record.rows {
            assert!(row.median_ms > 0.0 && row.p99_ms >= row.median_ms && row.share_of_peak > 0.0, "{row:?}");
        }
        assert!(run(&BenchConfig { steps: 0, ..config }, &Silent).is_err());
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&[4.0], 0.99), 4.0);
    }
}
