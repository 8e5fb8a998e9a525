//! `ninefold embed map`: a page on which near words lie near each other.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use ninefold::files::write_atomically;
use ninefold::vectors::map::{self, Layout, MapConfig};

use super::table::{ReadingArgs, load};
use crate::output::Output;
use crate::progress::Bars;

/// `ninefold embed map`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed map 6B.100d -o map.html
  ninefold embed map vectors.bin -o map.html --words 3000 --layout pca

The page needs no network. Scroll to zoom, drag to move, / to search. t-SNE looks at every pair of words: 1,500 take seconds,
5,000 about a minute.")]
pub struct MapArgs {
    /// A file of vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS")]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The page to write
    #[arg(long, short, value_name = "FILE", default_value = "map.html")]
    pub output: PathBuf,
    /// So many words, the first of the table [default: 1500]
    #[arg(long, value_name = "N")]
    pub words: Option<usize>,
    /// tsne: neighbours stay neighbours; pca: the two directions of largest variance
    #[arg(long, value_name = "HOW", default_value = "tsne")]
    pub layout: MapLayout,
    /// t-SNE: about how many neighbours of a word count [default: 30]
    #[arg(long, value_name = "N")]
    pub perplexity: Option<f64>,
    /// t-SNE: steps [default: 500]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Print words and places as JSON, too
    #[arg(long)]
    pub json: bool,
}

/// What decides where a word lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapLayout {
    /// t-SNE.
    Tsne,
    /// Principal components.
    Pca,
}

/// Runs the verb.
pub fn run(args: &MapArgs, output: &Output) -> Result<()> {
    let default = MapConfig::default();
    let config = MapConfig {
        words: args.words.unwrap_or(default.words),
        layout: if args.layout == MapLayout::Pca { Layout::Pca } else { Layout::Tsne },
        perplexity: args.perplexity.unwrap_or(default.perplexity),
        steps: args.steps.unwrap_or(default.steps),
    };
    config.validate()?;
    let vectors = load(&args.vectors, args.reading, output)?;
    let places = map::lay_out(&vectors, &config, &Bars::new(output))?;
    let layout = if config.layout == Layout::Pca { "principal components" } else { "t-SNE" };
    let about =
        format!("the first {} of {} words, {} dimensions, {layout}", places.len(), vectors.len(), vectors.dim());
    let name = args.vectors.rsplit(['/', '\\']).next().unwrap_or(&args.vectors);
    let page = ninefold::report::html::map::render(&places, name, &about)?;
    write_atomically(&args.output, |out| out.write_all(page.as_bytes()))?;
    output.say(&format!("{}: {about}", args.output.display()));
    if args.json {
        return output.print_json(&places);
    }
    Ok(())
}
