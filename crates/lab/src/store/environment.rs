//! On what a run was made: program, system, processor, threads, time, memory.

use crate::store::clock;
use ninefold_core::machine;
use ninefold_kernels::simd::InstructionSet;
use ninefold_records::Environment;

/// That of this process, now.
pub fn environment() -> Environment {
    Environment {
        program: program(),
        os: std::env::consts::OS.to_string(),
        arch: std::env::consts::ARCH.to_string(),
        cpu: machine::processor(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        simd: InstructionSet::current().name().to_string(),
        threads: rayon::current_num_threads(),
        started: clock::now("%Y-%m-%dT%H:%M:%SZ"),
        peak_memory_bytes: machine::peak_memory(),
    }
}

/// The same with the memory that this process has held at most by now.
pub(crate) fn with_peak_memory(environment: Environment) -> Environment {
    Environment { peak_memory_bytes: machine::peak_memory(), ..environment }
}

/// "ninefold 0.1.0".
pub(crate) fn program() -> String {
    format!("ninefold {}", env!("CARGO_PKG_VERSION"))
}
