//! Holding a document to a compiled `$jsonSchema`.
//!
//! Invariant: a dotted name walks through documents and never into arrays, as in the server.

use bson::oid::ObjectId;
use bson::raw::{RawBsonRef, RawDocument};
use bson::{Bson, RawBson, RawDocumentBuf};

use super::compare::{self, same};
use super::{Dependency, Items, Node, Rest, Types, Validator};
use crate::model::validate::{kind_of, show};
use crate::model::{Severity, Violation, describe};
use crate::value::Path;

const DEEPEST: usize = 150;
const MOST: usize = 2_000;

impl Validator {
    /// Every keyword that `document` breaks, at its place. A document without an `_id` is taken to have one, since the
    /// server adds it before it looks.
    #[must_use]
    pub fn validate(&self, document: &RawDocument) -> Vec<Violation> {
        let mut out = Vec::new();
        if matches!(document.get("_id"), Ok(None)) {
            let mut whole = RawDocumentBuf::new();
            whole.append(bson::raw::cstr!("_id"), ObjectId::from_bytes([0; 12]));
            for (key, value) in document.iter().flatten() {
                whole.append(key, value);
            }
            check(
                &self.root,
                RawBsonRef::Document(&whole),
                &Path::root(),
                Some(&mut out),
                0,
            );
        } else {
            check(
                &self.root,
                RawBsonRef::Document(document),
                &Path::root(),
                Some(&mut out),
                0,
            );
        }
        out
    }
}

/// The bit of a value's BSON type.
fn bit(value: RawBsonRef<'_>) -> u32 {
    1 << match value {
        RawBsonRef::Double(_) => 1,
        RawBsonRef::String(_) => 2,
        RawBsonRef::Document(_) => 3,
        RawBsonRef::Array(_) => 4,
        RawBsonRef::Binary(_) => 5,
        RawBsonRef::Undefined => 6,
        RawBsonRef::ObjectId(_) => 7,
        RawBsonRef::Boolean(_) => 8,
        RawBsonRef::DateTime(_) => 9,
        RawBsonRef::Null => 10,
        RawBsonRef::RegularExpression(_) => 11,
        RawBsonRef::DbPointer(_) => 12,
        RawBsonRef::JavaScriptCode(_) => 13,
        RawBsonRef::Symbol(_) => 14,
        RawBsonRef::JavaScriptCodeWithScope(_) => 15,
        RawBsonRef::Int32(_) => 16,
        RawBsonRef::Timestamp(_) => 17,
        RawBsonRef::Int64(_) => 18,
        RawBsonRef::Decimal128(_) => 19,
        RawBsonRef::MinKey => 30,
        RawBsonRef::MaxKey => 31,
    }
}

struct Report<'o> {
    out: Option<&'o mut Vec<Violation>>,
    passed: bool,
}

impl Report<'_> {
    fn fail(
        &mut self,
        kind: &str,
        path: &Path,
        message: impl FnOnce() -> String,
        expected: impl FnOnce() -> String,
        found: Option<RawBsonRef<'_>>,
    ) {
        self.passed = false;
        if let Some(out) = &mut self.out
            && out.len() < MOST
        {
            out.push(Violation {
                path: path.clone(),
                kind: kind.to_owned(),
                message: message(),
                expected: Some(expected()),
                found: found.map(show),
                severity: Severity::Error,
                fix: None,
            });
        }
    }

    fn inner(&mut self, node: &Node, value: RawBsonRef<'_>, path: &Path, depth: usize) {
        let passed = check(node, value, path, self.out.as_deref_mut(), depth + 1);
        self.passed &= passed;
    }
}

/// Whether `value` passes; what it breaks goes to `out`.
fn check(
    node: &Node,
    value: RawBsonRef<'_>,
    path: &Path,
    out: Option<&mut Vec<Violation>>,
    depth: usize,
) -> bool {
    if depth > DEEPEST {
        return true;
    }
    let mut report = Report { out, passed: true };
    if let Some(Types { bits, is_bson }) = node.types
        && bits & bit(value) == 0
    {
        let names = node.type_names.join(" | ");
        report.fail(
            if is_bson { "bsonType" } else { "type" },
            path,
            || format!("must be {names}, found {}", kind_of(value)),
            || names.clone(),
            Some(value),
        );
    }
    if let Some(choices) = &node.choices {
        let is_one = choices
            .iter()
            .any(|c| RawBson::try_from(c.clone()).is_ok_and(|c| same(c.as_raw_bson_ref(), value)));
        if !is_one {
            let names: Vec<String> = choices.iter().take(12).map(describe::show).collect();
            let names = names.join(" | ");
            report.fail(
                "enum",
                path,
                || format!("`{}` is not one of {names}", show(value)),
                || names.clone(),
                Some(value),
            );
        }
    }
    if node.encrypted
        && !matches!(value, RawBsonRef::Binary(b) if b.subtype == bson::spec::BinarySubtype::Encrypted)
    {
        report.fail(
            "encrypt",
            path,
            || format!("must be encrypted, found {}", kind_of(value)),
            || "encrypted".to_owned(),
            Some(value),
        );
    }
    numbers(node, value, path, &mut report);
    match value {
        RawBsonRef::String(text) => texts(node, text, value, path, &mut report),
        RawBsonRef::Document(document) => objects(node, document, path, &mut report, depth),
        RawBsonRef::Array(array) => {
            let items: Vec<RawBsonRef<'_>> = array.into_iter().flatten().collect();
            arrays(node, &items, value, path, &mut report, depth);
        }
        _ => {}
    }
    for all in &node.all_of {
        report.inner(all, value, path, depth);
    }
    if !node.any_of.is_empty()
        && !node
            .any_of
            .iter()
            .any(|n| check(n, value, path, None, depth + 1))
    {
        report.fail(
            "anyOf",
            path,
            || "fits none of the schemas of `anyOf`".to_owned(),
            || "one of `anyOf`".to_owned(),
            Some(value),
        );
    }
    if !node.one_of.is_empty() {
        let fits = node
            .one_of
            .iter()
            .filter(|n| check(n, value, path, None, depth + 1))
            .count();
        if fits != 1 {
            report.fail(
                "oneOf",
                path,
                || format!("fits {fits} of the schemas of `oneOf`"),
                || "exactly one of `oneOf`".to_owned(),
                Some(value),
            );
        }
    }
    if let Some(not) = &node.not
        && check(not, value, path, None, depth + 1)
    {
        report.fail(
            "not",
            path,
            || "fits the schema of `not`".to_owned(),
            || "not to fit it".to_owned(),
            Some(value),
        );
    }
    report.passed
}

fn numbers(node: &Node, value: RawBsonRef<'_>, path: &Path, report: &mut Report<'_>) {
    use std::cmp::Ordering;
    let Some(number) = compare::number(value) else {
        return;
    };
    for (bound, kind, keep) in [
        (&node.minimum, "minimum", Ordering::Greater),
        (&node.maximum, "maximum", Ordering::Less),
    ] {
        let Some((bound, is_exclusive)) = bound else {
            continue;
        };
        let Some(limit) = bson_number(bound) else {
            continue;
        };
        let order = number.order(limit);
        let passes = order == Some(keep) || (!is_exclusive && order == Some(Ordering::Equal));
        if !passes {
            let bound = describe::show(bound);
            report.fail(
                kind,
                path,
                || format!("`{}` is beyond the bound `{bound}`", show(value)),
                || bound.clone(),
                Some(value),
            );
        }
    }
    if let Some(divisor) = &node.multiple_of
        && let Some(by) = bson_number(divisor)
        && !number.is_multiple_of(by)
    {
        let by = describe::show(divisor);
        report.fail(
            "multipleOf",
            path,
            || format!("`{}` is not a multiple of `{by}`", show(value)),
            || by.clone(),
            Some(value),
        );
    }
}

fn bson_number(bound: &Bson) -> Option<compare::Number> {
    Some(match bound {
        Bson::Int32(n) => compare::Number::Int(i64::from(*n)),
        Bson::Int64(n) => compare::Number::Int(*n),
        Bson::Double(d) => compare::Number::Double(*d),
        Bson::Decimal128(d) => compare::Number::Decimal(*d),
        _ => return None,
    })
}

fn texts(node: &Node, text: &str, value: RawBsonRef<'_>, path: &Path, report: &mut Report<'_>) {
    if node.min_length.is_some() || node.max_length.is_some() {
        let length = text.chars().count() as u64;
        if let Some(least) = node.min_length
            && length < least
        {
            report.fail(
                "minLength",
                path,
                || format!("is shorter than {least} characters"),
                || least.to_string(),
                Some(value),
            );
        }
        if let Some(most) = node.max_length
            && length > most
        {
            report.fail(
                "maxLength",
                path,
                || format!("is longer than {most} characters"),
                || most.to_string(),
                Some(value),
            );
        }
    }
    if let Some(pattern) = &node.pattern
        && !pattern.is_match(text)
    {
        let source = describe::cut(&pattern.source);
        report.fail(
            "pattern",
            path,
            || format!("does not match `/{source}/`"),
            || source.clone(),
            Some(value),
        );
    }
}

fn find<'d>(document: &'d RawDocument, name: &str) -> Option<RawBsonRef<'d>> {
    document
        .iter()
        .flatten()
        .find(|(k, _)| k.as_str() == name)
        .map(|(_, v)| v)
}

/// A name of the schema, which may be a dotted path.
fn walk<'d>(document: &'d RawDocument, name: &str) -> Option<RawBsonRef<'d>> {
    if !name.contains('.') {
        return find(document, name);
    }
    let mut at = document;
    let mut steps = name.split('.').peekable();
    while let Some(step) = steps.next() {
        let value = find(at, step)?;
        if steps.peek().is_none() {
            return Some(value);
        }
        match value {
            RawBsonRef::Document(inner) => at = inner,
            _ => return None,
        }
    }
    None
}

fn objects(
    node: &Node,
    document: &RawDocument,
    path: &Path,
    report: &mut Report<'_>,
    depth: usize,
) {
    for name in &node.required {
        if walk(document, name).is_none() {
            report.fail(
                "required",
                &path.key(name.clone()),
                || format!("`{}` is required", describe::cut(name)),
                || "to be there".to_owned(),
                None,
            );
        }
    }
    for property in &node.properties {
        if let Some(value) = walk(document, &property.name) {
            let here = property
                .name
                .split('.')
                .fold(path.clone(), |p, step| p.key(step));
            report.inner(&property.node, value, &here, depth);
        }
    }
    if node.additional.is_some() || !node.pattern_properties.is_empty() {
        for (key, value) in document.iter().flatten() {
            let key = key.as_str();
            let mut is_named = node.properties.iter().any(|p| p.name == key);
            for (pattern, inner) in &node.pattern_properties {
                if pattern.is_match(key) {
                    is_named = true;
                    report.inner(inner, value, &path.key(key), depth);
                }
            }
            match &node.additional {
                Some(Rest::Refused) if !is_named => {
                    report.fail(
                        "additionalProperties",
                        &path.key(key),
                        || format!("`{}` is not in the schema", describe::cut(key)),
                        || "not to be there".to_owned(),
                        Some(value),
                    );
                }
                Some(Rest::Like(inner)) if !is_named => {
                    report.inner(inner, value, &path.key(key), depth)
                }
                _ => {}
            }
        }
    }
    if node.min_properties.is_some() || node.max_properties.is_some() {
        let count = document.iter().flatten().count() as u64;
        if let Some(least) = node.min_properties
            && count < least
        {
            report.fail(
                "minProperties",
                path,
                || format!("has {count} fields, fewer than {least}"),
                || least.to_string(),
                None,
            );
        }
        if let Some(most) = node.max_properties
            && count > most
        {
            report.fail(
                "maxProperties",
                path,
                || format!("has {count} fields, more than {most}"),
                || most.to_string(),
                None,
            );
        }
    }
    for (name, dependency) in &node.dependencies {
        if walk(document, name).is_none() {
            continue;
        }
        match dependency {
            Dependency::Names(names) => {
                for needed in names {
                    if walk(document, needed).is_none() {
                        report.fail(
                            "dependencies",
                            &path.key(needed.clone()),
                            || {
                                format!(
                                    "`{}` is required beside `{}`",
                                    describe::cut(needed),
                                    describe::cut(name)
                                )
                            },
                            || "to be there".to_owned(),
                            None,
                        );
                    }
                }
            }
            Dependency::Node(inner) => {
                report.inner(inner, RawBsonRef::Document(document), path, depth)
            }
        }
    }
}

fn arrays(
    node: &Node,
    items: &[RawBsonRef<'_>],
    value: RawBsonRef<'_>,
    path: &Path,
    report: &mut Report<'_>,
    depth: usize,
) {
    let count = items.len() as u64;
    if let Some(least) = node.min_items
        && count < least
    {
        report.fail(
            "minItems",
            path,
            || format!("has {count} elements, fewer than {least}"),
            || least.to_string(),
            Some(value),
        );
    }
    if let Some(most) = node.max_items
        && count > most
    {
        report.fail(
            "maxItems",
            path,
            || format!("has {count} elements, more than {most}"),
            || most.to_string(),
            Some(value),
        );
    }
    if node.unique_items
        && let Some(index) = compare::repeated(items)
    {
        report.fail(
            "uniqueItems",
            &path.index(index),
            || "stands there twice".to_owned(),
            || "unique elements".to_owned(),
            items.get(index).copied(),
        );
    }
    match &node.items {
        Some(Items::Each(inner)) => {
            for (i, item) in items.iter().enumerate() {
                report.inner(inner, *item, &path.index(i), depth);
            }
        }
        Some(Items::Places(places)) => {
            for (i, (item, inner)) in items.iter().zip(places).enumerate() {
                report.inner(inner, *item, &path.index(i), depth);
            }
            for (i, item) in items.iter().enumerate().skip(places.len()) {
                match &node.additional_items {
                    Some(Rest::Refused) => report.fail(
                        "additionalItems",
                        &path.index(i),
                        || "is beyond the elements of the schema".to_owned(),
                        || "not to be there".to_owned(),
                        Some(*item),
                    ),
                    Some(Rest::Like(inner)) => report.inner(inner, *item, &path.index(i), depth),
                    _ => {}
                }
            }
        }
        None => {}
    }
}
