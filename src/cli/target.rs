//! What to open: `PROFILE[/DB[.COLL]]` or a connection string, with mongosh's flags beside it.
//!
//! The driver takes the path of a connection string for a database's name; the collection after the first dot is cut
//! off before it sees the string, and the database stays, so that a user without `authSource` is looked up where the
//! driver would have looked. Reads nothing but its arguments; only [`ask_password`] asks the person.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Exit, config as configuration, look, usage};
use crate::config::check::{self, bad_database};
use crate::config::{Config, Launch, Options, Profile, Secret, Target, Theme};

/// How to reach a deployment: mongosh's flags, where mongosh has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectArgs {
    /// The server's host name or address; `HOST:PORT` too.
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The server's port.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// The user's name. Its password is asked for without echo unless `--password` gives it.
    #[arg(short, long, value_name = "USER")]
    pub username: Option<String>,
    /// The password; asked for without echo where the flag stands alone. On a command line other users of this machine
    /// can see it (`ps`): rather let it be asked for, or put it in a profile by `uri_env`, `uri_command` or `uri_keyring`.
    #[arg(short, long, value_name = "PASSWORD", num_args = 0..=1, default_missing_value = "")]
    pub password: Option<String>,
    /// The database that holds the user.
    #[arg(long = "authenticationDatabase", value_name = "DB")]
    pub authentication_database: Option<String>,
    /// How to authenticate: `SCRAM-SHA-256`, `SCRAM-SHA-1`, `MONGODB-X509`, `PLAIN`.
    #[arg(long = "authenticationMechanism", value_name = "NAME")]
    pub authentication_mechanism: Option<String>,
    /// Use TLS.
    #[arg(long)]
    pub tls: bool,
    /// PEM file of the authorities to trust.
    #[arg(long = "tlsCAFile", value_name = "FILE")]
    pub tls_ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate and key.
    #[arg(long = "tlsCertificateKeyFile", value_name = "FILE")]
    pub tls_certificate_key_file: Option<PathBuf>,
    /// Accept any certificate: anyone on the way can read and change the traffic.
    #[arg(long = "tlsAllowInvalidCertificates")]
    pub tls_allow_invalid_certificates: bool,
    /// Accept a certificate of another host. The driver cannot leave out this check alone, so this accepts any certificate too.
    #[arg(long = "tlsAllowInvalidHostnames")]
    pub tls_allow_invalid_hostnames: bool,
}

/// What the console opens, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ConsoleArgs {
    /// `PROFILE[/DB[.COLL]]`, or a `mongodb://` or `mongodb+srv://` URI whose path may be `/DB[.COLL]`. None: the profile list.
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// How to reach it.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// Never write, whatever the profile says.
    #[arg(long)]
    pub read_only: bool,
    /// Open the tabs of the last time again.
    #[arg(long)]
    pub last: bool,
    /// Keep no statement that is run, and show none of earlier runs.
    #[arg(long)]
    pub no_history: bool,
    /// Keys: `default`, `vim` or `emacs`.
    #[arg(long, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Colours: `auto`, `dark`, `light`, `16`, or a theme's name.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
}

/// A target that was understood.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The profile, with what the flags say in it.
    pub profile: Profile,
    /// The database that was named, else the profile's own.
    pub database: Option<String>,
    /// The collection that was named.
    pub collection: Option<String>,
}

/// Finds the profile that `target` and the flags mean; `None` where neither says anything.
///
/// # Errors
/// What cannot be understood, with the next step.
pub fn resolve(
    config: &Config,
    target: Option<&str>,
    connect: &ConnectArgs,
) -> Result<Option<Resolved>, String> {
    let by_host = connect.host.is_some() || connect.port.is_some();
    let mut resolved = match target {
        Some(uri) if is_uri(uri) => {
            if by_host {
                return Err(
                    "`--host` and `--port` cannot stand beside a connection string".to_owned(),
                );
            }
            from_uri(config, uri)?
        }
        Some(text) if by_host => {
            let (database, collection) = namespace(text)?;
            Resolved {
                profile: ad_hoc(config, &host_uri(connect)?),
                database: Some(database),
                collection,
            }
        }
        Some(text) => from_profile(config, text)?,
        None if by_host || connect.any() => Resolved {
            profile: ad_hoc(config, &host_uri(connect)?),
            database: None,
            collection: None,
        },
        None => return Ok(None),
    };
    connect.apply(&mut resolved.profile)?;
    Ok(Some(resolved))
}

fn is_uri(text: &str) -> bool {
    text.contains("://")
}

fn from_profile(config: &Config, text: &str) -> Result<Resolved, String> {
    let (name, rest) = match text.split_once('/') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    let Some(profile) = config.profile(name) else {
        return Err(unknown_profile(config, name, rest));
    };
    let (database, collection) = match rest {
        None | Some("") => (profile.database.clone(), None),
        Some(rest) => {
            let (database, collection) = namespace(rest)?;
            (Some(database), collection)
        }
    };
    Ok(Resolved {
        profile: profile.clone(),
        database,
        collection,
    })
}

pub(super) fn unknown_profile(config: &Config, name: &str, rest: Option<&str>) -> String {
    let shown = name.escape_debug();
    if let Some(near) = config.near(name) {
        return format!("there is no profile `{shown}`; did you mean `{near}`?");
    }
    if rest.is_none() {
        use clap::CommandFactory as _;
        let root = super::Cli::command();
        let commands: Vec<&str> = root
            .get_subcommands()
            .filter(|c| !c.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        if let Some(near) = crate::value::diagnostic::did_you_mean(name, commands) {
            return format!(
                "there is no profile and no command `{shown}`; did you mean the command `{near}`?"
            );
        }
    }
    if config.profiles.is_empty() {
        return format!(
            "there is no profile `{shown}`, and none is configured; begin with `mongodeck config init`, or name a server as `mongodb://HOST`"
        );
    }
    let names: Vec<String> = config
        .profiles
        .iter()
        .map(|p| format!("`{}`", p.name))
        .collect();
    format!(
        "there is no profile `{shown}`; there are {}",
        names.join(", ")
    )
}

/// Splits `DB[.COLL]` at the first dot.
fn namespace(text: &str) -> Result<(String, Option<String>), String> {
    let (database, collection) = match text.split_once('.') {
        Some((database, collection)) => (database, Some(collection)),
        None => (text, None),
    };
    if let Some(why) = bad_database(database) {
        return Err(format!(
            "`{}` is no database: {why}",
            database.escape_debug()
        ));
    }
    match collection {
        Some("") => Err(format!(
            "`{text}` names no collection after the dot; write `{database}` or `{database}.NAME`"
        )),
        Some(c) if c.contains('\0') => {
            Err("a collection's name cannot hold a zero byte".to_owned())
        }
        collection => Ok((database.to_owned(), collection.map(str::to_owned))),
    }
}

/// The parts of a connection string, split as the driver splits it.
struct Parts<'u> {
    scheme: &'u str,
    /// User and password with their `@`; empty where there are none.
    user: &'u str,
    hosts: &'u str,
    path: &'u str,
    /// The options without their `?`.
    options: Option<&'u str>,
}

fn parts(uri: &str) -> Result<Parts<'_>, String> {
    let (scheme, rest) = uri.split_once("://").unwrap_or((uri, ""));
    if scheme != "mongodb" && scheme != "mongodb+srv" {
        return Err(
            "this is no connection string; it starts with `mongodb://` or `mongodb+srv://`"
                .to_owned(),
        );
    }
    let (before, options) = match rest.split_once('?') {
        Some((before, options)) => (before, Some(options)),
        None => (rest, None),
    };
    let (user, after) = match before.rfind('@') {
        Some(at) => before.split_at(at + 1),
        None => ("", before),
    };
    let (hosts, path) = after.split_once('/').unwrap_or((after, ""));
    if hosts.is_empty() {
        return Err("the connection string names no host".to_owned());
    }
    Ok(Parts {
        scheme,
        user,
        hosts,
        path,
        options,
    })
}

fn from_uri(config: &Config, uri: &str) -> Result<Resolved, String> {
    let at = parts(uri)?;
    let path = percent_decode(at.path).ok_or_else(|| {
        "the path of the connection string is not percent-encoded text".to_owned()
    })?;
    let (database, collection) = if path.is_empty() {
        (None, None)
    } else {
        let (database, collection) = namespace(&path)?;
        (Some(database), collection)
    };
    // What may stand in a database's name needs no encoding, but for the percent sign and what delimits.
    let encoded = database.as_deref().map(percent_encode).unwrap_or_default();
    let mut cut = format!("{}://{}{}/{encoded}", at.scheme, at.user, at.hosts);
    let options = with_direct_connection(&at);
    if !options.is_empty() {
        cut.push('?');
        cut.push_str(&options);
    }
    Ok(Resolved {
        profile: ad_hoc(config, &cut),
        database,
        collection,
    })
}

/// The options, with `directConnection=true` where mongosh adds it: one host, and no word of a replica set. A member
/// of a set that is reached through a port of this machine calls itself by a name that cannot be reached from here.
fn with_direct_connection(at: &Parts<'_>) -> String {
    let options = at.options.unwrap_or_default();
    let lower = options.to_lowercase();
    let said = ["directconnection=", "replicaset=", "loadbalanced="]
        .iter()
        .any(|o| lower.split('&').any(|pair| pair.starts_with(o)));
    if at.scheme == "mongodb" && !at.hosts.contains(',') && !said {
        let and = if options.is_empty() || options.ends_with('&') {
            ""
        } else {
            "&"
        };
        format!("{options}{and}directConnection=true")
    } else {
        options.to_owned()
    }
}

fn host_uri(connect: &ConnectArgs) -> Result<String, String> {
    let host = connect.host.as_deref().unwrap_or("localhost");
    if host.is_empty() || host.contains(['/', '@', '?', '#']) || host.contains(char::is_whitespace)
    {
        return Err(format!("`{}` is no host", host.escape_debug()));
    }
    let bare_v6 = host.matches(':').count() > 1 && !host.starts_with('[');
    let bracketed = if bare_v6 {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let has_port = bracketed
        .rsplit_once(':')
        .is_some_and(|(before, port)| !port.ends_with(']') && !before.is_empty());
    match (has_port, connect.port) {
        (true, Some(_)) => Err("`--host` names a port already; leave out `--port`".to_owned()),
        (true, None) => Ok(format!("mongodb://{bracketed}/?directConnection=true")),
        (false, port) => Ok(format!(
            "mongodb://{bracketed}:{}/?directConnection=true",
            port.unwrap_or(27017)
        )),
    }
}

/// A profile for a server that has none in the configuration, called by its hosts.
fn ad_hoc(config: &Config, uri: &str) -> Profile {
    let hosts = parts(uri).map_or("", |p| p.hosts);
    let mut name = percent_decode(hosts).unwrap_or_else(|| hosts.to_owned());
    while config.profile(&name).is_some() {
        name.push('*');
    }
    Profile {
        base: std::env::current_dir().unwrap_or_default(),
        ..Profile::new(name, SecretString::from(uri))
    }
}

impl ConnectArgs {
    /// Whether any flag was given.
    fn any(&self) -> bool {
        self.username.is_some()
            || self.password.is_some()
            || self.authentication_database.is_some()
            || self.authentication_mechanism.is_some()
            || self.tls
            || self.tls_ca_file.is_some()
            || self.tls_certificate_key_file.is_some()
            || self.tls_allow_invalid_certificates
            || self.tls_allow_invalid_hostnames
    }

    fn apply(&self, profile: &mut Profile) -> Result<(), String> {
        if let Some(user) = &self.username {
            profile.username = Some(user.clone());
        }
        if let Some(password) = self.password.as_deref().filter(|p| !p.is_empty()) {
            profile.password = Some(SecretString::from(password));
        }
        if let Some(database) = &self.authentication_database {
            profile.authentication_database = Some(database.clone());
        }
        if let Some(word) = &self.authentication_mechanism {
            let name = check::check_mechanism(word).map_err(|(m, help)| format!("{m}; {help}"))?;
            profile.authentication_mechanism = Some(name);
        }
        let here = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let files = self.tls_ca_file.is_some() || self.tls_certificate_key_file.is_some();
        let insecure = self.tls_allow_invalid_certificates || self.tls_allow_invalid_hostnames;
        if self.tls || files || insecure {
            profile.tls.enabled = Some(true);
        }
        if let Some(file) = &self.tls_ca_file {
            profile.tls.ca_file = Some(here(file));
        }
        if let Some(file) = &self.tls_certificate_key_file {
            profile.tls.certificate_key_file = Some(here(file));
        }
        profile.tls.insecure |= insecure;
        Ok(())
    }
}

/// Asks for the password of `profile` without echo, where it needs one that nobody gave: a user is named and no
/// password, or `--password` stands alone.
///
/// # Errors
/// There is no terminal to ask on, or the person gave up.
pub fn ask_password(profile: &mut Profile, connect: &ConnectArgs) -> Result<(), String> {
    let bare = connect.password.as_deref() == Some("");
    if !bare && !needs_password(profile) {
        return Ok(());
    }
    let user = user_of(profile).unwrap_or_else(|| "the user".to_owned());
    let prompt = super::print::printable(&format!("password of {user} at {}: ", profile.name));
    match rpassword::prompt_password(prompt.replace('\n', " ")) {
        Ok(password) => {
            profile.password = Some(SecretString::from(password));
            Ok(())
        }
        Err(_) => Err(format!(
            "`{}` needs a password and there is no terminal to ask on; give it by `uri_env`, `uri_command` or `uri_keyring` of a profile",
            profile.name
        )),
    }
}

/// Whether `profile` names a user and holds no password for it. Of a connection string that comes by reference nothing
/// is known before it is used, so it is taken to be whole.
#[must_use]
pub fn needs_password(profile: &Profile) -> bool {
    let mechanism = profile.authentication_mechanism.clone().or_else(|| {
        let Secret::Text(uri) = &profile.uri else {
            return None;
        };
        let uri = uri.expose_secret();
        let options = parts(uri).ok()?.options?.to_owned();
        options
            .split('&')
            .filter_map(|o| o.split_once('='))
            .find(|(k, _)| k.eq_ignore_ascii_case("authMechanism"))
            .map(|(_, v)| v.to_uppercase())
    });
    let without = matches!(
        mechanism.as_deref(),
        Some("MONGODB-X509" | "MONGODB-AWS" | "MONGODB-OIDC" | "GSSAPI")
    );
    if without || profile.password.is_some() {
        return false;
    }
    match &profile.uri {
        Secret::Text(uri) => {
            let user = parts(uri.expose_secret()).map_or("", |p| p.user);
            let whole = user.contains(':') || user.contains("${");
            (profile.username.is_some() || !user.is_empty()) && !whole
        }
        Secret::Environment(_) | Secret::Command(_) | Secret::Keyring { .. } => false,
    }
}

fn user_of(profile: &Profile) -> Option<String> {
    if let Some(user) = &profile.username {
        return Some(format!("`{user}`"));
    }
    let Secret::Text(uri) = &profile.uri else {
        return None;
    };
    let user = parts(uri.expose_secret()).ok()?.user;
    let user = user.trim_end_matches('@').split(':').next()?;
    (!user.is_empty()).then(|| format!("`{}`", percent_decode(user).unwrap_or_default()))
}

/// Opens the console.
#[must_use]
pub fn open_console(args: ConsoleArgs) -> Exit {
    let mut config = match configuration::load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    if let Some(word) = &args.theme {
        match Theme::parse(word) {
            Some(theme) => config.settings.theme = theme,
            None => return usage("`--theme` is empty; write `auto`, `dark`, `light` or `16`"),
        }
    }
    if let Some(keymap) = &args.keymap {
        config.settings.keymap.clone_from(keymap);
    }
    // Told here, where standard error can still be read.
    if let Err(e) = look::theme(&config.settings.theme) {
        return usage(&e);
    }
    if let Err(e) = look::keymaps(&config) {
        return usage(&e);
    }
    if args.no_mouse {
        config.settings.mouse = false;
    }
    let resolved = match resolve(&config, args.target.as_deref(), &args.connect) {
        Ok(resolved) => resolved,
        Err(e) => return usage(&e),
    };
    let mut profiles = config.profiles.clone();
    let mut target = None;
    if let Some(mut resolved) = resolved {
        if let Err(e) = ask_password(&mut resolved.profile, &args.connect) {
            return usage(&e);
        }
        target = Some(Target {
            profile: resolved.profile.name.clone(),
            database: resolved.database,
            collection: resolved.collection,
        });
        match profiles
            .iter_mut()
            .find(|p| p.name == resolved.profile.name)
        {
            Some(profile) => *profile = resolved.profile,
            None => profiles.insert(0, resolved.profile),
        }
    }
    if args.read_only {
        for profile in &mut profiles {
            profile.read_only = true;
        }
    }
    let launch = Launch {
        config,
        profiles,
        target,
        options: Options {
            last: args.last,
            no_history: args.no_history,
            read_only: args.read_only,
            connect_all: false,
        },
    };
    super::block_on(crate::runtime::console(launch)).unwrap_or_else(|exit| exit)
}

/// Opens the console on the profiles of a sandbox and no others, with the person's own settings.
pub async fn open_sandbox(profiles: Vec<Profile>) -> Exit {
    let config = match configuration::load() {
        Ok(config) => Config {
            profiles: profiles.clone(),
            ..config
        },
        Err(exit) => return exit,
    };
    crate::runtime::console(Launch {
        config,
        target: profiles.first().map(|first| Target {
            profile: first.name.clone(),
            database: None,
            collection: None,
        }),
        profiles,
        options: Options {
            connect_all: true,
            ..Options::default()
        },
    })
    .await
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn percent_encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::*;

    fn config() -> Config {
        let mut config = Config::default();
        for name in ["staging", "local"] {
            let mut profile = ad_hoc(&config, "mongodb://h/");
            profile.name = crate::mongo::request::ProfileName::new(name);
            profile.database = (name == "local").then(|| "test".to_owned());
            config.profiles.push(profile);
        }
        config
    }

    fn with(flags: &[&str]) -> ConnectArgs {
        use clap::Parser as _;
        let mut words = vec!["mongodeck"];
        words.extend(flags);
        super::super::Cli::try_parse_from(words)
            .unwrap()
            .console
            .connect
    }

    fn shown(target: Option<&str>, flags: &[&str]) -> String {
        match resolve(&config(), target, &with(flags)) {
            Ok(None) => "nothing".to_owned(),
            Ok(Some(r)) => {
                let Secret::Text(uri) = &r.profile.uri else {
                    panic!("the URI is text")
                };
                format!(
                    "{} {} {} {}",
                    r.profile.name,
                    uri.expose_secret(),
                    r.database.as_deref().unwrap_or("-"),
                    r.collection.as_deref().unwrap_or("-")
                )
            }
            Err(e) => e,
        }
    }

    #[test]
    fn targets_mean_what_they_say() {
        let direct = "directConnection=true";
        for (target, meaning) in [
            ("staging", "staging mongodb://h/ - -".to_owned()),
            ("local", "local mongodb://h/ test -".to_owned()),
            ("local/", "local mongodb://h/ test -".to_owned()),
            ("staging/shop", "staging mongodb://h/ shop -".to_owned()),
            (
                "staging/shop.a.b",
                "staging mongodb://h/ shop a.b".to_owned(),
            ),
            ("mongodb://h", format!("h mongodb://h/?{direct} - -")),
            (
                "mongodb://h:1/shop.a.b",
                format!("h:1 mongodb://h:1/shop?{direct} shop a.b"),
            ),
            (
                "mongodb://u:p@h/shop.orders?authSource=admin",
                format!("h mongodb://u:p@h/shop?authSource=admin&{direct} shop orders"),
            ),
            (
                "mongodb://u:p@x@h/a",
                format!("h mongodb://u:p@x@h/a?{direct} a -"),
            ),
            ("mongodb://a,b/x.y", "a,b mongodb://a,b/x x y".to_owned()),
            (
                "mongodb://a/x?replicaSet=r",
                "a mongodb://a/x?replicaSet=r x -".to_owned(),
            ),
            (
                "mongodb+srv://c.example/x.y",
                "c.example mongodb+srv://c.example/x x y".to_owned(),
            ),
            (
                "mongodb://%2Ftmp%2Fm.sock/x.y",
                format!("/tmp/m.sock mongodb://%2Ftmp%2Fm.sock/x?{direct} x y"),
            ),
            (
                "mongodb://staging/",
                format!("staging* mongodb://staging/?{direct} - -"),
            ),
        ] {
            assert_eq!(shown(Some(target), &[]), meaning, "{target}");
        }
    }

    #[test]
    fn a_target_that_cannot_be_meant_is_refused_with_the_next_step() {
        for (target, message) in [
            (
                "stagin",
                "there is no profile `stagin`; did you mean `staging`?",
            ),
            (
                "confg",
                "there is no profile and no command `confg`; did you mean the command `config`?",
            ),
            (
                "elsewhere/x",
                "there is no profile `elsewhere`; there are `staging`, `local`",
            ),
            (
                "staging/shop.",
                "`shop.` names no collection after the dot; write `shop` or `shop.NAME`",
            ),
            ("staging/.a", "`` is no database: the name is empty"),
            ("mongodb:///x", "the connection string names no host"),
            (
                "http://h/",
                "this is no connection string; it starts with `mongodb://` or `mongodb+srv://`",
            ),
        ] {
            assert_eq!(shown(Some(target), &[]), message, "{target}");
        }
    }

    #[test]
    fn flags_name_a_server_as_in_mongosh() {
        assert_eq!(shown(None, &[]), "nothing");
        assert_eq!(
            shown(None, &["--port", "1"]),
            "localhost:1 mongodb://localhost:1/?directConnection=true - -"
        );
        assert_eq!(
            shown(Some("shop.orders"), &["--host", "h:2"]),
            "h:2 mongodb://h:2/?directConnection=true shop orders"
        );
        assert_eq!(
            shown(None, &["--host", "::1"]),
            "[::1]:27017 mongodb://[::1]:27017/?directConnection=true - -"
        );
        assert_eq!(
            shown(None, &["--tls"]),
            "localhost:27017 mongodb://localhost:27017/?directConnection=true - -"
        );
        assert!(shown(Some("mongodb://h"), &["--port", "1"]).contains("cannot stand beside"));
        assert!(shown(None, &["--host", "h:1", "--port", "1"]).contains("leave out `--port`"));
    }

    #[test]
    fn flags_win_over_the_profile() {
        let flags = with(&[
            "-u",
            "ada",
            "-p",
            "x",
            "--authenticationDatabase",
            "admin",
            "--authenticationMechanism",
            "scram-sha-256",
            "--tlsCAFile",
            "/ca.pem",
        ]);
        let profile = resolve(&config(), Some("staging"), &flags)
            .unwrap()
            .unwrap()
            .profile;
        assert_eq!(profile.username.as_deref(), Some("ada"));
        assert_eq!(
            profile.password.as_ref().map(|p| p.expose_secret()),
            Some("x")
        );
        assert_eq!(profile.authentication_database.as_deref(), Some("admin"));
        assert_eq!(
            profile.authentication_mechanism.as_deref(),
            Some("SCRAM-SHA-256")
        );
        assert_eq!(profile.tls.enabled, Some(true));
        let wrong = with(&["--authenticationMechanism", "SCRAM-SHA-265"]);
        let error = resolve(&config(), Some("staging"), &wrong).unwrap_err();
        assert!(error.contains("did you mean `SCRAM-SHA-256`?"), "{error}");
    }

    #[test]
    fn a_password_is_asked_for_only_where_it_is_needed() {
        for (uri, flags, needed) in [
            ("mongodb://h/", &[][..], false),
            ("mongodb://ada@h/", &[], true),
            ("mongodb://ada:x@h/", &[], false),
            ("mongodb://ada@h/?authMechanism=MONGODB-X509", &[], false),
            ("mongodb://h/", &["-u", "ada"], true),
            ("mongodb://h/", &["-u", "ada", "-p", "x"], false),
            (
                "mongodb://h/",
                &["-u", "cn=ada", "--authenticationMechanism", "MONGODB-X509"],
                false,
            ),
        ] {
            let profile = resolve(&config(), Some(uri), &with(flags))
                .unwrap()
                .unwrap()
                .profile;
            assert_eq!(needs_password(&profile), needed, "{uri} {flags:?}");
        }
    }
}
