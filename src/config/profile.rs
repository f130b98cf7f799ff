//! A checked profile: everything that is needed to reach one deployment.
//!
//! Holds no secret in the clear that came by reference: a [`Secret`] says where it is, and is resolved only when a
//! connection is made.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::mongo::request::ProfileName;

/// Where a connection string comes from.
#[derive(Debug, Clone)]
pub enum Secret {
    /// Written in the configuration, with every `${VAR}` in it to be replaced from the environment. Kept out of `Debug`.
    Text(SecretString),
    /// The value of an environment variable (`uri_env`).
    Environment(String),
    /// The first line that a command prints (`uri_command`): program and arguments, run without a shell.
    Command(Vec<String>),
    /// An entry of the desktop's keyring (`uri_keyring = "service/user"`).
    Keyring {
        /// The entry's service.
        service: String,
        /// The entry's user.
        user: String,
    },
}

/// TLS settings beside those of the connection string. Each one that is set wins over the string's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether TLS is used; `None` leaves it to the connection string.
    pub enabled: Option<bool>,
    /// PEM file of the authorities to trust; `None` trusts the usual ones.
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate and its key, for X.509.
    pub certificate_key_file: Option<PathBuf>,
    /// Accept any certificate. Anyone on the way can read and change the traffic; the screen marks such a profile.
    pub insecure: bool,
}

/// One named deployment, checked.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, unique in the configuration.
    pub name: ProfileName,
    /// Where its connection string comes from.
    pub uri: Secret,
    /// A user name that wins over the connection string's.
    pub username: Option<String>,
    /// A password asked for without echo; wins over the connection string's.
    pub password: Option<SecretString>,
    /// The database that holds the user; wins over the connection string's.
    pub authentication_database: Option<String>,
    /// A mechanism (`SCRAM-SHA-256`, `MONGODB-X509`, …) that wins over the connection string's.
    pub authentication_mechanism: Option<String>,
    /// Colour of its name and of the top bar, as written: a name of the 16 colours or `#rrggbb`. Checked when loaded.
    pub color: Option<String>,
    /// Opens read-only; writing needs a typed unlock that expires. The top bar is filled with the colour.
    pub production: bool,
    /// Never writes; cannot be unlocked.
    pub read_only: bool,
    /// The database to open at first.
    pub database: Option<String>,
    /// Most connections of the pool; `None` leaves it to the connection string, else the driver's 10.
    pub max_pool_size: Option<u32>,
    /// Fewest connections that the pool keeps.
    pub min_pool_size: Option<u32>,
    /// How long to look for a server before an operation fails.
    pub server_selection_timeout: Option<Duration>,
    /// How long one connection attempt may take.
    pub connect_timeout: Option<Duration>,
    /// How long a connection of a full pool is waited for before an operation fails; `None` leaves it to the connection
    /// string, else it is waited for without end.
    pub wait_queue_timeout: Option<Duration>,
    /// How long the reply to a read may be awaited: the server stops it then. Exports and headless runs, which read whole
    /// collections, are bounded by `max_time` alone. A line that is dead is noticed by the heartbeat.
    pub socket_timeout: Option<Duration>,
    /// `maxTimeMS` of every read; `None` sets none.
    pub max_time: Option<Duration>,
    /// Globs of model files, resolved against the directory of the configuration file that named them.
    pub models: Vec<String>,
    /// The directory that relative paths of this profile stand against.
    pub base: PathBuf,
    /// TLS settings.
    pub tls: Tls,
    /// How long an unlock of a production profile lasts.
    pub unlock_for: Duration,
    /// Whether a person may override violations for one write with a typed word.
    pub allow_override: bool,
    /// Whether a load may be put on it from the console, and on a production profile at all.
    pub allow_load: bool,
}

impl Profile {
    /// The profile `name` at `uri` with everything else left to the connection string and the driver: it may be written
    /// to, has no models, and its relative paths stand against the working directory.
    #[must_use]
    pub fn new(name: impl AsRef<str>, uri: SecretString) -> Self {
        Self {
            name: ProfileName::new(name),
            uri: Secret::Text(uri),
            username: None,
            password: None,
            authentication_database: None,
            authentication_mechanism: None,
            color: None,
            production: false,
            read_only: false,
            database: None,
            max_pool_size: None,
            min_pool_size: None,
            server_selection_timeout: None,
            connect_timeout: None,
            wait_queue_timeout: None,
            socket_timeout: None,
            max_time: None,
            models: Vec::new(),
            base: PathBuf::new(),
            tls: Tls::default(),
            unlock_for: super::check::UNLOCK_FOR,
            allow_override: false,
            allow_load: false,
        }
    }
}
