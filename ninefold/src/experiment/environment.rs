//! On what a run was made: program, system, processor, threads, time.

use std::fs;

use serde::{Deserialize, Serialize};

use super::clock;
use crate::kernels::simd::Level;

/// `environment.json` of a run folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The program: "ninefold 0.1.0".
    pub program: String,
    /// "linux".
    pub os: String,
    /// "x86_64".
    pub arch: String,
    /// The processor's name, where the system tells it.
    pub cpu: String,
    /// Processors that the program may use.
    pub cpus: usize,
    /// Vector instructions used: "avx2".
    pub simd: String,
    /// Threads of the run.
    pub threads: usize,
    /// When the run began, or was last gone on with: "2026-01-31T12:00:00Z".
    pub started: String,
}

impl Environment {
    /// That of this process, now.
    pub fn now() -> Environment {
        let [year, month, day, hour, minute, second] = clock::now();
        Environment {
            program: program(),
            os: std::env::consts::OS.to_string(),
            arch: std::env::consts::ARCH.to_string(),
            cpu: cpu(),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            simd: Level::current().name().to_string(),
            threads: rayon::current_num_threads(),
            started: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
        }
    }
}

/// "ninefold 0.1.0".
pub(super) fn program() -> String {
    format!("ninefold {}", env!("CARGO_PKG_VERSION"))
}

/// Linux tells it in /proc/cpuinfo; elsewhere the architecture has to do.
fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name.trim()).to_string()
}
