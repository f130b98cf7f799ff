//! Draws the help: every command with its keys, the asking context first. All of it comes from the command table and
//! the keymap.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};

use super::Sheet;
use super::overlay::popup;
use crate::app::command::COMMANDS;
use crate::app::overlay::Help;
use crate::app::{App, Context};

/// Draws the help.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, help: &Help) {
    let lines = lines(sheet, help.context);
    let inside = popup(
        sheet,
        area,
        area.width.min(112),
        area.height,
        "help: keys and commands (the palette finds one by its name)",
    );
    let first = help
        .first
        .min(lines.len().saturating_sub(usize::from(inside.height)));
    let base = sheet.style(Role::Popup);
    let shown = usize::from(inside.height);
    if lines.len() > shown && inside.y > 0 {
        let last = (first + shown).min(lines.len());
        let text = format!("{}–{last} of {} ", first + 1, lines.len());
        let title = Rect {
            y: inside.y - 1,
            height: 1,
            ..inside
        };
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

enum Line {
    Title(String),
    Command {
        keys: String,
        name: &'static str,
        help: &'static str,
    },
    Empty,
}

fn lines(sheet: &Sheet<'_>, asked: Context) -> Vec<Line> {
    let mut out = Vec::new();
    for context in App::help_contexts(asked) {
        if !out.is_empty() {
            out.push(Line::Empty);
        }
        out.push(Line::Title(match context {
            Context::Global => "everywhere".to_owned(),
            context => format!("in the {}", context.name()),
        }));
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
            out.push(Line::Command {
                keys,
                name: entry.name,
                help: entry.help,
            });
        }
    }
    out
}
