//! `etl man`: the manual's pages, made of the parser itself. A page has no date, so that a build keeps its bytes.

use clap_mangen::Man;

use super::print;
use crate::cli;
use crate::error::{Error, Result};

/// Prints the page of a command, or that of `etl`, as roff.
///
/// # Errors
/// Usage where there is no such command; failed when standard output cannot be written.
pub fn run(command: Option<&str>) -> Result<()> {
    let mut etl = cli::command();
    // What every command takes is told to each only here.
    etl.build();
    let described = match command {
        None => etl,
        Some(name) => match etl.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(Error::usage(format!("there is no command `{name}`")).hint("`etl --help` names them")),
        },
    };
    let mut page = Vec::new();
    let written = Man::new(described).source(concat!("etl ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    written.map_err(|error| Error::failed(format!("the page cannot be made: {error}")))?;
    print(&page)
}
