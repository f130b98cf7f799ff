//! A keymap file, checked: every problem it has is found in one go and shown at its place.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::trie::Leaf;
use crate::app::command::{COMMANDS, Command};
use crate::app::context::Context;
use crate::input::key::KeySequence;
use crate::value::diagnostic::{Diagnostic, Span, did_you_mean};

/// What unbinds keys.
const NONE: &str = "none";

/// The bindings of one file, in the order of the file.
pub(super) type Bindings = Vec<(Context, KeySequence, Leaf)>;

/// Reads `text`; all its problems, in the order of the text, where it has any.
pub(super) fn read(text: &str) -> Result<Bindings, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        problems.push(Diagnostic::new(
            Span::new(span.start, span.end),
            lower_first(error.message()),
        ));
    }
    let mut found = Vec::new();
    for (name, value) in root.get_ref() {
        let at = span(name);
        let Some(context) = Context::from_name(name.get_ref()) else {
            let names = Context::ALL.map(Context::name);
            let help = did_you_mean(name.get_ref(), names).map_or_else(
                || format!("a table is one of {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            problems.push(
                Diagnostic::new(at, format!("`{}` is not a context", name.get_ref()))
                    .with_help(help),
            );
            continue;
        };
        let DeValue::Table(table) = value.get_ref() else {
            problems.push(
                Diagnostic::new(
                    at,
                    format!("`{context}` is a table of keys", context = context.name()),
                )
                .with_help(format!("write `[{}]`", context.name())),
            );
            continue;
        };
        for (keys, value) in table {
            match binding(text, context, keys, value) {
                Ok((sequence, leaf)) => found.push(Found {
                    context,
                    sequence,
                    leaf,
                    at: span(keys),
                }),
                Err(mut several) => problems.append(&mut several),
            }
        }
    }
    found.sort_by_key(|f| f.at.start);
    conflicts(text, &found, &mut problems);
    if problems.is_empty() {
        return Ok(found
            .into_iter()
            .map(|f| (f.context, f.sequence, f.leaf))
            .collect());
    }
    problems.sort_by_key(|p| p.span.start);
    Err(problems)
}

struct Found {
    context: Context,
    sequence: KeySequence,
    leaf: Leaf,
    at: Span,
}

fn span<T>(spanned: &Spanned<T>) -> Span {
    Span::new(spanned.span().start, spanned.span().end)
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

fn binding(
    text: &str,
    context: Context,
    keys: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(KeySequence, Leaf), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let at = span(keys);
    let sequence = match keys.get_ref().parse::<KeySequence>() {
        Ok(sequence) => Some(sequence),
        Err(error) => {
            // Inside quotes without escapes the place is known to the character.
            let exact = text.get(at.start + 1..at.end.saturating_sub(1)) == Some(keys.get_ref());
            let place = if exact {
                Span::new(at.start + 1 + error.at.start, at.start + 1 + error.at.end)
            } else {
                at
            };
            problems.push(Diagnostic {
                span: place,
                message: error.message,
                help: error.help,
            });
            None
        }
    };
    let leaf = match value.get_ref() {
        DeValue::String(name) if name == NONE => Some(Leaf::Unbound),
        DeValue::String(name) => match Command::from_name(name) {
            None => {
                let near = did_you_mean(name, COMMANDS.iter().map(|e| e.name));
                let help = near.map_or_else(
                    || "the palette and the help list every command; `none` unbinds".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.push(
                    Diagnostic::new(span(value), format!("`{name}` is not a command"))
                        .with_help(help),
                );
                None
            }
            Some(command) if context != Context::Global && !command.applies(context) => {
                let places: Vec<&str> = command.entry().contexts.iter().map(|c| c.name()).collect();
                problems.push(
                    Diagnostic::new(
                        span(value),
                        format!("`{name}` does nothing in `{}`", context.name()),
                    )
                    .with_help(format!("it applies in {}", places.join(", "))),
                );
                None
            }
            Some(command) => Some(Leaf::Bound(command)),
        },
        _ => {
            problems.push(
                Diagnostic::new(span(value), "a binding is the name of a command")
                    .with_help("write such as `\"g g\" = \"cursor-first\"`"),
            );
            None
        }
    };
    if let (Some(sequence), Some(Leaf::Bound(_))) = (&sequence, leaf)
        && context.takes_text()
        && let Some(c) = sequence.keys()[0].typed()
    {
        let shown = if c == ' ' {
            "space".into()
        } else {
            c.to_string()
        };
        problems.push(
            Diagnostic::new(at, format!("`{shown}` is typed in `{}`", context.name()))
                .with_help("begin with a chord such as `ctrl-x` or `alt-x`"),
        );
    }
    match (sequence, leaf) {
        (Some(sequence), Some(leaf)) if problems.is_empty() => Ok((sequence, leaf)),
        _ => Err(problems),
    }
}

/// The same keys twice, and keys that cannot be reached because a shorter sequence ends before them.
fn conflicts(text: &str, found: &[Found], problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(Context, &KeySequence), &Found> = BTreeMap::new();
    for one in found {
        if let Some(first) = seen.get(&(one.context, &one.sequence)) {
            let (line, _) = Diagnostic::new(first.at, "").position(text);
            problems.push(
                Diagnostic::new(one.at, format!("`{}` is bound twice", one.sequence))
                    .with_help(format!("the other binding is on line {line}")),
            );
        } else {
            seen.insert((one.context, &one.sequence), one);
        }
    }
    for one in found.iter().filter(|f| f.leaf != Leaf::Unbound) {
        let keys = one.sequence.keys();
        for length in 1..keys.len() {
            let Some(shorter) = KeySequence::new(keys[..length].to_vec()) else {
                continue;
            };
            let Some(first) = seen
                .get(&(one.context, &shorter))
                .filter(|f| f.leaf != Leaf::Unbound)
            else {
                continue;
            };
            let (line, _) = Diagnostic::new(first.at, "").position(text);
            problems.push(
                Diagnostic::new(
                    one.at,
                    format!(
                        "`{}` cannot be reached: `{shorter}` is bound too",
                        one.sequence
                    ),
                )
                .with_help(format!(
                    "`{shorter}` is on line {line}; unbind or change one of them"
                )),
            );
        }
    }
}
