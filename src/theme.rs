//! From what things mean to what they look like.
//!
//! A theme file gives each [`Role`] a style; the terminal's depth of colour decides what is left of it. Knows nothing of
//! the panes. Invariant: every role has a style in every theme, and where there are no colours its meaning is carried by
//! bold, underline and reverse.

pub mod color;
mod file;
mod role;

use std::fmt;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};

pub use self::color::{ColorError, Depth, Ground, ProfileColor};
pub use self::role::Role;
use crate::value::diagnostic::{Diagnostic, Span, did_you_mean};

/// The themes that are part of the program: name and text.
const BUILT_IN: [(&str, &str); 3] = [
    ("dark", include_str!("../assets/themes/dark.toml")),
    ("light", include_str!("../assets/themes/light.toml")),
    ("sixteen", include_str!("../assets/themes/sixteen.toml")),
];

/// Most themes laid over each other.
const DEEPEST: usize = 8;

/// Most bytes of a theme file; more is no theme.
const LARGEST: u64 = 1 << 20;

/// A style for every role, for one terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    depth: Depth,
    styles: Vec<Style>,
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme has this name.
    #[error("no theme is called `{name}`; {help}")]
    Unknown {
        /// The name.
        name: String,
        /// The next step.
        help: String,
    },
    /// Its file cannot be read.
    #[error("cannot read theme `{path}`: {error}; check that it is a file that you may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Its text has mistakes. Shows each with a caret.
    #[error("{}", Rendered { file, text, problems })]
    Wrong {
        /// The file's name for messages.
        file: String,
        /// Its text.
        text: String,
        /// The problems, in the order of the text; at least one.
        problems: Vec<Diagnostic>,
    },
}

struct Rendered<'a> {
    file: &'a str,
    text: &'a str,
    problems: &'a [Diagnostic],
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.render(self.file, self.text))?;
        }
        Ok(())
    }
}

impl Theme {
    /// The built-in theme that suits the terminal.
    #[must_use]
    pub fn automatic(ground: Ground, depth: Depth) -> Self {
        let name = match (depth, ground) {
            (Depth::None | Depth::Sixteen, _) => "sixteen",
            (_, Ground::Dark) => "dark",
            (_, Ground::Light) => "light",
        };
        // The built-in themes are sound: a test holds them to it.
        Self::load(name, None, depth).unwrap_or_else(|_| Self {
            name: name.to_owned(),
            depth,
            styles: Role::ALL
                .map(|(role, _)| finish(role, Style::new(), depth))
                .to_vec(),
        })
    }

    /// The theme called `name`: `NAME.toml` in `directory`, else a built-in one. `depth` decides what is left of its
    /// colours. A theme that inherits from its own name is laid over the built-in one.
    ///
    /// # Errors
    /// No such theme, an unreadable file, or all mistakes of its text.
    pub fn load(name: &str, directory: Option<&Path>, depth: Depth) -> Result<Self, ThemeError> {
        let mut layers = Vec::new();
        let mut seen: Vec<(String, bool)> = Vec::new();
        let mut next = Some((name.to_owned(), None::<(String, String, Span)>));
        while let Some((wanted, asked)) = next.take() {
            let again = seen.iter().any(|(n, _)| *n == wanted);
            let fail = |message: String, help: &str| match &asked {
                Some((file, text, at)) => ThemeError::Wrong {
                    file: file.clone(),
                    text: text.clone(),
                    problems: vec![Diagnostic::new(*at, message).with_help(help)],
                },
                None => ThemeError::Unknown {
                    name: wanted.clone(),
                    help: help.to_owned(),
                },
            };
            let Some((file, text, own)) = find(&wanted, directory.filter(|_| !again))? else {
                let mut known = names(directory);
                known.retain(|n| *n != wanted);
                let near = did_you_mean(&wanted, known.iter().map(String::as_str));
                let help = near.map_or_else(
                    || format!("there are {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(fail(format!("no theme is called `{wanted}`"), &help));
            };
            if seen.contains(&(wanted.clone(), own)) || seen.len() >= DEEPEST {
                return Err(fail(
                    format!("`{wanted}` inherits from itself"),
                    "themes are laid over each other, the last one inherits from none",
                ));
            }
            seen.push((wanted, own));
            let layer = file::read(&text).map_err(|problems| ThemeError::Wrong {
                file: file.clone(),
                text: text.clone(),
                problems,
            })?;
            next = layer
                .inherits
                .map(|(parent, at)| (parent, Some((file, text, at))));
            layers.push(layer.styles);
        }
        let mut styles = vec![Style::new(); Role::ALL.len()];
        for (role, style) in layers.into_iter().rev().flatten() {
            if let Some(slot) = styles.get_mut(role as usize) {
                *slot = slot.patch(style);
            }
        }
        for ((role, _), style) in Role::ALL.into_iter().zip(&mut styles) {
            *style = finish(role, *style, depth);
        }
        Ok(Self {
            name: name.to_owned(),
            depth,
            styles,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The depth of colour that it was made for.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The style of `role`. Patch it over what is below.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// A profile's name in its own colour; bold where it has none or the terminal has none.
    #[must_use]
    pub fn profile(&self, color: Option<ProfileColor>) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match color.map(|c| color::reduce(c.0, self.depth)) {
            Some(Color::Reset) | None => bold,
            Some(shown) => bold.fg(shown),
        }
    }

    /// The fill of a production profile's bar: its own colour with readable text on it, else the theme's.
    #[must_use]
    pub fn profile_fill(&self, color: Option<ProfileColor>) -> Style {
        match color.map(|c| color::reduce(c.0, self.depth)) {
            Some(Color::Reset) | None => self.style(Role::Production),
            Some(fill) => {
                let text = color::reduce(color::readable_on(fill), self.depth);
                Style::new().fg(text).bg(fill).add_modifier(Modifier::BOLD)
            }
        }
    }
}

/// What the depth leaves of a style.
fn finish(role: Role, style: Style, depth: Depth) -> Style {
    if depth == Depth::None {
        return Style::new().add_modifier(role.plain());
    }
    Style {
        fg: style.fg.map(|c| color::reduce(c, depth)),
        bg: style.bg.map(|c| color::reduce(c, depth)),
        ..style
    }
}

/// The themes that can be loaded: the built-in ones, then the person's own, each once.
#[must_use]
pub fn names(directory: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = BUILT_IN
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut own: Vec<String> = directory
        .and_then(|d| std::fs::read_dir(d).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let toml = path.extension().is_some_and(|e| e == "toml");
            let name = path.file_stem()?.to_str()?.to_owned();
            (toml && plain_name(&name) && !names.contains(&name)).then_some(name)
        })
        .collect();
    own.sort();
    names.append(&mut own);
    names
}

/// Whether a name can be no path.
fn plain_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// The file's name for messages, its text, and whether it is the person's own.
fn find(
    name: &str,
    directory: Option<&Path>,
) -> Result<Option<(String, String, bool)>, ThemeError> {
    if let Some(path) = directory
        .filter(|_| plain_name(name))
        .map(|d| d.join(format!("{name}.toml")))
    {
        let read = std::fs::metadata(&path).and_then(|meta| {
            if !meta.is_file() || meta.len() > LARGEST {
                return Err(std::io::Error::other("it is no theme file"));
            }
            std::fs::read_to_string(&path)
        });
        match read {
            Ok(text) => return Ok(Some((path.display().to_string(), text, true))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(ThemeError::Unreadable { path, error }),
        }
    }
    let found = BUILT_IN.iter().find(|(known, _)| *known == name);
    Ok(found.map(|(name, text)| {
        (
            format!("assets/themes/{name}.toml"),
            (*text).to_owned(),
            false,
        )
    }))
}

#[cfg(test)]
mod tests;
