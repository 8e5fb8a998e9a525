//! On what a run was made: program, system, processor, threads, time, memory.

use std::fs;

use crate::store::clock;
use ninefold_kernels::simd::InstructionSet;
use ninefold_records::Environment;

/// That of this process, now.
pub fn environment() -> Environment {
    let [year, month, day, hour, minute, second] = clock::now();
    Environment {
        program: program(),
        os: std::env::consts::OS.to_string(),
        arch: std::env::consts::ARCH.to_string(),
        cpu: cpu(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        simd: InstructionSet::current().name().to_string(),
        threads: rayon::current_num_threads(),
        started: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
        peak_memory_bytes: peak_memory(),
    }
}

/// The same with the memory that this process has held at most by now.
pub(crate) fn with_peak_memory(environment: Environment) -> Environment {
    Environment { peak_memory_bytes: peak_memory(), ..environment }
}

/// "ninefold 0.1.0".
pub(crate) fn program() -> String {
    format!("ninefold {}", env!("CARGO_PKG_VERSION"))
}

/// The largest resident set so far: Linux tells it in kibibytes.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()?)
}

/// Linux tells it in /proc/cpuinfo; elsewhere the architecture has to do.
fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name.trim()).to_string()
}
