//! The fields that documents have at a place of a pipeline, as far as its text tells.
//!
//! Starts from what is known of the collection ([`Fields`]) and follows the stages. A guess for completion and never
//! more: what cannot be told is left as it was. Knows no server.

use super::sketch::{GroupId, Sketch, Value, unquoted};

/// A field that documents of a collection have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// Its path with dots; arrays are passed through, so that `items.sku` is the field of each element.
    pub path: String,
    /// The kind of its values as people read it: `String`, `ObjectId`, `Date`, ….
    pub kind: String,
    /// Its only or most frequent values as shell text, such as `'open'`; empty where there are too many.
    pub values: Vec<String>,
    /// What the model says of it, in a line; empty where nothing is known.
    pub help: String,
}

/// What is known of the fields of collections, from models and from sampled documents.
pub trait Fields {
    /// The fields of a collection, the most telling order first. Empty where nothing is known of it.
    fn fields(&self, database: &str, collection: &str) -> Vec<Field>;
}

/// Nothing is known of any collection.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFields;

impl Fields for NoFields {
    fn fields(&self, _: &str, _: &str) -> Vec<Field> {
        Vec::new()
    }
}

/// Fields by name, with the fields inside them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shape {
    pub(super) fields: Vec<(String, Node)>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Node {
    pub(super) kind: String,
    pub(super) values: Vec<String>,
    pub(super) help: String,
    pub(super) inner: Shape,
}

/// Levels of fields that are told apart, and of pipelines in pipelines that are followed.
const MAX_LEVELS: usize = 24;

/// The most fields that are copied from one place to another: `$$ROOT` in a field of every stage would double them
/// each time.
const MAX_COPIED: usize = 2000;

impl Node {
    fn of(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            ..Self::default()
        }
    }
}

impl Shape {
    /// A copy, or nothing where it would be too large.
    fn copied(&self) -> Self {
        let mut open: Vec<(&Self, usize)> = vec![(self, 0)];
        let mut count = 0;
        while let Some((shape, level)) = open.pop() {
            count += shape.fields.len();
            if count > MAX_COPIED || level > MAX_LEVELS {
                return Self::default();
            }
            open.extend(
                shape
                    .fields
                    .iter()
                    .map(|(_, node)| (&node.inner, level + 1)),
            );
        }
        self.clone()
    }

    /// A copy of the field at a path.
    fn copy(&self, path: &str) -> Node {
        self.at(path).map_or_else(Node::default, |node| Node {
            kind: node.kind.clone(),
            values: node.values.clone(),
            help: node.help.clone(),
            inner: node.inner.copied(),
        })
    }

    pub(super) fn of(fields: Vec<Field>) -> Self {
        let mut shape = Self::default();
        for field in fields {
            let node = shape.reach(&field.path);
            node.kind = field.kind;
            node.values = field.values;
            node.help = field.help;
        }
        shape
    }

    fn here(&mut self, name: &str) -> &mut Node {
        let at = match self.fields.iter().position(|(n, _)| n == name) {
            Some(at) => at,
            None => {
                self.fields.push((name.to_owned(), Node::default()));
                self.fields.len() - 1
            }
        };
        &mut self.fields[at].1
    }

    /// The field at a path, made where there is none.
    fn reach(&mut self, path: &str) -> &mut Node {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut node = self.here(first);
        let mut rest = rest;
        let mut level = 0;
        while !rest.is_empty() && level < MAX_LEVELS {
            let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
            node = node.inner.here(name);
            rest = after;
            level += 1;
        }
        node
    }

    pub(super) fn at(&self, path: &str) -> Option<&Node> {
        let mut shape = self;
        let mut found = None;
        for name in path.split('.') {
            // A place in an array, or a placeholder such as `$[x]`, names no field.
            if name.starts_with('$') || name.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let (_, node) = shape.fields.iter().find(|(n, _)| n == name)?;
            found = Some(node);
            shape = &node.inner;
        }
        found
    }

    fn put(&mut self, path: &str, node: Node) {
        *self.reach(path) = node;
    }

    fn remove(&mut self, path: &str) {
        let mut shape = self;
        let mut rest = path;
        while let Some((name, after)) = rest.split_once('.') {
            let Some(at) = shape.fields.iter().position(|(n, _)| n == name) else {
                return;
            };
            shape = &mut shape.fields[at].1.inner;
            rest = after;
        }
        shape.fields.retain(|(n, _)| n != rest);
    }

    fn merge(&mut self, other: Self) {
        for (name, node) in other.fields {
            match self.fields.iter_mut().find(|(n, _)| *n == name) {
                Some((_, mine)) if mine.inner.fields.is_empty() => *mine = node,
                Some(_) => {}
                None => self.fields.push((name, node)),
            }
        }
    }

    /// All paths with their nodes, parents before children.
    pub(super) fn paths(&self) -> Vec<(String, &Node)> {
        let mut out = Vec::new();
        let mut open: Vec<(String, &Shape, usize)> = vec![(String::new(), self, 0)];
        while let Some((prefix, shape, at)) = open.pop() {
            let Some((name, node)) = shape.fields.get(at) else {
                continue;
            };
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            open.push((prefix, shape, at + 1));
            if !node.inner.fields.is_empty() {
                open.push((path.clone(), &node.inner, 0));
            }
            out.push((path, node));
        }
        out
    }
}

/// What follows stages from shape to shape.
pub(super) struct Follower<'s, 't> {
    pub(super) sketch: &'s Sketch<'t>,
    pub(super) fields: &'s dyn Fields,
    pub(super) database: &'s str,
}

impl Follower<'_, '_> {
    pub(super) fn collection(&self, name: &str) -> Shape {
        Shape::of(self.fields.fields(self.database, name))
    }

    /// The shape after the first `stages` parts of a pipeline's array.
    pub(super) fn after(&self, array: GroupId, stages: usize, shape: Shape, level: usize) -> Shape {
        let mut shape = shape;
        if level > MAX_LEVELS {
            return shape;
        }
        let Some(group) = self.sketch.groups.get(array) else {
            return shape;
        };
        for part in group.parts.iter().take(stages) {
            if let Value::Document(stage) = self.sketch.value(array, part)
                && let Some((name, part)) = self.sketch.entries(stage).next()
            {
                let value = self.sketch.value(stage, part);
                shape = self.stage(&name, value, shape, level);
            }
        }
        shape
    }

    fn whole(&self, array: GroupId, shape: Shape, level: usize) -> Shape {
        self.after(array, usize::MAX, shape, level + 1)
    }

    fn text(&self, value: Option<Value<'_>>) -> Option<String> {
        match value {
            Some(Value::Text(text)) => Some(unquoted(text).into_owned()),
            _ => None,
        }
    }

    fn stage(&self, name: &str, value: Value<'_>, mut shape: Shape, level: usize) -> Shape {
        match (name, value) {
            ("$project", Value::Document(group)) => self.project(group, &shape, level),
            ("$addFields" | "$set", Value::Document(group)) => {
                self.set(group, &mut shape, level);
                shape
            }
            ("$unset", Value::Text(text)) => {
                shape.remove(&unquoted(text));
                shape
            }
            ("$unset", Value::Array(array)) => {
                let parts = self.sketch.groups.get(array).map_or(&[][..], |g| &g.parts);
                for part in parts {
                    if let Value::Text(text) = self.sketch.value(array, part) {
                        shape.remove(&unquoted(text));
                    }
                }
                shape
            }
            ("$group", Value::Document(group)) => self.grouped(group, &shape, level),
            ("$bucket" | "$bucketAuto", Value::Document(group)) => {
                let mut out = Shape::default();
                let by = self.sketch.field(group, "groupBy");
                let mut id = by.map_or_else(Node::default, |v| self.expression(v, &shape, level));
                if name == "$bucketAuto" {
                    let bound = std::mem::take(&mut id);
                    id = Node::of("Document");
                    id.inner.put("min", bound.clone());
                    id.inner.put("max", bound);
                }
                out.put("_id", id);
                match self.sketch.field(group, "output") {
                    Some(Value::Document(output)) => {
                        out.merge(self.grouped(output, &shape, level));
                    }
                    _ => out.put("count", Node::of("Number")),
                }
                out
            }
            ("$sortByCount", value) => {
                let mut out = Shape::default();
                out.put("_id", self.expression(value, &shape, level));
                out.put("count", Node::of("Number"));
                out
            }
            ("$count", Value::Text(text)) => {
                let mut out = Shape::default();
                out.put(&unquoted(text), Node::of("Number"));
                out
            }
            ("$unwind", value) => {
                let (path, index) = match value {
                    Value::Document(group) => (
                        self.text(self.sketch.field(group, "path")),
                        self.text(self.sketch.field(group, "includeArrayIndex")),
                    ),
                    value => (self.text(Some(value)), None),
                };
                if let Some(path) = path {
                    let path = path.trim_start_matches('$');
                    if shape.at(path).is_some_and(|n| n.kind == "Array") {
                        let node = shape.reach(path);
                        node.kind = if node.inner.fields.is_empty() {
                            String::new()
                        } else {
                            "Document".into()
                        };
                    }
                }
                if let Some(index) = index {
                    shape.put(&index, Node::of("Int64"));
                }
                shape
            }
            ("$lookup", Value::Document(group)) => {
                let from = self.text(self.sketch.field(group, "from"));
                let mut inner = from.map(|f| self.collection(&f)).unwrap_or_default();
                if let Some(Value::Array(array)) = self.sketch.field(group, "pipeline") {
                    inner = self.whole(array, inner, level);
                }
                self.joined(group, inner, &mut shape);
                shape
            }
            ("$graphLookup", Value::Document(group)) => {
                let from = self.text(self.sketch.field(group, "from"));
                let mut inner = from.map(|f| self.collection(&f)).unwrap_or_default();
                if let Some(depth) = self.text(self.sketch.field(group, "depthField")) {
                    inner.put(&depth, Node::of("Int64"));
                }
                self.joined(group, inner, &mut shape);
                shape
            }
            ("$unionWith", value) => {
                let mut other = Shape::default();
                match value {
                    Value::Text(text) => other = self.collection(&unquoted(text)),
                    Value::Document(group) => {
                        if let Some(coll) = self.text(self.sketch.field(group, "coll")) {
                            other = self.collection(&coll);
                        }
                        if let Some(Value::Array(array)) = self.sketch.field(group, "pipeline") {
                            other = self.whole(array, other, level);
                        }
                    }
                    _ => {}
                }
                shape.merge(other);
                shape
            }
            ("$replaceRoot", Value::Document(group)) => match self.sketch.field(group, "newRoot") {
                Some(root) => self.expression(root, &shape, level).inner,
                None => shape,
            },
            ("$replaceWith", value) => self.expression(value, &shape, level).inner,
            ("$facet", Value::Document(group)) => {
                let mut out = Shape::default();
                for (key, part) in self.sketch.entries(group) {
                    let mut node = Node::of("Array");
                    if let Value::Array(array) = self.sketch.value(group, part) {
                        node.inner = self.whole(array, shape.copied(), level);
                    }
                    out.put(&key, node);
                }
                out
            }
            ("$setWindowFields", Value::Document(group)) => {
                if let Some(Value::Document(output)) = self.sketch.field(group, "output") {
                    self.set(output, &mut shape, level);
                }
                shape
            }
            ("$geoNear", Value::Document(group)) => {
                if let Some(field) = self.text(self.sketch.field(group, "distanceField")) {
                    shape.put(&field, Node::of("Double"));
                }
                shape
            }
            ("$indexStats", _) => stats(&["name", "key", "host", "accesses.ops", "accesses.since"]),
            ("$collStats", _) => stats(&["ns", "host", "localTime", "count", "storageStats.size"]),
            ("$currentOp", _) => stats(&[
                "opid",
                "op",
                "ns",
                "command",
                "secs_running",
                "microsecs_running",
                "client",
                "appName",
                "planSummary",
                "waitingForLock",
                "active",
                "desc",
                "connectionId",
                "effectiveUsers",
            ]),
            ("$changeStream", _) => stats(&[
                "operationType",
                "fullDocument",
                "ns.db",
                "ns.coll",
                "documentKey._id",
                "clusterTime",
                "updateDescription.updatedFields",
                "updateDescription.removedFields",
                "wallTime",
            ]),
            ("$documents", _) => Shape::default(),
            _ => shape,
        }
    }

    /// Fields of a document, each an expression over the fields as they were before all of them.
    fn set(&self, group: GroupId, shape: &mut Shape, level: usize) {
        let new: Vec<_> = self
            .sketch
            .entries(group)
            .map(|(key, part)| {
                let value = self.sketch.value(group, part);
                (key, self.expression(value, shape, level))
            })
            .collect();
        for (key, node) in new {
            shape.put(&key, node);
        }
    }

    fn joined(&self, group: GroupId, inner: Shape, shape: &mut Shape) {
        if let Some(name) = self.text(self.sketch.field(group, "as")) {
            let node = Node {
                inner,
                ..Node::of("Array")
            };
            shape.put(&name, node);
        }
    }

    fn grouped(&self, group: GroupId, shape: &Shape, level: usize) -> Shape {
        let mut out = Shape::default();
        for (key, part) in self.sketch.entries(group) {
            let node = self.expression(self.sketch.value(group, part), shape, level);
            out.put(&key, node);
        }
        out
    }

    fn project(&self, group: GroupId, shape: &Shape, level: usize) -> Shape {
        let mut open = vec![(group, String::new())];
        let mut kept: Vec<(String, Node)> = Vec::new();
        let mut dropped = Vec::new();
        let mut includes = false;
        while let Some((group, prefix)) = open.pop() {
            for (key, part) in self.sketch.entries(group) {
                let path = if prefix.is_empty() {
                    key.clone().into_owned()
                } else {
                    format!("{prefix}.{key}")
                };
                let (first, end) = self.sketch.value_range(group, part);
                let text = self
                    .sketch
                    .significant(first, end)
                    .map_or("", |at| self.sketch.token_text(at));
                match self.sketch.value(group, part) {
                    _ if matches!(text, "0" | "false") => dropped.push(path),
                    Value::Number | Value::Word("true") => {
                        includes |= path != "_id";
                        kept.push((path.clone(), shape.copy(&path)));
                    }
                    Value::Document(inner)
                        if open.len() < MAX_LEVELS
                            && self.sketch.entries(inner).all(|(k, _)| !k.starts_with('$')) =>
                    {
                        open.push((inner, path));
                    }
                    value => {
                        includes = true;
                        kept.push((path, self.expression(value, shape, level)));
                    }
                }
            }
        }
        if !includes && !dropped.is_empty() {
            let mut out = shape.clone();
            for path in dropped {
                out.remove(&path);
            }
            return out;
        }
        let mut out = Shape::default();
        if !dropped.iter().any(|p| p == "_id") {
            out.put("_id", shape.copy("_id"));
        }
        for (path, node) in kept {
            out.put(&path, node);
        }
        out
    }

    /// What an expression gives.
    fn expression(&self, value: Value<'_>, shape: &Shape, level: usize) -> Node {
        if level > MAX_LEVELS {
            return Node::default();
        }
        match value {
            Value::Text(text) => {
                let text = unquoted(text);
                let whole = || Node {
                    inner: shape.copied(),
                    ..Node::of("Document")
                };
                if text == "$$ROOT" || text == "$$CURRENT" {
                    whole()
                } else if let Some(path) = text
                    .strip_prefix("$$ROOT.")
                    .or_else(|| text.strip_prefix("$$CURRENT."))
                {
                    shape.copy(path)
                } else if text == "$$NOW" {
                    Node::of("Date")
                } else if text.starts_with("$$") {
                    Node::default()
                } else if let Some(path) = text.strip_prefix('$') {
                    shape.copy(path)
                } else {
                    Node::of("String")
                }
            }
            Value::Number => Node::of("Number"),
            Value::Word("true" | "false") => Node::of("Boolean"),
            Value::Call("ISODate" | "Date") => Node::of("Date"),
            Value::Call("ObjectId") => Node::of("ObjectId"),
            Value::Array(_) => Node::of("Array"),
            Value::Document(group) => {
                let Some((name, part)) = self.sketch.entries(group).next() else {
                    return Node::of("Document");
                };
                if name.starts_with('$') {
                    let value = self.sketch.value(group, part);
                    return self.operator(&name, value, shape, level + 1);
                }
                let mut node = Node::of("Document");
                for (key, part) in self.sketch.entries(group) {
                    let inner = self.expression(self.sketch.value(group, part), shape, level + 1);
                    node.inner.put(&key, inner);
                }
                node
            }
            _ => Node::default(),
        }
    }

    fn operator(&self, name: &str, value: Value<'_>, shape: &Shape, level: usize) -> Node {
        let first = || match value {
            Value::Array(array) => {
                let part = self.sketch.groups.get(array).and_then(|g| g.parts.first());
                part.map_or_else(Node::default, |p| {
                    self.expression(self.sketch.value(array, p), shape, level)
                })
            }
            value => self.expression(value, shape, level),
        };
        let named = |key: &str| match value {
            Value::Document(group) => self
                .sketch
                .field(group, key)
                .map_or_else(Node::default, |v| self.expression(v, shape, level)),
            _ => Node::default(),
        };
        let list = |node: Node| Node {
            kind: "Array".into(),
            ..node
        };
        match name {
            "$sum" | "$avg" | "$count" | "$size" | "$subtract" | "$multiply" | "$divide"
            | "$mod" | "$abs" | "$ceil" | "$floor" | "$round" | "$trunc" | "$pow" | "$sqrt"
            | "$year" | "$month" | "$week" | "$dayOfMonth" | "$dayOfWeek" | "$dayOfYear"
            | "$hour" | "$minute" | "$second" | "$millisecond" | "$isoWeek" | "$isoWeekYear"
            | "$isoDayOfWeek" | "$dateDiff" | "$strLenCP" | "$strLenBytes" | "$indexOfArray"
            | "$indexOfCP" | "$indexOfBytes" | "$toInt" | "$toLong" | "$toDouble"
            | "$toDecimal" | "$cmp" | "$rank" | "$denseRank" | "$documentNumber" | "$stdDevPop"
            | "$stdDevSamp" | "$median" | "$rand" | "$bsonSize" | "$binarySize" | "$derivative"
            | "$integral" | "$expMovingAvg" | "$add" | "$ln" | "$log" | "$log10" | "$exp" => {
                Node::of("Number")
            }
            "$concat" | "$toString" | "$toLower" | "$toUpper" | "$substr" | "$substrCP"
            | "$substrBytes" | "$trim" | "$ltrim" | "$rtrim" | "$dateToString" | "$replaceOne"
            | "$replaceAll" | "$type" => Node::of("String"),
            "$toDate" | "$dateFromString" | "$dateFromParts" | "$dateAdd" | "$dateSubtract"
            | "$dateTrunc" => Node::of("Date"),
            "$and" | "$or" | "$not" | "$eq" | "$ne" | "$gt" | "$gte" | "$lt" | "$lte" | "$in"
            | "$regexMatch" | "$isArray" | "$isNumber" | "$toBool" | "$allElementsTrue"
            | "$anyElementTrue" | "$setIsSubset" | "$setEquals" => Node::of("Boolean"),
            "$toObjectId" => Node::of("ObjectId"),
            "$push" | "$addToSet" => list(first()),
            "$first" | "$last" | "$min" | "$max" | "$ifNull" | "$locf" | "$linearFill" => first(),
            "$arrayElemAt" => {
                let node = first();
                let kind = if node.inner.fields.is_empty() {
                    ""
                } else {
                    "Document"
                };
                Node {
                    kind: kind.into(),
                    ..node
                }
            }
            "$mergeObjects" => {
                let mut node = Node::of("Document");
                match value {
                    Value::Array(array) => {
                        let parts = self.sketch.groups.get(array).map_or(&[][..], |g| &g.parts);
                        for part in parts {
                            let value = self.sketch.value(array, part);
                            node.inner.merge(self.expression(value, shape, level).inner);
                        }
                    }
                    value => node.inner = self.expression(value, shape, level).inner,
                }
                node
            }
            "$slice" | "$concatArrays" | "$reverseArray" | "$setUnion" | "$setIntersection"
            | "$setDifference" => list(first()),
            "$filter" | "$sortArray" | "$firstN" | "$lastN" | "$maxN" | "$minN" => {
                list(named("input"))
            }
            "$map" => list(named("in")),
            "$top" | "$bottom" | "$shift" => named("output"),
            "$topN" | "$bottomN" => list(named("output")),
            "$cond" => match value {
                Value::Array(_) => Node::default(),
                _ => named("then"),
            },
            "$let" => named("in"),
            "$setField" | "$unsetField" => named("input"),
            "$split" | "$range" | "$zip" | "$regexFindAll" | "$percentile" => Node::of("Array"),
            "$objectToArray" => {
                let mut node = Node::of("Array");
                node.inner.put("k", Node::of("String"));
                node.inner.put("v", Node::default());
                node
            }
            "$literal" => first(),
            _ => Node::default(),
        }
    }
}

fn stats(paths: &[&str]) -> Shape {
    let mut out = Shape::default();
    for path in paths {
        out.put(path, Node::default());
    }
    out
}
