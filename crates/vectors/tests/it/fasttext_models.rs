//! fastText models of every kind: words and unseen words as fastText gives them; damage refused wherever it is.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::progress::Silent;
use ninefold_vectors::WordVectors;
use ninefold_vectors::formats::{self, Format};
use ninefold_vectors::subwords::Subwords;

#[derive(serde::Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    file: String,
    num_words: usize,
    words: Vec<(String, Vec<f64>)>,
    unseen: Vec<(String, Vec<f64>)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/fasttext")
}

fn golden() -> Vec<Case> {
    let golden: Golden = serde_json::from_slice(&fs::read(folder().join("vectors.json")).unwrap()).unwrap();
    golden.cases
}

/// The largest difference of any number; fastText's zeros stand for a word without a vector.
fn distance(vectors: &WordVectors, word: &str, expected: &[f64]) -> f64 {
    match vectors.vector(word) {
        Some(found) => found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max),
        None => expected.iter().fold(0.0, |worst, value| worst.max(value.abs())),
    }
}

#[test]
fn words_and_unseen_words_have_fasttexts_vectors() {
    let cases = golden();
    assert_eq!(cases.len(), 7, "the fixture changed");
    let mut unseen_with_vector = 0;
    for Case { file, num_words, words, unseen } in cases {
        let vectors = formats::load(&folder().join(&file), &Silent).unwrap();
        assert_eq!(vectors.len(), num_words, "{file}");
        for (word, expected) in &words {
            assert!(vectors.get(word).is_some(), "{file}: {word}");
            assert!(distance(&vectors, word, expected) < 1e-6, "{file}: {word}");
        }
        for (word, expected) in &unseen {
            assert!(distance(&vectors, word, expected) < 1e-6, "{file}: {word}");
            unseen_with_vector += usize::from(vectors.vector(word).is_some());
        }
    }
    assert!(unseen_with_vector > 30, "only {unseen_with_vector} unseen words were a test");
}

#[test]
fn what_is_written_reads_back_and_keeps_ngrams() {
    let theirs = formats::load(&folder().join("words.bin"), &Silent).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fasttext/ours.bin"); // fasttext_models.py --check looks here
    formats::save(&theirs, &path, Format::named("fasttext").unwrap(), &Silent).unwrap();
    let ours = formats::load(&path, &Silent).unwrap();
    assert_eq!((ours.words(), ours.subwords()), (theirs.words(), theirs.subwords()));
    for word in theirs.words() {
        let expected: Vec<f64> = theirs.get(word).unwrap().iter().copied().map(f64::from).collect();
        assert!(distance(&ours, word, &expected) < 1e-6, "{word}");
    }
}

#[test]
fn buckets_without_a_row_are_written_as_zeros() {
    let some = Subwords::new((3, 3), 50, 2, Some(&[7, 3]), vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let vectors = WordVectors::new(vec!["cat".into(), "</s>".into()], 2, vec![0.5, -0.25, 8.0, 9.0]).unwrap();
    let vectors = vectors.with_subwords(some).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.bin");
    formats::save(&vectors, &path, Format::named("fasttext").unwrap(), &Silent).unwrap();
    let back = formats::load(&path, &Silent).unwrap();
    assert_eq!(back.matrix(), vectors.matrix());
    let ngrams = back.subwords().unwrap();
    assert_eq!((ngrams.bucket(), ngrams.row(3), ngrams.row(4)), (50, Some(&[3.0, 4.0][..]), Some(&[0.0, 0.0][..])));
}

/// The error of loading the bytes.
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, bytes).unwrap();
    formats::load(&path, &Silent).map(|vectors| vectors.len()).unwrap_err().to_string()
}

#[test]
fn a_model_cut_anywhere_is_refused() {
    for name in ["words.bin", "old.bin", "classifier.bin", "pruned.ftz"] {
        let whole = fs::read(folder().join(name)).unwrap();
        let ends = (60..whole.len()).step_by(97).chain(whole.len() - 9..whole.len());
        for end in ends {
            let error = refusal(&whole[..end]);
            assert!(error.contains("cut short?") || error.contains("file's end"), "{name} cut after {end}: {error}");
        }
        let more = refusal(&[&whole[..], b"more"].concat());
        assert!(more.contains("expected the end of the model, found 4 more bytes"), "{more}");
    }
}

/// A quantised model of one word whose matrix has rows of `dim` numbers in one code each.
fn quantised_in_one_part(dim: i32, rows: usize) -> Vec<u8> {
    let mut model = Vec::new();
    let i32s = |model: &mut Vec<u8>, numbers: &[i32]| numbers.iter().for_each(|it| model.extend(it.to_le_bytes()));
    i32s(&mut model, &[793_712_314, 12]);
    i32s(&mut model, &[dim, 5, 1, 1, 5, 1, 1, 3, rows as i32 - 1, 3, 6, 100]);
    model.extend(0.0f64.to_le_bytes());
    i32s(&mut model, &[1, 1, 0]); // a dictionary of one word
    model.extend([1i64.to_le_bytes(), (-1i64).to_le_bytes()].concat());
    model.extend([&b"a\0"[..], &1i64.to_le_bytes(), &[0]].concat());
    model.extend([1, 0]); // quantised, without norms
    model.extend([(rows as i64).to_le_bytes(), i64::from(dim).to_le_bytes()].concat());
    i32s(&mut model, &[rows as i32]);
    model.extend(vec![0; rows]); // codes
    i32s(&mut model, &[dim, 1, dim, dim]);
    model.extend(vec![0; 4 * 256 * dim as usize]);
    model.push(0);
    model.extend([0i64.to_le_bytes(), 0i64.to_le_bytes()].concat()); // no output
    model
}

#[test]
fn a_small_file_does_not_unpack_to_many_gigabytes() {
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packed, bytes).unwrap();
        packed.finish().unwrap()
    };
    let small = gzip(&quantised_in_one_part(8, 20));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, small).unwrap();
    assert_eq!(formats::load(&path, &Silent).unwrap().dim(), 8, "the test's own model is a model");
    let large = gzip(&quantised_in_one_part(2048, 4 << 20)); // 32 GB
    assert!(large.len() < 10_000, "{}", large.len());
    assert!(refusal(&large).contains("unpacks to at most 256 times the file's size"), "{}", refusal(&large));
}

#[test]
fn a_head_that_lies_is_refused_by_name_and_sets_no_memory_aside() {
    let whole = fs::read(folder().join("words.bin")).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut altered = whole.clone();
        altered[at..at + bytes.len()].copy_from_slice(bytes);
        refusal(&altered)
    };
    let huge = i32::MAX.to_le_bytes();
    let cases = [
        (4, 13i32.to_le_bytes(), "a fastText model of version 12 or below, found 13"),
        (8, huge, "whose dim is 1 to 100000, found 2147483647"),
        (8, 99_999i32.to_le_bytes(), "rows of 99999 numbers, as words and settings want"),
        (36, 9i32.to_le_bytes(), "whose model is 1 to 3, found 9"),
        (40, 0i32.to_le_bytes(), "found bucket 0"),
        (40, huge, "rows of 7 numbers, as words and settings want"),
        (64, huge, "a dictionary of words and labels"),
        (68, (-1i32).to_le_bytes(), "the number of words, 0 or more, found -1"),
    ];
    for (at, bytes, expected) in cases {
        let error = with(at, &bytes);
        assert!(error.contains(expected), "byte {at}: {error}");
    }
    let both = [huge, huge].concat(); // as many entries as words
    assert!(with(64, &both).contains("2147483647 entries"), "{}", with(64, &both));
    assert!(with(84, &i64::MAX.to_le_bytes()).contains("the n-grams that survived pruning"));

    let whole = fs::read(folder().join("norms.ftz")).unwrap();
    for at in (0..whole.len() - 8).step_by(61) {
        let mut altered = whole.clone();
        altered[at..at + 8].copy_from_slice(&(i64::MAX / 3).to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f"), &altered).unwrap();
        let _ = formats::load(&folder.path().join("f"), &Silent); // whatever it says, it does not panic
    }
}
