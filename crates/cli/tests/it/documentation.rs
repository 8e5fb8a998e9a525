//! The shell blocks of README and guide run: in a folder that holds the files they name, with settings that train in a moment.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Place, SMALL, stdout};

/// Lines that are not run: how they are recognised, and why.
const EXEMPT: [(&str, &str); 4] = [
    ("cargo ", "compiles the program"),
    ("pip install", "builds the Python package, which has tests of its own"),
    ("20newsgroups", "downloads a corpus"),
    ("cc.en.300.bin", "is a download of seven gigabytes"),
];

/// Stands in for `ninefold`: adds settings that train in a moment, before the line's own, and shortens budgets.
const SHIM: &str = r#"#!/bin/sh
command=$1
shift
for word do
    shift
    case $last in
        --trials) word=3 ;;
        --minutes) word=0.02 ;;
        --from) case $word in default | round1) word=small.toml ;; esac ;;
    esac
    last=$word
    set -- "$@" "$word"
done
case $command in
    compare | search | ablation | ladder | distill)
        exec "$NINEFOLD" "$command" $SETTINGS "$@" ;;
    cell)
        action=$1
        shift
        case $action in list) set -- $SETTINGS "$@" ;; esac
        exec "$NINEFOLD" cell "$action" "$@" ;;
    *)
        exec "$NINEFOLD" "$command" "$@" ;;
esac
"#;

/// The pages whose blocks run.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root.join("docs/guide")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages
}

/// The lines of each ```sh block that are not exempt, with the number of its first line.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match &mut block {
            None if line.trim() == "```sh" => block = Some((number, String::new())),
            None => {}
            Some(_) if line.trim() == "```" => blocks.extend(block.take()),
            Some(_) if EXEMPT.iter().any(|(exempt, _)| line.contains(exempt)) => {}
            Some((_, text)) => {
                *text += line;
                *text += "\n";
            }
        }
    }
    blocks
}

/// What the blocks name: corpora, models, runs, vectors.
fn prepared() -> Place {
    let place = Place::new();
    let rows = |head: &str, row: &dyn Fn(usize, &str, &str) -> String| {
        let words = [("good", "a great moving film"), ("bad", "a dull empty film"), ("fair", "an average plain film")];
        head.to_string() + &(0..90).map(|n| row(n, words[n % 3].0, words[n % 3].1)).collect::<String>()
    };
    let text = |n: usize, words: &str| format!("{words} number{} of the year", n % 7);
    place.write(
        "reviews.csv",
        &rows("title,body,stars\n", &|n, label, words| format!("film {n},{},{label}\n", text(n, words))),
    );
    let reviews = fs::read_to_string(place.path("reviews.csv")).unwrap();
    place.write("new.csv", &reviews);
    place.write("labelled.csv", &reviews);
    place.write("costs.csv", "class,cost\ngood,1\nbad,5\nfair,1\n");
    for name in ["train.jsonl", "test.jsonl"] {
        place.write(
            name,
            &rows("", &|n, label, words| format!("{{\"text\": \"{}\", \"label\": \"{label}\"}}\n", text(n, words))),
        );
    }
    place.write("labelled.txt", &rows("", &|n, label, words| format!("__label__{label} {}\n", text(n, words))));
    for name in ["mail.txt", "books/one.txt", "more.txt"] {
        place.write(name, &"whale film the great year moving\n".repeat(200));
    }
    place.write("words.txt", "whale\nfilm\nthe\ngreat\nyear\nmoving\n");
    let words = ["the", "man", "king", "woman", "queen", "whale", "frog", "film", "great", "year"];
    let vector = |n: usize| (0..100).map(|d| format!(" {}", (n * 31 + d * 17) % 13)).collect::<String>();
    let vectors: String = words.iter().enumerate().map(|(n, word)| format!("{word}{}\n", vector(n))).collect();
    place.write("data/glove.6B.100d.txt", &vectors);
    place.write("vectors.vec", &vectors);
    place.write("wordsim353.tsv", "man\twoman\t8.3\nking\tqueen\t8.6\nwhale\tfrog\t3.1\n");
    place.write("questions-words.txt", ": family\nman woman king queen\n");
    place
}

/// Gives a place the runs and models that the blocks name.
fn with_runs(place: &Place) {
    let run = |run: &str, args: &[&str]| {
        let base = ["compare", "--data", "reviews.csv", "--run-dir", run, "--epochs", "1", "--threads", "2"];
        stdout(&place.ninefold(&[&base[..], &SMALL, args].concat()).output().unwrap());
    };
    let models = ["--embeddings", "word2vec,fasttext", "--models", "gru,lstm", "--baselines", "complement_nb"];
    run("RUN", &[&models[..], &["--ensembles", "vote_networks,vote_selected,stacked"]].concat());
    for other in ["RUN_A", "RUN_B"] {
        let label = if other == "RUN_A" { "0" } else { "0.1" };
        let setting = format!("training.label_smoothing={label}");
        run(other, &["--embeddings", "glove", "--models", "gru", "--baselines", "none", "--set", &setting]);
    }
    symlink(place.path("RUN/best"), place.path("MODEL")).unwrap();
    place.write("SEARCH/best.toml", "embeddings = [\"glove\"]\nmodels = [\"gru\"]\n");
    let train = ["embed", "train", "fasttext", "books/", "-o", "books.bin", "--dim", "4", "--min-count", "1"];
    stdout(&place.ninefold(&[&train[..], &["--set", "bucket=100"]].concat()).output().unwrap());
    let baseline = ["config", "--epochs", "1", "--set", "training.label_smoothing=0.05"];
    place.write("small.toml", &stdout(&place.ninefold(&[&baseline[..], &SMALL].concat()).output().unwrap()));
    let packed = Command::new("gzip").arg("-k").arg(place.path("more.txt")).status().unwrap();
    assert!(packed.success());
}

#[test]
fn shell_blocks_of_the_documentation_run() {
    let place = prepared();
    with_runs(&place);
    place.write("bin/ninefold", SHIM);
    fs::set_permissions(place.path("bin/ninefold"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let quick = ["corpus.sample.documents=300", "training.epochs=1", "baseline.bucket=1000", "baseline.epochs=3"];
    let quick: Vec<&str> = quick.iter().flat_map(|setting| ["--set", *setting]).collect();
    let settings = [&SMALL[..], &quick].concat();
    let mut failures = Vec::new();
    for page in pages() {
        for (line, block) in blocks(&fs::read_to_string(&page).unwrap()) {
            let output = Command::new("sh")
                .args(["-eu", "-c", &block])
                .current_dir(place.path(""))
                .env("PATH", &path)
                .env("NINEFOLD", env!("CARGO_BIN_EXE_ninefold"))
                .env("SETTINGS", settings.join(" "))
                .env("NINEFOLD_DATA_DIR", place.path("data"))
                .env("NINEFOLD_CACHE_DIR", place.path("cache"))
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                let last: Vec<&str> = said.lines().rev().take(4).collect();
                failures.push(format!(
                    "{}:{line}: {}",
                    page.display(),
                    last.into_iter().rev().collect::<Vec<_>>().join("\n")
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn exemptions_are_few_and_needed() {
    let all: String = pages().iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    assert!(EXEMPT.len() <= 5);
    for (exempt, why) in EXEMPT {
        assert!(all.contains(exempt), "{exempt} ({why}) is in no page");
    }
}
