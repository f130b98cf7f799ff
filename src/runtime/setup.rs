//! What is read and made ready before the screen is taken, so that mistakes are told in plain text.

use std::path::PathBuf;
use std::sync::Arc;

use super::keeper::Keeper;
use crate::app::{App, Msg, Opening};
use crate::cli::look;
use crate::config::store::Store;
use crate::config::{Globs, Launch, mends, paths};
use crate::input::Keymaps;
use crate::model::Library;
use crate::theme::Theme;

/// Everything the loop starts with.
pub struct Ready {
    /// The state.
    pub app: App,
    /// The theme.
    pub theme: Theme,
    /// All themes, the current one first, for turning through them.
    pub themes: Vec<Theme>,
    /// The keys.
    pub keymaps: Keymaps,
    /// The disk.
    pub keeper: Keeper,
    /// Where the models are written down.
    pub models: Vec<Globs>,
    /// The log file's directory, for the words after a panic.
    pub log: Option<PathBuf>,
    /// What to open.
    pub opening: Opening,
    /// What to tell the state at once: drafts, warnings.
    pub first: Vec<Msg>,
}

/// Makes everything ready.
///
/// # Errors
/// Words for the person: the keymap or theme file has mistakes, with their places.
pub fn prepare(launch: &Launch) -> Result<Ready, String> {
    let mut first = Vec::new();
    let warn = |text: String| Msg::Trouble {
        text,
        detail: String::new(),
    };
    let theme = look::theme(&launch.config.settings.theme)?;
    let themes = all_themes(&theme);
    let keymaps = look::keymaps(&launch.config)?;
    let store = match Store::open() {
        Ok(store) => Some(store),
        Err(e) => {
            first.push(warn(format!("drafts and the session are not kept: {e}")));
            None
        }
    };
    let mut opening = Opening {
        target: launch
            .target
            .as_ref()
            .map(|t| (t.profile.clone(), t.database.clone(), t.collection.clone())),
        connect: match launch.options.connect_all {
            true => launch.profiles.iter().map(|p| p.name.clone()).collect(),
            false => Vec::new(),
        },
        session: None,
    };
    let now = super::now();
    let globs = globs(launch);
    let (models, notices) = models(&globs);
    first.extend(notices.into_iter().map(warn));
    first.extend(launch.config.warnings.iter().cloned().map(warn));
    let mut app = App::new(&launch.profiles, Arc::new(models), now);
    app.zone = crate::cli::zone::local();
    // The middle of an ObjectId is what one run of the driver made up for itself.
    let [_, _, _, _, a, b, c, d, e, ..] = bson::oid::ObjectId::new().bytes();
    app.seed([a, b, c, d, e]);
    app.history.off = launch.options.no_history;
    if let Some(store) = &store {
        let drafts = store.drafts();
        first.extend(drafts.notices.into_iter().map(warn));
        first.push(Msg::Drafts(drafts.value));
        for (_, head) in mends::unfinished(&store.mends()) {
            first.push(warn(format!(
                "a fix of `{}.{}` on profile `{}` was cut off ({}): run it again from a check to go on",
                head.database, head.collection, head.profile, head.what
            )));
        }
        let layouts = store.layouts();
        first.extend(layouts.notices.into_iter().map(warn));
        app.layouts = layouts.value;
        if !launch.options.no_history {
            app.history.entries = store.statements(crate::app::query::history::KEPT);
            let values = store.values();
            first.extend(values.notices.into_iter().map(warn));
            app.saved.remembered = values.value;
        }
        if launch.options.last {
            let session = store.session();
            first.extend(session.notices.into_iter().map(warn));
            opening.session = Some(session.value);
        }
    }
    let keeper = Keeper::start(store);
    Ok(Ready {
        app,
        theme,
        themes,
        keymaps,
        keeper,
        models: globs,
        log: paths::logs().ok(),
        opening,
        first,
    })
}

/// The built-in themes and the person's own, the current one first.
fn all_themes(current: &Theme) -> Vec<Theme> {
    let directory = paths::config()
        .ok()
        .map(|d| d.join("themes"))
        .filter(|d| d.is_dir());
    let names = crate::theme::names(directory.as_deref());
    let load = |name: &String| Theme::load(name, directory.as_deref(), current.depth()).ok();
    let mut all: Vec<Theme> = names.iter().filter_map(load).collect();
    if let Some(place) = all.iter().position(|t| t.name() == current.name()) {
        all.rotate_left(place);
    }
    all
}

/// Where the models of all profiles are written down, each place once.
fn globs(launch: &Launch) -> Vec<Globs> {
    let mut all = Vec::new();
    for globs in launch
        .profiles
        .iter()
        .flat_map(|p| launch.config.models_of(p))
    {
        if !all.contains(&globs) {
            all.push(globs);
        }
    }
    all
}

/// The models that are written down there, and what the person should know of those that cannot be read.
pub(super) fn models(globs: &[Globs]) -> (Library, Vec<String>) {
    let mut library = Library::default();
    for globs in globs {
        library.extend(crate::config::models::load(&globs.base, &globs.patterns));
    }
    let notices = library
        .gaps
        .iter()
        .map(|gap| match gap.line {
            0 => format!("model file `{}`: {}", gap.file, gap.what),
            line => format!("model file `{}:{line}`: {}", gap.file, gap.what),
        })
        .collect();
    (library, notices)
}
