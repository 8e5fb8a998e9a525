//! The page `report.html` of one run, or of several side by side.

use minijinja::Value;
use serde::Serialize;

use super::run::RunReport;
use super::template::{render, style, unbroken};
use super::{costs, curves, diagnosis, ensembles, models, rounds, rows};
use crate::text::deploy;
use crate::text::table::{head, why_macro};
use ninefold_core::error::Result;
use ninefold_core::phrasing::rounded_percent;
use ninefold_metrics::MainScore;

/// The page of one run, or of several together.
///
/// # Errors
/// [`Error::Data`](ninefold_core::Error::Data) when the template fails, which would be our own mistake.
pub fn page(runs: &[RunReport]) -> Result<String> {
    let page = PageView {
        title: runs.first().map_or("", |run| &run.leaderboard.protocol.data),
        style: style(),
        rounds: (runs.len() > 1).then(|| rounds::view(runs)),
        runs: runs.iter().map(view).collect(),
    };
    render("page.html", &page)
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
    /// The row to deploy, and the best at a tenth of its cost.
    deploy: Vec<String>,
    insights: Vec<String>,
    /// "95", of the intervals.
    level: String,
    rows: rows::Rows,
    diagnosis: Option<diagnosis::DiagnosisView<'a>>,
    why: String,
    costs: Option<costs::Costs>,
    curves: Vec<curves::Curve>,
    together: Vec<ensembles::Ensemble>,
    models: Option<models::Models<'a>>,
    coverage: &'a [[String; 6]],
    environment: &'a [(String, String)],
    config: &'a str,
}

fn view(run: &RunReport) -> RunView<'_> {
    let board = run.leaderboard.merged();
    let deployed = board.deploy.as_ref().map(|deploy| deploy.choice.name.clone());
    let best = deployed.or_else(|| board.best().map(|row| row.pair()));
    RunView {
        name: &run.name,
        data: &run.leaderboard.protocol.data,
        unfinished: run.unfinished.as_deref(),
        head: head(&run.leaderboard).lines().map(str::to_owned).collect(),
        deploy: unbroken(&deploy::lines(&board)),
        insights: unbroken(&run.insights),
        level: rounded_percent(board.confidence_level().fraction()).to_string(),
        rows: rows::view(&board, best.as_deref()),
        diagnosis: run.diagnosis.as_ref().map(diagnosis::view),
        why: match board.main_score {
            MainScore::Accuracy => String::new(),
            MainScore::F1Macro => format!(" Macro F1 is the mean F1 of the classes.{}", why_macro(&board)),
        },
        costs: costs::view(&board),
        curves: run.models.iter().filter_map(curves::view).collect(),
        together: ensembles::view(&board),
        models: models::view(run, &board, best.as_deref()),
        coverage: &run.coverage,
        environment: &run.environment,
        config: &run.config,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::html::diagnosis_page;
    use crate::sample;
    use ninefold_records::Row;

    /// The largest page in bytes.
    const LARGEST: usize = 5_000_000;

    /// A page of `rows` rows with the answers to `texts` texts of `classes` classes.
    fn page_of(rows: usize, classes: usize, texts: usize) -> String {
        let mut board = sample::measured();
        let added = (board.rows.len()..rows).map(|row| {
            let scores = 0.6 + 0.005 * row as f64;
            Row { cost: board.rows[0].cost, ..sample::row("glove", &format!("network{row}"), scores, scores, 9.0) }
        });
        let added: Vec<Row> = added.collect();
        board.rows.extend(added);
        let labels: Vec<String> = (0..classes).map(|class| format!("group{}.subject-{class}", class % 7)).collect();
        let mut run = sample::run(board);
        let scored = run.leaderboard.rows.iter().filter(|row| row.accuracy().is_some());
        run.models = scored.map(|row| sample::model(row, &labels, texts)).collect();
        run.lengths = (0..texts).map(|text| 5 + text % 97).collect();
        page(&[run]).unwrap()
    }

    fn sample_page() -> String {
        let mut run = sample::run(sample::measured());
        run.diagnosis = Some(sample::diagnosis());
        page(&[run]).unwrap()
    }

    #[test]
    fn page_begins_with_the_row_to_deploy_and_shows_its_details_first() {
        let page = sample_page();
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text:?} is not in {page}"));
        assert!(at("<div class=\"deploy\">") < at("<div class=\"verdict\">"));
        assert!(
            at("<h2>Leaderboard") < at("<h2>Score and cost") && at("<h2>Score and cost") < at("<h2>Model by model")
        );
        assert_eq!(page.matches("type=\"radio\"").count(), 9);
        assert_eq!(page.matches(" checked>").count(), 1);
        let shown_first = &page[at("id=\"show-1-1\"")..];
        assert!(shown_first[..200].contains("checked> word2vec + gru"), "{}", &shown_first[..200]);
        assert!(page.contains("<th scope=\"col\" class=\"figure\">ms a text</th>"));
    }

    #[test]
    fn page_of_an_older_run_has_neither_costs_nor_a_row_to_deploy() {
        let page = page(&[sample::run(sample::judged())]).unwrap();
        for absent in ["class=\"deploy\"", "Score and cost", "ms a text", "to deploy"] {
            assert!(!page.contains(absent), "{absent}");
        }
        assert!(page.contains("checked> word2vec + gru"), "the best pair by validation");
    }

    #[test]
    fn scores_keep_their_names_at_the_beginning_of_a_sentence() {
        let mut board = sample::measured();
        board.main_score = MainScore::F1Macro;
        let page = page(&[sample::run(board)]).unwrap();
        assert!(page.contains("The macro F1 in %") && !page.contains("acro f1"));
    }

    #[test]
    fn page_without_texts_names_their_sources_alone() {
        let mut run = sample::run(sample::measured());
        run.diagnosis = Some(sample::diagnosis());
        let with = page(std::slice::from_ref(&run)).unwrap();
        let without = page(&[run.without_texts()]).unwrap();
        for text in ["of word2vec + gru. Text", "a text about medicine"] {
            assert!(with.contains(text) && !without.contains(text), "{text}");
        }
        assert!(without.contains("posts.csv:5") && !without.contains("<blockquote></blockquote>"));
    }

    #[test]
    fn headings_descend_by_one_level() {
        for page in [sample_page(), diagnosis_page(&sample::diagnosis()).unwrap()] {
            let levels: Vec<u32> =
                page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
            assert_eq!(levels[0], 1);
            assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
        }
    }

    #[test]
    fn page_stays_small_with_many_texts_classes_and_rows() {
        for (rows, classes, texts) in [(20, 20, 100_000), (20, 150, 20_000), (20, 28, 100_000)] {
            let size = page_of(rows, classes, texts).len();
            assert!(size < LARGEST, "{rows} rows, {classes} classes, {texts} texts: {size} bytes");
        }
    }

    fn browser() -> Option<&'static str> {
        let names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];
        names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())
    }

    /// What `script` writes into the page's title when Chromium has drawn the page.
    fn title_after(browser: &str, page: &str, script: &str, folder: &Path) -> String {
        let path = folder.join("page.html");
        let script =
            format!("<script>addEventListener('load', () => {{ document.title = {script}; }})</script></body>");
        std::fs::write(&path, page.replace("</body>", &script)).unwrap();
        let data = format!("--user-data-dir={}", folder.join("browser").display());
        let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=2000", &data];
        let shown = Command::new(browser).args(flags).arg(format!("file://{}", path.display())).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        shown.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    }

    #[test]
    fn chosen_row_is_the_only_one_that_is_shown() {
        let Some(browser) = browser() else {
            eprintln!("skipped: no Chromium to choose a row in");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let shown = "[...document.querySelectorAll('section.model')].filter(model => model.checkVisibility()).map(model => model.id).join()";
        let first = title_after(browser, &sample_page(), shown, folder.path());
        assert_eq!(first, "model-1-1");
        let clicked = format!("(document.querySelectorAll('.choice label')[2].click(), {shown})");
        assert_eq!(title_after(browser, &sample_page(), &clicked, folder.path()), "model-1-3");
        let height = "document.getElementById('model-1-2').offsetHeight > 500";
        let height = format!("(document.getElementById('show-1-2').click(), {height})");
        assert_eq!(title_after(browser, &sample_page(), &height, folder.path()), "true");
    }
}
