//! The many shapes of `explain` as one tree.

use std::collections::BTreeMap;

use bson::{Bson, Document, RawDocument, RawDocumentBuf};

use super::{IndexUse, Join, Plan, PlanStage, Totals, Unreadable};
use crate::value::shell::{Style, print_document};

/// No plan nests deeper.
const MAX_LEVELS: usize = 120;

/// Inputs of a stage, under whatever name.
const INPUTS: &[&str] = &[
    "inputStage",
    "inputStages",
    "outerStage",
    "innerStage",
    "thenStage",
    "elseStage",
];

pub(super) fn plan(output: &RawDocument) -> Result<Plan, Unreadable> {
    let output = Document::try_from(output).map_err(|_| Unreadable::Bytes)?;
    // A driver may give the command's answer inside another document.
    let output = match output.get_document("value") {
        Ok(inner) if inner.contains_key("queryPlanner") => inner.clone(),
        _ => output,
    };
    let mut reader = Reader::default();
    let root = reader.output(&output, 0).ok_or(Unreadable::NoPlan)?;
    let (filter, sort) = query(&output);
    Ok(Plan {
        namespace: reader.namespace,
        root,
        rejected: reader.rejected,
        totals: reader.totals,
        filter: raw(&filter),
        sort: sort.as_ref().map(raw),
        shards: reader.shards,
    })
}

#[derive(Default)]
struct Reader {
    namespace: String,
    rejected: Vec<PlanStage>,
    totals: Option<Totals>,
    shards: usize,
}

impl Reader {
    /// An output, or the part of it that a shard gave.
    fn output(&mut self, output: &Document, level: usize) -> Option<PlanStage> {
        if level > MAX_LEVELS {
            return None;
        }
        if let Ok(shards) = output.get_document("shards") {
            return self.sharded(output, shards, level);
        }
        if let Ok(stages) = output.get_array("stages") {
            return self.pipeline(stages, level);
        }
        self.planned(output)
    }

    /// `queryPlanner` with `executionStats` beside it.
    fn planned(&mut self, output: &Document) -> Option<PlanStage> {
        let planner = output.get_document("queryPlanner").ok()?;
        if self.namespace.is_empty() {
            self.namespace = planner.get_str("namespace").unwrap_or("").to_owned();
        }
        let winning = planner.get_document("winningPlan").ok()?;
        let stats = output.get_document("executionStats").ok();
        if let Some(stats) = stats {
            let mine = Totals {
                returned: number(stats, "nReturned").unwrap_or(0),
                keys: number(stats, "totalKeysExamined").unwrap_or(0),
                documents: number(stats, "totalDocsExamined").unwrap_or(0),
                millis: number(stats, "executionTimeMillis").unwrap_or(0),
            };
            let totals = self.totals.get_or_insert_default();
            totals.returned += mine.returned;
            totals.keys += mine.keys;
            totals.documents += mine.documents;
            totals.millis = totals.millis.max(mine.millis);
        }
        let executed = stats.and_then(|s| s.get_document("executionStages").ok());
        let root = self.tree(winning, executed);
        let trials = stats.and_then(|s| s.get_array("allPlansExecution").ok());
        self.reject(planner, trials);
        Some(root)
    }

    /// A winning plan, and what became of it.
    fn tree(&mut self, winning: &Document, executed: Option<&Document>) -> PlanStage {
        if let Some(shards) = executed
            .or(Some(winning))
            .and_then(|d| d.get_array("shards").ok())
        {
            return self.merged(winning, executed, shards);
        }
        match winning.get_document("queryPlan") {
            // The slot-based engine keeps its figures apart, by the number of the stage.
            Ok(plan) => {
                let figures = executed.map(slots).unwrap_or_default();
                stage(plan, &figures, 0)
            }
            Err(_) => match executed {
                // The classic engine says all of a stage again beside its figures.
                Some(executed) if executed.contains_key("stage") => {
                    stage(executed, &BTreeMap::new(), 0)
                }
                _ => stage(winning, &BTreeMap::new(), 0),
            },
        }
    }

    fn reject(&mut self, planner: &Document, trials: Option<&bson::Array>) {
        let Ok(rejected) = planner.get_array("rejectedPlans") else {
            return;
        };
        for (at, plan) in rejected.iter().filter_map(Bson::as_document).enumerate() {
            // The first trial is the winner's; the others come in the order of the rejected plans.
            let trial = trials
                .filter(|t| t.len() == rejected.len() + 1)
                .and_then(|t| t.get(at + 1))
                .and_then(Bson::as_document)
                .and_then(|t| t.get_document("executionStages").ok());
            let found = self.tree(plan, trial);
            if self.rejected.len() < 100 {
                self.rejected.push(found);
            }
        }
    }

    /// `SHARD_MERGE` and its like: a plan of each shard.
    fn merged(
        &mut self,
        winning: &Document,
        executed: Option<&Document>,
        shards: &bson::Array,
    ) -> PlanStage {
        let mut root = stage(executed.unwrap_or(winning), &BTreeMap::new(), 0);
        let planned = winning.get_array("shards").ok();
        self.shards = self.shards.max(shards.len());
        for shard in shards.iter().filter_map(Bson::as_document) {
            let name = shard.get_str("shardName").unwrap_or("");
            let plan = planned
                .into_iter()
                .flatten()
                .filter_map(Bson::as_document)
                .find(|p| p.get_str("shardName").is_ok_and(|n| n == name));
            let winning = plan
                .and_then(|p| p.get_document("winningPlan").ok())
                .or_else(|| shard.get_document("winningPlan").ok());
            let executed = shard.get_document("executionStages").ok();
            let Some(winning) = winning.or(executed) else {
                continue;
            };
            let mut tree = self.tree(winning, executed);
            tree.notes.insert(0, format!("shard {name}"));
            if let Some(plan) = plan {
                self.reject(plan, None);
            }
            root.inputs.push(tree);
        }
        root
    }

    /// A pipeline over several shards, and what is done with their results.
    fn sharded(&mut self, output: &Document, shards: &Document, level: usize) -> Option<PlanStage> {
        let mut inputs = Vec::new();
        for (name, shard) in shards {
            let Some(shard) = shard.as_document() else {
                continue;
            };
            if let Some(mut tree) = self.output(shard, level + 1) {
                tree.notes.insert(0, format!("shard {name}"));
                inputs.push(tree);
            }
        }
        self.shards = self.shards.max(inputs.len());
        if inputs.is_empty() {
            return None;
        }
        let mut root = PlanStage {
            name: "SHARD_MERGE".into(),
            inputs,
            ..PlanStage::default()
        };
        if let Ok(place) = output.get_str("mergeType") {
            root.notes.push(format!("merged on {place}"));
        }
        let merger = output
            .get_document("splitPipeline")
            .and_then(|s| s.get_array("mergerPart"));
        for part in merger.into_iter().flatten().filter_map(Bson::as_document) {
            root = aggregation(part, Some(root), 0);
        }
        Some(root)
    }

    /// The stages of a pipeline, of which the first may be a plan of its own.
    fn pipeline(&mut self, stages: &bson::Array, level: usize) -> Option<PlanStage> {
        let mut root: Option<PlanStage> = None;
        let mut outer = (0, 0);
        for stage in stages.iter().filter_map(Bson::as_document) {
            let cursor = stage
                .get_document("$cursor")
                .or_else(|_| stage.get_document("$geoNearCursor"));
            root = match cursor {
                Ok(cursor) => self.output(cursor, level + 1),
                Err(_) => Some(aggregation(stage, root.take(), level)),
            };
            outer.0 += number(stage, "totalKeysExamined").unwrap_or(0);
            outer.1 += number(stage, "totalDocsExamined").unwrap_or(0);
        }
        // What came out of the whole is what came out of the last; joins read documents too.
        if let (Some(totals), Some(root)) = (&mut self.totals, &root) {
            totals.returned = root.returned.unwrap_or(totals.returned);
            totals.keys += outer.0;
            totals.documents += outer.1;
            totals.millis = totals.millis.max(root.millis.unwrap_or(0));
        }
        root
    }
}

/// One stage of a pipeline as the aggregation engine tells of it.
fn aggregation(stage: &Document, input: Option<PlanStage>, level: usize) -> PlanStage {
    let name = stage
        .keys()
        .find(|k| k.starts_with('$'))
        .map_or("stage", String::as_str);
    let mut out = PlanStage {
        name: name.to_owned(),
        ..figures(stage)
    };
    if out.keys.is_none() {
        out.keys = number(stage, "totalKeysExamined");
    }
    if out.documents.is_none() {
        out.documents = number(stage, "totalDocsExamined");
    }
    match stage.get(name) {
        Some(Bson::Document(body)) => {
            if name == "$match" {
                out.filter = shown(body);
            }
            if let Ok(from) = body.get_str("from") {
                out.notes.push(format!("from `{from}`"));
            }
            if name == "$facet" && level < MAX_LEVELS {
                for (facet, stages) in body {
                    let mut chain: Option<PlanStage> = None;
                    for one in stages
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Bson::as_document)
                    {
                        chain = Some(aggregation(one, chain.take(), level + 1));
                    }
                    if let Some(mut chain) = chain {
                        chain.notes.insert(0, format!("facet `{facet}`"));
                        out.inputs.push(chain);
                    }
                }
            }
            if let Ok(keys) = body.get_document("sortKey") {
                out.notes.extend(shown(keys));
            }
        }
        Some(Bson::Int32(n)) => out.notes.push(n.to_string()),
        Some(Bson::Int64(n)) => out.notes.push(n.to_string()),
        _ => {}
    }
    if let Ok(indexes) = stage.get_array("indexesUsed") {
        let names: Vec<String> = indexes
            .iter()
            .filter_map(Bson::as_str)
            .map(|n| format!("`{n}`"))
            .collect();
        if !names.is_empty() {
            out.notes.push(format!("by {}", names.join(", ")));
        }
    }
    if let Some(scans) = number(stage, "collectionScans").filter(|n| *n > 0) {
        if let Ok(body) = stage.get_document(name)
            && let (Ok(from), Ok(field)) = (body.get_str("from"), body.get_str("foreignField"))
        {
            out.join = Some(Join {
                from: from.to_owned(),
                field: field.to_owned(),
            });
        }
        out.notes.push(format!(
            "{} whole reads of the other collection",
            super::sentence::count(scans)
        ));
    }
    if name == "$sort" {
        out.notes.push("in memory".into());
    }
    out.inputs.extend(input);
    own(&mut out);
    out
}

/// A stage of the query engine; `slots` are the figures of the slot-based one.
fn stage(plan: &Document, slots: &BTreeMap<i64, Slot>, level: usize) -> PlanStage {
    let mut out = PlanStage {
        name: plan.get_str("stage").unwrap_or("stage").to_owned(),
        ..figures(plan)
    };
    if let Some(slot) = plan
        .get("planNodeId")
        .and_then(integer)
        .and_then(|id| slots.get(&id))
    {
        out.returned = slot.returned;
        out.millis = slot.millis;
        out.keys = (slot.keys > 0).then_some(slot.keys);
        out.documents = (slot.documents > 0).then_some(slot.documents);
        if out.name == "COLLSCAN" || out.name == "FETCH" {
            out.documents = Some(slot.documents);
        }
    }
    if let Ok(filter) = plan.get_document("filter") {
        out.filter = shown(filter);
    }
    if out.name == "EQ_LOOKUP" {
        joined(plan, &mut out);
    } else if let Ok(name) = plan.get_str("indexName") {
        out.index = Some(index(plan, name));
    }
    if out.name == "IDHACK" || out.name == "CLUSTERED_IXSCAN" {
        out.notes.push("by `_id`".into());
    }
    if let Ok(pattern) = plan.get_document("sortPattern") {
        out.notes.extend(shown(pattern));
    }
    if out.name == "SORT" {
        out.notes.push("in memory".into());
    }
    for (key, text) in [
        ("limitAmount", "at the most"),
        ("skipAmount", "passes over"),
    ] {
        if let Some(n) = number(plan, key) {
            out.notes
                .push(format!("{text} {}", super::sentence::count(n)));
        }
    }
    for (key, text) in [
        ("nWouldModify", "would change"),
        ("nWouldDelete", "would delete"),
        ("nCounted", "counted"),
    ] {
        if let Some(n) = number(plan, key) {
            out.notes
                .push(format!("{text} {}", super::sentence::count(n)));
        }
    }
    if level < MAX_LEVELS {
        for key in INPUTS {
            match plan.get(key) {
                Some(Bson::Document(input)) => out.inputs.push(stage(input, slots, level + 1)),
                Some(Bson::Array(inputs)) => out.inputs.extend(
                    inputs
                        .iter()
                        .filter_map(Bson::as_document)
                        .map(|input| stage(input, slots, level + 1)),
                ),
                _ => {}
            }
        }
    }
    own(&mut out);
    out
}

/// A join that the query engine carries out by itself.
fn joined(plan: &Document, out: &mut PlanStage) {
    let from = plan.get_str("foreignCollection").unwrap_or("");
    let from = from.split_once('.').map_or(from, |(_, name)| name);
    let strategy = plan.get_str("strategy").unwrap_or("");
    if !from.is_empty() {
        out.notes.push(format!("from `{from}`"));
    }
    match (strategy, plan.get_str("indexName")) {
        (_, Ok(index)) => out.notes.push(format!("by `{index}`")),
        ("HashJoin", _) => out
            .notes
            .push("the other collection read once, in memory".into()),
        ("NestedLoopJoin", _) => {
            out.notes
                .push("the other collection read for each document".into());
            if let (false, Ok(field)) = (from.is_empty(), plan.get_str("foreignField")) {
                out.join = Some(Join {
                    from: from.to_owned(),
                    field: field.to_owned(),
                });
            }
        }
        _ => {}
    }
}

/// What a stage's document says in figures.
fn figures(stage: &Document) -> PlanStage {
    let mut out = PlanStage {
        millis: number(stage, "executionTimeMillisEstimate")
            .or_else(|| number(stage, "executionTimeMillis")),
        keys: number(stage, "keysExamined"),
        documents: number(stage, "docsExamined"),
        returned: number(stage, "nReturned"),
        ..PlanStage::default()
    };
    if stage.get_bool("usedDisk").unwrap_or(false) {
        out.notes.push("spilled to disk".into());
    }
    out
}

/// The time of a stage alone.
fn own(stage: &mut PlanStage) {
    let inputs: u64 = stage
        .inputs
        .iter()
        .filter_map(|s| s.millis)
        .fold(0, u64::saturating_add);
    stage.own_millis = stage.millis.map(|all| all.saturating_sub(inputs));
}

fn index(plan: &Document, name: &str) -> IndexUse {
    let mut out = IndexUse {
        name: name.to_owned(),
        keys: plan.get_document("keyPattern").map(raw).unwrap_or_default(),
        bounds: Vec::new(),
        backward: plan.get_str("direction").is_ok_and(|d| d == "backward"),
        multikey: plan.get_bool("isMultiKey").unwrap_or(false),
    };
    if let Ok(bounds) = plan.get_document("indexBounds") {
        for (key, ranges) in bounds {
            match ranges {
                Bson::Array(ranges) => {
                    let ranges = ranges.iter().filter_map(Bson::as_str).map(str::to_owned);
                    out.bounds.push((key.clone(), ranges.collect()));
                }
                // A count goes from one key to another.
                Bson::Document(edge) if key == "startKey" || key == "endKey" => {
                    for (field, value) in edge {
                        let text = shown(&bson::doc! { field: value.clone() }).unwrap_or_default();
                        out.bounds
                            .push((field.clone(), vec![format!("{key} {text}")]));
                    }
                }
                _ => {}
            }
        }
    }
    out
}

/// Figures of the slot-based engine for one stage of the plan.
#[derive(Default)]
struct Slot {
    returned: Option<u64>,
    millis: Option<u64>,
    keys: u64,
    documents: u64,
}

/// The slot-based engine's stages, gathered by the stage of the plan that they come from.
fn slots(executed: &Document) -> BTreeMap<i64, Slot> {
    let mut found: BTreeMap<i64, Slot> = BTreeMap::new();
    let mut open = vec![executed];
    let mut seen = 0;
    while let Some(stage) = open.pop() {
        seen += 1;
        if seen > 10_000 {
            break;
        }
        if let Some(id) = stage.get("planNodeId").and_then(integer) {
            let slot = found.entry(id).or_default();
            // The outermost of them comes first, and passes on what the stage does.
            slot.returned = slot.returned.or_else(|| number(stage, "nReturned"));
            slot.millis = slot
                .millis
                .or_else(|| number(stage, "executionTimeMillisEstimate"));
            let reads = number(stage, "numReads").unwrap_or(0);
            let name = stage.get_str("stage").unwrap_or("");
            if name.starts_with("ix") {
                slot.keys += number(stage, "keysExamined").unwrap_or(reads);
            } else if matches!(name, "scan" | "seek" | "scan_generic") {
                slot.documents += reads;
            }
        }
        for key in INPUTS.iter().rev() {
            match stage.get(key) {
                Some(Bson::Document(input)) => open.push(input),
                Some(Bson::Array(inputs)) => {
                    open.extend(inputs.iter().rev().filter_map(Bson::as_document))
                }
                _ => {}
            }
        }
    }
    found
}

/// The filter and the order that the command asks for.
fn query(output: &Document) -> (Document, Option<Document>) {
    let command = command(output).cloned().unwrap_or_default();
    let document = |key: &str| command.get_document(key).ok().cloned();
    let first = |list: &str, key: &str| {
        let one = command.get_array(list).ok()?.first()?.as_document()?;
        one.get_document(key).ok().cloned()
    };
    if let Ok(pipeline) = command.get_array("pipeline") {
        let mut filter = Document::new();
        for stage in pipeline.iter().filter_map(Bson::as_document) {
            if let Ok(part) = stage.get_document("$match") {
                for (key, value) in part {
                    filter.insert(key.clone(), value.clone());
                }
            } else if let Ok(sort) = stage.get_document("$sort") {
                return (filter, Some(sort.clone()));
            } else {
                break;
            }
        }
        return (filter, None);
    }
    let filter = document("filter")
        .or_else(|| document("query"))
        .or_else(|| document("q"))
        .or_else(|| first("updates", "q"))
        .or_else(|| first("deletes", "q"))
        .or_else(|| {
            let planner = output.get_document("queryPlanner").ok()?;
            planner.get_document("parsedQuery").ok().cloned()
        });
    let sort = document("sort").filter(|s| !s.is_empty());
    (filter.unwrap_or_default(), sort)
}

fn command(output: &Document) -> Option<&Document> {
    output.get_document("command").ok().or_else(|| {
        let shards = output.get_document("shards").ok()?;
        let (_, first) = shards.iter().next()?;
        first.as_document()?.get_document("command").ok()
    })
}

fn number(document: &Document, key: &str) -> Option<u64> {
    document
        .get(key)
        .and_then(integer)
        .and_then(|n| u64::try_from(n).ok())
}

fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(n) => Some(i64::from(*n)),
        Bson::Int64(n) => Some(*n),
        Bson::Double(n) if n.is_finite() && n.abs() < 9e15 => Some(*n as i64),
        _ => None,
    }
}

fn raw(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap_or_default()
}

/// A document as text on one line, cut where it is too long to be read.
fn shown(document: &Document) -> Option<String> {
    let mut text = print_document(&raw(document), &Style::LINE).ok()?;
    if let Some((at, _)) = text.char_indices().nth(400) {
        text.truncate(at);
        text.push('…');
    }
    Some(text)
}
