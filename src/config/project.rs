//! A project's `mongodeck.toml`: found by walking up from the working directory, used once it is trusted.
//!
//! The file comes with the code of others, and it may name a host to send a password to or a command to run. Until the
//! person trusts exactly this content at exactly this path, nothing of it is used.

use std::path::{Path, PathBuf};

use super::{Config, Invalid, Secret, check, parse, raw, read_text, render, trust};
use crate::config::paths;

/// The file's name.
pub const FILE: &str = "mongodeck.toml";

/// How a project's file stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Project {
    /// There is none.
    #[default]
    None,
    /// It is used.
    Trusted(PathBuf),
    /// It was never trusted, and is not used.
    Untrusted(PathBuf),
    /// It was trusted, and has changed since: it is not used.
    Changed(PathBuf),
}

/// The project file nearest to `directory`: there, or in a directory above it, up to the home directory or the root.
#[must_use]
pub fn find(directory: &Path) -> Option<PathBuf> {
    let home = directories::BaseDirs::new().map(|d| d.home_dir().to_owned());
    // A configuration directory that holds a file of this name is not a project.
    let own = paths::config().ok();
    for at in directory.ancestors() {
        let file = at.join(FILE);
        if own.as_deref() != Some(at) && file.is_file() {
            return Some(file);
        }
        if home.as_deref() == Some(at) {
            break;
        }
    }
    None
}

/// Adds a trusted project's profiles, models and saved queries to `config`; says in a warning where there is one that
/// is not trusted.
///
/// # Errors
/// Every problem of a trusted file.
pub fn add(config: &mut Config, directory: &Path) -> Result<(), Invalid> {
    let Some(file) = find(directory) else {
        return Ok(());
    };
    // An untrusted file must not be able to stop the program either, so its problems are not looked at.
    let text = match read_text(&file) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(()),
        Err(e) => {
            config.warnings.push(e.to_string());
            config.sources.project = Project::Untrusted(file);
            return Ok(());
        }
    };
    let standing = match trust::List::load() {
        Ok(list) => list.standing(&file, &text),
        Err(e) => {
            config.warnings.push(e);
            trust::Standing::Unknown
        }
    };
    match standing {
        trust::Standing::Trusted => {}
        trust::Standing::Unknown => {
            config.warnings.push(format!(
                "`{}` is not used: it is not trusted; see what it asks for with `mongodeck trust`",
                file.display()
            ));
            config.sources.project = Project::Untrusted(file);
            return Ok(());
        }
        trust::Standing::Changed => {
            config.warnings.push(format!(
                "`{}` is not used: it has changed since it was trusted; look at it again with `mongodeck trust`",
                file.display()
            ));
            config.sources.project = Project::Changed(file);
            return Ok(());
        }
    }
    let checked = parse(&file, &text, raw::Kind::Project)?;
    for warning in &checked.warnings {
        config.warnings.push(render(&file, &text, warning));
    }
    for profile in checked.profiles {
        if config.profile(profile.name.as_str()).is_some() {
            config.warnings.push(format!(
                "the profile `{}` of `{}` is left out: your own configuration has one of that name",
                profile.name,
                file.display()
            ));
        } else {
            config.profiles.push(profile);
        }
    }
    config.models.push(checked.models);
    config.queries.push(checked.queries);
    config.sources.project = Project::Trusted(file);
    Ok(())
}

/// What a project's file would allow, one line each, for the person to judge. Holds no secret.
#[must_use]
pub fn asks(checked: &check::Checked) -> Vec<String> {
    let mut lines = Vec::new();
    for profile in &checked.profiles {
        let name = &profile.name;
        match &profile.uri {
            Secret::Text(uri) => {
                use secrecy::ExposeSecret as _;
                let uri = uri.expose_secret();
                lines.push(format!("profile `{name}` connects to `{}`", hosts(uri)));
                for variable in check::variables(uri).unwrap_or_default() {
                    lines.push(format!("profile `{name}` sends the environment variable `{variable}`"));
                }
            }
            Secret::Environment(variable) => lines.push(format!(
                "profile `{name}` connects to where the environment variable `{variable}` says"
            )),
            Secret::Command(words) => lines.push(format!(
                "profile `{name}` runs the command `{}`, and connects to where it says",
                words.join(" ")
            )),
            Secret::Keyring { service, user } => lines.push(format!(
                "profile `{name}` reads the keyring entry `{service}/{user}`, and connects to where it says"
            )),
        }
        for file in [&profile.tls.ca_file, &profile.tls.certificate_key_file]
            .into_iter()
            .flatten()
        {
            lines.push(format!("profile `{name}` reads `{}`", file.display()));
        }
        if profile.tls.insecure {
            lines.push(format!("profile `{name}` accepts any certificate"));
        }
        for pattern in &profile.models {
            lines.push(format!("profile `{name}` reads models from `{pattern}`"));
        }
    }
    for pattern in &checked.models.patterns {
        lines.push(format!("reads models from `{pattern}`"));
    }
    for pattern in &checked.queries.patterns {
        lines.push(format!("reads saved queries from `{pattern}`"));
    }
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines
}

/// Scheme and hosts of a connection string, without the user.
#[must_use]
pub fn hosts(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("", uri));
    let before = rest.split('?').next().unwrap_or_default();
    let hosts = before.rsplit_once('@').map_or(before, |(_, h)| h);
    let hosts = hosts.split('/').next().unwrap_or_default();
    if scheme.is_empty() {
        hosts.to_owned()
    } else {
        format!("{scheme}://{hosts}")
    }
}
