//! Keys of a profile in the files that the AWS command line keeps. The environment, web identities and the roles of containers and
//! instances are found by the library.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use object_store::aws::AmazonS3ConfigKey;

use crate::error::{Error, Result};

/// Variables that say where credentials come from; they are stronger than a profile that nobody named.
const STRONGER: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Settings of the profile that `AWS_PROFILE` names, else of `default`; none where the environment has credentials or no file is there.
///
/// # Errors
/// Usage (exit 2) where the named profile is not there, or holds no keys, as one of a single sign-on.
pub(super) fn of_profile() -> Result<Vec<(AmazonS3ConfigKey, String)>> {
    let named = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
    if STRONGER.iter().any(|name| env::var_os(name).is_some()) {
        return Ok(Vec::new());
    }
    let name = named.as_deref().unwrap_or("default");
    let keys = section("AWS_SHARED_CREDENTIALS_FILE", "credentials", &[name.to_owned()]);
    let config = section("AWS_CONFIG_FILE", "config", &[name.to_owned(), format!("profile {name}")]);
    let of = |key: &str| keys.get(key).or_else(|| config.get(key)).cloned();
    let (id, secret) = (of("aws_access_key_id"), of("aws_secret_access_key"));
    if named.is_some() && (id.is_none() || secret.is_none()) {
        return Err(Error::usage(format!("the AWS profile `{name}` holds no keys")).hint(format!(
            "for a profile of a single sign-on or a role, run `eval \"$(aws configure export-credentials --profile {name} --format env)\"` \
             first"
        )));
    }
    let mut found = Vec::new();
    let wanted = [
        (AmazonS3ConfigKey::AccessKeyId, id),
        (AmazonS3ConfigKey::SecretAccessKey, secret),
        (AmazonS3ConfigKey::Token, of("aws_session_token")),
    ];
    found.extend(wanted.into_iter().filter_map(|(key, value)| Some((key, value?))));
    let has_region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| env::var_os(name).is_some());
    found.extend(of("region").filter(|_| !has_region).map(|region| (AmazonS3ConfigKey::Region, region)));
    Ok(found)
}

/// What a file of the AWS command line says under the first of these headings that it has.
fn section(variable: &str, file: &str, headings: &[String]) -> BTreeMap<String, String> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(file));
    let path = env::var_os(variable).map(PathBuf::from).or_else(home);
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    section_of(&text, headings)
}

fn section_of(text: &str, headings: &[String]) -> BTreeMap<String, String> {
    let mut is_within = false;
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(heading) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_within = headings.iter().any(|wanted| wanted == heading.trim());
        } else if let Some((key, value)) = line.split_once('=').filter(|_| is_within) {
            found.insert(key.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_what_stands_under_its_heading() {
        let text = "[default]\naws_access_key_id = a\n# region = x\n\n[profile books]\nregion=eu-west-1\naws_access_key_id=b=\n";
        let of = |names: &[&str]| section_of(text, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["default"]), [("aws_access_key_id".to_owned(), "a".to_owned())].into());
        let books = of(&["books", "profile books"]);
        assert_eq!((books["region"].as_str(), books["aws_access_key_id"].as_str()), ("eu-west-1", "b="));
        assert!(of(&["other"]).is_empty());
    }
}
