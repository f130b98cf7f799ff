//! Takes passwords off the program's own command line, where every user of the machine could read them (`ps`).
//!
//! A process cannot change its command line without unsafe code, so it starts itself anew in its own place with stars
//! for the secrets, and hands itself the true arguments in a private file that is removed as soon as it is read. For
//! the blink before that the password can be seen, which is why the help advises against it.

use std::ffi::OsString;

/// Names the file with the true arguments.
const VARIABLE: &str = "MONGODECK_ARGUMENTS";
/// What stands in the place of a secret.
const STARS: &str = "********";

/// The arguments as the person gave them. Where they hold a password, this starts the program anew without it on the
/// command line, and does not return; where that cannot be done, it returns them as they are.
#[must_use]
pub fn arguments() -> Vec<OsString> {
    let given: Vec<OsString> = std::env::args_os().collect();
    if let Some(hidden) = take_hidden(&given) {
        return hidden;
    }
    if let Some(public) = without_secrets(&given) {
        start_anew(&given, &public);
    }
    given
}

/// The arguments with stars for passwords; `None` where there is no password in them.
fn without_secrets(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let mut found = false;
    let mut after_flag = false;
    let mut public = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let Some(text) = argument.to_str() else {
            after_flag = false;
            public.push(argument.clone());
            continue;
        };
        let hidden = if after_flag && !text.starts_with('-') {
            Some(STARS.to_owned())
        } else if let Some(password) = text.strip_prefix("--password=") {
            (!password.is_empty()).then(|| format!("--password={STARS}"))
        } else if text.len() > 2 && text.starts_with("-p") {
            Some(format!("-p{STARS}"))
        } else if text.contains("://") {
            let safe = mask(text);
            (safe != text).then_some(safe)
        } else {
            None
        };
        after_flag = hidden.is_none() && (text == "-p" || text == "--password");
        found |= hidden.is_some();
        public.push(hidden.map_or_else(|| argument.clone(), OsString::from));
    }
    found.then_some(public)
}

/// `uri` with eight stars for whatever is redacted, so that not even the length of a password is told.
fn mask(uri: &str) -> String {
    let safe = crate::config::redact::redact(uri);
    if safe == uri {
        return uri.to_owned();
    }
    let mut out = String::with_capacity(uri.len());
    let mut stars = false;
    for c in safe.chars() {
        if c == '*' {
            if !stars {
                out.push_str(STARS);
            }
            stars = true;
        } else {
            stars = false;
            out.push(c);
        }
    }
    out
}

#[cfg(unix)]
fn start_anew(given: &[OsString], public: &[OsString]) {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::process::CommandExt as _;

    let Ok(program) = std::env::current_exe() else {
        return;
    };
    // Arguments cannot hold a zero byte, so it divides them. The file is made for its owner alone.
    let mut bytes = Vec::new();
    for argument in given {
        bytes.extend_from_slice(argument.as_bytes());
        bytes.push(0);
    }
    let kept = tempfile::Builder::new()
        .prefix("mongodeck-")
        .tempfile()
        .and_then(|mut file| {
            std::io::Write::write_all(&mut file, &bytes)?;
            file.into_temp_path().keep().map_err(|e| e.error)
        });
    let Ok(path) = kept else { return };
    let mut command = std::process::Command::new(program);
    if let Some((name, rest)) = public.split_first() {
        command.arg0(name).args(rest);
    }
    // On success this does not return.
    let _ = command.env(VARIABLE, &path).exec();
    let _ = std::fs::remove_file(&path);
}

#[cfg(not(unix))]
fn start_anew(_given: &[OsString], _public: &[OsString]) {}

/// The true arguments, where this process was started anew.
#[cfg(unix)]
fn take_hidden(given: &[OsString]) -> Option<Vec<OsString>> {
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::fs::MetadataExt as _;

    let path = std::env::var_os(VARIABLE)?;
    // A program that we start inherits the variable; by then the file is gone, and the arguments are its own.
    let bytes = std::fs::read(&path).ok()?;
    let private = std::fs::metadata(&path).ok()?.mode() & 0o077 == 0;
    let _ = std::fs::remove_file(&path);
    let hidden: Vec<OsString> = bytes
        .strip_suffix(b"\0")?
        .split(|b| *b == 0)
        .map(|a| OsString::from_vec(a.to_vec()))
        .collect();
    // The file must be the one that these arguments were made from.
    (private && without_secrets(&hidden).as_deref() == Some(given)).then_some(hidden)
}

#[cfg(not(unix))]
fn take_hidden(_given: &[OsString]) -> Option<Vec<OsString>> {
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn public(words: &[&str]) -> Option<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        without_secrets(&words).map(|w| {
            w.iter()
                .map(|w| w.to_str().unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        })
    }

    #[test]
    fn passwords_become_stars_and_the_rest_stays() {
        for (given, shown) in [
            (
                &["m", "-u", "a", "-p", "secret", "--tls"][..],
                "m -u a -p ******** --tls",
            ),
            (&["m", "-psecret"], "m -p********"),
            (&["m", "--password=secret"], "m --password=********"),
            (&["m", "--password", "secret"], "m --password ********"),
            (
                &["m", "find", "mongodb://a:secret@h/d.c"],
                "m find mongodb://a:********@h/d.c",
            ),
        ] {
            assert_eq!(public(given).as_deref(), Some(shown));
        }
    }

    #[test]
    fn without_a_password_nothing_is_done() {
        for given in [
            &["m", "mongodb://a@h/d"][..],
            &["m", "-p", "--tls"],
            &["m", "-p"],
            &["m", "--password="],
            &["m", "staging/shop", "{a: 'b@c:d'}"],
        ] {
            assert_eq!(public(given), None, "{given:?}");
        }
    }
}
