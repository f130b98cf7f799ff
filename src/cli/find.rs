//! `mongodeck find`: the documents of a collection that match, on standard output.
//!
//! Streams: memory depends on one batch and one document, never on how many there are. Nothing but data goes to
//! standard output. Ctrl-C stops the operation on the server too; a reader that went away ends the command quietly.

use std::ops::ControlFlow;
use std::time::Duration;

use bson::RawDocumentBuf;
use clap::Args;
use tokio::sync::mpsc;

use super::output::{self, Format, Output, Wish};
use super::target::{self, ConnectArgs};
use super::{Exit, block_on, config as configuration, fail, print, usage};
use crate::config::Profile;
use crate::config::check::parse_duration;
use crate::mongo::request::{Failure, FailureKind, Find, Namespace};
use crate::mongo::runner::{Runner, Streaming};
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
    let mut output = match Output::new(Wish {
        format,
        columns: args.columns.clone(),
        out: args.out.clone(),
        raw_csv: args.raw_csv,
    }) {
        Ok(output) => output,
        Err(why) => return usage(&why),
    };
    let streamed = match block_on(stream(profile, &namespace, &find, &mut output)) {
        Ok(streamed) => streamed,
        Err(exit) => return exit,
    };
    // What was read before a failure is data too; the exit code tells that it is not all.
    let ended = match &streamed {
        Ok(()) => output.end(),
        Err(_) => output.broken_off(),
    };
    for note in output.notes() {
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

async fn stream(
    profile: Profile,
    namespace: &Namespace,
    find: &Find,
    output: &mut Output,
) -> Result<(), Failure> {
    // What is reported of the connection is for a screen; failures come back by themselves.
    let (reports, mut unread) = mpsc::unbounded_channel();
    tokio::spawn(async move { while unread.recv().await.is_some() {} });
    let name = profile.name.clone();
    let runner = Runner::new([profile], reports);
    let streaming = until_interrupted();
    let result = runner
        .stream(&name, namespace, find, &streaming, |document| {
            output.document(document)
        })
        .await;
    runner.shutdown().await;
    result.map(|_| ())
}
