//! Sums of more keys than memory holds: sorted runs on the disk, then merged.
//!
//! (key, count), (key, count), ... in any order -> each key once, rising, with the sum of its counts. Counts are whole numbers, so
//! the sums do not depend on where the runs were cut.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use rayon::slice::ParallelSliceMut;

use crate::stream::disk::Disk;
use ninefold_core::error::Result;

/// Fewest pairs that are held at once, however little memory there is.
const LEAST: usize = 1 << 12;

#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Pair {
    key: u64,
    count: u64,
}

/// Gathers pairs.
pub(crate) struct Runs {
    held: Vec<Pair>,
    most: usize,
    disk: Disk<Pair>,
    ends: Vec<u64>, // of the runs on the disk
}

impl Runs {
    /// Holds pairs in about `memory` bytes, and in temporary files in `folder` what is more.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn new(memory: u64, folder: &Path) -> Result<Runs> {
        let most = (memory as usize / size_of::<Pair>()).max(LEAST);
        Ok(Runs { held: Vec::new(), most, disk: Disk::create(folder)?, ends: Vec::new() })
    }

    /// One more pair.
    ///
    /// # Errors
    /// When the disk is full.
    #[inline]
    pub(crate) fn add(&mut self, key: u64, count: u64) -> Result<()> {
        if self.held.len() == self.held.capacity() {
            self.held.reserve_exact(self.held.len().clamp(LEAST, self.most.saturating_sub(self.held.len()).max(LEAST)));
        }
        self.held.push(Pair { key, count });
        if self.held.len() < self.most {
            return Ok(());
        }
        self.sum();
        // Where most keys came again there is room for more before a run is worth its place on the disk.
        if self.held.len() > self.most / 2 { self.write_run() } else { Ok(()) }
    }

    /// Sorts what is held and adds up equal keys.
    fn sum(&mut self) {
        self.held.par_sort_unstable_by_key(|pair| pair.key);
        self.held.dedup_by(|again, first| {
            let same = again.key == first.key;
            first.count += if same { again.count } else { 0 };
            same
        });
    }

    fn write_run(&mut self) -> Result<()> {
        self.disk.append(&self.held)?;
        self.disk.flush()?;
        self.ends.push(self.disk.len());
        self.held.clear();
        Ok(())
    }

    /// Visits each key with its sum, keys rising.
    ///
    /// # Errors
    /// Those of `visit`; when the disk fails.
    pub(crate) fn each(mut self, mut visit: impl FnMut(u64, u64) -> Result<()>) -> Result<()> {
        self.sum();
        if self.ends.is_empty() {
            return self.held.iter().try_for_each(|pair| visit(pair.key, pair.count));
        }
        self.write_run()?;
        self.held = Vec::new();
        let ahead = (self.most / self.ends.len()).clamp(64, 1 << 16) as u64;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut runs: Vec<Run> =
            starts.zip(&self.ends).map(|(next, &end)| Run { next, end, read: Vec::new() }).collect();
        let mut heads = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            heads.extend(run.take(&self.disk, ahead)?.map(|pair| Reverse((pair.key, number, pair.count))));
        }
        let mut sum: Option<Pair> = None;
        while let Some(Reverse((key, number, count))) = heads.pop() {
            heads.extend(runs[number].take(&self.disk, ahead)?.map(|pair| Reverse((pair.key, number, pair.count))));
            match &mut sum {
                Some(sum) if sum.key == key => sum.count += count,
                _ => {
                    if let Some(done) = sum.replace(Pair { key, count }) {
                        visit(done.key, done.count)?;
                    }
                }
            }
        }
        sum.map_or(Ok(()), |done| visit(done.key, done.count))
    }
}

/// A run being read.
struct Run {
    next: u64,
    end: u64,
    read: Vec<Pair>, // from the last to the first
}

impl Run {
    fn take(&mut self, disk: &Disk<Pair>, ahead: u64) -> Result<Option<Pair>> {
        if self.read.is_empty() && self.next < self.end {
            let end = self.end.min(self.next + ahead);
            disk.read(self.next, end, &mut self.read)?;
            self.read.reverse();
            self.next = end;
        }
        Ok(self.read.pop())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::rng::Rng;
    use std::collections::BTreeMap;

    #[test]
    fn sums_are_those_of_a_map_with_and_without_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        for (keys, memory, on_disk) in [(50_000, 0, true), (100, 0, false), (50_000, 1 << 30, false)] {
            let mut rng = Rng::new(1);
            let mut runs = Runs::new(memory, folder.path()).unwrap();
            let mut expected = BTreeMap::new();
            for _ in 0..100_000 {
                let (key, count) = (rng.below(keys) as u64, 1 + rng.below(9) as u64);
                runs.add(key, count).unwrap();
                *expected.entry(key).or_insert(0) += count;
            }
            assert_eq!(runs.ends.len() > 5, on_disk, "{} runs of {keys} keys", runs.ends.len());
            let mut found = Vec::new();
            runs.each(|key, count| {
                found.push((key, count));
                Ok(())
            })
            .unwrap();
            assert!(found.iter().copied().eq(expected), "{keys} keys in {memory} bytes");
        }
    }

    #[test]
    fn no_pair_is_no_sum() {
        let folder = tempfile::tempdir().unwrap();
        Runs::new(0, folder.path()).unwrap().each(|_, _| panic!("a pair from nowhere")).unwrap();
    }
}
