//! For tests: mutated inputs for readers of foreign bytes, from a seed.
//!
//! Valid inputs -> [`Mutator`], which gives inputs that are damaged like real files: flipped bits, cut ends, lying numbers, parts
//! of other files -> [`survive`], which feeds them to a reader and reports panics, slow inputs and large allocations. The
//! variable `NINEFOLD_FUZZ_INPUTS` sets how many inputs each reader gets. `fuzz/` has the same readers for libFuzzer.

mod memory;

pub use memory::CountingAllocator;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Inputs for each reader where the environment does not say otherwise.
const INPUTS: usize = 20_000;
/// The variable that does.
const VARIABLE: &str = "NINEFOLD_FUZZ_INPUTS";

/// Gives mutated inputs; the same seed and inputs give the same ones.
pub struct Mutator {
    valid: Vec<Vec<u8>>,
    state: u64,
}

/// Numbers that readers trip over, in sizes of 1, 2, 4 and 8 bytes.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];
/// Texts that readers trip over.
const TEXTS: [&[u8]; 18] = [
    b"",
    b" ",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"\"",
    b",",
    b"-",
    b"-1",
    b"0",
    b"nan",
    b"1e999",
    b"99999999999999999999",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"{}[]",
];

impl Mutator {
    /// Mutations of these inputs.
    ///
    /// # Panics
    /// When there is none.
    pub fn new(seed: u64, valid: Vec<Vec<u8>>) -> Mutator {
        assert!(!valid.is_empty(), "nothing to mutate");
        Mutator { valid, state: seed }
    }

    /// The next input: a valid one with one to four mutations.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut bytes = self.any_valid();
        for _ in 0..=self.below(4) {
            self.mutate(&mut bytes);
        }
        bytes
    }

    fn any_valid(&mut self) -> Vec<u8> {
        let index = self.below(self.valid.len());
        self.valid[index].clone()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.position(bytes.len());
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.random() as u8,
            2 => bytes.truncate(at),
            3 => {
                let end = bytes.len().min(at + self.below(64));
                bytes.drain(at..end);
            }
            4 => {
                let part = bytes[at..bytes.len().min(at + self.below(64))].to_vec();
                let other = self.position(bytes.len());
                bytes.splice(other..other, part);
            }
            5 => {
                let other = self.any_valid();
                let from = self.position(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            6 => self.overwrite_digits(bytes, at),
            7 => {
                let text = TEXTS[self.below(TEXTS.len())];
                let end = if self.below(2) == 0 { at } else { bytes.len().min(at + text.len()) };
                bytes.splice(at..end, text.iter().copied());
            }
            _ => {
                let number = NUMBERS[self.below(NUMBERS.len())].to_le_bytes();
                let size = [1, 2, 4, 8][self.below(4)].min(bytes.len() - at);
                bytes[at..at + size].copy_from_slice(&number[..size]);
            }
        }
    }

    /// Puts another number in place of the decimal number at or after `at`.
    fn overwrite_digits(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else { return };
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = NUMBERS[self.below(NUMBERS.len())].to_string();
        bytes.splice(start..start + length, number.into_bytes());
    }

    /// Half of the time among the first 128 bytes, where headers are.
    fn position(&mut self, length: usize) -> usize {
        let range = if self.below(2) == 0 { length.min(128) } else { length };
        self.below(range + 1)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.random() % end.max(1) as u64) as usize
    }

    /// SplitMix64. Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// What came of many inputs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Inputs that were read.
    pub inputs: usize,
    /// Inputs that the reader accepted.
    pub accepted: usize,
    /// The longest time that one took.
    pub slowest: Duration,
    /// The largest allocation in bytes, where [`CountingAllocator`] is the program's; 0 otherwise.
    pub largest: usize,
}

/// Feeds `inputs` mutations of `valid` inputs to a reader, or as many as `NINEFOLD_FUZZ_INPUTS` says; `read` says whether the
/// reader accepted one. Every valid input is read, too, and has to be accepted.
///
/// # Panics
/// When the reader panics (with the input), takes 20 seconds for one input, or asks for more than `most_bytes` at once.
pub fn survive(
    name: &str,
    valid: Vec<Vec<u8>>,
    inputs: Option<usize>,
    most_bytes: usize,
    read: impl Fn(&[u8]) -> bool,
) -> Report {
    let wanted = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    let inputs: usize = wanted.or(inputs).unwrap_or(INPUTS);
    let mut report = Report::default();
    for (number, input) in valid.iter().enumerate() {
        assert!(read(input), "{name}: valid input {number} was refused");
    }
    let mut mutator = Mutator::new(0x6e69_6e65, valid);
    CountingAllocator::reset();
    for number in 0..inputs {
        let input = mutator.next_input();
        let start = Instant::now();
        let Ok(accepted) = catch_unwind(AssertUnwindSafe(|| read(&input))) else {
            panic!("{name}: input {number} made the reader panic: {}", shown(&input));
        };
        let took = start.elapsed();
        let largest = CountingAllocator::largest();
        assert!(took < Duration::from_secs(20), "{name}: input {number} took {took:?}: {}", shown(&input));
        assert!(largest <= most_bytes, "{name}: input {number} asked for {largest} bytes at once: {}", shown(&input));
        report.inputs += 1;
        report.accepted += usize::from(accepted);
        report.slowest = report.slowest.max(took);
        report.largest = report.largest.max(largest);
    }
    report
}

/// The input as a Rust byte string, cut after 4,000 bytes.
fn shown(input: &[u8]) -> String {
    format!("b\"{}\" ({} bytes)", input[..input.len().min(4000)].escape_ascii(), input.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        let inputs = |seed| {
            let mut mutator = Mutator::new(seed, vec![b"word 1 2 3\n".to_vec(), vec![0; 100], Vec::new()]);
            (0..1000).map(|_| mutator.next_input()).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
    }

    #[test]
    fn a_panic_is_reported_with_its_input() {
        let read = |bytes: &[u8]| {
            assert!(!bytes.is_empty());
            true
        };
        let panic = catch_unwind(|| survive("reader", vec![b"a".to_vec()], None, usize::MAX, read)).unwrap_err();
        let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(message.contains("made the reader panic: b\"\" (0 bytes)"), "{message}");
    }
}
