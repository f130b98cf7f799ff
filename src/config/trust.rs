//! Which project files the person trusts: each by its path and by the hash of its content.
//!
//! A file that moves or changes by one byte is asked about again. The list is a private file in the state directory.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::paths;

/// How a project file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This content at this path is trusted.
    Trusted,
    /// Another content at this path was trusted.
    Changed,
    /// It was never trusted.
    Unknown,
}

/// One trusted file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its path, without links.
    pub path: PathBuf,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// The trusted files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// In the order in which they were trusted.
    pub trusted: Vec<Entry>,
}

impl List {
    /// The list on disk; empty where there is none.
    ///
    /// # Errors
    /// It is there but cannot be read: nothing is trusted then.
    pub fn load() -> Result<Self, String> {
        let file = file()?;
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(format!("cannot read `{}`: {e}", file.display())),
        };
        serde_json::from_slice(&bytes).map_err(|e| {
            format!(
                "cannot read the list of trusted files `{}`: {e}; remove it to begin a new one",
                file.display()
            )
        })
    }

    /// Writes the list to disk.
    ///
    /// # Errors
    /// It cannot be written; the one on disk stays as it was.
    pub fn save(&self) -> Result<(), String> {
        let file = file()?;
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| e.to_string())?;
        text.push(b'\n');
        paths::write_private(&file, &text)
            .map_err(|e| format!("cannot write `{}`: {e}", file.display()))
    }

    /// How the file `path` with this `text` stands.
    #[must_use]
    pub fn standing(&self, path: &Path, text: &str) -> Standing {
        let path = canonical(path);
        let hash = sha256(text);
        match self.trusted.iter().find(|e| e.path == path) {
            Some(entry) if entry.sha256 == hash => Standing::Trusted,
            Some(_) => Standing::Changed,
            None => Standing::Unknown,
        }
    }

    /// Trusts the file `path` with exactly this `text`.
    pub fn trust(&mut self, path: &Path, text: &str) {
        let path = canonical(path);
        self.trusted.retain(|e| e.path != path);
        self.trusted.push(Entry {
            path,
            sha256: sha256(text),
        });
    }

    /// Trusts the file `path` no more; says whether it was trusted.
    #[must_use]
    pub fn revoke(&mut self, path: &Path) -> bool {
        let path = canonical(path);
        let before = self.trusted.len();
        self.trusted.retain(|e| e.path != path);
        self.trusted.len() < before
    }
}

fn file() -> Result<PathBuf, String> {
    Ok(paths::state()
        .map_err(|e| e.to_string())?
        .join("trust.json"))
}

/// The path without links, so that a file has one name. A file that is gone keeps the name it is called by.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn trust_ends_with_the_first_changed_byte() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("mongodeck.toml");
        let mut list = List::default();
        assert_eq!(list.standing(&file, "a"), Standing::Unknown);
        list.trust(&file, "a");
        assert_eq!(list.standing(&file, "a"), Standing::Trusted);
        assert_eq!(list.standing(&file, "a "), Standing::Changed);
        assert!(list.revoke(&file));
        assert_eq!(list.standing(&file, "a"), Standing::Unknown);
    }
}
