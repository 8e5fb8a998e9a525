//! The work queue: the blocks of an epoch, taken by whichever thread is free; epoch after epoch.
//!
//! A text, a schedule and a way to make workers -> trained matrices (the workers hold them). The learning rate falls with the
//! words trained, linearly, as in word2vec. A block's random numbers come from its position in the queue and not from the thread
//! that takes it, so one thread and a seed always give the same bytes.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::sampler::Subsampling;
use crate::stream::text::{Text, words_of};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::rng::{Rng, fold};
use ninefold_core::subnormals::FlushSubnormals;

/// How long, how fast and by how many.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) epochs: usize,
    /// Epochs before this one were trained by an earlier run.
    pub(crate) first_epoch: usize,
    pub(crate) learning_rate: f64,
    pub(crate) min_learning_rate: f64,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

/// The loss of some training pairs; a sample, because logarithms would cost more than the training.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LossSum {
    pub(crate) sum: f64,
    pub(crate) pairs: u64,
}

/// What one thread does with sentences.
pub(crate) trait Worker {
    /// Trains a sentence of matrix rows (subsampled already).
    fn train(&mut self, sentence: &[u32], learning_rate: f32, rng: &mut Rng);
    /// Called after each block.
    fn synchronize(&mut self);
    /// The loss measured since the last call.
    fn take_loss(&mut self) -> LossSum;
}

/// Trains the epochs of `text` from `schedule.first_epoch` on; with one thread on the caller's own. `after_epoch` is called when an
/// epoch is done and no worker lives, with the number of epochs done.
///
/// # Errors
/// [`Error::Interrupted`] when the user cancels, [`Error::Io`] when the text cannot be read; what `make_worker` and `after_epoch`
/// fail with.
pub(crate) fn run<W: Worker>(
    text: &Text,
    subsampling: &Subsampling,
    schedule: &Schedule,
    progress: &dyn Progress,
    make_worker: impl Fn() -> Result<W> + Sync,
    mut after_epoch: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    let queue = Queue {
        text,
        subsampling,
        schedule,
        progress,
        next: AtomicUsize::new(0),
        cancelled: AtomicBool::new(false),
        recent: Mutex::new(Recent { loss: LossSum::default(), shown: Instant::now() }),
    };
    progress.advance(text.words() * schedule.first_epoch as u64);
    for epoch in schedule.first_epoch..schedule.epochs {
        queue.next.store(0, Ordering::Relaxed);
        let work = || queue.work(epoch, make_worker()?);
        std::thread::scope(|scope| {
            // Threads that the system refuses leave their blocks to the others.
            let start = |_| Builder::new().spawn_scoped(scope, work).ok();
            let others: Vec<_> = (1..schedule.threads).filter_map(start).collect();
            let own = work();
            let mut results =
                others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            own.and(results.try_for_each(|result| result))
        })?;
        after_epoch(epoch + 1)?;
    }
    queue.show(LossSum::default(), schedule.epochs - 1, schedule.min_learning_rate, true);
    Ok(())
}

struct Queue<'a> {
    text: &'a Text<'a>,
    subsampling: &'a Subsampling,
    schedule: &'a Schedule,
    progress: &'a dyn Progress,
    next: AtomicUsize, // block of this epoch
    cancelled: AtomicBool,
    recent: Mutex<Recent>,
}

struct Recent {
    loss: LossSum,
    shown: Instant,
}

impl Queue<'_> {
    fn work<W: Worker>(&self, epoch: usize, mut worker: W) -> Result<()> {
        let _flushing = FlushSubnormals::enter();
        let blocks = self.text.blocks();
        let (mut kept, mut buffer) = (Vec::new(), Vec::new());
        loop {
            if self.cancelled.load(Ordering::Relaxed) || self.progress.is_cancelled() {
                self.cancelled.store(true, Ordering::Relaxed);
                return Err(Error::Interrupted);
            }
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = blocks.get(number) else { break };
            let learning_rate = self.learning_rate(epoch, block.words_before);
            let mut rng = Rng::new(fold(&[self.schedule.seed, 0xb10c, (epoch * blocks.len() + number) as u64]));
            self.text.each_chunk(block, &mut buffer, |chunk| {
                kept.clear();
                kept.extend(words_of(chunk).filter(|&word| self.subsampling.keeps(word, &mut rng)));
                worker.train(&kept, learning_rate as f32, &mut rng);
            })?;
            worker.synchronize();
            self.progress.advance(block.words);
            self.show(worker.take_loss(), epoch, learning_rate, false);
        }
        Ok(())
    }

    /// Linear from `learning_rate` at the first word of the first epoch to `min_learning_rate` after the last of the last.
    fn learning_rate(&self, epoch: usize, words_before: u64) -> f64 {
        let Schedule { epochs, learning_rate, min_learning_rate, .. } = *self.schedule;
        let progress = (epoch as f64 + words_before as f64 / self.text.words() as f64) / epochs as f64;
        learning_rate - (learning_rate - min_learning_rate) * progress
    }

    /// Reports the mean loss since the last report, ten times a second and at the end.
    fn show(&self, loss: LossSum, epoch: usize, learning_rate: f64, end: bool) {
        let Ok(mut recent) = self.recent.lock() else { return };
        recent.loss.sum += loss.sum;
        recent.loss.pairs += loss.pairs;
        if recent.loss.pairs == 0 || (!end && recent.shown.elapsed() < Duration::from_millis(100)) {
            return;
        }
        let epochs = self.schedule.epochs;
        let mean = recent.loss.sum / recent.loss.pairs as f64;
        *recent = Recent { loss: LossSum::default(), shown: Instant::now() };
        drop(recent);
        let status = format!("epoch {}/{epochs}  loss {mean:.3}  learning rate {learning_rate:.4}", epoch + 1);
        self.progress.status(&status);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::sentences::Sentences;
    use ninefold_core::progress::Silent;
    use ninefold_text::vocab::Vocab;

    /// Writes down what it is given.
    struct RecordingWorker<'a>(&'a Mutex<Vec<(Vec<u32>, f32)>>);

    impl Worker for RecordingWorker<'_> {
        fn train(&mut self, sentence: &[u32], learning_rate: f32, _rng: &mut Rng) {
            assert!(FlushSubnormals::is_active() || !cfg!(target_arch = "x86_64"));
            self.0.lock().unwrap().push((sentence.to_vec(), learning_rate));
        }
        fn synchronize(&mut self) {}
        fn take_loss(&mut self) -> LossSum {
            LossSum::default()
        }
    }

    fn seen(sample: f64, threads: usize, first_epoch: usize) -> Vec<(Vec<u32>, f32)> {
        let sentences = vec![vec![2; 8_000], vec![1, 3, 0, 2], vec![2; 8_000]];
        let vocab = Vocab::from_tokens(vec!["a".into(), "b".into()]).unwrap();
        let text = Text::new(Sentences::Memory(&sentences), &vocab).unwrap();
        let schedule =
            Schedule { epochs: 4, first_epoch, learning_rate: 0.5, min_learning_rate: 0.1, seed: 1, threads };
        let seen = Mutex::new(Vec::new());
        let subsampling = Subsampling::new(text.counts(), sample);
        run(&text, &subsampling, &schedule, &Silent, || Ok(RecordingWorker(&seen)), |_| Ok(())).unwrap();
        assert!(!FlushSubnormals::is_active(), "the caller's state is restored");
        seen.into_inner().unwrap()
    }

    #[test]
    fn every_epoch_trains_every_sentence_while_the_learning_rate_falls() {
        let seen_by_one = seen(0.0, 1, 0);
        assert_eq!(seen_by_one.len(), 12);
        assert!(seen_by_one.chunks(3).all(|epoch| epoch[1].0 == [1, 0]), "unknown words are gone");
        for (epoch, seen) in seen_by_one.chunks(3).enumerate() {
            let expected = 0.5 - 0.4 * epoch as f32 / 4.0;
            assert!((seen[0].1 - expected).abs() < 1e-6, "epoch {epoch}: {}, expected {expected}", seen[0].1);
        }
        assert!(seen(0.0, 1, 2) == seen_by_one[6..], "a resumed training does what is left");
        let mut by_three = seen(0.0, 3, 0);
        by_three.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.len().cmp(&a.0.len())));
        let mut by_one = seen_by_one;
        by_one.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.len().cmp(&a.0.len())));
        assert!(by_one == by_three, "three threads train the same sentences at the same rates");
    }

    #[test]
    fn frequent_words_are_thinned_out_anew_in_each_epoch() {
        let seen = seen(0.01, 1, 0);
        let kept: Vec<usize> = seen.iter().step_by(3).map(|(sentence, _)| sentence.len()).collect();
        let expected = 8000.0 * (0.01f64.sqrt() + 0.01);
        assert!(kept.iter().all(|&kept| (kept as f64 - expected).abs() < 140.0), "{kept:?}, expected about {expected}");
        assert!(kept.windows(2).any(|pair| pair[0] != pair[1]), "{kept:?}");
        assert!(seen.iter().skip(1).step_by(3).all(|(sentence, _)| sentence.first() == Some(&1)), "b is rare");
    }
}
