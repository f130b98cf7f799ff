//! A field in one line, for hints and lists.
//!
//! Invariant: one line, no control characters, and bounded in length.

use bson::Bson;

use super::{DefaultValue, Field, Kind, Reference};

const MOST_CHOICES: usize = 8;
const LONGEST: usize = 60;

impl Kind {
    /// The kind's name: `String`, `[ObjectId]`, `Map of Number`.
    #[must_use]
    pub fn label(&self) -> String {
        self.label_within(4)
    }

    fn label_within(&self, depth: usize) -> String {
        let simple = match self {
            Self::String => "String",
            Self::Number => "Number",
            Self::Int32 => "Int32",
            Self::Double => "Double",
            Self::BigInt => "BigInt",
            Self::Decimal128 => "Decimal128",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::ObjectId => "ObjectId",
            Self::Buffer => "Buffer",
            Self::Uuid => "UUID",
            Self::Mixed => "Mixed",
            Self::Nested(_) | Self::Embedded(_) => "Object",
            Self::Unknown => "unread",
            Self::Array(_) | Self::Map(_) | Self::Union(_) if depth == 0 => "…",
            Self::Array(element) => return format!("[{}]", element.kind.label_within(depth - 1)),
            Self::Map(value) => return format!("Map of {}", value.kind.label_within(depth - 1)),
            Self::Union(kinds) => {
                let names: Vec<String> = kinds
                    .iter()
                    .map(|f| f.kind.label_within(depth - 1))
                    .collect();
                return names.join(" | ");
            }
        };
        simple.to_owned()
    }
}

impl Field {
    /// The field's kind and constraints in one line: `String required enum 3-months | 6-months | 1-year`.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut parts = vec![self.kind.label()];
        let element = match &self.kind {
            Kind::Array(element) | Kind::Map(element) => Some(&**element),
            _ => None,
        };
        if self.is_required() {
            parts.push("required".to_owned());
        }
        if self.unique {
            parts.push("unique".to_owned());
        }
        if self.immutable {
            parts.push("immutable".to_owned());
        }
        for field in std::iter::once(self).chain(element) {
            field.describe_constraints(&mut parts);
        }
        match &self.default {
            DefaultValue::None => {}
            DefaultValue::Value(value) => parts.push(format!("default {}", show(value))),
            DefaultValue::Now => parts.push("default now".to_owned()),
            DefaultValue::NewId => parts.push("default new ObjectId".to_owned()),
            DefaultValue::NewUuid => parts.push("default new UUID".to_owned()),
            DefaultValue::Computed => parts.push("default computed".to_owned()),
        }
        for name in &self.unchecked {
            parts.push(format!("{name} cannot be checked here"));
        }
        parts.join(" ")
    }

    fn describe_constraints(&self, parts: &mut Vec<String>) {
        if !self.choices.is_empty() {
            let mut names: Vec<String> = self.choices.iter().take(MOST_CHOICES).map(show).collect();
            if self.choices.len() > MOST_CHOICES {
                names.push("…".to_owned());
            }
            parts.push(format!("enum {}", names.join(" | ")));
        }
        if let Some(limit) = &self.min {
            parts.push(format!("min {}", show(&limit.value)));
        }
        if let Some(limit) = &self.max {
            parts.push(format!("max {}", show(&limit.value)));
        }
        if let Some(limit) = &self.min_length {
            parts.push(format!("minlength {}", limit.value));
        }
        if let Some(limit) = &self.max_length {
            parts.push(format!("maxlength {}", limit.value));
        }
        if let Some(pattern) = &self.pattern {
            parts.push(format!("match /{}/{}", cut(&pattern.source), pattern.flags));
        }
        for (set, name) in [
            (self.lowercase, "lowercase"),
            (self.uppercase, "uppercase"),
            (self.trim, "trim"),
        ] {
            if set {
                parts.push(name.to_owned());
            }
        }
        match &self.reference {
            None => {}
            Some(Reference::Model(name)) => parts.push(format!("→ {}", cut(name))),
            Some(Reference::Path(path)) => parts.push(format!("→ as {} says", cut(path))),
            Some(Reference::Computed) => parts.push("→ computed".to_owned()),
        }
    }
}

/// A value in a few words, on one line.
#[must_use]
pub fn show(value: &Bson) -> String {
    match value {
        Bson::String(s) => cut(s),
        Bson::Double(d) => d.to_string(),
        Bson::DateTime(at) => at
            .try_to_rfc3339_string()
            .unwrap_or_else(|_| at.timestamp_millis().to_string()),
        other => cut(&other.to_string()),
    }
}

/// Text on one line, cut where it is long, without control characters.
pub(super) fn cut(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
