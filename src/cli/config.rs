//! `mongodeck config`: where the configuration is, a first one, and whether it is right.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Exit, look, print, usage};
use crate::config::{self, Globs, Profile, Project, paths, raw};
use crate::mongo::connect;

/// The configuration that `config init` writes: every key, explained.
const DEFAULT: &str = include_str!("../../assets/config.toml");

/// Arguments of `mongodeck config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What `mongodeck config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print the path of the configuration file, whether or not it exists.
    Path,
    /// Write a first configuration file with every key explained; never over one that is there.
    Init,
    /// Check the configuration, and the project's file where there is one; or FILE alone.
    Check {
        /// A file to check in place of the configuration; one called `mongodeck.toml` is checked as a project's.
        file: Option<PathBuf>,
    },
}

/// Runs `mongodeck config`.
#[must_use]
pub fn run(args: &ConfigArgs) -> Exit {
    match &args.action {
        ConfigAction::Path => path(),
        ConfigAction::Init => init(),
        ConfigAction::Check { file: Some(file) } => check_file(file),
        ConfigAction::Check { file: None } => check(),
    }
}

fn path() -> Exit {
    match paths::config_file() {
        Ok(path) => {
            let _ = print::line(&path.display().to_string());
            Exit::Ok
        }
        Err(e) => usage(&e.to_string()),
    }
}

fn init() -> Exit {
    let path = match paths::config_file() {
        Ok(path) => path,
        Err(e) => return usage(&e.to_string()),
    };
    if path.symlink_metadata().is_ok() {
        return usage(&format!(
            "`{}` is there already; nothing was written",
            path.display()
        ));
    }
    if let Err(e) = paths::write_private(&path, DEFAULT.as_bytes()) {
        return usage(&format!("cannot write `{}`: {e}", path.display()));
    }
    let _ = print::line(&path.display().to_string());
    print::note("written; add your profiles to it, then run `mongodeck config check`");
    Exit::Ok
}

fn check_file(file: &std::path::Path) -> Exit {
    let kind = if file.file_name().is_some_and(|n| n == config::project::FILE) {
        raw::Kind::Project
    } else {
        raw::Kind::Personal
    };
    let text = match config::read_text(file) {
        Ok(Some(text)) => text,
        Ok(None) => return usage(&format!("there is no file `{}`", file.display())),
        Err(e) => return refuse(&e),
    };
    match config::parse(file, &text, kind) {
        Ok(checked) => {
            for warning in &checked.warnings {
                print::warning(&config::render(file, &text, warning));
            }
            let settings = config::Config {
                settings: checked.settings.clone(),
                ..config::Config::default()
            };
            let mut problems: Vec<String> = [
                look::theme(&checked.settings.theme).err(),
                look::keymaps(&settings).err(),
            ]
            .into_iter()
            .flatten()
            .collect();
            let globs = std::slice::from_ref(&checked.models);
            problems.extend(beyond_the_text(&checked.profiles, globs));
            said(file, checked.profiles.len(), &problems)
        }
        Err(e) => refuse(&e),
    }
}

/// Says the problems, or that there are none.
fn said(file: &std::path::Path, count: usize, problems: &[String]) -> Exit {
    if problems.is_empty() {
        print::note(&format!(
            "`{}` is right: {}",
            file.display(),
            profiles(count)
        ));
        return Exit::Ok;
    }
    for problem in problems {
        print::error(problem);
    }
    Exit::Usage
}

/// What the text alone does not show: connection strings that the driver refuses. What this machine lacks is said as a
/// warning, since another one may have it.
fn beyond_the_text(profiles: &[Profile], globs: &[Globs]) -> Vec<String> {
    let mut problems = Vec::new();
    for profile in profiles {
        let of = |failure: &crate::mongo::request::Failure| {
            format!("profile `{}`: {failure}", profile.name)
        };
        if let Err(failure) = connect::check_string(profile) {
            problems.push(of(&failure));
        }
        for failure in connect::missing_here(profile) {
            print::warning(&of(&failure));
        }
        let own = Globs {
            base: profile.base.clone(),
            patterns: profile.models.clone(),
        };
        missing_models(&format!("profile `{}`: ", profile.name), &own);
    }
    for globs in globs {
        missing_models("", globs);
    }
    problems
}

fn missing_models(of: &str, globs: &Globs) {
    let library = config::models::load(&globs.base, &globs.patterns);
    for gap in library.gaps.iter().filter(|g| g.line == 0) {
        print::warning(&format!("{of}models: `{}`: {}", gap.file, gap.what));
    }
}

fn check() -> Exit {
    let loaded = match load() {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    // A theme or a key that is wrong would be told when the console opens; here is the place to tell it before.
    let theme = look::theme(&loaded.settings.theme).err();
    let keys = look::keymaps(&loaded).err();
    let mut wrong = false;
    for problem in theme.into_iter().chain(keys) {
        print::error(&problem);
        wrong = true;
    }
    for problem in beyond_the_text(&loaded.profiles, &loaded.models) {
        print::error(&problem);
        wrong = true;
    }
    // A file that is not used so far would be told only once it is trusted.
    if let Project::Untrusted(file) | Project::Changed(file) = &loaded.sources.project
        && let Ok(Some(text)) = config::read_text(file)
        && let Err(e) = config::parse(file, &text, raw::Kind::Project)
    {
        for problem in &e.problems {
            print::warning(problem);
        }
    }
    if wrong {
        return Exit::Usage;
    }
    match &loaded.sources.personal {
        Some(file) => print::note(&format!(
            "`{}` is right: {}",
            file.display(),
            profiles(loaded.profiles.len())
        )),
        None => {
            print::note("there is no configuration file; write one with `mongodeck config init`")
        }
    }
    if let Project::Trusted(file) = &loaded.sources.project {
        print::note(&format!("`{}` is trusted, and right", file.display()));
    }
    Exit::Ok
}

fn profiles(count: usize) -> String {
    match count {
        1 => "1 profile".to_owned(),
        n => format!("{n} profiles"),
    }
}

/// Loads the configuration for the working directory, and says its warnings.
///
/// # Errors
/// The exit code, after every problem was said.
pub fn load() -> Result<config::Config, Exit> {
    let directory = std::env::current_dir().unwrap_or_default();
    match config::load(&directory) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                print::warning(warning);
            }
            Ok(loaded)
        }
        Err(e) => Err(refuse(&e)),
    }
}

fn refuse(invalid: &config::Invalid) -> Exit {
    for problem in &invalid.problems {
        print::error(problem);
    }
    Exit::Usage
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::config::check;

    fn accepted(text: &str) -> check::Checked {
        let (raw, problems) = raw::read(text, raw::Kind::Personal);
        assert_eq!(problems, []);
        check::check(raw, std::path::Path::new("/"), raw::Kind::Personal, false).unwrap()
    }

    #[test]
    fn the_first_configuration_is_right() {
        assert_eq!(accepted(DEFAULT).profiles.len(), 1);
    }

    /// What is commented out is right too, but for the three other sources of a connection string.
    #[test]
    fn what_is_commented_out_is_right_too() {
        let mut seen = 0;
        let text: String = DEFAULT
            .lines()
            .map(|l| match l.strip_prefix("# ") {
                Some(code)
                    if code.starts_with('[') || code.contains(" = ") || code.starts_with("# ") =>
                {
                    code
                }
                _ => l,
            })
            .filter(|l| {
                let other = ["uri_env", "uri_command", "uri_keyring"]
                    .iter()
                    .any(|k| l.starts_with(k));
                seen += usize::from(other);
                !other
            })
            .map(|l| format!("{l}\n"))
            .collect();
        assert_eq!(seen, 3);
        let checked = accepted(&text);
        assert_eq!(checked.profiles.len(), 2);
        let staging = &checked.profiles[1];
        assert_eq!(staging.database.as_deref(), Some("shop"));
        assert_eq!(staging.tls.enabled, Some(true));
    }
}
