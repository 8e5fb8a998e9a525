//! A map of words: vectors of many dimensions laid out on a page.
//!
//! [`WordVectors`] -> the first words, their unit vectors -> two numbers each (`pca`, `tsne`) -> a page (`page`).

mod pca;
mod tsne;

use serde::{Deserialize, Serialize};

use super::WordVectors;
use super::nearest::Neighbours;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::subnormals::FlushSubnormals;

/// How words are laid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct MapConfig {
    /// So many words, the first of the table, which are the most frequent in most files.
    pub words: usize,
    /// "pca": the two directions of largest variance; "tsne": neighbours stay neighbours.
    pub layout: Layout,
    /// t-SNE: about how many neighbours of a word count.
    pub perplexity: f64,
    /// t-SNE: steps.
    pub steps: usize,
}

/// What the layout shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Principal components: distances far apart mean something, near ones little.
    Pca,
    /// t-SNE: near neighbours are meaningful, distances between groups are not.
    #[default]
    Tsne,
}

impl Default for MapConfig {
    fn default() -> MapConfig {
        MapConfig { words: 1500, layout: Layout::Tsne, perplexity: 30.0, steps: 500 }
    }
}

impl MapConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        const MOST: usize = 20_000; // t-SNE looks at every pair
        if !(4..=MOST).contains(&self.words) {
            return Err(Error::invalid_value("words", format!("4 to {MOST}"), self.words));
        }
        if !(1.0..=1000.0).contains(&self.perplexity) {
            return Err(Error::invalid_value("perplexity", "1 to 1000", self.perplexity));
        }
        if self.steps == 0 {
            return Err(Error::invalid_value("steps", "at least 1", 0));
        }
        Ok(())
    }
}

/// A word and its coordinates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MapPoint {
    /// The word.
    pub word: String,
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

/// Lays out the first words. The same vectors give the same points on any number of threads.
///
/// # Errors
/// [`Error::InvalidValue`] for a senseless setting, [`Error::Data`] for fewer than four words, [`Error::Interrupted`].
pub fn lay_out(vectors: &WordVectors, config: &MapConfig, progress: &dyn Progress) -> Result<Vec<MapPoint>> {
    config.validate()?;
    let _flushing = FlushSubnormals::enter();
    let count = config.words.min(vectors.len());
    if count < 4 {
        return Err(Error::data(format!("{count} words make no map: at least 4 are needed")));
    }
    let neighbours = Neighbours::new(vectors);
    let rows: Vec<Vec<f32>> = (0..count).map(|id| neighbours.unit(id)).collect(); // directions, as nearest words are found by
    let start = pca::two_components(&rows);
    let points = match config.layout {
        Layout::Pca => start,
        Layout::Tsne => tsne::lay_out(&rows, &start, config.perplexity, config.steps, progress)?,
    };
    let word = |id: usize| vectors.words()[id].clone();
    Ok(points.into_iter().enumerate().map(|(id, [x, y])| MapPoint { word: word(id), x, y }).collect())
}
