//! A temporary file: written once from front to back, then read in chunks by several threads.
//!
//! It has no name (or loses it at once), so that nothing is left behind when the program is killed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;

use ninefold_core::error::{Error, Result};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Items in a file.
pub(crate) struct Disk<T> {
    file: Mutex<File>,
    folder: PathBuf, // for messages: the file has no name
    waiting: Vec<T>,
    written: u64, // items
}

impl<T: Pod> Disk<T> {
    /// An empty file in `folder`, which is made where it is not there.
    ///
    /// # Errors
    /// [`Error::Io`] with the folder.
    pub(crate) fn create(folder: &Path) -> Result<Disk<T>> {
        std::fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        let file = tempfile::tempfile_in(folder).map_err(Error::io("make a temporary file in", folder))?;
        Ok(Disk { file: Mutex::new(file), folder: folder.to_path_buf(), waiting: Vec::new(), written: 0 })
    }

    /// Items so far.
    pub(crate) fn len(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    /// Writes items behind those that are there.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk is full.
    pub(crate) fn append(&mut self, items: &[T]) -> Result<()> {
        for items in items.chunks(BUFFER / size_of::<T>()) {
            self.waiting.extend_from_slice(items);
            if self.waiting.len() * size_of::<T>() >= BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Must be called between the last [`append`](Disk::append) and the first [`read`](Disk::read).
    ///
    /// # Errors
    /// [`Error::Io`] when the disk is full.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let position = SeekFrom::Start(self.written * size_of::<T>() as u64);
        let write =
            |file: &mut File| file.seek(position).and_then(|_| file.write_all(bytemuck::cast_slice(&self.waiting)));
        write(file).map_err(Error::io("write a temporary file in", &self.folder))?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Reads the items `first..end` into `items`, whose content before is dropped.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk fails.
    ///
    /// # Panics
    /// When there are not so many.
    pub(crate) fn read(&self, first: u64, end: u64, items: &mut Vec<T>) -> Result<()> {
        assert!(first <= end && end <= self.written, "items {first} to {end} of {}", self.written);
        items.resize((end - first) as usize, T::zeroed());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let position = SeekFrom::Start(first * size_of::<T>() as u64);
        let read = file.seek(position).and_then(|_| file.read_exact(bytemuck::cast_slice_mut(items)));
        read.map_err(Error::io("read a temporary file in", &self.folder))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_appended_is_read_in_chunks_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = Disk::create(&folder.path().join("new")).unwrap();
        let items: Vec<u32> = (0..700_000).collect();
        items.chunks(999).for_each(|chunk| disk.append(chunk).unwrap());
        disk.flush().unwrap();
        assert_eq!(disk.len(), 700_000);
        let mut found = vec![7];
        for (first, end) in [(0, 3), (262_140, 262_150), (699_999, 700_000), (5, 5)] {
            disk.read(first, end, &mut found).unwrap();
            assert_eq!(found, items[first as usize..end as usize]);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(Disk::<u32>::create(&file).err().unwrap().to_string().contains("file: cannot create the folder"));
    }
}
