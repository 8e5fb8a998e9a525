//! ninefold trains every word embedding with every recurrent network on your labelled texts, beside each other, and says
//! which one to use.
//!
//! ```text
//!  files      "good film"     ["good","film"]    [17, 4]       [[.1 ..],[.3 ..]]    [0.2, 2.1]     F1 0.91 ± .01    table
//!   |             |                |               |                 |                 |                |             |
//! corpus ---> tokenize ------->  vocab  ------>  batch  ------> embed / nn ------->  model  ------->   eval ------> report
//! read,split  normalise,split   ids, counts    cut, order      look up, recur     class scores    metrics      leaderboard
//! ```
//!
//! Data flow one way, and a module uses only what stands before it; `tests/layering.rs` holds the order. ARCHITECTURE.md
//! tells how one document travels through the files.

pub mod error;
pub mod files;
pub mod folders;
mod phrasing;
pub mod progress;
pub mod rng;
mod share;

pub mod download;

pub mod corpus;
pub mod tokenize;
pub mod vocab;

pub mod batch;
pub mod class_weight;
pub mod kernels;

pub mod embed;
pub mod nn;

pub mod baseline;
pub mod model;

pub mod bench;
pub mod eval;
pub mod train;

pub mod bundle;
pub mod predictor;

pub mod report;

pub mod experiment;

pub use error::{Error, Result};
