//! Facts about the machine: its processor, and the memory that is available or was used.

use std::fs;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The processor's name; "unknown" where the system does not tell it.
///
/// ```
/// assert!(!ninefold_core::machine::processor().is_empty());
/// ```
pub fn processor() -> String {
    let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let name = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Bytes of memory that can be used without swapping, at most what a container allows; `None` where the system does not tell it.
pub fn available_memory() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory);
    let available = match system.cgroup_limits() {
        Some(limits) => limits.free_memory.min(system.available_memory()),
        None => system.available_memory(),
    };
    (system.total_memory() > 0).then_some(available)
}

/// The largest resident set of this process so far in bytes. Linux only: elsewhere `None`.
pub fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_known_where_sysinfo_supports_the_system() {
        assert!(!sysinfo::IS_SUPPORTED_SYSTEM || available_memory().is_some());
    }
}
