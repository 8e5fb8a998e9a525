//! The words whose vectors point the same way.
//!
//! [`WordVectors`] -> lengths, once -> for a query the rows of largest cosine. Every row is looked at (no index), in chunks
//! over all threads; of each chunk only the best are kept.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::WordVectors;
use ninefold_core::subnormals::FlushParallel;
use ninefold_kernels::simd::{InstructionSet, Kernel, Simd};

/// Rows that one thread compares in one go: 64 queries of 300 numbers and this many rows stay in the fast caches.
const ROWS: usize = 1024;
/// Queries that are compared at once, so that rows are fetched from memory once for all of them.
const QUERIES: usize = 64;

/// Vectors with the lengths of their rows, ready to be searched.
pub struct Neighbours<'a> {
    vectors: &'a WordVectors,
    inverse_norms: Vec<f32>, // [num_words] 0 for a row of zeros, which is like nothing
    rows: usize,             // those that are searched
}

/// A row and how alike it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The row.
    pub id: usize,
    /// Cosine of the angle to the query, in [-1, 1].
    pub similarity: f32,
}

impl Eq for Neighbour {}

impl Ord for Neighbour {
    /// The more alike first; of two equally alike the earlier row, which is the more frequent word in most files.
    fn cmp(&self, other: &Neighbour) -> Ordering {
        other.similarity.total_cmp(&self.similarity).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Neighbour {
    fn partial_cmp(&self, other: &Neighbour) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl WordVectors {
    /// The `n` words most like `word`, with their cosines, the most alike first; `None` where the word has no vector. For many
    /// queries [`Neighbours`] measures the rows once.
    ///
    /// # Source
    /// gensim's `KeyedVectors.most_similar`.
    ///
    /// # Examples
    /// ```
    /// use ninefold_vectors::WordVectors;
    ///
    /// let words = ["cat", "dog", "car"].map(String::from).to_vec();
    /// let vectors = WordVectors::new(words, 2, vec![1.0, 0.0, 0.8, 0.6, 0.0, 1.0])?;
    /// assert_eq!(vectors.most_similar("cat", 1), Some(vec![("dog", 0.8)]));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn most_similar(&self, word: &str, n: usize) -> Option<Vec<(&str, f32)>> {
        let vector = self.vector(word)?;
        let without: Vec<usize> = self.id(word).into_iter().collect();
        let found = Neighbours::new(self).nearest(&vector, n, &without);
        Some(found.into_iter().map(|neighbour| (self.words[neighbour.id].as_str(), neighbour.similarity)).collect())
    }
}

impl<'a> Neighbours<'a> {
    /// Measures every row.
    pub fn new(vectors: &'a WordVectors) -> Neighbours<'a> {
        let chunks = vectors.matrix().par_chunks(ROWS * vectors.dim()).flushing();
        let norms = |rows: &[f32]| -> Vec<f32> { rows.chunks_exact(vectors.dim()).map(inverse_norm).collect() };
        let inverse_norms = chunks.map(norms).collect::<Vec<_>>().concat();
        Neighbours { vectors, inverse_norms, rows: vectors.len() }
    }

    /// The same, but only the first `rows` rows are found.
    pub fn among_first(mut self, rows: usize) -> Neighbours<'a> {
        self.rows = rows.min(self.vectors.len());
        self
    }

    /// The vector of row `id`, of length 1 (or 0). `[dim]`
    pub fn unit(&self, id: usize) -> Vec<f32> {
        self.vectors.row(id).iter().map(|value| value * self.inverse_norms[id]).collect()
    }

    /// The `n` rows most like `query`, the most alike first; rows in `without` are passed over.
    ///
    /// # Panics
    /// When the query has another dimension.
    pub fn nearest(&self, query: &[f32], n: usize, without: &[usize]) -> Vec<Neighbour> {
        let chunk = |chunk: usize| {
            let mut best = Best::new(n);
            self.compare(chunk, &[query], &[without], std::slice::from_mut(&mut best));
            best
        };
        let chunks: Vec<Best> = (0..self.rows.div_ceil(ROWS)).into_par_iter().flushing().map(chunk).collect();
        let mut best = Best::new(n);
        chunks.into_iter().flat_map(|chunk| chunk.heap).for_each(|neighbour| best.offer(neighbour));
        best.into_sorted()
    }

    /// As [`nearest`](Self::nearest) for many queries, which is faster than one by one.
    pub fn nearest_of_each(&self, queries: &[Vec<f32>], n: usize, without: &[Vec<usize>]) -> Vec<Vec<Neighbour>> {
        let some = |(queries, without): (&[Vec<f32>], &[Vec<usize>])| {
            let mut best: Vec<Best> = queries.iter().map(|_| Best::new(n)).collect();
            let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
            let without: Vec<&[usize]> = without.iter().map(Vec::as_slice).collect();
            (0..self.rows.div_ceil(ROWS)).for_each(|chunk| self.compare(chunk, &queries, &without, &mut best));
            best.into_iter().map(Best::into_sorted).collect::<Vec<_>>()
        };
        let chunks = queries.par_chunks(QUERIES).zip(without.par_chunks(QUERIES));
        chunks.flushing().map(some).collect::<Vec<_>>().concat()
    }

    /// Offers the rows of one chunk to the best of each query.
    fn compare(&self, chunk: usize, queries: &[&[f32]], without: &[&[usize]], best: &mut [Best]) {
        let dim = self.vectors.dim();
        let (start, end) = (chunk * ROWS, self.rows.min((chunk + 1) * ROWS));
        let rows = &self.vectors.matrix()[start * dim..end * dim];
        let mut products = vec![0.0; end - start];
        for ((query, without), best) in queries.iter().zip(without).zip(best) {
            assert_eq!(query.len(), dim, "a query of another dimension");
            let scale = inverse_norm(query);
            InstructionSet::current().run(Products { rows, query, products: &mut products });
            for (id, product) in (start..).zip(&products) {
                let similarity = product * self.inverse_norms[id] * scale;
                if similarity >= best.worst && !without.contains(&id) {
                    best.offer(Neighbour { id, similarity });
                }
            }
        }
    }
}

fn inverse_norm(row: &[f32]) -> f32 {
    let square: f64 = row.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    if square > 0.0 { (1.0 / square.sqrt()) as f32 } else { 0.0 }
}

/// The best so far, at most `n`.
struct Best {
    n: usize,
    heap: BinaryHeap<Neighbour>, // the least alike on top
    worst: f32,                  // what must be reached
}

impl Best {
    fn new(n: usize) -> Best {
        let worst = if n == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Best { n, heap: BinaryHeap::with_capacity(n.min(ROWS) + 1), worst }
    }

    fn offer(&mut self, neighbour: Neighbour) {
        if self.n == 0 {
            return;
        }
        self.heap.push(neighbour);
        if self.heap.len() > self.n {
            self.heap.pop();
        }
        if self.heap.len() == self.n {
            self.worst = self.heap.peek().map_or(f32::NEG_INFINITY, |worst| worst.similarity);
        }
    }

    fn into_sorted(self) -> Vec<Neighbour> {
        self.heap.into_sorted_vec()
    }
}

/// Dot products of a query with many rows.
struct Products<'a> {
    rows: &'a [f32],  // [num_rows, dim]
    query: &'a [f32], // [dim]
    products: &'a mut [f32],
}

impl Kernel for Products<'_> {
    type Output = ();
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Products { rows, query, products } = self;
        for (row, product) in rows.chunks_exact(query.len()).zip(products) {
            let (mut even, mut odd) = (simd.zero(), simd.zero());
            let mut pairs = row.chunks_exact(2 * S::LANES).zip(query.chunks_exact(2 * S::LANES));
            for (a, b) in &mut pairs {
                even = simd.mul_add(simd.read(a), simd.read(b), even);
                odd = simd.mul_add(simd.read(&a[S::LANES..]), simd.read(&b[S::LANES..]), odd);
            }
            let done = query.len() / (2 * S::LANES) * (2 * S::LANES);
            let tail: f32 = row[done..].iter().zip(&query[done..]).map(|(a, b)| a * b).sum();
            *product = simd.sum(simd.add(even, odd)) + tail;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::rng::Rng;

    fn random(words: usize, dim: usize) -> WordVectors {
        let mut rng = Rng::new(7);
        let matrix = (0..words * dim).map(|_| rng.normal() as f32).collect();
        WordVectors::new((0..words).map(|id| format!("w{id}")).collect(), dim, matrix).unwrap()
    }

    fn plainly(vectors: &WordVectors, query: &[f32], n: usize, without: &[usize]) -> Vec<usize> {
        let cosine = |id: usize| {
            let row = vectors.row(id);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            dot(row, query) / (dot(row, row) * dot(query, query)).sqrt()
        };
        let mut ids: Vec<usize> = (0..vectors.len()).filter(|id| !without.contains(id)).collect();
        ids.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)));
        ids.truncate(n);
        ids
    }

    #[test]
    fn the_nearest_are_those_of_a_plain_search() {
        for dim in [1, 3, 16, 50, 100] {
            let vectors = random(3000, dim);
            let neighbours = Neighbours::new(&vectors);
            let query = neighbours.unit(17);
            if dim > 1 {
                let found: Vec<usize> = neighbours.nearest(&query, 10, &[17, 4]).iter().map(|it| it.id).collect();
                assert_eq!(found, plainly(&vectors, &query, 10, &[17, 4]), "{dim}");
            }
            let itself = neighbours.nearest(&query, 1, &[])[0];
            assert!((itself.similarity - 1.0).abs() < 1e-5, "{itself:?}");
        }
    }

    #[test]
    fn many_queries_find_what_each_finds_alone() {
        let vectors = random(2500, 20);
        let neighbours = Neighbours::new(&vectors).among_first(2000);
        let queries: Vec<Vec<f32>> = (0..150).map(|id| neighbours.unit(id)).collect();
        let without: Vec<Vec<usize>> = (0..150).map(|id| vec![id]).collect();
        for (id, found) in neighbours.nearest_of_each(&queries, 5, &without).into_iter().enumerate() {
            assert_eq!(found, neighbours.nearest(&queries[id], 5, &[id]));
            assert!(found.iter().all(|neighbour| neighbour.id < 2000 && neighbour.id != id));
        }
    }

    #[test]
    fn equals_keep_their_order_and_zeros_are_like_nothing() {
        let names = ["a", "b", "c", "zero"].map(String::from).to_vec();
        let vectors = WordVectors::new(names, 2, vec![1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 0.0]).unwrap();
        let found = Neighbours::new(&vectors).nearest(&[5.0, 0.0], 4, &[]);
        assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(found[3].similarity, 0.0);
        assert!(Neighbours::new(&vectors).nearest(&[5.0, 0.0], 0, &[]).is_empty());
        assert_eq!(Neighbours::new(&vectors).nearest(&[5.0, 0.0], 99, &[]).len(), 4);
    }
}
