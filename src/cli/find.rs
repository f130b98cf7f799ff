//! `mongodeck find`: the documents of a collection that match, on standard output.
//!
//! Streams: memory depends on one batch and one document, never on how many there are. Nothing but data goes to
//! standard output. Ctrl-C stops the operation on the server too; a reader that went away ends the command quietly.

use std::ops::ControlFlow;
use std::time::Duration;

use bson::{RawDocument, RawDocumentBuf};
use clap::Args;
use tokio::sync::mpsc;

use super::output::{self, Format, Output, Wish};
use super::target::{self, ConnectArgs};
use super::{Exit, block_on, config as configuration, fail, print, usage};
use crate::config::Profile;
use crate::config::check::parse_duration;
use crate::mongo::request::{
    Failure, FailureKind, Find, Namespace, Reply, Report, Request, TaskId,
};
use crate::mongo::runner::{Runner, Streaming};
use crate::value::Path;
use crate::value::diagnostic::did_you_mean;
use crate::value::shell::parse_document;

/// Arguments of `mongodeck find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// `PROFILE/DB.COLL`, or a `mongodb://` or `mongodb+srv://` URI whose path is `/DB.COLL`; `DB.COLL` with `--host`.
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Which documents, as in mongosh: `{status: 'active', at: {$gt: ISODate('2026-01-01')}}`. None: all.
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,
    /// The order: `{at: -1}`.
    #[arg(long, value_name = "DOCUMENT")]
    pub sort: Option<String>,
    /// Which fields: `{name: 1, _id: 0}`.
    #[arg(long, value_name = "DOCUMENT")]
    pub projection: Option<String>,
    /// At the most so many documents; 0 is all.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Pass over so many documents first.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip: u64,
    /// The server stops after this long: `500ms`, `10s`, `2m`.
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
    /// How the documents are written. None: `table` on a terminal, else `jsonl`.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
    /// The columns of `table` and `csv`, in order: `_id,name,address.city`. None: those of the first documents.
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Write to this file in place of standard output: beside it at first, renamed once it is whole.
    #[arg(long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// Leave texts of `csv` as they are, also those that a spreadsheet would run as a formula.
    #[arg(long)]
    pub raw_csv: bool,
    /// How to reach the server.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Runs `mongodeck find`.
#[must_use]
pub fn run(args: &FindArgs) -> Exit {
    let (profile, namespace, find) = match prepare(args) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let format = args
        .format
        .unwrap_or_else(|| Format::usual(args.out.is_some()));
    let mut missing = Missing::of(&args.columns);
    let mut output = match Output::new(Wish {
        format,
        columns: args.columns.clone(),
        out: args.out.clone(),
        raw_csv: args.raw_csv,
    }) {
        Ok(output) => output,
        Err(why) => return usage(&why),
    };
    let streamed = match block_on(stream(
        profile,
        &namespace,
        &find,
        &mut output,
        &mut missing,
    )) {
        Ok(streamed) => streamed,
        Err(exit) => return exit,
    };
    // What was read before a failure is data too; the exit code tells that it is not all.
    let ended = match &streamed {
        Ok(()) => output.end(),
        Err(_) => output.broken_off(),
    };
    for note in output.notes().into_iter().chain(missing.notes()) {
        print::note(&note);
    }
    match (streamed, ended) {
        (_, ControlFlow::Break(output::Stop::Damaged(why))) => {
            print::error(&why);
            Exit::Query
        }
        (Err(failure), _) if failure.kind == FailureKind::Cancelled => {
            print::note("stopped");
            Exit::Interrupted
        }
        (Err(failure), _) => fail(&failure),
        (Ok(()), _) => Exit::Ok,
    }
}

/// The columns that were asked for and that no document had so far.
struct Missing {
    columns: Vec<(String, Path)>,
    documents: u64,
    /// The fields of the first document, for what may have been meant.
    known: Vec<String>,
}

/// Fields that are kept for telling what may have been meant.
const KNOWN: usize = 200;

impl Missing {
    fn of(columns: &[String]) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|c| (c.clone(), Path::from_dotted(c)))
                .collect(),
            documents: 0,
            known: Vec::new(),
        }
    }

    fn seen(&mut self, document: &RawDocument) {
        self.documents += 1;
        if self.columns.is_empty() {
            return;
        }
        self.columns
            .retain(|(_, path)| path.get(document).is_none());
        if self.documents == 1 {
            let names = document.iter().flatten().take(KNOWN);
            self.known = names.map(|(key, _)| key.as_str().to_owned()).collect();
        }
    }

    /// What is said of the columns that stayed empty.
    fn notes(&self) -> Vec<String> {
        if self.documents == 0 {
            return Vec::new();
        }
        let known = || self.known.iter().map(String::as_str);
        self.columns
            .iter()
            .map(|(name, _)| match did_you_mean(name, known()) {
                Some(near) => format!("no document has `{name}`; did you mean `{near}`?"),
                None => format!("no document has `{name}`: its column is empty"),
            })
            .collect()
    }
}

fn prepare(args: &FindArgs) -> Result<(Profile, Namespace, Find), Exit> {
    let document = |what: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => read(what, text).map(Some),
    };
    let filter = document("filter", &args.filter)?.unwrap_or_default();
    let find = Find {
        filter,
        sort: document("--sort", &args.sort)?,
        projection: document("--projection", &args.projection)?,
        skip: args.skip,
        limit: args.limit.filter(|n| *n > 0),
    };
    let max_time = match args.max_time.as_deref() {
        None => None,
        Some(text) => Some(max_time(text)?),
    };
    let config = configuration::load()?;
    let resolved =
        target::resolve(&config, Some(&args.target), &args.connect).map_err(|e| usage(&e))?;
    let Some(mut resolved) = resolved else {
        return Err(usage("name a collection as `PROFILE/DB.COLL`"));
    };
    let (Some(database), Some(collection)) = (resolved.database, resolved.collection) else {
        return Err(usage(&format!(
            "`{}` names no collection; write `{}/DB.COLL`",
            args.target,
            match args.target.split_once("://") {
                Some((scheme, rest)) => {
                    let rest = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
                    let hosts = rest.split(['/', '?']).next().unwrap_or_default();
                    format!("{scheme}://{hosts}")
                }
                None => resolved.profile.name.to_string(),
            }
        )));
    };
    target::ask_password(&mut resolved.profile, &args.connect).map_err(|e| usage(&e))?;
    let mut profile = resolved.profile;
    // This command only reads, whatever the profile allows.
    profile.read_only = true;
    profile.max_time = max_time.or(profile.max_time);
    Ok((profile, Namespace::new(database, collection), find))
}

fn read(what: &str, text: &str) -> Result<RawDocumentBuf, Exit> {
    match parse_document(text) {
        Ok(parsed) => Ok(parsed.document),
        Err(problems) => {
            for problem in &problems {
                print::error(&problem.render(what, text));
            }
            Err(Exit::Query)
        }
    }
}

pub(super) fn max_time(text: &str) -> Result<Duration, Exit> {
    parse_duration(text).ok_or_else(|| {
        usage(&format!(
            "`--max-time {}` is no time; write `500ms`, `10s` or `2m`",
            text.escape_debug()
        ))
    })
}

/// A stream that Ctrl-C stops. Must be called inside a runtime.
pub(super) fn until_interrupted() -> Streaming {
    let streaming = Streaming::default();
    let signalled = streaming.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            signalled.cancel();
            // A write to a full pipe cannot be stopped otherwise; a second Ctrl-C does not wait either.
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    streaming
}

/// The task that lists the collections.
const LISTING: TaskId = TaskId(u64::MAX);
/// How long their names are waited for.
const LISTED_WITHIN: Duration = Duration::from_secs(3);

/// Says where a collection is none of those that there are.
fn tell_unknown<'a>(namespace: &Namespace, all: impl Iterator<Item = &'a str> + Clone) {
    // The server does not list all of its own.
    if namespace.collection.starts_with("system.") || all.clone().any(|n| n == namespace.collection)
    {
        return;
    }
    print::note(&match did_you_mean(&namespace.collection, all) {
        Some(near) => format!("there is no collection `{namespace}`; did you mean `{near}`?"),
        None => format!("there is no collection `{namespace}`"),
    });
}

async fn stream(
    profile: Profile,
    namespace: &Namespace,
    find: &Find,
    output: &mut Output,
    missing: &mut Missing,
) -> Result<(), Failure> {
    // What is reported of the connection is for a screen; failures come back by themselves.
    let (reports, mut unread) = mpsc::unbounded_channel();
    let (told, mut answers) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(report) = unread.recv().await {
            if let Report::Settled { task, result, .. } = report
                && task == LISTING
            {
                let _ = told.send(result);
            }
        }
    });
    let name = profile.name.clone();
    let runner = Runner::new([profile], reports);
    let streaming = until_interrupted();
    let result = runner
        .stream(&name, namespace, find, &streaming, |document| {
            missing.seen(document);
            output.document(document)
        })
        .await;
    // Nothing found may mean that the name is wrong: the server answers so for a collection that is not there.
    if matches!(result, Ok(0)) {
        let request = Request::Collections {
            database: namespace.database.clone(),
        };
        runner.start(&name, LISTING, request);
        let answer = tokio::time::timeout(LISTED_WITHIN, answers.recv()).await;
        if let Ok(Some(Ok(Reply::Collections(all)))) = answer {
            tell_unknown(namespace, all.iter().map(|c| c.name.as_str()));
        }
    }
    runner.shutdown().await;
    result.map(|_| ())
}
