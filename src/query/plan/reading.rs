//! `find`, `aggregate`, counts and `distinct`, with their options and cursor methods.

use bson::raw::cstr;
use bson::{RawArrayBuf, RawBson, RawDocumentBuf, rawdoc};

use super::options::{Options, append, preference, whole};
use super::{Answer, Command, Plan, Reading, Refused, Turning};
use crate::query::consequence::Consequence;
use crate::query::operation::{CursorMethod, Operation};
use crate::query::statement::Statement;

/// How a cursor's result is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Documents,
    First,
    Any,
    Counted,
    /// By the `count` command.
    CountCommand,
}

pub(super) fn collection(statement: &Statement) -> Result<&str, Refused> {
    statement.collection.as_deref().ok_or_else(|| {
        Refused::new(format!(
            "`{}` needs a collection",
            statement.operation.name()
        ))
        .with_help(format!(
            "write `db.collection.{}(…)`",
            statement.operation.name()
        ))
    })
}

pub(super) fn filter(value: Option<&RawBson>) -> Result<RawDocumentBuf, Refused> {
    match value {
        None | Some(RawBson::Null | RawBson::Undefined) => Ok(RawDocumentBuf::new()),
        Some(RawBson::Document(filter)) => Ok(filter.clone()),
        Some(_) => Err(Refused::new("a filter is a document")),
    }
}

/// Puts the cursor's methods among the options, the last of each kind, and says how the result is taken.
fn methods(statement: &Statement, options: &mut Options) -> Result<Ending, Refused> {
    use CursorMethod as M;
    let mut ending = Ending::Documents;
    for (method, arguments) in &statement.cursor {
        let first = arguments.first().cloned().unwrap_or(RawBson::Undefined);
        let or_true = |value: RawBson| match value {
            RawBson::Undefined | RawBson::Null => RawBson::Boolean(true),
            other => other,
        };
        match method {
            M::Sort
            | M::Limit
            | M::Skip
            | M::Projection
            | M::Hint
            | M::Collation
            | M::MaxTimeMs
            | M::MaxAwaitTimeMs
            | M::BatchSize
            | M::Comment
            | M::Min
            | M::Max => options.put(method.name(), first),
            M::AllowDiskUse | M::ReturnKey | M::ShowRecordId | M::AllowPartialResults => {
                options.put(method.name(), or_true(first));
            }
            M::NoCursorTimeout => options.put("noCursorTimeout", RawBson::Boolean(true)),
            M::Tailable => {
                options.put("tailable", RawBson::Boolean(true));
                if let RawBson::Document(more) = &first
                    && matches!(more.get_bool("awaitData"), Ok(true))
                {
                    options.put("awaitData", RawBson::Boolean(true));
                }
            }
            M::ReadConcern => options.put("readConcern", first),
            M::ReadPref => {
                if arguments.len() > 2 {
                    return Err(Refused::new("hedged reads are not sent from here")
                        .with_help("remove the third argument of `readPref`"));
                }
                options.put("readPreference", first);
                if let Some(tags) = arguments.get(1) {
                    options.put("readPreferenceTags", tags.clone());
                }
            }
            M::Count | M::Size => ending = Ending::CountCommand,
            M::ItCount => ending = Ending::Counted,
            M::HasNext => ending = Ending::Any,
            M::Next | M::TryNext => ending = Ending::First,
            M::ToArray | M::Pretty => {}
            // Was taken off before.
            M::Explain => {}
        }
    }
    Ok(ending)
}

/// What every read may carry, appended to its command.
struct Common {
    preference: Option<super::Preference>,
    note: Option<RawBson>,
}

fn common(options: &mut Options, body: &mut RawDocumentBuf) -> Result<Common, Refused> {
    if let Some(collation) = options.document("collation")? {
        body.append(cstr!("collation"), collation);
    }
    if let Some(hint) = options.hint()? {
        body.append(cstr!("hint"), hint);
    }
    if let Some(millis) = options.count("maxTimeMS")? {
        body.append(cstr!("maxTimeMS"), limit_of_time(millis)?);
    }
    if let Some(concern) = options.read_concern()? {
        body.append(cstr!("readConcern"), concern);
    }
    Ok(Common {
        preference: options.preference()?,
        note: options.take("comment"),
    })
}

pub(super) fn limit_of_time(millis: u64) -> Result<i64, Refused> {
    i32::try_from(millis).map(i64::from).map_err(|_| {
        Refused::new("`maxTimeMS` is too large")
            .with_help("write at most 2147483647, which is 24 days")
    })
}

fn batch(value: Option<u64>) -> Option<u32> {
    value
        .filter(|n| *n > 0)
        .map(|n| u32::try_from(n).unwrap_or(u32::MAX).min(100_000))
}

pub(super) fn find(statement: &Statement) -> Result<Plan, Refused> {
    let name = statement.operation.name();
    let from = collection(statement)?;
    let filter = filter(statement.arguments.first())?;
    let mut options = Options::new(name, statement.arguments.get(2))?;
    if let Some(RawBson::Document(projection)) = statement.arguments.get(1)
        && !projection.is_empty()
    {
        options.put("projection", RawBson::Document(projection.clone()));
    }
    let mut ending = methods(statement, &mut options)?;
    if statement.operation == Operation::FindOne {
        ending = Ending::First;
    }
    if options.take("explain").is_some() {
        return Err(Refused::new("`explain` is asked for by its method here")
            .with_help(format!("write `.{name}(…).explain(\"executionStats\")`")));
    }
    let sort = match options.take("sort") {
        None => None,
        Some(RawBson::Document(sort)) => Some(sort).filter(|s| !s.is_empty()),
        Some(_) => return Err(options.wrong("sort", "a document such as `{at: -1}`")),
    };
    let skip = options.count("skip")?.filter(|n| *n > 0);
    // A negative limit is a single batch of so many.
    let asked = options.whole("limit")?.filter(|n| *n != 0);
    let limit = asked.map(i64::unsigned_abs);
    let mut single = asked.is_some_and(|n| n < 0);
    if options.flag("singleBatch")? == Some(true) {
        single = true;
    }
    if ending == Ending::CountCommand {
        let mut body = rawdoc! { "count": from, "query": filter };
        push_counts(&mut body, skip, limit);
        for name in ["projection", "batchSize", "allowDiskUse", "noCursorTimeout"] {
            // They change nothing of a count.
            options.take(name);
        }
        let common = common(&mut options, &mut body)?;
        options.finish()?;
        return Ok(Plan::Ask(
            command(statement, body, common),
            Answer::Field("n"),
        ));
    }
    let mut body = rawdoc! { "find": from, "filter": filter.clone() };
    if let Some(sort) = &sort {
        body.append(cstr!("sort"), sort.clone());
    }
    if let Some(projection) = options.document("projection")?.filter(|p| !p.is_empty()) {
        body.append(cstr!("projection"), projection);
    }
    let limit = match ending {
        Ending::First | Ending::Any => Some(1),
        _ => limit,
    };
    push_counts(&mut body, skip, limit);
    if single {
        body.append(cstr!("singleBatch"), true);
    }
    let mut turns = skip.is_none() && limit.is_none();
    for name in ["min", "max"] {
        if let Some(bound) = options.document(name)? {
            append(&mut body, name, bson::RawBsonRef::Document(&bound));
            turns = false;
        }
    }
    if let Some(variables) = options.document("let")? {
        body.append(cstr!("let"), variables);
    }
    for name in [
        "returnKey",
        "showRecordId",
        "noCursorTimeout",
        "allowPartialResults",
        "allowDiskUse",
    ] {
        if let Some(set) = options.flag(name)? {
            append(&mut body, name, bson::RawBsonRef::Boolean(set));
        }
    }
    let follows = options.flag("tailable")? == Some(true);
    let awaits = options.flag("awaitData")? == Some(true);
    if follows {
        body.append(cstr!("tailable"), true);
        turns = false;
    }
    if awaits {
        body.append(cstr!("awaitData"), true);
    }
    let await_millis = options.count("maxAwaitTimeMS")?;
    if await_millis.is_some() && !awaits {
        return Err(
            Refused::new("`maxAwaitTimeMS` is for a cursor that waits for more")
                .with_help("add `.tailable({awaitData: true})`, or write `maxTimeMS`"),
        );
    }
    let size = batch(options.count("batchSize")?);
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    // With a hint, documents come in the order of that index.
    if body.get("hint").ok().flatten().is_some() {
        turns = false;
    }
    let reading = Reading {
        command: command(statement, body, common),
        batch: size,
        await_millis,
        follows,
        turning: turns.then_some(Turning {
            filtered: !filter.is_empty(),
            sort,
        }),
    };
    Ok(taken(ending, reading))
}

fn push_counts(body: &mut RawDocumentBuf, skip: Option<u64>, limit: Option<u64>) {
    let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if let Some(skip) = skip {
        body.append(cstr!("skip"), long(skip));
    }
    if let Some(limit) = limit {
        body.append(cstr!("limit"), long(limit));
    }
}

fn taken(ending: Ending, reading: Reading) -> Plan {
    match ending {
        Ending::Documents | Ending::CountCommand => Plan::Documents(reading),
        Ending::First => Plan::First(reading),
        Ending::Any => Plan::Any(reading),
        Ending::Counted => Plan::Counted(reading),
    }
}

fn command(statement: &Statement, body: RawDocumentBuf, common: Common) -> Command {
    Command {
        database: statement.database.clone(),
        collection: statement.collection.clone(),
        body,
        preference: common.preference,
        note: common.note,
    }
}

/// The command `aggregate` of a collection, or of the database.
fn pipeline(statement: &Statement, stages: RawArrayBuf) -> RawDocumentBuf {
    match &statement.collection {
        Some(collection) => rawdoc! { "aggregate": collection.as_str(), "pipeline": stages },
        None => rawdoc! { "aggregate": 1, "pipeline": stages },
    }
}

pub(super) fn aggregate(statement: &Statement) -> Result<Plan, Refused> {
    let stages = match statement.arguments.first() {
        Some(RawBson::Array(stages)) => stages.clone(),
        _ => return Err(Refused::new("a pipeline is an array of stages")),
    };
    let follows = stages.into_iter().flatten().any(|stage| {
        matches!(stage, bson::RawBsonRef::Document(d) if super::first_key(d) == "$changeStream")
    });
    let mut options = Options::new("aggregate", statement.arguments.get(1))?;
    let ending = methods(statement, &mut options)?;
    let mut body = pipeline(statement, stages);
    if options.take("explain").is_some() {
        return Err(Refused::new("`explain` is asked for by its method here")
            .with_help("write `.aggregate([…]).explain(\"executionStats\")`"));
    }
    let mut size = batch(options.count("batchSize")?);
    if let Some(cursor) = options.document("cursor")? {
        let mut inner = Options::new("cursor", Some(&RawBson::Document(cursor)))?;
        size = batch(inner.count("batchSize")?).or(size);
        inner.finish()?;
    }
    for name in ["allowDiskUse", "bypassDocumentValidation"] {
        if let Some(set) = options.flag(name)? {
            append(&mut body, name, bson::RawBsonRef::Boolean(set));
        }
    }
    if let Some(variables) = options.document("let")? {
        body.append(cstr!("let"), variables);
    }
    let await_millis = options.count("maxAwaitTimeMS")?;
    if await_millis.is_some() && !follows {
        return Err(
            Refused::new("`maxAwaitTimeMS` is for a pipeline that waits for more")
                .with_help("write `maxTimeMS`"),
        );
    }
    let writes = statement.consequence() != Consequence::Reads;
    if let Some(concern) = options.write_concern()? {
        if !writes {
            return Err(Refused::new("`writeConcern` is for a pipeline that writes")
                .with_help("remove it, or end the pipeline with `$out` or `$merge`"));
        }
        body.append(cstr!("writeConcern"), concern);
    }
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    let reading = Reading {
        command: command(statement, body, common),
        batch: size,
        await_millis,
        follows,
        turning: None,
    };
    Ok(if writes {
        Plan::Poured(reading)
    } else {
        taken(ending, reading)
    })
}

pub(super) fn count_documents(statement: &Statement) -> Result<Plan, Refused> {
    collection(statement)?;
    let mut stages = RawArrayBuf::new();
    stages.push(rawdoc! { "$match": filter(statement.arguments.first())? });
    let mut options = Options::new("countDocuments", statement.arguments.get(1))?;
    let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if let Some(skip) = options.count("skip")?.filter(|n| *n > 0) {
        stages.push(rawdoc! { "$skip": long(skip) });
    }
    if let Some(limit) = options.count("limit")?.filter(|n| *n > 0) {
        stages.push(rawdoc! { "$limit": long(limit) });
    }
    stages.push(rawdoc! { "$group": { "_id": 1, "n": { "$sum": 1 } } });
    let mut body = pipeline(statement, stages);
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    Ok(Plan::Total(Reading {
        command: command(statement, body, common),
        batch: None,
        await_millis: None,
        follows: false,
        turning: None,
    }))
}

pub(super) fn estimated(statement: &Statement) -> Result<Plan, Refused> {
    let mut options = Options::new("estimatedDocumentCount", statement.arguments.first())?;
    let mut body = rawdoc! { "count": collection(statement)? };
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    Ok(Plan::Ask(
        command(statement, body, common),
        Answer::Field("n"),
    ))
}

pub(super) fn count(statement: &Statement) -> Result<Plan, Refused> {
    let mut options = Options::new("count", statement.arguments.get(1))?;
    let mut body = rawdoc! {
        "count": collection(statement)?,
        "query": filter(statement.arguments.first())?,
    };
    let skip = options.count("skip")?.filter(|n| *n > 0);
    let limit = options
        .whole("limit")?
        .map(i64::unsigned_abs)
        .filter(|n| *n > 0);
    push_counts(&mut body, skip, limit);
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    Ok(Plan::Ask(
        command(statement, body, common),
        Answer::Field("n"),
    ))
}

pub(super) fn distinct(statement: &Statement) -> Result<Plan, Refused> {
    let field = match statement.arguments.first() {
        Some(RawBson::String(field)) => field.as_str(),
        _ => return Err(Refused::new("`distinct` takes a field's name in quotes")),
    };
    let mut options = Options::new("distinct", statement.arguments.get(2))?;
    let mut body = rawdoc! {
        "distinct": collection(statement)?,
        "key": field,
        "query": filter(statement.arguments.get(1))?,
    };
    let common = common(&mut options, &mut body)?;
    options.finish()?;
    Ok(Plan::Ask(
        command(statement, body, common),
        Answer::Field("values"),
    ))
}

/// The preference in the options of a command.
pub(super) fn command_preference(
    options: &RawDocumentBuf,
) -> Result<Option<super::Preference>, Refused> {
    let mut options = Options::new("runCommand", Some(&RawBson::Document(options.clone())))?;
    let preference = options.preference()?;
    options.finish()?;
    Ok(preference)
}

/// What a command says of members in `$readPreference`.
pub(super) fn dollar_preference(value: &RawBson) -> Result<super::Preference, Refused> {
    match value {
        RawBson::String(mode) => preference(mode, None),
        RawBson::Document(_) => {
            let mut options = Options::new("runCommand", None)?;
            options.put("readPreference", value.clone());
            options
                .preference()?
                .ok_or_else(|| Refused::new("`$readPreference` says nothing"))
        }
        other => Err(Refused::new(match whole(other) {
            Some(_) => "`$readPreference` is not a number",
            None => "`$readPreference` is a document such as `{mode: \"secondary\"}`",
        })),
    }
}
