//! Texts as ids -> batches in which no row is padded.
//!
//! A batch sorts its texts by length, longest first, and cuts them into [`Slice`]s of at most 32 rows. Within a slice the
//! tokens lie time-major and packed: at step t those of the rows that are still alive, one after another. A slice is the
//! unit of parallel work: its rows meet no other row until the weights' gradients are summed.
//!
//! ```text
//! the film was good        step   0     1    2    3
//! a dull plot        ->    alive  3     3    3    1        tokens: the a no | film dull thanks | was plot a.. | good
//! no thanks ever
//! ```
//!
//! Source of the layout: PyTorch's `PackedSequence`.

use serde::{Deserialize, Serialize};

use crate::rng::{Rng, fold};
use crate::vocab::PAD;

/// Rows of a slice at most. Independent of the number of threads, so that sums do not depend on it either.
pub const SLICE_ROWS: usize = 32;

/// What is done with texts of unequal length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Nothing: every text ends at its last token.
    #[default]
    Exact,
    /// Every text is filled with `<pad>` up to max_len and the network runs on over it, as in many tutorials.
    Trailing,
}

/// Texts as ids, with their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    ids: Vec<u32>,    // all texts, one after another
    ends: Vec<usize>, // [texts] where each text ends
    labels: Vec<u32>, // [texts]
}

impl Encoded {
    /// Adds a text.
    pub fn push(&mut self, ids: &[u32], label: u32) {
        self.ids.extend_from_slice(ids);
        self.ends.push(self.ids.len());
        self.labels.push(label);
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The ids of one text.
    pub fn text(&self, index: usize) -> &[u32] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.ids[start..self.ends[index]]
    }

    /// Labels by text.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Tokens in all texts.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }
}

/// Some texts, sorted by falling length, packed.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Which text each row is. `[rows]`
    pub texts: Vec<usize>,
    /// The label of each row. `[rows]`
    pub labels: Vec<u32>,
    /// How much of the batch's loss each row is: together 1. `[rows]`
    pub loss_weights: Vec<f32>,
    /// What a teacher says of each row; nothing where there is none. `[rows, num_classes]`
    pub soft: Vec<f32>,
    /// Ids, slice after slice, step after step. `[tokens]`
    pub ids: Vec<u32>,
    /// Which text each token belongs to, as `texts` numbers them. `[tokens]`
    pub text_of: Vec<u32>,
    /// The slices, in order.
    pub slices: Vec<Slice>,
}

/// Up to [`SLICE_ROWS`] rows of a batch, and where their tokens lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The first row, in the batch.
    pub first_row: usize,
    /// Number of rows.
    pub rows: usize,
    /// The first token, in the batch.
    pub first_token: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// How many rows are alive at each step; never rises. `[steps]`
    pub alive: Vec<usize>,
    /// The token of the first row at each step, counted from `first_token`. `[steps]`
    pub starts: Vec<usize>,
}

impl Slice {
    /// The token at which a row begins, counted from `first_token`; `None` for an empty text.
    pub fn first_token_of(&self, row: usize) -> Option<usize> {
        (self.alive.first().is_some_and(|&alive| row < alive)).then_some(row)
    }

    /// The last token of a row, counted from `first_token`; `None` for an empty text.
    pub fn last_token_of(&self, row: usize) -> Option<usize> {
        let length = self.alive.partition_point(|&alive| row < alive);
        length.checked_sub(1).map(|step| self.starts[step] + row)
    }
}

impl Batch {
    /// Packs the texts at `indices`, each cut after `max_len` tokens.
    pub fn pack(texts: &Encoded, indices: &[usize], max_len: usize, padding: Padding) -> Batch {
        let cut = |index: usize| {
            let ids = texts.text(index);
            &ids[..ids.len().min(max_len)]
        };
        let length = |index: usize| match padding {
            Padding::Exact => cut(index).len(),
            Padding::Trailing => max_len,
        };
        let mut order = indices.to_vec();
        order.sort_by_key(|&index| (std::cmp::Reverse(length(index)), index));
        let mut batch = Batch {
            labels: order.iter().map(|&index| texts.labels()[index]).collect(),
            loss_weights: vec![1.0 / order.len() as f32; order.len()],
            soft: Vec::new(),
            ids: Vec::new(),
            text_of: Vec::new(),
            slices: Vec::new(),
            texts: order,
        };
        for (number, rows) in batch.texts.chunks(SLICE_ROWS).enumerate() {
            let first_token = batch.ids.len();
            let (mut alive, mut starts) = (Vec::new(), Vec::new());
            for step in 0..length(rows[0]) {
                starts.push(batch.ids.len() - first_token);
                let living = rows.partition_point(|&index| step < length(index));
                let ids = rows[..living].iter().map(|&index| cut(index).get(step).copied().unwrap_or(PAD));
                batch.ids.extend(ids);
                batch.text_of.extend(rows[..living].iter().map(|&index| index as u32));
                alive.push(living);
            }
            let tokens = batch.ids.len() - first_token;
            batch.slices.push(Slice {
                first_row: number * SLICE_ROWS,
                rows: rows.len(),
                first_token,
                tokens,
                alive,
                starts,
            });
        }
        batch
    }

    /// Lets the texts of each class count by `class_weights`, as PyTorch's `CrossEntropyLoss(weight)` does.
    pub fn weigh(&mut self, class_weights: &[f64]) {
        let weights: Vec<f64> = self.labels.iter().map(|&label| class_weights[label as usize]).collect();
        let sum: f64 = weights.iter().sum();
        self.loss_weights = weights.iter().map(|weight| (weight / sum) as f32).collect();
    }

    /// Sets beside each row's label what a teacher says of its text.
    ///
    /// # Shapes
    /// `targets` `[texts, num_classes]`: of all texts that the batch was packed from
    pub fn teach(&mut self, targets: &[f32], num_classes: usize) {
        let rows = self.texts.iter().map(|&text| &targets[text * num_classes..][..num_classes]);
        self.soft = rows.flatten().copied().collect();
    }

    /// Number of texts.
    pub fn rows(&self) -> usize {
        self.texts.len()
    }

    /// Number of tokens.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }
}

/// Which texts meet in which batch of an epoch: all texts in random order; with `bucket_by_length`, texts of similar length
/// together and the batches in random order. The same for the same (seed, epoch), whatever came before.
pub fn shuffled_batches(
    texts: &Encoded,
    batch_size: usize,
    bucket_by_length: bool,
    seed: u64,
    epoch: usize,
) -> Vec<Vec<usize>> {
    let mut rng = Rng::for_purpose(fold(&[seed, epoch as u64]), "shuffle");
    let mut order: Vec<usize> = (0..texts.len()).collect();
    rng.shuffle(&mut order);
    if bucket_by_length {
        order.sort_by_key(|&index| texts.text(index).len());
    }
    let mut batches: Vec<Vec<usize>> = order.chunks(batch_size).map(<[usize]>::to_vec).collect();
    if bucket_by_length {
        rng.shuffle(&mut batches);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_weighed_by_its_classes() {
        let mut texts = Encoded::default();
        [0, 1, 1, 2].into_iter().for_each(|label| texts.push(&[2], label));
        let mut batch = Batch::pack(&texts, &[0, 1, 2, 3], 9, Padding::Exact);
        assert_eq!(batch.loss_weights, [0.25; 4]);
        batch.weigh(&[2.0, 0.5, 1.0, 7.0]);
        assert_eq!(batch.loss_weights, [0.5, 0.125, 0.125, 0.25]);
    }

    #[test]
    fn a_row_is_taught_what_was_said_of_its_own_text() {
        let mut texts = Encoded::default();
        [1, 3, 2].into_iter().for_each(|length| texts.push(&vec![2; length], 0));
        let mut batch = Batch::pack(&texts, &[0, 1, 2], 9, Padding::Exact);
        batch.teach(&[0.1, 0.9, 0.2, 0.8, 0.3, 0.7], 2);
        assert_eq!((batch.texts, batch.soft), (vec![1, 2, 0], vec![0.2, 0.8, 0.3, 0.7, 0.1, 0.9]));
    }

    fn texts(lengths: &[usize]) -> Encoded {
        let mut texts = Encoded::default();
        for (index, &length) in lengths.iter().enumerate() {
            let ids: Vec<u32> = (0..length).map(|step| (100 * (index + 1) + step) as u32).collect();
            texts.push(&ids, index as u32);
        }
        texts
    }

    #[test]
    fn tokens_lie_step_after_step_longest_text_first() {
        let batch = Batch::pack(&texts(&[2, 0, 4, 1]), &[0, 1, 2, 3], 3, Padding::Exact);
        assert_eq!(batch.texts, [2, 0, 3, 1]);
        assert_eq!(batch.labels, [2, 0, 3, 1]);
        assert_eq!(batch.ids, [300, 100, 400, 301, 101, 302]);
        assert_eq!(batch.text_of, [2, 0, 3, 2, 0, 2]);
        let slice = &batch.slices[0];
        assert_eq!((slice.alive.as_slice(), slice.starts.as_slice()), ([3, 2, 1].as_slice(), [0, 3, 5].as_slice()));
        let ends: Vec<_> = (0..4).map(|row| (slice.first_token_of(row), slice.last_token_of(row))).collect();
        assert_eq!(ends, [(Some(0), Some(5)), (Some(1), Some(4)), (Some(2), Some(2)), (None, None)]);
    }

    #[test]
    fn trailing_padding_fills_every_text() {
        let batch = Batch::pack(&texts(&[2, 0]), &[0, 1], 3, Padding::Trailing);
        assert_eq!(batch.ids, [100, PAD, 101, PAD, PAD, PAD]);
        assert_eq!(batch.slices[0].alive, [2, 2, 2]);
    }

    #[test]
    fn slices_hold_every_row_and_token_once() {
        let lengths: Vec<usize> = (0..75).map(|i| (i * 37) % 23).collect();
        let texts = texts(&lengths);
        let batch = Batch::pack(&texts, &(0..75).collect::<Vec<_>>(), 20, Padding::Exact);
        assert_eq!(batch.slices.iter().map(|slice| slice.rows).collect::<Vec<_>>(), [32, 32, 11]);
        for slice in &batch.slices {
            for row in 0..slice.rows {
                let ids: Vec<u32> = (0..slice.alive.len())
                    .filter(|&step| row < slice.alive[step])
                    .map(|step| batch.ids[slice.first_token + slice.starts[step] + row])
                    .collect();
                let text = texts.text(batch.texts[slice.first_row + row]);
                assert_eq!(ids, text[..text.len().min(20)]);
            }
        }
        assert_eq!(batch.tokens(), batch.slices.iter().map(|slice| slice.tokens).sum::<usize>());
    }

    #[test]
    fn an_epoch_visits_every_text_once_and_depends_on_seed_and_epoch() {
        let texts = texts(&(0..50).collect::<Vec<_>>());
        for bucket in [false, true] {
            let epoch = |seed, epoch| shuffled_batches(&texts, 8, bucket, seed, epoch);
            let mut all = epoch(1, 1).concat();
            all.sort_unstable();
            assert_eq!(all, (0..50).collect::<Vec<_>>());
            assert_eq!(epoch(1, 1), epoch(1, 1));
            assert_ne!(epoch(1, 1), epoch(1, 2));
            assert_ne!(epoch(1, 1), epoch(2, 1));
        }
        for batch in shuffled_batches(&texts, 8, true, 1, 1) {
            let lengths: Vec<usize> = batch.iter().map(|&index| texts.text(index).len()).collect();
            assert!(lengths.iter().max().unwrap_or(&0) - lengths.iter().min().unwrap_or(&0) < 8);
        }
    }
}
