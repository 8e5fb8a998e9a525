//! Decimal numbers as they are in vector files: read at the speed of memory, written as gensim writes them.
//!
//! Source: Clinger, "How to read floating point numbers accurately" (1990): a mantissa below 2^53 divided by a power of ten
//! up to 10^22 is rounded once, so the f64 is exact to the last bit. What does not fit is left to the standard library.

use std::io::{self, Write};

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// What separates fields: ASCII white space but the line's end.
#[inline]
pub fn is_separator(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// Reads the number that begins at `text[at]` and ends before a separator or the end; gives it with where it ends. `None` when
/// it is no number; "nan" and "inf" are numbers.
#[inline]
pub fn read(text: &[u8], at: usize) -> Option<(f32, usize)> {
    let mut end = at;
    let negative = text.get(end) == Some(&b'-');
    end += usize::from(negative);
    let first = end;
    let mut mantissa = 0u64;
    while let Some(digit) = digit(text, end) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        end += 1;
    }
    let mut digits = end - first;
    let mut decimals = 0;
    if text.get(end) == Some(&b'.') {
        end += 1;
        let point = end;
        while let Some(digit) = digit(text, end) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            end += 1;
        }
        decimals = end - point;
        digits += decimals;
    }
    // 19 digits cannot wrap a u64.
    let exact = (1..=19).contains(&digits) && mantissa <= 1 << 53 && decimals < POWERS_OF_TEN.len();
    if !exact || text.get(end).is_some_and(|byte| !is_separator(byte)) {
        return read_slowly(text, at);
    }
    let wide = mantissa as f64 / POWERS_OF_TEN[decimals];
    // Rounding to f64 and then to f32 goes wrong only where the f64 lies halfway between two f32.
    if wide.to_bits() & 0x1fff_ffff == 0x1000_0000 {
        return read_slowly(text, at);
    }
    let value = wide as f32;
    Some((if negative { -value } else { value }, end))
}

#[inline]
fn digit(text: &[u8], at: usize) -> Option<u64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

#[cold]
fn read_slowly(text: &[u8], at: usize) -> Option<(f32, usize)> {
    let rest = text.get(at..)?;
    let length = rest.iter().position(is_separator).unwrap_or(rest.len());
    let value = std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?;
    Some((value, at + length))
}

/// Writes the shortest decimal that reads back as the same f32, in numpy's notation (2.4), as gensim does.
pub fn write(out: &mut impl Write, value: f32) -> io::Result<()> {
    let magnitude = f64::from(value.abs());
    if value == 0.0 || (1e-4..1e6).contains(&magnitude) {
        return write!(out, "{value:?}");
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
    write!(out, "{mantissa}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::rng::Rng;

    fn written(value: f32) -> String {
        let mut text = Vec::new();
        write(&mut text, value).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_read_as_the_standard_library_reads_them() {
        let mut rng = Rng::new(1);
        for _ in 0..200_000 {
            let decimals = rng.below(24);
            let scale = 10f64.powi(rng.below(9) as i32 - 4);
            let text = format!("{:.decimals$}", rng.normal() * scale);
            let expected: f32 = text.parse().unwrap();
            let (value, end) = read(text.as_bytes(), 0).unwrap();
            assert_eq!((value.to_bits(), end), (expected.to_bits(), text.len()), "{text}");
        }
    }

    #[test]
    fn a_number_halfway_between_two_is_rounded_once() {
        // 8 + 2^-21 lies halfway between 8 and the next f32. Both numbers are nearer to it than a f64 can tell, one below
        // and one above: they must go down and up.
        for (text, expected) in [("8.000000476837158", 8.0), ("8.000000476837159", 8.000_001)] {
            assert_eq!(text.parse::<f64>().unwrap(), 8.0 + 2f64.powi(-21), "the case is worth nothing");
            assert_eq!(read(text.as_bytes(), 0).unwrap().0, expected, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_known() {
        let spelled = [("1", 1.0), ("-.5", -0.5), ("+2", 2.0), ("5.", 5.0), ("1e-05", 1e-5), ("-1.5E3", -1500.0)];
        for (text, expected) in spelled {
            assert_eq!(read(text.as_bytes(), 0), Some((expected, text.len())), "{text}");
        }
        assert_eq!(read(b"a 2.5 b", 2), Some((2.5, 5)));
        assert_eq!(read(b"a 2.5\tb", 2), Some((2.5, 5)));
        assert_eq!(read(b"-0", 0).unwrap().0.to_bits(), (-0.0f32).to_bits());
        assert!(read(b"nan", 0).unwrap().0.is_nan() && read(b"1e999", 0).unwrap().0.is_infinite());
        for text in ["", "-", ".", "1,5", "0x1", "1.2.3", "word", " 1", "1\u{a0}2"] {
            assert_eq!(read(text.as_bytes(), 0), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_numpy_writes_them() {
        let cases = [
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (999_999.0, "999999.0"),
            (16_777_216.0, "1.6777216e+07"),
            (1e-5, "1e-05"),
            (-1.5e-5, "-1.5e-05"),
            (1e-4, "1e-04"), // the f32 nearest to 0.0001 lies below it
            (1.5e-4, "0.00015"),
            (1e16, "1e+16"),
            (1e-38, "1e-38"),
        ];
        for (value, expected) in cases {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let mut rng = Rng::new(2);
        for _ in 0..200_000 {
            let value = f32::from_bits(rng.next_u64() as u32);
            if value.is_finite() {
                let text = written(value);
                assert_eq!(read(text.as_bytes(), 0).unwrap().0.to_bits(), value.to_bits(), "{text}");
            }
        }
    }
}
