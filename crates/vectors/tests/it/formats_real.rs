//! Files that other programs wrote, of every kind that there is: each loads, or is refused for the reason that it is broken.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use ninefold_core::progress::Silent;
use ninefold_vectors::formats;

/// What must come of a file: words and dimension, or the reason of the refusal.
type Outcome = Result<(usize, usize), &'static str>;

/// Public fixtures and samples of released vectors.
const REAL_FILES: [(&str, Outcome); 39] = [
    ("fasttext_rs_fixtures/cooking.model.bin", Ok((8952, 10))),
    ("fasttext_rs_fixtures/cooking.valid", Err("begins with \"__label__equipment")),
    ("fasttext_rs_fixtures/invalid.model.bin", Err("begins with \"not a model\"")),
    ("finalfusion_testdata/analogy.bin", Ok((43, 100))),
    ("finalfusion_testdata/fasttext.bin", Ok((157, 50))),
    ("finalfusion_testdata/quantized.fifu", Err("found finalfusion embeddings")),
    ("finalfusion_testdata/quantized_storage.bin", Err("expected word vectors")),
    ("finalfusion_testdata/similarity.bin", Ok((41, 100))),
    ("finalfusion_testdata/similarity.fifu", Err("found finalfusion embeddings")),
    ("finalfusion_testdata/similarity.nodims", Ok((41, 100))),
    ("finalfusion_testdata/similarity.txt", Ok((41, 100))),
    ("finalfusion_testdata/utf8-incomplete.bin", Ok((3, 3))),
    ("finalfusion_testdata/utf8-incomplete.dims", Ok((3, 3))),
    ("finalfusion_testdata/utf8-incomplete.txt", Ok((3, 3))),
    ("gensim_testdata/cp852_fasttext.bin", Ok((165, 2))), // of 171, some are the same once their bytes are replaced
    ("gensim_testdata/crime-and-punishment.bin", Ok((291, 5))),
    ("gensim_testdata/crime-and-punishment.vec", Ok((291, 5))),
    ("gensim_testdata/euclidean_vectors.bin", Ok((2747, 10))),
    ("gensim_testdata/high_precision.kv.bin", Ok((2, 2))),
    ("gensim_testdata/high_precision.kv.txt", Ok((2, 2))),
    ("gensim_testdata/lee.cor", Err("begins with \"The national executive")),
    ("gensim_testdata/lee_fasttext.bin", Ok((1762, 10))),
    ("gensim_testdata/lee_fasttext.vec", Ok((1762, 10))),
    ("gensim_testdata/lee_fasttext_new.bin", Ok((1763, 10))),
    ("gensim_testdata/non_ascii_fasttext.bin", Ok((171, 2))),
    ("gensim_testdata/pang_lee_polarity_fasttext.bin", Ok((1694, 100))),
    ("gensim_testdata/pang_lee_polarity_fasttext.vec", Ok((1694, 100))),
    (
        "gensim_testdata/pretrained.vec",
        Err("expected 3 words, as its first line says, found 1 (was the file cut short?)"),
    ),
    ("gensim_testdata/test_glove.txt", Ok((76, 50))),
    ("gensim_testdata/toy-model-pretrained.bin", Ok((24, 5))),
    ("gensim_testdata/toy-model.bin", Ok((22, 5))),
    ("gensim_testdata/toy-model.vec", Ok((22, 5))),
    ("gensim_testdata/word2vec_pre_kv_c", Ok((1750, 10))),
    ("glove-standin/glove.standin.100d.txt.gz", Ok((40_000, 100))),
    ("glove/glove.6B.50d.first.txt", Ok((2443, 50))), // three words of the 2446 are the same once their bytes are replaced
    ("glove/glove.6B.100d.first.txt", Ok((2604, 100))),
    ("glove/glove.840B.300d-char.txt", Ok((94, 300))),
    ("glove/glove.twitter.27B.25d.top11925.txt", Ok((11_925, 25))),
    ("word2vec_googlenews_top1000.txt", Ok((1000, 300))),
];

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn every_file_loads_or_is_refused_for_what_it_is() {
    let folder = std::env::var_os("NINEFOLD_DATA_DIR").map(|data| Path::new(&data).join("embeddings"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: there is no folder embeddings in NINEFOLD_DATA_DIR");
        return;
    };
    let mut faults = Vec::new();
    for path in files_below(&folder) {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
        let expected = REAL_FILES.iter().find(|(known, _)| *known == name).map(|(_, outcome)| outcome);
        match (formats::load(&path, &Silent), expected) {
            (Ok(vectors), Some(Ok(expected))) if (vectors.len(), vectors.dim()) == *expected => {}
            (Err(error), Some(Err(reason))) if error.to_string().contains(reason) => {}
            (Ok(vectors), _) => faults.push(format!("{name}: {} x {}; {expected:?}", vectors.len(), vectors.dim())),
            (Err(error), _) => faults.push(format!("{name}: {error}; {expected:?}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_model_and_the_text_written_beside_it_agree() {
    let folder = std::env::var_os("NINEFOLD_DATA_DIR").map(|data| Path::new(&data).join("embeddings/gensim_testdata"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: there is no folder embeddings/gensim_testdata in NINEFOLD_DATA_DIR");
        return;
    };
    for name in ["lee_fasttext", "crime-and-punishment", "pang_lee_polarity_fasttext", "toy-model"] {
        let load = |end: &str| formats::load(&folder.join(format!("{name}.{end}")), &Silent).unwrap();
        let (model, text) = (load("bin"), load("vec"));
        for (id, word) in text.words().iter().enumerate() {
            let Some(found) = model.get(word) else { panic!("{name}: {word} is missing") };
            for (a, b) in found.iter().zip(text.row(id)) {
                assert!((a - b).abs() <= 1e-4 * b.abs().max(0.01), "{name}: {word}: {a} for {b}"); // five digits in the text
            }
        }
    }
}
