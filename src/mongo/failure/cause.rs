//! Why a connection cannot be made, out of an operating system's or the driver's words.
//!
//! Must not know what was asked of the connection.

use std::io;

use super::plain;

/// Why a server does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The name is not known.
    NoSuchHost,
    /// The connection broke.
    Closed,
    /// The network does not lead there.
    NoRoute,
    /// The socket file is not there.
    NoSocket,
    /// The certificate is signed by nobody that we trust.
    UnknownAuthority,
    /// The certificate is for another name.
    WrongHostname,
    /// The certificate is out of its time.
    Expired,
    /// The other side does not speak TLS.
    NotTls,
    /// Any other trouble of TLS.
    Tls,
    /// Something else, in the system's words.
    Unknown(String),
}

impl Cause {
    /// What happened.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Refused => "connection refused",
            Self::TimedOut => "no answer in time",
            Self::NoSuchHost => "the host name cannot be resolved",
            Self::Closed => "the connection was closed",
            Self::NoRoute => "the network does not lead there",
            Self::NoSocket => "there is no such socket",
            Self::UnknownAuthority => "its certificate is signed by an unknown authority",
            Self::WrongHostname => "its certificate is for another host name",
            Self::Expired => "its certificate is not valid at this time",
            Self::NotTls => "it does not speak TLS",
            Self::Tls => "the TLS handshake failed",
            Self::Unknown(words) => return words.clone(),
        }
        .to_owned()
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Refused => "is the server running?",
            Self::TimedOut | Self::NoRoute => "check the address, the firewall and the VPN",
            Self::NoSuchHost => "check the spelling of the host and the DNS",
            Self::Closed => {
                "the server may have been stopped, takes no more connections, or expects TLS"
            }
            Self::NoSocket => "is the server running, and is the path right?",
            Self::UnknownAuthority => "name the authority's certificate in `tls.ca_file`",
            Self::WrongHostname => "use a host name that the certificate names",
            Self::Expired => "renew the server's certificate, and check the clock of this machine",
            Self::NotTls => "turn TLS off for this profile, or use the server's TLS port",
            Self::Tls => "check the TLS settings of the profile and of the server",
            Self::Unknown(_) => "check the address of the profile",
        }
    }
}

/// The cause in an error of the operating system, or one that the TLS layer put into that shape.
pub(crate) fn of_io(error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::Refused,
        io::ErrorKind::TimedOut => Cause::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => match cause_of_text(&error.to_string()) {
            tls @ (Cause::UnknownAuthority | Cause::WrongHostname | Cause::NotTls | Cause::Tls) => {
                tls
            }
            _ => Cause::Closed,
        },
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => Cause::NoRoute,
        io::ErrorKind::NotFound => Cause::NoSocket,
        _ => cause_of_text(&error.to_string()),
    }
}

/// The cause in words of the system, the TLS layer or the driver.
pub(crate) fn cause_of_text(text: &str) -> Cause {
    let lower = text.to_lowercase();
    let has = |needle: &str| lower.contains(needle);
    if has("unknownissuer") || has("unknown issuer") || has("self signed") || has("unknownca") {
        Cause::UnknownAuthority
    } else if has("notvalidforname") || has("not valid for name") {
        Cause::WrongHostname
    } else if has("certexpired")
        || has("certificate expired")
        || has("notvalidyet")
        || has("not valid yet")
    {
        Cause::Expired
    } else if has("corrupt message") || has("invalidcontenttype") || has("invalid content type") {
        Cause::NotTls
    } else if has("certificate") || has("handshake") || has("tls") || has("received fatal alert") {
        Cause::Tls
    } else if has("connection refused") {
        Cause::Refused
    } else if has("failed to lookup address")
        || has("name or service not known")
        || has("no records found")
        || has("no such host")
        || has("temporary failure in name resolution")
    {
        Cause::NoSuchHost
    } else if has("timed out")
        || has("timeout waiting")
        || has("timeout") && !has("server selection timeout")
    {
        Cause::TimedOut
    } else if has("connection reset")
        || has("broken pipe")
        || has("unexpected end of file")
        || has("unexpected eof")
        || has("early eof")
        || has("connection closed")
    {
        Cause::Closed
    } else if has("no route to host") || has("network is unreachable") {
        Cause::NoRoute
    } else {
        let mut words: String = plain(text).chars().take(120).collect();
        if let Some(at) = words.find(", labels:") {
            words.truncate(at);
        }
        Cause::Unknown(words)
    }
}
