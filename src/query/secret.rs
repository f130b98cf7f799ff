//! Whether a text may hold a secret, so that it is kept nowhere.
//!
//! Told by words alone, and rather too often than too seldom: what is not kept can be typed again.

/// Words, in lower case and without `_` and `-`, that stand beside secrets.
const WORDS: &[&str] = &[
    "createuser",
    "updateuser",
    "changeuserpassword",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authenticate",
    "auth(",
    "saslstart",
    "mongodb://",
    "mongodb+srv://",
    "bearer ",
];

/// Whether a text has a word that stands beside secrets.
#[must_use]
pub fn may_hold_a_secret(text: &str) -> bool {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    WORDS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_credentials_are_told_and_plain_ones_are_not() {
        for text in [
            "db.createUser({user: 'a', pwd: 'b'})",
            "db.users.updateOne({}, {$set: {API_KEY: 'x'}})",
            "db.auth('a', 'b')",
            "db.runCommand({saslStart: 1})",
            "{passwordHash: 'x'}",
            "db.adminCommand({replSetReconfig: 'mongodb://a:b@c'})",
        ] {
            assert!(may_hold_a_secret(text), "{text}");
        }
        for text in ["db.orders.find({status: 'open'})", "{author: 'Ada'}"] {
            assert!(!may_hold_a_secret(text), "{text}");
        }
    }
}
