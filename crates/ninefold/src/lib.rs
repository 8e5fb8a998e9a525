//! ninefold compares word embeddings, neural networks and linear baselines on labelled texts, says which one to use, and saves it
//! as a small, fast predictor. CPU only; the same seed gives the same results on any number of threads.
//!
//! ```
//! use ninefold::prelude::*;
//!
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! # let rows: String = (0..60).map(|n| format!("a great and moving film {n},good\na dull and empty film {n},bad\n")).collect();
//! # std::fs::write("reviews.csv", format!("text,label\n{rows}"))?;
//! let corpus = Corpus::read("reviews.csv")?; // train, validation and test parts
//! let vectors = Word2VecConfig { dim: 50, ..Word2VecConfig::default() }.fit(&corpus.train)?;
//! let model = TextClassifier::gru().hidden_size(32).vectors(&vectors).fit(&corpus)?;
//! println!("accuracy on the test part: {:.3}", model.evaluate(&corpus.test)?.accuracy);
//! model.save("model")?;
//!
//! let predictor = Predictor::load("model")?;
//! let prediction = &predictor.predict(&["a great film"], &Silent)?[0];
//! println!("{}: {:.2}", predictor.labels()[prediction.label as usize], prediction.probability());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//!
//! | you want to | use |
//! | --- | --- |
//! | read labelled texts | [`Corpus::read`](data::Corpus::read), [`Corpus::from_texts`](data::Corpus::from_texts), [`data::load`] |
//! | train one model | [`TextClassifier`](lab::TextClassifier) |
//! | compare many models | [`lab::run`], [`lab::run_corpus`] with a [`Config`](lab::Config) |
//! | predict with a saved model | [`Predictor`](models::Predictor) |
//! | train or read word vectors | [`TrainVectors`](embeddings::TrainVectors), [`vectors::formats`] |
//! | draw the report of a run | [`report`] |
//!
//! # What is stable
//!
//! The [`prelude`] and what it names are the API. [`data`], [`embeddings`], [`lab`], [`metrics`], [`models`], [`records`], [`report`], [`text`]
//! and [`vectors`] are public for programs that need more. [`kernels`], [`linear`] and [`nn`] are the engine: they are documented,
//! and may change in any version.
//!
//! The program `ninefold` is the crate `ninefold-cli`. Examples to run: `cargo run --release --example train_classifier`, and
//! `load_and_predict`, `word_vectors`, `custom_reader`, `compare`.

pub mod prelude;

pub use ninefold_core::{
    Auto, Error, Result, error, files, folders, folders::Folders, phrasing, pipeline, progress, rng, subnormals,
    threads,
};
pub use ninefold_data as data;
pub use ninefold_diagnose as diagnose;
#[cfg(feature = "net")]
pub use ninefold_download as download;
pub use ninefold_embeddings as embeddings;
pub use ninefold_kernels as kernels;
pub use ninefold_lab as lab;
pub use ninefold_linear as linear;
pub use ninefold_metrics as metrics;
pub use ninefold_models as models;
pub use ninefold_nn as nn;
pub use ninefold_records as records;
pub use ninefold_report as report;
pub use ninefold_text as text;
pub use ninefold_vectors as vectors;
