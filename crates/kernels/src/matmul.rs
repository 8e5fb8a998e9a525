//! The matrix product, one tile of registers at a time: C (+)= A B, where B has been cut into panels beforehand.
//!
//! A panel is as wide as a tile (64 columns on AVX-512, 16 on AVX2): its rows lie one after another, so that the innermost
//! loop reads B in one stream from the second-level cache while six rows of A are broadcast: 6 x 4 registers of sums, 4 of B
//! and 1 of A fit AVX-512's 32 registers; 6 x 2, 2 and 1 fit AVX2's 16. A may be read along its rows or along its columns
//! ([`MatrixView`]), so that the same tile serves x·W, d·W and xᵀ·d. Where operands are paired (bf16), a panel's row holds two rows
//! of B, and A is paired likewise before the first tile (`pairs.rs`).
//!
//! Source: Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), with tiles as in BLIS.

#![allow(unsafe_code)]

use std::cell::Cell;

use super::buffer::Buffer;
use super::pairs::pair;
use super::simd::{BLOCK, Kernel, Simd};
use super::view::MatrixView;

/// What C holds before the products are added.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    /// Zeros.
    Zero,
    /// The same row everywhere: a bias. `[columns]`
    Row(&'a [f32]),
    /// What is there already.
    Sum,
}

/// The right operand, cut into panels. `[depth, columns]`, columns in whole [`BLOCK`]s.
#[derive(Clone, Debug, Default)]
pub struct Panels {
    data: Buffer, // panel after panel; within a panel row after row; the last panel may be narrower
    depth: usize,
    columns: usize,
    width: usize,
    paired: bool,
}

/// The widest panel of all.
const MAX_WIDTH: usize = 64;

impl Panels {
    /// Columns of one panel.
    pub const fn width<S: Simd>() -> usize {
        const { assert!((S::TILE_VECTORS * S::LANES).is_multiple_of(BLOCK), "panels of whole blocks") };
        const { assert!(S::TILE_VECTORS * S::LANES <= MAX_WIDTH, "panels no wider than the widest") };
        S::TILE_VECTORS * S::LANES
    }

    /// Cuts a matrix into panels: `fill(k, first_column, row)` writes row `k` of the columns from `first_column` on.
    ///
    /// # Panics
    /// When `columns` is not a multiple of [`BLOCK`].
    #[inline(always)]
    pub fn pack<S: Simd>(
        &mut self,
        simd: S,
        depth: usize,
        columns: usize,
        mut fill: impl FnMut(usize, usize, &mut [f32]),
    ) {
        let (width, stored) = self.reshape::<S>(depth, columns);
        for first in (0..columns).step_by(width) {
            let panel = width.min(columns - first);
            for (k, row) in self.data[first * stored..][..stored * panel].chunks_exact_mut(panel).enumerate() {
                if S::PAIRED {
                    let mut rows = [[0.0; MAX_WIDTH]; 2];
                    for (k, row) in (2 * k..depth).zip(&mut rows) {
                        fill(k, first, &mut row[..panel]);
                    }
                    for at in (0..panel).step_by(S::LANES) {
                        simd.write(&mut row[at..], simd.pair(simd.read(&rows[0][at..]), simd.read(&rows[1][at..])));
                    }
                } else {
                    fill(k, first, row);
                }
            }
        }
    }

    /// Cuts a matrix whose rows lie in memory as they are: `row(k)` is row `k`, from its first column on.
    ///
    /// # Panics
    /// When `columns` is not a multiple of [`BLOCK`], or a row is too short.
    #[inline(always)]
    pub fn pack_rows<'b, S: Simd>(&mut self, simd: S, depth: usize, columns: usize, row: impl Fn(usize) -> &'b [f32]) {
        let (width, stored) = self.reshape::<S>(depth, columns);
        for first in (0..columns).step_by(width) {
            let panel = width.min(columns - first);
            for (k, to) in self.data[first * stored..][..stored * panel].chunks_exact_mut(panel).enumerate() {
                if S::PAIRED {
                    let upper = &row(2 * k)[first..];
                    let lower = if 2 * k + 1 < depth { &row(2 * k + 1)[first..] } else { &[0.0; MAX_WIDTH] };
                    copy_registers(simd, to, |at| simd.pair(simd.read(&upper[at..]), simd.read(&lower[at..])));
                } else {
                    let from = &row(k)[first..];
                    copy_registers(simd, to, |at| simd.read(&from[at..]));
                }
            }
        }
    }

    /// Takes the shape of another matrix; gives the width of a panel and how many rows a panel stores.
    fn reshape<S: Simd>(&mut self, depth: usize, columns: usize) -> (usize, usize) {
        assert_eq!(columns % BLOCK, 0, "columns in whole blocks");
        let data = std::mem::take(&mut self.data);
        *self = Panels { data, depth, columns, width: Self::width::<S>(), paired: S::PAIRED };
        let stored = stored_depth::<S>(depth);
        self.data.resize(stored * columns);
        (self.width, stored)
    }

    /// Number of rows.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// Fills a panel's row; a whole one in a loop of known length, which the compiler does not turn into a call.
#[inline(always)]
fn copy_registers<S: Simd>(simd: S, to: &mut [f32], from: impl Fn(usize) -> S::V) {
    if to.len() == Panels::width::<S>() {
        for v in 0..S::TILE_VECTORS {
            simd.write(&mut to[v * S::LANES..], from(v * S::LANES));
        }
    } else {
        for at in (0..to.len()).step_by(S::LANES) {
            simd.write(&mut to[at..], from(at));
        }
    }
}

/// Rows of a panel that hold `depth` rows of B.
fn stored_depth<S: Simd>(depth: usize) -> usize {
    if S::PAIRED { depth.div_ceil(2) } else { depth }
}

/// C = start + A B for `rows` rows of A and C.
///
/// # Shapes
/// `a` `[rows, b.depth]`, `b` `[depth, columns]`, `c` `[rows, columns]` with rows `c_stride` apart.
///
/// # Panics
/// When an operand is too short, or `b` was cut for another instruction set.
#[inline(always)]
pub fn multiply<S: Simd>(
    simd: S,
    rows: usize,
    a: MatrixView,
    b: &Panels,
    start: Start,
    c: &mut [f32],
    c_stride: usize,
) {
    if rows == 0 {
        return;
    }
    let panels_fit = (b.width, b.paired) == (Panels::width::<S>(), S::PAIRED);
    assert!(panels_fit, "panels cut for another instruction set");
    assert!(c_stride >= b.columns && c.len() >= (rows - 1) * c_stride + b.columns, "c is too short");
    if b.depth > 0 {
        let last = (rows - 1) * a.row_stride + (b.depth - 1) * a.depth_stride;
        assert!(last < a.data.len(), "a is too short: {} floats for [{rows}, {}]", a.data.len(), b.depth);
    }
    if let Start::Row(bias) = start {
        assert!(bias.len() >= b.columns, "the bias is too short");
    }
    simd.outlined(Product { rows, a, b, start, c, c_stride });
}

/// A product whose operands [`multiply`] has checked, compiled once for all kernels.
struct Product<'a> {
    rows: usize,
    a: MatrixView<'a>,
    b: &'a Panels,
    start: Start<'a>,
    c: &'a mut [f32],
    c_stride: usize,
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        if S::PAIRED {
            let mut paired = PAIRED.take();
            let a = pair(simd, self.rows, self.b.depth, self.a, &mut paired);
            Product { a, ..self }.by_tiles(simd);
            PAIRED.set(paired);
        } else {
            self.by_tiles(simd);
        }
    }
}

thread_local! {
    /// Where a thread keeps the left operand in pairs during a product.
    static PAIRED: Cell<Buffer> = Cell::default();
}

impl Product<'_> {
    /// The product itself, with operands as a tile reads them.
    #[inline(always)]
    fn by_tiles<S: Simd>(self, simd: S) {
        let Product { rows, a, b, start, c, c_stride } = self;
        let depth = stored_depth::<S>(b.depth);
        for first in (0..b.columns).step_by(b.width) {
            let width = b.width.min(b.columns - first);
            let panel = &b.data[first * depth..][..width * depth];
            for row in (0..rows).step_by(S::TILE_ROWS) {
                let tile = Tile {
                    depth,
                    // SAFETY: row < rows, and the last element of the last row was checked to lie within `a`, `c`.
                    a: unsafe { a.data.as_ptr().add(row * a.row_stride) },
                    a_row: a.row_stride,
                    a_depth: a.depth_stride,
                    b: panel.as_ptr(),
                    // SAFETY: as above, and first < columns <= c_stride.
                    c: unsafe { c.as_mut_ptr().add(row * c_stride + first) },
                    c_row: c_stride,
                    start: match start {
                        Start::Zero => TileStart::Zero,
                        // SAFETY: first < columns <= bias.len().
                        Start::Row(bias) => TileStart::Row(unsafe { bias.as_ptr().add(first) }),
                        Start::Sum => TileStart::Sum,
                    },
                };
                let height = S::TILE_ROWS.min(rows - row);
                // SAFETY: the tile's rows and columns lie within the operands, as checked above.
                unsafe { tile.run(simd, height, width / S::LANES) };
            }
        }
    }
}

#[derive(Clone, Copy)]
enum TileStart {
    Zero,
    Row(*const f32),
    Sum,
}

/// Up to 6 rows of C by up to `TILE_VECTORS` registers of columns.
#[derive(Clone, Copy)]
struct Tile {
    depth: usize,
    a: *const f32, // element (row, k) at row * a_row + k * a_depth
    a_row: usize,
    a_depth: usize,
    b: *const f32, // [depth, width]
    c: *mut f32,   // rows c_row apart
    c_row: usize,
    start: TileStart,
}

impl Tile {
    /// Picks the loop whose rows and registers are known to the compiler.
    ///
    /// # Safety
    /// The operands must hold `height` rows and `vectors` registers of columns.
    #[inline(always)]
    unsafe fn run<S: Simd>(self, simd: S, height: usize, vectors: usize) {
        // SAFETY: the caller's promise, handed on.
        unsafe {
            match (vectors, S::TILE_VECTORS) {
                (4, 4..) => self.with_vectors::<S, 4>(simd, height),
                (3, 4..) => self.with_vectors::<S, 3>(simd, height),
                (2, 2..) => self.with_vectors::<S, 2>(simd, height),
                (1, _) => self.with_vectors::<S, 1>(simd, height),
                _ => unreachable!("{vectors} registers across a tile of {}", S::TILE_VECTORS),
            }
        }
    }

    #[inline(always)]
    unsafe fn with_vectors<S: Simd, const VECTORS: usize>(self, simd: S, height: usize) {
        match (height, S::TILE_ROWS) {
            (6, 6..) => simd.outlined(Loop::<6, VECTORS>(self)),
            (5, 5..) => simd.outlined(Loop::<5, VECTORS>(self)),
            (4, 4..) => simd.outlined(Loop::<4, VECTORS>(self)),
            (3, 3..) => simd.outlined(Loop::<3, VECTORS>(self)),
            (2, 2..) => simd.outlined(Loop::<2, VECTORS>(self)),
            (1, _) => simd.outlined(Loop::<1, VECTORS>(self)),
            _ => unreachable!("{height} rows in a tile of {}", S::TILE_ROWS),
        }
    }
}

/// The loop over the depth of a tile of so many rows and registers. Made by [`Tile::run`] alone, whose caller promises that
/// the operands hold them.
struct Loop<const ROWS: usize, const VECTORS: usize>(Tile);

impl<const ROWS: usize, const VECTORS: usize> Kernel for Loop<ROWS, VECTORS> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Tile { depth, mut a, a_row, a_depth, mut b, c, c_row, start } = self.0;
        // SAFETY: all these indices lie within the operands, as promised to `Tile::run`.
        unsafe {
            let mut sums = [[simd.zero(); VECTORS]; ROWS];
            for (row, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    match start {
                        TileStart::Zero => {}
                        TileStart::Row(bias) => *sum = simd.load(bias.add(v * S::LANES)),
                        TileStart::Sum => *sum = simd.load(c.add(row * c_row + v * S::LANES)),
                    }
                }
            }
            for _ in 0..depth {
                let columns: [S::V; VECTORS] = std::array::from_fn(|v| simd.load(b.add(v * S::LANES)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = simd.splat(*a.add(row * a_row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = simd.product_add(x, column, *sum);
                    }
                }
                a = a.wrapping_add(a_depth);
                b = b.wrapping_add(VECTORS * S::LANES);
            }
            for (row, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    simd.store(c.add(row * c_row + v * S::LANES), *sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::InstructionSet;
    use super::*;
    use ninefold_core::rng::Rng;

    struct PackAndMultiply<'a> {
        rows: usize,
        depth: usize,
        columns: usize,
        a: MatrixView<'a>,
        b: &'a [f32], // [depth, columns]
        start: Start<'a>,
        c: &'a mut [f32],
    }

    impl Kernel for PackAndMultiply<'_> {
        type Output = ();
        const PAIRS: bool = true;
        #[inline(always)]
        fn body<S: Simd>(self, simd: S) {
            let mut panels = Panels::default();
            panels.pack(simd, self.depth, self.columns, |k, first, row| {
                row.copy_from_slice(&self.b[k * self.columns + first..][..row.len()]);
            });
            multiply(simd, self.rows, self.a, &panels, self.start, self.c, self.columns + 3);
        }
    }

    /// Rounded to the nearest number of 8 significant bits, ties to even.
    fn bf16(x: f32) -> f64 {
        let bits = x.to_bits();
        f64::from(f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
    }

    #[test]
    fn every_instruction_set_equals_three_plain_loops_at_any_shape() {
        let mut rng = Rng::new(5);
        for case in 0..120 {
            let (rows, depth, columns) = (1 + rng.below(20), rng.below(40), BLOCK * (1 + rng.below(10)));
            let transposed = rng.chance(0.5);
            let mut random = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.range(-1.0, 1.0) as f32).collect() };
            let (a, b, bias, old) =
                (random(rows * depth), random(depth * columns), random(columns), random(rows * (columns + 3)));
            let view = if transposed { MatrixView::columns(&a, rows) } else { MatrixView::rows(&a, depth) };
            let start = [Start::Zero, Start::Row(&bias), Start::Sum][case % 3];
            let sets = InstructionSet::available();
            for set in sets.iter().copied().chain(sets.iter().filter_map(|set| set.with_bf16())) {
                let factor = if set == InstructionSet::Avx512Bf16 { bf16 } else { f64::from };
                let mut c = old.clone();
                set.run(PackAndMultiply { rows, depth, columns, a: view, b: &b, start, c: &mut c });
                for (index, (&c, &old)) in c.iter().zip(&old).enumerate() {
                    let (row, column) = (index / (columns + 3), index % (columns + 3));
                    let mut expected = f64::from(match start {
                        _ if column >= columns => old,
                        Start::Zero => 0.0,
                        Start::Row(bias) => bias[column],
                        Start::Sum => old,
                    });
                    if column < columns {
                        for k in 0..depth {
                            let x = view.data[row * view.row_stride + k * view.depth_stride];
                            expected += factor(x) * factor(b[k * columns + column]);
                        }
                    }
                    assert!(
                        (f64::from(c) - expected).abs() < 1e-5,
                        "{} [{rows}, {depth}] x [{depth}, {columns}]",
                        set.name()
                    );
                }
            }
        }
    }
}
