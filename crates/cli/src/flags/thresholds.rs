//! `--threshold CLASS=P`: from which probability on a class is the answer.

use anyhow::Result;
use clap::Args;
use ninefold::models::predictor::Predictor;

use super::values::fraction;
use crate::output::Output;

/// Thresholds of classes.
#[derive(Clone, Debug, Default, Args)]
pub struct ThresholdArgs {
    /// Answer CLASS where its probability is at least P (0 to 1), and nowhere else; may be repeated
    #[arg(long = "threshold", value_name = "CLASS=P", value_parser = threshold, help_heading = "Output")]
    pub thresholds: Vec<(String, f64)>,
}

impl ThresholdArgs {
    /// The predictor with these thresholds. Says where they replace what the model weighs.
    pub fn apply(&self, predictor: Predictor, output: &Output) -> Result<Predictor> {
        if !self.thresholds.is_empty() && predictor.decision().is_some() {
            output.say("--threshold: the model's own costs are not weighed");
        }
        Ok(predictor.with_thresholds(&self.thresholds)?)
    }
}

/// A class and a probability; class names may hold equals signs.
fn threshold(text: &str) -> Result<(String, f64), String> {
    let (class, least) = text.rsplit_once('=').ok_or("expected CLASS=P, such as spam=0.9")?;
    Ok((class.to_owned(), fraction(least)?))
}
