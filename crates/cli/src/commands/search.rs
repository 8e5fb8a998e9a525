//! `ninefold search`: random settings, the better ones trained further, the best one as a config file.

use anyhow::Result;
use ninefold::Error;
use ninefold::lab::{default_folder, search};

use crate::args::SearchArgs;
use crate::commands::compare::{again, shell};
use crate::options;
use crate::output::Output;
use crate::progress::Bars;

/// Runs the command.
pub fn run(args: &SearchArgs, output: &Output) -> Result<()> {
    let mut config = args.config.resolve()?;
    let limits = &mut config.search;
    // Who says how long wants no other end.
    (limits.trials, limits.minutes) = match (args.trials, args.minutes) {
        (None, None) => (limits.trials, limits.minutes),
        (None, Some(minutes)) => (0, minutes),
        (Some(trials), minutes) => (trials, minutes.unwrap_or(0.0)),
    };
    limits.parallel = args.parallel.unwrap_or(limits.parallel);
    config.validate()?;
    options::set_threads(args.threads)?;
    let path = args.run_dir.clone().unwrap_or_else(|| default_folder("search-", &config));
    output.say(&format!("search folder: {}", path.display()));
    let results = search(&config, &path, &Bars::new(output)).map_err(|error| match error {
        Error::Interrupted => anyhow::anyhow!("interrupted; to go on: {}", again(&path)),
        error => error.into(),
    })?;
    if args.json {
        return output.print_json(&results);
    }
    output.print(&results.to_table(&output.view()))?;
    if results.best.is_none() {
        return Err(anyhow::anyhow!("no trial could be trained"));
    }
    output.print(&format!(
        "\nsearch folder: {} (open search.html in it)\n\nTry next:\n  ninefold compare --config {} --seeds 3\n",
        path.display(),
        shell(&path.join("best.toml")),
    ))
}
