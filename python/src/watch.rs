//! Long work on a thread of its own, in a pool of its own, while the calling thread reports progress and hears Ctrl-C.
//!
//! The calling thread wakes every [`TICK`] to look for signals, and calls the watcher's methods every [`REPORT`]. An exception of the
//! watcher or a signal stops the work; what does not stop within [`GRACE`] is left to end by itself, and its result is dropped.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ninefold::prelude::Progress;
use ninefold::{Result, threads};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::Watcher;
use crate::errors::to_python;

const TICK: Duration = Duration::from_millis(20);
const REPORT: Duration = Duration::from_millis(100);
const GRACE: Duration = Duration::from_millis(400);

/// What the work said.
enum Event {
    Begin { task: String, unit: &'static str, total: Option<u64> },
    Advance(u64),
    Status(String),
    End,
    Notice(String),
    Warn(String),
}

/// Between the two threads.
#[derive(Default)]
pub(crate) struct Watch {
    events: Mutex<VecDeque<Event>>,
    is_cancelled: AtomicBool,
}

impl Watch {
    /// A sentence that should become a Python warning.
    pub(crate) fn warn(&self, text: &str) {
        self.push(Event::Warn(text.to_owned()));
    }

    /// Amounts are added up and figures replaced, so that the queue stays short.
    fn push(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        match (events.back_mut(), event) {
            (Some(Event::Advance(sum)), Event::Advance(amount)) => *sum += amount,
            (Some(Event::Status(last)), Event::Status(text)) => *last = text,
            (_, event) => events.push_back(event),
        }
    }

    fn report(&self, watcher: &Bound<PyAny>) -> PyResult<()> {
        let events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        for event in events {
            match event {
                Event::Begin { task, unit, total } => watcher.call_method1("begin", (task, unit, total))?,
                Event::Advance(amount) => watcher.call_method1("advance", (amount,))?,
                Event::Status(text) => watcher.call_method1("status", (text,))?,
                Event::End => watcher.call_method0("end")?,
                Event::Notice(text) => watcher.call_method1("notice", (text,))?,
                Event::Warn(text) => watcher.call_method1("warn", (text,))?,
            };
        }
        Ok(())
    }
}

impl Progress for Watch {
    fn begin(&self, task: &str, unit: &'static str, total: Option<u64>) {
        self.push(Event::Begin { task: task.to_owned(), unit, total });
    }

    fn advance(&self, amount: u64) {
        self.push(Event::Advance(amount));
    }

    fn status(&self, text: &str) {
        self.push(Event::Status(text.to_owned()));
    }

    fn end(&self) {
        self.push(Event::End);
    }

    fn notice(&self, text: &str) {
        self.push(Event::Notice(text.to_owned()));
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

type Outcome<T> = thread::Result<Result<T>>;

/// Does the work with so many threads (0: as many as there are processors), without the interpreter's lock.
///
/// # Errors
/// Those of the work as Python exceptions; whatever a signal handler or the watcher raises.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    threads: usize,
    watcher: &Watcher,
    work: impl FnOnce(&Watch) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let watch = Arc::new(Watch::default());
    let (sender, mut receiver) = channel();
    let watched = Arc::clone(&watch);
    let body = move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| threads::within(threads, || work(&watched))));
        let _ = sender.send(outcome); // nobody waits any more after a signal
    };
    let thread = thread::Builder::new().name("ninefold".to_owned());
    thread.spawn(body).map_err(|error| PyRuntimeError::new_err(format!("cannot start a thread: {error}")))?;
    let mut reported = Instant::now();
    loop {
        let (returned, outcome) = wait(py, receiver, TICK);
        receiver = returned;
        let is_done = !matches!(outcome, Err(RecvTimeoutError::Timeout));
        let mut heard = py.check_signals();
        if let (Ok(()), Some(watcher)) = (&heard, watcher)
            && (is_done || reported.elapsed() >= REPORT)
        {
            heard = watch.report(watcher.bind(py));
            reported = Instant::now();
        }
        if let Err(raised) = heard {
            watch.is_cancelled.store(true, Ordering::Relaxed);
            if !is_done {
                let _ = wait(py, receiver, GRACE);
            }
            return Err(raised);
        }
        match outcome {
            Ok(outcome) => return finished(outcome),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the work ended without a result"));
            }
        }
    }
}

type Waited<T> = (Receiver<Outcome<T>>, std::result::Result<Outcome<T>, RecvTimeoutError>);

fn wait<T: Send>(py: Python<'_>, receiver: Receiver<Outcome<T>>, time: Duration) -> Waited<T> {
    py.detach(move || {
        let outcome = receiver.recv_timeout(time);
        (receiver, outcome)
    })
}

fn finished<T>(outcome: Outcome<T>) -> PyResult<T> {
    match outcome {
        Ok(result) => result.map_err(to_python),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
            Err(PyRuntimeError::new_err(format!(
                "internal error: {text} (this is a bug in ninefold; please report it)"
            )))
        }
    }
}
