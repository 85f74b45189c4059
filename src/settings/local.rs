//! Paths that must be of this machine.

use std::path::Path;

use crate::error::{Error, Result};
use crate::settings::given::GivenBy;

/// Refuses what reads as a URL: `s3://bucket/lake` would otherwise become a folder `s3:` in the working one.
///
/// `what` is what the path is for, `the lake`, and `kind` what it must be: a folder or a file.
///
/// # Errors
/// Usage, before anything is made.
pub(super) fn require_local(path: &Path, by: &GivenBy, what: &str, kind: &str) -> Result<()> {
    let text = path.to_string_lossy();
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else { return Ok(()) };
    let error = Error::usage(format!("{by}: `{text}` is a URL, and {what} must be a local {kind}"));
    Err(error.hint(match scheme.to_lowercase().as_str() {
        "file" => format!("write the path alone: `{rest}`"),
        _ => format!("copy it with the tool of that store, such as `aws s3 sync` or rclone, and name the local {kind}"),
    }))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &str) -> Option<String> {
        let by = GivenBy::Flag("--lake".to_owned());
        require_local(Path::new(path), &by, "the lake", "folder").err().map(|error| error.report())
    }

    #[test]
    fn whatever_has_a_scheme_is_no_path_of_this_machine() {
        for url in ["s3://b/lake", "S3A://b", "gs://b", "az://c/d", "abfss://c@d/e", "https://x", "file:///lake"] {
            let report = refusal(url).expect(url);
            assert!(
                report.starts_with(&format!("error: `--lake`: `{url}` is a URL, and the lake must be")),
                "{report}"
            );
        }
        assert!(refusal("file:///data/lake").expect("refused").ends_with("write the path alone: `/data/lake`"));
    }

    #[test]
    fn paths_with_colons_are_paths() {
        for path in ["lake", "/lake", "../a:b", "a:/b", "://x", "1://x", "./s3:/b", "a b://c"] {
            assert_eq!(refusal(path), None, "{path}");
        }
    }
}
