//! Common mistakes of users, and the error messages for them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::process::Command;

use crate::common::{Place, refusal, stdout};

/// `compare` that must fail with that code -> its error line.
fn refused(place: &Place, args: &[&str], code: i32) -> String {
    refusal(&place.ninefold(&[&["compare", "--run-dir", "run"], args].concat()).output().unwrap(), code)
}

#[test]
fn unknown_setting_is_reported_with_line_and_suggestion() {
    let place = Place::new();
    place.write("c.toml", "seed = 1\n\n[model]\nhiden_size = 3\n");
    let error = refused(&place, &["--config", "c.toml"], 2);
    assert_eq!(
        error,
        "error: c.toml:4: model.hiden_size: no such setting (did you mean `model.recurrent.hidden_size`?)"
    );
    let error = refused(&place, &["--set", "training.bach_size=3"], 2);
    assert!(error.contains("training.bach_size: ") && error.contains("`training.batch_size`"), "{error}");
    assert!(refused(&place, &["--set", "training.epochs"], 2).contains("found no '='"));
    assert!(refused(&place, &["--models", "lsmt"], 2).contains("a similar value exists: 'lstm'"));
    assert!(refused(&place, &["--epochs", "0"], 2).contains("training.epochs: expected at least 1, found 0"));
    assert!(refused(&place, &["--preset", "round3"], 2).contains("default, strong, round1, round2"));
    assert!(refused(&place, &["--sort", "beauty"], 2).contains("accuracy"));
    assert!(refused(&place, &["--threads", "0"], 2).contains("--threads"));
    assert!(refused(&place, &["--config", "no.toml"], 2).contains("no.toml: cannot read"));
    assert!(!place.path("run").exists());
}

#[test]
fn conflicting_chunk_and_pooling_settings_are_refused() {
    let place = Place::new();
    let refused = |settings: &[&str]| {
        let args: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
        refused(&place, &args, 2)
    };
    let mean = r#"model.pooling="mean""#;
    let error = refused(&[mean, "model.chunk_len=300", "training.max_len=200"]);
    assert!(error.contains("model.recurrent.chunk_len: expected at most training.max_len, 200"), "{error}");
    assert!(error.contains("found 300"), "{error}");
    let error = refused(&["model.chunk_len=50", r#"model.pooling="last""#]);
    assert!(
        error.contains("model.pooling: expected a pooling over all tokens") && error.contains("chunk_len"),
        "{error}"
    );
    let error = refused(&[r#"model.pooling="meen""#]);
    assert!(error.contains("model.pooling") && error.contains("`mean`") && error.contains("meen"), "{error}");
    let error = refused(&[r#"model.pooling="segments""#, "model.segments=30", "training.max_len=20"]);
    assert!(error.contains("model.segments: expected at most training.max_len, 20"), "{error}");
    let error = refused(&["model.recurrent_dropout=1.0"]);
    assert!(error.contains("model.recurrent.recurrent_dropout: expected a fraction"), "{error}");
}

#[test]
fn missing_or_too_few_texts_are_reported() {
    let place = Place::new();
    assert!(refused(&place, &["--data", "nowhere"], 1).contains("nowhere"));
    fs::create_dir(place.path("empty")).unwrap();
    assert!(refused(&place, &["--data", "empty"], 1).contains("empty"));
    place.write("one.csv", "text,label\nsail away,boats\nanchor down,boats\ndeck,boats\nharbour,boats\n");
    let error = refused(&place, &["--data", "one.csv"], 1);
    assert!(error.contains("boats") && error.contains("two classes"), "{error}");
    place.write("t.csv", "body,topic\nsail,boats\nrook,chess\n");
    let error = refused(&place, &["--data", "t.csv", "--text-column", "words"], 1);
    assert!(error.contains("words") && error.contains("body"), "{error}");
    assert!(!place.path("run").exists(), "no run folder for texts that cannot be read");
}

#[test]
fn corpus_without_a_frequent_word_is_reported() {
    let place = Place::new();
    let rows: String =
        (0..40u32).map(|n| format!("word{n} other{n},{}\n", if n.is_multiple_of(2) { "a" } else { "b" })).collect();
    place.write("rare.csv", &format!("text,label\n{rows}"));
    let error = refused(&place, &["--data", "rare.csv", "--set", "vocab.min_count=5"], 1);
    assert!(error.contains("min_count"), "{error}");
}

#[test]
fn huge_and_empty_texts_are_read() {
    let place = Place::new();
    place.write("posts/train/boats/huge.txt", &"sail the anchor and tide ".repeat(400_000));
    place.write("posts/train/boats/nothing.txt", "");
    place.write("posts/test/chess/nothing.txt", "  \n");
    let output = place.compare("run", &["--embeddings", "glove", "--models", "gru", "--epochs", "1"]);
    stdout(&output);
    let leaderboard = place.json("run/leaderboard.json");
    let (empty, coverage) = (&leaderboard["protocol"]["empty_texts"], &leaderboard["coverage"]);
    let count = |part: &str| empty[part].as_u64().unwrap();
    assert_eq!((count("train") + count("validation"), count("test")), (1, 1));
    let longest = |part: &str| coverage[part]["lengths"]["max"].as_u64().unwrap();
    assert_eq!(longest("train").max(longest("validation")), 2_000_000);
}

#[test]
fn missing_vectors_are_reported_before_training() {
    let place = Place::new();
    let output = place.compare("run", &["--glove", "no/vectors.txt"]);
    assert!(refusal(&output, 1).contains("no/vectors.txt"));
    assert!(!place.path("cache/vectors").exists() && !place.path("run/leaderboard.json").exists());
}

#[cfg(unix)]
#[test]
fn unwritable_run_folder_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("file", "in the way");
    let error = refusal(&place.compare("file/run", &[]), 1);
    assert!(error.contains("file/run: cannot create the run folder"), "{error}");
    fs::create_dir(place.path("locked")).unwrap();
    fs::set_permissions(place.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(place.path("locked/x"), "x").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    let error = refusal(&place.compare("locked/run", &[]), 1);
    assert!(error.contains("locked/run: cannot create the run folder"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_reported_and_leaves_complete_files() {
    let place = Place::new();
    let disk = place.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "ninefold-test"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: no small file system can be mounted here");
        return;
    }
    let output =
        place.compare("disk/run", &["--embeddings", "glove", "--models", "gru", "--set", "model.hidden_size=64"]);
    let left: Vec<_> = walk(&disk);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    let error = refusal(&output, 1);
    assert!(error.contains("disk/run/pairs/glove-gru/") && error.contains("cannot write: No space left"), "{error}");
    assert!(left.iter().all(|name| !name.starts_with(".ninefold-")), "no temporary file stays: {left:?}");
}

/// The names of all files below a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            names.extend(walk(&entry.path()));
        } else {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names
}

#[test]
fn wrong_usage_is_exit_code_2_and_help_has_examples() {
    let place = Place::new();
    assert_eq!(place.ninefold(&["compare", "--no-such-flag"]).output().unwrap().status.code(), Some(2));
    assert_eq!(place.ninefold(&[]).output().unwrap().status.code(), Some(2));
    for command in ["compare", "predict", "evaluate", "ensemble", "distill", "sample"] {
        let help = stdout(&place.ninefold(&[command, "--help"]).output().unwrap());
        assert!(help.contains("Examples:\n"), "{command}: {help}");
    }
    assert!(stdout(&place.ninefold(&["--help"]).output().unwrap()).contains("Examples:\n"));
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_the_system_refuses_are_an_error() {
    let place = Place::new();
    let limited = "ulimit -v 1500000; exec \"$0\" compare --data posts --run-dir run --threads 20000";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_ninefold")])
        .current_dir(place.path("."))
        .output()
        .unwrap();
    let error = refusal(&output, 1);
    assert!(error.starts_with("error: cannot start 20000 threads: ") && error.contains("ask for fewer"), "{error}");
    assert!(!place.path("run").exists());
}
