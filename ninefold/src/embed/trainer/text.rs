//! The sentences as trainers see them: words without `<pad>` and `<unk>`, cut into pieces, pieces gathered into blocks of
//! about equal work.
//!
//! Sentences of vocabulary ids -> [`Text`]. Nothing is copied: a piece is a slice of the caller's sentence.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::vocab::{UNK, Vocab};

/// Ids below this stand for no word (`<pad>`, `<unk>`): row r of every matrix here is vocabulary id r + FIRST_WORD.
pub(super) const FIRST_WORD: u32 = UNK + 1;

/// Words of a piece and, about, of a block. A sentence of a million words is trained as a hundred sentences of 10,000 (gensim
/// cuts the rest off there), so that one endless line is shared among the threads as any text is.
const PIECE_WORDS: usize = 10_000;

/// Sentences in pieces and blocks.
pub(super) struct Text<'a> {
    pieces: Vec<&'a [u32]>,
    blocks: Vec<Block>,
    words: u64,
}

/// Consecutive pieces: the unit of work that a thread takes from the queue.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pieces: Range<usize>,
    /// Words in it.
    pub(super) words: u64,
    /// Words in all blocks before it.
    pub(super) words_before: u64,
}

impl<'a> Text<'a> {
    /// Cuts sentences into blocks.
    ///
    /// # Errors
    /// [`Error::Data`] when there is nothing to learn from: not one word of the vocabulary in the sentences.
    ///
    /// # Panics
    /// When an id is not of this vocabulary.
    pub(super) fn new(sentences: &'a [Vec<u32>], vocab: &Vocab) -> Result<Text<'a>> {
        let mut text = Text { pieces: Vec::new(), blocks: Vec::new(), words: 0 };
        let (mut first_piece, mut block_words) = (0, 0);
        for piece in sentences.iter().flat_map(|sentence| sentence.chunks(PIECE_WORDS)) {
            let largest = piece.iter().copied().max().unwrap_or(0);
            assert!((largest as usize) < vocab.len(), "id {largest} of a vocabulary of {}", vocab.len());
            text.pieces.push(piece);
            block_words += piece.iter().filter(|&&id| id >= FIRST_WORD).count() as u64;
            if block_words >= PIECE_WORDS as u64 {
                text.close_block(&mut first_piece, &mut block_words);
            }
        }
        text.close_block(&mut first_piece, &mut block_words);
        let counted = vocab.counts().get(FIRST_WORD as usize..).is_some_and(|counts| counts.iter().any(|&c| c > 0));
        if text.words == 0 || !counted {
            return Err(Error::data(
                "word vectors need words: the texts hold none of the vocabulary (lower min_count, or check the texts)",
            ));
        }
        Ok(text)
    }

    fn close_block(&mut self, first_piece: &mut usize, words: &mut u64) {
        if *words > 0 {
            self.blocks.push(Block {
                pieces: *first_piece..self.pieces.len(),
                words: *words,
                words_before: self.words,
            });
            self.words += *words;
        }
        (*first_piece, *words) = (self.pieces.len(), 0);
    }

    /// Words in the whole text.
    pub(super) fn words(&self) -> u64 {
        self.words
    }

    /// The units of work, in order.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The pieces of a block: vocabulary ids, `<pad>` and `<unk>` still among them.
    pub(super) fn pieces(&self, block: &Block) -> &[&'a [u32]] {
        &self.pieces[block.pieces.clone()]
    }
}
