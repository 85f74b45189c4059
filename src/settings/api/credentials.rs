//! Where the bearer token comes from: a variable or a file that nobody else can read, never a flag or `pipeline.toml`.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::BaseUrl;
use crate::error::{Error, ErrorKind, Result};
use crate::settings::file::File;
use crate::settings::given::GivenBy;
use crate::settings::local::require_local;
use crate::settings::token::Token;
use crate::settings::variables::{TOKEN, TOKEN_FILE, Variables};

/// No token is this long, and no file is read on for ever.
const MOST_BYTES: u64 = 16 << 10;

/// The token of the variable, else of the file that the variable names, else of the file that the settings name; none
/// for the simulator, for which none of them is looked at.
pub(super) fn resolve(base_url: &BaseUrl, file: &File, variables: &Variables, folder: &Path) -> Result<Option<Token>> {
    if *base_url == BaseUrl::Simulator {
        return Ok(None);
    }
    if let Some(token) = variables.token() {
        return Token::checked(token.reveal()).map(Some).map_err(|why| refuse(format!("`{TOKEN}` is no token"), why));
    }
    if let Some(path) = variables.token_file() {
        return read(folder, path, &GivenBy::Variable(TOKEN_FILE.to_owned())).map(Some);
    }
    match file.value("api.token_file") {
        Some(given) => read(file.folder(), &given.value, &given.by).map(Some),
        None => Err(missing(base_url)),
    }
}

/// What to say where nothing gives a token.
pub(super) fn missing(base_url: &BaseUrl) -> Error {
    Error::usage(format!("no token for {base_url}")).hint(format!(
        "set `{TOKEN}`, or name a file with it in `{TOKEN_FILE}` or in `token_file` under `[api]`; to try the pipeline on \
         its sample account, set `base_url = \"simulator\"`"
    ))
}

fn read(folder: &Path, path: &str, by: &GivenBy) -> Result<Token> {
    require_local(Path::new(path), by, "the file with the token", "file")?;
    let path = &folder.join(path);
    let unreadable =
        |error| Error::io("read the token file", path, error).kind_is(ErrorKind::Usage).context(by.to_string());
    let file = fs::File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        let error =
            Error::usage(format!("{by}: the token file {path} is open to others than its owner, mode {mode:03o}"));
        return Err(error.hint(format!("chmod 600 {path}")));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let no_token = |why| refuse(format!("{by}: {} holds no token", path.display()), why);
    if bytes.len() as u64 > MOST_BYTES {
        return Err(no_token("it is longer than any"));
    }
    // Bytes that are no text become characters that no token has.
    Token::checked(&String::from_utf8_lossy(&bytes)).map_err(no_token)
}

fn refuse(what: String, why: &'static str) -> Error {
    Error::usage(format!("{what}: {why}")).hint("give the token alone, without `Bearer`, as Metronome shows it")
}
