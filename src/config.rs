//! Configuration: read raw, then checked.
//!
//! Knows files, TOML and the environment; must not know the driver or the screen. A file with a problem is refused
//! whole, with every problem at its place; a project's file counts for nothing until the person trusts it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::mongo::request::ProfileName;
use crate::value::Diagnostic;
use crate::value::diagnostic::did_you_mean;

pub mod check;
pub mod connections;
pub mod environment;
pub mod mends;
pub mod models;
pub mod paths;
pub mod profile;
pub mod profilers;
pub mod project;
pub mod queries;
pub mod raw;
pub mod redact;
pub mod state;
pub mod store;
pub mod trust;

pub use profile::{Profile, Secret, Tls};
pub use project::Project;

/// Which colours the screen takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark or light, as the terminal seems to be.
    #[default]
    Auto,
    /// True colours for a dark terminal.
    Dark,
    /// True colours for a light terminal.
    Light,
    /// The terminal's own 16 colours.
    Sixteen,
    /// A theme by name.
    Named(String),
}

impl Theme {
    /// Reads `auto`, `dark`, `light`, `16`, or another theme's name; `None` where it is empty.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim() {
            "" => None,
            "auto" => Some(Self::Auto),
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "16" => Some(Self::Sixteen),
            name => Some(Self::Named(name.to_owned())),
        }
    }
}

/// How the console looks and feels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// The keymap's name: `default`, `vim`, `emacs`.
    pub keymap: String,
    /// Whether the mouse is taken; otherwise it is left to the terminal, which then can select text with it.
    pub mouse: bool,
    /// How long a notice stays on the status line. The history keeps it after that.
    pub notice_for: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::Auto,
            keymap: "default".to_owned(),
            mouse: true,
            notice_for: Duration::from_secs(5),
        }
    }
}

/// Patterns of files, and the directory that relative ones stand against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Globs {
    /// The directory of the file that named them.
    pub base: PathBuf,
    /// The patterns, as written.
    pub patterns: Vec<String>,
}

/// Where a configuration came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// The person's own file, where there is one.
    pub personal: Option<PathBuf>,
    /// The person's own keymap that is merged over the preset, where there is one: `keymap.toml` beside the configuration.
    pub keymap: Option<PathBuf>,
    /// The project's file, where there is one, and how it stands.
    pub project: Project,
}

/// Everything that was configured.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The profiles: the person's own in the order of the file, then a trusted project's.
    pub profiles: Vec<Profile>,
    /// How the console looks and feels.
    pub settings: Settings,
    /// Model files for every profile: the person's own, then a trusted project's.
    pub models: Vec<Globs>,
    /// Saved query files: the person's own, then a trusted project's.
    pub queries: Vec<Globs>,
    /// The files it came from.
    pub sources: Sources,
    /// What deserves a look but stops nothing, each fit to be shown.
    pub warnings: Vec<String>,
}

impl Config {
    /// The profile called `name`.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|p| p.name.as_str() == name)
    }

    /// The globs of the model files of `profile`: its own, then those for every profile.
    #[must_use]
    pub fn models_of(&self, profile: &Profile) -> Vec<Globs> {
        let own = Globs {
            base: profile.base.clone(),
            patterns: profile.models.clone(),
        };
        std::iter::once(own)
            .chain(self.models.iter().cloned())
            .filter(|g| !g.patterns.is_empty())
            .collect()
    }

    /// The name of a profile that was probably meant by `name`.
    #[must_use]
    pub fn near(&self, name: &str) -> Option<&str> {
        did_you_mean(name, self.profiles.iter().map(|p| p.name.as_str()))
    }
}

/// A configuration that cannot be used: every problem, rendered with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The problems, each of several lines, with secrets taken out.
    pub problems: Vec<String>,
}

impl Invalid {
    /// One problem that has no place in a text.
    #[must_use]
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problems: vec![problem.into()],
        }
    }

    fn at(path: &Path, text: &str, problems: &[Diagnostic]) -> Self {
        Self {
            problems: problems.iter().map(|p| render(path, text, p)).collect(),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n\n"))
    }
}

impl std::error::Error for Invalid {}

/// `problem` in the file `path`, with the passwords of the line it quotes taken out.
#[must_use]
pub fn render(path: &Path, text: &str, problem: &Diagnostic) -> String {
    problem.render(&path.display().to_string(), &redact::redact(text))
}

/// Reads the person's configuration and, from `directory` upwards, a project's; then what the environment names beside
/// them. No file at all is no error.
///
/// # Errors
/// Every problem of the first file that has any.
pub fn load(directory: &Path) -> Result<Config, Invalid> {
    let mut config = Config::default();
    let file = paths::config_file().map_err(|e| Invalid::new(e.to_string()))?;
    if let Some(text) = read_text(&file)? {
        let checked = parse(&file, &text, raw::Kind::Personal)?;
        config.settings = checked.settings;
        config.profiles = checked.profiles;
        config.models.push(checked.models);
        config.queries.push(checked.queries);
        for warning in &checked.warnings {
            config.warnings.push(render(&file, &text, warning));
        }
        config.sources.personal = Some(file.clone());
    }
    config.sources.keymap = file
        .parent()
        .map(|d| d.join("keymap.toml"))
        .filter(|p| p.is_file());
    project::add(&mut config, directory)?;
    environment::add(&mut config, &environment::of_process());
    Ok(config)
}

/// Reads and checks one file's `text`.
///
/// # Errors
/// Every problem of the file.
pub fn parse(path: &Path, text: &str, kind: raw::Kind) -> Result<check::Checked, Invalid> {
    let (raw, mut problems) = raw::read(text, kind);
    let base = path.parent().unwrap_or(Path::new("."));
    let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
    match check::check(raw, &base, kind, paths::readable_by_others(path)) {
        Ok(checked) if problems.is_empty() => Ok(checked),
        Ok(_) => Err(Invalid::at(path, text, &problems)),
        Err(more) => {
            // A value of the wrong kind was told already; that it is also missing is no news.
            problems.extend(more);
            problems.sort_by_key(|p| p.span.start);
            Err(Invalid::at(path, text, &problems))
        }
    }
}

/// The most bytes of a configuration file.
const MAX_BYTES: u64 = 1 << 20;

/// The text of the file `path`; `None` where there is none.
///
/// # Errors
/// It cannot be read, or is not text, or is over a mebibyte long.
pub fn read_text(path: &Path) -> Result<Option<String>, Invalid> {
    let refuse = |why: &str| Invalid::new(format!("cannot read `{}`: {why}", path.display()));
    let size = match fs::metadata(path) {
        Ok(m) if m.is_file() => m.len(),
        Ok(_) => return Err(refuse("it is no file")),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(refuse(&e.to_string())),
    };
    if size > MAX_BYTES {
        return Err(refuse("it is over 1 MiB long"));
    }
    let bytes = fs::read(path).map_err(|e| refuse(&e.to_string()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(e) => Err(refuse(&format!(
            "byte {} is not UTF-8",
            e.utf8_error().valid_up_to()
        ))),
    }
}

/// What the console opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The profile.
    pub profile: ProfileName,
    /// A database of it.
    pub database: Option<String>,
    /// A collection of the database; only where there is a database.
    pub collection: Option<String>,
}

/// How the console starts.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The configuration; its settings already hold what the arguments said.
    pub config: Config,
    /// The profiles of the tree, in order: those of the configuration, and one for a URI or host that was named.
    /// With `--read-only` each of them is read-only.
    pub profiles: Vec<Profile>,
    /// What to open at once; `None` is the profile list.
    pub target: Option<Target>,
    /// What the arguments asked for beside that.
    pub options: Options,
}

/// What the arguments asked of the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// `--last`: open the tabs of the last time again.
    pub last: bool,
    /// `--no-history`: statements that are run are not kept.
    pub no_history: bool,
    /// `--read-only`: nothing is written, whatever a profile says. The profiles are read-only already.
    pub read_only: bool,
    /// Whether every profile is connected at once, not only the target's.
    pub connect_all: bool,
}
