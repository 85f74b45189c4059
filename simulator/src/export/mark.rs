//! The mark of the sample: a file that lists what each file's first row begins with, so that whoever reads the folder can tell
//! these files from others, by name or content whatever was done to them since.

use super::csv::write_file;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The mark's name.
const NAME: &str = "_sample";

const HEAD: &str = "\
# The files here were made up to try etl with: they are nobody's data. As long as this file is beside them they are taken for
# a sample, and files that it does not know are refused: what the first row begins with, two blanks, the file's name.
";

/// Adds these files to the mark of their folder.
pub(super) fn add(folder: &Path, keys: &[String]) -> io::Result<()> {
    let path = folder.join(NAME);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let mut lines: BTreeSet<String> = before.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    for key in keys.iter().filter(|key| key.ends_with(".csv") || key.ends_with(".csv.gz")) {
        lines.insert(format!("{}  {key}", first_row(&folder.join(key))?));
    }
    let lines: String = lines.into_iter().map(|line| line + "\n").collect();
    write_file(&path, format!("{HEAD}{lines}").as_bytes())
}

/// The first column and its first value: `id=4711`.
fn first_row(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let reader: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut lines = BufReader::new(reader).lines().take(2);
    let mut cell = || {
        let line = lines.next().transpose()?.unwrap_or_default();
        io::Result::Ok(line.split(',').next().unwrap_or_default().to_owned())
    };
    Ok(format!("{}={}", cell()?, cell()?))
}
