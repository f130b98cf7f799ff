//! Names and literals of JavaScript and TypeScript.
//!
//! Invariant: text is quoted so that it reads back as it was, and no name collides with another or with the language.

use std::collections::HashSet;

use bson::Bson;

use crate::value::instant::iso;

const RESERVED: [&str; 66] = [
    "abstract",
    "arguments",
    "await",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "async",
    "of",
    "Schema",
    "mongoose",
    "Types",
    "Date",
    "Buffer",
    "Map",
    "Record",
    "Array",
    "String",
    "Number",
    "Boolean",
    "Object",
    "BigInt",
];

/// Names that are taken, each given out once.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name like `wanted` that the language takes and nothing else has.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let mut base: String = wanted
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' || c == '$' {
                    c
                } else {
                    '_'
                }
            })
            .take(80)
            .collect();
        if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit()) {
            base.insert(0, '_');
        }
        let mut name = base.clone();
        let mut number = 2;
        while RESERVED.contains(&name.as_str()) || self.0.contains(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        self.0.insert(name.clone());
        name
    }
}

pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// A property's name, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    // A plain `__proto__` would set the prototype.
    if is_identifier(name) && name != "__proto__" {
        name.to_owned()
    } else {
        text(name)
    }
}

/// Text in single quotes.
pub(super) fn text(value: &str) -> String {
    let mut out = String::from("'");
    for c in value.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || crate::value::text::is_hidden(c)
                || matches!(c, '\u{2028}' | '\u{2029}') =>
            {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// `word` with its first letter small or capital.
pub(super) fn first_lower(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

pub(super) fn first_upper(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Text for a comment, on one line and unable to end it.
pub(super) fn comment(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .replace("*/", "* /")
}

pub(super) fn double(d: f64) -> String {
    if d.is_nan() {
        "NaN".to_owned()
    } else if d.is_infinite() {
        if d > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if d == 0.0 && d.is_sign_negative() {
        "-0".to_owned()
    } else if d.abs() >= 1e21 || (d != 0.0 && d.abs() < 1e-6) {
        format!("{d:e}")
    } else {
        d.to_string()
    }
}

/// A value as a literal of JavaScript; `None` where it has none.
pub(super) fn literal(value: &Bson, depth: usize) -> Option<String> {
    if depth > 32 {
        return None;
    }
    Some(match value {
        Bson::String(s) | Bson::Symbol(s) => text(s),
        Bson::Int32(n) => n.to_string(),
        Bson::Int64(n) => format!("{n}n"),
        Bson::Double(d) => double(*d),
        Bson::Decimal128(d) => text(&d.to_string()),
        Bson::Boolean(b) => b.to_string(),
        Bson::Null => "null".to_owned(),
        Bson::Undefined => "undefined".to_owned(),
        Bson::ObjectId(id) => text(&id.to_hex()),
        Bson::DateTime(at) => match iso(at.timestamp_millis()) {
            Some(words) => format!("new Date({})", text(&words)),
            None => format!("new Date({})", at.timestamp_millis()),
        },
        Bson::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|i| literal(i, depth + 1))
                .collect::<Option<_>>()?;
            format!("[{}]", items.join(", "))
        }
        Bson::Document(document) => {
            let items: Vec<String> = document
                .iter()
                .map(|(k, v)| Some(format!("{}: {}", key(k), literal(v, depth + 1)?)))
                .collect::<Option<_>>()?;
            match items.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", items.join(", ")),
            }
        }
        Bson::Binary(binary) if binary.bytes.len() == 16 => {
            let hex: String = binary.bytes.iter().map(|b| format!("{b:02x}")).collect();
            text(&format!(
                "{}-{}-{}-{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..]
            ))
        }
        Bson::RegularExpression(r) => regex(r.pattern.as_str(), r.options.as_str()),
        _ => return None,
    })
}

/// A regular expression between slashes.
pub(super) fn regex(source: &str, flags: &str) -> String {
    if source.is_empty() {
        return format!("/(?:)/{flags}");
    }
    let mut out = String::from("/");
    let (mut in_class, mut escaped) = (false, false);
    for c in source.chars() {
        match c {
            '/' if !in_class && !escaped => out.push_str("\\/"),
            '\n' => out.push_str(if escaped { "n" } else { "\\n" }),
            '\r' => out.push_str(if escaped { "r" } else { "\\r" }),
            '\u{2028}' => out.push_str(if escaped { "u2028" } else { "\\u2028" }),
            '\u{2029}' => out.push_str(if escaped { "u2029" } else { "\\u2029" }),
            c => out.push(c),
        }
        match c {
            _ if escaped => {}
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    out.push('/');
    out.push_str(flags);
    out
}
