//! Random numbers that are the same on every machine, for ever: xoshiro256++ seeded through SplitMix64.
//!
//! Takes a seed and the name of a purpose -> gives an independent stream. Own code, because libraries reserve the right to
//! change their streams and a saved seed must keep its meaning.
//!
//! Source: Blackman & Vigna, "Scrambled linear pseudorandom number generators" (2021); Lemire, "Fast random integer
//! generation in an interval" (2019).

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

/// SplitMix64's output function: a bijection of u64 that looks random; also the counter-based generator of dropout.
#[inline]
pub fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Folds words into one seed, so that (seed, epoch, step) each give an unrelated stream.
pub fn fold(words: &[u64]) -> u64 {
    words.iter().fold(0, |seed, &word| mix(seed ^ mix(word)))
}

impl Rng {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Rng {
        let mut word = seed;
        let state = std::array::from_fn(|_| {
            let random = mix(word);
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            random
        });
        Rng { state }
    }

    /// The stream of `seed` that belongs to one purpose ("shuffle", "weights"): streams of different purposes are unrelated.
    pub fn for_purpose(seed: u64, purpose: &str) -> Rng {
        let name = purpose.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        Rng::new(fold(&[seed, name]))
    }

    /// 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number in [0, bound), every one equally likely.
    ///
    /// # Panics
    /// When `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "below(0)");
        let bound = bound as u64;
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A number in [0, 1) with 53 random bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A number in [low, high).
    #[inline]
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A standard normal number (Box-Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// One of `items`, every one equally likely.
    ///
    /// # Panics
    /// When `items` is empty.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` in random order (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_keeps_its_meaning() {
        let mut rng = Rng::for_purpose(7, "test");
        let drawn: Vec<usize> = (0..8).map(|_| rng.below(1000)).collect();
        assert_eq!(drawn, [260, 283, 78, 492, 858, 217, 290, 873]);
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf, "SplitMix64's published first output for seed 0");
    }

    #[test]
    fn purposes_and_seeds_give_unrelated_streams() {
        let first = |seed, purpose| Rng::for_purpose(seed, purpose).next_u64();
        assert_ne!(first(1, "weights"), first(1, "shuffle"));
        assert_ne!(first(1, "weights"), first(2, "weights"));
    }

    #[test]
    fn moments_are_right() {
        let mut rng = Rng::new(1);
        let n = 200_000;
        let (mut mean, mut square, mut sixes) = (0.0, 0.0, 0);
        for _ in 0..n {
            let z = rng.normal();
            mean += z / n as f64;
            square += z * z / n as f64;
            sixes += usize::from(rng.below(6) == 5);
        }
        assert!(mean.abs() < 0.01 && (square - 1.0).abs() < 0.02, "mean {mean}, variance {square}");
        assert!((sixes as f64 / n as f64 - 1.0 / 6.0).abs() < 0.005);
    }

    #[test]
    fn shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        Rng::new(3).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
