//! The machine and the program of a run.

use serde::{Deserialize, Serialize};

/// `environment.json` of a run folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The program: "ninefold 0.1.0".
    pub program: String,
    /// "linux".
    pub os: String,
    /// "x86_64".
    pub arch: String,
    /// The processor's name, or "unknown".
    pub cpu: String,
    /// Processors that the program may use.
    pub cpus: usize,
    /// Vector instructions used: "avx2".
    pub simd: String,
    /// Threads of the run.
    pub threads: usize,
    /// When the run began or was last resumed: "2026-01-31T12:00:00Z".
    pub started: String,
    /// Peak memory of the process in bytes, where the system reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
}
