//! `ninefold completions`: what makes a shell complete commands, flags and their values.

use anyhow::Result;
use clap::Args;
use clap_complete::{Shell, generate};

use crate::output::Output;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold completions bash > ~/.local/share/bash-completion/completions/ninefold
  ninefold completions zsh > ~/.zfunc/_ninefold
  ninefold completions fish > ~/.config/fish/completions/ninefold.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Runs the command.
pub fn run(args: &CompletionsArgs, output: &Output) -> Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut crate::command(), "ninefold", &mut script);
    output.write(|out| out.write_all(&script))
}
