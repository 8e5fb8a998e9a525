//! Two draws of word2vec: which words are negative samples, and which occurrences of a frequent word are trained.
//!
//! Word counts -> [`NegativeSampler`], which draws a word in constant time, and [`Subsampling`], which keeps or drops one.
//!
//! Sources: Mikolov et al., "Distributed representations of words and phrases and their compositionality" (2013), with the
//! keep probability of their program (not the paper's: every trainer since uses the program's); Walker's alias method as
//! Vose built it (1991). The alias table holds 8 bytes per word and the exact distribution, where the usual table holds
//! 400 MB and rounds it.

use std::hint::select_unpredictable;

use ninefold_core::rng::Rng;

/// A number in [0, n) from the upper half of a random word; the bias of n / 2^32 is far below what a sample could show.
#[inline]
pub(crate) fn below(rng: &mut Rng, n: usize) -> usize {
    (((rng.next_u64() >> 32) * n as u64) >> 32) as usize
}

/// The distribution of negative samples: word w with probability counts[w]^ns_exponent / sum.
pub(crate) struct NegativeSampler {
    columns: Vec<Column>, // [num_words]
}

/// Every column is as likely as any other; inside it, its own word wins with probability `own` / 2^32.
#[derive(Clone, Copy)]
struct Column {
    own: u32,
    other: u32,
}

impl NegativeSampler {
    /// The table of `counts`; a word that was never counted is never drawn.
    ///
    /// # Panics
    /// When every count is 0.
    pub(crate) fn new(counts: &[u64], ns_exponent: f64) -> NegativeSampler {
        let weight = |&count: &u64| if count == 0 { 0.0 } else { (count as f64).powf(ns_exponent) };
        let weights: Vec<f64> = counts.iter().map(weight).collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        assert!(mean > 0.0 && mean.is_finite(), "negative samples from counts that sum to {mean}");

        let mut probability: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut columns: Vec<Column> = (0..counts.len() as u32).map(|w| Column { own: u32::MAX, other: w }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..probability.len()).partition(|&w| probability[w] < 1.0);
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            columns[poor] = Column { own: (probability[poor] * 2f64.powi(32)) as u32, other: rich as u32 };
            probability[rich] -= 1.0 - probability[poor];
            if probability[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        NegativeSampler { columns }
    }

    /// One word.
    #[inline]
    pub(crate) fn draw(&self, rng: &mut Rng) -> u32 {
        let random = rng.next_u64();
        let column = (((random >> 32) * self.columns.len() as u64) >> 32) as usize;
        let Column { own, other } = self.columns[column];
        select_unpredictable((random as u32) < own, column as u32, other)
    }

    /// Draws up to `negative` different words, none of them among those that `drawn` holds, and appends them. Fewer only where
    /// the vocabulary has hardly more words than that.
    ///
    /// Different, because a step trains all its outputs from their old values: of two updates of one row, one would be lost.
    #[inline]
    pub(crate) fn draw_others(&self, negative: usize, rng: &mut Rng, drawn: &mut Vec<u32>) {
        push_others(negative, drawn, || self.draw(rng));
    }
}

/// Negative samples that several windows of CBOW use, so that there are more and each counts less: with as many words as one window
/// has, vectors lose half a point on analogies and one on SimLex-999, with twice as many nothing. Every word is used several times, soon
/// after each other, while its row is still in the processor's cache.
#[derive(Default)]
pub(crate) struct NegativePool {
    words: Vec<u32>, // the last ones that were new
    oldest: usize,
}

impl NegativePool {
    /// How many times as many words a step has as a window would have.
    pub(crate) const TIMES: usize = 2;
    /// How often a word is used, on average.
    const USES: usize = 5;
    /// New words of how many steps are kept.
    const STEPS: usize = 20;

    /// Draws as [`NegativeSampler::draw_others`], [`TIMES`](NegativePool::TIMES) as many words: one in [`USES`](NegativePool::USES) is new, the others were
    /// new a few steps ago.
    #[inline]
    pub(crate) fn draw_others(
        &mut self,
        sampler: &NegativeSampler,
        negative: usize,
        rng: &mut Rng,
        drawn: &mut Vec<u32>,
    ) {
        let number = NegativePool::TIMES * negative;
        let number_new = number.div_ceil(NegativePool::USES);
        let (given, kept) = (drawn.len(), NegativePool::STEPS * number_new);
        sampler.draw_others(number_new, rng, drawn);
        let new = given..drawn.len();
        push_others(number - number_new, drawn, || match self.words.get(below(rng, kept)) {
            Some(&word) => word,
            None => sampler.draw(rng), // the first steps have none before them
        });
        for &word in &drawn[new] {
            if self.words.len() < kept {
                self.words.push(word);
            } else {
                self.words[self.oldest] = word;
                self.oldest = (self.oldest + 1) % kept;
            }
        }
    }
}

/// Pushes `number` words that `draw` gives and `drawn` does not hold yet.
#[inline]
fn push_others(number: usize, drawn: &mut Vec<u32>, mut draw: impl FnMut() -> u32) {
    const MAX_DRAWS: usize = 64; // per word; only a vocabulary of a handful of words needs more than two
    for _ in 0..number {
        for _ in 0..MAX_DRAWS {
            let word = draw();
            if !is_among(drawn, word) {
                drawn.push(word);
                break;
            }
        }
    }
}

/// `contains`, four words at a time: it is called for every negative sample.
#[inline]
fn is_among(words: &[u32], word: u32) -> bool {
    let (fours, rest) = words.as_chunks::<4>();
    fours.iter().any(|four| four.map(|other| other == word).contains(&true)) || rest.contains(&word)
}

/// Drops occurrences of frequent words: one of word w is kept with probability sqrt(t / f) + t / f, where f is the word's
/// fraction of all occurrences and t is `sample`.
pub(crate) struct Subsampling {
    keep: Vec<u32>, // [num_words] probability * 2^32; u32::MAX: always
}

impl Subsampling {
    /// The thresholds of `counts`; `sample` 0 keeps every word.
    pub(crate) fn new(counts: &[u64], sample: f64) -> Subsampling {
        let total = counts.iter().sum::<u64>() as f64;
        let keep = counts.iter().map(|&count| {
            let probability = keep_probability(count as f64 / total, sample);
            if probability < 1.0 { (probability * 2f64.powi(32)) as u32 } else { u32::MAX }
        });
        Subsampling { keep: keep.collect() }
    }

    /// Whether this occurrence of `word` is trained.
    #[inline]
    pub(crate) fn keeps(&self, word: u32, rng: &mut Rng) -> bool {
        let keep = self.keep[word as usize];
        keep == u32::MAX || ((rng.next_u64() >> 32) as u32) < keep
    }
}

/// sqrt(t / f) + t / f; 1 or more means always.
fn keep_probability(frequency: f64, sample: f64) -> f64 {
    if sample == 0.0 || frequency == 0.0 {
        return 1.0;
    }
    (sample / frequency).sqrt() + sample / frequency
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Pearson's statistic of observed against expected counts.
    fn chi_square(observed: &[u64], expected: &[f64]) -> f64 {
        observed.iter().zip(expected).map(|(&o, &e)| (o as f64 - e) * (o as f64 - e) / e).sum()
    }

    #[test]
    fn negative_samples_follow_counts_to_the_power_ns_exponent() {
        let counts: Vec<u64> = (1..=200).map(|rank| 100_000 / rank).collect();
        for exponent in [0.75, 0.0, 1.0, -0.5] {
            let sampler = NegativeSampler::new(&counts, exponent);
            let draws = 2_000_000;
            let mut rng = Rng::new(5);
            let mut seen = vec![0; counts.len()];
            for _ in 0..draws {
                seen[sampler.draw(&mut rng) as usize] += 1;
            }
            let weights: Vec<f64> = counts.iter().map(|&c| (c as f64).powf(exponent)).collect();
            let total: f64 = weights.iter().sum();
            let expected: Vec<f64> = weights.iter().map(|w| w / total * draws as f64).collect();
            // 199 degrees of freedom: mean 199, standard deviation 20; five of those is one in a million.
            let statistic = chi_square(&seen, &expected);
            assert!(statistic < 300.0, "exponent {exponent}: chi-square {statistic}");
        }
    }

    #[test]
    fn a_word_that_was_never_counted_is_never_drawn() {
        let sampler = NegativeSampler::new(&[5, 0, 5, 0], 0.75);
        let mut rng = Rng::new(1);
        assert!((0..10_000).all(|_| sampler.draw(&mut rng).is_multiple_of(2)));
    }

    #[test]
    fn negative_samples_of_a_window_are_distinct_and_never_the_target() {
        let sampler = NegativeSampler::new(&[100, 50, 10, 10, 10, 1], 0.75);
        let mut rng = Rng::new(2);
        for _ in 0..1000 {
            let mut drawn = vec![0];
            sampler.draw_others(5, &mut rng, &mut drawn);
            let mut sorted = drawn[1..].to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), drawn.len() - 1, "{drawn:?}");
            assert!(!sorted.contains(&0), "{drawn:?}");
        }
    }

    #[test]
    fn pooled_samples_have_the_same_distribution_and_few_are_new() {
        let counts: Vec<u64> = (1..=2000).map(|rank| 100_000 / rank).collect();
        let sampler = NegativeSampler::new(&counts, 0.75);
        let (mut rng, mut reused) = (Rng::new(7), NegativePool::default());
        let (mut seen, mut last_seen) = (vec![0_u64; counts.len()], vec![usize::MAX; counts.len()]);
        let (steps, mut soon_again) = (200_000_usize, 0);
        for step in 0..steps {
            let mut drawn = vec![1500];
            reused.draw_others(&sampler, 5, &mut rng, &mut drawn);
            assert_eq!(drawn.len(), 11);
            for &word in &drawn[1..] {
                assert_ne!(word, 1500);
                seen[word as usize] += 1;
                soon_again += u64::from(step.wrapping_sub(last_seen[word as usize]) <= 2 * NegativePool::STEPS);
                last_seen[word as usize] = step;
            }
        }
        // Rare words alone, which are seldom turned away for being there already. A new word is used once and then about
        // Poisson(4) times: the mean of squares of that is 5.8 times its mean, and so is the statistic's mean of its degrees of
        // freedom, give or take 5 %.
        let weights: Vec<f64> = counts.iter().map(|&c| (c as f64).powf(0.75)).collect();
        let total = weights.iter().sum::<f64>() - weights[1500];
        let rare = |w: usize| (900..1900).contains(&w) && w != 1500;
        let of_rare = |values: &[f64]| (0..2000).filter(|&w| rare(w)).map(|w| values[w]).sum::<f64>();
        let drawn: Vec<f64> = seen.iter().map(|&count| count as f64).collect();
        let probability = of_rare(&drawn) / (10 * steps) as f64;
        assert!(
            (probability / (of_rare(&weights) / total) - 1.0).abs() < 0.05,
            "rare words: {probability} of all draws"
        );
        let scale = of_rare(&drawn) / of_rare(&weights);
        let (observed, expected): (Vec<u64>, Vec<f64>) =
            (0..2000).filter(|&w| rare(w)).map(|w| (seen[w], weights[w] * scale)).unzip();
        let statistic = chi_square(&observed, &expected);
        assert!((4800.0..6800.0).contains(&statistic), "chi-square {statistic}");
        let again = soon_again as f64 / (10 * steps) as f64;
        assert!((0.8..0.95).contains(&again), "{again} of the negative samples were drawn shortly before");
    }

    #[test]
    fn a_vocabulary_of_one_word_has_no_negative_samples() {
        let mut drawn = vec![0];
        NegativeSampler::new(&[7], 0.75).draw_others(5, &mut Rng::new(3), &mut drawn);
        assert_eq!(drawn, [0]);
    }

    #[test]
    fn frequent_words_are_kept_as_often_as_the_formula_says() {
        let counts = [60_000, 30_000, 9_000, 900, 100];
        let total = counts.iter().sum::<u64>() as f64;
        let subsampling = Subsampling::new(&counts, 1e-3);
        let mut rng = Rng::new(4);
        for (word, &count) in counts.iter().enumerate() {
            let frequency = count as f64 / total;
            let expected = ((1e-3 / frequency).sqrt() + 1e-3 / frequency).min(1.0);
            let draws = 200_000;
            let kept = (0..draws).filter(|_| subsampling.keeps(word as u32, &mut rng)).count() as f64 / draws as f64;
            let deviation = (expected * (1.0 - expected) / draws as f64).sqrt();
            assert!((kept - expected).abs() <= 5.0 * deviation, "word {word}: kept {kept}, expected {expected}");
        }
    }

    #[test]
    fn sample_zero_keeps_every_word() {
        let subsampling = Subsampling::new(&[1_000_000, 1], 0.0);
        let mut rng = Rng::new(6);
        assert!((0..1000).all(|_| subsampling.keeps(0, &mut rng)));
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        counts: Vec<u64>,
        sample: f64,
        ns_exponent: f64,
        noise: Vec<f64>,
        keep: Vec<f64>,
    }

    #[test]
    fn both_distributions_are_those_of_gensim() {
        let golden: serde_json::Value = serde_json::from_str(include_str!("../../tests/golden/trainers.json")).unwrap();
        let golden: Golden = serde_json::from_value(golden["sampling"].clone()).unwrap();
        let subsampling = Subsampling::new(&golden.counts, golden.sample);
        for (&keep, &expected) in subsampling.keep.iter().zip(&golden.keep) {
            assert!((f64::from(keep) / 2f64.powi(32) - expected).abs() < 1e-8, "keeps {keep}, gensim {expected}");
        }
        let sampler = NegativeSampler::new(&golden.counts, golden.ns_exponent);
        let mut probability = vec![0.0; golden.counts.len()];
        for (word, column) in sampler.columns.iter().enumerate() {
            let own = f64::from(column.own) / 2f64.powi(32);
            probability[word] += own / probability.len() as f64;
            probability[column.other as usize] += (1.0 - own) / golden.counts.len() as f64;
        }
        for (probability, expected) in probability.iter().zip(&golden.noise) {
            assert!((probability - expected).abs() < 1e-8, "draws {probability}, gensim {expected}");
        }
    }
}
