//! In which numbers the large matrix products are done.

use serde::{Deserialize, Serialize};

use ninefold_kernels::simd::InstructionSet;

/// The numbers that a matrix product multiplies. It adds up floats of 32 bits in either case, and weights, states, gates and
/// gradients are kept in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Floats of 32 bits.
    #[default]
    F32,
    /// Both factors rounded to bf16 (8 significant bits), where the processor multiplies those faster; else as [`F32`](Self::F32).
    Bf16,
}

impl Precision {
    /// The instruction set that products of this precision run with.
    pub fn instruction_set(self) -> InstructionSet {
        let set = InstructionSet::current();
        match self {
            Precision::F32 => set,
            Precision::Bf16 => set.with_faster_bf16().unwrap_or(set),
        }
    }

    /// False where networks run in f32 instead: the processor, or the instruction set that was asked for, does not have it, or is not faster
    /// with it.
    pub fn is_available(self) -> bool {
        self == Precision::F32 || InstructionSet::current().with_faster_bf16().is_some()
    }

    /// Its name in settings and reports.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }
}
