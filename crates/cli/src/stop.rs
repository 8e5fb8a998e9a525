//! Signals that ask the program to end: Ctrl-C, and those of a terminal or a system that closes down.
//!
//! The first asks the work to end in good order, which long work does within a fraction of a second. Where it cannot (it waits for a
//! pipe, for input, for the disk), the process ends after [`GRACE`]: every file is written under a temporary name and renamed, so none
//! is left incomplete. A second signal ends the process at once.

use std::io::{self, Write};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::output::Output;

/// How long work may take to end in good order.
const GRACE: Duration = Duration::from_millis(1500);
/// No signal so far.
const NONE: i32 = 0;

static SIGNAL: AtomicI32 = AtomicI32::new(NONE);
static ADVICE: Mutex<String> = Mutex::new(String::new());

/// Starts to listen.
pub fn listen() -> io::Result<()> {
    let signals = subscribe()?;
    let watch = move || {
        let Ok(first) = signals.recv() else { return };
        SIGNAL.store(first, Ordering::Relaxed);
        let last = match signals.recv_timeout(GRACE) {
            Ok(second) => second,
            Err(_) => {
                let _ = writeln!(io::stderr(), "\nerror: {}", message());
                first
            }
        };
        die_of(last);
    };
    thread::Builder::new().name("signals".to_string()).spawn(watch).map(drop)
}

/// True after the first signal.
pub fn is_stopped() -> bool {
    SIGNAL.load(Ordering::Relaxed) != NONE
}

/// What the user is told when the work is interrupted: how to resume it, or what was lost.
pub fn on_interrupt(advice: impl Into<String>) {
    *ADVICE.lock().unwrap_or_else(PoisonError::into_inner) = advice.into();
}

/// Ends the process as the signal that interrupted it would have.
pub fn end_process(output: &Output) -> ! {
    output.error(&anyhow::anyhow!(message()));
    die_of(SIGNAL.load(Ordering::Relaxed))
}

fn message() -> String {
    match ADVICE.lock().unwrap_or_else(PoisonError::into_inner).as_str() {
        "" => "interrupted".to_string(),
        advice => format!("interrupted: {advice}"),
    }
}

/// Shells and schedulers see which signal ended a process; a shell stops a loop only if it was Ctrl-C's.
#[cfg(unix)]
fn die_of(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}

#[cfg(not(unix))]
fn die_of(signal: i32) -> ! {
    std::process::exit(128 + signal)
}

/// The signals that come, except those that whoever started the process told it to ignore (`nohup`).
#[cfg(unix)]
fn subscribe() -> io::Result<Receiver<i32>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    let (sender, receiver) = channel();
    let forward = move || signals.forever().try_for_each(|signal| sender.send(signal));
    thread::Builder::new().name("signal handler".to_string()).spawn(forward)?;
    Ok(receiver)
}

/// The signals that are ignored, signal 1 in the lowest bit. Known on Linux only; elsewhere none.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
fn subscribe() -> io::Result<Receiver<i32>> {
    const SIGINT: i32 = 2;
    let (sender, receiver) = channel();
    ctrlc::set_handler(move || drop(sender.send(SIGINT))).map_err(io::Error::other)?;
    Ok(receiver)
}
