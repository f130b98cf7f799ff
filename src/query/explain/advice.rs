//! The index that would serve a query: fields that are held equal first, then those of the order, then ranges.
//!
//! Judges by the filter and the order alone; how many documents each field would leave it cannot know, and says so by
//! giving its reason.

use bson::raw::RawBsonRef;
use bson::{RawDocument, RawDocumentBuf};

use super::{Join, Plan, PlanStage};

/// An index that would serve a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Its keys, as `createIndex` takes them.
    pub keys: RawDocumentBuf,
    /// Why these, in this order: "`status` is held equal, then `createdAt` gives the order".
    pub reason: String,
    /// The collection that it is of, where that is another than the plan's.
    pub collection: Option<String>,
    /// How it stands to the indexes that are there.
    pub standing: Standing,
    /// How many of its keys are held equal, and so may stand in any order.
    equal: usize,
}

/// How an index that would serve stands to those that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// None of them is like it.
    Missing,
    /// It begins as this one does, which is not needed beside it.
    Longer(String),
    /// This one serves as well, and was not taken.
    There(String),
}

/// An index that a collection has.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownIndex {
    /// Its name.
    pub name: String,
    /// Its keys.
    pub keys: RawDocumentBuf,
    /// Whether it serves queries of all documents: it is neither hidden, nor partial, nor sparse.
    pub whole: bool,
}

impl KnownIndex {
    /// An index by its whole specification.
    #[must_use]
    pub fn new(name: &str, keys: RawDocumentBuf, specification: &RawDocument) -> Self {
        let set = |key: &str| {
            !matches!(
                specification.get(key),
                Ok(None | Some(RawBsonRef::Boolean(false)))
            )
        };
        Self {
            name: name.to_owned(),
            keys,
            whole: !["hidden", "partialFilterExpression", "sparse", "collation"]
                .iter()
                .any(|key| set(key)),
        }
    }
}

/// The keys of an index with their directions, as numbers; 0 for other kinds.
fn parts(keys: &RawDocument) -> Vec<(String, i8)> {
    keys.iter()
        .flatten()
        .map(|(key, value)| {
            let direction = match value {
                RawBsonRef::Int32(n) => f64::from(n),
                RawBsonRef::Double(n) => n,
                RawBsonRef::Int64(n) if n < 0 => -1.0,
                RawBsonRef::Int64(n) if n > 0 => 1.0,
                _ => 0.0,
            };
            let sign = match direction {
                d if d > 0.0 => 1,
                d if d < 0.0 => -1,
                _ => 0,
            };
            (key.as_str().to_owned(), sign)
        })
        .collect()
}

impl Advice {
    /// How many of its keys, from the first on, an index has in a way that serves as well.
    fn shared(&self, index: &KnownIndex) -> usize {
        let (mine, other) = (parts(&self.keys), parts(&index.keys));
        let equal = mine.get(..self.equal).unwrap_or_default();
        let begun = other
            .iter()
            .take_while(|(key, sign)| *sign != 0 && equal.iter().any(|(k, _)| k == key))
            .count();
        if begun < equal.len() {
            return begun;
        }
        let rest = mine.iter().zip(&other).skip(equal.len());
        // Read from its end, an index has all directions turned.
        let along = rest.clone().take_while(|(a, b)| a == b).count();
        let back = rest
            .take_while(|(a, b)| a.0 == b.0 && a.1 == -b.1 && a.1 != 0)
            .count();
        begun + along.max(back)
    }

    fn stand(&mut self, indexes: &[KnownIndex]) {
        let count = parts(&self.keys).len();
        for index in indexes.iter().filter(|i| i.whole) {
            let shared = self.shared(index);
            if shared == count {
                self.standing = Standing::There(index.name.clone());
                return;
            }
            if shared > 0 && shared == parts(&index.keys).len() && index.name != "_id_" {
                self.standing = Standing::Longer(index.name.clone());
            }
        }
    }
}

/// An index has no more keys.
const MAX_KEYS: usize = 32;

/// Levels of `$and` and `$elemMatch` that are looked into.
const MAX_LEVELS: usize = 20;

/// How a field is used by a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Equal,
    Range,
    Near,
    /// In a way that no index helps.
    Other,
}

/// The fields of a filter, in its order.
pub(super) fn fields(filter: &RawDocument) -> Vec<String> {
    let mut uses = Vec::new();
    let mut branches = Vec::new();
    gather(filter, "", 0, &mut uses, &mut branches);
    for branch in branches {
        gather(branch, "", 1, &mut uses, &mut Vec::new());
    }
    let mut out: Vec<String> = Vec::new();
    for (name, _) in uses {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

fn gather<'d>(
    filter: &'d RawDocument,
    prefix: &str,
    level: usize,
    uses: &mut Vec<(String, Use)>,
    branches: &mut Vec<&'d RawDocument>,
) {
    if level > MAX_LEVELS {
        return;
    }
    for (key, value) in filter.iter().filter_map(Result::ok) {
        let key = key.as_str();
        match (key, value) {
            ("$and", RawBsonRef::Array(parts)) => {
                for part in parts.into_iter().filter_map(Result::ok) {
                    if let Some(part) = part.as_document() {
                        gather(part, prefix, level + 1, uses, branches);
                    }
                }
            }
            ("$or", RawBsonRef::Array(parts)) if prefix.is_empty() => {
                let parts = parts.into_iter().filter_map(Result::ok);
                branches.extend(parts.filter_map(|p| p.as_document()));
            }
            _ if key.starts_with('$') => {}
            _ => {
                let name = if prefix.is_empty() {
                    key.to_owned()
                } else {
                    format!("{prefix}.{key}")
                };
                condition(&name, value, level, uses);
            }
        }
    }
}

fn condition(name: &str, value: RawBsonRef<'_>, level: usize, uses: &mut Vec<(String, Use)>) {
    let operators = match value {
        RawBsonRef::Document(document)
            if document
                .iter()
                .filter_map(Result::ok)
                .next()
                .is_some_and(|(k, _)| k.as_str().starts_with('$')) =>
        {
            document
        }
        RawBsonRef::RegularExpression(regex) => {
            let anchored = regex.pattern.as_str().starts_with('^');
            uses.push((
                name.to_owned(),
                if anchored { Use::Range } else { Use::Other },
            ));
            return;
        }
        _ => {
            uses.push((name.to_owned(), Use::Equal));
            return;
        }
    };
    let mut found = Use::Other;
    for (operator, value) in operators.iter().filter_map(Result::ok) {
        let one = match operator.as_str() {
            "$eq" | "$in" | "$all" => Use::Equal,
            "$gt" | "$gte" | "$lt" | "$lte" | "$exists" | "$type" => Use::Range,
            "$regex" => match value {
                RawBsonRef::String(pattern) if pattern.starts_with('^') => Use::Range,
                _ => Use::Other,
            },
            "$near" | "$nearSphere" | "$geoWithin" | "$geoIntersects" => Use::Near,
            "$elemMatch" => {
                if let Some(inner) = value.as_document() {
                    let plain = inner
                        .iter()
                        .filter_map(Result::ok)
                        .next()
                        .is_some_and(|(k, _)| !k.as_str().starts_with('$'));
                    if plain {
                        gather(inner, name, level + 1, uses, &mut Vec::new());
                        return;
                    }
                    if level < MAX_LEVELS {
                        condition(name, value, level + 1, uses);
                        return;
                    }
                }
                Use::Other
            }
            _ => Use::Other,
        };
        found = found.min(one);
    }
    uses.push((name.to_owned(), found));
}

/// The indexes that would serve a filter and an order; for an `$or` one for each of its branches. Empty where none
/// would help.
#[must_use]
pub fn advise(filter: &RawDocument, sort: Option<&RawDocument>) -> Vec<Advice> {
    let mut uses = Vec::new();
    let mut branches = Vec::new();
    gather(filter, "", 0, &mut uses, &mut branches);
    if branches.is_empty() || uses.iter().any(|(_, u)| *u == Use::Equal) {
        return one(&uses, sort).into_iter().collect();
    }
    let mut out: Vec<Advice> = Vec::new();
    for branch in branches.iter().take(MAX_KEYS) {
        let mut mine = uses.clone();
        gather(branch, "", 1, &mut mine, &mut Vec::new());
        // A branch without an index of its own makes all the others useless.
        let Some(mut advice) = one(&mine, sort) else {
            return Vec::new();
        };
        advice
            .reason
            .push_str("; each branch of `$or` needs an index of its own");
        if !out.iter().any(|a| a.keys == advice.keys) {
            out.push(advice);
        }
    }
    out
}

fn one(uses: &[(String, Use)], sort: Option<&RawDocument>) -> Option<Advice> {
    let of = |wanted: Use| {
        let mut names: Vec<&str> = Vec::new();
        for (name, found) in uses {
            if *found == wanted && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    };
    let equal = of(Use::Equal);
    if equal.contains(&"_id") {
        return None;
    }
    let mut keys = RawDocumentBuf::new();
    let mut taken: Vec<&str> = Vec::new();
    let append = |keys: &mut RawDocumentBuf, name: &str, value: bson::RawBson| {
        if let Ok(name) = bson::raw::CString::try_from(name) {
            keys.append(name, value);
        }
    };
    for name in &equal {
        append(&mut keys, name, bson::RawBson::Int32(1));
        taken.push(name);
    }
    let mut ordered = Vec::new();
    for (name, direction) in sort
        .into_iter()
        .flat_map(|s| s.iter().filter_map(Result::ok))
    {
        let name = name.as_str();
        let down = match direction {
            RawBsonRef::Int32(n) => n < 0,
            RawBsonRef::Int64(n) => n < 0,
            RawBsonRef::Double(n) => n < 0.0,
            // By score of a text search: no index gives that order.
            _ => break,
        };
        if !taken.contains(&name) {
            append(
                &mut keys,
                name,
                bson::RawBson::Int32(if down { -1 } else { 1 }),
            );
            taken.push(name);
            ordered.push(name);
        }
    }
    let mut ranges = Vec::new();
    for name in of(Use::Range) {
        if !taken.contains(&name) {
            append(&mut keys, name, bson::RawBson::Int32(1));
            taken.push(name);
        }
        ranges.push(name);
    }
    let near = of(Use::Near);
    for name in &near {
        append(&mut keys, name, bson::RawBson::String("2dsphere".into()));
        taken.push(name);
    }
    if taken.is_empty() || taken.len() > MAX_KEYS || taken == ["_id"] {
        return None;
    }
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|n| format!("`{n}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let be = |names: &[&str]| if names.len() == 1 { "is" } else { "are" };
    let mut reasons = Vec::new();
    if !equal.is_empty() {
        reasons.push(format!("{} {} held equal", list(&equal), be(&equal)));
    }
    if !ordered.is_empty() {
        let give = if ordered.len() == 1 { "gives" } else { "give" };
        reasons.push(format!("{} {give} the order", list(&ordered)));
    }
    if !ranges.is_empty() {
        reasons.push(format!("{} {} held to a range", list(&ranges), be(&ranges)));
    }
    if !near.is_empty() {
        reasons.push(format!("{} {} a place", list(&near), be(&near)));
    }
    Some(Advice {
        keys,
        reason: reasons.join(", then "),
        collection: None,
        standing: Standing::Missing,
        equal: equal.len(),
    })
}

pub(super) fn of(plan: &Plan, indexes: &[KnownIndex]) -> Vec<Advice> {
    let mut found = of_query(plan);
    for advice in &mut found {
        advice.stand(indexes);
    }
    for join in plan.stages().iter().filter_map(|(_, s)| s.join.as_ref()) {
        if let Some(advice) = of_join(join)
            && !found.contains(&advice)
        {
            found.push(advice);
        }
    }
    found
}

/// The index by which a join finds its documents.
fn of_join(join: &Join) -> Option<Advice> {
    let mut keys = RawDocumentBuf::new();
    let name = bson::raw::CString::try_from(join.field.as_str()).ok()?;
    keys.append(name, bson::RawBson::Int32(1));
    Some(Advice {
        keys,
        reason: format!("the join looks for `{}` there", join.field),
        collection: Some(join.from.clone()),
        standing: Standing::Missing,
        equal: 1,
    })
}

fn of_query(plan: &Plan) -> Vec<Advice> {
    let stages: Vec<&PlanStage> = plan.stages().into_iter().map(|(_, s)| s).collect();
    let has = |name: &str| stages.iter().any(|s| s.name == name);
    let late = stages.iter().any(|s| {
        s.name == "FETCH"
            && s.filter.is_some()
            && match (s.documents, s.returned) {
                (Some(read), Some(kept)) => read > kept.saturating_mul(2),
                _ => true,
            }
    });
    if !(has("COLLSCAN") || has("SORT") || late) {
        return Vec::new();
    }
    let have: Vec<&RawDocumentBuf> = stages
        .iter()
        .filter_map(|s| s.index.as_ref())
        .map(|i| &i.keys)
        .collect();
    let mut found = advise(&plan.filter, plan.sort.as_deref());
    found.retain(|advice| !have.contains(&&advice.keys));
    found
}
