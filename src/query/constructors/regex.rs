//! The constructors of regular expressions, and the check of literals.
//!
//! Invariant: a pattern that leaves here is one that JavaScript takes.

use super::super::js::{Js, Problem};
use super::super::nesting;
use super::{World, expected};

pub(in crate::query) fn regex(source: &Js, flags: &Js, world: &World<'_>) -> Result<Js, Problem> {
    let (source, old_flags) = match source {
        Js::Regex { source, flags } => (source.clone(), flags.clone()),
        Js::Undefined => ("(?:)".to_owned(), String::new()),
        other => (other.to_text(world.zone)?, String::new()),
    };
    let flags = match flags {
        Js::Undefined => old_flags,
        other => other.to_text(world.zone)?,
    };
    let source = if source.is_empty() {
        "(?:)".to_owned()
    } else {
        escaped_source(&source)
    };
    checked_regex(source, flags)
}

/// What `.source` says of a pattern that came as text: `/` and line ends are escaped.
pub(in crate::query) fn escaped_source(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut class = false;
    let mut escaped = false;
    for c in source.chars() {
        match c {
            '\n' => {
                out.push_str(if escaped { "n" } else { "\\n" });
                escaped = false;
                continue;
            }
            '\r' => {
                out.push_str(if escaped { "r" } else { "\\r" });
                escaped = false;
                continue;
            }
            '/' if !escaped && !class => out.push_str("\\/"),
            _ => out.push(c),
        }
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            _ => {}
        }
    }
    out
}

/// A regular expression whose pattern and flags JavaScript would take.
pub(in crate::query) fn checked_regex(source: String, flags: String) -> Result<Js, Problem> {
    let mut seen = String::new();
    for flag in flags.chars() {
        if !"dgimsuvy".contains(flag) || seen.contains(flag) {
            return Err(
                Problem::new(format!("`{flag}` is not a flag that can stand here")).with_help(
                    "flags are `i`, `m`; for others write `{$regex: \"…\", $options: \"…\"}`",
                ),
            );
        }
        seen.push(flag);
    }
    if flags.contains('s') {
        return Err(
            Problem::new("the flag `s` would be lost on the way to the server")
                .with_help("write `{$regex: \"…\", $options: \"s\"}`"),
        );
    }
    if flags.contains('v') && flags.contains('u') {
        return Err(Problem::new("the flags `u` and `v` exclude each other"));
    }
    match regex_error(&source, &flags)? {
        None => Ok(Js::Regex { source, flags }),
        Some(why) => {
            let why = why
                .strip_prefix("Invalid regular expression: ")
                .unwrap_or(&why);
            let mut why = why.trim_end_matches('.').to_owned();
            if let Some(first) = why.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Err(Problem::new(format!("not a regular expression: {why}"))
                .with_help("escape special characters with `\\`"))
        }
    }
}

/// What is wrong with a pattern, where something is.
pub(in crate::query) fn regex_error(source: &str, flags: &str) -> Result<Option<String>, Problem> {
    let (mut groups, mut deepest) = (0_usize, 0);
    for b in source.bytes() {
        match b {
            b'(' | b'[' => groups += 1,
            b')' | b']' => groups = groups.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(groups);
    }
    // Brackets that are escaped or stand in a class count too; closing ones among them may not hide depth.
    let opened = source.bytes().filter(|b| matches!(b, b'(' | b'[')).count();
    let escaped = source.contains(['\\', '[']);
    let depth = if escaped { opened } else { deepest };
    if depth > nesting::MAX_DEPTH {
        return Err(Problem::new("this regular expression has too many groups")
            .with_help("MongoDB takes fewer; split it up"));
    }
    let read = || {
        let allocator = oxc_allocator::Allocator::default();
        oxc_regular_expression::LiteralParser::new(
            &allocator,
            source,
            Some(flags),
            oxc_regular_expression::Options::default(),
        )
        .parse()
        .err()
        .map(|e| e.to_string())
    };
    nesting::on_stack(depth, read).ok_or_else(|| {
        Problem::new("this regular expression cannot be read now")
            .with_help("there is too little memory for it")
    })
}

pub(in crate::query) fn bson_regex(source: &Js, flags: &Js) -> Result<Js, Problem> {
    match (source, flags) {
        (Js::Text(source), Js::Undefined) => Ok(Js::Regex {
            source: source.clone(),
            flags: String::new(),
        }),
        (Js::Text(source), Js::Text(flags)) => {
            if let Some(bad) = flags.chars().find(|f| !"imxlsu".contains(*f)) {
                return Err(Problem::new(format!(
                    "`{bad}` is not an option of a regular expression"
                )));
            }
            Ok(Js::Regex {
                source: source.clone(),
                flags: flags.replace('s', "g"),
            })
        }
        (other, _) => Err(expected("BSONRegExp", "a pattern in quotes", other)),
    }
}
