//! The page `report.html`: one file that opens anywhere, without a network and without a script.
//!
//! Takes what run folders hold ([`RunReport`]) -> gives HTML. The parts below turn records into places on a drawing, the
//! template `page.html` draws them as SVG, `style.css` gives them colours for light, dark and paper.

mod calibration;
mod classes;
mod curves;
mod ladder;
mod lengths;
pub mod map;
mod matrix;
mod rounds;
mod rows;
mod search;
mod together;

pub use ladder::{ladder_drawing, ladder_page};
pub use search::search_page;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use super::{Leaderboard, RowKind};
use ninefold_core::error::{Error, Result};
use ninefold_metrics::calibration::Bin;
use ninefold_metrics::{ClassScores, Confusion, MainScore};

/// All that is shown of a run.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// The name of its folder.
    pub name: String,
    /// Its results.
    pub leaderboard: Leaderboard,
    /// What they say.
    pub facts: Vec<String>,
    /// Every model with scores, in the leaderboard's order; of a pair with several seeds the one that validation picked.
    pub models: Vec<ModelReport>,
    /// Tokens of each test text, in the order of the answers.
    pub lengths: Vec<usize>,
    /// How much of each part the vocabulary knows: part, texts, tokens, share of unknown ones, median and longest text.
    pub coverage: Vec<[String; 6]>,
    /// Program, processor and the like.
    pub environment: Vec<(String, String)>,
    /// The settings as a config file.
    pub config: String,
    /// What is missing, where the run is not complete.
    pub unfinished: Option<String>,
}

/// What is shown of one model.
#[derive(Clone, Debug, Default)]
pub struct ModelReport {
    /// "word2vec + gru".
    pub name: String,
    /// Where its files lie in the run folder.
    pub folder: String,
    /// Epoch by epoch: accuracy on train and on validation.
    pub history: Vec<[f64; 2]>,
    /// The epoch that was kept, from 1; 0 where there are none.
    pub best_epoch: usize,
    /// Class names.
    pub labels: Vec<String>,
    /// On the test texts.
    pub confusion: Confusion,
    /// Per class.
    pub classes: Vec<ClassScores>,
    /// Mean distance between how sure answers are and how often they are right.
    pub calibration_error: Option<f64>,
    /// The same without the temperature that validation chose.
    pub calibration_error_uncalibrated: Option<f64>,
    /// That temperature.
    pub temperature: Option<f64>,
    /// How sure answers were and how often they were right, in bins.
    pub reliability: Vec<Bin>,
    /// The answer to each test text: class ids of truth and prediction.
    pub answers: Vec<(u32, u32)>,
    /// How sure it was of each.
    pub probabilities: Vec<f64>,
    /// Where the test texts come from.
    pub sources: Vec<String>,
    /// The mistakes that it was surest of.
    pub mistakes: Vec<MistakeReport>,
    /// A few short texts of each class taken for another.
    pub examples: Vec<MistakeReport>,
}

/// One mistake.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MistakeReport {
    /// Where the text comes from.
    pub source: String,
    /// Its class.
    pub truth: String,
    /// What it was taken for.
    pub predicted: String,
    /// How sure the model was.
    pub probability: f64,
    /// How the text begins.
    pub text: String,
}

impl RunReport {
    fn model(&self, name: &str) -> Option<&ModelReport> {
        self.models.iter().find(|model| model.name == name)
    }
}

/// The page of one run, or of several together.
///
/// # Errors
/// [`Error::Data`] when the template fails, which would be our own mistake.
pub fn page(runs: &[RunReport]) -> Result<String> {
    let page = PageView {
        title: runs.first().map_or("", |run| &run.leaderboard.protocol.data),
        style: style(),
        rounds: (runs.len() > 1).then(|| rounds::view(runs)),
        runs: runs.iter().map(view).collect(),
    };
    templates()?.render("page.html", Serde(&page))
}

/// The templates of all pages.
struct Templates(Environment<'static>);

fn templates() -> Result<Templates> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", |share: f64| super::phrases::percent(share));
    for (name, text) in [
        ("layout.html", include_str!("layout.html")),
        ("page.html", include_str!("page.html")),
        ("search.html", include_str!("search.html")),
        ("ladder.html", include_str!("ladder.html")),
        ("ladder.svg", include_str!("ladder.svg")),
    ] {
        environment.add_template(name, text).map_err(failed)?;
    }
    Ok(Templates(environment))
}

impl Templates {
    fn render<T: Serialize>(&self, name: &str, view: Serde<T>) -> Result<String> {
        self.0.get_template(name).and_then(|template| template.render(view)).map_err(failed)
    }
}

fn failed(error: minijinja::Error) -> Error {
    Error::data(format!("the page cannot be made: {error:#}"))
}

/// The points of a line, as SVG has them.
fn polyline(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    points.into_iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

/// Sentences of which no line begins with a percent sign.
fn unbroken(facts: &[String]) -> Vec<String> {
    facts.iter().map(|fact| fact.replace(" %", "\u{a0}%")).collect()
}

/// The style sheet, as it stands in every page.
fn style() -> Value {
    Value::from_safe_string(include_str!("style.css").to_string())
}

/// What the template draws.
#[derive(Serialize)]
struct PageView<'a> {
    title: &'a str,
    style: Value,
    rounds: Option<rounds::Rounds>,
    runs: Vec<RunView<'a>>,
}

#[derive(Serialize)]
struct RunView<'a> {
    name: &'a str,
    data: &'a str,
    unfinished: Option<&'a str>,
    head: Vec<String>,
    facts: Vec<String>,
    best: Option<String>,
    rows: rows::Rows,
    why: String,
    curves: Vec<curves::Curve>,
    matrix: Option<matrix::Matrix>,
    classes: Option<classes::Classes>,
    lengths: Option<lengths::Lengths>,
    calibration: Option<calibration::Calibration>,
    together: Vec<together::Together>,
    mistakes: &'a [MistakeReport],
    coverage: &'a [[String; 6]],
    environment: &'a [(String, String)],
    config: &'a str,
}

fn view(run: &RunReport) -> RunView<'_> {
    let board = run.leaderboard.merged();
    let best = board.best().map(|row| row.pair());
    let baseline = board.chosen(RowKind::Baseline).map(|row| row.pair()).filter(|name| Some(name) != best.as_ref());
    let chosen = best.as_deref().and_then(|name| run.model(name));
    let beside = baseline.as_deref().and_then(|name| run.model(name));
    let both: Vec<&ModelReport> = chosen.into_iter().chain(beside).collect();
    RunView {
        name: &run.name,
        data: &run.leaderboard.protocol.data,
        unfinished: run.unfinished.as_deref(),
        head: run.leaderboard.head().lines().map(str::to_owned).collect(),
        facts: unbroken(&run.facts),
        rows: rows::view(&board, best.as_deref()),
        why: match board.main_score {
            MainScore::Accuracy => String::new(),
            MainScore::F1Macro => format!(" Macro F1 is the mean F1 of the classes.{}", board.why_macro()),
        },
        best,
        curves: run.models.iter().filter_map(curves::view).collect(),
        matrix: chosen.map(matrix::view),
        classes: classes::view(&both),
        lengths: lengths::view(&both, &run.lengths),
        calibration: calibration::view(&both),
        together: together::view(&board),
        mistakes: chosen.map_or(&[], |model| &model.mistakes),
        coverage: &run.coverage,
        environment: &run.environment,
        config: &run.config,
    }
}
