//! What trainers read: sentences of vocabulary ids, in memory or in a file.
//!
//! `[[4, 7, 2], ...]` or an [`IdFile`] -> [`Sentences`]. Either way gives the same vectors, to the byte; a file holds four bytes
//! a word on the disk in position of memory, so that the corpus may be larger than that.

use std::path::Path;

use super::disk::Disk;
use ninefold_core::error::Result;

/// Words of a chunk. A sentence of a million words is trained as a hundred sentences of 10,000 (gensim cuts the rest off
/// there), so that one endless line is shared among the threads as any text is.
pub(crate) const CHUNK_WORDS: usize = 10_000;

/// Stands behind each chunk in a file.
const END: u32 = u32::MAX;
/// Ids that are read at once from front to back.
const READ: u64 = 1 << 20;

/// Sentences of ids.
#[derive(Clone, Copy)]
pub enum Sentences<'a> {
    /// In memory, each by itself.
    Memory(&'a [Vec<u32>]),
    /// In memory, one after another.
    Joined {
        /// Of all sentences.
        ids: &'a [u32],
        /// Where each sentence ends. `[sentences]`
        ends: &'a [usize],
    },
    /// In a file.
    File(&'a IdFile),
}

/// Sentences of ids in a temporary file.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_embeddings::{IdFile, Resources, Sentences, Word2VecConfig, word2vec};
/// use ninefold_text::vocab::Vocab;
///
/// let vocab = Vocab::from_tokens(["sail", "anchor"].map(String::from).to_vec())?;
/// let mut ids = IdFile::create(&std::env::temp_dir())?;
/// ids.push(&[2, 3, 2, 3])?;
/// let ids = ids.finish()?;
/// let config = Word2VecConfig { dim: 8, ..Word2VecConfig::default() };
/// let vectors = word2vec::train_on(&config, Sentences::File(&ids), &vocab, &Resources::default(), &Silent)?;
/// assert_eq!(vectors.len(), 2);
/// # Ok::<(), ninefold_core::Error>(())
/// ```
pub struct IdFile {
    ids: Disk<u32>, // chunks, END behind each
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
        for chunk in sentence.chunks(CHUNK_WORDS) {
            self.ids.append(chunk)?;
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
    /// Visits all chunks in order, each with the position where it begins and the position where the next one does.
    ///
    /// # Errors
    /// Those of `visit`; [`Error::Io`](ninefold_core::Error::Io) when the disk fails.
    pub(crate) fn each_chunk(&self, mut visit: impl FnMut(&[u32], (u64, u64)) -> Result<()>) -> Result<()> {
        match self {
            Sentences::Memory(_) | Sentences::Joined { .. } => {
                self.in_memory().zip(0..).try_for_each(|(chunk, position)| visit(chunk, (position, position + 1)))?;
            }
            Sentences::File(IdFile { ids }) => {
                let (mut position, mut ahead, mut read) = (0, Vec::new(), Vec::new());
                for first in (0..ids.len()).step_by(READ as usize) {
                    ids.read(first, ids.len().min(first + READ), &mut read)?;
                    ahead.append(&mut read);
                    let whole = ahead.iter().rposition(|&id| id == END).map_or(0, |end| end + 1);
                    for chunk in ahead[..whole].split_inclusive(|&id| id == END) {
                        let next = position + chunk.len() as u64;
                        visit(&chunk[..chunk.len() - 1], (position, next))?;
                        position = next;
                    }
                    ahead.drain(..whole);
                }
            }
        }
        Ok(())
    }

    /// Visits the chunks between two positions; `chunks` are all of them where they are in memory, `buffer` is of the caller's
    /// thread.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the disk fails.
    pub(crate) fn chunks_of(
        &self,
        (first, end): (u64, u64),
        chunks: &[&[u32]],
        buffer: &mut Vec<u32>,
        mut visit: impl FnMut(&[u32]),
    ) -> Result<()> {
        match self {
            Sentences::Memory(_) | Sentences::Joined { .. } => {
                chunks[first as usize..end as usize].iter().for_each(|chunk| visit(chunk));
            }
            Sentences::File(IdFile { ids }) => {
                ids.read(first, end, buffer)?;
                buffer.split(|&id| id == END).filter(|chunk| !chunk.is_empty()).for_each(visit);
            }
        }
        Ok(())
    }

    /// All chunks, where they are in memory.
    pub(crate) fn chunks(&self) -> Vec<&'a [u32]> {
        self.in_memory().collect()
    }

    /// All chunks in order, none where they are in a file.
    fn in_memory(&self) -> Box<dyn Iterator<Item = &'a [u32]> + 'a> {
        match *self {
            Sentences::Memory(sentences) => {
                Box::new(sentences.iter().flat_map(|sentence| sentence.chunks(CHUNK_WORDS)))
            }
            Sentences::Joined { ids, ends } => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                Box::new(starts.zip(ends).flat_map(move |(start, &end)| ids[start..end].chunks(CHUNK_WORDS)))
            }
            Sentences::File(_) => Box::new(std::iter::empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_gives_the_chunks_that_memory_gives() {
        let sentences: Vec<Vec<u32>> =
            vec![vec![2; 3], vec![], vec![1, 0], vec![3; 25_000], (0..1_500_000).map(|id| id % 90).collect(), vec![4]];
        let folder = tempfile::tempdir().unwrap();
        let mut file = IdFile::create(folder.path()).unwrap();
        sentences.iter().for_each(|sentence| file.push(sentence).unwrap());
        let file = file.finish().unwrap();
        let all = |sentences: Sentences| {
            let (mut all, mut positions) = (Vec::new(), Vec::new());
            let visit = |chunk: &[u32], position| {
                all.push(chunk.to_vec());
                positions.push(position);
                Ok(())
            };
            sentences.each_chunk(visit).unwrap();
            (all, positions)
        };
        let (in_memory, in_file) = (Sentences::Memory(&sentences), Sentences::File(&file));
        let ends: Vec<usize> = sentences
            .iter()
            .scan(0, |end, sentence| {
                Some({
                    *end += sentence.len();
                    *end
                })
            })
            .collect();
        let joined = Sentences::Joined { ids: &sentences.concat(), ends: &ends };
        assert!(all(joined) == all(in_memory) && joined.chunks() == in_memory.chunks());
        let ((expected, _), (found, positions)) = (all(in_memory), all(in_file));
        assert!(expected == found && expected.len() == 2 + 3 + 150 + 1);
        assert!(positions.windows(2).all(|pair| pair[0].1 == pair[1].0));
        let mut some = Vec::new();
        in_file
            .chunks_of((positions[2].0, positions[4].1), &[], &mut Vec::new(), |chunk| some.push(chunk.to_vec()))
            .unwrap();
        assert_eq!(some, expected[2..5]);
    }
}
