//! Puts a driver's or a server's error into words for a person: what happened, and the next step.
//!
//! Must not print a driver's error as it is: that is a dump of the topology, some hundreds of characters long. Every
//! text made here is one line, lower case, with values in backticks and without control characters.

mod cause;
mod validation;

use bson::{Bson, Document, RawBson};
use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::mongo::link::gate::NotSent;
use crate::mongo::request::{Failure, FailureKind, Namespace};
use crate::value::cell;
use crate::value::raw::with_datum;
use crate::value::shell::{Style, print};

pub(crate) use cause::{Cause, cause_of_text};
pub use validation::refusals;

/// What is known around an error, for its words.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The addresses of the deployment, `host:port`.
    pub hosts: Vec<String>,
    /// Who we are to the server.
    pub user: Option<String>,
    /// The collection at hand.
    pub namespace: Option<Namespace>,
    /// What the driver's monitors met last, by address; explains why no server can be selected.
    pub troubles: Vec<(String, Error)>,
    /// Whether a replica set answers, but has no primary.
    pub without_primary: bool,
    /// Whether the request was a write, so that a connection that broke leaves its outcome open.
    pub writing: bool,
    /// Whether the time that it was given has passed.
    pub out_of_time: bool,
}

/// The server's code for work that took longer than `maxTimeMS`.
pub(crate) const TIME_IS_OVER: i32 = 50;

/// The server's code for work that was interrupted. Of a script that runs when its time is over it may say this, too.
pub(crate) const INTERRUPTED: i32 = 11_601;

impl Scene {
    fn hosts_text(&self) -> String {
        match self.hosts.as_slice() {
            [] => "the server".to_owned(),
            [one] => format!("`{}`", plain(one)),
            [first, rest @ ..] => format!("`{}` and {} more", plain(first), rest.len()),
        }
    }
}

/// A refusal as a server words it, from a command's reply or from one of its `writeErrors`.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The error's code.
    pub code: i32,
    /// The name of that code, where the server gave it.
    pub code_name: Option<String>,
    /// `errmsg`.
    pub message: String,
    /// `errInfo`.
    pub info: Option<Document>,
    /// `keyPattern` of a duplicate key.
    pub key_pattern: Option<Document>,
    /// `keyValue` of a duplicate key.
    pub key_value: Option<Document>,
    /// Labels.
    pub labels: Vec<String>,
}

impl Said {
    /// Reads an error out of a command's reply, one element of `writeErrors`, or a `writeConcernError`.
    #[must_use]
    pub fn from_document(document: &Document) -> Self {
        let sub = |key: &str| document.get_document(key).ok().cloned();
        Self {
            code: integer(document.get("code"))
                .and_then(|c| i32::try_from(c).ok())
                .unwrap_or_default(),
            code_name: document.get_str("codeName").ok().map(str::to_owned),
            message: document
                .get_str("errmsg")
                .or_else(|_| document.get_str("$err"))
                .unwrap_or_default()
                .to_owned(),
            info: sub("errInfo"),
            key_pattern: sub("keyPattern"),
            key_value: sub("keyValue"),
            labels: document
                .get_array("errorLabels")
                .map(|labels| {
                    labels
                        .iter()
                        .filter_map(|l| l.as_str().map(str::to_owned))
                        .collect()
                })
                .unwrap_or_default(),
        }
    }
}

/// Columns of a validator's reply that are kept for the detail view.
const DETAIL: usize = 16_000;

/// A driver's error in words.
#[must_use]
pub fn translate(error: &Error, scene: &Scene) -> Failure {
    let mut failure = of_kind(error, scene);
    let mut labels: Vec<String> = error.labels().iter().cloned().collect();
    labels.sort();
    failure.labels.extend(labels);
    failure.labels.dedup();
    if failure.detail.is_empty() {
        failure.detail = plain(&error.kind.to_string());
    }
    failure
}

/// Whether a command that failed with `error` may have reached the server.
#[must_use]
pub fn may_have_been_sent(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(io) => {
            // The driver puts this label on errors of making a connection, before any command is sent on it.
            !error.contains_label(mongodb::error::SYSTEM_OVERLOADED_ERROR)
                && io.kind() != std::io::ErrorKind::ConnectionRefused
                && !matches!(
                    cause_of_text(&io.to_string()),
                    Cause::UnknownAuthority | Cause::WrongHostname | Cause::Tls
                )
        }
        ErrorKind::ConnectionPoolCleared { message, .. } => was_interrupted(message),
        ErrorKind::InvalidResponse { .. } | ErrorKind::Internal { .. } => true,
        _ => false,
    }
}

/// Whether a write that failed with `error` may have been done all the same.
#[must_use]
pub fn may_have_been_done(error: &Error) -> bool {
    match error.kind.as_ref() {
        // A server that is no primary refuses a write before it does anything; one that is interrupted may have done it.
        ErrorKind::Command(command) => !matches!(command.code, 10107 | 13435 | 13436 | 10058),
        _ => may_have_been_sent(error),
    }
}

/// Whether the driver's words for a cleared pool are of a command that was under way on a connection, and not of one
/// that still waited for a connection.
fn was_interrupted(message: &str) -> bool {
    !message.contains("cleared because another operation failed")
}

fn of_kind(error: &Error, scene: &Scene) -> Failure {
    if let Some(not_sent) = error.get_custom::<NotSent>() {
        return not_sent.failure(scene.writing);
    }
    match error.kind.as_ref() {
        ErrorKind::Command(command) => {
            let mut said = error
                .server_response()
                .and_then(|raw| Document::try_from(raw.as_ref()).ok())
                .map(|d| Said::from_document(&d))
                .unwrap_or_default();
            said.code = command.code;
            if !command.code_name.is_empty() {
                said.code_name = Some(command.code_name.clone());
            }
            if said.message.is_empty() {
                said.message.clone_from(&command.message);
            }
            said.labels.clear();
            of_server(&said, scene)
        }
        ErrorKind::Write(WriteFailure::WriteError(write)) => of_server(
            &Said {
                code: write.code,
                code_name: write.code_name.clone(),
                message: write.message.clone(),
                info: write.details.clone(),
                ..Said::default()
            },
            scene,
        ),
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => of_write_concern(&Said {
            code: concern.code,
            code_name: Some(concern.code_name.clone()).filter(|n| !n.is_empty()),
            message: concern.message.clone(),
            ..Said::default()
        }),
        ErrorKind::Authentication { message, .. } => of_authentication(message, scene),
        ErrorKind::Io(io) => {
            if let Some(inner) = io
                .get_ref()
                .and_then(|e| e.downcast_ref::<Error>())
                .filter(|e| !matches!(e.kind.as_ref(), ErrorKind::Io(_)))
            {
                return translate(inner, scene);
            }
            if scene.writing && may_have_been_sent(error) {
                return unknown_outcome(&cause::of_io(io).words());
            }
            unreachable(&cause::of_io(io), scene)
        }
        ErrorKind::ConnectionPoolCleared { .. } if scene.writing && may_have_been_sent(error) => {
            unknown_outcome("the server stopped answering")
        }
        ErrorKind::ConnectionPoolCleared { message, .. } => {
            unreachable(&cause_of_text(message), scene)
        }
        ErrorKind::DnsResolve { message, .. } => {
            let mut failure = unreachable(&Cause::NoSuchHost, scene);
            failure.detail = plain(message);
            failure
        }
        ErrorKind::ServerSelection { message, .. } => of_selection(message, scene),
        ErrorKind::InvalidTlsConfig { message, .. } => {
            Failure::new(FailureKind::Configuration, plain(message))
                .with_help("check `tls.ca_file` and `tls.certificate_key_file` of the profile")
        }
        ErrorKind::InvalidArgument { message, .. } => {
            Failure::new(FailureKind::Query, lower_first(&plain(message)))
        }
        ErrorKind::IncompatibleServer { message, .. } => Failure::new(
            FailureKind::Other,
            format!("the server is too old or too new: {}", plain(message)),
        ),
        ErrorKind::SessionsNotSupported => {
            Failure::new(FailureKind::Other, "the server does not support sessions")
        }
        ErrorKind::Shutdown => Failure::new(FailureKind::Cancelled, "the connection was closed"),
        ErrorKind::InvalidResponse { message, .. } | ErrorKind::Internal { message, .. }
            if scene.writing =>
        {
            unknown_outcome(&plain(message))
        }
        ErrorKind::InvalidResponse { message, .. } => Failure::new(
            FailureKind::Other,
            format!("the server's reply cannot be read: {}", plain(message)),
        ),
        other => Failure::new(FailureKind::Other, lower_first(&plain(&other.to_string()))),
    }
}

/// The write was sent, and no answer came.
#[must_use]
pub fn unknown_outcome(reason: &str) -> Failure {
    Failure::new(
        FailureKind::UnknownOutcome,
        format!(
            "the write was sent, but no answer came ({reason}): it may or may not have been done"
        ),
    )
    .with_help("read the document again before writing once more")
}

fn unreachable(cause: &Cause, scene: &Scene) -> Failure {
    let hosts = scene.hosts_text();
    let kind = match cause {
        Cause::UnknownAuthority
        | Cause::WrongHostname
        | Cause::Expired
        | Cause::Tls
        | Cause::NotTls => FailureKind::Tls,
        _ => FailureKind::Unreachable,
    };
    Failure::new(kind, format!("cannot reach {hosts}: {}", cause.words())).with_help(cause.help())
}

/// What is said of a set that has no primary, by what is known of its members.
#[must_use]
pub fn no_primary(scene: &Scene) -> Failure {
    let away = match scene.troubles.as_slice() {
        [] => String::new(),
        [(one, _)] => format!("; `{}` does not answer", plain(one)),
        more => format!("; {} members do not answer", more.len()),
    };
    Failure::new(
        FailureKind::NoPrimary,
        format!("the set of {} has no primary at the moment{away}", scene.hosts_text()),
    )
    .with_help("an election may be under way: it is tried again by itself; for reads alone set `readPreference=secondaryPreferred`")
}

/// What is said of a server that answers and is not of the set that the profile asks for. `what` is what it is.
#[must_use]
pub fn stranger(address: &str, what: &str, wanted: &str) -> Failure {
    Failure::new(
        FailureKind::Configuration,
        format!(
            "`{}` answers, but it is {}, and the profile asks for the set `{}`",
            plain(address),
            plain(what),
            plain(wanted)
        ),
    )
    .with_help("write the name of its set as `replicaSet` into the connection string, or leave that option out")
}

fn of_selection(message: &str, scene: &Scene) -> Failure {
    if scene.without_primary {
        return no_primary(scene);
    }
    // What the monitors met says more than the selection that waited for them in vain.
    if let Some((address, trouble)) = scene.troubles.first() {
        let alone = Scene {
            hosts: if scene.hosts.len() > 1 {
                scene.hosts.clone()
            } else {
                vec![address.clone()]
            },
            troubles: Vec::new(),
            writing: false,
            ..scene.clone()
        };
        if !matches!(trouble.kind.as_ref(), ErrorKind::ServerSelection { .. }) {
            return of_kind(trouble, &alone);
        }
    }
    let cause = cause_of_text(message);
    if matches!(cause, Cause::Unknown(_)) && message.contains("ReplicaSetNoPrimary") {
        return no_primary(scene);
    }
    match cause {
        Cause::Unknown(_) => Failure::new(
            FailureKind::Unreachable,
            format!("no suitable server of {} answered in time", scene.hosts_text()),
        )
        .with_help("check the address, `replicaSet`, `directConnection` and `readPreference` of the profile"),
        cause => unreachable(&cause, scene),
    }
}

fn of_authentication(message: &str, scene: &Scene) -> Failure {
    let who = scene.user.as_deref().map_or_else(
        || "the server did not accept the credentials".to_owned(),
        |user| {
            format!(
                "the server did not accept the credentials of `{}`",
                plain(user)
            )
        },
    );
    let mut failure = Failure::new(FailureKind::Authentication, who)
        .with_help("check the user, the password and the authentication database of the profile");
    failure.detail = plain(message);
    failure
}

/// A failed write concern: the write was done, but not on as many members as was asked for.
fn of_write_concern(said: &Said) -> Failure {
    let mut failure = Failure::new(
        FailureKind::UnknownOutcome,
        format!(
            "the write was done on the primary, but is not confirmed by enough members: {}",
            plain(&said.message)
        ),
    )
    .with_help("it may be rolled back; read the document again");
    fill(&mut failure, said);
    failure
}

/// A `writeConcernError` of a reply in words.
#[must_use]
pub fn of_unconfirmed(said: &Said) -> Failure {
    of_write_concern(said)
}

fn fill(failure: &mut Failure, said: &Said) {
    failure.code = Some(said.code);
    failure.code_name.clone_from(&said.code_name);
    failure.labels.extend(said.labels.iter().cloned());
    if failure.detail.is_empty() {
        failure.detail = plain(&said.message);
    }
}

/// A server's refusal in words.
#[must_use]
pub fn of_server(said: &Said, scene: &Scene) -> Failure {
    let mut failure = of_code(said, scene);
    fill(&mut failure, said);
    if said.code == 121
        && let Some(info) = &said.info
    {
        failure.refusals = refusals(info);
        let all = RawBson::try_from(Bson::Document(info.clone()))
            .ok()
            .and_then(|raw| print(raw.as_raw_bson_ref(), &Style::LINE).ok())
            .unwrap_or_default();
        failure.detail = format!("{} {}", plain(&said.message), cell::cut(&all, DETAIL));
    }
    failure
}

fn of_code(said: &Said, scene: &Scene) -> Failure {
    let message = plain(&said.message);
    let there = scene.namespace.as_ref().map_or_else(
        || "the collection".to_owned(),
        |n| format!("`{}`", plain(&n.to_string())),
    );
    match said.code {
        18 | 11 => of_authentication(&message, scene),
        8000 if message.to_lowercase().contains("auth") => of_authentication(&message, scene),
        13 | 8000 | 33 => {
            let who = scene.user.as_deref().map_or_else(
                || "this user".to_owned(),
                |u| format!("user `{}`", plain(u)),
            );
            if message.contains("requires authentication") {
                return Failure::new(FailureKind::Authentication, "the server requires a login")
                    .with_help("give the profile a user and a password");
            }
            Failure::new(
                FailureKind::Permission,
                format!("{who} may not do that: {}", not_authorised(&message)),
            )
            .with_help("ask for a role that allows it, or use another user")
        }
        code if code == TIME_IS_OVER || (code == INTERRUPTED && scene.out_of_time) => Failure::new(
            FailureKind::Timeout,
            "it took longer than `max_time` allows, and was stopped by the server",
        )
        .with_help("narrow the filter, add an index, or raise `max_time` of the profile"),
        262 => Failure::new(
            FailureKind::Timeout,
            "the server gave it up after its own limit of time",
        )
        .with_help("it may be overloaded: try again in a moment, or narrow the filter"),
        261 => Failure::new(
            FailureKind::Other,
            "the server has no room for another session",
        )
        .with_help(
            "sessions end 30 minutes after their last use: close other clients, or try again later",
        ),
        INTERRUPTED | 24 => Failure::new(FailureKind::Cancelled, "it was stopped on the server"),
        11602 => Failure::new(
            FailureKind::Cancelled,
            "it was stopped by a change of the primary",
        )
        .with_help("try again"),
        10107 | 13435 | 10058 => Failure::new(
            FailureKind::Unreachable,
            "the server is not the primary of its set (any more)",
        )
        .with_help("try again in a moment, or connect to the whole set instead of one member"),
        11600 | 91 | 189 | 13436 => Failure::new(
            FailureKind::Unreachable,
            "the server is shutting down or not ready",
        )
        .with_help("try again in a moment"),
        6 | 7 | 89 | 9001 => Failure::new(
            FailureKind::Unreachable,
            format!("the server lost its own connection: {message}"),
        )
        .with_help("try again in a moment"),
        11000 | 11001 | 12582 => duplicate_key(said, &message),
        121 => {
            let count = said.info.as_ref().map_or(0, |i| refusals(i).len());
            let summary = match count {
                0 => format!("the validator of {there} refuses the document"),
                1 => format!("the validator of {there} refuses the document at 1 place"),
                n => format!("the validator of {there} refuses the document at {n} places"),
            };
            Failure::new(FailureKind::Validation, summary)
                .with_help("the server's rules are among the collection's details")
        }
        66 => immutable(&message),
        10334 | 17419 | 17420 | 10003 => Failure::new(
            FailureKind::TooLarge,
            "the document is larger than the 16 MiB that a document may have",
        )
        .with_help("split it, or keep large binaries outside of it"),
        26 => Failure::new(
            FailureKind::Gone,
            format!("{there} does not exist (any more)"),
        )
        .with_help("refresh the list"),
        43 | 175 | 136 | 237 => Failure::new(FailureKind::Gone, "the server's cursor is gone")
            .with_help("refresh to read again"),
        48 => Failure::new(FailureKind::Query, format!("{there} exists already"))
            .with_help("choose another name"),
        73 => Failure::new(
            FailureKind::Query,
            format!("the name is not allowed: {message}"),
        ),
        166 => Failure::new(FailureKind::Query, "a view cannot do that")
            .with_help("use the collection that it is over"),
        292 => Failure::new(
            FailureKind::Query,
            "the sort needs more memory than the server allows",
        )
        .with_help("add an index on the sorted field, or narrow the filter"),
        20 if message.contains("read-only") => Failure::new(FailureKind::Query, message),
        2 | 9 | 14 | 16 | 17 | 20 | 40 | 40415 | 51 | 52 | 54 | 56 | 59 | 67 | 72 | 115 | 118
        | 168 => Failure::new(
            FailureKind::Query,
            format!("the server does not accept this: {}", lower_first(&message)),
        ),
        c if (10_000..100_000).contains(&c) => Failure::new(
            FailureKind::Query,
            format!("the server does not accept this: {}", lower_first(&message)),
        ),
        _ if message.is_empty() => Failure::new(
            FailureKind::Other,
            format!("the server answered with error {}", said.code),
        ),
        _ => Failure::new(FailureKind::Other, lower_first(&message)),
    }
}

/// `not authorized on shop to execute command { update: "orders", … }`: the command's text is dropped.
fn not_authorised(message: &str) -> String {
    match message.split_once(" to execute command") {
        Some((head, tail)) => {
            let command: String = tail
                .trim_start_matches([' ', '{'])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric())
                .collect();
            format!("{} to run `{command}`", head.trim())
        }
        None => lower_first(message),
    }
}

fn duplicate_key(said: &Said, message: &str) -> Failure {
    let index = between(message, "index: ", " ").unwrap_or_default();
    let value = said.key_value.as_ref().map_or_else(
        || {
            message
                .split_once("dup key: ")
                .map(|(_, v)| v.trim().to_owned())
                .unwrap_or_default()
        },
        |value| {
            value
                .iter()
                .map(|(k, v)| format!("{}: {}", plain(k), value_text(v, 60)))
                .collect::<Vec<_>>()
                .join(", ")
        },
    );
    let summary = match (index, value.as_str()) {
        ("", "") => "a unique index has that value already".to_owned(),
        ("", value) => format!("a unique index has `{value}` already"),
        (index, "") => format!("unique index `{index}` has that value already"),
        (index, value) => format!("unique index `{index}` has `{value}` already"),
    };
    Failure::new(FailureKind::DuplicateKey, summary)
        .with_help("change the value, or edit the document that has it")
}

fn immutable(message: &str) -> Failure {
    let field = between(message, "field '", "'")
        .or_else(|| between(message, "field(s) '", "'"))
        .unwrap_or("_id");
    let field = if message.contains("'_id'") {
        "_id"
    } else {
        field
    };
    Failure::new(
        FailureKind::ImmutableField,
        format!("`{field}` of a document cannot be changed"),
    )
    .with_help("insert a copy with the new value and delete the old document")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    Some(rest.split_once(to).map_or(rest, |(inner, _)| inner))
}

/// One line without control characters, bidirectional overrides among them.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_control() => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => ' ',
            c => c,
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A value as shell text on one line, cut to `width` columns.
pub(crate) fn value_text(value: &Bson, width: usize) -> String {
    let shown = RawBson::try_from(value.clone()).ok().and_then(|raw| {
        with_datum(raw.as_raw_bson_ref(), |datum| {
            Ok(cell::literal_datum(datum, width))
        })
        .ok()
    });
    shown.unwrap_or_else(|| "…".to_owned())
}

pub(crate) fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    match (chars.next(), chars.clone().next()) {
        // An abbreviation or a name in capitals stays as it is.
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        (Some(first), _) => std::iter::once(first).chain(chars).collect(),
        (None, _) => String::new(),
    }
}

pub(crate) fn integer(value: Option<&Bson>) -> Option<i64> {
    match value? {
        Bson::Int32(n) => Some(i64::from(*n)),
        Bson::Int64(n) => Some(*n),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a count of a server fits well within 2^53"
        )]
        Bson::Double(n) if n.is_finite() => Some(*n as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
