//! `docs/reference/cli.md` and `docs/reference/configuration.md` are generated from the program. With `NINEFOLD_UPDATE_DOCS=1` the tests
//! write them, else they compare.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ninefold::lab::Config;

/// Columns of a help text in the documentation.
const WIDTH: usize = 100;

fn is_current(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var_os("NINEFOLD_UPDATE_DOCS").is_some() {
        fs::write(&path, generated).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let advice = "NINEFOLD_UPDATE_DOCS=1 cargo test --release -p ninefold-cli reference";
    assert!(written == generated, "docs/reference/{name} is not what the program says: run `{advice}`");
}

/// The help of a command and of those below it, a section each.
fn help(command: &clap::Command, name: &str, out: &mut String) {
    let level = if name == "ninefold" { "##" } else { "###" };
    let text =
        command.clone().bin_name(name).disable_help_subcommand(true).term_width(WIDTH).render_long_help().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    writeln!(out, "\n{level} `{name}`\n\n```text\n{}\n```", lines.join("\n").trim_end()).unwrap();
    let is_shown = |sub: &&clap::Command| !sub.is_hide_set() && sub.get_name() != "help";
    for sub in command.get_subcommands().filter(is_shown) {
        help(sub, &format!("{name} {}", sub.get_name()), out);
    }
}

#[test]
fn command_line_reference_is_current() {
    let mut page = "# Command line\n\nWhat `ninefold COMMAND --help` prints. This page is generated.\n".to_string();
    let mut command = ninefold_cli::command();
    command.build();
    help(&command, "ninefold", &mut page);
    is_current("cli.md", &page);
}

#[test]
fn configuration_reference_is_current() {
    let settings = Config::default().to_commented_toml().unwrap();
    let page = format!(
        "# Configuration\n\n\
         Every setting with its default, as `ninefold config` prints it. A config file needs only the settings that differ from the \
         preset. This page is generated.\n\n\
         Weakest first: `--preset`, the file of `--config`, `--set SECTION.KEY=VALUE`, the flags of single settings.\n\n\
         ```toml\n{settings}```\n"
    );
    is_current("configuration.md", &page);
}
