//! Which keys are worth a word in the line at the bottom, and which word.

use super::super::Sheet;
use crate::app::editor::Stage;
use crate::app::overlay::Overlay;
use crate::app::{Command, Context};
use crate::input::Continuation;
use crate::mongo::request::Access;
use unicode_width::UnicodeWidthStr;

/// The keys that may follow, with what they do: letters first, and the tabs by their numbers in one.
pub(super) fn going_on(sheet: &Sheet<'_>, context: Context) -> Vec<(String, &'static str)> {
    let found = sheet.keymaps.continuations(context, sheet.pending.keys());
    let is_tab =
        |command: &Continuation| matches!(command, Continuation::Command(c) if TABS.contains(c));
    let tabs: Vec<String> = found
        .iter()
        .filter(|(_, c)| is_tab(c))
        .map(|(key, _)| key.to_string())
        .collect();
    let mut out: Vec<(String, &str)> = found
        .iter()
        .filter(|(_, c)| !is_tab(c))
        .map(|(key, command)| {
            let word = match command {
                Continuation::Command(command) => match short(*command) {
                    // A whole sentence leaves no room for the other keys.
                    word if word.width() > WORDY => command.name(),
                    word => word,
                },
                Continuation::More => "…",
            };
            (key.to_string(), word)
        })
        .collect();
    out.sort_by_key(|(key, _)| (key.to_lowercase(), key.clone()));
    if let (Some(first), Some(last)) = (tabs.first(), tabs.last()) {
        out.push((format!("{first}-{last}"), "that tab"));
    }
    out
}

/// The most columns for what a key that may follow does.
pub(super) const WORDY: usize = 24;

pub(super) const TABS: [Command; 9] = [
    Command::Tab1,
    Command::Tab2,
    Command::Tab3,
    Command::Tab4,
    Command::Tab5,
    Command::Tab6,
    Command::Tab7,
    Command::Tab8,
    Command::Tab9,
];

/// Whether a command can do something as things stand; others are not hinted at.
pub(super) fn is_of_use(sheet: &Sheet<'_>, command: Command) -> bool {
    let app = sheet.app;
    if let Some(Overlay::Picker(picker)) = app.overlays.last() {
        // What is ticked and what is picked are different kinds of list.
        let ticked = picker.items.iter().any(|i| i.marked.is_some());
        return match command {
            Command::Accept => !ticked,
            Command::Toggle => ticked,
            _ => true,
        };
    }
    match app.overlays.last() {
        Some(Overlay::Message(_)) => return command != Command::Filter,
        Some(Overlay::Help(_)) => return command != Command::Toggle,
        _ => {}
    }
    let Some(documents) = app.documents().filter(|_| app.overlays.is_empty()) else {
        return true;
    };
    let profile = app.profiles.get(&documents.profile);
    let Some(editor) = &documents.editor else {
        return true;
    };
    let review = match &editor.stage {
        Stage::Review(review) => Some(review),
        _ => None,
    };
    let blocked = review.is_some_and(|r| r.is_blocked());
    match command {
        Command::Override => blocked && profile.is_some_and(|p| p.allow_override),
        Command::ConfirmYes => !blocked,
        Command::Violations => !editor.check.problems.is_empty(),
        Command::ApplyFix => match review {
            Some(_) => blocked,
            None => !editor.check.problems.is_empty(),
        },
        Command::Unlock => profile.is_some_and(|p| p.access == Access::ReadOnly && !p.read_only),
        _ => true,
    }
}

/// A word or two for the hint line; the whole sentence is in the help.
pub(super) fn short(command: Command) -> &'static str {
    match command {
        Command::Open => "open",
        Command::ViewNext => "view",
        Command::Filter => "filter",
        Command::Jump => "jump",
        Command::Palette => "commands",
        Command::Help => "help",
        Command::Edit => "edit",
        Command::EditValue => "edit value",
        Command::Follow => "follow",
        Command::Referrers => "referrers",
        Command::GoBack => "go back",
        Command::GoForward => "go forward",
        Command::Sort | Command::SortColumn => "sort",
        Command::Columns => "columns",
        Command::Details => "details",
        Command::Refresh => "refresh",
        Command::Connect => "connect",
        Command::Disconnect => "disconnect",
        Command::ConnectAll => "connect all",
        Command::CloseAll => "close all",
        Command::NextTrouble => "trouble",
        Command::Monitor => "monitor",
        Command::Quit => "quit",
        Command::Save => "save",
        Command::EditExternal => "$EDITOR",
        Command::Violations => "violations",
        Command::ApplyFix => "fix",
        Command::Complete => "complete",
        Command::Discard => "discard",
        Command::Back => "back",
        Command::Accept => "accept",
        Command::ConfirmYes => "yes",
        Command::ConfirmNo => "no",
        Command::TakeTheirs => "theirs",
        Command::TakeMine => "mine",
        Command::EditMerge => "edit merge",
        Command::Override => "override",
        Command::Unlock => "unlock",
        Command::DocumentNew => "new",
        Command::DocumentDelete => "delete",
        Command::CollectionCreate => "create",
        Command::CollectionDrop => "drop",
        Command::Search => "search",
        Command::SearchNext => "next match",
        Command::Toggle => "toggle",
        Command::ChangeType => "type",
        Command::DocumentNext => "next",
        Command::DocumentPrevious => "previous",
        Command::CopyDocument => "copy",
        Command::Undo => "undo",
        Command::CloseTab => "close",
        Command::Check => "check",
        Command::FixAll => "fix",
        Command::Model => "model",
        Command::CopyValue => "copy",
        Command::Query => "query",
        Command::QueryRun => "run",
        Command::Comment => "comment",
        Command::Watch => "watch",
        Command::Explain => "explain",
        Command::Kill => "stop it",
        Command::OpenStatement => "query",
        Command::Idle => "idle too",
        Command::OrderNext => "order",
        Command::Namespace => "which",
        Command::FullDocument => "documents",
        Command::DocumentBefore => "before",
        Command::Profiler => "profiler",
        Command::CursorLast => "newest",
        Command::Format => "format",
        Command::History => "history",
        Command::Export | Command::EventsExport => "export",
        Command::Queries => "saved",
        Command::Parameters => "parameters",
        Command::SaveQuery => "save",
        Command::FindForm => "form",
        Command::Chart => "chart",
        Command::ChartKind => "kind",
        Command::SaveChart => "save",
        command => command.help(),
    }
}

/// The commands worth a hint, the most wanted first; those that do not fit are left out.
pub(super) fn hints(context: Context) -> &'static [Command] {
    use Command as C;
    match context {
        // The panel in front says its own.
        Context::Global | Context::Monitor => &[],
        Context::Profiles => &[
            C::Open,
            C::Connect,
            C::Disconnect,
            C::Jump,
            C::Palette,
            C::Help,
            C::Quit,
        ],
        Context::Tree => &[
            C::Open,
            C::Filter,
            C::Jump,
            C::Details,
            C::Query,
            C::Queries,
            C::Refresh,
            C::CollectionCreate,
            C::CollectionDrop,
            C::Palette,
            C::Help,
            C::Quit,
        ],
        Context::Table => &[
            C::Edit,
            C::ViewNext,
            C::Filter,
            C::Open,
            C::SortColumn,
            C::EditValue,
            C::DocumentNew,
            C::Columns,
            C::Query,
            C::Follow,
            C::Referrers,
            C::CopyDocument,
            C::Export,
            C::Palette,
            C::Help,
        ],
        Context::Outline => &[
            C::Edit,
            C::ViewNext,
            C::EditValue,
            C::ChangeType,
            C::Follow,
            C::Referrers,
            C::Search,
            C::DocumentNext,
            C::Toggle,
            C::Back,
            C::Palette,
            C::Help,
        ],
        Context::Text => &[
            C::Edit,
            C::ViewNext,
            C::Search,
            C::DocumentNext,
            C::CopyDocument,
            C::Back,
            C::Palette,
            C::Help,
        ],
        Context::Chart => &[
            C::ChartKind,
            C::SaveChart,
            C::ViewNext,
            C::Back,
            C::Export,
            C::Refresh,
            C::Palette,
            C::Help,
        ],
        Context::Models => &[
            C::Open,
            C::Filter,
            C::Follow,
            C::Toggle,
            C::EditExternal,
            C::Check,
            C::CopyValue,
            C::Back,
            C::Palette,
            C::Help,
        ],
        Context::Check => &[
            C::Open,
            C::FixAll,
            C::Refresh,
            C::Toggle,
            C::UndoWrite,
            C::CopyValue,
            C::Back,
            C::Palette,
            C::Help,
        ],
        Context::Editor => &[
            C::Unlock,
            C::Save,
            C::Back,
            C::EditExternal,
            C::Complete,
            C::Violations,
            C::ApplyFix,
            C::Search,
            C::Undo,
            C::Discard,
        ],
        Context::Query => &[
            C::QueryRun,
            C::Back,
            C::Complete,
            C::Explain,
            C::Parameters,
            C::FindForm,
            C::Queries,
            C::SaveQuery,
            C::Format,
            C::History,
            C::Comment,
            C::Undo,
            C::Watch,
            C::EditExternal,
            C::Palette,
            C::Help,
        ],
        Context::Stages => &[
            C::StageToggle,
            C::StageUp,
            C::StageDown,
            C::StageAppend,
            C::StageDuplicate,
            C::StageRemove,
            C::StageFold,
            C::StageSample,
            C::Undo,
            C::Open,
            C::ViewNext,
            C::QueryRun,
            C::StageList,
            C::Help,
        ],
        Context::Input => &[C::Accept, C::Back],
        Context::Dialog => &[C::ConfirmYes, C::ConfirmNo, C::Back],
        Context::List => &[C::Accept, C::Toggle, C::Back],
        Context::Details => &[C::Refresh, C::Back],
        Context::Diff => &[
            C::ConfirmYes,
            C::ConfirmNo,
            C::ApplyFix,
            C::Override,
            C::Unlock,
        ],
        Context::Conflict => &[C::TakeTheirs, C::TakeMine, C::EditMerge, C::Back],
        Context::Help => &[C::Filter, C::Back],
    }
}
