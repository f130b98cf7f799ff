//! Draws the help: every command with its keys, the asking context first. All of it comes from the command table and
//! the keymap.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};

use super::Sheet;
use super::overlay::popup;
use crate::app::command::COMMANDS;
use crate::app::help::Help;
use crate::app::{App, Context};

/// Draws the help.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, help: &Help) {
    let lines = lines(sheet, help);
    let mut inside = popup(
        sheet,
        area,
        area.width.min(112),
        area.height,
        "help: keys and commands",
    );
    let title = Rect {
        y: inside.y.saturating_sub(1),
        height: 1,
        ..inside
    };
    if help.is_looking() {
        inside = looked_for(sheet, inside, help, lines.is_empty());
    }
    let first = help
        .first
        .min(lines.len().saturating_sub(usize::from(inside.height)));
    let base = sheet.style(Role::Popup);
    let shown = usize::from(inside.height);
    if lines.len() > shown && title.y < inside.y {
        let last = (first + shown).min(lines.len());
        let text = format!("{}–{last} of {} ", first + 1, lines.len());
        sheet.put_right(title, &text, sheet.style(Role::PopupTitle));
    }
    for (y, line) in (inside.y..inside.bottom()).zip(lines.iter().skip(first)) {
        let at = Position::new(inside.x, y);
        match line {
            Line::Title(text) => {
                sheet.put(
                    at,
                    inside.width,
                    text,
                    base.patch(sheet.style(Role::TitleFocused)),
                );
            }
            Line::Command { keys, name, help } => {
                let key_width = 18.min(inside.width / 3);
                sheet.put(at, key_width, keys, base.patch(sheet.style(Role::HintKey)));
                let x = inside.x + key_width + 1;
                let room = inside.right().saturating_sub(x);
                let used = sheet.put(Position::new(x, y), room, help, base);
                let style = base.patch(sheet.style(Role::Dim));
                let text = format!("  {name}");
                sheet.put(
                    Position::new(x + used, y),
                    room.saturating_sub(used),
                    &text,
                    style,
                );
            }
            Line::Empty => {}
        }
    }
}

/// Draws what is looked for, and that nothing has it; gives what is left below.
fn looked_for(sheet: &mut Sheet<'_>, area: Rect, help: &Help, nothing: bool) -> Rect {
    let base = sheet.style(Role::Popup);
    let at = Position::new(area.x, area.y);
    let key = base.patch(sheet.style(Role::HintKey));
    let used = sheet.put(at, area.width, "/ ", key);
    let at = Position::new(area.x + used, area.y);
    let room = area.width.saturating_sub(used);
    let style = match help.typing {
        true => base.patch(sheet.style(Role::Input)),
        false => base,
    };
    sheet.field(at, room, &help.field, style, help.typing);
    let below = Rect {
        y: area.y.saturating_add(1).min(area.bottom()),
        height: area.height.saturating_sub(1),
        ..area
    };
    sheet.regions.overlay_rows = usize::from(below.height);
    if nothing && below.height > 0 {
        let at = Position::new(below.x, below.y);
        let text = "no key, name or explanation has these words";
        sheet.put(at, below.width, text, base.patch(sheet.style(Role::Dim)));
    }
    below
}

enum Line {
    Title(String),
    Command {
        keys: String,
        name: &'static str,
        help: &'static str,
    },
    Empty,
}

fn lines(sheet: &Sheet<'_>, help: &Help) -> Vec<Line> {
    let asked = help.context;
    let mut out = Vec::new();
    for context in App::help_contexts(asked) {
        let title = match context {
            Context::Global => "everywhere".to_owned(),
            context => format!("in the {}", context.name()),
        };
        let mut found = Vec::new();
        for entry in COMMANDS.iter().filter(|e| e.contexts.contains(&context)) {
            let keys: Vec<String> = sheet
                .keymaps
                .keys(context, entry.command)
                // Where text is typed, a letter is a letter.
                .filter(|keys| !asked.takes_text() || context != Context::Global || !keys.types())
                .map(ToString::to_string)
                .collect();
            let keys = if keys.is_empty() {
                "(palette)".to_owned()
            } else {
                keys.join(", ")
            };
            if help.shows(&format!("{title} {keys} {} {}", entry.name, entry.help)) {
                found.push(Line::Command {
                    keys,
                    name: entry.name,
                    help: entry.help,
                });
            }
        }
        if found.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(Line::Empty);
        }
        out.push(Line::Title(title));
        out.append(&mut found);
    }
    out
}
