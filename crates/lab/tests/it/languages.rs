//! Texts of other languages, and texts that are hardly any: each trains, or the error says what is wrong.

#![allow(clippy::unwrap_used)]

use std::fs;

use crate::small::run;
use ninefold_core::Auto;
use ninefold_core::progress::Silent;
use ninefold_lab::{BaselineKind, Config, Diagnose};
use ninefold_nn::model::ModelKind;
use ninefold_records::Leaderboard;
use ninefold_text::segment;

/// A comparison of 60 texts of two classes; text `n` is `text(n)`, and its class is whether `n` is even.
fn compared(text: impl Fn(usize) -> String, settings: &[(&str, &str)]) -> Result<Leaderboard, String> {
    let place = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|n| format!("\"{}\",{}\n", text(n), ["even", "odd"][n % 2])).collect();
    fs::write(place.path().join("texts.csv"), format!("text,label\n{rows}")).unwrap();
    let mut config = Config { embeddings: vec!["fasttext".parse().unwrap()], ..Config::default() };
    config.models = vec![ModelKind::Swem];
    config.baselines =
        ["complement_nb", "tfidf_svm", "char_nb"].map(|name| BaselineKind::named(name).unwrap()).to_vec();
    config.diagnose = Diagnose::None;
    config.folds = Auto::Value(0);
    config.corpus.data = place.path().join("texts.csv").display().to_string();
    for (key, value) in
        [("embedding.dim", "4"), ("embedding.epochs", "1"), ("embedding.bucket", "500"), ("training.epochs", "2")]
    {
        config.set(key, value).unwrap();
    }
    for (key, value) in settings {
        config.set(key, value).map_err(|error| error.to_string())?;
    }
    run(&config, &place.path().join("run"), &Silent).map_err(|error| error.to_string())
}

/// Every row has scores, and some baseline finds the classes.
fn is_learned(name: &str, text: impl Fn(usize) -> String, settings: &[(&str, &str)]) {
    let board = compared(text, settings).unwrap_or_else(|error| panic!("{name}: {error}"));
    for row in &board.rows {
        assert!(row.accuracy().is_some(), "{name}: {} has no scores: {:?}", row.pair(), row.error);
    }
    let best = board.rows.iter().filter_map(|row| row.accuracy()).fold(0.0, f64::max);
    assert!(best > 0.9, "{name}: {best}");
}

fn of(words: [[&str; 3]; 2], n: usize) -> String {
    format!("{} {}", words[n % 2][n / 2 % 3], words[n % 2][n / 6 % 3])
}

#[test]
fn texts_of_any_script_train() {
    let korean_and_english = |n: usize| match n % 4 < 2 {
        true => of([["영화", "재미", "감동"], ["지루", "최악", "실망"]], n),
        false => of([["film", "funny", "moving"], ["boring", "worst", "waste"]], n),
    };
    is_learned("two languages", korean_and_english, &[]);
    let markup =
        |n: usize| format!("<b>{}</b> &amp; <br/>", of([["مَرحبا", "شكرا", "جميل"], ["סליחה", "שלום", "רע"]], n));
    is_learned("right to left with markup", markup, &[]);
    is_learned("Thai", |n| of([["ดีมาก", "สนุก", "ชอบ"], ["แย่", "น่าเบื่อ", "เสียดาย"]], n), &[]);
    let japanese = |n: usize| of([["面白い", "楽しい", "好き"], ["退屈", "最悪", "嫌い"]], n);
    is_learned("Japanese", japanese, &[]);
    is_learned("Japanese cut into words", japanese, &[("tokenizer.unit", "words")]);
    is_learned("Turkish", |n| of([["GÜZEL", "İYİ", "ağır"], ["KÖTÜ", "SIKICI", "ılık"]], n), &[]);
    let decomposed = |n: usize| of([["ra\u{302}\u{301}t", "hay", "la\u{301}"], ["do\u{309}", "te\u{323}", "chan"]], n);
    is_learned("Vietnamese", decomposed, &[]);
}

#[test]
fn texts_that_are_hardly_any_train() {
    is_learned("one character", |n| ["a", "b"][n % 2].to_string(), &[]);
    is_learned("emoji", |n| of([["👍", "😀", "🎉"], ["👎", "😡", "💩"]], n), &[]);
    is_learned("numbers", |n| of([["1", "22", "3.5"], ["4", "55", "6.7"]], n), &[]);
}

#[test]
fn texts_without_tokens_are_refused_with_the_reason() {
    let error = compared(|n| ["!!!", "..."][n % 2].to_string(), &[]).unwrap_err();
    assert!(error.contains("no token") || error.contains("no word"), "{error}");
    let numbers = |n: usize| of([["1", "22", "3.5"], ["4", "55", "6.7"]], n);
    let error = compared(numbers, &[("tokenizer.numbers", "drop")]).unwrap_err();
    assert!(error.contains("no token") || error.contains("no word"), "{error}");
}

#[test]
fn segmenter_that_the_program_lacks_is_named() {
    for unit in segment::OPTIONAL.into_iter().filter(|unit| segment::find(unit).is_none()) {
        let error = compared(|_| "ภาษาไทย".to_string(), &[("tokenizer.unit", unit)]).unwrap_err();
        assert!(error.contains(&format!("a program built with the cargo feature {unit:?}, or one of auto")), "{error}");
    }
}
