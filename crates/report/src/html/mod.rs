//! Web pages: each is one file that opens anywhere, without a network.
//!
//! ```text
//! run          a run folder as what its page shows
//! page         report.html, drawn from the parts rows, costs, ensembles, curves, rounds and models
//! models       the rows in detail, drawn from matrix, classes, lengths, calibration and decisions
//! diagnosis    what limits the scores: a part of report.html, and diagnosis.html
//! search       search.html          ladder   ladder.html and ladder.svg          map   the map of word vectors
//! template     the templates: HTML and SVG beside this file; style.css has the colours for light, dark and paper
//! ```
//!
//! The modules turn records into places on a drawing, the templates draw them.

mod calibration;
mod classes;
mod costs;
mod curves;
mod decisions;
mod diagnosis;
mod ensembles;
mod ladder;
mod lengths;
pub mod map;
mod matrix;
mod models;
mod page;
mod rounds;
mod rows;
mod run;
mod search;
mod template;

pub use diagnosis::diagnosis_page;
pub use ladder::{ladder_drawing, ladder_page};
pub use page::page;
pub use run::{ModelReport, RunReport};
pub use search::search_page;
