//! The examples of the guide for make and Slurm run as they are printed: make itself, and a stand-in for `sbatch`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::common::{Place, SMALL, same_bytes, stdout};

const COMPARISON: [&str; 10] = [
    "--embeddings",
    "word2vec,fasttext",
    "--models",
    "swem",
    "--baselines",
    "complement_nb",
    "--epochs",
    "1",
    "--ensembles",
    "vote_selected",
];
const SIMD: &str = "NINEFOLD_SIMD";

/// Runs an array of jobs one after another, as Slurm does elsewhere: `--array=A-B SCRIPT`, or `--wrap COMMAND`. Refuses a job that
/// depends on one that was not submitted.
const SBATCH: &str = r#"#!/bin/bash
set -e
while [ $# -gt 0 ]; do
    case $1 in
        --parsable) ;;
        --array=*) array=${1#--array=} ;;
        --dependency=afterok:*) test -f "job-${1#--dependency=afterok:}" ;;
        --wrap) bash -c "$2" >&2; shift ;;
        -*) echo "sbatch: unknown option $1" >&2; exit 1 ;;
        *) script=$1 ;;
    esac
    shift
done
if [ -n "$script" ]; then
    for number in $(seq "${array%-*}" "${array#*-}"); do SLURM_ARRAY_TASK_ID=$number bash "$script" >&2; done
fi
job=$(($(ls job-* 2>/dev/null | wc -l) + 1))
touch "job-$job"
echo "$job"
"#;

/// The blocks of the guide in that language, in order.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/several-machines.md");
    let page = fs::read_to_string(page).unwrap();
    let start = format!("```{language}\n");
    page.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// A comparison as it should be, and its cells, all with this instruction set.
fn prepared(simd: &str) -> Place {
    let place = Place::new();
    let settings = [&["--data", "posts"][..], &SMALL, &COMPARISON].concat();
    let ninefold = |args: &[&str]| {
        let words = [args, &settings].concat();
        stdout(&place.ninefold(&words).env(SIMD, simd).output().unwrap())
    };
    ninefold(&["compare", "--run-dir", "whole", "--threads", "1"]);
    let cells = ninefold(&["cell", "list"]);
    place.write("cells.jsonl", &cells);
    place.write("bin/sbatch", SBATCH);
    fs::set_permissions(place.path("bin/sbatch"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink(env!("CARGO_BIN_EXE_ninefold"), place.path("bin/ninefold")).unwrap();
    place
}

fn run(place: &Place, program: &str, args: &[&str], simd: &str) -> Output {
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program);
    command.args(args).current_dir(place.path("")).env("PATH", path).env(SIMD, simd);
    command.env("NINEFOLD_CACHE_DIR", place.path("cache")).output().unwrap()
}

fn is_here(program: &str) -> bool {
    let is_here = Command::new(program).arg("--version").output().is_ok();
    if !is_here {
        eprintln!("skipped: there is no {program}");
    }
    is_here
}

fn same_run(place: &Place) {
    let files = [
        "pairs/word2vec-swem/probabilities.safetensors",
        "pairs/fasttext-swem/model/model.safetensors",
        "baselines/complement_nb/predictions.csv",
        "ensembles/vote_selected/predictions.csv",
    ];
    same_bytes(&place.path("runs/posts"), &place.path("whole"), &files);
}

#[test]
fn makefile_of_the_guide_gives_what_compare_gives() {
    if !is_here("make") {
        return;
    }
    let place = prepared("portable");
    let [makefile] = &blocks("make")[..] else { panic!("one Makefile in the guide") };
    place.write("Makefile", makefile);
    stdout(&run(&place, "make", &["-j", "2"], "portable"));
    same_run(&place);
    let again = stdout(&run(&place, "make", &[], "portable"));
    assert!(again.contains("is up to date"), "{again}");
    fs::remove_file(place.path("cells/3.done")).unwrap();
    fs::remove_dir_all(place.path("cells/3")).unwrap();
    let again = stdout(&run(&place, "make", &[], "portable"));
    assert!(again.contains("--number 3") && !again.contains("--number 4"), "only what is missing: {again}");
}

#[test]
fn slurm_scripts_of_the_guide_give_what_compare_gives() {
    if !is_here("bash") {
        return;
    }
    let [script, submit] = &blocks("bash")[..] else { panic!("the script of a cell, and how it is submitted") };
    let simd = script.split("NINEFOLD_SIMD=").nth(1).unwrap().split_whitespace().next().unwrap();
    let probe = Place::new();
    if !run(&probe, env!("CARGO_BIN_EXE_ninefold"), &["cell", "list", "--data", "posts"], simd).status.success() {
        eprintln!("skipped: this processor has no {simd}");
        return;
    }
    let place = prepared(simd);
    place.write("cell.sh", script);
    place.write("submit.sh", submit);
    stdout(&run(&place, "bash", &["-e", "submit.sh"], simd));
    same_run(&place);
}
