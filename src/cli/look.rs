//! The theme and the keys that a configuration asks for, loaded.
//!
//! Here rather than in the configuration's own layer, which knows nothing of colours and keys. Reads the person's theme
//! and keymap files and the environment; every mistake in them comes with its place.

use std::str::FromStr as _;

use crate::config::{Config, Theme as Wanted, paths};
use crate::input::keymap::{Keymaps, Preset, Source};
use crate::theme::{Depth, Ground, Theme};

/// The theme that the settings ask for, in the colours that the terminal has.
///
/// # Errors
/// No theme has that name, or its file has mistakes: fit to be said.
pub fn theme(wanted: &Wanted) -> Result<Theme, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let depth = Depth::detect(variable);
    let directory = paths::config().ok().map(|d| d.join("themes"));
    let load =
        |name: &str| Theme::load(name, directory.as_deref(), depth).map_err(|e| e.to_string());
    match wanted {
        Wanted::Auto => Ok(Theme::automatic(
            Ground::detect(variable).unwrap_or(Ground::Dark),
            depth,
        )),
        Wanted::Dark => load("dark"),
        Wanted::Light => load("light"),
        Wanted::Sixteen => load("sixteen"),
        Wanted::Named(name) => load(name),
    }
}

/// The theme for a ground that the terminal told of; `None` where that is not what decides.
#[must_use]
pub fn theme_on(wanted: &Wanted, ground: Ground) -> Option<Theme> {
    asks_for_ground(wanted).then(|| {
        let depth = Depth::detect(|name| std::env::var(name).ok());
        Theme::automatic(ground, depth)
    })
}

/// Whether the terminal is to be asked for its ground: the theme depends on it, and the environment does not tell.
#[must_use]
pub fn asks_for_ground(wanted: &Wanted) -> bool {
    *wanted == Wanted::Auto && Ground::detect(|name| std::env::var(name).ok()).is_none()
}

/// The keys that the settings ask for, with the person's own keymap laid over them.
///
/// # Errors
/// No keymap has that name, or the person's file has mistakes: fit to be said.
pub fn keymaps(config: &Config) -> Result<Keymaps, String> {
    let name = config.settings.keymap.trim();
    let preset = Preset::from_str(name).map_err(|e| e.to_string())?;
    let own = match &config.sources.keymap {
        Some(path) => {
            let text = crate::config::read_text(path)
                .map_err(|e| e.to_string())?
                .unwrap_or_default();
            Some((path.display().to_string(), text))
        }
        None => None,
    };
    let source = own.as_ref().map(|(name, text)| Source { name, text });
    Keymaps::load(preset, source).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use crate::config::check::COLORS;
    use crate::theme::color;

    #[test]
    fn every_colour_of_the_configuration_is_one_of_the_screen() {
        for name in COLORS.into_iter().chain(["#ff8800"]) {
            assert!(color::parse(name).is_ok(), "{name}");
        }
    }
}
