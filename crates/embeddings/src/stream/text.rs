//! The sentences as trainers see them: words without `<pad>` and `<unk>`, cut into chunks, chunks gathered into blocks of
//! about equal work.
//!
//! [`Sentences`] -> [`Text`]. Nothing is copied: a block is a position in the caller's sentences.

use super::sentences::Sentences;
use ninefold_core::error::{Error, Result};
use ninefold_text::vocab::{UNK, Vocab};

/// Ids below this are no words (`<pad>`, `<unk>`): row r of every matrix here is vocabulary id r + FIRST_WORD.
pub(crate) const FIRST_WORD: u32 = UNK + 1;

/// The words of a chunk, as rows of the matrices: `<pad>` and `<unk>` are none.
pub(crate) fn words_of(chunk: &[u32]) -> impl Iterator<Item = u32> + '_ {
    chunk.iter().filter(|&&id| id >= FIRST_WORD).map(|id| id - FIRST_WORD)
}

/// Words of a block: at least, and about at most. Between them an epoch has 256 blocks, because threads exchange what they have
/// learned after each, and in a small text that must not be once in an epoch.
const BLOCK_WORDS: (u64, u64) = (250, 10_000);
const BLOCKS_PER_EPOCH: u64 = 256;

/// Sentences in chunks and blocks.
pub(crate) struct Text<'a> {
    sentences: Sentences<'a>,
    chunks: Vec<&'a [u32]>, // of sentences in memory
    blocks: Vec<Block>,
    counts: Vec<u64>, // [num_words] occurrences in these sentences
    words: u64,
}

/// Consecutive chunks: the unit of work that a thread takes from the queue.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    positions: (u64, u64), // in the sentences
    /// Words in it.
    pub(crate) words: u64,
    /// Words in all blocks before it.
    pub(crate) words_before: u64,
}

impl<'a> Text<'a> {
    /// Cuts sentences into blocks.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to learn from: not one word of the vocabulary in the sentences. [`Error::Io`] when
    /// the disk fails.
    ///
    /// # Panics
    /// When an id is not of this vocabulary.
    pub(crate) fn new(sentences: Sentences<'a>, vocab: &Vocab) -> Result<Text<'a>> {
        let counts = count(sentences, vocab)?;
        let words: u64 = counts.iter().sum();
        let block_size = (words / BLOCKS_PER_EPOCH).clamp(BLOCK_WORDS.0, BLOCK_WORDS.1);

        let mut text = Text { sentences, chunks: sentences.chunks(), blocks: Vec::new(), counts, words: 0 };
        let (mut begin, mut end, mut block_words) = (0, 0, 0);
        sentences.each_chunk(|chunk, (_, next)| {
            end = next;
            block_words += words_of(chunk).count() as u64;
            if block_words >= block_size {
                text.push_block((begin, end), block_words);
                (begin, block_words) = (end, 0);
            }
            Ok(())
        })?;
        text.push_block((begin, end), block_words);
        Ok(text)
    }

    fn push_block(&mut self, positions: (u64, u64), words: u64) {
        if words > 0 {
            self.blocks.push(Block { positions, words, words_before: self.words });
            self.words += words;
        }
    }

    /// How often each word (by row) occurs. `[num_words]`
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Words in the whole text.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// The units of work, in order.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Visits the chunks of a block: vocabulary ids, `<pad>` and `<unk>` still among them. `buffer` is of the caller's thread.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk fails.
    pub(crate) fn each_chunk(&self, block: &Block, buffer: &mut Vec<u32>, visit: impl FnMut(&[u32])) -> Result<()> {
        self.sentences.chunks_of(block.positions, &self.chunks, buffer, visit)
    }
}

/// Occurrences of each word of the vocabulary in the sentences. Not the vocabulary's own counts: those may be of other texts,
/// or none.
///
/// # Errors
/// [`Error::Data`] when there is not one, [`Error::Io`] when the disk fails.
///
/// # Panics
/// When an id is not of this vocabulary.
pub(crate) fn count(sentences: Sentences, vocab: &Vocab) -> Result<Vec<u64>> {
    let mut counts = vec![0; vocab.len()];
    sentences.each_chunk(|chunk, _| {
        for &id in chunk {
            assert!((id as usize) < counts.len(), "id {id} of a vocabulary of {}", counts.len());
            counts[id as usize] += 1;
        }
        Ok(())
    })?;
    let counts = counts.split_off(FIRST_WORD as usize);
    if counts.iter().all(|&count| count == 0) {
        return Err(Error::data(
            "word vectors need words: the texts hold none of the vocabulary (lower min_count, or check the texts)",
        ));
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::sentences::CHUNK_WORDS;

    #[test]
    fn blocks_hold_every_word_once_and_about_as_many_each() {
        let sentences: Vec<Vec<u32>> =
            vec![vec![2; 3], vec![], vec![1, 0], vec![2; 25_000], vec![1, 2, 3], vec![3; 9_000]];
        let vocab = Vocab::from_tokens(vec!["a".into(), "b".into()]).unwrap();
        let text = Text::new(Sentences::Memory(&sentences), &vocab).unwrap();
        assert_eq!(text.words(), 3 + 25_000 + 2 + 9_000);
        let mut before = 0;
        for block in text.blocks() {
            let mut words = 0;
            let visit = |chunk: &[u32]| words += words_of(chunk).count();
            text.each_chunk(block, &mut Vec::new(), visit).unwrap();
            assert_eq!((block.words_before, block.words), (before, words as u64));
            assert!((1..=250 + CHUNK_WORDS).contains(&words), "a block of {words}");
            before += words as u64;
        }
        assert_eq!(before, text.words());
        assert_eq!(text.counts(), [25_004, 9_001]);
    }

    #[test]
    #[should_panic(expected = "id 9 of a vocabulary of 3")]
    fn an_id_of_another_vocabulary_is_a_fault_of_the_caller() {
        let _ = Text::new(Sentences::Memory(&[vec![2, 9]]), &Vocab::from_tokens(vec!["a".into()]).unwrap());
    }
}
