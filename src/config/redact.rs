//! Takes secrets out of text that is about to be shown or logged.
//!
//! A last line of defence behind [`secrecy`]: a connection string may stand in a file that has an error, or on a
//! command line that is quoted back. Rather hides too much than too little. Bytes keep their places, so that a caret
//! still points where it should.

use std::borrow::Cow;

/// Options of a connection string whose values are secrets.
const SECRET_OPTIONS: [&str; 3] = [
    "tlscertificatekeyfilepassword=",
    "aws_session_token:",
    "proxypassword=",
];

/// `text` with every password of a connection string in it overwritten by stars, byte for byte.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if !text.contains('@') && !has_secret_option(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        redact_line(line, &mut out);
    }
    Cow::Owned(out)
}

fn has_secret_option(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    SECRET_OPTIONS.iter().any(|o| lower.contains(o))
}

fn redact_line(line: &str, out: &mut String) {
    let mut hidden = vec![false; line.len()];
    let lower = line.to_ascii_lowercase();
    // From the first colon after a scheme (or, where the scheme is misspelt, simply the first one) to the last `@`
    // before the next scheme: a password with blanks, slashes or further `@` in it is covered too.
    let mut starts: Vec<usize> = lower
        .match_indices("mongodb")
        .filter(|(i, _)| {
            let rest = &lower[i + "mongodb".len()..];
            rest.starts_with("://") || rest.starts_with("+srv://")
        })
        .map(|(i, _)| i)
        .collect();
    if starts.is_empty() {
        starts.extend(
            lower
                .find("mongodb")
                .or_else(|| lower.find("://"))
                .or_else(|| lower.find("uri")),
        );
    }
    for (n, &start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(line.len());
        let part = &line[start..end];
        let user = part
            .find("://")
            .map_or_else(|| part.find([':', '=']).map_or(0, |i| i + 1), |i| i + 3);
        let Some(at) = part.rfind('@') else { continue };
        let Some(colon) = part.get(user..at).and_then(|p| p.find(':')) else {
            continue;
        };
        hidden[start + user + colon + 1..start + at].fill(true);
    }
    for option in SECRET_OPTIONS {
        for (i, _) in lower.match_indices(option) {
            let from = i + option.len();
            let to = line[from..]
                .find(|c: char| {
                    c == '&' || c == ',' || c == '"' || c == '\'' || c == '`' || c.is_whitespace()
                })
                .map_or(line.len(), |n| from + n);
            hidden[from..to].fill(true);
        }
    }
    for (i, c) in line.char_indices() {
        if hidden[i] {
            out.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_gets_through() {
        for text in [
            "uri = \"mongodb://ada:hunter2@h/\"",
            "mongodb+srv://ada:hunter2@h.example/db?x=1",
            "uri = 'mongodb:/ada:hunter2@h'",
            "uri = \"mongo://ada:hunter2@h\"",
            "mongodb://ada:hunter2 with blank@h",
            "mongodb://ada:p@hunter2/x@h/db",
            "error in `mongodb://a:hunter2@h` and `mongodb://b:hunter2@i`",
            "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=hunter2&x=1",
            "mongodb://ada:mongodb-hunter2@h",
            "MONGODB://ada:hunter2@h",
            "unexpected argument 'mongodb://é:hunter2@h'",
        ] {
            let safe = redact(text);
            assert!(!safe.contains("hunter2"), "{safe}");
            assert_eq!(safe.len(), text.len(), "bytes keep their places");
        }
    }

    #[test]
    fn text_without_a_secret_is_left_alone() {
        for text in [
            "mongodb://localhost:27017/db",
            "write to ada@example.com: now",
            "mongodb://ada@h/db",
            "{ email: 'ada@example.com' }",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
