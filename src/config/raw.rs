//! A configuration file as written: which keys there are and of what kind, each with its place in the text.
//!
//! Knows TOML; must not know what a value means (that is [`super::check`]). Reading goes on after a problem, so that a
//! person sees all of a file's problems at once; nothing that is not a known key is passed over in silence.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::value::diagnostic::did_you_mean;
use crate::value::{Diagnostic, Span};

/// Whose file it is, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The person's own configuration.
    Personal,
    /// A project's: profiles, models and saved queries alone.
    Project,
}

/// A value and its place.
pub type Placed<T> = (T, Span);

/// A file as written.
#[derive(Debug, Default)]
pub struct RawFile {
    /// `theme`.
    pub theme: Option<Placed<String>>,
    /// `keymap`.
    pub keymap: Option<Placed<String>>,
    /// `mouse`.
    pub mouse: Option<Placed<bool>>,
    /// `notice_for`.
    pub notice_for: Option<Placed<String>>,
    /// `models`.
    pub models: Vec<Placed<String>>,
    /// `queries`.
    pub queries: Vec<Placed<String>>,
    /// `[profiles.NAME]`, in the order of the file.
    pub profiles: Vec<RawProfile>,
}

/// One `[profiles.NAME]` as written.
#[derive(Debug, Default)]
pub struct RawProfile {
    /// `NAME`.
    pub name: Placed<String>,
    /// Whether some key speaks of a connection string, even one that could not be read.
    pub mentions_uri: bool,
    /// `uri`.
    pub uri: Option<Placed<String>>,
    /// `uri_env`.
    pub uri_env: Option<Placed<String>>,
    /// `uri_command`.
    pub uri_command: Option<Placed<Vec<String>>>,
    /// `uri_keyring`.
    pub uri_keyring: Option<Placed<String>>,
    /// `username`.
    pub username: Option<Placed<String>>,
    /// `authentication_database`.
    pub authentication_database: Option<Placed<String>>,
    /// `authentication_mechanism`.
    pub authentication_mechanism: Option<Placed<String>>,
    /// `color`.
    pub color: Option<Placed<String>>,
    /// `production`.
    pub production: Option<Placed<bool>>,
    /// `read_only`.
    pub read_only: Option<Placed<bool>>,
    /// `database`.
    pub database: Option<Placed<String>>,
    /// `max_pool_size`.
    pub max_pool_size: Option<Placed<i64>>,
    /// `min_pool_size`.
    pub min_pool_size: Option<Placed<i64>>,
    /// `server_selection_timeout`.
    pub server_selection_timeout: Option<Placed<String>>,
    /// `connect_timeout`.
    pub connect_timeout: Option<Placed<String>>,
    /// `wait_queue_timeout`.
    pub wait_queue_timeout: Option<Placed<String>>,
    /// `socket_timeout`.
    pub socket_timeout: Option<Placed<String>>,
    /// `max_time`.
    pub max_time: Option<Placed<String>>,
    /// `models`.
    pub models: Vec<Placed<String>>,
    /// `tls`.
    pub tls: RawTls,
    /// `unlock_for`.
    pub unlock_for: Option<Placed<String>>,
    /// `allow_override`.
    pub allow_override: Option<Placed<bool>>,
    /// `allow_load`.
    pub allow_load: Option<Placed<bool>>,
}

/// The `tls` table of a profile as written.
#[derive(Debug, Default)]
pub struct RawTls {
    /// `enabled`.
    pub enabled: Option<Placed<bool>>,
    /// `ca_file`.
    pub ca_file: Option<Placed<String>>,
    /// `certificate_key_file`.
    pub certificate_key_file: Option<Placed<String>>,
    /// `insecure`.
    pub insecure: Option<Placed<bool>>,
}

const FILE_KEYS: [&str; 7] = [
    "theme",
    "keymap",
    "mouse",
    "notice_for",
    "models",
    "queries",
    "profiles",
];
const PROJECT_KEYS: [&str; 3] = ["models", "queries", "profiles"];
const PROFILE_KEYS: [&str; 24] = [
    "uri",
    "uri_env",
    "uri_command",
    "uri_keyring",
    "username",
    "authentication_database",
    "authentication_mechanism",
    "color",
    "production",
    "read_only",
    "database",
    "max_pool_size",
    "min_pool_size",
    "server_selection_timeout",
    "connect_timeout",
    "wait_queue_timeout",
    "socket_timeout",
    "max_time",
    "models",
    "tls",
    "unlock_for",
    "allow_override",
    "allow_load",
    // A trap with an answer of its own: a password is never written here.
    "password",
];
const TLS_KEYS: [&str; 4] = ["enabled", "ca_file", "certificate_key_file", "insecure"];

/// Words that people write for a key, where spelling alone does not lead there.
const SYNONYMS: [(&str, &str); 12] = [
    ("colour", "color"),
    ("url", "uri"),
    ("connection_string", "uri"),
    ("user", "username"),
    ("db", "database"),
    ("default_database", "database"),
    ("readonly", "read_only"),
    ("prod", "production"),
    ("auth_source", "authentication_database"),
    ("auth_mechanism", "authentication_mechanism"),
    ("profile", "profiles"),
    ("keymaps", "keymap"),
];

/// Reads `text`, with every problem of its form.
#[must_use]
pub fn read(text: &str, kind: Kind) -> (RawFile, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        problems: errors
            .iter()
            .map(|e| {
                let span = e
                    .span()
                    .map_or(Span::point(text.len()), |s| Span::new(s.start, s.end));
                Diagnostic::new(span, e.message().trim_end_matches('.').to_owned())
            })
            .collect(),
    };
    // What a parser guesses after an error would be reported as further errors that are not there.
    if !reader.problems.is_empty() {
        return (RawFile::default(), reader.problems);
    }
    let file = reader.file(table.get_ref(), kind);
    reader.problems.sort_by_key(|p| p.span.start);
    (file, reader.problems)
}

struct Reader {
    problems: Vec<Diagnostic>,
}

type Key<'v, 't> = &'v Spanned<Cow<'t, str>>;
type Value<'v, 't> = &'v Spanned<DeValue<'t>>;

impl Reader {
    fn file(&mut self, table: &DeTable<'_>, kind: Kind) -> RawFile {
        let mut raw = RawFile::default();
        for (key, value) in in_order(table) {
            let name = key.get_ref().as_ref();
            if kind == Kind::Project && FILE_KEYS.contains(&name) && !PROJECT_KEYS.contains(&name) {
                self.problems.push(
                    Diagnostic::new(span(key), format!("`{name}` cannot stand in a project's file"))
                        .with_help("it is a person's own choice; write it in the file that `mongodeck config path` shows"),
                );
                continue;
            }
            match name {
                "theme" => raw.theme = self.string(key, value),
                "keymap" => raw.keymap = self.string(key, value),
                "mouse" => raw.mouse = self.boolean(key, value),
                "notice_for" => raw.notice_for = self.duration(key, value),
                "models" => raw.models = self.strings(key, value),
                "queries" => raw.queries = self.strings(key, value),
                "profiles" => raw.profiles = self.profiles(key, value),
                _ if kind == Kind::Project => self.unknown(key, &PROJECT_KEYS, "a project's file"),
                _ => self.unknown(key, &FILE_KEYS, "the configuration"),
            }
        }
        raw
    }

    fn profiles(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<RawProfile> {
        let Some(table) = self.table(key, value) else {
            return Vec::new();
        };
        in_order(table)
            .into_iter()
            .filter_map(|(name, value)| {
                let DeValue::Table(fields) = value.get_ref() else {
                    let word = name.get_ref();
                    self.problems.push(
                        Diagnostic::new(
                            span(name),
                            format!("`{word}` must be a table, not {}", kind_of(value)),
                        )
                        .with_help("write each profile as `[profiles.NAME]`"),
                    );
                    return None;
                };
                Some(self.profile(name, fields))
            })
            .collect()
    }

    fn profile(&mut self, name: Key<'_, '_>, table: &DeTable<'_>) -> RawProfile {
        let mut raw = RawProfile {
            name: (name.get_ref().to_string(), span(name)),
            ..RawProfile::default()
        };
        for (key, value) in in_order(table) {
            let word = key.get_ref().to_lowercase();
            raw.mentions_uri |= word.starts_with("uri") || synonym(&word) == Some("uri");
            match key.get_ref().as_ref() {
                "uri" => raw.uri = self.string(key, value),
                "uri_env" => raw.uri_env = self.string(key, value),
                "uri_command" => raw.uri_command = self.command(key, value),
                "uri_keyring" => raw.uri_keyring = self.string(key, value),
                "username" => raw.username = self.string(key, value),
                "authentication_database" => {
                    raw.authentication_database = self.string(key, value);
                }
                "authentication_mechanism" => {
                    raw.authentication_mechanism = self.string(key, value);
                }
                "color" => raw.color = self.string(key, value),
                "production" => raw.production = self.boolean(key, value),
                "read_only" => raw.read_only = self.boolean(key, value),
                "database" => raw.database = self.string(key, value),
                "max_pool_size" => raw.max_pool_size = self.integer(key, value),
                "min_pool_size" => raw.min_pool_size = self.integer(key, value),
                "server_selection_timeout" => {
                    raw.server_selection_timeout = self.duration(key, value);
                }
                "connect_timeout" => raw.connect_timeout = self.duration(key, value),
                "wait_queue_timeout" => {
                    raw.wait_queue_timeout = self.duration(key, value);
                }
                "socket_timeout" => raw.socket_timeout = self.duration(key, value),
                "max_time" => raw.max_time = self.duration(key, value),
                "models" => raw.models = self.strings(key, value),
                "tls" => raw.tls = self.tls(key, value),
                "unlock_for" => raw.unlock_for = self.duration(key, value),
                "allow_override" => raw.allow_override = self.boolean(key, value),
                "allow_load" => raw.allow_load = self.boolean(key, value),
                "password" => self.problems.push(
                    Diagnostic::new(span(key), "a password is not written in the configuration")
                        .with_help("leave it out to be asked for it, or use `uri_env`, `uri_command` or `uri_keyring`"),
                ),
                _ => self.unknown(key, &PROFILE_KEYS, "a profile"),
            }
        }
        raw
    }

    fn tls(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> RawTls {
        let mut raw = RawTls::default();
        if let DeValue::Boolean(enabled) = value.get_ref() {
            raw.enabled = Some((*enabled, span(value)));
            return raw;
        }
        let Some(table) = self.table(key, value) else {
            return raw;
        };
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "enabled" => raw.enabled = self.boolean(key, value),
                "ca_file" => raw.ca_file = self.string(key, value),
                "certificate_key_file" => raw.certificate_key_file = self.string(key, value),
                "insecure" => raw.insecure = self.boolean(key, value),
                _ => self.unknown(key, &TLS_KEYS, "`tls`"),
            }
        }
        raw
    }

    fn unknown(&mut self, key: Key<'_, '_>, known: &[&str], place: &str) {
        let word = key.get_ref().as_ref();
        let lower = word.to_lowercase().replace('-', "_");
        let meant = synonym(&lower)
            .filter(|right| known.contains(right))
            .or_else(|| did_you_mean(&lower, known.iter().copied().filter(|k| *k != "password")));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let list: Vec<String> = known
                    .iter()
                    .filter(|k| **k != "password")
                    .map(|k| format!("`{k}`"))
                    .collect();
                format!("known here: {}", list.join(", "))
            }
        };
        self.problems.push(
            Diagnostic::new(span(key), format!("unknown key `{word}` in {place}")).with_help(help),
        );
    }

    fn mismatch(&mut self, key: Key<'_, '_>, value: Value<'_, '_>, wanted: &str) -> Diagnostic {
        Diagnostic::new(
            span(value),
            format!(
                "`{}` must be {wanted}, not {}",
                key.get_ref(),
                kind_of(value)
            ),
        )
    }

    fn table<'v, 't>(&mut self, key: Key<'_, '_>, value: Value<'v, 't>) -> Option<&'v DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                let problem = self.mismatch(key, value, "a table");
                self.problems.push(problem);
                None
            }
        }
    }

    fn string(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<Placed<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), span(value))),
            _ => {
                let problem = self.mismatch(key, value, "a text in quotes");
                self.problems.push(problem);
                None
            }
        }
    }

    fn duration(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<Placed<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), span(value))),
            DeValue::Integer(number) => {
                let problem = self
                    .mismatch(key, value, "a time with its unit")
                    .with_help(format!(
                        "write `\"{number}s\"` for seconds or `\"{number}ms\"` for milliseconds"
                    ));
                self.problems.push(problem);
                None
            }
            _ => {
                let problem = self
                    .mismatch(key, value, "a time with its unit")
                    .with_help("write `\"10s\"`, `\"500ms\"` or `\"2m\"`");
                self.problems.push(problem);
                None
            }
        }
    }

    fn boolean(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<Placed<bool>> {
        match value.get_ref() {
            DeValue::Boolean(b) => Some((*b, span(value))),
            _ => {
                let problem = self.mismatch(key, value, "`true` or `false`");
                self.problems.push(problem);
                None
            }
        }
    }

    fn integer(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<Placed<i64>> {
        if let DeValue::Integer(number) = value.get_ref()
            && let Ok(n) = i64::from_str_radix(number.as_str(), number.radix())
        {
            return Some((n, span(value)));
        }
        let problem = self.mismatch(key, value, "a whole number");
        self.problems.push(problem);
        None
    }

    fn strings(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<Placed<String>> {
        let DeValue::Array(array) = value.get_ref() else {
            let problem = self
                .mismatch(key, value, "a list")
                .with_help(format!("write `{} = [\"…\"]`", key.get_ref()));
            self.problems.push(problem);
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(array.len());
        for element in array.iter() {
            match element.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), span(element))),
                _ => self.problems.push(Diagnostic::new(
                    span(element),
                    format!(
                        "`{}` must hold texts, not {}",
                        key.get_ref(),
                        kind_of(element)
                    ),
                )),
            }
        }
        texts
    }

    fn command(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<Placed<Vec<String>>> {
        if matches!(value.get_ref(), DeValue::String(_)) {
            let problem = self
                .mismatch(key, value, "a list: the program, then its arguments")
                .with_help("no shell reads it; write `[\"pass\", \"show\", \"db\"]`");
            self.problems.push(problem);
            return None;
        }
        let before = self.problems.len();
        let words = self.strings(key, value);
        (self.problems.len() == before)
            .then(|| (words.into_iter().map(|(w, _)| w).collect(), span(value)))
    }
}

fn synonym(word: &str) -> Option<&'static str> {
    SYNONYMS
        .iter()
        .find(|(wrong, _)| *wrong == word)
        .map(|(_, right)| *right)
}

fn in_order<'v, 't>(table: &'v DeTable<'t>) -> Vec<(Key<'v, 't>, Value<'v, 't>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn span<T>(at: &Spanned<T>) -> Span {
    let range = at.span();
    Span::new(range.start, range.end)
}

fn kind_of(value: Value<'_, '_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_is_offered_is_read() {
        let known = |text: String| {
            let (_, problems) = read(&text, Kind::Personal);
            assert!(
                !problems
                    .iter()
                    .any(|p| p.message.starts_with("unknown key")),
                "{text}: {problems:?}"
            );
        };
        for key in FILE_KEYS {
            known(format!("{key} = 1979-05-27"));
        }
        for key in PROFILE_KEYS {
            known(format!("[profiles.a]\n{key} = 1979-05-27"));
        }
        for key in TLS_KEYS {
            known(format!("[profiles.a.tls]\n{key} = 1979-05-27"));
        }
    }

    #[test]
    fn profiles_keep_the_order_of_the_file() {
        let (file, problems) = read("[profiles.zoo]\n[profiles.ant]\n", Kind::Personal);
        assert_eq!(problems, []);
        let names: Vec<_> = file.profiles.iter().map(|p| p.name.0.as_str()).collect();
        assert_eq!(names, ["zoo", "ant"]);
    }

    #[test]
    fn several_problems_are_told_at_once_and_in_order() {
        let (_, problems) = read(
            "mouse = 'yes'\n[profiles.a]\nprodction = true\nmax_time = 5\nuri_command = 'pass db'\n",
            Kind::Personal,
        );
        let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "`mouse` must be `true` or `false`, not a text",
                "unknown key `prodction` in a profile",
                "`max_time` must be a time with its unit, not a number",
                "`uri_command` must be a list: the program, then its arguments, not a text",
            ]
        );
    }
}
