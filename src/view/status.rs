//! The line at the bottom: where the keys go, what they do, and the newest notice.

mod above;
mod keys;
mod notice;

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use crate::app::cascade;
use crate::app::overlay::Overlay;
use crate::app::regions::Hit;
use crate::app::scope::Asker;
use crate::app::{Command, Context, Tab};
use keys::{going_on, hints, is_of_use, short};
use notice::{Ends, Place, place};

pub use above::above;

/// Draws the line.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    sheet.clear(area, sheet.style(Role::Bar));
    let context = app.context();
    let ends = Ends::of(sheet);
    let mut x = area.x
        + sheet.put(
            Position::new(area.x, area.y),
            area.width,
            &ends.word,
            sheet.style(Role::ChoiceActive),
        );
    if !sheet.pending.keys().is_empty() {
        return pending(sheet, area, x, context);
    }
    let end = x.saturating_add(ends.between(area.width));
    if let Place::Line(said) = place(sheet, &ends, area.width) {
        let style = sheet.style(Role::Bar).patch(said.style);
        x += 2 + sheet.put(Position::new(x, area.y), end - x, &said.line(), style);
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
    if !ends.running.is_empty() {
        let style = sheet.style(Role::Bar).patch(sheet.style(Role::Warning));
        sheet.put_right(
            Rect {
                width: area.width - 1,
                ..area
            },
            &ends.running,
            style,
        );
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
