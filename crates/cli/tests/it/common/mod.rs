//! What the tests of the program share: a temporary place with a small corpus, and the real binary run in it.

#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// Words of three classes, and words of all of them.
const CLASSES: [(&str, [&str; 6]); 3] = [
    ("boats", ["sail", "harbour", "anchor", "deck", "rudder", "tide"]),
    ("bread", ["dough", "oven", "flour", "crust", "yeast", "loaf"]),
    ("chess", ["rook", "gambit", "check", "pawn", "opening", "bishop"]),
];
const COMMON: [&str; 8] = ["the", "a", "was", "very", "with", "and", "my", "good"];

/// Settings that train in a moment.
pub const SMALL: [&str; 12] = [
    "--set",
    "model.hidden_size=8",
    "--set",
    "embedding.dim=8",
    "--set",
    "embedding.epochs=2",
    "--set",
    "embedding.glove_epochs=2",
    "--set",
    "training.batch_size=8",
    "--set",
    "embedding.bucket=500",
];

/// A temporary folder in which commands run; it holds `posts/`, a corpus of 60 texts in three classes.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        for (class, (name, words)) in CLASSES.iter().enumerate() {
            for number in 0..20 {
                let part = if number < 15 { "train" } else { "test" };
                let path = dir.path().join("posts").join(part).join(name);
                fs::create_dir_all(&path).unwrap();
                fs::write(path.join(format!("{number:02}.txt")), text(words, class * 100 + number)).unwrap();
            }
        }
        Place { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// The program, about to run here with its caches here.
    pub fn ninefold(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
        command
            .current_dir(self.dir.path())
            .env("NINEFOLD_DATA_DIR", self.path("data"))
            .env("NINEFOLD_CACHE_DIR", self.path("cache"))
            .args(args);
        command.env_remove("NO_COLOR");
        command
    }

    /// `compare` on the corpus here, small, with one thread, without baselines and ensembles, into `run`.
    pub fn compare(&self, run: &str, args: &[&str]) -> Output {
        let mut all = vec!["compare", "--data", "posts", "--run-dir", run];
        for default in [["--threads", "1"], ["--epochs", "2"], ["--baselines", "none"], ["--ensembles", "none"]] {
            if !args.contains(&default[0]) {
                all.extend(default);
            }
        }
        all.extend(SMALL);
        all.extend(args);
        self.ninefold(&all).output().unwrap()
    }
}

/// A text of 6 to 20 words, a third of them its class's.
fn text(words: &[&str], number: usize) -> String {
    let pick = |place: usize| {
        let roll = (number * 7919 + place * 104_729 + place * place * 31) % 101;
        if roll.is_multiple_of(3) { words[roll % words.len()] } else { COMMON[roll % COMMON.len()] }
    };
    (0..6 + number % 15).map(pick).collect::<Vec<_>>().join(" ")
}

/// Stdout of a command that must have succeeded.
pub fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The error of a command that must have failed with that exit code; there is exactly one, at the end of stderr.
pub fn refusal(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    let errors: Vec<usize> = stderr.match_indices("error:").map(|(start, _)| start).collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    stderr[errors[0]..].trim_end().to_string()
}

/// The error of a command that this signal must have ended.
#[cfg(unix)]
pub fn interruption(output: &Output, signal: i32) -> String {
    use std::os::unix::process::ExitStatusExt;
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.signal(), Some(signal), "{:?}: {stderr}", output.status);
    stderr[stderr.find("error:").unwrap()..].trim_end().to_string()
}

/// Files below a folder that must be the same bytes in two runs.
pub fn same_bytes(a: &Path, b: &Path, names: &[&str]) {
    for name in names {
        let (left, right) = (fs::read(a.join(name)).unwrap(), fs::read(b.join(name)).unwrap());
        assert!(left == right, "{name} differs between {} and {}", a.display(), b.display());
    }
}
