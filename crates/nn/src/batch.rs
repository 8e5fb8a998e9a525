//! Texts as ids -> batches in which no row is padded.
//!
//! What goes through a network on its own is a sequence: a whole text, or a chunk of a long one. A batch sorts its sequences
//! by length, longest first, and cuts them into [`Slice`]s of at most 32. Within a slice the tokens lie time-major and packed:
//! at step t those of the sequences that are still alive, one after another. A slice is the unit of parallel work: its rows
//! meet no other row until the weights' gradients are summed.
//!
//! ```text
//! the film was good        step   0     1    2    3
//! a dull plot        ->    alive  3     3    3    1        tokens: the a no | film dull thanks | was plot a.. | good
//! no thanks ever
//! ```
//!
//! What comes out at a text's tokens is pooled over the whole text, however it was cut: a batch knows where the tokens of each
//! text lie, in the order of reading.
//!
//! Source of the layout: PyTorch's `PackedSequence`.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use ninefold_core::partition::partition;
use ninefold_core::rng::{Rng, fold};
use ninefold_kernels::slice::Slice;
use ninefold_text::vocab::PAD;

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
    ///
    /// # Examples
    /// ```
    /// use ninefold_nn::batch::Encoded;
    ///
    /// let mut texts = Encoded::default();
    /// texts.push(&[2, 3], 0);
    /// texts.push(&[4], 1);
    /// assert_eq!((texts.len(), texts.tokens()), (2, 3));
    /// assert_eq!(texts.text(1), [4]);
    /// ```
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

    /// The ids of all texts, one after another.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Where each text ends among [`ids`](Self::ids). `[texts]`
    pub fn ends(&self) -> &[usize] {
        &self.ends
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
    pub soft_targets: Vec<f32>,
    /// Ids, slice after slice, step after step. `[tokens]`
    pub ids: Vec<u32>,
    /// Which text each token belongs to, as `texts` numbers them. `[tokens]`
    pub text_of: Vec<u32>,
    /// The slices, in order: of whole texts, row by row, unless they were cut into chunks.
    pub slices: Vec<Slice>,
    read: Vec<u32>,   // [tokens] each row's tokens in the order of reading, row after row
    ends: Vec<usize>, // [rows] where each row's tokens end in `read`
}

/// Some tokens of a row that are read on their own.
struct Sequence {
    row: usize,
    tokens: Range<usize>,
}

impl Batch {
    /// Packs the texts at `indices`, each cut after `max_len` tokens.
    pub fn pack(texts: &Encoded, indices: &[usize], max_len: usize, padding: Padding) -> Batch {
        Batch::pack_chunks(texts, indices, max_len, padding, 0)
    }

    /// The same, with each text cut into chunks: as few of at most `chunk_len` tokens as will do, of even length. 0 leaves
    /// texts whole.
    pub fn pack_chunks(
        texts: &Encoded,
        indices: &[usize],
        max_len: usize,
        padding: Padding,
        chunk_len: usize,
    ) -> Batch {
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
        let mut starts_of = Vec::with_capacity(order.len()); // [rows] where each row's tokens start in `read`
        let (mut ends, mut sequences, mut tokens) = (Vec::with_capacity(order.len()), Vec::new(), 0);
        for (row, &index) in order.iter().enumerate() {
            let length = length(index);
            let chunks = if chunk_len == 0 { 1 } else { length.div_ceil(chunk_len).max(1) };
            let chunk = |number| Sequence { row, tokens: partition(number, chunks, length) };
            sequences.extend((0..chunks).map(chunk));
            starts_of.push(tokens);
            tokens += length;
            ends.push(tokens);
        }
        sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.tokens.len()));
        let mut batch = Batch {
            labels: order.iter().map(|&index| texts.labels()[index]).collect(),
            loss_weights: vec![1.0 / order.len() as f32; order.len()],
            soft_targets: Vec::new(),
            ids: Vec::with_capacity(tokens),
            text_of: Vec::with_capacity(tokens),
            slices: Vec::new(),
            texts: order,
            read: vec![0; tokens],
            ends,
        };
        for sequences in sequences.chunks(SLICE_ROWS) {
            let first_token = batch.ids.len();
            let (mut alive, mut starts) = (Vec::new(), Vec::new());
            for step in 0..sequences[0].tokens.len() {
                starts.push(batch.ids.len() - first_token);
                let living = sequences.partition_point(|sequence| step < sequence.tokens.len());
                for Sequence { row, tokens } in &sequences[..living] {
                    let (index, position) = (batch.texts[*row], tokens.start + step);
                    batch.read[starts_of[*row] + position] = batch.ids.len() as u32;
                    batch.ids.push(cut(index).get(position).copied().unwrap_or(PAD));
                    batch.text_of.push(index as u32);
                }
                alive.push(living);
            }
            let tokens = batch.ids.len() - first_token;
            batch.slices.push(Slice { rows: sequences.len(), first_token, tokens, alive, starts });
        }
        batch
    }

    /// Lets each text count by its weight, divided by the sum of the batch's weights, as PyTorch's `CrossEntropyLoss(weight)` does
    /// with the weights of classes. A batch whose weights are all 0 gives no gradient.
    ///
    /// # Shapes
    /// `text_weights` `[texts]`: of all texts that the batch was packed from
    pub fn set_text_weights(&mut self, text_weights: &[f64]) {
        let weights: Vec<f64> = self.texts.iter().map(|&text| text_weights[text]).collect();
        let sum: f64 = weights.iter().sum();
        let fraction = |weight: &f64| if sum > 0.0 { (weight / sum) as f32 } else { 0.0 };
        self.loss_weights = weights.iter().map(fraction).collect();
    }

    /// Sets beside each row's label what a teacher says of its text.
    ///
    /// # Shapes
    /// `targets` `[texts, num_classes]`: of all texts that the batch was packed from
    pub fn set_soft_targets(&mut self, targets: &[f32], num_classes: usize) {
        let rows = self.texts.iter().map(|&text| &targets[text * num_classes..][..num_classes]);
        self.soft_targets = rows.flatten().copied().collect();
    }

    /// Number of texts.
    pub fn rows(&self) -> usize {
        self.texts.len()
    }

    /// Number of sequences: of texts, or of their chunks.
    pub fn sequences(&self) -> usize {
        self.slices.iter().map(|slice| slice.rows).sum()
    }

    /// Where the tokens of a row lie, in the order of reading.
    pub fn tokens_of(&self, row: usize) -> &[u32] {
        &self.read[self.place_of(row)]
    }

    /// The ids of all tokens, row after row in the order of reading. `[tokens]`
    pub fn ids_by_row(&self) -> Vec<u32> {
        self.read.iter().map(|&token| self.ids[token as usize]).collect()
    }

    /// Where a row's tokens stand when they stand row after row.
    pub fn place_of(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
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
    fn weights_of_texts_are_divided_by_the_sum_of_the_batch() {
        let mut texts = Encoded::default();
        [1, 3, 2, 1, 1].into_iter().for_each(|length| texts.push(&vec![2; length], 0));
        let mut batch = Batch::pack(&texts, &[0, 1, 2, 4], 9, Padding::Exact);
        assert_eq!((batch.texts.as_slice(), batch.loss_weights.as_slice()), (&[1, 2, 0, 4][..], &[0.25; 4][..]));
        batch.set_text_weights(&[2.0, 0.5, 1.0, 7.0, 0.5]);
        assert_eq!(batch.loss_weights, [0.125, 0.25, 0.5, 0.125]);
        batch.set_text_weights(&[0.0; 5]);
        assert_eq!(batch.loss_weights, [0.0; 4]);
    }

    #[test]
    fn a_row_is_taught_what_was_said_of_its_own_text() {
        let mut texts = Encoded::default();
        [1, 3, 2].into_iter().for_each(|length| texts.push(&vec![2; length], 0));
        let mut batch = Batch::pack(&texts, &[0, 1, 2], 9, Padding::Exact);
        batch.set_soft_targets(&[0.1, 0.9, 0.2, 0.8, 0.3, 0.7], 2);
        assert_eq!((batch.texts, batch.soft_targets), (vec![1, 2, 0], vec![0.2, 0.8, 0.3, 0.7, 0.1, 0.9]));
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
        assert_eq!([0, 1, 2, 3].map(|row| batch.tokens_of(row)), [&[0, 3, 5][..], &[1, 4], &[2], &[]]);
    }

    #[test]
    fn chunks_of_a_text_are_rows_of_their_own_and_even() {
        let texts = texts(&[2, 7, 0, 4]);
        let batch = Batch::pack_chunks(&texts, &[0, 1, 2, 3], 9, Padding::Exact, 3);
        assert_eq!(batch.texts, [1, 3, 0, 2]);
        // 7 tokens in chunks of 2, 2 and 3; 4 in two of 2; 2 in one; none in one: longest first, then as texts come.
        assert_eq!(batch.ids, [204, 200, 202, 400, 402, 100, 205, 201, 203, 401, 403, 101, 206]);
        assert_eq!((batch.rows(), batch.sequences(), batch.slices[0].alive.as_slice()), (4, 7, [6, 6, 1].as_slice()));
        assert_eq!(batch.tokens_of(0), [1, 7, 2, 8, 0, 6, 12]);
        assert_eq!([1, 2, 3].map(|row| batch.tokens_of(row)), [&[3, 9, 4, 10][..], &[5, 11], &[]]);
    }

    #[test]
    fn a_batch_gives_every_text_back_in_the_order_of_reading_however_it_is_cut() {
        let lengths: Vec<usize> = (0..90).map(|i| (i * 37) % 50).collect();
        let texts = texts(&lengths);
        let all: Vec<usize> = (0..90).collect();
        for (chunk_len, padding) in
            [(0, Padding::Exact), (1, Padding::Exact), (7, Padding::Exact), (9, Padding::Trailing)]
        {
            let batch = Batch::pack_chunks(&texts, &all, 40, padding, chunk_len);
            for (row, &index) in batch.texts.iter().enumerate() {
                let mut ids: Vec<u32> = batch.tokens_of(row).iter().map(|&token| batch.ids[token as usize]).collect();
                assert!(batch.tokens_of(row).iter().all(|&token| batch.text_of[token as usize] == index as u32));
                if padding == Padding::Trailing {
                    assert_eq!(ids.len(), 40);
                    ids.retain(|&id| id != PAD);
                }
                assert_eq!(ids, texts.text(index)[..lengths[index].min(40)]);
            }
            let longest = batch.slices.iter().map(|slice| slice.alive.len()).max();
            assert!(chunk_len == 0 || longest <= Some(chunk_len));
        }
        let (off, long) = (0, 40);
        let [off, long] = [off, long].map(|len| Batch::pack_chunks(&texts, &all, 40, Padding::Exact, len));
        assert_eq!((off.ids, off.slices), (long.ids, long.slices), "chunks as long as the longest text");
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
        for (number, slice) in batch.slices.iter().enumerate() {
            for row in 0..slice.rows {
                let ids: Vec<u32> = (0..slice.alive.len())
                    .filter(|&step| row < slice.alive[step])
                    .map(|step| batch.ids[slice.first_token + slice.starts[step] + row])
                    .collect();
                let text = texts.text(batch.texts[number * SLICE_ROWS + row]);
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
