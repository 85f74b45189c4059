//! `etl completions`: what a shell completes commands and flags by, made of the parser itself.

use clap_complete::{Shell, generate};

use super::print;
use crate::cli;
use crate::error::Result;

/// Prints the script of this shell.
///
/// # Errors
/// Failed when standard output cannot be written.
pub fn run(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    generate(shell, &mut cli::command(), "etl", &mut script);
    print(&script)
}
