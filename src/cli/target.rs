//! What to open: `PROFILE[/DB[.COLL]]` or a connection string, with mongosh's flags beside it.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, usage};

/// How to reach a deployment: mongosh's flags, where mongosh has them.
#[derive(Debug, Clone, Default, Args)]
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
#[derive(Debug, Clone, Default, Args)]
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
    /// Keys: `default`, `vim`, `emacs`, or a keymap file.
    #[arg(long, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Colours: `auto`, `dark`, `light`, `16`, or a theme's name.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
}

/// Opens the console.
#[must_use]
pub fn open_console(_args: ConsoleArgs) -> Exit {
    usage("the console is not built yet")
}
