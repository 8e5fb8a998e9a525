//! Holds the order of modules that ARCHITECTURE.md draws: a module uses only what stands before it, and no file outgrows
//! one idea.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Floors, lowest first. A module may use those below its floor and its neighbours on it.
const FLOORS: [&[&str]; 10] = [
    &["error", "files", "folders", "phrasing", "progress", "rng", "share"],
    &["download"],
    &["corpus", "tokenize", "vocab"],
    &["batch", "class_weight", "kernels"],
    &["embed", "nn"],
    &["baseline", "model", "eval"],
    &["train", "bench"],
    &["bundle", "predictor"],
    &["report"],
    &["experiment"],
];

/// What a module must not know although it stands below: (module, stranger).
const STRANGERS: [(&str, &str); 16] = [
    ("baseline", "corpus"),
    ("baseline", "files"),
    ("baseline", "eval"),
    ("baseline", "model"),
    ("kernels", "corpus"),
    ("kernels", "tokenize"),
    ("nn", "corpus"),
    ("nn", "files"),
    ("model", "corpus"),
    ("model", "files"),
    ("eval", "model"),
    ("train", "corpus"),
    ("train", "files"),
    ("report", "model"),
    ("report", "train"),
    ("embed", "model"),
];

const CEILING: usize = 500;

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Modules that a line names as `crate::module`, also inside `use crate::{a, b::c}` on one line.
fn used(line: &str) -> Vec<&str> {
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    line.match_indices("crate::")
        .flat_map(|(at, path)| {
            let rest = &line[at + path.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(|item| &item.trim()[..name(item.trim())]).collect(),
                None => vec![&rest[..name(rest)]],
            }
        })
        .collect()
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for path in sources(&root) {
        let relative = path.strip_prefix(&root).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(own) = floor(module) else {
            faults.push(format!("{}: module {module} has no floor", relative.display()));
            continue;
        };
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in used(line) {
                let above = floor(used).is_some_and(|floor| floor > own);
                if above || STRANGERS.contains(&(module, used)) {
                    faults.push(format!("{}:{}: {module} uses {used}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_outgrows_one_idea() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for part in ["ninefold/src", "ninefold/tests", "cli/src", "cli/tests"] {
        for path in sources(&workspace.join(part)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= CEILING, "{}: {lines} lines, at most {CEILING}", path.display());
        }
    }
}
