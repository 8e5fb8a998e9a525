//! A pipeline: one thread reads, several work, the caller's writes in the order of reading.
//!
//! A function that reads -> items, each worked on by whichever thread is free -> results in the order of the items. However long the
//! input is, no more than a few items per thread are on the way: a reader waits for the writer.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::threads;

/// Items per worker that may be on the way between reader and writer.
const ITEMS_PER_WORKER: usize = 4;
/// How often the writer looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Reads items by `read` on a thread of its own, does `work` on each of them on `workers` threads (0: as many as there are processors), and
/// hands the results to `write` on the calling thread, in order.
///
/// `read` ends early when [`Feed::put`] fails. If the pipeline ends while `read` waits for input (somebody types, a pipe is silent), its
/// thread is left behind until that input comes.
///
/// # Errors
/// The first error in the order of the items, of `read`, `work` or `write`; the results of the items before it were written.
/// [`Error::Interrupted`] when `progress` says so, [`Error::Threads`] when the system refuses a thread.
///
/// # Panics
/// When `read`, `work` or `write` does.
///
/// # Examples
/// ```
/// use ninefold_core::Error;
/// use ninefold_core::pipeline;
/// use ninefold_core::progress::Silent;
///
/// let mut squares = Vec::new();
/// pipeline::run(
///     2,
///     &Silent,
///     |feed| (1..=5).try_for_each(|number| feed.put(number)),
///     |number: u64| Ok::<_, Error>(number * number),
///     |square| {
///         squares.push(square);
///         Ok(())
///     },
/// )?;
/// assert_eq!(squares, [1, 4, 9, 16, 25]);
/// # Ok::<(), Error>(())
/// ```
pub fn run<I, O, E>(
    workers: usize,
    progress: &dyn Progress,
    read: impl FnOnce(&Feed<I>) -> Result<()> + Send + 'static,
    work: impl Fn(I) -> std::result::Result<O, E> + Sync,
    write: impl FnMut(O) -> std::result::Result<(), E>,
) -> std::result::Result<(), E>
where
    I: Send + 'static,
    O: Send,
    E: From<Error> + Send,
{
    let workers = if workers == 0 { threads::available() } else { workers };
    // A pool of one thread each: what an item parallelises stays on the thread that works on it, and waits for no other item.
    let pools = (0..workers).map(|_| threads::pool(1)).collect::<Result<Vec<_>>>()?;
    let inbox = Arc::new(Inbox::new(ITEMS_PER_WORKER * workers));
    let reader = start(read, Arc::clone(&inbox))?;
    let (results, finished) = channel();
    let work_off = |_| {
        while let Some((number, item)) = inbox.take() {
            let result = catch_unwind(AssertUnwindSafe(|| work(item)));
            let _ = results.send(Event::Result(number, result)); // nobody writes any more after an error
        }
        let _ = results.send(Event::WorkerEnded);
    };
    threads::in_each_beside(&pools, &work_off, || {
        let _closing = Closing(&inbox);
        write_in_order(&inbox, &finished, workers, progress, write)
    })?;
    match reader.join() {
        Ok(outcome) => Ok(outcome?),
        Err(panic) => resume_unwind(panic),
    }
}

/// The reader's end of a pipeline.
#[derive(Debug)]
pub struct Feed<I> {
    inbox: Arc<Inbox<I>>,
}

impl<I> Feed<I> {
    /// Hands an item to the workers; waits while too many are on the way.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the pipeline has ended: there is nothing left to read for.
    pub fn put(&self, item: I) -> Result<()> {
        self.inbox.put(item)
    }
}

impl<I> Drop for Feed<I> {
    fn drop(&mut self) {
        self.inbox.end();
    }
}

/// What a worker says.
enum Event<O, E> {
    Result(usize, thread::Result<std::result::Result<O, E>>),
    WorkerEnded,
}

fn start<I: Send + 'static>(
    read: impl FnOnce(&Feed<I>) -> Result<()> + Send + 'static,
    inbox: Arc<Inbox<I>>,
) -> Result<JoinHandle<Result<()>>> {
    let feed = Feed { inbox };
    let builder = Builder::new().name("ninefold-reader".to_owned());
    builder.spawn(move || read(&feed)).map_err(|error| Error::Threads { threads: 1, reason: error.to_string() })
}

fn write_in_order<I, O, E: From<Error>>(
    inbox: &Inbox<I>,
    events: &Receiver<Event<O, E>>,
    mut workers: usize,
    progress: &dyn Progress,
    mut write: impl FnMut(O) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    while workers > 0 {
        if progress.is_cancelled() {
            return Err(Error::Interrupted.into());
        }
        match events.recv_timeout(LOOK) {
            Ok(Event::Result(number, result)) => _ = early.insert(number, result),
            Ok(Event::WorkerEnded) => workers -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some(result) = early.remove(&next) {
            write(result.unwrap_or_else(|panic| resume_unwind(panic))?)?;
            inbox.note_written();
            next += 1;
        }
    }
    Ok(())
}

/// Items between the reader and the workers.
#[derive(Debug)]
struct Inbox<I> {
    state: Mutex<State<I>>,
    /// An item came, or none will come.
    has_news: Condvar,
    /// A result was written, or none will be.
    has_room: Condvar,
    /// Items that may be on the way.
    limit: usize,
}

#[derive(Debug)]
struct State<I> {
    waiting: VecDeque<(usize, I)>,
    num_put: usize,
    num_written: usize,
    /// The reader has ended.
    is_at_end: bool,
    /// The writer has ended: nothing is to be done any more.
    is_closed: bool,
}

impl<I> Inbox<I> {
    fn new(limit: usize) -> Inbox<I> {
        let state = State { waiting: VecDeque::new(), num_put: 0, num_written: 0, is_at_end: false, is_closed: false };
        Inbox { state: Mutex::new(state), has_news: Condvar::new(), has_room: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, item: I) -> Result<()> {
        let is_full = |state: &mut State<I>| !state.is_closed && state.num_put - state.num_written >= self.limit;
        let mut state = self.has_room.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        if state.is_closed {
            return Err(Error::Interrupted);
        }
        let number = state.num_put;
        state.waiting.push_back((number, item));
        state.num_put += 1;
        self.has_news.notify_one();
        Ok(())
    }

    /// The next item with its number; `None` when there is none and none will come.
    fn take(&self) -> Option<(usize, I)> {
        let is_silent = |state: &mut State<I>| state.waiting.is_empty() && !state.is_at_end && !state.is_closed;
        let mut state = self.has_news.wait_while(self.lock(), is_silent).unwrap_or_else(PoisonError::into_inner);
        if state.is_closed { None } else { state.waiting.pop_front() }
    }

    fn note_written(&self) {
        self.lock().num_written += 1;
        self.has_room.notify_one();
    }

    fn end(&self) {
        self.lock().is_at_end = true;
        self.has_news.notify_all();
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.has_news.notify_all();
        self.has_room.notify_all();
    }
}

/// Closes the inbox however the writer ends.
struct Closing<'a, I>(&'a Inbox<I>);

impl<I> Drop for Closing<'_, I> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;
    use crate::progress::Silent;

    fn numbers(count: usize) -> impl FnOnce(&Feed<usize>) -> Result<()> + Send + 'static {
        move |feed| (0..count).try_for_each(|number| feed.put(number))
    }

    #[test]
    fn results_are_written_in_the_order_of_reading() {
        for workers in [1, 2, 5] {
            let mut written = Vec::new();
            let slow_at_first = |number: usize| {
                if number == 0 {
                    thread::sleep(Duration::from_millis(20));
                }
                assert_eq!(rayon::current_num_threads(), 1);
                Ok::<_, Error>(number)
            };
            run(workers, &Silent, numbers(1000), slow_at_first, |number| {
                written.push(number);
                Ok(())
            })
            .unwrap();
            assert!(written.into_iter().eq(0..1000));
        }
    }

    #[test]
    fn reader_waits_for_the_writer() {
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let numbers = move |feed: &Feed<usize>| {
            (0..500).try_for_each(|number| {
                count.fetch_add(1, Ordering::Relaxed);
                feed.put(number)
            })
        };
        run(2, &Silent, numbers, Ok::<_, Error>, |number| {
            let ahead = read.load(Ordering::Relaxed) - number;
            assert!(ahead <= 2 * ITEMS_PER_WORKER + 1, "{ahead} ahead of the writer");
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn first_error_in_the_order_of_items_ends_the_pipeline() {
        let mut written = Vec::new();
        let fail = |number: usize| if number >= 30 { Err(Error::data(format!("item {number}"))) } else { Ok(number) };
        let outcome = run(3, &Silent, numbers(1000), fail, |number| {
            written.push(number);
            Ok(())
        });
        assert_eq!(outcome.unwrap_err().to_string(), Error::data("item 30").to_string());
        assert!(written.into_iter().eq(0..30));

        let ends_in_error = |feed: &Feed<usize>| {
            numbers(10)(feed)?;
            Err(Error::data("broken"))
        };
        let mut written = 0;
        let outcome = run(3, &Silent, ends_in_error, Ok::<_, Error>, |_| {
            written += 1;
            Ok(())
        });
        assert_eq!((outcome.unwrap_err().to_string(), written), (Error::data("broken").to_string(), 10));
        let outcome = run(2, &Silent, numbers(1000), Ok, |_| Err(Error::data("full")));
        assert_eq!(outcome.unwrap_err().to_string(), Error::data("full").to_string());
    }

    #[test]
    fn panic_of_reader_worker_or_writer_reaches_the_caller() {
        let message = |work: &dyn Fn()| {
            let panic = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
            panic.downcast_ref::<&str>().map(ToString::to_string).unwrap()
        };
        let nothing = |_: usize| Ok::<_, Error>(());
        let reads = || run(2, &Silent, |_: &Feed<usize>| panic!("reader"), Ok, nothing).unwrap();
        assert_eq!(message(&reads), "reader");
        let works = |number: usize| if number == 5 { panic!("worker") } else { Ok(number) };
        assert_eq!(message(&|| run(2, &Silent, numbers(1000), works, nothing).unwrap()), "worker");
        let writes = |_| -> Result<()> { panic!("writer") };
        assert_eq!(message(&|| run(2, &Silent, numbers(1000), Ok, writes).unwrap()), "writer");
    }

    /// Says stop once it is told to.
    #[derive(Default)]
    struct Stop(AtomicBool);

    impl Progress for Stop {
        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn silent_input_is_answered_at_once_and_can_be_left() {
        let (sender, receiver) = mpsc::channel::<usize>();
        sender.send(1).unwrap();
        let stop = Stop::default();
        let start = Instant::now();
        let typed = move |feed: &Feed<usize>| receiver.iter().try_for_each(|number| feed.put(number));
        let outcome = run(2, &stop, typed, Ok::<_, Error>, |number| {
            assert_eq!(number, 1);
            stop.0.store(true, Ordering::Relaxed);
            Ok(())
        });
        assert!(matches!(outcome, Err(Error::Interrupted)));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        drop(sender);
    }
}
