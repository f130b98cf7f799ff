//! A theme file, checked: every problem is found in one go and shown at its place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::color;
use super::role::Role;
use crate::value::diagnostic::{Diagnostic, Span, did_you_mean};

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The theme that this one is laid over, with the place that names it.
    pub(super) inherits: Option<(String, Span)>,
    /// The styles that it gives.
    pub(super) styles: Vec<(Role, Style)>,
}

const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

struct Reader<'a> {
    palette: BTreeMap<&'a str, Color>,
    problems: Vec<Diagnostic>,
}

/// Reads `text`; all its problems, in the order of the text, where it has any.
pub(super) fn read(text: &str) -> Result<Layer, Vec<Diagnostic>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        palette: BTreeMap::new(),
        problems: errors
            .iter()
            .map(|error| {
                let at = error.span().unwrap_or(0..0);
                Diagnostic::new(Span::new(at.start, at.end), error.message().to_lowercase())
            })
            .collect(),
    };
    let mut layer = Layer::default();
    // The palette first, wherever it stands.
    if let Some(value) = root.get_ref().get("palette") {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (name, value) in table {
                    if let Some(color) = reader.color(value) {
                        reader.palette.insert(name.get_ref(), color);
                    }
                }
            }
            _ => reader.say(span(value), "`palette` is a table of colours", None),
        }
    }
    for (name, value) in root.get_ref() {
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("palette", _) => {}
            ("inherits", DeValue::String(parent)) => {
                layer.inherits = Some((parent.to_string(), span(value)));
            }
            ("inherits", _) => reader.say(
                span(value),
                "`inherits` is the name of a theme",
                Some("write such as `inherits = \"dark\"`".into()),
            ),
            ("roles", DeValue::Table(table)) => {
                for (name, value) in table {
                    reader.role(name, value, &mut layer);
                }
            }
            ("roles", _) => reader.say(span(value), "`roles` is a table of styles", None),
            (other, _) => {
                let near = did_you_mean(other, ["inherits", "palette", "roles"]);
                let help = near.map_or_else(
                    || "a theme holds `inherits`, `[palette]` and `[roles]`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{other}` is not part of a theme");
                reader.say(span(name), message, Some(help));
            }
        }
    }
    if reader.problems.is_empty() {
        return Ok(layer);
    }
    reader.problems.sort_by_key(|p| p.span.start);
    Err(reader.problems)
}

fn span<T>(spanned: &Spanned<T>) -> Span {
    Span::new(spanned.span().start, spanned.span().end)
}

impl Reader<'_> {
    fn say(&mut self, at: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Diagnostic {
            span: at,
            message: message.into(),
            help,
        });
    }

    fn color(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Color> {
        let DeValue::String(text) = value.get_ref() else {
            self.say(
                span(value),
                "a colour is text",
                Some("write such as `\"red\"` or `\"#ff8800\"`".into()),
            );
            return None;
        };
        if let Some(color) = self.palette.get(text.as_ref()) {
            return Some(*color);
        }
        match color::parse(text) {
            Ok(color) => Some(color),
            Err(error) => {
                let near = did_you_mean(text, self.palette.keys().copied());
                let help = near.map_or(error.help, |near| format!("did you mean `{near}`?"));
                let message = format!("`{}` is not a colour", error.text);
                self.say(span(value), message, Some(help));
                None
            }
        }
    }

    fn role(
        &mut self,
        name: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) {
        let Some(role) = Role::from_name(name.get_ref()) else {
            let near = did_you_mean(name.get_ref(), Role::ALL.map(|(_, name)| name));
            let help = near.map_or_else(
                || {
                    "the built-in themes name every role, between quotes where it holds a dot"
                        .into()
                },
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("`{}` is not a role", name.get_ref());
            self.say(span(name), message, Some(help));
            return;
        };
        let mut style = Style::new();
        match value.get_ref() {
            DeValue::Table(table) => {
                for (part, value) in table {
                    self.part(part, value, &mut style);
                }
            }
            _ => style.fg = self.color(value),
        }
        layer.styles.push((role, style));
    }

    fn part(
        &mut self,
        part: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        style: &mut Style,
    ) {
        let name = part.get_ref().as_ref();
        match name {
            "fg" => style.fg = self.color(value),
            "bg" => style.bg = self.color(value),
            _ => match (
                MODIFIERS.iter().find(|(known, _)| *known == name),
                value.get_ref(),
            ) {
                (Some((_, modifier)), DeValue::Boolean(true)) => {
                    *style = style.add_modifier(*modifier);
                }
                (Some((_, modifier)), DeValue::Boolean(false)) => {
                    *style = style.remove_modifier(*modifier);
                }
                (Some(_), _) => {
                    self.say(span(value), format!("`{name}` is `true` or `false`"), None);
                }
                (None, _) => {
                    let known = ["fg", "bg"].into_iter().chain(MODIFIERS.map(|(n, _)| n));
                    let all: Vec<&str> = known.collect();
                    let help = did_you_mean(name, all.iter().copied()).map_or_else(
                        || format!("a style holds {}", all.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let message = format!("`{name}` is not part of a style");
                    self.say(span(part), message, Some(help));
                }
            },
        }
    }
}
