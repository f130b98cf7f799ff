//! Profiles out of environment variables, for a person whose deployments are named there and nowhere else.
//!
//! `MONGODB_URI` is the profile `mongodb`; `DATABASE1_URI`, `DATABASE2_URI`, … are `database1`, `database2`, …;
//! `DATABASE_URI` is `database`. A profile holds the variable's name, never its value, so nothing of it reaches a file,
//! an error or a log. Beside each variable, others of the same beginning set its pool and its times: `MONGODB_MAX_POOL_SIZE`,
//! `MONGODB_MIN_POOL_SIZE`, `MONGODB_SERVER_SELECTION_TIMEOUT_MS`, `MONGODB_CONNECT_TIMEOUT_MS`, `MONGODB_SOCKET_TIMEOUT_MS`, `MONGODB_WAIT_QUEUE_TIMEOUT_MS`.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;

use super::check::bad_database;
use super::{Config, Profile, Secret};
use crate::mongo::request::ProfileName;

/// The most numbered databases that are taken.
const MOST: u32 = 99;

/// Adds a profile for each variable that holds a connection string and that no profile of `config` names. A name that
/// the configuration has already is left to it.
pub fn add(config: &mut Config, variables: &BTreeMap<String, String>) {
    for (variable, name) in names(variables) {
        let configured = config
            .profiles
            .iter()
            .any(|p| matches!(&p.uri, Secret::Environment(own) if *own == variable));
        if configured || config.profile(&name).is_some() {
            continue;
        }
        let (profile, warnings) = profile(&variable, &name, variables);
        config.warnings.extend(warnings);
        config.profiles.push(profile);
    }
}

/// The variables of this process that this module reads.
#[must_use]
pub fn of_process() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("MONGODB_") || name.starts_with("DATABASE"))
        .collect()
}

/// The variables that hold a connection string, each with the name of its profile, in order.
fn names(variables: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let is_uri = |name: &str| {
        variables.get(name).is_some_and(|value| {
            let value = value.trim();
            // A `DATABASE_URI` may as well be another kind of database's.
            value.starts_with("mongodb://") || value.starts_with("mongodb+srv://")
        })
    };
    let numbered = (1..=MOST).map(|n| (format!("DATABASE{n}_URI"), format!("database{n}")));
    [("MONGODB_URI", "mongodb"), ("DATABASE_URI", "database")]
        .into_iter()
        .map(|(variable, name)| (variable.to_owned(), name.to_owned()))
        .chain(numbered)
        .filter(|(variable, _)| is_uri(variable))
        .collect()
}

fn profile(
    variable: &str,
    name: &str,
    variables: &BTreeMap<String, String>,
) -> (Profile, Vec<String>) {
    let lead = variable.strip_suffix("URI").unwrap_or(variable);
    let mut warnings = Vec::new();
    let mut number = |what: &str, least: u64, most: u64| {
        let key = format!("{lead}{what}");
        let text = variables
            .get(&key)
            .map(|v| v.trim())
            .filter(|v| !v.is_empty())?;
        let number = text
            .parse::<u64>()
            .ok()
            .filter(|n| (least..=most).contains(n));
        if number.is_none() {
            // The value is not shown: a variable of a wrong name may hold anything.
            warnings.push(format!(
                "the environment variable `{key}` is left out: it must be a whole number from {least} to {most}"
            ));
        }
        number
    };
    let sizes = 100_000;
    let times = 24 * 3_600_000;
    let max = number("MAX_POOL_SIZE", 1, sizes);
    let min = number("MIN_POOL_SIZE", 0, sizes);
    let selection = number("SERVER_SELECTION_TIMEOUT_MS", 1, times);
    let connect = number("CONNECT_TIMEOUT_MS", 1, times);
    let queue = number("WAIT_QUEUE_TIMEOUT_MS", 1, times);
    let socket = number("SOCKET_TIMEOUT_MS", 1, times);
    let size = |n: Option<u64>| n.and_then(|n| u32::try_from(n).ok());
    let profile = Profile {
        name: ProfileName::new(name),
        uri: Secret::Environment(variable.to_owned()),
        database: variables.get(variable).and_then(|uri| database(uri)),
        max_pool_size: size(max),
        min_pool_size: size(min),
        server_selection_timeout: selection.map(Duration::from_millis),
        connect_timeout: connect.map(Duration::from_millis),
        wait_queue_timeout: queue.map(Duration::from_millis),
        socket_timeout: socket.map(Duration::from_millis),
        base: std::env::current_dir().unwrap_or_default(),
        ..Profile::new(name, SecretString::from(""))
    };
    (profile, warnings)
}

/// The database that a connection string names, to be opened at first.
fn database(uri: &str) -> Option<String> {
    let (_, rest) = uri.trim().split_once("://")?;
    let rest = rest.split('?').next()?;
    let (_, after) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (_, path) = after.split_once('/')?;
    (!path.is_empty() && bad_database(path).is_none() && !path.contains('%'))
        .then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn variables(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn each_variable_that_holds_a_connection_string_is_a_profile() {
        let mut config = Config::default();
        let variables = variables(&[
            ("MONGODB_URI", "mongodb://ada:hunter2@h/dating?tls=true"),
            ("DATABASE1_URI", "mongodb+srv://h.example/analytics"),
            ("DATABASE12_URI", "mongodb://i"),
            ("DATABASE2_URI", "postgres://ada:hunter2@h/x"),
            ("DATABASE_URL", "mongodb://h"),
            ("DATABASE1_MAX_POOL_SIZE", "5"),
            ("DATABASE1_MIN_POOL_SIZE", "1"),
            ("MONGODB_SOCKET_TIMEOUT_MS", "45000"),
            ("MONGODB_CONNECT_TIMEOUT_MS", "hunter2"),
        ]);
        add(&mut config, &variables);
        let names: Vec<&str> = config.profiles.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["mongodb", "database1", "database12"]);
        let main = config.profile("mongodb").unwrap();
        assert_eq!(main.database.as_deref(), Some("dating"));
        assert_eq!(main.socket_timeout, Some(Duration::from_secs(45)));
        let second = config.profile("database1").unwrap();
        assert_eq!(
            (second.min_pool_size, second.max_pool_size),
            (Some(1), Some(5))
        );
        assert_eq!(second.database.as_deref(), Some("analytics"));
        assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn what_is_configured_stands_before_what_the_environment_says() {
        let mut config = Config::default();
        let mut own = Profile::new("main", SecretString::from(""));
        own.uri = Secret::Environment("MONGODB_URI".to_owned());
        config.profiles.push(own);
        config.profiles.push(Profile::new(
            "database1",
            SecretString::from("mongodb://own"),
        ));
        let variables = variables(&[
            ("MONGODB_URI", "mongodb://h"),
            ("DATABASE1_URI", "mongodb://i"),
            ("DATABASE2_URI", "mongodb://j"),
        ]);
        add(&mut config, &variables);
        let names: Vec<&str> = config.profiles.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["main", "database1", "database2"]);
        assert!(matches!(
            &config.profile("database1").unwrap().uri,
            Secret::Text(_)
        ));
    }
}
