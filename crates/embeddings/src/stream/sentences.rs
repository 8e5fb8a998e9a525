//! What trainers read: sentences of vocabulary ids, in memory or in a file.
//!
//! `[[4, 7, 2], ...]` or an [`IdFile`] -> [`Sentences`]. Either way gives the same vectors, to the byte; a file holds four bytes
//! a word on the disk in place of memory, so that the corpus may be larger than that.

use std::path::Path;

use super::disk::Disk;
use ninefold_core::error::Result;

/// Words of a piece. A sentence of a million words is trained as a hundred sentences of 10,000 (gensim cuts the rest off
/// there), so that one endless line is shared among the threads as any text is.
pub(crate) const PIECE_WORDS: usize = 10_000;

/// Stands behind each piece in a file.
const END: u32 = u32::MAX;
/// Ids that are read at once from front to back.
const READ: u64 = 1 << 20;

/// Sentences of ids.
#[derive(Clone, Copy)]
pub enum Sentences<'a> {
    /// In memory.
    Memory(&'a [Vec<u32>]),
    /// In a file.
    File(&'a IdFile),
}

/// Sentences of ids in a temporary file.
pub struct IdFile {
    ids: Disk<u32>, // pieces, END behind each
}

impl IdFile {
    /// A file without sentences in `folder`; nothing of it is left when the program ends, however it ends.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the folder cannot be written.
    pub fn create(folder: &Path) -> Result<IdFile> {
        Ok(IdFile { ids: Disk::create(folder)? })
    }

    /// Adds a sentence.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the disk is full.
    pub fn push(&mut self, sentence: &[u32]) -> Result<()> {
        for piece in sentence.chunks(PIECE_WORDS) {
            self.ids.append(piece)?;
            self.ids.append(&[END])?;
        }
        Ok(())
    }

    /// Must be called after the last sentence.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the disk is full.
    pub fn finish(mut self) -> Result<IdFile> {
        self.ids.flush()?;
        Ok(self)
    }
}

impl<'a> Sentences<'a> {
    /// Visits all pieces in order, each with the place where it begins and the place where the next one does.
    ///
    /// # Errors
    /// Those of `visit`; [`Error::Io`](ninefold_core::Error::Io) when the disk fails.
    pub(crate) fn each_piece(&self, mut visit: impl FnMut(&[u32], (u64, u64)) -> Result<()>) -> Result<()> {
        match self {
            Sentences::Memory(sentences) => {
                let pieces = sentences.iter().flat_map(|sentence| sentence.chunks(PIECE_WORDS));
                pieces.zip(0..).try_for_each(|(piece, place)| visit(piece, (place, place + 1)))?;
            }
            Sentences::File(IdFile { ids }) => {
                let (mut place, mut ahead, mut read) = (0, Vec::new(), Vec::new());
                for first in (0..ids.len()).step_by(READ as usize) {
                    ids.read(first, ids.len().min(first + READ), &mut read)?;
                    ahead.append(&mut read);
                    let whole = ahead.iter().rposition(|&id| id == END).map_or(0, |end| end + 1);
                    for piece in ahead[..whole].split_inclusive(|&id| id == END) {
                        let next = place + piece.len() as u64;
                        visit(&piece[..piece.len() - 1], (place, next))?;
                        place = next;
                    }
                    ahead.drain(..whole);
                }
            }
        }
        Ok(())
    }

    /// Visits the pieces between two places; `pieces` are all of them where they are in memory, `buffer` is of the caller's
    /// thread.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the disk fails.
    pub(crate) fn pieces_of(
        &self,
        (first, end): (u64, u64),
        pieces: &[&[u32]],
        buffer: &mut Vec<u32>,
        mut visit: impl FnMut(&[u32]),
    ) -> Result<()> {
        match self {
            Sentences::Memory(_) => pieces[first as usize..end as usize].iter().for_each(|piece| visit(piece)),
            Sentences::File(IdFile { ids }) => {
                ids.read(first, end, buffer)?;
                buffer.split(|&id| id == END).filter(|piece| !piece.is_empty()).for_each(visit);
            }
        }
        Ok(())
    }

    /// All pieces, where they are in memory.
    pub(crate) fn pieces(&self) -> Vec<&'a [u32]> {
        match self {
            Sentences::Memory(sentences) => {
                sentences.iter().flat_map(|sentence| sentence.chunks(PIECE_WORDS)).collect()
            }
            Sentences::File(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_gives_the_pieces_that_memory_gives() {
        let sentences: Vec<Vec<u32>> =
            vec![vec![2; 3], vec![], vec![1, 0], vec![3; 25_000], (0..1_500_000).map(|id| id % 90).collect(), vec![4]];
        let folder = tempfile::tempdir().unwrap();
        let mut file = IdFile::create(folder.path()).unwrap();
        sentences.iter().for_each(|sentence| file.push(sentence).unwrap());
        let file = file.finish().unwrap();
        let all = |sentences: Sentences| {
            let (mut all, mut places) = (Vec::new(), Vec::new());
            let visit = |piece: &[u32], place| {
                all.push(piece.to_vec());
                places.push(place);
                Ok(())
            };
            sentences.each_piece(visit).unwrap();
            (all, places)
        };
        let (in_memory, in_file) = (Sentences::Memory(&sentences), Sentences::File(&file));
        let ((expected, _), (found, places)) = (all(in_memory), all(in_file));
        assert!(expected == found && expected.len() == 2 + 3 + 150 + 1);
        assert!(places.windows(2).all(|pair| pair[0].1 == pair[1].0));
        let mut some = Vec::new();
        in_file.pieces_of((places[2].0, places[4].1), &[], &mut Vec::new(), |piece| some.push(piece.to_vec())).unwrap();
        assert_eq!(some, expected[2..5]);
    }
}
