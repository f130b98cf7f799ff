//! `models infer`, and the reading of collections for `models diff`.
//!
//! Streams: memory depends on the figures, never on how many documents are looked at. Ctrl-C stops the operation on the
//! server too.

use std::ops::ControlFlow;

use bson::{Bson, RawBson, RawDocumentBuf};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::export::{tell, written};
use super::list::{table, tree};
use super::{Form, InferArgs, Language, Stopped, put};
use crate::cli::find::until_interrupted;
use crate::cli::target::{self, ConnectArgs};
use crate::cli::{Exit, block_on, config as configuration, fail, print};
use crate::config::Profile;
use crate::model::Model;
use crate::model::export::Undeclared;
use crate::model::infer::{Inference, Inferred, Subject};
use crate::mongo::request::{
    CollectionDetails, Failure, FailureKind, Find, Namespace, Reply, Report, Request, TaskId,
};
use crate::mongo::runner::Runner;
use crate::value::extjson::{self, Layout, Mode};

/// How many documents, and which.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    Sample(u64),
    First(u64),
    All,
}

pub(super) fn run(args: &InferArgs) -> Result<Exit, Stopped> {
    let extent = match args.first {
        Some(0) => Extent::All,
        Some(n) => Extent::First(n),
        None if args.sample == 0 => {
            return Err(
                "`--sample 0` looks at nothing; use `--first 0` for all documents"
                    .to_owned()
                    .into(),
            );
        }
        None => Extent::Sample(args.sample),
    };
    let (profile, namespace) = collection(&args.target, &args.connect)?;
    let told = infer(profile, &namespace, extent)?;
    if told.documents == 0 {
        return Err(format!("`{namespace}` has no document to tell a model from").into());
    }
    show(&told, args.form)?;
    if told.untold > 0 {
        print::warning(&format!(
            "{} values stand at paths beyond the first {}, and are not in this",
            told.untold,
            crate::model::infer::MOST_PATHS
        ));
    }
    Ok(Exit::Ok)
}

fn show(told: &Inferred, form: Form) -> Result<(), Stopped> {
    let language = match form {
        Form::Figures => {
            put(&figures(told));
            return Ok(());
        }
        Form::Json => {
            put(&serde_json::to_string_pretty(&as_json(told)).unwrap_or_default());
            return Ok(());
        }
        Form::Tree => {
            put(&tree(&told.model));
            return Ok(());
        }
        Form::Jsonschema => Language::Jsonschema,
        Form::Typescript => Language::Typescript,
        Form::Mongoose => Language::Mongoose,
        Form::Mermaid => Language::Mermaid,
    };
    let (text, notes) = written(&[&told.model], language, Undeclared::Allowed)?;
    put(&text);
    tell(&notes);
    Ok(())
}

fn figures(told: &Inferred) -> String {
    let mut rows = Vec::new();
    for row in &told.paths {
        let name = row.path.rsplit('.').next().unwrap_or(&row.path);
        let shown = match name.strip_suffix("[]") {
            Some(_) => "[]",
            None => name,
        };
        let share = match row.path.ends_with("[]") || row.path.ends_with(".*") {
            true => format!("{}", row.seen),
            false => percent(row.share()),
        };
        rows.push(vec![
            format!("{}{shown}", "  ".repeat(row.level + 1)),
            share,
            row.describe(),
        ]);
    }
    format!(
        "{}  {}  {} documents\n{}",
        told.model.name,
        super::select::namespace(&told.model),
        told.documents,
        table(&rows)
    )
}

/// A share; what is not all and not nothing is never shown as such.
fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    if rounded >= 100.0 && share < 1.0 {
        ">99%".to_owned()
    } else if rounded < 1.0 && share > 0.0 {
        "<1%".to_owned()
    } else {
        format!("{rounded}%")
    }
}

fn as_json(told: &Inferred) -> Value {
    let plain = |value: &Bson| -> Value {
        let raw = RawBson::try_from(value.clone()).unwrap_or(RawBson::Null);
        extjson::print(raw.as_raw_bson_ref(), Mode::Relaxed, Layout::Compact)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    };
    let paths: Vec<Value> = told
        .paths
        .iter()
        .map(|row| {
            json!({
                "path": row.path,
                "seen": row.seen,
                "of": row.of,
                "kinds": row.kinds.iter().map(|(k, n)| (k.alias().to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
                "range": row.range.as_ref().map(|(a, b)| json!([plain(a), plain(b)])),
                "lengths": row.lengths.map(|(a, b)| json!([a, b])),
                "texts": row.texts.iter().map(|(t, n)| json!({ "text": t, "count": n })).collect::<Vec<_>>(),
                "field": told.model.field(&crate::value::Path::from_dotted(&row.path.replace("[]", ".0"))).map(crate::model::Field::describe),
            })
        })
        .collect();
    json!({
        "name": told.model.name,
        "database": told.model.database,
        "collection": told.model.collection,
        "documents": told.documents,
        "untold": told.untold,
        "paths": paths,
    })
}

/// The profile and the collection of a target.
pub(super) fn collection(
    text: &str,
    connect: &ConnectArgs,
) -> Result<(Profile, Namespace), Stopped> {
    let config = configuration::load()?;
    let resolved = target::resolve(&config, Some(text), connect)?;
    let Some(mut resolved) = resolved else {
        return Err("name a collection as `PROFILE/DB.COLL`".to_owned().into());
    };
    let (Some(database), Some(collection)) = (resolved.database, resolved.collection) else {
        return Err(format!(
            "`{}` names no collection; write `{}/DB.COLL`",
            text, resolved.profile.name
        )
        .into());
    };
    target::ask_password(&mut resolved.profile, connect)?;
    let mut profile = resolved.profile;
    // This command only reads, whatever the profile allows.
    profile.read_only = true;
    Ok((profile, Namespace::new(database, collection)))
}

/// What the documents of a collection show.
pub(super) fn infer(
    profile: Profile,
    namespace: &Namespace,
    extent: Extent,
) -> Result<Inferred, Stopped> {
    settled(block_on(look(profile, namespace, extent))?)
}

/// Everything about a collection, for its validator.
pub(super) fn details(
    profile: Profile,
    namespace: &Namespace,
) -> Result<Box<CollectionDetails>, Stopped> {
    let request = Request::Details {
        namespace: namespace.clone(),
    };
    let reply = block_on(async {
        let (runner, mut reports, name) = start(profile);
        let reply = ask(&runner, &mut reports, &name, request).await;
        runner.shutdown().await;
        reply
    })?;
    match settled(reply)? {
        Reply::Details(details) => Ok(details),
        _ => Err("the server's answer is not about the collection"
            .to_owned()
            .into()),
    }
}

fn settled<T>(result: Result<T, Failure>) -> Result<T, Stopped> {
    result.map_err(|failure| {
        if failure.kind == FailureKind::Cancelled {
            print::note("stopped");
            return Stopped::Said(Exit::Interrupted);
        }
        Stopped::Said(fail(&failure))
    })
}

type Reports = mpsc::UnboundedReceiver<Report>;
type Name = crate::mongo::request::ProfileName;

fn start(profile: Profile) -> (Runner, Reports, Name) {
    let (sender, reports) = mpsc::unbounded_channel();
    let name = profile.name.clone();
    (Runner::new([profile], sender), reports, name)
}

async fn ask(
    runner: &Runner,
    reports: &mut Reports,
    profile: &Name,
    request: Request,
) -> Result<Reply, Failure> {
    let task = TaskId(1);
    runner.start(profile, task, request);
    loop {
        match reports.recv().await {
            Some(Report::Settled {
                task: t, result, ..
            }) if t == task => return result,
            Some(_) => {}
            None => return Err(Failure::new(FailureKind::Other, "the runner is gone")),
        }
    }
}

async fn look(
    profile: Profile,
    namespace: &Namespace,
    extent: Extent,
) -> Result<Inferred, Failure> {
    let (runner, mut reports, name) = start(profile);
    let streaming = until_interrupted();
    let mut inference = Inference::new();
    let each = |document: &bson::RawDocument| {
        inference.add(document);
        ControlFlow::Continue(())
    };
    let read = match extent {
        Extent::Sample(n) => {
            runner
                .stream_sample(&name, namespace, n, &streaming, each)
                .await
        }
        Extent::First(_) | Extent::All => {
            let find = Find {
                limit: match extent {
                    Extent::First(n) => Some(n),
                    _ => None,
                },
                ..Find::all()
            };
            runner
                .stream(&name, namespace, &find, &streaming, each)
                .await
        }
    };
    // What stands beside the collection only helps with references; a user who may not list it does without.
    let neighbours = match read {
        Ok(_) => {
            let request = Request::Collections {
                database: namespace.database.clone(),
            };
            match ask(&runner, &mut reports, &name, request).await {
                Ok(Reply::Collections(list)) => list.into_iter().map(|c| c.name).collect(),
                _ => Vec::new(),
            }
        }
        Err(_) => Vec::new(),
    };
    runner.shutdown().await;
    read?;
    Ok(inference.finish(&Subject {
        database: Some(&namespace.database),
        collection: &namespace.collection,
        neighbours: &neighbours,
    }))
}

/// The model that a collection's validator is; `None` where it has none.
pub(super) fn of_validator(details: &CollectionDetails) -> Result<Option<Model>, String> {
    let namespace = &details.namespace;
    let Some(validator) = &details.validator else {
        return Ok(None);
    };
    let whole: RawDocumentBuf = validator.clone();
    if !matches!(whole.get("$jsonSchema"), Ok(Some(_))) {
        return Err(format!(
            "the validator of `{namespace}` is a query and no `$jsonSchema`"
        ));
    }
    let mut model =
        Model::from_json_schema(&namespace.collection, &whole, "the server's validator")
            .map_err(|e| e.to_string())?;
    model.database = Some(namespace.database.clone());
    Ok(Some(model))
}
