//! Scores on similarity and analogy sets are gensim's.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::progress::Silent;
use ninefold_vectors::evaluate::{Judge, Judgements, Outcome};
use ninefold_vectors::formats;
use serde_json::Value;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/evaluate").join(name)
}

#[test]
fn pairs_and_analogies_score_as_in_gensim() {
    let vectors = formats::load(&golden("table.vec"), &Silent).unwrap();
    let expected: Value = serde_json::from_slice(&fs::read(golden("expected.json")).unwrap()).unwrap();
    let judge = Judge::new(&vectors, 300_000);

    let Outcome::Similarity(pairs) = judge.judge(&Judgements::read(&golden("pairs.tsv")).unwrap()) else { panic!() };
    let spearman = expected["spearman"].as_f64().unwrap();
    assert!((pairs.spearman.unwrap() - spearman).abs() < 1e-6, "{pairs:?} for {spearman}");
    let missing = 1.0 - pairs.covered as f64 / pairs.pairs as f64;
    assert!((missing - expected["missing"].as_f64().unwrap()).abs() < 1e-9, "{pairs:?}");

    let Outcome::Analogies(found) = judge.judge(&Judgements::read(&golden("questions.txt")).unwrap()) else { panic!() };
    assert!((found.accuracy.unwrap() - expected["accuracy"].as_f64().unwrap()).abs() < 1e-12, "{found:?}");
    for section in &found.sections {
        let counts = &expected["sections"][&section.section];
        assert_eq!(serde_json::json!([section.right, section.covered]), *counts, "{section:?}");
    }
}
