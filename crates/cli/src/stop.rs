//! Ctrl-C: the first asks the work to stop in good order, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Begins to listen for Ctrl-C, and for the polite signals of a system that shuts down.
pub fn listen() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if STOPPED.swap(true, Ordering::Relaxed) {
            std::process::exit(130); // as shells report a process that Ctrl-C ended
        }
    })
}

/// True after the first.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}
