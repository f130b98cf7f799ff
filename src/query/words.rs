//! The words of the shell that are not JavaScript: `use shop`, `show collections`.
//!
//! They stand at the start of a text, and are blanked there, so that places in the rest stay what they were.

use super::Operation;
use crate::value::{Diagnostic, Span};

/// The words of the shell that are not JavaScript, at the start of a text.
pub(in crate::query) struct ShellWords {
    /// The text with those words blanked, so that places stay what they were.
    pub(super) rest: String,
    /// After `use NAME`.
    pub(super) database: Option<String>,
    /// After `show …`.
    pub(super) shown: Option<Operation>,
}

pub(in crate::query) fn shell_words(text: &str) -> Result<ShellWords, Diagnostic> {
    let mut words = ShellWords {
        rest: text.to_owned(),
        database: None,
        shown: None,
    };
    loop {
        let start = skip_space(&words.rest);
        let line = words.rest.get(start..).unwrap_or("");
        let line = line.split(['\n', '\r']).next().unwrap_or("").to_owned();
        let Some(first) = line.split_whitespace().next() else {
            return Ok(words);
        };
        let line_end = line
            .find(';')
            .filter(|_| matches!(first, "use" | "show"))
            .unwrap_or(line.len());
        let span = Span::new(start, start + line_end);
        let rest_of_line: Vec<&str> = line
            .get(..line_end)
            .unwrap_or("")
            .split_whitespace()
            .skip(1)
            .collect();
        match (first, rest_of_line.as_slice()) {
            ("use", [name]) => {
                let name = name.trim_matches(['"', '\'']);
                if name.is_empty()
                    || name.contains(['/', '\\', '.', '"', '$', '*', '<', '>', ':', '|', '?'])
                {
                    return Err(Diagnostic::new(span, "this is not the name of a database")
                        .with_help("write `use shop`"));
                }
                words.database = Some(name.to_owned());
            }
            ("use", _) => {
                return Err(
                    Diagnostic::new(span, "`use` takes the name of one database")
                        .with_help("write `use shop`, and the statement on the next line"),
                );
            }
            ("show", ["collections" | "tables"]) => {
                words.shown = Some(Operation::GetCollectionNames)
            }
            ("show", ["dbs" | "databases"]) => words.shown = Some(Operation::GetDatabaseNames),
            ("show", _) => {
                return Err(Diagnostic::new(span, "this cannot be shown here")
                    .with_help("write `show collections` or `show dbs`"));
            }
            ("it" | "exit" | "quit" | "exit()" | "quit()" | "help" | "cls", [])
                if line.trim() == text.trim() =>
            {
                let what = match first {
                    "it" => "results are read on as they are scrolled",
                    "help" => "press `?` for help",
                    _ => "this is a key of the console, not a statement",
                };
                return Err(Diagnostic::new(
                    span,
                    format!("`{first}` is a word of the shell alone"),
                )
                .with_help(what));
            }
            ("await", [_, ..]) => {}
            _ => return Ok(words),
        }
        let end = match first {
            "await" => start + first.len(),
            _ => {
                let semicolon = words
                    .rest
                    .get(span.end..)
                    .is_some_and(|r| r.starts_with(';'));
                span.end + usize::from(semicolon)
            }
        };
        let blanks: String = words
            .rest
            .get(start..end)
            .unwrap_or("")
            .chars()
            .flat_map(|c| std::iter::repeat_n(' ', c.len_utf8()))
            .collect();
        words.rest.replace_range(start..end, &blanks);
        if first == "await" {
            return Ok(words);
        }
    }
}

/// The offset of the first character that is neither white space nor comment.
pub(in crate::query) fn skip_space(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            match trimmed.find("*/") {
                Some(end) => at += end + 2,
                None => return text.len(),
            }
        } else {
            return at;
        }
    }
}
