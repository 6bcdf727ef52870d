//! The command `camwatch`: see `camwatch::cli`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    camwatch::cli::main()
}
