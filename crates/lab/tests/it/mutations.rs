//! Damaged config files: read or refused, never a panic, and memory stays in proportion to the input.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;

use ninefold_lab::{Sources, preset, resolve};
use ninefold_mutate::{CountingAllocator, survive};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Inputs have less than 100 KB.
const MOST_BYTES: usize = 256 << 20;
/// Inputs made of whole configs, which take milliseconds each.
const WHOLE: usize = 500;

fn every_way(name: &str, valid: &[&str], inputs: Option<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let valid = valid.iter().map(|text| text.as_bytes().to_vec()).collect();
    let report = survive(name, valid, inputs, MOST_BYTES, |bytes| {
        fs::write(&path, bytes).unwrap();
        match resolve(&Sources { file: Some(path.clone()), ..Sources::default() }) {
            Ok(config) => config.to_commented_toml().is_ok(),
            Err(error) => {
                let _ = error.to_string();
                false
            }
        }
    });
    eprintln!("{name}: {report:?}");
}

#[test]
fn damaged_config_files_never_panic() {
    let embeddings = "embeddings = [\"word2vec+fasttext\"]\n[embedding]\nwindow = 3\nglove = \"v.txt\"\n[embedding.fasttext]\nmin_n = 2\n";
    let declared = "embeddings = [\"wide\"]\n[[embedding]]\nname = \"wide\"\nkind = \"glove\"\nwindow = 30\n";
    let search =
        "[search]\ntrials = 3\n[search.space.model]\nhidden_size = [3, 5]\ndropout = { low = 0.1, high = 0.5 }\n";
    let sections = "seed = 3\nmodels = [\"gru\", 'cnn']\n[corpus]\ndata = \"a.csv\"\nstrip = 'headers'\n[corpus.sample]\ndocuments = 100\n\
                    [tokenizer]\nunit = \"words\"\n[vocab]\nmin_count = 2\n[model]\nhidden_size = 5\n[model.cnn]\nfilters = 3\n\
                    [training]\nepochs = 2\nclass_weight = { \"a.b\" = 2.0 }\n[baseline]\nmin_df = 1\nc = [0.1, 1]\n";
    every_way("config", &[embeddings, declared, search, sections], Some(5_000));
}

#[test]
fn damaged_whole_config_files_never_panic() {
    let [default, strong] = ["default", "strong"].map(|name| preset(name).unwrap().to_commented_toml().unwrap());
    every_way("whole config", &[&default, &strong], Some(WHOLE));
}
