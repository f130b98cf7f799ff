//! Fetches a connection string from where a profile says it is.
//!
//! Must not put what it fetched into an error: a failure names the variable, the program or the keyring's entry, and
//! never what came out of it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;

use crate::config::profile::Secret;
use crate::mongo::failure::{lower_first, plain};
use crate::mongo::request::{Failure, FailureKind};

/// How long a program may take to print a secret. A person may have to unlock a vault meanwhile.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// More than any connection string is long.
const MOST_BYTES: u64 = 64 * 1024;

fn configuration(summary: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Configuration, summary)
}

/// The connection string that `secret` refers to. Programs run in `directory`.
pub(super) async fn resolve(secret: &Secret, directory: &Path) -> Result<SecretString, Failure> {
    let text = match secret {
        Secret::Text(text) => replace_variables(text, |name| std::env::var(name).ok())?,
        Secret::Environment(name) => std::env::var(name)
            .map(SecretString::from)
            .map_err(|_| no_variable(name))?,
        Secret::Command(words) => run(words, directory).await?,
        Secret::Keyring { service, user } => keyring(service.clone(), user.clone()).await?,
    };
    let trimmed = text.expose_secret().trim();
    if trimmed.is_empty() {
        return Err(
            configuration("the connection string is empty").with_help("check the profile's `uri`")
        );
    }
    Ok(SecretString::from(trimmed.to_owned()))
}

fn no_variable(name: &str) -> Failure {
    configuration(format!(
        "the environment variable `{}` is not set",
        plain(name)
    ))
    .with_help("export it before starting, or use `uri_command` or `uri_keyring`")
}

/// Puts the value of `VAR` where `${VAR}` stands, as it is: a value with special characters has to hold them
/// percent-encoded already.
pub(super) fn replace_variables(
    text: &SecretString,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<SecretString, Failure> {
    let mut rest = text.expose_secret();
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            return Err(
                configuration("a `${` in the connection string is not closed")
                    .with_help("write `${NAME}`"),
            );
        };
        let name = &rest[at + 2..at + end];
        out.push_str(&lookup(name).ok_or_else(|| no_variable(name))?);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(SecretString::from(out))
}

/// Whether a program of this name can be found as the operating system looks for it.
pub(super) fn is_program(program: &str, directory: &Path) -> bool {
    if program.contains('/') {
        return directory.join(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|d| d.join(program).is_file())
}

async fn run(words: &[String], directory: &Path) -> Result<SecretString, Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(configuration("`uri_command` names no program")
            .with_help("write `uri_command = [\"program\", \"argument\"]`"));
    };
    let shown = plain(program);
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if directory.is_dir() {
        command.current_dir(directory);
    }
    let mut child = command.spawn().map_err(|e| {
        configuration(format!(
            "`{shown}` cannot be started: {}",
            lower_first(&plain(&e.to_string()))
        ))
        .with_help("check `uri_command` of the profile: it is run without a shell")
    })?;
    let work = async {
        let mut bytes = Vec::new();
        if let Some(out) = child.stdout.take() {
            out.take(MOST_BYTES).read_to_end(&mut bytes).await?;
        }
        Ok::<_, std::io::Error>((child.wait().await?, bytes))
    };
    let (status, bytes) = match tokio::time::timeout(COMMAND_LIMIT, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(e)) => {
            return Err(configuration(format!(
                "the output of `{shown}` cannot be read: {}",
                lower_first(&plain(&e.to_string()))
            )));
        }
        Err(_) => {
            return Err(configuration(format!(
                "`{shown}` did not answer in {} s",
                COMMAND_LIMIT.as_secs()
            ))
            .with_help("run it by hand to see what it waits for"));
        }
    };
    if !status.success() {
        let how = status.code().map_or_else(
            || "was ended by a signal".to_owned(),
            |c| format!("ended with status `{c}`"),
        );
        return Err(
            configuration(format!("`{shown}` {how}")).with_help("run it by hand to see why")
        );
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| configuration(format!("the output of `{shown}` is not text")))?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    if line.is_empty() {
        return Err(configuration(format!("`{shown}` printed nothing"))
            .with_help("its first line has to be the connection string"));
    }
    Ok(SecretString::from(line))
}

#[cfg(feature = "keyring")]
async fn keyring(service: String, user: String) -> Result<SecretString, Failure> {
    let shown = plain(&format!("{service}/{user}"));
    let fetched = tokio::task::spawn_blocking(move || {
        keyring::Entry::new(&service, &user).and_then(|entry| entry.get_password())
    })
    .await;
    match fetched {
        Ok(Ok(secret)) => Ok(SecretString::from(secret)),
        Ok(Err(keyring::Error::NoEntry)) => Err(configuration(format!("the keyring has no entry `{shown}`"))
            .with_help(format!("store it, for one with `secret-tool store --label mongodeck service SERVICE username USER` for `{shown}`"))),
        _ => Err(configuration("the desktop's keyring cannot be opened")
            .with_help("it needs a running Secret Service; over SSH use `uri_command` or `uri_env`")),
    }
}

#[cfg(not(feature = "keyring"))]
async fn keyring(_service: String, _user: String) -> Result<SecretString, Failure> {
    Err(
        configuration("this program was built without keyring support")
            .with_help("use `uri_command` or `uri_env`, or build it with the feature `keyring`"),
    )
}
