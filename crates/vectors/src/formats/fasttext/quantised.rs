//! Product quantisation: a row is cut into parts, and of each part only the number of the nearest of 256 centroids is kept.
//!
//! Codes and centroids -> the matrix that they stand for. With `qnorm` rows were divided by their lengths before, and those
//! are kept in the same way, one code each.
//!
//! Source: Jégou, Douze & Schmid, "Product quantization for nearest neighbor search" (2011), as in fastText.

use super::fields::Fields;
use ninefold_core::error::Result;

/// Centroids of each part.
const CENTROIDS: usize = 256;

/// How many times larger than its file a matrix can be. Codes of two numbers, which is usual, make it 8 times as large as
/// they are, and codes compress by little.
const MOST_EXPANSION: u64 = 256;
/// Bytes of a matrix that is unpacked in any case.
const SMALL: u64 = 1 << 24;

/// A matrix in codes.
pub(super) struct Quantised {
    pub rows: u64,
    pub dim: u64,
    codes: Vec<u8>, // [rows, parts]
    quantiser: Quantiser,
    norms: Option<(Vec<u8>, Vec<f32>)>, // [rows] codes, [256] centroids
}

impl Quantised {
    pub fn read(fields: &mut Fields) -> Result<Quantised> {
        let has_norms = fields.u8("whether norms are quantised")? != 0;
        let (rows, dim) = (fields.count("the number of rows")?, fields.count("the length of a row")?);
        let size = fields.i32("the number of codes")?;
        let codes: Vec<u8> = fields.numbers(u64::try_from(size).unwrap_or(u64::MAX), "the codes")?;
        let quantiser = Quantiser::read(fields)?;
        if quantiser.dim as u64 != dim || rows.checked_mul(quantiser.parts as u64) != Some(codes.len() as u64) {
            let expected = format!("codes of {rows} rows of {dim} numbers");
            let found = format!("{} codes of {} parts of {} numbers", codes.len(), quantiser.parts, quantiser.dim);
            return Err(fields.refuse(expected, found));
        }
        let mut norms = None;
        if has_norms {
            let codes = fields.numbers(rows, "the codes of the norms")?;
            let quantiser = Quantiser::read(fields)?;
            if quantiser.dim != 1 {
                return Err(fields.refuse("norms, which are single numbers", format!("{} numbers", quantiser.dim)));
            }
            norms = Some((codes, quantiser.centroids));
        }
        Ok(Quantised { rows, dim, codes, quantiser, norms })
    }

    /// The matrix that the codes stand for. `[rows, dim]`
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) where it is larger than any model of the file's size.
    pub fn unpack(&self, fields: &Fields) -> Result<Vec<f32>> {
        let Quantiser { dim, parts, width, centroids } = &self.quantiser;
        let (size, most) = (4 * self.rows.saturating_mul(self.dim), SMALL.max(MOST_EXPANSION * fields.taken()));
        if size > most {
            let expected = format!("a quantised matrix that unpacks to at most {MOST_EXPANSION} times the file's size");
            return Err(fields.refuse(expected, format!("one of {} rows of {dim} numbers", self.rows)));
        }
        let mut data = vec![0.0; self.rows as usize * dim]; // [rows, dim]
        for (row, out) in data.chunks_exact_mut(*dim).enumerate() {
            let norm = self.norms.as_ref().map_or(1.0, |(codes, norms)| norms[usize::from(codes[row])]);
            let codes = &self.codes[row * parts..][..*parts];
            for (part, (&code, out)) in codes.iter().zip(out.chunks_mut(*width)).enumerate() {
                let start = part * CENTROIDS * width + usize::from(code) * out.len(); // the last part may be narrower
                let centroid = &centroids[start..][..out.len()];
                out.iter_mut().zip(centroid).for_each(|(out, value)| *out = norm * value);
            }
        }
        Ok(data)
    }
}

struct Quantiser {
    dim: usize,
    parts: usize,
    width: usize,        // of a part
    centroids: Vec<f32>, // of each part in turn [256, width of the part]
}

impl Quantiser {
    fn read(fields: &mut Fields) -> Result<Quantiser> {
        let dim = fields.i32("the quantiser's dimension")?;
        let (parts, width) = (fields.i32("its number of parts")?, fields.i32("their width")?);
        let last = fields.i32("the last one's width")?;
        let adds_up = (i64::from(parts) - 1) * i64::from(width) + i64::from(last) == i64::from(dim);
        if dim < 1 || parts < 1 || !(1..=width).contains(&last) || !adds_up {
            let found = format!("{parts} parts of {width}, the last of {last}");
            return Err(fields.refuse(format!("parts of {dim} numbers"), found));
        }
        let centroids = fields.numbers(dim as u64 * CENTROIDS as u64, "the centroids")?;
        Ok(Quantiser { dim: dim as usize, parts: parts as usize, width: width as usize, centroids })
    }
}
