//! The dot product of two rows in plain Rust, for kernels that leave the vectors to the compiler.

/// a · b in `SUMS` sums, which the compiler can put into vectors; it may not reorder a single sum. Pairs behind the last whole
/// `SUMS` are added at the end.
///
/// The number of sums decides the last bits of the result: a kernel that changes it gives other numbers.
#[inline(always)]
pub fn dot<const SUMS: usize>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; SUMS];
    let (a, a_rest) = a.as_chunks::<SUMS>();
    let (b, b_rest) = b.as_chunks::<SUMS>();
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::dot;

    #[test]
    fn dot_sums_whole_chunks_and_the_rest() {
        let a: Vec<f32> = (0..37).map(|i| i as f32).collect();
        let expected = (0..37).map(|i| (i * i) as f32).sum::<f32>();
        assert_eq!((dot::<8>(&a, &a), dot::<16>(&a, &a)), (expected, expected));
        assert_eq!(dot::<8>(&[], &[]), 0.0);
    }
}
