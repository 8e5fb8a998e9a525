//! `ninefold embed map`: a web page on which similar words are near each other.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use ninefold::files::write_atomically;
use ninefold::vectors::map::{self, Layout, MapConfig};

use super::table::{ReadingArgs, load};
use crate::flags::output::FormatArgs;
use crate::flags::replace;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// Draw a map of the frequent words as a web page
///
/// The page is one file that needs no network: scroll to zoom, drag to move, / to search. t-SNE compares every pair of words: 1,500 words
/// take seconds, 5,000 about a minute.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed map 6B.100d -o map.html
  ninefold embed map vectors.bin -o map.html --words 3000 --layout pca")]
pub struct MapArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The page to write
    #[arg(long, short, value_name = "FILE", default_value = "map.html", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Number of words, the first of the file [default: 1500]
    #[arg(long, value_name = "N")]
    pub words: Option<usize>,
    /// How words get their positions
    #[arg(long, value_name = "HOW", default_value = "tsne")]
    pub layout: MapLayout,
    /// Effective number of neighbours of a word (t-SNE only) [default: 30]
    #[arg(long, value_name = "N")]
    pub perplexity: Option<f64>,
    /// Gradient steps (t-SNE only) [default: 500]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// How the result is printed; JSON has the words and their positions.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// How words get their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapLayout {
    /// t-SNE: near words stay near each other
    Tsne,
    /// The two principal components
    Pca,
}

/// Runs the subcommand.
pub fn run(args: &MapArgs, output: &Output) -> Result<()> {
    let config = args.config()?;
    let vectors = load(&args.vectors, args.reading, output)?;
    let places = map::lay_out(&vectors, &config, &Bars::new(output))?;
    let layout = if config.layout == Layout::Pca { "principal components" } else { "t-SNE" };
    let about =
        format!("the first {} of {} words, {} dimensions, {layout}", places.len(), vectors.len(), vectors.dim());
    let name = args.vectors.rsplit(['/', '\\']).next().unwrap_or(&args.vectors);
    let page = ninefold::report::html::map::render(&places, name, &about)?;
    write_atomically(&args.output, |out| out.write_all(page.as_bytes()))?;
    output.say(&format!("{}: {about}", args.output.display()));
    if args.format.is_json() {
        return output.print_json(&places);
    }
    Ok(())
}

impl MapArgs {
    fn config(&self) -> Result<MapConfig> {
        let is_tsne = self.layout == MapLayout::Tsne;
        let given = [("--perplexity", self.perplexity.is_some()), ("--steps", self.steps.is_some())];
        if let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given && !is_tsne) {
            return Err(Usage::no_effect(flag, "it applies only to --layout tsne").into());
        }
        let mut config = MapConfig { layout: if is_tsne { Layout::Tsne } else { Layout::Pca }, ..MapConfig::default() };
        replace(&mut config.words, &self.words);
        replace(&mut config.perplexity, &self.perplexity);
        replace(&mut config.steps, &self.steps);
        config.validate()?;
        Ok(config)
    }
}
