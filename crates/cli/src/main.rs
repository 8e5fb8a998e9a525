//! The program `ninefold`: the library of this crate, as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    ninefold_cli::main()
}
