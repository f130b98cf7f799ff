//! The line at the bottom: where the keys go, what they do, and the newest notice.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use super::overlay::wrap;
use crate::app::notice::Level;
use crate::app::overlay::Overlay;
use crate::app::regions::Hit;
use crate::app::scope::Asker;
use crate::app::{Command, Context, Tab};
use crate::app::{cascade, editor::Stage};
use crate::input::Continuation;
use crate::mongo::request::Access;

/// Draws the line.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    sheet.clear(area, sheet.style(Role::Bar));
    let context = app.context();
    let word = format!(" {} ", context.name());
    let mut x = area.x
        + sheet.put(
            Position::new(area.x, area.y),
            area.width,
            &word,
            sheet.style(Role::ChoiceActive),
        );
    if !sheet.pending.keys().is_empty() {
        return pending(sheet, area, x, context);
    }
    let running = running(sheet);
    let end = area
        .right()
        .saturating_sub(u16::try_from(running.width()).unwrap_or(0) + 1);
    if let Some(notice) = app.notices.current(app.now) {
        let (mark, style) = mark(sheet, notice.level);
        let style = sheet.style(Role::Bar).patch(style);
        let text = format!(" {mark}{}", notice.text);
        let used = sheet.put(
            Position::new(x, area.y),
            end.saturating_sub(x + u16::from(!running.is_empty())),
            &text,
            style,
        );
        x += used + 2;
    }
    let hints = match app.overlays.last() {
        Some(Overlay::Status(_)) => &[
            Command::Open,
            Command::Disconnect,
            Command::ConnectAll,
            Command::CloseAll,
            Command::NextTrouble,
            Command::Monitor,
            Command::Back,
        ][..],
        Some(Overlay::Referrers(_)) => &[Command::Accept, Command::Back],
        Some(Overlay::Deletion(deletion)) if deletion.stage == cascade::Stage::Choosing => {
            &[Command::Accept, Command::Back][..]
        }
        None if context == Context::Monitor => match app.tab() {
            Some(Tab::Monitor(monitor)) => monitor.content().hints(),
            _ => &[],
        },
        _ => hints(context),
    };
    let hints: Vec<Command> = hints
        .iter()
        .copied()
        .filter(|c| is_of_use(sheet, *c))
        .collect();
    // Where to read about the rest is said in a narrow terminal too.
    let help = hints.contains(&Command::Help).then(|| {
        let keys = sheet.keymaps.hint(context, Command::Help);
        keys.map_or(0, |k| {
            k.to_string().width() + short(Command::Help).width() + 3
        })
    });
    let help = u16::try_from(help.unwrap_or(0)).unwrap_or(0);
    for command in hints {
        let kept = if command == Command::Help { 0 } else { help };
        let end = end.saturating_sub(kept);
        hint(sheet, area.y, &mut x, end, context, command);
    }
    if !running.is_empty() {
        let style = sheet.style(Role::Bar).patch(sheet.style(Role::Warning));
        sheet.put_right(
            Rect {
                width: area.width - 1,
                ..area
            },
            &running,
            style,
        );
    }
}

/// The sign before a notice, and its colour.
fn mark(sheet: &Sheet<'_>, level: Level) -> (&'static str, Style) {
    match level {
        Level::Info => ("", sheet.style(Role::NoticeInfo)),
        Level::Warning => ("! ", sheet.style(Role::Warning)),
        Level::Error => ("✗ ", sheet.style(Role::Error)),
    }
}

/// The keys that would complete what was begun.
fn pending(sheet: &mut Sheet<'_>, area: Rect, mut x: u16, context: Context) {
    let so_far: Vec<String> = sheet
        .pending
        .keys()
        .iter()
        .map(ToString::to_string)
        .collect();
    let text = format!(" {} …  ", so_far.join(" "));
    x += sheet.put(
        Position::new(x, area.y),
        area.right().saturating_sub(x),
        &text,
        sheet.style(Role::HintKey),
    );
    for (key, word) in going_on(sheet, context) {
        if x >= area.right() {
            break;
        }
        let key_style = sheet.style(Role::Bar).patch(sheet.style(Role::HintKey));
        x += sheet.put(Position::new(x, area.y), area.right() - x, &key, key_style);
        let text = format!(" {word}  ");
        let hint_style = sheet.style(Role::Bar).patch(sheet.style(Role::HintText));
        x += sheet.put(
            Position::new(x, area.y),
            area.right().saturating_sub(x),
            &text,
            hint_style,
        );
    }
}

/// The keys that may follow, with what they do: letters first, and the tabs by their numbers in one.
fn going_on(sheet: &Sheet<'_>, context: Context) -> Vec<(String, &'static str)> {
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
const WORDY: usize = 24;

const TABS: [Command; 9] = [
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

/// Draws, over the last rows of `area`, what the line at the bottom has no room for: the keys that complete a sequence
/// while the person looks for one, or the rest of a notice.
pub fn above(sheet: &mut Sheet<'_>, area: Rect) {
    if sheet.pending.is_looked_up() {
        return all_keys(sheet, area);
    }
    let app = sheet.app;
    let Some(notice) = app
        .notices
        .current(app.now)
        .filter(|_| sheet.pending.keys().is_empty())
    else {
        return;
    };
    let before = app.context().name().width() + 6 + running(sheet).width();
    if notice.text.width() + before <= usize::from(area.width) {
        return;
    }
    let lines = wrap(
        std::slice::from_ref(&notice.text),
        usize::from(area.width.saturating_sub(4)),
    );
    let (mark, style) = mark(sheet, notice.level);
    let style = sheet.style(Role::Popup).patch(style);
    let Some(mut rect) = last_rows(area, lines.len()) else {
        return;
    };
    if matches!(
        app.context(),
        Context::Dialog | Context::Diff | Context::Conflict
    ) {
        // The last row is the question that waits for an answer.
        rect.y = area.y;
    }
    sheet.clear(rect, style);
    for (y, (place, line)) in (rect.y..rect.bottom()).zip(lines.iter().enumerate()) {
        let mark = if place == 0 { mark } else { "" };
        let text = format!(" {mark:2}{line}");
        sheet.put(Position::new(rect.x, y), rect.width, &text, style);
    }
}

/// So many rows at the bottom of `area`, if half of it has room for them or at least for the first ones.
fn last_rows(area: Rect, rows: usize) -> Option<Rect> {
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height / 2);
    (height > 0).then_some(Rect {
        y: area.bottom() - height,
        height,
        ..area
    })
}

/// All keys that may follow, in columns.
fn all_keys(sheet: &mut Sheet<'_>, area: Rect) {
    let found = going_on(sheet, sheet.app.context());
    let key_width = found.iter().map(|(k, _)| k.width()).max().unwrap_or(0);
    let word_width = found.iter().map(|(_, w)| w.width()).max().unwrap_or(0);
    let width = (key_width + word_width + 4).clamp(8, usize::from(area.width).max(8));
    let columns = (usize::from(area.width) / width).max(1);
    let Some(rect) = last_rows(area, found.len().div_ceil(columns)) else {
        return;
    };
    let rows = usize::from(rect.height);
    let base = sheet.style(Role::Popup);
    sheet.clear(rect, base);
    let key_style = base.patch(sheet.style(Role::HintKey));
    for (place, (key, word)) in found.iter().enumerate() {
        let column = place / rows;
        if column >= columns {
            break;
        }
        let at = Position::new(
            rect.x + u16::try_from(column * width).unwrap_or(u16::MAX),
            rect.y + u16::try_from(place % rows).unwrap_or(u16::MAX),
        );
        let key = format!(" {key:>key_width$}");
        let word = format!(" {word}");
        let room = u16::try_from(width).unwrap_or(u16::MAX);
        sheet.put_all(at, room, [(key.as_str(), key_style), (word.as_str(), base)]);
    }
}

/// What has been under way for long enough to be worth a word.
fn running(sheet: &Sheet<'_>) -> String {
    let app = sheet.app;
    let longest = app
        .running()
        .filter(|(_, r)| {
            !matches!(r.by, Asker::Nobody | Asker::Export | Asker::Standing) && !r.waits_for_news
        })
        .map(|(_, r)| app.now.since(r.since))
        .max()
        .unwrap_or_default();
    if longest.as_millis() < 250 {
        return String::new();
    }
    // A write that was sent is waited for.
    let stops = app.running().any(|(_, r)| {
        r.writes.is_none() && !matches!(r.by, Asker::Nobody | Asker::Export | Asker::Standing)
    });
    let stop = sheet
        .keymaps
        .hint(app.context(), Command::Cancel)
        .filter(|_| stops)
        .map(|k| format!(", {k} stops"))
        .unwrap_or_default();
    format!("waiting {:.1} s{stop}", longest.as_secs_f64())
}

fn hint(sheet: &mut Sheet<'_>, y: u16, x: &mut u16, end: u16, context: Context, command: Command) {
    let Some(keys) = sheet.keymaps.hint(context, command) else {
        return;
    };
    let keys = format!(" {keys}");
    let word = match (sheet.app.context(), command) {
        // What is opened and closed elsewhere is held and let go there.
        (Context::Monitor, Command::Toggle) => "pause",
        // In the list of saved queries it opens the form of the parameters.
        (_, Command::Toggle) if matches!(sheet.app.overlays.last(), Some(Overlay::Queries(_))) => {
            "form"
        }
        (Context::Monitor, Command::FocusNext) => "next panel",
        (_, command) => short(command),
    };
    let text = format!(" {word} ");
    let width = u16::try_from(keys.width() + text.width()).unwrap_or(u16::MAX);
    if x.saturating_add(width) > end {
        return;
    }
    let area = Rect {
        x: *x,
        y,
        width,
        height: 1,
    };
    let key_style = sheet.style(Role::Bar).patch(sheet.style(Role::HintKey));
    let hint_style = sheet.style(Role::Bar).patch(sheet.style(Role::HintText));
    *x += sheet.put_all(
        Position::new(*x, y),
        width,
        [(keys.as_str(), key_style), (text.as_str(), hint_style)],
    );
    sheet.hit(area, Hit::Hint(command));
}

/// Whether a command can do something as things stand; others are not hinted at.
fn is_of_use(sheet: &Sheet<'_>, command: Command) -> bool {
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
fn short(command: Command) -> &'static str {
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
fn hints(context: Context) -> &'static [Command] {
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
        Context::Help => &[C::Back],
    }
}
