//! Makes the driver's options out of a checked profile.
//!
//! Secrets are fetched here, at the last moment, and go nowhere but into the options: no error made here holds a
//! connection string, a user's password or a command's output. Sends nothing to a server, apart from the DNS look-ups
//! of a `mongodb+srv://` address.

mod secret;

use std::path::Path as FilePath;
use std::str::FromStr;
use std::time::Duration;

use mongodb::error::ErrorKind;
use mongodb::options::{
    AuthMechanism, ClientOptions, ConnectionString, Credential, DriverInfo, HostInfo,
    SelectionCriteria, Tls, TlsOptions, WriteConcern,
};
use secrecy::{ExposeSecret, SecretString};

use crate::config::profile::{Profile, Secret};
use crate::mongo::failure::{Scene, cause_of_text, lower_first, plain};
use crate::mongo::request::{Failure, FailureKind};

/// The name that the server's logs and `$currentOp` show for us.
pub const APP_NAME: &str = "mongodeck";

/// How long to look for a server where neither the profile nor the connection string says it. The driver's own 30
/// seconds are long for a person who waits at a screen.
const SERVER_SELECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Time between two heartbeats where the connection string does not say it. A server that hangs is noticed after this and
/// the time to connect; the driver's own 10 seconds make a person wait for twice as long as the connecting alone.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// What is needed to make a client, and to speak of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The driver's options. Their `Debug` keeps the credential back.
    pub options: ClientOptions,
    /// What tells this client's connections from all others on the server.
    mark: String,
    /// Hosts and user, for the words of failures.
    pub scene: Scene,
    /// How long an operation looks for a server.
    pub selection_timeout: Duration,
    /// How long a connection of a full pool is waited for; `None` is for ever. The driver has no bound of its own.
    pub wait_queue_timeout: Option<Duration>,
    /// The database that the connection string or the profile names.
    pub database: Option<String>,
    /// The database that holds the user.
    pub authentication_database: Option<String>,
}

/// What a client says of itself to the server, beside the driver, so that its connections can be counted there.
pub(crate) fn marked(mark: &str) -> DriverInfo {
    DriverInfo::builder()
        .name(APP_NAME.to_owned())
        // The platform is cut short where the whole gets too long, with a user for one; the version never is.
        .version(format!("{}+{mark}", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Prepared {
    /// The end of what the server knows as the driver's version of this client's connections, and of no other's.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Where reads go: the connection string's read preference.
    #[must_use]
    pub fn selection(&self) -> Option<SelectionCriteria> {
        self.options.selection_criteria.clone()
    }

    /// The connection string's write concern.
    #[must_use]
    pub fn write_concern(&self) -> Option<WriteConcern> {
        self.options.write_concern.clone()
    }
}

/// The driver's options for `profile`.
///
/// # Errors
///
/// [`FailureKind::Configuration`] where a secret cannot be had, the connection string cannot be read, or a TLS file
/// is missing; [`FailureKind::Unreachable`] where the DNS does not answer for a `mongodb+srv://` address.
pub async fn prepare(profile: &Profile) -> Result<Prepared, Failure> {
    let uri = secret::resolve(&profile.uri, &profile.base).await?;
    let string = parse(&uri)?;
    let host = match &string.host_info {
        HostInfo::DnsRecord(name) => name.clone(),
        HostInfo::HostIdentifiers(hosts) => {
            hosts.first().map(ToString::to_string).unwrap_or_default()
        }
        _ => String::new(),
    };
    let wait_queue_timeout = profile.wait_queue_timeout.or(string.wait_queue_timeout());
    let mut options = ClientOptions::parse(string)
        .await
        .map_err(|e| of_parse(&e, &uri, Some(&host)))?;
    credentials(&mut options, profile)?;
    tls(&mut options, profile)?;
    limits(&mut options, profile)?;
    options.app_name.get_or_insert_with(|| APP_NAME.to_owned());
    let mark = bson::oid::ObjectId::new().to_hex();
    options.driver_info = Some(marked(&mark));
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    let selection_timeout = *options
        .server_selection_timeout
        .get_or_insert(SERVER_SELECTION_TIMEOUT);
    let scene = Scene {
        hosts: options.hosts.iter().map(ToString::to_string).collect(),
        user: options.credential.as_ref().and_then(|c| c.username.clone()),
        ..Scene::default()
    };
    Ok(Prepared {
        mark,
        wait_queue_timeout,
        database: profile
            .database
            .clone()
            .or_else(|| options.default_database.clone()),
        authentication_database: options.credential.as_ref().and_then(|c| c.source.clone()),
        options,
        scene,
        selection_timeout,
    })
}

/// Whether a person has to be asked for a password: there is a user, the mechanism wants a password, and none is known.
///
/// # Errors
///
/// As [`prepare`], without the DNS.
pub async fn password_needed(profile: &Profile) -> Result<bool, Failure> {
    if profile.password.is_some() {
        return Ok(false);
    }
    let uri = secret::resolve(&profile.uri, &profile.base).await?;
    let credential = parse(&uri)?.credential.unwrap_or_default();
    let mechanism = match &profile.authentication_mechanism {
        Some(name) => Some(mechanism(name)?),
        None => credential.mechanism.clone(),
    };
    let wants_one = matches!(
        mechanism,
        None | Some(AuthMechanism::ScramSha1 | AuthMechanism::ScramSha256 | AuthMechanism::Plain)
    );
    let user = profile.username.as_ref().or(credential.username.as_ref());
    Ok(wants_one && user.is_some() && credential.password.is_none())
}

/// Whether the connection string, as far as it stands in the configuration, is one that the driver takes. Asks nobody.
///
/// # Errors
///
/// [`FailureKind::Configuration`] with what is wrong.
pub fn check_string(profile: &Profile) -> Result<(), Failure> {
    let Secret::Text(text) = &profile.uri else {
        return Ok(());
    };
    // A string that is a variable as a whole is not known before it is set.
    if text.expose_secret().starts_with("${") {
        return Ok(());
    }
    let filled = secret::replace_variables(text, |_| Some("x".to_owned()))?;
    // A port or an option in a variable would be no `x`: then only what it is set to can be judged.
    if filled.expose_secret() == text.expose_secret() {
        parse(&filled)?;
    }
    Ok(())
}

/// What a profile refers to and this machine lacks at the moment: variables, programs, files.
#[must_use]
pub fn missing_here(profile: &Profile) -> Vec<Failure> {
    let mut missing = Vec::new();
    match &profile.uri {
        Secret::Text(text) => {
            let of_environment = |name: &str| std::env::var(name).ok();
            missing.extend(secret::replace_variables(text, of_environment).err());
        }
        Secret::Environment(name) => {
            let text = SecretString::from(format!("${{{name}}}"));
            missing.extend(secret::replace_variables(&text, |n| std::env::var(n).ok()).err());
        }
        Secret::Command(words) => {
            if let Some(program) = words.first()
                && !secret::is_program(program, &profile.base)
            {
                let what = format!("`uri_command`: there is no program `{}`", plain(program));
                missing.push(configuration(what));
            }
        }
        Secret::Keyring { .. } => {}
    }
    let files = [
        (&profile.tls.ca_file, "ca_file"),
        (&profile.tls.certificate_key_file, "certificate_key_file"),
    ];
    for (file, key) in files {
        if let Some(file) = file {
            missing.extend(readable(file, "file", key).err());
        }
    }
    missing
}

fn parse(uri: &SecretString) -> Result<ConnectionString, Failure> {
    let text = uri.expose_secret();
    if !text.starts_with("mongodb://") && !text.starts_with("mongodb+srv://") {
        return Err(configuration(
            "the connection string does not start with `mongodb://` or `mongodb+srv://`",
        )
        .with_help("write it as `mongodb://HOST:PORT/`"));
    }
    ConnectionString::parse(text).map_err(|e| of_parse(&e, uri, None))
}

fn configuration(summary: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Configuration, summary)
}

fn of_parse(error: &mongodb::error::Error, uri: &SecretString, host: Option<&str>) -> Failure {
    match error.kind.as_ref() {
        ErrorKind::DnsResolve { .. } => {
            let host = plain(host.unwrap_or("the host"));
            let cause = cause_of_text("no such host");
            Failure::new(FailureKind::Unreachable, format!("cannot look up `{host}`: the DNS has no server record for it, or does not answer"))
                .with_help(cause.help())
        }
        ErrorKind::InvalidArgument { message, .. } => {
            let message = without_secrets(&plain(message), uri.expose_secret());
            if message.contains("URL encoded") || message.contains("unescaped %") {
                return configuration(
                    "the connection string cannot be used: user and password have characters that must be escaped",
                )
                .with_help("write each of `@ : / ? # [ ] %` in them as `%XX`: `@` is `%40`, `%` is `%25`");
            }
            let (what, help) = match message.split_once(" is an invalid option") {
                Some((option, _)) => (format!("it has no option `{option}`"), instead_of(option)),
                None => (
                    lower_first(&message),
                    "see the list of options in MongoDB's manual under `connection string`",
                ),
            };
            configuration(format!("the connection string cannot be used: {what}")).with_help(help)
        }
        other => configuration(format!(
            "the connection string cannot be used: {}",
            without_secrets(&plain(&other.to_string()), uri.expose_secret())
        )),
    }
}

/// What to do about an option that a connection string does not have, but applications' settings do.
fn instead_of(option: &str) -> &'static str {
    match option.to_lowercase().as_str() {
        "poolsize" => "it is written `maxPoolSize`",
        "autoindex" | "autocreate" | "buffercommands" | "usenewurlparser"
        | "useunifiedtopology" | "usecreateindex" | "usefindandmodify" | "family" => {
            "it is an option of Mongoose's `connect`, not of a connection string: take it out"
        }
        _ => "see the list of options in MongoDB's manual under `connection string`",
    }
}

/// `text` with the user information of `uri` taken out, whichever part of it is in there.
fn without_secrets(text: &str, uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let mut parts = vec![uri];
    if let Some((info, _)) = rest.rsplit_once('@') {
        parts.push(info);
        parts.extend(info.split(':').skip(1));
    }
    // Credentials may be among the options too.
    for option in rest.split(['?', '&']).skip(1) {
        if let Some((name, value)) = option.split_once('=') {
            let name = name.to_lowercase();
            if name.contains("password") || name.contains("properties") {
                parts.push(value);
            }
        }
    }
    let mut clean = text.to_owned();
    for part in parts.into_iter().filter(|p| !p.is_empty()) {
        clean = clean.replace(part, "…");
    }
    clean
}

fn mechanism(name: &str) -> Result<AuthMechanism, Failure> {
    AuthMechanism::from_str(name).map_err(|_| {
        configuration(format!(
            "the authentication mechanism `{}` is not supported",
            plain(name)
        ))
        .with_help("use `SCRAM-SHA-256`, `SCRAM-SHA-1`, `MONGODB-X509` or `PLAIN`")
    })
}

fn credentials(options: &mut ClientOptions, profile: &Profile) -> Result<(), Failure> {
    let chosen = profile
        .authentication_mechanism
        .as_deref()
        .map(mechanism)
        .transpose()?;
    let overrides = profile.username.is_some()
        || chosen.is_some()
        || (options.credential.is_some()
            && (profile.password.is_some() || profile.authentication_database.is_some()));
    if overrides {
        let default_database = options.default_database.clone();
        let credential = options.credential.get_or_insert_with(Credential::default);
        if let Some(user) = &profile.username {
            credential.username = Some(user.clone());
        }
        if let Some(password) = &profile.password {
            credential.password = Some(password.expose_secret().to_owned());
        }
        if let Some(database) = &profile.authentication_database {
            credential.source = Some(database.clone());
        }
        if chosen.is_some() {
            credential.mechanism = chosen;
        }
        if matches!(credential.mechanism, Some(AuthMechanism::MongoDbX509)) {
            credential.source = None;
            credential.password = None;
        } else if credential.source.is_none() {
            credential.source = default_database;
        }
    }
    let Some(credential) = &options.credential else {
        return Ok(());
    };
    if let Some(mechanism) = &credential.mechanism {
        mechanism.validate_credential(credential).map_err(|e| {
            let words = match e.kind.as_ref() {
                ErrorKind::InvalidArgument { message, .. } => lower_first(&plain(message)),
                _ => "the credentials do not fit the mechanism".to_owned(),
            };
            configuration(words).with_help("check `username` and the mechanism of the profile")
        })?;
    }
    let scram = matches!(
        credential.mechanism,
        None | Some(AuthMechanism::ScramSha1 | AuthMechanism::ScramSha256)
    );
    if scram
        && credential.password.is_none()
        && let Some(user) = &credential.username
    {
        return Err(Failure::new(
                FailureKind::Authentication,
                format!("there is no password for user `{}`", plain(user)),
            )
            .with_help("start with `-p` to be asked for it, or keep it behind `uri_env`, `uri_command` or `uri_keyring`"));
    }
    Ok(())
}

fn tls(options: &mut ClientOptions, profile: &Profile) -> Result<(), Failure> {
    let wanted = &profile.tls;
    let any = wanted.ca_file.is_some() || wanted.certificate_key_file.is_some() || wanted.insecure;
    if wanted.enabled == Some(false) {
        options.tls = Some(Tls::Disabled);
        return Ok(());
    }
    if any || wanted.enabled == Some(true) {
        let mut chosen = match options.tls.take() {
            Some(Tls::Enabled(chosen)) => chosen,
            _ => TlsOptions::default(),
        };
        if let Some(file) = &wanted.ca_file {
            chosen.ca_file_path = Some(profile.base.join(file));
        }
        if let Some(file) = &wanted.certificate_key_file {
            chosen.cert_key_file_path = Some(profile.base.join(file));
        }
        if wanted.insecure {
            chosen.allow_invalid_certificates = Some(true);
        }
        options.tls = Some(Tls::Enabled(chosen));
    }
    if let Some(Tls::Enabled(chosen)) = &options.tls {
        if let Some(file) = &chosen.ca_file_path {
            readable(file, "the authorities' file", "tls.ca_file")?;
        }
        if let Some(file) = &chosen.cert_key_file_path {
            readable(file, "the client's certificate", "tls.certificate_key_file")?;
        }
    }
    Ok(())
}

fn readable(file: &FilePath, what: &str, key: &str) -> Result<(), Failure> {
    std::fs::File::open(file).map(drop).map_err(|e| {
        configuration(format!(
            "{what} `{}` cannot be read: {}",
            plain(&file.display().to_string()),
            lower_first(&plain(&e.to_string()))
        ))
        .with_help(format!("check `{key}` of the profile"))
    })
}

fn limits(options: &mut ClientOptions, profile: &Profile) -> Result<(), Failure> {
    if let Some(most) = profile.max_pool_size {
        options.max_pool_size = Some(most);
    }
    if let Some(fewest) = profile.min_pool_size {
        options.min_pool_size = Some(fewest);
    }
    if let (Some(fewest), Some(most)) = (options.min_pool_size, options.max_pool_size)
        && most != 0
        && fewest > most
    {
        return Err(configuration(format!(
            "the pool's least size `{fewest}` is above its most `{most}`"
        ))
        .with_help("lower `min_pool_size` or raise `max_pool_size` of the profile"));
    }
    if let Some(time) = profile.server_selection_timeout {
        options.server_selection_timeout = Some(time);
    }
    if let Some(time) = profile.connect_timeout {
        options.connect_timeout = Some(time);
    }
    // The driver has no socket timeout: that of a profile bounds what is awaited of reads, by `maxTimeMS`.
    Ok(())
}

#[cfg(test)]
mod tests;
