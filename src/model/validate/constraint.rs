//! Enumerations, bounds and patterns: what holds of a value that is of the right kind, and how it is said where it is not.

use super::Check;
use super::place::{At, Place};
use super::values::{compare, kind_of, same, show};
use crate::model::cast::{self, Cast};
use crate::model::describe::cut;
use crate::model::{Field, Fix, FixEdit, Kind, Requirement, Severity, Violation, describe};
use crate::value::Path;
use crate::value::diagnostic::did_you_mean;
use bson::raw::RawBsonRef;
use bson::{Bson, RawBson};

impl Check<'_, '_> {
    pub(super) fn text(&mut self, field: &Field, text: &str, needed: bool, at: &At<'_>) {
        let mut set = std::borrow::Cow::Borrowed(text);
        if field.lowercase
            && text
                .chars()
                .any(|c| c.to_lowercase().ne(std::iter::once(c)))
        {
            set = std::borrow::Cow::Owned(set.to_lowercase());
        }
        if field.uppercase
            && text
                .chars()
                .any(|c| c.to_uppercase().ne(std::iter::once(c)))
        {
            set = std::borrow::Cow::Owned(set.to_uppercase());
        }
        if field.trim && cast::js_trim(&set).len() != set.len() {
            set = std::borrow::Cow::Owned(cast::js_trim(&set).to_owned());
        }
        let text = if set == text {
            text
        } else {
            let path = at.path();
            self.push(Violation {
                kind: if field.trim && cast::js_trim(text) != text {
                    "trim"
                } else if field.lowercase {
                    "lowercase"
                } else {
                    "uppercase"
                }
                .to_owned(),
                message: format!("the application would keep this as `{}`", cut(&set)),
                expected: Some(field.describe()),
                found: Some(cut(text)),
                severity: Severity::Warning,
                fix: Some(Fix {
                    label: format!("set to `{}`", cut(&set)),
                    edits: vec![FixEdit::Set(path.clone(), RawBson::String(set.to_string()))],
                }),
                path,
            });
            &set
        };
        if needed && text.is_empty() && field.required != Requirement::Present {
            return self.required(field, Some(RawBsonRef::String(text)), at);
        }
        self.constraints(field, RawBsonRef::String(text), false, at);
        if field.min_length.is_none() && field.max_length.is_none() && field.pattern.is_none() {
            return;
        }
        let length = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        } as u64;
        if let Some(limit) = &field.min_length
            && length < limit.value
        {
            self.broken(
                field,
                "minlength",
                limit.message.as_deref(),
                format!("`{}` is shorter than {} characters", cut(text), limit.value),
                RawBsonRef::String(text),
                &[
                    ("MINLENGTH", limit.value.to_string()),
                    ("LENGTH", length.to_string()),
                ],
                None,
                at,
            );
        }
        if let Some(limit) = &field.max_length
            && length > limit.value
        {
            self.broken(
                field,
                "maxlength",
                limit.message.as_deref(),
                format!("`{}` is longer than {} characters", cut(text), limit.value),
                RawBsonRef::String(text),
                &[
                    ("MAXLENGTH", limit.value.to_string()),
                    ("LENGTH", length.to_string()),
                ],
                None,
                at,
            );
        }
        if let Some(pattern) = &field.pattern
            && !text.is_empty()
            && !pattern.is_match(text)
        {
            self.broken(
                field,
                "regexp",
                pattern.message.as_deref(),
                format!(
                    "`{}` does not match `/{}/{}`",
                    cut(text),
                    cut(&pattern.source),
                    pattern.flags
                ),
                RawBsonRef::String(text),
                &[],
                None,
                at,
            );
        }
    }

    /// Enumerations and bounds of a value that is of the right kind.
    pub(super) fn constraints(
        &mut self,
        field: &Field,
        value: RawBsonRef<'_>,
        needed: bool,
        at: &At<'_>,
    ) {
        if needed
            && field.required != Requirement::Present
            && field.kind == Kind::Buffer
            && let RawBsonRef::Binary(binary) = value
            && binary.bytes.is_empty()
        {
            return self.required(field, Some(value), at);
        }
        if !field.choices.is_empty() && !field.choices.iter().any(|c| same(c, value)) {
            let names: Vec<String> = field
                .choices
                .iter()
                .take(12)
                .map(|c| format!("`{}`", describe::show(c)))
                .collect();
            let fix = match value {
                RawBsonRef::String(text) => {
                    did_you_mean(text, field.choices.iter().filter_map(Bson::as_str)).map(|near| {
                        let path = at.path();
                        Fix {
                            label: format!("set to `{}`", cut(near)),
                            edits: vec![FixEdit::Set(path, RawBson::String(near.to_owned()))],
                        }
                    })
                }
                _ => None,
            };
            self.broken(
                field,
                "enum",
                field.choices_message.as_deref(),
                format!("`{}` is not one of {}", show(value), names.join(", ")),
                value,
                &[],
                fix,
                at,
            );
        }
        for (limit, is_min) in [(&field.min, true), (&field.max, false)] {
            let Some(limit) = limit else { continue };
            let order = compare(value, &limit.value);
            let fails = match order {
                Some(std::cmp::Ordering::Less) => is_min,
                Some(std::cmp::Ordering::Greater) => !is_min,
                _ => false,
            };
            if !fails {
                continue;
            }
            let bound = describe::show(&limit.value);
            let (kind, words) = if is_min {
                ("min", "less")
            } else {
                ("max", "more")
            };
            let fix = RawBson::try_from(limit.value.clone()).ok().map(|raw| Fix {
                label: format!("set to `{bound}`"),
                edits: vec![FixEdit::Set(at.path(), raw)],
            });
            self.broken(
                field,
                kind,
                limit.message.as_deref(),
                format!("`{}` is {words} than `{bound}`", show(value)),
                value,
                &[(if is_min { "MIN" } else { "MAX" }, bound.clone())],
                fix,
                at,
            );
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one violation")]
    pub(super) fn broken(
        &mut self,
        field: &Field,
        kind: &str,
        own: Option<&str>,
        message: String,
        value: RawBsonRef<'_>,
        words: &[(&str, String)],
        fix: Option<Fix>,
        at: &At<'_>,
    ) {
        let path = at.path();
        let message = own.map_or(message, |m| fill(m, &path, Some(value), words));
        self.push(Violation {
            kind: kind.to_owned(),
            message,
            expected: Some(field.describe()),
            found: Some(show(value)),
            severity: Severity::Error,
            fix,
            path,
        });
    }

    pub(super) fn mismatch(
        &mut self,
        field: &Field,
        value: RawBsonRef<'_>,
        outcome: Cast,
        at: &At<'_>,
    ) {
        let path = at.path();
        let is_element = matches!(at.step, Place::Index(_));
        // A union that nothing fits is named after the last of its kinds.
        let kind = match &field.kind {
            Kind::Union(kinds) if outcome == Cast::Fails => {
                kinds.last().map_or(&field.kind, |f| &f.kind)
            }
            kind => kind,
        };
        let word = match kind {
            Kind::String => "string",
            Kind::Date => "date",
            // What cannot be wrapped into an array of documents is named after its element.
            Kind::Array(element)
                if outcome == Cast::Fails && matches!(element.kind, Kind::Embedded(_)) =>
            {
                "embedded"
            }
            Kind::Array(_) => "Array",
            Kind::Map(_) => "Map",
            Kind::Embedded(_) if is_element => "embedded",
            Kind::Embedded(_) => "Embedded",
            Kind::Nested(_) => "Object",
            Kind::Union(_) => "Union",
            Kind::Number => "Number",
            Kind::Int32 => "Int32",
            Kind::Double => "Double",
            Kind::BigInt => "BigInt",
            Kind::Decimal128 => "Decimal128",
            Kind::Boolean => "Boolean",
            Kind::ObjectId => "ObjectId",
            Kind::Buffer => "Buffer",
            Kind::Uuid => "UUID",
            Kind::Mixed | Kind::Unknown => "Mixed",
        };
        let fix = match outcome {
            Cast::To(better) => Some(Fix {
                label: format!(
                    "set to `{}` as {}",
                    show(better.as_raw_bson_ref()),
                    field.kind.label()
                ),
                edits: vec![FixEdit::Set(path.clone(), better)],
            }),
            Cast::ToNull => Some(Fix {
                label: "set to `null`".to_owned(),
                edits: vec![FixEdit::Set(path.clone(), RawBson::Null)],
            }),
            _ => None,
        };
        self.push(Violation {
            kind: word.to_owned(),
            message: format!(
                "`{}` must be {}, found {}",
                path,
                field.kind.label(),
                kind_of(value)
            ),
            expected: Some(field.describe()),
            found: Some(show(value)),
            severity: Severity::Error,
            fix,
            path,
        });
    }
}

pub(super) fn remove(path: &Path) -> Fix {
    Fix {
        label: format!("remove `{path}`"),
        edits: vec![FixEdit::Unset(path.clone())],
    }
}

/// The schema's own message with its placeholders filled in.
pub(super) fn fill(
    message: &str,
    path: &Path,
    value: Option<RawBsonRef<'_>>,
    words: &[(&str, String)],
) -> String {
    let mut out = message.replace("{PATH}", &path.to_string());
    if let Some(value) = value {
        out = out.replace("{VALUE}", &show(value));
    }
    for (name, word) in words {
        out = out
            .replace(&format!("{{{name}}}"), word)
            .replace(&format!("({name})"), word);
    }
    cut(&out)
}
