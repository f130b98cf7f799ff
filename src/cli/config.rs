//! `mongodeck config`: where the configuration is, a first one, and whether it is right.

use clap::{Args, Subcommand};

use super::{Exit, print, usage};
use crate::config::paths;

/// Arguments of `mongodeck config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What `mongodeck config` does.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigAction {
    /// Print the path of the configuration file, whether or not it exists.
    Path,
}

/// Runs `mongodeck config`.
#[must_use]
pub fn run(args: &ConfigArgs) -> Exit {
    match args.action {
        ConfigAction::Path => match paths::config_file() {
            Ok(path) => {
                let _ = print::line(&path.display().to_string());
                Exit::Ok
            }
            Err(e) => usage(&e.to_string()),
        },
    }
}
