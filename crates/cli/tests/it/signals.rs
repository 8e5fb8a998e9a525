//! The first signal ends every command within two seconds, whatever it waits for; pipes that cannot be read are refused.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::{Place, refusal, stdout};

const SIGNALS: [(&str, i32); 3] = [("-INT", 2), ("-TERM", 15), ("-HUP", 1)];
/// Two seconds, and what a busy machine needs to start a process.
const LIMIT: Duration = Duration::from_millis(2500);

/// A place with a saved model in `run/best`, vectors in `v.txt`, and a pipe without a writer, `pipe`.
fn place() -> Place {
    let place = Place::new();
    stdout(&place.compare("run", &["--embeddings", "glove", "--models", "gru"]));
    let line = |word: usize| {
        format!(
            "word{word} {}\n",
            (0..4).map(|n| format!("{}.5 ", (word * 7 + n * 3) % 11)).collect::<String>().trim_end()
        )
    };
    place.write("v.txt", &(0..6000).map(line).collect::<String>());
    assert!(Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    place
}

fn start(place: &Place, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .current_dir(place.path(""))
        .env("NINEFOLD_DATA_DIR", place.path("data"))
        .env("NINEFOLD_CACHE_DIR", place.path("cache"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends a signal and waits for the end: by that signal, in time.
fn ends(child: &mut Child, (name, number): (&str, i32), what: &str) {
    assert!(child.try_wait().unwrap().is_none(), "{what}: ended by itself");
    let _stdin = child.stdin.take(); // stays open: `wait` would close it
    let begin = Instant::now();
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert!(begin.elapsed() < LIMIT, "{what}: {name} took {:?}", begin.elapsed());
    assert_eq!(status.signal(), Some(number), "{what}: {status}");
}

#[test]
fn the_first_signal_ends_every_command_in_time() {
    let place = place();
    let commands: [&[&str]; 11] = [
        &["predict", "run/best"],
        &["predict", "run/best", "pipe"],
        &["evaluate", "run/best", "--data", "pipe"],
        &["compare", "--data", "pipe", "--run-dir", "other"],
        &["embed", "info", "pipe"],
        &["embed", "nearest", "pipe", "word"],
        &["embed", "map", "v.txt", "--words", "6000", "--steps", "100000"],
        &["embed", "eval", "v.txt", "pipe"],
        &["sample", "-o", "large", "--documents", "3000000"],
        &["bench", "--models", "gru", "--sizes", "round2", "--steps", "100000"],
        &["config", "--config", "pipe"],
    ];
    for (args, signal) in commands.iter().zip(SIGNALS.iter().cycle()) {
        let mut child = start(&place, args);
        sleep(Duration::from_millis(400));
        if child.try_wait().unwrap().is_some() {
            // A pipe may be refused; it must not be read in part.
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert!(args.contains(&"pipe") && said.contains("pipe"), "{args:?} ended by itself: {said}");
            continue;
        }
        ends(&mut child, *signal, &args.join(" "));
    }
}

#[test]
fn a_signal_ends_the_wait_for_the_next_line_and_for_a_full_pipe() {
    let place = place();
    let mut child = start(&place, &["predict", "run/best"]);
    child.stdin.as_mut().unwrap().write_all(b"sail and anchor\n").unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap(); // the answer to the first line has come
    ends(&mut child, SIGNALS[0], "predict, between two lines");

    let mut child = start(&place, &["predict", "run/best"]);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let line = "sail and anchor\n".repeat(1000);
        while stdin.write_all(line.as_bytes()).is_ok() {}
    });
    sleep(Duration::from_millis(800)); // nobody reads stdout
    ends(&mut child, SIGNALS[1], "predict, into a full pipe");
    writer.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn an_ignored_hangup_stays_ignored() {
    let place = place();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" predict run/best", env!("CARGO_BIN_EXE_ninefold")])
        .current_dir(place.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_millis(400));
    assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap().success());
    sleep(Duration::from_millis(300));
    child.stdin.take().unwrap().write_all(b"sail and anchor\n").unwrap();
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(answer.lines().count(), 1);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_pipe_that_would_be_read_twice_is_refused() {
    let place = Place::new();
    let piped = |text: &str| {
        let args = ["embed", "train", "word2vec", "/dev/stdin", "-o", "v.vec", "--dim", "2"];
        place.ninefold(&args).write_stdin(text).output().unwrap()
    };
    let error = refusal(&piped(&"hello world\n".repeat(6)), 1);
    assert!(error.contains("/dev/stdin: a pipe cannot be read twice: write it to a file first"), "{error}");
    assert!(!place.path("v.vec").exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = place();
    for command in ["config", "predict run/best posts", "completions bash"] {
        let line =
            format!("{} {command} | head -c 5 >/dev/null; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_ninefold"));
        let output = Command::new("bash").args(["-c", &line]).current_dir(place.path("")).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_an_error() {
    let place = Place::new();
    let line = format!("{} config > /dev/full", env!("CARGO_BIN_EXE_ninefold"));
    let output = Command::new("sh").args(["-c", &line]).current_dir(place.path("")).output().unwrap();
    assert!(refusal(&output, 1).contains("cannot write to stdout: No space left on device"));
}
