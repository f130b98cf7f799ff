//! `mongodeck run`: a saved query by its name, with values for its parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;

use super::execute::{self, ResultArgs, context};
use super::output::Format;
use super::target::{self, ConnectArgs};
use super::{Exit, config as configuration, print, usage};
use crate::config::queries;
use crate::query::Input;
use crate::value::diagnostic::did_you_mean;

/// Arguments of `mongodeck run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The saved query's name, as `mongodeck queries` lists it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A parameter's value: `-p since=2026-01-01`. Read by the parameter's type.
    #[arg(short = 'p', long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// The profile, or a target as `query` takes it: `PROFILE[/DB]`. None: the query's own, or the only one.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// How results are wanted.
    #[command(flatten)]
    pub results: ResultArgs,
    /// How to reach the server. The password's short flag is not there, since `-p` is a parameter.
    #[command(flatten)]
    pub connect: RunConnect,
}

/// How to reach a server that no profile names.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct RunConnect {
    /// The user's name. Its password is asked for without echo.
    #[arg(short, long, value_name = "USER")]
    pub username: Option<String>,
}

/// Runs `mongodeck run`.
#[must_use]
pub fn run(args: &RunArgs) -> Exit {
    let config = match configuration::load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let shelf = queries::load(&config);
    let Some(found) = shelf.named(&args.name) else {
        for problem in &shelf.problems {
            print::warning(problem);
        }
        let known = shelf.queries.iter().map(|f| f.query.name.as_str());
        let shown = args.name.escape_debug();
        return usage(&match did_you_mean(&args.name, known) {
            Some(near) => format!("there is no saved query `{shown}`; did you mean `{near}`?"),
            None => format!("there is no saved query `{shown}`; see `mongodeck queries`"),
        });
    };
    let query = &found.query;
    let mut given = BTreeMap::new();
    for pair in &args.parameters {
        let Some((key, value)) = pair.split_once('=') else {
            return usage(&format!(
                "`-p {}` gives no value; write `-p KEY=VALUE`",
                pair.escape_debug()
            ));
        };
        if given
            .insert(key.trim().to_owned(), value.to_owned())
            .is_some()
        {
            return usage(&format!("the parameter `{}` is given twice", key.trim()));
        }
    }
    let base = context("");
    let values = match query.bind(&given, base.now_millis) {
        Ok(values) => values,
        Err(problems) => {
            for problem in &problems {
                print::error(&problem.to_string());
            }
            return Exit::Usage;
        }
    };
    let wanted = args.profile.clone().or_else(|| query.profile.clone());
    let target = match (wanted, config.profiles.as_slice()) {
        (Some(target), _) => target,
        (None, [only]) => only.name.as_str().to_owned(),
        (None, _) => return usage("name a profile with `--profile`"),
    };
    let connect = ConnectArgs {
        username: args.connect.username.clone(),
        ..ConnectArgs::default()
    };
    let mut resolved = match target::resolve(&config, Some(&target), &connect) {
        Ok(Some(resolved)) => resolved,
        Ok(None) => return usage("name a profile with `--profile`"),
        Err(why) => return usage(&why),
    };
    if let Err(why) = target::ask_password(&mut resolved.profile, &connect) {
        return usage(&why);
    }
    // What is asked for goes before what the query says, and that before what the profile says.
    let asked = resolved
        .database
        .clone()
        .filter(|_| args.profile.is_some() && names_database(&target));
    let database = asked
        .or_else(|| query.database.clone())
        .or_else(|| resolved.database.clone());
    let context = context(database.as_deref().unwrap_or("test"));
    let name = found.origin.to_string();
    let statement = match query.statement(values, &context) {
        Ok(checked) => {
            for warning in &checked.warnings {
                print::warning(&warning.render(&name, &query.text));
            }
            match checked.input {
                Input::Statement(statement) => statement,
                Input::Value(_) => return usage("a saved query is a whole statement"),
            }
        }
        Err(problems) => {
            for problem in &problems {
                print::note(&problem.render(&name, &query.text));
            }
            return Exit::Query;
        }
    };
    let format = query.format.as_deref().and_then(Format::named);
    execute::run(
        resolved.profile,
        vec![Arc::new(statement)],
        &args.results,
        (format, query.chart),
    )
}

/// Whether a target says which database, and does not leave it to the profile.
fn names_database(target: &str) -> bool {
    match target.split_once("://") {
        Some((_, rest)) => rest
            .split('?')
            .next()
            .and_then(|r| r.split_once('/'))
            .is_some_and(|(_, path)| !path.is_empty()),
        None => target.split_once('/').is_some_and(|(_, d)| !d.is_empty()),
    }
}
