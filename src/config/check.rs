//! From a file as written to a file that can be used: what each value means, and whether it can be so.
//!
//! Pure but for the names of files: it reads no file, no environment and no clock. Every problem has its place in the
//! text; a profile with a problem is left out of the result, and the caller refuses the whole file then.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::raw::{Kind, Placed, RawFile, RawProfile};
use super::{Globs, Profile, Secret, Settings, Theme, Tls};
use crate::mongo::request::ProfileName;
use crate::value::diagnostic::did_you_mean;
use crate::value::{Diagnostic, Span};

/// The 16 colours by name. The bright one of `gray` is `white`.
pub const COLORS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "white",
];

/// The mechanisms that the driver knows.
pub const MECHANISMS: [&str; 7] = [
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "MONGODB-X509",
    "PLAIN",
    "GSSAPI",
    "MONGODB-AWS",
    "MONGODB-OIDC",
];

/// How long an unlock of a production profile lasts where the profile does not say.
pub const UNLOCK_FOR: Duration = Duration::from_secs(5 * 60);

/// A file, checked.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Its profiles, in order.
    pub profiles: Vec<Profile>,
    /// Its settings; the defaults where it has none.
    pub settings: Settings,
    /// Its globs of model files.
    pub models: Globs,
    /// Its globs of saved query files.
    pub queries: Globs,
    /// What deserves a look but stops nothing.
    pub warnings: Vec<Diagnostic>,
}

/// Checks what `raw` says. `base` is the directory that its relative paths stand against; `exposed` says that others
/// may read the file.
///
/// # Errors
/// Every problem of the file, in the order of the text.
pub fn check(
    raw: RawFile,
    base: &Path,
    kind: Kind,
    exposed: bool,
) -> Result<Checked, Vec<Diagnostic>> {
    let mut checker = Checker {
        base,
        kind,
        exposed,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let settings = checker.settings(&raw);
    let models = checker.globs(raw.models);
    let queries = checker.globs(raw.queries);
    let profiles = raw
        .profiles
        .into_iter()
        .filter_map(|p| checker.profile(p))
        .collect();
    if checker.problems.is_empty() {
        Ok(Checked {
            profiles,
            settings,
            models,
            queries,
            warnings: checker.warnings,
        })
    } else {
        checker.problems.sort_by_key(|p| p.span.start);
        Err(checker.problems)
    }
}

struct Checker<'b> {
    base: &'b Path,
    kind: Kind,
    exposed: bool,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn settings(&mut self, raw: &RawFile) -> Settings {
        let mut settings = Settings::default();
        if let Some((word, span)) = &raw.theme {
            match Theme::parse(word) {
                Some(theme) => settings.theme = theme,
                None => self.problem(*span, "`theme` is empty", Some("write `\"auto\"`")),
            }
        }
        if let Some((word, span)) = &raw.keymap {
            if word.trim().is_empty() {
                self.problem(
                    *span,
                    "`keymap` is empty",
                    Some("write `\"default\"`, `\"vim\"` or `\"emacs\"`"),
                );
            }
            settings.keymap.clone_from(word);
        }
        if let Some((on, _)) = raw.mouse {
            settings.mouse = on;
        }
        if let Some(time) = self.duration("notice_for", raw.notice_for.as_ref()) {
            settings.notice_for = time;
        }
        settings
    }

    fn globs(&mut self, patterns: Vec<Placed<String>>) -> Globs {
        let mut kept = Vec::with_capacity(patterns.len());
        for (pattern, span) in patterns {
            if pattern.trim().is_empty() {
                self.problem(span, "an empty pattern names no file", None);
            }
            kept.push(pattern);
        }
        Globs {
            base: self.base.to_owned(),
            patterns: kept,
        }
    }

    fn profile(&mut self, raw: RawProfile) -> Option<Profile> {
        let before = self.problems.len();
        let (name, name_span) = raw.name.clone();
        self.name(&name, name_span);
        let uri = self.uri(&raw);
        let complete = uri.is_some();
        let models = self.globs(raw.models).patterns;
        self.color(raw.color.as_ref());
        let authentication_mechanism = self.mechanism(raw.authentication_mechanism.as_ref());
        let max_pool_size = self.pool_size("max_pool_size", raw.max_pool_size, 1);
        let min_pool_size = self.pool_size("min_pool_size", raw.min_pool_size, 0);
        if let (Some(min), Some(max), Some((_, span))) =
            (min_pool_size, max_pool_size, raw.min_pool_size)
            && min > max
        {
            self.problem(
                span,
                &format!("`min_pool_size` {min} is over `max_pool_size` {max}"),
                None,
            );
        }
        if let Some((database, span)) = &raw.database
            && let Some(why) = bad_database(database)
        {
            self.problem(*span, &format!("`{database}` is no database: {why}"), None);
        }
        let insecure = raw.tls.insecure.is_some_and(|(on, _)| on);
        let enabled = raw.tls.enabled.map(|(on, _)| on);
        if let (Some(false), Some((_, span))) = (enabled, raw.tls.enabled)
            && (raw.tls.ca_file.is_some() || raw.tls.certificate_key_file.is_some() || insecure)
        {
            self.problem(
                span,
                "`tls` is off, so its other settings mean nothing",
                Some("write `enabled = true`, or leave the others out"),
            );
        }
        if let Some((true, span)) = raw.tls.insecure {
            self.warnings.push(
                Diagnostic::new(
                    span,
                    format!("`{name}` accepts any certificate: anyone on the way can read and change the traffic"),
                )
                .with_help("name the authority with `ca_file` instead"),
            );
        }
        let profile = Profile {
            name: ProfileName::new(&name),
            uri: match uri {
                Some(uri) => uri,
                // A stand-in, so that the problems of the other keys are told too; the profile is left out below.
                None => Secret::Command(Vec::new()),
            },
            username: raw.username.map(|(v, _)| v),
            password: None,
            authentication_database: raw.authentication_database.map(|(v, _)| v),
            authentication_mechanism,
            color: raw.color.map(|(v, _)| v),
            production: raw.production.is_some_and(|(on, _)| on),
            read_only: raw.read_only.is_some_and(|(on, _)| on),
            database: raw.database.map(|(v, _)| v),
            max_pool_size,
            min_pool_size,
            server_selection_timeout: self.duration(
                "server_selection_timeout",
                raw.server_selection_timeout.as_ref(),
            ),
            connect_timeout: self.duration("connect_timeout", raw.connect_timeout.as_ref()),
            wait_queue_timeout: self
                .duration("wait_queue_timeout", raw.wait_queue_timeout.as_ref()),
            socket_timeout: self.duration("socket_timeout", raw.socket_timeout.as_ref()),
            max_time: self.duration("max_time", raw.max_time.as_ref()),
            models,
            base: self.base.to_owned(),
            tls: Tls {
                enabled,
                ca_file: raw.tls.ca_file.map(|(f, _)| self.file(&f)),
                certificate_key_file: raw.tls.certificate_key_file.map(|(f, _)| self.file(&f)),
                insecure,
            },
            unlock_for: self
                .duration("unlock_for", raw.unlock_for.as_ref())
                .unwrap_or(UNLOCK_FOR),
            allow_override: raw.allow_override.is_some_and(|(on, _)| on),
            allow_load: raw.allow_load.is_some_and(|(on, _)| on),
        };
        (complete && self.problems.len() == before).then_some(profile)
    }

    fn name(&mut self, name: &str, span: Span) {
        let fits = !name.is_empty()
            && !name.starts_with('-')
            && !name
                .chars()
                .any(|c| matches!(c, '/' | '\\' | ':') || c.is_whitespace() || c.is_control());
        if !fits {
            self.problem(
                span,
                &format!("`{}` cannot name a profile", name.escape_debug()),
                Some("use letters, digits, `-`, `_` and `.`; it is typed as `NAME/DB.COLL`"),
            );
        }
    }

    fn uri(&mut self, raw: &RawProfile) -> Option<Secret> {
        let mut given: Vec<(&str, Span, Option<Secret>)> = Vec::new();
        if let Some((uri, span)) = &raw.uri {
            given.push(("uri", *span, self.whole_uri(uri, *span)));
        }
        if let Some((name, span)) = &raw.uri_env {
            let fits = !name.is_empty() && !name.contains(['=', '\0']);
            if !fits {
                self.problem(
                    *span,
                    &format!(
                        "`{}` cannot name an environment variable",
                        name.escape_debug()
                    ),
                    Some("write its name alone, without `$`"),
                );
            } else if let Some(bare) = name.strip_prefix('$') {
                self.problem(
                    *span,
                    "`uri_env` takes the variable's name without `$`",
                    Some(&format!("write `\"{}\"`", bare.trim_matches(['{', '}']))),
                );
            }
            given.push(("uri_env", *span, Some(Secret::Environment(name.clone()))));
        }
        if let Some((words, span)) = &raw.uri_command {
            if words.first().is_none_or(String::is_empty) {
                self.problem(
                    *span,
                    "`uri_command` names no program",
                    Some("write `[\"pass\", \"show\", \"db\"]`"),
                );
            }
            given.push(("uri_command", *span, Some(Secret::Command(words.clone()))));
        }
        if let Some((entry, span)) = &raw.uri_keyring {
            let secret = entry
                .split_once('/')
                .filter(|(service, user)| !service.is_empty() && !user.is_empty())
                .map(|(service, user)| Secret::Keyring {
                    service: service.to_owned(),
                    user: user.to_owned(),
                });
            if secret.is_none() {
                self.problem(
                    *span,
                    &format!("`{}` is no keyring entry", entry.escape_debug()),
                    Some("write `\"service/user\"`"),
                );
            }
            given.push(("uri_keyring", *span, secret));
        }
        let (name, name_span) = &raw.name;
        let second = given.get(1).map(|(key, span, _)| (*key, *span));
        let first = given.into_iter().next();
        match (first, second) {
            (None, _) if raw.mentions_uri => None,
            (None, _) => {
                self.problem(
                    *name_span,
                    &format!("`{name}` has no connection string"),
                    Some("write one of `uri`, `uri_env`, `uri_command` and `uri_keyring`"),
                );
                None
            }
            (Some((first, ..)), Some((second, span))) => {
                self.problem(
                    span,
                    &format!("`{name}` has both `{first}` and `{second}`"),
                    Some("keep one of them"),
                );
                None
            }
            (Some((_, _, secret)), None) => secret,
        }
    }

    fn whole_uri(&mut self, uri: &str, span: Span) -> Option<Secret> {
        let before = self.problems.len();
        if let Err(problem) = variables(uri) {
            self.problem(span, &problem, Some("write `${NAME}`"));
        }
        if !uri.starts_with("${") {
            let scheme = uri.split_once("://").map(|(s, _)| s);
            match scheme {
                Some("mongodb" | "mongodb+srv") => {}
                _ => {
                    let near = scheme
                        .and_then(|s| did_you_mean(s, ["mongodb", "mongodb+srv"]))
                        .map_or_else(
                            || "it starts with `mongodb://` or `mongodb+srv://`".to_owned(),
                            |s| format!("did you mean `{s}://`?"),
                        );
                    self.problem(span, "this is no connection string", Some(&near));
                }
            }
            let hosts = uri
                .split_once("://")
                .map_or("", |(_, rest)| rest)
                .split('?')
                .next()
                .unwrap_or_default();
            let hosts = hosts.rsplit_once('@').map_or(hosts, |(_, h)| h);
            if self.problems.len() == before && hosts.split('/').next().is_none_or(str::is_empty) {
                self.problem(span, "the connection string names no host", None);
            }
        }
        if self.problems.len() > before {
            return None;
        }
        if holds_password(uri) {
            if self.kind == Kind::Project {
                self.warnings.push(
                    Diagnostic::new(
                        span,
                        "a password stands in a project's file, which others get to see",
                    )
                    .with_help(
                        "use `uri_env`, `uri_command`, `uri_keyring`, or `${VAR}` for the password",
                    ),
                );
            } else if self.exposed {
                self.warnings.push(
                    Diagnostic::new(span, "a password stands in a file that others can read")
                        .with_help("run `chmod 600` on it, or use `uri_env`, `uri_command` or `uri_keyring`"),
                );
            }
        }
        Some(Secret::Text(SecretString::from(uri)))
    }

    fn color(&mut self, color: Option<&Placed<String>>) {
        let Some((word, span)) = color else { return };
        let hex = word
            .strip_prefix('#')
            .is_some_and(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        if !hex && !COLORS.contains(&word.as_str()) {
            let help = did_you_mean(word, COLORS).map_or_else(
                || format!("write `#rrggbb` or one of {}", COLORS.join(", ")),
                |c| format!("did you mean `{c}`?"),
            );
            self.problem(
                *span,
                &format!("`{}` is no colour", word.escape_debug()),
                Some(&help),
            );
        }
    }

    fn mechanism(&mut self, mechanism: Option<&Placed<String>>) -> Option<String> {
        let (word, span) = mechanism?;
        match check_mechanism(word) {
            Ok(name) => Some(name),
            Err((message, help)) => {
                self.problem(*span, &message, Some(&help));
                None
            }
        }
    }

    fn pool_size(&mut self, key: &str, size: Option<Placed<i64>>, least: u32) -> Option<u32> {
        let (size, span) = size?;
        match u32::try_from(size)
            .ok()
            .filter(|s| *s >= least && *s <= 10_000)
        {
            Some(size) => Some(size),
            None => {
                self.problem(
                    span,
                    &format!("`{key}` must be from {least} to 10000, not {size}"),
                    None,
                );
                None
            }
        }
    }

    fn duration(&mut self, key: &str, text: Option<&Placed<String>>) -> Option<Duration> {
        let (text, span) = text?;
        match parse_duration(text) {
            Some(time) => Some(time),
            None => {
                self.problem(
                    *span,
                    &format!("`{key}` is no time: `{}`", text.escape_debug()),
                    Some("write a number over 0 and a unit: `\"500ms\"`, `\"10s\"`, `\"2m\"`, `\"1h\"`"),
                );
                None
            }
        }
    }

    fn file(&self, written: &str) -> PathBuf {
        self.base.join(home(written))
    }

    fn problem(&mut self, span: Span, message: &str, help: Option<&str>) {
        let mut problem = Diagnostic::new(span, message);
        problem.help = help.map(str::to_owned);
        self.problems.push(problem);
    }
}

/// A mechanism's name as the driver writes it.
///
/// # Errors
/// What is wrong with `word`, and what to do about it.
pub fn check_mechanism(word: &str) -> Result<String, (String, String)> {
    let upper = word.to_uppercase();
    if MECHANISMS.contains(&upper.as_str()) {
        return Ok(upper);
    }
    let help = did_you_mean(word, MECHANISMS).map_or_else(
        || format!("known: {}", MECHANISMS.join(", ")),
        |m| format!("did you mean `{m}`?"),
    );
    Err((
        format!("`{}` is no authentication mechanism", word.escape_debug()),
        help,
    ))
}

/// Reads `500ms`, `10s`, `2m`, `1h`; `None` where it is not one, or not over 0, or over a week.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let millis = match text[digits..].trim() {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" | "min" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        _ => return None,
    };
    (1..=7 * 24 * 3_600_000)
        .contains(&millis)
        .then(|| Duration::from_millis(millis))
}

/// `path` with a leading `~/` replaced by the home directory.
#[must_use]
pub fn home(path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => directories::BaseDirs::new()
            .map_or_else(|| PathBuf::from(path), |d| d.home_dir().join(rest)),
        None => PathBuf::from(path),
    }
}

/// The names of the `${VAR}` in `text`, in order.
///
/// # Errors
/// A `${` that is not closed, or that names nothing.
pub fn variables(text: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let Some(end) = after.find('}') else {
            return Err("a `${` is not closed".to_owned());
        };
        let name = &after[..end];
        if name.is_empty()
            || name.contains(['=', '$', '{', '\0'])
            || name.contains(char::is_whitespace)
        {
            return Err("a `${…}` names no environment variable".to_owned());
        }
        names.push(name.to_owned());
        rest = &after[end + 1..];
    }
    Ok(names)
}

/// Whether a password is written out in this connection string; a `${VAR}` in its place is none.
#[must_use]
pub fn holds_password(uri: &str) -> bool {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    let before = rest.split('?').next().unwrap_or_default();
    before
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| {
            let reference = password.starts_with("${") && password.ends_with('}');
            !password.is_empty() && !reference
        })
}

/// Why a database cannot have this name; `None` where it can.
#[must_use]
pub fn bad_database(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("the name is empty")
    } else if name.len() > 63 {
        Some("the name is over 63 bytes long")
    } else if name.contains(['/', '\\', '.', ' ', '"', '$', '\0']) {
        Some("a name cannot hold a slash, a backslash, a dot, a blank, a quote or a dollar")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse_duration("10s"), Some(Duration::from_secs(10)));
        assert_eq!(parse_duration("500 ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
        for bad in [
            "",
            "10",
            "s",
            "0s",
            "-1s",
            "1d",
            "99999999999999999999s",
            "400h",
        ] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn variables_are_found_and_broken_ones_refused() {
        assert_eq!(variables("mongodb://${U}:${P}@h").unwrap(), ["U", "P"]);
        assert!(variables("mongodb://${U@h").is_err());
        assert!(variables("mongodb://${}@h").is_err());
    }

    #[test]
    fn a_password_is_told_from_a_reference_to_one() {
        assert!(holds_password("mongodb://a:b@h/"));
        assert!(!holds_password("mongodb://a:${P}@h/"));
        assert!(!holds_password("mongodb://a@h/?x=a:b@c"));
    }
}
