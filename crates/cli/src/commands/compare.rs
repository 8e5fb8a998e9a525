//! `ninefold compare`: trains every pair, prints the leaderboard, says where everything lies and what to try next.

use std::path::Path;

use anyhow::Result;
use ninefold::Error;
use ninefold::lab::{RunFolder, default_folder, run as run_experiment};

use crate::args::{CompareArgs, Format};
use crate::options::{self, column};
use crate::output::Output;
use crate::progress::Bars;

/// Runs the command.
pub fn run(args: &CompareArgs, output: &Output) -> Result<()> {
    let config = args.config.resolve()?;
    let sort = column(args.sort.as_deref())?;
    options::set_threads(args.threads)?;
    let path = args.run_dir.clone().unwrap_or_else(|| default_folder("", &config));
    output.say(&format!("run folder: {}", path.display()));
    let leaderboard = run_experiment(&config, &path, &Bars::new(output)).map_err(|error| match error {
        Error::Interrupted => anyhow::anyhow!("interrupted; to go on: {}", again(&path)),
        error => error.into(),
    })?;
    if args.json {
        return output.print_json(&leaderboard);
    }
    let folder = RunFolder::open(&path)?;
    let sort = sort.unwrap_or_else(|| leaderboard.main_column());
    output.print(&args.format.write(&leaderboard, sort, &folder.facts(&leaderboard)?, output))?;
    if args.format != Format::Table {
        return Ok(());
    }
    output.print(&format!("\nrun folder: {} (open report.html in it)\n", path.display()))?;
    let merged = leaderboard.merged();
    let Some(best) = merged.best().filter(|best| !best.baseline) else {
        return Err(anyhow::anyhow!("no pair could be trained"));
    };
    let model = folder.model(best);
    output.print(&format!(
        "Try next:\n  echo 'a text of your own' | ninefold predict {}\n  ninefold compare {}--preset round1\n  \
         ninefold runs diff {} ANOTHER_RUN\n",
        shell(&model),
        if config.corpus.data == "sample" {
            String::new()
        } else {
            format!("--data {} ", shell(Path::new(&config.corpus.data)))
        },
        shell(&path),
    ))
}

/// The same command with the run folder named.
pub fn again(path: &Path) -> String {
    let mut words: Vec<String> = std::env::args().skip(1).map(|word| shell(Path::new(&word))).collect();
    if !words.iter().any(|word| word.starts_with("--run-dir")) {
        words.push(format!("--run-dir {}", shell(path)));
    }
    format!("ninefold {}", words.join(" "))
}

/// A path as a shell wants it.
pub fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
