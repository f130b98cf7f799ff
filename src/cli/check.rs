//! `mongodeck check`: the collections of a target, held to their models.
//!
//! Only reads, whatever the profile allows. Reports go to standard output as they come; progress goes to standard error,
//! and only where that is a terminal. Ctrl-C stops the operation on the server too.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc;

use super::target::{self, ConnectArgs, Resolved};
use super::{Exit, block_on, config as configuration, fail, print, usage};
use crate::config::check::parse_duration;
use crate::config::{Config, Profile, models};
use crate::model::{Library, Reading, SharedModel};
use crate::mongo::request::drift::{Check, CheckReport, Phase, Progress};
use crate::mongo::request::{
    Failure, FailureKind, Namespace, ProfileName, Reply, Report, Request, TaskId,
};
use crate::mongo::runner::Runner;
use output::Output;

mod json;
mod junit;
mod output;
mod table;

/// Databases of the server's own.
const OWN: [&str; 3] = ["admin", "config", "local"];

/// Arguments of `mongodeck check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 no drift, 1 drift, 2 usage or configuration, or a collection that cannot be checked, 3 connection, 4 timeout, 130 interrupted.

Drift is: documents that break their model (warnings too), references that lead nowhere, values that occur twice where the \
model wants them once, indexes that are missing, different or extra, a validator that says something else than the model. \
A default that documents lack, and a validator that is not there, are told and are no drift.

`--format json` prints one object a line for each collection: `namespace`, `model`, `drift` (how many kinds), `documents`, \
`bytes`, `complete`, `refused`, `warned`, `took_ms`, and the lists `violations`, `missing_defaults`, `dangling`, `duplicates`, \
`indexes`, `notes`, and `validator`; ids and values are Extended JSON. One that cannot be checked has `error` instead.")]
pub struct CheckArgs {
    /// `PROFILE`, `PROFILE/DB` or `PROFILE/DB.COLL`, or a `mongodb://` or `mongodb+srv://` URI whose path is `/`, `/DB` or
    /// `/DB.COLL`; `DB` or `DB.COLL` with `--host`.
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The model file (`.js`, `.ts`, or a `$jsonSchema` in a `.json`) or `shipped:SYSTEM`, instead of the configured ones;
    /// `#NAME` chooses one of several.
    #[arg(long, value_name = "FILE[#NAME]", conflicts_with = "models")]
    pub model: Option<String>,
    /// Model files by a glob (`*`, `**`, `?`, `{a,b}`), or `shipped`, `shipped:SYSTEM`, instead of the configured ones. May
    /// be repeated.
    #[arg(long, value_name = "GLOB")]
    pub models: Vec<String>,
    /// Look at the first so many documents of each collection only; 0 is all.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// How reports are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// The server stops reading a collection after this long: `30s`, `10m`. None: it may take as long as it needs.
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
    /// How to reach the server.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// How reports are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON object a line for each collection.
    Json,
    /// JUnit's XML, for continuous integration.
    Junit,
}

/// What is to be checked.
struct Plan {
    profile: Profile,
    database: Option<String>,
    collection: Option<String>,
    models: Models,
    limit: Option<u64>,
    max_time: Option<Duration>,
}

/// Where models come from.
struct Models {
    library: Library,
    /// A file that was named holds wherever the collection is called so, whatever database it names.
    named: Option<Named>,
}

struct Named {
    argument: String,
    chosen: Vec<SharedModel>,
    is_only: bool,
}

/// Runs `mongodeck check`.
#[must_use]
pub fn run(args: &CheckArgs) -> Exit {
    let plan = match prepare(args) {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let mut output = Output::new(args.format);
    let result = match block_on(check_all(plan, &mut output)) {
        Ok(result) => result,
        Err(exit) => return exit,
    };
    match result {
        Ok(()) => output.end(),
        Err(Stopped::Usage(message)) => usage(&message),
        Err(Stopped::Failure(failure)) => {
            output.break_off();
            if failure.kind == FailureKind::Cancelled {
                print::note("stopped");
                return Exit::Interrupted;
            }
            match fail(&failure) {
                // One is for drift alone.
                Exit::Query => Exit::Usage,
                exit => exit,
            }
        }
    }
}

enum Stopped {
    Usage(String),
    Failure(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

fn prepare(args: &CheckArgs) -> Result<Plan, Exit> {
    let max_time = match args.max_time.as_deref() {
        None => None,
        Some(text) => Some(parse_duration(text).ok_or_else(|| {
            usage(&format!(
                "`--max-time {}` is no time; write `500ms`, `30s` or `10m`",
                text.escape_debug()
            ))
        })?),
    };
    let named = match &args.model {
        Some(argument) => Some(read_models(argument).map_err(|e| usage(&e))?),
        None => None,
    };
    let config = configuration::load()?;
    let resolved =
        target::resolve(&config, Some(&args.target), &args.connect).map_err(|e| usage(&e))?;
    let Some(Resolved {
        mut profile,
        database,
        collection,
    }) = resolved
    else {
        return Err(usage("name a profile, a database or a collection"));
    };
    let models = match named {
        Some(models) => models,
        None if !args.models.is_empty() => globbed(&args.models)?,
        None => configured(&config, &profile)?,
    };
    target::ask_password(&mut profile, &args.connect).map_err(|e| usage(&e))?;
    // This command only reads, whatever the profile allows.
    profile.read_only = true;
    Ok(Plan {
        profile,
        database,
        collection,
        models,
        limit: args.limit.filter(|n| *n > 0),
        max_time,
    })
}

fn configured(config: &Config, profile: &Profile) -> Result<Models, Exit> {
    let mut library = Library::default();
    for globs in config.models_of(profile) {
        library.extend(models::load(&globs.base, &globs.patterns));
    }
    tell_gaps(&library);
    if library.models.is_empty() {
        return Err(usage(
            "there is no model: name files in `models` of the configuration, or one with `--model FILE`",
        ));
    }
    Ok(Models {
        library,
        named: None,
    })
}

/// The models that `--models` means.
fn globbed(patterns: &[String]) -> Result<Models, Exit> {
    let here = std::env::current_dir().unwrap_or_default();
    let library = models::load(&here, patterns);
    if library.models.is_empty() {
        let why: Vec<String> = library
            .gaps
            .iter()
            .map(|g| format!("{}: {}", g.file, g.what))
            .collect();
        return Err(usage(&format!("no model: {}", why.join("; "))));
    }
    tell_gaps(&library);
    Ok(Models {
        library,
        named: None,
    })
}

fn tell_gaps(library: &Library) {
    let of_models = library.models.iter().flat_map(|m| &m.gaps);
    let told: BTreeSet<_> = library.gaps.iter().chain(of_models).collect();
    for gap in told {
        print::warning(&format!("{}:{}: {}", gap.file, gap.line, gap.what));
    }
}

/// The models that `--model` names.
fn read_models(argument: &str) -> Result<Models, String> {
    // A file's name may have a `#` of its own.
    let (file, name) = match argument.rsplit_once('#') {
        Some((file, name)) if !Path::new(argument).is_file() => (file, Some(name)),
        _ => (argument, None),
    };
    if file.starts_with("shipped:") {
        let library = models::of_shipped(file, name)?;
        let chosen = library.models.clone();
        return Ok(Models {
            named: Some(Named {
                argument: argument.to_owned(),
                is_only: chosen.len() == 1,
                chosen,
            }),
            library: models::of_shipped(file, None)?,
        });
    }
    let reading = models::read_file(Path::new(file)).map_err(|e| e.render(file))?;
    let own = |m: &SharedModel| m.source.file == file;
    let schemas: Vec<SharedModel> = reading.schemas.iter().cloned().map(Arc::new).collect();
    let mut library = Library::default();
    library.add_reading(Reading {
        schemas: Vec::new(),
        ..reading
    });
    tell_gaps(&library);
    let all: Vec<SharedModel> = library.models.iter().chain(&schemas).cloned().collect();
    let chosen: Vec<SharedModel> = match name {
        Some(name) => all
            .iter()
            .filter(|m| m.name == name)
            .take(1)
            .cloned()
            .collect(),
        // The models that a file imports come before its own.
        None if library.models.iter().any(own) => {
            library.models.iter().filter(|m| own(m)).cloned().collect()
        }
        None if !library.models.is_empty() => library.models.clone(),
        None => schemas,
    };
    if chosen.is_empty() {
        let names: Vec<String> = all.iter().map(|m| format!("`{}`", m.name)).collect();
        return Err(match (name, names.is_empty()) {
            (Some(name), false) => format!(
                "`{file}` has no model `{name}`; it has {}",
                names.join(", ")
            ),
            _ => format!(
                "`{file}` makes no model; a model file calls `new Schema(…)` and `model(…)`"
            ),
        });
    }
    let is_only = chosen.len() == 1;
    Ok(Models {
        library,
        named: Some(Named {
            argument: argument.to_owned(),
            chosen,
            is_only,
        }),
    })
}

impl Models {
    /// The model of a collection that the target names.
    fn of_target(&self, namespace: &Namespace) -> Result<SharedModel, String> {
        if let Some(model) = self.of(namespace) {
            return Ok(model);
        }
        match &self.named {
            Some(named) if named.is_only => Ok(Arc::clone(&named.chosen[0])),
            Some(named) => {
                let names: Vec<String> = named
                    .chosen
                    .iter()
                    .map(|m| format!("`{}`", m.name))
                    .collect();
                Err(format!(
                    "none of the models of `{}` is of the collection `{}`; choose one with `#NAME`: {}",
                    named.argument,
                    namespace.collection,
                    names.join(", ")
                ))
            }
            None => Err(format!(
                "no configured model describes `{namespace}`; name one with `--model FILE#NAME`"
            )),
        }
    }

    /// The model of a collection that was listed; `None` where there is none.
    fn of(&self, namespace: &Namespace) -> Option<SharedModel> {
        match &self.named {
            Some(named) => named
                .chosen
                .iter()
                .find(|m| m.collection == namespace.collection)
                .cloned(),
            None => self
                .library
                .for_namespace(&namespace.database, &namespace.collection),
        }
    }
}

/// A runner, and what it tells.
struct Session {
    runner: Runner,
    profile: ProfileName,
    reports: mpsc::UnboundedReceiver<Report>,
    interrupts: mpsc::UnboundedReceiver<()>,
    next: u64,
}

impl Session {
    fn new(profile: Profile) -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        let name = profile.name.clone();
        let runner = Runner::new([profile], sender);
        let (interrupted, interrupts) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                if interrupted.send(()).is_err() {
                    return;
                }
                // A write to a full pipe cannot be stopped otherwise; a second Ctrl-C does not wait either.
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(5)) => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
                std::process::exit(Exit::Interrupted as i32);
            }
        });
        Self {
            runner,
            profile: name,
            reports,
            interrupts,
            next: 0,
        }
    }

    async fn ask(
        &mut self,
        request: Request,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Reply, Failure> {
        self.next += 1;
        let task = TaskId(self.next);
        self.runner.start(&self.profile, task, request);
        loop {
            tokio::select! {
                report = self.reports.recv() => match report {
                    Some(Report::Settled { task: t, result, .. }) if t == task => return result,
                    Some(Report::Progress { task: t, progress: so_far, .. }) if t == task => {
                        progress(&so_far);
                    }
                    Some(_) => {}
                    None => return Err(Failure::new(FailureKind::Other, "the runner is gone")),
                },
                Some(()) = self.interrupts.recv() => self.runner.cancel(task),
            }
        }
    }
}

async fn check_all(plan: Plan, output: &mut Output) -> Result<(), Stopped> {
    let mut session = Session::new(plan.profile.clone());
    let result = check_each(&plan, &mut session, output).await;
    print::clear_progress();
    session.runner.shutdown().await;
    result
}

async fn check_each(
    plan: &Plan,
    session: &mut Session,
    output: &mut Output,
) -> Result<(), Stopped> {
    for (namespace, model) in targets(plan, session).await? {
        let mut check = Check::new(namespace.clone(), Arc::clone(&model), &plan.models.library)
            .with_limit(plan.limit);
        check.max_time = plan.max_time;
        let request = Request::Check(Box::new(check));
        let reply = session
            .ask(request, |progress| tell_progress(&namespace, progress))
            .await;
        print::clear_progress();
        match reply {
            Ok(Reply::Checked(report)) => output.report(&report),
            Ok(_) => {}
            Err(failure)
                if matches!(
                    failure.kind,
                    FailureKind::Permission | FailureKind::Query | FailureKind::Other
                ) =>
            {
                // The other collections can be checked all the same.
                print::error(&format!("`{namespace}`: {failure}"));
                output.failure(&namespace, &model.name, &failure);
            }
            Err(failure) if failure.kind == FailureKind::Gone && plan.collection.is_some() => {
                return Err(Stopped::Usage(failure.to_string()));
            }
            Err(failure) if failure.kind == FailureKind::Gone => {}
            Err(failure) => return Err(failure.into()),
        }
        if output.is_closed() {
            return Ok(());
        }
    }
    Ok(())
}

/// The collections to check, with their models.
async fn targets(
    plan: &Plan,
    session: &mut Session,
) -> Result<Vec<(Namespace, SharedModel)>, Stopped> {
    if let (Some(database), Some(collection)) = (&plan.database, &plan.collection) {
        let namespace = Namespace::new(database, collection);
        let model = plan.models.of_target(&namespace).map_err(Stopped::Usage)?;
        return Ok(vec![(namespace, model)]);
    }
    let databases = match &plan.database {
        Some(database) => vec![database.clone()],
        None => match session.ask(Request::Databases, |_| {}).await? {
            Reply::Databases(list) => list
                .into_iter()
                .map(|d| d.name)
                .filter(|d| !OWN.contains(&d.as_str()))
                .collect(),
            _ => Vec::new(),
        },
    };
    let mut found = Vec::new();
    for database in databases {
        let request = Request::Collections {
            database: database.clone(),
        };
        if let Reply::Collections(list) = session.ask(request, |_| {}).await? {
            for collection in list {
                let namespace = Namespace::new(&database, &collection.name);
                if let Some(model) = plan.models.of(&namespace) {
                    found.push((namespace, model));
                }
            }
        }
    }
    if found.is_empty() {
        let place = plan.database.as_ref().map_or_else(
            || format!("profile `{}`", plan.profile.name),
            |d| format!("database `{d}`"),
        );
        return Err(Stopped::Usage(format!(
            "no collection of {place} has a model; name model files in `models` of the configuration, or one with `--model`"
        )));
    }
    Ok(found)
}

fn tell_progress(namespace: &Namespace, progress: &Progress) {
    if !print::errors_to_terminal() {
        return;
    }
    let mut line = format!("{namespace}  {}", grouped(progress.documents));
    if let Some(all) = progress.of_about {
        line.push_str(&format!(" of about {}", grouped(all)));
    }
    if let Some(part) = progress.part() {
        line.push_str(&format!("  {:.0} %", part * 100.0));
    }
    match progress.phase {
        Phase::Duplicates => line.push_str("  looking for duplicates"),
        _ => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rate is a small positive number"
            )]
            let rate = progress.rate() as u64;
            line.push_str(&format!("  {}/s", grouped(rate)));
            if let Some(left) = progress.left().filter(|l| l.as_secs() > 0) {
                line.push_str(&format!("  {} s left", left.as_secs()));
            }
        }
    }
    print::progress(&line);
}

/// A number with its digits in groups of three.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a report says in one line.
fn headline(report: &CheckReport) -> String {
    let mut line = format!(
        "{}  {}  {} documents",
        report.namespace,
        report.model,
        grouped(report.findings.documents)
    );
    if !report.complete {
        line.push_str(" (the first ones)");
    }
    match report.drifts() {
        0 => line.push_str(", no drift"),
        1 => line.push_str(", 1 kind of drift"),
        n => line.push_str(&format!(", {n} kinds of drift")),
    }
    line
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_stand_in_groups() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(n), text);
        }
    }
}
